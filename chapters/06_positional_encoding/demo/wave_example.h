/**
 * @file wave_example.h
 * @brief What the program of chapter 6 shows of positions alone: integers, sinusoids, distances.
 */
#ifndef HEADWISE_WAVE_EXAMPLE_H
#define HEADWISE_WAVE_EXAMPLE_H

#include "example.h"
#include "status.h"

/**
 * Shows what integers as positions do to the words, and draws it.
 *
 * @return As sentence_create(), plot_curves().
 */
Status show_integer_positions(void) MUST_USE;

/**
 * Shows the frequencies and the sinusoids of a sentence, and draws more of them.
 *
 * @param sentence The sentence; only its length and, as labels, its words matter.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_sinusoids(Sentence sentence) MUST_USE;

/** Shows what becomes of near and far positions when the angle is kept in a float. */
void show_float_angles(void);

/**
 * Shows and draws how the similarity of two positions depends on their distance.
 *
 * @return STATUS_NO_MEMORY; as plot_curves().
 */
Status show_distances(void) MUST_USE;

#endif
