/* Chapter 3: queries meet keys, scores become weights, and weights mix values. */
#include "self_attention.h"

#include "assert.h"
#include "dot_products.h"
#include "example.h"
#include "extra.h"
#include "frail_memory.h"
#include "matrices.h"
#include "oracle.h"
#include "softmax.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

/* --- Helpers --------------------------------------------------------------------------------- */

/* A matrix of the numbers that follow. */
#define MATRIX(rows, cols, ...) matrix_view((float[]){__VA_ARGS__}, rows, cols)

/* Room for a result, filled with a number that no result has. */
#define ROOM(rows, cols) filled(matrix_view((float[(rows) *(cols) + 1]){0}, rows, cols))

static Matrix filled(Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = UNWRITTEN;
    return matrix;
}

/* A shape without numbers, for calls that must fail before they look at one. */
static Matrix shape(size_t rows, size_t cols)
{
    return (Matrix){NULL, rows, cols, cols};
}

/* Two queries, three keys and three values; d_k = 2 and d_v = 4, so that no two sizes are alike. */
static Matrix two_queries(void)
{
    static float data[] = {1, 2, 0, -1};
    return matrix_view(data, 2, 2);
}

static Matrix three_keys(void)
{
    static float data[] = {1, 0, 0, 1, 3, 1};
    return matrix_view(data, 3, 2);
}

static Matrix three_values(void)
{
    static float data[] = {1, 0, 0, 5, 0, 1, 0, 5, 0, 0, 1, 5};
    return matrix_view(data, 3, 4);
}

/* The head `sense` at work on a sentence. */
typedef struct Reading {
    Sentence sentence;
    Matrix q, k, v, weights, out;
} Reading;

static Reading read_sentence(const char *text)
{
    Reading reading;
    ExampleHead sense = example_layer().heads[0];
    assert_ok(sentence_create(text, &reading.sentence));
    assert_ok(project("w_q", reading.sentence.x, sense.w_q, &reading.q));
    assert_ok(project("w_k", reading.sentence.x, sense.w_k, &reading.k));
    assert_ok(project("w_v", reading.sentence.x, sense.w_v, &reading.v));
    assert_ok(matrix_create(reading.sentence.count, reading.sentence.count, &reading.weights));
    assert_ok(matrix_create(reading.sentence.count, EXAMPLE_D_K, &reading.out));
    assert_ok(self_attention(reading.sentence.x, sense.w_q, sense.w_k, sense.w_v, reading.weights,
                             reading.out));
    return reading;
}

static void reading_free(Reading *reading)
{
    sentence_free(&reading->sentence);
    matrix_free(&reading->q);
    matrix_free(&reading->k);
    matrix_free(&reading->v);
    matrix_free(&reading->weights);
    matrix_free(&reading->out);
}

static Matrix row_of(Matrix matrix, size_t row)
{
    return matrix_view(matrix_row(matrix, row), 1, matrix.cols);
}

/* --- Projections ----------------------------------------------------------------------------- */

START_TEST(a_projection_is_the_sequence_times_the_matrix)
{
    /* Three tokens of two numbers; W takes two numbers to four. */
    Matrix x = MATRIX(3, 2, 1, 2, 3, 4, 5, 6);
    Matrix w = MATRIX(2, 4, 1, 0, 2, -1, 0, 1, 3, 1), projected;
    assert_ok(project("w_q", x, w, &projected));
    assert_matrix_equal(projected, MATRIX(3, 4, 1, 2, 8, 1, 3, 4, 18, 1, 5, 6, 28, 1));
    matrix_free(&projected);
}
END_TEST

START_TEST(the_questions_answers_and_values_of_the_river_bank)
{
    Reading river = read_sentence(EXAMPLE_RIVER);
    /* of bank = place 2, water 1, money 1 */
    assert_matrix_equal(row_of(river.q, 5), MATRIX(1, 4, 2, 2, 0, 0));
    assert_matrix_equal(row_of(river.k, 5), MATRIX(1, 4, 1, 1, 2, 0));
    assert_matrix_equal(row_of(river.v, 5), MATRIX(1, 4, 1, 1, 0, 0));
    /* of river = place 1, water 3 */
    assert_matrix_equal(row_of(river.q, 4), MATRIX(1, 4, 1, 1, 0, 0));
    assert_matrix_equal(row_of(river.k, 4), MATRIX(1, 4, 3, 0, 1, 0));
    assert_matrix_equal(row_of(river.v, 4), MATRIX(1, 4, 3, 0, 0, 0));
    reading_free(&river);
}
END_TEST

START_TEST(each_token_is_projected_by_itself)
{
    Random random = {31};
    Matrix x = random_matrix(&random, 5, 3, 1.0), w = random_matrix(&random, 3, 4, 1.0);
    Matrix all, one;
    assert_ok(project("w_k", x, w, &all));
    for (size_t t = 0; t < x.rows; t++) {
        assert_ok(project("w_k", row_of(x, t), w, &one));
        assert_matrix_equal(one, row_of(all, t));
        matrix_free(&one);
    }
    matrix_free(&all);
    random_matrix_free(x);
    random_matrix_free(w);
}
END_TEST

START_TEST(a_projection_of_another_width_is_refused_by_name)
{
    Matrix projected = shape(9, 9);
    assert_fails(project("w_v", shape(5, 3), shape(4, 2), &projected), STATUS_SHAPE,
                 "project: the sequence is 5x3 and w_v is 4x2");
    ck_assert_ptr_null(projected.data);
    ck_assert_uint_eq(projected.rows, 0);
}
END_TEST

START_TEST(a_projection_too_large_for_any_memory_is_refused)
{
    Matrix projected;
    assert_fails(project("w_q", shape(SIZE_MAX / 2, 0), shape(0, 3), &projected), STATUS_NO_MEMORY,
                 "overflow");
    ck_assert_ptr_null(projected.data);
}
END_TEST

START_TEST(projections_agree_with_the_oracle)
{
    Random random = {32};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t tokens = random_between(&random, 0, 9), d_model = random_between(&random, 0, 12);
        Matrix x = random_matrix(&random, tokens, d_model, 300.0), projected;
        Matrix w = random_matrix(&random, d_model, random_between(&random, 0, 8), 300.0);
        Table table_x = table_of(x), table_w = table_of(w);
        Table expected = oracle_product(table_x, table_w);
        assert_ok(project("w_q", x, w, &projected));
        assert_matches(projected, expected, TOLERANCE);
        table_free(3, table_x, table_w, expected);
        matrix_free(&projected);
        random_matrix_free(x);
        random_matrix_free(w);
    }
}
END_TEST

/* --- Scale ----------------------------------------------------------------------------------- */

START_TEST(the_scale_is_one_over_the_root_of_d_k)
{
    ck_assert_float_eq(attention_scale(1), 1.0f);
    ck_assert_float_eq(attention_scale(4), 0.5f);
    ck_assert_float_eq(attention_scale(64), 0.125f);
    ck_assert_float_eq(attention_scale(1024), 0.03125f);
    assert_close(attention_scale(3), 0.57735026919, 1e-7);
    assert_close(attention_scale(10), 0.31622776602, 1e-7);
}
END_TEST

START_TEST(self_attention_divides_scores_by_the_root_of_d_k)
{
    /* d_model = 5, d_k = 3, d_v = 2. Q K^T of token 0 with tokens 0 and 1 is 2 and 1, apart by 1.
     */
    Matrix x = MATRIX(2, 5, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0);
    Matrix w_q = MATRIX(5, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    Matrix w_k = MATRIX(5, 3, 1, 0, 0, 0.5f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    Matrix w_v = MATRIX(5, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0);
    Matrix weights = ROOM(2, 2), out = ROOM(2, 2);
    assert_ok(self_attention(x, w_q, w_k, w_v, weights, out));
    assert_close(log(weights.data[0] / weights.data[1]), 0.577350, 1e-5);
}
END_TEST

/* --- Scores ---------------------------------------------------------------------------------- */

START_TEST(a_score_is_the_scaled_dot_product_of_a_query_and_a_key)
{
    Matrix scores = ROOM(2, 3);
    assert_ok(attention_scores(two_queries(), three_keys(), 0.5f, scores));
    /* dot products 1 2 5 and 0 -1 -1 */
    assert_matrix_equal(scores, MATRIX(2, 3, 0.5f, 1.0f, 2.5f, 0.0f, -0.5f, -0.5f));
}
END_TEST

START_TEST(rows_of_scores_belong_to_queries_and_columns_to_keys)
{
    Matrix scores = ROOM(1, 3), turned = ROOM(3, 1);
    Matrix query = MATRIX(1, 2, 1, 10);
    assert_ok(attention_scores(query, three_keys(), 1.0f, scores));
    assert_matrix_equal(scores, MATRIX(1, 3, 1, 10, 13));
    assert_ok(attention_scores(three_keys(), query, 1.0f, turned));
    assert_matrix_equal(turned, MATRIX(3, 1, 1, 10, 13));
}
END_TEST

START_TEST(the_scores_of_bank_are_chapter_1_s_dot_products_halved)
{
    Reading river = read_sentence(EXAMPLE_RIVER);
    Matrix products = ROOM(6, 6), scores = ROOM(6, 6);
    assert_ok(matrix_product_transposed(river.q, river.k, products));
    assert_matrix_equal(row_of(products, 5), MATRIX(1, 6, 0, 0, 0, 0, 6, 4));
    assert_ok(attention_scores(river.q, river.k, attention_scale(EXAMPLE_D_K), scores));
    assert_matrix_equal(row_of(scores, 5), MATRIX(1, 6, 0, 0, 0, 0, 3, 2));
    for (size_t i = 0; i < 36; i++)
        ck_assert_float_eq(scores.data[i], 0.5f * products.data[i]);
    reading_free(&river);
}
END_TEST

START_TEST(queries_and_keys_of_different_length_are_refused)
{
    Matrix scores = ROOM(2, 5);
    assert_fails(attention_scores(two_queries(), shape(5, 3), 1.0f, scores), STATUS_SHAPE,
                 "attention_scores: q is 2x2 and k is 5x3, but queries and keys");
    assert_all(scores, UNWRITTEN);
}
END_TEST

START_TEST(scores_of_another_shape_are_refused)
{
    Matrix scores = ROOM(3, 2);
    assert_fails(attention_scores(two_queries(), three_keys(), 1.0f, scores), STATUS_SHAPE,
                 "attention_scores: scores is 3x2, expected 2x3 (T_q x T_k)");
    assert_all(scores, UNWRITTEN);
}
END_TEST

START_TEST(queries_without_columns_are_refused)
{
    Matrix scores = ROOM(2, 3);
    assert_fails(attention_scores(shape(2, 0), shape(3, 0), 1.0f, scores), STATUS_SHAPE,
                 "d_k must be 1 or more");
    assert_all(scores, UNWRITTEN);
}
END_TEST

START_TEST(scores_agree_with_the_oracle)
{
    Random random = {33};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t d_k = random_between(&random, 1, 40);
        float scale = (float)random_normal(&random);
        Matrix q = random_matrix(&random, random_between(&random, 0, 9), d_k, 300.0);
        Matrix k = random_matrix(&random, random_between(&random, 0, 9), d_k, 300.0);
        Matrix scores = random_matrix(&random, q.rows, k.rows, 1.0);
        Table table_q = table_of(q), table_k = table_of(k), turned = oracle_transpose(table_k);
        Table expected = oracle_product(table_q, turned);
        for (size_t e = 0; e < expected.rows * expected.cols; e++)
            expected.data[e] *= scale;
        assert_ok(attention_scores(q, k, scale, scores));
        assert_matches(scores, expected, TOLERANCE);
        table_free(4, table_q, table_k, turned, expected);
        random_matrix_free(q);
        random_matrix_free(k);
        random_matrix_free(scores);
    }
}
END_TEST

/* --- Weights --------------------------------------------------------------------------------- */

START_TEST(rows_of_weights_sum_to_one)
{
    Random random = {34};
    Matrix q = random_matrix(&random, 7, 3, 2.0), k = random_matrix(&random, 5, 3, 2.0);
    Matrix v = random_matrix(&random, 5, 4, 2.0), weights = ROOM(7, 5), out = ROOM(7, 4);
    assert_ok(scaled_dot_product_attention(q, k, v, 0.6f, weights, out));
    double column = 0.0;
    for (size_t i = 0; i < 7; i++) {
        double sum = 0.0;
        for (size_t j = 0; j < 5; j++) {
            ck_assert_float_ge(matrix_row(weights, i)[j], 0.0f);
            sum += matrix_row(weights, i)[j];
        }
        column += matrix_row(weights, i)[0];
        assert_close(sum, 1.0, 1e-6);
    }
    ck_assert_double_gt(fabs(column - 1.0), 0.01);
    random_matrix_free(q);
    random_matrix_free(k);
    random_matrix_free(v);
}
END_TEST

START_TEST(the_weights_of_bank_are_those_worked_out_by_hand)
{
    Reading river = read_sentence(EXAMPLE_RIVER);
    /* exp of 0 0 0 0 3 2 is 1 1 1 1 20.0855 7.3891, and their sum 31.4746 */
    assert_matrix_close(
        row_of(river.weights, 5),
        MATRIX(1, 6, 0.0317717f, 0.0317717f, 0.0317717f, 0.0317717f, 0.6381502f, 0.2347631f), 1e-6);
    reading_free(&river);
}
END_TEST

START_TEST(the_scale_is_chapter_2_s_temperature)
{
    Reading river = read_sentence(EXAMPLE_RIVER);
    Matrix weights = ROOM(6, 6);
    assert_ok(matrix_product_transposed(river.q, river.k, weights));
    assert_ok(softmax_with_temperature(weights, 2.0f, weights));
    assert_matrix_close(river.weights, weights, 1e-6);
    reading_free(&river);
}
END_TEST

START_TEST(a_query_of_zeros_looks_at_all_words_alike)
{
    Reading money = read_sentence(EXAMPLE_MONEY);
    assert_matrix_equal(row_of(money.q, 2), MATRIX(1, 4, 0, 0, 0, 0));
    for (size_t j = 0; j < 6; j++)
        ck_assert_float_eq(matrix_row(money.weights, 2)[j], 1.0f / 6.0f);
    /* the mean of the values: water 1/6, money 4/6, being 3/6, action 3/6 */
    assert_matrix_close(row_of(money.out, 2), MATRIX(1, 4, 0.1666667f, 0.6666667f, 0.5f, 0.5f),
                        1e-6);
    reading_free(&money);
}
END_TEST

START_TEST(a_scale_of_zero_makes_all_weights_alike)
{
    Matrix weights = ROOM(2, 3), out = ROOM(2, 4);
    assert_ok(scaled_dot_product_attention(two_queries(), three_keys(), three_values(), 0.0f,
                                           weights, out));
    for (size_t i = 0; i < 6; i++)
        ck_assert_float_eq(weights.data[i], 1.0f / 3.0f);
}
END_TEST

START_TEST(scores_of_any_size_give_weights)
{
    Matrix q = MATRIX(2, 1, 1e4f, -1e4f), k = MATRIX(3, 1, 1, 3, 2), v = MATRIX(3, 1, 10, 20, 30);
    Matrix weights = ROOM(2, 3), out = ROOM(2, 1);
    assert_ok(scaled_dot_product_attention(q, k, v, 1.0f, weights, out));
    assert_matrix_equal(weights, MATRIX(2, 3, 0, 1, 0, 1, 0, 0));
    assert_matrix_equal(out, MATRIX(2, 1, 20, 10));
}
END_TEST

/* --- The weighted sum ------------------------------------------------------------------------ */

START_TEST(attention_mixes_the_values_by_hand)
{
    Matrix weights = ROOM(2, 3), out = ROOM(2, 4);
    /* The scale ln 2 makes powers of two of the dot products 1 2 5 and 0 -1 -1: 2 4 32 of 38, and
     * 2 1 1 of 4. The values hand the weights on; all of them hand over 5. */
    assert_ok(scaled_dot_product_attention(two_queries(), three_keys(), three_values(), 0.6931472f,
                                           weights, out));
    assert_matrix_close(weights, MATRIX(2, 3, 2.0f / 38, 4.0f / 38, 32.0f / 38, 0.5f, 0.25f, 0.25f),
                        1e-6);
    assert_matrix_close(
        out, MATRIX(2, 4, 2.0f / 38, 4.0f / 38, 32.0f / 38, 5.0f, 0.5f, 0.25f, 0.25f, 5.0f), 1e-6);
}
END_TEST

START_TEST(bank_moves_towards_water_or_towards_money)
{
    Reading river = read_sentence(EXAMPLE_RIVER), money = read_sentence(EXAMPLE_MONEY);
    /* 0.638150 of a value 3, and 0.234763 of bank's own 1; the rest in parts of 0.0317717 */
    assert_matrix_close(row_of(river.out, 5),
                        MATRIX(1, 4, 2.1492136f, 0.2347631f, 0.0953151f, 0.0635434f), 1e-6);
    assert_matrix_close(row_of(money.out, 5),
                        MATRIX(1, 4, 0.2347631f, 2.1492136f, 0.0953151f, 0.0953151f), 1e-6);
    reading_free(&river);
    reading_free(&money);
}
END_TEST

START_TEST(bank_is_between_river_and_money_before_and_decided_after)
{
    Reading river = read_sentence(EXAMPLE_RIVER), money = read_sentence(EXAMPLE_MONEY);
    const float *value_of_river = matrix_row(river.v, 4), *value_of_money = matrix_row(money.v, 2);
    assert_close(cosine_similarity(matrix_row(river.v, 5), value_of_river, 4), 0.70710678, 1e-6);
    assert_close(cosine_similarity(matrix_row(river.v, 5), value_of_money, 4), 0.70710678, 1e-6);
    assert_close(cosine_similarity(matrix_row(river.out, 5), value_of_river, 4), 0.9926945, 1e-6);
    assert_close(cosine_similarity(matrix_row(river.out, 5), value_of_money, 4), 0.1084341, 1e-6);
    assert_close(cosine_similarity(matrix_row(money.out, 5), value_of_river, 4), 0.1083757, 1e-6);
    assert_close(cosine_similarity(matrix_row(money.out, 5), value_of_money, 4), 0.9921602, 1e-6);
    reading_free(&river);
    reading_free(&money);
}
END_TEST

START_TEST(a_single_key_hands_over_its_value_to_the_bit)
{
    Matrix key = MATRIX(1, 2, 0.3f, 7), value = MATRIX(1, 3, 0.1f, -2, 1e30f);
    Matrix weights = ROOM(2, 1), out = ROOM(2, 3);
    assert_ok(scaled_dot_product_attention(two_queries(), key, value, 0.7f, weights, out));
    assert_matrix_equal(weights, MATRIX(2, 1, 1, 1));
    assert_matrix_equal(row_of(out, 0), value);
    assert_matrix_equal(row_of(out, 1), value);
}
END_TEST

START_TEST(an_output_lies_between_the_least_and_the_greatest_value)
{
    Random random = {35};
    Matrix q = random_matrix(&random, 6, 3, 3.0), k = random_matrix(&random, 4, 3, 3.0);
    Matrix v = random_matrix(&random, 4, 2, 5.0), weights = ROOM(6, 4), out = ROOM(6, 2);
    assert_ok(scaled_dot_product_attention(q, k, v, 0.5f, weights, out));
    for (size_t c = 0; c < 2; c++) {
        float least = INFINITY, greatest = -INFINITY;
        for (size_t j = 0; j < 4; j++) {
            least = fminf(least, matrix_row(v, j)[c]);
            greatest = fmaxf(greatest, matrix_row(v, j)[c]);
        }
        for (size_t i = 0; i < 6; i++) {
            ck_assert_float_ge(matrix_row(out, i)[c], least - 1e-5f);
            ck_assert_float_le(matrix_row(out, i)[c], greatest + 1e-5f);
        }
    }
    random_matrix_free(q);
    random_matrix_free(k);
    random_matrix_free(v);
}
END_TEST

START_TEST(keys_and_values_may_change_places_together)
{
    Matrix k = MATRIX(3, 2, 3, 1, 1, 0, 0, 1);
    Matrix v = MATRIX(3, 4, 0, 0, 1, 5, 1, 0, 0, 5, 0, 1, 0, 5);
    Matrix weights = ROOM(2, 3), out = ROOM(2, 4), expected = ROOM(2, 4);
    assert_ok(scaled_dot_product_attention(two_queries(), three_keys(), three_values(), 0.5f,
                                           weights, expected));
    assert_ok(scaled_dot_product_attention(two_queries(), k, v, 0.5f, weights, out));
    assert_matrix_close(out, expected, 1e-6);
}
END_TEST

START_TEST(words_from_outside_may_ask)
{
    Reading outside = read_sentence("the bank"), money = read_sentence(EXAMPLE_MONEY);
    Matrix weights = ROOM(2, 6), out = ROOM(2, 4);
    assert_ok(scaled_dot_product_attention(outside.q, money.k, money.v, 0.5f, weights, out));
    /* They are the last two words of the sentence, too: the same queries, the same rows. */
    assert_matrix_close(row_of(weights, 0), row_of(money.weights, 4), 1e-6);
    assert_matrix_close(row_of(weights, 1), row_of(money.weights, 5), 1e-6);
    assert_matrix_close(row_of(out, 1), row_of(money.out, 5), 1e-6);
    reading_free(&outside);
    reading_free(&money);
}
END_TEST

START_TEST(nothing_to_look_at_gives_zeros)
{
    Matrix weights = ROOM(2, 0), out = ROOM(2, 4);
    assert_ok(
        scaled_dot_product_attention(two_queries(), shape(0, 2), shape(0, 4), 0.5f, weights, out));
    assert_matrix_equal(out, MATRIX(2, 4, 0, 0, 0, 0, 0, 0, 0, 0));
}
END_TEST

START_TEST(nobody_asking_gives_nothing)
{
    Matrix weights = ROOM(0, 3), out = ROOM(0, 4);
    assert_ok(scaled_dot_product_attention(shape(0, 2), three_keys(), three_values(), 0.5f, weights,
                                           out));
}
END_TEST

START_TEST(values_without_columns_are_fine)
{
    Matrix weights = ROOM(2, 3), out = ROOM(2, 0);
    assert_ok(
        scaled_dot_product_attention(two_queries(), three_keys(), shape(3, 0), 0.5f, weights, out));
    assert_close(weights.data[0] + weights.data[1] + weights.data[2], 1.0, 1e-6);
}
END_TEST

/* Calls that must be refused: q, k, v, weights and out as rows and columns. */
static const struct {
    size_t q[2], k[2], v[2], weights[2], out[2];
    const char *message;
} UNFIT[] = {
    {{2, 3}, {5, 4}, {5, 6}, {2, 5}, {2, 6}, "q is 2x3 and k is 5x4, but queries and keys"},
    {{2, 0},
     {5, 0},
     {5, 6},
     {2, 5},
     {2, 6},
     "queries and keys have no columns, but d_k must be 1 or more"},
    {{2, 3}, {5, 3}, {4, 6}, {2, 5}, {2, 6}, "k is 5x3 and v is 4x6, but each key needs its value"},
    {{2, 3}, {5, 3}, {5, 6}, {5, 2}, {2, 6}, "weights is 5x2, expected 2x5 (T_q x T_k)"},
    {{2, 3}, {5, 3}, {5, 6}, {2, 5}, {2, 3}, "out is 2x3, expected 2x6 (T_q x d_v)"},
    {{2, 3}, {5, 3}, {5, 6}, {2, 5}, {5, 6}, "out is 5x6, expected 2x6 (T_q x d_v)"},
};

START_TEST(what_does_not_fit_is_refused_and_nothing_written)
{
    for (size_t i = 0; i < sizeof UNFIT / sizeof *UNFIT; i++) {
        float weights_data[16], out_data[32];
        Matrix q = shape(UNFIT[i].q[0], UNFIT[i].q[1]), k = shape(UNFIT[i].k[0], UNFIT[i].k[1]);
        Matrix v = shape(UNFIT[i].v[0], UNFIT[i].v[1]);
        Matrix weights =
            filled(matrix_view(weights_data, UNFIT[i].weights[0], UNFIT[i].weights[1]));
        Matrix out = filled(matrix_view(out_data, UNFIT[i].out[0], UNFIT[i].out[1]));
        char message[200];
        snprintf(message, sizeof message, "scaled_dot_product_attention: %s", UNFIT[i].message);
        assert_fails(scaled_dot_product_attention(q, k, v, 1.0f, weights, out), STATUS_SHAPE,
                     message);
        assert_all(weights, UNWRITTEN);
        assert_all(out, UNWRITTEN);
        snprintf(message, sizeof message, "my_function: %s", UNFIT[i].message);
        assert_fails(attention_expect_shapes("my_function", q, k, v, weights, out), STATUS_SHAPE,
                     message);
    }
}
END_TEST

START_TEST(shapes_that_fit_are_accepted)
{
    assert_ok(attention_expect_shapes("f", shape(2, 3), shape(5, 3), shape(5, 6), shape(2, 5),
                                      shape(2, 6)));
    assert_ok(attention_expect_shapes("f", shape(0, 3), shape(0, 3), shape(0, 0), shape(0, 0),
                                      shape(0, 0)));
}
END_TEST

START_TEST(a_nan_in_a_query_spoils_its_own_row_only)
{
    Matrix q = MATRIX(2, 2, NAN, 2, 0, -1), weights = ROOM(2, 3), out = ROOM(2, 4);
    assert_ok(
        scaled_dot_product_attention(q, three_keys(), three_values(), 0.6931472f, weights, out));
    assert_matrix_close(weights, MATRIX(2, 3, NAN, NAN, NAN, 0.5f, 0.25f, 0.25f), 1e-6);
    assert_matrix_close(out, MATRIX(2, 4, NAN, NAN, NAN, NAN, 0.5f, 0.25f, 0.25f, 5), 1e-6);
}
END_TEST

START_TEST(a_nan_in_a_key_spoils_every_row)
{
    Matrix k = MATRIX(3, 2, 1, 0, 0, 1, NAN, 1), weights = ROOM(2, 3), out = ROOM(2, 4);
    assert_ok(scaled_dot_product_attention(two_queries(), k, three_values(), 1.0f, weights, out));
    for (size_t i = 0; i < 6; i++)
        ck_assert_float_nan(weights.data[i]);
    for (size_t i = 0; i < 8; i++)
        ck_assert_float_nan(out.data[i]);
}
END_TEST

START_TEST(a_nan_in_a_value_spoils_its_own_column_only)
{
    Matrix v = MATRIX(3, 2, 1, 2, 1, NAN, 1, 2), weights = ROOM(2, 3), out = ROOM(2, 2);
    assert_ok(scaled_dot_product_attention(two_queries(), three_keys(), v, 1.0f, weights, out));
    assert_matrix_close(out, MATRIX(2, 2, 1, NAN, 1, NAN), 1e-6);
}
END_TEST

START_TEST(views_are_read_and_written_and_nothing_around_them)
{
    float weights_data[2 * 5], out_data[2 * 9];
    Matrix weights_all = filled(matrix_view(weights_data, 2, 5));
    Matrix out_all = filled(matrix_view(out_data, 2, 9)), weights, out, v;
    Matrix expected_weights = ROOM(2, 3), expected_out = ROOM(2, 2);
    assert_ok(matrix_columns(three_values(), 1, 2, &v)); /* 3 x 2, a row of 4 from the next */
    assert_ok(matrix_columns(weights_all, 1, 3, &weights));
    assert_ok(matrix_columns(out_all, 4, 2, &out));
    Matrix dense_v = MATRIX(3, 2, 0, 0, 1, 0, 0, 1);
    assert_ok(scaled_dot_product_attention(two_queries(), three_keys(), dense_v, 0.5f,
                                           expected_weights, expected_out));
    assert_ok(scaled_dot_product_attention(two_queries(), three_keys(), v, 0.5f, weights, out));
    assert_matrix_equal(weights, expected_weights);
    assert_matrix_equal(out, expected_out);
    filled(weights);
    filled(out);
    assert_all(weights_all, UNWRITTEN);
    assert_all(out_all, UNWRITTEN);
}
END_TEST

/*
 * The scores are kept as floats, so a weight is as uncertain as its score: a score of 40 is known
 * to 2e-6, and so is its weight. The queries are drawn so that the scores stay about that large.
 */
START_TEST(attention_agrees_with_the_oracle)
{
    Random random = {36};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t d_k = random_between(&random, 1, 24), t_k = random_between(&random, 0, 12);
        double size = pow(10.0, 3.0 * random_uniform(&random));
        float scale = attention_scale(d_k);
        Matrix q = random_matrix(&random, random_between(&random, 0, 12), d_k, 8.0 / size);
        Matrix k = random_matrix(&random, t_k, d_k, size);
        Matrix v = random_matrix(&random, t_k, random_between(&random, 0, 9), 300.0);
        Matrix weights = random_matrix(&random, q.rows, t_k, 1.0);
        Matrix out = random_matrix(&random, q.rows, v.cols, 1.0);
        Table table_q = table_of(q), table_k = table_of(k), table_v = table_of(v);
        Table expected = oracle_weights(table_q, table_k, 1.0 / sqrt((double)d_k), NULL, NULL);
        Table expected_out = oracle_product(expected, table_v);
        assert_ok(scaled_dot_product_attention(q, k, v, scale, weights, out));
        assert_matches(weights, expected, TOLERANCE);
        double largest = 1.0;
        for (size_t e = 0; e < v.rows * v.cols; e++)
            largest = fmax(largest, fabs(table_v.data[e]));
        for (size_t r = 0; r < out.rows; r++)
            for (size_t c = 0; c < out.cols; c++)
                ck_assert_double_le(
                    fabs(matrix_row(out, r)[c] - expected_out.data[r * out.cols + c]),
                    TOLERANCE * largest);
        table_free(5, table_q, table_k, table_v, expected, expected_out);
        random_matrix_free(q);
        random_matrix_free(k);
        random_matrix_free(v);
        random_matrix_free(weights);
        random_matrix_free(out);
    }
}
END_TEST

/* --- Self-attention -------------------------------------------------------------------------- */

START_TEST(self_attention_is_attention_of_its_own_projections)
{
    Reading river = read_sentence(EXAMPLE_RIVER);
    Matrix weights = ROOM(6, 6), out = ROOM(6, 4);
    assert_ok(scaled_dot_product_attention(river.q, river.k, river.v, 0.5f, weights, out));
    assert_matrix_close(river.weights, weights, 1e-6);
    assert_matrix_close(river.out, out, 1e-6);
    reading_free(&river);
}
END_TEST

START_TEST(queries_keys_and_values_have_a_projection_each)
{
    /* Token 1 is the number 1: it asks 1/2, answers 2 ln 2 and hands over 7. Token 0 is 0. */
    Matrix x = MATRIX(2, 1, 0, 1), weights = ROOM(2, 2), out = ROOM(2, 1);
    assert_ok(self_attention(x, MATRIX(1, 1, 0.5f), MATRIX(1, 1, 1.3862944f), MATRIX(1, 1, 7),
                             weights, out));
    /* Token 1 has the scores 0 and ln 2, so its weights are as one to two. */
    assert_matrix_close(weights, MATRIX(2, 2, 0.5f, 0.5f, 1.0f / 3, 2.0f / 3), 1e-6);
    assert_matrix_close(out, MATRIX(2, 1, 3.5f, 14.0f / 3), 1e-6);
}
END_TEST

START_TEST(queries_and_keys_do_not_change_places)
{
    /* Only w_q has a first column, so only token 0 asks; only token 1 answers. */
    Matrix x = MATRIX(2, 2, 1, 0, 0, 1), weights = ROOM(2, 2), out = ROOM(2, 3);
    Matrix w_q = MATRIX(2, 1, 4, 0), w_k = MATRIX(2, 1, 0, 1);
    Matrix w_v = MATRIX(2, 3, 1, 0, 0, 0, 1, 0);
    assert_ok(self_attention(x, w_q, w_k, w_v, weights, out));
    ck_assert_float_gt(weights.data[1], 0.9f);
    ck_assert_float_eq(weights.data[2], 0.5f);
}
END_TEST

/* Shapes of x, w_q, w_k, w_v, weights and out that do not fit. */
static const struct {
    size_t x[2], w_q[2], w_k[2], w_v[2], weights[2], out[2];
    const char *message;
} UNFIT_SELF[] = {
    {{4, 3}, {2, 5}, {3, 5}, {3, 6}, {4, 4}, {4, 6}, "the sequence is 4x3 and w_q is 2x5"},
    {{4, 3}, {3, 5}, {4, 5}, {3, 6}, {4, 4}, {4, 6}, "the sequence is 4x3 and w_k is 4x5"},
    {{4, 3}, {3, 5}, {3, 5}, {6, 3}, {4, 4}, {4, 6}, "the sequence is 4x3 and w_v is 6x3"},
    {{4, 3}, {3, 5}, {3, 2}, {3, 6}, {4, 4}, {4, 6}, "q is 4x5 and k is 4x2"},
    {{4, 3}, {3, 0}, {3, 0}, {3, 6}, {4, 4}, {4, 6}, "d_k must be 1 or more"},
    {{4, 3}, {3, 5}, {3, 5}, {3, 6}, {4, 5}, {4, 6}, "weights is 4x5, expected 4x4"},
    {{4, 3}, {3, 5}, {3, 5}, {3, 6}, {4, 4}, {4, 3}, "out is 4x3, expected 4x6"},
};

START_TEST(a_layer_that_does_not_fit_is_refused_and_nothing_written)
{
    for (size_t i = 0; i < sizeof UNFIT_SELF / sizeof *UNFIT_SELF; i++) {
        static float zeros[24];
        float weights_data[24], out_data[24];
        Matrix x = matrix_view(zeros, UNFIT_SELF[i].x[0], UNFIT_SELF[i].x[1]);
        Matrix w_q = matrix_view(zeros, UNFIT_SELF[i].w_q[0], UNFIT_SELF[i].w_q[1]);
        Matrix w_k = matrix_view(zeros, UNFIT_SELF[i].w_k[0], UNFIT_SELF[i].w_k[1]);
        Matrix w_v = matrix_view(zeros, UNFIT_SELF[i].w_v[0], UNFIT_SELF[i].w_v[1]);
        Matrix weights =
            filled(matrix_view(weights_data, UNFIT_SELF[i].weights[0], UNFIT_SELF[i].weights[1]));
        Matrix out = filled(matrix_view(out_data, UNFIT_SELF[i].out[0], UNFIT_SELF[i].out[1]));
        assert_fails(self_attention(x, w_q, w_k, w_v, weights, out), STATUS_SHAPE,
                     UNFIT_SELF[i].message);
        assert_all(weights, UNWRITTEN);
        assert_all(out, UNWRITTEN);
    }
}
END_TEST

START_TEST(a_layer_without_memory_fails_and_writes_nothing)
{
    ExampleHead sense = example_layer().heads[0];
    Sentence sentence;
    assert_ok(sentence_create(EXAMPLE_RIVER, &sentence));
    Matrix weights = ROOM(6, 6), out = ROOM(6, 4);
    size_t allocation = 1;
    for (;; allocation++) {
        memory_fail_at(allocation);
        Status status = self_attention(sentence.x, sense.w_q, sense.w_k, sense.w_v, weights, out);
        if (!memory_has_failed())
            break;
        ck_assert_int_eq(status, STATUS_NO_MEMORY);
        assert_all(weights, UNWRITTEN);
        assert_all(out, UNWRITTEN);
    }
    memory_fail_at(0);
    assert_close(matrix_row(weights, 5)[4], 0.6381502, 1e-6);
    sentence_free(&sentence);
}
END_TEST

START_TEST(self_attention_agrees_with_the_oracle)
{
    Random random = {37};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t d_model = random_between(&random, 1, 10), d_k = random_between(&random, 1, 8);
        double spread = 1.0 / sqrt((double)d_model);
        Matrix x = random_matrix(&random, random_between(&random, 0, 9), d_model, 2.0);
        Matrix w_q = random_matrix(&random, d_model, d_k, spread);
        Matrix w_k = random_matrix(&random, d_model, d_k, spread);
        Matrix w_v = random_matrix(&random, d_model, random_between(&random, 0, 7), 100.0);
        Matrix weights = random_matrix(&random, x.rows, x.rows, 1.0);
        Matrix out = random_matrix(&random, x.rows, w_v.cols, 1.0);
        Table t[] = {table_of(x), table_of(w_q), table_of(w_k), table_of(w_v)};
        Table q = oracle_product(t[0], t[1]), k = oracle_product(t[0], t[2]);
        Table v = oracle_product(t[0], t[3]);
        Table expected = oracle_weights(q, k, 1.0 / sqrt((double)d_k), NULL, NULL);
        Table expected_out = oracle_product(expected, v);
        assert_ok(self_attention(x, w_q, w_k, w_v, weights, out));
        assert_matches(weights, expected, TOLERANCE);
        assert_matches(out, expected_out, TOLERANCE);
        table_free(9, t[0], t[1], t[2], t[3], q, k, v, expected, expected_out);
        random_matrix_free(x);
        random_matrix_free(w_q);
        random_matrix_free(w_k);
        random_matrix_free(w_v);
        random_matrix_free(weights);
        random_matrix_free(out);
    }
}
END_TEST

/* --- Why the root ---------------------------------------------------------------------------- */

START_TEST(the_spread_is_measured_as_by_hand)
{
    ScoreSpread spread;
    /* Scores 0 2 and 0 4, halved: 0 1 0 2, whose mean is 3/4. */
    Matrix q = MATRIX(2, 1, 1, 2), k = MATRIX(2, 1, 0, 2);
    assert_ok(measure_scale(q, k, 0.5f, &spread));
    assert_close(spread.deviation, 0.8291562, 1e-6);
    /* Weights 0.268941 0.731059 (0.840167 bits) and 0.119203 0.880797 (0.527060 bits). */
    assert_close(spread.entropy, (0.8400668 + 0.5270603) / 2, 1e-4);
}
END_TEST

START_TEST(equal_scores_do_not_spread)
{
    ScoreSpread spread;
    Matrix k = MATRIX(8, 1, 3, 3, 3, 3, 3, 3, 3, 3);
    assert_ok(measure_scale(MATRIX(3, 1, 2, 2, 2), k, 1.0f, &spread));
    ck_assert_float_eq(spread.deviation, 0.0f);
    assert_close(spread.entropy, 3.0, 1e-6); /* eight keys alike: three bits */
}
END_TEST

START_TEST(scores_spread_as_the_root_of_d_k_unless_scaled)
{
    Random random = {38};
    for (size_t d_k = 64; d_k <= 1024; d_k *= 4) {
        ScoreSpread plain, scaled;
        Matrix q = random_matrix(&random, 40, d_k, 1.0), k = random_matrix(&random, 50, d_k, 1.0);
        assert_ok(measure_scale(q, k, 1.0f, &plain));
        assert_ok(measure_scale(q, k, attention_scale(d_k), &scaled));
        assert_close(plain.deviation / sqrt((double)d_k), 1.0, 0.06);
        assert_close(scaled.deviation, 1.0, 0.06);
        ck_assert_float_lt(plain.entropy, 1.5f);
        ck_assert_float_gt(scaled.entropy, 4.5f); /* of log2(50) = 5.6 */
        random_matrix_free(q);
        random_matrix_free(k);
    }
}
END_TEST

START_TEST(a_spread_needs_scores)
{
    ScoreSpread spread = {UNWRITTEN, UNWRITTEN};
    assert_fails(measure_scale(shape(0, 2), shape(3, 2), 1.0f, &spread), STATUS_SHAPE, "q is 0x2");
    assert_fails(measure_scale(shape(2, 2), shape(0, 2), 1.0f, &spread), STATUS_SHAPE, "k is 0x2");
    assert_fails(measure_scale(shape(2, 2), shape(3, 1), 1.0f, &spread), STATUS_SHAPE, "k is 3x1");
    memory_fail_at(1);
    ck_assert_int_eq(measure_scale(two_queries(), three_keys(), 1.0f, &spread), STATUS_NO_MEMORY);
    memory_fail_at(0);
    ck_assert(spread.deviation == UNWRITTEN && spread.entropy == UNWRITTEN);
}
END_TEST

/* --- Costs ----------------------------------------------------------------------------------- */

START_TEST(attention_costs_two_products_of_t_t_d_in_one_step)
{
    LayerCost cost = self_attention_cost(6, 8);
    ck_assert_double_eq(cost.multiplications, 576.0); /* 6 * 6 * 8 for Q K^T, and for the sum */
    ck_assert_uint_eq(cost.steps, 1);
    ck_assert_uint_eq(cost.path, 1);
}
END_TEST

START_TEST(a_recurrent_layer_waits_for_every_token)
{
    LayerCost cost = recurrent_cost(6, 8);
    ck_assert_double_eq(cost.multiplications, 384.0); /* 6 * 8 * 8 */
    ck_assert_uint_eq(cost.steps, 6);
    ck_assert_uint_eq(cost.path, 5);
    ck_assert_uint_eq(recurrent_cost(1, 8).path, 0);
    ck_assert_uint_eq(recurrent_cost(0, 8).path, 0);
}
END_TEST

START_TEST(attention_is_cheaper_while_the_sentence_is_shorter_than_d_half)
{
    for (size_t d = 2; d <= 1024; d *= 2)
        for (size_t tokens = 1; tokens <= d; tokens++) {
            bool cheaper = self_attention_cost(tokens, d).multiplications <
                           recurrent_cost(tokens, d).multiplications;
            ck_assert_msg(cheaper == (tokens < d / 2), "T = %zu, d = %zu", tokens, d);
        }
}
END_TEST

START_TEST(costs_beyond_the_whole_numbers_of_64_bits_do_not_wrap)
{
    ck_assert_double_eq(self_attention_cost((size_t)1 << 31, 1024).multiplications, 0x1p73);
    ck_assert_double_eq(recurrent_cost((size_t)1 << 31, (size_t)1 << 20).multiplications, 0x1p71);
}
END_TEST

/* --- The suite, in the order of the lesson ---------------------------------------------------- */

static void add_projections_and_scores(Suite *suite)
{
    add_test(suite, a_projection_is_the_sequence_times_the_matrix);
    add_test(suite, the_questions_answers_and_values_of_the_river_bank);
    add_test(suite, each_token_is_projected_by_itself);
    add_test(suite, a_projection_of_another_width_is_refused_by_name);
    add_test(suite, a_projection_too_large_for_any_memory_is_refused);
    add_test(suite, projections_agree_with_the_oracle);
    add_test(suite, the_scale_is_one_over_the_root_of_d_k);
    add_test(suite, a_score_is_the_scaled_dot_product_of_a_query_and_a_key);
    add_test(suite, rows_of_scores_belong_to_queries_and_columns_to_keys);
    add_test(suite, the_scores_of_bank_are_chapter_1_s_dot_products_halved);
    add_test(suite, queries_and_keys_of_different_length_are_refused);
    add_test(suite, scores_of_another_shape_are_refused);
    add_test(suite, queries_without_columns_are_refused);
    add_test(suite, scores_agree_with_the_oracle);
}

static void add_weights_and_sums(Suite *suite)
{
    add_test(suite, rows_of_weights_sum_to_one);
    add_test(suite, a_scale_of_zero_makes_all_weights_alike);
    add_test(suite, scores_of_any_size_give_weights);
    add_test(suite, attention_mixes_the_values_by_hand);
    add_test(suite, a_single_key_hands_over_its_value_to_the_bit);
    add_test(suite, an_output_lies_between_the_least_and_the_greatest_value);
    add_test(suite, keys_and_values_may_change_places_together);
    add_test(suite, nothing_to_look_at_gives_zeros);
    add_test(suite, nobody_asking_gives_nothing);
    add_test(suite, values_without_columns_are_fine);
    add_test(suite, what_does_not_fit_is_refused_and_nothing_written);
    add_test(suite, shapes_that_fit_are_accepted);
    add_test(suite, a_nan_in_a_query_spoils_its_own_row_only);
    add_test(suite, a_nan_in_a_key_spoils_every_row);
    add_test(suite, a_nan_in_a_value_spoils_its_own_column_only);
    add_test(suite, views_are_read_and_written_and_nothing_around_them);
    add_test(suite, attention_agrees_with_the_oracle);
}

static void add_self_attention(Suite *suite)
{
    add_test(suite, self_attention_divides_scores_by_the_root_of_d_k);
    add_test(suite, queries_keys_and_values_have_a_projection_each);
    add_test(suite, queries_and_keys_do_not_change_places);
    add_test(suite, self_attention_is_attention_of_its_own_projections);
    add_test(suite, the_weights_of_bank_are_those_worked_out_by_hand);
    add_test(suite, the_scale_is_chapter_2_s_temperature);
    add_test(suite, a_query_of_zeros_looks_at_all_words_alike);
    add_test(suite, bank_moves_towards_water_or_towards_money);
    add_test(suite, bank_is_between_river_and_money_before_and_decided_after);
    add_test(suite, words_from_outside_may_ask);
    add_test(suite, a_layer_that_does_not_fit_is_refused_and_nothing_written);
    add_test(suite, a_layer_without_memory_fails_and_writes_nothing);
    add_test(suite, self_attention_agrees_with_the_oracle);
}

static void add_spread_and_costs(Suite *suite)
{
    add_test(suite, the_spread_is_measured_as_by_hand);
    add_test(suite, equal_scores_do_not_spread);
    add_test(suite, scores_spread_as_the_root_of_d_k_unless_scaled);
    add_test(suite, a_spread_needs_scores);
    add_test(suite, attention_costs_two_products_of_t_t_d_in_one_step);
    add_test(suite, a_recurrent_layer_waits_for_every_token);
    add_test(suite, attention_is_cheaper_while_the_sentence_is_shorter_than_d_half);
    add_test(suite, costs_beyond_the_whole_numbers_of_64_bits_do_not_wrap);
}

Suite *make_suite(void)
{
    Suite *suite = suite_create("03 self-attention");
    add_projections_and_scores(suite);
    add_weights_and_sums(suite);
    add_self_attention(suite);
    add_spread_and_costs(suite);
    return suite;
}
