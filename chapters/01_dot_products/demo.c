/* The program of chapter 1: the product of the reader's arrays, or the worked example. */
#include "dot_products.h"
#include "example.h"
#include "product_example.h"
#include "program.h"
#include "word_example.h"

#include <stdbool.h>
#include <stddef.h>

/* The words of both carried sentences, each once. */
static const char BOTH_SENTENCES[] = "she sat on the river bank he put money in";

static Status show(const Sentence *sentence)
{
    Status status = show_words(sentence);
    if (status == STATUS_OK)
        status = show_word_pairs(sentence);
    if (status == STATUS_OK)
        status = show_questions_and_answers(sentence);
    return status;
}

/* Calls a function with the sentence of a text. */
static Status with_sentence(const char *text, Status (*function)(const Sentence *))
{
    Sentence sentence;
    Status status = sentence_create(text, &sentence);
    if (status == STATUS_OK)
        status = function(&sentence);
    sentence_free(&sentence);
    return status;
}

static Status example(const char *text)
{
    Status status = with_sentence(text != NULL ? text : EXAMPLE_RIVER, show);
    if (status == STATUS_OK)
        status = with_sentence(text != NULL ? text : BOTH_SENTENCES, plot_word_pairs);
    if (status == STATUS_OK)
        status = plot_row_major();
    return status;
}

/* --- The reader's own arrays ----------------------------------------------------------------- */

enum { A, B, OUT, OPTION_COUNT };
static const Option OPTIONS[OPTION_COUNT] = {
    [A] = {"a", "FILE", "the first factor, (n, k), (k,), or batches of (n, k)"},
    [B] = {"b", "FILE", "the second factor, (k, m), (k,), or batches of (k, m)"},
    [OUT] = {"out", "FILE", "receives the product A B, shaped as by numpy.matmul"},
};

/* The matrix of a factor at a place of the batch. One dimension is a row of A, a column of B. */
static Matrix factor(Array array, bool is_column, size_t index)
{
    Matrix matrix = array_matrix(array, array.dims > 2 ? index : 0);
    if (array.dims == 1 && is_column)
        return matrix_view(matrix.data, matrix.cols, 1);
    return matrix;
}

static Status expect_factors(Array a, Array b)
{
    size_t across = factor(a, false, 0).cols, down = factor(b, true, 0).rows;
    if (across != down)
        return fail(STATUS_SHAPE, "a row of --a has %zu numbers, but a column of --b has %zu",
                    across, down);
    bool same = a.dims == b.dims;
    for (size_t i = 0; same && i + 2 < a.dims; i++)
        same = a.shape[i] == b.shape[i];
    if (same || a.dims <= 2 || b.dims <= 2)
        return STATUS_OK;
    return fail(STATUS_SHAPE, "the batches of --a and --b must have the same sizes");
}

/* The shape of A B: what a one-dimensional factor lacks, the product lacks too. */
static size_t product_shape(Array a, Array b, size_t shape[ARRAY_MAX_DIMS])
{
    Array longer = a.dims >= b.dims ? a : b;
    size_t dims = 0;
    while (dims + 2 < longer.dims) {
        shape[dims] = longer.shape[dims];
        dims++;
    }
    if (a.dims > 1)
        shape[dims++] = a.shape[a.dims - 2];
    if (b.dims > 1)
        shape[dims++] = b.shape[b.dims - 1];
    if (dims == 0)
        shape[dims++] = 1;
    return dims;
}

static Status multiply_arrays(Array a, Array b, Array *out)
{
    size_t shape[ARRAY_MAX_DIMS];
    Status status = expect_factors(a, b);
    if (status == STATUS_OK)
        status = array_create(product_shape(a, b, shape), shape, out);
    if (status != STATUS_OK)
        return status;
    size_t rows = factor(a, false, 0).rows, cols = factor(b, true, 0).cols;
    size_t count = array_matrices(a.dims > b.dims ? a : b);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = matrix_product(factor(a, false, i), factor(b, true, i),
                                matrix_view(out->data + i * rows * cols, rows, cols));
    return status;
}

static Status arrays(void)
{
    Array a = NO_ARRAY, b = NO_ARRAY, out = NO_ARRAY;
    Status status = program_require((const size_t[]){A, B, OUT}, OPTION_COUNT);
    if (status == STATUS_OK)
        status = program_read(A, ARRAY_NUMBERS, &a);
    if (status == STATUS_OK)
        status = program_read(B, ARRAY_NUMBERS, &b);
    if (status == STATUS_OK)
        status = multiply_arrays(a, b, &out);
    if (status == STATUS_OK)
        status = program_write(&(ProgramResult){OUT, out}, 1);
    array_free(&a);
    array_free(&b);
    array_free(&out);
    return status;
}

static const Program PROGRAM = {
    .name = "01_dot_products",
    .summary = "The product of two matrices, a table of dot products.",
    .options = OPTIONS,
    .option_count = OPTION_COUNT,
    .example = example,
    .arrays = arrays,
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv);
}
