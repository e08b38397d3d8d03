/**
 * @file attention_mistakes.h
 * @brief The weights of one word, as they should be and as common mistakes make them.
 */
#ifndef HEADWISE_ATTENTION_MISTAKES_H
#define HEADWISE_ATTENTION_MISTAKES_H

#include "matrix.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * Prints the weights of one word, right and wrong.
 *
 * @param q            The queries of a sentence, T x d_k.
 * @param k            Its keys, T x d_k.
 * @param words        Its T words.
 * @param word         Whose weights: less than T.
 * @param with_picture Whether to draw them too, as `03_wrong`.
 * @return STATUS_NO_MEMORY, STATUS_SYSTEM for a picture that cannot be written.
 */
Status show_attention_mistakes(Matrix q, Matrix k, const char *const *words, size_t word,
                               bool with_picture) MUST_USE;

#endif
