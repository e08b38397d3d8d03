/**
 * @file trial.h
 * @brief Several ways to do the same work, which take turns on one thread: how long does each take
 *        beside the first, the usual one?
 */
#ifndef HEADWISE_TRIAL_H
#define HEADWISE_TRIAL_H

#include "isa.h"
#include "kernels.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    TRIAL_WAYS = 6,    /**< The most ways of a trial. */
    TRIAL_ROUNDS = 33, /**< So many turns each way gets: the quartiles are turns themselves. */
    TRIAL_TEXT = 80    /**< Room for a name. */
};

/** How far a changed way may be from the usual one, relative to the largest number. */
#define TRIAL_TOLERANCE 1e-5

/** One way to do it. */
typedef struct Way {
    char name[TRIAL_TEXT];               /**< What is different. */
    void (*run)(const Kernels *kernels); /**< Does it once. */
    const Kernels *kernels;              /**< With these. */
    double operations;            /**< Multiplications and additions of one run; 0: not told. */
    bool part;                    /**< It does a part of the work only: nothing to compare. */
    double seconds[TRIAL_ROUNDS]; /**< Of one run, for each turn. */
} Way;

/** A trial. */
typedef struct Trial {
    char name[TRIAL_TEXT]; /**< What is to be done. */
    Way ways[TRIAL_WAYS];  /**< The first one is the usual one. */
    size_t count;          /**< How many. */
    float *out;            /**< Where each of them writes its result. */
    size_t results;        /**< How many numbers. */
} Trial;

/** What all trials have in common, and what they find. */
typedef struct TrialSetting {
    Isa isa;                /**< The instructions to use. */
    const Kernels *kernels; /**< The usual kernels of this level. */
    bool tiny;              /**< Only to see that it works. */
    double peak;            /**< Operations in a second: the best turn of roofline_compute(). */
    double error;           /**< The largest difference between two ways, relative. */
} TrialSetting;

/** Gets a trial ready: its arrays come from trial_floats(). Fails with STATUS_NO_MEMORY. */
typedef Status TrialPrepare(const TrialSetting *setting, Trial *trial);

/**
 * Adds a way, the usual one first.
 *
 * @param trial      The trial.
 * @param run        Does it once.
 * @param kernels    What it is given.
 * @param operations Multiplications and additions of one run; 0 if of no interest.
 * @param format     The way's name, as for printf.
 * @param ...        What it asks for.
 * @return The way.
 */
Way *trial_add(Trial *trial, void (*run)(const Kernels *kernels), const Kernels *kernels,
               double operations, const char *format, ...) PRINTF_LIKE(5, 6);

/**
 * Random numbers between -1 and 1 that begin with a cache line. trial_release() frees them.
 *
 * @param count How many.
 * @return The numbers, or NULL when no memory is left.
 */
float *trial_floats(size_t count);

/** Frees what trial_floats() gave. */
void trial_release(void);

/**
 * Checks that every way computes the same, then lets them take turns, and the peak with them.
 *
 * @param setting Its peak and its error are raised.
 * @param trial   The trial; receives the seconds.
 * @return STATUS_SYSTEM when a way computes something else; STATUS_NO_MEMORY.
 */
Status trial_run(TrialSetting *setting, Trial *trial) MUST_USE;

/**
 * How long a way takes beside the usual one, turn by turn: a quartile of these ratios.
 *
 * @param trial The trial, after trial_run().
 * @param way   Which way.
 * @param which 0 for the least, 1, 2 for the median, 3, 4 for the greatest.
 * @return 1 is as fast as the usual way, 2 takes twice as long.
 */
double trial_ratio(const Trial *trial, size_t way, int which);

/**
 * The median of the seconds of one run.
 *
 * @param way The way.
 * @return Seconds.
 */
double trial_seconds(const Way *way);

#endif
