/* Positions as complex numbers that turn: each row is the one above, turned by one step. */
#include "positional_encoding.h"

#include <complex.h>
#include <math.h>

double position_frequency(size_t column, size_t d_model)
{
    return exp2(-log2(10000.0) * (double)(column - column % 2) / (double)d_model);
}

static void turn(size_t first, size_t column, Matrix x, Matrix out)
{
    double frequency = position_frequency(column, out.cols);
    double _Complex at = cexp(I * (frequency * (double)first)), step = cexp(I * frequency);
    for (size_t t = 0; t < out.rows; t++, at *= step) {
        const float *before = x.data == NULL ? NULL : matrix_row(x, t);
        float *row = matrix_row(out, t);
        row[column] = (float)cimag(at) + (before == NULL ? 0.0f : before[column]);
        if (column + 1 < out.cols)
            row[column + 1] = (float)creal(at) + (before == NULL ? 0.0f : before[column + 1]);
    }
}

void sinusoidal_positions(size_t first, Matrix out)
{
    for (size_t column = 0; column < out.cols; column += 2)
        turn(first, column, NO_MATRIX, out);
}

void integer_positions(size_t first, Matrix out)
{
    for (size_t i = 0; i < out.rows * out.cols; i++)
        matrix_row(out, i / out.cols)[i % out.cols] =
            (float)((double)first + (double)(i / out.cols));
}

Status add_positions(Matrix x, size_t first, Matrix out)
{
    if (x.rows != out.rows || x.cols != out.cols)
        return fail(STATUS_SHAPE, "add_positions: %zux%zu", out.rows, out.cols);
    for (size_t column = 0; column < out.cols; column += 2)
        turn(first, column, x, out);
    return STATUS_OK;
}
