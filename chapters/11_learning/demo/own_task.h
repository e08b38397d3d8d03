/**
 * @file own_task.h
 * @brief A task made of the reader's own sequences.
 */
#ifndef HEADWISE_OWN_TASK_H
#define HEADWISE_OWN_TASK_H

#include "block_model.h"
#include "learning_tasks.h"
#include "sequence_arrays.h"
#include "status.h"

#include <stddef.h>

/** The most words that the reader may number. */
enum { OWN_WORDS_MOST = 1 << 16 };

/** The task, and what it is made of. */
typedef struct OwnTask {
    LearningTask task;     /**< To be trained; it has views of the rest. */
    Sequences given;       /**< As read. */
    TaskExample *examples; /**< One for each sequence. */
} OwnTask;

/**
 * Reads sequences and makes a task of them: an encoder-decoder, of one block each, is to write each
 * target when it reads its source. A target begins and ends with word 0, the full stop.
 *
 * @param places  Where the options stand.
 * @param choices Heads, norms and activation of the model.
 * @param d_model Numbers of a word; the network within a block has twice as many.
 * @param own     Receives the task, to be freed with own_task_free(), also on failure.
 * @return As sequences_read(); STATUS_VALUE for a sequence that is empty or too long, or a target
 *         without its full stops; STATUS_NO_MEMORY.
 */
Status own_task_create(const SequenceOptions *places, const ModelChoices *choices, size_t d_model,
                       OwnTask *own) MUST_USE;

/**
 * Frees a task.
 *
 * @param own The task; `{0}` may be freed.
 */
void own_task_free(OwnTask *own);

#endif
