/**
 * @file rung_steps.h
 * @brief The lower rungs of the ladder: layers that still store all T x T weights.
 */
#ifndef HEADWISE_RUNG_STEPS_H
#define HEADWISE_RUNG_STEPS_H

#include "rungs.h"

/**
 * The layer in float32, with plain loops in an order that reads memory from one end to the other.
 *
 * @param call What to do.
 * @return STATUS_NO_MEMORY; as masked_multi_head_attention().
 */
Status rung_loop_order(const RungCall *call) MUST_USE;

/**
 * The same with vectors, and with the sums of a tile kept in registers.
 *
 * @param call What to do.
 * @return As rung_loop_order().
 */
Status rung_register_tile(const RungCall *call) MUST_USE;

/**
 * The same with prepared weights, and with everything that is multiplied packed into panels.
 *
 * @param call What to do.
 * @return As rung_loop_order().
 */
Status rung_packing(const RungCall *call) MUST_USE;

#endif
