/*
 * Chapter 6, for you to write. The contracts are in positional_encoding.h; `make try-06` checks
 * what you have, from the first step to the last, and `make hint-06` helps. Replace each
 * NOT_WRITTEN_YET() by your code.
 */
#include "positional_encoding.h"

#include "exercise.h"

#include <math.h>

/* How many radians a column's wave turns from one position to the next. */
double position_frequency(size_t column, size_t d_model)
{
    /* 1. Which pair does the column belong to? Columns 0 and 1 are pair 0. */
    /* 2. 10000 to the power of -2 pair / d_model. May this division be one of integers? */
    NOT_WRITTEN_YET();
}

/* The sinusoidal positions first, first + 1, ..., one to a row. */
void sinusoidal_positions(size_t first, Matrix out)
{
    /* 1. For each row and column: the angle is the position times the column's frequency. */
    /* 2. Even columns hold its sine, odd ones its cosine; any number of columns. */
    NOT_WRITTEN_YET();
}

/* The positions first, first + 1, ... as plain numbers, the same in every column. */
void integer_positions(size_t first, Matrix out)
{
    /* 1. Every number of a row is the row's position. */
    NOT_WRITTEN_YET();
}

/* Adds the sinusoidal positions to a sequence. out may be x itself. */
Status add_positions(Matrix x, size_t first, Matrix out)
{
    /* 1. Refuse an out of another shape: matrix_expect(). */
    /* 2. Each number of x plus the number of the encoding that belongs there. */
    NOT_WRITTEN_YET();
}
