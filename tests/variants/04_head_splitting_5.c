/* A view with three axes, head, token and column, each with its own step. */
#include "head_splitting.h"

typedef struct Axes {
    float *data;
    size_t count[3], step[3];
} Axes;

static Status axes_of(Matrix matrix, size_t heads, Axes *axes)
{
    if (matrix.cols == 0 || heads == 0 || matrix.cols % heads)
        return fail(STATUS_SHAPE, "%zu columns cannot be %zu heads", matrix.cols, heads);
    size_t width = matrix.cols / heads;
    *axes = (Axes){matrix.data, {heads, matrix.rows, width}, {width, matrix.stride, 1}};
    return STATUS_OK;
}

Status head_view(Matrix matrix, size_t heads, size_t head, Matrix *view)
{
    Axes all = {0};
    Status status = axes_of(matrix, heads, &all);
    *view = NO_MATRIX;
    if (status == STATUS_OK && head >= heads)
        status = fail(STATUS_VALUE, "no head %zu", head);
    if (status == STATUS_OK)
        *view = (Matrix){all.data + head * all.step[0], all.count[1], all.count[2], all.step[1]};
    return status;
}

static void copy(const float *from, const Axes *axes, int axis, float **to, size_t gap)
{
    for (size_t i = 0; i < axes->count[axis]; i++, from += axes->step[axis])
        if (axis == 2)
            *(*to)++ = *from;
        else
            copy(from, axes, axis + 1, to, gap);
    if (axis == 2)
        *to += gap;
}

Status split_heads(Matrix matrix, size_t heads, Matrix stacked)
{
    Axes all = {0};
    Status status = axes_of(matrix, heads, &all);
    if (status == STATUS_OK)
        status = matrix_expect("split_heads", "stacked", stacked, heads * matrix.rows, all.count[2],
                               "head by head");
    if (status == STATUS_OK)
        copy(all.data, &all, 0, &stacked.data, stacked.stride - stacked.cols);
    return status;
}
