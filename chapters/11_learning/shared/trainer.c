#include "trainer.h"

#include "fast_adam.h"
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
    TRY(isa_choose(NULL, &trainer->isa));
    TRY(parameter_list_create(&task->plan, &trainer->list));
    trainer->numbers = memory_allocate(trainer->list.size, TRAINER_VECTORS * sizeof(float));
    TRY(trainer->numbers != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    parameters_begin(&trainer->list, seed, factor, trainer_vector(trainer, TRAINER_VALUES).data);
    TRY(learning_model_create(&task->plan, trainer_vector(trainer, TRAINER_VALUES).data,
                              &trainer->model));
    TRY(learning_model_create(&task->plan, trainer_vector(trainer, TRAINER_GRADIENTS).data,
                              &trainer->grad));
    TRY(fast_pass_create(&trainer->model, &trainer->pass));
done:
    return status;
}

void trainer_free(Trainer *trainer)
{
    learning_model_free(&trainer->model);
    learning_model_free(&trainer->grad);
    fast_pass_free(trainer->pass);
    free(trainer->list.items);
    free(trainer->numbers);
    *trainer = (Trainer){0};
}

/* --- The gradient of a batch ----------------------------------------------------------------- */

/* A batch under way. */
typedef struct Batch {
    Trainer *trainer;
    TaskExample *made;
    Example *examples;
    Dropout *dropouts;
} Batch;

/* What is left out depends on the seed, the step and the example. */
static Dropout dropout_of(const Trainer *trainer, size_t index)
{
    Random random = {trainer->seed + trainer->step * trainer->task.batch + index};
    return (Dropout){trainer->task.dropout, {random_bits(&random)}};
}

/* The place where an example stops being a number; "" when there is none. */
static Status find_bad(const Trainer *trainer, const Example *example, size_t index,
                       char name[PARAMETER_NAME_SIZE])
{
    Status status = STATUS_OK;
    KeptPass kept = {0};
    Dropout dropout = dropout_of(trainer, index);
    TRY(pass_forward_dropping(&trainer->model, example, &dropout, &kept));
    pass_first_bad(&trainer->model, &kept, name);
done:
    kept_pass_free(&kept);
    return status;
}

static Status name_bad(const Batch *batch)
{
    Status status = STATUS_OK;
    const Trainer *trainer = batch->trainer;
    char name[PARAMETER_NAME_SIZE] = "";
    for (size_t i = 0; i < trainer->task.batch && name[0] == '\0'; i++)
        TRY(find_bad(trainer, &batch->examples[i], i, name));
    status = fail(STATUS_VALUE, "step %zu: the loss is no longer a number; it begins in %s",
                  trainer->step + 1, name[0] != '\0' ? name : "the loss itself");
done:
    return status;
}

static Status batch_gradient(const Batch *batch)
{
    Status status = STATUS_OK;
    Trainer *trainer = batch->trainer;
    FastBatch all = {batch->examples, trainer->task.batch,
                     trainer->task.dropout > 0.0 ? batch->dropouts : NULL};
    if (!trainer->slips.gradients_kept)
        matrix_clear(trainer_vector(trainer, TRAINER_GRADIENTS));
    TRY(fast_pass_forward(trainer->pass, &all, trainer->isa, trainer->threads));
    TRY(fast_pass_backward(trainer->pass, &trainer->grad, &trainer->loss));
    if (!isfinite(trainer->loss))
        status = name_bad(batch);
done:
    return status;
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
        TaskExample *made = &batch->made[i];
        task_draw(&trainer->task, &trainer->random, false, made);
        TaskExample own = *made;
        slip(&trainer->slips, made, &before);
        before = own;
    }
    if (trainer->slips.padding_counted)
        pad(batch->made, trainer->task.batch);
}

static void make_batch(Batch *batch)
{
    Trainer *trainer = batch->trainer;
    draw_batch(batch);
    for (size_t i = 0; i < trainer->task.batch; i++) {
        Example *example = &batch->examples[i];
        *example = task_view(&batch->made[i]);
        example->smoothing = trainer->task.smoothing;
        batch->dropouts[i] = dropout_of(trainer, i);
        trainer->words += example->source_count + example->target_count;
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
    fast_adam(&adam, trainer->step + 1, grad, &moments, trainer_vector(trainer, TRAINER_VALUES),
              trainer->isa, trainer->threads);
    return STATUS_OK;
}

Status trainer_step(Trainer *trainer)
{
    Status status = STATUS_OK;
    Batch batch = {.trainer = trainer};
    size_t count = trainer->task.batch;
    batch.made = memory_allocate(count, sizeof *batch.made);
    batch.examples = memory_allocate(count, sizeof *batch.examples);
    batch.dropouts = memory_allocate(count, sizeof *batch.dropouts);
    TRY(batch.made != NULL && batch.examples != NULL && batch.dropouts != NULL ? STATUS_OK
                                                                               : STATUS_NO_MEMORY);
    make_batch(&batch);
    TRY(batch_gradient(&batch));
    TRY(move(trainer));
    trainer->step++;
done:
    free(batch.made);
    free(batch.examples);
    free(batch.dropouts);
    return status;
}
