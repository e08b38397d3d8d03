/* The calls that the tests of whole programs start from: chapters/NN_topic/demo/calls.txt. */
#include "whole.h"

#include "assert.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* From the makefile: each with a comma after it. */
const char *const WHOLE_PROGRAMS[] = {PROGRAM_NAMES NULL};
const size_t WHOLE_PROGRAM_COUNT = sizeof WHOLE_PROGRAMS / sizeof *WHOLE_PROGRAMS - 1;

const char *session_path(const char *program)
{
    static char path[128];
    snprintf(path, sizeof path, "chapters/%s/demo/calls.txt", program);
    return path;
}

enum { MOST_CALLS = 100 };

static struct {
    const char *program;
    char arguments[ARGUMENTS_SIZE];
} calls[MOST_CALLS];

/* Those below the first heading of each session. */
static size_t read_calls(const char *program, size_t count)
{
    Session session = session_open(session_path(program));
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
