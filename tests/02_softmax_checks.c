/* Chapter 2: what each function must do. */
#include "checks.h"

#include "softmax.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Of the checks whose out may be x itself: the case where it is. */
enum { IN_PLACE = 6, VIEWS };
/* Of those with a temperature: the case where a score divided by it is beyond a float. */
enum { TOO_LARGE = 10 };

static void set_row(Matrix x, size_t row, const float *numbers)
{
    memcpy(matrix_row(x, row), numbers, x.cols * sizeof *numbers);
}

static void note_if_in_place(Case *given)
{
    if (given->index == IN_PLACE)
        case_note(given, "out is x itself");
}

/* x, which is out itself in one case. */
static Matrix x_for(const Case *given, Matrix out)
{
    const Matrix x = given->inputs[0];
    if (given->index != IN_PLACE)
        return x;
    for (size_t r = 0; r < out.rows; r++)
        set_row(out, r, matrix_row(x, r));
    return out;
}

/* --- softmax_row ------------------------------------------------------------------------------ */

static Matrix scores(Case *given, size_t n)
{
    given->as_views = given->index == VIEWS;
    case_output(given, 1, n);
    return case_input(given, "x", 1, n);
}

static void some_scores(Case *given)
{
    static const size_t COUNTS[] = {3, 4, 5, 6, 7, 8, 4, 5, 1, 0};
    scores(given, COUNTS[given->index]);
    note_if_in_place(given);
    if (COUNTS[given->index] == 1)
        given->tolerance = 1e-6; /* a score over itself */
}

static Status call_softmax_row(const Case *given, Matrix out)
{
    softmax_row(x_for(given, out).data, out.cols, out.data);
    return STATUS_OK;
}

static void a_row_without_numbers(Case *given)
{
    static const float ROWS[][3] = {{-INFINITY, 1, 2},
                                    {-INFINITY, -INFINITY, -INFINITY},
                                    {1, NAN, 2},
                                    {-INFINITY, NAN, -INFINITY},
                                    {0, INFINITY, 1}};
    set_row(scores(given, 3), 0, ROWS[given->index]);
    case_note(given, "minus infinity weighs 0; NaN or plus infinity makes the row NaN");
}

static void large_scores(Case *given)
{
    static const float ABOUT[] = {1000, -800, -2000, -2000, 2000, 0, 0};
    static const float EXTREMES[][6] = {
        {FLT_MAX, -FLT_MAX, FLT_MAX, 0, 1e30f, -1e30f},
        {-FLT_MAX, -FLT_MAX, -FLT_MAX, -FLT_MAX, -FLT_MAX, -FLT_MAX}};
    size_t i = given->index;
    Matrix x = scores(given, i < 5 ? 2 + i / 2 : 6);
    case_note(given, "some scores are far from 0");
    for (size_t c = 0; c < x.cols; c++)
        x.data[c] += ABOUT[i];
    if (i == 3)
        x.data[0] = 0;
    if (i >= 5)
        set_row(x, 0, EXTREMES[i - 5]);
}

/* Rows whose exponentials a float can hold, and others. */
static void scores_to_fail_at(Case *given)
{
    static const float ABOUT[] = {0, 1000, -1000, 89, 0, 1000, 0, 0};
    Matrix x = scores(given, 3 + given->index);
    for (size_t c = 0; c < x.cols; c++)
        x.data[c] += ABOUT[given->index];
    case_note(given, "this function is meant to fail: exp of a score above 88 is infinite as a "
                     "float, and inf / inf is nan");
    note_if_in_place(given);
}

static Status call_naive(const Case *given, Matrix out)
{
    softmax_row_naive(x_for(given, out).data, out.cols, out.data);
    return STATUS_OK;
}

/* --- softmax ---------------------------------------------------------------------------------- */

static Matrix rows_of_scores(Case *given, size_t rows, size_t cols)
{
    given->as_views = given->index == VIEWS;
    case_output(given, rows, cols);
    return case_input(given, "x", rows, cols);
}

static void some_rows(Case *given)
{
    static const size_t EMPTY[][2] = {{0, 3}, {2, 0}};
    size_t i = given->index;
    rows_of_scores(given, i > VIEWS ? EMPTY[i - VIEWS - 1][0] : 2 + i % 3,
                   i > VIEWS ? EMPTY[i - VIEWS - 1][1] : 3 + i);
    note_if_in_place(given);
}

static Status call_softmax(const Case *given, Matrix out)
{
    return softmax(x_for(given, out), out);
}

static void some_blocked(Case *given)
{
    size_t rows = 2 + given->index % 3, cols = 2 + given->index;
    Matrix x = rows_of_scores(given, rows, cols);
    case_note(given, "minus infinity is a score too: it weighs 0; the last row has nothing else");
    for (size_t c = 0; c < cols; c++)
        matrix_row(x, rows - 1)[c] = -INFINITY;
    matrix_row(x, 0)[given->index % cols] = -INFINITY;
}

static void a_spoilt_row(Case *given)
{
    static const float SPOILT[][3] = {
        {1, 2, NAN}, {NAN, 0, 0}, {-INFINITY, NAN, -INFINITY}, {0, INFINITY, 1}};
    set_row(rows_of_scores(given, 2, 3), 0, SPOILT[given->index]);
    case_note(given, "a row that holds NaN or plus infinity is NaN throughout, the other is not");
}

/* An x of 2x3, and an out that is not. */
static void another_shape(Case *given)
{
    static const size_t OUTS[][2] = {{3, 2}, {2, 4}, {3, 3}};
    case_input(given, "x", 2, 3);
    case_output(given, OUTS[given->index][0], OUTS[given->index][1]);
    case_note(given, "out is %zux%zu", given->out_rows, given->out_cols);
    given->shapes_only = given->keeps_out = true;
}

/* --- softmax_with_temperature ----------------------------------------------------------------- */

static void some_temperature(Case *given)
{
    static const float ORDER[] = {1, 3, 2, 1, 0, 2, 1};
    static const double TEMPERATURES[] = {2, 0.25, 4, 0.25, 6, 0.5, 3, 2, FLT_MIN, FLT_MAX, 0.25};
    size_t i = given->index;
    Matrix x = rows_of_scores(given, i > VIEWS ? 1 : 2 + i % 3, i > VIEWS ? 7 : 3 + i);
    if (i > VIEWS) /* as long as this, so that a plainer case is shown if it will do */
        set_row(x, 0, ORDER);
    for (size_t c = 0; i == TOO_LARGE && c < x.cols; c++)
        x.data[c] *= 1e38f;
    case_number(given, "temperature", TEMPERATURES[i]);
    note_if_in_place(given);
}

static Status call_with_temperature(const Case *given, Matrix out)
{
    return softmax_with_temperature(x_for(given, out), (float)given->numbers[0], out);
}

static void no_temperature(Case *given)
{
    static const double WRONG[] = {0, -1, NAN, INFINITY, -0.0, -INFINITY};
    rows_of_scores(given, 1, 3);
    case_number(given, "temperature", WRONG[given->index]);
}

static void another_shape_at_a_temperature(Case *given)
{
    another_shape(given);
    case_number(given, "temperature", 2);
}

/* --- log_sum_exp ------------------------------------------------------------------------------ */

static void some_row(Case *given)
{
    static const float TIES[][3] = {{1000, 1000, 0}, {2, 2, 2}};
    size_t i = given->index;
    Matrix x = case_input(given, "x", 1, i < 8 ? 2 + i : 3);
    for (size_t c = 0; i >= 4 && i < 8 && c < x.cols; c++)
        x.data[c] += i % 2 == 0 ? 2000 : -2000;
    if (i >= 8)
        set_row(x, 0, TIES[i - 8]);
    case_output(given, 1, 1);
}

static void an_infinite_row(Case *given)
{
    static const float ROWS[][2] = {
        {-INFINITY, -INFINITY}, {-INFINITY, 3}, {INFINITY, 3}, {INFINITY, NAN}, {0, 0}};
    static const size_t COUNTS[] = {2, 2, 2, 2, 0};
    set_row(case_input(given, "x", 1, COUNTS[given->index]), 0, ROWS[given->index]);
    case_output(given, 1, 1);
}

static Status call_log_sum_exp(const Case *given, Matrix out)
{
    out.data[0] = log_sum_exp(given->inputs[0].data, given->inputs[0].cols);
    return STATUS_OK;
}

/* --- entropy_bits ----------------------------------------------------------------------------- */

/* Powers of two, so that the bits are easy: the last one stands twice, and a 0 follows. */
static void some_weights(Case *given)
{
    static const float LOST[] = {0.5f, NAN}, SMALL[] = {0.5f, 0.5f - 0x1p-11f, 0x1p-11f};
    size_t i = given->index, n = i == 6 ? 2 : i == 7 ? 3 : 3 + i;
    Matrix w = case_input(given, "weights", 1, n);
    for (size_t c = 0; c < n; c++)
        w.data[(c + i) % n] = (float)pow(0.5, (double)(c + 2 < n ? c + 1 : c));
    w.data[(n - 1 + i) % n] = 0;
    if (i == 6)
        set_row(w, 0, LOST);
    if (i == 7)
        set_row(w, 0, SMALL);
    case_output(given, 1, 1);
}

static Status call_entropy(const Case *given, Matrix out)
{
    out.data[0] = entropy_bits(given->inputs[0].data, given->inputs[0].cols);
    return STATUS_OK;
}

/* --- The one-pass softmax --------------------------------------------------------------------- */

static void nothing_yet(Case *given)
{
    case_note(given, "what came out: the maximum and the sum before the first score");
    case_output(given, 1, 2);
}

static Status call_start(const Case *given, Matrix out)
{
    (void)given;
    OnlineSoftmax state = online_softmax_start();
    put_number(out, 0, state.maximum);
    put_number(out, 1, state.sum);
    return STATUS_OK;
}

static void a_state_and_a_score(Case *given)
{
    /* score, maximum, sum */
    static const double STATES[][3] = {{2, 3, 1.5},         {3, 3, 1.5},
                                       {-4, -2.5, 1.25},    {-INFINITY, 3, 1.5},
                                       {-INFINITY, 3, NAN}, {-INFINITY, -INFINITY, 0}};
    const double *state = STATES[given->index];
    case_number(given, "score", state[0]);
    case_number(given, "state.maximum", state[1]);
    case_number(given, "state.sum", state[2]);
    case_note(given, "the state is given; a row with a NaN in it has a sum of NaN");
    case_output(given, 1, 1);
}

static Status call_weight(const Case *given, Matrix out)
{
    const double *in = given->numbers;
    OnlineSoftmax state = {(float)in[1], in[2]};
    out.data[0] = online_softmax_weight(state, (float)in[0]);
    return STATUS_OK;
}

static void a_stream(Case *given)
{
    static const float TIE[] = {1, 2, 2, 0, 2};
    size_t i = given->index;
    Matrix x = scores(given, i < 8 ? 3 + i : 5);
    for (size_t c = 0; c < x.cols; c++)
        x.data[c] += (float)c - (i % 2 == 0 ? 0 : 2000);
    if (i == 8)
        set_row(x, 0, TIE);
    case_note(given, "the scores are taken in one by one, and the weights asked for at the end");
}

static void an_infinite_stream(Case *given)
{
    static const float ROWS[][3] = {
        {-INFINITY, 1, 2},       {1, -INFINITY, 2},   {-INFINITY, -INFINITY, -INFINITY},
        {NAN, 1, -INFINITY},     {1, NAN, -INFINITY}, {-INFINITY, INFINITY, 1},
        {1, INFINITY, -INFINITY}};
    set_row(scores(given, 3), 0, ROWS[given->index]);
    case_note(given, "the scores are taken in one by one; one NaN or plus infinity makes all "
                     "weights NaN");
}

static Status call_online(const Case *given, Matrix out)
{
    const float *x = given->inputs[0].data;
    OnlineSoftmax state = online_softmax_start();
    for (size_t c = 0; c < out.cols; c++)
        online_softmax_add(&state, x[c]);
    for (size_t c = 0; c < out.cols; c++)
        out.data[c] = online_softmax_weight(state, x[c]);
    return STATUS_OK;
}

/* --- The table -------------------------------------------------------------------------------- */

const Check CHECKS[] = {
    {"softmax_row_gives_weights", "softmax_row", "turn scores into weights that sum to 1", 10,
     some_scores, call_softmax_row},
    {"softmax_row_copes_with_large_scores", "softmax_row", "cope with scores of any size", 7,
     large_scores, call_softmax_row},
    {"the_naive_row_is_the_formula", "softmax_row_naive", "compute the formula as it is written", 8,
     scores_to_fail_at, call_naive},
    {"softmax_works_on_each_row", "softmax", "turn each row into weights that sum to 1", 10,
     some_rows, call_softmax},
    {"softmax_refuses_another_shape", "softmax",
     "refuse an out that is not of the shape of x, and write nothing", 3, another_shape,
     call_softmax},
    {"minus_infinity_weighs_nothing", "softmax",
     "(through your softmax_row) give minus infinity a weight of 0, and never make NaN of it", 6,
     some_blocked, call_softmax},
    {"what_is_no_number_shows", "softmax",
     "(through your softmax_row) make a row NaN that holds NaN or plus infinity", 4, a_spoilt_row,
     call_softmax},
    {"a_row_alone_knows_infinities", "softmax_row",
     "give minus infinity a weight of 0, and let NaN and plus infinity show", 5,
     a_row_without_numbers, call_softmax_row},
    {"a_temperature_divides_the_scores", "softmax_with_temperature",
     "divide the scores by the temperature first", 11, some_temperature, call_with_temperature},
    {"a_temperature_is_finite_and_above_0", "softmax_with_temperature",
     "refuse any other temperature, and write nothing", 6, no_temperature, call_with_temperature},
    {"softmax_with_temperature_refuses_another_shape", "softmax_with_temperature",
     "refuse an out that is not of the shape of x, and write nothing", 3,
     another_shape_at_a_temperature, call_with_temperature},
    {"log_sum_exp_is_a_smooth_maximum", "log_sum_exp",
     "give the logarithm of the sum of exponentials", 10, some_row, call_log_sum_exp},
    {"log_sum_exp_knows_infinities", "log_sum_exp",
     "give the greatest score when it is infinite or NaN, and minus infinity for no scores", 5,
     an_infinite_row, call_log_sum_exp},
    {"entropy_counts_bits", "entropy_bits", "measure in bits how undecided the weights are", 8,
     some_weights, call_entropy},
    {"one_pass_starts_below_every_number", "online_softmax_start", "know nothing yet", 1,
     nothing_yet, call_start},
    {"a_weight_is_relative_to_the_maximum", "online_softmax_weight", "give the share of one score",
     6, a_state_and_a_score, call_weight},
    {"one_pass_gives_the_same_weights", "online_softmax_add",
     "keep the maximum and the sum in one pass", 9, a_stream, call_online},
    {"one_pass_knows_infinities", "online_softmax_add",
     "add nothing for minus infinity, and let NaN and plus infinity show", 7, an_infinite_stream,
     call_online},
};
const size_t CHECK_COUNT = sizeof CHECKS / sizeof *CHECKS;
