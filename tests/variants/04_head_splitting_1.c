/* Heads by pointer arithmetic alone: no helper of the matrix module except for shapes. */
#include "head_splitting.h"

#include <string.h>

static Status block(const char *function, Matrix matrix, size_t heads, size_t *width)
{
    *width = heads == 0 ? 0 : matrix.cols / heads;
    if (*width == 0 || *width * heads != matrix.cols)
        return fail(STATUS_SHAPE, "%s: %zu heads do not divide %zu columns into equal blocks",
                    function, heads, matrix.cols);
    return STATUS_OK;
}

Status head_view(Matrix matrix, size_t heads, size_t head, Matrix *view)
{
    size_t width;
    Status status = block("head_view", matrix, heads, &width);
    if (status == STATUS_OK && head >= heads)
        status = fail(STATUS_VALUE, "head_view: there is no head %zu; heads is %zu, counted from 0",
                      head, heads);
    *view = status == STATUS_OK
                ? (Matrix){matrix.data + head * width, matrix.rows, width, matrix.stride}
                : NO_MATRIX;
    return status;
}

Status split_heads(Matrix matrix, size_t heads, Matrix stacked)
{
    size_t width;
    Status status = block("split_heads", matrix, heads, &width);
    if (status == STATUS_OK)
        status = matrix_expect("split_heads", "stacked", stacked, heads * matrix.rows, width,
                               "heads T x d / heads");
    if (status != STATUS_OK)
        return status;
    /* Token by token: each row of the matrix is dealt out to the heads. */
    for (size_t t = 0; t < matrix.rows; t++)
        for (size_t h = 0; h < heads; h++)
            memcpy(matrix_row(stacked, h * matrix.rows + t), matrix_row(matrix, t) + h * width,
                   width * sizeof *matrix.data);
    return STATUS_OK;
}

Status join_heads(Matrix stacked, size_t batch, size_t heads, Matrix matrix)
{
    size_t width;
    Status status = block("join_heads", matrix, heads, &width);
    if (status == STATUS_OK && (batch == 0 || matrix.rows % batch > 0))
        status = fail(STATUS_SHAPE, "join_heads: %zu rows are not %zu sequences of equal length",
                      matrix.rows, batch);
    if (status == STATUS_OK)
        status = matrix_expect("join_heads", "stacked", stacked, heads * matrix.rows, width,
                               "batch heads T x d / heads");
    /* Row by row of the stack, wherever it belongs. */
    size_t tokens = batch == 0 ? 0 : matrix.rows / batch;
    for (size_t row = 0; status == STATUS_OK && row < stacked.rows; row++) {
        size_t t = row % tokens, h = row / tokens % heads, b = row / tokens / heads;
        memcpy(matrix_row(matrix, b * tokens + t) + h * width, matrix_row(stacked, row),
               width * sizeof *matrix.data);
    }
    return status;
}
