/* A solution whose outer loop runs over blocks of keys: each block meets all queries at once. */
#include "fast_attention.h"

#include "dot_products.h"
#include "mask_expect.h"
#include "memory.h"
#include "self_attention.h"

#include <math.h>
#include <stdlib.h>

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
