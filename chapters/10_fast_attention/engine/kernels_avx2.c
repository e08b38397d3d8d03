/* The kernels for processors with vectors of 8 floats. The makefile compiles this file for them. */
#include "kernels.h"

extern const Kernels *const KERNELS_OF_AVX2;

#if defined(__AVX2__) && defined(__FMA__)

#include "level_avx2.h"
#define KERNELS KERNELS_AVX2
#include "kernels.c" /* NOLINT(bugprone-suspicious-include): one source, several compilations */

const Kernels *const KERNELS_OF_AVX2 = &KERNELS_AVX2;

#else

const Kernels *const KERNELS_OF_AVX2 = NULL;

#endif
