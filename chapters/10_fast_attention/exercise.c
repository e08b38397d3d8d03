/*
 * Chapter 10, for you to write. The contracts are in fast_attention.h; `make try-10` checks what
 * you have, from the first step to the last, and `make hint-10` helps. Replace each
 * NOT_WRITTEN_YET() by your code. dot_product() of chapter 1 and may_attend() of chapter 7 are
 * there for you to call.
 */
#include "fast_attention.h"

#include "dot_products.h"
#include "exercise.h"
#include "mask_expect.h"
#include "memory.h"
#include "self_attention.h"

#include <math.h>
#include <stdlib.h>

/* a b, one row of the result after another, each summed up from the rows of b. */
void product_by_rows(Matrix a, Matrix b, Matrix out)
{
    /* 1. For each row of out: zeros. */
    /* 2. For each k: add a[i][k] times row k of b to it. */
    NOT_WRITTEN_YET();
}

/* What is known before the first key. */
OnlineAttention online_attention_start(float *values, size_t d_v)
{
    /* 1. Zeros in values. */
    /* 2. Which maximum is below every score? */
    NOT_WRITTEN_YET();
}

/* Takes a block of keys in. */
void online_attention_add(OnlineAttention *state, const float *scores, Matrix v)
{
    /* 1. The greatest of the maximum so far and the scores. What if it is minus infinity? And a NaN
     * among the scores must not get lost, not even among minus infinities. */
    /* 2. Rescale the sum and the values by e^(old maximum - new maximum). */
    /* 3. Add each key's weight e^(score - maximum) to the sum, and weight times value to the
     * values. A key with a score of minus infinity is skipped. */
    NOT_WRITTEN_YET();
}

/* The weighted sum over the sum of the weights. */
void online_attention_finish(const OnlineAttention *state, float *out)
{
    /* 1. Divide. What if the sum is 0? */
    NOT_WRITTEN_YET();
}

/* How many keys a block of queries has to look at. */
size_t visible_keys(const AttentionMask *mask, size_t first, size_t queries, size_t keys)
{
    /* 1. Leave out the padding. */
    /* 2. Causal: which query of the block sees most, and up to which key? past may be as large as a
     * size_t can be. */
    NOT_WRITTEN_YET();
}

/* Attention that never stores more than one row of scores of a block. */
Status blockwise_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                           size_t block, Matrix out)
{
    /* 1. Refuse what does not fit: attention_expect_shapes() (weights would be T_q x T_k; a Matrix
     * without data has a shape too), mask_expect() with one head, a block of 0. */
    /* 2. Allocate the scores of a block of keys, and a state for each query of a block. */
    /* 3. For each block of queries: start; for each block of visible keys and each query: scores,
     * masked, and online_attention_add(); finish. The last blocks may be shorter. The values of a
     * block are some rows of v, and a view of them has v's stride. */
    /* 4. Free what was allocated. */
    NOT_WRITTEN_YET();
}
