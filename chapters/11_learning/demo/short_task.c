#include "short_task.h"

enum { FEW_LETTERS = 8, FEW_EXAMPLES = 16 };

static void make_short(Random *random, TaskExample *made)
{
    make_reversal(random, 2, 5, FEW_LETTERS, made);
}

LearningTask short_task(size_t steps)
{
    LearningTask task = *task_at(0);
    task.make = make_short;
    task.batch = FEW_EXAMPLES;
    task.plan.words = FEW_LETTERS + 1;
    task.steps = steps;
    task.warm_up = steps / 4 + 1;
    return task;
}
