/*
 * The inner loops, compiled three times like those of chapter 10: here for every processor, and by
 * tiled_kernels_avx2.c and tiled_kernels_avx512.c for wider vectors.
 */
#include "tiled_kernels.h"

#include "kernel_attention.h"
#include "lanes.h"
#include "tile.h"

#include <math.h>
#include <string.h>

#ifndef TILED
#define TILED TILED_BASELINE
#endif

extern const TiledKernels TILED;

/* Scores and their gradients of so many keys stay in the first cache. */
enum { TILED_BLOCK = KEY_BLOCK / 2, HALF_TILE = TILE / 2 };

/* --- Products -------------------------------------------------------------------------------- */

/* `rows` x `vectors` sums in registers, both of them constants where this is called. */
INLINED void sum_tile(size_t rows, size_t vectors, const StridedProduct *p, const float *a,
                      const float *b, Lanes sums[TILE][VECTORS])
{
    for (size_t k = 0; k < p->depth; k++) {
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

/* c = c * keep + a b for a tile; without `keep`, c += a b. */
INLINED void add_tile(size_t rows, size_t vectors, const StridedProduct *p, const float *keep,
                      size_t row, size_t column)
{
    Lanes sums[TILE][VECTORS] = {{{0}}};
    sum_tile(rows, vectors, p, p->a + row * p->a_row, p->b + column, sums);
    UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++) {
        float *place = p->c + (row + i) * p->c_row + column + v * LANES;
        Lanes old = lanes_load(place);
        lanes_store(place, (keep == NULL ? old : old * keep[row + i]) + sums[i][v]);
    }
}

INLINED void add_column_panel(size_t vectors, const StridedProduct *p, const float *keep,
                              size_t column)
{
    size_t row = 0;
    for (; row + HALF_TILE < p->rows; row += TILE)
        add_tile(TILE, vectors, p, keep, row, column);
    if (row < p->rows)
        add_tile(HALF_TILE, vectors, p, keep, row, column);
}

/* Rows are filled up to half tiles; columns are whole vectors. */
INLINED void add_product(const StridedProduct *p, const float *keep)
{
    size_t column = 0;
    for (; column + PANEL <= p->columns; column += PANEL)
        add_column_panel(VECTORS, p, keep, column);
#if VECTORS > 2
    if (column + 2 * LANES == p->columns)
        add_column_panel(2, p, keep, column);
#endif
    if (column + LANES == p->columns)
        add_column_panel(1, p, keep, column);
}

/* To each query, what the keys of a block have: c = c * keep + block^T b. */
static void gather(const TiledPanel *h, const float *block, size_t keys, const float *b,
                   size_t wide, const float *keep, float *c)
{
    StridedProduct product = {.rows = h->queries,
                              .columns = wide,
                              .depth = keys,
                              .a = block,
                              .a_row = 1,
                              .a_step = PANEL,
                              .b = b,
                              .b_step = wide,
                              .c = c,
                              .c_row = wide};
    if (keep != NULL)
        add_product(&product, keep);
    else
        add_product(&product, NULL);
}

/* To each key of a block, what the queries have: c += block b. */
static void scatter(const TiledPanel *h, const float *block, size_t keys, const float *b,
                    size_t wide, float *c)
{
    StridedProduct product = {.rows = keys,
                              .columns = wide,
                              .depth = h->queries,
                              .a = block,
                              .a_row = PANEL,
                              .a_step = 1,
                              .b = b,
                              .b_step = wide,
                              .c = c,
                              .c_row = wide};
    add_product(&product, NULL);
}

/* A product whose result is a block: some keys or values times what the panel's queries have. */
INLINED StridedProduct block_product(const float *rows, size_t wide, size_t depth,
                                     const float *columns, float *block)
{
    return (StridedProduct){.depth = depth,
                            .a = rows,
                            .a_row = wide,
                            .a_step = 1,
                            .b = columns,
                            .b_step = PANEL,
                            .c = block,
                            .c_row = PANEL};
}

INLINED void score_tile(size_t rows, size_t vectors, const StridedProduct *p, size_t row)
{
    Lanes sums[TILE][VECTORS] = {{{0}}};
    sum_tile(rows, vectors, p, p->a + row * p->a_row, p->b, sums);
    UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++)
        lanes_store(p->c + (row + i) * PANEL + v * LANES, sums[i][v]);
}

/* The scores of a block; what no query of the causal mask may see is minus infinity, also in the
 * rows that fill up the last tile. */
INLINED void score_panel(size_t vectors, const TiledPanel *h, size_t first, size_t count)
{
    StridedProduct p = block_product(h->k + first * h->wide_k, h->wide_k, h->head->one.q.cols,
                                     h->q_columns, h->weights);
    PanelAttention rule = {.first = h->first, .mask = &h->head->mask};
    size_t row = 0;
    for (; row + HALF_TILE < count; row += TILE)
        score_tile(TILE, vectors, &p, row);
    if (row < count)
        score_tile(HALF_TILE, vectors, &p, row);
    if (rule.mask->causal)
        block_later_keys(vectors, &rule, first, (count + TILE - 1) / TILE * TILE, h->weights);
}

/* --- Forwards -------------------------------------------------------------------------------- */

/* Copies what is inside of a matrix's row. */
INLINED void copy_row(const float *from, Lanes factor, float *to, size_t n)
{
    size_t c = 0;
    for (; c + LANES <= n; c += LANES)
        lanes_store(to + c, lanes_load(from + c) * factor);
    for (; c < n; c++)
        to[c] = from[c] * factor[0];
}

/* Divides by the sums of the weights, which are raised, and keeps their logarithms. */
INLINED void finish(const TiledPanel *h, const Running *running)
{
    float sum[PANEL], greatest[PANEL];
    memcpy(sum, running->sum, sizeof sum);
    memcpy(greatest, running->maximum, sizeof greatest);
    for (size_t i = 0; i < h->queries; i++) {
        copy_row(h->out + i * h->wide_v, lanes_all(1.0f / sum[i]),
                 matrix_row(h->head->one.concat, h->first + i), h->head->one.v.cols);
        h->head->log_sums[h->first + i] = greatest[i] + logf(sum[i] * RAISE_BACK);
    }
}

INLINED void forward_with(size_t vectors, const TiledPanel *h)
{
    Running running = {{{0}}, {{0}}};
    for (size_t v = 0; v < vectors; v++)
        running.maximum[v] = lanes_all(-INFINITY);
    memset(h->out, 0, PANEL * h->wide_v * sizeof *h->out);
    for (size_t first = 0; first < h->keys; first += TILED_BLOCK) {
        size_t count = h->keys - first < TILED_BLOCK ? h->keys - first : TILED_BLOCK;
        Lanes factor[VECTORS] = {{0}};
        float keep[PANEL];
        score_panel(vectors, h, first, count);
        weigh(vectors, count, h->weights, &running, factor);
        memcpy(keep, factor, sizeof keep);
        gather(h, h->weights, count, h->v + first * h->wide_v, h->wide_v, keep, h->out);
    }
    finish(h, &running);
}

/* --- Backwards ------------------------------------------------------------------------------- */

/* What the softmax of each query backwards needs. */
typedef struct Kept {
    Lanes log_sum[VECTORS]; /* L */
    Lanes mean[VECTORS];    /* D: the mean of the weights' gradients, by the weights */
} Kept;

static float sum_of(Lanes lanes)
{
    enum { FOUR = 4 };
    typedef float Four __attribute__((vector_size(FOUR * sizeof(float))));
    Four parts[LANES / FOUR], sum = {0};
    memcpy(parts, &lanes, sizeof parts);
    for (size_t i = 0; i < LANES / FOUR; i++)
        sum += parts[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* The mean over the keys of weight times its gradient, grad_out v, is grad_out times the result. */
static Kept kept_of(const TiledPanel *h)
{
    float log_sum[PANEL] = {0}, mean[PANEL] = {0};
    Kept kept;
    memcpy(log_sum, h->head->log_sums + h->first, h->queries * sizeof *log_sum);
    for (size_t i = 0; i < h->queries; i++) {
        const float *slope = h->slope + i * h->wide_v, *out = h->out + i * h->wide_v;
        Lanes sum = {0};
        for (size_t c = 0; c < h->wide_v; c += LANES)
            sum += lanes_load(slope + c) * lanes_load(out + c);
        mean[i] = sum_of(sum);
    }
    memcpy(kept.log_sum, log_sum, sizeof log_sum);
    memcpy(kept.mean, mean, sizeof mean);
    return kept;
}

/* The weights again, e^(score - L), and the gradients of the scores: weight (grad_out v - D). */
INLINED void slope_tile(size_t rows, size_t vectors, const StridedProduct *p, size_t row,
                        const Kept *kept, float *weights)
{
    Lanes sums[TILE][VECTORS] = {{{0}}};
    sum_tile(rows, vectors, p, p->a + row * p->a_row, p->b, sums);
    UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++) {
        size_t at = (row + i) * PANEL + v * LANES;
        Lanes weight = lanes_exp(lanes_load(weights + at) - kept->log_sum[v]);
        lanes_store(weights + at, weight);
        lanes_store(p->c + at, weight * (sums[i][v] - kept->mean[v]));
    }
}

INLINED void slope_panel(size_t vectors, const TiledPanel *h, size_t first, size_t count,
                         const Kept *kept)
{
    StridedProduct p = block_product(h->v + first * h->wide_v, h->wide_v, h->head->one.v.cols,
                                     h->slope_columns, h->grad_scores);
    size_t row = 0;
    for (; row + HALF_TILE < count; row += TILE)
        slope_tile(TILE, vectors, &p, row, kept, h->weights);
    if (row < count)
        slope_tile(HALF_TILE, vectors, &p, row, kept, h->weights);
}

INLINED void backward_with(size_t vectors, const TiledPanel *h)
{
    Kept kept = kept_of(h);
    memset(h->grad_q, 0, PANEL * h->wide_k * sizeof *h->grad_q);
    for (size_t first = 0; first < h->keys; first += TILED_BLOCK) {
        size_t count = h->keys - first < TILED_BLOCK ? h->keys - first : TILED_BLOCK;
        size_t key = first * h->wide_k, value = first * h->wide_v;
        score_panel(vectors, h, first, count);
        slope_panel(vectors, h, first, count, &kept);
        scatter(h, h->weights, count, h->slope, h->wide_v, h->grad_v + value);
        scatter(h, h->grad_scores, count, h->q, h->wide_k, h->grad_k + key);
        gather(h, h->grad_scores, count, h->k + key, h->wide_k, NULL, h->grad_q);
    }
}

/* --- The table ------------------------------------------------------------------------------- */

/* The number of vectors is a constant in each of the calls: so the compiler can unroll. */
static void forward(const TiledPanel *h)
{
    if (h->queries <= LANES)
        forward_with(1, h);
#if VECTORS > 2
    else if (h->queries <= 2 * LANES)
        forward_with(2, h);
#endif
    else
        forward_with(VECTORS, h);
}

static void backward(const TiledPanel *h)
{
    if (h->queries <= LANES)
        backward_with(1, h);
#if VECTORS > 2
    else if (h->queries <= 2 * LANES)
        backward_with(2, h);
#endif
    else
        backward_with(VECTORS, h);
}

/* Without its sign a float's bits are a whole number that grows with it; those of NaN are greatest.
 */
static bool is_within(const float *x, size_t n, float limit)
{
    LaneInts greatest = {0};
    int32_t most;
    memcpy(&most, &limit, sizeof most);
    for (size_t i = 0; i < n; i += LANES)
        greatest = lanes_max_int((LaneInts)lanes_load(x + i) & INT32_MAX, greatest);
    for (size_t i = 0; i < LANES; i++)
        if (greatest[i] > most)
            return false;
    return true;
}

static size_t pack(Matrix from, float factor, float limit, size_t wide, float *to)
{
    size_t row = 0;
    for (size_t r = 0; r < from.rows; r++) {
        memset(to + (r + 1) * wide - LANES, 0, LANES * sizeof *to);
        copy_row(matrix_row(from, r), lanes_all(factor), to + r * wide, from.cols);
    }
    if (is_within(to, from.rows * wide, limit))
        return from.rows;
    while (is_within(to + row * wide, wide, limit))
        row++;
    return row;
}

static void add(const float *from, float factor, size_t wide, Matrix to)
{
    for (size_t r = 0; r < to.rows; r++) {
        float *row = matrix_row(to, r);
        size_t c = 0;
        for (; c + LANES <= to.cols; c += LANES)
            lanes_store(row + c, lanes_load(row + c) + lanes_load(from + r * wide + c) * factor);
        for (; c < to.cols; c++)
            row[c] += from[r * wide + c] * factor;
    }
}

const TiledKernels TILED = {
    .lanes = LANES,
    .key_block = TILED_BLOCK,
    .pack = pack,
    .add = add,
    .forward = forward,
    .backward = backward,
};
