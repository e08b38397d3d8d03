/* Chapter 10, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "fast_attention.h"
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

static const char HAND[] = "lesson 10, \"By hand\"";
static const char CODE[] = "lesson 10, \"The code, rung by rung\"";
static const char BREAK[] = "lesson 10, \"Break it\"";

/* --- The order of loops ---------------------------------------------------------------------- */

static void two_factors(Case *given)
{
    size_t i = given->index, rows = 2 + i % 3, inner = 3 + i % 2, cols = 2 + (i + 1) % 4;
    case_input(given, "a", rows, inner);
    case_input(given, "b", inner, cols);
    case_output(given, rows, cols);
}

static void call_product(const Case *given, Matrix out)
{
    product_by_rows(given->inputs[0], given->inputs[1], out);
}

static double product_element(const Case *given, size_t r, size_t c, size_t first, size_t end)
{
    double sum = 0;
    for (size_t k = first; k < end; k++)
        sum += (double)matrix_row(given->inputs[0], r)[k] * matrix_row(given->inputs[1], k)[c];
    return sum;
}

static void multiply(const Case *given, size_t first, size_t end, Matrix out)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = (float)product_element(given, r, c, first, end);
}

static void product_right(const Case *given, Matrix out)
{
    multiply(given, 0, given->inputs[1].rows, out);
}

static void product_last_only(const Case *given, Matrix out)
{
    multiply(given, given->inputs[1].rows - 1, given->inputs[1].rows, out);
}

static void product_one_short(const Case *given, Matrix out)
{
    multiply(given, 0, given->inputs[1].rows - 1, out);
}

static void product_uncleared(const Case *given, Matrix out)
{
    (void)given;
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = NAN;
}

static const Mistake PRODUCT_MISTAKES[] = {
    {"sums_not_cleared",
     "what was in out before is part of the sums: in this order a row is summed up in place, so it "
     "has to begin with zeros",
     CODE, product_uncleared},
    {"overwritten",
     "only the last row of b is there: each step adds to the sums of the steps before it", CODE,
     product_last_only},
    {"last_row_left_out", "the last row of b is missing from the sums", CODE, product_one_short},
};

static const Step PRODUCT = {"product_by_rows",
                             "multiply, row by row of b",
                             8,
                             two_factors,
                             call_product,
                             product_right,
                             PRODUCT_MISTAKES,
                             3};

START_TEST(a_product_can_be_summed_row_by_row)
{
    teach(&PRODUCT);
}
END_TEST

/* --- Before the first key -------------------------------------------------------------------- */

static void some_width(Case *given)
{
    case_number(given, "d_v", 1 + (double)given->index);
    given->note = "what came out: maximum, sum, d_v, then the values";
    case_output(given, 1, 4 + given->index);
}

/* Where the values go. */
enum { BEFORE_VALUES = 3 };

static void call_start(const Case *given, Matrix out)
{
    OnlineAttention state =
        online_attention_start(out.data + BEFORE_VALUES, (size_t)given->numbers[0]);
    out.data[0] = state.maximum;
    out.data[1] = state.sum;
    out.data[2] = (float)state.d_v;
}

static void begin(const Case *given, Matrix out, float maximum, float sum)
{
    for (size_t c = BEFORE_VALUES; c < out.cols; c++)
        out.data[c] = 0.0f;
    out.data[0] = maximum;
    out.data[1] = sum;
    out.data[2] = (float)given->numbers[0];
}

static void start_right(const Case *given, Matrix out)
{
    begin(given, out, -INFINITY, 0.0f);
}

static void start_at_zero(const Case *given, Matrix out)
{
    begin(given, out, 0.0f, 0.0f);
}

static void start_at_the_least_float(const Case *given, Matrix out)
{
    begin(given, out, -FLT_MAX, 0.0f);
}

static void start_uncleared(const Case *given, Matrix out)
{
    begin(given, out, -INFINITY, 0.0f);
    for (size_t c = BEFORE_VALUES; c < out.cols; c++)
        out.data[c] = NAN;
}

static void start_with_a_sum(const Case *given, Matrix out)
{
    begin(given, out, -INFINITY, 1.0f);
}

static void start_without_width(const Case *given, Matrix out)
{
    begin(given, out, -INFINITY, 0.0f);
    out.data[2] = 0.0f;
}

static const Mistake START_MISTAKES[] = {
    {"maximum_from_zero",
     "scores far below zero would all vanish: the running maximum begins below every number, at "
     "minus infinity, not at 0",
     BREAK, start_at_zero},
    {"maximum_from_the_least_float",
     "the least float is not below every score, because a blocked score is minus infinity: begin "
     "there",
     HAND, start_at_the_least_float},
    {"values_not_cleared",
     "what was in values before is still there: keys are added to it, so it has to begin with "
     "zeros",
     CODE, start_uncleared},
    {"sum_from_one", "before the first key there are no weights, and their sum is 0", HAND,
     start_with_a_sum},
    {"width_forgotten", "the state has to know how many numbers a value has: set d_v", CODE,
     start_without_width},
};

static const Step START = {"online_attention_start",
                           "say what is known before the first key",
                           3,
                           some_width,
                           call_start,
                           start_right,
                           START_MISTAKES,
                           5};

START_TEST(before_the_first_key_nothing_is_known)
{
    teach(&START);
}
END_TEST

/* --- One pass over the keys ------------------------------------------------------------------ */

enum { SCORES, VALUES };
enum { BLOCK };

/* In this case the scores fall so steeply that e^(old - new) would overflow. */
enum { FALLING = 10 };

static const char *note_of(size_t i)
{
    if (i == FALLING)
        return "the scores fall, from block to block";
    if (i == 7)
        return "every key is blocked";
    return i % 4 == 3 ? "every key of the first block is blocked"
                      : "the blocks are taken in one after the other, the last is shorter";
}

/* Scores that grow or fall, that are far below and far above zero, and that are blocked. */
static void some_scores(Case *given)
{
    size_t i = given->index, keys = 5 + i % 4, d_v = 2 + i % 3, block = 2 + i % 2;
    float shift = i % 4 == 1 ? -200.0f : i % 4 == 2 ? 200.0f : 0.0f;
    case_number(given, "block", (double)block);
    Matrix scores = case_input(given, "scores", 1, keys);
    case_input(given, "v", keys, d_v);
    for (size_t j = 0; j < keys; j++)
        scores.data[j] =
            scores.data[j] / 2 + (i == FALLING ? -100.0f * (float)j : (float)j / 2) + shift;
    for (size_t j = 0; j < block && i % 4 == 3; j++)
        scores.data[j] = -INFINITY;
    for (size_t j = 0; j < keys && i == 7; j++)
        scores.data[j] = -INFINITY;
    given->note = note_of(i);
    case_output(given, 1, d_v);
}

static Matrix values_from(const Case *given, size_t first, size_t count)
{
    Matrix v = given->inputs[VALUES];
    return (Matrix){matrix_row(v, first), count, v.cols, v.stride};
}

static size_t block_at(const Case *given, size_t first)
{
    size_t block = (size_t)given->numbers[BLOCK], keys = given->inputs[SCORES].cols;
    return keys - first < block ? keys - first : block;
}

static void call_online(const Case *given, Matrix out)
{
    OnlineAttention state = online_attention_start(out.data, out.cols);
    for (size_t first = 0; first < given->inputs[SCORES].cols;
         first += (size_t)given->numbers[BLOCK])
        online_attention_add(&state, given->inputs[SCORES].data + first,
                             values_from(given, first, block_at(given, first)));
    online_attention_finish(&state, out.data);
}

/* What can be believed of the online softmax. */
typedef struct Online {
    bool sum_stays;      /* The sum is not rescaled. */
    bool values_stay;    /* The weighted values are not rescaled. */
    bool inverted;       /* The factor is the other way up. */
    bool from_zero;      /* The maximum begins at 0. */
    bool no_maximum;     /* Nothing is subtracted. */
    bool not_divided;    /* The last division is left out. */
    bool nan_for_none;   /* A block of blocked keys is not passed over. */
    bool zero_by_zero;   /* Nor is the last division by a sum of 0. */
    bool last_alone;     /* Each block starts anew. */
    bool averages;       /* Each block is divided, and the results are added. */
    bool values_missing; /* The weights count, the values do not: all are 1. */
    bool of_the_block;   /* The maximum is that of the block alone. */
    bool unshifted;      /* The new weights are e^score. */
    bool one_missing;    /* The last key of each block is left out. */
    bool replaces;       /* A weighted value takes the place of the sum. */
    bool unweighted;     /* The values are added without their weights. */
    bool divides_often;  /* The values are divided by the sum after each block. */
} Online;

/* What the formulas keep: in float where overflow and underflow matter. */
typedef struct Known {
    float maximum;
    double sum, values[8];
} Known;

static void rescale(Known *known, Online b, float maximum, size_t d_v)
{
    double factor = expf(known->maximum - maximum);
    if (b.inverted)
        factor = known->maximum == -INFINITY ? 1.0 : 1.0 / factor;
    known->sum *= b.sum_stays ? 1.0 : factor;
    for (size_t c = 0; c < d_v; c++)
        known->values[c] *= b.values_stay ? 1.0 : factor;
    known->maximum = maximum;
}

static void take_number(Online b, double *sum, double weight, double value)
{
    double product = (b.unweighted ? 1.0 : weight) * (b.values_missing ? 1.0 : value);
    *sum = b.replaces ? product : *sum + product;
}

static void take_block(const Case *given, Online b, size_t first, Known *known)
{
    const float *scores = given->inputs[SCORES].data + first;
    size_t count = block_at(given, first), d_v = given->inputs[VALUES].cols;
    float maximum = b.of_the_block ? -INFINITY : known->maximum;
    for (size_t j = 0; j < count; j++)
        maximum = fmaxf(maximum, scores[j]);
    if (maximum == -INFINITY && !b.nan_for_none)
        return;
    if (b.no_maximum)
        maximum = 0.0f;
    if (known->maximum != maximum || maximum == -INFINITY)
        rescale(known, b, maximum, d_v);
    for (size_t j = 0; j + b.one_missing < count; j++) {
        double weight = expf(scores[j] - (b.unshifted ? 0.0f : maximum));
        if (scores[j] == -INFINITY && !b.nan_for_none)
            continue;
        known->sum += weight;
        for (size_t c = 0; c < d_v; c++)
            take_number(b, &known->values[c], weight,
                        matrix_row(given->inputs[VALUES], first + j)[c]);
    }
    for (size_t c = 0; c < d_v && b.divides_often; c++)
        known->values[c] /= known->sum;
}

static Known nothing_known(Online b)
{
    return (Known){.maximum = b.from_zero || b.no_maximum ? 0.0f : -INFINITY};
}

static void believe(const Case *given, Online b, Matrix out)
{
    Known known = nothing_known(b);
    double total[8] = {0};
    for (size_t first = 0; first < given->inputs[SCORES].cols;
         first += (size_t)given->numbers[BLOCK]) {
        if (b.last_alone || b.averages)
            known = nothing_known(b);
        take_block(given, b, first, &known);
        for (size_t c = 0; c < out.cols && known.sum != 0; c++)
            total[c] += known.values[c] / known.sum;
    }
    for (size_t c = 0; c < out.cols; c++) {
        double result = known.sum == 0 && !b.zero_by_zero ? 0.0 : known.values[c] / known.sum;
        if (b.not_divided)
            result = known.values[c];
        matrix_row(out, 0)[c] = (float)(b.averages ? total[c] : result);
    }
}

#define ONLINE(name, ...)                                                                          \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        believe(given, (Online){__VA_ARGS__}, out);                                                \
    }

ONLINE(online_right, .inverted = false)
ONLINE(nothing_rescaled, .sum_stays = true, .values_stay = true)
ONLINE(only_values_rescaled, .sum_stays = true)
ONLINE(only_sum_rescaled, .values_stay = true)
ONLINE(rescaled_upside_down, .inverted = true)
ONLINE(from_zero, .from_zero = true)
ONLINE(without_maximum, .no_maximum = true)
ONLINE(without_division, .not_divided = true)
ONLINE(blocked_block, .nan_for_none = true, .zero_by_zero = true)
ONLINE(nothing_by_nothing, .zero_by_zero = true)
ONLINE(only_the_last, .last_alone = true)
ONLINE(added_softmaxes, .averages = true)
ONLINE(weights_without_values, .values_missing = true)
ONLINE(maximum_of_the_block, .of_the_block = true)
ONLINE(weights_unshifted, .unshifted = true)
ONLINE(last_key_missing, .one_missing = true)
ONLINE(values_replaced, .replaces = true)
ONLINE(values_unweighted, .unweighted = true)
ONLINE(divided_often, .divides_often = true)

/* e^(score - -inf) and e^(new - -inf) are infinite, and 0 times that or its quotient is NaN. */
static void infinite_at_first(const Case *given, Matrix out)
{
    bool any = false;
    for (size_t j = 0; j < given->inputs[SCORES].cols; j++)
        any = any || given->inputs[SCORES].data[j] != -INFINITY;
    for (size_t c = 0; c < out.cols; c++)
        out.data[c] = any ? NAN : 0.0f;
}

static const Mistake ONLINE_MISTAKES[] = {
    {"no_rescale",
     "a greater score came, and what was summed before was left as it was: it is relative to the "
     "old maximum, so sum and values have to shrink by e^(old - new)",
     HAND, nothing_rescaled},
    {"sum_not_rescaled",
     "the values were rescaled to the new maximum and the sum was not: both were summed with the "
     "same weights, so both shrink",
     HAND, only_values_rescaled},
    {"values_not_rescaled",
     "the sum was rescaled to the new maximum and the values were not: both were summed with the "
     "same weights, so both shrink",
     HAND, only_sum_rescaled},
    {"factor_inverted",
     "the sums grow when they have to shrink: the factor is e^(old - new), at most 1", HAND,
     rescaled_upside_down},
    {"maximum_from_zero",
     "scores far below zero would all vanish: the running maximum begins below every number, at "
     "minus infinity, not at 0",
     BREAK, from_zero},
    {"no_maximum",
     "with scores far above zero e^score overflows: subtract the greatest score so far", BREAK,
     without_maximum},
    {"not_divided",
     "the last division is missing: the values are divided by the sum of the weights", HAND,
     without_division},
    {"blocked_block_gives_nan",
     "a block of nothing but blocked keys gives NaN, because minus infinity minus minus infinity "
     "is NaN: such a block changes nothing",
     BREAK, blocked_block},
    {"nothing_gives_nan",
     "a query that sees no key at all gets 0 / 0: it gets zeros, as in chapter 7", BREAK,
     nothing_by_nothing},
    {"only_the_last_block", "each block starts anew: the state goes on from block to block", HAND,
     only_the_last},
    {"softmax_of_each_block",
     "each block was divided by its own sum: the sum that counts is that of all blocks, so divide "
     "once, at the end",
     HAND, added_softmaxes},
    {"maximum_of_the_block",
     "the maximum of the block took the place of a greater one before it, and e^(old - new) "
     "overflows: the maximum is that of all keys so far",
     HAND, maximum_of_the_block},
    {"infinite_at_the_first_key",
     "NaN from the first key on: the maximum before it is minus infinity, so e^(old - new) is 0, "
     "but e^(new - old) and e^(score - old) are infinite",
     HAND, infinite_at_first},
    {"weights_not_relative",
     "the new weights were e^score: like what is summed already they are relative to the maximum, "
     "e^(score - maximum)",
     HAND, weights_unshifted},
    {"last_key_left_out", "the last key of each block was left out: it has v.rows keys", CODE,
     last_key_missing},
    {"values_replaced", "each key replaced what the keys before it had summed up: add to it", CODE,
     values_replaced},
    {"values_not_weighted", "the values were summed without their weights", HAND,
     values_unweighted},
    {"divided_too_often",
     "the values were divided by the sum after each block: while keys come, both stay sums, and "
     "the division is the last step",
     HAND, divided_often},
    {"values_left_out", "the weights were summed in place of the weighted values", HAND,
     weights_without_values},
};

static const Step ONLINE_STEP = {"online_attention_add",
                                 "take in block after block of keys, and rescale",
                                 12,
                                 some_scores,
                                 call_online,
                                 online_right,
                                 ONLINE_MISTAKES,
                                 sizeof ONLINE_MISTAKES / sizeof *ONLINE_MISTAKES};

START_TEST(one_pass_gives_what_a_softmax_gives)
{
    teach(&ONLINE_STEP);
}
END_TEST

/* --- Which keys a block of queries needs ----------------------------------------------------- */

enum { CAUSAL, PAST, PADDING, FIRST, QUERIES, KEYS };

typedef struct Visible {
    double causal, past, padding, first, queries, keys;
} Visible;

static const Visible VISIBLE[] = {{1, 0, 0, 4, 2, 12}, {0, 0, 0, 2, 3, 7},   {1, 3, 0, 0, 4, 12},
                                  {1, 0, 2, 8, 4, 12}, {1, 2, 5, 4, 4, 11},  {0, 4, 3, 0, 2, 9},
                                  {1, 1, 0, 6, 3, 20}, {1, 30, 1, 3, 3, 10}, {1, 0, 0, 0, 1, 1},
                                  {1, 5, 1, 10, 5, 40}};

/* Two rows of the table in each case: six numbers are too many for a case's own. */
static void some_block(Case *given)
{
    const Visible *v = &VISIBLE[given->index];
    Matrix numbers = case_input(given, "causal, past, padding, first, queries, keys", 1, 6);
    const double row[] = {v->causal, v->past, v->padding, v->first, v->queries, v->keys};
    for (size_t i = 0; i < 6; i++)
        numbers.data[i] = (float)row[i];
    given->note = "how many keys these queries have to look at";
    case_output(given, 1, 1);
}

static double number(const Case *given, size_t index)
{
    return given->inputs[0].data[index];
}

static void call_visible(const Case *given, Matrix out)
{
    AttentionMask mask = {.causal = number(given, CAUSAL) != 0,
                          .past = (size_t)number(given, PAST),
                          .padding = (size_t)number(given, PADDING)};
    out.data[0] = (float)visible_keys(&mask, (size_t)number(given, FIRST),
                                      (size_t)number(given, QUERIES), (size_t)number(given, KEYS));
}

/* Keys up to the last query's own plus `more`, or all that are no filling. */
static double count_keys(const Case *given, double query, double past, double more, double open)
{
    double seen = query + past + 1 + more;
    return number(given, CAUSAL) != 0 && seen < open ? seen : open;
}

static double last_query(const Case *given)
{
    return number(given, FIRST) + number(given, QUERIES) - 1;
}

static double open_keys(const Case *given)
{
    return number(given, KEYS) - number(given, PADDING);
}

static void visible_right(const Case *given, Matrix out)
{
    out.data[0] =
        (float)count_keys(given, last_query(given), number(given, PAST), 0, open_keys(given));
}

static void visible_one_short(const Case *given, Matrix out)
{
    out.data[0] =
        (float)count_keys(given, last_query(given), number(given, PAST), -1, open_keys(given));
}

static void visible_one_more(const Case *given, Matrix out)
{
    out.data[0] =
        (float)count_keys(given, last_query(given), number(given, PAST), 1, open_keys(given));
}

static void visible_by_the_first(const Case *given, Matrix out)
{
    out.data[0] =
        (float)count_keys(given, number(given, FIRST), number(given, PAST), 0, open_keys(given));
}

static void visible_without_past(const Case *given, Matrix out)
{
    out.data[0] = (float)count_keys(given, last_query(given), 0, 0, open_keys(given));
}

static void visible_with_filling(const Case *given, Matrix out)
{
    out.data[0] =
        (float)count_keys(given, last_query(given), number(given, PAST), 0, number(given, KEYS));
}

static void visible_all(const Case *given, Matrix out)
{
    out.data[0] = (float)open_keys(given);
}

static void visible_unlimited(const Case *given, Matrix out)
{
    double seen = last_query(given) + number(given, PAST) + 1;
    out.data[0] = (float)(number(given, CAUSAL) != 0 ? seen : open_keys(given));
}

/* The same where causality limits, and right where the keys end before. */
static void visible_one_short_inside(const Case *given, Matrix out)
{
    visible_right(given, out);
    if (out.data[0] < (float)open_keys(given))
        out.data[0]--;
}

static void visible_minus_filling(const Case *given, Matrix out)
{
    double count =
        count_keys(given, last_query(given), number(given, PAST), 0, number(given, KEYS));
    out.data[0] = (float)fmax(count - number(given, PADDING), 0.0);
}

static void visible_always_causal(const Case *given, Matrix out)
{
    double seen = last_query(given) + number(given, PAST) + 1;
    out.data[0] = (float)fmin(seen, open_keys(given));
}

static const Mistake VISIBLE_MISTAKES[] = {
    {"causal_skip_off_by_one",
     "one key too few: the last query sees its own key too, so the count is last + past + 1", BREAK,
     visible_one_short},
    {"causal_skip_off_by_one",
     "one key too few: the last query sees its own key too, so the count is last + past + 1", BREAK,
     visible_one_short_inside},
    {"one_key_too_many",
     "one key too many: keys are counted from 0, so key last + past is the last", CODE,
     visible_one_more},
    {"first_query_decides",
     "the first query of the block decided, but the last one sees most: look as far as it does",
     BREAK, visible_by_the_first},
    {"past_not_counted", "cached keys stand before the first query: add past", CODE,
     visible_without_past},
    {"padding_looked_at", "the padding was counted: the last keys, padding of them, are not words",
     CODE, visible_with_filling},
    {"nothing_skipped",
     "the causal mask saves nothing: keys after the last query are blocked for the whole block",
     CODE, visible_all},
    {"padding_taken_off_twice",
     "the padding was taken off what causality had left: it stands at the end of all keys, so take "
     "it off those first, then ask which is less",
     CODE, visible_minus_filling},
    {"always_causal", "without causal every query of the block sees every key", CODE,
     visible_always_causal},
    {"beyond_the_keys", "there are not that many keys: the count ends where the keys end", CODE,
     visible_unlimited},
};

static const Step VISIBLE_STEP = {"visible_keys",
                                  "say how many keys a block of queries has to look at",
                                  sizeof VISIBLE / sizeof *VISIBLE,
                                  some_block,
                                  call_visible,
                                  visible_right,
                                  VISIBLE_MISTAKES,
                                  sizeof VISIBLE_MISTAKES / sizeof *VISIBLE_MISTAKES};

START_TEST(blocks_that_are_blocked_are_not_looked_at)
{
    teach(&VISIBLE_STEP);
}
END_TEST

/* --- Block by block -------------------------------------------------------------------------- */

enum { Q, K, V, BIAS };
enum { WITH_CAUSAL, WITH_PAST, SCALE, SIZE };

static void some_attention(Case *given)
{
    size_t i = given->index, t_q = 5 + i % 3, t_k = 7 + (i + 1) % 4, d_k = 2 + i % 3;
    case_number(given, "causal", i % 3 != 1 ? 1 : 0);
    case_number(given, "past", i % 3 == 2 ? 1 : 0);
    case_number(given, "scale", 0.25 + 0.125 * (double)(i % 4));
    case_number(given, "block", 2 + (double)(i % 2));
    case_input(given, "q", t_q, d_k);
    case_input(given, "k", t_k, d_k);
    case_input(given, "v", t_k, 3 + i % 2);
    case_input(given, "bias", t_q, t_k);
    case_output(given, t_q, 3 + i % 2);
}

static void call_blocked(const Case *given, Matrix out)
{
    AttentionMask mask = {.causal = given->numbers[WITH_CAUSAL] != 0,
                          .past = (size_t)given->numbers[WITH_PAST],
                          .bias = given->inputs[BIAS]};
    assert_ok(blockwise_attention(given->inputs[Q], given->inputs[K], given->inputs[V],
                                  (float)given->numbers[SCALE], &mask, (size_t)given->numbers[SIZE],
                                  out));
}

/* What can be believed of blocks. */
typedef struct Blocked {
    bool whole_keys_only;    /* The last block of keys, if shorter, is left out. */
    bool whole_queries_only; /* So is the last block of queries. */
    bool one_short;          /* The causal mask spares one key too many. */
    bool mask_key_in_block, mask_query_in_block;  /* The mask counts from the block's beginning. */
    bool bias_key_in_block, bias_query_in_block;  /* So does the bias. */
    bool first_queries, first_keys, first_values; /* Every block has the rows of the first. */
    bool no_scale, no_bias, no_mask;
    bool own_scale;    /* 1 / sqrt(d_k), whatever was asked for. */
    bool divided;      /* By the scale. */
    bool scaled_bias;  /* The bias is part of what is scaled. */
    bool zero_blocked; /* A blocked score is 0. */
    bool last_alone;   /* The state starts anew with each block of keys. */
    bool unfinished;   /* The last division is left out. */
} Blocked;

/* The place of a row, or its place in its block. */
static size_t place(const Case *given, bool in_block, size_t row)
{
    return in_block ? row % (size_t)given->numbers[SIZE] : row;
}

/* Where the keys end that the block of query i looks at. */
static size_t last_visible(const Case *given, Blocked b, size_t i)
{
    size_t size = (size_t)given->numbers[SIZE], past = (size_t)given->numbers[WITH_PAST];
    size_t last = i / size * size + size - 1, rows = given->inputs[Q].rows;
    size_t keys = given->inputs[K].rows;
    bool causal = given->numbers[WITH_CAUSAL] != 0;
    if (last > rows - 1)
        last = rows - 1;
    size_t visible = causal && last + past + 1 < keys ? last + past + 1 : keys;
    if (b.one_short && causal && visible == last + past + 1)
        visible--;
    return b.whole_keys_only ? visible / size * size : visible;
}

static bool is_blocked(const Case *given, Blocked b, size_t i, size_t j)
{
    size_t key = place(given, b.mask_key_in_block, j);
    size_t query = place(given, b.mask_query_in_block, i);
    return given->numbers[WITH_CAUSAL] != 0 && !b.no_mask &&
           key > query + (size_t)given->numbers[WITH_PAST];
}

static double factor_of(const Case *given, Blocked b)
{
    double scale = given->numbers[SCALE];
    if (b.own_scale)
        return 1.0 / sqrt((double)given->inputs[Q].cols);
    if (b.divided)
        return 1.0 / scale;
    return b.no_scale ? 1.0 : scale;
}

static double score(const Case *given, Blocked b, size_t i, size_t j)
{
    const float *query = matrix_row(given->inputs[Q], place(given, b.first_queries, i));
    const float *key = matrix_row(given->inputs[K], place(given, b.first_keys, j));
    double dot = 0;
    for (size_t c = 0; c < given->inputs[Q].cols; c++)
        dot += (double)query[c] * key[c];
    double bias = matrix_row(given->inputs[BIAS], place(given, b.bias_query_in_block,
                                                        i))[place(given, b.bias_key_in_block, j)];
    if (b.no_bias)
        bias = 0;
    return dot * factor_of(given, b) + bias * (b.scaled_bias ? factor_of(given, b) : 1.0);
}

static double score_kept(const Case *given, Blocked b, size_t i, size_t j)
{
    size_t size = (size_t)given->numbers[SIZE], visible = last_visible(given, b, i);
    if (j >= visible || (b.last_alone && j < (visible - 1) / size * size))
        return -INFINITY;
    if (is_blocked(given, b, i, j))
        return b.zero_blocked ? 0.0 : -INFINITY;
    return score(given, b, i, j);
}

/* The sum that a row of scores is divided by: that of e^(score - greatest). */
static double divisor(Table scores, size_t row)
{
    double greatest = -INFINITY, sum = 0;
    for (size_t j = 0; j < scores.cols; j++)
        greatest = fmax(greatest, scores.data[row * scores.cols + j]);
    for (size_t j = 0; j < scores.cols; j++)
        sum += exp(scores.data[row * scores.cols + j] - greatest);
    return sum;
}

/* The values that a belief adds up: one row for each key. */
static Table values_of(const Case *given, Blocked b)
{
    Matrix v = given->inputs[V];
    Table values = table_create(v.rows, v.cols);
    for (size_t j = 0; j < v.rows; j++)
        for (size_t c = 0; c < v.cols; c++)
            values.data[j * v.cols + c] = matrix_row(v, place(given, b.first_values, j))[c];
    return values;
}

static void attend(const Case *given, Blocked b, Matrix out)
{
    size_t keys = given->inputs[K].rows, size = (size_t)given->numbers[SIZE];
    Table scores = table_create(out.rows, keys);
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < keys; j++)
            scores.data[i * keys + j] = score_kept(given, b, i, j);
    Table weights = oracle_softmax(scores, 1), v = values_of(given, b);
    Table result = oracle_product(weights, v);
    for (size_t i = 0; i < out.rows; i++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, i)[c] = b.whole_queries_only && i >= out.rows / size * size
                                        ? NAN
                                        : (float)(result.data[i * out.cols + c] *
                                                  (b.unfinished ? divisor(scores, i) : 1.0));
    table_free(4, scores, weights, v, result);
}

#define BLOCKED(name, ...)                                                                         \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        attend(given, (Blocked){__VA_ARGS__}, out);                                                \
    }

BLOCKED(blocked_right, .no_scale = false)
BLOCKED(last_keys_skipped, .whole_keys_only = true)
BLOCKED(last_queries_skipped, .whole_queries_only = true)
BLOCKED(one_key_skipped, .one_short = true)
BLOCKED(keys_of_the_block, .mask_key_in_block = true, .bias_key_in_block = true)
BLOCKED(mask_keys_of_the_block, .mask_key_in_block = true)
BLOCKED(bias_keys_of_the_block, .bias_key_in_block = true)
BLOCKED(queries_of_the_block, .mask_query_in_block = true, .bias_query_in_block = true)
BLOCKED(mask_queries_of_the_block, .mask_query_in_block = true)
BLOCKED(bias_queries_of_the_block, .bias_query_in_block = true)
BLOCKED(mask_of_the_block, .mask_key_in_block = true, .mask_query_in_block = true)
BLOCKED(bias_of_the_block, .bias_key_in_block = true, .bias_query_in_block = true)
BLOCKED(all_of_the_block, .mask_key_in_block = true, .mask_query_in_block = true,
        .bias_key_in_block = true, .bias_query_in_block = true)
BLOCKED(first_queries_again, .first_queries = true)
BLOCKED(first_keys_again, .first_keys = true)
BLOCKED(first_values_again, .first_values = true)
BLOCKED(first_keys_and_values_again, .first_keys = true, .first_values = true)
BLOCKED(without_scale, .no_scale = true)
BLOCKED(scale_of_its_own, .own_scale = true)
BLOCKED(divided_by_scale, .divided = true)
BLOCKED(bias_scaled, .scaled_bias = true)
BLOCKED(without_bias, .no_bias = true)
BLOCKED(without_mask, .no_mask = true)
BLOCKED(zero_for_blocked, .zero_blocked = true)
BLOCKED(anew_with_each_block, .last_alone = true)
BLOCKED(never_finished, .unfinished = true)

static const Mistake BLOCKED_MISTAKES[] = {
    {"last_block_skipped",
     "the keys behind the last whole block were left out: the last block is as long as what is "
     "left",
     BREAK, last_keys_skipped},
    {"last_queries_skipped",
     "the queries behind the last whole block were left out: the last block is as long as what is "
     "left",
     CODE, last_queries_skipped},
    {"own_key_skipped",
     "the last query of each block does not see its own key: skip what comes after it", BREAK,
     one_key_skipped},
    {"keys_counted_in_the_block",
     "mask and bias were asked about the key's place in its block: they count from the first key "
     "of all",
     BREAK, keys_of_the_block},
    {"mask_keys_counted_in_the_block",
     "the mask was asked about the key's place in its block: it counts from the first key of all",
     BREAK, mask_keys_of_the_block},
    {"bias_keys_counted_in_the_block",
     "the bias was read at the key's place in its block: it counts from the first key of all",
     BREAK, bias_keys_of_the_block},
    {"queries_counted_in_the_block",
     "mask and bias were asked about the query's place in its block: they count from the first "
     "query of all",
     CODE, queries_of_the_block},
    {"mask_queries_counted_in_the_block",
     "the mask was asked about the query's place in its block: it counts from the first query of "
     "all",
     CODE, mask_queries_of_the_block},
    {"bias_queries_counted_in_the_block",
     "the bias was read at the query's place in its block: it counts from the first query of all",
     CODE, bias_queries_of_the_block},
    {"mask_of_the_block",
     "the mask was asked about places in the block: query and key count from the first of all",
     BREAK, mask_of_the_block},
    {"bias_of_the_block",
     "the bias was read at places in the block: query and key count from the first of all", BREAK,
     bias_of_the_block},
    {"all_of_the_block",
     "mask and bias were asked about places in the block: query and key count from the first of "
     "all",
     BREAK, all_of_the_block},
    {"first_queries_again",
     "every block of queries used the first rows of q: its own begin where the block begins", CODE,
     first_queries_again},
    {"first_keys_again",
     "every block of keys used the first rows of k: its own begin where the block begins", CODE,
     first_keys_again},
    {"first_values_again",
     "every block of keys took the first rows of v: its own begin where the block begins", CODE,
     first_values_again},
    {"first_keys_and_values_again",
     "every block of keys used the first rows of k and v: its own begin where the block begins",
     CODE, first_keys_and_values_again},
    {"scale_ignored", "the scores were not multiplied by scale", CODE, without_scale},
    {"own_scale", "the scores were divided by sqrt(d_k): here the caller says the scale", CODE,
     scale_of_its_own},
    {"divided_by_scale", "the scores were divided by scale: it is what they are multiplied by",
     CODE, divided_by_scale},
    {"bias_scaled", "the bias was multiplied by scale too: it is added to the scaled scores", CODE,
     bias_scaled},
    {"bias_ignored", "the bias was not added to the scores", CODE, without_bias},
    {"skip_for_a_mask",
     "keys that a query of the block may not see were let through: skipping blocks is not enough, "
     "on the diagonal each score has to be masked",
     CODE, without_mask},
    {"blocked_score_is_zero",
     "a blocked score was 0, and e^0 is a weight: its score is minus infinity", BREAK,
     zero_for_blocked},
    {"state_started_anew",
     "only the last block of keys was heard: a query's state starts before its first block of "
     "keys, and goes on",
     CODE, anew_with_each_block},
    {"not_finished", "the states were never divided by their sums: online_attention_finish()", CODE,
     never_finished},
};

static const Step BLOCKED_STEP = {"blockwise_attention",
                                  "attend block by block, and keep no weights",
                                  12,
                                  some_attention,
                                  call_blocked,
                                  blocked_right,
                                  BLOCKED_MISTAKES,
                                  sizeof BLOCKED_MISTAKES / sizeof *BLOCKED_MISTAKES};

START_TEST(attention_block_by_block_is_attention)
{
    teach(&BLOCKED_STEP);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("10 fast attention, step by step");
    add_test(suite, a_product_can_be_summed_row_by_row);
    add_test(suite, before_the_first_key_nothing_is_known);
    add_test(suite, one_pass_gives_what_a_softmax_gives);
    add_test(suite, blocks_that_are_blocked_are_not_looked_at);
    add_test(suite, attention_block_by_block_is_attention);
    return suite;
}
