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
    Status status = STATUS_OK;
    TRY(show_two_answers(sentence, picture));
    TRY(show_head_views(sentence));
    TRY(show_position_probe());
    TRY(show_mistaken_heads(sentence));
    TRY(show_splitting_orders(sentence));
    TRY(draw_head_layouts());
done:
    return status;
}

static Status example(const char *text)
{
    Status status = STATUS_OK;
    Sentence sentence = {0};
    TRY(sentence_create(text != NULL ? text : EXAMPLE_RIVER, &sentence));
    TRY(show(sentence, text != NULL ? "04_sentence" : "04_two_answers"));
done:
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

/* An array for the heads of every matrix of x. An empty batch is checked like any other. */
static Status create_heads(Array x, size_t heads, Array *out)
{
    Status status = STATUS_OK;
    size_t batched = x.dims - 2, shape[ARRAY_MAX_DIMS] = {x.shape[0]};
    Matrix one;
    TRY(head_view(array_matrix(x, 0), heads, 0, &one));
    shape[batched] = heads;
    shape[batched + 1] = one.rows;
    shape[batched + 2] = one.cols;
    TRY(array_create(x.dims + 1, shape, out));
done:
    return status;
}

static Status split(Array x, size_t heads, Array out)
{
    Status status = STATUS_OK;
    for (size_t b = 0; b < array_matrices(x); b++) {
        Matrix stacked = array_stacked(out, b * heads, heads); /* (heads T) x d / heads */
        TRY(split_heads(array_matrix(x, b), heads, stacked));
    }
done:
    return status;
}

static Status arrays(void)
{
    static const ArrayForm FORM = {ARRAY_NUMBERS, 2, 3, "(T, d) or (batch, T, d)"};
    Status status = STATUS_OK;
    Array x = NO_ARRAY, out = NO_ARRAY;
    size_t heads;
    TRY(program_require((const size_t[]){X, HEADS, OUT}, OPTION_COUNT));
    TRY(program_size(HEADS, 1, 1, &heads));
    TRY(program_read(X, &FORM, &x));
    TRY(create_heads(x, heads, &out));
    TRY(split(x, heads, out));
    TRY(program_write(&(ProgramResult){OUT, out}, 1));
done:
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
