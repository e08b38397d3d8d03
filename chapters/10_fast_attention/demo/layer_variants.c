#include "layer_variants.h"

#include "fast_internal.h"
#include "plain_variants.h"

static Status naive(const VariantCall *call)
{
    return masked_multi_head_attention(call->x, NO_MATRIX, call->layer, &call->mask, call->weights,
                                       call->out);
}

static FastSequence sequence_of(const VariantCall *call)
{
    return (FastSequence){.x = call->x, .mask = call->mask, .out = call->out};
}

static Status online_softmax(const VariantCall *call)
{
    FastSequence sequence = sequence_of(call);
    return fast_multi_head_attention_unskipped(call->prepared, &sequence);
}

static Status causal_skip(const VariantCall *call)
{
    FastSequence sequence = sequence_of(call);
    return fast_multi_head_attention(call->prepared, &sequence, 1);
}

static Status threads(const VariantCall *call)
{
    FastSequence sequence = sequence_of(call);
    return fast_multi_head_attention(call->prepared, &sequence, call->threads);
}

const LayerVariant LAYER_VARIANTS[LAYER_VARIANT_COUNT] = {
    {"naive (chapter 7)", true, naive},
    {"loop order, float32", true, variant_loop_order},
    {"vectors, register tile", true, variant_register_tile},
    {"packing, prepared weights", true, variant_packing},
    {"online softmax, no T x T", false, online_softmax},
    {"causal blocks skipped", false, causal_skip},
    {"threads", false, threads},
};
