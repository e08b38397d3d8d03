#include "slope_example.h"

#include "learning.h"
#include "print.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>
#include <stdio.h>

static Matrix row_of(Matrix table, size_t row)
{
    return matrix_view(matrix_row(table, row), 1, table.cols);
}

/* --- The loss --------------------------------------------------------------------------------- */

enum { LOGITS, PROBABILITIES, GRADIENT, STEPPED, AFTER, LOSS_ROWS };
enum { NAMED = 3 };

static Status loss_by_hand(Matrix table, double loss[2])
{
    const size_t RIGHT[] = {1};
    Status status = STATUS_OK;
    Matrix row[LOSS_ROWS];
    for (size_t r = 0; r < LOSS_ROWS; r++)
        row[r] = row_of(table, r);
    TRY(softmax(row[LOGITS], row[PROBABILITIES]));
    TRY(cross_entropy(row[LOGITS], RIGHT, &loss[0]));
    TRY(cross_entropy_backward(row[LOGITS], RIGHT, 1.0, row[GRADIENT]));
    TRY(matrix_copy(row[LOGITS], row[STEPPED]));
    TRY(sgd_step(1.0, row[GRADIENT], row[STEPPED]));
    TRY(softmax(row[STEPPED], row[AFTER]));
    TRY(cross_entropy(row[STEPPED], RIGHT, &loss[1]));
done:
    return status;
}

Status show_loss(void)
{
    static const char *const WORDS[NAMED] = {"river", "money", "fish"};
    static const char *const ROWS[LOSS_ROWS] = {"logits", "probabilities", "gradient",
                                                "logits - gradient", "probabilities"};
    Status status = STATUS_OK;
    double loss[2];
    float numbers[LOSS_ROWS * NAMED] = {2, 1, 0};
    Matrix table = matrix_view(numbers, LOSS_ROWS, NAMED);
    TRY(loss_by_hand(table, loss));
    print_matrix(stdout, table, (PrintStyle){"the right word is money", ROWS, WORDS, 3});
    printf("  loss: -log %.3f = %.3f; after the step %.3f\n",
           (double)matrix_row(table, PROBABILITIES)[1], loss[0], loss[1]);
done:
    return status;
}

/* --- A row of weights --------------------------------------------------------------------------
 */

/* What the followed word's row of the head `sense` goes through. */
enum { SCORES, WEIGHTS, VALUES, HANDED, HANDED_BACK, ALONE, DIFFERENCE, ROW_COUNT };
static const char *const ROW_NAMES[ROW_COUNT] = {
    "score", "weight p", "water in its value", "g", "p (g - mean)", "p (1 - p) g", "difference"};

/* The loss of a row of scores: the less water is heard, the greater. */
static double loss_of(const float *scores, const float *water, size_t n, float *weights)
{
    double loss = 0.0;
    softmax_row(scores, n, weights);
    for (size_t j = 0; j < n; j++)
        loss -= (double)weights[j] * water[j];
    return loss;
}

/* By how much the loss changes with one score. */
static double difference(Matrix table, size_t word, float *scratch)
{
    const double STEP = 1.0 / 64.0;
    float *scores = matrix_row(table, SCORES), kept = scores[word];
    scores[word] = (float)(kept + STEP);
    double above = loss_of(scores, matrix_row(table, VALUES), table.cols, scratch);
    scores[word] = (float)(kept - STEP);
    double below = loss_of(scores, matrix_row(table, VALUES), table.cols, scratch);
    scores[word] = kept;
    return (above - below) / (2.0 * STEP);
}

static Status fill_row(Sentence sentence, Matrix q, Matrix k, Matrix v, Matrix table)
{
    Status status = STATUS_OK;
    Matrix row[ROW_COUNT], water, asks = row_of(q, sentence_focus(sentence));
    for (size_t r = 0; r < ROW_COUNT; r++)
        row[r] = row_of(table, r);
    TRY(matrix_columns(v, 0, 1, &water));
    TRY(attention_scores(asks, k, attention_scale(k.cols), row[SCORES]));
    TRY(softmax(row[SCORES], row[WEIGHTS]));
    TRY(matrix_transpose(water, row[VALUES]));
    for (size_t j = 0; j < table.cols; j++) {
        double p = row[WEIGHTS].data[j], g = -row[VALUES].data[j]; /* more water, less loss */
        row[HANDED].data[j] = (float)g;
        row[ALONE].data[j] = (float)(p * (1.0 - p) * g);
    }
    TRY(softmax_backward(row[WEIGHTS], row[HANDED], row[HANDED_BACK]));
    for (size_t j = 0; j < table.cols; j++)
        row[DIFFERENCE].data[j] = (float)difference(table, j, row[WEIGHTS].data);
    TRY(softmax(row[SCORES], row[WEIGHTS])); /* the differences have moved them */
done:
    return status;
}

static void print_row(Sentence sentence, Matrix table)
{
    const float *p = matrix_row(table, WEIGHTS), *g = matrix_row(table, HANDED);
    double mean = 0.0;
    for (size_t j = 0; j < table.cols; j++)
        mean += (double)p[j] * g[j];
    print_matrix(
        stdout, table,
        (PrintStyle){sentence.words[sentence_focus(sentence)], ROW_NAMES, sentence.words, 3});
    printf("  mean of g, weighted by p: %.3f\n", mean);
}

Status show_softmax_row(Sentence sentence)
{
    Status status = STATUS_OK;
    ExampleHead head = example_layer().heads[0];
    Matrix q = NO_MATRIX, k = NO_MATRIX, v = NO_MATRIX, table = NO_MATRIX;
    TRY(project("w_q", sentence.x, head.w_q, &q));
    TRY(project("w_k", sentence.x, head.w_k, &k));
    TRY(project("w_v", sentence.x, head.w_v, &v));
    TRY(matrix_create(ROW_COUNT, sentence.count, &table));
    TRY(fill_row(sentence, q, k, v, table));
    print_row(sentence, table);
done:
    matrix_free(&q);
    matrix_free(&k);
    matrix_free(&v);
    matrix_free(&table);
    return status;
}

/* --- A whole layer -----------------------------------------------------------------------------
 */

enum { WATER = 4 }; /* its column */

/* All weights and biases, or their gradients: eight matrices of at most 8 x 8. */
enum { PARAMETERS = 8, SIDE = EXAMPLE_D_MODEL };
static const char *const PARAMETER_NAMES[PARAMETERS] = {"w_q", "w_k", "w_v", "w_o",
                                                        "b_q", "b_k", "b_v", "b_o"};

typedef struct Room {
    float numbers[PARAMETERS][SIDE * SIDE];
    Matrix m[PARAMETERS];
} Room;

/* A layer of zeros in this room. */
static MultiHeadLayer layer_in(Room *room)
{
    *room = (Room){0};
    for (size_t i = 0; i < PARAMETERS; i++)
        room->m[i] = matrix_view(room->numbers[i], i < PARAMETERS / 2 ? SIDE : 1, SIDE);
    const Matrix *m = room->m;
    return (MultiHeadLayer){m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], EXAMPLE_HEADS};
}

static double length_of(Matrix m)
{
    return clip_gradients(&m, 1, INFINITY); /* which clips nothing */
}

static Status run_layer(Sentence sentence, Room *grads, Matrix out, Matrix slope)
{
    Status status = STATUS_OK;
    ExampleLayer hand = example_layer();
    Room biases;
    KeptHeads kept = {0};
    MultiHeadLayer layer = layer_in(&biases);
    MultiHeadGradients grad = {.x = NO_MATRIX, .layer = layer_in(grads)};
    layer.w_q = hand.w_q;
    layer.w_k = hand.w_k;
    layer.w_v = hand.w_v;
    layer.w_o = hand.w_o;
    matrix_row(slope, sentence_focus(sentence))[WATER] = -1.0f; /* more water, less loss */
    TRY(multi_head_keep(sentence.x, NO_MATRIX, &layer, &NO_MASK, &kept, out));
    TRY(multi_head_backward(sentence.x, NO_MATRIX, &layer, &kept, slope, &grad));
done:
    kept_heads_free(&kept);
    return status;
}

Status show_layer_gradients(Sentence sentence)
{
    Status status = STATUS_OK;
    Room grads;
    Matrix out = NO_MATRIX, slope = NO_MATRIX;
    TRY(matrix_create(sentence.count, SIDE, &out));
    TRY(matrix_create(sentence.count, SIDE, &slope));
    TRY(run_layer(sentence, &grads, out, slope));
    printf("length of the gradient of each parameter\n");
    for (size_t i = 0; i < PARAMETERS; i++)
        printf("  %s%8.4f%s", PARAMETER_NAMES[i], length_of(grads.m[i]), i % 4 == 3 ? "\n" : "   ");
done:
    matrix_free(&out);
    matrix_free(&slope);
    return status;
}
