/* Masking one query at a time, in double, with the keys that are left counted out first. */
#include "masking.h"

#include "self_attention.h"

#include <math.h>

bool may_attend(const AttentionMask *mask, size_t query, size_t key, size_t keys)
{
    bool future = mask->causal && key > query && key - query > mask->past;
    bool filling = keys - key <= mask->padding;
    bool table = mask->allowed.data != NULL && matrix_row(mask->allowed, query)[key] != 1.0f;
    bool bias = mask->bias.data != NULL && matrix_row(mask->bias, query)[key] == -INFINITY;
    return !(future || filling || table || bias);
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
    for (size_t key = 0; status == STATUS_OK && key < out.cols; key++)
        for (size_t query = 0; query < out.rows; query++)
            matrix_row(out, query)[key] = (float)may_attend(mask, query, key, out.cols);
    return status;
}

static float scored(const float *query, const float *key, size_t d_k, float scale)
{
    double sum = 0.0;
    for (size_t c = d_k; c-- > 0;)
        sum += (double)query[c] * key[c];
    return (float)sum * scale;
}

/* The row of weights of one query. */
static void weigh(Matrix q, Matrix k, float scale, const AttentionMask *mask, size_t i, float *row)
{
    double greatest = -INFINITY, sum = 0.0;
    for (size_t j = 0; j < k.rows; j++) {
        bool open = may_attend(mask, i, j, k.rows);
        row[j] = open ? scored(matrix_row(q, i), matrix_row(k, j), q.cols, scale) : -INFINITY;
        if (open && mask->bias.data != NULL)
            row[j] += matrix_row(mask->bias, i)[j];
        if (row[j] > greatest || isnan(row[j]))
            greatest = row[j];
    }
    for (size_t j = 0; j < k.rows; j++)
        sum += greatest == -INFINITY ? 1.0 : exp(row[j] - greatest);
    for (size_t j = 0; j < k.rows; j++)
        row[j] = greatest == -INFINITY || !may_attend(mask, i, j, k.rows)
                     ? 0.0f
                     : (float)(exp(row[j] - greatest) / sum);
}

static void attend(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                   Matrix weights, Matrix out)
{
    for (size_t i = 0; i < q.rows; i++) {
        float *row = matrix_row(weights, i);
        weigh(q, k, scale, mask, i, row);
        for (size_t c = 0; c < v.cols; c++) {
            double sum = 0.0;
            for (size_t j = 0; j < v.rows; j++)
                sum += may_attend(mask, i, j, v.rows) ? (double)row[j] * matrix_row(v, j)[c] : 0.0;
            matrix_row(out, i)[c] = (float)sum;
        }
    }
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
