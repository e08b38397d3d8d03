#include "attention_mistakes.h"

#include "example.h"
#include "plot.h"
#include "print.h"
#include "self_attention.h"
#include "softmax.h"

#include <stdio.h>

enum { RIGHT, NOT_SCALED, BY_D_K, BY_D_MODEL, SWAPPED, BY_COLUMNS, WAYS };
static const char *const WAY_NAMES[WAYS] = {"right",           "not scaled",
                                            "divided by d_k",  "by sqrt(d_model)",
                                            "Q and K swapped", "softmax of columns"};

static Matrix row_of(Matrix matrix, size_t row)
{
    return matrix_view(matrix_row(matrix, row), 1, matrix.cols);
}

static Status weigh(Matrix q, Matrix k, float scale, Matrix weights)
{
    Status status = STATUS_OK;
    TRY(attention_scores(q, k, scale, weights));
    TRY(softmax(weights, weights));
done:
    return status;
}

/* One row of the weights when each column of the scores, not each row, goes through softmax. */
static Status weigh_columns(Matrix q, Matrix k, size_t word, Matrix row)
{
    Status status = STATUS_OK;
    Matrix columns = NO_MATRIX; /* the transposed scores K Q^T: columns have become rows */
    TRY(matrix_create(k.rows, q.rows, &columns));
    TRY(weigh(k, q, attention_scale(q.cols), columns));
    for (size_t j = 0; j < row.cols; j++)
        row.data[j] = matrix_row(columns, j)[word];
done:
    matrix_free(&columns);
    return status;
}

static Status weigh_all_ways(Matrix q, Matrix k, size_t word, Matrix table)
{
    Status status = STATUS_OK;
    float right = attention_scale(q.cols);
    float scales[] = {right, 1.0f, 1.0f / (float)q.cols, attention_scale(EXAMPLE_D_MODEL)};
    TRY(weigh(row_of(k, word), q, right, row_of(table, SWAPPED)));
    for (size_t way = RIGHT; way <= BY_D_MODEL; way++)
        TRY(weigh(row_of(q, word), k, scales[way], row_of(table, way)));
    TRY(weigh_columns(q, k, word, row_of(table, BY_COLUMNS)));
done:
    return status;
}

static Status plot_ways(Matrix table, const char *const *words)
{
    HeatmapPanel panel = {.values = table,
                          .row_labels = WAY_NAMES,
                          .column_labels = words,
                          .column_axis = "the word that bank looks at"};
    return plot_heatmaps(&(HeatmapPlot){.name = "03_wrong",
                                        .title = "The weights of bank: one right row, five wrong",
                                        .panels = &panel,
                                        .panel_count = 1,
                                        .high = 1.0f,
                                        .unit = "weight",
                                        .decimals = 2});
}

Status show_attention_mistakes(Matrix q, Matrix k, const char *const *words, size_t word,
                               bool with_picture)
{
    Status status = STATUS_OK;
    Matrix table = NO_MATRIX;
    TRY(matrix_create(WAYS, k.rows, &table));
    TRY(weigh_all_ways(q, k, word, table));
    printf("The weights of %s, right and wrong\n", words[word]);
    print_matrix(stdout, table, (PrintStyle){NULL, WAY_NAMES, words, 2});
    if (with_picture)
        TRY(plot_ways(table, words));
done:
    matrix_free(&table);
    return status;
}
