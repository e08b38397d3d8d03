#include "fast_layer.h"

#include "memory.h"

#include <stdlib.h>

struct FastLayer {
    MultiHeadLayer layer;
};

struct KeyValueCache {
    Matrix x;
    size_t length;
};

static Status copy(Matrix from, Matrix *to)
{
    *to = NO_MATRIX;
    if (from.data == NULL)
        return STATUS_OK;
    Status status = matrix_create(from.rows, from.cols, to);
    if (status == STATUS_OK)
        status = matrix_copy(from, *to);
    return status;
}

Status fast_layer_create(const MultiHeadLayer *layer, Isa isa, FastLayer **result)
{
    (void)isa;
    const Matrix *from[] = {&layer->w_q, &layer->w_k, &layer->w_v, &layer->w_o,
                            &layer->b_q, &layer->b_k, &layer->b_v, &layer->b_o};
    Status status = STATUS_OK;
    *result = memory_allocate(1, sizeof **result);
    if (*result == NULL)
        return STATUS_NO_MEMORY;
    MultiHeadLayer *own = &(*result)->layer;
    Matrix *to[] = {&own->w_q, &own->w_k, &own->w_v, &own->w_o,
                    &own->b_q, &own->b_k, &own->b_v, &own->b_o};
    own->heads = layer->heads;
    for (size_t i = 0; status == STATUS_OK && i < 8; i++)
        status = copy(*from[i], to[i]);
    return status;
}

void fast_layer_free(FastLayer *layer)
{
    if (layer == NULL)
        return;
    Matrix *all[] = {&layer->layer.w_q, &layer->layer.w_k, &layer->layer.w_v, &layer->layer.w_o,
                     &layer->layer.b_q, &layer->layer.b_k, &layer->layer.b_v, &layer->layer.b_o};
    for (size_t i = 0; i < 8; i++)
        matrix_free(all[i]);
    free(layer);
}

Status fast_multi_head_attention(const FastLayer *layer, const FastSequence *sequence,
                                 size_t threads)
{
    (void)threads;
    size_t keys = sequence->context.data != NULL ? sequence->context.rows : sequence->x.rows;
    Matrix weights;
    Status status = matrix_create(layer->layer.heads * sequence->x.rows, keys, &weights);
    if (status == STATUS_OK)
        status = masked_multi_head_attention(sequence->x, sequence->context, &layer->layer,
                                             &sequence->mask, weights, sequence->out);
    matrix_free(&weights);
    return status;
}

Status fast_multi_head_attention_batch(const FastLayer *layer, const FastSequence *sequences,
                                       size_t count, size_t threads)
{
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = fast_multi_head_attention(layer, &sequences[i], threads);
    return status;
}

Status fast_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask, Isa isa,
                      size_t threads, Matrix out)
{
    (void)isa;
    (void)threads;
    Matrix weights;
    Status status = matrix_create(q.rows, k.rows, &weights);
    if (status == STATUS_OK)
        status = masked_attention(q, k, v, scale, mask, weights, out);
    matrix_free(&weights);
    return status;
}

Status key_value_cache_create(const FastLayer *layer, size_t capacity, KeyValueCache **result)
{
    *result = memory_allocate(1, sizeof **result);
    if (*result == NULL)
        return STATUS_NO_MEMORY;
    return matrix_create(capacity, layer->layer.w_q.rows, &(*result)->x);
}

void key_value_cache_free(KeyValueCache *cache)
{
    if (cache != NULL)
        matrix_free(&cache->x);
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

Status fast_decode(const FastLayer *layer, KeyValueCache *cache, Matrix x, size_t threads,
                   Matrix out)
{
    FastSequence sequence = {.x = x, .mask = {.causal = true, .past = cache->length}, .out = out};
    Matrix place;
    Status status = matrix_rows(cache->x, cache->length, x.rows, &place);
    if (status == STATUS_OK)
        status = matrix_copy(x, place);
    if (status == STATUS_OK)
        status = matrix_rows(cache->x, 0, cache->length + x.rows, &sequence.context);
    if (status == STATUS_OK)
        status = fast_multi_head_attention(layer, &sequence, threads);
    if (status == STATUS_OK)
        cache->length += x.rows;
    return status;
}
