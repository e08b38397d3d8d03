#include "product_example.h"

#include "dot_products.h"
#include "plot.h"
#include "print.h"

#include <math.h>
#include <stdio.h>

/* What the columns of the head `sense` stand for: as questions in Q, as answers in K. */
static const char *const ASKED[EXAMPLE_D_K] = {"water?", "money?", "place?", "link?"};
static const char *const ANSWERED[EXAMPLE_D_K] = {"water", "money", "place", "-link"};

/* The picture of the memory shows a matrix of this size. */
enum { LAYOUT_ROWS = 3, LAYOUT_COLS = 4, LAYOUT_SIZE = LAYOUT_ROWS * LAYOUT_COLS };

/* A new matrix A B^T. */
static Status compare(Matrix a, Matrix b, Matrix *result)
{
    Status status = STATUS_OK;
    TRY(matrix_create(a.rows, b.rows, result));
    TRY(matrix_product_transposed(a, b, *result));
done:
    return status;
}

/* A new matrix A B. */
static Status multiply(Matrix a, Matrix b, Matrix *result)
{
    Status status = STATUS_OK;
    TRY(matrix_create(a.rows, b.cols, result));
    TRY(matrix_product(a, b, *result));
done:
    return status;
}

/* Q and K of the sentence. */
static void print_projections(const Sentence *sentence, ExampleHead head, Matrix q, Matrix k)
{
    printf("\n5. A matrix product: one dot product for each row and each column\n\n");
    print_matrix(stdout, head.w_q, (PrintStyle){"W_Q", EXAMPLE_COLUMNS, ASKED, .decimals = 0});
    printf("\n");
    print_matrix(stdout, q, (PrintStyle){"Q = X W_Q", sentence->words, ASKED, .decimals = 0});
    printf("\n");
    print_matrix(stdout, k, (PrintStyle){"K = X W_K", sentence->words, ANSWERED, .decimals = 0});
}

/* Where elements of Q really are, as distances from its first float. */
static void print_layout(Matrix q)
{
    size_t last = q.rows - 1;
    printf("\n6. In memory there is one long line of floats\n\n");
    printf("  Q is %zu x %zu, so element (r, c) is float r * %zu + c.\n", q.rows, q.cols, q.stride);
    printf("  row %zu:    floats", last);
    for (size_t c = 0; c < q.cols; c++)
        printf(" %td", &matrix_row(q, last)[c] - q.data);
    printf("\n  column 1: floats");
    for (size_t r = 0; r < q.rows; r++)
        printf(" %td", &matrix_row(q, r)[1] - q.data);
    printf("\n");
}

/* Right beside wrong: K transposed, and K's memory read as if it had T columns. */
static Status plot_transpose(const Sentence *sentence, Matrix right, Matrix wrong)
{
    HeatmapPanel panels[] = {
        {"right: Q K^T", right, sentence->words, sentence->words, "asks", "answers"},
        {"wrong: Q times K reshaped", wrong, sentence->words, NULL, "asks", "no word at all"},
    };
    return plot_heatmaps(&(HeatmapPlot){
        .name = "01_transpose",
        .title = "Transposing K compares words; reshaping K gives the same shape and nonsense",
        .panels = panels,
        .panel_count = 2,
        .unit = "dot product",
    });
}

static Status show_questions(const Sentence *sentence, Matrix q, Matrix k)
{
    Status status = STATUS_OK;
    Matrix right = NO_MATRIX, wrong = NO_MATRIX, row = NO_MATRIX;
    TRY(compare(q, k, &right));
    TRY(multiply(q, matrix_view(k.data, k.cols, k.rows), &wrong));
    TRY(matrix_rows(wrong, wrong.rows - 1, 1, &row));
    printf("\n7. Every question meets every answer\n\n");
    print_matrix(stdout, right,
                 (PrintStyle){"Q K^T", sentence->words, sentence->words, .decimals = 0});
    printf("\n  K reshaped to %zu x %zu instead of transposed makes of the row of %s\n", k.cols,
           k.rows, sentence->words[sentence->count - 1]);
    print_matrix(stdout, row, (PrintStyle){.row_labels = (const char *[]){"wrong"}});
    TRY(plot_transpose(sentence, right, wrong));
done:
    matrix_free(&right);
    matrix_free(&wrong);
    return status;
}

Status show_questions_and_answers(const Sentence *sentence)
{
    Status status = STATUS_OK;
    ExampleHead head = example_layer().heads[0];
    Matrix q = NO_MATRIX, k = NO_MATRIX;
    TRY(multiply(sentence->x, head.w_q, &q));
    TRY(multiply(sentence->x, head.w_k, &k));
    print_projections(sentence, head, q, k);
    print_layout(q);
    TRY(show_questions(sentence, q, k));
done:
    matrix_free(&q);
    matrix_free(&k);
    return status;
}

/* Each float keeps its number, so its colour, in all three panels: only its place changes. */
Status plot_row_major(void)
{
    float whole[LAYOUT_SIZE], rows[LAYOUT_ROWS * LAYOUT_SIZE], columns[LAYOUT_COLS * LAYOUT_SIZE];
    for (size_t i = 0; i < LAYOUT_ROWS * LAYOUT_SIZE; i++)
        rows[i] = NAN;
    for (size_t i = 0; i < LAYOUT_COLS * LAYOUT_SIZE; i++)
        columns[i] = NAN;
    for (size_t i = 0; i < LAYOUT_SIZE; i++) {
        size_t r = i / LAYOUT_COLS, c = i % LAYOUT_COLS;
        whole[i] = rows[r * LAYOUT_SIZE + i] = columns[c * LAYOUT_SIZE + i] = (float)i;
    }
    HeatmapPanel panels[] = {
        {"the matrix", matrix_view(whole, LAYOUT_ROWS, LAYOUT_COLS), NULL, NULL, "row", "column"},
        {"a row is one block", matrix_view(rows, LAYOUT_ROWS, LAYOUT_SIZE), NULL, NULL, "row",
         "place in memory"},
        {"a column takes every fourth float", matrix_view(columns, LAYOUT_COLS, LAYOUT_SIZE), NULL,
         NULL, "column", "place in memory"},
    };
    return plot_heatmaps(&(HeatmapPlot){
        .name = "01_layout",
        .title = "Row-major: element (r, c) is float 4 r + c",
        .panels = panels,
        .panel_count = 3,
        .panels_per_row = 1,
    });
}
