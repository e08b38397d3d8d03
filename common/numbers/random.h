/**
 * @file random.h
 * @brief Random numbers that are the same on every machine.
 *
 * The generator is SplitMix64 (Steele, Lea and Flood 2014): one 64-bit word of state, so a Random
 * is a seed that you can write down.
 */
#ifndef HEADWISE_RANDOM_H
#define HEADWISE_RANDOM_H

#include "matrix.h"

#include <stddef.h>
#include <stdint.h>

/** A generator: `Random random = {seed};`. */
typedef struct Random {
    uint64_t state; /**< The seed, then wherever the sequence stands. */
} Random;

/**
 * The next 64 random bits.
 *
 * @param random The generator, which moves on.
 * @return Any 64-bit value, all equally likely.
 */
uint64_t random_bits(Random *random);

/**
 * A uniform random number.
 *
 * @code
 * Random random = {42}, again = {42};
 * printf("%d\n", random_uniform(&random) == random_uniform(&again)); // 1
 * @endcode
 *
 * @param random The generator, which moves on.
 * @return At least 0, less than 1.
 */
double random_uniform(Random *random);

/**
 * A random whole number.
 *
 * @param random The generator, which moves on.
 * @param low    The least result.
 * @param high   The greatest result; at least @p low.
 * @return From @p low to @p high, both included.
 */
size_t random_between(Random *random, size_t low, size_t high);

/**
 * A random number from the normal distribution (Box and Muller 1958).
 *
 * @param random The generator, which moves on.
 * @return A sample of mean 0 and variance 1.
 */
double random_normal(Random *random);

/**
 * Fills a matrix with normal random numbers.
 *
 * @param random    The generator, which moves on.
 * @param deviation Their standard deviation; the mean is 0.
 * @param matrix    The matrix to fill.
 */
void random_fill(Random *random, double deviation, Matrix matrix);

#endif
