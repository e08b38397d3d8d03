/**
 * @file decode_token.h
 * @brief One new token on its way through a prepared layer.
 *
 * Each number of the weights and of the cache is read once for each new token, so only reading
 * counts, and reading is fast where it goes on from one address to the next: threads divide each
 * matrix into a few long stretches.
 */
#ifndef HEADWISE_DECODE_TOKEN_H
#define HEADWISE_DECODE_TOKEN_H

#include "fast_internal.h"

#include <stdbool.h>
#include <stddef.h>

/** What is computed for a token, and where. */
typedef struct DecodeStep {
    const FastLayer *layer; /**< The layer. */
    KeyValueCache *cache;   /**< Its cache. */
    size_t threads;         /**< How many threads may work. */
    size_t shares;          /**< Stretches that each matrix is divided into. */
    const float *x;         /**< The token. */
    float *q;               /**< Its queries. */
    float *k;               /**< Its keys, before they go into the cache. */
    float *scores;          /**< A row for each head; later its weights. */
    float *totals;          /**< The sum of each head's weights. */
    float *sums;            /**< The heads' weighted values, each padded to whole tiles. */
    float *concat;          /**< The same, divided and without the padding. */
    float *y;               /**< What comes out, padded to a panel. */
    size_t keys;            /**< Tokens in the cache, this one included. */
    bool safe;              /**< No head can need care. */
    Workspace workspace;    /**< Where the arrays are. */
} DecodeStep;

/**
 * Makes the arrays of a step, for any number of tokens, one after the other. Free its workspace.
 *
 * @param step Has a layer and a cache; receives the arrays.
 * @return STATUS_NO_MEMORY.
 */
Status decode_step_create(DecodeStep *step) MUST_USE;

/**
 * Takes a token into the cache, and lets it attend to all that is there.
 *
 * @param step The step; the cache has room for one token more.
 * @param x    The token: d_model numbers.
 * @param out  Receives its result: d_out numbers.
 */
void decode_token(DecodeStep *step, const float *x, float *out);

#endif
