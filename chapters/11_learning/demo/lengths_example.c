#include "lengths_example.h"

#include "learning_tasks.h"

#include <stdio.h>
#include <stdlib.h>

enum { DATES = 640, BATCH = 32, DATES_TASK = 2 };

static int by_length(const void *one, const void *other)
{
    const size_t *first = one, *second = other;
    return (*first > *second) - (*first < *second);
}

/* The words of a batch when all its sequences are as long as the longest. */
static size_t padded(const size_t *lengths)
{
    size_t longest = 0;
    for (size_t i = 0; i < BATCH; i++)
        longest = lengths[i] > longest ? lengths[i] : longest;
    return BATCH * longest;
}

static void show_row(const char *name, const size_t *lengths, size_t words)
{
    size_t worked_on = 0;
    for (size_t i = 0; i < DATES; i += BATCH)
        worked_on += padded(lengths + i);
    printf("  %-28s%10zu%8.0f %%\n", name, worked_on, 100.0 * (double)worked_on / (double)words);
}

void show_lengths(void)
{
    size_t lengths[DATES], words = 0;
    Random random = {1};
    TaskExample made;
    for (size_t i = 0; i < DATES; i++) {
        task_at(DATES_TASK)->make(&random, &made);
        lengths[i] = made.source_count;
        words += lengths[i];
    }
    printf("tokens worked on, of %d dates\n  %-28s%10zu%8.0f %%\n", DATES, "each by itself", words,
           100.0);
    show_row("padded, in batches of 32", lengths, words);
    qsort(lengths, DATES, sizeof *lengths, by_length);
    show_row("the same, sorted by length", lengths, words);
}
