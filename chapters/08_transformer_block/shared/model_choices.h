/**
 * @file model_choices.h
 * @brief The options that say what a model's arrays do not.
 */
#ifndef HEADWISE_MODEL_CHOICES_H
#define HEADWISE_MODEL_CHOICES_H

#include "block_model.h"
#include "status.h"

#include <stddef.h>

/** The places of these options in a program's table. */
typedef struct ChoiceOptions {
    size_t heads;      /**< --heads, which must be given: no shape says it. */
    size_t norm;       /**< --norm: post, the default, or pre. */
    size_t activation; /**< --activation: relu, the default, gelu or gelu-tanh. */
    size_t epsilon;    /**< --epsilon: 1e-5 by default. */
} ChoiceOptions;

/** What --help says of them. */
#define NORM_HELP "where the norms stand: post (default) or pre"
/** What --help says of --activation. */
#define ACTIVATION_HELP "relu (default), gelu (exact) or gelu-tanh"
/** What --help says of --epsilon. */
#define EPSILON_HELP "what the norms add to the variance (default: 1e-5)"
/** What --help says of --heads. */
#define HEADS_HELP "how many heads; no array says it"

/**
 * Reads the options. What is left out is as in PyTorch.
 *
 * @param places Where they stand.
 * @param result Receives the choices.
 * @return STATUS_USAGE for a word or a number that is not accepted.
 */
Status model_choices_read(const ChoiceOptions *places, ModelChoices *result) MUST_USE;

#endif
