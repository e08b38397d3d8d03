/* Which kernels there are. */
#include "row_kernels.h"

extern const RowKernels ROWS_BASELINE;
extern const RowKernels *const ROWS_OF_AVX2;
extern const RowKernels *const ROWS_OF_AVX512;

const RowKernels *row_kernels_of(Isa isa)
{
    const RowKernels *const levels[ISA_COUNT] = {&ROWS_BASELINE, ROWS_OF_AVX2, ROWS_OF_AVX512};
    return levels[isa];
}
