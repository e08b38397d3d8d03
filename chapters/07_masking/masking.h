/**
 * @file masking.h
 * @brief Chapter 7: who may attend to whom.
 *
 * A blocked score becomes minus infinity before the softmax (Vaswani et al. 2017, section 3.2.3),
 * so its weight is 0 and the others still sum to one. A query that may attend to nothing gets
 * weights and a result of zeros, never NaN. What is blocked has no influence: a NaN in a blocked
 * key or value stays there. In a row that sees NaN or infinity in a key, the result and all weights
 * that are not blocked become NaN. Only minus infinity that is given in a bias blocks: a score
 * beyond a float, also with its bias, is as good as any other.
 */
#ifndef HEADWISE_MASKING_H
#define HEADWISE_MASKING_H

#include "matrix.h"
#include "multi_head_attention.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * All that blocks a query from a key. `{0}` blocks nothing.
 *
 * In masks 1 means "may attend" and 0 means "blocked", as in PyTorch's
 * scaled_dot_product_attention; the masks of its MultiheadAttention mean the opposite.
 */
typedef struct AttentionMask {
    bool causal;    /**< Query i sees the keys up to i + past only. */
    size_t past;    /**< With causal: keys that stand before the first query (cached ones). */
    size_t padding; /**< Keys at the end that are filling, not words. */
    Matrix allowed; /**< T_q x T_k of ones and zeros, or NO_MATRIX. */
    /**
     * Added to the scores: T_q x T_k, or NO_MATRIX; minus infinity blocks. In a layer also
     * (heads T_q) x T_k, one below the other.
     */
    Matrix bias;
} AttentionMask;

/** A mask that blocks nothing. */
#define NO_MASK ((AttentionMask){0})

/**
 * Says whether a query may attend to a key.
 *
 * @param mask  The mask; its matrices fit.
 * @param query The query, counted from 0.
 * @param key   The key, counted from 0.
 * @param keys  T_k, the number of keys.
 * @return Whether nothing blocks it.
 */
bool may_attend(const AttentionMask *mask, size_t query, size_t key, size_t keys);

/**
 * Writes a mask out as ones and zeros: causality, padding, `allowed` and the infinities of `bias`
 * in one table.
 *
 * @code
 * AttentionMask mask = {.causal = true, .past = 1, .padding = 1};
 * float table[2 * 4]; // two new queries, four keys
 * if (mask_table(&mask, matrix_view(table, 2, 4)))
 *     return 1;
 * printf("%g %g %g %g\n", table[0], table[1], table[2], table[3]); // 1 1 0 0
 * printf("%g %g %g %g\n", table[4], table[5], table[6], table[7]); // 1 1 1 0
 * @endcode
 *
 * @param mask The mask.
 * @param out  Receives 1 or 0 for each query and key, T_q x T_k; must not overlap the mask's
 * matrices.
 * @return STATUS_SHAPE, STATUS_VALUE as masked_attention().
 */
Status mask_table(const AttentionMask *mask, Matrix out) MUST_USE;

/**
 * Masked scaled dot-product attention. With NO_MASK it gives what scaled_dot_product_attention()
 * gives.
 *
 * @code
 * #include "self_attention.h" // attention_scale()
 *
 * float x[] = {1, 0, 0, 1, 1, 1}; // three tokens: queries, keys and values at once
 * Matrix all = matrix_view(x, 3, 2);
 * AttentionMask mask = {.causal = true};
 * float weights[9], out[6];
 * if (masked_attention(all, all, all, attention_scale(2), &mask, matrix_view(weights, 3, 3),
 *                      matrix_view(out, 3, 2)))
 *     return 1;
 * printf("%.2f %.2f %.2f\n", weights[0], weights[1], weights[2]); // 1.00 0.00 0.00
 * printf("%.2f %.2f %.2f\n", weights[3], weights[4], weights[5]); // 0.33 0.67 0.00
 * @endcode
 *
 * @param q       The queries, T_q x d_k.
 * @param k       The keys, T_k x d_k.
 * @param v       The values, T_k x d_v.
 * @param scale   What each dot product is multiplied by; usually attention_scale(d_k).
 * @param mask    The mask.
 * @param weights Receives the attention weights, T_q x T_k; a row sums to one, or is all zeros when
 *                everything is blocked.
 * @param out     Receives the weighted sums, T_q x d_v. The outputs must not overlap each other or
 * the inputs.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_VALUE when `allowed` holds a number other
 *         than 0 and 1 or the padding is longer than the keys; then nothing is written.
 */
Status masked_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                        Matrix weights, Matrix out) MUST_USE;

/**
 * Masked multi-head attention, of a sequence to itself or to a context. With NO_MASK and no context
 * it gives what multi_head_attention() gives.
 *
 * @code
 * float x[] = {1, 0, 0, 1};       // two tokens that ask
 * float context[] = {1, 0, 5, 5}; // two that answer, of which the second is filling
 * float same[] = {1, 0, 0, 1};
 * Matrix w = matrix_view(same, 2, 2);
 * MultiHeadLayer layer = {.w_q = w, .w_k = w, .w_v = w, .w_o = w, .heads = 1};
 * AttentionMask mask = {.padding = 1};
 * float weights[4], out[4];
 * if (masked_multi_head_attention(matrix_view(x, 2, 2), matrix_view(context, 2, 2), &layer, &mask,
 *                                 matrix_view(weights, 2, 2), matrix_view(out, 2, 2)))
 *     return 1;
 * printf("%g %g, %g %g\n", out[0], out[1], out[2], out[3]); // 1 0, 1 0
 * @endcode
 *
 * @param x       The sequence that asks, T_q x d_model.
 * @param context The sequence that answers, T_k x d_model, or NO_MATRIX for x itself.
 * @param layer   The parameters.
 * @param mask    The mask, the same for all heads except for a bias of (heads T_q) x T_k.
 * @param weights Receives the attention weights of head 0, then of head 1, ...: (heads T_q) x T_k.
 * @param out     Receives the result, T_q x d_out. The outputs must not overlap each other or the
 * inputs.
 * @return STATUS_SHAPE, STATUS_VALUE as masked_attention(), STATUS_NO_MEMORY; then nothing is
 * written.
 */
Status masked_multi_head_attention(Matrix x, Matrix context, const MultiHeadLayer *layer,
                                   const AttentionMask *mask, Matrix weights, Matrix out) MUST_USE;

#endif
