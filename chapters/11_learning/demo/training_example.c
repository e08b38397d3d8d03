#include "training_example.h"

#include "training_pictures.h"

#include <stdio.h>

/* --- It learns ------------------------------------------------------------------------------- */

Status show_learning(size_t steps, TrainingResult *result)
{
    Status status = STATUS_OK;
    const LearningTask *task = task_at(0);
    const ModelPlan *plan = &task->plan;
    TrainingRun run = {.task = task, .steps = steps, .seed = 1};
    printf("one encoder block, one decoder block, %zu head, d_model %zu, %zu letters\n",
           plan->heads, plan->d_model, plan->words - 1);
    TRY(show_training(&run, result));
    printf("on %d new sources: loss %.3f, %.0f %% written without a mistake\n", RUN_TRIED,
           result->score.loss, 100.0 * result->score.exact);
done:
    return status;
}

/* --- What goes wrong ------------------------------------------------------------------------- */

/* The task with something changed: what is left out stays. */
typedef struct Change {
    const char *name;
    Slips slips;
    double rate;
    bool no_positions;
} Change;

static const Change CHANGES[] = {
    {.name = "nothing"},
    {.name = "the target is not shifted", .slips.target_unshifted = true},
    {.name = "the labels are another example's", .slips.labels_shuffled = true},
    {.name = "gradients are not cleared", .slips.gradients_kept = true},
    {.name = "the rate is a tenth", .rate = 1e-3},
    {.name = "the rate is ten times as high", .rate = 1e-1},
    {.name = "it begins with numbers 5 times as large", .slips.begin_factor = 5.0},
    {.name = "words have no positions", .no_positions = true},
};

enum { FEW_LETTERS = 8 };

/* A shorter task, so that a model needs a second. */
static void make_short(Random *random, TaskExample *made)
{
    make_reversal(random, 2, 5, FEW_LETTERS, made);
}

static Status show_change(const Change *change, size_t steps)
{
    Status status = STATUS_OK;
    LearningTask task = *task_at(0);
    Trainer trainer = {0};
    TrainingResult result;
    TrainingRun run = {.task = &task, .slips = &change->slips, .steps = steps, .seed = 1};
    run.is_quiet = true;
    task.make = make_short;
    task.plan.words = FEW_LETTERS + 1;
    task.steps = steps;
    task.warm_up = steps / 5 + 1;
    task.rate = change->rate > 0.0 ? change->rate : task.rate;
    task.plan.no_positions = change->no_positions;
    TRY(training_run(&run, &trainer, &result));
    printf("%-42s%12.3f%12.3f%10.0f %%\n", change->name, trainer.loss, result.score.loss,
           100.0 * result.score.exact);
done:
    trainer_free(&trainer);
    return status;
}

Status show_slips(size_t steps)
{
    Status status = STATUS_OK;
    printf("%zu steps each\n%-42s%12s%12s%12s\n", steps, "what is wrong", "last batch", "new loss",
           "exact");
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++)
        TRY(show_change(&CHANGES[i], steps));
done:
    return status;
}
