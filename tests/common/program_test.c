#include "array_picture.h"
#include "assert.h"
#include "files.h"
#include "frail_memory.h"
#include "memory.h"
#include "plot.h"
#include "process.h"
#include "program.h"

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

/* --- The two ways of calling ----------------------------------------------------------------- */

TEST(without_arguments_the_carried_example_is_shown)
{
    expect_output(RUN(NULL), "example: (carried)\n");
}

TEST(words_are_joined_to_a_sentence)
{
    expect_output(RUN("the river bank"), "example: the river bank\n");
    expect_output(RUN("the", "river", "bank"), "example: the river bank\n");
    expect_output(RUN("", "river"), "example: river\n");
}

TEST(after_two_dashes_all_are_words)
{
    expect_output(RUN("the", "--", "--river", "-"), "example: the --river -\n");
}

TEST(options_call_for_arrays)
{
    expect_output(RUN("--heads", "3"), "heads 3, scale 0.5, causal no, lengths\n");
    expect_output(RUN("--heads=3", "--causal"), "heads 3, scale 0.5, causal yes, lengths\n");
}

TEST(an_option_may_be_shortened)
{
    expect_output(RUN("--hea", "3", "--key=4,5"), "heads 3, scale 0.5, causal no, lengths 4 5\n");
}

TEST(options_after_a_word_are_still_options)
{
    expect_failure(RUN("river", "--causal"), 2,
                   "unexpected argument \"river\" beside options for arrays (see --help)");
}

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

TEST(a_program_may_take_no_sentence)
{
    Command command = {.words = {"03_small", "river", "bank"}, .function = main_without_sentence};
    expect_failure(run_command(command), 2, "unexpected argument \"river bank\" (see --help)");
    command.words[1] = NULL;
    expect_output(run_command(command), "");
}

static int main_with_room_for_two_words(int argc, char **argv)
{
    Program program = PROGRAM;
    program.most_words = 2;
    return program_main(&program, argc, argv);
}

TEST(a_text_is_cut_to_what_the_example_has_room_for)
{
    Command command = {.words = {"03_small", "The - river,", "bank! of money"},
                       .function = main_with_room_for_two_words};
    expect_output(run_command(command), "the first 2 of 5 words: the example has no room for more\n"
                                        "\nexample: The - river,\n");
    command.words[2] = "...";
    expect_output(run_command(command), "example: The - river, ...\n");
}

static int main_without_options(int argc, char **argv)
{
    Program program = {.name = "03_small", .summary = "nothing", .example = example};
    return program_main(&program, argc, argv);
}

TEST(a_program_may_have_no_options)
{
    Command command = {.words = {"03_small", "--help"}, .function = main_without_options};
    Outcome outcome = run_command(command);
    ck_assert_ptr_null(strstr(outcome.out, "arrays of your own"));
    expect_output(outcome, "--plots DIR");
    command.words[1] = "bank";
    expect_output(run_command(command), "example: bank\n");
}

static int main_with_too_many_options(int argc, char **argv)
{
    Program program = PROGRAM;
    program.option_count = PROGRAM_MAX_OPTIONS + 1;
    return program_main(&program, argc, argv);
}

TEST(too_many_options_are_refused)
{
    Command command = {.words = {"03_small"}, .function = main_with_too_many_options};
    expect_failure(run_command(command), 2, "29 options, but there is room for 28");
}

static int main_without_even_a_name(int argc, char **argv)
{
    (void)argc;
    return program_main(&PROGRAM, 0, argv);
}

TEST(not_even_a_name_is_needed)
{
    Command command = {.words = {"03_small", "x"}, .function = main_without_even_a_name};
    expect_output(run_command(command), "example: (carried)\n");
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

/* --- Mistakes in the options ----------------------------------------------------------------- */

static const struct {
    const char *words[8];
    const char *line;
} MISTAKES[] = {
    {{"--foo"}, "unknown option --foo (see --help)"},
    {{"--foo=3"}, "unknown option --foo (see --help)"},
    {{"--headsss", "3"}, "unknown option --headsss (see --help)"},
    {{"-x"}, "unknown option -x (see --help)"},
    {{"-heads", "3"}, "unknown option -heads (see --help)"},
    {{"--causal", "-5"}, "unknown option -5 (see --help)"},
    {{"--w", "f"}, "option --w could be any of --wq, --weights-out (see --help)"},
    {{"--hea"}, "option --heads needs an argument, N (see --help)"},
    {{"--h"}, "option --h could be any of --heads, --help (see --help)"},
    {{"--x"}, "option --x needs an argument, FILE (see --help)"},
    {{"--x", "--wq", "f"}, "option --x needs an argument, FILE, but --wq follows (see --help)"},
    {{"--x="}, "option --x has an empty argument, expected FILE (see --help)"},
    {{"--x", ""}, "option --x has an empty argument, expected FILE (see --help)"},
    {{"--causal=yes"}, "option --causal takes no argument (see --help)"},
    {{"--help=yes"}, "option --help takes no argument (see --help)"},
    {{"--heads", "2", "--heads=2"}, "option --heads is given twice (see --help)"},
    {{"--causal", "--causal"}, "option --causal is given twice (see --help)"},
    {{"--plots", "a", "--plots", "b"}, "option --plots is given twice (see --help)"},
    {{"--heads", "2", "x.npy"},
     "unexpected argument \"x.npy\" beside options for arrays (see --help)"},
    {{"--ca\tu\nsal"}, "unknown option --ca?u?sal (see --help)"},
    {{"--x=--odd"}, "--odd: cannot open: No such file or directory"},
};

TEST_ROWS(a_mistake_in_the_options_is_named, MISTAKES)
{
    Command command = {.words = {"03_small"}};
    memcpy(command.words + 1, MISTAKES[_i].words, sizeof MISTAKES[_i].words);
    expect_failure(run_command(command), 2, MISTAKES[_i].line);
}

/* --- Numbers --------------------------------------------------------------------------------- */

static const struct {
    const char *option, *argument;
    const char *line; /* The failure, or */
    const char *out;  /* the output. */
} NUMBERS[] = {
    {"--heads", "007", NULL, "heads 7,"},
    {"--heads", "18446744073709551615", NULL, "heads 18446744073709551615,"},
    {"--heads", "18446744073709551616", "--heads 18446744073709551616: the number is too large", 0},
    {"--heads", "99999999999999999999999",
     "--heads 99999999999999999999999: the number is too large", 0},
    {"--heads", "0", "--heads 0: expected 1 or more", NULL},
    {"--heads", "-1", "--heads -1: expected a whole number", NULL},
    {"--heads", "+1", "--heads +1: expected a whole number", NULL},
    {"--heads", " 1", "--heads  1: expected a whole number", NULL},
    {"--heads", "2x", "--heads 2x: expected a whole number", NULL},
    {"--heads", "2.0", "--heads 2.0: expected a whole number", NULL},
    {"--heads", "2,3", "--heads 2,3: expected a whole number", NULL},
    {"--heads", "two", "--heads two: expected a whole number", NULL},
    {"--key-lengths", "3", NULL, "lengths 3\n"},
    {"--key-lengths", "3,0,12", NULL, "lengths 3 0 12\n"},
    {"--key-lengths", "3,", "--key-lengths 3,: expected whole numbers separated by commas", NULL},
    {"--key-lengths", ",3", "--key-lengths ,3: expected whole numbers separated by commas", NULL},
    {"--key-lengths", "3,,4", "--key-lengths 3,,4: expected whole numbers separated by commas", 0},
    {"--key-lengths", "3 4", "--key-lengths 3 4: expected whole numbers separated by commas", NULL},
    {"--key-lengths", "1,18446744073709551616",
     "--key-lengths 1,18446744073709551616: the number is too large", NULL},
    {"--scale", "-0.125", NULL, "scale -0.125,"},
    {"--scale", "1e-3", NULL, "scale 0.001,"},
    {"--scale", "1e-40", NULL, "scale 9.99995e-41,"},
    {"--scale", "0.000", NULL, "scale 0,"},
    {"--scale", "1e-60", "--scale 1e-60: expected a finite number that float32 can hold", NULL},
    {"--scale", "1e60", "--scale 1e60: expected a finite number that float32 can hold", NULL},
    {"--scale", "inf", "--scale inf: expected a finite number that float32 can hold", NULL},
    {"--scale", "nan", "--scale nan: expected a finite number that float32 can hold", NULL},
    {"--scale", "half", "--scale half: expected a finite number that float32 can hold", NULL},
    {"--scale", "0.5x", "--scale 0.5x: expected a finite number that float32 can hold", NULL},
    {"--scale", " 0.5", "--scale  0.5: expected a finite number that float32 can hold", NULL},
    {"--scale", "0x1p-2", "--scale 0x1p-2: expected a finite number that float32 can hold", NULL},
    {"--scale", "1e2.5", "--scale 1e2.5: expected a finite number that float32 can hold", NULL},
};

TEST_ROWS(numbers_are_read_strictly, NUMBERS)
{
    Outcome outcome = RUN(NUMBERS[_i].option, NUMBERS[_i].argument);
    if (NUMBERS[_i].line != NULL)
        expect_failure(outcome, 2, NUMBERS[_i].line);
    else
        expect_output(outcome, NUMBERS[_i].out);
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

TEST(an_array_beyond_any_memory_is_refused_with_its_options)
{
    static const char *const FITTING[] = {"0", "1", "536870912", "759250124"};
    static const char *const BEYOND[] = {"759250125", "4294967296", "18446744073709551615"};
    Command command = {.words = {"03_small", "--heads"}, .function = main_with_a_square};
    if (SIZE_MAX == UINT32_MAX)
        return;
    for (size_t i = 0; i < sizeof FITTING / sizeof *FITTING; i++) {
        command.words[2] = FITTING[i];
        expect_output(run_command(command), "");
    }
    for (size_t i = 0; i < sizeof BEYOND / sizeof *BEYOND; i++) {
        char line[256];
        command.words[2] = BEYOND[i];
        snprintf(line, sizeof line, "--heads %s, --heads %s: an array larger than any memory",
                 BEYOND[i], BEYOND[i]);
        expect_failure(run_command(command), 2, line);
    }
    command.words[2] = "two";
    expect_failure(run_command(command), 2, "--heads two: expected a whole number");
}

/* --- Arrays ---------------------------------------------------------------------------------- */

TEST(an_array_is_read_from_a_file_or_from_standard_input)
{
    put("x.txt", "1 2 3\n4 5 6\n");
    expect_output(RUN("--x", "x.txt"), "read 6 numbers\n");
    Command command = {.words = {"03_small", "--x", "-"}, .input = "1 2\n", .input_size = 4};
    expect_output(run_command(command), "read 2 numbers\n");
}

TEST(standard_input_is_read_once)
{
    Command command = {.words = {"03_small", "--x", "-", "--wq", "-"}, .input = "1 2\n"};
    command.input_size = 4;
    expect_failure(run_command(command), 2, "--wq -: standard input is already read for --x");
}

TEST(a_missing_file_is_named)
{
    expect_failure(RUN("--x", "nowhere.npy"), 2,
                   "nowhere.npy: cannot open: No such file or directory");
}

TEST(options_that_belong_together_are_demanded)
{
    put("x.txt", "1 2 3\n4 5 6\n");
    expect_failure(RUN("--wq", "x.txt"), 2,
                   "--x is missing: --x, --wq belong together (see --help)");
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

TEST(one_option_alone_is_demanded)
{
    Command command = {.words = {"03_small", "--causal"}, .function = main_that_demands_one};
    expect_failure(run_command(command), 2, "--heads is missing (see --help)");
}

TEST(shapes_that_do_not_fit_are_told_with_their_files)
{
    put("x.txt", "1 2 3\n4 5 6\n");
    put("w.txt", "1 2\n3 4\n5 6\n7 8\n");
    expect_failure(RUN("--x", "x.txt", "--wq", "w.txt"), 2,
                   "project: w_q is 4x2, expected 3x2 (d_model x d_k) "
                   "[--x x.txt (2, 3); --wq w.txt (4, 2)]");
    expect_failure(RUN("--x", "x.txt", "--wq", "w.txt", "--heads", "3", "--scale", "2"), 2,
                   "project: w_q is 4x2, expected 3x2 (d_model x d_k) "
                   "[--x x.txt (2, 3); --wq w.txt (4, 2); --heads 3]");
}

TEST(other_failures_do_not_tell_shapes)
{
    put("x.txt", "1 2 3\n4 5 6\n");
    expect_failure(RUN("--x", "x.txt", "--wq", "nowhere.npy"), 2,
                   "nowhere.npy: cannot open: No such file or directory");
}

TEST(a_wrong_number_of_dimensions_is_told_with_the_option)
{
    put("four.txt", "# shape (1, 1, 2, 3)\n1 2 3\n4 5 6\n");
    put("one.txt", "1\n2\n");
    expect_failure(RUN("--x", "four.txt"), 2,
                   "--x four.txt is (1, 1, 2, 3), expected (T, d_model) or (batch, T, d_model) "
                   "[--x four.txt (1, 1, 2, 3)]");
    expect_failure(RUN("--x", "one.txt"), 2,
                   "--x one.txt is (2,), expected (T, d_model) or (batch, T, d_model) "
                   "[--x one.txt (2,)]");
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

TEST(only_what_was_asked_for_is_written)
{
    Command command = {.words = {"03_small", "--weights-out", "-"}, .function = main_with_results};
    Outcome outcome = run_command(command);
    ck_assert_str_eq(outcome.out, "0 0 0\n0 0 0\n");
    expect_output(outcome, "");
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
    char *text = content("results/03_out.table");
    ck_assert_msg(strstr(text, "(5, 3, 1, 2): the first 12 of 15 matrices") != NULL, "%s", text);
    free(text);
}

TEST(numbers_and_names_of_pictures_are_not_mixed)
{
    Command command = {.words = {"03_small", "--out=-", "--plots=results"},
                       .function = main_with_results};
    expect_failure(run_command(command), 2,
                   "--out - and --plots both write to standard output: give --out a file");
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
