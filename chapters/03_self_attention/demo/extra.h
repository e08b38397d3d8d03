/**
 * @file extra.h
 * @brief Chapter 3, extra: what the experiments measure and count. No later chapter builds on it.
 *
 * A reader may write these functions too; until then, the checks call those of extra.c.
 */
#ifndef HEADWISE_SELF_ATTENTION_EXTRA_H
#define HEADWISE_SELF_ATTENTION_EXTRA_H

#include "matrix.h"
#include "status.h"

#include <stddef.h>

/** How the scores and the weights of many queries look from afar. */
typedef struct ScoreSpread {
    float deviation; /**< The standard deviation of all scores. */
    float entropy;   /**< The mean entropy of a query's weights, in bits; log2(T_k) at most. */
} ScoreSpread;

/**
 * Measures what a scale does: how far the scores spread, and how undecided the weights are.
 *
 * @param q      The queries, T_q x d_k; T_q is 1 or more.
 * @param k      The keys, T_k x d_k; T_k is 1 or more.
 * @param scale  What each dot product is multiplied by.
 * @param result Receives the measures; unwritten on failure.
 * @return STATUS_SHAPE when the shapes do not fit, d_k is 0 or there is no score; STATUS_NO_MEMORY.
 */
Status measure_scale(Matrix q, Matrix k, float scale, ScoreSpread *result) MUST_USE;

/** What a layer costs for one sequence (the columns of table 1 in Vaswani et al. 2017, section 4).
 */
typedef struct LayerCost {
    double multiplications; /**< Multiplications of two numbers. */
    size_t steps;           /**< Steps that have to wait for one another. */
    size_t path;            /**< Steps that a signal takes from the first token to the last. */
} LayerCost;

/**
 * The cost of one self-attention layer without its projections: Q K^T and the weighted sum.
 *
 * @param tokens Length of the sequence, T.
 * @param d      Numbers of one token.
 * @return T x T x d multiplications for each of the two products.
 */
LayerCost self_attention_cost(size_t tokens, size_t d);

/**
 * The cost of one recurrent layer, h_t = f(x_t W + h_(t-1) U), without its input projection: h U.
 *
 * @param tokens Length of the sequence, T.
 * @param d      Numbers of one token and of the state.
 * @return T times d x d multiplications, one token after the other.
 */
LayerCost recurrent_cost(size_t tokens, size_t d);

#endif
