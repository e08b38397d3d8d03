/* No score is stored: each is computed three times, for the maximum, the sum and the weight. */
#include "self_attention.h"

#include <math.h>

float attention_scale(size_t d_k)
{
    return powf((float)d_k, -0.5f);
}

typedef struct Asking {
    const float *query;
    Matrix k;
    double scale;
} Asking;

static double score(const Asking *asking, size_t key)
{
    const float *with = matrix_row(asking->k, key);
    double sum = 0.0;
    for (size_t c = asking->k.cols; c-- > 0;)
        sum += (double)asking->query[c] * (double)with[c];
    return isfinite(sum) ? sum * asking->scale : NAN;
}

static void weigh(const Asking *asking, float *weights)
{
    double greatest = -INFINITY, sum = 0.0;
    for (size_t j = 0; j < asking->k.rows; j++)
        greatest = fmax(greatest, score(asking, j));
    for (size_t j = 0; j < asking->k.rows; j++)
        sum += exp(score(asking, j) - greatest);
    for (size_t j = 0; j < asking->k.rows; j++)
        weights[j] = (float)(exp(score(asking, j) - greatest) / sum);
}

Status scaled_dot_product_attention(Matrix q, Matrix k, Matrix v, float scale, Matrix weights,
                                    Matrix out)
{
    if (q.cols == 0 || q.cols != k.cols || k.rows != v.rows || weights.rows != q.rows ||
        weights.cols != k.rows || out.rows != q.rows || out.cols != v.cols)
        return fail(STATUS_SHAPE, "scaled_dot_product_attention: something does not fit");
    for (size_t i = 0; i < q.rows; i++) {
        Asking asking = {matrix_row(q, i), k, scale};
        weigh(&asking, matrix_row(weights, i));
    }
    for (size_t c = 0; c < v.cols; c++)
        for (size_t i = 0; i < q.rows; i++) {
            double sum = 0.0;
            for (size_t j = 0; j < v.rows; j++)
                sum += (double)matrix_row(weights, i)[j] * (double)matrix_row(v, j)[c];
            matrix_row(out, i)[c] = (float)sum;
        }
    return STATUS_OK;
}

Status project(const char *name, Matrix x, Matrix w, Matrix *result)
{
    Status status = matrix_create(x.rows, w.cols, result);
    if (status == STATUS_OK && x.cols != w.rows) {
        matrix_free(result);
        return fail(STATUS_SHAPE, "project: %zu columns meet the %zu rows of %s", x.cols, w.rows,
                    name);
    }
    for (size_t cell = 0; status == STATUS_OK && cell < x.rows * w.cols; cell++) {
        double sum = 0.0;
        for (size_t i = 0; i < w.rows; i++)
            sum +=
                (double)matrix_row(x, cell / w.cols)[i] * (double)matrix_row(w, i)[cell % w.cols];
        result->data[cell] = (float)sum;
    }
    return status;
}
