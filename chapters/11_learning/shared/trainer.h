/**
 * @file trainer.h
 * @brief Training: step after step, a batch, its gradient, and a move downhill.
 *
 * A batch goes forwards and backwards at once, on the kernels of chapter 10 (fast_pass.h). Any
 * number of threads gives the same bits; another level of instructions rounds differently.
 */
#ifndef HEADWISE_TRAINER_H
#define HEADWISE_TRAINER_H

#include "fast_pass.h"
#include "isa.h"
#include "learning_model.h"
#include "learning_tasks.h"
#include "random.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What goes wrong, for the experiments. All zeros: nothing. */
typedef struct Slips {
    double begin_factor;   /**< What the initial numbers are multiplied by; 0 counts as 1. */
    bool target_unshifted; /**< The decoder sees the word that it is to write. */
    bool labels_shuffled;  /**< Each example has the right words of the one before it. */
    bool gradients_kept;   /**< The gradient is not cleared between steps. */
    bool padding_counted;  /**< What stands after a target must be written too. */
    bool dropout_kept;     /**< Numbers are left out also when the model is tried. */
} Slips;

/** Training under way. */
typedef struct Trainer {
    LearningTask task;  /**< What is learned, and how. */
    Slips slips;        /**< What goes wrong. */
    ParameterList list; /**< The parameters. */
    size_t threads;     /**< How many may be used. */
    Isa isa;            /**< Which instructions are used. */
    size_t step;        /**< How many steps are done. */
    Random random;      /**< Makes the examples. */
    uint64_t seed;      /**< What it began with. */
    double loss;        /**< Of the last batch, in nats. */
    double rate;        /**< Of the last step. */
    double length;      /**< Of the last gradient, before it was clipped. */
    size_t words;       /**< Words seen since trainer_create(), for the speed. */
    float *numbers;     /**< The vectors, one behind the other: values, mean, squares, gradients. */
    LearningModel model; /**< Views of the values. */
    LearningModel grad;  /**< Views of the gradients. */
    FastPass *pass;      /**< What a batch is kept in. */
} Trainer;

/** The vectors of a trainer. */
enum {
    TRAINER_VALUES,    /**< The parameters. */
    TRAINER_MEAN,      /**< Adam's mean of their gradients. */
    TRAINER_SQUARES,   /**< Adam's mean of the squares. */
    TRAINER_GRADIENTS, /**< Their gradients. */
    TRAINER_VECTORS    /**< How many vectors there are. */
};

/**
 * Begins.
 *
 * @param task    What is to be learned; copied.
 * @param seed    For the initial numbers, and the examples.
 * @param slips   What goes wrong; NULL for nothing.
 * @param trainer Receives the trainer, to be freed with trainer_free(), also on failure.
 * @return STATUS_NO_MEMORY, STATUS_VALUE for an impossible model, STATUS_USAGE as isa_choose().
 */
Status trainer_create(const LearningTask *task, uint64_t seed, const Slips *slips,
                      Trainer *trainer) MUST_USE;

/**
 * Frees a trainer.
 *
 * @param trainer The trainer; `{0}` may be freed.
 */
void trainer_free(Trainer *trainer);

/**
 * One of the vectors.
 *
 * @param trainer The trainer.
 * @param vector  Which.
 * @return A matrix of one row.
 */
Matrix trainer_vector(const Trainer *trainer, size_t vector);

/**
 * The learning rate: it grows in a straight line through the warm-up, then falls in another, until
 * a twentieth is left after the task's own number of steps. It does not depend on when the training
 * is stopped, so that it can be resumed.
 *
 * @param task The task.
 * @param step Which step: 1, 2, ...
 * @return The rate.
 */
double learning_rate(const LearningTask *task, size_t step);

/**
 * One step: a batch of examples, their gradient, clipped to length 1, and a step of Adam.
 *
 * @param trainer The trainer.
 * @return STATUS_VALUE when the loss or the gradient is no longer a number: the message names the
 *         step and the part of the model in which that begins. STATUS_NO_MEMORY. Then nothing has
 *         changed but the generator and the gradients.
 */
Status trainer_step(Trainer *trainer) MUST_USE;

/** How good a model is on examples that were held out from its training. */
typedef struct Score {
    double exact; /**< With a decoder, the share of examples that it writes without any mistake;
                       else the share of words that are right. */
    double loss;  /**< The mean loss, in nats. */
} Score;

/**
 * Tries a model on examples held out: see task_draw(). With a decoder it writes by itself, word
 * after word, always the most likely one.
 *
 * @param trainer The trainer; nothing of it changes.
 * @param count   How many examples.
 * @param score   Receives the result.
 * @return STATUS_NO_MEMORY.
 */
Status trainer_try(const Trainer *trainer, size_t count, Score *score) MUST_USE;

/**
 * Writes the answer to a source, word after word.
 *
 * @param model  A model with a decoder.
 * @param source The source.
 * @param count  How many words it has.
 * @param words  Receives the full stop and the words.
 * @param made   Receives how many words there are, full stops included.
 * @return As encoder() and generate().
 */
Status trainer_write(const LearningModel *model, const size_t *source, size_t count,
                     size_t words[TASK_LONGEST], size_t *made) MUST_USE;

#endif
