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
