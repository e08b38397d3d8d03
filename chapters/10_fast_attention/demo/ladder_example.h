/**
 * @file ladder_example.h
 * @brief The worked example of chapter 10 on a larger layer: the ladder, memory, the exponential.
 */
#ifndef HEADWISE_LADDER_EXAMPLE_H
#define HEADWISE_LADDER_EXAMPLE_H

#include "isa.h"
#include "status.h"

/**
 * Runs every variant on the same layer, compares it with chapter 7, and measures it.
 *
 * @param isa The instructions of the upper variants.
 * @return STATUS_NO_MEMORY.
 */
Status show_ladder(Isa isa) MUST_USE;

/**
 * Counts what is kept beside inputs and outputs, for longer and longer sequences, and draws it.
 *
 * @return STATUS_NO_MEMORY; as plot_curves().
 */
Status show_memory(void) MUST_USE;

/**
 * How wrong the vectors' e^x is.
 *
 * @param isa The instructions.
 */
void show_exponential(Isa isa);

#endif
