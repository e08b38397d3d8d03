#include "plot_table.h"

#include "downsample.h"
#include "plot.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CELLS = 160, LABEL_LIMIT = 32, TEXT_LIMIT = 200, DIGITS = 6, ALL_DIGITS = 9 };

/* gnuplot ends a text at a quote, ignores what follows a '#', and reads a backslash as C does. */
static void put_text(FILE *table, const char *text, int limit)
{
    char character[CHARACTER_SIZE];
    for (int i = 0; text != NULL && i < limit && text_next(&text, character); i++)
        if (strchr("\"#\\", *character) != NULL)
            fprintf(table, "\\%03o", (unsigned)*character);
        else
            fputs(character, table);
}

static void put_line(FILE *table, const char *key, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    fprintf(table, "%s\t", key);
    put_text(table, text, TEXT_LIMIT);
    fputc('\n', table);
}

static void begin(FILE *table, const char *name, const char *kind, const char *title)
{
    fprintf(table, PLOT_TABLE_START " It is drawn by common/pictures/picture.gnuplot.\n", name);
    put_line(table, "kind", kind);
    put_line(table, "title", title);
}

/* Six digits are enough for colours and curves. More are written where rounding twice would show
 * another number, and for counts. */
static void put_number(FILE *table, float value, int decimals)
{
    char brief[NUMBER_SIZE], text[2][NUMBER_SIZE];
    snprintf(brief, sizeof brief, "%.*g", value == floorf(value) ? ALL_DIGITS : DIGITS,
             (double)value);
    number_text(value, decimals, text[0]);
    number_text(strtod(brief, NULL), decimals, text[1]);
    if (isfinite(value) && strcmp(text[0], text[1]) != 0)
        snprintf(brief, sizeof brief, "%.*g", ALL_DIGITS, (double)value);
    fputs(brief, table);
}

static void put_label(FILE *table, const char *const *labels, size_t index)
{
    char number[NUMBER_SIZE];
    const char *label = labels != NULL ? labels[index] : number_text((double)index, 0, number);
    /* gnuplot does not count an empty column at the end of a line. */
    if (label == NULL || *label == '\0')
        fputs("\\040", table);
    else
        put_text(table, label, LABEL_LIMIT);
}

static void put_cells(FILE *table, const HeatmapPanel *panel, Downsampled cells, int decimals)
{
    size_t rows = downsample_rows(cells), cols = downsample_cols(cells);
    for (size_t c = 0; c < cols; c++) {
        fputc('\t', table);
        put_label(table, panel->column_labels, c * cells.block_cols);
    }
    for (size_t r = 0; r < rows; r++) {
        fputc('\n', table);
        put_label(table, panel->row_labels, r * cells.block_rows);
        for (size_t c = 0; c < cols; c++) {
            fputc('\t', table);
            put_number(table, downsample_value(cells, r, c), decimals);
        }
    }
    fputc('\n', table);
}

static void put_panel(FILE *table, const HeatmapPanel *panel, Downsampled cells)
{
    const char *const texts[] = {panel->title, panel->row_axis, panel->column_axis};
    fputs("panel\t", table);
    for (int i = 0; i < 3; i++) {
        put_text(table, texts[i], TEXT_LIMIT);
        fputc('\t', table);
    }
    fprintf(table, "%zu\t%zu\n", downsample_rows(cells), downsample_cols(cells));
}

static size_t block_of(const HeatmapPlot *plot)
{
    size_t most = 1;
    for (size_t i = 0; i < plot->panel_count; i++) {
        Matrix values = plot->panels[i].values;
        size_t longest = values.rows > values.cols ? values.rows : values.cols;
        size_t block = downsample_block(longest, MOST_CELLS);
        most = block > most ? block : most;
    }
    return most;
}

void plot_table_heatmaps(FILE *table, const void *plot)
{
    const HeatmapPlot *about = plot;
    size_t block = block_of(about), across = about->panels_per_row;
    begin(table, about->name, "heatmaps", about->title);
    put_line(table, "unit", about->unit);
    if (isfinite(about->low) && isfinite(about->high) && about->low < about->high)
        fprintf(table, "low\t%.9g\nhigh\t%.9g\n", (double)about->low, (double)about->high);
    if (about->decimals >= 0)
        fprintf(table, "decimals\t%d\n", about->decimals);
    for (size_t i = 0; about->parts != NULL && i < 2; i++)
        put_line(table, i == 0 ? "whole" : "tenth", about->parts[i]);
    if (block > 1)
        fprintf(table, "block\t%zu\n", block);
    fprintf(table, "across\t%zu\n",
            across == 0 || across > about->panel_count ? about->panel_count : across);
    for (size_t i = 0; i < about->panel_count; i++)
        put_panel(table, &about->panels[i], (Downsampled){about->panels[i].values, block, block});
    for (size_t i = 0; i < about->panel_count; i++) {
        fputs("\n\n", table);
        put_cells(table, &about->panels[i], (Downsampled){about->panels[i].values, block, block},
                  about->decimals);
    }
}

/* NaN is what gnuplot leaves a gap for. */
static float number_or_gap(float value)
{
    return isfinite(value) ? value : NAN;
}

/* A block of x and the y of one or more curves. */
static void put_curves(FILE *table, const Curve *curves, size_t curve_count)
{
    fputs("\n\n", table);
    for (size_t i = 0; i < curves->count; i++) {
        put_number(table, number_or_gap(curves->x[i]), 0);
        for (size_t j = 0; j < curve_count; j++) {
            fputc('\t', table);
            put_number(table, number_or_gap(curves[j].y[i]), 0);
        }
        fputc('\n', table);
    }
    /* gnuplot would not count an empty block. */
    if (curves->count == 0)
        fputs("nan\tnan\n", table);
}

static bool share_x(const CurvePlot *plot)
{
    for (size_t i = 1; i < plot->curve_count; i++)
        if (plot->curves[i].x != plot->curves[0].x ||
            plot->curves[i].count != plot->curves[0].count)
            return false;
    return true;
}

void plot_table_curves(FILE *table, const void *plot)
{
    const CurvePlot *about = plot;
    begin(table, about->name, "curves", about->title);
    put_line(table, "x", about->x_axis);
    put_line(table, "y", about->y_axis);
    if (about->log_x)
        fputs("log x\tyes\n", table);
    if (about->log_y)
        fputs("log y\tyes\n", table);
    if (about->points)
        fputs("points\tyes\n", table);
    if (about->arrows)
        fputs("arrows\tyes\n", table);
    for (size_t i = 0; i < about->curve_count; i++) {
        fputs("curve\t", table);
        put_text(table, about->curves[i].label, LABEL_LIMIT);
        fprintf(table, "\t%zu\n", about->curves[i].count);
    }
    size_t together = share_x(about) ? about->curve_count : 1;
    fprintf(table, "together\t%zu\n", together);
    for (size_t i = 0; i < about->curve_count; i += together)
        put_curves(table, &about->curves[i], together);
}
