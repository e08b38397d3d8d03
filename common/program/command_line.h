/**
 * @file command_line.h
 * @brief The words after a program's name: which options stand there, and the text of --help.
 *
 * program.c is the only user; it adds what the values mean.
 */
#ifndef HEADWISE_COMMAND_LINE_H
#define HEADWISE_COMMAND_LINE_H

#include "program.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** The options that every program has; they stand behind its own. */
enum { OPTION_PLOTS, OPTION_HELP, SHARED_OPTIONS };

/** Room for a list of options in a message; what does not fit is cut. */
enum { OPTION_LIST_SIZE = 1024 };
/** Room for the name of a result's picture. */
enum { PICTURE_NAME_SIZE = 64 };

/** What the user gave to a program. */
typedef struct CommandLine {
    const Program *program; /**< Whose options these are. */
    /** The argument of each option: "" for a switch, NULL for what was not given. */
    const char *values[PROGRAM_MAX_OPTIONS + SHARED_OPTIONS];
    char *sentence; /**< The words that belong to no option, joined with blanks, or NULL. */
} CommandLine;

/**
 * Takes a command line apart. It stops at the first mistake, and at --help.
 *
 * @param program What is called.
 * @param argc    As main() has it.
 * @param argv    As main() has it; must outlive the result.
 * @param result  Receives what was given, to be freed with command_line_free(), also on failure.
 * @return STATUS_USAGE for an option that is unknown, ambiguous, given twice or without its
 *         argument; STATUS_NO_MEMORY.
 */
Status command_line_read(const Program *program, int argc, char **argv,
                         CommandLine *result) MUST_USE;

/**
 * Frees what command_line_read() allocated.
 *
 * @param line The command line; one of zeros is fine.
 */
void command_line_free(CommandLine *line);

/**
 * Shortens a sentence that is too long for the program's example, and says so on standard output.
 *
 * @param line The command line.
 */
void command_line_shorten(CommandLine *line);

/**
 * Tells whether the user gave an array: any of the program's own options.
 *
 * @param line The command line.
 * @return true when there is one.
 */
bool command_line_has_arrays(const CommandLine *line);

/**
 * What the user gave for an option that every program has.
 *
 * @param line  The command line.
 * @param which OPTION_PLOTS or OPTION_HELP.
 * @return The argument; "" for a switch that was given; NULL when it was not given.
 */
const char *command_line_shared(const CommandLine *line, size_t which);

/**
 * Refuses outputs that cannot be written: better to hear of it before the work than after.
 *
 * @param line The command line.
 * @return As array_expect_writable(); as plot_file_expect_ours() for the pictures of the results;
 *         STATUS_USAGE for --plots when a result goes to standard output, too, or where a picture
 *         goes.
 */
Status command_line_expect_outputs(const CommandLine *line) MUST_USE;

/**
 * The name of a result's picture: that of --weights-out in 05_multi_head_attention is
 * 05_weights-out.
 *
 * @param program The program.
 * @param option  The place of the result's option in its table.
 * @param name    Receives the name.
 * @return @p name.
 */
const char *command_line_picture(const Program *program, size_t option,
                                 char name[PICTURE_NAME_SIZE]);

/**
 * Prints on standard output how a program is called.
 *
 * @param program The program.
 */
void command_line_help(const Program *program);

/**
 * Adds an option to a list for people: `--x, --wq`.
 *
 * @param list The list so far, "" at first.
 * @param name The option's name.
 */
void option_list_add(char list[OPTION_LIST_SIZE], const char *name);

#endif
