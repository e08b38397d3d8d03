/* Trials of waiting: an addition waits for the sum that it adds to, and not for any other. */
#include "trial_kernels.h"

#include "lanes.h"
#include "roofline.h"

#include <stdio.h>

enum { NUMBERS = 1024, TINY = 16, STEPS = 16 * 1024, TINY_STEPS = 64 };

/* --- A dot product, in plain C ---------------------------------------------------------------- */

static struct {
    const float *a, *b; /* both fit into the nearest cache */
    size_t count;       /* a multiple of 8 */
    float *out;
} dot;

/* Each sum has a part of the rows for itself, and with a constant for `sums` a register. */
INLINED void add_up(size_t sums)
{
    float sum[8] = {0}, all = 0.0f;
    size_t part = dot.count / sums;
    const float *a = dot.a, *b = dot.b;
    for (size_t i = 0; i < part; i++) {
        UNROLL
        for (size_t s = 0; s < sums; s++)
            sum[s] += a[s * part + i] * b[s * part + i];
    }
    UNROLL
    for (size_t s = 0; s < sums; s++)
        all += sum[s];
    *dot.out = all;
}

static void run_dot_1(const Kernels *kernels)
{
    (void)kernels;
    add_up(1);
}

static void run_dot_2(const Kernels *kernels)
{
    (void)kernels;
    add_up(2);
}

static void run_dot_4(const Kernels *kernels)
{
    (void)kernels;
    add_up(4);
}

static void run_dot_8(const Kernels *kernels)
{
    (void)kernels;
    add_up(8);
}

Status trial_dot_product(const TrialSetting *setting, Trial *trial)
{
    static void (*const RUNS[])(const Kernels *) = {run_dot_1, run_dot_2, run_dot_4, run_dot_8};
    dot.count = setting->tiny ? TINY : NUMBERS;
    dot.a = trial_floats(dot.count);
    dot.b = trial_floats(dot.count);
    trial->out = dot.out = trial_floats(1);
    trial->results = 1;
    if (dot.a == NULL || dot.b == NULL || dot.out == NULL)
        return STATUS_NO_MEMORY;
    snprintf(trial->name, sizeof trial->name, "a dot product of %zu numbers, one at a time",
             dot.count);
    for (size_t i = 0; i < sizeof RUNS / sizeof *RUNS; i++)
        trial_add(trial, RUNS[i], setting->kernels, 2.0 * (double)dot.count, "%d sum%s", 1 << i,
                  i == 0 ? "" : "s");
    return STATUS_OK;
}

/* --- Vectors, in registers alone ------------------------------------------------------------- */

static struct {
    Isa isa;
    size_t steps; /* of 16 sums */
} registers;

static double run_sums(size_t sums)
{
    return roofline_chains(registers.isa, sums, registers.steps * 16 / sums);
}

static void run_sums_1(const Kernels *kernels)
{
    (void)kernels;
    run_sums(1);
}

static void run_sums_2(const Kernels *kernels)
{
    (void)kernels;
    run_sums(2);
}

static void run_sums_4(const Kernels *kernels)
{
    (void)kernels;
    run_sums(4);
}

static void run_sums_8(const Kernels *kernels)
{
    (void)kernels;
    run_sums(8);
}

static void run_sums_16(const Kernels *kernels)
{
    (void)kernels;
    run_sums(16);
}

Status trial_sums(const TrialSetting *setting, Trial *trial)
{
    static void (*const RUNS[])(const Kernels *) = {run_sums_1, run_sums_2, run_sums_4, run_sums_8,
                                                    run_sums_16};
    registers.isa = setting->isa;
    registers.steps = setting->tiny ? TINY_STEPS : STEPS;
    snprintf(trial->name, sizeof trial->name, "multiply-adds of vectors, in registers alone");
    for (size_t i = 0; i < sizeof RUNS / sizeof *RUNS; i++) {
        Way *way = trial_add(trial, RUNS[i], setting->kernels, run_sums((size_t)1 << i), "%d sum%s",
                             1 << i, i == 0 ? "" : "s");
        way->part = true; /* each has sums of its own */
    }
    return STATUS_OK;
}
