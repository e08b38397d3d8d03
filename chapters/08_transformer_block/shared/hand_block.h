/**
 * @file hand_block.h
 * @brief The hand-made block of the example: chapter 5's layer, a norm, and a feed-forward network
 *        of three rules; and a classifier of two classes.
 */
#ifndef HEADWISE_HAND_BLOCK_H
#define HEADWISE_HAND_BLOCK_H

#include "example.h"
#include "matrix.h"
#include "status.h"
#include "transformer_block.h"

/** Sizes of what this chapter adds to the example. */
enum {
    EXAMPLE_RULES = 3,  /**< d_ff: what the feed-forward network knows. */
    EXAMPLE_CLASSES = 2 /**< What a sentence can be about. */
};

/** What the rules are called. */
extern const char *const EXAMPLE_RULE_NAMES[EXAMPLE_RULES];
/** What the classes are called. */
extern const char *const EXAMPLE_CLASS_NAMES[EXAMPLE_CLASSES];

/** What becomes of a sequence on its way through the block with NORM_POST; T x EXAMPLE_D_MODEL
 * except for the rules. */
typedef struct BlockSteps {
    Matrix heard;  /**< What the attention says. */
    Matrix sum;    /**< x plus that. */
    Matrix middle; /**< The sum normalised. */
    Matrix rules;  /**< How far each rule applies to each token, T x EXAMPLE_RULES. */
    Matrix answer; /**< What the rules say. */
    Matrix out;    /**< The middle plus that, normalised. */
} BlockSteps;

/**
 * The hand-made block.
 *
 * @param place Where its norms stand.
 * @return Views of constant tables. Nothing is to be freed.
 */
TransformerBlock hand_block(NormPlace place);

/**
 * The hand-made classifier: about nature, or about money.
 *
 * @return Views of constant tables. Nothing is to be freed.
 */
Classifier hand_classifier(void);

/**
 * Runs the hand-made block step by step, with NORM_POST.
 *
 * @param x     The sequence, T x EXAMPLE_D_MODEL.
 * @param steps Receives what each step makes, to be freed with block_steps_free(), also on failure.
 * @return STATUS_NO_MEMORY.
 */
Status block_steps_create(Matrix x, BlockSteps *steps) MUST_USE;

/**
 * Frees the steps.
 *
 * @param steps The steps.
 */
void block_steps_free(BlockSteps *steps);

#endif
