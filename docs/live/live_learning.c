/* The glue between the book's page and the training of chapter 11. */
#include "live.h"

#include "trainer.h"
#include "watched_heads.h"

#include <math.h>
#include <string.h>

/* What the model writes is shown until it is longer than what was read. */
static void spell(const LearningTask *task, const size_t *words, size_t count,
                  char text[LIVE_LETTERS + 1])
{
    text[0] = '\0';
    for (size_t i = 0; i < count && i < LIVE_LETTERS; i++)
        strcat(text, task->show(words[i]));
}

static Status show_learning(const Trainer *trainer, LiveLearning *shown)
{
    static char reads[LIVE_LETTERS + 1], writes[LIVE_LETTERS + 1];
    Status status = STATUS_OK;
    TaskExample example;
    Matrix weights = NO_MATRIX;
    size_t words[TASK_LONGEST], count;
    watched_example(&trainer->task, &example);
    TRY(watched_weights(&trainer->model, &example, 0, &weights));
    TRY(matrix_copy(weights, matrix_view(shown->weights[0], LIVE_LETTERS, LIVE_LETTERS)));
    TRY(trainer_write(&trainer->model, example.source, example.source_count, words, &count));
    spell(&trainer->task, example.source, example.source_count, reads);
    spell(&trainer->task, words + 1, count - 1, writes);
    shown->step = (float)trainer->step;
    shown->steps = (float)trainer->task.steps;
    shown->loss = trainer->step > 0 ? (float)trainer->loss : NAN;
    shown->due = (float)weight_on(weights, &example, place_due);
    shown->reads = reads;
    shown->writes = writes;
done:
    matrix_free(&weights);
    return status;
}

const LiveLearning *live_learning(bool anew)
{
    static LiveLearning shown;
    static Trainer trainer;
    Status status = STATUS_OK;
    if (anew) {
        trainer_free(&trainer);
        TRY(trainer_create(task_at(0), 1, NULL, &trainer));
    } else
        TRY(trainer_step(&trainer));
    TRY(show_learning(&trainer, &shown));
done:
    return status == STATUS_OK ? &shown : NULL;
}
