/* Softmax from the one-pass state; the matrix from its last row up; sums in float. */
#include "softmax.h"

#include <math.h>

static float scaled(float score, float temperature)
{
    return (float)((double)score / (double)temperature);
}

OnlineSoftmax online_softmax_start(void)
{
    return (OnlineSoftmax){.sum = 0.0, .maximum = -INFINITY};
}

void online_softmax_add(OnlineSoftmax *state, float score)
{
    if (score == -INFINITY) {
        return;
    } else if (score <= state->maximum) {
        state->sum += exp((double)score - state->maximum);
    } else if (state->maximum == -INFINITY) {
        *state = (OnlineSoftmax){.maximum = score, .sum = exp((double)score - score)};
    } else {
        /* exp(score - score) is 1, and NaN for an infinite score */
        state->sum = state->sum * exp((double)state->maximum - score) + exp((double)score - score);
        if (isnan(score))
            state->sum = NAN;
        else
            state->maximum = score;
    }
}

float online_softmax_weight(OnlineSoftmax state, float score)
{
    double weight = exp((double)score - state.maximum) / state.sum;
    if (state.maximum == -INFINITY)
        weight = isnan(state.sum) ? NAN : 0.0;
    return (float)weight;
}

static void one_row(const float *x, size_t n, float temperature, float *out)
{
    OnlineSoftmax state = online_softmax_start();
    for (size_t i = 0; i < n; i++)
        online_softmax_add(&state, x[i]);
    float greatest = isnan(state.sum) ? NAN : state.maximum, sum = 0.0f;
    for (size_t i = 0; i < n; i++) {
        out[i] = greatest == -INFINITY
                     ? 0.0f
                     : (float)exp(((double)x[i] - greatest) / (double)temperature);
        sum += out[i];
    }
    for (size_t i = 0; i < n && sum != 0.0f; i++)
        out[i] /= sum;
}

void softmax_row(const float *x, size_t n, float *out)
{
    one_row(x, n, 1.0f, out);
}

void softmax_row_naive(const float *x, size_t n, float *out)
{
    double sum = 0.0;
    for (size_t i = n; i > 0; i--)
        sum += out[i - 1] = expf(x[i - 1]);
    float overflowing = (float)sum;
    for (size_t i = n; i > 0; i--)
        out[i - 1] = out[i - 1] / overflowing;
}

Status softmax_with_temperature(Matrix x, float temperature, Matrix out)
{
    if (isnan(scaled(0.0f, temperature)) || isinf(temperature) || temperature < 0.0f)
        return fail(STATUS_VALUE, "softmax: a temperature of %g", (double)temperature);
    if (matrix_expect("softmax", "out", out, x.rows, x.cols, "the shape of x") != STATUS_OK)
        return STATUS_SHAPE;
    for (size_t r = x.rows; r-- > 0;)
        one_row(matrix_row(x, r), x.cols, temperature, matrix_row(out, r));
    return STATUS_OK;
}

float log_sum_exp(const float *x, size_t n)
{
    OnlineSoftmax state = online_softmax_start();
    float infinite = 0.0f;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            return NAN;
        if (x[i] == INFINITY)
            infinite = INFINITY;
        online_softmax_add(&state, x[i]);
    }
    if (infinite > 0.0f || state.maximum == -INFINITY)
        return infinite > 0.0f ? infinite : -INFINITY;
    return (float)(state.maximum + log(state.sum));
}

float entropy_bits(const float *weights, size_t n)
{
    float bits = 0.0f;
    for (size_t i = 0; i < n; i++)
        bits += weights[i] != 0.0f ? weights[i] * -log2f(weights[i]) : 0.0f;
    return bits;
}
