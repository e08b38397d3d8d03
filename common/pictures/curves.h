/**
 * @file curves.h
 * @brief The two files of a picture of curves: its data and its commands.
 */
#ifndef HEADWISE_CURVES_H
#define HEADWISE_CURVES_H

#include "plot.h"

#include <stdio.h>

/**
 * Writes the data file: the texts, then a block of points for each curve.
 *
 * @param data The file.
 * @param plot The picture: a `const CurvePlot *`.
 */
void curves_write_data(FILE *data, const void *plot);

/**
 * Writes the command file.
 *
 * @param commands The file.
 * @param plot     The picture: a `const CurvePlot *`.
 */
void curves_write_commands(FILE *commands, const void *plot);

#endif
