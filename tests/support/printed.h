/**
 * @file printed.h
 * @brief Compares numbers with those that a program prints.
 */
#ifndef HEADWISE_PRINTED_H
#define HEADWISE_PRINTED_H

#include "matrix.h"
#include "process.h"

#include <stddef.h>

/**
 * Runs a program without any arrays.
 *
 * @param program As in build/bin.
 * @return What it prints, to be freed with outcome_free(). The test fails when the program does.
 */
Outcome printed_by(const char *program);

/**
 * What follows a mark; the test fails when it is not there.
 *
 * @param text What a program printed.
 * @param mark The mark.
 * @return The text behind it.
 */
const char *behind(const char *text, const char *mark);

/**
 * The next line.
 *
 * @param text What a program printed.
 * @return The text behind the end of the line; an empty one at the end.
 */
const char *next_line(const char *text);

/**
 * Expects the first line to end with these numbers.
 *
 * @param text     What a program printed.
 * @param numbers  The numbers.
 * @param count    How many.
 * @param decimals How the program prints them.
 */
void expect_numbers(const char *text, const float *numbers, size_t count, int decimals);

/**
 * Expects a table of these numbers behind a title, a line of columns and perhaps some rows.
 *
 * @param text     What a program printed.
 * @param title    What the line of the title contains.
 * @param skip     How many rows come first.
 * @param shown    The numbers.
 * @param decimals How the program prints them.
 */
void expect_table(const char *text, const char *title, size_t skip, Matrix shown, int decimals);

#endif
