/* What variants make of results. */
#include "variants.h"

#include <stdlib.h>

Matrix variant_copy(Matrix matrix)
{
    size_t count = matrix.data != NULL ? matrix.rows * matrix.cols : 0;
    float *numbers = calloc(count + 1, sizeof *numbers);
    if (numbers == NULL)
        exit(EXIT_FAILURE);
    for (size_t i = 0; i < count; i++)
        numbers[i] = matrix_row(matrix, i / matrix.cols)[i % matrix.cols];
    return matrix_view(numbers, count > 0 ? matrix.rows : 0, matrix.cols);
}

bool variant_alike(Matrix a, Matrix b)
{
    return a.data != NULL && b.data != NULL && a.rows == b.rows && a.cols == b.cols;
}

double variant_sum(Matrix matrix, size_t row)
{
    double sum = 0;
    for (size_t c = 0; c < matrix.cols; c++)
        sum += matrix_row(matrix, row)[c];
    return sum;
}
