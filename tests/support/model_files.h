/**
 * @file model_files.h
 * @brief Folders of arrays for the tests: models of random numbers that Python makes too.
 */
#ifndef HEADWISE_MODEL_FILES_H
#define HEADWISE_MODEL_FILES_H

#include "matrix.h"
#include "random.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * Makes a folder in the directory of the test, empty.
 *
 * @param name What to call it.
 * @return Its path, valid until the next call.
 */
const char *model_files_begin(const char *name);

/**
 * Writes an array of random numbers, the same as tests/golden/make_encoder.py makes: weights that
 * keep the variance, small biases, gains around 1.
 *
 * @param random The generator.
 * @param prefix The first part of the array's name.
 * @param name   The second part.
 * @param rows   Its rows; 0 for an array of one dimension.
 * @param cols   Its columns.
 */
void model_files_write(Random *random, const char *prefix, const char *name, size_t rows,
                       size_t cols);

/**
 * The path of a file in the folder.
 *
 * @param name Its name.
 * @return The path, valid until the next call.
 */
const char *model_files_path(const char *name);

/** Sizes of an encoder. */
typedef struct EncoderFiles {
    size_t layers;  /**< 0 for a layer by itself, without a prefix. */
    size_t d_model; /**< Columns of the sequence. */
    size_t d_ff;    /**< Columns in the middle of the feed-forward network. */
    bool norm;      /**< Whether a last norm follows. */
    bool biases;    /**< Whether there are any. */
} EncoderFiles;

/**
 * Writes an encoder, in the order of PyTorch's state_dict.
 *
 * @param random The generator.
 * @param prefix What all names begin with.
 * @param files  Its sizes.
 */
void model_files_write_encoder(Random *random, const char *prefix, EncoderFiles files);

/** Sizes of a decoder, and of the encoder beside it. */
typedef struct DecoderFiles {
    size_t layers;         /**< 0 for a layer by itself, without a prefix. */
    size_t encoder_layers; /**< Above 0: an nn.Transformer, with "encoder." and "decoder.". */
    size_t d_model;        /**< Columns of the sequences. */
    size_t d_ff;           /**< Columns in the middle of the feed-forward networks. */
    bool norm;             /**< Whether a last norm follows each stack. */
    bool biases;           /**< Whether there are any. */
} DecoderFiles;

/**
 * Writes a decoder, in the order of PyTorch's state_dict.
 *
 * @param random The generator.
 * @param files  Its sizes.
 */
void model_files_write_decoder(Random *random, DecoderFiles files);

/**
 * Numbers between -1 and 1, as the script makes its input.
 *
 * @param random The generator.
 * @param rows   Its rows.
 * @param cols   Its columns.
 * @return The matrix, which lives as long as the test.
 */
Matrix model_files_numbers(Random *random, size_t rows, size_t cols);

/**
 * Reads golden numbers.
 *
 * @param name "encoder/one_layer" for tests/golden/encoder/one_layer.npy.
 * @return All its matrices, one below the other; they live as long as the test.
 */
Matrix golden_numbers(const char *name);

#endif
