/* Chapter 5: what each function must do. */
#include "checks.h"

#include "multi_head_attention.h"

#include <stdint.h>

/* --- multi_head_project ----------------------------------------------------------------------- */

enum { X, CONTEXT, W_Q, W_K, W_V, B_Q, B_K, B_V };
enum { Q, K, V, RESULTS, ROLES };
static const char *const NAMES[ROLES] = {"q", "k", "v", "concat"};

static Matrix *role_of(HeadMatrices *all, size_t role)
{
    Matrix *const roles[] = {&all->q, &all->k, &all->v, &all->concat};
    return roles[role];
}

/* Not by multi_head_free(), which has a check of its own. */
static void free_each(HeadMatrices *all)
{
    for (size_t role = 0; role < ROLES; role++)
        matrix_free(role_of(all, role));
}

/* What stands in memory that nobody has set: freeing it crashes. */
static HeadMatrices anything(void)
{
    static float numbers[1];
    Matrix matrix = matrix_view(numbers, 1, 1);
    return (HeadMatrices){matrix, matrix, matrix, matrix};
}

static Matrix if_any(Matrix bias)
{
    return bias.cols > 0 ? bias : NO_MATRIX;
}

/* With biases there is a b_o, too: it is not shown, since it must not matter here. */
static MultiHeadLayer projections_of(const Case *given)
{
    static float of_output[] = {5, 6, 7, 8};
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = {.w_q = in[W_Q], .w_k = in[W_K], .w_v = in[W_V], .w_o = in[W_V]};
    if (given->input_count > B_V) {
        layer.b_o = matrix_view(of_output, 1, 4);
        layer.b_q = if_any(in[B_Q]);
        layer.b_k = if_any(in[B_K]);
        layer.b_v = if_any(in[B_V]);
    }
    return layer;
}

/* From case 8 on, some of the biases: as many as the bits of the number say. */
static void some_projections(Case *given)
{
    enum { ALL = 7, SOME = 8 };
    size_t i = given->index, biases = i < SOME ? ALL : i - SOME + 1, t_q = 2 + i % 2,
           t_k = 3 + i % 4, d = 2 + i % 3, cols = 4;
    given->as_views = i == 7;
    case_input(given, "x", t_q, d);
    case_input(given, "context", t_k, d);
    case_input(given, "w_q", d, cols);
    case_input(given, "w_k", d, cols);
    case_input(given, "w_v", d, cols);
    case_input(given, "b_q", 1, (biases & 1) != 0 ? cols : 0);
    case_input(given, "b_k", 1, (biases & 2) != 0 ? cols : 0);
    case_input(given, "b_v", 1, (biases & 4) != 0 ? cols : 0);
    case_note(given, "q must come from x, k and v from the context%s",
              biases == ALL ? "" : "; a bias without columns is NO_MATRIX");
    case_part(given, "q", t_q);
    case_part(given, "k", t_k);
    case_part(given, "v", t_k);
    case_output(given, t_q + 2 * t_k, cols);
}

static Status call_project(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = projections_of(given);
    layer.heads = 2;
    HeadMatrices all = anything();
    Status status = multi_head_project(in[X], in[CONTEXT], &layer, &all);
    for (size_t role = Q, row = 0; status == STATUS_OK && role <= V; role++) {
        put_matrix(NAMES[role], *role_of(&all, role), row, given->part_rows[role], out);
        row += given->part_rows[role];
    }
    free_each(&all);
    return status;
}

/* --- multi_head_project: room for the results ------------------------------------------------- */

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
    case_note(given, "there are no biases; below, the rows and the columns of concat");
    case_output(given, 1, 2);
}

static Status call_for_room(const Case *given, Matrix out)
{
    MultiHeadLayer layer = projections_of(given);
    layer.heads = case_size(given, 0);
    HeadMatrices all = anything();
    Status status = multi_head_project(given->inputs[X], given->inputs[CONTEXT], &layer, &all);
    if (status == STATUS_OK) {
        put_number(out, 0, (double)all.concat.rows);
        put_number(out, 1, (double)all.concat.cols);
    }
    free_each(&all);
    return status;
}

/* --- multi_head_free -------------------------------------------------------------------------- */

/* The first so many matrices were made; then there was no memory left. */
static void some_matrices(Case *given)
{
    case_note(given, "q, k, v and concat: that many of them were made, the others are NO_MATRIX; "
                     "below, 1 stands for each that is NO_MATRIX afterwards");
    case_number(given, "made", (double)(ROLES - given->index));
    case_output(given, 1, ROLES);
}

static Status call_free(const Case *given, Matrix out)
{
    HeadMatrices all = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < case_size(given, 0); i++)
        status = matrix_create(2, 3, role_of(&all, i));
    multi_head_free(&all);
    for (size_t i = 0; status == STATUS_OK && i < ROLES; i++)
        put_number(out, i, role_of(&all, i)->data == NULL);
    return status;
}

/* --- multi_head_select ------------------------------------------------------------------------ */

enum { HEADS, HEAD };

static void a_probe(Case *given)
{
    size_t i = given->index, heads = 2 + i % 3, d_k = 3 - i % 2, t = 2 + i % 4;
    given->as_views = i == 7;
    Matrix q = case_input(given, "q of all heads; each number is 100 row + column", t, heads * d_k);
    for (size_t r = 0; r < t; r++)
        for (size_t c = 0; c < q.cols; c++)
            matrix_row(q, r)[c] = (float)(100 * r + c);
    case_number(given, "heads", (double)heads);
    case_number(given, "head", (double)(1 + i % (heads - 1)));
    case_note(given, "below, one->q");
    case_output(given, t, d_k);
}

static Status call_select(const Case *given, Matrix out)
{
    Matrix q = given->inputs[0];
    HeadMatrices all = {q, q, q, q}, one = all;
    Status status = multi_head_select(&all, case_size(given, HEADS), case_size(given, HEAD), &one);
    if (status == STATUS_OK)
        put_matrix("one->q", one.q, 0, out.rows, out);
    return status;
}

/* T_q, T_k, d_k, d_v, heads and head. */
static const size_t SELECTIONS[][6] = {{2, 2, 1, 2, 2, 1}, {3, 2, 2, 1, 3, 2}, {4, 4, 2, 3, 2, 0},
                                       {2, 6, 3, 2, 2, 1}, {3, 4, 1, 3, 4, 2}, {6, 3, 2, 1, 3, 1}};

static void a_selection(Case *given)
{
    static const char *const VIEWS[ROLES] = {"one->q", "one->k", "one->v", "one->concat"};
    const size_t *size = SELECTIONS[given->index];
    given->shapes_only = true;
    for (size_t role = 0; role < ROLES; role++)
        case_input(given, NAMES[role], size[role == K || role == V],
                   size[4] * size[role == Q || role == K ? 2 : 3]);
    case_number(given, "heads", (double)size[4]);
    case_number(given, "head", (double)size[5]);
    case_note(given,
              "below, for each view: its rows, its columns, and how many numbers stand before its "
              "first one in the whole matrix (-1: it is not in that matrix)");
    for (size_t role = 0; role < ROLES; role++)
        case_part(given, VIEWS[role], 1);
    case_output(given, ROLES, 3);
}

static double beginning(Matrix whole, Matrix view)
{
    intptr_t bytes = (intptr_t)view.data - (intptr_t)whole.data;
    intptr_t end = (intptr_t)(whole.rows * whole.cols * sizeof(float));
    return bytes >= 0 && bytes < end ? (double)bytes / sizeof(float) : -1;
}

static Status call_select_all(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    HeadMatrices all = {in[Q], in[K], in[V], in[RESULTS]};
    HeadMatrices one = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    Status status = multi_head_select(&all, case_size(given, HEADS), case_size(given, HEAD), &one);
    for (size_t role = 0; status == STATUS_OK && role < ROLES; role++) {
        Matrix view = *role_of(&one, role);
        put_number(out, 3 * role, (double)view.rows);
        put_number(out, 3 * role + 1, (double)view.cols);
        put_number(out, 3 * role + 2, beginning(in[role], view));
    }
    return status;
}

/* --- multi_head_output ------------------------------------------------------------------------ */

enum { CONCAT, W_O, B_O };

static void some_output(Case *given)
{
    enum { NO_ROWS = 8, NO_BIAS };
    size_t i = given->index, cols = 4, d_out = i % 2 == 0 ? 4 : 3 + i % 4;
    size_t rows = i == NO_ROWS ? 0 : 2 + i % 3;
    given->as_views = i == 6;
    case_input(given, "concat", rows, cols);
    case_input(given, "w_o", cols, d_out);
    if (i != NO_BIAS)
        case_input(given, "b_o", 1, d_out);
    case_note(given, "two heads of two columns stand side by side in concat%s",
              i == NO_BIAS ? "; b_o is NO_MATRIX" : "");
    case_output(given, rows, d_out);
}

static Status call_output(const Case *given, Matrix out)
{
    MultiHeadLayer layer = {.w_o = given->inputs[W_O], .heads = 2};
    if (given->input_count > B_O)
        layer.b_o = given->inputs[B_O];
    return multi_head_output(given->inputs[CONCAT], &layer, out);
}

/* --- multi_head_expect_shapes ----------------------------------------------------------------- */

enum { M_X, M_CONTEXT, M_W_Q, M_W_K, M_W_V, M_W_O, M_WEIGHTS, M_OUT, M_PARTS };
/* Biases are not shown, and most cases have none. */
enum { M_B_Q = M_PARTS, M_B_K, M_B_V, M_B_O, M_HEADS, NO_PART };

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
    {{1, 4, 1, 4, 2, 2, 2, 4}, M_B_K, 1, 3, "b_k (not shown) has 3 numbers for 4 columns"},
    {{1, 3, 1, 3, 2, 2, 2, 3}, M_B_Q, 1, 4, "w_q has a bias (not shown): everything fits"},
    {{1, 4, 1, 4, 2, 2, 1, 4}, M_B_V, 1, 2, "w_v has a bias (not shown): everything fits"},
    {{1, 4, 2, 4, 2, 2, 2, 4}, M_WEIGHTS, 4, 1, "weights has T_k rows for each head, not T_q"},
    {{2, 4, 2, 4, 2, 2, 2, 4}, M_WEIGHTS, 4, 3, "weights has a column too many"},
    {{1, 4, 1, 4, 1, 2, 3, 4}, NO_PART, 0, 0, "a single head: everything fits"},
    {{1, 4, 1, 4, 1, 1, 1, 4}, NO_PART, 0, 0, "a single head of one column: everything fits"},
    {{1, 4, 1, 4, 2, 0, 2, 4}, NO_PART, 0, 0, "queries and keys have no columns"},
    {{1, 4, 1, 4, 2, 2, 0, 4}, NO_PART, 0, 0, "values have no columns"},
    {{1, 4, 1, 4, 2, 2, 2, 4}, M_HEADS, 0, 0, "no heads at all"},
    {{1, 4, 1, 4, 2, 2, 2, 4}, M_B_K, 4, 1, "b_k (not shown) stands as a column"},
    {{1, 4, 1, 4, 2, 2, 2, 3}, M_B_O, 3, 1, "b_o (not shown) stands as a column"},
};

static void a_meeting(Case *given)
{
    static const char *const PARTS[M_PARTS] = {"x",   "context", "w_q",     "w_k",
                                               "w_v", "w_o",     "weights", "out"};
    const size_t i = given->index, *s = MEETINGS[i].size;
    const size_t shapes[M_PARTS][2] = {
        {s[0], s[1]},        {s[2], s[3]},        {s[1], s[4] * s[5]}, {s[3], s[4] * s[5]},
        {s[3], s[4] * s[6]}, {s[4] * s[6], s[7]}, {s[4] * s[0], s[2]}, {s[0], s[7]}};
    for (size_t part = 0; part < M_PARTS; part++) {
        bool is_other = part == MEETINGS[i].part;
        case_input(given, PARTS[part], is_other ? MEETINGS[i].rows : shapes[part][0],
                   is_other ? MEETINGS[i].cols : shapes[part][1]);
    }
    case_number(given, "heads", (double)(MEETINGS[i].part == M_HEADS ? MEETINGS[i].rows : s[4]));
    case_note(given, "only the shapes matter here: %s", MEETINGS[i].story);
    given->shapes_only = true;
}

/* The bias that this case is about, when it is that one. */
static Matrix bias_of(const Case *given, size_t part)
{
    static float numbers[8];
    size_t i = given->index;
    return MEETINGS[i].part == part ? matrix_view(numbers, MEETINGS[i].rows, MEETINGS[i].cols)
                                    : NO_MATRIX;
}

static Status call_expect_shapes(const Case *given, Matrix out)
{
    (void)out;
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = {.w_q = in[M_W_Q],
                            .w_k = in[M_W_K],
                            .w_v = in[M_W_V],
                            .w_o = in[M_W_O],
                            .b_q = bias_of(given, M_B_Q),
                            .b_k = bias_of(given, M_B_K),
                            .b_v = bias_of(given, M_B_V),
                            .b_o = bias_of(given, M_B_O),
                            .heads = case_size(given, 0)};
    Status status = multi_head_expect_shapes("the_caller", in[M_X], in[M_CONTEXT], &layer,
                                             in[M_WEIGHTS], in[M_OUT]);
    expect_in_message(status, "function", "the_caller");
    return status;
}

/* --- multi_head_attention --------------------------------------------------------------------- */

enum { A_X, A_W_Q, A_W_K, A_W_V, A_W_O, A_B_O };

static void scale_by(float factor, Matrix matrix)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] *= factor;
}

static void a_layer(Case *given)
{
    size_t i = given->index, heads = 2 + i % 2, d_k = 4 + i % 3, d_v = 1 + i % 3, d = 5 - i % 4,
           t = i == 8 ? 0 : 3 + i % 2;
    given->as_views = i == 7;
    /* Small numbers: the scores lie near each other, and no weight hides the others. */
    scale_by(i == 0 ? 0.5F : 1.0F, case_input(given, "x", t, d));
    scale_by(0.5F, case_input(given, "w_q", d, heads * d_k));
    scale_by(0.5F, case_input(given, "w_k", d, heads * d_k));
    case_input(given, "w_v", d, heads * d_v);
    case_input(given, "w_o", heads * d_v, d + 1);
    case_input(given, "b_o", 1, d + 1);
    case_number(given, "heads", (double)heads);
    case_note(given, "the layer has no biases but b_o");
    case_output(given, t, d + 1);
}

static void a_layer_for_its_weights(Case *given)
{
    static const char *const HEAD_NAMES[] = {"head 0", "head 1", "head 2"};
    a_layer(given);
    case_note(given, "what comes out here is the weights, not out");
    size_t t = given->inputs[A_X].rows, heads = case_size(given, HEADS);
    for (size_t h = 0; h < heads; h++)
        case_part(given, HEAD_NAMES[h], t);
    case_output(given, heads * t, t);
}

static Status run_layer(const Case *given, Matrix weights, Matrix out)
{
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = {.w_q = in[A_W_Q],
                            .w_k = in[A_W_K],
                            .w_v = in[A_W_V],
                            .w_o = in[A_W_O],
                            .b_o = in[A_B_O],
                            .heads = case_size(given, HEADS)};
    return multi_head_attention(in[A_X], &layer, weights, out);
}

static Status call_for_output(const Case *given, Matrix out)
{
    float numbers[5 * 4 * 6]; /* the most heads, tokens, and tokens with the gap of a view */
    size_t t = given->inputs[A_X].rows;
    Matrix weights = beside(given, numbers, case_size(given, HEADS) * t, t);
    return expect_unwritten(run_layer(given, weights, out), "weights", weights);
}

static Status call_for_weights(const Case *given, Matrix weights)
{
    float numbers[4 * 8];
    Matrix out = beside(given, numbers, given->inputs[A_X].rows, given->inputs[A_W_O].cols);
    return expect_unwritten(run_layer(given, weights, out), "out", out);
}

/* A layer that does not fit, given to the whole layer. */
static void a_layer_that_does_not_fit(Case *given)
{
    static const char *const STORIES[] = {"w_o has a row too few", "the heads do not divide w_q",
                                          "out has a column too many", "weights has a row too few"};
    a_layer(given);
    given->shapes_only = true;
    case_note(given, "%s", STORIES[given->index]);
    if (given->index == 0)
        given->inputs[A_W_O].rows--;
    if (given->index == 1)
        given->numbers[HEADS] = 5;
    if (given->index == 2)
        given->out_cols++;
    if (given->index == 3) { /* here weights is what must stay unwritten */
        size_t t = given->inputs[A_X].rows;
        case_output(given, case_size(given, HEADS) * t - 1, t);
    }
}

static Status call_for_refusal(const Case *given, Matrix out)
{
    if (given->index == 3)
        return call_for_weights(given, out);
    return call_for_output(given, out);
}

/* --- sum_of_heads ----------------------------------------------------------------------------- */

static void some_heads(Case *given)
{
    size_t i = given->index, d_v = 1 + i % 2, d_out = 3 + i % 2;
    size_t heads = i == 9 ? 1 : 2 + i % 3;
    size_t rows = i == 8 ? 0 : 2 + i % 2;
    given->as_views = i == 7;
    case_input(given, "concat", rows, heads * d_v);
    case_input(given, "w_o", heads * d_v, d_out);
    case_number(given, "heads", (double)heads);
    case_note(given, "the heads stand side by side in concat");
    case_output(given, rows, d_out);
}

static Status call_sum(const Case *given, Matrix out)
{
    return sum_of_heads(given->inputs[CONCAT], given->inputs[W_O], case_size(given, HEADS), out);
}

/* Rows of w_o, heads. */
static void heads_that_do_not_fit(Case *given)
{
    static const size_t WRONG[][2] = {{3, 2}, {4, 3}, {4, 0}, {4, 2}, {4, 2}};
    static const char *const STORIES[] = {"w_o has a row too few",
                                          "3 heads do not divide 4 columns", "no heads",
                                          "out has a column too many", "out has a row too many"};
    given->shapes_only = given->keeps_out = true;
    case_input(given, "concat", 2, 4);
    case_input(given, "w_o", WRONG[given->index][0], 3);
    case_number(given, "heads", (double)WRONG[given->index][1]);
    case_note(given, "%s", STORIES[given->index]);
    case_output(given, given->index == 4 ? 3 : 2, given->index == 3 ? 4 : 3);
}

/* --- multi_head_parameters and multi_head_cost ------------------------------------------------ */

static void some_sizes(Case *given)
{
    size_t i = given->index, heads = 2 + i;
    case_number(given, "d_model", (double)(heads * (3 + i % 3)));
    case_number(given, "heads", (double)heads);
    case_number(given, "biases", i % 2 == 0 ? 1 : 0);
    case_output(given, 1, 1);
}

static Status call_parameters(const Case *given, Matrix out)
{
    put_number(out, 0,
               (double)multi_head_parameters(case_size(given, 0), case_size(given, 1),
                                             case_size(given, 2) != 0));
    return STATUS_OK;
}

static void some_work(Case *given)
{
    enum { LONG = 8 };
    size_t i = given->index, heads = i == LONG ? 8 : 2 + i;
    case_number(given, "tokens", i == LONG ? 0x1p28 : (double)(3 + i));
    case_number(given, "d_model", i == LONG ? 4096 : (double)(heads * (2 + i % 3)));
    case_number(given, "heads", (double)heads);
    case_note(given, "below: projections, scores, weighted sums, output");
    case_output(given, 1, 4);
}

static void some_exponentials(Case *given)
{
    some_work(given);
    case_note(given, "below: the exponentials");
    case_output(given, 1, 1);
}

static MultiHeadCost cost_of(const Case *given)
{
    return multi_head_cost(case_size(given, 0), case_size(given, 1), case_size(given, 2));
}

static Status call_multiplications(const Case *given, Matrix out)
{
    MultiHeadCost cost = cost_of(given);
    put_number(out, 0, cost.projections);
    put_number(out, 1, cost.scores);
    put_number(out, 2, cost.weighted);
    put_number(out, 3, cost.output);
    return STATUS_OK;
}

static Status call_exponentials(const Case *given, Matrix out)
{
    put_number(out, 0, cost_of(given).exponentials);
    return STATUS_OK;
}

/* --- The table -------------------------------------------------------------------------------- */

#define ROWS(table) (sizeof(table) / sizeof *(table))

const Check CHECKS[] = {
    {"queries_come_from_x_and_the_rest_from_the_context", "multi_head_project",
     "project queries from x, keys and values from the context, and add the biases", 14,
     some_projections, call_project},
    {"there_is_room_for_the_results_of_all_heads", "multi_head_project",
     "make room for the results of all heads, side by side", ROWS(ROOMS), some_room, call_for_room},
    {"nothing_is_left_when_all_is_freed", "multi_head_free", "free all four and leave NO_MATRIX",
     ROLES + 1, some_matrices, call_free},
    {"a_head_is_its_columns", "multi_head_select",
     "look at one head's columns of q, k, v and the concatenation", 8, a_probe, call_select},
    {"a_head_is_its_columns_of_everything", "multi_head_select",
     "give the head's own columns of all four, as views", ROWS(SELECTIONS), a_selection,
     call_select_all},
    {"the_output_is_the_concatenation_times_w_o", "multi_head_output",
     "multiply the concatenation by w_o and add b_o, unless that is NO_MATRIX", 10, some_output,
     call_output},
    {"a_layer_that_does_not_fit_is_refused", "multi_head_expect_shapes",
     "refuse what does not fit, and nothing else", ROWS(MEETINGS), a_meeting, call_expect_shapes},
    {"each_head_has_weights_of_its_own", "multi_head_attention",
     "weigh in each head by itself, scaled by the root of d_k", 9, a_layer_for_its_weights,
     call_for_weights},
    {"heads_are_concatenated_side_by_side", "multi_head_attention",
     "set the results of the heads side by side and multiply them by w_o", 9, a_layer,
     call_for_output},
    {"a_layer_is_checked_before_it_is_used", "multi_head_attention",
     "refuse a layer that does not fit, and write nothing", 4, a_layer_that_does_not_fit,
     call_for_refusal},
    {"the_output_is_a_sum_over_heads", "sum_of_heads", "add up each head times its own rows of w_o",
     10, some_heads, call_sum},
    {"a_sum_of_heads_that_do_not_fit_is_refused", "sum_of_heads",
     "refuse heads that do not fit, and write nothing", 5, heads_that_do_not_fit, call_sum},
    {"parameters_do_not_depend_on_the_heads", "multi_head_parameters", "count what a layer learns",
     8, some_sizes, call_parameters},
    {"multiplications_do_not_depend_on_the_heads", "multi_head_cost",
     "count the multiplications of each part", 9, some_work, call_multiplications},
    {"heads_cost_nothing_but_exponentials", "multi_head_cost",
     "count the exponentials, one for each weight", 9, some_exponentials, call_exponentials},
};
const size_t CHECK_COUNT = ROWS(CHECKS);
