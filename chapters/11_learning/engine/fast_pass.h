/**
 * @file fast_pass.h
 * @brief Several examples at once, forwards and backwards, on the kernels of chapter 10.
 *
 * The rows of all examples stand one below the other. So each linear layer is one product, and only
 * attention looks at one example at a time. A fixed number of hands share the rows, and each weight
 * hears from all rows in one product: so any number of threads gives the same bits.
 *
 * The results are those of learning_pass.h, which is what a reader writes; sums are kept in
 * float32, and attention's weights are not kept at all (tiled_attention.h).
 */
#ifndef HEADWISE_FAST_PASS_H
#define HEADWISE_FAST_PASS_H

#include "dropout.h"
#include "isa.h"
#include "learning_model.h"
#include "learning_pass.h"
#include "matrix.h"
#include "status.h"

#include <stddef.h>

/** How many hands share a batch: the most threads that help with its rows. */
enum { FAST_HANDS = 8 };

/** Examples that are learned from together. */
typedef struct FastBatch {
    const Example *examples; /**< The examples; to be kept until the way back. */
    size_t count;            /**< How many; 1 or more. */
    Dropout *dropouts;       /**< What is left out of each, or NULL; their generators move on. */
} FastBatch;

/** A model with room for what it keeps of a batch. */
typedef struct FastPass FastPass;

/**
 * Makes the room; it grows with the batches.
 *
 * @param model The model; its numbers may change from batch to batch.
 * @param pass  Receives the room, to be freed with fast_pass_free(); NULL on failure.
 * @return STATUS_NO_MEMORY.
 */
Status fast_pass_create(const LearningModel *model, FastPass **pass) MUST_USE;

/**
 * Frees the room.
 *
 * @param pass The room, or NULL.
 */
void fast_pass_free(FastPass *pass);

/**
 * A batch forwards.
 *
 * @param pass    Where it is kept.
 * @param batch   The batch.
 * @param isa     The instructions to use; isa_choose() knows which ones are there.
 * @param threads How many threads may work, as parallel_threads() gave it.
 * @return STATUS_VALUE for a word that does not exist, STATUS_NO_MEMORY.
 */
Status fast_pass_forward(FastPass *pass, const FastBatch *batch, Isa isa, size_t threads) MUST_USE;

/**
 * The loss of the batch that went forwards last, and the way back. What was kept is used up.
 *
 * @param pass The pass.
 * @param grad The gradients, which are added to.
 * @param loss Receives the mean over all rows that count.
 * @return STATUS_VALUE for a right word that does not exist, STATUS_NO_MEMORY; then nothing was
 *         added.
 */
Status fast_pass_backward(FastPass *pass, const LearningModel *grad, double *loss) MUST_USE;

#endif
