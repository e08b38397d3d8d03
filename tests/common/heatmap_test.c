/* What the pictures of heatmaps are made of. Whether gnuplot draws it is the matter of
 * plot_test.c. */
#include "assert.h"
#include "canvas.h"
#include "heatmap.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const WORDS[] = {"she", "sat", "by", "the", "river", "bank"};
static const char *const LONG_WORDS[] = {"she", "remembered", "by", "the", "river", "bank"};

static const HeatmapPanel NO_PANEL = {NULL, {NULL, 0, 0, 0}, NULL, NULL, NULL, NULL};

/* The content of the data file or the command file, to be freed. */
static char *written(void (*writer)(FILE *, const void *), const HeatmapPlot *plot)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(stream);
    HeatmapLayout layout = heatmap_layout(plot);
    writer(stream, &layout);
    fclose(stream);
    return text;
}

/* One line of the block of texts. */
typedef struct PageText {
    double x, y;
    char text[128];
    int kind;
} PageText;

/* Reads a line of numbers around a text in quotes. */
static bool read_text(const char *line, PageText *text)
{
    char *end;
    text->x = strtod(line, &end);
    text->y = strtod(end, &end);
    if (strncmp(end, "\t\"", 2) != 0)
        return false;
    int length = (int)strcspn(end + 2, "\"");
    snprintf(text->text, sizeof text->text, "%.*s", length, end + 2);
    text->kind = (int)strtol(end + 2 + length + 1, NULL, 10);
    return isfinite(text->x);
}

/* Reads the texts one after the other; NULL at the end of their block. */
static const char *next_text(const char *line, PageText *text)
{
    while (*line != '\n' && *line != '\0') {
        const char *next = line + strcspn(line, "\n") + 1;
        if (*line != '#' && read_text(line, text))
            return next;
        line = next;
    }
    return NULL;
}

/* The kind of a text that is on the page, or -1. */
static int kind_of(const char *data, const char *wanted)
{
    PageText text;
    while ((data = next_text(data, &text)) != NULL)
        if (strcmp(text.text, wanted) == 0)
            return text.kind;
    return -1;
}

static size_t count(const char *text, const char *wanted)
{
    size_t found = 0;
    for (; (text = strstr(text, wanted)) != NULL; text += strlen(wanted))
        found++;
    return found;
}

#define assert_contains(text, part) ck_assert_msg(strstr(text, part) != NULL, "%s", text)
#define assert_lacks(text, part) ck_assert_msg(strstr(text, part) == NULL, "%s", text)

/* --- Cells ----------------------------------------------------------------------------------- */

START_TEST(cells_hold_number_colour_and_text)
{
    float numbers[] = {0.0f, 0.5f, 1.0f, NAN, -INFINITY, -0.001f};
    HeatmapPanel panel = NO_PANEL;
    panel.values = matrix_view(numbers, 2, 3);
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, 0.0f, 1.0f, NULL, 2};
    char *data = written(heatmap_write_data, &plot);
    assert_contains(data, "\n0\t0\t0\t4456788\t16777215\t\"0.00\"\n");
    assert_contains(data, "\n1\t0\t0.5\t2199693\t0\t\"0.50\"\n");
    assert_contains(data, "\n2\t0\t1\t16639781\t0\t\"1.00\"\n");
    assert_contains(data, "\n0\t1\tnan\t16777215\t0\t\"\"\n");
    assert_contains(data, "\n1\t1\t-inf\t12434877\t0\t\"-inf\"\n");
    assert_contains(data, "\t4456788\t16777215\t\"0.00\"\n");
    free(data);
}
END_TEST

START_TEST(all_panels_share_one_scale)
{
    float left[] = {0.0f, 0.5f}, right[] = {2.0f, 1.0f};
    HeatmapPanel panels[] = {NO_PANEL, NO_PANEL};
    panels[0].values = matrix_view(left, 1, 2);
    panels[1].values = matrix_view(right, 2, 1);
    HeatmapPlot plot = {"a", NULL, panels, 2, 0, 0.0f, 0.0f, NULL, 1};
    HeatmapLayout layout = heatmap_layout(&plot);
    ck_assert_double_eq(layout.scale.low, 0.0);
    ck_assert_double_eq(layout.scale.high, 2.0);
    plot.low = -4.0f;
    plot.high = 8.0f;
    layout = heatmap_layout(&plot);
    ck_assert_double_eq(layout.scale.low, -4.0);
    ck_assert_double_eq(layout.scale.high, 8.0);
    plot.high = INFINITY;
    ck_assert_double_eq(heatmap_layout(&plot).scale.high, 2.0);
    plot.high = NAN;
    ck_assert_double_eq(heatmap_layout(&plot).scale.low, 0.0);
}
END_TEST

static HeatmapPlot plot_of(const HeatmapPanel *panel, int decimals)
{
    return (HeatmapPlot){"a", NULL, panel, 1, 0, 0.0f, 0.0f, NULL, decimals};
}

START_TEST(numbers_are_written_where_they_have_room)
{
    static float numbers[64 * 128];
    HeatmapPanel small = {.values = matrix_view(numbers, 6, 6)};
    HeatmapPanel large = {.values = matrix_view(numbers, 64, 128)};
    HeatmapPlot with = plot_of(&small, 2), without = plot_of(&small, -1),
                dense = plot_of(&large, 2);
    ck_assert(heatmap_layout(&with).numbers);
    ck_assert(!heatmap_layout(&without).numbers);
    ck_assert(!heatmap_layout(&dense).numbers);
    char *data = written(heatmap_write_data, &without);
    char *commands = written(heatmap_write_commands, &without);
    assert_contains(data, "\n5\t5\t0\t4456788\t16777215\t\"\"\n");
    assert_lacks(commands, ":6:5");
    free(data);
    free(commands);
}
END_TEST

START_TEST(a_cell_is_as_wide_as_its_number)
{
    float numbers[] = {-12345.678f, 1.0f};
    HeatmapPanel panel = NO_PANEL;
    panel.values = matrix_view(numbers, 1, 2);
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, 0.0f, 0.0f, NULL, 3};
    HeatmapLayout layout = heatmap_layout(&plot);
    ck_assert(layout.numbers);
    ck_assert_int_ge(layout.cell, canvas_width(CANVAS_LABEL, strlen("-12345.678")));
}
END_TEST

START_TEST(large_matrices_are_shown_in_blocks)
{
    Matrix large;
    assert_ok(matrix_create(500, 7, &large));
    HeatmapPanel panel = NO_PANEL;
    panel.values = large;
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, 0.0f, 0.0f, NULL, -1};
    HeatmapLayout layout = heatmap_layout(&plot);
    ck_assert_uint_eq(layout.block, 4);
    char *data = written(heatmap_write_data, &plot);
    assert_contains(data, "\"Each cell is the mean of 4 x 4 numbers.\"");
    assert_contains(data, "\n1\t124\t0\t");
    ck_assert_int_eq(kind_of(data, "480"), CANVAS_LABEL_LEFT);
    free(data);
    matrix_free(&large);
}
END_TEST

START_TEST(a_panel_without_cells_is_still_a_block)
{
    float number = 1.0f;
    HeatmapPanel panels[] = {NO_PANEL, NO_PANEL};
    panels[0].values = matrix_view(&number, 0, 3);
    panels[1].values = matrix_view(&number, 1, 1);
    HeatmapPlot plot = {"a", NULL, panels, 2, 0, 0.0f, 0.0f, "u", 0};
    char *data = written(heatmap_write_data, &plot);
    ck_assert_uint_eq(count(data, "\n\n\n"), 3);
    assert_contains(data, "\nNaN\tNaN\tNaN\tNaN\tNaN\t\"\"\n");
    free(data);
    panels[0].values = matrix_view(&number, 3, 0);
    data = written(heatmap_write_data, &plot);
    ck_assert_uint_eq(count(data, "\n\n\n"), 3);
    free(data);
}
END_TEST

/* --- Labels ---------------------------------------------------------------------------------- */

START_TEST(labels_and_axes_are_on_the_page)
{
    static float numbers[36];
    HeatmapPanel panel = {"head 1", matrix_view(numbers, 6, 6), WORDS, WORDS, "query", "key"};
    HeatmapPlot plot = {"a", "the point", &panel, 1, 0, 0.0f, 1.0f, "weight", 2};
    char *data = written(heatmap_write_data, &plot);
    ck_assert_int_eq(kind_of(data, "the point"), CANVAS_TITLE);
    ck_assert_int_eq(kind_of(data, "head 1"), CANVAS_SUBTITLE);
    ck_assert_int_eq(kind_of(data, "query ↓"), CANVAS_NOTE_LEFT);
    ck_assert_int_eq(kind_of(data, "key →"), CANVAS_NOTE);
    ck_assert_int_eq(kind_of(data, "weight"), CANVAS_NOTE);
    for (int i = 0; i < 6; i++) {
        char quoted[32];
        snprintf(quoted, sizeof quoted, "\"%s\"", WORDS[i]);
        ck_assert_uint_eq(count(data, quoted), 2);
    }
    ck_assert_int_eq(kind_of(data, "river"), CANVAS_LABEL_LEFT);
    ck_assert(!heatmap_layout(&plot).upright);
    free(data);
}
END_TEST

START_TEST(wide_column_labels_run_upwards)
{
    static float numbers[36];
    HeatmapPanel panel = NO_PANEL;
    panel.values = matrix_view(numbers, 6, 6);
    panel.column_labels = LONG_WORDS;
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, 0.0f, 1.0f, NULL, 2};
    HeatmapLayout layout = heatmap_layout(&plot);
    ck_assert(layout.upright);
    ck_assert_int_ge(layout.label_band, canvas_width(CANVAS_LABEL_UP, strlen("remembered")));
    char *data = written(heatmap_write_data, &plot);
    ck_assert_int_eq(kind_of(data, "remembered"), CANVAS_LABEL_UP);
    ck_assert_int_eq(kind_of(data, "by"), CANVAS_LABEL_UP);
    free(data);
}
END_TEST

START_TEST(rows_and_columns_without_labels_are_numbered)
{
    static float numbers[24];
    HeatmapPanel panel = NO_PANEL;
    panel.values = matrix_view(numbers, 4, 6);
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, 0.0f, 1.0f, NULL, 1};
    char *data = written(heatmap_write_data, &plot);
    ck_assert_uint_eq(count(data, "\"3\"\t6\n"), 1);
    ck_assert_uint_eq(count(data, "\"4\"\t6\n"), 0);
    ck_assert_uint_eq(count(data, "\"5\"\t7\n"), 1);
    free(data);
    /* But the number 0 of an only row or column says nothing. */
    panel.values = matrix_view(numbers, 1, 1);
    data = written(heatmap_write_data, &plot);
    ck_assert_int_eq(kind_of(data, "0"), -1);
    free(data);
}
END_TEST

/* --- The scale ------------------------------------------------------------------------------- */

START_TEST(few_whole_numbers_get_swatches)
{
    float heads[] = {0, 0, 1, 1, 2, 2};
    HeatmapPanel panel = NO_PANEL;
    panel.values = matrix_view(heads, 2, 3);
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, 0.0f, 0.0f, "head", 0};
    HeatmapLayout layout = heatmap_layout(&plot);
    ck_assert_uint_eq(layout.whole_count, 3);
    char *data = written(heatmap_write_data, &plot);
    ck_assert_int_eq(kind_of(data, "2"), CANVAS_LABEL_MIDDLE);
    ck_assert_uint_eq(count(data, "\"2\"\t5\n"), 1);
    ck_assert_uint_eq(count(strstr(data, "# the scale"), "\n"), 1 + 3);
    free(data);
}
END_TEST

static const struct {
    float numbers[3], low, high;
    size_t whole_count;
    double first;
} SCALES[] = {
    {{0, 1, 1}, 0, 0, 2, 0},
    {{1, 1, 1}, 0, 0, 1, 1},
    {{1, 1, 1}, 0, 1, 2, 0},
    {{1, 1, 1}, 0, 1.5f, 0, 0},
    {{1, 1, 1}, 0.5f, 2, 0, 0},
    {{-2, NAN, INFINITY}, -3, 3, 7, -3},
    {{0, 1, 0.5f}, 0, 0, 0, 0},
    {{0, 5, 11}, 0, 0, 12, 0},
    {{0, 5, 12}, 0, 0, 0, 0},
    {{2e6f, 2e6f, 2e6f}, 0, 0, 0, 0},
    {{-FLT_MAX, FLT_MAX, 0}, 0, 0, 0, 0},
    {{NAN, NAN, NAN}, 0, 0, 0, 0},
};

START_TEST(other_numbers_get_a_bar)
{
    float numbers[3];
    memcpy(numbers, SCALES[_i].numbers, sizeof numbers);
    HeatmapPanel panel = NO_PANEL;
    panel.values = matrix_view(numbers, 3, 1);
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, SCALES[_i].low, SCALES[_i].high, "u", 0};
    HeatmapLayout layout = heatmap_layout(&plot);
    ck_assert_uint_eq(layout.whole_count, SCALES[_i].whole_count);
    if (layout.whole_count > 0)
        ck_assert_double_eq(layout.first_whole, SCALES[_i].first);
    char *data = written(heatmap_write_data, &plot), *scale = strstr(data, "# the scale");
    ck_assert_ptr_nonnull(scale);
    if (layout.whole_count > 0)
        ck_assert_uint_eq(count(scale, "\n"), 1 + layout.whole_count + layout.has_infinite);
    else
        ck_assert_uint_gt(count(scale, "\n"), 80 + 2);
    free(data);
}
END_TEST

START_TEST(the_bar_is_labelled_with_round_numbers)
{
    float numbers[] = {-0.25f, 0.5f, 1.0f};
    HeatmapPanel panel = NO_PANEL;
    panel.values = matrix_view(numbers, 1, 3);
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, 0.0f, 0.0f, "u", -1};
    char *data = written(heatmap_write_data, &plot);
    /* The columns' numbers are 0, 1 and 2. */
    ck_assert_int_eq(kind_of(data, "0.5"), CANVAS_LABEL_MIDDLE);
    ck_assert_uint_eq(count(data, "\"0\"\t7\n"), 2);
    ck_assert_uint_eq(count(data, "\"1\"\t7\n"), 2);
    assert_lacks(data, "\"-0");
    assert_lacks(data, "infinite");
    free(data);
}
END_TEST

START_TEST(infinite_numbers_are_explained)
{
    float numbers[] = {-INFINITY, 0.5f, 1.0f};
    HeatmapPanel panel = NO_PANEL;
    panel.values = matrix_view(numbers, 1, 3);
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, 0.0f, 0.0f, "score", 1};
    char *data = written(heatmap_write_data, &plot);
    ck_assert_int_eq(kind_of(data, "infinite"), CANVAS_LABEL);
    ck_assert_uint_eq(count(strstr(data, "# the scale"), "\t12434877\n"), 1);
    free(data);
}
END_TEST

START_TEST(without_a_unit_there_is_no_scale)
{
    float numbers[] = {-INFINITY, 0.5f, 1.0f};
    HeatmapPanel panel = NO_PANEL;
    panel.values = matrix_view(numbers, 1, 3);
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, 0.0f, 0.0f, NULL, 1};
    char *data = written(heatmap_write_data, &plot),
         *commands = written(heatmap_write_commands, &plot);
    assert_lacks(data, "scale");
    assert_lacks(data, "infinite");
    assert_lacks(commands, "index 2");
    free(data);
    free(commands);
}
END_TEST

/* --- The page -------------------------------------------------------------------------------- */

static const struct {
    size_t rows, cols, panels, across;
    const char *const *words;
    int decimals;
} PAGES[] = {
    {1, 1, 1, 0, NULL, 2},    {1, 6, 1, 0, WORDS, 2},      {6, 1, 1, 0, LONG_WORDS, 2},
    {6, 6, 1, 0, WORDS, 2},   {6, 6, 2, 0, LONG_WORDS, 2}, {5, 6, 8, 4, WORDS, -1},
    {3, 4, 5, 2, NULL, 1},    {40, 40, 1, 0, NULL, 2},     {40, 40, 3, 9, NULL, -1},
    {64, 128, 1, 0, NULL, 2}, {128, 64, 2, 1, NULL, -1},   {300, 500, 1, 0, NULL, -1},
    {0, 3, 1, 0, NULL, 2},    {3, 0, 2, 0, NULL, 2},       {1, 24, 3, 1, NULL, 0},
};

static void assert_inside(const HeatmapLayout *layout, const char *data)
{
    PageText text;
    while ((data = next_text(data, &text)) != NULL) {
        ck_assert_msg(text.x >= 0 && text.x <= layout->width, "%s: x is %g", text.text, text.x);
        ck_assert_msg(text.y >= 0 && text.y <= layout->height, "%s: y is %g", text.text, text.y);
        size_t columns = strlen(text.text);
        double width = canvas_width((CanvasText)text.kind, columns);
        if (text.kind == CANVAS_LABEL_LEFT || text.kind == CANVAS_NOTE_LEFT)
            ck_assert_msg(text.x >= width * 0.9, "%s begins left of the page", text.text);
        if (text.kind == CANVAS_SUBTITLE || text.kind == CANVAS_NOTE)
            ck_assert_msg(text.x + width * 0.9 <= layout->width, "%s is too wide", text.text);
    }
}

START_TEST(everything_is_on_the_page_and_nothing_on_top_of_another)
{
    Matrix matrix;
    HeatmapPanel panels[8];
    assert_ok(matrix_create(PAGES[_i].rows, PAGES[_i].cols, &matrix));
    for (size_t i = 0; i < PAGES[_i].panels; i++)
        panels[i] = (HeatmapPanel){"a panel with a title", matrix,           PAGES[_i].words,
                                   PAGES[_i].words,        "query position", "key position"};
    HeatmapPlot plot = {"a",
                        "A title that is rather long, so that it needs more than one line "
                        "on a narrow page, and says what is to be seen",
                        panels,
                        PAGES[_i].panels,
                        PAGES[_i].across,
                        0.0f,
                        1.0f,
                        "weight of the key for the query",
                        PAGES[_i].decimals};
    HeatmapLayout layout = heatmap_layout(&plot);
    char *data = written(heatmap_write_data, &plot);
    assert_inside(&layout, data);
    ck_assert_int_ge(layout.cell, 5);
    ck_assert_int_le(layout.cell, 64);
    ck_assert_int_le(layout.width, 1800);
    for (size_t i = 0; i < PAGES[_i].panels; i++) {
        int left = heatmap_grid_left(&layout, i), top = heatmap_grid_top(&layout, i);
        int right = left + (int)overview_cols(heatmap_cells(&layout, i)) * layout.cell;
        int bottom = top + (int)overview_rows(heatmap_cells(&layout, i)) * layout.cell;
        ck_assert_int_lt(right, layout.width);
        ck_assert_int_lt(bottom, layout.scale_top);
        ck_assert_int_lt(layout.scale_top, layout.height);
        if (i > 0 && i % layout.across != 0)
            ck_assert_int_ge(left - heatmap_grid_left(&layout, i - 1),
                             layout.gutter + (right - left));
        if (i >= layout.across)
            ck_assert_int_ge(top - heatmap_grid_top(&layout, i - layout.across),
                             layout.band + (bottom - top));
    }
    free(data);
    matrix_free(&matrix);
}
END_TEST

START_TEST(numbers_at_the_axes_do_not_touch)
{
    Matrix matrix;
    assert_ok(matrix_create(150, 120, &matrix));
    HeatmapPanel panel = NO_PANEL;
    panel.values = matrix;
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, 0.0f, 0.0f, NULL, -1};
    HeatmapLayout layout = heatmap_layout(&plot);
    char *data = written(heatmap_write_data, &plot);
    const char *line = data;
    PageText text, last_row = {.y = -1000}, last_col = {.x = -1000};
    size_t rows = 0, cols = 0;
    while ((line = next_text(line, &text)) != NULL) {
        if (text.kind == CANVAS_LABEL_LEFT) {
            ck_assert_double_ge(text.y - last_row.y, 14);
            ck_assert_double_eq(text.y, heatmap_grid_top(&layout, 0) +
                                            (strtod(text.text, NULL) + 0.5) * layout.cell);
            last_row = text;
            rows++;
        } else if (text.kind == CANVAS_LABEL_MIDDLE) {
            ck_assert_double_ge(text.x - last_col.x, canvas_width(CANVAS_LABEL, strlen(text.text)));
            last_col = text;
            cols++;
        }
    }
    ck_assert_uint_ge(rows, 20);
    ck_assert_uint_ge(cols, 10);
    free(data);
    matrix_free(&matrix);
}
END_TEST

START_TEST(many_words_get_room_as_long_as_the_page_has_it)
{
    static const char *words[160];
    for (int i = 0; i < 160; i++)
        words[i] = "word";
    Matrix matrix;
    assert_ok(matrix_create(60, 160, &matrix));
    HeatmapPanel panel = NO_PANEL;
    panel.row_labels = words;
    HeatmapPlot plot = {"a", NULL, &panel, 1, 0, 0.0f, 0.0f, NULL, -1};
    assert_ok(matrix_columns(matrix, 0, 70, &panel.values));
    ck_assert_int_ge(heatmap_layout(&plot).cell, 15);
    panel.values = matrix;
    ck_assert_int_lt(heatmap_layout(&plot).cell, 15);
    char *data = written(heatmap_write_data, &plot);
    ck_assert_uint_lt(count(data, "\"word\""), 60);
    free(data);
    matrix_free(&matrix);
}
END_TEST

START_TEST(no_text_of_the_caller_is_in_the_commands)
{
    static float numbers[4];
    const char *const labels[] = {"secret", "secret"};
    HeatmapPanel panel = {"secret", matrix_view(numbers, 2, 2), labels, labels, "secret", "secret"};
    HeatmapPlot plot = {"a", "secret", &panel, 1, 0, 0.0f, 1.0f, "secret", 2};
    char *commands = written(heatmap_write_commands, &plot);
    assert_lacks(commands, "secret");
    ck_assert_uint_eq(count(commands, " noenhanced"), 2);
    free(commands);
}
END_TEST

/* --- canvas.h -------------------------------------------------------------------------------- */

START_TEST(texts_in_quotes_cannot_end_early)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    canvas_quote(stream, "a\"b\\n\tc\n`d`");
    canvas_quote(stream, NULL);
    canvas_quote(stream, "a label of more than thirty-two characters");
    canvas_text(stream, CANVAS_NOTE, 1.5, 2, "");
    canvas_text(stream, CANVAS_NOTE, 1.5, 2, NULL);
    canvas_axis(stream, CANVAS_NOTE_LEFT, 1.5, 2, "x\n", " >");
    fclose(stream);
    ck_assert_str_eq(text, "\"a\\042b\\\\n c `d`\"\"\"\"a label of more than thirty-two \""
                           "1.5\t2\t\"x  >\"\t3\n");
    free(text);
}
END_TEST

START_TEST(long_titles_are_broken_into_lines)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    int width = canvas_width(CANVAS_TITLE, 10);
    ck_assert_int_eq(canvas_title_lines(NULL, width), 0);
    ck_assert_int_eq(canvas_title_lines("  ", width), 0);
    ck_assert_int_eq(canvas_title_lines(" one two three  four ", width), 3);
    ck_assert_int_eq(canvas_title_lines("ab", 0), 2);
    canvas_title(stream, " one two three  four ", width);
    canvas_title(stream, NULL, width);
    fclose(stream);
    ck_assert_str_eq(text, "18\t29\t\"one two\"\t0\n18\t51\t\"three \"\t0\n18\t73\t\"four \"\t0\n");
    free(text);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("heatmap");
    add_test(suite, cells_hold_number_colour_and_text);
    add_test(suite, all_panels_share_one_scale);
    add_test(suite, numbers_are_written_where_they_have_room);
    add_test(suite, a_cell_is_as_wide_as_its_number);
    add_test(suite, large_matrices_are_shown_in_blocks);
    add_test(suite, a_panel_without_cells_is_still_a_block);
    add_test(suite, labels_and_axes_are_on_the_page);
    add_test(suite, wide_column_labels_run_upwards);
    add_test(suite, rows_and_columns_without_labels_are_numbered);
    add_test(suite, few_whole_numbers_get_swatches);
    add_named_rows(suite, "other_numbers_get_a_bar", other_numbers_get_a_bar,
                   sizeof SCALES / sizeof *SCALES);
    add_test(suite, the_bar_is_labelled_with_round_numbers);
    add_test(suite, infinite_numbers_are_explained);
    add_test(suite, without_a_unit_there_is_no_scale);
    add_named_rows(suite, "everything_is_on_the_page_and_nothing_on_top_of_another",
                   everything_is_on_the_page_and_nothing_on_top_of_another,
                   sizeof PAGES / sizeof *PAGES);
    add_test(suite, numbers_at_the_axes_do_not_touch);
    add_test(suite, many_words_get_room_as_long_as_the_page_has_it);
    add_test(suite, no_text_of_the_caller_is_in_the_commands);
    add_test(suite, texts_in_quotes_cannot_end_early);
    add_test(suite, long_titles_are_broken_into_lines);
    return suite;
}
