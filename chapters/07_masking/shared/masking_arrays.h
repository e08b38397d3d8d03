/**
 * @file masking_arrays.h
 * @brief Masked attention over the reader's arrays: read, checked, computed, written.
 *
 * For programs whose options begin with MASKING_OPTIONS. What computes may be chapter 7, or a later
 * chapter that does the same in another way.
 */
#ifndef HEADWISE_MASKING_ARRAYS_H
#define HEADWISE_MASKING_ARRAYS_H

#include "array.h"
#include "key_lengths.h"
#include "masking.h"
#include "masking_options.h"
#include "matrix.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** What the reader gave, a layer and its sequences or queries, keys and values, and the results. */
typedef struct MaskingArrays {
    bool has_layer;                    /**< Else there are queries, keys and values. */
    Array given[MASKING_OPTION_COUNT]; /**< NO_ARRAY where an option names none. */
    Array queries;          /**< x or q, a view: two dimensions, or three with a batch. */
    Array keys;             /**< The context, x or k, a view. */
    MultiHeadLayer layer;   /**< Views of the arrays; unused without a layer. */
    float scale;            /**< For queries and keys that were given; a layer has its own. */
    AttentionMask mask;     /**< Its causality, the same for the whole batch. */
    KeyLengths key_lengths; /**< Of the sequences that give keys. */
    Array out;              /**< T_q x d_out or d_v; with a batch one for each. */
    Array weights;          /**< T_q x T_k; with a layer one for each head. May be NO_ARRAY. */
} MaskingArrays;

/** One sequence of the batch, as views. */
typedef struct MaskingItem {
    Matrix queries;     /**< x, or the queries. */
    Matrix keys;        /**< The context, NO_MATRIX where x is its own; or the keys. */
    Matrix values;      /**< NO_MATRIX with a layer. */
    AttentionMask mask; /**< What may be attended to. */
    Matrix weights;     /**< Receives the weights of all heads; NO_MATRIX if not needed. */
    Matrix out;         /**< Receives the result. */
} MaskingItem;

/**
 * Reads what the options name, and refuses what does not fit together.
 *
 * @param arrays Receives it, to be freed with masking_arrays_free(), also on failure.
 * @return As masking_expect_options(), layer_read() and program_read(); STATUS_SHAPE for arrays
 *         that do not fit together.
 */
Status masking_arrays_read(MaskingArrays *arrays) MUST_USE;

/**
 * Makes the arrays for the results.
 *
 * @param arrays       What was read.
 * @param with_weights Whether the weights are kept, too.
 * @return STATUS_NO_MEMORY.
 */
Status masking_arrays_create(MaskingArrays *arrays, bool with_weights) MUST_USE;

/**
 * One sequence of the batch.
 *
 * @param arrays What was read and made.
 * @param index  Which one: less than array_matrices() of the queries.
 * @return The views.
 */
MaskingItem masking_item(const MaskingArrays *arrays, size_t index);

/**
 * Computes one sequence as chapter 7 does.
 *
 * @param arrays What was read.
 * @param item   The sequence; its weights must be there.
 * @return As masked_multi_head_attention(), or masked_attention().
 */
Status masking_compute(const MaskingArrays *arrays, const MaskingItem *item) MUST_USE;

/**
 * Writes the results that were asked for.
 *
 * @param arrays What was computed.
 * @return As program_write().
 */
Status masking_arrays_write(const MaskingArrays *arrays) MUST_USE;

/**
 * Frees the arrays and numbers.
 *
 * @param arrays What masking_arrays_read() filled.
 */
void masking_arrays_free(MaskingArrays *arrays);

#endif
