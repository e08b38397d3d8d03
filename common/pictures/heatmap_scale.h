/**
 * @file heatmap_scale.h
 * @brief The scale below the heatmaps: which colour stands for which number.
 */
#ifndef HEADWISE_HEATMAP_SCALE_H
#define HEADWISE_HEATMAP_SCALE_H

#include "heatmap_layout.h"

#include <stdio.h>

/**
 * Writes the texts of the scale, and the note on what a cell covers.
 *
 * @param data   The data file, in its block of texts.
 * @param layout The plan.
 */
void heatmap_write_scale_texts(FILE *data, const HeatmapLayout *layout);

/**
 * Writes the colours of the scale as a block of rectangles.
 *
 * @param data   The data file, after its other blocks.
 * @param layout The plan.
 */
void heatmap_write_scale(FILE *data, const HeatmapLayout *layout);

#endif
