#include "status.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_SIZE = 1024 };

static _Thread_local char message[MESSAGE_SIZE];

Status fail(Status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    for (char *c = message; *c != '\0'; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
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
