#include "masking_example.h"

#include "example_under_mask.h"
#include "masking.h"
#include "memory.h"
#include "plot.h"
#include "positional_encoding.h"
#include "print.h"
#include "softmax.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two rows of zeros follow the words, as in a batch with a longer sentence. */
enum { FILLING = 2 };

static void copy_row(Matrix from, size_t row, Matrix to, size_t to_row)
{
    memcpy(matrix_row(to, to_row), matrix_row(from, row), to.cols * sizeof(float));
}

/* The rows of `sense`, the first head of a layer. */
static Matrix sense_of(Matrix weights)
{
    return matrix_view(weights.data, weights.rows / EXAMPLE_HEADS, weights.cols);
}

/* --- Four masks ------------------------------------------------------------------------------ */

enum { MASKS = 4 };
static const char *const MASK_NAMES[MASKS] = {"no mask", "causal", "padding", "causal + padding"};
static const char *const WEIGHT_NAMES[MASKS] = {"weights, no mask", "weights, causal",
                                                "weights, padding", "weights, causal + padding"};
static const AttentionMask FOUR_MASKS[MASKS] = {
    {0}, {.causal = true}, {.padding = FILLING}, {.causal = true, .padding = FILLING}};

/* A sentence with filling, and what the four masks make of it. */
typedef struct FourMasks {
    Matrix x;             /* T x EXAMPLE_D_MODEL; the last FILLING rows are zeros */
    const char **labels;  /* T, of which the last FILLING are "pad" */
    Matrix tables[MASKS]; /* T x T */
    MaskedResult results[MASKS];
} FourMasks;

static void four_masks_free(FourMasks *four)
{
    matrix_free(&four->x);
    free(four->labels);
    for (size_t m = 0; m < MASKS; m++) {
        matrix_free(&four->tables[m]);
        masked_result_free(&four->results[m]);
    }
}

static Status pad(Sentence sentence, FourMasks *four)
{
    Status status = STATUS_OK;
    size_t rows = sentence.count + FILLING;
    Matrix words;
    TRY(matrix_create(rows, EXAMPLE_D_MODEL, &four->x));
    TRY(matrix_rows(four->x, 0, sentence.count, &words));
    TRY(matrix_copy(sentence.x, words));
    four->labels = memory_allocate(rows, sizeof *four->labels);
    if (four->labels == NULL)
        return STATUS_NO_MEMORY;
    for (size_t t = 0; t < rows; t++)
        four->labels[t] = t < sentence.count ? sentence.words[t] : "pad";
done:
    return status;
}

static Status four_masks_create(Sentence sentence, FourMasks *four)
{
    Status status = STATUS_OK;
    memset(four, 0, sizeof *four);
    TRY(pad(sentence, four));
    for (size_t m = 0; m < MASKS; m++) {
        TRY(matrix_create(four->x.rows, four->x.rows, &four->tables[m]));
        TRY(mask_table(&FOUR_MASKS[m], four->tables[m]));
        TRY(run_masked_layer(four->x, NO_MATRIX, &FOUR_MASKS[m], &four->results[m]));
    }
done:
    return status;
}

/* Blanks the zeros of the weights. */
static Status plot_four_masks(const FourMasks *four)
{
    HeatmapPanel panels[2 * MASKS];
    const char *const *labels = four->labels;
    for (size_t m = 0; m < MASKS; m++) {
        panels[m] =
            (HeatmapPanel){MASK_NAMES[m], four->tables[m], labels, labels, "asks", "is asked"};
        blank_zeros(four->results[m].weights);
        panels[MASKS + m] = (HeatmapPanel){WEIGHT_NAMES[m], sense_of(four->results[m].weights),
                                           labels,          labels,
                                           "asks",          "is asked"};
    }
    return plot_heatmaps(
        &(HeatmapPlot){.name = "07_masks",
                       .title = "Four masks, and the weights they leave: each row "
                                "still sums to one",
                       .panels = panels,
                       .panel_count = 2 * MASKS,
                       .panels_per_row = MASKS,
                       .high = 1.0f,
                       .unit = "above: 1 = may attend, 0 = blocked; below: weight, hatched = 0",
                       .decimals = 2});
}

/* How far the words' outputs are from those of the sentence without filling. */
static Status compare_with_unpadded(Sentence sentence, const FourMasks *four)
{
    Status status = STATUS_OK;
    MaskedResult alone = {0};
    TRY(run_masked_layer(sentence.x, NO_MATRIX, &NO_MASK, &alone));
    for (size_t m = 0; m <= 2; m += 2) {
        Matrix words;
        TRY(matrix_rows(four->results[m].out, 0, alone.out.rows, &words));
        printf("%s: the words' outputs differ from those without filling by at most %.2g\n",
               MASK_NAMES[m], (double)matrix_largest_gap(alone.out, words));
    }
done:
    masked_result_free(&alone);
    return status;
}

Status show_four_masks(Sentence sentence, size_t word)
{
    Status status = STATUS_OK;
    FourMasks four = {0};
    Matrix rows = NO_MATRIX;
    TRY(four_masks_create(sentence, &four));
    TRY(matrix_create(MASKS, four.x.rows, &rows));
    for (size_t m = 0; m < MASKS; m++)
        copy_row(four.results[m].weights, word, rows, m);
    print_matrix(stdout, four.tables[3],
                 (PrintStyle){"mask: causal + padding", four.labels, four.labels, 0});
    printf("%s: ", sentence.words[word]);
    print_matrix(stdout, rows,
                 (PrintStyle){"weights in the head sense", MASK_NAMES, four.labels, 2});
    TRY(compare_with_unpadded(sentence, &four));
    TRY(plot_four_masks(&four));
done:
    matrix_free(&rows);
    four_masks_free(&four);
    return status;
}

/* --- One head under a mask ------------------------------------------------------------------- */

static Status show_head(const char *title, ExampleHead head, Sentence sentence, Matrix x,
                        const AttentionMask *mask)
{
    Status status = STATUS_OK;
    MaskedResult result = {0};
    TRY(run_masked_head(head, x, mask, &result));
    print_matrix(stdout, result.weights, (PrintStyle){title, sentence.words, sentence.words, 2});
done:
    masked_result_free(&result);
    return status;
}

/* The scores of the last word but one, its exponentials and its weights, with the mask. */
Status show_by_hand(Sentence sentence)
{
    Status status = STATUS_OK;
    static const char *const ROWS[] = {"score", "e^score", "weight"};
    size_t count = sentence.count, query = count < 2 ? 0 : count - 2;
    double sum = 0.0;
    Matrix scores = NO_MATRIX, rows = NO_MATRIX;
    TRY(matrix_create(count, count, &scores));
    TRY(matrix_create(3, count, &rows));
    TRY(sense_scores(sentence, scores));
    copy_row(scores, query, rows, 0);
    for (size_t j = 0; j < count; j++) {
        float *score = &matrix_row(rows, 0)[j];
        if (!may_attend(&FOUR_MASKS[1], query, j, count))
            *score = -INFINITY;
        matrix_row(rows, 1)[j] = expf(*score);
        sum += matrix_row(rows, 1)[j];
    }
    softmax_row(matrix_row(rows, 0), count, matrix_row(rows, 2));
    printf("%s, later words blocked: ", sentence.words[query]);
    print_matrix(stdout, rows, (PrintStyle){"head sense", ROWS, sentence.words, 2});
    printf("the sum of e^score is %.2f\n", sum);
done:
    matrix_free(&scores);
    matrix_free(&rows);
    return status;
}

Status show_causal_weights(Sentence sentence)
{
    return show_head("head sense, causal", example_layer().heads[0], sentence, sentence.x,
                     &FOUR_MASKS[1]);
}

Status show_masked_previous_word(Sentence sentence)
{
    Status status = STATUS_OK;
    Matrix x = NO_MATRIX;
    TRY(matrix_create(sentence.x.rows, sentence.x.cols, &x));
    TRY(add_positions(sentence.x, 0, x));
    TRY(show_head("head previous, with positions, causal", example_previous_head(), sentence, x,
                  &FOUR_MASKS[1]));
done:
    matrix_free(&x);
    return status;
}

Status show_what_is_missed(Sentence sentence, size_t word)
{
    Status status = STATUS_OK;
    static const char *const VALUES[EXAMPLE_D_K] = {"water", "money", "being", "action"};
    ExampleHead sense = example_layer().heads[0];
    MaskedResult free_to_look = {NO_MATRIX, NO_MATRIX}, causal = {NO_MATRIX, NO_MATRIX};
    float heard[2][EXAMPLE_D_K];
    Matrix weights = NO_MATRIX, values = matrix_view(heard[0], 2, EXAMPLE_D_K);
    TRY(matrix_create(2, sentence.count, &weights));
    TRY(run_masked_head(sense, sentence.x, &FOUR_MASKS[0], &free_to_look));
    TRY(run_masked_head(sense, sentence.x, &FOUR_MASKS[1], &causal));
    copy_row(free_to_look.weights, word, weights, 0);
    copy_row(causal.weights, word, weights, 1);
    copy_row(free_to_look.out, word, values, 0);
    copy_row(causal.out, word, values, 1);
    printf("%s: ", sentence.words[word]);
    print_matrix(stdout, weights, (PrintStyle){"weights", MASK_NAMES, sentence.words, 2});
    print_matrix(stdout, values, (PrintStyle){"what it hears", MASK_NAMES, VALUES, 2});
done:
    matrix_free(&weights);
    masked_result_free(&free_to_look);
    masked_result_free(&causal);
    return status;
}

/* --- A mask of your own ---------------------------------------------------------------------- */

/* Each word sees itself and its neighbours, except for one that sees nothing. */
Status show_any_mask(Sentence sentence)
{
    Status status = STATUS_OK;
    size_t count = sentence.count, alone = (count - 1) / 2;
    Matrix allowed = NO_MATRIX;
    TRY(matrix_create(count, count, &allowed));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            matrix_row(allowed, i)[j] = i != alone && j + 1 >= i && j <= i + 1 ? 1.0f : 0.0f;
    printf("neighbours only, and nobody for \"%s\": ", sentence.words[alone]);
    TRY(show_head("head sense", example_layer().heads[0], sentence, sentence.x,
                  &(AttentionMask){.allowed = allowed}));
done:
    matrix_free(&allowed);
    return status;
}
