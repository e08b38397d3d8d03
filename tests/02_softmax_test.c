/* Chapter 2 in sentences, in the order of the lesson. All expected numbers are computed by hand. */
#include "assert.h"
#include "dot_products.h"
#include "example.h"
#include "frail_memory.h"
#include "matrices.h"
#include "oracle.h"
#include "softmax.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double sum_of(const float *x, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

static void assert_row(const float *x, size_t n, const float *expected, double tolerance)
{
    float weights[8];
    char row[200] = "";
    ck_assert_uint_le(n, 8);
    for (size_t i = 0, used = 0; i < n; i++)
        used += (size_t)snprintf(row + used, sizeof row - used, " %g", (double)x[i]);
    about("softmax_row of%s", row);
    softmax_row(x, n, weights);
    assert_matrix_close(matrix_view(weights, 1, n), matrix_view((float *)expected, 1, n),
                        tolerance);
}

/* --- One row --------------------------------------------------------------------------------- */

START_TEST(a_weight_is_its_exponential_over_the_sum_of_all)
{
    /* exp() of these are 1, 2 and 5 */
    const float x[] = {0.0f, 0.69314718f, 1.60943791f}, expected[] = {0.125f, 0.25f, 0.625f};
    assert_row(x, 3, expected, 1e-6);
}
END_TEST

START_TEST(weights_are_positive_even_for_negative_scores)
{
    const float x[] = {-1.0f, -3.0f}, expected[] = {0.880797078f, 0.119202922f};
    assert_row(x, 2, expected, 1e-6);
}
END_TEST

START_TEST(weights_sum_to_one)
{
    const float x[] = {0.5f, -2.0f, 3.25f, 0.0f, 1.0f};
    float weights[5];
    softmax_row(x, 5, weights);
    ck_assert_msg(fabs(sum_of(weights, 5) - 1.0) < 1e-6, "the weights sum to %g",
                  sum_of(weights, 5));
}
END_TEST

START_TEST(equal_scores_have_equal_weights)
{
    const float x[] = {7, 7, 7, 7}, expected[] = {0.25f, 0.25f, 0.25f, 0.25f};
    assert_row(x, 4, expected, 0);
}
END_TEST

START_TEST(one_score_has_all_the_weight)
{
    const float x[] = {-40.0f}, expected[] = {1.0f};
    assert_row(x, 1, expected, 0);
}
END_TEST

START_TEST(a_row_of_nothing_is_left_alone)
{
    void *byte = calloc(1, 1); /* not one float: the address sanitizer sees any that is read */
    ck_assert_ptr_nonnull(byte);
    float *out = byte;
    softmax_row(out, 0, out);
    softmax_row_naive(out, 0, out);
    assert_close(log_sum_exp(out, 0), -INFINITY, 0);
    assert_close(entropy_bits(out, 0), 0.0, 0);
    free(out);
}
END_TEST

START_TEST(a_row_may_become_its_own_weights)
{
    float x[] = {1, 3, 2}, weights[3];
    softmax_row(x, 3, weights);
    softmax_row(x, 3, x);
    assert_matrix_equal(matrix_view(x, 1, 3), matrix_view(weights, 1, 3));
}
END_TEST

/* --- Rows, not columns ----------------------------------------------------------------------- */

/* exp() of the scores: (1 2 5) and (4 2 2) */
static float TWO_ROWS[] = {0.0f, 0.69314718f, 1.60943791f, 1.38629436f, 0.69314718f, 0.69314718f};

START_TEST(each_row_is_weighed_by_itself)
{
    float out[6], expected[] = {0.125f, 0.25f, 0.625f, 0.5f, 0.25f, 0.25f};
    Matrix weights = matrix_view(out, 2, 3);
    assert_ok(softmax(matrix_view(TWO_ROWS, 2, 3), weights));
    assert_matrix_close(weights, matrix_view(expected, 2, 3), 1e-6);
}
END_TEST

START_TEST(a_matrix_may_become_its_own_weights)
{
    float x[6], out[6];
    memcpy(x, TWO_ROWS, sizeof x);
    assert_ok(softmax(matrix_view(x, 2, 3), matrix_view(out, 2, 3)));
    assert_ok(softmax(matrix_view(x, 2, 3), matrix_view(x, 2, 3)));
    assert_matrix_equal(matrix_view(x, 2, 3), matrix_view(out, 2, 3));
}
END_TEST

START_TEST(nothing_is_read_or_written_beside_a_view)
{
    float wide_x[20], wide_out[24], expected[] = {0.125f, 0.25f, 0.625f, 0.5f, 0.25f, 0.25f};
    Matrix around = matrix_view(wide_out, 4, 6);
    Matrix x = {wide_x + 6, 2, 3, 5}, out = {wide_out + 7, 2, 3, 6};
    fill(matrix_view(wide_x, 4, 5), 50.0f);
    fill(around, UNWRITTEN);
    assert_ok(matrix_copy(matrix_view(TWO_ROWS, 2, 3), x));
    assert_ok(softmax(x, out));
    assert_matrix_close(out, matrix_view(expected, 2, 3), 1e-6);
    fill(out, UNWRITTEN);
    assert_all(around, UNWRITTEN);
}
END_TEST

START_TEST(a_matrix_without_rows_or_columns_has_no_weights)
{
    float out[] = {UNWRITTEN};
    assert_ok(softmax(matrix_view(TWO_ROWS, 0, 3), matrix_view(out, 0, 3)));
    assert_ok(softmax(matrix_view(TWO_ROWS, 2, 0), matrix_view(out, 2, 0)));
    assert_close(out[0], UNWRITTEN, 0);
}
END_TEST

START_TEST(an_output_of_another_shape_is_refused)
{
    float out[6];
    fill(matrix_view(out, 3, 2), UNWRITTEN);
    assert_fails(softmax(matrix_view(TWO_ROWS, 2, 3), matrix_view(out, 3, 2)), STATUS_SHAPE,
                 "softmax: out is 3x2, expected 2x3 (the shape of x)");
    assert_fails(
        softmax_with_temperature(matrix_view(TWO_ROWS, 2, 3), 2.0f, matrix_view(out, 2, 2)),
        STATUS_SHAPE, "softmax: out is 2x2, expected 2x3");
    assert_all(matrix_view(out, 3, 2), UNWRITTEN);
}
END_TEST

/* --- Subtract the maximum -------------------------------------------------------------------- */

START_TEST(the_formula_as_written_is_right_for_small_scores)
{
    float x[] = {0.0f, 0.69314718f, 1.60943791f}, expected[] = {0.125f, 0.25f, 0.625f};
    softmax_row_naive(x, 3, x);
    assert_matrix_close(matrix_view(x, 1, 3), matrix_view(expected, 1, 3), 1e-6);
}
END_TEST

START_TEST(the_formula_as_written_fails_from_89_on)
{
    float x[] = {88.0f, 87.0f}, large[] = {89.0f, 88.0f}, small[] = {-120.0f, -110.0f};
    softmax_row_naive(x, 2, x);
    assert_close(x[0], 0.731058579, 1e-5);
    softmax_row_naive(large, 2, large);
    assert_close(large[0], NAN, 0); /* inf / inf */
    softmax_row_naive(small, 2, small);
    assert_close(small[0], NAN, 0); /* 0 / 0 */
}
END_TEST

START_TEST(large_scores_do_not_overflow)
{
    const float x[] = {1000.0f, 1001.0f}, expected[] = {0.268941421f, 0.731058579f};
    assert_row(x, 2, expected, 1e-6);
}
END_TEST

START_TEST(very_negative_scores_do_not_vanish)
{
    const float x[] = {-1000.0f, -1001.0f}, expected[] = {0.731058579f, 0.268941421f};
    const float lowest[] = {-FLT_MAX, -FLT_MAX}, halves[] = {0.5f, 0.5f};
    assert_row(x, 2, expected, 1e-6);
    assert_row(lowest, 2, halves, 0);
}
END_TEST

START_TEST(the_greatest_floats_can_be_weighed)
{
    const float x[] = {FLT_MAX, -FLT_MAX, FLT_MAX}, expected[] = {0.5f, 0.0f, 0.5f};
    assert_row(x, 3, expected, 0);
}
END_TEST

START_TEST(adding_one_number_to_all_scores_changes_nothing)
{
    static const float SHIFTS[] = {1.0f, -3.0f, 500.0f, -4096.0f};
    const float x[] = {2, -1, 0, 6, 3.5f};
    float weights[5], shifted[5];
    softmax_row(x, 5, weights);
    for (size_t s = 0; s < sizeof SHIFTS / sizeof *SHIFTS; s++) {
        for (size_t i = 0; i < 5; i++)
            shifted[i] = x[i] + SHIFTS[s]; /* exact in float */
        softmax_row(shifted, 5, shifted);
        assert_matrix_equal(matrix_view(shifted, 1, 5), matrix_view(weights, 1, 5));
    }
}
END_TEST

START_TEST(a_nan_makes_the_whole_row_nan_and_no_other)
{
    float x[] = {1, 2, NAN, 1, 2, 3, NAN, 0, 0}, out[9];
    assert_ok(softmax(matrix_view(x, 3, 3), matrix_view(out, 3, 3)));
    for (size_t i = 0; i < 3; i++) {
        assert_close(out[i], NAN, 0);
        assert_close(out[6 + i], NAN, 0);
    }
    assert_close(out[5], 0.665240956, 1e-6); /* 1 / (1 + 1/e + 1/e^2) */
}
END_TEST

START_TEST(plus_infinity_makes_the_whole_row_nan)
{
    const float x[] = {0, INFINITY, 1}, expected[] = {NAN, NAN, NAN};
    assert_row(x, 3, expected, 0);
}
END_TEST

/* --- Minus infinity -------------------------------------------------------------------------- */

START_TEST(what_is_left_is_shared_without_the_blocked)
{
    const float x[] = {-INFINITY, 0.0f, -INFINITY, 0.69314718f};
    const float expected[] = {0.0f, 0.333333333f, 0.0f, 0.666666667f};
    assert_row(x, 4, expected, 1e-6);
}
END_TEST

START_TEST(a_row_with_nothing_to_choose_from_gives_zeros)
{
    const float x[] = {-INFINITY, -INFINITY, -INFINITY};
    float weights[3];
    softmax_row(x, 3, weights);
    assert_all(matrix_view(weights, 1, 3), 0.0f);
}
END_TEST

/* --- Temperature ----------------------------------------------------------------------------- */

/* exp() of the scores: (1 4 16), of half of them: (1 2 4) */
static float POWERS[] = {0.0f, 1.38629436f, 2.77258872f};

START_TEST(a_temperature_of_two_halves_the_scores)
{
    float out[3], half[] = {1.0f / 7, 2.0f / 7, 4.0f / 7},
                  twice[] = {1.0f / 273, 16.0f / 273, 256.0f / 273};
    Matrix x = matrix_view(POWERS, 1, 3), weights = matrix_view(out, 1, 3);
    assert_ok(softmax_with_temperature(x, 2.0f, weights));
    assert_matrix_close(weights, matrix_view(half, 1, 3), 1e-6);
    assert_ok(softmax_with_temperature(x, 0.5f, weights));
    assert_matrix_close(weights, matrix_view(twice, 1, 3), 1e-6);
}
END_TEST

START_TEST(temperature_one_is_the_softmax)
{
    float plain[6], tempered[6];
    Matrix x = matrix_view(TWO_ROWS, 2, 3);
    assert_ok(softmax(x, matrix_view(plain, 2, 3)));
    assert_ok(softmax_with_temperature(x, 1.0f, matrix_view(tempered, 2, 3)));
    assert_matrix_equal(matrix_view(tempered, 2, 3), matrix_view(plain, 2, 3));
}
END_TEST

START_TEST(a_low_temperature_gives_all_to_the_greatest)
{
    float x[] = {1, 3, 2}, out[3], expected[] = {0, 1, 0};
    assert_ok(softmax_with_temperature(matrix_view(x, 1, 3), FLT_MIN, matrix_view(out, 1, 3)));
    assert_matrix_equal(matrix_view(out, 1, 3), matrix_view(expected, 1, 3));
}
END_TEST

START_TEST(a_high_temperature_gives_all_the_same)
{
    float x[] = {1, 3, 2, 500}, out[4], expected[] = {0.25f, 0.25f, 0.25f, 0.25f};
    assert_ok(softmax_with_temperature(matrix_view(x, 1, 4), FLT_MAX, matrix_view(out, 1, 4)));
    assert_matrix_equal(matrix_view(out, 1, 4), matrix_view(expected, 1, 4));
}
END_TEST

START_TEST(a_temperature_that_is_not_above_zero_is_refused)
{
    static const float WRONG[] = {0.0f, -0.0f, -1.0f, NAN, INFINITY, -INFINITY};
    float out[3];
    fill(matrix_view(out, 1, 3), UNWRITTEN);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        about("the temperature %g", (double)WRONG[i]);
        assert_fails(
            softmax_with_temperature(matrix_view(POWERS, 1, 3), WRONG[i], matrix_view(out, 1, 3)),
            STATUS_VALUE, "but it must be above 0 and finite");
    }
    about("all of these temperatures");
    assert_fails(softmax_with_temperature(matrix_view(POWERS, 1, 3), -2.5f, matrix_view(out, 1, 3)),
                 STATUS_VALUE, "softmax: the temperature is -2.5");
    assert_all(matrix_view(out, 1, 3), UNWRITTEN);
}
END_TEST

START_TEST(entropy_is_counted_in_bits)
{
    const float even[] = {0.25f, 0.25f, 0.25f, 0.25f}, sure[] = {0, 1, 0};
    const float uneven[] = {0.5f, 0.125f, 0.25f, 0.125f};
    assert_close(entropy_bits(even, 4), 2.0, 1e-6);
    assert_close(entropy_bits(sure, 3), 0.0, 0);
    assert_close(entropy_bits(uneven, 4), 1.75, 1e-6); /* 1/2 + 3/8 + 2/4 + 3/8 */
    assert_close(entropy_bits(sure, 0), 0.0, 0);
}
END_TEST

START_TEST(entropy_of_nan_is_nan)
{
    const float weights[] = {0.5f, NAN};
    assert_close(entropy_bits(weights, 2), NAN, 0);
}
END_TEST

/* --- Log-sum-exp ----------------------------------------------------------------------------- */

START_TEST(log_sum_exp_is_the_logarithm_of_the_sum_of_exponentials)
{
    const float x[] = {0.0f, 0.69314718f, 1.60943791f};
    assert_close(log_sum_exp(x, 3), 2.07944154, 1e-6); /* log(1 + 2 + 5) */
}
END_TEST

START_TEST(log_sum_exp_does_not_overflow_and_does_not_vanish)
{
    const float large[] = {1000, 1000}, small[] = {-1000, -1000, -1000, -1000};
    assert_close(log_sum_exp(large, 2), 1000.69315, 1e-6);  /* 1000 + log 2 */
    assert_close(log_sum_exp(small, 4), -998.613706, 1e-6); /* -1000 + log 4 */
}
END_TEST

START_TEST(a_weight_is_exp_of_the_score_less_log_sum_exp)
{
    const float x[] = {2, -1, 0, 6, 3.5f};
    float weights[5];
    softmax_row(x, 5, weights);
    for (size_t i = 0; i < 5; i++)
        assert_close(exp((double)x[i] - log_sum_exp(x, 5)), weights[i], 1e-5);
}
END_TEST

START_TEST(log_sum_exp_knows_infinities_and_nan)
{
    const float none[] = {-INFINITY, -INFINITY}, some[] = {-INFINITY, 3};
    const float all[] = {INFINITY, 3}, lost[] = {INFINITY, NAN};
    about("a row of nothing");
    assert_close(log_sum_exp(none, 0), -INFINITY, 0);
    about("the row -inf -inf");
    assert_close(log_sum_exp(none, 2), -INFINITY, 0);
    about("the row -inf 3");
    assert_close(log_sum_exp(some, 2), 3.0, 0);
    about("the row inf 3");
    assert_close(log_sum_exp(all, 2), INFINITY, 0);
    about("the row inf nan");
    assert_close(log_sum_exp(lost, 2), NAN, 0);
}
END_TEST

/* --- One pass -------------------------------------------------------------------------------- */

static OnlineSoftmax online(const float *x, size_t n)
{
    OnlineSoftmax state = online_softmax_start();
    for (size_t i = 0; i < n; i++)
        online_softmax_add(&state, x[i]);
    return state;
}

START_TEST(a_new_maximum_rescales_the_sum)
{
    const float x[] = {0.0f, 0.69314718f}; /* exp(): 1, then 1 + 2 = 3, which is 1.5 times 2 */
    OnlineSoftmax state = online(x, 1);
    assert_close(state.maximum, 0.0, 0);
    assert_close(state.sum, 1.0, 0);
    online_softmax_add(&state, x[1]);
    assert_close(state.maximum, x[1], 0);
    assert_close(state.sum, 1.5, 1e-6);
    assert_close(online_softmax_weight(state, x[0]), 1.0 / 3, 1e-6);
}
END_TEST

START_TEST(a_state_before_the_first_score_knows_nothing)
{
    OnlineSoftmax state = online_softmax_start();
    assert_close(state.maximum, -INFINITY, 0);
    assert_close(state.sum, 0.0, 0);
}
END_TEST

START_TEST(one_pass_gives_the_weights_of_the_row_in_any_order)
{
    const float x[] = {-500, 2, -INFINITY, 1, 2, -3}, turned[] = {-3, 2, 1, -INFINITY, 2, -500};
    float weights[6];
    softmax_row(x, 6, weights);
    for (size_t i = 0; i < 6; i++) {
        assert_close(online_softmax_weight(online(x, 6), x[i]), weights[i], 1e-6);
        assert_close(online_softmax_weight(online(turned, 6), x[i]), weights[i], 1e-6);
    }
}
END_TEST

START_TEST(one_pass_over_very_negative_scores_does_not_vanish)
{
    const float x[] = {-1001.0f, -1000.0f};
    assert_close(online_softmax_weight(online(x, 2), x[1]), 0.731058579, 1e-6);
}
END_TEST

START_TEST(one_pass_over_minus_infinity_gives_zero)
{
    const float x[] = {-INFINITY, -INFINITY};
    assert_close(online_softmax_weight(online(x, 2), -INFINITY), 0.0, 0);
}
END_TEST

START_TEST(one_pass_over_nan_or_infinity_gives_nan)
{
    static const float ROWS[][3] = {{NAN, 1, -INFINITY},
                                    {1, NAN, -INFINITY},
                                    {-INFINITY, INFINITY, 1},
                                    {1, INFINITY, -INFINITY}};
    for (size_t r = 0; r < 4; r++)
        for (size_t i = 0; i < 3; i++) {
            about("the score %g of the row %g %g %g", (double)ROWS[r][i], (double)ROWS[r][0],
                  (double)ROWS[r][1], (double)ROWS[r][2]);
            assert_close(online_softmax_weight(online(ROWS[r], 3), ROWS[r][i]), NAN, 0);
        }
}
END_TEST

/* --- The words ------------------------------------------------------------------------------- */

/* softmax(Q K^T / temperature) of the river sentence in the head `sense`. */
static void weigh_river(float temperature, float weights[36])
{
    Sentence sentence;
    ExampleHead sense = example_layer().heads[0];
    float q[24], k[24];
    Matrix out = matrix_view(weights, 6, 6);
    assert_ok(sentence_create(EXAMPLE_RIVER, &sentence));
    assert_ok(matrix_product(sentence.x, sense.w_q, matrix_view(q, 6, 4)));
    assert_ok(matrix_product(sentence.x, sense.w_k, matrix_view(k, 6, 4)));
    assert_ok(matrix_product_transposed(matrix_view(q, 6, 4), matrix_view(k, 6, 4), out));
    assert_ok(softmax_with_temperature(out, temperature, out));
    sentence_free(&sentence);
}

START_TEST(bank_gives_most_of_its_weight_to_river)
{
    float weights[36];
    /* exp: 1 1 1 1 403.4288 54.59815, together 462.0269 */
    float expected[] = {0.00216438f, 0.00216438f, 0.00216438f, 0.00216438f, 0.8731717f, 0.1181709f};
    weigh_river(1.0f, weights);
    assert_matrix_close(matrix_view(weights + 30, 1, 6), matrix_view(expected, 1, 6), 1e-6);
}
END_TEST

START_TEST(at_temperature_two_bank_weighs_as_the_lesson_says)
{
    float weights[36];
    /* exp: 1 1 1 1 20.08554 7.389056, together 31.47459 */
    float expected[] = {0.0317717f, 0.0317717f, 0.0317717f, 0.0317717f, 0.6381508f, 0.2347626f};
    weigh_river(2.0f, weights);
    assert_matrix_close(matrix_view(weights + 30, 1, 6), matrix_view(expected, 1, 6), 1e-6);
}
END_TEST

START_TEST(half_the_scores_at_temperature_one_are_the_scores_at_temperature_two)
{
    float at_one[36], at_two[36]; /* river asks half as much as bank: 0 0 0 0 3 2 */
    weigh_river(1.0f, at_one);
    weigh_river(2.0f, at_two);
    assert_matrix_equal(matrix_view(at_one + 24, 1, 6), matrix_view(at_two + 30, 1, 6));
}
END_TEST

/* --- Against the oracle ---------------------------------------------------------------------- */

START_TEST(no_softmax_needs_memory)
{
    float out[6];
    memory_fail_at(1);
    assert_ok(softmax(matrix_view(TWO_ROWS, 2, 3), matrix_view(out, 2, 3)));
    assert_ok(softmax_with_temperature(matrix_view(TWO_ROWS, 2, 3), 3.0f, matrix_view(out, 2, 3)));
    ck_assert_int_eq(memory_has_failed(), 0);
    memory_fail_at(0);
}
END_TEST

/* Scores up to about 1e3, in one case of three with some at minus infinity. */
static Matrix random_scores(Random *random, size_t rows, size_t cols)
{
    Matrix x = random_matrix(random, rows, cols, pow(10.0, 5.5 * random_uniform(random) - 3.0));
    if (random_between(random, 0, 2) == 0)
        for (size_t i = 0; i < rows * cols / 2; i++)
            matrix_row(x,
                       random_between(random, 0, rows - 1))[random_between(random, 0, cols - 1)] =
                -INFINITY;
    return x;
}

START_TEST(softmaxes_agree_with_the_oracle)
{
    Random random = {1};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t rows = random_between(&random, 0, 7), cols = random_between(&random, 0, 40);
        double temperature = random_between(&random, 0, 1) == 0 ? 1.0 : 0.25 * (double)(1 + i % 17);
        Matrix x = random_scores(&random, rows, cols), out = random_matrix(&random, rows, cols, 1);
        Table scores = table_of(x), expected = oracle_softmax(scores, temperature);
        assert_ok(softmax_with_temperature(x, (float)temperature, out));
        assert_matches(out, expected, TOLERANCE);
        table_free(2, scores, expected);
        random_matrix_free(x);
        random_matrix_free(out);
    }
}
END_TEST

/* log(exp(a) + exp(b)) */
static double log_add(double a, double b)
{
    double high = fmax(a, b), low = fmin(a, b);
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}

START_TEST(log_sum_exps_agree_with_the_oracle)
{
    Random random = {2};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t cols = random_between(&random, 1, 40);
        Matrix x = random_scores(&random, 1, cols);
        double expected = -INFINITY;
        for (size_t c = 0; c < cols; c++)
            expected = log_add(expected, x.data[c]);
        assert_close(log_sum_exp(x.data, cols), expected, TOLERANCE);
        random_matrix_free(x);
    }
}
END_TEST

START_TEST(entropies_agree_with_the_oracle)
{
    Random random = {3};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t cols = random_between(&random, 1, 40);
        Matrix x = random_scores(&random, 1, cols);
        double expected = 0.0;
        softmax_row(x.data, cols, x.data);
        for (size_t c = 0; c < cols; c++)
            if (x.data[c] > 0)
                expected += x.data[c] * log(1.0 / x.data[c]) / log(2.0);
        assert_close(entropy_bits(x.data, cols), expected, TOLERANCE);
        random_matrix_free(x);
    }
}
END_TEST

START_TEST(one_pass_agrees_with_the_oracle)
{
    Random random = {4};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t cols = random_between(&random, 1, 40);
        Matrix x = random_scores(&random, 1, cols), out = random_matrix(&random, 1, cols, 1);
        Table scores = table_of(x), expected = oracle_softmax(scores, 1.0);
        OnlineSoftmax state = online(x.data, cols);
        for (size_t c = 0; c < cols; c++)
            out.data[c] = online_softmax_weight(state, x.data[c]);
        assert_matches(out, expected, TOLERANCE);
        table_free(2, scores, expected);
        random_matrix_free(x);
        random_matrix_free(out);
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("02_softmax");
    add_test(suite, a_weight_is_its_exponential_over_the_sum_of_all);
    add_test(suite, weights_are_positive_even_for_negative_scores);
    add_test(suite, weights_sum_to_one);
    add_test(suite, equal_scores_have_equal_weights);
    add_test(suite, one_score_has_all_the_weight);
    add_test(suite, a_row_of_nothing_is_left_alone);
    add_test(suite, a_row_may_become_its_own_weights);
    add_test(suite, each_row_is_weighed_by_itself);
    add_test(suite, a_matrix_may_become_its_own_weights);
    add_test(suite, nothing_is_read_or_written_beside_a_view);
    add_test(suite, a_matrix_without_rows_or_columns_has_no_weights);
    add_test(suite, an_output_of_another_shape_is_refused);
    add_test(suite, the_formula_as_written_is_right_for_small_scores);
    add_test(suite, the_formula_as_written_fails_from_89_on);
    add_test(suite, large_scores_do_not_overflow);
    add_test(suite, very_negative_scores_do_not_vanish);
    add_test(suite, the_greatest_floats_can_be_weighed);
    add_test(suite, adding_one_number_to_all_scores_changes_nothing);
    add_test(suite, a_nan_makes_the_whole_row_nan_and_no_other);
    add_test(suite, plus_infinity_makes_the_whole_row_nan);
    add_test(suite, what_is_left_is_shared_without_the_blocked);
    add_test(suite, a_row_with_nothing_to_choose_from_gives_zeros);
    add_test(suite, a_temperature_of_two_halves_the_scores);
    add_test(suite, temperature_one_is_the_softmax);
    add_test(suite, a_low_temperature_gives_all_to_the_greatest);
    add_test(suite, a_high_temperature_gives_all_the_same);
    add_test(suite, a_temperature_that_is_not_above_zero_is_refused);
    add_test(suite, entropy_is_counted_in_bits);
    add_test(suite, entropy_of_nan_is_nan);
    add_test(suite, log_sum_exp_is_the_logarithm_of_the_sum_of_exponentials);
    add_test(suite, log_sum_exp_does_not_overflow_and_does_not_vanish);
    add_test(suite, a_weight_is_exp_of_the_score_less_log_sum_exp);
    add_test(suite, log_sum_exp_knows_infinities_and_nan);
    add_test(suite, a_new_maximum_rescales_the_sum);
    add_test(suite, a_state_before_the_first_score_knows_nothing);
    add_test(suite, one_pass_gives_the_weights_of_the_row_in_any_order);
    add_test(suite, one_pass_over_very_negative_scores_does_not_vanish);
    add_test(suite, one_pass_over_minus_infinity_gives_zero);
    add_test(suite, one_pass_over_nan_or_infinity_gives_nan);
    add_test(suite, bank_gives_most_of_its_weight_to_river);
    add_test(suite, at_temperature_two_bank_weighs_as_the_lesson_says);
    add_test(suite, half_the_scores_at_temperature_one_are_the_scores_at_temperature_two);
    add_test(suite, no_softmax_needs_memory);
    add_test(suite, softmaxes_agree_with_the_oracle);
    add_test(suite, log_sum_exps_agree_with_the_oracle);
    add_test(suite, entropies_agree_with_the_oracle);
    add_test(suite, one_pass_agrees_with_the_oracle);
    return suite;
}
