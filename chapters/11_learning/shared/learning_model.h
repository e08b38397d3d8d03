/**
 * @file learning_model.h
 * @brief A model to be trained: all its numbers in one vector, and a name for each part of it.
 *
 * The vector makes the rest simple. The gradient is a vector of the same length, with the same
 * names; so are Adam's moments; an optimizer takes its step on all of them at once.
 */
#ifndef HEADWISE_LEARNING_MODEL_H
#define HEADWISE_LEARNING_MODEL_H

#include "encoder_decoder.h"
#include "matrix.h"
#include "status.h"
#include "transformer_block.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for the name of a parameter. */
enum { PARAMETER_NAME_SIZE = 64 };

/**
 * What a model is like. With decoder blocks it is an encoder-decoder. Without them, the encoder
 * answers by itself: a word for each row, or a class for the whole sequence. If it is causal, it
 * is a language model.
 */
typedef struct ModelPlan {
    size_t words;          /**< V, the size of the vocabulary. */
    size_t d_model;        /**< Numbers of a word. */
    size_t d_ff;           /**< Numbers between the two layers of a feed-forward network. */
    size_t heads;          /**< Of every attention. */
    size_t encoder_blocks; /**< 1 or more. */
    size_t decoder_blocks; /**< 0 or more. */
    size_t classes;        /**< 0: the answers are words. */
    bool causal;           /**< Whether the encoder is. */
    bool no_positions;     /**< For an experiment: the words come without positions. */
    NormPlace norm_place;  /**< Of every block. A last norm follows in both places. */
    Activation activation; /**< Of every feed-forward network. */
    float epsilon;         /**< Of every norm. */
} ModelPlan;

/** A part of the vector. */
typedef struct Parameter {
    char name[PARAMETER_NAME_SIZE]; /**< As PyTorch's state_dict names it. */
    size_t first;                   /**< Where it begins. */
    size_t rows;                    /**< Its rows here. */
    size_t cols;                    /**< Its columns here. */
    size_t dims;                    /**< How many dimensions it has in PyTorch. */
    bool is_turned;                 /**< A linear layer: PyTorch keeps the transpose. */
} Parameter;

/** All parts, in the order of the vector. */
typedef struct ParameterList {
    Parameter *items; /**< To be freed with free(). */
    size_t count;     /**< How many. */
    size_t size;      /**< Length of the vector. */
} ParameterList;

/** A model: views of a vector. The same type also holds the gradients, as views of another. */
typedef struct LearningModel {
    ModelPlan plan;                   /**< What it is like. */
    Embedding embedding;              /**< Of the source and the target; also makes the logits. */
    Encoder encoder;                  /**< The blocks that read. */
    Decoder decoder;                  /**< The blocks that write. */
    Classifier classifier;            /**< With classes. */
    TransformerBlock *encoder_blocks; /**< Those of the encoder. */
    DecoderBlock *decoder_blocks;     /**< Those of the decoder. */
    Matrix zeros;                     /**< Positions that say nothing, for the experiment. */
} LearningModel;

/** The longest sequence of a model without positions. */
enum { LONGEST_WITHOUT_POSITIONS = 64 };

/**
 * Lists the parameters of a model.
 *
 * @param plan What it is like.
 * @param list Receives the list; its items are to be freed with free(), also on failure.
 * @return STATUS_VALUE when the heads do not divide d_model, or a size is 0; STATUS_NO_MEMORY.
 */
Status parameter_list_create(const ModelPlan *plan, ParameterList *list) MUST_USE;

/**
 * A parameter as a matrix.
 *
 * @param parameter The parameter.
 * @param numbers   The vector.
 * @return A view of its part.
 */
Matrix parameter_matrix(const Parameter *parameter, float *numbers);

/**
 * Makes a model of a vector.
 *
 * @param plan    What it is like; one that parameter_list_create() accepts.
 * @param numbers The vector, which must outlive the model.
 * @param model   Receives the model, to be freed with learning_model_free(), also on failure.
 * @return STATUS_NO_MEMORY.
 */
Status learning_model_create(const ModelPlan *plan, float *numbers, LearningModel *model) MUST_USE;

/**
 * Frees a model; the vector stays.
 *
 * @param model The model; `{0}` may be freed.
 */
void learning_model_free(LearningModel *model);

/**
 * Initial numbers. Each number of a linear layer is normal, of deviation 1 / (2 sqrt(n)) where
 * n is how many numbers it is summed with; then what comes out is no larger than what goes in
 * (LeCun et al. 1998, section 4.6, without the half: here, half learns faster). The embedding is
 * the same with n = d_model, because embed() multiplies by sqrt(d_model). Biases are 0, gains 1.
 *
 * @param list    The parameters.
 * @param seed    For the generator.
 * @param factor  What every random number is multiplied by; 1 except in experiments.
 * @param numbers Receives the numbers.
 */
void parameters_begin(const ParameterList *list, uint64_t seed, double factor, float *numbers);

#endif
