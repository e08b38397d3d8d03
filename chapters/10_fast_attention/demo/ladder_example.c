#include "ladder_example.h"

#include "fast_internal.h"
#include "fast_layer.h"
#include "layer_variants.h"
#include "parallel.h"
#include "plot.h"
#include "random.h"
#include "stopwatch.h"

#include <math.h>
#include <stdio.h>

/* --- The ladder ------------------------------------------------------------------------------ */

enum { TOKENS = 200, D_MODEL = 128, HEADS = 4 };

/* A random layer, what goes in and what comes out. */
typedef struct Ladder {
    MultiHeadLayer layer;
    FastLayer *prepared;
    Matrix x, weights, out, expected;
} Ladder;

static Status random_matrix_create(Random *random, size_t rows, size_t cols, double deviation,
                                   Matrix *matrix)
{
    Status status = STATUS_OK;
    TRY(matrix_create(rows, cols, matrix));
    random_fill(random, deviation, *matrix);
done:
    return status;
}

static Status ladder_create(Isa isa, Ladder *ladder)
{
    Status status = STATUS_OK;
    Random random = {10};
    double deviation = 1.0 / sqrt((double)D_MODEL);
    Matrix *weights[] = {&ladder->layer.w_q, &ladder->layer.w_k, &ladder->layer.w_v,
                         &ladder->layer.w_o};
    *ladder = (Ladder){.layer = {.heads = HEADS}};
    TRY(random_matrix_create(&random, TOKENS, D_MODEL, 1.0, &ladder->x));
    for (size_t i = 0; i < 4; i++)
        TRY(random_matrix_create(&random, D_MODEL, D_MODEL, deviation, weights[i]));
    TRY(matrix_create(HEADS * TOKENS, TOKENS, &ladder->weights));
    TRY(matrix_create(TOKENS, D_MODEL, &ladder->out));
    TRY(matrix_create(TOKENS, D_MODEL, &ladder->expected));
    TRY(fast_layer_create(&ladder->layer, isa, &ladder->prepared));
done:
    return status;
}

static void ladder_free(Ladder *ladder)
{
    Matrix *all[] = {&ladder->layer.w_q, &ladder->layer.w_k, &ladder->layer.w_v, &ladder->layer.w_o,
                     &ladder->x,         &ladder->weights,   &ladder->out,       &ladder->expected};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        matrix_free(all[i]);
    fast_layer_free(ladder->prepared);
}

/* The shortest of a few runs, in seconds: interruptions only add. */
static Status time_variant(const LayerVariant *variant, const VariantCall *call, double *seconds)
{
    Status status = STATUS_OK;
    *seconds = INFINITY;
    for (size_t i = 0; i < 5; i++) {
        double begin = stopwatch_seconds();
        TRY(variant->run(call));
        *seconds = fmin(*seconds, stopwatch_seconds() - begin);
    }
done:
    return status;
}

static Status climb(Ladder *ladder, double seconds[LAYER_VARIANT_COUNT])
{
    Status status = STATUS_OK;
    VariantCall call = {ladder->x, &ladder->layer,  ladder->prepared, {.causal = true},
                        0,         ladder->weights, ladder->expected};
    for (size_t i = 0; i < LAYER_VARIANT_COUNT; i++) {
        call.out = i == 0 ? ladder->expected : ladder->out;
        TRY(time_variant(&LAYER_VARIANTS[i], &call, &seconds[i]));
        bool equal = matrix_largest_gap(call.out, ladder->expected) < 1e-5f;
        printf("  %-26s%-18s%s\n", LAYER_VARIANTS[i].name,
               LAYER_VARIANTS[i].stores_weights ? "T x T" : "T x d",
               i == 0  ? "-"
               : equal ? "yes"
                       : "no");
    }
done:
    return status;
}

Status show_ladder(Isa isa)
{
    Status status = STATUS_OK;
    Ladder ladder = {0};
    double seconds[LAYER_VARIANT_COUNT];
    double operations = 8.0 * (double)TOKENS * (double)D_MODEL * (double)D_MODEL +
                        2.0 * (double)TOKENS * (TOKENS + 1) * (double)D_MODEL;
    printf("%d tokens, d_model %d, %d heads, causal\n", TOKENS, D_MODEL, HEADS);
    printf("  variant                   memory grows as   equal to chapter 7 to 1e-5\n");
    TRY(ladder_create(isa, &ladder));
    TRY(climb(&ladder, seconds));
    printf("\nmeasured just now: isa %s, at most %zu threads\n", isa_name(isa),
           parallel_threads(0));
    printf("  variant                         ms  GFLOP/s  times chapter 7\n");
    for (size_t i = 0; i < LAYER_VARIANT_COUNT; i++)
        printf("  %-26s%8.3f%9.1f%17.1f\n", LAYER_VARIANTS[i].name, seconds[i] * 1e3,
               operations / seconds[i] / 1e9, seconds[0] / seconds[i]);
done:
    ladder_free(&ladder);
    return status;
}

/* --- Memory ---------------------------------------------------------------------------------- */

enum { LENGTHS = 7, WIDTH = 512, WIDE_HEADS = 8 };

Status show_memory(void)
{
    static const char *const LABELS[] = {"chapter 7: the weights", "chapter 10: everything"};
    float lengths[LENGTHS], stored[LENGTHS], kept[LENGTHS];
    const double mebi = 1024.0 * 1024.0;
    FastLayer layer = {.kernels = kernels_of(ISA_BASELINE),
                       .heads = WIDE_HEADS,
                       .d_k = WIDTH / WIDE_HEADS,
                       .d_v = WIDTH / WIDE_HEADS,
                       .d_out = WIDTH};
    layer.query = layer.key = layer.value = layer.output =
        (Projection){.depth = WIDTH, .results = WIDTH};
    printf("d_model %d, %d heads, one thread: MiB beside inputs and outputs\n", WIDTH, WIDE_HEADS);
    printf("       T  chapter 7: the weights  chapter 10: everything\n");
    for (size_t i = 0; i < LENGTHS; i++) {
        size_t tokens = (size_t)256 << i;
        FastSequence sequence = {.x = {NULL, tokens, WIDTH, WIDTH}};
        FastWork work = {.layer = &layer, .sequence = &sequence, .threads = 1};
        lengths[i] = (float)tokens;
        stored[i] = (float)((double)tokens * (double)tokens * (double)WIDE_HEADS * 4.0 / mebi);
        kept[i] = (float)((double)fast_layer_size(&work) * 4.0 / mebi);
        printf("  %6zu%24.0f%24.1f\n", tokens, (double)stored[i], (double)kept[i]);
    }
    const Curve curves[] = {{LABELS[0], lengths, stored, LENGTHS},
                            {LABELS[1], lengths, kept, LENGTHS}};
    return plot_curves(&(CurvePlot){.name = "10_memory",
                                    .title = "Without the T x T weights, memory grows with T only",
                                    .x_axis = "tokens, T",
                                    .y_axis = "MiB",
                                    .curves = curves,
                                    .curve_count = 2,
                                    .log_x = true,
                                    .log_y = true,
                                    .points = true});
}

/* --- The exponential ------------------------------------------------------------------------- */

void show_exponential(Isa isa)
{
    const Kernels *kernels = kernels_of(isa);
    const int count = 87300;
    double worst = 0.0;
    for (int i = 0; i < count; i++) {
        float x = -0.001f * (float)i, result = x;
        kernels->exponentials(&result, 1);
        worst = fmax(worst, fabs(result / exp((double)x) - 1.0));
    }
    printf("e^x in vectors: %d numbers from -87.3 to 0, wrong by less than 3 in 10 million: %s\n",
           count, worst < 3e-7 ? "yes" : "no");
}
