/* Chapter 2, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "softmax.h"

#include <math.h>
#include <stdbool.h>

static const char ROWS[] = "lesson 2, \"Rows, not columns\"";

/* --- Formulas that several steps use ---------------------------------------------------------- */

static double element(Matrix m, size_t r, size_t c)
{
    return matrix_row(m, r)[c];
}

/* softmax of element (r, c) among the elements of its row, all divided by the temperature */
static double weight(Matrix x, size_t r, size_t c, double temperature)
{
    double sum = 0;
    for (size_t j = 0; j < x.cols; j++)
        sum += exp((element(x, r, j) - element(x, r, c)) / temperature);
    return 1 / sum;
}

static void by_rows(const Case *given, Matrix out)
{
    double temperature = given->number_count > 0 ? given->numbers[0] : 1;
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = (float)weight(given->inputs[0], r, c, temperature);
}

/* --- softmax_row ------------------------------------------------------------------------------ */

static void some_scores(Case *given)
{
    size_t n = 3 + given->index;
    case_input(given, "x", 1, n);
    case_output(given, 1, n);
}

static void call_softmax_row(const Case *given, Matrix out)
{
    softmax_row(given->inputs[0].data, out.cols, out.data);
}

static void divided_by_the_count(const Case *given, Matrix out)
{
    for (size_t i = 0; i < out.cols; i++)
        out.data[i] = (float)(exp(given->inputs[0].data[i]) / (double)out.cols);
}

static void divided_by_the_sum_of_scores(const Case *given, Matrix out)
{
    double sum = 0;
    for (size_t i = 0; i < out.cols; i++)
        sum += given->inputs[0].data[i];
    for (size_t i = 0; i < out.cols; i++)
        out.data[i] = (float)(given->inputs[0].data[i] / sum);
}

static void only_exponentials(const Case *given, Matrix out)
{
    double greatest = -INFINITY;
    for (size_t i = 0; i < out.cols; i++)
        greatest = fmax(greatest, given->inputs[0].data[i]);
    for (size_t i = 0; i < out.cols; i++)
        out.data[i] = (float)exp(given->inputs[0].data[i] - greatest);
}

static void shifted_and_divided_by_the_count(const Case *given, Matrix out)
{
    only_exponentials(given, out);
    for (size_t i = 0; i < out.cols; i++)
        out.data[i] /= (float)out.cols;
}

static const char DIVIDED_BY_THE_COUNT[] =
    "each exponential is divided by how many there are, but it must be divided by their sum: then "
    "the weights sum to 1";

static const Mistake ROW_MISTAKES[] = {
    {"divide_by_n", DIVIDED_BY_THE_COUNT, "lesson 2, \"By hand\"", divided_by_the_count},
    {"divide_by_n", DIVIDED_BY_THE_COUNT, "lesson 2, \"By hand\"",
     shifted_and_divided_by_the_count},
    {"no_exponential",
     "the scores themselves are divided by their sum, without exp: negative scores then give "
     "negative weights",
     "lesson 2, \"By hand\"", divided_by_the_sum_of_scores},
    {"not_normalised",
     "the exponentials are left as they are; divide each by their sum, and the weights sum to 1",
     "lesson 2, \"By hand\"", only_exponentials},
};

static const Step ROW = {"softmax_row",
                         "turn scores into weights that sum to 1",
                         8,
                         some_scores,
                         call_softmax_row,
                         by_rows,
                         ROW_MISTAKES,
                         4};

START_TEST(softmax_row_gives_weights)
{
    teach(&ROW);
}
END_TEST

/* --- softmax_row, large scores ---------------------------------------------------------------- */

static void large_scores(Case *given)
{
    given->note = "the scores are large, all of one sign";
    Matrix x = case_input(given, "x", 1, 2 + given->index);
    for (size_t i = 0; i < x.cols; i++)
        x.data[i] += given->index % 2 == 0 ? 2000 : -2000;
    case_output(given, 1, x.cols);
}

static void overflows(const Case *given, Matrix out)
{
    double sum = 0;
    for (size_t i = 0; i < out.cols; i++)
        sum += exp(given->inputs[0].data[i]);
    for (size_t i = 0; i < out.cols; i++)
        out.data[i] = (float)(exp(given->inputs[0].data[i]) / sum);
}

/* The maximum is sought from 0 on: right for positive scores, useless for negative ones. */
static void maximum_from_zero(const Case *given, Matrix out)
{
    if (given->inputs[0].data[0] > 0)
        by_rows(given, out);
    else
        overflows(given, out);
}

static const Mistake LARGE_MISTAKES[] = {
    {"no_maximum",
     "exp of a large score overflows, and inf / inf is NaN: subtract the row's maximum from each "
     "score first",
     "lesson 2, \"Subtract the maximum\"", overflows},
    {"maximum_from_zero",
     "large negative scores give 0 / 0: the search for the maximum starts at 0, so it never finds "
     "a negative one; start at -INFINITY",
     "lesson 2, \"Subtract the maximum\"", maximum_from_zero},
};

static const Step LARGE = {"softmax_row",
                           "cope with scores of any size",
                           8,
                           large_scores,
                           call_softmax_row,
                           by_rows,
                           LARGE_MISTAKES,
                           2};

START_TEST(softmax_row_copes_with_large_scores)
{
    teach(&LARGE);
}
END_TEST

/* --- softmax_row_naive -------------------------------------------------------------------------
 */

static void call_naive(const Case *given, Matrix out)
{
    softmax_row_naive(given->inputs[0].data, out.cols, out.data);
}

/* Every other row has scores above 88, whose exponentials are beyond every float. */
static void scores_to_fail_at(Case *given)
{
    some_scores(given);
    given->note = "this one is to be seen failing: exp of a score above 88 is infinite, and "
                  "inf / inf is nan";
    if (given->index % 2 == 0)
        return;
    for (size_t i = 0; i < given->out_cols; i++)
        given->inputs[0].data[i] += 1000;
}

static void fails_at_large_scores(const Case *given, Matrix out)
{
    if (given->index % 2 == 0)
        by_rows(given, out); /* else out stays NaN */
}

static void divided_by_the_count_or_infinite(const Case *given, Matrix out)
{
    for (size_t i = 0; i < out.cols; i++)
        out.data[i] = expf(given->inputs[0].data[i]) / (float)out.cols;
}

static const Mistake NAIVE_MISTAKES[] = {
    {"naive_with_maximum",
     "large scores get weights, but this function is to be seen failing: no maximum is subtracted "
     "in the formula as it is written",
     "lesson 2, \"Subtract the maximum\"", by_rows},
    {"divide_by_n", DIVIDED_BY_THE_COUNT, "lesson 2, \"By hand\"",
     divided_by_the_count_or_infinite},
    {"no_exponential",
     "the scores themselves are divided by their sum, without exp: negative scores then give "
     "negative weights",
     "lesson 2, \"By hand\"", divided_by_the_sum_of_scores},
};

static const Step NAIVE = {"softmax_row_naive",
                           "compute the formula as it is written",
                           8,
                           scores_to_fail_at,
                           call_naive,
                           fails_at_large_scores,
                           NAIVE_MISTAKES,
                           sizeof NAIVE_MISTAKES / sizeof *NAIVE_MISTAKES};

START_TEST(the_naive_row_is_the_formula)
{
    teach(&NAIVE);
}
END_TEST

/* --- softmax ---------------------------------------------------------------------------------- */

static void some_rows(Case *given)
{
    size_t rows = 2 + given->index % 3, cols = 3 + given->index;
    case_input(given, "x", rows, cols);
    case_output(given, rows, cols);
}

static void call_softmax(const Case *given, Matrix out)
{
    assert_ok(softmax(given->inputs[0], out));
}

static void by_columns(const Case *given, Matrix out)
{
    Matrix x = given->inputs[0];
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++) {
            double sum = 0;
            for (size_t i = 0; i < x.rows; i++)
                sum += exp(element(x, i, c) - element(x, r, c));
            matrix_row(out, r)[c] = (float)(1 / sum);
        }
}

static void over_everything(const Case *given, Matrix out)
{
    Matrix all = matrix_view(given->inputs[0].data, 1, out.rows * out.cols);
    for (size_t i = 0; i < all.cols; i++)
        out.data[i] = (float)weight(all, 0, i, 1);
}

static const Mistake SOFTMAX_MISTAKES[] = {
    {"down_the_columns",
     "each column sums to 1, but each row should: the softmax runs over the scores of one row",
     ROWS, by_columns},
    {"over_the_whole_matrix",
     "all weights together sum to 1, but each row should by itself: every row is a choice of its "
     "own",
     ROWS, over_everything},
};

static const Step SOFTMAX = {"softmax",
                             "turn each row into weights that sum to 1",
                             8,
                             some_rows,
                             call_softmax,
                             by_rows,
                             SOFTMAX_MISTAKES,
                             2};

START_TEST(softmax_works_on_each_row)
{
    teach(&SOFTMAX);
}
END_TEST

/* --- rows with nothing to choose from ----------------------------------------------------------
 */

static void some_blocked(Case *given)
{
    given->note = "minus infinity is a score too: it weighs 0; the last row has nothing else";
    size_t rows = 2 + given->index % 3, cols = 2 + given->index;
    Matrix x = case_input(given, "x", rows, cols);
    for (size_t c = 0; c < cols; c++)
        matrix_row(x, rows - 1)[c] = -INFINITY;
    matrix_row(x, 0)[given->index % cols] = -INFINITY;
    case_output(given, rows, cols);
}

static void zeros_where_blocked(const Case *given, Matrix out)
{
    by_rows(given, out);
    for (size_t c = 0; c < out.cols; c++)
        matrix_row(out, out.rows - 1)[c] = 0;
    for (size_t c = 0; c < out.cols; c++)
        if (matrix_row(given->inputs[0], 0)[c] == -INFINITY)
            matrix_row(out, 0)[c] = 0;
}

static void nan_where_all_blocked(const Case *given, Matrix out)
{
    zeros_where_blocked(given, out);
    for (size_t c = 0; c < out.cols; c++)
        matrix_row(out, out.rows - 1)[c] = NAN;
}

static void equal_where_all_blocked(const Case *given, Matrix out)
{
    zeros_where_blocked(given, out);
    for (size_t c = 0; c < out.cols; c++)
        matrix_row(out, out.rows - 1)[c] = 1.0f / (float)out.cols;
}

static const Mistake BLOCKED_MISTAKES[] = {
    {"blocked_row_is_nan",
     "a row of nothing but minus infinity becomes NaN, for -inf - -inf is NaN: such a row has "
     "nothing to choose from, so give it zeros first",
     "lesson 2, \"Minus infinity\"", nan_where_all_blocked},
    {"blocked_row_is_uniform",
     "a row of nothing but minus infinity gets equal weights, as if its scores were equal numbers: "
     "nothing may be chosen, so its weights are 0",
     "lesson 2, \"Minus infinity\"", equal_where_all_blocked},
};

static const Step BLOCKED = {
    "softmax",
    "(through your softmax_row) give minus infinity a weight of 0, and never make NaN of it",
    8,
    some_blocked,
    call_softmax,
    zeros_where_blocked,
    BLOCKED_MISTAKES,
    2};

START_TEST(minus_infinity_weighs_nothing)
{
    teach(&BLOCKED);
}
END_TEST

/* --- softmax_with_temperature ------------------------------------------------------------------
 */

static void some_temperature(Case *given)
{
    some_rows(given);
    case_number(given, "temperature", given->index % 2 == 0 ? 2 + (double)given->index : 0.25);
}

static void call_with_temperature(const Case *given, Matrix out)
{
    assert_ok(softmax_with_temperature(given->inputs[0], (float)given->numbers[0], out));
}

static void at_temperature(const Case *given, double temperature, Matrix out)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = (float)weight(given->inputs[0], r, c, temperature);
}

static void multiplied(const Case *given, Matrix out)
{
    at_temperature(given, 1 / given->numbers[0], out);
}

static void without_temperature(const Case *given, Matrix out)
{
    at_temperature(given, 1, out);
}

static void divided_afterwards(const Case *given, Matrix out)
{
    at_temperature(given, 1, out);
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] /= (float)given->numbers[0];
}

static const Mistake TEMPERATURE_MISTAKES[] = {
    {"temperature_multiplied",
     "a high temperature makes the weights sharper, but it should even them out: divide the scores "
     "by it, do not multiply",
     "lesson 2, \"Temperature\"", multiplied},
    {"temperature_ignored",
     "the temperature changes nothing: divide the scores by it before the softmax",
     "lesson 2, \"Temperature\"", without_temperature},
    {"temperature_after_softmax",
     "the weights are divided by the temperature and no longer sum to 1: divide the scores, before "
     "the softmax",
     "lesson 2, \"Temperature\"", divided_afterwards},
};

static const Step TEMPERATURE = {"softmax_with_temperature",
                                 "divide the scores by the temperature first",
                                 8,
                                 some_temperature,
                                 call_with_temperature,
                                 by_rows,
                                 TEMPERATURE_MISTAKES,
                                 3};

START_TEST(a_temperature_divides_the_scores)
{
    teach(&TEMPERATURE);
}
END_TEST

/* --- log_sum_exp -------------------------------------------------------------------------------
 */

static void some_row(Case *given)
{
    size_t n = 2 + given->index;
    Matrix x = case_input(given, "x", 1, n);
    for (size_t i = 0; given->index >= 4 && i < n; i++)
        x.data[i] += 2000;
    case_output(given, 1, 1);
}

static double log_sum(Matrix x, double shift)
{
    double sum = 0;
    for (size_t i = 0; i < x.cols; i++)
        sum += exp(x.data[i] - shift);
    return log(sum);
}

static void call_log_sum_exp(const Case *given, Matrix out)
{
    out.data[0] = log_sum_exp(given->inputs[0].data, given->inputs[0].cols);
}

static void shifted_back(const Case *given, Matrix out)
{
    double greatest = given->inputs[0].data[0];
    out.data[0] = (float)(greatest + log_sum(given->inputs[0], greatest));
}

static void not_shifted(const Case *given, Matrix out)
{
    out.data[0] = (float)log_sum(given->inputs[0], 0);
}

static void not_shifted_back(const Case *given, Matrix out)
{
    double greatest = -INFINITY;
    for (size_t i = 0; i < given->inputs[0].cols; i++)
        greatest = fmax(greatest, given->inputs[0].data[i]);
    out.data[0] = (float)log_sum(given->inputs[0], greatest);
}

static const Mistake LOG_SUM_MISTAKES[] = {
    {"log_sum_overflows",
     "large scores give infinity: subtract the maximum before exp, and add it again at the end",
     "lesson 2, \"Log-sum-exp\"", not_shifted},
    {"maximum_not_added_back",
     "the result is too small by the maximum, which was subtracted and not added back",
     "lesson 2, \"Log-sum-exp\"", not_shifted_back},
};

static const Step LOG_SUM = {"log_sum_exp",
                             "give the logarithm of the sum of exponentials",
                             8,
                             some_row,
                             call_log_sum_exp,
                             shifted_back,
                             LOG_SUM_MISTAKES,
                             2};

START_TEST(log_sum_exp_is_a_smooth_maximum)
{
    teach(&LOG_SUM);
}
END_TEST

/* --- entropy_bits ------------------------------------------------------------------------------
 */

/* Weights that are powers of two, so that the bits are easy: the last one stands twice, and a 0
 * follows. */
static void some_weights(Case *given)
{
    size_t n = 3 + given->index;
    Matrix w = case_input(given, "weights", 1, n);
    for (size_t i = 0; i + 1 < n; i++)
        w.data[i] = (float)pow(0.5, (double)(i + 2 < n ? i + 1 : i));
    w.data[n - 1] = 0;
    case_output(given, 1, 1);
}

static void call_entropy(const Case *given, Matrix out)
{
    out.data[0] = entropy_bits(given->inputs[0].data, given->inputs[0].cols);
}

static double sum_of_surprises(Matrix w, bool skip_zero)
{
    double sum = 0;
    for (size_t i = 0; i < w.cols; i++)
        if (!skip_zero || w.data[i] != 0)
            sum -= w.data[i] * log2(w.data[i]);
    return sum;
}

static void in_bits(const Case *given, Matrix out)
{
    out.data[0] = (float)sum_of_surprises(given->inputs[0], true);
}

static void zero_makes_nan(const Case *given, Matrix out)
{
    out.data[0] = (float)sum_of_surprises(given->inputs[0], false);
}

static void in_nats(const Case *given, Matrix out)
{
    out.data[0] = (float)(sum_of_surprises(given->inputs[0], true) * log(2));
}

static void wrong_sign(const Case *given, Matrix out)
{
    out.data[0] = (float)-sum_of_surprises(given->inputs[0], true);
}

static const Mistake ENTROPY_MISTAKES[] = {
    {"entropy_of_zero",
     "a weight of 0 makes NaN, for 0 times log 0 is 0 times minus infinity: it adds nothing, so "
     "leave it out",
     "lesson 2, \"Temperature\"", zero_makes_nan},
    {"entropy_in_nats",
     "the entropy is in nats, a factor 0.69 too small: use log2, not log, for bits",
     "lesson 2, \"Temperature\"", in_nats},
    {"entropy_sign",
     "the entropy is negative: the logarithm of a weight is, so take it from the sum",
     "lesson 2, \"Temperature\"", wrong_sign},
};

static const Step ENTROPY = {"entropy_bits",
                             "measure in bits how undecided the weights are",
                             8,
                             some_weights,
                             call_entropy,
                             in_bits,
                             ENTROPY_MISTAKES,
                             3};

START_TEST(entropy_counts_bits)
{
    teach(&ENTROPY);
}
END_TEST

/* --- the one-pass softmax ----------------------------------------------------------------------
 */

static void a_stream(Case *given)
{
    given->note = "the scores are taken in one by one, and the weights asked for at the end";
    size_t n = 3 + given->index;
    Matrix x = case_input(given, "x", 1, n);
    for (size_t i = 0; i < n; i++)
        x.data[i] += (float)i - (given->index % 2 == 0 ? 0.0F : 2000.0F);
    case_output(given, 1, n);
}

static void call_online(const Case *given, Matrix out)
{
    OnlineSoftmax state = online_softmax_start();
    for (size_t i = 0; i < out.cols; i++)
        online_softmax_add(&state, given->inputs[0].data[i]);
    for (size_t i = 0; i < out.cols; i++)
        out.data[i] = online_softmax_weight(state, given->inputs[0].data[i]);
}

/* One pass with a chosen start; the sum is rescaled or not when the maximum grows. */
static void one_pass(const Case *given, double maximum, bool rescale, Matrix out)
{
    double sum = 0;
    for (size_t i = 0; i < out.cols; i++) {
        double x = given->inputs[0].data[i];
        if (x > maximum) {
            sum = rescale ? sum * exp(maximum - x) : sum;
            maximum = x;
        }
        sum += exp(x - maximum);
    }
    for (size_t i = 0; i < out.cols; i++)
        out.data[i] = (float)(exp(given->inputs[0].data[i] - maximum) / sum);
}

static void not_rescaled(const Case *given, Matrix out)
{
    one_pass(given, -INFINITY, false, out);
}

static void from_zero(const Case *given, Matrix out)
{
    one_pass(given, 0, true, out);
}

static void from_zero_not_rescaled(const Case *given, Matrix out)
{
    one_pass(given, 0, false, out);
}

/* exp(new - old) of a first score is infinite, and infinity times a sum of 0 is NaN. */
static void scaled_by_infinity(const Case *given, Matrix out)
{
    (void)given;
    (void)out; /* stays NaN */
}

static void scaled_the_wrong_way(const Case *given, Matrix out)
{
    double maximum = -INFINITY, sum = 0;
    for (size_t i = 0; i < out.cols; i++) {
        double x = given->inputs[0].data[i];
        if (x > maximum) {
            sum = sum > 0 ? sum * exp(x - maximum) : 0;
            maximum = x;
        }
        sum += exp(x - maximum);
    }
    for (size_t i = 0; i < out.cols; i++)
        out.data[i] = (float)(exp(given->inputs[0].data[i] - maximum) / sum);
}

/* --- One pass: before the first score --------------------------------------------------------- */

static void nothing_yet(Case *given)
{
    given->note = "what came out: the maximum and the sum before the first score";
    case_output(given, 1, 2);
}

static void call_start(const Case *given, Matrix out)
{
    (void)given;
    OnlineSoftmax state = online_softmax_start();
    out.data[0] = state.maximum;
    out.data[1] = (float)state.sum;
}

static void below_every_number(const Case *given, Matrix out)
{
    (void)given;
    out.data[0] = -INFINITY;
    out.data[1] = 0;
}

static void both_zero(const Case *given, Matrix out)
{
    (void)given;
    out.data[0] = out.data[1] = 0;
}

static const Mistake START_MISTAKES[] = {
    {"one_pass_from_zero",
     "the maximum starts at 0, and a row of negative scores never gets above it: the maximum of no "
     "numbers is minus infinity",
     "lesson 2, \"One pass\"", both_zero},
};

static const Step START = {"online_softmax_start",
                           "know nothing yet",
                           1,
                           nothing_yet,
                           call_start,
                           below_every_number,
                           START_MISTAKES,
                           sizeof START_MISTAKES / sizeof *START_MISTAKES};

START_TEST(one_pass_starts_below_every_number)
{
    teach(&START);
}
END_TEST

/* --- One pass: the weight at the end ---------------------------------------------------------- */

enum { MAXIMUM, SUM };

static void a_state_and_a_score(Case *given)
{
    static const struct {
        float score;
        double maximum, sum;
    } STATES[] = {
        {2, 3, 1.5}, {3, 3, 1.5}, {-4, -2.5, 1.25}, {-INFINITY, 3, 1.5}, {-INFINITY, 3, NAN}};
    Matrix score = case_input(given, "score", 1, 1);
    score.data[0] = STATES[given->index].score;
    given->note =
        "the state is given; a row with a NaN in it has a sum of NaN, and nothing but NaN";
    case_number(given, "state.maximum", STATES[given->index].maximum);
    case_number(given, "state.sum", STATES[given->index].sum);
    case_output(given, 1, 1);
}

static void call_weight(const Case *given, Matrix out)
{
    OnlineSoftmax state = {(float)given->numbers[MAXIMUM], given->numbers[SUM]};
    out.data[0] = online_softmax_weight(state, given->inputs[0].data[0]);
}

static void relative_to_the_maximum(const Case *given, Matrix out)
{
    double score = given->inputs[0].data[0];
    out.data[0] = (float)(exp(score - given->numbers[MAXIMUM]) / given->numbers[SUM]);
}

static void maximum_left_in(const Case *given, Matrix out)
{
    out.data[0] = (float)(exp((double)given->inputs[0].data[0]) / given->numbers[SUM]);
}

static void not_divided(const Case *given, Matrix out)
{
    double score = given->inputs[0].data[0];
    out.data[0] = isnan(given->numbers[SUM]) ? NAN : (float)exp(score - given->numbers[MAXIMUM]);
}

static void nan_forgotten(const Case *given, Matrix out)
{
    relative_to_the_maximum(given, out);
    if (given->inputs[0].data[0] == -INFINITY)
        out.data[0] = 0;
}

static const Mistake WEIGHT_MISTAKES[] = {
    {"weight_without_maximum",
     "exp(score) is divided by a sum of exp(score - maximum): the sum is relative to the maximum, "
     "so the score must be, too",
     "lesson 2, \"One pass\"", maximum_left_in},
    {"weight_not_divided",
     "the weights do not sum to 1: what is above the line is the share of one score, what is below "
     "it the sum of all; divide",
     "lesson 2, \"One pass\"", not_divided},
    {"nan_becomes_zero",
     "minus infinity weighs 0 even in a row that holds a NaN: such a row has a sum of NaN, and no "
     "weight in it means anything; all are NaN",
     "lesson 2, \"One pass\"", nan_forgotten},
};

static const Step WEIGHT = {"online_softmax_weight",
                            "give the share of one score",
                            5,
                            a_state_and_a_score,
                            call_weight,
                            relative_to_the_maximum,
                            WEIGHT_MISTAKES,
                            sizeof WEIGHT_MISTAKES / sizeof *WEIGHT_MISTAKES};

START_TEST(a_weight_is_relative_to_the_maximum)
{
    teach(&WEIGHT);
}
END_TEST

/* --- One pass: from the first score to the last ----------------------------------------------- */

static const char RESCALED_UPWARDS[] =
    "the weights are far too small after a new maximum, or NaN after the first score: the factor "
    "is exp(old - new), which is below 1, not its inverse";
static const char MAXIMUM_FROM_ZERO[] =
    "the maximum behaves as if it were 0 before the first score: scores below 0 never get above "
    "it; begin at -INFINITY";

static const Mistake ONLINE_MISTAKES[] = {
    {"sum_not_rescaled",
     "the weights do not sum to 1: when a new maximum comes, the sum so far was taken relative to "
     "the old one; multiply it by exp(old - new), before the maximum is replaced",
     "lesson 2, \"One pass\"", not_rescaled},
    {"sum_rescaled_upwards", RESCALED_UPWARDS, "lesson 2, \"One pass\"", scaled_the_wrong_way},
    {"sum_rescaled_upwards", RESCALED_UPWARDS, "lesson 2, \"One pass\"", scaled_by_infinity},
    {"maximum_from_zero", MAXIMUM_FROM_ZERO, "lesson 2, \"One pass\"", from_zero},
    {"maximum_from_zero", MAXIMUM_FROM_ZERO, "lesson 2, \"One pass\"", from_zero_not_rescaled},
};

static const Step ONLINE = {"online_softmax_add",
                            "keep the maximum and the sum in one pass",
                            8,
                            a_stream,
                            call_online,
                            by_rows,
                            ONLINE_MISTAKES,
                            sizeof ONLINE_MISTAKES / sizeof *ONLINE_MISTAKES};

START_TEST(one_pass_gives_the_same_weights)
{
    teach(&ONLINE);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("2. softmax, step by step");
    add_test(suite, softmax_row_gives_weights);
    add_test(suite, softmax_row_copes_with_large_scores);
    add_test(suite, the_naive_row_is_the_formula);
    add_test(suite, softmax_works_on_each_row);
    add_test(suite, minus_infinity_weighs_nothing);
    add_test(suite, a_temperature_divides_the_scores);
    add_test(suite, log_sum_exp_is_a_smooth_maximum);
    add_test(suite, entropy_counts_bits);
    add_test(suite, one_pass_starts_below_every_number);
    add_test(suite, a_weight_is_relative_to_the_maximum);
    add_test(suite, one_pass_gives_the_same_weights);
    return suite;
}
