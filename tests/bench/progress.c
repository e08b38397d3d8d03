#include "progress.h"

#include "stopwatch.h"

#include <stdio.h>
#include <unistd.h>

/* The part of the plan before a case. */
static double part_before(const Plan *plan, size_t index)
{
    double before = 0.0, all = 0.0;
    for (size_t i = 0; i < plan->count; i++) {
        all += plan->cases[i].share;
        before += i < index ? plan->cases[i].share : 0.0;
    }
    return all > 0.0 ? before / all : 1.0;
}

/* The plan's own guess in the beginning, what has been seen later on. */
static double seconds_left(const Plan *plan, double done, double gone)
{
    double guess = plan->seconds * (1.0 - done);
    return done > 0.0 ? (1.0 - done) * guess + done * (gone / done - gone) : guess;
}

void progress_show(const Plan *plan, size_t index, double begun)
{
    int terminal = isatty(STDERR_FILENO);
    double gone = stopwatch_seconds() - begun;
    if (index == plan->count) {
        if (terminal)
            fputs("\r\033[K", stderr);
        return;
    }
    const Case *which = &plan->cases[index];
    fprintf(stderr, "%s[%zu/%zu] %s %zux%zux%zu%s on %zu: %.0f s gone, about %.0f s left%s",
            terminal ? "\r\033[K" : "", index + 1, plan->count, case_kind_name(which->kind),
            which->tokens, which->d_model, which->heads, which->causal ? " causal" : "",
            which->threads, gone, seconds_left(plan, part_before(plan, index), gone),
            terminal ? "" : "\n");
    (void)fflush(stderr);
}
