/* A solution whose outer loop runs over blocks of keys: each block meets all queries at once. */
#include "fast_attention.h"

#include "dot_products.h"
#include "mask_expect.h"
#include "memory.h"
#include "self_attention.h"

#include <math.h>
#include <stdlib.h>

void product_by_rows(Matrix a, Matrix b, Matrix out)
{
    for (size_t i = 0; i < out.rows; i++) {
        float *sums = matrix_row(out, i);
        for (size_t j = 0; j < out.cols; j++)
            sums[j] = 0.0f;
        for (size_t k = 0; k < a.cols; k++) {
            float factor = matrix_row(a, i)[k];
            const float *row = matrix_row(b, k);
            for (size_t j = 0; j < out.cols; j++)
                sums[j] += factor * row[j];
        }
    }
}

OnlineAttention online_attention_start(float *values, size_t d_v)
{
    for (size_t c = 0; c < d_v; c++)
        values[c] = 0.0f;
    return (OnlineAttention){.maximum = -INFINITY, .sum = 0.0f, .values = values, .d_v = d_v};
}

/* The greatest of the maximum so far and the scores; NaN when there is one. */
static float greatest_of(float maximum, const float *scores, size_t count)
{
    for (size_t j = 0; j < count; j++)
        if (scores[j] > maximum || isnan(scores[j]))
            maximum = scores[j];
    return maximum;
}

/* Makes the sums so far relative to a new maximum. */
static void rescale(OnlineAttention *state, float maximum)
{
    float factor = expf(state->maximum - maximum);
    state->sum *= factor;
    for (size_t c = 0; c < state->d_v; c++)
        state->values[c] *= factor;
    state->maximum = maximum;
}

void online_attention_add(OnlineAttention *state, const float *scores, Matrix v)
{
    float maximum = greatest_of(state->maximum, scores, v.rows);
    if (maximum == -INFINITY) /* nothing but blocked keys; -inf - -inf would be NaN */
        return;
    rescale(state, maximum);
    for (size_t j = 0; j < v.rows; j++) {
        if (scores[j] == -INFINITY)
            continue;
        float weight = expf(scores[j] - maximum);
        state->sum += weight;
        for (size_t c = 0; c < state->d_v; c++)
            state->values[c] += weight * matrix_row(v, j)[c];
    }
}

void online_attention_finish(const OnlineAttention *state, float *out)
{
    for (size_t c = 0; c < state->d_v; c++)
        out[c] = state->sum == 0.0f ? 0.0f : state->values[c] / state->sum;
}

size_t visible_keys(const AttentionMask *mask, size_t first, size_t queries, size_t keys)
{
    size_t last = first + queries - 1, open = keys - mask->padding;
    /* last + past + 1 keys at most, written so that the sum cannot wrap */
    if (mask->causal && open > last && open - last - 1 > mask->past)
        return last + mask->past + 1;
    return open;
}

/* The masked scores of one query for some keys. */
static void score_keys(Matrix q, Matrix k, float scale, const AttentionMask *mask, size_t query,
                       size_t first, size_t count, float *scores)
{
    for (size_t j = first; j < first + count; j++) {
        float bias = mask->bias.data != NULL ? matrix_row(mask->bias, query)[j] : 0.0f;
        scores[j - first] =
            may_attend(mask, query, j, k.rows)
                ? scale * dot_product(matrix_row(q, query), matrix_row(k, j), q.cols) + bias
                : -INFINITY;
    }
}

static Status expect(Matrix q, Matrix k, Matrix v, const AttentionMask *mask, size_t block,
                     Matrix out)
{
    Matrix weights = {NULL, q.rows, k.rows, k.rows};
    Status status = attention_expect_shapes("blockwise_attention", q, k, v, weights, out);
    if (status == STATUS_OK)
        status = mask_expect("blockwise_attention", mask, 1, q.rows, k.rows);
    if (status == STATUS_OK && block == 0)
        status = fail(STATUS_VALUE, "blockwise_attention: a block has at least one query and key");
    return status;
}

Status blockwise_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                           size_t block, Matrix out)
{
    Status status = expect(q, k, v, mask, block, out);
    if (status != STATUS_OK)
        return status;
    float *scores = memory_allocate(block, sizeof *scores);
    OnlineAttention *states = memory_allocate(q.rows, sizeof *states);
    if (scores == NULL || states == NULL)
        status = STATUS_NO_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < q.rows; i++)
        states[i] = online_attention_start(matrix_row(out, i), v.cols);
    for (size_t first = 0; status == STATUS_OK && first < k.rows; first += block) {
        size_t count = k.rows - first < block ? k.rows - first : block;
        Matrix values = {matrix_row(v, first), count, v.cols, v.stride};
        for (size_t i = 0; i < q.rows; i++)
            if (first < visible_keys(mask, i, 1, k.rows)) {
                score_keys(q, k, scale, mask, i, first, count, scores);
                online_attention_add(&states[i], scores, values);
            }
    }
    for (size_t i = 0; status == STATUS_OK && i < q.rows; i++)
        online_attention_finish(&states[i], matrix_row(out, i));
    free(scores);
    free(states);
    return status;
}
