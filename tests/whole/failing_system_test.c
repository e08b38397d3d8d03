/* A system that fails ends with exit status 1 and one line that says how. */
#include "assert.h"
#include "whole.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* --- Results that cannot be written ---------------------------------------------------------- */

/* The call up to its outputs, which are the last that it names. */
static void write_to(ValidCall call, const char *outputs, char result[ARGUMENTS_SIZE])
{
    const char *end = strstr(call.arguments, " --out ");
    ck_assert_ptr_nonnull(end);
    snprintf(result, ARGUMENTS_SIZE, "%.*s %s", (int)(end - call.arguments), call.arguments,
             outputs);
}

static void expect_unwritable(ValidCall call, const char *outputs, const char *words)
{
    char arguments[ARGUMENTS_SIZE];
    write_to(call, outputs, arguments);
    whole_expect_failure(call.program, arguments, NULL, 1, words);
}

TEST_TIMES(a_result_that_cannot_be_written_is_reported, valid_calls())
{
    ValidCall call = valid_call(_i);
    ck_assert_int_eq(mkdir(in("directory"), 0777), 0);
    expect_unwritable(call, "--out nowhere/out.npy", "nowhere/out.npy: |No such file");
    expect_unwritable(call, "--out directory", "directory: |directory");
    if (access("/dev/full", W_OK) == 0)
        expect_unwritable(call, "--out /dev/full", "/dev/full: |No space left");
    if (!writes_weights(call))
        return;
    /* All or none: neither is left when the other cannot be written. */
    expect_unwritable(call, "--out out.npy --weights-out nowhere/w.npy", "nowhere/w.npy");
    expect_unwritable(call, "--weights-out weights.npy --out nowhere/o.npy", "nowhere/o.npy");
    if (access("/dev/full", W_OK) == 0)
        expect_unwritable(call, "--out out.npy --weights-out /dev/full", "/dev/full|No space left");
}

/* Were the inputs read first, the missing one would be told. */
TEST_TIMES(a_result_that_cannot_be_written_is_told_before_the_inputs_are_read, valid_calls())
{
    ValidCall call = valid_call(_i);
    char arguments[ARGUMENTS_SIZE];
    if (whole_inputs(call.arguments) == 0)
        return;
    whole_replace(call.arguments, 0, "missing", arguments);
    call.arguments = arguments;
    expect_unwritable(call, "--out nowhere/out.npy", "nowhere/out.npy: cannot write: No such file");
    if (writes_weights(call))
        expect_unwritable(call, "--out out.npy --weights-out nowhere/w.npy", "nowhere/w.npy: ");
}

TEST_TIMES(results_that_nobody_reads_are_reported, valid_calls())
{
    char arguments[ARGUMENTS_SIZE];
    ValidCall call = valid_call(_i);
    Command full = {.output_path = "/dev/full"}, broken = {.out = STREAM_BROKEN_PIPE},
            closed = {.out = STREAM_CLOSED};
    write_to(call, "--out -", arguments);
    if (access("/dev/full", W_OK) == 0)
        whole_expect_failure(call.program, arguments, &full, 1, "standard output|No space left");
    whole_expect_failure(call.program, arguments, &broken, 1, "standard output|Broken pipe");
    whole_expect_failure(call.program, arguments, &closed, 1, "standard output|Bad file");
}

TEST_TIMES(an_example_that_nobody_reads_is_reported, WHOLE_PROGRAM_COUNT)
{
    Command full = {.output_path = "/dev/full", .environment = {"PATH=/nonexistent"}};
    Command broken = {.out = STREAM_BROKEN_PIPE, .environment = {"PATH=/nonexistent"}};
    Command closed = {.out = STREAM_CLOSED, .environment = {"PATH=/nonexistent"}};
    ck_assert_int_eq(mkdir(in("pictures"), 0777), 0);
    if (access("/dev/full", W_OK) == 0)
        whole_expect_failure(WHOLE_PROGRAMS[_i], "--plots pictures", &full, 1, "standard output");
    whole_expect_failure(WHOLE_PROGRAMS[_i], "--plots pictures", &broken, 1, "standard output");
    whole_expect_failure(WHOLE_PROGRAMS[_i], "--plots pictures", &closed, 1, "standard output");
    whole_expect_failure(WHOLE_PROGRAMS[_i], "--help", &broken, 1, "standard output|Broken pipe");
}

/* --- Gnuplot --------------------------------------------------------------------------------- */

#define SH "#!/bin/sh\n"

static Outcome example_with_gnuplot(const char *program, const char *script)
{
    Command command = {.environment = {path_with("gnuplot", script)}};
    return whole_run(program, "--plots pictures", &command);
}

TEST_TIMES(without_gnuplot_the_example_is_complete, WHOLE_PROGRAM_COUNT)
{
    Outcome outcome = whole_run(WHOLE_PROGRAMS[_i], "--plots pictures", &NO_GNUPLOT);
    ck_assert_msg(outcome.status == 0, "status %d: %s", outcome.status, outcome.err);
    ck_assert_uint_le(count_lines(outcome.err), 1);
    ck_assert_msg(strstr(outcome.out, "gnuplot") != NULL || strstr(outcome.err, "gnuplot") != NULL,
                  "nothing is said of gnuplot");
    outcome_free(&outcome);
}

TEST_TIMES(a_gnuplot_that_dies_is_reported, WHOLE_PROGRAM_COUNT)
{
    static const char *const DEATHS[] = {SH "exit 3", SH "kill -9 $$", SH "read line; exit 1",
                                         SH "cat > /dev/null; exit 1"};
    for (size_t i = 0; i < sizeof DEATHS / sizeof *DEATHS; i++) {
        Outcome outcome = example_with_gnuplot(WHOLE_PROGRAMS[_i], DEATHS[i]);
        whole_check_failure(&outcome, WHOLE_PROGRAMS[_i], DEATHS[i], 1, "gnuplot");
        outcome_free(&outcome);
    }
}

TEST_TIMES(pictures_that_cannot_be_written_are_reported, WHOLE_PROGRAM_COUNT)
{
    put_bytes("file", "", 0);
    whole_expect_failure(WHOLE_PROGRAMS[_i], "--plots file", &NO_GNUPLOT, 1, "file");
    whole_expect_failure(WHOLE_PROGRAMS[_i], "--plots file/pictures", &NO_GNUPLOT, 1, "file: ");
}

enum { MOST_PICTURES = 32, NAME_SIZE = 300 };

/* The data of all pictures of a program's example. */
static size_t list_pictures(const char *program, char names[MOST_PICTURES][NAME_SIZE])
{
    size_t count = 0;
    whole_expect_example(program, "--plots pictures", "");
    DIR *files = opendir(in("pictures"));
    ck_assert_ptr_nonnull(files);
    for (struct dirent *file; (file = readdir(files)) != NULL && count < MOST_PICTURES;)
        if (strstr(file->d_name, ".table") != NULL)
            snprintf(names[count++], NAME_SIZE, "pictures/%s", file->d_name);
    closedir(files);
    return count;
}

/* A directory stands in the place of its data. */
TEST_TIMES(each_picture_that_cannot_be_written_is_reported, WHOLE_PROGRAM_COUNT)
{
    char names[MOST_PICTURES][NAME_SIZE];
    size_t count = list_pictures(WHOLE_PROGRAMS[_i], names);
    ck_assert_uint_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        forget_files();
        ck_assert_int_eq(mkdir(in("pictures"), 0777), 0);
        ck_assert_int_eq(mkdir(in(names[i]), 0777), 0);
        Outcome outcome = whole_run(WHOLE_PROGRAMS[_i], "--plots pictures", &NO_GNUPLOT);
        whole_check_failure(&outcome, WHOLE_PROGRAMS[_i], names[i], 1, names[i]);
        outcome_free(&outcome);
    }
}

/* --- Signals --------------------------------------------------------------------------------- */

/* Whether a directory holds a file whose name begins so. */
static bool holds(const char *path, const char *beginning)
{
    bool found = false;
    DIR *files = opendir(path);
    for (struct dirent *file; files != NULL && (file = readdir(files)) != NULL;)
        found = found || strncmp(file->d_name, beginning, strlen(beginning)) == 0;
    if (files != NULL)
        closedir(files);
    return found;
}

/* In a process of its own: becomes the program that its words from the sixth on name. As soon as
 * the directory of the first word holds a file that begins as the second, two signals arrive: first
 * the one of the fourth word, which is ignored, unless it is 0; then the one of the third. */
static int become_interrupted(int argc, char **argv)
{
    pid_t program = getpid();
    int last = (int)strtol(argv[3], NULL, 10), ignored = (int)strtol(argv[4], NULL, 10);
    /* What a shell starts in the background ignores some signals. */
    if (argc < 6 || signal(last, SIG_DFL) == SIG_ERR ||
        (ignored != 0 && signal(ignored, SIG_IGN) == SIG_ERR))
        return 99;
    if (fork() == 0) {
        alarm(20);
        while (!holds(argv[1], argv[2]))
            nanosleep(&(struct timespec){0, 1000000}, NULL);
        kill(program, ignored);
        nanosleep(&(struct timespec){0, 20000000}, NULL);
        kill(program, last);
        _exit(0);
    }
    execv(argv[5], argv + 5);
    return 98;
}

static void absolute_program(const char *program, char path[ARGUMENTS_SIZE])
{
    char here[ARGUMENTS_SIZE / 2] = "";
    if (BUILD[0] != '/')
        ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    snprintf(path, ARGUMENTS_SIZE, "%s/%s/bin/%s", here, BUILD, program);
}

static void expect_interrupted(const Outcome *outcome, int number, const char *line)
{
    ck_assert_msg(outcome->status == -number, "status %d, \"%s\"", outcome->status, outcome->err);
    ck_assert_msg(strcmp(outcome->err, line) == 0, "said \"%s\"", outcome->err);
}

static const struct {
    const char *name;
    int number, ignored;
} SIGNALS[] = {{"SIGINT", SIGINT, 0},   {"SIGTERM", SIGTERM, 0}, {"SIGHUP", SIGHUP, 0},
               {"SIGQUIT", SIGQUIT, 0}, {"SIGXCPU", SIGXCPU, 0}, {"SIGTERM", SIGTERM, SIGHUP}};

/* The second output waits for somebody who reads it, so the first one is complete and not yet in
 * its place. */
TEST_ROWS(an_interrupted_program_leaves_what_was_there, SIGNALS)
{
    char path[ARGUMENTS_SIZE], line[100], number[16], ignored[16], text[10] = "";
    snprintf(number, sizeof number, "%d", SIGNALS[_i].number);
    snprintf(ignored, sizeof ignored, "%d", SIGNALS[_i].ignored);
    whole_make_inputs("4x3.npy");
    put_bytes("out.txt", "before", 6);
    ck_assert_int_eq(mkfifo(in("pipe"), 0600), 0);
    size_t files = count_files(".");
    absolute_program("03_self_attention", path);
    Command command = {.words = {"", ".", ".headwise-", number, ignored, path, "--q", "4x3.npy",
                                 "--k", "4x3.npy", "--v", "4x3.npy", "--out", "out.txt",
                                 "--weights-out", "pipe"},
                       .function = become_interrupted,
                       .directory = in(".")};
    Outcome outcome = process_run(&command);
    snprintf(line, sizeof line, "03_self_attention: interrupted by %s\n", SIGNALS[_i].name);
    expect_interrupted(&outcome, SIGNALS[_i].number, line);
    ck_assert_uint_eq(count_files("."), files);
    FILE *before = fopen(in("out.txt"), "r");
    ck_assert_uint_eq(fread(text, 1, sizeof text - 1, before), 6);
    ck_assert_str_eq(text, "before");
    fclose(before);
    outcome_free(&outcome);
}

/* A gnuplot that has begun a picture, says so, and takes its time. */
TEST(an_interrupted_program_takes_gnuplot_along)
{
    char program[ARGUMENTS_SIZE], number[32] = "";
    absolute_program("01_dot_products", program);
    Command command = {
        .words = {"", ".", "number", "15", "0", program, "--plots", "pictures"},
        .function = become_interrupted,
        .environment = {path_with("gnuplot", SH "echo '<svg>'; echo $$ > number; exec sleep 30")},
        .directory = in("."),
    };
    Outcome outcome = process_run(&command);
    expect_interrupted(&outcome, SIGTERM, "01_dot_products: interrupted by SIGTERM\n");
    ck_assert(!holds(in("pictures"), ".headwise"));
    FILE *file = fopen(in("number"), "r");
    ck_assert_ptr_nonnull(fgets(number, sizeof number, file));
    fclose(file);
    ck_assert_int_eq(kill((pid_t)strtol(number, NULL, 10), 0), -1);
    ck_assert_int_eq(errno, ESRCH);
    outcome_free(&outcome);
}

/* In a process of its own: becomes the program, which may write files of 4 KiB and no more. */
static int become_limited(int argc, char **argv)
{
    if (argc < 2 || setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096}) != 0)
        return 99;
    execv(argv[1], argv + 1);
    return 98;
}

TEST(a_file_that_may_not_be_that_large_is_reported)
{
    char program[ARGUMENTS_SIZE];
    static const char *const CALLS[][2] = {{"out.npy", "out.npy: cannot write: File too large"},
                                           {"out.txt", "out.txt: cannot write: File too large"},
                                           {"-", "standard output: cannot write: File too large"}};
    absolute_program("06_positional_encoding", program);
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        Command command = {
            .words = {"", program, "--positions", "64", "--d-model", "64", "--out", CALLS[i][0]},
            .function = become_limited,
            .directory = in(".")};
        Outcome outcome = process_run(&command);
        whole_check_failure(&outcome, "06_positional_encoding", CALLS[i][0], 1, CALLS[i][1]);
        ck_assert_uint_eq(count_files("."), 0);
        outcome_free(&outcome);
    }
}
