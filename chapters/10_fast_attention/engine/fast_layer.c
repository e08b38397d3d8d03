#include "fast_layer.h"

#include "fast_internal.h"
#include "mask_expect.h"
#include "memory.h"
#include "parallel.h"
#include "self_attention.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* --- Preparing ------------------------------------------------------------------------------- */

/* A bias in the order of pack_tiles(). */
static void tile_bias(const FastLayer *fast, Matrix bias, float scale, size_t results, float *to)
{
    if (bias.data == NULL)
        memset(to, 0, results * sizeof *to);
    else
        pack_tiles(fast->kernels, bias, scale, to);
}

/* A bias in the order of pack_panels(). */
static void panel_bias(const FastLayer *fast, Matrix bias, size_t groups, size_t results, float *to)
{
    if (bias.data == NULL)
        memset(to, 0, results * sizeof *to);
    else
        pack_panels(fast->kernels, bias, groups, to);
}

static void prepare(FastLayer *fast, const MultiHeadLayer *layer, float *const places[8])
{
    const Kernels *kernels = fast->kernels;
    float scale = attention_scale(fast->d_k);
    pack_tiles(kernels, layer->w_q, scale, places[0]);
    tile_bias(fast, layer->b_q, scale, fast->query.results, places[1]);
    pack_tiles(kernels, layer->w_k, 1.0f, places[2]);
    tile_bias(fast, layer->b_k, 1.0f, fast->key.results, places[3]);
    pack_panels(kernels, layer->w_v, layer->heads, places[4]);
    panel_bias(fast, layer->b_v, layer->heads, fast->value.results, places[5]);
    pack_panels(kernels, layer->w_o, 1, places[6]);
    panel_bias(fast, layer->b_o, 1, fast->output.results, places[7]);
}

/* What goes into each projection, and what comes out in the kernels' order. */
static void measure(FastLayer *fast, const MultiHeadLayer *layer)
{
    const Kernels *kernels = fast->kernels;
    size_t tile = kernels->tile, heads = layer->heads;
    fast->query.depth = layer->w_q.rows;
    fast->query.results = round_up(layer->w_q.cols, tile);
    fast->key.depth = layer->w_k.rows;
    fast->key.results = round_up(layer->w_k.cols, tile);
    fast->value.depth = layer->w_v.rows;
    fast->value.results = panel_columns(kernels, layer->w_v.cols, heads);
    fast->output.depth = layer->w_o.rows;
    fast->output.results = panel_columns(kernels, layer->w_o.cols, 1);
}

/* Makes the memory of all weights and biases, and fills it. */
static Status fill(FastLayer *fast, const MultiHeadLayer *layer)
{
    Projection *all[4] = {&fast->query, &fast->key, &fast->value, &fast->output};
    Workspace *numbers = &fast->numbers;
    size_t at[8];
    float *places[8];
    Status status = STATUS_OK;
    for (size_t i = 0; i < 4; i++) {
        at[2 * i] = workspace_reserve(numbers, all[i]->results, all[i]->depth);
        at[2 * i + 1] = workspace_reserve(numbers, all[i]->results, 1);
    }
    TRY(workspace_create(numbers));
    for (size_t i = 0; i < 8; i++)
        places[i] = numbers->floats + at[i];
    for (size_t i = 0; i < 4; i++) {
        all[i]->weights = places[2 * i];
        all[i]->bias = places[2 * i + 1];
    }
    prepare(fast, layer, places);
done:
    return status;
}

static Status expect_layer(const MultiHeadLayer *layer)
{
    return multi_head_expect_shapes(
        "fast_layer_create", matrix_shape(1, layer->w_q.rows), matrix_shape(1, layer->w_k.rows),
        layer, matrix_shape(layer->heads, 1), matrix_shape(1, layer->w_o.cols));
}

Status fast_layer_create(const MultiHeadLayer *layer, Isa isa, FastLayer **result)
{
    FastLayer *fast = NULL;
    Status status = STATUS_OK;
    *result = NULL;
    TRY(expect_layer(layer));
    fast = memory_allocate(1, sizeof *fast);
    TRY(fast != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    fast->kernels = kernels_of(isa);
    fast->heads = layer->heads;
    fast->d_k = layer->w_q.cols / layer->heads;
    fast->d_v = layer->w_v.cols / layer->heads;
    fast->d_out = layer->w_o.cols;
    fast->q_limit = FLT_MAX * attention_scale(fast->d_k);
    measure(fast, layer);
    TRY(fill(fast, layer));
    *result = fast;
    fast = NULL;
done:
    fast_layer_free(fast);
    return status;
}

void fast_layer_free(FastLayer *layer)
{
    if (layer != NULL)
        workspace_free(&layer->numbers);
    free(layer);
}

/* --- Running --------------------------------------------------------------------------------- */

Status fast_layer_expect(const char *function, const FastLayer *layer, Matrix x, Matrix context,
                         Matrix out)
{
    size_t d_model = layer->query.depth, d_context = layer->key.depth;
    Status status = STATUS_OK;
    TRY(matrix_expect(function, "x", x, x.rows, d_model, "T_q x d_model"));
    TRY(matrix_expect(function, "the sequence of the keys", context, context.rows, d_context,
                      "T_k x d_context"));
    TRY(matrix_expect(function, "out", out, x.rows, layer->d_out, "T_q x d_out"));
done:
    return status;
}

static Status expect_sequence(const FastLayer *layer, const FastSequence *sequence)
{
    static const char NAME[] = "fast_multi_head_attention";
    Matrix x = sequence->x, context = sequence->context.data != NULL ? sequence->context : x;
    Status status = STATUS_OK;
    TRY(fast_layer_expect(NAME, layer, x, context, sequence->out));
    TRY(mask_expect(NAME, &sequence->mask, layer->heads, x.rows, context.rows));
done:
    return status;
}

Status fast_multi_head_attention(const FastLayer *layer, const FastSequence *sequence,
                                 size_t threads)
{
    return fast_multi_head_attention_batch(layer, sequence, 1, threads);
}

Status fast_multi_head_attention_unskipped(const FastLayer *layer, const FastSequence *sequence)
{
    FastWork work = {.layer = layer, .sequence = sequence, .threads = 1, .look_at_all = true};
    Workspace workspace = {0};
    Status status = STATUS_OK;
    TRY(expect_sequence(layer, sequence));
    workspace.size = fast_layer_size(&work);
    TRY(workspace_create(&workspace));
    fast_layer_run(&work, workspace.floats);
done:
    workspace_free(&workspace);
    return status;
}

/* Several sequences. Each is one thread's, when there are as many as threads. */
typedef struct Batch {
    const FastLayer *layer;
    const FastSequence *sequences;
    size_t threads;      /* for one sequence */
    Workspace workspace; /* for each thread */
    size_t size;         /* so many floats, enough for each of the sequences */
} Batch;

static FastWork work_of(const Batch *batch, size_t index)
{
    return (FastWork){
        .layer = batch->layer, .sequence = &batch->sequences[index], .threads = batch->threads};
}

static void sequence_task(void *context, size_t index, size_t thread)
{
    const Batch *batch = context;
    FastWork work = work_of(batch, index);
    fast_layer_run(&work, batch->workspace.floats + thread * batch->size);
}

/* The workspace that the largest of the sequences needs. */
static size_t largest_size(const Batch *batch, size_t count)
{
    size_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        FastWork work = work_of(batch, i);
        size_t size = fast_layer_size(&work);
        largest = size > largest ? size : largest;
    }
    return largest;
}

Status fast_multi_head_attention_batch(const FastLayer *layer, const FastSequence *sequences,
                                       size_t count, size_t threads)
{
    size_t all = parallel_threads(threads), at_once = count >= all ? all : 1;
    Batch batch = {.layer = layer, .sequences = sequences, .threads = all / at_once};
    Status status = STATUS_OK;
    for (size_t i = 0; i < count; i++)
        TRY(expect_sequence(layer, &sequences[i]));
    batch.size = largest_size(&batch, count);
    workspace_reserve(&batch.workspace, at_once, batch.size);
    TRY(workspace_create(&batch.workspace));
    parallel_run(count, at_once, sequence_task, &batch);
done:
    workspace_free(&batch.workspace);
    return status;
}
