/**
 * @file difference_example.h
 * @brief Gradients against finite differences, and how small a step should be.
 */
#ifndef HEADWISE_DIFFERENCE_EXAMPLE_H
#define HEADWISE_DIFFERENCE_EXAMPLE_H

#include "status.h"

/**
 * Compares the gradient of each operation with finite differences, on random numbers.
 *
 * @return STATUS_NO_MEMORY.
 */
Status show_differences(void) MUST_USE;

/**
 * Draws how far a finite difference is off for smaller and smaller steps, with the loss in float
 * and in double.
 *
 * @return As plot_curves().
 */
Status show_step_sizes(void) MUST_USE;

#endif
