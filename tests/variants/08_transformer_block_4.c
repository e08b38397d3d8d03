/* The variance from all pairs, activations by erfc() and exp(), and no room for hidden numbers. */
#include "transformer_block.h"

#include <math.h>

float activate(Activation activation, float x)
{
    double d = x, inner = sqrt(8.0 / acos(-1.0)) * (d + 0.044715 * pow(d, 3.0));
    if (activation == ACTIVATION_RELU)
        return x > 0.0f || isnan(x) ? x : 0.0f;
    if (activation == ACTIVATION_GELU)
        return (float)(d / 2.0 * erfc(-d / sqrt(2.0)));
    return activation == ACTIVATION_GELU_TANH ? (float)(d / (1.0 + exp(-inner))) : NAN;
}

static double spread(const float *row, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            sum += pow((double)row[i] - (double)row[j], 2.0);
    return sum / ((double)n * (double)n);
}

static double or_else(Matrix row, size_t column, double otherwise)
{
    return row.data == NULL ? otherwise : (double)row.data[column];
}

static bool is_row(Matrix row, size_t columns)
{
    return row.data == NULL || (row.rows == 1 && row.cols == columns);
}

Status layer_norm(Matrix x, const LayerNorm *norm, Matrix out)
{
    if (!is_row(norm->gain, x.cols) || !is_row(norm->shift, x.cols) || out.rows != x.rows ||
        out.cols != x.cols)
        return fail(STATUS_SHAPE, "layer_norm: the shapes do not fit");
    if (isnan(norm->epsilon) || norm->epsilon < 0.0f)
        return fail(STATUS_VALUE, "layer_norm: epsilon is %g", (double)norm->epsilon);
    for (size_t t = x.rows; t-- > 0;) {
        const float *row = matrix_row(x, t);
        double sum = 0.0, factor = 1.0 / sqrt(spread(row, x.cols) + (double)norm->epsilon);
        for (size_t c = 0; c < x.cols; c++)
            sum += (double)row[c];
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(out, t)[c] = (float)(((double)row[c] - sum / (double)x.cols) * factor *
                                                or_else(norm->gain, c, 1.0) +
                                            or_else(norm->shift, c, 0.0));
    }
    return STATUS_OK;
}

static float number(const float *x, Matrix w, Matrix b, size_t column)
{
    double sum = or_else(b, column, 0.0);
    for (size_t i = 0; i < w.rows; i++)
        sum += (double)x[i] * (double)matrix_row(w, i)[column];
    return (float)sum;
}

Status linear(Matrix x, Matrix w, Matrix b, Matrix out)
{
    if (x.cols != w.rows || out.rows != x.rows || out.cols != w.cols || !is_row(b, w.cols))
        return fail(STATUS_SHAPE, "linear: the shapes do not fit");
    for (size_t c = 0; c < w.cols; c++)
        for (size_t t = 0; t < x.rows; t++)
            matrix_row(out, t)[c] = number(matrix_row(x, t), w, b, c);
    return STATUS_OK;
}

Status feed_forward(Matrix x, const FeedForward *network, Matrix out)
{
    Matrix w_1 = network->w_1, w_2 = network->w_2;
    if (w_1.rows != x.cols || w_2.rows != w_1.cols || !is_row(network->b_1, w_1.cols) ||
        !is_row(network->b_2, w_2.cols) || out.rows != x.rows || out.cols != w_2.cols)
        return fail(STATUS_SHAPE, "feed_forward: the shapes do not fit");
    for (size_t t = 0; t < x.rows; t++) {
        float *row = matrix_row(out, t);
        for (size_t c = 0; c < out.cols; c++)
            row[c] = (float)or_else(network->b_2, c, 0.0);
        for (size_t h = 0; h < w_1.cols; h++) {
            float hidden =
                activate(network->activation, number(matrix_row(x, t), w_1, network->b_1, h));
            for (size_t c = 0; c < out.cols; c++)
                row[c] += hidden * matrix_row(w_2, h)[c];
        }
    }
    return STATUS_OK;
}
