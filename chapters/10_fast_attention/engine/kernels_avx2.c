/* The kernels for processors with vectors of 8 floats. The makefile compiles this file for them. */
#include "kernels.h"

extern const Kernels *const KERNELS_OF_AVX2;

#if defined(__AVX2__) && defined(__FMA__)

/* 12 of the 16 registers hold sums. */
#define LANES 8
#define VECTORS 3
#define TILE 4
#define KEY_PANELS 4
#define KERNELS KERNELS_AVX2
#include "kernels.c" /* NOLINT(bugprone-suspicious-include): one source, several compilations */

const Kernels *const KERNELS_OF_AVX2 = &KERNELS_AVX2;

#else

const Kernels *const KERNELS_OF_AVX2 = NULL;

#endif
