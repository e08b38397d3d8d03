/**
 * @file decode_step.h
 * @brief New tokens on their way through a prepared layer, each against the cache of its sequence.
 *
 * Each number of a cache is read once for each of its tokens, each number of the weights once for
 * all tokens. With few of them only reading counts, and reading is fast where it goes on from one
 * address to the next: threads divide each matrix into a few long stretches.
 *
 * What is computed for a token is the same, to the bit, whichever tokens come with it.
 */
#ifndef HEADWISE_DECODE_STEP_H
#define HEADWISE_DECODE_STEP_H

#include "fast_internal.h"

#include <stdbool.h>
#include <stddef.h>

/** One of the new tokens. */
typedef struct DecodeToken {
    KeyValueCache *cache; /**< Of its sequence. */
    size_t keys;          /**< Tokens that it sees there, itself included. */
    bool safe;            /**< No head can need care. */
} DecodeToken;

/** What is computed for the tokens, and where: a row for each. */
typedef struct DecodeStep {
    const FastLayer *layer; /**< The layer. */
    size_t threads;         /**< How many threads may work. */
    size_t shares;          /**< Stretches that each matrix of weights is divided into. */
    size_t parts;           /**< Stretches that the work against one cache is divided into. */
    Matrix x;               /**< The tokens. */
    DecodeToken *tokens;    /**< What they see. */
    size_t longest;         /**< The most tokens for which one of their caches has space. */
    Matrix packed;          /**< The tokens in panels, if they are more than a few. */
    Matrix q;               /**< Queries. */
    Matrix k;               /**< Keys, before they go into the cache. */
    Matrix v;               /**< Values, likewise; each head padded to whole tiles. */
    Matrix scores;          /**< `longest` for each head; later its weights. */
    Matrix totals;          /**< The sum of each head's weights. */
    Matrix sums;            /**< The heads' weighted values, padded as v. */
    Matrix concat;          /**< The same, divided and without the padding. */
    Matrix y;               /**< What comes out, padded to a panel. */
    Workspace workspace;    /**< Where the matrices are. */
} DecodeStep;

/**
 * Makes the arrays of a step. Free them with decode_step_free(), also on failure.
 *
 * @param layer   The layer.
 * @param caches  The caches of the rows of x; of one sequence the rows are its next tokens.
 * @param apart   1 when each row names its cache, 0 when the first one is the cache of all.
 * @param x       The new tokens; its shape was checked.
 * @param threads How many threads may work.
 * @param step    Receives the step.
 * @return STATUS_NO_MEMORY.
 */
Status decode_step_create(const FastLayer *layer, KeyValueCache *const *caches, size_t apart,
                          Matrix x, size_t threads, DecodeStep *step) MUST_USE;

/**
 * Frees the arrays of a step.
 *
 * @param step The step.
 */
void decode_step_free(DecodeStep *step);

/**
 * Takes the tokens into their caches, and lets each attend to all that is there before it.
 *
 * @param step The step.
 * @param out  Receives the results, a row for each token.
 * @return STATUS_SHAPE when a cache is full; then nothing is written and the caches are as they
 *         were.
 */
Status decode_step_run(DecodeStep *step, Matrix out) MUST_USE;

#endif
