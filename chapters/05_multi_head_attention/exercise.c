/*
 * Chapter 5, for you to write. The contracts are in multi_head_attention.h; `make try-05` checks
 * what you have, from the first step to the last, and `make hint-05` helps. Replace each
 * NOT_WRITTEN_YET() by your code. head_view(), project() and scaled_dot_product_attention() are
 * there for you to call.
 */
#include "multi_head_attention.h"

#include "dot_products.h"
#include "exercise.h"
#include "head_splitting.h"
#include "self_attention.h"

/* Queries from x, keys and values from the context, each with its bias; and room for the results.
 */
Status multi_head_project(Matrix x, Matrix context, const MultiHeadLayer *layer, HeadMatrices *all)
{
    /* 1. Set all four matrices to NO_MATRIX, so that multi_head_free() is always safe. */
    /* 2. q = x w_q, k = context w_k, v = context w_v: project() makes each. */
    /* 3. Add each bias to every row, unless its data is NULL. */
    /* 4. Make concat: as many rows as q, as many columns as v. */
    NOT_WRITTEN_YET();
}

/* Frees what multi_head_project() made, in full or in part. */
void multi_head_free(HeadMatrices *all)
{
    /* 1. matrix_free() for each of the four. */
    NOT_WRITTEN_YET();
}

/* One head's columns of q, k, v and concat, as views. */
Status multi_head_select(const HeadMatrices *all, size_t heads, size_t head, HeadMatrices *one)
{
    /* 1. head_view() for each of the four. */
    NOT_WRITTEN_YET();
}

/* The concatenated heads times W_O, plus its bias. */
Status multi_head_output(Matrix concat, const MultiHeadLayer *layer, Matrix out)
{
    /* 1. The product. */
    /* 2. The bias, once, if there is one. */
    NOT_WRITTEN_YET();
}

/* Refuses a layer whose parts do not fit: every line of the table in the lesson is a check. */
Status multi_head_expect_shapes(const char *function, Matrix x, Matrix context,
                                const MultiHeadLayer *layer, Matrix weights, Matrix out)
{
    /* 1. w_q has as many rows as x has columns; w_k and w_v as the context has columns. */
    /* 2. The heads divide the columns of w_q and of w_v, and there is at least one column. */
    /* 3. w_q and w_k have the same number of columns; w_o has as many rows as w_v has columns. */
    /* 4. Each bias that is there is one row, as wide as its matrix. */
    /* 5. weights is (heads T_q) x T_k, out is T_q x columns of w_o: matrix_expect(). */
    NOT_WRITTEN_YET();
}

/* Multi-head self-attention. */
Status multi_head_attention(Matrix x, const MultiHeadLayer *layer, Matrix weights, Matrix out)
{
    /* 1. Refuse shapes that do not fit, before anything is written. */
    /* 2. Project. */
    /* 3. For each head: select it, take its rows of the weights (matrix_rows()), and let
          scaled_dot_product_attention() write into its part of concat. Which scale? */
    /* 4. The output. */
    /* 5. Free the projections, whatever happened. */
    NOT_WRITTEN_YET();
}

/* Each head times its own rows of W_O, all added up. */
Status sum_of_heads(Matrix concat, Matrix w_o, size_t heads, Matrix out)
{
    /* 1. Refuse shapes that do not fit, 0 heads and empty heads, before out is touched. */
    /* 2. Make room for one part, T x d_out. Without memory, too, out stays untouched. */
    /* 3. For each head: its columns of concat times its rows of w_o. The first part goes into out,
     * the others are added to it. */
    NOT_WRITTEN_YET();
}

/* How many numbers a layer learns, with d_k = d_v = d_model / heads. */
size_t multi_head_parameters(size_t d_model, size_t heads, bool biases)
{
    /* 1. Three projections, of d_model x d_k for each head; and w_o. */
    /* 2. With biases: one number for each column of the four. */
    NOT_WRITTEN_YET();
}

/* How many multiplications each part takes, and how many exponentials. */
MultiHeadCost multi_head_cost(size_t tokens, size_t d_model, size_t heads)
{
    /* 1. A product of n x k and k x m takes n k m multiplications. Which products are there, how
     * often? .projections, .scores, .weighted and .output, in double. */
    /* 2. .exponentials: one for each attention weight. */
    NOT_WRITTEN_YET();
}
