#include "block_model.h"

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>

ModelShape model_shape(const ModelFolder *folder, const char *prefix)
{
    return (ModelShape){.d_model = MODEL_ANY, .biases = model_folder_has(folder, prefix, "bias")};
}

/* --- The parts ------------------------------------------------------------------------------- */

/* A bias, if the model has biases. */
static Status read_bias(ModelFolder *folder, const char *prefix, const char *name, size_t size,
                        const char *words, const ModelShape *shape, Matrix *bias)
{
    *bias = NO_MATRIX;
    if (!shape->biases)
        return STATUS_OK;
    return model_folder_row(folder, prefix, name, size, words, bias);
}

/* PyTorch keeps the projections to queries, keys and values in one array, one below the other. Once
 * it is turned they stand side by side, and are views, like heads. */
static Status split(Matrix all, size_t d_model, Matrix *q, Matrix *k, Matrix *v)
{
    *q = *k = *v = NO_MATRIX;
    if (all.data == NULL)
        return STATUS_OK;
    Status status = matrix_columns(all, 0, d_model, q);
    if (status == STATUS_OK)
        status = matrix_columns(all, d_model, d_model, k);
    if (status == STATUS_OK)
        status = matrix_columns(all, 2 * d_model, d_model, v);
    return status;
}

static Status learn_d_model(const ModelFolder *folder, const char *prefix, Matrix projections,
                            const ModelChoices *choices, ModelShape *shape)
{
    shape->d_model = projections.rows;
    if (projections.cols != 3 * projections.rows)
        return fail(STATUS_SHAPE,
                    "%s/%sin_proj_weight.npy is (%zu, %zu), expected (3 d_model, d_model): three "
                    "times as many rows as columns",
                    folder->path, prefix, projections.cols, projections.rows);
    if (choices->heads == 0 || projections.rows % choices->heads != 0)
        return fail(STATUS_SHAPE,
                    "%s: d_model is %zu in %sin_proj_weight.npy, but %zu heads must "
                    "divide it into equal blocks",
                    folder->path, projections.rows, prefix, choices->heads);
    return STATUS_OK;
}

Status model_read_attention(ModelFolder *folder, const char *prefix, const ModelChoices *choices,
                            ModelShape *shape, MultiHeadLayer *layer)
{
    Matrix weights, biases;
    size_t rows = shape->d_model == MODEL_ANY ? MODEL_ANY : 3 * shape->d_model;
    *layer = (MultiHeadLayer){.heads = choices->heads};
    Status status = model_folder_linear(folder, prefix, "in_proj_weight", shape->d_model, rows,
                                        "(3 d_model, d_model)", &weights);
    if (status == STATUS_OK && weights.data != NULL)
        status = learn_d_model(folder, prefix, weights, choices, shape);
    size_t d_model = shape->d_model;
    if (status == STATUS_OK)
        status = split(weights, d_model, &layer->w_q, &layer->w_k, &layer->w_v);
    if (status == STATUS_OK)
        status =
            read_bias(folder, prefix, "in_proj_bias", 3 * d_model, "(3 d_model,)", shape, &biases);
    if (status == STATUS_OK)
        status = split(biases, d_model, &layer->b_q, &layer->b_k, &layer->b_v);
    if (status == STATUS_OK)
        status = model_folder_linear(folder, prefix, "out_proj.weight", d_model, d_model,
                                     "(d_model, d_model)", &layer->w_o);
    if (status == STATUS_OK)
        status =
            read_bias(folder, prefix, "out_proj.bias", d_model, "(d_model,)", shape, &layer->b_o);
    return status;
}

Status model_read_norm(ModelFolder *folder, const char *prefix, const ModelChoices *choices,
                       const ModelShape *shape, LayerNorm *norm)
{
    *norm = (LayerNorm){.epsilon = choices->epsilon};
    Status status =
        model_folder_row(folder, prefix, "weight", shape->d_model, "(d_model,)", &norm->gain);
    if (status == STATUS_OK)
        status =
            read_bias(folder, prefix, "bias", shape->d_model, "(d_model,)", shape, &norm->shift);
    return status;
}

Status model_read_feed_forward(ModelFolder *folder, const char *prefix, const ModelChoices *choices,
                               const ModelShape *shape, FeedForward *network)
{
    size_t d_model = shape->d_model;
    *network = (FeedForward){.activation = choices->activation};
    Status status = model_folder_linear(folder, prefix, "linear1.weight", d_model, MODEL_ANY,
                                        "(d_ff, d_model)", &network->w_1);
    size_t d_ff = network->w_1.cols;
    if (status == STATUS_OK)
        status = read_bias(folder, prefix, "linear1.bias", d_ff, "(d_ff,)", shape, &network->b_1);
    if (status == STATUS_OK)
        status = model_folder_linear(folder, prefix, "linear2.weight", d_ff, d_model,
                                     "(d_model, d_ff)", &network->w_2);
    if (status == STATUS_OK)
        status =
            read_bias(folder, prefix, "linear2.bias", d_model, "(d_model,)", shape, &network->b_2);
    return status;
}

/* --- The encoder ----------------------------------------------------------------------------- */

static Status read_block(ModelFolder *folder, const char *prefix, const ModelChoices *choices,
                         ModelShape *shape, TransformerBlock *block)
{
    char name[MODEL_NAME_SIZE];
    block->norm_place = choices->norm_place;
    snprintf(name, sizeof name, "%sself_attn.", prefix);
    Status status = model_read_attention(folder, name, choices, shape, &block->attention);
    if (status == STATUS_OK)
        status = model_read_feed_forward(folder, prefix, choices, shape, &block->feed_forward);
    snprintf(name, sizeof name, "%snorm1.", prefix);
    if (status == STATUS_OK)
        status = model_read_norm(folder, name, choices, shape, &block->norm_1);
    snprintf(name, sizeof name, "%snorm2.", prefix);
    if (status == STATUS_OK)
        status = model_read_norm(folder, name, choices, shape, &block->norm_2);
    return status;
}

/* The last norm of a stack, if there is one. */
static Status read_last_norm(ModelFolder *folder, const char *prefix, const ModelChoices *choices,
                             const ModelShape *shape, Encoder *encoder)
{
    char name[MODEL_NAME_SIZE];
    snprintf(name, sizeof name, "%snorm.", prefix);
    encoder->has_norm = model_folder_has(folder, name, "");
    if (!encoder->has_norm)
        return STATUS_OK;
    return model_read_norm(folder, name, choices, shape, &encoder->norm);
}

static Status make_blocks(size_t count, EncoderModel *model)
{
    if (model->blocks != NULL)
        return STATUS_OK;
    model->blocks = memory_allocate(count, sizeof *model->blocks);
    if (model->blocks == NULL)
        return STATUS_NO_MEMORY;
    model->encoder.blocks = model->blocks;
    model->encoder.count = count;
    return STATUS_OK;
}

static Status read_stack(ModelFolder *folder, const char *prefix, const ModelChoices *choices,
                         ModelShape *shape, EncoderModel *model)
{
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < model->encoder.count; i++) {
        char name[MODEL_NAME_SIZE];
        snprintf(name, sizeof name, "%slayers.%zu.", prefix, i);
        status = read_block(folder, name, choices, shape, &model->blocks[i]);
    }
    if (status == STATUS_OK)
        status = read_last_norm(folder, prefix, choices, shape, &model->encoder);
    return status;
}

Status model_read_encoder(ModelFolder *folder, const char *prefix, const ModelChoices *choices,
                          EncoderModel *model)
{
    char layers[MODEL_NAME_SIZE];
    ModelShape shape = model_shape(folder, prefix);
    snprintf(layers, sizeof layers, "%slayers.", prefix);
    bool is_stack = model_folder_has(folder, layers, "");
    size_t count = is_stack ? model_folder_layers(folder, layers) : 1;
    /* With none of number 0, ask for it all the same: it is then named as missing. */
    Status status = make_blocks(count > 0 ? count : 1, model);
    if (status == STATUS_OK)
        status = is_stack ? read_stack(folder, prefix, choices, &shape, model)
                          : read_block(folder, prefix, choices, &shape, model->blocks);
    model->d_model = shape.d_model;
    return status;
}

void encoder_model_free(EncoderModel *model)
{
    free(model->blocks);
    *model = (EncoderModel){.blocks = NULL};
}

Status encoder_model_open(const char *path, const ModelChoices *choices, ModelFolder *folder,
                          EncoderModel *model)
{
    *model = (EncoderModel){.blocks = NULL};
    Status status = model_folder_open(path, folder);
    if (status == STATUS_OK)
        status = model_read_encoder(folder, "", choices, model);
    if (status == STATUS_OK)
        status = model_folder_check(folder);
    if (status == STATUS_OK)
        status = model_read_encoder(folder, "", choices, model);
    return status;
}
