#include "masking_large.h"

#include "example_under_mask.h"
#include "print.h"
#include "softmax.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What is done to a score that is blocked. */
typedef struct Block {
    const char *name;
    float number;
    bool added; /* to the score, which stays in the sum; otherwise the number replaces it */
} Block;

enum { BLOCKS = 5 };
static const Block BLOCK[BLOCKS] = {
    {"-inf in place of the score", -INFINITY, false}, {"-1e9 in place of the score", -1e9f, false},
    {"-1e9 added to the score", -1e9f, true},         {"-1e4 in place of the score", -1e4f, false},
    {"-1e4 added to the score", -1e4f, true},
};

/* Weighs a row whose keys from `visible` on are blocked; `bias` is added to the visible scores. */
static void weigh(Block block, const float *scores, size_t keys, size_t visible, float bias,
                  float *weights)
{
    for (size_t j = 0; j < visible; j++)
        weights[j] = scores[j] + bias;
    for (size_t j = visible; j < keys; j++)
        weights[j] = block.added ? scores[j] + block.number : block.number;
    softmax_row(weights, keys, weights);
}

/* How far the weights of a causal mask are from those of minus infinity. */
static double causal_gap(Block block, Matrix scores, Matrix table)
{
    double gap = 0.0;
    for (size_t i = 0; i < scores.rows; i++) {
        float *right = matrix_row(table, 0), *weights = matrix_row(table, 1);
        weigh(BLOCK[0], matrix_row(scores, i), scores.cols, i + 1, 0.0f, right);
        weigh(block, matrix_row(scores, i), scores.cols, i + 1, 0.0f, weights);
        for (size_t j = 0; j < scores.cols; j++)
            gap = fmax(gap, fabs((double)weights[j] - (double)right[j]));
    }
    return gap;
}

/* One row of the scores under each block. */
static void show_row(const char *title, Sentence sentence, Matrix scores, size_t query,
                     size_t visible, float bias, Matrix table)
{
    const char *names[BLOCKS];
    for (size_t b = 0; b < BLOCKS; b++) {
        names[b] = BLOCK[b].name;
        weigh(BLOCK[b], matrix_row(scores, query), scores.cols, visible, bias,
              matrix_row(table, b));
    }
    printf("%s, ", sentence.words[query]);
    print_matrix(stdout, table, (PrintStyle){title, names, sentence.words, 2});
}

static void show_all(Sentence sentence, Matrix scores, Matrix table)
{
    size_t last = sentence.count - 1, before = last > 0 ? last - 1 : 0;
    printf("causal: how far the weights are from those of -inf\n");
    for (size_t b = 1; b < BLOCKS; b++)
        printf("  %s: %.2g\n", BLOCK[b].name, causal_gap(BLOCK[b], scores, table));
    show_row("all words blocked: weights", sentence, scores, last, 0, 0.0f, table);
    show_row("the last word blocked, a bias of -2e4 for the others: weights", sentence, scores,
             before, last, -2e4f, table);
}

Status show_large_numbers(Sentence sentence)
{
    Status status = STATUS_OK;
    Matrix scores = NO_MATRIX, table = NO_MATRIX;
    TRY(matrix_create(sentence.count, sentence.count, &scores));
    TRY(matrix_create(BLOCKS, sentence.count, &table));
    TRY(sense_scores(sentence, scores));
    show_all(sentence, scores, table);
done:
    matrix_free(&scores);
    matrix_free(&table);
    return status;
}
