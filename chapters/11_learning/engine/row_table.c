/* Which kernels there are. */
#include "row_kernels.h"

extern const RowKernels ROWS_BASELINE;
extern const RowKernels *const ROWS_OF_AVX2;
extern const RowKernels *const ROWS_OF_AVX512;

const RowKernels *row_kernels_of(Isa isa)
{
    if (isa == ISA_AVX512)
        return ROWS_OF_AVX512;
    return isa == ISA_AVX2 ? ROWS_OF_AVX2 : &ROWS_BASELINE;
}
