/* Chapter 7: what each function must do. */
#include "checks.h"

#include "masking.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))

/* --- Masks ------------------------------------------------------------------------------------ */

enum { CAUSAL = 1, ALLOWED = 2, BIAS = 4 };
/* The numbers of a case. */
enum { IS_CAUSAL, PAST, PADDING, SCALE };

/* The mask of a case. */
typedef struct Rules {
    size_t t_q, t_k, past, padding;
    unsigned has; /* CAUSAL, ALLOWED, BIAS */
} Rules;

/* No matrix blocks key 0. A bias is one for all heads, or has rows for each of them. */
static void case_mask(Case *given, const Rules *rules, size_t heads)
{
    size_t count = rules->t_q * rules->t_k;
    case_number(given, "causal", (rules->has & CAUSAL) != 0);
    case_number(given, "past", (double)rules->past);
    case_number(given, "padding", (double)rules->padding);
    if (rules->has & ALLOWED) {
        Matrix allowed = case_input(given, "allowed", rules->t_q, rules->t_k);
        for (size_t i = 0; i < count; i++)
            put_number(allowed, i, i % rules->t_k == 0 || random_between(&given->random, 0, 3) > 0);
    }
    if (rules->has & BIAS) {
        Matrix bias = case_input(given, "bias", heads * rules->t_q, rules->t_k);
        for (size_t i = 0; i < heads * count; i++)
            if (i % rules->t_k > 0 && random_between(&given->random, 0, 4) == 0)
                put_number(bias, i, -INFINITY);
    }
}

static AttentionMask mask_of(const Case *given)
{
    double past = given->numbers[PAST];
    return (AttentionMask){.causal = given->numbers[IS_CAUSAL] != 0,
                           .past = past < (double)SIZE_MAX ? (size_t)past : SIZE_MAX,
                           .padding = case_size(given, PADDING),
                           .allowed = case_named(given, "allowed"),
                           .bias = case_named(given, "bias")};
}

/* --- may_attend and mask_table ---------------------------------------------------------------- */

/* One rule at a time, the smallest first; then several. */
static const Rules MASKS[] = {
    {3, 3, 0, 0, CAUSAL},
    {2, 4, 0, 0, CAUSAL},
    {2, 4, 1, 0, CAUSAL},
    {2, 3, 0, 1, 0},
    {2, 3, 0, 0, ALLOWED},
    {2, 3, 0, 0, BIAS},
    {1, 2, 0, 0, 0},
    {2, 4, 1, 0, 0},
    {3, 3, 0, 3, 0},
    {4, 5, 0, 2, CAUSAL},
    {3, 5, 0, 0, CAUSAL | ALLOWED},
    {5, 4, 1, 0, CAUSAL | BIAS},
    {3, 6, 0, 2, ALLOWED},
    {4, 5, 0, 2, BIAS},
    {3, 4, 0, 0, ALLOWED | BIAS},
    {5, 4, 0, 1, CAUSAL | ALLOWED | BIAS},
    {3, 6, 2, 2, CAUSAL | ALLOWED | BIAS},
    {2, 4, 0, 3, 0}, /* more padding than queries */
};
enum { BIAS_ALONE = 5, AS_VIEWS = 16 };

static void a_mask(Case *given)
{
    static const float KINDS[] = {-INFINITY, -FLT_MAX, 0, 1, INFINITY, NAN};
    const Rules *rules = &MASKS[given->index];
    given->as_views = given->index == AS_VIEWS;
    case_mask(given, rules, 1);
    for (size_t i = 0; given->index == BIAS_ALONE && i < 6; i++)
        put_number(given->inputs[0], i, KINDS[i]);
    case_note(given, "for each query (a row) and key (a column) 1 = may attend, 0 = blocked");
    case_output(given, rules->t_q, rules->t_k);
}

static void a_huge_past(Case *given)
{
    case_mask(given, &(Rules){2, 3, SIZE_MAX, 0, CAUSAL}, 1);
    case_note(given, "past is SIZE_MAX, the largest size");
    case_output(given, 2, 3);
}

static Status call_may_attend(const Case *given, Matrix out)
{
    AttentionMask mask = mask_of(given);
    for (size_t i = 0; i < out.rows; i++)
        for (size_t j = 0; j < out.cols; j++)
            put_number(out, i * out.cols + j, may_attend(&mask, i, j, out.cols));
    return STATUS_OK;
}

static Status call_mask_table(const Case *given, Matrix out)
{
    AttentionMask mask = mask_of(given);
    return mask_table(&mask, out);
}

/* For 2 queries and 3 keys: the shape of a matrix, the padding, which matrix, a number in it that
 * is neither 0 nor 1, and where that stands. */
static const struct {
    size_t rows, cols, padding;
    unsigned matrix;
    float odd;
    size_t place;
} INVALID[] = {
    {2, 3, 4, ALLOWED, 1, 5},         {2, 3, 0, ALLOWED, 0.5F, 5}, {2, 3, 0, ALLOWED, -1, 5},
    {2, 3, 0, ALLOWED, NAN, 5},       {2, 4, 0, ALLOWED, 1, 5},    {3, 3, 0, ALLOWED, 1, 5},
    {2, 3, 0, ALLOWED, -INFINITY, 5}, {2, 4, 0, BIAS, 0, 5},       {3, 3, 0, BIAS, 0, 5},
    {2, 3, 0, ALLOWED, 2, 0},         {2, 3, 0, ALLOWED, 0.5F, 1}};

static void an_invalid_mask(Case *given)
{
    size_t i = given->index;
    bool is_bias = INVALID[i].matrix == BIAS;
    case_mask(given, &(Rules){.padding = INVALID[i].padding}, 1);
    Matrix matrix =
        case_input(given, is_bias ? "bias" : "allowed", INVALID[i].rows, INVALID[i].cols);
    for (size_t place = 0; place < matrix.rows * matrix.cols; place++)
        put_number(matrix, place, is_bias ? 0 : 1);
    put_number(matrix, INVALID[i].place, INVALID[i].odd);
    case_note(given, "2 queries, 3 keys");
    case_output(given, 2, 3);
}

/* --- masked_attention ------------------------------------------------------------------------- */

enum { Q, K, V };

/* One rule at a time, the smallest first; then several. */
static const Rules ATTENTIONS[] = {
    {2, 2, 0, 0, CAUSAL},
    {2, 3, 0, 1, 0},
    {1, 2, 0, 0, BIAS},
    {2, 3, 0, 0, 0},
    {3, 4, 0, 0, ALLOWED},
    {2, 4, 2, 0, CAUSAL},
    {3, 4, 0, 0, CAUSAL | BIAS},
    {3, 5, 1, 1, CAUSAL},
    {3, 5, 0, 2, ALLOWED},
    {4, 5, 0, 2, CAUSAL | ALLOWED | BIAS},
    {2, 3, 0, 1, 0},
    {3, 4, 0, 1, CAUSAL | BIAS},
};
enum { HIGH = 10 }; /* From here on the filling has very high scores. */

/* The last key is filling. */
static const Rules FILLED[] = {{1, 2, 0, 1, 0},       {2, 3, 0, 1, 0},
                               {3, 4, 0, 1, CAUSAL},  {2, 5, 0, 1, BIAS},
                               {3, 4, 0, 1, ALLOWED}, {3, 5, 1, 1, CAUSAL | ALLOWED | BIAS}};

static void case_attention(Case *given, const Rules *rules)
{
    size_t i = given->index, d_k = 2 + i % 3;
    given->as_views = i == 5 || i == 9;
    case_input(given, "q", rules->t_q, d_k);
    case_input(given, "k", rules->t_k, d_k);
    case_input(given, "v", rules->t_k, 1 + i % 2);
    case_mask(given, rules, 1);
    case_number(given, "scale", 0.25 + 0.125 * (double)(i % 4));
    case_output(given, rules->t_q, rules->t_k);
    given->out_name = "weights";
    case_note(given, "below, the weights");
}

static void some_attention(Case *given)
{
    case_attention(given, &ATTENTIONS[given->index]);
    if (given->index < HIGH)
        return;
    Matrix q = given->inputs[Q], k = given->inputs[K];
    for (size_t i = 0; i < q.rows * q.cols; i++)
        put_number(q, i, 0.5 + (double)(i % 3));
    for (size_t c = 0; c < k.cols; c++)
        matrix_row(k, k.rows - 1)[c] = 2000;
    case_note(given, "the last key is filling, and its scores are very high; below, the weights");
}

static void nobody_to_attend_to(Case *given)
{
    Rules rules = FILLED[given->index % ROWS(FILLED)];
    rules.has |= ALLOWED;
    case_attention(given, &rules);
    Matrix allowed = case_named(given, "allowed");
    for (size_t j = 0; j < allowed.cols; j++)
        matrix_row(allowed, allowed.rows - 1)[j] = 0;
    case_note(given, "the last query may attend to nothing; below, the weights");
}

static void a_nan_in_a_blocked_key(Case *given)
{
    case_attention(given, &FILLED[given->index]);
    Matrix k = given->inputs[K];
    matrix_row(k, k.rows - 1)[given->index % k.cols] = NAN;
    case_note(given, "the last key is filling, and holds NaN; below, the weights");
}

static void a_nan_in_a_query(Case *given)
{
    case_attention(given, &FILLED[given->index]);
    matrix_row(given->inputs[Q], 0)[0] = NAN;
    case_note(given, "query 0 holds NaN, and the last key is filling; below, the weights");
}

static Status attend(const Case *given, Matrix weights, Matrix out)
{
    const Matrix *in = given->inputs;
    AttentionMask mask = mask_of(given);
    return masked_attention(in[Q], in[K], in[V], (float)given->numbers[SCALE], &mask, weights, out);
}

static Status call_for_weights(const Case *given, Matrix weights)
{
    float numbers[4 * 8]; /* the most rows of q, and columns of v with the gap of a view */
    Matrix out = beside(given, numbers, given->inputs[Q].rows, given->inputs[V].cols);
    return expect_unwritten(attend(given, weights, out), "out", out);
}

/* After the filled ones: a query that sees nothing, and no keys at all. */
enum {
    UNSEEING = 4,
    VALUES = ROWS(FILLED) + UNSEEING + 1,
    WEIGHT_OF_ZERO = VALUES,
    ALL_VALUES = VALUES + 1
};

static void values_unseen(Case *given)
{
    bool has_keys = given->index + 1 < VALUES;
    if (has_keys)
        nobody_to_attend_to(given);
    else
        case_attention(given, &(Rules){.t_q = 2});
    case_output(given, given->out_rows, given->inputs[V].cols);
    given->out_name = NULL;
    case_note(given, has_keys ? "the last query may attend to nothing" : "there are no keys");
}

/* An open key whose score is so low that its weight is 0 as a float. */
static void a_weight_of_zero(Case *given)
{
    case_attention(given, &(Rules){.t_q = 1, .t_k = 2});
    Matrix q = given->inputs[Q], k = given->inputs[K], v = given->inputs[V];
    for (size_t c = 0; c < q.cols; c++) {
        matrix_row(q, 0)[c] = 100;
        matrix_row(k, 0)[c] = 100;
        matrix_row(k, 1)[c] = -100;
    }
    matrix_row(v, 1)[0] = NAN;
    case_output(given, 1, v.cols);
    given->out_name = NULL;
    case_note(given, "the last key is open, and its weight is 0; its value holds NaN, and 0 times "
                     "NaN is NaN");
}

static void some_values(Case *given)
{
    if (given->index == WEIGHT_OF_ZERO) {
        a_weight_of_zero(given);
        return;
    }
    if (given->index >= ROWS(FILLED)) {
        values_unseen(given);
        return;
    }
    case_attention(given, &FILLED[given->index]);
    Matrix v = given->inputs[V];
    bool has_nan = given->index % 2 == 1;
    if (has_nan)
        matrix_row(v, v.rows - 1)[0] = NAN;
    case_output(given, given->out_rows, v.cols);
    given->out_name = NULL;
    case_note(given, "the last key is filling%s", has_nan ? ", and its value holds NaN" : "");
}

static Status call_for_result(const Case *given, Matrix out)
{
    float numbers[3 * 7]; /* the most queries, and keys with the gap of a view */
    Matrix weights = beside(given, numbers, given->inputs[Q].rows, given->inputs[K].rows);
    return expect_unwritten(attend(given, weights, out), "weights", weights);
}

/* Of q, k, v and the weights. */
static void matrices_that_do_not_fit(Case *given)
{
    static const size_t SHAPES[][8] = {
        {2, 4, 3, 5, 3, 6, 2, 3}, {2, 4, 3, 4, 5, 6, 2, 3}, {2, 4, 3, 4, 3, 6, 3, 3}};
    static const char *const NAMES[] = {"q", "k", "v"};
    const size_t *shape = SHAPES[given->index];
    given->shapes_only = true;
    for (size_t i = Q; i <= V; i++)
        case_input(given, NAMES[i], shape[2 * i], shape[2 * i + 1]);
    case_mask(given, &(Rules){.padding = 0}, 1);
    case_number(given, "scale", 1);
    case_output(given, shape[6], shape[7]);
    given->out_name = "weights";
    case_note(given, "weights is %zux%zu", shape[6], shape[7]);
}

static void a_result_that_does_not_fit(Case *given)
{
    case_attention(given, &FILLED[1]);
    given->shapes_only = true;
    size_t more_rows = given->index == 0, more_cols = given->index == 1;
    case_output(given, given->inputs[Q].rows + more_rows, given->inputs[V].cols + more_cols);
    given->out_name = NULL;
    case_note(given, "out has a %s more", given->index == 0 ? "row" : "column");
}

static void attention_with_an_invalid_mask(Case *given)
{
    case_input(given, "q", 2, 1);
    case_input(given, "k", 3, 1);
    case_input(given, "v", 3, 1);
    an_invalid_mask(given);
    case_number(given, "scale", 1);
    given->out_name = "weights";
}

/* --- masked_multi_head_attention -------------------------------------------------------------- */

enum { X, W_Q, W_K, W_V, W_O, CONTEXT };
enum { D_K = 2, D_V = 3 };
static const char BIASES[] = "biases; b_q, b_k, b_v and b_o side by side";

static size_t heads_of(const Case *given)
{
    return given->inputs[W_Q].cols / D_K;
}

/* For T_k: x itself answers. */
static const size_t NO_CONTEXT = SIZE_MAX;

static void case_layer(Case *given, size_t t_q, size_t t_k)
{
    size_t i = given->index, heads = 2 + i % 2, d = 3 + i % 2;
    given->as_views = i == 5;
    case_input(given, "x", t_q, d);
    case_input(given, "w_q", d, heads * D_K);
    case_input(given, "w_k", d, heads * D_K);
    case_input(given, "w_v", d, heads * D_V);
    case_input(given, "w_o", heads * D_V, d + 1);
    if (t_k != NO_CONTEXT)
        case_input(given, "context", t_k, d);
    case_note(given, "%zu heads%s", heads_of(given),
              t_k == NO_CONTEXT ? "; context is NO_MATRIX"
              : t_k == 0        ? "; context has no rows"
                                : "");
}

/* The context is as long as x, so that mixing them up gives numbers, not a message. */
static void a_context(Case *given)
{
    size_t i = given->index, t = 2 + i % 3;
    case_layer(given, t, i % 4 == 3 ? NO_CONTEXT : i == 9 ? 0 : t);
    case_mask(given, &(Rules){.padding = 0}, 1);
    case_output(given, t, given->inputs[W_O].cols);
}

/* One rule at a time. A bias is one for all heads first, then one for each. */
static const Rules LAYERS[] = {{2, 2, 0, 0, CAUSAL},  {2, 3, 0, 1, 0},
                               {3, 4, 0, 0, BIAS},    {2, 3, 0, 0, BIAS},
                               {2, 4, 2, 0, CAUSAL},  {4, 5, 0, 1, CAUSAL | BIAS},
                               {3, 4, 0, 0, ALLOWED}, {3, 5, 1, 0, CAUSAL | BIAS},
                               {3, 3, 0, 1, ALLOWED}};
enum { ONE_BIAS = 2, BIASED = 4, ALONE = 8 }; /* the first one has no context either */

static void a_masked_layer(Case *given)
{
    static const char *const HEADS[] = {"head 0", "head 1", "head 2"};
    const Rules *rules = &LAYERS[given->index];
    case_layer(given, rules->t_q, given->index % ALONE == 0 ? NO_CONTEXT : rules->t_k);
    size_t heads = heads_of(given);
    case_mask(given, rules, given->index == ONE_BIAS ? 1 : heads);
    for (size_t h = 0; h < heads; h++)
        case_part(given, HEADS[h], rules->t_q);
    case_output(given, heads * rules->t_q, rules->t_k);
    given->out_name = "weights";
}

/* The result of a masked layer; from case 4 on the layer has biases. */
static void a_masked_result(Case *given)
{
    const Rules *rules = &LAYERS[given->index];
    case_layer(given, rules->t_q, rules->t_k);
    case_mask(given, rules, heads_of(given));
    if (rules->has & ALLOWED) {
        Matrix allowed = case_named(given, "allowed");
        for (size_t j = 0; j < allowed.cols; j++)
            matrix_row(allowed, 0)[j] = 0;
        case_note(given, "%zu heads; query 0 may attend to nothing", heads_of(given));
    }
    Matrix w_o = given->inputs[W_O];
    case_output(given, rules->t_q, w_o.cols);
    if (given->index >= BIASED)
        case_input(given, BIASES, 1, 2 * given->inputs[W_Q].cols + w_o.rows + w_o.cols);
}

static void a_layer_with_an_invalid_mask(Case *given)
{
    case_layer(given, 2, 3);
    size_t heads = heads_of(given);
    an_invalid_mask(given);
    case_output(given, heads * 2, 3);
    given->out_name = "weights";
}

/* One matrix has a shape of its own; the last two are the weights. */
static void a_layer_that_does_not_fit(Case *given)
{
    static const char *const STORIES[] = {"w_o has a row too few", "context has a column too few",
                                          "weights has a row too few",
                                          "weights has a column too few"};
    size_t i = given->index;
    case_layer(given, 2, 3);
    case_mask(given, &(Rules){.padding = 0}, 1);
    given->shapes_only = true;
    given->inputs[W_O].rows -= i == 0;
    given->inputs[CONTEXT].cols -= i == 1;
    case_output(given, 2 * heads_of(given) - (i == 2), i == 3 ? 2 : 3);
    case_note(given, "%zu heads; %s", heads_of(given), STORIES[i]);
    given->out_name = "weights";
}

static void a_layer_into_another_shape(Case *given)
{
    case_layer(given, 2, 3);
    case_mask(given, &(Rules){.padding = 0}, 1);
    given->shapes_only = true;
    case_output(given, given->index == 0 ? 1 : 2, given->inputs[W_O].cols + given->index);
    case_note(given, "out has a %s", given->index == 0 ? "row too few" : "column more");
}

/* They stand side by side. */
static void set_biases(float *biases, MultiHeadLayer *layer)
{
    Matrix *const parts[] = {&layer->b_q, &layer->b_k, &layer->b_v, &layer->b_o};
    const size_t cols[] = {layer->w_q.cols, layer->w_k.cols, layer->w_v.cols, layer->w_o.cols};
    for (size_t i = 0; i < ROWS(parts); i++) {
        *parts[i] = matrix_view(biases, 1, cols[i]);
        biases += cols[i];
    }
}

static Status run_layer(const Case *given, Matrix weights, Matrix out)
{
    const Matrix *in = given->inputs;
    MultiHeadLayer layer = {
        .w_q = in[W_Q], .w_k = in[W_K], .w_v = in[W_V], .w_o = in[W_O], .heads = heads_of(given)};
    Matrix biases = case_named(given, BIASES);
    if (biases.data != NULL)
        set_biases(biases.data, &layer);
    AttentionMask mask = mask_of(given);
    return masked_multi_head_attention(in[X], case_named(given, "context"), &layer, &mask, weights,
                                       out);
}

static Status call_for_output(const Case *given, Matrix out)
{
    float numbers[3 * 4 * 7]; /* the most heads, queries, and keys with the gap of a view */
    Matrix context = case_named(given, "context");
    size_t keys = context.data != NULL ? context.rows : out.rows;
    Matrix weights = beside(given, numbers, heads_of(given) * given->inputs[X].rows, keys);
    return expect_unwritten(run_layer(given, weights, out), "weights", weights);
}

static Status call_for_heads(const Case *given, Matrix weights)
{
    float numbers[4 * 7]; /* the most queries, and columns of w_o with the gap of a view */
    Matrix out = beside(given, numbers, given->inputs[X].rows, given->inputs[W_O].cols);
    return expect_unwritten(run_layer(given, weights, out), "out", out);
}

/* --- The table -------------------------------------------------------------------------------- */

const Check CHECKS[] = {
    {"may_attend_knows_every_mask", "may_attend", "say which keys a query may attend to",
     ROWS(MASKS), a_mask, call_may_attend},
    {"no_past_is_too_long", "may_attend", "open everything to a query with a very long past", 1,
     a_huge_past, call_may_attend},
    {"a_mask_can_be_written_out", "mask_table", "write 1 where a query may attend, 0 where not",
     ROWS(MASKS), a_mask, call_mask_table},
    {"an_invalid_mask_has_no_table", "mask_table", "refuse an invalid mask, and write nothing",
     ROWS(INVALID), an_invalid_mask, call_mask_table},
    {"blocked_keys_weigh_nothing_and_the_rest_sums_to_one", "masked_attention",
     "block scores before the softmax", ROWS(ATTENTIONS), some_attention, call_for_weights},
    {"nothing_to_attend_to_gives_zeros", "masked_attention",
     "give zeros to a query that may attend to nothing", ROWS(FILLED), nobody_to_attend_to,
     call_for_weights},
    {"a_blocked_score_is_replaced", "masked_attention", "let no NaN out of a blocked key",
     ROWS(FILLED), a_nan_in_a_blocked_key, call_for_weights},
    {"what_is_blocked_weighs_0_in_every_row", "masked_attention",
     "give what is blocked a weight of 0, even beside a NaN", ROWS(FILLED), a_nan_in_a_query,
     call_for_weights},
    {"what_is_blocked_is_not_even_read", "masked_attention",
     "add up the values by their weights, and pass over blocked ones", ALL_VALUES, some_values,
     call_for_result},
    {"attention_that_does_not_fit_is_refused", "masked_attention",
     "refuse shapes that do not fit, and write nothing", 3, matrices_that_do_not_fit,
     call_for_weights},
    {"attention_into_another_shape_is_refused", "masked_attention",
     "refuse an out that does not fit, and write nothing", 2, a_result_that_does_not_fit,
     call_for_result},
    {"an_invalid_mask_stops_attention", "masked_attention",
     "refuse an invalid mask, and write nothing", ROWS(INVALID), attention_with_an_invalid_mask,
     call_for_weights},
    {"a_context_answers", "masked_multi_head_attention", "let x ask and the context answer", 10,
     a_context, call_for_output},
    {"every_head_is_masked", "masked_multi_head_attention",
     "mask every head, with a bias of its own if there is one", ROWS(LAYERS), a_masked_layer,
     call_for_heads},
    {"a_masked_layer_gives_what_its_heads_heard", "masked_multi_head_attention",
     "put together what the masked heads heard, with the layer's biases", ROWS(LAYERS),
     a_masked_result, call_for_output},
    {"a_layer_that_does_not_fit_is_refused", "masked_multi_head_attention",
     "refuse shapes that do not fit, and write nothing", 4, a_layer_that_does_not_fit,
     call_for_heads},
    {"a_layer_into_another_shape_is_refused", "masked_multi_head_attention",
     "refuse an out that does not fit, and write nothing", 2, a_layer_into_another_shape,
     call_for_output},
    {"an_invalid_mask_stops_a_layer", "masked_multi_head_attention",
     "refuse an invalid mask, and write nothing", ROWS(INVALID), a_layer_with_an_invalid_mask,
     call_for_heads},
};
const size_t CHECK_COUNT = ROWS(CHECKS);
