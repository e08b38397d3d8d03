/* A bias is one more row of its matrix, met by a column of ones. */
#include "multi_head_attention.h"

#include "dot_products.h"

static Status affine(Matrix x, Matrix w, Matrix bias, Matrix out)
{
    Status status = STATUS_OK;
    Matrix with_ones = NO_MATRIX, with_bias = NO_MATRIX, upper, last;
    if (bias.data == NULL)
        return matrix_product(x, w, out);
    TRY(matrix_create(x.rows, x.cols + 1, &with_ones));
    TRY(matrix_create(w.rows + 1, w.cols, &with_bias));
    TRY(matrix_columns(with_ones, 0, x.cols, &upper));
    TRY(matrix_copy(x, upper));
    for (size_t r = 0; r < x.rows; r++)
        matrix_row(with_ones, r)[x.cols] = 1.0f;
    TRY(matrix_rows(with_bias, 0, w.rows, &upper));
    TRY(matrix_copy(w, upper));
    TRY(matrix_rows(with_bias, w.rows, 1, &last));
    TRY(matrix_copy(bias, last));
    TRY(matrix_product(with_ones, with_bias, out));
done:
    matrix_free(&with_bias);
    matrix_free(&with_ones);
    return status;
}

Status multi_head_project(Matrix x, Matrix context, const MultiHeadLayer *layer, HeadMatrices *all)
{
    Status status = STATUS_OK;
    *all = (HeadMatrices){0};
    if (x.cols != layer->w_q.rows || context.cols != layer->w_k.rows ||
        context.cols != layer->w_v.rows)
        return fail(STATUS_SHAPE, "multi_head_project: the sequences do not fit the layer");
    TRY(matrix_create(x.rows, layer->w_v.cols, &all->concat));
    TRY(matrix_create(context.rows, layer->w_v.cols, &all->v));
    TRY(matrix_create(context.rows, layer->w_k.cols, &all->k));
    TRY(matrix_create(x.rows, layer->w_q.cols, &all->q));
    TRY(affine(context, layer->w_v, layer->b_v, all->v));
    TRY(affine(context, layer->w_k, layer->b_k, all->k));
    TRY(affine(x, layer->w_q, layer->b_q, all->q));
done:
    return status;
}

Status multi_head_select(const HeadMatrices *all, size_t heads, size_t head, HeadMatrices *one)
{
    Matrix *const parts[] = {&one->concat, &one->k, &one->q, &one->v};
    *one = *all;
    for (size_t i = 0; i < 4; i++) {
        if (heads == 0 || parts[i]->cols < heads || parts[i]->cols % heads > 0)
            return fail(STATUS_SHAPE, "multi_head_select: %zu heads of %zu columns", heads,
                        parts[i]->cols);
        if (head >= heads)
            return fail(STATUS_VALUE, "multi_head_select: head %zu of %zu", head, heads);
        parts[i]->cols /= heads;
        parts[i]->data += head * parts[i]->cols;
    }
    return STATUS_OK;
}

Status sum_of_heads(Matrix concat, Matrix w_o, size_t heads, Matrix out)
{
    if (heads == 0 || concat.cols == 0 || concat.cols % heads != 0)
        return fail(STATUS_SHAPE, "sum_of_heads: %zu heads of %zu columns", heads, concat.cols);
    return matrix_product(concat, w_o, out);
}
