/**
 * @file tile_product.h
 * @brief Products of which neither factor is packed, in tiles of registers; compiled with the
 *        kernels of each level.
 */
#ifndef HEADWISE_TILE_PRODUCT_H
#define HEADWISE_TILE_PRODUCT_H

#include "lanes.h"
#include "tile.h"

#include <stddef.h>

/** What a last tile of few rows has. */
enum { HALF_TILE = TILE / 2 };

/** The lesser of two counts. */
INLINED size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

/** c += a b, a product in tiles. */
typedef struct TileProduct {
    size_t rows;    /**< Of a and c, filled up to half tiles. */
    size_t columns; /**< Of b and c, in whole vectors. */
    size_t depth;   /**< Columns of a, rows of b. */
    size_t part;    /**< So many columns of a lie together; */
    size_t a_part;  /**< floats from there to the next ones. */
    const float *a; /**< Number k of row i: `a[i * a_row + k * a_step]`. */
    size_t a_row;   /**< Floats from a row of a to the next. */
    size_t a_step;  /**< Floats from a column of a to the next. */
    const float *b; /**< Row k begins at `b + k * b_step`. */
    size_t b_step;  /**< Floats from a row of b to the next. */
    float *c;       /**< Row i begins at `c + i * c_row`. */
    size_t c_row;   /**< Floats from a row of c to the next. */
} TileProduct;

/** `rows` x `vectors` sums in registers, both of them constants where this is called. */
INLINED void sum_tile(size_t rows, size_t vectors, const TileProduct *p, size_t depth,
                      const float *a, const float *b, Lanes sums[TILE][VECTORS])
{
    for (size_t k = 0; k < depth; k++) {
        Lanes row[VECTORS];
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            row[v] = lanes_load(b + k * p->b_step + v * LANES);
        UNROLL
        for (size_t i = 0; i < rows; i++) {
            Lanes factor = lanes_all(a[i * p->a_row + k * p->a_step]);
            UNROLL
            for (size_t v = 0; v < vectors; v++)
                sums[i][v] += factor * row[v];
        }
    }
}

/** One tile; with `keep`, c = c * keep + a b. */
INLINED void add_tile(size_t rows, size_t vectors, const TileProduct *p, const float *keep,
                      size_t row, size_t column)
{
    Lanes sums[TILE][VECTORS] = {{{0}}};
    const float *a = p->a + row * p->a_row, *b = p->b + column;
    for (size_t k = 0; k < p->depth; k += p->part, a += p->a_part)
        sum_tile(rows, vectors, p, lesser(p->part, p->depth - k), a, b + k * p->b_step, sums);
    UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++) {
        float *place = p->c + (row + i) * p->c_row + column + v * LANES;
        Lanes old = lanes_load(place);
        lanes_store(place, (keep == NULL ? old : old * keep[row + i]) + sums[i][v]);
    }
}

/** All tiles of some vectors of columns. */
INLINED void add_column_panel(size_t vectors, const TileProduct *p, const float *keep,
                              size_t column)
{
    size_t row = 0;
    for (; row + HALF_TILE < p->rows; row += TILE)
        add_tile(TILE, vectors, p, keep, row, column);
    if (row < p->rows)
        add_tile(HALF_TILE, vectors, p, keep, row, column);
}

/** The whole product; with `keep`, c = c * keep + a b, a number of `keep` for each row. */
INLINED void add_product(const TileProduct *p, const float *keep)
{
    size_t column = 0, left = p->columns / LANES;
    /* two narrow panels, not a wide one and a vector: too few sums would wait for each other */
    for (; left >= VECTORS && left != VECTORS + 1; column += PANEL, left -= VECTORS)
        add_column_panel(VECTORS, p, keep, column);
#if VECTORS > 2
    for (; left >= 2; column += 2 * LANES, left -= 2)
        add_column_panel(2, p, keep, column);
#endif
    for (; left > 0; column += LANES, left--)
        add_column_panel(1, p, keep, column);
}

#endif
