#include "matrix.h"

#include "memory.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

Status matrix_create(size_t rows, size_t cols, Matrix *result)
{
    *result = NO_MATRIX;
    if (cols > 0 && rows > SIZE_MAX / cols)
        return fail(STATUS_NO_MEMORY, "matrix_create: %zux%zu elements overflow", rows, cols);
    float *data = memory_allocate(rows * cols, sizeof *data);
    if (data == NULL)
        return STATUS_NO_MEMORY;
    *result = matrix_view(data, rows, cols);
    return STATUS_OK;
}

void matrix_free(Matrix *matrix)
{
    free(matrix->data);
    *matrix = NO_MATRIX;
}

Matrix matrix_view(float *data, size_t rows, size_t cols)
{
    return (Matrix){.data = data, .rows = rows, .cols = cols, .stride = cols};
}

Matrix matrix_shape(size_t rows, size_t cols)
{
    return matrix_view(NULL, rows, cols);
}

/* Written so that no sum can wrap: first + count might. */
static bool inside(size_t first, size_t count, size_t size)
{
    return first <= size && count <= size - first;
}

Status matrix_columns(Matrix matrix, size_t first, size_t count, Matrix *view)
{
    *view = NO_MATRIX;
    if (!inside(first, count, matrix.cols))
        return fail(
            STATUS_SHAPE,
            "matrix_columns: first is %zu and count is %zu, but the number of columns is %zu",
            first, count, matrix.cols);
    *view = (Matrix){matrix.data + first, matrix.rows, count, matrix.stride};
    return STATUS_OK;
}

Status matrix_rows(Matrix matrix, size_t first, size_t count, Matrix *view)
{
    *view = NO_MATRIX;
    if (!inside(first, count, matrix.rows))
        return fail(STATUS_SHAPE,
                    "matrix_rows: first is %zu and count is %zu, but the number of rows is %zu",
                    first, count, matrix.rows);
    *view = (Matrix){matrix.data + first * matrix.stride, count, matrix.cols, matrix.stride};
    return STATUS_OK;
}

Status matrix_copy(Matrix from, Matrix to)
{
    Status status =
        matrix_expect("matrix_copy", "to", to, from.rows, from.cols, "the shape of from");
    if (status != STATUS_OK)
        return status;
    for (size_t r = 0; r < from.rows; r++)
        memcpy(matrix_row(to, r), matrix_row(from, r), from.cols * sizeof *from.data);
    return STATUS_OK;
}

void matrix_clear(Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        memset(matrix_row(matrix, r), 0, matrix.cols * sizeof *matrix.data);
}

Status matrix_transpose(Matrix from, Matrix to)
{
    Status status =
        matrix_expect("matrix_transpose", "to", to, from.cols, from.rows, "from, turned");
    if (status != STATUS_OK)
        return status;
    for (size_t r = 0; r < from.rows; r++)
        for (size_t c = 0; c < from.cols; c++)
            matrix_row(to, c)[r] = matrix_row(from, r)[c];
    return STATUS_OK;
}

float matrix_largest_gap(Matrix a, Matrix b)
{
    if (a.rows != b.rows || a.cols != b.cols)
        return NAN;
    float largest = 0.0f;
    for (size_t r = 0; r < a.rows; r++)
        for (size_t c = 0; c < a.cols; c++) {
            float gap = fabsf(matrix_row(a, r)[c] - matrix_row(b, r)[c]);
            /* Every comparison with NaN is false, so a maximum would pass it over. */
            if (isnan(gap))
                return gap;
            largest = gap > largest ? gap : largest;
        }
    return largest;
}

Status matrix_expect(const char *function, const char *name, Matrix matrix, size_t rows,
                     size_t cols, const char *why)
{
    if (matrix.rows == rows && matrix.cols == cols)
        return STATUS_OK;
    return fail(STATUS_SHAPE, "%s: %s is %zux%zu, expected %zux%zu (%s)", function, name,
                matrix.rows, matrix.cols, rows, cols, why);
}
