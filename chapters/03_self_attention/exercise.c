/*
 * Chapter 3, for you to write. The contracts are in self_attention.h; `make try-03` checks what you
 * have, from the first step to the last, and `make hint-03` helps. Replace each NOT_WRITTEN_YET()
 * by your code.
 *
 * The functions stand in the order in which they are checked. All that you built in chapters 1 and
 * 2 is there to be called: matrix_product(), matrix_product_transposed(), softmax(). TRY(), from
 * status.h, is for steps that may fail.
 */
#include "self_attention.h"

#include "dot_products.h"
#include "exercise.h"
#include "softmax.h"

#include <math.h>

/* x W in a new matrix: what each token asks, answers or hands over. */
Status project(const char *name, Matrix x, Matrix w, Matrix *result)
{
    /* 1. *result = NO_MATRIX, so that every failure leaves it so. */
    /* 2. Which sizes of x and w must be equal? If they are not:
     *    return fail(STATUS_SHAPE, "project: the sequence is %zux%zu and %s is %zux%zu", ...). */
    /* 3. matrix_create(), in a TRY(): how many rows and columns does x W have? */
    /* 4. The product. Does w stand on the left or on the right? */
    NOT_WRITTEN_YET();
}

/* What scores are multiplied by, so that their spread does not grow with d_k. */
float attention_scale(size_t d_k)
{
    /* 1. Dot products spread as the root of d_k. What undoes that? d_k is a whole number: what does
     *    1 / d_k give in C? */
    NOT_WRITTEN_YET();
}

/* The dot product of every query with every key, times the scale: T_q x T_k. */
Status attention_scores(Matrix q, Matrix k, float scale, Matrix scores)
{
    /* 1. Refuse q and k of different numbers of columns, or of none: fail(STATUS_SHAPE, ...). */
    /* 2. Refuse scores of another shape: matrix_expect(). */
    /* 3. Row i belongs to query i, column j to key j. Which product of chapter 1 is that? */
    /* 4. Multiply every score by the scale. Rows may lie apart in memory: use matrix_row(). */
    NOT_WRITTEN_YET();
}

/* Refuses shapes that attention cannot work with. `function` begins each message. */
Status attention_expect_shapes(const char *function, Matrix q, Matrix k, Matrix v, Matrix weights,
                               Matrix out)
{
    /* 1. Queries are compared with keys: what must be equal? As in attention_scores(). */
    /* 2. Each key brings its value: what must be equal? */
    /* 3. weights is T_q x T_k, out is T_q x d_v: matrix_expect(). */
    /* 4. All else is free: T_q and T_k, d_k and d_v; T_q and T_k may be 0. */
    NOT_WRITTEN_YET();
}

/* softmax(Q K^T scale) into weights, weights times V into out. */
Status scaled_dot_product_attention(Matrix q, Matrix k, Matrix v, float scale, Matrix weights,
                                    Matrix out)
{
    /* 1. Check all shapes before anything is written. */
    /* 2. The scores, written where the weights will be. */
    /* 3. The softmax of each row, in place. */
    /* 4. The weights mix the values. */
    NOT_WRITTEN_YET();
}

/* Attention in which queries, keys and values all come from x. */
Status self_attention(Matrix x, Matrix w_q, Matrix w_k, Matrix w_v, Matrix weights, Matrix out)
{
    /* 1. Three matrices that begin as NO_MATRIX, so that all may be freed whatever happens. */
    /* 2. project() three times, each in a TRY(). */
    /* 3. scaled_dot_product_attention(). The scale depends on one size: which? */
    /* 4. Free all three, on success and on failure. */
    NOT_WRITTEN_YET();
}

/* --- Extra --------------------------------------------------------------------------------------
 *
 * No later chapter needs what follows; the contracts are in demo/extra.h. Change the 0 to 1 to
 * write it. Until then, the checks call the course's own.
 */
#if 0
#include "extra.h"

/* How far the scores spread, and how undecided the weights are. */
Status measure_scale(Matrix q, Matrix k, float scale, ScoreSpread *result)
{
    /* 1. Refuse q and k without rows: there would be no score. */
    /* 2. A new matrix for the scores, then attention_scores(). */
    /* 3. The standard deviation of all scores: the root of the mean squared distance from their
     *    mean. A helper function keeps this one short. */
    /* 4. softmax(), then the mean of entropy_bits() over the rows. */
    /* 5. Write result->deviation and result->entropy only if all went well; free the scores in any
     *    case. */
    NOT_WRITTEN_YET();
}

/* Multiplications, steps in a row and path of an attention layer, projections not counted. */
LayerCost self_attention_cost(size_t tokens, size_t d)
{
    /* 1. .multiplications: T x T scores, how many each? And for the weighted sums? In double. */
    /* 2. .steps: which row must wait for another? .path: how far is it from the first token to the
     *    last? */
    NOT_WRITTEN_YET();
}

/* The same for a recurrent layer; only h U is counted. */
LayerCost recurrent_cost(size_t tokens, size_t d)
{
    /* 1. .multiplications and .steps: what does one step multiply, and how many steps are there? */
    /* 2. .path: from the first token to the last it is tokens - 1 steps. What if there are no
     *    tokens? */
    NOT_WRITTEN_YET();
}

#endif
