/**
 * @file npy_type.h
 * @brief The element types of `.npy` files: those that are read, and the names of the others.
 */
#ifndef HEADWISE_NPY_TYPE_H
#define HEADWISE_NPY_TYPE_H

#include "array_file.h"
#include "scan.h"
#include "status.h"

#include <stddef.h>

/** An element type that is read. */
typedef struct NpyType {
    const char *descr;                      /**< As the header writes it: `<f4`. */
    const char *name;                       /**< As NumPy names it: float32. */
    size_t size;                            /**< Bytes of one element. */
    ArrayKind kind;                         /**< ARRAY_MASK: for masks only. */
    double (*value)(const unsigned char *); /**< Decodes one element, on any machine. */
} NpyType;

/**
 * Finds an element type by what the header says.
 *
 * @param name   What to call the source in messages.
 * @param descr  The text between the quotes: `<f4`.
 * @param kind   What the array is to be.
 * @param result Receives the type.
 * @return STATUS_FORMAT for a type that is not accepted, with its name and how to convert it.
 */
Status npy_type_find(const char *name, Scanner descr, ArrayKind kind,
                     const NpyType **result) MUST_USE;

/**
 * Refuses a structured type, which the header writes as a list of fields.
 *
 * @param name  What to call the source in messages.
 * @param descr The list.
 * @param kind  What the array was to be.
 * @return STATUS_FORMAT.
 */
Status npy_type_structured(const char *name, Scanner descr, ArrayKind kind) MUST_USE;

#endif
