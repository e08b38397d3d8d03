/* What a signal finds unfinished, and what it leaves. */
#include "interrupt.h"

#include "assert.h"
#include "files.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A directory with a file in it, both not yet noted. */
static char directory[200], file[sizeof directory + 8];

static void make_unfinished(void)
{
    snprintf(directory, sizeof directory, "%s", in("directory"));
    ck_assert_int_eq(mkdir(directory, 0777), 0);
    put("directory/file", "");
    snprintf(file, sizeof file, "%s", in("directory/file"));
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Cleans up in this process, without the line. */
static void clean_up_here(void)
{
    int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    ck_assert_int_ge(kept, 0);
    ck_assert_int_ge(nowhere, 0);
    ck_assert_int_eq(dup2(nowhere, STDERR_FILENO), STDERR_FILENO);
    interrupts_clean_up("test", SIGTERM);
    ck_assert_int_eq(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    close(nowhere);
    close(kept);
}

/* --- Cleaning up ----------------------------------------------------------------------------- */

static int clean_up(int argc, char **argv)
{
    (void)argc;
    make_unfinished();
    unfinished_add(directory);
    unfinished_add(file);
    interrupts_clean_up(argv[0], (int)strtol(argv[1], NULL, 10));
    int status = is_there(directory) ? 1 : 0;
    return status;
}

static void expect_line(const char *program, int signal, const char *line)
{
    char number[16];
    snprintf(number, sizeof number, "%d", signal);
    Outcome outcome = process_run(&(Command){.words = {program, number}, .function = clean_up});
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.err, line);
    outcome_free(&outcome);
}

TEST(what_is_unfinished_is_removed_from_the_last_to_the_first)
{
    expect_line("03_small", SIGTERM, "03_small: interrupted by SIGTERM\n");
    expect_line("03_small", SIGINT, "03_small: interrupted by SIGINT\n");
    expect_line("03_small", SIGSEGV, "03_small: interrupted by a signal\n");
}

TEST(the_line_ends_however_long_the_name)
{
    char name[400] = "";
    memset(name, 'x', sizeof name - 1);
    Outcome outcome = process_run(&(Command){.words = {name, "15"}, .function = clean_up});
    ck_assert_uint_eq(count_lines(outcome.err), 1);
    ck_assert_int_eq(outcome.err[strlen(outcome.err) - 1], '\n');
    outcome_free(&outcome);
}

TEST(what_is_finished_stays)
{
    make_unfinished();
    unfinished_add(file);
    unfinished_drop(file);
    unfinished_drop(directory); /* was never noted */
    clean_up_here();
    ck_assert(is_there(file));
}

TEST(more_paths_than_there_is_room_for_do_no_harm)
{
    static const char none[UNFINISHED_MOST + 1][2];
    make_unfinished();
    for (size_t i = 0; i < UNFINISHED_MOST; i++)
        unfinished_add(none[i]);
    unfinished_add(file);
    clean_up_here();
    ck_assert(is_there(file));
    unfinished_drop(none[3]);
    unfinished_add(file);
    clean_up_here();
    ck_assert(!is_there(file));
    unfinished_drop(file);
    for (size_t i = 0; i < UNFINISHED_MOST; i++)
        unfinished_drop(none[i]);
}

TEST(a_child_is_killed_and_waited_for)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        pause();
        _exit(0);
    }
    unfinished_process(child);
    clean_up_here();
    ck_assert_int_eq(waitpid(child, NULL, 0), -1);
    ck_assert_int_eq(errno, ECHILD);
    unfinished_process(0);
}

/* --- Signals --------------------------------------------------------------------------------- */

/* The signal that the program then sends itself does not arrive, so that the test sees the rest. */
static void raise_blocked(void)
{
    sigset_t set;
    kill(getpid(), SIGTERM);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

/* What a program does with a signal, by the name that its only word gives. */
static int meet_signal(int argc, char **argv)
{
    const char *how = argv[argc - 1];
    (void)signal(SIGHUP, SIG_IGN);
    interrupts_expect("03_small");
    if (strcmp(how, "ignored") == 0)
        kill(getpid(), SIGHUP);
    if (strcmp(how, "file size") == 0)
        kill(getpid(), SIGXFSZ);
    if (strcmp(how, "at once") == 0)
        kill(getpid(), SIGTERM);
    interrupts_hold();
    interrupts_hold();
    if (strcmp(how, "held") == 0 || strcmp(how, "later") == 0)
        kill(getpid(), SIGTERM);
    interrupts_release();
    printf("%s%s", how, interrupts_waiting() ? " and waiting" : "");
    fflush(stdout);
    if (strcmp(how, "blocked") == 0)
        raise_blocked();
    if (strcmp(how, "held") != 0)
        interrupts_release();
    return 0;
}

static const struct {
    const char *how;
    int status;
    const char *out, *err;
} MEETINGS[] = {
    {"ignored", 0, "ignored", ""},
    {"file size", 0, "file size", ""},
    {"none", 0, "none", ""},
    {"held", 0, "held and waiting", ""},
    {"at once", -SIGTERM, "", "03_small: interrupted by SIGTERM\n"},
    {"blocked", 0, "blocked", "03_small: interrupted by SIGTERM\n"},
    {"later", -SIGTERM, "later and waiting", "03_small: interrupted by SIGTERM\n"},
};

TEST_ROWS(a_signal_ends_the_program_unless_it_is_ignored_or_held, MEETINGS)
{
    Outcome outcome =
        process_run(&(Command){.words = {"meet", MEETINGS[_i].how}, .function = meet_signal});
    ck_assert_int_eq(outcome.status, MEETINGS[_i].status);
    ck_assert_str_eq(outcome.out, MEETINGS[_i].out);
    ck_assert_str_eq(outcome.err, MEETINGS[_i].err);
    outcome_free(&outcome);
}
