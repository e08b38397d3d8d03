/**
 * @file training_arrays.h
 * @brief What the program does with options: trains, or computes gradients.
 */
#ifndef HEADWISE_TRAINING_ARRAYS_H
#define HEADWISE_TRAINING_ARRAYS_H

#include "status.h"

/**
 * Trains a task with `--task`, or the reader's own with `--source` and `--target`; trains with one
 * thing wrong at a time with `--slips`; computes the gradients of a model with `--gradients`; else,
 * those of an attention.
 *
 * @return STATUS_USAGE for options that do not belong together; otherwise as training_run(),
 *         own_task_create(), gradient_arrays() and attention_arrays().
 */
Status training_arrays(void) MUST_USE;

#endif
