#include "weights_example.h"

#include "plot.h"
#include "print.h"
#include "softmax.h"

#include <math.h>
#include <stdio.h>

Status show_weights_by_hand(const ScoredSentence *scored)
{
    Matrix weights;
    Status status = matrix_create(1, scored->row.cols, &weights);
    if (status != STATUS_OK)
        return status;
    double sum = 0.0;
    softmax_row(scored->row.data, weights.cols, weights.data);
    printf("1. The scores of %s become weights\n\n", scored->word);
    printf("  word      score  exp(score)  weight\n");
    for (size_t i = 0; i < weights.cols; i++) {
        double score = scored->row.data[i];
        sum += exp(score);
        printf("  %-8s  %5.0f  %10.2f  %6.4f\n", scored->sentence.words[i], score, exp(score),
               (double)weights.data[i]);
    }
    printf("  sum              %10.2f\n", sum);
    matrix_free(&weights);
    return STATUS_OK;
}

/* The softmax of each column, which is a mistake. It must stay one when softmax() is broken. */
static Status softmax_down(Matrix x, Matrix out)
{
    Matrix turned;
    Status status = matrix_create(x.cols, x.rows, &turned);
    if (status != STATUS_OK)
        return status;
    for (size_t r = 0; r < x.rows; r++)
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(turned, c)[r] = matrix_row(x, r)[c];
    for (size_t c = 0; c < x.cols; c++)
        softmax_row(matrix_row(turned, c), x.rows, matrix_row(turned, c));
    for (size_t r = 0; r < x.rows; r++)
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(out, r)[c] = matrix_row(turned, c)[r];
    matrix_free(&turned);
    return STATUS_OK;
}

static Status plot_rows(const ScoredSentence *scored, Matrix right, Matrix wrong)
{
    const char *const *words = scored->sentence.words;
    HeatmapPanel panels[] = {
        {"right: each row sums to 1", right, words, words, "asks", "is weighed"},
        {"wrong: each column sums to 1", wrong, words, words, "asks", "is weighed"},
    };
    return plot_heatmaps(&(HeatmapPlot){
        .name = "02_rows",
        .title = "A row is one word's choice: its weights sum to 1",
        .panels = panels,
        .panel_count = 2,
        .high = 1.0f,
        .unit = "weight",
        .decimals = 2,
    });
}

Status show_rows_and_columns(const ScoredSentence *scored)
{
    Matrix right = NO_MATRIX, wrong = NO_MATRIX, row = NO_MATRIX;
    size_t n = scored->scores.rows;
    const char *const *words = scored->sentence.words;
    Status status = matrix_create(n, n, &right);
    if (status == STATUS_OK)
        status = matrix_create(n, n, &wrong);
    if (status == STATUS_OK)
        status = softmax(scored->scores, right);
    if (status == STATUS_OK)
        status = softmax_down(scored->scores, wrong);
    if (status == STATUS_OK)
        status = matrix_rows(wrong, n - 1, 1, &row);
    if (status == STATUS_OK) {
        printf("\n2. Each row is a choice of its own\n\n");
        print_matrix(stdout, right, (PrintStyle){"softmax(Q K^T)", words, words, .decimals = 2});
        printf("\n  Down the columns, which is wrong, the row of %s is\n", scored->word);
        print_matrix(stdout, row,
                     (PrintStyle){.row_labels = (const char *[]){"wrong"}, .decimals = 2});
        status = plot_rows(scored, right, wrong);
    }
    matrix_free(&right);
    matrix_free(&wrong);
    return status;
}

Status show_blocked_scores(const ScoredSentence *scored)
{
    static const char *const LABELS[] = {"nothing blocked", "best blocked", "all blocked"};
    Matrix rows;
    size_t n = scored->row.cols;
    Status status = matrix_create(3, n, &rows);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < n; i++) {
            matrix_row(rows, 0)[i] = scored->row.data[i];
            matrix_row(rows, 1)[i] = i == scored->best ? -INFINITY : scored->row.data[i];
            matrix_row(rows, 2)[i] = -INFINITY;
        }
        status = softmax(rows, rows);
    }
    if (status == STATUS_OK) {
        printf("\n4. A score of minus infinity weighs nothing\n\n");
        print_matrix(stdout, rows,
                     (PrintStyle){NULL, LABELS, scored->sentence.words, .decimals = 2});
    }
    matrix_free(&rows);
    return status;
}
