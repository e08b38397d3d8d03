#include "learning_steps.h"

Step encoder_step(const LearningModel *model, size_t index)
{
    const TransformerBlock *block = &model->encoder_blocks[index / ENCODER_STEPS];
    NormPlace place = block->norm_place;
    if (index % ENCODER_STEPS == 0)
        return (Step){"self_attn", &block->attention, NULL, &block->norm_1, place, false};
    return (Step){"linear2", NULL, &block->feed_forward, &block->norm_2, place, false};
}

Step decoder_step_of(const LearningModel *model, size_t index)
{
    const DecoderBlock *block = &model->decoder_blocks[index / DECODER_STEPS];
    NormPlace place = block->norm_place;
    if (index % DECODER_STEPS == 0)
        return (Step){"self_attn", &block->self_attention, NULL, &block->norm_1, place, false};
    if (index % DECODER_STEPS == 1)
        return (Step){"multihead_attn", &block->cross_attention, NULL, &block->norm_2, place, true};
    return (Step){"linear2", NULL, &block->feed_forward, &block->norm_3, place, false};
}
