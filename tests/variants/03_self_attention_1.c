/* Self-attention from nothing: plain loops, sums in float, no function of chapters 1 and 2. */
#include "self_attention.h"

#include "extra.h"

#include <math.h>
#include <stdbool.h>

static float *at(Matrix m, size_t row, size_t column)
{
    return &m.data[row * m.stride + column];
}

static bool is_shaped(Matrix m, size_t rows, size_t cols)
{
    return m.rows == rows && m.cols == cols;
}

float attention_scale(size_t d_k)
{
    return 1.0f / sqrtf((float)d_k);
}

static Status check_widths(const char *function, Matrix q, Matrix k)
{
    if (q.cols == k.cols && k.cols != 0)
        return STATUS_OK;
    return fail(STATUS_SHAPE,
                q.cols == 0 && k.cols == 0
                    ? "%s: q is %zux%zu, k is %zux%zu; d_k must be 1 or more"
                    : "%s: q is %zux%zu and k is %zux%zu, but queries and keys are compared",
                function, q.rows, q.cols, k.rows, k.cols);
}

static Status check_shape(const char *function, const char *name, Matrix m, size_t rows,
                          size_t cols)
{
    return is_shaped(m, rows, cols) ? STATUS_OK
                                    : fail(STATUS_SHAPE, "%s: %s is %zux%zu, expected %zux%zu",
                                           function, name, m.rows, m.cols, rows, cols);
}

/* The scores, with shapes that are known to fit. */
static void compare(Matrix q, Matrix k, float scale, Matrix scores)
{
    for (size_t j = 0; j < k.rows; j++)
        for (size_t i = 0; i < q.rows; i++) {
            float sum = 0.0f;
            for (size_t c = 0; c < q.cols; c++)
                sum += *at(q, i, c) * *at(k, j, c);
            *at(scores, i, j) = scale * sum;
        }
}

Status attention_scores(Matrix q, Matrix k, float scale, Matrix scores)
{
    Status status = check_widths("attention_scores", q, k);
    if (status == STATUS_OK)
        status = check_shape("attention_scores", "scores", scores, q.rows, k.rows);
    if (status == STATUS_OK)
        compare(q, k, scale, scores);
    return status;
}

Status attention_expect_shapes(const char *function, Matrix q, Matrix k, Matrix v, Matrix weights,
                               Matrix out)
{
    Status status = check_widths(function, q, k);
    if (status == STATUS_OK && k.rows != v.rows)
        status = fail(STATUS_SHAPE, "%s: k is %zux%zu and v is %zux%zu, so there are more of one",
                      function, k.rows, k.cols, v.rows, v.cols);
    if (status == STATUS_OK)
        status = check_shape(function, "weights", weights, q.rows, k.rows);
    if (status == STATUS_OK)
        status = check_shape(function, "out", out, q.rows, v.cols);
    return status;
}

static void normalise(float *row, size_t n)
{
    float greatest = -INFINITY, sum = 0.0f;
    for (size_t j = 0; j < n; j++)
        greatest = row[j] > greatest || isnan(row[j]) ? row[j] : greatest;
    for (size_t j = 0; j < n; j++)
        sum += row[j] = greatest == -INFINITY ? 0.0f : expf(row[j] - greatest);
    for (size_t j = 0; j < n; j++)
        row[j] /= greatest == -INFINITY ? 1.0f : sum;
}

Status scaled_dot_product_attention(Matrix q, Matrix k, Matrix v, float scale, Matrix weights,
                                    Matrix out)
{
    Status status = attention_expect_shapes("scaled_dot_product_attention", q, k, v, weights, out);
    if (status != STATUS_OK)
        return status;
    compare(q, k, scale, weights);
    for (size_t i = 0; i < q.rows; i++) {
        normalise(at(weights, i, 0), k.rows);
        for (size_t c = 0; c < v.cols; c++) {
            float sum = 0.0f;
            for (size_t j = 0; j < v.rows; j++)
                sum += *at(weights, i, j) * *at(v, j, c);
            *at(out, i, c) = sum;
        }
    }
    return STATUS_OK;
}

Status project(const char *name, Matrix x, Matrix w, Matrix *result)
{
    *result = NO_MATRIX;
    if (x.cols != w.rows)
        return fail(STATUS_SHAPE, "project: the sequence is %zux%zu, %s is %zux%zu", x.rows, x.cols,
                    name, w.rows, w.cols);
    Status status = matrix_create(x.rows, w.cols, result);
    for (size_t t = 0; status == STATUS_OK && t < x.rows; t++)
        for (size_t i = 0; i < x.cols; i++)
            for (size_t j = 0; j < w.cols; j++)
                *at(*result, t, j) += *at(x, t, i) * *at(w, i, j);
    return status;
}

Status self_attention(Matrix x, Matrix w_q, Matrix w_k, Matrix w_v, Matrix weights, Matrix out)
{
    static const char *const NAMES[] = {"w_q", "w_k", "w_v"};
    const Matrix w[] = {w_q, w_k, w_v};
    Matrix projected[3] = {NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status = STATUS_OK;
    for (size_t i = 0; i < 3 && status == STATUS_OK; i++)
        status = project(NAMES[i], x, w[i], &projected[i]);
    if (status == STATUS_OK)
        status = scaled_dot_product_attention(projected[0], projected[1], projected[2],
                                              attention_scale(w_k.cols), weights, out);
    for (size_t i = 0; i < 3; i++)
        matrix_free(&projected[i]);
    return status;
}

static float deviation(Matrix scores)
{
    float sum = 0.0f, squares = 0.0f, count = (float)(scores.rows * scores.cols);
    for (size_t i = 0; i < scores.rows * scores.cols; i++)
        sum += scores.data[i];
    for (size_t i = 0; i < scores.rows * scores.cols; i++)
        squares += (scores.data[i] - sum / count) * (scores.data[i] - sum / count);
    return sqrtf(squares / count);
}

static float entropy(const float *weights, size_t n)
{
    float bits = 0.0f;
    for (size_t j = 0; j < n; j++)
        bits -= weights[j] > 0.0f ? weights[j] * log2f(weights[j]) : 0.0f;
    return bits;
}

Status measure_scale(Matrix q, Matrix k, float scale, ScoreSpread *result)
{
    if (q.rows == 0 || k.rows == 0)
        return fail(STATUS_SHAPE, "measure_scale: q is %zux%zu, k is %zux%zu: no score", q.rows,
                    q.cols, k.rows, k.cols);
    Matrix scores;
    Status status = matrix_create(q.rows, k.rows, &scores);
    if (status == STATUS_OK)
        status = attention_scores(q, k, scale, scores);
    if (status == STATUS_OK) {
        *result = (ScoreSpread){.deviation = deviation(scores)};
        for (size_t i = 0; i < scores.rows; i++) {
            normalise(at(scores, i, 0), scores.cols);
            result->entropy += entropy(at(scores, i, 0), scores.cols) / (float)scores.rows;
        }
    }
    matrix_free(&scores);
    return status;
}

LayerCost self_attention_cost(size_t tokens, size_t d)
{
    double scores = (double)tokens * (double)tokens;
    return (LayerCost){scores * (double)d + scores * (double)d, 1, 1};
}

LayerCost recurrent_cost(size_t tokens, size_t d)
{
    LayerCost cost = {(double)tokens * (double)d * (double)d, tokens, 0};
    if (tokens > 0)
        cost.path = tokens - 1;
    return cost;
}
