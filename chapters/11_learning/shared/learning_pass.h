/**
 * @file learning_pass.h
 * @brief A whole model forwards, keeping everything that the way back needs; and backwards.
 *
 * A block is a list of steps, each with its norm and its residual path: attention to oneself, in a
 * decoder also to the memory, and the feed-forward network. The way back goes through the same list
 * from its end. All computing is done by the functions of chapters 8, 9 and learning.h.
 */
#ifndef HEADWISE_LEARNING_PASS_H
#define HEADWISE_LEARNING_PASS_H

#include "dropout.h"
#include "learning.h"
#include "learning_model.h"
#include "matrix.h"
#include "status.h"

#include <stddef.h>

/** Something to learn from. */
typedef struct Example {
    const size_t *source; /**< What the encoder reads. */
    size_t source_count;  /**< How many words, S. */
    const size_t *target; /**< What the decoder has written so far; NULL without a decoder. */
    size_t target_count;  /**< How many words, T. */
    const size_t *right;  /**< The right word of each row that answers, or NO_WORD: T of them, or S
                               without a decoder; one right class with classes. */
    double smoothing;     /**< Of the labels, for the loss: see label_smoothing.h. */
} Example;

/** What one step keeps. */
typedef struct KeptStep {
    Matrix input;    /**< What went into the step, after the norm if that comes first: T x d. */
    KeptHeads heads; /**< Of an attention. */
    Matrix before;   /**< Of a feed-forward network: before the activation, T x d_ff. */
    Matrix factors;  /**< Of drop(), after the step. */
    Matrix sum;      /**< x plus what the step made of it, T x d_model. */
    Matrix out;      /**< What came out, T x d_model; with NORM_PRE the same matrix as `sum`. */
} KeptStep;

/** What a stack of blocks keeps. */
typedef struct KeptStack {
    KeptStep *steps; /**< Two for each block of an encoder, three for each of a decoder. */
    size_t count;    /**< How many. */
    Matrix factors;  /**< Of drop(), after the embedding. */
    Matrix x;        /**< The embedded words, T x d_model. */
    Matrix out;      /**< What came out after the last norm, T x d_model. */
} KeptStack;

/** What a model keeps. Starts as `{0}`. */
typedef struct KeptPass {
    KeptStack encoder; /**< Of the source. */
    KeptStack decoder; /**< Of the target, if the model has a decoder. */
    Matrix mean;       /**< With classes: the mean of the words, 1 x d_model. */
    Matrix logits;     /**< One row for each answer: T x V, S x V or 1 x classes. */
} KeptPass;

/**
 * A model forwards.
 *
 * @param model   The model.
 * @param example The words; the right ones are not read.
 * @param kept    Receives what is kept, to be freed with kept_pass_free(), also on failure.
 * @return STATUS_VALUE for a word that does not exist, STATUS_NO_MEMORY.
 */
Status pass_forward(const LearningModel *model, const Example *example, KeptPass *kept) MUST_USE;

/**
 * A model forwards in training: some of the words' numbers are left out, and some of what each step
 * adds to them (Vaswani et al. 2017, section 5.4).
 *
 * @param model   The model.
 * @param example The words; the right ones are not read.
 * @param dropout How much is left out; its generator moves on.
 * @param kept    As pass_forward().
 * @return As pass_forward().
 */
Status pass_forward_dropping(const LearningModel *model, const Example *example, Dropout *dropout,
                             KeptPass *kept) MUST_USE;

/**
 * The loss, and a model backwards.
 *
 * @param model   The model.
 * @param example The words, and the right ones.
 * @param kept    What either pass kept.
 * @param share   What this example's gradient is multiplied by: its share in the loss.
 * @param grad    The gradients, which are added to.
 * @param loss    Receives the mean over the example's rows that count.
 * @return STATUS_VALUE for a right word that does not exist, STATUS_NO_MEMORY.
 */
Status pass_backward(const LearningModel *model, const Example *example, const KeptPass *kept,
                     double share, const LearningModel *grad, double *loss) MUST_USE;

/**
 * The loss alone: forwards, and nothing is kept.
 *
 * @param model   The model.
 * @param example The words, and the right ones.
 * @param loss    Receives the mean over the example's rows that count.
 * @return As pass_forward() and cross_entropy().
 */
Status pass_loss(const LearningModel *model, const Example *example, double *loss) MUST_USE;

/**
 * Finds the place where something stopped being a number.
 *
 * @param model The model.
 * @param kept  What pass_forward() kept.
 * @param name  Receives the name of the first part whose result holds a NaN or an infinity, such as
 *              "decoder.layers.0.multihead_attn"; "" when there is none.
 */
void pass_first_bad(const LearningModel *model, const KeptPass *kept,
                    char name[PARAMETER_NAME_SIZE]);

/**
 * Counts the rows that count.
 *
 * @param model   The model.
 * @param example The example.
 * @return How many of its answers have a right word.
 */
size_t example_answers(const LearningModel *model, const Example *example);

/**
 * Frees what was kept.
 *
 * @param kept What pass_forward() kept; `{0}` may be freed.
 */
void kept_pass_free(KeptPass *kept);

#endif
