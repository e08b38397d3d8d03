/**
 * @file text_line.h
 * @brief Lines of text with columns that line up, and no blanks at their ends.
 *
 * `TextLine line = {stdout, 0, 0};`, then pieces from left to right, then text_end(), after which
 * the next line may begin. Blanks are written when something follows them. All text is written in
 * the harmless form of text.h.
 */
#ifndef HEADWISE_TEXT_LINE_H
#define HEADWISE_TEXT_LINE_H

#include <stddef.h>
#include <stdio.h>

/** A line that is being written. */
typedef struct TextLine {
    FILE *stream;  /**< Where to. */
    size_t column; /**< How many columns are taken so far. */
    size_t blanks; /**< How many of them are blanks at the end, not written yet. */
} TextLine;

/**
 * Leaves room.
 *
 * @param line    The line.
 * @param columns How many blanks.
 */
void text_blanks(TextLine *line, size_t columns);

/**
 * Writes text as wide as it is.
 *
 * @param line The line.
 * @param text The text; NULL is empty.
 */
void text_put(TextLine *line, const char *text);

/**
 * Writes text at the left of a column.
 *
 * @param line  The line.
 * @param text  The text; NULL is empty.
 * @param width The width of the column; a wider text is not cut.
 */
void text_left(TextLine *line, const char *text, size_t width);

/**
 * Writes text at the right of a column.
 *
 * @param line  The line.
 * @param text  The text; NULL is empty.
 * @param width The width of the column; a wider text is not cut.
 */
void text_right(TextLine *line, const char *text, size_t width);

/**
 * Writes a line with the title of a matrix and its shape: `weights (6 x 4)`.
 *
 * @param line  The line, which is ended.
 * @param title The title; NULL for no line at all.
 * @param rows  The rows of the matrix.
 * @param cols  Its columns.
 */
void text_title(TextLine *line, const char *title, size_t rows, size_t cols);

/**
 * Ends the line.
 *
 * @param line The line, which is empty then.
 */
void text_end(TextLine *line);

#endif
