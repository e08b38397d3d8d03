/**
 * @file training_files.h
 * @brief A model that learns, as a folder: what other programs load, and what training resumes
 * from.
 *
 * The folder holds `embedding.weight.npy` and perhaps `classifier.weight.npy`,
 * `classifier.bias.npy`; in its folder `transformer/` the blocks, named as nn.Transformer or
 * nn.TransformerEncoder names them, for chapters 8 and 9 and for PyTorch; and `state.npy`, from
 * which training resumes, to the same bits as if it had never stopped. The state is one file, so
 * that it is whole whatever happens, and is replaced last.
 */
#ifndef HEADWISE_TRAINING_FILES_H
#define HEADWISE_TRAINING_FILES_H

#include "array.h"
#include "block_model.h"
#include "learning_model.h"
#include "status.h"
#include "trainer.h"

#include <stdbool.h>

/**
 * Writes a vector's parameters, each into the file of its name. Makes the folders if they are
 * missing.
 *
 * @param path    The folder.
 * @param list    The parameters.
 * @param numbers The vector: values or gradients.
 * @param extra   One more array, and its name without `.npy`; or NO_ARRAY.
 * @param name    Its name.
 * @return STATUS_SYSTEM when something cannot be written, STATUS_NO_MEMORY; then no file has
 *         changed.
 */
Status parameters_write(const char *path, const ParameterList *list, float *numbers, Array extra,
                        const char *name) MUST_USE;

/**
 * Finds out what a folder's model is like.
 *
 * @param path    The folder.
 * @param choices What its arrays do not say.
 * @param plan    Receives the plan.
 * @return STATUS_FORMAT, STATUS_SHAPE as decoder_model_open() and encoder_model_open(), and for
 *         blocks without biases, of different d_ff, or without a last norm.
 */
Status parameters_plan(const char *path, const ModelChoices *choices, ModelPlan *plan) MUST_USE;

/**
 * Reads a vector from the files of its parameters.
 *
 * @param path    The folder.
 * @param list    The parameters.
 * @param numbers Receives the vector.
 * @return STATUS_FORMAT, STATUS_SHAPE with the path, for a file that is missing or of the wrong
 * shape; STATUS_NO_MEMORY.
 */
Status parameters_read(const char *path, const ParameterList *list, float *numbers) MUST_USE;

/**
 * Saves a training: the model and the state, all files or none.
 *
 * @param path    The folder, which is made if it is missing.
 * @param trainer The training.
 * @return As parameters_write().
 */
Status training_save(const char *path, Trainer *trainer) MUST_USE;

/**
 * Resumes a training, if the folder has one.
 *
 * @param path    The folder; it may be missing.
 * @param trainer The training, just begun; receives vectors, step and generator.
 * @param found   Receives whether there was one.
 * @return STATUS_FORMAT for a state that is damaged, or was saved by another task, seed or model;
 *         then the trainer has not changed. STATUS_NO_MEMORY.
 */
Status training_load(const char *path, Trainer *trainer, bool *found) MUST_USE;

#endif
