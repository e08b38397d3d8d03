/*
 * The products without a dot product: x W is a sum of the rows of W, each times one number of x.
 * The sums of a few columns at a time stand side by side in doubles. Pointers in place of indices.
 */
#include "dot_products.h"

#include <math.h>

enum { BLOCK = 5 };

static double backwards(const float *a, const float *b, size_t n)
{
    return n == 0 ? 0.0 : (double)a[n - 1] * (double)b[n - 1] + backwards(a, b, n - 1);
}

float dot_product(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (const float *end = a + n; a != end;)
        sum += (double)*a++ * (double)*b++;
    return (float)sum;
}

float vector_length(const float *a, size_t n)
{
    double length = 0.0;
    while (n-- > 0)
        length = hypot(length, *a++);
    return (float)length;
}

static double clamp(double x)
{
    return x > 1.0 ? 1.0 : x < -1.0 ? -1.0 : x;
}

/* One root in place of two: the squares of floats are far from the ends of a double. */
static double cosine(const float *a, const float *b, size_t n)
{
    double squares = backwards(a, a, n) * backwards(b, b, n);
    return clamp(backwards(a, b, n) / sqrt(squares));
}

float cosine_similarity(const float *a, const float *b, size_t n)
{
    return (float)cosine(a, b, n);
}

float angle_degrees(const float *a, const float *b, size_t n)
{
    return (float)(90.0 - asin(cosine(a, b, n)) * 90.0 / asin(1.0));
}

/* Columns `first` to `first + count` of x W. */
static void some_columns(const float *x, Matrix w, size_t first, size_t count, float *out)
{
    double sums[BLOCK] = {0.0};
    const float *row = w.data + first;
    for (size_t i = 0; i < w.rows; i++, row += w.stride)
        for (size_t j = 0; j < count; j++)
            sums[j] += (double)x[i] * (double)row[j];
    for (size_t j = 0; j < count; j++)
        out[first + j] = (float)sums[j];
}

void vector_matrix_product(const float *x, Matrix w, float *out)
{
    for (size_t first = 0; first < w.cols; first += BLOCK)
        some_columns(x, w, first, w.cols - first < BLOCK ? w.cols - first : BLOCK, out);
}

Status matrix_product(Matrix a, Matrix b, Matrix out)
{
    Status status =
        matrix_expect("matrix_product", "b", b, a.cols, b.cols, "as many rows as a has columns");
    if (status == STATUS_OK)
        status = matrix_expect("matrix_product", "out", out, a.rows, b.cols, "rows x columns");
    float *x = a.data, *y = out.data;
    for (size_t left = a.rows; status == STATUS_OK && left > 0; left--) {
        vector_matrix_product(x, b, y);
        x += a.stride;
        y += out.stride;
    }
    return status;
}

static Status expect_table(Matrix a, Matrix b, Matrix out)
{
    Status status = matrix_expect("a table", "b", b, b.rows, a.cols, "rows as long as those of a");
    return status != STATUS_OK
               ? status
               : matrix_expect("a table", "out", out, a.rows, b.rows, "rows of a x rows of b");
}

/* Down the rows of B first: one row of A after the other fills a row of the result. */
Status matrix_product_transposed(Matrix a, Matrix b, Matrix out)
{
    Status status = expect_table(a, b, out);
    for (size_t k = 0; status == STATUS_OK && k < a.rows * b.rows; k++) {
        size_t i = k / b.rows, j = k % b.rows;
        matrix_row(out, i)[j] = (float)backwards(matrix_row(b, j), matrix_row(a, i), a.cols);
    }
    return status;
}

Status cosine_similarities(Matrix a, Matrix b, Matrix out)
{
    Status status = expect_table(a, b, out);
    for (size_t k = 0; status == STATUS_OK && k < a.rows * b.rows; k++) {
        size_t i = k % a.rows, j = k / a.rows;
        matrix_row(out, i)[j] = cosine_similarity(matrix_row(b, j), matrix_row(a, i), a.cols);
    }
    return status;
}
