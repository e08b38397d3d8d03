#include "training_pictures.h"

#include "memory.h"
#include "plot.h"
#include "watched_heads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where heads should look in `induction`. */
enum { PLACES = 2, MOST_BLOCKS = 2 };
static const struct {
    const char *name;
    WatchedPlace *place;
} WATCHED_PLACES[PLACES] = {{"the letter before", place_before},
                            {"behind the same letter", place_behind_same}};

/* What is seen of a training. */
typedef struct History {
    const TrainingRun *run;
    float *steps, *losses; /* one for each step of this run */
    size_t count;
    TaskExample example; /* the one being watched */
    Matrix weights[MOMENTS];
    char titles[MOMENTS][48];
    size_t moments, looked_at[MOMENTS]; /* how many, and after how many steps */
    size_t blocks;                      /* how many of them are watched */
    bool has_places;
    double means[MOMENTS][MOST_BLOCKS][PLACES];
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

/* The panel of a moment and a block. Two blocks share the panels: not every moment has one. */
static size_t panel_of(const History *history, size_t moment, size_t block)
{
    static const size_t SHARED[MOMENTS] = {0, 1, MOMENTS, MOMENTS, MOMENTS, 2};
    if (history->blocks == 1)
        return moment;
    return SHARED[moment] < MOMENTS ? SHARED[moment] + block * (MOMENTS / 2) : MOMENTS;
}

static Status keep_picture(History *history, const Trainer *trainer, size_t block, size_t panel)
{
    Status status = STATUS_OK;
    char *title = history->titles[panel];
    TRY(watched_weights(&trainer->model, &history->example, block, &history->weights[panel]));
    snprintf(title, sizeof *history->titles,
             history->blocks > 1 ? "after %zu steps: block %zu" : "after %zu steps", trainer->step,
             block + 1);
done:
    return status;
}

static Status keep_means(History *history, const Trainer *trainer, size_t block, double *means)
{
    Status status = STATUS_OK;
    for (size_t i = 0; history->has_places && i < PLACES; i++)
        TRY(mean_weight_on(&trainer->task, &trainer->model, block, WATCHED_PLACES[i].place,
                           &means[i]));
done:
    return status;
}

/* The first heads of the last blocks. */
static Status look(History *history, const Trainer *trainer)
{
    Status status = STATUS_OK;
    size_t moment = history->moments, first = trainer->task.plan.encoder_blocks - history->blocks;
    for (size_t i = 0; i < history->blocks; i++) {
        size_t panel = panel_of(history, moment, i);
        TRY(keep_means(history, trainer, first + i, history->means[moment][i]));
        if (panel < MOMENTS)
            TRY(keep_picture(history, trainer, first + i, panel));
    }
    history->looked_at[moment] = trainer->step;
    history->moments++;
done:
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

static Status history_begin(const TrainingRun *run, History *history)
{
    Status status = STATUS_OK;
    const LearningTask *task = run->task;
    TaskExample *example = &history->example;
    *history = (History){.run = run, .blocks = 1};
    history->has_places = strcmp(task->name, "induction") == 0;
    if (history->has_places && task->plan.encoder_blocks >= MOST_BLOCKS)
        history->blocks = MOST_BLOCKS;
    history->steps = memory_allocate(run->steps, sizeof *history->steps);
    history->losses = memory_allocate(run->steps, sizeof *history->losses);
    TRY(history->steps != NULL && history->losses != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    watched_example(task, example);
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
    size_t count = 0;
    picture_name(history, "attention", name);
    for (size_t i = 0; i < MOMENTS; i++)
        if (history->weights[i].data != NULL)
            panels[count++] = (HeatmapPanel){
                history->titles[i], history->weights[i], history->rows, history->columns, "asks",
                "is asked"};
    return plot_heatmaps(&(HeatmapPlot){.name = name,
                                        .title = "Nobody told the heads where to look",
                                        .panels = panels,
                                        .panel_count = count,
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
               weight_on(history->weights[0], example, place_due),
               weight_on(history->weights[history->moments - 1], example, place_due));
done:
    return status;
}

static void print_means(const History *history)
{
    printf("mean weight, 50 texts, after    ");
    for (size_t i = 0; i < history->moments; i++)
        printf("%6zu", history->looked_at[i]);
    printf(" steps\n");
    for (size_t block = 0; block < history->blocks; block++)
        for (size_t place = 0; place < PLACES; place++) {
            size_t number = history->run->task->plan.encoder_blocks - history->blocks + block + 1;
            printf("block %zu, %-23s", number, WATCHED_PLACES[place].name);
            for (size_t i = 0; i < history->moments; i++)
                printf("%6.2f", history->means[i][block][place]);
            printf("\n");
        }
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
    if (history->has_places)
        print_means(history);
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
