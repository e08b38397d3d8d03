/**
 * @file order_example.h
 * @brief What the program of chapter 6 shows of words in attention, with positions and without.
 */
#ifndef HEADWISE_ORDER_EXAMPLE_H
#define HEADWISE_ORDER_EXAMPLE_H

#include "example.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * Shows what chapter 5's layer makes of a sentence and of its reverse.
 *
 * @param sentence  The sentence.
 * @param reversed  The same words, the last one first.
 * @param positions Whether positions are added to the words.
 * @return STATUS_NO_MEMORY.
 */
Status show_orders(Sentence sentence, Sentence reversed, bool positions) MUST_USE;

/**
 * Shows one word with its position added, and how its row in the head `sense` changes.
 *
 * @param sentence The sentence.
 * @param word     Which word, counted from 0.
 * @return STATUS_NO_MEMORY.
 */
Status show_adding(Sentence sentence, size_t word) MUST_USE;

/**
 * Shows and draws the weights of the previous-word head, without positions and with them.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_previous_word(Sentence sentence) MUST_USE;

/**
 * Shows what each word hears through the previous-word head, with positions.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_what_is_heard(Sentence sentence) MUST_USE;

#endif
