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
    RESULT_SAMPLES = 64, /**< The most turns of one competitor in one case. */
    RESULT_FAMILY = 16,  /**< Room for the name of a competitor. */
    RESULT_NAME = 48,    /**< And for its setting. */
    RESULTS_NOTES = 8192 /**< Room for what was measured where. */
};

/** The first line of bench.csv after its comments. */
#define RESULTS_HEAD                                                                               \
    "kind,batch,tokens,d_model,heads,causal,threads,family,competitor,state,turns,least_ms,q1_ms," \
    "median_ms,q3_ms,giga_per_second,percent_of_roof,error,peak_mib,processor_ms\n"

/** How a competitor did. */
typedef enum ResultState {
    RESULT_TIMED,  /**< It was right, and measured. */
    RESULT_WRONG,  /**< Its result differs from the oracle's. */
    RESULT_SLOW,   /**< It would take too long. */
    RESULT_REFUSED /**< It cannot do this. */
} ResultState;

/** The name of a state, as in bench.csv. */
const char *result_state_name(ResultState state);

/** One competitor in one case. */
typedef struct Result {
    Case which;                     /**< The case. */
    char family[RESULT_FAMILY];     /**< The competitor. */
    char name[RESULT_NAME];         /**< And its setting. */
    ResultState state;              /**< How it did. */
    double error;                   /**< Relative difference from the oracle. */
    double seconds[RESULT_SAMPLES]; /**< Of one run, for each turn; sorted in the end. */
    size_t count;                   /**< How many turns. */
    double processor;               /**< Seconds of all threads for one run, at least; 0 unknown. */
    double roof;                    /**< What the machine did meanwhile, in a second; 0 unknown. */
    double memory;                  /**< The most bytes of the process; 0 if not asked. */
} Result;

/** All results. */
typedef struct Results {
    Result *list;              /**< In the order of measuring. */
    size_t count;              /**< How many. */
    size_t wrong;              /**< How many of them differ from the oracle. */
    double largest;            /**< The largest error of those that do not. */
    double largest_step;       /**< That of training steps. */
    char notes[RESULTS_NOTES]; /**< Lines about the machine and the competitors. */
} Results;

/**
 * Prints a line about the machine or a competitor, and keeps it: a time without these says nothing.
 *
 * @param results Keeps it.
 * @param format  The line, as for printf, without its end.
 * @param ...     What it asks for.
 */
void results_note(Results *results, const char *format, ...) PRINTF_LIKE(2, 3);

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
 * Reads what results_write() has written. Of the turns only their quartiles are known then.
 *
 * @param path    The file.
 * @param results Receives the results; its list has room for RESULTS_MOST of them.
 * @param plan    Receives the cases, in the order in which they come.
 * @return STATUS_FORMAT when it is missing, unreadable or something else.
 */
Status results_read(const char *path, Results *results, Plan *plan) MUST_USE;

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
