/**
 * @file block_arrays.h
 * @brief An encoder of the reader's, from a folder of arrays, over the reader's sequences.
 */
#ifndef HEADWISE_BLOCK_ARRAYS_H
#define HEADWISE_BLOCK_ARRAYS_H

#include "program.h"
#include "status.h"

/** The places of the options in BLOCK_OPTIONS. */
enum {
    BLOCK_MODEL,
    BLOCK_X,
    BLOCK_HEADS,
    BLOCK_NORM,
    BLOCK_ACTIVATION,
    BLOCK_EPSILON,
    BLOCK_CAUSAL,
    BLOCK_KEY_LENGTHS,
    BLOCK_OUT,
    BLOCK_OPTION_COUNT
};

/** The options, in the order of --help. */
extern const Option BLOCK_OPTIONS[BLOCK_OPTION_COUNT];

/**
 * Runs the encoder that the options name, and writes the result.
 *
 * @return STATUS_USAGE for options that are missing or make no sense; as encoder_model_open(),
 *         program_read(), encoder() and array_write().
 */
Status block_arrays(void) MUST_USE;

#endif
