/* Chapter 9, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "encoder_decoder.h"
#include "oracle.h"
#include "positional_encoding.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char WORDS[] = "lesson 9, \"From words to rows, and back\"";
static const char CROSS[] = "lesson 9, \"The decoder asks, the encoder answers\"";
static const char BLOCK[] = "lesson 9, \"The code, in five steps\"";
static const char CHANCE[] = "lesson 9, \"Which word?\"";
static const char CACHE[] = "lesson 9, \"Nothing is computed twice\"";
static const char BREAK[] = "lesson 9, \"Break it\"";

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const Memory NO_MEMORY = {{NULL, 0, 0, 0}, 0};

static void put(Table from, Matrix out)
{
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = (float)from.data[i];
}

/* --- embed -------------------------------------------------------------------------------------
 */

enum { E_TEXT, E_WORDS, E_POSITIONS };

/* Words as a row of numbers, and the two tables. */
static void a_text(Case *given)
{
    size_t i = given->index, count = 2 + i % 3, vocabulary = 3 + i % 4, d = 3 + i % 3;
    Matrix text = case_input(given, "words", 1, count);
    for (size_t t = 0; t < count; t++)
        text.data[t] = (float)random_between(&given->random, 0, vocabulary - 1);
    case_input(given, "embedding.words", vocabulary, d);
    case_input(given, "embedding.positions", count + 3, d);
    case_number(given, "first", (double)(i % 3));
    case_output(given, count, d);
}

static void numbers_of(Matrix text, size_t *words)
{
    for (size_t t = 0; t < text.cols; t++)
        words[t] = (size_t)text.data[t];
}

static void call_embed(const Case *given, Matrix out)
{
    size_t words[8];
    numbers_of(given->inputs[E_TEXT], words);
    Embedding embedding = {given->inputs[E_WORDS], given->inputs[E_POSITIONS]};
    assert_ok(embed(words, out.rows, (size_t)given->numbers[0], &embedding, out));
}

/* word_factor E + position_factor P, from this position on. */
static void embedded(const Case *given, double words, double positions, double first, Matrix out)
{
    for (size_t t = 0; t < out.rows; t++)
        for (size_t c = 0; c < out.cols; c++) {
            size_t word = (size_t)given->inputs[E_TEXT].data[t];
            out.data[t * out.cols + c] =
                (float)(words * matrix_row(given->inputs[E_WORDS], word)[c] +
                        positions * matrix_row(given->inputs[E_POSITIONS], (size_t)first + t)[c]);
        }
}

#define EMBEDDED(name, words, positions, first)                                                    \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        double d = (double)out.cols, root = sqrt(d), at = given->numbers[0];                       \
        double text = sqrt((double)given->inputs[E_TEXT].cols);                                    \
        double rows = sqrt((double)given->inputs[E_WORDS].rows);                                   \
        (void)d, (void)root, (void)at, (void)text, (void)rows;                                     \
        embedded(given, words, positions, first, out);                                             \
    }

EMBEDDED(embed_right, root, 1, at)
EMBEDDED(embed_unscaled, 1, 1, at)
EMBEDDED(embed_by_d, d, 1, at)
EMBEDDED(embed_divided, 1 / root, 1, at)
EMBEDDED(embed_both, root, root, at)
EMBEDDED(embed_no_position, root, 0, at)
EMBEDDED(embed_from_0, root, 1, 0)
EMBEDDED(embed_by_text, text, 1, at)
EMBEDDED(embed_by_vocabulary, rows, 1, at)

/* Chapter 6's waves, though there is a table of positions. */
static void embed_waves(const Case *given, Matrix out)
{
    Table waves = table_create(out.rows, out.cols);
    Matrix rows = matrix_view(out.data, out.rows, out.cols);
    sinusoidal_positions((size_t)given->numbers[0], rows);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        waves.data[i] = out.data[i];
    embedded(given, sqrt((double)out.cols), 0, 0, out);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] += (float)waves.data[i];
    table_free(1, waves);
}

static const Mistake EMBED_MISTAKES[] = {
    {"embedding_not_scaled",
     "the words are as small as they stand in the table: multiply them by the root of d_model, or "
     "the positions drown them",
     WORDS, embed_unscaled},
    {"scaled_by_d_model", "the words are multiplied by d_model, and it is its root that is meant",
     WORDS, embed_by_d},
    {"divided_by_the_root",
     "the words are divided by the root of d_model, as scores are by that of d_k: here one "
     "multiplies",
     WORDS, embed_divided},
    {"position_scaled_too",
     "the root was multiplied to the sum: it belongs to the word alone, and the position is added "
     "as it is",
     WORDS, embed_both},
    {"positions_forgotten", "the positions are not added: without them attention knows no order",
     WORDS, embed_no_position},
    {"root_of_the_length",
     "the words are multiplied by the root of the number of words: it is that of d_model", WORDS,
     embed_by_text},
    {"root_of_the_vocabulary",
     "the words are multiplied by the root of the vocabulary's size: it is that of d_model", WORDS,
     embed_by_vocabulary},
    {"waves_for_the_table",
     "the waves of chapter 6 were added: there is a table of positions, and they are for a model "
     "without one",
     WORDS, embed_waves},
    {"position_restarts",
     "the first word of a call stands at position 0, wherever the text has got to: it stands at "
     "`first`",
     BREAK, embed_from_0},
};
static const Step EMBED = {"embed",
                           "give each word its row, times the root of d_model, and its position",
                           9,
                           a_text,
                           call_embed,
                           embed_right,
                           EMBED_MISTAKES,
                           COUNT(EMBED_MISTAKES)};

START_TEST(words_become_rows)
{
    teach(&EMBED);
}
END_TEST

/* --- vocabulary_logits -------------------------------------------------------------------------
 */

static void some_rows(Case *given)
{
    size_t i = given->index, d = 2 + i % 3;
    case_input(given, "x", 2 + i % 3, d);
    case_input(given, "words", 3 + i % 4, d);
    case_output(given, 2 + i % 3, 3 + i % 4);
}

static void call_logits(const Case *given, Matrix out)
{
    assert_ok(vocabulary_logits(given->inputs[0], given->inputs[1], out));
}

static Table logit_table(const Case *given)
{
    Table x = table_of(given->inputs[0]), words = table_of(given->inputs[1]),
          turned = oracle_transpose(words), out = oracle_product(x, turned);
    table_free(3, x, words, turned);
    return out;
}

static void logits_right(const Case *given, Matrix out)
{
    Table logits = logit_table(given);
    put(logits, out);
    table_free(1, logits);
}

static void logits_softmaxed(const Case *given, Matrix out)
{
    Table logits = logit_table(given), p = oracle_softmax(logits, 1);
    put(p, out);
    table_free(2, logits, p);
}

static void logits_over_positions(const Case *given, Matrix out)
{
    Table logits = logit_table(given), turned = oracle_transpose(logits),
          p = oracle_softmax(turned, 1), back = oracle_transpose(p);
    put(back, out);
    table_free(4, logits, turned, p, back);
}

static void logits_scaled(const Case *given, Matrix out)
{
    logits_right(given, out);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] /= sqrtf((float)given->inputs[0].cols);
}

static const Mistake LOGITS_MISTAKES[] = {
    {"logits_softmaxed",
     "these are probabilities already: a logit is the bare dot product, and temperature and top-k "
     "come before the softmax",
     WORDS, logits_softmaxed},
    {"softmax_over_positions",
     "each column sums to one: the softmax ran over the positions, and it is the words of the "
     "vocabulary that compete",
     BREAK, logits_over_positions},
    {"logits_scaled",
     "the logits are divided by the root of d_model: the scale belongs to attention, not to the "
     "output",
     WORDS, logits_scaled},
};
static const Step LOGITS = {"vocabulary_logits",
                            "compare each row with the row of each word",
                            9,
                            some_rows,
                            call_logits,
                            logits_right,
                            LOGITS_MISTAKES,
                            COUNT(LOGITS_MISTAKES)};

START_TEST(rows_become_logits)
{
    teach(&LOGITS);
}
END_TEST

/* --- Attention in plain steps ------------------------------------------------------------------
 */

enum { HEADS = 2, D_K = 1, D_V = 3, QKV = HEADS * (2 * D_K + D_V) };

/* w_q | w_k | w_v side by side in one matrix, and w_o. */
static MultiHeadLayer layer_of(Matrix qkv, Matrix w_o)
{
    Matrix q = {qkv.data, qkv.rows, HEADS * D_K, qkv.stride};
    Matrix k = {qkv.data + HEADS * D_K, qkv.rows, HEADS * D_K, qkv.stride};
    Matrix v = {qkv.data + 2 * HEADS * D_K, qkv.rows, HEADS * D_V, qkv.stride};
    return (MultiHeadLayer){.w_q = q, .w_k = k, .w_v = v, .w_o = w_o, .heads = HEADS};
}

/* Who may attend to whom. */
typedef bool (*Sees)(size_t query, size_t key, size_t keys, double number);

static bool sees_all(size_t query, size_t key, size_t keys, double number)
{
    (void)query, (void)key, (void)keys, (void)number;
    return true;
}

static bool sees_words(size_t query, size_t key, size_t keys, double padding)
{
    (void)query;
    return (double)key + padding < (double)keys;
}

static bool sees_first_words(size_t query, size_t key, size_t keys, double padding)
{
    (void)query, (void)keys;
    return (double)key >= padding;
}

static bool sees_causally(size_t query, size_t key, size_t keys, double past)
{
    (void)keys;
    return (double)key <= (double)query + past;
}

static bool sees_causal_words(size_t query, size_t key, size_t keys, double padding)
{
    return key <= query && sees_words(query, key, keys, padding);
}

static Table projected(Table x, Matrix w, size_t head, size_t width)
{
    Table all = table_of(w), columns = oracle_columns(all, head * width, width),
          result = oracle_product(x, columns);
    table_free(2, all, columns);
    return result;
}

/* Queries from one sequence, keys from another, values from a third. */
static Table attend(Table asks, Table asked, Table heard, MultiHeadLayer layer, Sees sees,
                    double number)
{
    Table allowed = table_create(asks.rows, asked.rows),
          concat = table_create(asks.rows, HEADS * D_V), w_o = table_of(layer.w_o);
    for (size_t i = 0; i < asks.rows; i++)
        for (size_t j = 0; j < asked.rows; j++)
            allowed.data[i * asked.rows + j] = sees(i, j, asked.rows, number);
    for (size_t h = 0; h < HEADS; h++) {
        Table q = projected(asks, layer.w_q, h, D_K), k = projected(asked, layer.w_k, h, D_K),
              v = projected(heard, layer.w_v, h, D_V),
              weights = oracle_weights(q, k, 1 / sqrt((double)D_K), &allowed, NULL),
              mixed = oracle_product(weights, v);
        for (size_t i = 0; i < asks.rows; i++)
            for (size_t c = 0; c < D_V; c++)
                concat.data[i * HEADS * D_V + h * D_V + c] = mixed.data[i * D_V + c];
        table_free(5, q, k, v, weights, mixed);
    }
    Table out = oracle_product(concat, w_o);
    table_free(3, allowed, concat, w_o);
    return out;
}

/* --- cross_attention ---------------------------------------------------------------------------
 */

enum { C_X, C_MEMORY, C_QKV, C_O };

/* Both equally long, so that whoever takes one for the other gets numbers and no message. */
static void two_sequences(Case *given)
{
    size_t i = given->index, t = 3 + i % 2, d = 3 + i % 3;
    given->note = "in w: w_q, w_k and w_v side by side, two heads";
    case_input(given, "x", t, d);
    case_input(given, "memory.x", t, d);
    case_input(given, "w", d, QKV);
    case_input(given, "w_o", HEADS * D_V, d);
    case_number(given, "memory.padding", i % 3 == 1 ? 1 : 0);
    case_output(given, t, d);
}

static void call_cross(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = layer_of(in[C_QKV], in[C_O]);
    Memory memory = {in[C_MEMORY], (size_t)given->numbers[0]};
    Matrix weights;
    assert_ok(matrix_create(HEADS * out.rows, out.rows, &weights));
    assert_ok(cross_attention(in[C_X], memory, &layer, weights, out));
    matrix_free(&weights);
}

static void crossed(const Case *given, size_t asks, size_t asked, size_t heard, Sees sees,
                    Matrix out)
{
    Table q = table_of(given->inputs[asks]), k = table_of(given->inputs[asked]),
          v = table_of(given->inputs[heard]),
          made = attend(q, k, v, layer_of(given->inputs[C_QKV], given->inputs[C_O]), sees,
                        given->numbers[0]);
    put(made, out);
    table_free(4, q, k, v, made);
}

#define CROSSED(name, asks, asked, heard, sees)                                                    \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        crossed(given, asks, asked, heard, sees, out);                                             \
    }

CROSSED(cross_right, C_X, C_MEMORY, C_MEMORY, sees_words)
CROSSED(cross_itself, C_X, C_X, C_X, sees_words)
CROSSED(cross_itself_causally, C_X, C_X, C_X, sees_causal_words)
CROSSED(cross_source_alone, C_MEMORY, C_MEMORY, C_MEMORY, sees_words)
CROSSED(cross_source_asks, C_MEMORY, C_X, C_X, sees_words)
CROSSED(cross_values_of_x, C_X, C_MEMORY, C_X, sees_words)
CROSSED(cross_keys_of_x, C_X, C_X, C_MEMORY, sees_words)
CROSSED(cross_causal, C_X, C_MEMORY, C_MEMORY, sees_causal_words)
CROSSED(cross_padding_seen, C_X, C_MEMORY, C_MEMORY, sees_all)
CROSSED(cross_front_padded, C_X, C_MEMORY, C_MEMORY, sees_first_words)

static const Mistake CROSS_MISTAKES[] = {
    {"keys_and_values_from_the_decoder",
     "the target answers itself: keys and values of a cross-attention come from the memory", CROSS,
     cross_itself},
    {"keys_and_values_from_the_decoder",
     "the target answers itself: keys and values of a cross-attention come from the memory", CROSS,
     cross_itself_causally},
    {"queries_from_the_encoder",
     "the source asks itself: the queries of a cross-attention come from the target", CROSS,
     cross_source_alone},
    {"source_asks_the_target",
     "x and the memory have changed places: the target asks, and the memory answers", CROSS,
     cross_source_asks},
    {"values_from_the_decoder",
     "keys from the memory, values from the target: whoever is asked is heard", CROSS,
     cross_values_of_x},
    {"keys_from_the_decoder",
     "keys from the target, values from the memory: whoever is asked is heard", CROSS,
     cross_keys_of_x},
    {"causal_cross_attention",
     "the first words of the target do not see the end of the source: nothing is causal here, the "
     "whole source has been read",
     CROSS, cross_causal},
    {"memory_padding_ignored",
     "the filling behind the source is heard: block the last keys, memory.padding of them", BREAK,
     cross_padding_seen},
    {"memory_padding_in_front", "the first keys are blocked, but the filling stands at the end",
     BREAK, cross_front_padded},
};
static const Step CROSSING = {"cross_attention",
                              "let the target ask and the memory answer",
                              9,
                              two_sequences,
                              call_cross,
                              cross_right,
                              CROSS_MISTAKES,
                              COUNT(CROSS_MISTAKES)};

START_TEST(the_target_asks_and_the_memory_answers)
{
    teach(&CROSSING);
}
END_TEST

/* --- decoder_block -----------------------------------------------------------------------------
 */

enum { B_X, B_MEMORY, B_SELF, B_SELF_O, B_CROSS, B_CROSS_O, B_NETWORK, B_NORMS };

static void a_block(Case *given)
{
    size_t i = given->index, t = 2 + i % 3, d = 3 + i % 2;
    given->note =
        "self and cross: w_q, w_k, w_v side by side, two heads; network: w_1 and w_2 side "
        "by side, ReLU; norms: gain and shift of norm_1, of norm_2, of norm_3; epsilon 0.1";
    case_input(given, "x", t, d);
    case_input(given, "memory.x", t, d);
    case_input(given, "self", d, QKV);
    case_input(given, "self_w_o", HEADS * D_V, d);
    case_input(given, "cross", d, QKV);
    case_input(given, "cross_w_o", HEADS * D_V, d);
    case_input(given, "network", d, 2 * d);
    case_input(given, "norms", 6, d);
    case_number(given, "pre-norm", (double)(i % 2));
    case_output(given, t, d);
}

static Matrix row_of(Matrix matrix, size_t row)
{
    return matrix_view(matrix_row(matrix, row), 1, matrix.cols);
}

static LayerNorm norm_of(Matrix norms, size_t index)
{
    return (LayerNorm){row_of(norms, 2 * index), row_of(norms, 2 * index + 1), 0.1f};
}

static void call_block(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    size_t d = out.cols;
    Matrix network = in[B_NETWORK];
    DecoderBlock block = {.self_attention = layer_of(in[B_SELF], in[B_SELF_O]),
                          .cross_attention = layer_of(in[B_CROSS], in[B_CROSS_O]),
                          .feed_forward = {.w_1 = {network.data, d, d, 2 * d},
                                           .w_2 = {network.data + d, d, d, 2 * d}},
                          .norm_1 = norm_of(in[B_NORMS], 0),
                          .norm_2 = norm_of(in[B_NORMS], 1),
                          .norm_3 = norm_of(in[B_NORMS], 2),
                          .norm_place = given->numbers[0] != 0 ? NORM_PRE : NORM_POST};
    assert_ok(decoder_block(in[B_X], (Memory){in[B_MEMORY], 0}, &block, NO_WEIGHTS, out));
}

static Table normalised(Table x, LayerNorm norm)
{
    Table out = table_create(x.rows, x.cols);
    double n = (double)x.cols;
    for (size_t t = 0; t < x.rows; t++) {
        const double *from = x.data + t * x.cols;
        double mean = 0, variance = 0;
        for (size_t c = 0; c < x.cols; c++)
            mean += from[c] / n;
        for (size_t c = 0; c < x.cols; c++)
            variance += (from[c] - mean) * (from[c] - mean) / n;
        for (size_t c = 0; c < x.cols; c++)
            out.data[t * x.cols + c] =
                (from[c] - mean) / sqrt(variance + norm.epsilon) * norm.gain.data[c] +
                norm.shift.data[c];
    }
    return out;
}

static Table copy_of(Table x)
{
    Table out = table_create(x.rows, x.cols);
    memcpy(out.data, x.data, x.rows * x.cols * sizeof *x.data);
    return out;
}

/* What can be believed of a block. */
typedef struct Belief {
    bool not_causal;      /* the target sees what is to come */
    bool cross_of_target; /* the cross-attention asks the target itself */
    bool causal_cross;    /* and is causal */
    bool cross_first;     /* source first, then the target */
    bool memory_normed;   /* the memory goes through norm_2, too */
    bool swapped_norms;   /* norm_2 and norm_3 changed places */
    bool one_norm;        /* norm_1 everywhere */
    bool no_network;      /* the last step is missing */
    bool no_cross;        /* the middle step is missing */
    bool residual_of_x;   /* the block's input is added to every step */
    bool residual_memory; /* the memory is added to what was heard */
    bool no_residual;     /* nothing is added to what was heard */
    bool residual_normed; /* the normalised row is added, not the row */
    bool one_ahead;       /* the target sees one word that is to come */
    bool norm_2_twice;    /* norm_2 for the network, too */
    bool norm_1_twice;    /* norm_1 for the cross-attention, too */
    bool one_layer;       /* the self-attention's layer in the cross-attention */
    bool unnormed;        /* norm_place is asked behind the sum only */
    double pre;           /* -1: as asked; 0, 1: always post, always pre */
} Belief;

static Table run_network(Table x, Matrix network)
{
    size_t d = x.cols;
    Table both = table_of(network), w_1 = oracle_columns(both, 0, d),
          w_2 = oracle_columns(both, d, d), hidden = oracle_product(x, w_1);
    for (size_t i = 0; i < hidden.rows * hidden.cols; i++)
        hidden.data[i] = fmax(hidden.data[i], 0);
    Table out = oracle_product(hidden, w_2);
    table_free(4, both, w_1, w_2, hidden);
    return out;
}

/* What a step makes of its input. */
static Table step_of(const Case *given, Belief b, size_t step, Table input)
{
    const Matrix *in = given->inputs;
    if (step == 2)
        return run_network(input, in[B_NETWORK]);
    if (step == 0)
        return attend(input, input, input, layer_of(in[B_SELF], in[B_SELF_O]),
                      b.not_causal ? sees_all : sees_causally, b.one_ahead ? 1 : 0);
    Table memory = table_of(in[B_MEMORY]);
    if (b.memory_normed && given->numbers[0] != 0) {
        Table normed = normalised(memory, norm_of(in[B_NORMS], 1));
        table_free(1, memory);
        memory = normed;
    }
    Table asked = b.cross_of_target ? input : memory;
    MultiHeadLayer layer =
        b.one_layer ? layer_of(in[B_SELF], in[B_SELF_O]) : layer_of(in[B_CROSS], in[B_CROSS_O]);
    Table out = attend(input, asked, asked, layer, b.causal_cross ? sees_causally : sees_all, 0);
    table_free(1, memory);
    return out;
}

/* x, or what somebody believes is added. */
static double added(const Case *given, Belief b, size_t step, Table x, Table input, size_t i)
{
    if (b.residual_normed)
        return input.data[i];
    if (step == 0)
        return x.data[i];
    if (b.residual_of_x)
        return given->inputs[B_X].data[i];
    if (step == 1 && b.residual_memory)
        return given->inputs[B_MEMORY].data[i];
    return step == 1 && b.no_residual ? 0 : x.data[i];
}

static Table take_step(const Case *given, Belief b, size_t step, Table x)
{
    bool pre = b.pre < 0 ? given->numbers[0] != 0 : b.pre > 0;
    size_t index = b.one_norm ? 0 : b.swapped_norms && step > 0 ? 3 - step : step;
    LayerNorm norm = norm_of(given->inputs[B_NORMS], index);
    if (step == 2 && b.norm_2_twice)
        norm = norm_of(given->inputs[B_NORMS], 1);
    if (step == 1 && b.norm_1_twice)
        norm = norm_of(given->inputs[B_NORMS], 0);
    Table input = pre && !b.unnormed ? normalised(x, norm) : copy_of(x),
          made = step_of(given, b, step, input);
    for (size_t i = 0; i < x.rows * x.cols; i++)
        made.data[i] += added(given, b, step, x, input, i);
    Table out = pre ? copy_of(made) : normalised(made, norm);
    table_free(3, x, input, made);
    return out;
}

static void believe(const Case *given, Belief b, Matrix out)
{
    Table x = table_of(given->inputs[B_X]);
    for (size_t n = 0; n < 3; n++) {
        size_t step = b.cross_first && n < 2 ? 1 - n : n;
        bool left_out = (step == 1 && b.no_cross) || (step == 2 && b.no_network);
        if (!left_out)
            x = take_step(given, b, step, x);
    }
    put(x, out);
    table_free(1, x);
}

#define BELIEF(name, ...)                                                                          \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        believe(given, (Belief){__VA_ARGS__}, out);                                                \
    }

BELIEF(block_right, .pre = -1)
BELIEF(block_not_causal, .pre = -1, .not_causal = true)
BELIEF(block_of_target, .pre = -1, .cross_of_target = true)
BELIEF(block_of_target_causal, .pre = -1, .cross_of_target = true, .causal_cross = true)
BELIEF(block_causal_cross, .pre = -1, .causal_cross = true)
BELIEF(block_cross_first, .pre = -1, .cross_first = true)
BELIEF(block_memory_normed, .pre = -1, .memory_normed = true)
BELIEF(block_swapped_norms, .pre = -1, .swapped_norms = true)
BELIEF(block_one_norm, .pre = -1, .one_norm = true)
BELIEF(block_no_network, .pre = -1, .no_network = true)
BELIEF(block_no_cross, .pre = -1, .no_cross = true)
BELIEF(block_residual_of_x, .pre = -1, .residual_of_x = true)
BELIEF(block_residual_memory, .pre = -1, .residual_memory = true)
BELIEF(block_no_residual, .pre = -1, .no_residual = true)
BELIEF(block_residual_normed, .pre = -1, .residual_normed = true)
BELIEF(block_one_ahead, .pre = -1, .one_ahead = true)
BELIEF(block_norm_2_twice, .pre = -1, .norm_2_twice = true)
BELIEF(block_norm_1_twice, .pre = -1, .norm_1_twice = true)
BELIEF(block_one_layer, .pre = -1, .one_layer = true)
BELIEF(block_unnormed, .pre = -1, .unnormed = true)
BELIEF(block_post, .pre = 0)
BELIEF(block_pre, .pre = 1)

static const Mistake BLOCK_MISTAKES[] = {
    {"no_causal_mask",
     "each word of the target sees the words to come: its self-attention must be causal, or the "
     "answer is copied and not found",
     BREAK, block_not_causal},
    {"cross_asks_the_target",
     "the second attention asks the target again: it asks the memory, which is why the block has "
     "two attentions",
     CROSS, block_of_target},
    {"cross_asks_the_target",
     "the second attention asks the target again: it asks the memory, which is why the block has "
     "two attentions",
     CROSS, block_of_target_causal},
    {"causal_in_the_block",
     "the cross-attention is causal, too: the whole source has been read, only the target is being "
     "written",
     CROSS, block_causal_cross},
    {"cross_before_self",
     "the source is asked before the target has looked at itself: first the self-attention, then "
     "the cross-attention",
     BLOCK, block_cross_first},
    {"memory_normalised",
     "the memory went through norm_2, too: only the target does, the encoder has its own norms",
     BLOCK, block_memory_normed},
    {"norms_swapped",
     "norm_2 and norm_3 have changed places: norm_2 belongs to the cross-attention, norm_3 to the "
     "feed-forward network",
     BLOCK, block_swapped_norms},
    {"one_norm_for_all", "norm_1 was taken for all three steps: each step has a norm of its own",
     BLOCK, block_one_norm},
    {"norm_2_twice", "norm_2 was taken for the feed-forward network, too: that has norm_3", BLOCK,
     block_norm_2_twice},
    {"norm_1_twice", "norm_1 was taken for the cross-attention, too: that has norm_2", BLOCK,
     block_norm_1_twice},
    {"one_layer_for_both",
     "the cross-attention used the matrices of the self-attention: it has a layer of its own",
     BLOCK, block_one_layer},
    {"sees_one_ahead",
     "each word of the target sees the next one, too: the mask has a `past`, and here no key "
     "stands before the first query",
     BREAK, block_one_ahead},
    {"step_reads_x",
     "the steps worked on x where sublayer_input() had normalised it: pass on what that gave",
     BLOCK, block_unnormed},
    {"no_feed_forward", "the feed-forward network is missing: it is the third step of the block",
     BLOCK, block_no_network},
    {"no_cross_attention", "the source has no influence: the cross-attention is missing", CROSS,
     block_no_cross},
    {"residual_from_the_block",
     "the input of the block was added to every step: each step adds what went into that step",
     BREAK, block_residual_of_x},
    {"residual_from_the_memory",
     "the memory was added to what was heard: the residual path is the target's own, so add what "
     "the target was before the step",
     BREAK, block_residual_memory},
    {"no_residual",
     "behind the cross-attention the target is gone: what was heard is added to it, it does not "
     "replace it",
     BREAK, block_no_residual},
    {"residual_after_the_norm",
     "the normalised rows were added: the residual path goes around the norm, so add the rows as "
     "they were before it",
     BLOCK, block_residual_normed},
    {"always_post", "the norms stand behind the sums, whatever norm_place says", BLOCK, block_post},
    {"always_pre", "the norms stand in front of the steps, whatever norm_place says", BLOCK,
     block_pre},
};
static const Step A_BLOCK = {"decoder_block",
                             "look at the target, at the source, and think",
                             8,
                             a_block,
                             call_block,
                             block_right,
                             BLOCK_MISTAKES,
                             COUNT(BLOCK_MISTAKES)};

START_TEST(a_block_has_three_steps)
{
    teach(&A_BLOCK);
}
END_TEST

/* --- decoder -----------------------------------------------------------------------------------
 */

enum { S_X, S_MEMORY, S_FIRST, S_FIRST_O, S_SECOND, S_SECOND_O, S_NORMS };

static void a_stack(Case *given)
{
    size_t i = given->index, t = 2 + i % 3, d = 3 + i % 2;
    given->note = "two blocks of a cross-attention alone: w_q, w_k, w_v side by side, two heads; "
                  "norms in front: of the first block, of the second, the last one";
    case_input(given, "x", t, d);
    case_input(given, "memory.x", t, d);
    case_input(given, "first", d, QKV);
    case_input(given, "first_w_o", HEADS * D_V, d);
    case_input(given, "second", d, QKV);
    case_input(given, "second_w_o", HEADS * D_V, d);
    case_input(given, "norms", 6, d);
    case_number(given, "has_norm", i % 3 != 2 ? 1 : 0);
    case_output(given, t, d);
}

static void call_stack(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    DecoderBlock blocks[2] = {
        {.cross_attention = layer_of(in[S_FIRST], in[S_FIRST_O]), .norm_place = NORM_PRE},
        {.cross_attention = layer_of(in[S_SECOND], in[S_SECOND_O]), .norm_place = NORM_PRE}};
    blocks[0].norm_2 = norm_of(in[S_NORMS], 0);
    blocks[1].norm_2 = norm_of(in[S_NORMS], 1);
    Decoder stack = {blocks, 2, given->numbers[0] != 0, norm_of(in[S_NORMS], 2)};
    assert_ok(decoder(in[S_X], (Memory){in[S_MEMORY], 0}, &stack, NO_WEIGHTS, out));
}

static Table stack_block(const Case *given, size_t block, Table x, Table memory)
{
    const Matrix *in = given->inputs;
    Table input = normalised(x, norm_of(in[S_NORMS], block)),
          out = attend(input, memory, memory,
                       layer_of(in[S_FIRST + 2 * block], in[S_FIRST_O + 2 * block]), sees_all, 0);
    for (size_t i = 0; i < x.rows * x.cols; i++)
        out.data[i] += x.data[i];
    table_free(1, input);
    return out;
}

typedef enum StackWay {
    STACK_RIGHT,
    NO_LAST_NORM,
    ALWAYS_LAST_NORM,
    NEXT_MEMORY,
    FIRST_ONLY,
    BACKWARDS,
    EACH_FROM_X
} StackWay;

static void stacked(const Case *given, StackWay way, Matrix out)
{
    Table x = table_of(given->inputs[S_X]), memory = table_of(given->inputs[S_MEMORY]),
          one = stack_block(given, way == BACKWARDS ? 1 : 0, x, memory),
          two = way == FIRST_ONLY
                    ? copy_of(one)
                    : stack_block(given, way == BACKWARDS ? 0 : 1, way == EACH_FROM_X ? x : one,
                                  way == NEXT_MEMORY ? one : memory);
    bool norm = (given->numbers[0] != 0 && way != NO_LAST_NORM) || way == ALWAYS_LAST_NORM;
    Table end = norm ? normalised(two, norm_of(given->inputs[S_NORMS], 2)) : copy_of(two);
    put(end, out);
    table_free(5, x, memory, one, two, end);
}

#define STACKED(name, way)                                                                         \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        stacked(given, way, out);                                                                  \
    }

STACKED(stack_right, STACK_RIGHT)
STACKED(stack_no_norm, NO_LAST_NORM)
STACKED(stack_always_norm, ALWAYS_LAST_NORM)
STACKED(stack_next_memory, NEXT_MEMORY)
STACKED(stack_first_only, FIRST_ONLY)
STACKED(stack_backwards, BACKWARDS)
STACKED(stack_each_from_x, EACH_FROM_X)

static const Mistake STACK_MISTAKES[] = {
    {"last_norm_forgotten", "the last norm is missing: with has_norm it follows the last block",
     BLOCK, stack_no_norm},
    {"last_norm_always", "a last norm was applied though has_norm is false", BLOCK,
     stack_always_norm},
    {"memory_replaced",
     "the second block looked at what the first one made: all blocks look at the same memory, the "
     "encoder's result",
     CROSS, stack_next_memory},
    {"first_block_only", "only the first block was run: stack->count tells how many there are",
     BLOCK, stack_first_only},
    {"blocks_backwards", "the last block was run first", BLOCK, stack_backwards},
    {"each_block_from_x",
     "every block began at x again: a block works on what the one before it made", BLOCK,
     stack_each_from_x},
};
static const Step STACK = {"decoder",
                           "run block after block, all with the same memory, and the last norm",
                           9,
                           a_stack,
                           call_stack,
                           stack_right,
                           STACK_MISTAKES,
                           COUNT(STACK_MISTAKES)};

START_TEST(blocks_follow_each_other)
{
    teach(&STACK);
}
END_TEST

/* --- greedy_word -------------------------------------------------------------------------------
 */

static void some_logits(Case *given)
{
    size_t i = given->index, words = 4 + i % 4;
    Matrix logits = case_input(given, "logits", 1, words);
    if (i % 3 == 1) { /* all below zero, and the greatest of them twice */
        for (size_t w = 0; w < words; w++)
            logits.data[w] = -1 - (float)random_between(&given->random, 1, 4);
        logits.data[1] = logits.data[words - 1] = -1;
    }
    case_output(given, 1, 1);
}

static void call_greedy(const Case *given, Matrix out)
{
    out.data[0] = (float)greedy_word(given->inputs[0]);
}

/* Which word wins, when a value counts as this. */
static size_t winner(Matrix logits, double sign, bool magnitude, bool last, double start)
{
    size_t best = 0;
    double greatest = start;
    for (size_t w = 0; w < logits.cols; w++) {
        double value = sign * (magnitude ? fabs((double)logits.data[w]) : (double)logits.data[w]);
        if (value > greatest || (last && value == greatest)) {
            best = w;
            greatest = value;
        }
    }
    return best;
}

static void greedy_right(const Case *given, Matrix out)
{
    out.data[0] = (float)winner(given->inputs[0], 1, false, false, -INFINITY);
}
static void greedy_least(const Case *given, Matrix out)
{
    out.data[0] = (float)winner(given->inputs[0], -1, false, false, -INFINITY);
}
static void greedy_magnitude(const Case *given, Matrix out)
{
    out.data[0] = (float)winner(given->inputs[0], 1, true, false, -INFINITY);
}
static void greedy_last(const Case *given, Matrix out)
{
    out.data[0] = (float)winner(given->inputs[0], 1, false, true, -INFINITY);
}
static void greedy_from_0(const Case *given, Matrix out)
{
    out.data[0] = (float)winner(given->inputs[0], 1, false, false, 0);
}

static const Mistake GREEDY_MISTAKES[] = {
    {"greedy_takes_the_least", "the least likely word was taken", CHANCE, greedy_least},
    {"greedy_by_magnitude", "signs were dropped: a logit of -9 is unlikely, not likely", CHANCE,
     greedy_magnitude},
    {"greedy_takes_the_last",
     "of several equal words the last was taken: the first one counts, so compare with > and not "
     ">=",
     CHANCE, greedy_last},
    {"greedy_from_zero",
     "where all logits are negative, word 0 is taken: begin with the first logit, not with 0",
     CHANCE, greedy_from_0},
};
static const Step GREEDY = {
    "greedy_word",   "find the greatest logit", 12, some_logits, call_greedy, greedy_right,
    GREEDY_MISTAKES, COUNT(GREEDY_MISTAKES)};

START_TEST(the_greatest_logit_wins)
{
    teach(&GREEDY);
}
END_TEST

/* --- word_probabilities ------------------------------------------------------------------------
 */

enum { TEMPERATURE, TOP_K };

static void a_lottery(Case *given)
{
    size_t i = given->index, words = 5 + i % 3;
    static const double TEMPERATURES[] = {2, 0.5, 1, 3};
    Matrix logits = case_input(given, "logits", 1, words);
    if (i % 4 == 0) /* two equal ones */
        logits.data[4] = logits.data[1];
    case_number(given, "temperature", TEMPERATURES[i % 4]);
    case_number(given, "top_k", (double)(i % 5));
    case_output(given, 1, words);
}

static Sampling sampling_of(const Case *given)
{
    return (Sampling){(float)given->numbers[TEMPERATURE], (size_t)given->numbers[TOP_K]};
}

static void call_probabilities(const Case *given, Matrix out)
{
    Sampling sampling = sampling_of(given);
    assert_ok(word_probabilities(given->inputs[0], &sampling, out));
}

/* How the lot is made. */
typedef struct Lot {
    double power;      /* exp(logit temperature^power): -1 is right */
    double more;       /* words more than top_k */
    bool least;        /* the least likely are kept */
    bool all;          /* top_k is ignored */
    bool zero_is_none; /* a top_k of 0 keeps no word */
    bool ties;         /* equals of the last one kept are kept, too */
    bool late;         /* top_k after the softmax */
    bool zeros;        /* the logits of the others become 0 */
    bool no_softmax;   /* the logits, divided */
    bool divided_late; /* the temperature divides the probabilities */
} Lot;

static bool is_kept(Matrix logits, Lot lot, double k, size_t word)
{
    double rank = 0;
    for (size_t other = 0; other < logits.cols; other++) {
        double a = logits.data[other], b = logits.data[word];
        if (lot.least)
            a = -a, b = -b;
        rank += a > b || (a == b && other < word && !lot.ties);
    }
    if (lot.zero_is_none && k == 0)
        return false;
    return k == 0 || lot.all || rank < k + lot.more;
}

static void lottery(const Case *given, Lot lot, Matrix out)
{
    Matrix logits = given->inputs[0];
    double t = given->numbers[TEMPERATURE], k = given->numbers[TOP_K], sum = 0;
    double factor = lot.divided_late ? 1 : pow(t, lot.power);
    for (size_t w = 0; w < logits.cols; w++) {
        bool in_lot = is_kept(logits, lot, k, w);
        double p = in_lot || lot.late ? exp(logits.data[w] * factor) : lot.zeros ? 1 : 0;
        sum += p;
        out.data[w] = (float)(in_lot || lot.zeros ? p : 0);
        if (lot.no_softmax)
            out.data[w] = (float)(in_lot ? logits.data[w] * factor : -INFINITY);
    }
    for (size_t w = 0; w < logits.cols && !lot.no_softmax && sum > 0; w++)
        out.data[w] = (float)(out.data[w] / sum / (lot.divided_late ? t : 1));
}

#define LOT(name, ...)                                                                             \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        lottery(given, (Lot){__VA_ARGS__}, out);                                                   \
    }

LOT(lot_right, .power = -1)
LOT(lot_multiplied, .power = 1)
LOT(lot_no_temperature, .power = 0)
LOT(lot_divided_late, .power = 0, .divided_late = true)
LOT(lot_least, .power = -1, .least = true)
LOT(lot_one_more, .power = -1, .more = 1)
LOT(lot_one_less, .power = -1, .more = -1)
LOT(lot_all, .power = -1, .all = true)
LOT(lot_none, .power = -1, .zero_is_none = true)
LOT(lot_ties, .power = -1, .ties = true)
LOT(lot_late, .power = -1, .late = true)
LOT(lot_zeros, .power = -1, .zeros = true)
LOT(lot_no_softmax, .power = -1, .no_softmax = true)

static const Mistake LOT_MISTAKES[] = {
    {"temperature_multiplied",
     "a high temperature makes the choice sharper here: divide the logits by it, do not multiply",
     CHANCE, lot_multiplied},
    {"temperature_ignored", "the temperature has no effect: the logits are divided by it", CHANCE,
     lot_no_temperature},
    {"temperature_after_softmax",
     "the probabilities were divided by the temperature, and do not sum to one: divide the logits",
     CHANCE, lot_divided_late},
    {"top_k_keeps_the_least",
     "the k least likely words are sampled from, and the likely ones are not", CHANCE, lot_least},
    {"top_k_one_more", "k + 1 words are sampled from: a word stays when fewer than k are better",
     CHANCE, lot_one_more},
    {"top_k_one_less", "k - 1 words are sampled from: a word stays when fewer than k are better",
     CHANCE, lot_one_less},
    {"top_k_ignored", "all words are sampled from: only the k greatest logits are", CHANCE,
     lot_all},
    {"top_k_0_keeps_none", "a top_k of 0 left no word to sample from: it keeps all of them", CHANCE,
     lot_none},
    {"top_k_keeps_ties",
     "words as likely as the last one kept are kept, too: of equals the first ones count, and "
     "there "
     "are k in all",
     CHANCE, lot_ties},
    {"top_k_after_softmax",
     "the shares of the words that are out are lost, and the sum is less than one: put minus "
     "infinity into the logits, before the softmax",
     CHANCE, lot_late},
    {"top_k_makes_zeros",
     "the logits of the words that are out became 0, and exp(0) is 1: it is minus infinity that "
     "leaves nothing",
     CHANCE, lot_zeros},
    {"softmax_forgotten", "these are logits yet: the softmax makes probabilities of them", CHANCE,
     lot_no_softmax},
};
static const Step LOT = {"word_probabilities",
                         "make probabilities of the top_k logits at a temperature",
                         20,
                         a_lottery,
                         call_probabilities,
                         lot_right,
                         LOT_MISTAKES,
                         COUNT(LOT_MISTAKES)};

START_TEST(logits_become_probabilities)
{
    teach(&LOT);
}
END_TEST

/* --- draw_word ---------------------------------------------------------------------------------
 */

enum { DRAWS = 12 };

static void a_line(Case *given)
{
    size_t i = given->index, words = 3 + i % 4;
    Matrix p = case_input(given, "probabilities", 1, words), u = case_input(given, "u", 1, DRAWS);
    double sum = 0;
    for (size_t w = 0; w < words; w++)
        sum += p.data[w] = (float)(0.1 + random_uniform(&given->random));
    if (words > 3) { /* one that is not sampled from, in front */
        sum -= p.data[0];
        p.data[0] = 0;
    }
    for (size_t w = 0; w < words; w++)
        p.data[w] /= (float)sum;
    for (size_t n = 0; n < DRAWS; n++)
        u.data[n] = (float)(0.999 * ((double)n + random_uniform(&given->random)) / (double)DRAWS);
    u.data[0] = 0;
    case_output(given, 1, DRAWS);
}

static void call_draw(const Case *given, Matrix out)
{
    for (size_t n = 0; n < out.cols; n++)
        out.data[n] = (float)draw_word(given->inputs[0], given->inputs[1].data[n]);
}

static size_t on_the_line(Matrix p, double u)
{
    double end = 0;
    for (size_t w = 0; w < p.cols; w++) {
        end += p.data[w];
        if (u < end)
            return w;
    }
    return p.cols - 1;
}

static void draw_right(const Case *given, Matrix out)
{
    for (size_t n = 0; n < out.cols; n++)
        out.data[n] = (float)on_the_line(given->inputs[0], given->inputs[1].data[n]);
}

static void draw_next(const Case *given, Matrix out)
{
    draw_right(given, out);
    for (size_t n = 0; n < out.cols; n++)
        out.data[n] += 1;
}

static void draw_backwards(const Case *given, Matrix out)
{
    for (size_t n = 0; n < out.cols; n++) {
        Matrix p = given->inputs[0];
        double end = 0;
        size_t w = p.cols - 1;
        for (; w > 0 && given->inputs[1].data[n] >= (end += p.data[w]); w--)
            ;
        out.data[n] = (float)w;
    }
}

static void draw_singly(const Case *given, Matrix out)
{
    Matrix p = given->inputs[0];
    for (size_t n = 0; n < out.cols; n++) {
        size_t w = 0;
        while (w + 1 < p.cols && given->inputs[1].data[n] >= p.data[w])
            w++;
        out.data[n] = (float)w;
    }
}

static void draw_greedily(const Case *given, Matrix out)
{
    for (size_t n = 0; n < out.cols; n++)
        out.data[n] = (float)winner(given->inputs[0], 1, false, false, -INFINITY);
}

static void draw_at_random(const Case *given, Matrix out)
{
    Matrix p = given->inputs[0];
    for (size_t n = 0; n < out.cols; n++)
        out.data[n] = (float)(size_t)(given->inputs[1].data[n] * (float)p.cols);
}

static void draw_zero_first(const Case *given, Matrix out)
{
    draw_right(given, out);
    out.data[0] = 0; /* u = 0 falls on word 0, whatever its length */
}

static const Mistake DRAW_MISTAKES[] = {
    {"draws_the_next_word",
     "the word behind the right one was drawn: u lies before its end already", CHANCE, draw_next},
    {"draws_from_the_back",
     "the line was walked from its end: the words lie on it in their order, from 0 on", CHANCE,
     draw_backwards},
    {"probabilities_not_summed",
     "u was compared with each probability by itself: add them up, and compare u with the sum so "
     "far",
     CHANCE, draw_singly},
    {"draws_greedily", "the most likely word was drawn, whatever u is: chance has no say", CHANCE,
     draw_greedily},
    {"draws_evenly",
     "all words were drawn equally often: a word is as long on the line as it is "
     "likely",
     CHANCE, draw_at_random},
    {"draws_a_word_of_no_probability",
     "with u = 0 a word of probability 0 was drawn: it has no length, so compare with < and not <=",
     CHANCE, draw_zero_first},
};
static const Step DRAW = {"draw_word",
                          "find the word on which u falls",
                          9,
                          a_line,
                          call_draw,
                          draw_right,
                          DRAW_MISTAKES,
                          COUNT(DRAW_MISTAKES)};

START_TEST(a_word_is_drawn_where_u_falls)
{
    teach(&DRAW);
}
END_TEST

/* --- choose_word -------------------------------------------------------------------------------
 */

enum { CHOICES = 30, SEED = 77 };

static void some_choices(Case *given)
{
    static const double TEMPERATURES[] = {1, 0, 4, 0.5};
    given->note = "thirty words in a row, with the generator of seed 77";
    case_input(given, "logits", 1, 4 + given->index % 3);
    case_number(given, "temperature", TEMPERATURES[given->index % 4]);
    case_number(given, "top_k", (double)(given->index % 3 == 2 ? 3 : 0));
    case_output(given, 1, CHOICES);
}

static void call_choose(const Case *given, Matrix out)
{
    Random random = {SEED};
    Sampling sampling = sampling_of(given);
    for (size_t n = 0; n < out.cols; n++) {
        size_t word = 0;
        assert_ok(choose_word(given->inputs[0], &sampling, &random, &word));
        out.data[n] = (float)word;
    }
}

static void chosen(const Case *given, double cold, double warm, bool all, size_t draws, Matrix out)
{
    Random random = {SEED};
    double t = given->numbers[TEMPERATURE] == 0 ? cold : warm;
    float p[8];
    Case changed = *given;
    Matrix line = matrix_view(p, 1, given->inputs[0].cols);
    changed.numbers[TEMPERATURE] = t < 0 ? given->numbers[TEMPERATURE] : t;
    if (all)
        changed.numbers[TOP_K] = 0;
    if (t != 0)
        lot_right(&changed, line);
    for (size_t n = 0; n < out.cols; n++) {
        for (size_t skipped = 1; t != 0 && skipped < draws; skipped++)
            random_uniform(&random);
        out.data[n] = (float)(t == 0 ? winner(given->inputs[0], 1, false, false, -INFINITY)
                                     : on_the_line(line, random_uniform(&random)));
    }
}

static void choice_right(const Case *given, Matrix out)
{
    chosen(given, 0, -1, false, 1, out);
}
static void choice_greedy(const Case *given, Matrix out)
{
    chosen(given, 0, 0, false, 1, out);
}
static void choice_at_1(const Case *given, Matrix out)
{
    chosen(given, 0, 1, false, 1, out);
}
static void choice_of_all(const Case *given, Matrix out)
{
    chosen(given, 0, -1, true, 1, out);
}
static void choice_of_two(const Case *given, Matrix out)
{
    chosen(given, 0, -1, false, 2, out);
}
static void choice_warm_zero(const Case *given, Matrix out)
{
    chosen(given, 1, -1, false, 1, out);
}

static const Mistake CHOICE_MISTAKES[] = {
    {"always_greedy", "the most likely word is chosen at every temperature", CHANCE, choice_greedy},
    {"always_temperature_1", "the temperature is not handed on", CHANCE, choice_at_1},
    {"choice_without_top_k", "top_k is not handed on", CHANCE, choice_of_all},
    {"chance_asked_twice",
     "the generator was asked twice for a word: the second number counted, so the same seed gives "
     "another text",
     CHANCE, choice_of_two},
    {"zero_is_chance",
     "at temperature 0 chance chooses: it means that the most likely word is taken", CHANCE,
     choice_warm_zero},
};
static const Step CHOICE = {"choose_word",
                            "choose greedily at temperature 0, and by chance at others",
                            12,
                            some_choices,
                            call_choose,
                            choice_right,
                            CHOICE_MISTAKES,
                            COUNT(CHOICE_MISTAKES)};

START_TEST(a_word_is_chosen)
{
    teach(&CHOICE);
}
END_TEST

/* --- decoder_cache_create ----------------------------------------------------------------------
 */

enum { K_MEMORY, K_QKV, K_O, K_BIAS };
enum { KEYS = HEADS * D_K, VALUES = HEADS * D_V };

static void a_memory(Case *given)
{
    size_t i = given->index, d = 3 + i % 3;
    given->note = "the result: keys and values of the memory side by side";
    case_input(given, "memory.x", 2 + i % 3, d);
    case_input(given, "w", d, QKV);
    case_input(given, "w_o", HEADS * D_V, d);
    case_input(given, "biases of w", 1, QKV);
    case_output(given, 2 + i % 3, KEYS + VALUES);
}

static void call_cache_create(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    DecoderBlock block = {.cross_attention = layer_of(in[K_QKV], in[K_O])};
    block.cross_attention.b_q = matrix_view(in[K_BIAS].data, 1, KEYS);
    block.cross_attention.b_k = matrix_view(in[K_BIAS].data + KEYS, 1, KEYS);
    block.cross_attention.b_v = matrix_view(in[K_BIAS].data + KEYS + KEYS, 1, VALUES);
    DecoderCache cache;
    assert_ok(decoder_cache_create(&(Decoder){&block, 1, false, {.epsilon = 0}},
                                   (Memory){in[K_MEMORY], 0}, 3, &cache));
    Matrix k = cache.blocks[0].memory_k, v = cache.blocks[0].memory_v;
    ck_assert_msg(k.rows == out.rows && k.cols == KEYS && v.rows == out.rows && v.cols == VALUES,
                  "memory_k is %zux%zu and memory_v is %zux%zu, expected %zux%d and %zux%d", k.rows,
                  k.cols, v.rows, v.cols, out.rows, KEYS, out.rows, VALUES);
    for (size_t r = 0; r < out.rows; r++) {
        memcpy(matrix_row(out, r), matrix_row(k, r), KEYS * sizeof(float));
        memcpy(matrix_row(out, r) + KEYS, matrix_row(v, r), VALUES * sizeof(float));
    }
    decoder_cache_free(&cache);
}

/* x w plus b, from these columns of w on. */
static void kept(const Case *given, size_t keys_from, bool biases, Matrix out)
{
    Table x = table_of(given->inputs[K_MEMORY]), w = table_of(given->inputs[K_QKV]),
          all = oracle_product(x, w);
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++) {
            size_t from = c < KEYS ? keys_from + c : KEYS + c;
            matrix_row(out, r)[c] = (float)(all.data[r * all.cols + from] +
                                            (biases ? given->inputs[K_BIAS].data[from] : 0));
        }
    table_free(3, x, w, all);
}

static void kept_right(const Case *given, Matrix out)
{
    kept(given, KEYS, true, out);
}
static void kept_unbiased(const Case *given, Matrix out)
{
    kept(given, KEYS, false, out);
}
static void kept_queries(const Case *given, Matrix out)
{
    kept(given, 0, true, out);
}

static const Mistake KEPT_MISTAKES[] = {
    {"cached_keys_without_bias",
     "the biases are missing in what is kept: a key is x W_k + b_k, a value x W_v + b_v", CACHE,
     kept_unbiased},
    {"queries_cached_for_keys",
     "w_q made what is kept as keys: the memory never asks, so it has keys and values only", CACHE,
     kept_queries},
};
static const Step KEPT = {"decoder_cache_create",
                          "compute the memory's keys and values, once",
                          9,
                          a_memory,
                          call_cache_create,
                          kept_right,
                          KEPT_MISTAKES,
                          COUNT(KEPT_MISTAKES)};

START_TEST(a_cache_knows_the_memory)
{
    teach(&KEPT);
}
END_TEST

/* --- decoder_step ------------------------------------------------------------------------------
 */

enum { P_X, P_QKV, P_O };

/* One block of a self-attention alone, with a norm in front. */
static void a_portion(Case *given)
{
    size_t i = given->index, past = 1 + i % 4, fresh = 1 + (i + i / 4) % 3, d = 3 + i % 2;
    given->note =
        "the result: the rows of the new words; the others were run before, one by one; one "
        "block with a self-attention alone, norm in front, epsilon 0.1";
    case_input(given, "x", past + fresh, d);
    case_input(given, "w", d, QKV);
    case_input(given, "w_o", HEADS * D_V, d);
    case_number(given, "words before", (double)past);
    case_output(given, fresh, d);
}

static void call_step(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    DecoderBlock block = {.self_attention = layer_of(in[P_QKV], in[P_O]),
                          .norm_1 = {.epsilon = 0.1f},
                          .norm_place = NORM_PRE};
    Decoder stack = {&block, 1, false, {.epsilon = 0}};
    size_t past = (size_t)given->numbers[0], d = out.cols;
    DecoderCache cache;
    Matrix row;
    assert_ok(decoder_cache_create(&stack, NO_MEMORY, past + out.rows, &cache));
    assert_ok(matrix_create(1, d, &row));
    for (size_t t = 0; t < past; t++)
        assert_ok(decoder_step(row_of(in[P_X], t), &stack, &cache, row));
    assert_ok(
        decoder_step(matrix_view(matrix_row(in[P_X], past), out.rows, d), &stack, &cache, out));
    matrix_free(&row);
    decoder_cache_free(&cache);
}

/* What keys and values the new words find, and which of them they see. */
typedef enum StepWay {
    STEP_RIGHT,
    PAST_FORGOTTEN,
    NEW_ALONE,
    ALL_NEW,
    OVERWRITTEN,
    ITSELF_UNSEEN
} StepWay;

static bool sees_before(size_t query, size_t key, size_t keys, double past)
{
    (void)keys;
    return (double)key < (double)query + past;
}

/* The rows that the keys are made of: a row of zeros has the key 0 and the value 0. */
static Table found(Table x, size_t past, StepWay way)
{
    size_t fresh = x.rows - past, d = x.cols;
    if (way == NEW_ALONE) {
        Table out = table_create(fresh, d);
        memcpy(out.data, x.data + past * d, fresh * d * sizeof *x.data);
        return out;
    }
    Table out = copy_of(x);
    if (way != OVERWRITTEN)
        return out;
    /* each word before was written at row 0, too */
    for (size_t i = 0; i < x.rows * d; i++)
        out.data[i] = 0;
    memcpy(out.data, x.data + (past - 1) * d, d * sizeof *x.data);
    memcpy(out.data, x.data + past * d, fresh * d * sizeof *x.data);
    return out;
}

static void stepped(const Case *given, StepWay way, Matrix out)
{
    static const float ONES[8] = {1, 1, 1, 1, 1, 1, 1, 1}, ZEROS[8] = {0};
    size_t past = (size_t)given->numbers[0], d = out.cols;
    LayerNorm norm = {matrix_view((float *)ONES, 1, d), matrix_view((float *)ZEROS, 1, d), 0.1f};
    Table x = table_of(given->inputs[P_X]), all = normalised(x, norm),
          fresh = table_create(out.rows, d), keys = found(all, past, way);
    memcpy(fresh.data, all.data + past * d, out.rows * d * sizeof *all.data);
    Sees sees = way == ALL_NEW ? sees_all : way == ITSELF_UNSEEN ? sees_before : sees_causally;
    Table made = attend(fresh, keys, keys, layer_of(given->inputs[P_QKV], given->inputs[P_O]), sees,
                        way == PAST_FORGOTTEN || way == NEW_ALONE ? 0 : (double)past);
    for (size_t i = 0; i < out.rows * d; i++)
        out.data[i] = (float)(made.data[i] + x.data[past * d + i]);
    table_free(5, x, all, fresh, keys, made);
}

#define STEPPED(name, way)                                                                         \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        stepped(given, way, out);                                                                  \
    }

STEPPED(step_right, STEP_RIGHT)
STEPPED(step_past_forgotten, PAST_FORGOTTEN)
STEPPED(step_alone, NEW_ALONE)
STEPPED(step_all_new, ALL_NEW)
STEPPED(step_overwritten, OVERWRITTEN)
STEPPED(step_unseen, ITSELF_UNSEEN)

static const Mistake STEP_MISTAKES[] = {
    {"past_forgotten",
     "the new words see the first keys only: the causal triangle begins behind the words that are "
     "remembered, so give the mask its past",
     CACHE, step_past_forgotten},
    {"cache_not_read",
     "the new words see only each other: they look at all keys that are kept, the old ones too",
     CACHE, step_alone},
    {"new_words_see_ahead",
     "of several new words the first ones see the last: they are causal among themselves, too",
     CACHE, step_all_new},
    {"cache_overwritten",
     "new keys and values were written over the first ones: they belong behind those that are "
     "there, from row cache->count on",
     CACHE, step_overwritten},
    {"new_word_does_not_see_itself",
     "a new word looks at the words before it, but not at itself: its own key belongs to those it "
     "sees",
     CACHE, step_unseen},
};
static const Step PORTION = {"decoder_step",
                             "compute the new words only, with the keys and values of all before",
                             16,
                             a_portion,
                             call_step,
                             step_right,
                             STEP_MISTAKES,
                             COUNT(STEP_MISTAKES)};

START_TEST(new_words_look_at_what_is_kept)
{
    teach(&PORTION);
}
END_TEST

/* --- next_word_logits --------------------------------------------------------------------------
 */

enum { N_TEXT, N_WORDS, N_POSITIONS };

/* A model without blocks: the last word and its position decide. */
static void a_text_to_continue(Case *given)
{
    size_t i = given->index, count = 3 + i % 3, vocabulary = 4 + i % 3, d = 3 + i % 2;
    given->note = "a decoder without blocks, so that the last word and its position decide";
    Matrix text = case_input(given, "words", 1, count);
    for (size_t t = 0; t < count; t++)
        text.data[t] = (float)((t + i) % vocabulary);
    case_input(given, "embedding.words", vocabulary, d);
    case_input(given, "embedding.positions", count + 1, d);
    case_number(given, "words in the cache", (double)(i % 3));
    case_output(given, 1, vocabulary);
}

static LanguageModel plain_model(const Case *given)
{
    return (LanguageModel){.embedding = {given->inputs[N_WORDS], given->inputs[N_POSITIONS]},
                           .decoder = {.count = 0}};
}

static void call_next(const Case *given, Matrix out)
{
    size_t words[8], known = (size_t)given->numbers[0];
    LanguageModel model = plain_model(given);
    numbers_of(given->inputs[N_TEXT], words);
    Text text = {words, known, 8, 99};
    DecoderCache cache;
    assert_ok(decoder_cache_create(&model.decoder, NO_MEMORY, 8, &cache));
    if (known > 0)
        assert_ok(next_word_logits(&model, NO_MEMORY, &text, &cache, out));
    text.count = given->inputs[N_TEXT].cols;
    assert_ok(next_word_logits(&model, NO_MEMORY, &text, known > 0 ? &cache : NULL, out));
    decoder_cache_free(&cache);
}

static void continued(const Case *given, size_t t, size_t position, double factor, Matrix out)
{
    Matrix words = given->inputs[N_WORDS];
    const float *row = matrix_row(words, (size_t)given->inputs[N_TEXT].data[t]),
                *place = matrix_row(given->inputs[N_POSITIONS], position);
    for (size_t v = 0; v < words.rows; v++) {
        double sum = 0;
        for (size_t c = 0; c < words.cols; c++)
            sum += (factor * row[c] + place[c]) * matrix_row(words, v)[c];
        out.data[v] = (float)sum;
    }
}

static double root_d(const Case *given)
{
    return sqrt((double)given->inputs[N_WORDS].cols);
}

static void next_right(const Case *given, Matrix out)
{
    size_t last = given->inputs[N_TEXT].cols - 1;
    continued(given, last, last, root_d(given), out);
}

static void next_restarted(const Case *given, Matrix out)
{
    size_t last = given->inputs[N_TEXT].cols - 1;
    continued(given, last, last - (size_t)given->numbers[0], root_d(given), out);
}

static void next_of_first(const Case *given, Matrix out)
{
    size_t known = (size_t)given->numbers[0];
    continued(given, known, known, root_d(given), out);
}

static void next_words_restarted(const Case *given, Matrix out)
{
    size_t last = given->inputs[N_TEXT].cols - 1, known = (size_t)given->numbers[0];
    continued(given, last - known, last, root_d(given), out);
}

static const Mistake NEXT_MISTAKES[] = {
    {"positions_restart_behind_the_cache",
     "the first new word stands at position 0: it stands behind those that the cache remembers",
     CACHE, next_restarted},
    {"first_row_decides",
     "the logits are those behind the first new word: the last row tells what follows the text",
     WORDS, next_of_first},
    {"new_words_from_the_front",
     "the first words of the text were taken for the new ones: those are words[cache->count] and "
     "what follows",
     CACHE, next_words_restarted},
};
static const Step NEXT = {"next_word_logits",
                          "compute the logits behind the last word",
                          12,
                          a_text_to_continue,
                          call_next,
                          next_right,
                          NEXT_MISTAKES,
                          COUNT(NEXT_MISTAKES)};

START_TEST(the_last_row_says_what_follows)
{
    teach(&NEXT);
}
END_TEST

/* --- generate ----------------------------------------------------------------------------------
 */

enum { ROOM = 9 };

/* Without positions and blocks each word decides the next one: a table. */
static void a_text_to_write(Case *given)
{
    size_t i = given->index, vocabulary = 5 + i % 3, prompt = 1 + i % 3;
    given->note = "the result: the whole text, -1 where nothing is written; a decoder without "
                  "blocks, greedy";
    Matrix text = case_input(given, "prompt", 1, prompt);
    for (size_t t = 0; t < prompt; t++)
        text.data[t] = (float)((t + i) % vocabulary);
    case_input(given, "embedding.words", vocabulary, 4);
    case_input(given, "embedding.positions", ROOM, 4);
    case_number(given, "stop", i % 4 == 0 ? 99 : (double)((i + 1) % vocabulary));
    case_number(given, "limit", (double)(prompt + 3 + i % 3));
    case_output(given, 1, ROOM);
}

static void call_generate(const Case *given, Matrix out)
{
    size_t words[ROOM] = {0};
    LanguageModel model = plain_model(given);
    numbers_of(given->inputs[N_TEXT], words);
    Text text = {words, given->inputs[N_TEXT].cols, (size_t)given->numbers[1],
                 (size_t)given->numbers[0]};
    assert_ok(generate(&model, NO_MEMORY, &(Sampling){0, 0}, NULL, NULL, &text));
    for (size_t t = 0; t < ROOM; t++)
        out.data[t] = t < text.count ? (float)words[t] : -1;
}

/* Writes up to the limit; what becomes of the stop word, and how far it goes. */
static void written(const Case *given, bool stops, bool writes_stop, double limit,
                    size_t position_step, Matrix out)
{
    float scores[8];
    size_t count = given->inputs[N_TEXT].cols, vocabulary = given->inputs[N_WORDS].rows;
    Case copy = *given;
    float words[ROOM] = {0};
    memcpy(words, given->inputs[N_TEXT].data, count * sizeof *words);
    copy.inputs[N_TEXT].data = words;
    bool done = false;
    while (!done && (double)count < given->numbers[1] + limit) {
        Matrix row = matrix_view(scores, 1, vocabulary);
        continued(&copy, count - 1, (count - 1) * position_step, root_d(given), row);
        size_t word = winner(row, 1, false, false, -INFINITY);
        done = stops && (double)word == given->numbers[0];
        if (!done || writes_stop)
            words[count++] = (float)word;
    }
    for (size_t t = 0; t < ROOM; t++)
        out.data[t] = t < count ? words[t] : -1;
}

static void written_right(const Case *given, Matrix out)
{
    written(given, true, true, 0, 1, out);
}
static void written_on(const Case *given, Matrix out)
{
    written(given, false, true, 0, 1, out);
}
static void written_without_stop(const Case *given, Matrix out)
{
    written(given, true, false, 0, 1, out);
}
static void written_short(const Case *given, Matrix out)
{
    written(given, true, true, -1, 1, out);
}

static const Mistake WRITTEN_MISTAKES[] = {
    {"stop_ignored", "it goes on behind the stop word", WORDS, written_on},
    {"stop_not_written", "the stop word is missing: it is the last word of the text", WORDS,
     written_without_stop},
    {"one_word_short", "one word is missing at the end: write while the text is shorter than limit",
     WORDS, written_short},
};
static const Step WRITTEN = {"generate",
                             "write word after word, up to the stop word or the limit",
                             16,
                             a_text_to_write,
                             call_generate,
                             written_right,
                             WRITTEN_MISTAKES,
                             COUNT(WRITTEN_MISTAKES)};

START_TEST(word_follows_word)
{
    teach(&WRITTEN);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("9. encoder and decoder, step by step");
    add_test(suite, words_become_rows);
    add_test(suite, rows_become_logits);
    add_test(suite, the_target_asks_and_the_memory_answers);
    add_test(suite, a_block_has_three_steps);
    add_test(suite, blocks_follow_each_other);
    add_test(suite, the_greatest_logit_wins);
    add_test(suite, logits_become_probabilities);
    add_test(suite, a_word_is_drawn_where_u_falls);
    add_test(suite, a_word_is_chosen);
    add_test(suite, a_cache_knows_the_memory);
    add_test(suite, new_words_look_at_what_is_kept);
    add_test(suite, the_last_row_says_what_follows);
    add_test(suite, word_follows_word);
    return suite;
}
