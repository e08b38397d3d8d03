/**
 * @file state_dict.h
 * @brief A model as a folder of `.npy` files, one for each array, named as PyTorch's `state_dict`
 *        names it: `layers.0.norm1.weight.npy`.
 *
 * A loader runs twice over the same lines. On the first run state_dict_row() and
 * state_dict_linear() read nothing and only note which names the model has. Then state_dict_check()
 * compares these with the files: a name that is missing or misspelt is reported before anything is
 * read. On the second run the same calls read. A name is given in two parts, so that one loader
 * serves a layer by itself (prefix "") and one of a stack (prefix "layers.0."). Files that do not
 * end in `.npy` are not looked at. What was read belongs to the folder.
 */
#ifndef HEADWISE_STATE_DICT_H
#define HEADWISE_STATE_DICT_H

#include "matrix.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** Room for the name of an array. */
enum { MODEL_NAME_SIZE = 256 };
/** In the place of a size: any size is accepted. */
#define MODEL_ANY ((size_t)-1)

/** One array of a folder. */
typedef struct StateEntry {
    char *name;      /**< Without `.npy`. */
    bool is_claimed; /**< Whether the loader asked for it. */
    Matrix matrix;   /**< Once it is read. */
} StateEntry;

/** A folder. */
typedef struct StateDict {
    const char *path;              /**< As the caller named it. */
    StateEntry *arrays;            /**< In the order of their names. */
    size_t count;                  /**< How many. */
    bool is_reading;               /**< Whether the names have been checked. */
    char missing[MODEL_NAME_SIZE]; /**< The first name that was asked for but not found, or "". */
} StateDict;

/**
 * Lists a folder. Nothing is read yet.
 *
 * @param path   The folder, which must outlive the result.
 * @param folder Receives the list, to be freed with state_dict_free(), also on failure.
 * @return STATUS_FORMAT when it cannot be opened or holds no `.npy` file; STATUS_NO_MEMORY.
 */
Status state_dict_open(const char *path, StateDict *folder) MUST_USE;

/**
 * Frees the list and all that was read.
 *
 * @param folder The folder.
 */
void state_dict_free(StateDict *folder);

/**
 * Tells whether there is an array whose name has this beginning and this end.
 *
 * @param folder    The folder.
 * @param beginning How it begins; "" for anything.
 * @param end       How it ends, after the beginning; "" for anything.
 * @return Whether there is one.
 */
bool state_dict_has(const StateDict *folder, const char *beginning, const char *end);

/**
 * Counts the layers of a stack: prefix + "0.", prefix + "1.", ... up to the first missing one.
 *
 * @param folder The folder.
 * @param prefix How the names begin: "layers.".
 * @return How many.
 */
size_t state_dict_layers(const StateDict *folder, const char *prefix);

/**
 * Refuses a folder in which something is missing that the loader asked for, or something is there
 * that it did not ask for. From here on the calls below read.
 *
 * @param folder The folder, when the loader has run once.
 * @return STATUS_FORMAT with a message that names the array; for a missing one, also a likely
 *         misspelling of it.
 */
Status state_dict_check(StateDict *folder) MUST_USE;

/**
 * Reads an array of one dimension: a bias, a gain.
 *
 * @param folder The folder. Before the check the name is only noted, and the result is NO_MATRIX.
 * @param prefix The first part of its name.
 * @param name   The second part.
 * @param size   How many numbers it must have, or MODEL_ANY.
 * @param shape  The same in words, for the message: "(d_model,)".
 * @param result Receives it as a row, 1 x size, which stays the folder's.
 * @return STATUS_SHAPE with a message that names the file and both shapes; STATUS_FORMAT for a name
 *         that was not there to be checked; as array_read().
 */
Status state_dict_row(StateDict *folder, const char *prefix, const char *name, size_t size,
                      const char *shape, Matrix *result) MUST_USE;

/**
 * Reads the weight of a linear layer and transposes it: PyTorch keeps (out, in), here it is in x
 * out.
 *
 * @param folder The folder. Before the check the name is only noted, and the result is NO_MATRIX.
 * @param prefix The first part of its name.
 * @param name   The second part.
 * @param in     How many columns the file's array must have, or MODEL_ANY.
 * @param out    How many rows the file's array must have, or MODEL_ANY.
 * @param shape  The file's shape in words, for the message: "(d_ff, d_model)".
 * @param result Receives the transposed matrix, in x out, which stays the folder's.
 * @return As state_dict_row(); STATUS_NO_MEMORY.
 */
Status state_dict_linear(StateDict *folder, const char *prefix, const char *name, size_t in,
                         size_t out, const char *shape, Matrix *result) MUST_USE;

#endif
