/* Self-attention by pairwise sums, weights by way of log-sum-exp, and results added up value by
 * value; the query projection carries the scale. */
#include "self_attention.h"

#include "extra.h"
#include "softmax.h"

#include <math.h>

/* The dot product of two vectors whose numbers stand some way apart: that of the first halves plus
 * that of the second. */
static double dot(const float *a, size_t a_step, const float *b, size_t b_step, size_t n)
{
    if (n <= 1)
        return n == 0 ? 0.0 : (double)*a * *b;
    size_t half = n / 2;
    return dot(a, a_step, b, b_step, half) +
           dot(a + half * a_step, a_step, b + half * b_step, b_step, n - half);
}

float attention_scale(size_t d_k)
{
    return (float)exp(-0.5 * log((double)d_k));
}

static Status refuse(const char *function, const char *reason, Matrix a, Matrix b)
{
    return fail(STATUS_SHAPE, "%s: %s: %zux%zu and %zux%zu", function, reason, a.rows, a.cols,
                b.rows, b.cols);
}

Status attention_expect_shapes(const char *function, Matrix q, Matrix k, Matrix v, Matrix weights,
                               Matrix out)
{
    if (q.cols != k.cols)
        return refuse(function, "queries and keys differ in d_k", q, k);
    if (k.cols == 0)
        return refuse(function, "d_k must be 1 or more", q, k);
    if (k.rows != v.rows)
        return refuse(function, "each key needs its value", k, v);
    if (weights.rows != q.rows || weights.cols != k.rows)
        return refuse(function, "weights is not T_q x T_k", weights, q);
    if (out.rows != q.rows || out.cols != v.cols)
        return refuse(function, "out is not T_q x d_v", out, v);
    return STATUS_OK;
}

static void fill_scores(Matrix q, Matrix k, float scale, Matrix scores)
{
    for (size_t cell = 0; cell < q.rows * k.rows; cell++) {
        size_t i = cell / k.rows, j = cell % k.rows;
        double product = dot(matrix_row(q, i), 1, matrix_row(k, j), 1, k.cols);
        matrix_row(scores, i)[j] = (float)(product * scale);
    }
}

Status attention_scores(Matrix q, Matrix k, float scale, Matrix scores)
{
    if (q.cols != k.cols || q.cols == 0)
        return refuse("attention_scores", "d_k must be 1 or more, and the same", q, k);
    if (scores.rows != q.rows || scores.cols != k.rows)
        return refuse("attention_scores", "scores is not T_q x T_k", scores, k);
    fill_scores(q, k, scale, scores);
    return STATUS_OK;
}

/* Scores to weights: exp(score - log-sum-exp). */
static void weigh(Matrix scores)
{
    for (size_t i = 0; i < scores.rows; i++) {
        float *row = matrix_row(scores, i);
        double total = 0.0, lse = log_sum_exp(row, scores.cols);
        for (size_t j = 0; j < scores.cols; j++)
            total += row[j] = row[j] == -INFINITY ? 0.0f : (float)exp(row[j] - lse);
        for (size_t j = 0; j < scores.cols; j++)
            row[j] = (float)(total == 0.0 ? 0.0 : row[j] / total); /* what rounding left */
    }
}

Status scaled_dot_product_attention(Matrix q, Matrix k, Matrix v, float scale, Matrix weights,
                                    Matrix out)
{
    Status status = attention_expect_shapes("scaled_dot_product_attention", q, k, v, weights, out);
    if (status != STATUS_OK)
        return status;
    fill_scores(q, k, scale, weights);
    weigh(weights);
    for (size_t i = 0; i < out.rows; i++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, i)[c] = 0.0f;
    for (size_t j = 0; j < v.rows; j++)
        for (size_t i = 0; i < out.rows; i++)
            for (size_t c = 0; c < out.cols; c++)
                matrix_row(out, i)[c] += matrix_row(weights, i)[j] * matrix_row(v, j)[c];
    return STATUS_OK;
}

/* factor x W */
static Status project_scaled(const char *name, Matrix x, Matrix w, float factor, Matrix *result)
{
    *result = NO_MATRIX;
    if (w.rows != x.cols)
        return fail(STATUS_SHAPE, "project: the sequence is %zux%zu and %s is %zux%zu", x.rows,
                    x.cols, name, w.rows, w.cols);
    Status status = matrix_create(x.rows, w.cols, result);
    if (status != STATUS_OK)
        return status;
    for (size_t j = 0; j < w.cols; j++)
        for (size_t t = 0; t < x.rows; t++)
            matrix_row(*result, t)[j] =
                (float)(factor * dot(matrix_row(x, t), 1, w.data + j, w.stride, w.rows));
    return STATUS_OK;
}

Status project(const char *name, Matrix x, Matrix w, Matrix *result)
{
    return project_scaled(name, x, w, 1.0f, result);
}

Status self_attention(Matrix x, Matrix w_q, Matrix w_k, Matrix w_v, Matrix weights, Matrix out)
{
    Matrix q, k = NO_MATRIX, v = NO_MATRIX;
    Status status = project_scaled("w_q", x, w_q, attention_scale(w_q.cols), &q);
    if (status == STATUS_OK)
        status = project("w_k", x, w_k, &k);
    if (status == STATUS_OK)
        status = project("w_v", x, w_v, &v);
    if (status == STATUS_OK)
        status = scaled_dot_product_attention(q, k, v, 1.0f, weights, out);
    matrix_free(&v);
    matrix_free(&k);
    matrix_free(&q);
    return status;
}

/* The mean square less the squared mean, in double. */
static double deviation(Matrix scores)
{
    double sum = 0.0, squares = 0.0, count = (double)scores.rows * (double)scores.cols;
    for (size_t i = 0; i < scores.rows; i++) {
        const float *row = matrix_row(scores, i);
        for (size_t j = 0; j < scores.cols; j++)
            sum += row[j];
        squares += dot(row, 1, row, 1, scores.cols);
    }
    return sqrt(fmax(0.0, squares / count - sum / count * sum / count));
}

/* log2 of the sum of exponentials, less the mean score in bits: the entropy before the softmax. */
static double bits(Matrix scores)
{
    double sum = 0.0;
    for (size_t i = 0; i < scores.rows; i++) {
        const float *row = matrix_row(scores, i);
        double lse = log_sum_exp(row, scores.cols);
        for (size_t j = 0; j < scores.cols; j++)
            sum += exp(row[j] - lse) * (lse - row[j]);
    }
    return sum / log(2.0) / (double)scores.rows;
}

Status measure_scale(Matrix q, Matrix k, float scale, ScoreSpread *result)
{
    Matrix scores = NO_MATRIX;
    if (q.rows * k.rows == 0)
        return refuse("measure_scale: q is", "there is no score", q, k);
    Status status = matrix_create(q.rows, k.rows, &scores);
    if (status == STATUS_OK)
        status = attention_scores(q, k, scale, scores);
    if (status == STATUS_OK)
        *result = (ScoreSpread){(float)deviation(scores), (float)bits(scores)};
    matrix_free(&scores);
    return status;
}

LayerCost self_attention_cost(size_t tokens, size_t d)
{
    LayerCost cost = {.steps = 1, .path = 1};
    for (int product = 0; product < 2; product++)
        cost.multiplications += (double)tokens * (double)tokens * (double)d;
    return cost;
}

LayerCost recurrent_cost(size_t tokens, size_t d)
{
    double one_step = (double)d * (double)d;
    size_t last = tokens == 0 ? 0 : tokens - 1;
    return (LayerCost){(double)tokens * one_step, tokens, last};
}
