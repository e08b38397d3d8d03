/**
 * @file positional_encoding.h
 * @brief Chapter 6: telling attention where each word stands (Vaswani et al. 2017, section 3.5).
 *
 * Columns come in pairs, 2i and 2i + 1, that hold the sine and the cosine of the position times the
 * frequency 10000^(-2i / d_model). When d_model is odd, the last column is a sine without its
 * cosine.
 */
#ifndef HEADWISE_POSITIONAL_ENCODING_H
#define HEADWISE_POSITIONAL_ENCODING_H

#include "matrix.h"
#include "status.h"

#include <stddef.h>

/**
 * The frequency of a column: how many radians its wave turns from one position to the next.
 *
 * @param column  The column, less than d_model.
 * @param d_model Columns of the encoding, 1 or more.
 * @return 10000^(-2i / d_model), where the column is 2i or 2i + 1.
 */
double position_frequency(size_t column, size_t d_model);

/**
 * The sinusoidal positions first, first + 1, ...
 *
 * @code
 * float rows[2 * 4];
 * sinusoidal_positions(1, matrix_view(rows, 2, 4));
 * printf("%.2f %.2f %.2f %.2f\n", rows[0], rows[1], rows[2], rows[3]); // 0.84 0.54 0.01 1.00
 * printf("%.2f %.2f %.2f %.2f\n", rows[4], rows[5], rows[6], rows[7]); // 0.91 -0.42 0.02 1.00
 * @endcode
 *
 * @param first The position of row 0; 0 for the start of a sequence.
 * @param out   Receives the encoding, T x d_model, any d_model.
 */
void sinusoidal_positions(size_t first, Matrix out);

/**
 * The positions first, first + 1, ... as plain numbers, the same in every column: the first idea
 * that comes to mind, here to be compared.
 *
 * @param first The position of row 0.
 * @param out   Receives the numbers, T x d_model.
 */
void integer_positions(size_t first, Matrix out);

/**
 * Adds the sinusoidal positions to a sequence.
 *
 * @param x     The sequence, T x d_model.
 * @param first The position of its first token.
 * @param out   Receives the sum, T x d_model; may be @p x itself.
 * @return STATUS_SHAPE when the shapes differ; then nothing is written.
 */
Status add_positions(Matrix x, size_t first, Matrix out) MUST_USE;

#endif
