#include "dot_products.h"

#include <math.h>

static const double DEGREES_PER_RADIAN = 57.29577951308232;

/* The dot product, kept in double: a float sum of many terms loses the small ones. */
static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

float dot_product(const float *a, const float *b, size_t n)
{
    return (float)dot(a, b, n);
}

float vector_length(const float *a, size_t n)
{
    return (float)sqrt(dot(a, a, n));
}

/* The cosine, kept in double, and never beyond -1 or 1. */
static double cosine(const float *a, const float *b, size_t n)
{
    double similarity = dot(a, b, n) / (sqrt(dot(a, a, n)) * sqrt(dot(b, b, n)));
    /* Rounding may carry it a hair past the ends, where acos() is not defined. */
    if (similarity > 1.0)
        return 1.0;
    return similarity < -1.0 ? -1.0 : similarity;
}

float cosine_similarity(const float *a, const float *b, size_t n)
{
    return (float)cosine(a, b, n);
}

float angle_degrees(const float *a, const float *b, size_t n)
{
    return (float)(acos(cosine(a, b, n)) * DEGREES_PER_RADIAN);
}

/* The dot product of x with one column of W: its numbers stand a whole row apart. */
static float dot_with_column(const float *x, Matrix w, size_t column)
{
    double sum = 0.0;
    for (size_t i = 0; i < w.rows; i++)
        sum += (double)x[i] * matrix_row(w, i)[column];
    return (float)sum;
}

void vector_matrix_product(const float *x, Matrix w, float *out)
{
    for (size_t j = 0; j < w.cols; j++)
        out[j] = dot_with_column(x, w, j);
}

/* The shapes of a product of two factors. */
static Status expect_factors(Matrix a, Matrix b, Matrix out)
{
    if (a.cols != b.rows)
        return fail(STATUS_SHAPE,
                    "matrix_product: a is %zux%zu and b is %zux%zu, but a needs as many columns "
                    "as b has rows",
                    a.rows, a.cols, b.rows, b.cols);
    return matrix_expect("matrix_product", "out", out, a.rows, b.cols, "rows of a x columns of b");
}

Status matrix_product(Matrix a, Matrix b, Matrix out)
{
    Status status = STATUS_OK;
    TRY(expect_factors(a, b, out));
    for (size_t i = 0; i < a.rows; i++)
        vector_matrix_product(matrix_row(a, i), b, matrix_row(out, i));
done:
    return status;
}

/* The shapes of a comparison of every row of a with every row of b. */
static Status expect_row_pairs(const char *function, Matrix a, Matrix b, Matrix out)
{
    if (a.cols != b.cols)
        return fail(STATUS_SHAPE,
                    "%s: a is %zux%zu and b is %zux%zu, but their rows must be equally long",
                    function, a.rows, a.cols, b.rows, b.cols);
    return matrix_expect(function, "out", out, a.rows, b.rows, "rows of a x rows of b");
}

Status matrix_product_transposed(Matrix a, Matrix b, Matrix out)
{
    Status status = STATUS_OK;
    TRY(expect_row_pairs("matrix_product_transposed", a, b, out));
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < b.rows; j++)
            matrix_row(out, i)[j] = dot_product(matrix_row(a, i), matrix_row(b, j), a.cols);
done:
    return status;
}

Status cosine_similarities(Matrix a, Matrix b, Matrix out)
{
    Status status = STATUS_OK;
    TRY(expect_row_pairs("cosine_similarities", a, b, out));
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < b.rows; j++)
            matrix_row(out, i)[j] = cosine_similarity(matrix_row(a, i), matrix_row(b, j), a.cols);
done:
    return status;
}
