/**
 * @file block_mistakes.h
 * @brief The block done wrong, for comparison.
 */
#ifndef HEADWISE_BLOCK_MISTAKES_H
#define HEADWISE_BLOCK_MISTAKES_H

#include "block_example.h"
#include "status.h"

/**
 * Shows what the word becomes in blocks that are wrong.
 *
 * @param followed The sentence and the word.
 * @return STATUS_NO_MEMORY.
 */
Status show_block_mistakes(const Followed *followed) MUST_USE;

#endif
