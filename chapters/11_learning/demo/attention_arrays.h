/**
 * @file attention_arrays.h
 * @brief Attention backwards over the reader's arrays.
 */
#ifndef HEADWISE_ATTENTION_ARRAYS_H
#define HEADWISE_ATTENTION_ARRAYS_H

#include "program.h"
#include "status.h"

/**
 * Reads queries, keys, values and the gradient of the result, and writes the gradients of the
 * first three.
 *
 * @return As program_read(), attention_backward() and program_write().
 */
Status attention_arrays(void) MUST_USE;

#endif
