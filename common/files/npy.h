/**
 * @file npy.h
 * @brief NumPy's `.npy` format: the bytes of a file to an array and back.
 *
 * Source: NumPy Enhancement Proposal 1 (Kern 2007) and `numpy.lib.format`.
 */
#ifndef HEADWISE_NPY_H
#define HEADWISE_NPY_H

#include "array.h"
#include "array_file.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * Reads the content of a `.npy` file.
 *
 * @param name   What to call the source in messages.
 * @param bytes  The content of the file, which npy_recognise() accepts.
 * @param size   How many bytes.
 * @param kind   What to accept.
 * @param result Receives the array, to be freed with array_free(); NO_ARRAY on failure.
 * @return STATUS_FORMAT as array_read() describes; STATUS_NO_MEMORY.
 */
Status npy_parse(const char *name, const unsigned char *bytes, size_t size, ArrayKind kind,
                 Array *result) MUST_USE;

/**
 * Writes an array as float32 in C order, version 1.0.
 *
 * @param stream Where to, at its start.
 * @param array  What.
 * @return Whether the stream took it all; if not, `errno` says why.
 */
bool npy_write(FILE *stream, Array array) MUST_USE;

#endif
