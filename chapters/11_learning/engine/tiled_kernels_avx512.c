/* The kernels for processors with vectors of 16 floats. The makefile compiles this file for them.
 */
#include "tiled_kernels.h"

extern const TiledKernels *const TILED_OF_AVX512;

#if defined(__AVX512F__)

#include "level_avx512.h"
#define TILED TILED_AVX512
#include "tiled_kernels.c" /* NOLINT(bugprone-suspicious-include): one source, several compilations */

const TiledKernels *const TILED_OF_AVX512 = &TILED_AVX512;

#else

const TiledKernels *const TILED_OF_AVX512 = NULL;

#endif
