/**
 * @file edit_distance.h
 * @brief How far two words are apart: to guess what a misspelt one was meant to be.
 */
#ifndef HEADWISE_EDIT_DISTANCE_H
#define HEADWISE_EDIT_DISTANCE_H

#include <stddef.h>

/** The longest word that can be compared: later letters do not count. */
enum { EDIT_DISTANCE_LETTERS = 255 };

/**
 * How many letters must be put in, taken out or changed to make one word of the other
 * (Levenshtein 1966).
 *
 * @param a A word.
 * @param b Another word.
 * @return The number; 0 for equal words.
 */
size_t edit_distance(const char *a, const char *b);

#endif
