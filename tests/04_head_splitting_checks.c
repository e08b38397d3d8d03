/* Chapter 4: what each function must do. */
#include "checks.h"

#include "frail_memory.h"
#include "head_splitting.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { HEADS, HEAD };

/* --- head_view -------------------------------------------------------------------------------- */

/* T, d, heads and the head that is looked at. T is a multiple of the heads, and is not; d / heads
 * is not the number of heads. */
enum { PROBES = 8 };
static const size_t PROBED[PROBES][4] = {{4, 6, 2, 1}, {3, 6, 3, 2},  {2, 8, 4, 3}, {5, 6, 1, 0},
                                         {3, 4, 4, 1}, {4, 12, 3, 1}, {1, 6, 2, 1}, {6, 10, 2, 0}};

static Matrix a_probe(Case *given)
{
    const size_t *size = PROBED[given->index];
    given->as_views = given->index % 2 == 1;
    Matrix x = case_input(given, "x; each number is 100 row + column", size[0], size[1]);
    for (size_t t = 0; t < x.rows; t++)
        for (size_t c = 0; c < x.cols; c++)
            matrix_row(x, t)[c] = (float)(100 * t + c);
    case_number(given, "heads", (double)size[2]);
    return x;
}

static void a_head(Case *given)
{
    Matrix x = a_probe(given);
    case_number(given, "head", (double)PROBED[given->index][3]);
    case_output(given, x.rows, x.cols / case_size(given, HEADS));
}

static void a_shape(Case *given)
{
    a_head(given);
    case_note(given, "below, the rows and the columns of the view");
    case_output(given, 1, 2);
}

/* Calls head_view. `first` is where its view begins in x, in floats. A copy is freed here: the next
 * check calls it a copy, which says more than that it leaks. */
static Status view_of(const Case *given, Matrix *view, intptr_t *first)
{
    Matrix x = given->inputs[0];
    size_t before = memory_asked();
    Status status = head_view(x, case_size(given, HEADS), case_size(given, HEAD), view);
    *first = ((intptr_t)view->data - (intptr_t)x.data) / (intptr_t)sizeof(float);
    if (status == STATUS_OK && memory_asked() > before)
        free(view->data);
    return status;
}

static Status call_for_shape(const Case *given, Matrix out)
{
    Matrix view = NO_MATRIX;
    intptr_t first;
    Status status = view_of(given, &view, &first);
    if (status == STATUS_OK) {
        put_number(out, 0, (double)view.rows);
        put_number(out, 1, (double)view.cols);
    }
    return status;
}

/* Reads where the view looks, but nothing beyond x. */
static Status call_for_place(const Case *given, Matrix out)
{
    Matrix x = given->inputs[0], view = NO_MATRIX;
    intptr_t first, end = (intptr_t)((x.rows - 1) * x.stride + x.cols);
    Status status = view_of(given, &view, &first);
    for (size_t i = 0; status == STATUS_OK && i < out.rows * out.cols; i++) {
        intptr_t at = first + (intptr_t)(i / out.cols * view.stride + i % out.cols);
        if (at >= 0 && at < end)
            put_number(out, i, x.data[at]);
    }
    if (status == STATUS_OK && (first < 0 || first >= end))
        remark("the view does not begin in x");
    return status;
}

/* T, d, heads and head, and what is wrong. */
static const struct {
    double size[4];
    const char *story;
} REQUESTS[] = {
    {{1, 6, 3, 0}, "3 heads of 2 columns: everything fits"},
    {{1, 6, 3, 2}, "the last of 3 heads: everything fits"},
    {{1, 6, 4, 1}, "4 heads do not divide 6 columns"},
    {{4, 6, 4, 1}, "4 heads divide the 4 tokens, but not the 6 columns"},
    {{3, 6, 2, 1}, "2 heads do not divide 3 tokens, and need not: everything fits"},
    {{1, 6, 3, 3}, "3 heads are counted 0, 1, 2: there is no head 3"},
    {{1, 6, 3, 4}, "there is no head 4 of 3"},
    {{2, 3, 3, 2}, "each head has one column: everything fits"},
    {{2, 6, 1, 0}, "one head has all columns: everything fits"},
    {{1, 2, 2, 1}, "two heads of one column: everything fits"},
    {{1, 1, 1, 0}, "one head of one column: everything fits"},
    {{2, 3, 6, 0}, "6 heads of 3 columns: some would have none"},
    {{0, 6, 2, 1}, "no tokens: everything fits"},
    {{1, 6, 0, 0}, "no heads at all: the columns would belong to nobody"},
    {{1, 0, 1, 0}, "a token has no numbers"},
    {{2, 0, 2, 0}, "a token has no numbers"},
};

static void a_request(Case *given)
{
    const double *size = REQUESTS[given->index].size;
    given->shapes_only = true;
    case_input(given, "x", (size_t)size[0], (size_t)size[1]);
    case_number(given, "heads", size[2]);
    case_number(given, "head", size[3]);
    case_note(given, "only the sizes matter here: %s", REQUESTS[given->index].story);
}

static Status call_with_request(const Case *given, Matrix out)
{
    (void)out;
    Matrix view = given->inputs[0];
    intptr_t first;
    return view_of(given, &view, &first);
}

/* 4 heads do not divide 6 columns; of 3 heads, none is head 3. */
static void a_refused_request(Case *given)
{
    given->shapes_only = true;
    case_input(given, "x", 1, 6);
    case_number(given, "heads", given->index == 0 ? 4 : 3);
    case_number(given, "head", 3);
    case_note(given, "below, 1 if *view is NO_MATRIX afterwards");
    case_output(given, 1, 1);
}

static Status call_with_refused(const Case *given, Matrix out)
{
    Matrix view = given->inputs[0];
    intptr_t first;
    if (view_of(given, &view, &first) != STATUS_OK)
        put_number(out, 0, view.data == NULL && view.rows + view.cols == 0);
    return STATUS_OK;
}

/* --- split_heads ------------------------------------------------------------------------------ */

/* The last probe holds NaN and infinity, too. */
static void a_stack(Case *given)
{
    Matrix x = a_probe(given);
    if (given->index == PROBES - 1) {
        matrix_row(x, 0)[1] = INFINITY;
        matrix_row(x, 1)[2] = NAN;
    }
    size_t heads = case_size(given, HEADS);
    case_output(given, heads * x.rows, x.cols / heads);
}

static Status call_split(const Case *given, Matrix out)
{
    return split_heads(given->inputs[0], case_size(given, HEADS), out);
}

/* T, d, heads, and the rows and columns of stacked. */
static const struct {
    size_t size[5];
    const char *story;
} STACKS[] = {
    {{1, 4, 2, 2, 2}, "everything fits"},
    {{3, 4, 2, 6, 2}, "everything fits"},
    {{2, 4, 2, 2, 4}, "stacked has the shape of x"},
    {{3, 4, 2, 2, 6}, "stacked has the right number of numbers only"},
    {{1, 6, 2, 1, 3}, "stacked has room for one head only"},
    {{2, 6, 3, 6, 1}, "stacked has too few columns"},
    {{1, 4, 2, 4, 2}, "stacked has too many rows"},
    {{1, 5, 2, 2, 2}, "2 heads do not divide 5 columns"},
    {{0, 4, 2, 0, 2}, "no tokens: everything fits"},
    {{1, 4, 0, 0, 4}, "no heads at all"},
};

static void some_room(Case *given)
{
    const size_t *size = STACKS[given->index].size;
    given->shapes_only = true;
    case_input(given, "x", size[0], size[1]);
    case_input(given, "stacked", size[3], size[4]);
    case_number(given, "heads", (double)size[2]);
    case_note(given, "only the shapes matter here: %s; below, how many numbers were written",
              STACKS[given->index].story);
    case_output(given, 1, 1);
}

/* There is more room than the shape says, so that nothing breaks when it is not checked. */
static Status call_with_room(const Case *given, Matrix out)
{
    enum { ROOM = 64 };
    float numbers[ROOM];
    size_t written = 0;
    for (size_t i = 0; i < ROOM; i++)
        numbers[i] = NAN;
    Matrix stacked = matrix_view(numbers, given->inputs[1].rows, given->inputs[1].cols);
    Status status = split_heads(given->inputs[0], case_size(given, HEADS), stacked);
    for (size_t i = 0; i < ROOM; i++)
        written += isnan(numbers[i]) ? 0 : 1;
    put_number(out, 0, (double)written);
    return status;
}

/* --- join_heads ------------------------------------------------------------------------------- */

enum { BATCH, BATCH_HEADS };

/* The batch, T, heads and d / heads: one sequence, then several. */
enum { BATCHES = 9 };
static const size_t BATCHED[BATCHES][4] = {{1, 3, 2, 2}, {1, 2, 3, 4}, {2, 3, 2, 2},
                                           {3, 2, 4, 1}, {2, 1, 3, 2}, {4, 5, 1, 3},
                                           {2, 2, 2, 2}, {1, 2, 1, 1}, {2, 0, 2, 3}};

static void some_stacks(Case *given)
{
    const size_t *size = BATCHED[given->index];
    size_t tokens = size[1], heads = size[2], width = size[3];
    given->as_views = given->index % 2 == 1;
    Matrix stacked = case_input(given,
                                "stacked; each number is 1000 sequence + 100 head + 10 token + "
                                "column of the head",
                                size[0] * heads * tokens, width);
    for (size_t row = 0; row < stacked.rows; row++)
        for (size_t c = 0; c < width; c++) {
            size_t head = row / tokens;
            matrix_row(stacked, row)[c] =
                (float)(1000 * (head / heads) + 100 * (head % heads) + 10 * (row % tokens) + c);
        }
    case_number(given, "batch", (double)size[0]);
    case_number(given, "heads", (double)heads);
    case_output(given, size[0] * tokens, heads * width);
}

static Status call_join(const Case *given, Matrix out)
{
    return join_heads(given->inputs[0], case_size(given, BATCH), case_size(given, BATCH_HEADS),
                      out);
}

/* The batch, heads, and the rows and columns of stacked and of the matrix. */
static const struct {
    size_t size[6];
    const char *story;
} JOINS[] = {
    {{1, 2, 2, 2, 1, 4}, "everything fits"},
    {{3, 2, 6, 2, 3, 4}, "3 sequences of one token: everything fits"},
    {{2, 2, 6, 2, 3, 4}, "3 rows are not 2 sequences"},
    {{4, 2, 4, 2, 2, 4}, "2 rows are fewer than 4 sequences"},
    {{0, 2, 4, 2, 2, 4}, "no sequences: the rows would belong to nobody"},
    {{1, 2, 2, 2, 1, 5}, "2 heads do not divide 5 columns"},
    {{1, 0, 2, 2, 1, 4}, "no heads at all"},
    {{1, 2, 1, 4, 1, 4}, "stacked has the right number of numbers only"},
    {{2, 2, 8, 2, 2, 4}, "stacked has too many rows"},
    {{2, 3, 6, 1, 2, 6}, "stacked has too few columns"},
    {{2, 2, 0, 2, 0, 4}, "no tokens: everything fits"},
};

static void some_joins(Case *given)
{
    const size_t *size = JOINS[given->index].size;
    given->shapes_only = true;
    case_input(given, "stacked", size[2], size[3]);
    case_input(given, "matrix", size[4], size[5]);
    case_number(given, "batch", (double)size[0]);
    case_number(given, "heads", (double)size[1]);
    case_note(given, "only the shapes matter here: %s; below, how many numbers were written",
              JOINS[given->index].story);
    case_output(given, 1, 1);
}

/* There is more room than the shapes say, so that nothing breaks when they are not checked. */
static Status call_with_joins(const Case *given, Matrix out)
{
    enum { ROOM = 64 };
    float heads[ROOM] = {0}, numbers[ROOM];
    size_t written = 0;
    for (size_t i = 0; i < ROOM; i++)
        numbers[i] = NAN;
    Status status = join_heads(matrix_view(heads, given->inputs[0].rows, given->inputs[0].cols),
                               case_size(given, BATCH), case_size(given, BATCH_HEADS),
                               matrix_view(numbers, given->inputs[1].rows, given->inputs[1].cols));
    for (size_t i = 0; i < ROOM; i++)
        written += isnan(numbers[i]) ? 0 : 1;
    put_number(out, 0, (double)written);
    return status;
}

/* --- The table -------------------------------------------------------------------------------- */

#define ROWS(table) (sizeof(table) / sizeof *(table))

const Check CHECKS[] = {
    {"a_head_has_all_tokens_and_some_columns", "head_view",
     "give a view of all T tokens and d / heads columns", PROBES, a_shape, call_for_shape},
    {"a_head_looks_at_its_own_columns", "head_view",
     "show the block of columns that belongs to this head", PROBES, a_head, call_for_place},
    {"head_view_refuses_what_cannot_be", "head_view", "refuse heads that cannot be, and no others",
     ROWS(REQUESTS), a_request, call_with_request},
    {"a_refused_view_is_no_matrix", "head_view", "leave NO_MATRIX in *view when it refuses", 2,
     a_refused_request, call_with_refused},
    {"split_heads_puts_head_below_head", "split_heads", "copy the heads out, one below the other",
     PROBES, a_stack, call_split},
    {"split_heads_refuses_what_does_not_fit", "split_heads",
     "refuse what does not fit, and nothing else", ROWS(STACKS), some_room, call_with_room},
    {"join_heads_puts_heads_side_by_side", "join_heads",
     "put the heads of each sequence side by side", BATCHES, some_stacks, call_join},
    {"join_heads_refuses_what_does_not_fit", "join_heads",
     "refuse what does not fit, and nothing else", ROWS(JOINS), some_joins, call_with_joins},
};
const size_t CHECK_COUNT = ROWS(CHECKS);
