/**
 * @file program.h
 * @brief What the chapters' programs share: options, help, arrays in and out, one line on failure.
 *
 * A program is a table of options and two functions: one shows the carried example (or the reader's
 * own sentence), the other works on the reader's arrays. program_main() does the rest.
 *
 * There is one program to a process, so what the user gave is kept here once, not passed around:
 * the functions below answer about the program that program_main() is running. Not for threads.
 */
#ifndef HEADWISE_PROGRAM_H
#define HEADWISE_PROGRAM_H

#include "array.h"
#include "array_form.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** The most options a program may have, --help and --plots not counted. */
enum { PROGRAM_MAX_OPTIONS = 28 };

/** The words that a worked example has room for: a picture has few more cells in a row. */
enum { PROGRAM_MOST_WORDS = 128 };

/** One option of a program. */
typedef struct Option {
    const char *name;     /**< The long name without dashes. One that is "out", or ends in "-out",
                               names a file for a result. */
    const char *argument; /**< What follows it ("FILE", "N"), or NULL for a switch. */
    const char *help;     /**< One line: what it is, with its shape. */
} Option;

/** A program of a chapter. */
typedef struct Program {
    const char *name;      /**< As it is called: 03_self_attention. */
    const char *summary;   /**< What it does with arrays: one line. */
    const Option *options; /**< In the order of --help; program_value() counts them from 0. */
    size_t option_count;   /**< How many; at most PROGRAM_MAX_OPTIONS. */
    /**
     * Shows the worked example. `sentence` holds the reader's own words, separated by blanks, or is
     * NULL for the carried example.
     */
    Status (*example)(const char *sentence);
    /** Works on the reader's arrays: called when any option but --plots is given. */
    Status (*arrays)(void);
    size_t most_words; /**< Words the example takes, dropping the rest; 0: PROGRAM_MOST_WORDS. */
    bool no_sentence;  /**< The example takes no words of the reader's: program_main() refuses them,
                            and `sentence` is always NULL. */
} Program;

/**
 * Runs a program: reads its options, shows help or the example or works on arrays, checks that
 * standard output took everything, and says on one line of standard error what went wrong. Work on
 * arrays begins only when all files for results can be written.
 *
 * Without options, pictures go to build/plots; with options only where `--plots DIR` says.
 *
 * @param program What to run.
 * @param argc    As main() has it.
 * @param argv    As main() has it.
 * @return The exit status: 0, 1 when the system failed, 2 when the user's input is at fault.
 */
int program_main(const Program *program, int argc, char **argv);

/**
 * What the user gave for an option.
 *
 * @param option The option's place in the program's table.
 * @return The argument; "" for a switch that was given; NULL when it was not given.
 */
const char *program_value(size_t option);

/**
 * The name of an option.
 *
 * @param option The option's place in the program's table.
 * @return The name without dashes.
 */
const char *program_option_name(size_t option);

/**
 * Refuses a set of options that does not make sense.
 *
 * @param required The options that must be there together, as places in the table.
 * @param count    How many.
 * @return STATUS_USAGE that names the first missing one, and the others it belongs to.
 */
Status program_require(const size_t *required, size_t count) MUST_USE;

/**
 * Reads an option as a whole number.
 *
 * @param option  The option's place in the table.
 * @param missing The result when the option was not given.
 * @param least   The least number that is accepted.
 * @param result  Receives the number.
 * @return STATUS_USAGE when it is not a whole number, too small, or too large for a size.
 */
Status program_size(size_t option, size_t missing, size_t least, size_t *result) MUST_USE;

/**
 * Refuses sizes that together ask for an array beyond any memory: their product overflows. A size
 * of 0 does not excuse another one. Whether this machine has the memory shows when it is asked for.
 *
 * @param options The sizes, as places in the table.
 * @param count   How many.
 * @param size    Bytes of one element of the array.
 * @return STATUS_USAGE with a message that names the options; as program_size().
 */
Status program_expect_array(const size_t *options, size_t count, size_t size) MUST_USE;

/**
 * Reads an option as a list of whole numbers, separated by commas.
 *
 * @param option The option's place in the table.
 * @param result Receives the numbers, to be freed with free(); NULL when the option was not given.
 * @param count  Receives how many.
 * @return STATUS_USAGE when one is not a whole number; STATUS_NO_MEMORY.
 */
Status program_sizes(size_t option, size_t **result, size_t *count) MUST_USE;

/**
 * Reads an option as a real number.
 *
 * @param option  The option's place in the table.
 * @param missing The result when the option was not given.
 * @param result  Receives the number, which is finite.
 * @return STATUS_USAGE when it is not a finite number that float32 can hold.
 */
Status program_number(size_t option, float missing, float *result) MUST_USE;

/**
 * Reads the array that an option names. If the program fails, its message gives the shape.
 *
 * @param option The option's place in the table.
 * @param form   What to accept.
 * @param result Receives the array, to be freed with array_free(), also on failure; NO_ARRAY when
 *               the option was not given.
 * @return As array_read(); STATUS_USAGE when a second option names standard input; STATUS_SHAPE
 *         with a message that names the option, its file and both shapes.
 */
Status program_read(size_t option, const ArrayForm *form, Array *result) MUST_USE;

/**
 * Refuses two arrays with different batches: of different sizes, or only one of them a batch.
 *
 * @param first  The place of the option that named an array.
 * @param one    That array.
 * @param second The place of the other option.
 * @param other  Its array.
 * @return STATUS_SHAPE with a message that names both options and both shapes.
 */
Status program_expect_same_batch(size_t first, Array one, size_t second, Array other) MUST_USE;

/** What a program made of the reader's arrays. */
typedef struct ProgramResult {
    size_t option; /**< The place of the option that names its file. */
    Array array;   /**< The numbers; stay the caller's. */
} ProgramResult;

/**
 * Writes the results whose options were given, all or none, as array_write(). With --plots it then
 * draws each of them: the one of --weights-out in 05_multi_head_attention is 05_weights-out.svg.
 *
 * @param results The results.
 * @param count   How many; at most PROGRAM_MAX_OPTIONS.
 * @return As array_write() and array_draw().
 */
Status program_write(const ProgramResult *results, size_t count) MUST_USE;

#endif
