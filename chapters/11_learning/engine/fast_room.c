/* Where the matrices of a batch lie. */
#include "fast_pass_internal.h"
#include "memory.h"
#include "positional_encoding.h"

/* Where matrices are placed; without floats they are only counted. */
typedef struct Room {
    Workspace counted;
    float *floats;
} Room;

/* Rows that are a large power of two apart push each other out of a cache: so they are not. */
static Matrix place(Room *room, size_t rows, size_t cols)
{
    enum { POWER = 128, GAP = 16 };
    size_t stride = cols % POWER == 0 ? cols + GAP : cols;
    size_t at = workspace_reserve(&room->counted, rows, stride);
    return (Matrix){room->floats != NULL ? room->floats + at : NULL, rows, cols, stride};
}

static void place_attention(FastPass *pass, FastStep *step, Room *room, size_t rows)
{
    size_t d = pass->model.plan.d_model;
    size_t answers = step->step.looks_at_memory ? pass->encoder.x.rows : rows;
    HeadMatrices *both[] = {&step->heads, &step->on_heads};
    for (size_t i = 0; i < 2; i++)
        *both[i] = (HeadMatrices){place(room, rows, d), place(room, answers, d),
                                  place(room, answers, d), place(room, rows, d)};
    step->log_sums = place(room, step->step.attention->heads, rows);
}

static void place_network(const FastPass *pass, FastStep *step, Room *room, size_t rows)
{
    size_t d_ff = pass->model.plan.d_ff;
    step->before = place(room, rows, d_ff);
    step->hidden = place(room, rows, d_ff);
    step->on_hidden = place(room, rows, d_ff);
}

/* A step, from what goes in and the gradient of what comes out. */
static void place_step(FastPass *pass, FastStep *step, Room *room, Matrix x, Matrix on_out)
{
    size_t rows = x.rows, d = x.cols;
    bool is_pre = step->step.place == NORM_PRE, drops = pass->batch.dropouts != NULL;
    step->x = x;
    step->input = is_pre ? place(room, rows, d) : x;
    step->sum = place(room, rows, d);
    step->out = is_pre ? step->sum : place(room, rows, d);
    step->factors = drops ? place(room, rows, d) : NO_MATRIX;
    step->on_sum = is_pre ? on_out : place(room, rows, d);
    step->on_result = drops ? place(room, rows, d) : step->on_sum;
    if (step->step.attention != NULL)
        place_attention(pass, step, room, rows);
    else
        place_network(pass, step, room, rows);
}

static void place_stack(FastPass *pass, FastStack *stack, Room *room)
{
    size_t rows = stack->first[pass->batch.count], d = pass->model.plan.d_model;
    stack->x = place(room, rows, d);
    stack->factors = pass->batch.dropouts != NULL ? place(room, rows, d) : NO_MATRIX;
    stack->on_out = place(room, rows, d);
    stack->on_last = place(room, rows, d);
    stack->on_input = place(room, rows, d);
    stack->out = place(room, rows, d);
    for (size_t i = 0; i < stack->count; i++)
        stack->steps[i].on_x = place(room, rows, d);
    for (size_t i = 0; i < stack->count; i++)
        place_step(pass, &stack->steps[i], room, i == 0 ? stack->x : stack->steps[i - 1].out,
                   i + 1 == stack->count ? stack->on_last : stack->steps[i + 1].on_x);
}

static void place_all(FastPass *pass, Room *room)
{
    const ModelPlan *plan = &pass->model.plan;
    size_t columns = TASK_PANELS * pass->kernels->panel;
    for (size_t i = 0; i < pass->layer_count; i++) {
        PackedLinear *layer = &pass->layers[i];
        size_t ahead = packed_factor_size(pass->kernels, layer->w.rows, layer->w.cols);
        size_t behind = packed_factor_size(pass->kernels, layer->w.cols, layer->w.rows);
        layer->numbers[layer->turned] = place(room, 1, ahead).data;
        layer->numbers[!layer->turned] = place(room, 1, behind).data;
    }
    place_stack(pass, &pass->encoder, room);
    place_stack(pass, &pass->decoder, room);
    size_t answers = plan->classes > 0 ? pass->batch.count : answering(pass)->x.rows;
    pass->pooled = place(room, pass->batch.count, plan->d_model);
    pass->on_pooled = place(room, pass->batch.count, plan->d_model);
    pass->logits = place(room, answers, plan->classes > 0 ? plan->classes : plan->words);
    pass->norm_sums = place(room, FAST_HANDS, 2 * pass->norms * plan->d_model);
    pass->product_rooms =
        place(room, pass->threads, fast_product_room(pass->kernels, TASK_ROWS, columns));
}

Status fast_number_rows(FastPass *pass, FastStack *stack)
{
    size_t row = 0,
           *first = memory_resize(stack->first, pass->batch.count + 1, sizeof *stack->first);
    if (first == NULL)
        return STATUS_NO_MEMORY;
    stack->first = first;
    for (size_t i = 0; i < pass->batch.count; i++) {
        const Example *example = &pass->batch.examples[i];
        first[i] = row;
        row += stack->is_decoder ? example->target_count : example->source_count;
    }
    first[pass->batch.count] = row;
    return STATUS_OK;
}

/* A sine takes as long as many products, so they are kept. */
static Status make_positions(FastPass *pass)
{
    Status status = STATUS_OK;
    size_t longest = 0;
    for (size_t i = 0; i < pass->batch.count; i++) {
        const Example *example = &pass->batch.examples[i];
        longest = example->source_count > longest ? example->source_count : longest;
        longest = example->target_count > longest ? example->target_count : longest;
    }
    if (longest <= pass->positions.rows || pass->model.embedding.positions.data != NULL)
        return STATUS_OK;
    matrix_free(&pass->positions);
    TRY(matrix_create(longest, pass->model.plan.d_model, &pass->positions));
    sinusoidal_positions(0, pass->positions);
done:
    return status;
}

Status fast_make_room(FastPass *pass)
{
    Status status = STATUS_OK;
    Room count = {{0}, NULL};
    TRY(make_positions(pass));
    place_all(pass, &count);
    if (count.counted.size > pass->numbers.size) {
        workspace_free(&pass->numbers);
        pass->numbers.size = count.counted.size;
        TRY(workspace_create(&pass->numbers));
    }
    place_all(pass, &(Room){{0}, pass->numbers.floats});
done:
    if (status != STATUS_OK)
        workspace_free(&pass->numbers);
    return status;
}
