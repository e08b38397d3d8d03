/**
 * @file decoder_arrays.h
 * @brief A decoder of the reader's own, on the reader's own sequences.
 */
#ifndef HEADWISE_DECODER_ARRAYS_H
#define HEADWISE_DECODER_ARRAYS_H

#include "program.h"
#include "status.h"

/** The places of the options in DECODER_OPTIONS. */
enum {
    DECODER_MODEL,
    DECODER_SOURCE,
    DECODER_TARGET,
    DECODER_HEADS,
    DECODER_NORM,
    DECODER_ACTIVATION,
    DECODER_EPSILON,
    DECODER_KEY_LENGTHS,
    DECODER_OUT,
    DECODER_MEASURE,
    DECODER_OPTION_COUNT
};

/** The options, in the order of --help. */
extern const Option DECODER_OPTIONS[DECODER_OPTION_COUNT];

/**
 * Runs the model that the options name on the sequences that they name, and writes the result; or
 * measures how long writing takes, if that is asked.
 *
 * @return STATUS_USAGE, STATUS_SHAPE; as decoder_model_open() and array_write(); STATUS_NO_MEMORY.
 */
Status decoder_arrays(void) MUST_USE;

#endif
