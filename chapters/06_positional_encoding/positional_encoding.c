#include "positional_encoding.h"

#include <math.h>

static const double BASE = 10000.0; /* wavelengths run from 2 pi to nearly 2 pi times this */

double position_frequency(size_t column, size_t d_model)
{
    size_t pair = column / 2;
    return pow(BASE, -2.0 * (double)pair / (double)d_model);
}

/* One number of the encoding: even columns have the sine, odd ones the cosine. */
static float sinusoid(double position, size_t column, size_t d_model)
{
    double angle = position * position_frequency(column, d_model);
    return (float)(column % 2 == 0 ? sin(angle) : cos(angle));
}

void sinusoidal_positions(size_t first, Matrix out)
{
    for (size_t t = 0; t < out.rows; t++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, t)[c] = sinusoid((double)first + (double)t, c, out.cols);
}

void integer_positions(size_t first, Matrix out)
{
    for (size_t t = 0; t < out.rows; t++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, t)[c] = (float)((double)first + (double)t);
}

Status add_positions(Matrix x, size_t first, Matrix out)
{
    Status status = STATUS_OK;
    TRY(matrix_expect("add_positions", "out", out, x.rows, x.cols, "the shape of x"));
    for (size_t t = 0; t < x.rows; t++)
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(out, t)[c] =
                matrix_row(x, t)[c] + sinusoid((double)first + (double)t, c, x.cols);
done:
    return status;
}
