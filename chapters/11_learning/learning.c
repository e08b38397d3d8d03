/* The loss, and attention backwards. The rest of a block is in block_backward.c, the steps that
 * learn are in optimizers.c. */
#include "learning.h"

#include "dot_products.h"
#include "gradients.h"
#include "self_attention.h"

#include <math.h>

/* --- The loss -------------------------------------------------------------------------------- */

static Status expect_right(const char *function, Matrix logits, const size_t *right)
{
    for (size_t t = 0; t < logits.rows; t++)
        if (right[t] >= logits.cols && right[t] != NO_WORD)
            return fail(STATUS_VALUE,
                        "%s: the right word of row %zu is number %zu, but there are only %zu words",
                        function, t, right[t], logits.cols);
    return STATUS_OK;
}

/* How many rows are not padding. */
static size_t count_rows(const size_t *right, size_t rows)
{
    size_t count = 0;
    for (size_t t = 0; t < rows; t++)
        if (right[t] != NO_WORD)
            count++;
    return count;
}

/*
 * -log p of the right word: chapter 2's log_sum_exp() minus the word's logit. All in double,
 * because near 0 the difference of two floats has no digits left.
 */
static double surprise(const float *row, size_t n, size_t right)
{
    double greatest = row[right], sum = 0.0;
    for (size_t j = 0; j < n; j++)
        greatest = row[j] > greatest ? (double)row[j] : greatest;
    for (size_t j = 0; j < n; j++)
        sum += exp(row[j] - greatest);
    return greatest - row[right] + log(sum);
}

Status cross_entropy(Matrix logits, const size_t *right, double *loss)
{
    Status status = STATUS_OK;
    size_t count = count_rows(right, logits.rows);
    double sum = 0.0;
    TRY(expect_right("cross_entropy", logits, right));
    for (size_t t = 0; t < logits.rows; t++)
        if (right[t] != NO_WORD)
            sum += surprise(matrix_row(logits, t), logits.cols, right[t]);
    *loss = count > 0 ? sum / (double)count : 0.0;
done:
    return status;
}

/* p - 1 at the right word, p elsewhere, times the factor. */
static void surprise_backward(const float *row, size_t n, size_t right, double factor, float *grad)
{
    double total = row[right] + surprise(row, n, right); /* log of the sum of all exponentials */
    for (size_t j = 0; j < n; j++) {
        double p = exp(row[j] - total);
        grad[j] += (float)((p - (j == right ? 1.0 : 0.0)) * factor);
    }
}

Status cross_entropy_backward(Matrix logits, const size_t *right, double grad_loss,
                              Matrix grad_logits)
{
    static const char FUNCTION[] = "cross_entropy_backward";
    Status status = STATUS_OK;
    double share = grad_loss / (double)count_rows(right, logits.rows);
    TRY(expect_right(FUNCTION, logits, right));
    TRY(matrix_expect(FUNCTION, "grad_logits", grad_logits, logits.rows, logits.cols, "T x V"));
    for (size_t t = 0; t < logits.rows; t++)
        if (right[t] != NO_WORD)
            surprise_backward(matrix_row(logits, t), logits.cols, right[t], share,
                              matrix_row(grad_logits, t));
done:
    return status;
}

/* --- Products -------------------------------------------------------------------------------- */

static Status expect_factors_and_gradients(const char *function, Matrix a, Matrix b, Matrix grad_a,
                                           Matrix grad_b)
{
    Status status = STATUS_OK;
    TRY(gradient_expect(function, "grad_a", grad_a, a.rows, a.cols));
    TRY(gradient_expect(function, "grad_b", grad_b, b.rows, b.cols));
done:
    return status;
}

/* Adds A B. Where a number of A is 0 nothing is read of B: 0 times NaN would be NaN. */
static void add_product(Matrix a, Matrix b, Matrix to)
{
    for (size_t i = 0; i < to.rows; i++)
        for (size_t j = 0; j < to.cols; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < b.rows; k++)
                if (matrix_row(a, i)[k] != 0.0f)
                    sum += (double)matrix_row(a, i)[k] * matrix_row(b, k)[j];
            matrix_row(to, i)[j] += (float)sum;
        }
}

/* Adds A B^T. */
static void add_product_transposed(Matrix a, Matrix b, Matrix to)
{
    for (size_t i = 0; i < to.rows; i++)
        for (size_t j = 0; j < to.cols; j++)
            matrix_row(to, i)[j] += dot_product(matrix_row(a, i), matrix_row(b, j), a.cols);
}

/* Adds A^T B, with the same zeros as add_product(). */
static void add_transposed_product(Matrix a, Matrix b, Matrix to)
{
    for (size_t i = 0; i < to.rows; i++)
        for (size_t j = 0; j < to.cols; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < b.rows; k++)
                if (matrix_row(a, k)[i] != 0.0f)
                    sum += (double)matrix_row(a, k)[i] * matrix_row(b, k)[j];
            matrix_row(to, i)[j] += (float)sum;
        }
}

Status matrix_product_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a, Matrix grad_b)
{
    static const char FUNCTION[] = "matrix_product_backward";
    Status status = STATUS_OK;
    if (a.cols != b.rows)
        return fail(STATUS_SHAPE, "%s: a is %zux%zu and b is %zux%zu, which have no product",
                    FUNCTION, a.rows, a.cols, b.rows, b.cols);
    TRY(matrix_expect(FUNCTION, "grad_out", grad_out, a.rows, b.cols, "the shape of A B"));
    TRY(expect_factors_and_gradients(FUNCTION, a, b, grad_a, grad_b));
    add_product_transposed(grad_out, b, grad_a); /* NO_MATRIX has no rows */
    add_transposed_product(a, grad_out, grad_b);
done:
    return status;
}

Status matrix_product_transposed_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a,
                                          Matrix grad_b)
{
    static const char FUNCTION[] = "matrix_product_transposed_backward";
    Status status = STATUS_OK;
    if (a.cols != b.cols)
        return fail(STATUS_SHAPE, "%s: a is %zux%zu and b is %zux%zu, whose rows are not as long",
                    FUNCTION, a.rows, a.cols, b.rows, b.cols);
    TRY(matrix_expect(FUNCTION, "grad_out", grad_out, a.rows, b.rows, "the shape of A B^T"));
    TRY(expect_factors_and_gradients(FUNCTION, a, b, grad_a, grad_b));
    add_product(grad_out, b, grad_a);
    add_transposed_product(grad_out, a, grad_b);
done:
    return status;
}

/* The bias was added to every row, so it hears from every row. */
static void add_rows(Matrix grad_out, Matrix grad_b)
{
    for (size_t c = 0; c < grad_b.cols; c++) {
        double sum = 0.0;
        for (size_t t = 0; t < grad_out.rows; t++)
            sum += matrix_row(grad_out, t)[c];
        grad_b.data[c] += (float)sum;
    }
}

Status linear_backward(Matrix x, Matrix w, Matrix grad_out, Matrix grad_x, Matrix grad_w,
                       Matrix grad_b)
{
    Status status = STATUS_OK;
    TRY(gradient_expect("linear_backward", "grad_b", grad_b, 1, w.cols));
    TRY(matrix_product_backward(x, w, grad_out, grad_x, grad_w));
    add_rows(grad_out, grad_b);
done:
    return status;
}

/* --- One head -------------------------------------------------------------------------------- */

/* What a score must beat: the mean of the gradients, as the weights have it. */
static double weighted_mean(const float *weights, const float *grad_weights, size_t n)
{
    double mean = 0.0;
    for (size_t j = 0; j < n; j++)
        if (weights[j] != 0.0f) /* 0 times NaN would be NaN */
            mean += (double)weights[j] * grad_weights[j];
    return mean;
}

static void softmax_row_backward(const float *weights, const float *grad_weights, size_t n,
                                 float *grad_x)
{
    double mean = weighted_mean(weights, grad_weights, n);
    for (size_t j = 0; j < n; j++)
        if (weights[j] != 0.0f)
            grad_x[j] += (float)(weights[j] * (grad_weights[j] - mean));
}

Status softmax_backward(Matrix weights, Matrix grad_weights, Matrix grad_x)
{
    static const char FUNCTION[] = "softmax_backward", SHAPE[] = "the shape of weights";
    Status status = STATUS_OK;
    size_t n = weights.cols;
    TRY(matrix_expect(FUNCTION, "grad_weights", grad_weights, weights.rows, n, SHAPE));
    TRY(matrix_expect(FUNCTION, "grad_x", grad_x, weights.rows, n, SHAPE));
    for (size_t r = 0; r < weights.rows; r++)
        softmax_row_backward(matrix_row(weights, r), matrix_row(grad_weights, r), n,
                             matrix_row(grad_x, r));
done:
    return status;
}

static void multiply(Matrix matrix, float factor)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] *= factor;
}

static Status expect_head(const HeadMatrices *one, Matrix weights, const HeadMatrices *grad)
{
    static const char FUNCTION[] = "attention_backward";
    Status status = STATUS_OK;
    TRY(attention_expect_shapes(FUNCTION, one->q, one->k, one->v, weights, grad->concat));
    TRY(gradient_expect(FUNCTION, "the gradient of q", grad->q, one->q.rows, one->q.cols));
    TRY(gradient_expect(FUNCTION, "the gradient of k", grad->k, one->k.rows, one->k.cols));
    TRY(gradient_expect(FUNCTION, "the gradient of v", grad->v, one->v.rows, one->v.cols));
done:
    return status;
}

Status attention_backward(const HeadMatrices *one, float scale, Matrix weights,
                          const HeadMatrices *grad)
{
    Status status = STATUS_OK;
    Matrix on_weights = NO_MATRIX, on_scores = NO_MATRIX; /* T_q x T_k */
    TRY(expect_head(one, weights, grad));
    TRY(matrix_create(weights.rows, weights.cols, &on_weights));
    TRY(matrix_create(weights.rows, weights.cols, &on_scores));
    TRY(matrix_product_backward(weights, one->v, grad->concat, on_weights, grad->v));
    TRY(softmax_backward(weights, on_weights, on_scores));
    multiply(on_scores, scale);
    TRY(matrix_product_transposed_backward(one->q, one->k, on_scores, grad->q, grad->k));
done:
    matrix_free(&on_weights);
    matrix_free(&on_scores);
    return status;
}

/* --- All heads ------------------------------------------------------------------------------- */

void kept_heads_free(KeptHeads *kept)
{
    multi_head_free(&kept->all);
    matrix_free(&kept->weights);
}

/* One head forward, into its columns of the results and its rows of the weights. */
static Status keep_head(const KeptHeads *kept, size_t heads, size_t head, const AttentionMask *mask)
{
    Status status = STATUS_OK;
    HeadMatrices one;
    Matrix rows;
    TRY(multi_head_select(&kept->all, heads, head, &one));
    TRY(matrix_rows(kept->weights, head * one.q.rows, one.q.rows, &rows)); /* T_q x T_k */
    TRY(masked_attention(one.q, one.k, one.v, attention_scale(one.q.cols), mask, rows, one.concat));
done:
    return status;
}

Status multi_head_keep(Matrix x, Matrix context, const MultiHeadLayer *layer,
                       const AttentionMask *mask, KeptHeads *kept, Matrix out)
{
    Status status = STATUS_OK;
    Matrix answering = context.data != NULL ? context : x;
    size_t heads = layer->heads, rows = heads * x.rows;
    *kept = (KeptHeads){0};
    TRY(multi_head_expect_shapes("multi_head_keep", x, answering, layer,
                                 matrix_shape(rows, answering.rows), out));
    TRY(multi_head_project(x, answering, layer, &kept->all));
    TRY(matrix_create(rows, answering.rows, &kept->weights));
    for (size_t h = 0; h < heads; h++)
        TRY(keep_head(kept, heads, h, mask));
    TRY(multi_head_output(kept->all.concat, layer, out)); /* T_q x d_out */
done:
    if (status != STATUS_OK)
        kept_heads_free(kept);
    return status;
}

/* The gradient of a linear layer's weights and bias. */
static Status expect_linear_gradients(const char *name, Matrix w, Matrix grad_w, Matrix grad_b)
{
    static const char FUNCTION[] = "multi_head_backward";
    Status status = STATUS_OK;
    TRY(gradient_expect(FUNCTION, name, grad_w, w.rows, w.cols));
    TRY(gradient_expect(FUNCTION, name, grad_b, 1, w.cols));
done:
    return status;
}

static Status expect_layer(Matrix x, Matrix context, const MultiHeadLayer *layer,
                           const KeptHeads *kept, Matrix grad_out, const MultiHeadGradients *grad)
{
    static const char FUNCTION[] = "multi_head_backward";
    Status status = STATUS_OK;
    Matrix answering = context.data != NULL ? context : x;
    const MultiHeadLayer *own = &grad->layer;
    TRY(multi_head_expect_shapes(FUNCTION, x, answering, layer, kept->weights, grad_out));
    TRY(gradient_expect(FUNCTION, "the gradient of x", grad->x, x.rows, x.cols));
    if (context.data != NULL)
        TRY(gradient_expect(FUNCTION, "the gradient of the context", grad->context, context.rows,
                            context.cols));
    TRY(expect_linear_gradients("the gradient of w_q or b_q", layer->w_q, own->w_q, own->b_q));
    TRY(expect_linear_gradients("the gradient of w_k or b_k", layer->w_k, own->w_k, own->b_k));
    TRY(expect_linear_gradients("the gradient of w_v or b_v", layer->w_v, own->w_v, own->b_v));
    TRY(expect_linear_gradients("the gradient of w_o or b_o", layer->w_o, own->w_o, own->b_o));
done:
    return status;
}

/* Zeros of these matrices' shapes, to be freed with multi_head_free(). */
static Status zeros_like(const HeadMatrices *all, HeadMatrices *zeros)
{
    Status status = STATUS_OK;
    TRY(matrix_create(all->q.rows, all->q.cols, &zeros->q));
    TRY(matrix_create(all->k.rows, all->k.cols, &zeros->k));
    TRY(matrix_create(all->v.rows, all->v.cols, &zeros->v));
    TRY(matrix_create(all->concat.rows, all->concat.cols, &zeros->concat));
done:
    return status;
}

/* A head's gradients are columns of all heads' gradients, as its queries are of all queries. */
static Status head_backward(const KeptHeads *kept, size_t heads, size_t head,
                            const HeadMatrices *grad)
{
    Status status = STATUS_OK;
    HeadMatrices one, own;
    Matrix rows;
    TRY(multi_head_select(&kept->all, heads, head, &one));
    TRY(multi_head_select(grad, heads, head, &own));
    TRY(matrix_rows(kept->weights, head * one.q.rows, one.q.rows, &rows)); /* T_q x T_k */
    TRY(attention_backward(&one, attention_scale(one.q.cols), rows, &own));
done:
    return status;
}

Status multi_head_backward(Matrix x, Matrix context, const MultiHeadLayer *layer,
                           const KeptHeads *kept, Matrix grad_out, const MultiHeadGradients *grad)
{
    Status status = STATUS_OK;
    Matrix answering = context.data != NULL ? context : x;
    Matrix to_answering = context.data != NULL ? grad->context : grad->x;
    const MultiHeadLayer *own = &grad->layer;
    HeadMatrices on = {0}; /* the gradients of what is between the projections */
    TRY(expect_layer(x, context, layer, kept, grad_out, grad));
    TRY(zeros_like(&kept->all, &on));
    TRY(linear_backward(kept->all.concat, layer->w_o, grad_out, on.concat, own->w_o, own->b_o));
    for (size_t h = 0; h < layer->heads; h++)
        TRY(head_backward(kept, layer->heads, h, &on));
    TRY(linear_backward(x, layer->w_q, on.q, grad->x, own->w_q, own->b_q));
    TRY(linear_backward(answering, layer->w_k, on.k, to_answering, own->w_k, own->b_k));
    TRY(linear_backward(answering, layer->w_v, on.v, to_answering, own->w_v, own->b_v));
done:
    multi_head_free(&on);
    return status;
}
