/**
 * @file temperature_example.h
 * @brief What the program of chapter 2 shows of temperature.
 */
#ifndef HEADWISE_TEMPERATURE_EXAMPLE_H
#define HEADWISE_TEMPERATURE_EXAMPLE_H

#include "scored_sentence.h"
#include "status.h"

/**
 * Shows the weights of the last word and their entropy at a few temperatures, and draws them at
 * many.
 *
 * @param scored The sentence and its scores.
 * @return STATUS_NO_MEMORY; as plot_curves().
 */
Status show_temperatures(const ScoredSentence *scored) MUST_USE;

#endif
