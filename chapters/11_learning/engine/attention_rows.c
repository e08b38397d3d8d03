#include "attention_rows.h"

#include "learning.h"
#include "masking.h"

#include <math.h>

/* A row of a matrix, or NO_MATRIX of NO_MATRIX. */
static Matrix row_of(Matrix matrix, size_t row)
{
    return matrix.data == NULL ? NO_MATRIX
                               : (Matrix){matrix_row(matrix, row), 1, matrix.cols, matrix.stride};
}

/* What blocks one query: to it, the keys before it are keys of the past. */
static AttentionMask mask_of_row(const AttentionMask *mask, size_t row)
{
    AttentionMask one = *mask;
    one.past += row;
    one.allowed = row_of(mask->allowed, row);
    one.bias = row_of(mask->bias, row);
    return one;
}

/* The row's queries, results or gradients, and all keys and values. */
static HeadMatrices head_of_row(const HeadMatrices *all, size_t row)
{
    return (HeadMatrices){row_of(all->q, row), all->k, all->v, row_of(all->concat, row)};
}

static Status weigh_row(const TiledHead *head, size_t row, Matrix weights, Matrix out)
{
    HeadMatrices one = head_of_row(&head->one, row);
    AttentionMask mask = mask_of_row(&head->mask, row);
    return masked_attention(one.q, one.k, one.v, head->scale, &mask, weights, out);
}

/* A weight is e^(score - L), so L is the score minus the weight's logarithm; best of the greatest
 * weight. */
static float log_sum(const TiledHead *head, size_t row, Matrix weights)
{
    const float *q = matrix_row(head->one.q, row), *w = weights.data;
    size_t key = 0;
    double score = 0.0;
    for (size_t j = 1; j < weights.cols; j++)
        key = w[j] > w[key] ? j : key;
    if (weights.cols == 0 || w[key] == 0.0f)
        return -INFINITY;
    for (size_t c = 0; c < head->one.q.cols; c++)
        score += (double)q[c] * matrix_row(head->one.k, key)[c];
    score *= head->scale;
    if (head->mask.bias.data != NULL)
        score += matrix_row(head->mask.bias, row)[key];
    return (float)(score - log(w[key]));
}

Status attention_rows(const TiledHead *head, size_t first)
{
    Status status = STATUS_OK;
    Matrix weights = NO_MATRIX;
    if (first == head->one.q.rows)
        return STATUS_OK;
    TRY(matrix_create(1, head->one.k.rows, &weights));
    for (size_t i = first; i < head->one.q.rows; i++) {
        TRY(weigh_row(head, i, weights, row_of(head->one.concat, i)));
        head->log_sums[i] = log_sum(head, i, weights);
    }
done:
    matrix_free(&weights);
    return status;
}

Status attention_rows_backward(const TiledHead *head, const HeadMatrices *grad, size_t first)
{
    Status status = STATUS_OK;
    Matrix weights = NO_MATRIX, again = NO_MATRIX;
    if (first == head->one.q.rows)
        return STATUS_OK;
    TRY(matrix_create(1, head->one.k.rows, &weights));
    TRY(matrix_create(1, head->one.v.cols, &again));
    for (size_t i = first; i < head->one.q.rows; i++) {
        HeadMatrices one = head_of_row(&head->one, i), own = head_of_row(grad, i);
        TRY(weigh_row(head, i, weights, again));
        TRY(attention_backward(&one, head->scale, weights, &own));
    }
done:
    matrix_free(&weights);
    matrix_free(&again);
    return status;
}
