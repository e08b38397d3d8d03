/**
 * @file weights_example.h
 * @brief What the program of chapter 2 shows of weights: by hand, row by row, and with blocked
 * scores.
 */
#ifndef HEADWISE_WEIGHTS_EXAMPLE_H
#define HEADWISE_WEIGHTS_EXAMPLE_H

#include "scored_sentence.h"
#include "status.h"

/**
 * Shows how the scores of the last word become weights.
 *
 * @param scored The sentence and its scores.
 * @return STATUS_NO_MEMORY.
 */
Status show_weights_by_hand(const ScoredSentence *scored) MUST_USE;

/**
 * Shows and draws the softmax of each row, and of each column, which is a mistake.
 *
 * @param scored The sentence and its scores.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_rows_and_columns(const ScoredSentence *scored) MUST_USE;

/**
 * Shows what scores of minus infinity do to the weights of the last word.
 *
 * @param scored The sentence and its scores.
 * @return STATUS_NO_MEMORY.
 */
Status show_blocked_scores(const ScoredSentence *scored) MUST_USE;

#endif
