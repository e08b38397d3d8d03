/**
 * @file live.h
 * @brief What the interactive parts of the book ask the chapters' code.
 *
 * Compiled to WebAssembly and called by live.js. A function that computes hands back a structure of
 * numbers, read there in the order in which they stand here; it stays valid until the next call of
 * the same function. When something fails the result is NULL, and live_error() says why.
 */
#ifndef HEADWISE_LIVE_H
#define HEADWISE_LIVE_H

#include "example.h"
#include "nearest.h"

#include <stdbool.h>
#include <stddef.h>

#if defined(__wasm__)
/** Makes a function callable from JavaScript. */
#define EXPORTED(name) __attribute__((export_name(#name)))
#else
#define EXPORTED(name)
#endif

/** Sizes that live.js knows, too. */
enum {
    LIVE_SENTENCES = 2,                      /**< The river's and the money's. */
    LIVE_WORDS = 6,                          /**< Words in each of them. */
    LIVE_FILLING = 2,                        /**< Rows of zeros after them, for the masks. */
    LIVE_PLACES = LIVE_WORDS + LIVE_FILLING, /**< Words and filling. */
    LIVE_RESULTS = EXAMPLE_HEADS + 1,        /**< Of each head alone, and of the layer. */
    LIVE_REACH = 6,                          /**< How far a position is compared. */
    LIVE_LETTERS = 9,                        /**< Of the text that is reversed, with its stop. */
    LIVE_PLANE = 2,                          /**< Columns of the plane in which words are arrows. */
    LIVE_FLOATS = LIVE_WORDS * EXAMPLE_D_MODEL, /**< Of the queries of all heads. */
    LIVE_STEPS = 4,                             /**< Words that the model which copies writes. */
    LIVE_TEXT = 14,                             /**< Words of its text then, with the full stop. */
    LIVE_KINDS = 7                              /**< Different words in it. */
};

/** Two arrows, and how alike they are. */
typedef struct LiveArrows {
    float products[LIVE_PLANE]; /**< Of the two numbers of each column. */
    float sum;                  /**< Their dot product. */
    float lengths[2];           /**< Of the first arrow and the second. */
    float cosine;               /**< Of the angle between them; NaN without a direction. */
    float degrees;              /**< The angle; NaN without a direction. */
} LiveArrows;

/** Where the queries of all heads lie in memory. */
typedef struct LiveMemory {
    float values[LIVE_WORDS][EXAMPLE_D_MODEL]; /**< X W_Q, both heads side by side. */
    /** At which float of the values each number of a head lies, as its view finds it. */
    float views[EXAMPLE_HEADS][LIVE_WORDS][EXAMPLE_D_K];
    float copies[LIVE_FLOATS]; /**< Which float of the values stands at each place of the copy. */
} LiveMemory;

/** The river's sentence on its way through the block of chapter 8. */
typedef struct LiveBlock {
    float x[LIVE_WORDS][EXAMPLE_D_MODEL];       /**< The words. */
    float input_1[LIVE_WORDS][EXAMPLE_D_MODEL]; /**< What attention works on. */
    float heard[LIVE_WORDS][EXAMPLE_D_MODEL];   /**< What attention says. */
    float sum_1[LIVE_WORDS][EXAMPLE_D_MODEL];   /**< The words plus that. */
    float middle[LIVE_WORDS][EXAMPLE_D_MODEL];  /**< The end of the first step. */
    float input_2[LIVE_WORDS][EXAMPLE_D_MODEL]; /**< What the network works on. */
    float answer[LIVE_WORDS][EXAMPLE_D_MODEL];  /**< What the network says. */
    float sum_2[LIVE_WORDS][EXAMPLE_D_MODEL];   /**< The middle plus that. */
    float out[LIVE_WORDS][EXAMPLE_D_MODEL];     /**< The end of the block. */
} LiveBlock;

/** The model that copies, after some words. */
typedef struct LiveWriting {
    float count;                            /**< How many words the text has. */
    float fresh;                            /**< How many of them were computed for this step. */
    float weights[2][LIVE_TEXT][LIVE_TEXT]; /**< Of both heads; rows beyond the text are 0. */
    float keys[LIVE_TEXT][LIVE_KINDS];   /**< What the second head keeps: which word came before. */
    float values[LIVE_TEXT][LIVE_KINDS]; /**< And which word it is. */
    float probability;                   /**< Of the next word. */
    const char *names[LIVE_KINDS];       /**< The word of each column. */
    const char *words[LIVE_TEXT];        /**< The text; behind its end empty. */
    const char *next;                    /**< The next word. */
} LiveWriting;

/** Chapter 10's attention of the river's sentence, block by block. */
typedef struct LiveTiles {
    float scores[LIVE_WORDS][LIVE_WORDS]; /**< Of the head `sense`; never all there at once. */
    float visible[LIVE_WORDS];            /**< How many keys the block of each query looks at. */
    /** What is known of a query after each block of keys. */
    float maxima[LIVE_WORDS][LIVE_WORDS];
    float factors[LIVE_WORDS]
                 [LIVE_WORDS];          /**< By what the sums before the block were multiplied. */
    float sums[LIVE_WORDS][LIVE_WORDS]; /**< Of the weights so far. */
    float values[LIVE_WORDS][LIVE_WORDS][EXAMPLE_D_K]; /**< Of the weighted values so far. */
    float results[LIVE_WORDS][EXAMPLE_D_K];            /**< After the last block. */
} LiveTiles;

/** A row of scores at some temperature. */
typedef struct LiveTemperature {
    float scores[LIVE_WORDS];  /**< Of the last word of the river's sentence. */
    float weights[LIVE_WORDS]; /**< Their softmax. */
    float bits;                /**< The entropy of the weights. */
} LiveTemperature;

/** The head `sense` at work on a sentence. */
typedef struct LiveAttention {
    float scores[LIVE_WORDS][LIVE_WORDS];   /**< A row to each word that asks, scaled. */
    float weights[LIVE_WORDS][LIVE_WORDS];  /**< Their softmax. */
    float values[LIVE_WORDS][EXAMPLE_D_K];  /**< What each word hands over. */
    float results[LIVE_WORDS][EXAMPLE_D_K]; /**< What each word receives. */
} LiveAttention;

/** The head `sense` on the river's sentence and its filling, under masks. */
typedef struct LiveMasks {
    float weights[LIVE_PLACES][LIVE_PLACES]; /**< A row to each word that asks. */
    float open[LIVE_PLACES][LIVE_PLACES];    /**< 1 = may attend, 0 = blocked by any mask. */
    float sums[LIVE_PLACES];                 /**< What the weights of each row sum to. */
} LiveMasks;

/** A position, and how like it others are. */
typedef struct LivePositions {
    float encoding[EXAMPLE_D_MODEL]; /**< Of four hands, the sine and the cosine. */
    /** Its dot products with LIVE_REACH positions before it, itself and as many after; NaN before
     * the first position. */
    float products[2 * LIVE_REACH + 1];
} LivePositions;

/** The whole layer at work on a sentence. */
typedef struct LiveHeads {
    float weights[EXAMPLE_HEADS][LIVE_WORDS][LIVE_WORDS]; /**< Of each head. */
    /** How near each word's results are to the words below: of each head alone, and of both. */
    float cosines[LIVE_RESULTS][LIVE_WORDS][LIVE_NEAREST];
    const char *nearest[LIVE_RESULTS][LIVE_WORDS][LIVE_NEAREST]; /**< The nearest words. */
} LiveHeads;

/** A model that learns to reverse a text, and what it makes of one. */
typedef struct LiveLearning {
    float step;                                /**< How many steps are done. */
    float steps;                               /**< How many there are to be. */
    float loss;                                /**< Of the last batch; NaN before the first. */
    float due;                                 /**< Mean weight on the letter that is due. */
    float weights[LIVE_LETTERS][LIVE_LETTERS]; /**< A row to each letter that is due. */
    const char *reads;                         /**< The text. */
    const char *writes;                        /**< What the model makes of it, shortened. */
} LiveLearning;

/**
 * A word of a sentence.
 *
 * @param sentence Which sentence: 0 is the river's, 1 the money's.
 * @param word     Which word, less than LIVE_WORDS.
 * @return The word; NULL on failure.
 */
EXPORTED(live_word) const char *live_word(size_t sentence, size_t word);

/**
 * What a number that a head hands over means.
 *
 * @param column Which number of the head `sense`, less than EXAMPLE_D_K.
 * @return Its meaning.
 */
EXPORTED(live_column) const char *live_column(size_t column);

/**
 * What a head is called.
 *
 * @param head Which head, less than EXAMPLE_HEADS.
 * @return Its name.
 */
EXPORTED(live_head) const char *live_head(size_t head);

/**
 * Why the last call failed.
 *
 * @return As last_error().
 */
EXPORTED(live_error) const char *live_error(void);

/**
 * The weights of chapter 2's row of scores.
 *
 * @param temperature What the scores are divided by.
 * @return The row; NULL when the temperature is refused, or without memory.
 */
EXPORTED(live_temperature) const LiveTemperature *live_temperature(float temperature);

/**
 * The attention of chapter 3.
 *
 * @param sentence Which sentence.
 * @return All steps; NULL for no such sentence, or without memory.
 */
EXPORTED(live_attention) const LiveAttention *live_attention(size_t sentence);

/**
 * The mask of the reader's own, for live_masks(): at first everybody may attend to everybody.
 *
 * @return LIVE_PLACES x LIVE_PLACES ones and zeros, row by row, to be written.
 */
EXPORTED(live_allowed) float *live_allowed(void);

/**
 * The masked attention of chapter 7.
 *
 * @param causal  Whether later words are blocked.
 * @param padding How many keys at the end are blocked.
 * @return The weights; NULL when a mask is refused, or without memory.
 */
EXPORTED(live_masks) const LiveMasks *live_masks(bool causal, size_t padding);

/**
 * The sinusoids of chapter 6.
 *
 * @param position The position, counted from 0.
 * @return The position and its neighbours.
 */
EXPORTED(live_positions) const LivePositions *live_positions(size_t position);

/**
 * The layer of chapter 5.
 *
 * @param sentence Which sentence.
 * @return Weights and results; NULL for no such sentence, or without memory.
 */
EXPORTED(live_heads) const LiveHeads *live_heads(size_t sentence);

/**
 * The numbers of a word of the river's sentence.
 *
 * @param word Which word, less than LIVE_WORDS.
 * @return EXAMPLE_D_MODEL numbers; NULL on failure.
 */
EXPORTED(live_vector) const float *live_vector(size_t word);

/**
 * Two arrows of chapter 1 in a plane of two columns.
 *
 * @param ax The first arrow, to the right.
 * @param ay The first arrow, upwards.
 * @param bx The second arrow, to the right.
 * @param by The second arrow, upwards.
 * @return How alike they are.
 */
EXPORTED(live_arrows) const LiveArrows *live_arrows(float ax, float ay, float bx, float by);

/**
 * The heads of chapter 4 in memory.
 *
 * @return Where each float lies; NULL without memory.
 */
EXPORTED(live_memory) const LiveMemory *live_memory(void);

/**
 * The block of chapter 8.
 *
 * @param pre Whether its norms stand in front.
 * @return What becomes of the sentence; NULL without memory.
 */
EXPORTED(live_block) const LiveBlock *live_block(bool pre);

/**
 * The model of chapter 9 that copies, a word at a time, with a cache.
 *
 * @param anew Whether to begin anew; else the next word is written.
 * @return The text so far; NULL without memory, or when there is no space for another word.
 */
EXPORTED(live_writing) const LiveWriting *live_writing(bool anew);

/**
 * The attention of chapter 10.
 *
 * @param block  How many queries and how many keys make a block, 1 to LIVE_WORDS.
 * @param causal Whether later words are blocked.
 * @return What is known after each block; NULL for another block, or without memory.
 */
EXPORTED(live_tiles) const LiveTiles *live_tiles(size_t block, bool causal);

/**
 * The training of chapter 11, a step at a time.
 *
 * @param anew Whether to begin anew; else a step is made.
 * @return What has been learned so far; NULL without memory, or where numbers are no longer
 * numbers.
 */
EXPORTED(live_learning) const LiveLearning *live_learning(bool anew);

#endif
