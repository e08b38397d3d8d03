/* Chapter 10: what each function must do. */
#include "checks.h"

#include "fast_attention.h"
#include "frail_memory.h"

#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* --- product_by_rows -------------------------------------------------------------------------- */

static void two_factors(Case *given)
{
    size_t i = given->index, rows = 2 + i % 3, inner = 3 + i % 2, cols = 2 + (i + 1) % 4;
    case_input(given, "a", rows, inner);
    case_input(given, "b", inner, cols);
    case_output(given, rows, cols);
}

static void two_views(Case *given)
{
    given->as_views = true;
    two_factors(given);
}

static void a_zero_meets_a_nan(Case *given)
{
    Matrix a = case_input(given, "a", 1, 2), b = case_input(given, "b", 2, 2);
    case_fill(a, 1);
    a.data[given->index] = 0;
    matrix_row(b, given->index)[0] = given->index == 0 ? NAN : INFINITY;
    case_note(given, "0 times NaN and 0 times infinity are NaN");
    case_output(given, 1, 2);
}

static Status call_product(const Case *given, Matrix out)
{
    product_by_rows(given->inputs[0], given->inputs[1], out);
    return STATUS_OK;
}

/* --- online_attention_start ------------------------------------------------------------------- */

enum { MAXIMUM, SUM, KNOWN }; /* in a row of results, before the values */
enum { MOST_VALUES = 8 };

static void put_state(const OnlineAttention *state, Matrix out)
{
    put_number(out, MAXIMUM, state->maximum);
    put_number(out, SUM, state->sum);
    for (size_t c = KNOWN; c < out.cols; c++)
        put_number(out, c, state->values[c - KNOWN]);
}

static void some_width(Case *given)
{
    case_number(given, "d_v", 1 + (double)given->index);
    case_note(given, "below: maximum, sum, the values, d_v");
    case_output(given, 1, KNOWN + given->index + 2);
}

static Status call_start(const Case *given, Matrix out)
{
    float values[MOST_VALUES] = {7, 7, 7, 7, 7, 7, 7, 7};
    OnlineAttention state = online_attention_start(values, case_size(given, 0));
    put_number(out, out.cols - 1, (double)state.d_v);
    out.cols--;
    state.values = values;
    put_state(&state, out);
    return STATUS_OK;
}

/* --- online_attention_add --------------------------------------------------------------------- */

enum { SCORES, VALUES };
enum { BLOCK };

/* Takes all keys in, a block at a time. */
static OnlineAttention take_in(const Case *given, float *values)
{
    Matrix scores = given->inputs[SCORES], v = given->inputs[VALUES];
    OnlineAttention state = online_attention_start(values, v.cols);
    size_t block = case_size(given, BLOCK);
    for (size_t first = 0; first < v.rows; first += block) {
        Matrix some = {matrix_row(v, first), least(block, v.rows - first), v.cols, v.stride};
        online_attention_add(&state, scores.data + first, some);
    }
    return state;
}

static Status call_for_state(const Case *given, Matrix out)
{
    float values[MOST_VALUES];
    OnlineAttention state = take_in(given, values);
    put_state(&state, out);
    return STATUS_OK;
}

static Status call_for_result(const Case *given, Matrix out)
{
    float values[MOST_VALUES];
    OnlineAttention state = take_in(given, values);
    online_attention_finish(&state, out.data);
    return STATUS_OK;
}

static Matrix some_keys(Case *given, size_t keys, size_t d_v, size_t block)
{
    case_number(given, "block", (double)block);
    Matrix scores = case_input(given, "scores", 1, keys);
    case_input(given, "v", keys, d_v);
    case_note(given, "below: maximum, sum, the values");
    case_output(given, 1, KNOWN + d_v);
    return scores;
}

static void one_block(Case *given)
{
    size_t i = given->index, keys = 2 + i % 3;
    given->as_views = i == 5;
    some_keys(given, keys, 2 + i % 3, keys);
}

/* The scores grow from block to block, or fall: little, or so much that e^(old - new) overflows. */
static void some_blocks(Case *given, float step)
{
    size_t i = given->index, block = 1 + i % 3;
    given->as_views = i == 5;
    Matrix scores = some_keys(given, 4 + i % 3, 2 + i % 2, block);
    for (size_t j = 0; j < scores.cols; j++)
        scores.data[j] = scores.data[j] / 4 + step * (float)(j / block);
}

static void rising_blocks(Case *given)
{
    some_blocks(given, 2);
}

static void falling_blocks(Case *given)
{
    some_blocks(given, given->index % 2 == 0 ? -2 : -100);
}

static void blocked_keys(Case *given)
{
    static const char *const STORIES[] = {"every key is blocked", "the first block is blocked",
                                          "one key of the block is blocked, and its value is NaN"};
    const size_t i = given->index, block = i < 2 ? 2 : 3;
    Matrix scores = some_keys(given, i == 0 ? 2 : 4 + i % 2, 2, block);
    for (size_t j = 0; j < 2 && i < 2; j++)
        scores.data[j] = -INFINITY;
    if (i == 2) {
        scores.data[1] = -INFINITY;
        matrix_row(given->inputs[VALUES], 1)[0] = NAN;
    }
    case_note(given, "%s; below: maximum, sum, the values", STORIES[i]);
}

static void a_nan_among_scores(Case *given)
{
    static const float FIRST[][2] = {
        {NAN, -INFINITY}, {-INFINITY, NAN}, {NAN, NAN}, {NAN, 1}, {INFINITY, INFINITY}};
    Matrix scores = some_keys(given, 2 + given->index % 2, 2, 2);
    memcpy(scores.data, FIRST[given->index], sizeof FIRST[0]);
    case_note(given, "NaN is no score, and every comparison with it is false; below, the result");
    case_output(given, 1, 2);
}

/* Scores that grow and fall, far below and far above zero, some blocked. */
static void some_scores(Case *given)
{
    static const float SHIFTS[] = {0, -200, 200, 0};
    size_t i = given->index, keys = 5 + i % 4, d_v = 2 + i % 3, block = 2 + i % 2;
    given->as_views = i == 4;
    Matrix scores = some_keys(given, keys, d_v, block);
    for (size_t j = 0; j < keys; j++)
        scores.data[j] = scores.data[j] / 2 + (float)j / 2 + SHIFTS[i % 4];
    for (size_t j = 0; j < block && i % 4 == 3; j++)
        scores.data[j] = -INFINITY;
    case_note(given, "a few keys at a time; below, the result");
    case_output(given, 1, d_v);
}

/* --- online_attention_finish ------------------------------------------------------------------ */

enum { TOTAL, IN_PLACE };

static void a_state(Case *given)
{
    static const double TOTALS[] = {2, 1, 1.5, 0, 0};
    size_t i = given->index;
    Matrix values = case_input(given, "values", 1, 2 + i % 3);
    if (TOTALS[i] == 0)
        case_fill(values, 0);
    given->tolerance = 4e-7; /* a division and no more */
    case_number(given, "sum", TOTALS[i]);
    case_number(given, "in_place", i == 2 || i == 4);
    case_note(given, "%s; %s",
              TOTALS[i] == 0 ? "no key was seen, so there is nothing to divide by"
                             : "a few keys were seen",
              i == 2 || i == 4 ? "out is state->values"
                               : "out is elsewhere, and more keys may come");
    case_output(given, 1, values.cols);
}

static Status call_finish(const Case *given, Matrix out)
{
    Matrix values = given->inputs[0];
    bool in_place = given->numbers[IN_PLACE] != 0;
    OnlineAttention state = {.maximum = given->numbers[TOTAL] == 0 ? -INFINITY : 1,
                             .sum = (float)given->numbers[TOTAL],
                             .values = in_place ? out.data : values.data,
                             .d_v = values.cols};
    if (in_place)
        memcpy(out.data, values.data, values.cols * sizeof(float));
    online_attention_finish(&state, out.data);
    return STATUS_OK;
}

/* --- visible_keys ----------------------------------------------------------------------------- */

enum { CAUSAL, PAST, PADDING, FIRST, QUERIES, KEYS, VISIBLE };

static const double BLOCKS[][VISIBLE] = {
    {1, 0, 0, 4, 2, 12}, {1, 0, 0, 4, 1, 12}, {0, 0, 0, 2, 3, 7},  {0, 0, 2, 2, 3, 7},
    {1, 3, 0, 0, 4, 12}, {1, 0, 2, 8, 4, 12}, {1, 2, 5, 4, 4, 11}, {0, 4, 3, 0, 2, 9},
    {1, 1, 0, 6, 3, 20}, {1, 7, 1, 3, 3, 10}, {1, 0, 0, 0, 1, 1},  {1, 5, 1, 10, 5, 40}};

static void a_block_of(Case *given, const double numbers[VISIBLE])
{
    static const char *const NAMES[] = {"causal", "past", "padding", "first", "queries", "keys"};
    for (size_t n = 0; n < VISIBLE; n++)
        case_number(given, NAMES[n], numbers[n]);
    case_note(given, "how many keys do these queries have to look at?");
    case_output(given, 1, 1);
}

static void a_block(Case *given)
{
    a_block_of(given, BLOCKS[given->index]);
}

static void a_long_past(Case *given)
{
    static const double NUMBERS[][VISIBLE] = {{1, -1, 0, 4, 2, 12}, {1, -5, 2, 4, 2, 12}};
    a_block_of(given, NUMBERS[given->index]);
    case_note(given, "past is the greatest size_t%s: adding to it starts again from 0",
              given->index == 0 ? " (shown as -1)" : ", less 4 (shown as -5)");
}

static Status call_visible(const Case *given, Matrix out)
{
    const double *n = given->numbers;
    AttentionMask mask = {
        .causal = n[CAUSAL] != 0, .past = (size_t)(intptr_t)n[PAST], .padding = (size_t)n[PADDING]};
    size_t visible = visible_keys(&mask, (size_t)n[FIRST], (size_t)n[QUERIES], (size_t)n[KEYS]);
    put_number(out, 0, (double)visible);
    return STATUS_OK;
}

/* --- blockwise_attention ---------------------------------------------------------------------- */

enum { Q, K, V, TABLES };
enum { SCALE, SIZE, IS_CAUSAL, CACHED, FILLED };
enum { PLAIN = 8 }; /* cases without a mask before those at the ends of what may be */

/* Queries, keys and values; the mask is described by the numbers, and by tables that follow. */
static void some_attention(Case *given, size_t t_q, size_t t_k)
{
    size_t i = given->index, d_k = 2 + i % 2, d_v = 3 - i % 2;
    given->as_views = i == 5;
    case_number(given, "scale", 0.25 + 0.125 * (double)(i % 3));
    case_number(given, "block", 2 + (double)(i % 2));
    case_input(given, "q", t_q, d_k);
    case_input(given, "k", t_k, d_k);
    case_input(given, "v", t_k, d_v);
    case_output(given, t_q, d_v);
}

static void masked_by(Case *given, bool causal, size_t past, size_t padding)
{
    case_number(given, "causal", causal);
    case_number(given, "past", (double)past);
    case_number(given, "padding", (double)padding);
}

/* A table of ones, with zeros here and there: 1 = may attend. */
static Matrix some_mask(Case *given, size_t t_q, size_t t_k)
{
    Matrix mask = case_input(given, "mask", t_q, t_k);
    for (size_t r = 0; r < t_q; r++)
        for (size_t c = 0; c < t_k; c++)
            matrix_row(mask, r)[c] = (r + 2 * c) % 3 == 0 ? 0 : 1;
    return mask;
}

static AttentionMask mask_of(const Case *given)
{
    AttentionMask mask = NO_MASK;
    if (given->number_count > IS_CAUSAL) {
        mask.causal = given->numbers[IS_CAUSAL] != 0;
        mask.past = case_size(given, CACHED);
        mask.padding = case_size(given, FILLED);
    }
    for (size_t i = TABLES; i < given->input_count; i++)
        *(strcmp(given->input_names[i], "mask") == 0 ? &mask.allowed : &mask.bias) =
            given->inputs[i];
    return mask;
}

static Status call_blockwise(const Case *given, Matrix out)
{
    AttentionMask mask = mask_of(given);
    return blockwise_attention(given->inputs[Q], given->inputs[K], given->inputs[V],
                               (float)given->numbers[SCALE], &mask, case_size(given, SIZE), out);
}

static void no_mask(Case *given)
{
    static const struct {
        size_t t_q, t_k, block;
        const char *note;
    } ENDS[] = {{3, 7, 100, "one block is more than all there is"},
                {6, 3, 4, "a block of keys is more than all there are"},
                {3, 7, 5, "a block of queries is more than all there are"},
                {2, 0, 2, "there are no keys"},
                {0, 3, 2, "there are no queries"}};
    size_t i = given->index;
    if (i < PLAIN) {
        some_attention(given, 3 + i % 4, 5 + i % 3);
        return;
    }
    some_attention(given, ENDS[i - PLAIN].t_q, ENDS[i - PLAIN].t_k);
    given->numbers[SIZE] = (double)ENDS[i - PLAIN].block;
    case_note(given, "%s", ENDS[i - PLAIN].note);
}

static void a_causal_mask(Case *given)
{
    size_t i = given->index;
    some_attention(given, 5 + i % 2, 7 + i % 2);
    masked_by(given, true, i % 3, 0);
}

static void a_table(Case *given)
{
    size_t i = given->index, t_q = 5 + i % 2, t_k = 7 - i % 2;
    some_attention(given, t_q, t_k);
    some_mask(given, t_q, t_k);
    masked_by(given, false, 0, i % 3);
}

static void a_bias(Case *given)
{
    size_t i = given->index, t_q = 5 - i % 2, t_k = 6 + i % 2;
    some_attention(given, t_q, t_k);
    case_input(given, "bias", t_q, t_k);
}

static void all_together(Case *given)
{
    size_t i = given->index, t_q = 5 + i % 3, t_k = 8 - i % 2;
    some_attention(given, t_q, t_k);
    some_mask(given, t_q, t_k);
    matrix_row(case_input(given, "bias", t_q, t_k), 1)[2] = -INFINITY;
    masked_by(given, i % 2 == 0, 1 + i % 2, i % 3);
}

/* A NaN in a key, and in its value, that one rule keeps from the queries. */
static void a_blocked_nan(Case *given)
{
    enum { T_Q = 3, T_K = 4 };
    static const char *const STORIES[] = {"the padding", "the mask", "a bias of -inf",
                                          "causality, from the first two queries,"};
    size_t i = given->index, key = i == 0 ? 3 : i == 3 ? 2 : 1;
    some_attention(given, T_Q, T_K);
    case_fill((Matrix){matrix_row(given->inputs[K], key), 1, 2 + i % 2, 3}, NAN);
    case_fill((Matrix){matrix_row(given->inputs[V], key), 1, 3 - i % 2, 3}, NAN);
    if (i == 1 || i == 2) {
        Matrix table = case_input(given, i == 1 ? "mask" : "bias", T_Q, T_K);
        case_fill(table, i == 1 ? 1 : 0);
        for (size_t r = 0; r < T_Q; r++)
            matrix_row(table, r)[key] = i == 1 ? 0 : -INFINITY;
    }
    masked_by(given, i == 3, 0, i == 0);
    case_note(given,
              "%s keeps the NaN of key %zu away: a blocked score is minus infinity, not a "
              "sum with it",
              STORIES[i], key);
}

/* A dot product of 0 and infinity sets a flag of the processor, whoever computes it. */
static void keys_in_vain(Case *given)
{
    enum { T_Q = 4, T_K = 8, SEEN = 4 };
    bool causal = given->index == 0;
    case_number(given, "scale", 1);
    case_number(given, "block", 2);
    Matrix q = case_input(given, "q", T_Q, 2);
    for (size_t r = 0; r < T_Q; r++)
        matrix_row(q, r)[0] = 0;
    Matrix k = case_input(given, "k", T_K, 2);
    case_fill((Matrix){k.data, SEEN, 2, k.stride}, 1);
    case_fill((Matrix){matrix_row(k, SEEN), T_K - SEEN, 2, k.stride}, INFINITY);
    case_input(given, "v", T_K, 1);
    masked_by(given, causal, 0, causal ? 0 : T_K - SEEN);
    case_note(given, "%s blocks keys 4 to 7 for every query", causal ? "causality" : "the padding");
    case_output(given, T_Q, 1);
}

static Status call_in_vain(const Case *given, Matrix out)
{
    feclearexcept(FE_INVALID);
    Status status = call_blockwise(given, out);
    if (fetestexcept(FE_INVALID))
        remark("scores of blocked keys were computed: go no further than visible_keys() says");
    return status;
}

static void many_tokens(Case *given)
{
    enum { TOKENS = 256 };
    case_number(given, "scale", 1);
    case_number(given, "block", 4);
    case_input(given, "q", TOKENS, 2);
    case_input(given, "k", TOKENS, 2);
    case_input(given, "v", TOKENS, 1);
    given->shapes_only = true;
    case_note(given, "memory grows with T, not with T x T");
    case_output(given, TOKENS, 1);
}

static Status call_for_memory(const Case *given, Matrix out)
{
    size_t before = memory_asked(), tokens = given->inputs[Q].rows;
    Status status = call_blockwise(given, out);
    size_t asked = memory_asked() - before, all = tokens * tokens * sizeof(float);
    if (asked > all / 4)
        remark("%zu bytes were asked for, and all weights would take %zu: keep the scores of one "
               "block, and use that memory again",
               asked, all);
    return status;
}

/* Two queries, three keys; one thing does not fit. */
static void what_does_not_fit(Case *given)
{
    static const char *const STORIES[] = {"k has 2 columns, q has 3",
                                          "out has 3 columns, v has 2",
                                          "the mask holds 0.5",
                                          "the mask is 2x2, for 2 queries and 3 keys",
                                          "the bias is 3x2, for 2 queries and 3 keys",
                                          "4 of 3 keys are padding",
                                          "blocks of 0"};
    size_t i = given->index;
    case_number(given, "scale", 1);
    case_number(given, "block", i == 6 ? 0 : 2);
    case_input(given, "q", 2, 3);
    case_input(given, "k", 3, i == 0 ? 2 : 3);
    case_input(given, "v", 3, 2);
    if (i == 2 || i == 3)
        case_fill(case_input(given, "mask", 2, i == 2 ? 3 : 2), 1);
    if (i == 2)
        matrix_row(given->inputs[TABLES], 1)[1] = 0.5F;
    if (i == 4)
        case_input(given, "bias", 3, 2);
    masked_by(given, false, 0, i == 5 ? 4 : 0);
    case_note(given, "%s", STORIES[i]);
    case_output(given, 2, i == 1 ? 3 : 2);
}

/* --- The table -------------------------------------------------------------------------------- */

const Check CHECKS[] = {
    {"a_product_can_be_summed_row_by_row", "product_by_rows", "multiply, row by row of b", 8,
     two_factors, call_product},
    {"a_product_of_views_is_the_same", "product_by_rows", "go from row to row by the stride", 3,
     two_views, call_product},
    {"a_product_lets_a_nan_through", "product_by_rows", "pass over no factor, not even 0", 2,
     a_zero_meets_a_nan, call_product},
    {"before_the_first_key_nothing_is_known", "online_attention_start",
     "say what is known before the first key", 3, some_width, call_start},
    {"a_block_of_keys_is_summed_with_its_weights", "online_attention_add",
     "sum up a block's weights and weighted values, relative to its greatest score", 6, one_block,
     call_for_state},
    {"a_greater_score_shrinks_what_was_summed", "online_attention_add",
     "rescale both sums when a greater score comes", 6, rising_blocks, call_for_state},
    {"smaller_scores_leave_the_maximum_alone", "online_attention_add",
     "keep the greatest score of all keys so far", 6, falling_blocks, call_for_state},
    {"a_blocked_key_changes_nothing", "online_attention_add",
     "pass over keys whose score is minus infinity", 3, blocked_keys, call_for_state},
    {"the_values_are_divided_at_the_end", "online_attention_finish",
     "divide the weighted values by the sum of the weights", 5, a_state, call_finish},
    {"a_nan_is_not_taken_for_a_blocked_key", "online_attention_add",
     "let a score that is NaN make the result NaN", 5, a_nan_among_scores, call_for_result},
    {"one_pass_gives_what_a_softmax_gives", "online_attention_add",
     "take in block after block of keys, and rescale", 8, some_scores, call_for_result},
    {"blocks_that_are_blocked_are_not_looked_at", "visible_keys",
     "say how many keys a block of queries has to look at", sizeof BLOCKS / sizeof *BLOCKS, a_block,
     call_visible},
    {"a_long_past_is_no_short_one", "visible_keys", "compare so that no sum wraps", 2, a_long_past,
     call_visible},
    {"attention_block_by_block_is_attention", "blockwise_attention",
     "attend block by block, and keep no weights", PLAIN + 5, no_mask, call_blockwise},
    {"each_score_on_the_diagonal_is_masked", "blockwise_attention",
     "keep queries from later keys, also within a block", 6, a_causal_mask, call_blockwise},
    {"a_mask_counts_from_the_first_token", "blockwise_attention",
     "ask the mask about places in the whole sequence", 6, a_table, call_blockwise},
    {"a_bias_is_added_to_the_scaled_scores", "blockwise_attention",
     "add to each score its place of the bias", 6, a_bias, call_blockwise},
    {"all_rules_hold_together", "blockwise_attention", "heed mask, bias, causality and padding", 6,
     all_together, call_blockwise},
    {"a_nan_in_a_blocked_key_stays_there", "blockwise_attention",
     "give what is blocked no influence", 4, a_blocked_nan, call_blockwise},
    {"keys_that_no_query_of_a_block_sees_cost_nothing", "blockwise_attention",
     "compute no score that is blocked for a whole block", 2, keys_in_vain, call_in_vain},
    {"memory_does_not_grow_as_the_weights", "blockwise_attention", "keep the scores of one block",
     1, many_tokens, call_for_memory},
    {"what_does_not_fit_is_refused", "blockwise_attention",
     "refuse what does not fit, and write nothing", 7, what_does_not_fit, call_blockwise},
};
const size_t CHECK_COUNT = sizeof CHECKS / sizeof *CHECKS;
