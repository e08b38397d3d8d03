/**
 * @file workspace.h
 * @brief Several arrays in one piece of memory.
 *
 * First every array is reserved, then the memory is made, once for all of them.
 */
#ifndef HEADWISE_WORKSPACE_H
#define HEADWISE_WORKSPACE_H

#include "status.h"

#include <stddef.h>

/** Arrays of floats, each beginning with a cache line. `{0}` is an empty one. */
typedef struct Workspace {
    size_t size;   /**< Floats reserved so far. */
    float *floats; /**< Where they are; NULL until workspace_create(). */
    float *memory; /**< What is to be freed. */
} Workspace;

/**
 * Reserves an array.
 *
 * @param workspace The workspace, not created yet.
 * @param rows      How many rows.
 * @param cols      Of how many floats.
 * @return Where the array will begin, counted from `floats`. A size that overflows is refused by
 *         workspace_create().
 */
size_t workspace_reserve(Workspace *workspace, size_t rows, size_t cols);

/**
 * Makes the memory. What is in it is not set. Free it with workspace_free().
 *
 * @param workspace The workspace; `floats` stays NULL on failure.
 * @return STATUS_NO_MEMORY.
 */
Status workspace_create(Workspace *workspace) MUST_USE;

/**
 * Frees the memory.
 *
 * @param workspace A workspace, created or not.
 */
void workspace_free(Workspace *workspace);

#endif
