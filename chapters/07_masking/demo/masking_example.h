/**
 * @file masking_example.h
 * @brief What the program of chapter 7 shows of masks at work on the example.
 */
#ifndef HEADWISE_MASKING_EXAMPLE_H
#define HEADWISE_MASKING_EXAMPLE_H

#include "example.h"
#include "status.h"

#include <stddef.h>

/**
 * Shows and draws no mask, the causal one, the padding one, and both, on a sentence with filling.
 *
 * @param sentence The sentence.
 * @param word     The word whose weights are printed.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_four_masks(Sentence sentence, size_t word) MUST_USE;

/**
 * Shows how one row of weights comes about when the last word is blocked.
 *
 * @param sentence The sentence; its last word but one is the one that asks.
 * @return STATUS_NO_MEMORY.
 */
Status show_by_hand(Sentence sentence) MUST_USE;

/**
 * Shows the head `sense` under the causal mask.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_causal_weights(Sentence sentence) MUST_USE;

/**
 * Shows what the causal mask takes from one word.
 *
 * @param sentence The sentence.
 * @param word     The word.
 * @return STATUS_NO_MEMORY.
 */
Status show_what_is_missed(Sentence sentence, size_t word) MUST_USE;

/**
 * Shows the previous-word head of chapter 6 under the causal mask.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_masked_previous_word(Sentence sentence) MUST_USE;

/**
 * Shows a mask of the reader's own making, in which one word may attend to nothing.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_any_mask(Sentence sentence) MUST_USE;

#endif
