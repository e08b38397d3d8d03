#include "trial.h"

#include "fast_internal.h"
#include "memory.h"
#include "random.h"
#include "roofline.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Way *trial_add(Trial *trial, void (*run)(const Kernels *kernels), const Kernels *kernels,
               double operations, const char *format, ...)
{
    Way *way = &trial->ways[trial->count++];
    *way = (Way){.run = run, .kernels = kernels, .operations = operations};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(way->name, sizeof way->name, format, arguments);
    va_end(arguments);
    return way;
}

/* --- Memory ---------------------------------------------------------------------------------- */

enum { ARRAYS = 16 };

static struct {
    Workspace arrays[ARRAYS];
    size_t count;
} taken;

float *trial_floats(size_t count)
{
    static Random random = {2017};
    Workspace array = {0};
    workspace_reserve(&array, count, 1);
    if (taken.count == ARRAYS || workspace_create(&array) != STATUS_OK)
        return NULL;
    taken.arrays[taken.count++] = array;
    float *floats = array.floats;
    for (size_t i = 0; i < count; i++)
        floats[i] = (float)(2.0 * random_uniform(&random) - 1.0);
    return floats;
}

void trial_release(void)
{
    while (taken.count > 0)
        workspace_free(&taken.arrays[--taken.count]);
}

/* --- Comparing ------------------------------------------------------------------------------- */

/* What a way does not write is 0, as if it had never run. */
static void run_once(Trial *trial, const Way *way)
{
    for (size_t i = 0; i < trial->results; i++)
        trial->out[i] = 0.0f;
    way->run(way->kernels);
}

static double difference(const Trial *trial, const float *usual)
{
    double largest = 0.0, gap = 0.0;
    for (size_t i = 0; i < trial->results; i++) {
        double apart = fabs((double)trial->out[i] - usual[i]);
        largest = fmax(largest, fabs((double)usual[i]));
        if (isnan(apart))
            return INFINITY;
        gap = fmax(gap, apart);
    }
    return largest > 0.0 ? gap / largest : INFINITY;
}

static Status compare(TrialSetting *setting, Trial *trial, const float *usual)
{
    for (size_t w = 0; w < trial->count; w++) {
        const Way *way = &trial->ways[w];
        if (way->part)
            continue;
        run_once(trial, way);
        double error = difference(trial, usual);
        if (error > TRIAL_TOLERANCE)
            return fail(STATUS_SYSTEM, "%s: \"%s\" differs from \"%s\" by %.1e", trial->name,
                        way->name, trial->ways[0].name, error);
        setting->error = fmax(setting->error, error);
    }
    return STATUS_OK;
}

/* A trial of parts only has no result to compare. */
static Status check(TrialSetting *setting, Trial *trial)
{
    if (trial->results == 0)
        return STATUS_OK;
    float *usual = memory_allocate(trial->results, sizeof *usual);
    if (usual == NULL)
        return STATUS_NO_MEMORY;
    run_once(trial, &trial->ways[0]);
    memcpy(usual, trial->out, trial->results * sizeof *usual);
    Status status = compare(setting, trial, usual);
    free(usual);
    return status;
}

/* --- Taking turns ---------------------------------------------------------------------------- */

/* How long this process has had a core: a time that others take from it does not count. */
static double core_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Runs as often as fills a turn, and says how long one run took. */
static double take_turn(const Way *way, double turn, double guess)
{
    double times = guess > 0.0 ? turn / guess : 1.0;
    size_t count = times < 1.0 ? 1 : times > 1e6 ? 1000 * 1000 : (size_t)times;
    double begin = core_seconds();
    for (size_t i = 0; i < count; i++)
        way->run(way->kernels);
    return (core_seconds() - begin) / (double)count;
}

/* What disturbs makes slower, never faster: so the best rate is the machine's. */
static void raise_peak(TrialSetting *setting)
{
    double begin = core_seconds();
    double operations = roofline_compute(setting->isa, 1, setting->tiny ? 1000 : 200 * 1000);
    double seconds = core_seconds() - begin;
    if (seconds > 0.0)
        setting->peak = fmax(setting->peak, operations / seconds);
}

Status trial_run(TrialSetting *setting, Trial *trial)
{
    double turn = setting->tiny ? 5e-6 : 4e-3, guess[TRIAL_WAYS];
    Status status = check(setting, trial);
    if (status != STATUS_OK)
        return status;
    for (size_t w = 0; w < trial->count; w++)
        guess[w] = take_turn(&trial->ways[w], turn, turn);
    for (size_t round = 0; round < TRIAL_ROUNDS; round++) {
        raise_peak(setting);
        for (size_t w = 0; w < trial->count; w++) {
            guess[w] = take_turn(&trial->ways[w], turn, guess[w]);
            trial->ways[w].seconds[round] = guess[w];
        }
    }
    return STATUS_OK;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quartile(double numbers[TRIAL_ROUNDS], int which)
{
    qsort(numbers, TRIAL_ROUNDS, sizeof *numbers, by_size);
    return numbers[(TRIAL_ROUNDS - 1) * which / 4];
}

double trial_ratio(const Trial *trial, size_t way, int which)
{
    double ratios[TRIAL_ROUNDS];
    for (size_t i = 0; i < TRIAL_ROUNDS; i++)
        ratios[i] = trial->ways[way].seconds[i] / trial->ways[0].seconds[i];
    return quartile(ratios, which);
}

double trial_seconds(const Way *way)
{
    double seconds[TRIAL_ROUNDS];
    memcpy(seconds, way->seconds, sizeof seconds);
    return quartile(seconds, 2);
}
