/**
 * @file slips_example.h
 * @brief What goes wrong: a short task trained again and again, each time with one thing wrong.
 */
#ifndef HEADWISE_SLIPS_EXAMPLE_H
#define HEADWISE_SLIPS_EXAMPLE_H

#include "status.h"

#include <stddef.h>

/** After how many steps the difference is plain. */
enum { SLIP_STEPS = 240 };

/**
 * Trains a model that reverses two to five letters: as it should be, then with each slip. Prints
 * the loss of the last batch, the loss on new sources, and how many of these are written without a
 * mistake.
 *
 * @param steps How many steps for each.
 * @return As training_run().
 */
Status show_slips(size_t steps) MUST_USE;

#endif
