/*
 * Chapter 4, for you to write. The contracts are in head_splitting.h; `make try-04` checks what you
 * have, from the first step to the last, and `make hint-04` helps. Replace each NOT_WRITTEN_YET()
 * by your code.
 *
 * common/numbers/matrix.h has all that is needed: matrix_columns(), matrix_rows(), matrix_copy(),
 * matrix_expect().
 */
#include "head_splitting.h"

#include "exercise.h"

/* One head of a matrix T x d: all T rows of its d / heads columns. Nothing is copied. */
Status head_view(Matrix matrix, size_t heads, size_t head, Matrix *view)
{
    /* 1. *view = NO_MATRIX, so that every failure leaves it so. */
    /* 2. Refuse heads that do not divide the columns, no heads, and no columns:
     *    return fail(STATUS_SHAPE, "head_view: %zu heads do not divide %zu columns ...", ...). */
    /* 3. Refuse a head that is not there: fail(STATUS_VALUE, ...). Which is the last one? */
    /* 4. How wide is a head? Which is its first column? */
    /* 5. A block of neighbouring columns: matrix_columns(). */
    NOT_WRITTEN_YET();
}

/* Copies all heads out, one below the other: the T rows of head 0, then those of head 1, ... */
Status split_heads(Matrix matrix, size_t heads, Matrix stacked)
{
    /* 1. Refuse heads that do not divide, as head_view() does. A helper serves both. */
    /* 2. Refuse a stacked of another shape, before anything is written: matrix_expect(). */
    /* 3. For each head: its view, and the rows of stacked that are its place. */
    /* 4. matrix_copy(): which of the two is read, which is written? */
    NOT_WRITTEN_YET();
}

/* Puts the heads of each sequence of a batch side by side again. */
Status join_heads(Matrix stacked, size_t batch, size_t heads, Matrix matrix)
{
    /* 1. Refuse heads that do not divide the columns of matrix, a batch that does not divide its
     *    rows, no sequences, and a stacked of another shape, before anything is written. */
    /* 2. How many tokens has a sequence? Which rows of matrix are sequence b? */
    /* 3. The heads of sequence b stand together in stacked. In which row does its head h begin? */
    /* 4. matrix_copy(): which of the two is read now, which is written? */
    NOT_WRITTEN_YET();
}
