/**
 * @file dropout.h
 * @brief Dropout: in training, some numbers are left out at random, so that none is relied on
 *        (Srivastava et al. 2014).
 */
#ifndef HEADWISE_DROPOUT_H
#define HEADWISE_DROPOUT_H

#include "matrix.h"
#include "random.h"
#include "status.h"

/** How much is left out; `{0}` leaves out nothing. */
typedef struct Dropout {
    double rate;   /**< The share of the numbers: at least 0, less than 1. */
    Random random; /**< Which of them; moves on. */
} Dropout;

/**
 * Sets numbers to 0 at random, and multiplies the others by 1 / (1 - rate), so that the mean stays
 * as it was and nothing needs to be done when the model is used.
 *
 * @param dropout How much.
 * @param x       The numbers, T x d.
 * @param factors Receives what each number was multiplied by, T x d, to be freed with
 *                matrix_free(), also on failure; NO_MATRIX when nothing is left out.
 * @return STATUS_NO_MEMORY.
 */
Status drop(Dropout *dropout, Matrix x, Matrix *factors) MUST_USE;

/**
 * drop() into a matrix that is there.
 *
 * @param dropout How much.
 * @param x       The numbers, T x d.
 * @param factors Receives what each number was multiplied by, T x d.
 */
void drop_into(Dropout *dropout, Matrix x, Matrix factors);

/**
 * Dropout backwards: what was left out gets nothing.
 *
 * @param factors What drop() kept.
 * @param grad    The gradient of what drop() made; becomes that of what went in, T x d.
 */
void drop_backward(Matrix factors, Matrix grad);

#endif
