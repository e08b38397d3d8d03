/**
 * @file depth_experiment.h
 * @brief What becomes of a signal in a deep stack, with and without residual paths and norms.
 */
#ifndef HEADWISE_DEPTH_EXPERIMENT_H
#define HEADWISE_DEPTH_EXPERIMENT_H

#include "status.h"

/**
 * Sends a random sequence through 64 random blocks, wired in five ways; prints the variance of its
 * numbers after some of them, and how alike its tokens have become, and draws the curves.
 *
 * @return STATUS_NO_MEMORY; as plot_curves().
 */
Status show_depth(void) MUST_USE;

#endif
