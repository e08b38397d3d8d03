/**
 * @file npy_header.h
 * @brief The header of a `.npy` file: a Python dictionary with the type, the order and the shape.
 */
#ifndef HEADWISE_NPY_HEADER_H
#define HEADWISE_NPY_HEADER_H

#include "array.h"
#include "array_file.h"
#include "npy_type.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** What a header says. */
typedef struct NpyHeader {
    const NpyType *type; /**< Of the elements. */
    bool fortran_order;  /**< The first index varies fastest, not the last. */
    Array shape;         /**< Dimensions and sizes without data; the size in bytes fits. */
    size_t data_start;   /**< How many bytes stand before the data. */
} NpyHeader;

/**
 * Recognises a `.npy` file by its first bytes, even one that is cut off early.
 *
 * @param bytes The content of the file.
 * @param size  How many bytes, at least 1.
 * @return Whether it begins as a `.npy` file does.
 */
bool npy_recognise(const unsigned char *bytes, size_t size);

/**
 * Reads the header of a `.npy` file.
 *
 * @param name   What to call the source in messages.
 * @param bytes  The content of the file, which npy_recognise() accepts.
 * @param size   How many bytes.
 * @param kind   What the array is to be.
 * @param header Receives what it says.
 * @return STATUS_FORMAT when it is cut off, garbled or of an unknown version, when the type is not
 *         accepted or when the number of dimensions is not 1 to ARRAY_MAX_DIMS.
 */
Status npy_header_parse(const char *name, const unsigned char *bytes, size_t size, ArrayKind kind,
                        NpyHeader *header) MUST_USE;

/**
 * Finds out how long a file will be from its beginning alone.
 *
 * @param bytes The bytes read so far, which npy_recognise() accepts.
 * @param size  How many.
 * @param kind  What the array is to be.
 * @return The size of the whole file; 1 MiB, more than any header needs, as long as
 *         npy_header_parse() refuses these bytes.
 */
size_t npy_promised_size(const unsigned char *bytes, size_t size, ArrayKind kind);

#endif
