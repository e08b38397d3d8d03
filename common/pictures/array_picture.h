/**
 * @file array_picture.h
 * @brief An array as a picture: its matrices side by side, on one colour scale.
 */
#ifndef HEADWISE_ARRAY_PICTURE_H
#define HEADWISE_ARRAY_PICTURE_H

#include "array.h"
#include "status.h"

/** The most matrices that one picture shows; of a longer array it shows the first ones. */
enum { ARRAY_PICTURE_PANELS = 12 };

/**
 * Draws an array as heatmaps, one for each matrix. An array without elements has no picture.
 *
 * @param name  The stem of the picture's files, as in HeatmapPlot.
 * @param title What the array is; its shape is added.
 * @param array The array, or NO_ARRAY.
 * @return As plot_heatmaps().
 */
Status array_draw(const char *name, const char *title, Array array) MUST_USE;

#endif
