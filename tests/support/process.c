#include "process.h"

#include "assert.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    DEFAULT_SECONDS = 120,
    CANNOT_START = 127, /* As in shells. */
    PATH_SIZE = 8192
};

/* The files behind the standard streams. Files, because a full pipe would stop the program. */
typedef struct Streams {
    FILE *in, *out, *err;
} Streams;

/* tmpfile() uses no directory but /tmp, which may not be writable. */
static FILE *temporary_file(void)
{
    char path[] = BUILD "/process_XXXXXX";
    int descriptor = mkstemp(path);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w+b") : NULL;
    if (file == NULL)
        ck_abort_msg("%s: %s", path, strerror(errno));
    (void)remove(path);
    return file;
}

static Streams open_streams(const Command *command)
{
    Streams streams = {temporary_file(), temporary_file(), temporary_file()};
    if (command->input_size > 0)
        ck_assert_uint_eq(fwrite(command->input, 1, command->input_size, streams.in),
                          command->input_size);
    ck_assert_int_eq(fflush(streams.in), 0);
    ck_assert_int_eq(fseek(streams.in, 0, SEEK_SET), 0);
    return streams;
}

/* --- In the new process: no test can fail here, it can only end. ----------------------------- */

static void give_up(const char *what)
{
    fprintf(stderr, "cannot start: %s: %s\n", what, strerror(errno));
    _exit(CANNOT_START);
}

static void connect(int from, int to)
{
    if (dup2(from, to) != to)
        give_up("dup2");
}

static void connect_output(const Command *command, FILE *kept)
{
    int ends[2];
    if (command->output_path != NULL) {
        int file = open(command->output_path, O_WRONLY);
        if (file == -1)
            give_up(command->output_path);
        connect(file, STDOUT_FILENO);
        close(file);
    } else if (command->out == STREAM_BROKEN_PIPE) {
        if (pipe(ends) != 0)
            give_up("pipe");
        connect(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
    } else {
        connect(fileno(kept), STDOUT_FILENO);
    }
}

static void connect_streams(const Command *command, Streams streams)
{
    connect(fileno(streams.err), STDERR_FILENO);
    connect(fileno(streams.in), STDIN_FILENO);
    connect_output(command, streams.out);
    /* All is connected before anything is closed: new descriptors must not take these places. */
    if (command->in == STREAM_CLOSED)
        close(STDIN_FILENO);
    if (command->out == STREAM_CLOSED)
        close(STDOUT_FILENO);
    if (command->err == STREAM_CLOSED)
        close(STDERR_FILENO);
}

static void change_environment(const Command *command)
{
    for (size_t i = 0; command->environment[i] != NULL; i++) {
        char name[64];
        const char *change = command->environment[i], *equals = strchr(change, '=');
        size_t length = equals != NULL ? (size_t)(equals - change) : strlen(change);
        snprintf(name, sizeof name, "%.*s", (int)length, change);
        if ((equals != NULL ? setenv(name, equals + 1, 1) : unsetenv(name)) != 0)
            give_up(change);
    }
}

/* A relative path is one from where the test runs, even when the program is to run elsewhere. */
static void absolute_path(const char *path, char result[PATH_SIZE])
{
    char here[PATH_SIZE];
    if (getcwd(here, sizeof here) == NULL)
        give_up("getcwd");
    if (snprintf(result, PATH_SIZE, "%s%s%s", path[0] == '/' ? "" : here, path[0] == '/' ? "" : "/",
                 path) >= PATH_SIZE)
        give_up(path);
}

static void become(const Command *command, Streams streams)
{
    char path[PATH_SIZE];
    absolute_path(command->words[0], path);
    change_environment(command);
    if (command->directory != NULL && chdir(command->directory) != 0)
        give_up(command->directory);
    connect_streams(command, streams);
    /* As a shell starts a program, whatever the test has done. */
    static const int HANDLED[] = {SIGPIPE, SIGALRM, SIGINT, SIGTERM};
    for (size_t i = 0; i < sizeof HANDLED / sizeof *HANDLED; i++)
        signal(HANDLED[i], SIG_DFL);
    alarm(command->seconds > 0 ? command->seconds : DEFAULT_SECONDS);
    int argc = 0;
    while (command->words[argc] != NULL)
        argc++;
    /* Neither main() nor execv() writes to the words, but their types do not say so. */
    char *argv[COMMAND_MAX_WORDS];
    memcpy(argv, command->words, sizeof argv);
    if (command->function != NULL)
        exit(command->function(argc, argv));
    execv(path, argv);
    give_up(path);
}

/* --- In the test ----------------------------------------------------------------------------- */

static char *content(FILE *file, size_t *size)
{
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    long end = ftell(file);
    ck_assert_int_ge(end, 0);
    ck_assert_int_eq(fseek(file, 0, SEEK_SET), 0);
    char *text = calloc((size_t)end + 1, 1);
    ck_assert_ptr_nonnull(text);
    *size = fread(text, 1, (size_t)end, file);
    fclose(file);
    return text;
}

static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) == -1)
        if (errno != EINTR)
            ck_abort_msg("waitpid: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Outcome process_run(const Command *command)
{
    Streams streams = open_streams(command);
    /* What the test has not yet printed must not be printed by both processes. */
    fflush(NULL);
    pid_t child = fork();
    if (child == -1)
        ck_abort_msg("fork: %s", strerror(errno));
    if (child == 0)
        become(command, streams);
    Outcome outcome = {.status = wait_for(child)};
    size_t err_size;
    fclose(streams.in);
    outcome.out = content(streams.out, &outcome.out_size);
    outcome.err = content(streams.err, &err_size);
    if (outcome.status == CANNOT_START)
        ck_abort_msg("%s", outcome.err);
    if (outcome.status == -SIGALRM)
        ck_abort_msg("%s does not end", command->words[0]);
    return outcome;
}

void outcome_free(Outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
    *outcome = (Outcome){.status = 0};
}

size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (const char *end = text; *text != '\0'; text = end) {
        end = strchr(text, '\n');
        end = end != NULL ? end + 1 : text + strlen(text);
        lines++;
    }
    return lines;
}
