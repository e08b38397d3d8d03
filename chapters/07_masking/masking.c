#include "masking.h"

#include "large_scores.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>

bool may_attend(const AttentionMask *mask, size_t query, size_t key, size_t keys)
{
    /* key > query + past, written so that the sum cannot wrap */
    if (mask->causal && key > query && key - query > mask->past)
        return false;
    if (key >= keys - mask->padding)
        return false;
    if (mask->allowed.data != NULL && matrix_row(mask->allowed, query)[key] == 0.0f)
        return false;
    return mask->bias.data == NULL || matrix_row(mask->bias, query)[key] != -INFINITY;
}

static Status expect_ones_and_zeros(const char *function, Matrix allowed)
{
    for (size_t r = 0; r < allowed.rows; r++)
        for (size_t c = 0; c < allowed.cols; c++) {
            float value = matrix_row(allowed, r)[c];
            if (value != 0.0f && value != 1.0f)
                return fail(STATUS_VALUE,
                            "%s: the mask holds %g at row %zu, column %zu, expected 1 (may attend) "
                            "or 0 (blocked)",
                            function, (double)value, r, c);
        }
    return STATUS_OK;
}

static Status expect_mask(const char *function, const AttentionMask *mask, size_t queries,
                          size_t keys)
{
    Status status = STATUS_OK;
    if (mask->padding > keys)
        return fail(STATUS_VALUE, "%s: %zu keys of padding, but there are only %zu keys", function,
                    mask->padding, keys);
    if (mask->allowed.data != NULL)
        TRY(matrix_expect(function, "mask", mask->allowed, queries, keys, "T_q x T_k"));
    if (mask->bias.data != NULL)
        TRY(matrix_expect(function, "bias", mask->bias, queries, keys, "T_q x T_k"));
    TRY(expect_ones_and_zeros(function, mask->allowed));
done:
    return status;
}

Status mask_table(const AttentionMask *mask, Matrix out)
{
    Status status = STATUS_OK;
    TRY(expect_mask("mask_table", mask, out.rows, out.cols));
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++)
            matrix_row(out, i)[j] = may_attend(mask, i, j, out.cols) ? 1.0f : 0.0f;
done:
    return status;
}

/* Adds the bias, and puts minus infinity where the query may not attend. */
static void mask_scores(const AttentionMask *mask, Matrix scores)
{
    for (size_t i = 0; i < scores.rows; i++)
        for (size_t j = 0; j < scores.cols; j++) {
            float *score = &matrix_row(scores, i)[j];
            if (!may_attend(mask, i, j, scores.cols))
                *score = -INFINITY;
            else if (mask->bias.data != NULL)
                *score = biased_score(*score, matrix_row(mask->bias, i)[j]);
        }
}

/* A NaN makes a whole row of weights NaN. What is blocked takes no part: its weight is 0. */
static void clear_blocked(const AttentionMask *mask, Matrix weights)
{
    for (size_t i = 0; i < weights.rows; i++)
        for (size_t j = 0; j < weights.cols; j++)
            if (!may_attend(mask, i, j, weights.cols))
                matrix_row(weights, i)[j] = 0.0f;
}

/*
 * The weights times the values, T_q x d_v. A blocked value is skipped: 0 times NaN would be NaN.
 */
static void mix_values(const AttentionMask *mask, Matrix weights, Matrix v, Matrix out)
{
    for (size_t i = 0; i < out.rows; i++)
        for (size_t c = 0; c < out.cols; c++) {
            double sum = 0.0;
            for (size_t j = 0; j < v.rows; j++)
                if (may_attend(mask, i, j, v.rows))
                    sum += (double)matrix_row(weights, i)[j] * matrix_row(v, j)[c];
            matrix_row(out, i)[c] = (float)sum;
        }
}

/* The steps of attention once everything fits. */
static Status attend(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                     Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    TRY(attention_scores(q, k, scale, weights)); /* T_q x T_k */
    mask_scores(mask, weights);
    rescore_large(q, k, scale, mask->bias, weights);
    TRY(softmax(weights, weights)); /* each row sums to one, or is zeros */
    clear_blocked(mask, weights);
    mix_values(mask, weights, v, out); /* T_q x d_v */
done:
    return status;
}

Status masked_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                        Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    TRY(attention_expect_shapes("masked_attention", q, k, v, weights, out));
    TRY(expect_mask("masked_attention", mask, q.rows, k.rows));
    TRY(attend(q, k, v, scale, mask, weights, out));
done:
    return status;
}

/* The mask of one head: a bias for all heads one below the other is cut to this head's rows. */
static Status mask_of_head(const AttentionMask *mask, size_t heads, size_t head, size_t queries,
                           AttentionMask *one)
{
    *one = *mask;
    if (mask->bias.data == NULL || mask->bias.rows != heads * queries)
        return STATUS_OK;
    return matrix_rows(mask->bias, head * queries, queries, &one->bias);
}

static Status attend_head(const HeadMatrices *all, size_t heads, size_t head,
                          const AttentionMask *mask, Matrix weights)
{
    Status status = STATUS_OK;
    HeadMatrices one;
    AttentionMask own;
    Matrix rows;
    TRY(multi_head_select(all, heads, head, &one));
    TRY(mask_of_head(mask, heads, head, one.q.rows, &own));
    TRY(matrix_rows(weights, head * one.q.rows, one.q.rows, &rows)); /* T_q x T_k */
    TRY(attend(one.q, one.k, one.v, attention_scale(one.q.cols), &own, rows, one.concat));
done:
    return status;
}

/* Finds what is wrong before anything is written: the first head's mask stands for all. */
static Status expect_layer_mask(const AttentionMask *mask, size_t heads, size_t queries,
                                size_t keys)
{
    Status status = STATUS_OK;
    AttentionMask first;
    TRY(mask_of_head(mask, heads, 0, queries, &first));
    TRY(expect_mask("masked_multi_head_attention", &first, queries, keys));
done:
    return status;
}

Status masked_multi_head_attention(Matrix x, Matrix context, const MultiHeadLayer *layer,
                                   const AttentionMask *mask, Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    Matrix answering = context.data != NULL ? context : x;
    HeadMatrices all = {0};
    TRY(multi_head_expect_shapes("masked_multi_head_attention", x, answering, layer, weights, out));
    TRY(expect_layer_mask(mask, layer->heads, x.rows, answering.rows));
    TRY(multi_head_project(x, answering, layer, &all));
    for (size_t h = 0; h < layer->heads; h++)
        TRY(attend_head(&all, layer->heads, h, mask, weights));
    TRY(multi_head_output(all.concat, layer, out)); /* T_q x d_out */
done:
    multi_head_free(&all);
    return status;
}
