/* The way back: first the rows, each hand its own; then the weights (fast_weights.c). */
#include "fast_pass.h"

#include "fast_pass_internal.h"
#include "parallel.h"

#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* --- Rows ------------------------------------------------------------------------------------ */

static void pack_behind(void *context, size_t index, size_t thread)
{
    FastPass *pass = context;
    PackedLinear *layer = &pass->layers[index];
    (void)thread;
    layer->behind = pack_factor(pass->kernels, layer->w, !layer->turned, layer->numbers[1]);
}

static void linear_back(const FastPass *pass, const PackedLinear *layer, Matrix grad_out, bool adds,
                        Matrix grad_x)
{
    multiply_packed(pass->kernels, grad_out, &layer->behind, NULL, adds, grad_x);
}

/* A norm, as one hand sees it. */
typedef struct NormBack {
    const FastPass *pass;
    const LayerNorm *norm;
    size_t at, hand;
} NormBack;

static void norm_back(NormBack back, Matrix x, Matrix grad, Matrix base, Matrix grad_x)
{
    size_t d = x.cols;
    float *sums = matrix_row(back.pass->norm_sums, back.hand) + 2 * d * back.at;
    for (size_t t = 0; t < x.rows; t++) {
        NormRow row = {.n = d,
                       .x = matrix_row(x, t),
                       .gain = back.norm->gain.data,
                       .epsilon = back.norm->epsilon,
                       .grad = matrix_row(grad, t),
                       .base = base.data != NULL ? matrix_row(base, t) : NULL,
                       .grad_x = matrix_row(grad_x, t),
                       .grad_gain = sums,
                       .grad_shift = sums + d};
        back.pass->rows->norm_backward(&row);
    }
}

static void copy_rows(Matrix from, Matrix to)
{
    for (size_t t = 0; t < to.rows; t++)
        memcpy(matrix_row(to, t), matrix_row(from, t), to.cols * sizeof *to.data);
}

/* From the gradient of what comes out to that of what the step made. */
static Matrix result_back(const Part *part, Stretch rows)
{
    const FastStack *stack = part->stack;
    const FastStep *step = part->step;
    bool is_last = step == &stack->steps[stack->count - 1];
    Matrix on_sum = rows_at(step->on_sum, rows), on_result = rows_at(step->on_result, rows);
    if (step->step.place == NORM_POST) {
        norm_back((NormBack){part->pass, step->step.norm, step->norm, part->hand},
                  rows_at(step->sum, rows), rows_at(is_last ? stack->on_last : step[1].on_x, rows),
                  NO_MATRIX, on_sum);
        copy_rows(on_sum, rows_at(step->on_x, rows)); /* what the input's gradient is added to */
    }
    if (step->factors.data != NULL) {
        copy_rows(on_sum, on_result);
        drop_backward(rows_at(step->factors, rows), on_result);
    }
    return on_result;
}

/* The gradient of the input: with a norm behind the step it is that of x as well. */
static Matrix input_back(const Part *part, const PackedLinear *layer, Matrix grad, Stretch rows)
{
    bool is_post = part->step->step.place == NORM_POST;
    Matrix on_input = rows_at(is_post ? part->step->on_x : part->stack->on_input, rows);
    linear_back(part->pass, layer, grad, is_post, on_input);
    return on_input;
}

/* With a norm in front, on to x. */
static void x_back(const Part *part, Matrix on_input, Stretch rows)
{
    const FastStep *step = part->step;
    if (step->step.place == NORM_PRE)
        norm_back((NormBack){part->pass, step->step.norm, step->norm, part->hand},
                  rows_at(step->x, rows), on_input, rows_at(step->on_sum, rows),
                  rows_at(step->on_x, rows));
}

static Status network_back(const Part *part)
{
    const FastPass *pass = part->pass;
    const FastStep *step = part->step;
    Stretch rows = rows_of(part, part->stack);
    Matrix on_hidden = rows_at(step->on_hidden, rows), before = rows_at(step->before, rows);
    linear_back(pass, &step->layers[LINEAR_2], result_back(part, rows), false, on_hidden);
    for (size_t t = 0; t < rows.count; t++)
        pass->rows->activation_backward(step->step.network->activation, before.cols,
                                        matrix_row(before, t), matrix_row(on_hidden, t));
    x_back(part, input_back(part, &step->layers[LINEAR_1], on_hidden, rows), rows);
    return STATUS_OK;
}

static Status output_back(const Part *part)
{
    const FastStep *step = part->step;
    Stretch asks = rows_of(part, part->stack), answers = rows_of(part, looked_at(part));
    linear_back(part->pass, &step->layers[LINEAR_O], result_back(part, asks), false,
                rows_at(step->on_heads.concat, asks));
    matrix_clear(rows_at(step->on_heads.q, asks));
    matrix_clear(rows_at(step->on_heads.k, answers));
    matrix_clear(rows_at(step->on_heads.v, answers));
    return STATUS_OK;
}

static Status attend_back(const Part *part)
{
    Status status = STATUS_OK;
    Stretch heads = heads_of(part);
    for (size_t i = heads.first; i < heads.first + heads.count; i++) {
        OneHead one = one_head(part, i);
        TRY(tiled_attention_backward(&one.head, &one.on, part->pass->isa,
                                     &part->pass->hands[part->hand].room));
    }
done:
    return status;
}

/* Keys and values hear for the input, or for the memory. */
static Status project_back(const Part *part)
{
    const FastPass *pass = part->pass;
    const FastStep *step = part->step;
    Stretch asks = rows_of(part, part->stack), answers = rows_of(part, looked_at(part));
    Matrix on_input =
        input_back(part, &step->layers[LINEAR_Q], rows_at(step->on_heads.q, asks), asks);
    Matrix to = step->step.looks_at_memory ? rows_at(pass->encoder.on_out, answers) : on_input;
    linear_back(pass, &step->layers[LINEAR_K], rows_at(step->on_heads.k, answers), true, to);
    linear_back(pass, &step->layers[LINEAR_V], rows_at(step->on_heads.v, answers), true, to);
    x_back(part, on_input, asks);
    return STATUS_OK;
}

static Status last_norm_back(const Part *part)
{
    const FastStack *stack = part->stack;
    Stretch rows = rows_of(part, stack);
    norm_back((NormBack){part->pass, &stack->norm, stack->norm_at, part->hand},
              rows_at(stack->steps[stack->count - 1].out, rows), rows_at(stack->on_out, rows),
              NO_MATRIX, rows_at(stack->on_last, rows));
    return STATUS_OK;
}

static Status embed_back(const Part *part)
{
    Stretch rows = rows_of(part, part->stack);
    drop_backward(rows_at(part->stack->factors, rows), rows_at(part->stack->steps[0].on_x, rows));
    return STATUS_OK;
}

static void push_stack_back(FastPass *pass, const FastStack *stack)
{
    push_phase(pass, last_norm_back, stack, NULL);
    for (size_t i = stack->count; i-- > 0;) {
        const FastStep *step = &stack->steps[i];
        if (step->step.network != NULL)
            push_phase(pass, network_back, stack, step);
        else {
            push_phase(pass, output_back, stack, step);
            push_phase(pass, attend_back, stack, step);
            push_phase(pass, project_back, stack, step);
        }
    }
    if (stack->factors.data != NULL)
        push_phase(pass, embed_back, stack, NULL);
}

/* --- The loss -------------------------------------------------------------------------------- */

static size_t all_answers(const FastPass *pass)
{
    size_t count = 0;
    for (size_t i = 0; i < pass->batch.count; i++)
        count += example_answers(&pass->model, &pass->batch.examples[i]);
    return count;
}

/* The loss of some logits of an example, which become gradients. */
static Status surprise(const Part *part, size_t index, Stretch rows, double share)
{
    const FastPass *pass = part->pass;
    const Example *example = &pass->batch.examples[index];
    size_t first = pass->model.plan.classes > 0 ? index : answering(pass)->first[index];
    for (size_t t = rows.first; t < rows.first + rows.count; t++) {
        LogitsRow row = {pass->logits.cols, matrix_row(pass->logits, t), example->right[t - first],
                         share, example->smoothing};
        if (row.right == NO_WORD)
            memset(row.logits, 0, row.n * sizeof *row.logits);
        else if (row.right >= row.n)
            return fail(STATUS_VALUE,
                        "example %zu: the right word of row %zu is number %zu, but "
                        "there are only %zu words",
                        index, t - first, row.right, row.n);
        else
            part->pass->hands[part->hand].loss += pass->rows->surprise(&row);
    }
    return STATUS_OK;
}

/* The rows of an example that a hand has. */
static Stretch overlap(Stretch one, Stretch other)
{
    size_t first = one.first > other.first ? one.first : other.first;
    size_t end = least(one.first + one.count, other.first + other.count);
    return (Stretch){first, end > first ? end - first : 0};
}

static Status loss_phase(const Part *part)
{
    Status status = STATUS_OK;
    const FastPass *pass = part->pass;
    Stretch answers = answers_of(part);
    double share = 1.0 / (double)all_answers(pass);
    bool is_class = pass->model.plan.classes > 0;
    part->pass->hands[part->hand].loss = 0.0;
    matrix_clear(rows_at(pass->norm_sums, (Stretch){part->hand, 1}));
    for (size_t i = 0; i < pass->batch.count; i++) {
        Stretch own = is_class ? (Stretch){i, 1} : rows_in(answering(pass), (Stretch){i, 1});
        TRY(surprise(part, i, overlap(own, answers), share));
    }
    linear_back(pass, pass->last, rows_at(pass->logits, answers), false,
                rows_at(is_class ? pass->on_pooled : answering(pass)->on_out, answers));
    if (pass->decoder.count > 0)
        matrix_clear(rows_at(pass->encoder.on_out, rows_of(part, &pass->encoder)));
done:
    return status;
}

/* The mean's gradient goes to all its words alike. */
static Status pool_back(const Part *part)
{
    const FastPass *pass = part->pass;
    Stretch examples = examples_of(part);
    for (size_t i = examples.first; i < examples.first + examples.count; i++) {
        Matrix on_out = rows_at(pass->encoder.on_out, rows_in(&pass->encoder, (Stretch){i, 1}));
        for (size_t t = 0; t < on_out.rows; t++)
            for (size_t c = 0; c < on_out.cols; c++)
                matrix_row(on_out, t)[c] = matrix_row(pass->on_pooled, i)[c] / (float)on_out.rows;
    }
    return STATUS_OK;
}

Status fast_pass_backward(FastPass *pass, const LearningModel *grad, double *loss)
{
    Status status = STATUS_OK;
    *loss = 0.0;
    TRY(fast_push_weights(pass, grad));
    parallel_run(pass->layer_count, pass->threads, pack_behind, pass);
    push_phase(pass, loss_phase, NULL, NULL);
    if (pass->model.plan.classes > 0)
        push_phase(pass, pool_back, NULL, NULL);
    if (pass->decoder.count > 0)
        push_stack_back(pass, &pass->decoder);
    push_stack_back(pass, &pass->encoder);
    TRY(run_phases(pass));
    fast_add_weights(pass, grad);
    for (size_t i = 0; i < FAST_HANDS; i++)
        *loss += pass->hands[i].loss;
done:
    return status;
}
