/* One right way to put the heads together and three wrong ones. */
#include "layer_mistakes.h"

#include "dot_products.h"
#include "head_splitting.h"
#include "plot.h"
#include "print.h"

#include <stdio.h>

/* What every way of combining the heads does with the concatenation, T x 8, into out, T x 8. */
typedef Status (*Combine)(Matrix concat, Matrix out);

static Status combine(Matrix concat, Matrix out)
{
    return matrix_product(concat, example_layer().w_o, out);
}

/* WRONG: leaves W_O out. */
static Status wrong_no_output(Matrix concat, Matrix out)
{
    return matrix_copy(concat, out);
}

/* WRONG: multiplies by the transpose of W_O, which has the same shape here. */
static Status wrong_transposed_output(Matrix concat, Matrix out)
{
    return matrix_product_transposed(concat, example_layer().w_o, out);
}

/* WRONG: reads heads stored one after the other as rows of 8, without interleaving them. */
static Status wrong_stacked(Matrix concat, Matrix out)
{
    Status status = STATUS_OK;
    Matrix stacked = NO_MATRIX;
    TRY(matrix_create(EXAMPLE_HEADS * concat.rows, concat.cols / EXAMPLE_HEADS, &stacked));
    TRY(split_heads(concat, EXAMPLE_HEADS, stacked)); /* 2T x 4 */
    TRY(combine(matrix_view(stacked.data, concat.rows, concat.cols), out));
done:
    matrix_free(&stacked);
    return status;
}

enum { WAYS = 4 };
static const char *const WAY_NAMES[WAYS] = {"right", "W_O left out", "W_O transposed",
                                            "heads not rejoined"};
static const Combine WAY[WAYS] = {combine, wrong_no_output, wrong_transposed_output, wrong_stacked};

static Status combine_all_ways(const LayerSteps *steps, Matrix table)
{
    Status status = STATUS_OK;
    Matrix out = NO_MATRIX;
    TRY(matrix_create(steps->out.rows, steps->out.cols, &out));
    for (size_t way = 0; way < WAYS; way++) {
        TRY(WAY[way](steps->all.concat, out));
        TRY(matrix_copy(followed_row(steps, out),
                        matrix_view(matrix_row(table, way), 1, table.cols)));
    }
done:
    matrix_free(&out);
    return status;
}

static Status draw_mistakes(const char *word, Matrix table, const char *picture)
{
    char title[96];
    snprintf(title, sizeof title, "The output of %s: one right row, three wrong", word);
    HeatmapPanel panel = {
        .values = table, .row_labels = WAY_NAMES, .column_labels = EXAMPLE_COLUMNS};
    return plot_heatmaps(&(HeatmapPlot){.name = picture,
                                        .title = title,
                                        .panels = &panel,
                                        .panel_count = 1,
                                        .unit = "number in the column",
                                        .decimals = 2});
}

Status show_layer_mistakes(const LayerSteps *steps, const char *picture)
{
    Status status = STATUS_OK;
    float numbers[WAYS * EXAMPLE_D_MODEL];
    Matrix table = matrix_view(numbers, WAYS, EXAMPLE_D_MODEL);
    const char *word = steps->sentence.words[steps->word];
    TRY(combine_all_ways(steps, table));
    printf("\n6. The output of \"%s\", right and wrong\n\n", word);
    print_matrix(stdout, table, (PrintStyle){NULL, WAY_NAMES, EXAMPLE_COLUMNS, 2});
    if (picture != NULL)
        TRY(draw_mistakes(word, table, picture));
done:
    return status;
}
