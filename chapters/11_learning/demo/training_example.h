/**
 * @file training_example.h
 * @brief A short training, to be watched.
 */
#ifndef HEADWISE_TRAINING_EXAMPLE_H
#define HEADWISE_TRAINING_EXAMPLE_H

#include "status.h"

/**
 * Trains a small model, and prints how good it is from time to time.
 *
 * @return As training_run().
 */
Status show_short_training(void) MUST_USE;

#endif
