#include "trainer.h"

#include "learning.h"
#include "learning_pass.h"
#include "memory.h"
#include "parallel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Beginning and end ----------------------------------------------------------------------- */

Matrix trainer_vector(const Trainer *trainer, size_t vector)
{
    return matrix_view(trainer->numbers + vector * trainer->list.size, 1, trainer->list.size);
}

Status trainer_create(const LearningTask *task, uint64_t seed, const Slips *slips, Trainer *trainer)
{
    Status status = STATUS_OK;
    *trainer = (Trainer){.task = *task, .seed = seed, .random = {seed}};
    trainer->slips = slips != NULL ? *slips : (Slips){0};
    trainer->threads = parallel_threads(0);
    double factor = trainer->slips.begin_factor != 0.0 ? trainer->slips.begin_factor : 1.0;
    TRY(parameter_list_create(&task->plan, &trainer->list));
    trainer->numbers = memory_allocate(trainer->list.size, TRAINER_VECTORS * sizeof(float));
    TRY(trainer->numbers != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    parameters_begin(&trainer->list, seed, factor, trainer_vector(trainer, TRAINER_VALUES).data);
    TRY(learning_model_create(&task->plan, trainer_vector(trainer, TRAINER_VALUES).data,
                              &trainer->model));
    for (size_t i = 0; i < TRAINER_HANDS; i++)
        TRY(learning_model_create(&task->plan, trainer_vector(trainer, TRAINER_GRADIENTS + i).data,
                                  &trainer->grads[i]));
done:
    return status;
}

void trainer_free(Trainer *trainer)
{
    learning_model_free(&trainer->model);
    for (size_t i = 0; i < TRAINER_HANDS; i++)
        learning_model_free(&trainer->grads[i]);
    free(trainer->list.items);
    free(trainer->numbers);
    *trainer = (Trainer){0};
}

/* --- The gradient of a batch ----------------------------------------------------------------- */

/* What one hand found out. The text of a failure is kept by its thread, so it is copied. */
typedef struct Hand {
    double loss;
    Status status;
    char message[256];
} Hand;

/* A batch under way. */
typedef struct Batch {
    Trainer *trainer;
    TaskExample *examples;
    size_t answers; /* rows that count, in all examples */
    Hand hands[TRAINER_HANDS];
} Batch;

static Status name_bad(const Trainer *trainer, const KeptPass *kept)
{
    char name[PARAMETER_NAME_SIZE];
    pass_first_bad(&trainer->model, kept, name);
    return fail(STATUS_VALUE, "step %zu: the loss is no longer a number; it begins in %s",
                trainer->step + 1, name[0] != '\0' ? name : "the loss itself");
}

/* What is left out depends on the seed, the step and the example, and on no other thread. */
static Dropout dropout_of(const Trainer *trainer, size_t index)
{
    Random random = {trainer->seed + trainer->step * trainer->task.batch + index};
    return (Dropout){trainer->task.dropout, {random_bits(&random)}};
}

/* One example forwards and backwards. Its loss counts as much as it has answers. */
static Status learn_from(const Batch *batch, size_t index, const LearningModel *grad, double *loss)
{
    Status status = STATUS_OK;
    const LearningModel *model = &batch->trainer->model;
    KeptPass kept = {0};
    Dropout dropout = dropout_of(batch->trainer, index);
    Example example = task_view(&batch->examples[index]);
    double share = (double)example_answers(model, &example) / (double)batch->answers, own;
    example.smoothing = batch->trainer->task.smoothing;
    TRY(pass_forward_dropping(model, &example, &dropout, &kept));
    TRY(pass_backward(model, &example, &kept, share, grad, &own));
    *loss += share * own;
    if (!isfinite(own))
        status = name_bad(batch->trainer, &kept);
done:
    kept_pass_free(&kept);
    return status;
}

static void work_hand(void *context, size_t index, size_t thread)
{
    Batch *batch = context;
    Hand *hand = &batch->hands[index];
    Status status = STATUS_OK;
    (void)thread;
    for (size_t i = index; i < batch->trainer->task.batch; i += TRAINER_HANDS)
        TRY(learn_from(batch, i, &batch->trainer->grads[index], &hand->loss));
done:
    hand->status = status;
    if (status != STATUS_OK)
        snprintf(hand->message, sizeof hand->message, "%s", last_error());
}

static void clear(Matrix row)
{
    memset(row.data, 0, row.cols * sizeof *row.data);
}

static void add(Matrix from, Matrix to)
{
    for (size_t c = 0; c < to.cols; c++)
        to.data[c] += from.data[c];
}

/* The gradient of the batch ends up in that of hand 0. */
static Status batch_gradient(Batch *batch)
{
    Trainer *trainer = batch->trainer;
    Matrix sum = trainer_vector(trainer, TRAINER_GRADIENTS);
    for (size_t i = 0; i < TRAINER_HANDS; i++)
        if (i > 0 || !trainer->slips.gradients_kept)
            clear(trainer_vector(trainer, TRAINER_GRADIENTS + i));
    parallel_run(TRAINER_HANDS, trainer->threads, work_hand, batch);
    trainer->loss = 0.0;
    for (size_t i = 0; i < TRAINER_HANDS; i++) {
        if (batch->hands[i].status != STATUS_OK)
            return fail(batch->hands[i].status, "%s", batch->hands[i].message);
        trainer->loss += batch->hands[i].loss;
        if (i > 0)
            add(trainer_vector(trainer, TRAINER_GRADIENTS + i), sum);
    }
    return STATUS_OK;
}

/* --- A batch --------------------------------------------------------------------------------- */

static void slip(const Slips *slips, TaskExample *made, const TaskExample *before)
{
    if (slips->target_unshifted)
        memcpy(made->target, made->right, sizeof made->target);
    if (slips->labels_shuffled) /* where the one before is shorter, its end is repeated */
        for (size_t t = 0; t < made->target_count; t++)
            made->right[t] = before->right[t < before->target_count ? t : before->target_count - 1];
}

/* Full stops up to the end of the longest, as if they were part of what is to be written. */
static void pad(TaskExample *examples, size_t count)
{
    size_t longest = 0;
    for (size_t i = 0; i < count; i++)
        longest = examples[i].target_count > longest ? examples[i].target_count : longest;
    for (size_t i = 0; i < count; i++)
        for (; examples[i].target_count < longest; examples[i].target_count++)
            examples[i].target[examples[i].target_count] =
                examples[i].right[examples[i].target_count] = TASK_STOP;
}

static void draw_batch(Batch *batch)
{
    Trainer *trainer = batch->trainer;
    TaskExample before;
    task_draw(&trainer->task, &trainer->random, false, &before);
    for (size_t i = 0; i < trainer->task.batch; i++) {
        TaskExample *made = &batch->examples[i];
        task_draw(&trainer->task, &trainer->random, false, made);
        TaskExample own = *made;
        slip(&trainer->slips, made, &before);
        before = own;
    }
    if (trainer->slips.padding_counted)
        pad(batch->examples, trainer->task.batch);
}

static void make_batch(Batch *batch)
{
    Trainer *trainer = batch->trainer;
    draw_batch(batch);
    for (size_t i = 0; i < trainer->task.batch; i++) {
        Example example = task_view(&batch->examples[i]);
        batch->answers += example_answers(&trainer->model, &example);
        trainer->words += example.source_count + example.target_count;
    }
}

double learning_rate(const LearningTask *task, size_t step)
{
    static const double LAST = 0.05;
    double now = (double)step, warm_up = (double)task->warm_up, all = (double)task->steps;
    double done = fmin((now - warm_up) / (all - warm_up), 1.0); /* below 0 in the warm-up */
    return task->rate * fmin(now / warm_up, LAST + (1.0 - LAST) * (1.0 - done));
}

static Status move(Trainer *trainer)
{
    Matrix grad = trainer_vector(trainer, TRAINER_GRADIENTS);
    AdamMoments moments = {trainer_vector(trainer, TRAINER_MEAN),
                           trainer_vector(trainer, TRAINER_SQUARES)};
    Adam adam = DEFAULT_ADAM;
    trainer->length = clip_gradients(&grad, 1, 1.0);
    if (!isfinite(trainer->length))
        return fail(STATUS_VALUE, "step %zu: the gradient is no longer a number",
                    trainer->step + 1);
    trainer->rate = learning_rate(&trainer->task, trainer->step + 1);
    adam.rate = trainer->rate;
    return adam_step(&adam, trainer->step + 1, grad, &moments,
                     trainer_vector(trainer, TRAINER_VALUES));
}

Status trainer_step(Trainer *trainer)
{
    Status status = STATUS_OK;
    Batch batch = {.trainer = trainer};
    batch.examples = memory_allocate(trainer->task.batch, sizeof *batch.examples);
    TRY(batch.examples != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    make_batch(&batch);
    TRY(batch_gradient(&batch));
    TRY(move(trainer));
    trainer->step++;
done:
    free(batch.examples);
    return status;
}
