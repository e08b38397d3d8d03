/* One sequence on its way through a prepared layer. */
#include "fast_internal.h"
#include "parallel.h"

#include <math.h>
#include <stdlib.h>

enum {
    GROUP = 512,     /* tokens that meet the weights, keys and values together, at most */
    SMALL = 2000000, /* multiplications that are not worth a second thread */
    LARGE = 8 << 20, /* floats of panels that may be too much */
    MUCH = 4         /* times the memory of chapter 7 */
};

typedef struct Run {
    const FastLayer *layer;
    const FastSequence *sequence;
    Matrix context;
    size_t past; /* keys and values before those of the context */
    bool look_at_all;
    bool packed;    /* the tokens of the only task are still packed when their queries are wanted */
    size_t threads; /* no more than tasks */
    size_t group;   /* tokens of one task */
    KeysValues kv;  /* shared: written by the first tasks, read by the others */
    float *magnitudes; /* for each task of the first kind: the greatest of its keys and values */
    float *workspaces; /* what belongs to one thread, for each: */
    size_t size;       /* so many floats, with places for */
    size_t q;          /* queries, after the tokens */
    size_t heads;      /* the heads' results */
    size_t columns;    /* some columns of the output */
    size_t states;     /* what attend_heads() needs */
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
    const FastLayer *layer = run->layer;
    size_t first = index * run->group, key = run->past + first;
    Matrix tokens = rows_of_group(run->context, first, run->group);
    compute_keys_values(layer, tokens, key, run->workspaces + thread * run->size, &run->kv,
                        run->magnitudes + 2 * index);
}

/* Some tokens from their queries to the output. */
static void queries_task(void *context, size_t index, size_t thread)
{
    Run *run = context;
    const FastLayer *layer = run->layer;
    /* the last ones first: under a causal mask they take longest */
    size_t all = run->sequence->x.rows, tasks = (all + run->group - 1) / run->group;
    size_t first = (tasks - 1 - index) * run->group;
    Matrix x = rows_of_group(run->sequence->x, first, run->group);
    float *own = run->workspaces + thread * run->size;
    if (!run->packed)
        pack_tokens(layer->kernels, x, 1.0f, own);
    float greatest = project_transposed(layer->kernels, &layer->query, own, x.rows, own + run->q,
                                        layer->query.results);
    QueryGroup group = {.q = own + run->q,
                        .q_rows = layer->query.results,
                        .greatest = greatest,
                        .q_limit = layer->q_limit,
                        .mask = &run->sequence->mask,
                        .heads = layer->heads,
                        .d_k = layer->d_k,
                        .d_v = layer->d_v,
                        .first = first,
                        .queries = x.rows,
                        .all_queries = all,
                        .keys = run->past + run->context.rows,
                        .look_at_all = run->look_at_all,
                        .workspace = own + run->states,
                        .out = own + run->heads};
    attend_heads(layer->kernels, &group, &run->kv);
    compute_output(layer, own + run->heads, own + run->columns,
                   rows_of_group(run->sequence->out, first, run->group));
}

/* Tokens of one task: few enough that every thread has two tasks, if there are so many. */
static size_t group_of(const Kernels *kernels, size_t tokens, size_t threads)
{
    size_t panels = round_up(tokens, kernels->panel) / kernels->panel;
    size_t most = GROUP / kernels->panel < panels ? GROUP / kernels->panel : panels;
    if (threads > 1 && panels / (2 * threads) < most)
        most = panels / (2 * threads);
    return (most == 0 ? 1 : most) * kernels->panel;
}

size_t useful_threads(double products, size_t threads)
{
    return products < (double)SMALL ? 1 : threads;
}

bool panels_are_wasted(size_t size, double inputs, double plain)
{
    return size > LARGE && inputs + (double)size > (double)MUCH * (inputs + plain);
}

static double products_of(const FastLayer *layer, size_t queries, size_t keys)
{
    double q = (double)queries, k = (double)keys, heads = (double)layer->heads;
    double d_k = heads * (double)layer->d_k, d_v = heads * (double)layer->d_v;
    return q * d_k * (double)layer->query.depth + k * (d_k + d_v) * (double)layer->key.depth +
           q * k * (d_k + d_v) + q * d_v * (double)layer->d_out;
}

/* How the memory is divided: what all threads share, and then what belongs to each. */
typedef struct Plan {
    size_t keys, values, magnitudes, workspaces, size;
} Plan;

static Plan plan(Run *run)
{
    const FastLayer *layer = run->layer;
    const Kernels *kernels = layer->kernels;
    size_t keys = round_up(run->past + run->context.rows, kernels->panel), group = run->group;
    size_t widest = layer->query.depth > layer->key.depth ? layer->query.depth : layer->key.depth;
    Workspace own = {0}, all = {0};
    Plan result;
    workspace_reserve(&own, group, widest); /* the tokens come first */
    run->q = workspace_reserve(&own, group, layer->query.results);
    run->heads = workspace_reserve(&own, group, layer->output.depth);
    run->columns = workspace_reserve(&own, group, kernels->panel);
    run->states = heads_reserve(kernels, group, layer->d_v, &own);
    run->size = own.size;
    result.keys = workspace_reserve(&all, keys, layer->key.results + KEY_GAP);
    result.values = workspace_reserve(&all, keys, layer->value.results);
    result.magnitudes = workspace_reserve(&all, keys / kernels->panel, 2);
    result.workspaces = workspace_reserve(&all, run->threads, own.size);
    result.size = all.size;
    return result;
}

static Run new_run(const FastWork *work)
{
    const FastSequence *sequence = work->sequence;
    Run run = {.layer = work->layer,
               .sequence = sequence,
               .context = sequence->context.data != NULL ? sequence->context : sequence->x,
               .past = work->past,
               .look_at_all = work->look_at_all};
    size_t queries = sequence->x.rows, keys = run.context.rows;
    run.threads = useful_threads(products_of(work->layer, queries, keys), work->threads);
    run.group = group_of(work->layer->kernels, queries > keys ? queries : keys, run.threads);
    size_t tasks = ((queries > keys ? queries : keys) + run.group - 1) / run.group;
    run.threads = tasks < run.threads ? tasks : run.threads;
    run.packed = sequence->context.data == NULL && queries <= run.group;
    return run;
}

static KeysValues keys_values(const Run *run, const Plan *places, float *floats)
{
    const FastLayer *layer = run->layer;
    return (KeysValues){.keys = floats + places->keys,
                        .key_rows = layer->key.results + KEY_GAP,
                        .values = floats + places->values,
                        .value_rows =
                            round_up(run->past + run->context.rows, layer->kernels->panel),
                        .value_filled = round_up(layer->d_v, layer->kernels->tile)};
}

size_t fast_layer_size(const FastWork *work)
{
    Run run = new_run(work);
    return plan(&run).size;
}

KeysValues fast_layer_keys_values(const FastWork *work, float *floats)
{
    Run run = new_run(work);
    Plan places = plan(&run);
    return keys_values(&run, &places, floats);
}

void fast_layer_run(const FastWork *work, float *floats)
{
    const FastLayer *layer = work->layer;
    Run run = new_run(work);
    Plan places = plan(&run);
    run.kv = keys_values(&run, &places, floats);
    run.magnitudes = floats + places.magnitudes;
    run.workspaces = floats + places.workspaces;
    size_t tasks = (run.context.rows + run.group - 1) / run.group;
    parallel_run(tasks, run.threads, keys_task, &run);
    KeysValues *kv = &run.kv;
    kv->greatest_key =
        magnitude_of_panels(layer->kernels, kv->keys, layer->key.results, kv->key_rows, run.past);
    kv->greatest_value = magnitude_of_values(layer->kernels, kv, layer->value.results, 0, run.past);
    for (size_t i = 0; i < tasks; i++) {
        kv->greatest_key = fmaxf(kv->greatest_key, run.magnitudes[2 * i]);
        kv->greatest_value = fmaxf(kv->greatest_value, run.magnitudes[2 * i + 1]);
    }
    tasks = (work->sequence->x.rows + run.group - 1) / run.group;
    parallel_run(tasks, run.threads, queries_task, &run);
}
