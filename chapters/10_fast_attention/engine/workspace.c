#include "workspace.h"

#include "memory.h"
#include "packing.h"

#include <stdint.h>
#include <stdlib.h>

enum { CACHE_LINE = 16 }; /* in floats */

size_t workspace_reserve(Workspace *workspace, size_t rows, size_t cols)
{
    size_t begin = workspace->size;
    /* An impossible size becomes SIZE_MAX, which workspace_create() refuses. */
    if (cols > 0 && rows > (SIZE_MAX - begin - CACHE_LINE) / cols)
        workspace->size = SIZE_MAX - CACHE_LINE;
    else
        workspace->size = round_up(begin + rows * cols, CACHE_LINE);
    return begin;
}

Status workspace_create(Workspace *workspace)
{
    float *memory = memory_resize(NULL, workspace->size + CACHE_LINE, sizeof *memory);
    if (memory == NULL)
        return STATUS_NO_MEMORY;
    size_t line = CACHE_LINE * sizeof *memory, over = (uintptr_t)memory % line;
    workspace->memory = memory;
    workspace->floats = memory + (over == 0 ? 0 : (line - over) / sizeof *memory);
    return STATUS_OK;
}

void workspace_free(Workspace *workspace)
{
    free(workspace->memory);
    *workspace = (Workspace){0};
}
