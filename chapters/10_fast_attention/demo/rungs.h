/**
 * @file rungs.h
 * @brief The ladder of chapter 10: the same layer, from chapter 7's way to the fast one, step by
 *        step, so that each step can be measured and compared.
 */
#ifndef HEADWISE_RUNGS_H
#define HEADWISE_RUNGS_H

#include "fast_layer.h"
#include "masking.h"
#include "matrix.h"
#include "multi_head_attention.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** What a rung is given. Each takes what it needs. */
typedef struct RungCall {
    Matrix x;                    /**< The sequence, T x d_model. */
    const MultiHeadLayer *layer; /**< The parameters. */
    const FastLayer *prepared;   /**< The same, prepared. */
    AttentionMask mask;          /**< The mask. */
    size_t threads;              /**< For the last rung; the others use one. */
    Matrix weights; /**< Room for (heads T) x T weights, for the rungs that store them. */
    Matrix out;     /**< Receives the result, T x d_out. */
} RungCall;

/** One rung. */
typedef struct Rung {
    const char *name;    /**< What is new on this rung, in a few words. */
    bool stores_weights; /**< Whether it needs `weights`; else that may be NO_MATRIX. */
    /** Runs it. Gives what masked_multi_head_attention() gives, up to rounding. */
    Status (*run)(const RungCall *call);
} Rung;

/** How many rungs there are. */
enum { RUNG_COUNT = 7 };

/** The rungs, from the slowest to the fastest. */
extern const Rung RUNGS[RUNG_COUNT];

#endif
