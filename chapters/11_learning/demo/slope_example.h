/**
 * @file slope_example.h
 * @brief Gradients by hand: of a loss, and of a row of attention weights.
 */
#ifndef HEADWISE_SLOPE_EXAMPLE_H
#define HEADWISE_SLOPE_EXAMPLE_H

#include "example.h"
#include "status.h"

/**
 * The loss of one row of three logits, its gradient, and the loss after one step downhill.
 *
 * @return As cross_entropy().
 */
Status show_loss(void) MUST_USE;

/**
 * One row of attention weights backwards: what the followed word wants of the others, to hear more
 * of `water`.
 *
 * @param sentence The words.
 * @return STATUS_NO_MEMORY.
 */
Status show_softmax_row(Sentence sentence) MUST_USE;

/**
 * How long the gradient of each parameter of the hand-made layer is, when the followed word is to
 * come out with more of `water`. That of the key bias is zero.
 *
 * @param sentence The words.
 * @return STATUS_NO_MEMORY.
 */
Status show_layer_gradients(Sentence sentence) MUST_USE;

#endif
