#include "decoder_model.h"

#include "memory.h"

#include <stdio.h>
#include <stdlib.h>

/* The name of a part, as in "decoder.layers.0." and "norm1.". */
static const char *part(char name[MODEL_NAME_SIZE], const char *prefix, const char *rest)
{
    snprintf(name, MODEL_NAME_SIZE, "%s%s", prefix, rest);
    return name;
}

static Status read_block(StateDict *folder, const char *prefix, const ModelChoices *choices,
                         ModelShape *shape, DecoderBlock *block)
{
    char name[MODEL_NAME_SIZE];
    LayerNorm *norms[] = {&block->norm_1, &block->norm_2, &block->norm_3};
    static const char *const NAMES[] = {"norm1.", "norm2.", "norm3."};
    block->norm_place = choices->norm_place;
    Status status = STATUS_OK;
    TRY(model_read_attention(folder, part(name, prefix, "self_attn."), choices, shape,
                             &block->self_attention));
    TRY(model_read_attention(folder, part(name, prefix, "multihead_attn."), choices, shape,
                             &block->cross_attention));
    TRY(model_read_feed_forward(folder, prefix, choices, shape, &block->feed_forward));
    for (size_t i = 0; i < 3; i++)
        TRY(model_read_norm(folder, part(name, prefix, NAMES[i]), choices, shape, norms[i]));
done:
    return status;
}

static Status read_stack(StateDict *folder, const char *prefix, const ModelChoices *choices,
                         ModelShape *shape, DecoderModel *model)
{
    char name[MODEL_NAME_SIZE], layer[32];
    Decoder *stack = &model->decoder;
    Status status = STATUS_OK;
    for (size_t i = 0; i < stack->count; i++) {
        snprintf(layer, sizeof layer, "layers.%zu.", i);
        TRY(read_block(folder, part(name, prefix, layer), choices, shape, &model->blocks[i]));
    }
    stack->has_norm = state_dict_has(folder, part(name, prefix, "norm."), "");
    if (stack->has_norm)
        TRY(model_read_norm(folder, name, choices, shape, &stack->norm));
done:
    return status;
}

static Status make_blocks(size_t count, DecoderModel *model)
{
    if (model->blocks != NULL)
        return STATUS_OK;
    model->blocks = memory_allocate(count, sizeof *model->blocks);
    if (model->blocks == NULL)
        return STATUS_NO_MEMORY;
    model->decoder.blocks = model->blocks;
    model->decoder.count = count;
    return STATUS_OK;
}

static Status read_decoder(StateDict *folder, const char *prefix, const ModelChoices *choices,
                           DecoderModel *model)
{
    char name[MODEL_NAME_SIZE];
    ModelShape shape = model_shape(folder, prefix);
    bool is_stack = state_dict_has(folder, part(name, prefix, "layers."), "");
    size_t count = is_stack ? state_dict_layers(folder, name) : 1;
    Status status = STATUS_OK;
    /* Without a layer 0, ask for it anyway: it is then named as missing. */
    TRY(make_blocks(count > 0 ? count : 1, model));
    if (is_stack)
        TRY(read_stack(folder, prefix, choices, &shape, model));
    else
        TRY(read_block(folder, prefix, choices, &shape, model->blocks));
    model->d_model = shape.d_model;
done:
    return status;
}

static Status read_all(StateDict *folder, const ModelChoices *choices, DecoderModel *model)
{
    Status status = STATUS_OK;
    model->has_encoder = state_dict_has(folder, "encoder.", "");
    if (!model->has_encoder)
        return read_decoder(folder, "", choices, model);
    TRY(model_read_encoder(folder, "encoder.", choices, &model->encoder));
    TRY(read_decoder(folder, "decoder.", choices, model));
    if (model->encoder.d_model != model->d_model)
        status = fail(STATUS_SHAPE, "%s: d_model is %zu in the encoder and %zu in the decoder",
                      folder->path, model->encoder.d_model, model->d_model);
done:
    return status;
}

Status decoder_model_open(const char *path, const ModelChoices *choices, StateDict *folder,
                          DecoderModel *model)
{
    *model = (DecoderModel){.blocks = NULL};
    Status status = STATUS_OK;
    TRY(state_dict_open(path, folder));
    TRY(read_all(folder, choices, model)); /* what there is to read */
    TRY(state_dict_check(folder));
    TRY(read_all(folder, choices, model));
done:
    return status;
}

void decoder_model_free(DecoderModel *model)
{
    encoder_model_free(&model->encoder);
    free(model->blocks);
    *model = (DecoderModel){.blocks = NULL};
}
