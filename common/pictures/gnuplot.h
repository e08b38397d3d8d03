/**
 * @file gnuplot.h
 * @brief Runs gnuplot: what it draws becomes a file, its complaints one line.
 */
#ifndef HEADWISE_GNUPLOT_H
#define HEADWISE_GNUPLOT_H

#include "status.h"

#include <stdbool.h>
#include <stdio.h>

/** Something that writes a file's content from what it is given. */
typedef void (*PlotWriter)(FILE *stream, const void *what);

/** What gnuplot is to draw. */
typedef struct GnuplotJob {
    const char *about;  /**< What messages begin with: the picture's path. */
    const char *format; /**< What the template's variable `format` will be: svg or png. */
    PlotWriter table;   /**< Writes the table of the picture, in which no line is END_OF_TABLE. */
    const void *what;   /**< What `table` is given. */
    FILE *picture;      /**< Where gnuplot writes the picture. */
} GnuplotJob;

/**
 * Draws a table with the template, by gnuplot as a shell finds it in PATH, and waits for it.
 * Elements of PATH that depend on the current directory do not count: anybody may have put a
 * program there.
 *
 * @param job       What to do.
 * @param installed Receives whether there is a gnuplot. Its absence is not a failure.
 * @return STATUS_SYSTEM when gnuplot cannot be run, dies, or says that something is wrong; the
 *         message has gnuplot's own reason, if it gave one.
 */
Status gnuplot_draw(const GnuplotJob *job, bool *installed) MUST_USE;

#endif
