/* Positional encoding that writes the encoding into memory of its own first, and then adds. */
#include "positional_encoding.h"

#include <math.h>

double position_frequency(size_t column, size_t d_model)
{
    size_t even = column & ~(size_t)1;
    return pow(0.0001, (double)even / (double)d_model);
}

static void write_pair(float *pair, double angle, size_t left)
{
    pair[0] = (float)sin(angle);
    if (left > 1)
        pair[1] = (float)cos(angle);
}

void sinusoidal_positions(size_t first, Matrix out)
{
    for (size_t c = 0; c < out.cols; c += 2)
        for (size_t t = 0; t < out.rows; t++)
            write_pair(matrix_row(out, t) + c,
                       ((double)first + (double)t) * position_frequency(c, out.cols), out.cols - c);
}

void integer_positions(size_t first, Matrix out)
{
    double position = (double)first;
    for (size_t t = 0; t < out.rows; t++) {
        for (size_t c = out.cols; c-- > 0;)
            matrix_row(out, t)[c] = (float)position;
        position += 1.0;
    }
}

Status add_positions(Matrix x, size_t first, Matrix out)
{
    Matrix waves;
    Status status = matrix_expect("add_positions", "out", out, x.rows, x.cols, "the shape of x");
    if (status == STATUS_OK)
        status = matrix_create(x.rows, x.cols, &waves);
    if (status != STATUS_OK)
        return status;
    sinusoidal_positions(first, waves);
    for (size_t t = 0; t < x.rows; t++)
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(out, t)[c] = matrix_row(x, t)[c] + matrix_row(waves, t)[c];
    matrix_free(&waves);
    return STATUS_OK;
}
