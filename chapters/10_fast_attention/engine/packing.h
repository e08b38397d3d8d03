/**
 * @file packing.h
 * @brief Matrices in the order in which the kernels read them, and their products.
 *
 * kernels.h says what a panel is. Packing copies once, with gaps, so that what is read many times
 * is read from one end to the other.
 */
#ifndef HEADWISE_PACKING_H
#define HEADWISE_PACKING_H

#include "kernels.h"
#include "matrix.h"

#include <stddef.h>

/** The smallest multiple of @p unit that is not less than @p n. */
static inline size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/**
 * Packs a matrix for products from the left: W^T in tiles. Tile t holds columns t * tile and so on,
 * k after k.
 *
 * @param kernels The kernels.
 * @param w       The matrix, d x m.
 * @param scale   What every number is multiplied by.
 * @param to      Receives round_up(m, tile) * d floats; what is missing is 0.
 */
void pack_tiles(const Kernels *kernels, Matrix w, float scale, float *to);

/**
 * Packs a matrix for products from the right: panels of its columns.
 *
 * @param kernels The kernels.
 * @param w       The matrix, d x m.
 * @param groups  How many equal groups its columns form; each is padded to a multiple of `tile`
 *                columns.
 * @param to      Receives panel_columns() * d floats; what is missing is 0.
 */
void pack_panels(const Kernels *kernels, Matrix w, size_t groups, float *to);

/**
 * How many columns pack_panels() makes, up to the end of the last panel.
 *
 * @param kernels The kernels.
 * @param cols    Columns of the matrix.
 * @param groups  How many groups they form.
 * @return The number.
 */
size_t panel_columns(const Kernels *kernels, size_t cols, size_t groups);

/**
 * Packs tokens, transposed: panels of x^T.
 *
 * @param kernels The kernels.
 * @param x       The tokens, T x d.
 * @param scale   What every number is multiplied by.
 * @param to      Receives round_up(T, panel) * d floats; what is missing is 0.
 */
void pack_tokens(const Kernels *kernels, Matrix x, float scale, float *to);

/** A product with prepared weights. */
typedef struct Projection {
    const float *weights; /**< In tiles, or in panels. */
    const float *bias;    /**< One number for each result of a token, in the same order; padded. */
    size_t depth;         /**< Numbers of one token that goes in. */
    size_t results;       /**< Numbers of one token that comes out: a multiple of tile or panel. */
} Projection;

/**
 * W^T x^T: the results of each token, transposed. What a sum of float32 does not hold is computed
 * again in double: it may overflow before its last term.
 *
 * @param kernels    The kernels.
 * @param projection The weights, in tiles.
 * @param x          The tokens, in panels.
 * @param tokens     How many tokens.
 * @param to         Receives the results, in panels.
 * @param to_rows    Rows of such a panel, at least `results`; what is more is not written.
 * @return The greatest magnitude of the results; infinity when one is NaN.
 */
float project_transposed(const Kernels *kernels, const Projection *projection, const float *x,
                         size_t tokens, float *to, size_t to_rows);

/**
 * x W: the results of each token, in panels of columns; with the same care.
 *
 * @param kernels    The kernels.
 * @param projection The weights, in panels.
 * @param x          The tokens, in panels.
 * @param tokens     How many tokens.
 * @param panel      Which panel of columns to compute.
 * @param to         Receives a panel of round_up(tokens, tile) rows.
 * @return The greatest magnitude of the results; infinity when one is NaN.
 */
float project_panel(const Kernels *kernels, const Projection *projection, const float *x,
                    size_t tokens, size_t panel, float *to);

/**
 * Computes again, in double, what row_product() could not hold. What was in `c` before is given
 * apart.
 *
 * @param kernels The kernels.
 * @param product The product, done.
 * @param bias    What each row was added to: chunks times tile numbers.
 */
void mend_rows(const Kernels *kernels, const RowProduct *product, const float *bias);

#endif
