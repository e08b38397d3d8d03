#include "block_example.h"

#include "dot_products.h"
#include "hand_block.h"
#include "masking.h"
#include "plot.h"
#include "print.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static Matrix row_of(Matrix matrix, size_t row)
{
    return matrix_view(matrix_row(matrix, row), 1, matrix.cols);
}

static void copy_row(const float *from, Matrix to, size_t row)
{
    memcpy(matrix_row(to, row), from, to.cols * sizeof(float));
}

/* --- The residual path ----------------------------------------------------------------------- */

/* The words of the vocabulary that point the same way, from the nearest. */
static void print_nearest(const char *name, const float *vector)
{
    enum { NEAREST = 4 };
    float last = INFINITY;
    printf("  %-17s", name);
    for (size_t n = 0; n < NEAREST; n++) {
        const char *best = NULL;
        float closest = -INFINITY;
        for (size_t i = 0; vocabulary_word(i) != NULL; i++) {
            float cosine = cosine_similarity(vector, vocabulary_vector(i), EXAMPLE_D_MODEL);
            /* Of words with the same vector only the first is named. */
            if (cosine > closest && cosine < last) {
                closest = cosine;
                best = vocabulary_word(i);
            }
        }
        if (best != NULL)
            printf("  %s %.2f", best, (double)closest);
        last = closest;
    }
    putchar('\n');
}

Status show_residual(const Followed *followed)
{
    Status status = STATUS_OK;
    static const char *const ROWS[] = {"itself", "attention says", "sum"};
    BlockSteps steps = {0};
    const char *word = followed->sentence.words[followed->word];
    float data[3 * EXAMPLE_D_MODEL];
    Matrix table = matrix_view(data, 3, EXAMPLE_D_MODEL);
    TRY(block_steps_create(followed->sentence.x, &steps));
    char title[64];
    copy_row(matrix_row(followed->sentence.x, followed->word), table, 0);
    copy_row(matrix_row(steps.heard, followed->word), table, 1);
    copy_row(matrix_row(steps.sum, followed->word), table, 2);
    snprintf(title, sizeof title, "%s", word);
    print_matrix(stdout, table, (PrintStyle){title, ROWS, EXAMPLE_COLUMNS, 2});
    printf("nearest words, by cosine\n");
    for (size_t r = 0; r < 3; r++)
        print_nearest(ROWS[r], matrix_row(table, r));
done:
    block_steps_free(&steps);
    return status;
}

/* --- The norm -------------------------------------------------------------------------------- */

/* The numbers of a row, its deviations, their squares, the quotients, and the result. */
enum { VALUE, DEVIATION, SQUARE, QUOTIENT, RESULT, NORM_ROWS };

static void norm_by_hand(const float *row, const float *result, Matrix table)
{
    double sum = 0.0, squares = 0.0;
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
        sum += row[c];
    double mean = sum / (double)EXAMPLE_D_MODEL;
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
        squares += (row[c] - mean) * (row[c] - mean);
    double variance = squares / (double)EXAMPLE_D_MODEL,
           root = sqrt(variance + (double)DEFAULT_EPSILON);
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++) {
        double deviation = row[c] - mean;
        matrix_row(table, VALUE)[c] = row[c];
        matrix_row(table, DEVIATION)[c] = (float)deviation;
        matrix_row(table, SQUARE)[c] = (float)(deviation * deviation);
        matrix_row(table, QUOTIENT)[c] = (float)(deviation / root);
        matrix_row(table, RESULT)[c] = result[c];
    }
    printf("sum %.2f, mean %.2f; sum of squares %.2f, variance %.2f, its root %.2f\n", sum, mean,
           squares, variance, root);
}

Status show_norm(const Followed *followed)
{
    Status status = STATUS_OK;
    static const char *const ROWS[NORM_ROWS] = {"sum of step 1", "minus the mean", "squared",
                                                "over the root", "times the gain"};
    BlockSteps steps = {0};
    float data[NORM_ROWS * EXAMPLE_D_MODEL];
    Matrix table = matrix_view(data, NORM_ROWS, EXAMPLE_D_MODEL);
    TRY(block_steps_create(followed->sentence.x, &steps));
    norm_by_hand(matrix_row(steps.sum, followed->word), matrix_row(steps.middle, followed->word),
                 table);
    print_matrix(stdout, table,
                 (PrintStyle){followed->sentence.words[followed->word], ROWS, EXAMPLE_COLUMNS, 2});
done:
    block_steps_free(&steps);
    return status;
}

/* --- The feed-forward network ---------------------------------------------------------------- */

static size_t strongest_rule(Matrix rules, size_t token)
{
    size_t best = 0;
    for (size_t c = 1; c < rules.cols; c++)
        if (matrix_row(rules, token)[c] > matrix_row(rules, token)[best])
            best = c;
    return best;
}

/* How far the strongest rule applies to a word, by hand. */
static void rule_by_hand(const Followed *followed, const BlockSteps *steps)
{
    FeedForward network = hand_block(NORM_POST).feed_forward;
    size_t rule = strongest_rule(steps->rules, followed->word);
    const float *token = matrix_row(steps->middle, followed->word);
    printf("%s, rule %s:", followed->sentence.words[followed->word], EXAMPLE_RULE_NAMES[rule]);
    const char *plus = "";
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++) {
        float weight = matrix_row(network.w_1, c)[rule];
        if (weight == 0.0f)
            continue;
        printf("%s %g x %.2f (%s)", plus, (double)weight, (double)token[c], EXAMPLE_COLUMNS[c]);
        plus = " +";
    }
    printf(" - %g = %.2f\n", (double)-network.b_1.data[rule],
           (double)matrix_row(steps->rules, followed->word)[rule]);
}

Status show_rules(const Followed *followed)
{
    Status status = STATUS_OK;
    BlockSteps steps = {0};
    TRY(block_steps_create(followed->sentence.x, &steps));
    print_matrix(
        stdout, steps.rules,
        (PrintStyle){"how far each rule applies", followed->sentence.words, EXAMPLE_RULE_NAMES, 2});
    if (matrix_row(steps.rules, followed->word)[strongest_rule(steps.rules, followed->word)] > 0.0f)
        rule_by_hand(followed, &steps);
    print_matrix(stdout, steps.answer,
                 (PrintStyle){"what the rules say", followed->sentence.words, EXAMPLE_COLUMNS, 2});
done:
    block_steps_free(&steps);
    return status;
}

Status show_activations(const Followed *followed)
{
    enum { POINTS = 7, KINDS = 3 };
    static const char *const POINT_NAMES[POINTS] = {"-3", "-2", "-1", "-0.5", "0.5", "1", "3"};
    static const float POINT_VALUES[POINTS] = {-3, -2, -1, -0.5f, 0.5f, 1, 3};
    static const char *const KIND_NAMES[KINDS] = {"ReLU", "GELU", "GELU by tanh"};
    static const Activation ACTIVATIONS[KINDS] = {ACTIVATION_RELU, ACTIVATION_GELU,
                                                  ACTIVATION_GELU_TANH};
    float data[KINDS * POINTS];
    (void)followed;
    for (size_t k = 0; k < KINDS; k++)
        for (size_t p = 0; p < POINTS; p++)
            data[k * POINTS + p] = activate(ACTIVATIONS[k], POINT_VALUES[p]);
    print_matrix(stdout, matrix_view(data, KINDS, POINTS),
                 (PrintStyle){"activations", KIND_NAMES, POINT_NAMES, 4});
    return STATUS_OK;
}

/* --- The block ------------------------------------------------------------------------------- */

static Status plot_block(const Followed *followed, const BlockSteps *steps)
{
    const char *const *words = followed->sentence.words;
    HeatmapPanel panels[] = {
        {"1. the words", followed->sentence.x, words, EXAMPLE_COLUMNS, NULL, NULL},
        {"2. what attention says", steps->heard, words, EXAMPLE_COLUMNS, NULL, NULL},
        {"3. words + attention, normalised", steps->middle, words, EXAMPLE_COLUMNS, NULL, NULL},
        {"4. how far each rule applies", steps->rules, words, EXAMPLE_RULE_NAMES, NULL, NULL},
        {"5. what the rules say", steps->answer, words, EXAMPLE_COLUMNS, NULL, NULL},
        {"6. 3 + 5, normalised", steps->out, words, EXAMPLE_COLUMNS, NULL, NULL},
    };
    return plot_heatmaps(
        &(HeatmapPlot){.name = "08_block",
                       .title = "One block: every word hears the others, then thinks for itself",
                       .panels = panels,
                       .panel_count = sizeof panels / sizeof *panels,
                       .panels_per_row = 3,
                       .low = -3.0f,
                       .high = 3.0f,
                       .unit = "the number in each column",
                       .decimals = 1});
}

/* The word after the block with its norms in front. */
static Status run_pre(const Followed *followed, Matrix out)
{
    TransformerBlock block = hand_block(NORM_PRE);
    return transformer_block(followed->sentence.x, &block, &NO_MASK, NO_MATRIX, out);
}

Status show_block(const Followed *followed)
{
    Status status = STATUS_OK;
    static const char *const ROWS[] = {"before", "post-norm", "pre-norm"};
    BlockSteps steps = {0};
    Matrix pre = NO_MATRIX;
    float data[3 * EXAMPLE_D_MODEL];
    Matrix table = matrix_view(data, 3, EXAMPLE_D_MODEL);
    TRY(block_steps_create(followed->sentence.x, &steps));
    TRY(matrix_create(followed->sentence.count, EXAMPLE_D_MODEL, &pre));
    TRY(run_pre(followed, pre));
    copy_row(matrix_row(followed->sentence.x, followed->word), table, 0);
    copy_row(matrix_row(steps.out, followed->word), table, 1);
    copy_row(matrix_row(pre, followed->word), table, 2);
    print_matrix(stdout, table,
                 (PrintStyle){followed->sentence.words[followed->word], ROWS, EXAMPLE_COLUMNS, 2});
    TRY(plot_block(followed, &steps));
done:
    matrix_free(&pre);
    block_steps_free(&steps);
    return status;
}

/* --- The class ------------------------------------------------------------------------------- */

enum { DEPTHS = 3 };

/* Runs the blocks, and classifies the sentence and the word by itself. */
static Status classify_behind(const Followed *followed, size_t blocks, Matrix sentence, Matrix word)
{
    Status status = STATUS_OK;
    TransformerBlock block = hand_block(NORM_POST), stack[DEPTHS] = {block, block, block};
    Encoder layers = {.blocks = stack, .count = blocks};
    Classifier classifier = hand_classifier();
    Matrix out = NO_MATRIX;
    TRY(matrix_create(followed->sentence.count, EXAMPLE_D_MODEL, &out));
    TRY(encoder(followed->sentence.x, &layers, &NO_MASK, NO_MATRIX, out));
    TRY(classify(out, 0, &classifier, sentence));
    TRY(classify(row_of(out, followed->word), 0, &classifier, word));
done:
    matrix_free(&out);
    return status;
}

Status show_classes(const Followed *followed)
{
    Status status = STATUS_OK;
    static const char *const ROWS[DEPTHS] = {"words", "1 block", "2 blocks"};
    float of_sentence[DEPTHS * EXAMPLE_CLASSES], of_word[DEPTHS * EXAMPLE_CLASSES];
    Matrix sentence = matrix_view(of_sentence, DEPTHS, EXAMPLE_CLASSES);
    Matrix word = matrix_view(of_word, DEPTHS, EXAMPLE_CLASSES);
    for (size_t n = 0; n < DEPTHS; n++)
        TRY(classify_behind(followed, n, row_of(sentence, n), row_of(word, n)));
    print_matrix(stdout, sentence, (PrintStyle){"the sentence", ROWS, EXAMPLE_CLASS_NAMES, 2});
    print_matrix(
        stdout, word,
        (PrintStyle){followed->sentence.words[followed->word], ROWS, EXAMPLE_CLASS_NAMES, 2});
done:
    return status;
}
