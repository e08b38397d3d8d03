#include "softmax.h"

#include <math.h>

/* The greatest score, or NaN if there is one. It starts below every number, not at 0. */
static float maximum(const float *x, size_t n)
{
    float greatest = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (x[i] > greatest || isnan(x[i]))
            greatest = x[i];
    return greatest;
}

/* The weights of one row, in three passes: maximum, exponentials and their sum, division. */
static void softmax_row_at(const float *x, size_t n, double temperature, float *out)
{
    float greatest = maximum(x, n);
    if (greatest == -INFINITY) { /* nothing to choose from */
        for (size_t i = 0; i < n; i++)
            out[i] = 0.0f;
        return;
    }
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        out[i] = (float)exp(((double)x[i] - greatest) / temperature);
        sum += out[i];
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(out[i] / sum);
}

void softmax_row(const float *x, size_t n, float *out)
{
    softmax_row_at(x, n, 1.0, out);
}

void softmax_row_naive(const float *x, size_t n, float *out)
{
    float sum = 0.0f;
    for (size_t i = 0; i < n; i++) {
        out[i] = expf(x[i]);
        sum += out[i];
    }
    for (size_t i = 0; i < n; i++)
        out[i] /= sum;
}

Status softmax(Matrix x, Matrix out)
{
    return softmax_with_temperature(x, 1.0f, out);
}

static Status expect_temperature(float temperature)
{
    if (isfinite(temperature) && temperature > 0.0f)
        return STATUS_OK;
    return fail(STATUS_VALUE, "softmax: the temperature is %g, but it must be above 0 and finite",
                (double)temperature);
}

Status softmax_with_temperature(Matrix x, float temperature, Matrix out)
{
    Status status = STATUS_OK;
    TRY(expect_temperature(temperature));
    TRY(matrix_expect("softmax", "out", out, x.rows, x.cols, "the shape of x"));
    for (size_t r = 0; r < x.rows; r++)
        softmax_row_at(matrix_row(x, r), x.cols, temperature, matrix_row(out, r));
done:
    return status;
}

float log_sum_exp(const float *x, size_t n)
{
    float greatest = maximum(x, n);
    if (isinf(greatest)) /* inf - inf would be NaN */
        return greatest;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += exp((double)x[i] - greatest);
    return (float)(greatest + log(sum));
}

float entropy_bits(const float *weights, size_t n)
{
    double bits = 0.0;
    for (size_t i = 0; i < n; i++)
        if (weights[i] != 0.0f)
            bits -= weights[i] * log2(weights[i]);
    return (float)bits;
}

OnlineSoftmax online_softmax_start(void)
{
    return (OnlineSoftmax){.maximum = -INFINITY, .sum = 0.0};
}

void online_softmax_add(OnlineSoftmax *state, float score)
{
    if (score == -INFINITY) /* adds nothing; -inf - -inf would be NaN */
        return;
    if (score > state->maximum) {
        state->sum *= exp((double)state->maximum - score);
        state->maximum = score;
    }
    state->sum += exp((double)score - state->maximum);
}

float online_softmax_weight(OnlineSoftmax state, float score)
{
    if (score == -INFINITY)
        return isnan(state.sum) ? NAN : 0.0f;
    return (float)(exp((double)score - state.maximum) / state.sum);
}
