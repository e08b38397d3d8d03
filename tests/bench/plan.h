/**
 * @file plan.h
 * @brief What is measured, and for how long.
 */
#ifndef HEADWISE_PLAN_H
#define HEADWISE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

/** What a case is about. */
typedef enum CaseKind {
    CASE_LAYER,   /**< The time of a whole sequence. */
    CASE_DECODE,  /**< The time of one token against a cache. */
    CASE_BATCH,   /**< The time of one token of each of several sequences. */
    CASE_MEMORY,  /**< The memory of a whole sequence, in a process of its own. */
    CASE_STEP,    /**< The time of a training step of a model: training_case.h. */
    CASE_FORWARD, /**< That of its way forward: measured with the step, and in no plan. */
    CASE_BACKWARD /**< That of its way back. */
} CaseKind;

/** One thing to measure. */
typedef struct Case {
    CaseKind kind;  /**< What. */
    size_t batch;   /**< Sequences; decoding, each is one token longer than the one before. */
    size_t tokens;  /**< T of the longest; when decoding, the new token counted. */
    size_t d_model; /**< Numbers of one token. */
    size_t heads;   /**< How many heads. */
    bool causal;    /**< With a causal mask; training, a language model, not an encoder-decoder. */
    size_t threads; /**< On so many cores. */
    double share;   /**< Its share of the time. */
} Case;

enum {
    PLAN_MOST_CASES = 256, /**< The most cases of a plan. */
    PLAN_WORDS = 256       /**< The vocabulary of a model that is trained. */
};

/** All that is to be measured. */
typedef struct Plan {
    Case cases[PLAN_MOST_CASES]; /**< In this order. */
    size_t count;                /**< How many. */
    double seconds;              /**< How long all may take, about. */
    double turn;                 /**< How many seconds a competitor runs before the next one. */
    double longest;              /**< What takes longer than so many seconds is left out. */
    size_t rounds;               /**< At most so many turns of each. */
    bool own_only;               /**< Only Headwise's competitors. */
} Plan;

/** How much to measure. */
typedef enum PlanSize {
    PLAN_TINY,  /**< To see that it works. */
    PLAN_QUICK, /**< Two minutes. */
    PLAN_FULL   /**< Everything. */
} PlanSize;

/**
 * Makes a plan.
 *
 * @param size       How much.
 * @param threads    Each case runs on one core, and if this is more than 1, on so many again.
 * @param steps_only Whether only training steps are measured.
 * @param plan       Receives it.
 */
void plan_make(PlanSize size, size_t threads, bool steps_only, Plan *plan);

/**
 * How many multiplications and additions a case is worth. What a mask blocks does not count, and
 * neither does the softmax.
 *
 * @param which The case.
 * @return The number.
 */
double case_operations(const Case *which);

/**
 * How many bytes must be read for one token: all weights, keys and values.
 *
 * @param which The case.
 * @return The number.
 */
double case_bytes(const Case *which);

/** Tells whether a case is about new tokens against their caches. */
bool case_decodes(const Case *which);

/** Tells whether two cases measure the same. */
bool case_equal(const Case *a, const Case *b);

/**
 * The name of a kind, as in bench.csv.
 *
 * @param kind The kind.
 * @return "layer", "decode", ...
 */
const char *case_kind_name(CaseKind kind);

/**
 * Says which case begins: on a terminal in place of the last such line, else on a line of its own.
 *
 * @param plan  The plan.
 * @param index The case; plan->count at the end, which clears the line.
 * @param begun When the bench began, by stopwatch_seconds().
 */
void progress_show(const Plan *plan, size_t index, double begun);

#endif
