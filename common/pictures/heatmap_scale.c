#include "heatmap_scale.h"

#include "canvas.h"
#include "text.h"
#include "ticks.h"

enum { BAR_PARTS = 80, TICK_HEIGHT = 4, SWATCH_GAP = 5 };

/* The top of the bar: below the unit. */
static double bar_top(const HeatmapLayout *layout)
{
    return layout->scale_top + CANVAS_LINE;
}

static double tick_x(const HeatmapLayout *layout, double value)
{
    ColourScale scale = layout->scale;
    return layout->left +
           (double)HEATMAP_SCALE_WIDTH * (value - scale.low) / (scale.high - scale.low);
}

static Ticks scale_ticks(const HeatmapLayout *layout)
{
    enum { MOST_STEPS = 5 };
    return ticks_between(layout->scale.low, layout->scale.high, MOST_STEPS);
}

static void write_tick_labels(FILE *data, const HeatmapLayout *layout)
{
    char text[32];
    Ticks ticks = scale_ticks(layout);
    double y = bar_top(layout) + (double)HEATMAP_SWATCH + (double)CANVAS_LINE / 2.0 + 2;
    for (int i = 0; i < ticks.count; i++) {
        double value = tick_value(ticks, i);
        snprintf(text, sizeof text, "%.9g", value);
        canvas_text(data, CANVAS_LABEL_MIDDLE, tick_x(layout, value), y, text);
    }
}

static double swatch_x(const HeatmapLayout *layout, size_t index)
{
    return layout->left + (double)index * layout->slot;
}

static void write_swatch_labels(FILE *data, const HeatmapLayout *layout)
{
    char number[NUMBER_SIZE];
    for (size_t i = 0; i < layout->whole_count; i++)
        canvas_text(data, CANVAS_LABEL,
                    swatch_x(layout, i) + (double)HEATMAP_SWATCH + (double)SWATCH_GAP,
                    bar_top(layout) + (double)HEATMAP_SWATCH / 2.0,
                    number_text(layout->first_whole + (double)i, 0, number));
}

/* The grey of infinite numbers stands to the right of everything else. */
static double infinite_x(const HeatmapLayout *layout)
{
    return layout->whole_count > 0 ? swatch_x(layout, layout->whole_count)
                                   : layout->left + HEATMAP_SCALE_WIDTH + HEATMAP_GAP;
}

static void write_scale_labels(FILE *data, const HeatmapLayout *layout)
{
    canvas_text(data, CANVAS_NOTE, layout->left, layout->scale_top + (double)CANVAS_LINE / 2.0,
                layout->plot->unit);
    if (layout->whole_count > 0)
        write_swatch_labels(data, layout);
    else
        write_tick_labels(data, layout);
    if (layout->has_infinite)
        canvas_text(data, CANVAS_LABEL,
                    infinite_x(layout) + (double)HEATMAP_SWATCH + (double)SWATCH_GAP,
                    bar_top(layout) + (double)HEATMAP_SWATCH / 2.0, "infinite");
}

void heatmap_write_scale_texts(FILE *data, const HeatmapLayout *layout)
{
    char note[128];
    if (layout->plot->unit != NULL)
        write_scale_labels(data, layout);
    if (layout->block == 1)
        return;
    snprintf(note, sizeof note, "Each cell is the mean of %zu x %zu numbers.", layout->block,
             layout->block);
    canvas_text(data, CANVAS_NOTE, layout->left,
                layout->height - (double)CANVAS_MARGIN - (double)CANVAS_LINE / 2.0, note);
}

static void write_box(FILE *data, double x, double y, double width, double height, uint32_t colour)
{
    fprintf(data, "%g\t%g\t%g\t%g\t%lu\n", x + width / 2.0, y + height / 2.0, width / 2.0,
            height / 2.0, (unsigned long)colour);
}

static void write_bar(FILE *data, const HeatmapLayout *layout)
{
    ColourScale scale = layout->scale;
    double part = (double)HEATMAP_SCALE_WIDTH / (double)BAR_PARTS;
    for (int i = 0; i < BAR_PARTS; i++) {
        double value = scale.low + (scale.high - scale.low) * (i + 0.5) / (double)BAR_PARTS;
        /* Each part but the last reaches below the next, so that no seam shines through. */
        write_box(data, layout->left + i * part, bar_top(layout),
                  i + 1 < BAR_PARTS ? part + 1 : part, HEATMAP_SWATCH, colour_of(scale, value));
    }
    Ticks ticks = scale_ticks(layout);
    for (int i = 0; i < ticks.count; i++)
        write_box(data, tick_x(layout, tick_value(ticks, i)) - 0.5,
                  bar_top(layout) + (double)HEATMAP_SWATCH, 1, TICK_HEIGHT, 0x555555);
}

static void write_swatches(FILE *data, const HeatmapLayout *layout)
{
    for (size_t i = 0; i < layout->whole_count; i++)
        write_box(data, swatch_x(layout, i), bar_top(layout), HEATMAP_SWATCH, HEATMAP_SWATCH,
                  colour_of(layout->scale, layout->first_whole + (double)i));
}

void heatmap_write_scale(FILE *data, const HeatmapLayout *layout)
{
    canvas_begin_block(data, "the scale: x, y, half the width, half the height, colour");
    if (layout->whole_count > 0)
        write_swatches(data, layout);
    else
        write_bar(data, layout);
    if (layout->has_infinite)
        write_box(data, infinite_x(layout), bar_top(layout), HEATMAP_SWATCH, HEATMAP_SWATCH,
                  COLOUR_INFINITE);
}
