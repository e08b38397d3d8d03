#include "temperature_example.h"

#include "memory.h"
#include "plot.h"
#include "print.h"
#include "softmax.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const float TEMPERATURES[] = {0.5f, 1.0f, 2.0f, 4.0f, 100.0f};
static const char *const TEMPERATURE_LABELS[] = {"tau = 0.5", "tau = 1", "tau = 2", "tau = 4",
                                                 "tau = 100"};
enum { TEMPERATURE_COUNT = sizeof TEMPERATURES / sizeof *TEMPERATURES };

/* The picture goes from a temperature of 1/8 to 64. */
enum { LOWEST_POWER = -3, HIGHEST_POWER = 6, STEPS_PER_POWER = 8 };
enum { PLOT_POINTS = (HIGHEST_POWER - LOWEST_POWER) * STEPS_PER_POWER + 1 };

/* More curves than this cannot be told apart; the greatest scores are drawn. */
enum { MAX_CURVES = 6, LABEL_SIZE = 48 };

/* A row of weights for each temperature, and their entropy in a last column. */
static Status fill_table(const ScoredSentence *scored, Matrix table)
{
    Status status = STATUS_OK;
    size_t n = scored->row.cols;
    for (size_t i = 0; i < table.rows; i++) {
        Matrix weights = matrix_view(matrix_row(table, i), 1, n);
        TRY(softmax_with_temperature(scored->row, TEMPERATURES[i], weights));
        matrix_row(table, i)[n] = entropy_bits(weights.data, n);
    }
done:
    return status;
}

static Status print_table(const ScoredSentence *scored)
{
    Status status = STATUS_OK;
    size_t n = scored->row.cols;
    Matrix table = NO_MATRIX;
    const char **labels = memory_allocate(n + 1, sizeof *labels);
    TRY(labels != NULL ? STATUS_OK : STATUS_NO_MEMORY);
    TRY(matrix_create(TEMPERATURE_COUNT, n + 1, &table));
    TRY(fill_table(scored, table));
    memcpy(labels, scored->sentence.words, n * sizeof *labels);
    labels[n] = "bits";
    printf("\n5. Temperature: the scores of %s are divided by tau\n\n", scored->word);
    print_matrix(stdout, table, (PrintStyle){NULL, TEMPERATURE_LABELS, labels, .decimals = 2});
done:
    matrix_free(&table);
    free(labels);
    return status;
}

/* --- The picture: a curve for each score that occurs ------------------------------------------ */

/* The words that have one score, and so one weight. */
typedef struct SameScore {
    float score;
    size_t word; /* one of them */
    char label[LABEL_SIZE];
} SameScore;

/* The greatest score below a bound. */
static bool next_score(Matrix row, float bound, SameScore *same)
{
    *same = (SameScore){.score = -INFINITY};
    for (size_t i = 0; i < row.cols; i++)
        if (row.data[i] < bound && row.data[i] > same->score) {
            same->score = row.data[i];
            same->word = i;
        }
    return same->score > -INFINITY;
}

/* "she, sat, on, the" */
static void label_words(const ScoredSentence *scored, SameScore *same)
{
    size_t used = 0;
    for (size_t i = 0; i < scored->row.cols && used < LABEL_SIZE; i++)
        if (scored->row.data[i] == same->score)
            used += (size_t)snprintf(same->label + used, LABEL_SIZE - used, "%s%s",
                                     used > 0 ? ", " : "", scored->sentence.words[i]);
}

static size_t find_scores(const ScoredSentence *scored, SameScore same[MAX_CURVES])
{
    size_t count = 0;
    float bound = INFINITY;
    while (count < MAX_CURVES && next_score(scored->row, bound, &same[count])) {
        label_words(scored, &same[count]);
        bound = same[count++].score;
    }
    return count;
}

/* What each of the scores weighs at each temperature of the picture. */
static Status fill_curves(const ScoredSentence *scored, const SameScore *same, size_t count,
                          float temperatures[PLOT_POINTS], float weights[MAX_CURVES][PLOT_POINTS])
{
    Status status = STATUS_OK;
    Matrix row = NO_MATRIX;
    TRY(matrix_create(1, scored->row.cols, &row));
    for (size_t p = 0; p < PLOT_POINTS; p++) {
        temperatures[p] = exp2f((float)LOWEST_POWER + (float)p / (float)STEPS_PER_POWER);
        TRY(softmax_with_temperature(scored->row, temperatures[p], row));
        for (size_t i = 0; i < count; i++)
            weights[i][p] = row.data[same[i].word];
    }
done:
    matrix_free(&row);
    return status;
}

static Status plot_temperatures(const ScoredSentence *scored)
{
    Status status = STATUS_OK;
    float temperatures[PLOT_POINTS], weights[MAX_CURVES][PLOT_POINTS];
    SameScore same[MAX_CURVES];
    Curve curves[MAX_CURVES];
    size_t count = find_scores(scored, same);
    TRY(fill_curves(scored, same, count, temperatures, weights));
    for (size_t i = 0; i < count; i++)
        curves[i] = (Curve){same[i].label, temperatures, weights[i], PLOT_POINTS};
    TRY(plot_curves(&(CurvePlot){
        .name = "02_temperature",
        .title = "A low temperature picks the best score, a high one makes all weights equal",
        .x_axis = "temperature",
        .y_axis = "weight",
        .curves = curves,
        .curve_count = count,
        .log_x = true,
    }));
done:
    return status;
}

Status show_temperatures(const ScoredSentence *scored)
{
    Status status = STATUS_OK;
    TRY(print_table(scored));
    TRY(plot_temperatures(scored));
done:
    return status;
}
