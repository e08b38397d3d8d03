#include "self_attention.h"

#include "dot_products.h"
#include "large_scores.h"
#include "softmax.h"

#include <math.h>

float attention_scale(size_t d_k)
{
    return (float)(1.0 / sqrt((double)d_k));
}

/* What queries and keys need: rows of equal length, because they are compared. */
static Status expect_comparable(const char *function, Matrix q, Matrix k)
{
    if (q.cols != k.cols)
        return fail(STATUS_SHAPE,
                    "%s: q is %zux%zu and k is %zux%zu, but queries and keys must have the same "
                    "number of columns, d_k",
                    function, q.rows, q.cols, k.rows, k.cols);
    if (q.cols == 0)
        return fail(STATUS_SHAPE, "%s: queries and keys have no columns, but d_k must be 1 or more",
                    function);
    return STATUS_OK;
}

Status attention_scores(Matrix q, Matrix k, float scale, Matrix scores)
{
    Status status = STATUS_OK;
    TRY(expect_comparable("attention_scores", q, k));
    TRY(matrix_expect("attention_scores", "scores", scores, q.rows, k.rows, "T_q x T_k"));
    TRY(matrix_product_transposed(q, k, scores)); /* T_q x T_k */
    for (size_t i = 0; i < scores.rows; i++)
        for (size_t j = 0; j < scores.cols; j++)
            matrix_row(scores, i)[j] *= scale;
    mark_overflow(scores);
done:
    return status;
}

Status attention_expect_shapes(const char *function, Matrix q, Matrix k, Matrix v, Matrix weights,
                               Matrix out)
{
    Status status = STATUS_OK;
    TRY(expect_comparable(function, q, k));
    if (k.rows != v.rows)
        return fail(STATUS_SHAPE,
                    "%s: k is %zux%zu and v is %zux%zu, but each key needs its value: the same "
                    "number of rows, T_k",
                    function, k.rows, k.cols, v.rows, v.cols);
    TRY(matrix_expect(function, "weights", weights, q.rows, k.rows, "T_q x T_k"));
    TRY(matrix_expect(function, "out", out, q.rows, v.cols, "T_q x d_v"));
done:
    return status;
}

Status scaled_dot_product_attention(Matrix q, Matrix k, Matrix v, float scale, Matrix weights,
                                    Matrix out)
{
    Status status = STATUS_OK;
    TRY(attention_expect_shapes("scaled_dot_product_attention", q, k, v, weights, out));
    TRY(attention_scores(q, k, scale, weights));    /* T_q x T_k */
    rescore_large(q, k, scale, NO_MATRIX, weights); /* where a float is too coarse */
    TRY(softmax(weights, weights));                 /* T_q x T_k, each row sums to one */
    TRY(matrix_product(weights, v, out));           /* T_q x d_v */
done:
    return status;
}

Status project(const char *name, Matrix x, Matrix w, Matrix *result)
{
    Status status = STATUS_OK;
    *result = NO_MATRIX;
    if (x.cols != w.rows)
        return fail(STATUS_SHAPE,
                    "project: the sequence is %zux%zu and %s is %zux%zu, but the sequence needs as "
                    "many columns as %s has rows, d_model",
                    x.rows, x.cols, name, w.rows, w.cols, name);
    TRY(matrix_create(x.rows, w.cols, result));
    TRY(matrix_product(x, w, *result)); /* T x d */
done:
    return status;
}

Status self_attention(Matrix x, Matrix w_q, Matrix w_k, Matrix w_v, Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    Matrix q = NO_MATRIX, k = NO_MATRIX, v = NO_MATRIX;
    TRY(project("w_q", x, w_q, &q)); /* T x d_k */
    TRY(project("w_k", x, w_k, &k)); /* T x d_k */
    TRY(project("w_v", x, w_v, &v)); /* T x d_v */
    TRY(scaled_dot_product_attention(q, k, v, attention_scale(q.cols), weights, out));
done:
    matrix_free(&q);
    matrix_free(&k);
    matrix_free(&v);
    return status;
}
