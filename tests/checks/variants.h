/**
 * @file variants.h
 * @brief A reference with all its variants in one program (Untch, Offutt and Harrold 1993): each
 *        function that a variant changes stands there once for each, behind a switch.
 *
 * tests/reader/variants.py writes the source that goes with this.
 */
#ifndef HEADWISE_VARIANTS_H
#define HEADWISE_VARIANTS_H

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

#endif
