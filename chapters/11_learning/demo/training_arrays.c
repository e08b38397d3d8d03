#include "training_arrays.h"

#include "attention_arrays.h"
#include "gradient_arrays.h"
#include "learning_options.h"
#include "model_choices.h"
#include "slips_example.h"
#include "training_pictures.h"
#include "training_run.h"

/* Refuses the options from one to another, which have no meaning here. */
static Status refuse(size_t first, size_t last, const char *beside)
{
    for (size_t option = first; option <= last; option++)
        if (program_value(option) != NULL)
            return fail(STATUS_USAGE, "--%s has no meaning beside --%s",
                        program_option_name(option), beside);
    return STATUS_OK;
}

static Status train(void)
{
    Status status = STATUS_OK;
    TrainingRun run = {.folder = program_value(LEARNING_MODEL)};
    TrainingResult result;
    size_t seed;
    TRY(refuse(GRADIENT_Q, GRADIENT_V_OUT, "task"));
    TRY(refuse(LEARNING_GRADIENTS, LEARNING_EPSILON, "task"));
    TRY(task_find(program_value(LEARNING_TASK), &run.task));
    TRY(program_size(LEARNING_STEPS, run.task->steps, 0, &run.steps));
    TRY(program_size(LEARNING_SEED, 1, 0, &seed));
    run.seed = seed;
    TRY(show_training(&run, &result));
    training_print_result(&result);
done:
    return status;
}

static Status write_gradients(void)
{
    static const size_t REQUIRED[] = {LEARNING_GRADIENTS, LEARNING_MODEL, LEARNING_SOURCE,
                                      LEARNING_TARGET, LEARNING_HEADS};
    static const ChoiceOptions PLACES = {LEARNING_HEADS, LEARNING_NORM, LEARNING_ACTIVATION,
                                         LEARNING_EPSILON};
    static const GradientOptions SEQUENCES = {LEARNING_SOURCE, LEARNING_TARGET};
    Status status = STATUS_OK;
    ModelChoices choices;
    TRY(program_require(REQUIRED, sizeof REQUIRED / sizeof *REQUIRED));
    TRY(refuse(GRADIENT_Q, GRADIENT_V_OUT, "gradients"));
    TRY(refuse(LEARNING_TASK, LEARNING_SEED, "gradients"));
    TRY(model_choices_read(&PLACES, &choices));
    TRY(gradient_arrays(&SEQUENCES, &choices, program_value(LEARNING_MODEL),
                        program_value(LEARNING_GRADIENTS)));
done:
    return status;
}

static Status gradients_of_attention(void)
{
    for (size_t option = LEARNING_TASK; option <= LEARNING_EPSILON; option++)
        if (program_value(option) != NULL)
            return fail(STATUS_USAGE, "--%s needs --task, --slips or --gradients (see --help)",
                        program_option_name(option));
    return attention_arrays();
}

static Status show_what_goes_wrong(void)
{
    Status status = STATUS_OK;
    size_t steps;
    TRY(refuse(0, LEARNING_TASK, "slips"));
    TRY(refuse(LEARNING_SEED, LEARNING_EPSILON, "slips"));
    TRY(program_size(LEARNING_STEPS, SLIP_STEPS, 0, &steps));
    TRY(show_slips(steps));
done:
    return status;
}

Status training_arrays(void)
{
    if (program_value(LEARNING_SLIPS) != NULL)
        return show_what_goes_wrong();
    if (program_value(LEARNING_TASK) != NULL)
        return train();
    return program_value(LEARNING_GRADIENTS) != NULL ? write_gradients() : gradients_of_attention();
}
