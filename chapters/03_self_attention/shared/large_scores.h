/**
 * @file large_scores.h
 * @brief Scores that a float cannot hold, and why none of them may become minus infinity.
 *
 * Chapter 2 gave minus infinity a meaning: this key is blocked. A score of -1e40 is not blocked,
 * only too large for a float, and rounding it to minus infinity would make its weight vanish
 * without a word. So such a score is written as NaN, and its row is computed again in double,
 * relative to its greatest score: adding one number to all scores does not change what
 * softmax_row() gives.
 */
#ifndef HEADWISE_LARGE_SCORES_H
#define HEADWISE_LARGE_SCORES_H

#include "matrix.h"

/**
 * Replaces infinite scores, which only an overflow or an infinite input makes, by NaN.
 *
 * @param scores The scores, before anything is blocked.
 */
void mark_overflow(Matrix scores);

/**
 * A score with a bias added to it; NaN where that is infinite.
 *
 * @param score The score.
 * @param bias  What is added: no mask, so not minus infinity.
 * @return The sum.
 */
float biased_score(float score, float bias);

/**
 * Computes rows of scores again where a float is too coarse: where the greatest score of a row is
 * NaN, or so far from 0 that a float does not hold the fractions that decide the weights. The new
 * scores are relative to the greatest one, which becomes 0. Scores that are not finite even in
 * double, because an input is not, become NaN.
 *
 * @code
 * #include "self_attention.h"
 *
 * float q[] = {1e20f}, k[] = {-1e20f, -2e20f}, scores[2]; // -1e40 and -2e40: beyond a float
 * Matrix one = matrix_view(q, 1, 1), keys = matrix_view(k, 2, 1), row = matrix_view(scores, 1, 2);
 * if (attention_scores(one, keys, 1, row))
 *     return 1;
 * printf("%d %d\n", scores[0] == scores[0], scores[1] == scores[1]); // 0 0
 * rescore_large(one, keys, 1, NO_MATRIX, row);
 * printf("%g\n", scores[0]); // 0
 * @endcode
 *
 * @param q      The queries, T_q x d_k.
 * @param k      The keys, T_k x d_k.
 * @param scale  What each dot product is multiplied by.
 * @param bias   What was added to the scores, T_q x T_k, or NO_MATRIX.
 * @param scores The scores, T_q x T_k. Minus infinity is a blocked key, and stays.
 */
void rescore_large(Matrix q, Matrix k, float scale, Matrix bias, Matrix scores);

#endif
