#include "rungs.h"

static Status naive(const RungCall *call)
{
    return masked_multi_head_attention(call->x, NO_MATRIX, call->layer, &call->mask, call->weights,
                                       call->out);
}

static Status threads(const RungCall *call)
{
    FastSequence sequence = {call->x, NO_MATRIX, call->mask, call->out};
    return fast_multi_head_attention(call->prepared, &sequence, call->threads);
}

const Rung RUNGS[RUNG_COUNT] = {
    {"naive", true, naive},     {"loop order", true, naive},        {"register tile", true, naive},
    {"packing", true, naive},   {"online softmax", false, threads}, {"causal skip", false, threads},
    {"threads", false, threads}};
