/* Chapter 10: products on the kernels, in every form, size and level. */
#include "fast_products.h"

#include "assert.h"
#include "layers.h"
#include "matrices.h"

#include <stdbool.h>
#include <string.h>

static const Isa LEVELS[ISA_COUNT] = {ISA_BASELINE, ISA_AVX2, ISA_AVX512};

/* A view of a larger matrix, so that its rows do not follow each other. */
static Matrix random_view(Random *random, size_t rows, size_t cols)
{
    Matrix whole = random_matrix(random, rows + 2, cols + 3, 1.0);
    return columns_of(rows_of(whole, 1, rows), 2, cols);
}

static Matrix transpose_of(Matrix matrix)
{
    Matrix turned = zeros(matrix.cols, matrix.rows);
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(turned, c)[r] = matrix_row(matrix, r)[c];
    return turned;
}

/* A B, added to what is in c. */
static void add_product(Matrix a, Matrix b, Matrix c)
{
    for (size_t i = 0; i < c.rows; i++)
        for (size_t j = 0; j < c.cols; j++) {
            double sum = matrix_row(c, i)[j];
            for (size_t k = 0; k < a.cols; k++)
                sum += (double)matrix_row(a, i)[k] * matrix_row(b, k)[j];
            matrix_row(c, i)[j] = (float)sum;
        }
}

typedef struct Sizes {
    size_t n, k, m;
} Sizes;

/* At and around tiles, panels, steps of depth and blocks of rows. */
static const Sizes SIZES[] = {{1, 1, 1},     {8, 16, 24},   {7, 3, 33},     {13, 257, 5},
                              {259, 5, 49},  {3, 700, 31},  {40, 512, 100}, {31, 256, 16},
                              {300, 300, 7}, {64, 64, 192}, {9, 20, 8}};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

static const double EXACT = 2e-6; /* per sum of that many products, of deviation 1 */

static void check_form(const Kernels *kernels, Random *random, Sizes s, size_t form)
{
    bool a_turned = form & 1, b_turned = form & 2, adds = form & 4;
    Matrix a = a_turned ? random_view(random, s.k, s.n) : random_view(random, s.n, s.k);
    Matrix b = b_turned ? random_view(random, s.m, s.k) : random_view(random, s.k, s.m);
    Matrix whole = random_matrix(random, s.n + 2, s.m + 3, 1.0), all = copy_of(whole);
    Matrix c = columns_of(rows_of(whole, 1, s.n), 2, s.m);
    Matrix expected = columns_of(rows_of(all, 1, s.n), 2, s.m);
    Matrix work = room(1, fast_product_room(kernels, s.n, s.m));
    FastProduct product = {a, b, a_turned, b_turned, adds, c};
    about("%zux%zux%zu, form %zu", s.n, s.k, s.m, form);
    for (size_t r = 0; r < s.n && !adds; r++)
        memset(matrix_row(expected, r), 0, s.m * sizeof(float));
    add_product(a_turned ? transpose_of(a) : a, b_turned ? transpose_of(b) : b, expected);
    fast_product(kernels, &product, work.data);
    assert_matrix_close(whole, all, EXACT * (double)s.k); /* what stands around c is untouched */
}

TEST_ROWS(a_fast_product_is_the_product, LEVELS)
{
    Random random = {1};
    for (size_t i = 0; isa_is_there(LEVELS[_i]) && i < SIZE_COUNT; i++, test_memory_free_all())
        for (size_t form = 0; form < 8; form++)
            check_form(kernels_of(LEVELS[_i]), &random, SIZES[i], form);
}

static PackedFactor packed(const Kernels *kernels, Matrix b, bool transposed)
{
    size_t depth = transposed ? b.cols : b.rows, cols = transposed ? b.rows : b.cols;
    return pack_factor(kernels, b, transposed,
                       room(1, packed_factor_size(kernels, depth, cols)).data);
}

static void check_packed(const Kernels *kernels, Random *random, Sizes s, bool transposed)
{
    Matrix a = random_view(random, s.n, s.k), bias = random_matrix(random, 1, s.m, 1.0);
    Matrix b = transposed ? random_view(random, s.m, s.k) : random_view(random, s.k, s.m);
    Matrix c = random_view(random, s.n, s.m), expected = zeros(s.n, s.m);
    PackedFactor factor = packed(kernels, b, transposed);
    about("%zux%zux%zu", s.n, s.k, s.m);
    for (size_t r = 0; r < s.n; r++)
        add_product(MATRIX(1, 1, 1), bias, rows_of(expected, r, 1));
    add_product(a, transposed ? transpose_of(b) : b, expected);
    multiply_packed(kernels, a, &factor, bias.data, false, c);
    assert_matrix_close(c, expected, EXACT * (double)s.k);
    add_product(a, transposed ? transpose_of(b) : b, expected);
    multiply_packed(kernels, a, &factor, NULL, true, c);
    assert_matrix_close(c, expected, EXACT * (double)s.k);
}

TEST_ROWS(a_packed_factor_serves_many_products, LEVELS)
{
    Random random = {2};
    for (size_t i = 0; isa_is_there(LEVELS[_i]) && i < SIZE_COUNT; i++, test_memory_free_all())
        for (size_t turned = 0; turned < 2; turned++)
            check_packed(kernels_of(LEVELS[_i]), &random, SIZES[i], turned == 1);
}

/* Whichever rows stand around it. */
TEST_ROWS(a_row_of_a_product_has_its_own_bits, LEVELS)
{
    enum { N = 21, K = 300, M = 50 };
    Random random = {3};
    if (!isa_is_there(LEVELS[_i]))
        return;
    const Kernels *kernels = kernels_of(LEVELS[_i]);
    Matrix a = random_matrix(&random, N, K, 1.0), b = random_matrix(&random, K, M, 1.0);
    Matrix all = room(N, M), some = room(N, M);
    PackedFactor factor = packed(kernels, b, false);
    multiply_packed(kernels, a, &factor, NULL, false, all);
    for (size_t first = 0, rows = 1; first < N; first += rows, rows = N - first < 9 ? N - first : 9)
        multiply_packed(kernels, rows_of(a, first, rows), &factor, NULL, false,
                        rows_of(some, first, rows));
    assert_matrix_equal(some, all);
}
