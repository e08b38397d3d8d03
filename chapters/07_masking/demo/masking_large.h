/**
 * @file masking_large.h
 * @brief A large negative number in place of minus infinity, for the program of chapter 7.
 */
#ifndef HEADWISE_MASKING_LARGE_H
#define HEADWISE_MASKING_LARGE_H

#include "example.h"
#include "status.h"

/**
 * Shows where -1e9 and -1e4 do what minus infinity does, and where they do not: a causal mask, a
 * fully blocked row, and visible scores that are lower still.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_large_numbers(Sentence sentence) MUST_USE;

#endif
