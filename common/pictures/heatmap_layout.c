#include "heatmap_layout.h"

#include "canvas.h"
#include "text.h"

#include <math.h>

/* Limits of what is drawn, in cells and in pixels. */
enum {
    MOST_CELLS = 160,
    MOST_WHOLE = 12,
    LARGEST_WHOLE = 1000000,
    LEAST_PAGE = 300,
    WIDEST_TITLE = 520,
    LARGEST_CELL = 56,
    LEAST_CELL = 5,
    LEAST_LABELLED_CELL = 15,
    LEAST_NUMBERED_CELL = 26,
    LARGEST_NUMBERED_GRID = 1100, /* The largest. */
    GRID_OF_NUMBERS = 340,        /* The usual size of a grid with numbers in its cells, */
    GRID_OF_COLOURS = 760,        /* and of one without. */
    GRIDS_SIDE_BY_SIDE = 1100,
};

/* What the panels need. */
typedef struct Needs {
    size_t rows, cols;              /* The most cells. */
    size_t number;                  /* The widest number, in characters. */
    size_t row_label, column_label; /* The widest words. */
    size_t row_axis, column_axis;   /* The widest names. */
    size_t title;                   /* The widest title. */
    bool words;                     /* There are labels that are words. */
    float low, high;                /* The finite numbers. */
    bool whole;                     /* All finite numbers are whole. */
} Needs;

static void raise(size_t *most, size_t value)
{
    if (value > *most)
        *most = value;
}

static int at_least(int value, int least)
{
    return value > least ? value : least;
}

static int at_most(int value, int most)
{
    return value < most ? value : most;
}

Overview heatmap_cells(const HeatmapLayout *layout, size_t panel)
{
    return (Overview){layout->plot->panels[panel].values, layout->block, layout->block};
}

/* Looks at every number of a panel. */
static void survey_numbers(HeatmapLayout *layout, Overview cells, Needs *needs)
{
    char text[NUMBER_SIZE];
    for (size_t r = 0; r < overview_rows(cells); r++)
        for (size_t c = 0; c < overview_cols(cells); c++) {
            float value = overview_value(cells, r, c);
            layout->has_infinite = layout->has_infinite || isinf(value);
            needs->whole = needs->whole && (!isfinite(value) || value == floorf(value));
            raise(&needs->number, text_columns(number_text(value, layout->plot->decimals, text)));
        }
    overview_range(cells, &needs->low, &needs->high);
}

static void survey_labels(const HeatmapPanel *panel, Overview cells, Needs *needs)
{
    enum { DIGITS = 3 };
    raise(&needs->rows, overview_rows(cells));
    raise(&needs->cols, overview_cols(cells));
    raise(&needs->row_label,
          panel->row_labels != NULL ? text_widest(panel->row_labels, panel->values.rows) : DIGITS);
    raise(&needs->column_label, text_widest(panel->column_labels, panel->values.cols));
    raise(&needs->row_axis, text_columns(panel->row_axis));
    raise(&needs->column_axis, text_columns(panel->column_axis));
    raise(&needs->title, text_columns(panel->title));
    needs->words = needs->words || panel->row_labels != NULL || panel->column_labels != NULL;
}

static Needs survey(HeatmapLayout *layout)
{
    Needs needs = {.low = INFINITY, .high = -INFINITY, .whole = true};
    for (size_t i = 0; i < layout->plot->panel_count; i++) {
        Matrix values = layout->plot->panels[i].values;
        raise(&layout->block, overview_block(values.rows, MOST_CELLS));
        raise(&layout->block, overview_block(values.cols, MOST_CELLS));
    }
    for (size_t i = 0; i < layout->plot->panel_count; i++) {
        Overview cells = heatmap_cells(layout, i);
        survey_numbers(layout, cells, &needs);
        survey_labels(&layout->plot->panels[i], cells, &needs);
    }
    return needs;
}

/* Few whole numbers, such as heads or a mask of 0 and 1, are better told apart one by one. */
static void plan_scale(HeatmapLayout *layout, Needs needs)
{
    bool given = isfinite(layout->plot->low) && isfinite(layout->plot->high) &&
                 layout->plot->low < layout->plot->high;
    float low = given ? layout->plot->low : needs.low;
    float high = given ? layout->plot->high : needs.high;
    layout->scale = colour_scale(low, high);
    if (!needs.whole || !(low <= high) || low != floorf(low) ||
        fabsf(low) >= (float)LARGEST_WHOLE || high != floorf(high) ||
        high - low >= (float)MOST_WHOLE)
        return;
    char text[NUMBER_SIZE];
    size_t first = text_columns(number_text(low, 0, text));
    size_t last = text_columns(number_text(high, 0, text));
    layout->first_whole = low;
    layout->whole_count = (size_t)(high - low) + 1;
    layout->slot =
        HEATMAP_SWATCH + canvas_width(CANVAS_LABEL, first > last ? first : last) + CANVAS_MARGIN;
}

/* Cells large enough for their numbers if the page allows it; else as large as fits. */
static void plan_cell(HeatmapLayout *layout, Needs needs)
{
    int longest = at_least((int)(needs.rows > needs.cols ? needs.rows : needs.cols), 1);
    int number = at_least(canvas_width(CANVAS_LABEL, needs.number) + 6, LEAST_NUMBERED_CELL);
    int across = (int)layout->across * at_least((int)needs.cols, 1);
    layout->numbers = layout->plot->decimals >= 0 && number * longest <= LARGEST_NUMBERED_GRID;
    int least = LEAST_CELL;
    if (layout->numbers)
        least = number;
    else if (needs.words && longest * LEAST_LABELLED_CELL <= GRIDS_SIDE_BY_SIDE)
        least = LEAST_LABELLED_CELL;
    int grid = layout->numbers ? GRID_OF_NUMBERS : GRID_OF_COLOURS;
    int cell = at_most(grid / longest, GRIDS_SIDE_BY_SIDE / across);
    layout->cell = at_least(at_most(cell, LARGEST_CELL), least);
}

static void plan_box(HeatmapLayout *layout, Needs needs)
{
    int label = canvas_width(CANVAS_LABEL, needs.column_label);
    int rows = (int)needs.rows * layout->cell, cols = (int)needs.cols * layout->cell;
    layout->upright = label + 4 > layout->cell;
    layout->gutter =
        at_least(canvas_width(CANVAS_LABEL, needs.row_label),
                 needs.row_axis > 0 ? canvas_width(CANVAS_NOTE, needs.row_axis + 3) : 0) +
        HEATMAP_LABEL_GAP;
    layout->label_band = layout->upright ? label + 2 * HEATMAP_LABEL_GAP : CANVAS_LINE;
    layout->band = layout->label_band;
    if (needs.column_axis > 0)
        layout->band += CANVAS_LINE;
    if (needs.title > 0)
        layout->band += CANVAS_TITLE_LINE;
    int content = at_least(cols, canvas_width(CANVAS_NOTE, needs.column_axis + 2));
    layout->box_width =
        at_least(layout->gutter + content, canvas_width(CANVAS_SUBTITLE, needs.title));
    layout->box_height = layout->band + rows;
}

/* The width of the scale with its texts. */
static int scale_width(const HeatmapLayout *layout)
{
    enum { INFINITE_SWATCH = 100 };
    if (layout->plot->unit == NULL)
        return 0;
    int unit = canvas_width(CANVAS_NOTE, text_columns(layout->plot->unit));
    int bar = layout->whole_count > 0 ? (int)layout->whole_count * layout->slot
                                      : HEATMAP_SCALE_WIDTH + HEATMAP_GAP;
    return at_least(bar + (layout->has_infinite ? INFINITE_SWATCH : 0), unit);
}

static void plan_page(HeatmapLayout *layout)
{
    const HeatmapPlot *plot = layout->plot;
    int across = (int)layout->across;
    int down = (int)((plot->panel_count - 1) / layout->across) + 1;
    int title = canvas_width(CANVAS_TITLE, text_columns(plot->title));
    int content = across * layout->box_width + (across - 1) * HEATMAP_GAP;
    content = at_least(at_least(content, LEAST_PAGE), scale_width(layout));
    content = at_least(content, at_most(title, WIDEST_TITLE));
    layout->width = content + 2 * CANVAS_MARGIN;
    layout->left = CANVAS_MARGIN;
    layout->top = CANVAS_MARGIN + CANVAS_TITLE_LINE * canvas_title_lines(plot->title, content) + 8;
    layout->scale_top =
        layout->top + down * layout->box_height + (down - 1) * HEATMAP_GAP + CANVAS_MARGIN;
    layout->height = layout->scale_top + (layout->block > 1 ? CANVAS_LINE + CANVAS_MARGIN / 2 : 0) +
                     (plot->unit != NULL ? 3 * CANVAS_LINE + CANVAS_MARGIN : 0);
}

HeatmapLayout heatmap_layout(const HeatmapPlot *plot)
{
    HeatmapLayout layout = {.plot = plot, .block = 1, .across = plot->panels_per_row};
    if (layout.across == 0 || layout.across > plot->panel_count)
        layout.across = plot->panel_count;
    Needs needs = survey(&layout);
    plan_scale(&layout, needs);
    plan_cell(&layout, needs);
    plan_box(&layout, needs);
    plan_page(&layout);
    return layout;
}

int heatmap_grid_left(const HeatmapLayout *layout, size_t panel)
{
    int step = layout->box_width + HEATMAP_GAP;
    return layout->left + layout->gutter + (int)(panel % layout->across) * step;
}

int heatmap_grid_top(const HeatmapLayout *layout, size_t panel)
{
    int step = layout->box_height + HEATMAP_GAP;
    return layout->top + layout->band + (int)(panel / layout->across) * step;
}

size_t heatmap_label_step(const HeatmapLayout *layout, int room)
{
    size_t step = 1;
    while ((int)step * layout->cell < room)
        step *= 2;
    return step;
}
