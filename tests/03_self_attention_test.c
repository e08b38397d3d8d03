/* Chapter 3: queries meet keys, scores become weights, and weights mix values. */
#include "self_attention.h"

#include "assert.h"
#include "dot_products.h"
#include "example.h"
#include "extra.h"
#include "matrices.h"
#include "oracle.h"
#include "softmax.h"

#include <math.h>

/* --- Helpers --------------------------------------------------------------------------------- */

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
    Matrix q, k, v, weights, out;
} Reading;

static Reading read_sentence(const char *text)
{
    ExampleHead sense = example_layer().heads[0];
    Matrix x = word_rows(text);
    Reading reading = {room(x.rows, EXAMPLE_D_K), room(x.rows, EXAMPLE_D_K),
                       room(x.rows, EXAMPLE_D_K), room(x.rows, x.rows), room(x.rows, EXAMPLE_D_K)};
    assert_ok(matrix_product(x, sense.w_q, reading.q));
    assert_ok(matrix_product(x, sense.w_k, reading.k));
    assert_ok(matrix_product(x, sense.w_v, reading.v));
    assert_ok(self_attention(x, sense.w_q, sense.w_k, sense.w_v, reading.weights, reading.out));
    return reading;
}

/* --- Projections and the scale
 * ----------------------------------------------------------------------------- */

TEST(a_projection_is_the_sequence_times_the_matrix)
{
    /* Three tokens of two numbers; W takes two numbers to four. */
    Matrix x = MATRIX(3, 2, 1, 2, 3, 4, 5, 6);
    Matrix w = MATRIX(2, 4, 1, 0, 2, -1, 0, 1, 3, 1), projected;
    assert_ok(project("w_q", x, w, &projected));
    assert_matrix_equal(projected, MATRIX(3, 4, 1, 2, 8, 1, 3, 4, 18, 1, 5, 6, 28, 1));
    matrix_free(&projected);
}

TEST(the_questions_answers_and_values_of_the_river_bank)
{
    Reading river = read_sentence(EXAMPLE_RIVER);
    /* of bank = place 2, water 1, money 1 */
    assert_matrix_equal(one_row(river.q, 5), MATRIX(1, 4, 2, 2, 0, 0));
    assert_matrix_equal(one_row(river.k, 5), MATRIX(1, 4, 1, 1, 2, 0));
    assert_matrix_equal(one_row(river.v, 5), MATRIX(1, 4, 1, 1, 0, 0));
    /* of river = place 1, water 3 */
    assert_matrix_equal(one_row(river.q, 4), MATRIX(1, 4, 1, 1, 0, 0));
    assert_matrix_equal(one_row(river.k, 4), MATRIX(1, 4, 3, 0, 1, 0));
    assert_matrix_equal(one_row(river.v, 4), MATRIX(1, 4, 3, 0, 0, 0));
}

TEST(each_token_is_projected_by_itself)
{
    Random random = {31};
    Matrix x = random_matrix(&random, 5, 3, 1.0), w = random_matrix(&random, 3, 4, 1.0);
    Matrix all, one;
    assert_ok(project("w_k", x, w, &all));
    for (size_t t = 0; t < x.rows; t++) {
        assert_ok(project("w_k", one_row(x, t), w, &one));
        assert_matrix_equal(one, one_row(all, t));
        matrix_free(&one);
    }
    matrix_free(&all);
}

TEST(the_scale_is_one_over_the_root_of_d_k)
{
    ck_assert_float_eq(attention_scale(1), 1.0f);
    ck_assert_float_eq(attention_scale(4), 0.5f);
    ck_assert_float_eq(attention_scale(64), 0.125f);
    ck_assert_float_eq(attention_scale(1024), 0.03125f);
    assert_close(attention_scale(3), 0.57735026919, 1e-7);
    assert_close(attention_scale(10), 0.31622776602, 1e-7);
}

/* --- Scores ----------------------------------------------------------------------------------- */

TEST(a_score_is_the_scaled_dot_product_of_a_query_and_a_key)
{
    Matrix scores = room(2, 3);
    assert_ok(attention_scores(two_queries(), three_keys(), 0.5f, scores));
    /* dot products 1 2 5 and 0 -1 -1 */
    assert_matrix_equal(scores, MATRIX(2, 3, 0.5f, 1.0f, 2.5f, 0.0f, -0.5f, -0.5f));
}

TEST(the_scores_of_bank_are_chapter_1_s_dot_products_halved)
{
    Reading river = read_sentence(EXAMPLE_RIVER);
    Matrix products = room(6, 6), scores = room(6, 6);
    assert_ok(matrix_product_transposed(river.q, river.k, products));
    assert_matrix_equal(one_row(products, 5), MATRIX(1, 6, 0, 0, 0, 0, 6, 4));
    assert_ok(attention_scores(river.q, river.k, attention_scale(EXAMPLE_D_K), scores));
    assert_matrix_equal(one_row(scores, 5), MATRIX(1, 6, 0, 0, 0, 0, 3, 2));
    for (size_t i = 0; i < 36; i++)
        ck_assert_float_eq(scores.data[i], 0.5f * products.data[i]);
}

TEST(scores_agree_with_the_oracle)
{
    Random random = {33};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t d_k = random_between(&random, 1, 40);
        float scale = (float)random_normal(&random);
        Matrix q = random_matrix(&random, random_between(&random, 0, 9), d_k, 300.0);
        Matrix k = random_matrix(&random, random_between(&random, 0, 9), d_k, 300.0);
        Matrix scores = random_matrix(&random, q.rows, k.rows, 1.0);
        Table expected = oracle_product(table_of(q), oracle_transpose(table_of(k)));
        for (size_t e = 0; e < expected.rows * expected.cols; e++)
            expected.data[e] *= scale;
        assert_ok(attention_scores(q, k, scale, scores));
        assert_matches(scores, expected, TOLERANCE);
    }
}

/* --- Weights --------------------------------------------------------------------------------- */

TEST(the_weights_of_bank_are_those_worked_out_by_hand)
{
    Reading river = read_sentence(EXAMPLE_RIVER);
    /* exp of 0 0 0 0 3 2 is 1 1 1 1 20.0855 7.3891, and their sum 31.4746 */
    assert_matrix_close(
        one_row(river.weights, 5),
        MATRIX(1, 6, 0.0317717f, 0.0317717f, 0.0317717f, 0.0317717f, 0.6381502f, 0.2347631f), 1e-6);
}

TEST(the_scale_is_chapter_2_s_temperature)
{
    Reading river = read_sentence(EXAMPLE_RIVER);
    Matrix weights = room(6, 6);
    assert_ok(matrix_product_transposed(river.q, river.k, weights));
    assert_ok(softmax_with_temperature(weights, 2.0f, weights));
    assert_matrix_close(river.weights, weights, 1e-6);
}

TEST(a_query_of_zeros_looks_at_all_words_alike)
{
    Reading money = read_sentence(EXAMPLE_MONEY);
    assert_matrix_equal(one_row(money.q, 2), MATRIX(1, 4, 0, 0, 0, 0));
    for (size_t j = 0; j < 6; j++)
        ck_assert_float_eq(matrix_row(money.weights, 2)[j], 1.0f / 6.0f);
    /* the mean of the values: water 1/6, money 4/6, being 3/6, action 3/6 */
    assert_matrix_close(one_row(money.out, 2), MATRIX(1, 4, 0.1666667f, 0.6666667f, 0.5f, 0.5f),
                        1e-6);
}

TEST(scores_of_any_size_give_weights)
{
    Matrix q = MATRIX(2, 1, 1e4f, -1e4f), k = MATRIX(3, 1, 1, 3, 2), v = MATRIX(3, 1, 10, 20, 30);
    Matrix weights = room(2, 3), out = room(2, 1);
    assert_ok(scaled_dot_product_attention(q, k, v, 1.0f, weights, out));
    assert_matrix_equal(weights, MATRIX(2, 3, 0, 1, 0, 1, 0, 0));
    assert_matrix_equal(out, MATRIX(2, 1, 20, 10));
}

/* --- The weighted sum ------------------------------------------------------------------------ */

TEST(attention_mixes_the_values_by_hand)
{
    Matrix weights = room(2, 3), out = room(2, 4);
    /* The scale ln 2 turns the dot products 1 2 5 and 0 -1 -1 into powers of two: 2 4 32 of 38, and
     * 2 1 1 of 4. The values hand the weights on; all of them hand over 5. */
    assert_ok(scaled_dot_product_attention(two_queries(), three_keys(), three_values(), 0.6931472f,
                                           weights, out));
    assert_matrix_close(weights, MATRIX(2, 3, 2.0f / 38, 4.0f / 38, 32.0f / 38, 0.5f, 0.25f, 0.25f),
                        1e-6);
    assert_matrix_close(
        out, MATRIX(2, 4, 2.0f / 38, 4.0f / 38, 32.0f / 38, 5.0f, 0.5f, 0.25f, 0.25f, 5.0f), 1e-6);
}

TEST(bank_moves_towards_water_or_towards_money)
{
    Reading river = read_sentence(EXAMPLE_RIVER), money = read_sentence(EXAMPLE_MONEY);
    /* 0.638150 of a value 3, and 0.234763 of bank's own 1; the rest in parts of 0.0317717 */
    assert_matrix_close(one_row(river.out, 5),
                        MATRIX(1, 4, 2.1492136f, 0.2347631f, 0.0953151f, 0.0635434f), 1e-6);
    assert_matrix_close(one_row(money.out, 5),
                        MATRIX(1, 4, 0.2347631f, 2.1492136f, 0.0953151f, 0.0953151f), 1e-6);
}

TEST(bank_is_between_river_and_money_before_and_decided_after)
{
    Reading river = read_sentence(EXAMPLE_RIVER), money = read_sentence(EXAMPLE_MONEY);
    const float *value_of_river = matrix_row(river.v, 4), *value_of_money = matrix_row(money.v, 2);
    assert_close(cosine_similarity(matrix_row(river.v, 5), value_of_river, 4), 0.70710678, 1e-6);
    assert_close(cosine_similarity(matrix_row(river.v, 5), value_of_money, 4), 0.70710678, 1e-6);
    assert_close(cosine_similarity(matrix_row(river.out, 5), value_of_river, 4), 0.9926945, 1e-6);
    assert_close(cosine_similarity(matrix_row(river.out, 5), value_of_money, 4), 0.1084341, 1e-6);
    assert_close(cosine_similarity(matrix_row(money.out, 5), value_of_river, 4), 0.1083757, 1e-6);
    assert_close(cosine_similarity(matrix_row(money.out, 5), value_of_money, 4), 0.9921602, 1e-6);
}

TEST(a_single_key_hands_over_its_value_to_the_bit)
{
    Matrix key = MATRIX(1, 2, 0.3f, 7), value = MATRIX(1, 3, 0.1f, -2, 1e30f);
    Matrix weights = room(2, 1), out = room(2, 3);
    assert_ok(scaled_dot_product_attention(two_queries(), key, value, 0.7f, weights, out));
    assert_matrix_equal(weights, MATRIX(2, 1, 1, 1));
    assert_matrix_equal(one_row(out, 0), value);
    assert_matrix_equal(one_row(out, 1), value);
}

TEST(an_output_is_a_mean_of_the_values)
{
    Random random = {35};
    Matrix q = random_matrix(&random, 6, 3, 3.0), k = random_matrix(&random, 4, 3, 3.0);
    Matrix v = random_matrix(&random, 4, 1, 5.0), weights = room(6, 4), out = room(6, 1);
    assert_ok(scaled_dot_product_attention(q, k, v, 0.5f, weights, out));
    float least = INFINITY, greatest = -INFINITY;
    for (size_t j = 0; j < 4; j++) {
        least = fminf(least, matrix_row(v, j)[0]);
        greatest = fmaxf(greatest, matrix_row(v, j)[0]);
    }
    for (size_t i = 0; i < 6; i++) {
        double sum = 0.0;
        for (size_t j = 0; j < 4; j++) {
            ck_assert_float_ge(matrix_row(weights, i)[j], 0.0f);
            sum += matrix_row(weights, i)[j];
        }
        assert_close(sum, 1.0, 1e-6);
        ck_assert_float_ge(out.data[i], least - 1e-5f);
        ck_assert_float_le(out.data[i], greatest + 1e-5f);
    }
}

TEST(keys_and_values_may_change_places_together)
{
    Matrix k = MATRIX(3, 2, 3, 1, 1, 0, 0, 1);
    Matrix v = MATRIX(3, 4, 0, 0, 1, 5, 1, 0, 0, 5, 0, 1, 0, 5);
    Matrix weights = room(2, 3), out = room(2, 4), expected = room(2, 4);
    assert_ok(scaled_dot_product_attention(two_queries(), three_keys(), three_values(), 0.5f,
                                           weights, expected));
    assert_ok(scaled_dot_product_attention(two_queries(), k, v, 0.5f, weights, out));
    assert_matrix_close(out, expected, 1e-6);
}

TEST(words_from_outside_may_ask)
{
    Reading outside = read_sentence("the bank"), money = read_sentence(EXAMPLE_MONEY);
    Matrix weights = room(2, 6), out = room(2, 4);
    assert_ok(scaled_dot_product_attention(outside.q, money.k, money.v, 0.5f, weights, out));
    /* They are the last two words of the sentence, too: the same queries, the same rows. */
    assert_matrix_close(one_row(weights, 0), one_row(money.weights, 4), 1e-6);
    assert_matrix_close(one_row(weights, 1), one_row(money.weights, 5), 1e-6);
    assert_matrix_close(one_row(out, 1), one_row(money.out, 5), 1e-6);
}

TEST(a_nan_in_a_query_spoils_its_own_row_only)
{
    Matrix q = MATRIX(2, 2, NAN, 2, 0, -1), weights = room(2, 3), out = room(2, 4);
    assert_ok(
        scaled_dot_product_attention(q, three_keys(), three_values(), 0.6931472f, weights, out));
    assert_matrix_close(weights, MATRIX(2, 3, NAN, NAN, NAN, 0.5f, 0.25f, 0.25f), 1e-6);
    assert_matrix_close(out, MATRIX(2, 4, NAN, NAN, NAN, NAN, 0.5f, 0.25f, 0.25f, 5), 1e-6);
}

TEST(a_nan_in_a_key_spoils_every_row)
{
    Matrix k = MATRIX(3, 2, 1, 0, 0, 1, NAN, 1), weights = room(2, 3), out = room(2, 4);
    assert_ok(scaled_dot_product_attention(two_queries(), k, three_values(), 1.0f, weights, out));
    for (size_t i = 0; i < 6; i++)
        ck_assert_float_nan(weights.data[i]);
    for (size_t i = 0; i < 8; i++)
        ck_assert_float_nan(out.data[i]);
}

TEST(a_nan_in_a_value_spoils_its_own_column_only)
{
    Matrix v = MATRIX(3, 2, 1, 2, 1, NAN, 1, 2), weights = room(2, 3), out = room(2, 2);
    assert_ok(scaled_dot_product_attention(two_queries(), three_keys(), v, 1.0f, weights, out));
    assert_matrix_close(out, MATRIX(2, 2, 1, NAN, 1, NAN), 1e-6);
}

/*
 * The scores are kept as floats, so a weight is as uncertain as its score: a score of 40 is known
 * to 2e-6, and so is its weight. The queries are drawn so that the scores stay about that large.
 */
TEST(attention_agrees_with_the_oracle)
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
        Table expected =
            oracle_weights(table_of(q), table_of(k), 1.0 / sqrt((double)d_k), NULL, NULL);
        assert_ok(scaled_dot_product_attention(q, k, v, scale, weights, out));
        assert_matches(weights, expected, TOLERANCE);
        double largest = 1.0;
        for (size_t e = 0; e < v.rows * v.cols; e++)
            largest = fmax(largest, fabs((double)matrix_row(v, e / v.cols)[e % v.cols]));
        Table expected_out = oracle_product(expected, table_of(v));
        for (size_t e = 0; e < out.rows * out.cols; e++)
            ck_assert_double_le(
                fabs(matrix_row(out, e / out.cols)[e % out.cols] - expected_out.data[e]),
                TOLERANCE * largest);
    }
}

/* --- Self-attention -------------------------------------------------------------------------- */

TEST(self_attention_is_attention_of_its_own_projections)
{
    Reading river = read_sentence(EXAMPLE_RIVER);
    Matrix weights = room(6, 6), out = room(6, 4);
    assert_ok(scaled_dot_product_attention(river.q, river.k, river.v, 0.5f, weights, out));
    assert_matrix_close(river.weights, weights, 1e-6);
    assert_matrix_close(river.out, out, 1e-6);
}

TEST(queries_keys_and_values_have_a_projection_each)
{
    /* Token 1 is the number 1: it asks 1/2, answers 2 ln 2 and hands over 7. Token 0 is 0. */
    Matrix x = MATRIX(2, 1, 0, 1), weights = room(2, 2), out = room(2, 1);
    assert_ok(self_attention(x, MATRIX(1, 1, 0.5f), MATRIX(1, 1, 1.3862944f), MATRIX(1, 1, 7),
                             weights, out));
    /* Token 1 has the scores 0 and ln 2, so its weights are as one to two. */
    assert_matrix_close(weights, MATRIX(2, 2, 0.5f, 0.5f, 1.0f / 3, 2.0f / 3), 1e-6);
    assert_matrix_close(out, MATRIX(2, 1, 3.5f, 14.0f / 3), 1e-6);
}

TEST(queries_and_keys_do_not_change_places)
{
    /* Only w_q has a first column, so only token 0 asks; only token 1 answers. */
    Matrix x = MATRIX(2, 2, 1, 0, 0, 1), weights = room(2, 2), out = room(2, 3);
    Matrix w_q = MATRIX(2, 1, 4, 0), w_k = MATRIX(2, 1, 0, 1);
    Matrix w_v = MATRIX(2, 3, 1, 0, 0, 0, 1, 0);
    assert_ok(self_attention(x, w_q, w_k, w_v, weights, out));
    ck_assert_float_gt(weights.data[1], 0.9f);
    ck_assert_float_eq(weights.data[2], 0.5f);
}

TEST(projections_and_self_attention_agree_with_the_oracle)
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
        Matrix out = random_matrix(&random, x.rows, w_v.cols, 1.0), projected;
        Table sequence = table_of(x), q = oracle_product(sequence, table_of(w_q));
        Table k = oracle_product(sequence, table_of(w_k));
        Table v = oracle_product(sequence, table_of(w_v));
        Table expected = oracle_weights(q, k, 1.0 / sqrt((double)d_k), NULL, NULL);
        assert_ok(project("w_v", x, w_v, &projected));
        assert_matches(projected, v, TOLERANCE);
        matrix_free(&projected);
        assert_ok(self_attention(x, w_q, w_k, w_v, weights, out));
        assert_matches(weights, expected, TOLERANCE);
        assert_matches(out, oracle_product(expected, v), TOLERANCE);
    }
}

/* --- Why the root ---------------------------------------------------------------------------- */

TEST(the_spread_is_measured_as_by_hand)
{
    ScoreSpread spread;
    /* Scores 0 2 and 0 4, halved: 0 1 0 2, whose mean is 3/4. */
    Matrix q = MATRIX(2, 1, 1, 2), k = MATRIX(2, 1, 0, 2);
    assert_ok(measure_scale(q, k, 0.5f, &spread));
    assert_close(spread.deviation, 0.8291562, 1e-6);
    /* Weights 0.268941 0.731059 (0.840167 bits) and 0.119203 0.880797 (0.527060 bits). */
    assert_close(spread.entropy, (0.8400668 + 0.5270603) / 2, 1e-4);
}

TEST(equal_scores_do_not_spread)
{
    ScoreSpread spread;
    Matrix k = MATRIX(8, 1, 3, 3, 3, 3, 3, 3, 3, 3);
    assert_ok(measure_scale(MATRIX(3, 1, 2, 2, 2), k, 1.0f, &spread));
    ck_assert_float_eq(spread.deviation, 0.0f);
    assert_close(spread.entropy, 3.0, 1e-6); /* eight keys alike: three bits */
}

TEST(scores_spread_as_the_root_of_d_k_unless_scaled)
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
    }
}

/* --- Costs ----------------------------------------------------------------------------------- */

TEST(attention_costs_two_products_of_t_t_d_in_one_step)
{
    LayerCost cost = self_attention_cost(6, 8);
    ck_assert_double_eq(cost.multiplications, 576.0); /* 6 * 6 * 8 for Q K^T, and for the sum */
    ck_assert_uint_eq(cost.steps, 1);
    ck_assert_uint_eq(cost.path, 1);
}

TEST(a_recurrent_layer_waits_for_every_token)
{
    LayerCost cost = recurrent_cost(6, 8);
    ck_assert_double_eq(cost.multiplications, 384.0); /* 6 * 8 * 8 */
    ck_assert_uint_eq(cost.steps, 6);
    ck_assert_uint_eq(cost.path, 5);
    ck_assert_uint_eq(recurrent_cost(1, 8).path, 0);
    ck_assert_uint_eq(recurrent_cost(0, 8).path, 0);
}

TEST(attention_is_cheaper_while_the_sentence_is_shorter_than_d_half)
{
    for (size_t d = 2; d <= 1024; d *= 2)
        for (size_t tokens = 1; tokens <= d; tokens++) {
            bool cheaper = self_attention_cost(tokens, d).multiplications <
                           recurrent_cost(tokens, d).multiplications;
            ck_assert_msg(cheaper == (tokens < d / 2), "T = %zu, d = %zu", tokens, d);
        }
}

TEST(costs_beyond_the_whole_numbers_of_64_bits_do_not_wrap)
{
    ck_assert_double_eq(self_attention_cost((size_t)1 << 31, 1024).multiplications, 0x1p73);
    ck_assert_double_eq(recurrent_cost((size_t)1 << 31, (size_t)1 << 20).multiplications, 0x1p71);
}
