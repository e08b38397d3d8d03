/**
 * @file layer_run.h
 * @brief A layer at work on a sequence, with every matrix on the way kept to be shown.
 *
 * For live_layer.h, whose sequence is a sentence, and live_own.h, whose sequence is the reader's.
 */
#ifndef HEADWISE_LAYER_RUN_H
#define HEADWISE_LAYER_RUN_H

#include "masking.h"
#include "matrix.h"
#include "multi_head_attention.h"
#include "status.h"

#include <stddef.h>

/** The matrices, in the order in which they are computed; the page knows it, too. */
typedef enum LiveMatrix {
    LIVE_VECTORS, /**< The words' own vectors, T x d_model. */
    LIVE_X,       /**< What the layer reads: with positions, or the same. */
    LIVE_W_Q,     /**< The head's query projection, d_model x d_k. */
    LIVE_W_K,     /**< Its key projection. */
    LIVE_W_V,     /**< Its value projection. */
    LIVE_Q,       /**< The head's queries, T x d_k. */
    LIVE_K,       /**< Its keys. */
    LIVE_V,       /**< Its values. */
    LIVE_SCORES,  /**< Q K^T, T x T. */
    LIVE_SCALED,  /**< The scores times the scale. */
    LIVE_OPEN,    /**< 1 = may attend, 0 = blocked, T x T. */
    LIVE_WEIGHTS, /**< Each row sums to one. */
    LIVE_HEAD,    /**< The head's result, T x d_v. */
    LIVE_CONCAT,  /**< The results of all heads side by side. */
    LIVE_W_O,     /**< The output projection. */
    LIVE_OUT,     /**< What the layer hands on, T x d_out. */
    LIVE_B_Q,     /**< The head's part of the queries' bias; NO_MATRIX when there is none. */
    LIVE_B_K,     /**< Of the keys'. */
    LIVE_B_V,     /**< Of the values'. */
    LIVE_B_O,     /**< The bias of the output. */
    LIVE_MATRICES /**< How many there are. */
} LiveMatrix;

/** A layer and what it makes of a sequence. */
typedef struct LayerRun {
    Matrix x;             /**< The sequence; stays the caller's. */
    MultiHeadLayer layer; /**< The layer; its matrices stay the caller's. */
    AttentionMask mask;   /**< Who may attend to whom. */
    float scale;          /**< What the scores are multiplied by. */
    HeadMatrices all;     /**< What goes into the heads and comes out of them. */
    Matrix open;          /**< The mask, written out. */
    Matrix out;           /**< The result. */
} LayerRun;

/** What is of one head. */
typedef struct HeadRun {
    HeadMatrices one; /**< Views into those of all heads. */
    Matrix scores;    /**< Q K^T. */
    Matrix scaled;    /**< The scores times the scale. */
    Matrix weights;   /**< Their softmax, where the mask is open. */
} HeadRun;

/**
 * The first step: the mask and the projections.
 *
 * @param run The run, with its sequence, layer, mask and scale, which fit. Receives the matrices,
 *            to be freed with layer_run_free(), also on failure.
 * @return STATUS_NO_MEMORY.
 */
Status layer_run_begin(LayerRun *run) MUST_USE;

/**
 * The attention of a head; its result is concatenated already.
 *
 * @param run  The run.
 * @param head Which head.
 * @param it   Receives its matrices but for the scores, to be freed with head_run_free(), also on
 *             failure.
 * @return STATUS_NO_MEMORY.
 */
Status layer_run_attend(const LayerRun *run, size_t head, HeadRun *it) MUST_USE;

/**
 * The scores of a head, from which its weights came.
 *
 * @param run The run.
 * @param it  What layer_run_attend() made; receives the scores.
 * @return STATUS_NO_MEMORY.
 */
Status layer_run_scores(const LayerRun *run, HeadRun *it) MUST_USE;

/**
 * The last step, when all heads have attended.
 *
 * @param run The run.
 * @return STATUS_NO_MEMORY.
 */
Status layer_run_end(LayerRun *run) MUST_USE;

/**
 * One of the matrices.
 *
 * @param run   The run.
 * @param it    What is of the head.
 * @param head  Which head; what all heads share ignores it.
 * @param which Which matrix. LIVE_VECTORS is the sequence.
 * @return A view; NO_MATRIX when there is none.
 */
Matrix layer_run_matrix(const LayerRun *run, const HeadRun *it, size_t head, LiveMatrix which);

/**
 * Frees what was made, and empties the run.
 *
 * @param run The run.
 */
void layer_run_free(LayerRun *run);

/**
 * Frees what was made, and empties the head.
 *
 * @param it The head.
 */
void head_run_free(HeadRun *it);

#endif
