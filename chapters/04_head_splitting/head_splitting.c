#include "head_splitting.h"

/* What heads need: each gets the same number of columns, and at least one. */
static Status expect_divisible(const char *function, Matrix matrix, size_t heads)
{
    if (heads > 0 && matrix.cols > 0 && matrix.cols % heads == 0)
        return STATUS_OK;
    return fail(STATUS_SHAPE, "%s: %zu heads do not divide %zu columns into equal blocks", function,
                heads, matrix.cols);
}

Status head_view(Matrix matrix, size_t heads, size_t head, Matrix *view)
{
    Status status = STATUS_OK;
    *view = NO_MATRIX;
    TRY(expect_divisible("head_view", matrix, heads));
    if (head >= heads)
        return fail(STATUS_VALUE, "head_view: there is no head %zu; heads is %zu, counted from 0",
                    head, heads);
    size_t width = matrix.cols / heads;
    TRY(matrix_columns(matrix, head * width, width, view)); /* T x d / heads */
done:
    return status;
}

Status split_heads(Matrix matrix, size_t heads, Matrix stacked)
{
    Status status = STATUS_OK;
    Matrix head, place;
    TRY(expect_divisible("split_heads", matrix, heads));
    TRY(matrix_expect("split_heads", "stacked", stacked, heads * matrix.rows, matrix.cols / heads,
                      "heads T x d / heads"));
    for (size_t h = 0; h < heads; h++) {
        TRY(head_view(matrix, heads, h, &head));
        TRY(matrix_rows(stacked, h * matrix.rows, matrix.rows, &place));
        TRY(matrix_copy(head, place)); /* T x d / heads */
    }
done:
    return status;
}

Status join_heads(Matrix stacked, size_t batch, size_t heads, Matrix matrix)
{
    Status status = STATUS_OK;
    Matrix sequence, head, place;
    TRY(expect_divisible("join_heads", matrix, heads));
    if (batch == 0 || matrix.rows % batch != 0)
        return fail(STATUS_SHAPE, "join_heads: %zu rows are not %zu sequences of equal length",
                    matrix.rows, batch);
    TRY(matrix_expect("join_heads", "stacked", stacked, heads * matrix.rows, matrix.cols / heads,
                      "batch heads T x d / heads"));
    size_t tokens = matrix.rows / batch;
    for (size_t b = 0; b < batch; b++) {
        TRY(matrix_rows(matrix, b * tokens, tokens, &sequence)); /* T x d */
        for (size_t h = 0; h < heads; h++) {
            TRY(matrix_rows(stacked, (b * heads + h) * tokens, tokens, &place));
            TRY(head_view(sequence, heads, h, &head));
            TRY(matrix_copy(place, head)); /* T x d / heads */
        }
    }
done:
    return status;
}
