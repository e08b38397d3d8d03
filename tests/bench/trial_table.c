/* Which changed kernels there are: the makefile gives each object of trial_kernels.c its name. */
#include "trial_kernels.h"

#define CHANGES_OF(level)                                                                          \
    extern const Kernels level##_ahead_16, level##_ahead_64, level##_broadcast, level##_half,      \
        level##_twice
#define TABLE_OF(level)                                                                            \
    {&level##_ahead_16, &level##_ahead_64, &level##_broadcast, &level##_half, &level##_twice}

CHANGES_OF(baseline);
#if defined(__x86_64__)
CHANGES_OF(avx2);
CHANGES_OF(avx512);
#endif

const Kernels *trial_kernels(TrialChange change, Isa isa)
{
    static const Kernels *const TABLE[ISA_COUNT][TRIAL_CHANGES] = {
        [ISA_BASELINE] = TABLE_OF(baseline),
#if defined(__x86_64__)
        [ISA_AVX2] = TABLE_OF(avx2),
        [ISA_AVX512] = TABLE_OF(avx512),
#endif
    };
    return TABLE[isa][change];
}
