/* Chapter 9: what each function must do. */
#include "checks.h"

#include "encoder_decoder.h"
#include "writing_extra.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))

static void hide_memory(Case *given)
{
    given->input_names[1] = "memory.x; not handed on";
}

/* The call with its first input in out, where the result goes, too. */
static Status in_place(Status (*call)(const Case *, Matrix), const Case *given, Matrix out)
{
    Case moved = *given;
    Status status = matrix_copy(given->inputs[0], out);
    moved.inputs[0] = out;
    if (status == STATUS_OK)
        status = call(&moved, out);
    if (status != STATUS_OK)
        case_fill(out, 0); /* the input is still there */
    return status;
}

/* --- embed ----------------------------------------------------------------------------------- */

enum { MOST_WORDS = 12, FIRST = 0 };

static Matrix some_words(Case *given, const char *name, size_t count, size_t vocabulary)
{
    Matrix text = case_input(given, name, 1, count);
    for (size_t t = 0; t < count; t++)
        text.data[t] = (float)random_between(&given->random, 0, vocabulary - 1);
    return text;
}

static const size_t *words_of(const Case *given, size_t words[MOST_WORDS])
{
    for (size_t t = 0; t < given->inputs[0].cols; t++)
        words[t] = (size_t)given->inputs[0].data[t];
    return words;
}

static void words_in_their_places(Case *given)
{
    size_t i = given->index, count = i == 6 ? 0 : 2 + i % 4, vocabulary = 3 + i % 4, d = 3 + i % 3;
    given->as_views = i == 7;
    some_words(given, "words", count, vocabulary);
    case_input(given, "embedding.words", vocabulary, d);
    case_input(given, "embedding.positions", i % 3 + count + i % 2, d);
    case_number(given, "first", (double)(i % 3));
    case_output(given, count, d);
}

static void words_alone(Case *given)
{
    words_in_their_places(given);
    case_fill(given->inputs[2], 0);
    case_note(given, "all positions are 0, so that only the words count");
}

static void words_in_waves(Case *given)
{
    words_in_their_places(given);
    free(given->inputs[--given->input_count].data);
    case_note(given, "embedding.positions is NO_MATRIX");
}

static const char *const NO_WORDS[] = {
    "there is no word with this number",
    "there are not positions for all words",
    "there is no position `first`",
    "out has a row too few",
    "out has a column too few",
    "the positions have a column too few",
    "first is SIZE_MAX, the largest size: first + 2 wraps around to 1"};

static void words_that_are_not_there(Case *given)
{
    size_t i = given->index, count = 2;
    some_words(given, "words", count, 3);
    case_input(given, "embedding.words", 3, 4);
    case_input(given, "embedding.positions", 2, i == 5 ? 3 : 4);
    case_number(given, "first", i == 1 ? 1 : i == 2 ? 3 : i == 6 ? (double)SIZE_MAX : 0);
    if (i == 0)
        given->inputs[0].data[1] = 3;
    case_note(given, "%s", NO_WORDS[i]);
    case_output(given, i == 3 ? count - 1 : count, i == 4 ? 3 : 4);
}

static Status call_embed(const Case *given, Matrix out)
{
    size_t words[MOST_WORDS];
    double number = given->numbers[FIRST];
    size_t first = number < (double)SIZE_MAX ? (size_t)number : SIZE_MAX;
    Embedding embedding = {case_named(given, "embedding.words"),
                           case_named(given, "embedding.positions")};
    return embed(words_of(given, words), given->inputs[0].cols, first, &embedding, out);
}

/* --- vocabulary_logits ----------------------------------------------------------------------- */

static const char *const NO_ROWS[] = {"the words have a column too many",
                                      "logits has a row more than x",
                                      "logits has a column more than there are words"};
enum { FITTING = 7 };

static void some_rows(Case *given)
{
    size_t i = given->index, t = 2 + i % 3, d = 2 + (i + 1) % 3, words = 3 + i % 4;
    given->as_views = i == 6;
    given->shapes_only = i >= FITTING;
    case_input(given, "x", t, d);
    case_input(given, "words", words, d + (i == FITTING));
    case_output(given, t + (i == FITTING + 1), words + (i == FITTING + 2));
    given->out_name = "logits";
    if (i >= FITTING)
        case_note(given, "%s", NO_ROWS[i - FITTING]);
}

static Status call_logits(const Case *given, Matrix out)
{
    return vocabulary_logits(given->inputs[0], given->inputs[1], out);
}

/* --- cross_attention ------------------------------------------------------------------------- */

enum { HEADS = 2, D_K = 1, D_V = 2, KEYS = HEADS * D_K, VALUES = HEADS * D_V };
enum { QKV = 2 * KEYS + VALUES, MOST_WEIGHTS = 200 };
enum { PADDING = 0, PRE = 0 };

/* w_q | w_k | w_v side by side in one matrix, and w_o. */
static MultiHeadLayer layer_of(Matrix qkv, Matrix w_o)
{
    if (qkv.data == NULL)
        return (MultiHeadLayer){.heads = 0};
    Matrix q = {qkv.data, qkv.rows, KEYS, qkv.stride};
    Matrix k = {qkv.data + KEYS, qkv.rows, KEYS, qkv.stride};
    Matrix v = {qkv.data + 2 * KEYS, qkv.rows, VALUES, qkv.stride};
    return (MultiHeadLayer){.w_q = q, .w_k = k, .w_v = v, .w_o = w_o, .heads = HEADS};
}

/* b_q, b_k, b_v and, if there is more, b_o stand side by side. */
static void set_biases(Matrix biases, MultiHeadLayer *layer)
{
    layer->b_q = matrix_view(biases.data, 1, KEYS);
    layer->b_k = matrix_view(biases.data + KEYS, 1, KEYS);
    layer->b_v = matrix_view(biases.data + 2 * KEYS, 1, VALUES);
    if (biases.cols > QKV)
        layer->b_o = matrix_view(biases.data + QKV, 1, biases.cols - QKV);
}

/* Of b_q, b_k and b_v this one is left. */
static void leave_bias(size_t which, MultiHeadLayer *layer)
{
    Matrix *biases[] = {&layer->b_q, &layer->b_k, &layer->b_v};
    for (size_t i = 0; i < 3; i++)
        if (i != which)
            *biases[i] = NO_MATRIX;
}

static void a_layer(Case *given, const char *name, const char *w_o, size_t d)
{
    case_input(given, name, d, QKV);
    case_input(given, w_o, HEADS * D_V, d);
}

static void two_sequences(Case *given)
{
    size_t i = given->index, t = 2 + i % 3, s = i % 2 == 0 ? t : 5 - i % 3, d = 2 + i % 3;
    given->as_views = i == 7;
    case_input(given, "x", t, d);
    case_input(given, "memory.x", s, d);
    a_layer(given, "layer", "w_o", d);
    case_number(given, "memory.padding", 0);
    case_note(given, "in layer w_q, w_k and w_v stand side by side; two heads");
    case_output(given, t, d);
}

static void a_padded_memory(Case *given)
{
    two_sequences(given);
    size_t rows = given->inputs[1].rows;
    given->numbers[PADDING] = given->index == 5 ? (double)rows : (double)(1 + given->index % 2);
    case_note(given, "two heads; the last rows of the memory are padding");
}

static const char *const NO_MEMORIES[] = {"there is no memory", "more padding than memory",
                                          "the memory has a column too few"};

static void a_memory_that_does_not_fit(Case *given)
{
    two_sequences(given);
    given->shapes_only = true;
    given->numbers[PADDING] = given->index == 1 ? 9 : 0;
    given->inputs[1].cols -= given->index == 2;
    if (given->index == 0)
        hide_memory(given);
    case_note(given, "%s", NO_MEMORIES[given->index]);
}

static Status call_cross(const Case *given, Matrix out)
{
    float numbers[MOST_WEIGHTS];
    MultiHeadLayer layer = layer_of(case_named(given, "layer"), case_named(given, "w_o"));
    Memory memory = {case_named(given, "memory.x"), case_size(given, PADDING)};
    Matrix weights = matrix_view(numbers, HEADS * out.rows, memory.x.rows);
    return cross_attention(given->inputs[0], memory, &layer, weights, out);
}

/* --- decoder_block --------------------------------------------------------------------------- */

enum { SELF = 1, CROSS = 2, NETWORK = 4, NORMS = 8, ALL = 15 };

static const char BIASES[] = "biases; b_q, b_k, b_v and b_o side by side";

/* A block with these of its parts. Without NORMS the norms have no gain and no shift. */
static void a_block_of(Case *given, unsigned parts, size_t t, size_t s)
{
    size_t d = 2 + given->index % 3;
    given->as_views = given->index == 7;
    case_input(given, "x", t, d);
    if (parts & CROSS)
        case_input(given, "memory.x", s, d);
    if (parts & SELF)
        a_layer(given, "self", "self_w_o", d);
    if (parts & CROSS)
        a_layer(given, "cross", "cross_w_o", d);
    if (parts & NETWORK)
        case_input(given, "network", d, 2 * d);
    if (parts & NORMS)
        case_input(given, "norms", 6, d);
    case_number(given, "pre-norm", given->index % 2 == 0 ? 1 : 0);
    case_output(given, t, d);
}

static size_t words_in(const Case *given)
{
    return 2 + given->index % 3;
}

static void a_self_attention(Case *given)
{
    a_block_of(given, SELF, words_in(given), 0);
    case_note(given, "the self-attention alone: w_q, w_k and w_v side by side, two heads");
}

static void a_cross_attention(Case *given)
{
    size_t t = words_in(given);
    a_block_of(given, CROSS, t, given->index % 2 == 0 ? t : t + 1);
    case_note(given, "the cross-attention alone: w_q, w_k and w_v side by side, two heads");
}

static void a_network(Case *given)
{
    a_block_of(given, given->index == 6 ? 0 : NETWORK, words_in(given), 0);
    case_note(given, "%s",
              given->index == 6 ? "all three steps are left out"
                                : "the network alone: w_1 and w_2 side by side, ReLU");
}

static void a_block(Case *given)
{
    a_block_of(given, ALL, words_in(given), words_in(given) + given->index % 2);
    case_note(given, "w_q, w_k, w_v side by side, two heads; w_1, w_2 side by side, ReLU; norms: "
                     "gain and shift of norm_1, norm_2, norm_3");
}

/* The last two leave an attention out, and the steps that are left keep their own norms. */
static void some_block(Case *given)
{
    unsigned left_out = given->index == 8 ? CROSS : SELF;
    if (given->index < 8) {
        a_block(given);
        return;
    }
    a_block_of(given, ALL - left_out, words_in(given), words_in(given));
    case_note(given,
              "the %s-attention is left out; norms: gain and shift of norm_1, norm_2, norm_3",
              left_out == CROSS ? "cross" : "self");
}

static void a_block_for_its_weights(Case *given)
{
    size_t t = words_in(given);
    a_block_of(given, ALL, t, t);
    case_note(given, "two heads; below, the weights of both attentions%s",
              given->index == 5 ? "; w_2 has a row too few" : "");
    case_part(given, "weights.self", HEADS * t);
    case_part(given, "weights.cross", HEADS * t);
    case_output(given, 2 * HEADS * t, t);
    given->out_name = "weights";
    given->shapes_only = given->index == 5;
}

static Matrix row_of(Matrix matrix, size_t row)
{
    return matrix_view(matrix_row(matrix, row), 1, matrix.cols);
}

static LayerNorm norm_of(const Case *given, size_t index)
{
    Matrix norms = case_named(given, "norms");
    if (norms.data == NULL)
        return (LayerNorm){.epsilon = 0.1F};
    return (LayerNorm){row_of(norms, 2 * index), row_of(norms, 2 * index + 1), 0.1F};
}

static DecoderBlock block_of(const Case *given)
{
    Matrix both = case_named(given, "network"), w_1 = both, w_2 = both;
    w_1.cols = w_2.cols = both.rows;
    if (both.data != NULL)
        w_2.data += both.rows;
    DecoderBlock block = {
        .self_attention = layer_of(case_named(given, "self"), case_named(given, "self_w_o")),
        .cross_attention = layer_of(case_named(given, "cross"), case_named(given, "cross_w_o")),
        .feed_forward = {.w_1 = w_1, .w_2 = w_2},
        .norm_1 = norm_of(given, 0),
        .norm_2 = norm_of(given, 1),
        .norm_3 = norm_of(given, 2),
        .norm_place = given->numbers[PRE] != 0 ? NORM_PRE : NORM_POST};
    Matrix biases = case_named(given, BIASES);
    if (biases.rows > 0)
        set_biases(row_of(biases, 0), &block.self_attention);
    if (biases.rows > 1)
        set_biases(row_of(biases, 1), &block.cross_attention);
    return block;
}

static Memory memory_of(const Case *given)
{
    return (Memory){case_named(given, "memory.x"), 0};
}

static Status call_block(const Case *given, Matrix out)
{
    DecoderBlock block = block_of(given);
    return decoder_block(given->inputs[0], memory_of(given), &block, NO_WEIGHTS, out);
}

static Status call_block_in_place(const Case *given, Matrix out)
{
    return in_place(call_block, given, out);
}

static Status call_block_for_weights(const Case *given, Matrix out)
{
    float numbers[MOST_WEIGHTS];
    DecoderBlock block = block_of(given);
    Matrix x = given->inputs[0];
    DecoderWeights weights = {out, out};
    weights.self.rows = weights.cross.rows = out.rows / 2;
    weights.cross.data = matrix_row(out, out.rows / 2);
    if (given->index == 5)
        block.feed_forward.w_2.rows--;
    return decoder_block(x, memory_of(given), &block, weights,
                         matrix_view(numbers, x.rows, x.cols));
}

static const char *const NO_BLOCKS[] = {"there is no memory",
                                        "out has a column too few",
                                        "the weights of the self-attention have a row too few",
                                        "the weights of the cross-attention have a row too few",
                                        "more padding than memory",
                                        "a w_k has a row too few",
                                        "norm_2 has a gain with a column too few",
                                        "norm_3 has an epsilon below 0",
                                        "w_2 has a row too few"};

static void a_block_that_does_not_fit(Case *given)
{
    a_block(given);
    given->shapes_only = true;
    given->out_cols -= given->index == 1;
    if (given->index == 0)
        hide_memory(given);
    case_note(given, "%s", NO_BLOCKS[given->index]);
}

static Status call_block_that_does_not_fit(const Case *given, Matrix out)
{
    float numbers[MOST_WEIGHTS];
    DecoderBlock block = block_of(given);
    Memory memory = memory_of(given);
    DecoderWeights weights = NO_WEIGHTS;
    size_t rows = HEADS * out.rows;
    switch (given->index) {
    case 2: weights.self = matrix_view(numbers, rows - 1, out.rows); break;
    case 3: weights.cross = matrix_view(numbers, rows - 1, memory.x.rows); break;
    case 4: memory.padding = memory.x.rows + 1; break;
    case 5: block.self_attention.w_k.rows--; break;
    case 6: block.norm_2.gain.cols--; break;
    case 7: block.norm_3.epsilon = -1; break;
    case 8: block.feed_forward.w_2.rows--; break;
    default: break;
    }
    return decoder_block(given->inputs[0], memory, &block, weights, out);
}

/* --- decoder --------------------------------------------------------------------------------- */

enum { BLOCKS = 3 };
enum { HAS_NORM, OF_SELF };

static void a_stack(Case *given)
{
    static const char *const NAMES[2 * BLOCKS] = {"first",      "first_w_o", "second",
                                                  "second_w_o", "third",     "third_w_o"};
    size_t i = given->index, t = 2 + i % 3, d = 3 + i % 2;
    given->as_views = i == 7;
    case_input(given, "x", t, d);
    case_input(given, "memory.x", t, d);
    for (size_t b = 0; b < BLOCKS; b++)
        a_layer(given, NAMES[2 * b], NAMES[2 * b + 1], d);
    case_input(given, "norms", 2, d);
    case_number(given, "has_norm", i % 3 != 2 ? 1 : 0);
    case_note(given, "three blocks of a cross-attention alone, norm in front; two heads, w_q, w_k "
                     "and w_v side by side; norms: gain and shift of the last norm");
    case_output(given, t, d);
}

static void a_stack_for_its_weights(Case *given)
{
    static const char *const NAMES[] = {"first block", "second block", "third block"};
    a_stack(given);
    bool of_self = given->index % 2 == 1;
    case_number(given, "of self-attentions", of_self);
    if (of_self)
        case_note(given, "three blocks of a self-attention alone, norm in front; two heads, w_q, "
                         "w_k and w_v side by side");
    size_t t = given->inputs[0].rows;
    for (size_t b = 0; b < BLOCKS; b++)
        case_part(given, NAMES[b], HEADS * t);
    case_output(given, BLOCKS * HEADS * t, t);
    given->out_name = of_self ? "weights.self" : "weights.cross";
}

static bool is_of_self(const Case *given)
{
    return given->number_count > OF_SELF && given->numbers[OF_SELF] != 0;
}

static Status run_stack(const Case *given, DecoderWeights weights, Matrix out)
{
    DecoderBlock blocks[BLOCKS];
    for (size_t b = 0; b < BLOCKS; b++) {
        MultiHeadLayer layer = layer_of(given->inputs[2 + 2 * b], given->inputs[3 + 2 * b]);
        blocks[b] = (DecoderBlock){
            .norm_1 = {.epsilon = 0.1F}, .norm_2 = {.epsilon = 0.1F}, .norm_place = NORM_PRE};
        *(is_of_self(given) ? &blocks[b].self_attention : &blocks[b].cross_attention) = layer;
    }
    Decoder stack = {blocks, BLOCKS, given->numbers[HAS_NORM] != 0, norm_of(given, 0)};
    return decoder(given->inputs[0], memory_of(given), &stack, weights, out);
}

static Status call_stack(const Case *given, Matrix out)
{
    return run_stack(given, NO_WEIGHTS, out);
}

static Status call_stack_for_weights(const Case *given, Matrix out)
{
    float numbers[MOST_WEIGHTS];
    Matrix x = given->inputs[0];
    DecoderWeights weights = NO_WEIGHTS;
    *(is_of_self(given) ? &weights.self : &weights.cross) = out;
    return run_stack(given, weights, matrix_view(numbers, x.rows, x.cols));
}

static void a_stack_that_does_not_fit(Case *given)
{
    static const char *const STORIES[] = {"there is no memory", "out has a column too few",
                                          "the last norm has a gain with a column too few"};
    a_stack(given);
    given->shapes_only = true;
    given->numbers[HAS_NORM] = 1;
    if (given->index == 0)
        hide_memory(given);
    given->out_cols -= given->index == 1;
    given->inputs[given->input_count - 1].cols -= given->index == 2;
    case_note(given, "%s", STORIES[given->index]);
}

/* --- greedy_word ----------------------------------------------------------------------------- */

static const float ODD_LOGITS[][4] = {{1, 3, 2, 0},       {-3, -1, -2, -4},
                                      {-1, -9, -2, -4},   {2, 1, 2, 0},
                                      {-3, -1, -2, -1},   {-INFINITY, -INFINITY, -1e30F, -INFINITY},
                                      {NAN, -5, NAN, -4}, {NAN, NAN, NAN, NAN}};

static void some_logits(Case *given)
{
    size_t i = given->index, words = i < ROWS(ODD_LOGITS) ? 4 : 4 + i % 5;
    Matrix logits = case_input(given, "logits", 1, words);
    if (i < ROWS(ODD_LOGITS))
        memcpy(logits.data, ODD_LOGITS[i], sizeof ODD_LOGITS[i]);
    case_output(given, 1, 1);
}

static Status call_greedy(const Case *given, Matrix out)
{
    put_number(out, 0, (double)greedy_word(given->inputs[0]));
    return STATUS_OK;
}

/* --- word_probabilities ---------------------------------------------------------------------- */

enum { TEMPERATURE, TOP_K };

static void a_choice_of(Case *given, double temperature, size_t top_k)
{
    size_t words = 4 + given->index % 3;
    Matrix logits = case_input(given, "logits", 1, words);
    for (size_t w = 0; given->index == 0 && w < words; w++)
        logits.data[w] = (float)((w + 1) % words);
    case_number(given, "temperature", temperature);
    case_number(given, "top_k", (double)top_k);
    case_output(given, 1, words);
    given->out_name = "probabilities";
}

static void some_temperatures(Case *given)
{
    static const double TEMPERATURES[] = {2, 0.5, 1, 3};
    a_choice_of(given, TEMPERATURES[given->index % 4], 0);
}

static void some_top_k(Case *given)
{
    static const size_t TOP_K_OF[] = {2, 1, 3, 2, 4, 99, 2, 3};
    size_t i = given->index;
    a_choice_of(given, i < 4 ? 1 : 2, TOP_K_OF[i]);
    if (i == 3 || i == 7) /* of equal ones the first are kept */
        given->inputs[0].data[1] = given->inputs[0].data[2] = given->inputs[0].data[3] = 0.5F;
}

static Status call_probabilities(const Case *given, Matrix out)
{
    Sampling sampling = {(float)given->numbers[TEMPERATURE], case_size(given, TOP_K)};
    return word_probabilities(given->inputs[0], &sampling, out);
}

static Status call_probabilities_in_place(const Case *given, Matrix out)
{
    return in_place(call_probabilities, given, out);
}

static void no_choice(Case *given)
{
    static const double TEMPERATURES[] = {-1, NAN, INFINITY, -INFINITY, 0, 1};
    a_choice_of(given, TEMPERATURES[given->index], 2);
    case_note(given, "%s",
              given->index < 5 ? "a temperature must be above 0 and finite"
                               : "probabilities is a column too narrow");
    given->out_cols -= given->index == 5;
}

/* --- draw_word ------------------------------------------------------------------------------- */

enum { DRAWS = 8 };

static void a_line(Case *given)
{
    /* Quarters and halves: their sums are exact. */
    static const float LINES[][5] = {{0.25F, 0.5F, 0.25F},
                                     {0.5F, 0.125F, 0.375F},
                                     {0.125F, 0.25F, 0.125F, 0.5F},
                                     {0, 0.25F, 0.5F, 0, 0.25F},
                                     {0.5F, 0, 0.25F, 0.25F, 0},
                                     {0.25F, 0.25F, 0},
                                     {0, 0, 0}};
    size_t i = given->index, words = i == 2 ? 4 : i == 3 || i == 4 ? 5 : 3;
    Matrix p = case_input(given, "probabilities", 1, words);
    memcpy(p.data, LINES[i], words * sizeof *p.data);
    Matrix u = case_input(given, "u", 1, DRAWS);
    for (size_t n = 0; n < DRAWS; n++)
        u.data[n] = (float)n / (float)DRAWS;
    case_note(given, "below, the word that is drawn for each u%s",
              i > 4 ? "; rounding has left a gap at the end of the line" : "");
    case_output(given, 1, DRAWS);
}

static Status call_draw(const Case *given, Matrix out)
{
    for (size_t n = 0; n < out.cols; n++)
        put_number(out, n, (double)draw_word(given->inputs[0], given->inputs[1].data[n]));
    return STATUS_OK;
}

/* --- choose_word ----------------------------------------------------------------------------- */

enum { CHOICES = 12 };

static void some_choices(Case *given)
{
    static const double TEMPERATURES[] = {1, 0, 4, 0.5, 2, 0};
    size_t i = given->index;
    a_choice_of(given, TEMPERATURES[i], i % 3 == 2 ? 3 : 0);
    case_note(given, "below, twelve words in a row, with the generator of seed 77; at last the "
                     "generator's next number");
    case_output(given, 1, CHOICES + 1);
}

static void no_word(Case *given)
{
    no_choice(given);
    case_note(given, "a temperature must be above 0 and finite; only 0 itself chooses greedily");
    case_output(given, 1, CHOICES + 1);
}

static Status call_choose(const Case *given, Matrix out)
{
    Random random = {77};
    Sampling sampling = {(float)given->numbers[TEMPERATURE], case_size(given, TOP_K)};
    size_t words[CHOICES] = {0};
    Status status = STATUS_OK;
    for (size_t n = 0; n < CHOICES; n++)
        TRY(choose_word(given->inputs[0], &sampling, &random, &words[n]));
    for (size_t n = 0; n < CHOICES; n++)
        put_number(out, n, (double)words[n]);
    put_number(out, CHOICES, random_uniform(&random));
done:
    return status;
}

/* --- decoder_cache_create and decoder_cache_free --------------------------------------------- */

enum { LIMIT = 5 };

static bool is_empty(const DecoderCache *cache)
{
    return cache->blocks == NULL && cache->block_count == 0 && cache->count == 0 &&
           cache->limit == 0 && cache->padding == 0;
}

/* What is in the cache before the call must not matter. */
static Status create(const Decoder *stack, Memory memory, DecoderCache *cache)
{
    *cache = (DecoderCache){.count = 99, .limit = 99, .padding = 99};
    Status status = decoder_cache_create(stack, memory, LIMIT, cache);
    if (status == STATUS_OK || is_empty(cache))
        return status;
    remark("the cache is not all zeros after a call that failed");
    *cache = (DecoderCache){.blocks = NULL};
    return status;
}

/* In these cases only b_k is there, or only b_v. */
enum { B_K_ALONE = 3, B_V_ALONE };

static void a_memory(Case *given)
{
    size_t i = given->index, s = 2 + i % 3, d = 2 + (i + 1) % 3;
    given->as_views = i == 5;
    case_input(given, "memory.x", s, d);
    a_layer(given, "cross", "cross_w_o", d);
    if (i < 6)
        case_input(given, "biases", 1, QKV);
    case_note(given,
              "w_q, w_k and w_v stand side by side, %s; below, memory_k and memory_v side "
              "by side",
              i == B_K_ALONE   ? "and their biases too, of which only b_k is used"
              : i == B_V_ALONE ? "and their biases too, of which only b_v is used"
              : i < 6          ? "and their biases too"
                               : "without biases");
    case_output(given, s, KEYS + VALUES);
}

static Status call_for_kept_memory(const Case *given, Matrix out)
{
    MultiHeadLayer layer = layer_of(case_named(given, "cross"), case_named(given, "cross_w_o"));
    if (given->index < 6)
        set_biases(row_of(case_named(given, "biases"), 0), &layer);
    if (given->index == B_K_ALONE || given->index == B_V_ALONE)
        leave_bias(given->index - B_K_ALONE + 1, &layer);
    DecoderBlock block = {.cross_attention = layer};
    Matrix keys = {out.data, out.rows, KEYS, out.stride},
           values = {out.data + KEYS, out.rows, VALUES, out.stride};
    DecoderCache cache = {.blocks = NULL};
    Status status = create(&(Decoder){.blocks = &block, .count = 1}, memory_of(given), &cache);
    if (status == STATUS_OK) {
        put_matrix("memory_k", cache.blocks[0].memory_k, 0, out.rows, keys);
        put_matrix("memory_v", cache.blocks[0].memory_v, 0, out.rows, values);
    }
    decoder_cache_free(&cache);
    return status;
}

static void an_empty_cache(Case *given)
{
    size_t i = given->index;
    a_block_of(given, i == 1 ? SELF : SELF | CROSS, 2, 3);
    given->shapes_only = true;
    given->inputs[1].cols -= i == 3;
    given->inputs[1].rows -= i == 4 ? 3 : i == 5 ? 2 : 0;
    if (i == 2)
        hide_memory(given);
    case_note(given,
              "%s; limit 5, padding %d; below: block_count, count, limit, padding, then rows "
              "and columns of k and of v",
              i == 0   ? "both attentions"
              : i == 1 ? "no cross-attention, and no memory"
              : i == 2 ? "a cross-attention, but no memory"
              : i == 3 ? "the memory has a column too few"
              : i == 4 ? "the memory has no rows, but one of them is padding"
                       : "the memory is nothing but padding",
              i == 2 ? 0 : 1);
    case_output(given, 1, 8);
}

static Status call_create(const Case *given, Matrix out)
{
    DecoderBlock blocks[2] = {block_of(given), block_of(given)};
    Memory memory = {case_named(given, "memory.x"), given->index == 2 ? 0 : 1};
    DecoderCache cache = {.blocks = NULL};
    Status status = create(&(Decoder){.blocks = blocks, .count = 2}, memory, &cache);
    if (status != STATUS_OK)
        return status;
    Matrix k = cache.blocks[1].k, v = cache.blocks[1].v;
    const size_t numbers[] = {
        cache.block_count, cache.count, cache.limit, cache.padding, k.rows, k.cols, v.rows, v.cols};
    for (size_t n = 0; n < ROWS(numbers); n++)
        put_number(out, n, (double)numbers[n]);
    decoder_cache_free(&cache);
    return STATUS_OK;
}

static void a_cache_to_free(Case *given)
{
    case_note(given, "%s; below, 1 if it is all zeros afterwards",
              given->index == 0 ? "a cache of all zeros" : "a cache of two blocks");
    case_output(given, 1, 1);
}

static Status call_cache_free(const Case *given, Matrix out)
{
    DecoderCache cache = {.blocks = NULL};
    DecoderBlock blocks[2] = {{.norm_place = NORM_PRE}, {.norm_place = NORM_PRE}};
    Status status = STATUS_OK;
    if (given->index > 0)
        TRY(create(&(Decoder){.blocks = blocks, .count = 2}, (Memory){NO_MATRIX, 0}, &cache));
    decoder_cache_free(&cache);
    put_number(out, 0, is_empty(&cache));
done:
    return status;
}

/* --- decoder_step ---------------------------------------------------------------------------- */

enum { STEP_PRE, PAST };
enum { UNBIASED = 12, ONE_BIAS = 16 }; /* cases before those with biases, and with one of three */

static void a_portion(Case *given)
{
    size_t i = given->index, past = 1 + i % 3, fresh = i == 0 ? 1 : 1 + (i + i / 3) % 2;
    a_block_of(given, SELF, past + fresh, 0);
    case_number(given, "words before", (double)past);
    if (i >= UNBIASED)
        case_input(given, BIASES, 1, QKV + given->inputs[0].cols);
    case_note(given,
              "a self-attention alone, two heads%s; below, the rows of the new words; those "
              "before were run one by one",
              i < ONE_BIAS ? "" : "; of b_q, b_k and b_v one is used, the others are NO_MATRIX");
    case_output(given, fresh, given->inputs[0].cols);
}

/* Rows of x in one call. A call that fails must not count them. */
static Status step(Matrix x, size_t first, size_t count, const Decoder *stack, DecoderCache *cache,
                   Matrix out)
{
    size_t before = cache->count;
    Matrix rows;
    Status status = STATUS_OK;
    TRY(matrix_rows(x, first, count, &rows));
    status = decoder_step(rows, stack, cache, out);
    size_t expected = status == STATUS_OK ? before + count : before;
    if (cache->count != expected)
        remark("cache->count is %zu after %zu new words, expected %zu: it was %zu, and %s",
               cache->count, count, expected, before,
               status == STATUS_OK ? "all of them are kept" : "the call failed");
    cache->count = expected; /* told once */
done:
    return status;
}

static Status call_step(const Case *given, Matrix out)
{
    float numbers[MOST_WEIGHTS];
    DecoderBlock block = block_of(given);
    if (given->index >= ONE_BIAS)
        leave_bias(given->index - ONE_BIAS, &block.self_attention);
    Decoder stack = {.blocks = &block, .count = 1};
    DecoderCache cache = {.blocks = NULL};
    size_t past = case_size(given, PAST);
    Status status = STATUS_OK;
    TRY(create(&stack, (Memory){NO_MATRIX, 0}, &cache));
    for (size_t t = 0; t < past; t++)
        TRY(step(given->inputs[0], t, 1, &stack, &cache, matrix_view(numbers, 1, out.cols)));
    TRY(step(given->inputs[0], past, out.rows, &stack, &cache, out));
done:
    decoder_cache_free(&cache);
    return status;
}

/* Words in each call. */
static const size_t PORTIONS[][4] = {{1, 1}, {1, 2}, {2, 1, 1}, {1, 1, 1, 1}, {4}, {1, 0, 2, 1}};

static size_t blocks_in(const Case *given)
{
    return given->index < 3 ? 1 : 2;
}

static void some_portions(Case *given)
{
    size_t t = 0;
    for (size_t n = 0; n < 4; n++)
        t += PORTIONS[given->index][n];
    a_block_of(given, given->index == 4 ? CROSS | NETWORK | NORMS : ALL, t, 3);
    if (given->index % 3 == 2)
        case_input(given, BIASES, 2, QKV + given->inputs[0].cols);
    case_number(given, "memory.padding", (double)(given->index % 2));
    case_note(given,
              "words in each call: %zu %zu %zu %zu; %zu equal blocks%s; the last norm is norm_1; "
              "below, how many numbers are not those of decoder() with all words at once, to the "
              "bit",
              PORTIONS[given->index][0], PORTIONS[given->index][1], PORTIONS[given->index][2],
              PORTIONS[given->index][3], blocks_in(given),
              given->index == 4 ? " without self-attention" : "");
    case_output(given, 1, 1);
}

static Status run_portions(const Case *given, const Decoder *stack, DecoderCache *cache, Matrix out)
{
    size_t first = 0;
    Matrix rows;
    Status status = STATUS_OK;
    for (size_t n = 0; n < 4; n++) {
        size_t count = PORTIONS[given->index][n];
        TRY(matrix_rows(out, first, count, &rows));
        TRY(step(given->inputs[0], first, count, stack, cache, rows));
        first += count;
    }
done:
    return status;
}

static Status call_portions(const Case *given, Matrix out)
{
    float numbers[2][MOST_WEIGHTS];
    Matrix x = given->inputs[0], whole = matrix_view(numbers[0], x.rows, x.cols),
           stepped = matrix_view(numbers[1], x.rows, x.cols);
    DecoderBlock blocks[] = {block_of(given), block_of(given)};
    Decoder stack = {blocks, blocks_in(given), true, norm_of(given, 0)};
    Memory memory = {case_named(given, "memory.x"), case_size(given, PAST)};
    DecoderCache cache = {.blocks = NULL};
    size_t different = 0;
    Status status = STATUS_OK;
    TRY(create(&stack, memory, &cache));
    TRY(decoder(x, memory, &stack, NO_WEIGHTS, whole));
    TRY(run_portions(given, &stack, &cache, stepped));
    for (size_t i = 0; i < x.rows * x.cols; i++)
        different += !(whole.data[i] == stepped.data[i]);
    put_number(out, 0, (double)different);
done:
    decoder_cache_free(&cache);
    return status;
}

static void a_cache_without_room(Case *given)
{
    static const char *const STORIES[] = {"a cache of 5 words gets 6",
                                          "the cache is that of a decoder of 2 blocks",
                                          "out has a row too few", "x has a column too few",
                                          "a cache of 5 words gets 5, for which there is room"};
    static const size_t WORDS[] = {LIMIT + 1, 2, 2, 2, LIMIT};
    a_block_of(given, SELF, WORDS[given->index], 0);
    given->shapes_only = true;
    given->inputs[0].cols -= given->index == 3;
    given->out_rows -= given->index == 2;
    given->out_cols -= given->index == 3;
    case_note(given, "%s", STORIES[given->index]);
}

static Status call_step_without_room(const Case *given, Matrix out)
{
    DecoderBlock blocks[2] = {block_of(given), block_of(given)};
    Decoder stack = {.blocks = blocks, .count = 1}, other = {.blocks = blocks, .count = 2};
    DecoderCache cache = {.blocks = NULL};
    Status status = STATUS_OK;
    TRY(create(given->index == 1 ? &other : &stack, (Memory){NO_MATRIX, 0}, &cache));
    TRY(step(given->inputs[0], 0, given->inputs[0].rows, &stack, &cache, out));
done:
    decoder_cache_free(&cache);
    return status;
}

/* --- next_word_logits ------------------------------------------------------------------------ */

enum { KNOWN = 0 };

static void a_text_to_continue(Case *given)
{
    size_t i = given->index, count = 3 + i % 3, vocabulary = 4 + i % 3, d = 2 + i % 3;
    given->as_views = i == 7;
    Matrix text = some_words(given, "words", count, vocabulary);
    for (size_t t = 0; t < count; t++)
        text.data[t] = (float)((t + i) % vocabulary);
    case_input(given, "embedding.words", vocabulary, d);
    case_input(given, "embedding.positions", count + 1, d);
    case_number(given, "words in the cache", (double)(i % 3));
    case_note(given, "a decoder without blocks, so that the last word and its position decide");
    case_output(given, 1, vocabulary);
    given->out_name = "logits";
}

static const char *const NO_TEXTS[] = {"the cache knows all words", "the text has no word",
                                       "logits has a column too few",
                                       "the last word is not in the table"};

static void a_text_without_a_new_word(Case *given)
{
    size_t i = given->index;
    a_text_to_continue(given);
    given->numbers[KNOWN] = i == 0 ? (double)given->inputs[0].cols : 0;
    given->inputs[0].cols = i == 1 ? 0 : given->inputs[0].cols;
    given->out_cols -= i == 2;
    if (i == 3)
        given->inputs[0].data[given->inputs[0].cols - 1] = 99;
    case_note(given, "%s", NO_TEXTS[i]);
}

static LanguageModel plain_model(const Case *given)
{
    return (LanguageModel){.embedding = {given->inputs[1], given->inputs[2]},
                           .decoder = {.count = 0}};
}

static Status call_next(const Case *given, Matrix out)
{
    size_t words[MOST_WORDS], known = case_size(given, KNOWN);
    float numbers[8];
    Matrix logits = matrix_view(numbers, 1, given->inputs[1].rows);
    LanguageModel model = plain_model(given);
    Memory none = {NO_MATRIX, 0};
    DecoderCache cache = {.blocks = NULL};
    words_of(given, words);
    Text text = {words, known, MOST_WORDS, 99};
    Status status = STATUS_OK;
    TRY(create(&model.decoder, none, &cache));
    if (known > 0)
        TRY(next_word_logits(&model, none, &text, &cache, logits));
    text.count = given->inputs[0].cols;
    TRY(next_word_logits(&model, none, &text, known > 0 ? &cache : NULL, out));
done:
    decoder_cache_free(&cache);
    return status;
}

/* --- generate -------------------------------------------------------------------------------- */

enum { STOP, ROOM, BY_CHANCE, CACHED };

static void a_text_up_to(Case *given, bool stops)
{
    size_t i = given->index, vocabulary = 5 + i % 3, prompt = 1 + i % 2;
    Matrix text = some_words(given, "prompt", 1 + i % 2, vocabulary);
    for (size_t t = 0; t < prompt; t++)
        text.data[t] = (float)((t + i) % vocabulary);
    case_input(given, "embedding.words", vocabulary, 4);
    case_input(given, "embedding.positions", LIMIT, 4);
    case_number(given, "stop", stops ? (double)((i + 1) % vocabulary) : 99);
    case_number(given, "limit", i == 7 ? (double)prompt : (double)(LIMIT - i % 2));
    case_number(given, "temperature", i % 4 == 3 ? 2 : 0);
    case_number(given, "with a cache", (double)(i % 2));
    case_note(given, "a decoder without blocks, a generator of seed 7; below, the whole text, -1 "
                     "where nothing is written");
    case_output(given, 1, LIMIT + 1);
}

static void a_text_to_write(Case *given)
{
    a_text_up_to(given, false);
}

static void a_text_to_end(Case *given)
{
    a_text_up_to(given, true);
}

static Status call_generate(const Case *given, Matrix out)
{
    size_t words[MOST_WORDS];
    for (size_t t = 0; t < MOST_WORDS; t++)
        words[t] = 77; /* what stands after the text must not matter */
    LanguageModel model = plain_model(given);
    Memory none = {NO_MATRIX, 0};
    Random random = {7};
    Sampling sampling = {(float)given->numbers[BY_CHANCE], 0};
    DecoderCache cache = {.blocks = NULL};
    words_of(given, words);
    Text text = {words, given->inputs[0].cols, case_size(given, ROOM), case_size(given, STOP)};
    Status status = STATUS_OK;
    TRY(create(&model.decoder, none, &cache));
    TRY(generate(&model, none, &sampling, &random, given->numbers[CACHED] != 0 ? &cache : NULL,
                 &text));
    for (size_t t = 0; t < out.cols; t++)
        put_number(out, t, t < text.count ? (double)words[t] : -1);
done:
    decoder_cache_free(&cache);
    return status;
}

/* --- keep_nucleus ---------------------------------------------------------------------------- */

static void a_nucleus_of(Case *given, const float *p, size_t words, double least)
{
    memcpy(case_input(given, "probabilities", 1, words).data, p, words * sizeof *p);
    case_number(given, "p", least);
    case_output(given, 1, words);
    given->out_name = "kept";
}

static void some_nuclei(Case *given)
{
    /* Parts of two: their sums are exact. */
    static const float LINES[][5] = {{0.125F, 0.5F, 0.125F, 0.25F},
                                     {0.25F, 0.125F, 0.5F, 0.0625F, 0.0625F},
                                     {0.25F, 0.25F, 0.25F, 0.25F}};
    static const double LEAST[] = {0.625, 0.75, 0.5, 0.25, 1, 0.375, 0.8125, 0.5625, 0.9};
    size_t i = given->index;
    a_nucleus_of(given, LINES[i % 3], i % 3 == 1 ? 5 : 4, LEAST[i]);
}

static Status call_nucleus(const Case *given, Matrix out)
{
    return keep_nucleus(given->inputs[0], (float)given->numbers[0], out);
}

static Status call_nucleus_in_place(const Case *given, Matrix out)
{
    return in_place(call_nucleus, given, out);
}

static void no_nucleus(Case *given)
{
    static const double LEAST[] = {0, -1, 1.5, NAN, 0.5};
    a_nucleus_of(given, (const float[]){0.25F, 0.5F, 0.25F}, 3, LEAST[given->index]);
    case_note(given, "%s",
              given->index < 4 ? "p must be above 0 and at most 1" : "kept is a column too narrow");
    given->out_cols -= given->index == 4;
}

/* --- beam_search ----------------------------------------------------------------------------- */

enum { BEAMS = 2 };

static void a_search(Case *given, double beams, size_t stop)
{
    size_t i = given->index, vocabulary = 3 + i % 3;
    some_words(given, "prompt", 1 + i % 2, vocabulary);
    case_input(given, "embedding.words", vocabulary, 2);
    case_input(given, "embedding.positions", LIMIT, 2);
    case_number(given, "stop", (double)stop);
    case_number(given, "limit", (double)(i == 0 ? 3 : LIMIT - i % 2));
    case_number(given, "beams", beams);
    case_note(given,
              "a decoder without blocks; below, the whole text, -1 where nothing is written");
    case_output(given, 1, LIMIT + 1);
}

static void a_beam(Case *given)
{
    a_search(given, (double)(given->index == 5 ? 1 : 2 + given->index % 3), 99);
}

/* In the last cases the prompt ends with the stop word. */
static void a_beam_that_ends(Case *given)
{
    size_t i = given->index, stop = i % 3;
    a_search(given, i == 7 ? 99 : (double)(2 + i % 2), stop);
    given->inputs[0].data[i % 2] = (float)(i < 27 ? (stop + 1) % 3 : stop);
}

static const char *const NO_BEAMS[] = {"a beam of no texts", "the prompt is not in the table",
                                       "the text is as long as it may be"};

static void no_beam(Case *given)
{
    size_t i = given->index;
    a_search(given, i == 0 ? 0 : 2, 99);
    if (i == 1)
        given->inputs[0].data[0] = 99;
    if (i == 2)
        given->numbers[ROOM] = 1;
    case_note(given, "%s", NO_BEAMS[i]);
}

static Status call_search(const Case *given, Matrix out)
{
    size_t words[MOST_WORDS];
    for (size_t t = 0; t < MOST_WORDS; t++)
        words[t] = 77; /* what stands behind the text must not matter */
    LanguageModel model = plain_model(given);
    words_of(given, words);
    Text text = {words, given->inputs[0].cols, case_size(given, ROOM), case_size(given, STOP)};
    Status status = STATUS_OK;
    TRY(beam_search(&model, (Memory){NO_MATRIX, 0}, case_size(given, BEAMS), &text));
    for (size_t t = 0; t < out.cols; t++)
        put_number(out, t, t < text.count ? (double)words[t] : -1);
done:
    return status;
}

/* --- The table ------------------------------------------------------------------------------- */

const Check CHECKS[] = {
    {"words_become_rows", "embed", "give each word its row, times the root of d_model", 8,
     words_alone, call_embed},
    {"words_have_places", "embed", "add each word's position, from `first` on", 8,
     words_in_their_places, call_embed},
    {"places_without_a_table_are_waves", "embed",
     "add chapter 6's waves if there is no table of positions", 8, words_in_waves, call_embed},
    {"words_that_are_not_there_are_refused", "embed",
     "refuse words, positions and shapes that do not fit", ROWS(NO_WORDS), words_that_are_not_there,
     call_embed},
    {"rows_become_logits", "vocabulary_logits", "compare each row with the row of each word",
     FITTING + ROWS(NO_ROWS), some_rows, call_logits},
    {"the_target_asks_and_the_memory_answers", "cross_attention",
     "let the target ask and the memory answer", 8, two_sequences, call_cross},
    {"padding_is_not_heard", "cross_attention", "block the padding at the end of the memory", 8,
     a_padded_memory, call_cross},
    {"a_memory_that_does_not_fit_is_refused", "cross_attention",
     "refuse a memory that is not there or does not fit", ROWS(NO_MEMORIES),
     a_memory_that_does_not_fit, call_cross},
    {"a_block_looks_at_the_target", "decoder_block",
     "let the target look at itself, causally, with its norm and its residual path", 8,
     a_self_attention, call_block},
    {"a_block_looks_at_the_memory", "decoder_block",
     "let the target look at the memory, with its norm and its residual path", 8, a_cross_attention,
     call_block},
    {"a_block_thinks", "decoder_block",
     "run the feed-forward network, with its norm and its residual path", 8, a_network, call_block},
    {"a_block_has_three_steps", "decoder_block", "take the three steps one after the other", 10,
     some_block, call_block},
    {"a_block_gives_the_weights_of_both_attentions", "decoder_block",
     "give the weights of both attentions, where they are wanted", 8, a_block_for_its_weights,
     call_block_for_weights},
    {"a_block_may_work_in_place", "decoder_block", "work when out is x itself", 8, a_block,
     call_block_in_place},
    {"a_block_that_does_not_fit_is_refused", "decoder_block", "refuse what does not fit",
     ROWS(NO_BLOCKS), a_block_that_does_not_fit, call_block_that_does_not_fit},
    {"blocks_follow_each_other", "decoder",
     "run block after block, all with the same memory, and the last norm", 9, a_stack, call_stack},
    {"each_block_has_weights_of_its_own", "decoder",
     "put each block's weights below those of the block before", 8, a_stack_for_its_weights,
     call_stack_for_weights},
    {"a_decoder_that_does_not_fit_is_refused", "decoder", "refuse what does not fit", 3,
     a_stack_that_does_not_fit, call_stack},
    {"the_greatest_logit_wins", "greedy_word", "find the first of the greatest logits", 12,
     some_logits, call_greedy},
    {"logits_become_probabilities", "word_probabilities",
     "make probabilities of the logits at a temperature", 8, some_temperatures, call_probabilities},
    {"only_the_k_best_words_are_kept", "word_probabilities",
     "keep the top_k greatest logits, and no other", 8, some_top_k, call_probabilities},
    {"probabilities_may_take_the_place_of_the_logits", "word_probabilities",
     "work when probabilities is logits itself", 8, some_top_k, call_probabilities_in_place},
    {"no_choice_is_made_without_a_temperature", "word_probabilities",
     "refuse a temperature or a shape that does not fit", 6, no_choice, call_probabilities},
    {"a_word_is_drawn_where_u_falls", "draw_word", "find the word on which u falls", 7, a_line,
     call_draw},
    {"a_word_is_chosen", "choose_word", "choose greedily at temperature 0, and else by one draw", 6,
     some_choices, call_choose},
    {"no_word_is_chosen_without_a_temperature", "choose_word",
     "refuse what word_probabilities refuses", 4, no_word, call_choose},
    {"a_cache_is_freed", "decoder_cache_free", "free the cache and make it all zeros", 2,
     a_cache_to_free, call_cache_free},
    {"a_cache_begins_empty", "decoder_cache_create",
     "make space for `limit` words in each block; refuse a memory that does not fit", 6,
     an_empty_cache, call_create},
    {"a_cache_knows_the_memory", "decoder_cache_create",
     "compute the memory's keys and values, once", 7, a_memory, call_for_kept_memory},
    {"new_words_look_at_what_is_kept", "decoder_step",
     "compute the new words only, with the keys and values of all before", ONE_BIAS + 3, a_portion,
     call_step},
    {"a_cache_changes_no_bit", "decoder_step", "give what decoder() gives, to the bit",
     ROWS(PORTIONS), some_portions, call_portions},
    {"a_cache_without_room_refuses", "decoder_step",
     "refuse what does not fit, and keep what was kept", 5, a_cache_without_room,
     call_step_without_room},
    {"the_last_row_says_what_follows", "next_word_logits",
     "compute the logits of the word after the last", 8, a_text_to_continue, call_next},
    {"a_text_without_a_new_word_is_refused", "next_word_logits",
     "refuse a text without a new word, and what does not fit", ROWS(NO_TEXTS),
     a_text_without_a_new_word, call_next},
    {"word_follows_word", "generate", "write word after word, up to the limit", 12, a_text_to_write,
     call_generate},
    {"a_text_ends_with_its_stop_word", "generate", "write the stop word, and stop", 12,
     a_text_to_end, call_generate},
    {"the_nucleus_is_kept", "keep_nucleus", "keep the fewest words that have p together", 9,
     some_nuclei, call_nucleus},
    {"a_nucleus_may_take_the_place_of_the_probabilities", "keep_nucleus",
     "work when kept is probabilities itself", 3, some_nuclei, call_nucleus_in_place},
    {"no_nucleus_is_kept_without_a_share", "keep_nucleus", "refuse what does not fit", 5,
     no_nucleus, call_nucleus},
    {"a_beam_finds_a_likely_text", "beam_search", "write the best text that the beam finds", 24,
     a_beam, call_search},
    {"a_beam_compares_texts_of_different_lengths", "beam_search",
     "let texts that have ended compete as they are", 30, a_beam_that_ends, call_search},
    {"a_search_without_a_beam_is_refused", "beam_search", "refuse what does not fit",
     ROWS(NO_BEAMS), no_beam, call_search},
};
const size_t CHECK_COUNT = ROWS(CHECKS);
