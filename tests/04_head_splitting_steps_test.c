/* Chapter 4, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "head_splitting.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HAND[] = "lesson 4, \"By hand\"";
static const char SHAPES[] = "lesson 4, \"Formula, shapes, C\"";
static const char CODE[] = "lesson 4, \"The code\"";
static const char BREAK[] = "lesson 4, \"Break it\"";

/* A table of mistakes, and how many they are: the end of a Step. */
#define ALL(mistakes) mistakes, sizeof(mistakes) / sizeof *(mistakes)

/* --- The position probe ----------------------------------------------------------------------- */

/* T, d, heads and the head that is looked at. T is a multiple of the heads, and is not; d / heads
 * is not the number of heads. */
enum { PROBES = 8 };
static const size_t PROBED[PROBES][4] = {{4, 6, 2, 1}, {3, 6, 3, 2},  {2, 8, 4, 3}, {5, 6, 1, 0},
                                         {3, 4, 4, 1}, {4, 12, 3, 1}, {1, 6, 2, 1}, {6, 10, 2, 0}};

enum { HEADS, HEAD };

static char note[600];

static void PRINTF_LIKE(2, 3) describe(Case *given, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(note, sizeof note, format, values);
    va_end(values);
    given->note = note;
}

/* x[t][c] = 100 t + c. In every other case x has two more columns at its left and one at its right,
 * which are not its own: then its stride is not its number of columns. */
static void a_probe(Case *given)
{
    const size_t *size = PROBED[given->index];
    bool is_view = given->index % 2 == 1;
    Matrix wide = case_input(given, "x", size[0], size[1] + (is_view ? 3 : 0));
    for (size_t t = 0; t < wide.rows; t++)
        for (size_t c = 0; c < wide.cols; c++)
            matrix_row(wide, t)[c] = (float)(100 * t + c) - (is_view ? 2 : 0);
    for (size_t t = 0; is_view && t < wide.rows; t++)
        matrix_row(wide, t)[0] = matrix_row(wide, t)[1] = matrix_row(wide, t)[wide.cols - 1] = -1;
    describe(given, "every number says where it stands: x[t][c] = 100 t + c%s",
             is_view ? "\nx is a view into a wider matrix, where -1 is not its own: see its stride"
                     : "");
    case_number(given, "heads", (double)size[2]);
}

static void a_probed_head(Case *given)
{
    a_probe(given);
    case_number(given, "head", (double)PROBED[given->index][3]);
}

static size_t number(const Case *given, size_t index)
{
    return (size_t)given->numbers[index];
}

/* x without the columns around it. */
static Matrix probe(const Case *given)
{
    Matrix x = given->inputs[0];
    return given->index % 2 == 0 ? x : (Matrix){x.data + 2, x.rows, x.cols - 3, x.stride};
}

/* What the formulas speak of. */
typedef struct Sizes {
    intptr_t t, d, stride, heads, head, w;
} Sizes;

static Sizes sizes_of(const Case *given)
{
    Matrix x = probe(given);
    Sizes s = {.t = (intptr_t)x.rows, .d = (intptr_t)x.cols, .stride = (intptr_t)x.stride};
    s.heads = (intptr_t)given->numbers[HEADS];
    s.head = given->number_count > HEAD ? (intptr_t)given->numbers[HEAD] : 0;
    s.w = s.d / s.heads; /* the width of a head */
    return s;
}

static void is_refused(Matrix out)
{
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = NAN;
}

/* A call that is refused, though its shapes fit, gives NaN; the note then says why. */
static bool is_accepted(Status status, Matrix out)
{
    if (status == STATUS_OK)
        return true;
    size_t used = strlen(note);
    snprintf(note + used, sizeof note - used, "\nthe call was refused, but these shapes fit: %s",
             last_error());
    is_refused(out);
    return false;
}

/* --- head_view: its shape --------------------------------------------------------------------- */

static void a_shape(Case *given)
{
    a_probed_head(given);
    strcat(note, "\nthe result is shown as the rows and the columns of the view");
    case_output(given, 1, 2);
}

static void put_shape(double rows, double cols, Matrix out)
{
    out.data[0] = (float)rows;
    out.data[1] = (float)cols;
}

static void call_for_shape(const Case *given, Matrix out)
{
    Matrix view = NO_MATRIX;
    Status status = head_view(probe(given), number(given, HEADS), number(given, HEAD), &view);
    if (is_accepted(status, out))
        put_shape((double)view.rows, (double)view.cols, out);
}

/* NAME is the formula that gives a view of this shape. */
#define GIVES_SHAPE(name, its_rows, its_columns)                                                   \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        const Sizes s = sizes_of(given);                                                           \
        put_shape((double)(its_rows), (double)(its_columns), out);                                 \
    }

GIVES_SHAPE(all_tokens_some_columns, s.t, s.w)
GIVES_SHAPE(some_tokens_all_columns, s.t / s.heads, s.d)
GIVES_SHAPE(some_of_both, s.t / s.heads, s.w)
GIVES_SHAPE(all_of_both, s.t, s.d)
GIVES_SHAPE(as_many_columns_as_heads, s.t, s.heads)
GIVES_SHAPE(turned, s.w, s.t)
GIVES_SHAPE(all_heads_stacked, s.heads *s.t, s.w)

static void nothing_at_all(const Case *given, Matrix out)
{
    (void)given;
    put_shape(0, 0, out);
}

static void some_tokens_if_they_divide(const Case *given, Matrix out)
{
    some_tokens_all_columns(given, out);
    if (probe(given).rows % number(given, HEADS) != 0)
        is_refused(out);
}

/* Columns from head * heads on, refused where they reach beyond x. */
static void as_many_columns_as_fit(const Case *given, Matrix out)
{
    as_many_columns_as_heads(given, out);
    if ((number(given, HEAD) + 1) * number(given, HEADS) > probe(given).cols)
        is_refused(out);
}

/* NAME is the formula that gives the right shape, but refuses this. */
#define REFUSES_TOO(name, what)                                                                    \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        const Sizes s = sizes_of(given);                                                           \
        all_tokens_some_columns(given, out);                                                       \
        if (what)                                                                                  \
            is_refused(out);                                                                       \
    }

REFUSES_TOO(no_head_0, s.head == 0)
REFUSES_TOO(not_the_last_head, s.head == s.heads - 1)
REFUSES_TOO(not_one_head, s.heads == 1)
REFUSES_TOO(not_one_column, s.heads == s.d)
REFUSES_TOO(no_uneven_sequence, s.t % s.heads != 0)

static const Mistake SHAPE_MISTAKES[] = {
    {"split_the_sequence",
     "the sequence was cut, and this head is left with a part of the tokens: a head sees every "
     "token, but only some columns of each; split axis 1, not axis 0",
     BREAK, some_tokens_all_columns},
    {"split_the_sequence",
     "the sequence was cut, and this head is left with a part of the tokens: a head sees every "
     "token, but only some columns of each; split axis 1, not axis 0",
     BREAK, some_tokens_if_they_divide},
    {"split_both_ways",
     "both the tokens and the columns were divided: only the columns are, and a head keeps all "
     "tokens",
     SHAPES, some_of_both},
    {"not_split",
     "this head has all columns of x: each head gets d / heads of them, or all heads would ask the "
     "same question",
     SHAPES, all_of_both},
    {"width_is_the_number_of_heads",
     "this head has as many columns as there are heads: the heads share the d columns equally, so "
     "each is d / heads wide",
     HAND, as_many_columns_as_heads},
    {"width_is_the_number_of_heads",
     "this head has as many columns as there are heads: the heads share the d columns equally, so "
     "each is d / heads wide",
     HAND, as_many_columns_as_fit},
    {"view_transposed",
     "rows and columns have changed places: a row of the view is a token, as it is a row of x, so "
     "the view is T x d / heads",
     SHAPES, turned},
    {"all_heads_at_once",
     "this view has a row for every token of every head: a view is one head, T x d / heads; "
     "stacking the heads one below the other is the work of split_heads",
     SHAPES, all_heads_stacked},
    {"counted_from_1",
     "heads are counted from 1 here, so each call gives the head before, and head 0 is refused: "
     "count from 0, as C counts rows and columns",
     SHAPES, no_head_0},
    {"tokens_counted_for_columns",
     "the heads are required to divide the tokens: they must divide the columns, since the columns "
     "are what they share; any number of tokens is fine",
     CODE, no_uneven_sequence},
    {"last_head_refused",
     "the last head is refused: heads are counted from 0, so heads - 1 is still one of them",
     SHAPES, not_the_last_head},
    {"one_column_refused",
     "as many heads as columns are refused: a head of one column is narrow, but it is a head", CODE,
     not_one_column},
    {"one_head_refused",
     "a single head is refused: it has all the columns, as in chapter 3, and needs no code of its "
     "own",
     CODE, not_one_head},
    {"view_not_written",
     "the view is still empty: write the block of columns to *view; matrix.h has a function that "
     "makes one",
     CODE, nothing_at_all},
};

static const Step SHAPE = {"head_view",
                           "give a view of all T tokens and d / heads columns",
                           PROBES,
                           a_shape,
                           call_for_shape,
                           all_tokens_some_columns,
                           ALL(SHAPE_MISTAKES)};

START_TEST(a_head_has_all_tokens_and_some_columns)
{
    teach(&SHAPE);
}
END_TEST

/* --- head_view: its place --------------------------------------------------------------------- */

static void a_place(Case *given)
{
    a_probed_head(given);
    case_output(given, probe(given).rows, (size_t)sizes_of(given).w);
}

/* What is read from the memory of x and what is around it; NaN beyond that. */
static void read_from(const Case *given, intptr_t first, intptr_t stride, Matrix out)
{
    Matrix memory = given->inputs[0];
    intptr_t size = (intptr_t)(memory.rows * memory.cols);
    for (size_t t = 0; t < out.rows; t++)
        for (size_t c = 0; c < out.cols; c++) {
            intptr_t index = first + (intptr_t)t * stride + (intptr_t)c;
            matrix_row(out, t)[c] = index >= 0 && index < size ? memory.data[index] : NAN;
        }
}

/* Where in the memory of x a view begins, in floats: far outside, if it looks at something else. */
static intptr_t beginning(const Case *given, Matrix view)
{
    intptr_t bytes = (intptr_t)view.data - (intptr_t)given->inputs[0].data;
    return bytes / (intptr_t)sizeof(float);
}

static void call_for_place(const Case *given, Matrix out)
{
    Matrix view = NO_MATRIX;
    Status status = head_view(probe(given), number(given, HEADS), number(given, HEAD), &view);
    if (is_accepted(status, out))
        read_from(given, beginning(given, view), (intptr_t)view.stride, out);
}

/* NAME is the formula that reads from float `first` of x on, with this stride. */
#define GIVES_PLACE(name, first, its_stride)                                                       \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        const Sizes s = sizes_of(given);                                                           \
        read_from(given, beginning(given, probe(given)) + (first), its_stride, out);               \
    }

GIVES_PLACE(its_block, s.head *s.w, s.stride)
GIVES_PLACE(its_share_of_memory, s.head *s.t *s.w, s.w)
GIVES_PLACE(its_width_for_stride, s.head *s.w, s.w)
GIVES_PLACE(columns_for_stride, s.head *s.w, s.d)
GIVES_PLACE(from_column_head, s.head, s.stride)
GIVES_PLACE(from_column_head_heads, s.head *s.heads, s.stride)
GIVES_PLACE(always_the_first, 0, s.stride)
GIVES_PLACE(the_one_before, (s.head - 1) * s.w, s.stride)
GIVES_PLACE(from_the_other_end, (s.heads - 1 - s.head) * s.w, s.stride)
GIVES_PLACE(down_the_rows, s.head *s.w *s.stride, s.stride)

static void somewhere_else(const Case *given, Matrix out)
{
    (void)given;
    is_refused(out);
}

static const Mistake PLACE_MISTAKES[] = {
    {"plain_reshape",
     "this is a plain reshape: the memory was cut into equal runs, so the head has whole tokens, "
     "and each is torn into several rows; a head has d / heads columns of every token",
     BREAK, its_share_of_memory},
    {"cols_for_stride",
     "row 0 is right, but row 1 of this head is what follows it in memory, and that belongs to the "
     "next head; from row to row a view has the stride of the matrix it looks into, not its own "
     "width",
     BREAK, its_width_for_stride},
    {"stride_of_a_whole_matrix",
     "the stride was taken to be d, the columns of x: here x is a view itself, and its rows lie "
     "further apart; take over x's stride",
     CODE, columns_for_stride},
    {"offset_by_head",
     "head h begins at column h here, so that neighbouring heads overlap: h heads of d / heads "
     "columns stand before it, so it begins at h times d / heads",
     HAND, from_column_head},
    {"offset_by_number_of_heads",
     "head h begins at column h times heads: before it stand h heads of d / heads columns each",
     HAND, from_column_head_heads},
    {"first_head_for_all",
     "every head shows the first columns of x, so that all heads are alike: head h begins at "
     "column h times d / heads",
     HAND, always_the_first},
    {"counted_from_1",
     "heads are counted from 1 here, so each call gives the head before, and head 0 is refused: "
     "count from 0, as C counts rows and columns",
     SHAPES, the_one_before},
    {"counted_backwards",
     "the heads are counted from the right: head 0 has the first columns, and the last head the "
     "last ones",
     SHAPES, from_the_other_end},
    {"offset_down_the_rows",
     "this head begins some rows further down, and looks beyond x: a head begins in row 0, some "
     "columns to the right",
     SHAPES, down_the_rows},
    {"copied_for_viewed",
     "the view does not point into x: a view copies nothing; it has x's own memory, another start "
     "and x's stride; a copy would have to be freed, and nobody frees a view",
     CODE, somewhere_else},
};

static const Step PLACE = {"head_view",
                           "show the block of columns that belongs to this head",
                           PROBES,
                           a_place,
                           call_for_place,
                           its_block,
                           ALL(PLACE_MISTAKES)};

START_TEST(a_head_looks_at_its_own_columns)
{
    teach(&PLACE);
}
END_TEST

/* --- head_view: what it refuses --------------------------------------------------------------- */

/* T, d, heads and head, and what is the matter. */
static const struct {
    size_t t, d, heads, head;
    const char *story;
} REQUESTS[] = {
    {1, 6, 3, 0, "3 heads of 2 columns: everything fits"},
    {1, 6, 3, 2, "the last of 3 heads: everything fits"},
    {1, 6, 4, 1, "4 heads do not divide 6 columns"},
    {4, 6, 4, 1, "4 heads divide the 4 tokens, but not the 6 columns"},
    {3, 6, 2, 1, "2 heads do not divide 3 tokens, and need not: everything fits"},
    {1, 6, 3, 3, "3 heads are counted 0, 1, 2: there is no head 3"},
    {2, 3, 3, 2, "each head has one column: everything fits"},
    {2, 6, 1, 0, "one head has all columns: everything fits"},
    {2, 3, 6, 0, "6 heads of 3 columns: some would have none"},
    {0, 6, 2, 1, "no tokens: everything fits"},
    {1, 6, 0, 0, "no heads at all: the columns would belong to nobody"},
};

static void a_request(Case *given)
{
    Matrix x = case_input(given, "x", REQUESTS[given->index].t, REQUESTS[given->index].d);
    for (size_t i = 0; i < x.rows * x.cols; i++)
        x.data[i] = 0;
    describe(given, "only the sizes matter here (1: refused, 0: accepted): %s",
             REQUESTS[given->index].story);
    case_number(given, "heads", (double)REQUESTS[given->index].heads);
    case_number(given, "head", (double)REQUESTS[given->index].head);
    case_output(given, 1, 1);
}

static void call_with_request(const Case *given, Matrix out)
{
    Matrix view = NO_MATRIX;
    Status status = head_view(given->inputs[0], number(given, HEADS), number(given, HEAD), &view);
    out.data[0] = status != STATUS_OK;
}

/* NAME is the formula that refuses this. */
#define REFUSES(name, what)                                                                        \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        const Sizes s = requested(given);                                                          \
        out.data[0] = what;                                                                        \
    }

static Sizes requested(const Case *given)
{
    return (Sizes){.t = (intptr_t)given->inputs[0].rows,
                   .d = (intptr_t)given->inputs[0].cols,
                   .heads = (intptr_t)given->numbers[HEADS],
                   .head = (intptr_t)given->numbers[HEAD]};
}

static bool cannot_share(Sizes s)
{
    return s.heads == 0 || s.d % s.heads != 0;
}

REFUSES(what_cannot_be, cannot_share(s) || s.head >= s.heads)
REFUSES(no_such_head_only, s.head >= s.heads)
REFUSES(heads_without_columns, s.d < s.heads || s.head >= s.heads)
REFUSES(unequal_blocks_only, cannot_share(s))
REFUSES(all_but_no_heads, s.heads != 0 && (cannot_share(s) || s.head >= s.heads))
REFUSES(no_tokens_too, s.t == 0 || cannot_share(s) || s.head >= s.heads)

static const Mistake REQUEST_MISTAKES[] = {
    {"no_heads_accepted",
     "0 heads are accepted: nothing can be divided by 0, and the columns would belong to nobody; "
     "refuse them before you divide",
     CODE, all_but_no_heads},
    {"remainder_dropped",
     "heads that do not divide the columns are accepted: in C 6 / 4 is 1, so the last columns "
     "would belong to no head, and nobody would notice; refuse them",
     CODE, no_such_head_only},
    {"remainder_dropped",
     "heads that do not divide the columns are accepted: in C 6 / 4 is 1, so the last columns "
     "would belong to no head, and nobody would notice; refuse them",
     CODE, heads_without_columns},
    {"no_such_head_accepted",
     "head 3 of 3 is accepted, and looks beyond the last column: heads are counted from 0, so the "
     "last one is heads - 1",
     SHAPES, unequal_blocks_only},
    {"empty_refused",
     "a sequence without tokens is refused: it is short, not wrong; its heads have no rows, and "
     "there is nothing to copy",
     CODE, no_tokens_too},
};

static const Step REQUEST = {"head_view",
                             "refuse heads that cannot be, and no others",
                             sizeof REQUESTS / sizeof *REQUESTS,
                             a_request,
                             call_with_request,
                             what_cannot_be,
                             ALL(REQUEST_MISTAKES)};

/* No columns at all. */
static void an_empty_row(Case *given)
{
    case_input(given, "x", given->index + 1, 0);
    describe(given, "only the sizes matter here (1: refused, 0: accepted): a token has no numbers");
    case_number(given, "heads", (double)(given->index + 1));
    case_number(given, "head", 0);
    case_output(given, 1, 1);
}

static void refused(const Case *given, Matrix out)
{
    (void)given;
    out.data[0] = 1;
}

static void accepted(const Case *given, Matrix out)
{
    (void)given;
    out.data[0] = 0;
}

static const Mistake EMPTY_MISTAKES[] = {
    {"columns_of_zero",
     "a matrix without columns is accepted, since every number divides 0; but a head needs at "
     "least one column",
     CODE, accepted},
};

static const Step EMPTY = {"head_view",
                           "refuse heads of a matrix without columns",
                           2,
                           an_empty_row,
                           call_with_request,
                           refused,
                           ALL(EMPTY_MISTAKES)};

START_TEST(head_view_refuses_what_cannot_be)
{
    teach(&REQUEST);
    teach(&EMPTY);
}
END_TEST

/* --- split_heads: what it leaves alone -------------------------------------------------------- */

/* What stands where a result will be written. */
static const float UNWRITTEN = -777;

static void left_as_it_was(const Case *given, Matrix out)
{
    (void)given;
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = UNWRITTEN;
}

static void an_x_afterwards(Case *given)
{
    a_probe(given);
    strcat(note, "\nwhat came out is x after the call; stacked held -777 everywhere before it");
    case_output(given, probe(given).rows, probe(given).cols);
}

/* Splits a copy of x, for the case keeps its own, into room that is as large as it must be. */
static void call_split(const Case *given, bool wants_x, Matrix result)
{
    Matrix x = probe(given), memory = given->inputs[0], copy = memory;
    size_t heads = number(given, HEADS), size = memory.rows * memory.cols;
    copy.data = malloc(size * sizeof *copy.data);
    float *numbers = malloc(x.rows * x.cols * sizeof *numbers);
    ck_assert(copy.data != NULL && numbers != NULL);
    memcpy(copy.data, memory.data, size * sizeof *copy.data);
    x.data = copy.data + beginning(given, x);
    Matrix stacked = matrix_view(numbers, heads * x.rows, x.cols / heads);
    left_as_it_was(given, stacked);
    if (is_accepted(split_heads(x, heads, stacked), result))
        for (size_t r = 0; r < result.rows; r++)
            memcpy(matrix_row(result, r), matrix_row(wants_x ? x : stacked, r),
                   result.cols * sizeof *numbers);
    free(copy.data);
    free(numbers);
}

static void call_for_x(const Case *given, Matrix out)
{
    call_split(given, true, out);
}

static void x_itself(const Case *given, Matrix out)
{
    for (size_t t = 0; t < out.rows; t++)
        memcpy(matrix_row(out, t), matrix_row(probe(given), t), out.cols * sizeof *out.data);
}

static const Mistake READING_MISTAKES[] = {
    {"copied_back_to_front",
     "x holds what stood in stacked before: the copy ran the wrong way; matrix_copy reads its "
     "first argument and writes its second, so the head comes first",
     CODE, left_as_it_was},
};

static const Step READING = {"split_heads",
                             "read x, and leave it as it is",
                             PROBES,
                             an_x_afterwards,
                             call_for_x,
                             x_itself,
                             ALL(READING_MISTAKES)};

START_TEST(split_heads_only_reads_x)
{
    teach(&READING);
}
END_TEST

/* --- split_heads: its order ------------------------------------------------------------------- */

static void a_stack(Case *given)
{
    a_probe(given);
    case_output(given, number(given, HEADS) * probe(given).rows, (size_t)sizes_of(given).w);
}

static void call_for_stack(const Case *given, Matrix out)
{
    call_split(given, false, out);
}

/* A place in the stack: its number n in memory, which is row t, column c of head h. */
typedef struct Place {
    Sizes s;
    intptr_t n, h, t, c;
} Place;

static Place place_of(const Case *given, size_t index)
{
    Sizes s = sizes_of(given);
    intptr_t n = (intptr_t)index;
    return (Place){.s = s, .n = n, .h = n / s.w / s.t, .t = n / s.w % s.t, .c = n % s.w};
}

/* Float `index` of x, counted from x[0][0]; NaN beyond the end. */
static float float_of_x(const Case *given, intptr_t index)
{
    float element;
    read_from(given, beginning(given, probe(given)) + index, 1, matrix_view(&element, 1, 1));
    return element;
}

/* NAME is the formula that puts this float of x at place p. */
#define GIVES_STACK(name, index)                                                                   \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        for (size_t n = 0; n < out.rows * out.cols; n++) {                                         \
            const Place p = place_of(given, n);                                                    \
            out.data[n] = float_of_x(given, index);                                                \
        }                                                                                          \
    }

GIVES_STACK(head_after_head, p.t *p.s.stride + p.h * p.s.w + p.c)
GIVES_STACK(row_after_row, p.n / p.s.d * p.s.stride + p.n % p.s.d)
GIVES_STACK(float_after_float, p.n)
GIVES_STACK(every_hth_column, p.t *p.s.stride + p.c * p.s.heads + p.h)
GIVES_STACK(the_first_each_time, p.t *p.s.stride + p.c)
GIVES_STACK(last_head_first, p.t *p.s.stride + (p.s.heads - 1 - p.h) * p.s.w + p.c)
GIVES_STACK(one_column_on, p.t *p.s.stride + p.h + p.c)
GIVES_STACK(rows_of_the_width, p.t *p.s.w + p.h * p.s.w + p.c)
GIVES_STACK(rows_of_d, p.t *p.s.d + p.h * p.s.w + p.c)

/* Number k of a head that is written column by column. */
static intptr_t turned_index(Place p)
{
    intptr_t k = p.t * p.s.w + p.c;
    return k % p.s.t * p.s.stride + p.h * p.s.w + k / p.s.t;
}

GIVES_STACK(columns_first, turned_index(p))

/* Every head is written `step` rows below the one before it. */
static void written_below(const Case *given, size_t step, Matrix out)
{
    const Matrix x = probe(given);
    left_as_it_was(given, out);
    for (size_t h = 0; h < number(given, HEADS); h++)
        for (size_t t = 0; t < x.rows; t++)
            for (size_t c = 0; c < out.cols; c++)
                matrix_row(out, h * step + t)[c] = matrix_row(x, t)[h * out.cols + c];
}

static void all_from_row_0(const Case *given, Matrix out)
{
    written_below(given, 0, out);
}

static void from_row_head(const Case *given, Matrix out)
{
    written_below(given, 1, out);
}

static const Mistake STACK_MISTAKES[] = {
    {"tokens_before_heads",
     "these are the numbers of x in the order in which they lay in memory, (T, heads, d / heads): "
     "a plain reshape, so that token 0 comes first with all its heads; head 0 must come first, "
     "with all its tokens",
     BREAK, row_after_row},
    {"tokens_before_heads",
     "these are the numbers of x in the order in which they lay in memory, (T, heads, d / heads): "
     "a plain reshape, so that token 0 comes first with all its heads; head 0 must come first, "
     "with all its tokens",
     BREAK, float_after_float},
    {"interleaved",
     "the columns are interleaved: head h took columns h, h + heads, h + 2 heads and so on; a head "
     "has neighbouring columns, from h times d / heads on, because that is how W_Q, W_K and W_V "
     "are laid out",
     BREAK, every_hth_column},
    {"first_head_for_all",
     "every head shows the first columns of x, so that all heads are alike: head h begins at "
     "column h times d / heads",
     HAND, the_first_each_time},
    {"counted_backwards",
     "the heads are counted from the right: head 0 has the first columns, and the last head the "
     "last ones",
     SHAPES, last_head_first},
    {"offset_by_head",
     "head h begins at column h here, so that neighbouring heads overlap: h heads of d / heads "
     "columns stand before it, so it begins at h times d / heads",
     HAND, one_column_on},
    {"tokens_and_columns_swapped",
     "each head was transposed: its columns lie one after the other; a row of a head is a token, "
     "as it was in x",
     SHAPES, columns_first},
    {"cols_for_stride",
     "row 0 is right, but row 1 of this head is what follows it in memory, and that belongs to the "
     "next head; from row to row a view has the stride of the matrix it looks into, not its own "
     "width",
     BREAK, rows_of_the_width},
    {"stride_of_a_whole_matrix",
     "the stride was taken to be d, the columns of x: here x is a view itself, and its rows lie "
     "further apart; take over x's stride",
     CODE, rows_of_d},
    {"heads_overwritten",
     "all heads were written to the same rows, each over the one before, and the rest of stacked "
     "was never written: head h begins in row h T of stacked",
     CODE, all_from_row_0},
    {"placed_by_head",
     "head h was written from row h on, over most of the head before it, and the rest of stacked "
     "was never written: h heads of T rows stand before it, so it begins in row h T",
     CODE, from_row_head},
    {"stacked_not_written",
     "stacked still holds what stood there before the call: nothing was copied to it", CODE,
     left_as_it_was},
};

static const Step STACK = {"split_heads",
                           "copy the heads out, one below the other",
                           PROBES,
                           a_stack,
                           call_for_stack,
                           head_after_head,
                           ALL(STACK_MISTAKES)};

START_TEST(split_heads_puts_head_below_head)
{
    teach(&STACK);
}
END_TEST

/* --- split_heads: what it refuses ------------------------------------------------------------- */

/* T, d, heads, and the rows and columns of stacked. */
static const struct {
    size_t t, d, heads, rows, cols;
    const char *story;
} STACKS[] = {
    {1, 4, 2, 2, 2, "everything fits"},
    {3, 4, 2, 6, 2, "everything fits"},
    {2, 4, 2, 2, 4, "stacked has the shape of x"},
    {3, 4, 2, 2, 6, "stacked has the right number of numbers only"},
    {1, 6, 2, 1, 3, "stacked has room for one head only"},
    {2, 6, 3, 6, 1, "stacked has too few columns"},
    {1, 5, 2, 2, 2, "2 heads do not divide 5 columns"},
    {0, 4, 2, 0, 2, "no tokens: everything fits"},
    {1, 4, 0, 0, 4, "no heads at all"},
};

enum { X, STACKED };

static void a_room(Case *given)
{
    const size_t i = given->index;
    Matrix x = case_input(given, "x", STACKS[i].t, STACKS[i].d);
    Matrix stacked = case_input(given, "stacked", STACKS[i].rows, STACKS[i].cols);
    for (size_t k = 0; k < x.rows * x.cols; k++)
        x.data[k] = 0;
    for (size_t k = 0; k < stacked.rows * stacked.cols; k++)
        stacked.data[k] = 0;
    describe(given, "only the shapes matter here (1: refused, 0: accepted): %s", STACKS[i].story);
    case_number(given, "heads", (double)STACKS[i].heads);
    case_output(given, 1, 1);
}

/* There is more room than the shape says, so that nothing breaks when it is not checked. */
static void call_with_room(const Case *given, Matrix out)
{
    static float room[64];
    Matrix stacked = matrix_view(room, given->inputs[STACKED].rows, given->inputs[STACKED].cols);
    out.data[0] = split_heads(given->inputs[X], number(given, HEADS), stacked) != STATUS_OK;
}

static bool are_equal_heads(const Case *given)
{
    return number(given, HEADS) > 0 && given->inputs[X].cols % number(given, HEADS) == 0;
}

static bool is_long_enough(const Case *given)
{
    return given->inputs[STACKED].rows == number(given, HEADS) * given->inputs[X].rows;
}

static bool is_wide_enough(const Case *given)
{
    size_t heads = number(given, HEADS);
    return heads > 0 && given->inputs[STACKED].cols == given->inputs[X].cols / heads;
}

static bool has_room(const Case *given)
{
    return is_long_enough(given) && is_wide_enough(given);
}

static bool has_shape(Matrix m, size_t rows, size_t cols)
{
    return m.rows == rows && m.cols == cols;
}

static bool is_like_x(const Case *given)
{
    return has_shape(given->inputs[STACKED], given->inputs[X].rows, given->inputs[X].cols);
}

static size_t count(Matrix m)
{
    return m.rows * m.cols;
}

/* NAME is the formula that accepts only this. */
#define ACCEPTS(name, what)                                                                        \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        out.data[0] = !(what);                                                                     \
    }

ACCEPTS(what_fits, are_equal_heads(given) && has_room(given))
ACCEPTS(any_room, are_equal_heads(given))
ACCEPTS(any_width, are_equal_heads(given) && is_long_enough(given))
ACCEPTS(any_length, are_equal_heads(given) && is_wide_enough(given))
ACCEPTS(the_same_count,
        are_equal_heads(given) && count(given->inputs[STACKED]) == count(given->inputs[X]))
ACCEPTS(the_shape_of_x, are_equal_heads(given) && is_like_x(given))
ACCEPTS(any_heads, has_room(given))
ACCEPTS(no_heads, number(given, HEADS) == 0 || (are_equal_heads(given) && has_room(given)))
ACCEPTS(some_tokens, given->inputs[X].rows > 0 && are_equal_heads(given) && has_room(given))

static const Mistake ROOM_MISTAKES[] = {
    {"room_not_checked",
     "a stacked of another shape is accepted, and would be written beyond its end: demand heads T "
     "rows and d / heads columns before anything is written",
     CODE, any_room},
    {"room_not_checked",
     "a stacked of another shape is accepted, and would be written beyond its end: demand heads T "
     "rows and d / heads columns before anything is written",
     CODE, any_width},
    {"room_not_checked",
     "a stacked of another shape is accepted, and would be written beyond its end: demand heads T "
     "rows and d / heads columns before anything is written",
     CODE, any_length},
    {"numbers_counted_for_shapes",
     "a stacked with the right number of numbers but another shape is accepted: compare rows with "
     "rows and columns with columns",
     CODE, the_same_count},
    {"stacked_like_x",
     "stacked is expected to have the shape of x: it has the heads one below the other, heads T "
     "rows of d / heads columns",
     CODE, the_shape_of_x},
    {"remainder_dropped",
     "heads that do not divide the columns are accepted: in C 6 / 4 is 1, so the last columns "
     "would belong to no head, and nobody would notice; refuse them",
     CODE, any_heads},
    {"no_heads_accepted",
     "0 heads are accepted: nothing can be divided by 0, and the columns would belong to nobody; "
     "refuse them before you divide",
     CODE, no_heads},
    {"empty_refused",
     "a sequence without tokens is refused: it is short, not wrong; its heads have no rows, and "
     "there is nothing to copy",
     CODE, some_tokens},
};

static const Step ROOM = {"split_heads",
                          "refuse what does not fit, and nothing else",
                          sizeof STACKS / sizeof *STACKS,
                          a_room,
                          call_with_room,
                          what_fits,
                          ALL(ROOM_MISTAKES)};

START_TEST(split_heads_refuses_what_does_not_fit)
{
    teach(&ROOM);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("4. head splitting, step by step");
    add_test(suite, a_head_has_all_tokens_and_some_columns);
    add_test(suite, a_head_looks_at_its_own_columns);
    add_test(suite, head_view_refuses_what_cannot_be);
    add_test(suite, split_heads_only_reads_x);
    add_test(suite, split_heads_puts_head_below_head);
    add_test(suite, split_heads_refuses_what_does_not_fit);
    return suite;
}
