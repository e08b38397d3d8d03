/**
 * @file masking_arrays.h
 * @brief Masked attention over the reader's arrays.
 */
#ifndef HEADWISE_MASKING_ARRAYS_H
#define HEADWISE_MASKING_ARRAYS_H

#include "status.h"

/**
 * Runs masked attention on the arrays that the options name, and writes the results.
 *
 * @return As masking_input_read() and array_write(); STATUS_SHAPE for arrays that do not fit
 *         together; STATUS_NO_MEMORY.
 */
Status masking_arrays(void) MUST_USE;

#endif
