/* Chapter 6: attention sees no order until positions are added to the words. */
#include "positional_encoding.h"

#include "assert.h"
#include "dot_products.h"
#include "example.h"
#include "matrices.h"
#include "multi_head_attention.h"
#include "oracle.h"
#include "self_attention.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* --- Helpers --------------------------------------------------------------------------------- */

/* The formula of the paper, by another road: the frequency as an exponential. */
static double expected_sinusoid(double position, size_t column, size_t d_model)
{
    size_t even = column - column % 2;
    double angle = position * exp(-log(10000.0) * (double)even / (double)d_model);
    return column == even ? sin(angle) : cos(angle);
}

/* --- Order is invisible without positions ---------------------------------------------------- */

/* The hand-made layer of chapter 5 over a sequence. Free the result with matrix_free(). */
static Matrix layer_output(Matrix x)
{
    ExampleLayer parts = example_layer();
    MultiHeadLayer layer = {.w_q = parts.w_q,
                            .w_k = parts.w_k,
                            .w_v = parts.w_v,
                            .w_o = parts.w_o,
                            .heads = EXAMPLE_HEADS};
    Matrix weights = new_matrix(EXAMPLE_HEADS * x.rows, x.rows);
    Matrix out = new_matrix(x.rows, EXAMPLE_D_MODEL);
    assert_ok(multi_head_attention(x, &layer, weights, out));
    matrix_free(&weights);
    return out;
}

static Matrix output_for(const char *words, bool positions)
{
    Sentence sentence;
    assert_ok(sentence_create(words, &sentence));
    if (positions)
        assert_ok(add_positions(sentence.x, 0, sentence.x));
    Matrix out = layer_output(sentence.x);
    sentence_free(&sentence);
    return out;
}

START_TEST(without_positions_dog_bites_man_is_man_bites_dog_to_the_bit)
{
    Matrix one = output_for("dog bites man", false), other = output_for("man bites dog", false);
    for (size_t t = 0; t < 3; t++)
        assert_matrix_equal(matrix_view(matrix_row(one, t), 1, EXAMPLE_D_MODEL),
                            matrix_view(matrix_row(other, 2 - t), 1, EXAMPLE_D_MODEL));
    matrix_free(&one);
    matrix_free(&other);
}
END_TEST

static void shuffle(Random *random, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t j = random_between(random, 0, i - 1), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

/* Row i of the result is row order[i] of the matrix. */
static Matrix reordered(Matrix matrix, const size_t *order)
{
    Matrix result = new_matrix(matrix.rows, matrix.cols);
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(result, r)[c] = matrix_row(matrix, order[r])[c];
    return result;
}

/* In general the sums run in another order, so their last bit may differ. */
START_TEST(without_positions_any_shuffle_of_the_words_shuffles_the_outputs_alike)
{
    enum { MOST_WORDS = 9 };
    Random random = {601};
    size_t order[MOST_WORDS];
    for (size_t i = 0; i < random_cases(); i++) {
        size_t words = random_between(&random, 1, MOST_WORDS);
        Matrix x = random_matrix(&random, words, EXAMPLE_D_MODEL, 1.0);
        shuffle(&random, order, words);
        Matrix shuffled = reordered(x, order);
        Matrix out = layer_output(x), actual = layer_output(shuffled);
        Matrix expected = reordered(out, order);
        assert_matrix_close(actual, expected, TOLERANCE);
        matrix_free(&shuffled);
        matrix_free(&out);
        matrix_free(&actual);
        matrix_free(&expected);
        random_matrix_free(x);
    }
}
END_TEST

/* --- Integers -------------------------------------------------------------------------------- */

START_TEST(integer_positions_are_the_same_in_every_column)
{
    float data[3 * 2], expected[] = {7, 7, 8, 8, 9, 9};
    integer_positions(7, matrix_view(data, 3, 2));
    assert_matrix_equal(matrix_view(data, 3, 2), matrix_view(expected, 3, 2));
}
END_TEST

START_TEST(integer_positions_of_nothing_are_nothing)
{
    float data[] = {5, 5};
    integer_positions(3, matrix_view(data, 0, 2));
    integer_positions(3, matrix_view(data, 2, 0));
    ck_assert_float_eq(data[0], 5);
    ck_assert_float_eq(data[1], 5);
}
END_TEST

/* The cosine similarity of river and money, each with the same position added. */
static float likeness_at(const float position[EXAMPLE_D_MODEL])
{
    Sentence words;
    assert_ok(sentence_create("river money", &words));
    for (size_t r = 0; r < 2; r++)
        for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
            matrix_row(words.x, r)[c] += position[c];
    float result =
        cosine_similarity(matrix_row(words.x, 0), matrix_row(words.x, 1), EXAMPLE_D_MODEL);
    sentence_free(&words);
    return result;
}

START_TEST(integer_positions_drown_the_words_and_sinusoids_do_not)
{
    float integer[EXAMPLE_D_MODEL], wave[EXAMPLE_D_MODEL];
    integer_positions(1, matrix_view(integer, 1, EXAMPLE_D_MODEL));
    /* (1 1 2 1 4 1 1 1) . (1 1 1 1 1 1 4 1) = 15, the lengths are the roots of 26 and 23 */
    assert_close(likeness_at(integer), 15 / sqrt(26.0 * 23.0), 1e-6);
    for (size_t t = 100; t < 1000; t++) {
        integer_positions(t, matrix_view(integer, 1, EXAMPLE_D_MODEL));
        sinusoidal_positions(t, matrix_view(wave, 1, EXAMPLE_D_MODEL));
        ck_assert_float_gt(likeness_at(integer), 0.999f);
        ck_assert_float_lt(likeness_at(wave), 0.55f);
    }
}
END_TEST

/* --- Frequencies ----------------------------------------------------------------------------- */

static const struct {
    size_t column, d_model;
    double frequency;
} FREQUENCIES[] = {
    {0, 8, 1.0},
    {1, 8, 1.0},
    {2, 8, 0.1},
    {3, 8, 0.1},
    {4, 8, 0.01},
    {5, 8, 0.01},
    {6, 8, 0.001},
    {7, 8, 0.001},
    {2, 4, 0.01},
    {0, 1, 1.0},
    {1, 2, 1.0},
    {2, 5, 2.51188643150958e-2},  /* 10000^(-2/5) = 10^(-1.6) */
    {4, 5, 6.30957344480193e-4},  /* 10000^(-4/5) = 10^(-3.2) */
    {64, 512, 0.316227766016838}, /* 10000^(-1/8) = 10^(-0.5) */
};

START_TEST(a_pair_of_columns_turns_by_its_frequency)
{
    double actual = position_frequency(FREQUENCIES[_i].column, FREQUENCIES[_i].d_model);
    assert_close(actual / FREQUENCIES[_i].frequency, 1.0, 1e-12);
}
END_TEST

START_TEST(no_wave_is_longer_than_ten_thousand_turns_of_the_fastest)
{
    for (size_t d_model = 1; d_model <= 600; d_model++)
        for (size_t c = 0; c < d_model; c++) {
            double frequency = position_frequency(c, d_model);
            ck_assert_msg(frequency <= 1.0 && frequency > 1e-4,
                          "column %zu of %zu has frequency %g: is the exponent 2i / d_model, with "
                          "i the number of the pair?",
                          c, d_model, frequency);
        }
}
END_TEST

/* --- Sinusoids ------------------------------------------------------------------------------- */

START_TEST(sines_stand_in_even_columns_and_cosines_in_odd_ones)
{
    float data[3 * 4];
    static const double expected[3][4] = {
        {0.0, 1.0, 0.0, 1.0},
        {0.8414709848, 0.5403023059, 0.0099998333, 0.9999500004},   /* 1 and 0.01 radians */
        {0.9092974268, -0.4161468365, 0.0199986667, 0.9998000067}}; /* 2 and 0.02 radians */
    sinusoidal_positions(0, matrix_view(data, 3, 4));
    for (size_t t = 0; t < 3; t++)
        for (size_t c = 0; c < 4; c++)
            assert_close(data[4 * t + c], expected[t][c], 1e-7);
}
END_TEST

START_TEST(the_first_position_is_zero)
{
    float data[7];
    sinusoidal_positions(0, matrix_view(data, 1, 7));
    for (size_t c = 0; c < 7; c++)
        ck_assert_msg(data[c] == (float)(c % 2),
                      "position 0, column %zu is %g, but sin 0 = 0 and cos 0 = 1", c,
                      (double)data[c]);
}
END_TEST

START_TEST(positions_can_start_anywhere)
{
    float all[9 * 6], later[4 * 6];
    sinusoidal_positions(0, matrix_view(all, 9, 6));
    sinusoidal_positions(5, matrix_view(later, 4, 6));
    assert_matrix_equal(matrix_view(later, 4, 6), matrix_view(all + 5 * 6, 4, 6));
}
END_TEST

START_TEST(an_odd_d_model_ends_with_a_sine_that_has_no_cosine)
{
    float data[3 * 6];
    Matrix wide = matrix_view(data, 3, 6), odd;
    fill(wide, -9.0f);
    assert_ok(matrix_columns(wide, 0, 5, &odd));
    sinusoidal_positions(0, odd);
    for (size_t t = 0; t < 3; t++) {
        assert_close(matrix_row(wide, t)[4], sin((double)t * 6.30957344480193e-4), 1e-9);
        ck_assert_msg(matrix_row(wide, t)[5] == -9.0f, "wrote beyond the last of 5 columns");
    }
}
END_TEST

START_TEST(one_column_is_one_sine)
{
    float data[4];
    sinusoidal_positions(0, matrix_view(data, 4, 1));
    for (size_t t = 0; t < 4; t++)
        assert_close(data[t], sin((double)t), 1e-7);
}
END_TEST

START_TEST(no_positions_and_no_columns_are_nothing)
{
    float data[] = {5, 5};
    sinusoidal_positions(0, matrix_view(data, 0, 2));
    sinusoidal_positions(0, matrix_view(data, 2, 0));
    ck_assert_float_eq(data[0], 5);
    ck_assert_float_eq(data[1], 5);
}
END_TEST

START_TEST(sinusoids_agree_with_the_oracle)
{
    Random random = {602};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t rows = random_between(&random, 0, 12), cols = random_between(&random, 1, 40);
        size_t first = random_between(&random, 0, 1) * random_between(&random, 0, 100000);
        Matrix out = random_matrix(&random, rows, cols, 1.0);
        sinusoidal_positions(first, out);
        for (size_t t = 0; t < rows; t++)
            for (size_t c = 0; c < cols; c++)
                assert_close(matrix_row(out, t)[c], expected_sinusoid((double)(first + t), c, cols),
                             1e-6);
        random_matrix_free(out);
    }
}
END_TEST

/* --- Added ----------------------------------------------------------------------------------- */

START_TEST(each_number_gets_its_own_of_the_position)
{
    float x[] = {10, 20, 30, 40, 50, 60}, out[6];
    static const double position[] = {0, 1, 0, 0.8414709848, 0.5403023059, 0.0021544330};
    /* 3 columns: 10000^(-2/3) = 0.002154434690 radians; its sine is 0.002154433024 */
    assert_ok(add_positions(matrix_view(x, 2, 3), 0, matrix_view(out, 2, 3)));
    for (size_t i = 0; i < 6; i++) {
        assert_close(out[i], x[i] + position[i], 1e-7);
        ck_assert_msg(x[i] == 10.0f * (float)(i + 1), "add_positions changed its input");
    }
}
END_TEST

START_TEST(added_positions_can_start_anywhere)
{
    float x[2 * 5] = {0}, out[2 * 5], positions[2 * 5];
    assert_ok(add_positions(matrix_view(x, 2, 5), 41, matrix_view(out, 2, 5)));
    sinusoidal_positions(41, matrix_view(positions, 2, 5));
    assert_matrix_equal(matrix_view(out, 2, 5), matrix_view(positions, 2, 5));
}
END_TEST

START_TEST(positions_can_be_added_in_place)
{
    Random random = {603};
    Matrix x = random_matrix(&random, 5, 7, 3.0), apart = new_matrix(5, 7);
    assert_ok(add_positions(x, 2, apart));
    assert_ok(add_positions(x, 2, x));
    assert_matrix_equal(x, apart);
    matrix_free(&apart);
    random_matrix_free(x);
}
END_TEST

START_TEST(a_sum_of_another_shape_is_refused_and_not_written)
{
    float x[6] = {1, 2, 3, 4, 5, 6}, out[8];
    fill(matrix_view(out, 1, 8), -9.0f);
    assert_fails(add_positions(matrix_view(x, 2, 3), 0, matrix_view(out, 2, 4)), STATUS_SHAPE,
                 "add_positions: out is 2x4, expected 2x3 (the shape of x)");
    assert_fails(add_positions(matrix_view(x, 2, 3), 0, matrix_view(out, 1, 3)), STATUS_SHAPE,
                 "add_positions: out is 1x3, expected 2x3");
    for (size_t i = 0; i < 8; i++)
        ck_assert_float_eq(out[i], -9.0f);
}
END_TEST

START_TEST(what_is_no_number_stays_what_it_is_and_where_it_is)
{
    float x[] = {NAN, 1, INFINITY, 2, -INFINITY, 3}, out[6];
    assert_ok(add_positions(matrix_view(x, 3, 2), 0, matrix_view(out, 3, 2)));
    ck_assert_float_nan(out[0]);
    assert_close(out[1], 2.0, 1e-7);
    ck_assert_float_eq(out[2], INFINITY);
    assert_close(out[3], 2 + cos(1.0), 1e-7);
    ck_assert_float_eq(out[4], -INFINITY);
    assert_close(out[5], 3 + cos(2.0), 1e-7);
}
END_TEST

START_TEST(sums_agree_with_the_oracle)
{
    Random random = {604};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t rows = random_between(&random, 0, 9), cols = random_between(&random, 0, 17);
        size_t first = random_between(&random, 0, 3000);
        double deviation = pow(10.0, (double)random_between(&random, 0, 3));
        Matrix x = random_matrix(&random, rows, cols, deviation);
        Matrix out = random_matrix(&random, rows, cols, 1.0);
        Table expected = table_of(x);
        for (size_t t = 0; t < rows; t++)
            for (size_t c = 0; c < cols; c++)
                expected.data[t * cols + c] += expected_sinusoid((double)(first + t), c, cols);
        assert_ok(add_positions(x, first, out));
        assert_matches(out, expected, TOLERANCE);
        table_free(1, expected);
        random_matrix_free(x);
        random_matrix_free(out);
    }
}
END_TEST

/* [x p] [W; W] = (x + p) W: to add is to append, with the same weights for both halves. */
START_TEST(adding_is_appending_with_the_same_weights)
{
    enum { T = 5, D = 6, COLUMNS = 3 };
    Random random = {605};
    Matrix x = random_matrix(&random, T, D, 1.0), w = random_matrix(&random, D, COLUMNS, 1.0);
    Matrix sum = new_matrix(T, D), appended = new_matrix(T, 2 * D),
           both = new_matrix(2 * D, COLUMNS);
    Matrix left, right, top, bottom, added = new_matrix(T, COLUMNS), wide = new_matrix(T, COLUMNS);
    assert_ok(matrix_columns(appended, 0, D, &left));
    assert_ok(matrix_columns(appended, D, D, &right));
    assert_ok(matrix_rows(both, 0, D, &top));
    assert_ok(matrix_rows(both, D, D, &bottom));
    assert_ok(matrix_copy(x, left));
    sinusoidal_positions(0, right);
    assert_ok(matrix_copy(w, top));
    assert_ok(matrix_copy(w, bottom));
    assert_ok(add_positions(x, 0, sum));
    assert_ok(matrix_product(sum, w, added));
    assert_ok(matrix_product(appended, both, wide));
    assert_matrix_close(added, wide, 1e-6);
    Matrix *const all[] = {&sum, &appended, &both, &added, &wide};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        matrix_free(all[i]);
    random_matrix_free(x);
    random_matrix_free(w);
}
END_TEST

/* The row of bank in the head `sense`, after positions and with this query bias. */
static void bank_row(bool positions, Matrix b_q, float row[6])
{
    Sentence sentence;
    ExampleLayer parts = example_layer();
    MultiHeadLayer layer = {.w_q = parts.w_q,
                            .w_k = parts.w_k,
                            .w_v = parts.w_v,
                            .w_o = parts.w_o,
                            .b_q = b_q,
                            .heads = EXAMPLE_HEADS};
    assert_ok(sentence_create(EXAMPLE_RIVER, &sentence));
    if (positions)
        assert_ok(add_positions(sentence.x, 0, sentence.x));
    Matrix weights = new_matrix(2 * 6, 6), out = new_matrix(6, EXAMPLE_D_MODEL);
    assert_ok(multi_head_attention(sentence.x, &layer, weights, out));
    memcpy(row, matrix_row(weights, 5), 6 * sizeof *row);
    matrix_free(&weights);
    matrix_free(&out);
    sentence_free(&sentence);
}

START_TEST(a_query_bias_takes_back_what_all_positions_share)
{
    /* The softmax of 0 0 0 0 3 2, by hand; the others from NumPy in double precision. */
    static const double expected[3][6] = {{0.0318, 0.0318, 0.0318, 0.0318, 0.6382, 0.2348},
                                          {0.0021, 0.0038, 0.0040, 0.0017, 0.5444, 0.4441},
                                          {0.0182, 0.0184, 0.0174, 0.0186, 0.7278, 0.1996}};
    float start[EXAMPLE_D_MODEL], b_q[EXAMPLE_D_MODEL], row[6];
    sinusoidal_positions(0, matrix_view(start, 1, EXAMPLE_D_MODEL));
    vector_matrix_product(start, example_layer().w_q, b_q);
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
        b_q[c] = -b_q[c];
    for (size_t i = 0; i < 3; i++) {
        bank_row(i > 0, i == 2 ? matrix_view(b_q, 1, EXAMPLE_D_MODEL) : NO_MATRIX, row);
        for (size_t j = 0; j < 6; j++)
            assert_close(row[j], expected[i][j], 1e-4);
    }
}
END_TEST

START_TEST(with_positions_every_word_sees_the_order)
{
    Matrix one = output_for("dog bites man", true), other = output_for("man bites dog", true);
    for (size_t t = 0; t < 3; t++) {
        float largest = 0.0f;
        for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
            largest = fmaxf(largest, fabsf(matrix_row(one, t)[c] - matrix_row(other, 2 - t)[c]));
        ck_assert_msg(largest > 0.1f, "word %zu has nearly the same output in both orders", t);
    }
    matrix_free(&one);
    matrix_free(&other);
}
END_TEST

/* --- Distance -------------------------------------------------------------------------------- */

START_TEST(the_similarity_of_two_positions_depends_on_their_distance_only)
{
    Random random = {606};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t d_model = 2 * random_between(&random, 1, 32), k = random_between(&random, 0, 60);
        size_t t = random_between(&random, 0, 5000);
        float here[64], there[64];
        sinusoidal_positions(t, matrix_view(here, 1, d_model));
        sinusoidal_positions(t + k, matrix_view(there, 1, d_model));
        double expected = 0.0;
        for (size_t c = 0; c < d_model; c += 2)
            expected += cos(position_frequency(c, d_model) * (double)k);
        double pairs = (double)d_model / 2; /* PE(t) . PE(t): the most it can be */
        assert_close(dot_product(here, there, d_model) / pairs, expected / pairs, 1e-6);
    }
}
END_TEST

/* sin(a + b) and cos(a + b) from sin a and cos a: the turn by b is the same wherever a is. */
START_TEST(a_step_is_the_same_rotation_everywhere)
{
    enum { D = 10, STEP = 3 };
    for (size_t t = 0; t < 500; t++) {
        float here[D], there[D];
        sinusoidal_positions(t, matrix_view(here, 1, D));
        sinusoidal_positions(t + STEP, matrix_view(there, 1, D));
        for (size_t c = 0; c < D; c += 2) {
            double turn = (double)STEP * position_frequency(c, D);
            assert_close(there[c], here[c] * cos(turn) + here[c + 1] * sin(turn), 1e-6);
            assert_close(there[c + 1], here[c + 1] * cos(turn) - here[c] * sin(turn), 1e-6);
        }
    }
}
END_TEST

/* --- The previous word ----------------------------------------------------------------------- */

/* Runs the previous-word head on a sentence; T x T weights and T x 4 results, to be freed. */
static void look_back(const char *words, bool positions, Matrix *weights, Matrix *out)
{
    Sentence sentence;
    ExampleHead head = example_previous_head();
    assert_ok(sentence_create(words, &sentence));
    if (positions)
        assert_ok(add_positions(sentence.x, 0, sentence.x));
    *weights = new_matrix(sentence.count, sentence.count);
    *out = new_matrix(sentence.count, EXAMPLE_D_K);
    assert_ok(self_attention(sentence.x, head.w_q, head.w_k, head.w_v, *weights, *out));
    sentence_free(&sentence);
}

START_TEST(without_positions_the_previous_word_head_sees_all_words_alike)
{
    Matrix weights, out;
    look_back(EXAMPLE_RIVER, false, &weights, &out);
    for (size_t i = 0; i < 36; i++)
        ck_assert_float_eq(weights.data[i], 1.0f / 6.0f);
    matrix_free(&weights);
    matrix_free(&out);
}
END_TEST

START_TEST(with_positions_the_previous_word_head_looks_one_word_back)
{
    Matrix weights, out;
    look_back(EXAMPLE_RIVER, true, &weights, &out);
    /* Score (t, j) is 6 cos(t - 1 - j), the two rounded weights of the head aside. */
    for (size_t t = 0; t < 6; t++) {
        double sum = 0.0;
        for (size_t j = 0; j < 6; j++)
            sum += exp(6 * cos((double)t - 1 - (double)j));
        for (size_t j = 0; j < 6; j++)
            assert_close(matrix_row(weights, t)[j], exp(6 * cos((double)t - 1 - (double)j)) / sum,
                         0.003);
    }
    for (size_t t = 1; t < 6; t++)
        ck_assert_float_gt(matrix_row(weights, t)[t - 1], 0.88f);
    /* Word 0 has no previous word: one wave later, 6.28 words on, is nearly where it looks. */
    ck_assert_float_gt(matrix_row(weights, 0)[5], 0.88f);
    matrix_free(&weights);
    matrix_free(&out);
}
END_TEST

START_TEST(with_positions_bites_hears_who_bites)
{
    Matrix weights, dog, man;
    look_back("dog bites man", true, &weights, &dog);
    matrix_free(&weights);
    look_back("man bites dog", true, &weights, &man);
    /* 0.940 of the word before and 0.060 of itself. Being and action of dog are 2 and 1, of man 3
     * and 0, of bites 0 and 3; the slow waves add 1 to each. */
    assert_close(matrix_row(dog, 1)[2], 0.940 * 3 + 0.060 * 1, 0.01);
    assert_close(matrix_row(dog, 1)[3], 0.940 * 2 + 0.060 * 4, 0.01);
    assert_close(matrix_row(man, 1)[2], 0.940 * 4 + 0.060 * 1, 0.01);
    assert_close(matrix_row(man, 1)[3], 0.940 * 1 + 0.060 * 4, 0.01);
    matrix_free(&weights);
    matrix_free(&dog);
    matrix_free(&man);
}
END_TEST

static void add_function_tests(Suite *suite)
{
    add_test(suite, without_positions_dog_bites_man_is_man_bites_dog_to_the_bit);
    add_test(suite, without_positions_any_shuffle_of_the_words_shuffles_the_outputs_alike);
    add_test(suite, integer_positions_are_the_same_in_every_column);
    add_test(suite, integer_positions_of_nothing_are_nothing);
    add_rows(suite, a_pair_of_columns_turns_by_its_frequency, FREQUENCIES);
    add_test(suite, no_wave_is_longer_than_ten_thousand_turns_of_the_fastest);
    add_test(suite, the_first_position_is_zero);
    add_test(suite, sines_stand_in_even_columns_and_cosines_in_odd_ones);
    add_test(suite, positions_can_start_anywhere);
    add_test(suite, an_odd_d_model_ends_with_a_sine_that_has_no_cosine);
    add_test(suite, one_column_is_one_sine);
    add_test(suite, no_positions_and_no_columns_are_nothing);
    add_test(suite, sinusoids_agree_with_the_oracle);
    add_test(suite, each_number_gets_its_own_of_the_position);
    add_test(suite, added_positions_can_start_anywhere);
    add_test(suite, positions_can_be_added_in_place);
    add_test(suite, a_sum_of_another_shape_is_refused_and_not_written);
    add_test(suite, what_is_no_number_stays_what_it_is_and_where_it_is);
    add_test(suite, sums_agree_with_the_oracle);
}

static void add_lesson_tests(Suite *suite)
{
    add_test(suite, integer_positions_drown_the_words_and_sinusoids_do_not);
    add_test(suite, adding_is_appending_with_the_same_weights);
    add_test(suite, a_query_bias_takes_back_what_all_positions_share);
    add_test(suite, with_positions_every_word_sees_the_order);
    add_test(suite, the_similarity_of_two_positions_depends_on_their_distance_only);
    add_test(suite, a_step_is_the_same_rotation_everywhere);
    add_test(suite, without_positions_the_previous_word_head_sees_all_words_alike);
    add_test(suite, with_positions_the_previous_word_head_looks_one_word_back);
    add_test(suite, with_positions_bites_hears_who_bites);
}

Suite *make_suite(void)
{
    Suite *suite = suite_create("06 positional encoding");
    add_function_tests(suite);
    add_lesson_tests(suite);
    return suite;
}
