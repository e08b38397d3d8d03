/**
 * @file masking_arrays.h
 * @brief Masked attention over the reader's arrays.
 */
#ifndef HEADWISE_MASKING_ARRAYS_H
#define HEADWISE_MASKING_ARRAYS_H

#include "masking.h"
#include "matrix.h"
#include "status.h"

#include <stdbool.h>

/** Who computes the attention: chapter 7, or a later chapter that does the same in another way. */
typedef struct MaskingEngine {
    /** As masked_multi_head_attention(). */
    Status (*layer)(Matrix x, Matrix context, const MultiHeadLayer *layer,
                    const AttentionMask *mask, Matrix weights, Matrix out);
    /** As masked_attention(). */
    Status (*sequences)(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                        Matrix weights, Matrix out);
    bool spares_weights; /**< Is given NO_MATRIX for weights that nobody asked for. */
} MaskingEngine;

/**
 * Runs masked attention on the arrays that the options name, and writes the results.
 *
 * @return As masking_input_read() and array_write(); STATUS_SHAPE for arrays that do not fit
 *         together; STATUS_NO_MEMORY.
 */
Status masking_arrays(void) MUST_USE;

/**
 * The same with another engine, for a program whose options begin with MASKING_OPTIONS.
 *
 * @param engine Who computes.
 * @return As masking_arrays() and the engine.
 */
Status masking_arrays_with(const MaskingEngine *engine) MUST_USE;

#endif
