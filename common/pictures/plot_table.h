/**
 * @file plot_table.h
 * @brief The table of a picture: all that is drawn, as text that people can read.
 *
 * Lines of a key, a tab and what it stands for; then, after two empty lines each, the numbers of
 * each panel, with its labels. picture.gnuplot says what the keys mean.
 */
#ifndef HEADWISE_PLOT_TABLE_H
#define HEADWISE_PLOT_TABLE_H

#include <stdio.h>

/** How a table begins, for printf() with the picture's name. */
#define PLOT_TABLE_START "# The table of the picture %s."

/**
 * Writes the table of heatmaps.
 *
 * @param table The file.
 * @param plot  The picture: a `const HeatmapPlot *`.
 */
void plot_table_heatmaps(FILE *table, const void *plot);

/**
 * Writes the table of curves.
 *
 * @param table The file.
 * @param plot  The picture: a `const CurvePlot *`.
 */
void plot_table_curves(FILE *table, const void *plot);

#endif
