/**
 * @file learning_options.h
 * @brief The program's options.
 */
#ifndef HEADWISE_LEARNING_OPTIONS_H
#define HEADWISE_LEARNING_OPTIONS_H

#include "program.h"

/** The options, in the order of `--help`. */
enum {
    GRADIENT_Q,          /**< --q */
    GRADIENT_K,          /**< --k */
    GRADIENT_V,          /**< --v */
    GRADIENT_SLOPE,      /**< --slope */
    GRADIENT_SCALE,      /**< --scale */
    GRADIENT_CAUSAL,     /**< --causal */
    GRADIENT_OUT,        /**< --out */
    GRADIENT_K_OUT,      /**< --k-out */
    GRADIENT_V_OUT,      /**< --v-out */
    LEARNING_TASK,       /**< --task */
    LEARNING_STEPS,      /**< --steps */
    LEARNING_SEED,       /**< --seed */
    LEARNING_BLOCKS,     /**< --blocks */
    LEARNING_DROPOUT,    /**< --dropout */
    LEARNING_SMOOTHING,  /**< --label-smoothing */
    LEARNING_MODEL,      /**< --model */
    LEARNING_GRADIENTS,  /**< --gradients */
    LEARNING_SOURCE,     /**< --source */
    LEARNING_TARGET,     /**< --target */
    LEARNING_D_MODEL,    /**< --d-model */
    LEARNING_HEADS,      /**< --heads */
    LEARNING_NORM,       /**< --norm */
    LEARNING_ACTIVATION, /**< --activation */
    LEARNING_EPSILON,    /**< --epsilon */
    LEARNING_SLIPS,      /**< --slips */
    LEARNING_OPTION_COUNT
};

/** What they are. */
extern const Option LEARNING_OPTIONS[LEARNING_OPTION_COUNT];

#endif
