/**
 * @file layer_variants.h
 * @brief The ladder of chapter 10: the same layer, from chapter 7's way to the fast one, step by
 *        step, so that each step can be measured and compared.
 */
#ifndef HEADWISE_LAYER_VARIANTS_H
#define HEADWISE_LAYER_VARIANTS_H

#include "fast_layer.h"
#include "masking.h"
#include "matrix.h"
#include "multi_head_attention.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** What a variant is given. Each takes what it needs. */
typedef struct VariantCall {
    Matrix x;                    /**< The sequence, T x d_model. */
    const MultiHeadLayer *layer; /**< The parameters. */
    const FastLayer *prepared;   /**< The same, prepared. */
    AttentionMask mask;          /**< The mask. */
    size_t threads;              /**< For the last variant; the others use one. */
    Matrix weights;              /**< For (heads T) x T weights, in the variants that store them. */
    Matrix out;                  /**< Receives the result, T x d_out. */
} VariantCall;

/** One variant. */
typedef struct LayerVariant {
    const char *name;    /**< What is new in this variant, in a few words. */
    bool stores_weights; /**< Whether it needs `weights`; else that may be NO_MATRIX. */
    /** Runs it. Gives what masked_multi_head_attention() gives, up to rounding. */
    Status (*run)(const VariantCall *call);
} LayerVariant;

/** How many variants there are. */
enum { LAYER_VARIANT_COUNT = 7 };

/** The variants, from the slowest to the fastest. */
extern const LayerVariant LAYER_VARIANTS[LAYER_VARIANT_COUNT];

#endif
