#include "block_model.h"

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>

ModelShape model_shape(const StateDict *folder, const char *prefix)
{
    return (ModelShape){.d_model = MODEL_ANY, .biases = state_dict_has(folder, prefix, "bias")};
}

/* --- The parts ------------------------------------------------------------------------------- */

/* A bias, if the model has biases. */
static Status read_bias(StateDict *folder, const char *prefix, const char *name, size_t size,
                        const char *words, const ModelShape *shape, Matrix *bias)
{
    *bias = NO_MATRIX;
    if (!shape->biases)
        return STATUS_OK;
    return state_dict_row(folder, prefix, name, size, words, bias);
}

/* PyTorch keeps the projections to queries, keys and values in one array, one below the other. Once
 * it is transposed they stand side by side, and are views, like heads. */
static Status split(Matrix all, size_t d_model, Matrix *q, Matrix *k, Matrix *v)
{
    Status status = STATUS_OK;
    *q = *k = *v = NO_MATRIX;
    if (all.data == NULL)
        return STATUS_OK;
    TRY(matrix_columns(all, 0, d_model, q));
    TRY(matrix_columns(all, d_model, d_model, k));
    TRY(matrix_columns(all, 2 * d_model, d_model, v));
done:
    return status;
}

static Status learn_d_model(const StateDict *folder, const char *prefix, Matrix projections,
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

Status model_read_attention(StateDict *folder, const char *prefix, const ModelChoices *choices,
                            ModelShape *shape, MultiHeadLayer *layer)
{
    Status status = STATUS_OK;
    Matrix weights, biases;
    size_t d_model = shape->d_model, rows = d_model == MODEL_ANY ? MODEL_ANY : 3 * d_model;
    *layer = (MultiHeadLayer){.heads = choices->heads};
    TRY(state_dict_linear(folder, prefix, "in_proj_weight", d_model, rows, "(3 d_model, d_model)",
                          &weights));
    if (weights.data != NULL)
        TRY(learn_d_model(folder, prefix, weights, choices, shape));
    d_model = shape->d_model;
    TRY(split(weights, d_model, &layer->w_q, &layer->w_k, &layer->w_v));
    TRY(read_bias(folder, prefix, "in_proj_bias", 3 * d_model, "(3 d_model,)", shape, &biases));
    TRY(split(biases, d_model, &layer->b_q, &layer->b_k, &layer->b_v));
    TRY(state_dict_linear(folder, prefix, "out_proj.weight", d_model, d_model, "(d_model, d_model)",
                          &layer->w_o));
    TRY(read_bias(folder, prefix, "out_proj.bias", d_model, "(d_model,)", shape, &layer->b_o));
done:
    return status;
}

Status model_read_norm(StateDict *folder, const char *prefix, const ModelChoices *choices,
                       const ModelShape *shape, LayerNorm *norm)
{
    Status status = STATUS_OK;
    size_t d_model = shape->d_model;
    *norm = (LayerNorm){.epsilon = choices->epsilon};
    TRY(state_dict_row(folder, prefix, "weight", d_model, "(d_model,)", &norm->gain));
    TRY(read_bias(folder, prefix, "bias", d_model, "(d_model,)", shape, &norm->shift));
done:
    return status;
}

Status model_read_feed_forward(StateDict *folder, const char *prefix, const ModelChoices *choices,
                               const ModelShape *shape, FeedForward *network)
{
    Status status = STATUS_OK;
    size_t d_model = shape->d_model, d_ff = 0;
    *network = (FeedForward){.activation = choices->activation};
    TRY(state_dict_linear(folder, prefix, "linear1.weight", d_model, MODEL_ANY, "(d_ff, d_model)",
                          &network->w_1));
    d_ff = network->w_1.cols;
    TRY(read_bias(folder, prefix, "linear1.bias", d_ff, "(d_ff,)", shape, &network->b_1));
    TRY(state_dict_linear(folder, prefix, "linear2.weight", d_ff, d_model, "(d_model, d_ff)",
                          &network->w_2));
    TRY(read_bias(folder, prefix, "linear2.bias", d_model, "(d_model,)", shape, &network->b_2));
done:
    return status;
}

/* --- The encoder ----------------------------------------------------------------------------- */

static Status read_block(StateDict *folder, const char *prefix, const ModelChoices *choices,
                         ModelShape *shape, TransformerBlock *block)
{
    Status status = STATUS_OK;
    char name[MODEL_NAME_SIZE];
    block->norm_place = choices->norm_place;
    snprintf(name, sizeof name, "%sself_attn.", prefix);
    TRY(model_read_attention(folder, name, choices, shape, &block->attention));
    TRY(model_read_feed_forward(folder, prefix, choices, shape, &block->feed_forward));
    snprintf(name, sizeof name, "%snorm1.", prefix);
    TRY(model_read_norm(folder, name, choices, shape, &block->norm_1));
    snprintf(name, sizeof name, "%snorm2.", prefix);
    TRY(model_read_norm(folder, name, choices, shape, &block->norm_2));
done:
    return status;
}

/* The last norm of a stack, if there is one. */
static Status read_last_norm(StateDict *folder, const char *prefix, const ModelChoices *choices,
                             const ModelShape *shape, Encoder *encoder)
{
    char name[MODEL_NAME_SIZE];
    snprintf(name, sizeof name, "%snorm.", prefix);
    encoder->has_norm = state_dict_has(folder, name, "");
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

static Status read_stack(StateDict *folder, const char *prefix, const ModelChoices *choices,
                         ModelShape *shape, EncoderModel *model)
{
    Status status = STATUS_OK;
    char name[MODEL_NAME_SIZE];
    for (size_t i = 0; i < model->encoder.count; i++) {
        snprintf(name, sizeof name, "%slayers.%zu.", prefix, i);
        TRY(read_block(folder, name, choices, shape, &model->blocks[i]));
    }
    TRY(read_last_norm(folder, prefix, choices, shape, &model->encoder));
done:
    return status;
}

Status model_read_encoder(StateDict *folder, const char *prefix, const ModelChoices *choices,
                          EncoderModel *model)
{
    Status status = STATUS_OK;
    char layers[MODEL_NAME_SIZE];
    ModelShape shape = model_shape(folder, prefix);
    snprintf(layers, sizeof layers, "%slayers.", prefix);
    bool is_stack = state_dict_has(folder, layers, "");
    size_t count = is_stack ? state_dict_layers(folder, layers) : 1;
    /* Without a layer 0, ask for it anyway: it is then named as missing. */
    TRY(make_blocks(count > 0 ? count : 1, model));
    TRY(is_stack ? read_stack(folder, prefix, choices, &shape, model)
                 : read_block(folder, prefix, choices, &shape, model->blocks));
done:
    model->d_model = shape.d_model;
    return status;
}

void encoder_model_free(EncoderModel *model)
{
    free(model->blocks);
    *model = (EncoderModel){.blocks = NULL};
}

Status encoder_model_open(const char *path, const ModelChoices *choices, StateDict *folder,
                          EncoderModel *model)
{
    Status status = STATUS_OK;
    *model = (EncoderModel){.blocks = NULL};
    TRY(state_dict_open(path, folder));
    TRY(model_read_encoder(folder, "", choices, model)); /* notes what there must be */
    TRY(state_dict_check(folder));
    TRY(model_read_encoder(folder, "", choices, model));
done:
    return status;
}
