/* The parts of chapter 5's example in which the layer works as it should. */
#include "layer_example.h"

#include "dot_products.h"
#include "head_splitting.h"
#include "plot.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

/* --- Heads, concatenation, W_O --------------------------------------------------------------- */

static const char *const HEAD_TITLES[EXAMPLE_HEADS] = {"head 0, sense", "head 1, who"};

static void show_weights(const LayerSteps *steps)
{
    const char *const *words = steps->sentence.words;
    printf("\n1. Each head has its own weights\n\n");
    for (size_t h = 0; h < EXAMPLE_HEADS; h++)
        print_matrix(stdout, layer_weights(steps, h),
                     (PrintStyle){HEAD_TITLES[h], words, words, 2});
}

static void show_concat_and_output(const LayerSteps *steps)
{
    const char *const *words = steps->sentence.words;
    printf("\n2. Each head writes into its own columns\n\n");
    print_matrix(stdout, steps->all.concat,
                 (PrintStyle){"concat: head 0 | head 1", words, CONCAT_COLUMNS, 2});
    printf("\n3. W_O carries the columns back to their meanings\n\n");
    print_matrix(stdout, example_layer().w_o,
                 (PrintStyle){"W_O", CONCAT_COLUMNS, EXAMPLE_COLUMNS, 1});
    print_matrix(stdout, steps->out, (PrintStyle){"concat W_O", words, EXAMPLE_COLUMNS, 2});
}

/* --- What each head adds --------------------------------------------------------------------- */

/* What one head contributes to the followed word: its result times its own rows of W_O. */
static Status part_of_head(const LayerSteps *steps, size_t head, Matrix part)
{
    Status status = STATUS_OK;
    Matrix result, rows;
    TRY(head_view(followed_row(steps, steps->all.concat), EXAMPLE_HEADS, head, &result));
    TRY(matrix_rows(example_layer().w_o, head * EXAMPLE_D_K, EXAMPLE_D_K, &rows));
    TRY(matrix_product(result, rows, part)); /* 1 x 8 */
done:
    return status;
}

static Status show_parts(const LayerSteps *steps)
{
    Status status = STATUS_OK;
    static const char *const ROWS[] = {"head 0 times rows 0 to 3", "head 1 times rows 4 to 7",
                                       "their sum", "concat times W_O"};
    float numbers[4 * EXAMPLE_D_MODEL];
    Matrix table = matrix_view(numbers, 4, EXAMPLE_D_MODEL), rows[4];
    for (size_t i = 0; i < 4; i++)
        rows[i] = matrix_view(matrix_row(table, i), 1, EXAMPLE_D_MODEL);
    for (size_t h = 0; h < EXAMPLE_HEADS; h++)
        TRY(part_of_head(steps, h, rows[h]));
    TRY(sum_of_heads(followed_row(steps, steps->all.concat), example_layer().w_o, EXAMPLE_HEADS,
                     rows[2]));
    TRY(matrix_copy(followed_row(steps, steps->out), rows[3]));
    printf("\n4. What each head adds to \"%s\"\n\n", steps->sentence.words[steps->word]);
    print_matrix(stdout, table, (PrintStyle){NULL, ROWS, EXAMPLE_COLUMNS, 2});
    printf("  greatest difference of the last two rows: %g\n",
           (double)matrix_largest_gap(rows[2], rows[3]));
done:
    return status;
}

Status show_layer(const LayerSteps *steps)
{
    show_weights(steps);
    show_concat_and_output(steps);
    return show_parts(steps);
}

/* --- What became of the words ---------------------------------------------------------------- */

static size_t nearest_word(const float *vector, float *cosine)
{
    size_t nearest = 0;
    *cosine = -1.0f;
    for (size_t i = 0; vocabulary_word(i) != NULL; i++) {
        float similarity = cosine_similarity(vector, vocabulary_vector(i), EXAMPLE_D_MODEL);
        if (similarity > *cosine) {
            *cosine = similarity;
            nearest = i;
        }
    }
    return nearest;
}

void show_nearest_words(const char *text, const LayerSteps *steps)
{
    printf("\n  %s\n", text);
    for (size_t t = 0; t < steps->sentence.count; t++) {
        float cosine;
        size_t nearest = nearest_word(matrix_row(steps->out, t), &cosine);
        printf("  %-8s is now nearest to %-8s (cosine %.2f)\n", steps->sentence.words[t],
               vocabulary_word(nearest), (double)cosine);
    }
}

/* One word before the layer and after it in both sentences. */
Status show_two_banks(const LayerSteps *river, const LayerSteps *money)
{
    static const char *const ROWS[] = {"before", "by the river", "with the money"};
    float numbers[3 * EXAMPLE_D_MODEL];
    Matrix table = matrix_view(numbers, 3, EXAMPLE_D_MODEL);
    Matrix rows[] = {followed_row(river, river->sentence.x), followed_row(river, river->out),
                     followed_row(money, money->out)};
    for (size_t i = 0; i < 3; i++)
        memcpy(matrix_row(table, i), rows[i].data, EXAMPLE_D_MODEL * sizeof *numbers);
    printf("\n  bank, before the layer and after it in both sentences\n");
    print_matrix(stdout, table, (PrintStyle){NULL, ROWS, EXAMPLE_COLUMNS, 2});
    HeatmapPanel panel = {.values = table, .row_labels = ROWS, .column_labels = EXAMPLE_COLUMNS};
    return plot_heatmaps(
        &(HeatmapPlot){.name = "05_bank",
                       .title = "bank before the layer, and after it in two sentences",
                       .panels = &panel,
                       .panel_count = 1,
                       .unit = "number in the column",
                       .decimals = 2});
}

Status draw_layer_heads(const LayerSteps *steps, const char *picture)
{
    HeatmapPanel panels[EXAMPLE_HEADS];
    for (size_t h = 0; h < EXAMPLE_HEADS; h++)
        panels[h] = (HeatmapPanel){.title = HEAD_TITLES[h],
                                   .values = layer_weights(steps, h),
                                   .row_labels = steps->sentence.words,
                                   .column_labels = steps->sentence.words,
                                   .row_axis = "the word that asks",
                                   .column_axis = "the word that it looks at"};
    return plot_heatmaps(&(HeatmapPlot){.name = picture,
                                        .title = "The same words, two heads, two questions",
                                        .panels = panels,
                                        .panel_count = EXAMPLE_HEADS,
                                        .high = 1.0f,
                                        .unit = "weight",
                                        .decimals = 2});
}
