/* Chapter 3, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "extra.h"
#include "self_attention.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PARTS[] = "lesson 3, \"Three parts for every word\"";
static const char HAND[] = "lesson 3, \"By hand\"";
static const char ROWS[] = "lesson 3, \"Rows and columns\"";
static const char FORMULA[] = "lesson 3, \"The formula\"";
static const char CODE[] = "lesson 3, \"The code\"";
static const char ROOT[] = "lesson 3, \"Why the root of d_k\"";
static const char SEQUENCES[] = "lesson 3, \"Two sequences\"";
static const char COST[] = "lesson 3, \"What it costs\"";

/* A table of mistakes, and how many they are: the end of a Step. */
#define ALL(mistakes) mistakes, sizeof(mistakes) / sizeof *(mistakes)

/* --- Matrices in double, with shapes that refuse ---------------------------------------------- */

enum { MOST = 8 };

/* A small matrix. One without rows stands for a call that was refused. */
typedef struct Grid {
    double at[MOST][MOST];
    size_t rows, cols;
} Grid;

static Grid grid(Matrix m)
{
    Grid g = {.rows = m.rows, .cols = m.cols};
    for (size_t r = 0; r < m.rows; r++)
        for (size_t c = 0; c < m.cols; c++)
            g.at[r][c] = matrix_row(m, r)[c];
    return g;
}

static Grid input(const Case *given, size_t index)
{
    return grid(given->inputs[index]);
}

/* A B; refused when the shapes do not fit. */
static Grid product(Grid a, Grid b)
{
    Grid g = {.rows = a.cols == b.rows ? a.rows : 0, .cols = b.cols};
    for (size_t r = 0; r < g.rows; r++)
        for (size_t c = 0; c < g.cols; c++)
            for (size_t i = 0; i < a.cols; i++)
                g.at[r][c] += a.at[r][i] * b.at[i][c];
    return g;
}

static Grid transposed(Grid a)
{
    Grid g = {.rows = a.cols, .cols = a.rows};
    for (size_t r = 0; r < g.rows; r++)
        for (size_t c = 0; c < g.cols; c++)
            g.at[r][c] = a.at[c][r];
    return g;
}

/* The same numbers in the same order, rows and columns exchanged: not the transpose. */
static Grid reshaped(Grid a)
{
    Grid g = {.rows = a.cols, .cols = a.rows};
    for (size_t i = 0; i < a.rows * a.cols; i++)
        g.at[i / g.cols][i % g.cols] = a.at[i / a.cols][i % a.cols];
    return g;
}

static Grid times(Grid a, double factor)
{
    for (size_t r = 0; r < a.rows; r++)
        for (size_t c = 0; c < a.cols; c++)
            a.at[r][c] *= factor;
    return a;
}

static Grid plus(Grid a, double number)
{
    for (size_t r = 0; r < a.rows; r++)
        for (size_t c = 0; c < a.cols; c++)
            a.at[r][c] += number;
    return a;
}

static Grid exponentials(Grid a)
{
    for (size_t r = 0; r < a.rows; r++)
        for (size_t c = 0; c < a.cols; c++)
            a.at[r][c] = exp(a.at[r][c]);
    return a;
}

static double sum_of_row(Grid a, size_t r)
{
    double sum = 0;
    for (size_t c = 0; c < a.cols; c++)
        sum += a.at[r][c];
    return sum;
}

static Grid softmax_of_rows(Grid a)
{
    Grid g = exponentials(a);
    for (size_t r = 0; r < g.rows; r++) {
        double sum = sum_of_row(g, r);
        for (size_t c = 0; c < g.cols; c++)
            g.at[r][c] /= sum;
    }
    return g;
}

static Grid softmax_of_all(Grid a)
{
    Grid g = exponentials(a);
    double sum = 0;
    for (size_t r = 0; r < g.rows; r++)
        sum += sum_of_row(g, r);
    return times(g, 1 / sum);
}

/* Writes a result; one that was refused, or of another shape, leaves the NaN that was there. */
static void put(Grid g, Matrix out)
{
    bool has_shape = g.rows == out.rows && g.cols == out.cols;
    for (size_t r = 0; has_shape && r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = (float)g.at[r][c];
}

/* --- Formulas in one line --------------------------------------------------------------------- */

static double rows(const Case *given, size_t index)
{
    return (double)given->inputs[index].rows;
}

static double columns(const Case *given, size_t index)
{
    return (double)given->inputs[index].cols;
}

/* The plain number of a case: d_k, or the scale. */
static double number(const Case *given)
{
    return given->numbers[0];
}

/* NAME is the formula whose result is a Grid in terms of `given`. */
#define GIVES(name, result)                                                                        \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        put(result, out);                                                                          \
    }

/* The same for a single number. */
#define GIVES_NUMBER(name, result)                                                                 \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        (void)given;                                                                               \
        out.data[0] = (float)(result);                                                             \
    }

/* The same for a cost, in terms of t tokens and d numbers. */
#define GIVES_COST(name, multiplications, steps, path)                                             \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        const double t = given->numbers[0], d = given->numbers[1];                                 \
        put_cost(multiplications, steps, path, out);                                               \
    }

static Grid dot_products(Grid q, Grid k)
{
    return product(q, transposed(k));
}

static Grid weights_of(Grid q, Grid k, double scale)
{
    return softmax_of_rows(times(dot_products(q, k), scale));
}

/* --- What is told about a case ---------------------------------------------------------------- */

static char note[600];

static void PRINTF_LIKE(2, 3) describe(Case *given, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(note, sizeof note, format, values);
    va_end(values);
    given->note = note;
}

/* A call that is refused, though its shapes fit, leaves NaN; the note then says why. */
static bool is_accepted(Status status, Matrix out)
{
    if (status == STATUS_OK)
        return true;
    size_t used = strlen(note);
    snprintf(note + used, sizeof note - used, "\nthe call was refused, but these shapes fit: %s",
             last_error());
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = NAN;
    return false;
}

/* What stands where a result will be written. */
static const float UNWRITTEN = -777;

static void left_as_it_was(const Case *given, Matrix out)
{
    (void)given;
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = UNWRITTEN;
}

/* Room on the heap, as large as it must be and no larger: what writes beyond it is found. */
static Matrix room(size_t rows, size_t cols)
{
    float *data = malloc(rows * cols * sizeof *data);
    ck_assert_ptr_nonnull(data);
    Matrix matrix = matrix_view(data, rows, cols);
    left_as_it_was(NULL, matrix);
    return matrix;
}

/* Numbers for the case that is followed with a pencil. */
static void by_hand(Matrix m, const float *numbers)
{
    for (size_t i = 0; i < m.rows * m.cols; i++)
        m.data[i] = numbers[i];
}

/* --- project ---------------------------------------------------------------------------------- */

/* T, d_model and d: all alike, W square, all different. */
static const size_t PROJECTIONS[][3] = {{2, 2, 2}, {3, 2, 2}, {2, 3, 4}, {4, 3, 2},
                                        {3, 3, 3}, {4, 3, 3}, {5, 2, 6}, {1, 4, 2}};

static void a_projection(Case *given)
{
    const size_t *size = PROJECTIONS[given->index];
    Matrix x = case_input(given, "x", size[0], size[1]);
    Matrix w = case_input(given, "w_q", size[1], size[2]);
    describe(given, "%zu tokens of %zu numbers; W makes %zu of them", size[0], size[1], size[2]);
    if (given->index == 0) {
        by_hand(x, (float[]){1, 2, 3, 0});
        by_hand(w, (float[]){0, 1, 1, -1});
    }
    case_output(given, size[0], size[2]);
}

static void call_project(const Case *given, Matrix out)
{
    Matrix result = NO_MATRIX;
    if (!is_accepted(project("w_q", given->inputs[0], given->inputs[1], &result), out))
        return;
    if (result.rows != out.rows || result.cols != out.cols)
        ck_abort_msg("project makes a matrix of %zux%zu, but x is %zux%zu and W is %zux%zu: there "
                     "is a row for each token and a column for each column of W, %zux%zu",
                     result.rows, result.cols, given->inputs[0].rows, given->inputs[0].cols,
                     given->inputs[1].rows, given->inputs[1].cols, out.rows, out.cols);
    put(grid(result), out);
    matrix_free(&result);
}

GIVES(x_w, product(input(given, 0), input(given, 1)))
GIVES(w_x, product(input(given, 1), input(given, 0)))
GIVES(x_w_transposed, product(input(given, 0), transposed(input(given, 1))))

/* W's memory is read as if it were d x d_model: no shape refuses that. */
GIVES(x_w_stored_otherwise, product(input(given, 0), transposed(reshaped(input(given, 1)))))
GIVES(x_itself, input(given, 0))

static void nothing(const Case *given, Matrix out)
{
    (void)given;
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = 0;
}

static const Mistake PROJECT_MISTAKES[] = {
    {"w_x_for_x_w",
     "this is W x, and where W is not square it is refused: books that write W x keep a word as a "
     "column; here a word is a row, so it stands on the left: x W",
     PARTS, w_x},
    {"w_transposed",
     "W was read with rows and columns exchanged, as for libraries that store it d x d_model: here "
     "W is d_model x d, and column j of W asks question j",
     PARTS, x_w_transposed},
    {"w_transposed",
     "W was read with rows and columns exchanged, as for libraries that store it d x d_model: here "
     "W is d_model x d, and column j of W asks question j",
     PARTS, x_w_stored_otherwise},
    {"x_unprojected",
     "this is x itself: W was not used, but a query, a key or a value is x times W", PARTS,
     x_itself},
    {"projection_not_computed",
     "these are the zeros of a new matrix: matrix_create() made it, but the product was never "
     "written to it",
     CODE, nothing},
};

static const Step PROJECT = {"project",
                             "multiply the sequence by W: x W, a row for each token",
                             8,
                             a_projection,
                             call_project,
                             x_w,
                             ALL(PROJECT_MISTAKES)};

START_TEST(project_multiplies_each_token_by_w)
{
    teach(&PROJECT);
}
END_TEST

/* --- attention_scale -------------------------------------------------------------------------- */

/* 4 first, which has an easy root; most others have none. */
static void some_width(Case *given)
{
    static const double WIDTHS[] = {4, 1, 2, 3, 9, 16, 64, 7};
    case_number(given, "d_k", WIDTHS[given->index]);
    case_output(given, 1, 1);
}

static size_t width(const Case *given)
{
    return (size_t)given->numbers[0];
}

GIVES_NUMBER(call_scale, attention_scale(width(given)))
GIVES_NUMBER(one_over_root, 1 / sqrt(number(given)))
GIVES_NUMBER(one, 1)
GIVES_NUMBER(one_over_d_k, 1 / number(given))
GIVES_NUMBER(one_over_half, 2 / number(given))
GIVES_NUMBER(the_root, sqrt(number(given)))
GIVES_NUMBER(d_k_itself, number(given))
GIVES_NUMBER(whole_number_division, 1 / width(given))
GIVES_NUMBER(whole_number_root, 1 / floor(sqrt(number(given))))

static const Mistake SCALE_MISTAKES[] = {
    {"no_scale",
     "the scale is 1, so the scores are not scaled: their spread grows as the root of d_k, and "
     "more columns make harder weights, though nobody is more certain; divide by that root",
     ROOT, one},
    {"scale_by_d_k",
     "the scale is 1 / d_k, which makes the weights too even: variances add up, so the variance "
     "grows as d_k, but the spread only as its root; the scale is 1 / sqrt(d_k)",
     ROOT, one_over_d_k},
    {"scale_by_half",
     "the scale is 2 / d_k: the 2 of the worked example is the root of 4, not half of 4; the scale "
     "is 1 / sqrt(d_k)",
     ROOT, one_over_half},
    {"scale_multiplied",
     "the scale is not below 1, and it grows with d_k: scores are multiplied by it, so it must be "
     "one over the root that is to divide them: 1 / sqrt(d_k)",
     ROOT, the_root},
    {"scale_multiplied",
     "the scale is not below 1, and it grows with d_k: scores are multiplied by it, so it must be "
     "one over the root that is to divide them: 1 / sqrt(d_k)",
     ROOT, d_k_itself},
    {"scale_in_whole_numbers",
     "the scale is 0 for every d_k above 1: d_k is a whole number, and in C 1 / d_k then drops "
     "everything after the point; turn it into a double first",
     CODE, whole_number_division},
    {"root_in_whole_numbers",
     "the scale is right only where the root is a whole number: somewhere on the way the root is "
     "kept in an integer; keep it in a double",
     CODE, whole_number_root},
};

static const Step SCALE = {"attention_scale", "give 1 / sqrt(d_k)", 8, some_width, call_scale,
                           one_over_root,     ALL(SCALE_MISTAKES)};

START_TEST(attention_scale_is_one_over_the_root)
{
    teach(&SCALE);
}
END_TEST

/* --- attention_scores ------------------------------------------------------------------------- */

/* What goes into attention. */
enum { Q, K, V, WEIGHTS, OUT, ROLES };

/* T_q, T_k, d_k and d_v: first all alike, so that every wrong product fits, and later each pair
 * alike once, so that each wrong product is refused once. */
enum { SHAPES = 10 };
static const size_t SIZES[SHAPES][4] = {{2, 2, 2, 2}, {2, 3, 4, 5}, {4, 3, 2, 5}, {3, 3, 2, 4},
                                        {2, 3, 3, 4}, {4, 2, 3, 3}, {3, 4, 2, 4}, {5, 4, 3, 2},
                                        {1, 6, 5, 2}, {3, 3, 3, 3}};

/* No scale is 1, and none is that of its d_k. */
static const double FACTORS[SHAPES] = {0.5, 0.25, 2, 1.5, 0.4, 0.75, 0.3, 1.25, 0.6, 0.2};

static void add_queries_and_keys(Case *given)
{
    const size_t *size = SIZES[given->index];
    Matrix q = case_input(given, "q", size[0], size[2]);
    Matrix k = case_input(given, "k", size[1], size[2]);
    if (given->index == 0) {
        by_hand(q, (float[]){1, 2, 0, 1});
        by_hand(k, (float[]){3, 0, -1, 1});
    }
    case_number(given, "scale", FACTORS[given->index]);
    describe(given, "%zu queries meet %zu keys of %zu numbers", size[0], size[1], size[2]);
}

static void some_comparison(Case *given)
{
    add_queries_and_keys(given);
    case_output(given, given->inputs[0].rows, given->inputs[1].rows);
}

static void call_scores(const Case *given, Matrix out)
{
    float scale = (float)given->numbers[0];
    left_as_it_was(given, out);
    (void)is_accepted(attention_scores(given->inputs[0], given->inputs[1], scale, out), out);
}

static Grid raw_scores(const Case *given)
{
    return dot_products(input(given, Q), input(given, K));
}

static Grid right_scores(const Case *given)
{
    return times(raw_scores(given), number(given));
}

static Grid swapped_scores(const Case *given)
{
    return dot_products(input(given, K), input(given, Q));
}

GIVES(scaled_scores, right_scores(given))
GIVES(unscaled_scores, raw_scores(given))
GIVES(scores_over_scale, times(raw_scores(given), 1 / number(given)))
GIVES(scores_with_own_scale, times(raw_scores(given), 1 / sqrt(columns(given, Q))))
GIVES(scores_with_both_scales, times(raw_scores(given), number(given) / sqrt(columns(given, Q))))
GIVES(scores_scaled_twice, times(raw_scores(given), number(given) * number(given)))
GIVES(keys_with_queries, times(swapped_scores(given), number(given)))

/* K Q^T, written row after row into the memory of T_q x T_k numbers. */
GIVES(keys_with_queries_in_place, reshaped(times(swapped_scores(given), number(given))))
GIVES(with_reshaped_keys, times(product(input(given, Q), reshaped(input(given, K))), number(given)))
GIVES(with_keys_as_they_are, times(product(input(given, Q), input(given, K)), number(given)))

/* The sum is added to what stood there, and scaled with it or without. */
GIVES(scores_added_scaled, times(plus(raw_scores(given), UNWRITTEN), number(given)))
GIVES(scores_added, plus(right_scores(given), UNWRITTEN))

static double length_of_row(Grid a, size_t r)
{
    double sum = 0;
    for (size_t c = 0; c < a.cols; c++)
        sum += a.at[r][c] * a.at[r][c];
    return sqrt(sum);
}

static void scaled_cosines(const Case *given, Matrix out)
{
    Grid q = input(given, Q), k = input(given, K), g = raw_scores(given);
    for (size_t i = 0; i < g.rows; i++)
        for (size_t j = 0; j < g.cols; j++)
            g.at[i][j] /= length_of_row(q, i) * length_of_row(k, j);
    put(times(g, number(given)), out);
}

static const Mistake SCORES_MISTAKES[] = {
    {"scale_unused",
     "these are the bare dot products: the scale was not used; multiply each of them by it, or "
     "queries of many columns make weights that are too hard",
     ROOT, unscaled_scores},
    {"scale_divided",
     "the dot products were divided by the scale, but it is already one over the root: multiply by "
     "it",
     CODE, scores_over_scale},
    {"scale_of_its_own",
     "the dot products were divided by the root of d_k, whatever the argument scale says: the "
     "caller chooses the scale, so multiply by scale and by nothing else",
     CODE, scores_with_own_scale},
    {"scores_scaled_twice",
     "the scores were scaled twice: scale is one over the root of d_k already, so multiply by it "
     "once, after the sum, and by nothing else",
     CODE, scores_with_both_scales},
    {"scores_scaled_twice",
     "the scores were scaled twice: scale is one over the root of d_k already, so multiply by it "
     "once, after the sum, and by nothing else",
     CODE, scores_scaled_twice},
    {"swapped_q_k",
     "Q and K have changed places: this is K Q^T, where row i says who finds key i; row i must say "
     "what query i finds, Q K^T, because a query asks and a key answers",
     FORMULA, keys_with_queries},
    {"swapped_q_k",
     "Q and K have changed places: this is K Q^T, where row i says who finds key i; row i must say "
     "what query i finds, Q K^T, because a query asks and a key answers",
     FORMULA, keys_with_queries_in_place},
    {"k_reshaped_for_transposed",
     "K was reshaped to d_k x T_k, which cuts its keys into pieces: reshaping keeps the order in "
     "memory; a transpose exchanges rows and columns, so score (i, j) is row i of Q times row j of "
     "K",
     FORMULA, with_reshaped_keys},
    {"transpose_forgotten",
     "this is Q K, without the transpose: it pairs a query with a column of K, one number from "
     "each key, and where T_k is not d_k it is refused; a score compares row i of Q with row j of "
     "K",
     FORMULA, with_keys_as_they_are},
    {"cosine_for_dot_product",
     "these are cosines: the lengths of queries and keys were divided away, but a long query is "
     "one that asks loudly, and that counts; take the dot product",
     HAND, scaled_cosines},
    {"scores_not_cleared",
     "the sums were added to what stood there before the call: room for a result may hold "
     "anything, so begin each sum with 0",
     CODE, scores_added_scaled},
    {"scores_not_cleared",
     "the sums were added to what stood there before the call: room for a result may hold "
     "anything, so begin each sum with 0",
     CODE, scores_added},
    {"scores_not_written",
     "scores still holds what stood there before the call: nothing was written to it", CODE,
     left_as_it_was},
};

static const Step SCORES = {"attention_scores",
                            "give every query's dot product with every key, times the scale",
                            SHAPES,
                            some_comparison,
                            call_scores,
                            scaled_scores,
                            ALL(SCORES_MISTAKES)};

START_TEST(attention_scores_compare_queries_with_keys)
{
    teach(&SCORES);
}
END_TEST

/* --- attention_expect_shapes ------------------------------------------------------------------ */

static const char *const ROLE_NAMES[ROLES] = {"q", "k", "v", "weights", "out"};

/* Rows and columns of each, and what is the matter. */
static const struct {
    size_t size[ROLES][2];
    const char *story;
} MEETINGS[] = {
    {{{2, 3}, {2, 3}, {2, 3}, {2, 2}, {2, 3}}, "everything fits"},
    {{{1, 2}, {2, 2}, {2, 2}, {1, 2}, {1, 2}}, "one query and two keys: everything fits"},
    {{{2, 1}, {2, 1}, {2, 3}, {2, 2}, {2, 3}}, "values are longer than keys: everything fits"},
    {{{1, 3}, {2, 3}, {2, 1}, {1, 2}, {1, 1}}, "values are shorter than keys: everything fits"},
    {{{2, 3}, {2, 1}, {2, 1}, {2, 2}, {2, 1}}, "a query of 3 numbers cannot meet a key of 1"},
    {{{2, 0}, {2, 0}, {2, 1}, {2, 2}, {2, 1}}, "queries and keys have no numbers to compare"},
    {{{1, 1}, {3, 1}, {2, 1}, {1, 3}, {1, 1}}, "three keys, but two values"},
    {{{1, 2}, {3, 2}, {3, 2}, {3, 1}, {1, 2}}, "weights is T_k x T_q"},
    {{{2, 1}, {3, 1}, {3, 1}, {6, 1}, {2, 1}}, "weights has the right number of numbers only"},
    {{{1, 2}, {2, 2}, {2, 1}, {1, 2}, {1, 2}}, "out is as wide as the keys, not as the values"},
    {{{1, 2}, {3, 2}, {3, 2}, {1, 3}, {3, 2}}, "out has a row for each key, not for each query"},
    {{{4, 3}, {0, 3}, {0, 5}, {4, 0}, {4, 5}}, "no keys and no values: everything fits"},
    {{{0, 3}, {4, 3}, {4, 5}, {0, 4}, {0, 5}}, "no queries: everything fits"},
};

static void a_meeting(Case *given)
{
    for (size_t role = 0; role < ROLES; role++) {
        const size_t *size = MEETINGS[given->index].size[role];
        Matrix m = case_input(given, ROLE_NAMES[role], size[0], size[1]);
        for (size_t i = 0; i < m.rows * m.cols; i++)
            m.data[i] = 0;
    }
    describe(given, "only the shapes matter here (1: refused, 0: accepted): %s",
             MEETINGS[given->index].story);
    case_output(given, 1, 1);
}

static void call_expect_shapes(const Case *given, Matrix out)
{
    const Matrix *m = given->inputs;
    Status status = attention_expect_shapes("check", m[Q], m[K], m[V], m[WEIGHTS], m[OUT]);
    out.data[0] = status != STATUS_OK;
}

static bool is_sized(const Case *given, size_t role, size_t row_count, size_t column_count)
{
    Matrix m = given->inputs[role];
    return m.rows == row_count && m.cols == column_count;
}

static bool are_compared(const Case *given)
{
    return columns(given, Q) == columns(given, K) && columns(given, Q) > 0;
}

static bool are_paired(const Case *given)
{
    return rows(given, K) == rows(given, V);
}

/* Whether the results have the shapes that these sizes make. */
static bool have_room(const Case *given, size_t t_q, size_t t_k, size_t t_out, size_t d_out)
{
    return is_sized(given, WEIGHTS, t_q, t_k) && is_sized(given, OUT, t_out, d_out);
}

static bool is_meeting(const Case *given)
{
    return are_compared(given) && are_paired(given);
}

static bool has_its_room(const Case *given)
{
    const Matrix *m = given->inputs;
    return have_room(given, m[Q].rows, m[K].rows, m[Q].rows, m[V].cols);
}

static bool fits(const Case *given)
{
    return is_meeting(given) && has_its_room(given);
}

static double count(const Case *given, size_t role)
{
    return rows(given, role) * columns(given, role);
}

GIVES_NUMBER(what_does_not_fit, !fits(given))
GIVES_NUMBER(unequal_lengths, !(fits(given) && rows(given, Q) == rows(given, K)))
GIVES_NUMBER(unequal_widths, !(fits(given) && columns(given, V) == columns(given, K)))
GIVES_NUMBER(empty_ones, !(fits(given) && rows(given, Q) > 0 && rows(given, K) > 0))
GIVES_NUMBER(all_but_pairs, !(are_compared(given) && has_its_room(given)))
GIVES_NUMBER(all_but_comparable,
             !(columns(given, Q) > 0 && are_paired(given) && has_its_room(given)))
GIVES_NUMBER(all_but_no_columns,
             !(columns(given, Q) == columns(given, K) && are_paired(given) && has_its_room(given)))
GIVES_NUMBER(all_but_room, !is_meeting(given))
GIVES_NUMBER(by_count,
             !(is_meeting(given) && count(given, WEIGHTS) == rows(given, Q) * rows(given, K) &&
               count(given, OUT) == rows(given, Q) * columns(given, V)))

static void turned_weights(const Case *given, Matrix out)
{
    const Matrix *m = given->inputs;
    out.data[0] =
        !(is_meeting(given) && have_room(given, m[K].rows, m[Q].rows, m[Q].rows, m[V].cols));
}

static void out_wide_as_keys(const Case *given, Matrix out)
{
    const Matrix *m = given->inputs;
    out.data[0] =
        !(is_meeting(given) && have_room(given, m[Q].rows, m[K].rows, m[Q].rows, m[K].cols));
}

static void out_long_as_keys(const Case *given, Matrix out)
{
    const Matrix *m = given->inputs;
    out.data[0] =
        !(is_meeting(given) && have_room(given, m[Q].rows, m[K].rows, m[K].rows, m[V].cols));
}

static const Mistake SHAPE_MISTAKES[] = {
    {"lengths_must_be_equal",
     "more keys than queries are refused: T_q equals T_k in self-attention only; who asks and who "
     "answers may be two sequences",
     SEQUENCES, unequal_lengths},
    {"values_as_wide_as_keys",
     "values of another width than the keys are refused: d_v need not be d_k, because values are "
     "mixed and never compared with anything",
     FORMULA, unequal_widths},
    {"empty_refused",
     "a sequence without tokens is refused: it is short, not wrong; nothing to look at gives "
     "zeros, and nobody asking gives no rows",
     FORMULA, empty_ones},
    {"values_not_counted",
     "three keys with two values are accepted: each key brings its value, so K and V need the same "
     "number of rows",
     FORMULA, all_but_pairs},
    {"d_k_not_compared",
     "queries of 3 numbers and keys of 1 are accepted: a dot product needs as many numbers on both "
     "sides, so Q and K need the same number of columns",
     FORMULA, all_but_comparable},
    {"d_k_of_zero",
     "queries without numbers are accepted: there is nothing to compare, and 1 / sqrt(0) is "
     "infinite; refuse d_k = 0",
     FORMULA, all_but_no_columns},
    {"room_not_checked",
     "weights and out of wrong shapes are accepted, and would be written beyond their end: weights "
     "must be T_q x T_k, out T_q x d_v",
     FORMULA, all_but_room},
    {"numbers_counted_for_shapes",
     "a matrix with the right number of numbers but another shape is accepted: compare rows with "
     "rows and columns with columns",
     FORMULA, by_count},
    {"weights_turned",
     "weights is expected as T_k x T_q, but rows ask and columns answer: T_q x T_k", ROWS,
     turned_weights},
    {"out_as_wide_as_keys",
     "out is expected as wide as the keys, but it is a mix of values: T_q x d_v", FORMULA,
     out_wide_as_keys},
    {"out_row_for_each_key",
     "out is expected to have a row for each key, but it is the queries that get an answer: T_q x "
     "d_v",
     FORMULA, out_long_as_keys},
};

static const Step MEETING = {"attention_expect_shapes",
                             "refuse what does not fit, and nothing else",
                             sizeof MEETINGS / sizeof *MEETINGS,
                             a_meeting,
                             call_expect_shapes,
                             what_does_not_fit,
                             ALL(SHAPE_MISTAKES)};

START_TEST(attention_expect_shapes_refuses_what_does_not_fit)
{
    teach(&MEETING);
}
END_TEST

/* --- scaled_dot_product_attention: its weights ------------------------------------------------ */

static void add_values(Case *given)
{
    const size_t *size = SIZES[given->index];
    add_queries_and_keys(given);
    Matrix v = case_input(given, "v", size[1], size[3]);
    if (given->index == 0)
        by_hand(v, (float[]){10, 0, 0, 20});
    describe(given, "%zu queries meet %zu keys of %zu numbers; each key brings a value of %zu",
             size[0], size[1], size[2], size[3]);
}

static void some_weights(Case *given)
{
    add_values(given);
    case_output(given, given->inputs[0].rows, given->inputs[1].rows);
}

/* The weights of a call that was refused late are there, and may be right. */
static void put_weights(Matrix weights, Matrix result)
{
    if (weights.data[0] != UNWRITTEN)
        put(grid(weights), result);
}

/* Calls with room for both results, and copies one of them. */
static void call_attention(const Case *given, bool wants_weights, Matrix result)
{
    const Matrix *m = given->inputs;
    Matrix weights = room(m[Q].rows, m[K].rows), out = room(m[Q].rows, m[V].cols);
    float scale = (float)given->numbers[0];
    bool accepted =
        is_accepted(scaled_dot_product_attention(m[Q], m[K], m[V], scale, weights, out), result);
    if (accepted)
        put(grid(wants_weights ? weights : out), result);
    else if (wants_weights)
        put_weights(weights, result);
    free(weights.data);
    free(out.data);
}

static void call_for_weights(const Case *given, Matrix out)
{
    call_attention(given, true, out);
}

static Grid right_weights(const Case *given)
{
    return softmax_of_rows(right_scores(given));
}

GIVES(scaled_softmax, right_weights(given))
GIVES(softmax_unscaled, softmax_of_rows(raw_scores(given)))
GIVES(softmax_then_scale, times(softmax_of_rows(raw_scores(given)), number(given)))
GIVES(softmax_divided, softmax_of_rows(times(raw_scores(given), 1 / number(given))))
GIVES(softmax_with_own_scale,
      softmax_of_rows(times(raw_scores(given), 1 / sqrt(columns(given, Q)))))

static void softmax_with_both_scales(const Case *given, Matrix out)
{
    double scale = number(given) / sqrt(columns(given, Q));
    put(softmax_of_rows(times(raw_scores(given), scale)), out);
}

GIVES(softmax_scaled_twice,
      softmax_of_rows(times(raw_scores(given), number(given) * number(given))))

static void softmax_of_columns(const Case *given, Matrix out)
{
    Grid turned = transposed(right_scores(given));
    put(transposed(softmax_of_rows(turned)), out);
}

GIVES(softmax_of_everything, softmax_of_all(right_scores(given)))
GIVES(bare_exponentials, exponentials(right_scores(given)))
GIVES(softmax_of_swapped, softmax_of_rows(times(swapped_scores(given), number(given))))

static void softmax_of_reshaped(const Case *given, Matrix out)
{
    Grid scores = product(input(given, Q), reshaped(input(given, K)));
    put(softmax_of_rows(times(scores, number(given))), out);
}

static const Mistake WEIGHT_MISTAKES[] = {
    {"scale_unused",
     "these are the bare dot products: the scale was not used; multiply each of them by it, or "
     "queries of many columns make weights that are too hard",
     ROOT, softmax_unscaled},
    {"scale_after_softmax",
     "each row sums to the scale, not to 1: the weights were multiplied by it; the scale belongs "
     "to the scores, before the softmax",
     HAND, softmax_then_scale},
    {"scale_divided",
     "the dot products were divided by the scale, but it is already one over the root: multiply by "
     "it",
     CODE, softmax_divided},
    {"scale_of_its_own",
     "the dot products were divided by the root of d_k, whatever the argument scale says: the "
     "caller chooses the scale, so multiply by scale and by nothing else",
     CODE, softmax_with_own_scale},
    {"scaled_twice",
     "the scores were scaled twice, although attention_scores() has multiplied them by scale, "
     "which is one over the root of d_k already",
     CODE, softmax_with_both_scales},
    {"scaled_twice",
     "the scores were scaled twice, although attention_scores() has multiplied them by scale, "
     "which is one over the root of d_k already",
     CODE, softmax_scaled_twice},
    {"softmax_down_the_columns",
     "each column sums to 1, but each row should: the softmax runs over the keys of one query, "
     "since each query has one whole portion of attention to give away",
     ROWS, softmax_of_columns},
    {"softmax_over_the_whole_matrix",
     "all weights together sum to 1, but each row should by itself: every query has a whole "
     "portion of attention, whatever the others do",
     ROWS, softmax_of_everything},
    {"softmax_forgotten",
     "these are the scores: the softmax of each row is missing, which turns them into weights that "
     "sum to 1",
     HAND, scaled_scores},
    {"weights_not_normalised",
     "these are the exponentials of the scores: divide each row by its sum, so that its weights "
     "sum to 1",
     HAND, bare_exponentials},
    {"swapped_q_k",
     "Q and K have changed places: this is K Q^T, where row i says who finds key i; row i must say "
     "what query i finds, Q K^T, because a query asks and a key answers",
     FORMULA, softmax_of_swapped},
    {"k_reshaped_for_transposed",
     "K was reshaped to d_k x T_k, which cuts its keys into pieces: reshaping keeps the order in "
     "memory; a transpose exchanges rows and columns, so score (i, j) is row i of Q times row j of "
     "K",
     FORMULA, softmax_of_reshaped},
    {"weights_not_written",
     "weights still holds what stood there before the call: the caller wants the weights too, so "
     "write them there and mix with them",
     CODE, left_as_it_was},
};

static const Step ATTENTION_WEIGHTS = {
    "scaled_dot_product_attention",
    "write the weights softmax(Q K^T scale), each row of which sums to 1",
    SHAPES,
    some_weights,
    call_for_weights,
    scaled_softmax,
    ALL(WEIGHT_MISTAKES)};

START_TEST(attention_weights_are_the_softmax_of_each_row)
{
    teach(&ATTENTION_WEIGHTS);
}
END_TEST

/* --- scaled_dot_product_attention: its result ------------------------------------------------- */

static void some_mix(Case *given)
{
    add_values(given);
    case_output(given, given->inputs[0].rows, given->inputs[2].cols);
}

static void call_for_mix(const Case *given, Matrix out)
{
    call_attention(given, false, out);
}

GIVES(mix_of_values, product(right_weights(given), input(given, V)))
GIVES(mix_of_keys, product(right_weights(given), input(given, K)))
GIVES(weights_for_mix, right_weights(given))
GIVES(mix_down_the_columns, product(transposed(right_weights(given)), input(given, V)))
GIVES(mix_by_scores, product(right_scores(given), input(given, V)))

/* The product with weights that are all alike: `weight` each. */
static Grid even_mix(const Case *given, double weight)
{
    Grid even = {.rows = given->inputs[0].rows, .cols = given->inputs[1].rows};
    for (size_t i = 0; i < even.rows; i++)
        for (size_t j = 0; j < even.cols; j++)
            even.at[i][j] = weight;
    return product(even, input(given, V));
}

GIVES(mean_of_values, even_mix(given, 1 / rows(given, K)))
GIVES(sum_of_values, even_mix(given, 1))

static void mix_over_count(const Case *given, Matrix out)
{
    Grid mix = product(right_weights(given), input(given, V));
    put(times(mix, 1 / rows(given, K)), out);
}

GIVES(mix_added, plus(product(right_weights(given), input(given, V)), UNWRITTEN))

static void winner_takes_all(const Case *given, Matrix out)
{
    Grid weights = right_weights(given);
    for (size_t i = 0; i < weights.rows; i++) {
        size_t best = 0;
        for (size_t j = 0; j < weights.cols; j++)
            if (weights.at[i][j] > weights.at[i][best])
                best = j;
        for (size_t j = 0; j < weights.cols; j++)
            weights.at[i][j] = j == best;
    }
    put(product(weights, input(given, V)), out);
}

GIVES(mix_of_transposed_values, product(right_weights(given), transposed(input(given, V))))

static const Mistake MIX_MISTAKES[] = {
    {"keys_for_values",
     "the weights mix the keys, not the values: keys are there to be found by, and what is handed "
     "over is V; where d_v is not d_k this is refused",
     HAND, mix_of_keys},
    {"values_unused",
     "these are the weights: they say how much to take, and the values are what is taken; the "
     "result is weights times V",
     HAND, weights_for_mix},
    {"weights_transposed",
     "the weights were used by columns, A^T V: row i of the result must be mixed by row i of the "
     "weights, which belongs to query i; where T_q is not T_k this is refused",
     ROWS, mix_down_the_columns},
    {"scores_mix_the_values",
     "the values are mixed by the scores, not by their softmax: a negative score then takes a "
     "value away, and nothing sums to 1",
     HAND, mix_by_scores},
    {"mean_of_values",
     "every query gets the plain mean of the values: each value must be multiplied by its weight, "
     "or the scores were for nothing",
     HAND, mean_of_values},
    {"values_summed_unweighted",
     "every query gets the plain sum of the values: each value must be multiplied by its weight "
     "first",
     HAND, sum_of_values},
    {"divided_by_the_count",
     "the result is too small by the number of keys: a weighted sum needs no division, since the "
     "weights sum to 1 already",
     HAND, mix_over_count},
    {"value_of_the_winner",
     "each query gets the value of the key with the greatest weight, and nothing of the others: "
     "softmax is softer than that; take some of every value, as much as its weight says",
     HAND, winner_takes_all},
    {"sum_not_cleared",
     "the sums were added to what stood there before the call: room for a result may hold "
     "anything, so begin each sum with 0",
     CODE, mix_added},
    {"values_transposed",
     "the weights were compared with rows of V, A V^T: only K is turned; the weights mix down each "
     "column of V, over the words",
     FORMULA, mix_of_transposed_values},
    {"out_not_written",
     "out still holds what stood there before the call: the last step is missing, weights times V",
     CODE, left_as_it_was},
};

static const Step ATTENTION_MIX = {"scaled_dot_product_attention",
                                   "write the weighted sums of the values, weights times V, to out",
                                   SHAPES,
                                   some_mix,
                                   call_for_mix,
                                   mix_of_values,
                                   ALL(MIX_MISTAKES)};

START_TEST(attention_mixes_values_by_the_weights)
{
    teach(&ATTENTION_MIX);
}
END_TEST

/* --- self_attention: the scale probe ---------------------------------------------------------- */

enum { X, W_Q, W_K, W_V };

static void call_self_attention(const Case *given, bool wants_weights, Matrix result)
{
    const Matrix *m = given->inputs;
    Matrix weights = room(m[X].rows, m[X].rows), out = room(m[X].rows, m[W_V].cols);
    bool accepted = is_accepted(self_attention(m[X], m[W_Q], m[W_K], m[W_V], weights, out), result);
    if (accepted)
        put(grid(wants_weights ? weights : out), result);
    else if (wants_weights)
        put_weights(weights, result);
    free(weights.data);
    free(out.data);
}

/* T, d_model, d_k and d_v: all different, and later each pair of the last three alike once. */
static const size_t LAYERS[][4] = {{2, 5, 3, 4}, {3, 8, 4, 2}, {4, 3, 2, 5}, {2, 6, 5, 3},
                                   {5, 7, 6, 4}, {3, 4, 4, 2}, {6, 4, 3, 3}, {4, 5, 3, 5}};

/* Queries and keys are the same, and in row 0 the first two dot products are 2 and 1. So they
 * differ by 1, and the logarithm of the ratio of their weights is the scale. */
static void a_probe(Case *given)
{
    const size_t *size = LAYERS[given->index];
    Matrix x = case_input(given, "x", size[0], size[1]);
    Matrix w_q = case_input(given, "w_q", size[1], size[2]);
    Matrix w_k = case_input(given, "w_k", size[1], size[2]);
    case_input(given, "w_v", size[1], size[3]);
    by_hand(x, (float[MOST * MOST]){0});
    by_hand(w_q, (float[MOST * MOST]){0});
    matrix_row(x, 0)[0] = 2;
    matrix_row(x, 1)[1] = 1;
    matrix_row(w_q, 0)[0] = matrix_row(w_q, 0)[1] = 0.5f;
    matrix_row(w_q, 1)[0] = 1;
    by_hand(w_k, w_q.data);
    describe(given,
             "w_q and w_k are the same here, and token 0 has the dot products 2 and 1 with tokens "
             "0 and 1; so log(w0 / w1) of its two weights is the scale\n(T = %zu, d_model = %zu, "
             "d_k = %zu, d_v = %zu)",
             size[0], size[1], size[2], size[3]);
    case_output(given, 1, 1);
}

static void call_for_scale(const Case *given, Matrix out)
{
    Matrix weights = room(given->inputs[X].rows, given->inputs[X].rows);
    call_self_attention(given, true, weights);
    out.data[0] = (float)log(weights.data[0] / weights.data[1]);
    free(weights.data);
}

GIVES_NUMBER(probed_root, 1 / sqrt(columns(given, W_Q)))
GIVES_NUMBER(probed_d_k, 1 / columns(given, W_Q))
GIVES_NUMBER(probed_multiplied, sqrt(columns(given, W_Q)))
GIVES_NUMBER(probed_d_model, 1 / sqrt(columns(given, X)))
GIVES_NUMBER(probed_d_v, 1 / sqrt(columns(given, W_V)))
GIVES_NUMBER(probed_tokens, 1 / sqrt(rows(given, X)))

/* x projected by one of the three matrices. */
static Grid projected(const Case *given, size_t w)
{
    return product(input(given, X), input(given, w));
}

/* What the probe reads when queries and keys are these. */
static double probed(Grid q, Grid k, double d)
{
    Grid scores = dot_products(q, k);
    return scores.rows == 0 ? NAN : (scores.at[0][0] - scores.at[0][1]) / sqrt(d);
}

/* What it reads when the call is refused unless two sizes are equal. */
static double probed_if(bool is_accepted_here, const Case *given)
{
    return is_accepted_here ? 1 / sqrt(columns(given, W_Q)) : NAN;
}

GIVES_NUMBER(probed_x_by_d_model, probed(input(given, X), input(given, X), columns(given, X)))
GIVES_NUMBER(probed_x_by_d_k, probed(input(given, X), input(given, X), columns(given, W_Q)))
GIVES_NUMBER(probed_x_asks, probed(input(given, X), projected(given, W_K), columns(given, W_Q)))
GIVES_NUMBER(probed_x_answers, probed(projected(given, W_Q), input(given, X), columns(given, W_Q)))
GIVES_NUMBER(probed_values_answer,
             probed(projected(given, W_Q), projected(given, W_V), columns(given, W_Q)))
GIVES_NUMBER(probed_x_mixed, probed_if(columns(given, W_V) == columns(given, X), given))
GIVES_NUMBER(probed_keys_mixed, probed_if(columns(given, W_V) == columns(given, W_K), given))

static const Mistake PROBE_MISTAKES[] = {
    {"no_scale",
     "the scale is 1, so the scores are not scaled: their spread grows as the root of d_k, and "
     "more columns make harder weights, though nobody is more certain; divide by that root",
     ROOT, one},
    {"scale_by_d_k",
     "the scale is 1 / d_k, which makes the weights too even: variances add up, so the variance "
     "grows as d_k, but the spread only as its root; the scale is 1 / sqrt(d_k)",
     ROOT, probed_d_k},
    {"scale_multiplied",
     "the scale is not below 1, and it grows with d_k: scores are multiplied by it, so it must be "
     "one over the root that is to divide them: 1 / sqrt(d_k)",
     ROOT, probed_multiplied},
    {"scale_by_root_d_model",
     "the scale probe reads 1 / sqrt(d_model): x has d_model columns, but a dot product of a query "
     "and a key adds up d_k products; the scale is attention_scale(d_k)",
     ROOT, probed_d_model},
    {"scale_by_root_d_v",
     "the scale probe reads 1 / sqrt(d_v): values are not compared with anything; a dot product of "
     "a query and a key adds up d_k products, so the scale is attention_scale(d_k)",
     ROOT, probed_d_v},
    {"scale_by_root_of_the_length",
     "the scale probe reads 1 / sqrt(T): that is the number of tokens, but a dot product of a "
     "query and a key adds up d_k products; the scale is attention_scale(d_k)",
     ROOT, probed_tokens},
    {"projections_skipped",
     "x meets x itself: this is X X^T, where every word looks at words like itself; queries are X "
     "W_Q and keys X W_K, because a word needs what it lacks",
     PARTS, probed_x_by_d_model},
    {"projections_skipped",
     "x meets x itself: this is X X^T, where every word looks at words like itself; queries are X "
     "W_Q and keys X W_K, because a word needs what it lacks",
     PARTS, probed_x_by_d_k},
    {"query_projection_skipped",
     "x itself asks: w_q was not used, and where d_k is not d_model this is refused; queries are X "
     "W_Q",
     PARTS, probed_x_asks},
    {"key_projection_skipped",
     "x itself answers: w_k was not used, and where d_k is not d_model this is refused; keys are X "
     "W_K",
     PARTS, probed_x_answers},
    {"values_for_keys",
     "the queries meet the values, made by w_v: words are found by their keys, X W_K; where d_v is "
     "not d_k this is refused",
     PARTS, probed_values_answer},
    {"value_projection_skipped",
     "the weights mix x itself: w_v was not used, and where d_v is not d_model this is refused; "
     "what a word hands over is X W_V",
     PARTS, probed_x_mixed},
    {"other_projection_for_values",
     "where d_v is not d_k the call is refused, so what the weights mix was made by w_q or w_k: "
     "what a word asks or answers is not what it hands over; values are X W_V",
     PARTS, probed_keys_mixed},
};

static const Step SELF_SCALE = {"self_attention",
                                "divide the scores by the root of d_k",
                                sizeof LAYERS / sizeof *LAYERS,
                                a_probe,
                                call_for_scale,
                                probed_root,
                                ALL(PROBE_MISTAKES)};

START_TEST(self_attention_scales_by_the_root_of_d_k)
{
    teach(&SELF_SCALE);
}
END_TEST

/* --- self_attention: its weights -------------------------------------------------------------- */

/* T, d_model, d_k and d_v: first all alike, then each pair alike at least once. */
static const size_t WORDS[SHAPES][4] = {{2, 2, 2, 2}, {2, 5, 3, 4}, {3, 4, 4, 2}, {4, 3, 2, 3},
                                        {3, 5, 2, 2}, {5, 2, 3, 5}, {6, 4, 3, 2}, {4, 5, 5, 3},
                                        {2, 6, 4, 3}, {3, 4, 5, 4}};

static void add_words(Case *given)
{
    static const char *const NAMES[] = {"x", "w_q", "w_k", "w_v"};
    const size_t *size = WORDS[given->index];
    const size_t shapes[4][2] = {
        {size[0], size[1]}, {size[1], size[2]}, {size[1], size[2]}, {size[1], size[3]}};
    static const float SMALL[4][4] = {{1, 0, 1, 1}, {0, 1, 2, -1}, {2, 0, 0, 1}, {3, 0, -1, 2}};
    for (size_t i = 0; i < 4; i++) {
        Matrix m = case_input(given, NAMES[i], shapes[i][0], shapes[i][1]);
        if (given->index == 0)
            by_hand(m, SMALL[i]);
    }
    describe(given, "T = %zu, d_model = %zu, d_k = %zu, d_v = %zu", size[0], size[1], size[2],
             size[3]);
}

static void some_words(Case *given)
{
    add_words(given);
    case_output(given, given->inputs[X].rows, given->inputs[X].rows);
}

static void call_self_for_weights(const Case *given, Matrix out)
{
    call_self_attention(given, true, out);
}

/* The weights when queries and keys are these, scaled by the root of d_k. */
static Grid self_weights(const Case *given, Grid q, Grid k)
{
    return weights_of(q, k, 1 / sqrt(columns(given, W_Q)));
}

static Grid right_self_weights(const Case *given)
{
    return self_weights(given, projected(given, W_Q), projected(given, W_K));
}

GIVES(words_meet, right_self_weights(given))
GIVES(keys_ask, self_weights(given, projected(given, W_K), projected(given, W_Q)))
GIVES(queries_only, self_weights(given, projected(given, W_Q), projected(given, W_Q)))
GIVES(keys_only, self_weights(given, projected(given, W_K), projected(given, W_K)))
GIVES(x_meets_x_by_d_k, self_weights(given, input(given, X), input(given, X)))
GIVES(x_meets_x_by_d_model,
      weights_of(input(given, X), input(given, X), 1 / sqrt(columns(given, X))))
GIVES(x_meets_keys, self_weights(given, input(given, X), projected(given, W_K)))
GIVES(queries_meet_x, self_weights(given, projected(given, W_Q), input(given, X)))
GIVES(queries_meet_values, self_weights(given, projected(given, W_Q), projected(given, W_V)))

static const Mistake SELF_WEIGHT_MISTAKES[] = {
    {"swapped_q_k",
     "Q and K have changed places: this is K Q^T, where row i says who finds key i; row i must say "
     "what query i finds, Q K^T, because a query asks and a key answers",
     FORMULA, keys_ask},
    {"same_projection",
     "queries and keys are made by the same matrix: every word then looks at words like itself; "
     "queries are made by w_q and keys by w_k, because what is asked is not what is answered",
     PARTS, queries_only},
    {"same_projection",
     "queries and keys are made by the same matrix: every word then looks at words like itself; "
     "queries are made by w_q and keys by w_k, because what is asked is not what is answered",
     PARTS, keys_only},
    {"projections_skipped",
     "x meets x itself: this is X X^T, where every word looks at words like itself; queries are X "
     "W_Q and keys X W_K, because a word needs what it lacks",
     PARTS, x_meets_x_by_d_k},
    {"projections_skipped",
     "x meets x itself: this is X X^T, where every word looks at words like itself; queries are X "
     "W_Q and keys X W_K, because a word needs what it lacks",
     PARTS, x_meets_x_by_d_model},
    {"query_projection_skipped",
     "x itself asks: w_q was not used, and where d_k is not d_model this is refused; queries are X "
     "W_Q",
     PARTS, x_meets_keys},
    {"key_projection_skipped",
     "x itself answers: w_k was not used, and where d_k is not d_model this is refused; keys are X "
     "W_K",
     PARTS, queries_meet_x},
    {"values_for_keys",
     "the queries meet the values, made by w_v: words are found by their keys, X W_K; where d_v is "
     "not d_k this is refused",
     PARTS, queries_meet_values},
};

static const Step SELF_WEIGHTS = {"self_attention",
                                  "let the queries X W_Q meet the keys X W_K",
                                  SHAPES,
                                  some_words,
                                  call_self_for_weights,
                                  words_meet,
                                  ALL(SELF_WEIGHT_MISTAKES)};

START_TEST(self_attention_projects_queries_and_keys)
{
    teach(&SELF_WEIGHTS);
}
END_TEST

/* --- self_attention: its result --------------------------------------------------------------- */

static void some_values_of_words(Case *given)
{
    add_words(given);
    case_output(given, given->inputs[X].rows, given->inputs[W_V].cols);
}

static void call_self_for_mix(const Case *given, Matrix out)
{
    call_self_attention(given, false, out);
}

static void put_mix(const Case *given, Grid values, Matrix out)
{
    put(product(right_self_weights(given), values), out);
}

static void words_mixed(const Case *given, Matrix out)
{
    put_mix(given, projected(given, W_V), out);
}

static void x_mixed(const Case *given, Matrix out)
{
    put_mix(given, input(given, X), out);
}

static void keys_mixed(const Case *given, Matrix out)
{
    put_mix(given, projected(given, W_K), out);
}

static void queries_mixed(const Case *given, Matrix out)
{
    put_mix(given, projected(given, W_Q), out);
}

GIVES(self_weights_for_mix, right_self_weights(given))
GIVES(values_unmixed, projected(given, W_V))

static const Mistake SELF_MIX_MISTAKES[] = {
    {"value_projection_skipped",
     "the weights mix x itself: w_v was not used, and where d_v is not d_model this is refused; "
     "what a word hands over is X W_V",
     PARTS, x_mixed},
    {"other_projection_for_values",
     "where d_v is not d_k the call is refused, so what the weights mix was made by w_q or w_k: "
     "what a word asks or answers is not what it hands over; values are X W_V",
     PARTS, keys_mixed},
    {"other_projection_for_values",
     "where d_v is not d_k the call is refused, so what the weights mix was made by w_q or w_k: "
     "what a word asks or answers is not what it hands over; values are X W_V",
     PARTS, queries_mixed},
    {"values_unused",
     "these are the weights: they say how much to take, and the values are what is taken; the "
     "result is weights times V",
     HAND, self_weights_for_mix},
    {"values_unmixed",
     "these are the values, each word its own: the weights were not used; the result is weights "
     "times V",
     HAND, values_unmixed},
    {"out_not_written",
     "out still holds what stood there before the call: the last step is missing, weights times V",
     CODE, left_as_it_was},
};

static const Step SELF_MIX = {"self_attention",
                              "mix the values X W_V by the weights",
                              SHAPES,
                              some_values_of_words,
                              call_self_for_mix,
                              words_mixed,
                              ALL(SELF_MIX_MISTAKES)};

START_TEST(self_attention_mixes_projected_values)
{
    teach(&SELF_MIX);
}
END_TEST

/* --- measure_scale ---------------------------------------------------------------------------- */

static void some_measure(Case *given)
{
    add_queries_and_keys(given);
    case_output(given, 1, 1);
}

static void measure(const Case *given, bool wants_entropy, Matrix out)
{
    ScoreSpread spread = {NAN, NAN};
    float scale = (float)given->numbers[0];
    if (is_accepted(measure_scale(given->inputs[0], given->inputs[1], scale, &spread), out))
        out.data[0] = wants_entropy ? spread.entropy : spread.deviation;
}

static void call_deviation(const Case *given, Matrix out)
{
    measure(given, false, out);
}

static double mean_of(Grid a)
{
    double sum = 0;
    for (size_t r = 0; r < a.rows; r++)
        sum += sum_of_row(a, r);
    return sum / (double)(a.rows * a.cols);
}

static double count_of(Grid a)
{
    return (double)(a.rows * a.cols);
}

static double sum_of_squares(Grid a, double centre)
{
    double sum = 0;
    for (size_t r = 0; r < a.rows; r++)
        for (size_t c = 0; c < a.cols; c++)
            sum += pow(a.at[r][c] - centre, 2);
    return sum;
}

static double variance(Grid a)
{
    return sum_of_squares(a, mean_of(a)) / count_of(a);
}

static double variance_of_sample(Grid a)
{
    return sum_of_squares(a, mean_of(a)) / (count_of(a) - 1);
}

static double mean_square(Grid a)
{
    return sum_of_squares(a, 0) / count_of(a);
}

GIVES_NUMBER(deviation, sqrt(variance(right_scores(given))))
GIVES_NUMBER(deviation_unscaled, sqrt(variance(raw_scores(given))))
GIVES_NUMBER(variance_for_deviation, variance(right_scores(given)))
GIVES_NUMBER(one_less, sqrt(variance_of_sample(right_scores(given))))
GIVES_NUMBER(from_zero, sqrt(mean_square(right_scores(given))))
GIVES_NUMBER(deviation_of_weights, sqrt(variance(right_weights(given))))

static const Mistake DEVIATION_MISTAKES[] = {
    {"measured_without_scale",
     "the bare dot products were measured: the scale was not used; hand it to attention_scores()",
     ROOT, deviation_unscaled},
    {"variance_for_deviation",
     "this is the variance: the standard deviation is its root, and only the root is in the unit "
     "of the scores",
     ROOT, variance_for_deviation},
    {"divided_by_one_less",
     "the squares were divided by one less than there are scores: that estimates a spread from a "
     "sample, but these are all the scores; divide by their number",
     ROOT, one_less},
    {"mean_not_subtracted",
     "the scores were squared as they are: the deviation is the distance from their mean, so "
     "subtract the mean first",
     ROOT, from_zero},
    {"deviation_of_weights",
     "this is the deviation of the weights: the softmax has overwritten the scores; measure them "
     "before it",
     ROOT, deviation_of_weights},
};

static const Step DEVIATION = {"measure_scale",
                               "give the standard deviation of all scores",
                               SHAPES,
                               some_measure,
                               call_deviation,
                               deviation,
                               ALL(DEVIATION_MISTAKES)};

START_TEST(measure_scale_gives_the_deviation_of_the_scores)
{
    teach(&DEVIATION);
}
END_TEST

static void call_entropy(const Case *given, Matrix out)
{
    measure(given, true, out);
}

static double bits_of_row(Grid a, size_t r)
{
    double sum = 0;
    for (size_t c = 0; c < a.cols; c++)
        sum -= a.at[r][c] != 0 ? a.at[r][c] * log2(a.at[r][c]) : 0;
    return sum;
}

static double sum_of_bits(Grid a)
{
    double sum = 0;
    for (size_t r = 0; r < a.rows; r++)
        sum += bits_of_row(a, r);
    return sum;
}

GIVES_NUMBER(entropy, sum_of_bits(right_weights(given)) / rows(given, Q))
GIVES_NUMBER(entropy_unscaled, sum_of_bits(softmax_of_rows(raw_scores(given))) / rows(given, Q))
GIVES_NUMBER(entropy_summed, sum_of_bits(right_weights(given)))
GIVES_NUMBER(entropy_over_keys, sum_of_bits(right_weights(given)) / rows(given, K))
GIVES_NUMBER(entropy_in_nats, sum_of_bits(right_weights(given)) * log(2) / rows(given, Q))
GIVES_NUMBER(entropy_of_scores, sum_of_bits(right_scores(given)) / rows(given, Q))
GIVES_NUMBER(entropy_of_first_row, bits_of_row(right_weights(given), 0))

static const Mistake ENTROPY_MISTAKES[] = {
    {"measured_without_scale",
     "the bare dot products were measured: the scale was not used; hand it to attention_scores()",
     ROOT, entropy_unscaled},
    {"entropy_summed",
     "the entropies of all queries were added up: the measure is that of one query on average, so "
     "divide by the number of queries",
     ROOT, entropy_summed},
    {"entropy_over_keys",
     "the sum was divided by the number of keys: there is one entropy for each row, so divide by "
     "the number of queries",
     ROOT, entropy_over_keys},
    {"entropy_in_nats",
     "the entropy is in nats, a factor 0.69 too small: bits need log2, which entropy_bits() has",
     "lesson 2, \"Temperature\"", entropy_in_nats},
    {"entropy_of_scores",
     "the entropy is NaN or makes no sense, because it was taken of the scores: only weights that "
     "sum to 1 have one, so the softmax comes first",
     ROOT, entropy_of_scores},
    {"entropy_of_the_first_row",
     "this is the entropy of the first query alone: take the mean over all rows", ROOT,
     entropy_of_first_row},
};

static const Step ENTROPY = {"measure_scale",
                             "give the mean entropy of the queries' weights",
                             SHAPES,
                             some_measure,
                             call_entropy,
                             entropy,
                             ALL(ENTROPY_MISTAKES)};

START_TEST(measure_scale_gives_the_entropy_of_the_weights)
{
    teach(&ENTROPY);
}
END_TEST

/* --- costs ------------------------------------------------------------------------------------ */

/* Small enough for steps and paths to count beside the multiplications. */
static void some_layer(Case *given)
{
    static const double SIZE[][2] = {{6, 8}, {2, 5}, {8, 3}, {1, 4}, {7, 6}, {0, 5}, {3, 2}};
    given->note = "out is: multiplications, steps in a row, steps from the first to the last token";
    case_number(given, "tokens", SIZE[given->index][0]);
    case_number(given, "d", SIZE[given->index][1]);
    case_output(given, 1, 3);
}

/* More multiplications than a whole number of 64 bits can hold. */
static void some_large_layer(Case *given)
{
    given->note = "out is the number of multiplications";
    case_number(given, "tokens", ldexp(1, 32 - (int)given->index));
    case_number(given, "d", ldexp(3, 24 + (int)given->index));
    case_output(given, 1, 1);
}

static void put_cost(double multiplications, double steps, double path, Matrix out)
{
    out.data[0] = (float)multiplications;
    out.data[1] = (float)steps;
    out.data[2] = (float)path;
}

static void put_layer_cost(LayerCost cost, Matrix out)
{
    put_cost(cost.multiplications, (double)cost.steps, (double)cost.path, out);
}

static void call_self_attention_cost(const Case *given, Matrix out)
{
    size_t tokens = (size_t)given->numbers[0], d = (size_t)given->numbers[1];
    put_layer_cost(self_attention_cost(tokens, d), out);
}

GIVES_COST(two_t_t_d, 2 * t * t * d, 1, 1)
GIVES_COST(t_t_d, (t * t * d), 1, 1)
GIVES_COST(t_d_d_in_one_step, (t * d * d), 1, 1)
GIVES_COST(two_t_d_d_in_one_step, 2 * t * d * d, 1, 1)
GIVES_COST(with_projections, 2 * t * t * d + 3 * t * d * d, 1, 1)
GIVES_COST(row_by_row, 2 * t * t * d, t, 1)
GIVES_COST(two_steps, 2 * t * t * d, 2, 1)
GIVES_COST(long_path, 2 * t * t * d, 1, t > 1 ? t - 1 : 0)

static const Mistake ATTENTION_COST_MISTAKES[] = {
    {"one_product_counted",
     "this counts one product only: Q K^T costs T x T x d, and the weighted sum of the values "
     "costs as much again",
     COST, t_t_d},
    {"attention_costs_t_d_squared",
     "this grows as T d d, which is the recurrent layer: attention has T x T scores of d products "
     "each, and T x T weights that meet d numbers each, since every token meets every token",
     COST, t_d_d_in_one_step},
    {"attention_costs_t_d_squared",
     "this grows as T d d, which is the recurrent layer: attention has T x T scores of d products "
     "each, and T x T weights that meet d numbers each, since every token meets every token",
     COST, two_t_d_d_in_one_step},
    {"projections_counted",
     "the three projections are counted too: the comparison leaves projections out on both sides",
     COST, with_projections},
    {"attention_waits_for_each_row",
     "a step is counted for each token: a row of attention needs no other row, so all can be done "
     "at once, in 1 step",
     COST, row_by_row},
    {"attention_in_two_steps",
     "the two products are counted as two steps: what counts is a queue of tokens, and no token "
     "waits for another; table 1 of the paper calls that 1",
     COST, two_steps},
    {"attention_path_of_t",
     "the path grows with T: every token looks at every other directly, so a signal takes 1 step",
     COST, long_path},
};

static const Step ATTENTION_COST = {"self_attention_cost",
                                    "count both products of an attention layer, one step, path 1",
                                    7,
                                    some_layer,
                                    call_self_attention_cost,
                                    two_t_t_d,
                                    ALL(ATTENTION_COST_MISTAKES)};

START_TEST(self_attention_cost_counts_both_products)
{
    teach(&ATTENTION_COST);
}
END_TEST

static void call_recurrent_cost(const Case *given, Matrix out)
{
    size_t tokens = (size_t)given->numbers[0], d = (size_t)given->numbers[1];
    put_layer_cost(recurrent_cost(tokens, d), out);
}

static double distance(double tokens)
{
    return tokens > 1 ? tokens - 1 : 0;
}

GIVES_COST(token_by_token, (t * d * d), t, distance(t))
GIVES_COST(recurrent_t_t_d, (t * t * d), t, distance(t))
GIVES_COST(with_input_projection, 2 * t * d * d, t, distance(t))
GIVES_COST(all_at_once, (t * d * d), 1, distance(t))
GIVES_COST(path_of_t, (t * d * d), t, t)
GIVES_COST(path_of_one, (t * d * d), t, 1)
GIVES_COST(wrapped_path, (t * d * d), t, (double)((size_t)t - 1))

static const Mistake RECURRENT_COST_MISTAKES[] = {
    {"recurrent_costs_t_squared_d",
     "this grows as T T d, which is attention: each of T steps multiplies a state of d numbers by "
     "a d x d matrix, T d d",
     COST, recurrent_t_t_d},
    {"input_projection_counted",
     "the product with the input, x W, is counted too: the comparison leaves projections of the "
     "input out on both sides; h U alone is T d d",
     COST, with_input_projection},
    {"recurrent_in_one_step",
     "one step is counted, but step t needs the state of step t - 1: T steps wait for one another",
     COST, all_at_once},
    {"path_of_t",
     "the path is one too long: from the first of T tokens to the last there are T - 1 steps, as "
     "there are gaps between fence posts",
     COST, path_of_t},
    {"recurrent_path_of_one",
     "the path is 1, which is attention: here a signal from the first token passes every step to "
     "the last, T - 1 of them",
     COST, path_of_one},
    {"path_wraps",
     "without tokens the path is enormous: tokens is unsigned, and 0 - 1 wraps to the greatest "
     "number; no tokens have a path of 0",
     CODE, wrapped_path},
};

static const Step RECURRENT_COST = {"recurrent_cost",
                                    "count T products with a d x d matrix, T steps, path T - 1",
                                    7,
                                    some_layer,
                                    call_recurrent_cost,
                                    token_by_token,
                                    ALL(RECURRENT_COST_MISTAKES)};

START_TEST(recurrent_cost_waits_for_every_token)
{
    teach(&RECURRENT_COST);
}
END_TEST

/* --- costs of large layers -------------------------------------------------------------------- */

static uint64_t whole(const Case *given, size_t index)
{
    return (uint64_t)given->numbers[index];
}

static LayerCost attention_cost_of(const Case *given)
{
    return self_attention_cost((size_t)given->numbers[0], (size_t)given->numbers[1]);
}

static LayerCost recurrent_cost_of(const Case *given)
{
    return recurrent_cost((size_t)given->numbers[0], (size_t)given->numbers[1]);
}

GIVES_NUMBER(call_large_attention, attention_cost_of(given).multiplications)
GIVES_NUMBER(large_attention, 2 * number(given) * number(given) * given->numbers[1])
GIVES_NUMBER(wrapped_attention, 2 * whole(given, 0) * whole(given, 0) * whole(given, 1))
GIVES_NUMBER(wrapped_before_doubling,
             2 * (double)(whole(given, 0) * whole(given, 0) * whole(given, 1)))
GIVES_NUMBER(call_large_recurrent, recurrent_cost_of(given).multiplications)
GIVES_NUMBER(large_recurrent, number(given) * given->numbers[1] * given->numbers[1])
GIVES_NUMBER(wrapped_recurrent, whole(given, 0) * whole(given, 1) * whole(given, 1))

static const Mistake LARGE_ATTENTION_MISTAKES[] = {
    {"cost_wraps",
     "the count is far too small: whole numbers have 64 bits, and a larger product wraps around to "
     "what is left over; turn the sizes into doubles before you multiply",
     CODE, wrapped_attention},
    {"cost_wraps",
     "the count is far too small: whole numbers have 64 bits, and a larger product wraps around to "
     "what is left over; turn the sizes into doubles before you multiply",
     CODE, wrapped_before_doubling},
};

static const Mistake LARGE_RECURRENT_MISTAKES[] = {
    {"cost_wraps",
     "the count is far too small: whole numbers have 64 bits, and a larger product wraps around to "
     "what is left over; turn the sizes into doubles before you multiply",
     CODE, wrapped_recurrent},
};

static const Step LARGE_ATTENTION = {"self_attention_cost",
                                     "count beyond the whole numbers of 64 bits",
                                     8,
                                     some_large_layer,
                                     call_large_attention,
                                     large_attention,
                                     ALL(LARGE_ATTENTION_MISTAKES)};

static const Step LARGE_RECURRENT = {"recurrent_cost",
                                     "count beyond the whole numbers of 64 bits",
                                     8,
                                     some_large_layer,
                                     call_large_recurrent,
                                     large_recurrent,
                                     ALL(LARGE_RECURRENT_MISTAKES)};

START_TEST(costs_of_large_layers_do_not_wrap)
{
    teach(&LARGE_ATTENTION);
    teach(&LARGE_RECURRENT);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("3. self-attention, step by step");
    add_test(suite, project_multiplies_each_token_by_w);
    add_test(suite, attention_scale_is_one_over_the_root);
    add_test(suite, attention_scores_compare_queries_with_keys);
    add_test(suite, attention_expect_shapes_refuses_what_does_not_fit);
    add_test(suite, attention_weights_are_the_softmax_of_each_row);
    add_test(suite, attention_mixes_values_by_the_weights);
    add_test(suite, self_attention_scales_by_the_root_of_d_k);
    add_test(suite, self_attention_projects_queries_and_keys);
    add_test(suite, self_attention_mixes_projected_values);
    add_test(suite, measure_scale_gives_the_deviation_of_the_scores);
    add_test(suite, measure_scale_gives_the_entropy_of_the_weights);
    add_test(suite, self_attention_cost_counts_both_products);
    add_test(suite, recurrent_cost_waits_for_every_token);
    add_test(suite, costs_of_large_layers_do_not_wrap);
    return suite;
}
