#include "random.h"

#include <math.h>

static const double TWO_PI = 6.283185307179586;

uint64_t random_bits(Random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double random_uniform(Random *random)
{
    /* 53 bits are what a double can hold. */
    return (double)(random_bits(random) >> 11) * 0x1p-53;
}

size_t random_between(Random *random, size_t low, size_t high)
{
    return low + (size_t)(random_uniform(random) * (double)(high - low + 1));
}

double random_normal(Random *random)
{
    double radius = sqrt(-2.0 * log(1.0 - random_uniform(random)));
    return radius * cos(TWO_PI * random_uniform(random));
}

void random_fill(Random *random, double deviation, Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = (float)(deviation * random_normal(random));
}
