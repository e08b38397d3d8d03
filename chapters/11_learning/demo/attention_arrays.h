/**
 * @file attention_arrays.h
 * @brief Attention backwards over the reader's arrays.
 */
#ifndef HEADWISE_ATTENTION_ARRAYS_H
#define HEADWISE_ATTENTION_ARRAYS_H

#include "program.h"
#include "status.h"

/** The places of the options. */
enum {
    GRADIENT_Q,
    GRADIENT_K,
    GRADIENT_V,
    GRADIENT_SLOPE,
    GRADIENT_SCALE,
    GRADIENT_CAUSAL,
    GRADIENT_OUT,
    GRADIENT_K_OUT,
    GRADIENT_V_OUT,
    GRADIENT_OPTION_COUNT
};

/** The options themselves. */
extern const Option GRADIENT_OPTIONS[GRADIENT_OPTION_COUNT];

/**
 * Reads queries, keys, values and the gradient of the result, and writes the gradients of the
 * first three.
 *
 * @return As program_read(), attention_backward() and program_write().
 */
Status attention_arrays(void) MUST_USE;

#endif
