/* Pictures as files: with a gnuplot, with one that fails, and without any. */
#include "assert.h"
#include "files.h"
#include "frail_memory.h"
#include "plot.h"
#include "plot_file.h"
#include "process.h"
#include "text.h"

#include <dirent.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void put_program(const char *name, const char *text)
{
    put(name, text);
    ck_assert_int_eq(chmod(in(name), 0755), 0);
}

/* --- What is drawn --------------------------------------------------------------------------- */

static const char *const WORDS[] = {"he", "put", "money"};

static const char *const NASTY[] = {
    "`touch PWNED`",
    "$(touch PWNED)",
    "\"; system('touch PWNED'); \"",
    "'.system('touch PWNED').'",
    "two\nlines\ttab",
    "@date {/=40 big} a_b^c",
    "%s %d 100% \\n \\\\ \\042",
    "<b>&amp;</b>]]> #",
    "bad \xff\xc3 end",
    "\\",
};
enum { NASTY_COUNT = sizeof NASTY / sizeof *NASTY };

static Status draw_weights(void)
{
    static float numbers[] = {0.5f, 0.25f, 0.25f, 0.125f, 0.75f, 0.125f};
    HeatmapPanel panels[] = {{"left", matrix_view(numbers, 2, 3), WORDS, WORDS, "query", "key"},
                             {NULL, matrix_view(numbers, 3, 2), WORDS, NULL, NULL, NULL}};
    return plot_heatmaps(
        &(HeatmapPlot){"weights", "The point", panels, 2, 0, 0.0f, 1.0f, "weight", 2, NULL});
}

static Status draw_curves(void)
{
    static const float x[] = {1, 2, 4, 8}, y[] = {1, NAN, 3, 4}, z[] = {4, 2, -1};
    static const Curve curves[] = {{"up", x, y, 4}, {NULL, x, z, 3}};
    return plot_curves(
        &(CurvePlot){"curves", "The point", "x", "y", curves, 2, true, true, true, false});
}

static Status draw_arrows(void)
{
    static const float x[] = {1, 2}, y[] = {1, -0.5f};
    static const Curve curves[] = {{"bank", x, y, 2}, {"nowhere", x, y, 0}};
    return plot_curves(&(CurvePlot){.name = "arrows",
                                    .title = "The point",
                                    .curves = curves,
                                    .curve_count = 2,
                                    .arrows = true});
}

static Status draw_nasty(void)
{
    static float numbers[NASTY_COUNT * NASTY_COUNT];
    static const float x[] = {1, 2};
    Curve curves[NASTY_COUNT];
    HeatmapPanel panel = {
        NASTY[2], matrix_view(numbers, NASTY_COUNT, NASTY_COUNT), NASTY, NASTY, NASTY[0], NASTY[1]};
    for (int i = 0; i < NASTY_COUNT; i++)
        curves[i] = (Curve){NASTY[i], x, x, 2};
    Status status =
        plot_heatmaps(&(HeatmapPlot){"nasty", NASTY[3], &panel, 1, 0, 0, 0, NASTY[5], 0, NULL});
    return status != STATUS_OK
               ? status
               : plot_curves(&(CurvePlot){"nasty-curves", NASTY[2], NASTY[6], NASTY[7], curves,
                                          NASTY_COUNT, false, false, false, false});
}

/* Shapes and numbers at the edge of what there is. */
static Status draw_shapes(void)
{
    static const size_t SHAPES[][2] = {{1, 1},    {1, 6},  {6, 1},    {40, 40},
                                       {64, 128}, {3, 24}, {400, 300}};
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sizeof SHAPES / sizeof *SHAPES; i++) {
        Matrix matrix;
        char name[64];
        assert_ok(matrix_create(SHAPES[i][0], SHAPES[i][1], &matrix));
        for (size_t j = 0; j < SHAPES[i][0] * SHAPES[i][1]; j++)
            matrix.data[j] = sinf((float)j);
        snprintf(name, sizeof name, "shape-%zux%zu", SHAPES[i][0], SHAPES[i][1]);
        HeatmapPanel panel = {NULL, matrix, NULL, NULL, "row", "column"};
        status = plot_heatmaps(&(HeatmapPlot){name, "Shape", &panel, 1, 0, 0, 0, "unit", 2, NULL});
        matrix_free(&matrix);
    }
    return status;
}

static Status draw_numbers(void)
{
    static const float x[] = {1, 2, 3, 4};
    static float numbers[][4] = {{FLT_MAX, -FLT_MAX, INFINITY, -INFINITY},
                                 {NAN, NAN, NAN, NAN},
                                 {0, 0, 0, 0},
                                 {1, 1.0000001f, 1, 1},
                                 {1e-45f, 1e-38f, 1, FLT_MAX},
                                 {-5, -4, -2, -1},
                                 {3, 2, 1, 0}};
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < 2 * sizeof numbers / sizeof *numbers; i++) {
        float *row = numbers[i / 2];
        bool logarithmic = i % 2 == 1;
        char name[64];
        HeatmapPanel panel = {NULL, matrix_view(row, 2, 2), NULL, NULL, "row", "column"};
        Curve curve = {"curve", x, row, 4};
        snprintf(name, sizeof name, "numbers-%zu", i);
        status = plot_curves(&(CurvePlot){name, "Numbers", "x", "y", &curve, 1, logarithmic,
                                          logarithmic, logarithmic, false});
        snprintf(name, sizeof name, "cells-%zu", i);
        if (status == STATUS_OK)
            status =
                plot_heatmaps(&(HeatmapPlot){name, "Numbers", &panel, 1, 0, 0, 0, "unit", 2, NULL});
    }
    return status;
}

static Status draw_range(void)
{
    static float left[] = {4, 2}, right[] = {0, 1};
    HeatmapPanel panels[] = {{.title = "left", .values = matrix_view(left, 1, 2)},
                             {.title = "right", .values = matrix_view(right, 1, 2)}};
    return plot_heatmaps(
        &(HeatmapPlot){"range", NULL, panels, 2, 0, 0.0f, INFINITY, NULL, 1, NULL});
}

static Status draw_empty_curve(void)
{
    static const Curve curve = {"none", NULL, NULL, 0};
    return plot_curves(&(CurvePlot){.name = "empty", .curves = &curve, .curve_count = 1});
}

static Status draw_nothing(void)
{
    static float number;
    HeatmapPanel panels[] = {{.values = matrix_view(&number, 1, 1)},
                             {.values = matrix_view(&number, 0, 1)}};
    Status status = plot_heatmaps(&(HeatmapPlot){.name = "a", .panels = panels});
    for (size_t i = 0; i < 2 && status == STATUS_VALUE; i++) {
        status = plot_heatmaps(&(HeatmapPlot){.name = "a", .panels = panels, .panel_count = 2});
        panels[1].values = matrix_view(&number, 1, 0);
    }
    if (status == STATUS_VALUE)
        status = plot_curves(&(CurvePlot){.name = "a"});
    return status;
}

static Status draw_badly_named(void)
{
    static float number = 1.0f;
    static const char *const NAMES[] = {"", "../a", "a b", "a'", "a.b", "a\n"};
    HeatmapPanel panel = {.values = matrix_view(&number, 1, 1)};
    HeatmapPlot plot = {.panels = &panel, .panel_count = 1};
    Status status = STATUS_VALUE;
    for (size_t i = 0; status == STATUS_VALUE && i < sizeof NAMES / sizeof *NAMES; i++) {
        plot.name = NAMES[i];
        status = plot_heatmaps(&plot);
    }
    return status;
}

static const struct {
    const char *name;
    Status (*draw)(void);
} PICTURES[] = {{"weights", draw_weights},   {"curves", draw_curves},     {"nasty", draw_nasty},
                {"shapes", draw_shapes},     {"numbers", draw_numbers},   {"nothing", draw_nothing},
                {"empty", draw_empty_curve}, {"names", draw_badly_named}, {"range", draw_range},
                {"arrows", draw_arrows}};

/* Sets the soft limit only, so that it can be taken back. */
static void limit(int resource, rlim_t value)
{
    struct rlimit limits;
    if (getrlimit(resource, &limits) != 0)
        abort();
    limits.rlim_cur = value > 0 ? value : limits.rlim_max;
    if (setrlimit(resource, &limits) != 0)
        abort();
}

/* A program: draws what its second word names into the directory that its first word names. The
 * third is the size that files must not exceed, the fourth how many of them may be open, the fifth
 * which allocation fails. Its exit status is the Status, or 100 if no allocation failed. */
static int draw(int argc, char **argv)
{
    unsigned long limits[3] = {0, 0, 0};
    Status status = STATUS_USAGE;
    for (int i = 3; i < argc; i++)
        limits[i - 3] = strtoul(argv[i], NULL, 10);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    plot_into(*argv[1] != '\0' ? argv[1] : NULL);
    memory_fail_at(limits[2]);
    limit(RLIMIT_FSIZE, limits[0]);
    limit(RLIMIT_NOFILE, limits[1]);
    for (size_t i = 0; i < sizeof PICTURES / sizeof *PICTURES; i++)
        if (strcmp(PICTURES[i].name, argv[2]) == 0)
            status = PICTURES[i].draw();
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, 0);
    if (limits[2] > 0 && !memory_has_failed())
        return 100;
    if (status != STATUS_OK)
        fprintf(stderr, "%s\n", last_error());
    return (int)status;
}

/* Runs draw() into HOME/out. */
static Outcome run(const char *picture, const char *path, const char *file_size,
                   const char *open_files, const char *allocation)
{
    return process_run(
        &(Command){.words = {"draw", in("out"), picture, file_size, open_files, allocation},
                   .function = draw,
                   .environment = {path}});
}

static Outcome run_plainly(const char *picture)
{
    return run(picture, NULL, "0", "0", "0");
}

static void assert_one_line(const char *text, const char *part)
{
    ck_assert_msg(count_lines(text) == 1 && text[strlen(text) - 1] == '\n' &&
                      strstr(text, part) != NULL,
                  "expected one line with \"%s\", but it is: %s", part, text);
}

/* How a run must end: well and without complaint, or badly, with exactly one line. */
static void assert_ended(Outcome outcome, Status status, const char *message)
{
    ck_assert_msg(outcome.status == (int)status, "status %d: %s", outcome.status, outcome.err);
    if (status == STATUS_OK) {
        ck_assert_str_eq(outcome.err, "");
        ck_assert_msg(strstr(outcome.out, message) != NULL, "%s", outcome.out);
    } else {
        assert_one_line(outcome.err, message);
        ck_assert_str_eq(outcome.out, "");
    }
    outcome_free(&outcome);
}

/* --- With gnuplot ---------------------------------------------------------------------------- */

TEST(a_picture_is_three_files_and_one_line)
{
    char line[PATH_MAX + 64];
    snprintf(line, sizeof line, "picture: %s/weights.svg\n", in("out"));
    assert_ended(run_plainly("weights"), STATUS_OK, line);
    ck_assert_uint_eq(count_files("out"), 3);
    char *svg = file_text("out/weights.svg"), *png = file_text("out/weights.png");
    const char *const parts[] = {"fill=\"#ffffff\"",         "<text>The point</text>",
                                 "<text>money</text>",       "<text>query ↓</text>",
                                 "<text>0.75</text>",        "<text>weight</text>",
                                 "font-family=\"DejaVu Sans"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ck_assert_msg(strstr(svg, parts[i]) != NULL, "no %s", parts[i]);
    ck_assert_int_eq(memcmp(png, "\x89PNG\r\n\x1a\n", 8), 0);
    free(svg);
    free(png);
}

TEST(every_kind_of_picture_is_drawn)
{
    const char *const names[] = {"curves", "arrows", "shapes", "numbers", "empty"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_ended(run_plainly(names[i]), STATUS_OK, "picture: ");
    ck_assert(exists("out/curves.png") && exists("out/shape-64x128.png"));
    ck_assert_uint_eq(count_files("out") % 3, 0);
}

TEST(the_template_draws_the_same_picture_by_hand)
{
    char command[2 * PATH_MAX];
    assert_ended(run_plainly("curves"), STATUS_OK, "picture: ");
    char *drawn = file_text("out/curves.svg");
    snprintf(command, sizeof command,
             "gnuplot -d -e 'table = \"%s\"; format = \"svg\"' common/pictures/picture.gnuplot",
             in("out/curves.table"));
    Outcome again = process_run(&(Command){.words = {"/bin/sh", "-c", command}});
    ck_assert(strcmp(drawn, again.out) == 0);
    free(drawn);
    outcome_free(&again);
}

/* What the nasty labels look like as text of an SVG file; its own way with quotes left out. */
static const char *const NASTY_TEXT[NASTY_COUNT] = {
    ">`touch PWNED`<",
    ">$(touch PWNED)<",
    "; system('touch PWNED'); ",
    ">'.system('touch PWNED').'<",
    ">two lines tab<",
    ">@date {/=40 big} a_b^c<",
    ">%s %d 100% \\n \\\\ \\042<",
    ">&lt;b>&amp;amp;&lt;/b>]]> #<",
    ">bad ?? end<",
    ">\\<",
};

TEST(no_label_becomes_a_command_or_markup)
{
    Outcome outcome = run_plainly("nasty");
    ck_assert_msg(outcome.status == STATUS_OK, "%s", outcome.err);
    char *heatmap = file_text("out/nasty.svg"), *curves = file_text("out/nasty-curves.svg");
    for (int i = 0; i < NASTY_COUNT; i++) {
        ck_assert_msg(strstr(heatmap, NASTY_TEXT[i]) != NULL, "heatmap: not as text: %s",
                      NASTY_TEXT[i]);
        ck_assert_msg(strstr(curves, NASTY_TEXT[i]) != NULL, "curves: not as text: %s",
                      NASTY_TEXT[i]);
    }
    ck_assert(!exists("out/PWNED") && !exists("PWNED"));
    ck_assert_int_ne(access("PWNED", F_OK), 0);
    free(heatmap);
    free(curves);
    outcome_free(&outcome);
}

/* Names that a shell, gnuplot or the program itself might take for something else. */
static const char *const DIRECTORIES[] = {
    "a//b/c/",
    "with blanks",
    "`touch PWNED`",
    "\"; system('touch PWNED'); \"",
    "it's",
    "new\nline",
    "-d",
    "~",
    "-",
    "Größe @x %s",
    "back\\slash",
    "\x9b\xc2\x9b[31m",
};

TEST_ROWS(no_name_of_a_directory_becomes_a_command, DIRECTORIES)
{
    Outcome outcome = process_run(&(Command){
        .words = {"draw", DIRECTORIES[_i], "weights"}, .function = draw, .directory = in(".")});
    /* The message shows it as text.h does. */
    char line[4 * PATH_MAX] = "", character[CHARACTER_SIZE];
    for (const char *at = outcome.out; text_next(&at, character);)
        strcat(line, *at == '\0' && *character == ' ' ? "\n" : character);
    assert_ended(outcome, STATUS_OK, line);
    ck_assert_uint_eq(count_files(DIRECTORIES[_i]), 3);
    ck_assert(!exists("PWNED"));
}

TEST(closed_standard_streams_do_no_harm)
{
    for (int i = 1; i < 8; i++) {
        Command command = {.words = {"draw", in("out"), "weights"}, .function = draw};
        command.in = i & 1 ? STREAM_CLOSED : STREAM_KEPT;
        command.out = i & 2 ? STREAM_CLOSED : STREAM_KEPT;
        command.err = i & 4 ? STREAM_CLOSED : STREAM_KEPT;
        assert_ended(process_run(&command), STATUS_OK, "");
        ck_assert_uint_eq(count_files("out"), 3);
    }
}

TEST(without_a_directory_nothing_is_drawn)
{
    const char *const names[] = {"weights", "curves"};
    for (size_t i = 0; i < 2; i++) {
        Outcome outcome =
            process_run(&(Command){.words = {"draw", "", names[i]}, .function = draw});
        ck_assert_str_eq(outcome.out, "");
        assert_ended(outcome, STATUS_OK, "");
    }
}

TEST(pictures_of_nothing_and_wrong_names_are_refused)
{
    assert_ended(run_plainly("nothing"), STATUS_VALUE, "expected 1 or more");
    assert_ended(run_plainly("names"), STATUS_VALUE, "expected letters, digits");
    ck_assert(!exists("out"));
}

/* --- With a gnuplot that fails ---------------------------------------------------------------- */

#define SH "#!/bin/sh\n"

static const struct {
    const char *script, *message;
} FAKES[] = {
    {SH "exit 1\n", "gnuplot ended with status 1 before the picture was drawn"},
    {SH "echo '  plot nonsense' >&2; echo '   ^' >&2; echo '  line 7: why' >&2; echo >&2; exit 2\n",
     "gnuplot failed: line 7: why"},
    {SH "kill -9 $$\n", "gnuplot was killed by signal 9"},
    {SH "cat >/dev/null\n", "gnuplot did not draw the whole picture"},
    {SH "echo '<svg>............................'\n", "gnuplot did not draw the whole picture"},
    {SH "echo '<svg>................</svg>'; exit 9\n", "status 9"},
    {"no program", "cannot start gnuplot: Exec format error"},
};

TEST_ROWS(a_gnuplot_that_fails_leaves_no_picture_and_one_line, FAKES)
{
    const char *path = path_with("gnuplot", FAKES[_i].script);
    assert_ended(run("weights", path, "0", "0", "0"), STATUS_SYSTEM, FAKES[_i].message);
    ck_assert_uint_eq(count_files("out"), 1);
    ck_assert(exists("out/weights.table"));
}

TEST(earlier_pictures_survive_a_failure)
{
    assert_ended(run_plainly("weights"), STATUS_OK, "picture: ");
    char *before = file_text("out/weights.svg");
    assert_ended(run("weights", path_with("gnuplot", FAKES[0].script), "0", "0", "0"),
                 STATUS_SYSTEM, "out/weights.svg: ");
    assert_holds("out/weights.svg", before);
    free(before);
}

/* --- Without gnuplot ------------------------------------------------------------------------- */

TEST(without_gnuplot_the_numbers_are_shown_as_text)
{
    Outcome outcome = run("weights", "PATH=/nowhere", "0", "0", "0");
    ck_assert_int_eq(outcome.status, STATUS_OK);
    ck_assert_str_eq(outcome.err, "");
    ck_assert_str_eq(outcome.out, "gnuplot is not installed: showing weights as text (make deps "
                                  "installs it)\n"
                                  "left (2 x 3)\n"
                                  "       0  1  2\n"
                                  "  he  |+++::::::|\n"
                                  "  put |...###...|\n"
                                  "  columns: 0 he, 1 put, 2 money\n"
                                  "  ' ' is 0.00, '@' is 1.00\n"
                                  "weights (3 x 2)\n"
                                  "  he    |+++:::|\n"
                                  "  put   |:::...|\n"
                                  "  money |###...|\n"
                                  "  ' ' is 0.00, '@' is 1.00\n");
    ck_assert_uint_eq(count_files("out"), 1);
    ck_assert(exists("out/weights.table"));
    outcome_free(&outcome);
}

TEST(without_gnuplot_panels_share_one_range)
{
    assert_ended(run("range", "PATH=/nowhere", "0", "0", "0"), STATUS_OK,
                 "left (1 x 2)\n  |@@@+++|\n  ' ' is 0.0, '@' is 4.0\n"
                 "right (1 x 2)\n  |   :::|\n  ' ' is 0.0, '@' is 4.0\n");
}

TEST(without_gnuplot_curves_are_rows_of_shades)
{
    Outcome outcome = run("curves", "PATH=/nowhere", "0", "0", "0");
    ck_assert_int_eq(outcome.status, STATUS_OK);
    ck_assert_str_eq(outcome.err, "");
    ck_assert_str_eq(outcome.out, "gnuplot is not installed: showing curves as text (make deps "
                                  "installs it)\n"
                                  "The point (2 x 4)\n"
                                  "  up |===???%%%@@@|\n"
                                  "     |@@@***   ???|\n"
                                  "  ' ' is -1.000, '@' is 4.000, '?' is nan\n"
                                  "  from left to right: x from 1 to 8\n");
    ck_assert(exists("out/curves.table"));
    outcome_free(&outcome);
}

TEST(without_gnuplot_arrows_are_told_by_their_ends)
{
    assert_ended(run("arrows", "PATH=/nowhere", "0", "0", "0"), STATUS_OK,
                 "\n  bank: from (1, 1) to (2, -0.5)\n");
}

TEST(without_gnuplot_every_picture_can_be_shown)
{
    const char *const names[] = {"nasty", "shapes", "numbers", "empty"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_ended(run(names[i], "PATH=/nowhere", "0", "0", "0"), STATUS_OK, "|\n");
    ck_assert(!exists("out/PWNED") && !exists("PWNED"));
}

/* In HOME, where the fake gnuplot leaves a trace, as in HOME/out and HOME/bin; HOME/no has none
 * that can be run. */
TEST(only_an_absolute_element_of_path_has_a_gnuplot)
{
    static const char *const PATHS[] = {"PATH=",     "PATH=:/nowhere",  "PATH=/nowhere:",
                                        "PATH=::",   "PATH=.:/nowhere", "PATH=out",
                                        "PATH=./out"};
    const char *path = path_with("gnuplot", SH ": > PWNED; exit 1\n");
    char broken[3][4 * PATH_MAX], *bin = broken[0];
    int length = (int)strcspn(path, ":");
    snprintf(bin, sizeof *broken, "%.*s", length, path);
    snprintf(broken[1], sizeof *broken, "%.*s/sub", length, path);
    snprintf(broken[2], sizeof *broken, "%.*s/broken", length, path);
    ck_assert_int_eq(mkdir(in("out"), 0777), 0);
    ck_assert_int_eq(mkdir(in("bin/sub"), 0777), 0);
    ck_assert_int_eq(mkdir(in("bin/sub/gnuplot"), 0777), 0);
    ck_assert_int_eq(mkdir(in("bin/broken"), 0777), 0);
    put_program("gnuplot", SH ": > PWNED\n");
    put_program("out/gnuplot", SH ": > PWNED\n");
    put_program("bin/broken/gnuplot", "#!/nowhere/sh\n");
    Command command = {.words = {"draw", "out", "weights"}, .function = draw, .directory = in(".")};
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS + 2; i++) {
        command.environment[0] = i < 2 ? broken[i + 1] : PATHS[i - 2];
        assert_ended(process_run(&command), STATUS_OK, "gnuplot is not installed");
        ck_assert(!exists("PWNED"));
    }
    command.environment[0] = bin;
    assert_ended(process_run(&command), STATUS_SYSTEM, "status 1");
    command.environment[0] = "PATH"; /* none: where the system keeps it */
    assert_ended(process_run(&command), STATUS_OK,
                 access("/usr/bin/gnuplot", X_OK) == 0 ? "picture: " : "not installed");
}

TEST(running_out_of_memory_is_a_failure)
{
    const char *const allocations[] = {"1", "2", "3"};
    /* The third allocation never comes, which draw() says by this status. */
    const int statuses[] = {STATUS_NO_MEMORY, STATUS_NO_MEMORY, 100};
    for (int i = 0; i < 3; i++) {
        Outcome outcome = run("curves", "PATH=/nowhere", "0", "0", allocations[i]);
        ck_assert_msg(outcome.status == statuses[i], "%d: %s", i, outcome.err);
        outcome_free(&outcome);
    }
}

/* --- Files that cannot be written ------------------------------------------------------------ */

TEST(a_directory_that_cannot_be_made_is_told_with_its_reason)
{
    static char name[300], path[2 * PATH_MAX];
    memset(name, 'x', sizeof name - 1);
    memset(path, 'a', PATH_MAX);
    ck_assert_int_eq(symlink("nowhere", in("dangling")), 0);
    ck_assert_int_eq(symlink("round", in("round")), 0);
    put("file", "text");
    const char *const REASONS[][2] = {
        {"file", "file: cannot make the directory: Not a directory"},
        {"file/a/b", "file: cannot make the directory: Not a directory"},
        {"/dev/null/plots", "/dev/null: cannot make the directory"},
        {"dangling/x", "dangling: cannot make the directory: No such file or directory"},
        {"round", "round: cannot make the directory: Too many levels of symbolic links"},
        {name, "x: cannot make the directory: File name too long"},
        {path, "the path is too long"}};
    for (size_t i = 0; i < sizeof REASONS / sizeof *REASONS; i++)
        assert_ended(process_run(&(Command){.words = {"draw", REASONS[i][0], "weights"},
                                            .function = draw,
                                            .directory = in(".")}),
                     STATUS_SYSTEM, REASONS[i][1]);
}

static const char *const FILES[PLOT_FILES] = {"weights.table", "weights.svg", "weights.png"};

static void assert_refused(const char *name)
{
    char message[128];
    snprintf(message, sizeof message, "out/%s: this file is not from an earlier picture", name);
    assert_ended(run_plainly("weights"), STATUS_USAGE, message);
}

/* What somebody else might keep under the name of a picture. */
static const char *const FOREIGN[] = {
    "",
    "0.5 0.5\n",
    "# The table of the picture others.\n",
    "<svg><desc>Produced by GNUPLOT</desc></svg>",
    "\x89PNG\r\n\x1a\n",
};

TEST_ROWS(what_no_picture_left_is_never_replaced, FILES)
{
    char name[64], message[128];
    ck_assert_int_eq(mkdir(in("out"), 0777), 0);
    snprintf(name, sizeof name, "out/%s", FILES[_i]);
    for (size_t i = 0; i < sizeof FOREIGN / sizeof *FOREIGN; i++) {
        put(name, FOREIGN[i]);
        assert_refused(FILES[_i]);
        assert_holds(name, FOREIGN[i]);
    }
    ck_assert_int_eq(remove(in(name)), 0);
    ck_assert_int_eq(mkdir(in(name), 0777), 0);
    snprintf(message, sizeof message, "%s: cannot write: Is a directory", FILES[_i]);
    assert_ended(run_plainly("weights"), STATUS_SYSTEM, message);
    ck_assert_uint_eq(count_files("out"), 1);
}

TEST_ROWS(neither_links_nor_pipes_nor_photographs_are_ours, FILES)
{
    char name[64];
    assert_ended(run_plainly("weights"), STATUS_OK, "picture: ");
    snprintf(name, sizeof name, "out/%s", FILES[_i]);
    ck_assert_int_eq(rename(in(name), in("elsewhere")), 0);
    char *before = file_text("elsewhere");
    ck_assert_int_eq(symlink("../elsewhere", in(name)), 0);
    assert_refused(FILES[_i]);
    assert_holds("elsewhere", before);
    free(before);
    ck_assert_int_eq(remove(in(name)), 0);
    ck_assert_int_eq(symlink("../nowhere", in(name)), 0);
    assert_refused(FILES[_i]);
    ck_assert(!exists("nowhere"));
    ck_assert_int_eq(remove(in(name)), 0);
    ck_assert_int_eq(mkfifo(in(name), 0666), 0);
    assert_refused(FILES[_i]);
    ck_assert_int_eq(remove(in(name)), 0);
    put(name, "\xff\xd8\xff");
    assert_refused(FILES[_i]);
    ck_assert_int_eq(rename(in("elsewhere"), in(name)), 0);
    assert_ended(run_plainly("weights"), STATUS_OK, "picture: ");
}

static const struct {
    const char *picture, *size, *message;
    size_t files;
} DISKS[] = {{"weights", "100", "weights.table: cannot write: ", 0},
             {"weights", "1000", "weights.svg: cannot start gnuplot: ", 1},
             {"nasty", "30000", "nasty.svg: gnuplot did not draw the whole picture", 1}};

TEST_ROWS(a_full_disk_leaves_no_half_file, DISKS)
{
    Outcome outcome = run(DISKS[_i].picture, NULL, DISKS[_i].size, "0", "0");
    ck_assert_int_eq(outcome.status, STATUS_SYSTEM);
    assert_one_line(outcome.err, DISKS[_i].message);
    ck_assert_uint_eq(count_files("out"), DISKS[_i].files);
    outcome_free(&outcome);
}

TEST(too_many_open_files_are_a_failure_without_rests)
{
    bool refused = false;
    int status = STATUS_SYSTEM;
    for (int files = 3; status != STATUS_OK && files < 60; files++) {
        char text[16];
        snprintf(text, sizeof text, "%d", files);
        Outcome outcome = run("weights", NULL, "0", text, "0");
        status = outcome.status;
        ck_assert(status == STATUS_SYSTEM || status == STATUS_OK);
        ck_assert_uint_eq(count_lines(outcome.err), status == STATUS_OK ? 0 : 1);
        /* Before that the data could not be written; what gnuplot says later is its own matter. */
        if (strstr(outcome.err, "cannot start gnuplot") != NULL) {
            ck_assert_uint_eq(count_files("out"), 1);
            refused = true;
        }
        outcome_free(&outcome);
        forget_files();
    }
    ck_assert(status == STATUS_OK && refused);
}
