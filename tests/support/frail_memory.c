/* Stands in for common/numbers/memory.c: the same functions, but one chosen allocation fails. */
#include "frail_memory.h"

#include "memory.h"
#include "status.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_include) && !defined(__wasm__)
#if __has_include(<execinfo.h>)
#include <execinfo.h>
#define HAS_BACKTRACE
#endif
#endif

static size_t countdown, asked;
static bool has_failed;
static bool environment_read;

void memory_fail_at(size_t allocation)
{
    environment_read = true;
    has_failed = false;
    countdown = allocation;
    asked = 0;
}

int memory_has_failed(void)
{
    return has_failed;
}

size_t memory_asked(void)
{
    return asked;
}

/* Leaves a trace for the tests of programs: did the chosen allocation ever come? */
static void leave_trace(void)
{
    const char *path = getenv("FAIL_ALLOCATION_TRACE");
    FILE *trace = path != NULL ? fopen(path, "w") : NULL;
    if (trace != NULL)
        fclose(trace);
}

/* Writes a line with the places that the calls will return to, where that is known: counted from
 * here, so that they are the same wherever the system loads the program. */
static void write_calls(FILE *notes)
{
#ifdef HAS_BACKTRACE
    enum { MOST_CALLS = 64 };
    void *calls[MOST_CALLS];
    int count = backtrace(calls, MOST_CALLS);
    for (int i = 0; i < count; i++)
        fprintf(notes, "%" PRIxPTR " ", (uintptr_t)calls[i] - (uintptr_t)write_calls);
#endif
    fputc('\n', notes);
}

/* Notes for the tests of programs which calls led to each allocation. */
static void note_calls(void)
{
    static FILE *notes;
    const char *path = getenv("FAIL_ALLOCATION_CALLS");
    if (notes == NULL && path != NULL) {
        notes = fopen(path, "w");
        if (notes != NULL)
            setvbuf(notes, NULL, _IOLBF, BUFSIZ);
    }
    if (notes != NULL)
        write_calls(notes);
}

static bool fails_now(void)
{
    note_calls();
    if (!environment_read) {
        const char *chosen = getenv("FAIL_ALLOCATION");
        memory_fail_at(chosen != NULL ? strtoul(chosen, NULL, 10) : 0);
    }
    if (countdown == 0)
        return false;
    countdown--;
    if (countdown > 0)
        return false;
    has_failed = true;
    leave_trace();
    return true;
}

void *memory_allocate(size_t count, size_t size)
{
    return memory_resize(NULL, count, size);
}

void *memory_resize(void *array, size_t count, size_t size)
{
    void *resized = NULL;
    bool fails = fails_now();
    asked += count * size;
    if (!fails && count <= PTRDIFF_MAX / size)
        resized = array == NULL ? calloc(count > 0 ? count : 1, size)
                                : realloc(array, (count > 0 ? count : 1) * size);
    if (resized == NULL)
        fail(STATUS_NO_MEMORY, "out of memory: %zu elements of %zu bytes", count, size);
    return resized;
}
