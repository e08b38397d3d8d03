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

Suite *make_suite(void)
{
    Suite *suite = suite_create("06 positional encoding, the program");
    add_test(suite, the_program_writes_positions);
    add_named_rows(suite, "the_program_adds_positions_to_each_sequence",
                   the_program_adds_positions_to_each_sequence, 2);
    return suite;
}
