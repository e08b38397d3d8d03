#include "oracle.h"

#include "assert.h"
#include "matrices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Floats that stand before a random matrix that is a view, and between its rows. */
enum { MARGIN = 3 };

size_t random_cases(void)
{
    const char *quick = getenv("QUICK");
    return quick != NULL && strcmp(quick, "1") == 0 ? 50 : 1000;
}

Table table_create(size_t rows, size_t cols)
{
    return (Table){test_memory(rows * cols, sizeof(double)), rows, cols};
}

static double *at(Table table, size_t r, size_t c)
{
    return &table.data[r * table.cols + c];
}

Table table_of(Matrix matrix)
{
    Table table = table_create(matrix.rows, matrix.cols);
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            *at(table, r, c) = matrix.data[r * matrix.stride + c];
    return table;
}

Table oracle_product(Table a, Table b)
{
    ck_assert_uint_eq(a.cols, b.rows);
    Table product = table_create(a.rows, b.cols);
    for (size_t k = 0; k < a.cols; k++)
        for (size_t i = 0; i < a.rows; i++)
            for (size_t j = 0; j < b.cols; j++)
                *at(product, i, j) += *at(a, i, k) * *at(b, k, j);
    return product;
}

Table oracle_transpose(Table a)
{
    Table transposed = table_create(a.cols, a.rows);
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < a.cols; j++)
            *at(transposed, j, i) = *at(a, i, j);
    return transposed;
}

Table oracle_softmax(Table x, double temperature)
{
    Table weights = table_create(x.rows, x.cols);
    for (size_t i = 0; i < x.rows; i++)
        for (size_t j = 0; j < x.cols; j++) {
            /* 1 / sum of exp(x_k - x_j): another way to the same weight */
            double sum = 0.0;
            if (*at(x, i, j) == -INFINITY)
                continue;
            for (size_t k = 0; k < x.cols; k++)
                sum += exp((*at(x, i, k) - *at(x, i, j)) / temperature);
            *at(weights, i, j) = 1.0 / sum;
        }
    return weights;
}

Table oracle_columns(Table a, size_t first, size_t count)
{
    Table block = table_create(a.rows, count);
    for (size_t i = 0; i < a.rows; i++)
        for (size_t j = 0; j < count; j++)
            *at(block, i, j) = *at(a, i, first + j);
    return block;
}

Table oracle_weights(Table q, Table k, double scale, const Table *allowed, const Table *bias)
{
    Table transposed = oracle_transpose(k);
    Table scores = oracle_product(q, transposed);
    for (size_t i = 0; i < scores.rows; i++)
        for (size_t j = 0; j < scores.cols; j++) {
            *at(scores, i, j) *= scale;
            if (bias != NULL)
                *at(scores, i, j) += *at(*bias, i, j);
            if (allowed != NULL && *at(*allowed, i, j) == 0.0)
                *at(scores, i, j) = -INFINITY;
        }
    return oracle_softmax(scores, 1.0);
}

Table oracle_linear(Table x, Table w, const Table *bias)
{
    Table out = oracle_product(x, w);
    for (size_t i = 0; bias != NULL && i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++)
            *at(out, i, j) += *at(*bias, 0, j);
    return out;
}

/* The margin holds NaN: reading beyond a view brings it into the result. */
Matrix random_matrix(Random *random, size_t rows, size_t cols, double deviation)
{
    size_t gap = random_between(random, 0, 2) == 0 ? MARGIN : 0;
    size_t stride = cols + gap, size = MARGIN + rows * stride;
    float *data = test_memory(size, sizeof *data);
    for (size_t i = 0; i < size; i++)
        data[i] = NAN;
    Matrix matrix = {data + MARGIN, rows, cols, stride};
    random_fill(random, deviation, matrix);
    return matrix;
}

void check_matches(const char *file, int line, const char *name, Matrix matrix, Table table,
                   double tolerance)
{
    double largest = 1.0;
    for (size_t i = 0; i < table.rows * table.cols; i++)
        if (isfinite(table.data[i]))
            largest = fmax(largest, fabs(table.data[i]));
    if (matrix.rows != table.rows || matrix.cols != table.cols)
        fail_at(file, line, "%s is %zux%zu, expected %zux%zu", name, matrix.rows, matrix.cols,
                table.rows, table.cols);
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++) {
            double actual = matrix.data[r * matrix.stride + c], expected = *at(table, r, c);
            bool same = actual == expected || (isnan(actual) && isnan(expected)) ||
                        fabs(actual - expected) <= tolerance * largest;
            if (!same)
                fail_at(file, line, "%s (%zux%zu) at row %zu, column %zu is %.9g, expected %.9g",
                        name, matrix.rows, matrix.cols, r, c, actual, expected);
        }
    mark_point();
}
