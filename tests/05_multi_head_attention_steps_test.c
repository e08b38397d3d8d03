/* Chapter 5, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "multi_head_attention.h"
#include "oracle.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char BY_HAND[] = "lesson 5, \"By hand\"";
static const char CODE[] = "lesson 5, \"The code\"";
static const char BREAK[] = "lesson 5, \"Break it\"";
static const char COSTS[] = "lesson 5, \"What heads cost\"";
static const char SHAPES[] = "lesson 5, \"Formula, shapes, C\"";
static const char SPLITTING[] = "lesson 4, \"Break it\"";

/* A table of mistakes, and how many they are: the end of a Step. */
#define ALL(mistakes) mistakes, sizeof(mistakes) / sizeof *(mistakes)

/* --- Helpers ---------------------------------------------------------------------------------- */

/* Copies a table into the result, as far as both reach. */
static void put(Table table, size_t first_row, size_t first_col, Matrix out)
{
    for (size_t r = 0; r < table.rows && first_row + r < out.rows; r++)
        for (size_t c = 0; c < table.cols && first_col + c < out.cols; c++)
            matrix_row(out, first_row + r)[first_col + c] = (float)table.data[r * table.cols + c];
}

/* The same for what a function made. */
static void put_matrix(Matrix matrix, size_t first_row, Matrix out)
{
    Table table = table_of(matrix);
    put(table, first_row, 0, out);
    table_free(1, table);
}

/* A head's columns of a matrix. */
static Table columns_of(Matrix matrix, size_t heads, size_t head)
{
    Table whole = table_of(matrix);
    Table block = oracle_columns(whole, head * (whole.cols / heads), whole.cols / heads);
    table_free(1, whole);
    return block;
}

static void fill(Matrix out, float value)
{
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = value;
}

static char note[600];

/* What is said of a case, where a refusal can be added to it. */
static const char *note_of(const char *text)
{
    snprintf(note, sizeof note, "%s", text);
    return note;
}

/* Adds what a call has shown to what is said of its case. */
PRINTF_LIKE(1, 2) static void add_to_note(const char *format, ...)
{
    size_t used = strlen(note);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note + used, sizeof note - used, format, arguments);
    va_end(arguments);
}

/* A function that refuses what it should take gives NaN; the note then says why. */
static void note_refusal(Status status, Matrix out)
{
    if (status == STATUS_OK)
        return;
    add_to_note("\nthe call was refused, but these shapes fit: %s", last_error());
    fill(out, NAN);
}

/* --- multi_head_free ----------------------------------------------------------------------------
 */

enum { Q, K, V, RESULTS, ROLES };

static Matrix *role_of(HeadMatrices *all, size_t role)
{
    if (role == Q)
        return &all->q;
    if (role == K)
        return &all->k;
    return role == V ? &all->v : &all->concat;
}

/* The first so many matrices were made; then there was no memory left. */
static void some_matrices(Case *given)
{
    given->note =
        note_of("q, k, v and concat: so many of them were made, the others are NO_MATRIX; "
                "below, 1 stands for each that is NO_MATRIX afterwards");
    case_number(given, "made", (double)(ROLES - given->index));
    case_output(given, 1, ROLES);
}

static void call_free(const Case *given, Matrix out)
{
    HeadMatrices all = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    for (size_t i = 0; i < (size_t)given->numbers[0]; i++)
        assert_ok(matrix_create(2, 3, role_of(&all, i)));
    multi_head_free(&all);
    for (size_t i = 0; i < ROLES; i++)
        out.data[i] = role_of(&all, i)->data == NULL;
}

static void all_gone(const Case *given, Matrix out)
{
    (void)given;
    fill(out, 1);
}

static void all_still_there(const Case *given, Matrix out)
{
    for (size_t i = 0; i < ROLES; i++)
        out.data[i] = i >= (size_t)given->numbers[0];
}

static void all_but_concat(const Case *given, Matrix out)
{
    fill(out, 1);
    out.data[RESULTS] = given->numbers[0] < (double)ROLES;
}

static const Mistake FREE_MISTAKES[] = {
    {"pointers_left",
     "the matrices still have their pointers: matrix_free() makes a matrix NO_MATRIX, but it needs "
     "the address of yours, not that of a copy",
     CODE, all_still_there},
    {"concat_not_freed",
     "concat was forgotten: multi_head_project makes it too, as it makes q, k and v", CODE,
     all_but_concat},
};

static const Step FREE = {"multi_head_free", "free all four and leave NO_MATRIX",
                          ROLES + 1,         some_matrices,
                          call_free,         all_gone,
                          ALL(FREE_MISTAKES)};

START_TEST(nothing_is_left_when_all_is_freed)
{
    teach(&FREE);
}
END_TEST

/* --- multi_head_project ------------------------------------------------------------------------
 */

enum { X, CONTEXT, W_Q, W_K, W_V, B_Q, B_K, B_V };

static void some_projections(Case *given)
{
    size_t i = given->index, t_q = 2 + i % 2, t_k = 3 + i % 4, d = 2 + i % 3, cols = 4;
    case_input(given, "x", t_q, d);
    case_input(given, "context", t_k, d);
    case_input(given, "w_q", d, cols);
    case_input(given, "w_k", d, cols);
    case_input(given, "w_v", d, cols);
    case_input(given, "b_q", 1, cols);
    case_input(given, "b_k", 1, cols);
    case_input(given, "b_v", 1, cols);
    given->note = note_of("q must come from x, k and v from the context");
    case_part(given, "q", t_q);
    case_part(given, "k", t_k);
    case_part(given, "v", t_k);
    case_output(given, t_q + 2 * t_k, cols);
}

/* The first rows of a table into a block of the result. */
static void put_block(Table table, size_t first_row, size_t rows, Matrix out)
{
    Table part = {table.data, rows < table.rows ? rows : table.rows, table.cols};
    put(part, first_row, 0, out);
}

/* Where q, k or v stands in the result, and how many rows it must have. */
static size_t first_row_of(const Case *given, size_t role)
{
    size_t t_q = given->inputs[X].rows, t_k = given->inputs[CONTEXT].rows;
    return role == Q ? 0 : t_q + (role - K) * t_k;
}

static size_t rows_of(const Case *given, size_t role)
{
    return given->inputs[role == Q ? X : CONTEXT].rows;
}

static void call_project(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = {.w_q = in[W_Q],
                            .w_k = in[W_K],
                            .w_v = in[W_V],
                            .w_o = in[W_V],
                            .b_q = in[B_Q],
                            .b_k = in[B_K],
                            .b_v = in[B_V],
                            .heads = 2};
    HeadMatrices all = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status = multi_head_project(in[X], in[CONTEXT], &layer, &all);
    for (size_t role = Q; role <= V; role++) {
        Matrix made = *role_of(&all, role);
        if (made.rows != rows_of(given, role) || made.cols != out.cols)
            add_to_note("\n%s is %zux%zu, expected %zux%zu", given->part_names[role], made.rows,
                        made.cols, rows_of(given, role), out.cols);
        Table table = table_of(made);
        put_block(table, first_row_of(given, role), rows_of(given, role), out);
        table_free(1, table);
    }
    multi_head_free(&all);
    note_refusal(status, out);
}

/* For q, k and v: the sequence, the projection with its bias, and what becomes of the bias. */
enum { BIAS_ADDED, BIAS_LEFT_OUT, BIAS_FIRST };
typedef struct Recipe {
    size_t from[3], by[3];
    int bias;
} Recipe;

static void project_by(const Case *given, Recipe recipe, Matrix out)
{
    for (size_t role = Q; role <= V; role++) {
        Table x = table_of(given->inputs[recipe.from[role]]);
        Table w = table_of(given->inputs[W_Q + recipe.by[role]]);
        Table b = table_of(given->inputs[B_Q + recipe.by[role]]);
        for (size_t i = 0; recipe.bias == BIAS_FIRST && i < x.rows * x.cols; i++)
            x.data[i] += b.data[i % x.cols];
        Table result = oracle_linear(x, w, recipe.bias == BIAS_ADDED ? &b : NULL);
        put_block(result, first_row_of(given, role), rows_of(given, role), out);
        table_free(4, x, w, b, result);
    }
}

/* NAME is the formula that follows a recipe. */
#define FOLLOWS(name, ...)                                                                         \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        project_by(given, (Recipe)__VA_ARGS__, out);                                               \
    }

FOLLOWS(projected, {{X, CONTEXT, CONTEXT}, {Q, K, V}, BIAS_ADDED})
FOLLOWS(projected_without_biases, {{X, CONTEXT, CONTEXT}, {Q, K, V}, BIAS_LEFT_OUT})
FOLLOWS(projected_from_x, {{X, X, X}, {Q, K, V}, BIAS_ADDED})
FOLLOWS(projected_from_the_context, {{CONTEXT, CONTEXT, CONTEXT}, {Q, K, V}, BIAS_ADDED})
FOLLOWS(projected_the_other_way, {{CONTEXT, X, X}, {Q, K, V}, BIAS_ADDED})
FOLLOWS(projected_with_w_q, {{X, CONTEXT, CONTEXT}, {Q, Q, Q}, BIAS_ADDED})
FOLLOWS(projected_q_for_k, {{X, CONTEXT, CONTEXT}, {K, Q, V}, BIAS_ADDED})
FOLLOWS(projected_k_for_v, {{X, CONTEXT, CONTEXT}, {Q, V, K}, BIAS_ADDED})
FOLLOWS(from_x_without_biases, {{X, X, X}, {Q, K, V}, BIAS_LEFT_OUT})
FOLLOWS(other_way_without_biases, {{CONTEXT, X, X}, {Q, K, V}, BIAS_LEFT_OUT})
FOLLOWS(with_w_q_without_biases, {{X, CONTEXT, CONTEXT}, {Q, Q, Q}, BIAS_LEFT_OUT})
FOLLOWS(projected_after_the_bias, {{X, CONTEXT, CONTEXT}, {Q, K, V}, BIAS_FIRST})

static const char PROJECTIONS_SWAPPED[] =
    "two projections have changed places: w_q makes the queries, w_k the keys and w_v the values";

static const char CONTEXT_IGNORED[] =
    "keys and values were made from x, but the sequence that answers is the context; only the "
    "queries come from x";
static const char ROLES_SWAPPED[] =
    "x and the context have changed places: x asks, so it makes the queries; the context answers";
static const char ONE_PROJECTION[] =
    "keys and values were made with w_q: what a word asks, what it answers and what it hands over "
    "are three things, so there are three projections";

static const Mistake PROJECT_MISTAKES[] = {
    {"bias_forgotten",
     "the biases are missing: add b_q to each query, b_k to each key, b_v to each value, after the "
     "product",
     CODE, projected_without_biases},
    {"context_ignored", CONTEXT_IGNORED, CODE, projected_from_x},
    {"context_ignored", CONTEXT_IGNORED, CODE, from_x_without_biases},
    {"queries_from_the_context",
     "the queries were made from the context, but the sequence that asks is x: each of its tokens "
     "gets an answer",
     CODE, projected_from_the_context},
    {"x_and_context_swapped", ROLES_SWAPPED, CODE, projected_the_other_way},
    {"x_and_context_swapped", ROLES_SWAPPED, CODE, other_way_without_biases},
    {"same_projection", ONE_PROJECTION, SHAPES, projected_with_w_q},
    {"same_projection", ONE_PROJECTION, SHAPES, with_w_q_without_biases},
    {"projections_swapped", PROJECTIONS_SWAPPED, SHAPES, projected_q_for_k},
    {"projections_swapped", PROJECTIONS_SWAPPED, SHAPES, projected_k_for_v},
    {"bias_added_to_x",
     "the bias was added to the sequence, before the product: it has a number for each column of "
     "the projection, and is added to that, x W + b",
     CODE, projected_after_the_bias},
};

static const Step PROJECT = {
    "multi_head_project",
    "project queries from x, keys and values from the context, and add the biases",
    8,
    some_projections,
    call_project,
    projected,
    ALL(PROJECT_MISTAKES)};

START_TEST(queries_come_from_x_and_the_rest_from_the_context)
{
    teach(&PROJECT);
}
END_TEST

/* --- multi_head_project: room for the results ---------------------------------------------------
 */

/* Of x T_q and d, of the context T_k and d, of one head d_k and d_v, and the heads. */
static const size_t ROOMS[][7] = {{2, 2, 3, 2, 1, 2, 2},
                                  {3, 5, 2, 5, 2, 1, 3},
                                  {4, 3, 4, 2, 3, 2, 2},
                                  {2, 6, 5, 4, 2, 3, 4},
                                  {5, 4, 3, 4, 1, 4, 3}};

static void some_room(Case *given)
{
    const size_t *size = ROOMS[given->index], heads = size[6];
    case_input(given, "x", size[0], size[1]);
    case_input(given, "context", size[2], size[3]);
    case_input(given, "w_q", size[1], heads * size[4]);
    case_input(given, "w_k", size[3], heads * size[4]);
    case_input(given, "w_v", size[3], heads * size[5]);
    case_number(given, "heads", (double)heads);
    given->note = note_of("there are no biases; below, the rows and the columns of concat");
    case_output(given, 1, 2);
}

static void call_for_room(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = {
        .w_q = in[W_Q], .w_k = in[W_K], .w_v = in[W_V], .heads = (size_t)given->numbers[0]};
    HeadMatrices all = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status = multi_head_project(in[X], in[CONTEXT], &layer, &all);
    out.data[0] = (float)all.concat.rows;
    out.data[1] = (float)all.concat.cols;
    multi_head_free(&all);
    note_refusal(status, out);
}

/* NAME is the formula of two sizes; `size` is the line of ROOMS. */
#define GIVES_ROOM(name, rows, cols)                                                               \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        const size_t *size = ROOMS[given->index];                                                  \
        out.data[0] = (float)(rows);                                                               \
        out.data[1] = (float)(cols);                                                               \
    }

GIVES_ROOM(room_right, size[0], size[6] * size[5])
GIVES_ROOM(room_as_wide_as_q, size[0], size[6] * size[4])
GIVES_ROOM(room_as_wide_as_x, size[0], size[1])
GIVES_ROOM(room_as_long_as_k, size[2], size[6] * size[5])
GIVES_ROOM(room_for_one, size[0], size[5])
GIVES_ROOM(room_below_each_other, size[6] * size[0], size[5])

static void no_room(const Case *given, Matrix out)
{
    (void)given;
    fill(out, 0);
}

static const Mistake ROOM_MISTAKES[] = {
    {"concat_as_wide_as_queries",
     "concat is as wide as the queries: it receives mixed values, so it has the columns of w_v",
     SHAPES, room_as_wide_as_q},
    {"concat_as_wide_as_x",
     "concat is as wide as x: it has heads times d_v columns, which need not be d_model; w_o leads "
     "back to d_model",
     SHAPES, room_as_wide_as_x},
    {"concat_as_long_as_keys",
     "concat has a row for each key: who asks gets an answer, so it has a row for each query",
     SHAPES, room_as_long_as_k},
    {"concat_for_one_head",
     "concat has room for one head only: all heads stand there side by side, heads times d_v "
     "columns",
     SHAPES, room_for_one},
    {"concat_stacked",
     "concat has the heads one below the other: a token wants one row, in which they stand side by "
     "side",
     SHAPES, room_below_each_other},
    {"concat_not_made",
     "there is no concat: make room for the results too, so that the heads can write into it", CODE,
     no_room},
};

static const Step ROOM = {"multi_head_project",
                          "make room for the results of all heads, side by side",
                          sizeof ROOMS / sizeof *ROOMS,
                          some_room,
                          call_for_room,
                          room_right,
                          ALL(ROOM_MISTAKES)};

START_TEST(there_is_room_for_the_results_of_all_heads)
{
    teach(&ROOM);
}
END_TEST

/* --- multi_head_select -------------------------------------------------------------------------
 */

enum { HEADS, HEAD };

static void a_probe(Case *given)
{
    size_t i = given->index, heads = 2 + i % 3, d_k = 3 - i % 2, t = 2 + i % 4;
    Matrix q = case_input(given, "q of all heads; each number is 100 row + column", t, heads * d_k);
    for (size_t r = 0; r < t; r++)
        for (size_t c = 0; c < q.cols; c++)
            matrix_row(q, r)[c] = (float)(100 * r + c);
    case_number(given, "heads", (double)heads);
    case_number(given, "head", (double)(1 + i % (heads - 1)));
    given->note = note_of("below, one->q");
    case_output(given, t, d_k);
}

static void call_select(const Case *given, Matrix out)
{
    Matrix q = given->inputs[0];
    HeadMatrices all = {q, q, q, q}, one = all;
    Status status =
        multi_head_select(&all, (size_t)given->numbers[HEADS], (size_t)given->numbers[HEAD], &one);
    put_matrix(one.q, 0, out);
    note_refusal(status, out);
}

static void select_head(const Case *given, size_t head, Matrix out)
{
    Table block = columns_of(given->inputs[0], (size_t)given->numbers[HEADS], head);
    put(block, 0, 0, out);
    table_free(1, block);
}

static void selected(const Case *given, Matrix out)
{
    select_head(given, (size_t)given->numbers[HEAD], out);
}

static void first_selected(const Case *given, Matrix out)
{
    select_head(given, 0, out);
}

static void selected_from_the_end(const Case *given, Matrix out)
{
    select_head(given, (size_t)(given->numbers[HEADS] - 1 - given->numbers[HEAD]), out);
}

/* As many columns as there are heads; where there are not so many, that is refused. */
static void as_wide_as_heads(const Case *given, Matrix out)
{
    size_t heads = (size_t)given->numbers[HEADS], first = (size_t)given->numbers[HEAD] * heads;
    if (first + heads > given->inputs[0].cols)
        return;
    Table whole = table_of(given->inputs[0]), block = oracle_columns(whole, first, heads);
    put(block, 0, 0, out);
    table_free(2, whole, block);
}

static const Mistake SELECT_MISTAKES[] = {
    {"heads_for_width",
     "the number of heads was taken for the width of one: a head has d_k columns, all columns "
     "divided by the heads, and begins at column head times d_k",
     SHAPES, as_wide_as_heads},
    {"first_head_for_all",
     "every head gets the columns of head 0, so all heads do the same: head h begins at column h "
     "d_k",
     BREAK, first_selected},
    {"heads_from_the_end",
     "the heads are counted from the right: head 0 has the first columns, not the last", CODE,
     selected_from_the_end},
};

/* T_q, T_k, d_k, d_v, heads and head. */
static const size_t SELECTIONS[][6] = {{2, 2, 1, 2, 2, 1}, {3, 2, 2, 1, 3, 2}, {4, 4, 2, 3, 2, 0},
                                       {2, 6, 3, 2, 2, 1}, {3, 4, 1, 3, 4, 2}, {6, 3, 2, 1, 3, 1}};

static void a_selection(Case *given)
{
    static const char *const NAMES[ROLES] = {"q", "k", "v", "concat"};
    static const char *const VIEWS[ROLES] = {"one->q", "one->k", "one->v", "one->concat"};
    given->shapes_only = true;
    const size_t *size = SELECTIONS[given->index];
    for (size_t role = 0; role < ROLES; role++)
        case_input(given, NAMES[role], size[role == K || role == V],
                   size[4] * size[role == Q || role == K ? 2 : 3]);
    case_number(given, "heads", (double)size[4]);
    case_number(given, "head", (double)size[5]);
    given->note =
        note_of("below, for each view: its rows, its columns, and how many numbers stand before "
                "its first one in the whole matrix (-1: it is not in that matrix)");
    for (size_t role = 0; role < ROLES; role++)
        case_part(given, VIEWS[role], 1);
    case_output(given, ROLES, 3);
}

/* A view in three numbers. */
typedef struct View {
    size_t rows, cols;
    double first;
} View;

static void put_view(View view, size_t role, Matrix out)
{
    const double numbers[] = {(double)view.rows, (double)view.cols, view.first};
    for (size_t i = 0; i < 3; i++)
        matrix_row(out, role)[i] = (float)numbers[i];
}

static double beginning(Matrix whole, Matrix view)
{
    intptr_t bytes = (intptr_t)view.data - (intptr_t)whole.data;
    intptr_t end = (intptr_t)(whole.rows * whole.cols * sizeof(float));
    return bytes >= 0 && bytes < end ? (double)bytes / sizeof(float) : -1;
}

static void call_select_all(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    HeadMatrices all = {in[Q], in[K], in[V], in[RESULTS]};
    HeadMatrices one = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status =
        multi_head_select(&all, (size_t)given->numbers[HEADS], (size_t)given->numbers[HEAD], &one);
    for (size_t role = 0; role < ROLES; role++) {
        Matrix m = *role_of(&one, role);
        put_view((View){m.rows, m.cols, beginning(in[role], m)}, role, out);
    }
    note_refusal(status, out);
}

static View whole_of(const Case *given, size_t role)
{
    return (View){given->inputs[role].rows, given->inputs[role].cols, 0};
}

/* The columns of a head, when each has that many. */
static View columns_from(const Case *given, size_t role, size_t width)
{
    return (View){given->inputs[role].rows, width, given->numbers[HEAD] * (double)width};
}

static View own_block(const Case *given, size_t role)
{
    return columns_from(given, role, given->inputs[role].cols / (size_t)given->numbers[HEADS]);
}

static View first_block(const Case *given, size_t role)
{
    View view = own_block(given, role);
    view.first = 0;
    return view;
}

static View elsewhere(const Case *given, size_t role)
{
    View view = own_block(given, role);
    view.first = -1;
    return view;
}

static View nothing(const Case *given, size_t role)
{
    (void)given;
    (void)role;
    return (View){0, 0, -1};
}

static View as_wide_as_q(const Case *given, size_t role)
{
    return columns_from(given, role, given->inputs[Q].cols / (size_t)given->numbers[HEADS]);
}

static View piece(const Case *given, size_t role)
{
    View view = whole_of(given, role);
    view.rows /= (size_t)given->numbers[HEADS];
    view.first = given->numbers[HEAD] * (double)(view.rows * view.cols);
    return view;
}

/* NAME is the formula that gives this view for each role. */
#define GIVES_VIEWS(name, view)                                                                    \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        for (size_t role = 0; role < ROLES; role++)                                                \
            put_view(view(given, role), role, out);                                                \
    }

/* The same, but for concat. */
#define GIVES_VIEWS_AND(name, view, view_of_concat)                                                \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        for (size_t role = 0; role < RESULTS; role++)                                              \
            put_view(view(given, role), role, out);                                                \
        put_view(view_of_concat(given, RESULTS), RESULTS, out);                                    \
    }

GIVES_VIEWS(views_right, own_block)
GIVES_VIEWS(views_of_one_width, as_wide_as_q)
GIVES_VIEWS(all_elsewhere, elsewhere)
GIVES_VIEWS(pieces, piece)
GIVES_VIEWS_AND(concat_whole, own_block, whole_of)
GIVES_VIEWS_AND(concat_elsewhere, own_block, elsewhere)
GIVES_VIEWS_AND(concat_first, own_block, first_block)
GIVES_VIEWS_AND(concat_forgotten, own_block, nothing)
GIVES_VIEWS_AND(concat_only, first_block, own_block)

static void queries_only(const Case *given, Matrix out)
{
    views_right(given, out);
    put_view(whole_of(given, K), K, out);
    put_view(whole_of(given, V), V, out);
}

static const char COPIED_FOR_VIEWED[] =
    "this is memory of its own (-1): what is written there does not reach all->concat; take a view "
    "of each matrix, nothing is copied";

static const Mistake VIEW_MISTAKES[] = {
    {"values_as_wide_as_keys",
     "all four were given the width of the queries: a head of v and of concat is d_v wide, which "
     "need not be d_k",
     SHAPES, views_of_one_width},
    {"concat_not_split",
     "one->concat is all of concat: each head has its own block of columns there, and writes to no "
     "other",
     CODE, concat_whole},
    {"concat_not_selected",
     "one->concat was not set: a head writes its result there, so it needs its block of concat too",
     CODE, concat_forgotten},
    {"copied_for_viewed", COPIED_FOR_VIEWED, CODE, concat_elsewhere},
    {"copied_for_viewed", COPIED_FOR_VIEWED, CODE, all_elsewhere},
    {"heads_overwrite",
     "every head writes into the first columns of concat, over the one before it: head h has its "
     "own block there too",
     CODE, concat_first},
    {"first_head_for_all",
     "every head reads the columns of head 0, so all heads do the same: head h has block h of q, k "
     "and v, as of concat",
     BREAK, concat_only},
    {"only_queries_split",
     "keys and values were left whole: a query of d_k numbers meets keys of d_k numbers, so k and "
     "v are split as q is",
     SHAPES, queries_only},
    {"split_the_sequence",
     "the sequences were cut between tokens: a head sees every token, but only its own columns",
     SPLITTING, pieces},
};

static const Step SELECT_ALL = {"multi_head_select",
                                "give the head's own columns of all four, as views",
                                sizeof SELECTIONS / sizeof *SELECTIONS,
                                a_selection,
                                call_select_all,
                                views_right,
                                ALL(VIEW_MISTAKES)};

static const Step SELECT = {"multi_head_select",
                            "look at one head's columns of q, k, v and the concatenation",
                            8,
                            a_probe,
                            call_select,
                            selected,
                            ALL(SELECT_MISTAKES)};

START_TEST(a_head_is_its_columns_of_everything)
{
    teach(&SELECT);
    teach(&SELECT_ALL);
}
END_TEST

/* --- multi_head_output -------------------------------------------------------------------------
 */

enum { CONCAT, W_O, B_O };

static void some_output(Case *given)
{
    size_t i = given->index, cols = 4, d_out = i % 2 == 0 ? 4 : 3 + i % 4;
    case_input(given, "concat", 2 + i % 3, cols);
    case_input(given, "w_o", cols, d_out);
    case_input(given, "b_o", 1, d_out);
    given->note = note_of("two heads of two columns stand side by side in concat");
    case_output(given, 2 + i % 3, d_out);
}

static void call_output(const Case *given, Matrix out)
{
    MultiHeadLayer layer = {.w_o = given->inputs[W_O], .b_o = given->inputs[B_O], .heads = 2};
    note_refusal(multi_head_output(given->inputs[CONCAT], &layer, out), out);
}

/* The output with a bias that counts so often. */
static void output_with(const Case *given, bool transposed, double times, Matrix out)
{
    Table concat = table_of(given->inputs[CONCAT]), w = table_of(given->inputs[W_O]);
    Table b = table_of(given->inputs[B_O]), t = oracle_transpose(w);
    for (size_t i = 0; i < b.cols; i++)
        b.data[i] *= times;
    if (!transposed || w.rows == w.cols) {
        Table result = oracle_linear(concat, transposed ? t : w, &b);
        put(result, 0, 0, out);
        table_free(1, result);
    }
    table_free(4, concat, w, b, t);
}

static void output_right(const Case *given, Matrix out)
{
    output_with(given, false, 1, out);
}

static void output_transposed(const Case *given, Matrix out)
{
    output_with(given, true, 1, out);
}

static void output_without_bias(const Case *given, Matrix out)
{
    output_with(given, false, 0, out);
}

static void output_transposed_without_bias(const Case *given, Matrix out)
{
    output_with(given, true, 0, out);
}

static void output_bias_twice(const Case *given, Matrix out)
{
    output_with(given, false, 2, out); /* the layer has two heads */
}

/* The concatenation itself; where the widths differ, that is refused. */
static void output_is_concat(const Case *given, Matrix out)
{
    if (given->inputs[CONCAT].cols != out.cols)
        return;
    put_matrix(given->inputs[CONCAT], 0, out);
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] += given->inputs[B_O].data[c];
}

/* The two heads added up, times the rows of w_o for one head; the mean, when halved. */
static void output_of_summed(const Case *given, double factor, Matrix out)
{
    const Matrix *in = given->inputs;
    size_t d_v = in[CONCAT].cols / 2;
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++) {
            double sum = in[B_O].data[c];
            for (size_t k = 0; k < in[CONCAT].cols; k++)
                sum +=
                    factor * (double)matrix_row(in[CONCAT], r)[k] * matrix_row(in[W_O], k % d_v)[c];
            matrix_row(out, r)[c] = (float)sum;
        }
}

static void output_of_sum(const Case *given, Matrix out)
{
    output_of_summed(given, 1, out);
}

static void output_of_mean(const Case *given, Matrix out)
{
    output_of_summed(given, 0.5, out);
}

static void output_bias_once(const Case *given, Matrix out)
{
    output_with(given, false, 0, out);
    for (size_t c = 0; c < out.cols; c++)
        out.data[c] += given->inputs[B_O].data[c];
}

static const char W_O_TRANSPOSED[] =
    "w_o was used transposed: here it is (in, out), so the product is concat w_o and not concat "
    "w_o^T";

static const Mistake OUTPUT_MISTAKES[] = {
    {"w_o_left_out",
     "the concatenation is given out as it is: multiply it by w_o, which mixes the heads back into "
     "the columns of the sequence",
     BREAK, output_is_concat},
    {"w_o_transposed", W_O_TRANSPOSED, BREAK, output_transposed},
    {"w_o_transposed", W_O_TRANSPOSED, BREAK, output_transposed_without_bias},
    {"output_bias_forgotten", "the bias b_o is missing: add it to each row after the product", CODE,
     output_without_bias},
    {"output_bias_per_head", "b_o was added once for each head: it belongs to the output, once",
     CODE, output_bias_twice},
    {"bias_in_the_first_row",
     "b_o was added to the first row only: it is one row, but every token gets it", CODE,
     output_bias_once},
    {"heads_summed",
     "the heads were added up before w_o, so that both meet its first rows: what they have found "
     "can then no longer be told apart; each has rows of its own",
     BREAK, output_of_sum},
    {"heads_averaged",
     "the heads were averaged before w_o: set side by side they are concatenated, and each meets "
     "its own rows of w_o",
     BREAK, output_of_mean},
};

static const Step OUTPUT = {"multi_head_output",
                            "multiply the concatenation by w_o and add b_o",
                            8,
                            some_output,
                            call_output,
                            output_right,
                            ALL(OUTPUT_MISTAKES)};

START_TEST(the_output_is_the_concatenation_times_w_o)
{
    teach(&OUTPUT);
}
END_TEST

/* --- multi_head_expect_shapes ------------------------------------------------------------------
 */

enum { M_X, M_CONTEXT, M_W_Q, M_W_K, M_W_V, M_W_O, M_WEIGHTS, M_OUT, M_PARTS };
/* Biases are not shown, and most cases have none. */
enum { M_B_Q = M_PARTS, M_B_V, M_B_O, M_HEADS, NO_PART };

/* T_q, d of x, T_k, d of the context, heads, d_k, d_v, d_out; one part then gets another shape. */
static const struct {
    size_t size[8];
    size_t part, rows, cols;
    const char *story;
} MEETINGS[] = {
    {{1, 4, 1, 4, 2, 2, 2, 4}, NO_PART, 0, 0, "everything fits"},
    {{2, 2, 2, 2, 2, 2, 2, 2}, NO_PART, 0, 0, "heads d_k is not d_model: everything fits"},
    {{1, 4, 1, 4, 2, 2, 1, 4}, NO_PART, 0, 0, "d_v is not d_k: everything fits"},
    {{1, 4, 1, 4, 2, 2, 2, 3}, NO_PART, 0, 0, "d_out is not d_model: everything fits"},
    {{1, 4, 2, 4, 2, 2, 2, 4}, NO_PART, 0, 0, "T_k is not T_q: everything fits"},
    {{1, 4, 1, 3, 2, 2, 2, 4}, NO_PART, 0, 0, "the context has another width: everything fits"},
    {{2, 4, 2, 4, 2, 2, 2, 4}, NO_PART, 0, 0, "as many tokens as heads: everything fits"},
    {{0, 4, 0, 4, 2, 2, 2, 4}, NO_PART, 0, 0, "no tokens: everything fits"},
    {{1, 4, 1, 4, 2, 2, 2, 4}, M_W_Q, 3, 4, "a token has 4 numbers, but w_q has 3 rows"},
    {{2, 4, 2, 4, 2, 2, 2, 4}, M_W_K, 3, 4, "a token has 4 numbers, but w_k has 3 rows"},
    {{2, 4, 2, 4, 2, 2, 2, 4}, M_W_V, 3, 4, "a token has 4 numbers, but w_v has 3 rows"},
    {{1, 4, 1, 4, 2, 2, 2, 4}, M_CONTEXT, 1, 3, "w_k and w_v have rows for x, not for the context"},
    {{2, 4, 2, 4, 2, 2, 2, 4}, M_W_K, 4, 6, "queries of 2 numbers cannot meet keys of 3"},
    {{0, 4, 0, 4, 2, 2, 3, 4}, M_HEADS, 3, 0, "3 heads do not divide the columns of w_q"},
    {{0, 4, 0, 4, 2, 3, 2, 4}, M_HEADS, 3, 0, "3 heads do not divide the columns of w_v"},
    {{0, 4, 0, 4, 2, 2, 2, 4}, M_HEADS, 3, 0, "3 heads divide the columns of neither"},
    {{2, 4, 2, 4, 2, 2, 2, 4}, M_W_O, 2, 4, "w_o has rows for one head only"},
    {{2, 4, 2, 4, 2, 2, 3, 4}, M_W_O, 4, 4, "w_o has heads d_k rows, not heads d_v"},
    {{2, 4, 2, 4, 2, 2, 2, 4}, M_WEIGHTS, 2, 2, "weights has room for one head only"},
    {{2, 4, 3, 4, 2, 2, 2, 4}, M_WEIGHTS, 2, 6, "weights has room for heads side by side"},
    {{1, 4, 2, 4, 2, 2, 2, 4}, M_OUT, 2, 4, "out has a row for each key, not for each query"},
    {{1, 4, 1, 4, 2, 2, 2, 3}, M_OUT, 1, 4, "out is as wide as x, not as w_o"},
    {{1, 4, 1, 4, 2, 2, 2, 4}, M_B_Q, 1, 3, "b_q (not shown) has 3 numbers for 4 columns"},
    {{1, 4, 1, 4, 2, 2, 2, 4}, M_B_Q, 2, 4, "b_q (not shown) has two rows"},
    {{1, 4, 1, 4, 2, 2, 2, 4}, M_B_V, 1, 2, "b_v (not shown) has numbers for one head only"},
    {{1, 4, 1, 4, 2, 2, 2, 3}, M_B_O, 1, 4, "b_o (not shown) has 4 numbers for 3 columns"},
    {{1, 4, 1, 4, 2, 2, 2, 3}, M_B_O, 1, 3, "w_o has a bias (not shown): everything fits"},
};

static void a_meeting(Case *given)
{
    static const char *const NAMES[M_PARTS] = {"x",   "context", "w_q",     "w_k",
                                               "w_v", "w_o",     "weights", "out"};
    const size_t i = given->index, *s = MEETINGS[i].size;
    const size_t shapes[M_PARTS][2] = {
        {s[0], s[1]},        {s[2], s[3]},        {s[1], s[4] * s[5]}, {s[3], s[4] * s[5]},
        {s[3], s[4] * s[6]}, {s[4] * s[6], s[7]}, {s[4] * s[0], s[2]}, {s[0], s[7]}};
    for (size_t part = 0; part < M_PARTS; part++) {
        bool is_other = part == MEETINGS[i].part;
        fill(case_input(given, NAMES[part], is_other ? MEETINGS[i].rows : shapes[part][0],
                        is_other ? MEETINGS[i].cols : shapes[part][1]),
             0);
    }
    case_number(given, "heads", (double)(MEETINGS[i].part == M_HEADS ? MEETINGS[i].rows : s[4]));
    snprintf(note, sizeof note, "only the shapes matter here (1: refused, 0: accepted): %s",
             MEETINGS[i].story);
    given->note = note;
    given->shapes_only = true;
    case_output(given, 1, 1);
}

/* The columns of a bias that this case is about; 0 for no bias. */
static size_t bias_columns(const Case *given, size_t part)
{
    return MEETINGS[given->index].part == part ? MEETINGS[given->index].cols : 0;
}

static void call_expect_shapes(const Case *given, Matrix out)
{
    static float numbers[8];
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = {.w_q = in[M_W_Q],
                            .w_k = in[M_W_K],
                            .w_v = in[M_W_V],
                            .w_o = in[M_W_O],
                            .heads = (size_t)given->numbers[0]};
    Matrix *const biases[] = {&layer.b_q, &layer.b_v, &layer.b_o};
    for (size_t i = 0; i < 3; i++)
        if (bias_columns(given, M_B_Q + i) > 0)
            *biases[i] =
                matrix_view(numbers, MEETINGS[given->index].rows, bias_columns(given, M_B_Q + i));
    Status status =
        multi_head_expect_shapes("check", in[M_X], in[M_CONTEXT], &layer, in[M_WEIGHTS], in[M_OUT]);
    if (status != STATUS_OK)
        add_to_note("\nyou refused it with: %s", last_error());
    out.data[0] = status != STATUS_OK;
}

static size_t rows_in(const Case *given, size_t part)
{
    return given->inputs[part].rows;
}

static size_t columns_in(const Case *given, size_t part)
{
    return given->inputs[part].cols;
}

static size_t heads_in(const Case *given)
{
    return (size_t)given->numbers[0];
}

static bool is_shared(const Case *given, size_t part)
{
    return columns_in(given, part) % heads_in(given) == 0;
}

static bool is_sized(const Case *given, size_t part, size_t row_count, size_t column_count)
{
    return rows_in(given, part) == row_count && columns_in(given, part) == column_count;
}

static bool bias_is_row(const Case *given)
{
    size_t part = MEETINGS[given->index].part;
    bool is_bias = part == M_B_Q || part == M_B_V || part == M_B_O;
    return !is_bias || MEETINGS[given->index].rows == 1;
}

static bool bias_fits(const Case *given, size_t bias, size_t part)
{
    return bias_columns(given, bias) == 0 || bias_columns(given, bias) == columns_in(given, part);
}

/* What must hold, one by one; `more` is what need not. */
typedef struct Fit {
    bool rows_q, rows_k, rows_v, shared_q, shared_v, compared, w_o, weights, out, biases, is_row,
        more;
} Fit;

static Fit fit_of(const Case *given)
{
    Fit fit = {.more = true};
    fit.rows_q = rows_in(given, M_W_Q) == columns_in(given, M_X);
    fit.rows_k = rows_in(given, M_W_K) == columns_in(given, M_CONTEXT);
    fit.rows_v = rows_in(given, M_W_V) == columns_in(given, M_CONTEXT);
    fit.shared_q = is_shared(given, M_W_Q);
    fit.shared_v = is_shared(given, M_W_V);
    fit.compared = columns_in(given, M_W_Q) == columns_in(given, M_W_K);
    fit.w_o = rows_in(given, M_W_O) == columns_in(given, M_W_V);
    fit.weights = is_sized(given, M_WEIGHTS, heads_in(given) * rows_in(given, M_X),
                           rows_in(given, M_CONTEXT));
    fit.out = is_sized(given, M_OUT, rows_in(given, M_X), columns_in(given, M_W_O));
    fit.biases = bias_fits(given, M_B_Q, M_W_Q) && bias_fits(given, M_B_V, M_W_V) &&
                 bias_fits(given, M_B_O, M_W_O);
    fit.is_row = bias_is_row(given);
    return fit;
}

static bool is_fit(Fit f)
{
    return f.rows_q && f.rows_k && f.rows_v && f.shared_q && f.shared_v && f.compared && f.w_o &&
           f.weights && f.out && f.biases && f.is_row && f.more;
}

/* NAME is the formula that refuses what does not fit, but with one demand changed. */
#define REFUSES(name, demand, instead)                                                             \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        Fit fit = fit_of(given);                                                                   \
        fit.demand = instead;                                                                      \
        out.data[0] = !is_fit(fit);                                                                \
    }

REFUSES(what_does_not_fit, more, true)
REFUSES(heads_of_other_width, more, columns_in(given, M_W_Q) == columns_in(given, M_X))
REFUSES(other_values, more, columns_in(given, M_W_V) == columns_in(given, M_W_K))
REFUSES(other_output, more, columns_in(given, M_W_O) == columns_in(given, M_X))
REFUSES(other_length, more, rows_in(given, M_X) == rows_in(given, M_CONTEXT))
REFUSES(other_context, more, columns_in(given, M_X) == columns_in(given, M_CONTEXT))
REFUSES(uneven_sequences, more, rows_in(given, M_X) % heads_in(given) == 0)
REFUSES(empty_sequences, more, rows_in(given, M_X) > 0)
REFUSES(all_but_uneven_queries, shared_q, true)
REFUSES(all_but_uneven_values, shared_v, true)
REFUSES(all_but_uneven, shared_q, fit.shared_v = true)
REFUSES(all_but_unequal, compared, true)
REFUSES(all_but_w_o, w_o, true)
REFUSES(w_o_by_keys, w_o, rows_in(given, M_W_O) == columns_in(given, M_W_K))
REFUSES(w_o_by_head, w_o, rows_in(given, M_W_O) == columns_in(given, M_W_V) / heads_in(given))
REFUSES(weights_by_head, weights,
        is_sized(given, M_WEIGHTS, rows_in(given, M_X), rows_in(given, M_CONTEXT)))
REFUSES(weights_in_a_row, weights,
        is_sized(given, M_WEIGHTS, rows_in(given, M_X),
                 heads_in(given) * rows_in(given, M_CONTEXT)))
REFUSES(all_but_weights, weights, true)
REFUSES(all_but_out, out, true)
REFUSES(all_but_room, weights, fit.out = true)
REFUSES(out_like_x, out, is_sized(given, M_OUT, rows_in(given, M_X), columns_in(given, M_X)))
REFUSES(all_but_biases, biases, fit.is_row = true)
REFUSES(all_but_rows_of_biases, is_row, true)
REFUSES(all_but_rows_of_w_q, rows_q, true)
REFUSES(all_but_rows, rows_q, fit.rows_k = fit.rows_v = true)

static void checked_against_x(const Case *given, Matrix out)
{
    Fit fit = fit_of(given);
    fit.rows_k = rows_in(given, M_W_K) == columns_in(given, M_X);
    fit.rows_v = rows_in(given, M_W_V) == columns_in(given, M_X);
    out.data[0] = !is_fit(fit);
}

static const char REMAINDER_DROPPED[] =
    "heads that do not divide the columns are accepted: they share the columns of w_q equally, and "
    "those of w_v, so check both";
static const char ROOM_NOT_CHECKED[] =
    "results of another shape are accepted, and would be written beyond their end: weights must be "
    "(heads T_q) x T_k, out T_q x d_out";
static const char ROWS_NOT_CHECKED[] =
    "a projection with any number of rows is accepted: x W needs a row of W for each column of x";

static const Mistake MEETING_MISTAKES[] = {
    {"width_is_d_model",
     "a layer whose heads times d_k are not d_model is refused: that they are is a custom; w_o "
     "leads back from any width",
     SHAPES, heads_of_other_width},
    {"d_v_is_d_k",
     "values of another width than the keys are refused: d_v need not be d_k, for values are mixed "
     "and never compared",
     SHAPES, other_values},
    {"output_is_d_model",
     "an output of another width than d_model is refused: that is a custom; out is as wide as w_o",
     SHAPES, other_output},
    {"lengths_must_be_equal",
     "more keys than queries are refused: x and the context may be two sequences", CODE,
     other_length},
    {"widths_must_be_equal",
     "a context whose tokens have another width than those of x is refused: only w_k and w_v read "
     "it, and their rows fit it",
     CODE, other_context},
    {"tokens_counted_for_columns",
     "the heads are asked to divide the tokens: they share columns, and each sees every token",
     SHAPES, uneven_sequences},
    {"empty_refused", "a sequence without tokens is refused: it is a short one, not a wrong one",
     SHAPES, empty_sequences},
    {"remainder_dropped", REMAINDER_DROPPED, CODE, all_but_uneven_queries},
    {"remainder_dropped", REMAINDER_DROPPED, CODE, all_but_uneven_values},
    {"remainder_dropped", REMAINDER_DROPPED, CODE, all_but_uneven},
    {"d_k_not_compared",
     "queries and keys of different widths are accepted: they meet in dot products, so w_q and w_k "
     "need equally many columns",
     SHAPES, all_but_unequal},
    {"w_o_not_checked",
     "a w_o with any number of rows is accepted: it needs one for each column of the "
     "concatenation, heads times d_v",
     SHAPES, all_but_w_o},
    {"w_o_by_keys",
     "w_o is asked for a row for each column of the keys: mixed values are concatenated, so it has "
     "heads times d_v rows",
     SHAPES, w_o_by_keys},
    {"w_o_for_one_head",
     "w_o is asked for d_v rows: every head has rows of its own there, so it has heads times d_v",
     SHAPES, w_o_by_head},
    {"weights_of_one_head",
     "weights is expected as T_q x T_k: every head has weights of its own, (heads T_q) x T_k",
     BY_HAND, weights_by_head},
    {"weights_side_by_side",
     "weights is expected with the heads side by side: they stand one below the other, so that "
     "each row sums to 1",
     SHAPES, weights_in_a_row},
    {"room_not_checked", ROOM_NOT_CHECKED, CODE, all_but_weights},
    {"room_not_checked", ROOM_NOT_CHECKED, CODE, all_but_out},
    {"room_not_checked", ROOM_NOT_CHECKED, CODE, all_but_room},
    {"out_like_x", "out is expected to have the shape of x: it is as wide as w_o", SHAPES,
     out_like_x},
    {"biases_not_checked",
     "a bias of another width than its projection is accepted: it has a number for each column; "
     "one that is NO_MATRIX is left out",
     CODE, all_but_biases},
    {"bias_may_be_tall", "a bias of two rows is accepted: it is one row, which every token gets",
     CODE, all_but_rows_of_biases},
    {"context_ignored",
     "w_k and w_v are checked against x: they project the context, and need a row for each of its "
     "columns",
     CODE, checked_against_x},
    {"rows_not_checked", ROWS_NOT_CHECKED, CODE, all_but_rows_of_w_q},
    {"rows_not_checked", ROWS_NOT_CHECKED, CODE, all_but_rows},
};

static const Step MEETING = {"multi_head_expect_shapes",
                             "refuse what does not fit, and nothing else",
                             sizeof MEETINGS / sizeof *MEETINGS,
                             a_meeting,
                             call_expect_shapes,
                             what_does_not_fit,
                             ALL(MEETING_MISTAKES)};

START_TEST(a_layer_that_does_not_fit_is_refused)
{
    teach(&MEETING);
}
END_TEST

/* --- multi_head_attention ----------------------------------------------------------------------
 */

enum { A_X, A_W_Q, A_W_K, A_W_V, A_W_O, A_B_O };

static void scale_by(float factor, Matrix matrix)
{
    for (size_t i = 0; i < matrix.rows * matrix.cols; i++)
        matrix.data[i] *= factor;
}

static void a_layer(Case *given)
{
    size_t i = given->index, heads = 2 + i % 2, d_k = 4 + i % 3, d_v = 1 + i % 3, d = 5 - i % 4,
           t = 3 + i % 2;
    /* Small numbers: the scores lie near each other, and no weight hides the others. */
    scale_by(i == 0 ? 0.5F : 1.0F, case_input(given, "x", t, d));
    scale_by(0.5F, case_input(given, "w_q", d, heads * d_k));
    scale_by(0.5F, case_input(given, "w_k", d, heads * d_k));
    case_input(given, "w_v", d, heads * d_v);
    case_input(given, "w_o", heads * d_v, d + 1);
    case_input(given, "b_o", 1, d + 1);
    case_number(given, "heads", (double)heads);
    given->note = note_of("the layer has no biases but b_o");
    case_output(given, t, d + 1);
}

static void a_layer_for_its_weights(Case *given)
{
    a_layer(given);
    given->note = note_of("what comes out here is the weights, not out");
    static const char *const NAMES[] = {"head 0", "head 1", "head 2"};
    size_t t = given->inputs[A_X].rows;
    for (size_t h = 0; h < (size_t)given->numbers[HEADS]; h++)
        case_part(given, NAMES[h], t);
    case_output(given, (size_t)given->numbers[HEADS] * t, t);
}

static void run_layer(const Case *given, Matrix weights, Matrix out)
{
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = {.w_q = in[A_W_Q],
                            .w_k = in[A_W_K],
                            .w_v = in[A_W_V],
                            .w_o = in[A_W_O],
                            .b_o = in[A_B_O],
                            .heads = (size_t)given->numbers[HEADS]};
    Status status = multi_head_attention(in[A_X], &layer, weights, out);
    note_refusal(status, weights);
    if (status != STATUS_OK)
        fill(out, NAN);
}

static void call_for_output(const Case *given, Matrix out)
{
    Matrix weights;
    size_t t = given->inputs[A_X].rows;
    assert_ok(matrix_create((size_t)given->numbers[HEADS] * t, t, &weights));
    run_layer(given, weights, out);
    matrix_free(&weights);
}

/* x W, one head's columns. */
static Table head_of(const Case *given, size_t w, size_t head)
{
    Table x = table_of(given->inputs[A_X]);
    Table columns = columns_of(given->inputs[w], (size_t)given->numbers[HEADS], head);
    Table result = oracle_product(x, columns);
    table_free(2, x, columns);
    return result;
}

static Table weights_of(const Case *given, size_t head, double scale, bool swapped)
{
    Table q = head_of(given, A_W_Q, head), k = head_of(given, A_W_K, head);
    Table weights =
        swapped ? oracle_weights(k, q, scale, NULL, NULL) : oracle_weights(q, k, scale, NULL, NULL);
    table_free(2, q, k);
    return weights;
}

static double d_k_of(const Case *given)
{
    return (double)given->inputs[A_W_Q].cols / given->numbers[HEADS];
}

static void all_weights(const Case *given, double scale, bool swapped, bool first_only, Matrix out)
{
    for (size_t h = 0; h < (size_t)given->numbers[HEADS]; h++) {
        Table weights = weights_of(given, first_only ? 0 : h, scale, swapped);
        put(weights, h * weights.rows, 0, out);
        table_free(1, weights);
    }
}

static void weights_right(const Case *given, Matrix out)
{
    all_weights(given, 1 / sqrt(d_k_of(given)), false, false, out);
}

static void weights_by_all_columns(const Case *given, Matrix out)
{
    all_weights(given, 1 / sqrt((double)given->inputs[A_W_Q].cols), false, false, out);
}

static void weights_by_d_model(const Case *given, Matrix out)
{
    all_weights(given, 1 / sqrt((double)given->inputs[A_X].cols), false, false, out);
}

/* NAME is the formula that multiplies the scores by this. */
#define SCALES(name, scale)                                                                        \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        all_weights(given, scale, false, false, out);                                              \
    }

SCALES(weights_by_tokens, 1 / sqrt((double)given->inputs[A_X].rows))
SCALES(weights_by_heads, 1 / sqrt(given->numbers[HEADS]))
SCALES(weights_by_d_v, 1 / sqrt((double)given->inputs[A_W_V].cols / given->numbers[HEADS]))
SCALES(weights_without_root, 1 / d_k_of(given))

static void weights_unscaled(const Case *given, Matrix out)
{
    all_weights(given, 1, false, false, out);
}

static void weights_swapped(const Case *given, Matrix out)
{
    all_weights(given, 1 / sqrt(d_k_of(given)), true, false, out);
}

static void weights_of_head_0(const Case *given, Matrix out)
{
    all_weights(given, 1 / sqrt(d_k_of(given)), false, true, out);
}

/* The scores of all heads, one below the other; a head may have every h-th column. */
static Table scores_of(const Case *given, bool interleaved)
{
    size_t heads = (size_t)given->numbers[HEADS], t = given->inputs[A_X].rows;
    Table x = table_of(given->inputs[A_X]), w_q = table_of(given->inputs[A_W_Q]);
    Table w_k = table_of(given->inputs[A_W_K]), scores = table_create(heads * t, t);
    Table q = oracle_product(x, w_q), k = oracle_product(x, w_k);
    for (size_t i = 0; i < heads * t * t; i++)
        for (size_t c = 0, d_k = q.cols / heads; c < d_k; c++) {
            size_t h = i / t / t, column = interleaved ? c * heads + h : h * d_k + c;
            scores.data[i] += q.data[i / t % t * q.cols + column] *
                              k.data[i % t * k.cols + column] / sqrt((double)d_k);
        }
    table_free(5, x, w_q, w_k, q, k);
    return scores;
}

/* The factor between the scores that were weighed and the right ones: NaN when it is not one. */
static double factor_of(Table scores, Matrix weights)
{
    size_t low = 0, high = 0; /* of the first row */
    for (size_t c = 0; c < scores.cols; c++) {
        low = scores.data[c] < scores.data[low] ? c : low;
        high = scores.data[c] > scores.data[high] ? c : high;
    }
    double factor = log((double)weights.data[high] / weights.data[low]) /
                    (scores.data[high] - scores.data[low]);
    for (size_t i = 0; i < scores.rows * scores.cols; i++) {
        size_t first = i / scores.cols * scores.cols;
        double expected = exp(factor * (scores.data[i] - scores.data[first]));
        if (!(fabs(weights.data[i] - expected * weights.data[first]) < 1e-3))
            return NAN;
    }
    return factor;
}

/* Where a wrong scale is all that is wrong, the note says which it was. */
static void note_scale(const Case *given, Matrix weights)
{
    Table scores = scores_of(given, false);
    double factor = factor_of(scores, weights), right = 1 / sqrt(d_k_of(given));
    if (isfinite(factor) && fabs(factor - 1) > 1e-3)
        add_to_note("\nyour scale was %.3g, it must be %.3g", factor * right, right);
    table_free(1, scores);
}

static void call_for_weights(const Case *given, Matrix weights)
{
    Matrix out;
    assert_ok(matrix_create(given->inputs[A_X].rows, given->inputs[A_W_O].cols, &out));
    run_layer(given, weights, out);
    note_scale(given, weights);
    matrix_free(&out);
}

static void weights_interleaved(const Case *given, Matrix out)
{
    Table scores = scores_of(given, true), weights = oracle_softmax(scores, 1);
    put(weights, 0, 0, out);
    table_free(2, scores, weights);
}

/* exp(score) over a sum over all heads: for one key, or for all keys too. */
static void weights_over_heads(const Case *given, bool over_keys, Matrix out)
{
    Table scores = scores_of(given, false);
    size_t t = scores.cols;
    for (size_t r = 0; r < scores.rows; r++)
        for (size_t c = 0; c < t; c++) {
            double sum = 0;
            for (size_t i = r % t * t; i < scores.rows * t; i += t * t)
                for (size_t j = over_keys ? 0 : c; j < (over_keys ? t : c + 1); j++)
                    sum += exp(scores.data[i + j] - scores.data[r * t + c]);
            matrix_row(out, r)[c] = (float)(1 / sum);
        }
    table_free(1, scores);
}

static void weights_over_all_heads(const Case *given, Matrix out)
{
    weights_over_heads(given, true, out);
}

static void weights_across_heads(const Case *given, Matrix out)
{
    weights_over_heads(given, false, out);
}

/* The scores of all heads added up: those of one wide head. */
static void weights_of_one_wide_head(const Case *given, Matrix out)
{
    Table scores = scores_of(given, false), wide = table_create(scores.rows, scores.cols);
    size_t one = scores.cols * scores.cols, all = scores.rows * scores.cols;
    for (size_t i = 0; i < all; i++)
        for (size_t j = i % one; j < all; j += one)
            wide.data[i] += scores.data[j] / sqrt(given->numbers[HEADS]);
    Table weights = oracle_softmax(wide, 1);
    put(weights, 0, 0, out);
    table_free(3, scores, wide, weights);
}

/* Row r of the right weights goes elsewhere, or is mixed: the mean of all heads. */
static void weights_averaged(const Case *given, Matrix out)
{
    Table scores = scores_of(given, false), weights = oracle_softmax(scores, 1);
    size_t t = scores.cols;
    fill(out, 0);
    for (size_t r = 0; r < out.rows; r++)
        for (size_t i = r % t; i < out.rows; i += t)
            for (size_t c = 0; c < t; c++)
                matrix_row(out, r)[c] += (float)(weights.data[i * t + c] / given->numbers[HEADS]);
    table_free(2, scores, weights);
}

/* All heads of token 0, then all heads of token 1. */
static void weights_token_by_token(const Case *given, Matrix out)
{
    Table scores = scores_of(given, false), weights = oracle_softmax(scores, 1);
    size_t heads = (size_t)given->numbers[HEADS], t = scores.cols;
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < t; c++)
            matrix_row(out, r)[c] = (float)weights.data[(r % heads * t + r / heads) * t + c];
    table_free(2, scores, weights);
}

static const Mistake WEIGHTS_MISTAKES[] = {
    {"scale_by_all_columns",
     "the scores are divided by the root of all columns of q, heads d_k, but each head has d_k "
     "columns of its own",
     BREAK, weights_by_all_columns},
    {"scale_by_d_model",
     "the scores are divided by the root of d_model; the dot product of one head adds d_k "
     "products, so it is the root of d_k",
     BREAK, weights_by_d_model},
    {"scale_by_tokens",
     "the scores are divided by the root of the number of tokens: a dot product adds d_k products, "
     "however many tokens there are",
     BREAK, weights_by_tokens},
    {"scale_by_heads",
     "the scores are divided by the root of the number of heads: it is the root of d_k, the "
     "columns "
     "of one head",
     BREAK, weights_by_heads},
    {"scale_by_d_v",
     "the scores are divided by the root of d_v: queries and keys meet in the scores, and they are "
     "d_k wide",
     BREAK, weights_by_d_v},
    {"scale_without_root",
     "the scores are divided by d_k itself: it is the root of d_k that keeps their spread at 1",
     BREAK, weights_without_root},
    {"no_scale", "the scores are not divided by the root of d_k", BREAK, weights_unscaled},
    {"swapped_q_k", "queries and keys are swapped: row i of the weights must belong to query i",
     CODE, weights_swapped},
    {"first_head_for_all",
     "all heads have the weights of head 0: select the columns of head h for head h", BREAK,
     weights_of_head_0},
    {"interleaved",
     "head h took every h-th column of q and k, (h, h + heads, ...): a head has neighbouring "
     "columns, for so are w_q and w_k laid out",
     SPLITTING, weights_interleaved},
    {"softmax_over_all_heads",
     "the weights of one token sum to 1 over all heads together: each head has a softmax of its "
     "own, and its row sums to 1",
     BY_HAND, weights_over_all_heads},
    {"softmax_across_heads",
     "the heads compete for each key, for their weights of one pair of tokens sum to 1: in each "
     "head the softmax runs over the keys of one query",
     BY_HAND, weights_across_heads},
    {"one_wide_head",
     "all heads have the weights of one head of full width, in which the scores of all columns "
     "were added up: each head compares its own columns only",
     "lesson 4, \"By hand\"", weights_of_one_wide_head},
    {"weights_averaged",
     "all heads have the mean of their weights: that is one row for each word again, as if it had "
     "asked one question",
     BY_HAND, weights_averaged},
    {"weights_token_by_token",
     "the rows of all heads for token 0 come first: all rows of head 0 must come first, then those "
     "of head 1",
     SHAPES, weights_token_by_token},
};

static const Step WEIGHTS = {"multi_head_attention",
                             "weigh in each head by itself, scaled by the root of d_k",
                             8,
                             a_layer_for_its_weights,
                             call_for_weights,
                             weights_right,
                             ALL(WEIGHTS_MISTAKES)};

START_TEST(each_head_has_weights_of_its_own)
{
    teach(&WEIGHTS);
}
END_TEST

/* How the heads' results are put beside each other. */
typedef enum Joining {
    SIDE_BY_SIDE,
    AVERAGED,
    RESHAPED,
    REVERSED,
    ALL_INTO_THE_FIRST,
    INTERLEAVED
} Joining;

/* One number of head h's result, and where it goes. */
static double *place(Table concat, size_t heads, size_t h, size_t t, size_t c, Joining joining)
{
    size_t d_v = concat.cols / heads;
    size_t column = h * d_v + c;
    if (joining == RESHAPED)
        return &concat.data[(h * concat.rows + t) * d_v + c];
    if (joining == REVERSED)
        column = (heads - 1 - h) * d_v + c;
    if (joining == ALL_INTO_THE_FIRST)
        column = c;
    if (joining == INTERLEAVED)
        column = c * heads + h;
    return &concat.data[t * concat.cols + column];
}

/* concat w_o + b_o. */
static void put_output(const Case *given, Table concat, Matrix out)
{
    Table w_o = table_of(given->inputs[A_W_O]), b_o = table_of(given->inputs[A_B_O]);
    Table result = oracle_linear(concat, w_o, &b_o);
    put(result, 0, 0, out);
    table_free(3, w_o, b_o, result);
}

static void layer_joined(const Case *given, Joining joining, Matrix out)
{
    size_t heads = (size_t)given->numbers[HEADS];
    Table concat = table_create(given->inputs[A_X].rows, given->inputs[A_W_V].cols);
    for (size_t h = 0; h < heads; h++) {
        Table weights = weights_of(given, h, 1 / sqrt(d_k_of(given)), false),
              v = head_of(given, A_W_V, h);
        Table result = oracle_product(weights, v);
        for (size_t t = 0; t < result.rows; t++)
            for (size_t c = 0; c < result.cols; c++)
                *place(concat, heads, h, t, c, joining) = result.data[t * result.cols + c];
        table_free(3, weights, v, result);
    }
    for (size_t i = 0; joining == AVERAGED && i < concat.rows * concat.cols; i++)
        concat.data[i] /= given->numbers[HEADS];
    put_output(given, concat, out);
    table_free(1, concat);
}

static void layer_right(const Case *given, Matrix out)
{
    layer_joined(given, SIDE_BY_SIDE, out);
}

static void layer_averaged(const Case *given, Matrix out)
{
    layer_joined(given, AVERAGED, out);
}

static void layer_without_bias(const Case *given, Matrix out)
{
    layer_right(given, out);
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] -= given->inputs[A_B_O].data[c];
}

static void layer_reshaped(const Case *given, Matrix out)
{
    layer_joined(given, RESHAPED, out);
}

static void layer_reversed(const Case *given, Matrix out)
{
    layer_joined(given, REVERSED, out);
}

static void layer_overwritten(const Case *given, Matrix out)
{
    layer_joined(given, ALL_INTO_THE_FIRST, out);
}

static void layer_interleaved(const Case *given, Matrix out)
{
    layer_joined(given, INTERLEAVED, out);
}

/* Every head mixes its values by the weights that `formula` gives. */
static void layer_weighed(const Case *given, Formula formula, Matrix out)
{
    size_t heads = (size_t)given->numbers[HEADS], t = given->inputs[A_X].rows;
    Table weights = table_create(heads * t, t), x = table_of(given->inputs[A_X]);
    Table w_v = table_of(given->inputs[A_W_V]);
    Table v = oracle_product(x, w_v), concat = table_create(t, v.cols);
    Matrix numbers;
    assert_ok(matrix_create(heads * t, t, &numbers));
    formula(given, numbers);
    for (size_t i = 0; i < t * v.cols; i++)
        for (size_t j = 0, h = i % v.cols / (v.cols / heads); j < t; j++)
            concat.data[i] +=
                matrix_row(numbers, h * t + i / v.cols)[j] * v.data[j * v.cols + i % v.cols];
    put_output(given, concat, out);
    table_free(5, weights, x, w_v, v, concat);
    matrix_free(&numbers);
}

static void layer_with_mean_weights(const Case *given, Matrix out)
{
    layer_weighed(given, weights_averaged, out);
}

static void layer_with_first_weights(const Case *given, Matrix out)
{
    layer_weighed(given, weights_of_head_0, out);
}

static const Mistake LAYER_MISTAKES[] = {
    {"output_bias_forgotten",
     "the bias b_o is missing: multi_head_output() does the product and adds it", CODE,
     layer_without_bias},
    {"heads_averaged",
     "the concatenation was divided by the number of heads: the heads are added up through w_o, "
     "not averaged",
     BREAK, layer_averaged},
    {"heads_not_rejoined",
     "the results lie head after head in memory and were only reshaped, which mixes tokens: head h "
     "belongs into the columns h d_v and on of every row",
     BREAK, layer_reshaped},
    {"heads_reversed", "the heads are concatenated from the last to the first: head 0 comes first",
     CODE, layer_reversed},
    {"heads_overwrite",
     "each head writes over the one before it, into the first columns: head h has columns of its "
     "own",
     CODE, layer_overwritten},
    {"interleaved",
     "the results were interleaved, column 0 of all heads first: head h has neighbouring columns "
     "of the concatenation, h d_v and on, for so are the rows of w_o laid out",
     SPLITTING, layer_interleaved},
    {"weights_averaged",
     "every head mixes its values by the mean of all heads' weights: a head looks by itself",
     BY_HAND, layer_with_mean_weights},
    {"first_weights_for_all",
     "every head mixes its values by the weights of head 0: head h has the rows from h T on",
     BY_HAND, layer_with_first_weights},
};

static const Step LAYER = {"multi_head_attention",
                           "concatenate the heads and multiply by w_o",
                           8,
                           a_layer,
                           call_for_output,
                           layer_right,
                           ALL(LAYER_MISTAKES)};

START_TEST(heads_are_concatenated_side_by_side)
{
    teach(&LAYER);
}
END_TEST

/* --- sum_of_heads ------------------------------------------------------------------------------
 */

static void some_heads(Case *given)
{
    size_t i = given->index, heads = 2 + i % 3, d_v = 1 + i % 2, d_out = 3 + i % 2;
    case_input(given, "concat", 2 + i % 2, heads * d_v);
    case_input(given, "w_o", heads * d_v, d_out);
    case_number(given, "heads", (double)heads);
    given->note = note_of("the heads stand side by side in concat");
    case_output(given, 2 + i % 2, d_out);
}

static void call_sum(const Case *given, Matrix out)
{
    note_refusal(
        sum_of_heads(given->inputs[CONCAT], given->inputs[W_O], (size_t)given->numbers[HEADS], out),
        out);
}

/* The sum over the heads from `first` on; each times its own rows of W_O, or all times the first
 * rows. */
static void sum_from(const Case *given, size_t first, bool own_rows, double factor, Matrix out)
{
    size_t heads = (size_t)given->numbers[HEADS], d_v = given->inputs[CONCAT].cols / heads;
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++) {
            double sum = 0;
            for (size_t k = first * d_v; k < heads * d_v; k++)
                sum += (double)matrix_row(given->inputs[CONCAT], r)[k] *
                       matrix_row(given->inputs[W_O], own_rows ? k : k % d_v)[c];
            matrix_row(out, r)[c] = (float)(sum * factor);
        }
}

static void sum_right(const Case *given, Matrix out)
{
    sum_from(given, 0, true, 1, out);
}

static void sum_with_the_first_rows(const Case *given, Matrix out)
{
    sum_from(given, 0, false, 1, out);
}

static void sum_of_the_last(const Case *given, Matrix out)
{
    sum_from(given, (size_t)given->numbers[HEADS] - 1, true, 1, out);
}

static void mean_of_heads(const Case *given, Matrix out)
{
    sum_from(given, 0, true, 1 / given->numbers[HEADS], out);
}

/* Head h met the rows from h on. */
static void sum_with_shifted_rows(const Case *given, Matrix out)
{
    size_t heads = (size_t)given->numbers[HEADS], d_v = given->inputs[CONCAT].cols / heads;
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++) {
            double sum = 0;
            for (size_t k = 0; k < heads * d_v; k++)
                sum += (double)matrix_row(given->inputs[CONCAT], r)[k] *
                       matrix_row(given->inputs[W_O], k / d_v + k % d_v)[c];
            matrix_row(out, r)[c] = (float)sum;
        }
}

static const Mistake SUM_MISTAKES[] = {
    {"same_rows_for_all",
     "every head met the first rows of w_o: head h has the d_v rows from h d_v on", BY_HAND,
     sum_with_the_first_rows},
    {"rows_by_head",
     "head h met the rows of w_o from row h on: h heads of d_v rows come before, so they begin at "
     "h d_v",
     BY_HAND, sum_with_shifted_rows},
    {"last_head_only",
     "only the last head is left: its part was put in place of the sum, not added to it", BY_HAND,
     sum_of_the_last},
    {"heads_averaged",
     "the parts are averaged, but they are added up: what each head adds is already weighed by w_o",
     BREAK, mean_of_heads},
};

static const Step SUM = {"sum_of_heads",
                         "add up each head times its own rows of w_o",
                         8,
                         some_heads,
                         call_sum,
                         sum_right,
                         ALL(SUM_MISTAKES)};

START_TEST(the_output_is_a_sum_over_heads)
{
    teach(&SUM);
}
END_TEST

/* --- multi_head_parameters and multi_head_cost -------------------------------------------------
 */

enum { D_MODEL, COUNT_HEADS, BIASES };

static void some_sizes(Case *given)
{
    size_t i = given->index, heads = 2 + i;
    case_number(given, "d_model", (double)(heads * (3 + i % 3)));
    case_number(given, "heads", (double)heads);
    case_number(given, "biases", i % 2 == 0 ? 1 : 0);
    case_output(given, 1, 1);
}

static void call_parameters(const Case *given, Matrix out)
{
    const double *n = given->numbers;
    out.data[0] =
        (float)multi_head_parameters((size_t)n[D_MODEL], (size_t)n[COUNT_HEADS], n[BIASES] != 0);
}

static void parameters_right(const Case *given, Matrix out)
{
    double d = given->numbers[D_MODEL];
    out.data[0] = (float)(4 * d * d + given->numbers[BIASES] * 4 * d);
}

static void parameters_without_w_o(const Case *given, Matrix out)
{
    double d = given->numbers[D_MODEL];
    out.data[0] = (float)(3 * d * d + given->numbers[BIASES] * 4 * d);
}

static void parameters_without_the_output(const Case *given, Matrix out)
{
    double d = given->numbers[D_MODEL];
    out.data[0] = (float)(3 * d * d + given->numbers[BIASES] * 3 * d);
}

static void parameters_times_heads(const Case *given, Matrix out)
{
    double d = given->numbers[D_MODEL];
    out.data[0] =
        (float)(3 * given->numbers[COUNT_HEADS] * d * d + d * d + given->numbers[BIASES] * 4 * d);
}

static void parameters_without_biases(const Case *given, Matrix out)
{
    out.data[0] = (float)(4 * given->numbers[D_MODEL] * given->numbers[D_MODEL]);
}

static const char W_O_NOT_COUNTED[] =
    "w_o is not counted: it has d_model x d_model numbers too, and b_o another d_model";

static const Mistake PARAMETERS_MISTAKES[] = {
    {"parameters_without_w_o", W_O_NOT_COUNTED, COSTS, parameters_without_w_o},
    {"parameters_without_w_o", W_O_NOT_COUNTED, COSTS, parameters_without_the_output},
    {"parameters_times_heads",
     "each head is counted with d_model columns, but it has d_model / heads: more heads are "
     "narrower, not more",
     COSTS, parameters_times_heads},
    {"biases_not_counted",
     "the biases are not counted: one number for each column of the four projections", COSTS,
     parameters_without_biases},
};

static const Step PARAMETERS = {
    "multi_head_parameters", "count what a layer learns", 8, some_sizes, call_parameters,
    parameters_right,        ALL(PARAMETERS_MISTAKES)};

START_TEST(parameters_do_not_depend_on_the_heads)
{
    teach(&PARAMETERS);
}
END_TEST

static void some_work(Case *given)
{
    size_t i = given->index, heads = 2 + i;
    case_number(given, "tokens", (double)(3 + i));
    case_number(given, "heads", (double)heads);
    case_number(given, "d_model", (double)(heads * (2 + i % 3)));
    given->note = "below: projections, scores, weighted sums, output, exponentials";
    case_output(given, 1, 5);
}

static void call_cost(const Case *given, Matrix out)
{
    MultiHeadCost cost = multi_head_cost((size_t)given->numbers[0], (size_t)given->numbers[2],
                                         (size_t)given->numbers[1]);
    const double all[] = {cost.projections, cost.scores, cost.weighted, cost.output,
                          cost.exponentials};
    for (size_t i = 0; i < 5; i++)
        out.data[i] = (float)all[i];
}

static void count(const Case *given, double projections, double per_head, double exponentials,
                  Matrix out)
{
    double t = given->numbers[0], d = given->numbers[2];
    const double all[] = {projections * t * d * d, per_head * t * t * d, per_head * t * t * d,
                          t * d * d, exponentials * t * t};
    for (size_t i = 0; i < 5; i++)
        out.data[i] = (float)all[i];
}

static void cost_right(const Case *given, Matrix out)
{
    count(given, 3, 1, given->numbers[1], out);
}

static void cost_times_heads(const Case *given, Matrix out)
{
    count(given, 3, given->numbers[1], given->numbers[1], out);
}

static void cost_of_one_projection(const Case *given, Matrix out)
{
    count(given, 1, 1, given->numbers[1], out);
}

static void cost_of_one_table(const Case *given, Matrix out)
{
    count(given, 3, 1, 1, out);
}

static const Mistake COST_MISTAKES[] = {
    {"cost_times_heads",
     "scores and weighted sums are counted with d_model columns in each head, but a head has "
     "d_model / heads",
     COSTS, cost_times_heads},
    {"one_projection_counted",
     "one projection is counted, but there are three: queries, keys and values", COSTS,
     cost_of_one_projection},
    {"exponentials_once",
     "the exponentials of one head are counted: each head has its own table of weights", COSTS,
     cost_of_one_table},
};

static const Step COST = {"multi_head_cost",
                          "count the multiplications of each part",
                          8,
                          some_work,
                          call_cost,
                          cost_right,
                          COST_MISTAKES,
                          3};

START_TEST(heads_cost_nothing_but_exponentials)
{
    teach(&COST);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("5. multi-head attention, step by step");
    add_test(suite, queries_come_from_x_and_the_rest_from_the_context);
    add_test(suite, there_is_room_for_the_results_of_all_heads);
    add_test(suite, nothing_is_left_when_all_is_freed);
    add_test(suite, a_head_is_its_columns_of_everything);
    add_test(suite, the_output_is_the_concatenation_times_w_o);
    add_test(suite, a_layer_that_does_not_fit_is_refused);
    add_test(suite, each_head_has_weights_of_its_own);
    add_test(suite, heads_are_concatenated_side_by_side);
    add_test(suite, the_output_is_a_sum_over_heads);
    add_test(suite, parameters_do_not_depend_on_the_heads);
    add_test(suite, heads_cost_nothing_but_exponentials);
    return suite;
}
