#include "shift_example.h"

#include "plot.h"
#include "softmax.h"
#include "text.h"

#include <math.h>
#include <stdio.h>

/* The picture has a row for each of these. */
static const float PLOT_SHIFTS[] = {-120.0f, -108.0f, -50.0f, 0.0f, 50.0f, 83.0f, 100.0f};
static const char *const PLOT_LABELS[] = {"-120", "-108", "-50", "0", "+50", "+83", "+100"};
enum { PLOT_ROWS = sizeof PLOT_SHIFTS / sizeof *PLOT_SHIFTS };

/* softmax_row() or softmax_row_naive() */
typedef void RowSoftmax(const float *x, size_t n, float *out);

/* The weights of the last word when `shift` is added to each score. */
static void weigh_shifted(const ScoredSentence *scored, float shift, RowSoftmax *softmax_of,
                          float *weights)
{
    for (size_t i = 0; i < scored->row.cols; i++)
        weights[i] = scored->row.data[i] + shift;
    softmax_of(weights, scored->row.cols, weights);
}

static void print_shifts(const ScoredSentence *scored, Matrix weights)
{
    static const float SHIFTS[] = {0.0f, 80.0f, 100.0f, -120.0f};
    printf("\n3. One number added to all scores of %s: the weight of %s\n\n", scored->word,
           scored->sentence.words[scored->best]);
    printf("  added  greatest         exp   naive  stable\n");
    for (size_t i = 0; i < sizeof SHIFTS / sizeof *SHIFTS; i++) {
        char naive[NUMBER_SIZE], stable[NUMBER_SIZE];
        float greatest = scored->row.data[scored->best] + SHIFTS[i];
        weigh_shifted(scored, SHIFTS[i], softmax_row_naive, weights.data);
        number_text(weights.data[scored->best], 4, naive);
        weigh_shifted(scored, SHIFTS[i], softmax_row, weights.data);
        number_text(weights.data[scored->best], 4, stable);
        printf("  %5.0f  %8.0f  %10.3g  %6s  %6s\n", (double)SHIFTS[i], (double)greatest,
               (double)expf(greatest), naive, stable);
    }
}

static Status draw_shifts(const ScoredSentence *scored, Matrix naive, Matrix stable)
{
    const char *const *words = scored->sentence.words;
    HeatmapPanel panels[] = {
        {"right: maximum subtracted", stable, PLOT_LABELS, words, "added", NULL},
        {"wrong: the formula as written", naive, PLOT_LABELS, words, "added", NULL},
    };
    return plot_heatmaps(&(HeatmapPlot){
        .name = "02_overflow",
        .title = "One number added to all scores: the weights must not change",
        .panels = panels,
        .panel_count = 2,
        .high = 1.0f,
        .unit = "weight; hatched: not a number",
        .decimals = 2,
    });
}

static Status plot_shifts(const ScoredSentence *scored)
{
    Status status = STATUS_OK;
    Matrix naive = NO_MATRIX, stable = NO_MATRIX;
    TRY(matrix_create(PLOT_ROWS, scored->row.cols, &naive));
    TRY(matrix_create(PLOT_ROWS, scored->row.cols, &stable));
    for (size_t r = 0; r < PLOT_ROWS; r++) {
        weigh_shifted(scored, PLOT_SHIFTS[r], softmax_row_naive, matrix_row(naive, r));
        weigh_shifted(scored, PLOT_SHIFTS[r], softmax_row, matrix_row(stable, r));
    }
    TRY(draw_shifts(scored, naive, stable));
done:
    matrix_free(&naive);
    matrix_free(&stable);
    return status;
}

Status show_shifted_scores(const ScoredSentence *scored)
{
    Status status = STATUS_OK;
    Matrix weights = NO_MATRIX;
    TRY(matrix_create(1, scored->row.cols, &weights));
    print_shifts(scored, weights);
    TRY(plot_shifts(scored));
done:
    matrix_free(&weights);
    return status;
}

Status show_log_sum_exp(const ScoredSentence *scored)
{
    Status status = STATUS_OK;
    const Matrix row = scored->row;
    Matrix shifted = NO_MATRIX;
    TRY(matrix_create(1, row.cols, &shifted));
    for (size_t i = 0; i < row.cols; i++)
        shifted.data[i] = row.data[i] + 1000.0f;
    double total = log_sum_exp(row.data, row.cols), best = row.data[scored->best];
    printf("\n6. Log-sum-exp: all a weight needs to know of the other scores\n\n");
    printf("  greatest score          %8.2f\n", best);
    printf("  log-sum-exp             %8.2f\n", total);
    printf("  with 1000 added to all  %8.2f\n", (double)log_sum_exp(shifted.data, row.cols));
    printf("  weight of %s: exp(%.2f - %.2f) = %.2f\n", scored->sentence.words[scored->best], best,
           total, exp(best - total));
done:
    matrix_free(&shifted);
    return status;
}

void show_one_pass(const ScoredSentence *scored)
{
    OnlineSoftmax state = online_softmax_start();
    printf("\n7. One pass: a running maximum and a running sum\n\n");
    printf("  word      score  maximum     sum\n");
    for (size_t i = 0; i < scored->row.cols; i++) {
        online_softmax_add(&state, scored->row.data[i]);
        printf("  %-8s  %5.0f  %7.0f  %6.4f\n", scored->sentence.words[i],
               (double)scored->row.data[i], (double)state.maximum, state.sum);
    }
    printf("  weight of %s: %.4f\n", scored->sentence.words[scored->best],
           (double)online_softmax_weight(state, scored->row.data[scored->best]));
}
