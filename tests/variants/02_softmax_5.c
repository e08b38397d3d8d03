/* Powers of two, shifted by the whole number nearest to the maximum; no exponential is stored. */
#include "softmax.h"

#include <math.h>

static const double BITS = 1.4426950408889634; /* of e */

static double shift_of(const float *x, size_t n)
{
    double greatest = -INFINITY;
    for (const float *end = x + n; x != end; x++)
        greatest = isnan(*x) || isnan(greatest) ? NAN : fmax(greatest, *x);
    return nearbyint(greatest);
}

static double power(double score, double shift, double temperature)
{
    return score == -INFINITY ? 0.0 : exp2((score - shift) / temperature * BITS);
}

static double sum_of(const float *x, size_t n, double shift, double temperature)
{
    double sum = 0.0;
    for (size_t i = n; i-- > 0;)
        sum += power(x[i], shift, temperature);
    return sum;
}

static void weigh(const float *x, size_t n, double temperature, float *out)
{
    double shift = shift_of(x, n), sum = sum_of(x, n, shift, temperature),
           part = sum == 0.0 ? 0.0 : 1.0 / sum;
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(power(x[i], shift, temperature) * part) + (isnan(sum) ? NAN : 0.0f);
}

void softmax_row(const float *x, size_t n, float *out)
{
    weigh(x, n, 1.0, out);
}

void softmax_row_naive(const float *x, size_t n, float *out)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += out[i] = (float)exp(x[i]);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(out[i] / sum);
}

Status softmax_with_temperature(Matrix x, float temperature, Matrix out)
{
    if (!isfinite(temperature) || temperature <= 0.0f)
        return fail(STATUS_VALUE, "the temperature is %g", (double)temperature);
    if (x.rows != out.rows || x.cols != out.cols)
        return fail(STATUS_SHAPE, "x and out have different shapes");
    for (size_t r = 0; r < x.rows; r++)
        weigh(x.data + r * x.stride, x.cols, temperature, out.data + r * out.stride);
    return STATUS_OK;
}

float log_sum_exp(const float *x, size_t n)
{
    double shift = shift_of(x, n);
    return (float)(isinf(shift) ? shift : shift + log2(sum_of(x, n, shift, 1.0)) / BITS);
}

float entropy_bits(const float *weights, size_t n)
{
    double nats = 0.0;
    while (n-- > 0)
        if (weights[n] > 0.0f || isnan(weights[n]))
            nats += weights[n] * -log(weights[n]);
    return (float)(nats * BITS);
}

void online_softmax_add(OnlineSoftmax *state, float score)
{
    if (score == -INFINITY)
        return;
    float before = state->maximum;
    state->maximum = fmaxf(before, score);
    state->sum =
        power(before, state->maximum, 1.0) * state->sum + power(score, state->maximum, 1.0);
}

float online_softmax_weight(OnlineSoftmax state, float score)
{
    double lse = state.maximum + log(state.sum);
    return isnan(state.sum) ? NAN : score == -INFINITY ? 0.0f : (float)exp(score - lse);
}
