/**
 * @file edit_distance.h
 * @brief How far apart two words are, to guess what a misspelt one was meant to be.
 */
#ifndef HEADWISE_EDIT_DISTANCE_H
#define HEADWISE_EDIT_DISTANCE_H

#include <stddef.h>

/** The most letters of a word that are compared; later ones are ignored. */
enum { EDIT_DISTANCE_LETTERS = 255 };

/**
 * How many letters must be inserted, deleted or changed to turn one word into the other
 * (Levenshtein 1966).
 *
 * @param a A word.
 * @param b Another word.
 * @return The number; 0 for equal words.
 */
size_t edit_distance(const char *a, const char *b);

#endif
