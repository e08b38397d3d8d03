/**
 * @file layers.h
 * @brief Random layers of attention, their masks, and what they make of a sequence in double
 *        precision.
 */
#ifndef HEADWISE_TESTS_LAYERS_H
#define HEADWISE_TESTS_LAYERS_H

#include "multi_head_attention.h"
#include "oracle.h"

/** Of chapter 7. */
struct AttentionMask;

/** Sizes of a layer. */
typedef struct LayerSizes {
    size_t d_model, heads, d_k, d_v, d_out;
} LayerSizes;

/** A weight of random numbers that keep the magnitude of what is multiplied by it. */
Matrix random_weight(Random *random, size_t rows, size_t cols);

/** A row of random numbers to add; NO_MATRIX if there is to be none. */
Matrix random_bias(Random *random, bool is_there, size_t cols);

/** A layer of random numbers. With biases, some may still be missing. */
MultiHeadLayer random_layer(Random *random, LayerSizes sizes, bool biases);

/** x W plus a bias, which may be NO_MATRIX. */
Table oracle_affine(Table x, Matrix w, Matrix b);

/**
 * What a layer makes of a sequence.
 *
 * @param x       It asks: T_q x d_model.
 * @param context It answers: T_k x d_model.
 * @param layer   The layer.
 * @param allowed T_q x T_k, 0 where a key is blocked; or NULL.
 * @param bias    Added to the scores: T_q x T_k, or one below the other for all heads; or NULL.
 * @param weights Receives those of all heads, (heads T_q) x T_k, unless it is NULL.
 * @return T_q x d_out.
 */
Table oracle_layer(Table x, Table context, const MultiHeadLayer *layer, const Table *allowed,
                   const Table *bias, Table *weights);

/** Usually ones, or usually zeros; the other number now and then. */
Matrix random_ones(Random *random, size_t rows, size_t cols);

/** A mask in which each rule is there or not; a bias is one for all heads, or has rows for each. */
struct AttentionMask random_mask(Random *random, size_t t_q, size_t t_k, size_t heads);

/** What a mask without a bias allows: T_q x T_k of ones and zeros. */
Table oracle_allowed(const struct AttentionMask *mask, size_t t_q, size_t t_k);

/** oracle_layer() under a mask. */
Table oracle_masked_layer(Table x, Table context, const MultiHeadLayer *layer,
                          const struct AttentionMask *mask, Table *weights);

#endif
