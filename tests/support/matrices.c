#include "matrices.h"

#include "assert.h"

Matrix new_matrix(size_t rows, size_t cols)
{
    Matrix matrix;
    assert_ok(matrix_create(rows, cols, &matrix));
    return matrix;
}

void fill(Matrix matrix, float value)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = value;
}
