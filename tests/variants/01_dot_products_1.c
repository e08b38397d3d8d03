/*
 * One dot product with steps, as BLAS has it, serves rows and columns alike. It halves its vectors
 * until single products are left. Angles come from atan2(), by way of the sine.
 */
#include "dot_products.h"

#include <math.h>

/* Numbers of a vector that stand `step` floats apart. */
typedef struct Strided {
    const float *first;
    size_t step;
} Strided;

static Strided after(Strided v, size_t count)
{
    return (Strided){v.first + count * v.step, v.step};
}

static double dot(size_t n, Strided a, Strided b)
{
    if (n < 2)
        return n == 0 ? 0.0 : (double)*a.first * (double)*b.first;
    size_t half = n / 2;
    return dot(half, a, b) + dot(n - half, after(a, half), after(b, half));
}

static Strided dense(const float *a)
{
    return (Strided){a, 1};
}

static double compare(const float *a, const float *b, size_t n)
{
    return dot(n, dense(a), dense(b));
}

float dot_product(const float *a, const float *b, size_t n)
{
    return (float)compare(a, b, n);
}

float vector_length(const float *a, size_t n)
{
    return (float)sqrt(compare(a, a, n));
}

/* The cosine and the sine of the angle, both times the two lengths. */
static void cosine_and_sine(const float *a, const float *b, size_t n, double *cosine, double *sine)
{
    double squares = compare(a, a, n) * compare(b, b, n);
    *cosine = compare(a, b, n);
    double rest = squares - *cosine * *cosine;
    *sine = rest < 0.0 ? 0.0 : sqrt(rest);
    if (squares == 0.0)
        *cosine = NAN;
}

float cosine_similarity(const float *a, const float *b, size_t n)
{
    double x, y;
    cosine_and_sine(a, b, n, &x, &y);
    return (float)(x / hypot(x, y));
}

float angle_degrees(const float *a, const float *b, size_t n)
{
    double x, y;
    cosine_and_sine(a, b, n, &x, &y);
    return (float)(atan2(y, x) * 45.0 / atan(1.0));
}

void vector_matrix_product(const float *x, Matrix w, float *out)
{
    for (size_t j = w.cols; j-- > 0;)
        out[j] = (float)dot(w.rows, (Strided){w.data + j, w.stride}, dense(x));
}

/* Columns outside, rows inside. */
Status matrix_product(Matrix a, Matrix b, Matrix out)
{
    if (a.cols != b.rows)
        return fail(STATUS_SHAPE, "a has %zu columns, b has %zu rows", a.cols, b.rows);
    Status status = matrix_expect("matrix_product", "out", out, a.rows, b.cols, "as a and b say");
    for (size_t j = 0; status == STATUS_OK && j < out.cols; j++)
        for (size_t i = 0; i < out.rows; i++)
            out.data[i * out.stride + j] =
                (float)dot(a.cols, dense(a.data + i * a.stride), (Strided){b.data + j, b.stride});
    return status;
}

typedef float (*Comparison)(const float *a, const float *b, size_t n);

static Status compare_rows(Matrix a, Matrix b, Comparison comparison, Matrix out)
{
    if (a.cols != b.cols)
        return fail(STATUS_SHAPE, "rows of %zu against rows of %zu", a.cols, b.cols);
    Status status = matrix_expect("compare_rows", "out", out, a.rows, b.rows, "as a and b say");
    for (size_t j = 0; status == STATUS_OK && j < out.cols; j++)
        for (size_t i = 0; i < out.rows; i++)
            matrix_row(out, i)[j] = comparison(matrix_row(a, i), matrix_row(b, j), a.cols);
    return status;
}

Status matrix_product_transposed(Matrix a, Matrix b, Matrix out)
{
    return compare_rows(a, b, dot_product, out);
}

Status cosine_similarities(Matrix a, Matrix b, Matrix out)
{
    return compare_rows(a, b, cosine_similarity, out);
}
