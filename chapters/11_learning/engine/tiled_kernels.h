/**
 * @file tiled_kernels.h
 * @brief The inner loops of tiled_attention.h, in one version for each level of instructions.
 *
 * A group of queries meets one block of keys after the other. Scores, weights and their gradients
 * lie in blocks: a row for each key, the queries of a panel side by side. Everything else lies as
 * in the matrices, rows filled up with zeros to whole vectors: `wide_k` and `wide_v` floats.
 */
#ifndef HEADWISE_TILED_KERNELS_H
#define HEADWISE_TILED_KERNELS_H

#include "kernels.h"
#include "tiled_attention.h"

#include <stddef.h>

/** Some panels of queries, the head's keys and values, and what is made of them. */
typedef struct TiledGroup {
    const TiledHead *head;    /**< What goes in, and the results. */
    const HeadMatrices *grad; /**< Backwards only. */
    size_t first;             /**< The first query. */
    size_t queries;           /**< How many; at most a group. */
    size_t keys;              /**< Keys that are no padding. */
    size_t wide_k;            /**< d_k in whole vectors. */
    size_t wide_v;            /**< d_v in whole vectors. */
    float *k;                 /**< All keys; rows up to whole tiles. */
    float *v;                 /**< All values; the same. */
    float *q;                 /**< The queries, scaled. */
    float *q_columns;         /**< The same, transposed: panels of d_k rows. */
    float *out;               /**< The results. */
    float *slope;             /**< The gradient of the results. */
    float *slope_columns;     /**< The same, transposed: panels of d_v rows. */
    float *weights;           /**< A block for each panel. */
    float *grad_scores;       /**< A block for each panel. */
    float *grad_q;            /**< Of the queries, still without the scale. */
    float *grad_k;            /**< Of all keys; added to. */
    float *grad_v;            /**< Of all values; added to. */
} TiledGroup;

/** The kernels of one level. Their tiles and panels are those of kernels_of(). */
typedef struct TiledKernels {
    size_t lanes;     /**< Floats of a vector. */
    size_t group;     /**< Queries of a group, in whole panels. */
    size_t key_block; /**< Keys of a block. */
    /** Copies rows, times a factor, and fills them up to `wide` floats; says how many of the first
     * ones have no number beyond `limit`. */
    size_t (*pack)(Matrix from, float factor, float limit, size_t wide, float *to);
    /** Adds packed rows, times a factor. */
    void (*add)(const float *from, float factor, size_t wide, Matrix to);
    /** Some queries forwards: into the rows of the result and the logarithms. */
    void (*forward)(const TiledGroup *group);
    /** Some queries backwards: `grad_q` is written, `grad_k` and `grad_v` are added to. */
    void (*backward)(const TiledGroup *group);
} TiledKernels;

/**
 * The kernels of a level.
 *
 * @param isa The level.
 * @return Its kernels, or NULL when this build has none.
 */
const TiledKernels *tiled_kernels_of(Isa isa);

#endif
