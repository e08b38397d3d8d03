#include "transformer_block.h"

#include "dot_products.h"
#include "softmax.h"

#include <math.h>

/* --- Does it fit together? ------------------------------------------------------------------- */

/* A row of numbers, one for each column; it may be left out. */
static Status expect_row(const char *function, const char *name, Matrix row, size_t columns)
{
    if (row.data == NULL)
        return STATUS_OK;
    return matrix_expect(function, name, row, 1, columns, "one number for each column");
}

/* A linear layer, as one thing to check. */
typedef struct Linear {
    const char *w_name, *b_name;
    Matrix w, b;
} Linear;

static Status expect_linear(const char *function, Linear linear, const char *input, size_t columns)
{
    if (linear.w.rows != columns)
        return fail(STATUS_SHAPE, "%s: %s is %zux%zu, expected %zu rows, one for each column of %s",
                    function, linear.w_name, linear.w.rows, linear.w.cols, columns, input);
    return expect_row(function, linear.b_name, linear.b, linear.w.cols);
}

static Status expect_norm(const char *function, const LayerNorm *norm, size_t columns)
{
    Status status = STATUS_OK;
    TRY(expect_row(function, "gain", norm->gain, columns));
    TRY(expect_row(function, "shift", norm->shift, columns));
    if (!(norm->epsilon >= 0.0f)) /* NaN fails this, too */
        status = fail(STATUS_VALUE, "%s: epsilon is %g, expected 0 or more", function,
                      (double)norm->epsilon);
done:
    return status;
}

static Status expect_network(const char *function, const FeedForward *network, Matrix x, Matrix out)
{
    Status status = STATUS_OK;
    Linear first = {"w_1", "b_1", network->w_1, network->b_1};
    Linear second = {"w_2", "b_2", network->w_2, network->b_2};
    TRY(expect_linear(function, first, "x", x.cols));
    TRY(expect_linear(function, second, "w_1", network->w_1.cols));
    TRY(matrix_expect(function, "out", out, x.rows, network->w_2.cols, "T x d_model"));
done:
    return status;
}

static Status expect_block(const char *function, Matrix x, const TransformerBlock *block,
                           Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    if (weights.data == NULL)
        weights = matrix_shape(block->attention.heads * x.rows, x.rows);
    TRY(matrix_expect(function, "out", out, x.rows, x.cols, "T x d_model"));
    TRY(multi_head_expect_shapes(function, x, x, &block->attention, weights, out));
    TRY(expect_norm(function, &block->norm_1, x.cols));
    TRY(expect_norm(function, &block->norm_2, x.cols));
    TRY(expect_network(function, &block->feed_forward, x, out));
done:
    return status;
}

/* --- The parts ------------------------------------------------------------------------------- */

/* Adds the bias, if there is one, to every row. */
static void add_bias(Matrix bias, Matrix out)
{
    if (bias.data == NULL)
        return;
    for (size_t t = 0; t < out.rows; t++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, t)[c] += bias.data[c];
}

Status linear(Matrix x, Matrix w, Matrix b, Matrix out)
{
    Status status = STATUS_OK;
    TRY(expect_linear("linear", (Linear){"w", "b", w, b}, "x", x.cols));
    TRY(matrix_expect("linear", "out", out, x.rows, w.cols, "T x columns of w"));
    TRY(matrix_product(x, w, out)); /* T x columns of w */
    add_bias(b, out);
done:
    return status;
}

float activate(Activation activation, float x)
{
    const double ROOT_HALF = 0.7071067811865476, ROOT_2_OVER_PI = 0.7978845608028654;
    double d = x;
    switch (activation) {
    case ACTIVATION_RELU: return x < 0.0f ? 0.0f : x; /* this way round, NaN stays NaN */
    case ACTIVATION_GELU: return (float)(0.5 * d * (1.0 + erf(d * ROOT_HALF)));
    case ACTIVATION_GELU_TANH:
        return (float)(0.5 * d * (1.0 + tanh(ROOT_2_OVER_PI * (d + 0.044715 * d * d * d))));
    }
    return NAN; /* not an activation: a NaN shows it */
}

static double mean_of(const float *row, size_t n)
{
    double sum = 0.0;
    for (size_t c = 0; c < n; c++)
        sum += row[c];
    return sum / (double)n;
}

/* The mean of the squared deviations. Divided by n, not n - 1: the row is all, not a sample. */
static double variance_of(const float *row, size_t n, double mean)
{
    double sum = 0.0;
    for (size_t c = 0; c < n; c++)
        sum += (row[c] - mean) * (row[c] - mean);
    return sum / (double)n;
}

static void normalise_row(const float *row, const LayerNorm *norm, size_t n, float *out)
{
    double mean = mean_of(row, n);
    double root = sqrt(variance_of(row, n, mean) + norm->epsilon);
    for (size_t c = 0; c < n; c++) {
        double gain = norm->gain.data != NULL ? norm->gain.data[c] : 1.0;
        double shift = norm->shift.data != NULL ? norm->shift.data[c] : 0.0;
        out[c] = (float)((row[c] - mean) / root * gain + shift);
    }
}

Status layer_norm(Matrix x, const LayerNorm *norm, Matrix out)
{
    Status status = STATUS_OK;
    TRY(expect_norm("layer_norm", norm, x.cols));
    TRY(matrix_expect("layer_norm", "out", out, x.rows, x.cols, "the shape of x"));
    for (size_t t = 0; t < x.rows; t++)
        normalise_row(matrix_row(x, t), norm, x.cols, matrix_row(out, t));
done:
    return status;
}

static void activate_all(Activation activation, Matrix hidden)
{
    for (size_t t = 0; t < hidden.rows; t++)
        for (size_t c = 0; c < hidden.cols; c++)
            matrix_row(hidden, t)[c] = activate(activation, matrix_row(hidden, t)[c]);
}

/* The network once everything fits, with a matrix for the d_ff numbers of each token. */
static Status run_network(Matrix x, const FeedForward *network, Matrix hidden, Matrix out)
{
    Status status = STATUS_OK;
    TRY(linear(x, network->w_1, network->b_1, hidden)); /* T x d_ff */
    activate_all(network->activation, hidden);
    TRY(linear(hidden, network->w_2, network->b_2, out)); /* T x d_model */
done:
    return status;
}

Status feed_forward(Matrix x, const FeedForward *network, Matrix out)
{
    Status status = STATUS_OK;
    Matrix hidden = NO_MATRIX;
    TRY(expect_network("feed_forward", network, x, out));
    TRY(matrix_create(x.rows, network->w_1.cols, &hidden));
    TRY(run_network(x, network, hidden, out));
done:
    matrix_free(&hidden);
    return status;
}

/* --- The residual path ----------------------------------------------------------------------- */

Status sublayer_input(Matrix x, const LayerNorm *norm, NormPlace place, Matrix input)
{
    if (place == NORM_PRE)
        return layer_norm(x, norm, input);
    return matrix_copy(x, input);
}

static void add(Matrix a, Matrix b, Matrix out)
{
    for (size_t t = 0; t < out.rows; t++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, t)[c] = matrix_row(a, t)[c] + matrix_row(b, t)[c];
}

Status sublayer_output(Matrix x, Matrix result, const LayerNorm *norm, NormPlace place, Matrix out)
{
    static const char FUNCTION[] = "sublayer_output";
    Status status = STATUS_OK;
    TRY(expect_norm(FUNCTION, norm, x.cols));
    TRY(matrix_expect(FUNCTION, "result", result, x.rows, x.cols, "the shape of x"));
    TRY(matrix_expect(FUNCTION, "out", out, x.rows, x.cols, "the shape of x"));
    add(x, result, out);
    if (place == NORM_POST)
        TRY(layer_norm(out, norm, out));
done:
    return status;
}

/* --- The block, the stack -------------------------------------------------------------------- */

/* What a block needs on the way from x to out. */
typedef struct Workspace {
    Matrix input;   /* T x d_model: what goes into a step */
    Matrix middle;  /* T x d_model: the sequence between the two steps */
    Matrix hidden;  /* T x d_ff */
    Matrix weights; /* (heads T) x T, when the caller does not need them */
} Workspace;

static Status workspace_create(Matrix x, const TransformerBlock *block, Workspace *work)
{
    Status status = STATUS_OK;
    TRY(matrix_create(x.rows, x.cols, &work->input));
    TRY(matrix_create(x.rows, x.cols, &work->middle));
    TRY(matrix_create(x.rows, block->feed_forward.w_1.cols, &work->hidden));
done:
    return status;
}

static void workspace_free(Workspace *work)
{
    matrix_free(&work->input);
    matrix_free(&work->middle);
    matrix_free(&work->hidden);
    matrix_free(&work->weights);
}

/* From x to the middle: what each token heard is added to what it was. */
static Status attention_step(Matrix x, const TransformerBlock *block, const AttentionMask *mask,
                             Matrix weights, Workspace *work)
{
    Status status = STATUS_OK;
    const LayerNorm *norm = &block->norm_1;
    const MultiHeadLayer *attention = &block->attention;
    Matrix input = work->input, heard = work->middle; /* T x d_model */
    TRY(sublayer_input(x, norm, block->norm_place, input));
    TRY(masked_multi_head_attention(input, NO_MATRIX, attention, mask, weights, heard));
    TRY(sublayer_output(x, heard, norm, block->norm_place, work->middle));
done:
    return status;
}

/* From the middle to the end: what each token made of it is added. */
static Status feed_forward_step(const TransformerBlock *block, Workspace *work, Matrix out)
{
    Status status = STATUS_OK;
    const LayerNorm *norm = &block->norm_2;
    TRY(sublayer_input(work->middle, norm, block->norm_place, work->input));
    TRY(run_network(work->input, &block->feed_forward, work->hidden, out));
    TRY(sublayer_output(work->middle, out, norm, block->norm_place, out));
done:
    return status;
}

Status transformer_block(Matrix x, const TransformerBlock *block, const AttentionMask *mask,
                         Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    Workspace work = {0};
    TRY(expect_block("transformer_block", x, block, weights, out));
    TRY(workspace_create(x, block, &work));
    if (weights.data == NULL) {
        TRY(matrix_create(block->attention.heads * x.rows, x.rows, &work.weights));
        weights = work.weights;
    }
    TRY(attention_step(x, block, mask, weights, &work));
    TRY(feed_forward_step(block, &work, out));
done:
    workspace_free(&work);
    return status;
}

static Status expect_stack(Matrix x, const Encoder *stack, Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    size_t heads = 0;
    TRY(matrix_expect("encoder", "out", out, x.rows, x.cols, "T x d_model"));
    for (size_t i = 0; i < stack->count; i++) {
        TRY(expect_block("encoder", x, &stack->blocks[i], NO_MATRIX, out));
        heads += stack->blocks[i].attention.heads;
    }
    if (weights.data != NULL)
        TRY(matrix_expect("encoder", "weights", weights, heads * x.rows, x.rows,
                          "all blocks' heads T x T"));
    if (stack->has_norm)
        TRY(expect_norm("encoder", &stack->norm, x.cols));
done:
    return status;
}

/* Runs the blocks one after the other, from out into out. */
static Status run_blocks(const Encoder *stack, const AttentionMask *mask, Matrix weights,
                         Matrix out)
{
    Status status = STATUS_OK;
    Matrix rows = NO_MATRIX; /* of the weights: those of one block */
    size_t first = 0;
    for (size_t i = 0; i < stack->count; i++) {
        size_t count = stack->blocks[i].attention.heads * out.rows;
        if (weights.data != NULL)
            TRY(matrix_rows(weights, first, count, &rows));
        first += count;
        TRY(transformer_block(out, &stack->blocks[i], mask, rows, out));
    }
done:
    return status;
}

Status encoder(Matrix x, const Encoder *stack, const AttentionMask *mask, Matrix weights,
               Matrix out)
{
    Status status = STATUS_OK;
    TRY(expect_stack(x, stack, weights, out));
    TRY(matrix_copy(x, out));
    TRY(run_blocks(stack, mask, weights, out));
    if (stack->has_norm)
        TRY(layer_norm(out, &stack->norm, out));
done:
    if (status != STATUS_OK) { /* some blocks may have run */
        matrix_clear(weights);
        matrix_clear(out);
    }
    return status;
}

/* --- The classifier -------------------------------------------------------------------------- */

static float mean_of_column(Matrix x, size_t words, size_t column)
{
    double sum = 0.0;
    for (size_t t = 0; t < words; t++)
        sum += matrix_row(x, t)[column];
    return words > 0 ? (float)(sum / (double)words) : 0.0f;
}

Status mean_pool(Matrix x, size_t padding, Matrix out)
{
    Status status = STATUS_OK;
    if (padding > x.rows)
        return fail(STATUS_VALUE, "mean_pool: %zu tokens of padding, but there are only %zu tokens",
                    padding, x.rows);
    TRY(matrix_expect("mean_pool", "out", out, 1, x.cols, "1 x d_model"));
    for (size_t c = 0; c < x.cols; c++)
        out.data[c] = mean_of_column(x, x.rows - padding, c);
done:
    return status;
}

Status classify(Matrix x, size_t padding, const Classifier *classifier, Matrix probabilities)
{
    Status status = STATUS_OK;
    Linear layer = {"w", "b", classifier->w, classifier->b};
    Matrix mean = NO_MATRIX;
    TRY(expect_linear("classify", layer, "x", x.cols));
    TRY(matrix_expect("classify", "probabilities", probabilities, 1, layer.w.cols, "1 x classes"));
    TRY(matrix_create(1, x.cols, &mean));
    TRY(mean_pool(x, padding, mean));                   /* 1 x d_model */
    TRY(linear(mean, layer.w, layer.b, probabilities)); /* 1 x classes */
    TRY(softmax(probabilities, probabilities));
done:
    matrix_free(&mean);
    return status;
}
