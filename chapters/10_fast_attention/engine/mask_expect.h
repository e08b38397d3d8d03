/**
 * @file mask_expect.h
 * @brief Whether a mask is valid.
 */
#ifndef HEADWISE_MASK_EXPECT_H
#define HEADWISE_MASK_EXPECT_H

#include "masking.h"
#include "status.h"

#include <stddef.h>

/**
 * Refuses an invalid mask, by chapter 7's rule.
 *
 * @param function Who asks, for the message.
 * @param mask     The mask.
 * @param heads    How many heads: the bias may hold a table for each, one below the other.
 * @param queries  T_q.
 * @param keys     T_k.
 * @return STATUS_SHAPE, STATUS_VALUE as masked_multi_head_attention().
 */
Status mask_expect(const char *function, const AttentionMask *mask, size_t heads, size_t queries,
                   size_t keys) MUST_USE;

#endif
