/**
 * @file self_attention.h
 * @brief Chapter 3: scaled dot-product attention, one head (Vaswani et al. 2017, section 3.2.1).
 *
 * The sequence is the rows: q is T_q x d_k, k is T_k x d_k, v is T_k x d_v. Row i of the weights
 * belongs to query i and says how much it takes from each of the T_k values.
 */
#ifndef HEADWISE_SELF_ATTENTION_H
#define HEADWISE_SELF_ATTENTION_H

#include "matrix.h"
#include "status.h"

#include <stddef.h>

/**
 * What scores are multiplied by so that their spread does not grow with d_k: 1 / sqrt(d_k).
 *
 * @param d_k Columns of the queries and keys, 1 or more.
 * @return The scale.
 */
float attention_scale(size_t d_k);

/**
 * The scores Q K^T times the scale: how well each key answers each query. A score beyond a float,
 * or of an infinite input, is NaN: minus infinity would block its key (large_scores.h).
 *
 * @param q      The queries, T_q x d_k.
 * @param k      The keys, T_k x d_k.
 * @param scale  What each dot product is multiplied by; usually attention_scale(d_k).
 * @param scores Receives the scores, T_q x T_k; must not overlap the inputs.
 * @return STATUS_SHAPE when the shapes do not fit or d_k is 0; then nothing is written.
 */
Status attention_scores(Matrix q, Matrix k, float scale, Matrix scores) MUST_USE;

/**
 * Scaled dot-product attention: softmax(Q K^T scale) V. Scores may be larger than a float holds. A
 * query that is infinite or NaN, or meets such a key, gets NaN.
 *
 * @code
 * float q[] = {2, 0};             // one query, d_k = 2
 * float k[] = {3, 0, 0, 3, 1, 1}; // three keys
 * float v[] = {1, 10, 100};       // three values, d_v = 1
 * float weights[3], out[1];
 * if (scaled_dot_product_attention(matrix_view(q, 1, 2), matrix_view(k, 3, 2),
 *                                  matrix_view(v, 3, 1), attention_scale(2),
 *                                  matrix_view(weights, 1, 3), matrix_view(out, 1, 1)))
 *     return 1;
 * printf("%.3f %.3f %.3f\n", weights[0], weights[1], weights[2]); // 0.932 0.013 0.055
 * printf("%.2f\n", out[0]);                                       // 6.57
 * @endcode
 *
 * @param q       The queries, T_q x d_k.
 * @param k       The keys, T_k x d_k.
 * @param v       The values, T_k x d_v.
 * @param scale   What each dot product is multiplied by; usually attention_scale(d_k).
 * @param weights Receives the attention weights, T_q x T_k; each row sums to one.
 * @param out     Receives the weighted sums of the values, T_q x d_v; zeros when T_k is 0. The
 * outputs must not overlap each other or the inputs.
 * @return STATUS_SHAPE when the shapes do not fit or d_k is 0; then nothing is written.
 */
Status scaled_dot_product_attention(Matrix q, Matrix k, Matrix v, float scale, Matrix weights,
                                    Matrix out) MUST_USE;

/**
 * Refuses shapes that scaled dot-product attention cannot work with.
 *
 * @param function Name of the function that asks, for the message.
 * @param q        The queries, T_q x d_k.
 * @param k        The keys, T_k x d_k.
 * @param v        The values, T_k x d_v.
 * @param weights  Must be T_q x T_k.
 * @param out      Must be T_q x d_v.
 * @return STATUS_SHAPE with a message that names what does not fit.
 */
Status attention_expect_shapes(const char *function, Matrix q, Matrix k, Matrix v, Matrix weights,
                               Matrix out) MUST_USE;

/**
 * Projects a sequence: makes the matrix x W, in which each token has been asked the same questions.
 * A result beyond a float is infinite.
 *
 * @param name   What W is called, for the message: "w_q".
 * @param x      The sequence, T x d_model.
 * @param w      The projection W, d_model x d.
 * @param result Receives a new matrix, T x d, to be freed with matrix_free(); NO_MATRIX on failure.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_NO_MEMORY.
 */
Status project(const char *name, Matrix x, Matrix w, Matrix *result) MUST_USE;

/**
 * Self-attention: queries, keys and values are all projected from the same sequence.
 *
 * @code
 * float x[] = {1, 0, 0, 1};        // two tokens, d_model = 2
 * float same[] = {1, 0, 0, 1};     // a projection that changes nothing
 * float values[] = {1, 10};        // 2 x 1: what each column of a token is worth
 * float weights[4], out[2];
 * Matrix w = matrix_view(same, 2, 2);
 * if (self_attention(matrix_view(x, 2, 2), w, w, matrix_view(values, 2, 1),
 *                    matrix_view(weights, 2, 2), matrix_view(out, 2, 1)))
 *     return 1;
 * printf("%.2f %.2f\n", weights[0], weights[1]); // 0.67 0.33
 * printf("%.2f %.2f\n", out[0], out[1]);         // 3.97 7.03
 * @endcode
 *
 * @param x       The sequence, T x d_model.
 * @param w_q     The query projection, d_model x d_k.
 * @param w_k     The key projection, d_model x d_k.
 * @param w_v     The value projection, d_model x d_v.
 * @param weights Receives the attention weights, T x T.
 * @param out     Receives the result, T x d_v. The outputs must not overlap each other or the
 * inputs.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_NO_MEMORY; then nothing is written.
 */
Status self_attention(Matrix x, Matrix w_q, Matrix w_k, Matrix w_v, Matrix weights,
                      Matrix out) MUST_USE;

#endif
