/* Writing word after word: the keys and values of what is written already are kept. */
#include "fast_parts.h"
#include "memory.h"
#include "parallel.h"

#include <stdlib.h>
#include <string.h>

struct KeyValueCache {
    KeysValues kv;
    size_t capacity;
    size_t length;
    float *memory;
};

Status key_value_cache_create(const FastLayer *layer, size_t capacity, KeyValueCache **result)
{
    const Kernels *kernels = layer->kernels;
    size_t tokens = round_up(capacity, kernels->panel);
    Layout layout = {0};
    size_t k = layout_add(&layout, tokens, layer->key.results + KEY_GAP);
    size_t v = layout_add(&layout, tokens, layer->value.results);
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
    cache->kv = (KeysValues){.keys = base + k,
                             .key_rows = layer->key.results + KEY_GAP,
                             .values = base + v,
                             .value_rows = tokens,
                             .value_filled = round_up(layer->d_v, kernels->tile),
                             .finite = true};
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
    const float *x; /* the token */
    float *q;       /* its queries */
    float *k;       /* its keys, before they go into the cache */
    float *heads;   /* the heads' results, each filled up to whole tiles */
    float *concat;  /* the same without the filling */
    float *y;       /* what comes out, filled up to a panel */
    float *scores;  /* of one head, for each thread */
    size_t keys;    /* tokens in the cache, this one included */
} Step;

/* Results of a projection in tiles, as many as fit into a panel, from `first` on. */
static void project_row_tiles(const Kernels *kernels, const Projection *p, const float *row,
                              size_t first, float *to)
{
    size_t left = p->results - first, count = left < kernels->panel ? left : kernels->panel;
    RowProduct product = {.depth = p->depth,
                          .chunks = count / kernels->tile,
                          .a = row,
                          .b = p->weights + first * p->depth,
                          .b_step = kernels->tile,
                          .b_chunk = kernels->tile * p->depth,
                          .c = to + first};
    memcpy(to + first, p->bias + first, count * sizeof *to);
    kernels->row_product(&product);
}

/* The results of a projection in panels that belong to one panel. */
static void project_row_panel(const Kernels *kernels, const Projection *p, const float *row,
                              size_t first, float *to)
{
    RowProduct product = {.depth = p->depth,
                          .chunks = kernels->panel / kernels->tile,
                          .a = row,
                          .b = p->weights + first * p->depth,
                          .b_step = kernels->panel,
                          .b_chunk = kernels->tile,
                          .c = to};
    memcpy(to, p->bias + first, kernels->panel * sizeof *to);
    kernels->row_product(&product);
}

/* A panel's worth of the queries, keys or values of the token. */
static void projection_task(void *context, size_t index, size_t thread)
{
    Step *step = context;
    const FastLayer *layer = step->layer;
    const Kernels *kernels = layer->kernels;
    size_t panel = kernels->panel, values = layer->value.results / panel;
    size_t queries = round_up(layer->query.results, panel) / panel;
    KeysValues *kv = &step->cache->kv;
    (void)thread;
    if (index < values)
        project_row_panel(kernels, &layer->value, step->x, index * panel,
                          kv->values + (index * kv->value_rows + step->keys - 1) * panel);
    else if (index < values + queries)
        project_row_tiles(kernels, &layer->query, step->x, (index - values) * panel, step->q);
    else
        project_row_tiles(kernels, &layer->key, step->x, (index - values - queries) * panel,
                          step->k);
}

/* The scores of all keys: a key is a column, so that each number of the query meets many at once.
 */
static void score_keys(const Step *step, size_t head, float *scores)
{
    const Kernels *kernels = step->layer->kernels;
    const KeysValues *kv = &step->cache->kv;
    size_t panel = kernels->panel, d_k = step->layer->d_k;
    memset(scores, 0, round_up(step->keys, panel) * sizeof *scores);
    for (size_t key = 0; key < step->keys; key += panel) {
        RowProduct product = {.depth = d_k,
                              .chunks = panel / kernels->tile,
                              .a = step->q + head * d_k,
                              .b = kv->keys + key * kv->key_rows + head * d_k * panel,
                              .b_step = panel,
                              .b_chunk = kernels->tile,
                              .c = scores + key};
        kernels->row_product(&product);
    }
}

/* The weighted sum of all values: the head's columns, panel after panel. */
static void sum_values(const Step *step, size_t head, const float *weights, float *sums)
{
    const Kernels *kernels = step->layer->kernels;
    const KeysValues *kv = &step->cache->kv;
    size_t panel = kernels->panel, column = head * kv->value_filled;
    size_t end = column + kv->value_filled;
    memset(sums, 0, kv->value_filled * sizeof *sums);
    while (column < end) {
        size_t here = panel - column % panel;
        if (here > end - column)
            here = end - column;
        RowProduct product = {.depth = step->keys,
                              .chunks = here / kernels->tile,
                              .a = weights,
                              .b = kv->values + column / panel * kv->value_rows * panel +
                                   column % panel,
                              .b_step = panel,
                              .b_chunk = kernels->tile,
                              .c = sums};
        kernels->row_product(&product);
        column += here;
        sums += here;
    }
}

static void head_task(void *context, size_t index, size_t thread)
{
    Step *step = context;
    size_t d_v = step->layer->d_v;
    float *scores = step->scores + thread * step->cache->kv.value_rows;
    float *sums = step->heads + index * step->cache->kv.value_filled;
    score_keys(step, index, scores);
    float sum = step->layer->kernels->row_weights(scores, step->keys);
    sum_values(step, index, scores, sums);
    for (size_t c = 0; c < d_v; c++)
        step->concat[index * d_v + c] = sums[c] / (sum == 0.0f ? 1.0f : sum);
}

static void output_task(void *context, size_t index, size_t thread)
{
    Step *step = context;
    size_t panel = step->layer->kernels->panel;
    (void)thread;
    project_row_panel(step->layer->kernels, &step->layer->output, step->concat, index * panel,
                      step->y + index * panel);
}

static void run_step(Step *step, size_t threads, float *out)
{
    const FastLayer *layer = step->layer;
    KeysValues *kv = &step->cache->kv;
    size_t panel = layer->kernels->panel, last = step->keys - 1;
    size_t keys = round_up(layer->key.results, panel) / panel;
    size_t queries = round_up(layer->query.results, panel) / panel;
    parallel_run(layer->value.results / panel + queries + keys, threads, projection_task, step);
    for (size_t r = 0; r < layer->key.results; r++)
        kv->keys[(last / panel * kv->key_rows + r) * panel + last % panel] = step->k[r];
    kv->finite = kv->finite && values_are_finite(layer->kernels, kv, layer->value.results, last, 1);
    parallel_run(layer->shape.heads, threads, head_task, step);
    parallel_run(layer->output.results / panel, threads, output_task, step);
    memcpy(out, step->y, layer->shape.w_o.cols * sizeof *out);
}

/* Sets room aside and takes the tokens one after the other. */
static Status run_steps(const FastLayer *layer, KeyValueCache *cache, Matrix x, size_t threads,
                        Matrix out)
{
    Layout layout = {0};
    float *memory;
    size_t q = layout_add(&layout, layer->query.results, 1);
    size_t k = layout_add(&layout, layer->key.results, 1);
    size_t heads = layout_add(&layout, layer->shape.heads, cache->kv.value_filled);
    size_t concat = layout_add(&layout, layer->output.depth, 1);
    size_t y = layout_add(&layout, layer->output.results, 1);
    size_t scores = layout_add(&layout, threads, cache->kv.value_rows);
    float *base = layout_create(&layout, &memory);
    if (base == NULL)
        return STATUS_NO_MEMORY;
    Step step = {.layer = layer,
                 .cache = cache,
                 .q = base + q,
                 .k = base + k,
                 .heads = base + heads,
                 .concat = base + concat,
                 .y = base + y,
                 .scores = base + scores};
    for (size_t i = 0; i < x.rows; i++) {
        step.x = matrix_row(x, i);
        step.keys = ++cache->length;
        run_step(&step, threads, matrix_row(out, i));
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
