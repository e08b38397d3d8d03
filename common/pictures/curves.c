#include "curves.h"

#include "canvas.h"
#include "curve_axes.h"
#include "text.h"

#include <math.h>

/* Measures in pixels: the area of the curves, and what stands around it. */
enum {
    AREA_WIDTH = 560,
    AREA_HEIGHT = 340,
    TICK_LABELS = 56,  /* Left of the area. */
    LEGEND_GAP = 20,   /* Right of the area. */
    SAMPLE_WIDTH = 36, /* A piece of the curve in the legend. */
    SAMPLE_GAP = 8,
    LEGEND_LINE = 22
};

/* Okabe and Ito (2008), without the yellow that white paper swallows: for all kinds of sight. */
static const char *const COLOURS[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                      "#E69F00", "#56B4E9", "#000000"};
static const char *const DASHES[] = {"solid", "(14,5)", "(3,4)", "(14,4,3,4)", "(7,4)"};
/* gnuplot's numbers of a filled circle, square, triangle, diamond and triangle upside down. */
static const int POINTS[] = {7, 5, 9, 13, 11};

enum {
    COLOUR_COUNT = sizeof COLOURS / sizeof *COLOURS,
    DASH_COUNT = sizeof DASHES / sizeof *DASHES
};

/* Where everything stands. */
typedef struct Layout {
    int width, height; /* The page. */
    int left, top;     /* The area's upper left corner. */
} Layout;

/* The width of the legend, 0 without one. */
static int legend_width(const CurvePlot *plot)
{
    int width = 0;
    for (size_t i = 0; i < plot->curve_count; i++) {
        const char *label = plot->curves[i].label;
        int text = canvas_width(CANVAS_LABEL, text_columns(label));
        int entry = label != NULL ? LEGEND_GAP + SAMPLE_WIDTH + SAMPLE_GAP + text : 0;
        width = entry > width ? entry : width;
    }
    return width;
}

static Layout make_layout(const CurvePlot *plot)
{
    int legend_height = (int)plot->curve_count * LEGEND_LINE;
    Layout layout = {.left = CANVAS_MARGIN + TICK_LABELS, .top = CANVAS_MARGIN + 8};
    layout.width = layout.left + AREA_WIDTH + CANVAS_MARGIN + legend_width(plot);
    layout.top +=
        CANVAS_TITLE_LINE * canvas_title_lines(plot->title, layout.width - 2 * CANVAS_MARGIN);
    if (plot->y_axis != NULL)
        layout.top += CANVAS_TITLE_LINE;
    layout.height = layout.top + 3 * CANVAS_LINE + CANVAS_MARGIN +
                    (legend_height > AREA_HEIGHT ? legend_height : AREA_HEIGHT);
    return layout;
}

static double legend_x(const Layout *layout)
{
    return layout->left + AREA_WIDTH + LEGEND_GAP;
}

static double legend_y(const Layout *layout, size_t entry)
{
    return layout->top + ((double)entry + 0.5) * (double)LEGEND_LINE;
}

static void write_texts(FILE *data, const CurvePlot *plot, Layout layout)
{
    canvas_begin_data(data, plot->name);
    canvas_title(data, plot->title, layout.width - 2 * CANVAS_MARGIN);
    canvas_text(data, CANVAS_NOTE, CANVAS_MARGIN, layout.top - CANVAS_LINE, plot->y_axis);
    canvas_text(data, CANVAS_NOTE_MIDDLE, layout.left + (double)AREA_WIDTH / 2.0,
                layout.top + (double)AREA_HEIGHT + 2.5 * (double)CANVAS_LINE, plot->x_axis);
    size_t entry = 0;
    for (size_t i = 0; i < plot->curve_count; i++)
        if (plot->curves[i].label != NULL)
            canvas_text(data, CANVAS_LABEL,
                        legend_x(&layout) + (double)SAMPLE_WIDTH + (double)SAMPLE_GAP,
                        legend_y(&layout, entry++), plot->curves[i].label);
}

/* NaN is what gnuplot leaves a gap for. */
static double number_or_gap(float value)
{
    return isfinite(value) ? value : NAN;
}

void curves_write_data(FILE *data, const void *plot)
{
    const CurvePlot *about = plot;
    write_texts(data, about, make_layout(about));
    for (size_t i = 0; i < about->curve_count; i++) {
        const Curve *curve = &about->curves[i];
        canvas_begin_block(data, "x, y");
        for (size_t j = 0; j < curve->count; j++)
            fprintf(data, "%.9g\t%.9g\n", number_or_gap(curve->x[j]), number_or_gap(curve->y[j]));
        /* gnuplot would not count an empty block. */
        if (curve->count == 0)
            fprintf(data, "NaN\tNaN\n");
    }
}

/* Colours and dashes go round with different periods, so that no two curves look the same. */
static void write_line_style(FILE *commands, size_t curve)
{
    fprintf(commands, "linecolor rgb \"%s\" linewidth 2 dashtype %s", COLOURS[curve % COLOUR_COUNT],
            DASHES[(curve + curve / COLOUR_COUNT) % DASH_COUNT]);
}

static void write_point_style(FILE *commands, size_t curve)
{
    fprintf(commands, " pointtype %d pointsize 0.7", POINTS[curve % DASH_COUNT]);
}

static bool is_point(const CurvePlot *plot, const Curve *curve, size_t index)
{
    return index < curve->count && curves_can_show(curve->x[index], plot->log_x) &&
           curves_can_show(curve->y[index], plot->log_y);
}

/* A point between two gaps has no line, so it must be marked. */
static bool has_points(const CurvePlot *plot, size_t curve)
{
    const Curve *about = &plot->curves[curve];
    bool before = false;
    for (size_t i = 0; i < about->count; i++) {
        bool here = is_point(plot, about, i);
        if (here && !before && !is_point(plot, about, i + 1))
            return true;
        before = here;
    }
    return plot->points;
}

static void write_sample(FILE *commands, const CurvePlot *plot, Layout layout, size_t curve,
                         size_t entry)
{
    double x = legend_x(&layout), y = legend_y(&layout, entry);
    fprintf(commands, "    set arrow from %g,%g to %g,%g nohead ", x, y, x + (double)SAMPLE_WIDTH,
            y);
    write_line_style(commands, curve);
    fputc('\n', commands);
    if (has_points(plot, curve)) {
        fprintf(commands, "    set label at %g,%g \"\" point linecolor rgb \"%s\"",
                x + (double)SAMPLE_WIDTH / 2.0, y, COLOURS[curve % COLOUR_COUNT]);
        write_point_style(commands, curve);
        fputc('\n', commands);
    }
}

static void write_page(FILE *commands, const CurvePlot *plot, Layout layout)
{
    canvas_begin_commands(commands, plot->name, layout.width, layout.height);
    size_t entry = 0;
    for (size_t i = 0; i < plot->curve_count; i++)
        if (plot->curves[i].label != NULL)
            write_sample(commands, plot, layout, i, entry++);
    canvas_begin_plot(commands);
    fprintf(commands, "\n    unset arrow\n    unset label\n");
}

static void write_area(FILE *commands, Layout layout)
{
    double width = layout.width, height = layout.height;
    fprintf(commands, "    set lmargin at screen %.6f\n    set rmargin at screen %.6f\n",
            layout.left / width, (layout.left + AREA_WIDTH) / width);
    fprintf(commands, "    set tmargin at screen %.6f\n    set bmargin at screen %.6f\n",
            1.0 - layout.top / height, 1.0 - (layout.top + AREA_HEIGHT) / height);
}

void curves_write_commands(FILE *commands, const void *plot)
{
    const CurvePlot *about = plot;
    Layout layout = make_layout(about);
    write_page(commands, about, layout);
    write_area(commands, layout);
    curves_write_axes(commands, about);
    for (size_t i = 0; i < about->curve_count; i++) {
        fprintf(commands, "%s data index %zu using 1:2 with %s ",
                i == 0 ? "    plot" : ", \\\n        ", i + 1,
                has_points(about, i) ? "linespoints" : "lines");
        write_line_style(commands, i);
        if (has_points(about, i))
            write_point_style(commands, i);
    }
    fprintf(
        commands,
        "\n    unset logscale\n    unset grid\n    set xtics autofreq\n    set ytics autofreq\n");
    canvas_end_commands(commands);
}
