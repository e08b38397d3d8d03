#include "array_file.h"

#include "atomic_file.h"
#include "memory.h"
#include "npy.h"
#include "text_array.h"

#include <stdlib.h>
#include <string.h>

static bool is_npy_name(const char *path)
{
    static const char ending[] = ".npy";
    size_t length = strlen(path), ending_length = sizeof ending - 1;
    return length >= ending_length && strcmp(path + length - ending_length, ending) == 0;
}

static Status write_file(AtomicFile *file, Array array)
{
    Status status = atomic_file_open(file);
    if (status != STATUS_OK)
        return status;
    bool written =
        is_npy_name(file->path) ? npy_write(file->stream, array) : text_write(file->stream, array);
    return atomic_file_close(file, written);
}

static bool are_same(const AtomicFile *file, const AtomicFile *other)
{
    if (file->is_standard || other->is_standard)
        return file->is_standard && other->is_standard;
    return same_place(file->target, other->target);
}

/* Finds out what each path stands for, and that no two are the same. */
static Status plan_all(const ArrayOutput *outputs, size_t count, AtomicFile *files)
{
    for (size_t i = 0; i < count; i++) {
        Status status = atomic_file_plan(outputs[i].path, &files[i]);
        if (status != STATUS_OK)
            return status;
        for (size_t j = 0; j < i; j++)
            if (are_same(&files[i], &files[j]))
                return fail(STATUS_USAGE, "%s: two outputs have this path, expected one",
                            files[i].name);
    }
    return STATUS_OK;
}

static Status write_all(const ArrayOutput *outputs, size_t count, AtomicFile *files, bool direct)
{
    for (size_t i = 0; i < count; i++) {
        if (files[i].is_direct != direct)
            continue;
        Status status = write_file(&files[i], outputs[i].array);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

Status array_expect_writable(const ArrayOutput *outputs, size_t count)
{
    AtomicFile *files = memory_allocate(count, sizeof *files);
    if (files == NULL)
        return STATUS_NO_MEMORY;
    Status status = plan_all(outputs, count, files);
    free(files);
    return status;
}

Status array_write(const ArrayOutput *outputs, size_t count)
{
    AtomicFile *files = memory_allocate(count, sizeof *files);
    if (files == NULL)
        return STATUS_NO_MEMORY;
    Status status = plan_all(outputs, count, files);
    /* What is written directly cannot be taken back, so it comes after all that can fail. */
    if (status == STATUS_OK)
        status = write_all(outputs, count, files, false);
    if (status == STATUS_OK)
        status = write_all(outputs, count, files, true);
    if (status == STATUS_OK)
        status = atomic_file_commit(files, count);
    for (size_t i = 0; i < count; i++)
        atomic_file_discard(&files[i]);
    free(files);
    return status;
}
