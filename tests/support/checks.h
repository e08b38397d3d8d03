/**
 * @file checks.h
 * @brief What a chapter's functions must do, as data: cases, and one call for all of them.
 *
 * A Check says how to make its cases (the first one is small enough to follow with a pencil, the
 * others are random and of many shapes) and how to call the function. Whatever comes back is
 * recorded: the results, the status, whether a message was left, inputs that were changed. The
 * reference, the reader's file and the reference with a mistake in it go through the same call, so
 * nothing here says what is right: the reference does, and the tests hold that to an oracle.
 *
 * A chapter's checks stand in tests/NN_topic_checks.c, which defines CHECKS.
 */
#ifndef HEADWISE_CHECKS_H
#define HEADWISE_CHECKS_H

#include "matrix.h"
#include "random.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** The most matrices that go into a function. */
enum { CASE_MAX_INPUTS = 12 };
/** The most plain numbers that go into a function. */
enum { CASE_MAX_NUMBERS = 8 };
/** The most parts that stand one below the other in a result. */
enum { CASE_MAX_PARTS = 6 };

/** One thing to try: what goes in, and the shape of what comes out. */
typedef struct Case {
    size_t index;                               /**< 0 for the small one, then 1, 2, ... */
    Random random;                              /**< For the numbers of this case. */
    size_t input_count;                         /**< How many matrices go in. */
    Matrix inputs[CASE_MAX_INPUTS];             /**< These; case_input() adds one. */
    const char *input_names[CASE_MAX_INPUTS];   /**< What the function calls them. */
    size_t number_count;                        /**< How many plain numbers go in. */
    double numbers[CASE_MAX_NUMBERS];           /**< These; case_number() adds one. */
    const char *number_names[CASE_MAX_NUMBERS]; /**< What the function calls them. */
    size_t out_rows;                            /**< Rows of the result. */
    size_t out_cols;                            /**< Columns of the result. */
    size_t part_count;                          /**< How many parts the result has; 0: it is one. */
    const char *part_names[CASE_MAX_PARTS];     /**< What they are; case_part() adds one. */
    size_t part_rows[CASE_MAX_PARTS];           /**< How many rows each has. */
    const char *out_name; /**< What the function calls the result; NULL: out. */
    double tolerance;     /**< How far a result may be off, relative to its largest; 0: 1e-4. */
    bool as_views;        /**< From here on inputs are views into wider matrices, and out is one. */
    bool shapes_only;     /**< What is in the inputs does not matter, only their shapes. */
    bool keeps_out;       /**< Refused, out must be as it was; without this, zeros will do too. */
    char note[300];       /**< What is special about this case; see case_note(). */
} Case;

/** What one function must do. */
typedef struct Check {
    const char *name;          /**< What must hold: rows_of_weights_sum_to_one. */
    const char *function;      /**< The function's name. */
    const char *must;          /**< What it must do, in one line: "divide by the root of d_k". */
    size_t cases;              /**< How many cases to try; 8 or so. */
    void (*make)(Case *given); /**< Fills in a case from its index and its random numbers. */
    /** Calls the function once, with `out` of the case's shape for its result. Gives its status, or
     * STATUS_OK when it has none. */
    Status (*call)(const Case *given, Matrix out);
} Check;

/** The checks of the chapter, in teaching order. */
extern const Check CHECKS[];
/** How many. */
extern const size_t CHECK_COUNT;

/**
 * Adds a matrix to a case and fills it with random numbers: small whole ones in case 0, normal ones
 * afterwards.
 *
 * @param given The case.
 * @param name  What the function calls it; "x; each row a token" explains it too.
 * @param rows  Its rows.
 * @param cols  Its columns.
 * @return The matrix, to be changed as wanted; it lives as long as the case.
 */
Matrix case_input(Case *given, const char *name, size_t rows, size_t cols);

/** Adds a plain number to a case. */
void case_number(Case *given, const char *name, double number);

/** The input of this name; NO_MATRIX if the case has none. */
Matrix case_named(const Case *given, const char *name);

/** Writes one number everywhere. */
void case_fill(Matrix matrix, float number);

/** A number of a case as a size. */
size_t case_size(const Case *given, size_t number);

/** Says what shape the result has. */
void case_output(Case *given, size_t rows, size_t cols);

/** Says that the next rows of the result are a part with a name: `k`. */
void case_part(Case *given, const char *name, size_t rows);

/** Says what is special about a case. */
void case_note(Case *given, const char *format, ...) PRINTF_LIKE(2, 3);

/**
 * Makes a case of a check.
 *
 * @param check The check.
 * @param index Which case.
 * @return The case, to be freed with case_free().
 */
Case case_make(const Check *check, size_t index);

/** Frees the inputs of a case. */
void case_free(Case *given);

/**
 * Records something that came back and is not a number: a shape that is wrong, a pointer left
 * behind. A call says it only when something is wrong; the reference never does.
 */
void remark(const char *format, ...) PRINTF_LIKE(1, 2);

/**
 * Remarks a refusal whose message lacks a word that was handed to the function for it. What an
 * earlier chapter refuses speaks for itself.
 *
 * @param status    What came back.
 * @param parameter What the function calls the word: "name".
 * @param word      The word: "w_k".
 */
void expect_in_message(Status status, const char *parameter, const char *word);

/**
 * An output beside the one that is recorded; a view where the case has views.
 *
 * @param given   The case.
 * @param numbers Room for rows (cols + 2) numbers.
 * @param rows    Its rows.
 * @param cols    Its columns.
 */
Matrix beside(const Case *given, float *numbers, size_t rows, size_t cols);

/** Remarks a refusal that has written to an output beside(), and hands on the status. */
Status expect_unwritten(Status status, const char *name, Matrix output);

/** Puts a number at the next free place of a result: row 0 first, from the left. */
void put_number(Matrix out, size_t place, double number);

/**
 * Copies a matrix that a function made into rows of the result. A shape that is not the expected
 * one is remarked, and nothing copied.
 *
 * @param name The matrix's name.
 * @param made What the function made.
 * @param first The row of `out` to begin at.
 * @param rows  The rows it must have.
 * @param out   The result, as wide as the matrix must be.
 */
void put_matrix(const char *name, Matrix made, size_t first, size_t rows, Matrix out);

#endif
