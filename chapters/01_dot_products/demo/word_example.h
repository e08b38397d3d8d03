/**
 * @file word_example.h
 * @brief What the program of chapter 1 shows of single words: how alike two of them are.
 */
#ifndef HEADWISE_WORD_EXAMPLE_H
#define HEADWISE_WORD_EXAMPLE_H

#include "example.h"
#include "status.h"

/**
 * Shows the words of a sentence as rows of numbers, and compares each with the last one.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_words(const Sentence *sentence) MUST_USE;

/**
 * Shows the dot products of all pairs of words, X X^T.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_word_pairs(const Sentence *sentence) MUST_USE;

/**
 * Draws the cosine similarity of all pairs of words.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status plot_word_pairs(const Sentence *sentence) MUST_USE;

/**
 * Draws four words as arrows in the plane of two of their columns.
 *
 * @return STATUS_NO_MEMORY; as plot_curves().
 */
Status plot_word_arrows(void) MUST_USE;

#endif
