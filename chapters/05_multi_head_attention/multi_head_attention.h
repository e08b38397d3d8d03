/**
 * @file multi_head_attention.h
 * @brief Chapter 5: several heads side by side, concatenated and mixed by W_O (Vaswani et al. 2017,
 *        section 3.2.2).
 *
 * MultiHead(x) = Concat(head_0, ..., head_(h-1)) W_O, where head_i is attention with the i-th
 * column blocks of x W_Q, x W_K and x W_V. A projected query or key beyond a float is infinite, and
 * what it takes part in becomes NaN; scores may be larger than a float holds (chapter 3).
 */
#ifndef HEADWISE_MULTI_HEAD_ATTENTION_H
#define HEADWISE_MULTI_HEAD_ATTENTION_H

#include "matrix.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * The parameters of a layer. Its matrices stay the caller's. A bias that is NO_MATRIX is left out,
 * so
 * `{.w_q = ..., .w_k = ..., .w_v = ..., .w_o = ..., .heads = 2}` is a whole layer.
 */
typedef struct MultiHeadLayer {
    Matrix w_q;   /**< Queries, d_model x (heads d_k). */
    Matrix w_k;   /**< Keys, d_model x (heads d_k). */
    Matrix w_v;   /**< Values, d_model x (heads d_v). */
    Matrix w_o;   /**< Output, (heads d_v) x d_out; d_out is usually d_model. */
    Matrix b_q;   /**< Added to each query: 1 x (heads d_k). */
    Matrix b_k;   /**< Added to each key: 1 x (heads d_k). */
    Matrix b_v;   /**< Added to each value: 1 x (heads d_v). */
    Matrix b_o;   /**< Added to each row of the output: 1 x d_out. */
    size_t heads; /**< How many heads; divides the columns of w_q and of w_v. */
} MultiHeadLayer;

/** What goes into the heads and comes out of them, for all heads side by side or for one. */
typedef struct HeadMatrices {
    Matrix q;      /**< Queries, T_q x (heads d_k). */
    Matrix k;      /**< Keys, T_k x (heads d_k). */
    Matrix v;      /**< Values, T_k x (heads d_v). */
    Matrix concat; /**< Results, T_q x (heads d_v): head after head, concatenated. */
} HeadMatrices;

/**
 * Multi-head self-attention.
 *
 * @code
 * float x[] = {1, 0, 0, 1, 1, 1};   // three tokens, d_model = 2
 * float same[] = {1, 0, 0, 1};      // a projection that changes nothing
 * float w_o[] = {1, 10, 100, 1000}; // 2 x 2
 * Matrix w = matrix_view(same, 2, 2);
 * MultiHeadLayer layer = {.w_q = w, .w_k = w, .w_v = w, .w_o = matrix_view(w_o, 2, 2), .heads = 2};
 * float weights[2 * 3 * 3], out[3 * 2];
 * if (multi_head_attention(matrix_view(x, 3, 2), &layer, matrix_view(weights, 6, 3),
 *                          matrix_view(out, 3, 2)))
 *     return 1;
 * printf("%.2f %.2f %.2f\n", weights[0], weights[1], weights[2]);   // 0.42 0.16 0.42
 * printf("%.2f %.2f %.2f\n", weights[9], weights[10], weights[11]); // 0.33 0.33 0.33
 * printf("%.1f %.1f\n", out[0], out[1]);                           // 67.5 675.1
 * @endcode
 *
 * @param x       The sequence, T x d_model.
 * @param layer   The parameters.
 * @param weights Receives the attention weights of head 0, then of head 1, ...: (heads T) x T.
 * @param out     Receives the result, T x d_out. The outputs must not overlap each other or the
 * inputs.
 * @return STATUS_SHAPE when the shapes do not fit or the heads do not divide, STATUS_NO_MEMORY;
 * then nothing is written.
 */
Status multi_head_attention(Matrix x, const MultiHeadLayer *layer, Matrix weights,
                            Matrix out) MUST_USE;

/**
 * The output as a sum: each head times its own rows of W_O, all added up. The same as concatenating
 * the heads first and multiplying by all of W_O.
 *
 * @param concat The heads' results side by side, T x (heads d_v).
 * @param w_o    The output projection, (heads d_v) x d_out.
 * @param heads  How many heads.
 * @param out    Receives the sum, T x d_out; must not overlap the inputs.
 * @return STATUS_SHAPE when the shapes do not fit or the heads do not divide, STATUS_NO_MEMORY;
 * then nothing is written.
 */
Status sum_of_heads(Matrix concat, Matrix w_o, size_t heads, Matrix out) MUST_USE;

/**
 * How many numbers a layer of the usual shape learns: d_k = d_v = d_model / heads.
 *
 * @code
 * printf("%zu\n", multi_head_parameters(512, 8, false));  // 1048576
 * printf("%zu\n", multi_head_parameters(512, 16, false)); // 1048576
 * @endcode
 *
 * @param d_model Numbers of one token.
 * @param heads   How many heads; divides d_model.
 * @param biases  Whether the four projections have biases.
 * @return The count. It does not depend on the number of heads.
 */
size_t multi_head_parameters(size_t d_model, size_t heads, bool biases);

/** Multiplications of a layer for one sequence, step by step, and what else it computes. */
typedef struct MultiHeadCost {
    double projections;  /**< x W_Q, x W_K and x W_V. */
    double scores;       /**< Q K^T of all heads. */
    double weighted;     /**< The weighted sums of the values, all heads. */
    double output;       /**< The concatenated heads times W_O. */
    double exponentials; /**< No multiplications: one exp() for each attention weight. */
} MultiHeadCost;

/**
 * Counts the work of a layer of the usual shape: d_k = d_v = d_model / heads.
 *
 * @param tokens  Length of the sequence, T.
 * @param d_model Numbers of one token.
 * @param heads   How many heads; divides d_model.
 * @return The counts. Only the exponentials depend on the number of heads.
 */
MultiHeadCost multi_head_cost(size_t tokens, size_t d_model, size_t heads);

/**
 * Refuses a layer whose parts do not fit together, or do not fit what it is given. The later
 * chapters' layers check the same.
 *
 * @param function Name of the function that asks, for the message.
 * @param x        The sequence that asks, T_q x d_model.
 * @param context  The sequence that answers, T_k x d_model; x itself for self-attention.
 * @param layer    The parameters.
 * @param weights  Must be (heads T_q) x T_k.
 * @param out      Must be T_q x d_out.
 * @return STATUS_SHAPE with a message that names what does not fit.
 */
Status multi_head_expect_shapes(const char *function, Matrix x, Matrix context,
                                const MultiHeadLayer *layer, Matrix weights, Matrix out) MUST_USE;

/**
 * The first half of a layer: queries from x, keys and values from the context, and room for the
 * results.
 *
 * @param x       The sequence that asks, T_q x d_model.
 * @param context The sequence that answers, T_k x d_model; x itself for self-attention.
 * @param layer   The parameters, which fit.
 * @param all     Receives the matrices of all heads, to be freed with multi_head_free(); also on
 * failure.
 * @return STATUS_SHAPE, STATUS_NO_MEMORY.
 */
Status multi_head_project(Matrix x, Matrix context, const MultiHeadLayer *layer,
                          HeadMatrices *all) MUST_USE;

/**
 * One head of the matrices of all, as views: its columns of each.
 *
 * @param all   The matrices of all heads.
 * @param heads How many heads.
 * @param head  Which one, counted from 0.
 * @param one   Receives the views. What is written to its `concat` is concatenated already.
 * @return As head_view().
 */
Status multi_head_select(const HeadMatrices *all, size_t heads, size_t head,
                         HeadMatrices *one) MUST_USE;

/**
 * The last step of a layer: the concatenated heads times W_O, plus its bias.
 *
 * @param concat The heads' results, T_q x (heads d_v).
 * @param layer  The parameters, which fit.
 * @param out    Receives the result, T_q x d_out.
 * @return STATUS_SHAPE when the shapes do not fit.
 */
Status multi_head_output(Matrix concat, const MultiHeadLayer *layer, Matrix out) MUST_USE;

/**
 * Frees the matrices of all heads.
 *
 * @param all What multi_head_project() made, in full or in part.
 */
void multi_head_free(HeadMatrices *all);

#endif
