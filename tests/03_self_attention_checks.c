/* Chapter 3: what each function must do. */
#include "checks.h"

#include "extra.h"
#include "self_attention.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))

/* What a call writes beside the result that is recorded: more than the largest case needs. */
enum { ROOM = 80 };

static void put_all(Matrix matrix, const float *numbers)
{
    for (size_t r = 0; r < matrix.rows; r++)
        memcpy(matrix_row(matrix, r), numbers + r * matrix.cols, matrix.cols * sizeof *numbers);
}

/* --- project ---------------------------------------------------------------------------------- */

/* T, d_model and d: all alike, W square, all different, no tokens. In the last, x and W do not fit.
 */
static const size_t PROJECTIONS[][3] = {{2, 2, 2}, {3, 2, 2}, {2, 3, 4}, {4, 3, 2}, {3, 3, 3},
                                        {4, 3, 3}, {5, 2, 6}, {1, 4, 2}, {0, 3, 2}, {2, 3, 2}};

static void a_projection(Case *given)
{
    const size_t *size = PROJECTIONS[given->index], last = ROWS(PROJECTIONS) - 1;
    given->as_views = given->index == 6;
    Matrix x = case_input(given, "x", size[0], size[1]);
    Matrix w = case_input(given, "w", size[1] + (given->index == last ? 1 : 0), size[2]);
    if (given->index == 0) {
        put_all(x, (float[]){1, 2, 3, 0});
        put_all(w, (float[]){0, 1, 1, -1});
    }
    case_output(given, size[0], size[2]);
}

static Status call_project(const Case *given, Matrix out)
{
    Matrix before = given->inputs[0], result = before;
    const char *name = given->index % 2 == 0 ? "w_k" : "w_v";
    Status status = project(name, given->inputs[0], given->inputs[1], &result);
    expect_in_message(status, "name", name);
    if (status == STATUS_OK)
        put_matrix("result", result, 0, out.rows, out);
    else if (result.data != NULL)
        remark("project refuses, as it should, but *result is not NO_MATRIX");
    if (result.data != before.data)
        matrix_free(&result);
    return status;
}

/* --- attention_scale -------------------------------------------------------------------------- */

/* 4 first, which has an easy root; most others have none. */
static void some_width(Case *given)
{
    static const double WIDTHS[] = {4, 1, 2, 3, 9, 16, 64, 7};
    case_number(given, "d_k", WIDTHS[given->index]);
    case_output(given, 1, 1);
}

static Status call_scale(const Case *given, Matrix out)
{
    put_number(out, 0, attention_scale(case_size(given, 0)));
    return STATUS_OK;
}

/* --- attention_scores ------------------------------------------------------------------------- */

enum { Q, K, V, WEIGHTS, OUT, ROLES };

/* T_q, T_k, d_k and d_v: first all alike, so that every wrong product fits, and later each pair
 * alike once, so that each wrong product is refused once. No scale is 1, or that of its d_k. */
static const struct {
    size_t size[4];
    double scale;
} COMPARISONS[] = {{{2, 2, 2, 2}, 0.5}, {{2, 3, 4, 5}, 0.25}, {{4, 3, 2, 5}, 2},
                   {{3, 3, 2, 4}, 1.5}, {{2, 3, 3, 4}, 0.4},  {{4, 2, 3, 3}, 0.75},
                   {{3, 4, 2, 4}, 0.3}, {{5, 4, 3, 2}, 1.25}, {{3, 2, 4, 5}, 0},
                   {{3, 6, 5, 2}, 0.6}, {{3, 3, 3, 3}, 0.2}};
enum { COMPARED = ROWS(COMPARISONS) };

static void some_queries_and_keys(Case *given)
{
    const size_t *size = COMPARISONS[given->index].size;
    given->as_views = given->index == COMPARED - 2;
    Matrix q = case_input(given, "q", size[0], size[2]);
    Matrix k = case_input(given, "k", size[1], size[2]);
    if (given->index == 0) {
        put_all(q, (float[]){1, 2, 0, 1});
        put_all(k, (float[]){3, 0, -1, 1});
    }
    case_number(given, "scale", COMPARISONS[given->index].scale);
    case_note(given, "%zu queries meet %zu keys of %zu numbers", size[0], size[1], size[2]);
    case_output(given, size[0], size[1]);
}

static Status call_scores(const Case *given, Matrix out)
{
    return attention_scores(given->inputs[Q], given->inputs[K], (float)given->numbers[0], out);
}

static void scores_that_do_not_fit(Case *given)
{
    /* q, k and scores */
    static const size_t WRONG[][6] = {{2, 2, 3, 1, 2, 3}, {2, 0, 3, 0, 2, 3}, {2, 1, 3, 1, 3, 2},
                                      {2, 1, 3, 1, 2, 4}, {2, 1, 3, 1, 3, 3}, {0, 2, 3, 2, 0, 3},
                                      {2, 2, 0, 2, 2, 0}};
    static const char *const STORIES[] = {"queries of 2 numbers cannot meet keys of 1",
                                          "queries and keys have no numbers to compare",
                                          "scores is T_k x T_q",
                                          "scores has a column too many",
                                          "scores has a row too many",
                                          "no queries: everything fits",
                                          "no keys: everything fits"};
    const size_t *size = WRONG[given->index];
    given->shapes_only = given->keeps_out = true;
    case_input(given, "q", size[0], size[1]);
    case_input(given, "k", size[2], size[3]);
    case_number(given, "scale", 0.5);
    case_note(given, "only the shapes matter here: %s", STORIES[given->index]);
    case_output(given, size[4], size[5]);
}

/* --- attention_expect_shapes ------------------------------------------------------------------ */

static const char *const ROLE_NAMES[ROLES] = {"q", "k", "v", "weights", "out"};

/* Rows and columns of each, and what is wrong. */
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
    {{{1, 1}, {3, 1}, {3, 1}, {1, 4}, {1, 1}}, "weights has a column too many"},
    {{{1, 1}, {3, 1}, {3, 1}, {2, 3}, {1, 1}}, "weights has a row too many"},
    {{{1, 2}, {2, 2}, {2, 1}, {1, 2}, {1, 2}}, "out is as wide as the keys, not as the values"},
    {{{1, 2}, {3, 2}, {3, 2}, {1, 3}, {3, 2}}, "out has a row for each key, not for each query"},
    {{{4, 3}, {0, 3}, {0, 5}, {4, 0}, {4, 5}}, "no keys and no values: everything fits"},
    {{{0, 3}, {4, 3}, {4, 5}, {0, 4}, {0, 5}}, "no queries: everything fits"},
};

static void a_meeting(Case *given)
{
    given->shapes_only = true;
    for (size_t role = 0; role < ROLES; role++) {
        const size_t *size = MEETINGS[given->index].size[role];
        case_input(given, ROLE_NAMES[role], size[0], size[1]);
    }
    case_note(given, "only the shapes matter here: %s", MEETINGS[given->index].story);
}

static Status call_expect_shapes(const Case *given, Matrix out)
{
    (void)out;
    const Matrix *in = given->inputs;
    Status status =
        attention_expect_shapes("the_caller", in[Q], in[K], in[V], in[WEIGHTS], in[OUT]);
    expect_in_message(status, "function", "the_caller");
    return status;
}

/* --- scaled_dot_product_attention ------------------------------------------------------------- */

static void add_values(Case *given)
{
    const size_t *size = COMPARISONS[given->index].size;
    some_queries_and_keys(given);
    Matrix v = case_input(given, "v", size[1], size[3]);
    if (given->index == 0)
        put_all(v, (float[]){10, 0, 0, 20});
    case_note(given, "%zu queries meet %zu keys of %zu numbers; each key brings a value of %zu",
              size[0], size[1], size[2], size[3]);
}

static Status attend(const Case *given, Matrix weights, Matrix out)
{
    const Matrix *in = given->inputs;
    return scaled_dot_product_attention(in[Q], in[K], in[V], (float)given->numbers[0], weights,
                                        out);
}

static Status call_for_room(const Case *given, Matrix weights)
{
    float numbers[ROOM];
    Matrix out = beside(given, numbers, weights.rows, given->inputs[V].cols);
    return expect_unwritten(attend(given, weights, out), "out", out);
}

/* A refusal that comes after the weights were written is about the mix, and found there. */
static Status call_for_weights(const Case *given, Matrix weights)
{
    Status status = call_for_room(given, weights);
    return isnan(weights.data[0]) ? status : STATUS_OK;
}

static void some_mix(Case *given)
{
    add_values(given);
    case_output(given, given->inputs[Q].rows, given->inputs[V].cols);
}

static Status call_for_mix(const Case *given, Matrix out)
{
    float numbers[ROOM];
    Matrix weights = beside(given, numbers, out.rows, given->inputs[K].rows);
    return expect_unwritten(attend(given, weights, out), "weights", weights);
}

static void large_scores(Case *given)
{
    Matrix q = case_input(given, "q", 2, 1), k = case_input(given, "k", 3, 1);
    case_input(given, "v", 3, 1);
    put_all(q, (float[]){100, -1});
    put_all(k, given->index == 0 ? (float[]){1, 3, 2} : (float[]){-5, -3, 90});
    case_number(given, "scale", 0.5);
    case_note(given, "the exponential of 89 is beyond a float, but its weight is not");
    case_output(given, 2, 3);
}

static void scores_beyond_a_float(Case *given)
{
    Matrix q = case_input(given, "q", 1, 1), k = case_input(given, "k", 3, 1);
    case_input(given, "v", 3, 1);
    q.data[0] = 1e20F;
    put_all(k,
            given->index == 0 ? (float[]){1e20F, -1e20F, 1e20F} : (float[]){1e20F, 3e20F, 2e20F});
    case_number(given, "scale", 1);
    case_note(given,
              "the scores are beyond a float; below, 1 for weights that are NaN or sum to 1");
    case_output(given, 1, 1);
}

static Status call_for_shares(const Case *given, Matrix out)
{
    float weights[3], number;
    Status status = attend(given, matrix_view(weights, 1, 3), matrix_view(&number, 1, 1));
    float sum = weights[0] + weights[1] + weights[2];
    if (status == STATUS_OK)
        put_number(out, 0, isnan(sum) || fabsf(sum - 1) < 1e-3F);
    return status;
}

static void an_empty_sequence(Case *given)
{
    static const size_t EMPTY[][4] = {{2, 0, 3, 4}, {0, 2, 3, 4}, {2, 3, 1, 0}};
    static const char *const STORIES[] = {"there are no keys and no values", "nobody asks",
                                          "values have no columns"};
    const size_t *size = EMPTY[given->index];
    case_input(given, "q", size[0], size[2]);
    case_input(given, "k", size[1], size[2]);
    case_input(given, "v", size[1], size[3]);
    case_number(given, "scale", 0.5);
    case_note(given, "%s", STORIES[given->index]);
    case_output(given, size[0], size[3]);
}

enum { WIDE_OUT = 2 };

static void attention_that_does_not_fit(Case *given)
{
    static const char *const STORIES[] = {"queries of 2 numbers cannot meet keys of 3",
                                          "three keys, but two values",
                                          "out has a column more than v"};
    given->shapes_only = true;
    case_input(given, "q", 2, 2);
    case_input(given, "k", 3, given->index == 0 ? 3 : 2);
    case_input(given, "v", given->index == 1 ? 2 : 3, 4);
    case_number(given, "scale", 0.5);
    case_note(given, "%s; below, %s", STORIES[given->index],
              given->index == WIDE_OUT ? "out" : "the weights");
    case_output(given, 2, given->index == WIDE_OUT ? 5 : 3);
}

static Status call_for_refusal(const Case *given, Matrix out)
{
    return given->index == WIDE_OUT ? call_for_mix(given, out) : call_for_room(given, out);
}

/* --- self_attention --------------------------------------------------------------------------- */

enum { X, W_Q, W_K, W_V };

static void some_words(Case *given, const size_t size[4])
{
    case_input(given, "x", size[0], size[1]);
    case_input(given, "w_q", size[1], size[2]);
    case_input(given, "w_k", size[1], size[2]);
    case_input(given, "w_v", size[1], size[3]);
    case_note(given, "T = %zu, d_model = %zu, d_k = %zu, d_v = %zu", size[0], size[1], size[2],
              size[3]);
}

static Status attend_to_words(const Case *given, Matrix weights, Matrix out)
{
    const Matrix *in = given->inputs;
    return self_attention(in[X], in[W_Q], in[W_K], in[W_V], weights, out);
}

/* T, d_model, d_k and d_v: all different, and later each pair of the last three alike once. */
static const size_t LAYERS[][4] = {{2, 5, 3, 4}, {3, 8, 4, 2}, {4, 3, 2, 5}, {2, 6, 5, 3},
                                   {5, 7, 6, 4}, {3, 4, 4, 2}, {6, 4, 3, 3}, {4, 5, 3, 5}};

/* Queries and keys are the same, and in row 0 the first two dot products are 2 and 1. So they
 * differ by 1, and the logarithm of the ratio of their weights is the scale. */
static void a_probe(Case *given)
{
    some_words(given, LAYERS[given->index]);
    Matrix *in = given->inputs;
    for (size_t i = X; i <= W_K; i++)
        case_fill(in[i], 0);
    matrix_row(in[X], 0)[0] = 2;
    matrix_row(in[X], 1)[1] = 1;
    for (size_t w = W_Q; w <= W_K; w++) {
        matrix_row(in[w], 0)[0] = matrix_row(in[w], 0)[1] = 0.5F;
        matrix_row(in[w], 1)[0] = 1;
    }
    size_t used = strlen(given->note);
    snprintf(
        given->note + used, sizeof given->note - used,
        "\nw_q and w_k are the same here, and token 0 has the dot products 2 and 1 with tokens "
        "0 and 1; so log(w0 / w1) of its two weights is the scale, which is shown below");
    case_output(given, 1, 1);
}

static Status call_for_scale(const Case *given, Matrix out)
{
    float weights[ROOM], numbers[ROOM];
    size_t t = given->inputs[X].rows;
    Status status = attend_to_words(given, matrix_view(weights, t, t),
                                    matrix_view(numbers, t, given->inputs[W_V].cols));
    if (status == STATUS_OK)
        put_number(out, 0, log(weights[0] / weights[1]));
    return status;
}

/* T, d_model, d_k and d_v: first all alike, then each pair alike at least once, then no tokens. */
static const size_t WORDS[][4] = {{2, 2, 2, 2}, {2, 5, 3, 4}, {3, 4, 4, 2}, {4, 3, 2, 3},
                                  {3, 5, 2, 2}, {5, 2, 3, 5}, {6, 4, 3, 2}, {4, 5, 5, 3},
                                  {2, 6, 4, 3}, {3, 4, 5, 4}, {0, 3, 2, 4}};

static void words_for_weights(Case *given)
{
    static const float SMALL[][4] = {{1, 0, 1, 1}, {0, 1, 2, -1}, {2, 0, 0, 1}, {3, 0, -1, 2}};
    given->as_views = given->index == 8;
    some_words(given, WORDS[given->index]);
    for (size_t i = X; given->index == 0 && i <= W_V; i++)
        put_all(given->inputs[i], SMALL[i]);
    case_output(given, given->inputs[X].rows, given->inputs[X].rows);
    given->out_name = "weights";
}

static Status call_self_for_weights(const Case *given, Matrix weights)
{
    float numbers[ROOM];
    Matrix out = beside(given, numbers, weights.rows, given->inputs[W_V].cols);
    return expect_unwritten(attend_to_words(given, weights, out), "out", out);
}

static void words_for_mix(Case *given)
{
    words_for_weights(given);
    case_output(given, given->inputs[X].rows, given->inputs[W_V].cols);
    given->out_name = NULL;
}

static Status call_self_for_mix(const Case *given, Matrix out)
{
    float numbers[ROOM];
    Matrix weights = beside(given, numbers, out.rows, out.rows);
    return expect_unwritten(attend_to_words(given, weights, out), "weights", weights);
}

static void words_that_do_not_fit(Case *given)
{
    static const char *const STORIES[] = {
        "w_q has rows for another d_model", "w_k has rows for another d_model",
        "w_v has rows for another d_model", "queries are wider than keys", "out is too wide"};
    some_words(given, (const size_t[]){4, 3, 2, 5});
    given->shapes_only = given->keeps_out = true;
    if (given->index < 3)
        given->inputs[W_Q + given->index].rows--;
    else if (given->index == 3)
        given->inputs[W_K].cols--;
    case_note(given, "%s; below, out", STORIES[given->index]);
    case_output(given, 4, given->index == 4 ? 6 : 5);
}

/* --- Extra: measure_scale --------------------------------------------------------------------- */

static void a_measure(Case *given)
{
    some_queries_and_keys(given);
    case_output(given, 1, 1);
}

static Status measure(const Case *given, ScoreSpread *spread)
{
    return measure_scale(given->inputs[Q], given->inputs[K], (float)given->numbers[0], spread);
}

static Status call_deviation(const Case *given, Matrix out)
{
    ScoreSpread spread = {NAN, NAN};
    Status status = measure(given, &spread);
    put_number(out, 0, spread.deviation);
    return status;
}

static Status call_entropy(const Case *given, Matrix out)
{
    ScoreSpread spread = {NAN, NAN};
    Status status = measure(given, &spread);
    put_number(out, 0, spread.entropy);
    return status;
}

/* Rows of q and k, columns of k. */
static void no_scores(Case *given)
{
    static const size_t WRONG[][3] = {{0, 3, 2}, {2, 0, 2}, {2, 3, 1}};
    static const char *const STORIES[] = {"nobody asks", "there are no keys",
                                          "queries of 2 numbers cannot meet keys of 1"};
    given->shapes_only = true;
    case_input(given, "q", WRONG[given->index][0], 2);
    case_input(given, "k", WRONG[given->index][1], WRONG[given->index][2]);
    case_number(given, "scale", 0.5);
    case_note(given, "%s", STORIES[given->index]);
    case_output(given, 1, 1);
}

/* --- Extra: costs ----------------------------------------------------------------------------- */

/* Small enough for steps and paths to count beside the multiplications; the last two need more
 * multiplications than a whole number of 64 bits can hold. */
static void some_layer(Case *given)
{
    static const double SIZE[][2] = {{6, 8}, {2, 5}, {8, 3},           {1, 4},          {7, 6},
                                     {0, 5}, {3, 2}, {0x1p32, 0x3p24}, {0x1p25, 0x3p31}};
    case_note(given, "below: multiplications, steps in a row, steps from the first to the last "
                     "token");
    case_number(given, "tokens", SIZE[given->index][0]);
    case_number(given, "d", SIZE[given->index][1]);
    case_output(given, 1, 3);
}

static Status put_cost(LayerCost cost, Matrix out)
{
    put_number(out, 0, cost.multiplications);
    put_number(out, 1, (double)cost.steps);
    put_number(out, 2, (double)cost.path);
    return STATUS_OK;
}

static Status call_self_attention_cost(const Case *given, Matrix out)
{
    return put_cost(self_attention_cost(case_size(given, 0), case_size(given, 1)), out);
}

static Status call_recurrent_cost(const Case *given, Matrix out)
{
    return put_cost(recurrent_cost(case_size(given, 0), case_size(given, 1)), out);
}

/* --- The table -------------------------------------------------------------------------------- */

const Check CHECKS[] = {
    {"project_multiplies_each_token_by_w", "project",
     "multiply the sequence by W: x W, a row for each token", ROWS(PROJECTIONS), a_projection,
     call_project},
    {"attention_scale_is_one_over_the_root", "attention_scale", "give 1 / sqrt(d_k)", 8, some_width,
     call_scale},
    {"attention_scores_compare_queries_with_keys", "attention_scores",
     "give every query's dot product with every key, times the scale", COMPARED,
     some_queries_and_keys, call_scores},
    {"scores_that_do_not_fit_are_refused", "attention_scores",
     "refuse what does not fit, and nothing else", 7, scores_that_do_not_fit, call_scores},
    {"attention_expect_shapes_refuses_what_does_not_fit", "attention_expect_shapes",
     "refuse what does not fit, and nothing else", ROWS(MEETINGS), a_meeting, call_expect_shapes},
    {"attention_weights_are_the_softmax_of_each_row", "scaled_dot_product_attention",
     "write the weights softmax(Q K^T scale), each row of which sums to 1", COMPARED, add_values,
     call_for_weights},
    {"attention_mixes_values_by_the_weights", "scaled_dot_product_attention",
     "write the weighted sums of the values, weights times V, to out", COMPARED, some_mix,
     call_for_mix},
    {"large_scores_have_weights", "scaled_dot_product_attention",
     "give weights for scores of any size", 2, large_scores, call_for_weights},
    {"scores_beyond_a_float_do_not_spoil_weights", "scaled_dot_product_attention",
     "give weights that sum to 1, or NaN, for scores beyond a float", 2, scores_beyond_a_float,
     call_for_shares},
    {"nothing_to_look_at_gives_zeros", "scaled_dot_product_attention",
     "give zeros where there are no keys, and no rows where nobody asks", 3, an_empty_sequence,
     call_for_mix},
    {"attention_that_does_not_fit_writes_nothing", "scaled_dot_product_attention",
     "refuse what does not fit, and write nothing", 3, attention_that_does_not_fit,
     call_for_refusal},
    {"self_attention_scales_by_the_root_of_d_k", "self_attention",
     "divide the scores by the root of d_k", ROWS(LAYERS), a_probe, call_for_scale},
    {"self_attention_projects_queries_and_keys", "self_attention",
     "let the queries X W_Q meet the keys X W_K", ROWS(WORDS), words_for_weights,
     call_self_for_weights},
    {"self_attention_mixes_projected_values", "self_attention",
     "mix the values X W_V by the weights", ROWS(WORDS), words_for_mix, call_self_for_mix},
    {"words_that_do_not_fit_are_refused", "self_attention",
     "refuse what does not fit, and write nothing", 5, words_that_do_not_fit, call_self_for_mix},
    {"measure_scale_gives_the_deviation_of_the_scores", "measure_scale",
     "give the standard deviation of all scores", COMPARED, a_measure, call_deviation},
    {"measure_scale_gives_the_entropy_of_the_weights", "measure_scale",
     "give the mean entropy of the queries' weights", COMPARED, a_measure, call_entropy},
    {"a_spread_needs_scores", "measure_scale", "refuse what makes no score, and write nothing", 3,
     no_scores, call_deviation},
    {"self_attention_cost_counts_both_products", "self_attention_cost",
     "count both products of an attention layer, one step, path 1", 9, some_layer,
     call_self_attention_cost},
    {"recurrent_cost_waits_for_every_token", "recurrent_cost",
     "count T products with a d x d matrix, T steps, path T - 1", 9, some_layer,
     call_recurrent_cost},
};
const size_t CHECK_COUNT = ROWS(CHECKS);
