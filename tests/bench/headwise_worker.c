/* Headwise's own competitors: each variant of the ladder, the fast layer, and the machine's roof.
 */
#include "fast_layer.h"
#include "isa.h"
#include "layer_variants.h"
#include "roofline.h"
#include "worker.h"

#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

enum {
    COMPUTE_STEPS = 200 * 1000,     /* about a millisecond */
    ARRAY_BYTES = 256 * 1024 * 1024 /* beyond the caches */
};

/* The case that is prepared. */
static struct {
    const LayerVariant *variant;
    MultiHeadLayer layer;
    FastLayer *prepared;
    Matrix weights;
    KeyValueCache *cache;
    RooflineArrays arrays;
    Isa isa;
} self;

static void release(void)
{
    key_value_cache_free(self.cache);
    self.cache = NULL;
    fast_layer_free(self.prepared);
    self.prepared = NULL;
    matrix_free(&self.weights);
    roofline_arrays_free(&self.arrays);
}

static Status prepare_layer(const WorkerCase *call)
{
    self.layer = (MultiHeadLayer){.w_q = call->w_q,
                                  .w_k = call->w_k,
                                  .w_v = call->w_v,
                                  .w_o = call->w_o,
                                  .heads = call->heads};
    return fast_layer_create(&self.layer, self.isa, &self.prepared);
}

static Status prepare_variant(const WorkerCase *call)
{
    if (call->decode)
        return fail(STATUS_USAGE, "this variant has no cache");
    Status status = prepare_layer(call);
    if (status == STATUS_OK && self.variant->stores_weights)
        status = matrix_create(call->heads * call->tokens, call->tokens, &self.weights);
    return status;
}

static Status run_variant(const WorkerCase *call, double amounts[WORKER_AMOUNTS])
{
    VariantCall variant = {.x = call->x,
                           .layer = &self.layer,
                           .prepared = self.prepared,
                           .mask = {.causal = call->causal},
                           .threads = call->threads,
                           .weights = self.weights,
                           .out = call->out};
    amounts[0] = 0.0;
    return self.variant->run(&variant);
}

/* All tokens but the last one go into the cache, with all threads that there are. */
static Status prepare_fast(const WorkerCase *call)
{
    Matrix most, rest;
    Status status = prepare_layer(call);
    if (status != STATUS_OK || !call->decode)
        return status;
    status = matrix_create(call->tokens, call->d_model, &rest);
    if (status == STATUS_OK)
        status = matrix_rows(call->x, 0, call->tokens - 1, &most);
    if (status == STATUS_OK)
        status = key_value_cache_create(self.prepared, call->tokens, &self.cache);
    rest.rows = call->tokens - 1;
    if (status == STATUS_OK)
        status = fast_decode(self.prepared, self.cache, most, 0, rest);
    matrix_free(&rest);
    return status;
}

static Status run_fast(const WorkerCase *call, double amounts[WORKER_AMOUNTS])
{
    amounts[0] = 0.0;
    if (!call->decode) {
        FastSequence sequence = {call->x, NO_MATRIX, {.causal = call->causal}, call->out};
        return fast_multi_head_attention(self.prepared, &sequence, call->threads);
    }
    Matrix last;
    Status status = matrix_rows(call->x, call->tokens - 1, 1, &last);
    key_value_cache_truncate(self.cache, call->tokens - 1);
    if (status == STATUS_OK)
        status = fast_decode(self.prepared, self.cache, last, call->threads, call->out);
    return status;
}

static Status prepare_roof(const WorkerCase *call)
{
    return call->decode ? roofline_arrays_create(ARRAY_BYTES, &self.arrays) : STATUS_OK;
}

/* The peak of arithmetic for layers, the bandwidth for decoding. */
static Status run_roof(const WorkerCase *call, double amounts[WORKER_AMOUNTS])
{
    amounts[0] = call->decode ? roofline_read(&self.arrays, self.isa, call->threads)
                              : roofline_compute(self.isa, call->threads, COMPUTE_STEPS);
    return STATUS_OK;
}

/* Has this process do with pages of 4 KiB, whatever it asks for. */
static bool refuse_large_pages(void)
{
#if defined(PR_SET_THP_DISABLE)
    return prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0;
#else
    return false;
#endif
}

int main(int argc, char **argv)
{
    Competitor competitor = {NULL, false, prepare_fast, run_fast, release};
    bool can = true;
    const char *name = argc == 3 ? argv[1] : "";
    if (strncmp(name, "variant-", 8) == 0) {
        self.variant = &LAYER_VARIANTS[strtoul(name + 8, NULL, 10) % LAYER_VARIANT_COUNT];
        competitor.prepare = prepare_variant;
        competitor.run = run_variant;
    } else if (strcmp(name, "roof") == 0) {
        competitor.prepare = prepare_roof;
        competitor.run = run_roof;
    } else if (strcmp(name, "small-pages") == 0) {
        can = refuse_large_pages();
    } else if (strcmp(name, "fast") != 0) {
        return 2;
    }
    Status status = can ? isa_choose(NULL, &self.isa) : fail(STATUS_SYSTEM, "pages have one size");
    competitor.absent = status != STATUS_OK;
    competitor.version = competitor.absent ? last_error() : isa_name(self.isa);
    return worker_serve(&competitor, strtoul(argv[2], NULL, 10));
}
