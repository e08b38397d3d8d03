/**
 * @file key_lengths.h
 * @brief The option --key-lengths: how many keys of each sequence are words, not padding.
 */
#ifndef HEADWISE_KEY_LENGTHS_H
#define HEADWISE_KEY_LENGTHS_H

#include "status.h"

#include <stddef.h>

/** What the option says. `{0}` if it was not given: there is no padding. */
typedef struct KeyLengths {
    const char *name; /**< Of the option, for messages. */
    size_t *lengths;  /**< One for all sequences, or one for each; NULL when there is no padding. */
    size_t count;     /**< How many. */
} KeyLengths;

/**
 * Reads the option.
 *
 * @param option The option's place in the program's table.
 * @param result Receives the numbers, to be freed with key_lengths_free().
 * @return As program_sizes().
 */
Status key_lengths_read(size_t option, KeyLengths *result) MUST_USE;

/**
 * Refuses lengths that do not fit.
 *
 * @param lengths The lengths.
 * @param keys    T_k, the keys of each sequence.
 * @param items   How many sequences there are.
 * @return STATUS_SHAPE when there is neither one length nor one per sequence, or one is longer than
 *         the keys.
 */
Status key_lengths_check(const KeyLengths *lengths, size_t keys, size_t items) MUST_USE;

/**
 * The padding of one sequence.
 *
 * @param lengths The lengths, which fit.
 * @param keys    T_k.
 * @param item    Which sequence, counted from 0.
 * @return How many keys at the end are padding.
 */
size_t key_lengths_padding(const KeyLengths *lengths, size_t keys, size_t item);

/**
 * Frees the numbers.
 *
 * @param lengths The lengths.
 */
void key_lengths_free(KeyLengths *lengths);

#endif
