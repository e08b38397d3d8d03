/**
 * @file text.h
 * @brief Text for people's eyes: its width, its harmless form, and numbers as text.
 *
 * Labels come from anywhere: file names, the reader's words. Here every character that is not
 * printable UTF-8 is replaced, blanks by ' ' and the rest by '?', so that no text can move the
 * cursor, end a line or break a file format.
 */
#ifndef HEADWISE_TEXT_H
#define HEADWISE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Room for one character in UTF-8 and for the text of any number. */
enum {
    CHARACTER_SIZE = 5, /**< Four bytes and the end. */
    NUMBER_SIZE = 48    /**< 15 digits, a sign, a point, NUMBER_MAX_DECIMALS more, the end. */
};

/** The most digits after the point; more are not printed. */
enum { NUMBER_MAX_DECIMALS = 30 };

/**
 * Takes the next character of a text, in its harmless form.
 *
 * @param cursor    Where to read; moves on.
 * @param character Receives the character.
 * @return false at the end of the text.
 */
bool text_next(const char **cursor, char character[CHARACTER_SIZE]);

/**
 * As text_next(), for messages, which show what they replace: a tab or a line end is '?', too.
 *
 * @param cursor    Where to read; moves on.
 * @param character Receives the character.
 * @return false at the end of the text.
 */
bool text_next_shown(const char **cursor, char character[CHARACTER_SIZE]);

/**
 * How many columns of a terminal a text takes: one for each character.
 *
 * @param text The text; NULL is empty.
 * @return The number of characters.
 */
size_t text_columns(const char *text);

/**
 * How many columns the widest of some labels takes.
 *
 * @param labels The labels, each perhaps NULL; NULL for none.
 * @param count  How many.
 * @return The width, 0 without labels.
 */
size_t text_widest(const char *const *labels, size_t count);

/**
 * Writes a number with a fixed number of decimals, and from 1e15 on as a power of ten. Zeros that
 * rounding made negative lose their sign; NaN and the infinities are "nan", "inf" and "-inf".
 *
 * @param value    The number.
 * @param decimals Digits after the point, 0 to NUMBER_MAX_DECIMALS; any other counts as the nearer
 *                 limit.
 * @param text     Receives the text.
 * @return @p text.
 */
const char *number_text(double value, int decimals, char text[NUMBER_SIZE]);

#endif
