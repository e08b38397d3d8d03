/**
 * @file block_example.h
 * @brief The carried sentence on its way through a block: the steps of the worked example.
 */
#ifndef HEADWISE_BLOCK_EXAMPLE_H
#define HEADWISE_BLOCK_EXAMPLE_H

#include "example.h"
#include "status.h"

#include <stddef.h>

/** A sentence and the word to follow through the block. */
typedef struct Followed {
    Sentence sentence; /**< The sentence. */
    size_t word;       /**< Which of its words, counted from 0. */
} Followed;

/**
 * Shows what attention alone makes of the word, and what the residual path keeps.
 *
 * @param followed The sentence and the word.
 * @return STATUS_NO_MEMORY.
 */
Status show_residual(const Followed *followed) MUST_USE;

/**
 * Shows the norm of the word, number by number.
 *
 * @param followed The sentence and the word.
 * @return STATUS_NO_MEMORY.
 */
Status show_norm(const Followed *followed) MUST_USE;

/**
 * Shows which rules of the feed-forward network apply to which word, and what they say.
 *
 * @param followed The sentence and the word.
 * @return STATUS_NO_MEMORY.
 */
Status show_rules(const Followed *followed) MUST_USE;

/**
 * Shows the activations beside each other.
 *
 * @param followed Not used.
 * @return STATUS_OK.
 */
Status show_activations(const Followed *followed) MUST_USE;

/**
 * Shows the whole block, with its norms after and before its steps, and draws it.
 *
 * @param followed The sentence and the word.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_block(const Followed *followed) MUST_USE;

/**
 * Shows the way from text to class: the sentence and the word by itself, before and after the
 * blocks.
 *
 * @param followed The sentence and the word.
 * @return STATUS_NO_MEMORY.
 */
Status show_classes(const Followed *followed) MUST_USE;

#endif
