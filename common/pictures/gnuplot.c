/* waitid(). */
#define _XOPEN_SOURCE 700

#include "gnuplot.h"

#include "interrupt.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* POSIX has it, but in no header. */
extern char **environ;

/* How a shell ends that found no program of that name, or one that it may not run. */
enum { NOT_FOUND = 127, NOT_EXECUTABLE = 126 };

/* The shell's way into the directory, which is its first argument and no part of the command; the
 * second one is gnuplot. The "./" keeps `cd` from looking for it elsewhere, or taking it for an
 * option. -d: without the user's own settings. */
static const char IN_DIRECTORY[] = "case $1 in /*) ;; *) set -- \"./$1\" \"$2\" ;; esac\n"
                                   "cd \"$1\" && exec \"$2\" -d";

/* gnuplot while it runs. */
typedef struct Gnuplot {
    pid_t process;
    FILE *commands; /* Into its standard input. */
    FILE *log;      /* What it says. */
} Gnuplot;

static bool is_program(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && access(path, X_OK) == 0;
}

static bool find_gnuplot(char path[PATH_MAX])
{
    const char *element = getenv("PATH");
    if (element == NULL)
        element = "/usr/bin:/bin";
    for (; *element != '\0'; element += *element == ':') {
        size_t length = strcspn(element, ":");
        int needed = snprintf(path, PATH_MAX, "%.*s/gnuplot", (int)length, element);
        if (*element == '/' && needed < PATH_MAX && is_program(path))
            return true;
        element += length;
    }
    return false;
}

/* Starts the process between the two ends of a pipe and the log. Returns an errno, 0 if it runs. */
static int spawn(pid_t *process, const char *directory, const char *program, const int ends[2],
                 int log)
{
    /* posix_spawn() does not write to its arguments, but their type does not say so. */
    char *const arguments[] = {(char[]){"sh"},
                               (char[]){"-c"},
                               (char *)IN_DIRECTORY,
                               (char[]){"sh"},
                               (char *)directory,
                               (char *)program,
                               NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error; /* GCOVR_EXCL_LINE: fails only when the C library has no memory. */
    /* If its own writing end stayed open, gnuplot would never see the end of its commands. */
    error = posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO) |
            posix_spawn_file_actions_adddup2(&actions, log, STDOUT_FILENO) |
            posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO) |
            posix_spawn_file_actions_addclose(&actions, ends[1]);
    if (error == 0)
        error = posix_spawn(process, "/bin/sh", &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Returns an errno, 0 if gnuplot runs. */
static int start(Gnuplot *gnuplot, const char *directory, const char *program)
{
    int ends[2];
    if (gnuplot->log == NULL || pipe(ends) != 0)
        return errno;
    interrupts_hold();
    int error = spawn(&gnuplot->process, directory, program, ends, fileno(gnuplot->log));
    if (error == 0)
        unfinished_process(gnuplot->process);
    interrupts_release();
    close(ends[0]);
    gnuplot->commands = error == 0 ? fdopen(ends[1], "w") : NULL;
    if (gnuplot->commands != NULL)
        return 0;
    close(ends[1]);                     /* GCOVR_EXCL_LINE: there is always a /bin/sh. */
    return error != 0 ? error : ENOMEM; /* GCOVR_EXCL_LINE: as above. */
}

/* Waits for the end of gnuplot and tells how it ended, as waitpid() does. It is left to be waited
 * for until nobody will kill it any more: after that, another process may have its number. */
static int wait_for(pid_t process)
{
    int ending = 0;
    siginfo_t about;
    while (waitid(P_PID, (id_t)process, &about, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        ;
    unfinished_process(0);
    waitpid(process, &ending, 0);
    return ending;
}

/* gnuplot repeats the command and points at the place; its last line is the one that says why. */
static bool read_reason(FILE *log, char *reason, int size)
{
    char line[256];
    bool found = false;
    if (fseek(log, 0, SEEK_SET) != 0)
        return false; /* GCOVR_EXCL_LINE: the log is a file */
    while (fgets(line, sizeof line, log) != NULL) {
        const char *text = line + strspn(line, " \t\n");
        int length = (int)strcspn(text, "\n");
        if (length == 0)
            continue;
        snprintf(reason, (size_t)size, "%.*s", length, text);
        found = true;
    }
    return found;
}

static Status failed(const char *about, FILE *log, int ending)
{
    char reason[256];
    if (read_reason(log, reason, sizeof reason))
        return fail(STATUS_SYSTEM, "%s: gnuplot failed: %s", about, reason);
    if (WIFSIGNALED(ending))
        return fail(STATUS_SYSTEM, "%s: gnuplot was killed by signal %d", about, WTERMSIG(ending));
    return fail(STATUS_SYSTEM, "%s: gnuplot ended with status %d before the picture was drawn",
                about, WEXITSTATUS(ending));
}

/* Hands over the commands and waits until they are done. */
static Status finish(const Gnuplot *gnuplot, const GnuplotJob *job, bool *installed)
{
    fprintf(gnuplot->commands, "picture = \"%s\"\n", job->picture);
    job->commands(gnuplot->commands, job->what);
    bool has_read = !ferror(gnuplot->commands);
    has_read = fclose(gnuplot->commands) == 0 && has_read;
    int ending = wait_for(gnuplot->process);
    int status = WIFEXITED(ending) ? WEXITSTATUS(ending) : 0;
    *installed = status != NOT_FOUND && status != NOT_EXECUTABLE;
    if (!*installed || (ending == 0 && has_read))
        return STATUS_OK;
    return failed(job->about, gnuplot->log, ending);
}

Status gnuplot_run(const GnuplotJob *job, bool *installed)
{
    char program[PATH_MAX];
    *installed = find_gnuplot(program);
    if (!*installed)
        return STATUS_OK;
    Gnuplot gnuplot = {.log = fopen(job->log, "w+x")};
    int error = start(&gnuplot, job->directory, program);
    Status status = error == 0 ? finish(&gnuplot, job, installed)
                               : fail(STATUS_SYSTEM, "%s: cannot start gnuplot: %s", job->about,
                                      strerror(error));
    if (gnuplot.log != NULL)
        fclose(gnuplot.log);
    return status;
}
