/* Each head projects with its own columns of the weights and adds its part to the output. */
#include "multi_head_attention.h"

#include "dot_products.h"
#include "head_splitting.h"
#include "self_attention.h"

static Status projected(Matrix x, Matrix w, Matrix bias, size_t heads, size_t head, Matrix *result)
{
    Status status = STATUS_OK;
    Matrix own, shift = NO_MATRIX;
    *result = NO_MATRIX;
    TRY(head_view(w, heads, head, &own));
    TRY(project("w", x, own, result));
    if (bias.data != NULL)
        TRY(head_view(bias, heads, head, &shift));
    for (size_t i = 0; i < shift.rows * result->rows * result->cols; i++)
        result->data[i] += shift.data[i % result->cols];
done:
    return status;
}

static Status add_product(Matrix result, Matrix rows, Matrix sum)
{
    Status status = STATUS_OK;
    Matrix part = NO_MATRIX;
    TRY(project("w_o", result, rows, &part));
    for (size_t i = 0; i < part.rows * part.cols; i++)
        sum.data[i] += part.data[i];
done:
    matrix_free(&part);
    return status;
}

static Status mix_head(Matrix x, const MultiHeadLayer *layer, size_t head, Matrix weights,
                       Matrix sum)
{
    Status status = STATUS_OK;
    Matrix q, k = NO_MATRIX, v = NO_MATRIX, result = NO_MATRIX, own, rows;
    size_t heads = layer->heads, d_v = layer->w_v.cols / heads;
    TRY(projected(x, layer->w_q, layer->b_q, heads, head, &q));
    TRY(projected(x, layer->w_k, layer->b_k, heads, head, &k));
    TRY(projected(x, layer->w_v, layer->b_v, heads, head, &v));
    TRY(matrix_create(x.rows, d_v, &result));
    TRY(matrix_rows(weights, head * x.rows, x.rows, &own));
    TRY(scaled_dot_product_attention(q, k, v, attention_scale(k.cols), own, result));
    TRY(matrix_rows(layer->w_o, head * d_v, d_v, &rows));
    TRY(add_product(result, rows, sum));
done:
    matrix_free(&q);
    matrix_free(&k);
    matrix_free(&v);
    matrix_free(&result);
    return status;
}

Status multi_head_attention(Matrix x, const MultiHeadLayer *layer, Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    Matrix sum = NO_MATRIX, all_weights = NO_MATRIX;
    TRY(multi_head_expect_shapes("multi_head_attention", x, x, layer, weights, out));
    TRY(matrix_create(out.rows, out.cols, &sum));
    TRY(matrix_create(weights.rows, weights.cols, &all_weights));
    for (size_t i = 0; i < out.rows * out.cols; i++)
        sum.data[i] = layer->b_o.data == NULL ? 0.0f : layer->b_o.data[i % out.cols];
    for (size_t head = layer->heads; head-- > 0;)
        TRY(mix_head(x, layer, head, all_weights, sum));
    TRY(matrix_copy(all_weights, weights));
    TRY(matrix_copy(sum, out));
done:
    matrix_free(&all_weights);
    matrix_free(&sum);
    return status;
}

size_t multi_head_parameters(size_t d_model, size_t heads, bool biases)
{
    (void)heads;
    return 4 * d_model * (d_model + (size_t)biases);
}

MultiHeadCost multi_head_cost(size_t tokens, size_t d_model, size_t heads)
{
    double output = (double)tokens * (double)d_model * (double)d_model;
    double scores = (double)tokens * (double)tokens * (double)d_model;
    return (MultiHeadCost){3 * output, scores, scores, output,
                           scores / (double)d_model * (double)heads};
}
