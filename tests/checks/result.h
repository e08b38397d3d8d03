/**
 * @file result.h
 * @brief What comes back from the calls of a check: recorded, kept in a file, compared.
 *
 * The function runs in a program of its own, which records; another one compares. So nothing that a
 * reader's file does in its process can pass for a result.
 */
#ifndef HEADWISE_RESULT_H
#define HEADWISE_RESULT_H

#include "checks.h"

#include <stdio.h>

/** Room for what a call leaves in words. */
enum { RESULT_TEXT = 400 };

/** What came back from one call. */
typedef struct Result {
    Matrix out;                /**< What stands in out, which held NaN before. */
    Matrix zeroed;             /**< The same when it held zeros before. */
    Status status;             /**< What the call returned. */
    bool has_message;          /**< Whether it left a message. */
    char message[RESULT_TEXT]; /**< The message. */
    char remarks[RESULT_TEXT]; /**< What the call remarked. */
    bool wrote_between;        /**< Something was written between the rows of out. */
    size_t changed;            /**< The first input that was changed; their number for none. */
} Result;

/** What a function does when memory runs out. */
typedef enum MemoryFault {
    MEMORY_HANDLED, /**< It refuses with STATUS_NO_MEMORY. */
    MEMORY_IGNORED, /**< It returns another status. */
    MEMORY_WRITTEN, /**< It refuses, but has written to out. */
    MEMORY_REMARKED /**< It refuses, but what the check asks of a refusal does not hold. */
} MemoryFault;

/** What came back from all calls of a check; fewer than its cases if it did not finish. */
typedef struct Results {
    size_t count;             /**< How many calls came back. */
    bool is_whole;            /**< All of them, and those without memory. */
    Result *of;               /**< Of each case. */
    size_t allocation;        /**< The allocation whose failure is not handled, counted from 1. */
    Status memory_status;     /**< What it returns then. */
    MemoryFault memory_fault; /**< What happens then. */
    char memory_remarks[RESULT_TEXT]; /**< What the check remarks then. */
} Results;

/** How two results of a case differ. */
typedef enum Difference {
    SAME,
    STATUS_DIFFERS,
    OUT_DIFFERS,
    REMARKS_DIFFER,
    WRITTEN_BETWEEN,
    INPUT_CHANGED,
    MESSAGE_MISSING,
    MESSAGE_OF_ANOTHER
} Difference;

/**
 * Runs one call of a check.
 *
 * @param check The check.
 * @param index The case.
 * @return What comes back, to be freed with result_free().
 */
Result result_of(const Check *check, size_t index);

/** Frees a result. */
void result_free(Result *result);

/**
 * Lets each allocation of a call fail, up to the first that is not handled.
 *
 * @param check   The check.
 * @param index   The case.
 * @param results Gets what happens then.
 */
void results_without_memory(const Check *check, size_t index, Results *results);

/** Tells whether an out is as it was before the call, or zeros: what a refusal leaves. */
bool is_empty(Matrix out);

/**
 * Runs all calls of a check, and writes what comes back as soon as it is known.
 *
 * @param check The check.
 * @param to    Where to.
 */
void results_record(const Check *check, FILE *to);

/**
 * Reads what results_record() has written, as far as it goes.
 *
 * @param check The check.
 * @param from  The file; NULL stands for an empty one.
 * @return The results, to be freed with results_free().
 */
Results results_read(const Check *check, FILE *from);

/** Frees results. */
void results_free(Results *results);

/**
 * Compares two results of a case.
 *
 * @param check    The check.
 * @param given    The case.
 * @param came     What came.
 * @param expected What was expected.
 * @return The first difference.
 */
Difference result_difference(const Check *check, const Case *given, const Result *came,
                             const Result *expected);

/** Tells whether all results are there and the same. */
bool results_agree(const Check *check, const Results *a, const Results *b);

/**
 * Why a difference between what a variant does again and what is wanted does not count.
 *
 * @param given    The case.
 * @param again    What the variant does.
 * @param wanted   What is wanted of it.
 * @param expected What is right.
 */
typedef bool Excuse(const Case *given, const Result *again, const Result *wanted,
                    const Result *expected);

/** Where it is refused, one acceptance is like another, and the other way round. */
Excuse misjudged_alike;

/** Who treats an empty input apart is right there, whatever goes wrong elsewhere. */
Excuse right_of_nothing;

/** Tells whether an excuse holds in a case. */
bool results_excused(const Check *check, Excuse *excuse, const Results *came,
                     const Results *expected);

/**
 * Runs the calls of a check again, up to the first that does not give what is wanted.
 *
 * @param check    The check.
 * @param wanted   What is wanted of each.
 * @param expected What is right; read only with an excuse.
 * @param excuse   Which differences do not count; NULL: each counts.
 * @return Whether all of them give what is wanted.
 */
bool results_repeated(const Check *check, const Results *wanted, const Results *expected,
                      Excuse *excuse);

/**
 * The first number in which two matrices of a case differ.
 *
 * @param given The case, which has the tolerance.
 * @param a     One.
 * @param b     Another, of the same shape.
 * @return Its place, counted row by row; the number of elements when none does.
 */
size_t first_difference(const Case *given, Matrix a, Matrix b);

/** The same, from a place on. */
size_t next_difference(const Case *given, Matrix a, Matrix b, size_t from);

/** Tells whether two matrices of a case are the same. */
bool same_matrix(const Case *given, Matrix a, Matrix b);

/** Who speaks in a message, "matrix_rows" in "matrix_rows: ...": its length; 0 for nobody. */
size_t speaker_length(const char *message);

#endif
