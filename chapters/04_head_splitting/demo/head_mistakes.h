/**
 * @file head_mistakes.h
 * @brief Heads cut in the wrong way, for the program of chapter 4 to show beside the right one.
 */
#ifndef HEADWISE_HEAD_MISTAKES_H
#define HEADWISE_HEAD_MISTAKES_H

#include "example.h"
#include "status.h"

/**
 * Shows where the numbers of a small matrix go in each of the ways to cut it, and which of them
 * come back.
 *
 * @return As head_view().
 */
Status show_position_probe(void) MUST_USE;

/**
 * Shows what the busiest word looks at when the heads are cut in the wrong way.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_mistaken_heads(Sentence sentence) MUST_USE;

/**
 * Draws which head owns each float of a small matrix, and what each head holds.
 *
 * @return As plot_heatmaps().
 */
Status draw_head_layouts(void) MUST_USE;

#endif
