/* A solution that takes keys one by one in double, through the online softmax of chapter 2. */
#include "fast_attention.h"

#include "dot_products.h"
#include "mask_expect.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>

void product_by_rows(Matrix a, Matrix b, Matrix out)
{
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++)
            matrix_row(out, i)[j] = 0.0f;
    /* k outside: one row of b meets all rows of a */
    for (size_t k = 0; k < b.rows; k++)
        for (size_t i = 0; i < out.rows; i++)
            for (size_t j = 0; j < out.cols; j++)
                matrix_row(out, i)[j] += matrix_row(a, i)[k] * matrix_row(b, k)[j];
}

OnlineAttention online_attention_start(float *values, size_t d_v)
{
    OnlineAttention state = {-INFINITY, 0.0f, values, d_v};
    for (size_t c = d_v; c > 0; c--)
        values[c - 1] = 0.0f;
    return state;
}

/* One key; what is known is rescaled whenever its score is the greatest so far. */
static void add_key(OnlineAttention *state, float score, const float *value)
{
    OnlineSoftmax known = {.maximum = state->maximum, .sum = state->sum};
    if (score == -INFINITY)
        return;
    online_softmax_add(&known, score);
    double shrunk = state->sum > 0.0f ? exp((double)state->maximum - known.maximum) : 0.0;
    double weight = exp((double)score - known.maximum);
    for (size_t c = 0; c < state->d_v; c++)
        state->values[c] = (float)(state->values[c] * shrunk + weight * value[c]);
    state->maximum = known.maximum;
    state->sum = (float)known.sum;
}

void online_attention_add(OnlineAttention *state, const float *scores, Matrix v)
{
    for (size_t j = 0; j < v.rows; j++)
        add_key(state, scores[j], matrix_row(v, j));
}

size_t visible_keys(const AttentionMask *mask, size_t first, size_t queries, size_t keys)
{
    size_t count = keys - mask->padding;
    AttentionMask causal = {.causal = mask->causal, .past = mask->past};
    while (count > 0 && !may_attend(&causal, first + queries - 1, count - 1, keys))
        count--;
    return count;
}

/* One query from its first key to its last. */
static void attend(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                   size_t query, float *out)
{
    OnlineAttention state = online_attention_start(out, v.cols);
    for (size_t j = 0; j < visible_keys(mask, query, 1, k.rows); j++) {
        if (!may_attend(mask, query, j, k.rows))
            continue;
        float score = scale * dot_product(matrix_row(q, query), matrix_row(k, j), q.cols);
        if (mask->bias.data != NULL)
            score += matrix_row(mask->bias, query)[j];
        add_key(&state, score, matrix_row(v, j));
    }
    online_attention_finish(&state, out);
}

Status blockwise_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                           size_t block, Matrix out)
{
    Matrix weights = {NULL, q.rows, k.rows, k.rows};
    Status status = attention_expect_shapes("blockwise_attention", q, k, v, weights, out);
    if (status == STATUS_OK)
        status = mask_expect("blockwise_attention", mask, 1, q.rows, k.rows);
    if (status == STATUS_OK && block < 1)
        status = fail(STATUS_VALUE, "blockwise_attention: a block has at least one query and key");
    for (size_t i = 0; status == STATUS_OK && i < q.rows; i++)
        attend(q, k, v, scale, mask, i, matrix_row(out, i));
    return status;
}
