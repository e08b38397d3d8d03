/* Chapter 11: what each function must do. */
#include "checks.h"

#include "learning.h"
#include "softmax.h"

#include <math.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))

/* The number of this name. */
static double number_of(const Case *given, const char *name)
{
    for (size_t i = 0; i < given->number_count; i++)
        if (strcmp(given->number_names[i], name) == 0)
            return given->numbers[i];
    return NAN;
}

static void change(Matrix matrix, float factor, float summand)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = matrix_row(matrix, r)[c] * factor + summand;
}

/* --- What is added to ------------------------------------------------------------------------- */

enum { MOST = 10, ROOM = 120 };
static const float BETWEEN = -3.5e20F; /* stands between the rows of a view */

/* Which gradient comes out of a case. make() sets it just before call() reads it. */
static struct {
    size_t which;
    bool alone;        /* the others are NO_MATRIX */
    double rows, cols; /* by how much its shape is wrong */
} wanted;

/* Gradients, or other matrices that a call changes. */
typedef struct Changed {
    size_t count;
    Matrix m[MOST];
    float numbers[MOST][ROOM];
} Changed;

/* What comes out is this one of the gradients. */
static void want(Case *given, size_t which, const char *name, size_t rows, size_t cols,
                 const char *note)
{
    wanted.which = which;
    wanted.alone = given->index % 2 == 1;
    wanted.rows = wanted.cols = 0;
    case_output(given, rows, cols);
    case_note(given, "what comes out is the gradient of %s, which was 1 everywhere%s%s%s", name,
              wanted.alone ? "; the others are NO_MATRIX" : "", *note != '\0' ? "; " : "", note);
}

/* One more matrix to change, of this shape. */
static void open_one(const Case *given, Changed *changed, size_t rows, size_t cols)
{
    size_t i = changed->count++;
    if (i == wanted.which) {
        rows = (size_t)((double)rows + wanted.rows);
        cols = (size_t)((double)cols + wanted.cols);
    }
    size_t stride = given->as_views ? cols + 2 : cols;
    for (size_t n = 0; n < ROOM; n++)
        changed->numbers[i][n] = BETWEEN;
    changed->m[i] = (Matrix){changed->numbers[i], rows, cols, stride};
    change(changed->m[i], 0, 1);
}

/* Gradients of these matrices, of which those that are not wanted may be left out. */
static void open_gradients(const Case *given, Changed *changed, const Matrix *of, size_t count)
{
    changed->count = 0;
    for (size_t i = 0; i < count; i++) {
        open_one(given, changed, of[i].rows, of[i].cols);
        if (of[i].data == NULL || (wanted.alone && i != wanted.which))
            changed->m[i] = NO_MATRIX;
    }
}

/* Copies of inputs, which may be changed. */
static void open_copies(const Case *given, Changed *changed, size_t first, size_t count)
{
    wanted.which = MOST;
    changed->count = 0;
    for (size_t i = 0; i < count; i++) {
        Matrix from = given->inputs[first + i];
        open_one(given, changed, from.rows, from.cols);
        for (size_t r = 0; r < from.rows && !given->shapes_only; r++)
            memcpy(matrix_row(changed->m[i], r), matrix_row(from, r), from.cols * sizeof(float));
    }
}

static void look_between(const Changed *changed)
{
    for (size_t i = 0; i < changed->count; i++)
        for (size_t r = 0; r < changed->m[i].rows; r++)
            for (size_t c = changed->m[i].cols; c < changed->m[i].stride; c++)
                if (matrix_row(changed->m[i], r)[c] != BETWEEN)
                    remark("numbers between the rows were changed: the stride is not cols");
}

/* After a refusal. All were 1; the names are those of the inputs that were copied, if they were. */
static void look_for_changes(const Changed *changed, const char *const *names)
{
    for (size_t i = 0; i < changed->count; i++)
        for (size_t r = 0; r < changed->m[i].rows; r++)
            for (size_t c = 0; c < changed->m[i].cols; c++)
                if (matrix_row(changed->m[i], r)[c] != 1.0F) {
                    remark("it was refused, but %s was changed",
                           names != NULL ? names[i] : "a gradient");
                    return;
                }
}

/* What stands in the wanted gradient after a call. */
static Status close_gradients(const Case *given, Status status, const Changed *changed, Matrix out)
{
    look_between(changed);
    if (status == STATUS_OK)
        put_matrix("the gradient", changed->m[wanted.which], 0, out.rows, out);
    else if (given->shapes_only)
        look_for_changes(changed, NULL);
    return status;
}

/* What stands in all copies after a call, one below the other. */
static Status close_copies(const Case *given, Status status, const Changed *changed, Matrix out)
{
    size_t first = 0;
    look_between(changed);
    for (size_t i = 0; status == STATUS_OK && i < changed->count; i++) {
        put_matrix("the matrix", changed->m[i], first, changed->m[i].rows, out);
        first += changed->m[i].rows;
    }
    if (status != STATUS_OK && given->shapes_only)
        look_for_changes(changed, given->input_names);
    return status;
}

/* --- What does not fit ------------------------------------------------------------------------ */

/* Parts of a case besides its inputs: its gradients, and from NUMBER on its numbers. */
enum { GRADIENT = CASE_MAX_INPUTS, NUMBER = GRADIENT + MOST };

/* What is added to the rows and columns of a part, or to a number, so that it does not fit. */
typedef struct Misfit {
    size_t part;
    double rows, cols;
    const char *story;
} Misfit;

/* A case like number `like` of another check, except that one thing does not fit. */
static void make_misfit(Case *given, void (*make)(Case *given), size_t like, const Misfit *misfits)
{
    const Misfit *misfit = &misfits[given->index];
    size_t index = given->index;
    given->index = like;
    make(given);
    given->index = index;
    given->shapes_only = true;
    given->part_count = 0;
    case_note(given, "%s", misfit->story);
    if (misfit->part >= NUMBER) {
        given->numbers[misfit->part - NUMBER] += misfit->rows;
    } else if (misfit->part >= GRADIENT) {
        wanted.which = misfit->part - GRADIENT;
        wanted.rows = misfit->rows;
        wanted.cols = misfit->cols;
    } else {
        Matrix *input = &given->inputs[misfit->part];
        input->rows = (size_t)((double)input->rows + misfit->rows);
        input->cols = (size_t)((double)input->cols + misfit->cols);
    }
}

/* --- The loss --------------------------------------------------------------------------------- */

enum { E_LOGITS, E_RIGHT };
enum { ALL_PADDING = 6, FAR_APART = 7, NAN_IN_PADDING = 8, INFINITE = 9, HIGH = 12, MOST_ROWS = 4 };

static void some_logits(Case *given)
{
    size_t i = given->index, t = 1 + i % MOST_ROWS, v = 3 + i % 3;
    given->as_views = i == 5;
    Matrix logits = case_input(given, "logits", t, v), right = case_input(given, "right", 1, t);
    for (size_t r = 0; r < t; r++)
        right.data[r] = (float)((r + i + 2) % v);
    if (i == 3 || i == NAN_IN_PADDING || i == INFINITE || i == 10 || i == 11)
        right.data[t / 2] = -1;
    for (size_t r = 0; i == ALL_PADDING && r < t; r++)
        right.data[r] = -1;
    if (i == FAR_APART)
        change(logits, 2000, 0);
    if (i == HIGH)
        change(logits, 1, 1000);
    if (i == NAN_IN_PADDING)
        matrix_row(logits, t / 2)[1] = NAN;
    if (i == INFINITE)
        matrix_row(logits, 0)[((size_t)right.data[0] + 1) % v] = -INFINITY;
    case_number(given, "grad_loss", i % 2 == 0 ? 1 : 0.25);
    case_note(given, "right -1 is NO_WORD");
    case_output(given, 1, 1);
}

/* The right words of a case. */
static const size_t *right_words(const Case *given, size_t input, size_t *words)
{
    for (size_t t = 0; t < given->inputs[input].cols; t++) {
        float word = given->inputs[input].data[t];
        words[t] = word < 0 ? NO_WORD : (size_t)word;
    }
    return words;
}

static Status call_loss(const Case *given, Matrix out)
{
    size_t words[MOST_ROWS];
    double loss = 0;
    Status status =
        cross_entropy(given->inputs[E_LOGITS], right_words(given, E_RIGHT, words), &loss);
    if (status == STATUS_OK)
        put_number(out, 0, loss);
    return status;
}

static void a_wrong_word(Case *given)
{
    size_t index = given->index;
    given->index = 3;
    some_logits(given);
    given->index = index;
    given->inputs[E_RIGHT].data[index] = (float)given->inputs[E_LOGITS].cols + (float)index;
    want(given, 0, "the logits", given->inputs[E_LOGITS].rows, given->inputs[E_LOGITS].cols,
         "a right word does not exist");
}

static void a_wrong_word_for_loss(Case *given)
{
    a_wrong_word(given);
    case_note(given, "a right word does not exist");
    case_output(given, 1, 1);
}

static void some_logits_backward(Case *given)
{
    some_logits(given);
    want(given, 0, "the logits", given->inputs[E_LOGITS].rows, given->inputs[E_LOGITS].cols,
         "right -1 is NO_WORD");
}

static Status call_loss_backward(const Case *given, Matrix out)
{
    size_t words[MOST_ROWS];
    Changed grad;
    open_gradients(given, &grad, &given->inputs[E_LOGITS], 1);
    Status status =
        cross_entropy_backward(given->inputs[E_LOGITS], right_words(given, E_RIGHT, words),
                               number_of(given, "grad_loss"), grad.m[0]);
    return close_gradients(given, status, &grad, out);
}

static const Misfit LOSS_MISFITS[] = {
    {GRADIENT, 1, 0, "grad_logits has a row more than logits"},
    {GRADIENT, 0, -1, "grad_logits has a column less than logits"},
};

static void a_wrong_loss_gradient(Case *given)
{
    make_misfit(given, some_logits_backward, 2, LOSS_MISFITS);
}

/* --- Products --------------------------------------------------------------------------------- */

enum { A, B, A_GRAD_OUT };

static void some_factors(Case *given, bool transposed, size_t which)
{
    size_t i = given->index, n = 1 + i % 3, k = 2 + i % 4, m = 2 + (i + 1) % 3;
    given->as_views = i == 5;
    Matrix a = case_input(given, "a", n, k);
    Matrix b = transposed ? case_input(given, "b", m, k) : case_input(given, "b", k, m);
    Matrix grad_out = case_input(given, "grad_out", n, m);
    matrix_row(grad_out, 0)[0] += 2;
    if (transposed && i >= 6) /* what is handed nothing hands nothing on */
        for (size_t r = 0; r < n; r++)
            matrix_row(grad_out, r)[m - 1] = 0;
    const char *note = "";
    if (transposed && i == 7 && which == 0) {
        matrix_row(b, m - 1)[0] = NAN;
        note = "the last row of b, where grad_out is 0, holds a NaN";
    } else if (transposed && i == 7) {
        change(matrix_view(matrix_row(grad_out, n - 1), 1, m), 0, 0);
        matrix_row(a, n - 1)[0] = NAN;
        note = "the last row of a, where grad_out is 0, holds a NaN";
    }
    want(given, which, which == 0 ? "a" : "b", which == 0 ? n : b.rows, which == 0 ? k : b.cols,
         note);
}

static void a_product_for_a(Case *given)
{
    some_factors(given, false, 0);
}

static void a_product_for_b(Case *given)
{
    some_factors(given, false, 1);
}

static void a_transposed_for_a(Case *given)
{
    some_factors(given, true, 0);
}

static void a_transposed_for_b(Case *given)
{
    some_factors(given, true, 1);
}

typedef Status ProductBackward(Matrix a, Matrix b, Matrix grad_out, Matrix grad_a, Matrix grad_b);

static Status run_product(const Case *given, ProductBackward *backward, Matrix out)
{
    Changed grad;
    open_gradients(given, &grad, given->inputs, 2);
    Status status = backward(given->inputs[A], given->inputs[B], given->inputs[A_GRAD_OUT],
                             grad.m[0], grad.m[1]);
    return close_gradients(given, status, &grad, out);
}

static Status call_product(const Case *given, Matrix out)
{
    return run_product(given, matrix_product_backward, out);
}

static Status call_transposed(const Case *given, Matrix out)
{
    return run_product(given, matrix_product_transposed_backward, out);
}

static const Misfit PRODUCT_MISFITS[] = {
    {A, 0, -1, "a has a column less than it needs"},
    {A_GRAD_OUT, -1, 0, "grad_out has a row less than the product"},
    {A_GRAD_OUT, 0, -1, "grad_out has a column less than the product"},
    {GRADIENT, 1, 0, "grad_a has a row more than a"},
    {GRADIENT, 0, -1, "grad_a has a column less than a"},
    {GRADIENT + 1, 1, 0, "grad_b has a row more than b"},
    {GRADIENT + 1, 0, -1, "grad_b has a column less than b"},
};

static void a_wrong_product(Case *given)
{
    make_misfit(given, a_product_for_a, 2, PRODUCT_MISFITS);
}

static void a_wrong_transposed(Case *given)
{
    make_misfit(given, a_transposed_for_a, 2, PRODUCT_MISFITS);
}

/* --- linear ----------------------------------------------------------------------------------- */

enum { L_X, L_W, L_GRAD_OUT };

static void a_linear_layer(Case *given, size_t which)
{
    static const char *const NAMES[] = {"x", "w", "b"};
    size_t i = given->index, t = 2 + i % 3, d = 2 + i % 4, m = 2 + (i + 1) % 3;
    given->as_views = i == 5;
    case_input(given, "x", t, d);
    case_input(given, "w", d, m);
    matrix_row(case_input(given, "grad_out", t, m), t - 1)[0] += 2;
    want(given, which, NAMES[which], which == 0 ? t : which == 1 ? d : 1, which == 0 ? d : m, "");
}

static void a_linear_layer_for_b(Case *given)
{
    a_linear_layer(given, 2);
}

static void a_linear_layer_for_all(Case *given)
{
    a_linear_layer(given, given->index % 2);
}

static Status call_linear(const Case *given, Matrix out)
{
    Changed grad;
    Matrix x = given->inputs[L_X], w = given->inputs[L_W];
    Matrix b = {w.data, 1, w.cols, w.cols}; /* a shape */
    open_gradients(given, &grad, (const Matrix[]){x, w, b}, 3);
    Status status =
        linear_backward(x, w, given->inputs[L_GRAD_OUT], grad.m[0], grad.m[1], grad.m[2]);
    return close_gradients(given, status, &grad, out);
}

static const Misfit LINEAR_MISFITS[] = {
    {L_W, -1, 0, "w has a row less than x has columns"},
    {L_GRAD_OUT, -1, 0, "grad_out has a row less than x"},
    {GRADIENT, 1, 0, "grad_x has a row more than x"},
    {GRADIENT + 1, 0, -1, "grad_w has a column less than w"},
    {GRADIENT + 2, 0, 1, "grad_b has a number more than w has columns"},
    {GRADIENT + 2, 1, 0, "grad_b has two rows"},
};

static void a_wrong_linear_layer(Case *given)
{
    make_misfit(given, a_linear_layer_for_b, 2, LINEAR_MISFITS);
}

/* --- softmax and one head --------------------------------------------------------------------- */

/* Makes weights of numbers: rows that sum to one, and with `causal` zeros. */
static void to_weights(Matrix matrix, bool causal)
{
    for (size_t r = 0; r < matrix.rows; r++) {
        for (size_t c = r + 1; causal && c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = -INFINITY;
        softmax_row(matrix_row(matrix, r), matrix.cols, matrix_row(matrix, r));
    }
}

enum { S_WEIGHTS, S_GRAD };
enum { S_NAN = 6, S_NOTHING = 7 };

static void some_weights(Case *given)
{
    size_t i = given->index, n = i == 0 ? 1 : 1 + i % 3, m = 3 + i % 3;
    const char *note = "";
    given->as_views = i == 5;
    Matrix weights = case_input(given, "weights", n, m),
           g = case_input(given, "grad_weights", n, m);
    to_weights(weights, i >= 4);
    if (i == 0) {
        memcpy(weights.data, (const float[]){0.5F, 0.25F, 0.25F}, 3 * sizeof(float));
        memcpy(g.data, (const float[]){4, 0, 0}, 3 * sizeof(float));
    }
    if (i == S_NAN) {
        matrix_row(g, 0)[m - 1] = NAN;
        note = "there is a NaN where the weight is 0";
    }
    if (i == S_NOTHING) {
        change(weights, 0, 0);
        note = "all weights are 0: there was nothing to attend to";
    }
    want(given, 0, "the scores", n, m, note);
}

static Status call_softmax(const Case *given, Matrix out)
{
    Changed grad;
    open_gradients(given, &grad, given->inputs, 1);
    return close_gradients(
        given, softmax_backward(given->inputs[S_WEIGHTS], given->inputs[S_GRAD], grad.m[0]), &grad,
        out);
}

static const Misfit SOFTMAX_MISFITS[] = {
    {S_GRAD, -1, 0, "grad_weights has a row less than weights"},
    {S_GRAD, 0, -1, "grad_weights has a column less than weights"},
    {GRADIENT, 1, 0, "grad_x has a row more than weights"},
    {GRADIENT, 0, -1, "grad_x has a column less than weights"},
};

static void wrong_weights(Case *given)
{
    make_misfit(given, some_weights, 2, SOFTMAX_MISFITS);
}

enum { H_Q, H_K, H_V, H_WEIGHTS, H_GRAD_OUT };

static void a_head(Case *given, size_t which)
{
    static const char *const NAMES[] = {"q", "k", "v"};
    size_t i = given->index, t_q = 2 + i % 2, t_k = 3 + i % 2, d_k = 2 + i % 3, d_v = 3 - i % 2;
    given->as_views = i == 5;
    case_input(given, "q", t_q, d_k);
    case_input(given, "k", t_k, d_k);
    case_input(given, "v", t_k, d_v);
    Matrix weights = case_input(given, "weights", t_q, t_k);
    change(weights, 0.5F, 0);
    to_weights(weights, i >= 4);
    matrix_row(case_input(given, "grad_out", t_q, d_v), 0)[1] += 2;
    if (i == 6) {
        matrix_row(given->inputs[H_V], t_k - 1)[0] = NAN;
        matrix_row(given->inputs[H_K], t_k - 1)[0] = NAN;
    }
    case_number(given, "scale", i == 0 ? 0.5 : 0.25 + 0.25 * (double)(i % 3));
    want(given, which, NAMES[which], given->inputs[which].rows, given->inputs[which].cols,
         i == 6 ? "there is a NaN in the last key and value, which all weights block" : "");
}

static void a_head_for_v(Case *given)
{
    a_head(given, H_V);
}

static void a_head_for_q(Case *given)
{
    a_head(given, H_Q);
}

static void a_head_for_k(Case *given)
{
    a_head(given, H_K);
}

static Status call_head(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    Changed grad;
    open_gradients(given, &grad, in, 3);
    HeadMatrices one = {in[H_Q], in[H_K], in[H_V], NO_MATRIX};
    HeadMatrices to = {grad.m[H_Q], grad.m[H_K], grad.m[H_V], in[H_GRAD_OUT]};
    Status status = attention_backward(&one, (float)number_of(given, "scale"), in[H_WEIGHTS], &to);
    return close_gradients(given, status, &grad, out);
}

static const Misfit HEAD_MISFITS[] = {
    {H_K, 0, -1, "k has a column less than q"},
    {H_V, -1, 0, "v has a row less than k"},
    {H_WEIGHTS, 0, -1, "weights has a column less than there are keys"},
    {H_GRAD_OUT, -1, 0, "the gradient of the result has a row less than q"},
    {GRADIENT + H_Q, 0, -1, "the gradient of q has a column less than q"},
    {GRADIENT + H_K, 1, 0, "the gradient of k has a row more than k"},
    {GRADIENT + H_V, 0, -1, "the gradient of v has a column less than v"},
};

static void a_wrong_head(Case *given)
{
    make_misfit(given, a_head_for_v, 2, HEAD_MISFITS);
}

/* --- All heads -------------------------------------------------------------------------------- */

enum { M_X, M_W_Q, M_W_K, M_W_V, M_W_O, M_GRAD_OUT };
enum { HEADS = 2, D_MODEL = 3, D_K = 2, D_V = 3, D_OUT = 4, NO_BIASES = 1 };
enum { X = 8, CONTEXT };

static void a_layer(Case *given)
{
    size_t i = given->index, t = 2 + i % 2;
    given->as_views = i == 5;
    change(case_input(given, "x", t, D_MODEL), 0.5F, 0);
    change(case_input(given, "w_q", D_MODEL, HEADS * D_K), 0.5F, 0);
    change(case_input(given, "w_k", D_MODEL, HEADS * D_K), 0.5F, 0);
    case_input(given, "w_v", D_MODEL, HEADS * D_V);
    case_input(given, "w_o", HEADS * D_V, D_OUT);
    matrix_row(case_input(given, "grad_out", t, D_OUT), t - 1)[1] += 2;
    if (i != NO_BIASES) {
        case_input(given, "b_q", 1, HEADS * D_K);
        case_input(given, "b_k", 1, HEADS * D_K);
        case_input(given, "b_v", 1, HEADS * D_V);
        case_input(given, "b_o", 1, D_OUT);
    }
    if (i % 3 == 2)
        change(case_input(given, "context", t + 1, D_MODEL), 0.5F, 0);
    case_number(given, "causal", i >= 8 ? 1 : 0);
    case_number(given, "padding", i % 4 == 3 ? 1 : 0);
    case_output(given, t, D_OUT);
    case_note(given, "2 heads%s%s", i == NO_BIASES ? "; no biases" : "",
              i % 3 == 2 ? "" : "; no context");
}

static MultiHeadLayer layer_of(const Case *given)
{
    return (MultiHeadLayer){.w_q = given->inputs[M_W_Q],
                            .w_k = given->inputs[M_W_K],
                            .w_v = given->inputs[M_W_V],
                            .w_o = given->inputs[M_W_O],
                            .b_q = case_named(given, "b_q"),
                            .b_k = case_named(given, "b_k"),
                            .b_v = case_named(given, "b_v"),
                            .b_o = case_named(given, "b_o"),
                            .heads = HEADS};
}

static Status keep(const Case *given, KeptHeads *kept, Matrix out)
{
    MultiHeadLayer layer = layer_of(given);
    AttentionMask mask = {.causal = number_of(given, "causal") != 0,
                          .padding = (size_t)number_of(given, "padding")};
    return multi_head_keep(given->inputs[M_X], case_named(given, "context"), &layer, &mask, kept,
                           out);
}

static Status call_keep(const Case *given, Matrix out)
{
    KeptHeads kept = {0};
    Status status = keep(given, &kept, out);
    if (status != STATUS_OK && (kept.all.q.data != NULL || kept.weights.data != NULL))
        remark("it failed, but matrices were kept");
    kept_heads_free(&kept);
    if (kept.all.q.data != NULL || kept.weights.data != NULL)
        remark("kept_heads_free() left matrices behind");
    return status;
}

enum { KEPT_Q, KEPT_K, KEPT_V, KEPT_CONCAT, KEPT_WEIGHTS, KEPT };

/* What was kept, one after the other in the cases. */
static void a_layer_for_what_it_keeps(Case *given)
{
    static const char *const NAMES[KEPT] = {"all.q", "all.k", "all.v", "all.concat", "weights"};
    a_layer(given);
    size_t which = given->index % KEPT, t_q = given->inputs[M_X].rows;
    Matrix context = case_named(given, "context");
    size_t t_k = context.data != NULL ? context.rows : t_q;
    const size_t rows[KEPT] = {t_q, t_k, t_k, t_q, HEADS * t_q};
    const size_t cols[KEPT] = {HEADS * D_K, HEADS * D_K, HEADS * D_V, HEADS * D_V, t_k};
    case_note(given, "what comes out is %s", NAMES[which]);
    case_output(given, rows[which], cols[which]);
}

static Status call_keep_for_kept(const Case *given, Matrix out)
{
    KeptHeads kept = {0};
    float numbers[4 * D_OUT];
    Status status = keep(given, &kept,
                         matrix_view(numbers, given->inputs[M_X].rows, given->inputs[M_W_O].cols));
    const Matrix made[KEPT] = {kept.all.q, kept.all.k, kept.all.v, kept.all.concat, kept.weights};
    if (status == STATUS_OK)
        put_matrix("what was kept", made[given->index % KEPT], 0, out.rows, out);
    kept_heads_free(&kept);
    return status;
}

static const Misfit KEEP_MISFITS[] = {
    {M_W_Q, -1, 0, "w_q has a row less than x has columns"},
    {M_W_O, -1, 0, "w_o has a row less than the heads give"},
    {M_W_K, 0, -2, "w_k has two columns less than w_q"},
    {NUMBER + 1, 9, 0, "there is more padding than there are keys"},
};

static void a_wrong_layer_to_keep(Case *given)
{
    make_misfit(given, a_layer, 2, KEEP_MISFITS);
}

/* In which order the cases ask for the gradients: from the end of the layer to its beginning. */
static const size_t PARAMETERS[] = {3, 7, 2, 6, 0, 4, 1, 5};
static const char *const PARAMETER_NAMES[] = {"w_q", "w_k", "w_v", "w_o", "b_q",
                                              "b_k", "b_v", "b_o", "x",   "context"};

/* The inputs that have gradients, in the order of these names. */
static void with_gradients(const Case *given, Matrix of[X + 2])
{
    for (size_t i = 0; i < X + 2; i++)
        of[i] = case_named(given, PARAMETER_NAMES[i]);
}

static void a_layer_for(Case *given, size_t which)
{
    char note[sizeof given->note];
    Matrix of[X + 2];
    a_layer(given);
    with_gradients(given, of);
    memcpy(note, given->note, sizeof note);
    want(given, which, PARAMETER_NAMES[which], of[which].rows, of[which].cols, note);
}

static void a_layer_for_parameters(Case *given)
{
    size_t i = given->index;
    a_layer_for(given, i == NO_BIASES ? 3 : PARAMETERS[i % ROWS(PARAMETERS)]);
}

static void a_layer_for_x(Case *given)
{
    a_layer_for(given, X);
}

static void a_layer_for_its_context(Case *given)
{
    size_t index = given->index;
    given->index = 2 + 3 * index; /* those have one */
    a_layer_for(given, CONTEXT);
    given->index = index;
}

static Status call_layer(const Case *given, Matrix out)
{
    float numbers[4 * D_OUT];
    Matrix of[X + 2], x = given->inputs[M_X], context = case_named(given, "context");
    Changed grad;
    KeptHeads kept = {0};
    MultiHeadLayer layer = layer_of(given);
    Case right = *given; /* the way forward always fits */
    with_gradients(given, of);
    open_gradients(given, &grad, of, X + 2);
    const Matrix *to = grad.m;
    MultiHeadGradients grads = {
        to[X], to[CONTEXT], {to[0], to[1], to[2], to[3], to[4], to[5], to[6], to[7], 0}};
    Status status = keep(&right, &kept, matrix_view(numbers, x.rows, D_OUT));
    if (status == STATUS_OK)
        status = multi_head_backward(x, context, &layer, &kept, given->inputs[M_GRAD_OUT], &grads);
    kept_heads_free(&kept);
    return close_gradients(given, status, &grad, out);
}

static const Misfit LAYER_MISFITS[] = {
    {M_GRAD_OUT, -1, 0, "grad_out has a row less than x"},
    {M_GRAD_OUT, 0, -1, "grad_out has a column less than w_o"},
    {GRADIENT + 0, 0, -1, "the gradient of w_q has a column less than w_q"},
    {GRADIENT + 1, 1, 0, "the gradient of w_k has a row more than w_k"},
    {GRADIENT + 3, 0, 1, "the gradient of w_o has a column more than w_o"},
    {GRADIENT + 5, 0, -1, "the gradient of b_k has a number less than b_k"},
    {GRADIENT + 6, 1, 0, "the gradient of b_v has two rows"},
    {GRADIENT + X, 1, 0, "the gradient of x has a row more than x"},
    {GRADIENT + CONTEXT, 0, -1, "the gradient of the context has a column less than the context"},
};

static void a_wrong_layer(Case *given)
{
    make_misfit(given, a_layer_for_x, 2, LAYER_MISFITS);
}

/* --- layer_norm ------------------------------------------------------------------------------- */

enum { N_X, N_GRAD_OUT, N_GAIN };
enum { TO_X, TO_GAIN, TO_SHIFT };
static const char *const NORM_NAMES[] = {"x", "gain", "shift"};

static void a_norm(Case *given, size_t which)
{
    size_t i = given->index, t = 1 + i % 3, d = 3 + i % 3;
    given->as_views = i == 5;
    Matrix x = case_input(given, "x", t, d);
    for (size_t r = 0; r < t; r++)
        matrix_row(x, r)[0] += 4; /* no token of equal numbers */
    matrix_row(case_input(given, "grad_out", t, d), 0)[1] += 2;
    if (i % 3 > 0)
        case_input(given, "gain", 1, d).data[0] = 2;
    case_number(given, "epsilon", i % 2 == 0 ? 0.5 : 1e-5);
    want(given, which, NORM_NAMES[which], which == TO_X ? t : 1, d,
         i % 3 > 0 ? "" : "the norm has no gain");
}

static void a_norm_for_x(Case *given)
{
    a_norm(given, TO_X);
}

static void a_norm_for_its_gain(Case *given)
{
    a_norm(given, TO_GAIN);
}

static void a_norm_for_its_shift(Case *given)
{
    a_norm(given, TO_SHIFT);
}

static LayerNorm norm_of(const Case *given)
{
    return (LayerNorm){.gain = case_named(given, "gain"),
                       .epsilon = (float)number_of(given, "epsilon")};
}

/* Gradients of a norm: of what goes into it, of gain and shift. */
static void open_norm(const Case *given, Changed *grad)
{
    Matrix x = given->inputs[N_X], row = {x.data, 1, x.cols, x.cols};
    open_gradients(given, grad, (const Matrix[]){x, row, row}, 3);
}

static Status call_norm(const Case *given, Matrix out)
{
    Changed grad;
    open_norm(given, &grad);
    LayerNorm norm = norm_of(given), to = {grad.m[TO_GAIN], grad.m[TO_SHIFT], 0};
    Status status =
        layer_norm_backward(given->inputs[N_X], &norm, given->inputs[N_GRAD_OUT], grad.m[0], &to);
    return close_gradients(given, status, &grad, out);
}

static const Misfit NORM_MISFITS[] = {
    {N_GRAD_OUT, -1, 0, "grad_out has a row less than x"},
    {N_GAIN, 0, -1, "gain has a number less than x has columns"},
    {GRADIENT + TO_X, 0, -1, "grad_x has a column less than x"},
    {GRADIENT + TO_GAIN, 0, -1, "the gradient of gain has a number less than x has columns"},
    {GRADIENT + TO_SHIFT, 1, 0, "the gradient of shift has two rows"},
    {NUMBER, -1, 0, "epsilon is less than 0"},
    {NUMBER, NAN, 0, "epsilon is NaN"},
};

static void a_wrong_norm(Case *given)
{
    make_misfit(given, a_norm_for_x, 2, NORM_MISFITS);
}

/* --- The feed-forward network ----------------------------------------------------------------- */

static void some_numbers(Case *given)
{
    static const float NUMBERS[] = {-3, -2.25F, -1, -0.5F, 0, 0.5F, 0.75F, NAN};
    size_t i = given->index, count = i < 6 ? 7 : 8; /* NaN comes last */
    Matrix x = case_input(given, "x", 1, count);
    for (size_t c = 0; c < count; c++)
        x.data[c] = NUMBERS[c] + 0.03125F * (float)i;
    case_number(given, "activation", (double)(i % 3));
    case_note(given, "activation 0 is ReLU, 1 is GELU, 2 is GELU by tanh");
    case_output(given, 1, count);
}

static Status call_slope(const Case *given, Matrix out)
{
    for (size_t c = 0; c < out.cols; c++)
        put_number(out, c,
                   activation_slope((Activation)given->numbers[0], given->inputs[0].data[c]));
    return STATUS_OK;
}

enum { F_X, F_W_1, F_W_2, F_BEFORE, F_GRAD_OUT };
enum { TO_W_1 = 1, TO_B_1, TO_W_2, TO_B_2 };

static void a_network(Case *given)
{
    size_t i = given->index, t = 3 - i % 2, d = 2 + i % 3, d_ff = 3 + i % 3;
    given->as_views = i == 5;
    case_input(given, "x", t, d);
    change(case_input(given, "w_1", d, d_ff), 1, i == 0 ? -1 : 0);
    case_input(given, "w_2", d_ff, d);
    change(case_input(given, "before", t, d_ff), 1, i == 0 ? -1 : 0); /* some are below 0 */
    matrix_row(case_input(given, "grad_out", t, d), t - 1)[0] += 2;
    if (i % 2 == 0) {
        case_input(given, "b_1", 1, d_ff);
        case_input(given, "b_2", 1, d);
    }
    case_number(given, "activation", (double)(i % 3));
}

static FeedForward network_of(const Case *given)
{
    return (FeedForward){.w_1 = given->inputs[F_W_1],
                         .b_1 = case_named(given, "b_1"),
                         .w_2 = given->inputs[F_W_2],
                         .b_2 = case_named(given, "b_2"),
                         .activation = (Activation)number_of(given, "activation")};
}

static void a_network_to_keep(Case *given)
{
    a_network(given);
    bool before = given->index % 2 == 1;
    size_t which = before ? F_BEFORE : F_GRAD_OUT;
    case_note(given, "what comes out is %s; %s; activation 0 is ReLU, 1 is GELU, 2 is GELU by tanh",
              before ? "before" : "out", before ? "no biases" : "with biases");
    case_output(given, given->inputs[which].rows, given->inputs[which].cols);
}

static Status call_keep_network(const Case *given, Matrix out)
{
    float numbers[ROOM];
    Matrix x = given->inputs[F_X];
    FeedForward network = network_of(given);
    bool before = given->index % 2 == 1;
    Matrix other = matrix_view(numbers, x.rows, before ? network.w_2.cols : network.w_1.cols);
    return feed_forward_keep(x, &network, before ? out : other, before ? other : out);
}

static void a_network_for(Case *given, size_t which)
{
    static const char *const NAMES[] = {"x", "w_1", "b_1", "w_2", "b_2"};
    a_network(given);
    Matrix like[] = {given->inputs[F_X], given->inputs[F_W_1], given->inputs[F_W_1],
                     given->inputs[F_W_2], given->inputs[F_W_2]};
    bool bias = which == TO_B_1 || which == TO_B_2;
    want(given, which, NAMES[which], bias ? 1 : like[which].rows, like[which].cols,
         "activation 0 is ReLU, 1 is GELU, 2 is GELU by tanh");
}

static void a_network_for_x(Case *given)
{
    a_network_for(given, 0);
}

static void a_network_for_parameters(Case *given)
{
    static const size_t ORDER[] = {TO_W_2, TO_B_2, TO_W_1, TO_B_1};
    a_network_for(given, ORDER[given->index % ROWS(ORDER)]);
}

static Status call_network(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    Matrix w_1 = in[F_W_1], w_2 = in[F_W_2];
    Matrix of[] = {
        in[F_X], w_1, {w_1.data, 1, w_1.cols, w_1.cols}, w_2, {w_2.data, 1, w_2.cols, w_2.cols}};
    Changed grad;
    FeedForward network = network_of(given);
    open_gradients(given, &grad, of, ROWS(of));
    FeedForward to = {grad.m[TO_W_1], grad.m[TO_B_1], grad.m[TO_W_2], grad.m[TO_B_2],
                      ACTIVATION_RELU};
    Status status =
        feed_forward_backward(in[F_X], &network, in[F_BEFORE], in[F_GRAD_OUT], grad.m[0], &to);
    return close_gradients(given, status, &grad, out);
}

static const Misfit NETWORK_MISFITS[] = {
    {F_W_1, -1, 0, "w_1 has a row less than x has columns"},
    {F_W_2, -1, 0, "w_2 has a row less than w_1 has columns"},
    {F_BEFORE, -1, 0, "before has a row less than x"},
    {F_GRAD_OUT, -1, 0, "grad_out has a row less than x"},
    {F_GRAD_OUT, 0, -1, "grad_out has a column less than w_2"},
    {GRADIENT, 0, -1, "grad_x has a column less than x"},
    {GRADIENT + TO_W_1, 1, 0, "the gradient of w_1 has a row more than w_1"},
    {GRADIENT + TO_B_1, 0, -1, "the gradient of b_1 has a number less than w_1 has columns"},
    {GRADIENT + TO_W_2, 0, -1, "the gradient of w_2 has a column less than w_2"},
    {GRADIENT + TO_B_2, 1, 0, "the gradient of b_2 has two rows"},
};

static void a_wrong_network(Case *given)
{
    make_misfit(given, a_network_for_x, 2, NETWORK_MISFITS);
}

/* --- The residual path ------------------------------------------------------------------------ */

static NormPlace place_of(const Case *given)
{
    return number_of(given, "pre") != 0 ? NORM_PRE : NORM_POST;
}

static void a_step(Case *given, bool pre, size_t which, const char *name)
{
    size_t t = 2 + given->index % 2, d = 3 + given->index % 3;
    given->as_views = given->index == 5;
    Matrix x = case_input(given, "x", t, d);
    for (size_t r = 0; r < t; r++)
        matrix_row(x, r)[0] += 4;
    matrix_row(case_input(given, "grad_out", t, d), 0)[1] += 2;
    case_input(given, "gain", 1, d).data[0] += 2;
    case_number(given, "epsilon", 0.25);
    case_number(given, "pre", pre ? 1 : 0);
    want(given, which, name, which == TO_GAIN ? 1 : t, d, "pre = 1 is NORM_PRE, 0 is NORM_POST");
    wanted.alone = false;
}

static void a_beginning(Case *given)
{
    size_t which = given->index < 4 ? TO_X : TO_GAIN;
    a_step(given, given->index % 2 == 1, which, NORM_NAMES[which]);
}

static Status call_beginning(const Case *given, Matrix out)
{
    Changed grad;
    open_norm(given, &grad);
    LayerNorm norm = norm_of(given), to = {grad.m[TO_GAIN], NO_MATRIX, 0};
    return close_gradients(given,
                           sublayer_input_backward(given->inputs[N_X], &norm, place_of(given),
                                                   given->inputs[N_GRAD_OUT], grad.m[0], &to),
                           &grad, out);
}

static const Misfit STEP_MISFITS[] = {
    {N_GRAD_OUT, -1, 0, "the gradient that is handed back has a row less than x"},
    {GRADIENT, 0, -1, "grad_x has a column less than x"},
    {N_GAIN, 0, -1, "gain has a number less than x has columns"},
};

static void a_wrong_beginning(Case *given)
{
    make_misfit(given, a_beginning, given->index == 2 ? 1 : given->index, STEP_MISFITS);
}

enum { TO_RESULT = 2 };

static void an_end(Case *given)
{
    static const size_t WHICH[] = {TO_X, TO_RESULT, TO_GAIN};
    static const char *const NAMES[] = {"x", "result", "gain"};
    size_t which = given->index / 2 % 3;
    a_step(given, given->index % 2 == 0, WHICH[which], NAMES[which]);
}

static Status call_end(const Case *given, Matrix out)
{
    Changed grad;
    Matrix x = given->inputs[N_X], row = {x.data, 1, x.cols, x.cols};
    open_gradients(given, &grad, (const Matrix[]){x, row, x}, 3);
    LayerNorm norm = norm_of(given), to = {grad.m[TO_GAIN], NO_MATRIX, 0};
    Status status = sublayer_output_backward(x, &norm, place_of(given), given->inputs[N_GRAD_OUT],
                                             grad.m[TO_X], grad.m[TO_RESULT], &to);
    return close_gradients(given, status, &grad, out);
}

static const Misfit END_MISFITS[] = {
    {N_GRAD_OUT, -1, 0, "the gradient that is handed back has a row less than the sum"},
    {GRADIENT, 0, -1, "grad_x has a column less than the sum"},
    {GRADIENT + TO_RESULT, 1, 0, "grad_result has a row more than the sum"},
    {N_GAIN, 0, -1, "gain has a number less than the sum has columns"},
};

static void a_wrong_end(Case *given)
{
    make_misfit(given, an_end, given->index == 3 ? 1 : 0, END_MISFITS);
}

/* --- Words and the mean ----------------------------------------------------------------------- */

enum { W_WORDS, W_GRAD_OUT };
enum { VOCABULARY = 5, POSITIONS = 7, MOST_WORDS = 5 };

static void some_words(Case *given, size_t which)
{
    size_t i = given->index, t = 3 + i % 3, d = i == 0 ? 4 : 2 + i % 3;
    given->as_views = i == 5;
    Matrix words = case_input(given, "words", 1, t);
    for (size_t c = 0; c < t; c++)
        words.data[c] = (float)((c * c + i) % VOCABULARY);
    words.data[t - 1] = words.data[0]; /* it is there twice */
    case_input(given, "grad_out", t, d);
    case_number(given, "first", i % 2 == 0 ? 0 : 2);
    case_number(given, "count", (double)t);
    want(given, which, which == 0 ? "words" : "positions", which == 0 ? VOCABULARY : POSITIONS, d,
         "a vocabulary of 5 words, 7 positions");
}

static void words_for_their_rows(Case *given)
{
    some_words(given, 0);
}

static void words_for_positions(Case *given)
{
    some_words(given, 1);
}

static Status call_words(const Case *given, Matrix out)
{
    size_t words[MOST_WORDS + 1];
    Changed grad;
    Matrix g = given->inputs[W_GRAD_OUT];
    const Matrix of[] = {{g.data, VOCABULARY, g.cols, 0}, {g.data, POSITIONS, g.cols, 0}};
    open_gradients(given, &grad, of, 2);
    Embedding to = {grad.m[0], grad.m[1]};
    Status status =
        embed_backward(right_words(given, W_WORDS, words), (size_t)number_of(given, "count"),
                       (size_t)number_of(given, "first"), g, &to);
    return close_gradients(given, status, &grad, out);
}

static const Misfit WORD_MISFITS[] = {
    {W_GRAD_OUT, -1, 0, "grad_out has a row less than there are words"},
    {GRADIENT, 0, -1, "the gradient of words has a column less than grad_out"},
    {GRADIENT + 1, 0, 1, "the gradient of positions has a column more than grad_out"},
    {NUMBER, 5, 0, "the last word stands behind the last position"},
    {NUMBER, 99, 0, "the first word stands behind the last position"},
    {GRADIENT, -1, 0, "the gradient of words has no row for the greatest word"},
};

static void wrong_words(Case *given)
{
    make_misfit(given, words_for_their_rows, 0, WORD_MISFITS);
    given->inputs[W_WORDS].data[1] = VOCABULARY - 1;
}

static void a_pool(Case *given)
{
    size_t i = given->index, t = 3 + i % 3, d = 2 + i % 3, padding = i == 6 ? t : (i + 1) % 3;
    given->as_views = i == 5;
    case_input(given, "grad_out", 1, d);
    case_number(given, "padding", (double)padding);
    want(given, 0, "x", t, d, "");
}

static Status call_pool(const Case *given, Matrix out)
{
    Changed grad;
    Matrix g = given->inputs[0];
    open_gradients(given, &grad, &(Matrix){g.data, given->out_rows, given->out_cols, 0}, 1);
    return close_gradients(
        given, mean_pool_backward((size_t)number_of(given, "padding"), g, grad.m[0]), &grad, out);
}

static const Misfit POOL_MISFITS[] = {
    {NUMBER, 9, 0, "there is more padding than there are tokens"},
    {0, 0, -1, "grad_out has a number less than x has columns"},
    {GRADIENT, 0, 1, "grad_x has a column more than grad_out"},
};

static void a_wrong_pool(Case *given)
{
    make_misfit(given, a_pool, 0, POOL_MISFITS);
}

/* --- The steps that learn --------------------------------------------------------------------- */

enum { O_W, O_VELOCITY };
enum { O_MEAN = 1, O_SQUARES = 2 };

static Matrix a_parameter(Case *given, size_t others, const char *const *names)
{
    size_t n = 1 + given->index % 3, m = 2 + given->index % 2;
    given->as_views = given->index == 5;
    Matrix w = case_input(given, "w", n, m);
    case_part(given, "w", n);
    for (size_t i = 0; i < others; i++) {
        case_input(given, names[i], n, m);
        case_part(given, names[i], n);
    }
    change(case_input(given, "grad", n, m), 1, 1);
    case_number(given, "rate", given->index == 0 ? 0.5 : 0.25);
    case_output(given, n * (1 + others), m);
    return w;
}

static void a_step_of_sgd(Case *given)
{
    a_parameter(given, 0, NULL);
    given->part_count = 0;
}

static Status call_sgd(const Case *given, Matrix out)
{
    Changed changed;
    open_copies(given, &changed, O_W, 1);
    return close_copies(given, sgd_step(number_of(given, "rate"), given->inputs[1], changed.m[O_W]),
                        &changed, out);
}

static void a_step_of_momentum(Case *given)
{
    a_parameter(given, 1, (const char *const[]){"velocity"});
    case_number(given, "momentum", given->index % 2 == 0 ? 0.5 : 0.75);
}

static Status call_momentum(const Case *given, Matrix out)
{
    Changed changed;
    open_copies(given, &changed, O_W, 2);
    return close_copies(given,
                        momentum_step(number_of(given, "rate"), number_of(given, "momentum"),
                                      given->inputs[2], changed.m[O_VELOCITY], changed.m[O_W]),
                        &changed, out);
}

static void a_step_of_adam(Case *given)
{
    size_t i = given->index;
    a_parameter(given, 2, (const char *const[]){"mean", "squares"});
    Matrix squares = given->inputs[O_SQUARES];
    for (size_t r = 0; r < squares.rows; r++)
        for (size_t c = 0; c < squares.cols; c++)
            matrix_row(squares, r)[c] *= matrix_row(squares, r)[c];
    if (i < 2) {
        change(given->inputs[O_MEAN], 0, 0);
        change(squares, 0, 0);
    }
    case_number(given, "beta_1", 0.5);
    case_number(given, "beta_2", 0.875); /* (1 - beta_1)^2 would hide a correction */
    case_number(given, "epsilon", i < 4 ? 1e-8 : 0.5);
    case_number(given, "weight_decay", 0);
    case_number(given, "step", i < 2 ? 1 : i == 6 ? 2 : (double)i);
}

static void a_step_of_adamw(Case *given)
{
    a_step_of_adam(given);
    given->numbers[4] = given->index == 0 ? 0.5 : 0.125;
}

static Status call_adam(const Case *given, Matrix out)
{
    Changed changed;
    Adam adam = {number_of(given, "rate"), number_of(given, "beta_1"), number_of(given, "beta_2"),
                 number_of(given, "epsilon"), number_of(given, "weight_decay")};
    open_copies(given, &changed, O_W, 3);
    AdamMoments moments = {changed.m[O_MEAN], changed.m[O_SQUARES]};
    return close_copies(given,
                        adam_step(&adam, (size_t)number_of(given, "step"), given->inputs[3],
                                  &moments, changed.m[O_W]),
                        &changed, out);
}

static const Misfit SGD_MISFITS[] = {
    {1, -1, 0, "grad has a row less than w"},
    {1, 0, -1, "grad has a column less than w"},
};

static void a_wrong_sgd(Case *given)
{
    make_misfit(given, a_step_of_sgd, 1, SGD_MISFITS);
}

static const Misfit MOMENTUM_MISFITS[] = {
    {2, -1, 0, "grad has a row less than w"},
    {O_VELOCITY, 0, -1, "velocity has a column less than w"},
    {O_W, -1, 0, "w has a row less than grad and velocity"},
};

static void a_wrong_momentum(Case *given)
{
    make_misfit(given, a_step_of_momentum, 1, MOMENTUM_MISFITS);
}

static const Misfit ADAM_MISFITS[] = {
    {3, -1, 0, "grad has a row less than w"},
    {O_MEAN, 0, -1, "the mean has a column less than w"},
    {O_SQUARES, -1, 0, "the squares have a row less than w"},
    {NUMBER + 5, -1, 0, "step is 0"},
    {O_W, -1, 0, "w has a row less than grad, mean and squares"},
};

static void a_wrong_adam(Case *given)
{
    make_misfit(given, a_step_of_adam, 1, ADAM_MISFITS);
}

enum { LENGTH_ROW = 1 };

static void some_gradients(Case *given)
{
    size_t i = given->index, n = 1 + i % 2, m = 2 + i % 2;
    given->as_views = i == 5;
    Matrix first = case_input(given, "first", n, m), second = case_input(given, "second", n + 1, m);
    if (i == 0) {
        memcpy(first.data, (const float[]){3, 0}, 2 * sizeof(float));
        memcpy(matrix_row(second, 0), (const float[]){0, 4}, 2 * sizeof(float));
        memcpy(matrix_row(second, 1), (const float[]){0, 0}, 2 * sizeof(float));
    }
    if (i == 6)
        first.data[1] = NAN;
    if (i == 7)
        second.data[0] = INFINITY;
    case_number(given, "limit", i == 0 ? 1 : i % 3 == 1 ? 50 : 0.5);
    case_part(given, "first", n);
    case_part(given, "second", n + 1);
    case_part(given, "the length before", 1);
    case_output(given, 2 * n + 2, m);
}

static Status call_clip(const Case *given, Matrix out)
{
    Changed changed;
    open_copies(given, &changed, 0, 2);
    double length = clip_gradients(changed.m, 2, number_of(given, "limit"));
    change(out, 0, 0);
    put_number(out, (out.rows - 1) * out.cols, length);
    for (size_t c = 1; c < out.cols; c++)
        put_number(out, (out.rows - 1) * out.cols + c, 0);
    return close_copies(given, STATUS_OK, &changed, out);
}

/* --- The table -------------------------------------------------------------------------------- */

static const char REFUSE[] = "refuse what does not fit, and change nothing";

const Check CHECKS[] = {
    {"the_loss_is_the_surprise_at_the_right_words", "cross_entropy",
     "give the mean of -log p(right word) over the rows that count", HIGH + 1, some_logits,
     call_loss},
    {"a_loss_of_a_wrong_word_is_refused", "cross_entropy", REFUSE, 1, a_wrong_word_for_loss,
     call_loss},
    {"the_loss_pulls_at_the_logits", "cross_entropy_backward",
     "add p, minus 1 at the right word, times grad_loss, over the number of rows that count",
     HIGH + 1, some_logits_backward, call_loss_backward},
    {"a_loss_that_does_not_fit_is_refused", "cross_entropy_backward", REFUSE, ROWS(LOSS_MISFITS),
     a_wrong_loss_gradient, call_loss_backward},
    {"a_gradient_of_a_wrong_word_is_refused", "cross_entropy_backward", REFUSE, 1, a_wrong_word,
     call_loss_backward},
    {"a_product_hands_back_to_a", "matrix_product_backward", "add grad_out B^T to grad_a", 8,
     a_product_for_a, call_product},
    {"a_product_hands_back_to_b", "matrix_product_backward", "add A^T grad_out to grad_b", 8,
     a_product_for_b, call_product},
    {"a_product_that_does_not_fit_is_refused", "matrix_product_backward", REFUSE,
     ROWS(PRODUCT_MISFITS), a_wrong_product, call_product},
    {"a_product_with_a_transpose_hands_back_to_a", "matrix_product_transposed_backward",
     "add grad_out B to grad_a", 8, a_transposed_for_a, call_transposed},
    {"a_product_with_a_transpose_hands_back_to_b", "matrix_product_transposed_backward",
     "add grad_out^T A to grad_b", 8, a_transposed_for_b, call_transposed},
    {"a_product_with_a_transpose_that_does_not_fit_is_refused",
     "matrix_product_transposed_backward", REFUSE, ROWS(PRODUCT_MISFITS), a_wrong_transposed,
     call_transposed},
    {"a_bias_hears_from_every_row", "linear_backward",
     "add the sum of the rows of grad_out to "
     "grad_b",
     8, a_linear_layer_for_b, call_linear},
    {"a_linear_layer_hands_back_to_x_and_w", "linear_backward",
     "add what the product hands back to x and w", 8, a_linear_layer_for_all, call_linear},
    {"a_linear_layer_that_does_not_fit_is_refused", "linear_backward", REFUSE, ROWS(LINEAR_MISFITS),
     a_wrong_linear_layer, call_linear},
    {"a_softmax_measures_against_the_mean", "softmax_backward",
     "add p (g - the mean of g weighted by p)", 8, some_weights, call_softmax},
    {"a_softmax_that_does_not_fit_is_refused", "softmax_backward", REFUSE, ROWS(SOFTMAX_MISFITS),
     wrong_weights, call_softmax},
    {"a_head_hands_back_to_its_values", "attention_backward", "add weights^T grad_out to v's", 8,
     a_head_for_v, call_head},
    {"a_head_hands_back_to_its_queries", "attention_backward",
     "go through the weights, the softmax and the scale to q", 8, a_head_for_q, call_head},
    {"a_head_hands_back_to_its_keys", "attention_backward",
     "go through the weights, the softmax and the scale to k", 8, a_head_for_k, call_head},
    {"a_head_that_does_not_fit_is_refused", "attention_backward", REFUSE, ROWS(HEAD_MISFITS),
     a_wrong_head, call_head},
    {"a_layer_is_what_it_was", "multi_head_keep", "give what masked_multi_head_attention() gives",
     9, a_layer, call_keep},
    {"a_layer_keeps_what_the_way_back_needs", "multi_head_keep",
     "keep queries, keys, values, results and weights of all heads", 15, a_layer_for_what_it_keeps,
     call_keep_for_kept},
    {"a_layer_to_keep_that_does_not_fit_is_refused", "multi_head_keep", REFUSE, ROWS(KEEP_MISFITS),
     a_wrong_layer_to_keep, call_keep},
    {"a_layer_hands_back_to_its_parameters", "multi_head_backward",
     "add to the gradients of all weights and biases", 16, a_layer_for_parameters, call_layer},
    {"a_layer_hands_back_to_x", "multi_head_backward",
     "add to x's gradient what comes through the queries and, without a context, the keys and "
     "values",
     9, a_layer_for_x, call_layer},
    {"a_layer_hands_back_to_its_context", "multi_head_backward",
     "add to the context's gradient what comes through the keys and values", 4,
     a_layer_for_its_context, call_layer},
    {"a_layer_that_does_not_fit_is_refused", "multi_head_backward", REFUSE, ROWS(LAYER_MISFITS),
     a_wrong_layer, call_layer},
    {"a_norm_hands_back_what_it_did_not_take_out", "layer_norm_backward",
     "add g without its mean and without its part along the normalised numbers, over the root", 9,
     a_norm_for_x, call_norm},
    {"the_gain_hears_from_every_token", "layer_norm_backward", "add to the gain from every token",
     6, a_norm_for_its_gain, call_norm},
    {"the_shift_hears_from_every_token", "layer_norm_backward", "add to the shift from every token",
     6, a_norm_for_its_shift, call_norm},
    {"a_norm_that_does_not_fit_is_refused", "layer_norm_backward", REFUSE, ROWS(NORM_MISFITS),
     a_wrong_norm, call_norm},
    {"three_activations_have_three_slopes", "activation_slope", "give the slope at x", 9,
     some_numbers, call_slope},
    {"a_network_keeps_what_it_activates", "feed_forward_keep",
     "give what feed_forward() gives, and keep what is activated", 8, a_network_to_keep,
     call_keep_network},
    {"a_network_hands_back_to_x", "feed_forward_backward",
     "go through the second layer, the activation and the first layer to x", 9, a_network_for_x,
     call_network},
    {"a_network_hands_back_to_its_parameters", "feed_forward_backward",
     "add to the gradients of both layers", 12, a_network_for_parameters, call_network},
    {"a_network_that_does_not_fit_is_refused", "feed_forward_backward", REFUSE,
     ROWS(NETWORK_MISFITS), a_wrong_network, call_network},
    {"a_beginning_goes_back_through_its_norm_or_straight_on", "sublayer_input_backward",
     "go through the norm with NORM_PRE, else straight on", 8, a_beginning, call_beginning},
    {"a_beginning_that_does_not_fit_is_refused", "sublayer_input_backward", REFUSE,
     ROWS(STEP_MISFITS), a_wrong_beginning, call_beginning},
    {"a_sum_hands_back_to_both_parts", "sublayer_output_backward",
     "hand both parts the same, with NORM_POST through the norm first", 12, an_end, call_end},
    {"an_end_that_does_not_fit_is_refused", "sublayer_output_backward", REFUSE, ROWS(END_MISFITS),
     a_wrong_end, call_end},
    {"words_get_what_their_rows_are_handed", "embed_backward",
     "add sqrt(d_model) times each row to the row of its word", 8, words_for_their_rows,
     call_words},
    {"positions_get_what_their_rows_are_handed", "embed_backward",
     "add each row to the row of its position", 8, words_for_positions, call_words},
    {"words_that_do_not_fit_are_refused", "embed_backward", REFUSE, ROWS(WORD_MISFITS), wrong_words,
     call_words},
    {"a_mean_hands_each_word_its_share", "mean_pool_backward",
     "add grad_out over the number of words to each word", 8, a_pool, call_pool},
    {"a_mean_that_does_not_fit_is_refused", "mean_pool_backward", REFUSE, ROWS(POOL_MISFITS),
     a_wrong_pool, call_pool},
    {"a_step_goes_downhill", "sgd_step", "subtract rate times the gradient", 8, a_step_of_sgd,
     call_sgd},
    {"a_step_that_does_not_fit_is_refused", "sgd_step", REFUSE, ROWS(SGD_MISFITS), a_wrong_sgd,
     call_sgd},
    {"a_ball_rolls_on", "momentum_step", "keep a part of the velocity, and move by all of it", 8,
     a_step_of_momentum, call_momentum},
    {"a_ball_that_does_not_fit_is_refused", "momentum_step", REFUSE, ROWS(MOMENTUM_MISFITS),
     a_wrong_momentum, call_momentum},
    {"adam_divides_by_the_size_of_the_gradients", "adam_step",
     "move by the mean gradient over the root of the mean square", 8, a_step_of_adam, call_adam},
    {"adamw_shrinks_the_parameter_itself", "adam_step",
     "take rate times weight_decay of w, beside Adam's step", 8, a_step_of_adamw, call_adam},
    {"adam_that_does_not_fit_is_refused", "adam_step", REFUSE, ROWS(ADAM_MISFITS), a_wrong_adam,
     call_adam},
    {"gradients_are_shortened_together", "clip_gradients",
     "multiply all by limit / length when they are longer", 8, some_gradients, call_clip},
};
const size_t CHECK_COUNT = ROWS(CHECKS);
