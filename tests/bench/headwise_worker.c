/* Headwise's own competitors: each variant of the ladder, the fast layer, and the machine's roof.
 */
#include "fast_layer.h"
#include "isa.h"
#include "layer_variants.h"
#include "memory.h"
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
    KeyValueCache **caches; /* NULL after the last one */
    RooflineArrays arrays;
    Isa isa;
} self;

static void release(void)
{
    for (size_t i = 0; self.caches != NULL && self.caches[i] != NULL; i++)
        key_value_cache_free(self.caches[i]);
    free(self.caches);
    self.caches = NULL;
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
static Status fill_cache(const WorkerCase *call, size_t tokens, KeyValueCache **cache)
{
    Matrix most, rest = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(key_value_cache_create(self.prepared, tokens, cache));
    TRY(matrix_create(tokens - 1, call->d_model, &rest));
    TRY(matrix_rows(call->x, 0, tokens - 1, &most));
    TRY(fast_decode(self.prepared, *cache, most, 0, rest));
done:
    matrix_free(&rest);
    return status;
}

static Status prepare_fast(const WorkerCase *call)
{
    Status status = STATUS_OK;
    TRY(prepare_layer(call));
    if (!call->decode)
        return STATUS_OK;
    self.caches = memory_allocate(call->batch + 1, sizeof *self.caches);
    TRY(self.caches != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    for (size_t i = 0; i < call->batch; i++)
        TRY(fill_cache(call, call->tokens - call->batch + i + 1, &self.caches[i]));
done:
    return status;
}

static Status run_fast(const WorkerCase *call, double amounts[WORKER_AMOUNTS])
{
    amounts[0] = 0.0;
    if (!call->decode) {
        FastSequence sequence = {call->x, NO_MATRIX, {.causal = call->causal}, call->out};
        return fast_multi_head_attention(self.prepared, &sequence, call->threads);
    }
    Matrix last = {matrix_row(call->x, call->tokens - call->batch), call->batch, call->d_model,
                   call->d_model};
    for (size_t i = 0; i < call->batch; i++)
        key_value_cache_truncate(self.caches[i], call->tokens - call->batch + i);
    return fast_decode_batch(self.prepared, self.caches, last, call->threads, call->out);
}

static bool reads(const WorkerCase *call)
{
    return call->decode && !call->several;
}

static Status prepare_roof(const WorkerCase *call)
{
    return reads(call) ? roofline_arrays_create(ARRAY_BYTES, &self.arrays) : STATUS_OK;
}

/* The peak of arithmetic for layers, the bandwidth for decoding. */
static Status run_roof(const WorkerCase *call, double amounts[WORKER_AMOUNTS])
{
    amounts[0] = reads(call) ? roofline_read(&self.arrays, self.isa, call->threads)
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
