/**
 * @file head_splitting.h
 * @brief Chapter 4: a head is a block of neighbouring columns (Vaswani et al. 2017, section 3.2.2).
 *
 * A matrix T x d splits into heads of d / heads columns each: head 0 has the first ones, head 1 the
 * next. Every head keeps all T tokens. A head has at least one column.
 */
#ifndef HEADWISE_HEAD_SPLITTING_H
#define HEADWISE_HEAD_SPLITTING_H

#include "matrix.h"
#include "status.h"

#include <stddef.h>

/**
 * One head of a matrix, as a view. Nothing is copied: writing into the view writes into the matrix.
 *
 * @code
 * float x[] = {0, 1, 2, 3, 100, 101, 102, 103}; // 2 x 4
 * Matrix head;
 * if (head_view(matrix_view(x, 2, 4), 2, 1, &head))
 *     return 1;
 * printf("%zu x %zu, stride %zu\n", head.rows, head.cols, head.stride);   // 2 x 2, stride 4
 * printf("%g %g\n", matrix_row(head, 0)[0], matrix_row(head, 1)[0]);      // 2 102
 * @endcode
 *
 * @param matrix The matrix, T x d; a sequence or a projection.
 * @param heads  How many heads it has; divides d, 1 or more.
 * @param head   Which one, counted from 0.
 * @param view   Receives the view, T x d / heads; NO_MATRIX on failure.
 * @return STATUS_SHAPE when the heads do not divide the columns, STATUS_VALUE when there is no such
 * head.
 */
Status head_view(Matrix matrix, size_t heads, size_t head, Matrix *view) MUST_USE;

/**
 * Copies all heads out of a matrix, one below the other: the order (heads, T, d / heads) in memory,
 * which PyTorch gets with `x.view(T, heads, d // heads).transpose(0, 1)`.
 *
 * @code
 * float x[] = {0, 1, 2, 3, 100, 101, 102, 103}; // 2 x 4
 * float out[8];                                 // (2 heads, 2 tokens, 2 columns)
 * if (split_heads(matrix_view(x, 2, 4), 2, matrix_view(out, 4, 2)))
 *     return 1;
 * printf("%g %g %g %g\n", out[0], out[1], out[2], out[3]); // 0 1 100 101
 * printf("%g %g %g %g\n", out[4], out[5], out[6], out[7]); // 2 3 102 103
 * @endcode
 *
 * @param matrix  The matrix, T x d.
 * @param heads   How many heads it has; divides d, 1 or more.
 * @param stacked Receives the heads, (heads T) x (d / heads): the rows of head 0, then of head 1,
 * ... Must not overlap the matrix.
 * @return STATUS_SHAPE when the heads do not divide the columns or @p stacked has another shape;
 * then nothing is written.
 */
Status split_heads(Matrix matrix, size_t heads, Matrix stacked) MUST_USE;

/**
 * The way back, for a batch: puts the heads of each sequence side by side again, from the order
 * (batch, heads, T, d / heads), as PyTorch does with `x.transpose(1, 2).reshape(batch, T, d)`.
 *
 * @code
 * float heads[] = {0, 1, 100, 101, 2, 3, 102, 103}; // (1 sequence, 2 heads, 2 tokens, 2 columns)
 * float x[8];                                       // 2 x 4
 * if (join_heads(matrix_view(heads, 4, 2), 1, 2, matrix_view(x, 2, 4)))
 *     return 1;
 * printf("%g %g %g %g\n", x[0], x[1], x[2], x[3]); // 0 1 2 3
 * printf("%g %g %g %g\n", x[4], x[5], x[6], x[7]); // 100 101 102 103
 * @endcode
 *
 * @param stacked The heads, (batch heads T) x (d / heads): sequence after sequence, each as
 * split_heads() writes it.
 * @param batch   How many sequences there are; divides the rows of the matrix, 1 or more.
 * @param heads   How many heads each has; divides d, 1 or more.
 * @param matrix  Receives the sequences, (batch T) x d, one below the other. Must not overlap
 * @p stacked.
 * @return STATUS_SHAPE when the heads do not divide the columns, the batch does not divide the rows
 * or @p stacked has another shape; then nothing is written.
 */
Status join_heads(Matrix stacked, size_t batch, size_t heads, Matrix matrix) MUST_USE;

#endif
