#include "attention_experiments.h"

#include "extra.h"
#include "plot.h"
#include "print.h"
#include "random.h"
#include "self_attention.h"

#include <math.h>
#include <stdio.h>

/* --- Why the root of d_k --------------------------------------------------------------------- */

enum { QUERIES = 64, KEYS = 64, POINTS = 11, WIDEST = 1 << (POINTS - 1), SEED = 3 };
enum { DEVIATION, DEVIATION_SCALED, ENTROPY, ENTROPY_SCALED, MEASURES };

/* Measures with the first 1, 2, 4, ... numbers of the same random queries and keys. */
static Status measure_all(Matrix q, Matrix k, Matrix table)
{
    Status status = STATUS_OK;
    Random random = {SEED};
    random_fill(&random, 1.0, q);
    random_fill(&random, 1.0, k);
    for (size_t i = 0; i < POINTS; i++) {
        ScoreSpread plain, scaled;
        q.cols = k.cols = (size_t)1 << i;
        TRY(measure_scale(q, k, 1.0f, &plain));
        TRY(measure_scale(q, k, attention_scale(q.cols), &scaled));
        matrix_row(table, DEVIATION)[i] = plain.deviation;
        matrix_row(table, DEVIATION_SCALED)[i] = scaled.deviation;
        matrix_row(table, ENTROPY)[i] = plain.entropy;
        matrix_row(table, ENTROPY_SCALED)[i] = scaled.entropy;
    }
done:
    return status;
}

/* Two measures and, if the plot counts a third curve, the entropy of equal weights. */
static Status plot_measure(Matrix table, size_t first, CurvePlot plot)
{
    float d_k[POINTS], equal[POINTS];
    for (size_t i = 0; i < POINTS; i++) {
        d_k[i] = (float)(1 << i);
        equal[i] = log2f(KEYS);
    }
    const Curve curves[] = {
        {"not scaled", d_k, matrix_row(table, first), POINTS},
        {"divided by the root of d_k", d_k, matrix_row(table, first + 1), POINTS},
        {"all weights equal", d_k, equal, POINTS}};
    plot.x_axis = "d_k, the number of columns of Q and K";
    plot.curves = curves;
    plot.log_x = plot.points = true;
    return plot_curves(&plot);
}

static Status plot_measures(Matrix table)
{
    Status status = STATUS_OK;
    CurvePlot deviation = {.name = "03_scale_spread",
                           .title = "Without the scale, more columns spread the scores further",
                           .y_axis = "standard deviation of the scores",
                           .curve_count = 2,
                           .log_y = true};
    CurvePlot entropy = {.name = "03_scale_entropy",
                         .title = "Without the scale, one key takes it all",
                         .y_axis = "entropy of the weights over 64 keys, in bits",
                         .curve_count = 3};
    TRY(plot_measure(table, DEVIATION, deviation));
    TRY(plot_measure(table, ENTROPY, entropy));
done:
    return status;
}

Status show_scale_experiment(void)
{
    Status status = STATUS_OK;
    static const char *const ROWS[MEASURES] = {"deviation", "  scaled", "entropy", "  scaled"};
    static const char *const COLUMNS[POINTS] = {"1",  "2",   "4",   "8",   "16",  "32",
                                                "64", "128", "256", "512", "1024"};
    float numbers[MEASURES * POINTS];
    Matrix q = NO_MATRIX, k = NO_MATRIX, table = matrix_view(numbers, MEASURES, POINTS);
    TRY(matrix_create(QUERIES, WIDEST, &q));
    TRY(matrix_create(KEYS, WIDEST, &k));
    TRY(measure_all(q, k, table));
    printf("\n6. Scores of 64 random queries with 64 random keys: a column for each d_k\n");
    print_matrix(stdout, table, (PrintStyle){NULL, ROWS, COLUMNS, 2});
    TRY(plot_measures(table));
done:
    matrix_free(&q);
    matrix_free(&k);
    return status;
}

/* --- What it costs --------------------------------------------------------------------------- */

/* The shortest sentence for which attention does not need fewer multiplications. */
static size_t crossover(size_t d)
{
    size_t tokens = 1;
    while (self_attention_cost(tokens, d).multiplications <
           recurrent_cost(tokens, d).multiplications)
        tokens++;
    return tokens;
}

void show_attention_costs(void)
{
    static const size_t SIZES[][2] = {{6, 8}, {64, 512}, {256, 512}, {1024, 512}, {4096, 1024}};
    printf("\n9. One layer over T words of d numbers, attention against a recurrent network\n"
           "                multiplications      steps in a row   first to last word\n"
           "      T     d   attention   recurrent   att.   rec.      att.   rec.\n");
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        size_t tokens = SIZES[i][0], d = SIZES[i][1];
        LayerCost a = self_attention_cost(tokens, d), r = recurrent_cost(tokens, d);
        printf("  %5zu %5zu %11.0f %11.0f %6zu %6zu    %6zu %6zu\n", tokens, d, a.multiplications,
               r.multiplications, a.steps, r.steps, a.path, r.path);
    }
    printf("  both need the same number of multiplications at T = d / 2:\n"
           "  T = %zu for d = 8, T = %zu for d = 512\n",
           crossover(8), crossover(512));
}
