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
    Status status = STATUS_OK;
    TRY(show_words(sentence));
    TRY(show_word_pairs(sentence));
    TRY(show_questions_and_answers(sentence));
done:
    return status;
}

/* Calls a function with the sentence of a text. */
static Status with_sentence(const char *text, Status (*function)(const Sentence *))
{
    Status status = STATUS_OK;
    Sentence sentence = {0};
    TRY(sentence_create(text, &sentence));
    TRY(function(&sentence));
done:
    sentence_free(&sentence);
    return status;
}

static Status example(const char *text)
{
    Status status = STATUS_OK;
    TRY(with_sentence(text != NULL ? text : EXAMPLE_RIVER, show));
    TRY(with_sentence(text != NULL ? text : BOTH_SENTENCES, plot_word_pairs));
    TRY(plot_word_arrows());
    TRY(plot_row_major());
done:
    return status;
}

/* --- The reader's own arrays ----------------------------------------------------------------- */

enum { A, B, OUT, OPTION_COUNT };
static const Option OPTIONS[OPTION_COUNT] = {
    [A] = {"a", "FILE", "the first factor, (n, k), (k,), or a batch of (n, k)"},
    [B] = {"b", "FILE", "the second factor, (k, m), (k,), or a batch of (k, m)"},
    [OUT] = {"out", "FILE",
             "receives the product A B, shaped as by numpy.matmul; (1,) of two vectors"},
};

/* The matrix of a factor. One dimension is a row of A, a column of B. */
static Matrix factor(Array array, bool is_column, size_t index)
{
    Matrix matrix = array_matrix(array, index);
    if (array.dims == 1 && is_column)
        return matrix_view(matrix.data, matrix.cols, 1);
    return matrix;
}

/* --- Batches, as numpy.matmul broadcasts them ------------------------------------------------ */

/* The sizes of a batch, from the one beside the matrices outwards; 1 where there is none. */
typedef struct Batch {
    size_t dims;
    size_t sizes[ARRAY_MAX_DIMS];
} Batch;

static Batch batch_of(Array array)
{
    Batch batch = {.dims = array.dims > 2 ? array.dims - 2 : 0};
    for (size_t i = 0; i < ARRAY_MAX_DIMS; i++)
        batch.sizes[i] = i < batch.dims ? array.shape[batch.dims - 1 - i] : 1;
    return batch;
}

/* Different sizes fit together where one of them is 1: that one serves all. */
static Status broadcast(Array a, Array b, Batch *result)
{
    Batch first = batch_of(a), second = batch_of(b);
    *result = first.dims > second.dims ? first : second;
    for (size_t i = 0; i < ARRAY_MAX_DIMS; i++) {
        size_t one = first.sizes[i], other = second.sizes[i];
        if (one != other && one != 1 && other != 1)
            return fail(STATUS_SHAPE,
                        "the batches of --a and --b have sizes %zu and %zu, expected "
                        "equal sizes, or 1",
                        one, other);
        result->sizes[i] = one == 1 ? other : one;
    }
    return STATUS_OK;
}

/* Which matrix of a factor belongs to a matrix of the product. */
static size_t matrix_index(Array array, const Batch *product, size_t index)
{
    Batch own = batch_of(array);
    size_t result = 0, step = 1;
    for (size_t i = 0; i < own.dims; i++) {
        if (own.sizes[i] > 1)
            result += index % product->sizes[i] * step;
        index /= product->sizes[i];
        step *= own.sizes[i];
    }
    return result;
}

/* --- The product ----------------------------------------------------------------------------- */

static Status expect_factors(Array a, Array b)
{
    size_t across = factor(a, false, 0).cols, down = factor(b, true, 0).rows;
    if (across != down)
        return fail(STATUS_SHAPE, "a row of --a has %zu numbers, but a column of --b has %zu",
                    across, down);
    return STATUS_OK;
}

/* The shape of A B: what a one-dimensional factor lacks, the product lacks too. */
static size_t product_shape(Array a, Array b, const Batch *batch, size_t shape[ARRAY_MAX_DIMS])
{
    size_t dims = 0;
    for (size_t i = batch->dims; i > 0; i--)
        shape[dims++] = batch->sizes[i - 1];
    if (a.dims > 1)
        shape[dims++] = array_rows(a);
    if (b.dims > 1)
        shape[dims++] = array_cols(b);
    if (dims == 0)
        shape[dims++] = 1;
    return dims;
}

static Status multiply(Array a, Array b, const Batch *batch, Array out)
{
    Status status = STATUS_OK;
    size_t rows = array_rows(a), cols = factor(b, true, 0).cols, count = 1;
    for (size_t i = 0; i < batch->dims; i++)
        count *= batch->sizes[i];
    for (size_t i = 0; i < count; i++)
        TRY(matrix_product(factor(a, false, matrix_index(a, batch, i)),
                           factor(b, true, matrix_index(b, batch, i)),
                           matrix_view(out.data + i * rows * cols, rows, cols)));
done:
    return status;
}

static Status arrays(void)
{
    Status status = STATUS_OK;
    Array a = NO_ARRAY, b = NO_ARRAY, out = NO_ARRAY;
    Batch batch;
    size_t shape[ARRAY_MAX_DIMS];
    TRY(program_require((const size_t[]){A, B, OUT}, OPTION_COUNT));
    TRY(program_read(A, &FORM_ANY, &a));
    TRY(program_read(B, &FORM_ANY, &b));
    TRY(expect_factors(a, b));
    TRY(broadcast(a, b, &batch));
    TRY(array_create(product_shape(a, b, &batch, shape), shape, &out));
    TRY(multiply(a, b, &batch, out));
    TRY(program_write(&(ProgramResult){OUT, out}, 1));
done:
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
