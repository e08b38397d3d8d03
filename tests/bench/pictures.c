/* The pictures of the bench. */
#include "memory.h"
#include "plot.h"
#include "results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKENS "tokens of the sequence, T"

enum { MOST_CURVES = 24, MOST_POINTS = PLAN_MOST_CASES };

/* The curves of one picture. */
typedef struct Picture {
    Curve curves[MOST_CURVES];
    float x[MOST_CURVES][MOST_POINTS];
    float y[MOST_CURVES][MOST_POINTS];
    size_t count;
} Picture;

static void add_point(Picture *picture, const char *family, double x, double y)
{
    size_t at = 0;
    while (at < picture->count && strcmp(picture->curves[at].label, family) != 0)
        at++;
    if (at == MOST_CURVES)
        return;
    Curve *curve = &picture->curves[at];
    if (at == picture->count)
        *curve = (Curve){family, picture->x[at], picture->y[at], 0};
    picture->count += at == picture->count;
    /* of one family the better setting */
    if (curve->count > 0 && picture->x[at][curve->count - 1] == (float)x) {
        picture->y[at][curve->count - 1] = fminf(picture->y[at][curve->count - 1], (float)y);
        return;
    }
    if (curve->count == MOST_POINTS)
        return;
    picture->x[at][curve->count] = (float)x;
    picture->y[at][curve->count++] = (float)y;
}

static Status draw(Picture *picture, const char *name, const char *title, const char *x_axis,
                   const char *y_axis)
{
    CurvePlot plot = {.name = name,
                      .title = title,
                      .x_axis = x_axis,
                      .y_axis = y_axis,
                      .curves = picture->curves,
                      .curve_count = picture->count,
                      .log_x = true,
                      .log_y = true,
                      .points = true};
    Status status = picture->count > 0 ? plot_curves(&plot) : STATUS_OK;
    picture->count = 0;
    return status;
}

static bool is_layer(const Result *one, size_t threads, bool causal)
{
    return one->which.kind == CASE_LAYER && one->which.threads == threads &&
           one->which.causal == causal && one->count > 0 && one->state == RESULT_TIMED;
}

/* With a causal mask, since one of the variants is about it. The libraries have another picture.
 * The last variant is left out: on one core `fast` computes the same, and its curve would hide it.
 */
static bool is_variant(const Result *one)
{
    return (strncmp(one->name, "variant", 7) == 0 && strcmp(one->family, "skip") != 0) ||
           strcmp(one->family, "fast") == 0;
}

static Status draw_variants(const Results *results, Picture *picture)
{
    for (size_t i = 0; i < results->count; i++) {
        const Result *one = &results->list[i];
        if (!is_layer(one, 1, true) || !is_variant(one))
            continue;
        add_point(picture, one->family, (double)one->which.tokens, 1e-9 * result_rate(one));
        if (strcmp(one->family, "fast") == 0)
            add_point(picture, "the roof", (double)one->which.tokens, 1e-9 * one->roof);
    }
    return draw(picture, "bench_variants",
                "Each variant under a causal mask, and the roof of one core", TOKENS,
                "10^9 operations in a second");
}

/* Ratios: on an axis from a hundredth of a millisecond to a second they would hardly show. */
static Status draw_times(const Results *results, size_t threads, Picture *picture)
{
    char title[96];
    for (size_t i = 0; i < results->count; i++) {
        const Result *one = &results->list[i];
        const Result *fast = results_best(results, &one->which, "fast");
        if (is_layer(one, threads, false) && fast != NULL)
            add_point(picture, one->family, (double)one->which.tokens,
                      result_quartile(one, 2) / result_quartile(fast, 2));
    }
    snprintf(title, sizeof title, "How long a layer without a mask takes, %zu thread%s", threads,
             threads == 1 ? "" : "s");
    return draw(picture, "bench_time", title, TOKENS, "times as long as the fast layer");
}

static Status draw_memory(const Results *results, Picture *picture)
{
    for (size_t i = 0; i < results->count; i++)
        if (results->list[i].memory > 0.0)
            add_point(picture, results->list[i].family, (double)results->list[i].which.tokens,
                      results->list[i].memory / 1048576.0);
    return draw(picture, "bench_memory", "The memory of a process that runs a layer", TOKENS,
                "MiB");
}

/* On one core, between two straight lines: what one sequence would let hope for, and the peak. */
static Status draw_batches(const Results *results, Picture *picture)
{
    double alone = 0.0;
    for (size_t i = 0; i < results->count; i++) {
        const Result *one = &results->list[i];
        double batch = (double)one->which.batch;
        if (one->which.kind != CASE_BATCH || one->which.threads != 1 || one->count == 0)
            continue;
        double speed = batch / result_quartile(one, 2);
        alone = one->which.batch == 1 ? speed : alone;
        add_point(picture, "measured", batch, speed);
        add_point(picture, "as many times one", batch, batch * alone);
        add_point(picture, "the peak of arithmetic", batch, speed * one->roof / result_rate(one));
    }
    return draw(picture, "bench_batch",
                "Several sequences share the weights: more tokens, up to a bound", "sequences",
                "tokens in a second");
}

Status results_draw(const Results *results, const Plan *plan)
{
    Status status = STATUS_OK;
    size_t threads = 1;
    for (size_t i = 0; i < plan->count; i++)
        threads = plan->cases[i].threads > threads ? plan->cases[i].threads : threads;
    Picture *picture = memory_allocate(1, sizeof *picture);
    TRY(picture != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    TRY(draw_variants(results, picture));
    TRY(draw_times(results, threads, picture));
    TRY(draw_memory(results, picture));
    TRY(draw_batches(results, picture));
done:
    free(picture);
    return status;
}
