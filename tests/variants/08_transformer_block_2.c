/*
 * Chapter 8, differently: a step is a function that is handed to one residual path, so the block is
 * two calls; the stack goes to and fro between two matrices; and norms are written as products.
 */
#include "transformer_block.h"

#include "dot_products.h"
#include "softmax.h"

#include <math.h>

/* The first failure of several checks. */
static Status first_of(Status a, Status b)
{
    return a != STATUS_OK ? a : b;
}

static Status optional_row(const char *name, Matrix row, size_t cols)
{
    if (row.data == NULL || (row.rows == 1 && row.cols == cols))
        return STATUS_OK;
    return fail(STATUS_SHAPE, "%s is %zux%zu, expected 1x%zu", name, row.rows, row.cols, cols);
}

static Status fits(size_t cols, Matrix w, Matrix b)
{
    if (w.rows != cols)
        return fail(STATUS_SHAPE, "w is %zux%zu, expected %zu rows", w.rows, w.cols, cols);
    return optional_row("the bias", b, w.cols);
}

static Status norm_fits(const LayerNorm *norm, size_t cols)
{
    if (isnan(norm->epsilon) || norm->epsilon < 0)
        return fail(STATUS_VALUE, "epsilon is %g, expected 0 or more", (double)norm->epsilon);
    return first_of(optional_row("gain", norm->gain, cols),
                    optional_row("shift", norm->shift, cols));
}

Status linear(Matrix x, Matrix w, Matrix b, Matrix out)
{
    Status status = fits(x.cols, w, b);
    if (status == STATUS_OK)
        status = matrix_product(x, w, out);
    for (size_t c = 0; status == STATUS_OK && b.data != NULL && c < w.cols; c++)
        for (size_t t = 0; t < out.rows; t++)
            out.data[t * out.stride + c] += b.data[c];
    return status;
}

static double activate_relu(double x)
{
    return x < 0 ? 0 : x;
}
static double activate_gelu(double x)
{
    return 0.5 * x + 0.5 * x * erf(x * sqrt(0.5));
}
static double activate_tanh(double x)
{
    return 0.5 * x + 0.5 * x * tanh(0.7978845608028654 * x * (1 + 0.044715 * x * x));
}

float activate(Activation activation, float x)
{
    static double (*const FUNCTIONS[])(double) = {activate_relu, activate_gelu, activate_tanh};
    return (float)FUNCTIONS[activation](x);
}

static double number_or(Matrix row, size_t c, double otherwise)
{
    return row.data != NULL ? row.data[c] : otherwise;
}

Status layer_norm(Matrix x, const LayerNorm *norm, Matrix out)
{
    Status status = norm_fits(norm, x.cols);
    if (status == STATUS_OK)
        status = matrix_expect("layer_norm", "out", out, x.rows, x.cols, "as x");
    for (size_t t = 0; status == STATUS_OK && t < x.rows; t++) {
        const float *from = matrix_row(x, t);
        double n = (double)x.cols, mean = 0, variance = 0;
        for (size_t c = x.cols; c-- > 0;)
            mean += from[c] / n;
        for (size_t c = x.cols; c-- > 0;)
            variance += pow(from[c] - mean, 2) / n;
        /* y = a x + b, with a and b of its own for each column */
        for (size_t c = 0; c < x.cols; c++) {
            double a = number_or(norm->gain, c, 1) / sqrt(variance + norm->epsilon);
            matrix_row(out, t)[c] = (float)(a * (from[c] - mean) + number_or(norm->shift, c, 0));
        }
    }
    return status;
}

Status feed_forward(Matrix x, const FeedForward *network, Matrix out)
{
    Matrix hidden;
    Status status = first_of(fits(x.cols, network->w_1, network->b_1),
                             fits(network->w_1.cols, network->w_2, network->b_2));
    if (status == STATUS_OK)
        status = matrix_expect("feed_forward", "out", out, x.rows, network->w_2.cols, "T x d");
    if (status == STATUS_OK)
        status = matrix_create(x.rows, network->w_1.cols, &hidden);
    if (status != STATUS_OK)
        return status;
    status = linear(x, network->w_1, network->b_1, hidden);
    for (size_t i = 0; i < hidden.rows * hidden.cols; i++)
        hidden.data[i] = activate(network->activation, hidden.data[i]);
    status = first_of(status, linear(hidden, network->w_2, network->b_2, out));
    matrix_free(&hidden);
    return status;
}

Status sublayer_input(Matrix x, const LayerNorm *norm, NormPlace place, Matrix input)
{
    return place == NORM_POST ? matrix_copy(x, input) : layer_norm(x, norm, input);
}

Status sublayer_output(Matrix x, Matrix result, const LayerNorm *norm, NormPlace place, Matrix out)
{
    Status status = norm_fits(norm, x.cols);
    if (status == STATUS_OK)
        status = matrix_expect("sublayer_output", "result", result, x.rows, x.cols, "as x");
    if (status == STATUS_OK)
        status = matrix_expect("sublayer_output", "out", out, x.rows, x.cols, "as x");
    if (status != STATUS_OK)
        return status;
    for (size_t c = 0; c < x.cols; c++)
        for (size_t t = 0; t < x.rows; t++)
            matrix_row(out, t)[c] = matrix_row(x, t)[c] + matrix_row(result, t)[c];
    return place == NORM_PRE ? STATUS_OK : layer_norm(out, norm, out);
}

/* --- One residual path for every step -------------------------------------------------------- */

/* What a step may need. */
typedef struct Context {
    const TransformerBlock *block;
    const AttentionMask *mask;
    Matrix weights;
} Context;

typedef Status (*Step)(Matrix input, const Context *context, Matrix out);

static Status attend(Matrix input, const Context *context, Matrix out)
{
    return masked_multi_head_attention(input, NO_MATRIX, &context->block->attention, context->mask,
                                       context->weights, out);
}

static Status think(Matrix input, const Context *context, Matrix out)
{
    return feed_forward(input, &context->block->feed_forward, out);
}

/* x becomes what follows the step. */
static Status path(Step step, const Context *context, const LayerNorm *norm, Matrix x)
{
    Matrix input, result = NO_MATRIX;
    NormPlace place = context->block->norm_place;
    Status status = matrix_create(x.rows, x.cols, &input);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, x.cols, &result);
    if (status == STATUS_OK)
        status = sublayer_input(x, norm, place, input);
    if (status == STATUS_OK)
        status = step(input, context, result);
    if (status == STATUS_OK)
        status = sublayer_output(x, result, norm, place, x);
    matrix_free(&input);
    matrix_free(&result);
    return status;
}

/* The block works on matrices of its own, and writes what it was asked for at the very end. */
Status transformer_block(Matrix x, const TransformerBlock *block, const AttentionMask *mask,
                         Matrix weights, Matrix out)
{
    Matrix own_weights, now = NO_MATRIX;
    Status status = matrix_expect("transformer_block", "out", out, x.rows, x.cols, "T x d_model");
    if (status == STATUS_OK && weights.data != NULL)
        status = matrix_expect("transformer_block", "weights", weights,
                               block->attention.heads * x.rows, x.rows, "heads T x T");
    if (status == STATUS_OK)
        status = matrix_create(block->attention.heads * x.rows, x.rows, &own_weights);
    if (status != STATUS_OK)
        return status;
    Context context = {block, mask, own_weights};
    status = matrix_create(x.rows, x.cols, &now);
    if (status == STATUS_OK)
        status = matrix_copy(x, now);
    if (status == STATUS_OK)
        status = path(attend, &context, &block->norm_1, now);
    if (status == STATUS_OK)
        status = path(think, &context, &block->norm_2, now);
    if (status == STATUS_OK && weights.data != NULL)
        status = matrix_copy(own_weights, weights);
    if (status == STATUS_OK)
        status = matrix_copy(now, out);
    matrix_free(&own_weights);
    matrix_free(&now);
    return status;
}

/* --- To and fro ------------------------------------------------------------------------------ */

static size_t rows_of_weights(const Encoder *stack, size_t blocks, size_t tokens)
{
    size_t heads = 0;
    for (size_t i = 0; i < blocks; i++)
        heads += stack->blocks[i].attention.heads;
    return heads * tokens;
}

static Status run(const Encoder *stack, const AttentionMask *mask, Matrix weights, Matrix pair[2])
{
    Status status = STATUS_OK;
    size_t tokens = pair[0].rows;
    for (size_t i = 0; status == STATUS_OK && i < stack->count; i++) {
        Matrix rows = NO_MATRIX;
        size_t first = rows_of_weights(stack, i, tokens);
        if (weights.data != NULL)
            status =
                matrix_rows(weights, first, rows_of_weights(stack, i + 1, tokens) - first, &rows);
        if (status == STATUS_OK)
            status =
                transformer_block(pair[i % 2], &stack->blocks[i], mask, rows, pair[(i + 1) % 2]);
    }
    return status;
}

Status encoder(Matrix x, const Encoder *stack, const AttentionMask *mask, Matrix weights,
               Matrix out)
{
    Matrix pair[2] = {NO_MATRIX, NO_MATRIX};
    Status status = matrix_expect("encoder", "out", out, x.rows, x.cols, "T x d_model");
    if (status == STATUS_OK && weights.data != NULL)
        status = matrix_expect("encoder", "weights", weights,
                               rows_of_weights(stack, stack->count, x.rows), x.rows, "heads T x T");
    if (status == STATUS_OK && stack->has_norm)
        status = norm_fits(&stack->norm, x.cols);
    if (status != STATUS_OK)
        return status;
    status = matrix_create(x.rows, x.cols, &pair[0]);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, x.cols, &pair[1]);
    if (status == STATUS_OK)
        status = matrix_copy(x, pair[0]);
    if (status == STATUS_OK)
        status = run(stack, mask, weights, pair);
    Matrix last = pair[stack->count % 2];
    if (status == STATUS_OK)
        status = stack->has_norm ? layer_norm(last, &stack->norm, out) : matrix_copy(last, out);
    for (size_t i = 0; status != STATUS_OK && i < weights.rows * weights.cols; i++)
        matrix_row(weights, i / weights.cols)[i % weights.cols] = 0;
    matrix_free(&pair[0]);
    matrix_free(&pair[1]);
    return status;
}

/* --- The classifier -------------------------------------------------------------------------- */

/* A mean is a product, too: with a row of 1 / n. */
Status mean_pool(Matrix x, size_t padding, Matrix out)
{
    Status status = matrix_expect("mean_pool", "out", out, 1, x.cols, "1 x d_model");
    if (status == STATUS_OK && padding > x.rows)
        status = fail(STATUS_VALUE, "padding is %zu of %zu tokens", padding, x.rows);
    if (status != STATUS_OK)
        return status;
    for (size_t c = 0; c < x.cols; c++)
        out.data[c] = 0;
    for (size_t t = x.rows - padding; t-- > 0;)
        for (size_t c = 0; c < x.cols; c++)
            out.data[c] += matrix_row(x, t)[c] / (float)(x.rows - padding);
    return STATUS_OK;
}

Status classify(Matrix x, size_t padding, const Classifier *classifier, Matrix probabilities)
{
    Matrix mean;
    Status status = fits(x.cols, classifier->w, classifier->b);
    if (status == STATUS_OK)
        status = matrix_expect("classify", "probabilities", probabilities, 1, classifier->w.cols,
                               "1 x classes");
    if (status == STATUS_OK)
        status = matrix_create(1, x.cols, &mean);
    if (status != STATUS_OK)
        return status;
    status = mean_pool(x, padding, mean);
    if (status == STATUS_OK)
        status = linear(mean, classifier->w, classifier->b, probabilities);
    if (status == STATUS_OK)
        status = softmax(probabilities, probabilities);
    matrix_free(&mean);
    return status;
}
