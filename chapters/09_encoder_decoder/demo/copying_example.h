/**
 * @file copying_example.h
 * @brief What the program of chapter 9 shows of the model that copies.
 */
#ifndef HEADWISE_COPYING_EXAMPLE_H
#define HEADWISE_COPYING_EXAMPLE_H

#include "example.h"
#include "status.h"

/** The prompt, as long as the reader gives no other. */
#define CARRIED_PROMPT "she sat on the river bank she sat on"

/** Writes as many words as the prompt needs to come round again, but no more than this. */
enum { COPIED_WORDS = 4 };

/**
 * Shows and draws where the two heads look.
 *
 * @param sentence The prompt.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_copying_heads(Sentence sentence) MUST_USE;

/**
 * Shows how the prompt is continued, word by word.
 *
 * @param sentence The prompt.
 * @return STATUS_NO_MEMORY.
 */
Status show_writing(Sentence sentence) MUST_USE;

/**
 * Shows what temperature and top-k make of the next word's logits, and what is written then.
 *
 * @param sentence The prompt.
 * @return STATUS_NO_MEMORY.
 */
Status show_chance(Sentence sentence) MUST_USE;

/**
 * Writes once without and once with a cache, and compares.
 *
 * @param sentence The prompt.
 * @return STATUS_NO_MEMORY.
 */
Status show_cache(Sentence sentence) MUST_USE;

#endif
