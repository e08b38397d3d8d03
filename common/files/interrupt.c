#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The signals by which a program is usually ended from outside. */
static const struct {
    int number;
    const char *name;
} SIGNALS[] = {
    {SIGINT, "SIGINT"},   {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"},       {SIGQUIT, "SIGQUIT"},
    {SIGXCPU, "SIGXCPU"}, {SIGALRM, "SIGALRM"}, {SIGVTALRM, "SIGVTALRM"}, {SIGPROF, "SIGPROF"},
    {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"},
};

enum { SIGNAL_COUNT = sizeof SIGNALS / sizeof *SIGNALS };

static _Atomic(const char *) unfinished[UNFINISHED_MOST];
static volatile sig_atomic_t child, holds, waiting_signal;
static const char *program_name;

/* --- What a handler may do ------------------------------------------------------------------- */

static size_t append(char *line, size_t used, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length > size - used)
        length = size - used;
    memcpy(line + used, text, length);
    return used + length;
}

static void say(const char *program, int signal)
{
    char line[160];
    const char *name = "a signal";
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (SIGNALS[i].number == signal)
            name = SIGNALS[i].name;
    size_t used = append(line, 0, sizeof line - 1, program);
    used = append(line, used, sizeof line - 1, ": interrupted by ");
    used = append(line, used, sizeof line - 1, name);
    line[used++] = '\n';
    /* If this fails, nothing more can be done. */
    ssize_t written = write(STDERR_FILENO, line, used);
    (void)written;
}

void interrupts_clean_up(const char *program, int signal)
{
    if (child > 0) {
        kill((pid_t)child, SIGKILL);
        waitpid((pid_t)child, NULL, 0);
    }
    for (size_t i = UNFINISHED_MOST; i-- > 0;) {
        const char *path = atomic_load(&unfinished[i]);
        if (path != NULL && unlink(path) != 0)
            rmdir(path);
    }
    say(program, signal);
}

/* In a handler, the signal is blocked and takes effect at the handler's end; elsewhere, here. */
static void end_by(int signal)
{
    interrupts_clean_up(program_name, signal);
    (void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    (void)raise(signal);
}

static void on_signal(int signal)
{
    int before = errno;
    waiting_signal = signal;
    if (holds == 0)
        end_by(signal); /* GCOVR_EXCL_LINE: a process that ends this way writes no coverage. */
    errno = before;
}

/* --- What the program does ------------------------------------------------------------------- */

void interrupts_expect(const char *program)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, before;
    program_name = program;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (sigaction(SIGNALS[i].number, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            (void)sigaction(SIGNALS[i].number, &action, NULL);
    (void)signal(SIGXFSZ, SIG_IGN);
}

void interrupts_hold(void)
{
    holds = holds + 1;
}

bool interrupts_waiting(void)
{
    return waiting_signal != 0;
}

void interrupts_release(void)
{
    holds = holds - 1;
    if (holds == 0 && waiting_signal != 0)
        end_by(waiting_signal);
}

void unfinished_add(const char *path)
{
    for (size_t i = 0; i < UNFINISHED_MOST; i++) {
        const char *none = NULL;
        if (atomic_compare_exchange_strong(&unfinished[i], &none, path))
            return;
    }
}

void unfinished_drop(const char *path)
{
    for (size_t i = 0; i < UNFINISHED_MOST; i++) {
        const char *expected = path;
        if (atomic_compare_exchange_strong(&unfinished[i], &expected, NULL))
            return;
    }
}

void unfinished_process(pid_t process)
{
    child = (sig_atomic_t)process;
}
