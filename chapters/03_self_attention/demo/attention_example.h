/**
 * @file attention_example.h
 * @brief The worked example of chapter 3.
 */
#ifndef HEADWISE_ATTENTION_EXAMPLE_H
#define HEADWISE_ATTENTION_EXAMPLE_H

#include "status.h"

/**
 * Prints and draws how the head `sense` reads a sentence.
 *
 * @param sentence The reader's own words, or NULL for both carried sentences and the experiments.
 * @return STATUS_VALUE for an unknown word, STATUS_NO_MEMORY, STATUS_SYSTEM for a picture that
 *         cannot be written.
 */
Status attention_example(const char *sentence) MUST_USE;

#endif
