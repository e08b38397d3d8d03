#include "plot.h"

#include "ascii_heatmap.h"
#include "downsample.h"
#include "memory.h"
#include "plot_file.h"
#include "plot_table.h"
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

static void say_drawn(const char *name)
{
    char path[PATH_MAX];
    TextLine line = {stdout, 0, 0};
    plot_file_path(plots, name, PLOT_SVG, path);
    text_put(&line, "picture: ");
    text_put(&line, path);
    text_end(&line);
}

/* Draws, and says what was drawn or why not. */
static Status make(const char *name, PlotWriter table, const void *what, bool *drawn)
{
    Status status = plot_file_make(plots, name, table, what, drawn);
    if (status == STATUS_OK && *drawn)
        say_drawn(name);
    else if (status == STATUS_OK)
        printf("gnuplot is not installed: showing %s as text (make deps installs it)\n", name);
    return status;
}

/* All panels in the same shades, as they would be in the same colours. */
static void show_heatmaps(const HeatmapPlot *plot)
{
    float low = plot->low, high = plot->high;
    if (!isfinite(low) || !isfinite(high) || !(low < high)) {
        low = INFINITY;
        high = -INFINITY;
        for (size_t i = 0; i < plot->panel_count; i++)
            downsample_range((Downsampled){plot->panels[i].values, 1, 1}, &low, &high);
    }
    for (size_t i = 0; i < plot->panel_count; i++) {
        const HeatmapPanel *panel = &plot->panels[i];
        PrintStyle style = {panel->title != NULL ? panel->title : plot->name, panel->row_labels,
                            panel->column_labels, plot->decimals};
        print_ascii_heatmap(stdout, panel->values, style, low, high);
    }
}

Status plot_heatmaps(const HeatmapPlot *plot)
{
    if (plots == NULL)
        return STATUS_OK;
    if (plot->panel_count == 0)
        return fail(STATUS_VALUE, "plot_heatmaps: 0 panels, expected 1 or more");
    for (size_t i = 0; i < plot->panel_count; i++) {
        Matrix values = plot->panels[i].values;
        if (values.rows == 0 || values.cols == 0)
            return fail(STATUS_VALUE, "plot_heatmaps: panel %zu is %zux%zu, expected 1 or more", i,
                        values.rows, values.cols);
    }
    bool drawn = false;
    Status status = make(plot->name, plot_table_heatmaps, plot, &drawn);
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
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < plot->curve_count; i++) {
        labels[i] = plot->curves[i].label;
        for (size_t j = 0; j < longest; j++)
            matrix_row(*rows, i)[j] = j < plot->curves[i].count ? plot->curves[i].y[j] : NAN;
    }
    return STATUS_OK;
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
    Status status = STATUS_OK;
    Matrix rows = NO_MATRIX;
    float low = INFINITY, high = -INFINITY;
    const char **labels = memory_allocate(plot->curve_count, sizeof *labels);
    TRY(labels != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    TRY(curve_rows(plot, &rows, labels));
    downsample_range((Downsampled){rows, 1, 1}, &low, &high);
    print_ascii_heatmap(stdout, rows,
                        (PrintStyle){plot->title != NULL ? plot->title : plot->name,
                                     (const char *const *)labels, NULL, DECIMALS},
                        low, high);
    print_abscissae(plot);
done:
    matrix_free(&rows);
    free(labels);
    return status;
}

static void show_arrows(const CurvePlot *plot)
{
    for (size_t i = 0; i < plot->curve_count; i++) {
        const Curve *arrow = &plot->curves[i];
        size_t tip = arrow->count - 1;
        TextLine line = {stdout, 0, 0};
        char places[128];
        if (arrow->count == 0)
            continue;
        snprintf(places, sizeof places, ": from (%.3g, %.3g) to (%.3g, %.3g)", (double)arrow->x[0],
                 (double)arrow->y[0], (double)arrow->x[tip], (double)arrow->y[tip]);
        text_put(&line, "  ");
        text_put(&line, arrow->label);
        text_put(&line, places);
        text_end(&line);
    }
}

Status plot_curves(const CurvePlot *plot)
{
    if (plots == NULL)
        return STATUS_OK;
    if (plot->curve_count == 0)
        return fail(STATUS_VALUE, "plot_curves: 0 curves, expected 1 or more");
    Status status = STATUS_OK;
    bool drawn = false;
    TRY(make(plot->name, plot_table_curves, plot, &drawn));
    if (!drawn && plot->arrows)
        show_arrows(plot);
    else if (!drawn)
        TRY(show_curves(plot));
done:
    return status;
}
