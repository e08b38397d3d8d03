/**
 * @file live_layer.h
 * @brief The whole layer on a sentence of the reader's, for the first page of the book.
 *
 * Compiled to WebAssembly and called by layer.js, which writes a sentence, has it computed, and
 * reads every matrix on the way.
 */
#ifndef HEADWISE_LIVE_LAYER_H
#define HEADWISE_LIVE_LAYER_H

#include "layer_run.h"
#include "live.h"
#include "matrix.h"
#include "nearest.h"

#include <stdbool.h>
#include <stddef.h>

/** Sizes that layer.js knows, too. */
enum {
    LIVE_LAYER_WORDS = 12, /**< The most words of a sentence: as many as the page has room for. */
    LIVE_TEXT_SIZE = 1024  /**< Bytes of a sentence, with its NUL. */
};

/** The words nearest to a vector. */
typedef struct LiveNearest {
    float cosines[LIVE_NEAREST];     /**< How near they are. */
    const char *words[LIVE_NEAREST]; /**< The words. */
} LiveNearest;

/**
 * Where a sentence is to be written before live_layer_run().
 *
 * @return LIVE_TEXT_SIZE bytes, to be ended by a NUL.
 */
EXPORTED(live_layer_text) char *live_layer_text(void);

/**
 * Runs the hand-made layer on the sentence that was written.
 *
 * @param causal      Whether later words are blocked.
 * @param positions   Whether the positions of chapter 6 are added to the words.
 * @param scaled      Whether the scores are multiplied by attention_scale().
 * @param temperature What the scores are divided by, as by softmax_with_temperature().
 * @return Whether it succeeded. If not, live_error() says why, and there is nothing to be read. An
 *         unknown word, more than LIVE_LAYER_WORDS of them, or a temperature that chapter 2
 * refuses.
 */
EXPORTED(live_layer_run)
bool live_layer_run(bool causal, bool positions, bool scaled, float temperature);

/**
 * A matrix of the last run.
 *
 * @param which Which one.
 * @param head  Of which head, less than EXAMPLE_HEADS; what all heads share ignores it.
 * @return A view that lasts until the next run; NO_MATRIX when there is none.
 */
EXPORTED(live_layer_matrix) const Matrix *live_layer_matrix(LiveMatrix which, size_t head);

/**
 * A word of the last run.
 *
 * @param word Which one, counted from 0.
 * @return The word; NULL after the last one.
 */
EXPORTED(live_layer_word) const char *live_layer_word(size_t word);

/**
 * The word of the last run that is followed at first.
 *
 * @return As sentence_focus(); 0 when there is no sentence.
 */
EXPORTED(live_layer_focus) size_t live_layer_focus(void);

/**
 * The words of the vocabulary that are nearest to a row.
 *
 * @param which LIVE_X or LIVE_OUT, which have a meaning in each column.
 * @param word  Which row of it.
 * @return The words, valid until the next call; NULL when there is no such row.
 */
EXPORTED(live_layer_nearest) const LiveNearest *live_layer_nearest(LiveMatrix which, size_t word);

/**
 * What a column of the words and of the layer's result means.
 *
 * @param column Less than EXAMPLE_D_MODEL.
 * @return Its meaning.
 */
EXPORTED(live_layer_column) const char *live_layer_column(size_t column);

#endif
