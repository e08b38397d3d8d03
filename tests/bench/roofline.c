#include "roofline.h"

#include "memory.h"
#include "parallel.h"
#include "stopwatch.h"

#include <stdlib.h>

/* 12 of 16 registers hold sums; a processor that adds 2 vectors in a cycle and needs 4 cycles for
 * one keeps 8 sums busy. */
#define LOOP(name) name##_baseline
#define TARGET
#define WIDTH 4
#define SUMS 12
#include "roofline_loops.h"

#if defined(__x86_64__)

#define LOOP(name) name##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#define WIDTH 8
#define SUMS 12
#include "roofline_loops.h"

#define LOOP(name) name##_avx512
#define TARGET __attribute__((target("avx512f")))
#define WIDTH 16
#define SUMS 16
#include "roofline_loops.h"

#endif

/* The loops of a level. */
typedef struct Loops {
    size_t operations; /* of one step with one sum */
    size_t sums;       /* that keep the processor busy */
    float (*compute)(size_t sums, size_t steps, float factor, float term);
    float (*read)(const float *from, size_t count);
    void (*triad)(float *a, const float *b, const float *c, float factor, size_t count);
} Loops;

#define LOOPS_OF(level, width, sums)                                                               \
    {(size_t)2 * (width), sums, compute_##level, read_##level, triad_##level}

static const Loops LOOPS[ISA_COUNT] = {
    [ISA_BASELINE] = LOOPS_OF(baseline, 4, 12),
#if defined(__x86_64__)
    [ISA_AVX2] = LOOPS_OF(avx2, 8, 12),
    [ISA_AVX512] = LOOPS_OF(avx512, 16, 16),
#endif
};

/* Shares are whole multiples of so many floats: of 8 of the widest vectors. */
enum { SHARE_UNIT = 128 };

/* What the threads are given. */
typedef struct Work {
    const Loops *loops;
    const RooflineArrays *arrays;
    size_t sums;
    size_t steps;
    size_t threads;
} Work;

/* Results go here, so that no compiler leaves out the work. Each thread has its own. */
static _Thread_local volatile float sink;

static void compute_task(void *context, size_t index, size_t thread)
{
    const Work *work = context;
    (void)index;
    (void)thread;
    /* a sum goes to term / (1 - factor) and stays there: no overflow, no denormal numbers */
    sink = work->loops->compute(work->sums, work->steps, 0.999f, 0.001f);
}

/* The first float of a thread's share. */
static size_t share(const Work *work, size_t index)
{
    return work->arrays->count / SHARE_UNIT * index / work->threads * SHARE_UNIT;
}

static void read_task(void *context, size_t index, size_t thread)
{
    const Work *work = context;
    size_t first = share(work, index);
    (void)thread;
    sink = work->loops->read(work->arrays->b + first, share(work, index + 1) - first);
}

static void triad_task(void *context, size_t index, size_t thread)
{
    const Work *work = context;
    const RooflineArrays *arrays = work->arrays;
    size_t first = share(work, index);
    (void)thread;
    work->loops->triad(arrays->a + first, arrays->b + first, arrays->c + first, 0.5f,
                       share(work, index + 1) - first);
}

/* With this many sums at a time. */
static double compute_with(Isa isa, size_t sums, size_t threads, size_t steps)
{
    Work work = {.loops = &LOOPS[isa], .sums = sums, .steps = steps, .threads = threads};
    parallel_run(threads, threads, compute_task, &work);
    return (double)(work.loops->operations * sums) * (double)steps * (double)threads;
}

double roofline_compute(Isa isa, size_t threads, size_t steps)
{
    return compute_with(isa, LOOPS[isa].sums, threads, steps);
}

double roofline_chains(Isa isa, size_t sums, size_t steps)
{
    return compute_with(isa, sums, 1, steps);
}

double roofline_read(const RooflineArrays *arrays, Isa isa, size_t threads)
{
    Work work = {.loops = &LOOPS[isa], .arrays = arrays, .threads = threads};
    parallel_run(threads, threads, read_task, &work);
    return (double)(arrays->count * sizeof *arrays->b);
}

double roofline_triad(const RooflineArrays *arrays, Isa isa, size_t threads)
{
    Work work = {.loops = &LOOPS[isa], .arrays = arrays, .threads = threads};
    parallel_run(threads, threads, triad_task, &work);
    return (double)(3 * arrays->count * sizeof *arrays->b);
}

/* Zeros that were never written may all be the same page of memory: so something is written. */
static float *array_of(size_t count, float value)
{
    float *array = memory_allocate(count, sizeof *array);
    for (size_t i = 0; array != NULL && i < count; i++)
        array[i] = value;
    return array;
}

Status roofline_arrays_create(size_t bytes, RooflineArrays *arrays)
{
    size_t count = (bytes / sizeof(float) / SHARE_UNIT + 1) * SHARE_UNIT;
    *arrays = (RooflineArrays){.a = array_of(count, 0.0f), .count = count};
    if (arrays->a != NULL)
        arrays->b = array_of(count, 1.0f);
    if (arrays->b != NULL)
        arrays->c = array_of(count, 2.0f);
    if (arrays->c != NULL)
        return STATUS_OK;
    roofline_arrays_free(arrays);
    return STATUS_NO_MEMORY;
}

void roofline_arrays_free(RooflineArrays *arrays)
{
    free(arrays->a);
    free(arrays->b);
    free(arrays->c);
    *arrays = (RooflineArrays){0};
}

/* One of the three units of work: returns operations or bytes. */
typedef double Unit(const RooflineArrays *arrays, Isa isa, size_t threads);

/* Some milliseconds: long beside the waking of a thread, short beside what else disturbs. */
enum { COMPUTE_STEPS = 1000 * 1000 };

static double compute_unit(const RooflineArrays *arrays, Isa isa, size_t threads)
{
    (void)arrays;
    return roofline_compute(isa, threads, COMPUTE_STEPS);
}

/* What disturbs makes slower, never faster: so the fastest time is the machine's. */
static double fastest(Unit *unit, const RooflineArrays *arrays, Isa isa, size_t threads,
                      double seconds)
{
    double best = 0.0, begin = stopwatch_seconds(), now = begin;
    do {
        double amount = unit(arrays, isa, threads), then = now;
        now = stopwatch_seconds();
        if (now > then && amount / (now - then) > best)
            best = amount / (now - then);
    } while (now - begin < seconds);
    return best;
}

Status roofline_measure(Isa isa, size_t threads, size_t bytes, double seconds, Roofline *result)
{
    RooflineArrays arrays;
    threads = parallel_threads(threads);
    if (roofline_arrays_create(bytes, &arrays) != STATUS_OK)
        return STATUS_NO_MEMORY;
    result->operations = fastest(compute_unit, &arrays, isa, threads, seconds);
    result->read = fastest(roofline_read, &arrays, isa, threads, seconds);
    result->triad = fastest(roofline_triad, &arrays, isa, threads, seconds);
    roofline_arrays_free(&arrays);
    return STATUS_OK;
}

double roofline_attainable(const Roofline *roofline, double operations_per_byte)
{
    double fed = operations_per_byte * roofline->read;
    return fed < roofline->operations ? fed : roofline->operations;
}
