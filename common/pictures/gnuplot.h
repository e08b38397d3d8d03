/**
 * @file gnuplot.h
 * @brief Runs gnuplot: commands through a pipe, and its complaints as one line.
 */
#ifndef HEADWISE_GNUPLOT_H
#define HEADWISE_GNUPLOT_H

#include "status.h"

#include <stdbool.h>
#include <stdio.h>

/** Something that writes a file's content from what it is given. */
typedef void (*PlotWriter)(FILE *stream, const void *what);

/** What gnuplot is to do. */
typedef struct GnuplotJob {
    const char *about;     /**< What messages begin with: the picture's path. */
    const char *directory; /**< Where the commands are run. */
    const char *picture;   /**< The stem of the files that gnuplot writes: what its variable
                                `picture` will be. Letters, digits, '_' and '-'. */
    const char *log;       /**< The path of a file to be made, for what gnuplot says. */
    PlotWriter commands;   /**< Writes the commands. */
    const void *what;      /**< What `commands` is given. */
} GnuplotJob;

/**
 * Runs gnuplot, as a shell finds it in PATH, and waits for it. Elements of PATH that depend on the
 * current directory do not count: anybody may have put a program there.
 *
 * The caller ignores SIGPIPE, or a gnuplot that does not read its commands ends the program.
 *
 * @param job       What to do.
 * @param installed Receives whether there is a gnuplot. If not, that is no failure.
 * @return STATUS_SYSTEM when gnuplot cannot be run, dies, or says that something is wrong; the
 *         message has gnuplot's own reason, if it gave one.
 */
Status gnuplot_run(const GnuplotJob *job, bool *installed) MUST_USE;

#endif
