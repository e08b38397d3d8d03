#include "learning_model.h"

#include "memory.h"
#include "random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A walk over all parameters, in the order of the vector. It can note their names, if there is a
 * list, and make views of them, if there are numbers. So there is one description of a model, and
 * names and numbers cannot disagree.
 */
typedef struct Walk {
    ParameterList *list; /* or NULL */
    float *numbers;      /* or NULL */
    size_t count, used;
    const char *prefix;
    ModelPlan plan;
} Walk;

/* --- The parameters, one by one -------------------------------------------------------------- */

static Matrix take(Walk *walk, const char *name, size_t dims, size_t rows, size_t cols)
{
    Parameter parameter = {.first = walk->used, .rows = rows, .cols = cols, .dims = dims};
    snprintf(parameter.name, sizeof parameter.name, "%s%s", walk->prefix, name);
    parameter.is_turned = dims == 2 && strncmp(name, "embedding", 9) != 0;
    if (walk->list != NULL && walk->list->items != NULL)
        walk->list->items[walk->count] = parameter;
    walk->count++;
    walk->used += rows * cols;
    return walk->numbers != NULL ? parameter_matrix(&parameter, walk->numbers) : NO_MATRIX;
}

static Matrix take_linear(Walk *walk, const char *name, size_t in, size_t out)
{
    return take(walk, name, 2, in, out);
}

static Matrix take_row(Walk *walk, const char *name, size_t count)
{
    return take(walk, name, 1, 1, count);
}

/* PyTorch keeps the projections to queries, keys and values as one: here they are its columns. */
static void split(Matrix all, Matrix *q, Matrix *k, Matrix *v)
{
    size_t d_model = all.cols / 3;
    *q = *k = *v = (Matrix){all.data, all.rows, d_model, all.stride};
    if (all.data == NULL)
        return;
    k->data += d_model;
    v->data += 2 * d_model;
}

static MultiHeadLayer take_attention(Walk *walk, const char *name)
{
    char part[PARAMETER_NAME_SIZE];
    size_t d_model = walk->plan.d_model;
    MultiHeadLayer layer = {.heads = walk->plan.heads};
    snprintf(part, sizeof part, "%s.in_proj_weight", name);
    split(take_linear(walk, part, d_model, 3 * d_model), &layer.w_q, &layer.w_k, &layer.w_v);
    snprintf(part, sizeof part, "%s.in_proj_bias", name);
    split(take_row(walk, part, 3 * d_model), &layer.b_q, &layer.b_k, &layer.b_v);
    snprintf(part, sizeof part, "%s.out_proj.weight", name);
    layer.w_o = take_linear(walk, part, d_model, d_model);
    snprintf(part, sizeof part, "%s.out_proj.bias", name);
    layer.b_o = take_row(walk, part, d_model);
    return layer;
}

static FeedForward take_feed_forward(Walk *walk)
{
    size_t d_model = walk->plan.d_model, d_ff = walk->plan.d_ff;
    FeedForward network = {.activation = walk->plan.activation};
    network.w_1 = take_linear(walk, "linear1.weight", d_model, d_ff);
    network.b_1 = take_row(walk, "linear1.bias", d_ff);
    network.w_2 = take_linear(walk, "linear2.weight", d_ff, d_model);
    network.b_2 = take_row(walk, "linear2.bias", d_model);
    return network;
}

static LayerNorm take_norm(Walk *walk, const char *name)
{
    char part[PARAMETER_NAME_SIZE];
    LayerNorm norm = {.epsilon = walk->plan.epsilon};
    snprintf(part, sizeof part, "%s.weight", name);
    norm.gain = take_row(walk, part, walk->plan.d_model);
    snprintf(part, sizeof part, "%s.bias", name);
    norm.shift = take_row(walk, part, walk->plan.d_model);
    return norm;
}

/* --- The blocks ------------------------------------------------------------------------------ */

static TransformerBlock take_encoder_block(Walk *walk)
{
    TransformerBlock block = {.norm_place = walk->plan.norm_place};
    block.attention = take_attention(walk, "self_attn");
    block.feed_forward = take_feed_forward(walk);
    block.norm_1 = take_norm(walk, "norm1");
    block.norm_2 = take_norm(walk, "norm2");
    return block;
}

static DecoderBlock take_decoder_block(Walk *walk)
{
    DecoderBlock block = {.norm_place = walk->plan.norm_place};
    block.self_attention = take_attention(walk, "self_attn");
    block.cross_attention = take_attention(walk, "multihead_attn");
    block.feed_forward = take_feed_forward(walk);
    block.norm_1 = take_norm(walk, "norm1");
    block.norm_2 = take_norm(walk, "norm2");
    block.norm_3 = take_norm(walk, "norm3");
    return block;
}

/* The names of an encoder by itself have no prefix, as those of nn.TransformerEncoder. */
static void take_encoder(Walk *walk, LearningModel *model)
{
    char prefix[PARAMETER_NAME_SIZE];
    const char *stack = walk->plan.decoder_blocks > 0 ? "encoder." : "";
    walk->prefix = prefix;
    for (size_t i = 0; i < walk->plan.encoder_blocks; i++) {
        snprintf(prefix, sizeof prefix, "%slayers.%zu.", stack, i);
        TransformerBlock block = take_encoder_block(walk);
        if (model != NULL)
            model->encoder_blocks[i] = block;
    }
    walk->prefix = stack;
    LayerNorm norm = take_norm(walk, "norm");
    if (model != NULL)
        model->encoder = (Encoder){model->encoder_blocks, walk->plan.encoder_blocks, true, norm};
}

static void take_decoder(Walk *walk, LearningModel *model)
{
    char prefix[PARAMETER_NAME_SIZE];
    walk->prefix = prefix;
    for (size_t i = 0; i < walk->plan.decoder_blocks; i++) {
        snprintf(prefix, sizeof prefix, "decoder.layers.%zu.", i);
        DecoderBlock block = take_decoder_block(walk);
        if (model != NULL)
            model->decoder_blocks[i] = block;
    }
    walk->prefix = "decoder.";
    LayerNorm norm = take_norm(walk, "norm");
    if (model != NULL)
        model->decoder = (Decoder){model->decoder_blocks, walk->plan.decoder_blocks, true, norm};
}

/* Without a model, only the names are of interest. */
static void take_all(Walk *walk, LearningModel *model)
{
    ModelPlan plan = walk->plan;
    walk->prefix = "";
    Matrix words = take(walk, "embedding.weight", 2, plan.words, plan.d_model);
    take_encoder(walk, model);
    if (plan.decoder_blocks > 0)
        take_decoder(walk, model);
    Classifier classifier = {NO_MATRIX, NO_MATRIX};
    walk->prefix = "";
    if (plan.classes > 0) {
        classifier.w = take_linear(walk, "classifier.weight", plan.d_model, plan.classes);
        classifier.b = take_row(walk, "classifier.bias", plan.classes);
    }
    if (model != NULL) {
        model->embedding = (Embedding){.words = words, .positions = model->zeros};
        model->classifier = classifier;
    }
}

/* --- What is offered ------------------------------------------------------------------------- */

static Status expect_plan(const ModelPlan *plan)
{
    if (plan->words == 0 || plan->d_model == 0 || plan->d_ff == 0 || plan->encoder_blocks == 0)
        return fail(STATUS_VALUE, "a model needs words, d_model, d_ff and blocks of 1 or more");
    if (plan->heads == 0 || plan->d_model % plan->heads != 0)
        return fail(STATUS_VALUE, "%zu heads must divide d_model, which is %zu, into equal blocks",
                    plan->heads, plan->d_model);
    return STATUS_OK;
}

Status parameter_list_create(const ModelPlan *plan, ParameterList *list)
{
    Status status = STATUS_OK;
    Walk counts = {.plan = *plan}, names = {.plan = *plan, .list = list};
    *list = (ParameterList){.items = NULL};
    TRY(expect_plan(plan));
    take_all(&counts, NULL);
    list->items = memory_allocate(counts.count, sizeof *list->items);
    TRY(list->items != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    take_all(&names, NULL);
    list->count = names.count;
    list->size = names.used;
done:
    return status;
}

Matrix parameter_matrix(const Parameter *parameter, float *numbers)
{
    return matrix_view(numbers + parameter->first, parameter->rows, parameter->cols);
}

Status learning_model_create(const ModelPlan *plan, float *numbers, LearningModel *model)
{
    Status status = STATUS_OK;
    Walk walk = {.plan = *plan, .numbers = numbers};
    *model = (LearningModel){.plan = *plan};
    model->encoder_blocks = memory_allocate(plan->encoder_blocks, sizeof *model->encoder_blocks);
    model->decoder_blocks = memory_allocate(plan->decoder_blocks, sizeof *model->decoder_blocks);
    if (model->encoder_blocks == NULL || model->decoder_blocks == NULL)
        return STATUS_NO_MEMORY;
    if (plan->no_positions)
        TRY(matrix_create(LONGEST_WITHOUT_POSITIONS, plan->d_model, &model->zeros));
    take_all(&walk, model);
done:
    return status;
}

void learning_model_free(LearningModel *model)
{
    free(model->encoder_blocks);
    free(model->decoder_blocks);
    matrix_free(&model->zeros);
    *model = (LearningModel){.encoder_blocks = NULL};
}

/* --- Initial numbers ------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

void parameters_begin(const ParameterList *list, uint64_t seed, double factor, float *numbers)
{
    Random random = {seed};
    for (size_t i = 0; i < list->count; i++) {
        const Parameter *parameter = &list->items[i];
        Matrix matrix = parameter_matrix(parameter, numbers);
        size_t summed = parameter->is_turned ? matrix.rows : matrix.cols;
        if (parameter->dims == 2)
            random_fill(&random, 0.5 * factor / sqrt((double)summed), matrix);
        else
            for (size_t c = 0; c < matrix.cols; c++)
                matrix.data[c] = ends_with(parameter->name, "weight") ? 1.0f : 0.0f;
    }
}
