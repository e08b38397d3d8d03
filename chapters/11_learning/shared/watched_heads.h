/**
 * @file watched_heads.h
 * @brief Where the heads look while a model learns.
 */
#ifndef HEADWISE_WATCHED_HEADS_H
#define HEADWISE_WATCHED_HEADS_H

#include "learning_model.h"
#include "learning_tasks.h"
#include "matrix.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * Chooses an example that shows much: a sentence that the reader knows, the letters in their order,
 * or a long example of the task.
 *
 * @param task    The task.
 * @param example Receives the example.
 */
void watched_example(const LearningTask *task, TaskExample *example);

/**
 * The weights of the first head of a block: of its cross-attention, if the model has a decoder.
 *
 * @param model   The model.
 * @param example What it reads.
 * @param block   Which block, counted from the input.
 * @param weights Receives the weights, T x S, to be freed with matrix_free(), also on failure.
 * @return As pass_forward().
 */
Status watched_weights(const LearningModel *model, const TaskExample *example, size_t block,
                       Matrix *weights) MUST_USE;

/**
 * Says whether a head should look at a place.
 *
 * @param example The example.
 * @param row     The row that asks.
 * @param column  The column that is asked.
 * @return Whether this row should look at this column.
 */
typedef bool WatchedPlace(const TaskExample *example, size_t row, size_t column);

/**
 * The letter that is due when a source of letters is written backwards: a WatchedPlace.
 *
 * @param example The example.
 * @param row     The row that asks.
 * @param column  The column that is asked.
 * @return Whether it is the letter that is due.
 */
bool place_due(const TaskExample *example, size_t row, size_t column);

/**
 * The word before: a WatchedPlace.
 *
 * @param example The example.
 * @param row     The row that asks.
 * @param column  The column that is asked.
 * @return Whether it is the word before.
 */
bool place_before(const TaskExample *example, size_t row, size_t column);

/**
 * The right word where it stands behind an earlier occurrence of the row's word: a WatchedPlace.
 *
 * @param example The example.
 * @param row     The row that asks.
 * @param column  The column that is asked.
 * @return Whether it is such a place.
 */
bool place_behind_same(const TaskExample *example, size_t row, size_t column);

/**
 * How much weight stands where it should.
 *
 * @param weights What watched_weights() gave.
 * @param example The example.
 * @param place   Where the head should look.
 * @return The mean over all rows that have such a place; 0 if there is none.
 */
double weight_on(Matrix weights, const TaskExample *example, WatchedPlace *place);

/**
 * The same, averaged over examples held out.
 *
 * @param task  The task.
 * @param model The model.
 * @param block The block whose first head is watched.
 * @param place Where it should look.
 * @param mean  Receives the mean.
 * @return As watched_weights().
 */
Status mean_weight_on(const LearningTask *task, const LearningModel *model, size_t block,
                      WatchedPlace *place, double *mean) MUST_USE;

#endif
