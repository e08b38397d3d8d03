/* Attention over queries, keys and values that are there already: one head, no projections. */
#include "fast_attention.h"
#include "fast_parts.h"
#include "parallel.h"
#include "self_attention.h"

#include <float.h>
#include <stdlib.h>

/* One call on its way. */
typedef struct Sequences {
    const Kernels *kernels;
    const AttentionMask *mask;
    Matrix given, out;     /* the queries, and what becomes of them */
    float scale, greatest; /* the greatest magnitude of the packed queries */
    size_t d_k, keys;
    KeysValues kv;
    float *q;     /* Q^T in panels */
    float *rooms; /* what belongs to one thread, for each: heads_room(), results of a panel */
    size_t room;
    size_t results; /* where they begin in it */
} Sequences;

/* One panel of queries. */
static void panel_task(void *context, size_t index, size_t thread)
{
    Sequences *s = context;
    size_t panel = s->kernels->panel, all = s->out.rows, d_v = s->out.cols;
    size_t first = ((all - 1) / panel - index) * panel;
    float *room = s->rooms + thread * s->room, *results = room + s->results;
    HeadsBlock block = {.q = s->q + first * s->d_k,
                        .q_rows = s->d_k,
                        .greatest = s->greatest,
                        .q_limit = FLT_MAX,
                        .given = s->given,
                        .scale = s->scale,
                        .mask = s->mask,
                        .heads = 1,
                        .d_k = s->d_k,
                        .d_v = d_v,
                        .first = first,
                        .queries = all - first < panel ? all - first : panel,
                        .all_queries = all,
                        .keys = s->keys,
                        .room = room,
                        .out = results};
    attend_heads(s->kernels, &block, &s->kv);
    for (size_t i = 0; i < block.queries; i++)
        for (size_t c = 0; c < d_v; c++)
            matrix_row(s->out, first + i)[c] = results[c * panel + i];
}

/* Chapter 7's way. */
static Status attend_plainly(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                             Matrix out)
{
    Matrix weights;
    Status status = matrix_create(q.rows, k.rows, &weights);
    if (status == STATUS_OK)
        status = masked_attention(q, k, v, scale, mask, weights, out);
    matrix_free(&weights);
    return status;
}

static Status run(Sequences *s, Matrix k, Matrix v, size_t threads)
{
    const Kernels *kernels = s->kernels;
    size_t panel = kernels->panel, columns = panel_columns(kernels, v.cols, 1);
    Matrix q = s->given;
    size_t panels = round_up(q.rows, panel) / panel;
    threads = panels < threads ? panels : threads;
    float *memory;
    Layout own = {0}, all = {0};
    heads_room(kernels, panel, v.cols, &own);
    s->results = layout_add(&own, v.cols, panel);
    s->room = own.floats;
    size_t q_at = layout_add(&all, round_up(q.rows, panel), q.cols);
    size_t k_at = layout_add(&all, round_up(k.rows, panel), k.cols);
    size_t v_at = layout_add(&all, k.rows, columns);
    size_t packed = all.floats; /* without the rooms: the way must not depend on the threads */
    size_t rooms_at = layout_add(&all, threads, own.floats);
    if (panels_are_wasted(packed, (double)k.rows * (double)(k.cols + v.cols),
                          (double)q.rows * (double)k.rows))
        return attend_plainly(q, k, v, s->scale, s->mask, s->out);
    float *base = layout_create(&all, &memory);
    if (base == NULL)
        return STATUS_NO_MEMORY;
    s->q = base + q_at;
    s->rooms = base + rooms_at;
    s->kv = (KeysValues){.keys = base + k_at,
                         .key_rows = k.cols,
                         .values = base + v_at,
                         .value_rows = k.rows,
                         .value_filled = round_up(v.cols, kernels->tile)};
    pack_tokens(kernels, q, s->scale, s->q);
    pack_tokens(kernels, k, 1.0f, s->kv.keys);
    pack_panels(kernels, v, 1, s->kv.values);
    s->greatest = magnitude_of_panels(kernels, s->q, q.cols, q.cols, q.rows);
    s->kv.greatest_key = magnitude_of_panels(kernels, s->kv.keys, k.cols, k.cols, k.rows);
    s->kv.greatest_value = magnitude_of_values(kernels, &s->kv, columns, 0, k.rows);
    parallel_run(panels, threads, panel_task, s);
    free(memory);
    return STATUS_OK;
}

Status fast_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask, Isa isa,
                      size_t threads, Matrix out)
{
    Matrix weights = {NULL, q.rows, k.rows, k.rows};
    Status status = attention_expect_shapes("fast_attention", q, k, v, weights, out);
    if (status == STATUS_OK)
        status = mask_expect("fast_attention", mask, 1, q.rows, k.rows);
    if (status != STATUS_OK)
        return status;
    Sequences sequences = {.kernels = kernels_of(isa),
                           .mask = mask,
                           .given = q,
                           .out = out,
                           .scale = scale,
                           .d_k = q.cols,
                           .keys = k.rows};
    double products = (double)q.rows * (double)k.rows * (double)(q.cols + v.cols);
    threads = useful_threads(products, parallel_threads(threads));
    return run(&sequences, k, v, threads);
}
