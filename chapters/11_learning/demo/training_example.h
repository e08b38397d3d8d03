/**
 * @file training_example.h
 * @brief The worked example's training: a model that reverses, and what goes wrong.
 */
#ifndef HEADWISE_TRAINING_EXAMPLE_H
#define HEADWISE_TRAINING_EXAMPLE_H

#include "status.h"
#include "training_run.h"

#include <stddef.h>

/**
 * Trains the model that chapter 9 set by hand, and puts both side by side.
 *
 * @param steps  For how many steps.
 * @param result Receives what came of it.
 * @return As show_training().
 */
Status show_learning(size_t steps, TrainingResult *result) MUST_USE;

/**
 * Trains the same model again and again, each time with one thing wrong.
 *
 * @param steps For how many steps each.
 * @return As training_run().
 */
Status show_slips(size_t steps) MUST_USE;

#endif
