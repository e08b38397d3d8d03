/* The program of chapter 1: matrix products of the reader's arrays, and any sentence. */
#include "assert.h"
#include "whole.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* An array as numpy.matmul sees it: four dimensions, with sizes of 1 in front; of one dimension a
 * row, or a column. */
typedef struct Seen {
    const float *data;
    size_t shape[4];
} Seen;

static Seen see(Array array, bool down)
{
    Seen seen = {array.data, {1, 1, 1, 1}};
    for (size_t i = 0; i < array.dims; i++)
        seen.shape[4 - array.dims + i] = array.shape[i];
    if (array.dims == 1 && down) {
        seen.shape[2] = seen.shape[3];
        seen.shape[3] = 1;
    }
    return seen;
}

/* A size of 1 serves every index. */
static double element(const Seen *seen, const size_t index[4])
{
    size_t place = 0;
    for (size_t i = 0; i < 4; i++)
        place = place * seen->shape[i] + (seen->shape[i] == 1 ? 0 : index[i]);
    return (double)seen->data[place];
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
    {"2x5x2x3.npy", "5x3x4.npy", "(2, 5, 2, 4)"},
    {"5x2x3.npy", "2x5x3x4.npy", "(2, 5, 2, 4)"},
    {"7x1x2x3.npy", "5x3x4.npy", "(7, 5, 2, 4)"},
    {"7x1x2x3.npy", "1x5x3x4.npy", "(7, 5, 2, 4)"},
    {"1x5x2x3.npy", "7x1x3x4.npy", "(7, 5, 2, 4)"},
    {"1x2x3.npy", "5x3x4.npy", "(5, 2, 4)"},
    {"5x2x3.npy", "1x3x4.npy", "(5, 2, 4)"},
    {"1x1x2x3.npy", "3x4.npy", "(1, 1, 2, 4)"},
    {"0x2x3.npy", "1x3x4.npy", "(0, 2, 4)"},
    {"7x1x2x3.npy", "0x3x4.npy", "(7, 0, 2, 4)"},
    {"3.npy", "7x1x3x4.npy", "(7, 1, 4)"},
};

static void expect_product(const ShapeCase *files)
{
    char arguments[ARGUMENTS_SIZE], text[SHAPE_TEXT_SIZE];
    snprintf(arguments, sizeof arguments, "--a %s --b %s --out out.npy", files->a, files->b);
    whole_expect_success("01_dot_products", arguments, NULL);
    Array a = whole_read(files->a), b = whole_read(files->b), out = whole_read("out.npy");
    ck_assert_str_eq(array_shape_text(out, text), files->shape);
    Seen left = see(a, false), right = see(b, true);
    size_t most[4] = {1, 1, left.shape[2], right.shape[3]}, at[4], used = 0;
    for (size_t i = 0; i < 2; i++)
        most[i] = left.shape[i] == 1 ? right.shape[i] : left.shape[i];
    for (at[0] = 0; at[0] < most[0]; at[0]++)
        for (at[1] = 0; at[1] < most[1]; at[1]++)
            for (at[2] = 0; at[2] < most[2]; at[2]++)
                for (at[3] = 0; at[3] < most[3]; at[3]++) {
                    double sum = 0.0;
                    for (size_t k = 0; k < right.shape[2]; k++)
                        sum += element(&left, (size_t[]){at[0], at[1], at[2], k}) *
                               element(&right, (size_t[]){at[0], at[1], k, at[3]});
                    assert_close(out.data[used++], sum, TOLERANCE);
                }
    ck_assert_uint_eq(used, array_size(out));
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

Suite *make_suite(void)
{
    Suite *suite = suite_create("the program 01_dot_products");
    add_test(suite, the_program_multiplies_shapes_as_numpy_does);
    return suite;
}
