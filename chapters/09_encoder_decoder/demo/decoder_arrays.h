/**
 * @file decoder_arrays.h
 * @brief A decoder of the reader's own, on the reader's own sequences.
 */
#ifndef HEADWISE_DECODER_ARRAYS_H
#define HEADWISE_DECODER_ARRAYS_H

#include "decoder_model.h"
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
    DECODER_EMBEDDING,
    DECODER_LIMIT,
    DECODER_TEMPERATURE,
    DECODER_TOP_K,
    DECODER_TOP_P,
    DECODER_SEED,
    DECODER_BEAMS,
    DECODER_MEASURE,
    DECODER_OPTION_COUNT
};

/** The options, in the order of --help. */
extern const Option DECODER_OPTIONS[DECODER_OPTION_COUNT];

/**
 * Opens the model that the options name.
 *
 * @param folder Receives the folder, to be freed with state_dict_free(), also on failure.
 * @param model  Receives the decoder, to be freed with decoder_model_free(), also on failure.
 * @return As decoder_model_open(); STATUS_USAGE.
 */
Status decoder_read_model(StateDict *folder, DecoderModel *model) MUST_USE;

/**
 * Refuses rows that are not as wide as the model's.
 *
 * @param option The place of the option that named them.
 * @param array  The rows.
 * @param model  The model.
 * @param folder Its folder, for the message.
 * @return STATUS_SHAPE.
 */
Status decoder_check_columns(size_t option, Array array, const DecoderModel *model,
                             const StateDict *folder) MUST_USE;

/**
 * Writes a text if that is asked. Otherwise
 * runs the model that the options name on the sequences that they name, and writes the result; or
 * measures how long writing takes, if that is asked.
 *
 * @return STATUS_USAGE, STATUS_SHAPE; as decoder_model_open() and array_write(); STATUS_NO_MEMORY.
 */
Status decoder_arrays(void) MUST_USE;

#endif
