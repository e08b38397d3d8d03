/**
 * @file curve_axes.h
 * @brief The axes of a picture of curves: how far they reach and what is written at them.
 */
#ifndef HEADWISE_CURVE_AXES_H
#define HEADWISE_CURVE_AXES_H

#include "plot.h"

#include <stdbool.h>
#include <stdio.h>

/**
 * Tells whether an axis has a place for a number.
 *
 * @param value       The number.
 * @param logarithmic Whether the axis is logarithmic.
 * @return false for what is not finite, and on a logarithmic axis for what is not above 0.
 */
bool curves_can_show(float value, bool logarithmic);

/**
 * Writes the commands for both axes: ranges that hold all curves, ticks and a grid.
 *
 * @param commands The command file.
 * @param plot     The picture.
 */
void curves_write_axes(FILE *commands, const CurvePlot *plot);

#endif
