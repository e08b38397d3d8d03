#include "plot.h"

#include "curves.h"
#include "drawing.h"
#include "heatmap.h"
#include "memory.h"
#include "picture_files.h"
#include "print.h"
#include "text_line.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* NULL: no pictures. */
static const char *plots;

void plot_into(const char *directory)
{
    plots = directory;
}

static void say_drawn(const Drawing *drawing)
{
    char path[PATH_MAX];
    TextLine line = {stdout, 0, 0};
    picture_path(drawing->directory, drawing->name, PICTURE_SVG, path);
    text_put(&line, "picture: ");
    text_put(&line, path);
    text_end(&line);
}

/* Draws, and says what was drawn or why not. */
static Status make(const Drawing *drawing, bool *drawn)
{
    Status status = drawing_make(drawing, drawn);
    if (status != STATUS_OK)
        return status;
    if (*drawn)
        say_drawn(drawing);
    else
        printf("gnuplot is not installed: showing %s as text (make deps installs it)\n",
               drawing->name);
    return STATUS_OK;
}

/* All panels in the same shades, as they would be in the same colours. */
static void show_heatmaps(const HeatmapPlot *plot)
{
    float low = plot->low, high = plot->high;
    if (!isfinite(low) || !isfinite(high) || !(low < high)) {
        low = INFINITY;
        high = -INFINITY;
        for (size_t i = 0; i < plot->panel_count; i++)
            overview_range((Overview){plot->panels[i].values, 1, 1}, &low, &high);
    }
    for (size_t i = 0; i < plot->panel_count; i++) {
        const HeatmapPanel *panel = &plot->panels[i];
        PrintStyle style = {panel->title != NULL ? panel->title : plot->name, panel->row_labels,
                            panel->column_labels, plot->decimals};
        print_shades_between(stdout, panel->values, style, low, high);
    }
}

Status plot_heatmaps(const HeatmapPlot *plot)
{
    if (plots == NULL)
        return STATUS_OK;
    if (plot->panel_count == 0)
        return fail(STATUS_VALUE, "plot_heatmaps: 0 panels, expected 1 or more");
    HeatmapLayout layout = heatmap_layout(plot);
    Drawing drawing = {plots, plot->name, heatmap_write_data, heatmap_write_commands, &layout};
    bool drawn = false;
    Status status = make(&drawing, &drawn);
    if (status == STATUS_OK && !drawn)
        show_heatmaps(plot);
    return status;
}

/* The curves as the rows of a matrix; the shorter ones end with NaN. */
static Status curve_rows(const CurvePlot *plot, Matrix *rows, const char **labels)
{
    size_t longest = 0;
    for (size_t i = 0; i < plot->curve_count; i++)
        longest = plot->curves[i].count > longest ? plot->curves[i].count : longest;
    Status status = matrix_create(plot->curve_count, longest, rows);
    for (size_t i = 0; status == STATUS_OK && i < plot->curve_count; i++) {
        labels[i] = plot->curves[i].label;
        for (size_t j = 0; j < longest; j++)
            matrix_row(*rows, i)[j] = j < plot->curves[i].count ? plot->curves[i].y[j] : NAN;
    }
    return status;
}

/* What the columns of the map are. */
static void print_abscissae(const CurvePlot *plot)
{
    const Curve *curve = &plot->curves[0];
    TextLine line = {stdout, 0, 0};
    char range[96];
    if (curve->count == 0)
        return;
    snprintf(range, sizeof range, " from %g to %g", (double)curve->x[0],
             (double)curve->x[curve->count - 1]);
    text_put(&line, "  from left to right: ");
    text_put(&line, plot->x_axis != NULL ? plot->x_axis : "x");
    text_put(&line, range);
    text_end(&line);
}

static Status show_curves(const CurvePlot *plot)
{
    enum { DECIMALS = 3 };
    Matrix rows = NO_MATRIX;
    const char **labels = memory_allocate(plot->curve_count, sizeof *labels);
    Status status = labels != NULL ? curve_rows(plot, &rows, labels) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        print_shades(stdout, rows,
                     (PrintStyle){plot->title != NULL ? plot->title : plot->name,
                                  (const char *const *)labels, NULL, DECIMALS});
        print_abscissae(plot);
    }
    matrix_free(&rows);
    free(labels);
    return status;
}

Status plot_curves(const CurvePlot *plot)
{
    if (plots == NULL)
        return STATUS_OK;
    if (plot->curve_count == 0)
        return fail(STATUS_VALUE, "plot_curves: 0 curves, expected 1 or more");
    Drawing drawing = {plots, plot->name, curves_write_data, curves_write_commands, plot};
    bool drawn = false;
    Status status = make(&drawing, &drawn);
    return status == STATUS_OK && !drawn ? show_curves(plot) : status;
}
