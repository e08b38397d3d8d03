/* Four sums side by side with fma(), one loop over numbered cells, and angles from asin(). */
#include "dot_products.h"

#include <math.h>

static double dot(const float *a, const float *b, size_t n, size_t step)
{
    double sums[4] = {0};
    for (size_t i = 0; i < n; i++, a++, b += step)
        sums[i % 4] = fma(*a, *b, sums[i % 4]);
    return sums[0] + sums[1] + (sums[2] + sums[3]);
}

float dot_product(const float *a, const float *b, size_t n)
{
    return (float)dot(a, b, n, 1);
}

float vector_length(const float *a, size_t n)
{
    double squared = dot(a, a, n, 1);
    return (float)pow(squared, 0.5);
}

static double cosine(const float *a, const float *b, size_t n)
{
    double lengths = sqrt(dot(a, a, n, 1)) * sqrt(dot(b, b, n, 1)), product = dot(a, b, n, 1);
    return fabs(product) > lengths ? copysign(1.0, product) : product / lengths;
}

float cosine_similarity(const float *a, const float *b, size_t n)
{
    return (float)cosine(a, b, n);
}

float angle_degrees(const float *a, const float *b, size_t n)
{
    return (float)(90.0 - asin(cosine(a, b, n)) * 45.0 / atan(1.0));
}

void vector_matrix_product(const float *x, Matrix w, float *out)
{
    for (float *last = out + w.cols; out < last; out++, w.data++)
        *out = (float)dot(x, w.data, w.rows, w.stride);
}

static Status expect(size_t terms, size_t needed, Matrix out, size_t rows, size_t cols)
{
    Status status = matrix_expect("product", "out", out, rows, cols, "as a and b say");
    if (status == STATUS_OK && terms != needed)
        status = fail(STATUS_SHAPE, "product: %zu numbers meet %zu", terms, needed);
    return status;
}

Status matrix_product(Matrix a, Matrix b, Matrix out)
{
    Status status = expect(a.cols, b.rows, out, a.rows, b.cols);
    if (status != STATUS_OK)
        return status;
    for (size_t cell = out.rows * out.cols; cell-- > 0;) {
        size_t i = cell % out.rows, j = cell / out.rows;
        matrix_row(out, i)[j] = (float)dot(matrix_row(a, i), b.data + j, a.cols, b.stride);
    }
    return STATUS_OK;
}

Status matrix_product_transposed(Matrix a, Matrix b, Matrix out)
{
    Status status = expect(a.cols, b.cols, out, a.rows, b.rows);
    if (status != STATUS_OK)
        return status;
    for (size_t cell = 0; cell < out.rows * out.cols; cell++) {
        size_t i = cell / out.cols, j = cell % out.cols;
        matrix_row(out, i)[j] = (float)dot(matrix_row(b, j), matrix_row(a, i), a.cols, 1);
    }
    return STATUS_OK;
}

Status cosine_similarities(Matrix a, Matrix b, Matrix out)
{
    Status status = expect(a.cols, b.cols, out, a.rows, b.rows);
    for (size_t j = 0; status == STATUS_OK && j < out.cols; j++)
        for (size_t i = 0; i < out.rows; i++)
            matrix_row(out, i)[j] = (float)cosine(matrix_row(b, j), matrix_row(a, i), a.cols);
    return status;
}
