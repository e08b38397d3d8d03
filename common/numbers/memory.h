/**
 * @file memory.h
 * @brief The one door to the heap. The tests replace it to make memory run out on purpose.
 */
#ifndef HEADWISE_MEMORY_H
#define HEADWISE_MEMORY_H

#include <stddef.h>

/**
 * Allocates an array of zeros. Free it with free().
 *
 * @param count Number of elements; 0 is allowed and gives a pointer that is good only for free().
 * @param size  Bytes of one element; not 0.
 * @return The array, or NULL when @p count times @p size overflows or no memory is left. Then
 *         last_error() says so, and the caller returns STATUS_NO_MEMORY.
 */
void *memory_allocate(size_t count, size_t size);

/**
 * Grows or shrinks an array, as realloc() does. New elements are not set.
 *
 * @param array An array from this module, or NULL.
 * @param count Number of elements wanted.
 * @param size  Bytes of one element; not 0.
 * @return The array, perhaps at a new place, or NULL as for memory_allocate(); then @p array is
 *         untouched and still the caller's to free.
 */
void *memory_resize(void *array, size_t count, size_t size);

#endif
