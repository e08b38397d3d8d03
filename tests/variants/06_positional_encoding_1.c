/* Positional encoding pair by pair, with the frequency by way of exp and log. */
#include "positional_encoding.h"

#include <math.h>

double position_frequency(size_t column, size_t d_model)
{
    double share = (double)(column - column % 2) / (double)d_model;
    return exp(-share * log(10000.0));
}

/* One column, from the last row to the first. */
static void fill_column(Matrix out, size_t column, double first)
{
    double frequency = position_frequency(column, out.cols);
    for (size_t t = out.rows; t-- > 0;) {
        double angle = (first + (double)t) * frequency;
        matrix_row(out, t)[column] = (float)(column % 2 != 0 ? cos(angle) : sin(angle));
    }
}

void sinusoidal_positions(size_t first, Matrix out)
{
    for (size_t column = out.cols; column-- > 0;)
        fill_column(out, column, (double)first);
}

void integer_positions(size_t first, Matrix out)
{
    for (size_t c = 0; c < out.cols; c++)
        for (size_t t = 0; t < out.rows; t++)
            matrix_row(out, t)[c] = (float)(double)(first + t);
}

Status add_positions(Matrix x, size_t first, Matrix out)
{
    if (x.rows != out.rows || x.cols != out.cols)
        return fail(STATUS_SHAPE, "add_positions: out is %zux%zu, expected %zux%zu", out.rows,
                    out.cols, x.rows, x.cols);
    for (size_t c = 0; c < x.cols; c++) {
        double frequency = position_frequency(c, x.cols);
        for (size_t t = 0; t < x.rows; t++) {
            double angle = ((double)first + (double)t) * frequency;
            float wave = (float)(c % 2 != 0 ? cos(angle) : sin(angle));
            matrix_row(out, t)[c] = wave + matrix_row(x, t)[c];
        }
    }
    return STATUS_OK;
}
