/* Chapter 7: who may attend to whom, and that nothing else gets through. */
#include "masking.h"

#include "assert.h"
#include "dot_products.h"
#include "example.h"
#include "layers.h"
#include "matrices.h"
#include "positional_encoding.h"
#include "self_attention.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* --- Helpers --------------------------------------------------------------------------------- */

static const AttentionMask CAUSAL = {.causal = true};

/* The first rows of a matrix. */
static Matrix top(Matrix matrix, size_t rows)
{
    return rows_of(matrix, 0, rows);
}

/* The last rows of a matrix. */
static Matrix bottom(Matrix matrix, size_t rows)
{
    return rows_of(matrix, matrix.rows - rows, rows);
}

/* --- Masks as tables -------------------------------------------------------------------------- */

static float ONES[] = {1, 0, 1, 1, 1, 0};
static float SCORES[] = {-1e30F, -INFINITY, 0, NAN, INFINITY, -INFINITY};
static float ONE_ZERO[] = {1, 1, 1, 1, 1, /**/ 1, 0, 1, 1, 1, /**/ 1, 1, 1, 1, 1};
static float ONE_SHUT[] = {0, 0, 0, 0, 0, /**/ 0, 0, 0, 0, 0, /**/ -INFINITY, 0, 0, 0, 0};

/* For each query the keys that it may attend to. */
static const struct {
    const char *what;
    AttentionMask mask;
    size_t queries, keys;
    const char *table;
} MASKS[] = {
    {"no mask", {0}, 2, 3, "111/111/"},
    {"itself and what came before", {.causal = true}, 3, 3, "100/110/111/"},
    {"unequal lengths begin top left", {.causal = true}, 2, 5, "10000/11000/"},
    {"more queries than keys", {.causal = true}, 5, 2, "10/11/11/11/11/"},
    {"past keys move it to the right", {.causal = true, .past = 3}, 2, 5, "11110/11111/"},
    {"one past key", {.causal = true, .past = 1}, 3, 5, "11000/11100/11110/"},
    {"more past than keys", {.causal = true, .past = 9}, 2, 3, "111/111/"},
    {"the greatest past", {.causal = true, .past = SIZE_MAX}, 2, 3, "111/111/"},
    {"a past without causality", {.past = 1}, 2, 4, "1111/1111/"},
    {"padding stands at the end", {.padding = 2}, 3, 5, "11100/11100/11100/"},
    {"nothing but padding", {.padding = 3}, 2, 3, "000/000/"},
    {"1 = may attend", {.allowed = {ONES, 2, 3, 3}}, 2, 3, "101/110/"},
    {"minus infinity alone blocks", {.bias = {SCORES, 2, 3, 3}}, 2, 3, "101/110/"},
    {"two rules", {.causal = true, .padding = 2}, 4, 5, "10000/11000/11100/11100/"},
    {"all rules",
     {true, 1, 1, {ONE_ZERO, 3, 5, 5}, {ONE_SHUT, 3, 5, 5}},
     3,
     5,
     "11000/10100/01110/"},
};

TEST_ROWS(whatever_blocks_blocks, MASKS)
{
    const AttentionMask *mask = &MASKS[_i].mask;
    char text[80] = "", *end = text;
    Matrix table = room(MASKS[_i].queries, MASKS[_i].keys);
    about("%s", MASKS[_i].what);
    assert_ok(mask_table(mask, table));
    for (size_t i = 0; i < table.rows; i++) {
        for (size_t j = 0; j < table.cols; j++) {
            bool sees = may_attend(mask, i, j, table.cols);
            assert_close(matrix_row(table, i)[j], sees ? 1 : 0, 0);
            *end++ = sees ? '1' : '0';
        }
        *end++ = '/';
    }
    ck_assert_str_eq(text, MASKS[_i].table);
}

/* --- Attention: queries, keys and values to play with ----------------------------------------- */

typedef struct Trial {
    Matrix q, k, v, weights, out;
    float scale;
} Trial;

static Trial new_trial(Random *random, size_t t_q, size_t t_k, size_t d_k, size_t d_v)
{
    return (Trial){.q = random_matrix(random, t_q, d_k, 1.5),
                   .k = random_matrix(random, t_k, d_k, 1.5),
                   .v = random_matrix(random, t_k, d_v, 1.0),
                   .weights = random_matrix(random, t_q, t_k, 1.0),
                   .out = random_matrix(random, t_q, d_v, 1.0),
                   .scale = attention_scale(d_k)};
}

/* Now and then without queries, keys or columns. */
static Trial random_trial(Random *random)
{
    size_t t_q = random_between(random, 0, 8), t_k = random_between(random, 0, 9);
    return new_trial(random, t_q, t_k, random_between(random, 1, 6), random_between(random, 0, 5));
}

static Status attend(const Trial *trial, AttentionMask mask)
{
    return masked_attention(trial->q, trial->k, trial->v, trial->scale, &mask, trial->weights,
                            trial->out);
}

TEST(without_a_mask_it_is_chapter_3_to_the_bit)
{
    Random random = {701};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        Trial trial = random_trial(&random);
        Matrix weights = zeros(trial.q.rows, trial.k.rows), out = zeros(trial.q.rows, trial.v.cols);
        assert_ok(attend(&trial, NO_MASK));
        assert_ok(
            scaled_dot_product_attention(trial.q, trial.k, trial.v, trial.scale, weights, out));
        assert_matrix_equal(trial.weights, weights);
        assert_matrix_equal(trial.out, out);
    }
}

/* With queries of zeros all scores are equal, so the weights show who is seen, and nothing else. */
TEST(the_weights_of_what_is_seen_sum_to_one)
{
    Random random = {702};
    Trial trial = new_trial(&random, 4, 6, 3, 2);
    fill(trial.q, 0.0f);
    assert_ok(attend(&trial, (AttentionMask){.causal = true, .padding = 3}));
    static float expected[] = {1,        0,        0,        0, 0, 0, /**/
                               1 / 2.0F, 1 / 2.0F, 0,        0, 0, 0, /**/
                               1 / 3.0F, 1 / 3.0F, 1 / 3.0F, 0, 0, 0, /**/
                               1 / 3.0F, 1 / 3.0F, 1 / 3.0F, 0, 0, 0};
    assert_matrix_equal(trial.weights, matrix_view(expected, 4, 6));
}

TEST(a_row_with_nothing_to_attend_to_is_zeros)
{
    Random random = {703};
    Trial trial = new_trial(&random, 3, 4, 2, 5);
    AttentionMask mask = {.allowed = MATRIX(3, 4, 1, 1, 1, 1, /**/ 0, 0, 0, 0, /**/ 0, 1, 0, 0)};
    assert_ok(attend(&trial, mask));
    assert_all(one_row(trial.weights, 1), 0);
    assert_all(one_row(trial.out, 1), 0);
    /* the third query sees one key, and gets its value */
    assert_matrix_equal(one_row(trial.out, 2), one_row(trial.v, 1));
    assert_ok(attend(&trial, (AttentionMask){.padding = 4}));
    assert_all(trial.weights, 0.0f);
    assert_all(trial.out, 0.0f);
}

TEST(what_is_seen_and_no_number_makes_the_row_no_number)
{
    Random random = {705};
    Trial trial = new_trial(&random, 3, 3, 2, 4);
    matrix_row(trial.k, 1)[0] = NAN;
    assert_ok(attend(&trial, CAUSAL));
    assert_matrix_equal(top(trial.out, 1), top(trial.v, 1));
    for (size_t c = 0; c < 4; c++)
        ck_assert(isnan(matrix_row(trial.out, 1)[c]) && isnan(matrix_row(trial.out, 2)[c]));
}

TEST(a_bad_query_spoils_only_its_own_row)
{
    Random random = {706};
    Trial trial = new_trial(&random, 3, 4, 2, 1);
    assert_ok(attend(&trial, (AttentionMask){.padding = 1}));
    Matrix out = copy_of(trial.out);
    matrix_row(trial.q, 1)[1] = NAN;
    assert_ok(attend(&trial, (AttentionMask){.padding = 1}));
    matrix_row(out, 1)[0] = NAN;
    assert_matrix_equal(trial.out, out);
    assert_matrix_equal(one_row(trial.weights, 1), MATRIX(1, 4, NAN, NAN, NAN, 0));
}

TEST(a_bias_is_added_to_the_scaled_scores)
{
    Matrix weights = zeros(1, 2), out = zeros(1, 1);
    AttentionMask mask = {.bias = MATRIX(1, 2, 0, 1)};
    /* Scores 6 and 2 times 1/4, and then plus 0 and plus 1: 1.5 and 1.5. */
    assert_ok(masked_attention(MATRIX(1, 2, 2, 0), MATRIX(2, 2, 3, 0, 1, 0), MATRIX(2, 1, 10, 20),
                               0.25F, &mask, weights, out));
    assert_matrix_close(weights, MATRIX(1, 2, 0.5F, 0.5F), 1e-6);
    assert_close(out.data[0], 15.0, 1e-6);
}

TEST(minus_infinity_in_a_bias_is_a_mask_to_the_bit)
{
    Random random = {707};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        Trial trial = random_trial(&random);
        Matrix allowed = random_ones(&random, trial.q.rows, trial.k.rows), bias = copy_of(allowed);
        for (size_t n = 0; n < bias.rows * bias.cols; n++)
            bias.data[n] = bias.data[n] == 0 ? -INFINITY : 0;
        assert_ok(attend(&trial, (AttentionMask){.allowed = allowed}));
        Matrix weights = copy_of(trial.weights), out = copy_of(trial.out);
        assert_ok(attend(&trial, (AttentionMask){.bias = bias}));
        assert_matrix_equal(trial.weights, weights);
        assert_matrix_equal(trial.out, out);
    }
}

static const float STRANGE[] = {NAN, INFINITY, -INFINITY, 1e30F, 0};

TEST(padded_keys_give_what_the_shorter_sequence_gives_to_the_bit)
{
    Random random = {708};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        Trial trial = random_trial(&random);
        size_t padding = random_between(&random, 0, trial.k.rows), keys = trial.k.rows - padding;
        Matrix weights = zeros(trial.q.rows, keys), out = zeros(trial.q.rows, trial.v.cols);
        fill(bottom(trial.k, padding), STRANGE[i % 5]);
        fill(bottom(trial.v, padding), STRANGE[i % 3]);
        assert_ok(attend(&trial, (AttentionMask){.padding = padding}));
        assert_ok(masked_attention(trial.q, top(trial.k, keys), top(trial.v, keys), trial.scale,
                                   &NO_MASK, weights, out));
        assert_matrix_equal(columns_of(trial.weights, 0, keys), weights);
        assert_matrix_equal(trial.out, out);
    }
}

/* --- The future does not leak ----------------------------------------------------------------- */

TEST(a_later_key_changes_nothing_before_it_to_the_bit)
{
    Random random = {709};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t count = random_between(&random, 2, 9),
               changed = random_between(&random, 1, count - 1);
        Trial trial = new_trial(&random, count, count, random_between(&random, 1, 5), 3);
        assert_ok(attend(&trial, CAUSAL));
        Matrix before = copy_of(trial.out);
        fill(bottom(trial.k, count - changed), STRANGE[i % 5]);
        fill(bottom(trial.v, count - changed), STRANGE[i % 4]);
        assert_ok(attend(&trial, CAUSAL));
        assert_matrix_equal(top(trial.out, changed), top(before, changed));
    }
}

TEST(the_last_queries_with_their_past_give_the_last_rows_to_the_bit)
{
    Random random = {710};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t count = random_between(&random, 1, 9), last = random_between(&random, 1, count);
        Trial trial = new_trial(&random, count, count, random_between(&random, 1, 5), 3);
        Matrix weights = zeros(last, count), out = zeros(last, 3);
        AttentionMask mask = {.causal = true, .past = count - last};
        assert_ok(attend(&trial, CAUSAL));
        assert_ok(masked_attention(bottom(trial.q, last), trial.k, trial.v, trial.scale, &mask,
                                   weights, out));
        assert_matrix_equal(weights, bottom(trial.weights, last));
        assert_matrix_equal(out, bottom(trial.out, last));
    }
}

/* --- Shapes, and agreement with the oracle ---------------------------------------------------- */

TEST(masked_attention_agrees_with_the_oracle)
{
    Random random = {712};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        Trial trial = random_trial(&random);
        trial.v = random_matrix(&random, trial.v.rows, trial.v.cols, i % 2 == 0 ? 1 : 1e3);
        AttentionMask mask = random_mask(&random, trial.q.rows, trial.k.rows, 1);
        Table allowed = oracle_allowed(&mask, trial.q.rows, trial.k.rows);
        Table bias = table_of(mask.bias);
        Table weights =
            oracle_weights(table_of(trial.q), table_of(trial.k), 1 / sqrt((double)trial.q.cols),
                           &allowed, mask.bias.data != NULL ? &bias : NULL);
        Table out = oracle_product(weights, table_of(trial.v));
        assert_ok(attend(&trial, mask));
        assert_matches(trial.weights, weights, TOLERANCE);
        assert_matches(trial.out, out, TOLERANCE);
    }
}

/* --- A whole layer ---------------------------------------------------------------------------- */

enum { D_MODEL = 5, HEADS = 2, D_OUT = 6 };

/* A layer with biases, and what goes in and comes out. */
typedef struct LayerTrial {
    Matrix x, context, weights, out;
    MultiHeadLayer layer;
} LayerTrial;

static LayerTrial layer_trial(Random *random, size_t t_q, size_t t_k, size_t heads)
{
    LayerSizes sizes = {D_MODEL, heads, 3, 2, D_OUT};
    return (LayerTrial){.x = random_matrix(random, t_q, D_MODEL, 1.0),
                        .context = random_matrix(random, t_k, D_MODEL, 1.0),
                        .weights = room(heads * t_q, t_k),
                        .out = room(t_q, D_OUT),
                        .layer = random_layer(random, sizes, true)};
}

/* Of the words to the context, or to themselves. */
static void run_layer(const LayerTrial *trial, Matrix context, AttentionMask mask)
{
    assert_ok(masked_multi_head_attention(trial->x, context, &trial->layer, &mask, trial->weights,
                                          trial->out));
}

TEST(a_layer_without_a_mask_is_chapter_5_to_the_bit)
{
    Random random = {721};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t tokens = random_between(&random, 0, 7), heads = random_between(&random, 1, 4);
        LayerTrial trial = layer_trial(&random, tokens, tokens, heads);
        Matrix weights = zeros(heads * tokens, tokens), out = zeros(tokens, D_OUT);
        assert_ok(multi_head_attention(trial.x, &trial.layer, weights, out));
        run_layer(&trial, NO_MATRIX, NO_MASK);
        assert_matrix_equal(trial.weights, weights);
        assert_matrix_equal(trial.out, out);
        /* x as its own context is the same */
        run_layer(&trial, trial.x, NO_MASK);
        assert_matrix_equal(trial.out, out);
    }
}

TEST(a_masked_layer_agrees_with_the_oracle)
{
    Random random = {722};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t t_q = random_between(&random, 1, 6), t_k = random_between(&random, 1, 7);
        size_t heads = random_between(&random, 1, 4);
        LayerTrial trial = layer_trial(&random, t_q, t_k, heads);
        AttentionMask mask = random_mask(&random, t_q, t_k, heads);
        Table weights, out = oracle_masked_layer(table_of(trial.x), table_of(trial.context),
                                                 &trial.layer, &mask, &weights);
        run_layer(&trial, trial.context, mask);
        assert_matches(trial.weights, weights, TOLERANCE);
        assert_matches(trial.out, out, TOLERANCE);
    }
}

TEST(the_future_does_not_leak_through_a_layer)
{
    Random random = {725};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t tokens = random_between(&random, 2, 7);
        size_t changed = random_between(&random, 1, tokens - 1);
        LayerTrial trial = layer_trial(&random, tokens, tokens, HEADS);
        run_layer(&trial, NO_MATRIX, CAUSAL);
        Matrix before = copy_of(trial.out);
        fill(bottom(trial.x, tokens - changed), i % 2 == 0 ? NAN : 5);
        run_layer(&trial, NO_MATRIX, CAUSAL);
        assert_matrix_equal(top(trial.out, changed), top(before, changed));
    }
}

TEST(new_words_with_cached_context_give_the_last_outputs_to_the_bit)
{
    enum { NEW = 2 };
    Random random = {726};
    LayerTrial trial = layer_trial(&random, 5, 5, HEADS);
    Matrix weights = zeros(HEADS * NEW, 5), out = zeros(NEW, D_OUT);
    AttentionMask with_past = {.causal = true, .past = 5 - NEW};
    run_layer(&trial, NO_MATRIX, CAUSAL);
    assert_ok(masked_multi_head_attention(bottom(trial.x, NEW), trial.x, &trial.layer, &with_past,
                                          weights, out));
    assert_matrix_equal(out, bottom(trial.out, NEW));
}

/* --- The carried example ---------------------------------------------------------------------- */

/* What comes out of a head of the example. */
typedef struct Reading {
    Matrix weights, out;
} Reading;

static Reading read_words(ExampleHead head, Matrix x, AttentionMask mask)
{
    Matrix q = zeros(x.rows, EXAMPLE_D_K), k = copy_of(q), v = copy_of(q);
    Reading reading = {zeros(x.rows, x.rows), zeros(x.rows, EXAMPLE_D_K)};
    assert_ok(matrix_product(x, head.w_q, q));
    assert_ok(matrix_product(x, head.w_k, k));
    assert_ok(matrix_product(x, head.w_v, v));
    assert_ok(masked_attention(q, k, v, 0.5F, &mask, reading.weights, reading.out));
    return reading;
}

/* The head `sense`. */
static Reading read_sense(Matrix x, AttentionMask mask)
{
    return read_words(example_layer().heads[0], x, mask);
}

TEST(bank_is_the_last_word_and_still_sees_river)
{
    Matrix weights = read_sense(word_rows(EXAMPLE_RIVER), CAUSAL).weights;
    /* Scores of bank 0 0 0 0 3 2; of river 0 0 0 0 1.5 for what it may see. */
    double bank = 4 + exp(3) + exp(2), river = 4 + exp(1.5);
    assert_close(matrix_row(weights, 5)[4], exp(3) / bank, 1e-6);
    assert_close(matrix_row(weights, 5)[5], exp(2) / bank, 1e-6);
    assert_close(matrix_row(weights, 4)[4], exp(1.5) / river, 1e-6);
    assert_close(matrix_row(weights, 4)[0], 1 / river, 1e-6);
    ck_assert_float_eq(matrix_row(weights, 4)[5], 0.0f);
    ck_assert_float_eq(matrix_row(weights, 0)[0], 1.0f);
}

TEST(in_the_bank_of_the_river_a_causal_bank_stays_ambiguous)
{
    Matrix x = word_rows("the bank of the river"), out = read_sense(x, NO_MASK).out;
    ck_assert_float_gt(matrix_row(out, 1)[0], 2 * matrix_row(out, 1)[1]);
    out = read_sense(x, CAUSAL).out;
    /* Scores 0 and 2: bank hears itself, as much water as money. */
    assert_close(matrix_row(out, 1)[0], exp(2) / (1 + exp(2)), 1e-6);
    ck_assert_float_eq(matrix_row(out, 1)[0], matrix_row(out, 1)[1]);
}

TEST(a_causal_mask_mends_the_first_row_of_the_previous_word_head)
{
    Matrix x = word_rows(EXAMPLE_RIVER);
    assert_ok(add_positions(x, 0, x));
    Matrix weights = read_words(example_previous_head(), x, NO_MASK).weights;
    ck_assert_float_gt(matrix_row(weights, 0)[5], 0.9f);
    weights = read_words(example_previous_head(), x, CAUSAL).weights;
    ck_assert_float_eq(matrix_row(weights, 0)[0], 1.0f);
    for (size_t t = 1; t < 6; t++)
        ck_assert_float_gt(matrix_row(weights, t)[t - 1], 0.88f);
}

TEST(filling_takes_weight_until_it_is_blocked)
{
    Matrix x = zeros(8, EXAMPLE_D_MODEL);
    assert_ok(matrix_copy(word_rows(EXAMPLE_RIVER), top(x, 6)));
    Matrix weights = read_sense(x, NO_MASK).weights;
    /* A key of zeros has score 0, and the weight of 0 is not 0. */
    assert_close(matrix_row(weights, 5)[7], 1 / (6 + exp(3) + exp(2)), 1e-6);
    weights = read_sense(x, (AttentionMask){.padding = 2}).weights;
    ck_assert_float_eq(matrix_row(weights, 5)[7], 0.0f);
    assert_close(matrix_row(weights, 5)[4], exp(3) / (4 + exp(3) + exp(2)), 1e-6);
}
