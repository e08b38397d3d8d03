/**
 * @file training_run.h
 * @brief A training from its first step to its last: progress, Ctrl-C, saving, and the result.
 */
#ifndef HEADWISE_TRAINING_RUN_H
#define HEADWISE_TRAINING_RUN_H

#include "learning_tasks.h"
#include "status.h"
#include "trainer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How many new examples a model is tried on at the end. */
enum { RUN_TRIED = 200 };

/** How progress is shown on standard error. */
typedef enum ProgressKind {
    PROGRESS_AS_FITS, /**< On a terminal one line, rewritten; else lines. */
    PROGRESS_REWRITE, /**< The same line. */
    PROGRESS_LINES,   /**< A line from time to time. */
    PROGRESS_NONE     /**< Not at all. */
} ProgressKind;

/** A training to be run. */
typedef struct TrainingRun {
    const LearningTask *task; /**< What is learned. */
    const Slips *slips;       /**< What goes wrong, or NULL. */
    size_t steps;             /**< How many steps to make in all. */
    uint64_t seed;            /**< Of the random numbers. */
    const char *folder;       /**< Where it is saved, and resumed from; or NULL. */
    ProgressKind progress;    /**< How progress is shown. */
    double patience;          /**< Seconds between two lines, and two savings; 0: ten. */
    /** Called before the first step and after each; or NULL. */
    Status (*watch)(void *context, const Trainer *trainer);
    void *context; /**< What it is given. */
} TrainingRun;

/** What came of a training. */
typedef struct TrainingResult {
    const char *task; /**< The name of what was learned. */
    size_t blocks;    /**< How many blocks the encoder has. */
    size_t steps;     /**< How many steps were done in all. */
    double seconds;   /**< How long those of this run took. */
    Score score;      /**< How good the model is. */
} TrainingResult;

/**
 * Trains, and tries the model at the end. While it works, a line on standard error tells the loss,
 * the rate, the speed and the time left: all the time on a terminal, else every ten seconds. With a
 * folder, it resumes what is saved there, and saves every ten seconds and at the end. A signal ends
 * the program after the step it is in, once that is saved.
 *
 * @param run     What to do.
 * @param trainer Receives the training, to be freed with trainer_free(), also on failure.
 * @param result  Receives what came of it.
 * @return As trainer_step(), training_load() and training_save(): what was saved before stays.
 */
Status training_run(const TrainingRun *run, Trainer *trainer, TrainingResult *result) MUST_USE;

/**
 * Prints the last line of a run: `result task=... blocks=... steps=... seconds=... loss=...
 * exact=...`.
 *
 * @param result What came of it.
 */
void training_print_result(const TrainingResult *result);

#endif
