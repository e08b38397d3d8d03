#include "masking_mistakes.h"

#include "example_under_mask.h"
#include "memory.h"
#include "plot.h"
#include "print.h"
#include "softmax.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- The ways to block ----------------------------------------------------------------------- */

static bool later(size_t query, size_t key)
{
    return key > query;
}

static bool not_later(size_t query, size_t key)
{
    return key <= query;
}

static bool earlier(size_t query, size_t key)
{
    return key < query;
}

static bool later_or_itself(size_t query, size_t key)
{
    return key >= query;
}

/* What is done to a score that is blocked. */
typedef enum Block { BECOMES_MINUS_INFINITY, BECOMES_ZERO, LOSES_A_BILLIONTH, WEIGHT_IS_CUT } Block;

typedef struct Way {
    const char *name;
    bool (*blocks)(size_t query, size_t key);
    Block block;
} Way;

enum { WAYS = 7 };
static const Way WAY[WAYS] = {
    {"right", later, BECOMES_MINUS_INFINITY},
    {"after the softmax", later, WEIGHT_IS_CUT},
    {"0 for a blocked score", later, BECOMES_ZERO},
    {"-1e-9 for -1e9", later, LOSES_A_BILLIONTH},
    {"polarity inverted", not_later, BECOMES_MINUS_INFINITY},
    {"transposed", earlier, BECOMES_MINUS_INFINITY},
    {"off by one", later_or_itself, BECOMES_MINUS_INFINITY},
};

static float blocked_score(float score, Block block)
{
    switch (block) {
    case BECOMES_MINUS_INFINITY: return -INFINITY;
    case BECOMES_ZERO: return 0.0f;
    case LOSES_A_BILLIONTH: return score - 1e-9f;
    default: return score;
    }
}

/* The weights of one row of scores. */
static void weigh(const Way *way, size_t query, const float *scores, size_t keys, float *weights)
{
    for (size_t j = 0; j < keys; j++)
        weights[j] = way->blocks(query, j) ? blocked_score(scores[j], way->block) : scores[j];
    softmax_row(weights, keys, weights);
    for (size_t j = 0; j < keys; j++)
        if (way->block == WEIGHT_IS_CUT && way->blocks(query, j))
            weights[j] = 0.0f;
}

/* --- Showing them ---------------------------------------------------------------------------- */

static double sum(const float *numbers, size_t count)
{
    double total = 0.0;
    for (size_t i = 0; i < count; i++)
        total += numbers[i];
    return total;
}

/* One row of the sentence, weighed in all ways, with the sum of its weights at the end. */
static Status show_ways(Sentence sentence, Matrix scores)
{
    Status status = STATUS_OK;
    size_t keys = sentence.count, query = keys >= 2 ? keys - 2 : 0;
    const char *names[WAYS];
    Matrix table = NO_MATRIX;
    const char **columns = memory_allocate(keys + 1, sizeof *columns);
    TRY(columns != NULL ? matrix_create(WAYS, keys + 1, &table) : STATUS_NO_MEMORY);
    memcpy(columns, sentence.words, keys * sizeof *columns);
    columns[keys] = "sum";
    for (size_t w = 0; w < WAYS; w++) {
        float *row = matrix_row(table, w);
        weigh(&WAY[w], query, matrix_row(scores, query), keys, row);
        row[keys] = (float)sum(row, keys);
        names[w] = WAY[w].name;
    }
    printf("%s, causal: weights, and their sum\n", sentence.words[query]);
    print_matrix(stdout, table, (PrintStyle){NULL, names, columns, 2});
done:
    matrix_free(&table);
    free(columns);
    return status;
}

/* The last row, when all of it is blocked. */
static Status show_blocked_row(Sentence sentence)
{
    Status status = STATUS_OK;
    static const char *const ROWS[] = {"-inf, softmax of chapter 2", "-inf, softmax as written"};
    size_t keys = sentence.count;
    Matrix table = NO_MATRIX;
    TRY(matrix_create(2, keys, &table));
    for (size_t j = 0; j < keys; j++)
        matrix_row(table, 0)[j] = matrix_row(table, 1)[j] = -INFINITY;
    softmax_row(matrix_row(table, 0), keys, matrix_row(table, 0));
    softmax_row_naive(matrix_row(table, 1), keys, matrix_row(table, 1));
    printf("%s, fully blocked: ", sentence.words[keys - 1]);
    print_matrix(stdout, table, (PrintStyle){"weights", ROWS, sentence.words, 2});
done:
    matrix_free(&table);
    return status;
}

enum { PANELS = 4 };
static const size_t DRAWN[PANELS] = {0, 1, 4, 5};

static Status plot_mistakes(Sentence sentence, Matrix scores)
{
    Status status = STATUS_OK;
    HeatmapPanel panels[PANELS];
    Matrix all = NO_MATRIX;
    size_t keys = sentence.count;
    TRY(matrix_create(PANELS * keys, keys, &all));
    for (size_t p = 0; p < PANELS; p++) {
        const Way *way = &WAY[DRAWN[p]];
        Matrix weights = matrix_view(matrix_row(all, p * keys), keys, keys);
        for (size_t i = 0; i < keys; i++)
            weigh(way, i, matrix_row(scores, i), keys, matrix_row(weights, i));
        blank_zeros(weights);
        panels[p] =
            (HeatmapPanel){way->name, weights, sentence.words, sentence.words, "asks", "is asked"};
    }
    TRY(plot_heatmaps(&(HeatmapPlot){.name = "07_mistakes",
                                     .title = "The causal mask done right, and three ways to "
                                              "get it wrong",
                                     .panels = panels,
                                     .panel_count = PANELS,
                                     .high = 1.0f,
                                     .unit = "attention weight, hatched = 0",
                                     .decimals = -1}));
done:
    matrix_free(&all);
    return status;
}

Status show_masking_mistakes(Sentence sentence)
{
    Status status = STATUS_OK;
    Matrix scores = NO_MATRIX;
    TRY(matrix_create(sentence.count, sentence.count, &scores));
    TRY(sense_scores(sentence, scores));
    TRY(show_ways(sentence, scores));
    TRY(show_blocked_row(sentence));
    TRY(plot_mistakes(sentence, scores));
done:
    matrix_free(&scores);
    return status;
}
