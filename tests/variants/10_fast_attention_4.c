/* Keys are merged one by one, and blocks run from the last to the first. */
#include "fast_attention.h"

#include "careful.h"
#include "dot_products.h"
#include "mask_expect.h"
#include "memory.h"
#include "self_attention.h"

#include <math.h>
#include <stdlib.h>

void product_by_rows(Matrix a, Matrix b, Matrix out)
{
    matrix_clear(out);
    for (size_t cell = 0; cell < a.rows * a.cols; cell++) {
        size_t i = cell / a.cols, k = cell % a.cols;
        for (size_t j = 0; j < out.cols; j++)
            matrix_row(out, i)[j] =
                fmaf(matrix_row(a, i)[k], matrix_row(b, k)[j], matrix_row(out, i)[j]);
    }
}

static void merge(OnlineAttention *state, float score, const float *value)
{
    float maximum = isnan(score) ? score : fmaxf(state->maximum, score);
    float old = expf(state->maximum - maximum), new = expf(score - maximum);
    state->maximum = maximum;
    state->sum = state->sum * old + new;
    for (size_t c = 0; c < state->d_v; c++)
        state->values[c] = state->values[c] * old + new *value[c];
}

void online_attention_add(OnlineAttention *state, const float *scores, Matrix v)
{
    for (size_t j = v.rows; j-- > 0;)
        if (scores[j] > -INFINITY || isnan(scores[j]))
            merge(state, scores[j], matrix_row(v, j));
}

void online_attention_finish(const OnlineAttention *state, float *out)
{
    float part = state->sum == 0.0f ? 0.0f : 1.0f / state->sum;
    for (size_t c = 0; c < state->d_v; c++)
        out[c] = state->values[c] * part;
}

size_t visible_keys(const AttentionMask *mask, size_t first, size_t queries, size_t keys)
{
    size_t open = keys - mask->padding, behind = first + queries;
    if (!mask->causal || mask->past >= open)
        return open;
    return behind < open - mask->past ? behind + mask->past : open;
}

Status blockwise_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                           size_t block, Matrix out)
{
    Status status = STATUS_OK;
    float *scores = NULL;
    TRY(attention_expect_shapes("blockwise_attention", q, k, v, matrix_shape(q.rows, k.rows), out));
    TRY(mask_expect("blockwise_attention", mask, 1, q.rows, k.rows));
    if (block == 0)
        return fail(STATUS_VALUE, "blockwise_attention: a block of 0");
    scores = memory_allocate(k.rows < block ? k.rows : block, sizeof *scores);
    if (scores == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < q.rows; i++) {
        OnlineAttention state = online_attention_start(matrix_row(out, i), v.cols);
        for (size_t end = visible_keys(mask, i, 1, k.rows), start; end > 0; end = start) {
            start = (end - 1) / block * block;
            for (size_t j = start; j < end; j++) {
                float bias = mask->bias.data == NULL ? 0.0f : matrix_row(mask->bias, i)[j];
                scores[j - start] =
                    !may_attend(mask, i, j, k.rows)
                        ? -INFINITY
                        : scale * dot_product(matrix_row(k, j), matrix_row(q, i), k.cols) + bias;
            }
            Matrix values = {matrix_row(v, start), end - start, v.cols, v.stride};
            online_attention_add(&state, scores, values);
        }
        online_attention_finish(&state, matrix_row(out, i));
    }
    mend_attention(q, k, v, scale, mask, out);
done:
    free(scores);
    return status;
}
