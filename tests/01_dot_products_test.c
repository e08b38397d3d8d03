/* Chapter 1 in sentences, in the order of the lesson. All expected numbers are computed by hand. */
#include "assert.h"
#include "dot_products.h"
#include "example.h"
#include "frail_memory.h"
#include "matrices.h"
#include "oracle.h"

#include <math.h>

/* --- Two vectors ----------------------------------------------------------------------------- */

START_TEST(a_dot_product_multiplies_in_pairs_and_adds)
{
    const float a[] = {1, 2, 3}, b[] = {4, -5, 6};
    assert_close(dot_product(a, b, 3), 12.0, 0); /* 4 - 10 + 18 */
    assert_close(dot_product(a, b, 2), -6.0, 0);
}
END_TEST

START_TEST(a_dot_product_of_nothing_is_zero)
{
    const float a[] = {NAN};
    assert_close(dot_product(a, a, 0), 0.0, 0);
}
END_TEST

START_TEST(a_dot_product_keeps_small_terms_beside_large_ones)
{
    const float a[] = {1e8f, 1, 1, 1, -1e8f}, ones[] = {1, 1, 1, 1, 1};
    assert_close(dot_product(a, ones, 5), 3.0, 0);
}
END_TEST

START_TEST(a_dot_product_with_nan_is_nan)
{
    const float a[] = {1, NAN, 2}, b[] = {1, 0, 2};
    assert_close(dot_product(a, b, 3), NAN, 0);
}
END_TEST

START_TEST(a_dot_product_with_infinity_follows_the_arithmetic)
{
    const float a[] = {INFINITY, 1}, plus[] = {2, 1}, minus[] = {-2, 1}, zero[] = {0, 1};
    assert_close(dot_product(a, plus, 2), INFINITY, 0);
    assert_close(dot_product(a, minus, 2), -INFINITY, 0);
    assert_close(dot_product(a, zero, 2), NAN, 0);
}
END_TEST

START_TEST(a_length_is_the_root_of_the_dot_product_with_itself)
{
    const float a[] = {2, -3, 6}, large[] = {3e30f, 4e30f};
    assert_close(vector_length(a, 3), 7.0, 0); /* 4 + 9 + 36 = 49 */
    assert_close(vector_length(a, 0), 0.0, 0);
    assert_close(vector_length(large, 2) / 1e30f, 5.0, 1e-6); /* the squares overflow a float */
}
END_TEST

START_TEST(a_cosine_does_not_depend_on_lengths)
{
    static const float LENGTHS[] = {1, 100, 1e25f, 1e-30f};
    const float a[] = {3e20f, 4e20f, 0};
    for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++) {
        const float b[] = {4 * LENGTHS[i], 3 * LENGTHS[i], 0};
        assert_close(cosine_similarity(a, b, 3), 0.96, 1e-6); /* 24 / (5 * 5) */
    }
}
END_TEST

START_TEST(a_cosine_is_one_zero_or_minus_one_for_same_square_and_opposite)
{
    const float a[] = {1, 2, 3}, same[] = {2, 4, 6}, square[] = {3, 0, -1},
                opposite[] = {-1, -2, -3};
    assert_close(cosine_similarity(a, same, 3), 1.0, 1e-6);
    assert_close(cosine_similarity(a, square, 3), 0.0, 0);
    assert_close(cosine_similarity(a, opposite, 3), -1.0, 1e-6);
}
END_TEST

START_TEST(a_cosine_never_leaves_its_range)
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
END_TEST

START_TEST(a_vector_of_length_zero_points_nowhere)
{
    const float zero[] = {0, 0}, a[] = {1, 2};
    assert_close(cosine_similarity(zero, a, 2), NAN, 0);
    assert_close(cosine_similarity(a, zero, 2), NAN, 0);
    assert_close(angle_degrees(a, zero, 2), NAN, 0);
}
END_TEST

START_TEST(an_angle_is_in_degrees_from_0_to_180)
{
    const float a[] = {1, 0}, diagonal[] = {2, 2}, up[] = {0, 5}, back[] = {-3, 0};
    assert_close(angle_degrees(a, a, 2), 0.0, 0);
    assert_close(angle_degrees(a, diagonal, 2), 45.0, 1e-6);
    assert_close(angle_degrees(a, up, 2), 90.0, 1e-6);
    assert_close(angle_degrees(a, back, 2), 180.0, 1e-6);
}
END_TEST

/* --- A vector and a matrix ------------------------------------------------------------------- */

START_TEST(x_times_w_takes_one_dot_product_for_each_column)
{
    float x[] = {1, 2, 3};
    float w[] = {1, 4,   /* */
                 2, 5,   /* */
                 3, -6}; /* columns (1 2 3) and (4 5 -6) */
    float out[2];
    vector_matrix_product(x, matrix_view(w, 3, 2), out);
    assert_matrix_equal(matrix_view(out, 1, 2), matrix_view((float[]){14, -4}, 1, 2));
}
END_TEST

START_TEST(x_times_w_is_not_w_times_x)
{
    float x[] = {1, 2}, w[] = {3, 4, 5, 6}, out[2];
    vector_matrix_product(x, matrix_view(w, 2, 2), out);
    assert_matrix_equal(matrix_view(out, 1, 2), matrix_view((float[]){13, 16}, 1, 2));
}
END_TEST

START_TEST(x_times_w_steps_over_the_stride_of_a_view)
{
    float x[] = {1, 10}, out[2];
    float wide[] = {1, 2, 3, 4, 5, /* */
                    6, 7, 8, 9, 10};
    Matrix block;
    assert_ok(matrix_columns(matrix_view(wide, 2, 5), 2, 2, &block));
    vector_matrix_product(x, block, out);
    assert_matrix_equal(matrix_view(out, 1, 2), matrix_view((float[]){83, 94}, 1, 2));
}
END_TEST

START_TEST(x_times_w_keeps_small_terms_beside_large_ones)
{
    float x[] = {1e8f, 1, -1e8f}, w[] = {1, 2, 1, 3, 1, 2}, out[2];
    vector_matrix_product(x, matrix_view(w, 3, 2), out);
    assert_matrix_equal(matrix_view(out, 1, 2), matrix_view((float[]){1, 3}, 1, 2));
}
END_TEST

/* --- Two matrices ---------------------------------------------------------------------------- */

static float A_2_3[] = {1, 2, 3, /* */
                        4, 5, 6};
static float B_3_4[] = {1, 0, 2,  1, /* */
                        0, 1, -1, 1, /* */
                        3, 0, 1,  1};

START_TEST(a_product_is_a_table_of_dot_products_of_rows_and_columns)
{
    float out[8], expected[] = {10, 2, 3, 6, /* */
                                22, 5, 9, 15};
    assert_ok(
        matrix_product(matrix_view(A_2_3, 2, 3), matrix_view(B_3_4, 3, 4), matrix_view(out, 2, 4)));
    assert_matrix_equal(matrix_view(out, 2, 4), matrix_view(expected, 2, 4));
}
END_TEST

START_TEST(a_times_b_transposed_compares_rows_with_rows)
{
    float b[] = {1,  1, 1, /* */
                 0,  2, 0, /* */
                 -1, 0, 1, /* */
                 0,  0, 2};
    float out[8], expected[] = {6,  4,  2, 6, /* */
                                15, 10, 2, 12};
    assert_ok(matrix_product_transposed(matrix_view(A_2_3, 2, 3), matrix_view(b, 4, 3),
                                        matrix_view(out, 2, 4)));
    assert_matrix_equal(matrix_view(out, 2, 4), matrix_view(expected, 2, 4));
}
END_TEST

START_TEST(a_product_transposed_is_the_product_with_the_transpose)
{
    Random random = {2};
    Matrix a = random_matrix(&random, 5, 7, 1.0), b = random_matrix(&random, 3, 7, 1.0);
    Matrix transpose = random_matrix(&random, 7, 3, 1.0);
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 7; c++)
            matrix_row(transpose, c)[r] = matrix_row(b, r)[c];
    float by_rows[15], by_columns[15];
    assert_ok(matrix_product_transposed(a, b, matrix_view(by_rows, 5, 3)));
    assert_ok(matrix_product(a, transpose, matrix_view(by_columns, 5, 3)));
    assert_matrix_equal(matrix_view(by_rows, 5, 3), matrix_view(by_columns, 5, 3));
    random_matrix_free(a);
    random_matrix_free(b);
    random_matrix_free(transpose);
}
END_TEST

START_TEST(cosine_similarities_compare_rows_with_rows)
{
    float a[] = {3, 4, /* */
                 1, 0};
    float b[] = {6,  8, /* */
                 0,  2, /* */
                 -1, 0};
    float out[6], expected[] = {1.0f, 0.8f, -0.6f, /* */
                                0.6f, 0.0f, -1.0f};
    assert_ok(
        cosine_similarities(matrix_view(a, 2, 2), matrix_view(b, 3, 2), matrix_view(out, 2, 3)));
    assert_matrix_close(matrix_view(out, 2, 3), matrix_view(expected, 2, 3), 1e-6);
}
END_TEST

/* --- The words ------------------------------------------------------------------------------- */

static Sentence sentence_of(const char *text)
{
    Sentence sentence;
    assert_ok(sentence_create(text, &sentence));
    return sentence;
}

START_TEST(bank_is_as_near_to_water_as_to_money)
{
    Sentence words = sentence_of("bank water money river");
    const float *bank = matrix_row(words.x, 0), *water = matrix_row(words.x, 1);
    const float *money = matrix_row(words.x, 2), *river = matrix_row(words.x, 3);
    assert_close(dot_product(bank, water, words.x.cols), 3.0, 0);
    assert_close(dot_product(bank, money, words.x.cols), 3.0, 0);
    assert_close(cosine_similarity(bank, water, words.x.cols), 0.4082482905, 1e-6); /* 1/root 6 */
    assert_close(cosine_similarity(bank, water, words.x.cols),
                 cosine_similarity(bank, money, words.x.cols), 0);
    assert_close(cosine_similarity(bank, river, words.x.cols), 0.6454972244, 1e-6); /* 5/root 60 */
    sentence_free(&words);
}
END_TEST

START_TEST(the_river_sentence_is_compared_as_in_the_lesson)
{
    Sentence sentence = sentence_of(EXAMPLE_RIVER);
    float out[36], expected[] = {10, 0, 2, 2, 0,  0, /* */
                                 0,  4, 0, 0, 0,  0, /* */
                                 2,  0, 5, 4, 1,  2, /* */
                                 2,  0, 4, 4, 0,  0, /* */
                                 0,  0, 1, 0, 10, 5, /* */
                                 0,  0, 2, 0, 5,  6};
    assert_ok(matrix_product_transposed(sentence.x, sentence.x, matrix_view(out, 6, 6)));
    assert_matrix_equal(matrix_view(out, 6, 6), matrix_view(expected, 6, 6));
    sentence_free(&sentence);
}
END_TEST

START_TEST(the_questions_of_the_river_sentence_meet_its_answers)
{
    Sentence sentence = sentence_of(EXAMPLE_RIVER);
    ExampleHead sense = example_layer().heads[0];
    float q[24], k[24], scores[36];
    assert_ok(matrix_product(sentence.x, sense.w_q, matrix_view(q, 6, 4)));
    assert_ok(matrix_product(sentence.x, sense.w_k, matrix_view(k, 6, 4)));
    assert_ok(matrix_product_transposed(matrix_view(q, 6, 4), matrix_view(k, 6, 4),
                                        matrix_view(scores, 6, 6)));
    float asked_by_bank[] = {2, 2, 0, 0}, answered_by_river[] = {3, 0, 1, 0};
    float expected[] = {-1, 0, 1,  -2, 3, 6, /* */
                        0,  0, 2,  0,  2, 4, /* */
                        -2, 0, -4, -4, 3, 2, /* */
                        -2, 0, -4, -4, 0, 0, /* */
                        0,  0, 0,  0,  3, 2, /* */
                        0,  0, 0,  0,  6, 4};
    assert_matrix_equal(matrix_view(q + 20, 1, 4), matrix_view(asked_by_bank, 1, 4));
    assert_matrix_equal(matrix_view(k + 16, 1, 4), matrix_view(answered_by_river, 1, 4));
    assert_matrix_equal(matrix_view(scores, 6, 6), matrix_view(expected, 6, 6));
    sentence_free(&sentence);
}
END_TEST

/* --- Shapes that do not fit, and shapes of nothing ------------------------------------------- */

START_TEST(a_product_refuses_factors_that_do_not_fit)
{
    float out[8];
    fill(matrix_view(out, 2, 4), UNWRITTEN);
    assert_fails(
        matrix_product(matrix_view(A_2_3, 2, 3), matrix_view(B_3_4, 4, 3), matrix_view(out, 2, 3)),
        STATUS_SHAPE,
        "matrix_product: a is 2x3 and b is 4x3, but the columns of a must be as many as "
        "the rows of b");
    assert_all(matrix_view(out, 2, 4), UNWRITTEN);
}
END_TEST

START_TEST(a_product_refuses_an_output_of_another_shape)
{
    float out[12];
    fill(matrix_view(out, 3, 4), UNWRITTEN);
    Matrix a = matrix_view(A_2_3, 2, 3), b = matrix_view(B_3_4, 3, 4);
    assert_fails(matrix_product(a, b, matrix_view(out, 3, 4)), STATUS_SHAPE,
                 "matrix_product: out is 3x4, expected 2x4 (rows of a x columns of b)");
    assert_fails(matrix_product(a, b, matrix_view(out, 4, 2)), STATUS_SHAPE, "out is 4x2");
    assert_fails(matrix_product(a, b, matrix_view(out, 2, 3)), STATUS_SHAPE, "out is 2x3");
    assert_all(matrix_view(out, 3, 4), UNWRITTEN);
}
END_TEST

START_TEST(a_comparison_refuses_rows_of_different_lengths)
{
    float out[6];
    fill(matrix_view(out, 2, 3), UNWRITTEN);
    Matrix a = matrix_view(A_2_3, 2, 3), b = matrix_view(B_3_4, 3, 4);
    assert_fails(matrix_product_transposed(a, b, matrix_view(out, 2, 3)), STATUS_SHAPE,
                 "matrix_product_transposed: a is 2x3 and b is 3x4, but their rows must be "
                 "equally long");
    assert_fails(cosine_similarities(a, b, matrix_view(out, 2, 3)), STATUS_SHAPE,
                 "cosine_similarities: a is 2x3 and b is 3x4");
    assert_all(matrix_view(out, 2, 3), UNWRITTEN);
}
END_TEST

START_TEST(a_comparison_refuses_an_output_of_another_shape)
{
    float out[8];
    fill(matrix_view(out, 4, 2), UNWRITTEN);
    Matrix a = matrix_view(A_2_3, 2, 3), b = matrix_view(B_3_4, 4, 3);
    assert_fails(matrix_product_transposed(a, b, matrix_view(out, 4, 2)), STATUS_SHAPE,
                 "matrix_product_transposed: out is 4x2, expected 2x4 (rows of a x rows of b)");
    assert_fails(cosine_similarities(a, b, matrix_view(out, 4, 2)), STATUS_SHAPE,
                 "cosine_similarities: out is 4x2, expected 2x4");
    assert_all(matrix_view(out, 4, 2), UNWRITTEN);
}
END_TEST

START_TEST(a_product_over_no_columns_is_zeros)
{
    float out[6];
    Matrix result = matrix_view(out, 2, 3);
    fill(result, UNWRITTEN);
    assert_ok(matrix_product(matrix_view(A_2_3, 2, 0), matrix_view(B_3_4, 0, 3), result));
    assert_matrix_equal(result, matrix_view((float[6]){0}, 2, 3));
    fill(result, UNWRITTEN);
    assert_ok(
        matrix_product_transposed(matrix_view(A_2_3, 2, 0), matrix_view(B_3_4, 3, 0), result));
    assert_matrix_equal(result, matrix_view((float[6]){0}, 2, 3));
}
END_TEST

START_TEST(a_product_without_rows_or_columns_is_empty)
{
    float out[] = {UNWRITTEN};
    Matrix a = matrix_view(A_2_3, 2, 3), b = matrix_view(B_3_4, 3, 4);
    assert_ok(matrix_product(matrix_view(A_2_3, 0, 3), b, matrix_view(out, 0, 4)));
    assert_ok(matrix_product(a, matrix_view(B_3_4, 3, 0), matrix_view(out, 2, 0)));
    assert_ok(matrix_product_transposed(a, matrix_view(B_3_4, 0, 3), matrix_view(out, 2, 0)));
    assert_ok(cosine_similarities(matrix_view(A_2_3, 0, 3), a, matrix_view(out, 0, 2)));
    assert_all(matrix_view(out, 1, 1), UNWRITTEN);
}
END_TEST

/* --- What else the contract says ------------------------------------------------------------- */

START_TEST(a_product_writes_nothing_beside_a_view)
{
    float wide[3 * 6], expected[] = {10, 2, 3, 6, /* */
                                     22, 5, 9, 15};
    Matrix around = matrix_view(wide, 3, 6), inside;
    fill(around, UNWRITTEN);
    inside = (Matrix){&matrix_row(around, 1)[1], 2, 4, around.stride};
    assert_ok(matrix_product(matrix_view(A_2_3, 2, 3), matrix_view(B_3_4, 3, 4), inside));
    assert_matrix_equal(inside, matrix_view(expected, 2, 4));
    fill(inside, UNWRITTEN);
    assert_all(around, UNWRITTEN);
}
END_TEST

START_TEST(a_nan_stays_in_its_row_and_its_column)
{
    float a[] = {1, 2, NAN, 4}, b[] = {1, 1, 1, 1}, out[4];
    Matrix result = matrix_view(out, 2, 2);
    float expected[] = {3, 3, NAN, NAN};
    assert_ok(matrix_product(matrix_view(a, 2, 2), matrix_view(b, 2, 2), result));
    assert_matrix_equal(result, matrix_view(expected, 2, 2));
    float compared[] = {3, NAN, 3, NAN};
    assert_ok(matrix_product_transposed(matrix_view(b, 2, 2), matrix_view(a, 2, 2), result));
    assert_matrix_equal(result, matrix_view(compared, 2, 2));
}
END_TEST

START_TEST(no_product_needs_memory)
{
    float out[8];
    Matrix a = matrix_view(A_2_3, 2, 3), b = matrix_view(B_3_4, 3, 4);
    Matrix rows = matrix_view(B_3_4, 4, 3), result = matrix_view(out, 2, 4);
    memory_fail_at(1);
    assert_ok(matrix_product(a, b, result));
    assert_ok(matrix_product_transposed(a, rows, result));
    assert_ok(cosine_similarities(a, rows, result));
    ck_assert_int_eq(memory_has_failed(), 0);
    memory_fail_at(0);
}
END_TEST

/* --- Against the oracle ---------------------------------------------------------------------- */

/* From 1e-3 to 1e3. */
static double random_magnitude(Random *random)
{
    return pow(10.0, 6.0 * random_uniform(random) - 3.0);
}

START_TEST(products_agree_with_the_oracle)
{
    Random random = {3};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t n = random_between(&random, 0, 9), k = random_between(&random, 0, 40);
        size_t m = random_between(&random, 0, 9);
        Matrix a = random_matrix(&random, n, k, random_magnitude(&random));
        Matrix b = random_matrix(&random, k, m, random_magnitude(&random));
        Matrix out = random_matrix(&random, n, m, 1.0);
        Table a_table = table_of(a), b_table = table_of(b);
        Table expected = oracle_product(a_table, b_table);
        assert_ok(matrix_product(a, b, out));
        assert_matches(out, expected, TOLERANCE);
        table_free(3, a_table, b_table, expected);
        random_matrix_free(a);
        random_matrix_free(b);
        random_matrix_free(out);
    }
}
END_TEST

START_TEST(products_transposed_agree_with_the_oracle)
{
    Random random = {4};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t n = random_between(&random, 0, 9), k = random_between(&random, 0, 40);
        size_t m = random_between(&random, 0, 9);
        Matrix a = random_matrix(&random, n, k, random_magnitude(&random));
        Matrix b = random_matrix(&random, m, k, random_magnitude(&random));
        Matrix out = random_matrix(&random, n, m, 1.0);
        Table a_table = table_of(a), b_table = table_of(b), b_t = oracle_transpose(b_table);
        Table expected = oracle_product(a_table, b_t);
        assert_ok(matrix_product_transposed(a, b, out));
        assert_matches(out, expected, TOLERANCE);
        table_free(4, a_table, b_table, b_t, expected);
        random_matrix_free(a);
        random_matrix_free(b);
        random_matrix_free(out);
    }
}
END_TEST

/* The cosine by another road: half of the squared distance of the two unit vectors, from 1. */
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

START_TEST(cosines_agree_with_the_oracle)
{
    Random random = {5};
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
        table_free(1, expected);
        random_matrix_free(a);
        random_matrix_free(b);
        random_matrix_free(out);
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("01_dot_products");
    add_test(suite, a_dot_product_multiplies_in_pairs_and_adds);
    add_test(suite, a_dot_product_of_nothing_is_zero);
    add_test(suite, a_dot_product_keeps_small_terms_beside_large_ones);
    add_test(suite, a_dot_product_with_nan_is_nan);
    add_test(suite, a_dot_product_with_infinity_follows_the_arithmetic);
    add_test(suite, a_length_is_the_root_of_the_dot_product_with_itself);
    add_test(suite, a_cosine_does_not_depend_on_lengths);
    add_test(suite, a_cosine_is_one_zero_or_minus_one_for_same_square_and_opposite);
    add_test(suite, a_cosine_never_leaves_its_range);
    add_test(suite, a_vector_of_length_zero_points_nowhere);
    add_test(suite, an_angle_is_in_degrees_from_0_to_180);
    add_test(suite, x_times_w_takes_one_dot_product_for_each_column);
    add_test(suite, x_times_w_is_not_w_times_x);
    add_test(suite, x_times_w_steps_over_the_stride_of_a_view);
    add_test(suite, x_times_w_keeps_small_terms_beside_large_ones);
    add_test(suite, a_product_is_a_table_of_dot_products_of_rows_and_columns);
    add_test(suite, a_times_b_transposed_compares_rows_with_rows);
    add_test(suite, a_product_transposed_is_the_product_with_the_transpose);
    add_test(suite, cosine_similarities_compare_rows_with_rows);
    add_test(suite, bank_is_as_near_to_water_as_to_money);
    add_test(suite, the_river_sentence_is_compared_as_in_the_lesson);
    add_test(suite, the_questions_of_the_river_sentence_meet_its_answers);
    add_test(suite, a_product_refuses_factors_that_do_not_fit);
    add_test(suite, a_product_refuses_an_output_of_another_shape);
    add_test(suite, a_comparison_refuses_rows_of_different_lengths);
    add_test(suite, a_comparison_refuses_an_output_of_another_shape);
    add_test(suite, a_product_over_no_columns_is_zeros);
    add_test(suite, a_product_without_rows_or_columns_is_empty);
    add_test(suite, a_product_writes_nothing_beside_a_view);
    add_test(suite, a_nan_stays_in_its_row_and_its_column);
    add_test(suite, no_product_needs_memory);
    add_test(suite, products_agree_with_the_oracle);
    add_test(suite, products_transposed_agree_with_the_oracle);
    add_test(suite, cosines_agree_with_the_oracle);
    return suite;
}
