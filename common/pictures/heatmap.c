#include "heatmap.h"

#include "canvas.h"
#include "heatmap_scale.h"
#include "text.h"

#include <math.h>

enum {
    LEAST_CELL_WITH_LINE = 12, /* Cells of this size stand apart by a thin white line. */
    NUMBER_FONT = 11,          /* In the cells: a bit smaller than labels. */
    LABEL_HEIGHT = 15
};

/* The label of a row or column: a word, or its number. */
static void write_label(FILE *data, CanvasText kind, double x, double y, const char *const *words,
                        size_t index)
{
    char number[NUMBER_SIZE];
    canvas_text(data, kind, x, y,
                words != NULL ? words[index] : number_text((double)index, 0, number));
}

/* The pixels that the numbers of rows or columns take, with some air. */
static int number_room(size_t last)
{
    char number[NUMBER_SIZE];
    return canvas_width(CANVAS_LABEL, text_columns(number_text((double)last, 0, number))) + 6;
}

static void write_row_labels(FILE *data, const HeatmapLayout *layout, size_t panel)
{
    const HeatmapPanel *about = &layout->plot->panels[panel];
    size_t rows = overview_rows(heatmap_cells(layout, panel));
    double x = heatmap_grid_left(layout, panel) - HEATMAP_LABEL_GAP;
    double y = heatmap_grid_top(layout, panel) + layout->cell / 2.0;
    size_t step = heatmap_label_step(layout, LABEL_HEIGHT);
    canvas_axis(data, CANVAS_NOTE_LEFT, x,
                heatmap_grid_top(layout, panel) - (double)CANVAS_LINE / 2.0, about->row_axis, " ↓");
    /* The number of an only row tells nothing. */
    if (about->row_labels == NULL && rows == 1)
        return;
    for (size_t r = 0; r < rows; r += step)
        write_label(data, CANVAS_LABEL_LEFT, x, y + (double)r * layout->cell, about->row_labels,
                    r * layout->block);
}

/* Words that are too wide for their cells run upwards; numbers are left out instead. */
static void write_column_labels(FILE *data, const HeatmapLayout *layout, size_t panel)
{
    const HeatmapPanel *about = &layout->plot->panels[panel];
    size_t cols = overview_cols(heatmap_cells(layout, panel));
    bool words = about->column_labels != NULL, upright = layout->upright && words;
    CanvasText kind = upright ? CANVAS_LABEL_UP : CANVAS_LABEL_MIDDLE;
    double x = heatmap_grid_left(layout, panel) + layout->cell / 2.0;
    double y = heatmap_grid_top(layout, panel) -
               (upright ? (double)HEATMAP_LABEL_GAP : (double)CANVAS_LINE / 2.0);
    int room = upright ? LABEL_HEIGHT : words ? 0 : number_room(cols * layout->block);
    size_t step = heatmap_label_step(layout, room);
    if (!words && cols == 1)
        return;
    for (size_t c = 0; c < cols; c += step)
        write_label(data, kind, x + (double)c * layout->cell, y, about->column_labels,
                    c * layout->block);
}

static void write_panel_texts(FILE *data, const HeatmapLayout *layout, size_t panel)
{
    const HeatmapPanel *about = &layout->plot->panels[panel];
    int left = heatmap_grid_left(layout, panel);
    double y = heatmap_grid_top(layout, panel) - layout->band + (double)CANVAS_TITLE_LINE / 2.0;
    canvas_text(data, CANVAS_SUBTITLE, left - layout->gutter, y, about->title);
    /* The name of the columns stands on top of their labels. */
    y = heatmap_grid_top(layout, panel) - layout->label_band - (double)CANVAS_LINE / 2.0;
    canvas_axis(data, CANVAS_NOTE, left, y, about->column_axis, " →");
    write_row_labels(data, layout, panel);
    write_column_labels(data, layout, panel);
}

static void write_texts(FILE *data, const HeatmapLayout *layout)
{
    canvas_begin_data(data, layout->plot->name);
    canvas_title(data, layout->plot->title, layout->width - 2 * CANVAS_MARGIN);
    for (size_t i = 0; i < layout->plot->panel_count; i++)
        write_panel_texts(data, layout, i);
    heatmap_write_scale_texts(data, layout);
}

/* What is written into a cell: nothing for NaN, which is left blank. */
static void write_cell(FILE *data, const HeatmapLayout *layout, size_t row, size_t col, float value)
{
    char number[NUMBER_SIZE] = "";
    uint32_t colour = colour_of(layout->scale, value);
    if (layout->numbers && !isnan(value))
        number_text(value, layout->plot->decimals, number);
    fprintf(data, "%zu\t%zu\t%.9g\t%lu\t%lu\t\"%s\"\n", col, row, (double)value,
            (unsigned long)colour, (unsigned long)colour_ink(colour), number);
}

static void write_cells(FILE *data, const HeatmapLayout *layout, size_t panel)
{
    Overview cells = heatmap_cells(layout, panel);
    size_t rows = overview_rows(cells), cols = overview_cols(cells);
    canvas_begin_block(data, "column, row, number, colour, colour of the text, text");
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            write_cell(data, layout, r, c, overview_value(cells, r, c));
    /* gnuplot would not count an empty block. */
    if (rows == 0 || cols == 0)
        fprintf(data, "NaN\tNaN\tNaN\tNaN\tNaN\t\"\"\n");
}

void heatmap_write_data(FILE *data, const void *layout)
{
    const HeatmapLayout *plan = layout;
    write_texts(data, plan);
    for (size_t i = 0; i < plan->plot->panel_count; i++)
        write_cells(data, plan, i);
    if (plan->plot->unit != NULL)
        heatmap_write_scale(data, plan);
}

static void write_frame(FILE *commands, const HeatmapLayout *layout, size_t panel)
{
    Overview cells = heatmap_cells(layout, panel);
    int left = heatmap_grid_left(layout, panel), top = heatmap_grid_top(layout, panel);
    fprintf(commands,
            "    set object %zu rectangle from %d,%d to %d,%d front fillstyle empty \\\n"
            "        border linecolor rgb \"#888888\" linewidth 1\n",
            panel + 1, left, top, left + (int)overview_cols(cells) * layout->cell,
            top + (int)overview_rows(cells) * layout->cell);
}

/* The cells of a panel as filled squares, and the numbers in them. */
static void write_grid(FILE *commands, const HeatmapLayout *layout, size_t panel)
{
    /* A line between the cells is the last pixel of each, so that all edges are whole pixels.
     * Without it they overlap a little, or the white below would shine through the seams. */
    double line = layout->cell >= LEAST_CELL_WITH_LINE ? 1.0 : 0.0;
    double half = line > 0.0 ? (layout->cell - line) / 2.0 : layout->cell / 2.0 + 0.3;
    double left = heatmap_grid_left(layout, panel) + (layout->cell - line) / 2.0;
    double top = heatmap_grid_top(layout, panel) + (layout->cell - line) / 2.0;
    fprintf(commands,
            ", \\\n         data index %zu using (%g+%d*$1):(%g+%d*$2):(%g):(%g):4 \\\n"
            "             with boxxyerror fillstyle solid noborder linecolor rgb variable",
            panel + 1, left, layout->cell, top, layout->cell, half, half);
    if (layout->numbers)
        fprintf(commands,
                ", \\\n         data index %zu using (%g+%d*$1):(%g+%d*$2):6:5 \\\n"
                "             with labels center textcolor rgb variable font \",%d\"",
                panel + 1, left, layout->cell, top, layout->cell, NUMBER_FONT);
}

void heatmap_write_commands(FILE *commands, const void *layout)
{
    const HeatmapLayout *plan = layout;
    size_t panels = plan->plot->panel_count;
    canvas_begin_commands(commands, plan->plot->name, plan->width, plan->height);
    for (size_t i = 0; i < panels; i++)
        write_frame(commands, plan, i);
    canvas_begin_plot(commands);
    for (size_t i = 0; i < panels; i++)
        write_grid(commands, plan, i);
    if (plan->plot->unit != NULL)
        fprintf(commands,
                ", \\\n         data index %zu using 1:2:3:4:5 \\\n"
                "             with boxxyerror fillstyle solid noborder linecolor rgb variable",
                panels + 1);
    fprintf(commands, "\n");
    canvas_end_commands(commands);
}
