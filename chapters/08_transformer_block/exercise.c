/*
 * Chapter 8, for you to write. The contracts are in transformer_block.h; `make try-08` checks what
 * you have, from the first step to the last, and `make hint-08` helps. Replace each
 * NOT_WRITTEN_YET() by your code. matrix_product(), masked_multi_head_attention() and softmax() are
 * there for you to call.
 */
#include "transformer_block.h"

#include "dot_products.h"
#include "exercise.h"
#include "softmax.h"

#include <math.h>

/* Given: refuses a row that does not have one number for each column. NO_MATRIX is accepted. */
static inline Status expect_row(const char *function, const char *name, Matrix row, size_t columns)
{
    if (row.data == NULL)
        return STATUS_OK;
    return matrix_expect(function, name, row, 1, columns, "one number for each column");
}

/* x W + b */
Status linear(Matrix x, Matrix w, Matrix b, Matrix out)
{
    /* 1. Refuse what does not fit, before anything is written. */
    /* 2. The product. */
    /* 3. Add the bias to each row, if there is one. */
    NOT_WRITTEN_YET();
}

/* The activation of one number. */
float activate(Activation activation, float x)
{
    /* 1. ReLU: 0 for what is below 0. What becomes of NaN? */
    /* 2. GELU: x (1 + erf(x / sqrt(2))) / 2. */
    /* 3. GELU by tanh: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. */
    NOT_WRITTEN_YET();
}

/* Each token to mean 0 and variance 1, then gain and shift. */
Status layer_norm(Matrix x, const LayerNorm *norm, Matrix out)
{
    /* 1. Refuse what does not fit, and an epsilon that is not 0 or more. (NaN is not.) */
    /* 2. For each token: the mean of its numbers. */
    /* 3. The mean of the squared deviations from it. */
    /* 4. (number - mean) / sqrt(variance + epsilon), times gain, plus shift. out may be x. */
    NOT_WRITTEN_YET();
}

/* activation(x W_1 + b_1) W_2 + b_2 */
Status feed_forward(Matrix x, const FeedForward *network, Matrix out)
{
    /* 1. Refuse what does not fit, before anything is written. */
    /* 2. A matrix for T x d_ff numbers. */
    /* 3. linear(), activate(), linear(); and free the matrix, whatever happened. */
    NOT_WRITTEN_YET();
}

/* What goes into a step: x, or x normalised. */
Status sublayer_input(Matrix x, const LayerNorm *norm, NormPlace place, Matrix input)
{
    /* 1. Which of the two is it with NORM_PRE? */
    NOT_WRITTEN_YET();
}

/* What follows a step: x + result, or that sum normalised. */
Status sublayer_output(Matrix x, Matrix result, const LayerNorm *norm, NormPlace place, Matrix out)
{
    /* 1. Refuse what does not fit. */
    /* 2. The sum. out may be x, or result. */
    /* 3. With NORM_POST, its norm. */
    NOT_WRITTEN_YET();
}

/* Attention, then the feed-forward network, each with its norm and its residual path. */
Status transformer_block(Matrix x, const TransformerBlock *block, const AttentionMask *mask,
                         Matrix weights, Matrix out)
{
    /* 1. Refuse what does not fit, before anything is written: multi_head_expect_shapes(), the
     * norms, the network. */
    /* 2. Matrices: what goes into a step, the sequence in the middle; weights, if the caller does
     * not need them. */
    /* 3. sublayer_input(), masked_multi_head_attention(), sublayer_output(). */
    /* 4. The same around feed_forward(). */
    /* 5. Free the matrices, whatever happened. When memory runs out, nothing is half-done. */
    NOT_WRITTEN_YET();
}

/* Block after block, then the last norm, if there is one. */
Status encoder(Matrix x, const Encoder *stack, const AttentionMask *mask, Matrix weights,
               Matrix out)
{
    /* 1. Refuse what does not fit: the outputs, the last norm; check what you can of the blocks. */
    /* 2. Copy x to out, and let each block work on that, with its own rows of the weights. */
    /* 3. The last norm. */
    /* 4. On failure, zeros in both outputs. */
    NOT_WRITTEN_YET();
}

/* The mean of the words. */
Status mean_pool(Matrix x, size_t padding, Matrix out)
{
    /* 1. Refuse padding that is longer than the sequence, and an out of another shape. */
    /* 2. Each column's sum over the words, divided by their number; zeros when there is none. */
    NOT_WRITTEN_YET();
}

/* softmax(mean W + b) */
Status classify(Matrix x, size_t padding, const Classifier *classifier, Matrix probabilities)
{
    /* 1. Refuse what does not fit, before anything is written. */
    /* 2. mean_pool(), linear(), softmax(). */
    NOT_WRITTEN_YET();
}
