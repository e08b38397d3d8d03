/*
 * Chapter 11, differently: in float, a row at a time; products as sums of outer products, attention
 * query by query without matrices of its own, and the layer from views.
 */
#include "learning.h"

#include "gradients.h"
#include "head_splitting.h"
#include "memory.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>
#include <stdlib.h>

#define EXPECT(condition, status, text)                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return fail(status, "%s: %s", __func__, text);                                         \
    } while (false)

static bool has_shape(Matrix matrix, size_t rows, size_t cols)
{
    return matrix.rows == rows && matrix.cols == cols;
}

static bool is_gradient(Matrix grad, size_t rows, size_t cols)
{
    return grad.data == NULL || has_shape(grad, rows, cols);
}

static void add_scaled(const float *from, float factor, size_t n, float *to)
{
    for (size_t c = 0; factor != 0 && c < n; c++)
        to[c] += factor * from[c];
}

static float sum_of_products(const float *a, const float *b, size_t n)
{
    float sum = 0;
    for (size_t c = 0; c < n; c++)
        sum += a[c] * b[c];
    return sum;
}

/* --- The loss --------------------------------------------------------------------------------- */

static double weight_of(const size_t *right, size_t rows)
{
    double count = 0;
    for (size_t t = 0; t < rows; t++)
        count += right[t] == NO_WORD ? 0 : 1;
    return count > 0 ? 1 / count : 0;
}

static bool are_words(const size_t *right, Matrix logits)
{
    for (size_t t = 0; t < logits.rows; t++)
        if (right[t] != NO_WORD && right[t] >= logits.cols)
            return false;
    return true;
}

Status cross_entropy(Matrix logits, const size_t *right, double *loss)
{
    EXPECT(are_words(right, logits), STATUS_VALUE, "there is no such word");
    *loss = 0;
    for (size_t t = 0; t < logits.rows; t++) {
        OnlineSoftmax all = online_softmax_start();
        const float *row = matrix_row(logits, t);
        for (size_t c = 0; c < logits.cols; c++)
            online_softmax_add(&all, row[c]);
        if (right[t] != NO_WORD)
            *loss += weight_of(right, logits.rows) *
                     (log(all.sum) + (double)all.maximum - (double)row[right[t]]);
    }
    return STATUS_OK;
}

Status cross_entropy_backward(Matrix logits, const size_t *right, double grad_loss,
                              Matrix grad_logits)
{
    EXPECT(are_words(right, logits), STATUS_VALUE, "there is no such word");
    EXPECT(has_shape(grad_logits, logits.rows, logits.cols), STATUS_SHAPE, "grad_logits");
    float factor = (float)(weight_of(right, logits.rows) * grad_loss);
    for (size_t t = 0; t < logits.rows; t++) {
        float *grad = matrix_row(grad_logits, t);
        if (right[t] == NO_WORD)
            continue;
        OnlineSoftmax all = online_softmax_start();
        for (size_t c = 0; c < logits.cols; c++)
            online_softmax_add(&all, matrix_row(logits, t)[c]);
        for (size_t c = 0; c < logits.cols; c++)
            grad[c] += factor * online_softmax_weight(all, matrix_row(logits, t)[c]);
        grad[right[t]] -= factor;
    }
    return STATUS_OK;
}

/* --- Products --------------------------------------------------------------------------------- */

Status matrix_product_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a, Matrix grad_b)
{
    EXPECT(a.cols == b.rows, STATUS_SHAPE, "no product");
    EXPECT(has_shape(grad_out, a.rows, b.cols), STATUS_SHAPE, "grad_out");
    EXPECT(is_gradient(grad_a, a.rows, a.cols), STATUS_SHAPE, "grad_a");
    EXPECT(is_gradient(grad_b, b.rows, b.cols), STATUS_SHAPE, "grad_b");
    for (size_t i = 0; i < a.rows; i++)
        for (size_t k = 0; k < a.cols; k++) {
            const float *g = matrix_row(grad_out, i);
            if (grad_a.data != NULL)
                matrix_row(grad_a, i)[k] += sum_of_products(g, matrix_row(b, k), b.cols);
            if (grad_b.data != NULL)
                add_scaled(g, matrix_row(a, i)[k], b.cols, matrix_row(grad_b, k));
        }
    return STATUS_OK;
}

Status matrix_product_transposed_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a,
                                          Matrix grad_b)
{
    EXPECT(a.cols == b.cols, STATUS_SHAPE, "no product");
    EXPECT(has_shape(grad_out, a.rows, b.rows), STATUS_SHAPE, "grad_out");
    EXPECT(is_gradient(grad_a, a.rows, a.cols), STATUS_SHAPE, "grad_a");
    EXPECT(is_gradient(grad_b, b.rows, b.cols), STATUS_SHAPE, "grad_b");
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < b.rows; j++) {
            float g = matrix_row(grad_out, i)[j];
            if (grad_a.data != NULL)
                add_scaled(matrix_row(b, j), g, a.cols, matrix_row(grad_a, i));
            if (grad_b.data != NULL)
                add_scaled(matrix_row(a, i), g, a.cols, matrix_row(grad_b, j));
        }
    return STATUS_OK;
}

Status linear_backward(Matrix x, Matrix w, Matrix grad_out, Matrix grad_x, Matrix grad_w,
                       Matrix grad_b)
{
    EXPECT(is_gradient(grad_b, 1, w.cols), STATUS_SHAPE, "grad_b");
    Status status = matrix_product_backward(x, w, grad_out, grad_x, grad_w);
    for (size_t t = 0; status == STATUS_OK && grad_b.data != NULL && t < grad_out.rows; t++)
        add_scaled(matrix_row(grad_out, t), 1, w.cols, grad_b.data);
    return status;
}

/* --- Attention -------------------------------------------------------------------------------- */

/* What a score is handed back, for a weight p that was handed g. */
static float of_score(float p, float g, float mean)
{
    return p == 0 ? 0 : p * (g - mean);
}

Status softmax_backward(Matrix weights, Matrix grad_weights, Matrix grad_x)
{
    EXPECT(has_shape(grad_weights, weights.rows, weights.cols), STATUS_SHAPE, "grad_weights");
    EXPECT(has_shape(grad_x, weights.rows, weights.cols), STATUS_SHAPE, "grad_x");
    for (size_t r = 0; r < weights.rows; r++) {
        const float *p = matrix_row(weights, r), *g = matrix_row(grad_weights, r);
        float mean = 0;
        for (size_t c = 0; c < weights.cols; c++)
            mean += p[c] == 0 ? 0 : p[c] * g[c];
        for (size_t c = 0; c < weights.cols; c++)
            matrix_row(grad_x, r)[c] += of_score(p[c], g[c], mean);
    }
    return STATUS_OK;
}

/* One query: its weights, what was handed to its result. */
static void query_backward(const HeadMatrices *one, size_t query, float scale, const float *p,
                           const HeadMatrices *grad)
{
    const float *handed = matrix_row(grad->concat, query);
    float mean = 0;
    for (size_t j = 0; j < one->k.rows; j++)
        if (p[j] != 0)
            mean += p[j] * sum_of_products(handed, matrix_row(one->v, j), one->v.cols);
    for (size_t j = 0; j < one->k.rows; j++) {
        if (p[j] == 0)
            continue;
        float g = sum_of_products(handed, matrix_row(one->v, j), one->v.cols);
        float slope = scale * of_score(p[j], g, mean);
        if (grad->v.data != NULL)
            add_scaled(handed, p[j], one->v.cols, matrix_row(grad->v, j));
        if (grad->q.data != NULL)
            add_scaled(matrix_row(one->k, j), slope, one->k.cols, matrix_row(grad->q, query));
        if (grad->k.data != NULL)
            add_scaled(matrix_row(one->q, query), slope, one->q.cols, matrix_row(grad->k, j));
    }
}

Status attention_backward(const HeadMatrices *one, float scale, Matrix weights,
                          const HeadMatrices *grad)
{
    Matrix q = one->q, k = one->k, v = one->v;
    EXPECT(is_gradient(grad->q, q.rows, q.cols), STATUS_SHAPE, "the gradient of q");
    EXPECT(is_gradient(grad->k, k.rows, k.cols), STATUS_SHAPE, "the gradient of k");
    EXPECT(is_gradient(grad->v, v.rows, v.cols), STATUS_SHAPE, "the gradient of v");
    Status status = attention_expect_shapes("attention_backward", q, k, v, weights, grad->concat);
    for (size_t i = 0; status == STATUS_OK && i < q.rows; i++)
        query_backward(one, i, scale, matrix_row(weights, i), grad);
    return status;
}

void kept_heads_free(KeptHeads *kept)
{
    multi_head_free(&kept->all);
    free(kept->weights.data);
    *kept = (KeptHeads){0};
}

/* One head of the queries, keys, values and results. */
static Status head_of(const HeadMatrices *all, size_t heads, size_t head, HeadMatrices *one)
{
    const Matrix from[] = {all->q, all->k, all->v, all->concat};
    Matrix *const to[] = {&one->q, &one->k, &one->v, &one->concat};
    Status status = STATUS_OK;
    for (size_t i = 0; i < 4; i++)
        TRY(head_view(from[i], heads, head, to[i]));
done:
    return status;
}

static Matrix rows_of(Matrix weights, size_t head, size_t rows)
{
    return (Matrix){matrix_row(weights, head * rows), rows, weights.cols, weights.stride};
}

Status multi_head_keep(Matrix x, Matrix context, const MultiHeadLayer *layer,
                       const AttentionMask *mask, KeptHeads *kept, Matrix out)
{
    KeptHeads made = {0};
    Matrix asked = context.data != NULL ? context : x;
    Status status = STATUS_OK;
    *kept = made;
    TRY(multi_head_expect_shapes("multi_head_keep", x, asked, layer,
                                 matrix_shape(layer->heads * x.rows, asked.rows), out));
    TRY(matrix_create(layer->heads * x.rows, asked.rows, &made.weights));
    TRY(multi_head_project(x, asked, layer, &made.all));
    for (size_t h = layer->heads; h-- > 0;) {
        HeadMatrices one;
        TRY(head_of(&made.all, layer->heads, h, &one));
        TRY(masked_attention(one.q, one.k, one.v, attention_scale(one.q.cols), mask,
                             rows_of(made.weights, h, x.rows), one.concat));
    }
    TRY(multi_head_output(made.all.concat, layer, out));
    *kept = made;
done:
    if (status != STATUS_OK)
        kept_heads_free(&made);
    return status;
}

static bool are_linear(Matrix w, Matrix grad_w, Matrix grad_b)
{
    return is_gradient(grad_w, w.rows, w.cols) && is_gradient(grad_b, 1, w.cols);
}

/* Zeros of this shape, with those that were made before kept in a list to be freed. */
static Matrix zeros(Matrix like, Matrix *made, size_t *count, Status *status)
{
    if (*status == STATUS_OK)
        *status = matrix_create(like.rows, like.cols, &made[*count]);
    return made[(*count)++];
}

Status multi_head_backward(Matrix x, Matrix context, const MultiHeadLayer *layer,
                           const KeptHeads *kept, Matrix grad_out, const MultiHeadGradients *grad)
{
    bool cross = context.data != NULL;
    Matrix asked = cross ? context : x, to = cross ? grad->context : grad->x;
    const MultiHeadLayer *g = &grad->layer;
    Matrix made[4] = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    size_t count = 0;
    EXPECT(is_gradient(grad->x, x.rows, x.cols), STATUS_SHAPE, "the gradient of x");
    EXPECT(is_gradient(to, asked.rows, asked.cols), STATUS_SHAPE, "the gradient of the context");
    EXPECT(are_linear(layer->w_q, g->w_q, g->b_q), STATUS_SHAPE, "the gradient of w_q, b_q");
    EXPECT(are_linear(layer->w_k, g->w_k, g->b_k), STATUS_SHAPE, "the gradient of w_k, b_k");
    EXPECT(are_linear(layer->w_v, g->w_v, g->b_v), STATUS_SHAPE, "the gradient of w_v, b_v");
    EXPECT(are_linear(layer->w_o, g->w_o, g->b_o), STATUS_SHAPE, "the gradient of w_o, b_o");
    Status status = STATUS_OK;
    TRY(multi_head_expect_shapes("multi_head_backward", x, asked, layer, kept->weights, grad_out));
    HeadMatrices on = {.q = zeros(kept->all.q, made, &count, &status)};
    on.k = zeros(kept->all.k, made, &count, &status);
    on.v = zeros(kept->all.v, made, &count, &status);
    on.concat = zeros(kept->all.concat, made, &count, &status);
    TRY(status);
    TRY(linear_backward(kept->all.concat, layer->w_o, grad_out, on.concat, g->w_o, g->b_o));
    for (size_t h = 0; h < layer->heads; h++) {
        HeadMatrices one, own;
        TRY(head_of(&kept->all, layer->heads, h, &one));
        TRY(head_of(&on, layer->heads, h, &own));
        TRY(attention_backward(&one, attention_scale(one.k.cols), rows_of(kept->weights, h, x.rows),
                               &own));
    }
    TRY(linear_backward(asked, layer->w_k, on.k, to, g->w_k, g->b_k));
    TRY(linear_backward(x, layer->w_q, on.q, grad->x, g->w_q, g->b_q));
    TRY(linear_backward(asked, layer->w_v, on.v, to, g->w_v, g->b_v));
done:
    for (size_t i = 0; i < 4; i++)
        matrix_free(&made[i]);
    return status;
}

/* --- What surrounds it ------------------------------------------------------------------------ */

static void moments_of(const float *row, size_t n, float epsilon, float *mean, float *root)
{
    double sum = 0, squares = 0;
    for (size_t c = 0; c < n; c++)
        sum += row[c];
    for (size_t c = 0; c < n; c++)
        squares += pow(row[c] - sum / (double)n, 2);
    *mean = (float)(sum / (double)n);
    *root = (float)sqrt(squares / (double)n + (double)epsilon);
}

Status layer_norm_backward(Matrix x, const LayerNorm *norm, Matrix grad_out, Matrix grad_x,
                           const LayerNorm *grad)
{
    size_t n = x.cols;
    EXPECT(has_shape(grad_out, x.rows, n), STATUS_SHAPE, "grad_out");
    EXPECT(is_gradient(norm->gain, 1, n), STATUS_SHAPE, "gain");
    EXPECT(is_gradient(grad_x, x.rows, n), STATUS_SHAPE, "grad_x");
    EXPECT(is_gradient(grad->gain, 1, n), STATUS_SHAPE, "the gradient of gain");
    EXPECT(is_gradient(grad->shift, 1, n), STATUS_SHAPE, "the gradient of shift");
    EXPECT(norm->epsilon >= 0, STATUS_VALUE, "epsilon must be 0 or more");
    for (size_t t = 0; t < x.rows; t++) {
        const float *row = matrix_row(x, t), *g = matrix_row(grad_out, t), *gain = norm->gain.data;
        float mean, root, first = 0, second = 0;
        moments_of(row, n, norm->epsilon, &mean, &root);
        for (size_t c = 0; c < n; c++) {
            float u = gain != NULL ? g[c] * gain[c] : g[c], y = (row[c] - mean) / root;
            first += u;
            second += u * y;
            if (grad->gain.data != NULL)
                grad->gain.data[c] += g[c] * y;
            if (grad->shift.data != NULL)
                grad->shift.data[c] += g[c];
        }
        for (size_t c = 0; grad_x.data != NULL && c < n; c++) {
            float u = gain != NULL ? g[c] * gain[c] : g[c], y = (row[c] - mean) / root;
            matrix_row(grad_x, t)[c] += ((float)n * u - first - y * second) / ((float)n * root);
        }
    }
    return STATUS_OK;
}

float activation_slope(Activation activation, float x)
{
    const float c = 0.79788456F;
    float density = 0.39894228F * expf(-x * x / 2), inner = c * (x + 0.044715F * x * x * x);
    switch (activation) {
    case ACTIVATION_RELU: return x > 0 ? 1 : x <= 0 ? 0 : x;
    case ACTIVATION_GELU: return 0.5F + 0.5F * erff(x * 0.70710678F) + x * density;
    default:
        return 0.5F + 0.5F * tanhf(inner) +
               0.5F * x * c * (1 + 0.134145F * x * x) / (coshf(inner) * coshf(inner));
    }
}

Status feed_forward_keep(Matrix x, const FeedForward *network, Matrix before, Matrix out)
{
    Status status = linear(x, network->w_1, network->b_1, before);
    return status != STATUS_OK ? status : feed_forward(x, network, out);
}

Status feed_forward_backward(Matrix x, const FeedForward *network, Matrix before, Matrix grad_out,
                             Matrix grad_x, const FeedForward *grad)
{
    Matrix w_1 = network->w_1, w_2 = network->w_2;
    EXPECT(has_shape(before, x.rows, w_1.cols), STATUS_SHAPE, "before");
    EXPECT(w_1.rows == x.cols && w_2.rows == before.cols, STATUS_SHAPE, "w_1 or w_2");
    EXPECT(has_shape(grad_out, x.rows, w_2.cols), STATUS_SHAPE, "grad_out");
    EXPECT(is_gradient(grad_x, x.rows, x.cols), STATUS_SHAPE, "grad_x");
    EXPECT(are_linear(w_1, grad->w_1, grad->b_1), STATUS_SHAPE, "the gradient of w_1 or b_1");
    EXPECT(are_linear(w_2, grad->w_2, grad->b_2), STATUS_SHAPE, "the gradient of w_2 or b_2");
    float *room = memory_allocate(2 * before.cols + 1, sizeof *room);
    if (room == NULL)
        return STATUS_NO_MEMORY;
    Status status = STATUS_OK; /* one token after the other */
    Matrix hidden = matrix_view(room, 1, before.cols);
    Matrix on = matrix_view(room + before.cols, 1, before.cols);
    for (size_t t = 0; t < x.rows; t++) {
        Matrix token = {matrix_row(x, t), 1, x.cols, x.stride};
        Matrix handed = {matrix_row(grad_out, t), 1, grad_out.cols, grad_out.stride};
        Matrix to = NO_MATRIX;
        if (grad_x.data != NULL)
            to = (Matrix){matrix_row(grad_x, t), 1, x.cols, grad_x.stride};
        for (size_t c = 0; c < before.cols; c++) {
            hidden.data[c] = activate(network->activation, matrix_row(before, t)[c]);
            on.data[c] = 0;
        }
        TRY(linear_backward(hidden, w_2, handed, on, grad->w_2, grad->b_2));
        for (size_t c = 0; c < before.cols; c++)
            on.data[c] *= activation_slope(network->activation, matrix_row(before, t)[c]);
        TRY(linear_backward(token, w_1, on, to, grad->w_1, grad->b_1));
    }
done:
    free(room);
    return status;
}

static void add_rows(Matrix from, Matrix to)
{
    for (size_t t = 0; t < to.rows; t++)
        add_scaled(matrix_row(from, t), 1, to.cols, matrix_row(to, t));
}

Status sublayer_input_backward(Matrix x, const LayerNorm *norm, NormPlace place, Matrix grad_input,
                               Matrix grad_x, const LayerNorm *grad)
{
    EXPECT(has_shape(grad_input, x.rows, x.cols), STATUS_SHAPE, "grad_input");
    EXPECT(has_shape(grad_x, x.rows, x.cols), STATUS_SHAPE, "grad_x");
    if (place == NORM_POST)
        add_rows(grad_input, grad_x);
    return place == NORM_POST ? STATUS_OK : layer_norm_backward(x, norm, grad_input, grad_x, grad);
}

/* With NORM_POST the norm goes back twice, and only once to its own parameters. */
Status sublayer_output_backward(Matrix sum, const LayerNorm *norm, NormPlace place, Matrix grad_out,
                                Matrix grad_x, Matrix grad_result, const LayerNorm *grad)
{
    static const LayerNorm NONE = {.epsilon = 0};
    Status status = STATUS_OK;
    EXPECT(has_shape(grad_out, sum.rows, sum.cols), STATUS_SHAPE, "grad_out");
    EXPECT(has_shape(grad_x, sum.rows, sum.cols), STATUS_SHAPE, "grad_x");
    EXPECT(has_shape(grad_result, sum.rows, sum.cols), STATUS_SHAPE, "grad_result");
    if (place == NORM_POST) {
        TRY(layer_norm_backward(sum, norm, grad_out, grad_x, grad));
        return layer_norm_backward(sum, norm, grad_out, grad_result, &NONE);
    }
    add_rows(grad_out, grad_x);
    add_rows(grad_out, grad_result);
done:
    return status;
}

Status embed_backward(const size_t *words, size_t count, size_t first, Matrix grad_out,
                      const Embedding *grad)
{
    Matrix table = grad->words, positions = grad->positions;
    size_t d = grad_out.cols;
    EXPECT(grad_out.rows == count, STATUS_SHAPE, "grad_out");
    EXPECT(is_gradient(table, table.rows, d), STATUS_SHAPE, "the gradient of words");
    EXPECT(is_gradient(positions, positions.rows, d), STATUS_SHAPE, "the gradient of positions");
    EXPECT(positions.data == NULL || (first <= positions.rows && count <= positions.rows - first),
           STATUS_VALUE, "there is no such position");
    for (size_t t = 0; t < count; t++)
        EXPECT(table.data == NULL || words[t] < table.rows, STATUS_VALUE, "there is no such word");
    for (size_t t = 0; table.data != NULL && t < count; t++)
        add_scaled(matrix_row(grad_out, t), sqrtf((float)d), d, matrix_row(table, words[t]));
    for (size_t t = 0; positions.data != NULL && t < count; t++)
        add_scaled(matrix_row(grad_out, t), 1, d, matrix_row(positions, first + t));
    return STATUS_OK;
}

Status mean_pool_backward(size_t padding, Matrix grad_out, Matrix grad_x)
{
    EXPECT(padding <= grad_x.rows, STATUS_VALUE, "more padding than tokens");
    EXPECT(has_shape(grad_out, 1, grad_x.cols), STATUS_SHAPE, "grad_out");
    for (size_t words = grad_x.rows - padding, t = 0; t < words; t++)
        add_scaled(grad_out.data, 1 / (float)words, grad_x.cols, matrix_row(grad_x, t));
    return STATUS_OK;
}

/* --- Steps ------------------------------------------------------------------------------------ */

Status sgd_step(double rate, Matrix grad, Matrix w)
{
    EXPECT(has_shape(grad, w.rows, w.cols), STATUS_SHAPE, "grad");
    for (size_t r = 0; r < w.rows; r++)
        add_scaled(matrix_row(grad, r), (float)-rate, w.cols, matrix_row(w, r));
    return STATUS_OK;
}

Status momentum_step(double rate, double momentum, Matrix grad, Matrix velocity, Matrix w)
{
    EXPECT(has_shape(grad, w.rows, w.cols), STATUS_SHAPE, "grad");
    EXPECT(has_shape(velocity, w.rows, w.cols), STATUS_SHAPE, "velocity");
    for (size_t r = 0; r < w.rows; r++)
        for (size_t c = 0; c < w.cols; c++)
            matrix_row(velocity, r)[c] =
                fmaf((float)momentum, matrix_row(velocity, r)[c], matrix_row(grad, r)[c]);
    return sgd_step(rate, velocity, w);
}

Status adam_step(const Adam *adam, size_t step, Matrix grad, const AdamMoments *moments, Matrix w)
{
    EXPECT(step > 0, STATUS_VALUE, "there is no step 0");
    EXPECT(has_shape(grad, w.rows, w.cols), STATUS_SHAPE, "grad");
    EXPECT(has_shape(moments->mean, w.rows, w.cols), STATUS_SHAPE, "mean");
    EXPECT(has_shape(moments->squares, w.rows, w.cols), STATUS_SHAPE, "squares");
    float b_1 = (float)adam->beta_1, b_2 = (float)adam->beta_2, rate = (float)adam->rate;
    for (size_t r = 0; r < w.rows; r++)
        for (size_t c = 0; c < w.cols; c++) {
            float g = matrix_row(grad, r)[c], *value = &matrix_row(w, r)[c];
            float *m = &matrix_row(moments->mean, r)[c], *s = &matrix_row(moments->squares, r)[c];
            *m = b_1 * *m + (1 - b_1) * g;
            *s = b_2 * *s + (1 - b_2) * g * g;
            float m_hat = *m / (1 - powf(b_1, (float)step));
            float s_hat = *s / (1 - powf(b_2, (float)step));
            *value -= rate * (float)adam->weight_decay * *value;
            *value -= rate * m_hat / (sqrtf(s_hat) + (float)adam->epsilon);
        }
    return STATUS_OK;
}

double clip_gradients(const Matrix *grads, size_t count, double limit)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < grads[i].rows * grads[i].cols; n++)
            squares += pow(matrix_row(grads[i], n / grads[i].cols)[n % grads[i].cols], 2);
    double length = sqrt(squares), factor = limit / length;
    for (size_t i = 0; factor < 1 && !isinf(length) && i < count; i++)
        for (size_t n = 0; n < grads[i].rows * grads[i].cols; n++)
            matrix_row(grads[i], n / grads[i].cols)[n % grads[i].cols] *= (float)factor;
    return length;
}
