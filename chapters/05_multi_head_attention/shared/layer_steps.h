/**
 * @file layer_steps.h
 * @brief The hand-made layer at work on a sentence, with everything on the way kept to be shown.
 */
#ifndef HEADWISE_LAYER_STEPS_H
#define HEADWISE_LAYER_STEPS_H

#include "example.h"
#include "matrix.h"
#include "multi_head_attention.h"
#include "status.h"

#include <stddef.h>

/** What the columns of the concatenation mean: four of the head `sense`, four of `who`. */
extern const char *const CONCAT_COLUMNS[EXAMPLE_D_MODEL];

/**
 * The layer that was made by hand: two heads, no biases.
 *
 * @return The layer; its matrices are constants, so nothing is to be freed.
 */
MultiHeadLayer hand_made_layer(void);

/** What the layer makes of a sentence. */
typedef struct LayerSteps {
    Sentence sentence; /**< T words. */
    HeadMatrices all;  /**< What goes into the heads and comes out of them. */
    Matrix weights;    /**< 2T x T: those of head 0, then of head 1. */
    Matrix out;        /**< T x EXAMPLE_D_MODEL. */
    size_t word;       /**< The word that is followed: `bank`, or the last one. */
} LayerSteps;

/**
 * Runs the layer.
 *
 * @param text  The sentence.
 * @param steps Receives the steps, to be freed with layer_steps_free(); all zeros on failure.
 * @return As sentence_create(); STATUS_NO_MEMORY.
 */
Status layer_steps_create(const char *text, LayerSteps *steps) MUST_USE;

/**
 * Frees what layer_steps_create() made.
 *
 * @param steps The steps.
 */
void layer_steps_free(LayerSteps *steps);

/**
 * The weights of one head.
 *
 * @param steps The steps.
 * @param head  Which one.
 * @return Its T rows of the weights of all, as a view.
 */
Matrix layer_weights(const LayerSteps *steps, size_t head);

/**
 * The row of the word that is followed.
 *
 * @param steps  The steps.
 * @param matrix One of their matrices with a row for each word.
 * @return The row, as a view.
 */
Matrix followed_row(const LayerSteps *steps, Matrix matrix);

#endif
