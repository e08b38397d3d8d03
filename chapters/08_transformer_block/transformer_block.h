/**
 * @file transformer_block.h
 * @brief Chapter 8: what surrounds attention: residual paths, layer normalisation and the
 *        feed-forward network; a stack of blocks, the encoder; and a classifier on top.
 *
 * Two steps make a block, attention and then the feed-forward network. Around each goes a residual
 * path with a normalisation, either after it (Vaswani et al. 2017, section 3.1) or before it (Xiong
 * et al. 2020, section 3). Dropout, which training puts on each step's result, is absent: here
 * nothing is trained.
 *
 * A NaN stays in its token, except that attention passes it on to every token that may see it.
 */
#ifndef HEADWISE_TRANSFORMER_BLOCK_H
#define HEADWISE_TRANSFORMER_BLOCK_H

#include "masking.h"
#include "matrix.h"
#include "multi_head_attention.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** What is added to the variance by default: 1e-5, as in PyTorch. */
#define DEFAULT_EPSILON 1e-5f

/** Layer normalisation: what it learns, and its epsilon. The matrices stay the caller's. */
typedef struct LayerNorm {
    Matrix gain;   /**< Each column is multiplied by its number: 1 x d_model, or NO_MATRIX. */
    Matrix shift;  /**< Then its number is added: 1 x d_model, or NO_MATRIX. */
    float epsilon; /**< Added to the variance; 0 or more. */
} LayerNorm;

/** The activation between the two linear layers of the feed-forward network. */
typedef enum Activation {
    ACTIVATION_RELU,     /**< max(0, x) (Vaswani et al. 2017). */
    ACTIVATION_GELU,     /**< x times the normal distribution's share below x (Hendrycks and Gimpel
                              2016), by the error function. */
    ACTIVATION_GELU_TANH /**< The same paper's estimate of it, by the hyperbolic tangent. */
} Activation;

/** The feed-forward network: two linear layers with an activation between them. */
typedef struct FeedForward {
    Matrix w_1;            /**< d_model x d_ff. */
    Matrix b_1;            /**< 1 x d_ff, or NO_MATRIX. */
    Matrix w_2;            /**< d_ff x d_model. */
    Matrix b_2;            /**< 1 x d_model, or NO_MATRIX. */
    Activation activation; /**< Applied to each of the d_ff numbers. */
} FeedForward;

/** Where a block normalises. */
typedef enum NormPlace {
    NORM_POST, /**< After the sum: norm(x + step(x)). */
    NORM_PRE   /**< Before the step: x + step(norm(x)). */
} NormPlace;

/** One block: attention and a feed-forward network, each with its norm and its residual path. */
typedef struct TransformerBlock {
    MultiHeadLayer attention; /**< d_model in, d_model out. */
    LayerNorm norm_1;         /**< The norm of the attention. */
    LayerNorm norm_2;         /**< The norm of the feed-forward network. */
    FeedForward feed_forward; /**< After the attention. */
    NormPlace norm_place;     /**< Where both norms stand. */
} TransformerBlock;

/** A stack of blocks. */
typedef struct Encoder {
    const TransformerBlock *blocks; /**< The blocks, from the first to the last. */
    size_t count;                   /**< How many; 0 or more. */
    bool has_norm;                  /**< Whether a last norm follows; usual with NORM_PRE. */
    LayerNorm norm;                 /**< The last norm, if there is one. */
} Encoder;

/** Classifies a sequence: a linear layer on the mean of its tokens. */
typedef struct Classifier {
    Matrix w; /**< d_model x classes. */
    Matrix b; /**< 1 x classes, or NO_MATRIX. */
} Classifier;

/**
 * A linear layer: x W + b, the same for every token.
 *
 * @param x   The sequence, T x d.
 * @param w   The weights, d x m.
 * @param b   Added to each row, 1 x m, or NO_MATRIX.
 * @param out Receives the result, T x m; must not overlap the inputs.
 * @return STATUS_SHAPE when the shapes do not fit; then nothing is written.
 */
Status linear(Matrix x, Matrix w, Matrix b, Matrix out) MUST_USE;

/**
 * Applies an activation to one number.
 *
 * @param activation Which one.
 * @param x          The number; NaN gives NaN.
 * @return The activation of x.
 */
float activate(Activation activation, float x);

/**
 * Layer normalisation (Ba, Kiros and Hinton 2016, section 3): subtracts the mean of each token's
 * numbers and divides by the root of their variance plus epsilon; then gain and shift. The variance
 * is the mean of the squared deviations: the sum is divided by d_model, not by d_model - 1.
 *
 * @code
 * float x[] = {1, 3, 5, 7};                      // mean 4, variance 5
 * LayerNorm norm = {.epsilon = DEFAULT_EPSILON}; // neither gain nor shift
 * Matrix row = matrix_view(x, 1, 4);
 * if (layer_norm(row, &norm, row))
 *     return 1;
 * printf("%.2f %.2f %.2f %.2f\n", x[0], x[1], x[2], x[3]); // -1.34 -0.45 0.45 1.34
 * @endcode
 *
 * @param x    The sequence, T x d_model.
 * @param norm Gain, shift and epsilon.
 * @param out  Receives the result, T x d_model; may be x itself, must not overlap otherwise.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_VALUE when epsilon is less than 0 or NaN;
 *         then nothing is written.
 */
Status layer_norm(Matrix x, const LayerNorm *norm, Matrix out) MUST_USE;

/**
 * The feed-forward network (Vaswani et al. 2017, section 3.3): activation(x W_1 + b_1) W_2 + b_2,
 * for each token by itself.
 *
 * @code
 * float w_1[] = {1, -1}; // 1 x 2: x and -x, of which one is negative
 * float w_2[] = {1, 1};  // 2 x 1: their sum
 * FeedForward network = {.w_1 = matrix_view(w_1, 1, 2), .w_2 = matrix_view(w_2, 2, 1)};
 * float x[] = {3, -5}, out[2]; // two tokens, d_model = 1
 * if (feed_forward(matrix_view(x, 2, 1), &network, matrix_view(out, 2, 1)))
 *     return 1;
 * printf("%g %g\n", out[0], out[1]); // 3 5
 * @endcode
 *
 * @param x       The sequence, T x d_model.
 * @param network The two layers, and the activation.
 * @param out     Receives the result, T x d_model; must not overlap the inputs.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_NO_MEMORY; then nothing is written.
 */
Status feed_forward(Matrix x, const FeedForward *network, Matrix out) MUST_USE;

/**
 * The beginning of a step with a residual path: what the step works on. That is x normalised with
 * NORM_PRE, and x as it is with NORM_POST.
 *
 * @param x     The sequence, T x d_model.
 * @param norm  The step's norm.
 * @param place Where it stands.
 * @param input Receives what goes into the step, T x d_model; must not overlap x.
 * @return As layer_norm().
 */
Status sublayer_input(Matrix x, const LayerNorm *norm, NormPlace place, Matrix input) MUST_USE;

/**
 * The end of a step with a residual path: x plus what the step made of it; with NORM_POST the sum
 * is then normalised.
 *
 * @param x      The sequence as it was before the step, and before any norm: T x d_model.
 * @param result What came out of the step, T x d_model.
 * @param norm   The step's norm.
 * @param place  Where it stands.
 * @param out    Receives the sequence after the step, T x d_model; may be x itself or result
 *               itself, must not overlap otherwise.
 * @return As layer_norm().
 */
Status sublayer_output(Matrix x, Matrix result, const LayerNorm *norm, NormPlace place,
                       Matrix out) MUST_USE;

/**
 * One block of a transformer: attention of the sequence to itself, then the feed-forward network.
 *
 * @code
 * float x[] = {1, 0, 0, 1}; // two tokens, d_model = 2
 * float same[] = {1, 0, 0, 1};
 * Matrix w = matrix_view(same, 2, 2);
 * TransformerBlock block = {
 *     .attention = {.w_q = w, .w_k = w, .w_v = w, .w_o = w, .heads = 1},
 *     .norm_1 = {.epsilon = DEFAULT_EPSILON},
 *     .norm_2 = {.epsilon = DEFAULT_EPSILON},
 *     .feed_forward = {.w_1 = w, .w_2 = w, .activation = ACTIVATION_RELU},
 *     .norm_place = NORM_PRE,
 * };
 * AttentionMask mask = {.causal = true};
 * float weights[4], out[4];
 * if (transformer_block(matrix_view(x, 2, 2), &block, &mask, matrix_view(weights, 2, 2),
 *                       matrix_view(out, 2, 2)))
 *     return 1;
 * printf("%.2f %.2f\n", weights[0], weights[1]); // 1.00 0.00
 * printf("%.2f %.2f\n", weights[2], weights[3]); // 0.06 0.94
 * printf("%.2f %.2f\n", out[0], out[1]);         // 3.00 -1.00
 * @endcode
 *
 * @param x       The sequence, T x d_model.
 * @param block   The parameters.
 * @param mask    Who may attend to whom.
 * @param weights Receives the attention weights of head 0, then of head 1, ...: (heads T) x T; or
 *                NO_MATRIX if not needed.
 * @param out     Receives the result, T x d_model; may be x itself. The outputs must not overlap
 *                each other or the inputs otherwise.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_VALUE as masked_attention() and
 *         layer_norm(), STATUS_NO_MEMORY; then the outputs are unwritten or zeros.
 */
Status transformer_block(Matrix x, const TransformerBlock *block, const AttentionMask *mask,
                         Matrix weights, Matrix out) MUST_USE;

/**
 * An encoder: each block works on what the one before it made, and the last norm, if there is one,
 * on the end of it.
 *
 * @code
 * #include "example.h"
 * #include "hand_block.h"
 *
 * Sentence sentence; // six words of eight numbers each
 * if (sentence_create(EXAMPLE_RIVER, &sentence))
 *     return 1;
 * TransformerBlock blocks[] = {hand_block(NORM_POST), hand_block(NORM_POST)};
 * Encoder stack = {.blocks = blocks, .count = 2};
 * float out[6 * EXAMPLE_D_MODEL];
 * if (encoder(sentence.x, &stack, &NO_MASK, NO_MATRIX, matrix_view(out, 6, EXAMPLE_D_MODEL)))
 *     return 1;
 * const float *before = matrix_row(sentence.x, 5), *after = out + 5 * EXAMPLE_D_MODEL;
 * printf("%s\n", sentence.words[5]);                                 // bank
 * printf("%s %.2f %.2f\n", EXAMPLE_COLUMNS[4], before[4], after[4]); // water 1.00 2.38
 * printf("%s %.2f %.2f\n", EXAMPLE_COLUMNS[6], before[6], after[6]); // money 1.00 -1.27
 * sentence_free(&sentence);
 * @endcode
 *
 * @param x       The sequence, T x d_model.
 * @param stack   The blocks.
 * @param mask    Who may attend to whom, the same in all blocks.
 * @param weights Receives the attention weights of the first block's heads, then of the second
 *                block's, ...: (all heads T) x T; or NO_MATRIX if not needed.
 * @param out     Receives the result, T x d_model. The outputs must not overlap each other or the
 *                inputs.
 * @return As transformer_block().
 */
Status encoder(Matrix x, const Encoder *stack, const AttentionMask *mask, Matrix weights,
               Matrix out) MUST_USE;

/**
 * The mean of a sequence's tokens without the padding at its end.
 *
 * @param x       The sequence, T x d_model.
 * @param padding Tokens at the end that are padding, not words.
 * @param out     Receives the mean, 1 x d_model; zeros when there is no word. Must not overlap x.
 * @return STATUS_SHAPE when the shapes do not fit, STATUS_VALUE when the padding is longer than the
 *         sequence; then nothing is written.
 */
Status mean_pool(Matrix x, size_t padding, Matrix out) MUST_USE;

/**
 * The classes of a sequence: softmax(mean W + b).
 *
 * @code
 * float x[] = {2, 0, 4, 2, 9, 9}; // three tokens, the last is padding: mean 3 1
 * float w[] = {1, 0, 0, 1};
 * Classifier classifier = {.w = matrix_view(w, 2, 2)};
 * float probabilities[2];
 * if (classify(matrix_view(x, 3, 2), 1, &classifier, matrix_view(probabilities, 1, 2)))
 *     return 1;
 * printf("%.2f %.2f\n", probabilities[0], probabilities[1]); // 0.88 0.12
 * @endcode
 *
 * @param x             The sequence, T x d_model.
 * @param padding       Tokens at the end that are padding, not words.
 * @param classifier    The linear layer.
 * @param probabilities Receives one number for each class, which sum to one: 1 x classes.
 * @return STATUS_SHAPE, STATUS_VALUE as mean_pool(), STATUS_NO_MEMORY; then nothing is written.
 */
Status classify(Matrix x, size_t padding, const Classifier *classifier,
                Matrix probabilities) MUST_USE;

#endif
