/* One right way to cut a matrix into heads and two wrong ones, seen from all sides. */
#include "head_mistakes.h"

#include "head_example.h"
#include "head_splitting.h"
#include "plot.h"
#include "print.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

/* WRONG: cuts the memory into equal runs, as x.reshape(heads, T, d // heads) does. */
static Status wrong_plain_reshape(Matrix x, size_t heads, size_t head, Matrix *view)
{
    size_t width = x.cols / heads;
    *view = matrix_view(x.data + head * x.rows * width, x.rows, width);
    return STATUS_OK;
}

/* WRONG: cuts the sentence into pieces, as numpy.split(x, heads) does without axis=1. */
static Status wrong_sequence_split(Matrix x, size_t heads, size_t head, Matrix *view)
{
    size_t tokens = x.rows / heads;
    return matrix_rows(x, head * tokens, tokens, view);
}

enum { RIGHT, RESHAPE, SEQUENCE, WAYS };

static const struct {
    const char *name;
    HeadCut cut;
} CUTS[WAYS] = {
    [RIGHT] = {"column blocks (right)", head_view},
    [RESHAPE] = {"plain reshape (wrong)", wrong_plain_reshape},
    [SEQUENCE] = {"cut the sequence (wrong)", wrong_sequence_split},
};

/* --- Where every number goes: the position probe --------------------------------------------- */

enum { TOKENS = 4, COLUMNS = 6, HEADS = 2, WIDTH = COLUMNS / HEADS };

/* The numbers of the small matrix. */
typedef struct Buffer {
    float data[TOKENS * COLUMNS];
} Buffer;

/* A matrix in which every number says where it stands: 100 t + c. */
static Matrix position_probe(Buffer *buffer)
{
    Matrix x = matrix_view(buffer->data, TOKENS, COLUMNS);
    for (size_t t = 0; t < x.rows; t++)
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(x, t)[c] = (float)(100 * t + c);
    return x;
}

/* Copies the heads of x into a stack, or back out of it, through the views of a cut. */
static Status copy_heads(HeadCut cut, Matrix x, Buffer *stack, bool back)
{
    Status status = STATUS_OK;
    for (size_t h = 0; h < HEADS; h++) {
        Matrix head;
        TRY(cut(x, HEADS, h, &head));
        Matrix place = matrix_view(stack->data + h * TOKENS * WIDTH, head.rows, head.cols);
        TRY(back ? matrix_copy(place, head) : matrix_copy(head, place));
    }
done:
    return status;
}

static int numbers_back(const Buffer *came, const Buffer *expected)
{
    int count = 0;
    for (size_t i = 0; i < TOKENS * COLUMNS; i++)
        count += came->data[i] == expected->data[i];
    return count;
}

/* Splits the probe in each way, and joins it again in the same way and in the right one. */
static Status show_round_trips(void)
{
    Status status = STATUS_OK;
    printf("\n  Split and joined again: how many of the %d numbers are back in their place?\n",
           TOKENS * COLUMNS);
    printf("  %-24s  joined the same way  by join_heads\n", "");
    for (size_t way = 0; way < WAYS; way++) {
        Buffer buffer, stack, same, right;
        Matrix x = position_probe(&buffer);
        TRY(copy_heads(CUTS[way].cut, x, &stack, false));
        TRY(copy_heads(CUTS[way].cut, matrix_view(same.data, TOKENS, COLUMNS), &stack, true));
        TRY(join_heads(matrix_view(stack.data, HEADS * TOKENS, WIDTH), 1, HEADS,
                       matrix_view(right.data, TOKENS, COLUMNS)));
        printf("  %-24s  %19d  %13d\n", CUTS[way].name, numbers_back(&same, &buffer),
               numbers_back(&right, &buffer));
    }
done:
    return status;
}

Status show_position_probe(void)
{
    Status status = STATUS_OK;
    Buffer buffer;
    Matrix x = position_probe(&buffer);
    printf("\n3. Where every number goes: x[t][c] = 100 t + c\n\n");
    print_matrix(stdout, x, (PrintStyle){.title = "x"});
    for (size_t way = 0; way < WAYS; way++) {
        Matrix view;
        char title[64];
        TRY(CUTS[way].cut(x, HEADS, 1, &view));
        snprintf(title, sizeof title, "head 1, %s", CUTS[way].name);
        print_matrix(stdout, view, (PrintStyle){.title = title});
    }
    TRY(show_round_trips());
done:
    return status;
}

/* --- Pictures of the small matrix ------------------------------------------------------------ */

/* Writes "head.row" into every element of a matrix, through the views of its heads. */
static Status write_owners(HeadCut cut, Matrix memory)
{
    Status status = STATUS_OK;
    for (size_t h = 0; h < HEADS; h++) {
        Matrix view;
        TRY(cut(memory, HEADS, h, &view));
        for (size_t r = 0; r < view.rows; r++)
            for (size_t c = 0; c < view.cols; c++)
                matrix_row(view, r)[c] = (float)h + 0.1f * (float)r;
    }
done:
    return status;
}

/* Three maps of the same memory: which head owns each float, and as which of its rows. */
static Status draw_owners(void)
{
    Status status = STATUS_OK;
    static const char *const TOKEN_NAMES[] = {"token 0", "token 1", "token 2", "token 3"};
    static const char *const PARTS[] = {"h", "r"};
    Buffer memory[WAYS];
    HeatmapPanel panels[WAYS];
    for (size_t way = 0; way < WAYS; way++) {
        Matrix map = matrix_view(memory[way].data, TOKENS, COLUMNS);
        TRY(write_owners(CUTS[way].cut, map));
        panels[way] = (HeatmapPanel){.title = CUTS[way].name,
                                     .values = map,
                                     .row_labels = TOKEN_NAMES,
                                     .column_axis = "column of x"};
    }
    HeatmapPlot plot = {.name = "04_layout",
                        .title = "Which head owns each float of x? h0 r2 is head 0, its row 2",
                        .panels = panels,
                        .panel_count = WAYS,
                        .low = 0.4f, /* all rows of head 0 lie below, all of head 1 above */
                        .high = 0.9f,
                        .decimals = 1,
                        .parts = PARTS};
    TRY(plot_heatmaps(&plot));
done:
    return status;
}

/* What the heads hold, listed head after head. The wrong ways list the memory as it was. */
static Status draw_contents(void)
{
    Status status = STATUS_OK;
    static const char *const ROWS[] = {"head 0, row 0", "row 1", "row 2", "row 3",
                                       "head 1, row 0", "row 1", "row 2", "row 3"};
    static const char *const HALVES[] = {"head 0, row 0", "row 1", "head 1, row 0", "row 1"};
    Buffer buffer, copy;
    Matrix x = position_probe(&buffer);
    Matrix stacked = matrix_view(copy.data, HEADS * TOKENS, WIDTH);
    Matrix reshaped = matrix_view(buffer.data, HEADS * TOKENS, WIDTH);
    TRY(split_heads(x, HEADS, stacked)); /* 8 x 3 */
    HeatmapPanel panels[WAYS] = {
        {.title = CUTS[RIGHT].name, .values = stacked, .row_labels = ROWS},
        {.title = CUTS[RESHAPE].name, .values = reshaped, .row_labels = ROWS},
        {.title = CUTS[SEQUENCE].name, .values = x, .row_labels = HALVES},
    };
    HeatmapPlot plot = {.name = "04_contents",
                        .title = "What each head holds: it needs a part of every token",
                        .panels = panels,
                        .panel_count = WAYS,
                        .unit = "100 token + column",
                        .decimals = 0};
    TRY(plot_heatmaps(&plot));
done:
    return status;
}

Status draw_head_layouts(void)
{
    Status status = STATUS_OK;
    TRY(draw_owners());
    TRY(draw_contents());
done:
    return status;
}

/* --- What a wrong cut does to attention ------------------------------------------------------ */

/* How many of the ways can cut a sentence of this length. */
static size_t possible_ways(Sentence sentence)
{
    return sentence.count % EXAMPLE_HEADS == 0 ? WAYS : SEQUENCE;
}

/* The word's weights in the head that it finds itself in, cut in each way; zeros elsewhere. */
static Status weigh_all_ways(Sentence sentence, Matrix rows)
{
    Status status = STATUS_OK;
    size_t word = busiest_word(sentence), half = sentence.count / EXAMPLE_HEADS;
    for (size_t way = 0; way < rows.rows; way++) {
        size_t head = way == SEQUENCE ? word / half : 0;
        size_t first = head * half; /* of the words that this head was left with */
        TRY(head_weights_row(sentence.x, CUTS[way].cut, EXAMPLE_HEADS, head, word - first,
                             matrix_row(rows, way) + first));
    }
done:
    return status;
}

/* The same after the last word has become zeros. */
static Status weigh_without_last(Sentence sentence, Matrix rows)
{
    Status status = STATUS_OK;
    Matrix x = sentence.x;
    TRY(matrix_create(x.rows, x.cols, &sentence.x));
    TRY(matrix_copy(x, sentence.x));
    for (size_t c = 0; c < x.cols; c++)
        matrix_row(sentence.x, x.rows - 1)[c] = 0.0f;
    TRY(weigh_all_ways(sentence, rows));
done:
    matrix_free(&sentence.x);
    return status;
}

static void print_changes(Sentence sentence, Matrix before, Matrix after)
{
    printf("\n  Now \"%s\" becomes zeros. The greatest change of a weight in the row:\n",
           sentence.words[sentence.count - 1]);
    for (size_t way = 0; way < before.rows; way++) {
        double greatest = 0.0;
        for (size_t c = 0; c < before.cols; c++)
            greatest = fmax(greatest, fabs(matrix_row(after, way)[c] - matrix_row(before, way)[c]));
        printf("  %-24s  %.2f\n", CUTS[way].name, greatest);
    }
}

static void print_mistakes(Sentence sentence, Matrix before, Matrix after)
{
    static const char *const LABELS[WAYS] = {"column blocks", "plain reshape", "cut the sequence"};
    size_t word = busiest_word(sentence);
    printf("\n4. What \"%s\" looks at when the heads are cut wrongly\n\n", sentence.words[word]);
    print_matrix(stdout, before, (PrintStyle){"weights", LABELS, sentence.words, 2});
    if (before.rows < WAYS)
        printf("  %zu does not divide by %d: cutting this sequence would fail, and be seen.\n",
               sentence.count, EXAMPLE_HEADS);
    if (word + 1 < sentence.count)
        print_changes(sentence, before, after);
}

Status show_mistaken_heads(Sentence sentence)
{
    Status status = STATUS_OK;
    size_t ways = possible_ways(sentence);
    Matrix before = NO_MATRIX, after = NO_MATRIX;
    TRY(matrix_create(ways, sentence.count, &before));
    TRY(matrix_create(ways, sentence.count, &after));
    TRY(weigh_all_ways(sentence, before));
    TRY(weigh_without_last(sentence, after));
    print_mistakes(sentence, before, after);
done:
    matrix_free(&before);
    matrix_free(&after);
    return status;
}
