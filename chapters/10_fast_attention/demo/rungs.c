#include "rungs.h"

#include "fast_internal.h"
#include "rung_steps.h"

static Status naive(const RungCall *call)
{
    return masked_multi_head_attention(call->x, NO_MATRIX, call->layer, &call->mask, call->weights,
                                       call->out);
}

static FastSequence sequence_of(const RungCall *call)
{
    return (FastSequence){.x = call->x, .mask = call->mask, .out = call->out};
}

static Status online_softmax(const RungCall *call)
{
    FastSequence sequence = sequence_of(call);
    return fast_multi_head_attention_unskipped(call->prepared, &sequence);
}

static Status causal_skip(const RungCall *call)
{
    FastSequence sequence = sequence_of(call);
    return fast_multi_head_attention(call->prepared, &sequence, 1);
}

static Status threads(const RungCall *call)
{
    FastSequence sequence = sequence_of(call);
    return fast_multi_head_attention(call->prepared, &sequence, call->threads);
}

const Rung RUNGS[RUNG_COUNT] = {
    {"naive (chapter 7)", true, naive},
    {"loop order, float32", true, rung_loop_order},
    {"vectors, register tile", true, rung_register_tile},
    {"packing, prepared weights", true, rung_packing},
    {"online softmax, no T x T", false, online_softmax},
    {"causal blocks skipped", false, causal_skip},
    {"threads", false, threads},
};
