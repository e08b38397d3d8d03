/**
 * @file heatmap_layout.h
 * @brief Where everything in a picture of heatmaps stands, in pixels.
 *
 * All panels get boxes of one size, in rows from left to right. In a box, from top to bottom: the
 * panel's title, the name of the columns, their labels, the grid; left of the grid the labels of
 * the rows, and their name in the corner above them.
 */
#ifndef HEADWISE_HEATMAP_LAYOUT_H
#define HEADWISE_HEATMAP_LAYOUT_H

#include "colour.h"
#include "overview.h"
#include "plot.h"

#include <stdbool.h>
#include <stddef.h>

/** Measures that are the same in every picture, in pixels. */
enum {
    HEATMAP_SCALE_WIDTH = 240, /**< The bar of colours. */
    HEATMAP_SWATCH = 14,       /**< One colour of a scale of whole numbers, and the bar's height. */
    HEATMAP_GAP = 30,          /**< Between the boxes. */
    HEATMAP_LABEL_GAP = 7      /**< Between a label and the grid. */
};

/** The measures of one picture. */
typedef struct HeatmapLayout {
    const HeatmapPlot *plot; /**< What is drawn. */
    size_t block;            /**< Each cell is the mean of block x block numbers. */
    ColourScale scale;       /**< What the colours stand for. */
    double first_whole;      /**< The least number, if all are whole and few. */
    size_t whole_count;      /**< How many there are then, each with a swatch of its own; else 0. */
    int slot;                /**< Width of a swatch with its number. */
    bool has_infinite;       /**< Some number is infinite. */
    bool numbers;            /**< The cells have room for their numbers. */
    bool upright;            /**< Column labels run upwards. */
    int cell;                /**< Width and height of a cell. */
    int gutter;              /**< From the left of a box to its grid. */
    int label_band;          /**< Height of the column labels, down to the grid. */
    int band;                /**< From the top of a box to its grid. */
    int box_width;           /**< Width of a box. */
    int box_height;          /**< Height of a box. */
    size_t across;           /**< Boxes in a row. */
    int left;                /**< Left side of the first box. */
    int top;                 /**< Top of the first box. */
    int scale_top;           /**< Top of the scale. */
    int width;               /**< Width of the page. */
    int height;              /**< Height of the page. */
} HeatmapLayout;

/**
 * Plans a picture.
 *
 * @param plot The picture, with 1 or more panels; it must outlive the result.
 * @return The plan.
 */
HeatmapLayout heatmap_layout(const HeatmapPlot *plot);

/**
 * A panel's matrix as it is shown.
 *
 * @param layout The plan.
 * @param panel  Which panel.
 * @return Its cells.
 */
Overview heatmap_cells(const HeatmapLayout *layout, size_t panel);

/**
 * The left side of a panel's grid.
 *
 * @param layout The plan.
 * @param panel  Which panel.
 * @return Pixels from the left.
 */
int heatmap_grid_left(const HeatmapLayout *layout, size_t panel);

/**
 * The top of a panel's grid.
 *
 * @param layout The plan.
 * @param panel  Which panel.
 * @return Pixels from the top.
 */
int heatmap_grid_top(const HeatmapLayout *layout, size_t panel);

/**
 * How many cells share one label, so that labels of this size do not touch.
 *
 * @param layout The plan.
 * @param room   The pixels that one label takes along the axis.
 * @return 1, 2, 4 and so on.
 */
size_t heatmap_label_step(const HeatmapLayout *layout, int room);

#endif
