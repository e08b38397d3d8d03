/* What the tables of pictures say. */
#include "plot_table.h"

#include "assert.h"
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Writes a table, which must begin with the line of the picture `a`. Gives what follows that line,
 * to be freed with free_table(). */
static char *table;

static const char *written(void (*writer)(FILE *, const void *), const void *plot)
{
    static const char START[] = "# The table of the picture a. It is drawn by common/pictures/"
                                "picture.gnuplot.\n";
    size_t size;
    FILE *stream = open_memstream(&table, &size);
    ck_assert_ptr_nonnull(stream);
    writer(stream, plot);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_msg(strncmp(table, START, strlen(START)) == 0, "%s", table);
    return table + strlen(START);
}

static void free_table(void)
{
    free(table);
    table = NULL;
}

TEST(heatmaps_are_read_as_they_are_seen)
{
    static const char *const words[] = {"he", "put"};
    float numbers[] = {0.25f, NAN, -INFINITY, 1.0f / 3.0f};
    HeatmapPanel panels[] = {{"left", matrix_view(numbers, 2, 2), words, words, "query", "key"},
                             {.values = matrix_view(numbers, 1, 3)}};
    static const char *const parts[] = {"h", "r"};
    HeatmapPlot plot = {"a", "The point", panels, 2, 0, 0.0f, 1.0f, "weight", 2, parts};
    ck_assert_str_eq(written(plot_table_heatmaps, &plot), "kind\theatmaps\n"
                                                          "title\tThe point\n"
                                                          "unit\tweight\n"
                                                          "low\t0\n"
                                                          "high\t1\n"
                                                          "decimals\t2\n"
                                                          "whole\th\n"
                                                          "tenth\tr\n"
                                                          "across\t2\n"
                                                          "panel\tleft\tquery\tkey\t2\t2\n"
                                                          "panel\t\t\t\t1\t3\n"
                                                          "\n\n"
                                                          "\the\tput\n"
                                                          "he\t0.25\tnan\n"
                                                          "put\t-inf\t0.333333\n"
                                                          "\n\n"
                                                          "\t0\t1\t2\n"
                                                          "0\t0.25\tnan\t-inf\n");
    free_table();
}

/* Numbers that a shorter text would change: the float 0.645 is a little less, and shown as 0.64. */
TEST(no_number_is_rounded_twice)
{
    float numbers[] = {0.645f, 0.6451234f, 16777215.0f};
    HeatmapPanel panel = {.values = matrix_view(numbers, 1, 3)};
    HeatmapPlot plot = {.name = "a", .panels = &panel, .panel_count = 1, .decimals = 2};
    const char *text = written(plot_table_heatmaps, &plot);
    ck_assert_msg(strstr(text, "\n0\t0.644999981\t0.645123\t16777215\n") != NULL, "%s", text);
    free_table();
}

TEST(no_text_ends_its_column)
{
    static const char *const labels[] = {"\"a\\b\n#", "", NULL,
                                         "a label of more than thirty-two characters"};
    float numbers[4] = {0};
    HeatmapPanel panel = {.values = matrix_view(numbers, 1, 4), .column_labels = labels};
    HeatmapPlot plot = {.name = "a", .panels = &panel, .panel_count = 1, .decimals = -1};
    const char *text = written(plot_table_heatmaps, &plot);
    ck_assert_msg(strstr(text, "\n\t\\042a\\134b \\043\t\\040\t\\040\ta label of more than "
                               "thirty-two \n") != NULL,
                  "%s", text);
    ck_assert_ptr_null(strstr(text, "decimals"));
    ck_assert_ptr_null(strstr(text, "title"));
    free_table();
}

TEST(a_large_matrix_is_shown_in_blocks)
{
    static float numbers[2 * 400];
    for (size_t i = 0; i < 400; i++)
        numbers[i] = (float)i;
    HeatmapPanel panel = {.values = matrix_view(numbers, 2, 400)};
    HeatmapPlot plot = {.name = "a", .panels = &panel, .panel_count = 1, .panels_per_row = 9};
    const char *text = written(plot_table_heatmaps, &plot);
    ck_assert_msg(strstr(text, "block\t3\nacross\t1\npanel\t\t\t\t1\t134\n\n\n\t0\t3\t6\t") != NULL,
                  "%s", text);
    ck_assert_msg(strstr(text, "\n0\t0.5\t2\t3.5\t") != NULL, "%s", text);
    free_table();
}

TEST(curves_with_the_same_x_stand_side_by_side)
{
    static const float x[] = {1, 2}, y[] = {0.5f, INFINITY}, z[] = {1048576, -1};
    Curve curves[] = {{"up", x, y, 2}, {NULL, x, z, 2}};
    CurvePlot plot = {"a", NULL, "x", "y", curves, 2, true, true, true, true};
    ck_assert_str_eq(written(plot_table_curves, &plot), "kind\tcurves\n"
                                                        "x\tx\n"
                                                        "y\ty\n"
                                                        "log x\tyes\n"
                                                        "log y\tyes\n"
                                                        "points\tyes\n"
                                                        "arrows\tyes\n"
                                                        "curve\tup\t2\n"
                                                        "curve\t\t2\n"
                                                        "together\t2\n"
                                                        "\n\n"
                                                        "1\t0.5\t1048576\n"
                                                        "2\tnan\t-1\n");
    free_table();
}

TEST(other_curves_have_blocks_of_their_own)
{
    static const float x[] = {1, 2}, other[] = {1, 2};
    Curve curves[] = {{"one", x, x, 2}, {"two", other, x, 2}, {"none", NULL, NULL, 0}};
    CurvePlot plot = {.name = "a", .curves = curves, .curve_count = 3};
    const char *text = written(plot_table_curves, &plot);
    ck_assert_msg(strstr(text, "together\t1\n\n\n1\t1\n2\t2\n\n\n1\t1\n2\t2\n\n\nnan\tnan\n") !=
                      NULL,
                  "%s", text);
    free_table();
    curves[1] = (Curve){"shorter", x, x, 1};
    text = written(plot_table_curves, &plot);
    ck_assert_msg(strstr(text, "together\t1\n\n\n1\t1\n2\t2\n\n\n1\t1\n\n\nnan") != NULL, "%s",
                  text);
    free_table();
}
