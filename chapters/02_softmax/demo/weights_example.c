#include "weights_example.h"

#include "plot.h"
#include "print.h"
#include "softmax.h"

#include <math.h>
#include <stdio.h>

Status show_weights_by_hand(const ScoredSentence *scored)
{
    Status status = STATUS_OK;
    Matrix weights = NO_MATRIX;
    TRY(matrix_create(1, scored->row.cols, &weights));
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
done:
    matrix_free(&weights);
    return status;
}

/* The softmax of each column, which is a mistake. It must stay one when softmax() is broken. */
static Status softmax_down(Matrix x, Matrix out)
{
    Status status = STATUS_OK;
    Matrix turned = NO_MATRIX;
    TRY(matrix_create(x.cols, x.rows, &turned));
    for (size_t r = 0; r < x.rows; r++)
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(turned, c)[r] = matrix_row(x, r)[c];
    for (size_t c = 0; c < x.cols; c++)
        softmax_row(matrix_row(turned, c), x.rows, matrix_row(turned, c));
    for (size_t r = 0; r < x.rows; r++)
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(out, r)[c] = matrix_row(turned, c)[r];
done:
    matrix_free(&turned);
    return status;
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
    Status status = STATUS_OK;
    Matrix right = NO_MATRIX, wrong = NO_MATRIX, row = NO_MATRIX;
    size_t n = scored->scores.rows;
    const char *const *words = scored->sentence.words;
    TRY(matrix_create(n, n, &right));
    TRY(matrix_create(n, n, &wrong));
    TRY(softmax(scored->scores, right));
    TRY(softmax_down(scored->scores, wrong));
    TRY(matrix_rows(wrong, n - 1, 1, &row));
    printf("\n2. Each row is a choice of its own\n\n");
    print_matrix(stdout, right, (PrintStyle){"softmax(Q K^T)", words, words, .decimals = 2});
    printf("\n  Down the columns, which is wrong, the row of %s is\n", scored->word);
    print_matrix(stdout, row, (PrintStyle){.row_labels = (const char *[]){"wrong"}, .decimals = 2});
    TRY(plot_rows(scored, right, wrong));
done:
    matrix_free(&right);
    matrix_free(&wrong);
    return status;
}

Status show_blocked_scores(const ScoredSentence *scored)
{
    Status status = STATUS_OK;
    static const char *const LABELS[] = {"nothing blocked", "best blocked", "all blocked"};
    Matrix rows = NO_MATRIX;
    size_t n = scored->row.cols;
    TRY(matrix_create(3, n, &rows));
    for (size_t i = 0; i < n; i++) {
        matrix_row(rows, 0)[i] = scored->row.data[i];
        matrix_row(rows, 1)[i] = i == scored->best ? -INFINITY : scored->row.data[i];
        matrix_row(rows, 2)[i] = -INFINITY;
    }
    TRY(softmax(rows, rows));
    printf("\n4. A score of minus infinity weighs nothing\n\n");
    print_matrix(stdout, rows, (PrintStyle){NULL, LABELS, scored->sentence.words, .decimals = 2});
done:
    matrix_free(&rows);
    return status;
}
