/**
 * @file shift_example.h
 * @brief What the program of chapter 2 shows of large scores: where the formula fails, and what
 * does not.
 */
#ifndef HEADWISE_SHIFT_EXAMPLE_H
#define HEADWISE_SHIFT_EXAMPLE_H

#include "scored_sentence.h"
#include "status.h"

/**
 * Shows and draws what happens to the weights when one number is added to all scores.
 *
 * @param scored The sentence and its scores.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_shifted_scores(const ScoredSentence *scored) MUST_USE;

/**
 * Shows the log-sum-exp of the scores of the last word.
 *
 * @param scored The sentence and its scores.
 * @return STATUS_NO_MEMORY.
 */
Status show_log_sum_exp(const ScoredSentence *scored) MUST_USE;

/**
 * Shows the one-pass softmax of the scores of the last word, a line to a score.
 *
 * @param scored The sentence and its scores.
 */
void show_one_pass(const ScoredSentence *scored);

#endif
