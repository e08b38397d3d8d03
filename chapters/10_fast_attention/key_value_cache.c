/*
 * Writing word after word: the keys and values of what is written already are kept.
 *
 * Each number is read once for each new token, so only reading counts, and reading is fast where it
 * goes on from one address to the next. A cache is therefore made of blocks of `panel` tokens: all
 * keys of a block lie side by side, and all its values. Every thread reads one stretch of them.
 */
#include "fast_parts.h"
#include "memory.h"
#include "parallel.h"

#include <stdlib.h>
#include <string.h>

struct KeyValueCache {
    float *keys;   /* of each block K^T: one panel, with the rows of all heads */
    float *values; /* of each block V: its panels of columns, one after the other */
    size_t tokens; /* for so many is room: whole blocks */
    size_t capacity;
    size_t length;
    float *memory;
};

Status key_value_cache_create(const FastLayer *layer, size_t capacity, KeyValueCache **result)
{
    size_t tokens = round_up(capacity, layer->kernels->panel);
    Layout layout = {0};
    size_t keys = layout_add(&layout, tokens, layer->key.results);
    size_t values = layout_add(&layout, tokens, layer->value.results);
    KeyValueCache *cache = memory_allocate(1, sizeof *cache);
    *result = NULL;
    if (cache == NULL)
        return STATUS_NO_MEMORY;
    float *base = layout_create(&layout, &cache->memory);
    if (base == NULL) {
        free(cache);
        return STATUS_NO_MEMORY;
    }
    memset(base, 0, layout.floats * sizeof *base);
    cache->keys = base + keys;
    cache->values = base + values;
    cache->tokens = tokens;
    cache->capacity = capacity;
    *result = cache;
    return STATUS_OK;
}

void key_value_cache_free(KeyValueCache *cache)
{
    if (cache != NULL)
        free(cache->memory);
    free(cache);
}

size_t key_value_cache_length(const KeyValueCache *cache)
{
    return cache->length;
}

void key_value_cache_truncate(KeyValueCache *cache, size_t length)
{
    if (length < cache->length)
        cache->length = length;
}

/* --- One token ------------------------------------------------------------------------------- */

/* One new token on its way through a layer. */
typedef struct Step {
    const FastLayer *layer;
    KeyValueCache *cache;
    size_t threads;
    const float *x; /* the token */
    float *q;       /* its queries */
    float *k;       /* its keys, before they go into the cache */
    float *scores;  /* of each head a row, then its weights */
    float *totals;  /* the sum of each head's weights */
    float *sums;    /* the heads' weighted values, each filled up to whole tiles */
    float *concat;  /* the same, divided and without the filling */
    float *y;       /* what comes out, filled up to a panel */
    size_t keys;    /* tokens in the cache, this one included */
} Step;

/* What one thread does of something: from `first` on, up to `end`. */
typedef struct Share {
    size_t first;
    size_t end;
} Share;

static Share share_of(const Step *step, size_t count, size_t thread)
{
    return (Share){count * thread / step->threads, count * (thread + 1) / step->threads};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* A share of the results of a projection in tiles. */
static void project_row_tiles(const Step *step, const Projection *p, size_t thread, float *to)
{
    size_t tile = step->layer->kernels->tile;
    Share tiles = share_of(step, p->results / tile, thread);
    for (size_t first = tiles.first * tile; first < tiles.end * tile; first += tile) {
        RowProduct product = {.depth = p->depth,
                              .chunks = 1,
                              .a = step->x,
                              .b = p->weights + first * p->depth,
                              .b_step = tile,
                              .c = to + first};
        memcpy(to + first, p->bias + first, tile * sizeof *to);
        step->layer->kernels->row_product(&product);
    }
}

/* A share of the results of a projection in panels. Those of panel i go to `to + i * to_panel`. */
static void project_row_panels(const Step *step, const Projection *p, const float *row,
                               size_t thread, float *to, size_t to_panel)
{
    const Kernels *kernels = step->layer->kernels;
    size_t panel = kernels->panel;
    Share panels = share_of(step, p->results / panel, thread);
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
    }
}

/* Queries, keys and values of the token. Its values are a row in each panel of the last block. */
static void projection_task(void *context, size_t index, size_t thread)
{
    const Step *step = context;
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
static void store_keys(const Step *step)
{
    size_t panel = step->layer->kernels->panel, rows = step->layer->key.results;
    size_t last = step->keys - 1;
    float *block = step->cache->keys + last / panel * panel * rows;
    for (size_t r = 0; r < rows; r++)
        block[r * panel + last % panel] = step->k[r];
}

/* The scores of some blocks for all heads: a key is a column, so each number of the query meets
 * many at once. */
static void score_task(void *context, size_t index, size_t thread)
{
    const Step *step = context;
    const FastLayer *layer = step->layer;
    const Kernels *kernels = layer->kernels;
    size_t panel = kernels->panel;
    Share blocks = share_of(step, round_up(step->keys, panel) / panel, index);
    (void)thread;
    for (size_t key = blocks.first * panel; key < blocks.end * panel; key += panel)
        for (size_t head = 0; head < layer->shape.heads; head++) {
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

static void weight_task(void *context, size_t head, size_t thread)
{
    const Step *step = context;
    (void)thread;
    step->totals[head] =
        step->layer->kernels->row_weights(step->scores + head * step->cache->tokens, step->keys);
}

/* The weighted sums of some columns of the values, block after block. */
static void value_task(void *context, size_t index, size_t thread)
{
    const Step *step = context;
    const FastLayer *layer = step->layer;
    const Kernels *kernels = layer->kernels;
    size_t panel = kernels->panel, tile = kernels->tile, filled = round_up(layer->d_v, tile);
    Share tiles = share_of(step, layer->shape.heads * filled / tile, index);
    (void)thread;
    memset(step->sums + tiles.first * tile, 0,
           (tiles.end - tiles.first) * tile * sizeof *step->sums);
    for (size_t key = 0; key < step->keys; key += panel)
        for (size_t column = tiles.first * tile, end; column < tiles.end * tile; column = end) {
            size_t head = column / filled;
            /* up to where the share, the head or the panel ends */
            end = smaller(tiles.end * tile, (head + 1) * filled);
            end = smaller(end, round_up(column + 1, panel));
            RowProduct product = {.depth = smaller(panel, step->keys - key),
                                  .chunks = (end - column) / tile,
                                  .a = step->scores + head * step->cache->tokens + key,
                                  .b = step->cache->values + key * layer->value.results +
                                       column / panel * panel * panel + column % panel,
                                  .b_step = panel,
                                  .b_chunk = tile,
                                  .c = step->sums + column};
            kernels->row_product(&product);
        }
}

/* Divides by the sum of the weights, and leaves out what fills the heads up to tiles. */
static void divide_heads(const Step *step)
{
    size_t d_v = step->layer->d_v, filled = round_up(d_v, step->layer->kernels->tile);
    for (size_t head = 0; head < step->layer->shape.heads; head++) {
        float total = step->totals[head] == 0.0f ? 1.0f : step->totals[head];
        for (size_t c = 0; c < d_v; c++)
            step->concat[head * d_v + c] = step->sums[head * filled + c] / total;
    }
}

static void output_task(void *context, size_t index, size_t thread)
{
    const Step *step = context;
    (void)thread;
    project_row_panels(step, &step->layer->output, step->concat, index, step->y,
                       step->layer->kernels->panel);
}

static void run_step(Step *step, float *out)
{
    size_t threads = step->threads;
    parallel_run(threads, threads, projection_task, step);
    store_keys(step);
    parallel_run(threads, threads, score_task, step);
    parallel_run(step->layer->shape.heads, threads, weight_task, step);
    parallel_run(threads, threads, value_task, step);
    divide_heads(step);
    parallel_run(threads, threads, output_task, step);
    memcpy(out, step->y, step->layer->shape.w_o.cols * sizeof *out);
}

/* Sets room aside and takes the tokens one after the other. */
static Status run_steps(const FastLayer *layer, KeyValueCache *cache, Matrix x, size_t threads,
                        Matrix out)
{
    Layout layout = {0};
    float *memory;
    size_t q = layout_add(&layout, layer->query.results, 1);
    size_t k = layout_add(&layout, layer->key.results, 1);
    size_t scores = layout_add(&layout, layer->shape.heads, cache->tokens);
    size_t totals = layout_add(&layout, layer->shape.heads, 1);
    size_t sums = layout_add(&layout, layer->value.results, 1);
    size_t concat = layout_add(&layout, layer->output.depth, 1);
    size_t y = layout_add(&layout, layer->output.results, 1);
    float *base = layout_create(&layout, &memory);
    if (base == NULL)
        return STATUS_NO_MEMORY;
    Step step = {.layer = layer,
                 .cache = cache,
                 .threads = threads,
                 .q = base + q,
                 .k = base + k,
                 .scores = base + scores,
                 .totals = base + totals,
                 .sums = base + sums,
                 .concat = base + concat,
                 .y = base + y};
    for (size_t i = 0; i < x.rows; i++) {
        step.x = matrix_row(x, i);
        step.keys = ++cache->length;
        run_step(&step, matrix_row(out, i));
    }
    free(memory);
    return STATUS_OK;
}

Status fast_decode(const FastLayer *layer, KeyValueCache *cache, Matrix x, size_t threads,
                   Matrix out)
{
    const MultiHeadLayer *shape = &layer->shape;
    Matrix weights = {NULL, shape->heads * x.rows, x.rows, x.rows};
    Status status = multi_head_expect_shapes("fast_decode", x, x, shape, weights, out);
    if (status == STATUS_OK && x.rows > cache->capacity - cache->length)
        status =
            fail(STATUS_SHAPE, "fast_decode: %zu tokens more, but %zu of %zu are there already",
                 x.rows, cache->length, cache->capacity);
    if (status != STATUS_OK)
        return status;
    double keys = (double)(cache->length + x.rows);
    double products = (double)shape->w_q.cols * ((double)shape->w_q.rows * 4.0 + keys * 2.0);
    return run_steps(layer, cache, x, useful_threads(products, parallel_threads(threads)), out);
}
