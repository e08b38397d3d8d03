/* What the pictures of curves are made of. Whether gnuplot draws it is the matter of plot_test.c.
 */
#include "assert.h"
#include "curve_axes.h"
#include "curves.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The content of the data file or the command file, to be freed. */
static char *written(void (*writer)(FILE *, const void *), const CurvePlot *plot)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(stream);
    writer(stream, plot);
    fclose(stream);
    return text;
}

static size_t count(const char *text, const char *wanted)
{
    size_t found = 0;
    for (; (text = strstr(text, wanted)) != NULL; text += strlen(wanted))
        found++;
    return found;
}

/* The number that follows some words. */
static double number_after(const char *text, const char *words)
{
    const char *place = strstr(text, words);
    ck_assert_msg(place != NULL, "no \"%s\" in: %s", words, text);
    return strtod(place + strlen(words), NULL);
}

#define assert_contains(text, part) ck_assert_msg(strstr(text, part) != NULL, "%s", text)
#define assert_lacks(text, part) ck_assert_msg(strstr(text, part) == NULL, "%s", text)

static const float X[] = {1, 2, 4, 8, 16}, Y[] = {3, 1, 2, 5, 4};

static CurvePlot plot_of(const Curve *curves, size_t curve_count)
{
    return (CurvePlot){.name = "a", .curves = curves, .curve_count = curve_count};
}

/* --- Data ------------------------------------------------------------------------------------ */

START_TEST(each_curve_is_a_block_with_gaps)
{
    const float gaps[] = {3, NAN, INFINITY, 5, -INFINITY};
    const Curve curves[] = {{"one", X, Y, 2}, {NULL, X, gaps, 5}, {"none", NULL, NULL, 0}};
    CurvePlot plot = plot_of(curves, 3);
    plot.title = "the point";
    plot.x_axis = "right";
    plot.y_axis = "up";
    char *data = written(curves_write_data, &plot);
    assert_contains(data,
                    "\n\n\n# x, y\n1\t3\n2\t1\n\n\n# x, y\n1\t3\n2\tnan\n4\tnan\n8\t5\n16\tnan\n"
                    "\n\n# x, y\nNaN\tNaN\n");
    assert_contains(data, "\"the point\"\t0\n");
    assert_contains(data, "\"right\"\t4\n");
    assert_contains(data, "\"up\"\t2\n");
    assert_contains(data, "\"one\"\t5\n");
    assert_contains(data, "\"none\"\t5\n");
    free(data);
}
END_TEST

START_TEST(legend_is_only_for_curves_with_a_label)
{
    const Curve curves[] = {{NULL, X, Y, 5}, {"labelled", X, Y, 5}};
    CurvePlot plot = plot_of(curves, 1);
    char *without = written(curves_write_commands, &plot);
    assert_lacks(without, " set arrow");
    plot.curve_count = 2;
    char *with = written(curves_write_commands, &plot);
    ck_assert_uint_eq(count(with, " set arrow"), 1);
    ck_assert_double_gt(number_after(with, "svg size "), number_after(without, "svg size ") + 50);
    free(without);
    free(with);
}
END_TEST

START_TEST(a_long_legend_makes_the_page_higher)
{
    Curve curves[40];
    for (int i = 0; i < 40; i++)
        curves[i] = (Curve){"x", X, Y, 5};
    CurvePlot plot = plot_of(curves, 40);
    char *commands = written(curves_write_commands, &plot);
    ck_assert_double_gt(number_after(strstr(commands, "svg size "), ","), 40 * 20);
    free(commands);
}
END_TEST

/* --- Lines ----------------------------------------------------------------------------------- */

START_TEST(no_two_curves_look_the_same)
{
    enum { CURVES = 20 };
    Curve curves[CURVES];
    char *styles[CURVES];
    for (int i = 0; i < CURVES; i++)
        curves[i] = (Curve){NULL, X, Y, 5};
    CurvePlot plot = plot_of(curves, CURVES);
    char *commands = written(curves_write_commands, &plot);
    char *line = commands;
    for (int i = 0; i < CURVES; i++) {
        line = strstr(line, "with lines ");
        ck_assert_ptr_nonnull(line);
        line += strlen("with lines ");
        size_t length = strcspn(line, "\n");
        styles[i] = calloc(length + 1, 1);
        /* All but the comma or the end of the line. */
        memcpy(styles[i], line, strcspn(line, "\\\n"));
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(styles[i], styles[j]);
    }
    for (int i = 0; i < CURVES; i++)
        free(styles[i]);
    free(commands);
}
END_TEST

static const struct {
    float y[4];
    size_t count;
    bool points, log_y, marked;
} MARKED[] = {
    {{1, 2, 3, 4}, 4, false, false, false},     {{1, 2, 3, 4}, 4, true, false, true},
    {{1, 2, 3, 4}, 1, false, false, true},      {{1, NAN, 3, 4}, 4, false, false, true},
    {{1, 2, NAN, 4}, 4, false, false, true},    {{NAN, 2, NAN, NAN}, 4, false, false, true},
    {{NAN, 2, 3, NAN}, 4, false, false, false}, {{0, 2, -3, 4}, 4, false, false, false},
    {{0, 2, -3, 4}, 4, false, true, true},      {{1, 2, 3, 4}, 0, false, false, false},
};

START_TEST(points_without_neighbours_are_marked)
{
    const Curve curve = {"c", X, MARKED[_i].y, MARKED[_i].count};
    CurvePlot plot = plot_of(&curve, 1);
    plot.points = MARKED[_i].points;
    plot.log_y = MARKED[_i].log_y;
    char *commands = written(curves_write_commands, &plot);
    ck_assert_uint_eq(count(commands, "with linespoints"), MARKED[_i].marked ? 1 : 0);
    ck_assert_uint_eq(count(commands, "with lines "), MARKED[_i].marked ? 0 : 1);
    ck_assert_uint_eq(count(commands, "pointtype"), MARKED[_i].marked ? 2 : 0);
    free(commands);
}
END_TEST

/* --- Axes ------------------------------------------------------------------------------------ */

START_TEST(an_axis_shows_what_it_has_a_place_for)
{
    ck_assert(curves_can_show(-1.0f, false));
    ck_assert(!curves_can_show(-1.0f, true));
    ck_assert(!curves_can_show(0.0f, true));
    ck_assert(curves_can_show(1e-30f, true));
    ck_assert(!curves_can_show(NAN, false));
    ck_assert(!curves_can_show(INFINITY, true));
}
END_TEST

static const struct {
    float y[3];
    bool log_y;
    double low, high;
} RANGES[] = {
    {{2, 3, 4}, false, 1.9, 4.1},
    {{1, 3, 4}, false, 0, 4.15},
    {{0, 0.5f, 1}, false, 0, 1.05},
    {{-4, -3, -1}, false, -4.15, 0},
    {{-4, -3, -2}, false, -4.1, -1.9},
    {{-1, 0.5f, 1}, false, -1.1, 1.1},
    {{5, 5, 5}, false, 2.5, 7.5},
    {{1, 1.0000001f, 1}, false, 0.5, 1.5},
    {{0, 0, 0}, false, -0.5, 0.5},
    {{NAN, 7, INFINITY}, false, 3.5, 10.5},
    {{NAN, NAN, NAN}, false, 0, 10.45},
    {{-FLT_MAX, 0, FLT_MAX}, false, -1.1 * FLT_MAX, 1.1 * FLT_MAX},
    {{1, 10, 100}, true, 0.794328235, 125.892541},
    {{0, -10, 100}, true, 50, 200},
    {{0, -1, NAN}, true, 0.891250938, 11.2201845},
};

/* A command for the axes of the curves; those of the page come before it. */
static const char *axes_of(const char *commands, const char *command)
{
    const char *axes = strstr(commands, "unset label");
    ck_assert_ptr_nonnull(axes);
    axes = strstr(axes, command);
    ck_assert_ptr_nonnull(axes);
    return axes;
}

START_TEST(the_upright_axis_holds_all_curves)
{
    const Curve curve = {NULL, X, RANGES[_i].y, 3};
    CurvePlot plot = plot_of(&curve, 1);
    plot.log_y = RANGES[_i].log_y;
    char *commands = written(curves_write_commands, &plot);
    const char *range = axes_of(commands, "set yrange [");
    double low = number_after(range, "["), high = number_after(range, ":");
    ck_assert_double_eq_tol(low, RANGES[_i].low, 1e-6 * fabs(RANGES[_i].low) + 1e-9);
    ck_assert_double_eq_tol(high, RANGES[_i].high, 1e-6 * fabs(RANGES[_i].high) + 1e-9);
    free(commands);
}
END_TEST

START_TEST(the_other_axis_is_as_long_as_the_curves)
{
    const Curve curves[] = {{NULL, X, Y, 3}, {NULL, X + 2, Y, 3}};
    CurvePlot plot = plot_of(curves, 2);
    char *commands = written(curves_write_commands, &plot);
    assert_contains(axes_of(commands, "set xrange"), "set xrange [1:16]\n");
    free(commands);
    plot.points = true;
    commands = written(curves_write_commands, &plot);
    assert_contains(axes_of(commands, "set xrange"), "set xrange [0.7:16.3]\n");
    free(commands);
    plot.log_x = true;
    plot.points = false;
    commands = written(curves_write_commands, &plot);
    assert_contains(axes_of(commands, "set xrange"), "set xrange [1:16]\n");
    assert_contains(axes_of(commands, "set xrange"), "set logscale x 2\n");
    assert_lacks(commands, "set xtics (");
    free(commands);
}
END_TEST

static const struct {
    float low, high;
    const char *ticks;
} TICKS[] = {
    {2, 2.8f, "    set ytics (2, 2.2, 2.4, 2.6, 2.8)\n"},
    {1, 30, "    set ytics (1e-1, 2e-1, 5e-1, 1e0, 2e0, 5e0, 1e1, 2e1, 5e1)\n"},
    {1, 2000, NULL},
};

START_TEST(logarithmic_axes_have_enough_ticks)
{
    const float y[] = {TICKS[_i].low, TICKS[_i].high};
    const Curve curve = {NULL, X, y, 2};
    CurvePlot plot = plot_of(&curve, 1);
    plot.log_y = true;
    char *commands = written(curves_write_commands, &plot);
    assert_contains(commands, "set logscale y 10\n");
    if (TICKS[_i].ticks != NULL)
        assert_contains(commands, TICKS[_i].ticks);
    else
        assert_lacks(commands, "set ytics (");
    free(commands);
}
END_TEST

START_TEST(no_text_of_the_caller_is_in_the_commands)
{
    const Curve curve = {"secret", X, Y, 5};
    CurvePlot plot = plot_of(&curve, 1);
    plot.title = plot.x_axis = plot.y_axis = "secret";
    char *commands = written(curves_write_commands, &plot);
    assert_lacks(commands, "secret");
    free(commands);
}
END_TEST

#define add_test_table(suite, test, table)                                                         \
    add_named_rows(suite, #test, test, sizeof(table) / sizeof *(table))

Suite *make_suite(void)
{
    Suite *suite = suite_create("curves");
    add_test(suite, each_curve_is_a_block_with_gaps);
    add_test(suite, legend_is_only_for_curves_with_a_label);
    add_test(suite, a_long_legend_makes_the_page_higher);
    add_test(suite, no_two_curves_look_the_same);
    add_test_table(suite, points_without_neighbours_are_marked, MARKED);
    add_test(suite, an_axis_shows_what_it_has_a_place_for);
    add_test_table(suite, the_upright_axis_holds_all_curves, RANGES);
    add_test(suite, the_other_axis_is_as_long_as_the_curves);
    add_test_table(suite, logarithmic_axes_have_enough_ticks, TICKS);
    add_test(suite, no_text_of_the_caller_is_in_the_commands);
    return suite;
}
