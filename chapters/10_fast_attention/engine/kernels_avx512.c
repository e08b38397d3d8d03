/* The kernels for processors with vectors of 16 floats. The makefile compiles this file for them.
 */
#include "kernels.h"

extern const Kernels *const KERNELS_OF_AVX512;

#if defined(__AVX512F__)

#include "level_avx512.h"
#define KERNELS KERNELS_AVX512
#include "kernels.c" /* NOLINT(bugprone-suspicious-include): one source, several compilations */

const Kernels *const KERNELS_OF_AVX512 = &KERNELS_AVX512;

#else

const Kernels *const KERNELS_OF_AVX512 = NULL;

#endif
