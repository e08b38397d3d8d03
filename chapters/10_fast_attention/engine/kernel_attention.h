/**
 * @file kernel_attention.h
 * @brief Attention of one head for one panel of queries: a lane is a query.
 */
#ifndef HEADWISE_KERNEL_ATTENTION_H
#define HEADWISE_KERNEL_ATTENTION_H

#include "careful.h"
#include "kernels.h"
#include "lanes.h"
#include "tile.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/** What the online softmax knows of each query. */
typedef struct Running {
    Lanes maximum[VECTORS]; /**< The greatest score so far. */
    Lanes sum[VECTORS];     /**< The sum of e^(score - maximum) so far. */
} Running;

/** The scores of a block: K times Q^T, a row for each key. */
INLINED void score(size_t vectors, const PanelAttention *h, size_t first, size_t count,
                   float *scores)
{
    for (size_t j = 0; j < count; j += TILE) {
        const float *keys = h->k + (first + j) / PANEL * h->k_panel + j % PANEL;
        Lanes sums[TILE][VECTORS] = {{{0}}};
        multiply(vectors, h->d_k, keys, PANEL, h->q, sums);
        UNROLL
        for (size_t i = 0; i < TILE; i++)
            UNROLL
        for (size_t v = 0; v < vectors; v++)
            lanes_store(scores + (j + i) * PANEL + v * LANES, sums[i][v]);
    }
}

/** Query `first` + lane sees the keys up to itself + past: what comes later becomes -inf. */
INLINED void block_later_keys(size_t vectors, const PanelAttention *h, size_t first, size_t count,
                              float *scores)
{
    LaneInts lane;
    for (int i = 0; i < LANES; i++)
        lane[i] = i;
    for (size_t j = 0; j < count; j++) {
        size_t key = first + j;
        if (key <= h->first || key - h->first <= h->mask->past)
            continue;
        /* So many queries of the panel, from the left, do not see it; at most all. */
        size_t blind = key - h->first - h->mask->past;
        int32_t left = blind < PANEL ? (int32_t)blind : PANEL;
        for (size_t v = 0; v < vectors; v++) {
            float *place = scores + j * PANEL + v * LANES;
            lanes_store(place, lanes_select(lane + (int32_t)(v * LANES) < left,
                                            lanes_all(-INFINITY), lanes_load(place)));
        }
    }
}

/**
 * Turns the scores of a block into weights relative to the greatest score so far. When that has
 * grown, what was summed before is too large by `factor` = e^(old - new). The weights, and so all
 * sums, are raised: the least ones of chapter 7 are subnormal floats.
 */
INLINED void weigh(size_t vectors, size_t count, float *scores, Running *running, Lanes *factor)
{
    Lanes greatest[VECTORS], sum[VECTORS] = {{0}};
    for (size_t v = 0; v < vectors; v++)
        greatest[v] = running->maximum[v];
    for (size_t j = 0; j < count; j++)
        UNROLL
    for (size_t v = 0; v < vectors; v++)
        greatest[v] = lanes_max(lanes_load(scores + j * PANEL + v * LANES), greatest[v]);
    for (size_t v = 0; v < vectors; v++) {
        Lanes old = running->maximum[v];
        running->maximum[v] = greatest[v];
        /* nothing seen yet: -inf - -inf would be NaN */
        greatest[v] = lanes_select(greatest[v] == -INFINITY, lanes_all(0.0f), greatest[v]);
        factor[v] = lanes_raised_exp(old - greatest[v], WEIGHT_RAISE) * RAISE_BACK;
    }
    for (size_t j = 0; j < count; j++)
        UNROLL
    for (size_t v = 0; v < vectors; v++) {
        float *place = scores + j * PANEL + v * LANES;
        Lanes weight = lanes_raised_exp(lanes_load(place) - greatest[v], WEIGHT_RAISE);
        lanes_store(place, weight);
        sum[v] += weight;
    }
    for (size_t v = 0; v < vectors; v++)
        running->sum[v] = running->sum[v] * factor[v] + sum[v];
}

/** Copies a tile's columns of values, with 0 for what is too large, NaN or infinite: a weight of 0
 * does not silence that. A query that sees it is computed again, by careful.c. */
INLINED const float *cleaned(const float *values, size_t count, float *clean)
{
    for (size_t j = 0; j < count; j++)
        for (size_t i = 0; i < TILE; i++) {
            float value = values[j * PANEL + i];
            clean[j * PANEL + i] = fabsf(value) <= SAFE_VALUE ? value : 0.0f;
        }
    return clean;
}

/** The values of a block, weighted: V^T times the weights, added to what was there, rescaled. */
INLINED void add_values(size_t vectors, const PanelAttention *h, size_t first, size_t count,
                        const float *weights, const Lanes *factor, float *sums)
{
    for (size_t c = 0; c < h->d_v; c += TILE) {
        size_t column = h->v_column + c;
        const float *values = h->v + column / PANEL * h->v_panel + first * PANEL + column % PANEL;
        Lanes added[TILE][VECTORS] = {{{0}}};
        if (h->clean != NULL)
            values = cleaned(values, count, h->clean);
        multiply(vectors, count, values, PANEL, weights, added);
        UNROLL
        for (size_t i = 0; i < TILE; i++)
            UNROLL
        for (size_t v = 0; v < vectors; v++) {
            float *place = sums + (c + i) * PANEL + v * LANES;
            lanes_store(place, lanes_load(place) * factor[v] + added[i][v]);
        }
    }
}

/** Divides by the sum of the weights. A query that saw nothing has a sum of 0, and gets zeros. */
INLINED void divide(size_t vectors, const PanelAttention *h, const Running *running,
                    const float *sums)
{
    for (size_t v = 0; v < vectors; v++) {
        Lanes sum = running->sum[v];
        Lanes share = 1.0f / lanes_select(sum == 0.0f, lanes_all(1.0f), sum);
        for (size_t c = 0; c < h->d_v; c++)
            lanes_store(h->out + c * PANEL + v * LANES,
                        lanes_load(sums + c * PANEL + v * LANES) * share);
    }
}

/** One block of keys. */
INLINED void attend_block(size_t vectors, const PanelAttention *h, size_t first, size_t count,
                          Running *running, float *sums)
{
    const AttentionMask *mask = h->mask;
    size_t last = first + count - 1;
    bool later = mask->causal && last > h->first && last - h->first > mask->past;
    bool tables = mask->allowed.data != NULL || mask->bias.data != NULL;
    Lanes factor[VECTORS] = {{0}};
    score(vectors, h, first, count, h->scores);
    if (tables)
        mask_block(h, first, count, PANEL, h->scores);
    if (later)
        block_later_keys(vectors, h, first, count, h->scores);
    weigh(vectors, count, h->scores, running, factor);
    add_values(vectors, h, first, count, h->scores, factor, sums);
}

/** All blocks of keys, from `from` up to `to`. */
INLINED void attend_with(size_t vectors, const PanelAttention *h)
{
    Running running;
    float *sums = h->state + 2 * PANEL; /* a panel of d_v rows, filled up to whole tiles */
    for (size_t v = 0; v < vectors; v++) {
        float *state = h->state + v * LANES;
        running.maximum[v] = h->begins ? lanes_all(-INFINITY) : lanes_load(state);
        running.sum[v] = h->begins ? lanes_all(0.0f) : lanes_load(state + PANEL);
    }
    if (h->begins)
        memset(sums, 0, (h->d_v + TILE - 1) / TILE * TILE * PANEL * sizeof *sums);
    for (size_t first = h->from; first < h->to; first += KEY_BLOCK)
        attend_block(vectors, h, first, h->to - first < KEY_BLOCK ? h->to - first : KEY_BLOCK,
                     &running, sums);
    for (size_t v = 0; v < vectors; v++) {
        lanes_store(h->state + v * LANES, running.maximum[v]);
        lanes_store(h->state + PANEL + v * LANES, running.sum[v]);
    }
    if (h->ends)
        divide(vectors, h, &running, sums);
}

#endif
