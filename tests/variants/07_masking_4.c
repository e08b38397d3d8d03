/* The open scores of a query are moved together, weighed as a short row, and moved back. */
#include "masking.h"

#include "dot_products.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>

bool may_attend(const AttentionMask *mask, size_t query, size_t key, size_t keys)
{
    size_t seen = keys - mask->padding;
    if (mask->causal && mask->past < seen && query < seen - mask->past)
        seen = query + mask->past + 1;
    return key < seen &&
           (mask->allowed.data == NULL || matrix_row(mask->allowed, query)[key] > 0.0f) &&
           !(mask->bias.data != NULL && isinf(matrix_row(mask->bias, query)[key]) &&
             matrix_row(mask->bias, query)[key] < 0.0f);
}

static void weigh(const float *query, Matrix k, float scale, const AttentionMask *mask, size_t i,
                  float *row)
{
    size_t open = 0;
    for (size_t j = 0; j < k.rows; j++)
        if (may_attend(mask, i, j, k.rows)) {
            float score = dot_product(query, matrix_row(k, j), k.cols) * scale;
            row[open++] = mask->bias.data == NULL ? score : score + matrix_row(mask->bias, i)[j];
        }
    softmax_row(row, open, row);
    for (size_t j = k.rows; j-- > 0;)
        row[j] = may_attend(mask, i, j, k.rows) ? row[--open] : 0.0f;
}

Status masked_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                        Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    TRY(attention_expect_shapes("masked_attention", q, k, v, weights, out));
    TRY(mask_table(mask, weights)); /* refuses what is invalid; what it writes is written over */
    for (size_t i = 0; i < q.rows; i++) {
        weigh(matrix_row(q, i), k, scale, mask, i, matrix_row(weights, i));
        for (size_t c = 0; c < v.cols; c++)
            matrix_row(out, i)[c] = 0.0f;
        for (size_t j = 0; j < v.rows; j++)
            if (may_attend(mask, i, j, k.rows))
                for (size_t c = 0; c < v.cols; c++)
                    matrix_row(out, i)[c] += matrix_row(weights, i)[j] * matrix_row(v, j)[c];
    }
done:
    return status;
}
