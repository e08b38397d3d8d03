/*
 * Chapter 11, for you to write. The contracts are in learning.h; `make try-11` checks what you
 * have, from the first step to the last, and `make hint-11` helps. Replace each NOT_WRITTEN_YET()
 * by your code. What you wrote in the earlier chapters is there for you to call, and so is
 * gradient_expect(), which refuses a gradient of the wrong shape and accepts NO_MATRIX.
 */
#include "learning.h"

#include "dot_products.h"
#include "exercise.h"
#include "gradients.h"
#include "self_attention.h"

#include <math.h>

/* The mean of -log p(right word) over the rows that count. */
Status cross_entropy(Matrix logits, const size_t *right, double *loss)
{
    /* 1. Refuse a word that does not exist; NO_WORD is accepted. */
    /* 2. For each row that counts: log of the sum of the exponentials, minus the word's logit. */
    /* 3. Their mean; 0 when no row counts. */
    NOT_WRITTEN_YET();
}

/* p - 1 at the right word, p elsewhere, over the number of rows that count. */
Status cross_entropy_backward(Matrix logits, const size_t *right, double grad_loss,
                              Matrix grad_logits)
{
    /* 1. Refuse what does not fit. */
    /* 2. Add to each row that counts. What happens to the others? */
    NOT_WRITTEN_YET();
}

/* grad_out B^T for A, A^T grad_out for B. */
Status matrix_product_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a, Matrix grad_b)
{
    /* 1. Refuse what does not fit; a gradient may be NO_MATRIX. */
    /* 2. Add to grad_a: n x m times m x k. */
    /* 3. Add to grad_b: k x n times n x m. */
    NOT_WRITTEN_YET();
}

/* The same for A B^T. */
Status matrix_product_transposed_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a,
                                          Matrix grad_b)
{
    /* 1. Refuse what does not fit; a gradient may be NO_MATRIX. */
    /* 2. Which products have the shapes of A and of B? Skip zeros in grad_out. */
    NOT_WRITTEN_YET();
}

/* The product, and for the bias the sum of the rows. */
Status linear_backward(Matrix x, Matrix w, Matrix grad_out, Matrix grad_x, Matrix grad_w,
                       Matrix grad_b)
{
    /* 1. Refuse a grad_b that does not fit, before anything is added. */
    /* 2. matrix_product_backward(). */
    /* 3. The bias was added to every row: what does it hear? */
    NOT_WRITTEN_YET();
}

/* p (g - the mean of g weighted by p), row by row. */
Status softmax_backward(Matrix weights, Matrix grad_weights, Matrix grad_x)
{
    /* 1. Refuse what does not fit. */
    /* 2. For each row: the weighted mean, then what is added. Skip weights of 0. */
    NOT_WRITTEN_YET();
}

/* The weighted sum, the softmax, the scale, the scores: in this order. */
Status attention_backward(const HeadMatrices *one, float scale, Matrix weights,
                          const HeadMatrices *grad)
{
    /* 1. Refuse what does not fit: attention_expect_shapes() and three gradients. */
    /* 2. Two matrices of zeros, T_q x T_k: gradients of the weights and of the scores. */
    /* 3. out = weights V, backwards. */
    /* 4. The softmax backwards, then the scale. */
    /* 5. scores = Q K^T, backwards; and free the matrices, whatever happened. */
    NOT_WRITTEN_YET();
}

/* masked_multi_head_attention() that keeps its matrices. */
Status multi_head_keep(Matrix x, Matrix context, const MultiHeadLayer *layer,
                       const AttentionMask *mask, KeptHeads *kept, Matrix out)
{
    /* 1. Refuse what does not fit: multi_head_expect_shapes() with matrix_shape() for the weights.
     */
    /* 2. multi_head_project(), and a matrix for the weights. */
    /* 3. For each head: multi_head_select(), its rows of the weights, masked_attention(). */
    /* 4. multi_head_output(). On failure nothing is kept. */
    NOT_WRITTEN_YET();
}

/* Frees what was kept. */
void kept_heads_free(KeptHeads *kept)
{
    /* 1. multi_head_free() and matrix_free(). */
    NOT_WRITTEN_YET();
}

/* W_O, each head, the three projections: in this order. */
Status multi_head_backward(Matrix x, Matrix context, const MultiHeadLayer *layer,
                           const KeptHeads *kept, Matrix grad_out, const MultiHeadGradients *grad)
{
    /* 1. Refuse what does not fit, before anything is added. */
    /* 2. Zeros for the gradients of q, k, v and concat. */
    /* 3. linear_backward() of W_O. */
    /* 4. For each head: multi_head_select() twice, attention_backward(). */
    /* 5. linear_backward() three times. Where do the gradients of the keys and values end up? */
    NOT_WRITTEN_YET();
}

/* The gradient without what the norm takes out. */
Status layer_norm_backward(Matrix x, const LayerNorm *norm, Matrix grad_out, Matrix grad_x,
                           const LayerNorm *grad)
{
    /* 1. Refuse what does not fit, and an epsilon that is not 0 or more. */
    /* 2. For each token: mean and root again, and its normalised numbers. */
    /* 3. g = grad_out times gain; subtract its mean, and the normalised number times the mean of g
     *    times the normalised numbers; divide by the root. */
    /* 4. gain gets grad_out times the normalised number, shift gets grad_out: from every token. */
    NOT_WRITTEN_YET();
}

/* By how much the activation changes. */
float activation_slope(Activation activation, float x)
{
    /* 1. ReLU: 1 above 0, else 0. What becomes of NaN? */
    /* 2. GELU: the share below x, plus x times the density at x. */
    /* 3. GELU by tanh: the product rule, and the slope of tanh is 1 - tanh^2. */
    NOT_WRITTEN_YET();
}

/* feed_forward() that keeps what is activated. */
Status feed_forward_keep(Matrix x, const FeedForward *network, Matrix before, Matrix out)
{
    /* 1. A matrix for T x d_ff numbers. */
    /* 2. linear() into before, activate() into the matrix, linear() into out. */
    NOT_WRITTEN_YET();
}

/* The second layer, the activation, the first layer: in this order. */
Status feed_forward_backward(Matrix x, const FeedForward *network, Matrix before, Matrix grad_out,
                             Matrix grad_x, const FeedForward *grad)
{
    /* 1. Refuse what does not fit, before anything is added. */
    /* 2. Two matrices, T x d_ff: what was activated, and its gradient. */
    /* 3. linear_backward(), the slopes at `before`, linear_backward(). */
    NOT_WRITTEN_YET();
}

/* Through the norm, or straight on. */
Status sublayer_input_backward(Matrix x, const LayerNorm *norm, NormPlace place, Matrix grad_input,
                               Matrix grad_x, const LayerNorm *grad)
{
    /* 1. Refuse what does not fit. */
    /* 2. Which of the two is it with NORM_PRE? */
    NOT_WRITTEN_YET();
}

/* To both parts of the sum; with NORM_POST through the norm first. */
Status sublayer_output_backward(Matrix sum, const LayerNorm *norm, NormPlace place, Matrix grad_out,
                                Matrix grad_x, Matrix grad_result, const LayerNorm *grad)
{
    /* 1. Refuse what does not fit. */
    /* 2. The gradient of the sum. */
    /* 3. Add it to both. */
    NOT_WRITTEN_YET();
}

/* Each row to the row of its word, and to that of its position. */
Status embed_backward(const size_t *words, size_t count, size_t first, Matrix grad_out,
                      const Embedding *grad)
{
    /* 1. Refuse what does not fit: also a word or a position beyond the tables. */
    /* 2. Add to the rows; either table may be NO_MATRIX. What did embed() multiply by? */
    NOT_WRITTEN_YET();
}

/* To each word its share. */
Status mean_pool_backward(size_t padding, Matrix grad_out, Matrix grad_x)
{
    /* 1. Refuse padding that is longer than the sequence, and a grad_out of the wrong shape. */
    /* 2. Add grad_out over the number of words to each word. */
    NOT_WRITTEN_YET();
}

/* w - rate g */
Status sgd_step(double rate, Matrix grad, Matrix w)
{
    NOT_WRITTEN_YET();
}

/* velocity = momentum velocity + g, then w - rate velocity */
Status momentum_step(double rate, double momentum, Matrix grad, Matrix velocity, Matrix w)
{
    NOT_WRITTEN_YET();
}

/* Adam, or AdamW with weight decay. */
Status adam_step(const Adam *adam, size_t step, Matrix grad, const AdamMoments *moments, Matrix w)
{
    /* 1. Refuse step 0, and what does not fit. */
    /* 2. For each number: the two averages. */
    /* 3. Each divided by 1 - beta^step. */
    /* 4. w loses rate times (mean / (root + epsilon) + weight_decay w). */
    NOT_WRITTEN_YET();
}

/* All gradients as one vector, no longer than the limit. */
double clip_gradients(const Matrix *grads, size_t count, double limit)
{
    /* 1. The root of the sum of all squares. */
    /* 2. If that is finite and above the limit, multiply each number by limit / length. */
    NOT_WRITTEN_YET();
}
