/*
 * Chapter 8, differently: one pass over a token for mean and variance (Welford 1962), one row of
 * room for the network, a block that is copied to be run, and a stack that calls itself.
 */
#include "transformer_block.h"

#include "dot_products.h"
#include "memory.h"
#include "softmax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static Status check_row(const char *function, const char *name, Matrix row, size_t cols)
{
    return row.data == NULL ? STATUS_OK : matrix_expect(function, name, row, 1, cols, "columns");
}

static Status check_linear(size_t cols, Matrix w, Matrix b)
{
    Status status = matrix_expect("linear", "w", w, cols, w.cols, "columns of x x any");
    return status != STATUS_OK ? status : check_row("linear", "the bias", b, w.cols);
}

static Status check_norm(const LayerNorm *norm, size_t cols)
{
    if (!(norm->epsilon >= 0.0f))
        return fail(STATUS_VALUE, "layer_norm: epsilon is %g, expected 0 or more",
                    (double)norm->epsilon);
    Status status = check_row("layer_norm", "gain", norm->gain, cols);
    return status != STATUS_OK ? status : check_row("layer_norm", "shift", norm->shift, cols);
}

static void linear_row(const float *x, Matrix w, Matrix b, float *out)
{
    vector_matrix_product(x, w, out);
    for (size_t c = 0; b.data != NULL && c < w.cols; c++)
        out[c] += b.data[c];
}

Status linear(Matrix x, Matrix w, Matrix b, Matrix out)
{
    Status status = check_linear(x.cols, w, b);
    if (status == STATUS_OK)
        status = matrix_expect("linear", "out", out, x.rows, w.cols, "T x columns of w");
    for (size_t t = 0; status == STATUS_OK && t < x.rows; t++)
        linear_row(matrix_row(x, t), w, b, matrix_row(out, t));
    return status;
}

float activate(Activation activation, float x)
{
    double d = x, pi = acos(-1.0);
    if (activation == ACTIVATION_RELU)
        return isnan(x) ? x : fmaxf(x, 0.0f);
    if (activation == ACTIVATION_GELU)
        return (float)(d * erfc(-d / sqrt(2.0)) / 2.0);
    return (float)(d / 2.0 * (1.0 + tanh(sqrt(2.0 / pi) * (d + 0.044715 * pow(d, 3.0)))));
}

static void norm_row(const float *row, const LayerNorm *norm, size_t n, float *out)
{
    double mean = 0.0, squares = 0.0;
    for (size_t c = 0; c < n; c++) {
        double before = row[c] - mean;
        mean += before / (double)(c + 1);
        squares += before * (row[c] - mean);
    }
    double factor = 1.0 / sqrt(squares / (double)n + norm->epsilon);
    for (size_t c = 0; c < n; c++) {
        double y = (row[c] - mean) * factor;
        if (norm->gain.data != NULL)
            y *= norm->gain.data[c];
        if (norm->shift.data != NULL)
            y += norm->shift.data[c];
        out[c] = (float)y;
    }
}

Status layer_norm(Matrix x, const LayerNorm *norm, Matrix out)
{
    Status status = check_norm(norm, x.cols);
    if (status == STATUS_OK)
        status = matrix_expect("layer_norm", "out", out, x.rows, x.cols, "shape of x");
    for (size_t t = 0; status == STATUS_OK && t < x.rows; t++)
        norm_row(matrix_row(x, t), norm, x.cols, matrix_row(out, t));
    return status;
}

static Status check_network(const FeedForward *network, size_t cols)
{
    Status status = check_linear(cols, network->w_1, network->b_1);
    return status != STATUS_OK ? status
                               : check_linear(network->w_1.cols, network->w_2, network->b_2);
}

Status feed_forward(Matrix x, const FeedForward *network, Matrix out)
{
    Status status = check_network(network, x.cols);
    if (status == STATUS_OK)
        status = matrix_expect("feed_forward", "out", out, x.rows, network->w_2.cols, "T x d");
    if (status != STATUS_OK)
        return status;
    size_t d_ff = network->w_1.cols;
    float *rules = memory_allocate(d_ff, sizeof *rules);
    if (rules == NULL)
        return STATUS_NO_MEMORY;
    for (size_t t = 0; t < x.rows; t++) {
        linear_row(matrix_row(x, t), network->w_1, network->b_1, rules);
        for (size_t c = 0; c < d_ff; c++)
            rules[c] = activate(network->activation, rules[c]);
        linear_row(rules, network->w_2, network->b_2, matrix_row(out, t));
    }
    free(rules);
    return STATUS_OK;
}

Status sublayer_input(Matrix x, const LayerNorm *norm, NormPlace place, Matrix input)
{
    switch (place) {
    case NORM_PRE: return layer_norm(x, norm, input);
    default: return matrix_copy(x, input);
    }
}

Status sublayer_output(Matrix x, Matrix result, const LayerNorm *norm, NormPlace place, Matrix out)
{
    Status status = check_norm(norm, x.cols);
    if (status == STATUS_OK)
        status = matrix_expect("sublayer_output", "result", result, x.rows, x.cols, "as x");
    if (status == STATUS_OK)
        status = matrix_expect("sublayer_output", "out", out, x.rows, x.cols, "as x");
    for (size_t t = 0; status == STATUS_OK && t < x.rows; t++) {
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(out, t)[c] = matrix_row(result, t)[c] + matrix_row(x, t)[c];
        if (place == NORM_POST)
            norm_row(matrix_row(out, t), norm, x.cols, matrix_row(out, t));
    }
    return status;
}

static void zero(Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        memset(matrix_row(matrix, r), 0, matrix.cols * sizeof(float));
}

static Status check_block(Matrix x, const TransformerBlock *block, Matrix weights, Matrix out)
{
    Status status = matrix_expect("transformer_block", "out", out, x.rows, x.cols, "T x d_model");
    if (status == STATUS_OK)
        status =
            multi_head_expect_shapes("transformer_block", x, x, &block->attention, weights, out);
    if (status == STATUS_OK)
        status = check_norm(&block->norm_1, x.cols);
    if (status == STATUS_OK)
        status = check_norm(&block->norm_2, x.cols);
    if (status == STATUS_OK)
        status = check_network(&block->feed_forward, x.cols);
    if (status == STATUS_OK)
        status = matrix_expect("transformer_block", "w_2", block->feed_forward.w_2,
                               block->feed_forward.w_1.cols, x.cols, "d_ff x d_model");
    return status;
}

/* Runs on a copy of x, so that nothing of x is needed once out is written. */
static Status run(Matrix copy, Matrix input, const TransformerBlock *block,
                  const AttentionMask *mask, Matrix weights, Matrix out)
{
    NormPlace place = block->norm_place;
    Status status = sublayer_input(copy, &block->norm_1, place, input);
    if (status == STATUS_OK)
        status =
            masked_multi_head_attention(input, NO_MATRIX, &block->attention, mask, weights, out);
    if (status == STATUS_OK)
        status = sublayer_output(copy, out, &block->norm_1, place, copy);
    if (status == STATUS_OK)
        status = sublayer_input(copy, &block->norm_2, place, input);
    if (status == STATUS_OK)
        status = feed_forward(input, &block->feed_forward, out);
    if (status == STATUS_OK)
        status = sublayer_output(copy, out, &block->norm_2, place, out);
    return status;
}

Status transformer_block(Matrix x, const TransformerBlock *block, const AttentionMask *mask,
                         Matrix weights, Matrix out)
{
    Matrix copy = NO_MATRIX, input = NO_MATRIX, own = NO_MATRIX, used = weights;
    Status status = STATUS_OK;
    if (weights.data == NULL) {
        status = matrix_create(block->attention.heads * x.rows, x.rows, &own);
        used = own;
    }
    if (status == STATUS_OK)
        status = check_block(x, block, used, out);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, x.cols, &copy);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, x.cols, &input);
    if (status == STATUS_OK)
        status = matrix_copy(x, copy);
    if (status == STATUS_OK) {
        status = run(copy, input, block, mask, used, out);
        if (status != STATUS_OK) {
            zero(weights);
            zero(out);
        }
    }
    matrix_free(&copy);
    matrix_free(&input);
    matrix_free(&own);
    return status;
}

/* The first block, then the rest of the stack, which is a stack. */
static Status run_stack(const TransformerBlock *blocks, size_t count, const AttentionMask *mask,
                        Matrix weights, Matrix out)
{
    if (count == 0)
        return STATUS_OK;
    Matrix first = weights, rest = weights;
    if (weights.data != NULL) {
        size_t rows = blocks->attention.heads * out.rows;
        Status status = matrix_rows(weights, 0, rows, &first);
        if (status == STATUS_OK)
            status = matrix_rows(weights, rows, weights.rows - rows, &rest);
        if (status != STATUS_OK)
            return status;
    }
    Status status = transformer_block(out, blocks, mask, first, out);
    return status != STATUS_OK ? status : run_stack(blocks + 1, count - 1, mask, rest, out);
}

Status encoder(Matrix x, const Encoder *stack, const AttentionMask *mask, Matrix weights,
               Matrix out)
{
    size_t heads = 0;
    for (size_t i = 0; i < stack->count; i++)
        heads += stack->blocks[i].attention.heads;
    Status status = matrix_expect("encoder", "out", out, x.rows, x.cols, "T x d_model");
    if (status == STATUS_OK && weights.data != NULL)
        status =
            matrix_expect("encoder", "weights", weights, heads * x.rows, x.rows, "heads T x T");
    if (status == STATUS_OK && stack->has_norm)
        status = check_norm(&stack->norm, x.cols);
    if (status != STATUS_OK)
        return status;
    status = matrix_copy(x, out);
    if (status == STATUS_OK)
        status = run_stack(stack->blocks, stack->count, mask, weights, out);
    if (status == STATUS_OK && stack->has_norm)
        status = layer_norm(out, &stack->norm, out);
    if (status != STATUS_OK) {
        zero(weights);
        zero(out);
    }
    return status;
}

Status mean_pool(Matrix x, size_t padding, Matrix out)
{
    if (padding > x.rows)
        return fail(STATUS_VALUE, "mean_pool: %zu tokens of padding, but there are only %zu tokens",
                    padding, x.rows);
    Status status = matrix_expect("mean_pool", "out", out, 1, x.cols, "1 x d_model");
    for (size_t c = 0; status == STATUS_OK && c < x.cols; c++) {
        double mean = 0.0; /* of the words so far */
        for (size_t t = 0; t < x.rows - padding; t++)
            mean += (matrix_row(x, t)[c] - mean) / (double)(t + 1);
        out.data[c] = (float)mean;
    }
    return status;
}

Status classify(Matrix x, size_t padding, const Classifier *classifier, Matrix probabilities)
{
    Matrix mean;
    Status status = check_linear(x.cols, classifier->w, classifier->b);
    if (status == STATUS_OK)
        status = matrix_expect("classify", "probabilities", probabilities, 1, classifier->w.cols,
                               "1 x classes");
    if (status == STATUS_OK)
        status = matrix_create(1, x.cols, &mean);
    if (status != STATUS_OK)
        return status;
    status = mean_pool(x, padding, mean);
    if (status == STATUS_OK) {
        linear_row(mean.data, classifier->w, classifier->b, probabilities.data);
        status = softmax(probabilities, probabilities);
    }
    matrix_free(&mean);
    return status;
}
