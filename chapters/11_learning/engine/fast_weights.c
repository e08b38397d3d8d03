/* The gradients of the weights: each hears from all rows, in one product. */
#include "fast_pass_internal.h"
#include "memory.h"
#include "parallel.h"

#include <math.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static Status push_task(FastPass *pass, const GradientTask *task)
{
    if (pass->task_count == pass->task_room) {
        size_t room = 2 * pass->task_room + 64;
        GradientTask *tasks = memory_resize(pass->tasks, room, sizeof *tasks);
        if (tasks == NULL)
            return STATUS_NO_MEMORY;
        pass->tasks = tasks;
        pass->task_room = room;
    }
    pass->tasks[pass->task_count++] = *task;
    return STATUS_OK;
}

static Matrix columns_at(Matrix matrix, size_t first, size_t count)
{
    return (Matrix){matrix.data + first, matrix.rows, count, matrix.stride};
}

/* The gradient of a weight, block by block. The first row of blocks also sums the bias's. */
static Status push_weight(FastPass *pass, GradientTask whole)
{
    Status status = STATUS_OK;
    size_t columns = TASK_PANELS * pass->kernels->panel;
    for (size_t r = 0; r < whole.c.rows; r += TASK_ROWS)
        for (size_t c = 0; c < whole.c.cols; c += columns) {
            size_t rows = least(TASK_ROWS, whole.c.rows - r),
                   cols = least(columns, whole.c.cols - c);
            GradientTask task = whole;
            task.c = columns_at(rows_at(whole.c, (Stretch){r, rows}), c, cols);
            task.row = r;
            task.column = c;
            if (whole.a.data != NULL) {
                task.a = columns_at(whole.a, r, rows);
                task.b = columns_at(whole.b, c, cols);
            }
            task.sums = r == 0 && whole.sums != NULL ? whole.sums + c : NULL;
            TRY(push_task(pass, &task));
        }
done:
    return status;
}

static Status push_linear(FastPass *pass, Matrix x, Matrix grad_out, Matrix grad_w, Matrix grad_b)
{
    return push_weight(pass,
                       (GradientTask){.a = x, .b = grad_out, .c = grad_w, .sums = grad_b.data});
}

static Status push_step(FastPass *pass, const FastStep *step, const Step *grad)
{
    Status status = STATUS_OK;
    const MultiHeadLayer *a = grad->attention;
    const FeedForward *n = grad->network;
    const HeadMatrices *on = &step->on_heads;
    if (n != NULL) {
        TRY(push_linear(pass, step->input, step->on_hidden, n->w_1, n->b_1));
        return push_linear(pass, step->hidden, step->on_result, n->w_2, n->b_2);
    }
    Matrix from = step->step.looks_at_memory ? pass->encoder.out : step->input;
    TRY(push_linear(pass, step->input, on->q, a->w_q, a->b_q));
    TRY(push_linear(pass, from, on->k, a->w_k, a->b_k));
    TRY(push_linear(pass, from, on->v, a->w_v, a->b_v));
    TRY(push_linear(pass, step->heads.concat, step->on_result, a->w_o, a->b_o));
done:
    return status;
}

Status fast_push_weights(FastPass *pass, const LearningModel *grad)
{
    Status status = STATUS_OK;
    Matrix from = pass->decoder.count > 0 ? pass->decoder.out : pass->encoder.out;
    GradientTask words = {.c = grad->embedding.words, .is_words = true};
    pass->task_count = 0;
    if (grad->plan.classes > 0)
        TRY(push_linear(pass, pass->pooled, pass->logits, grad->classifier.w, grad->classifier.b));
    else {
        words.a = pass->logits;
        words.b = from;
    }
    TRY(push_weight(pass, words));
    for (size_t i = 0; i < pass->decoder.count; i++) {
        Step step = decoder_step_of(grad, i);
        TRY(push_step(pass, &pass->decoder.steps[i], &step));
    }
    for (size_t i = 0; i < pass->encoder.count; i++) {
        Step step = encoder_step(grad, i);
        TRY(push_step(pass, &pass->encoder.steps[i], &step));
    }
done:
    return status;
}

/* Each word's row hears from wherever the word stands; here, some rows and columns of the table. */
static void add_words(const FastPass *pass, const FastStack *stack, const GradientTask *task)
{
    float root = (float)sqrt((double)pass->model.plan.d_model);
    for (size_t i = 0; stack->count > 0 && i < pass->batch.count; i++) {
        const Example *example = &pass->batch.examples[i];
        const size_t *words = stack->is_decoder ? example->target : example->source;
        Matrix grad = rows_at(stack->steps[0].on_x, rows_in(stack, (Stretch){i, 1}));
        for (size_t t = 0; t < grad.rows; t++) {
            const float *from = matrix_row(grad, t) + task->column;
            if (words[t] < task->row || words[t] - task->row >= task->c.rows)
                continue;
            float *to = matrix_row(task->c, words[t] - task->row);
            for (size_t c = 0; c < task->c.cols; c++)
                to[c] += root * from[c];
        }
    }
}

static void weigh(void *context, size_t index, size_t thread)
{
    const FastPass *pass = context;
    const GradientTask *task = &pass->tasks[index];
    FastProduct product = {
        .a = task->a, .b = task->b, .a_transposed = true, .adds = true, .c = task->c};
    if (task->a.data != NULL)
        fast_product(pass->kernels, &product, matrix_row(pass->product_rooms, thread));
    for (size_t t = 0; task->sums != NULL && t < task->b.rows; t++)
        pass->rows->add(task->b.cols, matrix_row(task->b, t), task->sums);
    if (task->is_words) {
        add_words(pass, &pass->encoder, task);
        add_words(pass, &pass->decoder, task);
    }
}

/* What the hands found of a norm's gain and shift. */
static void add_norm(const FastPass *pass, size_t at, const LayerNorm *grad)
{
    size_t d = pass->model.plan.d_model;
    for (size_t i = 0; i < FAST_HANDS; i++) {
        const float *sums = matrix_row(pass->norm_sums, i) + 2 * d * at;
        pass->rows->add(d, sums, grad->gain.data);
        pass->rows->add(d, sums + d, grad->shift.data);
    }
}

void fast_add_weights(FastPass *pass, const LearningModel *grad)
{
    parallel_run(pass->task_count, pass->threads, weigh, pass);
    for (size_t i = 0; i < pass->encoder.count; i++)
        add_norm(pass, pass->encoder.steps[i].norm, encoder_step(grad, i).norm);
    for (size_t i = 0; i < pass->decoder.count; i++)
        add_norm(pass, pass->decoder.steps[i].norm, decoder_step_of(grad, i).norm);
    add_norm(pass, pass->encoder.norm_at, &grad->encoder.norm);
    if (pass->decoder.count > 0)
        add_norm(pass, pass->decoder.norm_at, &grad->decoder.norm);
}
