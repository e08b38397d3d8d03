/**
 * @file sequence_arrays.h
 * @brief The reader's own sequences: what is read, and what is to be written.
 */
#ifndef HEADWISE_SEQUENCE_ARRAYS_H
#define HEADWISE_SEQUENCE_ARRAYS_H

#include "array.h"
#include "status.h"

#include <stddef.h>

/** The places of the options. */
typedef struct SequenceOptions {
    size_t source; /**< --source: word numbers, ([batch,] S); -1 after the end. */
    size_t target; /**< --target: ([batch,] T). */
} SequenceOptions;

/** Sequences as they were read: word numbers, or -1. */
typedef struct Sequences {
    Array source; /**< (S,) or (batch, S). */
    Array target; /**< (T,) or (batch, T). */
} Sequences;

/**
 * Reads both arrays.
 *
 * @param places    Where the options stand.
 * @param words     How many words there may be: the numbers must be less.
 * @param sequences Receives the arrays, to be freed with sequences_free(), also on failure.
 * @return As program_read(); STATUS_VALUE for what is not a word number, STATUS_SHAPE when the
 *         numbers of sequences differ.
 */
Status sequences_read(const SequenceOptions *places, size_t words, Sequences *sequences) MUST_USE;

/**
 * Frees the arrays.
 *
 * @param sequences The sequences; `{0}` may be freed.
 */
void sequences_free(Sequences *sequences);

/**
 * How many words a row has up to the first -1.
 *
 * @param row     The row.
 * @param columns How many numbers it has.
 * @return How many words.
 */
size_t sequence_length(const float *row, size_t columns);

/**
 * The words of a row up to the first -1.
 *
 * @param row     The row.
 * @param columns How many numbers it has.
 * @param words   Receives the words; room for all columns.
 * @return How many words there are.
 */
size_t sequence_words(const float *row, size_t columns, size_t *words);

#endif
