/*
 * Chapter 1, for you to write. The contracts are in dot_products.h; `make try-01` checks what you
 * have, from the first step to the last, and `make hint-01` helps. Replace each NOT_WRITTEN_YET()
 * by your code.
 */
#include "dot_products.h"

#include "exercise.h"

#include <math.h>

/* a[0] b[0] + a[1] b[1] + ... of two vectors of n numbers. */
float dot_product(const float *a, const float *b, size_t n)
{
    /* 1. Start a sum at 0. In which type does 1e8 + 1 stay 1e8 + 1? */
    /* 2. For each i below n: add a[i] times b[i]. Let the product have that type too. */
    /* 3. Round the sum to a float once, at the end. */
    NOT_WRITTEN_YET();
}

/* The length of a vector: the root of its dot product with itself. */
float vector_length(const float *a, size_t n)
{
    /* 1. The dot product of a with itself is the squared length. The squares of large floats fit */
    /*    into a double, but not into a float: a helper that returns the sum as double serves you */
    /*    here and in dot_product(). */
    /* 2. sqrt() of it. */
    NOT_WRITTEN_YET();
}

/* The cosine of the angle between a and b: from -1 to 1; NaN when one of them has length 0. */
float cosine_similarity(const float *a, const float *b, size_t n)
{
    /* 1. The dot product of a and b, divided by the lengths of both; all three still double. */
    /* 2. Rounding may carry this a hair past 1 or -1: bring it back, but let NaN stay NaN. */
    NOT_WRITTEN_YET();
}

/* The angle between a and b in degrees, from 0 to 180; NaN when one of them has length 0. */
float angle_degrees(const float *a, const float *b, size_t n)
{
    /* 1. Which function turns a cosine into its angle? */
    /* 2. It answers in radians. Half a turn is pi of those, and 180 degrees. */
    NOT_WRITTEN_YET();
}

/* The product x W: number j of out is the dot product of x with column j of W. */
void vector_matrix_product(const float *x, Matrix w, float *out)
{
    /* 1. For each column j of W: a sum of its own, from 0. */
    /* 2. For each row i of W: add x[i] times the number of row i in column j. matrix_row(w, i) */
    /*    finds the row, in a view too. */
    /* 3. out[j] is the sum. */
    NOT_WRITTEN_YET();
}

/* The product A B: each row of A times B. */
Status matrix_product(Matrix a, Matrix b, Matrix out)
{
    /* 1. Refuse an A whose columns do not match the rows of B: return */
    /*    fail(STATUS_SHAPE, "...") with a message that names both shapes. */
    /* 2. Refuse an out that is not rows of A x columns of B: matrix_expect(). */
    /* 3. For each row of A: you have a function for a row times a matrix. */
    NOT_WRITTEN_YET();
}

/* The product A B^T: element (i, j) is the dot product of row i of A with row j of B. */
Status matrix_product_transposed(Matrix a, Matrix b, Matrix out)
{
    /* 1. Refuse rows of A and B that differ in length, and an out that is not rows of A x */
    /*    rows of B. */
    /* 2. For each row i of A and each row j of B: what is a row, for dot_product()? */
    NOT_WRITTEN_YET();
}

/* Element (i, j) is the cosine similarity of row i of A with row j of B. */
Status cosine_similarities(Matrix a, Matrix b, Matrix out)
{
    /* 1. Refuse what matrix_product_transposed() refuses. */
    /* 2. Compare each row with each row, as there. */
    NOT_WRITTEN_YET();
}
