/* Chapter 5: several heads, each in its own columns, and W_O that mixes what they found. */
#include "multi_head_attention.h"

#include "assert.h"
#include "example.h"
#include "head_splitting.h"
#include "layer_steps.h"
#include "layers.h"
#include "matrices.h"
#include "self_attention.h"

#include <math.h>
#include <string.h>

/* --- Helpers --------------------------------------------------------------------------------- */

static void identity(Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = r == c ? 1.0f : 0.0f;
}

/* What the layer of the example makes of a sentence. */
typedef struct Reading {
    Matrix x, weights, out;
} Reading;

static Reading read_with(MultiHeadLayer layer, const char *text)
{
    Matrix x = word_rows(text);
    Reading reading = {x, room(EXAMPLE_HEADS * x.rows, x.rows), room(x.rows, EXAMPLE_D_MODEL)};
    assert_ok(multi_head_attention(x, &layer, reading.weights, reading.out));
    return reading;
}

static Reading read_sentence(const char *text)
{
    return read_with(hand_made_layer(), text);
}

/* Sizes of which no two are alike where they could be mixed up. */
static const LayerSizes SIZES = {.d_model = 7, .heads = 3, .d_k = 2, .d_v = 5, .d_out = 6};

enum { Q, K, V, O, KINDS };

/* --- The classic small case ------------------------------------------------------------------ */

TEST(the_classic_small_case_equals_the_numpy_function)
{
    /* See tests/golden/make_classic.py. */
    float x[] = {1, 0, 2, 0, 1, 1};
    float w_q[] = {1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 1, 1, 0, 0};
    float w_k[] = {0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 1};
    float w_v[] = {1, 0, 0, 0, 0, 2, 0, 2, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0};
    float w_o[] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0};
    float expected_weights[] = {0.640457475681f, 0.359542524319f, 0.760368441858f, 0.239631558142f,
                                0.500000000000f, 0.500000000000f, 0.849674553090f, 0.150325446910f};
    float expected_out[] = {2.140457475681f, 3.219085048639f, 2.140457475681f,
                            2.610042994948f, 4.028286775553f, 1.910693888768f};
    Matrix weights = room(4, 2), out = room(2, 3);
    MultiHeadLayer layer = {.w_q = matrix_view(w_q, 3, 6),
                            .w_k = matrix_view(w_k, 3, 6),
                            .w_v = matrix_view(w_v, 3, 6),
                            .w_o = matrix_view(w_o, 6, 3),
                            .heads = 2};
    assert_ok(multi_head_attention(matrix_view(x, 2, 3), &layer, weights, out));
    assert_matrix_close(weights, matrix_view(expected_weights, 4, 2), 1e-6);
    assert_matrix_close(out, matrix_view(expected_out, 2, 3), 1e-6);
}

/* --- The carried example ---------------------------------------------------------------------- */

static const char *const BOTH_SENTENCES[] = {EXAMPLE_RIVER, EXAMPLE_MONEY};

/* With the identity for W_O the output is the concatenation. */
TEST_ROWS(each_head_is_the_attention_of_chapter_3_to_the_bit, BOTH_SENTENCES)
{
    MultiHeadLayer layer = hand_made_layer();
    layer.w_o = room(EXAMPLE_D_MODEL, EXAMPLE_D_MODEL);
    identity(layer.w_o);
    Reading reading = read_with(layer, BOTH_SENTENCES[_i]);
    size_t tokens = reading.x.rows;
    Matrix weights = room(tokens, tokens), result = room(tokens, EXAMPLE_D_K), rows, block;
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        ExampleHead head = example_layer().heads[h];
        assert_ok(self_attention(reading.x, head.w_q, head.w_k, head.w_v, weights, result));
        assert_ok(matrix_rows(reading.weights, h * tokens, tokens, &rows));
        assert_matrix_equal(rows, weights);
        assert_ok(head_view(reading.out, EXAMPLE_HEADS, h, &block));
        assert_matrix_equal(block, result);
    }
}

/* The row of `bank`: its scores are 0 0 0 0 3 2 in `sense` and 0 2 0 0 0 0 in `who`. */
TEST(bank_by_the_river_becomes_water)
{
    double e2 = exp(2.0), e3 = exp(3.0), sense = 4 + e2 + e3, who = 5 + e2;
    double place = 0.5 * (1 + 1 + 2) / who;         /* on, river, bank */
    double being = 3 / sense + 0.5 * 3 / who;       /* she, in both heads */
    double water = (3 * e3 + e2) / sense;           /* river, and bank itself */
    double action = 2 / sense + 0.5 * 2 * e2 / who; /* sat, in both heads */
    double money = e2 / sense;                      /* bank itself */
    double link = 0.5 * (1 + 2 + 2) / who;          /* she, on, the */
    double expected[] = {0, 0, place, being, water, action, money, link};
    Reading reading = read_sentence(EXAMPLE_RIVER);
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
        assert_close(matrix_row(reading.out, 5)[c], expected[c], 1e-6);
}

/* The scores are 0 0 3 0 0 2 in `sense` and 0 3 0 0 0 0 in `who`. */
TEST(bank_with_money_becomes_money)
{
    double e2 = exp(2.0), e3 = exp(3.0), sense = 4 + e2 + e3, who = 5 + e3;
    double place = 0.5 * (1 + 2) / who;             /* in, bank */
    double being = 3 / sense + 0.5 * 3 / who;       /* he, in both heads */
    double water = e2 / sense;                      /* bank itself */
    double action = 3 / sense + 0.5 * 3 * e3 / who; /* put, in both heads */
    double money = (3 * e3 + e2) / sense;           /* money, and bank itself */
    double link = 0.5 * (1 + 2 + 2) / who;          /* he, in, the */
    double expected[] = {0, 0, place, being, water, action, money, link};
    Reading reading = read_sentence(EXAMPLE_MONEY);
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
        assert_close(matrix_row(reading.out, 5)[c], expected[c], 1e-6);
}

TEST(the_two_heads_of_sat_look_at_different_words)
{
    Reading reading = read_sentence(EXAMPLE_RIVER);
    const float *sense = matrix_row(reading.weights, 1), *who = matrix_row(reading.weights, 6 + 1);
    for (size_t t = 0; t < 6; t++) {
        ck_assert(t == 5 || sense[t] < sense[5]); /* where? the bank */
        ck_assert(t == 0 || who[t] < who[0]);     /* who? she */
    }
}

/* --- One layer, any sizes --------------------------------------------------------------------- */

TEST(layers_of_any_shape_agree_with_the_oracle)
{
    Random random = {53};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t tokens = random_between(&random, 0, 7);
        LayerSizes s = {.d_model = random_between(&random, 1, 9),
                        .heads = random_between(&random, 1, 5),
                        .d_k = random_between(&random, 1, 5),
                        .d_v = random_between(&random, 1, 6),
                        .d_out = random_between(&random, 1, 8)};
        MultiHeadLayer layer = random_layer(&random, s, true);
        if (i % 2 == 1) /* scores stay moderate; values go up to a thousand */
            layer.w_v = random_matrix(&random, s.d_model, s.heads * s.d_v, 1e3);
        Matrix x = random_matrix(&random, tokens, s.d_model, 1.0);
        Matrix weights = random_matrix(&random, s.heads * tokens, tokens, 1.0);
        Matrix out = random_matrix(&random, tokens, s.d_out, 1.0);
        Table expected,
            result = oracle_layer(table_of(x), table_of(x), &layer, NULL, NULL, &expected);
        assert_ok(multi_head_attention(x, &layer, weights, out));
        assert_matches(weights, expected, TOLERANCE);
        assert_matches(out, result, TOLERANCE);
    }
}

TEST(a_nan_in_one_word_reaches_every_word_and_no_crash)
{
    Reading reading = read_sentence(EXAMPLE_RIVER);
    MultiHeadLayer layer = hand_made_layer();
    matrix_row(reading.x, 2)[4] = NAN;
    assert_ok(multi_head_attention(reading.x, &layer, reading.weights, reading.out));
    for (size_t r = 0; r < reading.out.rows; r++)
        for (size_t c = 2; c < reading.out.cols; c++)
            ck_assert(isnan(matrix_row(reading.out, r)[c]));
    matrix_row(reading.x, 2)[4] = INFINITY;
    assert_ok(multi_head_attention(reading.x, &layer, reading.weights, reading.out));
}

TEST(tokens_without_numbers_give_equal_weights_and_the_last_bias)
{
    Matrix no_rows = room(0, 2), weights = room(6, 3), out = room(3, 3);
    MultiHeadLayer layer = {.w_q = no_rows,
                            .w_k = no_rows,
                            .w_v = no_rows,
                            .w_o = MATRIX(2, 3, 0, 0, 0, 0, 0, 0),
                            .b_o = MATRIX(1, 3, 5, -6, 7),
                            .heads = 2};
    assert_ok(multi_head_attention(room(3, 0), &layer, weights, out));
    assert_all(weights, 1.0f / 3.0f);
    assert_matrix_equal(out, MATRIX(3, 3, 5, -6, 7, 5, -6, 7, 5, -6, 7));
}

/* --- The sum over heads ----------------------------------------------------------------------- */

TEST(concatenate_then_project_is_the_sum_over_heads)
{
    Random random = {57};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t tokens = random_between(&random, 0, 7), heads = random_between(&random, 1, 6);
        size_t d_v = random_between(&random, 1, 6), d_out = random_between(&random, 0, 8);
        Matrix concat = random_matrix(&random, tokens, heads * d_v, 1e3);
        Matrix w_o = random_matrix(&random, heads * d_v, d_out, 1.0);
        Matrix sum = random_matrix(&random, tokens, d_out, 1.0);
        Matrix at_once = random_matrix(&random, tokens, d_out, 1.0);
        Table expected = oracle_product(table_of(concat), table_of(w_o));
        MultiHeadLayer layer = {.w_o = w_o, .heads = heads};
        assert_ok(sum_of_heads(concat, w_o, heads, sum));
        assert_matches(sum, expected, TOLERANCE);
        assert_ok(multi_head_output(concat, &layer, at_once));
        assert_matches(at_once, expected, TOLERANCE);
    }
}

TEST(a_head_reaches_the_output_through_its_own_rows_of_w_o)
{
    float concat[] = {1, 2, 3, 10, 20, 30}, rows_of_one_head[] = {1, 2, 3, 4, 5, 6}, out[2];
    for (size_t h = 0; h < 2; h++) {
        float w_o[12] = {0};
        memcpy(w_o + 6 * h, rows_of_one_head, sizeof rows_of_one_head);
        assert_ok(sum_of_heads(matrix_view(concat, 1, 6), matrix_view(w_o, 6, 2), 2,
                               matrix_view(out, 1, 2)));
        ck_assert_float_eq(out[0], h == 0 ? 22.0f : 220.0f); /* 1*1 + 2*3 + 3*5 */
        ck_assert_float_eq(out[1], h == 0 ? 28.0f : 280.0f); /* 1*2 + 2*4 + 3*6 */
    }
}

/* --- The halves of the layer, which later chapters use ---------------------------------------- */

TEST(queries_come_from_x_and_keys_and_values_from_the_context)
{
    Random random = {58};
    Matrix x = random_matrix(&random, 4, SIZES.d_model, 1.0);
    Matrix context = random_matrix(&random, 6, SIZES.d_model, 1.0);
    MultiHeadLayer layer = random_layer(&random, SIZES, false);
    HeadMatrices all;
    assert_ok(multi_head_project(x, context, &layer, &all));
    assert_matches(all.q, oracle_product(table_of(x), table_of(layer.w_q)), TOLERANCE);
    assert_matches(all.k, oracle_product(table_of(context), table_of(layer.w_k)), TOLERANCE);
    assert_matches(all.v, oracle_product(table_of(context), table_of(layer.w_v)), TOLERANCE);
    ck_assert_uint_eq(all.concat.rows, 4);
    ck_assert_uint_eq(all.concat.cols, SIZES.heads * SIZES.d_v);
    multi_head_free(&all);
    ck_assert_ptr_null(all.concat.data);
}

TEST(what_a_selected_head_writes_is_concatenated_already)
{
    HeadMatrices all = {room(4, 6), room(5, 6), room(5, 9), room(4, 9)}, one;
    for (size_t h = 0; h < 3; h++) {
        assert_ok(multi_head_select(&all, 3, h, &one));
        ck_assert_ptr_eq(one.q.data, all.q.data + 2 * h);
        ck_assert_ptr_eq(one.k.data, all.k.data + 2 * h);
        ck_assert_ptr_eq(one.v.data, all.v.data + 3 * h);
        ck_assert_uint_eq(one.concat.cols, 3);
        fill(one.concat, (float)h);
    }
    for (size_t r = 0; r < 4; r++)
        for (size_t c = 0; c < 9; c++)
            ck_assert_float_eq(matrix_row(all.concat, r)[c], (float)(c / 3));
    assert_fails(multi_head_select(&all, 3, 3, &one), STATUS_VALUE, "there is no head 3");
}

/* Each of the four in turn has 3 columns, which two heads cannot share. */
TEST_TIMES(heads_must_divide_each_of_the_four, 4)
{
    HeadMatrices all = {room(2, 4), room(2, 4), room(2, 4), room(2, 4)}, one;
    Matrix *const parts[] = {&all.q, &all.k, &all.v, &all.concat};
    *parts[_i] = room(2, 3);
    assert_fails(multi_head_select(&all, 2, 0, &one), STATUS_SHAPE, "2 heads do not divide 3");
}

/* One of the three in turn has 2 rows, where a word has 3 numbers. */
TEST_TIMES(each_projection_must_fit_by_itself, 3)
{
    static const char *const MESSAGES[] = {"w_q is 2x4", "w_k is 2x4", "w_v is 2x4"};
    Matrix x = room(5, 3);
    MultiHeadLayer layer = {.w_q = room(3, 4), .w_k = room(3, 4), .w_v = room(3, 4), .heads = 2};
    Matrix *const parts[] = {&layer.w_q, &layer.w_k, &layer.w_v};
    HeadMatrices all;
    *parts[_i] = room(2, 4);
    assert_fails(multi_head_project(x, x, &layer, &all), STATUS_SHAPE, MESSAGES[_i]);
    multi_head_free(&all);
}

/* In the cases of the checks w_q is square. */
TEST(keys_are_as_wide_as_queries_and_the_message_has_rows_before_columns)
{
    Matrix x = room(4, 7), weights = room(12, 4), out = room(4, 7);
    MultiHeadLayer layer = {
        .w_q = room(7, 6), .w_k = room(7, 9), .w_v = room(7, 6), .w_o = room(6, 7), .heads = 3};
    assert_fails(multi_head_expect_shapes("me", x, x, &layer, weights, out), STATUS_SHAPE,
                 "me: w_q is 7x6 and w_k is 7x9, but they need the same number of columns");
}

/* --- What a layer costs ----------------------------------------------------------------------- */

static const struct {
    size_t d_model, heads;
} LAYERS[] = {{512, 1}, {512, 8}, {512, 16}, {1024, 1}, {1024, 8}, {1024, 16}, {12, 3}};

/* Multiplies nothing, but counts how often it would: once for each turn of the innermost loop. */
static double count_product(Matrix a, Matrix b)
{
    double count = 0;
    ck_assert_uint_eq(a.cols, b.rows);
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < b.cols; j++)
            for (size_t k = 0; k < a.cols; k++)
                count++;
    return count;
}

TEST_ROWS(the_counts_are_those_of_real_matrices, LAYERS)
{
    enum { TOKENS = 2 };
    size_t d = LAYERS[_i].d_model, heads = LAYERS[_i].heads;
    Matrix w[] = {room(d, d), room(d, d), room(d, d), room(d, d)}, x = room(TOKENS, d);
    MultiHeadLayer layer = {.w_q = w[Q], .w_k = w[K], .w_v = w[V], .w_o = w[O], .heads = heads};
    HeadMatrices all, one;
    MultiHeadCost counted = {0}, cost = multi_head_cost(TOKENS, d, heads);
    assert_ok(multi_head_project(x, x, &layer, &all));
    counted.projections = count_product(x, w[Q]) + count_product(x, w[K]) + count_product(x, w[V]);
    for (size_t h = 0; h < heads; h++) {
        assert_ok(multi_head_select(&all, heads, h, &one));
        Matrix turned = {one.k.data, one.k.cols, one.k.rows, one.k.cols}; /* its shape counts */
        Matrix weights = {one.q.data, one.q.rows, one.k.rows, one.k.rows};
        counted.scores += count_product(one.q, turned);
        counted.weighted += count_product(weights, one.v);
        counted.exponentials += (double)(weights.rows * weights.cols);
    }
    counted.output = count_product(all.concat, w[O]);
    ck_assert_double_eq(cost.projections, counted.projections);
    ck_assert_double_eq(cost.scores, counted.scores);
    ck_assert_double_eq(cost.weighted, counted.weighted);
    ck_assert_double_eq(cost.output, counted.output);
    ck_assert_double_eq(cost.exponentials, counted.exponentials);
    size_t parameters = 0;
    for (size_t i = 0; i < KINDS; i++)
        parameters += w[i].rows * w[i].cols;
    ck_assert_uint_eq(multi_head_parameters(d, heads, false), parameters);
    ck_assert_uint_eq(multi_head_parameters(d, heads, true), parameters + 4 * d);
    multi_head_free(&all);
}

TEST(heads_change_neither_parameters_nor_multiplications)
{
    static const size_t HEADS[] = {1, 8, 16};
    for (size_t i = 0; i < 3; i++) {
        /* 4 x 512 x 512; what nn.MultiheadAttention(512, 8) learns, with its biases */
        ck_assert_uint_eq(multi_head_parameters(512, HEADS[i], false), 1048576);
        ck_assert_uint_eq(multi_head_parameters(512, HEADS[i], true), 1050624);
        ck_assert_uint_eq(multi_head_parameters(1024, HEADS[i], false), 4194304);
        MultiHeadCost cost = multi_head_cost(64, 512, HEADS[i]);
        ck_assert_double_eq(cost.projections, 3.0 * 64 * 512 * 512);
        ck_assert_double_eq(cost.scores, 64.0 * 64 * 512);
        ck_assert_double_eq(cost.weighted, 64.0 * 64 * 512);
        ck_assert_double_eq(cost.output, 64.0 * 512 * 512);
        ck_assert_double_eq(cost.exponentials, 64.0 * 64 * (double)HEADS[i]);
    }
}
