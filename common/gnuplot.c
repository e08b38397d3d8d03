#include "gnuplot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child says when it could not become gnuplot. */
enum { EXIT_NOT_RUN = 127 };

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

bool gnuplot_find(char program[PATH_MAX])
{
    const char *path = getenv("PATH");
    while (path != NULL && *path != '\0') {
        size_t length = strcspn(path, ":");
        /* gnuplot runs in another directory, where a relative path would mean something else. */
        if (*path == '/' && length < PATH_MAX) {
            int size = snprintf(program, PATH_MAX, "%.*s/gnuplot", (int)length, path);
            if (size < PATH_MAX && is_program(program))
                return true;
        }
        path += length + (path[length] == ':' ? 1 : 0);
    }
    return false;
}

/* In the child: nothing but calls that are safe between fork() and exec(). */
static void become_gnuplot(const char *program, const char *directory, int input, int output)
{
    char *const arguments[] = {(char[]){"gnuplot"}, (char[]){"-d"}, NULL};
    if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0 && chdir(directory) == 0)
        execv(program, arguments);
    _exit(EXIT_NOT_RUN);
}

/* Starts gnuplot between a pipe and the log; if that fails, errno says why. */
static bool start(Gnuplot *gnuplot, const char *program, const char *directory)
{
    int ends[2];
    if (gnuplot->log == NULL || pipe(ends) != 0)
        return false;
    gnuplot->process = fork();
    if (gnuplot->process == 0) {
        close(ends[1]);
        become_gnuplot(program, directory, ends[0], fileno(gnuplot->log));
    }
    close(ends[0]);
    gnuplot->commands = gnuplot->process > 0 ? fdopen(ends[1], "w") : NULL;
    if (gnuplot->commands == NULL)
        close(ends[1]); /* GCOVR_EXCL_LINE: no test can make fork() or fdopen() alone fail. */
    return gnuplot->commands != NULL;
}

/* Waits for the end of gnuplot and tells how it ended, as waitpid() does. */
static int wait_for(pid_t process)
{
    int ending = 0;
    pid_t ended;
    do
        ended = waitpid(process, &ending, 0);
    while (ended < 0 && errno == EINTR);
    return ending;
}

/* gnuplot repeats the command and points at the place; its last line is the one that says why. */
static bool read_reason(FILE *log, char *reason, int size)
{
    char line[256];
    bool found = false;
    rewind(log);
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
    if (WEXITSTATUS(ending) == EXIT_NOT_RUN)
        return fail(STATUS_SYSTEM, "%s: gnuplot cannot be run", about);
    return fail(STATUS_SYSTEM, "%s: gnuplot ended with status %d before the picture was drawn",
                about, WEXITSTATUS(ending));
}

/* Hands over the commands and waits until they are done. */
static Status finish(const Gnuplot *gnuplot, const char *about, const char *picture,
                     PlotWriter commands, const void *what)
{
    fprintf(gnuplot->commands, "picture = \"%s\"\n", picture);
    commands(gnuplot->commands, what);
    bool has_read = !ferror(gnuplot->commands);
    has_read = fclose(gnuplot->commands) == 0 && has_read;
    int ending = wait_for(gnuplot->process);
    return ending == 0 && has_read ? STATUS_OK : failed(about, gnuplot->log, ending);
}

Status gnuplot_run(const char *about, const char *program, const char *directory,
                   const char *picture, PlotWriter commands, const void *what)
{
    Gnuplot gnuplot = {.log = tmpfile()};
    Status status =
        start(&gnuplot, program, directory)
            ? finish(&gnuplot, about, picture, commands, what)
            : fail(STATUS_SYSTEM, "%s: cannot start gnuplot: %s", about, strerror(errno));
    if (gnuplot.log != NULL)
        fclose(gnuplot.log);
    return status;
}
