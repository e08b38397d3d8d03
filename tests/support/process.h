/**
 * @file process.h
 * @brief Runs programs, as a shell would, and keeps what they say.
 */
#ifndef HEADWISE_PROCESS_H
#define HEADWISE_PROCESS_H

#include <stddef.h>

/** The most words of a command, its name and the NULL at the end counted. */
enum { COMMAND_MAX_WORDS = 64 };

/** What a program finds at one of its standard streams. */
typedef enum StreamKind {
    STREAM_KEPT = 0,   /**< A file: input from Command.input, output into the Outcome. */
    STREAM_CLOSED,     /**< Nothing: the descriptor is closed. */
    STREAM_BROKEN_PIPE /**< For output: a pipe that nobody reads. */
} StreamKind;

/** What to run. What is left out (zero) means none: `{.words = {"/bin/ls", "-l"}}`. */
typedef struct Command {
    const char *words[COMMAND_MAX_WORDS]; /**< The program's path and its arguments, then NULL. */
    /** If not NULL, this is called in a process of its own, in place of the program. */
    int (*function)(int argc, char **argv);
    const char *environment[8]; /**< NAME=VALUE to add, or NAME to take away; then NULL. */
    const char *directory;      /**< Where to run it, or NULL for here. */
    const void *input;          /**< The bytes on standard input. */
    size_t input_size;          /**< How many. */
    const char *output_path;    /**< A file for standard output ("/dev/full"), or NULL. */
    StreamKind in;              /**< What standard input is. */
    StreamKind out;   /**< What standard output is, if not a file of Command.output_path. */
    StreamKind err;   /**< What standard error is. */
    unsigned seconds; /**< Longer than this and it is killed; 0 for a minute. */
} Command;

/** How it ended. */
typedef struct Outcome {
    int status;      /**< The exit status, or less than 0: minus the signal that killed it. */
    char *out;       /**< What it wrote to standard output, and a NUL. */
    char *err;       /**< What it wrote to standard error, and a NUL. */
    size_t out_size; /**< Bytes in `out`, the NUL not counted. */
} Outcome;

/**
 * Runs a command to its end. When it cannot be started at all, the test fails.
 *
 * @param command What to run.
 * @return How it ended, to be freed with outcome_free().
 */
Outcome process_run(const Command *command);

/**
 * Frees what an outcome holds.
 *
 * @param outcome The outcome.
 */
void outcome_free(Outcome *outcome);

/**
 * Counts the lines of a text. A last line without its end is one, too.
 *
 * @param text The text.
 * @return How many.
 */
size_t count_lines(const char *text);

#endif
