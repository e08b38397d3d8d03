/* Self-attention one query at a time, with the one-pass softmax; queries, keys and values are the
 * columns of one matrix. */
#include "self_attention.h"

#include "dot_products.h"
#include "extra.h"
#include "softmax.h"

#include <math.h>

float attention_scale(size_t d_k)
{
    return (float)pow((double)d_k, -0.5);
}

Status attention_expect_shapes(const char *function, Matrix q, Matrix k, Matrix v, Matrix weights,
                               Matrix out)
{
    if (q.cols == 0 && k.cols == 0)
        return fail(STATUS_SHAPE, "%s: d_k is 0, but d_k must be 1 or more", function);
    if (q.cols != k.cols)
        return fail(STATUS_SHAPE,
                    "%s: q is %zux%zu and k is %zux%zu, but queries and keys need one d_k",
                    function, q.rows, q.cols, k.rows, k.cols);
    if (k.rows != v.rows)
        return fail(STATUS_SHAPE, "%s: k is %zux%zu and v is %zux%zu, but each key needs its value",
                    function, k.rows, k.cols, v.rows, v.cols);
    Status status = matrix_expect(function, "out", out, q.rows, v.cols, "T_q x d_v");
    return status == STATUS_OK
               ? matrix_expect(function, "weights", weights, q.rows, k.rows, "T_q x T_k")
               : status;
}

/* How well each key answers one query. */
static void ask(const float *query, Matrix k, float scale, float *scores)
{
    for (size_t j = 0; j < k.rows; j++)
        scores[j] = scale * dot_product(query, matrix_row(k, j), k.cols);
}

Status attention_scores(Matrix q, Matrix k, float scale, Matrix scores)
{
    const Matrix no_values = {NULL, k.rows, 0, 0}, no_result = {NULL, q.rows, 0, 0};
    Status status =
        matrix_expect("attention_scores", "scores", scores, q.rows, k.rows, "T_q x T_k");
    if (status == STATUS_OK)
        status = attention_expect_shapes("attention_scores", q, k, no_values, scores, no_result);
    for (size_t i = 0; status == STATUS_OK && i < q.rows; i++)
        ask(matrix_row(q, i), k, scale, matrix_row(scores, i));
    return status;
}

/* Scores become weights, in place. */
static void weigh(float *row, size_t n)
{
    OnlineSoftmax seen = online_softmax_start();
    for (size_t j = 0; j < n; j++)
        online_softmax_add(&seen, row[j]);
    for (size_t j = 0; j < n; j++)
        row[j] = online_softmax_weight(seen, row[j]);
}

Status scaled_dot_product_attention(Matrix q, Matrix k, Matrix v, float scale, Matrix weights,
                                    Matrix out)
{
    Status status = attention_expect_shapes("scaled_dot_product_attention", q, k, v, weights, out);
    for (size_t i = 0; status == STATUS_OK && i < q.rows; i++) {
        ask(matrix_row(q, i), k, scale, matrix_row(weights, i));
        weigh(matrix_row(weights, i), k.rows);
        vector_matrix_product(matrix_row(weights, i), v, matrix_row(out, i));
    }
    return status;
}

/* Writes x W to an existing matrix. */
static Status project_into(const char *name, Matrix x, Matrix w, Matrix result)
{
    if (x.cols != w.rows)
        return fail(STATUS_SHAPE,
                    "project: the sequence is %zux%zu and %s is %zux%zu, but d_model is both the "
                    "columns of the one and the rows of the other",
                    x.rows, x.cols, name, w.rows, w.cols);
    for (size_t t = 0; t < x.rows; t++)
        vector_matrix_product(matrix_row(x, t), w, matrix_row(result, t));
    return STATUS_OK;
}

Status project(const char *name, Matrix x, Matrix w, Matrix *result)
{
    Status status = matrix_create(x.rows, w.cols, result);
    if (status == STATUS_OK)
        status = project_into(name, x, w, *result);
    if (status != STATUS_OK)
        matrix_free(result);
    return status;
}

/* The next block of columns of a matrix, which is large enough. */
static Matrix take_columns(Matrix all, size_t *first, size_t count)
{
    Matrix block = {all.data + *first, all.rows, count, all.stride};
    *first += count;
    return block;
}

Status self_attention(Matrix x, Matrix w_q, Matrix w_k, Matrix w_v, Matrix weights, Matrix out)
{
    size_t first = 0;
    Matrix all;
    Status status = matrix_create(x.rows, w_q.cols + w_k.cols + w_v.cols, &all);
    if (status != STATUS_OK)
        return status;
    Matrix q = take_columns(all, &first, w_q.cols), k = take_columns(all, &first, w_k.cols);
    Matrix v = take_columns(all, &first, w_v.cols);
    status = project_into("w_q", x, w_q, q);
    if (status == STATUS_OK)
        status = project_into("w_k", x, w_k, k);
    if (status == STATUS_OK)
        status = project_into("w_v", x, w_v, v);
    if (status == STATUS_OK)
        status = scaled_dot_product_attention(q, k, v, attention_scale(k.cols), weights, out);
    matrix_free(&all);
    return status;
}

/* What is known of some numbers after each of them (Welford 1962). */
typedef struct Moments {
    double count, mean, squares;
} Moments;

static Moments take(Moments seen, double number)
{
    double away = number - seen.mean;
    seen.count += 1.0;
    seen.mean += away / seen.count;
    seen.squares += away * (number - seen.mean);
    return seen;
}

Status measure_scale(Matrix q, Matrix k, float scale, ScoreSpread *result)
{
    Matrix scores;
    Moments seen = {0.0, 0.0, 0.0};
    double bits = 0.0;
    if (q.rows == 0 || k.rows == 0 || q.cols != k.cols || k.cols == 0)
        return fail(STATUS_SHAPE, "measure_scale: q is %zux%zu and k is %zux%zu", q.rows, q.cols,
                    k.rows, k.cols);
    Status status = matrix_create(1, k.rows, &scores);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < q.rows; i++) {
        ask(matrix_row(q, i), k, scale, scores.data);
        for (size_t j = 0; j < k.rows; j++)
            seen = take(seen, scores.data[j]);
        weigh(scores.data, k.rows);
        bits += entropy_bits(scores.data, k.rows);
    }
    matrix_free(&scores);
    result->deviation = (float)sqrt(seen.squares / seen.count);
    result->entropy = (float)(bits / (double)q.rows);
    return STATUS_OK;
}

LayerCost self_attention_cost(size_t tokens, size_t d)
{
    return (LayerCost){
        .path = 1, .steps = 1, .multiplications = 2.0 * pow((double)tokens, 2.0) * (double)d};
}

LayerCost recurrent_cost(size_t tokens, size_t d)
{
    return (LayerCost){.path = tokens - (tokens != 0),
                       .steps = tokens,
                       .multiplications = pow((double)d, 2.0) * (double)tokens};
}
