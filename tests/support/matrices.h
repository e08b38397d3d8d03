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
