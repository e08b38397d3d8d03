#include "parallel.h"

#ifdef _OPENMP

#include <omp.h>

/* Threads beyond the processors only wait for each other. A few may be tried on any machine. */
enum { A_FEW = 8 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t parallel_threads(size_t wanted)
{
    size_t processors = (size_t)omp_get_num_procs();
    size_t most = processors > A_FEW ? processors : A_FEW;
    return least(wanted == 0 ? (size_t)omp_get_max_threads() : wanted, most);
}

void parallel_run(size_t tasks, size_t threads, Task *task, void *context)
{
    size_t workers = least(threads, tasks);
    if (workers <= 1) {
        for (size_t i = 0; i < tasks; i++)
            task(context, i, 0);
        return;
    }
    /* one at a time to whoever is free: tasks of a causal mask are not equally long */
#pragma omp parallel for schedule(dynamic, 1) num_threads((int)workers)
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
