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

#endif
