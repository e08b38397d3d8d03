/**
 * @file fast_attention.h
 * @brief Chapter 10: attention that never stores the T x T weights, in plain C.
 *
 * The softmax needs the greatest score and the sum before it can give a weight. The online softmax
 * (Milakov and Gimelshein 2018, section 3) finds both in one pass: it keeps them for the keys so
 * far, and rescales the sum when a greater score comes. With the weighted sum of the values kept in
 * the same way, a query is done after this pass, without a second one for the weights (Rabe and
 * Staats 2021, section 3; Dao et al. 2022, section 3.1). fast_layer.h is the same at the speed of
 * the hardware.
 */
#ifndef HEADWISE_FAST_ATTENTION_H
#define HEADWISE_FAST_ATTENTION_H

#include "masking.h"
#include "matrix.h"
#include "status.h"

#include <stddef.h>

/** What is known of one query after some of the keys. */
typedef struct OnlineAttention {
    float maximum; /**< The greatest score so far; minus infinity before the first. */
    float sum;     /**< The sum of e^(score - maximum) so far. */
    float *values; /**< The sum of e^(score - maximum) times the value so far: d_v numbers. */
    size_t d_v;    /**< How many. */
} OnlineAttention;

/**
 * a b, computed row by row of b: out row i is the sum of a[i][k] times row k of b. All memory is
 * read and written from one end to the other. Sums are float32; NaN and infinity pass through as
 * the arithmetic has them.
 *
 * @param a   n x m.
 * @param b   m x p.
 * @param out Receives the product, n x p; the shapes fit, and it does not overlap a or b.
 */
void product_by_rows(Matrix a, Matrix b, Matrix out);

/**
 * The state before the first key.
 *
 * @param values Where the sums are kept: d_v numbers, which stay the caller's; set to zeros.
 * @param d_v    Columns of the values.
 * @return A maximum of minus infinity and sums of 0.
 */
OnlineAttention online_attention_start(float *values, size_t d_v);

/**
 * Takes a block of keys in. When one of them has a greater score than all before, the sums so far
 * are rescaled to it, once for the whole block. A score of minus infinity is a blocked key: its
 * value is not looked at, so that a NaN in it stays there.
 *
 * @code
 * float scores[] = {1, 3, 2}, v[] = {10, 20, 30}; // three keys, d_v = 1
 * float sum[1], out[1];
 * OnlineAttention state = online_attention_start(sum, 1);
 * online_attention_add(&state, scores, matrix_view(v, 1, 1)); // the first key alone
 * printf("%g %g %g\n", state.maximum, state.sum, sum[0]); // 1 1 10
 * online_attention_add(&state, scores + 1, matrix_view(v + 1, 2, 1)); // then the other two
 * printf("%g %.2f %.2f\n", state.maximum, state.sum, sum[0]); // 3 1.50 32.39
 * online_attention_finish(&state, out);
 * printf("%.2f\n", out[0]); // 21.55
 * @endcode
 *
 * @param state  What was known; updated.
 * @param scores The scores of the block's keys.
 * @param v      Their values, one row for each score, state->d_v columns.
 */
void online_attention_add(OnlineAttention *state, const float *scores, Matrix v);

/**
 * The result after the last key: the weighted sum over the sum of the weights, or zeros when every
 * key was blocked.
 *
 * @param state What is known. It stays so when @p out is elsewhere: more keys may come.
 * @param out   Receives d_v numbers; may be state->values.
 */
void online_attention_finish(const OnlineAttention *state, float *out);

/**
 * How many keys a block of queries has to look at: from this one on, causality and padding block
 * every key for every query of the block.
 *
 * @param mask    The mask; its matrices do not matter here. Its past may be any size_t.
 * @param first   The first query of the block.
 * @param queries How many queries; at least 1.
 * @param keys    T_k, the number of keys.
 * @return The number of keys, counted from key 0.
 */
size_t visible_keys(const AttentionMask *mask, size_t first, size_t queries, size_t keys);

/**
 * Masked scaled dot-product attention, block by block: what masked_attention() gives, up to
 * rounding, but without weights. Besides inputs and outputs it needs memory for the scores of
 * `block` keys and a state for each query of a block. Keys from visible_keys() on are not looked
 * at. (A block is a few rows taken together; that a mask blocks a key is another matter.)
 *
 * @code
 * float x[] = {1, 0, 0, 1, 1, 1}; // three tokens: queries, keys and values at once
 * Matrix all = matrix_view(x, 3, 2);
 * AttentionMask mask = {.causal = true};
 * float weights[9], whole[6], out[6];
 * if (masked_attention(all, all, all, 1, &mask, matrix_view(weights, 3, 3),
 *                      matrix_view(whole, 3, 2)) ||
 *     blockwise_attention(all, all, all, 1, &mask, 2, matrix_view(out, 3, 2)))
 *     return 1;
 * printf("%.3f %.3f\n", whole[4], whole[5]); // 0.788 0.788
 * printf("%.3f %.3f\n", out[4], out[5]);     // 0.788 0.788
 * @endcode
 *
 * @param q     The queries, T_q x d_k.
 * @param k     The keys, T_k x d_k.
 * @param v     The values, T_k x d_v.
 * @param scale What each dot product is multiplied by.
 * @param mask  The mask.
 * @param block How many queries, and how many keys, make a block; at least 1.
 * @param out   Receives the weighted sums, T_q x d_v; overlaps nothing else.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_VALUE when the mask is invalid or the
 * block is 0, STATUS_NO_MEMORY; then nothing is written.
 */
Status blockwise_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                           size_t block, Matrix out) MUST_USE;

#endif
