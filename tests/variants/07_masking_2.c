/* Masking with the earlier chapters' functions: scores and softmax of whole matrices. */
#include "masking.h"

#include "self_attention.h"
#include "softmax.h"

#include <math.h>

static bool in_the_future(const AttentionMask *mask, size_t query, size_t key)
{
    size_t behind = key > query ? key - query : 0;
    return mask->causal && behind > mask->past;
}

bool may_attend(const AttentionMask *mask, size_t query, size_t key, size_t keys)
{
    if (in_the_future(mask, query, key) || key + mask->padding >= keys)
        return false;
    if (mask->bias.data != NULL && isinf(matrix_row(mask->bias, query)[key]) &&
        matrix_row(mask->bias, query)[key] < 0.0f)
        return false;
    return mask->allowed.data == NULL || matrix_row(mask->allowed, query)[key] > 0.5f;
}

static Status check_mask(const AttentionMask *mask, size_t queries, size_t keys)
{
    Matrix allowed = mask->allowed;
    if (mask->padding > keys)
        return fail(STATUS_VALUE, "mask: padding of %zu for %zu keys", mask->padding, keys);
    if (allowed.data != NULL && (allowed.rows != queries || allowed.cols != keys))
        return fail(STATUS_SHAPE, "mask: %zux%zu", allowed.rows, allowed.cols);
    if (mask->bias.data != NULL && (mask->bias.rows != queries || mask->bias.cols != keys))
        return fail(STATUS_SHAPE, "mask: a bias of %zux%zu", mask->bias.rows, mask->bias.cols);
    for (size_t i = 0; i < allowed.rows * allowed.cols; i++) {
        float number = matrix_row(allowed, i / allowed.cols)[i % allowed.cols];
        if (!(number == 0.0f || number == 1.0f))
            return fail(STATUS_VALUE, "mask: %g is neither 0 nor 1", (double)number);
    }
    return STATUS_OK;
}

/* Calls something for each pair that is blocked. */
static void for_blocked(const AttentionMask *mask, Matrix matrix, float number)
{
    for (size_t i = 0; i < matrix.rows; i++)
        for (size_t j = 0; j < matrix.cols; j++)
            if (!may_attend(mask, i, j, matrix.cols))
                matrix_row(matrix, i)[j] = number;
}

Status mask_table(const AttentionMask *mask, Matrix out)
{
    if (check_mask(mask, out.rows, out.cols) == STATUS_SHAPE)
        return STATUS_SHAPE;
    if (check_mask(mask, out.rows, out.cols) != STATUS_OK)
        return STATUS_VALUE;
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++)
            matrix_row(out, i)[j] = 1.0f;
    for_blocked(mask, out, 0.0f);
    return STATUS_OK;
}

static void add_bias(Matrix bias, Matrix scores)
{
    for (size_t i = 0; bias.data != NULL && i < scores.rows; i++)
        for (size_t j = 0; j < scores.cols; j++)
            matrix_row(scores, i)[j] += matrix_row(bias, i)[j];
}

static void mix(const AttentionMask *mask, Matrix weights, Matrix v, Matrix out)
{
    for (size_t i = 0; i < out.rows; i++)
        for (size_t c = 0; c < out.cols; c++) {
            double sum = 0.0;
            for (size_t j = 0; j < v.rows; j++) {
                if (!may_attend(mask, i, j, v.rows))
                    continue;
                sum += (double)matrix_row(weights, i)[j] * matrix_row(v, j)[c];
            }
            matrix_row(out, i)[c] = (float)sum;
        }
}

static Status attend(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                     Matrix weights, Matrix out)
{
    Status status = attention_scores(q, k, scale, weights);
    if (status != STATUS_OK)
        return status;
    add_bias(mask->bias, weights);
    for_blocked(mask, weights, -INFINITY);
    status = softmax(weights, weights);
    for_blocked(mask, weights, 0.0f);
    mix(mask, weights, v, out);
    return status;
}

Status masked_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                        Matrix weights, Matrix out)
{
    Status status = attention_expect_shapes("masked_attention", q, k, v, weights, out);
    status = status == STATUS_OK ? check_mask(mask, q.rows, k.rows) : status;
    return status == STATUS_OK ? attend(q, k, v, scale, mask, weights, out) : status;
}

/* The mask for one head. */
static AttentionMask cut_bias(AttentionMask mask, size_t head, size_t heads, size_t queries)
{
    if (mask.bias.data != NULL && mask.bias.rows == heads * queries) {
        mask.bias.data += head * queries * mask.bias.stride;
        mask.bias.rows = queries;
    }
    return mask;
}

Status masked_multi_head_attention(Matrix x, Matrix context, const MultiHeadLayer *layer,
                                   const AttentionMask *mask, Matrix weights, Matrix out)
{
    HeadMatrices all = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX}, one;
    Matrix answers = context.data == NULL ? x : context;
    Status status = multi_head_expect_shapes("layer", x, answers, layer, weights, out);
    if (status == STATUS_OK) {
        AttentionMask first = cut_bias(*mask, 0, layer->heads, x.rows);
        status = check_mask(&first, x.rows, answers.rows);
    }
    if (status == STATUS_OK)
        status = multi_head_project(x, answers, layer, &all);
    for (size_t h = 0; status == STATUS_OK && h < layer->heads; h++) {
        AttentionMask own = cut_bias(*mask, h, layer->heads, x.rows);
        Matrix rows = {weights.data + h * x.rows * weights.stride, x.rows, weights.cols,
                       weights.stride};
        status = multi_head_select(&all, layer->heads, h, &one);
        if (status == STATUS_OK)
            status =
                attend(one.q, one.k, one.v, attention_scale(one.k.cols), &own, rows, one.concat);
    }
    if (status == STATUS_OK)
        status = multi_head_output(all.concat, layer, out);
    multi_head_free(&all);
    return status;
}
