/**
 * @file row_kernels.h
 * @brief What training does number by number or row by row, on vectors: in one version for each
 *        level of instructions.
 *
 * Each of these has its plain form in learning.h or in chapter 8; here sums are kept in float32.
 */
#ifndef HEADWISE_ROW_KERNELS_H
#define HEADWISE_ROW_KERNELS_H

#include "isa.h"
#include "learning.h"

#include <stddef.h>

/** A token in front of a norm, and the way back through it. */
typedef struct NormRow {
    size_t n;          /**< d_model. */
    const float *x;    /**< What the norm was given. */
    const float *gain; /**< The norm's gain, n numbers. */
    float epsilon;     /**< Its epsilon. */
    const float *grad; /**< The gradient of the result. */
    const float *base; /**< What the gradient of x is added to, or NULL. */
    float *grad_x;     /**< Receives the sum; may be `base`. */
    float *grad_gain;  /**< Is added to, n numbers. */
    float *grad_shift; /**< Is added to, n numbers. */
} NormRow;

/** A row of logits and its right word. */
typedef struct LogitsRow {
    size_t n;         /**< The words, V. */
    float *logits;    /**< Their logits; become the gradients of the loss. */
    size_t right;     /**< The right word. */
    double share;     /**< What this row's loss is multiplied by. */
    double smoothing; /**< Of the labels. */
} LogitsRow;

/** A step of Adam for some numbers. */
typedef struct AdamRow {
    size_t n;          /**< How many. */
    Adam adam;         /**< The settings. */
    size_t step;       /**< Which step it is. */
    const float *grad; /**< Their gradients. */
    float *mean;       /**< Changed. */
    float *squares;    /**< Changed. */
    float *w;          /**< The numbers, changed. */
} AdamRow;

/** The kernels of one level. */
typedef struct RowKernels {
    /** to += x, n numbers. */
    void (*add)(size_t n, const float *x, float *to);
    /** Layer normalisation of a row. */
    void (*norm)(size_t n, const float *x, const LayerNorm *norm, float *out);
    /** The way back. */
    void (*norm_backward)(const NormRow *row);
    /** The activation of n numbers. */
    void (*activate)(Activation activation, size_t n, const float *before, float *after);
    /** Multiplies n gradients by the slope of the activation. */
    void (*activation_backward)(Activation activation, size_t n, const float *before, float *grad);
    /** The row's part of the loss; the logits become gradients. */
    double (*surprise)(const LogitsRow *row);
    /** Adam. */
    void (*adam)(const AdamRow *row);
} RowKernels;

/**
 * The kernels of a level.
 *
 * @param isa A level that is there.
 * @return Its kernels.
 */
const RowKernels *row_kernels_of(Isa isa);

#endif
