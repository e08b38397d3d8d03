/* A vector is a matrix of one row: the small functions call the large one, in long double. */
#include "dot_products.h"

#include <math.h>

typedef struct Table {
    const float *data;
    size_t down, across;
} Table;

static Table by_rows(Matrix m)
{
    return (Table){m.data, m.stride, 1};
}

static Table by_columns(Matrix m)
{
    return (Table){m.data, 1, m.stride};
}

static Table only_row(const float *a)
{
    return (Table){a, 0, 1};
}

static long double meet(Table a, size_t i, Table b, size_t j, size_t n)
{
    long double sum = 0.0L;
    while (n-- > 0)
        sum += (long double)a.data[i * a.down + n * a.across] * b.data[j * b.down + n * b.across];
    return sum;
}

static long double cosine(Table a, size_t i, Table b, size_t j, size_t n)
{
    long double squares = meet(a, i, a, i, n) * meet(b, j, b, j, n);
    long double similarity = meet(a, i, b, j, n) / sqrtl(squares);
    if (isnan(similarity))
        return similarity;
    return fminl(1.0L, fmaxl(-1.0L, similarity));
}

static void fill(Table a, Table b, size_t n, Matrix out,
                 long double (*of)(Table, size_t, Table, size_t, size_t))
{
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++)
            out.data[i * out.stride + j] = (float)of(a, i, b, j, n);
}

float dot_product(const float *a, const float *b, size_t n)
{
    float out;
    fill(only_row(a), only_row(b), n, matrix_view(&out, 1, 1), meet);
    return out;
}

float vector_length(const float *a, size_t n)
{
    return (float)sqrtl(meet(only_row(a), 0, only_row(a), 0, n));
}

float cosine_similarity(const float *a, const float *b, size_t n)
{
    float out;
    fill(only_row(a), only_row(b), n, matrix_view(&out, 1, 1), cosine);
    return out;
}

float angle_degrees(const float *a, const float *b, size_t n)
{
    return (float)(180.0L * acosl(cosine(only_row(a), 0, only_row(b), 0, n)) / acosl(-1.0L));
}

void vector_matrix_product(const float *x, Matrix w, float *out)
{
    fill(only_row(x), by_columns(w), w.rows, matrix_view(out, 1, w.cols), meet);
}

static Status table_of(Matrix a, Matrix b, Matrix out,
                       long double (*of)(Table, size_t, Table, size_t, size_t))
{
    if (a.cols != b.cols || out.rows != a.rows || out.cols != b.rows)
        return fail(STATUS_SHAPE, "a, b and out do not fit");
    fill(by_rows(a), by_rows(b), a.cols, out, of);
    return STATUS_OK;
}

Status matrix_product(Matrix a, Matrix b, Matrix out)
{
    if (a.cols != b.rows || out.rows != a.rows || out.cols != b.cols)
        return fail(STATUS_SHAPE, "a, b and out do not fit");
    fill(by_rows(a), by_columns(b), a.cols, out, meet);
    return STATUS_OK;
}

Status matrix_product_transposed(Matrix a, Matrix b, Matrix out)
{
    return table_of(a, b, out, meet);
}

Status cosine_similarities(Matrix a, Matrix b, Matrix out)
{
    return table_of(a, b, out, cosine);
}
