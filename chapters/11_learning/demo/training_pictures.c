#include "training_pictures.h"

#include "example.h"
#include "learning_pass.h"
#include "memory.h"
#include "plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is seen of a training. */
typedef struct History {
    const TrainingRun *run;
    float *steps, *losses; /* one for each step of this run */
    size_t count;
    TaskExample example; /* the one being watched */
    Matrix weights[MOMENTS];
    char titles[MOMENTS][48];
    size_t moments;
    char words[2][TASK_LONGEST][16]; /* of rows and columns */
    const char *rows[TASK_LONGEST], *columns[TASK_LONGEST];
} History;

static void history_free(History *history)
{
    free(history->steps);
    free(history->losses);
    for (size_t i = 0; i < MOMENTS; i++)
        matrix_free(&history->weights[i]);
}

/* --- Watching -------------------------------------------------------------------------------- */

/* From no step to all of them. */
static size_t moment_at(const History *history, size_t index)
{
    return history->run->steps * index / (MOMENTS - 1);
}

/* How much weight the head has on what it is to write next, on average: where this is one word. */
static double weight_on_right(const History *history, Matrix weights)
{
    double sum = 0.0;
    size_t count = history->example.source_count - 1;
    for (size_t t = 0; t < count; t++)
        sum += matrix_row(weights, t)[count - 1 - t];
    return sum / (double)count;
}

/* The first head of the last block: of the cross-attention, if the model has that. */
static Status look(History *history, const Trainer *trainer)
{
    Status status = STATUS_OK;
    KeptPass kept = {0};
    Example example = task_view(&history->example);
    Matrix own = NO_MATRIX, *weights = &history->weights[history->moments];
    const KeptStack *stack;
    TRY(pass_forward(&trainer->model, &example, &kept));
    stack = trainer->task.plan.decoder_blocks > 0 ? &kept.decoder : &kept.encoder;
    own = stack->steps[stack->count - 2].heads.weights;
    TRY(matrix_rows(own, 0, stack->x.rows, &own)); /* of head 0 */
    TRY(matrix_create(own.rows, own.cols, weights));
    TRY(matrix_copy(own, *weights));
    snprintf(history->titles[history->moments], sizeof *history->titles, "after %zu steps",
             trainer->step);
    history->moments++;
done:
    kept_pass_free(&kept);
    return status;
}

static Status watch(void *context, const Trainer *trainer)
{
    History *history = context;
    if (trainer->rate > 0.0 && history->count < history->run->steps) {
        history->steps[history->count] = (float)trainer->step;
        history->losses[history->count++] = (float)trainer->loss;
    }
    if (history->moments == MOMENTS || trainer->step < moment_at(history, history->moments))
        return STATUS_OK;
    return look(history, trainer);
}

static void label(const LearningTask *task, const size_t *words, size_t count, char (*room)[16],
                  const char **labels)
{
    for (size_t i = 0; i < count; i++) {
        snprintf(room[i], sizeof room[i], "%s", task->show(words[i]));
        labels[i] = room[i];
    }
}

/* A sentence that the reader knows, or a long example of the task: a short one shows little. */
static void choose_example(const LearningTask *task, TaskExample *example)
{
    Random random = {1};
    size_t tries = 0;
    do
        task_draw(task, &random, false, example);
    while (example->source_count < 9 && ++tries < 100);
    if (strcmp(task->name, "bank") == 0)
        example->source_count = bank_words(EXAMPLE_RIVER, example->source);
    if (strcmp(task->name, "reverse") == 0) /* each letter once: abcdefgh. */
        for (size_t i = 0; i < 8; i++)
            example->source[i] = example->target[8 - i] = example->right[7 - i] = i + 1;
}

static Status history_begin(const TrainingRun *run, History *history)
{
    Status status = STATUS_OK;
    const LearningTask *task = run->task;
    TaskExample *example = &history->example;
    *history = (History){.run = run};
    history->steps = memory_allocate(run->steps, sizeof *history->steps);
    history->losses = memory_allocate(run->steps, sizeof *history->losses);
    TRY(history->steps != NULL && history->losses != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    choose_example(task, example);
    label(task, example->source, example->source_count, history->words[0], history->columns);
    if (task->plan.decoder_blocks > 0)
        label(task, example->target, example->target_count, history->words[1], history->rows);
    else
        label(task, example->source, example->source_count, history->words[1], history->rows);
done:
    return status;
}

/* --- Showing --------------------------------------------------------------------------------- */

static void picture_name(const History *history, const char *what, char name[64])
{
    snprintf(name, 64, "11_%s_%s", history->run->task->name, what);
}

static Status draw_loss(const History *history)
{
    char name[64], title[96];
    Curve curve = {NULL, history->steps, history->losses, history->count};
    picture_name(history, "loss", name);
    snprintf(title, sizeof title, "%s: the loss falls", history->run->task->name);
    return plot_curves(&(CurvePlot){.name = name,
                                    .title = title,
                                    .x_axis = "step",
                                    .y_axis = "loss of the batch (nats)",
                                    .curves = &curve,
                                    .curve_count = 1,
                                    .log_y = true});
}

static Status draw_moments(const History *history)
{
    char name[64];
    HeatmapPanel panels[MOMENTS];
    picture_name(history, "attention", name);
    for (size_t i = 0; i < history->moments; i++)
        panels[i] = (HeatmapPanel){
            history->titles[i], history->weights[i], history->rows, history->columns, "asks",
            "is asked"};
    return plot_heatmaps(&(HeatmapPlot){.name = name,
                                        .title = "Nobody told the head where to look",
                                        .panels = panels,
                                        .panel_count = history->moments,
                                        .panels_per_row = 3,
                                        .high = 1.0f,
                                        .unit = "weight",
                                        .decimals = -1});
}

static void print_text(const LearningTask *task, const char *name, const size_t *words,
                       size_t count)
{
    printf("%s", name);
    for (size_t i = 0; i < count; i++)
        printf("%s", task->show(words[i]));
    printf("\n");
}

static Status show_answer(const History *history, const Trainer *trainer)
{
    Status status = STATUS_OK;
    size_t words[TASK_LONGEST], count = 0;
    const TaskExample *example = &history->example;
    TRY(trainer_write(&trainer->model, example->source, example->source_count, words, &count));
    print_text(&trainer->task, "reads:  ", example->source, example->source_count);
    print_text(&trainer->task, "writes: ", words + 1, count - 1);
    if (strcmp(trainer->task.name, "reverse") == 0)
        printf("weight on the word that is due, on average: %.2f at first, %.2f at last\n",
               weight_on_right(history, history->weights[0]),
               weight_on_right(history, history->weights[history->moments - 1]));
done:
    return status;
}

static Status show_history(const History *history, const Trainer *trainer)
{
    Status status = STATUS_OK;
    if (history->count > 0)
        TRY(draw_loss(history));
    if (history->moments > 0)
        TRY(draw_moments(history));
    if (history->moments > 0 && trainer->task.plan.decoder_blocks > 0)
        TRY(show_answer(history, trainer));
done:
    return status;
}

Status show_training(const TrainingRun *run, TrainingResult *result)
{
    Status status = STATUS_OK;
    History history;
    TrainingRun watched = *run;
    Trainer trainer = {0};
    watched.watch = watch;
    watched.context = &history;
    TRY(history_begin(run, &history));
    TRY(training_run(&watched, &trainer, result));
    TRY(show_history(&history, &trainer));
done:
    trainer_free(&trainer);
    history_free(&history);
    return status;
}
