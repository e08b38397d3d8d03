/* madvise() is not part of POSIX. */
#define _DEFAULT_SOURCE /* NOLINT(bugprone-reserved-identifier): the C library reads it */
#include "memory.h"

#include "status.h"

#include <stdint.h>
#include <stdlib.h>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

/* Below this a large page would be one or none. */
enum { LARGE_BYTES = 4 << 20 };

/* Records what could not be allocated; returns NULL for the caller to return. */
static void *no_memory(size_t count, size_t size)
{
    fail(STATUS_NO_MEMORY, "out of memory: %zu elements of %zu bytes", count, size);
    return NULL;
}

/* Linux keeps memory in small pages, typically of 4 KiB, unless it is asked for large ones of 2
 * MiB. It may refuse, which does no harm. */
static void ask_for_large_pages(void *array, size_t bytes)
{
#if defined(MADV_HUGEPAGE)
    if (bytes < LARGE_BYTES)
        return;
    /* madvise() needs whole pages */
    size_t page = (size_t)sysconf(_SC_PAGESIZE), over = (uintptr_t)array % page;
    size_t skip = over == 0 ? 0 : page - over;
    (void)madvise((char *)array + skip, (bytes - skip) / page * page, MADV_HUGEPAGE);
#else
    (void)array;
    (void)bytes;
#endif
}

void *memory_allocate(size_t count, size_t size)
{
    if (count > PTRDIFF_MAX / size)
        return no_memory(count, size);
    void *array = calloc(count > 0 ? count : 1, size);
    if (array == NULL)
        return no_memory(count, size);
    ask_for_large_pages(array, count * size);
    return array;
}

void *memory_resize(void *array, size_t count, size_t size)
{
    if (count > PTRDIFF_MAX / size)
        return no_memory(count, size);
    void *resized = realloc(array, (count > 0 ? count : 1) * size);
    if (resized == NULL)
        return no_memory(count, size);
    ask_for_large_pages(resized, count * size);
    return resized;
}
