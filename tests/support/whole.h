/**
 * @file whole.h
 * @brief What the tests of whole programs share: calls that work, input files made on demand, and
 *        what every failure must look like.
 *
 * A call is written as in a shell: `--x 4x3.npy --heads 2 --out out.npy`. It runs in the
 * directory of the test. An input file has its shape as its name, and is made when a call names it:
 * `4x3.npy`, `6.npy`, `2x4x5.txt`. A prefix says what it holds: `nan_4x3.npy` (NaN only),
 * `inf_4x3.npy` (infinity only), `one_nan_4x3.npy` (NaN at the end of the first row),
 * `mask_4x3.npy` (ones and zeros), `open_4x3.npy` (ones), `shut_4x3.npy` (zeros), `other_4x3.npy`
 * (other numbers). The folder
 * `encoder.model` holds an encoder of two layers with d_model 8, `decoder.model` a decoder of two,
 * and `transformer.model` an encoder of two layers and a decoder of one.
 */
#ifndef HEADWISE_WHOLE_H
#define HEADWISE_WHOLE_H

#include "array.h"
#include "files.h"
#include "process.h"
#include "session.h"

#include <stdbool.h>
#include <stddef.h>

/** Room for the arguments of a call. */
enum { ARGUMENTS_SIZE = 1024 };

/** The programs, as the makefile knows them. */
extern const char *const WHOLE_PROGRAMS[];
/** How many. */
extern const size_t WHOLE_PROGRAM_COUNT;

/**
 * The session of a program. The calls below its first heading work, and the tests of whole programs
 * start from them.
 *
 * @param program As in build/bin.
 * @return Its path, valid until the next call.
 */
const char *session_path(const char *program);

/** A call that works. */
typedef struct ValidCall {
    const char *program;   /**< As in build/bin. */
    const char *arguments; /**< The last of them are --out out.npy and perhaps --weights-out. */
} ValidCall;

/**
 * Counts the calls that work: at least one for each way of using a program.
 *
 * @return How many.
 */
size_t valid_calls(void);

/**
 * A call that works.
 *
 * @param index Less than valid_calls(): the number of a row.
 * @return The call.
 */
ValidCall valid_call(int index);

/**
 * Whether a call writes the weights, too.
 *
 * @param call The call.
 * @return true when it has --weights-out.
 */
bool writes_weights(ValidCall call);

/**
 * Reads a result.
 *
 * @param name Its name.
 * @return The array, to be freed with array_free().
 */
Array whole_read(const char *name);

/**
 * Makes the input files that a call names. whole_run() does it, too.
 *
 * @param arguments The arguments.
 */
void whole_make_inputs(const char *arguments);

/** For whole_run(): a world without gnuplot. */
extern const Command NO_GNUPLOT;

/**
 * Runs a program in the directory.
 *
 * @param program   As in build/bin, or with its directory: "frail/01_dot_products".
 * @param arguments The arguments, separated by blanks.
 * @param extra     What else to give to process_run(), or NULL.
 * @return How it ended, to be freed with outcome_free().
 */
Outcome whole_run(const char *program, const char *arguments, const Command *extra);

/**
 * Runs a program that must succeed, and say nothing on standard error.
 *
 * @param program   As whole_run().
 * @param arguments As whole_run().
 * @param extra     As whole_run().
 */
void whole_expect_success(const char *program, const char *arguments, const Command *extra);

/**
 * Runs a program's worked example without gnuplot; it must succeed and print a text.
 *
 * @param program  As whole_run().
 * @param sentence The sentence.
 * @param shown    What must be printed.
 */
void whole_expect_example(const char *program, const char *sentence, const char *shown);

/**
 * Runs a program that must fail: with this status, with one line on standard error that begins with
 * the program's name, and without leaving any file.
 *
 * @param program   As whole_run().
 * @param arguments As whole_run().
 * @param extra     As whole_run().
 * @param status    The exit status, 1 or 2.
 * @param words     What the line must contain: some texts, separated by '|'.
 */
void whole_expect_failure(const char *program, const char *arguments, const Command *extra,
                          int status, const char *words);

/**
 * Checks that a program has failed as whole_expect_failure() demands, except for the files.
 *
 * @param outcome   How it ended; stays the caller's.
 * @param program   As whole_run().
 * @param arguments As whole_run().
 * @param status    The exit status, 1 or 2.
 * @param words     What the line must contain.
 */
void whole_check_failure(const Outcome *outcome, const char *program, const char *arguments,
                         int status, const char *words);

/**
 * How many input files a call names.
 *
 * @param arguments The arguments.
 * @return The number of names that are shapes.
 */
size_t whole_inputs(const char *arguments);

/**
 * Gives a call another input file.
 *
 * @param arguments The arguments.
 * @param input     Which of its input files, counted from 0.
 * @param name      The file to put in its place; in "nan_*", the '*' is the name that was there.
 * @param result    Receives the arguments.
 */
void whole_replace(const char *arguments, size_t input, const char *name,
                   char result[ARGUMENTS_SIZE]);

#endif
