/* The program of chapter 11: gradients by hand and against differences, and models that learn; or
 * gradients of the reader's arrays. */
#include "difference_example.h"
#include "example.h"
#include "learning_options.h"
#include "print.h"
#include "program.h"
#include "slope_example.h"
#include "training_arrays.h"
#include "training_example.h"
#include "valley_example.h"

/* Three words: a row of attention that fits on paper. */
static const char THREE_WORDS[] = "the river bank";

static Status show(Sentence sentence, size_t steps)
{
    Status status = STATUS_OK;
    TrainingResult result;
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
    print_step(6, "It learns");
    TRY(show_learning(steps, &result));
    print_step(7, "What goes wrong");
    TRY(show_slips(2 * steps / 5));
    training_print_result(&result);
done:
    return status;
}

static Status run_example(const char *text, size_t steps)
{
    Status status = STATUS_OK;
    Sentence sentence = {0};
    TRY(sentence_create(text != NULL ? text : THREE_WORDS, &sentence));
    TRY(show(sentence, steps));
done:
    sentence_free(&sentence);
    return status;
}

static Status example(const char *text)
{
    return run_example(text, task_at(0)->steps);
}

/* With `--steps` alone, the example with another number of steps. */
static Status arrays(void)
{
    Status status = STATUS_OK;
    size_t steps;
    if (!training_is_example())
        return training_arrays();
    TRY(program_size(LEARNING_STEPS, 0, 0, &steps));
    TRY(run_example(NULL, steps));
done:
    return status;
}

int main(int argc, char **argv)
{
    static const Program PROGRAM = {
        .name = "11_learning",
        .summary = "Models that learn a task; gradients of an attention, or of a whole model.",
        .options = LEARNING_OPTIONS,
        .option_count = LEARNING_OPTION_COUNT,
        .example = example,
        .arrays = arrays,
    };
    return program_main(&PROGRAM, argc, argv);
}
