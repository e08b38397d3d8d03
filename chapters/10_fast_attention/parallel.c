#include "parallel.h"

#ifdef _OPENMP

#include <omp.h>

size_t parallel_threads(size_t wanted)
{
    size_t there = (size_t)omp_get_max_threads();
    return wanted == 0 ? there : wanted;
}

void parallel_run(size_t tasks, size_t threads, Task *task, void *context)
{
    if (threads == 1 || tasks <= 1) {
        for (size_t i = 0; i < tasks; i++)
            task(context, i, 0);
        return;
    }
    /* one at a time to whoever is free: tasks of a causal mask are not equally long */
#pragma omp parallel for schedule(dynamic, 1) num_threads((int)threads)
    for (size_t i = 0; i < tasks; i++)
        task(context, i, (size_t)omp_get_thread_num());
}

#else

size_t parallel_threads(size_t wanted)
{
    (void)wanted;
    return 1;
}

void parallel_run(size_t tasks, size_t threads, Task *task, void *context)
{
    (void)threads;
    for (size_t i = 0; i < tasks; i++)
        task(context, i, 0);
}

#endif
