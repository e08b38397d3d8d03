/* Sine and cosine from the tangent of half the angle; each frequency from the one before. */
#include "positional_encoding.h"

#include <math.h>

double position_frequency(size_t column, size_t d_model)
{
    if (column < 2)
        return 1.0;
    return position_frequency(column - 2, d_model) / pow(100.0, 4.0 / (double)d_model);
}

static double wave(double angle, size_t column)
{
    double t = tan(angle / 2.0), square = t * t;
    return (column % 2 ? 1.0 - square : 2.0 * t) / (1.0 + square);
}

Status add_positions(Matrix x, size_t first, Matrix out)
{
    Status status = matrix_expect("add_positions", "out", out, x.rows, x.cols, "as x");
    for (size_t c = 0; status == STATUS_OK && c < x.cols; c++) {
        double frequency = position_frequency(c, x.cols);
        for (size_t t = x.rows; t-- > 0;)
            matrix_row(out, t)[c] =
                matrix_row(x, t)[c] + (float)wave(((double)t + (double)first) * frequency, c);
    }
    return status;
}

void sinusoidal_positions(size_t first, Matrix out)
{
    matrix_clear(out);
    if (add_positions(out, first, out) != STATUS_OK)
        matrix_clear(out); /* cannot be: it is its own shape */
}
