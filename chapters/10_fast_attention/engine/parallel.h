/**
 * @file parallel.h
 * @brief Work for several threads: OpenMP where the compiler has it, else one thread.
 */
#ifndef HEADWISE_PARALLEL_H
#define HEADWISE_PARALLEL_H

#include <stddef.h>

/** One task of many. It may write only what belongs to its index or to its thread. */
typedef void Task(void *context, size_t index, size_t thread);

/**
 * How many threads may work.
 *
 * @param wanted How many were asked for; 0 for OpenMP's choice: one for each processor, or what the
 *               environment variable OMP_NUM_THREADS says.
 * @return That number, but no more than the machine has processors, or 8 where it has fewer; 1
 *         without OpenMP.
 */
size_t parallel_threads(size_t wanted);

/**
 * Runs tasks, in any order and on any thread, and returns when all are done. Never starts more
 * threads than there are tasks.
 *
 * @param tasks   How many.
 * @param threads How many threads may work, as parallel_threads() gave it.
 * @param task    What to do for each index from 0 to tasks - 1; `thread` is less than @p threads.
 * @param context What the task is given.
 */
void parallel_run(size_t tasks, size_t threads, Task *task, void *context);

#endif
