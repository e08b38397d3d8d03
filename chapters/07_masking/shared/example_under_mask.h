/**
 * @file example_under_mask.h
 * @brief The hand-made layer and its heads under a mask, for the program of chapter 7 and the book.
 */
#ifndef HEADWISE_EXAMPLE_UNDER_MASK_H
#define HEADWISE_EXAMPLE_UNDER_MASK_H

#include "example.h"
#include "masking.h"
#include "matrix.h"
#include "status.h"

/** What masked attention makes of a sequence. */
typedef struct MaskedResult {
    Matrix weights; /**< T_q x T_k; for the layer the rows of `sense`, then those of `who`. */
    Matrix out;     /**< T_q x EXAMPLE_D_MODEL; for one head T_q x EXAMPLE_D_K. */
} MaskedResult;

/**
 * Runs the hand-made layer of chapter 5 with a mask.
 *
 * @param x       The sequence that asks, T_q x EXAMPLE_D_MODEL.
 * @param context The sequence that answers, T_k x EXAMPLE_D_MODEL, or NO_MATRIX for x itself.
 * @param mask    The mask.
 * @param result  Receives the result, to be freed with masked_result_free(), also on failure.
 * @return As masked_multi_head_attention().
 */
Status run_masked_layer(Matrix x, Matrix context, const AttentionMask *mask,
                        MaskedResult *result) MUST_USE;

/**
 * Runs one head with a mask.
 *
 * @param head   The head.
 * @param x      The sequence, T x EXAMPLE_D_MODEL.
 * @param mask   The mask.
 * @param result Receives weights T x T and results T x EXAMPLE_D_K, to be freed with
 *               masked_result_free(), also on failure.
 * @return As masked_attention(); STATUS_NO_MEMORY.
 */
Status run_masked_head(ExampleHead head, Matrix x, const AttentionMask *mask,
                       MaskedResult *result) MUST_USE;

/**
 * The scores of the head `sense`, before any mask.
 *
 * @param sentence The sentence.
 * @param scores   Receives them, T x T.
 * @return STATUS_NO_MEMORY.
 */
Status sense_scores(Sentence sentence, Matrix scores) MUST_USE;

/**
 * Frees a result.
 *
 * @param result What run_masked_layer() or run_masked_head() made.
 */
void masked_result_free(MaskedResult *result);

/**
 * Makes weights of 0 blank in a picture, so that they differ from small ones.
 *
 * @param weights The weights; a 0 becomes NaN, which is drawn as nothing.
 */
void blank_zeros(Matrix weights);

#endif
