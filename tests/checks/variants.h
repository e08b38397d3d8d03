/**
 * @file variants.h
 * @brief A reference with all its variants in one program (Untch, Offutt and Harrold 1993): each
 *        function that a variant changes stands there once for each, behind a switch.
 *
 * tests/reader/variants.py writes the source that goes with this.
 */
#ifndef HEADWISE_VARIANTS_H
#define HEADWISE_VARIANTS_H

#include "matrix.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/** Which variant runs; 0 is the reference. */
extern size_t variant;
/** Which variants differ from the reference in a function that has been called; NULL asks nothing.
 */
extern bool *reached;
/** Their names; that of 0 is empty. */
extern const char *const VARIANTS[];
/** How many, with the reference. */
extern const size_t VARIANT_COUNT;

/** Makes each number y of a result anew, by an expression in which r and c are its place. */
#define REMADE(out, expression)                                                                    \
    for (size_t r = 0; r < (out).rows; r++)                                                        \
        for (size_t c = 0; c < (out).cols; c++) {                                                  \
            double y = (double)matrix_row(out, r)[c];                                              \
            matrix_row(out, r)[c] = (float)(expression);                                           \
        }

/** A copy; it is never freed, because the process ends soon. */
Matrix variant_copy(Matrix matrix);
/** Whether two matrices are there and have the same shape. */
bool variant_alike(Matrix a, Matrix b);
/** The sum of a row. */
double variant_sum(Matrix matrix, size_t row);

#endif
