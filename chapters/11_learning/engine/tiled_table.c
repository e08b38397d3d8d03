/* Which kernels there are. */
#include "tiled_kernels.h"

extern const TiledKernels TILED_BASELINE;
extern const TiledKernels *const TILED_OF_AVX2;
extern const TiledKernels *const TILED_OF_AVX512;

const TiledKernels *tiled_kernels_of(Isa isa)
{
    if (isa == ISA_AVX512)
        return TILED_OF_AVX512;
    return isa == ISA_AVX2 ? TILED_OF_AVX2 : &TILED_BASELINE;
}
