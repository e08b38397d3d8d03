/**
 * @file layer_mistakes.h
 * @brief Heads put together in the wrong way, for the program of chapter 5 to show.
 */
#ifndef HEADWISE_LAYER_MISTAKES_H
#define HEADWISE_LAYER_MISTAKES_H

#include "layer_steps.h"
#include "status.h"

/**
 * Shows what becomes of the followed word when its heads are put together wrongly.
 *
 * @param steps   The layer at work.
 * @param picture The picture's name, or NULL for no picture.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_layer_mistakes(const LayerSteps *steps, const char *picture) MUST_USE;

#endif
