/*
 * No double anywhere: two floats keep a sum, and the second one what the first one lost to rounding
 * (Ogita, Rump and Oishi 2005, "Accurate Sum and Dot Product", section 5). Lengths are taken of
 * vectors divided by a power of two, and angles from the distance of the two unit vectors.
 */
#include "dot_products.h"

#include <math.h>

/* The number sum + lost. */
typedef struct Sum {
    float sum;
    float lost;
} Sum;

static void add_product(Sum *s, float a, float b)
{
    float product = a * b, before = s->sum, after = before + product;
    float shifted = after - before;
    s->sum = after;
    s->lost += (before - (after - shifted)) + (product - shifted); /* lost in the sum */
    s->lost += fmaf(a, b, -product);                               /* lost in the product */
}

static float total(Sum s)
{
    return isfinite(s.sum) ? s.sum + s.lost : s.sum;
}

float dot_product(const float *a, const float *b, size_t n)
{
    Sum s = {0.0f, 0.0f};
    for (size_t i = 0; i < n; i++)
        add_product(&s, a[i], b[i]);
    return total(s);
}

/* The power of two that the largest number of a is about. */
static int exponent_of(const float *a, size_t n)
{
    float size = 0.0f;
    int exponent = 0;
    for (size_t i = 0; i < n; i++)
        if (fabsf(a[i]) > size || isnan(a[i]))
            size = fabsf(a[i]);
    if (isfinite(size))
        frexpf(size, &exponent);
    return exponent;
}

/* The dot product of a and b, each divided by its power of two. */
static float scaled(const float *a, const float *b, size_t n)
{
    Sum s = {0.0f, 0.0f};
    int a_exponent = exponent_of(a, n), b_exponent = exponent_of(b, n);
    for (size_t i = 0; i < n; i++)
        add_product(&s, ldexpf(a[i], -a_exponent), ldexpf(b[i], -b_exponent));
    return total(s);
}

float vector_length(const float *a, size_t n)
{
    return ldexpf(sqrtf(scaled(a, a, n)), exponent_of(a, n));
}

float cosine_similarity(const float *a, const float *b, size_t n)
{
    float similarity = scaled(a, b, n) / sqrtf(scaled(a, a, n)) / sqrtf(scaled(b, b, n));
    if (similarity > 1.0f || similarity < -1.0f)
        similarity = copysignf(1.0f, similarity);
    return similarity;
}

/* The length of u + sign v, where u and v have length 1 and the directions of a and b. */
static float distance(const float *a, const float *b, size_t n, float sign)
{
    Sum s = {0.0f, 0.0f};
    float a_length = vector_length(a, n), b_length = vector_length(b, n);
    for (size_t i = 0; i < n; i++) {
        float step = a[i] / a_length + sign * b[i] / b_length;
        add_product(&s, step, step);
    }
    return sqrtf(total(s));
}

float angle_degrees(const float *a, const float *b, size_t n)
{
    float half = atan2f(distance(a, b, n, -1.0f), distance(a, b, n, 1.0f));
    return half * 2.0f * 57.2957795f;
}

static float element_of_product(const float *row, Matrix b, size_t column)
{
    Sum s = {0.0f, 0.0f};
    for (size_t i = 0; i < b.rows; i++)
        add_product(&s, row[i], b.data[i * b.stride + column]);
    return total(s);
}

void vector_matrix_product(const float *x, Matrix w, float *out)
{
    for (size_t j = 0; j < w.cols; j++)
        out[j] = element_of_product(x, w, j);
}

Status matrix_product(Matrix a, Matrix b, Matrix out)
{
    if (out.rows != a.rows || out.cols != b.cols || a.cols != b.rows)
        return fail(STATUS_SHAPE, "(%zux%zu)(%zux%zu) is not %zux%zu", a.rows, a.cols, b.rows,
                    b.cols, out.rows, out.cols);
    for (size_t j = 0; j < b.cols; j++)
        for (size_t i = 0; i < a.rows; i++)
            matrix_row(out, i)[j] = element_of_product(matrix_row(a, i), b, j);
    return STATUS_OK;
}

static Status expect_table(Matrix a, Matrix b, Matrix out)
{
    if (a.cols == b.cols && out.rows == a.rows && out.cols == b.rows)
        return STATUS_OK;
    return fail(STATUS_SHAPE, "%zux%zu and %zux%zu do not make %zux%zu", a.rows, a.cols, b.rows,
                b.cols, out.rows, out.cols);
}

Status matrix_product_transposed(Matrix a, Matrix b, Matrix out)
{
    Status status = expect_table(a, b, out);
    for (size_t i = 0; status == STATUS_OK && i < a.rows; i++)
        for (size_t j = 0; j < b.rows; j++)
            out.data[i * out.stride + j] =
                dot_product(a.data + i * a.stride, b.data + j * b.stride, a.cols);
    return status;
}

Status cosine_similarities(Matrix a, Matrix b, Matrix out)
{
    Status status = expect_table(a, b, out);
    for (size_t j = 0; status == STATUS_OK && j < b.rows; j++)
        for (size_t i = 0; i < a.rows; i++)
            matrix_row(out, i)[j] = cosine_similarity(matrix_row(b, j), matrix_row(a, i), b.cols);
    return status;
}
