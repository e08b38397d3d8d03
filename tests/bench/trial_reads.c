/* Trials of the order in which memory is read: one row times many panels, as for a single token. */
#include "trial_kernels.h"

#include <stdio.h>

enum {
    READ_BYTES = 64 * 1024 * 1024, /* more than the farthest cache holds */
    UNIT_BYTES = 16 * 1024,        /* is always read in order */
    TINY_UNITS = 16,
    PIECES = 4
};

static const size_t PIECE_UNITS[PIECES] = {64, 16, 4, 1};

static struct {
    RowProduct product; /* of one unit */
    size_t unit_floats;
    size_t units; /* a power of two, as the units of a piece are */
} job;

/* Piece after piece, in an order that jumps and meets each piece once. */
static void read_pieces(const Kernels *kernels, size_t units)
{
    size_t pieces = job.units > units ? job.units / units : 1, stride = pieces / 8 * 5 + 1;
    for (size_t i = 0; i < pieces; i++)
        for (size_t u = 0; u < units && u < job.units; u++) {
            RowProduct product = job.product;
            product.b += (i * stride % pieces * units + u) * job.unit_floats;
            kernels->row_product(&product);
        }
}

static void read_on(const Kernels *kernels)
{
    read_pieces(kernels, job.units);
}

static void read_1024(const Kernels *kernels)
{
    read_pieces(kernels, PIECE_UNITS[0]);
}

static void read_256(const Kernels *kernels)
{
    read_pieces(kernels, PIECE_UNITS[1]);
}

static void read_64(const Kernels *kernels)
{
    read_pieces(kernels, PIECE_UNITS[2]);
}

static void read_16(const Kernels *kernels)
{
    read_pieces(kernels, PIECE_UNITS[3]);
}

Status trial_reads(const TrialSetting *setting, Trial *trial)
{
    static void (*const RUNS[PIECES])(const Kernels *) = {read_1024, read_256, read_64, read_16};
    const Kernels *kernels = setting->kernels;
    size_t row = kernels->panel * sizeof(float);
    job.units = setting->tiny ? TINY_UNITS : READ_BYTES / UNIT_BYTES;
    job.unit_floats = UNIT_BYTES / sizeof(float);
    job.product = (RowProduct){.rows = 1,
                               .depth = UNIT_BYTES / row,
                               .chunks = kernels->panel / kernels->tile,
                               .a = trial_floats(UNIT_BYTES / row),
                               .b = trial_floats(job.units * job.unit_floats),
                               .b_step = kernels->panel,
                               .c = trial_floats(kernels->panel)};
    if (job.product.a == NULL || job.product.b == NULL || job.product.c == NULL)
        return STATUS_NO_MEMORY;
    trial->out = job.product.c;
    trial->results = kernels->panel;
    snprintf(trial->name, sizeof trial->name, "one row times %.4g MiB of panels, read once",
             (double)(job.units * UNIT_BYTES) / 0x1p20);
    double operations = 2.0 * (double)(job.units * job.unit_floats);
    trial_add(trial, read_on, kernels, operations, "from one end to the other");
    for (size_t i = 0; i < PIECES; i++)
        trial_add(trial, RUNS[i], kernels, operations, "in pieces of %zu KiB, with jumps",
                  PIECE_UNITS[i] * UNIT_BYTES / 1024);
    return STATUS_OK;
}
