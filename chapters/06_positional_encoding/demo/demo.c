/* The program of chapter 6: positions for the example, or for the reader's own arrays. */
#include "positional_encoding.h"

#include "example.h"
#include "memory.h"
#include "order_example.h"
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
    size_t focus;      /* which of `words` to look at: bank, or the last one */
} Cast;

static Status order_without_positions(const Cast *cast)
{
    return show_orders(cast->order, cast->reversed, false);
}

static Status integers(const Cast *cast)
{
    (void)cast; /* always the same two words */
    return show_integer_positions();
}

static Status sinusoids(const Cast *cast)
{
    Status status = show_sinusoids(cast->words);
    if (status == STATUS_OK)
        show_float_angles();
    return status;
}

static Status adding(const Cast *cast)
{
    return show_adding(cast->words, cast->focus);
}

static Status order_with_positions(const Cast *cast)
{
    return show_orders(cast->order, cast->reversed, true);
}

static Status distances(const Cast *cast)
{
    (void)cast; /* positions alone */
    return show_distances();
}

static Status previous_word(const Cast *cast)
{
    Status status = show_previous_word(cast->words);
    if (status == STATUS_OK)
        status = show_what_is_heard(cast->order);
    if (status == STATUS_OK)
        status = show_what_is_heard(cast->reversed);
    return status;
}

static size_t find_bank(Sentence sentence)
{
    for (size_t t = 0; t < sentence.count; t++)
        if (strcmp(sentence.words[t], "bank") == 0)
            return t;
    return sentence.count - 1;
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
static Status cast_create(const char *sentence, Cast *cast)
{
    Status status = sentence_create(sentence != NULL ? sentence : "dog bites man", &cast->order);
    if (status == STATUS_OK)
        status = reverse(cast->order, &cast->reversed);
    if (status == STATUS_OK)
        status = sentence_create(sentence != NULL ? sentence : EXAMPLE_RIVER, &cast->words);
    if (status == STATUS_OK)
        cast->focus = find_bank(cast->words);
    return status;
}

static void cast_free(Cast *cast)
{
    sentence_free(&cast->order);
    sentence_free(&cast->reversed);
    sentence_free(&cast->words);
}

static Status example(const char *sentence)
{
    static const struct {
        const char *heading;
        Status (*run)(const Cast *cast);
    } STEPS[] = {
        {"Words alone: shuffle the words, and the outputs are shuffled alike",
         order_without_positions},
        {"Integers as positions", integers},
        {"Sinusoids as positions", sinusoids},
        {"Added, not appended", adding},
        {"With positions: the order is seen", order_with_positions},
        {"The similarity of two positions depends on their distance", distances},
        {"A head that looks at the previous word", previous_word},
    };
    Cast cast = {.focus = 0};
    Status status = cast_create(sentence, &cast);
    for (size_t i = 0; status == STATUS_OK && i < sizeof STEPS / sizeof *STEPS; i++) {
        printf("%s%zu. %s\n\n", i > 0 ? "\n" : "", i + 1, STEPS[i].heading);
        status = STEPS[i].run(&cast);
    }
    cast_free(&cast);
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

static Status write_positions(Array *result)
{
    size_t shape[2];
    if (program_value(POSITIONS) == NULL && program_value(D_MODEL) == NULL)
        return fail(STATUS_USAGE,
                    "the input is missing: give --x, or --positions and --d-model (see --help)");
    Status status = program_require((const size_t[]){POSITIONS, D_MODEL, OUT}, 3);
    if (status == STATUS_OK)
        status = program_size(POSITIONS, 0, 0, &shape[0]);
    if (status == STATUS_OK)
        status = program_size(D_MODEL, 0, 0, &shape[1]);
    if (status == STATUS_OK)
        status = program_expect_array((const size_t[]){POSITIONS, D_MODEL}, 2, sizeof(float));
    if (status == STATUS_OK)
        status = array_create(2, shape, result);
    if (status == STATUS_OK)
        sinusoidal_positions(0, array_matrix(*result, 0));
    return status;
}

/* Each sequence of a batch begins at position 0. */
static Status add_to_sequences(Array *x)
{
    if (program_value(POSITIONS) != NULL || program_value(D_MODEL) != NULL)
        return fail(STATUS_USAGE, "--x brings its own positions and columns: it goes without "
                                  "--positions and --d-model (see --help)");
    Status status = program_require((const size_t[]){X, OUT}, 2);
    if (status == STATUS_OK)
        status = program_read(X, ARRAY_NUMBERS, x);
    if (status == STATUS_OK)
        status = program_expect_dims(X, *x, 2, 3, "(T, d_model) or (batch, T, d_model)");
    for (size_t b = 0; status == STATUS_OK && b < array_matrices(*x); b++)
        status = add_positions(array_matrix(*x, b), 0, array_matrix(*x, b));
    return status;
}

static Status arrays(void)
{
    Array result = NO_ARRAY;
    Status status = program_value(X) != NULL ? add_to_sequences(&result) : write_positions(&result);
    if (status == STATUS_OK)
        status = program_write(&(ProgramResult){OUT, result}, 1);
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
