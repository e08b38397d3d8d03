/* Chapter 5, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "multi_head_attention.h"
#include "oracle.h"

#include <math.h>

static const char BY_HAND[] = "lesson 5, \"By hand\"";
static const char CODE[] = "lesson 5, \"The code\"";
static const char BREAK[] = "lesson 5, \"Break it\"";
static const char COSTS[] = "lesson 5, \"What heads cost\"";

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

/* A function that refuses what it should take leaves the result as it is: not a number. */
static void note_refusal(Status status, Matrix out)
{
    if (status != STATUS_OK)
        for (size_t i = 0; i < out.rows * out.cols; i++)
            out.data[i] = NAN;
}

/* --- multi_head_project ------------------------------------------------------------------------
 */

enum { X, CONTEXT, W_Q, W_K, B_Q, B_K };

static void some_projections(Case *given)
{
    size_t i = given->index, t_q = 2 + i % 2, t_k = 3 + i % 4, d = 2 + i % 3, cols = 4;
    case_input(given, "x", t_q, d);
    case_input(given, "context", t_k, d);
    case_input(given, "w_q", d, cols);
    case_input(given, "w_k (and w_v)", d, cols);
    case_input(given, "b_q", 1, cols);
    case_input(given, "b_k (and b_v)", 1, cols);
    given->note = "q must come from x, k and v from the context; below, q stands above k above v";
    case_output(given, t_q + 2 * t_k, cols);
}

static void call_project(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = {in[W_Q], in[W_K], in[W_K],   in[W_K], in[B_Q],
                            in[B_K], in[B_K], NO_MATRIX, 2};
    HeadMatrices all = {NO_MATRIX, NO_MATRIX, NO_MATRIX, NO_MATRIX};
    size_t t_q = in[X].rows, t_k = in[CONTEXT].rows;
    Status status = multi_head_project(in[X], in[CONTEXT], &layer, &all);
    put_matrix(all.q, 0, out);
    put_matrix(all.k, t_q, out);
    put_matrix(all.v, t_q + t_k, out);
    multi_head_free(&all);
    note_refusal(status, out);
}

/* x W + b, for queries from one sequence and keys and values from another. */
static void project_from(Matrix asks, Matrix answers, const Case *given, bool biased, Matrix out)
{
    const Matrix *in = given->inputs;
    Table x = table_of(asks), y = table_of(answers), w_q = table_of(in[W_Q]),
          w_k = table_of(in[W_K]);
    Table b_q = table_of(in[B_Q]), b_k = table_of(in[B_K]);
    Table q = oracle_linear(x, w_q, biased ? &b_q : NULL);
    Table k = oracle_linear(y, w_k, biased ? &b_k : NULL);
    put(q, 0, 0, out);
    put(k, in[X].rows, 0, out);
    put(k, in[X].rows + in[CONTEXT].rows, 0, out);
    table_free(8, x, y, w_q, w_k, b_q, b_k, q, k);
}

static void projected(const Case *given, Matrix out)
{
    project_from(given->inputs[X], given->inputs[CONTEXT], given, true, out);
}

static void projected_without_biases(const Case *given, Matrix out)
{
    project_from(given->inputs[X], given->inputs[CONTEXT], given, false, out);
}

/* Keys and values of x in place of the context's: fewer or more rows than there should be. */
static void projected_from_x(const Case *given, Matrix out)
{
    Matrix x = given->inputs[X];
    size_t t_q = x.rows, t_k = given->inputs[CONTEXT].rows;
    project_from(x, x, given, true, out);
    for (size_t r = 0; r < t_k; r++)
        for (size_t c = 0; c < out.cols; c++) {
            float *k = &matrix_row(out, t_q + r)[c], *v = &matrix_row(out, t_q + t_k + r)[c];
            *k = r < t_q ? *k : NAN;
            *v = r < t_q ? matrix_row(out, t_q + r)[c] : NAN;
        }
}

static const Mistake PROJECT_MISTAKES[] = {
    {"bias_forgotten",
     "the biases are missing: add b_q to each query, b_k to each key, b_v to each value, after the "
     "product",
     CODE, projected_without_biases},
    {"context_ignored",
     "keys and values were made from x, but the sequence that answers is the context; only the "
     "queries come from x",
     CODE, projected_from_x},
};

static const Step PROJECT = {
    "multi_head_project",
    "project queries from x, keys and values from the context, and add the biases",
    8,
    some_projections,
    call_project,
    projected,
    PROJECT_MISTAKES,
    2};

START_TEST(queries_come_from_x_and_the_rest_from_the_context)
{
    teach(&PROJECT);
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
    case_output(given, t, d_k);
}

static void call_select(const Case *given, Matrix out)
{
    Matrix q = given->inputs[0];
    HeadMatrices all = {q, q, q, q}, one = all;
    Status status =
        multi_head_select(&all, (size_t)given->numbers[HEADS], (size_t)given->numbers[HEAD], &one);
    put_matrix(one.q, 0, out);
    /* k, v and the place for the result must be cut at the same columns. */
    if (one.k.data != one.q.data || one.v.data != one.q.data || one.concat.data != one.q.data)
        status = STATUS_VALUE;
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

static const Mistake SELECT_MISTAKES[] = {
    {"first_head_for_all",
     "every head gets the columns of head 0, so all heads do the same: head h begins at column h "
     "d_k",
     BREAK, first_selected},
    {"heads_from_the_end",
     "the heads are counted from the right: head 0 has the first columns, not the last", CODE,
     selected_from_the_end},
};

static const Step SELECT = {"multi_head_select",
                            "look at one head's columns of q, k, v and the concatenation",
                            8,
                            a_probe,
                            call_select,
                            selected,
                            SELECT_MISTAKES,
                            2};

START_TEST(a_head_is_its_columns_of_everything)
{
    teach(&SELECT);
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

static const Mistake OUTPUT_MISTAKES[] = {
    {"w_o_left_out",
     "the concatenation is given out as it is: multiply it by w_o, which mixes the heads back into "
     "the columns of the sequence",
     BREAK, output_is_concat},
    {"w_o_transposed",
     "w_o was used transposed: here it is (in, out), so the product is concat w_o and not concat "
     "w_o^T",
     BREAK, output_transposed},
    {"output_bias_forgotten", "the bias b_o is missing: add it to each row after the product", CODE,
     output_without_bias},
    {"output_bias_per_head", "b_o was added once for each head: it belongs to the output, once",
     CODE, output_bias_twice},
};

static const Step OUTPUT = {"multi_head_output",
                            "multiply the concatenation by w_o and add b_o",
                            8,
                            some_output,
                            call_output,
                            output_right,
                            OUTPUT_MISTAKES,
                            4};

START_TEST(the_output_is_the_concatenation_times_w_o)
{
    teach(&OUTPUT);
}
END_TEST

/* --- multi_head_attention ----------------------------------------------------------------------
 */

enum { A_X, A_W_Q, A_W_K, A_W_V, A_W_O };

static void a_layer(Case *given)
{
    size_t i = given->index, heads = 2 + i % 2, d_k = 3 + i % 3, d_v = 2, d = 2 + i % 4,
           t = 3 + i % 3;
    case_input(given, "x", t, d);
    case_input(given, "w_q", d, heads * d_k);
    case_input(given, "w_k", d, heads * d_k);
    case_input(given, "w_v", d, heads * d_v);
    case_input(given, "w_o", heads * d_v, d + 1);
    case_number(given, "heads", (double)heads);
    case_output(given, t, d + 1);
}

static void a_layer_for_its_weights(Case *given)
{
    a_layer(given);
    given->note = "the weights of head 0 stand above those of head 1, and so on";
    size_t t = given->inputs[A_X].rows;
    case_output(given, (size_t)given->numbers[HEADS] * t, t);
}

static void run_layer(const Case *given, Matrix weights, Matrix out)
{
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = {.w_q = in[A_W_Q],
                            .w_k = in[A_W_K],
                            .w_v = in[A_W_V],
                            .w_o = in[A_W_O],
                            .heads = (size_t)given->numbers[HEADS]};
    Status status = multi_head_attention(in[A_X], &layer, weights, out);
    note_refusal(status, weights);
    note_refusal(status, out);
}

static void call_for_weights(const Case *given, Matrix weights)
{
    Matrix out;
    assert_ok(matrix_create(given->inputs[A_X].rows, given->inputs[A_W_O].cols, &out));
    run_layer(given, weights, out);
    matrix_free(&out);
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

static const Mistake WEIGHTS_MISTAKES[] = {
    {"scale_by_all_columns",
     "the scores are divided by the root of all columns of q, heads d_k, but each head has d_k "
     "columns of its own",
     BREAK, weights_by_all_columns},
    {"scale_by_d_model",
     "the scores are divided by the root of d_model; the dot product of one head adds d_k "
     "products, so it is the root of d_k",
     BREAK, weights_by_d_model},
    {"no_scale", "the scores are not divided by the root of d_k", BREAK, weights_unscaled},
    {"swapped_q_k", "queries and keys are swapped: row i of the weights must belong to query i",
     CODE, weights_swapped},
    {"first_head_for_all",
     "all heads have the weights of head 0: select the columns of head h for head h", BREAK,
     weights_of_head_0},
};

static const Step WEIGHTS = {"multi_head_attention",
                             "weigh in each head by itself, scaled by the root of d_k",
                             8,
                             a_layer_for_its_weights,
                             call_for_weights,
                             weights_right,
                             WEIGHTS_MISTAKES,
                             5};

START_TEST(each_head_has_weights_of_its_own)
{
    teach(&WEIGHTS);
}
END_TEST

/* How the heads' results are put beside each other. */
typedef enum Joining { SIDE_BY_SIDE, RESHAPED, REVERSED, ALL_INTO_THE_FIRST } Joining;

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
    return &concat.data[t * concat.cols + column];
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
    Table w_o = table_of(given->inputs[A_W_O]), product = oracle_product(concat, w_o);
    put(product, 0, 0, out);
    table_free(3, concat, w_o, product);
}

static void layer_right(const Case *given, Matrix out)
{
    layer_joined(given, SIDE_BY_SIDE, out);
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

static const Mistake LAYER_MISTAKES[] = {
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
};

static const Step LAYER = {"multi_head_attention",
                           "concatenate the heads and multiply by w_o",
                           8,
                           a_layer,
                           call_for_output,
                           layer_right,
                           LAYER_MISTAKES,
                           3};

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
    case_output(given, 2 + i % 2, d_out);
}

static void call_sum(const Case *given, Matrix out)
{
    note_refusal(
        sum_of_heads(given->inputs[CONCAT], given->inputs[W_O], (size_t)given->numbers[HEADS], out),
        out);
}

/* The sum over the heads from `first` on; each times its own rows of W_o, or all times the first
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

static const Mistake SUM_MISTAKES[] = {
    {"same_rows_for_all",
     "every head met the first rows of w_o: head h has the d_v rows from h d_v on", BY_HAND,
     sum_with_the_first_rows},
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
                         SUM_MISTAKES,
                         3};

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

static const Mistake PARAMETERS_MISTAKES[] = {
    {"parameters_without_w_o", "w_o is not counted: it has d_model x d_model numbers too", COSTS,
     parameters_without_w_o},
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
    parameters_right,        PARAMETERS_MISTAKES,         3};

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
    add_test(suite, a_head_is_its_columns_of_everything);
    add_test(suite, the_output_is_the_concatenation_times_w_o);
    add_test(suite, each_head_has_weights_of_its_own);
    add_test(suite, heads_are_concatenated_side_by_side);
    add_test(suite, the_output_is_a_sum_over_heads);
    add_test(suite, parameters_do_not_depend_on_the_heads);
    add_test(suite, heads_cost_nothing_but_exponentials);
    return suite;
}
