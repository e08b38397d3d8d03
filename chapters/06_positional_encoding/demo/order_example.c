#include "order_example.h"

#include "dot_products.h"
#include "multi_head_attention.h"
#include "plot.h"
#include "positional_encoding.h"
#include "print.h"
#include "self_attention.h"

#include <stdio.h>
#include <string.h>

/* What attention gives. */
typedef struct Result {
    Matrix weights; /* T x T; for a layer, one such block below the other for each head */
    Matrix out;     /* one row for each word */
} Result;

#define NO_RESULT ((Result){NO_MATRIX, NO_MATRIX})

static void result_free(Result *result)
{
    matrix_free(&result->weights);
    matrix_free(&result->out);
}

static Status result_create(size_t heads, size_t words, size_t columns, Result *result)
{
    Status status = STATUS_OK;
    *result = NO_RESULT;
    TRY(matrix_create(heads * words, words, &result->weights));
    TRY(matrix_create(words, columns, &result->out));
done:
    return status;
}

static void copy_row(Matrix from, size_t row, Matrix to, size_t to_row)
{
    memcpy(matrix_row(to, to_row), matrix_row(from, row), to.cols * sizeof(float));
}

/* --- Words, alone or with their positions, through the attention of chapters 3 and 5 --------- */

static Status sequence_of(Sentence sentence, bool positions, Matrix *x)
{
    Status status = STATUS_OK;
    TRY(matrix_create(sentence.count, EXAMPLE_D_MODEL, x));
    TRY(positions ? add_positions(sentence.x, 0, *x) : matrix_copy(sentence.x, *x));
done:
    return status;
}

/* The layer of chapter 5: its heads are `sense` and `who`. */
static Status run_layer(Sentence sentence, bool positions, Matrix b_q, Result *result)
{
    Status status = STATUS_OK;
    ExampleLayer parts = example_layer();
    MultiHeadLayer layer = {.w_q = parts.w_q,
                            .w_k = parts.w_k,
                            .w_v = parts.w_v,
                            .w_o = parts.w_o,
                            .b_q = b_q,
                            .heads = EXAMPLE_HEADS};
    Matrix x = NO_MATRIX;
    TRY(result_create(EXAMPLE_HEADS, sentence.count, EXAMPLE_D_MODEL, result));
    TRY(sequence_of(sentence, positions, &x));
    TRY(multi_head_attention(x, &layer, result->weights, result->out));
done:
    matrix_free(&x);
    return status;
}

static Status run_previous_head(Sentence sentence, bool positions, Result *result)
{
    Status status = STATUS_OK;
    ExampleHead head = example_previous_head();
    Matrix x = NO_MATRIX;
    TRY(result_create(1, sentence.count, EXAMPLE_D_K, result));
    TRY(sequence_of(sentence, positions, &x));
    TRY(self_attention(x, head.w_q, head.w_k, head.w_v, result->weights, result->out));
done:
    matrix_free(&x);
    return status;
}

/* --- Order is invisible, until positions are added ------------------------------------------- */

/* Word t of one sentence is word T - 1 - t of the other: how far apart are their outputs? */
static Status print_largest_difference(Matrix forward, Matrix backward)
{
    Status status = STATUS_OK;
    Matrix turned = NO_MATRIX;
    TRY(matrix_create(backward.rows, backward.cols, &turned));
    for (size_t t = 0; t < turned.rows; t++)
        copy_row(backward, backward.rows - 1 - t, turned, t);
    printf("largest difference between the two outputs of a word: %.2g\n",
           (double)matrix_largest_gap(forward, turned));
done:
    matrix_free(&turned);
    return status;
}

Status show_orders(Sentence sentence, Sentence reversed, bool positions)
{
    Status status = STATUS_OK;
    Result forward = NO_RESULT, backward = NO_RESULT;
    TRY(run_layer(sentence, positions, NO_MATRIX, &forward));
    TRY(run_layer(reversed, positions, NO_MATRIX, &backward));
    print_matrix(stdout, forward.out, (PrintStyle){"output", sentence.words, EXAMPLE_COLUMNS, 2});
    print_matrix(stdout, backward.out,
                 (PrintStyle){"output, backwards", reversed.words, EXAMPLE_COLUMNS, 2});
    TRY(print_largest_difference(forward.out, backward.out));
done:
    result_free(&forward);
    result_free(&backward);
    return status;
}

/* --- Added, not appended --------------------------------------------------------------------- */

static void show_sum(Sentence sentence, size_t word)
{
    static const char *const ROWS[] = {"word", "position", "sum"};
    float table[3][EXAMPLE_D_MODEL];
    Matrix rows = matrix_view(table[0], 3, EXAMPLE_D_MODEL);
    copy_row(sentence.x, word, rows, 0);
    sinusoidal_positions(word, matrix_view(table[1], 1, EXAMPLE_D_MODEL));
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
        table[2][c] = table[0][c] + table[1][c];
    print_matrix(stdout, rows, (PrintStyle){sentence.words[word], ROWS, EXAMPLE_COLUMNS, 2});
}

/* The query bias that removes from the queries what all positions share: b_q = -PE(0) W_Q. */
static void bias_against_positions(Matrix b_q)
{
    float start[EXAMPLE_D_MODEL];
    sinusoidal_positions(0, matrix_view(start, 1, EXAMPLE_D_MODEL));
    vector_matrix_product(start, example_layer().w_q, b_q.data);
    for (size_t c = 0; c < b_q.cols; c++)
        b_q.data[c] = -b_q.data[c];
}

/* Row `row` of the table: the word's weights in the head `sense`, the first of the layer. */
static Status sense_row(Sentence sentence, size_t word, bool positions, Matrix b_q, Matrix table,
                        size_t row)
{
    Status status = STATUS_OK;
    Result result = {0};
    TRY(run_layer(sentence, positions, b_q, &result));
    copy_row(result.weights, word, table, row);
done:
    result_free(&result);
    return status;
}

Status show_adding(Sentence sentence, size_t word)
{
    Status status = STATUS_OK;
    static const char *const ROWS[] = {"words alone", "with positions", "and with b_q"};
    float bias[EXAMPLE_D_MODEL];
    Matrix table = NO_MATRIX, b_q = matrix_view(bias, 1, EXAMPLE_D_MODEL);
    bias_against_positions(b_q);
    TRY(matrix_create(3, sentence.count, &table));
    TRY(sense_row(sentence, word, false, NO_MATRIX, table, 0));
    TRY(sense_row(sentence, word, true, NO_MATRIX, table, 1));
    TRY(sense_row(sentence, word, true, b_q, table, 2));
    show_sum(sentence, word);
    print_matrix(stdout, b_q, (PrintStyle){"b_q = -PE(0) W_Q, of both heads", NULL, NULL, 0});
    print_matrix(stdout, table,
                 (PrintStyle){"its weights in the head sense", ROWS, sentence.words, 2});
done:
    matrix_free(&table);
    return status;
}

/* --- A head that looks at the previous word -------------------------------------------------- */

static Status plot_previous(Sentence sentence, Matrix alone, Matrix placed)
{
    const HeatmapPanel panels[] = {
        {"words alone", alone, sentence.words, sentence.words, "asks", "is asked"},
        {"with positions", placed, sentence.words, sentence.words, "asks", "is asked"}};
    return plot_heatmaps(&(HeatmapPlot){.name = "06_previous",
                                        .title = "With positions, a head can look one word back",
                                        .panels = panels,
                                        .panel_count = 2,
                                        .high = 1.0f,
                                        .unit = "attention weight",
                                        .decimals = 2});
}

Status show_previous_word(Sentence sentence)
{
    Status status = STATUS_OK;
    Result alone = NO_RESULT, placed = NO_RESULT;
    TRY(run_previous_head(sentence, false, &alone));
    TRY(run_previous_head(sentence, true, &placed));
    print_matrix(stdout, alone.weights,
                 (PrintStyle){"weights, words alone", sentence.words, sentence.words, 2});
    print_matrix(stdout, placed.weights,
                 (PrintStyle){"weights, with positions", sentence.words, sentence.words, 2});
    TRY(plot_previous(sentence, alone.weights, placed.weights));
done:
    result_free(&alone);
    result_free(&placed);
    return status;
}

/* What the words of a sentence hear through the previous-word head. */
Status show_what_is_heard(Sentence sentence)
{
    Status status = STATUS_OK;
    static const char *const COLUMNS[EXAMPLE_D_K] = {"water", "money", "being", "action"};
    Result result = {0};
    TRY(run_previous_head(sentence, true, &result));
    print_matrix(stdout, result.out,
                 (PrintStyle){"result, with positions", sentence.words, COLUMNS, 2});
done:
    result_free(&result);
    return status;
}
