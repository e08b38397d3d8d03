/**
 * @file downsample.h
 * @brief A matrix seen from afar: blocks of neighbouring elements become their mean.
 *
 * A picture or a terminal has room for a hundred or so cells; a reader's matrix may have thousands
 * of rows. A Downsampled matrix with blocks of one element is the matrix itself.
 */
#ifndef HEADWISE_DOWNSAMPLE_H
#define HEADWISE_DOWNSAMPLE_H

#include "matrix.h"

#include <stddef.h>

/** A matrix and how many of its elements make one cell. */
typedef struct Downsampled {
    Matrix matrix;     /**< What is looked at. */
    size_t block_rows; /**< Rows that one cell covers, 1 or more. */
    size_t block_cols; /**< Columns that one cell covers, 1 or more. */
} Downsampled;

/**
 * The size of the blocks that are needed.
 *
 * @param count How many elements there are.
 * @param room  How many cells there may be, 1 or more.
 * @return The elements that one cell must cover, 1 or more.
 */
size_t downsample_block(size_t count, size_t room);

/**
 * How many rows of cells there are.
 *
 * @param cells The matrix and the blocks.
 * @return The rows of the matrix over those of a block, rounded up.
 */
size_t downsample_rows(Downsampled cells);

/**
 * How many columns of cells there are.
 *
 * @param cells The matrix and the blocks.
 * @return The columns of the matrix over those of a block, rounded up.
 */
size_t downsample_cols(Downsampled cells);

/**
 * What one cell shows.
 *
 * @param cells The matrix and the blocks.
 * @param row      Which row of cells; less than downsample_rows().
 * @param col      Which column of cells; less than downsample_cols().
 * @return The mean of the block; NaN when one of its elements is.
 */
float downsample_value(Downsampled cells, size_t row, size_t col);

/**
 * The least and the greatest finite value of all cells.
 *
 * @param cells The matrix and the blocks.
 * @param low      Is lowered to the least.
 * @param high     Is raised to the greatest.
 */
void downsample_range(Downsampled cells, float *low, float *high);

#endif
