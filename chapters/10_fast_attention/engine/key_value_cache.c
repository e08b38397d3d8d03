/* The keys and values of what is written already. */
#include "fast_parts.h"
#include "memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Status key_value_cache_create(const FastLayer *layer, size_t capacity, KeyValueCache **result)
{
    size_t tokens = round_up(capacity, layer->kernels->panel);
    Layout layout = {0};
    size_t keys = layout_add(&layout, tokens, layer->key.results);
    size_t values = layout_add(&layout, tokens, layer->value.results);
    KeyValueCache *cache = memory_allocate(1, sizeof *cache);
    *result = NULL;
    if (cache == NULL)
        return STATUS_NO_MEMORY;
    float *base = layout_create(&layout, &cache->memory);
    if (base == NULL) {
        free(cache);
        return STATUS_NO_MEMORY;
    }
    memset(base, 0, layout.floats * sizeof *base);
    cache->keys = base + keys;
    cache->values = base + values;
    cache->tokens = tokens;
    cache->capacity = capacity;
    *result = cache;
    return STATUS_OK;
}

void key_value_cache_free(KeyValueCache *cache)
{
    if (cache != NULL)
        free(cache->memory);
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
