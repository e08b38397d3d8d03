/* Heads cut off one after the other, by recursion: the first block, then the heads of the rest. */
#include "head_splitting.h"

/* All but the first so many columns. */
static Matrix without(Matrix matrix, size_t columns)
{
    return (Matrix){matrix.data + columns, matrix.rows, matrix.cols - columns, matrix.stride};
}

static Matrix nth_block(Matrix matrix, size_t width, size_t n)
{
    if (n > 0)
        return nth_block(without(matrix, width), width, n - 1);
    matrix.cols = width;
    return matrix;
}

static Status refuse(const char *function, size_t heads, size_t columns)
{
    return fail(STATUS_SHAPE, "%s: %zu heads do not divide %zu columns into equal blocks", function,
                heads, columns);
}

Status head_view(Matrix matrix, size_t heads, size_t head, Matrix *view)
{
    *view = NO_MATRIX;
    if (heads < 1 || heads > matrix.cols || matrix.cols % heads > 0)
        return refuse("head_view", heads, matrix.cols);
    if (head > heads - 1)
        return fail(STATUS_VALUE, "head_view: there is no head %zu; heads is %zu, counted from 0",
                    head, heads);
    *view = nth_block(matrix, matrix.cols / heads, head);
    return STATUS_OK;
}

/* Copies what is left of the matrix into what is left of the stack. */
static Status copy_blocks(Matrix rest, size_t width, Matrix stacked)
{
    Matrix place;
    if (rest.cols == 0)
        return STATUS_OK;
    Status status = matrix_rows(stacked, 0, rest.rows, &place);
    if (status == STATUS_OK)
        status = matrix_copy(nth_block(rest, width, 0), place);
    if (status == STATUS_OK)
        status = matrix_rows(stacked, rest.rows, stacked.rows - rest.rows, &stacked);
    return status == STATUS_OK ? copy_blocks(without(rest, width), width, stacked) : status;
}

Status split_heads(Matrix matrix, size_t heads, Matrix stacked)
{
    if (heads < 1 || heads > matrix.cols || matrix.cols % heads > 0)
        return refuse("split_heads", heads, matrix.cols);
    size_t width = matrix.cols / heads;
    Status status = matrix_expect("split_heads", "stacked", stacked, heads * matrix.rows, width,
                                  "heads T x d / heads");
    return status == STATUS_OK ? copy_blocks(matrix, width, stacked) : status;
}
