/* The program of chapter 4, on the reader's arrays and on any sentence. */
#include "array.h"
#include "array_file.h"
#include "assert.h"
#include "example.h"
#include "whole.h"

#include <string.h>

static const char PROGRAM[] = "04_head_splitting";

static void begin(void)
{
    whole_begin("head_splitting");
}

/* What two heads make of an array whose elements count from 0. */
static Array split_in_two(size_t dims, const size_t *shape, const char *expected_shape)
{
    char text[SHAPE_TEXT_SIZE];
    Array x, out;
    assert_ok(array_create(dims, shape, &x));
    for (size_t i = 0; i < array_size(x); i++)
        x.data[i] = (float)i;
    assert_ok(array_write(&(ArrayOutput){whole_path("x.npy"), x}, 1));
    whole_expect_success(PROGRAM, "--x x.npy --heads 2 --out out.npy", NULL);
    out = whole_read("out.npy");
    ck_assert_str_eq(array_shape_text(out, text), expected_shape);
    array_free(&x);
    return out;
}

START_TEST(the_program_splits_an_array)
{
    static const float expected[] = {0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11};
    begin();
    Array out = split_in_two(2, (const size_t[]){3, 4}, "(2, 3, 2)");
    for (size_t i = 0; i < array_size(out); i++)
        ck_assert_float_eq(out.data[i], expected[i]);
    array_free(&out);
}
END_TEST

START_TEST(the_program_splits_every_matrix_of_a_batch)
{
    begin();
    Array out = split_in_two(3, (const size_t[]){5, 3, 4}, "(5, 2, 3, 2)");
    for (size_t i = 0; i < array_size(out); i++) {
        size_t b = i / 12, h = i / 6 % 2, t = i / 2 % 3, c = i % 2;
        ck_assert_float_eq(out.data[i], (float)(12 * b + 4 * t + 2 * h + c));
    }
    array_free(&out);
}
END_TEST

START_TEST(an_empty_batch_stays_empty)
{
    begin();
    Array out = split_in_two(3, (const size_t[]){0, 3, 4}, "(0, 2, 3, 2)");
    array_free(&out);
}
END_TEST

static const struct {
    const char *arguments, *words;
} MISTAKES[] = {
    {"--x 5x6.npy --heads 4 --out out.npy",
     "head_view: 4 heads do not divide 6 columns into equal blocks|--x 5x6.npy (5, 6)"},
    {"--x 0x5x6.npy --heads 4 --out out.npy", "4 heads do not divide 6 columns|(0, 5, 6)"},
    {"--x 5x6.npy --heads 18446744073709551615 --out out.npy", "do not divide 6 columns"},
    {"--x 5x0.npy --heads 2 --out out.npy", "2 heads do not divide 0 columns"},
    {"--x 6.npy --heads 2 --out out.npy", "--x 6.npy is (6,), expected (T, d) or (batch, T, d)"},
    {"--x 5x6.npy --heads 0 --out out.npy", "--heads 0: expected 1 or more"},
    {"--x 5x6.npy --out out.npy", "--heads is missing"},
    {"--x 5x6.npy --heads 2", "--out is missing"},
    {"--x absent --heads 2 --out out.npy", "absent: "},
};

START_TEST(the_program_says_what_is_wrong)
{
    begin();
    whole_expect_failure(PROGRAM, MISTAKES[_i].arguments, NULL, 2, MISTAKES[_i].words);
}
END_TEST

static const struct {
    const char *sentence, *shown, *not_shown;
} SENTENCES[] = {
    {EXAMPLE_RIVER, "cut the sequence  0.73  0.09  0.18  0.00", "does not divide"},
    {EXAMPLE_MONEY, "What \"put\" looks at", "does not divide"},
    {"the man saw the bank", "5 does not divide by 2", "cut the sequence  0"},
    {"bank", "1 does not divide by 2", "becomes zeros"},
    {"the river bank", "What \"bank\" looks at", "becomes zeros"},
};

START_TEST(the_example_fits_any_sentence)
{
    begin();
    const Command no_gnuplot = {.environment = {"PATH=/nonexistent"}};
    whole_expect_example(PROGRAM, SENTENCES[_i].sentence, &no_gnuplot, SENTENCES[_i].shown,
                         SENTENCES[_i].not_shown);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("the program of head splitting");
    add_test(suite, the_program_splits_an_array);
    add_test(suite, the_program_splits_every_matrix_of_a_batch);
    add_test(suite, an_empty_batch_stays_empty);
    add_rows(suite, the_program_says_what_is_wrong, MISTAKES);
    add_rows(suite, the_example_fits_any_sentence, SENTENCES);
    return suite;
}
