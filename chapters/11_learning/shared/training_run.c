#include "training_run.h"

#include "interrupt.h"
#include "stopwatch.h"
#include "training_files.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static const double USUAL_PATIENCE = 10.0, REWRITE_EVERY = 0.2;

/* Where a run stands in time. */
typedef struct Progress {
    const TrainingRun *run;
    double begun, shown, saved;
    double patience;
    size_t first; /* the step at which it began */
    ProgressKind kind;
} Progress;

/* --- What is shown --------------------------------------------------------------------------- */

static void show_progress(Progress *progress, const Trainer *trainer)
{
    double now = stopwatch_seconds(), gone = now - progress->begun;
    bool rewrites = progress->kind == PROGRESS_REWRITE;
    double every = rewrites ? fmin(REWRITE_EVERY, progress->patience) : progress->patience;
    size_t done = trainer->step - progress->first, left = progress->run->steps - trainer->step;
    if (progress->kind == PROGRESS_NONE || now - progress->shown < every)
        return;
    progress->shown = now;
    fprintf(stderr,
            "%s%s: step %zu of %zu, loss %.4f, rate %.5f, %.0f words/s, about %.0f s left%s",
            rewrites ? "\r\033[K" : "", trainer->task.name, trainer->step, progress->run->steps,
            trainer->loss, trainer->rate, (double)trainer->words / gone,
            gone / (double)done * (double)left, rewrites ? "" : "\n");
    (void)fflush(stderr);
}

static void end_progress(const Progress *progress)
{
    if (progress->kind == PROGRESS_REWRITE)
        fputs("\r\033[K", stderr);
}

void training_print_result(const TrainingResult *result)
{
    printf("result task=%s blocks=%zu steps=%zu seconds=%.1f loss=%.4f exact=%.3f\n", result->task,
           result->blocks, result->steps, result->seconds, result->score.loss, result->score.exact);
}

/* --- Running --------------------------------------------------------------------------------- */

static Status save(Progress *progress, Trainer *trainer)
{
    progress->saved = stopwatch_seconds();
    if (progress->run->folder == NULL)
        return STATUS_OK;
    return training_save(progress->run->folder, trainer);
}

static Status watch(const TrainingRun *run, const Trainer *trainer)
{
    return run->watch != NULL ? run->watch(run->context, trainer) : STATUS_OK;
}

static Status run_steps(Progress *progress, Trainer *trainer)
{
    Status status = STATUS_OK;
    while (trainer->step < progress->run->steps && !interrupts_waiting()) {
        TRY(trainer_step(trainer));
        TRY(watch(progress->run, trainer));
        show_progress(progress, trainer);
        if (stopwatch_seconds() - progress->saved > progress->patience)
            TRY(save(progress, trainer));
    }
    TRY(save(progress, trainer));
done:
    end_progress(progress);
    return status;
}

static Status begin(const TrainingRun *run, Trainer *trainer)
{
    Status status = STATUS_OK;
    bool found = false;
    TRY(trainer_create(run->task, run->seed, run->slips, trainer));
    if (run->folder != NULL)
        TRY(training_load(run->folder, trainer, &found));
    if (found && run->progress != PROGRESS_NONE)
        printf("resumes at step %zu in %s\n", trainer->step, run->folder);
    if (!found && run->folder != NULL)
        TRY(training_save(run->folder, trainer)); /* what cannot be written is told at once */
    if (!found)
        TRY(watch(run, trainer));
done:
    return status;
}

Status training_run(const TrainingRun *run, Trainer *trainer, TrainingResult *result)
{
    Status status = STATUS_OK;
    double now = stopwatch_seconds();
    Progress progress = {.run = run, .begun = now, .shown = now, .saved = now};
    progress.patience = run->patience > 0.0 ? run->patience : USUAL_PATIENCE;
    progress.kind = run->progress;
    if (progress.kind == PROGRESS_AS_FITS)
        progress.kind = isatty(STDERR_FILENO) ? PROGRESS_REWRITE : PROGRESS_LINES;
    interrupts_hold(); /* a signal waits for the end of a step, and until that is saved */
    TRY(begin(run, trainer));
    progress.first = trainer->step;
    TRY(run_steps(&progress, trainer));
    interrupts_release();
    interrupts_hold();
    *result = (TrainingResult){.task = run->task->name, .steps = trainer->step};
    result->blocks = run->task->plan.encoder_blocks;
    result->seconds = stopwatch_seconds() - now;
    TRY(trainer_try(trainer, RUN_TRIED, &result->score));
done:
    interrupts_release();
    return status;
}
