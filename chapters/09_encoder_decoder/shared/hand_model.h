/**
 * @file hand_model.h
 * @brief Two models with weights set by hand: one copies what came before, one reverses its source.
 *
 * Both are transformers like any other, only not trained. A word is a 1 in a column of its
 * own, and so is a position, so that every weight can be read: row = "from", column = "to". Word 0
 * is the full stop: it begins a text, and it ends one.
 *
 * The norms change nothing here. Every row holds the same numbers, each in different columns, so
 * all rows have the same mean and the same variance; gain and shift put back what the norm took.
 */
#ifndef HEADWISE_HAND_MODEL_H
#define HEADWISE_HAND_MODEL_H

#include "encoder_decoder.h"
#include "matrix.h"
#include "status.h"
#include "transformer_block.h"

#include <stddef.h>

/** How many tables a model by hand may have. */
enum { HAND_TABLES = 20 };

/** A model by hand. It points into itself, so it must not be copied. */
typedef struct HandModel {
    size_t words;                   /**< V: the columns 0 to V - 1 say which word a row is. */
    size_t places;                  /**< P: the next P columns say at which position it stands. */
    size_t d_model;                 /**< A square: words are multiplied by its root. */
    TransformerBlock encoder_block; /**< Of the model that reverses. */
    Encoder encoder;                /**< That block, or none. */
    DecoderBlock blocks[2];         /**< Two of the model that copies, one of the other. */
    LanguageModel model;            /**< The embedding and the blocks. */
    Matrix tables[HAND_TABLES];     /**< All that is to be freed. */
    size_t table_count;             /**< How many. */
} HandModel;

/**
 * Makes the model that copies (Olsson et al. 2022): the head of block 0 looks at the word before
 * and notes which one it is; the head of block 1 looks for the last place whose note is the current
 * word, and writes the word that stands there. If there is none, it looks at the full stop in
 * front.
 *
 * @param words  How many words it knows, the full stop among them; 1 or more.
 * @param places How many positions it knows; 1 or more.
 * @param hand   Receives the model, to be freed with hand_model_free(), also on failure.
 * @return STATUS_NO_MEMORY.
 */
Status copying_model_create(size_t words, size_t places, HandModel *hand) MUST_USE;

/**
 * Makes the model that reverses. The encoder's head finds the full stop at the end of the source,
 * and its feed-forward network works out at which place of the target each word is due; the
 * decoder's cross-attention asks which word is due now.
 *
 * @param words  How many words it knows, the full stop among them; 1 or more.
 * @param places How many positions it knows; 1 or more.
 * @param hand   Receives the model, to be freed with hand_model_free(), also on failure.
 * @return STATUS_NO_MEMORY.
 */
Status reversing_model_create(size_t words, size_t places, HandModel *hand) MUST_USE;

/**
 * Reads a source: embeds it and runs the encoder.
 *
 * @param hand    The model that reverses.
 * @param words   The source; its last word is the full stop.
 * @param count   How many words, S.
 * @param weights Receives the encoder's attention weights, S x S, or NO_MATRIX.
 * @param x       Receives what the encoder made of it, S x d_model.
 * @return As embed() and encoder().
 */
Status hand_model_read(const HandModel *hand, const size_t *words, size_t count, Matrix weights,
                       Matrix x) MUST_USE;

/**
 * Frees a model.
 *
 * @param hand The model.
 */
void hand_model_free(HandModel *hand);

#endif
