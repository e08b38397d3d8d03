#include "fast_adam.h"

#include "parallel.h"
#include "row_kernels.h"

enum { SHARE = 1 << 16 }; /* numbers that are worth waking a thread up */

typedef struct Walk {
    AdamRow all;
    const RowKernels *rows;
} Walk;

static void walk_share(void *context, size_t index, size_t thread)
{
    const Walk *walk = context;
    AdamRow row = walk->all;
    size_t first = index * SHARE, left = row.n - first;
    (void)thread;
    row.n = left < SHARE ? left : SHARE;
    row.grad += first;
    row.mean += first;
    row.squares += first;
    row.w += first;
    walk->rows->adam(&row);
}

void fast_adam(const Adam *adam, size_t step, Matrix grad, const AdamMoments *moments, Matrix w,
               Isa isa, size_t threads)
{
    AdamRow all = {w.cols, *adam, step, grad.data, moments->mean.data, moments->squares.data,
                   w.data};
    Walk walk = {all, row_kernels_of(isa)};
    parallel_run((w.cols + SHARE - 1) / SHARE, threads, walk_share, &walk);
}
