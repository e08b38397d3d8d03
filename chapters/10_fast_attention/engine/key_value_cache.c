/* The keys and values of what is written already. */
#include "fast_internal.h"
#include "memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Status key_value_cache_create(const FastLayer *layer, size_t capacity, KeyValueCache **result)
{
    size_t tokens = round_up(capacity, layer->kernels->panel);
    KeyValueCache *cache = memory_allocate(1, sizeof *cache);
    Status status = STATUS_OK;
    *result = NULL;
    TRY(cache != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    size_t keys = workspace_reserve(&cache->numbers, tokens, layer->key.results);
    size_t values = workspace_reserve(&cache->numbers, tokens, layer->value.results);
    TRY(workspace_create(&cache->numbers));
    memset(cache->numbers.floats, 0, cache->numbers.size * sizeof(float));
    cache->keys = cache->numbers.floats + keys;
    cache->values = cache->numbers.floats + values;
    cache->tokens = tokens;
    cache->capacity = capacity;
    *result = cache;
    cache = NULL;
done:
    key_value_cache_free(cache);
    return status;
}

void key_value_cache_free(KeyValueCache *cache)
{
    if (cache != NULL)
        workspace_free(&cache->numbers);
    free(cache);
}

size_t key_value_cache_length(const KeyValueCache *cache)
{
    return cache->length;
}

void key_value_cache_truncate(KeyValueCache *cache, size_t length)
{
    if (length < cache->length)
        cache->length = length;
}

void key_value_cache_read(const KeyValueCache *cache, const FastLayer *layer, size_t tokens,
                          KeysValues *kv)
{
    size_t panel = layer->kernels->panel, rows = layer->key.results;
    size_t columns = layer->value.results, square = panel * panel;
    for (size_t t = 0; t < tokens; t += panel) {
        memcpy(kv->keys + t * kv->key_rows, cache->keys + t * rows, rows * panel * sizeof(float));
        for (size_t c = 0; c < columns; c += panel)
            memcpy(kv->values + (c * kv->value_rows + t * panel),
                   cache->values + t * columns + c * panel, square * sizeof(float));
    }
}

void key_value_cache_write(KeyValueCache *cache, const FastLayer *layer, size_t first,
                           size_t tokens, const KeysValues *kv)
{
    size_t panel = layer->kernels->panel, rows = layer->key.results;
    size_t columns = layer->value.results;
    for (size_t t = first; t < first + tokens; t += panel) {
        size_t left = first + tokens - t, here = left < panel ? left : panel;
        memcpy(cache->keys + t * rows, kv->keys + t * kv->key_rows, rows * panel * sizeof(float));
        for (size_t c = 0; c < columns; c += panel)
            memcpy(cache->values + t * columns + c * panel,
                   kv->values + (c * kv->value_rows + t * panel), here * panel * sizeof(float));
    }
    const float *written = kv->keys + first * kv->key_rows;
    key_value_cache_widen(cache,
                          magnitude_of_panels(layer->kernels, written, rows, kv->key_rows, tokens),
                          magnitude_of_values(layer->kernels, kv, columns, first, tokens));
}

void key_value_cache_widen(KeyValueCache *cache, float key, float value)
{
    cache->greatest_key = fmaxf(cache->greatest_key, key);
    cache->greatest_value = fmaxf(cache->greatest_value, value);
}
