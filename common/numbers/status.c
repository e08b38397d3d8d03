#include "status.h"

#include "text.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A path as long as can be, and what is wrong with it. */
enum { MESSAGE_SIZE = PATH_MAX + 1024 };

static _Thread_local char message[MESSAGE_SIZE];

/* In place: the harmless form of a character is never longer than the character. */
static void make_harmless(void)
{
    const char *from = message;
    char *to = message, character[CHARACTER_SIZE];
    while (text_next_shown(&from, character)) {
        size_t length = strlen(character);
        memcpy(to, character, length);
        to += length;
    }
    *to = '\0';
}

Status fail(Status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    make_harmless();
    return status;
}

const char *last_error(void)
{
    return message;
}

int exit_status(Status status)
{
    switch (status) {
    case STATUS_OK: return 0;
    case STATUS_NO_MEMORY:
    case STATUS_SYSTEM: return 1;
    default: return 2;
    }
}
