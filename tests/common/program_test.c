#include "array_picture.h"
#include "assert.h"
#include "files.h"
#include "frail_memory.h"
#include "memory.h"
#include "plot.h"
#include "process.h"
#include "program.h"
#include "session.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- A small program to be run --------------------------------------------------------------- */

enum { X, WQ, WEIGHTS_OUT, HEADS, SCALE, LENGTHS, CAUSAL, MASK, OPTION_COUNT };

static const Option OPTIONS[OPTION_COUNT] = {
    [X] = {"x", "FILE", "the sequence, (T, d_model)"},
    [WQ] = {"wq", "FILE", "the query projection, (d_model, d_k)"},
    [WEIGHTS_OUT] = {"weights-out", "FILE", "where the weights go"},
    [HEADS] = {"heads", "N", "how many heads"},
    [SCALE] = {"scale", "S", "what the scores are multiplied with"},
    [LENGTHS] = {"key-lengths", "N[,N...]", "how many keys of each sequence count"},
    [CAUSAL] = {"causal", NULL, "no token sees a later one"},
    [MASK] = {"mask", "FILE", "1 = may attend"},
};

static Status example(const char *sentence)
{
    static float numbers[] = {0.25f, 0.75f};
    HeatmapPanel panel = {.title = "t", .values = matrix_view(numbers, 1, 2)};
    HeatmapPlot plot = {.name = "small", .title = "t", .panels = &panel, .panel_count = 1};
    printf("example: %s\n", sentence != NULL ? sentence : "(carried)");
    return plot_heatmaps(&plot);
}

static Status print_numbers(void)
{
    size_t heads = 0, *lengths = NULL, count = 0;
    float scale = 0.0f;
    Status status = program_size(HEADS, 8, 1, &heads);
    if (status == STATUS_OK)
        status = program_number(SCALE, 0.5f, &scale);
    if (status == STATUS_OK)
        status = program_sizes(LENGTHS, &lengths, &count);
    if (status != STATUS_OK)
        return status;
    printf("heads %zu, scale %g, causal %s, lengths", heads, (double)scale,
           program_value(CAUSAL) != NULL ? "yes" : "no");
    for (size_t i = 0; i < count; i++)
        printf(" %zu", lengths[i]);
    printf("\n");
    free(lengths);
    return STATUS_OK;
}

static Status use_arrays(Array x, Array w_q)
{
    static const size_t together[] = {X, WQ}, alone[] = {X};
    Status status = STATUS_OK;
    TRY(program_require(together, program_value(WQ) != NULL ? 2 : 1));
    TRY(program_require(alone, 1));
    if (w_q.data != NULL)
        TRY(matrix_expect("project", "w_q", array_matrix(w_q, 0), array_cols(x), w_q.shape[1],
                          "d_model x d_k"));
done:
    return status;
}

static Status arrays(void)
{
    static const ArrayForm PROJECTION = {ARRAY_NUMBERS, 2, 2, "(d_model, d_k)"},
                           MASK_FORM = {ARRAY_MASK, 1, 4, "any"};
    Status status = STATUS_OK;
    Array x = NO_ARRAY, w_q = NO_ARRAY, mask = NO_ARRAY;
    if (program_value(X) == NULL && program_value(WQ) == NULL)
        return print_numbers();
    TRY(program_read(X, &FORM_SEQUENCE, &x));
    TRY(program_read(WQ, &PROJECTION, &w_q));
    TRY(program_read(MASK, &MASK_FORM, &mask));
    TRY(use_arrays(x, w_q));
    printf("read %zu numbers\n", array_size(x));
done:
    array_free(&x);
    array_free(&w_q);
    array_free(&mask);
    return status;
}

static const Program PROGRAM = {
    .name = "03_small",
    .summary = "attention of one head",
    .options = OPTIONS,
    .option_count = OPTION_COUNT,
    .example = example,
    .arrays = arrays,
};

static int main_of_program(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv);
}

/* --- Running it ------------------------------------------------------------------------------ */

/* `RUN("--x", "x.txt")` */
#define RUN(...) run_command((Command){.words = {"03_small", __VA_ARGS__}})

static Outcome run_command(Command command)
{
    if (command.function == NULL)
        command.function = main_of_program;
    command.directory = in("."); /* its pictures would otherwise be drawn where the test runs */
    if (command.environment[0] == NULL)
        command.environment[0] = "PATH=/nonexistent";
    return process_run(&command);
}

/* The program succeeds and says nothing on standard error. */
static void expect_output(Outcome outcome, const char *text)
{
    ck_assert_msg(outcome.status == 0, "status %d: %s", outcome.status, outcome.err);
    ck_assert_msg(strstr(outcome.out, text) != NULL, "\"%s\" not in \"%s\"", text, outcome.out);
    ck_assert_str_eq(outcome.err, "");
    outcome_free(&outcome);
}

/* The program fails and says so on one line, in exactly these words. */
static void expect_failure(Outcome outcome, int status, const char *line)
{
    char expected[8192];
    snprintf(expected, sizeof expected, "03_small: %s\n", line);
    ck_assert_str_eq(outcome.err, expected);
    ck_assert_int_eq(outcome.status, status);
    outcome_free(&outcome);
}

/* --- Programs of other kinds ------------------------------------------------------------------ */

static Status needs_no_words(const char *sentence)
{
    return sentence == NULL ? STATUS_OK : fail(STATUS_VALUE, "words");
}

static int main_without_sentence(int argc, char **argv)
{
    Program program = PROGRAM;
    program.no_sentence = true;
    program.example = needs_no_words;
    return program_main(&program, argc, argv);
}

static int main_with_room_for_two_words(int argc, char **argv)
{
    Program program = PROGRAM;
    program.most_words = 2;
    return program_main(&program, argc, argv);
}

static int main_without_options(int argc, char **argv)
{
    Program program = {.name = "03_small", .summary = "nothing", .example = example};
    return program_main(&program, argc, argv);
}

static int main_with_too_many_options(int argc, char **argv)
{
    Program program = PROGRAM;
    program.option_count = PROGRAM_MAX_OPTIONS + 1;
    return program_main(&program, argc, argv);
}

static int main_without_even_a_name(int argc, char **argv)
{
    (void)argc;
    return program_main(&PROGRAM, 0, argv);
}

/* --- Help ------------------------------------------------------------------------------------ */

TEST(help_names_every_option_and_both_ways_of_calling)
{
    Outcome outcome = RUN("--help");
    static const char *const expected[] = {
        "03_small: attention of one head\n",
        "  03_small [--plots DIR]            the worked example\n",
        "  03_small [--plots DIR] WORDS...   the same with a sentence of your own\n",
        "  03_small OPTIONS [--plots DIR]    arrays of your own\n",
        "  --x FILE                the sequence, (T, d_model)\n",
        "  --key-lengths N[,N...]  how many keys of each sequence count\n",
        "  --causal                no token sees a later one\n",
        "  --plots DIR             draw pictures into DIR",
        "  --help                  show this help",
        ".npy",
        "numpy.savetxt",
        "Exit status: 0",
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_msg(strstr(outcome.out, expected[i]) != NULL, "no \"%s\" in:\n%s", expected[i],
                      outcome.out);
    expect_output(outcome, "");
}

TEST(help_fits_a_hundred_columns)
{
    Outcome outcome = RUN("--help");
    for (const char *line = outcome.out; *line != '\0'; line += strcspn(line, "\n") + 1)
        ck_assert_uint_le(strcspn(line, "\n"), 100);
    expect_output(outcome, "Usage:");
}

TEST(h_is_help)
{
    Outcome full = RUN("--help"), brief = RUN("-h"), late = RUN("--heads", "0", "-h", "--junk");
    ck_assert_str_eq(brief.out, full.out);
    ck_assert_str_eq(late.out, full.out);
    expect_output(full, "");
    expect_output(brief, "");
    expect_output(late, "");
}

/* Heads times heads, of 16 bytes each. */
static Status expect_square(void)
{
    return program_expect_array((const size_t[]){HEADS, HEADS}, 2, 16);
}

static int main_with_a_square(int argc, char **argv)
{
    Program program = PROGRAM;
    program.arrays = expect_square;
    return program_main(&program, argc, argv);
}

static Status demand_one(void)
{
    static const size_t alone[] = {HEADS};
    return program_require(alone, 1);
}

static int main_that_demands_one(int argc, char **argv)
{
    Program program = PROGRAM;
    program.arrays = demand_one;
    return program_main(&program, argc, argv);
}

TEST(a_file_name_cannot_break_the_line)
{
    put("a\nb.txt", "1 2 3\n");
    put("w.txt", "1 2\n3 4\n");
    expect_failure(RUN("--x", "a\nb.txt", "--wq", "w.txt"), 2,
                   "project: w_q is 2x2, expected 3x2 (d_model x d_k) "
                   "[--x a?b.txt (1, 3); --wq w.txt (2, 2)]");
}

TEST(long_names_are_told_in_full)
{
    enum { DOTS = 2000 };
    char path[DOTS + 16], line[4000];
    for (size_t i = 0; i < DOTS; i++)
        path[i] = i % 2 == 0 ? '.' : '/';
    snprintf(path + DOTS, sizeof path - DOTS, "x.txt");
    put("x.txt", "1 2 3\n");
    put("w.txt", "1 2\n3 4\n");
    snprintf(line, sizeof line,
             "project: w_q is 2x2, expected 3x2 (d_model x d_k) "
             "[--x %s (1, 3); --wq w.txt (2, 2)]",
             path);
    expect_failure(RUN("--x", path, "--wq", "w.txt"), 2, line);
}

/* --- Pictures -------------------------------------------------------------------------------- */

/* A gnuplot that draws nothing but what both kinds of pictures are known by, and quickly. */
static const char *drawing_path(void)
{
    return path_with("gnuplot", "#!/bin/sh\n"
                                "printf '\\211PNG, GNUPLOT, as short as can be </svg>IEND'\n");
}

TEST(pictures_of_the_example_go_where_the_user_wants)
{
    Command command = {.words = {"03_small"}, .environment = {drawing_path()}};
    expect_output(run_command(command), "build/plots/small.svg");
    command.words[1] = "--plots=drawn";
    expect_output(run_command(command), " drawn/small.svg");
    command.words[2] = "bank";
    expect_output(run_command(command), " drawn/small.svg");
}

static Status arrays_and_a_picture(void)
{
    return example("with arrays");
}

static int main_with_pictures_of_arrays(int argc, char **argv)
{
    Program program = PROGRAM;
    program.arrays = arrays_and_a_picture;
    return program_main(&program, argc, argv);
}

TEST(pictures_of_arrays_are_drawn_on_demand_only)
{
    Command command = {.words = {"03_small", "--causal"},
                       .function = main_with_pictures_of_arrays,
                       .environment = {drawing_path()}};
    Outcome outcome = run_command(command);
    ck_assert_str_eq(outcome.out, "example: with arrays\n");
    expect_output(outcome, "");
    command.words[2] = "--plots=drawn";
    expect_output(run_command(command), " drawn/small.svg");
}

/* --- Results --------------------------------------------------------------------------------- */

enum { RESULT_OUT, RESULT_WEIGHTS, RESULT_OPTIONS };

/* Two results, of 15 matrices and of one. */
static Status write_results(void)
{
    Array out, weights = NO_ARRAY;
    Status status = array_create(4, (const size_t[]){5, 3, 1, 2}, &out);
    if (status == STATUS_OK)
        status = array_create(2, (const size_t[]){2, 3}, &weights);
    if (status == STATUS_OK)
        status =
            program_write((const ProgramResult[]){{RESULT_OUT, out}, {RESULT_WEIGHTS, weights}}, 2);
    array_free(&out);
    array_free(&weights);
    return status;
}

static int main_with_results(int argc, char **argv)
{
    static const Option RESULTS[RESULT_OPTIONS] = {{"out", "FILE", "receives the result"},
                                                   {"weights-out", "FILE", "the weights"}};
    Program program = PROGRAM;
    program.options = RESULTS;
    program.option_count = RESULT_OPTIONS;
    program.arrays = write_results;
    return program_main(&program, argc, argv);
}

/* --- A session with them --------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
} PROGRAMS[] = {
    {"small", main_of_program},
    {"without_sentence", main_without_sentence},
    {"with_room_for_two", main_with_room_for_two_words},
    {"without_options", main_without_options},
    {"with_many_options", main_with_too_many_options},
    {"without_name", main_without_even_a_name},
    {"with_a_square", main_with_a_square},
    {"that_demands_heads", main_that_demands_one},
    {"with_results", main_with_results},
};

static int make_call(char *call, FILE *answer)
{
    const char *shown = session_grep(call);
    Command command = {.input = "1 2\n", .input_size = 4};
    session_words(call, command.words);
    for (size_t i = 0; i < sizeof PROGRAMS / sizeof *PROGRAMS; i++)
        if (strcmp(PROGRAMS[i].name, command.words[0]) == 0)
            command.function = PROGRAMS[i].main;
    ck_assert(command.function != NULL);
    Outcome outcome = run_command(command);
    int status = session_print(&outcome, shown, answer);
    outcome_free(&outcome);
    return status;
}

TEST(what_comes_of_a_call_is_what_stands_there)
{
    put("2x3.txt", "1 2 3\n4 5 6\n");
    put("4x2.txt", "1 2\n3 4\n5 6\n7 8\n");
    put("four.txt", "# shape (1, 1, 2, 3)\n1 2 3\n4 5 6\n");
    put("one.txt", "1\n2\n");
    session_repeat("tests/common/program.txt", make_call);
}

TEST(with_plots_each_result_has_a_picture)
{
    Command command = {.words = {"03_small", "--out=out.npy", "--plots=results"},
                       .function = main_with_results};
    Outcome outcome = run_command(command);
    ck_assert_ptr_nonnull(strstr(outcome.out, "showing 03_out as text"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "[3, 2]"));
    ck_assert_ptr_null(strstr(outcome.out, "[4, 0]")); /* the thirteenth */
    ck_assert_ptr_null(strstr(outcome.out, "weights-out"));
    expect_output(outcome, "[0, 0]");
    command.words[3] = "--weights-out=weights.npy";
    outcome = run_command(command);
    ck_assert_ptr_nonnull(strstr(outcome.out, "03_out"));
    expect_output(outcome, "03_weights-out");
}

TEST(a_picture_says_how_many_matrices_it_leaves_out)
{
    Command command = {.words = {"03_small", "--out=out.npy", "--plots=results"},
                       .function = main_with_results,
                       .environment = {drawing_path()}};
    expect_output(run_command(command), "results/03_out.svg");
    char *text = file_text("results/03_out.table");
    ck_assert_msg(strstr(text, "(5, 3, 1, 2): the first 12 of 15 matrices") != NULL, "%s", text);
    free(text);
}

static Status never_write(void)
{
    ck_abort_msg("the work has begun");
    return STATUS_OK;
}

/* The names of the first two look like those of results, and are none. */
static int main_that_never_writes(int argc, char **argv)
{
    static const Option FILES[] = {{"output", "FILE", "no result"},
                                   {"without", "FILE", "no result"},
                                   {"out", "FILE", "receives the result"},
                                   {"weights-out", "FILE", "the weights"}};
    Program program = PROGRAM;
    program.options = FILES;
    program.option_count = sizeof FILES / sizeof *FILES;
    program.arrays = never_write;
    return program_main(&program, argc, argv);
}

TEST(outputs_that_cannot_be_written_are_told_before_the_work)
{
    Command command = {.words = {"03_small", "--out=new.npy", "--weights-out=nowhere/w.npy"},
                       .function = main_that_never_writes};
    expect_failure(run_command(command), 1,
                   "nowhere/w.npy: cannot write: No such file or directory");
    command.words[2] = "--weights-out=./new.npy";
    expect_failure(run_command(command), 2, "./new.npy: two outputs have this path, expected one");
    command.words[2] = "--out=nowhere/x.npy";
    command.words[1] = "--output=nowhere/y";
    expect_failure(run_command(command), 1,
                   "nowhere/x.npy: cannot write: No such file or directory");
    command.words[1] = "--without=nowhere/y";
    expect_failure(run_command(command), 1,
                   "nowhere/x.npy: cannot write: No such file or directory");
}

/* A result where its own picture, or that of another result, would be drawn. */
TEST(a_picture_is_never_drawn_over_a_result)
{
    static const char *const PATHS[] = {"new/03_out.table", "./new/../new/03_out.svg",
                                        "new/03_weights-out.png", "link"};
    ck_assert_int_eq(mkdir(in("new"), 0777), 0);
    put("new/03_out.table", "# The table of the picture 03_out.");
    ck_assert_int_eq(symlink("new/03_out.table", in("link")), 0);
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        char option[100], line[200];
        snprintf(option, sizeof option, "--out=%s", PATHS[i]);
        snprintf(line, sizeof line,
                 "%s: --plots new draws a picture there: give the result another path", PATHS[i]);
        Command command = {.words = {"03_small", option, "--weights-out=w.npy", "--plots=new"},
                           .function = main_that_never_writes};
        expect_failure(run_command(command), 2, line);
    }
    Command command = {.words = {"03_small", "--out=03_out.table", "--plots=new"},
                       .function = main_with_results};
    expect_output(run_command(command), "03_out");
}

/* It might be an input. */
TEST(a_file_in_the_place_of_a_picture_is_told_before_the_work)
{
    Command command = {.words = {"03_small", "--out=new.npy", "--plots=."},
                       .function = main_that_never_writes};
    put("03_out.table", "1 2 3\n");
    expect_failure(run_command(command), 2,
                   "./03_out.table: this file is not from an earlier picture, and the new picture "
                   "would replace it: choose another directory for the pictures");
}

TEST(a_result_without_numbers_has_no_picture)
{
    plot_into("/nonexistent");
    assert_ok(array_draw("empty", "nothing", (Array){NULL, 3, {2, 0, 4}}));
    assert_ok(array_draw("empty", "nothing", NO_ARRAY));
    plot_into(NULL);
}

/* --- A system that fails --------------------------------------------------------------------- */

static Status print_much(const char *sentence)
{
    (void)sentence;
    for (int i = 0; i < 100000; i++)
        printf("line %d\n", i);
    return STATUS_OK;
}

static int main_that_prints_much(int argc, char **argv)
{
    Program program = PROGRAM;
    program.example = print_much;
    return program_main(&program, argc, argv);
}

TEST(a_full_disk_is_reported)
{
    if (access("/dev/full", W_OK) != 0)
        return;
    Command command = {.words = {"03_small", "--causal"}, .output_path = "/dev/full"};
    expect_failure(run_command(command), 1, "standard output: No space left on device");
    command.words[1] = "--help";
    expect_failure(run_command(command), 1, "standard output: No space left on device");
    command.words[1] = NULL;
    command.function = main_that_prints_much;
    expect_failure(run_command(command), 1, "standard output: No space left on device");
}

TEST(a_reader_that_went_away_is_reported)
{
    Command command = {.words = {"03_small", "--causal"}, .out = STREAM_BROKEN_PIPE};
    expect_failure(run_command(command), 1, "standard output: Broken pipe");
    command.words[1] = NULL;
    command.function = main_that_prints_much;
    expect_failure(run_command(command), 1, "standard output: Broken pipe");
}

static int main_without_buffer(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    return program_main(&PROGRAM, argc, argv);
}

TEST(an_earlier_failure_to_print_is_not_forgotten)
{
    Command command = {.words = {"03_small", "--causal"}, .out = STREAM_BROKEN_PIPE};
    command.function = main_without_buffer;
    expect_failure(run_command(command), 1, "standard output: not everything could be written");
}

/* A program whose first file would take the place of a closed stream. */
static Status write_data(const char *sentence)
{
    FILE *file = fopen("data", "w");
    ck_assert_ptr_nonnull(file);
    printf("picture: data\n");
    fprintf(stderr, "%s", sentence != NULL ? sentence : "");
    fprintf(file, "1 2 3\n");
    return fclose(file) == 0 ? STATUS_OK : fail(STATUS_SYSTEM, "data");
}

static int main_that_writes_data(int argc, char **argv)
{
    Program program = PROGRAM;
    program.example = write_data;
    return program_main(&program, argc, argv);
}

TEST(no_file_takes_the_place_of_a_closed_stream)
{
    Command command = {.words = {"03_small"}, .function = main_that_writes_data};
    command.out = STREAM_CLOSED;
    expect_failure(run_command(command), 1, "standard output: Bad file descriptor");
    assert_holds("data", "1 2 3\n");
    command.in = STREAM_CLOSED;
    expect_failure(run_command(command), 1, "standard output: Bad file descriptor");
    assert_holds("data", "1 2 3\n");
    command.out = STREAM_KEPT;
    command.err = STREAM_CLOSED;
    command.words[1] = "words for standard error";
    expect_output(run_command(command), "picture: data\n");
    assert_holds("data", "1 2 3\n");
}

TEST(without_standard_error_the_status_remains)
{
    Command command = {.words = {"03_small", "--foo"}, .err = STREAM_CLOSED};
    Outcome outcome = run_command(command);
    ck_assert_int_eq(outcome.status, 2);
    outcome_free(&outcome);
}

TEST(a_closed_standard_input_cannot_be_read)
{
    Command command = {.words = {"03_small", "--x", "-"}, .in = STREAM_CLOSED};
    expect_failure(run_command(command), 1, "standard input: cannot read: Bad file descriptor");
}

static int main_without_descriptors(int argc, char **argv)
{
    struct rlimit before, none;
    if (getrlimit(RLIMIT_NOFILE, &before) != 0)
        return -1;
    none = before;
    none.rlim_cur = 0;
    if (setrlimit(RLIMIT_NOFILE, &none) != 0)
        return -1;
    int status = program_main(&PROGRAM, argc, argv);
    return setrlimit(RLIMIT_NOFILE, &before) == 0 ? status : -1;
}

TEST(a_closed_stream_that_cannot_be_filled_is_reported)
{
    Command command = {.words = {"03_small"}, .function = main_without_descriptors};
    command.in = STREAM_CLOSED;
    expect_failure(run_command(command), 1, "/dev/null: Too many open files");
}

static size_t failing_allocation;

static int main_with_little_memory(int argc, char **argv)
{
    enum { NEVER_FAILED = 99 };
    memory_fail_at(failing_allocation);
    int status = program_main(&PROGRAM, argc, argv);
    return memory_has_failed() ? status : NEVER_FAILED;
}

static void expect_no_memory(Command command, size_t least)
{
    command.function = main_with_little_memory;
    for (failing_allocation = 1;; failing_allocation++) {
        Outcome outcome = run_command(command);
        if (outcome.status == 99) {
            outcome_free(&outcome);
            break;
        }
        ck_assert_int_eq(outcome.status, 1);
        ck_assert_uint_eq(count_lines(outcome.err), 1);
        ck_assert_ptr_nonnull(strstr(outcome.err, "03_small: out of memory"));
        outcome_free(&outcome);
    }
    ck_assert_uint_gt(failing_allocation, least);
}

TEST(without_memory_nothing_leaks_and_one_line_is_said)
{
    put("x.txt", "1 2 3\n4 5 6\n");
    put("w.txt", "1 2\n3 4\n5 6\n");
    expect_no_memory((Command){.words = {"03_small", "the", "--", "bank"}}, 2);
    expect_no_memory((Command){.words = {"03_small", "--key-lengths", "1,2"}}, 1);
    expect_no_memory((Command){.words = {"03_small", "--x", "x.txt", "--wq", "w.txt"}}, 4);
}

/* --- More than one run ----------------------------------------------------------------------- */

static int main_twice(int argc, char **argv)
{
    static char option[] = "--causal", value[] = "--heads=3", words[] = "river", junk[] = "-jj";
    char *spoilt[] = {argv[0], option, value, words, junk, NULL};
    if (program_main(&PROGRAM, 5, spoilt) != 2)
        return -1;
    return program_main(&PROGRAM, argc, argv);
}

TEST(a_later_run_knows_nothing_of_an_earlier_one)
{
    Command command = {.words = {"03_small"}, .function = main_twice};
    Outcome outcome = run_command(command);
    ck_assert_ptr_nonnull(strstr(outcome.out, "example: (carried)\n"));
    expect_failure(outcome, 0, "unknown option -jj (see --help)");
    command.words[1] = "--scale=3";
    outcome = run_command(command);
    ck_assert_str_eq(outcome.out, "heads 8, scale 3, causal no, lengths\n");
    expect_failure(outcome, 0, "unknown option -jj (see --help)");
}

static int main_after_reading(int argc, char **argv)
{
    static char wq[] = "--wq=w.txt", x[] = "--x=-", heads[] = "--heads";
    char *reading[] = {argv[0], wq, x, NULL}, *unfinished[] = {argv[0], heads, NULL};
    if (program_main(&PROGRAM, 3, reading) != 0 || program_main(&PROGRAM, 2, unfinished) != 2)
        return -1;
    return program_main(&PROGRAM, argc, argv);
}

TEST(a_later_run_has_read_nothing)
{
    put("w.txt", "1 2\n3 4\n");
    put("one.txt", "1\n2\n");
    Command command = {.words = {"03_small", "--x=one.txt"},
                       .function = main_after_reading,
                       .input = "1 2\n",
                       .input_size = 4};
    const char *first = "03_small: option --heads needs an argument, N (see --help)\n03_small: ";
    Outcome outcome = run_command(command);
    ck_assert_int_eq(strncmp(outcome.err, first, strlen(first)), 0);
    ck_assert_str_eq(outcome.err + strlen(first),
                     "--x one.txt is (2,), expected (T, d_model) or (batch, T, d_model) "
                     "[--x one.txt (2,)]\n");
    outcome_free(&outcome);

    command.words[1] = "--x=-";
    outcome = run_command(command);
    ck_assert_ptr_nonnull(strstr(outcome.err, "03_small: standard input: the file is empty"));
    outcome_free(&outcome);

    command.words[1] = "-heads";
    outcome = run_command(command);
    ck_assert_msg(strstr(outcome.err, "unknown option -heads") != NULL, "%s", outcome.err);
    outcome_free(&outcome);
}
