/* Chapter 7, step by step: what each function must do, and the misunderstandings it can show. */
#include "teach.h"

#include "masking.h"
#include "oracle.h"

#include <math.h>
#include <stdbool.h>

static const char WHO[] = "lesson 7, \"By hand\"";
static const char PADDING[] = "lesson 7, \"Words that are no words\"";
static const char FORMULA[] = "lesson 7, \"Formula, shapes, C\"";
static const char LEAK[] = "lesson 7, \"The future does not leak\"";
static const char NOBODY[] = "lesson 7, \"Nobody to attend to\"";
static const char CODE[] = "lesson 7, \"The code, in four steps\"";
static const char BREAK[] = "lesson 7, \"Break it\"";

/* --- Who may attend to whom --------------------------------------------------------------------
 */

enum { CAUSAL, PAST, FILLING, SCALE };
enum { Q, K, BIAS, ALLOWED };
enum { TABLE_ALLOWED, TABLE_BIAS };

/* Numbers of a mask: every combination of causal and padding comes, with and without a past. */
static void some_mask(Case *given, size_t t_k)
{
    size_t i = given->index;
    case_number(given, "causal", i % 3 != 1 ? 1 : 0);
    case_number(given, "past", i % 3 == 2 ? 1 : 0);
    case_number(given, "padding", i % 2 == 1 ? (double)(t_k > 2 ? 2 : 1) : 0);
}

static AttentionMask mask_of(const Case *given)
{
    return (AttentionMask){.causal = given->numbers[CAUSAL] != 0,
                           .past = (size_t)given->numbers[PAST],
                           .padding = (size_t)given->numbers[FILLING]};
}

static void a_table(Case *given)
{
    size_t i = given->index, t_q = 3 + i % 3, t_k = 4 + (i + 1) % 4;
    given->note = "the table of all queries and keys: 1 = may attend, 0 = blocked";
    some_mask(given, t_k);
    Matrix allowed = case_input(given, "allowed", t_q, t_k);
    for (size_t n = 0; n < t_q * t_k; n++)
        allowed.data[n] = random_between(&given->random, 0, 4) > 0 ? 1.0f : 0.0f;
    Matrix bias = case_input(given, "bias", t_q, t_k);
    for (size_t n = 0; n < t_q * t_k; n++)
        if (random_between(&given->random, 0, 5) == 0)
            bias.data[n] = -INFINITY;
    case_output(given, t_q, t_k);
}

static void call_may_attend(const Case *given, Matrix out)
{
    AttentionMask mask = mask_of(given);
    mask.allowed = given->inputs[TABLE_ALLOWED];
    mask.bias = given->inputs[TABLE_BIAS];
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = may_attend(&mask, r, c, out.cols) ? 1.0f : 0.0f;
}

static void call_mask_table(const Case *given, Matrix out)
{
    AttentionMask mask = mask_of(given);
    mask.allowed = given->inputs[TABLE_ALLOWED];
    mask.bias = given->inputs[TABLE_BIAS];
    assert_ok(mask_table(&mask, out));
}

/* How the causal triangle is drawn, and what else can be believed of a mask. */
typedef struct Belief {
    double shift;         /* Added to the last key that a query sees. */
    bool no_past;         /* Cached keys do not count. */
    bool past_taken_away; /* They count the wrong way. */
    bool mirrored;        /* The past is blocked in place of the future. */
    bool bottom_right;    /* The triangle ends in the last corner. */
    bool pads_queries;    /* Rows are filling, not columns. */
    bool pads_front;      /* The filling stands in front. */
    bool causal_alone;    /* A causal mask makes all others void. */
    bool inverted;        /* All is the other way round. */
    bool inverted_table;  /* In the table 1 means blocked. */
    bool no_padding;      /* The filling is not blocked. */
    bool no_bias;         /* Nor what the bias blocks. */
    bool causal_always;   /* Nobody asked for a causal mask. */
} Belief;

static bool in_triangle(const Case *given, Belief b, double r, double c, double t_q, double t_k)
{
    double past = b.no_past ? 0 : given->numbers[PAST];
    if (b.past_taken_away)
        past = -past;
    if (b.bottom_right)
        past = t_k - t_q;
    if (b.mirrored)
        return c >= r + past;
    return c <= r + past + b.shift;
}

static bool is_filling(const Case *given, Belief b, double r, double c, double t_q, double t_k)
{
    double filling = b.no_padding ? 0 : given->numbers[FILLING];
    if (b.pads_queries)
        return r >= t_q - filling;
    return b.pads_front ? c < filling : c >= t_k - filling;
}

static bool is_open(const Case *given, Belief b, size_t r, size_t c)
{
    bool one = matrix_row(given->inputs[TABLE_ALLOWED], r)[c] != 0;
    bool below = matrix_row(given->inputs[TABLE_BIAS], r)[c] == -INFINITY;
    return one != b.inverted_table && (b.no_bias || !below);
}

static bool sees(const Case *given, Belief b, size_t r, size_t c, Matrix out)
{
    double y = (double)r, x = (double)c, t_q = (double)out.rows, t_k = (double)out.cols;
    bool causal = given->numbers[CAUSAL] != 0 || b.causal_always;
    bool seen = !causal || in_triangle(given, b, y, x, t_q, t_k);
    if (!(causal && b.causal_alone))
        seen = seen && !is_filling(given, b, y, x, t_q, t_k) && is_open(given, b, r, c);
    return seen;
}

static void believe(const Case *given, Belief b, Matrix out)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = sees(given, b, r, c, out) != b.inverted ? 1.0f : 0.0f;
}

#define BELIEF(name, ...)                                                                          \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        believe(given, (Belief){__VA_ARGS__}, out);                                                \
    }

BELIEF(table_right, .shift = 0)
BELIEF(table_inverted, .inverted = true)
BELIEF(without_itself, .shift = -1)
BELIEF(one_ahead, .shift = 1)
BELIEF(past_blocked, .mirrored = true)
BELIEF(without_past, .no_past = true)
BELIEF(past_subtracted, .past_taken_away = true)
BELIEF(to_the_last_corner, .bottom_right = true)
BELIEF(queries_padded, .pads_queries = true)
BELIEF(front_padded, .pads_front = true)
BELIEF(causal_only, .causal_alone = true)
BELIEF(table_of_blocked, .inverted_table = true)
BELIEF(without_padding, .no_padding = true)
BELIEF(without_bias, .no_bias = true)
BELIEF(causal_unasked, .causal_always = true)

static const Mistake TABLE_MISTAKES[] = {
    {"polarity_inverted",
     "what may be seen is blocked, and what is blocked is seen: here 1 means may attend", FORMULA,
     table_inverted},
    {"diagonal_blocked",
     "a query does not see its own key: it must, or the first one sees nothing at all", WHO,
     without_itself},
    {"causal_off_by_one",
     "each query sees one key too many, the next word: query i sees the keys up to i + past", LEAK,
     one_ahead},
    {"causal_transposed",
     "the past is blocked and the future is seen: a key is blocked when it comes later than the "
     "query",
     BREAK, past_blocked},
    {"past_ignored", "the cached keys are not counted: query i stands at position i + past", CODE,
     without_past},
    {"past_subtracted",
     "past moves the triangle to the left: cached keys stand before the first query, so it sees "
     "more of them, not fewer",
     CODE, past_subtracted},
    {"aligned_bottom_right",
     "the triangle was drawn to the last corner: it starts at the top left, and only past moves it",
     CODE, to_the_last_corner},
    {"padding_masks_the_queries",
     "rows at the end are blocked, but it is the keys that are filling: block the last columns",
     PADDING, queries_padded},
    {"padding_from_the_front", "the first keys are blocked, but the filling stands at the end",
     PADDING, front_padded},
    {"allowed_ignored_when_causal",
     "with causal nothing else counts: a key is blocked if any of the rules blocks it", FORMULA,
     causal_only},
    {"allowed_inverted",
     "the table is read the other way round, the rest is right: in allowed 1 means may attend and "
     "0 means blocked",
     FORMULA, table_of_blocked},
    {"padding_ignored",
     "the filling is not blocked: the last keys, as many as padding says, are no words", PADDING,
     without_padding},
    {"bias_does_not_block",
     "a bias of minus infinity does not block: it makes the score minus infinity, whatever the "
     "score was, so it is a mask too",
     FORMULA, without_bias},
    {"always_causal", "the future is blocked though causal is false: ask for mask->causal first",
     CODE, causal_unasked},
};

static const Step MAY_ATTEND = {"may_attend",
                                "say which keys a query may attend to",
                                12,
                                a_table,
                                call_may_attend,
                                table_right,
                                TABLE_MISTAKES,
                                14};
static const Step TABLE = {"mask_table",
                           "write 1 where a query may attend, 0 where not",
                           12,
                           a_table,
                           call_mask_table,
                           table_right,
                           TABLE_MISTAKES,
                           14};

START_TEST(may_attend_knows_every_mask)
{
    teach(&MAY_ATTEND);
}
END_TEST

START_TEST(a_mask_can_be_written_out)
{
    teach(&TABLE);
}
END_TEST

/* --- Weights -----------------------------------------------------------------------------------
 */

static void some_attention(Case *given)
{
    size_t i = given->index, t_q = 2 + i % 3, t_k = 4 + i % 3, d_k = 2 + i % 3;
    some_mask(given, 2);
    case_number(given, "scale", 0.25 + 0.125 * (double)(i % 4));
    case_input(given, "q", t_q, d_k);
    case_input(given, "k", t_k, d_k);
    case_input(given, "bias", t_q, t_k);
    case_output(given, t_q, t_k);
}

/* The same with a table in which the last query may attend to nothing. */
static void nobody_to_attend_to(Case *given)
{
    some_attention(given);
    given->note = "the last query may attend to nothing";
    Matrix allowed = case_input(given, "allowed", given->out_rows, given->out_cols);
    for (size_t r = 0; r < allowed.rows; r++)
        for (size_t c = 0; c < allowed.cols; c++)
            matrix_row(allowed, r)[c] = r + 1 < allowed.rows ? 1.0f : 0.0f;
}

static AttentionMask whole_mask(const Case *given)
{
    AttentionMask mask = mask_of(given);
    mask.bias = given->inputs[BIAS];
    if (given->input_count > ALLOWED)
        mask.allowed = given->inputs[ALLOWED];
    return mask;
}

static void attend(const Case *given, Matrix v, Matrix weights, Matrix out)
{
    AttentionMask mask = whole_mask(given);
    float scale = (float)given->numbers[SCALE];
    assert_ok(masked_attention(given->inputs[Q], given->inputs[K], v, scale, &mask, weights, out));
}

static void call_weights(const Case *given, Matrix weights)
{
    Matrix out;
    assert_ok(matrix_create(weights.rows, given->inputs[K].cols, &out));
    attend(given, given->inputs[K], weights, out);
    matrix_free(&out);
}

/* How a blocked score and a bias are treated. */
typedef enum Way {
    RIGHT,
    AFTER_SOFTMAX,
    ZERO,
    TINY,
    TEN_THOUSAND,
    BIAS_TIMES,
    BIAS_FIRST,
    NO_BIAS,
    NAN_ROW,
    EQUAL_ROW,
    OWN_SCALE,
    NO_SOFTMAX
} Way;

static bool open_to(const Case *given, size_t i, size_t j, size_t keys)
{
    bool causal = given->numbers[CAUSAL] != 0 && (double)j > (double)i + given->numbers[PAST];
    bool filling = (double)j >= (double)keys - given->numbers[FILLING];
    bool table = given->input_count > ALLOWED && matrix_row(given->inputs[ALLOWED], i)[j] == 0;
    return !causal && !filling && !table;
}

static double score(const Case *given, Way way, size_t i, size_t j)
{
    Matrix q = given->inputs[Q], k = given->inputs[K];
    double dot = 0, bias = matrix_row(given->inputs[BIAS], i)[j];
    double scale = way == OWN_SCALE ? 1 / sqrt((double)q.cols) : given->numbers[SCALE];
    for (size_t c = 0; c < q.cols; c++)
        dot += (double)matrix_row(q, i)[c] * matrix_row(k, j)[c];
    double s = way == BIAS_FIRST ? (dot + bias) * scale : dot * scale;
    if (way == BIAS_TIMES)
        s *= bias;
    else if (way != BIAS_FIRST && way != NO_BIAS)
        s += bias;
    if (open_to(given, i, j, k.rows) || way == AFTER_SOFTMAX)
        return s;
    switch (way) {
    case ZERO: return 0;
    case TINY: return s - 1e-9;
    case TEN_THOUSAND: return (float)s - 1e4f; /* in float, as people do */
    default: return -INFINITY;
    }
}

static void weigh(const Case *given, Way way, Matrix out)
{
    Table scores = table_create(out.rows, out.cols);
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++)
            scores.data[i * out.cols + j] = score(given, way, i, j);
    Table weights = oracle_softmax(scores, 1);
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++) {
            bool blocked = !open_to(given, i, j, out.cols);
            bool last = way == NAN_ROW || way == EQUAL_ROW ? i + 1 == out.rows : false;
            const Table *table = way == NO_SOFTMAX ? &scores : &weights;
            float w = (float)table->data[i * out.cols + j];
            if ((way == AFTER_SOFTMAX || way == NO_SOFTMAX) && blocked)
                w = 0;
            if (last)
                w = way == NAN_ROW ? NAN : 1.0f / (float)out.cols;
            matrix_row(out, i)[j] = w;
        }
    table_free(2, scores, weights);
}

#define WAY(name, way)                                                                             \
    static void name(const Case *given, Matrix out)                                                \
    {                                                                                              \
        weigh(given, way, out);                                                                    \
    }

WAY(weights_right, RIGHT)
WAY(masked_afterwards, AFTER_SOFTMAX)
WAY(zero_scores, ZERO)
WAY(tiny_scores, TINY)
WAY(bias_multiplied, BIAS_TIMES)
WAY(bias_scaled, BIAS_FIRST)
WAY(bias_left_out, NO_BIAS)
WAY(minus_ten_thousand, TEN_THOUSAND)
WAY(nan_row, NAN_ROW)
WAY(equal_row, EQUAL_ROW)
WAY(scaled_by_itself, OWN_SCALE)
WAY(scores_for_weights, NO_SOFTMAX)

static const Mistake WEIGHT_MISTAKES[] = {
    {"mask_after_softmax",
     "blocked weights are 0, but the others no longer sum to 1: the softmax had already counted "
     "what is blocked; mask the scores before it",
     BREAK, masked_afterwards},
    {"zero_for_blocked",
     "a blocked score was set to 0, which is a score like any other, because exp(0) is 1: set it "
     "to minus infinity",
     BREAK, zero_scores},
    {"tiny_for_blocked",
     "a tiny number was taken from a blocked score, which changes nothing: minus infinity is "
     "meant, not something near zero",
     BREAK, tiny_scores},
    {"bias_multiplied", "the scores were multiplied by the bias: add it", FORMULA, bias_multiplied},
    {"bias_before_scale",
     "the bias was added before the scale and made smaller with the score: scale first, then add",
     FORMULA, bias_scaled},
    {"bias_ignored", "the bias was not added to the scores", FORMULA, bias_left_out},
    {"scale_of_its_own",
     "the scores were divided by the root of d_k, but the caller says what to multiply them by: "
     "use scale",
     FORMULA, scaled_by_itself},
    {"softmax_forgotten",
     "the weights are the scores, with 0 for what is blocked: take the softmax of each row",
     FORMULA, scores_for_weights},
};

static const Step WEIGHTS = {"masked_attention",
                             "block scores before the softmax",
                             12,
                             some_attention,
                             call_weights,
                             weights_right,
                             WEIGHT_MISTAKES,
                             8};

START_TEST(blocked_keys_weigh_nothing_and_the_rest_sums_to_one)
{
    teach(&WEIGHTS);
}
END_TEST

static const Mistake NOBODY_MISTAKES[] = {
    {"blocked_row_is_nan", "a query that may attend to nothing gets NaN: give it weights of zero",
     NOBODY, nan_row},
    {"blocked_row_is_uniform",
     "a query that may attend to nothing attends to everything equally: give it weights of zero",
     NOBODY, equal_row},
    {"minus_ten_thousand",
     "-1e4 was added in place of minus infinity: where everything is blocked, all scores sink "
     "alike, and the softmax gives the weights without a mask",
     BREAK, minus_ten_thousand},
};

static const Step EMPTY = {"masked_attention",
                           "give zeros to a query that may attend to nothing",
                           8,
                           nobody_to_attend_to,
                           call_weights,
                           weights_right,
                           NOBODY_MISTAKES,
                           3};

START_TEST(nothing_to_attend_to_gives_zeros)
{
    teach(&EMPTY);
}
END_TEST

/* --- What is no number -------------------------------------------------------------------------
 */

static void a_nan_in_a_blocked_key(Case *given)
{
    some_attention(given);
    given->note = "the last key is filling, and holds what is not a number";
    given->numbers[FILLING] = 1;
    Matrix k = given->inputs[K];
    matrix_row(k, k.rows - 1)[given->index % k.cols] = NAN;
}

/* From row `first` on, the row of a query that meets a NaN. */
static void spoil(const Case *given, size_t first, size_t count, bool blocked_too, Matrix out)
{
    for (size_t i = first; i < first + count; i++)
        for (size_t j = 0; j < out.cols; j++)
            if (blocked_too || open_to(given, i, j, out.cols))
                matrix_row(out, i)[j] = NAN;
}

static void every_row_spoilt(const Case *given, Matrix out)
{
    weigh(given, RIGHT, out);
    spoil(given, 0, out.rows, true, out);
}

static void every_row_spoilt_where_open(const Case *given, Matrix out)
{
    weigh(given, RIGHT, out);
    spoil(given, 0, out.rows, false, out);
}

static const char ADDED_FOR_REPLACED[] =
    "a NaN in a blocked key spoils the row: minus infinity was added to its score, and NaN plus "
    "anything is NaN; replace a blocked score";

static const Mistake KEY_MISTAKES[] = {
    {"added_for_replaced", ADDED_FOR_REPLACED, CODE, every_row_spoilt},
    {"added_for_replaced", ADDED_FOR_REPLACED, CODE, every_row_spoilt_where_open},
};

static const Step BLOCKED_KEY = {"masked_attention",
                                 "let no NaN out of a blocked key",
                                 8,
                                 a_nan_in_a_blocked_key,
                                 call_weights,
                                 weights_right,
                                 KEY_MISTAKES,
                                 2};

START_TEST(a_blocked_score_is_replaced)
{
    teach(&BLOCKED_KEY);
}
END_TEST

static void a_nan_in_a_query(Case *given)
{
    some_attention(given);
    given->note = "query 0 holds what is not a number, and the last key is filling";
    given->numbers[FILLING] = 1;
    matrix_row(given->inputs[Q], 0)[0] = NAN;
}

static void spoilt_where_open(const Case *given, Matrix out)
{
    weigh(given, RIGHT, out);
    spoil(given, 0, 1, false, out);
}

static void spoilt(const Case *given, Matrix out)
{
    weigh(given, RIGHT, out);
    spoil(given, 0, 1, true, out);
}

static const Mistake QUERY_MISTAKES[] = {
    {"blocked_weight_is_nan",
     "in a row that a NaN has spoilt the blocked weights are NaN too: what is blocked weighs 0 in "
     "every row, so write the 0 after the softmax",
     CODE, spoilt},
};

static const Step BAD_QUERY = {"masked_attention",
                               "give what is blocked a weight of 0, even beside a NaN",
                               8,
                               a_nan_in_a_query,
                               call_weights,
                               spoilt_where_open,
                               QUERY_MISTAKES,
                               1};

START_TEST(what_is_blocked_weighs_0_in_every_row)
{
    teach(&BAD_QUERY);
}
END_TEST

/* --- Results -----------------------------------------------------------------------------------
 */

enum { V = BIAS + 1 };

static void a_nan_in_the_filling(Case *given)
{
    given->note = "the last key is filling, and its value is not a number";
    size_t i = given->index, t_k = 4 + i % 3, d_k = 2 + i % 3;
    case_number(given, "causal", 0);
    case_number(given, "past", 0);
    case_number(given, "padding", 1);
    case_number(given, "scale", 0.5);
    case_input(given, "q", 2 + i % 2, d_k);
    case_input(given, "k", t_k, d_k);
    case_input(given, "bias", 2 + i % 2, t_k);
    Matrix v = case_input(given, "v", t_k, 3);
    matrix_row(v, t_k - 1)[i % 3] = NAN;
    case_output(given, 2 + i % 2, 3);
}

static void call_result(const Case *given, Matrix out)
{
    Case without_v = *given;
    Matrix weights;
    without_v.input_count = V; /* v stands where other cases have a table */
    assert_ok(matrix_create(out.rows, given->inputs[K].rows, &weights));
    attend(&without_v, given->inputs[V], weights, out);
    matrix_free(&weights);
}

static void mix(const Case *given, bool blocked_too, Matrix out)
{
    Case without_v = *given;
    Matrix weights;
    without_v.input_count = V;
    size_t keys = given->inputs[K].rows;
    assert_ok(matrix_create(out.rows, keys, &weights));
    weigh(&without_v, RIGHT, weights);
    for (size_t i = 0; i < out.rows; i++)
        for (size_t c = 0; c < out.cols; c++) {
            double sum = 0;
            for (size_t j = 0; j < (blocked_too ? keys : keys - 1); j++)
                sum += (double)matrix_row(weights, i)[j] * matrix_row(given->inputs[V], j)[c];
            matrix_row(out, i)[c] = (float)sum;
        }
    matrix_free(&weights);
}

static void blocked_values_passed_over(const Case *given, Matrix out)
{
    mix(given, false, out);
}

static void blocked_values_read(const Case *given, Matrix out)
{
    mix(given, true, out);
}

static const Mistake RESULT_MISTAKES[] = {
    {"blocked_values_are_read",
     "a blocked value that is not a number spoils the result, because 0 times NaN is NaN: pass "
     "over what is blocked",
     LEAK, blocked_values_read},
};

static const Step RESULT = {"masked_attention",
                            "pass over blocked values",
                            8,
                            a_nan_in_the_filling,
                            call_result,
                            blocked_values_passed_over,
                            RESULT_MISTAKES,
                            1};

START_TEST(what_is_blocked_is_not_even_read)
{
    teach(&RESULT);
}
END_TEST

/* --- masked_multi_head_attention ---------------------------------------------------------------
 */

enum { X, CONTEXT, W_Q, W_K, W_O, LAYER_BIAS };
enum { HEADS };

static void a_layer(Case *given)
{
    size_t i = given->index, heads = 2 + i % 2, t_q = 2 + i % 3, t_k = 3 + (i + 1) % 3,
           d = 3 + i % 2;
    given->note = "the weights of head 0 stand above those of head 1, and so on; w_v is w_k, "
                  "nothing else is masked";
    case_number(given, "heads", (double)heads);
    case_input(given, "x", t_q, d);
    case_input(given, "context", t_k, d);
    case_input(given, "w_q", d, heads * 2);
    case_input(given, "w_k", d, heads * 2);
    case_input(given, "w_o", heads * 2, d);
    case_input(given, "bias", heads * t_q, t_k);
    case_output(given, heads * t_q, t_k);
}

static void call_layer(const Case *given, Matrix weights)
{
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = {.w_q = in[W_Q],
                            .w_k = in[W_K],
                            .w_v = in[W_K],
                            .w_o = in[W_O],
                            .heads = (size_t)given->numbers[HEADS]};
    AttentionMask mask = {.bias = in[LAYER_BIAS]};
    Matrix out;
    assert_ok(matrix_create(in[X].rows, in[W_O].cols, &out));
    assert_ok(masked_multi_head_attention(in[X], in[CONTEXT], &layer, &mask, weights, out));
    matrix_free(&out);
}

static Table projected_head(const Case *given, size_t sequence, size_t w, size_t head)
{
    Table x = table_of(given->inputs[sequence]), all = table_of(given->inputs[w]);
    Table columns = oracle_columns(all, head * 2, 2), result = oracle_product(x, columns);
    table_free(3, x, all, columns);
    return result;
}

static void layer_weights(const Case *given, bool own_bias, Matrix out)
{
    size_t heads = (size_t)given->numbers[HEADS], t_q = given->inputs[X].rows;
    for (size_t h = 0; h < heads; h++) {
        Table q = projected_head(given, X, W_Q, h), k = projected_head(given, CONTEXT, W_K, h);
        Matrix rows = {matrix_row(given->inputs[LAYER_BIAS], own_bias ? h * t_q : 0), t_q, out.cols,
                       out.cols};
        Table bias = table_of(rows), weights = oracle_weights(q, k, 1 / sqrt(2.0), NULL, &bias);
        for (size_t i = 0; i < t_q; i++)
            for (size_t j = 0; j < out.cols; j++)
                matrix_row(out, h * t_q + i)[j] = (float)weights.data[i * out.cols + j];
        table_free(4, q, k, bias, weights);
    }
}

static void layer_right(const Case *given, Matrix out)
{
    layer_weights(given, true, out);
}

static void bias_of_the_first_head(const Case *given, Matrix out)
{
    layer_weights(given, false, out);
}

static const Mistake LAYER_MISTAKES[] = {
    {"bias_of_head_0_for_all",
     "every head got the bias of head 0: a bias of (heads T_q) x T_k has rows of its own for each "
     "head",
     CODE, bias_of_the_first_head},
};

static const Step LAYER = {"masked_multi_head_attention",
                           "mask every head, with a bias of its own if there is one",
                           9,
                           a_layer,
                           call_layer,
                           layer_right,
                           LAYER_MISTAKES,
                           1};

START_TEST(every_head_is_masked)
{
    teach(&LAYER);
}
END_TEST

/* --- masked_multi_head_attention, with a context ------------------------------------------------
 */

enum { C_X, C_CONTEXT, C_W_Q, C_W_K, C_W_V, C_W_O };

/* As long as x, so that whoever takes one sequence for the other gets numbers and no message. */
static void a_context(Case *given)
{
    size_t i = given->index, heads = 2 + i % 2, t = 2 + i % 3, d = 3 + i % 2;
    given->note = "the result of the layer; nothing is masked";
    case_number(given, "heads", (double)heads);
    case_input(given, "x", t, d);
    case_input(given, "context", t, d);
    case_input(given, "w_q", d, heads * 2);
    case_input(given, "w_k", d, heads * 2);
    case_input(given, "w_v", d, heads * 2);
    case_input(given, "w_o", heads * 2, d + 1);
    case_output(given, t, d + 1);
}

static void call_with_context(const Case *given, Matrix out)
{
    const Matrix *in = given->inputs;
    size_t heads = (size_t)given->numbers[HEADS];
    MultiHeadLayer layer = {
        .w_q = in[C_W_Q], .w_k = in[C_W_K], .w_v = in[C_W_V], .w_o = in[C_W_O], .heads = heads};
    Matrix weights;
    assert_ok(matrix_create(heads * in[C_X].rows, in[C_CONTEXT].rows, &weights));
    assert_ok(masked_multi_head_attention(in[C_X], in[C_CONTEXT], &layer, &NO_MASK, weights, out));
    matrix_free(&weights);
}

/* Which sequence goes through which matrix, and what the scores are multiplied by. */
typedef struct Roles {
    size_t asks, w_q, asked, w_k, heard, w_v;
    double scale; /* 0 for 1 / sqrt(d_k) */
} Roles;

static const Roles RIGHT_ROLES = {C_X, C_W_Q, C_CONTEXT, C_W_K, C_CONTEXT, C_W_V, 0};

static void attend_in(const Case *given, Roles roles, Matrix out)
{
    Table w_o = table_of(given->inputs[C_W_O]), sum = table_create(out.rows, out.cols);
    double scale = roles.scale != 0 ? roles.scale : 1 / sqrt(2.0);
    for (size_t h = 0; h < (size_t)given->numbers[HEADS]; h++) {
        Table q = projected_head(given, roles.asks, roles.w_q, h),
              k = projected_head(given, roles.asked, roles.w_k, h),
              v = projected_head(given, roles.heard, roles.w_v, h),
              weights = oracle_weights(q, k, scale, NULL, NULL), mixed = oracle_product(weights, v);
        for (size_t i = 0; i < out.rows; i++)
            for (size_t c = 0; c < out.cols; c++)
                for (size_t n = 0; n < 2; n++)
                    sum.data[i * out.cols + c] +=
                        mixed.data[i * 2 + n] * w_o.data[(h * 2 + n) * out.cols + c];
        table_free(5, q, k, v, weights, mixed);
    }
    for (size_t i = 0; i < out.rows * out.cols; i++)
        out.data[i] = (float)sum.data[i];
    table_free(2, w_o, sum);
}

static void context_answers(const Case *given, Matrix out)
{
    attend_in(given, RIGHT_ROLES, out);
}

/* Sequences in other roles, through the right matrices. */
static void attend_as(const Case *given, size_t asks, size_t asked, size_t heard, Matrix out)
{
    Roles roles = RIGHT_ROLES;
    roles.asks = asks;
    roles.asked = asked;
    roles.heard = heard;
    attend_in(given, roles, out);
}

static void x_alone(const Case *given, Matrix out)
{
    attend_as(given, C_X, C_X, C_X, out);
}

static void context_alone(const Case *given, Matrix out)
{
    attend_as(given, C_CONTEXT, C_CONTEXT, C_CONTEXT, out);
}

static void context_asks_x(const Case *given, Matrix out)
{
    attend_as(given, C_CONTEXT, C_X, C_X, out);
}

static void values_of_x(const Case *given, Matrix out)
{
    attend_as(given, C_X, C_CONTEXT, C_X, out);
}

static void keys_of_x(const Case *given, Matrix out)
{
    attend_as(given, C_X, C_X, C_CONTEXT, out);
}

static void keys_heard(const Case *given, Matrix out)
{
    Roles roles = RIGHT_ROLES;
    roles.w_v = C_W_K;
    attend_in(given, roles, out);
}

static void projections_swapped(const Case *given, Matrix out)
{
    Roles roles = RIGHT_ROLES;
    roles.w_q = C_W_K;
    roles.w_k = C_W_Q;
    attend_in(given, roles, out);
}

static void scaled_by(const Case *given, double scale, Matrix out)
{
    Roles roles = RIGHT_ROLES;
    roles.scale = scale;
    attend_in(given, roles, out);
}

static void unscaled(const Case *given, Matrix out)
{
    scaled_by(given, 1, out);
}

static void scaled_by_all_columns(const Case *given, Matrix out)
{
    scaled_by(given, 1 / sqrt((double)given->inputs[C_W_Q].cols), out);
}

static const Mistake CONTEXT_MISTAKES[] = {
    {"context_ignored",
     "x answered itself, as if there were no context: with a context, keys and values come from "
     "there",
     CODE, x_alone},
    {"context_asks_itself",
     "the queries were made of the context: it only answers, and it is x that asks", CODE,
     context_alone},
    {"context_asks",
     "x and context have changed places: x asks, and the context answers with keys and values",
     CODE, context_asks_x},
    {"values_from_x",
     "keys from the context, values from x: whoever is asked is heard, so both come from the "
     "context",
     CODE, values_of_x},
    {"keys_from_x",
     "keys from x, values from the context: whoever is asked is heard, so both come from the "
     "context",
     CODE, keys_of_x},
    {"keys_for_values",
     "the weights mix the keys: the keys say where to look, and the values are what is heard",
     FORMULA, keys_heard},
    {"queries_from_w_k", "queries were made with w_k and keys with w_q", FORMULA,
     projections_swapped},
    {"no_scale", "the scores of a head were not scaled: multiply them by attention_scale(d_k)",
     FORMULA, unscaled},
    {"scale_by_all_columns",
     "the scores of a head were scaled as if it had the columns of all heads: d_k is the width of "
     "one head",
     FORMULA, scaled_by_all_columns},
};

static const Step CONTEXTUAL = {"masked_multi_head_attention",
                                "let x ask and the context answer",
                                9,
                                a_context,
                                call_with_context,
                                context_answers,
                                CONTEXT_MISTAKES,
                                9};

START_TEST(a_context_answers)
{
    teach(&CONTEXTUAL);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("7. masking, step by step");
    add_test(suite, may_attend_knows_every_mask);
    add_test(suite, a_mask_can_be_written_out);
    add_test(suite, blocked_keys_weigh_nothing_and_the_rest_sums_to_one);
    add_test(suite, nothing_to_attend_to_gives_zeros);
    add_test(suite, a_blocked_score_is_replaced);
    add_test(suite, what_is_blocked_weighs_0_in_every_row);
    add_test(suite, what_is_blocked_is_not_even_read);
    add_test(suite, a_context_answers);
    add_test(suite, every_head_is_masked);
    return suite;
}
