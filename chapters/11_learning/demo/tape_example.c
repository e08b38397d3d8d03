#include "tape_example.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

enum { TAPE_LENGTH = 32, WORDS = 3 };

/* One number: what it was made of, and its slope in each of these. */
typedef struct Entry {
    const char *made_by;
    double value, grad;
    size_t from[2];
    double slope[2]; /* 0: it was made of one number, or of none */
} Entry;

typedef struct Tape {
    Entry entries[TAPE_LENGTH];
    size_t count;
} Tape;

/* --- Recording ------------------------------------------------------------------------------- */

static size_t record(Tape *tape, Entry entry)
{
    tape->entries[tape->count] = entry;
    return tape->count++;
}

static size_t given(Tape *tape, const char *name, double value)
{
    return record(tape, (Entry){name, value, 0, {0, 0}, {0, 0}});
}

static size_t add(Tape *tape, size_t a, size_t b)
{
    const Entry *x = tape->entries;
    return record(tape, (Entry){"add", x[a].value + x[b].value, 0, {a, b}, {1, 1}});
}

static size_t multiply(Tape *tape, size_t a, size_t b)
{
    double x = tape->entries[a].value, y = tape->entries[b].value;
    return record(tape, (Entry){"multiply", x * y, 0, {a, b}, {y, x}});
}

static size_t divide(Tape *tape, size_t a, size_t b)
{
    double x = tape->entries[a].value, y = tape->entries[b].value;
    return record(tape, (Entry){"divide", x / y, 0, {a, b}, {1 / y, -x / (y * y)}});
}

static size_t exponential(Tape *tape, size_t a)
{
    double result = exp(tape->entries[a].value);
    return record(tape, (Entry){"exponential", result, 0, {a, 0}, {result, 0}});
}

/* --- Reading it from the end ----------------------------------------------------------------- */

static void walk_back(Tape *tape)
{
    Entry *entries = tape->entries;
    entries[tape->count - 1].grad = 1;
    for (size_t i = tape->count; i-- > 0;)
        for (size_t k = 0; k < 2; k++)
            entries[entries[i].from[k]].grad += entries[i].slope[k] * entries[i].grad;
}

/* --- One row of attention -------------------------------------------------------------------- */

/* The lesson's row by hand: `bank` asks for water. Less loss for more of it. */
static void record_row(Tape *tape)
{
    static const double SCORES[WORDS] = {0, 3, 2}, WATER[WORDS] = {0, 3, 1};
    size_t shares[WORDS], total = 0, heard = 0;
    for (size_t j = 0; j < WORDS; j++)
        shares[j] = given(tape, "score", SCORES[j]);
    for (size_t j = 0; j < WORDS; j++) {
        shares[j] = exponential(tape, shares[j]);
        total = j == 0 ? shares[j] : add(tape, total, shares[j]);
    }
    for (size_t j = 0; j < WORDS; j++) {
        size_t part = multiply(tape, shares[j], given(tape, "water", WATER[j]));
        heard = j == 0 ? part : add(tape, heard, part);
    }
    /* On a line of its own: compilers differ in which argument they compute first. */
    size_t minus_one = given(tape, "minus one", -1);
    multiply(tape, divide(tape, heard, total), minus_one);
}

void show_tape(void)
{
    Tape tape = {.count = 0};
    record_row(&tape);
    walk_back(&tape);
    printf("  entry  made by      of         value      grad\n");
    for (size_t i = 0; i < tape.count; i++) {
        const Entry *entry = &tape.entries[i];
        char of[24] = "";
        if (entry->slope[1] != 0)
            snprintf(of, sizeof of, "%zu, %zu", entry->from[0], entry->from[1]);
        else if (entry->slope[0] != 0)
            snprintf(of, sizeof of, "%zu", entry->from[0]);
        printf("  %5zu  %-13s%-7s%9.3f%10.3f\n", i, entry->made_by, of, entry->value, entry->grad);
    }
}
