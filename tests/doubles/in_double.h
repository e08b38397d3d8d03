/**
 * @file in_double.h
 * @brief Included before all else, it makes every float of a source a double: finite differences
 *        then have nine digits, where floats leave three.
 */
#ifndef HEADWISE_IN_DOUBLE_H
#define HEADWISE_IN_DOUBLE_H

/* What speaks of floats and must go on to: the system's headers. */
#include <check.h>
#undef fail
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wkeyword-macro"
#endif
#define float double
#define fabsf fabs
#define expf exp

#endif
