/**
 * @file matrices.h
 * @brief Matrices that tests make, fill and look at as a whole.
 */
#ifndef HEADWISE_TESTS_MATRICES_H
#define HEADWISE_TESTS_MATRICES_H

#include "matrix.h"

#include <stddef.h>

/** What an output holds before a call, so that a written element shows. */
#define UNWRITTEN (-77.0f)

/** A matrix of the numbers that follow; it lives as long as the block it stands in. */
#define MATRIX(rows, cols, ...) matrix_view((float[]){__VA_ARGS__}, rows, cols)

/**
 * Zeros that nobody needs to free: they are gone when the test ends. They do not come from the
 * memory that runs out.
 *
 * @param count How many elements.
 * @param size  Bytes in each.
 * @return The first one.
 */
void *test_memory(size_t count, size_t size);

/** Frees all that test_memory() gave. */
void test_memory_free_all(void);

/** Room for a result, full of UNWRITTEN; nobody frees it. */
Matrix room(size_t rows, size_t cols);

/** A matrix of zeros; nobody frees it. */
Matrix zeros(size_t rows, size_t cols);

/** The same numbers in a matrix of their own; nobody frees it. */
Matrix copy_of(Matrix matrix);

/** The embeddings of a text's words, a row for each; nobody frees it. */
Matrix word_rows(const char *text);

/** One row of a matrix. */
Matrix one_row(Matrix matrix, size_t row);

/** Some rows of a matrix. */
Matrix rows_of(Matrix matrix, size_t first, size_t count);

/** Some columns of a matrix. */
Matrix columns_of(Matrix matrix, size_t first, size_t count);

/**
 * Makes a matrix of zeros, to be freed with matrix_free(); the test fails when it cannot.
 *
 * @param rows Number of rows.
 * @param cols Number of columns.
 * @return The matrix.
 */
Matrix new_matrix(size_t rows, size_t cols);

/**
 * Writes one value everywhere.
 *
 * @param matrix The matrix.
 * @param value  The value.
 */
void fill(Matrix matrix, float value);

#endif
