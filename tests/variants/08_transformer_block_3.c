/*
 * Chapter 8, differently: everything is done in one stretch of memory for a block, products are
 * sums of scaled rows, the block spells its two formulas out, and failures jump to one end.
 */
#include "transformer_block.h"

#include "memory.h"
#include "softmax.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static bool is_row(Matrix row, size_t cols)
{
    return row.data == NULL || (row.rows == 1 && row.cols == cols);
}

static bool is_shape(Matrix matrix, size_t rows, size_t cols)
{
    return matrix.rows == rows && matrix.cols == cols;
}

static Status refuse(const char *function, const char *what)
{
    return fail(STATUS_SHAPE, "%s: %s does not fit", function, what);
}

/* out += factor times row */
static void add_scaled(double factor, const float *row, size_t n, double *out)
{
    for (size_t c = 0; c < n; c++)
        out[c] += factor * row[c];
}

/* A row of the linear layer, summed in `sums`. */
static void linear_row(const float *x, Matrix w, Matrix b, double *sums, float *out)
{
    for (size_t c = 0; c < w.cols; c++)
        sums[c] = b.data != NULL ? b.data[c] : 0;
    for (size_t k = 0; k < w.rows; k++)
        add_scaled(x[k], matrix_row(w, k), w.cols, sums);
    for (size_t c = 0; c < w.cols; c++)
        out[c] = (float)sums[c];
}

static Status linear_rows(Matrix x, Matrix w, Matrix b, Matrix out)
{
    double *sums = memory_allocate(w.cols, sizeof *sums);
    if (sums == NULL)
        return STATUS_NO_MEMORY;
    for (size_t t = 0; t < x.rows; t++)
        linear_row(matrix_row(x, t), w, b, sums, matrix_row(out, t));
    free(sums);
    return STATUS_OK;
}

Status linear(Matrix x, Matrix w, Matrix b, Matrix out)
{
    if (w.rows != x.cols)
        return refuse("linear", "w");
    if (!is_row(b, w.cols))
        return refuse("linear", "the bias");
    if (!is_shape(out, x.rows, w.cols))
        return refuse("linear", "out");
    return linear_rows(x, w, b, out);
}

float activate(Activation activation, float x)
{
    const double ROOT = 0.79788456080286536;
    double share = 0;
    if (activation == ACTIVATION_RELU)
        return x <= 0.0f ? 0.0f : x;
    if (activation == ACTIVATION_GELU)
        share = 1 - 0.5 * erfc(x / sqrt(2.0));
    else /* (1 + tanh u) / 2 is a sigmoid of 2 u */
        share = 1 / (1 + exp(-2 * ROOT * (x + 0.044715 * x * x * x)));
    return (float)(x * share);
}

static Status expect_norm(const LayerNorm *norm, size_t cols)
{
    if (!is_row(norm->gain, cols))
        return refuse("layer_norm", "gain");
    if (!is_row(norm->shift, cols))
        return refuse("layer_norm", "shift");
    if (norm->epsilon >= 0.0f)
        return STATUS_OK;
    return fail(STATUS_VALUE, "layer_norm: epsilon is less than 0, or NaN");
}

/* The sum of the first powers of the deviations from a middle: halves are added to halves. */
static double sum_of_powers(const float *row, size_t n, double middle, bool squared)
{
    if (n == 0)
        return 0;
    if (n == 1)
        return squared ? (row[0] - middle) * (row[0] - middle) : row[0] - middle;
    return sum_of_powers(row, n / 2, middle, squared) +
           sum_of_powers(row + n / 2, n - n / 2, middle, squared);
}

Status layer_norm(Matrix x, const LayerNorm *norm, Matrix out)
{
    Status status = expect_norm(norm, x.cols);
    if (status == STATUS_OK && !is_shape(out, x.rows, x.cols))
        status = refuse("layer_norm", "out");
    for (size_t t = 0; status == STATUS_OK && t < x.rows; t++) {
        const float *row = matrix_row(x, t);
        double mean = sum_of_powers(row, x.cols, 0, false) / (double)x.cols;
        double variance = sum_of_powers(row, x.cols, mean, true) / (double)x.cols;
        double root = sqrt(variance + norm->epsilon);
        for (size_t c = 0; c < x.cols; c++) {
            double y = (row[c] - mean) / root;
            y = norm->gain.data == NULL ? y : y * norm->gain.data[c];
            matrix_row(out, t)[c] = (float)(norm->shift.data == NULL ? y : y + norm->shift.data[c]);
        }
    }
    return status;
}

static Status expect_network(const FeedForward *network, size_t cols)
{
    if (network->w_1.rows != cols || !is_row(network->b_1, network->w_1.cols))
        return refuse("feed_forward", "the first layer");
    if (network->w_2.rows != network->w_1.cols || !is_row(network->b_2, network->w_2.cols))
        return refuse("feed_forward", "the second layer");
    return STATUS_OK;
}

Status feed_forward(Matrix x, const FeedForward *network, Matrix out)
{
    size_t d_ff = network->w_1.cols, most = d_ff > out.cols ? d_ff : out.cols;
    float *rules = NULL;
    double *sums = NULL;
    Status status = expect_network(network, x.cols);
    if (status == STATUS_OK && !is_shape(out, x.rows, network->w_2.cols))
        status = refuse("feed_forward", "out");
    if (status != STATUS_OK)
        goto end;
    status = STATUS_NO_MEMORY;
    rules = memory_allocate(d_ff, sizeof *rules);
    if (rules == NULL)
        goto end;
    sums = memory_allocate(most, sizeof *sums);
    if (sums == NULL)
        goto end;
    status = STATUS_OK;
    for (size_t t = 0; t < x.rows; t++) {
        linear_row(matrix_row(x, t), network->w_1, network->b_1, sums, rules);
        for (size_t c = 0; c < d_ff; c++)
            rules[c] = activate(network->activation, rules[c]);
        linear_row(rules, network->w_2, network->b_2, sums, matrix_row(out, t));
    }
end:
    free(rules);
    free(sums);
    return status;
}

Status sublayer_input(Matrix x, const LayerNorm *norm, NormPlace place, Matrix input)
{
    if (!is_shape(input, x.rows, x.cols))
        return refuse("sublayer_input", "input");
    Status status = expect_norm(norm, x.cols);
    if (status == STATUS_OK && place == NORM_PRE)
        return layer_norm(x, norm, input);
    return status != STATUS_OK ? status : matrix_copy(x, input);
}

static void sum_of(Matrix a, Matrix b, Matrix out)
{
    for (size_t i = 0; i < out.rows * out.cols; i++) {
        size_t t = i / out.cols, c = i % out.cols;
        matrix_row(out, t)[c] = matrix_row(b, t)[c] + matrix_row(a, t)[c];
    }
}

Status sublayer_output(Matrix x, Matrix result, const LayerNorm *norm, NormPlace place, Matrix out)
{
    if (!is_shape(result, x.rows, x.cols) || !is_shape(out, x.rows, x.cols))
        return refuse("sublayer_output", "result or out");
    Status status = expect_norm(norm, x.cols);
    if (status != STATUS_OK)
        return status;
    sum_of(x, result, out);
    if (place == NORM_POST)
        status = layer_norm(out, norm, out);
    return status;
}

/* norm(x + attention(x)), norm(y + network(y)) */
static Status run_post(Matrix x, const TransformerBlock *block, const AttentionMask *mask,
                       Matrix weights, Matrix a)
{
    Status status = masked_multi_head_attention(x, NO_MATRIX, &block->attention, mask, weights, a);
    if (status != STATUS_OK)
        return status;
    sum_of(x, a, x);
    status = layer_norm(x, &block->norm_1, x);
    if (status == STATUS_OK)
        status = feed_forward(x, &block->feed_forward, a);
    if (status != STATUS_OK)
        return status;
    sum_of(x, a, x);
    return layer_norm(x, &block->norm_2, x);
}

/* x + attention(norm(x)), y + network(norm(y)) */
static Status run_pre(Matrix x, const TransformerBlock *block, const AttentionMask *mask,
                      Matrix weights, Matrix a, Matrix b)
{
    Status status = layer_norm(x, &block->norm_1, a);
    if (status == STATUS_OK)
        status = masked_multi_head_attention(a, NO_MATRIX, &block->attention, mask, weights, b);
    if (status != STATUS_OK)
        return status;
    sum_of(x, b, x);
    status = layer_norm(x, &block->norm_2, a);
    if (status == STATUS_OK)
        status = feed_forward(a, &block->feed_forward, b);
    if (status == STATUS_OK)
        sum_of(x, b, x);
    return status;
}

static Status expect_block(Matrix x, const TransformerBlock *block, Matrix weights, Matrix out)
{
    const FeedForward *network = &block->feed_forward;
    Status status =
        multi_head_expect_shapes("transformer_block", x, x, &block->attention, weights, out);
    if (status == STATUS_OK && !is_shape(out, x.rows, x.cols))
        status = refuse("transformer_block", "out");
    if (status == STATUS_OK)
        status = expect_norm(&block->norm_1, x.cols);
    if (status == STATUS_OK)
        status = expect_norm(&block->norm_2, x.cols);
    if (status == STATUS_OK)
        status = expect_network(network, x.cols);
    if (status == STATUS_OK && network->w_2.cols != x.cols)
        status = refuse("transformer_block", "w_2");
    return status;
}

static void blank(Matrix matrix)
{
    for (size_t i = 0; i < matrix.rows * matrix.cols; i++)
        matrix_row(matrix, i / matrix.cols)[i % matrix.cols] = 0;
}

/* x, two steps' results and the weights, in one stretch of memory. */
Status transformer_block(Matrix x, const TransformerBlock *block, const AttentionMask *mask,
                         Matrix weights, Matrix out)
{
    size_t t = x.rows, d = x.cols, heads_t = block->attention.heads * t;
    float *room = memory_allocate(3 * t * d + heads_t * t, sizeof *room);
    if (room == NULL)
        return STATUS_NO_MEMORY;
    Matrix now = matrix_view(room, t, d), a = matrix_view(room + t * d, t, d),
           b = matrix_view(room + 2 * t * d, t, d), own = matrix_view(room + 3 * t * d, heads_t, t),
           used = weights.data != NULL ? weights : own;
    Status status = expect_block(x, block, used, out);
    if (status != STATUS_OK)
        goto end;
    status = matrix_copy(x, now);
    if (status == STATUS_OK)
        status = block->norm_place == NORM_PRE ? run_pre(now, block, mask, used, a, b)
                                               : run_post(now, block, mask, used, a);
    if (status == STATUS_OK)
        status = matrix_copy(now, out);
    else
        blank(weights);
end:
    free(room);
    return status;
}

Status encoder(Matrix x, const Encoder *stack, const AttentionMask *mask, Matrix weights,
               Matrix out)
{
    Status status = STATUS_OK;
    size_t rows = 0, first = 0;
    for (size_t i = 0; i < stack->count; i++)
        rows += stack->blocks[i].attention.heads * x.rows;
    if (!is_shape(out, x.rows, x.cols))
        return refuse("encoder", "out");
    if (weights.data != NULL && !is_shape(weights, rows, x.rows))
        return refuse("encoder", "weights");
    if (stack->has_norm)
        status = expect_norm(&stack->norm, x.cols);
    if (status != STATUS_OK)
        return status;
    const Matrix *from = &x; /* for the first block, then what the one before it wrote */
    for (const TransformerBlock *block = stack->blocks;
         status == STATUS_OK && block < stack->blocks + stack->count; block++) {
        Matrix part = weights;
        size_t count = block->attention.heads * x.rows;
        if (weights.data != NULL)
            part = (Matrix){matrix_row(weights, first), count, weights.cols, weights.stride};
        status = transformer_block(*from, block, mask, part, out);
        first += count;
        from = &out;
    }
    if (status == STATUS_OK && stack->has_norm)
        status = layer_norm(*from, &stack->norm, out);
    else if (status == STATUS_OK && from == &x)
        status = matrix_copy(x, out);
    if (status != STATUS_OK) {
        blank(weights);
        blank(out);
    }
    return status;
}

Status mean_pool(Matrix x, size_t padding, Matrix out)
{
    if (!is_shape(out, 1, x.cols))
        return refuse("mean_pool", "out");
    if (padding > x.rows)
        return fail(STATUS_VALUE, "mean_pool: more padding than tokens");
    size_t words = x.rows - padding;
    for (size_t c = 0; c < x.cols; c++) {
        double sum = 0;
        for (const float *number = x.data + c; number < x.data + words * x.stride;
             number += x.stride)
            sum += *number;
        out.data[c] = words == 0 ? 0 : (float)(sum / (double)words);
    }
    return STATUS_OK;
}

Status classify(Matrix x, size_t padding, const Classifier *classifier, Matrix probabilities)
{
    Matrix mean;
    size_t classes = classifier->w.cols;
    if (classifier->w.rows != x.cols || !is_row(classifier->b, classes))
        return refuse("classify", "the classifier");
    if (!is_shape(probabilities, 1, classes))
        return refuse("classify", "probabilities");
    Status status = matrix_create(1, x.cols, &mean);
    if (status == STATUS_OK)
        status = mean_pool(x, padding, mean);
    if (status == STATUS_OK)
        status = linear_rows(mean, classifier->w, classifier->b, probabilities);
    if (status == STATUS_OK)
        status = softmax(probabilities, probabilities);
    matrix_free(&mean);
    return status;
}
