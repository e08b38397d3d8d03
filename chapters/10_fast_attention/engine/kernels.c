/*
 * The inner loops, compiled three times: here for every processor, and by kernels_avx2.c and
 * kernels_avx512.c for wider vectors. The makefile lets the compiler fuse a * b + c in these files
 * only: a fused multiply-add rounds once in place of twice, and does two operations in one.
 */
#include "kernels.h"

#include "kernel_attention.h"
#include "lanes.h"
#include "tile.h"

extern const Kernels KERNELS;

/* --- Products -------------------------------------------------------------------------------- */

/* What a product is added to. */
INLINED Lanes before(const PanelProduct *p, size_t row, size_t v)
{
    if (p->row_bias != NULL)
        return lanes_all(p->row_bias[row]);
    return lanes_load((p->column_bias != NULL ? p->column_bias : p->c + row * PANEL) + v * LANES);
}

INLINED void add_tile(size_t vectors, const PanelProduct *p, size_t t)
{
    Lanes sums[TILE][VECTORS] = {{{0}}};
    multiply(vectors, p->depth, p->a + t * p->a_tile, p->a_step, p->b, sums);
    UNROLL
    for (size_t i = 0; i < TILE; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++) {
        size_t row = t * TILE + i;
        lanes_store(p->c + row * PANEL + v * LANES, before(p, row, v) + sums[i][v]);
    }
}

INLINED void add_tiles(size_t vectors, const PanelProduct *p)
{
    for (size_t t = 0; t < p->tiles; t++)
        add_tile(vectors, p, t);
}

/* The number of vectors is a constant in each of the calls: so the compiler can unroll. */
static void product(const PanelProduct *p)
{
    if (p->columns <= LANES)
        add_tiles(1, p);
#if VECTORS > 2
    else if (p->columns <= 2 * LANES)
        add_tiles(2, p);
#endif
    else
        add_tiles(VECTORS, p);
}

/* What a strided product is added to. */
static float before_strided(const StridedProduct *p, size_t row, size_t column)
{
    if (p->adds)
        return p->c[row * p->c_row + column];
    return p->bias != NULL ? p->bias[column] : 0.0f;
}

/* What is left at the edges, number by number. */
static void multiply_edge(const StridedProduct *p, size_t first_row)
{
    for (size_t i = first_row; i < p->rows; i++)
        for (size_t j = 0; j < p->columns; j++) {
            float sum = 0.0f;
            for (size_t k = 0; k < p->depth; k++)
                sum += p->a[i * p->a_row + k * p->a_step] * p->b[k * p->b_step + j];
            p->c[i * p->c_row + j] = before_strided(p, i, j) + sum;
        }
}

INLINED void store_tile(size_t vectors, const StridedProduct *p, size_t row,
                        Lanes sums[TILE][VECTORS])
{
    UNROLL
    for (size_t i = 0; i < TILE; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++) {
        float *to = p->c + (row + i) * p->c_row + v * LANES;
        Lanes sum = sums[i][v];
        if (p->adds)
            sum = lanes_load(to) + sum;
        else if (p->bias != NULL)
            sum = lanes_load(p->bias + v * LANES) + sum;
        lanes_store(to, sum);
    }
}

/* Only the last `rows` rows of a tile, and only the columns that are wanted. */
INLINED void store_corner(size_t vectors, const StridedProduct *p, size_t row, size_t rows,
                          Lanes sums[TILE][VECTORS])
{
    float tile[TILE][PANEL];
    UNROLL
    for (size_t i = 0; i < TILE; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++)
        lanes_store(tile[i] + v * LANES, sums[i][v]);
    for (size_t i = TILE - rows; i < TILE; i++)
        for (size_t j = 0; j < p->columns; j++)
            p->c[(row + i) * p->c_row + j] = before_strided(p, row + i, j) + tile[i][j];
}

/* What is added to comes from far away: it is asked for before the sums are computed. */
INLINED void ask_for_tile(size_t vectors, const StridedProduct *p, size_t row)
{
    for (size_t i = 0; p->adds && i < TILE; i++) {
        const float *from = p->c + (row + i) * p->c_row;
        __builtin_prefetch(from, 1);
        __builtin_prefetch(from + vectors * LANES - 1, 1);
    }
}

/* The last tile begins so early that it is whole; what it shares with the one before is done. */
INLINED void strided_tiles(size_t vectors, const StridedProduct *p)
{
    for (size_t done = 0; done < p->rows; done += TILE) {
        size_t left = p->rows - done, rows = left < TILE ? left : TILE;
        size_t row = done + rows - TILE;
        const float *a = p->a + (p->a_tile > 0 ? done / TILE * p->a_tile : row * p->a_row);
        Lanes sums[TILE][VECTORS] = {{{0}}};
        ask_for_tile(vectors, p, row);
        multiply_strided(vectors, p->depth, a, p->a_row, p->a_step, p->b, p->b_step, sums);
        if (rows == TILE && p->columns == vectors * LANES)
            store_tile(vectors, p, row, sums);
        else
            store_corner(vectors, p, row, rows, sums);
    }
}

static void strided_product(const StridedProduct *p)
{
    if (p->rows < TILE || (p->columns < PANEL && !p->padded))
        multiply_edge(p, 0);
    else if (p->columns <= LANES)
        strided_tiles(1, p);
#if VECTORS > 2
    else if (p->columns <= 2 * LANES)
        strided_tiles(2, p);
#endif
    else
        strided_tiles(VECTORS, p);
}

/* --- Attention ----------------------------------------------------------------------------------
 */

static void attend(const PanelAttention *h)
{
    if (h->queries <= LANES)
        attend_with(1, h);
#if VECTORS > 2
    else if (h->queries <= 2 * LANES)
        attend_with(2, h);
#endif
    else
        attend_with(VECTORS, h);
}

/* --- Few tokens ------------------------------------------------------------------------------ */

/* As many floats as a tile has rows. */
typedef float Chunk __attribute__((vector_size(TILE * sizeof(float))));
enum { PANEL_CHUNKS = PANEL / TILE };

INLINED Chunk chunk_load(const float *from)
{
    Chunk chunk;
    memcpy(&chunk, from, sizeof chunk);
    return chunk;
}

INLINED void add_to(float *to, Chunk more)
{
    more += chunk_load(to);
    memcpy(to, &more, sizeof more);
}

/* A whole panel: enough sums, each of one result. */
INLINED void add_panel(size_t rows, const RowProduct *p, const float *b, float *c)
{
    Lanes sums[TILE][VECTORS] = {{{0}}};
    for (size_t k = 0; k < p->depth; k++)
        UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++)
        sums[i][v] += p->a[i * p->a_row + k] * lanes_load(b + k * p->b_step + v * LANES);
    UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < VECTORS; v++) {
        float *to = c + i * p->c_row + v * LANES;
        lanes_store(to, lanes_load(to) + sums[i][v]);
    }
}

/* A chunk by itself, with a sum for every fourth k. Several rows have registers for two of them. */
INLINED void add_chunk(size_t rows, const RowProduct *p, const float *b, float *c)
{
    enum { SUMS = 4 };
    size_t at_once = rows == 1 ? SUMS : SUMS / 2, whole = p->depth / SUMS * SUMS;
    Chunk sums[TILE][SUMS] = {{{0}}};
    UNROLL
    for (size_t first = 0; first < SUMS; first += at_once)
        for (size_t k = first; k < whole; k += SUMS)
            UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t s = 0; s < at_once; s++)
        sums[i][first + s] += p->a[i * p->a_row + k + s] * chunk_load(b + (k + s) * p->b_step);
    UNROLL
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = whole; k < p->depth; k++)
            sums[i][0] += p->a[i * p->a_row + k] * chunk_load(b + k * p->b_step);
        add_to(c + i * p->c_row, (sums[i][0] + sums[i][1]) + (sums[i][2] + sums[i][3]));
    }
}

/* So many rows at a time, as long as there are so many. A sum must wait for its last addition;
 * several need not. */
INLINED void add_rows(size_t rows, RowProduct *p)
{
    for (; p->rows >= rows; p->rows -= rows) {
        size_t c = 0;
        for (; c + PANEL_CHUNKS <= p->chunks; c += PANEL_CHUNKS)
            add_panel(rows, p, p->b + c * TILE, p->c + c * TILE);
        for (; c < p->chunks; c++)
            add_chunk(rows, p, p->b + c * TILE, p->c + c * TILE);
        p->a += rows * p->a_row;
        p->c += rows * p->c_row;
    }
}

/* What add_chunk() computes, for a tile of weights and a panel of tokens, which lie side by side.
 */
INLINED void turn_chunk(size_t vectors, const PanelProduct *p)
{
    enum { SUMS = 4 };
    size_t whole = p->depth / SUMS, rest = whole * SUMS;
    Lanes sums[SUMS][TILE][VECTORS] = {{{{0}}}};
    for (size_t s = 0; s < SUMS; s++)
        multiply_strided(vectors, whole, p->a + s * p->a_step, 1, SUMS * p->a_step,
                         p->b + s * PANEL, SUMS * PANEL, sums[s]);
    multiply(vectors, p->depth - rest, p->a + rest * p->a_step, p->a_step, p->b + rest * PANEL,
             sums[0]);
    for (size_t i = 0; i < TILE; i++)
        for (size_t v = 0; v < vectors; v++) {
            Lanes sum = (sums[0][i][v] + sums[1][i][v]) + (sums[2][i][v] + sums[3][i][v]);
            lanes_store(p->c + i * PANEL + v * LANES, before(p, i, v) + sum);
        }
}

static void chunk_product(const PanelProduct *p)
{
    if (p->columns <= LANES)
        turn_chunk(1, p);
#if VECTORS > 2
    else if (p->columns <= 2 * LANES)
        turn_chunk(2, p);
#endif
    else
        turn_chunk(VECTORS, p);
}

static void row_product(const RowProduct *product)
{
    RowProduct rest = *product;
    add_rows(TILE, &rest);
    add_rows(TILE / 2, &rest);
    add_rows(1, &rest);
}

/* A vector from the n numbers that are left, or the first of them; what is missing is -inf. */
static Lanes load_some(const float *from, size_t n)
{
    float some[LANES];
    if (n >= LANES)
        return lanes_load(from);
    for (size_t i = 0; i < LANES; i++)
        some[i] = i < n ? from[i] : -INFINITY;
    return lanes_load(some);
}

static void store_some(float *to, size_t n, Lanes lanes)
{
    if (n >= LANES)
        lanes_store(to, lanes);
    else
        for (size_t i = 0; i < n; i++)
            to[i] = lanes[i];
}

static float greatest_of(const float *x, size_t n)
{
    Lanes greatest = lanes_all(-INFINITY);
    for (size_t i = 0; i < n; i += LANES)
        greatest = lanes_max(load_some(x + i, n - i), greatest);
    float result = -INFINITY;
    for (size_t i = 0; i < LANES; i++)
        result = greatest[i] > result || isnan(greatest[i]) ? greatest[i] : result;
    return result;
}

static float row_weights(float *scores, size_t n)
{
    float greatest = greatest_of(scores, n), result = 0.0f;
    Lanes sum = lanes_all(0.0f);
    if (greatest == -INFINITY)
        greatest = 0.0f;
    for (size_t i = 0; i < n; i += LANES) {
        Lanes weights = lanes_raised_exp(load_some(scores + i, n - i) - greatest, WEIGHT_RAISE);
        store_some(scores + i, n - i, weights);
        sum += weights;
    }
    for (size_t i = 0; i < LANES; i++)
        result += sum[i];
    return result;
}

static void exponentials(float *x, size_t n)
{
    for (size_t i = 0; i < n; i += LANES)
        store_some(x + i, n - i, lanes_exp(load_some(x + i, n - i)));
}

/* Without its sign a float's bits are a whole number that grows with it; those of NaN are greatest.
 */
INLINED float magnitude_with(size_t vectors, const float *x, size_t rows)
{
    const float infinity = INFINITY;
    LaneInts greatest[VECTORS] = {{0}};
    int32_t result = 0, most;
    for (size_t r = 0; r < rows; r++)
        UNROLL
    for (size_t v = 0; v < vectors; v++) {
        LaneInts bits = (LaneInts)lanes_load(x + r * PANEL + v * LANES) & INT32_MAX;
        greatest[v] = lanes_max_int(bits, greatest[v]);
    }
    for (size_t v = 0; v < vectors; v++)
        for (size_t i = 0; i < LANES; i++)
            result = greatest[v][i] > result ? greatest[v][i] : result;
    memcpy(&most, &infinity, sizeof most);
    result = result > most ? most : result;
    float found;
    memcpy(&found, &result, sizeof found);
    return found;
}

static float magnitude(const float *x, size_t rows, size_t columns)
{
    if (columns <= LANES)
        return magnitude_with(1, x, rows);
#if VECTORS > 2
    if (columns <= 2 * LANES)
        return magnitude_with(2, x, rows);
#endif
    return magnitude_with(VECTORS, x, rows);
}

const Kernels KERNELS = {
    .tile = TILE,
    .panel = PANEL,
    .key_block = KEY_BLOCK,
    .product = product,
    .strided_product = strided_product,
    .attend = attend,
    .chunk_product = chunk_product,
    .row_product = row_product,
    .row_weights = row_weights,
    .exponentials = exponentials,
    .magnitude = magnitude,
};
