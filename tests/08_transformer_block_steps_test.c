/* Chapter 8, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "oracle.h"
#include "transformer_block.h"

#include <math.h>
#include <stdbool.h>

static const char STAYS[] = "lesson 8, \"By hand: what stays of bank\"";
static const char NORM[] = "lesson 8, \"By hand: the norm of one token\"";
static const char RULES[] = "lesson 8, \"A table of rules\"";
static const char FORMULA[] = "lesson 8, \"Formula, shapes, C\"";
static const char PLACE[] = "lesson 8, \"In front or behind\"";
static const char CODE[] = "lesson 8, \"The code, in five steps\"";
static const char CLASS[] = "lesson 8, \"From text to a class\"";
static const char BREAK[] = "lesson 8, \"Break it\"";

/* A formula that believes something: the macro makes one for each set of beliefs. */
#define BELIEF(name, formula, Beliefs, ...)                                                        \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        formula(given, (Beliefs){__VA_ARGS__}, out);                                               \
    }

/* Writes a table into a matrix and frees it. */
static void give(Table table, Matrix out)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = (float)table.data[r * table.cols + c];
    table_free(1, table);
}

static Table sum_of(Table a, Table b)
{
    Table sum = table_create(a.rows, a.cols);
    for (size_t i = 0; i < a.rows * a.cols; i++)
        sum.data[i] = a.data[i] + b.data[i];
    return sum;
}

static const char IN_PLACE[] = "out is x itself here: what is written to out is gone from x";

/* The x of a call where out is x: out, which then holds the same. */
static Matrix x_in(Matrix out, const Case *given)
{
    assert_ok(matrix_copy(given->inputs[0], out));
    return out;
}

/* --- linear ---------------------------------------------------------------------------------- */

typedef struct LinearBelief {
    bool no_bias, by_columns, bias_inside;
} LinearBelief;

static void a_linear_layer(Case *given)
{
    size_t i = given->index, d = 2 + i % 4, m = 2 + (i + 1) % 3;
    case_input(given, "x", 2 + i % 3, d);
    case_input(given, "w", d, m);
    Matrix b = case_input(given, "b", 1, m);
    for (size_t c = 0; c < m; c++)
        b.data[c] += 1;
    case_output(given, given->inputs[0].rows, m);
}

static void call_linear(const Case *given, Matrix out)
{
    assert_ok(linear(given->inputs[0], given->inputs[1], given->inputs[2], out));
}

static void compute_linear(const Case *given, LinearBelief belief, Matrix out)
{
    Matrix x = given->inputs[0], w = given->inputs[1], b = given->inputs[2];
    for (size_t t = 0; t < out.rows; t++)
        for (size_t c = 0; c < out.cols; c++) {
            double sum = belief.no_bias || belief.bias_inside ? 0 : b.data[c];
            for (size_t k = 0; k < x.cols; k++)
                sum += matrix_row(x, t)[k] *
                           (double)w.data[belief.by_columns ? c * x.cols + k : k * w.cols + c] +
                       (belief.bias_inside ? b.data[c] : 0);
            matrix_row(out, t)[c] = (float)sum;
        }
}

BELIEF(linear_right, compute_linear, LinearBelief, .no_bias = false)
BELIEF(linear_no_bias, compute_linear, LinearBelief, .no_bias = true)
BELIEF(linear_by_columns, compute_linear, LinearBelief, .by_columns = true)
BELIEF(linear_bias_inside, compute_linear, LinearBelief, .bias_inside = true)

static const Mistake LINEAR_MISTAKES[] = {
    {"bias_forgotten", "the bias is not there: a linear layer is x W + b", FORMULA, linear_no_bias},
    {"w_transposed",
     "w was read column by column: PyTorch stores it that way, (out, in); here it is in x out",
     CODE, linear_by_columns},
    {"bias_in_the_sum", "the bias was added once for each product: it is added once to the sum",
     FORMULA, linear_bias_inside},
};
static const Step LINEAR = {"linear",
                            "multiply each token by w and add b",
                            8,
                            a_linear_layer,
                            call_linear,
                            linear_right,
                            LINEAR_MISTAKES,
                            3};

START_TEST(a_linear_layer_is_a_product_and_a_bias)
{
    teach(&LINEAR);
}
END_TEST

/* --- activate -------------------------------------------------------------------------------- */

/* How a number can be bent. */
typedef enum Bend {
    RELU,
    GELU,
    TANH,
    LOST_NAN,     /* fmaxf(0, x) */
    PLAIN_ERF,    /* erf(x) for erf(x / sqrt(2)) */
    NO_HALF,      /* x (1 + erf) */
    NO_CUBE,      /* tanh of x alone */
    SIGMOID,      /* x sigmoid(1.702 x) */
    ROOT_BEHIND,  /* erf(x) / sqrt(2) */
    WHOLE_HALF,   /* 1 / 2 of whole numbers */
    ERF_NEGATED,  /* x (1 - erf) / 2: what lies above */
    NO_ROOT,      /* 2 / pi without its root */
    TIMES_PI,     /* the root of 2 pi */
    CUBE_OUTSIDE, /* the root times x alone */
    LEAKY,        /* a hundredth of x below 0 */
    RELU_ABSOLUTE /* |x| */
} Bend;

static double bent(Bend bend, double x)
{
    const double ROOT = sqrt(2 / acos(-1.0));
    switch (bend) {
    case RELU: return x < 0 ? 0 : x;
    case GELU: return x * 0.5 * (1 + erf(x / sqrt(2.0)));
    case TANH: return x * 0.5 * (1 + tanh(ROOT * (x + 0.044715 * x * x * x)));
    case LOST_NAN: return x > 0 ? x : 0;
    case PLAIN_ERF: return x * 0.5 * (1 + erf(x));
    case NO_HALF: return x * (1 + erf(x / sqrt(2.0)));
    case NO_CUBE: return x * 0.5 * (1 + tanh(ROOT * x));
    case SIGMOID: return x / (1 + exp(-1.702 * x));
    case ROOT_BEHIND: return x * 0.5 * (1 + erf(x) / sqrt(2.0));
    case WHOLE_HALF: return 0 * x;
    case ERF_NEGATED: return x * 0.5 * erfc(x / sqrt(2.0));
    case NO_ROOT: return x * 0.5 * (1 + tanh(ROOT * ROOT * (x + 0.044715 * x * x * x)));
    case TIMES_PI: return x * 0.5 * (1 + tanh(2 / ROOT * (x + 0.044715 * x * x * x)));
    case CUBE_OUTSIDE: return x * 0.5 * (1 + tanh(ROOT * x + 0.044715 * x * x * x));
    case LEAKY: return x < 0 ? 0.01 * x : x;
    default: return fabs(x);
    }
}

/* What is used for which of the three activations. */
typedef struct BendBelief {
    Bend relu, gelu, tanh;
} BendBelief;

/* Numbers at which the two forms of GELU differ most, and none above 1, which would make the
 * difference look small. */
static void some_numbers(Case *given)
{
    static const float NUMBERS[] = {-3, -2.25f, -1, -0.5f, 0, 0.5f, 0.75f, NAN};
    size_t i = given->index;
    given->note = "activation 0 is ReLU, 1 is GELU, 2 is GELU by tanh";
    Matrix x = case_input(given, "x", 1, 8);
    for (size_t c = 0; c < 8; c++)
        x.data[c] = NUMBERS[c] + 0.03125f * (float)i;
    case_number(given, "activation", (double)(i % 3));
    case_output(given, 1, 8);
}

static void call_activate(const Case *given, Matrix out)
{
    for (size_t c = 0; c < out.cols; c++)
        out.data[c] = activate((Activation)given->numbers[0], given->inputs[0].data[c]);
}

static void compute_bends(const Case *given, BendBelief belief, Matrix out)
{
    Bend bends[] = {belief.relu, belief.gelu, belief.tanh};
    for (size_t c = 0; c < out.cols; c++)
        out.data[c] = (float)bent(bends[(size_t)given->numbers[0]], given->inputs[0].data[c]);
}

BELIEF(bends_right, compute_bends, BendBelief, RELU, GELU, TANH)
BELIEF(bends_estimated, compute_bends, BendBelief, RELU, TANH, TANH)
BELIEF(bends_exact, compute_bends, BendBelief, RELU, GELU, GELU)
BELIEF(bends_swapped, compute_bends, BendBelief, RELU, TANH, GELU)
BELIEF(bends_relu, compute_bends, BendBelief, RELU, RELU, RELU)
BELIEF(bends_lost_nan, compute_bends, BendBelief, LOST_NAN, GELU, TANH)
BELIEF(bends_plain_erf, compute_bends, BendBelief, RELU, PLAIN_ERF, TANH)
BELIEF(bends_no_half, compute_bends, BendBelief, RELU, NO_HALF, TANH)
BELIEF(bends_no_cube, compute_bends, BendBelief, RELU, GELU, NO_CUBE)
BELIEF(bends_sigmoid, compute_bends, BendBelief, RELU, SIGMOID, TANH)
BELIEF(bends_root_behind, compute_bends, BendBelief, RELU, ROOT_BEHIND, TANH)
BELIEF(bends_whole_half, compute_bends, BendBelief, RELU, WHOLE_HALF, TANH)
BELIEF(bends_whole_halves, compute_bends, BendBelief, RELU, WHOLE_HALF, WHOLE_HALF)
BELIEF(bends_negated, compute_bends, BendBelief, RELU, ERF_NEGATED, TANH)
BELIEF(bends_no_root, compute_bends, BendBelief, RELU, GELU, NO_ROOT)
BELIEF(bends_times_pi, compute_bends, BendBelief, RELU, GELU, TIMES_PI)
BELIEF(bends_cube_outside, compute_bends, BendBelief, RELU, GELU, CUBE_OUTSIDE)
BELIEF(bends_leaky, compute_bends, BendBelief, LEAKY, GELU, TANH)
BELIEF(bends_absolute, compute_bends, BendBelief, RELU_ABSOLUTE, GELU, TANH)

static const Mistake BEND_MISTAKES[] = {
    {"gelu_tanh_for_exact",
     "GELU was computed by tanh, which is an estimate: they differ in the fourth digit, and the "
     "exact one uses erf()",
     RULES, bends_estimated},
    {"gelu_exact_for_tanh",
     "GELU by tanh was computed by erf(): a model that was trained with the estimate needs the "
     "estimate",
     RULES, bends_exact},
    {"gelus_swapped", "the two forms of GELU have changed places", RULES, bends_swapped},
    {"always_relu", "every activation is ReLU: look at which one was asked for", RULES, bends_relu},
    {"relu_hides_nan",
     "NaN became 0: every comparison with NaN is false, so test x < 0, and return x otherwise",
     RULES, bends_lost_nan},
    {"root_of_2_forgotten",
     "erf(x) was taken where erf(x / sqrt(2)) is needed: only that gives the normal distribution",
     RULES, bends_plain_erf},
    {"half_forgotten", "GELU is twice too large: it is x times (1 + erf) / 2", RULES,
     bends_no_half},
    {"cube_forgotten",
     "the cube of x is missing, or next to nothing: the estimate adds 0.044715 x x x to x", RULES,
     bends_no_cube},
    {"sigmoid_for_gelu",
     "this is x times the sigmoid of 1.702 x: a third form, and a different function", RULES,
     bends_sigmoid},
    {"root_behind_the_error_function",
     "erf(x) was divided by the root of 2: it is x that is divided, before erf()", RULES,
     bends_root_behind},
    {"half_of_whole_numbers", "GELU is 0 everywhere: in C, 1 / 2 is 0, so write 0.5", RULES,
     bends_whole_half},
    {"half_of_whole_numbers", "GELU is 0 everywhere: in C, 1 / 2 is 0, so write 0.5", RULES,
     bends_whole_halves},
    {"share_above",
     "x was multiplied by the share of the normal distribution that lies above x: the share below "
     "is (1 + erf) / 2",
     RULES, bends_negated},
    {"root_of_the_estimate_forgotten",
     "the estimate by tanh multiplies by the root of 2 / pi, not by 2 / pi", RULES, bends_no_root},
    {"root_of_2_pi",
     "the estimate by tanh multiplies by the root of 2 / pi, not by the root of 2 pi", RULES,
     bends_times_pi},
    {"cube_outside",
     "only x was multiplied by the root of 2 / pi: the cube belongs inside the bracket, too", RULES,
     bends_cube_outside},
    {"leaky_relu", "below 0 something is left: ReLU gives 0 there", RULES, bends_leaky},
    {"absolute_for_relu", "negative numbers became positive: ReLU gives 0 there", RULES,
     bends_absolute},
};
static const Step ACTIVATE = {"activate",
                              "apply the activation to one number",
                              9,
                              some_numbers,
                              call_activate,
                              bends_right,
                              BEND_MISTAKES,
                              18};

START_TEST(three_activations_are_three_functions)
{
    teach(&ACTIVATE);
}
END_TEST

/* --- layer_norm ------------------------------------------------------------------------------ */

typedef struct NormBelief {
    bool over_rows, over_all, n_minus_1, outside, no_epsilon, no_mean, no_root, swapped;
    bool shift_first, no_gain, no_shift, epsilon_squared, absolute, plus_one;
} NormBelief;

static const NormBelief RIGHT_NORM = {false};

/* Mean and variance of those numbers that belong together with (t, c). */
static void moments(Table x, NormBelief b, size_t t, size_t c, double *mean, double *variance)
{
    double sum = 0, squares = 0, n = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t r = 0; r < x.rows; r++)
            for (size_t k = 0; k < x.cols; k++) {
                if (!b.over_all && (b.over_rows ? k != c : r != t))
                    continue;
                double value = x.data[r * x.cols + k];
                n += pass == 0 ? 1 : 0;
                sum += pass == 0 ? value : 0;
                double deviation = b.no_mean || pass == 0 ? value : value - sum / n;
                if (pass == 1)
                    squares += b.absolute ? fabs(deviation) : deviation * deviation;
            }
    *mean = b.no_mean ? 0 : sum / n;
    *variance = squares / (b.n_minus_1 ? n - 1 : n);
}

static double scaled(NormBelief b, double y, double gain, double shift)
{
    if (b.no_gain)
        gain = 1;
    if (b.plus_one)
        gain++;
    if (b.no_shift)
        shift = 0;
    if (b.swapped)
        return y * shift + gain;
    return b.shift_first ? (y + shift) * gain : y * gain + shift;
}

/* The norm of a table; a gain or a shift that is NULL is 1 or 0. */
static Table normed(Table x, NormBelief b, const float *gain, const float *shift, double epsilon)
{
    Table out = table_create(x.rows, x.cols);
    for (size_t t = 0; t < x.rows; t++)
        for (size_t c = 0; c < x.cols; c++) {
            double mean, variance, root;
            moments(x, b, t, c, &mean, &variance);
            if (b.epsilon_squared)
                root = sqrt(variance + epsilon * epsilon);
            else if (b.no_root)
                root = variance + epsilon;
            else if (b.outside)
                root = sqrt(variance) + epsilon;
            else
                root = sqrt(variance + (b.no_epsilon ? 0 : epsilon));
            out.data[t * x.cols + c] =
                scaled(b, (x.data[t * x.cols + c] - mean) / root, gain != NULL ? gain[c] : 1,
                       shift != NULL ? shift[c] : 0);
        }
    return out;
}

static void a_norm(Case *given)
{
    size_t i = given->index, t = 2 + i % 3, d = 3 + (i + 2) % 4;
    Matrix x = case_input(given, "x", t, d);
    for (size_t r = 0; r < t; r++) /* no token of equal numbers */
        matrix_row(x, r)[0] += 4;
    case_input(given, "gain", 1, d);
    case_input(given, "shift", 1, d);
    given->inputs[1].data[0] = 2; /* also when all the others are 0 */
    given->inputs[2].data[1] = 3;
    case_number(given, "epsilon", i % 2 == 0 ? 0.5 : 1e-5);
    case_output(given, t, d);
}

static void a_norm_in_place(Case *given)
{
    given->note = IN_PLACE;
    a_norm(given);
}

static void call_norm_of(const Case *given, Matrix x, Matrix out)
{
    LayerNorm norm = {given->inputs[1], given->inputs[2], (float)given->numbers[0]};
    assert_ok(layer_norm(x, &norm, out));
}

static void call_norm(const Case *given, Matrix out)
{
    call_norm_of(given, given->inputs[0], out);
}

static void call_norm_in_place(const Case *given, Matrix out)
{
    call_norm_of(given, x_in(out, given), out);
}

static void compute_norm(const Case *given, NormBelief belief, Matrix out)
{
    Table x = table_of(given->inputs[0]);
    give(normed(x, belief, given->inputs[1].data, given->inputs[2].data, given->numbers[0]), out);
    table_free(1, x);
}

BELIEF(norm_right, compute_norm, NormBelief, .no_mean = false)
BELIEF(norm_over_rows, compute_norm, NormBelief, .over_rows = true)
BELIEF(norm_over_all, compute_norm, NormBelief, .over_all = true)
BELIEF(norm_n_minus_1, compute_norm, NormBelief, .n_minus_1 = true)
BELIEF(norm_outside, compute_norm, NormBelief, .outside = true)
BELIEF(norm_no_epsilon, compute_norm, NormBelief, .no_epsilon = true)
BELIEF(norm_no_mean, compute_norm, NormBelief, .no_mean = true)
BELIEF(norm_no_root, compute_norm, NormBelief, .no_root = true)
BELIEF(norm_swapped, compute_norm, NormBelief, .swapped = true)
BELIEF(norm_shift_first, compute_norm, NormBelief, .shift_first = true)
BELIEF(norm_no_gain, compute_norm, NormBelief, .no_gain = true)
BELIEF(norm_epsilon_squared, compute_norm, NormBelief, .epsilon_squared = true)
BELIEF(norm_absolute, compute_norm, NormBelief, .absolute = true)
BELIEF(norm_gain_plus_one, compute_norm, NormBelief, .plus_one = true)
BELIEF(norm_no_shift, compute_norm, NormBelief, .no_shift = true)

static const Mistake NORM_MISTAKES[] = {
    {"norm_over_the_sequence",
     "the mean of each column was taken, over the tokens: every token is normalised by itself, "
     "over its own columns",
     BREAK, norm_over_rows},
    {"norm_over_the_whole_matrix",
     "one mean was taken of all tokens together: each token has a mean of its own", NORM,
     norm_over_all},
    {"variance_with_n_minus_1",
     "the squares were divided by n - 1: these numbers are not a sample, so divide by n", BREAK,
     norm_n_minus_1},
    {"epsilon_outside_the_root",
     "epsilon was added to the root: it is added to the variance, under the root", BREAK,
     norm_outside},
    {"epsilon_forgotten",
     "there is no epsilon under the root, or not the one that was given: it is norm->epsilon", NORM,
     norm_no_epsilon},
    {"epsilon_squared", "epsilon was squared: it is added to the variance as it is", NORM,
     norm_epsilon_squared},
    {"deviations_not_squared",
     "the deviations were averaged without their signs: the variance is the mean of their squares",
     NORM, norm_absolute},
    {"gain_plus_one", "the columns were multiplied by 1 + gain: multiply by gain", NORM,
     norm_gain_plus_one},
    {"mean_not_subtracted",
     "the mean was not subtracted: this is RMSNorm, which divides by the root of the mean square",
     NORM, norm_no_mean},
    {"divided_by_the_variance", "the root is missing: divide by the root of the variance", NORM,
     norm_no_root},
    {"gain_and_shift_swapped", "gain and shift have changed places: multiply by gain, add shift",
     NORM, norm_swapped},
    {"shift_before_gain", "the shift was added first, and so multiplied, too: gain comes first",
     NORM, norm_shift_first},
    {"gain_forgotten", "the columns were not multiplied by gain", NORM, norm_no_gain},
    {"shift_forgotten", "shift was not added", NORM, norm_no_shift},
};
static const Step LAYER_NORM = {"layer_norm",
                                "bring each token to mean 0 and variance 1, then gain and shift",
                                8,
                                a_norm,
                                call_norm,
                                norm_right,
                                NORM_MISTAKES,
                                14};

START_TEST(each_token_is_normalised_by_itself)
{
    teach(&LAYER_NORM);
}
END_TEST

/* A mistake may give other numbers here: what it reads of x may be gone. */
static const Step NORM_IN_PLACE = {"layer_norm",
                                   "read all that it needs of a token before it writes it",
                                   4,
                                   a_norm_in_place,
                                   call_norm_in_place,
                                   norm_right,
                                   NULL,
                                   0};

START_TEST(a_norm_may_take_the_place_of_x)
{
    teach(&NORM_IN_PLACE);
}
END_TEST

/* --- feed_forward ---------------------------------------------------------------------------- */

typedef struct NetworkBelief {
    bool no_bend, bend_behind, bend_twice, bend_first, no_b_1, no_b_2, always_relu, plus_x;
    bool bend_some;
} NetworkBelief;

static const NetworkBelief RIGHT_NETWORK = {false};

static void bend_all(Table table, Bend bend)
{
    for (size_t i = 0; i < table.rows * table.cols; i++)
        table.data[i] = bent(bend, table.data[i]);
}

/* The biases are rows, or NULL. */
static Table network_of(Table x, NetworkBelief b, Matrix w_1, const Table *b_1, Matrix w_2,
                        const Table *b_2, Bend bend)
{
    Table first = table_of(w_1), second = table_of(w_2), given = table_create(x.rows, x.cols);
    for (size_t i = 0; i < x.rows * x.cols; i++)
        given.data[i] = b.bend_first ? bent(bend, x.data[i]) : x.data[i];
    Table hidden = oracle_linear(given, first, b.no_b_1 ? NULL : b_1);
    for (size_t i = 0; b.bend_some && i < hidden.rows * hidden.cols; i++)
        if (i % hidden.cols < x.cols)
            hidden.data[i] = bent(bend, hidden.data[i]);
    if (!b.no_bend && !b.bend_behind && !b.bend_first && !b.bend_some)
        bend_all(hidden, bend);
    Table out = oracle_linear(hidden, second, b.no_b_2 ? NULL : b_2);
    if (b.bend_behind || b.bend_twice)
        bend_all(out, bend);
    for (size_t i = 0; b.plus_x && i < x.rows * x.cols; i++)
        out.data[i] += x.data[i];
    table_free(4, first, second, given, hidden);
    return out;
}

static void a_network(Case *given)
{
    size_t i = given->index, d = 2 + i % 2, d_ff = 4 + i % 3;
    case_input(given, "x", 2 + i % 2, d);
    case_input(given, "w_1", d, d_ff);
    Matrix b_1 = case_input(given, "b_1", 1, d_ff);
    case_input(given, "w_2", d_ff, d);
    case_input(given, "b_2", 1, d);
    for (size_t c = 0; c < d_ff; c++) /* some of what comes out is below 0 also in case 0 */
        b_1.data[c] -= i == 0 ? 6 : 0;
    for (size_t c = 0; c < d; c++)
        given->inputs[0].data[c] -= i == 0 ? 2 : 0;
    given->inputs[4].data[0] -= i == 0 ? 5 : 1;
    case_number(given, "activation", (double)(i % 3));
    case_output(given, given->inputs[0].rows, d);
}

static void call_network(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    FeedForward network = {in[1], in[2], in[3], in[4], (Activation)given->numbers[0]};
    assert_ok(feed_forward(in[0], &network, out));
}

static void compute_network(const Case *given, NetworkBelief belief, Matrix out)
{
    const Matrix *in = given->inputs;
    Table x = table_of(in[0]), b_1 = table_of(in[2]), b_2 = table_of(in[4]);
    Bend bend = belief.always_relu ? RELU : (Bend)given->numbers[0];
    give(network_of(x, belief, in[1], &b_1, in[3], &b_2, bend), out);
    table_free(3, x, b_1, b_2);
}

BELIEF(network_right, compute_network, NetworkBelief, .no_bend = false)
BELIEF(network_no_bend, compute_network, NetworkBelief, .no_bend = true)
BELIEF(network_bend_behind, compute_network, NetworkBelief, .bend_behind = true)
BELIEF(network_bend_twice, compute_network, NetworkBelief, .bend_twice = true)
BELIEF(network_bend_first, compute_network, NetworkBelief, .bend_first = true)
BELIEF(network_no_b_1, compute_network, NetworkBelief, .no_b_1 = true)
BELIEF(network_no_b_2, compute_network, NetworkBelief, .no_b_2 = true)
BELIEF(network_relu, compute_network, NetworkBelief, .always_relu = true)
BELIEF(network_bend_some, compute_network, NetworkBelief, .bend_some = true)
BELIEF(network_plus_x, compute_network, NetworkBelief, .plus_x = true)

static const Mistake NETWORK_MISTAKES[] = {
    {"no_activation",
     "there is no activation: two linear layers in a row are one linear layer, and no rule can be "
     "silent",
     BREAK, network_no_bend},
    {"activation_after_the_second",
     "the activation was applied to the result of the second layer, and not between the layers",
     BREAK, network_bend_behind},
    {"activation_twice",
     "the activation was applied to the result of the second layer, too: it must be able to "
     "subtract",
     BREAK, network_bend_twice},
    {"activation_before_the_first", "the activation was applied to x, not to x W_1 + b_1", RULES,
     network_bend_first},
    {"first_bias_forgotten", "b_1 is not there: it says from where on a rule applies", RULES,
     network_no_b_1},
    {"second_bias_forgotten", "b_2 is not there", FORMULA, network_no_b_2},
    {"activation_ignored", "every network uses ReLU: each has an activation of its own", RULES,
     network_relu},
    {"some_rules_not_activated",
     "only the first d_model columns in the middle were activated: there are d_ff of them", RULES,
     network_bend_some},
    {"residual_inside",
     "x was added here already: the residual path goes around the network and is not part of it",
     STAYS, network_plus_x},
};
static const Step FEED_FORWARD = {"feed_forward",
                                  "compute activation(x W_1 + b_1) W_2 + b_2 of each token",
                                  9,
                                  a_network,
                                  call_network,
                                  network_right,
                                  NETWORK_MISTAKES,
                                  9};

START_TEST(a_network_activates_between_two_linear_layers)
{
    teach(&FEED_FORWARD);
}
END_TEST

/* --- The residual path ----------------------------------------------------------------------- */

/* Which way each place of the norm is taken for; and what is added to what. */
typedef struct PathBelief {
    bool swapped, always, never;
    bool no_x, no_step, x_behind, normed_x, minus_x, no_x_behind;
} PathBelief;

/* Whether there is a norm where the question is asked: in front, or behind. */
static bool is_normed(PathBelief b, bool pre, bool in_front)
{
    return b.always || (!b.never && (pre == in_front) != b.swapped);
}

static void a_path(Case *given)
{
    size_t i = given->index, t = 2 + i % 2, d = 3 + i % 3;
    given->note = "pre = 1 is NORM_PRE, 0 is NORM_POST";
    Matrix x = case_input(given, "x", t, d), result = case_input(given, "result", t, d);
    case_input(given, "gain", 1, d);
    for (size_t r = 0; r < t; r++) {
        matrix_row(x, r)[0] += 4;
        matrix_row(result, r)[1] -= 3;
    }
    given->inputs[2].data[0] += 2;
    case_number(given, "pre", (double)(i % 2));
    case_number(given, "epsilon", 0.25);
    case_output(given, t, d);
}

static void call_input(const Case *given, Matrix out)
{
    LayerNorm norm = {.gain = given->inputs[2], .epsilon = (float)given->numbers[1]};
    NormPlace place = given->numbers[0] != 0 ? NORM_PRE : NORM_POST;
    assert_ok(sublayer_input(given->inputs[0], &norm, place, out));
}

static void compute_input(const Case *given, PathBelief belief, Matrix out)
{
    Table x = table_of(given->inputs[0]);
    Table y = normed(x, RIGHT_NORM, given->inputs[2].data, NULL, given->numbers[1]);
    bool norm = is_normed(belief, given->numbers[0] != 0, true);
    give(norm ? y : x, out);
    table_free(1, norm ? x : y);
}

BELIEF(input_right, compute_input, PathBelief, .never = false)
BELIEF(input_swapped, compute_input, PathBelief, .swapped = true)
BELIEF(input_always, compute_input, PathBelief, .always = true)
BELIEF(input_never, compute_input, PathBelief, .never = true)

static const Mistake INPUT_MISTAKES[] = {
    {"pre_for_post", "the places are confused: NORM_PRE stands in front of the step", PLACE,
     input_swapped},
    {"normed_in_front_always", "x was normalised with NORM_POST, too: there it goes in as it is",
     PLACE, input_always},
    {"never_normed_in_front", "x was not normalised with NORM_PRE", PLACE, input_never},
};
static const Step INPUT = {"sublayer_input",
                           "give the step x, or x normalised",
                           6,
                           a_path,
                           call_input,
                           input_right,
                           INPUT_MISTAKES,
                           3};

START_TEST(a_step_begins_with_x_or_with_its_norm)
{
    teach(&INPUT);
}
END_TEST

static void call_output(const Case *given, Matrix out)
{
    LayerNorm norm = {.gain = given->inputs[2], .epsilon = (float)given->numbers[1]};
    NormPlace place = given->numbers[0] != 0 ? NORM_PRE : NORM_POST;
    assert_ok(sublayer_output(given->inputs[0], given->inputs[1], &norm, place, out));
}

/* What stands behind a step, with the norm given by its gain. */
static Table path_end(Table x, Table result, PathBelief b, bool pre, const float *gain,
                      double epsilon)
{
    bool norm = is_normed(b, pre, false);
    Table normed_x = normed(x, RIGHT_NORM, gain, NULL, epsilon);
    Table step = norm && b.x_behind ? normed(result, RIGHT_NORM, gain, NULL, epsilon)
                                    : table_create(x.rows, x.cols);
    Table sum = table_create(x.rows, x.cols);
    for (size_t i = 0; i < x.rows * x.cols; i++) {
        double y = norm && b.x_behind ? step.data[i] : result.data[i];
        sum.data[i] = (b.no_step ? 0 : y) + (b.no_x || (norm && b.no_x_behind) ? 0
                                             : b.normed_x                      ? normed_x.data[i]
                                             : b.minus_x                       ? -x.data[i]
                                                                               : x.data[i]);
    }
    Table behind = normed(sum, RIGHT_NORM, gain, NULL, epsilon);
    bool last = norm && !b.x_behind;
    table_free(3, normed_x, step, last ? sum : behind);
    return last ? behind : sum;
}

static void compute_output(const Case *given, PathBelief belief, Matrix out)
{
    Table x = table_of(given->inputs[0]), result = table_of(given->inputs[1]);
    give(path_end(x, result, belief, given->numbers[0] != 0, given->inputs[2].data,
                  given->numbers[1]),
         out);
    table_free(2, x, result);
}

BELIEF(output_right, compute_output, PathBelief, .never = false)
BELIEF(output_swapped, compute_output, PathBelief, .swapped = true)
BELIEF(output_always, compute_output, PathBelief, .always = true)
BELIEF(output_never, compute_output, PathBelief, .never = true)
BELIEF(output_no_x, compute_output, PathBelief, .no_x = true)
BELIEF(output_no_step, compute_output, PathBelief, .no_step = true)
BELIEF(output_x_behind, compute_output, PathBelief, .x_behind = true)
BELIEF(output_normed_x, compute_output, PathBelief, .normed_x = true)
BELIEF(output_no_x_behind, compute_output, PathBelief, .no_x_behind = true)
BELIEF(output_minus_x, compute_output, PathBelief, .minus_x = true)

static const Mistake OUTPUT_MISTAKES[] = {
    {"residual_left_out",
     "x is not in the sum: what the step made is a change, and is added to what was there", BREAK,
     output_no_x},
    {"residual_left_out",
     "x is not in the sum: what the step made is a change, and is added to what was there", BREAK,
     output_no_x_behind},
    {"step_left_out", "only x is there: add what the step made of it", STAYS, output_no_step},
    {"residual_after_the_norm",
     "the step's result was normalised and x added afterwards: NORM_POST normalises the sum", BREAK,
     output_x_behind},
    {"residual_of_the_norm",
     "x was normalised before it was added: add x as it was before any norm", CODE,
     output_normed_x},
    {"residual_subtracted", "x was subtracted from the result: it is added", STAYS, output_minus_x},
    {"pre_for_post_behind", "the places are confused: NORM_POST stands behind the sum", PLACE,
     output_swapped},
    {"normed_behind_always", "the sum was normalised with NORM_PRE, too: there it stays as it is",
     PLACE, output_always},
    {"never_normed_behind", "the sum was not normalised with NORM_POST", PLACE, output_never},
};
static const Step OUTPUT = {"sublayer_output",
                            "add x to what the step made, and normalise the sum with NORM_POST",
                            6,
                            a_path,
                            call_output,
                            output_right,
                            OUTPUT_MISTAKES,
                            9};

START_TEST(a_step_ends_with_the_sum_or_with_its_norm)
{
    teach(&OUTPUT);
}
END_TEST

/* --- transformer_block ----------------------------------------------------------------------- */

/* The weights of two blocks stand one below the other; so do the gains of the norms. */
enum { B_X, B_W_Q, B_W_K, B_W_V, B_W_O, B_W_1, B_W_2, B_GAIN };
enum { B_HEADS, B_CAUSAL, B_PRE, B_HAS_NORM };
enum { B_COLUMNS = 2 }; /* of one head */
static const double B_EPSILON = 0.25;

typedef struct BlockBelief {
    bool pre_for_post, norms_swapped, first_norm_twice, network_reads_x, second_from_x, no_network;
    bool no_attention, no_mask, network_first, adds_input;
    bool causal_always, attention_unnormed, network_unnormed, answers_unnormed;
} BlockBelief;

static Matrix part(const Case *given, size_t input, size_t block, size_t blocks)
{
    Matrix all = given->inputs[input], rows;
    assert_ok(matrix_rows(all, block * (all.rows / blocks), all.rows / blocks, &rows));
    return rows;
}

static const float *gain_of(const Case *given, size_t row)
{
    return matrix_row(given->inputs[B_GAIN], row);
}

static void some_blocks(Case *given, size_t blocks, size_t norms)
{
    size_t i = given->index, heads = 2 + i % 2, d = 3 + i % 2, d_ff = 3 + (i + 1) % 3;
    case_input(given, "x", 3 + i % 3, d);
    case_input(given, "w_q", blocks * d, heads * B_COLUMNS);
    case_input(given, "w_k", blocks * d, heads * B_COLUMNS);
    case_input(given, "w_v", blocks * d, heads * B_COLUMNS);
    case_input(given, "w_o", blocks * heads * B_COLUMNS, d);
    case_input(given, "w_1", blocks * d, d_ff);
    case_input(given, "w_2", blocks * d_ff, d);
    Matrix gain = case_input(given, "gain", norms, d);
    for (size_t r = 0; r < norms; r++)
        gain.data[r * d] += 1 + (float)r;
    for (size_t r = 0; r < given->inputs[B_X].rows; r++) /* no two tokens are the same */
        matrix_row(given->inputs[B_X], r)[r % d] -= 2 + (float)r;
    case_number(given, "heads", (double)heads);
    case_number(given, "causal", (double)(i % 2));
    case_number(given, "pre", (double)(i / 2 % 2));
    case_output(given, given->inputs[B_X].rows, d);
}

static void a_block(Case *given)
{
    given->note = "pre = 1 is NORM_PRE, 0 is NORM_POST; gain has a row for each of the two norms; "
                  "no biases, ReLU, epsilon 0.25";
    some_blocks(given, 1, 2);
}

static void a_block_in_place(Case *given)
{
    a_block(given);
    given->note = IN_PLACE;
}

static TransformerBlock block_of(const Case *given, size_t block, size_t blocks)
{
    Matrix gain_1, gain_2;
    assert_ok(matrix_rows(given->inputs[B_GAIN], blocks > 1 ? block : 0, 1, &gain_1));
    assert_ok(matrix_rows(given->inputs[B_GAIN], blocks > 1 ? block : 1, 1, &gain_2));
    return (TransformerBlock){.attention = {.w_q = part(given, B_W_Q, block, blocks),
                                            .w_k = part(given, B_W_K, block, blocks),
                                            .w_v = part(given, B_W_V, block, blocks),
                                            .w_o = part(given, B_W_O, block, blocks),
                                            .heads = (size_t)given->numbers[B_HEADS]},
                              .norm_1 = {.gain = gain_1, .epsilon = (float)B_EPSILON},
                              .norm_2 = {.gain = gain_2, .epsilon = (float)B_EPSILON},
                              .feed_forward = {.w_1 = part(given, B_W_1, block, blocks),
                                               .w_2 = part(given, B_W_2, block, blocks),
                                               .activation = ACTIVATION_RELU},
                              .norm_place = given->numbers[B_PRE] != 0 ? NORM_PRE : NORM_POST};
}

static void call_block_of(const Case *given, Matrix x, Matrix out)
{
    TransformerBlock block = block_of(given, 0, 1);
    AttentionMask mask = {.causal = given->numbers[B_CAUSAL] != 0};
    assert_ok(transformer_block(x, &block, &mask, NO_MATRIX, out));
}

static void call_block(const Case *given, Matrix out)
{
    call_block_of(given, given->inputs[B_X], out);
}

static void call_block_in_place(const Case *given, Matrix out)
{
    call_block_of(given, x_in(out, given), out);
}

/* What x hears in a context, of the layer of one block. */
static Table attention_of(const Case *given, Table x, Table context, bool causal, size_t block,
                          size_t blocks)
{
    Table w_q = table_of(part(given, B_W_Q, block, blocks)),
          w_k = table_of(part(given, B_W_K, block, blocks)),
          w_v = table_of(part(given, B_W_V, block, blocks)),
          w_o = table_of(part(given, B_W_O, block, blocks)), q = oracle_product(x, w_q),
          k = oracle_product(context, w_k), v = oracle_product(context, w_v),
          concat = table_create(x.rows, w_v.cols), allowed = table_create(x.rows, x.rows);
    for (size_t i = 0; i < x.rows * x.rows; i++)
        allowed.data[i] = !causal || i % x.rows <= i / x.rows ? 1 : 0;
    for (size_t h = 0; h < w_q.cols / B_COLUMNS; h++) {
        Table one_q = oracle_columns(q, h * B_COLUMNS, B_COLUMNS),
              one_k = oracle_columns(k, h * B_COLUMNS, B_COLUMNS),
              one_v = oracle_columns(v, h * B_COLUMNS, B_COLUMNS),
              weights = oracle_weights(one_q, one_k, 1 / sqrt((double)B_COLUMNS), &allowed, NULL),
              result = oracle_product(weights, one_v);
        for (size_t t = 0; t < x.rows; t++)
            for (size_t c = 0; c < B_COLUMNS; c++)
                concat.data[t * concat.cols + h * B_COLUMNS + c] = result.data[t * B_COLUMNS + c];
        table_free(5, one_q, one_k, one_v, weights, result);
    }
    Table out = oracle_product(concat, w_o);
    table_free(4, w_q, w_k, w_v, w_o);
    table_free(5, q, k, v, concat, allowed);
    return out;
}

/* One of the two steps of a block. */
typedef struct StepOf {
    bool is_network;
    size_t block, blocks, gain_row;
} StepOf;

/* One step with its norm and its residual path, from `from`; what it is added to is `base`. */
static Table run_step(const Case *given, BlockBelief b, StepOf step, Table base, Table from)
{
    bool pre = (given->numbers[B_PRE] != 0) != b.pre_for_post;
    bool causal = (given->numbers[B_CAUSAL] != 0 && !b.no_mask) || b.causal_always;
    bool unnormed = step.is_network ? b.network_unnormed : b.attention_unnormed;
    const float *gain = gain_of(given, step.gain_row);
    Table normed_from = normed(from, RIGHT_NORM, gain, NULL, B_EPSILON),
          input = pre && !unnormed ? normed_from : from,
          result =
              step.is_network
                  ? network_of(input, RIGHT_NETWORK, part(given, B_W_1, step.block, step.blocks),
                               NULL, part(given, B_W_2, step.block, step.blocks), NULL, RELU)
                  : attention_of(given, input, b.answers_unnormed ? from : input, causal,
                                 step.block, step.blocks),
          sum = sum_of(b.adds_input ? input : base, result);
    Table out = pre ? sum : normed(sum, RIGHT_NORM, gain, NULL, B_EPSILON);
    table_free(2, normed_from, result);
    if (!pre)
        table_free(1, sum);
    return out;
}

static Table run_block(const Case *given, BlockBelief b, Table x, size_t block, size_t blocks)
{
    size_t first = blocks > 1 ? block : 0, second = blocks > 1 ? block : 1;
    size_t gain_1 = b.norms_swapped ? second : first;
    size_t gain_2 = b.norms_swapped || b.first_norm_twice ? first : second;
    bool starts_with_network = b.network_first || b.no_attention;
    bool ends_with_network = !b.network_first && !b.no_network;
    StepOf one = {starts_with_network, block, blocks, starts_with_network ? gain_2 : gain_1};
    StepOf two = {ends_with_network, block, blocks, ends_with_network ? gain_2 : gain_1};
    Table middle = run_step(given, b, one, x, x);
    if (b.no_network || b.no_attention)
        return middle;
    Table out =
        run_step(given, b, two, b.second_from_x ? x : middle, b.network_reads_x ? x : middle);
    table_free(1, middle);
    return out;
}

static void compute_block(const Case *given, BlockBelief belief, Matrix out)
{
    Table x = table_of(given->inputs[B_X]);
    give(run_block(given, belief, x, 0, 1), out);
    table_free(1, x);
}

BELIEF(block_right, compute_block, BlockBelief, .no_mask = false)
BELIEF(block_pre_for_post, compute_block, BlockBelief, .pre_for_post = true)
BELIEF(block_norms_swapped, compute_block, BlockBelief, .norms_swapped = true)
BELIEF(block_first_norm, compute_block, BlockBelief, .first_norm_twice = true)
BELIEF(block_network_reads_x, compute_block, BlockBelief, .network_reads_x = true)
BELIEF(block_second_from_x, compute_block, BlockBelief, .second_from_x = true)
BELIEF(block_no_network, compute_block, BlockBelief, .no_network = true)
BELIEF(block_no_attention, compute_block, BlockBelief, .no_attention = true)
BELIEF(block_no_mask, compute_block, BlockBelief, .no_mask = true)
BELIEF(block_network_first, compute_block, BlockBelief, .network_first = true)
BELIEF(block_causal, compute_block, BlockBelief, .causal_always = true)
BELIEF(block_attention_unnormed, compute_block, BlockBelief, .attention_unnormed = true)
BELIEF(block_network_unnormed, compute_block, BlockBelief, .network_unnormed = true)
BELIEF(block_answers_unnormed, compute_block, BlockBelief, .answers_unnormed = true)
BELIEF(block_adds_input, compute_block, BlockBelief, .adds_input = true)

static const Mistake BLOCK_MISTAKES[] = {
    {"block_pre_for_post", "post-norm and pre-norm are confused: look at block->norm_place", PLACE,
     block_pre_for_post},
    {"norms_swapped", "norm_1 and norm_2 have changed places: norm_1 belongs to the attention",
     FORMULA, block_norms_swapped},
    {"first_norm_twice", "norm_1 was used for both steps: the network has norm_2", FORMULA,
     block_first_norm},
    {"network_reads_x",
     "the network worked on x: it comes after the attention and works on what that left", CODE,
     block_network_reads_x},
    {"second_residual_from_x",
     "x was added to what the network made: the second path starts in the middle, after the "
     "attention",
     CODE, block_second_from_x},
    {"feed_forward_left_out", "the block ends after the attention: the network is missing", CODE,
     block_no_network},
    {"attention_left_out", "there is only the network: the attention is missing", CODE,
     block_no_attention},
    {"mask_ignored", "every token sees every other: the mask did not reach the attention", CODE,
     block_no_mask},
    {"causal_always", "no token sees the one after it: a block is as causal as its mask says", CODE,
     block_causal},
    {"attention_reads_x",
     "the attention worked on x, although sublayer_input() had normalised it: pass on what that "
     "gave",
     PLACE, block_attention_unnormed},
    {"network_reads_the_middle",
     "the network worked on the sum, although sublayer_input() had normalised it: pass on what "
     "that gave",
     PLACE, block_network_unnormed},
    {"keys_from_x",
     "queries came from the normalised x, but keys and values from x itself: all three come from "
     "what sublayer_input() gave, and the context is NO_MATRIX",
     PLACE, block_answers_unnormed},
    {"feed_forward_first", "the network came before the attention", CODE, block_network_first},
    {"normed_input_added",
     "in pre-norm, what goes into the step was added, not x: the path around the step has no norm",
     PLACE, block_adds_input},
};
static const Step BLOCK = {"transformer_block",
                           "let the tokens attend, then let each think, with a norm and a residual "
                           "path around each step",
                           8,
                           a_block,
                           call_block,
                           block_right,
                           BLOCK_MISTAKES,
                           14};

START_TEST(a_block_is_two_steps_with_paths_around_them)
{
    teach(&BLOCK);
}
END_TEST

static const Step BLOCK_IN_PLACE = {"transformer_block",
                                    "keep x until it has been added to what the tokens heard",
                                    4,
                                    a_block_in_place,
                                    call_block_in_place,
                                    block_right,
                                    NULL,
                                    0};

START_TEST(a_block_may_take_the_place_of_x)
{
    teach(&BLOCK_IN_PLACE);
}
END_TEST

/* --- encoder --------------------------------------------------------------------------------- */

typedef struct StackBelief {
    bool first_for_all, reversed, side_by_side, no_norm, norm_always, norm_each, one_less,
        last_only;
    bool mask_once, norm_of_x;
} StackBelief;

static void a_stack(Case *given)
{
    given->note = "two blocks, whose weights stand one below the other; gain has a row for each "
                  "block and one for the last norm; pre = 1 is NORM_PRE";
    some_blocks(given, 2, 3);
    case_number(given, "has_norm", given->index % 3 == 1 ? 0 : 1);
}

static void call_stack(const Case *given, Matrix out)
{
    TransformerBlock blocks[2] = {block_of(given, 0, 2), block_of(given, 1, 2)};
    Matrix gain;
    assert_ok(matrix_rows(given->inputs[B_GAIN], 2, 1, &gain));
    Encoder stack = {
        blocks, 2, given->numbers[B_HAS_NORM] != 0, {gain, NO_MATRIX, (float)B_EPSILON}};
    AttentionMask mask = {.causal = given->numbers[B_CAUSAL] != 0};
    assert_ok(encoder(given->inputs[B_X], &stack, &mask, NO_MATRIX, out));
}

static Table last_norm(const Case *given, Table x)
{
    return normed(x, RIGHT_NORM, gain_of(given, 2), NULL, B_EPSILON);
}

static void compute_stack(const Case *given, StackBelief b, Matrix out)
{
    Table x = table_of(given->inputs[B_X]), now = table_of(given->inputs[B_X]);
    bool has_norm = (given->numbers[B_HAS_NORM] != 0 || b.norm_always) && !b.no_norm;
    for (size_t i = b.last_only ? 1 : 0; i < (b.one_less ? 1 : 2); i++) {
        size_t block = b.first_for_all ? 0 : b.reversed ? 1 - i : i;
        Table next = run_block(given, (BlockBelief){.no_mask = b.mask_once && i > 0},
                               b.side_by_side ? x : now, block, 2);
        /* side by side: what the blocks make of x is added up */
        Table sum = b.side_by_side && i > 0 ? sum_of(now, next) : table_create(0, 0);
        table_free(2, now, b.side_by_side && i > 0 ? next : sum);
        now = b.side_by_side && i > 0 ? sum : next;
        if (has_norm && (b.norm_each || i == (b.one_less ? 0 : 1))) {
            Table behind = last_norm(given, b.norm_of_x ? x : now);
            table_free(1, now);
            now = behind;
        }
    }
    give(now, out);
    table_free(1, x);
}

BELIEF(stack_right, compute_stack, StackBelief, .no_norm = false)
BELIEF(stack_first_for_all, compute_stack, StackBelief, .first_for_all = true)
BELIEF(stack_reversed, compute_stack, StackBelief, .reversed = true)
BELIEF(stack_side_by_side, compute_stack, StackBelief, .side_by_side = true)
BELIEF(stack_no_norm, compute_stack, StackBelief, .no_norm = true)
BELIEF(stack_norm_always, compute_stack, StackBelief, .norm_always = true)
BELIEF(stack_norm_each, compute_stack, StackBelief, .norm_each = true)
BELIEF(stack_one_less, compute_stack, StackBelief, .one_less = true)
BELIEF(stack_last_only, compute_stack, StackBelief, .last_only = true)
BELIEF(stack_norm_of_x, compute_stack, StackBelief, .norm_of_x = true)
BELIEF(stack_mask_once, compute_stack, StackBelief, .mask_once = true)

static const Mistake STACK_MISTAKES[] = {
    {"first_block_for_all", "the first block ran again and again: each has weights of its own",
     CODE, stack_first_for_all},
    {"blocks_reversed", "the last block came first", CODE, stack_reversed},
    {"blocks_side_by_side",
     "every block worked on x and the results were added: each works on what the one before it "
     "made",
     CODE, stack_side_by_side},
    {"final_norm_left_out",
     "the last norm is missing: without it, a pre-norm stack has the wrong size", BREAK,
     stack_no_norm},
    {"final_norm_always", "there is a last norm where there should be none: look at has_norm",
     PLACE, stack_norm_always},
    {"norm_behind_each_block",
     "the last norm came after every block: there is one, at the very end", PLACE, stack_norm_each},
    {"last_block_left_out", "the last block is missing: count from 0 to count - 1", CODE,
     stack_one_less},
    {"last_block_only",
     "only the last block had a say: each works on what the one before it made, not on x", CODE,
     stack_last_only},
    {"last_norm_of_x", "the last norm took x, and the blocks had no say: it takes what they left",
     PLACE, stack_norm_of_x},
    {"mask_in_the_first_block_only",
     "only the first block was masked: the future leaks through the others", CODE, stack_mask_once},
};
static const Step STACK = {"encoder",
                           "run block after block, then the last norm",
                           12,
                           a_stack,
                           call_stack,
                           stack_right,
                           STACK_MISTAKES,
                           10};

START_TEST(an_encoder_runs_block_after_block)
{
    teach(&STACK);
}
END_TEST

/* --- The classifier -------------------------------------------------------------------------- */

typedef struct PoolBelief {
    bool sum, with_padding, over_all, over_columns, last, first, maximum, front;
} PoolBelief;

static void a_pool(Case *given)
{
    size_t i = given->index, t = 3 + i % 3;
    Matrix x = case_input(given, "x", t, 2 + i % 4);
    for (size_t r = 0; r < t; r++) /* no two words are the same */
        matrix_row(x, r)[0] += (float)(r * r);
    case_number(given, "padding", (double)(i % 3 == 2 ? 0 : 1));
    case_output(given, 1, x.cols);
}

static void call_pool(const Case *given, Matrix out)
{
    assert_ok(mean_pool(given->inputs[0], (size_t)given->numbers[0], out));
}

static Table pooled(const Case *given, PoolBelief b)
{
    Matrix x = given->inputs[0];
    size_t padding = (size_t)given->numbers[0], words = x.rows - (b.with_padding ? 0 : padding);
    size_t start = b.front ? padding : b.last ? words - 1 : 0;
    size_t end = b.front ? x.rows : b.first ? 1 : words;
    Table out = table_create(1, x.cols);
    for (size_t c = 0; c < x.cols; c++) {
        double sum = b.maximum ? -INFINITY : 0;
        for (size_t t = start; t < end; t++) {
            double value = matrix_row(x, t)[c];
            sum = b.maximum ? fmax(sum, value) : sum + value;
        }
        if (!b.maximum && !b.sum)
            sum /= (double)(b.over_all ? x.rows : b.over_columns ? x.cols : end - start);
        out.data[c] = sum;
    }
    return out;
}

static void compute_pool(const Case *given, PoolBelief belief, Matrix out)
{
    give(pooled(given, belief), out);
}

BELIEF(pool_right, compute_pool, PoolBelief, .sum = false)
BELIEF(pool_sum, compute_pool, PoolBelief, .sum = true)
BELIEF(pool_with_padding, compute_pool, PoolBelief, .with_padding = true)
BELIEF(pool_over_all, compute_pool, PoolBelief, .over_all = true)
BELIEF(pool_over_columns, compute_pool, PoolBelief, .over_columns = true)
BELIEF(pool_last, compute_pool, PoolBelief, .last = true)
BELIEF(pool_first, compute_pool, PoolBelief, .first = true)
BELIEF(pool_maximum, compute_pool, PoolBelief, .maximum = true)
BELIEF(pool_front, compute_pool, PoolBelief, .front = true)

static const Mistake POOL_MISTAKES[] = {
    {"sum_for_mean", "the words were added, but not divided by their number", CLASS, pool_sum},
    {"padding_pooled", "the padding takes part in the mean: leave the last tokens out", CLASS,
     pool_with_padding},
    {"divided_by_all_tokens",
     "the sum of the words was divided by the number of all tokens: divide by the number of words",
     CLASS, pool_over_all},
    {"divided_by_the_columns",
     "the sum of the words was divided by d_model: divide by the number of words", CLASS,
     pool_over_columns},
    {"last_word_for_the_mean", "this is the last word: the pool is the mean of all words", CLASS,
     pool_last},
    {"first_word_for_the_mean", "this is the first word: the pool is the mean of all words", CLASS,
     pool_first},
    {"maximum_for_mean", "this is the largest number of each column, not the mean", CLASS,
     pool_maximum},
    {"padding_at_the_front", "the first tokens were left out: the padding stands at the end", CLASS,
     pool_front},
};
static const Step POOL = {
    "mean_pool", "give the mean of the words", 9, a_pool, call_pool, pool_right, POOL_MISTAKES, 8};

START_TEST(the_pool_is_the_mean_of_the_words)
{
    teach(&POOL);
}
END_TEST

typedef struct ClassBelief {
    bool no_softmax, no_bias, with_padding, pool_last, last_word, softmax_first;
} ClassBelief;

static void a_classifier(Case *given)
{
    a_pool(given);
    size_t classes = 2 + given->index % 3;
    case_input(given, "w", given->inputs[0].cols, classes);
    Matrix b = case_input(given, "b", 1, classes);
    b.data[0] += 1;
    for (size_t i = 0; i < given->inputs[0].rows * given->inputs[0].cols; i++)
        given->inputs[0].data[i] /= 4; /* or one class would have it all */
    given->inputs[1].data[0] += 1;
    case_output(given, 1, classes);
}

static void call_classify(const Case *given, Matrix out)
{
    Classifier classifier = {given->inputs[1], given->inputs[2]};
    assert_ok(classify(given->inputs[0], (size_t)given->numbers[0], &classifier, out));
}

/* The probabilities of one row of numbers, or what is believed to be. */
static Table classes_of(const Case *given, ClassBelief b, Table row)
{
    Table w = table_of(given->inputs[1]), bias = table_of(given->inputs[2]),
          before = oracle_softmax(row, 1),
          scores = oracle_linear(b.softmax_first ? before : row, w, b.no_bias ? NULL : &bias),
          probabilities = oracle_softmax(scores, 1);
    bool is_raw = b.no_softmax || b.softmax_first;
    table_free(4, w, bias, before, is_raw ? probabilities : scores);
    return is_raw ? scores : probabilities;
}

/* Classes first, then their mean. */
static Table mean_of_classes(const Case *given, ClassBelief b)
{
    Table x = table_of(given->inputs[0]), all = classes_of(given, b, x);
    size_t words = x.rows - (size_t)given->numbers[0];
    Table mean = table_create(1, all.cols);
    for (size_t t = 0; t < words; t++)
        for (size_t c = 0; c < all.cols; c++)
            mean.data[c] += all.data[t * all.cols + c] / (double)words;
    table_free(2, x, all);
    return mean;
}

static void compute_classes(const Case *given, ClassBelief b, Matrix out)
{
    if (b.pool_last) {
        give(mean_of_classes(given, b), out);
        return;
    }
    Table mean = pooled(given, (PoolBelief){.with_padding = b.with_padding, .last = b.last_word});
    give(classes_of(given, b, mean), out);
    table_free(1, mean);
}

BELIEF(classes_right, compute_classes, ClassBelief, .no_bias = false)
BELIEF(classes_no_softmax, compute_classes, ClassBelief, .no_softmax = true)
BELIEF(classes_no_bias, compute_classes, ClassBelief, .no_bias = true)
BELIEF(classes_with_padding, compute_classes, ClassBelief, .with_padding = true)
BELIEF(classes_pool_last, compute_classes, ClassBelief, .pool_last = true)
BELIEF(classes_softmax_first, compute_classes, ClassBelief, .softmax_first = true)
BELIEF(classes_last_word, compute_classes, ClassBelief, .last_word = true)

static const Mistake CLASS_MISTAKES[] = {
    {"softmax_left_out",
     "these are scores: a softmax turns them into probabilities, which sum to one", CLASS,
     classes_no_softmax},
    {"classifier_bias_forgotten", "the classifier's bias is not there", CLASS, classes_no_bias},
    {"padding_classified", "the padding takes part: pass it on to mean_pool()", CLASS,
     classes_with_padding},
    {"classes_before_the_pool",
     "each word was classified and the probabilities averaged: the pool comes first", CLASS,
     classes_pool_last},
    {"softmax_before_the_layer",
     "the softmax took the mean, and the layer came after it: the softmax comes last, and turns "
     "the scores into probabilities",
     CLASS, classes_softmax_first},
    {"last_word_classified", "only the last word was classified: take the mean of all words", CLASS,
     classes_last_word},
};
static const Step CLASSIFY = {"classify",
                              "give softmax(mean W + b)",
                              9,
                              a_classifier,
                              call_classify,
                              classes_right,
                              CLASS_MISTAKES,
                              6};

START_TEST(classes_are_probabilities_of_the_mean)
{
    teach(&CLASSIFY);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("8. the transformer block, step by step");
    add_test(suite, a_linear_layer_is_a_product_and_a_bias);
    add_test(suite, three_activations_are_three_functions);
    add_test(suite, each_token_is_normalised_by_itself);
    add_test(suite, a_norm_may_take_the_place_of_x);
    add_test(suite, a_network_activates_between_two_linear_layers);
    add_test(suite, a_step_begins_with_x_or_with_its_norm);
    add_test(suite, a_step_ends_with_the_sum_or_with_its_norm);
    add_test(suite, a_block_is_two_steps_with_paths_around_them);
    add_test(suite, a_block_may_take_the_place_of_x);
    add_test(suite, an_encoder_runs_block_after_block);
    add_test(suite, the_pool_is_the_mean_of_the_words);
    add_test(suite, classes_are_probabilities_of_the_mean);
    return suite;
}
