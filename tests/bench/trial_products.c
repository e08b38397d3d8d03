/* Trials of packing: products of whole matrices, a b. */
#include "trial_kernels.h"

#include "packing.h"

#include <stdio.h>
#include <string.h>

enum { SMALL = 512, LARGE = 2048, TINY = 16 };
enum { DEEP = 256, TALL = 384 }; /* TALL: a multiple of every panel */

static struct {
    Matrix a, b;     /* as they are */
    float *packed_a; /* a in panels */
    float *packed_b; /* b in panels */
    float *zeros;    /* in place of a bias */
    float *out;      /* in panels of columns, by all ways */
} job;

/* As the second variant does it. */
static void run_unpacked(const Kernels *kernels)
{
    size_t panel = kernels->panel;
    for (size_t column = 0; column < job.b.cols; column += panel) {
        StridedProduct product = {.rows = job.a.rows,
                                  .columns = panel,
                                  .depth = job.a.cols,
                                  .a = job.a.data,
                                  .a_row = job.a.stride,
                                  .a_step = 1,
                                  .b = job.b.data + column,
                                  .b_step = job.b.stride,
                                  .c = job.out + column * job.a.rows,
                                  .c_row = panel};
        kernels->strided_product(&product);
    }
}

/* The same loops, but everything lies in panels. */
static void run_packed(const Kernels *kernels)
{
    size_t panel = kernels->panel, depth = job.a.cols;
    for (size_t column = 0; column < job.b.cols; column += panel)
        for (size_t row = 0; row < job.a.rows; row += panel) {
            PanelProduct product = {.tiles = panel / kernels->tile,
                                    .columns = panel,
                                    .depth = depth,
                                    .a = job.packed_a + row * depth,
                                    .a_tile = kernels->tile,
                                    .a_step = panel,
                                    .b = job.packed_b + column * depth,
                                    .column_bias = job.zeros,
                                    .c = job.out + column * job.a.rows + row * panel};
            kernels->product(&product);
        }
}

/* The same in blocks: DEEP rows of a panel of b stay in the nearest cache, and TALL x DEEP numbers
 * of a in the next one. */
static void run_block(const Kernels *kernels, size_t row, size_t k)
{
    size_t panel = kernels->panel, depth = job.a.cols, last = row + TALL;
    for (size_t column = 0; column < job.b.cols; column += panel)
        for (size_t r = row; r < last && r < job.a.rows; r += panel) {
            PanelProduct product = {.tiles = panel / kernels->tile,
                                    .columns = panel,
                                    .depth = depth - k < DEEP ? depth - k : DEEP,
                                    .a = job.packed_a + r * depth + k * panel,
                                    .a_tile = kernels->tile,
                                    .a_step = panel,
                                    .b = job.packed_b + column * depth + k * panel,
                                    .column_bias = k == 0 ? job.zeros : NULL,
                                    .c = job.out + column * job.a.rows + r * panel};
            kernels->product(&product);
        }
}

static void run_blocked(const Kernels *kernels)
{
    for (size_t k = 0; k < job.a.cols; k += DEEP)
        for (size_t row = 0; row < job.a.rows; row += TALL)
            run_block(kernels, row, k);
}

static void run_with_packing_a(const Kernels *kernels)
{
    pack_tokens(kernels, job.a, 1.0f, job.packed_a);
    run_packed(kernels);
}

static void run_with_packing_both(const Kernels *kernels)
{
    pack_panels(kernels, job.b, 1, job.packed_b);
    run_with_packing_a(kernels);
}

static Status prepare(const Kernels *kernels, size_t size, Trial *trial)
{
    size_t numbers = size * size;
    float *a = trial_floats(numbers), *b = trial_floats(numbers);
    job.zeros = trial_floats(kernels->panel);
    job.packed_a = trial_floats(numbers);
    job.packed_b = trial_floats(numbers);
    trial->out = job.out = trial_floats(numbers);
    trial->results = numbers;
    if (a == NULL || b == NULL || job.zeros == NULL || job.packed_a == NULL ||
        job.packed_b == NULL || job.out == NULL)
        return STATUS_NO_MEMORY;
    memset(job.zeros, 0, kernels->panel * sizeof *job.zeros);
    job.a = matrix_view(a, size, size);
    job.b = matrix_view(b, size, size);
    pack_tokens(kernels, job.a, 1.0f, job.packed_a);
    pack_panels(kernels, job.b, 1, job.packed_b);
    return STATUS_OK;
}

static Status prepare_size(const TrialSetting *setting, size_t wanted, Trial *trial)
{
    const Kernels *kernels = setting->kernels;
    size_t size = round_up(setting->tiny ? TINY : wanted, kernels->panel);
    double operations = 2.0 * (double)(size * size) * (double)size;
    Status status = prepare(kernels, size, trial);
    if (status != STATUS_OK)
        return status;
    snprintf(trial->name, sizeof trial->name, "a product, %zu x %zu x %zu", size, size, size);
    trial_add(trial, run_unpacked, kernels, operations, "matrices as they are");
    trial_add(trial, run_packed, kernels, operations, "packed, packing not counted");
    trial_add(trial, run_blocked, kernels, operations, "packed, in blocks for each cache");
    trial_add(trial, run_with_packing_a, kernels, operations,
              "packed, packing the left one counted");
    trial_add(trial, run_with_packing_both, kernels, operations, "packed, packing both counted");
    return STATUS_OK;
}

Status trial_small_product(const TrialSetting *setting, Trial *trial)
{
    return prepare_size(setting, SMALL, trial);
}

Status trial_large_product(const TrialSetting *setting, Trial *trial)
{
    return prepare_size(setting, LARGE, trial);
}
