/* Chapter 8: norms, residual paths, the feed-forward network, the block, the stack, the classifier.
 */
#include "transformer_block.h"

#include "assert.h"
#include "dot_products.h"
#include "example.h"
#include "frail_memory.h"
#include "masking.h"
#include "matrices.h"
#include "oracle.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* --- Helpers --------------------------------------------------------------------------------- */

static bool holds_only(Matrix matrix, float value)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            if (matrix_row(matrix, r)[c] != value)
                return false;
    return true;
}

/* An output that nothing has been written to. */
static Matrix output(size_t rows, size_t cols)
{
    Matrix matrix = new_matrix(rows, cols);
    fill(matrix, UNWRITTEN);
    return matrix;
}

#define assert_unwritten(matrix) assert_all(matrix, UNWRITTEN)
#define assert_unwritten_or_zeros(matrix) check_not_half_done(__LINE__, #matrix, matrix)

static void check_not_half_done(int line, const char *name, Matrix matrix)
{
    if (!holds_only(matrix, UNWRITTEN) && !holds_only(matrix, 0))
        fail_at(__FILE__, line,
                "%s is half-done behind a call that failed: it must be unwritten, or all zeros",
                name);
}

static Matrix copy_of(Matrix matrix)
{
    Matrix copy = output(matrix.rows, matrix.cols);
    assert_ok(matrix_copy(matrix, copy));
    return copy;
}

#define VIEW(array, rows, cols) matrix_view(&(array)[0], rows, cols)

static const LayerNorm PLAIN = {.epsilon = DEFAULT_EPSILON};

/* --- The oracle ------------------------------------------------------------------------------ */

static Table oracle_norm(Table x, const LayerNorm *norm)
{
    Table out = table_create(x.rows, x.cols);
    double n = (double)x.cols;
    for (size_t t = 0; t < x.rows; t++) {
        double *from = x.data + t * x.cols, sum = 0, squares = 0;
        for (size_t c = 0; c < x.cols; c++)
            sum += from[c] / n;
        for (size_t c = 0; c < x.cols; c++)
            squares += (from[c] - sum) * (from[c] - sum);
        for (size_t c = 0; c < x.cols; c++) {
            double y = (from[c] - sum) / sqrt(squares / n + norm->epsilon);
            y *= norm->gain.data != NULL ? norm->gain.data[c] : 1;
            y += norm->shift.data != NULL ? norm->shift.data[c] : 0;
            out.data[t * x.cols + c] = y;
        }
    }
    return out;
}

static double oracle_activation(Activation activation, double x)
{
    double pi = acos(-1.0);
    switch (activation) {
    case ACTIVATION_RELU: return x > 0 ? x : 0;
    case ACTIVATION_GELU: return x * 0.5 * erfc(-x / sqrt(2.0));
    default: return x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * pow(x, 3))));
    }
}

static Table oracle_add_bias(Table x, Matrix bias)
{
    for (size_t t = 0; bias.data != NULL && t < x.rows; t++)
        for (size_t c = 0; c < x.cols; c++)
            x.data[t * x.cols + c] += bias.data[c];
    return x;
}

static Table oracle_affine(Table x, Matrix w, Matrix b)
{
    Table weights = table_of(w), out = oracle_add_bias(oracle_product(x, weights), b);
    table_free(1, weights);
    return out;
}

static Table oracle_network(Table x, const FeedForward *network)
{
    Table hidden = oracle_affine(x, network->w_1, network->b_1);
    for (size_t i = 0; i < hidden.rows * hidden.cols; i++)
        hidden.data[i] = oracle_activation(network->activation, hidden.data[i]);
    Table out = oracle_affine(hidden, network->w_2, network->b_2);
    table_free(1, hidden);
    return out;
}

static Table oracle_allowed(size_t tokens, const AttentionMask *mask)
{
    Table allowed = table_create(tokens, tokens);
    for (size_t i = 0; i < tokens; i++)
        for (size_t j = 0; j < tokens; j++)
            allowed.data[i * tokens + j] =
                (!mask->causal || j <= i) && j + mask->padding < tokens ? 1 : 0;
    return allowed;
}

/* Attention of x to itself; `weights` receives those of all heads, if it is not NULL. */
static Table oracle_attention(Table x, const MultiHeadLayer *layer, const AttentionMask *mask)
{
    Table q = oracle_affine(x, layer->w_q, layer->b_q),
          k = oracle_affine(x, layer->w_k, layer->b_k),
          v = oracle_affine(x, layer->w_v, layer->b_v), allowed = oracle_allowed(x.rows, mask),
          concat = table_create(x.rows, v.cols);
    size_t d_k = q.cols / layer->heads, d_v = v.cols / layer->heads;
    for (size_t h = 0; h < layer->heads; h++) {
        Table one_q = oracle_columns(q, h * d_k, d_k), one_k = oracle_columns(k, h * d_k, d_k),
              one_v = oracle_columns(v, h * d_v, d_v),
              weights = oracle_weights(one_q, one_k, 1 / sqrt((double)d_k), &allowed, NULL),
              result = oracle_product(weights, one_v);
        for (size_t t = 0; t < x.rows; t++)
            for (size_t c = 0; c < d_v; c++)
                concat.data[t * v.cols + h * d_v + c] = result.data[t * d_v + c];
        table_free(5, one_q, one_k, one_v, weights, result);
    }
    Table out = oracle_affine(concat, layer->w_o, layer->b_o);
    table_free(5, q, k, v, allowed, concat);
    return out;
}

static void oracle_add(Table a, Table b)
{
    for (size_t i = 0; i < b.rows * b.cols; i++)
        b.data[i] += a.data[i];
}

/* A step with its norm and its residual path. */
static Table oracle_block(Table x, const TransformerBlock *block, const AttentionMask *mask)
{
    bool pre = block->norm_place == NORM_PRE;
    Table input = pre ? oracle_norm(x, &block->norm_1) : table_create(x.rows, x.cols);
    if (!pre)
        oracle_add(x, input);
    Table middle = oracle_attention(input, &block->attention, mask);
    oracle_add(x, middle);
    Table behind = pre ? table_create(0, 0) : oracle_norm(middle, &block->norm_1);
    Table start = pre ? middle : behind;
    Table second = pre ? oracle_norm(start, &block->norm_2) : table_create(0, 0);
    Table end = oracle_network(pre ? second : start, &block->feed_forward);
    oracle_add(start, end);
    Table out = pre ? table_create(0, 0) : oracle_norm(end, &block->norm_2);
    table_free(5, input, middle, behind, second, pre ? out : end);
    return pre ? end : out;
}

/* --- Random parameters ----------------------------------------------------------------------- */

enum { BLOCK_MATRICES = 16 };

/* A block that owns its matrices. */
typedef struct RandomBlock {
    TransformerBlock block;
    Matrix owned[BLOCK_MATRICES];
    size_t count;
} RandomBlock;

static Matrix keep(RandomBlock *owner, Random *random, size_t rows, size_t cols, double deviation)
{
    return owner->owned[owner->count++] = random_matrix(random, rows, cols, deviation);
}

static Matrix weight(RandomBlock *owner, Random *random, size_t rows, size_t cols)
{
    return keep(owner, random, rows, cols, 1 / sqrt((double)rows));
}

static Matrix bias(RandomBlock *owner, Random *random, bool biases, size_t cols)
{
    return biases ? keep(owner, random, 1, cols, 0.5) : NO_MATRIX;
}

static LayerNorm random_norm(RandomBlock *owner, Random *random, bool biases, size_t d_model)
{
    static const float EPSILONS[] = {1e-5f, 1e-12f, 0.1f};
    LayerNorm norm = {.gain = keep(owner, random, 1, d_model, 1.0),
                      .epsilon = EPSILONS[random_between(random, 0, 2)]};
    norm.shift = bias(owner, random, biases, d_model);
    return norm;
}

/* d_model is not heads d_k, nor d_ff, but by chance. */
static RandomBlock random_block(Random *random, size_t d_model, size_t heads)
{
    RandomBlock r = {.count = 0};
    size_t all_k = heads * random_between(random, 1, 4),
           all_v = heads * random_between(random, 1, 3), d_ff = random_between(random, 1, 9);
    bool biases = random_between(random, 0, 2) > 0;
    TransformerBlock *b = &r.block;
    b->attention.heads = heads;
    b->attention.w_q = weight(&r, random, d_model, all_k);
    b->attention.w_k = weight(&r, random, d_model, all_k);
    b->attention.w_v = weight(&r, random, d_model, all_v);
    b->attention.w_o = weight(&r, random, all_v, d_model);
    b->attention.b_q = bias(&r, random, biases, all_k);
    b->attention.b_k = bias(&r, random, biases, all_k);
    b->attention.b_v = bias(&r, random, biases, all_v);
    b->attention.b_o = bias(&r, random, biases, d_model);
    b->norm_1 = random_norm(&r, random, biases, d_model);
    b->norm_2 = random_norm(&r, random, biases, d_model);
    b->feed_forward.w_1 = weight(&r, random, d_model, d_ff);
    b->feed_forward.b_1 = bias(&r, random, biases, d_ff);
    b->feed_forward.w_2 = weight(&r, random, d_ff, d_model);
    b->feed_forward.b_2 = bias(&r, random, biases, d_model);
    b->feed_forward.activation = (Activation)random_between(random, 0, 2);
    b->norm_place = random_between(random, 0, 1) == 0 ? NORM_POST : NORM_PRE;
    return r;
}

static void random_block_free(RandomBlock *block)
{
    while (block->count > 0)
        random_matrix_free(block->owned[--block->count]);
}

static AttentionMask random_mask(Random *random, size_t tokens)
{
    return (AttentionMask){.causal = random_between(random, 0, 1) == 1,
                           .padding = random_between(random, 0, tokens - 1)};
}

/* --- Linear ---------------------------------------------------------------------------------- */

START_TEST(a_linear_layer_multiplies_and_adds)
{
    float x[] = {1, 2, 0, -1}, w[] = {1, 0, 2, 3, -1, 1}, b[] = {10, 20, 30}, out[6];
    float expected[] = {17, 18, 34, 7, 21, 29};
    assert_ok(linear(VIEW(x, 2, 2), VIEW(w, 2, 3), VIEW(b, 1, 3), VIEW(out, 2, 3)));
    assert_matrix_close(VIEW(out, 2, 3), VIEW(expected, 2, 3), 0);
}
END_TEST

START_TEST(a_linear_layer_that_does_not_fit_is_refused)
{
    float x[6] = {0}, w[12] = {0}, b[4] = {0}, data[8];
    Matrix out = VIEW(data, 2, 4);
    fill(out, UNWRITTEN);
    assert_fails(linear(VIEW(x, 2, 3), VIEW(w, 4, 3), NO_MATRIX, out), STATUS_SHAPE,
                 "w is 4x3, expected 3 rows, one for each column of x");
    assert_fails(linear(VIEW(x, 2, 3), VIEW(w, 3, 4), VIEW(b, 1, 3), out), STATUS_SHAPE,
                 "b is 1x3, expected 1x4");
    assert_fails(linear(VIEW(x, 2, 3), VIEW(w, 3, 4), VIEW(b, 1, 4), VIEW(data, 4, 2)),
                 STATUS_SHAPE, "out is 4x2, expected 2x4");
    assert_unwritten(out);
}
END_TEST

/* --- Activations ----------------------------------------------------------------------------- */

START_TEST(relu_cuts_off_what_is_below_zero)
{
    assert_close(activate(ACTIVATION_RELU, 2.5f), 2.5, 0);
    assert_close(activate(ACTIVATION_RELU, -2.5f), 0, 0);
    assert_close(activate(ACTIVATION_RELU, 0.0f), 0, 0);
    assert_close(activate(ACTIVATION_RELU, INFINITY), INFINITY, 0);
    assert_close(activate(ACTIVATION_RELU, -INFINITY), 0, 0);
}
END_TEST

START_TEST(gelu_is_x_times_the_normal_distribution)
{
    /* The normal distribution below 1 is 0.841344746, below 2 it is 0.977249868. */
    assert_close(activate(ACTIVATION_GELU, 1), 0.841344746, 1e-7);
    assert_close(activate(ACTIVATION_GELU, -1), -0.158655254, 1e-7);
    assert_close(activate(ACTIVATION_GELU, 2), 1.954499736, 1e-6);
    assert_close(activate(ACTIVATION_GELU, -2), -0.045500264, 1e-7);
    assert_close(activate(ACTIVATION_GELU, 0), 0, 0);
    assert_close(activate(ACTIVATION_GELU, 30), 30, 1e-6);
    assert_close(activate(ACTIVATION_GELU, -30), 0, 1e-7);
}
END_TEST

START_TEST(gelu_by_tanh_is_an_estimate_and_another_function)
{
    assert_close(activate(ACTIVATION_GELU_TANH, 1), 0.841191991, 1e-7);
    assert_close(activate(ACTIVATION_GELU_TANH, -1), -0.158808009, 1e-7);
    assert_close(activate(ACTIVATION_GELU_TANH, 2), 1.954597694, 1e-6);
    assert_close(activate(ACTIVATION_GELU_TANH, -3), -0.003637392, 1e-7);
    ck_assert(fabsf(activate(ACTIVATION_GELU_TANH, 1) - activate(ACTIVATION_GELU, 1)) > 1e-4f);
}
END_TEST

START_TEST(no_activation_hides_a_nan)
{
    for (int i = ACTIVATION_RELU; i <= ACTIVATION_GELU_TANH; i++)
        ck_assert_msg(isnan(activate((Activation)i, NAN)), "activation %d makes a number of NaN",
                      i);
}
END_TEST

/* --- Layer normalisation --------------------------------------------------------------------- */

START_TEST(the_norm_of_one_token_by_hand)
{
    /* The mean is 4, the squares are 4 + 0 + 0 + 4 = 8, so the variance is 2. */
    float x[] = {2, 4, 4, 6}, gain[] = {1, 2, 3, -10}, shift[] = {0, 5, 6, 7}, out[4];
    float plain[] = {-1.41421356f, 0, 0, 1.41421356f};
    float expected[] = {-1.41421356f, 5, 6, -7.14213562f};
    LayerNorm norm = {NO_MATRIX, NO_MATRIX, 0};
    assert_ok(layer_norm(VIEW(x, 1, 4), &norm, VIEW(out, 1, 4)));
    assert_matrix_close(VIEW(out, 1, 4), VIEW(plain, 1, 4), 1e-6);
    norm = (LayerNorm){VIEW(gain, 1, 4), VIEW(shift, 1, 4), 0};
    assert_ok(layer_norm(VIEW(x, 1, 4), &norm, VIEW(out, 1, 4)));
    assert_matrix_close(VIEW(out, 1, 4), VIEW(expected, 1, 4), 1e-6);
}
END_TEST

START_TEST(a_token_of_equal_numbers_gets_the_shift)
{
    float x[] = {5, 5, 5}, shift[] = {1, 2, 3}, out[3];
    LayerNorm norm = {NO_MATRIX, VIEW(shift, 1, 3), DEFAULT_EPSILON};
    assert_ok(layer_norm(VIEW(x, 1, 3), &norm, VIEW(out, 1, 3)));
    assert_matrix_close(VIEW(out, 1, 3), VIEW(shift, 1, 3), 0);
    norm.epsilon = 0; /* 0 / 0 */
    assert_ok(layer_norm(VIEW(x, 1, 3), &norm, VIEW(out, 1, 3)));
    assert_close(out[0], NAN, 0);
    assert_close(out[2], NAN, 0);
}
END_TEST

START_TEST(numbers_far_from_0_are_normalised_as_well)
{
    /* The mean is 16777219 and a third, which is no float; the sum is none either. */
    float x[] = {16777216, 16777218, 16777224}, out[3],
          expected[] = {-0.98058025f, -0.39223210f, 1.37281235f};
    assert_ok(layer_norm(VIEW(x, 1, 3), &PLAIN, VIEW(out, 1, 3)));
    assert_matrix_close(VIEW(out, 1, 3), VIEW(expected, 1, 3), 1e-5);
}
END_TEST

START_TEST(a_norm_may_work_in_place_and_on_views)
{
    Random random = {5};
    Matrix whole = random_matrix(&random, 3, 8, 1.0), x, out = output(3, 4);
    Table one = table_create(3, 4), expected;
    assert_ok(matrix_columns(whole, 2, 4, &x));
    for (size_t i = 0; i < 12; i++)
        one.data[i] = matrix_row(x, i / 4)[i % 4];
    expected = oracle_norm(one, &PLAIN);
    assert_ok(layer_norm(x, &PLAIN, out));
    assert_matches(out, expected, TOLERANCE);
    float before = matrix_row(whole, 1)[1], behind = matrix_row(whole, 1)[6];
    assert_ok(layer_norm(x, &PLAIN, x));
    assert_matrix_equal(x, out);
    assert_close(matrix_row(whole, 1)[1], (double)before, 0);
    assert_close(matrix_row(whole, 1)[6], (double)behind, 0);
    table_free(2, one, expected);
    random_matrix_free(whole);
    matrix_free(&out);
}
END_TEST

START_TEST(a_nan_stays_in_its_token)
{
    Random random = {6};
    Matrix x = output(3, 4), clean = output(3, 4), out = output(3, 4);
    random_fill(&random, 1.0, x);
    assert_ok(layer_norm(x, &PLAIN, clean));
    matrix_row(x, 1)[2] = NAN;
    assert_ok(layer_norm(x, &PLAIN, out));
    for (size_t c = 0; c < 4; c++) {
        assert_close(matrix_row(out, 1)[c], NAN, 0);
        assert_close(matrix_row(out, 0)[c], (double)matrix_row(clean, 0)[c], 0);
        assert_close(matrix_row(out, 2)[c], (double)matrix_row(clean, 2)[c], 0);
    }
    matrix_free(&x);
    matrix_free(&clean);
    matrix_free(&out);
}
END_TEST

START_TEST(a_norm_that_does_not_fit_is_refused)
{
    float x[6] = {0}, row[4] = {0}, data[6];
    Matrix in = VIEW(x, 2, 3), out = VIEW(data, 2, 3);
    LayerNorm norm = {.gain = VIEW(row, 1, 4)};
    fill(out, UNWRITTEN);
    assert_fails(layer_norm(in, &norm, out), STATUS_SHAPE, "gain is 1x4, expected 1x3");
    norm = (LayerNorm){.shift = VIEW(row, 1, 2)};
    assert_fails(layer_norm(in, &norm, out), STATUS_SHAPE, "shift is 1x2, expected 1x3");
    assert_fails(layer_norm(in, &PLAIN, VIEW(data, 3, 2)), STATUS_SHAPE,
                 "out is 3x2, expected 2x3");
    norm = (LayerNorm){.epsilon = -1e-9f};
    assert_fails(layer_norm(in, &norm, out), STATUS_VALUE, "epsilon is -1e-09, expected 0 or more");
    norm.epsilon = NAN;
    assert_fails(layer_norm(in, &norm, out), STATUS_VALUE, "epsilon is nan");
    assert_unwritten(out);
}
END_TEST

START_TEST(random_norms_agree_with_double)
{
    Random random = {7};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t tokens = random_between(&random, 0, 5), d_model = random_between(&random, 1, 12);
        RandomBlock owner = {.count = 0};
        LayerNorm norm = random_norm(&owner, &random, i % 2 == 0, d_model);
        Matrix x = random_matrix(&random, tokens, d_model, i % 3 == 0 ? 1e3 : 1.0);
        Matrix out = random_matrix(&random, tokens, d_model, 1.0);
        Table given = table_of(x), expected = oracle_norm(given, &norm);
        assert_ok(layer_norm(x, &norm, out));
        assert_matches(out, expected, TOLERANCE);
        table_free(2, given, expected);
        random_matrix_free(x);
        random_matrix_free(out);
        random_block_free(&owner);
    }
}
END_TEST

/* --- The feed-forward network ---------------------------------------------------------------- */

START_TEST(a_feed_forward_network_by_hand)
{
    /* (1 2) W_1 + b_1 = (0 -2 3), activated (0 0 3), times W_2 = (-3 6), plus b_2 = (-2 6). */
    float x[] = {1, 2}, w_1[] = {2, 0, -1, -1, -1, 2}, b_1[] = {0, 0, 0}, out[2];
    float w_2[] = {5, 5, 7, 7, -1, 2}, b_2[] = {1, 0}, expected[] = {-2, 6};
    FeedForward network = {VIEW(w_1, 2, 3), VIEW(b_1, 1, 3), VIEW(w_2, 3, 2), VIEW(b_2, 1, 2),
                           ACTIVATION_RELU};
    assert_ok(feed_forward(VIEW(x, 1, 2), &network, VIEW(out, 1, 2)));
    assert_matrix_close(VIEW(out, 1, 2), VIEW(expected, 1, 2), 0);
}
END_TEST

START_TEST(tokens_do_not_meet_in_the_feed_forward_network)
{
    Random random = {8};
    RandomBlock owner = random_block(&random, 5, 2);
    const FeedForward *network = &owner.block.feed_forward;
    Matrix x = random_matrix(&random, 3, 5, 1.0), all = output(3, 5), changed = output(3, 5);
    assert_ok(feed_forward(x, network, all));
    matrix_row(x, 1)[0] = NAN;
    assert_ok(feed_forward(x, network, changed));
    for (size_t c = 0; c < 5; c++) {
        assert_close(matrix_row(changed, 0)[c], (double)matrix_row(all, 0)[c], 0);
        assert_close(matrix_row(changed, 2)[c], (double)matrix_row(all, 2)[c], 0);
        assert_close(matrix_row(changed, 1)[c], NAN, 0);
    }
    random_matrix_free(x);
    matrix_free(&all);
    matrix_free(&changed);
    random_block_free(&owner);
}
END_TEST

START_TEST(a_feed_forward_network_that_does_not_fit_is_refused)
{
    float x[6] = {0}, w[20] = {0}, b[5] = {0}, data[6];
    Matrix in = VIEW(x, 2, 3), out = VIEW(data, 2, 3);
    FeedForward network = {.w_1 = VIEW(w, 2, 5), .w_2 = VIEW(w, 5, 3)};
    fill(out, UNWRITTEN);
    assert_fails(feed_forward(in, &network, out), STATUS_SHAPE,
                 "w_1 is 2x5, expected 3 rows, one for each column of x");
    network = (FeedForward){.w_1 = VIEW(w, 3, 5), .w_2 = VIEW(w, 4, 3)};
    assert_fails(feed_forward(in, &network, out), STATUS_SHAPE,
                 "w_2 is 4x3, expected 5 rows, one for each column of w_1");
    network = (FeedForward){.w_1 = VIEW(w, 3, 5), .w_2 = VIEW(w, 5, 3), .b_1 = VIEW(b, 1, 3)};
    assert_fails(feed_forward(in, &network, out), STATUS_SHAPE, "b_1 is 1x3, expected 1x5");
    network = (FeedForward){.w_1 = VIEW(w, 3, 5), .w_2 = VIEW(w, 5, 3), .b_2 = VIEW(b, 1, 5)};
    assert_fails(feed_forward(in, &network, out), STATUS_SHAPE, "b_2 is 1x5, expected 1x3");
    network = (FeedForward){.w_1 = VIEW(w, 3, 5), .w_2 = VIEW(w, 5, 4)};
    assert_fails(feed_forward(in, &network, out), STATUS_SHAPE, "out is 2x3, expected 2x4");
    network = (FeedForward){.w_1 = VIEW(w, 3, 5), .w_2 = VIEW(w, 5, 3)};
    memory_fail_at(1);
    assert_fails(feed_forward(in, &network, out), STATUS_NO_MEMORY, "");
    memory_fail_at(0);
    assert_unwritten(out);
}
END_TEST

START_TEST(random_feed_forward_networks_agree_with_double)
{
    Random random = {9};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t tokens = random_between(&random, 0, 5), d_model = random_between(&random, 1, 8);
        RandomBlock owner = random_block(&random, d_model, 1);
        const FeedForward *network = &owner.block.feed_forward;
        Matrix x = random_matrix(&random, tokens, d_model, i % 3 == 0 ? 1e3 : 1.0);
        Matrix out = random_matrix(&random, tokens, d_model, 1.0);
        Table given = table_of(x), expected = oracle_network(given, network);
        assert_ok(feed_forward(x, network, out));
        /* relative to what goes in: of large numbers a small difference may come out */
        assert_matches(out, expected, i % 3 == 0 ? 1e3 * TOLERANCE : TOLERANCE);
        table_free(2, given, expected);
        random_matrix_free(x);
        random_matrix_free(out);
        random_block_free(&owner);
    }
}
END_TEST

/* --- The residual path ----------------------------------------------------------------------- */

START_TEST(a_step_starts_with_x_or_with_its_norm)
{
    float x[] = {1, 3, 2, 8}, out[4], normed[] = {-1, 1, -1, 1};
    LayerNorm norm = {.epsilon = 0};
    assert_ok(sublayer_input(VIEW(x, 2, 2), &norm, NORM_POST, VIEW(out, 2, 2)));
    assert_matrix_close(VIEW(out, 2, 2), VIEW(x, 2, 2), 0);
    assert_ok(sublayer_input(VIEW(x, 2, 2), &norm, NORM_PRE, VIEW(out, 2, 2)));
    assert_matrix_close(VIEW(out, 2, 2), VIEW(normed, 2, 2), 1e-6);
}
END_TEST

START_TEST(a_step_ends_with_a_sum_or_with_its_norm)
{
    float x[] = {1, 3, 2, 8}, result[] = {10, 30, 1, 1}, out[4];
    float sum[] = {11, 33, 3, 9}, normed[] = {-1, 1, -1, 1};
    LayerNorm norm = {.epsilon = 0};
    Matrix in = VIEW(x, 2, 2), step = VIEW(result, 2, 2);
    assert_ok(sublayer_output(in, step, &norm, NORM_PRE, VIEW(out, 2, 2)));
    assert_matrix_close(VIEW(out, 2, 2), VIEW(sum, 2, 2), 0);
    assert_ok(sublayer_output(in, step, &norm, NORM_POST, VIEW(out, 2, 2)));
    assert_matrix_close(VIEW(out, 2, 2), VIEW(normed, 2, 2), 1e-6);
    assert_ok(sublayer_output(in, step, &norm, NORM_PRE, step));
    assert_matrix_close(step, VIEW(sum, 2, 2), 0);
    assert_ok(sublayer_output(in, in, &norm, NORM_PRE, in));
    assert_close(x[0], 2, 0);
    assert_close(x[3], 16, 0);
}
END_TEST

START_TEST(a_step_that_does_not_fit_is_refused)
{
    float x[6] = {0}, row[4] = {0}, data[6];
    Matrix in = VIEW(x, 2, 3), out = VIEW(data, 2, 3);
    LayerNorm wide = {.gain = VIEW(row, 1, 4)};
    fill(out, UNWRITTEN);
    assert_fails(sublayer_input(in, &wide, NORM_PRE, out), STATUS_SHAPE, "gain is 1x4");
    assert_fails(sublayer_input(in, &PLAIN, NORM_POST, VIEW(data, 3, 2)), STATUS_SHAPE, "3x2");
    assert_fails(sublayer_output(in, VIEW(x, 3, 2), &PLAIN, NORM_PRE, out), STATUS_SHAPE,
                 "result is 3x2, expected 2x3");
    assert_fails(sublayer_output(in, in, &PLAIN, NORM_PRE, VIEW(data, 3, 2)), STATUS_SHAPE,
                 "out is 3x2, expected 2x3");
    assert_fails(sublayer_output(in, in, &wide, NORM_POST, out), STATUS_SHAPE, "gain is 1x4");
    assert_unwritten(out);
}
END_TEST

/* --- The block ------------------------------------------------------------------------------- */

/* A block whose two steps say nothing: all its weights are 0. */
static void silence(RandomBlock *block)
{
    fill(block->block.attention.w_o, 0);
    fill(block->block.feed_forward.w_2, 0);
    fill(block->block.attention.b_o, 0);
    fill(block->block.feed_forward.b_2, 0);
}

START_TEST(a_pre_norm_block_that_says_nothing_changes_nothing)
{
    Random random = {10};
    RandomBlock owner = random_block(&random, 6, 2);
    Matrix x = random_matrix(&random, 4, 6, 1.0), out = output(4, 6);
    silence(&owner);
    owner.block.norm_place = NORM_PRE;
    assert_ok(transformer_block(x, &owner.block, &NO_MASK, NO_MATRIX, out));
    assert_matrix_equal(out, x);
    random_matrix_free(x);
    matrix_free(&out);
    random_block_free(&owner);
}
END_TEST

START_TEST(a_post_norm_block_that_says_nothing_is_two_norms)
{
    Random random = {11};
    RandomBlock owner = random_block(&random, 6, 3);
    Matrix x = random_matrix(&random, 4, 6, 1.0), out = output(4, 6), norms = output(4, 6);
    silence(&owner);
    owner.block.norm_place = NORM_POST;
    assert_ok(transformer_block(x, &owner.block, &NO_MASK, NO_MATRIX, out));
    assert_ok(layer_norm(x, &owner.block.norm_1, norms));
    assert_ok(layer_norm(norms, &owner.block.norm_2, norms));
    assert_matrix_equal(out, norms);
    random_matrix_free(x);
    matrix_free(&out);
    matrix_free(&norms);
    random_block_free(&owner);
}
END_TEST

START_TEST(the_weights_of_a_block_are_those_of_its_attention)
{
    Random random = {12};
    for (int pre = 0; pre <= 1; pre++) {
        RandomBlock owner = random_block(&random, 6, 3);
        Matrix x = random_matrix(&random, 4, 6, 1.0), out = output(4, 6), heard = output(4, 6),
               input = copy_of(x), weights = output(12, 4), expected = output(12, 4);
        AttentionMask mask = {.causal = true};
        owner.block.norm_place = pre ? NORM_PRE : NORM_POST;
        if (pre)
            assert_ok(layer_norm(x, &owner.block.norm_1, input));
        assert_ok(masked_multi_head_attention(input, NO_MATRIX, &owner.block.attention, &mask,
                                              expected, heard));
        assert_ok(transformer_block(x, &owner.block, &mask, weights, out));
        assert_matrix_equal(weights, expected);
        random_matrix_free(x);
        Matrix *all[] = {&out, &heard, &input, &weights, &expected};
        for (size_t i = 0; i < 5; i++)
            matrix_free(all[i]);
        random_block_free(&owner);
    }
}
END_TEST

START_TEST(weights_may_be_left_out_and_out_may_be_x)
{
    Random random = {13};
    RandomBlock owner = random_block(&random, 5, 2);
    Matrix x = random_matrix(&random, 4, 5, 1.0), out = output(4, 5), weights = output(8, 4);
    Matrix same = copy_of(x);
    assert_ok(transformer_block(x, &owner.block, &NO_MASK, weights, out));
    assert_ok(transformer_block(same, &owner.block, &NO_MASK, NO_MATRIX, same));
    assert_matrix_equal(same, out);
    random_matrix_free(x);
    matrix_free(&out);
    matrix_free(&weights);
    matrix_free(&same);
    random_block_free(&owner);
}
END_TEST

START_TEST(the_future_does_not_leak_through_a_block)
{
    Random random = {14};
    for (int pre = 0; pre <= 1; pre++) {
        RandomBlock owner = random_block(&random, 6, 2);
        AttentionMask mask = {.causal = true};
        Matrix x = random_matrix(&random, 5, 6, 1.0), out = output(5, 6), changed = output(5, 6);
        Matrix early, early_changed;
        owner.block.norm_place = pre ? NORM_PRE : NORM_POST;
        assert_ok(transformer_block(x, &owner.block, &mask, NO_MATRIX, out));
        matrix_row(x, 3)[2] = NAN;
        assert_ok(transformer_block(x, &owner.block, &mask, NO_MATRIX, changed));
        assert_ok(matrix_rows(out, 0, 3, &early));
        assert_ok(matrix_rows(changed, 0, 3, &early_changed));
        assert_matrix_equal(early_changed, early);
        assert_close(matrix_row(changed, 4)[0], NAN, 0);
        random_matrix_free(x);
        matrix_free(&out);
        matrix_free(&changed);
        random_block_free(&owner);
    }
}
END_TEST

START_TEST(words_with_padding_are_as_without)
{
    Random random = {15};
    RandomBlock owner = random_block(&random, 6, 2);
    AttentionMask mask = {.padding = 2};
    Matrix x = random_matrix(&random, 5, 6, 1.0), out = output(5, 6), alone = output(3, 6);
    Matrix words;
    assert_ok(matrix_rows(x, 0, 3, &words));
    assert_ok(transformer_block(x, &owner.block, &mask, NO_MATRIX, out));
    assert_ok(transformer_block(words, &owner.block, &NO_MASK, NO_MATRIX, alone));
    assert_ok(matrix_rows(out, 0, 3, &words));
    assert_matrix_equal(words, alone);
    random_matrix_free(x);
    matrix_free(&out);
    matrix_free(&alone);
    random_block_free(&owner);
}
END_TEST

/* Ways to spoil a block of d_model 6 and 2 heads. */
static void wrong_gain(TransformerBlock *block)
{
    block->norm_1.gain.cols--;
}
static void wrong_shift(TransformerBlock *block)
{
    block->norm_2.shift = block->norm_2.gain;
    block->norm_2.shift.cols--;
}
static void wrong_epsilon(TransformerBlock *block)
{
    block->norm_2.epsilon = -1;
}
static void wrong_w_q(TransformerBlock *block)
{
    block->attention.w_q.rows--;
}
static void wrong_w_o(TransformerBlock *block)
{
    block->attention.w_o.cols--;
    block->attention.b_o = NO_MATRIX;
}
static void wrong_w_1(TransformerBlock *block)
{
    block->feed_forward.w_1.rows--;
}
static void wrong_w_2(TransformerBlock *block)
{
    block->feed_forward.w_2.cols--;
    block->feed_forward.b_2 = NO_MATRIX;
}

static const struct {
    const char *what;
    void (*spoil)(TransformerBlock *block);
    Status status;
    const char *words;
} SPOILT[] = {
    {"a gain of norm_1 with a column too few", wrong_gain, STATUS_SHAPE,
     "gain is 1x5, expected 1x6"},
    {"a shift of norm_2 with a column too few", wrong_shift, STATUS_SHAPE,
     "shift is 1x5, expected 1x6"},
    {"an epsilon of norm_2 below 0", wrong_epsilon, STATUS_VALUE, "epsilon is -1"},
    {"a w_q with a row too few", wrong_w_q, STATUS_SHAPE, "w_q is 5x"},
    {"a w_o with a column too few", wrong_w_o, STATUS_SHAPE, "out is 4x6, expected 4x5"},
    {"a w_1 with a row too few", wrong_w_1, STATUS_SHAPE, "w_1 is 5x"},
    {"a w_2 with a column too few", wrong_w_2, STATUS_SHAPE, "out is 4x6, expected 4x5"},
};

START_TEST(a_block_that_does_not_fit_is_refused)
{
    Random random = {16};
    RandomBlock owner = random_block(&random, 6, 2);
    Matrix x = random_matrix(&random, 4, 6, 1.0), out = output(4, 6), weights = output(8, 4);
    Encoder stack = {.blocks = &owner.block, .count = 1};
    SPOILT[_i].spoil(&owner.block);
    about("%s", SPOILT[_i].what);
    assert_fails(transformer_block(x, &owner.block, &NO_MASK, weights, out), SPOILT[_i].status,
                 SPOILT[_i].words);
    assert_unwritten_or_zeros(out);
    assert_unwritten_or_zeros(weights);
    assert_fails(encoder(x, &stack, &NO_MASK, weights, out), SPOILT[_i].status, SPOILT[_i].words);
    assert_unwritten_or_zeros(out);
    assert_unwritten_or_zeros(weights);
    random_matrix_free(x);
    matrix_free(&out);
    matrix_free(&weights);
    random_block_free(&owner);
}
END_TEST

START_TEST(outputs_and_masks_that_do_not_fit_are_refused)
{
    Random random = {17};
    RandomBlock owner = random_block(&random, 6, 2);
    Matrix x = random_matrix(&random, 4, 6, 1.0), out = output(4, 6), weights = output(8, 4),
           small = output(4, 5), few = output(4, 4), many = output(9, 4);
    AttentionMask long_padding = {.padding = 5};
    assert_fails(transformer_block(x, &owner.block, &NO_MASK, NO_MATRIX, small), STATUS_SHAPE,
                 "out is 4x5, expected 4x6");
    assert_fails(transformer_block(x, &owner.block, &NO_MASK, few, out), STATUS_SHAPE,
                 "weights is 4x4, expected 8x4");
    assert_fails(transformer_block(x, &owner.block, &NO_MASK, many, out), STATUS_SHAPE,
                 "weights is 9x4, expected 8x4");
    assert_fails(transformer_block(x, &owner.block, &long_padding, weights, out), STATUS_VALUE,
                 "5 keys of padding, but there are only 4 keys");
    assert_unwritten_or_zeros(out);
    assert_unwritten_or_zeros(weights);
    assert_unwritten_or_zeros(small);
    random_matrix_free(x);
    Matrix *all[] = {&out, &weights, &small, &few, &many};
    for (size_t i = 0; i < 5; i++)
        matrix_free(all[i]);
    random_block_free(&owner);
}
END_TEST

/* Runs blocks with one allocation after another failing: one block as such, more as a stack. */
static void fail_each_allocation(size_t count, bool with_weights)
{
    Random random = {18};
    RandomBlock owners[2] = {random_block(&random, 6, 2), random_block(&random, 6, 3)};
    TransformerBlock blocks[2] = {owners[0].block, owners[1].block};
    Encoder stack = {.blocks = blocks, .count = count, .has_norm = true, .norm = PLAIN};
    Matrix x = random_matrix(&random, 4, 6, 1.0), out = output(4, 6),
           weights = output(count == 1 ? 8 : 20, 4);
    for (size_t n = 1;; n++) {
        fill(out, UNWRITTEN);
        fill(weights, UNWRITTEN);
        memory_fail_at(n);
        Status status =
            count == 1
                ? transformer_block(x, blocks, &NO_MASK, with_weights ? weights : NO_MATRIX, out)
                : encoder(x, &stack, &NO_MASK, with_weights ? weights : NO_MATRIX, out);
        bool failed = memory_has_failed() != 0;
        memory_fail_at(0);
        if (failed)
            about("no memory from request %zu of the call on%s", n,
                  with_weights ? ", with weights" : "");
        check_status(__FILE__, __LINE__, count == 1 ? "transformer_block()" : "encoder()", status,
                     failed ? STATUS_NO_MEMORY : STATUS_OK, "");
        if (!failed)
            break;
        assert_unwritten_or_zeros(out);
        assert_unwritten_or_zeros(weights);
    }
    random_matrix_free(x);
    matrix_free(&out);
    matrix_free(&weights);
    random_block_free(&owners[0]);
    random_block_free(&owners[1]);
    about("%s", "");
}

START_TEST(without_memory_nothing_is_half_done)
{
    fail_each_allocation(1, true);
    fail_each_allocation(1, false);
    fail_each_allocation(2, true);
    fail_each_allocation(2, false);
}
END_TEST

START_TEST(random_blocks_agree_with_double)
{
    Random random = {19};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t heads = random_between(&random, 1, 3), d_model = random_between(&random, 2, 8);
        size_t tokens = random_between(&random, 1, 6);
        RandomBlock owner = random_block(&random, d_model, heads);
        AttentionMask mask = random_mask(&random, tokens);
        Matrix x = random_matrix(&random, tokens, d_model, 1.0);
        Matrix out = random_matrix(&random, tokens, d_model, 1.0);
        /* An epsilon of nothing can make a mountain of the rounding of a token that is nearly flat.
         */
        owner.block.norm_1.epsilon = owner.block.norm_2.epsilon = i % 2 == 0 ? 0.1f : 0.01f;
        Table given = table_of(x), expected = oracle_block(given, &owner.block, &mask);
        assert_ok(transformer_block(x, &owner.block, &mask, NO_MATRIX, out));
        assert_matches(out, expected, TOLERANCE);
        table_free(2, given, expected);
        random_matrix_free(x);
        random_matrix_free(out);
        random_block_free(&owner);
    }
}
END_TEST

/* --- The stack ------------------------------------------------------------------------------- */

START_TEST(an_encoder_without_blocks_copies_or_normalises)
{
    Random random = {20};
    Encoder stack = {.count = 0};
    Matrix x = random_matrix(&random, 3, 4, 1.0), out = output(3, 4), norm = output(3, 4);
    assert_ok(encoder(x, &stack, &NO_MASK, NO_MATRIX, out));
    assert_matrix_equal(out, x);
    stack.has_norm = true;
    stack.norm = PLAIN;
    assert_ok(encoder(x, &stack, &NO_MASK, NO_MATRIX, out));
    assert_ok(layer_norm(x, &PLAIN, norm));
    assert_matrix_equal(out, norm);
    random_matrix_free(x);
    matrix_free(&out);
    matrix_free(&norm);
}
END_TEST

START_TEST(an_encoder_runs_block_after_block_and_keeps_all_weights)
{
    Random random = {21};
    RandomBlock owners[2] = {random_block(&random, 6, 2), random_block(&random, 6, 3)};
    TransformerBlock blocks[2] = {owners[0].block, owners[1].block};
    LayerNorm last = {.gain = blocks[0].norm_1.gain, .epsilon = 0.5f};
    Encoder stack = {blocks, 2, true, last};
    AttentionMask mask = {.causal = true, .padding = 1};
    Matrix x = random_matrix(&random, 4, 6, 1.0), out = output(4, 6), step = output(4, 6),
           weights = output(20, 4), expected = output(20, 4), rows;
    assert_ok(encoder(x, &stack, &mask, weights, out));
    assert_ok(matrix_rows(expected, 0, 8, &rows));
    assert_ok(transformer_block(x, &blocks[0], &mask, rows, step));
    assert_ok(matrix_rows(expected, 8, 12, &rows));
    assert_ok(transformer_block(step, &blocks[1], &mask, rows, step));
    assert_ok(layer_norm(step, &last, step));
    assert_matrix_equal(out, step);
    assert_matrix_equal(weights, expected);
    random_matrix_free(x);
    Matrix *all[] = {&out, &step, &weights, &expected};
    for (size_t i = 0; i < 4; i++)
        matrix_free(all[i]);
    random_block_free(&owners[0]);
    random_block_free(&owners[1]);
}
END_TEST

START_TEST(an_encoder_that_does_not_fit_is_refused)
{
    Random random = {22};
    RandomBlock owner = random_block(&random, 6, 2);
    float row[5] = {0};
    Encoder stack = {.blocks = &owner.block, .count = 1};
    AttentionMask long_padding = {.padding = 5};
    Matrix x = random_matrix(&random, 4, 6, 1.0), out = output(4, 6), weights = output(8, 4),
           wrong = output(4, 5), many = output(12, 4);
    assert_fails(encoder(x, &stack, &NO_MASK, NO_MATRIX, wrong), STATUS_SHAPE,
                 "out is 4x5, expected 4x6");
    assert_fails(encoder(x, &stack, &NO_MASK, wrong, out), STATUS_SHAPE,
                 "weights is 4x5, expected 8x4");
    assert_fails(encoder(x, &stack, &NO_MASK, many, out), STATUS_SHAPE,
                 "weights is 12x4, expected 8x4");
    stack.has_norm = true;
    stack.norm = (LayerNorm){.gain = VIEW(row, 1, 5)};
    assert_fails(encoder(x, &stack, &NO_MASK, weights, out), STATUS_SHAPE, "gain is 1x5");
    assert_unwritten_or_zeros(out);
    stack.has_norm = false;
    assert_fails(encoder(x, &stack, &long_padding, weights, out), STATUS_VALUE, "padding");
    assert_unwritten_or_zeros(out);
    assert_unwritten_or_zeros(weights);
    random_matrix_free(x);
    matrix_free(&out);
    matrix_free(&weights);
    matrix_free(&wrong);
    matrix_free(&many);
    random_block_free(&owner);
}
END_TEST

START_TEST(random_encoders_agree_with_double)
{
    Random random = {23};
    for (size_t i = 0; i < random_cases() / 2; i++) {
        size_t d_model = random_between(&random, 3, 8), tokens = random_between(&random, 1, 5);
        RandomBlock owners[2] = {random_block(&random, d_model, 2),
                                 random_block(&random, d_model, 1)};
        TransformerBlock blocks[2] = {owners[0].block, owners[1].block};
        for (size_t b = 0; b < 2; b++)
            blocks[b].norm_1.epsilon = blocks[b].norm_2.epsilon = 0.1f;
        Encoder stack = {blocks, 2, i % 2 == 0, {.epsilon = 0.1f}};
        AttentionMask mask = random_mask(&random, tokens);
        Matrix x = random_matrix(&random, tokens, d_model, 1.0);
        Matrix out = random_matrix(&random, tokens, d_model, 1.0);
        Table given = table_of(x), first = oracle_block(given, &blocks[0], &mask),
              second = oracle_block(first, &blocks[1], &mask),
              last = oracle_norm(second, &stack.norm);
        assert_ok(encoder(x, &stack, &mask, NO_MATRIX, out));
        assert_matches(out, stack.has_norm ? last : second, TOLERANCE);
        table_free(4, given, first, second, last);
        random_matrix_free(x);
        random_matrix_free(out);
        random_block_free(&owners[0]);
        random_block_free(&owners[1]);
    }
}
END_TEST

/* --- The classifier -------------------------------------------------------------------------- */

START_TEST(the_pool_leaves_out_the_padding)
{
    float x[] = {1, 2, 3, 6, 100, NAN}, out[2], two[] = {2, 4}, none[] = {0, 0};
    assert_ok(mean_pool(VIEW(x, 3, 2), 1, VIEW(out, 1, 2)));
    assert_matrix_close(VIEW(out, 1, 2), VIEW(two, 1, 2), 0);
    assert_ok(mean_pool(VIEW(x, 3, 2), 3, VIEW(out, 1, 2)));
    assert_matrix_close(VIEW(out, 1, 2), VIEW(none, 1, 2), 0);
    assert_ok(mean_pool(VIEW(x, 3, 2), 0, VIEW(out, 1, 2)));
    assert_close(out[0], 104 / 3.0, 1e-6);
    assert_close(out[1], NAN, 0);
}
END_TEST

START_TEST(classes_are_the_softmax_of_a_linear_layer_of_the_mean)
{
    /* The mean is (2 4), so the scores are (2 + 1, 4 - 1, 2 + 0) and e^3 : e^3 : e^2. */
    float x[] = {1, 2, 3, 6}, w[] = {1, 0, 1, 0, 1, 0}, b[] = {1, -1, 0}, out[3];
    float expected[] = {0.42231880f, 0.42231880f, 0.15536240f};
    Classifier classifier = {VIEW(w, 2, 3), VIEW(b, 1, 3)};
    assert_ok(classify(VIEW(x, 2, 2), 0, &classifier, VIEW(out, 1, 3)));
    assert_matrix_close(VIEW(out, 1, 3), VIEW(expected, 1, 3), 1e-6);
    /* The first word alone: (1 2), scores (2, 1, 1). */
    float first[] = {0.57611688f, 0.21194156f, 0.21194156f};
    assert_ok(classify(VIEW(x, 2, 2), 1, &classifier, VIEW(out, 1, 3)));
    assert_matrix_close(VIEW(out, 1, 3), VIEW(first, 1, 3), 1e-6);
    assert_close(out[0], 1 / (1 + 2 * exp(-1.0)), 1e-6);
}
END_TEST

START_TEST(a_classifier_that_does_not_fit_is_refused)
{
    float w[8] = {0}, data[4];
    Matrix in = output(2, 3), out = VIEW(data, 1, 2);
    Classifier classifier = {.w = VIEW(w, 3, 2)}, tall = {.w = VIEW(w, 4, 2)};
    fill(VIEW(data, 1, 4), UNWRITTEN);
    assert_fails(classify(in, 0, &tall, out), STATUS_SHAPE, "w is 4x2");
    assert_fails(classify(in, 0, &classifier, VIEW(data, 1, 3)), STATUS_SHAPE,
                 "probabilities is 1x3, expected 1x2");
    assert_fails(classify(in, 3, &classifier, out), STATUS_VALUE,
                 "3 tokens of padding, but there are only 2 tokens");
    assert_fails(mean_pool(in, 3, VIEW(data, 1, 3)), STATUS_VALUE, "3 tokens of padding");
    assert_fails(mean_pool(in, 0, out), STATUS_SHAPE, "out is 1x2, expected 1x3");
    classifier.b = VIEW(w, 1, 3);
    assert_fails(classify(in, 0, &classifier, out), STATUS_SHAPE, "b is 1x3, expected 1x2");
    classifier.b = NO_MATRIX;
    memory_fail_at(1);
    assert_fails(classify(in, 0, &classifier, out), STATUS_NO_MEMORY, "");
    memory_fail_at(0);
    assert_unwritten(VIEW(data, 1, 4));
    matrix_free(&in);
}
END_TEST

START_TEST(random_classes_agree_with_double_and_sum_to_one)
{
    Random random = {24};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t tokens = random_between(&random, 1, 6), d_model = random_between(&random, 1, 7),
               classes = random_between(&random, 1, 5),
               padding = random_between(&random, 0, tokens - 1), words = tokens - padding;
        Matrix x = random_matrix(&random, tokens, d_model, 1.0),
               w = random_matrix(&random, d_model, classes, 1.0),
               b = random_matrix(&random, 1, classes, 1.0),
               out = random_matrix(&random, 1, classes, 1.0), rows;
        Classifier classifier = {w, i % 2 == 0 ? b : NO_MATRIX};
        assert_ok(matrix_rows(x, 0, words, &rows));
        Table ones = table_create(1, words), given = table_of(rows);
        for (size_t t = 0; t < words; t++)
            ones.data[t] = 1.0 / (double)words;
        Table mean = oracle_product(ones, given), scores = oracle_affine(mean, w, classifier.b),
              expected = oracle_softmax(scores, 1);
        assert_ok(classify(x, padding, &classifier, out));
        assert_matches(out, expected, TOLERANCE);
        table_free(5, ones, given, mean, scores, expected);
        random_matrix_free(x);
        random_matrix_free(w);
        random_matrix_free(b);
        random_matrix_free(out);
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("08 transformer block");
    add_test(suite, a_linear_layer_multiplies_and_adds);
    add_test(suite, a_linear_layer_that_does_not_fit_is_refused);
    add_test(suite, relu_cuts_off_what_is_below_zero);
    add_test(suite, gelu_is_x_times_the_normal_distribution);
    add_test(suite, gelu_by_tanh_is_an_estimate_and_another_function);
    add_test(suite, no_activation_hides_a_nan);
    add_test(suite, the_norm_of_one_token_by_hand);
    add_test(suite, a_norm_may_work_in_place_and_on_views);
    add_test(suite, a_token_of_equal_numbers_gets_the_shift);
    add_test(suite, numbers_far_from_0_are_normalised_as_well);
    add_test(suite, a_nan_stays_in_its_token);
    add_test(suite, a_norm_that_does_not_fit_is_refused);
    add_test(suite, random_norms_agree_with_double);
    add_test(suite, a_feed_forward_network_by_hand);
    add_test(suite, tokens_do_not_meet_in_the_feed_forward_network);
    add_test(suite, a_feed_forward_network_that_does_not_fit_is_refused);
    add_test(suite, random_feed_forward_networks_agree_with_double);
    add_test(suite, a_step_starts_with_x_or_with_its_norm);
    add_test(suite, a_step_ends_with_a_sum_or_with_its_norm);
    add_test(suite, a_step_that_does_not_fit_is_refused);
    add_test(suite, a_pre_norm_block_that_says_nothing_changes_nothing);
    add_test(suite, a_post_norm_block_that_says_nothing_is_two_norms);
    add_test(suite, the_weights_of_a_block_are_those_of_its_attention);
    add_test(suite, weights_may_be_left_out_and_out_may_be_x);
    add_test(suite, the_future_does_not_leak_through_a_block);
    add_test(suite, words_with_padding_are_as_without);
    add_rows(suite, a_block_that_does_not_fit_is_refused, SPOILT);
    add_test(suite, outputs_and_masks_that_do_not_fit_are_refused);
    add_test(suite, random_blocks_agree_with_double);
    add_test(suite, an_encoder_without_blocks_copies_or_normalises);
    add_test(suite, an_encoder_runs_block_after_block_and_keeps_all_weights);
    add_test(suite, an_encoder_that_does_not_fit_is_refused);
    add_test(suite, without_memory_nothing_is_half_done);
    add_test(suite, random_encoders_agree_with_double);
    add_test(suite, the_pool_leaves_out_the_padding);
    add_test(suite, classes_are_the_softmax_of_a_linear_layer_of_the_mean);
    add_test(suite, a_classifier_that_does_not_fit_is_refused);
    add_test(suite, random_classes_agree_with_double_and_sum_to_one);
    return suite;
}
