#include "state_dict.h"

#include "array_file.h"
#include "edit_distance.h"
#include "memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The ending of the files that are looked at. */
static const char ENDING[] = ".npy";
/* Names farther apart than this are not taken for misspellings. */
enum { MISSPELT = 4 };
enum { PATH_SIZE = 4096, SIZE_TEXT = 24 };

/* --- Listing --------------------------------------------------------------------------------- */

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static Status add_name(const char *file, StateDict *folder)
{
    size_t length = strlen(file) - strlen(ENDING);
    StateEntry *arrays = memory_resize(folder->arrays, folder->count + 1, sizeof *arrays);
    if (arrays == NULL)
        return STATUS_NO_MEMORY;
    folder->arrays = arrays;
    char *name = memory_allocate(length + 1, 1); /* zeros: ends in NUL */
    if (name == NULL)
        return STATUS_NO_MEMORY;
    memcpy(name, file, length);
    arrays[folder->count++] = (StateEntry){.name = name};
    return STATUS_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const StateEntry *)a)->name, ((const StateEntry *)b)->name);
}

Status state_dict_open(const char *path, StateDict *folder)
{
    Status status = STATUS_OK;
    const struct dirent *entry;
    *folder = (StateDict){.path = path};
    DIR *directory = opendir(path);
    if (directory == NULL)
        return fail(STATUS_FORMAT, "%s: cannot open the folder: %s", path, strerror(errno));
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.' && ends_with(entry->d_name, ENDING))
            TRY(add_name(entry->d_name, folder));
    if (folder->count == 0)
        status = fail(STATUS_FORMAT, "%s: there is no %s file in this folder", path, ENDING);
    else
        qsort(folder->arrays, folder->count, sizeof *folder->arrays, by_name);
done:
    closedir(directory);
    return status;
}

void state_dict_free(StateDict *folder)
{
    for (size_t i = 0; i < folder->count; i++) {
        free(folder->arrays[i].name);
        matrix_free(&folder->arrays[i].matrix);
    }
    free(folder->arrays);
    *folder = (StateDict){.path = folder->path};
}

/* --- Names ----------------------------------------------------------------------------------- */

bool state_dict_has(const StateDict *folder, const char *beginning, const char *end)
{
    for (size_t i = 0; i < folder->count; i++) {
        const char *name = folder->arrays[i].name;
        if (begins_with(name, beginning) && ends_with(name + strlen(beginning), end))
            return true;
    }
    return false;
}

size_t state_dict_layers(const StateDict *folder, const char *prefix)
{
    for (size_t count = 0;; count++) {
        char beginning[MODEL_NAME_SIZE];
        snprintf(beginning, sizeof beginning, "%s%zu.", prefix, count);
        if (!state_dict_has(folder, beginning, ""))
            return count;
    }
}

/* The array whose name is made of two parts, or NULL. */
static StateEntry *find(const StateDict *folder, const char *prefix, const char *name)
{
    for (size_t i = 0; i < folder->count; i++)
        if (begins_with(folder->arrays[i].name, prefix) &&
            strcmp(folder->arrays[i].name + strlen(prefix), name) == 0)
            return &folder->arrays[i];
    return NULL;
}

/* Notes that the loader asks for an array. */
static void claim(StateDict *folder, const char *prefix, const char *name)
{
    StateEntry *array = find(folder, prefix, name);
    if (array != NULL)
        array->is_claimed = true;
    else if (folder->missing[0] == '\0')
        snprintf(folder->missing, sizeof folder->missing, "%s%s", prefix, name);
}

/* The unclaimed name most like the missing one; NULL if there is none like it. */
static const char *nearest_unclaimed(const StateDict *folder)
{
    const char *nearest = NULL;
    size_t least = MISSPELT + 1;
    for (size_t i = 0; i < folder->count; i++) {
        const StateEntry *array = &folder->arrays[i];
        size_t distance = edit_distance(array->name, folder->missing);
        if (!array->is_claimed && distance < least) {
            least = distance;
            nearest = array->name;
        }
    }
    return nearest;
}

Status state_dict_check(StateDict *folder)
{
    const char *near = nearest_unclaimed(folder);
    if (folder->missing[0] != '\0' && near != NULL)
        return fail(STATUS_FORMAT, "%s: expected %s%s, but found only %s%s: is it misnamed?",
                    folder->path, folder->missing, ENDING, near, ENDING);
    if (folder->missing[0] != '\0')
        return fail(STATUS_FORMAT, "%s: expected %s%s, but it is missing", folder->path,
                    folder->missing, ENDING);
    for (size_t i = 0; i < folder->count; i++)
        if (!folder->arrays[i].is_claimed)
            return fail(STATUS_FORMAT, "%s: unexpected %s%s: this model has no such array",
                        folder->path, folder->arrays[i].name, ENDING);
    folder->is_reading = true;
    return STATUS_OK;
}

/* --- Reading --------------------------------------------------------------------------------- */

static const char *size_text(size_t size, char text[SIZE_TEXT])
{
    if (size == MODEL_ANY)
        return "any";
    snprintf(text, SIZE_TEXT, "%zu", size);
    return text;
}

static bool is_size(size_t actual, size_t expected)
{
    return expected == MODEL_ANY || actual == expected;
}

/* Reads an array of `dims` dimensions, 1 or 2, of the sizes given. */
static Status read_array(const char *path, size_t dims, const size_t sizes[2], const char *shape,
                         Array *result)
{
    Status status = array_read(path, ARRAY_NUMBERS, result);
    if (status != STATUS_OK)
        return status;
    bool fits = result->dims == dims;
    for (size_t i = 0; fits && i < dims; i++)
        fits = is_size(result->shape[i], sizes[i]);
    if (fits)
        return STATUS_OK;
    char actual[SHAPE_TEXT_SIZE], first[SIZE_TEXT], second[SIZE_TEXT];
    return fail(STATUS_SHAPE, "%s is %s, expected (%s,%s%s), which is %s", path,
                array_shape_text(*result, actual), size_text(sizes[0], first), dims > 1 ? " " : "",
                dims > 1 ? size_text(sizes[1], second) : "", shape);
}

static Status read_named(const StateDict *folder, const char *name, size_t dims,
                         const size_t sizes[2], const char *shape, Array *result)
{
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s%s", folder->path, name, ENDING);
    if (length < (int)sizeof path)
        return read_array(path, dims, sizes, shape, result);
    return fail(STATUS_FORMAT, "the path of %s%s in %s is too long", name, ENDING, folder->path);
}

/* A vector as a row, a matrix as its transpose: PyTorch keeps (out, in). */
static Status keep(Array array, Matrix *result)
{
    Status status = STATUS_OK;
    Matrix given = array_matrix(array, 0);
    bool is_vector = array.dims == 1;
    TRY(is_vector ? matrix_create(1, given.cols, result)
                  : matrix_create(given.cols, given.rows, result));
    TRY(is_vector ? matrix_copy(given, *result) : matrix_transpose(given, *result));
done:
    return status;
}

static Status read_matrix(StateDict *folder, const char *prefix, const char *name, size_t dims,
                          const size_t sizes[2], const char *shape, Matrix *result)
{
    Status status = STATUS_OK;
    Array array = NO_ARRAY;
    *result = NO_MATRIX;
    if (!folder->is_reading) {
        claim(folder, prefix, name);
        return STATUS_OK;
    }
    StateEntry *place = find(folder, prefix, name);
    if (place == NULL)
        return fail(STATUS_FORMAT, "%s: %s%s%s is missing", folder->path, prefix, name, ENDING);
    TRY(read_named(folder, place->name, dims, sizes, shape, &array));
    TRY(keep(array, &place->matrix));
    *result = place->matrix;
done:
    array_free(&array);
    return status;
}

Status state_dict_row(StateDict *folder, const char *prefix, const char *name, size_t size,
                      const char *shape, Matrix *result)
{
    return read_matrix(folder, prefix, name, 1, (size_t[2]){size, 0}, shape, result);
}

Status state_dict_linear(StateDict *folder, const char *prefix, const char *name, size_t in,
                         size_t out, const char *shape, Matrix *result)
{
    return read_matrix(folder, prefix, name, 2, (size_t[2]){out, in}, shape, result);
}
