/* The kernels for processors with vectors of 16 floats. The makefile compiles this file for them.
 */
#include "row_kernels.h"

extern const RowKernels *const ROWS_OF_AVX512;

#if defined(__AVX512F__)

#include "level_avx512.h"
#define ROWS ROWS_AVX512
#include "row_kernels.c" /* NOLINT(bugprone-suspicious-include): one source, several compilations */

const RowKernels *const ROWS_OF_AVX512 = &ROWS_AVX512;

#else

const RowKernels *const ROWS_OF_AVX512 = NULL;

#endif
