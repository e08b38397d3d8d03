/**
 * @file array_form.h
 * @brief What the array of an option must look like.
 */
#ifndef HEADWISE_ARRAY_FORM_H
#define HEADWISE_ARRAY_FORM_H

#include "array.h"
#include "array_file.h"
#include "status.h"

#include <stddef.h>

/** What an option's array must look like. */
typedef struct ArrayForm {
    ArrayKind kind;    /**< What its elements may be. */
    size_t least;      /**< The fewest dimensions it may have. */
    size_t most;       /**< The most dimensions it may have. */
    const char *shape; /**< The expected shape in words, for the message. */
} ArrayForm;

/** Numbers in any number of dimensions. */
extern const ArrayForm FORM_ANY;
/** A sequence, (T, d_model), or a batch of them. */
extern const ArrayForm FORM_SEQUENCE;

/**
 * Refuses an array with too few or too many dimensions.
 *
 * @param form   What is accepted.
 * @param option The name of the option, for the message.
 * @param path   The file that holds the array, for the message.
 * @param array  The array.
 * @return STATUS_SHAPE with a message that names the option, its file and both shapes.
 */
Status array_form_expect(const ArrayForm *form, const char *option, const char *path,
                         Array array) MUST_USE;

#endif
