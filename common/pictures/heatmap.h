/**
 * @file heatmap.h
 * @brief The two files of a picture of heatmaps: its data and its commands.
 */
#ifndef HEADWISE_HEATMAP_H
#define HEADWISE_HEATMAP_H

#include "heatmap_layout.h"

#include <stdio.h>

/**
 * Writes the data file: the texts, then a block of cells for each panel, then the scale.
 *
 * @param data   The file.
 * @param layout The plan: a `const HeatmapLayout *`.
 */
void heatmap_write_data(FILE *data, const void *layout);

/**
 * Writes the command file.
 *
 * @param commands The file.
 * @param layout   The plan: a `const HeatmapLayout *`.
 */
void heatmap_write_commands(FILE *commands, const void *layout);

#endif
