/**
 * @file fast_arrays.h
 * @brief Fast attention over the reader's arrays.
 */
#ifndef HEADWISE_FAST_ARRAYS_H
#define HEADWISE_FAST_ARRAYS_H

#include "masking_options.h"
#include "program.h"
#include "status.h"

/** The options that chapter 10 has beside those of chapter 7, which come first. */
enum { FAST_THREADS = MASKING_OPTION_COUNT, FAST_REPEAT, FAST_ISA, FAST_OPTION_COUNT };

/** The options, in the order of --help. */
extern const Option FAST_OPTIONS[FAST_OPTION_COUNT];

/**
 * Runs fast attention on the arrays that the options name, writes the results, and with --repeat
 * says on standard error how long it took. --weights-out has chapter 7 compute the weights.
 *
 * @return As masking_arrays_read() and program_write(); STATUS_USAGE for a level of instructions
 *         that is not there; STATUS_NO_MEMORY.
 */
Status fast_arrays(void) MUST_USE;

#endif
