#include "contender.h"

#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MOST_WORKERS = 64, START_SECONDS = 60 };

/* Whoever ends the bench ends all workers, which may be stopped and would never notice. */
static volatile sig_atomic_t workers[MOST_WORKERS];

static void end_all(int signal_number)
{
    for (size_t i = 0; i < MOST_WORKERS; i++)
        if (workers[i] != 0)
            (void)kill((pid_t)workers[i], SIGKILL);
    _exit(128 + signal_number);
}

static void remember(pid_t old, pid_t process)
{
    struct sigaction action = {.sa_handler = end_all};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
    for (size_t i = 0; i < MOST_WORKERS; i++)
        if (workers[i] == (sig_atomic_t)old) {
            workers[i] = (sig_atomic_t)process;
            return;
        }
}

/* The variables by which all the libraries here are told how many threads to use. */
static const char *const THREAD_VARIABLES[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                                               "MKL_NUM_THREADS"};

static void set_environment(const Contender *contender)
{
    char number[32];
    snprintf(number, sizeof number, "%zu", contender->threads);
    for (size_t i = 0; i < sizeof THREAD_VARIABLES / sizeof *THREAD_VARIABLES; i++)
        (void)setenv(THREAD_VARIABLES[i], number, 1);
    for (size_t i = 0; contender->settings[i] != NULL; i++) {
        char name[CONTENDER_TEXT_SIZE];
        const char *value = strchr(contender->settings[i], '=') + 1;
        snprintf(name, sizeof name, "%.*s", (int)(value - 1 - contender->settings[i]),
                 contender->settings[i]);
        (void)setenv(name, value, 1);
    }
}

static void clear_environment(const Contender *contender)
{
    for (size_t i = 0; i < sizeof THREAD_VARIABLES / sizeof *THREAD_VARIABLES; i++)
        (void)unsetenv(THREAD_VARIABLES[i]);
    for (size_t i = 0; contender->settings[i] != NULL; i++) {
        char name[CONTENDER_TEXT_SIZE];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(contender->settings[i], "="),
                 contender->settings[i]);
        (void)unsetenv(name);
    }
}

/* Starts the process with these ends of pipes as its standard streams. */
static int spawn(Contender *contender, int in, int out)
{
    posix_spawn_file_actions_t actions;
    char *words[CONTENDER_WORDS];
    /* posix_spawn() does not write to them, whatever its type says */
    memcpy(words, contender->words, sizeof words);
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error;
    error = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    set_environment(contender);
    machine_pin(contender->cores);
    if (error == 0)
        error = posix_spawnp(&contender->process, words[0], &actions, NULL, words, environ);
    machine_unpin();
    clear_environment(contender);
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Two pipes whose ends no other worker inherits. */
static Status make_pipes(int to[2], int from[2])
{
    if (pipe(to) != 0)
        return fail(STATUS_SYSTEM, "pipe: %s", strerror(errno));
    if (pipe(from) != 0) {
        (void)close(to[0]);
        (void)close(to[1]);
        return fail(STATUS_SYSTEM, "pipe: %s", strerror(errno));
    }
    const int ends[] = {to[0], to[1], from[0], from[1]};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    return STATUS_OK;
}

/* Reads a line, but not for longer than some seconds. */
static bool read_line(int from, double seconds, char line[CONTENDER_TEXT_SIZE])
{
    struct pollfd waiting = {.fd = from, .events = POLLIN};
    size_t length = 0;
    while (length + 1 < CONTENDER_TEXT_SIZE) {
        int ready = poll(&waiting, 1, (int)(seconds * 1000.0));
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0 || read(from, line + length, 1) != 1)
            return false;
        if (line[length] == '\n')
            break;
        length++;
    }
    line[length] = '\0';
    return true;
}

static void give_up(Contender *contender, const char *why)
{
    contender_stop(contender);
    contender->absent = true;
    snprintf(contender->version, sizeof contender->version, "%s", why);
}

Status contender_start(Contender *contender)
{
    char line[CONTENDER_TEXT_SIZE];
    int to[2], from[2];
    if (make_pipes(to, from) != STATUS_OK)
        return STATUS_SYSTEM;
    contender->absent = false;
    int error = spawn(contender, to[0], from[1]);
    (void)close(to[0]);
    (void)close(from[1]);
    contender->from = from[0];
    contender->to = fdopen(to[1], "w");
    if (error != 0 || contender->to == NULL) {
        contender->process = 0;
        give_up(contender, error != 0 ? strerror(error) : "no stream");
        return STATUS_OK;
    }
    remember(0, contender->process);
    if (!read_line(contender->from, START_SECONDS, line))
        give_up(contender, "it ended without a word");
    else if (strncmp(line, "ready ", 6) != 0)
        give_up(contender, strncmp(line, "absent ", 7) == 0 ? line + 7 : line);
    else
        snprintf(contender->version, sizeof contender->version, "%s", line + 6);
    if (contender->process != 0)
        (void)kill(contender->process, SIGSTOP);
    return STATUS_OK;
}

Status contender_ask(Contender *contender, double seconds, char answer[CONTENDER_TEXT_SIZE],
                     const char *format, ...)
{
    char line[CONTENDER_TEXT_SIZE];
    va_list arguments;
    if (contender->process == 0)
        return fail(STATUS_VALUE, "%s: %s", contender->name, contender->version);
    va_start(arguments, format);
    (void)vfprintf(contender->to, format, arguments);
    va_end(arguments);
    (void)fputc('\n', contender->to);
    (void)fflush(contender->to);
    (void)kill(contender->process, SIGCONT);
    if (!read_line(contender->from, seconds, line)) {
        give_up(contender, "it did not answer any more");
        return fail(STATUS_VALUE, "%s: %s", contender->name, contender->version);
    }
    (void)kill(contender->process, SIGSTOP);
    if (strncmp(line, "ok", 2) != 0)
        return fail(STATUS_VALUE, "%s: %s", contender->name, line);
    snprintf(answer, CONTENDER_TEXT_SIZE, "%s", line[2] == ' ' ? line + 3 : "");
    return STATUS_OK;
}

void contender_stop(Contender *contender)
{
    if (contender->to != NULL)
        (void)fclose(contender->to);
    if (contender->from > 0)
        (void)close(contender->from);
    contender->to = NULL;
    contender->from = 0;
    if (contender->process == 0)
        return;
    (void)kill(contender->process, SIGKILL);
    (void)waitpid(contender->process, NULL, 0);
    remember(contender->process, 0);
    contender->process = 0;
}
