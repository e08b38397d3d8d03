/* Chapter 6: attention sees no order until positions are added to the words. */
#include "positional_encoding.h"

#include "assert.h"
#include "dot_products.h"
#include "example.h"
#include "layer_steps.h"
#include "layers.h"
#include "matrices.h"
#include "self_attention.h"

#include <math.h>
#include <stdbool.h>

/* --- Helpers --------------------------------------------------------------------------------- */

/* The formula of the paper, by another route: the frequency as an exponential. */
static double expected_sinusoid(double position, size_t column, size_t d_model)
{
    size_t even = column - column % 2;
    double angle = position * exp(-log(10000.0) * (double)even / (double)d_model);
    return column == even ? sin(angle) : cos(angle);
}

/* --- Order is invisible without positions ---------------------------------------------------- */

/* The words of a sentence, with or without their positions. */
static Matrix read_words(const char *sentence, bool positions)
{
    Matrix x = word_rows(sentence);
    if (positions)
        assert_ok(add_positions(x, 0, x));
    return x;
}

/* The hand-made layer of chapter 5 over a sequence. */
static Matrix layer_output(Matrix x)
{
    MultiHeadLayer layer = hand_made_layer();
    Matrix weights = zeros(EXAMPLE_HEADS * x.rows, x.rows);
    Matrix out = zeros(x.rows, EXAMPLE_D_MODEL);
    assert_ok(multi_head_attention(x, &layer, weights, out));
    return out;
}

TEST(without_positions_dog_bites_man_is_man_bites_dog_to_the_bit)
{
    Matrix one = layer_output(read_words("dog bites man", false));
    Matrix other = layer_output(read_words("man bites dog", false));
    for (size_t t = 0; t < 3; t++)
        assert_matrix_equal(one_row(one, t), one_row(other, 2 - t));
}

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
    Matrix result = zeros(matrix.rows, matrix.cols);
    for (size_t r = 0; r < matrix.rows; r++)
        assert_ok(matrix_copy(one_row(matrix, order[r]), one_row(result, r)));
    return result;
}

/* In general the sums run in another order, so their last bit may differ. */
TEST(without_positions_any_shuffle_of_the_words_shuffles_the_outputs_alike)
{
    enum { MOST_WORDS = 9 };
    Random random = {601};
    size_t order[MOST_WORDS];
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t words = random_between(&random, 1, MOST_WORDS);
        Matrix x = random_matrix(&random, words, EXAMPLE_D_MODEL, 1.0);
        shuffle(&random, order, words);
        Matrix expected = reordered(layer_output(x), order);
        assert_matrix_close(layer_output(reordered(x, order)), expected, TOLERANCE);
    }
}

/* --- Integers -------------------------------------------------------------------------------- */

TEST(integer_positions_are_the_same_in_every_column)
{
    Matrix out = zeros(3, 2);
    integer_positions(7, out);
    assert_matrix_equal(out, MATRIX(3, 2, 7, 7, 8, 8, 9, 9));
}

/* The cosine similarity of river and money, each with the same position added. */
static float likeness_at(const float position[EXAMPLE_D_MODEL])
{
    Matrix words = word_rows("river money");
    for (size_t r = 0; r < 2; r++)
        for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
            matrix_row(words, r)[c] += position[c];
    return cosine_similarity(matrix_row(words, 0), matrix_row(words, 1), EXAMPLE_D_MODEL);
}

TEST(integer_positions_drown_the_words_and_sinusoids_do_not)
{
    float integer[EXAMPLE_D_MODEL], wave[EXAMPLE_D_MODEL];
    integer_positions(1, matrix_view(integer, 1, EXAMPLE_D_MODEL));
    /* (1 1 2 1 4 1 1 1) . (1 1 1 1 1 1 4 1) = 15, the lengths are the roots of 26 and 23 */
    assert_close(likeness_at(integer), 15 / sqrt(26.0 * 23.0), 1e-6);
    for (size_t t = 100; t < 1000; t++, test_memory_free_all()) {
        integer_positions(t, matrix_view(integer, 1, EXAMPLE_D_MODEL));
        sinusoidal_positions(t, matrix_view(wave, 1, EXAMPLE_D_MODEL));
        ck_assert_float_gt(likeness_at(integer), 0.999f);
        ck_assert_float_lt(likeness_at(wave), 0.55f);
    }
}

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

TEST_ROWS(a_pair_of_columns_turns_by_its_frequency, FREQUENCIES)
{
    double actual = position_frequency(FREQUENCIES[_i].column, FREQUENCIES[_i].d_model);
    assert_close(actual / FREQUENCIES[_i].frequency, 1.0, 1e-12);
}

TEST(no_wave_is_longer_than_ten_thousand_turns_of_the_fastest)
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

/* --- Sinusoids ------------------------------------------------------------------------------- */

TEST(sines_stand_in_even_columns_and_cosines_in_odd_ones)
{
    float expected[] = {0,          1,           0,          1,           /* 0 radians */
                        0.8414710F, 0.5403023F,  0.0099998F, 0.9999500F,  /* 1 and 0.01 radians */
                        0.9092974F, -0.4161468F, 0.0199987F, 0.9998000F}; /* 2 and 0.02 radians */
    Matrix out = zeros(3, 4);
    sinusoidal_positions(0, out);
    assert_matrix_close(out, matrix_view(expected, 3, 4), 1e-7);
}

TEST(sinusoids_agree_with_the_oracle)
{
    Random random = {602};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t rows = random_between(&random, 0, 12), cols = random_between(&random, 1, 40);
        size_t first = random_between(&random, 0, 1) * random_between(&random, 0, 100000);
        Matrix out = random_matrix(&random, rows, cols, 1.0);
        sinusoidal_positions(first, out);
        for (size_t t = 0; t < rows; t++)
            for (size_t c = 0; c < cols; c++)
                assert_close(matrix_row(out, t)[c], expected_sinusoid((double)(first + t), c, cols),
                             1e-6);
    }
}

/* --- Added ----------------------------------------------------------------------------------- */

TEST(positions_can_be_added_in_place)
{
    Random random = {603};
    Matrix x = random_matrix(&random, 5, 7, 3.0), apart = zeros(5, 7);
    assert_ok(add_positions(x, 2, apart));
    assert_ok(add_positions(x, 2, x));
    assert_matrix_equal(x, apart);
}

TEST(what_is_no_number_stays_what_it_is_and_where_it_is)
{
    Matrix out = zeros(3, 2);
    assert_ok(add_positions(MATRIX(3, 2, NAN, 1, INFINITY, 2, -INFINITY, 3), 0, out));
    assert_matrix_close(out, MATRIX(3, 2, NAN, 2, INFINITY, 2 + cosf(1), -INFINITY, 3 + cosf(2)),
                        1e-7);
}

TEST(sums_agree_with_the_oracle)
{
    Random random = {604};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
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
    }
}

/* [x p] [W; W] = (x + p) W: to add is to append, with the same weights for both halves. */
TEST(adding_is_appending_with_the_same_weights)
{
    enum { T = 5, D = 6, COLUMNS = 3 };
    Random random = {605};
    Matrix x = random_matrix(&random, T, D, 1.0), w = random_matrix(&random, D, COLUMNS, 1.0);
    Matrix sum = zeros(T, D), appended = zeros(T, 2 * D), both = zeros(2 * D, COLUMNS);
    Matrix added = zeros(T, COLUMNS), wide = zeros(T, COLUMNS);
    assert_ok(matrix_copy(x, columns_of(appended, 0, D)));
    sinusoidal_positions(0, columns_of(appended, D, D));
    assert_ok(matrix_copy(w, rows_of(both, 0, D)));
    assert_ok(matrix_copy(w, rows_of(both, D, D)));
    assert_ok(add_positions(x, 0, sum));
    assert_ok(matrix_product(sum, w, added));
    assert_ok(matrix_product(appended, both, wide));
    assert_matrix_close(added, wide, 1e-6);
}

/* The row of bank in the head `sense`, after positions and with this query bias. */
static Matrix bank_row(bool positions, Matrix b_q)
{
    MultiHeadLayer layer = hand_made_layer();
    Matrix x = read_words(EXAMPLE_RIVER, positions);
    Matrix weights = zeros(2 * 6, 6), out = zeros(6, EXAMPLE_D_MODEL);
    layer.b_q = b_q;
    assert_ok(multi_head_attention(x, &layer, weights, out));
    return one_row(weights, 5);
}

TEST(a_query_bias_takes_back_what_all_positions_share)
{
    Matrix b_q = zeros(1, EXAMPLE_D_MODEL), start = zeros(1, EXAMPLE_D_MODEL);
    sinusoidal_positions(0, start);
    vector_matrix_product(start.data, example_layer().w_q, b_q.data);
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
        b_q.data[c] = -b_q.data[c];
    /* The softmax of 0 0 0 0 3 2, by hand; the others from NumPy in double precision. */
    assert_matrix_close(bank_row(false, NO_MATRIX),
                        MATRIX(1, 6, 0.0318F, 0.0318F, 0.0318F, 0.0318F, 0.6382F, 0.2348F), 1e-4);
    assert_matrix_close(bank_row(true, NO_MATRIX),
                        MATRIX(1, 6, 0.0021F, 0.0038F, 0.0040F, 0.0017F, 0.5444F, 0.4441F), 1e-4);
    assert_matrix_close(bank_row(true, b_q),
                        MATRIX(1, 6, 0.0182F, 0.0184F, 0.0174F, 0.0186F, 0.7278F, 0.1996F), 1e-4);
}

TEST(with_positions_every_word_sees_the_order)
{
    Matrix one = layer_output(read_words("dog bites man", true));
    Matrix other = layer_output(read_words("man bites dog", true));
    for (size_t t = 0; t < 3; t++) {
        float largest = 0.0f;
        for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
            largest = fmaxf(largest, fabsf(matrix_row(one, t)[c] - matrix_row(other, 2 - t)[c]));
        ck_assert_msg(largest > 0.1f, "word %zu has nearly the same output in both orders", t);
    }
}

/* --- Distance -------------------------------------------------------------------------------- */

TEST(the_similarity_of_two_positions_depends_on_their_distance_only)
{
    Random random = {606};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
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

/* sin(a + b) and cos(a + b) from sin a and cos a: the turn by b is the same wherever a is. */
TEST(a_step_is_the_same_rotation_everywhere)
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

/* --- The previous word ----------------------------------------------------------------------- */

/* What the previous-word head makes of a sentence: T x 4; the weights are T x T. */
static Matrix look_back(const char *words, bool positions, Matrix *weights)
{
    ExampleHead head = example_previous_head();
    Matrix x = read_words(words, positions), out = zeros(x.rows, EXAMPLE_D_K);
    *weights = zeros(x.rows, x.rows);
    assert_ok(self_attention(x, head.w_q, head.w_k, head.w_v, *weights, out));
    return out;
}

TEST(without_positions_the_previous_word_head_sees_all_words_alike)
{
    Matrix weights;
    look_back(EXAMPLE_RIVER, false, &weights);
    assert_all(weights, 1.0F / 6.0F);
}

TEST(with_positions_the_previous_word_head_looks_one_word_back)
{
    Matrix weights;
    look_back(EXAMPLE_RIVER, true, &weights);
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
}

TEST(with_positions_bites_hears_who_bites)
{
    Matrix weights, dog = look_back("dog bites man", true, &weights);
    Matrix man = look_back("man bites dog", true, &weights);
    /* 0.940 of the word before and 0.060 of itself. Being and action of dog are 2 and 1, of man 3
     * and 0, of bites 0 and 3; the slow waves add 1 to each. */
    assert_close(matrix_row(dog, 1)[2], 0.940 * 3 + 0.060 * 1, 0.01);
    assert_close(matrix_row(dog, 1)[3], 0.940 * 2 + 0.060 * 4, 0.01);
    assert_close(matrix_row(man, 1)[2], 0.940 * 4 + 0.060 * 1, 0.01);
    assert_close(matrix_row(man, 1)[3], 0.940 * 1 + 0.060 * 4, 0.01);
}
