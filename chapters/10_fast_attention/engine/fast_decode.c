/*
 * Writing word after word. Each number of the weights and of the cache is read once for each new
 * token, so only reading counts, and reading is fast where it goes on from one address to the next:
 * threads divide each matrix into a few long stretches. A prompt is many tokens at once: for them a
 * number that was read is used many times, and they go the way of a whole sequence.
 */
#include "careful.h"
#include "fast_parts.h"
#include "memory.h"
#include "parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- One token ------------------------------------------------------------------------------- */

/* One new token on its way through a layer. */
typedef struct Step {
    const FastLayer *layer;
    KeyValueCache *cache;
    size_t threads;
    size_t shares;  /* stretches that each matrix is divided into */
    const float *x; /* the token */
    float *q;       /* its queries */
    float *k;       /* its keys, before they go into the cache */
    float *scores;  /* of each head a row, then its weights */
    float *totals;  /* the sum of each head's weights */
    float *sums;    /* the heads' weighted values, each filled up to whole tiles */
    float *concat;  /* the same, divided and without the filling */
    float *y;       /* what comes out, filled up to a panel */
    size_t keys;    /* tokens in the cache, this one included */
    bool safe;      /* no head can need care */
} Step;

/* A stretch of something: from `first` on, up to `end`. */
typedef struct Share {
    size_t first;
    size_t end;
} Share;

static Share share_of(const Step *step, size_t count, size_t index)
{
    return (Share){count * index / step->shares, count * (index + 1) / step->shares};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* A share of the results of a projection in tiles. */
static void project_row_tiles(const Step *step, const Projection *p, size_t share, float *to)
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
static void project_row_panels(const Step *step, const Projection *p, const float *row,
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

/* Takes note of the greatest magnitudes, so that the usual token need not look for care. */
static void note_magnitudes(Step *step)
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

/* The weighted sums of some heads' values, block after block. */
static void sum_values(const Step *step, Share heads)
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
static void mend_head(const Step *step, size_t head)
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

/* Some heads from their scores to their results, without what fills them up to tiles. */
static void head_task(void *context, size_t index, size_t thread)
{
    const Step *step = context;
    const FastLayer *layer = step->layer;
    size_t d_v = layer->d_v, filled = round_up(d_v, layer->kernels->tile);
    Share heads = share_of(step, layer->shape.heads, index);
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
    const Step *step = context;
    (void)thread;
    project_row_panels(step, &step->layer->output, step->concat, index, step->y,
                       step->layer->kernels->panel);
}

static void run_step(Step *step, const float *x, float *out)
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
    memcpy(out, step->y, step->layer->shape.w_o.cols * sizeof *out);
}

/* --- Any number of tokens --------------------------------------------------------------------- */

/* A prompt begins with a block, and has so many tokens at least. */
enum { SHORTEST_PROMPT = 4 };

/* So many of the tokens are taken one by one: up to the end of a block, or all where they are few.
 */
static size_t tokens_alone(const KeyValueCache *cache, size_t panel, size_t tokens)
{
    size_t here = round_up(cache->length, panel) - cache->length;
    return tokens < here + SHORTEST_PROMPT ? tokens : here;
}

static void run_prompt(const FastWork *work, KeyValueCache *cache, float *room)
{
    size_t tokens = work->sequence->x.rows;
    KeysValues kv = fast_layer_keys_values(work, room);
    key_value_cache_read(cache, work->layer, work->past, &kv);
    fast_layer_run(work, room);
    key_value_cache_write(cache, work->layer, work->past, tokens, &kv);
    cache->length += tokens;
}

/* Sets room aside for one token at a time; what is to be freed, or NULL. */
static float *create_step(Step *step)
{
    const FastLayer *layer = step->layer;
    Layout layout = {0};
    float *memory;
    size_t q = layout_add(&layout, layer->query.results, 1);
    size_t k = layout_add(&layout, layer->key.results, 1);
    size_t scores = layout_add(&layout, layer->shape.heads, step->cache->tokens);
    size_t totals = layout_add(&layout, layer->shape.heads, 1);
    size_t sums = layout_add(&layout, layer->value.results, 1);
    size_t concat = layout_add(&layout, layer->output.depth, 1);
    size_t y = layout_add(&layout, layer->output.results, 1);
    float *base = layout_create(&layout, &memory);
    if (base == NULL)
        return NULL;
    step->q = base + q;
    step->k = base + k;
    step->scores = base + scores;
    step->totals = base + totals;
    step->sums = base + sums;
    step->concat = base + concat;
    step->y = base + y;
    return memory;
}

static Matrix rows_from(Matrix matrix, size_t first)
{
    if (first == matrix.rows)
        return NO_MATRIX;
    return (Matrix){matrix.data + first * matrix.stride, matrix.rows - first, matrix.cols,
                    matrix.stride};
}

/* Takes some tokens one after the other, and the others together. */
static Status run_tokens(Step *step, Matrix x, size_t threads, Matrix out)
{
    size_t alone = tokens_alone(step->cache, step->layer->kernels->panel, x.rows);
    size_t past = step->cache->length + alone;
    FastSequence prompt = {.x = rows_from(x, alone),
                           .mask = {.causal = true, .past = past},
                           .out = rows_from(out, alone)};
    FastWork work = {.layer = step->layer, .sequence = &prompt, .past = past, .threads = threads};
    Layout layout = {alone < x.rows ? fast_layer_room(&work) : 0};
    float *memory, *room = layout_create(&layout, &memory);
    float *own = room != NULL ? create_step(step) : NULL;
    if (own == NULL) {
        free(memory);
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < alone; i++)
        run_step(step, matrix_row(x, i), matrix_row(out, i));
    if (alone < x.rows)
        run_prompt(&work, step->cache, room);
    free(own);
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
    threads = parallel_threads(threads);
    Step step = {.layer = layer, .cache = cache, .threads = useful_threads(products, threads)};
    /* several for each thread: so whoever is late has less to do */
    step.shares = step.threads == 1 ? 1 : 4 * step.threads;
    return run_tokens(&step, x, threads, out);
}
