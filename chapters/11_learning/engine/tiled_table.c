/* Which kernels there are. */
#include "tiled_kernels.h"

extern const TiledKernels TILED_BASELINE;
extern const TiledKernels *const TILED_OF_AVX2;
extern const TiledKernels *const TILED_OF_AVX512;

const TiledKernels *tiled_kernels_of(Isa isa)
{
    const TiledKernels *const levels[ISA_COUNT] = {&TILED_BASELINE, TILED_OF_AVX2, TILED_OF_AVX512};
    return levels[isa];
}
