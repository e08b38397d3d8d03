/**
 * @file progress.h
 * @brief Says on standard error where the bench is, and how long it will still take.
 */
#ifndef HEADWISE_PROGRESS_H
#define HEADWISE_PROGRESS_H

#include "plan.h"

/**
 * Says which case begins: on a terminal in place of the last such line, else on a line of its own.
 *
 * @param plan  The plan.
 * @param index The case; plan->count at the end, which clears the line.
 * @param begun When the bench began, by stopwatch_seconds().
 */
void progress_show(const Plan *plan, size_t index, double begun);

#endif
