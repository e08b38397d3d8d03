#include "matrices.h"

#include "assert.h"
#include "example.h"

#include <stdlib.h>

/* Memory of the running test; the newest first. */
typedef struct Kept {
    struct Kept *older;
    double numbers[];
} Kept;

static Kept *newest;

void *test_memory(size_t count, size_t size)
{
    Kept *kept = calloc(1, sizeof *kept + count * size);
    ck_assert_ptr_nonnull(kept);
    kept->older = newest;
    newest = kept;
    return kept->numbers;
}

void test_memory_free_all(void)
{
    while (newest != NULL) {
        Kept *older = newest->older;
        free(newest);
        newest = older;
    }
}

Matrix zeros(size_t rows, size_t cols)
{
    return matrix_view(test_memory(rows * cols, sizeof(float)), rows, cols);
}

Matrix room(size_t rows, size_t cols)
{
    Matrix matrix = zeros(rows, cols);
    fill(matrix, UNWRITTEN);
    return matrix;
}

Matrix copy_of(Matrix matrix)
{
    Matrix copy = zeros(matrix.rows, matrix.cols);
    assert_ok(matrix_copy(matrix, copy));
    return copy;
}

Matrix word_rows(const char *text)
{
    Sentence sentence;
    assert_ok(sentence_create(text, &sentence));
    Matrix words = copy_of(sentence.x);
    sentence_free(&sentence);
    return words;
}

Matrix one_row(Matrix matrix, size_t row)
{
    return (Matrix){matrix_row(matrix, row), 1, matrix.cols, matrix.stride};
}

Matrix rows_of(Matrix matrix, size_t first, size_t count)
{
    Matrix view;
    assert_ok(matrix_rows(matrix, first, count, &view));
    return view;
}

Matrix columns_of(Matrix matrix, size_t first, size_t count)
{
    Matrix view;
    assert_ok(matrix_columns(matrix, first, count, &view));
    return view;
}

Matrix new_matrix(size_t rows, size_t cols)
{
    Matrix matrix;
    assert_ok(matrix_create(rows, cols, &matrix));
    return matrix;
}

void fill(Matrix matrix, float value)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = value;
}
