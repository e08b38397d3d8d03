#include "assert.h"

#include "frail_memory.h"

#include <math.h>
#include <stdint.h>

/* Element (r, c) of the tests' matrices is 10 r + c, so that every mistake has a number. */
static Matrix numbered(float *data, size_t rows, size_t cols)
{
    Matrix matrix = matrix_view(data, rows, cols);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            matrix_row(matrix, r)[c] = (float)(10 * r + c);
    return matrix;
}

TEST(a_new_matrix_is_zero_and_row_major)
{
    Matrix matrix;
    assert_ok(matrix_create(2, 3, &matrix));
    ck_assert_uint_eq(matrix.rows, 2);
    ck_assert_uint_eq(matrix.cols, 3);
    ck_assert_uint_eq(matrix.stride, 3);
    for (size_t i = 0; i < 6; i++)
        ck_assert(matrix.data[i] == 0.0F);
    ck_assert_ptr_eq(matrix_row(matrix, 1), matrix.data + 3);
    matrix_free(&matrix);
    ck_assert_ptr_null(matrix.data);
    ck_assert_uint_eq(matrix.rows, 0);
    matrix_free(&matrix);
}

TEST(a_matrix_may_have_no_rows_or_no_columns)
{
    Matrix matrix;
    assert_ok(matrix_create(0, 3, &matrix));
    ck_assert_ptr_nonnull(matrix.data);
    matrix_free(&matrix);
    assert_ok(matrix_create(3, 0, &matrix));
    ck_assert_ptr_nonnull(matrix.data);
    matrix_free(&matrix);
}

TEST(a_size_that_overflows_is_refused)
{
    Matrix matrix = {.rows = 1};
    size_t half = (size_t)1 << (sizeof half * 4);
    assert_fails(matrix_create(half, half, &matrix), STATUS_NO_MEMORY,
                 "4294967296x4294967296 elements overflow");
    ck_assert_uint_eq(matrix.rows, 0);
    assert_fails(matrix_create(half / 4, half, &matrix), STATUS_NO_MEMORY, "out of memory");
    ck_assert_ptr_null(matrix.data);
}

TEST(without_memory_there_is_no_matrix)
{
    Matrix matrix;
    memory_fail_at(1);
    assert_fails(matrix_create(2, 3, &matrix), STATUS_NO_MEMORY, "out of memory");
    ck_assert(memory_has_failed());
    ck_assert_ptr_null(matrix.data);
}

TEST(a_block_of_columns_is_a_view_and_no_copy)
{
    float data[12];
    Matrix matrix = numbered(data, 3, 4), view;
    assert_ok(matrix_columns(matrix, 1, 2, &view));
    float expected[] = {1, 2, 11, 12, 21, 22};
    assert_matrix_equal(view, matrix_view(expected, 3, 2));
    matrix_row(view, 2)[0] = 99;
    ck_assert(matrix_row(matrix, 2)[1] == 99);
}

TEST(a_block_of_rows_is_a_view_and_no_copy)
{
    float data[12];
    Matrix matrix = numbered(data, 3, 4), view;
    assert_ok(matrix_rows(matrix, 1, 2, &view));
    float expected[] = {10, 11, 12, 13, 20, 21, 22, 23};
    assert_matrix_equal(view, matrix_view(expected, 2, 4));
    matrix_row(view, 0)[3] = 99;
    ck_assert(matrix_row(matrix, 1)[3] == 99);
}

TEST(a_view_of_a_view_keeps_the_stride)
{
    float data[20];
    Matrix matrix = numbered(data, 4, 5), columns, view;
    assert_ok(matrix_columns(matrix, 2, 3, &columns));
    assert_ok(matrix_rows(columns, 1, 2, &view));
    assert_ok(matrix_columns(view, 1, 2, &view));
    float expected[] = {13, 14, 23, 24};
    assert_matrix_equal(view, matrix_view(expected, 2, 2));
    ck_assert_uint_eq(view.stride, 5);
}

TEST(a_block_may_be_empty_even_at_the_end)
{
    float data[12];
    Matrix matrix = numbered(data, 3, 4), view;
    assert_ok(matrix_columns(matrix, 4, 0, &view));
    ck_assert_uint_eq(view.cols, 0);
    assert_ok(matrix_rows(matrix, 3, 0, &view));
    ck_assert_uint_eq(view.rows, 0);
}

TEST(a_block_beyond_the_matrix_is_refused)
{
    float data[12];
    Matrix matrix = numbered(data, 3, 4), view = matrix;
    assert_fails(matrix_columns(matrix, 3, 2, &view), STATUS_SHAPE,
                 "matrix_columns: first is 3 and count is 2, but the number of columns is 4");
    ck_assert_ptr_null(view.data);
    assert_fails(matrix_columns(matrix, 5, 0, &view), STATUS_SHAPE, "matrix_columns");
    assert_fails(matrix_rows(matrix, 1, 3, &view), STATUS_SHAPE,
                 "matrix_rows: first is 1 and count is 3, but the number of rows is 3");
    assert_fails(matrix_rows(matrix, 4, 0, &view), STATUS_SHAPE, "matrix_rows");
    /* first + count would wrap around to 1. */
    assert_fails(matrix_columns(matrix, 2, SIZE_MAX, &view), STATUS_SHAPE, "matrix_columns");
    assert_fails(matrix_rows(matrix, 2, SIZE_MAX, &view), STATUS_SHAPE, "matrix_rows");
}

TEST(a_copy_goes_between_different_strides)
{
    float from_data[20], to_data[21];
    Matrix from = numbered(from_data, 4, 5), to = matrix_view(to_data, 3, 7);
    for (size_t i = 0; i < 21; i++)
        to_data[i] = -1;
    assert_ok(matrix_rows(from, 1, 3, &from));
    assert_ok(matrix_columns(from, 3, 2, &from));
    assert_ok(matrix_columns(to, 4, 2, &to));
    assert_ok(matrix_copy(from, to));
    float expected[] = {13, 14, 23, 24, 33, 34};
    assert_matrix_equal(to, matrix_view(expected, 3, 2));
    ck_assert(to_data[3] == -1 && to_data[6] == -1 && to_data[13] == -1);
}

TEST(a_copy_keeps_nan_and_infinity)
{
    float from_data[] = {NAN, INFINITY, -INFINITY}, to_data[3];
    Matrix from = matrix_view(from_data, 1, 3), to = matrix_view(to_data, 1, 3);
    assert_ok(matrix_copy(from, to));
    assert_matrix_equal(to, from);
}

TEST(a_copy_between_different_shapes_writes_nothing)
{
    float from_data[6], to_data[] = {1, 2, 3, 4, 5, 6};
    Matrix from = numbered(from_data, 2, 3);
    assert_fails(matrix_copy(from, matrix_view(to_data, 3, 2)), STATUS_SHAPE,
                 "matrix_copy: to is 3x2, expected 2x3 (the shape of from)");
    for (size_t i = 0; i < 6; i++)
        ck_assert(to_data[i] == (float)(i + 1));
}

TEST(clearing_spares_what_is_beside_the_view)
{
    float data[6];
    Matrix matrix = numbered(data, 2, 3), left;
    assert_ok(matrix_columns(matrix, 0, 2, &left));
    matrix_clear(left);
    float expected[] = {0, 0, 2, 0, 0, 12};
    assert_matrix_equal(matrix, matrix_view(expected, 2, 3));
    matrix_clear(NO_MATRIX);
}

TEST(a_transpose_exchanges_rows_and_columns)
{
    float from_data[6], to_data[6] = {0};
    Matrix from = numbered(from_data, 2, 3), to = matrix_view(to_data, 3, 2);
    assert_ok(matrix_transpose(from, to));
    float expected[] = {0, 10, 1, 11, 2, 12};
    assert_matrix_equal(to, matrix_view(expected, 3, 2));
    assert_fails(matrix_transpose(from, from), STATUS_SHAPE,
                 "matrix_transpose: to is 2x3, expected 3x2 (from, turned)");
}

TEST(an_unexpected_shape_is_named_with_the_reason)
{
    float data[6];
    Matrix matrix = numbered(data, 2, 3);
    assert_ok(matrix_expect("product", "out", matrix, 2, 3, "as it is"));
    assert_fails(matrix_expect("product", "out", matrix, 2, 4, "rows of a x columns of b"),
                 STATUS_SHAPE, "product: out is 2x3, expected 2x4 (rows of a x columns of b)");
    assert_fails(matrix_expect("product", "out", matrix, 1, 3, "x"), STATUS_SHAPE, "1x3");
}

TEST(the_largest_gap_is_that_of_the_farthest_elements)
{
    float a_data[6], b_data[12];
    Matrix a = numbered(a_data, 2, 3), wide = numbered(b_data, 2, 6), b;
    assert_ok(matrix_columns(wide, 0, 3, &b));
    ck_assert(matrix_largest_gap(a, b) == 0.0F);
    matrix_row(b, 0)[1] = 1.5F;
    matrix_row(b, 1)[2] = 10.0F;
    ck_assert(matrix_largest_gap(a, b) == 2.0F);
    ck_assert(matrix_largest_gap(b, a) == 2.0F);
    ck_assert(matrix_largest_gap(NO_MATRIX, NO_MATRIX) == 0.0F);
}

TEST(a_nan_anywhere_is_the_largest_gap)
{
    float a_data[6], b_data[6];
    Matrix a = numbered(a_data, 2, 3), b = numbered(b_data, 2, 3);
    matrix_row(a, 0)[1] = NAN;
    matrix_row(a, 1)[2] = 1000.0F;
    ck_assert(isnan(matrix_largest_gap(a, b)));
    ck_assert(isnan(matrix_largest_gap(b, a)));
}

TEST(matrices_of_different_shapes_have_no_gap)
{
    float a_data[6], b_data[6];
    Matrix a = numbered(a_data, 2, 3);
    ck_assert(isnan(matrix_largest_gap(a, numbered(b_data, 3, 2))));
    ck_assert(isnan(matrix_largest_gap(a, numbered(b_data, 2, 2))));
}
