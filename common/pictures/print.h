/**
 * @file print.h
 * @brief Matrices as text for people: a title, labels, columns that line up.
 */
#ifndef HEADWISE_PRINT_H
#define HEADWISE_PRINT_H

#include "matrix.h"

#include <stdio.h>

/** How to print a matrix. What is left out (NULL or 0) is not printed. */
typedef struct PrintStyle {
    const char *title;                /**< A line above, followed by the shape. */
    const char *const *row_labels;    /**< One for each row. */
    const char *const *column_labels; /**< One for each column. */
    int decimals;                     /**< Digits after the point. */
} PrintStyle;

/**
 * Begins a step of an example: its number and what it shows, set off from the step before.
 *
 * @param number  Counted from 1.
 * @param heading What the step shows.
 */
void print_step(size_t number, const char *heading);

/**
 * Prints a matrix, a row to a line. Zeros that rounding made negative lose their sign.
 *
 * @param stream Where to.
 * @param matrix What.
 * @param style  How.
 */
void print_matrix(FILE *stream, Matrix matrix, PrintStyle style);

/**
 * Prints a matrix as a map of shaded characters, from ' ' (the least) to '@' (the greatest), for a
 * terminal without pictures. NaN is shown as '?', an infinity as the nearer end. Column labels that
 * are too wide for the map become numbers, explained below it. A map that is larger than a screen
 * is shown in blocks, each as its mean.
 *
 * @param stream Where to.
 * @param matrix What.
 * @param style  The title and labels; the decimals are for the line that tells the range.
 */
void print_shades(FILE *stream, Matrix matrix, PrintStyle style);

/**
 * Prints a map like print_shades(), with a range that does not come from the matrix: two maps with
 * the same range can be compared.
 *
 * @param stream Where to.
 * @param matrix What.
 * @param style  As for print_shades().
 * @param low    What ' ' stands for, and what is less is shown as.
 * @param high   What '@' stands for, and what is more is shown as; at least @p low.
 */
void print_shades_between(FILE *stream, Matrix matrix, PrintStyle style, float low, float high);

#endif
