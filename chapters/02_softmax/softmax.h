/**
 * @file softmax.h
 * @brief Chapter 2: from scores to weights that are positive and sum to one.
 *
 * Minus infinity is a score too: its weight is 0. A row of nothing but minus infinity has nothing
 * to choose from, and all its weights are 0. A row with a NaN or with plus infinity becomes NaN.
 */
#ifndef HEADWISE_SOFTMAX_H
#define HEADWISE_SOFTMAX_H

#include "matrix.h"
#include "status.h"

#include <stddef.h>

/**
 * The softmax of one row: weight i is exp(x[i]) over the sum of all exp(x[j]), computed from the
 * differences to the greatest score, which changes nothing but keeps exp() from overflowing.
 *
 * @code
 * float scores[] = {0, 0, 0, 0, 6, 4}, weights[6];
 * softmax_row(scores, 6, weights);
 * printf("%.2f %.2f %.2f\n", weights[0], weights[4], weights[5]); // 0.00 0.87 0.12
 * @endcode
 *
 * @param x   The scores, n numbers.
 * @param n   How many; may be 0.
 * @param out Receives n weights; may be @p x itself.
 */
void softmax_row(const float *x, size_t n, float *out);

/**
 * The softmax as the formula is written, without subtracting the maximum. It is here so that
 * you can see it fail: for a score above 88 the exponential overflows a float, and the weights
 * become NaN.
 *
 * @param x   The scores, n numbers.
 * @param n   How many; may be 0.
 * @param out Receives n weights; may be @p x itself.
 */
void softmax_row_naive(const float *x, size_t n, float *out);

/**
 * The softmax of each row of a matrix.
 *
 * @param x   The scores, n x m.
 * @param out Receives the weights, n x m; may be @p x itself.
 * @return STATUS_SHAPE when the shapes differ; then nothing is written.
 */
Status softmax(Matrix x, Matrix out) MUST_USE;

/**
 * The softmax of each row of x divided by a temperature: below 1 the greatest score takes more,
 * above 1 the weights become more equal (Hinton, Vinyals and Dean 2015, section 2).
 *
 * @code
 * float row[] = {0, 0, 0, 0, 6, 4};
 * Matrix weights = matrix_view(row, 1, 6);
 * if (softmax_with_temperature(weights, 2.0f, weights))
 *     return 1;
 * printf("%.2f %.2f %.2f\n", row[0], row[4], row[5]); // 0.03 0.64 0.23
 * @endcode
 *
 * @param x           The scores, n x m.
 * @param temperature What to divide them by; finite and above 0.
 * @param out         Receives the weights, n x m; may be @p x itself.
 * @return STATUS_VALUE for any other temperature, STATUS_SHAPE when the shapes differ; then nothing
 * is written.
 */
Status softmax_with_temperature(Matrix x, float temperature, Matrix out) MUST_USE;

/**
 * The logarithm of the sum of the exponentials: a smooth maximum.
 *
 * @code
 * float scores[] = {1000, 1000};
 * printf("%.2f\n", log_sum_exp(scores, 2)); // 1000.69
 * @endcode
 *
 * @param x The scores, n numbers.
 * @param n How many; for 0 the result is minus infinity.
 * @return log(exp(x[0]) + exp(x[1]) + ...), without overflow on the way.
 */
float log_sum_exp(const float *x, size_t n);

/**
 * How undecided weights are: 0 bits when one has everything, log2(n) bits when all are equal
 * (Shannon 1948, section 6).
 *
 * @code
 * float coin[] = {0.5f, 0.5f}, sure[] = {1, 0};
 * printf("%g %g\n", entropy_bits(coin, 2), entropy_bits(sure, 2)); // 1 0
 * @endcode
 *
 * @param weights Weights that sum to one, n numbers; a weight of 0 adds nothing.
 * @param n       How many.
 * @return The entropy in bits.
 */
float entropy_bits(const float *weights, size_t n);

/**
 * What the one-pass softmax knows of the scores that it has seen (Milakov and Gimelshein 2018,
 * section 3): enough to give each its weight, without having kept them.
 */
typedef struct OnlineSoftmax {
    float maximum; /**< The greatest score so far; minus infinity before the first. */
    double sum;    /**< The sum of exp(score - maximum) so far. */
} OnlineSoftmax;

/**
 * The state before the first score.
 *
 * @return A maximum of minus infinity and a sum of 0.
 */
OnlineSoftmax online_softmax_start(void);

/**
 * Takes in one more score. When it is a new maximum, the sum so far is rescaled to it.
 *
 * @param state What was known; updated.
 * @param score The score.
 */
void online_softmax_add(OnlineSoftmax *state, float score);

/**
 * The weight of a score among all that were taken in.
 *
 * @code
 * OnlineSoftmax state = online_softmax_start();
 * online_softmax_add(&state, 4);
 * online_softmax_add(&state, 6);
 * printf("%.2f\n", online_softmax_weight(state, 4)); // 0.12
 * printf("%.2f\n", online_softmax_weight(state, 6)); // 0.88
 * @endcode
 *
 * @param state What is known after the last score.
 * @param score One of them.
 * @return Its softmax weight.
 */
float online_softmax_weight(OnlineSoftmax state, float score);

#endif
