#include "slips_example.h"

#include "stopwatch.h"
#include "training_run.h"

#include <stdio.h>

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

enum { FEW_LETTERS = 8, FEW_EXAMPLES = 16 };

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
    run.progress = PROGRESS_NONE;
    task.make = make_short;
    task.batch = FEW_EXAMPLES;
    task.plan.words = FEW_LETTERS + 1;
    task.steps = steps;
    task.warm_up = steps / 4 + 1;
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
    double begun = stopwatch_seconds();
    printf("%zu steps each\n%-42s%12s%12s%12s\n", steps, "what is wrong", "last batch", "new loss",
           "exact");
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++)
        TRY(show_change(&CHANGES[i], steps));
    printf("result task=slips steps=%zu seconds=%.1f\n", steps, stopwatch_seconds() - begun);
done:
    return status;
}
