#include "plan.h"

#include "stopwatch.h"

#include <stdio.h>
#include <unistd.h>

/* Tokens, d_model, heads. */
typedef struct Shape {
    size_t tokens, d_model, heads;
} Shape;

static const Shape TINY[] = {{5, 6, 2}, {33, 12, 3}};
static const Shape QUICK[] = {{16, 64, 4}, {128, 256, 8}, {512, 512, 8}, {1024, 512, 8}};
static const Shape FULL[] = {{16, 64, 4},   {64, 128, 4},   {128, 256, 8},  {256, 512, 8},
                             {512, 512, 8}, {1024, 512, 8}, {2048, 512, 8}, {4096, 512, 8}};

static const size_t TINY_MEMORY[] = {40, 80};
static const size_t QUICK_MEMORY[] = {256, 1024, 4096};
static const size_t FULL_MEMORY[] = {256, 512, 1024, 2048, 4096};

static void add(Plan *plan, Case one)
{
    if (plan->count < PLAN_MOST_CASES)
        plan->cases[plan->count++] = one;
}

static void add_memory(Plan *plan, const size_t *tokens, size_t count, Shape shape, size_t threads)
{
    for (size_t i = 0; i < count; i++) {
        Case one = {CASE_MEMORY, tokens[i], shape.d_model, shape.heads, false, threads, 0.0};
        one.share = 0.5 + (double)tokens[i] / 1024.0;
        add(plan, one);
    }
}

static void add_layers(Plan *plan, const Shape *shapes, size_t count, size_t threads)
{
    for (size_t i = 0; i < count; i++)
        for (int causal = 0; causal < 2; causal++) {
            Case one = {CASE_LAYER,
                        shapes[i].tokens,
                        shapes[i].d_model,
                        shapes[i].heads,
                        causal != 0,
                        threads,
                        1.0};
            /* the longest take as long as they must */
            one.share += (double)one.tokens / (threads == 1 ? 1024.0 : 2048.0);
            add(plan, one);
        }
}

static void add_decode(Plan *plan, Shape shape, size_t threads)
{
    add(plan, (Case){CASE_DECODE, shape.tokens, shape.d_model, shape.heads, true, threads, 2.0});
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Everything on one core, then everything on all that are to be used. */
static void add_times(Plan *plan, const Shape *shapes, size_t count, Shape decode, size_t threads)
{
    for (size_t t = 1; t <= threads; t += threads > 1 ? threads - 1 : 1) {
        add_layers(plan, shapes, count, t);
        add_decode(plan, decode, t);
    }
}

void plan_make(PlanSize size, size_t threads, Plan *plan)
{
    const Shape small = {64, 12, 3}, large = {512, 2048, 16}, usual = {0, 512, 8};
    *plan = (Plan){.seconds = 600.0, .turn = 0.01, .longest = 60.0, .rounds = 41};
    if (size == PLAN_TINY) {
        *plan = (Plan){.seconds = 0.2, .turn = 1e-4, .longest = 60.0, .rounds = 3};
        plan->own_only = true;
        add_memory(plan, TINY_MEMORY, COUNT(TINY_MEMORY), small, threads);
        add_times(plan, TINY, COUNT(TINY), small, threads);
    } else if (size == PLAN_QUICK) {
        *plan = (Plan){.seconds = 95.0, .turn = 0.004, .longest = 0.5, .rounds = 21};
        add_memory(plan, QUICK_MEMORY, COUNT(QUICK_MEMORY), usual, threads);
        add_times(plan, QUICK, COUNT(QUICK), large, threads);
    } else {
        add_memory(plan, FULL_MEMORY, COUNT(FULL_MEMORY), usual, threads);
        add_times(plan, FULL, COUNT(FULL), large, threads);
    }
}

double case_operations(const Case *which)
{
    double t = (double)which->tokens, d = (double)which->d_model;
    if (which->kind == CASE_DECODE)
        return 8.0 * d * d + 4.0 * t * d;
    /* four projections; scores and weighted sums for each pair that may attend */
    double pairs = which->causal ? t * (t + 1.0) / 2.0 : t * t;
    return 8.0 * t * d * d + 4.0 * pairs * d;
}

double case_bytes(const Case *which)
{
    double t = (double)which->tokens, d = (double)which->d_model;
    return 4.0 * (4.0 * d * d + 2.0 * t * d);
}

bool case_equal(const Case *a, const Case *b)
{
    return a->kind == b->kind && a->tokens == b->tokens && a->d_model == b->d_model &&
           a->heads == b->heads && a->causal == b->causal && a->threads == b->threads;
}

const char *case_kind_name(CaseKind kind)
{
    static const char *const NAMES[] = {"layer", "decode", "memory"};
    return NAMES[kind];
}

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
