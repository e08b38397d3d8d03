/**
 * @file gradient_arrays.h
 * @brief The loss of the reader's model on the reader's sequences, and the gradient of all it has.
 */
#ifndef HEADWISE_GRADIENT_ARRAYS_H
#define HEADWISE_GRADIENT_ARRAYS_H

#include "block_model.h"
#include "sequence_arrays.h"
#include "status.h"

/**
 * Reads a model and sequences, and writes the mean loss of all words that count and its gradients.
 * With a decoder, the target without its last word goes in, and the target without its first is
 * what comes out right; without one, the target has the right word of each word of the source. -1
 * means no word.
 *
 * @param places  Where the options stand.
 * @param choices What the model's arrays do not say.
 * @param model   The folder of the model, as parameters_plan() reads it.
 * @param folder  The folder to be written: loss.npy, and a file for each parameter as in the model.
 * @return STATUS_FORMAT, STATUS_SHAPE, STATUS_VALUE for what does not fit together; STATUS_SYSTEM,
 *         STATUS_NO_MEMORY. Then nothing is written.
 */
Status gradient_arrays(const SequenceOptions *places, const ModelChoices *choices,
                       const char *model, const char *folder) MUST_USE;

#endif
