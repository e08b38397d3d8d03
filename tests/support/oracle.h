/**
 * @file oracle.h
 * @brief Plain double-precision versions of every operation, to compare the chapters with.
 *
 * They are written from the formulas alone and share nothing with the chapters. What they make
 * stands in test_memory(). Matrices are given and returned as Matrix of floats; all arithmetic
 * between is double.
 */
#ifndef HEADWISE_ORACLE_H
#define HEADWISE_ORACLE_H

#include "matrix.h"
#include "random.h"

#include <stdbool.h>
#include <stddef.h>

/** A row-major table of doubles, the oracle's own. */
typedef struct Table {
    double *data; /**< Element (r, c) at data[r * cols + c]. */
    size_t rows;  /**< Number of rows. */
    size_t cols;  /**< Number of columns. */
} Table;

/** How many random cases a test runs: 1000, or 50 when the environment has QUICK=1. */
size_t random_cases(void);

/** A new table of zeros. */
Table table_create(size_t rows, size_t cols);

/** The same numbers as a matrix. */
Table table_of(Matrix matrix);

/** A B. */
Table oracle_product(Table a, Table b);

/** The transpose. */
Table oracle_transpose(Table a);

/** The softmax of each row at a temperature; rows of nothing but minus infinity become zeros. */
Table oracle_softmax(Table x, double temperature);

/** Columns first to first + count - 1. */
Table oracle_columns(Table a, size_t first, size_t count);

/** Weights of attention: softmax(Q K^T scale + bias), blocked where allowed is 0. NULL for neither.
 */
Table oracle_weights(Table q, Table k, double scale, const Table *allowed, const Table *bias);

/** x W plus a bias of one row (NULL for none). */
Table oracle_linear(Table x, Table w, const Table *bias);

/**
 * A new matrix of normal random numbers, one time in three a view with a stride of its own.
 */
Matrix random_matrix(Random *random, size_t rows, size_t cols, double deviation);

/**
 * The matrix is the table, up to `tolerance` times the table's largest magnitude (or 1, if that is
 * less); the file and line are the caller's.
 */
#define assert_matches(matrix, table, tolerance)                                                   \
    check_matches(__FILE__, __LINE__, #matrix, matrix, table, tolerance)

void check_matches(const char *file, int line, const char *name, Matrix matrix, Table table,
                   double tolerance);

#endif
