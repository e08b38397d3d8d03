/**
 * @file masking_proofs.h
 * @brief What the program of chapter 7 proves of the causal mask, to the bit.
 */
#ifndef HEADWISE_MASKING_PROOFS_H
#define HEADWISE_MASKING_PROOFS_H

#include "example.h"
#include "status.h"

/**
 * Changes the last word of a sentence and shows what that changes before it.
 *
 * @param sentence The sentence.
 * @return As sentence_create(); STATUS_NO_MEMORY.
 */
Status show_no_leak(Sentence sentence) MUST_USE;

/**
 * Computes the last words of a sentence alone, with the others as keys of the past, and compares.
 *
 * @param sentence The sentence.
 * @return STATUS_NO_MEMORY.
 */
Status show_cached_keys(Sentence sentence) MUST_USE;

#endif
