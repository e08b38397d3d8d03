#include "attention_example.h"

#include "attention_experiments.h"
#include "attention_mistakes.h"
#include "dot_products.h"
#include "example.h"
#include "memory.h"
#include "plot.h"
#include "print.h"
#include "self_attention.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the columns of the head `sense` mean. */
static const char *const QUESTIONS[] = {"water?", "money?", "place?", "link?"};
static const char *const ANSWERS[] = {"water", "money", "place", "-link"};
static const char *const VALUES[] = {"water", "money", "being", "action"};

/* --- The head at work, step by step ---------------------------------------------------------- */

/* The head `sense` at work, with everything on the way kept. In self-attention the two sentences
 * are the same. */
typedef struct Steps {
    Sentence asking;    /* T_q words. */
    Sentence answering; /* T_k words. */
    Matrix q, k, v, scores, weights, out;
    size_t word;         /* The asking word that is followed: `bank`, or the last one. */
    const char **labels; /* The asking words for pictures, with `bank` marked. */
} Steps;

static void steps_free(Steps *steps)
{
    Matrix *const all[] = {&steps->q,      &steps->k,       &steps->v,
                           &steps->scores, &steps->weights, &steps->out};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        matrix_free(all[i]);
    free((void *)steps->labels);
    sentence_free(&steps->asking);
    sentence_free(&steps->answering);
}

/* Chooses the word to follow, and labels the words. */
static Status label(Steps *steps)
{
    Sentence words = steps->asking;
    steps->labels = memory_allocate(words.count, sizeof *steps->labels);
    if (steps->labels == NULL)
        return STATUS_NO_MEMORY;
    steps->word = sentence_focus(words);
    for (size_t t = 0; t < words.count; t++)
        steps->labels[t] = strcmp(words.words[t], "bank") == 0 ? "\u2192 bank" : words.words[t];
    return STATUS_OK;
}

static Status create_results(Steps *steps)
{
    Status status = STATUS_OK;
    size_t t_q = steps->asking.count, t_k = steps->answering.count;
    TRY(matrix_create(t_q, t_k, &steps->scores));
    TRY(matrix_create(t_q, t_k, &steps->weights));
    TRY(matrix_create(t_q, EXAMPLE_D_K, &steps->out));
done:
    return status;
}

static Status attend(Steps *steps)
{
    Status status = STATUS_OK;
    ExampleHead sense = example_layer().heads[0];
    float scale = attention_scale(EXAMPLE_D_K);
    TRY(project("w_q", steps->asking.x, sense.w_q, &steps->q));
    TRY(project("w_k", steps->answering.x, sense.w_k, &steps->k));
    TRY(project("w_v", steps->answering.x, sense.w_v, &steps->v));
    TRY(attention_scores(steps->q, steps->k, scale, steps->scores));
    TRY(scaled_dot_product_attention(steps->q, steps->k, steps->v, scale, steps->weights,
                                     steps->out));
done:
    return status;
}

/* To be freed with steps_free(), also on failure. */
static Status steps_create(const char *asking, const char *answering, Steps *steps)
{
    Status status = STATUS_OK;
    *steps = (Steps){.q = NO_MATRIX};
    TRY(sentence_create(asking, &steps->asking));
    TRY(sentence_create(answering, &steps->answering));
    TRY(label(steps));
    TRY(create_results(steps));
    TRY(attend(steps));
done:
    return status;
}

static void print_words(Sentence sentence)
{
    for (size_t t = 0; t < sentence.count; t++)
        printf(" %s", sentence.words[t]);
    printf("\n");
}

/* The row of the word that is followed. */
static Matrix followed(const Steps *steps, Matrix matrix)
{
    return matrix_view(matrix_row(matrix, steps->word), 1, matrix.cols);
}

static void show(const char *title, Sentence rows, Matrix matrix, const char *const *columns,
                 int decimals)
{
    print_matrix(stdout, matrix, (PrintStyle){title, rows.words, columns, decimals});
}

static void show_weights(const Steps *steps)
{
    show("weights, one row for each word that asks", steps->asking, steps->weights,
         steps->answering.words, 2);
}

/* What each word received from all rows together. */
static void show_column_sums(const Steps *steps)
{
    printf("  each row sums to 1, but the columns sum to");
    for (size_t j = 0; j < steps->weights.cols; j++) {
        double sum = 0.0;
        for (size_t i = 0; i < steps->weights.rows; i++)
            sum += matrix_row(steps->weights, i)[j];
        printf(" %.2f", sum);
    }
    printf("\n");
}

static void show_steps(const Steps *steps)
{
    Sentence words = steps->asking;
    printf("The head \"sense\" reads:");
    print_words(words);
    printf("\n1. Each word is projected three times.\n");
    show("Q = X W_Q, what each word asks", words, steps->q, QUESTIONS, 0);
    show("K = X W_K, what each word answers", words, steps->k, ANSWERS, 0);
    show("V = X W_V, what each word hands over", words, steps->v, VALUES, 0);
    printf("\n2. Every query meets every key.\n");
    show("scores = Q K^T / sqrt(4)", words, steps->scores, words.words, 1);
    printf("\n3. Softmax turns each row of scores into weights.\n");
    show_weights(steps);
    show_column_sums(steps);
    printf("\n4. The weights mix the values.\n");
    show("out = weights V", words, steps->out, VALUES, 2);
}

/* The followed word before attention (its own value) and after it (its row of the output). */
static Status show_move(const Steps *steps)
{
    Status status = STATUS_OK;
    static const char *const ROWS[] = {"before", "after"}, *const COLUMNS[] = {"river", "money"};
    float numbers[4];
    Matrix table = matrix_view(numbers, 2, 2);
    Matrix before = matrix_view(&numbers[0], 1, 2), after = matrix_view(&numbers[2], 1, 2);
    Steps marks = {0};
    TRY(steps_create("river money", "river money", &marks));
    TRY(cosine_similarities(followed(steps, steps->v), marks.v, before));
    TRY(cosine_similarities(followed(steps, steps->out), marks.v, after));
    printf("Similarity of %s to the values of two words, in:", steps->asking.words[steps->word]);
    print_words(steps->answering);
    print_matrix(stdout, table, (PrintStyle){NULL, ROWS, COLUMNS, 2});
    if (isnan(numbers[0]))
        printf("  nan: its own value is all zeros, which points nowhere\n");
done:
    steps_free(&marks);
    return status;
}

static Status show_two_sequences(int section, const char *sentence)
{
    Status status = STATUS_OK;
    Steps steps = {0};
    TRY(steps_create("the bank", sentence, &steps));
    printf("\n%d. Two words from outside, \"the bank\", ask:", section);
    print_words(steps.answering);
    show_weights(&steps);
    show("out = weights V", steps.asking, steps.out, VALUES, 2);
done:
    steps_free(&steps);
    return status;
}

static Status show_mistakes(int section, const Steps *steps, bool with_picture)
{
    printf("\n%d. ", section);
    return show_attention_mistakes(steps->q, steps->k, steps->asking.words, steps->word,
                                   with_picture);
}

/* --- The whole example ---------------------------------------------------------------------- */

static Status plot_weights(const char *name, const char *title, const HeatmapPanel *panels,
                           size_t count)
{
    return plot_heatmaps(&(HeatmapPlot){.name = name,
                                        .title = title,
                                        .panels = panels,
                                        .panel_count = count,
                                        .high = 1.0f,
                                        .unit = "weight",
                                        .decimals = 2});
}

static HeatmapPanel panel_of(const char *title, const Steps *steps)
{
    return (HeatmapPanel){.title = title,
                          .values = steps->weights,
                          .row_labels = steps->labels,
                          .column_labels = steps->answering.words,
                          .row_axis = "the word that asks",
                          .column_axis = "the word that it looks at"};
}

static Status own_sentence(const char *sentence, const Steps *steps)
{
    Status status = STATUS_OK;
    HeatmapPanel panel = panel_of(sentence, steps);
    show_steps(steps);
    printf("\n5. ");
    TRY(show_move(steps));
    TRY(show_two_sequences(6, sentence));
    TRY(show_mistakes(7, steps, false));
    TRY(plot_weights("03_sentence", "Which word looks at which", &panel, 1));
done:
    return status;
}

/* The same word in the plane of its value, and what it hears in either sentence. */
static Status plot_moves(const Steps *river, const Steps *money)
{
    static const char *const LABELS[] = {"river", "money", "bank", "bank, by the river",
                                         "bank, with money"};
    enum { ARROWS = sizeof LABELS / sizeof *LABELS, MOVES = 3, BOTH = 2 };
    const float *tips[] = {matrix_row(river->v, 4), matrix_row(money->v, 2),
                           followed(river, river->v).data, followed(river, river->out).data,
                           followed(money, money->out).data};
    float x[ARROWS][BOTH] = {{0}}, y[ARROWS][BOTH] = {{0}};
    Curve curves[ARROWS];
    for (size_t i = 0; i < ARROWS; i++) {
        if (i >= MOVES) {
            x[i][0] = x[MOVES - 1][1];
            y[i][0] = y[MOVES - 1][1];
        }
        x[i][1] = tips[i][0];
        y[i][1] = tips[i][1];
        curves[i] = (Curve){LABELS[i], x[i], y[i], BOTH};
    }
    return plot_curves(&(CurvePlot){.name = "03_plane",
                                    .title = "bank moves to the river, or to the money",
                                    .x_axis = VALUES[0],
                                    .y_axis = VALUES[1],
                                    .curves = curves,
                                    .curve_count = ARROWS,
                                    .arrows = true});
}

/* The same head, the same word, another sentence: the steps up to the output, and what moved. */
static Status both_banks(const Steps *river, const Steps *money)
{
    Status status = STATUS_OK;
    show_steps(river);
    printf("\n5. The same head reads:");
    print_words(money->asking);
    show_weights(money);
    show("out = weights V", money->asking, money->out, VALUES, 2);
    TRY(show_move(river));
    TRY(show_move(money));
    TRY(plot_moves(river, money));
    HeatmapPanel panels[] = {panel_of(EXAMPLE_RIVER, river), panel_of(EXAMPLE_MONEY, money)};
    TRY(plot_weights("03_bank", "The same word bank: here it looks at river, there at money",
                     panels, 2));
done:
    return status;
}

static Status carried_sentences(const Steps *river)
{
    Status status = STATUS_OK;
    Steps money = {0};
    TRY(steps_create(EXAMPLE_MONEY, EXAMPLE_MONEY, &money));
    TRY(both_banks(river, &money));
    TRY(show_scale_experiment());
    TRY(show_two_sequences(7, EXAMPLE_MONEY));
    TRY(show_mistakes(8, river, true));
    show_attention_costs();
done:
    steps_free(&money);
    return status;
}

Status attention_example(const char *sentence)
{
    Status status = STATUS_OK;
    const char *text = sentence != NULL ? sentence : EXAMPLE_RIVER;
    Steps steps = {0};
    TRY(steps_create(text, text, &steps));
    TRY(sentence != NULL ? own_sentence(text, &steps) : carried_sentences(&steps));
done:
    steps_free(&steps);
    return status;
}
