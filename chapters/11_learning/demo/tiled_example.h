/**
 * @file tiled_example.h
 * @brief Backwards without the table of weights: one row by hand, and the memory.
 */
#ifndef HEADWISE_TILED_EXAMPLE_H
#define HEADWISE_TILED_EXAMPLE_H

#include "example.h"

/**
 * Prints what the followed word's row keeps, and how much memory the way back takes with the table
 * and without.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_tiled(Sentence sentence) MUST_USE;

#endif
