/* The kernels for processors with vectors of 8 floats. The makefile compiles this file for them. */
#include "row_kernels.h"

extern const RowKernels *const ROWS_OF_AVX2;

#if defined(__AVX2__) && defined(__FMA__)

#include "level_avx2.h"
#define ROWS ROWS_AVX2
#include "row_kernels.c" /* NOLINT(bugprone-suspicious-include): one source, several compilations */

const RowKernels *const ROWS_OF_AVX2 = &ROWS_AVX2;

#else

const RowKernels *const ROWS_OF_AVX2 = NULL;

#endif
