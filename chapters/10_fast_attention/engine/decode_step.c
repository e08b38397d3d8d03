#include "decode_step.h"

#include "careful.h"
#include "memory.h"
#include "parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* More tokens than that are side by side where the weights lie in tiles. */
static bool are_few(const DecodeStep *step)
{
    return step->x.rows <= step->layer->kernels->tile;
}

/* About as many multiplications as the tokens need: four projections, and the keys so far. */
static double products_of(const DecodeStep *step)
{
    const FastLayer *layer = step->layer;
    double columns = (double)layer->heads * (double)layer->d_k, products = 0.0;
    for (size_t i = 0; i < step->x.rows; i++)
        products += columns * ((double)layer->query.depth * 4.0 +
                               (double)(step->tokens[i].cache->length + i + 1) * 2.0);
    return products;
}

/* Several stretches for each thread: so whoever is late has less to do. */
static void divide(DecodeStep *step, size_t threads)
{
    size_t count = step->x.rows;
    step->threads = useful_threads(products_of(step), threads);
    step->shares = step->threads == 1 ? 1 : 4 * step->threads;
    step->parts = count > 1 ? (step->shares + count - 1) / count : step->shares;
}

static Status make_matrices(DecodeStep *step)
{
    const FastLayer *layer = step->layer;
    Matrix *const places[] = {&step->packed, &step->q,    &step->k,      &step->v, &step->scores,
                              &step->totals, &step->sums, &step->concat, &step->y};
    const size_t columns[] = {
        layer->query.depth,   layer->query.results,         layer->key.results,
        layer->value.results, layer->heads * step->longest, layer->heads,
        layer->value.results, layer->output.depth,          layer->output.results};
    enum { MATRICES = sizeof places / sizeof *places };
    size_t at[MATRICES];
    size_t packed = are_few(step) ? 0 : round_up(step->x.rows, layer->kernels->panel);
    Status status = STATUS_OK;
    for (size_t i = 0; i < MATRICES; i++)
        at[i] = workspace_reserve(&step->workspace, i == 0 ? packed : step->x.rows, columns[i]);
    TRY(workspace_create(&step->workspace));
    for (size_t i = 0; i < MATRICES; i++)
        *places[i] = matrix_view(step->workspace.floats + at[i], step->x.rows, columns[i]);
done:
    return status;
}

Status decode_step_create(const FastLayer *layer, KeyValueCache *const *caches, size_t apart,
                          Matrix x, size_t threads, DecodeStep *step)
{
    Status status = STATUS_OK;
    *step = (DecodeStep){.layer = layer, .x = x};
    step->tokens = memory_allocate(x.rows, sizeof *step->tokens);
    TRY(step->tokens != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    for (size_t i = 0; i < x.rows; i++) {
        KeyValueCache *cache = caches[i * apart];
        step->tokens[i].cache = cache;
        step->longest = cache->tokens > step->longest ? cache->tokens : step->longest;
    }
    divide(step, threads);
    TRY(make_matrices(step));
done:
    return status;
}

void decode_step_free(DecodeStep *step)
{
    workspace_free(&step->workspace);
    free(step->tokens);
    step->tokens = NULL;
}

/* A stretch of something: from `first` on, up to `end`. */
typedef struct Share {
    size_t first;
    size_t end;
} Share;

static Share share_of(size_t count, size_t index, size_t shares)
{
    return (Share){count * index / shares, count * (index + 1) / shares};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* All rows, each after its bias. */
static void multiply_rows(const DecodeStep *step, const RowProduct *p, const float *bias)
{
    const Kernels *kernels = step->layer->kernels;
    for (size_t i = 0; i < p->rows; i++)
        memcpy(p->c + i * p->c_row, bias, p->chunks * kernels->tile * sizeof *bias);
    kernels->row_product(p);
}

/* A tile of weights times a panel of tokens, which are side by side then. */
static void multiply_turned(const DecodeStep *step, const RowProduct *p, const float *bias)
{
    const Kernels *kernels = step->layer->kernels;
    size_t tile = kernels->tile, panel = kernels->panel;
    size_t token = (size_t)(p->a - step->x.data) / p->a_row;
    float turned[LARGEST_TILE] = {0};
    PanelProduct product = {.tiles = 1,
                            .columns = p->rows,
                            .depth = p->depth,
                            .a = p->b,
                            .a_step = tile,
                            .b = step->packed.data + token * p->depth,
                            .row_bias = bias,
                            .c = turned};
    kernels->chunk_product(&product);
    for (size_t i = 0; i < p->rows; i++)
        for (size_t r = 0; r < tile; r++)
            p->c[i * p->c_row + r] = turned[r * panel + i];
}

/* A share of the results of a projection, whose weights lie in blocks of so many chunks: 1 in
 * tiles, more in panels. */
static void project_some(const DecodeStep *step, const Projection *p, size_t chunks, Matrix rows,
                         size_t share, Matrix to)
{
    size_t width = chunks * step->layer->kernels->tile;
    Share blocks = share_of(p->results / width, share, step->shares);
    for (size_t first = blocks.first * width; first < blocks.end * width; first += width) {
        RowProduct product = {.rows = rows.rows,
                              .depth = p->depth,
                              .chunks = chunks,
                              .a = rows.data,
                              .a_row = rows.stride,
                              .b = p->weights + first * p->depth,
                              .b_step = width,
                              .c = to.data + first,
                              .c_row = to.stride};
        if (chunks == 1 && !are_few(step))
            multiply_turned(step, &product, p->bias + first);
        else
            multiply_rows(step, &product, p->bias + first);
        mend_rows(step->layer->kernels, &product, p->bias + first);
    }
}

/* A panel of rows at a time stays in the second cache while the weights pass by. */
static void project(const DecodeStep *step, const Projection *p, size_t chunks, Matrix rows,
                    size_t share, Matrix to)
{
    size_t panel = step->layer->kernels->panel;
    for (size_t first = 0; first < rows.rows; first += panel) {
        Matrix some = rows, results = to;
        some.rows = smaller(panel, rows.rows - first);
        some.data = matrix_row(rows, first);
        results.data = matrix_row(to, first);
        project_some(step, p, chunks, some, share, results);
    }
}

/* Queries, keys and values. */
static void projection_task(void *context, size_t index, size_t thread)
{
    const DecodeStep *step = context;
    const FastLayer *layer = step->layer;
    size_t panel_chunks = layer->kernels->panel / layer->kernels->tile;
    (void)thread;
    project(step, &layer->value, panel_chunks, step->x, index, step->v);
    project(step, &layer->query, 1, step->x, index, step->q);
    project(step, &layer->key, 1, step->x, index, step->k);
}

/* A token's keys are a column of their block in the cache, its values a row in each panel of it. */
static void store(const DecodeStep *step, size_t token)
{
    const FastLayer *layer = step->layer;
    const DecodeToken *of = &step->tokens[token];
    size_t panel = layer->kernels->panel, place = (of->keys - 1) % panel;
    size_t block = of->keys - 1 - place, rows = layer->key.results, columns = layer->value.results;
    float *keys = of->cache->keys + block * rows + place;
    float *values = of->cache->values + block * columns + place * panel;
    for (size_t r = 0; r < rows; r++)
        keys[r * panel] = matrix_row(step->k, token)[r];
    for (size_t c = 0; c < columns; c += panel)
        memcpy(values + c * panel, matrix_row(step->v, token) + c, panel * sizeof *values);
    key_value_cache_widen(of->cache, magnitude_of(matrix_row(step->k, token), rows, 1),
                          magnitude_of(matrix_row(step->v, token), columns, 1));
}

/* Whether a look at the greatest magnitudes is enough: the usual token needs no other. */
static bool is_safe(const DecodeStep *step, size_t token)
{
    const FastLayer *layer = step->layer;
    const KeyValueCache *cache = step->tokens[token].cache;
    float query = magnitude_of(matrix_row(step->q, token), layer->query.results, 1);
    return products_are_safe(layer->d_k, query, layer->q_limit, cache->greatest_key) &&
           cache->greatest_value <= SAFE_VALUE;
}

static float *scores_of(const DecodeStep *step, size_t token, size_t head)
{
    return matrix_row(step->scores, token) + head * step->longest;
}

/* The scores of some blocks for all heads: a key is a column, so each number of the query meets
 * many at once. */
static void score_task(void *context, size_t index, size_t thread)
{
    const DecodeStep *step = context;
    const FastLayer *layer = step->layer;
    const Kernels *kernels = layer->kernels;
    size_t panel = kernels->panel, token = index / step->parts;
    const DecodeToken *of = &step->tokens[token];
    Share blocks = share_of(round_up(of->keys, panel) / panel, index % step->parts, step->parts);
    (void)thread;
    for (size_t key = blocks.first * panel; key < blocks.end * panel; key += panel)
        for (size_t head = 0; head < layer->heads; head++) {
            RowProduct product = {.rows = 1,
                                  .depth = layer->d_k,
                                  .chunks = panel / kernels->tile,
                                  .a = matrix_row(step->q, token) + head * layer->d_k,
                                  .b = of->cache->keys + key * layer->key.results +
                                       head * layer->d_k * panel,
                                  .b_step = panel,
                                  .c = scores_of(step, token, head) + key};
            memset(product.c, 0, panel * sizeof *product.c);
            kernels->row_product(&product);
        }
}

/* The weighted sums of some heads' values, block after block. */
static void sum_values(const DecodeStep *step, size_t token, Share heads)
{
    const FastLayer *layer = step->layer;
    const Kernels *kernels = layer->kernels;
    const DecodeToken *of = &step->tokens[token];
    size_t panel = kernels->panel, filled = round_up(layer->d_v, kernels->tile);
    size_t last = heads.end * filled;
    float *sums = matrix_row(step->sums, token);
    memset(sums + heads.first * filled, 0, (heads.end - heads.first) * filled * sizeof *sums);
    for (size_t key = 0; key < of->keys; key += panel)
        for (size_t column = heads.first * filled, end; column < last; column = end) {
            size_t head = column / filled;
            /* up to where the head or the panel ends */
            end = smaller((head + 1) * filled, round_up(column + 1, panel));
            RowProduct product = {.rows = 1,
                                  .depth = smaller(panel, of->keys - key),
                                  .chunks = (end - column) / kernels->tile,
                                  .a = scores_of(step, token, head) + key,
                                  .b = of->cache->values + key * layer->value.results +
                                       column / panel * panel * panel + column % panel,
                                  .b_step = panel,
                                  .c = sums + column};
            kernels->row_product(&product);
        }
}

/* One head, if its query meets what is too large for the kernels. */
static void mend_head(const DecodeStep *step, size_t token, size_t head)
{
    const FastLayer *layer = step->layer;
    const DecodeToken *of = &step->tokens[token];
    const KeyValueCache *cache = of->cache;
    size_t panel = layer->kernels->panel;
    CarefulHead careful = {.q = matrix_row(step->q, token) + head * layer->d_k,
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
                           .keys = of->keys,
                           .visible = of->keys,
                           .mask = &NO_MASK,
                           .out = matrix_row(step->concat, token) + head * layer->d_v,
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
    size_t token = index / step->parts;
    const DecodeToken *of = &step->tokens[token];
    const float *sums = matrix_row(step->sums, token);
    float *totals = matrix_row(step->totals, token), *concat = matrix_row(step->concat, token);
    Share heads = share_of(layer->heads, index % step->parts, step->parts);
    (void)thread;
    for (size_t head = heads.first; head < heads.end; head++)
        totals[head] = layer->kernels->row_weights(scores_of(step, token, head), of->keys);
    sum_values(step, token, heads);
    for (size_t head = heads.first; head < heads.end; head++)
        for (size_t c = 0; c < d_v; c++)
            concat[head * d_v + c] =
                sums[head * filled + c] / (totals[head] == 0.0f ? 1.0f : totals[head]);
    for (size_t head = heads.first; head < heads.end && !of->safe; head++)
        mend_head(step, token, head);
}

static void output_task(void *context, size_t index, size_t thread)
{
    const DecodeStep *step = context;
    const Kernels *kernels = step->layer->kernels;
    (void)thread;
    project(step, &step->layer->output, kernels->panel / kernels->tile, step->concat, index,
            step->y);
}

/* A place in its cache for each token. */
static Status take_places(DecodeStep *step)
{
    for (size_t i = 0; i < step->x.rows; i++) {
        KeyValueCache *cache = step->tokens[i].cache;
        if (cache->length == cache->capacity) {
            while (i > 0)
                step->tokens[--i].cache->length--;
            return fail(STATUS_SHAPE, "fast_decode_batch: a cache of %zu tokens is full",
                        cache->capacity);
        }
        step->tokens[i].keys = ++cache->length;
    }
    return STATUS_OK;
}

Status decode_step_run(DecodeStep *step, Matrix out)
{
    size_t count = step->x.rows, threads = step->threads;
    Status status = STATUS_OK;
    TRY(take_places(step));
    if (!are_few(step))
        pack_tokens(step->layer->kernels, step->x, 1.0f, step->packed.data);
    parallel_run(step->shares, threads, projection_task, step);
    for (size_t i = 0; i < count; i++)
        store(step, i);
    for (size_t i = 0; i < count; i++)
        step->tokens[i].safe = is_safe(step, i);
    parallel_run(count * step->parts, threads, score_task, step);
    parallel_run(count * step->parts, threads, head_task, step);
    parallel_run(step->shares, threads, output_task, step);
    for (size_t i = 0; i < count; i++)
        memcpy(matrix_row(out, i), matrix_row(step->y, i), out.cols * sizeof(float));
done:
    return status;
}
