#include "array_picture.h"

#include "plot.h"

#include <stdio.h>

enum { TITLE_SIZE = 256, PANELS_PER_ROW = 4 };

/* Where a matrix stands in the array, as Python would index it: `[1, 0]`. */
static const char *index_text(Array array, size_t matrix, char text[SHAPE_TEXT_SIZE])
{
    Array index = {.dims = array.dims - 2};
    for (size_t i = index.dims; i-- > 0; matrix /= array.shape[i])
        index.shape[i] = matrix % array.shape[i];
    size_t used = 0;
    for (size_t i = 0; i < index.dims; i++)
        used += (size_t)snprintf(text + used, SHAPE_TEXT_SIZE - used, "%s%zu", i > 0 ? ", " : "[",
                                 index.shape[i]);
    snprintf(text + used, SHAPE_TEXT_SIZE - used, "]");
    return text;
}

static void write_title(const char *what, Array array, size_t panels, char title[TITLE_SIZE])
{
    char shape[SHAPE_TEXT_SIZE];
    size_t matrices = array_matrices(array);
    int used = snprintf(title, TITLE_SIZE, "%s, %s", what, array_shape_text(array, shape));
    if (panels < matrices && used > 0 && used < TITLE_SIZE)
        snprintf(title + used, TITLE_SIZE - (size_t)used, ": the first %zu of %zu matrices", panels,
                 matrices);
}

Status array_draw(const char *name, const char *title, Array array)
{
    char titles[ARRAY_PICTURE_PANELS][SHAPE_TEXT_SIZE], whole_title[TITLE_SIZE];
    HeatmapPanel panels[ARRAY_PICTURE_PANELS];
    if (array_size(array) == 0)
        return STATUS_OK;
    size_t count = array_matrices(array);
    if (count > ARRAY_PICTURE_PANELS)
        count = ARRAY_PICTURE_PANELS;
    for (size_t i = 0; i < count; i++)
        panels[i] = (HeatmapPanel){.title = array.dims > 2 ? index_text(array, i, titles[i]) : NULL,
                                   .values = array_matrix(array, i)};
    write_title(title, array, count, whole_title);
    return plot_heatmaps(&(HeatmapPlot){.name = name,
                                        .title = whole_title,
                                        .panels = panels,
                                        .panel_count = count,
                                        .panels_per_row = PANELS_PER_ROW,
                                        .unit = "the number in the cell",
                                        .decimals = 2});
}
