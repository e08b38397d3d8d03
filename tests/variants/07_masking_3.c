/* Masking in one pass over the keys: the one-pass softmax of chapter 2. */
#include "masking.h"

#include "dot_products.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>

/* How many keys, from the first, causality and padding leave to a query. */
static size_t keys_left(const AttentionMask *mask, size_t query, size_t keys)
{
    size_t left = keys - mask->padding;
    if (mask->causal && query < left && mask->past < left - query)
        left = query + mask->past + 1 < left ? query + mask->past + 1 : left;
    return left;
}

bool may_attend(const AttentionMask *mask, size_t query, size_t key, size_t keys)
{
    if (key >= keys_left(mask, query, keys))
        return false;
    if (mask->allowed.data != NULL && matrix_row(mask->allowed, query)[key] == 0.0f)
        return false;
    return mask->bias.data == NULL || !(matrix_row(mask->bias, query)[key] == -INFINITY);
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

Status mask_table(const AttentionMask *mask, Matrix out)
{
    Status status = check_mask(mask, out.rows, out.cols);
    if (status != STATUS_OK)
        return status;
    for (size_t i = out.rows * out.cols; i-- > 0;)
        matrix_row(out, i / out.cols)[i % out.cols] =
            may_attend(mask, i / out.cols, i % out.cols, out.cols) ? 1.0f : 0.0f;
    return STATUS_OK;
}

static void ask(const float *query, size_t i, Matrix k, Matrix v, float scale,
                const AttentionMask *mask, float *weights, float *out)
{
    OnlineSoftmax seen = online_softmax_start();
    for (size_t j = 0; j < k.rows; j++) {
        weights[j] = -INFINITY;
        if (!may_attend(mask, i, j, k.rows))
            continue;
        weights[j] = dot_product(query, matrix_row(k, j), k.cols) * scale;
        weights[j] += mask->bias.data != NULL ? matrix_row(mask->bias, i)[j] : 0.0f;
        online_softmax_add(&seen, weights[j]);
    }
    for (size_t j = 0; j < k.rows; j++)
        weights[j] =
            may_attend(mask, i, j, k.rows) ? online_softmax_weight(seen, weights[j]) : 0.0f;
    for (size_t c = 0; c < v.cols; c++) {
        double sum = 0.0;
        for (size_t j = 0; j < v.rows; j++)
            if (may_attend(mask, i, j, v.rows))
                sum += (double)weights[j] * matrix_row(v, j)[c];
        out[c] = (float)sum;
    }
}

static void attend(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                   Matrix weights, Matrix out)
{
    for (size_t i = q.rows; i-- > 0;)
        ask(matrix_row(q, i), i, k, v, scale, mask, matrix_row(weights, i), matrix_row(out, i));
}

Status masked_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                        Matrix weights, Matrix out)
{
    Status status = attention_expect_shapes("masked_attention", q, k, v, weights, out);
    if (status == STATUS_OK)
        status = check_mask(mask, q.rows, k.rows);
    if (status == STATUS_OK)
        attend(q, k, v, scale, mask, weights, out);
    return status;
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
            attend(one.q, one.k, one.v, attention_scale(one.q.cols), &own, rows, one.concat);
    }
    if (status == STATUS_OK)
        status = multi_head_output(all.concat, layer, out);
    multi_head_free(&all);
    return status;
}
