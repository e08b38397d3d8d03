/**
 * @file fast_adam.h
 * @brief A step of Adam on vectors and threads.
 */
#ifndef HEADWISE_FAST_ADAM_H
#define HEADWISE_FAST_ADAM_H

#include "isa.h"
#include "learning.h"
#include "matrix.h"

#include <stddef.h>

/**
 * adam_step() of one row of numbers, in float32. Any number of threads gives the same bits.
 *
 * @param adam    Its settings.
 * @param step    Which step it is: 1, then 2, ...
 * @param grad    The gradient, 1 x n.
 * @param moments Changed, 1 x n each.
 * @param w       The parameters, 1 x n; changed.
 * @param isa     The instructions to use.
 * @param threads How many threads may work.
 */
void fast_adam(const Adam *adam, size_t step, Matrix grad, const AdamMoments *moments, Matrix w,
               Isa isa, size_t threads);

#endif
