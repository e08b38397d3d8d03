/**
 * @file roofline.h
 * @brief What this machine can do at most, measured: arithmetic and the traffic with memory.
 *
 * A program that does f operations for each byte it reads cannot do more than the smaller of the
 * peak of arithmetic and f times the bandwidth (Williams, Waterman and Patterson 2009): drawn over
 * f, that is a roof. Nothing here is looked up: the numbers are those of this machine, as it is
 * now.
 *
 * Each of the three loops below is a unit of work to be timed; roofline_measure() does that.
 */
#ifndef HEADWISE_ROOFLINE_H
#define HEADWISE_ROOFLINE_H

#include "isa.h"
#include "status.h"

#include <stddef.h>

/** What a machine can do. */
typedef struct Roofline {
    double operations; /**< Multiplications and additions in a second, in float32. */
    double read;       /**< Bytes in a second that can be read from an array beyond the caches. */
    double triad;      /**< The same for a = b + s c: two arrays read, one written. */
} Roofline;

/** Three arrays that are larger than the caches. */
typedef struct RooflineArrays {
    float *a;     /**< The one that is written. */
    float *b;     /**< One that is read. */
    float *c;     /**< Another one. */
    size_t count; /**< Floats in each. */
} RooflineArrays;

/**
 * Multiplies and adds in registers alone, with as many sums at a time as the processor needs to be
 * busy in every cycle.
 *
 * @param isa     The instructions to use: a level that this machine has.
 * @param threads How many threads do it at once, as parallel_threads() gave it.
 * @param steps   How many times each thread goes through its sums.
 * @return How many operations that were; a multiplication and an addition are two.
 */
double roofline_compute(Isa isa, size_t threads, size_t steps);

/**
 * The same on one thread with another number of sums, of which each step waits for the last.
 *
 * @param isa   The instructions to use.
 * @param sums  How many: 1, 2, 4, 8 or 16.
 * @param steps How many times it goes through them.
 * @return How many operations that were.
 */
double roofline_chains(Isa isa, size_t sums, size_t steps);

/**
 * Makes the arrays. Free them with roofline_arrays_free().
 *
 * @param bytes  How many bytes each has, about; several times the caches.
 * @param arrays Receives them; all NULL on failure.
 * @return STATUS_NO_MEMORY.
 */
Status roofline_arrays_create(size_t bytes, RooflineArrays *arrays) MUST_USE;

/**
 * Frees the arrays.
 *
 * @param arrays What roofline_arrays_create() made.
 */
void roofline_arrays_free(RooflineArrays *arrays);

/**
 * Reads one array from its beginning to its end: b.
 *
 * @param arrays  The arrays.
 * @param isa     The instructions to use.
 * @param threads How many threads share the work.
 * @return How many bytes were read.
 */
double roofline_read(const RooflineArrays *arrays, Isa isa, size_t threads);

/**
 * Computes a = b + 0.5 c.
 *
 * @param arrays  The arrays.
 * @param isa     The instructions to use.
 * @param threads How many threads share the work.
 * @return How many bytes were read and written. What the processor reads of a before it is written
 *         over is not counted, as in the STREAM benchmark (McCalpin 1995).
 */
double roofline_triad(const RooflineArrays *arrays, Isa isa, size_t threads);

/**
 * Measures the machine: each loop several times, of which the fastest counts.
 *
 * @param isa     The instructions to use.
 * @param threads How many threads; 0 for as many as the machine has.
 * @param bytes   How large each of three arrays is to be.
 * @param seconds How long each of the three measurements may take, about.
 * @param result  Receives the roof.
 * @return STATUS_NO_MEMORY; then nothing is written.
 */
Status roofline_measure(Isa isa, size_t threads, size_t bytes, double seconds,
                        Roofline *result) MUST_USE;

/**
 * The roof over a program.
 *
 * @param roofline            The machine.
 * @param operations_per_byte The program: what it does for each byte that it reads from memory.
 * @return The most operations that it can do in a second.
 */
double roofline_attainable(const Roofline *roofline, double operations_per_byte);

#endif
