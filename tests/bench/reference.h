/**
 * @file reference.h
 * @brief The arrays that all competitors are given, and what must come out, in double precision.
 */
#ifndef HEADWISE_REFERENCE_H
#define HEADWISE_REFERENCE_H

#include "array.h"
#include "plan.h"
#include "status.h"

#include <stddef.h>

/** How far a layer may be from the oracle's, relative to the largest number of the result. */
#define REFERENCE_TOLERANCE 1e-5

/** At most so many rows of a result are compared. */
enum { REFERENCE_ROWS = 6 };

/** The rows of a result that are compared. */
typedef struct Reference {
    size_t rows[REFERENCE_ROWS]; /**< Which ones. */
    size_t count;                /**< How many. */
    size_t cols;                 /**< Numbers of each. */
    double *values;              /**< What they should be, one row after the other. */
    Array first;                 /**< Of training steps there is no oracle: the first answer. */
    double tolerance;            /**< How far a result may be from it. */
} Reference;

/**
 * Writes the arrays of a case: x.npy, w_q.npy and so on. They depend on its shape alone.
 *
 * @param which     The case.
 * @param directory Where, a directory that is there.
 * @return STATUS_NO_MEMORY, STATUS_SYSTEM.
 */
Status reference_write_inputs(const Case *which, const char *directory) MUST_USE;

/**
 * Computes what must come out, but of training steps. Free it with reference_free().
 *
 * Keys and values of all tokens are never computed: q (x W_k)^T = (q W_k^T) x^T, and
 * weights (x W_v) = (weights x) W_v. So a row takes O(heads T d_model) steps.
 *
 * @param which     The case.
 * @param directory Where its arrays are.
 * @param result    Receives it, empty on failure.
 * @return STATUS_NO_MEMORY, STATUS_FORMAT.
 */
Status reference_create(const Case *which, const char *directory, Reference *result) MUST_USE;

/**
 * Compares a result.
 *
 * @param reference What it should be; keeps the first answer to a training step.
 * @param path      The file.
 * @param error     Receives the largest difference, relative to the largest number; infinity when
 *                  something is no number.
 * @return STATUS_FORMAT when it cannot be read, STATUS_SHAPE when it has another shape.
 */
Status reference_compare(Reference *reference, const char *path, double *error) MUST_USE;

/**
 * Frees it.
 *
 * @param reference What reference_create() made.
 */
void reference_free(Reference *reference);

#endif
