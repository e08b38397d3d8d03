/**
 * @file online_example.h
 * @brief The worked example of chapter 10 on the carried sentence: one pass over keys and values.
 */
#ifndef HEADWISE_ONLINE_EXAMPLE_H
#define HEADWISE_ONLINE_EXAMPLE_H

#include "example.h"
#include "status.h"

/**
 * One query of the head `sense` takes two keys at a time in: maximum, factor, sums.
 *
 * @param sentence The sentence.
 * @param query    Which word asks.
 * @return STATUS_NO_MEMORY.
 */
Status show_online_softmax(Sentence sentence, size_t query) MUST_USE;

/**
 * Attention block by block equals chapter 7's, for blocks of any size.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_block_sizes(Sentence sentence) MUST_USE;

/**
 * Which blocks a causal mask leaves to compute, counted and drawn.
 *
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_skipped_blocks(void) MUST_USE;

#endif
