/*
 * Chapter 7, for you to write. The contracts are in masking.h; `make try-07` checks what you have,
 * from the first step to the last, and `make hint-07` helps. Replace each NOT_WRITTEN_YET() by your
 * code. attention_scores(), softmax() and the parts of chapter 5 are there for you to call.
 */
#include "masking.h"

#include "exercise.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>

/* Whether nothing blocks a query from a key. */
bool may_attend(const AttentionMask *mask, size_t query, size_t key, size_t keys)
{
    /* 1. Causal: is the key later than position query + past? (Can that sum wrap around?) */
    /* 2. Padding: is the key one of the last ones? */
    /* 3. A table of ones and zeros, if there is one. */
    /* 4. A bias of minus infinity, if there is one. */
    NOT_WRITTEN_YET();
}

/* The mask as a table of ones and zeros. */
Status mask_table(const AttentionMask *mask, Matrix out)
{
    /* 1. Refuse padding longer than the keys, tables of another shape, numbers other than 0 and 1.
     */
    /* 2. may_attend() for each query (a row) and key (a column). */
    NOT_WRITTEN_YET();
}

/* softmax(Q K^T scale, masked) V. What is blocked weighs 0, and has no influence. */
Status masked_attention(Matrix q, Matrix k, Matrix v, float scale, const AttentionMask *mask,
                        Matrix weights, Matrix out)
{
    /* 1. Refuse what does not fit, before anything is written: attention_expect_shapes(), the mask.
     */
    /* 2. Scores. */
    /* 3. Add the bias; put minus infinity where may_attend() says no. */
    /* 4. Softmax. A blocked weight is 0 even in a row that holds a NaN. */
    /* 5. Sum weight times value over the keys that are not blocked. */
    NOT_WRITTEN_YET();
}

/* The same in every head, of x to itself or to a context. */
Status masked_multi_head_attention(Matrix x, Matrix context, const MultiHeadLayer *layer,
                                   const AttentionMask *mask, Matrix weights, Matrix out)
{
    /* 1. Who answers: the context, or x if the context's data is NULL? */
    /* 2. Refuse what does not fit: multi_head_expect_shapes(), the mask. */
    /* 3. multi_head_project(). */
    /* 4. For each head: select it, its rows of the weights, its rows of a bias for all heads;
     * attend. */
    /* 5. multi_head_output(), and free the projections, whatever happened. */
    NOT_WRITTEN_YET();
}
