/* Softmax in three separate passes, each a helper of its own; pointers in place of indices. */
#include "softmax.h"

#include <math.h>

static const float *greatest_of(const float *first, const float *end)
{
    const float *best = first;
    for (const float *x = first; x != end; x++)
        if (isnan(*x) || *x > *best)
            best = x;
    return best;
}

static double sum_of(const float *first, const float *end)
{
    double sum = 0.0;
    while (first != end)
        sum += *first++;
    return sum;
}

static void scale_all(float *first, const float *end, double factor)
{
    for (; first != end; first++)
        *first = (float)(*first * factor);
}

static void row(const float *x, size_t n, double temperature, float *out)
{
    if (n == 0)
        return;
    double greatest = *greatest_of(x, x + n);
    for (size_t i = 0; i < n; i++)
        out[i] = greatest == -INFINITY ? 0.0f : (float)exp((x[i] - greatest) / temperature);
    double sum = sum_of(out, out + n);
    if (sum != 0.0)
        scale_all(out, out + n, 1.0 / sum);
}

void softmax_row(const float *x, size_t n, float *out)
{
    row(x, n, 1.0, out);
}

void softmax_row_naive(const float *x, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = expf(x[i]);
    float sum = (float)sum_of(out, out + n);
    for (size_t i = 0; i < n; i++)
        out[i] = out[i] / sum;
}

static Status rows(Matrix x, double temperature, Matrix out)
{
    if (out.rows != x.rows || out.cols != x.cols)
        return fail(STATUS_SHAPE, "softmax: out is %zux%zu, expected %zux%zu", out.rows, out.cols,
                    x.rows, x.cols);
    const float *from = x.data;
    float *to = out.data;
    for (size_t left = x.rows; left > 0; left--, from += x.stride, to += out.stride)
        row(from, x.cols, temperature, to);
    return STATUS_OK;
}

Status softmax(Matrix x, Matrix out)
{
    return rows(x, 1.0, out);
}

Status softmax_with_temperature(Matrix x, float temperature, Matrix out)
{
    if (temperature > 0.0f && temperature < INFINITY)
        return rows(x, temperature, out);
    return fail(STATUS_VALUE, "softmax: %g is no temperature", (double)temperature);
}

float log_sum_exp(const float *x, size_t n)
{
    if (n == 0)
        return -INFINITY;
    double greatest = *greatest_of(x, x + n), sum = 0.0;
    if (isinf(greatest))
        return (float)greatest;
    for (const float *score = x; score != x + n; score++)
        sum += exp(*score - greatest);
    return (float)(log(sum) + greatest);
}

float entropy_bits(const float *weights, size_t n)
{
    double bits = 0.0;
    for (const float *w = weights; w != weights + n; w++)
        bits += *w != 0.0f ? *w * log2(1.0 / *w) : 0.0;
    return (float)bits;
}

OnlineSoftmax online_softmax_start(void)
{
    return (OnlineSoftmax){-INFINITY, 0.0};
}

void online_softmax_add(OnlineSoftmax *state, float score)
{
    double before = state->maximum;
    if (score == -INFINITY)
        return;
    if (!(score <= state->maximum) && !isnan(score))
        state->maximum = score;
    state->sum = (before == -INFINITY ? state->sum : state->sum * exp(before - state->maximum)) +
                 exp((double)score - state->maximum);
}

float online_softmax_weight(OnlineSoftmax state, float score)
{
    if (score == -INFINITY && !isnan(state.sum))
        return 0.0f;
    return (float)(exp((double)score - state.maximum) / state.sum);
}
