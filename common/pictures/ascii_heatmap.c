#include "ascii_heatmap.h"

#include "downsample.h"
#include "text.h"
#include "text_line.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The screen that the map must fit into, and the widest cell: three characters look square. */
enum { SCREEN_COLUMNS = 80, SCREEN_ROWS = 100, INDENT = 2, WIDEST_CELL = 3, LEAST_ROOM = 16 };

static const char RAMP[] = " .:-=+*#%@";

/* What is shown and how wide. */
typedef struct Map {
    Downsampled cells;
    PrintStyle style;
    float low, high;
    size_t label_width;
    size_t cell_width;
    bool has_nan;
} Map;

static Map make_map(Matrix matrix, PrintStyle style, float low, float high)
{
    Map map = {.style = style, .low = low, .high = high};
    map.label_width = text_widest(style.row_labels, matrix.rows);
    /* The indent, the blank after the label and the two bars take room from the cells. */
    size_t taken = INDENT + map.label_width + 3;
    size_t room = taken + LEAST_ROOM < SCREEN_COLUMNS ? SCREEN_COLUMNS - taken : (size_t)LEAST_ROOM;
    map.cells = (Downsampled){matrix, downsample_block(matrix.rows, SCREEN_ROWS),
                              downsample_block(matrix.cols, room)};
    map.cell_width = WIDEST_CELL;
    while (map.cell_width > 1 && downsample_cols(map.cells) > room / map.cell_width)
        map.cell_width--;
    return map;
}

/* Ten shades, each for a tenth of the range; an empty range is shown in the middle one. */
static char shade(const Map *map, float value)
{
    if (isnan(value))
        return '?';
    const size_t shades = sizeof RAMP - 1;
    double span = (double)map->high - map->low;
    double place = span > 0.0 && isfinite(span) ? ((double)value - map->low) / span : 0.5;
    if (place <= 0.0)
        return RAMP[0];
    return place >= 1.0 ? RAMP[shades - 1] : RAMP[(size_t)(place * (double)shades)];
}

static void start_line(TextLine *line, const Map *map, const char *label, const char *bar)
{
    text_blanks(line, INDENT);
    text_left(line, label, map->label_width);
    text_blanks(line, map->label_width > 0 ? 1 : 0);
    text_put(line, bar);
}

static void print_cells(TextLine *line, Map *map, size_t row)
{
    const char *const *labels = map->style.row_labels;
    size_t cols = downsample_cols(map->cells);
    start_line(line, map, labels != NULL ? labels[row * map->cells.block_rows] : "", "|");
    for (size_t c = 0; c < cols; c++) {
        float value = downsample_value(map->cells, row, c);
        char text[] = {shade(map, value), '\0'};
        map->has_nan = map->has_nan || isnan(value);
        for (size_t i = 0; i < map->cell_width; i++)
            text_put(line, text);
    }
    text_put(line, "|");
    text_end(line);
}

static bool labels_fit(const Map *map)
{
    return map->cells.block_cols == 1 &&
           text_widest(map->style.column_labels, map->cells.matrix.cols) < map->cell_width;
}

/* The columns' numbers, as many of them as there is room for. */
static void print_numbers(TextLine *line, const Map *map)
{
    size_t cols = downsample_cols(map->cells), block = map->cells.block_cols;
    char number[NUMBER_SIZE];
    size_t widest = strlen(number_text((double)(cols * block), 0, number));
    size_t step = 1;
    while (step * map->cell_width <= widest)
        step *= 2;
    for (size_t c = 0; c < cols; c += step)
        text_left(line, number_text((double)(c * block), 0, number), step * map->cell_width);
}

static void print_header(TextLine *line, const Map *map, bool fit)
{
    /* The columns begin after the bar. */
    start_line(line, map, "", " ");
    for (size_t c = 0; fit && c < map->cells.matrix.cols; c++)
        text_left(line, map->style.column_labels[c], map->cell_width);
    if (!fit)
        print_numbers(line, map);
    text_end(line);
}

/* What the numbers above the map stand for. */
static void print_legend(TextLine *line, const Map *map)
{
    char number[NUMBER_SIZE];
    text_blanks(line, INDENT);
    text_put(line, "columns:");
    for (size_t c = 0; c < map->cells.matrix.cols; c++) {
        const char *label = map->style.column_labels[c];
        number_text((double)c, 0, number);
        if (line->column + strlen(number) + text_columns(label) + 3 > SCREEN_COLUMNS) {
            text_end(line);
            text_blanks(line, 2 * INDENT);
        }
        text_put(line, " ");
        text_put(line, number);
        text_put(line, " ");
        text_put(line, label);
        text_put(line, c + 1 < map->cells.matrix.cols ? "," : "");
    }
    text_end(line);
}

static void print_range(FILE *stream, const Map *map)
{
    char low[NUMBER_SIZE], high[NUMBER_SIZE];
    number_text(map->low, map->style.decimals, low);
    number_text(map->high, map->style.decimals, high);
    if (map->low < map->high)
        fprintf(stream, "  ' ' is %s, '@' is %s", low, high);
    else if (map->low > map->high)
        fprintf(stream, "  no finite number");
    else
        fprintf(stream, "  '%c' is %s", shade(map, map->low), low);
    fprintf(stream, map->has_nan ? ", '?' is nan\n" : "\n");
    if (map->cells.block_rows > 1 || map->cells.block_cols > 1)
        fprintf(stream, "  each cell is the mean of %zu x %zu numbers\n", map->cells.block_rows,
                map->cells.block_cols);
}

void print_ascii_heatmap(FILE *stream, Matrix matrix, PrintStyle style, float low, float high)
{
    Map map = make_map(matrix, style, low, high);
    bool fit = style.column_labels == NULL || labels_fit(&map);
    TextLine line = {stream, 0, 0};
    text_title(&line, style.title, matrix.rows, matrix.cols);
    if (style.column_labels != NULL)
        print_header(&line, &map, fit);
    for (size_t r = 0; r < downsample_rows(map.cells); r++)
        print_cells(&line, &map, r);
    if (!fit && map.cells.block_cols == 1)
        print_legend(&line, &map);
    print_range(stream, &map);
}
