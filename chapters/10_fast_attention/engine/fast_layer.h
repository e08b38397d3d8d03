/**
 * @file fast_layer.h
 * @brief Chapter 10: multi-head attention at the speed of the hardware.
 *
 * A FastLayer holds the weights of a layer in the order in which the kernels read them. It is made
 * once and then only read, so any number of calls and threads may use it at the same time. The
 * results are those of chapter 7, up to rounding: sums are kept in float32, and what comes near its
 * limits is computed again in double (careful.h). What a query may not see does not change a bit of
 * its result. No call stores the T_q x T_k weights: beside its inputs and outputs it needs memory
 * for O(T d_model) floats.
 */
#ifndef HEADWISE_FAST_LAYER_H
#define HEADWISE_FAST_LAYER_H

#include "isa.h"
#include "masking.h"
#include "matrix.h"
#include "multi_head_attention.h"
#include "status.h"

#include <stddef.h>

/** A layer, prepared. What is inside is the business of fast_layer.c. */
typedef struct FastLayer FastLayer;

/** The keys and values of the tokens so far, for a layer that writes one token after another. */
typedef struct KeyValueCache KeyValueCache;

/** One sequence of a batch. */
typedef struct FastSequence {
    Matrix x;           /**< The sequence that asks, T_q x d_model. */
    Matrix context;     /**< The sequence that answers, T_k x d_model, or NO_MATRIX for x itself. */
    AttentionMask mask; /**< The mask, as for masked_multi_head_attention(). */
    Matrix out;         /**< Receives the result, T_q x d_out; overlaps nothing else. */
} FastSequence;

/**
 * Prepares a layer: copies its weights into the kernels' order. Free it with fast_layer_free().
 *
 * @param layer  The parameters; not needed afterwards.
 * @param isa    The instructions to use; isa_choose() knows which ones are there.
 * @param result Receives the layer; NULL on failure.
 * @return STATUS_SHAPE when the parameters do not fit together, STATUS_NO_MEMORY.
 */
Status fast_layer_create(const MultiHeadLayer *layer, Isa isa, FastLayer **result) MUST_USE;

/**
 * Frees a prepared layer.
 *
 * @param layer What fast_layer_create() made, or NULL.
 */
void fast_layer_free(FastLayer *layer);

/**
 * Masked multi-head attention of one sequence to itself or to a context.
 *
 * @code
 * float x[] = {1, 0, 0, 1}, out[4]; // two tokens, d_model = 2
 * float same[] = {1, 0, 0, 1};
 * Matrix w = matrix_view(same, 2, 2);
 * MultiHeadLayer parameters = {.w_q = w, .w_k = w, .w_v = w, .w_o = w, .heads = 1};
 * FastLayer *layer;
 * Isa isa; // the best that this machine has
 * if (isa_choose(NULL, &isa) || fast_layer_create(&parameters, isa, &layer))
 *     return 1;
 * FastSequence sequence = {.x = matrix_view(x, 2, 2),
 *                          .mask = {.causal = true},
 *                          .out = matrix_view(out, 2, 2)};
 * if (fast_multi_head_attention(layer, &sequence, 0))
 *     return 1;
 * printf("%.2f %.2f, %.2f %.2f\n", out[0], out[1], out[2], out[3]); // 1.00 0.00, 0.33 0.67
 * fast_layer_free(layer);
 * @endcode
 *
 * @param layer    The prepared layer.
 * @param sequence What goes in, and where the result goes.
 * @param threads  How many threads may work; 0 for as many as the machine has. The result has the
 *                 same bits with any number. Small problems stay on one thread.
 * @return STATUS_SHAPE, STATUS_VALUE as masked_multi_head_attention(), STATUS_NO_MEMORY; then
 *         nothing is written.
 */
Status fast_multi_head_attention(const FastLayer *layer, const FastSequence *sequence,
                                 size_t threads) MUST_USE;

/**
 * The same for a batch of sequences, which may have different lengths, contexts and masks.
 *
 * @param layer     The prepared layer.
 * @param sequences What goes in, and where the results go.
 * @param count     How many sequences; 0 is fine.
 * @param threads   How many threads may work; 0 for as many as the machine has.
 * @return As fast_multi_head_attention(): when one sequence is refused, nothing is written for any.
 */
Status fast_multi_head_attention_batch(const FastLayer *layer, const FastSequence *sequences,
                                       size_t count, size_t threads) MUST_USE;

/**
 * Masked scaled dot-product attention, of queries, keys and values that are there already.
 *
 * @code
 * #include "self_attention.h" // attention_scale()
 *
 * float q[] = {2, 0};             // one query, d_k = 2
 * float k[] = {3, 0, 0, 3, 1, 1}; // three keys
 * float v[] = {1, 10, 100};       // three values, d_v = 1
 * float out[1];
 * if (fast_attention(matrix_view(q, 1, 2), matrix_view(k, 3, 2), matrix_view(v, 3, 1),
 *                    attention_scale(2), &NO_MASK, ISA_BASELINE, 1, matrix_view(out, 1, 1)))
 *     return 1;
 * printf("%.2f\n", out[0]); // 6.57
 * @endcode
 *
 * @param q       The queries, T_q x d_k.
 * @param k       The keys, T_k x d_k.
 * @param v       The values, T_k x d_v.
 * @param scale   What each dot product is multiplied by; usually attention_scale(d_k).
 * @param mask    The mask, as for masked_attention().
 * @param isa     The instructions to use.
 * @param threads How many threads may work; 0 for as many as the machine has.
 * @param out     Receives the weighted sums, T_q x d_v; overlaps nothing else.
 * @return STATUS_SHAPE, STATUS_VALUE as masked_attention(), STATUS_NO_MEMORY; then nothing is
 *         written.
 */
Status fast_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask, Isa isa,
                      size_t threads, Matrix out) MUST_USE;

/**
 * Makes an empty cache. Free it with key_value_cache_free().
 *
 * @param layer    The prepared layer that it will serve, and no other.
 * @param capacity For how many tokens there is room.
 * @param result   Receives the cache; NULL on failure.
 * @return STATUS_NO_MEMORY.
 */
Status key_value_cache_create(const FastLayer *layer, size_t capacity,
                              KeyValueCache **result) MUST_USE;

/**
 * Frees a cache.
 *
 * @param cache What key_value_cache_create() made, or NULL.
 */
void key_value_cache_free(KeyValueCache *cache);

/**
 * How many tokens a cache holds.
 *
 * @param cache The cache.
 * @return The number of tokens so far.
 */
size_t key_value_cache_length(const KeyValueCache *cache);

/**
 * Forgets all tokens but the first ones, to write on from there.
 *
 * @param cache  The cache.
 * @param length How many to keep; when it holds fewer, nothing changes.
 */
void key_value_cache_truncate(KeyValueCache *cache, size_t length);

/**
 * Takes new tokens into a cache, and lets each attend to all tokens before it and to itself. The
 * same as the last rows of causal attention over the whole sequence.
 *
 * @code
 * float x[] = {1, 0, 0, 1}, out[2]; // two tokens, d_model = 2
 * float same[] = {1, 0, 0, 1};
 * Matrix w = matrix_view(same, 2, 2);
 * MultiHeadLayer parameters = {.w_q = w, .w_k = w, .w_v = w, .w_o = w, .heads = 1};
 * FastLayer *layer;
 * KeyValueCache *cache;
 * if (fast_layer_create(&parameters, ISA_BASELINE, &layer) ||
 *     key_value_cache_create(layer, 2, &cache))
 *     return 1;
 * for (size_t t = 0; t < 2; t++) // one token after the other
 *     if (fast_decode(layer, cache, matrix_view(x + 2 * t, 1, 2), 0, matrix_view(out, 1, 2)))
 *         return 1;
 * printf("%zu: %.2f %.2f\n", key_value_cache_length(cache), out[0], out[1]); // 2: 0.33 0.67
 * key_value_cache_free(cache);
 * fast_layer_free(layer);
 * @endcode
 *
 * @param layer   The prepared layer.
 * @param cache   Its cache; grows by the new tokens. One call at a time.
 * @param x       The new tokens, n x d_model: the one that was written last (n = 1), or a prompt,
 *                whose tokens are computed together.
 * @param threads How many threads may work; 0 for as many as the machine has.
 * @param out     Receives the results of the new tokens, n x d_out; overlaps nothing else.
 * @return STATUS_SHAPE when the shapes do not fit or the cache is full, STATUS_NO_MEMORY; then
 *         nothing is written and the cache is as it was.
 */
Status fast_decode(const FastLayer *layer, KeyValueCache *cache, Matrix x, size_t threads,
                   Matrix out) MUST_USE;

/**
 * The same for one new token of each of several sequences, which may have different lengths: the
 * weights are read once for all of them (Shazeer 2019, section 2.4.1). The results have the bits
 * that fast_decode() gives token by token.
 *
 * @param layer   The prepared layer.
 * @param caches  For each row of x the cache of its sequence, which grows by one token. Rows that
 *                name the same cache are its next tokens, in this order.
 * @param x       The new tokens, B x d_model.
 * @param threads How many threads may work; 0 for as many as the machine has.
 * @param out     Receives their results, B x d_out; overlaps nothing else.
 * @return As fast_decode(): when one cache is full, nothing is written and all are as they were.
 */
Status fast_decode_batch(const FastLayer *layer, KeyValueCache *const *caches, Matrix x,
                         size_t threads, Matrix out) MUST_USE;

#endif
