/**
 * @file gradients.h
 * @brief What is asked of a gradient before it is added to.
 */
#ifndef HEADWISE_GRADIENTS_H
#define HEADWISE_GRADIENTS_H

#include "matrix.h"
#include "status.h"

#include <stddef.h>

/**
 * Refuses a gradient that does not have the shape of what it belongs to. NO_MATRIX is accepted: it
 * is left out.
 *
 * @param function Name of the function that asks, for the message.
 * @param name     What the function calls this gradient.
 * @param grad     The gradient, or NO_MATRIX.
 * @param rows     The rows it must have.
 * @param cols     The columns it must have.
 * @return STATUS_SHAPE as matrix_expect().
 */
Status gradient_expect(const char *function, const char *name, Matrix grad, size_t rows,
                       size_t cols) MUST_USE;

#endif
