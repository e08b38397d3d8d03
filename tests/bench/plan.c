#include "plan.h"

#include "stopwatch.h"

#include <stdio.h>
#include <unistd.h>

/* Sequences that decode together, and tokens of the longest of them. */
enum { MOST_BATCH = 64, BATCH_TOKENS = 128 };

/* Tokens, d_model, heads. */
typedef struct Shape {
    size_t tokens, d_model, heads;
} Shape;

static const Shape TINY[] = {{5, 6, 2}, {33, 12, 3}};
static const Shape QUICK[] = {{16, 64, 4}, {128, 256, 8}, {512, 512, 8}, {1024, 512, 8}};
static const Shape FULL[] = {{16, 64, 4},   {64, 128, 4},   {128, 256, 8},  {256, 512, 8},
                             {512, 512, 8}, {1024, 512, 8}, {2048, 512, 8}, {4096, 512, 8}};

/* What training is measured on. */
static const Shape TINY_STEPS[] = {{9, 12, 3}};
static const Shape QUICK_STEPS[] = {{16, 64, 4}, {256, 256, 8}};
static const Shape FULL_STEPS[] = {{16, 64, 4},  {64, 64, 4},  {256, 64, 4},  {1024, 64, 4},
                                   {16, 128, 4}, {64, 128, 4}, {256, 128, 4}, {1024, 128, 4},
                                   {16, 256, 8}, {64, 256, 8}, {256, 256, 8}, {1024, 256, 8},
                                   {16, 512, 8}, {64, 512, 8}, {256, 512, 8}, {1024, 512, 8}};

static const size_t TINY_MEMORY[] = {40, 80};
static const size_t QUICK_MEMORY[] = {256, 1024, 4096};
static const size_t FULL_MEMORY[] = {256, 512, 1024, 2048, 4096};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LIST(array) (array), COUNT(array)

/* What is measured in each size of a plan. */
typedef struct Sizes {
    Plan plan;          /* without its cases */
    double steps_share; /* of the seconds, for the training steps */
    Shape decode, memory_shape;
    const size_t *memory;
    size_t memory_count;
    const Shape *layers;
    size_t layer_count;
    const Shape *steps;
    size_t step_count;
} Sizes;

static const Sizes SIZES[] = {
    [PLAN_TINY] = {{.seconds = 0.2, .turn = 1e-4, .longest = 60.0, .rounds = 3, .own_only = true},
                   0.5,
                   {64, 12, 3},
                   {64, 12, 3},
                   LIST(TINY_MEMORY),
                   LIST(TINY),
                   LIST(TINY_STEPS)},
    [PLAN_QUICK] = {{.seconds = 120.0, .turn = 0.004, .longest = 0.5, .rounds = 21},
                    0.25,
                    {512, 2048, 16},
                    {0, 512, 8},
                    LIST(QUICK_MEMORY),
                    LIST(QUICK),
                    LIST(QUICK_STEPS)},
    [PLAN_FULL] = {{.seconds = 1200.0, .turn = 0.01, .longest = 60.0, .rounds = 41},
                   0.5,
                   {512, 2048, 16},
                   {0, 512, 8},
                   LIST(FULL_MEMORY),
                   LIST(FULL),
                   LIST(FULL_STEPS)},
};

static void add(Plan *plan, Case one)
{
    if (plan->count < PLAN_MOST_CASES)
        plan->cases[plan->count++] = one;
}

static void add_memory(Plan *plan, const size_t *tokens, size_t count, Shape shape, size_t threads)
{
    for (size_t i = 0; i < count; i++) {
        Case one = {CASE_MEMORY, 1, tokens[i], shape.d_model, shape.heads, false, threads, 0.0};
        one.share = 0.5 + (double)tokens[i] / 1024.0;
        add(plan, one);
    }
}

static void add_layers(Plan *plan, const Shape *shapes, size_t count, size_t threads)
{
    for (size_t i = 0; i < count; i++)
        for (int causal = 0; causal < 2; causal++) {
            Case one = {CASE_LAYER,      1,           shapes[i].tokens, shapes[i].d_model,
                        shapes[i].heads, causal != 0, threads,          1.0};
            /* the longest take as long as they must */
            one.share += (double)one.tokens / (threads == 1 ? 1024.0 : 2048.0);
            add(plan, one);
        }
}

/* How many examples have about 2048 words; two at least, so that two threads may share them. */
static size_t examples(size_t tokens, bool causal)
{
    size_t words = causal ? tokens : 2 * tokens;
    return words < 1024 ? 2048 / words : 2;
}

/* Each shape as a language model, and as an encoder-decoder. */
static void add_steps(Plan *plan, const Shape *shapes, size_t count, size_t threads)
{
    for (size_t i = 0; i < count; i++)
        for (int causal = 1; causal >= 0; causal--) {
            const Shape *shape = &shapes[i];
            Case one = {CASE_STEP,     examples(shape->tokens, causal != 0),
                        shape->tokens, shape->d_model,
                        shape->heads,  causal != 0,
                        threads,       0.0};
            one.share = 0.5 + 3e-11 * case_operations(&one) / (double)threads;
            add(plan, one);
        }
}

static void add_decode(Plan *plan, Shape shape, size_t threads)
{
    add(plan, (Case){CASE_DECODE, 1, shape.tokens, shape.d_model, shape.heads, true, threads, 2.0});
    for (size_t batch = 1; batch <= MOST_BATCH; batch *= 2)
        add(plan, (Case){CASE_BATCH, batch, BATCH_TOKENS, shape.d_model, shape.heads, true, threads,
                         0.5});
}

/* Everything on one core, then everything on all that are to be used. */
static void add_times(Plan *plan, const Sizes *sizes, bool steps_only, size_t threads)
{
    for (size_t t = 1; t <= threads; t += threads > 1 ? threads - 1 : 1) {
        if (!steps_only) {
            add_layers(plan, sizes->layers, sizes->layer_count, t);
            add_decode(plan, sizes->decode, t);
        }
        add_steps(plan, sizes->steps, sizes->step_count, t);
    }
}

void plan_make(PlanSize size, size_t threads, bool steps_only, Plan *plan)
{
    const Sizes *sizes = &SIZES[size];
    *plan = sizes->plan;
    if (steps_only)
        plan->seconds *= sizes->steps_share;
    else
        add_memory(plan, sizes->memory, sizes->memory_count, sizes->memory_shape, threads);
    add_times(plan, sizes, steps_only, threads);
}

/* Multiplications and additions of a model's way forward. */
static double forward_operations(const Case *which)
{
    double t = (double)which->tokens, d = (double)which->d_model;
    double seen = t * (t + 1.0) / 2.0;
    /* a block: four projections, and a network of 4 d_model; a decoder's has projections twice */
    double blocks = which->causal ? 2.0 * (24.0 * t * d * d + 4.0 * seen * d)
                                  : 56.0 * t * d * d + 4.0 * (seen + 2.0 * t * t) * d;
    return (double)which->batch * (blocks + 2.0 * t * d * (double)PLAN_WORDS);
}

bool case_decodes(const Case *which)
{
    return which->kind == CASE_DECODE || which->kind == CASE_BATCH;
}

double case_operations(const Case *which)
{
    double t = (double)which->tokens, d = (double)which->d_model, b = (double)which->batch;
    if (case_decodes(which))
        return b * (8.0 * d * d + 4.0 * (t - (b - 1.0) / 2.0) * d);
    if (which->kind == CASE_FORWARD)
        return forward_operations(which);
    if (which->kind == CASE_BACKWARD) /* each product, once for either factor */
        return 2.0 * forward_operations(which);
    if (which->kind == CASE_STEP)
        return 3.0 * forward_operations(which);
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
    return a->kind == b->kind && a->batch == b->batch && a->tokens == b->tokens &&
           a->d_model == b->d_model && a->heads == b->heads && a->causal == b->causal &&
           a->threads == b->threads;
}

const char *case_kind_name(CaseKind kind)
{
    static const char *const NAMES[] = {"layer", "decode",  "batch",   "memory",
                                        "step",  "forward", "backward"};
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
