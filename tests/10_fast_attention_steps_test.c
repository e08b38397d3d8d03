/* Chapter 10, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "fast_attention.h"
#include "oracle.h"

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

/* --- One pass over the keys ------------------------------------------------------------------ */

enum { SCORES, VALUES };
enum { BLOCK };

/* Scores that grow, that are far below and far above zero, and that are blocked. */
static void some_scores(Case *given)
{
    size_t i = given->index, keys = 5 + i % 4, d_v = 2 + i % 3, block = 2 + i % 2;
    float shift = i % 4 == 1 ? -200.0f : i % 4 == 2 ? 200.0f : 0.0f;
    case_number(given, "block", (double)block);
    Matrix scores = case_input(given, "scores", 1, keys);
    case_input(given, "v", keys, d_v);
    for (size_t j = 0; j < keys; j++)
        scores.data[j] = scores.data[j] / 2 + (float)j / 2 + shift;
    for (size_t j = 0; j < block && i % 4 == 3; j++)
        scores.data[j] = -INFINITY;
    for (size_t j = 0; j < keys && i == 7; j++)
        scores.data[j] = -INFINITY;
    given->note = i == 7       ? "every key is blocked"
                  : i % 4 == 3 ? "every key of the first block is blocked"
                               : "the blocks are taken in one after the other, the last is shorter";
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

static void take_block(const Case *given, Online b, size_t first, Known *known)
{
    const float *scores = given->inputs[SCORES].data + first;
    size_t count = block_at(given, first), d_v = given->inputs[VALUES].cols;
    float maximum = known->maximum;
    for (size_t j = 0; j < count; j++)
        maximum = fmaxf(maximum, scores[j]);
    if (maximum == -INFINITY && !b.nan_for_none)
        return;
    if (b.no_maximum)
        maximum = 0.0f;
    if (known->maximum != maximum || maximum == -INFINITY)
        rescale(known, b, maximum, d_v);
    for (size_t j = 0; j < count; j++) {
        double weight = expf(scores[j] - maximum);
        if (scores[j] == -INFINITY && !b.nan_for_none)
            continue;
        known->sum += weight;
        for (size_t c = 0; c < d_v; c++)
            known->values[c] +=
                weight *
                (b.values_missing ? 1.0 : (double)matrix_row(given->inputs[VALUES], first + j)[c]);
    }
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
     "with scores far below zero everything vanishes: the running maximum begins below every "
     "number, at minus infinity, not at 0",
     BREAK, from_zero},
    {"no_maximum",
     "with scores far above zero e^score overflows: subtract the greatest score so far", BREAK,
     without_maximum},
    {"not_divided",
     "the last division is missing: the values are divided by the sum of the weights", HAND,
     without_division},
    {"blocked_block_gives_nan",
     "a block of nothing but blocked keys gives NaN, for minus infinity minus minus infinity is "
     "NaN: such a block changes nothing",
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
                                 12};

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

static const Mistake VISIBLE_MISTAKES[] = {
    {"causal_skip_off_by_one",
     "one key too few: the last query sees its own key too, so the count is last + past + 1", BREAK,
     visible_one_short},
    {"one_key_too_many",
     "one key too many: keys are counted from 0, so key last + past is the last", CODE,
     visible_one_more},
    {"first_query_decides",
     "the first query of the block decided, but the last one sees most: look as far as it does",
     BREAK, visible_by_the_first},
    {"past_not_counted", "cached keys stand before the first query: add past", CODE,
     visible_without_past},
    {"filling_looked_at", "the filling was counted: the last keys, padding of them, are no words",
     CODE, visible_with_filling},
    {"nothing_skipped",
     "the causal mask spares nothing: keys after the last query are blocked for "
     "the whole block",
     CODE, visible_all},
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
                                  7};

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
    assert_ok(blocked_attention(given->inputs[Q], given->inputs[K], given->inputs[V],
                                (float)given->numbers[SCALE], &mask, (size_t)given->numbers[SIZE],
                                out));
}

/* What can be believed of blocks. */
typedef struct Blocked {
    bool whole_keys_only;    /* The last block of keys, if shorter, is left out. */
    bool whole_queries_only; /* So is the last block of queries. */
    bool one_short;          /* The causal mask spares one key too many. */
    bool key_in_block;       /* Mask and bias count keys from the block's beginning. */
    bool query_in_block;     /* They count queries from the block's beginning. */
    bool no_scale, no_bias, no_mask;
} Blocked;

static bool is_seen(const Case *given, Blocked b, size_t i, size_t j)
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
    if (b.whole_keys_only)
        visible = visible / size * size;
    size_t key = b.key_in_block ? j % size : j, query = b.query_in_block ? i % size : i;
    return j < visible && (!causal || b.no_mask || key <= query + past);
}

static double score(const Case *given, Blocked b, size_t i, size_t j)
{
    size_t size = (size_t)given->numbers[SIZE];
    double dot = 0;
    for (size_t c = 0; c < given->inputs[Q].cols; c++)
        dot += (double)matrix_row(given->inputs[Q], i)[c] * matrix_row(given->inputs[K], j)[c];
    if (!b.no_scale)
        dot *= given->numbers[SCALE];
    if (!b.no_bias)
        dot += matrix_row(given->inputs[BIAS],
                          b.query_in_block ? i % size : i)[b.key_in_block ? j % size : j];
    return dot;
}

static void attend(const Case *given, Blocked b, Matrix out)
{
    size_t keys = given->inputs[K].rows, size = (size_t)given->numbers[SIZE];
    Table scores = table_create(out.rows, keys);
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < keys; j++)
            scores.data[i * keys + j] = is_seen(given, b, i, j) ? score(given, b, i, j) : -INFINITY;
    Table weights = oracle_softmax(scores, 1), v = table_of(given->inputs[V]);
    Table result = oracle_product(weights, v);
    for (size_t i = 0; i < out.rows; i++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, i)[c] = b.whole_queries_only && i >= out.rows / size * size
                                        ? NAN
                                        : (float)result.data[i * out.cols + c];
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
BLOCKED(keys_of_the_block, .key_in_block = true)
BLOCKED(queries_of_the_block, .query_in_block = true)
BLOCKED(without_scale, .no_scale = true)
BLOCKED(without_bias, .no_bias = true)
BLOCKED(without_mask, .no_mask = true)

static const Mistake BLOCKED_MISTAKES[] = {
    {"last_block_skipped",
     "the keys behind the last whole block were left out: the last block is as long as what is "
     "left",
     BREAK, last_keys_skipped},
    {"last_queries_skipped",
     "the queries behind the last whole block were left out: the last block is as long as what is "
     "left",
     CODE, last_queries_skipped},
    {"causal_skip_off_by_one",
     "the last query of each block does not see its own key: skip what comes after it", BREAK,
     one_key_skipped},
    {"keys_counted_in_the_block",
     "mask and bias were asked about the key's place in its block: they count from the first key "
     "of all",
     BREAK, keys_of_the_block},
    {"queries_counted_in_the_block",
     "mask and bias were asked about the query's place in its block: they count from the first "
     "query of all",
     CODE, queries_of_the_block},
    {"scale_ignored", "the scores were not multiplied by scale", CODE, without_scale},
    {"bias_ignored", "the bias was not added to the scores", CODE, without_bias},
    {"skip_for_a_mask",
     "keys that a query of the block may not see were let through: skipping blocks is not enough, "
     "on the diagonal each score has to be masked",
     CODE, without_mask},
};

static const Step BLOCKED_STEP = {"blocked_attention",
                                  "attend block by block, and keep no weights",
                                  12,
                                  some_attention,
                                  call_blocked,
                                  blocked_right,
                                  BLOCKED_MISTAKES,
                                  8};

START_TEST(attention_block_by_block_is_attention)
{
    teach(&BLOCKED_STEP);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("10 fast attention, step by step");
    add_test(suite, a_product_can_be_summed_row_by_row);
    add_test(suite, one_pass_gives_what_a_softmax_gives);
    add_test(suite, blocks_that_are_blocked_are_not_looked_at);
    add_test(suite, attention_block_by_block_is_attention);
    return suite;
}
