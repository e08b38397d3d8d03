/**
 * @file generation_cost.h
 * @brief What writing a word costs, with and without a cache: counted, and timed.
 */
#ifndef HEADWISE_GENERATION_COST_H
#define HEADWISE_GENERATION_COST_H

#include "encoder_decoder.h"
#include "status.h"

#include <stddef.h>

/**
 * Counts the multiplications in the matrix products of one call of next_word_logits().
 *
 * @param model  The model.
 * @param fresh  How many words are computed.
 * @param past   How many are remembered. 0: the memory's keys and values are computed, too, as they
 *               are without a cache and when a cache is made.
 * @param source Rows of the memory, S.
 * @return The count. It is exact up to 2^53.
 */
double word_multiplications(const LanguageModel *model, size_t fresh, size_t past, size_t source);

/**
 * Shows and draws the multiplications for the next word after longer and longer texts, and shows
 * how large the caches of three real models are.
 *
 * @return STATUS_NO_MEMORY; as plot_curves().
 */
Status show_generation_cost(void) MUST_USE;

/**
 * Prints how long the next word takes after longer and longer texts, with and without a cache, on
 * this machine.
 *
 * @param limit Words of the longest text.
 * @return STATUS_NO_MEMORY; as next_word_logits().
 */
Status measure_generation(size_t limit) MUST_USE;

#endif
