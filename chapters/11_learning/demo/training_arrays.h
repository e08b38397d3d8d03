/**
 * @file training_arrays.h
 * @brief What the program does with options: trains a task, or computes gradients.
 */
#ifndef HEADWISE_TRAINING_ARRAYS_H
#define HEADWISE_TRAINING_ARRAYS_H

#include "status.h"

#include <stdbool.h>

/**
 * Tells whether `--steps` is the only option, so that the worked example is meant.
 *
 * @return Whether it is.
 */
bool training_is_example(void);

/**
 * Trains a task with `--task`; with `--gradients`, computes the gradients of a model; else, those
 * of an attention.
 *
 * @return STATUS_USAGE for options that do not belong together; otherwise as training_run(),
 *         gradient_arrays() and attention_arrays().
 */
Status training_arrays(void) MUST_USE;

#endif
