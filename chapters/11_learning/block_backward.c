/* What surrounds attention, backwards: norms, residual paths, the network, words and the mean. */
#include "learning.h"

#include "gradients.h"

#include <math.h>

/* --- Layer normalisation --------------------------------------------------------------------- */

static Status expect_norm_gradients(Matrix x, const LayerNorm *norm, Matrix grad_out, Matrix grad_x,
                                    const LayerNorm *grad)
{
    static const char FUNCTION[] = "layer_norm_backward";
    Status status = STATUS_OK;
    TRY(matrix_expect(FUNCTION, "grad_out", grad_out, x.rows, x.cols, "the shape of x"));
    TRY(gradient_expect(FUNCTION, "gain", norm->gain, 1, x.cols));
    TRY(gradient_expect(FUNCTION, "grad_x", grad_x, x.rows, x.cols));
    TRY(gradient_expect(FUNCTION, "the gradient of gain", grad->gain, 1, x.cols));
    TRY(gradient_expect(FUNCTION, "the gradient of shift", grad->shift, 1, x.cols));
    if (!(norm->epsilon >= 0.0f)) /* NaN fails this, too */
        status = fail(STATUS_VALUE, "%s: epsilon is %g, expected 0 or more", FUNCTION,
                      (double)norm->epsilon);
done:
    return status;
}

/* A token as the norm sees it. */
typedef struct Token {
    const float *x, *grad_out, *gain; /* d_model numbers each; gain may be NULL */
    size_t n;                         /* d_model */
    double mean, root;
} Token;

static void measure(Token *token, double epsilon)
{
    double sum = 0.0, squares = 0.0, n = (double)token->n;
    for (size_t c = 0; c < token->n; c++)
        sum += token->x[c];
    token->mean = sum / n;
    for (size_t c = 0; c < token->n; c++)
        squares += (token->x[c] - token->mean) * (token->x[c] - token->mean);
    token->root = sqrt(squares / n + epsilon);
}

/* The number of column c once it is normalised, before the gain. */
static double normalised(const Token *token, size_t c)
{
    return (token->x[c] - token->mean) / token->root;
}

/* The gradient of that number. */
static double behind_gain(const Token *token, size_t c)
{
    return token->grad_out[c] * (token->gain != NULL ? (double)token->gain[c] : 1.0);
}

/* The gradient without what moves all numbers of the token alike, or stretches them. */
static void token_backward(const Token *token, float *grad_x)
{
    double alike = 0.0, stretched = 0.0, n = (double)token->n;
    for (size_t c = 0; c < token->n; c++) {
        alike += behind_gain(token, c) / n;
        stretched += behind_gain(token, c) * normalised(token, c) / n;
    }
    for (size_t c = 0; c < token->n; c++)
        grad_x[c] += (float)((behind_gain(token, c) - alike - normalised(token, c) * stretched) /
                             token->root);
}

/* Gain and shift are the same for all tokens, so they hear from each. */
static void norm_parameters_backward(const Token *token, const LayerNorm *grad)
{
    for (size_t c = 0; c < grad->gain.cols; c++) /* NO_MATRIX has none */
        grad->gain.data[c] += (float)(token->grad_out[c] * normalised(token, c));
    for (size_t c = 0; c < grad->shift.cols; c++)
        grad->shift.data[c] += token->grad_out[c];
}

Status layer_norm_backward(Matrix x, const LayerNorm *norm, Matrix grad_out, Matrix grad_x,
                           const LayerNorm *grad)
{
    Status status = STATUS_OK;
    TRY(expect_norm_gradients(x, norm, grad_out, grad_x, grad));
    for (size_t t = 0; t < x.rows; t++) {
        Token token = {matrix_row(x, t), matrix_row(grad_out, t), norm->gain.data, x.cols, 0, 0};
        measure(&token, norm->epsilon);
        if (grad_x.data != NULL)
            token_backward(&token, matrix_row(grad_x, t));
        norm_parameters_backward(&token, grad);
    }
done:
    return status;
}

/* --- The feed-forward network ---------------------------------------------------------------- */

static double gelu_slope(double x)
{
    const double ROOT_HALF = 0.7071067811865476, ROOT_2_PI = 2.5066282746310002;
    double below = 0.5 * (1.0 + erf(x * ROOT_HALF)), density = exp(-0.5 * x * x) / ROOT_2_PI;
    return below + x * density;
}

static double gelu_tanh_slope(double x)
{
    const double ROOT_2_OVER_PI = 0.7978845608028654, CUBIC = 0.044715;
    double t = tanh(ROOT_2_OVER_PI * (x + CUBIC * x * x * x));
    double inner = ROOT_2_OVER_PI * (1.0 + 3.0 * CUBIC * x * x); /* slope of tanh's argument */
    return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner;
}

float activation_slope(Activation activation, float x)
{
    if (isnan(x))
        return x;
    switch (activation) {
    case ACTIVATION_RELU: return x > 0.0f ? 1.0f : 0.0f;
    case ACTIVATION_GELU: return (float)gelu_slope(x);
    case ACTIVATION_GELU_TANH: return (float)gelu_tanh_slope(x);
    }
    return NAN; /* not an activation */
}

static void activate_into(Activation activation, Matrix before, Matrix hidden)
{
    for (size_t t = 0; t < hidden.rows; t++)
        for (size_t c = 0; c < hidden.cols; c++)
            matrix_row(hidden, t)[c] = activate(activation, matrix_row(before, t)[c]);
}

/* Each number's gradient times the slope at the place where it was activated. */
static void activation_backward(Activation activation, Matrix before, Matrix grad)
{
    for (size_t t = 0; t < grad.rows; t++)
        for (size_t c = 0; c < grad.cols; c++)
            matrix_row(grad, t)[c] *= activation_slope(activation, matrix_row(before, t)[c]);
}

Status feed_forward_keep(Matrix x, const FeedForward *network, Matrix before, Matrix out)
{
    Status status = STATUS_OK;
    Matrix hidden = NO_MATRIX; /* T x d_ff */
    TRY(matrix_create(x.rows, network->w_1.cols, &hidden));
    TRY(linear(x, network->w_1, network->b_1, before)); /* T x d_ff */
    activate_into(network->activation, before, hidden);
    TRY(linear(hidden, network->w_2, network->b_2, out)); /* T x d_model */
done:
    matrix_free(&hidden);
    return status;
}

static Status expect_network_gradients(Matrix x, const FeedForward *network, Matrix before,
                                       Matrix grad_out, Matrix grad_x, const FeedForward *grad)
{
    static const char FUNCTION[] = "feed_forward_backward";
    Status status = STATUS_OK;
    Matrix w_1 = network->w_1, w_2 = network->w_2;
    TRY(matrix_expect(FUNCTION, "w_1", w_1, x.cols, before.cols, "d_model x d_ff"));
    TRY(matrix_expect(FUNCTION, "w_2", w_2, before.cols, grad_out.cols, "d_ff x d_model"));
    TRY(matrix_expect(FUNCTION, "before", before, x.rows, w_1.cols, "T x d_ff"));
    TRY(matrix_expect(FUNCTION, "grad_out", grad_out, x.rows, w_2.cols, "T x d_model"));
    TRY(gradient_expect(FUNCTION, "grad_x", grad_x, x.rows, x.cols));
    TRY(gradient_expect(FUNCTION, "the gradient of w_1", grad->w_1, w_1.rows, w_1.cols));
    TRY(gradient_expect(FUNCTION, "the gradient of b_1", grad->b_1, 1, w_1.cols));
    TRY(gradient_expect(FUNCTION, "the gradient of w_2", grad->w_2, w_2.rows, w_2.cols));
    TRY(gradient_expect(FUNCTION, "the gradient of b_2", grad->b_2, 1, w_2.cols));
done:
    return status;
}

Status feed_forward_backward(Matrix x, const FeedForward *network, Matrix before, Matrix grad_out,
                             Matrix grad_x, const FeedForward *grad)
{
    Status status = STATUS_OK;
    Matrix hidden = NO_MATRIX, on_hidden = NO_MATRIX; /* T x d_ff */
    TRY(expect_network_gradients(x, network, before, grad_out, grad_x, grad));
    TRY(matrix_create(before.rows, before.cols, &hidden));
    TRY(matrix_create(before.rows, before.cols, &on_hidden));
    activate_into(network->activation, before, hidden);
    TRY(linear_backward(hidden, network->w_2, grad_out, on_hidden, grad->w_2, grad->b_2));
    activation_backward(network->activation, before, on_hidden);
    TRY(linear_backward(x, network->w_1, on_hidden, grad_x, grad->w_1, grad->b_1));
done:
    matrix_free(&hidden);
    matrix_free(&on_hidden);
    return status;
}

/* --- The residual path ----------------------------------------------------------------------- */

static void add_gradient(Matrix grad, Matrix to)
{
    for (size_t t = 0; t < to.rows; t++)
        for (size_t c = 0; c < to.cols; c++)
            matrix_row(to, t)[c] += matrix_row(grad, t)[c];
}

Status sublayer_input_backward(Matrix x, const LayerNorm *norm, NormPlace place, Matrix grad_input,
                               Matrix grad_x, const LayerNorm *grad)
{
    static const char FUNCTION[] = "sublayer_input_backward";
    Status status = STATUS_OK;
    TRY(matrix_expect(FUNCTION, "grad_input", grad_input, x.rows, x.cols, "the shape of x"));
    TRY(matrix_expect(FUNCTION, "grad_x", grad_x, x.rows, x.cols, "the shape of x"));
    if (place == NORM_PRE)
        TRY(layer_norm_backward(x, norm, grad_input, grad_x, grad));
    else
        add_gradient(grad_input, grad_x);
done:
    return status;
}

Status sublayer_output_backward(Matrix sum, const LayerNorm *norm, NormPlace place, Matrix grad_out,
                                Matrix grad_x, Matrix grad_result, const LayerNorm *grad)
{
    static const char FUNCTION[] = "sublayer_output_backward", SHAPE[] = "the shape of the sum";
    Status status = STATUS_OK;
    Matrix on_sum = NO_MATRIX; /* T x d_model */
    TRY(matrix_expect(FUNCTION, "grad_out", grad_out, sum.rows, sum.cols, SHAPE));
    TRY(matrix_expect(FUNCTION, "grad_x", grad_x, sum.rows, sum.cols, SHAPE));
    TRY(matrix_expect(FUNCTION, "grad_result", grad_result, sum.rows, sum.cols, SHAPE));
    TRY(matrix_create(sum.rows, sum.cols, &on_sum));
    if (place == NORM_POST)
        TRY(layer_norm_backward(sum, norm, grad_out, on_sum, grad));
    else
        add_gradient(grad_out, on_sum);
    add_gradient(on_sum, grad_x);
    add_gradient(on_sum, grad_result);
done:
    matrix_free(&on_sum);
    return status;
}

/* --- Words and the mean ---------------------------------------------------------------------- */

static Status expect_tables(const size_t *words, size_t count, size_t first, Matrix grad_out,
                            const Embedding *grad)
{
    static const char FUNCTION[] = "embed_backward";
    Status status = STATUS_OK;
    Matrix table = grad->words, positions = grad->positions;
    TRY(matrix_expect(FUNCTION, "grad_out", grad_out, count, grad_out.cols, "T x d_model"));
    TRY(gradient_expect(FUNCTION, "the gradient of words", table, table.rows, grad_out.cols));
    TRY(gradient_expect(FUNCTION, "the gradient of positions", positions, positions.rows,
                        grad_out.cols));
    if (positions.data != NULL && (first > positions.rows || count > positions.rows - first))
        return fail(STATUS_VALUE, "%s: %zu words from position %zu on, but there are only %zu",
                    FUNCTION, count, first, positions.rows);
    for (size_t t = 0; t < count; t++)
        if (table.data != NULL && words[t] >= table.rows)
            return fail(STATUS_VALUE, "%s: word %zu is number %zu, but there are only %zu words",
                        FUNCTION, t, words[t], table.rows);
done:
    return status;
}

Status embed_backward(const size_t *words, size_t count, size_t first, Matrix grad_out,
                      const Embedding *grad)
{
    Status status = STATUS_OK;
    double root = sqrt((double)grad_out.cols);
    TRY(expect_tables(words, count, first, grad_out, grad));
    for (size_t t = 0; t < count; t++) {
        for (size_t c = 0; c < grad->words.cols; c++) /* NO_MATRIX has none */
            matrix_row(grad->words, words[t])[c] += (float)(root * matrix_row(grad_out, t)[c]);
        for (size_t c = 0; c < grad->positions.cols; c++)
            matrix_row(grad->positions, first + t)[c] += matrix_row(grad_out, t)[c];
    }
done:
    return status;
}

Status mean_pool_backward(size_t padding, Matrix grad_out, Matrix grad_x)
{
    Status status = STATUS_OK;
    if (padding > grad_x.rows)
        return fail(STATUS_VALUE,
                    "mean_pool_backward: %zu tokens of padding, but there are only %zu tokens",
                    padding, grad_x.rows);
    TRY(matrix_expect("mean_pool_backward", "grad_out", grad_out, 1, grad_x.cols, "1 x d_model"));
    size_t words = grad_x.rows - padding;
    for (size_t t = 0; t < words; t++)
        for (size_t c = 0; c < grad_x.cols; c++)
            matrix_row(grad_x, t)[c] += grad_out.data[c] / (float)words;
done:
    return status;
}
