/**
 * @file array_file.h
 * @brief Arrays in and out of files: NumPy's `.npy`, or text as `numpy.savetxt` writes it.
 *
 * Reading tells the two formats apart by their first bytes. Writing goes by the name: what ends in
 * `.npy` is written as float32 `.npy` version 1.0, everything else as text. The path `-` is
 * standard input or output (text when written).
 *
 * The `.npy` format: NumPy Enhancement Proposal 1 (Kern 2007) and `numpy.lib.format`. Versions 1.0,
 * 2.0 and 3.0 are read, in C and in Fortran order.
 *
 * The text format: one row per line, its numbers separated by blanks or by one comma; `#` begins a
 * comment; lines without numbers are skipped; all rows are equally long. Numbers are decimal, or
 * nan, inf or infinity in any case. The result has two dimensions, (rows, columns), except that one
 * number per line gives one dimension, (n,), because that is how `numpy.savetxt` writes a vector.
 *
 * Rows alone cannot express any other shape. For those the first line is the comment
 * `# shape (2, 6, 6)`, which NumPy skips and array_read() obeys: what array_write() wrote is read
 * back in the same shape. A blank line stands between matrices.
 */
#ifndef HEADWISE_ARRAY_FILE_H
#define HEADWISE_ARRAY_FILE_H

#include "array.h"
#include "status.h"

#include <stddef.h>

/** What a file is read as. */
typedef enum ArrayKind {
    ARRAY_NUMBERS, /**< float32 or float64, any value. */
    ARRAY_MASK     /**< float32, float64, bool or uint8, and every element 0 or 1. */
} ArrayKind;

/** An array and the file it is to be written to. */
typedef struct ArrayOutput {
    const char *path; /**< The file's path, or "-" for standard output. */
    Array array;      /**< What to write; stays the caller's. */
} ArrayOutput;

/**
 * Reads an array of one to four dimensions. A float64 element becomes the nearest float32. A pipe
 * or a device may never end: its input is refused as soon as it is longer than its `.npy` header
 * promises, is more than 256 MiB of text, or is neither.
 *
 * @param path   The file's path, or "-" for standard input.
 * @param kind   What to accept.
 * @param result Receives the array, to be freed with array_free(); NO_ARRAY on failure.
 * @return STATUS_FORMAT, with a message that begins with the path, for a file that is missing,
 *         truncated, garbled or of another type, or that has an element that float32 cannot hold;
 *         STATUS_NO_MEMORY; STATUS_SYSTEM for a reading error.
 */
Status array_read(const char *path, ArrayKind kind, Array *result) MUST_USE;

/**
 * Reads an array from bytes in memory, as array_read() does from a file.
 *
 * @param name   What to call the source in messages.
 * @param bytes  The content of the file.
 * @param size   How many bytes.
 * @param kind   What to accept.
 * @param result Receives the array; NO_ARRAY on failure.
 * @return As array_read().
 */
Status array_parse(const char *name, const unsigned char *bytes, size_t size, ArrayKind kind,
                   Array *result) MUST_USE;

/**
 * Finds out whether array_write() could write to some paths, before there is anything to write.
 * Nothing is opened or written, so a disk that is full or fails later is not foreseen.
 *
 * @param outputs The paths; the arrays do not matter.
 * @param count   How many.
 * @return As array_write().
 */
Status array_expect_writable(const ArrayOutput *outputs, size_t count) MUST_USE;

/**
 * Writes arrays to files, all or none. A regular file is first written in full beside its place
 * under another name, and all take their places only when the last of them is complete; a failure
 * leaves what was there before. A symbolic link stays one, and a replaced file's permissions stay.
 * Pipes, devices and standard output are written directly, after the regular files are complete.
 * Text has enough digits to give the same floats again.
 *
 * @param outputs The arrays and their paths.
 * @param count   How many.
 * @return STATUS_USAGE when a path is given twice; STATUS_NO_MEMORY; STATUS_SYSTEM, with a message
 * that begins with the path, when one cannot be written.
 */
Status array_write(const ArrayOutput *outputs, size_t count) MUST_USE;

#endif
