/* Trials of the work beside the work: projections of tokens, with packing and biases. */
#include "trial_kernels.h"

#include "packing.h"

#include <stdio.h>

enum { FEW = 16, FEW_D = 64, MANY = 512, TINY = 8, PROJECTIONS = 3 };

static struct {
    Matrix x;
    float *packed;
    Projection weights;
    float *out;        /* of each projection, one behind the other */
    size_t out_floats; /* of one */
    const Kernels *usual;
    Kernels biased; /* the usual ones, with another product */
} job;

/* Queries, keys and values; each product begins with its bias. */
static void project(const Kernels *kernels)
{
    for (size_t p = 0; p < PROJECTIONS; p++)
        project_transposed(kernels, &job.weights, job.packed, job.x.rows,
                           job.out + p * job.out_floats, job.weights.results);
}

/* As the layer does it: four numbers are packed at a time. */
static void run_usual(const Kernels *kernels)
{
    pack_tokens(kernels, job.x, 1.0f, job.packed);
    project(kernels);
}

static void run_packing_singly(const Kernels *kernels)
{
    size_t panel = kernels->panel;
    float *to = job.packed;
    for (size_t first = 0; first < job.x.rows; first += panel)
        for (size_t k = 0; k < job.x.cols; k++)
            for (size_t i = 0; i < panel; i++)
                *to++ = first + i < job.x.rows ? matrix_row(job.x, first + i)[k] : 0.0f;
    project(kernels);
}

/* Writes the biases, and adds the product to them. */
static void product_after_biases(const PanelProduct *product)
{
    PanelProduct rest = *product;
    size_t panel = job.usual->panel, rows = product->tiles * job.usual->tile;
    for (size_t row = 0; product->row_bias != NULL && row < rows; row++)
        for (size_t i = 0; i < product->columns; i++)
            product->c[row * panel + i] = product->row_bias[row];
    rest.row_bias = NULL;
    job.usual->product(&rest);
}

static Status prepare(const Kernels *kernels, size_t tokens, size_t d_model, Trial *trial)
{
    size_t filled = round_up(tokens, kernels->panel), results = round_up(d_model, kernels->tile);
    float *x = trial_floats(tokens * d_model);
    job.x = matrix_view(x, tokens, d_model);
    job.packed = trial_floats(filled * d_model);
    job.weights =
        (Projection){trial_floats(results * d_model), trial_floats(results), d_model, results};
    job.out_floats = filled * results;
    trial->results = PROJECTIONS * job.out_floats;
    trial->out = job.out = trial_floats(trial->results);
    job.usual = kernels;
    job.biased = *kernels;
    job.biased.product = product_after_biases;
    bool there = x != NULL && job.packed != NULL && job.weights.weights != NULL &&
                 job.weights.bias != NULL && job.out != NULL;
    return there ? STATUS_OK : STATUS_NO_MEMORY;
}

static Status prepare_tokens(const TrialSetting *setting, size_t tokens, size_t d_model,
                             Trial *trial)
{
    const Kernels *kernels = setting->kernels;
    double operations = 2.0 * (double)(tokens * d_model) * (double)(d_model * PROJECTIONS);
    Status status = prepare(kernels, tokens, d_model, trial);
    if (status != STATUS_OK)
        return status;
    snprintf(trial->name, sizeof trial->name, "%d projections of %zu tokens, d_model = %zu",
             PROJECTIONS, tokens, d_model);
    trial_add(trial, run_usual, kernels, operations, "packing and biases as they are");
    trial_add(trial, run_packing_singly, kernels, operations, "packed one number at a time");
    trial_add(trial, run_usual, &job.biased, operations, "biases written out first");
    trial_add(trial, project, kernels, operations, "a part: without packing")->part = true;
    return STATUS_OK;
}

Status trial_few_tokens(const TrialSetting *setting, Trial *trial)
{
    return prepare_tokens(setting, FEW, setting->tiny ? TINY : FEW_D, trial);
}

Status trial_many_tokens(const TrialSetting *setting, Trial *trial)
{
    size_t tokens = round_up(setting->tiny ? TINY : MANY, setting->kernels->panel);
    return prepare_tokens(setting, tokens, setting->tiny ? TINY : MANY, trial);
}
