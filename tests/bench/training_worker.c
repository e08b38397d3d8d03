/* Training steps of chapter 11, plain or on the kernels: forwards, backwards, Adam. */
#include "fast_adam.h"
#include "fast_pass.h"
#include "learning.h"
#include "memory.h"
#include "stopwatch.h"
#include "training_case.h"
#include "worker.h"

#include <stdlib.h>
#include <string.h>

enum { FORWARD, BACKWARD };

/* The same for all cases. */
static bool is_fast;
static Isa isa;

/* The case that is prepared. */
static struct {
    LearningModel model, grad;
    AdamMoments moments;
    size_t *source, *target;
    Example *examples;
    size_t count, step;
    KeptPass *kept; /* of each example, by the plain pass */
    FastPass *pass;
} self;

static void release(void)
{
    learning_model_free(&self.model);
    learning_model_free(&self.grad);
    matrix_free(&self.moments.mean);
    matrix_free(&self.moments.squares);
    for (size_t i = 0; self.kept != NULL && i < self.count; i++)
        kept_pass_free(&self.kept[i]);
    fast_pass_free(self.pass);
    free(self.examples);
    free(self.kept);
    free(self.source);
    free(self.target);
    memset(&self, 0, sizeof self);
}

static size_t *take_words(Matrix words)
{
    size_t *numbers = memory_allocate(words.rows * words.cols, sizeof *numbers);
    for (size_t i = 0; numbers != NULL && i < words.rows * words.cols; i++)
        numbers[i] = (size_t)words.data[i];
    return numbers;
}

static Example take_example(const WorkerCase *call, size_t index)
{
    const size_t *source = self.source + index * call->source.cols;
    const size_t *target = self.target + index * call->target.cols;
    Example example = {.source = source, .source_count = call->tokens, .right = target + 1};
    if (call->causal)
        example.source = target;
    else {
        example.target = target;
        example.target_count = call->tokens;
    }
    return example;
}

static Status prepare_examples(const WorkerCase *call)
{
    self.count = call->source.rows;
    self.source = take_words(call->source);
    self.target = take_words(call->target);
    self.examples = memory_allocate(self.count, sizeof *self.examples);
    self.kept = memory_allocate(self.count, sizeof *self.kept);
    if (self.source == NULL || self.target == NULL || self.examples == NULL || self.kept == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < self.count; i++)
        self.examples[i] = take_example(call, i);
    return STATUS_OK;
}

static Status prepare(const WorkerCase *call)
{
    Status status = STATUS_OK;
    ModelPlan plan = training_plan(call->d_model, call->heads, call->causal);
    if (!call->step)
        return fail(STATUS_USAGE, "this one only trains");
    TRY(learning_model_create(&plan, call->values.data, &self.model));
    TRY(learning_model_create(&plan, call->out.data, &self.grad));
    TRY(matrix_create(1, call->values.cols, &self.moments.mean));
    TRY(matrix_create(1, call->values.cols, &self.moments.squares));
    TRY(prepare_examples(call));
    TRY(fast_pass_create(&self.model, &self.pass));
done:
    return status;
}

static Status forward(const WorkerCase *call)
{
    Status status = STATUS_OK;
    FastBatch batch = {.examples = self.examples, .count = self.count};
    if (is_fast)
        return fast_pass_forward(self.pass, &batch, isa, call->threads);
    for (size_t i = 0; i < self.count; i++) {
        kept_pass_free(&self.kept[i]);
        TRY(pass_forward(&self.model, &self.examples[i], &self.kept[i]));
    }
done:
    return status;
}

static Status backward(double *loss)
{
    Status status = STATUS_OK;
    double share = 1.0 / (double)self.count, own;
    if (is_fast)
        return fast_pass_backward(self.pass, &self.grad, loss);
    *loss = 0.0;
    for (size_t i = 0; i < self.count; i++) {
        TRY(pass_backward(&self.model, &self.examples[i], &self.kept[i], share, &self.grad, &own));
        *loss += share * own;
    }
done:
    return status;
}

static Status move(const WorkerCase *call, Matrix grad)
{
    Adam adam = DEFAULT_ADAM;
    adam.rate = TRAINING_RATE;
    self.step++;
    if (!is_fast)
        return adam_step(&adam, self.step, grad, &self.moments, call->values);
    fast_adam(&adam, self.step, grad, &self.moments, call->values, isa, call->threads);
    return STATUS_OK;
}

static Status run(const WorkerCase *call, double amounts[WORKER_AMOUNTS])
{
    Status status = STATUS_OK;
    Matrix grad = matrix_view(call->out.data, 1, call->values.cols);
    double begin = stopwatch_seconds(), turn, loss;
    TRY(forward(call));
    turn = stopwatch_seconds();
    matrix_clear(grad);
    TRY(backward(&loss));
    amounts[FORWARD] += turn - begin;
    amounts[BACKWARD] += stopwatch_seconds() - turn;
    call->out.data[grad.cols] = (float)loss;
    TRY(move(call, grad));
done:
    return status;
}

int main(int argc, char **argv)
{
    Competitor competitor = {"chapter 11", false, prepare, run, release};
    is_fast = argc == 3 && strcmp(argv[1], "fast") == 0;
    if (argc != 3 || (!is_fast && strcmp(argv[1], "plain") != 0))
        return 2;
    competitor.absent = isa_choose(NULL, &isa) != STATUS_OK;
    if (competitor.absent)
        competitor.version = last_error();
    return worker_serve(&competitor, strtoul(argv[2], NULL, 10));
}
