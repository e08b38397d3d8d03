/**
 * @file training_case.h
 * @brief The models whose training steps are measured, what they learn from, and how answers are
 *        compared.
 *
 * A step sees about 2048 words. A language model (of two blocks) guesses the next word of each
 * target; an encoder-decoder (of one block each) reads a source, too, of the same length. What they
 * are given stands in three files: values.npy, the parameters in the order of ParameterList,
 * source.npy and target.npy, a row for each example; a target has one word more, since the first
 * is only read and the last is only guessed.
 */
#ifndef HEADWISE_TRAINING_CASE_H
#define HEADWISE_TRAINING_CASE_H

#include "array.h"
#include "learning_model.h"
#include "plan.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** How far losses and gradients, as vectors, may be apart, relative to their lengths. */
#define TRAINING_TOLERANCE 1e-4

/** The learning rate: so small that a model that has seen thousands of steps is still the same. */
#define TRAINING_RATE 1e-6

/**
 * What a model is like.
 *
 * @param d_model Numbers of a word.
 * @param heads   How many heads.
 * @param causal  Whether it is a language model, else an encoder-decoder.
 * @return The plan.
 */
ModelPlan training_plan(size_t d_model, size_t heads, bool causal);

/**
 * Writes the files of a case, a training step.
 *
 * @param which     The case.
 * @param directory Where, a directory that is there.
 * @return STATUS_NO_MEMORY, STATUS_SYSTEM.
 */
Status training_write_inputs(const Case *which, const char *directory) MUST_USE;

/**
 * Compares an answer with the first one: a row of the gradients, and the loss.
 *
 * @param first NO_ARRAY before the first answer, which it then receives; to be freed with
 *              array_free().
 * @param path  The file of the answer.
 * @param error Receives the difference's length, relative to that of the gradients, or of the loss
 *              if that is more; infinity when something is no number.
 * @return STATUS_FORMAT when it cannot be read, STATUS_SHAPE when it has another shape.
 */
Status training_compare(Array *first, const char *path, double *error) MUST_USE;

#endif
