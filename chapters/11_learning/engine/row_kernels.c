/* The loops over rows, compiled once for each level of instructions, as chapter 10's kernels are.
 */
#include "row_kernels.h"

#include "lanes.h"

#include <math.h>

#ifndef ROWS
#define ROWS ROWS_BASELINE
#endif

extern const RowKernels ROWS;

/* --- Vectors at the end of a row ------------------------------------------------------------- */

/* A vector, or the n numbers that are left of it; the others are 0. */
INLINED Lanes take(const float *from, size_t n)
{
    Lanes lanes = {0};
    if (n >= LANES)
        return lanes_load(from);
    for (size_t i = 0; i < n; i++)
        lanes[i] = from[i];
    return lanes;
}

INLINED void put(float *to, size_t n, Lanes lanes)
{
    if (n >= LANES)
        lanes_store(to, lanes);
    else
        for (size_t i = 0; i < n; i++)
            to[i] = lanes[i];
}

/* 0 where there is no number. */
INLINED Lanes cut(size_t n, Lanes lanes)
{
    for (size_t i = n; i < LANES; i++)
        lanes[i] = 0.0f;
    return lanes;
}

INLINED float sum_of(Lanes lanes)
{
    float sum = 0.0f;
    for (size_t i = 0; i < LANES; i++)
        sum += lanes[i];
    return sum;
}

INLINED Lanes magnitudes(Lanes x)
{
    return (Lanes)((LaneInts)x & INT32_MAX);
}

INLINED Lanes roots(Lanes x)
{
    for (size_t i = 0; i < LANES; i++)
        x[i] = sqrtf(x[i]);
    return x;
}

/* --- Sums ------------------------------------------------------------------------------------ */

static void add(size_t n, const float *x, float *to)
{
    for (size_t i = 0; i < n; i += LANES)
        put(to + i, n - i, take(to + i, n - i) + take(x + i, n - i));
}

/* --- Layer normalisation --------------------------------------------------------------------- */

/* What a norm measures of a row. */
typedef struct Measure {
    float mean, inverse; /* of the root */
} Measure;

INLINED Measure measure(size_t n, const float *x, float epsilon)
{
    Lanes sum = {0}, squares = {0};
    for (size_t i = 0; i < n; i += LANES)
        sum += take(x + i, n - i);
    float mean = sum_of(sum) / (float)n;
    for (size_t i = 0; i < n; i += LANES) {
        Lanes apart = cut(n - i, take(x + i, n - i) - mean);
        squares += apart * apart;
    }
    return (Measure){mean, 1.0f / sqrtf(sum_of(squares) / (float)n + epsilon)};
}

static void norm(size_t n, const float *x, const LayerNorm *norm, float *out)
{
    Measure of = measure(n, x, norm->epsilon);
    for (size_t i = 0; i < n; i += LANES) {
        Lanes normalised = (take(x + i, n - i) - of.mean) * of.inverse;
        Lanes gain = take(norm->gain.data + i, n - i), shift = take(norm->shift.data + i, n - i);
        put(out + i, n - i, normalised * gain + shift);
    }
}

static void norm_backward(const NormRow *row)
{
    size_t n = row->n;
    Measure of = measure(n, row->x, row->epsilon);
    Lanes sum = {0}, products = {0};
    for (size_t i = 0; i < n; i += LANES) {
        Lanes normalised = (take(row->x + i, n - i) - of.mean) * of.inverse;
        Lanes grad = take(row->grad + i, n - i), behind = grad * take(row->gain + i, n - i);
        sum += behind;
        products += behind * normalised;
        put(row->grad_gain + i, n - i, take(row->grad_gain + i, n - i) + grad * normalised);
        put(row->grad_shift + i, n - i, take(row->grad_shift + i, n - i) + grad);
    }
    float alike = sum_of(sum) / (float)n, stretched = sum_of(products) / (float)n;
    for (size_t i = 0; i < n; i += LANES) {
        Lanes normalised = (take(row->x + i, n - i) - of.mean) * of.inverse;
        Lanes behind = take(row->grad + i, n - i) * take(row->gain + i, n - i);
        Lanes grad = (behind - alike - normalised * stretched) * of.inverse;
        if (row->base != NULL)
            grad += take(row->base + i, n - i);
        put(row->grad_x + i, n - i, grad);
    }
}

/* --- Activations ----------------------------------------------------------------------------- */

/* e^(-x^2 / 2), and with it the share of the normal distribution below x: wrong by 2e-7 at most
 * (Abramowitz and Stegun 1964, 7.1.26). */
INLINED Lanes share_below(Lanes x, Lanes *bell)
{
    Lanes size = magnitudes(x) * 0.70710678f, t = 1.0f / (size * 0.3275911f + 1.0f);
    *bell = lanes_exp(-size * size);
    Lanes sum = t * 1.061405429f - 1.453152027f;
    sum = sum * t + 1.421413741f;
    sum = sum * t - 0.284496736f;
    sum = sum * t + 0.254829592f;
    Lanes beyond = sum * t * *bell * 0.5f;
    return lanes_select(x < 0.0f, beyond, 1.0f - beyond);
}

/* (1 + tanh(y)) / 2 of what the tanh form of GELU has for y. */
INLINED Lanes tanh_share(Lanes x)
{
    Lanes y = (x * x * 0.044715f + 1.0f) * x * 0.79788456f,
          small = lanes_exp(-2.0f * magnitudes(y));
    return lanes_select(y < 0.0f, small, lanes_all(1.0f)) / (small + 1.0f);
}

INLINED Lanes activated(Activation activation, Lanes x)
{
    Lanes bell;
    if (activation == ACTIVATION_RELU)
        return lanes_select(x < 0.0f, lanes_all(0.0f), x); /* NaN stays */
    return x * (activation == ACTIVATION_GELU ? share_below(x, &bell) : tanh_share(x));
}

INLINED Lanes slope(Activation activation, Lanes x)
{
    Lanes bell;
    if (activation == ACTIVATION_RELU)
        return lanes_select(x <= 0.0f, lanes_all(0.0f), lanes_all(1.0f));
    if (activation == ACTIVATION_GELU) {
        Lanes below = share_below(x, &bell);
        return below + x * bell * 0.39894228f;
    }
    Lanes share = tanh_share(x);
    Lanes inner = (x * x * 0.134145f + 1.0f) * 1.59576912f; /* twice the slope of y */
    return share + x * share * (1.0f - share) * inner;
}

INLINED void activate_by(Activation activation, size_t n, const float *before, float *after)
{
    for (size_t i = 0; i < n; i += LANES)
        put(after + i, n - i, activated(activation, take(before + i, n - i)));
}

INLINED void back_by(Activation activation, size_t n, const float *before, float *grad)
{
    for (size_t i = 0; i < n; i += LANES)
        put(grad + i, n - i, take(grad + i, n - i) * slope(activation, take(before + i, n - i)));
}

/* The activation is a constant in each of the calls. */
static void activate_row(Activation activation, size_t n, const float *before, float *after)
{
    switch (activation) {
    case ACTIVATION_RELU: activate_by(ACTIVATION_RELU, n, before, after); break;
    case ACTIVATION_GELU: activate_by(ACTIVATION_GELU, n, before, after); break;
    case ACTIVATION_GELU_TANH: activate_by(ACTIVATION_GELU_TANH, n, before, after); break;
    }
}

static void activation_backward(Activation activation, size_t n, const float *before, float *grad)
{
    switch (activation) {
    case ACTIVATION_RELU: back_by(ACTIVATION_RELU, n, before, grad); break;
    case ACTIVATION_GELU: back_by(ACTIVATION_GELU, n, before, grad); break;
    case ACTIVATION_GELU_TANH: back_by(ACTIVATION_GELU_TANH, n, before, grad); break;
    }
}

/* --- The loss -------------------------------------------------------------------------------- */

INLINED float greatest_of(const float *x, size_t n)
{
    Lanes most = lanes_all(x[0]);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        most = lanes_max(lanes_load(x + i), most);
    float greatest = most[0];
    for (size_t j = 1; j < LANES; j++)
        greatest = most[j] > greatest ? most[j] : greatest;
    for (; i < n; i++)
        greatest = x[i] > greatest ? x[i] : greatest;
    return greatest;
}

static double surprise(const LogitsRow *row)
{
    size_t n = row->n;
    float *x = row->logits, greatest = greatest_of(x, n);
    double right = (double)x[row->right] - greatest; /* below 0 */
    Lanes sum = {0}, apart = {0};
    for (size_t i = 0; i < n; i += LANES) {
        Lanes below = take(x + i, n - i) - greatest, power = cut(n - i, lanes_exp(below));
        apart += cut(n - i, below);
        sum += power;
        put(x + i, n - i, power);
    }
    double all = sum_of(sum), mean = (double)sum_of(apart) / (double)n;
    float factor = (float)(row->share / all);
    float less = (float)(row->share * row->smoothing / (double)n);
    for (size_t i = 0; i < n; i += LANES)
        put(x + i, n - i, take(x + i, n - i) * factor - less);
    x[row->right] -= (float)(row->share * (1.0 - row->smoothing));
    double loss = log(all) - right;
    if (row->smoothing > 0.0) /* 0 times infinity is NaN */
        loss += row->smoothing * (right - mean);
    return row->share * loss;
}

/* --- Adam ------------------------------------------------------------------------------------ */

static void adam(const AdamRow *row)
{
    const Adam *a = &row->adam;
    float stays = (float)a->beta_1, more = (float)(1.0 - a->beta_1);
    float stays_2 = (float)a->beta_2, more_2 = (float)(1.0 - a->beta_2);
    /* what takes the zeros of the beginning out of both averages, the same for all numbers */
    float rate = (float)(a->rate / (1.0 - pow(a->beta_1, (double)row->step)));
    float whole = (float)(1.0 / (1.0 - pow(a->beta_2, (double)row->step)));
    float kept = (float)(1.0 - a->rate * a->weight_decay), epsilon = (float)a->epsilon;
    for (size_t i = 0; i < row->n; i += LANES) {
        size_t n = row->n - i;
        Lanes grad = take(row->grad + i, n);
        Lanes mean = take(row->mean + i, n) * stays + grad * more;
        Lanes squares = take(row->squares + i, n) * stays_2 + grad * grad * more_2;
        put(row->mean + i, n, mean);
        put(row->squares + i, n, squares);
        put(row->w + i, n,
            take(row->w + i, n) * kept - mean * rate / (roots(squares * whole) + epsilon));
    }
}

const RowKernels ROWS = {
    .add = add,
    .norm = norm,
    .norm_backward = norm_backward,
    .activate = activate_row,
    .activation_backward = activation_backward,
    .surprise = surprise,
    .adam = adam,
};
