/**
 * @file text_array.h
 * @brief Arrays as text, as `numpy.savetxt` writes and `numpy.loadtxt` reads them.
 */
#ifndef HEADWISE_TEXT_ARRAY_H
#define HEADWISE_TEXT_ARRAY_H

#include "array.h"
#include "array_file.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * Tells whether bytes can be text.
 *
 * @param bytes The bytes.
 * @param size  How many.
 * @return How many of them, from the first, are text: @p size when all are.
 */
size_t text_length(const unsigned char *bytes, size_t size);

/**
 * Reads numbers from text; array_file.h has the rules.
 *
 * @param name   What to call the source in messages.
 * @param bytes  The text.
 * @param size   How many bytes.
 * @param kind   What to accept.
 * @param result Receives the array, to be freed with array_free(); NO_ARRAY on failure.
 * @return STATUS_FORMAT as array_read() describes; STATUS_NO_MEMORY.
 */
Status text_parse(const char *name, const unsigned char *bytes, size_t size, ArrayKind kind,
                  Array *result) MUST_USE;

/**
 * Writes an array as text, so that text_parse() gives the same array back.
 *
 * @param stream Where to.
 * @param array  What.
 * @return Whether the stream took it all; if not, `errno` says why.
 */
bool text_write(FILE *stream, Array array) MUST_USE;

#endif
