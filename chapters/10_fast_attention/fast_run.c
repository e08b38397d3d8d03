/* One sequence on its way through a prepared layer. */
#include "fast_parts.h"
#include "parallel.h"

#include <stdlib.h>

enum {
    GROUP_PANELS = 4,        /* panels of tokens that meet the weights together, at most */
    SMALL = 4 * 1000 * 1000, /* operations that are not worth a second thread */
};

/* One sequence on its way through a layer. */
typedef struct Run {
    const FastLayer *layer;
    const FastSequence *sequence;
    Matrix context;
    bool look_at_all;
    size_t group;  /* tokens of one task */
    KeysValues kv; /* shared: written by the first tasks, read by the others */
    float *finite; /* for each task of the first kind: 1 when its values are finite */
    float *rooms;  /* what belongs to one thread, for each */
    size_t room;   /* floats of it */
    size_t at[5];  /* places in it: x, q, heads, columns of out, attention */
} Run;

static Matrix rows_of_group(Matrix matrix, size_t first, size_t group)
{
    Matrix rows = matrix;
    rows.data = matrix_row(matrix, first);
    rows.rows = matrix.rows - first < group ? matrix.rows - first : group;
    return rows;
}

/* The keys and values of some tokens. */
static void keys_task(void *context, size_t index, size_t thread)
{
    Run *run = context;
    size_t first = index * run->group;
    Matrix tokens = rows_of_group(run->context, first, run->group);
    compute_keys_values(run->layer, tokens, first, run->rooms + thread * run->room, &run->kv);
    run->finite[index] = values_are_finite(run->layer->kernels, &run->kv, run->layer->value.results,
                                           first, tokens.rows)
                             ? 1.0f
                             : 0.0f;
}

/* Some tokens from their queries to the output. */
static void queries_task(void *context, size_t index, size_t thread)
{
    Run *run = context;
    const FastLayer *layer = run->layer;
    const Kernels *kernels = layer->kernels;
    /* the last ones first: under a causal mask they take longest */
    size_t all = run->sequence->x.rows, tasks = (all + run->group - 1) / run->group;
    size_t first = (tasks - 1 - index) * run->group;
    Matrix x = rows_of_group(run->sequence->x, first, run->group);
    float *room = run->rooms + thread * run->room, *q = room + run->at[1];
    float *heads = room + run->at[2];
    pack_tokens(kernels, x, 1.0f, room + run->at[0]);
    project_transposed(kernels, &layer->query, room + run->at[0], x.rows, q);
    HeadsBlock block = {.q = q,
                        .q_rows = layer->query.results,
                        .mask = &run->sequence->mask,
                        .heads = layer->shape.heads,
                        .d_k = layer->d_k,
                        .d_v = layer->d_v,
                        .first = first,
                        .queries = x.rows,
                        .all_queries = all,
                        .keys = run->context.rows,
                        .look_at_all = run->look_at_all,
                        .room = room + run->at[4],
                        .out = heads};
    attend_heads(kernels, &block, &run->kv);
    compute_output(layer, heads, room + run->at[3],
                   rows_of_group(run->sequence->out, first, run->group));
}

/* Tokens of one task: few enough that every thread has two tasks, if there are so many. */
static size_t group_of(const Kernels *kernels, size_t tokens, size_t threads)
{
    size_t panels = round_up(tokens, kernels->panel) / kernels->panel, most = GROUP_PANELS;
    if (threads > 1 && panels / (2 * threads) < most)
        most = panels / (2 * threads);
    return (most == 0 ? 1 : most) * kernels->panel;
}

/* A second thread has to be woken up, which takes as long as some million operations. */
static size_t useful_threads(const FastLayer *layer, size_t queries, size_t keys, size_t threads)
{
    const MultiHeadLayer *shape = &layer->shape;
    double q = (double)queries, k = (double)keys, d_k = (double)shape->w_q.cols,
           d_v = (double)shape->w_v.cols;
    double products = q * d_k * (double)shape->w_q.rows +
                      k * (d_k + d_v) * (double)shape->w_k.rows + q * k * (d_k + d_v) +
                      q * d_v * (double)shape->w_o.cols;
    return 2.0 * products < SMALL ? 1 : threads;
}

/* Sets room aside for what all threads share, and then for each its own. */
static Status make_room(Run *run, size_t threads, float **memory)
{
    const FastLayer *layer = run->layer;
    const Kernels *kernels = layer->kernels;
    size_t keys = round_up(run->context.rows, kernels->panel), group = run->group;
    size_t widest = layer->query.depth > layer->key.depth ? layer->query.depth : layer->key.depth;
    Layout own = {0}, all = {0};
    run->at[0] = layout_add(&own, group, widest);
    run->at[1] = layout_add(&own, group, layer->query.results);
    run->at[2] = layout_add(&own, group, layer->output.depth);
    run->at[3] = layout_add(&own, group, kernels->panel);
    run->at[4] = heads_room(kernels, group, layer->d_v, &own);
    run->room = own.floats;
    size_t k = layout_add(&all, keys, layer->key.results);
    size_t v = layout_add(&all, keys, layer->value.results);
    size_t finite = layout_add(&all, keys / kernels->panel, 1);
    size_t rooms = layout_add(&all, threads, own.floats);
    float *base = layout_create(&all, memory);
    if (base == NULL)
        return STATUS_NO_MEMORY;
    run->kv = (KeysValues){.keys = base + k,
                           .key_rows = layer->key.results,
                           .values = base + v,
                           .value_rows = keys,
                           .value_filled = round_up(layer->d_v, kernels->tile),
                           .finite = true};
    run->finite = base + finite;
    run->rooms = base + rooms;
    return STATUS_OK;
}

Status fast_layer_run(const FastLayer *layer, const FastSequence *sequence, size_t threads,
                      bool look_at_all)
{
    float *memory;
    Run run = {.layer = layer,
               .sequence = sequence,
               .context = sequence->context.data != NULL ? sequence->context : sequence->x,
               .look_at_all = look_at_all};
    size_t queries = sequence->x.rows, keys = run.context.rows;
    threads = useful_threads(layer, queries, keys, threads);
    run.group = group_of(layer->kernels, queries > keys ? queries : keys, threads);
    if (make_room(&run, threads, &memory) != STATUS_OK)
        return STATUS_NO_MEMORY;
    size_t tasks = (keys + run.group - 1) / run.group;
    parallel_run(tasks, threads, keys_task, &run);
    for (size_t i = 0; i < tasks; i++)
        run.kv.finite = run.kv.finite && run.finite[i] != 0.0f;
    parallel_run((queries + run.group - 1) / run.group, threads, queries_task, &run);
    free(memory);
    return STATUS_OK;
}
