/**
 * @file tile.h
 * @brief The heart of chapter 10: a tile of sums in registers.
 *
 * kernels.c is compiled once for each level of instructions, with different numbers here. These are
 * for every processor.
 */
#ifndef HEADWISE_TILE_H
#define HEADWISE_TILE_H

#include "lanes.h"

#include <stddef.h>

#ifndef TILE
/** How many vectors of sums a row of the tile has. */
#define VECTORS 2
/** How many rows a tile has. */
#define TILE 4
/** For how many panels of keys scores are kept at a time. */
#define KEY_PANELS 12
/** What the table of these kernels is called. */
#define KERNELS KERNELS_BASELINE
#endif

/** Columns of a panel, and keys whose scores are kept at a time. */
enum { PANEL = LANES * VECTORS, KEY_BLOCK = KEY_PANELS * PANEL };

/**
 * TILE x `vectors` sums in registers: each step reads `vectors` vectors of b and TILE
 * numbers of a, and does TILE * vectors multiply-adds with them.
 */
INLINED void multiply_strided(size_t vectors, size_t depth, const float *a, size_t a_row,
                              size_t a_step, const float *b, size_t b_step,
                              Lanes sums[TILE][VECTORS])
{
    for (size_t k = 0; k < depth; k++) {
        Lanes row[VECTORS];
        UNROLL
        for (size_t v = 0; v < vectors; v++)
            row[v] = lanes_load(b + k * b_step + v * LANES);
        UNROLL
        for (size_t i = 0; i < TILE; i++) {
            Lanes factor = lanes_all(a[i * a_row + k * a_step]);
            UNROLL
            for (size_t v = 0; v < vectors; v++)
                sums[i][v] += factor * row[v];
        }
    }
}

/** The same where the rows of a lie side by side and b is a panel. */
INLINED void multiply(size_t vectors, size_t depth, const float *a, size_t a_step, const float *b,
                      Lanes sums[TILE][VECTORS])
{
    multiply_strided(vectors, depth, a, 1, a_step, b, PANEL, sums);
}

#endif
