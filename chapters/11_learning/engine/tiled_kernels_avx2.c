/* The kernels for processors with vectors of 8 floats. The makefile compiles this file for them. */
#include "tiled_kernels.h"

extern const TiledKernels *const TILED_OF_AVX2;

#if defined(__AVX2__) && defined(__FMA__)

#include "level_avx2.h"
#define TILED TILED_AVX2
#include "tiled_kernels.c" /* NOLINT(bugprone-suspicious-include): one source, several compilations */

const TiledKernels *const TILED_OF_AVX2 = &TILED_AVX2;

#else

const TiledKernels *const TILED_OF_AVX2 = NULL;

#endif
