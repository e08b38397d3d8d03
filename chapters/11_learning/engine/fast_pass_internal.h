/**
 * @file fast_pass_internal.h
 * @brief Internal to the fast pass: what its files share, and nothing else should include.
 */
#ifndef HEADWISE_FAST_PASS_INTERNAL_H
#define HEADWISE_FAST_PASS_INTERNAL_H

#include "fast_pass.h"
#include "fast_products.h"
#include "kernels.h"
#include "learning_steps.h"
#include "row_kernels.h"
#include "tiled_attention.h"
#include "workspace.h"

#include <stdbool.h>

/** A linear layer, packed for both directions. */
typedef struct PackedLinear {
    Matrix w;            /**< The weights, d x m. */
    Matrix b;            /**< 1 x m, or NO_MATRIX. */
    bool turned;         /**< w is the transpose of the layer's weights: the embedding. */
    float *numbers[2];   /**< Where the factors lie. */
    PackedFactor ahead;  /**< What x is multiplied by. */
    PackedFactor behind; /**< What the gradient is multiplied by: the transpose. */
} PackedLinear;

/** The linear layers of an attention. */
enum { LINEAR_Q, LINEAR_K, LINEAR_V, LINEAR_O };
/** Those of a network. */
enum { LINEAR_1, LINEAR_2 };

/** One step, of all rows. Gradients begin with `on_`. */
typedef struct FastStep {
    Step step;             /**< The step. */
    PackedLinear *layers;  /**< Four of an attention, two of a network. */
    size_t norm;           /**< The number of its norm. */
    Matrix x;              /**< What goes in, R x d_model. */
    Matrix input;          /**< Behind the norm if that is in front, else x. */
    HeadMatrices heads;    /**< Of an attention. */
    Matrix log_sums;       /**< Of an attention: heads x R. */
    Matrix before;         /**< Of a network: before the activation, R x d_ff. */
    Matrix hidden;         /**< Of a network: behind it. */
    Matrix factors;        /**< Of dropout, or NO_MATRIX. */
    Matrix sum;            /**< x plus what the step made of it. */
    Matrix out;            /**< What comes out. */
    HeadMatrices on_heads; /**< Of an attention. */
    Matrix on_hidden;      /**< Of a network: becomes that of `before`. */
    Matrix on_sum;         /**< Of the sum; the one of what comes out if no norm is behind. */
    Matrix on_result;      /**< Of what the step made. */
    Matrix on_x;           /**< Of what goes in. */
} FastStep;

/** A stack of blocks. */
typedef struct FastStack {
    FastStep *steps;    /**< Its steps. */
    size_t count;       /**< How many; 0 for no stack. */
    size_t *first;      /**< The first row of each example, and the end of the last: count + 1. */
    LayerNorm norm;     /**< The last norm. */
    size_t norm_at;     /**< Its number. */
    bool is_decoder;    /**< Whether its words are those of the target. */
    AttentionMask mask; /**< Of the attention to oneself. */
    Matrix x;           /**< The words, R x d_model. */
    Matrix factors;     /**< Of dropout, behind the embedding, or NO_MATRIX. */
    Matrix out;         /**< Behind the last norm. */
    Matrix on_out;      /**< Its gradient. */
    Matrix on_last;     /**< In front of the last norm. */
    Matrix on_input;    /**< To work in. */
} FastStack;

/** A stretch of rows, or of examples. */
typedef struct Stretch {
    size_t first; /**< The first one. */
    size_t count; /**< How many. */
} Stretch;

/** What one hand found. The text of a failure is kept by its thread, so it is copied. */
typedef struct FastHand {
    double loss;       /**< Its part. */
    Status status;     /**< How it ended. */
    char message[256]; /**< Why it failed. */
    Workspace room;    /**< For attention. */
} FastHand;

/** A block of a weight's gradient. */
typedef struct GradientTask {
    Matrix a;      /**< What the layer was given, R x n; NO_MATRIX for words alone. */
    Matrix b;      /**< The gradient of what it made, R x m. */
    Matrix c;      /**< Is added to, n x m. */
    float *sums;   /**< The bias's gradient, m numbers, or NULL. */
    bool is_words; /**< c belongs to the embedding. */
    size_t row;    /**< Where c begins there. */
    size_t column; /**< Where c begins there. */
} GradientTask;

/** A hand's part of a phase. */
typedef struct Part {
    FastPass *pass;         /**< The pass. */
    size_t hand;            /**< Which hand. */
    const FastStack *stack; /**< The phase's stack, or NULL. */
    const FastStep *step;   /**< The phase's step, or NULL. */
} Part;

/** What all hands do before any goes on to what needs it from the others. */
typedef struct FastPhase {
    Status (*run)(const Part *part); /**< What a hand does. */
    const FastStack *stack;          /**< Where, or NULL. */
    const FastStep *step;            /**< Where, or NULL. */
} FastPhase;

struct FastPass {
    LearningModel model;        /**< The model; the blocks are not owned. */
    FastBatch batch;            /**< What went forwards last. */
    const Kernels *kernels;     /**< For products. */
    const RowKernels *rows;     /**< For the rest. */
    Isa isa;                    /**< For attention. */
    size_t threads;             /**< How many may work. */
    PackedLinear *layers;       /**< All linear layers. */
    size_t layer_count;         /**< How many. */
    PackedLinear *last;         /**< The one that makes the logits. */
    size_t norms;               /**< How many norms there are. */
    FastStack encoder;          /**< Of the sources. */
    FastStack decoder;          /**< Of the targets. */
    Matrix positions;           /**< As many as the longest example has. */
    Matrix pooled;              /**< With classes: the means, examples x d_model. */
    Matrix on_pooled;           /**< Their gradients. */
    Matrix logits;              /**< And then their gradients. */
    Matrix norm_sums;           /**< Of each hand, the gradients of all norms: gain, shift, ... */
    Matrix product_rooms;       /**< Of each thread. */
    Workspace numbers;          /**< Where all of that is. */
    FastHand hands[FAST_HANDS]; /**< The hands. */
    FastPhase *phases;          /**< Room for those of one way. */
    size_t phase_count;         /**< How many there are. */
    size_t phase;               /**< The one that runs. */
    GradientTask *tasks;        /**< Room for those of the way back. */
    size_t task_count;          /**< How many there are. */
    size_t task_room;           /**< How many fit. */
};

/** The most rows and panels of a GradientTask. */
enum { TASK_ROWS = 512, TASK_PANELS = 22 };

/**
 * Adds a phase to those that run_phases() runs.
 *
 * @param pass  The pass.
 * @param run   What each hand does in it.
 * @param stack Where, or NULL.
 * @param step  Where, or NULL.
 */
void push_phase(FastPass *pass, Status (*run)(const Part *part), const FastStack *stack,
                const FastStep *step);

/**
 * Runs the phases, and forgets them. A hand that has whole examples needs nothing of the others, so
 * it runs from its first phase to its last.
 *
 * @param pass The pass.
 * @return What the first hand that failed returned.
 */
Status run_phases(FastPass *pass) MUST_USE;

/**
 * Finds out where the rows of each example of a batch begin.
 *
 * @param pass  The pass, with its batch.
 * @param stack The stack whose words they are; its `first` is written.
 * @return STATUS_NO_MEMORY.
 */
Status fast_number_rows(FastPass *pass, FastStack *stack) MUST_USE;

/**
 * Gives the matrices of a batch their places, once its rows are numbered.
 *
 * @param pass The pass.
 * @return STATUS_NO_MEMORY.
 */
Status fast_make_room(FastPass *pass) MUST_USE;

/**
 * Notes what has to be multiplied for the gradients of the weights.
 *
 * @param pass The pass.
 * @param grad The gradients.
 * @return STATUS_NO_MEMORY; then nothing was added.
 */
Status fast_push_weights(FastPass *pass, const LearningModel *grad) MUST_USE;

/**
 * Adds the gradients of the weights, once those of all rows are there.
 *
 * @param pass The pass, after fast_push_weights().
 * @param grad The gradients.
 */
void fast_add_weights(FastPass *pass, const LearningModel *grad);

/** Whether each hand has whole examples; else they share the rows of few. */
static inline bool has_whole_examples(const FastPass *pass)
{
    return pass->batch.count >= FAST_HANDS;
}

/** A hand's share of so many. */
static inline Stretch share_of(size_t count, size_t hand)
{
    size_t first = count * hand / FAST_HANDS;
    return (Stretch){first, count * (hand + 1) / FAST_HANDS - first};
}

/** The rows of some examples. */
static inline Stretch rows_in(const FastStack *stack, Stretch examples)
{
    size_t first = stack->first[examples.first];
    return (Stretch){first, stack->first[examples.first + examples.count] - first};
}

/** A hand's examples, where one must not be divided. */
static inline Stretch examples_of(const Part *part)
{
    return share_of(part->pass->batch.count, part->hand);
}

/** A hand's rows in a stack. */
static inline Stretch rows_of(const Part *part, const FastStack *stack)
{
    if (has_whole_examples(part->pass))
        return rows_in(stack, examples_of(part));
    return share_of(stack->first[part->pass->batch.count], part->hand);
}

/** A hand's heads in all examples: those of example 0, of example 1, ... */
static inline Stretch heads_of(const Part *part)
{
    size_t heads = part->step->step.attention->heads;
    Stretch examples = examples_of(part);
    if (has_whole_examples(part->pass))
        return (Stretch){examples.first * heads, examples.count * heads};
    return share_of(part->pass->batch.count * heads, part->hand);
}

/** These rows of a matrix. */
static inline Matrix rows_at(Matrix matrix, Stretch rows)
{
    return (Matrix){matrix_row(matrix, rows.first), rows.count, matrix.cols, matrix.stride};
}

/** The stack that answers. */
static inline const FastStack *answering(const FastPass *pass)
{
    return pass->decoder.count > 0 ? &pass->decoder : &pass->encoder;
}

/** A hand's logits: a row for each of its rows, or of its examples with classes. */
static inline Stretch answers_of(const Part *part)
{
    if (part->pass->model.plan.classes > 0)
        return examples_of(part);
    return rows_of(part, answering(part->pass));
}

/** The stack that an attention looks at. */
static inline const FastStack *looked_at(const Part *part)
{
    return part->step->step.looks_at_memory ? &part->pass->encoder : part->stack;
}

/** The columns of one head, in the rows of one example. */
static inline HeadMatrices head_at(const HeadMatrices *all, Stretch asks, Stretch answers,
                                   size_t d_k, size_t head)
{
    HeadMatrices one = {rows_at(all->q, asks), rows_at(all->k, answers), rows_at(all->v, answers),
                        rows_at(all->concat, asks)};
    Matrix *parts[] = {&one.q, &one.k, &one.v, &one.concat};
    for (size_t i = 0; i < 4; i++) {
        parts[i]->data += head * d_k;
        parts[i]->cols = d_k;
    }
    return one;
}

/** One head of one example. */
typedef struct OneHead {
    TiledHead head;  /**< Forwards. */
    HeadMatrices on; /**< Its gradients. */
} OneHead;

/**
 * A head by its place in heads_of().
 *
 * @param part  A hand's part of the phase.
 * @param place From 0 to what heads_of() counts.
 * @return Views of its columns, in the rows of its example.
 */
OneHead one_head(const Part *part, size_t place);

#endif
