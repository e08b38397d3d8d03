/**
 * @file product_example.h
 * @brief What the program of chapter 1 shows of matrix products: questions, answers, and memory.
 */
#ifndef HEADWISE_PRODUCT_EXAMPLE_H
#define HEADWISE_PRODUCT_EXAMPLE_H

#include "example.h"
#include "status.h"

/**
 * Shows Q and K of the head `sense`, where their floats are, and Q K^T right and wrong.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY; as plot_heatmaps().
 */
Status show_questions_and_answers(const Sentence *sentence) MUST_USE;

/**
 * Draws where the rows and columns of a small matrix lie in memory.
 *
 * @return As plot_heatmaps().
 */
Status plot_row_major(void) MUST_USE;

#endif
