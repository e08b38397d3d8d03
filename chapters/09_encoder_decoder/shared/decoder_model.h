/**
 * @file decoder_model.h
 * @brief A decoder from a folder of arrays named as PyTorch's state_dict names them.
 */
#ifndef HEADWISE_DECODER_MODEL_H
#define HEADWISE_DECODER_MODEL_H

#include "block_model.h"
#include "encoder_decoder.h"
#include "state_dict.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** A decoder from a folder, with the encoder that stood beside it, if one did. */
typedef struct DecoderModel {
    DecoderBlock *blocks; /**< To be freed with decoder_model_free(). */
    Decoder decoder;      /**< The stack of them. */
    size_t d_model;       /**< Columns of the sequences that it takes. */
    bool has_encoder;     /**< Whether the folder holds a whole nn.Transformer. */
    EncoderModel encoder; /**< Its encoder. */
} DecoderModel;

/**
 * Opens a folder that holds an nn.TransformerDecoderLayer (self_attn.in_proj_weight, ...), an
 * nn.TransformerDecoder (layers.0.self_attn.in_proj_weight, ...) or an nn.Transformer
 * (encoder.layers.0. ..., decoder.layers.0. ...), and nothing else, and reads it. The names say
 * which.
 *
 * @param path    The folder, which must outlive the results.
 * @param choices What the arrays do not tell.
 * @param folder  Receives the folder, to be freed with state_dict_free(), also on failure.
 * @param model   Receives the decoder, to be freed with decoder_model_free(), also on failure.
 * @return As state_dict_open(), state_dict_check() and model_read_encoder(); STATUS_SHAPE when
 *         encoder and decoder differ in d_model.
 */
Status decoder_model_open(const char *path, const ModelChoices *choices, StateDict *folder,
                          DecoderModel *model) MUST_USE;

/**
 * Frees the blocks; the arrays stay the folder's.
 *
 * @param model The model.
 */
void decoder_model_free(DecoderModel *model);

#endif
