#include "memory.h"

#include "status.h"

#include <stdint.h>
#include <stdlib.h>

/* Says what could not be had, and gives the NULL that the caller returns. */
static void *no_memory(size_t count, size_t size)
{
    fail(STATUS_NO_MEMORY, "out of memory: %zu elements of %zu bytes", count, size);
    return NULL;
}

void *memory_allocate(size_t count, size_t size)
{
    if (count > PTRDIFF_MAX / size)
        return no_memory(count, size);
    void *array = calloc(count > 0 ? count : 1, size);
    return array != NULL ? array : no_memory(count, size);
}

void *memory_resize(void *array, size_t count, size_t size)
{
    if (count > PTRDIFF_MAX / size)
        return no_memory(count, size);
    void *resized = realloc(array, (count > 0 ? count : 1) * size);
    return resized != NULL ? resized : no_memory(count, size);
}
