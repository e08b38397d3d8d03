#include "fast_arrays.h"

#include "fast_attention.h"
#include "fast_internal.h"
#include "masking_arrays.h"
#include "memory.h"
#include "parallel.h"
#include "stopwatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const Option *fast_options(void)
{
    static Option options[FAST_OPTION_COUNT];
    memcpy(options, MASKING_OPTIONS, sizeof MASKING_OPTIONS);
    options[FAST_THREADS] =
        (Option){"threads", "N", "how many threads may work (default: as many as there are)"};
    options[FAST_REPEAT] =
        (Option){"repeat", "R", "compute R times, and tell the median time on standard error"};
    options[FAST_ISA] = (Option){"isa", "LEVEL", "baseline, avx2 or avx512 (default: the best)"};
    return options;
}

/* How the engine runs, and what it measured. There is one program to a process. */
static struct {
    Isa isa;
    size_t threads;
    size_t repeats;
    double *seconds;     /* of each repetition, all sequences of the batch together */
    double operations;   /* useful ones, of all sequences */
    FastLayer *prepared; /* one for all sequences; NULL before the first */
} settings;

/* --- The engine: chapter 7's interface, chapter 10's work ------------------------------------ */

/* Scores that are looked at. */
static double visible_pairs(const AttentionMask *mask, size_t queries, size_t keys)
{
    double pairs = 0.0;
    for (size_t i = 0; i < queries; i++)
        pairs += (double)visible_keys(mask, i, 1, keys);
    return pairs;
}

/* Few queries and very many narrow keys are better off with chapter 7. */
static bool is_for_chapter_7(const FastSequence *sequence, const MultiHeadLayer *layer)
{
    /* of one thread: the way must not depend on their number */
    FastWork work = {.layer = settings.prepared, .sequence = sequence, .threads = 1};
    Matrix context = sequence->context.data != NULL ? sequence->context : sequence->x;
    double keys = (double)context.rows, rows = (double)layer->heads * (double)sequence->x.rows;
    return panels_are_wasted(fast_layer_size(&work), keys * (double)context.cols,
                             keys * ((double)(layer->w_k.cols + layer->w_v.cols) + rows));
}

/* Chapter 7's way, and its weights are not kept. */
static Status run_plainly(const FastSequence *sequence, const MultiHeadLayer *layer)
{
    Matrix context = sequence->context.data != NULL ? sequence->context : sequence->x, weights;
    Status status = matrix_create(layer->heads * sequence->x.rows, context.rows, &weights);
    if (status == STATUS_OK)
        status = masked_multi_head_attention(sequence->x, sequence->context, layer, &sequence->mask,
                                             weights, sequence->out);
    matrix_free(&weights);
    return status;
}

static Status run_layer(Matrix x, Matrix context, const MultiHeadLayer *layer,
                        const AttentionMask *mask, Matrix weights, Matrix out)
{
    FastSequence sequence = {x, context, *mask, out};
    size_t keys = context.data != NULL ? context.rows : x.rows;
    double columns = (double)(layer->w_q.cols + layer->w_v.cols);
    Status status = STATUS_OK;
    if (weights.data != NULL)
        status = masked_multi_head_attention(x, context, layer, mask, weights, out);
    if (status == STATUS_OK && settings.prepared == NULL)
        status = fast_layer_create(layer, settings.isa, &settings.prepared);
    bool plainly = status == STATUS_OK && is_for_chapter_7(&sequence, layer);
    for (size_t r = 0; status == STATUS_OK && r < settings.repeats; r++) {
        double begin = stopwatch_seconds();
        status = plainly
                     ? run_plainly(&sequence, layer)
                     : fast_multi_head_attention(settings.prepared, &sequence, settings.threads);
        settings.seconds[r] += stopwatch_seconds() - begin;
    }
    if (status == STATUS_OK)
        settings.operations +=
            2.0 * ((double)x.rows * (double)x.cols * (double)layer->w_q.cols +
                   (double)keys * (double)layer->w_k.rows * columns +
                   (double)x.rows * (double)layer->w_o.rows * (double)layer->w_o.cols +
                   visible_pairs(mask, x.rows, keys) * columns);
    return status;
}

static Status run_sequences(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                            Matrix weights, Matrix out)
{
    Status status = STATUS_OK;
    if (weights.data != NULL)
        status = masked_attention(q, k, v, scale, mask, weights, out);
    for (size_t r = 0; status == STATUS_OK && r < settings.repeats; r++) {
        double begin = stopwatch_seconds();
        status = fast_attention(q, k, v, scale, mask, settings.isa, settings.threads, out);
        settings.seconds[r] += stopwatch_seconds() - begin;
    }
    if (status == STATUS_OK)
        settings.operations +=
            2.0 * visible_pairs(mask, q.rows, k.rows) * (double)(q.cols + v.cols);
    return status;
}

/* --- The program ----------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static void report(void)
{
    qsort(settings.seconds, settings.repeats, sizeof *settings.seconds, compare);
    double median =
        (settings.seconds[(settings.repeats - 1) / 2] + settings.seconds[settings.repeats / 2]) /
        2.0;
    fprintf(stderr, "runs=%zu median_ms=%.4f gflops=%.2f threads=%zu isa=%s\n", settings.repeats,
            median * 1e3, median > 0.0 ? settings.operations / median / 1e9 : 0.0, settings.threads,
            isa_name(settings.isa));
}

Status fast_arrays(void)
{
    static const MaskingEngine ENGINE = {run_layer, run_sequences, true};
    size_t threads = 0;
    Status status = isa_choose(program_value(FAST_ISA), &settings.isa);
    if (status == STATUS_OK)
        status = program_size(FAST_THREADS, 0, 1, &threads);
    if (status == STATUS_OK)
        status = program_size(FAST_REPEAT, 1, 1, &settings.repeats);
    if (status == STATUS_OK)
        status = program_expect_array((const size_t[]){FAST_REPEAT}, 1, sizeof *settings.seconds);
    if (status != STATUS_OK)
        return status;
    settings.threads = parallel_threads(threads);
    settings.operations = 0.0;
    settings.seconds = memory_allocate(settings.repeats, sizeof *settings.seconds);
    if (settings.seconds == NULL)
        return STATUS_NO_MEMORY;
    status = masking_arrays_with(&ENGINE);
    if (status == STATUS_OK && program_value(FAST_REPEAT) != NULL)
        report();
    fast_layer_free(settings.prepared);
    free(settings.seconds);
    return status;
}
