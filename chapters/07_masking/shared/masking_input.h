/**
 * @file masking_input.h
 * @brief The options of chapter 7's program, and what the reader gave for them.
 */
#ifndef HEADWISE_MASKING_INPUT_H
#define HEADWISE_MASKING_INPUT_H

#include "array.h"
#include "key_lengths.h"
#include "masking.h"
#include "program.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** The places of the options in MASKING_OPTIONS: a layer, or projected sequences, and a mask. */
enum {
    MASKING_X,
    MASKING_W_Q,
    MASKING_W_K,
    MASKING_W_V,
    MASKING_W_O,
    MASKING_B_Q,
    MASKING_B_K,
    MASKING_B_V,
    MASKING_B_O,
    MASKING_HEADS,
    MASKING_CONTEXT,
    MASKING_Q,
    MASKING_K,
    MASKING_V,
    MASKING_SCALE,
    MASKING_CAUSAL,
    MASKING_PAST,
    MASKING_MASK,
    MASKING_BIAS,
    MASKING_KEY_LENGTHS,
    MASKING_OUT,
    MASKING_WEIGHTS_OUT,
    MASKING_OPTION_COUNT
};

/** The options, in the order of --help. */
extern const Option MASKING_OPTIONS[MASKING_OPTION_COUNT];

/** What the reader gave: a layer and its sequences, or queries, keys and values; and a mask. */
typedef struct MaskingInput {
    bool has_layer;                     /**< Else there are queries, keys and values. */
    Array arrays[MASKING_OPTION_COUNT]; /**< NO_ARRAY where an option names none. */
    Array asking;           /**< x or q, a view: two dimensions, or three with a batch. */
    Array answering;        /**< The context, x or k, a view. */
    MultiHeadLayer layer;   /**< Views of the arrays; the matrices are NO_MATRIX without a layer. */
    AttentionMask mask;     /**< Its causality, the same for the whole batch. */
    KeyLengths key_lengths; /**< Of the sequences that answer. */
} MaskingInput;

/**
 * Checks which options were given, and reads what they name. The arrays need not fit together.
 *
 * @param input Receives it, to be freed with masking_input_free(), also on failure.
 * @return STATUS_USAGE for options that do not go together; as program_read(), program_size().
 */
Status masking_input_read(MaskingInput *input) MUST_USE;

/**
 * Frees the arrays and numbers.
 *
 * @param input What masking_input_read() filled.
 */
void masking_input_free(MaskingInput *input);

#endif
