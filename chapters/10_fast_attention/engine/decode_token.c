#include "decode_token.h"

#include "careful.h"
#include "parallel.h"

#include <math.h>
#include <string.h>

Status decode_step_create(DecodeStep *step)
{
    const FastLayer *layer = step->layer;
    Workspace *all = &step->workspace;
    size_t q = workspace_reserve(all, layer->query.results, 1);
    size_t k = workspace_reserve(all, layer->key.results, 1);
    size_t scores = workspace_reserve(all, layer->heads, step->cache->tokens);
    size_t totals = workspace_reserve(all, layer->heads, 1);
    size_t sums = workspace_reserve(all, layer->value.results, 1);
    size_t concat = workspace_reserve(all, layer->output.depth, 1);
    size_t y = workspace_reserve(all, layer->output.results, 1);
    Status status = STATUS_OK;
    TRY(workspace_create(all));
    step->q = all->floats + q;
    step->k = all->floats + k;
    step->scores = all->floats + scores;
    step->totals = all->floats + totals;
    step->sums = all->floats + sums;
    step->concat = all->floats + concat;
    step->y = all->floats + y;
done:
    return status;
}

/* A stretch of something: from `first` on, up to `end`. */
typedef struct Share {
    size_t first;
    size_t end;
} Share;

static Share share_of(const DecodeStep *step, size_t count, size_t index)
{
    return (Share){count * index / step->shares, count * (index + 1) / step->shares};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* A share of the results of a projection in tiles. */
static void project_row_tiles(const DecodeStep *step, const Projection *p, size_t share, float *to)
{
    size_t tile = step->layer->kernels->tile;
    Share tiles = share_of(step, p->results / tile, share);
    for (size_t first = tiles.first * tile; first < tiles.end * tile; first += tile) {
        RowProduct product = {.depth = p->depth,
                              .chunks = 1,
                              .a = step->x,
                              .b = p->weights + first * p->depth,
                              .b_step = tile,
                              .c = to + first};
        memcpy(to + first, p->bias + first, tile * sizeof *to);
        step->layer->kernels->row_product(&product);
        mend_row(step->layer->kernels, &product, p->bias + first);
    }
}

/* A share of the results of a projection in panels. Those of panel i go to `to + i * to_panel`. */
static void project_row_panels(const DecodeStep *step, const Projection *p, const float *row,
                               size_t share, float *to, size_t to_panel)
{
    const Kernels *kernels = step->layer->kernels;
    size_t panel = kernels->panel;
    Share panels = share_of(step, p->results / panel, share);
    for (size_t i = panels.first; i < panels.end; i++) {
        RowProduct product = {.depth = p->depth,
                              .chunks = panel / kernels->tile,
                              .a = row,
                              .b = p->weights + i * panel * p->depth,
                              .b_step = panel,
                              .b_chunk = kernels->tile,
                              .c = to + i * to_panel};
        memcpy(to + i * to_panel, p->bias + i * panel, panel * sizeof *to);
        kernels->row_product(&product);
        mend_row(kernels, &product, p->bias + i * panel);
    }
}

/* Queries, keys and values of the token. Its values are a row in each panel of the last block. */
static void projection_task(void *context, size_t index, size_t thread)
{
    const DecodeStep *step = context;
    const FastLayer *layer = step->layer;
    size_t panel = layer->kernels->panel, last = step->keys - 1;
    float *block = step->cache->values + last / panel * panel * layer->value.results;
    (void)thread;
    project_row_panels(step, &layer->value, step->x, index, block + last % panel * panel,
                       panel * panel);
    project_row_tiles(step, &layer->query, index, step->q);
    project_row_tiles(step, &layer->key, index, step->k);
}

/* The token's keys are a column of the last block. */
static void store_keys(const DecodeStep *step)
{
    size_t panel = step->layer->kernels->panel, rows = step->layer->key.results;
    size_t last = step->keys - 1;
    float *block = step->cache->keys + last / panel * panel * rows;
    for (size_t r = 0; r < rows; r++)
        block[r * panel + last % panel] = step->k[r];
}

/* Takes note of the greatest magnitudes, so that the usual token need not look for care. */
static void note_magnitudes(DecodeStep *step)
{
    const FastLayer *layer = step->layer;
    KeyValueCache *cache = step->cache;
    size_t panel = layer->kernels->panel, last = step->keys - 1;
    const float *block = cache->values + last / panel * panel * layer->value.results;
    float value = 0.0f;
    for (size_t c = 0; c < layer->value.results / panel; c++)
        value = fmaxf(value, magnitude_of(block + (c * panel + last % panel) * panel, panel, 1));
    key_value_cache_widen(cache, magnitude_of(step->k, layer->key.results, 1), value);
    step->safe = products_are_safe(layer->d_k, magnitude_of(step->q, layer->query.results, 1),
                                   layer->q_limit, cache->greatest_key) &&
                 cache->greatest_value <= SAFE_VALUE;
}

/* The scores of some blocks for all heads: a key is a column, so each number of the query meets
 * many at once. */
static void score_task(void *context, size_t index, size_t thread)
{
    const DecodeStep *step = context;
    const FastLayer *layer = step->layer;
    const Kernels *kernels = layer->kernels;
    size_t panel = kernels->panel;
    Share blocks = share_of(step, round_up(step->keys, panel) / panel, index);
    (void)thread;
    for (size_t key = blocks.first * panel; key < blocks.end * panel; key += panel)
        for (size_t head = 0; head < layer->heads; head++) {
            RowProduct product = {.depth = layer->d_k,
                                  .chunks = panel / kernels->tile,
                                  .a = step->q + head * layer->d_k,
                                  .b = step->cache->keys + key * layer->key.results +
                                       head * layer->d_k * panel,
                                  .b_step = panel,
                                  .b_chunk = kernels->tile,
                                  .c = step->scores + head * step->cache->tokens + key};
            memset(product.c, 0, panel * sizeof *product.c);
            kernels->row_product(&product);
        }
}

/* The weighted sums of some heads' values, block after block. */
static void sum_values(const DecodeStep *step, Share heads)
{
    const FastLayer *layer = step->layer;
    const Kernels *kernels = layer->kernels;
    size_t panel = kernels->panel, filled = round_up(layer->d_v, kernels->tile);
    size_t last = heads.end * filled;
    memset(step->sums + heads.first * filled, 0,
           (heads.end - heads.first) * filled * sizeof *step->sums);
    for (size_t key = 0; key < step->keys; key += panel)
        for (size_t column = heads.first * filled, end; column < last; column = end) {
            size_t head = column / filled;
            /* up to where the head or the panel ends */
            end = smaller((head + 1) * filled, round_up(column + 1, panel));
            RowProduct product = {.depth = smaller(panel, step->keys - key),
                                  .chunks = (end - column) / kernels->tile,
                                  .a = step->scores + head * step->cache->tokens + key,
                                  .b = step->cache->values + key * layer->value.results +
                                       column / panel * panel * panel + column % panel,
                                  .b_step = panel,
                                  .b_chunk = kernels->tile,
                                  .c = step->sums + column};
            kernels->row_product(&product);
        }
}

/* One head, if its query meets what is too large for the kernels. */
static void mend_head(const DecodeStep *step, size_t head)
{
    const FastLayer *layer = step->layer;
    const KeyValueCache *cache = step->cache;
    size_t panel = layer->kernels->panel;
    CarefulHead careful = {.q = step->q + head * layer->d_k,
                           .q_step = 1,
                           .q_limit = layer->q_limit,
                           .scale = 1.0,
                           .k = cache->keys + head * layer->d_k * panel,
                           .k_width = panel,
                           .k_panel = panel * layer->key.results,
                           .v = cache->values,
                           .v_tokens = panel,
                           .v_block = panel * layer->value.results,
                           .v_width = panel,
                           .v_panel = panel * panel,
                           .v_column = head * round_up(layer->d_v, layer->kernels->tile),
                           .d_k = layer->d_k,
                           .d_v = layer->d_v,
                           .queries = 1,
                           .keys = step->keys,
                           .visible = step->keys,
                           .mask = &NO_MASK,
                           .out = step->concat + head * layer->d_v,
                           .out_step = 1};
    Care care = CARE_NONE;
    mark_products(&careful, &care);
    mark_values(&careful, &care);
    if (care != CARE_NONE)
        attend_carefully(&careful, 0, care);
}

/* Some heads from their scores to their results, without the padding. */
static void head_task(void *context, size_t index, size_t thread)
{
    const DecodeStep *step = context;
    const FastLayer *layer = step->layer;
    size_t d_v = layer->d_v, filled = round_up(d_v, layer->kernels->tile);
    Share heads = share_of(step, layer->heads, index);
    (void)thread;
    for (size_t head = heads.first; head < heads.end; head++)
        step->totals[head] =
            layer->kernels->row_weights(step->scores + head * step->cache->tokens, step->keys);
    sum_values(step, heads);
    for (size_t head = heads.first; head < heads.end; head++)
        for (size_t c = 0; c < d_v; c++)
            step->concat[head * d_v + c] = step->sums[head * filled + c] /
                                           (step->totals[head] == 0.0f ? 1.0f : step->totals[head]);
    for (size_t head = heads.first; head < heads.end && !step->safe; head++)
        mend_head(step, head);
}

static void output_task(void *context, size_t index, size_t thread)
{
    const DecodeStep *step = context;
    (void)thread;
    project_row_panels(step, &step->layer->output, step->concat, index, step->y,
                       step->layer->kernels->panel);
}

void decode_token(DecodeStep *step, const float *x, float *out)
{
    size_t threads = step->threads, shares = step->shares;
    step->x = x;
    step->keys = ++step->cache->length;
    parallel_run(shares, threads, projection_task, step);
    store_keys(step);
    note_magnitudes(step);
    parallel_run(shares, threads, score_task, step);
    parallel_run(shares, threads, head_task, step);
    parallel_run(shares, threads, output_task, step);
    memcpy(out, step->y, step->layer->d_out * sizeof *out);
}
