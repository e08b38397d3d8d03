/* Positional encoding in which every cosine is a sine a quarter turn ahead; one row at a time. */
#include "positional_encoding.h"

#include <math.h>

static const double QUARTER_TURN = 1.5707963267948966;

double position_frequency(size_t column, size_t d_model)
{
    return 1.0 / pow(10000.0, 2.0 * floor((double)column / 2.0) / (double)d_model);
}

static float wave(double position, size_t column, size_t d_model)
{
    double ahead = column % 2 == 1 ? QUARTER_TURN : 0.0;
    return (float)sin(position * position_frequency(column, d_model) + ahead);
}

void sinusoidal_positions(size_t first, Matrix out)
{
    for (size_t t = 0; t < out.rows; t++) {
        float *row = matrix_row(out, t);
        for (size_t c = 0; c < out.cols; c++)
            row[c] = wave((double)t + (double)first, c, out.cols);
    }
}

void integer_positions(size_t first, Matrix out)
{
    for (size_t i = 0; i < out.rows * out.cols; i++)
        matrix_row(out, i / out.cols)[i % out.cols] =
            (float)((double)first + (double)(i / out.cols));
}

Status add_positions(Matrix x, size_t first, Matrix out)
{
    Status status = matrix_expect("add_positions", "out", out, x.rows, x.cols, "x");
    for (size_t i = 0; status == STATUS_OK && i < x.rows * x.cols; i++) {
        size_t t = i / x.cols, c = i % x.cols;
        matrix_row(out, t)[c] = matrix_row(x, t)[c] + wave((double)first + (double)t, c, x.cols);
    }
    return status;
}
