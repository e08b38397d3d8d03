#include "slips_example.h"

#include "short_task.h"
#include "stopwatch.h"
#include "training_run.h"

#include <stdio.h>

/* The task with something changed: what is left out stays. */
typedef struct Change {
    const char *name;
    Slips slips;
    double rate;
    size_t longer;  /* how many times as many steps */
    size_t sources; /* the same few, again and again */
    double dropout;
    size_t blocks; /* of each kind */
    NormPlace norm_place;
    bool no_positions;
} Change;

enum { FEW = 50, MANY = 100 };

static const Change CHANGES[] = {
    {.name = "nothing"},
    {.name = "the target is not shifted", .slips.target_unshifted = true},
    {.name = "the labels are another example's", .slips.labels_shuffled = true},
    {.name = "gradients are not cleared", .slips.gradients_kept = true},
    {.name = "padding is counted", .slips.padding_counted = true},
    {.name = "the rate is a tenth", .rate = 1e-3},
    {.name = "the rate is ten times as high", .rate = 1e-1},
    {.name = "it begins with numbers 5 times as large", .slips.begin_factor = 5.0},
    {.name = "words have no positions", .no_positions = true},
    {.name = "3 blocks, twice as large numbers", .slips.begin_factor = 2.0, .blocks = 3},
    {.name = "the same, norms in front",
     .slips.begin_factor = 2.0,
     .blocks = 3,
     .norm_place = NORM_PRE},
    {.name = "always the same 50 sources", .longer = 3, .sources = FEW},
    {.name = "the same, dropout 0.1", .longer = 3, .sources = FEW, .dropout = 0.1},
    {.name = "always the same 100 sources", .longer = 3, .sources = MANY},
    {.name = "new sources, but dropout 0.2", .dropout = 0.2},
    {.name = "the same, dropout while it writes", .dropout = 0.2, .slips.dropout_kept = true},
};

static LearningTask changed_task(const Change *change, size_t steps)
{
    LearningTask task = short_task(steps);
    task.rate = change->rate > 0.0 ? change->rate : task.rate;
    task.dropout = change->dropout;
    task.plan.no_positions = change->no_positions;
    task.plan.norm_place = change->norm_place;
    if (change->blocks > 0)
        task.plan.encoder_blocks = task.plan.decoder_blocks = change->blocks;
    return task;
}

/* What came of one run, or the mean of several. */
typedef struct Outcome {
    double last, loss, exact;
} Outcome;

static Status run_change(const Change *change, const LearningTask *task, uint64_t seed,
                         double share, Outcome *mean)
{
    Status status = STATUS_OK;
    Trainer trainer = {0};
    TrainingResult result;
    TrainingRun run = {.task = task, .slips = &change->slips, .steps = task->steps, .seed = seed};
    run.progress = PROGRESS_NONE;
    TRY(training_run(&run, &trainer, &result));
    mean->last += share * trainer.loss;
    mean->loss += share * result.score.loss;
    mean->exact += share * result.score.exact;
done:
    trainer_free(&trainer);
    return status;
}

/* What is learned by heart depends on the luck of the beginning: so that is tried three times. */
static Status show_change(const Change *change, size_t steps)
{
    Status status = STATUS_OK;
    TaskExample sources[MANY];
    LearningTask task = changed_task(change, change->longer > 0 ? steps * change->longer : steps);
    size_t runs = change->sources > 0 ? 3 : 1;
    Outcome mean = {0};
    Random random = {2};
    for (size_t i = 0; i < change->sources; i++)
        task_draw(&task, &random, false, &sources[i]);
    task.pool = (TaskPool){sources, change->sources};
    for (size_t seed = 1; seed <= runs; seed++)
        TRY(run_change(change, &task, seed, 1.0 / (double)runs, &mean));
    printf("%-40s%8zu%12.3f%12.3f%8.0f %%\n", change->name, task.steps, mean.last, mean.loss,
           100.0 * mean.exact);
done:
    return status;
}

Status show_slips(size_t steps)
{
    Status status = STATUS_OK;
    double begun = stopwatch_seconds();
    printf("%-40s%8s%12s%12s%10s\n", "what is wrong", "steps", "last batch", "new loss", "exact");
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++)
        TRY(show_change(&CHANGES[i], steps));
    printf("result task=slips steps=%zu seconds=%.1f\n", steps, stopwatch_seconds() - begun);
done:
    return status;
}
