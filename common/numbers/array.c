#include "array.h"

#include "memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

Status array_create(size_t dims, const size_t *shape, Array *result)
{
    *result = NO_ARRAY;
    if (dims < 1 || dims > ARRAY_MAX_DIMS)
        return fail(STATUS_SHAPE, "array_create: %zu dimensions, expected 1 to %d", dims,
                    ARRAY_MAX_DIMS);
    Array array = {.dims = dims};
    size_t product = 1; /* of the sizes that are not 0: a 0 does not excuse the others */
    for (size_t i = 0; i < dims; i++) {
        if (shape[i] > 0 && product > SIZE_MAX / shape[i])
            return fail(STATUS_NO_MEMORY, "array_create: the product of the sizes overflows");
        product *= shape[i] > 0 ? shape[i] : 1;
        array.shape[i] = shape[i];
    }
    array.data = memory_allocate(array_size(array), sizeof *array.data);
    if (array.data == NULL)
        return STATUS_NO_MEMORY;
    *result = array;
    return STATUS_OK;
}

void array_free(Array *array)
{
    free(array->data);
    *array = NO_ARRAY;
}

size_t array_size(Array array)
{
    size_t size = array.dims > 0 ? 1 : 0;
    for (size_t i = 0; i < array.dims; i++)
        size *= array.shape[i];
    return size;
}

size_t array_matrices(Array array)
{
    size_t count = 1;
    for (size_t i = 0; i + 2 < array.dims; i++)
        count *= array.shape[i];
    return count;
}

Matrix array_matrix(Array array, size_t index)
{
    return array_stacked(array, index, 1);
}

Matrix array_stacked(Array array, size_t first, size_t count)
{
    if (array.data == NULL)
        return NO_MATRIX;
    size_t rows = array_rows(array), cols = array_cols(array);
    return matrix_view(array.data + first * rows * cols, count * rows, cols);
}

size_t array_rows(Array array)
{
    return array.dims > 1 ? array.shape[array.dims - 2] : 1;
}

size_t array_cols(Array array)
{
    return array.shape[array.dims - 1];
}

Matrix array_matrix_shape(Array array)
{
    return matrix_shape(array_rows(array), array_cols(array));
}

const char *array_shape_text(Array array, char text[SHAPE_TEXT_SIZE])
{
    size_t used = (size_t)snprintf(text, SHAPE_TEXT_SIZE, "(");
    for (size_t i = 0; i < array.dims; i++)
        used += (size_t)snprintf(text + used, SHAPE_TEXT_SIZE - used, i > 0 ? ", %zu" : "%zu",
                                 array.shape[i]);
    snprintf(text + used, SHAPE_TEXT_SIZE - used, array.dims == 1 ? ",)" : ")");
    return text;
}
