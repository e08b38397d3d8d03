/**
 * @file attention_rows.h
 * @brief Attention without the table of weights, in its plainest form: one query after the other.
 *
 * A row of weights is made, used and forgotten; the way back makes it again. So the functions of
 * chapters 7 and 11 do all the work, with their care for NaN, infinity and masks, and the memory
 * is that of a few rows.
 */
#ifndef HEADWISE_ATTENTION_ROWS_H
#define HEADWISE_ATTENTION_ROWS_H

#include "tiled_attention.h"

/**
 * tiled_attention(), row by row. Shapes and mask are known to fit.
 *
 * @param head  The head.
 * @param first The query to begin with.
 * @return STATUS_NO_MEMORY; then the first rows may have been written.
 */
Status attention_rows(const TiledHead *head, size_t first) MUST_USE;

/**
 * tiled_attention_backward(), row by row. Shapes and mask are known to fit.
 *
 * @param head  The head; its results are not read.
 * @param grad  As for tiled_attention_backward().
 * @param first The query to begin with.
 * @return STATUS_NO_MEMORY; then the first rows may have been added.
 */
Status attention_rows_backward(const TiledHead *head, const HeadMatrices *grad,
                               size_t first) MUST_USE;

#endif
