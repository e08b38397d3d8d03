/**
 * @file short_task.h
 * @brief A task that is learned in a second: reversing a few letters.
 */
#ifndef HEADWISE_SHORT_TASK_H
#define HEADWISE_SHORT_TASK_H

#include "learning_tasks.h"

#include <stddef.h>

/**
 * The task.
 *
 * @param steps How many steps to make; the learning rate follows from it.
 * @return `reverse` with two to five letters out of eight, and smaller batches.
 */
LearningTask short_task(size_t steps);

#endif
