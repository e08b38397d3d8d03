/*
 * Chapter 11, differently: transposes are made, and products are chapter 1's; the loss goes through
 * chapter 2's softmax; Adam moves its corrections into the rate.
 */
#include "learning.h"

#include "dot_products.h"
#include "gradients.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>

static Status same_shape(const char *function, const char *name, Matrix matrix, Matrix like)
{
    return matrix_expect(function, name, matrix, like.rows, like.cols, "the same shape");
}

static void add(Matrix from, Matrix to)
{
    for (size_t r = 0; r < to.rows; r++)
        for (size_t c = 0; c < to.cols; c++)
            matrix_row(to, r)[c] += matrix_row(from, r)[c];
}

/* --- The loss --------------------------------------------------------------------------------- */

static Status look_at_words(Matrix logits, const size_t *right, size_t *count)
{
    *count = 0;
    for (size_t t = 0; t < logits.rows; t++) {
        if (right[t] == NO_WORD)
            continue;
        if (right[t] >= logits.cols)
            return fail(STATUS_VALUE, "cross_entropy: no word %zu", right[t]);
        ++*count;
    }
    return STATUS_OK;
}

Status cross_entropy(Matrix logits, const size_t *right, double *loss)
{
    size_t count;
    double sum = 0;
    Status status = look_at_words(logits, right, &count);
    if (status != STATUS_OK)
        return status;
    for (size_t t = 0; t < logits.rows; t++)
        if (right[t] != NO_WORD)
            sum += (double)log_sum_exp(matrix_row(logits, t), logits.cols) -
                   (double)matrix_row(logits, t)[right[t]];
    *loss = count == 0 ? 0 : sum / (double)count;
    return STATUS_OK;
}

Status cross_entropy_backward(Matrix logits, const size_t *right, double grad_loss,
                              Matrix grad_logits)
{
    size_t count;
    Matrix p = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(look_at_words(logits, right, &count));
    TRY(same_shape("cross_entropy_backward", "grad_logits", grad_logits, logits));
    TRY(matrix_create(logits.rows, logits.cols, &p));
    TRY(softmax(logits, p));
    for (size_t t = 0; t < logits.rows; t++) {
        if (right[t] == NO_WORD)
            continue;
        matrix_row(p, t)[right[t]] -= 1;
        for (size_t c = 0; c < logits.cols; c++)
            matrix_row(grad_logits, t)[c] +=
                (float)(matrix_row(p, t)[c] * grad_loss / (double)count);
    }
done:
    matrix_free(&p);
    return status;
}

/* --- Products --------------------------------------------------------------------------------- */

/* Adds A B, or with a switch A^T B or A B^T, by way of matrices that are made. */
static Status add_product(Matrix a, bool turn_a, Matrix b, bool turn_b, Matrix to)
{
    Matrix left = NO_MATRIX, right = NO_MATRIX, product = NO_MATRIX;
    Status status = STATUS_OK;
    if (to.data == NULL)
        return STATUS_OK;
    TRY(matrix_create(turn_a ? a.cols : a.rows, turn_a ? a.rows : a.cols, &left));
    TRY(matrix_create(turn_b ? b.cols : b.rows, turn_b ? b.rows : b.cols, &right));
    TRY(matrix_create(to.rows, to.cols, &product));
    TRY(turn_a ? matrix_transpose(a, left) : matrix_copy(a, left));
    TRY(turn_b ? matrix_transpose(b, right) : matrix_copy(b, right));
    for (size_t k = 0; k < right.rows; k++) { /* what meets nothing but zeros is taken out */
        bool met = false;
        for (size_t r = 0; r < left.rows; r++)
            met = met || matrix_row(left, r)[k] != 0;
        for (size_t c = 0; !met && c < right.cols; c++)
            matrix_row(right, k)[c] = 0;
    }
    TRY(matrix_product(left, right, product));
    add(product, to);
done:
    matrix_free(&left);
    matrix_free(&right);
    matrix_free(&product);
    return status;
}

static Status fit(size_t inner_a, size_t inner_b, size_t rows, size_t cols, Matrix grad_out)
{
    if (inner_a != inner_b)
        return fail(STATUS_SHAPE, "no product: %zu and %zu", inner_a, inner_b);
    return matrix_expect("a product backwards", "grad_out", grad_out, rows, cols, "the product");
}

Status matrix_product_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a, Matrix grad_b)
{
    Status status = STATUS_OK;
    TRY(fit(a.cols, b.rows, a.rows, b.cols, grad_out));
    TRY(gradient_expect("matrix_product_backward", "grad_a", grad_a, a.rows, a.cols));
    TRY(gradient_expect("matrix_product_backward", "grad_b", grad_b, b.rows, b.cols));
    TRY(add_product(grad_out, false, b, true, grad_a));
    TRY(add_product(a, true, grad_out, false, grad_b));
done:
    return status;
}

Status matrix_product_transposed_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a,
                                          Matrix grad_b)
{
    Status status = STATUS_OK;
    TRY(fit(a.cols, b.cols, a.rows, b.rows, grad_out));
    TRY(gradient_expect("matrix_product_transposed_backward", "grad_a", grad_a, a.rows, a.cols));
    TRY(gradient_expect("matrix_product_transposed_backward", "grad_b", grad_b, b.rows, b.cols));
    TRY(add_product(grad_out, false, b, false, grad_a));
    TRY(add_product(grad_out, true, a, false, grad_b));
done:
    return status;
}

Status linear_backward(Matrix x, Matrix w, Matrix grad_out, Matrix grad_x, Matrix grad_w,
                       Matrix grad_b)
{
    Matrix ones = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(gradient_expect("linear_backward", "grad_b", grad_b, 1, w.cols));
    TRY(matrix_create(1, x.rows, &ones));
    for (size_t t = 0; t < x.rows; t++)
        ones.data[t] = 1;
    TRY(matrix_product_backward(x, w, grad_out, grad_x, grad_w));
    TRY(add_product(ones, false, grad_out, false, grad_b));
done:
    matrix_free(&ones);
    return status;
}

/* --- Attention -------------------------------------------------------------------------------- */

/* By all pairs: a score raises its own weight and lowers every other. */
Status softmax_backward(Matrix weights, Matrix grad_weights, Matrix grad_x)
{
    Status status = STATUS_OK;
    TRY(same_shape("softmax_backward", "grad_weights", grad_weights, weights));
    TRY(same_shape("softmax_backward", "grad_x", grad_x, weights));
    for (size_t r = 0; r < weights.rows; r++)
        for (size_t j = 0; j < weights.cols; j++) {
            const float *p = matrix_row(weights, r), *g = matrix_row(grad_weights, r);
            double sum = 0;
            for (size_t i = 0; p[j] > 0 && i < weights.cols; i++)
                if (p[i] > 0)
                    sum += (double)g[i] * p[i] * ((i == j ? 1.0 : 0.0) - (double)p[j]);
            matrix_row(grad_x, r)[j] += p[j] == 0 ? 0 : (float)sum;
        }
done:
    return status;
}

Status attention_backward(const HeadMatrices *one, float scale, Matrix weights,
                          const HeadMatrices *grad)
{
    static const char NAME[] = "attention_backward";
    Matrix on_weights = NO_MATRIX, on_scores = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(attention_expect_shapes(NAME, one->q, one->k, one->v, weights, grad->concat));
    TRY(gradient_expect(NAME, "q", grad->q, one->q.rows, one->q.cols));
    TRY(gradient_expect(NAME, "k", grad->k, one->k.rows, one->k.cols));
    TRY(gradient_expect(NAME, "v", grad->v, one->v.rows, one->v.cols));
    TRY(matrix_create(weights.rows, weights.cols, &on_weights));
    TRY(matrix_create(weights.rows, weights.cols, &on_scores));
    TRY(matrix_product_transposed(grad->concat, one->v, on_weights));
    for (size_t i = 0; i < weights.rows; i++)
        for (size_t j = 0; j < weights.cols; j++)
            matrix_row(on_weights, i)[j] *= scale;
    TRY(softmax_backward(weights, on_weights, on_scores));
    TRY(add_product(weights, true, grad->concat, false, grad->v));
    TRY(add_product(on_scores, false, one->k, false, grad->q));
    TRY(add_product(on_scores, true, one->q, false, grad->k));
done:
    matrix_free(&on_weights);
    matrix_free(&on_scores);
    return status;
}

void kept_heads_free(KeptHeads *kept)
{
    matrix_free(&kept->weights);
    multi_head_free(&kept->all);
}

Status multi_head_keep(Matrix x, Matrix context, const MultiHeadLayer *layer,
                       const AttentionMask *mask, KeptHeads *kept, Matrix out)
{
    Matrix from = context.data == NULL ? x : context;
    Status status = STATUS_OK;
    *kept = (KeptHeads){.weights = NO_MATRIX};
    TRY(multi_head_expect_shapes("multi_head_keep", x, from, layer,
                                 matrix_shape(layer->heads * x.rows, from.rows), out));
    TRY(multi_head_project(x, from, layer, &kept->all));
    TRY(matrix_create(layer->heads * x.rows, from.rows, &kept->weights));
    for (size_t h = 0; h < layer->heads; h++) {
        HeadMatrices one;
        Matrix rows;
        TRY(multi_head_select(&kept->all, layer->heads, h, &one));
        TRY(matrix_rows(kept->weights, h * x.rows, x.rows, &rows));
        TRY(masked_attention(one.q, one.k, one.v, attention_scale(one.q.cols), mask, rows,
                             one.concat));
    }
    TRY(multi_head_output(kept->all.concat, layer, out));
    return STATUS_OK;
done:
    kept_heads_free(kept);
    return status;
}

static Status fit_linear(Matrix w, Matrix grad_w, Matrix grad_b)
{
    Status status = gradient_expect("multi_head_backward", "a weight", grad_w, w.rows, w.cols);
    return status != STATUS_OK
               ? status
               : gradient_expect("multi_head_backward", "a bias", grad_b, 1, w.cols);
}

Status multi_head_backward(Matrix x, Matrix context, const MultiHeadLayer *layer,
                           const KeptHeads *kept, Matrix grad_out, const MultiHeadGradients *grad)
{
    Matrix from = context.data == NULL ? x : context;
    Matrix to = context.data == NULL ? grad->x : grad->context;
    const MultiHeadLayer *g = &grad->layer;
    HeadMatrices on = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status = STATUS_OK;
    TRY(multi_head_expect_shapes("multi_head_backward", x, from, layer, kept->weights, grad_out));
    TRY(gradient_expect("multi_head_backward", "x", grad->x, x.rows, x.cols));
    TRY(gradient_expect("multi_head_backward", "the context", to, from.rows, from.cols));
    TRY(fit_linear(layer->w_q, g->w_q, g->b_q));
    TRY(fit_linear(layer->w_k, g->w_k, g->b_k));
    TRY(fit_linear(layer->w_v, g->w_v, g->b_v));
    TRY(fit_linear(layer->w_o, g->w_o, g->b_o));
    TRY(matrix_create(x.rows, layer->w_q.cols, &on.q));
    TRY(matrix_create(from.rows, layer->w_k.cols, &on.k));
    TRY(matrix_create(from.rows, layer->w_v.cols, &on.v));
    TRY(matrix_create(x.rows, layer->w_v.cols, &on.concat));
    TRY(linear_backward(kept->all.concat, layer->w_o, grad_out, on.concat, g->w_o, g->b_o));
    for (size_t h = 0; h < layer->heads; h++) {
        HeadMatrices one, own;
        Matrix rows;
        TRY(multi_head_select(&kept->all, layer->heads, h, &one));
        TRY(multi_head_select(&on, layer->heads, h, &own));
        TRY(matrix_rows(kept->weights, h * x.rows, x.rows, &rows));
        TRY(attention_backward(&one, attention_scale(one.q.cols), rows, &own));
    }
    TRY(linear_backward(from, layer->w_v, on.v, to, g->w_v, g->b_v));
    TRY(linear_backward(from, layer->w_k, on.k, to, g->w_k, g->b_k));
    TRY(linear_backward(x, layer->w_q, on.q, grad->x, g->w_q, g->b_q));
done:
    multi_head_free(&on);
    return status;
}

/* --- What surrounds it ------------------------------------------------------------------------ */

/* The normalised token by chapter 8; the root from the largest deviation of both. */
Status layer_norm_backward(Matrix x, const LayerNorm *norm, Matrix grad_out, Matrix grad_x,
                           const LayerNorm *grad)
{
    static const char NAME[] = "layer_norm_backward";
    LayerNorm plain = {.epsilon = norm->epsilon};
    Matrix y = NO_MATRIX;
    size_t n = x.cols;
    Status status = STATUS_OK;
    TRY(same_shape(NAME, "grad_out", grad_out, x));
    TRY(gradient_expect(NAME, "gain", norm->gain, 1, n));
    TRY(gradient_expect(NAME, "grad_x", grad_x, x.rows, n));
    TRY(gradient_expect(NAME, "the gradient of gain", grad->gain, 1, n));
    TRY(gradient_expect(NAME, "the gradient of shift", grad->shift, 1, n));
    TRY(matrix_create(x.rows, n, &y));
    TRY(layer_norm(x, &plain, y));
    for (size_t t = 0; t < x.rows; t++) {
        const float *row = matrix_row(x, t), *g = matrix_row(grad_out, t), *z = matrix_row(y, t);
        double sum = 0, squares = 0, mean_u = 0, mean_uz = 0;
        for (size_t c = 0; c < n; c++) {
            double u = g[c] * (norm->gain.data == NULL ? 1.0 : (double)norm->gain.data[c]);
            sum += row[c];
            squares += (double)row[c] * row[c];
            mean_u += u / (double)n;
            mean_uz += u * z[c] / (double)n;
        }
        double mean = sum / (double)n;
        double root = sqrt(squares / (double)n - mean * mean + (double)norm->epsilon);
        for (size_t c = 0; c < n; c++) {
            double u = g[c] * (norm->gain.data == NULL ? 1.0 : (double)norm->gain.data[c]);
            if (grad_x.data != NULL)
                matrix_row(grad_x, t)[c] += (float)((u - mean_u - z[c] * mean_uz) / root);
            if (grad->gain.data != NULL)
                grad->gain.data[c] += g[c] * z[c];
            if (grad->shift.data != NULL)
                grad->shift.data[c] += g[c];
        }
    }
done:
    matrix_free(&y);
    return status;
}

float activation_slope(Activation activation, float x)
{
    double d = x, pi = acos(-1.0), c = sqrt(2.0 / pi);
    if (isnan(x))
        return NAN;
    if (activation == ACTIVATION_RELU)
        return (float)(x > 0);
    if (activation == ACTIVATION_GELU)
        return (float)(erfc(-d / sqrt(2.0)) / 2 + d * exp(-d * d / 2) / sqrt(2 * pi));
    double t = tanh(c * (d + 0.044715 * pow(d, 3)));
    return (float)((1 + t + d * (1 - t) * (1 + t) * c * (1 + 0.134145 * d * d)) / 2);
}

static Status activated(const FeedForward *network, Matrix before, Matrix *hidden)
{
    Status status = matrix_create(before.rows, before.cols, hidden);
    for (size_t t = 0; status == STATUS_OK && t < before.rows; t++)
        for (size_t c = 0; c < before.cols; c++)
            matrix_row(*hidden, t)[c] = activate(network->activation, matrix_row(before, t)[c]);
    return status;
}

Status feed_forward_keep(Matrix x, const FeedForward *network, Matrix before, Matrix out)
{
    Matrix hidden = NO_MATRIX, first = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(matrix_create(x.rows, network->w_1.cols, &first));
    TRY(linear(x, network->w_1, network->b_1, first));
    TRY(activated(network, first, &hidden));
    TRY(linear(hidden, network->w_2, network->b_2, out));
    TRY(matrix_copy(first, before));
done:
    matrix_free(&hidden);
    matrix_free(&first);
    return status;
}

Status feed_forward_backward(Matrix x, const FeedForward *network, Matrix before, Matrix grad_out,
                             Matrix grad_x, const FeedForward *grad)
{
    static const char NAME[] = "feed_forward_backward";
    Matrix hidden = NO_MATRIX, on = NO_MATRIX, w_1 = network->w_1, w_2 = network->w_2;
    Status status = STATUS_OK;
    TRY(matrix_expect(NAME, "before", before, x.rows, w_1.cols, "T x d_ff"));
    TRY(matrix_expect(NAME, "w_1", w_1, x.cols, before.cols, "d_model x d_ff"));
    TRY(matrix_expect(NAME, "w_2", w_2, before.cols, w_2.cols, "d_ff rows"));
    TRY(matrix_expect(NAME, "grad_out", grad_out, x.rows, w_2.cols, "T x d_model"));
    TRY(gradient_expect(NAME, "x", grad_x, x.rows, x.cols));
    TRY(fit_linear(w_1, grad->w_1, grad->b_1));
    TRY(fit_linear(w_2, grad->w_2, grad->b_2));
    TRY(activated(network, before, &hidden));
    TRY(matrix_create(x.rows, before.cols, &on));
    TRY(linear_backward(hidden, w_2, grad_out, on, grad->w_2, grad->b_2));
    for (size_t t = 0; t < on.rows; t++)
        for (size_t c = 0; c < on.cols; c++)
            matrix_row(on, t)[c] *= activation_slope(network->activation, matrix_row(before, t)[c]);
    TRY(linear_backward(x, w_1, on, grad_x, grad->w_1, grad->b_1));
done:
    matrix_free(&hidden);
    matrix_free(&on);
    return status;
}

Status sublayer_input_backward(Matrix x, const LayerNorm *norm, NormPlace place, Matrix grad_input,
                               Matrix grad_x, const LayerNorm *grad)
{
    Status status = STATUS_OK;
    TRY(same_shape("sublayer_input_backward", "grad_input", grad_input, x));
    TRY(same_shape("sublayer_input_backward", "grad_x", grad_x, x));
    if (place == NORM_PRE)
        return layer_norm_backward(x, norm, grad_input, grad_x, grad);
    add(grad_input, grad_x);
done:
    return status;
}

Status sublayer_output_backward(Matrix sum, const LayerNorm *norm, NormPlace place, Matrix grad_out,
                                Matrix grad_x, Matrix grad_result, const LayerNorm *grad)
{
    Matrix on = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(same_shape("sublayer_output_backward", "grad_out", grad_out, sum));
    TRY(same_shape("sublayer_output_backward", "grad_x", grad_x, sum));
    TRY(same_shape("sublayer_output_backward", "grad_result", grad_result, sum));
    if (place == NORM_PRE) {
        add(grad_out, grad_x);
        add(grad_out, grad_result);
        return STATUS_OK;
    }
    TRY(matrix_create(sum.rows, sum.cols, &on));
    TRY(layer_norm_backward(sum, norm, grad_out, on, grad));
    add(on, grad_x);
    add(on, grad_result);
done:
    matrix_free(&on);
    return status;
}

Status embed_backward(const size_t *words, size_t count, size_t first, Matrix grad_out,
                      const Embedding *grad)
{
    Matrix table = grad->words, positions = grad->positions;
    Status status = STATUS_OK;
    TRY(matrix_expect("embed_backward", "grad_out", grad_out, count, grad_out.cols, "T rows"));
    TRY(gradient_expect("embed_backward", "words", table, table.rows, grad_out.cols));
    TRY(gradient_expect("embed_backward", "positions", positions, positions.rows, grad_out.cols));
    for (size_t t = 0; t < count; t++) {
        if (table.data != NULL && words[t] >= table.rows)
            return fail(STATUS_VALUE, "embed_backward: no word %zu", words[t]);
        if (positions.data != NULL && (first >= positions.rows || t >= positions.rows - first))
            return fail(STATUS_VALUE, "embed_backward: no position %zu", first + t);
    }
    for (size_t t = 0; t < count; t++)
        for (size_t c = 0; c < grad_out.cols; c++) {
            float g = matrix_row(grad_out, t)[c];
            if (table.data != NULL)
                matrix_row(table, words[t])[c] += g * sqrtf((float)grad_out.cols);
            if (positions.data != NULL)
                matrix_row(positions, first + t)[c] += g;
        }
done:
    return status;
}

Status mean_pool_backward(size_t padding, Matrix grad_out, Matrix grad_x)
{
    Status status = STATUS_OK;
    if (padding > grad_x.rows)
        return fail(STATUS_VALUE, "mean_pool_backward: %zu tokens of padding", padding);
    TRY(matrix_expect("mean_pool_backward", "grad_out", grad_out, 1, grad_x.cols, "one row"));
    for (size_t t = 0; t + padding < grad_x.rows; t++)
        for (size_t c = 0; c < grad_x.cols; c++)
            matrix_row(grad_x, t)[c] += grad_out.data[c] / (float)(grad_x.rows - padding);
done:
    return status;
}

/* --- Steps ------------------------------------------------------------------------------------ */

Status sgd_step(double rate, Matrix grad, Matrix w)
{
    Status status = same_shape("sgd_step", "grad", grad, w);
    for (size_t r = 0; status == STATUS_OK && r < w.rows; r++)
        for (size_t c = 0; c < w.cols; c++)
            matrix_row(w, r)[c] -= (float)rate * matrix_row(grad, r)[c];
    return status;
}

Status momentum_step(double rate, double momentum, Matrix grad, Matrix velocity, Matrix w)
{
    Status status = STATUS_OK;
    TRY(same_shape("momentum_step", "grad", grad, w));
    TRY(same_shape("momentum_step", "velocity", velocity, w));
    for (size_t r = 0; r < w.rows; r++)
        for (size_t c = 0; c < w.cols; c++) {
            matrix_row(velocity, r)[c] *= (float)momentum;
            matrix_row(velocity, r)[c] += matrix_row(grad, r)[c];
            matrix_row(w, r)[c] -= (float)rate * matrix_row(velocity, r)[c];
        }
done:
    return status;
}

/* Kingma and Ba's faster form: both corrections in the rate, and epsilon to match. */
Status adam_step(const Adam *adam, size_t step, Matrix grad, const AdamMoments *moments, Matrix w)
{
    Status status = STATUS_OK;
    double b_1 = adam->beta_1, b_2 = adam->beta_2, fill = sqrt(1 - pow(b_2, (double)step));
    double rate = adam->rate * fill / (1 - pow(b_1, (double)step));
    if (step < 1)
        return fail(STATUS_VALUE, "adam_step: steps are counted from 1");
    TRY(same_shape("adam_step", "grad", grad, w));
    TRY(same_shape("adam_step", "mean", moments->mean, w));
    TRY(same_shape("adam_step", "squares", moments->squares, w));
    for (size_t r = 0; r < w.rows; r++)
        for (size_t c = 0; c < w.cols; c++) {
            double g = matrix_row(grad, r)[c];
            float *m = &matrix_row(moments->mean, r)[c], *s = &matrix_row(moments->squares, r)[c];
            float *value = &matrix_row(w, r)[c];
            *m += (float)((1 - b_1) * (g - *m));
            *s += (float)((1 - b_2) * (g * g - *s));
            *value *= (float)(1 - adam->rate * adam->weight_decay);
            *value -= (float)(rate * *m / (sqrt(*s) + adam->epsilon * fill));
        }
done:
    return status;
}

double clip_gradients(const Matrix *grads, size_t count, double limit)
{
    double length = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < grads[i].rows; r++)
            length = hypot(length, (double)vector_length(matrix_row(grads[i], r), grads[i].cols));
    if (isfinite(length) && length > limit)
        for (size_t i = 0; i < count; i++)
            for (size_t r = 0; r < grads[i].rows; r++)
                for (size_t c = 0; c < grads[i].cols; c++)
                    matrix_row(grads[i], r)[c] =
                        (float)(matrix_row(grads[i], r)[c] / length * limit);
    return length;
}
