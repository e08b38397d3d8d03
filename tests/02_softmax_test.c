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
#include <stdlib.h>

/* --- One row --------------------------------------------------------------------------------- */

static const struct {
    size_t n;
    float x[6], weights[6];
    double log_sum; /* the logarithm of the sum of exponentials */
    const char *story;
} ROWS[] = {
    {3, {0, 0.69314718f, 1.60943791f}, {0.125f, 0.25f, 0.625f}, 2.07944154, "1 + 2 + 5"},
    {2, {-1, -3}, {0.880797078f, 0.119202922f}, -0.873071984, "weights of negative scores"},
    {4, {7, 7, 7, 7}, {0.25f, 0.25f, 0.25f, 0.25f}, 8.38629436, "equal scores"},
    {1, {-40}, {1}, -40, "one score has all the weight"},
    {2, {1000, 1001}, {0.268941421f, 0.731058579f}, 1001.31326, "large scores"},
    {2, {-1001, -1000}, {0.268941421f, 0.731058579f}, -999.686738, "very negative scores"},
    {2, {-FLT_MAX, -FLT_MAX}, {0.5f, 0.5f}, -FLT_MAX, "the least floats"},
    {3, {FLT_MAX, -FLT_MAX, FLT_MAX}, {0.5f, 0, 0.5f}, FLT_MAX, "the greatest floats"},
    {3, {1, 2, NAN}, {NAN, NAN, NAN}, NAN, "a NaN makes the whole row NaN"},
    {3, {NAN, 1, -INFINITY}, {NAN, NAN, NAN}, NAN, "wherever it stands"},
    {3, {1, INFINITY, -INFINITY}, {NAN, NAN, NAN}, INFINITY, "inf / inf"},
    {4, {-INFINITY, 0, -INFINITY, 0}, {0, 0.5f, 0, 0.5f}, 0.69314718, "some are blocked"},
    {3, {-INFINITY, -INFINITY, -INFINITY}, {0, 0, 0}, -INFINITY, "nothing to choose from"},
};

/* The weights in one pass, from the first score to the last or from the last to the first. */
static void weigh_in_one_pass(Matrix x, bool from_first, Matrix out)
{
    OnlineSoftmax state = online_softmax_start();
    for (size_t i = 0; i < x.cols; i++)
        online_softmax_add(&state, x.data[from_first ? i : x.cols - 1 - i]);
    for (size_t i = 0; i < x.cols; i++)
        out.data[i] = online_softmax_weight(state, x.data[i]);
}

TEST_ROWS(a_row_has_the_weights_worked_out_by_hand, ROWS)
{
    size_t n = ROWS[_i].n;
    Matrix x = matrix_view((float *)ROWS[_i].x, 1, n), out = room(1, n);
    Matrix expected = matrix_view((float *)ROWS[_i].weights, 1, n);
    about("%s", ROWS[_i].story);
    softmax_row(x.data, n, out.data);
    assert_matrix_close(out, expected, 1e-6);
    assert_ok(matrix_copy(x, out));
    softmax_row(out.data, n, out.data); /* a row may become its own weights */
    assert_matrix_close(out, expected, 1e-6);
    weigh_in_one_pass(x, true, out);
    assert_matrix_close(out, expected, 1e-6);
    weigh_in_one_pass(x, false, out);
    assert_matrix_close(out, expected, 1e-6);
    assert_close(log_sum_exp(x.data, n), ROWS[_i].log_sum, 1e-6);
}

TEST(a_row_of_nothing_is_left_alone)
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

/* --- Rows, not columns ----------------------------------------------------------------------- */

/* exp() of the scores: (1 2 5) and (4 2 2) */
static float TWO_ROWS[] = {0.0f, 0.69314718f, 1.60943791f, 1.38629436f, 0.69314718f, 0.69314718f};

TEST(each_row_is_weighed_by_itself)
{
    Matrix expected = MATRIX(2, 3, 0.125f, 0.25f, 0.625f, 0.5f, 0.25f, 0.25f), out = room(2, 3);
    assert_ok(softmax(matrix_view(TWO_ROWS, 2, 3), out));
    assert_matrix_close(out, expected, 1e-6);
    assert_ok(matrix_copy(matrix_view(TWO_ROWS, 2, 3), out));
    assert_ok(softmax(out, out)); /* a matrix may become its own weights */
    assert_matrix_close(out, expected, 1e-6);
}

TEST(a_nan_spoils_no_other_row)
{
    Matrix x = MATRIX(3, 3, 1, 2, NAN, 1, 2, 3, NAN, 0, 0), out = room(3, 3);
    assert_ok(softmax(x, out));
    assert_matrix_close(
        out, /* 1 / (1 + 1/e + 1/e^2) and so on */
        MATRIX(3, 3, NAN, NAN, NAN, 0.090030573f, 0.244728471f, 0.665240956f, NAN, NAN, NAN), 1e-6);
}

/* --- Subtract the maximum -------------------------------------------------------------------- */

TEST(the_formula_as_written_is_right_for_small_scores)
{
    float x[] = {0.0f, 0.69314718f, 1.60943791f}, expected[] = {0.125f, 0.25f, 0.625f};
    softmax_row_naive(x, 3, x);
    assert_matrix_close(matrix_view(x, 1, 3), matrix_view(expected, 1, 3), 1e-6);
}

TEST(the_formula_as_written_fails_from_89_on)
{
    float x[] = {88.0f, 87.0f}, large[] = {89.0f, 88.0f}, small[] = {-120.0f, -110.0f};
    softmax_row_naive(x, 2, x);
    assert_close(x[0], 0.731058579, 1e-5);
    softmax_row_naive(large, 2, large);
    assert_close(large[0], NAN, 0); /* inf / inf */
    softmax_row_naive(small, 2, small);
    assert_close(small[0], NAN, 0); /* 0 / 0 */
}

TEST(adding_one_number_to_all_scores_changes_nothing)
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

/* --- Temperature ----------------------------------------------------------------------------- */

static const struct {
    float x[4], temperature, weights[4];
    const char *story;
} TEMPERATURES[] = {
    {{0, 1.38629436f, 2.77258872f, 0}, 2, {0.125f, 0.25f, 0.5f, 0.125f}, "exp: 1 2 4 1"},
    {{0, 0.69314718f, 0, 0}, 0.5f, {1 / 7.f, 4 / 7.f, 1 / 7.f, 1 / 7.f}, "exp: 1 4 1 1"},
    {{1, 3, 2, 0}, FLT_MIN, {0, 1, 0, 0}, "a low one gives all to the greatest"},
    {{1, 3, 2, 500}, FLT_MAX, {0.25f, 0.25f, 0.25f, 0.25f}, "a high one gives all the same"},
};

TEST_ROWS(a_temperature_divides_the_scores, TEMPERATURES)
{
    Matrix x = matrix_view((float *)TEMPERATURES[_i].x, 1, 4), out = room(1, 4);
    about("%s", TEMPERATURES[_i].story);
    assert_ok(softmax_with_temperature(x, TEMPERATURES[_i].temperature, out));
    assert_matrix_close(out, matrix_view((float *)TEMPERATURES[_i].weights, 1, 4), 1e-6);
}

TEST(temperature_one_is_the_softmax)
{
    float plain[6], tempered[6];
    Matrix x = matrix_view(TWO_ROWS, 2, 3);
    assert_ok(softmax(x, matrix_view(plain, 2, 3)));
    assert_ok(softmax_with_temperature(x, 1.0f, matrix_view(tempered, 2, 3)));
    assert_matrix_equal(matrix_view(tempered, 2, 3), matrix_view(plain, 2, 3));
}

static const struct {
    size_t n;
    float weights[4];
    double bits;
} ENTROPIES[] = {
    {4, {0.25f, 0.25f, 0.25f, 0.25f}, 2},
    {4, {0.5f, 0.125f, 0.25f, 0.125f}, 1.75}, /* 1/2 + 3/8 + 2/4 + 3/8 */
    {3, {0, 1, 0}, 0},
    {0, {0}, 0},
    {2, {0.5f, NAN}, NAN},
};

TEST_ROWS(entropy_is_counted_in_bits, ENTROPIES)
{
    assert_close(entropy_bits(ENTROPIES[_i].weights, ENTROPIES[_i].n), ENTROPIES[_i].bits, 1e-6);
}

/* --- One pass -------------------------------------------------------------------------------- */

TEST(a_new_maximum_rescales_the_sum)
{
    OnlineSoftmax state = online_softmax_start();
    assert_close(state.maximum, -INFINITY, 0);
    assert_close(state.sum, 0, 0);
    online_softmax_add(&state, 0); /* exp(): 1 */
    assert_close(state.maximum, 0, 0);
    assert_close(state.sum, 1, 0);
    online_softmax_add(&state, 0.69314718f); /* 1 + 2 = 3, which is 1.5 times 2 */
    assert_close(state.maximum, 0.69314718, 1e-7);
    assert_close(state.sum, 1.5, 1e-6);
    assert_close(online_softmax_weight(state, 0), 1.0 / 3, 1e-6);
}

/* --- The words ------------------------------------------------------------------------------- */

/* What bank gives to each word of the river sentence, in the head `sense`: exp() of 0 0 0 0 6 4 is
 * 1 1 1 1 403.4288 54.59815, together 462.0269. River asks half as much as bank. */
TEST(bank_gives_most_of_its_weight_to_river)
{
    ExampleHead sense = example_layer().heads[0];
    Matrix q = room(6, 4), k = room(6, 4), scores = room(6, 6), one = room(6, 6), two = room(6, 6);
    assert_ok(matrix_product(word_rows(EXAMPLE_RIVER), sense.w_q, q));
    assert_ok(matrix_product(word_rows(EXAMPLE_RIVER), sense.w_k, k));
    assert_ok(matrix_product_transposed(q, k, scores));
    assert_ok(softmax(scores, one));
    assert_matrix_close(
        one_row(one, 5),
        MATRIX(1, 6, 0.00216438f, 0.00216438f, 0.00216438f, 0.00216438f, 0.8731717f, 0.1181709f),
        1e-6);
    assert_ok(softmax_with_temperature(scores, 2, two)); /* exp: 1 1 1 1 20.08554 7.389056 */
    assert_matrix_close(
        one_row(two, 5),
        MATRIX(1, 6, 0.0317717f, 0.0317717f, 0.0317717f, 0.0317717f, 0.6381508f, 0.2347626f), 1e-6);
    assert_matrix_equal(one_row(one, 4), one_row(two, 5));
}

/* --- Against the oracle ---------------------------------------------------------------------- */

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

/* log(exp(a) + exp(b)) */
static double log_add(double a, double b)
{
    double high = fmax(a, b), low = fmin(a, b);
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}

TEST(softmaxes_agree_with_the_oracle_and_need_no_memory)
{
    Random random = {1};
    memory_fail_at(1);
    for (size_t i = 0; i < random_cases(); i++) {
        size_t rows = random_between(&random, 0, 7), cols = random_between(&random, 0, 40);
        double temperature = random_between(&random, 0, 1) == 0 ? 1.0 : 0.25 * (double)(1 + i % 17);
        Matrix x = random_scores(&random, rows, cols), out = random_matrix(&random, rows, cols, 1);
        assert_ok(softmax_with_temperature(x, (float)temperature, out));
        assert_matches(out, oracle_softmax(table_of(x), temperature), TOLERANCE);
    }
}

TEST(what_is_said_of_one_row_agrees_with_the_oracle)
{
    Random random = {2};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t cols = random_between(&random, 1, 40);
        Matrix x = random_scores(&random, 1, cols), out = random_matrix(&random, 1, cols, 1);
        Table expected = oracle_softmax(table_of(x), 1.0);
        double log_sum = -INFINITY, bits = 0;
        weigh_in_one_pass(x, i % 2 == 0, out);
        assert_matches(out, expected, TOLERANCE);
        for (size_t c = 0; c < cols; c++)
            log_sum = log_add(log_sum, x.data[c]);
        assert_close(log_sum_exp(x.data, cols), log_sum, TOLERANCE);
        for (size_t c = 0; c < cols; c++)
            if (out.data[c] > 0)
                bits += out.data[c] * log(1.0 / out.data[c]) / log(2.0);
        assert_close(entropy_bits(out.data, cols), bits, TOLERANCE);
    }
}
