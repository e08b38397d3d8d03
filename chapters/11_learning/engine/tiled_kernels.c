/*
 * The inner loops, compiled three times like those of chapter 10: here for every processor, and by
 * tiled_kernels_avx2.c and tiled_kernels_avx512.c for wider vectors.
 */
#include "tiled_kernels.h"

#include "kernel_attention.h"
#include "lanes.h"
#include "packing.h"
#include "tile.h"
#include "tile_product.h"

#include <math.h>
#include <string.h>

#ifndef TILED
#define TILED TILED_BASELINE
#endif

extern const TiledKernels TILED;

/* Backwards, the blocks of a group stay in the first cache. */
enum { GROUP = 2, SHORT_BLOCK = KEY_BLOCK / 2 };

/* --- Products -------------------------------------------------------------------------------- */

/* To each query of a panel, what the keys of a block have: c = c * keep + block^T b. */
static void gather(const TiledGroup *panel, const float *block, size_t keys, const float *b,
                   size_t wide, const float *keep, float *c)
{
    TileProduct product = {.rows = panel->queries,
                           .columns = wide,
                           .depth = keys,
                           .part = KEY_BLOCK,
                           .a = block,
                           .a_row = 1,
                           .a_step = PANEL,
                           .b = b,
                           .b_step = wide,
                           .c = c,
                           .c_row = wide};
    /* Two copies of the loop: the one without `keep` multiplies nothing by it. */
    if (keep != NULL)
        add_product(&product, keep);
    else
        add_product(&product, NULL);
}

/* To each key of a block, what the queries have: c += block b. */
static void scatter(size_t queries, const float *block, size_t keys, const float *b, size_t wide,
                    float *c)
{
    TileProduct product = {.rows = keys,
                           .columns = wide,
                           .depth = queries,
                           .part = PANEL,
                           .a_part = PANEL * KEY_BLOCK,
                           .a = block,
                           .a_row = PANEL,
                           .a_step = 1,
                           .b = b,
                           .b_step = wide,
                           .c = c,
                           .c_row = wide};
    add_product(&product, NULL);
}

/* --- Scores ---------------------------------------------------------------------------------- */

/* One panel of a group, as a group. */
static TiledGroup panel_of(const TiledGroup *h, size_t from)
{
    TiledGroup panel = *h;
    panel.first += from;
    panel.queries = lesser(PANEL, h->queries - from);
    panel.q += from * h->wide_k;
    panel.q_columns += from * h->head->one.q.cols;
    panel.out += from * h->wide_v;
    panel.weights += from * KEY_BLOCK;
    if (h->grad == NULL)
        return panel;
    panel.slope += from * h->wide_v;
    panel.slope_columns += from * h->head->one.v.cols;
    panel.grad_scores += from * KEY_BLOCK;
    panel.grad_q += from * h->wide_k;
    return panel;
}

/* The keys that the last query sees: the others see no more. */
static size_t seen_by(const TiledGroup *h)
{
    const AttentionMask *mask = &h->head->mask;
    size_t past = lesser(mask->past, h->keys);
    return mask->causal ? past + lesser(h->keys - past, h->first + h->queries) : h->keys;
}

/* How to multiply keys or values with what a panel's queries have. */
INLINED TileProduct block_product(const float *rows, size_t wide, const float *columns)
{
    return (TileProduct){.a = rows, .a_row = wide, .a_step = 1, .b = columns, .b_step = PANEL};
}

INLINED void score_tile(size_t rows, size_t vectors, const TiledGroup *h, const TileProduct *p,
                        size_t row)
{
    Lanes sums[TILE][VECTORS] = {{{0}}};
    sum_tile(rows, vectors, p, h->head->one.q.cols, p->a + row * p->a_row, p->b, sums);
    UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++)
        lanes_store(h->weights + (row + i) * PANEL + v * LANES, sums[i][v]);
}

/* The scores of a block; what a causal mask blocks is minus infinity, also in the rows that fill up
 * the last tile. */
INLINED void score_block(size_t vectors, const TiledGroup *h, size_t first, size_t count)
{
    TileProduct p = block_product(h->k + first * h->wide_k, h->wide_k, h->q_columns);
    PanelAttention rule = {.first = h->first, .mask = &h->head->mask};
    size_t row = 0;
    for (; row + HALF_TILE < count; row += TILE)
        score_tile(TILE, vectors, h, &p, row);
    if (row < count)
        score_tile(HALF_TILE, vectors, h, &p, row);
    if (rule.mask->causal)
        block_later_keys(vectors, &rule, first, round_up(count, TILE), h->weights);
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
INLINED void finish(const TiledGroup *h, const Running *running)
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

INLINED void forward_with(size_t vectors, const TiledGroup *h)
{
    Running running = {{{0}}, {{0}}};
    size_t keys = seen_by(h);
    for (size_t v = 0; v < vectors; v++)
        running.maximum[v] = lanes_all(-INFINITY);
    memset(h->out, 0, PANEL * h->wide_v * sizeof *h->out);
    for (size_t first = 0; first < keys; first += KEY_BLOCK) {
        size_t count = lesser(KEY_BLOCK, keys - first);
        Lanes factor[VECTORS] = {{0}};
        float keep[PANEL];
        score_block(vectors, h, first, count);
        weigh(vectors, count, h->weights, &running, factor);
        memcpy(keep, factor, sizeof keep);
        gather(h, h->weights, count, h->v + first * h->wide_v, h->wide_v, keep, h->out);
    }
    finish(h, &running);
}

/* The number of vectors is a constant in each of the calls: so the compiler can unroll. */
static void forward(const TiledGroup *h)
{
    for (size_t from = 0; from < h->queries; from += PANEL) {
        TiledGroup panel = panel_of(h, from);
        if (panel.queries <= LANES)
            forward_with(1, &panel);
#if VECTORS > 2
        else if (panel.queries <= 2 * LANES)
            forward_with(2, &panel);
#endif
        else
            forward_with(VECTORS, &panel);
    }
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
static Kept kept_of(const TiledGroup *h)
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
INLINED void slope_tile(size_t rows, size_t vectors, const TiledGroup *h, const TileProduct *p,
                        size_t row, const Kept *kept)
{
    Lanes sums[TILE][VECTORS] = {{{0}}};
    sum_tile(rows, vectors, p, h->head->one.v.cols, p->a + row * p->a_row, p->b, sums);
    UNROLL
    for (size_t i = 0; i < rows; i++)
        UNROLL
    for (size_t v = 0; v < vectors; v++) {
        size_t at = (row + i) * PANEL + v * LANES;
        Lanes weight = lanes_exp(lanes_load(h->weights + at) - kept->log_sum[v]);
        lanes_store(h->weights + at, weight);
        lanes_store(h->grad_scores + at, weight * (sums[i][v] - kept->mean[v]));
    }
}

INLINED void slope_block(size_t vectors, const TiledGroup *h, size_t first, size_t count,
                         const Kept *kept)
{
    TileProduct p = block_product(h->v + first * h->wide_v, h->wide_v, h->slope_columns);
    size_t row = 0;
    score_block(vectors, h, first, count);
    for (; row + HALF_TILE < count; row += TILE)
        slope_tile(TILE, vectors, h, &p, row, kept);
    if (row < count)
        slope_tile(HALF_TILE, vectors, h, &p, row, kept);
}

/* One panel and one block: its weights, the gradients of its scores and of its queries. */
static void block_backward(const TiledGroup *h, size_t first, size_t count, const Kept *kept)
{
    if (h->queries <= LANES)
        slope_block(1, h, first, count, kept);
#if VECTORS > 2
    else if (h->queries <= 2 * LANES)
        slope_block(2, h, first, count, kept);
#endif
    else
        slope_block(VECTORS, h, first, count, kept);
    gather(h, h->grad_scores, count, h->k + first * h->wide_k, h->wide_k, NULL, h->grad_q);
}

/* What the keys and values of a block hear from the panels that see it. */
static void keys_backward(const TiledGroup *h, size_t first, size_t count, size_t blind)
{
    size_t queries = h->queries - blind;
    TiledGroup sees = panel_of(h, blind);
    scatter(queries, sees.weights, count, sees.slope, h->wide_v, h->grad_v + first * h->wide_v);
    scatter(queries, sees.grad_scores, count, sees.q, h->wide_k, h->grad_k + first * h->wide_k);
}

static void backward(const TiledGroup *h)
{
    Kept kept[GROUP];
    TiledGroup panels[GROUP];
    size_t keys = seen_by(h), count = 0, blind = 0, block;
    do {
        panels[count] = panel_of(h, count * PANEL);
        kept[count] = kept_of(&panels[count]);
    } while (++count * PANEL < h->queries);
    memset(h->grad_q, 0, count * PANEL * h->wide_k * sizeof *h->grad_q);
    for (size_t first = 0; first < keys; first += block) {
        while (seen_by(&panels[blind]) <= first)
            blind++;
        block = lesser(lesser(SHORT_BLOCK, keys - first),
                       round_up(seen_by(&panels[blind]) - first, TILE));
        for (size_t i = blind; i < count; i++)
            block_backward(&panels[i], first, block, &kept[i]);
        keys_backward(h, first, block, blind * PANEL);
    }
}

/* --- Packing --------------------------------------------------------------------------------- */

/* Without its sign a float's bits are a whole number that grows with it; those of NaN are greatest.
 * The difference to the limit is negative beyond it. */
static bool is_within(const float *x, size_t n, float limit)
{
    LaneInts beyond = {0};
    int32_t most;
    memcpy(&most, &limit, sizeof most);
    for (size_t i = 0; i < n; i += LANES)
        beyond |= most - ((LaneInts)lanes_load(x + i) & INT32_MAX);
    for (size_t i = 0; i < LANES; i++)
        if (beyond[i] < 0)
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
    .group = GROUP * PANEL,
    .key_block = KEY_BLOCK,
    .pack = pack,
    .add = add,
    .forward = forward,
    .backward = backward,
};
