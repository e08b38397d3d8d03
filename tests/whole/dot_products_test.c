/* The program of chapter 1: matrix products of the reader's arrays, and any sentence. */
#include "assert.h"
#include "oracle.h"
#include "whole.h"

#include <stdio.h>
#include <string.h>

/* A matrix of an array; one dimension stands across in A, down in B. */
static Table table_at(Array array, bool down, size_t index)
{
    Matrix matrix = array_matrix(array, array.dims > 2 ? index : 0);
    Table table = table_of(matrix);
    if (array.dims == 1 && down) {
        table.rows = matrix.cols;
        table.cols = 1;
    }
    return table;
}

/* Two files, and the shape that numpy.matmul gives their product. */
typedef struct ShapeCase {
    const char *a, *b, *shape;
} ShapeCase;

static const ShapeCase SHAPES[] = {
    {"2x3.npy", "3x4.npy", "(2, 4)"},
    {"3.npy", "3x4.npy", "(4,)"},
    {"2x3.npy", "3.npy", "(2,)"},
    {"3.npy", "3.txt", "(1,)"},
    {"5x2x3.npy", "3x4.npy", "(5, 2, 4)"},
    {"2x3.npy", "5x3x4.npy", "(5, 2, 4)"},
    {"5x2x3.npy", "5x3x4.npy", "(5, 2, 4)"},
    {"3.npy", "5x3x4.npy", "(5, 4)"},
    {"5x2x3.npy", "3.npy", "(5, 2)"},
    {"2x5x2x3.npy", "2x5x3x4.npy", "(2, 5, 2, 4)"},
    {"2x5x2x3.npy", "3x4.npy", "(2, 5, 2, 4)"},
    {"3.npy", "2x5x3x4.npy", "(2, 5, 4)"},
    {"0x2x3.npy", "3x4.npy", "(0, 2, 4)"},
    {"2x0.npy", "0x4.npy", "(2, 4)"},
    {"0x3.npy", "3x4.npy", "(0, 4)"},
};

static void expect_product(const ShapeCase *files)
{
    char arguments[ARGUMENTS_SIZE], text[SHAPE_TEXT_SIZE];
    snprintf(arguments, sizeof arguments, "--a %s --b %s --out out.npy", files->a, files->b);
    whole_expect_success("01_dot_products", arguments, NULL);
    Array a = whole_read(files->a), b = whole_read(files->b), out = whole_read("out.npy");
    ck_assert_str_eq(array_shape_text(out, text), files->shape);
    const float *place = out.data;
    for (size_t i = 0; i < array_matrices(a.dims > b.dims ? a : b); i++) {
        Table first = table_at(a, false, i), second = table_at(b, true, i);
        Table expected = oracle_product(first, second);
        for (size_t j = 0; j < expected.rows * expected.cols; j++)
            assert_close(*place++, expected.data[j], TOLERANCE);
        table_free(3, first, second, expected);
    }
    ck_assert_uint_eq((size_t)(place - out.data), array_size(out));
    array_free(&a);
    array_free(&b);
    array_free(&out);
}

START_TEST(the_program_multiplies_shapes_as_numpy_does)
{
    whole_begin("dot_products");
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
        expect_product(&SHAPES[i]);
}
END_TEST

START_TEST(the_program_refuses_shapes_that_do_not_fit)
{
    static const char *const MISMATCHES[][2] = {
        {"--a 2x3.npy --b 4x3.npy --out out.npy",
         "a row of --a has 3 numbers, but a column of --b has 4 [--a 2x3.npy (2, 3); --b 4x3.npy "
         "(4, 3)]"},
        {"--a 4.npy --b 3.npy --out out.npy", "has 4 numbers, but a column of --b has 3"},
        {"--a 0x2x3.npy --b 0x4x3.npy --out out.npy", "has 3 numbers, but a column of --b has 4"},
        {"--a 5x2x3.npy --b 4x3x4.npy --out out.npy",
         "the batches of --a and --b must have the same sizes|(5, 2, 3)|(4, 3, 4)"},
        {"--a 2x3x1x2.npy --b 3x2x2x1.npy --out out.npy", "must have the same sizes"},
        {"--a 2x3x1x2.npy --b 3x2x1.npy --out out.npy", "must have the same sizes"},
        {"--a 2x3.npy --out out.npy", "--b is missing"},
    };
    whole_begin("dot_products");
    for (size_t i = 0; i < sizeof MISMATCHES / sizeof *MISMATCHES; i++)
        whole_expect_failure("01_dot_products", MISMATCHES[i][0], NULL, 2, MISMATCHES[i][1]);
}
END_TEST

START_TEST(the_program_shows_any_sentence)
{
    static const char *const SENTENCES[][2] = {
        {"", "Q K^T (6 x 6)"},
        {" the river bank", "Q K^T (3 x 3)"},
        {" bank", "Q K^T (1 x 1)"},
        {" a dog saw the man and the man saw a dog", "Q K^T (11 x 11)"},
    };
    whole_begin("dot_products");
    for (size_t i = 0; i < sizeof SENTENCES / sizeof *SENTENCES; i++) {
        char arguments[ARGUMENTS_SIZE];
        snprintf(arguments, sizeof arguments, "--plots .%s", SENTENCES[i][0]);
        Outcome outcome = whole_run("01_dot_products", arguments, NULL);
        ck_assert_msg(outcome.status == 0, "%s", outcome.err);
        ck_assert_msg(strstr(outcome.out, SENTENCES[i][1]) != NULL, "%.900s", outcome.out);
        outcome_free(&outcome);
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("the program 01_dot_products");
    add_test(suite, the_program_multiplies_shapes_as_numpy_does);
    add_test(suite, the_program_refuses_shapes_that_do_not_fit);
    add_test(suite, the_program_shows_any_sentence);
    return suite;
}
