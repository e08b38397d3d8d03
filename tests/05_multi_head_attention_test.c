/* Chapter 5: several heads, each in its own columns, and W_O that mixes what they found. */
#include "multi_head_attention.h"

#include "assert.h"
#include "example.h"
#include "frail_memory.h"
#include "head_splitting.h"
#include "matrices.h"
#include "oracle.h"
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

static MultiHeadLayer example_without_biases(void)
{
    ExampleLayer example = example_layer();
    return (MultiHeadLayer){.w_q = example.w_q,
                            .w_k = example.w_k,
                            .w_v = example.w_v,
                            .w_o = example.w_o,
                            .heads = EXAMPLE_HEADS};
}

/* A sentence and what the layer of the example makes of it. */
typedef struct Reading {
    Sentence sentence;
    Matrix weights, out;
} Reading;

static Reading read_sentence(const char *text)
{
    Reading reading;
    MultiHeadLayer layer = example_without_biases();
    assert_ok(sentence_create(text, &reading.sentence));
    size_t tokens = reading.sentence.count;
    reading.weights = new_matrix(EXAMPLE_HEADS * tokens, tokens);
    reading.out = new_matrix(tokens, EXAMPLE_D_MODEL);
    assert_ok(multi_head_attention(reading.sentence.x, &layer, reading.weights, reading.out));
    return reading;
}

static void reading_free(Reading *reading)
{
    sentence_free(&reading->sentence);
    matrix_free(&reading->weights);
    matrix_free(&reading->out);
}

/* Sizes of which no two are alike where they could be mixed up. */
typedef struct Sizes {
    size_t tokens, d_model, heads, d_k, d_v, d_out;
} Sizes;

static const Sizes SIZES = {.tokens = 4, .d_model = 7, .heads = 3, .d_k = 2, .d_v = 5, .d_out = 6};

enum { Q, K, V, O, KINDS };

/* A random layer, with the biases of those kinds whose bit is set. */
static MultiHeadLayer random_layer(Random *random, Sizes s, unsigned biases, double deviation)
{
    double narrow = deviation / sqrt((double)s.d_model);
    MultiHeadLayer layer = {
        .w_q = random_matrix(random, s.d_model, s.heads * s.d_k, narrow),
        .w_k = random_matrix(random, s.d_model, s.heads * s.d_k, narrow),
        .w_v = random_matrix(random, s.d_model, s.heads * s.d_v, deviation),
        .w_o = random_matrix(random, s.heads * s.d_v, s.d_out, deviation),
        .heads = s.heads,
    };
    Matrix *const b[KINDS] = {&layer.b_q, &layer.b_k, &layer.b_v, &layer.b_o};
    const size_t cols[KINDS] = {layer.w_q.cols, layer.w_k.cols, layer.w_v.cols, layer.w_o.cols};
    for (size_t i = 0; i < KINDS; i++)
        if (biases >> i & 1u)
            *b[i] = random_matrix(random, 1, cols[i], deviation);
    return layer;
}

static void random_layer_free(MultiHeadLayer *layer)
{
    Matrix all[] = {layer->w_q, layer->w_k, layer->w_v, layer->w_o,
                    layer->b_q, layer->b_k, layer->b_v, layer->b_o};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].data != NULL)
            random_matrix_free(all[i]);
}

/* --- The classic small case ------------------------------------------------------------------ */

START_TEST(the_classic_small_case_equals_the_numpy_function)
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
    float weights[4 * 2], out[2 * 3];
    MultiHeadLayer layer = {.w_q = matrix_view(w_q, 3, 6),
                            .w_k = matrix_view(w_k, 3, 6),
                            .w_v = matrix_view(w_v, 3, 6),
                            .w_o = matrix_view(w_o, 6, 3),
                            .heads = 2};
    assert_ok(multi_head_attention(matrix_view(x, 2, 3), &layer, matrix_view(weights, 4, 2),
                                   matrix_view(out, 2, 3)));
    assert_matrix_close(matrix_view(weights, 4, 2), matrix_view(expected_weights, 4, 2), 1e-6);
    assert_matrix_close(matrix_view(out, 2, 3), matrix_view(expected_out, 2, 3), 1e-6);
}
END_TEST

/* --- The carried example ---------------------------------------------------------------------- */

static const char *const BOTH_SENTENCES[] = {EXAMPLE_RIVER, EXAMPLE_MONEY};

START_TEST(each_head_is_the_attention_of_chapter_3_to_the_bit)
{
    Reading reading = read_sentence(BOTH_SENTENCES[_i]);
    size_t tokens = reading.sentence.count;
    Matrix weights = new_matrix(tokens, tokens), result = new_matrix(tokens, EXAMPLE_D_K), rows;
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        ExampleHead head = example_layer().heads[h];
        assert_ok(
            self_attention(reading.sentence.x, head.w_q, head.w_k, head.w_v, weights, result));
        assert_ok(matrix_rows(reading.weights, h * tokens, tokens, &rows));
        assert_matrix_equal(rows, weights);
    }
    matrix_free(&weights);
    matrix_free(&result);
    reading_free(&reading);
}
END_TEST

START_TEST(the_heads_results_stand_side_by_side_to_the_bit)
{
    /* With the identity for W_O the output is the concatenation. */
    float w_o[EXAMPLE_D_MODEL * EXAMPLE_D_MODEL];
    Reading reading = read_sentence(BOTH_SENTENCES[_i]);
    size_t tokens = reading.sentence.count;
    MultiHeadLayer layer = example_without_biases();
    layer.w_o = matrix_view(w_o, EXAMPLE_D_MODEL, EXAMPLE_D_MODEL);
    identity(layer.w_o);
    assert_ok(multi_head_attention(reading.sentence.x, &layer, reading.weights, reading.out));
    Matrix weights = new_matrix(tokens, tokens), result = new_matrix(tokens, EXAMPLE_D_K), block;
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        ExampleHead head = example_layer().heads[h];
        assert_ok(
            self_attention(reading.sentence.x, head.w_q, head.w_k, head.w_v, weights, result));
        assert_ok(head_view(reading.out, EXAMPLE_HEADS, h, &block));
        assert_matrix_equal(block, result);
    }
    matrix_free(&weights);
    matrix_free(&result);
    reading_free(&reading);
}
END_TEST

/* The row of `bank`: its scores are 0 0 0 0 3 2 in `sense` and 0 2 0 0 0 0 in `who`. */
START_TEST(bank_by_the_river_becomes_water)
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
    reading_free(&reading);
}
END_TEST

/* The scores are 0 0 3 0 0 2 in `sense` and 0 3 0 0 0 0 in `who`. */
START_TEST(bank_with_money_becomes_money)
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
    reading_free(&reading);
}
END_TEST

START_TEST(the_two_heads_of_sat_look_at_different_words)
{
    Reading reading = read_sentence(EXAMPLE_RIVER);
    const float *sense = matrix_row(reading.weights, 1), *who = matrix_row(reading.weights, 6 + 1);
    for (size_t t = 0; t < 6; t++) {
        ck_assert(t == 5 || sense[t] < sense[5]); /* where? the bank */
        ck_assert(t == 0 || who[t] < who[0]);     /* who? she */
    }
    reading_free(&reading);
}
END_TEST

/* --- One layer, any sizes --------------------------------------------------------------------- */

START_TEST(one_head_with_an_idle_w_o_is_chapter_3_to_the_bit)
{
    Random random = {51};
    Sizes s = SIZES;
    s.heads = 1;
    s.d_out = s.d_v;
    Matrix x = random_matrix(&random, s.tokens, s.d_model, 1.0);
    MultiHeadLayer layer = random_layer(&random, s, 0, 1.0);
    identity(layer.w_o);
    Matrix weights = new_matrix(s.tokens, s.tokens), out = new_matrix(s.tokens, s.d_v);
    Matrix weights_3 = new_matrix(s.tokens, s.tokens), out_3 = new_matrix(s.tokens, s.d_v);
    assert_ok(multi_head_attention(x, &layer, weights, out));
    assert_ok(self_attention(x, layer.w_q, layer.w_k, layer.w_v, weights_3, out_3));
    assert_matrix_equal(weights, weights_3);
    assert_matrix_equal(out, out_3);
    Matrix *const made[] = {&weights, &out, &weights_3, &out_3};
    for (size_t i = 0; i < 4; i++)
        matrix_free(made[i]);
    random_matrix_free(x);
    random_layer_free(&layer);
}
END_TEST

START_TEST(each_row_of_weights_sums_to_one_in_every_head)
{
    Random random = {52};
    Matrix x = random_matrix(&random, SIZES.tokens, SIZES.d_model, 1.0);
    MultiHeadLayer layer = random_layer(&random, SIZES, 0, 2.0);
    Matrix weights = new_matrix(SIZES.heads * SIZES.tokens, SIZES.tokens);
    Matrix out = new_matrix(SIZES.tokens, SIZES.d_out);
    assert_ok(multi_head_attention(x, &layer, weights, out));
    for (size_t r = 0; r < weights.rows; r++) {
        double sum = 0;
        for (size_t c = 0; c < weights.cols; c++) {
            ck_assert(matrix_row(weights, r)[c] >= 0);
            sum += matrix_row(weights, r)[c];
        }
        assert_close(sum, 1.0, 1e-6);
    }
    matrix_free(&weights);
    matrix_free(&out);
    random_matrix_free(x);
    random_layer_free(&layer);
}
END_TEST

/* What the layer computes, in doubles and from the formula alone. */
static void oracle_layer(Matrix x, const MultiHeadLayer *layer, Table *weights, Table *out)
{
    const Matrix w[] = {layer->w_q, layer->w_k, layer->w_v};
    const Matrix b[] = {layer->b_q, layer->b_k, layer->b_v};
    Table sequence = table_of(x), all[3], concat = table_create(x.rows, layer->w_v.cols);
    size_t d_k = layer->w_q.cols / layer->heads, d_v = layer->w_v.cols / layer->heads;
    for (size_t i = 0; i < 3; i++) {
        Table table = table_of(w[i]), bias = table_of(b[i]);
        all[i] = oracle_linear(sequence, table, b[i].data != NULL ? &bias : NULL);
        table_free(2, table, bias);
    }
    *weights = table_create(layer->heads * x.rows, x.rows);
    for (size_t h = 0; h < layer->heads; h++) {
        Table q = oracle_columns(all[0], h * d_k, d_k), k = oracle_columns(all[1], h * d_k, d_k);
        Table v = oracle_columns(all[2], h * d_v, d_v);
        Table one = oracle_weights(q, k, 1.0 / sqrt((double)d_k), NULL, NULL);
        Table result = oracle_product(one, v);
        memcpy(weights->data + h * x.rows * x.rows, one.data, x.rows * x.rows * sizeof(double));
        for (size_t t = 0; t < x.rows; t++)
            memcpy(concat.data + t * concat.cols + h * d_v, result.data + t * d_v,
                   d_v * sizeof(double));
        table_free(5, q, k, v, one, result);
    }
    Table w_o = table_of(layer->w_o), b_o = table_of(layer->b_o);
    *out = oracle_linear(concat, w_o, layer->b_o.data != NULL ? &b_o : NULL);
    table_free(7, sequence, all[0], all[1], all[2], concat, w_o, b_o);
}

static void compare_with_oracle(Random *random, Sizes s)
{
    unsigned biases = (unsigned)random_between(random, 0, 15);
    /* Scores stay moderate; values go up to a thousand. */
    Matrix x = random_matrix(random, s.tokens, s.d_model, 1.0);
    MultiHeadLayer layer = random_layer(random, s, biases, 1.0);
    double large = random_between(random, 0, 1) == 0 ? 1.0 : 1e3;
    for (size_t r = 0; r < layer.w_v.rows; r++)
        for (size_t c = 0; c < layer.w_v.cols; c++)
            matrix_row(layer.w_v, r)[c] *= (float)large;
    Matrix weights = random_matrix(random, s.heads * s.tokens, s.tokens, 1.0);
    Matrix out = random_matrix(random, s.tokens, s.d_out, 1.0);
    Table expected_weights, expected_out;
    oracle_layer(x, &layer, &expected_weights, &expected_out);
    assert_ok(multi_head_attention(x, &layer, weights, out));
    assert_matches(weights, expected_weights, TOLERANCE);
    assert_matches(out, expected_out, TOLERANCE);
    table_free(2, expected_weights, expected_out);
    random_matrix_free(x);
    random_matrix_free(weights);
    random_matrix_free(out);
    random_layer_free(&layer);
}

START_TEST(layers_of_any_shape_agree_with_the_oracle)
{
    Random random = {53};
    for (size_t i = 0; i < random_cases(); i++)
        compare_with_oracle(&random, (Sizes){.tokens = random_between(&random, 1, 7),
                                             .d_model = random_between(&random, 1, 9),
                                             .heads = random_between(&random, 1, 5),
                                             .d_k = random_between(&random, 1, 5),
                                             .d_v = random_between(&random, 1, 6),
                                             .d_out = random_between(&random, 1, 8)});
}
END_TEST

START_TEST(nothing_is_written_around_views)
{
    Random random = {54};
    Matrix x = random_matrix(&random, SIZES.tokens, SIZES.d_model, 1.0);
    MultiHeadLayer layer = random_layer(&random, SIZES, 15, 1.0);
    size_t rows = SIZES.heads * SIZES.tokens;
    Matrix place[] = {new_matrix(rows + 2, SIZES.tokens + 3),
                      new_matrix(SIZES.tokens + 2, SIZES.d_out + 3)};
    Matrix view[2], written = new_matrix(SIZES.tokens, SIZES.d_out);
    for (size_t i = 0; i < 2; i++) {
        fill(place[i], UNWRITTEN);
        assert_ok(matrix_rows(place[i], 1, place[i].rows - 2, &view[i]));
        assert_ok(matrix_columns(view[i], 2, place[i].cols - 3, &view[i]));
    }
    assert_ok(multi_head_attention(x, &layer, view[0], view[1]));
    assert_ok(matrix_copy(view[1], written));
    for (size_t i = 0; i < 2; i++) {
        for (size_t r = 0; r < view[i].rows; r++)
            for (size_t c = 0; c < view[i].cols; c++)
                ck_assert_float_ne(matrix_row(view[i], r)[c], UNWRITTEN);
        fill(view[i], UNWRITTEN);
        assert_all(place[i], UNWRITTEN);
        matrix_free(&place[i]);
    }
    matrix_free(&written);
    random_matrix_free(x);
    random_layer_free(&layer);
}
END_TEST

START_TEST(a_nan_in_one_word_reaches_every_word_and_no_crash)
{
    Reading reading = read_sentence(EXAMPLE_RIVER);
    MultiHeadLayer layer = example_without_biases();
    matrix_row(reading.sentence.x, 2)[4] = NAN;
    assert_ok(multi_head_attention(reading.sentence.x, &layer, reading.weights, reading.out));
    for (size_t r = 0; r < reading.out.rows; r++)
        for (size_t c = 2; c < reading.out.cols; c++)
            ck_assert(isnan(matrix_row(reading.out, r)[c]));
    matrix_row(reading.sentence.x, 2)[4] = INFINITY;
    assert_ok(multi_head_attention(reading.sentence.x, &layer, reading.weights, reading.out));
    reading_free(&reading);
}
END_TEST

START_TEST(a_sequence_of_no_tokens_gives_nothing)
{
    Random random = {55};
    float nothing[1] = {UNWRITTEN};
    MultiHeadLayer layer = random_layer(&random, SIZES, 15, 1.0);
    assert_ok(multi_head_attention(matrix_view(nothing, 0, SIZES.d_model), &layer,
                                   matrix_view(nothing, 0, 0),
                                   matrix_view(nothing, 0, SIZES.d_out)));
    ck_assert_float_eq(nothing[0], UNWRITTEN);
    random_layer_free(&layer);
}
END_TEST

START_TEST(tokens_without_numbers_give_equal_weights_and_the_last_bias)
{
    float nothing[1], b_o[] = {5, -6, 7}, weights[2 * 3 * 3], out[3 * 3], w_o[2 * 3] = {0};
    Matrix no_rows = matrix_view(nothing, 0, 2);
    MultiHeadLayer layer = {.w_q = no_rows,
                            .w_k = no_rows,
                            .w_v = no_rows,
                            .w_o = matrix_view(w_o, 2, 3),
                            .b_o = matrix_view(b_o, 1, 3),
                            .heads = 2};
    assert_ok(multi_head_attention(matrix_view(nothing, 3, 0), &layer, matrix_view(weights, 6, 3),
                                   matrix_view(out, 3, 3)));
    assert_all(matrix_view(weights, 6, 3), 1.0f / 3.0f);
    for (size_t t = 0; t < 3; t++)
        assert_matrix_equal(matrix_view(&out[3 * t], 1, 3), matrix_view(b_o, 1, 3));
}
END_TEST

/* --- Biases ----------------------------------------------------------------------------------- */

START_TEST(biases_that_are_left_out_are_biases_of_zero)
{
    Random random = {56};
    Matrix x = random_matrix(&random, SIZES.tokens, SIZES.d_model, 1.0);
    MultiHeadLayer layer = random_layer(&random, SIZES, 15, 1.0), without = layer;
    without.b_q = without.b_k = without.b_v = without.b_o = NO_MATRIX;
    Matrix weights = new_matrix(SIZES.heads * SIZES.tokens, SIZES.tokens);
    Matrix out = new_matrix(SIZES.tokens, SIZES.d_out),
           out_without = new_matrix(out.rows, out.cols);
    assert_ok(multi_head_attention(x, &without, weights, out_without));
    fill(layer.b_q, 0.0f);
    fill(layer.b_k, 0.0f);
    fill(layer.b_v, 0.0f);
    fill(layer.b_o, 0.0f);
    assert_ok(multi_head_attention(x, &layer, weights, out));
    assert_matrix_equal(out, out_without);
    matrix_free(&weights);
    matrix_free(&out);
    matrix_free(&out_without);
    random_matrix_free(x);
    random_layer_free(&layer);
}
END_TEST

START_TEST(each_bias_is_added_where_it_belongs)
{
    /* x is 1 and 2; w_q = w_k = w_v = 1; the biases turn q into 3 4, k into 11 12, v into 21 22. */
    float x[] = {1, 2}, one[] = {1}, ten[] = {10}, twenty[] = {20}, two[] = {2}, hundred[] = {100};
    float weights[4], out[2];
    Matrix w = matrix_view(one, 1, 1);
    MultiHeadLayer layer = {.w_q = w,
                            .w_k = w,
                            .w_v = w,
                            .w_o = w,
                            .b_q = matrix_view(two, 1, 1),
                            .b_k = matrix_view(ten, 1, 1),
                            .b_v = matrix_view(twenty, 1, 1),
                            .b_o = matrix_view(hundred, 1, 1),
                            .heads = 1};
    assert_ok(multi_head_attention(matrix_view(x, 2, 1), &layer, matrix_view(weights, 2, 2),
                                   matrix_view(out, 2, 1)));
    for (size_t t = 0; t < 2; t++) {
        double q = 3.0 + (double)t, w0 = 1 / (1 + exp(q)); /* scores 11 q and 12 q */
        assert_close(weights[2 * t], w0, 1e-6);
        assert_close(out[t], 21 * w0 + 22 * (1 - w0) + 100, 1e-6);
    }
}
END_TEST

/* --- The sum over heads ------------------------------------------------------------------------
 */

START_TEST(concatenate_then_project_is_the_sum_over_heads)
{
    Random random = {57};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t tokens = random_between(&random, 0, 7), heads = random_between(&random, 1, 6);
        size_t d_v = random_between(&random, 1, 6), d_out = random_between(&random, 0, 8);
        Matrix concat = random_matrix(&random, tokens, heads * d_v, 1e3);
        Matrix w_o = random_matrix(&random, heads * d_v, d_out, 1.0);
        Matrix sum = random_matrix(&random, tokens, d_out, 1.0);
        Matrix at_once = random_matrix(&random, tokens, d_out, 1.0);
        Table a = table_of(concat), b = table_of(w_o), expected = oracle_product(a, b);
        MultiHeadLayer layer = {.w_o = w_o, .heads = heads};
        assert_ok(sum_of_heads(concat, w_o, heads, sum));
        assert_ok(multi_head_output(concat, &layer, at_once));
        assert_matches(sum, expected, TOLERANCE);
        assert_matches(at_once, expected, TOLERANCE);
        table_free(3, a, b, expected);
        Matrix const made[] = {concat, w_o, sum, at_once};
        for (size_t m = 0; m < 4; m++)
            random_matrix_free(made[m]);
    }
}
END_TEST

START_TEST(a_head_reaches_the_output_through_its_own_rows_of_w_o)
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
END_TEST

static const struct {
    size_t concat_cols, w_o_rows, heads, out_rows, out_cols;
    const char *message;
} UNFIT_SUMS[] = {
    {6, 5, 2, 3, 4, "sum_of_heads: w_o is 5x4, but concat is 3x6 and needs 6 rows"},
    {6, 6, 4, 3, 4, "sum_of_heads: concat is 3x6, but 4 heads must divide its columns"},
    {6, 6, 0, 3, 4, "sum_of_heads: concat is 3x6, but 0 heads"},
    {0, 0, 2, 3, 4, "sum_of_heads: concat is 3x0, but 2 heads"},
    {6, 6, 2, 3, 5, "sum_of_heads: out is 3x5, expected 3x4 (T x columns of w_o)"},
    {6, 6, 2, 2, 4, "sum_of_heads: out is 2x4, expected 3x4"},
};

START_TEST(a_sum_that_does_not_fit_is_refused_and_nothing_is_written)
{
    float numbers[24], out_numbers[24];
    Matrix concat = matrix_view(numbers, 3, UNFIT_SUMS[_i].concat_cols);
    Matrix w_o = matrix_view(numbers, UNFIT_SUMS[_i].w_o_rows, 4);
    Matrix out = matrix_view(out_numbers, UNFIT_SUMS[_i].out_rows, UNFIT_SUMS[_i].out_cols);
    fill(matrix_view(numbers, 24, 1), 1.0f);
    fill(matrix_view(out_numbers, 24, 1), UNWRITTEN);
    about("concat %zux%zu, w_o %zux%zu, heads %zu, out %zux%zu", concat.rows, concat.cols, w_o.rows,
          w_o.cols, UNFIT_SUMS[_i].heads, out.rows, out.cols);
    assert_fails(sum_of_heads(concat, w_o, UNFIT_SUMS[_i].heads, out), STATUS_SHAPE,
                 UNFIT_SUMS[_i].message);
    Matrix whole_out = matrix_view(out_numbers, 1, 24);
    assert_all(whole_out, UNWRITTEN);
}
END_TEST

/* --- The halves of the layer, which later chapters use -----------------------------------------
 */

START_TEST(queries_come_from_x_and_keys_and_values_from_the_context)
{
    Random random = {58};
    Sizes s = SIZES;
    Matrix x = random_matrix(&random, s.tokens, s.d_model, 1.0);
    Matrix context = random_matrix(&random, s.tokens + 2, s.d_model, 1.0);
    MultiHeadLayer layer = random_layer(&random, s, 0, 1.0);
    HeadMatrices all;
    assert_ok(multi_head_project(x, context, &layer, &all));
    Table from_x = table_of(x), from_context = table_of(context);
    Table w_q = table_of(layer.w_q), w_k = table_of(layer.w_k), w_v = table_of(layer.w_v);
    Table q = oracle_product(from_x, w_q), k = oracle_product(from_context, w_k);
    Table v = oracle_product(from_context, w_v);
    assert_matches(all.q, q, TOLERANCE);
    assert_matches(all.k, k, TOLERANCE);
    assert_matches(all.v, v, TOLERANCE);
    ck_assert_uint_eq(all.concat.rows, s.tokens);
    ck_assert_uint_eq(all.concat.cols, s.heads * s.d_v);
    table_free(8, from_x, from_context, w_q, w_k, w_v, q, k, v);
    multi_head_free(&all);
    ck_assert_ptr_null(all.concat.data);
    random_matrix_free(x);
    random_matrix_free(context);
    random_layer_free(&layer);
}
END_TEST

START_TEST(what_a_selected_head_writes_is_concatenated_already)
{
    HeadMatrices all = {new_matrix(4, 6), new_matrix(5, 6), new_matrix(5, 9), new_matrix(4, 9)},
                 one;
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
    assert_fails(multi_head_select(&all, 4, 0, &one), STATUS_SHAPE, "4 heads do not divide 6");
    assert_fails(multi_head_select(&all, 2, 0, &one), STATUS_SHAPE, "2 heads do not divide 9");
    multi_head_free(&all);
}
END_TEST

START_TEST(a_half_layer_that_does_not_fit_is_refused)
{
    float numbers[24] = {0};
    Matrix fits = matrix_view(numbers, 3, 4), unfit = matrix_view(numbers, 2, 4);
    MultiHeadLayer layer = {.w_q = fits, .w_k = fits, .w_v = fits, .w_o = fits, .heads = 2};
    Matrix x = matrix_view(numbers, 5, 3);
    Matrix *const parts[] = {&layer.w_q, &layer.w_k, &layer.w_v};
    static const char *const NAMES[] = {"w_q is 2x4", "w_k is 2x4", "w_v is 2x4"};
    for (size_t i = 0; i < 3; i++) {
        HeadMatrices all;
        *parts[i] = unfit;
        assert_fails(multi_head_project(x, x, &layer, &all), STATUS_SHAPE, NAMES[i]);
        multi_head_free(&all);
        *parts[i] = fits;
    }
    float results[15], one[4] = {1, 1, 1, 1};
    Matrix out = matrix_view(results, 5, 3);
    layer.b_o = matrix_view(one, 1, 4);
    fill(out, UNWRITTEN);
    assert_fails(multi_head_output(x, &layer, out), STATUS_SHAPE,
                 "matrix_product: out is 5x3, expected 5x4");
    assert_all(out, UNWRITTEN);
}
END_TEST

/* --- Shapes that do not fit --------------------------------------------------------------------
 */

enum {
    W_Q_PART,
    W_K_PART,
    W_V_PART,
    W_O_PART,
    B_Q_PART,
    B_K_PART,
    B_V_PART,
    B_O_PART,
    WEIGHTS_PART,
    OUT_PART,
    HEADS_PART
};

/* One part of a layer that fits (SIZES) gets another shape. */
static const struct {
    int part;
    size_t rows, cols; /* of the part; of HEADS_PART the rows count */
    const char *message;
} UNFIT[] = {
    {W_Q_PART, 6, 6, "multi_head_attention: w_q is 6x6, but x is 4x7 and needs 7 rows"},
    {W_K_PART, 8, 6,
     "multi_head_attention: w_k is 8x6, but the sequence of the keys is 4x7 and needs 7 rows"},
    {W_V_PART, 6, 15, "multi_head_attention: w_v is 6x15, but the sequence of the values is 4x7"},
    {W_Q_PART, 7, 8, "multi_head_attention: w_q is 7x8, but 3 heads must divide its columns"},
    {W_Q_PART, 7, 0, "multi_head_attention: w_q is 7x0, but 3 heads must divide its columns"},
    {W_V_PART, 7, 16, "multi_head_attention: w_v is 7x16, but 3 heads must divide its columns"},
    {W_V_PART, 7, 0, "multi_head_attention: w_v is 7x0, but 3 heads must divide its columns"},
    {W_K_PART, 7, 9, "w_q is 7x6 and w_k is 7x9, but they need equally many columns"},
    {W_O_PART, 14, 6, "w_o is 14x6, but 3 heads of 5 columns need 15 rows"},
    {W_O_PART, 6, 15, "w_o is 6x15, but 3 heads of 5 columns need 15 rows"},
    {B_Q_PART, 1, 5, "b_q is 1x5, expected 1x6 (one number for each column)"},
    {B_Q_PART, 6, 1, "b_q is 6x1, expected 1x6"},
    {B_K_PART, 1, 7, "b_k is 1x7, expected 1x6"},
    {B_V_PART, 1, 6, "b_v is 1x6, expected 1x15"},
    {B_O_PART, 1, 15, "b_o is 1x15, expected 1x6"},
    {WEIGHTS_PART, 4, 4, "weights is 4x4, expected 12x4 (heads T_q x T_k)"},
    {WEIGHTS_PART, 4, 12, "weights is 4x12, expected 12x4"},
    {OUT_PART, 4, 7, "out is 4x7, expected 4x6 (T_q x columns of w_o)"},
    {OUT_PART, 3, 6, "out is 3x6, expected 4x6"},
    {HEADS_PART, 0, 0, "multi_head_attention: w_q is 7x6, but 0 heads must divide its columns"},
    {HEADS_PART, 4, 0, "multi_head_attention: w_q is 7x6, but 4 heads must divide its columns"},
    {HEADS_PART, 6, 0, "multi_head_attention: w_v is 7x15, but 6 heads must divide its columns"},
};

START_TEST(a_layer_that_does_not_fit_is_refused_and_nothing_is_written)
{
    float numbers[256], results[64];
    MultiHeadLayer layer = {.heads = 3};
    Matrix weights = matrix_view(results, 12, 4), out = matrix_view(results, 4, 6);
    Matrix *const parts[] = {&layer.w_q, &layer.w_k, &layer.w_v, &layer.w_o, &layer.b_q,
                             &layer.b_k, &layer.b_v, &layer.b_o, &weights,   &out};
    const size_t shapes[][2] = {{7, 6}, {7, 6}, {7, 15}, {15, 6}};
    fill(matrix_view(numbers, 256, 1), 0.5f);
    fill(matrix_view(results, 64, 1), UNWRITTEN);
    for (size_t i = 0; i < 4; i++)
        *parts[i] = matrix_view(numbers, shapes[i][0], shapes[i][1]);
    if (UNFIT[_i].part == HEADS_PART)
        layer.heads = UNFIT[_i].rows;
    else
        *parts[UNFIT[_i].part] = matrix_view(UNFIT[_i].part >= WEIGHTS_PART ? results : numbers,
                                             UNFIT[_i].rows, UNFIT[_i].cols);
    about("x 4x7, %zu heads, weights %zux%zu, out %zux%zu: %s", layer.heads, weights.rows,
          weights.cols, out.rows, out.cols, UNFIT[_i].message);
    assert_fails(multi_head_attention(matrix_view(numbers, 4, 7), &layer, weights, out),
                 STATUS_SHAPE, UNFIT[_i].message);
    Matrix weights_and_out = matrix_view(results, 1, 64);
    assert_all(weights_and_out, UNWRITTEN);
}
END_TEST

START_TEST(shapes_of_two_sequences_are_checked_each_against_its_own)
{
    float numbers[128];
    MultiHeadLayer layer = {.w_q = matrix_view(numbers, 7, 6),
                            .w_k = matrix_view(numbers, 3, 6),
                            .w_v = matrix_view(numbers, 3, 9),
                            .w_o = matrix_view(numbers, 9, 2),
                            .heads = 3};
    Matrix x = matrix_view(numbers, 4, 7), context = matrix_view(numbers, 5, 3);
    Matrix weights = matrix_view(numbers, 12, 5), out = matrix_view(numbers, 4, 2);
    assert_ok(multi_head_expect_shapes("me", x, context, &layer, weights, out));
    assert_fails(multi_head_expect_shapes("me", x, x, &layer, weights, out), STATUS_SHAPE,
                 "me: w_k is 3x6, but the sequence of the keys is 4x7 and needs 7 rows");
    weights.cols = 4;
    assert_fails(multi_head_expect_shapes("me", x, context, &layer, weights, out), STATUS_SHAPE,
                 "me: weights is 12x4, expected 12x5");
}
END_TEST

/* --- No memory ---------------------------------------------------------------------------------
 */

START_TEST(without_memory_nothing_is_written)
{
    Random random = {59};
    Matrix x = random_matrix(&random, SIZES.tokens, SIZES.d_model, 1.0);
    MultiHeadLayer layer = random_layer(&random, SIZES, 15, 1.0);
    Matrix weights = new_matrix(SIZES.heads * SIZES.tokens, SIZES.tokens);
    Matrix out = new_matrix(SIZES.tokens, SIZES.d_out);
    size_t failures = 0;
    for (;; failures++) {
        fill(weights, UNWRITTEN);
        fill(out, UNWRITTEN);
        memory_fail_at(failures + 1);
        about("multi_head_attention when memory for matrix number %zu is refused", failures + 1);
        Status status = multi_head_attention(x, &layer, weights, out);
        if (!memory_has_failed())
            break;
        assert_fails(status, STATUS_NO_MEMORY, "");
        assert_all(weights, UNWRITTEN);
        assert_all(out, UNWRITTEN);
    }
    memory_fail_at(0);
    ck_assert_uint_ge(failures, 4);
    matrix_free(&weights);
    matrix_free(&out);
    random_matrix_free(x);
    random_layer_free(&layer);
}
END_TEST

START_TEST(without_memory_there_is_no_sum)
{
    float concat[] = {1, 2, 3, 4}, w_o[] = {1, 2, 3, 4}, out[] = {UNWRITTEN, UNWRITTEN};
    memory_fail_at(1);
    about("sum_of_heads, concat 2x2, w_o 2x1, heads 2, out 2x1, when there is no memory");
    Status status =
        sum_of_heads(matrix_view(concat, 2, 2), matrix_view(w_o, 2, 1), 2, matrix_view(out, 2, 1));
    /* A sum that needs no memory of its own is as good. */
    ck_assert_int_eq(status, memory_has_failed() ? STATUS_NO_MEMORY : STATUS_OK);
    Matrix sum = matrix_view(out, 2, 1);
    if (status != STATUS_OK)
        assert_all(sum, UNWRITTEN);
    memory_fail_at(0);
}
END_TEST

/* --- What a layer costs ------------------------------------------------------------------------
 */

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

START_TEST(the_counts_are_those_of_real_matrices)
{
    enum { TOKENS = 2 };
    size_t d = LAYERS[_i].d_model, heads = LAYERS[_i].heads;
    Matrix w[] = {new_matrix(d, d), new_matrix(d, d), new_matrix(d, d), new_matrix(d, d)};
    Matrix x = new_matrix(TOKENS, d);
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
    for (size_t i = 0; i < KINDS; i++)
        matrix_free(&w[i]);
    matrix_free(&x);
    multi_head_free(&all);
}
END_TEST

START_TEST(heads_change_neither_parameters_nor_multiplications)
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
END_TEST

static void add_layer_tests(Suite *suite)
{
    add_test(suite, the_classic_small_case_equals_the_numpy_function);
    add_rows(suite, each_head_is_the_attention_of_chapter_3_to_the_bit, BOTH_SENTENCES);
    add_rows(suite, the_heads_results_stand_side_by_side_to_the_bit, BOTH_SENTENCES);
    add_test(suite, bank_by_the_river_becomes_water);
    add_test(suite, bank_with_money_becomes_money);
    add_test(suite, the_two_heads_of_sat_look_at_different_words);
    add_test(suite, one_head_with_an_idle_w_o_is_chapter_3_to_the_bit);
    add_test(suite, each_row_of_weights_sums_to_one_in_every_head);
    add_test(suite, layers_of_any_shape_agree_with_the_oracle);
    add_test(suite, nothing_is_written_around_views);
    add_test(suite, a_nan_in_one_word_reaches_every_word_and_no_crash);
    add_test(suite, a_sequence_of_no_tokens_gives_nothing);
    add_test(suite, tokens_without_numbers_give_equal_weights_and_the_last_bias);
    add_test(suite, biases_that_are_left_out_are_biases_of_zero);
    add_test(suite, each_bias_is_added_where_it_belongs);
}

static void add_part_tests(Suite *suite)
{
    add_test(suite, queries_come_from_x_and_keys_and_values_from_the_context);
    add_test(suite, what_a_selected_head_writes_is_concatenated_already);
    add_test(suite, a_half_layer_that_does_not_fit_is_refused);
    add_test(suite, concatenate_then_project_is_the_sum_over_heads);
    add_test(suite, a_head_reaches_the_output_through_its_own_rows_of_w_o);
    add_rows(suite, a_sum_that_does_not_fit_is_refused_and_nothing_is_written, UNFIT_SUMS);
    add_rows(suite, a_layer_that_does_not_fit_is_refused_and_nothing_is_written, UNFIT);
    add_test(suite, shapes_of_two_sequences_are_checked_each_against_its_own);
    add_test(suite, without_memory_nothing_is_written);
    add_test(suite, without_memory_there_is_no_sum);
    add_rows(suite, the_counts_are_those_of_real_matrices, LAYERS);
    add_test(suite, heads_change_neither_parameters_nor_multiplications);
}

static Matrix *part_of(HeadMatrices *all, size_t part)
{
    Matrix *const parts[] = {&all->q, &all->k, &all->v, &all->concat};
    return parts[part];
}

/* Each of the four in turn has 3 columns, which two heads cannot share. */
START_TEST(heads_must_divide_each_of_the_four)
{
    float numbers[8] = {0};
    Matrix even = matrix_view(numbers, 2, 4);
    HeadMatrices all = {even, even, even, even}, one;
    *part_of(&all, (size_t)_i) = matrix_view(numbers, 2, 3);
    assert_fails(multi_head_select(&all, 2, 0, &one), STATUS_SHAPE, "2 heads do not divide 3");
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("05 multi-head attention");
    /* In the order in which the parts are written. */
    add_part_tests(suite);
    add_layer_tests(suite);
    add_named_rows(suite, "selecting", heads_must_divide_each_of_the_four, 4);
    return suite;
}
