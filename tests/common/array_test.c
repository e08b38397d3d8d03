#include "assert.h"

#include "array.h"
#include "frail_memory.h"

#include <stdint.h>
#include <string.h>

TEST(a_new_array_is_zero_and_has_its_shape)
{
    Array array;
    assert_ok(array_create(3, (size_t[]){2, 3, 4}, &array));
    ck_assert_uint_eq(array.dims, 3);
    ck_assert_uint_eq(array.shape[0], 2);
    ck_assert_uint_eq(array.shape[1], 3);
    ck_assert_uint_eq(array.shape[2], 4);
    ck_assert_uint_eq(array_size(array), 24);
    for (size_t i = 0; i < 24; i++)
        ck_assert(array.data[i] == 0.0F);
    array_free(&array);
    ck_assert_ptr_null(array.data);
    ck_assert_uint_eq(array.dims, 0);
    array_free(&array);
}

TEST(an_array_may_have_no_elements)
{
    Array array;
    assert_ok(array_create(2, (size_t[]){0, 4}, &array));
    ck_assert_ptr_nonnull(array.data);
    ck_assert_uint_eq(array_size(array), 0);
    ck_assert_uint_eq(array_matrix(array, 0).cols, 4);
    array_free(&array);
}

TEST(no_array_has_no_elements)
{
    ck_assert_uint_eq(array_size(NO_ARRAY), 0);
}

TEST(an_array_has_one_to_four_dimensions)
{
    size_t shape[] = {1, 1, 1, 1, 1};
    Array array = {.dims = 1};
    assert_fails(array_create(0, shape, &array), STATUS_SHAPE, "0 dimensions, expected 1 to 4");
    ck_assert_ptr_null(array.data);
    ck_assert_uint_eq(array.dims, 0);
    assert_fails(array_create(5, shape, &array), STATUS_SHAPE, "5 dimensions, expected 1 to 4");
    assert_ok(array_create(4, shape, &array));
    array_free(&array);
}

TEST(a_size_that_overflows_is_refused)
{
    Array array;
    size_t half = (size_t)1 << (sizeof half * 4);
    assert_fails(array_create(2, (size_t[]){half, half}, &array), STATUS_NO_MEMORY, "overflows");
    assert_fails(array_create(3, (size_t[]){0, half, half}, &array), STATUS_NO_MEMORY, "overflows");
    assert_fails(array_create(2, (size_t[]){half, half / 4}, &array), STATUS_NO_MEMORY,
                 "out of memory");
    ck_assert_ptr_null(array.data);
}

TEST(without_memory_there_is_no_array)
{
    Array array;
    memory_fail_at(1);
    assert_fails(array_create(2, (size_t[]){2, 3}, &array), STATUS_NO_MEMORY, "out of memory");
    ck_assert(memory_has_failed());
    ck_assert_ptr_null(array.data);
}

TEST(the_matrices_of_an_array_stand_one_behind_the_other)
{
    Array array;
    assert_ok(array_create(4, (size_t[]){2, 3, 4, 5}, &array));
    ck_assert_uint_eq(array_matrices(array), 6);
    Matrix matrix = array_matrix(array, 5);
    ck_assert_uint_eq(matrix.rows, 4);
    ck_assert_uint_eq(matrix.cols, 5);
    ck_assert_uint_eq(matrix.stride, 5);
    ck_assert_ptr_eq(matrix.data, array.data + 100);
    array_free(&array);
}

TEST(a_vector_is_a_matrix_of_one_row)
{
    Array array;
    assert_ok(array_create(1, (size_t[]){5}, &array));
    ck_assert_uint_eq(array_matrices(array), 1);
    Matrix matrix = array_matrix(array, 0);
    ck_assert_uint_eq(matrix.rows, 1);
    ck_assert_uint_eq(matrix.cols, 5);
    array_free(&array);
}

TEST(neighbouring_matrices_are_one_of_all_their_rows)
{
    Array array;
    assert_ok(array_create(4, (const size_t[]){2, 3, 4, 5}, &array));
    ck_assert_uint_eq(array_rows(array), 4);
    ck_assert_uint_eq(array_cols(array), 5);
    Matrix stacked = array_stacked(array, 3, 2);
    ck_assert_ptr_eq(stacked.data, array.data + 60);
    ck_assert_uint_eq(stacked.rows, 8);
    ck_assert_uint_eq(stacked.cols, 5);
    ck_assert_uint_eq(stacked.stride, 5);
    array_free(&array);
    assert_ok(array_create(1, (const size_t[]){5}, &array));
    ck_assert_uint_eq(array_rows(array), 1);
    ck_assert_uint_eq(array_cols(array), 5);
    array_free(&array);
}

TEST(a_shape_is_there_without_numbers)
{
    Matrix shape = array_matrix_shape((Array){NULL, 3, {0, 4, 15}});
    ck_assert_ptr_null(shape.data);
    ck_assert_uint_eq(shape.rows, 4);
    ck_assert_uint_eq(shape.cols, 15);
    Matrix none = array_matrix(NO_ARRAY, 2);
    ck_assert_ptr_null(none.data);
    ck_assert_uint_eq(none.rows, 0);
}

TEST(a_shape_reads_as_in_python)
{
    char text[SHAPE_TEXT_SIZE];
    ck_assert_str_eq(array_shape_text((Array){NULL, 1, {5}}, text), "(5,)");
    ck_assert_str_eq(array_shape_text((Array){NULL, 2, {2, 3}}, text), "(2, 3)");
    ck_assert_str_eq(array_shape_text((Array){NULL, 4, {2, 0, 4, 15}}, text), "(2, 0, 4, 15)");
}

TEST(the_longest_shape_has_room)
{
    char text[SHAPE_TEXT_SIZE];
    size_t most = SIZE_MAX;
    array_shape_text((Array){NULL, 4, {most, most, most, most}}, text);
    ck_assert_uint_lt(strlen(text), SHAPE_TEXT_SIZE);
    ck_assert_int_eq(text[strlen(text) - 1], ')');
}
