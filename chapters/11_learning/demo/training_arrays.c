#include "training_arrays.h"

#include "attention_arrays.h"
#include "gradient_arrays.h"
#include "learning_options.h"
#include "model_choices.h"
#include "own_task.h"
#include "slips_example.h"
#include "training_pictures.h"
#include "training_run.h"

#include <stdio.h>

/* Refuses the options from one to another, which have no meaning here. */
static Status refuse(size_t first, size_t last, const char *beside)
{
    for (size_t option = first; option <= last; option++)
        if (program_value(option) != NULL)
            return fail(STATUS_USAGE, "--%s has no meaning beside --%s",
                        program_option_name(option), beside);
    return STATUS_OK;
}

static const SequenceOptions SEQUENCES = {LEARNING_SOURCE, LEARNING_TARGET};
static const ChoiceOptions CHOICES = {LEARNING_HEADS, LEARNING_NORM, LEARNING_ACTIVATION,
                                      LEARNING_EPSILON};

/* As many blocks of each kind that the model has. */
static Status read_blocks(ModelPlan *plan)
{
    enum { MOST_BLOCKS = 16 };
    Status status = STATUS_OK;
    size_t blocks;
    TRY(program_size(LEARNING_BLOCKS, plan->encoder_blocks, 1, &blocks));
    if (blocks > MOST_BLOCKS)
        TRY(fail(STATUS_USAGE, "--blocks %zu: expected %d or fewer", blocks, MOST_BLOCKS));
    plan->encoder_blocks = blocks;
    if (plan->decoder_blocks > 0)
        plan->decoder_blocks = blocks;
done:
    return status;
}

/* A share of something, but not all of it. */
static Status read_share(size_t option, double *share)
{
    Status status = STATUS_OK;
    float number;
    TRY(program_number(option, 0.0f, &number));
    if (!(number >= 0.0f && number < 1.0f))
        TRY(fail(STATUS_USAGE, "--%s %g: expected at least 0, less than 1",
                 program_option_name(option), (double)number));
    *share = number;
done:
    return status;
}

static Status train(LearningTask task)
{
    Status status = STATUS_OK;
    TrainingRun run = {.task = &task, .folder = program_value(LEARNING_MODEL)};
    TrainingResult result;
    size_t seed;
    TRY(read_blocks(&task.plan));
    TRY(read_share(LEARNING_DROPOUT, &task.dropout));
    TRY(read_share(LEARNING_SMOOTHING, &task.smoothing));
    TRY(program_size(LEARNING_STEPS, task.steps, 0, &run.steps));
    TRY(program_size(LEARNING_SEED, 1, 0, &seed));
    run.seed = seed;
    TRY(show_training(&run, &result));
    training_print_result(&result);
done:
    return status;
}

static Status train_task(void)
{
    Status status = STATUS_OK;
    const LearningTask *task;
    TRY(refuse(GRADIENT_Q, GRADIENT_V_OUT, "task"));
    TRY(refuse(LEARNING_GRADIENTS, LEARNING_EPSILON, "task"));
    TRY(task_find(program_value(LEARNING_TASK), &task));
    TRY(train(*task));
done:
    return status;
}

static Status train_sequences(void)
{
    static const size_t REQUIRED[] = {LEARNING_SOURCE, LEARNING_TARGET};
    Status status = STATUS_OK;
    OwnTask own = {.examples = NULL};
    ModelChoices choices;
    size_t d_model;
    TRY(program_require(REQUIRED, sizeof REQUIRED / sizeof *REQUIRED));
    TRY(refuse(GRADIENT_Q, GRADIENT_V_OUT, "source"));
    TRY(model_choices_read(&CHOICES, &choices));
    TRY(program_size(LEARNING_D_MODEL, 64, 1, &d_model));
    TRY(own_task_create(&SEQUENCES, &choices, d_model, &own));
    printf("%zu sequences, %zu of them held out for testing; %zu words\n", own.task.pool.count,
           pool_apart(&own.task.pool), own.task.plan.words);
    TRY(train(own.task));
done:
    own_task_free(&own);
    return status;
}

static Status write_gradients(void)
{
    static const size_t REQUIRED[] = {LEARNING_GRADIENTS, LEARNING_MODEL, LEARNING_SOURCE,
                                      LEARNING_TARGET, LEARNING_HEADS};
    Status status = STATUS_OK;
    ModelChoices choices;
    TRY(program_require(REQUIRED, sizeof REQUIRED / sizeof *REQUIRED));
    TRY(refuse(GRADIENT_Q, GRADIENT_V_OUT, "gradients"));
    TRY(refuse(LEARNING_TASK, LEARNING_SMOOTHING, "gradients"));
    TRY(refuse(LEARNING_D_MODEL, LEARNING_D_MODEL, "gradients"));
    TRY(model_choices_read(&CHOICES, &choices));
    TRY(gradient_arrays(&SEQUENCES, &choices, program_value(LEARNING_MODEL),
                        program_value(LEARNING_GRADIENTS)));
done:
    return status;
}

static Status gradients_of_attention(void)
{
    for (size_t option = LEARNING_TASK; option <= LEARNING_EPSILON; option++)
        if (program_value(option) != NULL)
            return fail(STATUS_USAGE,
                        "--%s needs --task, --source, --slips or --gradients "
                        "(see --help)",
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
        return train_task();
    if (program_value(LEARNING_GRADIENTS) != NULL)
        return write_gradients();
    if (program_value(LEARNING_SOURCE) != NULL || program_value(LEARNING_TARGET) != NULL)
        return train_sequences();
    return gradients_of_attention();
}
