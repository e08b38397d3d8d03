#include "large_scores.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* A float has 24 bits: below 64 it holds a score to 4e-6, and each weight to as much. */
static const float COARSE = 64.0f;

void mark_overflow(Matrix scores)
{
    for (size_t i = 0; i < scores.rows; i++)
        for (size_t j = 0; j < scores.cols; j++)
            if (isinf(matrix_row(scores, i)[j]))
                matrix_row(scores, i)[j] = NAN;
}

float biased_score(float score, float bias)
{
    float sum = score + bias;
    return isinf(sum) ? NAN : sum;
}

/* What a row of scores is computed from. */
typedef struct Row {
    const float *query;
    Matrix k;
    double scale;
    const float *bias; /* one number for each key, or NULL */
    float *scores;
} Row;

/* One score in double. Finite inputs do not overflow: what is infinite here came in infinite. */
static double score_of(const Row *row, size_t key)
{
    double score = 0.0;
    for (size_t c = 0; c < row->k.cols; c++)
        score += (double)row->query[c] * matrix_row(row->k, key)[c];
    score = score * row->scale + (row->bias != NULL ? (double)row->bias[key] : 0.0);
    return isfinite(score) ? score : NAN;
}

/* The greatest score that is not blocked, or NaN when there is one. */
static double greatest_score(const Row *row)
{
    double greatest = -INFINITY;
    for (size_t j = 0; j < row->k.rows && !isnan(greatest); j++) {
        double score = row->scores[j] == -INFINITY ? -INFINITY : score_of(row, j);
        if (score > greatest || isnan(score))
            greatest = score;
    }
    return greatest;
}

static void rescore(const Row *row)
{
    double greatest = greatest_score(row);
    for (size_t j = 0; j < row->k.rows; j++)
        if (row->scores[j] != -INFINITY)
            row->scores[j] = (float)(score_of(row, j) - greatest);
}

/* Whether the greatest score of a row is NaN or coarse. Not if all are blocked. */
static bool is_coarse(const float *scores, size_t n)
{
    float greatest = -INFINITY;
    for (size_t j = 0; j < n && !isnan(greatest); j++)
        if (scores[j] > greatest || isnan(scores[j]))
            greatest = scores[j];
    return greatest != -INFINITY && !(fabsf(greatest) <= COARSE);
}

void rescore_large(Matrix q, Matrix k, float scale, Matrix bias, Matrix scores)
{
    for (size_t i = 0; i < scores.rows; i++) {
        Row row = {.query = matrix_row(q, i),
                   .k = k,
                   .scale = scale,
                   .bias = bias.data != NULL ? matrix_row(bias, i) : NULL,
                   .scores = matrix_row(scores, i)};
        if (is_coarse(row.scores, scores.cols))
            rescore(&row);
    }
}
