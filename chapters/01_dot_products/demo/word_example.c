#include "word_example.h"

#include "dot_products.h"
#include "plot.h"
#include "print.h"

#include <stdio.h>

/* The words whose dot products with the last word are shown beside those of its own sentence. */
static const char LANDMARKS[] = "water money";

static const char *last_word(const Sentence *sentence)
{
    return sentence->words[sentence->count - 1];
}

static void print_words(const Sentence *sentence)
{
    printf("1. A word is a row of numbers\n\n");
    print_matrix(stdout, sentence->x,
                 (PrintStyle){"X", sentence->words, EXAMPLE_COLUMNS, .decimals = 0});
}

static void print_dot_product(const Sentence *sentence)
{
    size_t last = sentence->count - 1, other = last > 0 ? last - 1 : last;
    const float *a = matrix_row(sentence->x, other), *b = matrix_row(sentence->x, last);
    printf("\n2. A dot product: multiply in pairs, then add\n\n  %s . %s = ",
           sentence->words[other], sentence->words[last]);
    for (size_t i = 0; i < EXAMPLE_D_MODEL; i++)
        printf("%s%g*%g", i > 0 ? " + " : "", (double)a[i], (double)b[i]);
    printf(" = %g\n", (double)dot_product(a, b, EXAMPLE_D_MODEL));
}

static void print_comparisons(const Sentence *words, const float *with)
{
    for (size_t t = 0; t < words->count; t++) {
        const float *word = matrix_row(words->x, t);
        printf("  %-8s  %4.0f  %6.2f  %6.2f  %6.2f\n", words->words[t],
               (double)dot_product(word, with, EXAMPLE_D_MODEL),
               (double)vector_length(word, EXAMPLE_D_MODEL),
               (double)cosine_similarity(word, with, EXAMPLE_D_MODEL),
               (double)angle_degrees(word, with, EXAMPLE_D_MODEL));
    }
}

static Status print_similarity(const Sentence *sentence)
{
    Status status = STATUS_OK;
    Sentence landmarks = {0};
    TRY(sentence_create(LANDMARKS, &landmarks));
    const float *last = matrix_row(sentence->x, sentence->count - 1);
    printf("\n3. How alike is each word to %s?\n\n", last_word(sentence));
    printf("  word       dot  length  cosine   angle\n");
    print_comparisons(sentence, last);
    printf("  and two words from elsewhere:\n");
    print_comparisons(&landmarks, last);
done:
    sentence_free(&landmarks);
    return status;
}

Status show_words(const Sentence *sentence)
{
    print_words(sentence);
    print_dot_product(sentence);
    return print_similarity(sentence);
}

Status show_word_pairs(const Sentence *sentence)
{
    Status status = STATUS_OK;
    Matrix pairs = NO_MATRIX;
    TRY(matrix_create(sentence->count, sentence->count, &pairs));
    TRY(matrix_product_transposed(sentence->x, sentence->x, pairs));
    printf("\n4. All pairs at once\n\n");
    print_matrix(stdout, pairs,
                 (PrintStyle){"X X^T", sentence->words, sentence->words, .decimals = 0});
done:
    matrix_free(&pairs);
    return status;
}

Status plot_word_pairs(const Sentence *sentence)
{
    Status status = STATUS_OK;
    Matrix cosines = NO_MATRIX;
    TRY(matrix_create(sentence->count, sentence->count, &cosines));
    TRY(cosine_similarities(sentence->x, sentence->x, cosines));
    TRY(plot_heatmaps(&(HeatmapPlot){
        .name = "01_similarity",
        .title = "Cosine similarity: how alike two words are",
        .panels = &(HeatmapPanel){.values = cosines,
                                  .row_labels = sentence->words,
                                  .column_labels = sentence->words},
        .panel_count = 1,
        .high = 1.0f,
        .unit = "cosine",
        .decimals = 2,
    }));
done:
    matrix_free(&cosines);
    return status;
}

Status plot_word_arrows(void)
{
    Status status = STATUS_OK;
    enum { ARROWS = 4 };
    const size_t place = 2, water = 4;
    Sentence words = {0};
    float x[ARROWS][2] = {{0}}, y[ARROWS][2] = {{0}};
    Curve curves[ARROWS];
    TRY(sentence_create("river bank on water", &words));
    for (size_t i = 0; i < ARROWS; i++) {
        x[i][1] = matrix_row(words.x, i)[place];
        y[i][1] = matrix_row(words.x, i)[water];
        curves[i] = (Curve){words.words[i], x[i], y[i], 2};
    }
    TRY(plot_curves(&(CurvePlot){.name = "01_arrows",
                                 .title = "Alike is what points the same way",
                                 .x_axis = EXAMPLE_COLUMNS[place],
                                 .y_axis = EXAMPLE_COLUMNS[water],
                                 .curves = curves,
                                 .curve_count = ARROWS,
                                 .arrows = true}));
done:
    sentence_free(&words);
    return status;
}
