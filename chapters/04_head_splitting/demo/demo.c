/*
 * The program of chapter 4: shows that a head is a block of columns, and what two wrong ways to cut
 * a matrix make of it; or splits the reader's own array.
 */
#include "array_file.h"
#include "example.h"
#include "head_example.h"
#include "head_mistakes.h"
#include "head_splitting.h"
#include "program.h"

static Status show(Sentence sentence, const char *picture)
{
    Status status = show_two_answers(sentence, picture);
    if (status == STATUS_OK)
        status = show_head_views(sentence);
    if (status == STATUS_OK)
        status = show_position_probe();
    if (status == STATUS_OK)
        status = show_mistaken_heads(sentence);
    if (status == STATUS_OK)
        status = show_splitting_orders(sentence);
    if (status == STATUS_OK)
        status = draw_head_layouts();
    return status;
}

static Status example(const char *text)
{
    Sentence sentence;
    Status status = sentence_create(text != NULL ? text : EXAMPLE_RIVER, &sentence);
    if (status == STATUS_OK)
        status = show(sentence, text != NULL ? "04_sentence" : "04_two_answers");
    sentence_free(&sentence);
    return status;
}

/* --- The reader's own array ------------------------------------------------------------------ */

enum { X, HEADS, OUT, OPTION_COUNT };

static const Option OPTIONS[OPTION_COUNT] = {
    [X] = {"x", "FILE", "the matrix, (T, d) or (batch, T, d)"},
    [HEADS] = {"heads", "N", "how many heads; divides d"},
    [OUT] = {"out", "FILE", "receives the heads, (heads, T, d/heads) or with the batch in front"},
};

/* An array for the heads of every matrix of x. A batch of none is checked like any other. */
static Status create_heads(Array x, size_t heads, Array *out)
{
    size_t batched = x.dims - 2;
    Matrix one;
    Status status = head_view(array_matrix(x, 0), heads, 0, &one);
    size_t shape[ARRAY_MAX_DIMS] = {x.shape[0]};
    shape[batched] = heads;
    shape[batched + 1] = one.rows;
    shape[batched + 2] = one.cols;
    return status == STATUS_OK ? array_create(x.dims + 1, shape, out) : status;
}

static Status split_array(Array x, size_t heads, Array *out)
{
    Status status = program_expect_dims(X, x, 2, 3, "(T, d) or (batch, T, d)");
    if (status == STATUS_OK)
        status = create_heads(x, heads, out);
    for (size_t b = 0; status == STATUS_OK && b < array_matrices(x); b++) {
        Matrix stacked = array_stacked(*out, b * heads, heads); /* (heads T) x d / heads */
        status = split_heads(array_matrix(x, b), heads, stacked);
    }
    return status;
}

static Status arrays(void)
{
    Array x = NO_ARRAY, out = NO_ARRAY;
    size_t heads;
    Status status = program_require((const size_t[]){X, HEADS, OUT}, OPTION_COUNT);
    if (status == STATUS_OK)
        status = program_size(HEADS, 1, 1, &heads);
    if (status == STATUS_OK)
        status = program_read(X, ARRAY_NUMBERS, &x);
    if (status == STATUS_OK)
        status = split_array(x, heads, &out);
    if (status == STATUS_OK)
        status = program_write(&(ProgramResult){OUT, out}, 1);
    array_free(&x);
    array_free(&out);
    return status;
}

static const Program PROGRAM = {
    .name = "04_head_splitting",
    .summary = "The heads of a matrix, copied out one after the other.",
    .options = OPTIONS,
    .option_count = OPTION_COUNT,
    .example = example,
    .arrays = arrays,
};

int main(int argc, char **argv)
{
    return program_main(&PROGRAM, argc, argv);
}
