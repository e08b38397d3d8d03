#include "assert.h"

#include "random.h"

#include <math.h>

enum { SAMPLES = 100000 };

TEST(the_bits_are_those_of_splitmix64)
{
    Random random = {0};
    ck_assert_uint_eq(random_bits(&random), 0xe220a8397b1dcdafu);
    ck_assert_uint_eq(random_bits(&random), 0x6e789e6aa1b965f4u);
}

TEST(the_same_seed_gives_the_same_numbers)
{
    Random one = {42}, same = {42}, other = {43};
    size_t differences = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t bits = random_bits(&one);
        ck_assert_uint_eq(bits, random_bits(&same));
        differences += bits != random_bits(&other);
    }
    ck_assert_uint_eq(differences, 100);
}

TEST(uniform_numbers_fill_the_unit_interval_evenly)
{
    Random random = {1};
    size_t tenths[10] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        double value = random_uniform(&random);
        ck_assert(value >= 0.0 && value < 1.0);
        tenths[(int)(value * 10.0)]++;
    }
    for (int i = 0; i < 10; i++)
        assert_close((double)tenths[i], (double)SAMPLES / 10.0, 0.05);
}

TEST(the_greatest_bits_are_still_less_than_one)
{
    /* The generator cannot be asked for its greatest value, but this is what would become of it. */
    ck_assert((double)(UINT64_MAX >> 11) * 0x1p-53 < 1.0);
    /* The first value of this seed is 0, which log() must not meet. */
    Random random = {0 - 0x9e3779b97f4a7c15u};
    Random normal = random;
    ck_assert(random_uniform(&random) == 0.0);
    ck_assert(isfinite(random_normal(&normal)));
}

TEST(whole_numbers_reach_both_ends_and_none_beyond)
{
    Random random = {2};
    size_t seen[8] = {0};
    for (int i = 0; i < SAMPLES; i++) {
        size_t value = random_between(&random, 3, 7);
        ck_assert(value >= 3 && value <= 7);
        seen[value]++;
    }
    for (int i = 3; i <= 7; i++)
        assert_close((double)seen[i], (double)SAMPLES / 5.0, 0.05);
    ck_assert_uint_eq(random_between(&random, 9, 9), 9);
}

/* The mean of the k-th powers. */
static double moment(const double *values, int power)
{
    double sum = 0.0;
    for (int i = 0; i < SAMPLES; i++)
        sum += pow(values[i], power);
    return sum / (double)SAMPLES;
}

TEST(normal_numbers_have_the_moments_of_the_normal_distribution)
{
    static double values[SAMPLES];
    Random random = {3};
    for (int i = 0; i < SAMPLES; i++)
        values[i] = random_normal(&random);
    /* Five standard errors: sqrt(1, 2, 15, 96) / sqrt(SAMPLES). */
    ck_assert_double_eq_tol(moment(values, 1), 0.0, 0.016);
    ck_assert_double_eq_tol(moment(values, 2), 1.0, 0.023);
    ck_assert_double_eq_tol(moment(values, 3), 0.0, 0.062);
    ck_assert_double_eq_tol(moment(values, 4), 3.0, 0.155);
}

TEST(filling_reaches_every_element_of_a_view_and_nothing_else)
{
    float data[15] = {0};
    Matrix view;
    Random random = {4}, same = {4};
    assert_ok(matrix_columns(matrix_view(data, 3, 5), 1, 2, &view));
    random_fill(&random, 0.5, view);
    for (size_t r = 0; r < 3; r++)
        for (size_t c = 0; c < 5; c++)
            if (c == 1 || c == 2)
                ck_assert(data[5 * r + c] == (float)(0.5 * random_normal(&same)));
            else
                ck_assert(data[5 * r + c] == 0.0F);
}
