/* Heads number by number: the stack is filled from its end, each place asking where its number
 * comes from; the view is the edge of two wider ones. */
#include "head_splitting.h"

#include <stdbool.h>

static bool is_shared_equally(size_t columns, size_t heads)
{
    size_t given = 0;
    if (columns == 0 || heads == 0)
        return false;
    while (given < columns)
        given = columns - given < heads ? columns + 1 : given + heads;
    return given == columns;
}

static Status unequal(const char *function, Matrix matrix, size_t heads)
{
    return fail(STATUS_SHAPE, "%s: %zu heads do not divide %zu columns into equal blocks", function,
                heads, matrix.cols);
}

Status head_view(Matrix matrix, size_t heads, size_t head, Matrix *view)
{
    *view = NO_MATRIX;
    if (!is_shared_equally(matrix.cols, heads))
        return unequal("head_view", matrix, heads);
    if (head >= heads)
        return fail(STATUS_VALUE, "head_view: there is no head %zu; heads is %zu, counted from 0",
                    head, heads);
    size_t first = matrix.cols * head / heads, end = matrix.cols * (head + 1) / heads;
    Matrix left;
    Status status = matrix_columns(matrix, 0, end, &left);
    return status == STATUS_OK ? matrix_columns(left, first, end - first, view) : status;
}

Status split_heads(Matrix matrix, size_t heads, Matrix stacked)
{
    if (!is_shared_equally(matrix.cols, heads))
        return unequal("split_heads", matrix, heads);
    size_t width = matrix.cols / heads;
    Status status = matrix_expect("split_heads", "stacked", stacked, heads * matrix.rows, width,
                                  "heads T x d / heads");
    if (status != STATUS_OK)
        return status;
    for (size_t place = stacked.rows * width; place > 0; place--) {
        size_t row = (place - 1) / width, c = (place - 1) % width;
        size_t h = row / matrix.rows, t = row % matrix.rows;
        matrix_row(stacked, row)[c] = matrix_row(matrix, t)[h * width + c];
    }
    return STATUS_OK;
}

Status join_heads(Matrix stacked, size_t batch, size_t heads, Matrix matrix)
{
    if (!is_shared_equally(matrix.cols, heads))
        return unequal("join_heads", matrix, heads);
    if (batch < 1 || matrix.rows / batch * batch < matrix.rows)
        return fail(STATUS_SHAPE, "join_heads: %zu rows for %zu sequences", matrix.rows, batch);
    size_t width = matrix.cols / heads, tokens = matrix.rows / batch;
    Status status = matrix_expect("join_heads", "stacked", stacked, heads * matrix.rows, width,
                                  "batch heads T x d / heads");
    if (status != STATUS_OK)
        return status;
    for (size_t place = matrix.rows * matrix.cols; place > 0; place--) {
        size_t row = (place - 1) / matrix.cols, c = (place - 1) % matrix.cols;
        size_t first = (row / tokens * heads + c / width) * tokens;
        matrix_row(matrix, row)[c] = matrix_row(stacked, first + row % tokens)[c % width];
    }
    return STATUS_OK;
}
