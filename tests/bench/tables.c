/* The tables of the bench. */
#include "results.h"

#include <stdio.h>
#include <string.h>

enum { MOST_FAMILIES = 24 };

/* The families of a case or of all, in the order in which they came. */
static size_t families_of(const Results *results, size_t threads, CaseKind kind,
                          const char *families[MOST_FAMILIES])
{
    size_t count = 0;
    for (size_t i = 0; i < results->count; i++) {
        const Result *one = &results->list[i];
        size_t at = 0;
        if (one->which.kind != kind || one->which.threads != threads || one->count == 0)
            continue;
        while (at < count && strcmp(families[at], one->family) != 0)
            at++;
        if (at == count && count < MOST_FAMILIES)
            families[count++] = one->family;
    }
    return count;
}

static void print_case(const Case *which)
{
    char text[64];
    snprintf(text, sizeof text, "%zux%zux%zu%s", which->tokens, which->d_model, which->heads,
             which->causal && which->kind == CASE_LAYER ? " causal" : "");
    printf("  %-18s", text);
}

static void print_heads(const char *first, const char *const *families, size_t count)
{
    printf("  %-18s", first);
    for (size_t f = 0; f < count; f++)
        printf(" %*s", (int)(strlen(families[f]) < 7 ? 7 : strlen(families[f])), families[f]);
    putchar('\n');
}

static int width_of(const char *family)
{
    return (int)(strlen(family) < 7 ? 7 : strlen(family));
}

/* What a cell shows. */
typedef double Cell(const Results *results, const Result *one);

static double times_fast(const Results *results, const Result *one)
{
    const Result *fast = results_best(results, &one->which, "fast");
    return fast == NULL ? 0.0 : result_quartile(one, 2) / result_quartile(fast, 2);
}

static double percent_of_roof(const Results *results, const Result *one)
{
    (void)results;
    return one->roof > 0.0 ? 100.0 * result_rate(one) / one->roof : 0.0;
}

static double mebibytes(const Results *results, const Result *one)
{
    (void)results;
    return one->memory / 1048576.0;
}

static void print_table(const Results *results, const Plan *plan, size_t threads, CaseKind kind,
                        Cell *cell, int decimals)
{
    const char *families[MOST_FAMILIES];
    size_t count = families_of(results, threads, kind, families);
    print_heads(kind == CASE_LAYER ? "T x d_model x heads" : "", families, count);
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->cases[i].kind != kind || plan->cases[i].threads != threads)
            continue;
        print_case(&plan->cases[i]);
        for (size_t f = 0; f < count; f++) {
            const Result *best = results_best(results, &plan->cases[i], families[f]);
            double value = best == NULL ? 0.0 : cell(results, best);
            if (value <= 0.0)
                printf(" %*s", width_of(families[f]), "-");
            else
                printf(" %*.*f", width_of(families[f]), decimals, value);
        }
        putchar('\n');
    }
}

/* The fast layer's own numbers, with their spread. */
static void print_fast(const Results *results, const Plan *plan, size_t threads)
{
    printf("  %-18s %9s %22s %9s %10s\n", "", "median ms", "half of them in", "G/s", "% of roof");
    for (size_t i = 0; i < plan->count; i++) {
        const Case *which = &plan->cases[i];
        const Result *fast = results_best(results, which, "fast");
        if (which->kind > CASE_DECODE || which->threads != threads || fast == NULL)
            continue;
        print_case(which);
        printf(" %9.4g %11.4g..%-9.4g %9.1f %10.1f%s\n", 1e3 * result_quartile(fast, 2),
               1e3 * result_quartile(fast, 1), 1e3 * result_quartile(fast, 3),
               1e-9 * result_rate(fast), percent_of_roof(results, fast),
               which->kind == CASE_DECODE ? "  (one token; bytes)" : "");
    }
}

static const char *plural(size_t threads)
{
    return threads == 1 ? "" : "s";
}

/* The weights are read once for all sequences: what that is worth. */
static void print_batches(const Results *results, const Plan *plan, size_t threads)
{
    double alone = 0.0;
    printf("\nOne token of each of several sequences, %zu thread%s\n\n", threads, plural(threads));
    printf("  %9s %11s %9s %9s %10s\n", "sequences", "milliseconds", "tokens/s", "times one",
           "% of peak");
    for (size_t i = 0; i < plan->count; i++) {
        const Case *which = &plan->cases[i];
        const Result *fast = results_best(results, which, "fast");
        if (which->kind != CASE_BATCH || which->threads != threads || fast == NULL)
            continue;
        double speed = (double)which->batch / result_quartile(fast, 2);
        alone = which->batch == 1 ? speed : alone;
        printf("  %9zu %12.1f %9.0f %9.1f %10.1f\n", which->batch, 1e3 * result_quartile(fast, 2),
               speed, speed / alone, percent_of_roof(results, fast));
    }
}

/* --- Training steps -------------------------------------------------------------------------- */

static const CaseKind PARTS[] = {CASE_STEP, CASE_FORWARD, CASE_BACKWARD};

enum { PART_COUNT = sizeof PARTS / sizeof *PARTS };

static const Result *best_part(const Results *results, const Case *step, size_t part,
                               const char *family)
{
    Case which = *step;
    which.kind = PARTS[part];
    return results_best(results, &which, family);
}

static void print_model(const Case *which)
{
    char text[64];
    snprintf(text, sizeof text, "%zux%zux%zu %s", which->tokens, which->d_model, which->heads,
             which->causal ? "language model" : "encoder-decoder");
    printf("  %-26s", text);
}

static void print_step(const Results *results, const Case *which)
{
    const Result *fast = results_best(results, which, "fast");
    if (fast == NULL)
        return;
    print_model(which);
    printf(" %9.4g %11.4g..%-9.4g", 1e3 * result_quartile(fast, 2), 1e3 * result_quartile(fast, 1),
           1e3 * result_quartile(fast, 3));
    for (size_t part = 1; part < PART_COUNT; part++) {
        const Result *one = best_part(results, which, part, "fast");
        printf(" %9.4g", one == NULL ? 0.0 : 1e3 * result_quartile(one, 2));
    }
    printf(" %9.4g %9.1f\n", 1e3 * fast->processor, percent_of_roof(results, fast));
}

/* How many times as long as the fast pass: the step, its ways forward and back, and the processors.
 */
static void print_step_times(const Results *results, const Case *which, const char *family)
{
    const Result *fast = results_best(results, which, "fast");
    const Result *step = results_best(results, which, family);
    if (fast == NULL || step == NULL) {
        printf(" %*s", 8 * (PART_COUNT + 1), "-");
        return;
    }
    for (size_t part = 0; part < PART_COUNT; part++) {
        const Result *one = best_part(results, which, part, family);
        printf(" %7.2f", one == NULL ? 0.0 : times_fast(results, one));
    }
    printf(" %7.2f ", step->processor / fast->processor);
}

static bool is_step(const Case *which, size_t threads)
{
    return which->kind == CASE_STEP && which->threads == threads;
}

static void print_steps(const Results *results, const Plan *plan, size_t threads)
{
    const char *families[MOST_FAMILIES];
    size_t count = families_of(results, threads, CASE_STEP, families);
    printf("\nTraining steps of about 2048 words, fast pass, %zu thread%s: milliseconds\n\n",
           threads, plural(threads));
    printf("  %-26s %9s %22s %9s %9s %9s %9s\n", "", "step", "half of them in", "forward",
           "backward", "processor", "% of roof");
    for (size_t i = 0; i < plan->count; i++)
        if (is_step(&plan->cases[i], threads))
            print_step(results, &plan->cases[i]);
    printf("\nTimes as long as the fast pass, %zu thread%s: step, forward, backward, processor "
           "time\n\n"
           "  %-26s",
           threads, plural(threads), "");
    for (size_t f = 0; f < count; f++)
        if (strcmp(families[f], "fast") != 0)
            printf(" %8s%24s", families[f], "");
    putchar('\n');
    for (size_t i = 0; i < plan->count; i++) {
        if (!is_step(&plan->cases[i], threads))
            continue;
        print_model(&plan->cases[i]);
        for (size_t f = 0; f < count; f++)
            if (strcmp(families[f], "fast") != 0)
                print_step_times(results, &plan->cases[i], families[f]);
        putchar('\n');
    }
}

/* --- All of it ------------------------------------------------------------------------------- */

static void print_layers(const Results *results, const Plan *plan, size_t threads)
{
    printf(
        "\nThe fast layer, %zu thread%s: 10^9 operations in a second, or bytes when decoding\n\n",
        threads, plural(threads));
    print_fast(results, plan, threads);
    printf("\nTimes as long as the fast layer, %zu thread%s\n\n", threads, plural(threads));
    print_table(results, plan, threads, CASE_LAYER, times_fast, 2);
    printf("\nPercent of the measured peak of arithmetic, %zu thread%s\n\n", threads,
           plural(threads));
    print_table(results, plan, threads, CASE_LAYER, percent_of_roof, 1);
    printf("\nOne token against a cache: percent of the measured bandwidth, %zu thread%s\n\n",
           threads, plural(threads));
    print_table(results, plan, threads, CASE_DECODE, percent_of_roof, 1);
    print_batches(results, plan, threads);
}

static bool has(const Plan *plan, CaseKind kind)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->cases[i].kind == kind)
            return true;
    return false;
}

void results_print(const Results *results, const Plan *plan)
{
    size_t most = 1;
    for (size_t i = 0; i < plan->count; i++)
        most = plan->cases[i].threads > most ? plan->cases[i].threads : most;
    for (size_t threads = 1; threads <= most; threads += most > 1 ? most - 1 : 1) {
        if (has(plan, CASE_LAYER))
            print_layers(results, plan, threads);
        if (has(plan, CASE_STEP))
            print_steps(results, plan, threads);
    }
    if (!has(plan, CASE_MEMORY))
        return;
    printf("\nThe most memory of a process that ran a layer once, in MiB\n\n");
    print_table(results, plan, most, CASE_MEMORY, mebibytes, 1);
}
