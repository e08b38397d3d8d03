#include "fast_products.h"

#include "packing.h"

#include <string.h>

enum {
    DEPTH = 256, /* rows of a panel that are used at a time: they stay in the first cache */
    ROWS = 256,  /* rows of the left factor that all panels meet: they stay in the second */
    LINE = 16,   /* floats of a line of a cache */
    GAP = LINE,  /* keeps the tiles of a copy from falling on the same places of a cache */
    AHEAD = 6    /* how many rows before it is copied a row is asked for */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* --- Packing --------------------------------------------------------------------------------- */

size_t packed_factor_size(const Kernels *kernels, size_t depth, size_t cols)
{
    return depth * round_up(cols, kernels->panel);
}

/* Asks for a row that will be copied soon: what lies between the rows keeps the processor from
 * guessing which ones come next. */
static void ask_for_row(Matrix matrix, size_t row)
{
    for (size_t c = 0; row < matrix.rows && c < matrix.cols; c += LINE)
        __builtin_prefetch(matrix_row(matrix, row) + c);
}

static void pack_columns(size_t panel, Matrix b, float *to)
{
    size_t size = b.rows * panel, whole = b.cols - b.cols % panel, rest = b.cols - whole;
    for (size_t k = 0; k < b.rows; k++) {
        const float *from = matrix_row(b, k);
        ask_for_row(b, k + AHEAD);
        float *at = to + k * panel;
        for (size_t first = 0; first < whole; first += panel, at += size)
            memcpy(at, from + first, panel * sizeof *at);
        if (rest > 0) {
            memcpy(at, from + whole, rest * sizeof *at);
            memset(at + rest, 0, (panel - rest) * sizeof *at);
        }
    }
}

PackedFactor pack_factor(const Kernels *kernels, Matrix b, bool transposed, float *to)
{
    if (transposed) {
        pack_tokens(kernels, b, 1.0f, to);
        return (PackedFactor){b.cols, b.rows, to};
    }
    pack_columns(kernels->panel, b, to);
    return (PackedFactor){b.rows, b.cols, to};
}

/* --- Products -------------------------------------------------------------------------------- */

/* A left factor, as StridedProduct has it. */
typedef struct LeftFactor {
    const float *numbers;
    size_t rows, row, step, tile;
} LeftFactor;

/* Some rows, and some of the depth: all panels. */
static void multiply_block(const Kernels *kernels, LeftFactor a, const PackedFactor *b,
                           size_t first, const float *bias, bool adds, Matrix c)
{
    size_t panel = kernels->panel;
    for (size_t column = 0; column < c.cols; column += panel) {
        StridedProduct product = {.rows = a.rows,
                                  .columns = least(panel, c.cols - column),
                                  .depth = least(DEPTH, b->depth - first),
                                  .a = a.numbers,
                                  .a_row = a.row,
                                  .a_step = a.step,
                                  .a_tile = a.tile,
                                  .b = b->numbers + column * b->depth + first * panel,
                                  .b_step = panel,
                                  .padded = true,
                                  .bias = bias != NULL ? bias + column : NULL,
                                  .adds = adds,
                                  .c = c.data + column,
                                  .c_row = c.stride};
        kernels->strided_product(&product);
    }
}

/* A product of any depth: at least one step, so that something is stored. */
static void multiply_deep(const Kernels *kernels, LeftFactor a, const PackedFactor *b,
                          const float *bias, bool adds, Matrix c)
{
    size_t k = 0;
    do {
        LeftFactor here = {a.numbers + k * a.step, a.rows, a.row, a.step, 0};
        multiply_block(kernels, here, b, k, k == 0 ? bias : NULL, adds || k > 0, c);
        k += DEPTH;
    } while (k < b->depth);
}

void multiply_packed(const Kernels *kernels, Matrix a, const PackedFactor *b, const float *bias,
                     bool adds, Matrix c)
{
    for (size_t row = 0; row < c.rows; row += ROWS) {
        size_t rows = least(ROWS, c.rows - row);
        LeftFactor left = {matrix_row(a, row), rows, a.stride, 1, 0};
        Matrix to = {matrix_row(c, row), rows, c.cols, c.stride};
        multiply_deep(kernels, left, b, bias, adds, to);
    }
}

/* Of n rows in tiles. */
static size_t turned_size(const Kernels *kernels, size_t n)
{
    return (n / kernels->tile + 1) * (DEPTH * kernels->tile + GAP);
}

size_t fast_product_room(const Kernels *kernels, size_t n, size_t m)
{
    return turned_size(kernels, least(ROWS, n)) + DEPTH * round_up(m, kernels->panel);
}

/* Some rows or columns of a matrix. */
static Matrix part(Matrix matrix, bool of_rows, size_t first, size_t count)
{
    if (of_rows)
        return (Matrix){matrix_row(matrix, first), count, matrix.cols, matrix.stride};
    return (Matrix){matrix.data + first, matrix.rows, count, matrix.stride};
}

/* The columns of a become rows, tile after tile, each four or eight columns. The last one begins so
 * early that it is whole. */
static LeftFactor turned(const Kernels *kernels, Matrix a, float *to)
{
    size_t tile = kernels->tile, tiles = (a.cols + tile - 1) / tile, size = tile * a.rows + GAP;
    if (a.cols < tile)
        return (LeftFactor){a.data, a.cols, 1, a.stride, 0};
    for (size_t k = 0; k < a.rows; k++) {
        ask_for_row(a, k + AHEAD);
        for (size_t i = 0; i < tiles; i++) {
            const float *from = matrix_row(a, k) + least(i * tile, a.cols - tile);
            for (size_t four = 0; four < tile; four += 4)
                memcpy(to + i * size + k * tile + four, from + four, 4 * sizeof *to);
        }
    }
    return (LeftFactor){to, a.cols, 1, tile, size};
}

/* Some of the depth: the right factor is packed once, and meets a block of rows after the other. */
static void add_depth(const Kernels *kernels, const FastProduct *p, size_t k, size_t depth,
                      float *room)
{
    bool turns = p->a_transposed, adds = p->adds || k > 0;
    float *packed = room + turned_size(kernels, least(ROWS, p->c.rows));
    Matrix b = part(p->b, !p->b_transposed, k, depth), a = part(p->a, turns, k, depth);
    PackedFactor right = pack_factor(kernels, b, p->b_transposed, packed);
    for (size_t row = 0; row < p->c.rows; row += ROWS) {
        size_t rows = least(ROWS, p->c.rows - row);
        Matrix block = part(a, !turns, row, rows);
        LeftFactor left = turns ? turned(kernels, block, room)
                                : (LeftFactor){block.data, rows, block.stride, 1, 0};
        multiply_block(kernels, left, &right, 0, NULL, adds, part(p->c, true, row, rows));
    }
}

void fast_product(const Kernels *kernels, const FastProduct *p, float *room)
{
    size_t depth = p->a_transposed ? p->a.rows : p->a.cols, k = 0;
    do {
        add_depth(kernels, p, k, least(DEPTH, depth - k), room);
        k += DEPTH;
    } while (k < depth);
}
