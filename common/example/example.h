/**
 * @file example.h
 * @brief The small world that runs through all chapters: words, sentences, and one layer by hand.
 *
 * A word is eight numbers, one for each EXAMPLE_COLUMNS name. Two heads of four columns are chosen
 * by hand: `sense` finds out what a place is about, `who` finds out who does what.
 */
#ifndef HEADWISE_EXAMPLE_H
#define HEADWISE_EXAMPLE_H

#include "matrix.h"
#include "status.h"

#include <stddef.h>

/** The sizes of the example. */
enum {
    EXAMPLE_D_MODEL = 8, /**< Numbers in a word vector. */
    EXAMPLE_HEADS = 2,   /**< Heads of the layer. */
    EXAMPLE_D_K = 4      /**< Columns of one head; its scale is 1/2. */
};

/** The sentence with the river's bank. */
extern const char EXAMPLE_RIVER[];
/** The sentence with the money's bank. */
extern const char EXAMPLE_MONEY[];
/** What each column of a word vector means. */
extern const char *const EXAMPLE_COLUMNS[EXAMPLE_D_MODEL];

/** Words and their vectors. */
typedef struct Sentence {
    size_t count; /**< T, the number of words. */
    const char *const
        *words; /**< The words; each lives for ever, the list as long as the sentence. */
    Matrix x;   /**< Their vectors, T x EXAMPLE_D_MODEL. */
} Sentence;

/** The hand-made projections of one head, each EXAMPLE_D_MODEL x EXAMPLE_D_K. */
typedef struct ExampleHead {
    const char *name; /**< What the head is for, in one word. */
    Matrix w_q;       /**< What a word asks. */
    Matrix w_k;       /**< What a word answers to. */
    Matrix w_v;       /**< What a word hands over. */
} ExampleHead;

/** The hand-made layer of both heads; its matrices are read-only. */
typedef struct ExampleLayer {
    ExampleHead heads[EXAMPLE_HEADS]; /**< Views into the columns of the next three. */
    Matrix w_q;                       /**< EXAMPLE_D_MODEL x 8: both heads' side by side. */
    Matrix w_k;                       /**< EXAMPLE_D_MODEL x 8. */
    Matrix w_v;                       /**< EXAMPLE_D_MODEL x 8. */
    Matrix w_o; /**< 8 x EXAMPLE_D_MODEL: back to the meanings of the columns. */
} ExampleLayer;

/**
 * Looks words up.
 *
 * @param text   Words of the vocabulary, in any case, separated by blanks; punctuation is ignored.
 * @param result Receives the sentence, to be freed with sentence_free(); empty on failure.
 * @return STATUS_VALUE for an unknown word, with the nearest known ones, or for no word at all;
 *         STATUS_NO_MEMORY.
 */
Status sentence_create(const char *text, Sentence *result) MUST_USE;

/**
 * The word that the examples follow: bank, or the last one.
 *
 * @param sentence A sentence that is not empty.
 * @return Its place, counted from 0.
 */
size_t sentence_focus(Sentence sentence);

/**
 * Where the first words of a text end.
 *
 * @param text  Words as for sentence_create(); they need not be known ones.
 * @param most  How many of them.
 * @param count Receives how many words the text has.
 * @return How many bytes of @p text these words take; all of them if there are no more words.
 */
size_t sentence_beginning(const char *text, size_t most, size_t *count);

/**
 * Frees a sentence and makes it empty.
 *
 * @param sentence The sentence; an empty one is fine.
 */
void sentence_free(Sentence *sentence);

/**
 * The hand-made layer.
 *
 * @return Views of constant tables. Nothing is to be freed.
 */
ExampleLayer example_layer(void);

/**
 * The hand-made head that looks one word back, once positions are added to the words.
 *
 * @return Views of constant tables. Nothing is to be freed.
 */
ExampleHead example_previous_head(void);

/**
 * The vocabulary, in its own order.
 *
 * @param index Counted from 0.
 * @return The word, or NULL if there is none with this index.
 */
const char *vocabulary_word(size_t index);

/**
 * The vector of a vocabulary word.
 *
 * @param index Which word; one for which vocabulary_word() is not NULL.
 * @return Its EXAMPLE_D_MODEL numbers, read-only.
 */
const float *vocabulary_vector(size_t index);

#endif
