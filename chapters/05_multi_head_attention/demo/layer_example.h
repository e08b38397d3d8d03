/**
 * @file layer_example.h
 * @brief What the program of chapter 5 shows of the layer at work.
 */
#ifndef HEADWISE_LAYER_EXAMPLE_H
#define HEADWISE_LAYER_EXAMPLE_H

#include "layer_steps.h"
#include "status.h"

/**
 * Shows the heads, their concatenation, the output, and what each head adds to it.
 *
 * @param steps The layer at work.
 * @return As sum_of_heads().
 */
Status show_layer(const LayerSteps *steps) MUST_USE;

/**
 * Shows which word of the vocabulary each output is nearest to.
 *
 * @param text  The sentence.
 * @param steps The layer at work on it.
 */
void show_nearest_words(const char *text, const LayerSteps *steps);

/**
 * Shows and draws the followed word before the layer and after it in two sentences.
 *
 * @param river The layer at work on the first sentence.
 * @param money The layer at work on the second.
 * @return As plot_heatmaps().
 */
Status show_two_banks(const LayerSteps *river, const LayerSteps *money) MUST_USE;

/**
 * Draws the weights of both heads.
 *
 * @param steps   The layer at work.
 * @param picture The picture's name.
 * @return As plot_heatmaps().
 */
Status draw_layer_heads(const LayerSteps *steps, const char *picture) MUST_USE;

#endif
