/* The decoder. How a word is chosen is in word_choice.c, how a text grows in generation.c. */
#include "encoder_decoder.h"

#include "dot_products.h"
#include "positional_encoding.h"

#include <math.h>

/* --- Words into rows, rows into words -------------------------------------------------------- */

static Status expect_words(const size_t *words, size_t count, size_t vocabulary)
{
    for (size_t t = 0; t < count; t++)
        if (words[t] >= vocabulary)
            return fail(STATUS_VALUE, "embed: word %zu is number %zu, but there are only %zu words",
                        t, words[t], vocabulary);
    return STATUS_OK;
}

static Status expect_positions(Matrix positions, size_t first, size_t count, size_t d_model)
{
    if (positions.data == NULL)
        return STATUS_OK;
    if (first > positions.rows || count > positions.rows - first)
        return fail(STATUS_VALUE,
                    "embed: %zu words from position %zu on, but there are only %zu positions",
                    count, first, positions.rows);
    return matrix_expect("embed", "positions", positions, positions.rows, d_model, "P x d_model");
}

static void add_table(Matrix positions, size_t first, Matrix out)
{
    for (size_t t = 0; t < out.rows; t++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, t)[c] += matrix_row(positions, first + t)[c];
}

Status embed(const size_t *words, size_t count, size_t first, const Embedding *embedding,
             Matrix out)
{
    Matrix positions = embedding->positions;
    double root = sqrt((double)out.cols);
    Status status = STATUS_OK;
    TRY(matrix_expect("embed", "out", out, count, embedding->words.cols, "T x d_model"));
    TRY(expect_words(words, count, embedding->words.rows));
    TRY(expect_positions(positions, first, count, out.cols));
    for (size_t t = 0; t < count; t++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, t)[c] = (float)(root * matrix_row(embedding->words, words[t])[c]);
    if (positions.data == NULL)
        TRY(add_positions(out, first, out));
    else
        add_table(positions, first, out);
done:
    return status;
}

Status vocabulary_logits(Matrix x, Matrix words, Matrix logits)
{
    return matrix_product_transposed(x, words, logits); /* T x V */
}

/* --- The block ------------------------------------------------------------------------------- */

static Status expect_memory(const char *function, Memory memory)
{
    if (memory.x.data != NULL)
        return STATUS_OK;
    return fail(STATUS_VALUE, "%s: the cross-attention has no memory to look at", function);
}

Status cross_attention(Matrix x, Memory memory, const MultiHeadLayer *layer, Matrix weights,
                       Matrix out)
{
    AttentionMask mask = {.padding = memory.padding};
    Status status = STATUS_OK;
    TRY(expect_memory("cross_attention", memory));
    TRY(masked_multi_head_attention(x, memory.x, layer, &mask, weights, out));
done:
    return status;
}

/* The heads of an attention; one that is left out has none. */
static size_t heads_of(const MultiHeadLayer *layer)
{
    return layer->w_q.data != NULL ? layer->heads : 0;
}

/* The place for an attention's weights: the caller's or, if they are not wanted, a new matrix. */
static Status place_weights(const MultiHeadLayer *layer, size_t queries, size_t keys,
                            Matrix *weights, Matrix *unwanted)
{
    if (weights->data != NULL)
        return STATUS_OK;
    Status status = matrix_create(layer->heads * queries, keys, unwanted);
    *weights = *unwanted;
    return status;
}

static Status attend_to_target(Matrix x, const MultiHeadLayer *layer, Matrix weights, Matrix out)
{
    AttentionMask mask = {.causal = true};
    Matrix unwanted = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(place_weights(layer, x.rows, x.rows, &weights, &unwanted));
    TRY(masked_multi_head_attention(x, NO_MATRIX, layer, &mask, weights, out));
done:
    matrix_free(&unwanted);
    return status;
}

static Status attend_to_memory(Matrix x, Memory memory, const MultiHeadLayer *layer, Matrix weights,
                               Matrix out)
{
    Matrix unwanted = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(place_weights(layer, x.rows, memory.x.rows, &weights, &unwanted));
    TRY(cross_attention(x, memory, layer, weights, out));
done:
    matrix_free(&unwanted);
    return status;
}

/* Each of the three steps goes from x into x. */
static Status run_block(const DecoderBlock *block, Memory memory, DecoderWeights weights, Matrix x)
{
    NormPlace place = block->norm_place;
    Matrix input = NO_MATRIX, result = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(matrix_create(x.rows, x.cols, &input));  /* T x d_model: what goes into a step */
    TRY(matrix_create(x.rows, x.cols, &result)); /* T x d_model: what comes out of it */
    if (block->self_attention.w_q.data != NULL) {
        TRY(sublayer_input(x, &block->norm_1, place, input));
        TRY(attend_to_target(input, &block->self_attention, weights.self, result));
        TRY(sublayer_output(x, result, &block->norm_1, place, x));
    }
    if (block->cross_attention.w_q.data != NULL) {
        TRY(sublayer_input(x, &block->norm_2, place, input));
        TRY(attend_to_memory(input, memory, &block->cross_attention, weights.cross, result));
        TRY(sublayer_output(x, result, &block->norm_2, place, x));
    }
    if (block->feed_forward.w_1.data != NULL) {
        TRY(sublayer_input(x, &block->norm_3, place, input));
        TRY(feed_forward(input, &block->feed_forward, result));
        TRY(sublayer_output(x, result, &block->norm_3, place, x));
    }
done:
    matrix_free(&input);
    matrix_free(&result);
    return status;
}

/* --- The stack ------------------------------------------------------------------------------- */

static Status expect_outputs(const char *function, Matrix x, Memory memory, const Decoder *stack,
                             DecoderWeights weights, Matrix out)
{
    size_t self = 0, cross = 0;
    Status status = STATUS_OK;
    for (size_t i = 0; i < stack->count; i++) {
        self += heads_of(&stack->blocks[i].self_attention);
        cross += heads_of(&stack->blocks[i].cross_attention);
    }
    TRY(matrix_expect(function, "out", out, x.rows, x.cols, "T x d_model"));
    if (cross > 0)
        TRY(expect_memory(function, memory));
    if (weights.self.data != NULL)
        TRY(matrix_expect(function, "weights of the self-attention", weights.self, self * x.rows,
                          x.rows, "all heads T x T"));
    if (weights.cross.data != NULL)
        TRY(matrix_expect(function, "weights of the cross-attention", weights.cross, cross * x.rows,
                          memory.x.rows, "all heads T x S"));
done:
    return status;
}

/* Cuts the rows of one attention off the front of the weights. */
static Status take_rows(Matrix *weights, const MultiHeadLayer *layer, size_t tokens, Matrix *rows)
{
    size_t count = heads_of(layer) * tokens;
    Status status = STATUS_OK;
    *rows = NO_MATRIX;
    if (weights->data == NULL)
        return STATUS_OK;
    TRY(matrix_rows(*weights, 0, count, rows));
    TRY(matrix_rows(*weights, count, weights->rows - count, weights));
done:
    return status;
}

static Status run_blocks(const Decoder *stack, Memory memory, DecoderWeights weights, Matrix x)
{
    DecoderWeights rows;
    Status status = STATUS_OK;
    for (size_t i = 0; i < stack->count; i++) {
        const DecoderBlock *block = &stack->blocks[i];
        TRY(take_rows(&weights.self, &block->self_attention, x.rows, &rows.self));
        TRY(take_rows(&weights.cross, &block->cross_attention, x.rows, &rows.cross));
        TRY(run_block(block, memory, rows, x));
    }
done:
    return status;
}

/* A decoder of any number of blocks; `function` is who speaks in messages. */
static Status run_decoder(const char *function, Matrix x, Memory memory, const Decoder *stack,
                          DecoderWeights weights, Matrix out)
{
    Status status = expect_outputs(function, x, memory, stack, weights, out);
    if (status != STATUS_OK)
        return status;
    if (x.data != out.data)
        TRY(matrix_copy(x, out));
    TRY(run_blocks(stack, memory, weights, out));
    if (stack->has_norm)
        TRY(layer_norm(out, &stack->norm, out));
done:
    if (status != STATUS_OK) {
        matrix_clear(weights.self);
        matrix_clear(weights.cross);
        matrix_clear(out);
    }
    return status;
}

Status decoder_block(Matrix x, Memory memory, const DecoderBlock *block, DecoderWeights weights,
                     Matrix out)
{
    Decoder alone = {.blocks = block, .count = 1};
    return run_decoder("decoder_block", x, memory, &alone, weights, out);
}

Status decoder(Matrix x, Memory memory, const Decoder *stack, DecoderWeights weights, Matrix out)
{
    return run_decoder("decoder", x, memory, stack, weights, out);
}
