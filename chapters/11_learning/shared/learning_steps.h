/**
 * @file learning_steps.h
 * @brief A block as a list of steps: attention to oneself, in a decoder also to the memory, and the
 *        feed-forward network.
 */
#ifndef HEADWISE_LEARNING_STEPS_H
#define HEADWISE_LEARNING_STEPS_H

#include "learning_model.h"

#include <stdbool.h>
#include <stddef.h>

/** Steps of a block. */
enum { ENCODER_STEPS = 2, DECODER_STEPS = 3 };

/** One step of a block, or its gradients: an attention or a feed-forward network. */
typedef struct Step {
    const char *name;                /**< Its name in PyTorch. */
    const MultiHeadLayer *attention; /**< Or NULL. */
    const FeedForward *network;      /**< Or NULL. */
    const LayerNorm *norm;           /**< Its norm. */
    NormPlace place;                 /**< Where that stands. */
    bool looks_at_memory;            /**< Whether the attention is that to the encoder's results. */
} Step;

/**
 * A step of the blocks that read.
 *
 * @param model The model, or its gradients.
 * @param index Which step, counted through all blocks.
 * @return The step.
 */
Step encoder_step(const LearningModel *model, size_t index);

/**
 * A step of the blocks that write.
 *
 * @param model The model, or its gradients.
 * @param index Which step, counted through all blocks.
 * @return The step.
 */
Step decoder_step_of(const LearningModel *model, size_t index);

#endif
