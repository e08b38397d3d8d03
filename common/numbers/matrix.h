/**
 * @file matrix.h
 * @brief Row-major matrices of floats, and views into them.
 *
 * Element (r, c) of a matrix stands at `data[r * stride + c]`. A matrix from matrix_create() owns
 * its data and has `stride == cols`. A view points into another matrix, has that one's stride, and
 * is never freed: it lives as long as what it looks at. Both are passed by value, and no function
 * needs to know which it was given.
 *
 * A matrix may have no rows or no columns. A Matrix whose `data` is NULL is "no matrix" where a
 * function says that one of its arguments may be left out.
 */
#ifndef HEADWISE_MATRIX_H
#define HEADWISE_MATRIX_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** A row-major matrix, or a view into one. */
typedef struct Matrix {
    float *data;   /**< Element (0, 0). */
    size_t rows;   /**< Number of rows: for a sequence, its tokens. */
    size_t cols;   /**< Number of columns: for a sequence, the numbers of one token. */
    size_t stride; /**< Floats from one row to the next; at least @ref cols. */
} Matrix;

/** "No matrix", for an argument that is left out. */
#define NO_MATRIX ((Matrix){NULL, 0, 0, 0})

/**
 * Makes a matrix of zeros. Free it with matrix_free().
 *
 * @code
 * Matrix sequence;
 * if (matrix_create(6, 8, &sequence))
 *     return 1;
 * printf("%zu x %zu of %g\n", sequence.rows, sequence.cols, sequence.data[0]); // 6 x 8 of 0
 * matrix_free(&sequence);
 * @endcode
 *
 * @param rows   Number of rows, 0 or more.
 * @param cols   Number of columns, 0 or more.
 * @param result Receives the matrix; NO_MATRIX on failure.
 * @return STATUS_NO_MEMORY when rows x cols overflows or there is no memory.
 */
Status matrix_create(size_t rows, size_t cols, Matrix *result) MUST_USE;

/**
 * Frees a matrix that matrix_create() made, and makes it NO_MATRIX. NO_MATRIX may be freed.
 *
 * @param matrix The matrix; not a view.
 */
void matrix_free(Matrix *matrix);

/**
 * Sets every number to zero.
 *
 * @param matrix The matrix; NO_MATRIX has none.
 */
void matrix_clear(Matrix matrix);

/**
 * Copies the numbers of a matrix with rows and columns exchanged.
 *
 * @param from The matrix, rows x cols.
 * @param to   Receives the transpose, cols x rows; must not overlap @p from.
 * @return STATUS_SHAPE when the shapes do not fit; then nothing is written.
 */
Status matrix_transpose(Matrix from, Matrix to) MUST_USE;

/**
 * Looks at an array of floats as a matrix with no gap between its rows.
 *
 * @param data The rows x cols floats, row by row; stays the caller's.
 * @param rows Number of rows.
 * @param cols Number of columns.
 * @return The view.
 */
Matrix matrix_view(float *data, size_t rows, size_t cols);

/**
 * A matrix without numbers: a shape to check, before there is anything of that shape.
 *
 * @param rows Number of rows.
 * @param cols Number of columns.
 * @return A matrix whose elements must not be touched.
 */
Matrix matrix_shape(size_t rows, size_t cols);

/**
 * One row of a matrix, as an array of `cols` floats.
 *
 * @param matrix The matrix.
 * @param row    Which row; less than `matrix.rows`.
 * @return Its first element.
 */
static inline float *matrix_row(Matrix matrix, size_t row)
{
    return matrix.data + row * matrix.stride;
}

/**
 * A block of neighbouring columns, as a view. Nothing is copied.
 *
 * @code
 * float x[] = {0, 1, 2, 10, 11, 12}; // 2 x 3
 * Matrix last;
 * if (matrix_columns(matrix_view(x, 2, 3), 2, 1, &last))
 *     return 1;
 * matrix_row(last, 1)[0] = 99; // writes into x
 * printf("%g\n", x[5]);        // 99
 * @endcode
 *
 * @param matrix The matrix, T x d.
 * @param first  The first column of the block.
 * @param count  How many columns.
 * @param view   Receives the view, T x count; NO_MATRIX on failure.
 * @return STATUS_SHAPE when the block reaches beyond the matrix.
 */
Status matrix_columns(Matrix matrix, size_t first, size_t count, Matrix *view) MUST_USE;

/**
 * A block of neighbouring rows, as a view. Nothing is copied.
 *
 * @param matrix The matrix, T x d.
 * @param first  The first row of the block.
 * @param count  How many rows.
 * @param view   Receives the view, count x d; NO_MATRIX on failure.
 * @return STATUS_SHAPE when the block reaches beyond the matrix.
 */
Status matrix_rows(Matrix matrix, size_t first, size_t count, Matrix *view) MUST_USE;

/**
 * Copies every element. The two may be views with different strides, but must not overlap.
 *
 * @param from The matrix to read.
 * @param to   The matrix to write, of the same shape.
 * @return STATUS_SHAPE when the shapes differ; then nothing is written.
 */
Status matrix_copy(Matrix from, Matrix to) MUST_USE;

/**
 * How far apart two matrices are.
 *
 * @param a The first.
 * @param b The second, of the same shape.
 * @return The greatest difference of two elements; NaN when one of them is, or when the shapes
 *         differ.
 */
float matrix_largest_gap(Matrix a, Matrix b);

/**
 * Refuses a matrix that does not have the shape a function needs.
 *
 * @param function Name of the function that asks, for the message.
 * @param name     What the function calls this matrix.
 * @param matrix   The matrix.
 * @param rows     The rows it must have.
 * @param cols     The columns it must have.
 * @param why      What these come from: "T_q x d_v", say.
 * @return STATUS_SHAPE with a message such as `matrix_product: out is 2x3, expected 2x4 (rows of a
 * x columns of b)`.
 */
Status matrix_expect(const char *function, const char *name, Matrix matrix, size_t rows,
                     size_t cols, const char *why) MUST_USE;

#endif
