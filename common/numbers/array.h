/**
 * @file array.h
 * @brief Arrays of one to four dimensions, as they come from files and go back into them.
 *
 * The lessons think in matrices. Readers' arrays may have batches and heads in front: an Array is
 * the row-major whole, and array_matrix() looks at one of its matrices.
 */
#ifndef HEADWISE_ARRAY_H
#define HEADWISE_ARRAY_H

#include "matrix.h"
#include "status.h"

#include <stddef.h>

/** The most dimensions an array can have: (batch, heads, T, d). */
enum { ARRAY_MAX_DIMS = 4 };

/** Room for the text of any shape. */
enum { SHAPE_TEXT_SIZE = 96 };

/** A row-major array that owns its data. An Array whose `data` is NULL is "no array". */
typedef struct Array {
    float *data;                  /**< Element (0, ..., 0). */
    size_t dims;                  /**< Number of dimensions, 1 to ARRAY_MAX_DIMS. */
    size_t shape[ARRAY_MAX_DIMS]; /**< The size of each; the last one varies fastest. */
} Array;

/** "No array", for one that is not there (yet). */
#define NO_ARRAY ((Array){NULL, 0, {0, 0, 0, 0}})

/**
 * Makes an array of zeros. Free it with array_free().
 *
 * @param dims   Number of dimensions, 1 to ARRAY_MAX_DIMS.
 * @param shape  The size of each, 0 or more.
 * @param result Receives the array; NO_ARRAY on failure.
 * @return STATUS_SHAPE for a wrong number of dimensions, STATUS_NO_MEMORY when the product of the
 *         sizes overflows or there is no memory.
 */
Status array_create(size_t dims, const size_t *shape, Array *result) MUST_USE;

/**
 * Frees an array and makes it NO_ARRAY. NO_ARRAY may be freed.
 *
 * @param array The array.
 */
void array_free(Array *array);

/**
 * How many floats the array holds.
 *
 * @param array The array; NO_ARRAY holds none.
 * @return The product of its sizes.
 */
size_t array_size(Array array);

/**
 * How many matrices stand in the array: the product of all sizes but the last two.
 *
 * @param array The array. One of one or two dimensions is one matrix.
 * @return Their number.
 */
size_t array_matrices(Array array);

/**
 * One of the array's matrices, as a view of its last two dimensions. A one-dimensional array is a
 * matrix of one row.
 *
 * @param array The array; NO_ARRAY gives NO_MATRIX.
 * @param index Which matrix, counted in row-major order; less than array_matrices().
 * @return The view.
 */
Matrix array_matrix(Array array, size_t index);

/**
 * Neighbouring matrices of an array as one: a view of their rows, one matrix below the other.
 *
 * @param array The array.
 * @param first The first of them, counted as by array_matrix().
 * @param count How many.
 * @return The view.
 */
Matrix array_stacked(Array array, size_t first, size_t count);

/**
 * The rows of each of the array's matrices.
 *
 * @param array The array; not NO_ARRAY.
 * @return Its last dimension but one; 1 for a one-dimensional array.
 */
size_t array_rows(Array array);

/**
 * The columns of each of the array's matrices.
 *
 * @param array The array; not NO_ARRAY.
 * @return Its last dimension.
 */
size_t array_cols(Array array);

/**
 * The shape of each of the array's matrices, for a check. It also serves an empty batch, which has
 * no matrix to look at.
 *
 * @param array The array; not NO_ARRAY.
 * @return As matrix_shape().
 */
Matrix array_matrix_shape(Array array);

/**
 * Writes the shape as Python does: `(2, 3)`, `(5,)`.
 *
 * @param array The array.
 * @param text  Receives the text.
 * @return @p text.
 */
const char *array_shape_text(Array array, char text[SHAPE_TEXT_SIZE]);

#endif
