#include "fast_arrays.h"

#include "fast_attention.h"
#include "fast_internal.h"
#include "masking_arrays.h"
#include "memory.h"
#include "parallel.h"
#include "stopwatch.h"

#include <stdio.h>
#include <stdlib.h>

const Option FAST_OPTIONS[FAST_OPTION_COUNT] = {
    MASKING_OPTIONS,
    [FAST_THREADS] = {"threads", "N", "how many threads may work (default: as many as there are)"},
    [FAST_REPEAT] = {"repeat", "R", "compute R times; report the median time on standard error"},
    [FAST_ISA] = {"isa", "LEVEL", "baseline, avx2 or avx512 (default: the best)"},
};

/* How to compute, and what was measured. */
typedef struct FastRun {
    Isa isa;
    size_t threads;
    size_t repeats;
    double *seconds;   /* of each repetition, all sequences of the batch together */
    double operations; /* useful ones, of all sequences */
    FastLayer *layer;  /* prepared for all sequences; NULL without a layer */
} FastRun;

static Status read_run(FastRun *run)
{
    Status status = STATUS_OK;
    size_t threads;
    TRY(isa_choose(program_value(FAST_ISA), &run->isa));
    TRY(program_size(FAST_THREADS, 0, 1, &threads));
    TRY(program_size(FAST_REPEAT, 1, 1, &run->repeats));
    TRY(program_expect_array((const size_t[]){FAST_REPEAT}, 1, sizeof *run->seconds));
    run->threads = parallel_threads(threads);
    run->seconds = memory_allocate(run->repeats, sizeof *run->seconds);
    status = run->seconds != NULL ? STATUS_OK : STATUS_NO_MEMORY;
done:
    return status;
}

/* --- Computing ------------------------------------------------------------------------------- */

static Matrix context_of(const MaskingItem *item)
{
    return item->keys.data != NULL ? item->keys : item->queries;
}

/* Few queries and very many narrow keys are better off with chapter 7. */
static bool is_for_chapter_7(const FastRun *run, const FastSequence *sequence,
                             const MaskingArrays *arrays, const MaskingItem *item)
{
    /* of one thread: the way must not depend on their number */
    FastWork work = {.layer = run->layer, .sequence = sequence, .threads = 1};
    const MultiHeadLayer *layer = &arrays->layer;
    Matrix context = context_of(item);
    double keys = (double)context.rows, rows = (double)layer->heads * (double)item->queries.rows;
    return panels_are_wasted(fast_layer_size(&work), keys * (double)context.cols,
                             keys * ((double)(layer->w_k.cols + layer->w_v.cols) + rows));
}

/* Chapter 7's way, and its weights are not kept. */
static Status compute_plainly(const MaskingArrays *arrays, MaskingItem item)
{
    Status status = STATUS_OK;
    TRY(matrix_create(arrays->layer.heads * item.queries.rows, context_of(&item).rows,
                      &item.weights));
    TRY(masking_compute(arrays, &item));
done:
    matrix_free(&item.weights);
    return status;
}

static Status compute(const FastRun *run, const MaskingArrays *arrays, const MaskingItem *item)
{
    FastSequence sequence = {item->queries, item->keys, item->mask, item->out};
    if (!arrays->has_layer)
        return fast_attention(item->queries, item->keys, item->values, arrays->scale, &item->mask,
                              run->isa, run->threads, item->out);
    if (is_for_chapter_7(run, &sequence, arrays, item))
        return compute_plainly(arrays, *item);
    return fast_multi_head_attention(run->layer, &sequence, run->threads);
}

/* Multiplications and additions; of the scores, only those that are looked at. */
static double operations(const MaskingArrays *arrays, const MaskingItem *item)
{
    const MultiHeadLayer *layer = &arrays->layer;
    Matrix x = item->queries, context = context_of(item);
    double pairs = 0.0;
    for (size_t i = 0; i < x.rows; i++)
        pairs += (double)visible_keys(&item->mask, i, 1, context.rows);
    if (!arrays->has_layer)
        return 2.0 * pairs * (double)(x.cols + item->values.cols);
    double columns = (double)(layer->w_q.cols + layer->w_v.cols);
    return 2.0 *
           ((double)x.rows * (double)x.cols * (double)layer->w_q.cols +
            (double)context.rows * (double)layer->w_k.rows * columns +
            (double)x.rows * (double)layer->w_o.rows * (double)layer->w_o.cols + pairs * columns);
}

/* One sequence of the batch. Where weights are wanted, chapter 7 computes them. */
static Status attend(FastRun *run, const MaskingArrays *arrays, const MaskingItem *item)
{
    Status status = STATUS_OK;
    if (item->weights.data != NULL)
        TRY(masking_compute(arrays, item));
    for (size_t r = 0; r < run->repeats; r++) {
        double begin = stopwatch_seconds();
        TRY(compute(run, arrays, item));
        run->seconds[r] += stopwatch_seconds() - begin;
    }
    run->operations += operations(arrays, item);
done:
    return status;
}

/* --- The program ----------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static void report(const FastRun *run)
{
    qsort(run->seconds, run->repeats, sizeof *run->seconds, compare);
    double median = (run->seconds[(run->repeats - 1) / 2] + run->seconds[run->repeats / 2]) / 2.0;
    fprintf(stderr, "runs=%zu median_ms=%.4f gflops=%.2f threads=%zu isa=%s\n", run->repeats,
            median * 1e3, median > 0.0 ? run->operations / median / 1e9 : 0.0, run->threads,
            isa_name(run->isa));
}

Status fast_arrays(void)
{
    Status status = STATUS_OK;
    FastRun run = {.layer = NULL};
    MaskingArrays all = {.has_layer = false};
    TRY(read_run(&run));
    TRY(masking_arrays_read(&all));
    TRY(masking_arrays_create(&all, program_value(MASKING_WEIGHTS_OUT) != NULL));
    if (all.has_layer)
        TRY(fast_layer_create(&all.layer, run.isa, &run.layer));
    for (size_t i = 0; i < array_matrices(all.queries); i++) {
        MaskingItem item = masking_item(&all, i);
        TRY(attend(&run, &all, &item));
    }
    TRY(masking_arrays_write(&all));
    if (program_value(FAST_REPEAT) != NULL)
        report(&run);
done:
    masking_arrays_free(&all);
    fast_layer_free(run.layer);
    free(run.seconds);
    return status;
}
