/**
 * @file mask_check.h
 * @brief What a mask must be before anything is computed with it.
 */
#ifndef HEADWISE_MASK_CHECK_H
#define HEADWISE_MASK_CHECK_H

#include "masking.h"
#include "status.h"

#include <stddef.h>

/**
 * Refuses a mask that is none, as chapter 7 does.
 *
 * @param function Who asks, for the message.
 * @param mask     The mask.
 * @param heads    How many heads: the bias may be of so many tables, one below the other.
 * @param queries  T_q.
 * @param keys     T_k.
 * @return STATUS_SHAPE, STATUS_VALUE as masked_multi_head_attention().
 */
Status mask_expect(const char *function, const AttentionMask *mask, size_t heads, size_t queries,
                   size_t keys) MUST_USE;

#endif
