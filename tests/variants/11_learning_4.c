/* The Jacobians of the softmax and the norm, summed number by number; nothing is allocated. */
#include "learning.h"

#include "gradients.h"

#include <math.h>

static double total_of(const float *row, size_t n)
{
    double total = -INFINITY;
    for (size_t j = 0; j < n; j++) {
        double high = fmax(total, row[j]), low = fmin(total, row[j]);
        total = isnan(row[j]) || isnan(total) ? NAN
                : high == -INFINITY           ? high
                                              : high + log1p(exp(low - high));
    }
    return total;
}

static Status expect_words_of(const char *function, Matrix logits, const size_t *right)
{
    for (size_t t = logits.rows; t-- > 0;)
        if (right[t] != NO_WORD && right[t] >= logits.cols)
            return fail(STATUS_VALUE, "%s: there is no word %zu", function, right[t]);
    return STATUS_OK;
}

Status cross_entropy(Matrix logits, const size_t *right, double *loss)
{
    Status status = STATUS_OK;
    double mean = 0.0, count = 0.0;
    TRY(expect_words_of("cross_entropy", logits, right));
    for (size_t t = 0; t < logits.rows; t++) {
        const float *row = matrix_row(logits, t);
        if (right[t] == NO_WORD)
            continue;
        count += 1.0;
        double all = 0.0; /* e^(x - right), of the others */
        for (size_t j = 0; j < logits.cols; j++)
            all += j == right[t] ? 0.0 : exp((double)row[j] - (double)row[right[t]]);
        double surprise =
            isinf(all) ? total_of(row, logits.cols) - (double)row[right[t]] : log1p(all);
        mean += (surprise - mean) / count;
    }
    *loss = mean;
done:
    return status;
}

Status cross_entropy_backward(Matrix logits, const size_t *right, double grad_loss,
                              Matrix grad_logits)
{
    Status status = STATUS_OK;
    size_t count = 0;
    TRY(matrix_expect("cross_entropy_backward", "grad_logits", grad_logits, logits.rows,
                      logits.cols, "as logits"));
    TRY(expect_words_of("cross_entropy_backward", logits, right));
    for (size_t t = 0; t < logits.rows; t++)
        count += right[t] != NO_WORD;
    for (size_t t = 0; t < logits.rows; t++) {
        if (right[t] == NO_WORD)
            continue;
        double total = total_of(matrix_row(logits, t), logits.cols),
               share = grad_loss / (double)count;
        for (size_t j = 0; j < logits.cols; j++)
            matrix_row(grad_logits, t)[j] +=
                (float)(share * exp((double)matrix_row(logits, t)[j] - total));
        matrix_row(grad_logits, t)[right[t]] -= (float)share;
    }
done:
    return status;
}

Status softmax_backward(Matrix weights, Matrix grad_weights, Matrix grad_x)
{
    Status status = STATUS_OK;
    TRY(matrix_expect("softmax_backward", "grad_weights", grad_weights, weights.rows, weights.cols,
                      "as weights"));
    TRY(matrix_expect("softmax_backward", "grad_x", grad_x, weights.rows, weights.cols,
                      "as weights"));
    for (size_t r = 0; r < weights.rows; r++) {
        const float *p = matrix_row(weights, r), *g = matrix_row(grad_weights, r);
        for (size_t j = 0; j < weights.cols; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < weights.cols; k++)
                if (p[j] != 0.0f && p[k] != 0.0f)
                    sum += (double)p[j] * ((j == k ? 1.0 : 0.0) - (double)p[k]) * (double)g[k];
            matrix_row(grad_x, r)[j] += (float)sum;
        }
    }
done:
    return status;
}

static Status expect_of(const char *name, Matrix grad, Matrix of)
{
    return gradient_expect("attention_backward", name, grad, of.rows, of.cols);
}

Status attention_backward(const HeadMatrices *one, float scale, Matrix weights,
                          const HeadMatrices *grad)
{
    Status status = STATUS_OK;
    Matrix q = one->q, k = one->k, v = one->v;
    if (q.cols == 0 || q.cols != k.cols || k.rows != v.rows || weights.rows != q.rows ||
        weights.cols != k.rows || grad->concat.rows != q.rows || grad->concat.cols != v.cols)
        return fail(STATUS_SHAPE, "attention_backward: the shapes do not fit");
    TRY(expect_of("q", grad->q, q));
    TRY(expect_of("k", grad->k, k));
    TRY(expect_of("v", grad->v, v));
    for (size_t i = 0; i < q.rows; i++) {
        const float *p = matrix_row(weights, i), *g = matrix_row(grad->concat, i);
        double mean = 0.0;
        for (size_t pass = 0; pass < 2; pass++)
            for (size_t j = 0; j < k.rows; j++) {
                double on_weight = 0.0;
                for (size_t c = 0; c < v.cols; c++)
                    on_weight += (double)g[c] * (double)matrix_row(v, j)[c];
                if (p[j] == 0.0f)
                    continue;
                if (pass == 0) {
                    mean += (double)p[j] * on_weight;
                    continue;
                }
                double on_score = (double)p[j] * (on_weight - mean) * (double)scale;
                for (size_t c = 0; c < q.cols && grad->q.data != NULL; c++)
                    matrix_row(grad->q, i)[c] += (float)(on_score * (double)matrix_row(k, j)[c]);
                for (size_t c = 0; c < q.cols && grad->k.data != NULL; c++)
                    matrix_row(grad->k, j)[c] += (float)(on_score * (double)matrix_row(q, i)[c]);
                for (size_t c = 0; c < v.cols && grad->v.data != NULL; c++)
                    matrix_row(grad->v, j)[c] += p[j] * g[c];
            }
    }
done:
    return status;
}

typedef struct Normalised {
    const float *x, *g, *gain;
    double n, mean, root;
} Normalised;

static Normalised token_of(const float *x, const float *g, const LayerNorm *norm, size_t n)
{
    Normalised token = {x, g, norm->gain.data, (double)n, 0.0, 0.0};
    double squares = 0.0;
    for (size_t c = 0; c < n; c++)
        token.mean += (double)x[c] / token.n;
    for (size_t c = 0; c < n; c++)
        squares += pow((double)x[c] - token.mean, 2.0);
    token.root = sqrt(squares / token.n + (double)norm->epsilon);
    return token;
}

static double normal(const Normalised *token, size_t c)
{
    return ((double)token->x[c] - token->mean) / token->root;
}

static double through_norm(const Normalised *token, size_t c)
{
    double sum = 0.0;
    for (size_t d = 0; d < (size_t)token->n; d++) {
        double jacobian =
            (c == d ? 1.0 : 0.0) - (1.0 + normal(token, c) * normal(token, d)) / token->n;
        sum +=
            jacobian * (double)token->g[d] * (token->gain == NULL ? 1.0 : (double)token->gain[d]);
    }
    return sum / token->root;
}

Status layer_norm_backward(Matrix x, const LayerNorm *norm, Matrix grad_out, Matrix grad_x,
                           const LayerNorm *grad)
{
    Status status = STATUS_OK;
    TRY(matrix_expect("layer_norm_backward", "grad_out", grad_out, x.rows, x.cols, "as x"));
    TRY(gradient_expect("layer_norm_backward", "grad_x", grad_x, x.rows, x.cols));
    TRY(gradient_expect("layer_norm_backward", "gain", norm->gain, 1, x.cols));
    TRY(gradient_expect("layer_norm_backward", "grad gain", grad->gain, 1, x.cols));
    TRY(gradient_expect("layer_norm_backward", "grad shift", grad->shift, 1, x.cols));
    if (norm->epsilon < 0.0f || isnan(norm->epsilon))
        return fail(STATUS_VALUE, "layer_norm_backward: epsilon");
    for (size_t t = 0; t < x.rows; t++) {
        Normalised token = token_of(matrix_row(x, t), matrix_row(grad_out, t), norm, x.cols);
        for (size_t c = 0; c < x.cols; c++) {
            if (grad->gain.data != NULL)
                grad->gain.data[c] += (float)((double)token.g[c] * normal(&token, c));
            if (grad->shift.data != NULL)
                grad->shift.data[c] += token.g[c];
            if (grad_x.data != NULL)
                matrix_row(grad_x, t)[c] += (float)through_norm(&token, c);
        }
    }
done:
    return status;
}
