/* The sessions in chapters/NN_topic/demo/calls.txt, and the calls that the tests start from. */
#include "whole.h"

#include "assert.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* From the makefile: each with a comma behind it. */
const char *const WHOLE_PROGRAMS[] = {PROGRAM_NAMES NULL};
const size_t WHOLE_PROGRAM_COUNT = sizeof WHOLE_PROGRAMS / sizeof *WHOLE_PROGRAMS - 1;

static const char CAPITALS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";

/* --- Sessions -------------------------------------------------------------------------------- */

Session session_open(const char *program)
{
    Session session = {.file = NULL};
    char path[128];
    snprintf(path, sizeof path, "chapters/%s/demo/calls.txt", program);
    session.file = fopen(path, "r");
    return session;
}

void session_close(Session *session)
{
    if (session->file != NULL)
        fclose(session->file);
    session->file = NULL;
}

/* The text of a variable, which ends with its line. */
static const char *value_of(const Session *session, const char *name, size_t length)
{
    const char *variable = session->variables;
    while (strncmp(variable, name, length) != 0 || variable[length] != '=') {
        variable += strcspn(variable, "\n");
        ck_assert_msg(*variable != '\0', "the variable of this call is unknown: %s", session->line);
        variable++;
    }
    return variable + length + 1;
}

static void fill_in(Session *session, const char *text)
{
    size_t used = 0;
    while (*text != '\0' && *text != '\n') {
        size_t length = *text == '$' ? strspn(text + 1, CAPITALS) : 0;
        const char *part = length > 0 ? value_of(session, text + 1, length) : text;
        int size = length > 0 ? (int)strcspn(part, "\n") : 1;
        used += (size_t)snprintf(session->call + used, ARGUMENTS_SIZE - used, "%.*s", size, part);
        ck_assert_uint_lt(used, ARGUMENTS_SIZE);
        text += 1 + length;
    }
}

/* Keeps NAME="text" as a line. */
static bool sets_a_variable(Session *session)
{
    size_t name = strspn(session->call, CAPITALS), used = strlen(session->variables);
    const char *value = session->call + name + 2;
    if (name == 0 || strncmp(session->call + name, "=\"", 2) != 0)
        return false;
    snprintf(session->variables + used, sizeof session->variables - used, "%.*s=%.*s\n", (int)name,
             session->call, (int)strcspn(value, "\""), value);
    return true;
}

bool session_next(Session *session)
{
    session->call[0] = '\0';
    if (session->file == NULL || fgets(session->line, ARGUMENTS_SIZE, session->file) == NULL)
        return false;
    if (strncmp(session->line, "$ ", 2) == 0)
        fill_in(session, session->line + 2);
    if (sets_a_variable(session))
        session->call[0] = '\0';
    return true;
}

/* --- Calls that work ------------------------------------------------------------------------- */

enum { MOST_CALLS = 100 };

static struct {
    const char *program;
    char arguments[ARGUMENTS_SIZE];
} calls[MOST_CALLS];

/* Those below the first heading of each session. */
static size_t read_calls(const char *program, size_t count)
{
    Session session = session_open(program);
    size_t headings = 0;
    while (session_next(&session) && headings < 2) {
        headings += session.line[0] == '#';
        if (session.call[0] == '\0' || count == MOST_CALLS)
            continue;
        calls[count].program = program;
        snprintf(calls[count++].arguments, ARGUMENTS_SIZE, "%s",
                 session.call + strcspn(session.call, " ") + 1);
    }
    session_close(&session);
    return count;
}

size_t valid_calls(void)
{
    static size_t count;
    if (count == 0)
        for (size_t i = 0; i < WHOLE_PROGRAM_COUNT; i++)
            count = read_calls(WHOLE_PROGRAMS[i], count);
    return count;
}

ValidCall valid_call(int index)
{
    ck_assert_uint_lt((size_t)index, valid_calls());
    return (ValidCall){calls[index].program, calls[index].arguments};
}

bool writes_weights(ValidCall call)
{
    return strstr(call.arguments, " --weights-out ") != NULL;
}
