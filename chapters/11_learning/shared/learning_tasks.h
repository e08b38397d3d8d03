/**
 * @file learning_tasks.h
 * @brief What can be learned in seconds: four tasks with random examples.
 */
#ifndef HEADWISE_LEARNING_TASKS_H
#define HEADWISE_LEARNING_TASKS_H

#include "learning_model.h"
#include "learning_pass.h"
#include "random.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/** The longest sequence of a task. */
enum { TASK_LONGEST = 64 };

/** An example of a task, with room for the longest. */
typedef struct TaskExample {
    size_t source[TASK_LONGEST]; /**< What is read. */
    size_t target[TASK_LONGEST]; /**< With a decoder: the full stop, then all but the last word. */
    size_t right[TASK_LONGEST];  /**< The right word of each row, or NO_WORD. */
    size_t source_count;         /**< Words of the source. */
    size_t target_count;         /**< Words of the target; 0 without a decoder. */
} TaskExample;

/** Examples to choose from. */
typedef struct TaskPool {
    const TaskExample *examples; /**< The examples; not owned. */
    size_t count;                /**< How many. */
} TaskPool;

/** Something to be learned, and how. */
typedef struct LearningTask {
    const char *name;  /**< As the option has it. */
    const char *about; /**< What it is, in one line. */
    ModelPlan plan;    /**< The model. */
    size_t steps;      /**< How many steps it takes. */
    size_t batch;      /**< How many examples a step sees. */
    double rate;       /**< The learning rate. */
    size_t warm_up;    /**< How many steps it takes to reach that rate. */
    double dropout;    /**< What share of the numbers is left out in training. */
    double smoothing;  /**< What share of the right word goes to all words, in training. */
    TaskPool pool;     /**< What is learned from; without one, what make() makes. */
    /** Makes an example; NULL if there is nothing but the pool. */
    void (*make)(Random *random, TaskExample *made);
    /** Shows a word as text, valid until the next call. */
    const char *(*show)(size_t word);
} LearningTask;

/**
 * Draws an example that may be learned from, or one that is held out, so that a model can be tried
 * on what it has not seen. One source in eight is held out; its words alone decide which.
 *
 * @param task   The task.
 * @param random The generator, which moves on.
 * @param apart  Whether it is to be one of those held out; any, when a task has hardly any
 *               different examples.
 * @param made   Receives the example.
 */
void task_draw(const LearningTask *task, Random *random, bool apart, TaskExample *made);

/** The full stop, which begins and ends what a decoder writes. */
enum { TASK_STOP = 0 };

/** The tasks. */
enum { TASK_COUNT = 4 };

/**
 * The tasks: `reverse` writes its source backwards (chapter 9 did it by hand); `induction`
 * predicts letters that follow one another as they did before; `dates` writes a date as ISO 8601
 * does; `bank` guesses the word that is hidden in a sentence.
 *
 * @param index Which; less than TASK_COUNT.
 * @return The task.
 */
const LearningTask *task_at(size_t index);

/**
 * Finds a task.
 *
 * @param name Its name.
 * @param task Receives the task.
 * @return STATUS_USAGE, with a list of all names, when there is none.
 */
Status task_find(const char *name, const LearningTask **task) MUST_USE;

/**
 * Counts what task_draw() holds out.
 *
 * @param pool The examples.
 * @return How many of them.
 */
size_t pool_apart(const TaskPool *pool);

/**
 * An example as the model takes it.
 *
 * @param made The example, which must outlive the result.
 * @return Views of it.
 */
Example task_view(const TaskExample *made);

/**
 * Makes an example of a sequence to be reversed.
 *
 * @param random  The generator, which moves on.
 * @param least   The fewest letters.
 * @param most    The most letters; less than TASK_LONGEST - 1.
 * @param letters How many different ones there are; their numbers begin at 1.
 * @param made    Receives the example.
 */
void make_reversal(Random *random, size_t least, size_t most, size_t letters, TaskExample *made);

/**
 * Numbers the words of a sentence as `bank` does.
 *
 * @param text  The sentence.
 * @param words Receives the numbers.
 * @return How many; words that the vocabulary does not have, and those beyond TASK_LONGEST, are
 *         left out.
 */
size_t bank_words(const char *text, size_t words[TASK_LONGEST]);

#endif
