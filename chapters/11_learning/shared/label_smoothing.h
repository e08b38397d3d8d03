/**
 * @file label_smoothing.h
 * @brief Label smoothing: a share of what the right word is to have goes to all words alike, so
 *        that no logit has to grow without end (Szegedy et al. 2016, section 7; Vaswani et al.
 *        2017, section 5.4).
 */
#ifndef HEADWISE_LABEL_SMOOTHING_H
#define HEADWISE_LABEL_SMOOTHING_H

#include "matrix.h"
#include "status.h"

#include <stddef.h>

/**
 * The cross-entropy with smoothed labels: each of the V words has smoothing / V of the label, and
 * the right one has the rest, too. Agrees with PyTorch's CrossEntropyLoss(label_smoothing=...).
 *
 * @param logits    As cross_entropy(), T x V.
 * @param right     The right word of each row; NO_WORD leaves the row out.
 * @param smoothing The share: at least 0, less than 1. With 0 it is cross_entropy().
 * @param loss      Receives the mean; 0 when no row counts.
 * @return As cross_entropy().
 */
Status smoothed_cross_entropy(Matrix logits, const size_t *right, double smoothing,
                              double *loss) MUST_USE;

/**
 * The same backwards: each row that counts gets its probabilities, minus its smoothed label.
 *
 * @param logits      What smoothed_cross_entropy() was given, T x V.
 * @param right       The right word of each row.
 * @param smoothing   The share.
 * @param grad_loss   What the loss's slope is multiplied by.
 * @param grad_logits Is added to, T x V.
 * @return As cross_entropy_backward().
 */
Status smoothed_cross_entropy_backward(Matrix logits, const size_t *right, double smoothing,
                                       double grad_loss, Matrix grad_logits) MUST_USE;

#endif
