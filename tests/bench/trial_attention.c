/* Trials of attention: one head, blocks of more and of fewer keys. */
#include "trial_kernels.h"

#include "fast_internal.h"
#include "self_attention.h"

#include <float.h>
#include <stdio.h>

enum { TOKENS = 1024, D_K = 64, TINY_TOKENS = 40, TINY_D_K = 8 };

static const AttentionMask nothing_masked;

static struct {
    QueryGroup group;
    KeysValues kv;
    float *scores; /* as many as a block of keys has, for the part that is e^x */
} job;

static void run_attention(const Kernels *kernels)
{
    attend_heads(kernels, &job.group, &job.kv);
}

/* Maximum, e^x and sum of as many scores as attention has. */
static void run_softmax(const Kernels *kernels)
{
    size_t block = kernels->key_block * kernels->panel;
    size_t scores = round_up(job.group.queries, kernels->panel) * job.group.keys;
    for (size_t done = 0; done < scores; done += block)
        (void)kernels->row_weights(job.scores, scores - done < block ? scores - done : block);
}

/* Packs random numbers: T x d_k tokens, transposed. */
static float *random_tokens(const Kernels *kernels, float scale)
{
    float *numbers = trial_floats(job.group.keys * job.group.d_k);
    float *packed = trial_floats(round_up(job.group.keys, kernels->panel) * job.group.d_k);
    if (numbers != NULL && packed != NULL)
        pack_tokens(kernels, matrix_view(numbers, job.group.keys, job.group.d_k), scale, packed);
    return numbers != NULL ? packed : NULL;
}

static float *random_values(const Kernels *kernels)
{
    float *numbers = trial_floats(job.group.keys * job.group.d_v);
    float *packed = trial_floats(job.group.keys * panel_columns(kernels, job.group.d_v, 1));
    if (numbers != NULL && packed != NULL)
        pack_panels(kernels, matrix_view(numbers, job.group.keys, job.group.d_v), 1, packed);
    return numbers != NULL ? packed : NULL;
}

static Status prepare(const TrialSetting *setting, Trial *trial)
{
    const Kernels *kernels = setting->kernels;
    const Kernels *widest = trial_kernels(TRIAL_TWICE, setting->isa);
    Workspace needed = {0};
    job.group.q = random_tokens(kernels, attention_scale(job.group.d_k));
    job.kv.keys = random_tokens(kernels, 1.0f);
    job.kv.values = random_values(kernels);
    job.scores = trial_floats(kernels->key_block * kernels->panel);
    heads_reserve(widest, job.group.queries, job.group.d_v, &needed);
    job.group.workspace = trial_floats(needed.size);
    trial->results = round_up(job.group.queries, kernels->panel) * job.group.d_v;
    trial->out = job.group.out = trial_floats(trial->results);
    bool there = job.group.q != NULL && job.kv.keys != NULL && job.kv.values != NULL &&
                 job.scores != NULL && job.group.workspace != NULL && trial->out != NULL;
    return there ? STATUS_OK : STATUS_NO_MEMORY;
}

Status trial_attention(const TrialSetting *setting, Trial *trial)
{
    const Kernels *kernels = setting->kernels;
    const Kernels *half = trial_kernels(TRIAL_HALF, setting->isa);
    const Kernels *twice = trial_kernels(TRIAL_TWICE, setting->isa);
    /* whole panels of queries: what fills up a panel is no result */
    size_t tokens = round_up(setting->tiny ? TINY_TOKENS : TOKENS, kernels->panel);
    size_t d_k = setting->tiny ? TINY_D_K : D_K;
    double operations = 4.0 * (double)(tokens * tokens) * (double)d_k;
    job.group = (QueryGroup){.q_rows = d_k,
                             .q_limit = FLT_MAX,
                             .mask = &nothing_masked,
                             .heads = 1,
                             .d_k = d_k,
                             .d_v = d_k,
                             .queries = tokens,
                             .all_queries = tokens,
                             .keys = tokens};
    job.kv = (KeysValues){
        .key_rows = d_k, .value_rows = tokens, .value_filled = round_up(d_k, kernels->tile)};
    snprintf(trial->name, sizeof trial->name, "attention of one head, T = %zu, d_k = %zu", tokens,
             d_k);
    Status status = prepare(setting, trial);
    if (status != STATUS_OK)
        return status;
    trial_add(trial, run_attention, kernels, operations, "blocks of %zu keys, as it is",
              kernels->key_block);
    trial_add(trial, run_attention, half, operations, "blocks of %zu keys", half->key_block);
    trial_add(trial, run_attention, twice, operations, "blocks of %zu keys", twice->key_block);
    trial_add(trial, run_softmax, kernels, 0.0, "a part: maximum, e^x and sum")->part = true;
    return STATUS_OK;
}
