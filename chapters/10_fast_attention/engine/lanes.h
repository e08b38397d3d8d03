/**
 * @file lanes.h
 * @brief Vectors of floats, as GCC and Clang extend C with them: `a + b` adds all lanes at once.
 *
 * LANES says how many floats a vector has; kernels.c is compiled once for each width. What a
 * processor without such wide vectors lacks, the compiler makes up for with several narrow ones.
 */
#ifndef HEADWISE_LANES_H
#define HEADWISE_LANES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** How many floats a vector has. */
#ifndef LANES
#define LANES 4
#endif

/** A vector of floats. */
typedef float Lanes __attribute__((vector_size(LANES * sizeof(float))));
/** As many whole numbers; a comparison of two vectors gives -1 where it holds and 0 elsewhere. */
typedef int32_t LaneInts __attribute__((vector_size(LANES * sizeof(int32_t))));
/** The bits of as many floats. */
typedef uint32_t LaneBits __attribute__((vector_size(LANES * sizeof(uint32_t))));

/** Asks for a loop of few steps to be written out, so that its vectors stay in registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/** Asks for a function to become a part of its caller, whose constants then are its own. */
#define INLINED static inline __attribute__((always_inline))

/** Reads a vector from anywhere. */
INLINED Lanes lanes_load(const float *from)
{
    Lanes lanes;
    memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

/** Writes a vector to anywhere. */
INLINED void lanes_store(float *to, Lanes lanes)
{
    memcpy(to, &lanes, sizeof lanes);
}

/** The same number in all lanes. */
INLINED Lanes lanes_all(float value)
{
    return value - (Lanes){0}; /* not 0 + value: -0 would become 0, so it could not be left out */
}

/** The numbers of `yes` where the condition holds, else those of `no`. */
INLINED Lanes lanes_select(LaneInts condition, Lanes yes, Lanes no)
{
    return (Lanes)((condition & (LaneInts)yes) | (~condition & (LaneInts)no));
}

/** The greater number of each lane. Of a NaN and a number it is one of the two. */
INLINED Lanes lanes_max(Lanes a, Lanes b)
{
    return lanes_select(a > b, a, b);
}

/** The greater whole number of each lane. */
INLINED LaneInts lanes_max_int(LaneInts a, LaneInts b)
{
    LaneInts greater = a > b;
    return (greater & a) | (~greater & b);
}

/**
 * 2^raise e^x, for x that is not positive: wrong by at most 3e-7 of the result, and 0 where that
 * would be less than the least normal float: with `raise` 0 below -87.6. NaN gives NaN.
 *
 * e^x = 2^n e^r, where n is the whole number next to x / ln 2, and the rest r lies between plus and
 * minus ln(2) / 2. There a polynomial of degree 5 is close enough: the one with the least
 * greatest error.
 */
INLINED Lanes lanes_raised_exp(Lanes x, int32_t raise)
{
    /* Adding 1.5 * 2^23 leaves no place for a fraction: the sum is rounded to whole numbers, and
     * its last bits are n. */
    const float shift = 0x1.8p23f;
    /* ln 2 in two parts; the first has so few digits that n times it is exact. */
    const float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f;
    const float least = -(float)(127 + raise) * 0x1.62e43p-1f; /* here n = -127 - raise */
    x = lanes_select(x < least, lanes_all(least), x);
    Lanes shifted = x * 0x1.715476p0f + shift;
    Lanes n = shifted - shift;
    Lanes r = (x - n * ln2_high) - n * ln2_low;
    Lanes sum = r * 0.008312521f + 0.041890156f;
    sum = sum * r + 0.16667114f;
    sum = sum * r + 0.4999923f;
    sum = sum * r + 1.0f;
    sum = sum * r + 1.0f;
    /* 2^n by its bits: the exponent is stored with 127 added. n = -127 - raise gives 0. */
    LaneBits power = ((LaneBits)shifted + (uint32_t)(127 + raise)) << 23;
    return sum * (Lanes)power;
}

/** e^x, for x that is not positive: as lanes_raised_exp(). */
INLINED Lanes lanes_exp(Lanes x)
{
    return lanes_raised_exp(x, 0);
}

#endif
