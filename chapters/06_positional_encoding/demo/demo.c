/* The program of chapter 6: positions for the example, or for the reader's own arrays. */
#include "positional_encoding.h"

#include "example.h"
#include "memory.h"
#include "order_example.h"
#include "print.h"
#include "program.h"
#include "wave_example.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- The worked example ---------------------------------------------------------------------- */

/* The sentences of one run. */
typedef struct Cast {
    Sentence order;    /* is read in both directions */
    Sentence reversed; /* the same words, the last one first */
    Sentence words;    /* is looked at with positions and without */
} Cast;

static Status show(const Cast *cast)
{
    Status status = STATUS_OK;
    print_step(1, "Words alone: shuffle the words, and the outputs are shuffled alike");
    TRY(show_orders(cast->order, cast->reversed, false));
    print_step(2, "Integers as positions");
    TRY(show_integer_positions());
    print_step(3, "Sinusoids as positions");
    TRY(show_sinusoids(cast->words));
    show_float_angles();
    print_step(4, "Added, not appended");
    TRY(show_adding(cast->words, sentence_focus(cast->words)));
    print_step(5, "With positions: the order is seen");
    TRY(show_orders(cast->order, cast->reversed, true));
    print_step(6, "The similarity of two positions depends on their distance");
    TRY(show_distances());
    print_step(7, "A head that looks at the previous word");
    TRY(show_previous_word(cast->words));
    TRY(show_what_is_heard(cast->order));
    TRY(show_what_is_heard(cast->reversed));
done:
    return status;
}

static Status reverse(Sentence sentence, Sentence *result)
{
    size_t size = 1, used = 0;
    for (size_t t = 0; t < sentence.count; t++)
        size += strlen(sentence.words[t]) + 1;
    char *text = memory_allocate(size, 1);
    if (text == NULL)
        return STATUS_NO_MEMORY;
    for (size_t t = sentence.count; t > 0; t--)
        used += (size_t)snprintf(text + used, size - used, "%s ", sentence.words[t - 1]);
    Status status = sentence_create(text, result);
    free(text);
    return status;
}

/* The reader's sentence plays all parts; without one, the carried sentences do. */
static Status example(const char *text)
{
    Status status = STATUS_OK;
    Cast cast = {{0}, {0}, {0}};
    TRY(sentence_create(text != NULL ? text : "dog bites man", &cast.order));
    TRY(reverse(cast.order, &cast.reversed));
    TRY(sentence_create(text != NULL ? text : EXAMPLE_RIVER, &cast.words));
    TRY(show(&cast));
done:
    sentence_free(&cast.order);
    sentence_free(&cast.reversed);
    sentence_free(&cast.words);
    return status;
}

/* --- The reader's arrays --------------------------------------------------------------------- */

enum { POSITIONS, D_MODEL, X, OUT, OPTION_COUNT };

static const Option OPTIONS[OPTION_COUNT] = {
    [POSITIONS] = {"positions", "N", "write out the positions 0 to N - 1"},
    [D_MODEL] = {"d-model", "D", "the columns of each position"},
    [X] = {"x", "FILE", "add positions to this sequence, (T, d_model) or (batch, T, d_model)"},
    [OUT] = {"out", "FILE", "the positions (N, D), or the sum, of the shape of x"},
};

static Status make_positions(Array *result)
{
    Status status = STATUS_OK;
    size_t shape[2];
    if (program_value(POSITIONS) == NULL && program_value(D_MODEL) == NULL)
        return fail(STATUS_USAGE,
                    "the input is missing: give --x, or --positions and --d-model (see --help)");
    TRY(program_require((const size_t[]){POSITIONS, D_MODEL, OUT}, 3));
    TRY(program_size(POSITIONS, 0, 0, &shape[0]));
    TRY(program_size(D_MODEL, 0, 0, &shape[1]));
    TRY(program_expect_array((const size_t[]){POSITIONS, D_MODEL}, 2, sizeof(float)));
    TRY(array_create(2, shape, result));
    sinusoidal_positions(0, array_matrix(*result, 0));
done:
    return status;
}

/* Each sequence of a batch begins at position 0. */
static Status add_to_sequences(Array *x)
{
    Status status = STATUS_OK;
    if (program_value(POSITIONS) != NULL || program_value(D_MODEL) != NULL)
        return fail(STATUS_USAGE, "--x brings its own positions and columns: it goes without "
                                  "--positions and --d-model (see --help)");
    TRY(program_require((const size_t[]){X, OUT}, 2));
    TRY(program_read(X, &FORM_SEQUENCE, x));
    for (size_t b = 0; b < array_matrices(*x); b++)
        TRY(add_positions(array_matrix(*x, b), 0, array_matrix(*x, b)));
done:
    return status;
}

static Status arrays(void)
{
    Status status = STATUS_OK;
    Array result = NO_ARRAY;
    TRY(program_value(X) != NULL ? add_to_sequences(&result) : make_positions(&result));
    TRY(program_write(&(ProgramResult){OUT, result}, 1));
done:
    array_free(&result);
    return status;
}

int main(int argc, char **argv)
{
    static const Program PROGRAM = {
        .name = "06_positional_encoding",
        .summary = "Writes sinusoidal positions, or adds them to sequences.",
        .options = OPTIONS,
        .option_count = OPTION_COUNT,
        .example = example,
        .arrays = arrays,
    };
    return program_main(&PROGRAM, argc, argv);
}
