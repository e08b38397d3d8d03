/**
 * @file results.h
 * @brief What was measured, and how it is told: bench.csv, tables, pictures.
 */
#ifndef HEADWISE_RESULTS_H
#define HEADWISE_RESULTS_H

#include "contender.h"
#include "plan.h"
#include "status.h"

#include <stddef.h>

enum {
    RESULTS_MOST = 2048, /**< The most results. */
    RESULT_SAMPLES = 64  /**< The most turns of one competitor in one case. */
};

/** How a competitor did. */
typedef enum ResultState {
    RESULT_TIMED,  /**< It was right, and measured. */
    RESULT_WRONG,  /**< Its result differs from the oracle's. */
    RESULT_SLOW,   /**< It would take too long. */
    RESULT_REFUSED /**< It cannot do this. */
} ResultState;

/** One competitor in one case. */
typedef struct Result {
    Case which;                     /**< The case. */
    const char *family;             /**< The competitor. */
    const char *name;               /**< And its setting. */
    ResultState state;              /**< How it did. */
    double error;                   /**< Relative difference from the oracle. */
    double seconds[RESULT_SAMPLES]; /**< Of one run, for each turn; sorted in the end. */
    size_t count;                   /**< How many turns. */
    double roof;                    /**< What the machine did meanwhile, in a second; 0 unknown. */
    double memory;                  /**< The most bytes of the process; 0 if not asked. */
} Result;

/** All results. */
typedef struct Results {
    Result *list;   /**< In the order of measuring. */
    size_t count;   /**< How many. */
    size_t wrong;   /**< How many of them differ from the oracle. */
    double largest; /**< The largest error of those that do not. */
} Results;

/**
 * A quartile of the times of a result, whose times are sorted.
 *
 * @param result The result, with one time or more.
 * @param which  0 for the least, 1, 2 for the median, 3, 4 for the greatest.
 * @return Seconds.
 */
double result_quartile(const Result *result, int which);

/**
 * What a result is worth: operations in a second, or bytes when decoding.
 *
 * @param result The result, with one time or more.
 * @return The rate of the median.
 */
double result_rate(const Result *result);

/**
 * The best result of a family in a case.
 *
 * @param results All.
 * @param which   The case.
 * @param family  The family.
 * @return The one with the least median, or NULL when there is none that was timed.
 */
const Result *results_best(const Results *results, const Case *which, const char *family);

/**
 * Writes all of them.
 *
 * @param results All.
 * @param path    The file: appears whole or not at all.
 * @return STATUS_SYSTEM.
 */
Status results_write(const Results *results, const char *path) MUST_USE;

/**
 * Prints the tables.
 *
 * @param results All.
 * @param plan    The plan.
 */
void results_print(const Results *results, const Plan *plan);

/**
 * Draws the pictures.
 *
 * @param results All.
 * @param plan    The plan.
 * @return As plot_curves().
 */
Status results_draw(const Results *results, const Plan *plan) MUST_USE;

#endif
