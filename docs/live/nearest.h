/**
 * @file nearest.h
 * @brief Which words of the vocabulary a result is nearest to.
 */
#ifndef HEADWISE_NEAREST_H
#define HEADWISE_NEAREST_H

/** How many words are named. */
enum { LIVE_NEAREST = 3 };

/**
 * Names the words that point most nearly where a vector points, the nearest first. Of words that
 * are equally near, the first in the vocabulary comes first.
 *
 * @param vector  EXAMPLE_D_MODEL numbers.
 * @param words   Receives LIVE_NEAREST words; NULL for each if the vector has no direction.
 * @param cosines Receives their cosines; less than -1 where there is no word.
 */
void name_nearest(const float *vector, const char **words, float *cosines);

#endif
