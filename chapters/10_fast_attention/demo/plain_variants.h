/**
 * @file plain_variants.h
 * @brief The lower variants of the ladder: layers that still store all T x T weights.
 */
#ifndef HEADWISE_PLAIN_VARIANTS_H
#define HEADWISE_PLAIN_VARIANTS_H

#include "layer_variants.h"

/**
 * The layer in float32, with plain loops in an order that reads memory from one end to the other.
 *
 * @param call What to do.
 * @return STATUS_NO_MEMORY; as masked_multi_head_attention().
 */
Status variant_loop_order(const VariantCall *call) MUST_USE;

/**
 * The same with vectors, and with the sums of a tile kept in registers.
 *
 * @param call What to do.
 * @return As variant_loop_order().
 */
Status variant_register_tile(const VariantCall *call) MUST_USE;

/**
 * The same with prepared weights, and with everything that is multiplied packed into panels.
 *
 * @param call What to do.
 * @return As variant_loop_order().
 */
Status variant_packing(const VariantCall *call) MUST_USE;

#endif
