/**
 * @file isa.h
 * @brief Which instructions of the processor the kernels of chapter 10 may use.
 */
#ifndef HEADWISE_ISA_H
#define HEADWISE_ISA_H

#include "status.h"

#include <stdbool.h>

/** The levels of instructions, from the one that every processor has upwards. */
typedef enum Isa {
    ISA_BASELINE, /**< What the compiler assumes: SSE2 on x86-64, NEON on arm64. */
    ISA_AVX2,   /**< Vectors of 8 floats and fused multiply-add: Intel 2013, AMD 2015 and later. */
    ISA_AVX512, /**< Vectors of 16 floats. */
    ISA_COUNT   /**< How many levels there are. */
} Isa;

/**
 * The name of a level.
 *
 * @param isa The level.
 * @return "baseline", "avx2" or "avx512".
 */
const char *isa_name(Isa isa);

/**
 * Tells whether a level can be used: this processor has it, and this build has kernels for it. A
 * build without the makefile's flags for single files has the baseline alone.
 *
 * @param isa The level.
 * @return Whether it can be used.
 */
bool isa_is_there(Isa isa);

/**
 * Chooses a level.
 *
 * @code
 * Isa isa;
 * if (isa_choose("baseline", &isa))
 *     return 1;
 * printf("%s: %d\n", isa_name(isa), isa_is_there(isa)); // baseline: 1
 * printf("%d\n", isa_choose("mmx", &isa) == STATUS_USAGE); // 1
 * @endcode
 *
 * @param name The level by name; NULL for the one that the environment variable HEADWISE_ISA names,
 *             or the highest one that can be used when it is unset or empty.
 * @param isa  Receives the level.
 * @return STATUS_USAGE for an unknown name, or a level that cannot be used.
 */
Status isa_choose(const char *name, Isa *isa) MUST_USE;

#endif
