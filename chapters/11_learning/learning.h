/**
 * @file learning.h
 * @brief Chapter 11: every operation of chapters 1 to 9 backwards, and the steps that learn.
 *
 * A gradient has the shape of what it belongs to: each number says by how much the loss changes for
 * a small change of that number (Rumelhart, Hinton and Williams 1986). A function `..._backward()`
 * is handed the gradient of what its operation made, `grad_out`, and *adds* to the gradients of
 * what went in. So something that is used twice gets the sum of both. Setting a gradient to zero
 * before the first use is up to the caller. The gradients of a layer are kept in a struct of the
 * layer's own type. A gradient that is NO_MATRIX is not computed.
 *
 * Gradients must not overlap each other or what is read. When a function fails, nothing was added,
 * unless it ran out of memory. A NaN on the way makes the gradients beyond it NaN.
 */
#ifndef HEADWISE_LEARNING_H
#define HEADWISE_LEARNING_H

#include "encoder_decoder.h"
#include "masking.h"
#include "matrix.h"
#include "multi_head_attention.h"
#include "status.h"
#include "transformer_block.h"

#include <stddef.h>
#include <stdint.h>

/* --- The loss: learning.c -------------------------------------------------------------------- */

/** In a list of right words: no word, because the row is padding. It takes no part in the loss. */
#define NO_WORD SIZE_MAX

/**
 * The cross-entropy: how surprised the model is by the right words. For one row it is minus the
 * logarithm of the right word's probability, in nats; the loss is the mean of the rows that count.
 *
 * @code
 * float rows[] = {1, 0, 2, 7, 7, 7}; // two rows of three logits
 * size_t right[] = {0, NO_WORD};     // the second is padding
 * double loss;
 * if (cross_entropy(matrix_view(rows, 2, 3), right, &loss))
 *     return 1;
 * printf("%.3f\n", loss); // 1.408
 * @endcode
 *
 * @param logits One number for each row and each word, T x V.
 * @param right  The right word of each row, T of them; NO_WORD leaves the row out.
 * @param loss   Receives the mean; 0 when no row counts.
 * @return STATUS_VALUE for a word that does not exist; then nothing is written.
 */
Status cross_entropy(Matrix logits, const size_t *right, double *loss) MUST_USE;

/**
 * The cross-entropy backwards. Each row that counts gets its probabilities, minus 1 at the right
 * word, over the number of rows that count.
 *
 * @param logits      What cross_entropy() was given, T x V.
 * @param right       The right word of each row.
 * @param grad_loss   What the loss's slope is multiplied by: 1, or the share of this loss in one
 *                    that is a mean of several.
 * @param grad_logits Is added to, T x V.
 * @return STATUS_SHAPE, or STATUS_VALUE as cross_entropy().
 */
Status cross_entropy_backward(Matrix logits, const size_t *right, double grad_loss,
                              Matrix grad_logits) MUST_USE;

/* --- Products and attention: learning.c ------------------------------------------------------ */

/**
 * The product A B backwards: grad_out B^T for A, and A^T grad_out for B.
 *
 * @code
 * float a[] = {1, 2}, b[] = {3, 4}, slope[] = {10}; // 1 x 2, 2 x 1, 1 x 1
 * float grad_a[2] = {0}, grad_b[2] = {0};
 * if (matrix_product_backward(matrix_view(a, 1, 2), matrix_view(b, 2, 1), matrix_view(slope, 1, 1),
 *                             matrix_view(grad_a, 1, 2), matrix_view(grad_b, 2, 1)))
 *     return 1;
 * printf("%g %g, %g %g\n", grad_a[0], grad_a[1], grad_b[0], grad_b[1]); // 30 40, 10 20
 * @endcode
 *
 * @param a        The first factor, n x k.
 * @param b        The second factor, k x m.
 * @param grad_out The gradient of the product, n x m.
 * @param grad_a   Is added to, n x k; or NO_MATRIX.
 * @param grad_b   Is added to, k x m; or NO_MATRIX.
 * @return STATUS_SHAPE when the shapes do not fit.
 */
Status matrix_product_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a,
                               Matrix grad_b) MUST_USE;

/**
 * The product A B^T backwards: grad_out B for A, and grad_out^T A for B. So the scores Q K^T go
 * back, and the logits of vocabulary_logits(): with tied weights grad_b is the same matrix that
 * embed_backward() adds to.
 *
 * @param a        The first factor, n x k.
 * @param b        The second factor before it is transposed, m x k.
 * @param grad_out The gradient of the product, n x m. Where it is 0 nothing is read of the factors:
 *                 not even a NaN gets through.
 * @param grad_a   Is added to, n x k; or NO_MATRIX.
 * @param grad_b   Is added to, m x k; or NO_MATRIX.
 * @return STATUS_SHAPE when the shapes do not fit.
 */
Status matrix_product_transposed_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a,
                                          Matrix grad_b) MUST_USE;

/**
 * A linear layer x W + b backwards: the product, and for the bias the sum of all rows.
 *
 * @param x        The sequence, T x d.
 * @param w        The weights, d x m.
 * @param grad_out The gradient of the result, T x m.
 * @param grad_x   Is added to, T x d; or NO_MATRIX.
 * @param grad_w   Is added to, d x m; or NO_MATRIX.
 * @param grad_b   Is added to, 1 x m; or NO_MATRIX.
 * @return STATUS_SHAPE when the shapes do not fit.
 */
Status linear_backward(Matrix x, Matrix w, Matrix grad_out, Matrix grad_x, Matrix grad_w,
                       Matrix grad_b) MUST_USE;

/**
 * The softmax of each row backwards: p (g - the mean of all g, weighted by p).
 *
 * @code
 * float weights[] = {0.5f, 0.25f, 0.25f}, g[] = {4, 0, 0}, grad_x[3] = {0};
 * if (softmax_backward(matrix_view(weights, 1, 3), matrix_view(g, 1, 3),
 *                      matrix_view(grad_x, 1, 3)))
 *     return 1;
 * printf("%g %g %g\n", grad_x[0], grad_x[1], grad_x[2]); // 1 -0.5 -0.5
 * @endcode
 *
 * @param weights      What softmax() made, n x m.
 * @param grad_weights The gradient of these weights, n x m. Where a weight is 0 it is not read:
 *                     what was blocked gets nothing, not even a NaN.
 * @param grad_x       The gradient of the scores; is added to, n x m.
 * @return STATUS_SHAPE when the shapes differ.
 */
Status softmax_backward(Matrix weights, Matrix grad_weights, Matrix grad_x) MUST_USE;

/**
 * Scaled dot-product attention backwards, of one head. The mask needs no mention: where it blocked,
 * the weight is 0, and nothing is handed back.
 *
 * @param one     Queries T_q x d_k, keys T_k x d_k and values T_k x d_v; `concat` is not read.
 * @param scale   What each dot product was multiplied by.
 * @param weights The attention weights, T_q x T_k.
 * @param grad    `concat`, T_q x d_v, is the gradient of the result; `q`, `k` and `v` are added to.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_NO_MEMORY.
 */
Status attention_backward(const HeadMatrices *one, float scale, Matrix weights,
                          const HeadMatrices *grad) MUST_USE;

/** What multi-head attention keeps for the way back. Starts as `{0}`. */
typedef struct KeptHeads {
    HeadMatrices all; /**< Queries, keys, values and results of all heads. */
    Matrix weights;   /**< Of head 0, then of head 1, ...: (heads T_q) x T_k. */
} KeptHeads;

/** Gradients of what goes into multi-head attention. */
typedef struct MultiHeadGradients {
    Matrix x;             /**< T_q x d_model. */
    Matrix context;       /**< T_k x d_model; not read without a context. */
    MultiHeadLayer layer; /**< Of its weights and biases; `heads` is not read. */
} MultiHeadGradients;

/**
 * masked_multi_head_attention() that keeps what the way back needs.
 *
 * @param x       The sequence that asks, T_q x d_model.
 * @param context The sequence that answers, T_k x d_model, or NO_MATRIX for x itself.
 * @param layer   The parameters.
 * @param mask    The mask; a bias must be T_q x T_k.
 * @param kept    Receives new matrices, to be freed with kept_heads_free(); `{0}` on failure.
 * @param out     Receives the result, T_q x d_out.
 * @return As masked_multi_head_attention().
 */
Status multi_head_keep(Matrix x, Matrix context, const MultiHeadLayer *layer,
                       const AttentionMask *mask, KeptHeads *kept, Matrix out) MUST_USE;

/**
 * Frees what multi_head_keep() made, and makes it `{0}`. `{0}` may be freed.
 *
 * @param kept The matrices.
 */
void kept_heads_free(KeptHeads *kept);

/**
 * Multi-head attention backwards: through W_O, through each head, through the three projections.
 * Without a context the gradients of queries, keys and values all end up in that of x.
 *
 * @param x        What multi_head_keep() was given, T_q x d_model.
 * @param context  What it was given; NO_MATRIX for x itself.
 * @param layer    The parameters.
 * @param kept     What it kept.
 * @param grad_out The gradient of the result, T_q x d_out.
 * @param grad     Is added to, each of the shape of what it belongs to.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_NO_MEMORY.
 */
Status multi_head_backward(Matrix x, Matrix context, const MultiHeadLayer *layer,
                           const KeptHeads *kept, Matrix grad_out,
                           const MultiHeadGradients *grad) MUST_USE;

/* --- The rest of a block: block_backward.c --------------------------------------------------- */

/**
 * Layer normalisation backwards. Whatever moves all numbers of a token alike, or stretches them,
 * was taken out by the norm, so its gradient has neither.
 *
 * @param x        What layer_norm() was given, T x d_model.
 * @param norm     Gain, shift and epsilon.
 * @param grad_out The gradient of the result, T x d_model.
 * @param grad_x   Is added to, T x d_model; or NO_MATRIX.
 * @param grad     `gain` and `shift` are added to, 1 x d_model or NO_MATRIX; its epsilon is not
 *                 read.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_VALUE as layer_norm().
 */
Status layer_norm_backward(Matrix x, const LayerNorm *norm, Matrix grad_out, Matrix grad_x,
                           const LayerNorm *grad) MUST_USE;

/**
 * The slope of an activation.
 *
 * @param activation Which one.
 * @param x          Where; NaN gives NaN.
 * @return By how much the activation of x changes for a small change of x. For ReLU at 0, where
 *         there is a corner, it is 0, as in PyTorch.
 */
float activation_slope(Activation activation, float x);

/**
 * feed_forward() that keeps what the way back needs.
 *
 * @param x       The sequence, T x d_model.
 * @param network The two layers, and the activation.
 * @param before  Receives what the activation is applied to, x W_1 + b_1: T x d_ff.
 * @param out     Receives the result, T x d_model.
 * @return As feed_forward().
 */
Status feed_forward_keep(Matrix x, const FeedForward *network, Matrix before, Matrix out) MUST_USE;

/**
 * The feed-forward network backwards: the second layer, the activation, the first layer.
 *
 * @param x        The sequence, T x d_model.
 * @param network  The two layers, and the activation.
 * @param before   What feed_forward_keep() kept, T x d_ff.
 * @param grad_out The gradient of the result, T x d_model.
 * @param grad_x   Is added to, T x d_model; or NO_MATRIX.
 * @param grad     Its matrices are added to, each of the shape of what it belongs to, or NO_MATRIX;
 *                 its activation is not read.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_NO_MEMORY.
 */
Status feed_forward_backward(Matrix x, const FeedForward *network, Matrix before, Matrix grad_out,
                             Matrix grad_x, const FeedForward *grad) MUST_USE;

/**
 * The beginning of a step with a residual path backwards: through the norm with NORM_PRE, else
 * straight on.
 *
 * @param x          What sublayer_input() was given, T x d_model.
 * @param norm       The step's norm.
 * @param place      Where it stands.
 * @param grad_input The gradient of what went into the step, T x d_model.
 * @param grad_x     Is added to, T x d_model.
 * @param grad       As layer_norm_backward(); with NORM_POST nothing is added to it.
 * @return As layer_norm_backward().
 */
Status sublayer_input_backward(Matrix x, const LayerNorm *norm, NormPlace place, Matrix grad_input,
                               Matrix grad_x, const LayerNorm *grad) MUST_USE;

/**
 * The end of a step with a residual path backwards. A sum hands to both of its parts what it was
 * handed itself; with NORM_POST that has come through the norm first.
 *
 * @param sum         x plus what the step made of it, before any norm, T x d_model.
 * @param norm        The step's norm.
 * @param place       Where it stands.
 * @param grad_out    The gradient of what stands behind the step, T x d_model.
 * @param grad_x      Is added to, T x d_model.
 * @param grad_result The gradient of what came out of the step; is added to, T x d_model.
 * @param grad        As layer_norm_backward(); with NORM_PRE nothing is added to it.
 * @return As layer_norm_backward(), STATUS_NO_MEMORY.
 */
Status sublayer_output_backward(Matrix sum, const LayerNorm *norm, NormPlace place, Matrix grad_out,
                                Matrix grad_x, Matrix grad_result, const LayerNorm *grad) MUST_USE;

/**
 * The embedding backwards: each row's gradient goes to the row of its word, times sqrt(d_model),
 * and to that of its position. A word that stands there twice gets both.
 *
 * @param words     The words.
 * @param count     How many, T.
 * @param first     The position of the first one.
 * @param grad_out  The gradient of what embed() made, T x d_model.
 * @param grad      `words`, V x d_model, and `positions` are added to; either may be NO_MATRIX.
 * @return STATUS_SHAPE, STATUS_VALUE as embed().
 */
Status embed_backward(const size_t *words, size_t count, size_t first, Matrix grad_out,
                      const Embedding *grad) MUST_USE;

/**
 * The mean of the words backwards: each word gets its share, padding gets nothing.
 *
 * @param padding  Tokens at the end that are padding.
 * @param grad_out The gradient of the mean, 1 x d_model.
 * @param grad_x   Is added to, T x d_model.
 * @return STATUS_SHAPE, STATUS_VALUE as mean_pool().
 */
Status mean_pool_backward(size_t padding, Matrix grad_out, Matrix grad_x) MUST_USE;

/* --- Walking down: optimizers.c -------------------------------------------------------------- */

/**
 * One step downhill: w minus rate times its gradient.
 *
 * @param rate The learning rate.
 * @param grad The gradient, n x m.
 * @param w    The parameter, n x m; changed.
 * @return STATUS_SHAPE when the shapes differ; then nothing is changed.
 */
Status sgd_step(double rate, Matrix grad, Matrix w) MUST_USE;

/**
 * One step of a ball that rolls: velocity becomes momentum times itself plus the gradient, and w
 * loses rate times that (Polyak 1964; in this form Sutskever et al. 2013, section 2, and PyTorch).
 *
 * @param rate     The learning rate.
 * @param momentum How much of the velocity stays, from 0 to below 1; 0.9 is usual.
 * @param grad     The gradient, n x m.
 * @param velocity Zeros before the first step, n x m; changed.
 * @param w        The parameter, n x m; changed.
 * @return STATUS_SHAPE when the shapes differ; then nothing is changed.
 */
Status momentum_step(double rate, double momentum, Matrix grad, Matrix velocity, Matrix w) MUST_USE;

/** Adam's settings. */
typedef struct Adam {
    double rate;         /**< The learning rate: about how far a number moves in a step. */
    double beta_1;       /**< How much of the mean gradient stays; 0.9. */
    double beta_2;       /**< How much of the mean squared gradient stays; 0.999. */
    double epsilon;      /**< Added to the root; 1e-8. */
    double weight_decay; /**< Each step takes rate times this of w itself: AdamW; 0: Adam. */
} Adam;

/** Adam as its paper has it (Kingma and Ba 2015, algorithm 1), without weight decay. */
#define DEFAULT_ADAM ((Adam){.rate = 1e-3, .beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-8})

/** What Adam remembers of one parameter; zeros before the first step. */
typedef struct AdamMoments {
    Matrix mean;    /**< Of the gradients, n x m. */
    Matrix squares; /**< Of their squares, n x m. */
} AdamMoments;

/**
 * One step of Adam (Kingma and Ba 2015, algorithm 1), or with weight decay of AdamW (Loshchilov and
 * Hutter 2019, algorithm 2).
 *
 * @param adam    Its settings.
 * @param step    Which step it is: 1, then 2, ...
 * @param grad    The gradient, n x m.
 * @param moments Changed.
 * @param w       The parameter, n x m; changed.
 * @return STATUS_SHAPE when the shapes differ, STATUS_VALUE for step 0; then nothing is changed.
 */
Status adam_step(const Adam *adam, size_t step, Matrix grad, const AdamMoments *moments,
                 Matrix w) MUST_USE;

/**
 * Shortens the gradients of all parameters, taken as one long vector, to a limit (Pascanu, Mikolov
 * and Bengio 2013, section 3.2). Their direction stays.
 *
 * @param grads The gradients; changed when they are longer than the limit.
 * @param count How many matrices.
 * @param limit The greatest length.
 * @return The length before; NaN or infinite when a gradient is, and then nothing is changed.
 */
double clip_gradients(const Matrix *grads, size_t count, double limit);

#endif
