/**
 * @file roofline_loops.h
 * @brief The loops of roofline.c for one level of instructions. It includes this file once for
 * each, and says before what is different: so nothing guards against a second time.
 */
#include "lanes.h"

#ifndef LOOP
/** The name of something at this level. */
#define LOOP(name) name##_alone
/** What the compiler may assume about the processor. */
#define TARGET
/** Floats of a vector. */
#define WIDTH 4
/** Sums in registers. */
#define SUMS 12
#endif

/** A vector of this level. */
typedef float LOOP(Vector) __attribute__((vector_size(WIDTH * sizeof(float))));

/** Takes `steps` steps with every sum. Each sum waits for itself; the others fill that time. */
TARGET INLINED float LOOP(chains)(size_t count, size_t steps, float factor, float term)
{
    LOOP(Vector) sums[16], factors = factor - (LOOP(Vector)){0}, terms = term - (LOOP(Vector)){0};
    UNROLL
    for (size_t i = 0; i < count; i++)
        sums[i] = terms * (float)i;
    for (size_t step = 0; step < steps; step++) {
        UNROLL
        for (size_t i = 0; i < count; i++)
            sums[i] = sums[i] * factors + terms;
    }
    UNROLL
    for (size_t i = 1; i < count; i++)
        sums[0] += sums[i];
    return sums[0][0] + sums[0][WIDTH - 1];
}

/** The same with 1, 2, 4, 8 or 16 sums; SUMS for any other number. */
TARGET static inline float LOOP(compute)(size_t count, size_t steps, float factor, float term)
{
    if (count == 1)
        return LOOP(chains)(1, steps, factor, term);
    if (count == 2)
        return LOOP(chains)(2, steps, factor, term);
    if (count == 4)
        return LOOP(chains)(4, steps, factor, term);
    if (count == 8)
        return LOOP(chains)(8, steps, factor, term);
    if (count == 16)
        return LOOP(chains)(16, steps, factor, term);
    return LOOP(chains)(SUMS, steps, factor, term);
}

/** Adds up `count` floats, a multiple of 8 vectors, so that every one has to be read. */
TARGET static inline float LOOP(read)(const float *from, size_t count)
{
    LOOP(Vector) sums[8] = {{0}}, next;
    for (size_t i = 0; i < count; i += 8 * WIDTH) {
        UNROLL
        for (size_t j = 0; j < 8; j++) {
            memcpy(&next, from + i + j * WIDTH, sizeof next);
            sums[j] += next;
        }
    }
    for (size_t j = 1; j < 8; j++)
        sums[0] += sums[j];
    return sums[0][0] + sums[0][WIDTH - 1];
}

/** a = b + factor c, for `count` floats, a multiple of a vector. */
TARGET static inline void LOOP(triad)(float *a, const float *b, const float *c, float factor,
                                      size_t count)
{
    LOOP(Vector) left, right;
    for (size_t i = 0; i < count; i += WIDTH) {
        memcpy(&left, b + i, sizeof left);
        memcpy(&right, c + i, sizeof right);
        left += right * factor;
        memcpy(a + i, &left, sizeof left);
    }
}

#undef LOOP
#undef TARGET
#undef WIDTH
#undef SUMS
