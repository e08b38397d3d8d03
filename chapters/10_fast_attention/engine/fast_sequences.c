/* Attention over queries, keys and values that are there already: one head, no projections. */
#include "fast_internal.h"
#include "mask_expect.h"
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
    float *q;          /* Q^T in panels */
    float *workspaces; /* what belongs to one thread, for each: */
    size_t size;       /* so many floats: those of heads_reserve(), and from */
    size_t results;    /* here on the results of a panel */
} Sequences;

/* One panel of queries. */
static void panel_task(void *context, size_t index, size_t thread)
{
    Sequences *s = context;
    size_t panel = s->kernels->panel, all = s->out.rows, d_v = s->out.cols;
    size_t first = ((all - 1) / panel - index) * panel;
    float *own = s->workspaces + thread * s->size, *results = own + s->results;
    QueryGroup group = {.q = s->q + first * s->d_k,
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
                        .workspace = own,
                        .out = results};
    attend_heads(s->kernels, &group, &s->kv);
    for (size_t i = 0; i < group.queries; i++)
        for (size_t c = 0; c < d_v; c++)
            matrix_row(s->out, first + i)[c] = results[c * panel + i];
}

/* Chapter 7's way. */
static Status attend_plainly(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                             Matrix out)
{
    Matrix weights = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(matrix_create(q.rows, k.rows, &weights));
    TRY(masked_attention(q, k, v, scale, mask, weights, out));
done:
    matrix_free(&weights);
    return status;
}

/* Packs queries, keys and values, and notes their greatest magnitudes. */
static void pack(Sequences *s, Matrix k, Matrix v)
{
    const Kernels *kernels = s->kernels;
    Matrix q = s->given;
    pack_tokens(kernels, q, s->scale, s->q);
    pack_tokens(kernels, k, 1.0f, s->kv.keys);
    pack_panels(kernels, v, 1, s->kv.values);
    s->greatest = magnitude_of_panels(kernels, s->q, q.cols, q.cols, q.rows);
    s->kv.greatest_key = magnitude_of_panels(kernels, s->kv.keys, k.cols, k.cols, k.rows);
    s->kv.greatest_value =
        magnitude_of_values(kernels, &s->kv, panel_columns(kernels, v.cols, 1), 0, k.rows);
}

static Status run(Sequences *s, Matrix k, Matrix v, size_t threads)
{
    const Kernels *kernels = s->kernels;
    Matrix q = s->given;
    size_t panel = kernels->panel, panels = round_up(q.rows, panel) / panel;
    Workspace own = {0}, all = {0};
    Status status = STATUS_OK;
    threads = panels < threads ? panels : threads;
    heads_reserve(kernels, panel, v.cols, &own);
    s->results = workspace_reserve(&own, v.cols, panel);
    s->size = own.size;
    size_t q_at = workspace_reserve(&all, round_up(q.rows, panel), q.cols);
    size_t k_at = workspace_reserve(&all, round_up(k.rows, panel), k.cols);
    size_t v_at = workspace_reserve(&all, k.rows, panel_columns(kernels, v.cols, 1));
    size_t packed = all.size; /* of any number of threads: the way must not depend on it */
    size_t workspaces_at = workspace_reserve(&all, threads, own.size);
    if (panels_are_wasted(packed, (double)k.rows * (double)(k.cols + v.cols),
                          (double)q.rows * (double)k.rows))
        return attend_plainly(q, k, v, s->scale, s->mask, s->out);
    TRY(workspace_create(&all));
    s->q = all.floats + q_at;
    s->workspaces = all.floats + workspaces_at;
    s->kv = (KeysValues){.keys = all.floats + k_at,
                         .key_rows = k.cols,
                         .values = all.floats + v_at,
                         .value_rows = k.rows,
                         .value_filled = round_up(v.cols, kernels->tile)};
    pack(s, k, v);
    parallel_run(panels, threads, panel_task, s);
done:
    workspace_free(&all);
    return status;
}

static Status expect(Matrix q, Matrix k, Matrix v, const AttentionMask *mask, Matrix out)
{
    static const char NAME[] = "fast_attention";
    Matrix weights = {NULL, q.rows, k.rows, k.rows};
    Status status = STATUS_OK;
    TRY(attention_expect_shapes(NAME, q, k, v, weights, out));
    TRY(mask_expect(NAME, mask, 1, q.rows, k.rows));
done:
    return status;
}

Status fast_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask, Isa isa,
                      size_t threads, Matrix out)
{
    Sequences sequences = {.kernels = kernels_of(isa),
                           .mask = mask,
                           .given = q,
                           .out = out,
                           .scale = scale,
                           .d_k = q.cols,
                           .keys = k.rows};
    double products = (double)q.rows * (double)k.rows * (double)(q.cols + v.cols);
    Status status = STATUS_OK;
    TRY(expect(q, k, v, mask, out));
    TRY(run(&sequences, k, v, useful_threads(products, parallel_threads(threads))));
done:
    return status;
}
