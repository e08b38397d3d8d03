/* Softmax by way of log-sum-exp: a weight is exp(x - log_sum_exp(x)). */
#include "softmax.h"

#include <math.h>
#include <stdbool.h>

static bool has_nan(const float *x, size_t n)
{
    while (n > 0)
        if (isnan(x[--n]))
            return true;
    return false;
}

float log_sum_exp(const float *x, size_t n)
{
    double greatest = -INFINITY, sum = 0.0;
    if (has_nan(x, n))
        return NAN;
    for (size_t i = n; i > 0; i--)
        greatest = fmax(greatest, x[i - 1]);
    for (size_t i = n; i > 0 && !isinf(greatest); i--)
        sum += exp(x[i - 1] - greatest);
    return (float)(isinf(greatest) ? greatest : greatest + log(sum));
}

/* The scores over the temperature, taken relative to their own log-sum-exp. */
static void weights(const float *x, size_t n, double temperature, float *out)
{
    double greatest = -INFINITY, sum = 0.0;
    for (size_t i = 0; i < n; i++)
        greatest = fmax(greatest, x[i]);
    for (size_t i = 0; i < n; i++)
        sum += exp((x[i] - greatest) / temperature);
    bool is_blocked = greatest == -INFINITY && !has_nan(x, n);
    for (size_t i = 0; i < n; i++)
        out[i] = is_blocked ? 0.0f : (float)exp((x[i] - greatest) / temperature - log(sum));
}

void softmax_row(const float *x, size_t n, float *out)
{
    weights(x, n, 1.0, out);
}

void softmax_row_naive(const float *x, size_t n, float *out)
{
    float sum = 0.0f;
    for (size_t i = 0; i < n; i++)
        sum += expf(x[i]);
    for (size_t i = 0; i < n; i++)
        out[i] = expf(x[i]) / sum;
}

Status softmax_with_temperature(Matrix x, float temperature, Matrix out)
{
    Status status = matrix_expect("softmax", "out", out, x.rows, x.cols, "as x");
    if (!(temperature > 0.0f) || isinf(temperature))
        return fail(STATUS_VALUE, "the temperature is %g", (double)temperature);
    for (size_t r = 0; status == STATUS_OK && r < x.rows; r++)
        weights(matrix_row(x, r), x.cols, temperature, matrix_row(out, r));
    return status;
}

float entropy_bits(const float *w, size_t n)
{
    double nats = 0.0;
    for (size_t i = 0; i < n; i++)
        nats += w[i] == 0.0f ? 0.0 : w[i] * log(w[i]);
    return (float)(-nats / log(2.0));
}

OnlineSoftmax online_softmax_start(void)
{
    OnlineSoftmax nothing = {-INFINITY, 0.0};
    return nothing;
}

void online_softmax_add(OnlineSoftmax *state, float score)
{
    float greatest = score > state->maximum || isnan(score) ? score : state->maximum;
    if (greatest == -INFINITY)
        return;
    state->sum =
        state->sum * exp((double)state->maximum - greatest) + exp((double)score - greatest);
    state->maximum = greatest;
}

float online_softmax_weight(OnlineSoftmax state, float score)
{
    if (state.maximum == -INFINITY)
        return 0.0f;
    return (float)(exp((double)score - state.maximum) / state.sum);
}
