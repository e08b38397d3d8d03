#include "fast_pass.h"

#include "fast_pass_internal.h"
#include "memory.h"
#include "parallel.h"
#include "self_attention.h"

#include <stdio.h>
#include <stdlib.h>

/* Products that are done before another thread is awake, if other programs run as well. */
static const double SMALL = 1 << 26;

/* --- Beginning and end ----------------------------------------------------------------------- */

static size_t linears_of(const Step *step)
{
    return step->attention != NULL ? 4 : 2;
}

/* The steps of a stack, and their linear layers. */
static void begin_steps(FastPass *pass, FastStack *stack,
                        Step (*step_of)(const LearningModel *model, size_t index))
{
    for (size_t i = 0; i < stack->count; i++) {
        FastStep *step = &stack->steps[i];
        *step = (FastStep){.step = step_of(&pass->model, i), .norm = pass->norms++};
        step->layers = &pass->layers[pass->layer_count];
        pass->layer_count += linears_of(&step->step);
        const MultiHeadLayer *a = step->step.attention;
        const FeedForward *n = step->step.network;
        if (a != NULL) {
            step->layers[LINEAR_Q] = (PackedLinear){.w = a->w_q, .b = a->b_q};
            step->layers[LINEAR_K] = (PackedLinear){.w = a->w_k, .b = a->b_k};
            step->layers[LINEAR_V] = (PackedLinear){.w = a->w_v, .b = a->b_v};
            step->layers[LINEAR_O] = (PackedLinear){.w = a->w_o, .b = a->b_o};
        } else {
            step->layers[LINEAR_1] = (PackedLinear){.w = n->w_1, .b = n->b_1};
            step->layers[LINEAR_2] = (PackedLinear){.w = n->w_2, .b = n->b_2};
        }
    }
    stack->norm_at = pass->norms++;
}

static void begin_model(FastPass *pass)
{
    const LearningModel *model = &pass->model;
    pass->encoder.norm = model->encoder.norm;
    pass->encoder.mask.causal = model->plan.causal;
    pass->decoder.norm = model->decoder.norm;
    pass->decoder.mask.causal = true;
    pass->decoder.is_decoder = true;
    begin_steps(pass, &pass->encoder, encoder_step);
    begin_steps(pass, &pass->decoder, decoder_step_of);
    pass->last = &pass->layers[pass->layer_count++];
    if (model->plan.classes > 0)
        *pass->last = (PackedLinear){.w = model->classifier.w, .b = model->classifier.b};
    else
        *pass->last = (PackedLinear){.w = model->embedding.words, .turned = true};
}

Status fast_pass_create(const LearningModel *model, FastPass **pass)
{
    Status status = STATUS_OK;
    FastPass *made = memory_allocate(1, sizeof *made);
    *pass = NULL;
    TRY(made != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    made->model = *model;
    made->encoder.count = ENCODER_STEPS * model->plan.encoder_blocks;
    made->decoder.count = DECODER_STEPS * model->plan.decoder_blocks;
    made->encoder.steps = memory_allocate(made->encoder.count, sizeof *made->encoder.steps);
    made->decoder.steps = memory_allocate(made->decoder.count, sizeof *made->decoder.steps);
    /* at most four in a step, and the last */
    made->layers =
        memory_allocate(4 * (made->encoder.count + made->decoder.count) + 1, sizeof *made->layers);
    /* at most four for each, and a few around */
    made->phases =
        memory_allocate(4 * (made->encoder.count + made->decoder.count) + 6, sizeof *made->phases);
    TRY(made->encoder.steps != NULL && made->decoder.steps != NULL && made->layers != NULL &&
                made->phases != NULL
            ? STATUS_OK
            : STATUS_NO_MEMORY);
    begin_model(made);
    *pass = made;
done:
    if (status != STATUS_OK)
        fast_pass_free(made);
    return status;
}

void fast_pass_free(FastPass *pass)
{
    if (pass == NULL)
        return;
    free(pass->encoder.steps);
    free(pass->decoder.steps);
    free(pass->encoder.first);
    free(pass->decoder.first);
    free(pass->layers);
    free(pass->phases);
    free(pass->tasks);
    matrix_free(&pass->positions);
    for (size_t i = 0; i < FAST_HANDS; i++)
        workspace_free(&pass->hands[i].room);
    workspace_free(&pass->numbers);
    free(pass);
}

/* --- Phases ---------------------------------------------------------------------------------- */

void push_phase(FastPass *pass, Status (*run)(const Part *part), const FastStack *stack,
                const FastStep *step)
{
    pass->phases[pass->phase_count++] = (FastPhase){run, stack, step};
}

static void run_some(FastPass *pass, size_t hand, size_t first, size_t end)
{
    Status status = STATUS_OK;
    for (size_t i = first; i < end; i++) {
        const FastPhase *phase = &pass->phases[i];
        TRY(phase->run(&(Part){pass, hand, phase->stack, phase->step}));
    }
done:
    pass->hands[hand].status = status;
    if (status != STATUS_OK)
        snprintf(pass->hands[hand].message, sizeof pass->hands[hand].message, "%s", last_error());
}

static void run_all_phases(void *context, size_t index, size_t thread)
{
    FastPass *pass = context;
    (void)thread;
    run_some(pass, index, 0, pass->phase_count);
}

static void run_one_phase(void *context, size_t index, size_t thread)
{
    FastPass *pass = context;
    (void)thread;
    run_some(pass, index, pass->phase, pass->phase + 1);
}

static Status hands_status(const FastPass *pass)
{
    for (size_t i = 0; i < FAST_HANDS; i++)
        if (pass->hands[i].status != STATUS_OK)
            return fail(pass->hands[i].status, "%s", pass->hands[i].message);
    return STATUS_OK;
}

Status run_phases(FastPass *pass)
{
    Status status = STATUS_OK;
    if (has_whole_examples(pass)) {
        parallel_run(FAST_HANDS, pass->threads, run_all_phases, pass);
        TRY(hands_status(pass));
    } else
        for (pass->phase = 0; pass->phase < pass->phase_count; pass->phase++) {
            parallel_run(FAST_HANDS, pass->threads, run_one_phase, pass);
            TRY(hands_status(pass));
        }
done:
    pass->phase_count = 0;
    return status;
}

/* --- Forwards -------------------------------------------------------------------------------- */

static void pack_ahead(void *context, size_t index, size_t thread)
{
    FastPass *pass = context;
    PackedLinear *layer = &pass->layers[index];
    (void)thread;
    layer->ahead = pack_factor(pass->kernels, layer->w, layer->turned, layer->numbers[0]);
}

static void run_linear(const FastPass *pass, const PackedLinear *layer, Matrix x, Matrix out)
{
    multiply_packed(pass->kernels, x, &layer->ahead, layer->b.data, false, out);
}

static void run_norm(const FastPass *pass, const LayerNorm *norm, Matrix x, Matrix out)
{
    for (size_t t = 0; t < x.rows; t++)
        pass->rows->norm(x.cols, matrix_row(x, t), norm, matrix_row(out, t));
}

OneHead one_head(const Part *part, size_t place)
{
    const FastStep *step = part->step;
    size_t heads = step->step.attention->heads, d_k = step->heads.q.cols / heads;
    size_t head = place % heads;
    Stretch example = {place / heads, 1};
    Stretch asks = rows_in(part->stack, example), answers = rows_in(looked_at(part), example);
    return (OneHead){{.one = head_at(&step->heads, asks, answers, d_k, head),
                      .scale = attention_scale(d_k),
                      .mask = step->step.looks_at_memory ? NO_MASK : part->stack->mask,
                      .log_sums = matrix_row(step->log_sums, head) + asks.first},
                     head_at(&step->on_heads, asks, answers, d_k, head)};
}

/* Each example has its own generator. */
static void drop_rows(const Part *part, Matrix x, Matrix factors)
{
    Stretch examples = examples_of(part);
    for (size_t i = examples.first; i < examples.first + examples.count; i++) {
        Stretch rows = rows_in(part->stack, (Stretch){i, 1});
        drop_into(&part->pass->batch.dropouts[i], rows_at(x, rows), rows_at(factors, rows));
    }
}

static Status embed_phase(const Part *part)
{
    Status status = STATUS_OK;
    const FastPass *pass = part->pass;
    Stretch examples = examples_of(part);
    Embedding embedding = pass->model.embedding;
    if (embedding.positions.data == NULL)
        embedding.positions = pass->positions;
    for (size_t i = examples.first; i < examples.first + examples.count; i++) {
        const Example *example = &pass->batch.examples[i];
        Stretch rows = rows_in(part->stack, (Stretch){i, 1});
        TRY(embed(part->stack->is_decoder ? example->target : example->source, rows.count, 0,
                  &embedding, rows_at(part->stack->x, rows)));
    }
    if (part->stack->factors.data != NULL)
        drop_rows(part, part->stack->x, part->stack->factors);
done:
    return status;
}

/* The norm in front of a step, if it is there. */
static Matrix input_of(const Part *part, Stretch rows)
{
    Matrix input = rows_at(part->step->input, rows);
    if (part->step->step.place == NORM_PRE)
        run_norm(part->pass, part->step->step.norm, rows_at(part->step->x, rows), input);
    return input;
}

/* From what a step made to what comes out. */
static void add_residual(const Part *part, Stretch rows)
{
    const FastStep *step = part->step;
    Matrix x = rows_at(step->x, rows), sum = rows_at(step->sum, rows);
    for (size_t t = 0; t < rows.count; t++)
        part->pass->rows->add(x.cols, matrix_row(x, t), matrix_row(sum, t));
    if (step->step.place == NORM_POST)
        run_norm(part->pass, step->step.norm, sum, rows_at(step->out, rows));
}

static Status drop_phase(const Part *part)
{
    Stretch examples = examples_of(part);
    drop_rows(part, part->step->sum, part->step->factors);
    add_residual(part, rows_in(part->stack, examples));
    return STATUS_OK;
}

static Status project_phase(const Part *part)
{
    const FastPass *pass = part->pass;
    const FastStep *step = part->step;
    Stretch asks = rows_of(part, part->stack), answers = rows_of(part, looked_at(part));
    Matrix input = input_of(part, asks);
    Matrix from = step->step.looks_at_memory ? rows_at(pass->encoder.out, answers) : input;
    run_linear(pass, &step->layers[LINEAR_Q], input, rows_at(step->heads.q, asks));
    run_linear(pass, &step->layers[LINEAR_K], from, rows_at(step->heads.k, answers));
    run_linear(pass, &step->layers[LINEAR_V], from, rows_at(step->heads.v, answers));
    return STATUS_OK;
}

static Status attend_phase(const Part *part)
{
    Status status = STATUS_OK;
    Stretch heads = heads_of(part);
    for (size_t i = heads.first; i < heads.first + heads.count; i++) {
        OneHead one = one_head(part, i);
        TRY(tiled_attention(&one.head, part->pass->isa, &part->pass->hands[part->hand].room));
    }
done:
    return status;
}

static Status output_phase(const Part *part)
{
    Stretch rows = rows_of(part, part->stack);
    run_linear(part->pass, &part->step->layers[LINEAR_O], rows_at(part->step->heads.concat, rows),
               rows_at(part->step->sum, rows));
    if (part->step->factors.data == NULL)
        add_residual(part, rows);
    return STATUS_OK;
}

static Status network_phase(const Part *part)
{
    const FastPass *pass = part->pass;
    const FastStep *step = part->step;
    Stretch rows = rows_of(part, part->stack);
    Matrix before = rows_at(step->before, rows), hidden = rows_at(step->hidden, rows);
    run_linear(pass, &step->layers[LINEAR_1], input_of(part, rows), before);
    for (size_t t = 0; t < rows.count; t++)
        pass->rows->activate(step->step.network->activation, before.cols, matrix_row(before, t),
                             matrix_row(hidden, t));
    run_linear(pass, &step->layers[LINEAR_2], hidden, rows_at(step->sum, rows));
    if (step->factors.data == NULL)
        add_residual(part, rows);
    return STATUS_OK;
}

static Status last_norm_phase(const Part *part)
{
    const FastStack *stack = part->stack;
    Stretch rows = rows_of(part, stack);
    run_norm(part->pass, &stack->norm, rows_at(stack->steps[stack->count - 1].out, rows),
             rows_at(stack->out, rows));
    return STATUS_OK;
}

static Status logits_phase(const Part *part)
{
    Status status = STATUS_OK;
    const FastPass *pass = part->pass;
    Stretch answers = answers_of(part);
    bool is_class = pass->model.plan.classes > 0;
    for (size_t i = answers.first; is_class && i < answers.first + answers.count; i++)
        TRY(mean_pool(rows_at(pass->encoder.out, rows_in(&pass->encoder, (Stretch){i, 1})), 0,
                      rows_at(pass->pooled, (Stretch){i, 1})));
    run_linear(pass, pass->last, rows_at(is_class ? pass->pooled : answering(pass)->out, answers),
               rows_at(pass->logits, answers));
done:
    return status;
}

static void push_stack(FastPass *pass, const FastStack *stack)
{
    push_phase(pass, embed_phase, stack, NULL);
    for (size_t i = 0; i < stack->count; i++) {
        const FastStep *step = &stack->steps[i];
        if (step->step.network != NULL)
            push_phase(pass, network_phase, stack, step);
        else {
            push_phase(pass, project_phase, stack, step);
            push_phase(pass, attend_phase, stack, step);
            push_phase(pass, output_phase, stack, step);
        }
        if (step->factors.data != NULL)
            push_phase(pass, drop_phase, stack, step);
    }
    push_phase(pass, last_norm_phase, stack, NULL);
}

/* How many products one way takes, about. */
static double products_of(const FastPass *pass)
{
    double weights = 0.0;
    size_t count = pass->batch.count;
    for (size_t i = 0; i < pass->layer_count; i++)
        weights += (double)(pass->layers[i].w.rows * pass->layers[i].w.cols);
    return weights * (double)(pass->encoder.first[count] + pass->decoder.first[count]);
}

Status fast_pass_forward(FastPass *pass, const FastBatch *batch, Isa isa, size_t threads)
{
    Status status = STATUS_OK;
    pass->batch = *batch;
    pass->isa = isa;
    pass->kernels = kernels_of(isa);
    pass->rows = row_kernels_of(isa);
    TRY(fast_number_rows(pass, &pass->encoder));
    TRY(fast_number_rows(pass, &pass->decoder));
    pass->threads = products_of(pass) < SMALL ? 1 : threads;
    TRY(fast_make_room(pass));
    parallel_run(pass->layer_count, pass->threads, pack_ahead, pass);
    push_stack(pass, &pass->encoder);
    if (pass->decoder.count > 0)
        push_stack(pass, &pass->decoder);
    push_phase(pass, logits_phase, NULL, NULL);
    TRY(run_phases(pass));
done:
    return status;
}
