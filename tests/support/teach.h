/**
 * @file teach.h
 * @brief Checks that teach: what went in, what came out, what was expected, and which
 *        misunderstanding gives exactly that.
 *
 * A Step says what one function must do: how to make cases (the first one is small enough to follow
 * with a pencil, the others are random and of many shapes), how to call the function, the right
 * formula, and the formulas that people write by mistake. When the function is wrong, it is
 * compared with each mistaken formula on every case. Only one that agrees on all of them is named:
 * no mistake is guessed from one number. Before that, teach() looks whether the function has
 * changed what it may only read: what it was given is made anew for every comparison.
 *
 * teach() also turns the probe on itself: each mistaken formula must differ from the right one and
 * from every other mistaken one, or the name it gives would mean nothing.
 */
#ifndef HEADWISE_TEACH_H
#define HEADWISE_TEACH_H

#include "assert.h"
#include "matrix.h"
#include "random.h"

#include <stdbool.h>
#include <stddef.h>

/** The most matrices that go into a function. */
enum { CASE_MAX_INPUTS = 8 };
/** The most plain numbers that go into a function. */
enum { CASE_MAX_NUMBERS = 4 };
/** The most parts that stand one below the other in a result. */
enum { CASE_MAX_PARTS = 4 };

/** One thing to try: what goes in, and the shape of what comes out. */
typedef struct Case {
    size_t index;                               /**< 0 for the small one, then 1, 2, ... */
    Random random;                              /**< For the numbers of this case. */
    size_t input_count;                         /**< How many matrices go in. */
    Matrix inputs[CASE_MAX_INPUTS];             /**< They; case_input() adds one. */
    const char *input_names[CASE_MAX_INPUTS];   /**< What the function calls them. */
    size_t number_count;                        /**< How many plain numbers go in. */
    double numbers[CASE_MAX_NUMBERS];           /**< They; case_number() adds one. */
    const char *number_names[CASE_MAX_NUMBERS]; /**< What the function calls them. */
    size_t out_rows;                            /**< Rows of the result. */
    size_t out_cols;                            /**< Columns of the result. */
    size_t part_count;                          /**< How many parts the result has; 0: it is one. */
    const char *part_names[CASE_MAX_PARTS];     /**< What they are; case_part() adds one. */
    size_t part_rows[CASE_MAX_PARTS];           /**< How many rows each has. */
    bool shapes_only; /**< What is in the inputs does not matter, only their shapes. */
    const char *note; /**< What is special about this case; NULL for nothing. */
} Case;

/** Fills `out` (of the case's shape, preset to NaN) from the case's inputs. */
typedef void (*Formula)(const Case *given, Matrix out);

/** A mistaken formula with a name. Two formulas may share a name: the same belief, written in two
 * ways. */
typedef struct Mistake {
    const char *name;   /**< As in mistakes.toml: no_scale. */
    const char *says;   /**< What is seen, and what is believed wrongly, in one sentence. */
    const char *lesson; /**< Where to reread: lesson 3, "Scale". */
    Formula formula;    /**< What comes out when one believes it. */
} Mistake;

/** What one function must do. */
typedef struct Step {
    const char *function;      /**< The function's name. */
    const char *must;          /**< What it must do, in one line. */
    size_t cases;              /**< How many cases to try; 8 or so. */
    void (*make)(Case *given); /**< Fills in a case from its index and its random numbers. */
    Formula call;              /**< Calls the function of the chapter. */
    Formula right;             /**< The right result, computed independently. */
    const Mistake *mistakes;   /**< The mistaken formulas. */
    size_t mistake_count;      /**< How many. */
} Step;

/**
 * Adds a matrix to a case and fills it with random numbers: small whole ones in case 0, normal ones
 * afterwards.
 *
 * @return The matrix, to be changed as wanted; it lives as long as the case.
 */
Matrix case_input(Case *given, const char *name, size_t rows, size_t cols);

/** Adds a plain number to a case. */
void case_number(Case *given, const char *name, double number);

/** Says what shape the result has. */
void case_output(Case *given, size_t rows, size_t cols);

/** Says that the next so many rows of the result are a part with a name: `k`. */
void case_part(Case *given, const char *name, size_t rows);

/** Checks a step: fails the test with a message that teaches, or passes. */
void teach(const Step *step);

#endif
