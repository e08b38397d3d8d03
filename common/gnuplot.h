/**
 * @file gnuplot.h
 * @brief Runs gnuplot: commands through a pipe, and its complaints as one line.
 */
#ifndef HEADWISE_GNUPLOT_H
#define HEADWISE_GNUPLOT_H

#include "status.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/** Something that writes a file's content from what it is given. */
typedef void (*PlotWriter)(FILE *stream, const void *what);

/**
 * Looks for gnuplot in the directories of PATH. Relative ones are passed over.
 *
 * @param program Receives its path.
 * @return false if it is not installed.
 */
bool gnuplot_find(char program[PATH_MAX]);

/**
 * Runs gnuplot in a directory and waits for it.
 *
 * The caller ignores SIGPIPE, or a gnuplot that does not read its commands ends the program.
 *
 * @param about     What messages begin with: the picture's path.
 * @param program   The path of gnuplot.
 * @param directory Where the commands are run.
 * @param picture   What gnuplot's variable `picture` is to be: the stem of the files it writes.
 *                  Letters, digits, '.', '_' and '-'.
 * @param commands  Writes the commands.
 * @param what      What @p commands is given.
 * @return STATUS_SYSTEM when gnuplot cannot be run, dies, or says that something is wrong; the
 *         message is gnuplot's own reason, if it gave one.
 */
Status gnuplot_run(const char *about, const char *program, const char *directory,
                   const char *picture, PlotWriter commands, const void *what) MUST_USE;

#endif
