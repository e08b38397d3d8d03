/**
 * @file plot.h
 * @brief Pictures, drawn by gnuplot into SVG and PNG files, with their table beside them.
 *
 * A picture NAME becomes NAME.svg, NAME.png and NAME.table, from which picture.gnuplot draws both.
 * Labels are data: no text in them can become a gnuplot command or markup. Without gnuplot, one
 * line says so, and the picture's numbers are shown as shaded characters on standard output: that
 * is not a failure. A picture replaces earlier pictures of its name, and no other file.
 */
#ifndef HEADWISE_PLOT_H
#define HEADWISE_PLOT_H

#include "matrix.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * One matrix as a grid of colours. Rows go down, as in the matrix. NaN is left blank, infinities
 * are grey. A matrix of more than 160 rows or columns is shown in blocks, each as its mean.
 */
typedef struct HeatmapPanel {
    const char *title;                /**< Above the grid. */
    Matrix values;                    /**< The numbers. */
    const char *const *row_labels;    /**< One for each row, or NULL for the row's number. */
    const char *const *column_labels; /**< One for each column, or NULL for the column's number. */
    const char *row_axis;             /**< What the rows are, or NULL. */
    const char *column_axis;          /**< What the columns are, or NULL. */
} HeatmapPanel;

/**
 * A picture of one or more heatmaps side by side, all on the same colour scale. If all numbers are
 * whole and few, such as the numbers of heads, each gets an entry of its own below, in words if the
 * unit is like "0: blocked, 1: open".
 */
typedef struct HeatmapPlot {
    const char *name;           /**< The file names' stem: letters, digits, '_' and '-'. */
    const char *title;          /**< Above the picture: the point in one line. */
    const HeatmapPanel *panels; /**< The heatmaps, from left to right, then down. */
    size_t panel_count;         /**< How many, 1 or more. */
    size_t panels_per_row;      /**< How many stand side by side; 0 for all. */
    float low;                  /**< What the lower end of the colour scale stands for. */
    float high;                 /**< What its upper end stands for; equal to `low`: the data's. */
    const char *unit;           /**< What a colour means, above the scale; NULL for no scale. */
    int decimals;               /**< Digits in each cell, if there is room; negative: none. */
    const char *const *parts;   /**< Two letters, such as h and r: the number 0.2 reads "h0 r2".
                                     NULL: as it is. */
} HeatmapPlot;

/** One curve of a plot. */
typedef struct Curve {
    const char *label; /**< What it is, for the legend; NULL for no entry. */
    const float *x;    /**< The count abscissae. */
    const float *y;    /**< The count ordinates; NaN leaves a gap. */
    size_t count;      /**< How many points. */
} Curve;

/** A picture of curves over one pair of axes. */
typedef struct CurvePlot {
    const char *name;    /**< The file names' stem. */
    const char *title;   /**< The point in one line. */
    const char *x_axis;  /**< What goes to the right, with its unit. */
    const char *y_axis;  /**< What goes up, with its unit. */
    const Curve *curves; /**< The curves, told apart by colour and by dashes. */
    size_t curve_count;  /**< How many, 1 or more. */
    bool log_x;          /**< A logarithmic x axis, base 2. */
    bool log_y;          /**< A logarithmic y axis, base 10. */
    bool points;         /**< Mark the points. Only this shows a point between two gaps. */
    bool arrows; /**< Each curve is an arrow from its first point to its last, with its label
                      at the tip; both axes include 0 and have one scale. */
} CurvePlot;

/**
 * Says where pictures go: a directory, made when it is missing. Until this is called, nothing is
 * drawn and the plot functions return STATUS_OK at once.
 *
 * @param directory The path, which must outlive the plots; NULL for no pictures.
 */
void plot_into(const char *directory);

/**
 * Draws heatmaps and says on standard output what was drawn: `picture: DIRECTORY/NAME.svg`.
 *
 * @param plot The picture.
 * @return STATUS_SYSTEM, with a message that begins with a path, when a file cannot be written, or
 *         when gnuplot is there but fails: then no new picture appears; STATUS_USAGE when one of
 *         its files exists and is not from a picture; STATUS_VALUE for an invalid name, no panels,
 *         or an empty panel; STATUS_OK also without gnuplot.
 */
Status plot_heatmaps(const HeatmapPlot *plot) MUST_USE;

/**
 * Draws curves, as plot_heatmaps() does heatmaps. Without gnuplot the curves are shown as rows of
 * shaded characters.
 *
 * @param plot The picture.
 * @return As plot_heatmaps(); STATUS_NO_MEMORY.
 */
Status plot_curves(const CurvePlot *plot) MUST_USE;

#endif
