/**
 * @file reversing_example.h
 * @brief What the program of chapter 9 shows of the model that reverses.
 */
#ifndef HEADWISE_REVERSING_EXAMPLE_H
#define HEADWISE_REVERSING_EXAMPLE_H

#include "example.h"
#include "hand_model.h"
#include "numbered_text.h"
#include "status.h"

/** A source that has been read, and what is written from it. */
typedef struct Reversal {
    NumberedText source; /**< The sentence, and the full stop after it. */
    HandModel hand;      /**< The model. */
    Matrix read;         /**< What the encoder made of the source, S x d_model. */
    Memory memory;       /**< The same, as the decoder is given it. */
    Text target;         /**< The full stop in front, then what is written; no room beyond S + 1. */
    Matrix x;            /**< The target without its last word, embedded: S x d_model. */
    const char **labels; /**< The words of x. */
} Reversal;

/**
 * Reads a sentence and writes it backwards.
 *
 * @param sentence The sentence, which must outlive the result.
 * @param reversal Receives all of it, to be freed with reversal_free(), also on failure.
 * @return STATUS_NO_MEMORY.
 */
Status reversal_create(Sentence sentence, Reversal *reversal) MUST_USE;

/**
 * Frees it.
 *
 * @param reversal What reversal_create() made.
 */
void reversal_free(Reversal *reversal);

/**
 * Shows what the encoder found out about each word of the source.
 *
 * @param sentence The source.
 * @return STATUS_NO_MEMORY.
 */
Status show_reading(Sentence sentence) MUST_USE;

/**
 * Shows and draws where the cross-attention looks, and what is written.
 *
 * @param sentence The source.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_reversing(Sentence sentence) MUST_USE;

#endif
