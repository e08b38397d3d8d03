/* Products in another order: the scores are x (W_q W_k^T) x^T, the result (weights x) W_v. */
#include "self_attention.h"

#include "dot_products.h"
#include "softmax.h"

Status self_attention(Matrix x, Matrix w_q, Matrix w_k, Matrix w_v, Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    Matrix both = NO_MATRIX, asking = NO_MATRIX, mixed = NO_MATRIX;
    if (w_q.rows != x.cols || w_k.rows != x.cols || w_v.rows != x.cols)
        return fail(STATUS_SHAPE, "self_attention: x has %zu columns", x.cols);
    TRY(attention_expect_shapes("self_attention", matrix_shape(x.rows, w_q.cols),
                                matrix_shape(x.rows, w_k.cols), matrix_shape(x.rows, w_v.cols),
                                weights, out));
    TRY(matrix_create(x.cols, x.cols, &both));
    TRY(matrix_create(x.rows, x.cols, &asking));
    TRY(matrix_create(x.rows, x.cols, &mixed));
    TRY(matrix_product_transposed(w_q, w_k, both)); /* d_model x d_model */
    TRY(matrix_product(x, both, asking));           /* T x d_model */
    TRY(attention_scores(asking, x, attention_scale(w_q.cols), weights));
    TRY(softmax(weights, weights));
    TRY(matrix_product(weights, x, mixed)); /* T x d_model */
    TRY(matrix_product(mixed, w_v, out));
done:
    matrix_free(&mixed);
    matrix_free(&asking);
    matrix_free(&both);
    return status;
}

Status attention_scores(Matrix q, Matrix k, float scale, Matrix scores)
{
    Status status = attention_expect_shapes("attention_scores", q, k, matrix_shape(k.rows, 1),
                                            scores, matrix_shape(q.rows, 1));
    for (size_t j = 0; status == STATUS_OK && j < k.rows; j++)
        for (size_t i = 0; i < q.rows; i++) {
            float halves[2] = {0};
            for (size_t c = 0; c < q.cols; c++)
                halves[c % 2] += matrix_row(k, j)[c] * (matrix_row(q, i)[c] * scale);
            matrix_row(scores, i)[j] = halves[0] + halves[1];
        }
    return status;
}
