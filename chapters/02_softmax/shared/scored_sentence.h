/**
 * @file scored_sentence.h
 * @brief A sentence and its scores, which the program of chapter 2 turns into weights.
 */
#ifndef HEADWISE_SCORED_SENTENCE_H
#define HEADWISE_SCORED_SENTENCE_H

#include "example.h"
#include "matrix.h"
#include "status.h"

#include <stddef.h>

/** A sentence, its scores Q K^T of the head `sense` (chapter 1), and the word looked at: the last.
 */
typedef struct ScoredSentence {
    Sentence sentence; /**< T words. */
    Matrix scores;     /**< T x T. */
    Matrix row;        /**< The scores of the last word, 1 x T: a view. */
    const char *word;  /**< The last word. */
    size_t best;       /**< The first word that scores most in the row. */
} ScoredSentence;

/**
 * Scores the words of a sentence.
 *
 * @param text   Words of the vocabulary.
 * @param result Receives the scores, to be freed with scored_sentence_free(), also on failure.
 * @return As sentence_create().
 */
Status scored_sentence_create(const char *text, ScoredSentence *result) MUST_USE;

/**
 * Frees what scored_sentence_create() made.
 *
 * @param scored The scored sentence.
 */
void scored_sentence_free(ScoredSentence *scored);

#endif
