/* Trials of the tile loop: one tile, again and again. */
#include "trial_kernels.h"

#include <stdio.h>

enum {
    NEAR_BYTES = 20 * 1024,        /* of both factors: less than the nearest cache holds */
    NEAR_TIMES = 16,               /* tiles in one run: long beside a call */
    FAR_DEPTH = 256,               /* rows of a panel, as in panels.c */
    FAR_BYTES = 128 * 1024 * 1024, /* of all panels: more than the farthest cache holds */
    TINY_DEPTH = 24,
    TINY_PANELS = 3
};

static struct {
    PanelProduct product;
    size_t panels; /* that are multiplied by the same tile, one after the other */
    size_t times;
    size_t panel_floats;
    size_t results;
} job;

/* c += a b for each panel: c is cleared before the results are compared, and grows afterwards. */
static void run_tiles(const Kernels *kernels)
{
    PanelProduct product = job.product;
    for (size_t i = 0; i < job.times; i++) {
        product.b = job.product.b;
        for (size_t p = 0; p < job.panels; p++) {
            kernels->product(&product);
            product.b += job.panel_floats;
        }
    }
}

static Status prepare(const Kernels *kernels, Trial *trial)
{
    size_t depth = job.product.depth, tile = kernels->tile, panel = kernels->panel;
    job.results = tile * panel;
    job.panel_floats = depth * panel;
    job.product.a = trial_floats(depth * tile);
    job.product.b = trial_floats(job.panels * job.panel_floats);
    job.product.c = trial->out = trial_floats(job.results);
    job.product.tiles = 1;
    job.product.columns = panel;
    job.product.a_step = tile;
    trial->results = job.results;
    return job.product.a == NULL || job.product.b == NULL || trial->out == NULL ? STATUS_NO_MEMORY
                                                                                : STATUS_OK;
}

static double operations(void)
{
    return 2.0 * (double)(job.results * job.product.depth) * (double)(job.panels * job.times);
}

static void add_ways(const TrialSetting *setting, Trial *trial)
{
    trial_add(trial, run_tiles, setting->kernels, operations(), "as it is");
    trial_add(trial, run_tiles, trial_kernels(TRIAL_AHEAD_16, setting->isa), operations(),
              "__builtin_prefetch, 16 steps ahead");
    trial_add(trial, run_tiles, trial_kernels(TRIAL_AHEAD_64, setting->isa), operations(),
              "__builtin_prefetch, 64 steps ahead");
}

Status trial_near(const TrialSetting *setting, Trial *trial)
{
    const Kernels *kernels = setting->kernels;
    size_t step = (kernels->tile + kernels->panel) * sizeof(float);
    job.panels = 1;
    job.times = NEAR_TIMES;
    job.product.depth = setting->tiny ? TINY_DEPTH : NEAR_BYTES / step;
    snprintf(trial->name, sizeof trial->name,
             "the tile loop, %zu x %zu numbers, in the nearest cache", kernels->tile,
             kernels->panel);
    Status status = prepare(kernels, trial);
    if (status != STATUS_OK)
        return status;
    add_ways(setting, trial);
    trial_add(trial, run_tiles, trial_kernels(TRIAL_BROADCAST, setting->isa), operations(),
              "broadcast written 0 + value");
    return STATUS_OK;
}

Status trial_far(const TrialSetting *setting, Trial *trial)
{
    const Kernels *kernels = setting->kernels;
    job.times = 1;
    job.product.depth = setting->tiny ? TINY_DEPTH : FAR_DEPTH;
    job.panels =
        setting->tiny ? TINY_PANELS : FAR_BYTES / (FAR_DEPTH * kernels->panel * sizeof(float));
    snprintf(trial->name, sizeof trial->name, "the tile loop, %.4g MiB of panels read once",
             (double)(job.panels * job.product.depth * kernels->panel * sizeof(float)) / 0x1p20);
    Status status = prepare(kernels, trial);
    if (status == STATUS_OK)
        add_ways(setting, trial);
    return status;
}
