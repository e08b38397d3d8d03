/* Heads column by column: each column goes as a whole to the head that it belongs to. */
#include "head_splitting.h"

static Status expect_width(Matrix matrix, size_t heads, size_t *width)
{
    *width = 0;
    while (*width * heads < matrix.cols && *width < matrix.cols)
        ++*width;
    return *width > 0 && *width * heads == matrix.cols
               ? STATUS_OK
               : fail(STATUS_SHAPE, "%zu heads of %zu columns", heads, matrix.cols);
}

Status head_view(Matrix matrix, size_t heads, size_t head, Matrix *view)
{
    size_t width;
    Matrix from;
    *view = NO_MATRIX;
    Status status = expect_width(matrix, heads, &width);
    if (status != STATUS_OK)
        return status;
    if (head >= heads)
        return fail(STATUS_VALUE, "head %zu of %zu", head, heads);
    status = matrix_columns(matrix, head * width, matrix.cols - head * width, &from);
    return status == STATUS_OK ? matrix_columns(from, 0, width, view) : status;
}

Status split_heads(Matrix matrix, size_t heads, Matrix stacked)
{
    size_t width;
    Matrix column, left, place;
    Status status = expect_width(matrix, heads, &width);
    if (status == STATUS_OK)
        status = matrix_expect("split_heads", "stacked", stacked, heads * matrix.rows, width,
                               "as the heads say");
    for (size_t c = 0; status == STATUS_OK && c < matrix.cols; c++) {
        TRY(matrix_columns(matrix, c, 1, &column));
        TRY(matrix_columns(stacked, c % width, 1, &left));
        TRY(matrix_rows(left, c / width * matrix.rows, matrix.rows, &place));
        TRY(matrix_copy(column, place));
    }
done:
    return status;
}
