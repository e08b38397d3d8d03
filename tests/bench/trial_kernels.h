/**
 * @file trial_kernels.h
 * @brief The kernels of chapter 10 with one thing changed, and the trials that use them.
 */
#ifndef HEADWISE_TRIAL_KERNELS_H
#define HEADWISE_TRIAL_KERNELS_H

#include "isa.h"
#include "kernels.h"
#include "trial.h"

/** What is changed. */
typedef enum TrialChange {
    TRIAL_AHEAD_16,  /**< The tile loop asks for memory in advance: 16 steps. */
    TRIAL_AHEAD_64,  /**< The same, 64 steps. */
    TRIAL_BROADCAST, /**< A number is put into all lanes by 0 + value. */
    TRIAL_HALF,      /**< Attention takes half as many keys at a time. */
    TRIAL_TWICE,     /**< Attention takes twice as many. */
    TRIAL_CHANGES    /**< How many changes there are. */
} TrialChange;

/**
 * The kernels with a change.
 *
 * @param change The change.
 * @param isa    The level.
 * @return The kernels; NULL for a level that this build does not have.
 */
const Kernels *trial_kernels(TrialChange change, Isa isa);

/** A dot product with more and more sums. */
TrialPrepare trial_dot_product;
/** Vectors in registers, with more and more sums. */
TrialPrepare trial_sums;
/** The tile loop alone, with numbers in the nearest cache. */
TrialPrepare trial_near;
/** The same with a matrix that is read once and is larger than the caches. */
TrialPrepare trial_far;
/** Attention of one head. */
TrialPrepare trial_attention;
/** A product whose matrices lie in the caches, packed and not. */
TrialPrepare trial_small_product;
/** A larger one. */
TrialPrepare trial_large_product;
/** Projections of few tokens, and the work beside them. */
TrialPrepare trial_few_tokens;
/** The same with many tokens. */
TrialPrepare trial_many_tokens;
/** Memory that is read once: in order, and with jumps. */
TrialPrepare trial_reads;

#endif
