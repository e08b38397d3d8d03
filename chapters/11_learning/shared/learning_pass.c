#include "learning_pass.h"

#include "label_smoothing.h"
#include "learning_steps.h"
#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A stack, forwards and backwards. */
typedef struct Stack {
    const LearningModel *model;
    Step (*step)(const LearningModel *model, size_t index);
    const LayerNorm *norm;
    AttentionMask mask; /* of the attention to oneself */
    Matrix memory;
    Dropout *dropout; /* forwards only */
} Stack;

static Stack encoder_stack(const LearningModel *model)
{
    AttentionMask mask = {.causal = model->plan.causal};
    return (Stack){model, encoder_step, &model->encoder.norm, mask, NO_MATRIX, NULL};
}

static Stack decoder_stack(const LearningModel *model, Matrix memory)
{
    return (Stack){model, decoder_step_of, &model->decoder.norm, {.causal = true}, memory, NULL};
}

/* --- Forwards -------------------------------------------------------------------------------- */

static Status run_step(const Step *step, const Stack *stack, KeptStep *kept, Matrix result)
{
    if (step->network != NULL)
        return feed_forward_keep(kept->input, step->network, kept->before, result);
    if (step->looks_at_memory)
        return multi_head_keep(kept->input, stack->memory, step->attention, &NO_MASK, &kept->heads,
                               result);
    return multi_head_keep(kept->input, NO_MATRIX, step->attention, &stack->mask, &kept->heads,
                           result);
}

static Status make_room(const Step *step, Matrix x, KeptStep *kept)
{
    Status status = STATUS_OK;
    TRY(matrix_create(x.rows, x.cols, &kept->input));
    TRY(matrix_create(x.rows, x.cols, &kept->sum));
    kept->out = kept->sum;
    if (step->place == NORM_POST)
        TRY(matrix_create(x.rows, x.cols, &kept->out));
    if (step->network != NULL)
        TRY(matrix_create(x.rows, step->network->w_1.cols, &kept->before));
done:
    return status;
}

static Status step_forward(const Step *step, const Stack *stack, Matrix x, KeptStep *kept)
{
    Status status = STATUS_OK;
    Matrix result = NO_MATRIX;
    TRY(make_room(step, x, kept));
    TRY(matrix_create(x.rows, x.cols, &result));
    TRY(sublayer_input(x, step->norm, step->place, kept->input));
    TRY(run_step(step, stack, kept, result));
    TRY(drop(stack->dropout, result, &kept->factors));
    TRY(sublayer_output(x, result, step->norm, NORM_PRE, kept->sum)); /* the sum alone */
    if (step->place == NORM_POST)
        TRY(layer_norm(kept->sum, step->norm, kept->out));
done:
    matrix_free(&result);
    return status;
}

static Status stack_forward(const Stack *stack, size_t steps, const size_t *words, size_t count,
                            KeptStack *kept)
{
    Status status = STATUS_OK;
    Matrix x = NO_MATRIX;
    kept->steps = memory_allocate(steps, sizeof *kept->steps);
    TRY(kept->steps != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    kept->count = steps;
    TRY(matrix_create(count, stack->model->plan.d_model, &kept->x));
    TRY(embed(words, count, 0, &stack->model->embedding, kept->x));
    TRY(drop(stack->dropout, kept->x, &kept->factors));
    x = kept->x;
    for (size_t i = 0; i < steps; i++) {
        Step step = stack->step(stack->model, i);
        TRY(step_forward(&step, stack, x, &kept->steps[i]));
        x = kept->steps[i].out;
    }
    TRY(matrix_create(x.rows, x.cols, &kept->out));
    TRY(layer_norm(x, stack->norm, kept->out));
done:
    return status;
}

/* The classes of the whole sequence, before the softmax. */
static Status classify_keep(const LearningModel *model, KeptPass *kept)
{
    Status status = STATUS_OK;
    TRY(matrix_create(1, model->plan.d_model, &kept->mean));
    TRY(mean_pool(kept->encoder.out, 0, kept->mean));
    TRY(matrix_create(1, model->plan.classes, &kept->logits));
    TRY(linear(kept->mean, model->classifier.w, model->classifier.b, kept->logits));
done:
    return status;
}

/* What the logits are made of. */
static Matrix answers(const LearningModel *model, const KeptPass *kept)
{
    return model->plan.decoder_blocks > 0 ? kept->decoder.out : kept->encoder.out;
}

Status pass_forward_dropping(const LearningModel *model, const Example *example, Dropout *dropout,
                             KeptPass *kept)
{
    Status status = STATUS_OK;
    const ModelPlan *plan = &model->plan;
    Stack reads = encoder_stack(model), writes;
    Matrix x = NO_MATRIX;
    *kept = (KeptPass){0};
    reads.dropout = dropout;
    TRY(stack_forward(&reads, ENCODER_STEPS * plan->encoder_blocks, example->source,
                      example->source_count, &kept->encoder));
    writes = decoder_stack(model, kept->encoder.out);
    writes.dropout = dropout;
    if (plan->decoder_blocks > 0)
        TRY(stack_forward(&writes, DECODER_STEPS * plan->decoder_blocks, example->target,
                          example->target_count, &kept->decoder));
    if (plan->classes > 0)
        return classify_keep(model, kept);
    x = answers(model, kept);
    TRY(matrix_create(x.rows, plan->words, &kept->logits));
    TRY(vocabulary_logits(x, model->embedding.words, kept->logits));
done:
    return status;
}

Status pass_forward(const LearningModel *model, const Example *example, KeptPass *kept)
{
    return pass_forward_dropping(model, example, &(Dropout){.rate = 0.0}, kept);
}

/* --- Backwards ------------------------------------------------------------------------------- */

/* From the gradient of what came out of the step itself to that of what went in. */
static Status run_step_backward(const Step *step, const Step *grad, const KeptStep *kept,
                                Matrix memory, Matrix grad_memory, Matrix grad_result,
                                Matrix grad_input)
{
    if (step->network != NULL)
        return feed_forward_backward(kept->input, step->network, kept->before, grad_result,
                                     grad_input, grad->network);
    MultiHeadGradients all = {grad_input, NO_MATRIX, *grad->attention};
    if (!step->looks_at_memory)
        memory = NO_MATRIX;
    else
        all.context = grad_memory;
    return multi_head_backward(kept->input, memory, step->attention, &kept->heads, grad_result,
                               &all);
}

/* A stack backwards: where it stands, and the gradients. */
typedef struct WayBack {
    Stack stack, grad;
    const KeptStack *kept;
    Matrix grad_memory;
} WayBack;

static Status step_backward(const WayBack *way, size_t index, Matrix grad_out, Matrix grad_x)
{
    Status status = STATUS_OK;
    Step step = way->stack.step(way->stack.model, index);
    Step grad = way->grad.step(way->grad.model, index);
    const KeptStep *kept = &way->kept->steps[index];
    Matrix x = index == 0 ? way->kept->x : way->kept->steps[index - 1].out;
    Matrix grad_result = NO_MATRIX, grad_input = NO_MATRIX; /* T x d_model */
    TRY(matrix_create(x.rows, x.cols, &grad_result));
    TRY(matrix_create(x.rows, x.cols, &grad_input));
    TRY(sublayer_output_backward(kept->sum, step.norm, step.place, grad_out, grad_x, grad_result,
                                 grad.norm));
    drop_backward(kept->factors, grad_result);
    TRY(run_step_backward(&step, &grad, kept, way->stack.memory, way->grad_memory, grad_result,
                          grad_input));
    TRY(sublayer_input_backward(x, step.norm, step.place, grad_input, grad_x, grad.norm));
done:
    matrix_free(&grad_result);
    matrix_free(&grad_input);
    return status;
}

/* What the last norm was given: the result of the last step. */
static Matrix last_out(const KeptStack *kept)
{
    return kept->steps[kept->count - 1].out;
}

static Status stack_backward(const WayBack *way, const size_t *words, Matrix grad_out)
{
    Status status = STATUS_OK;
    Matrix grad = NO_MATRIX, grad_x = NO_MATRIX;
    const Embedding *tables = &way->grad.model->embedding;
    Embedding words_alone = {.words = tables->words};
    TRY(matrix_create(grad_out.rows, grad_out.cols, &grad));
    TRY(layer_norm_backward(last_out(way->kept), way->stack.norm, grad_out, grad, way->grad.norm));
    for (size_t i = way->kept->count; i-- > 0;) {
        TRY(matrix_create(grad_out.rows, grad_out.cols, &grad_x));
        TRY(step_backward(way, i, grad, grad_x));
        matrix_free(&grad);
        grad = grad_x;
        grad_x = NO_MATRIX;
    }
    drop_backward(way->kept->factors, grad);
    TRY(embed_backward(words, grad.rows, 0, grad, &words_alone));
done:
    matrix_free(&grad);
    matrix_free(&grad_x);
    return status;
}

/* From the logits to what they were made of. */
static Status logits_backward(const LearningModel *model, const KeptPass *kept, Matrix grad_logits,
                              const LearningModel *grad, Matrix grad_answers)
{
    Status status = STATUS_OK;
    const Classifier *layer = &model->classifier, *own = &grad->classifier;
    Matrix grad_mean = NO_MATRIX;
    if (model->plan.classes == 0)
        return matrix_product_transposed_backward(answers(model, kept), model->embedding.words,
                                                  grad_logits, grad_answers, grad->embedding.words);
    TRY(matrix_create(1, model->plan.d_model, &grad_mean));
    TRY(linear_backward(kept->mean, layer->w, grad_logits, grad_mean, own->w, own->b));
    TRY(mean_pool_backward(0, grad_mean, grad_answers));
done:
    matrix_free(&grad_mean);
    return status;
}

/* From the answers to the words. With a decoder, the encoder hears from its memory. */
static Status stacks_backward(const LearningModel *model, const Example *example,
                              const KeptPass *kept, const LearningModel *grad, Matrix grad_answers)
{
    Status status = STATUS_OK;
    Matrix grad_memory = NO_MATRIX;
    WayBack reads = {encoder_stack(model), encoder_stack(grad), &kept->encoder, NO_MATRIX};
    if (model->plan.decoder_blocks == 0)
        return stack_backward(&reads, example->source, grad_answers);
    Matrix memory = kept->encoder.out;
    TRY(matrix_create(memory.rows, memory.cols, &grad_memory)); /* S x d_model */
    WayBack writes = {decoder_stack(model, memory), decoder_stack(grad, NO_MATRIX), &kept->decoder,
                      grad_memory};
    TRY(stack_backward(&writes, example->target, grad_answers));
    TRY(stack_backward(&reads, example->source, grad_memory));
done:
    matrix_free(&grad_memory);
    return status;
}

Status pass_backward(const LearningModel *model, const Example *example, const KeptPass *kept,
                     double share, const LearningModel *grad, double *loss)
{
    Status status = STATUS_OK;
    Matrix logits = kept->logits, x = answers(model, kept);
    Matrix grad_logits = NO_MATRIX, grad_answers = NO_MATRIX;
    TRY(smoothed_cross_entropy(logits, example->right, example->smoothing, loss));
    TRY(matrix_create(logits.rows, logits.cols, &grad_logits));
    TRY(matrix_create(x.rows, x.cols, &grad_answers));
    TRY(smoothed_cross_entropy_backward(logits, example->right, example->smoothing, share,
                                        grad_logits));
    TRY(logits_backward(model, kept, grad_logits, grad, grad_answers));
    TRY(stacks_backward(model, example, kept, grad, grad_answers));
done:
    matrix_free(&grad_logits);
    matrix_free(&grad_answers);
    return status;
}

Status pass_loss(const LearningModel *model, const Example *example, double *loss)
{
    Status status = STATUS_OK;
    KeptPass kept = {0};
    TRY(pass_forward(model, example, &kept));
    TRY(smoothed_cross_entropy(kept.logits, example->right, example->smoothing, loss));
done:
    kept_pass_free(&kept);
    return status;
}

/* --- The rest -------------------------------------------------------------------------------- */

size_t example_answers(const LearningModel *model, const Example *example)
{
    const ModelPlan *plan = &model->plan;
    size_t rows = plan->decoder_blocks > 0 ? example->target_count : example->source_count;
    size_t count = 0;
    for (size_t t = 0; t < (plan->classes > 0 ? 1 : rows); t++)
        count += example->right[t] != NO_WORD;
    return count;
}

static bool is_good(Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            if (!isfinite(matrix_row(matrix, r)[c]))
                return false;
    return true;
}

static bool stack_is_good(const Stack *stack, const char *prefix, size_t steps_per_block,
                          const KeptStack *kept, char name[PARAMETER_NAME_SIZE])
{
    snprintf(name, PARAMETER_NAME_SIZE, "embedding.weight");
    if (!is_good(kept->x))
        return false;
    for (size_t i = 0; i < kept->count; i++) {
        snprintf(name, PARAMETER_NAME_SIZE, "%slayers.%zu.%s", prefix, i / steps_per_block,
                 stack->step(stack->model, i).name);
        if (!is_good(kept->steps[i].out))
            return false;
    }
    snprintf(name, PARAMETER_NAME_SIZE, "%snorm", prefix);
    return is_good(kept->out);
}

void pass_first_bad(const LearningModel *model, const KeptPass *kept,
                    char name[PARAMETER_NAME_SIZE])
{
    bool writes = model->plan.decoder_blocks > 0;
    Stack reader = encoder_stack(model), writer = decoder_stack(model, NO_MATRIX);
    if (!stack_is_good(&reader, writes ? "encoder." : "", ENCODER_STEPS, &kept->encoder, name))
        return;
    if (writes && !stack_is_good(&writer, "decoder.", DECODER_STEPS, &kept->decoder, name))
        return;
    snprintf(name, PARAMETER_NAME_SIZE, "%s", is_good(kept->logits) ? "" : "the logits");
}

static void kept_stack_free(KeptStack *kept)
{
    for (size_t i = 0; i < kept->count; i++) {
        KeptStep *step = &kept->steps[i];
        if (step->out.data != step->sum.data)
            matrix_free(&step->out);
        matrix_free(&step->sum);
        matrix_free(&step->input);
        matrix_free(&step->before);
        matrix_free(&step->factors);
        kept_heads_free(&step->heads);
    }
    free(kept->steps);
    matrix_free(&kept->factors);
    matrix_free(&kept->x);
    matrix_free(&kept->out);
}

void kept_pass_free(KeptPass *kept)
{
    kept_stack_free(&kept->encoder);
    kept_stack_free(&kept->decoder);
    matrix_free(&kept->mean);
    matrix_free(&kept->logits);
    *kept = (KeptPass){0};
}
