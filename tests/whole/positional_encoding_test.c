/* The program of chapter 6, on the reader's arrays and on any sentence. */
#include "positional_encoding.h"

#include "array.h"
#include "assert.h"
#include "example.h"
#include "whole.h"

#include <stdio.h>
#include <string.h>

static const char PROGRAM[] = "06_positional_encoding";

static void begin(void)
{
    whole_begin("positional_encoding");
}

/* What the program writes into out.npy, which must have this shape. */
static Array result_of(const char *arguments, const char *shape)
{
    char text[SHAPE_TEXT_SIZE];
    whole_expect_success(PROGRAM, arguments, NULL);
    Array array = whole_read("out.npy");
    ck_assert_str_eq(array_shape_text(array, text), shape);
    return array;
}

START_TEST(the_program_writes_positions)
{
    float expected[7 * 5];
    begin();
    Array array = result_of("--positions 7 --d-model 5 --out out.npy", "(7, 5)");
    sinusoidal_positions(0, matrix_view(expected, 7, 5));
    assert_matrix_equal(array_matrix(array, 0), matrix_view(expected, 7, 5));
    array_free(&array);
}
END_TEST

/* Each sequence of a batch begins at position 0. */
START_TEST(the_program_adds_positions_to_each_sequence)
{
    static const char *const ARGUMENTS[] = {"--x 4x5.npy --out out.npy",
                                            "--x 3x4x5.npy --out out.npy"};
    static const char *const INPUTS[] = {"4x5.npy", "3x4x5.npy"};
    static const char *const SHAPES[] = {"(4, 5)", "(3, 4, 5)"};
    begin();
    Array sums = result_of(ARGUMENTS[_i], SHAPES[_i]), x = whole_read(INPUTS[_i]);
    for (size_t b = 0; b < array_matrices(x); b++) {
        assert_ok(add_positions(array_matrix(x, b), 0, array_matrix(x, b)));
        assert_matrix_equal(array_matrix(sums, b), array_matrix(x, b));
    }
    array_free(&sums);
    array_free(&x);
}
END_TEST

START_TEST(an_empty_batch_stays_empty)
{
    begin();
    Array sums = result_of("--x 0x4x5.npy --out out.npy", "(0, 4, 5)");
    array_free(&sums);
}
END_TEST

static const struct {
    const char *arguments, *words;
} MISTAKES[] = {
    {"--positions 3 --d-model 4", "--out is missing"},
    {"--out out.npy", "the input is missing: give --x, or --positions and --d-model"},
    {"--positions x --d-model 4 --out out.npy", "--positions x: "},
    {"--x 4x5.npy", "--out is missing"},
    {"--x 4x5.npy --positions 4 --out out.npy", "--x|goes without --positions and --d-model"},
    {"--x 4x5.npy --d-model 5 --out out.npy", "--x|goes without --positions and --d-model"},
    {"--x 5.npy --out out.npy", "(5,), expected (T, d_model) or (batch, T, d_model)"},
    {"--x 2x3x4x5.npy --out out.npy", "(2, 3, 4, 5), expected (T, d_model)"},
};

START_TEST(the_program_says_what_is_wrong)
{
    begin();
    whole_expect_failure(PROGRAM, MISTAKES[_i].arguments, NULL, 2, MISTAKES[_i].words);
}
END_TEST

static const struct {
    const char *sentence, *shown;
} SENTENCES[] = {
    {"", "bites   0.00   0.00   2.88    2.12"},
    {EXAMPLE_MONEY, "with positions  0.00  0.01   0.28  0.01  0.00  0.71"},
    {"the bank of the river", "bank (3 x 8)"},
    {"the man saw the dog", "dog (3 x 8)"},
    {"bank", "largest difference between the two outputs of a word: 0\n"},
};

START_TEST(the_example_fits_any_sentence)
{
    char arguments[ARGUMENTS_SIZE];
    begin();
    snprintf(arguments, sizeof arguments, "--plots pictures %s", SENTENCES[_i].sentence);
    whole_expect_example(PROGRAM, arguments, NULL, SENTENCES[_i].shown, NULL);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("06 positional encoding, the program");
    add_test(suite, the_program_writes_positions);
    add_named_rows(suite, "the_program_adds_positions_to_each_sequence",
                   the_program_adds_positions_to_each_sequence, 2);
    add_test(suite, an_empty_batch_stays_empty);
    add_rows(suite, the_program_says_what_is_wrong, MISTAKES);
    add_rows(suite, the_example_fits_any_sentence, SENTENCES);
    return suite;
}
