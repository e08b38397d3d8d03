/**
 * @file drawing.h
 * @brief From two writers to the four files of a picture.
 */
#ifndef HEADWISE_DRAWING_H
#define HEADWISE_DRAWING_H

#include "gnuplot.h"
#include "status.h"

#include <stdbool.h>

/** A picture to be drawn. */
typedef struct Drawing {
    const char *directory; /**< Where to; made if it is missing, with its parents. */
    const char *name;      /**< The stem of the files: letters, digits, '_' and '-'. */
    PlotWriter data;       /**< Writes NAME.dat. */
    PlotWriter commands;   /**< Writes NAME.gp, and is called again for gnuplot. */
    const void *what;      /**< What both are given. */
} Drawing;

/**
 * Writes the data and the commands, and draws NAME.svg and NAME.png if gnuplot is installed.
 * All four files appear together. When gnuplot fails or is missing, only the first two do, and an
 * earlier picture stays. An interrupted program leaves what was there.
 *
 * @param drawing The picture.
 * @param drawn   Receives whether there was a gnuplot to draw it.
 * @return STATUS_VALUE for a name with other characters; as picture_expect_ours(); STATUS_SYSTEM,
 * with a message that begins with a path, when something cannot be written, or gnuplot fails.
 */
Status drawing_make(const Drawing *drawing, bool *drawn) MUST_USE;

#endif
