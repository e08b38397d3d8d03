/* The parts of chapter 4's example in which nothing goes wrong. */
#include "head_example.h"

#include "head_splitting.h"
#include "plot.h"
#include "print.h"
#include "self_attention.h"
#include "softmax.h"

#include <stdio.h>

/* A sentence's queries and keys, of both heads side by side: T x 8. */
typedef struct Projected {
    Matrix q, k;
} Projected;

static void projected_free(Projected *all)
{
    matrix_free(&all->q);
    matrix_free(&all->k);
}

static Status project_both(Matrix x, Projected *all)
{
    Status status = STATUS_OK;
    ExampleLayer layer = example_layer();
    *all = (Projected){NO_MATRIX, NO_MATRIX};
    TRY(project("w_q", x, layer.w_q, &all->q));
    TRY(project("w_k", x, layer.w_k, &all->k));
done:
    return status;
}

/* --- Why more than one head ------------------------------------------------------------------ */

size_t busiest_word(Sentence sentence)
{
    enum { ACTION = 5 };
    Matrix x = sentence.x;
    size_t busiest = x.rows - 1;
    for (size_t t = 0; t < x.rows; t++)
        if (matrix_row(x, t)[ACTION] > matrix_row(x, busiest)[ACTION])
            busiest = t;
    return busiest;
}

Status head_weights_row(Matrix x, HeadCut cut, size_t heads, size_t head, size_t row,
                        float *weights)
{
    Status status = STATUS_OK;
    Projected all = {0};
    Matrix q, q_row, k, out;
    TRY(project_both(x, &all));
    TRY(cut(all.q, heads, head, &q));
    TRY(matrix_rows(q, row, 1, &q_row));
    TRY(cut(all.k, heads, head, &k));
    out = matrix_view(weights, 1, k.rows);
    TRY(attention_scores(q_row, k, attention_scale(k.cols), out));
    TRY(softmax(out, out));
done:
    projected_free(&all);
    return status;
}

/* Row 0 is that of one wide head, the others are those of the heads. */
static Status compare_heads(Sentence sentence, Matrix rows)
{
    Status status = STATUS_OK;
    size_t word = busiest_word(sentence);
    TRY(head_weights_row(sentence.x, head_view, 1, 0, word, matrix_row(rows, 0)));
    for (size_t h = 0; h < EXAMPLE_HEADS; h++)
        TRY(head_weights_row(sentence.x, head_view, EXAMPLE_HEADS, h, word,
                             matrix_row(rows, 1 + h)));
done:
    return status;
}

static Status draw_rows(Sentence sentence, const char *const *labels, Matrix rows,
                        const char *picture)
{
    HeatmapPanel panel = {.title = "one row of weights for each head",
                          .values = rows,
                          .row_labels = labels,
                          .column_labels = sentence.words};
    char title[96];
    snprintf(title, sizeof title, "What \"%s\" looks at: two heads, two answers",
             sentence.words[busiest_word(sentence)]);
    return plot_heatmaps(&(HeatmapPlot){.name = picture,
                                        .title = title,
                                        .panels = &panel,
                                        .panel_count = 1,
                                        .high = 1.0f,
                                        .unit = "weight",
                                        .decimals = 2});
}

Status show_two_answers(Sentence sentence, const char *picture)
{
    Status status = STATUS_OK;
    static const char *const LABELS[] = {"one head of 8 columns", "head 0, sense", "head 1, who"};
    Matrix rows = NO_MATRIX;
    TRY(matrix_create(1 + EXAMPLE_HEADS, sentence.count, &rows));
    TRY(compare_heads(sentence, rows));
    printf("1. What \"%s\" looks at\n\n", sentence.words[busiest_word(sentence)]);
    print_matrix(stdout, rows, (PrintStyle){"weights", LABELS, sentence.words, 2});
    TRY(draw_rows(sentence, LABELS, rows, picture));
done:
    matrix_free(&rows);
    return status;
}

/* --- A head is a block of columns ------------------------------------------------------------ */

static void print_projected(Sentence sentence, Projected all)
{
    static const char *const ASKED[] = {"water?", "money?", "place?", "link?",
                                        "actor?", "deed?",  "where?", "use?"};
    static const char *const ANSWERED[] = {"water", "money",  "place", "-link",
                                           "being", "action", "place", "action"};
    printf("\n2. A head is a block of columns\n\n");
    print_matrix(stdout, all.q, (PrintStyle){"Q = X W_Q", sentence.words, ASKED, 0});
    print_matrix(stdout, all.k, (PrintStyle){"K = X W_K", sentence.words, ANSWERED, 0});
    printf("\n");
}

Status show_head_views(Sentence sentence)
{
    Status status = STATUS_OK;
    Projected all = {0};
    TRY(project_both(sentence.x, &all));
    print_projected(sentence, all);
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        Matrix view;
        TRY(head_view(all.q, EXAMPLE_HEADS, h, &view));
        printf("  head %zu of Q: %zux%zu, stride %zu, starts at flat index %td\n", h, view.rows,
               view.cols, view.stride, view.data - all.q.data);
    }
done:
    projected_free(&all);
    return status;
}

/* --- Split the weights, or split the projections --------------------------------------------- */

/* One head's queries from its columns of W_Q, compared with its columns of X W_Q. */
static Status compare_orders(Matrix x, size_t head, float *difference)
{
    Status status = STATUS_OK;
    Matrix w_q = example_layer().heads[head].w_q; /* 8 x 4, the head's columns of W_Q */
    Matrix one = NO_MATRIX, block;
    Projected all = {0};
    TRY(project_both(x, &all));
    TRY(project("w_q of one head", x, w_q, &one));
    TRY(head_view(all.q, EXAMPLE_HEADS, head, &block)); /* T x 4 */
    *difference = matrix_largest_gap(one, block);
done:
    matrix_free(&one);
    projected_free(&all);
    return status;
}

Status show_splitting_orders(Sentence sentence)
{
    Status status = STATUS_OK;
    float difference[EXAMPLE_HEADS];
    for (size_t h = 0; h < EXAMPLE_HEADS; h++)
        TRY(compare_orders(sentence.x, h, &difference[h]));
    printf("\n5. Split W_Q and multiply, or multiply and split: the greatest difference\n\n");
    for (size_t h = 0; h < EXAMPLE_HEADS; h++)
        printf("  head %zu: %g\n", h, (double)difference[h]);
done:
    return status;
}
