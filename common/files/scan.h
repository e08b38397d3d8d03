/**
 * @file scan.h
 * @brief Small steps through text that need not end in NUL, for the readers of array files.
 */
#ifndef HEADWISE_SCAN_H
#define HEADWISE_SCAN_H

#include "array.h"

#include <stdbool.h>
#include <stddef.h>

/** The part of a text not read yet. Valid as long as the text is. */
typedef struct Scanner {
    const unsigned char *at;  /**< The next byte. */
    const unsigned char *end; /**< One past the last byte. */
} Scanner;

/** Room for text that scan_quote() makes. */
enum { QUOTE_SIZE = 40 };

/**
 * Steps over spaces, tabs and line ends.
 *
 * @param scanner The text, which moves on.
 */
void scan_blanks(Scanner *scanner);

/**
 * Steps over blanks and then over an expected text.
 *
 * @param scanner The text, which moves on; if @p expected is missing, past blanks only.
 * @param expected What should come.
 * @return Whether it came.
 */
bool scan_text(Scanner *scanner, const char *expected);

/**
 * Compares what is left of a text.
 *
 * @param scanner The text.
 * @param other   What to compare it with.
 * @return Whether they are the same.
 */
bool scan_equals(Scanner scanner, const char *other);

/**
 * Reads blanks and a shape as Python writes it: `(2, 3)`, `(5,)`, `()`.
 *
 * @param scanner The text, which moves on; after a failure it stands where the shape went wrong.
 * @param shape   Receives the dimensions and the sizes, and no data. A size that is too large for
 *                size_t becomes SIZE_MAX. There may be more than ARRAY_MAX_DIMS dimensions: `dims`
 *                counts them all, only the first sizes are kept.
 * @return Whether there was a shape.
 */
bool scan_shape(Scanner *scanner, Array *shape);

/**
 * Tells whether an array of this shape can exist: 1 to ARRAY_MAX_DIMS dimensions, and a size in
 * bytes that does not overflow. Sizes of 0 do not excuse the others, as in NumPy: an array without
 * elements may have at most 2^31 rows, because loops still go through them.
 *
 * @param shape     The shape.
 * @param item_size Bytes of one element.
 * @return Whether it can.
 */
bool shape_fits(Array shape, size_t item_size);

/**
 * Quotes the beginning of a text for a message, in one line of printable ASCII.
 *
 * @param scanner The text.
 * @param quote   Receives the text in quotes, single ones unless the text has some itself. "..." is
 *                before the closing quote of a longer text; what is not printable becomes `\xNN`.
 * @return @p quote.
 */
const char *scan_quote(Scanner scanner, char quote[QUOTE_SIZE]);

#endif
