/*
 * Chapter 11, differently: a transpose is a view with its strides exchanged, one product serves
 * all, and what does not fit is found by one list of shapes for each function.
 */
#include "learning.h"

#include "memory.h"
#include "self_attention.h"

#include <math.h>
#include <stdlib.h>

#define AT(matrix, r, c) (matrix_row(matrix, r)[c])

/* --- Shapes ----------------------------------------------------------------------------------- */

/* A matrix and the shape it must have; one that may be left out is fine as NO_MATRIX. */
typedef struct Shape {
    Matrix matrix;
    size_t rows, cols;
    bool may_be_none;
} Shape;

static Status expect(const char *function, const Shape *shapes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(shapes[i].may_be_none && shapes[i].matrix.data == NULL) &&
            (shapes[i].matrix.rows != shapes[i].rows || shapes[i].matrix.cols != shapes[i].cols))
            return fail(STATUS_SHAPE, "%s: matrix %zu of the call is %zux%zu, expected %zux%zu",
                        function, i, shapes[i].matrix.rows, shapes[i].matrix.cols, shapes[i].rows,
                        shapes[i].cols);
    return STATUS_OK;
}

#define EXPECT(...)                                                                                \
    TRY(expect(__func__, (const Shape[]){__VA_ARGS__},                                             \
               sizeof((const Shape[]){__VA_ARGS__}) / sizeof(Shape)))
#define LIKE(matrix, other) {matrix, (other).rows, (other).cols, false}
#define GRADIENT(grad, other) {grad, (other).rows, (other).cols, true}
#define BIAS(grad, w) {grad, 1, (w).cols, true}

/* --- Products --------------------------------------------------------------------------------- */

/* A matrix that may lie on its side. */
typedef struct Sides {
    const float *data;
    size_t rows, cols, down, right;
} Sides;

static Sides upright(Matrix m)
{
    return (Sides){m.data, m.rows, m.cols, m.stride, 1};
}

static Sides turned(Matrix m)
{
    return (Sides){m.data, m.cols, m.rows, 1, m.stride};
}

/* to += factor A B; where either factor is 0, nothing. */
static void add_product(Sides a, Sides b, double factor, Matrix to)
{
    for (size_t r = 0; r < to.rows; r++)
        for (size_t c = 0; c < to.cols; c++) {
            double sum = 0;
            for (size_t k = 0; k < a.cols; k++) {
                double left = a.data[r * a.down + k * a.right];
                double right = b.data[k * b.down + c * b.right];
                sum += left == 0 ? 0 : left * right;
            }
            AT(to, r, c) += (float)(factor * sum);
        }
}

Status matrix_product_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a, Matrix grad_b)
{
    Status status = STATUS_OK;
    EXPECT({a, a.rows, b.rows, false}, {grad_out, a.rows, b.cols, false}, GRADIENT(grad_a, a),
           GRADIENT(grad_b, b));
    add_product(upright(grad_out), turned(b), 1, grad_a);
    add_product(turned(a), upright(grad_out), 1, grad_b);
done:
    return status;
}

Status matrix_product_transposed_backward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a,
                                          Matrix grad_b)
{
    Status status = STATUS_OK;
    EXPECT({a, a.rows, b.cols, false}, {grad_out, a.rows, b.rows, false}, GRADIENT(grad_a, a),
           GRADIENT(grad_b, b));
    add_product(upright(grad_out), upright(b), 1, grad_a);
    add_product(turned(grad_out), upright(a), 1, grad_b);
done:
    return status;
}

Status linear_backward(Matrix x, Matrix w, Matrix grad_out, Matrix grad_x, Matrix grad_w,
                       Matrix grad_b)
{
    static const float ONE = 1;
    Status status = STATUS_OK;
    EXPECT({x, x.rows, w.rows, false}, {grad_out, x.rows, w.cols, false}, GRADIENT(grad_x, x),
           GRADIENT(grad_w, w), BIAS(grad_b, w));
    add_product(upright(grad_out), turned(w), 1, grad_x);
    add_product(turned(x), upright(grad_out), 1, grad_w);
    /* A row of ones is one number that is not moved on. */
    add_product((Sides){&ONE, 1, x.rows, 0, 0}, upright(grad_out), 1, grad_b);
done:
    return status;
}

/* --- The loss --------------------------------------------------------------------------------- */

/* Which share of the loss a row has; 0 for padding. */
static double share_of(const size_t *right, size_t rows, size_t row)
{
    size_t padding = 0;
    for (size_t t = 0; t < rows; t++)
        if (right[t] == NO_WORD)
            padding++;
    return right[row] == NO_WORD ? 0 : 1.0 / (double)(rows - padding);
}

/* The sum of all exponentials, relative to one of them that is at least as large as any other. */
static double sum_from(Matrix logits, size_t t, double greatest)
{
    double sum = 0;
    for (size_t c = 0; c < logits.cols; c++)
        sum += exp(AT(logits, t, c) - greatest);
    return sum;
}

static double greatest_of(Matrix logits, size_t t)
{
    double greatest = -INFINITY;
    for (size_t c = 0; c < logits.cols; c++)
        greatest = fmax(greatest, AT(logits, t, c));
    return greatest;
}

static Status expect_words(const size_t *right, Matrix logits)
{
    for (size_t t = logits.rows; t-- > 0;)
        if (right[t] != NO_WORD && right[t] >= logits.cols)
            return fail(STATUS_VALUE, "cross-entropy: word %zu of %zu", right[t], logits.cols);
    return STATUS_OK;
}

Status cross_entropy(Matrix logits, const size_t *right, double *loss)
{
    double sum = 0;
    Status status = STATUS_OK;
    TRY(expect_words(right, logits));
    for (size_t t = 0; t < logits.rows; t++) {
        double share = share_of(right, logits.rows, t), greatest = greatest_of(logits, t);
        if (share > 0)
            sum -=
                share * (AT(logits, t, right[t]) - greatest - log(sum_from(logits, t, greatest)));
    }
    *loss = sum;
done:
    return status;
}

Status cross_entropy_backward(Matrix logits, const size_t *right, double grad_loss,
                              Matrix grad_logits)
{
    Status status = STATUS_OK;
    TRY(expect_words(right, logits));
    EXPECT(LIKE(grad_logits, logits));
    for (size_t t = 0; t < logits.rows; t++) {
        double factor = share_of(right, logits.rows, t) * grad_loss;
        double greatest = greatest_of(logits, t), sum = sum_from(logits, t, greatest);
        for (size_t c = 0; right[t] != NO_WORD && c < logits.cols; c++) {
            double p = exp(AT(logits, t, c) - greatest) / sum;
            AT(grad_logits, t, c) += (float)(factor * (c == right[t] ? p - 1 : p));
        }
    }
done:
    return status;
}

/* --- Attention -------------------------------------------------------------------------------- */

/* All differences to one score: p_j sum p_i (g_j - g_i), since the weights sum to one. */
Status softmax_backward(Matrix weights, Matrix grad_weights, Matrix grad_x)
{
    Status status = STATUS_OK;
    EXPECT(LIKE(grad_weights, weights), LIKE(grad_x, weights));
    for (size_t r = 0; r < weights.rows; r++)
        for (size_t j = 0; j < weights.cols; j++) {
            double better = 0, p = AT(weights, r, j);
            for (size_t i = 0; p != 0 && i < weights.cols; i++)
                if (AT(weights, r, i) != 0)
                    better += AT(weights, r, i) *
                              ((double)AT(grad_weights, r, j) - AT(grad_weights, r, i));
            AT(grad_x, r, j) += (float)(p * better);
        }
done:
    return status;
}

Status attention_backward(const HeadMatrices *one, float scale, Matrix weights,
                          const HeadMatrices *grad)
{
    Matrix on[2] = {NO_MATRIX, NO_MATRIX};
    Status status = STATUS_OK;
    TRY(attention_expect_shapes(__func__, one->q, one->k, one->v, weights, grad->concat));
    EXPECT(GRADIENT(grad->q, one->q), GRADIENT(grad->k, one->k), GRADIENT(grad->v, one->v));
    for (size_t i = 0; i < 2; i++)
        TRY(matrix_create(weights.rows, weights.cols, &on[i]));
    add_product(upright(grad->concat), turned(one->v), 1, on[0]);
    TRY(softmax_backward(weights, on[0], on[1]));
    add_product(upright(on[1]), upright(one->k), scale, grad->q);
    add_product(turned(on[1]), upright(one->q), scale, grad->k);
    add_product(turned(weights), upright(grad->concat), 1, grad->v);
done:
    matrix_free(&on[0]);
    matrix_free(&on[1]);
    return status;
}

void kept_heads_free(KeptHeads *kept)
{
    matrix_free(&kept->all.q);
    matrix_free(&kept->all.k);
    matrix_free(&kept->all.v);
    matrix_free(&kept->all.concat);
    matrix_free(&kept->weights);
}

/* One head of what was kept and, if there are any, of its gradients; its rows of the weights. */
static Status pick(const KeptHeads *kept, const HeadMatrices *on, size_t heads, size_t head,
                   HeadMatrices *one, HeadMatrices *own, Matrix *rows)
{
    size_t count = kept->weights.rows / heads;
    Status status = STATUS_OK;
    TRY(multi_head_select(&kept->all, heads, head, one));
    TRY(matrix_rows(kept->weights, head * count, count, rows));
    if (on != NULL)
        TRY(multi_head_select(on, heads, head, own));
done:
    return status;
}

Status multi_head_keep(Matrix x, Matrix context, const MultiHeadLayer *layer,
                       const AttentionMask *mask, KeptHeads *kept, Matrix out)
{
    Matrix other = context.data != NULL ? context : x, rows;
    HeadMatrices one;
    Status status = STATUS_OK;
    kept->all = (HeadMatrices){0};
    kept->weights = NO_MATRIX;
    TRY(multi_head_expect_shapes(__func__, x, other, layer,
                                 matrix_shape(layer->heads * x.rows, other.rows), out));
    TRY(matrix_create(layer->heads * x.rows, other.rows, &kept->weights));
    /* The layer gives out and weights; what it has freed is made again. */
    TRY(multi_head_project(x, other, layer, &kept->all));
    TRY(masked_multi_head_attention(x, context, layer, mask, kept->weights, out));
    for (size_t h = 0; h < layer->heads; h++) {
        TRY(pick(kept, NULL, layer->heads, h, &one, NULL, &rows));
        add_product(upright(rows), upright(one.v), 1, one.concat);
    }
    return STATUS_OK;
done:
    kept_heads_free(kept);
    return status;
}

Status multi_head_backward(Matrix x, Matrix context, const MultiHeadLayer *layer,
                           const KeptHeads *kept, Matrix grad_out, const MultiHeadGradients *grad)
{
    Matrix other = context.data != NULL ? context : x, rows;
    Matrix to = context.data != NULL ? grad->context : grad->x;
    MultiHeadLayer g = grad->layer;
    HeadMatrices one, own, on = {0};
    Status status = STATUS_OK;
    TRY(multi_head_expect_shapes(__func__, x, other, layer, kept->weights, grad_out));
    EXPECT(GRADIENT(grad->x, x), GRADIENT(to, other), GRADIENT(g.w_q, layer->w_q),
           GRADIENT(g.w_k, layer->w_k), GRADIENT(g.w_v, layer->w_v), GRADIENT(g.w_o, layer->w_o),
           BIAS(g.b_q, layer->w_q), BIAS(g.b_k, layer->w_k), BIAS(g.b_v, layer->w_v),
           BIAS(g.b_o, layer->w_o));
    TRY(multi_head_project(x, other, layer, &on)); /* for its shapes */
    const Matrix all[] = {on.q, on.k, on.v, on.concat};
    for (size_t i = 0; i < 4; i++)
        for (size_t n = 0; n < all[i].rows * all[i].cols; n++)
            all[i].data[n] = 0;
    TRY(linear_backward(kept->all.concat, layer->w_o, grad_out, on.concat, g.w_o, g.b_o));
    for (size_t h = layer->heads; h-- > 0;) {
        TRY(pick(kept, &on, layer->heads, h, &one, &own, &rows));
        TRY(attention_backward(&one, attention_scale(one.q.cols), rows, &own));
    }
    TRY(linear_backward(x, layer->w_q, on.q, grad->x, g.w_q, g.b_q));
    TRY(linear_backward(other, layer->w_k, on.k, to, g.w_k, g.b_k));
    TRY(linear_backward(other, layer->w_v, on.v, to, g.w_v, g.b_v));
done:
    multi_head_free(&on);
    return status;
}

/* --- What surrounds it ------------------------------------------------------------------------ */

static double or_one(Matrix row, size_t c)
{
    return row.data == NULL ? 1 : (double)row.data[c];
}

/* By all pairs of columns: how number c of the result changes with number d of x. */
Status layer_norm_backward(Matrix x, const LayerNorm *norm, Matrix grad_out, Matrix grad_x,
                           const LayerNorm *grad)
{
    size_t n = x.cols;
    Status status = STATUS_OK;
    EXPECT(LIKE(grad_out, x), GRADIENT(grad_x, x), BIAS(norm->gain, x), BIAS(grad->gain, x),
           BIAS(grad->shift, x));
    if (norm->epsilon < 0 || isnan(norm->epsilon))
        return fail(STATUS_VALUE, "%s: a bad epsilon", __func__);
    for (size_t t = 0; t < x.rows; t++) {
        double mean = 0, variance = 0;
        for (size_t c = 0; c < n; c++)
            mean += AT(x, t, c) / (double)n;
        for (size_t c = 0; c < n; c++)
            variance += (AT(x, t, c) - mean) * (AT(x, t, c) - mean) / (double)n;
        double root = sqrt(variance + norm->epsilon);
        for (size_t c = 0; c < n; c++) {
            double y = (AT(x, t, c) - mean) / root, g = AT(grad_out, t, c);
            for (size_t d = 0; grad_x.data != NULL && d < n; d++) {
                double other = (AT(x, t, d) - mean) / root;
                double slope = ((c == d) - (1 + y * other) / (double)n) / root;
                AT(grad_x, t, d) += (float)(g * or_one(norm->gain, c) * slope);
            }
            if (grad->gain.data != NULL)
                grad->gain.data[c] += (float)(g * y);
            if (grad->shift.data != NULL)
                grad->shift.data[c] += (float)g;
        }
    }
done:
    return status;
}

static double density(double x)
{
    return exp(-x * x / 2) / sqrt(2 * acos(-1.0));
}

float activation_slope(Activation activation, float x)
{
    double d = x, c = sqrt(2 / acos(-1.0)), u = c * (d + 0.044715 * d * d * d);
    double share = 1 / (1 + exp(-2 * u)); /* (1 + tanh u) / 2 */
    if (isnan(x))
        return x;
    switch (activation) {
    case ACTIVATION_RELU: return x > 0 ? 1 : 0;
    case ACTIVATION_GELU: return (float)((1 + erf(d / sqrt(2.0))) / 2 + d * density(d));
    default: return (float)(share + d * 2 * share * (1 - share) * c * (1 + 3 * 0.044715 * d * d));
    }
}

Status feed_forward_keep(Matrix x, const FeedForward *network, Matrix before, Matrix out)
{
    Matrix hidden = NO_MATRIX;
    Status status = STATUS_OK;
    TRY(matrix_create(before.rows, before.cols, &hidden));
    TRY(linear(x, network->w_1, network->b_1, before));
    for (size_t t = 0; t < before.rows; t++)
        for (size_t c = 0; c < before.cols; c++)
            AT(hidden, t, c) = activate(network->activation, AT(before, t, c));
    TRY(linear(hidden, network->w_2, network->b_2, out));
done:
    matrix_free(&hidden);
    return status;
}

Status feed_forward_backward(Matrix x, const FeedForward *network, Matrix before, Matrix grad_out,
                             Matrix grad_x, const FeedForward *grad)
{
    Matrix w_1 = network->w_1, w_2 = network->w_2, hidden = NO_MATRIX, on = NO_MATRIX;
    Status status = STATUS_OK;
    EXPECT({w_1, x.cols, w_1.cols, false}, {before, x.rows, w_1.cols, false},
           {w_2, before.cols, w_2.cols, false}, {grad_out, x.rows, w_2.cols, false},
           GRADIENT(grad_x, x), GRADIENT(grad->w_1, w_1), BIAS(grad->b_1, w_1),
           GRADIENT(grad->w_2, w_2), BIAS(grad->b_2, w_2));
    TRY(matrix_create(x.rows, before.cols, &hidden));
    TRY(matrix_create(x.rows, before.cols, &on));
    add_product(upright(grad_out), turned(w_2), 1, on);
    for (size_t t = 0; t < x.rows; t++)
        for (size_t c = 0; c < before.cols; c++) {
            AT(hidden, t, c) = activate(network->activation, AT(before, t, c));
            AT(on, t, c) *= activation_slope(network->activation, AT(before, t, c));
        }
    TRY(linear_backward(x, w_1, on, grad_x, grad->w_1, grad->b_1));
    TRY(linear_backward(hidden, w_2, grad_out, NO_MATRIX, grad->w_2, grad->b_2));
done:
    matrix_free(&hidden);
    matrix_free(&on);
    return status;
}

static void add(Matrix from, Matrix to)
{
    for (size_t n = 0; n < to.rows * to.cols; n++)
        AT(to, n / to.cols, n % to.cols) += AT(from, n / to.cols, n % to.cols);
}

Status sublayer_input_backward(Matrix x, const LayerNorm *norm, NormPlace place, Matrix grad_input,
                               Matrix grad_x, const LayerNorm *grad)
{
    Status status = STATUS_OK;
    EXPECT(LIKE(grad_input, x), LIKE(grad_x, x));
    if (place == NORM_PRE)
        TRY(layer_norm_backward(x, norm, grad_input, grad_x, grad));
    else
        add(grad_input, grad_x);
done:
    return status;
}

Status sublayer_output_backward(Matrix sum, const LayerNorm *norm, NormPlace place, Matrix grad_out,
                                Matrix grad_x, Matrix grad_result, const LayerNorm *grad)
{
    Matrix behind = NO_MATRIX;
    Status status = STATUS_OK;
    EXPECT(LIKE(grad_out, sum), LIKE(grad_x, sum), LIKE(grad_result, sum));
    if (place == NORM_POST) {
        TRY(matrix_create(sum.rows, sum.cols, &behind));
        TRY(layer_norm_backward(sum, norm, grad_out, behind, grad));
        grad_out = behind;
    }
    add(grad_out, grad_x);
    add(grad_out, grad_result);
done:
    matrix_free(&behind);
    return status;
}

/* The words as a table of ones and zeros: then the embedding is a product. */
Status embed_backward(const size_t *words, size_t count, size_t first, Matrix grad_out,
                      const Embedding *grad)
{
    Matrix table = grad->words, chosen = NO_MATRIX;
    size_t d = grad_out.cols, last = first + count;
    Status status = STATUS_OK;
    EXPECT({grad_out, count, d, false}, {table, table.rows, d, true},
           {grad->positions, grad->positions.rows, d, true});
    if (grad->positions.data != NULL && (last < first || last > grad->positions.rows))
        return fail(STATUS_VALUE, "%s: positions up to %zu", __func__, last);
    TRY(matrix_create(count, table.rows, &chosen));
    for (size_t t = 0; t < count && table.data != NULL; t++) {
        if (words[t] >= table.rows)
            TRY(fail(STATUS_VALUE, "%s: word %zu", __func__, words[t]));
        AT(chosen, t, words[t]) = 1;
    }
    add_product(turned(chosen), upright(grad_out), sqrt((double)d), table);
    for (size_t t = 0; t < count; t++)
        for (size_t c = 0; c < grad->positions.cols; c++)
            AT(grad->positions, first + t, c) += AT(grad_out, t, c);
done:
    matrix_free(&chosen);
    return status;
}

Status mean_pool_backward(size_t padding, Matrix grad_out, Matrix grad_x)
{
    static const float ONE = 1;
    Status status = STATUS_OK;
    EXPECT({grad_out, 1, grad_x.cols, false});
    if (padding > grad_x.rows)
        return fail(STATUS_VALUE, "%s: %zu of %zu", __func__, padding, grad_x.rows);
    grad_x.rows -= padding;
    add_product((Sides){&ONE, grad_x.rows, 1, 0, 0}, upright(grad_out), 1 / (double)grad_x.rows,
                grad_x);
done:
    return status;
}

/* --- Steps ------------------------------------------------------------------------------------ */

Status sgd_step(double rate, Matrix grad, Matrix w)
{
    Status status = STATUS_OK;
    EXPECT(LIKE(grad, w));
    for (size_t n = 0; n < w.rows * w.cols; n++)
        AT(w, n / w.cols, n % w.cols) -= (float)(rate * AT(grad, n / w.cols, n % w.cols));
done:
    return status;
}

Status momentum_step(double rate, double momentum, Matrix grad, Matrix velocity, Matrix w)
{
    Status status = STATUS_OK;
    EXPECT(LIKE(grad, w), LIKE(velocity, w));
    for (size_t n = 0; n < w.rows * w.cols; n++) {
        size_t r = n / w.cols, c = n % w.cols;
        double speed = AT(grad, r, c) + momentum * AT(velocity, r, c);
        AT(velocity, r, c) = (float)speed;
        AT(w, r, c) -= (float)(rate * speed);
    }
done:
    return status;
}

/* beta to the power of step. */
static double power(double beta, size_t step)
{
    double product = 1;
    for (size_t i = 0; i < step; i++)
        product *= beta;
    return product;
}

Status adam_step(const Adam *adam, size_t step, Matrix grad, const AdamMoments *moments, Matrix w)
{
    double fill_1 = 1 - power(adam->beta_1, step), fill_2 = 1 - power(adam->beta_2, step);
    Status status = STATUS_OK;
    if (step == 0)
        return fail(STATUS_VALUE, "%s: step 0", __func__);
    EXPECT(LIKE(grad, w), LIKE(moments->mean, w), LIKE(moments->squares, w));
    for (size_t n = 0; n < w.rows * w.cols; n++) {
        size_t r = n / w.cols, c = n % w.cols;
        double g = AT(grad, r, c), m = AT(moments->mean, r, c), s = AT(moments->squares, r, c);
        m = adam->beta_1 * m + (1 - adam->beta_1) * g;
        s = adam->beta_2 * s + (1 - adam->beta_2) * g * g;
        double quotient = m / fill_1 / (sqrt(s / fill_2) + adam->epsilon);
        AT(w, r, c) =
            (float)(AT(w, r, c) * (1 - adam->rate * adam->weight_decay) - adam->rate * quotient);
        AT(moments->mean, r, c) = (float)m;
        AT(moments->squares, r, c) = (float)s;
    }
done:
    return status;
}

double clip_gradients(const Matrix *grads, size_t count, double limit)
{
    double length = 0;
    for (size_t pass = 0; pass < 2; pass++) { /* measure, then shorten */
        double squares = 0, factor = pass == 1 && length > limit ? limit / length : 1;
        for (size_t i = 0; i < count; i++)
            for (size_t n = 0; n < grads[i].rows * grads[i].cols; n++) {
                float *g = &AT(grads[i], n / grads[i].cols, n % grads[i].cols);
                squares += (double)*g * *g;
                *g = isfinite(length) ? (float)(*g * factor) : *g;
            }
        length = pass == 0 ? sqrt(squares) : length;
    }
    return length;
}
