/**
 * @file numbered_text.h
 * @brief Sentences as numbers: each word that occurs gets one, and the full stop is 0.
 */
#ifndef HEADWISE_NUMBERED_TEXT_H
#define HEADWISE_NUMBERED_TEXT_H

#include "encoder_decoder.h"
#include "example.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** A sentence as numbers, and what they stand for. */
typedef struct NumberedText {
    const char **names;  /**< The word of each number; that of 0 is ".". */
    size_t vocabulary;   /**< How many different words there are. */
    Text text;           /**< The sentence; its stop word is the full stop. */
    const char **labels; /**< The text's words by name, as many as `limit`. */
} NumberedText;

/**
 * Numbers a sentence, in the order in which its words occur first.
 *
 * @param sentence The sentence, which must outlive the result.
 * @param in_front Whether the full stop stands in front of it, or at its end.
 * @param room     How many more words there must be space for.
 * @param result   Receives the text, to be freed with numbered_text_free(), also on failure.
 * @return STATUS_NO_MEMORY.
 */
Status numbered_text_create(Sentence sentence, bool in_front, size_t room,
                            NumberedText *result) MUST_USE;

/**
 * Updates the labels after words were written.
 *
 * @param numbered The text.
 */
void numbered_text_label(NumberedText *numbered);

/**
 * Prints words, with blanks between them.
 *
 * @param numbered What the numbers stand for.
 * @param words    The numbers.
 * @param count    How many.
 */
void print_words(const NumberedText *numbered, const size_t *words, size_t count);

/**
 * Frees a text.
 *
 * @param numbered The text.
 */
void numbered_text_free(NumberedText *numbered);

#endif
