/**
 * @file dot_products.h
 * @brief Chapter 1: the dot product, and the products of matrices as tables of dot products.
 *
 * Sums are kept in double and rounded once, so a result is as good as a float can be. NaN and
 * infinity pass through as the arithmetic has them.
 */
#ifndef HEADWISE_DOT_PRODUCTS_H
#define HEADWISE_DOT_PRODUCTS_H

#include "matrix.h"
#include "status.h"

#include <stddef.h>

/**
 * The dot product a[0] b[0] + a[1] b[1] + ... of two vectors.
 *
 * @code
 * float asks[] = {0, 0, 2}, river[] = {1, 0, 3};
 * printf("%g\n", dot_product(asks, river, 3)); // 6
 * @endcode
 *
 * @param a The first vector, n numbers.
 * @param b The second vector, n numbers.
 * @param n How many numbers; for 0 the sum is 0.
 * @return The sum.
 */
float dot_product(const float *a, const float *b, size_t n);

/**
 * The length of a vector: the root of its dot product with itself.
 *
 * @param a The vector, n numbers.
 * @param n How many numbers.
 * @return The Euclidean length, 0 or more.
 */
float vector_length(const float *a, size_t n);

/**
 * How far two vectors point the same way, whatever their lengths: the cosine of the angle between
 * them.
 *
 * @code
 * float short_one[] = {1, 1}, long_one[] = {5, 5}, across[] = {-1, 1};
 * printf("%.2f\n", cosine_similarity(short_one, long_one, 2)); // 1.00
 * printf("%.2f\n", cosine_similarity(short_one, across, 2));   // 0.00
 * @endcode
 *
 * @param a The first vector, n numbers.
 * @param b The second vector, n numbers.
 * @param n How many numbers.
 * @return From -1 (opposite) through 0 (at a right angle) to 1 (the same way); NaN when one of them
 * has length 0, because it points nowhere.
 */
float cosine_similarity(const float *a, const float *b, size_t n);

/**
 * The angle between two vectors.
 *
 * @param a The first vector, n numbers.
 * @param b The second vector, n numbers.
 * @param n How many numbers.
 * @return Degrees from 0 to 180; NaN when one of them has length 0. Near 0 and 180 the last digit
 * of the cosine decides, so one that was rounded to float may be off by 0.03 degrees.
 */
float angle_degrees(const float *a, const float *b, size_t n);

/**
 * The product x W of a vector and a matrix: its number j is the dot product of x with column j of
 * W.
 *
 * @param x   The vector, w.rows numbers.
 * @param w   The matrix, n x m.
 * @param out Receives w.cols numbers; must not overlap the inputs.
 */
void vector_matrix_product(const float *x, Matrix w, float *out);

/**
 * The product A B: each row of A times B. Element (i, j) is the dot product of row i of A with
 * column j of B.
 *
 * @code
 * float a[] = {1, 2, 3, 4, 5, 6}; // 3 x 2
 * float b[] = {1, 0, 1, 1};       // 2 x 2
 * float out[6];                   // 3 x 2
 * if (matrix_product(matrix_view(a, 3, 2), matrix_view(b, 2, 2), matrix_view(out, 3, 2)))
 *     return 1; // the shapes do not fit
 * printf("%g %g\n", out[0], out[1]); // 3 2
 * printf("%g %g\n", out[2], out[3]); // 7 4
 * printf("%g %g\n", out[4], out[5]); // 11 6
 * @endcode
 *
 * @param a   The first factor, n x k.
 * @param b   The second factor, k x m.
 * @param out Receives the product, n x m; must not overlap the inputs.
 * @return STATUS_SHAPE when the shapes do not fit; then nothing is written.
 */
Status matrix_product(Matrix a, Matrix b, Matrix out) MUST_USE;

/**
 * The product A B^T: element (i, j) is the dot product of row i of A with row j of B. This is the
 * table that compares every row of A with every row of B; B is not moved, only read by rows.
 *
 * @param a   The first factor, n x k.
 * @param b   The second factor before it is transposed, m x k.
 * @param out Receives the product, n x m; must not overlap the inputs.
 * @return STATUS_SHAPE when the shapes do not fit; then nothing is written.
 */
Status matrix_product_transposed(Matrix a, Matrix b, Matrix out) MUST_USE;

/**
 * The table of cosine similarities of every row of A with every row of B.
 *
 * @param a   n vectors of k numbers, one to a row.
 * @param b   m vectors of k numbers, one to a row.
 * @param out Receives the similarities, n x m; must not overlap the inputs.
 * @return STATUS_SHAPE when the shapes do not fit; then nothing is written.
 */
Status cosine_similarities(Matrix a, Matrix b, Matrix out) MUST_USE;

#endif
