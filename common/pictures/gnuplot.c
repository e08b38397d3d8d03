/* waitid(). */
#define _XOPEN_SOURCE 700

#include "gnuplot.h"

#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
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

/* The template, made from picture.gnuplot: its lines, then NULL. */
extern const char *const picture_gnuplot[];

/* gnuplot while it runs. */
typedef struct Gnuplot {
    pid_t process;
    FILE *commands; /* Its standard input. */
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

/* The table is data of the commands, so that gnuplot opens no file. NULL with an errno. */
static FILE *open_commands(const GnuplotJob *job)
{
    FILE *commands = tmpfile();
    if (commands == NULL)
        return NULL;
    fputs("$table << END_OF_TABLE\n", commands);
    job->table(commands, job->what);
    fprintf(commands, "END_OF_TABLE\ntable = \"$table\"\nformat = \"%s\"\n", job->format);
    for (size_t i = 0; picture_gnuplot[i] != NULL; i++)
        fprintf(commands, "%s\n", picture_gnuplot[i]);
    if (fseek(commands, 0, SEEK_SET) == 0 && !ferror(commands))
        return commands;
    int reason = errno;
    fclose(commands);
    errno = reason;
    return NULL;
}

/* Starts the process between its three streams. Returns an errno, 0 if it runs. */
static int spawn(pid_t *process, const char *program, const int streams[3])
{
    /* -d: without the user's own settings. By its name gnuplot reads the input in blocks; without
     * one, byte by byte. posix_spawn() does not write to its arguments. */
    char *const arguments[] = {(char[]){"gnuplot"}, (char[]){"-d"}, (char[]){"/dev/stdin"}, NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return error; /* GCOVR_EXCL_LINE: fails only when the C library has no memory. */
    for (int i = 0; error == 0 && i < 3; i++)
        error = posix_spawn_file_actions_adddup2(&actions, streams[i], i);
    if (error == 0)
        error = posix_spawn(process, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Returns an errno, 0 if gnuplot runs. */
static int start(Gnuplot *gnuplot, const GnuplotJob *job, const char *program)
{
    int streams[3] = {-1, -1, -1}, error = 0;
    gnuplot->commands = open_commands(job);
    gnuplot->log = gnuplot->commands != NULL ? tmpfile() : NULL;
    if (gnuplot->log == NULL)
        return errno;
    FILE *const files[3] = {gnuplot->commands, job->picture, gnuplot->log};
    /* Above the standard streams, which may be closed, so that none takes the place of another. */
    for (int i = 0; error == 0 && i < 3; i++) {
        streams[i] = fcntl(fileno(files[i]), F_DUPFD_CLOEXEC, 3);
        error = streams[i] < 0 ? errno : 0;
    }
    interrupts_hold();
    if (error == 0)
        error = spawn(&gnuplot->process, program, streams);
    if (error == 0)
        unfinished_process(gnuplot->process);
    interrupts_release();
    for (int i = 0; i < 3 && streams[i] >= 0; i++)
        close(streams[i]);
    return error;
}

/* Waits for the end of gnuplot and tells how it ended, as waitpid() does. It stays a zombie until
 * no signal handler would kill it any more: after that, another process may have its number. */
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
    if (log == NULL || fseek(log, 0, SEEK_SET) != 0)
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

static Status finish(const Gnuplot *gnuplot, const char *about)
{
    int ending = wait_for(gnuplot->process);
    return ending == 0 ? STATUS_OK : failed(about, gnuplot->log, ending);
}

Status gnuplot_draw(const GnuplotJob *job, bool *installed)
{
    char program[PATH_MAX];
    *installed = find_gnuplot(program);
    if (!*installed)
        return STATUS_OK;
    Gnuplot gnuplot = {.commands = NULL};
    int error = start(&gnuplot, job, program);
    Status status = STATUS_OK;
    if (error == 0)
        status = finish(&gnuplot, job->about);
    else if (error == ENOENT || error == EACCES)
        *installed = false;
    else
        status = fail(STATUS_SYSTEM, "%s: cannot start gnuplot: %s", job->about, strerror(error));
    if (gnuplot.commands != NULL)
        fclose(gnuplot.commands);
    if (gnuplot.log != NULL)
        fclose(gnuplot.log);
    return status;
}
