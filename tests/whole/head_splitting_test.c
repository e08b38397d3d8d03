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

Suite *make_suite(void)
{
    Suite *suite = suite_create("the program of head splitting");
    add_test(suite, the_program_splits_an_array);
    add_test(suite, the_program_splits_every_matrix_of_a_batch);
    return suite;
}
