/* The program of chapter 11: gradients by hand and against differences; models that learn;
 * gradients of the reader's arrays. */
#include "difference_example.h"
#include "example.h"
#include "learning_options.h"
#include "lengths_example.h"
#include "print.h"
#include "program.h"
#include "slope_example.h"
#include "tape_example.h"
#include "tiled_example.h"
#include "training_arrays.h"
#include "training_example.h"
#include "valley_example.h"

#include <stdio.h>

/* Three words: a row of attention that fits on paper. */
static const char THREE_WORDS[] = "the river bank";

static Status show(Sentence sentence)
{
    Status status = STATUS_OK;
    print_step(1, "The loss of one row");
    TRY(show_loss());
    print_step(2, "One row of softmax backwards");
    TRY(show_softmax_row(sentence));
    print_step(3, "Each operation against differences");
    TRY(show_differences());
    TRY(show_step_sizes());
    print_step(4, "A layer, and what its key bias learns");
    TRY(show_layer_gradients(sentence));
    print_step(5, "Down a narrow valley");
    TRY(show_valley());
    print_step(6, "Batches of unequal lengths");
    show_lengths();
    print_step(7, "It learns");
    TRY(show_short_training());
    printf("more of it: 11_learning --task reverse, and 11_learning --slips\n");
    print_step(8, "Backwards without the table of weights");
    TRY(show_tiled(sentence));
    print_step(9, "What frameworks do: a tape");
    show_tape();
done:
    return status;
}

static Status example(const char *text)
{
    Status status = STATUS_OK;
    Sentence sentence = {0};
    TRY(sentence_create(text != NULL ? text : THREE_WORDS, &sentence));
    TRY(show(sentence));
done:
    sentence_free(&sentence);
    return status;
}

int main(int argc, char **argv)
{
    static const Program PROGRAM = {
        .name = "11_learning",
        .summary = "Trains a model for a task; or gradients of a model, or of an attention.",
        .options = LEARNING_OPTIONS,
        .option_count = LEARNING_OPTION_COUNT,
        .example = example,
        .arrays = training_arrays,
    };
    return program_main(&PROGRAM, argc, argv);
}
