/**
 * @file fast_products.h
 * @brief Products of matrices on the kernels: either factor transposed, stored or added.
 *
 * Only the right factor is packed. One that is used many times is packed once, as a PackedFactor.
 * Each sum runs from its first product to its last, whatever the shapes: so a row of a product is
 * the same to the bit whichever rows stand around it.
 */
#ifndef HEADWISE_FAST_PRODUCTS_H
#define HEADWISE_FAST_PRODUCTS_H

#include "kernels.h"
#include "matrix.h"

#include <stdbool.h>
#include <stddef.h>

/** A right factor in panels of its columns. */
typedef struct PackedFactor {
    size_t depth;         /**< Its rows. */
    size_t cols;          /**< Its columns. */
    const float *numbers; /**< Panel after panel. */
} PackedFactor;

/**
 * How many floats a packed factor takes.
 *
 * @param kernels The kernels.
 * @param depth   Its rows.
 * @param cols    Its columns.
 * @return The number; it may overflow for matrices that cannot be.
 */
size_t packed_factor_size(const Kernels *kernels, size_t depth, size_t cols);

/**
 * Packs a right factor.
 *
 * @param kernels    The kernels.
 * @param b          The matrix.
 * @param transposed Whether the factor is its transpose.
 * @param to         Receives packed_factor_size() floats, which must outlive the result.
 * @return The factor.
 */
PackedFactor pack_factor(const Kernels *kernels, Matrix b, bool transposed, float *to);

/**
 * A B, stored or added.
 *
 * @param kernels The kernels that packed b.
 * @param a       The left factor, n x k.
 * @param b       The right factor, k x m.
 * @param bias    m numbers that are added to each row, or NULL; only when the product is stored.
 * @param adds    Whether the product is added to what is in c.
 * @param c       Receives the product, n x m; must not overlap a.
 */
void multiply_packed(const Kernels *kernels, Matrix a, const PackedFactor *b, const float *bias,
                     bool adds, Matrix c);

/** A product of two matrices, of which neither is packed. */
typedef struct FastProduct {
    Matrix a;          /**< n x k, or k x n. */
    Matrix b;          /**< k x m, or m x k. */
    bool a_transposed; /**< Whether the left factor is the transpose of a. */
    bool b_transposed; /**< Whether the right factor is the transpose of b. */
    bool adds;         /**< Whether the product is added to what is in c. */
    Matrix c;          /**< Receives the product, n x m; overlaps neither a nor b. */
} FastProduct;

/**
 * How many floats of room fast_product() needs.
 *
 * @param kernels The kernels.
 * @param n       The most rows of c.
 * @param m       The most columns of c.
 * @return The number, whatever the depth.
 */
size_t fast_product_room(const Kernels *kernels, size_t n, size_t m);

/**
 * Computes a product of matrices whose shapes fit.
 *
 * @param kernels The kernels.
 * @param product The product.
 * @param room    fast_product_room() floats to work in.
 */
void fast_product(const Kernels *kernels, const FastProduct *product, float *room);

#endif
