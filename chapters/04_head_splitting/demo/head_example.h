/**
 * @file head_example.h
 * @brief What the program of chapter 4 shows of heads that are cut as they should be.
 */
#ifndef HEADWISE_HEAD_EXAMPLE_H
#define HEADWISE_HEAD_EXAMPLE_H

#include "example.h"
#include "matrix.h"
#include "status.h"

#include <stddef.h>

/** A way to cut a matrix into heads: head_view(), or one that is mistaken for it. */
typedef Status (*HeadCut)(Matrix matrix, size_t heads, size_t head, Matrix *view);

/**
 * The word to look at: the one with the most action, because it asks both who and where.
 *
 * @param sentence The sentence.
 * @return The first word with the most action; the last word when none has any.
 */
size_t busiest_word(Sentence sentence);

/**
 * One row of the weights of one head of the hand-made layer, however the head was cut.
 *
 * @param x       The words, T x EXAMPLE_D_MODEL.
 * @param cut     How to cut the queries and the keys.
 * @param heads   Into how many heads.
 * @param head    Which of them.
 * @param row     Which of its rows.
 * @param weights Receives as many weights as the head has rows.
 * @return STATUS_NO_MEMORY.
 */
Status head_weights_row(Matrix x, HeadCut cut, size_t heads, size_t head, size_t row,
                        float *weights) MUST_USE;

/**
 * Shows and draws what the busiest word looks at, with one wide head and with two.
 *
 * @param sentence The sentence.
 * @param picture  The picture's name.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_two_answers(Sentence sentence, const char *picture) MUST_USE;

/**
 * Shows the queries and keys of both heads, and where each head begins.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_head_views(Sentence sentence) MUST_USE;

/**
 * Shows that splitting the weights and splitting the projections give the same.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_splitting_orders(Sentence sentence) MUST_USE;

#endif
