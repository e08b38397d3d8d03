#include "transformer_block.h"

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
    Status status = expect_row(function, "gain", norm->gain, columns);
    if (status == STATUS_OK)
        status = expect_row(function, "shift", norm->shift, columns);
    if (status == STATUS_OK && !(norm->epsilon >= 0.0f))
        status = fail(STATUS_VALUE, "%s: epsilon is %g, expected 0 or more", function,
                      (double)norm->epsilon);
    return status;
}

static Status expect_network(const char *function, const FeedForward *network, Matrix x, Matrix out)
{
    Linear first = {"w_1", "b_1", network->w_1, network->b_1};
    Linear second = {"w_2", "b_2", network->w_2, network->b_2};
    Status status = expect_linear(function, first, "x", x.cols);
    if (status == STATUS_OK)
        status = expect_linear(function, second, "w_1", network->w_1.cols);
    if (status == STATUS_OK)
        status = matrix_expect(function, "out", out, x.rows, network->w_2.cols, "T x d_model");
    return status;
}

/* A matrix without numbers, to check shapes with. */
static Matrix blank(size_t rows, size_t cols)
{
    return (Matrix){NULL, rows, cols, cols};
}

static Status expect_block(const char *function, Matrix x, const TransformerBlock *block,
                           Matrix weights, Matrix out)
{
    const MultiHeadLayer *attention = &block->attention;
    if (weights.data == NULL)
        weights = blank(attention->heads * x.rows, x.rows);
    Status status = matrix_expect(function, "out", out, x.rows, x.cols, "T x d_model");
    if (status == STATUS_OK)
        status = multi_head_expect_shapes(function, x, x, attention, weights, out);
    if (status == STATUS_OK)
        status = expect_norm(function, &block->norm_1, x.cols);
    if (status == STATUS_OK)
        status = expect_norm(function, &block->norm_2, x.cols);
    if (status == STATUS_OK)
        status = expect_network(function, &block->feed_forward, x, out);
    return status;
}

/* --- The parts ------------------------------------------------------------------------------- */

Status linear(Matrix x, Matrix w, Matrix b, Matrix out)
{
    Status status = expect_linear("linear", (Linear){"w", "b", w, b}, "x", x.cols);
    if (status == STATUS_OK)
        status = matrix_expect("linear", "out", out, x.rows, w.cols, "T x columns of w");
    if (status == STATUS_OK) /* the last step of chapter 5's layer is a linear layer */
        status = multi_head_output(x, &(MultiHeadLayer){.w_o = w, .b_o = b}, out);
    return status;
}

float activate(Activation activation, float x)
{
    const double ROOT_HALF = 0.7071067811865476, ROOT_2_OVER_PI = 0.7978845608028654;
    double d = x;
    switch (activation) {
    case ACTIVATION_GELU: return (float)(0.5 * d * (1.0 + erf(d * ROOT_HALF)));
    case ACTIVATION_GELU_TANH:
        return (float)(0.5 * d * (1.0 + tanh(ROOT_2_OVER_PI * (d + 0.044715 * d * d * d))));
    default: return x < 0.0f ? 0.0f : x; /* so written, a NaN stays one */
    }
}

static double mean_of(const float *row, size_t n)
{
    double sum = 0.0;
    for (size_t c = 0; c < n; c++)
        sum += row[c];
    return sum / (double)n;
}

/* The mean of the squared deviations: divided by n, for these n numbers are all there are. */
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
    Status status = expect_norm("layer_norm", norm, x.cols);
    if (status == STATUS_OK)
        status = matrix_expect("layer_norm", "out", out, x.rows, x.cols, "the shape of x");
    for (size_t t = 0; status == STATUS_OK && t < x.rows; t++)
        normalise_row(matrix_row(x, t), norm, x.cols, matrix_row(out, t));
    return status;
}

/* The network once everything fits, with room for the d_ff numbers of each token. */
static Status run_network(Matrix x, const FeedForward *network, Matrix hidden, Matrix out)
{
    Status status = linear(x, network->w_1, network->b_1, hidden); /* T x d_ff */
    for (size_t t = 0; status == STATUS_OK && t < hidden.rows; t++)
        for (size_t c = 0; c < hidden.cols; c++)
            matrix_row(hidden, t)[c] = activate(network->activation, matrix_row(hidden, t)[c]);
    if (status == STATUS_OK)
        status = linear(hidden, network->w_2, network->b_2, out); /* T x d_model */
    return status;
}

Status feed_forward(Matrix x, const FeedForward *network, Matrix out)
{
    Matrix hidden = NO_MATRIX;
    Status status = expect_network("feed_forward", network, x, out);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, network->w_1.cols, &hidden);
    if (status == STATUS_OK)
        status = run_network(x, network, hidden, out);
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
    Status status = expect_norm("sublayer_output", norm, x.cols);
    if (status == STATUS_OK)
        status =
            matrix_expect("sublayer_output", "result", result, x.rows, x.cols, "the shape of x");
    if (status == STATUS_OK)
        status = matrix_expect("sublayer_output", "out", out, x.rows, x.cols, "the shape of x");
    if (status != STATUS_OK)
        return status;
    add(x, result, out);
    return place == NORM_POST ? layer_norm(out, norm, out) : STATUS_OK;
}

/* --- The block, the stack -------------------------------------------------------------------- */

/* What a block needs while it works. */
typedef struct Room {
    Matrix input;   /* T x d_model: what goes into a step */
    Matrix middle;  /* T x d_model: the sequence between the two steps */
    Matrix hidden;  /* T x d_ff */
    Matrix weights; /* (heads T) x T, if nobody wants them */
} Room;

static Status make_room(Matrix x, const TransformerBlock *block, bool weights, Room *room)
{
    *room = (Room){NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status = matrix_create(x.rows, x.cols, &room->input);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, x.cols, &room->middle);
    if (status == STATUS_OK)
        status = matrix_create(x.rows, block->feed_forward.w_1.cols, &room->hidden);
    if (status == STATUS_OK && weights)
        status = matrix_create(block->attention.heads * x.rows, x.rows, &room->weights);
    return status;
}

static void free_room(Room *room)
{
    matrix_free(&room->input);
    matrix_free(&room->middle);
    matrix_free(&room->hidden);
    matrix_free(&room->weights);
}

/* From x to the middle: what each token heard is added to what it was. */
static Status attention_step(Matrix x, const TransformerBlock *block, const AttentionMask *mask,
                             Matrix weights, Room *room)
{
    const LayerNorm *norm = &block->norm_1;
    Matrix heard = room->middle; /* T x d_model */
    Status status = sublayer_input(x, norm, block->norm_place, room->input);
    if (status == STATUS_OK)
        status = masked_multi_head_attention(room->input, NO_MATRIX, &block->attention, mask,
                                             weights, heard);
    if (status == STATUS_OK)
        status = sublayer_output(x, heard, norm, block->norm_place, room->middle);
    return status;
}

/* From the middle to the end: what each token made of it is added. */
static Status feed_forward_step(const TransformerBlock *block, Room *room, Matrix out)
{
    const LayerNorm *norm = &block->norm_2;
    Status status = sublayer_input(room->middle, norm, block->norm_place, room->input);
    if (status == STATUS_OK)
        status = run_network(room->input, &block->feed_forward, room->hidden, out);
    if (status == STATUS_OK)
        status = sublayer_output(room->middle, out, norm, block->norm_place, out);
    return status;
}

Status transformer_block(Matrix x, const TransformerBlock *block, const AttentionMask *mask,
                         Matrix weights, Matrix out)
{
    Room room;
    Status status = expect_block("transformer_block", x, block, weights, out);
    if (status != STATUS_OK)
        return status;
    status = make_room(x, block, weights.data == NULL, &room);
    if (status == STATUS_OK)
        status =
            attention_step(x, block, mask, weights.data != NULL ? weights : room.weights, &room);
    if (status == STATUS_OK)
        status = feed_forward_step(block, &room, out);
    free_room(&room);
    return status;
}

static void clear(Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = 0.0f;
}

static Status expect_stack(Matrix x, const Encoder *stack, Matrix weights, Matrix out)
{
    size_t heads = 0;
    Status status = stack->has_norm ? expect_norm("encoder", &stack->norm, x.cols) : STATUS_OK;
    if (status == STATUS_OK)
        status = matrix_expect("encoder", "out", out, x.rows, x.cols, "T x d_model");
    for (size_t i = 0; status == STATUS_OK && i < stack->count; i++) {
        status = expect_block("encoder", x, &stack->blocks[i], NO_MATRIX, out);
        heads += stack->blocks[i].attention.heads;
    }
    if (status == STATUS_OK && weights.data != NULL)
        status = matrix_expect("encoder", "weights", weights, heads * x.rows, x.rows,
                               "all blocks' heads T x T");
    return status;
}

/* Runs the blocks one after the other, from out into out. */
static Status run_blocks(const Encoder *stack, const AttentionMask *mask, Matrix weights,
                         Matrix out)
{
    Status status = STATUS_OK;
    Matrix rows = NO_MATRIX; /* of the weights: those of one block */
    size_t first = 0;
    for (size_t i = 0; status == STATUS_OK && i < stack->count; i++) {
        size_t count = stack->blocks[i].attention.heads * out.rows;
        if (weights.data != NULL)
            status = matrix_rows(weights, first, count, &rows);
        first += count;
        if (status == STATUS_OK)
            status = transformer_block(out, &stack->blocks[i], mask, rows, out);
    }
    return status;
}

Status encoder(Matrix x, const Encoder *stack, const AttentionMask *mask, Matrix weights,
               Matrix out)
{
    Status status = expect_stack(x, stack, weights, out);
    if (status != STATUS_OK)
        return status;
    status = matrix_copy(x, out);
    if (status == STATUS_OK)
        status = run_blocks(stack, mask, weights, out);
    if (status == STATUS_OK && stack->has_norm)
        status = layer_norm(out, &stack->norm, out);
    if (status != STATUS_OK) {
        clear(weights);
        clear(out);
    }
    return status;
}

/* --- The classifier -------------------------------------------------------------------------- */

Status mean_pool(Matrix x, size_t padding, Matrix out)
{
    if (padding > x.rows)
        return fail(STATUS_VALUE, "mean_pool: %zu tokens of padding, but there are only %zu tokens",
                    padding, x.rows);
    Status status = matrix_expect("mean_pool", "out", out, 1, x.cols, "1 x d_model");
    size_t words = x.rows - padding;
    for (size_t c = 0; status == STATUS_OK && c < x.cols; c++) {
        double sum = 0.0;
        for (size_t t = 0; t < words; t++)
            sum += matrix_row(x, t)[c];
        out.data[c] = words > 0 ? (float)(sum / (double)words) : 0.0f;
    }
    return status;
}

Status classify(Matrix x, size_t padding, const Classifier *classifier, Matrix probabilities)
{
    Matrix mean = NO_MATRIX;
    Linear layer = {"w", "b", classifier->w, classifier->b};
    Status status = expect_linear("classify", layer, "x", x.cols);
    if (status == STATUS_OK)
        status = matrix_expect("classify", "probabilities", probabilities, 1, classifier->w.cols,
                               "1 x classes");
    if (status == STATUS_OK)
        status = matrix_create(1, x.cols, &mean);
    if (status == STATUS_OK)
        status = mean_pool(x, padding, mean); /* 1 x d_model */
    if (status == STATUS_OK)
        status = linear(mean, classifier->w, classifier->b, probabilities); /* 1 x classes */
    if (status == STATUS_OK)
        status = softmax(probabilities, probabilities);
    matrix_free(&mean);
    return status;
}
