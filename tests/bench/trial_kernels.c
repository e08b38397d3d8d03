/*
 * kernels.c once more, with one thing changed. The makefile compiles this file for each change
 * (CHANGE_...), and each level of instructions (LEVEL_...): trial_kernels.h tells which there are.
 * The tiles are those of kernels.c, kernels_avx2.c and kernels_avx512.c, which trials.c checks.
 */
#include "trial_kernels.h"

#if defined(LEVEL_avx512)
#define LANES 16
#define VECTORS 2
#define TILE 8
#define KEY_PANELS_USUAL 4
#elif defined(LEVEL_avx2)
#define LANES 8
#define VECTORS 3
#define TILE 4
#define KEY_PANELS_USUAL 4
#else
#define LANES 4
#define VECTORS 2
#define TILE 4
#define KEY_PANELS_USUAL 12
#endif

#ifndef KERNELS
#define KERNELS trial_unchanged
#endif

#include "lanes.h"

#if defined(CHANGE_ahead_16)
#define STEPS_AHEAD 16
#elif defined(CHANGE_ahead_64)
#define STEPS_AHEAD 64
#endif

/* What kernels.c takes from lanes.h by these names is now from here. */
#if defined(STEPS_AHEAD)
INLINED Lanes load_and_ask(const float *from)
{
    /* whole numbers, because what is asked for may lie beyond the array */
    uintptr_t ahead = (uintptr_t)from + STEPS_AHEAD * LANES * VECTORS * sizeof(float);
    __builtin_prefetch((const void *)ahead);
    return lanes_load(from);
}
#define lanes_load load_and_ask
#elif defined(CHANGE_broadcast)
INLINED Lanes all_by_adding(float value)
{
    return (Lanes){0} + value;
}
#define lanes_all all_by_adding
#endif

#if defined(CHANGE_half)
#define KEY_PANELS (KEY_PANELS_USUAL / 2)
#elif defined(CHANGE_twice)
#define KEY_PANELS (KEY_PANELS_USUAL * 2)
#else
#define KEY_PANELS KEY_PANELS_USUAL
#endif

#include "kernels.c"
