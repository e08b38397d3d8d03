#include "fast_layer.h"

#include "fast_attention.h"
#include "fast_parts.h"
#include "memory.h"
#include "parallel.h"
#include "self_attention.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* A matrix without numbers: enough to check shapes with. */
static Matrix blank(size_t rows, size_t cols)
{
    return (Matrix){NULL, rows, cols, cols};
}

/* --- Preparing ------------------------------------------------------------------------------- */

static MultiHeadLayer shape_of(const MultiHeadLayer *layer)
{
    return (MultiHeadLayer){.w_q = blank(layer->w_q.rows, layer->w_q.cols),
                            .w_k = blank(layer->w_k.rows, layer->w_k.cols),
                            .w_v = blank(layer->w_v.rows, layer->w_v.cols),
                            .w_o = blank(layer->w_o.rows, layer->w_o.cols),
                            .heads = layer->heads};
}

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

/* Sets room aside for everything, then fills it. */
static Status allocate(FastLayer *fast, const MultiHeadLayer *layer)
{
    const Kernels *kernels = fast->kernels;
    Projection *all[4] = {&fast->query, &fast->key, &fast->value, &fast->output};
    Layout layout = {0};
    size_t at[8];
    float *places[8];
    fast->query =
        (Projection){.depth = layer->w_q.rows, .results = round_up(layer->w_q.cols, kernels->tile)};
    fast->key =
        (Projection){.depth = layer->w_k.rows, .results = round_up(layer->w_k.cols, kernels->tile)};
    fast->value = (Projection){.depth = layer->w_v.rows,
                               .results = panel_columns(kernels, layer->w_v.cols, layer->heads)};
    fast->output = (Projection){.depth = layer->w_o.rows,
                                .results = panel_columns(kernels, layer->w_o.cols, 1)};
    for (size_t i = 0; i < 4; i++) {
        at[2 * i] = layout_add(&layout, all[i]->results, all[i]->depth);
        at[2 * i + 1] = layout_add(&layout, all[i]->results, 1);
    }
    float *base = layout_create(&layout, &fast->memory);
    if (base == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < 8; i++)
        places[i] = base + at[i];
    for (size_t i = 0; i < 4; i++) {
        all[i]->weights = places[2 * i];
        all[i]->bias = places[2 * i + 1];
    }
    prepare(fast, layer, places);
    return STATUS_OK;
}

Status fast_layer_create(const MultiHeadLayer *layer, Isa isa, FastLayer **result)
{
    *result = NULL;
    Status status = multi_head_expect_shapes("fast_layer_create", blank(1, layer->w_q.rows),
                                             blank(1, layer->w_k.rows), layer,
                                             blank(layer->heads, 1), blank(1, layer->w_o.cols));
    if (status != STATUS_OK)
        return status;
    FastLayer *fast = memory_allocate(1, sizeof *fast);
    if (fast == NULL)
        return STATUS_NO_MEMORY;
    fast->kernels = kernels_of(isa);
    fast->shape = shape_of(layer);
    fast->d_k = layer->w_q.cols / layer->heads;
    fast->d_v = layer->w_v.cols / layer->heads;
    fast->q_limit = FLT_MAX * attention_scale(fast->d_k);
    status = allocate(fast, layer);
    if (status == STATUS_OK)
        *result = fast;
    else
        fast_layer_free(fast);
    return status;
}

void fast_layer_free(FastLayer *layer)
{
    if (layer != NULL)
        free(layer->memory);
    free(layer);
}

/* --- Running --------------------------------------------------------------------------------- */

static Status expect_sequence(const FastLayer *layer, const FastSequence *sequence)
{
    Matrix context = sequence->context.data != NULL ? sequence->context : sequence->x;
    size_t heads = layer->shape.heads, queries = sequence->x.rows;
    Status status =
        multi_head_expect_shapes("fast_multi_head_attention", sequence->x, context, &layer->shape,
                                 blank(heads * queries, context.rows), sequence->out);
    if (status == STATUS_OK)
        status =
            mask_expect("fast_multi_head_attention", &sequence->mask, heads, queries, context.rows);
    return status;
}

Status fast_multi_head_attention(const FastLayer *layer, const FastSequence *sequence,
                                 size_t threads)
{
    return fast_multi_head_attention_batch(layer, sequence, 1, threads);
}

Status fast_multi_head_attention_unskipped(const FastLayer *layer, const FastSequence *sequence)
{
    float *memory;
    Status status = expect_sequence(layer, sequence);
    if (status != STATUS_OK)
        return status;
    FastWork work = {.layer = layer, .sequence = sequence, .threads = 1, .look_at_all = true};
    Layout layout = {fast_layer_room(&work)};
    float *room = layout_create(&layout, &memory);
    if (room == NULL)
        return STATUS_NO_MEMORY;
    fast_layer_run(&work, room);
    free(memory);
    return STATUS_OK;
}

/* Several sequences. Each is one thread's, when there are as many as threads. */
typedef struct Batch {
    const FastLayer *layer;
    const FastSequence *sequences;
    size_t threads; /* for one sequence */
    float *rooms;
    size_t room; /* floats of one room, enough for each of the sequences */
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
    fast_layer_run(&work, batch->rooms + thread * batch->room);
}

Status fast_multi_head_attention_batch(const FastLayer *layer, const FastSequence *sequences,
                                       size_t count, size_t threads)
{
    float *memory;
    Batch batch = {.layer = layer, .sequences = sequences};
    Status status = STATUS_OK;
    threads = parallel_threads(threads);
    size_t at_once = count >= threads ? threads : 1;
    batch.threads = threads / at_once;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = expect_sequence(layer, &sequences[i]);
        FastWork work = work_of(&batch, i);
        size_t room = status == STATUS_OK ? fast_layer_room(&work) : 0;
        batch.room = room > batch.room ? room : batch.room;
    }
    if (status != STATUS_OK)
        return status;
    Layout layout = {0};
    layout_add(&layout, at_once, batch.room);
    batch.rooms = layout_create(&layout, &memory);
    if (batch.rooms == NULL)
        return STATUS_NO_MEMORY;
    parallel_run(count, at_once, sequence_task, &batch);
    free(memory);
    return STATUS_OK;
}
