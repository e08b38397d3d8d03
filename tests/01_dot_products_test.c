/* Chapter 1 in sentences, in the order of the lesson. All expected numbers are computed by hand. */
#include "assert.h"
#include "dot_products.h"
#include "example.h"
#include "frail_memory.h"
#include "matrices.h"
#include "oracle.h"

#include <math.h>

/* --- Two vectors ----------------------------------------------------------------------------- */

static const struct {
    float (*function)(const float *a, const float *b, size_t n);
    size_t n;
    float a[5], b[5];
    double expected;
    const char *story;
} PAIRS[] = {
    {dot_product, 3, {1, 2, 3}, {4, -5, 6}, 12, "4 - 10 + 18"},
    {dot_product, 2, {1, 2, 3}, {4, -5, 6}, -6, "the third number is not looked at"},
    {dot_product, 0, {NAN}, {NAN}, 0, "nothing adds up to nothing"},
    {dot_product, 5, {1e8f, 1, 1, 1, -1e8f}, {1, 1, 1, 1, 1}, 3, "small terms beside large ones"},
    {dot_product, 3, {1, NAN, 2}, {1, 0, 2}, NAN, "0 times NaN"},
    {dot_product, 2, {INFINITY, 1}, {2, 1}, INFINITY, "the arithmetic's own infinity"},
    {dot_product, 2, {INFINITY, 1}, {-2, 1}, -INFINITY, "its sign"},
    {dot_product, 2, {INFINITY, 1}, {0, 1}, NAN, "0 times infinity"},
    {cosine_similarity, 3, {1, 2, 3}, {2, 4, 6}, 1, "the same direction"},
    {cosine_similarity, 3, {1, 2, 3}, {3, 0, -1}, 0, "a right angle"},
    {cosine_similarity, 3, {1, 2, 3}, {-1, -2, -3}, -1, "opposite directions"},
    {cosine_similarity, 2, {3e20f, 4e20f}, {4, 3}, 0.96, "24 / (5 * 5), whatever the lengths"},
    {cosine_similarity, 2, {3e20f, 4e20f}, {4e25f, 3e25f}, 0.96, "two long vectors"},
    {cosine_similarity, 2, {3e20f, 4e20f}, {4e-30f, 3e-30f}, 0.96, "a long one and a short one"},
    {cosine_similarity, 2, {0, 0}, {1, 2}, NAN, "length 0 points nowhere"},
    {cosine_similarity, 2, {1, 2}, {0, 0}, NAN, "nor does the other"},
    {angle_degrees, 2, {1, 0}, {1, 0}, 0, "the same direction"},
    {angle_degrees, 2, {1, 0}, {2, 2}, 45, "a diagonal"},
    {angle_degrees, 2, {1, 0}, {0, 5}, 90, "a right angle"},
    {angle_degrees, 2, {1, 0}, {-3, 0}, 180, "straight back"},
    {angle_degrees, 2, {1, 2}, {0, 0}, NAN, "length 0 points nowhere"},
};

TEST_ROWS(two_vectors_are_compared_as_by_hand, PAIRS)
{
    about("%s", PAIRS[_i].story);
    assert_close(PAIRS[_i].function(PAIRS[_i].a, PAIRS[_i].b, PAIRS[_i].n), PAIRS[_i].expected,
                 1e-6);
}

TEST(a_length_is_the_root_of_the_dot_product_with_itself)
{
    const float a[] = {2, -3, 6}, large[] = {3e30f, 4e30f};
    assert_close(vector_length(a, 3), 7.0, 0); /* 4 + 9 + 36 = 49 */
    assert_close(vector_length(a, 0), 0.0, 0);
    assert_close(vector_length(large, 2) / 1e30f, 5.0, 1e-6); /* the squares overflow a float */
}

TEST(a_cosine_never_leaves_its_range)
{
    Random random = {1};
    for (size_t i = 0; i < 10 * random_cases(); i++) {
        float a[3], b[3];
        for (size_t c = 0; c < 3; c++) {
            a[c] = (float)random_normal(&random);
            b[c] = (i % 2 == 0 ? 3.0f : -3.0f) * a[c];
        }
        float cosine = cosine_similarity(a, b, 3), angle = angle_degrees(a, b, 3);
        ck_assert_msg(cosine >= -1.0f && cosine <= 1.0f, "the cosine is %.9g", (double)cosine);
        ck_assert_msg(!isnan(angle), "the angle is NaN");
    }
}

/* --- Vectors and matrices --------------------------------------------------------------------- */

TEST(x_times_w_takes_one_dot_product_for_each_column)
{
    float x[] = {1, 2}, large[] = {1e8f, 1, -1e8f}, out[2];
    vector_matrix_product(x, MATRIX(2, 2, 3, 4, 5, 6), out); /* not W times x, which is 11 17 */
    assert_matrix_equal(matrix_view(out, 1, 2), MATRIX(1, 2, 13, 16));
    vector_matrix_product(large, MATRIX(3, 2, 1, 2, 1, 3, 1, 2), out);
    assert_matrix_equal(matrix_view(out, 1, 2), MATRIX(1, 2, 1, 3));
}

TEST(a_product_is_a_table_of_dot_products_of_rows_and_columns)
{
    Matrix a = MATRIX(2, 3, 1, 2, 3, 4, 5, 6), out = room(2, 4);
    Matrix b = MATRIX(3, 4, 1, 0, 2, 1, 0, 1, -1, 1, 3, 0, 1, 1);
    assert_ok(matrix_product(a, b, out));
    assert_matrix_equal(out, MATRIX(2, 4, 10, 2, 3, 6, 22, 5, 9, 15));
}

TEST(a_times_b_transposed_compares_rows_with_rows)
{
    Matrix a = MATRIX(2, 3, 1, 2, 3, 4, 5, 6), out = room(2, 4);
    Matrix b = MATRIX(4, 3, 1, 1, 1, 0, 2, 0, -1, 0, 1, 0, 0, 2);
    assert_ok(matrix_product_transposed(a, b, out));
    assert_matrix_equal(out, MATRIX(2, 4, 6, 4, 2, 6, 15, 10, 2, 12));
}

TEST(a_product_transposed_is_the_product_with_the_transpose_to_the_bit)
{
    Random random = {2};
    Matrix a = random_matrix(&random, 5, 7, 1.0), b = random_matrix(&random, 3, 7, 1.0);
    Matrix transpose = room(7, 3), by_rows = room(5, 3), by_columns = room(5, 3);
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 7; c++)
            matrix_row(transpose, c)[r] = matrix_row(b, r)[c];
    assert_ok(matrix_product_transposed(a, b, by_rows));
    assert_ok(matrix_product(a, transpose, by_columns));
    assert_matrix_equal(by_rows, by_columns);
}

TEST(a_nan_stays_in_its_row_and_its_column)
{
    Matrix spoilt = MATRIX(2, 2, 1, 2, NAN, 4), ones = MATRIX(2, 2, 1, 1, 1, 1), out = room(2, 2);
    assert_ok(matrix_product(spoilt, ones, out));
    assert_matrix_equal(out, MATRIX(2, 2, 3, 3, NAN, NAN));
    assert_ok(matrix_product_transposed(ones, spoilt, out));
    assert_matrix_equal(out, MATRIX(2, 2, 3, NAN, 3, NAN));
}

TEST(cosine_similarities_compare_rows_with_rows)
{
    Matrix out = room(2, 3);
    assert_ok(cosine_similarities(MATRIX(2, 2, 3, 4, 1, 0), MATRIX(3, 2, 6, 8, 0, 2, -1, 0), out));
    assert_matrix_close(out, MATRIX(2, 3, 1, 0.8f, -0.6f, 0.6f, 0, -1), 1e-6);
}

/* --- The words ------------------------------------------------------------------------------- */

TEST(bank_is_as_near_to_water_as_to_money)
{
    Matrix words = word_rows("bank water money river");
    const float *bank = matrix_row(words, 0), *water = matrix_row(words, 1);
    const float *money = matrix_row(words, 2), *river = matrix_row(words, 3);
    assert_close(dot_product(bank, water, words.cols), 3.0, 0);
    assert_close(dot_product(bank, money, words.cols), 3.0, 0);
    assert_close(cosine_similarity(bank, water, words.cols), 0.4082482905, 1e-6); /* 1/root 6 */
    assert_close(cosine_similarity(bank, water, words.cols),
                 cosine_similarity(bank, money, words.cols), 0);
    assert_close(cosine_similarity(bank, river, words.cols), 0.6454972244, 1e-6); /* 5/root 60 */
}

TEST(the_river_sentence_is_compared_as_in_the_lesson)
{
    Matrix words = word_rows(EXAMPLE_RIVER), out = room(6, 6);
    float expected[] = {10, 0, 2, 2, 0,  0, /* */
                        0,  4, 0, 0, 0,  0, /* */
                        2,  0, 5, 4, 1,  2, /* */
                        2,  0, 4, 4, 0,  0, /* */
                        0,  0, 1, 0, 10, 5, /* */
                        0,  0, 2, 0, 5,  6};
    assert_ok(matrix_product_transposed(words, words, out));
    assert_matrix_equal(out, matrix_view(expected, 6, 6));
}

TEST(the_questions_of_the_river_sentence_meet_its_answers)
{
    ExampleHead sense = example_layer().heads[0];
    Matrix q = room(6, 4), k = room(6, 4), scores = room(6, 6);
    float expected[] = {-1, 0, 1,  -2, 3, 6, /* */
                        0,  0, 2,  0,  2, 4, /* */
                        -2, 0, -4, -4, 3, 2, /* */
                        -2, 0, -4, -4, 0, 0, /* */
                        0,  0, 0,  0,  3, 2, /* */
                        0,  0, 0,  0,  6, 4};
    assert_ok(matrix_product(word_rows(EXAMPLE_RIVER), sense.w_q, q));
    assert_ok(matrix_product(word_rows(EXAMPLE_RIVER), sense.w_k, k));
    assert_ok(matrix_product_transposed(q, k, scores));
    assert_matrix_equal(one_row(q, 5), MATRIX(1, 4, 2, 2, 0, 0)); /* what bank asks */
    assert_matrix_equal(one_row(k, 4), MATRIX(1, 4, 3, 0, 1, 0)); /* what river answers */
    assert_matrix_equal(scores, matrix_view(expected, 6, 6));
}

/* --- Against the oracle ---------------------------------------------------------------------- */

/* From 1e-3 to 1e3. */
static double random_magnitude(Random *random)
{
    return pow(10.0, 6.0 * random_uniform(random) - 3.0);
}

TEST(products_agree_with_the_oracle_and_need_no_memory)
{
    Random random = {3};
    memory_fail_at(1);
    for (size_t i = 0; i < random_cases(); i++) {
        size_t n = random_between(&random, 0, 9), k = random_between(&random, 0, 40);
        size_t m = random_between(&random, 0, 9);
        Matrix a = random_matrix(&random, n, k, random_magnitude(&random));
        Matrix b = random_matrix(&random, k, m, random_magnitude(&random));
        Matrix turned = random_matrix(&random, m, k, random_magnitude(&random));
        Matrix out = random_matrix(&random, n, m, 1.0);
        assert_ok(matrix_product(a, b, out));
        assert_matches(out, oracle_product(table_of(a), table_of(b)), TOLERANCE);
        assert_ok(matrix_product_transposed(a, turned, out));
        assert_matches(out, oracle_product(table_of(a), oracle_transpose(table_of(turned))),
                       TOLERANCE);
    }
}

/* The cosine by another route: half of the squared distance of the two unit vectors, from 1. */
static double oracle_cosine(const float *a, const float *b, size_t n)
{
    double a_length = 0.0, b_length = 0.0, distance = 0.0;
    for (size_t i = 0; i < n; i++) {
        a_length = hypot(a_length, a[i]);
        b_length = hypot(b_length, b[i]);
    }
    for (size_t i = 0; i < n; i++)
        distance += pow(a[i] / a_length - b[i] / b_length, 2.0);
    return 1.0 - distance / 2.0;
}

TEST(cosines_agree_with_the_oracle_and_need_no_memory)
{
    Random random = {5};
    memory_fail_at(1);
    for (size_t i = 0; i < random_cases(); i++) {
        size_t n = random_between(&random, 1, 5), k = random_between(&random, 1, 40);
        size_t m = random_between(&random, 1, 5);
        Matrix a = random_matrix(&random, n, k, random_magnitude(&random));
        Matrix b = random_matrix(&random, m, k, random_magnitude(&random));
        Matrix out = random_matrix(&random, n, m, 1.0);
        Table expected = table_create(n, m);
        for (size_t r = 0; r < n; r++)
            for (size_t c = 0; c < m; c++)
                expected.data[r * m + c] = oracle_cosine(matrix_row(a, r), matrix_row(b, c), k);
        assert_ok(cosine_similarities(a, b, out));
        assert_matches(out, expected, TOLERANCE);
        assert_close(angle_degrees(matrix_row(a, 0), matrix_row(b, 0), k),
                     acos(fmax(-1.0, fmin(1.0, expected.data[0]))) * 180.0 / acos(-1.0), 1e-4);
    }
}
