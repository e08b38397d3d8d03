/**
 * @file block_model.h
 * @brief Blocks from a folder of arrays named as PyTorch's state_dict names them: the parts of
 *        nn.TransformerEncoderLayer and nn.TransformerDecoderLayer, and a whole encoder.
 *
 * All read functions are loaders as state_dict.h describes them: they run twice, and have no effect
 * on their results the first time. What they fill in are views of what the folder read.
 */
#ifndef HEADWISE_BLOCK_MODEL_H
#define HEADWISE_BLOCK_MODEL_H

#include "multi_head_attention.h"
#include "state_dict.h"
#include "status.h"
#include "transformer_block.h"

#include <stdbool.h>
#include <stddef.h>

/** What neither the names nor the shapes of a model's arrays say. */
typedef struct ModelChoices {
    size_t heads;          /**< Of every attention. */
    NormPlace norm_place;  /**< PyTorch's norm_first. */
    Activation activation; /**< Of every feed-forward network. */
    float epsilon;         /**< Of every norm: PyTorch's layer_norm_eps. */
} ModelChoices;

/** What the names and shapes do say, once for all layers. */
typedef struct ModelShape {
    size_t d_model; /**< MODEL_ANY until the first attention is read. */
    bool biases;    /**< Whether the model has biases: all of them, or none. */
} ModelShape;

/** An encoder from a folder. */
typedef struct EncoderModel {
    TransformerBlock *blocks; /**< To be freed with encoder_model_free(). */
    Encoder encoder;          /**< The stack of them. */
    size_t d_model;           /**< Columns of the sequences that it takes. */
} EncoderModel;

/**
 * Finds out about a model before its arrays are read.
 *
 * @param folder The folder.
 * @param prefix How the model's names begin; "" when they are all there is.
 * @return Its d_model is MODEL_ANY.
 */
ModelShape model_shape(const StateDict *folder, const char *prefix);

/**
 * Reads an attention: in_proj_weight, in_proj_bias, out_proj.weight, out_proj.bias.
 *
 * @param folder  The folder.
 * @param prefix  How the names begin: "layers.0.self_attn.".
 * @param choices The heads.
 * @param shape   The d_model that it must have; if that is MODEL_ANY, receives the one it has.
 * @param layer   Receives the attention.
 * @return As state_dict_linear(); STATUS_SHAPE when the heads do not divide d_model.
 */
Status model_read_attention(StateDict *folder, const char *prefix, const ModelChoices *choices,
                            ModelShape *shape, MultiHeadLayer *layer) MUST_USE;

/**
 * Reads a norm: weight, bias.
 *
 * @param folder  The folder.
 * @param prefix  How the names begin: "layers.0.norm1.".
 * @param choices The epsilon.
 * @param shape   The d_model that it must have.
 * @param norm    Receives the norm.
 * @return As state_dict_row().
 */
Status model_read_norm(StateDict *folder, const char *prefix, const ModelChoices *choices,
                       const ModelShape *shape, LayerNorm *norm) MUST_USE;

/**
 * Reads a feed-forward network: linear1.weight, linear1.bias, linear2.weight, linear2.bias.
 *
 * @param folder  The folder.
 * @param prefix  How the names begin: "layers.0.".
 * @param choices The activation.
 * @param shape   The d_model that it must have.
 * @param network Receives the network.
 * @return As state_dict_linear().
 */
Status model_read_feed_forward(StateDict *folder, const char *prefix, const ModelChoices *choices,
                               const ModelShape *shape, FeedForward *network) MUST_USE;

/**
 * Reads an encoder: one layer by itself (self_attn.in_proj_weight, ...), or a stack
 * (layers.0.self_attn.in_proj_weight, ...) with or without a last norm (norm.weight, ...). The
 * names say which.
 *
 * @param folder  The folder.
 * @param prefix  How the names begin: "" or "encoder.".
 * @param choices What the arrays do not tell.
 * @param model   Receives the encoder, to be freed with encoder_model_free(), also on failure. It
 *                begins as all zeros, and is the same both times.
 * @return As the functions above; STATUS_NO_MEMORY.
 */
Status model_read_encoder(StateDict *folder, const char *prefix, const ModelChoices *choices,
                          EncoderModel *model) MUST_USE;

/**
 * Frees the blocks; the arrays stay the folder's.
 *
 * @param model The model.
 */
void encoder_model_free(EncoderModel *model);

/**
 * Opens a folder that holds an encoder and nothing else, and reads it.
 *
 * @param path    The folder, which must outlive the results.
 * @param choices What the arrays do not tell.
 * @param folder  Receives the folder, to be freed with state_dict_free(), also on failure.
 * @param model   Receives the encoder, to be freed with encoder_model_free(), also on failure.
 * @return As state_dict_open(), state_dict_check() and model_read_encoder().
 */
Status encoder_model_open(const char *path, const ModelChoices *choices, StateDict *folder,
                          EncoderModel *model) MUST_USE;

#endif
