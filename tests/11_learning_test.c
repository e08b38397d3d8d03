/* Chapter 11 against PyTorch's autograd and optimizers (tests/golden/make_learning.py), and what
 * its checks do not ask. The differences are in tests/doubles. */
#include "learning.h"

#include "assert.h"
#include "dot_products.h"
#include "label_smoothing.h"
#include "matrices.h"
#include "model_files.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { T = 5, D = 12, H = 3, S = 7, F = 20, V = 9 };

/* --- What went in, what came out ---------------------------------------------------------------
 */

enum { MOST = 12 };

/* What goes into an operation, in the order of the script; gradients begin as zeros. */
typedef struct Made {
    Random random;
    size_t count;
    Matrix in[MOST], grad[MOST];
} Made;

static Matrix make(Made *made, size_t rows, size_t cols)
{
    Matrix in = model_files_numbers(&made->random, rows, cols);
    made->in[made->count] = in;
    made->grad[made->count++] = zeros(rows, cols);
    return in;
}

/* Numbers that should be next in a golden file. */
typedef struct Golden {
    Matrix numbers;
    size_t next;
} Golden;

static Golden golden_open(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "learning/%s", name);
    return (Golden){.numbers = golden_numbers(path)};
}

static void expect_next(Golden *golden, Matrix matrix)
{
    size_t count = matrix.rows * matrix.cols;
    ck_assert_uint_le(golden->next + count, golden->numbers.cols);
    assert_matrix_close(matrix,
                        matrix_view(golden->numbers.data + golden->next, matrix.rows, matrix.cols),
                        TOLERANCE);
    golden->next += count;
}

/* The result, then all gradients but that of the last array, which stands for the rest of a model.
 */
static void expect_all(const char *name, Made *made, Matrix out)
{
    Golden golden = golden_open(name);
    expect_next(&golden, out);
    for (size_t i = 0; i + 1 < made->count; i++) {
        about("%s, input %zu", name, i);
        expect_next(&golden, made->grad[i]);
    }
    ck_assert_uint_eq(golden.next, golden.numbers.cols);
}

/* --- PyTorch's gradients -----------------------------------------------------------------------
 */

static const struct {
    const char *name;
    uint64_t seed;
    double smoothing;
} LOSSES[] = {{"loss", 1, 0.0}, {"loss_smoothed", 14, 0.1}};

TEST_ROWS(the_loss_is_pytorchs, LOSSES)
{
    double smoothing = LOSSES[_i].smoothing;
    const size_t RIGHT[] = {8, 3, NO_WORD, 0, 3};
    Made made = {.random = {LOSSES[_i].seed}};
    Matrix logits = make(&made, T, V), out = zeros(1, 1);
    double loss;
    make(&made, 1, 1); /* stands for the rest of a model */
    for (size_t i = 0; i < T * V; i++)
        logits.data[i] *= 4;
    assert_ok(smoothed_cross_entropy(logits, RIGHT, smoothing, &loss));
    assert_ok(smoothed_cross_entropy_backward(logits, RIGHT, smoothing, 1.0, made.grad[0]));
    out.data[0] = (float)loss;
    expect_all(LOSSES[_i].name, &made, out);
}

static MultiHeadLayer layer_of(const Matrix *m)
{
    return (MultiHeadLayer){m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], H};
}

static void check_heads(const char *name, uint64_t seed, bool cross)
{
    Made made = {.random = {seed}};
    for (size_t i = 0; i < 4; i++)
        make(&made, D, D);
    for (size_t i = 0; i < 4; i++)
        make(&made, 1, D);
    Matrix x = make(&made, T, D), context = cross ? make(&made, S, D) : NO_MATRIX;
    Matrix slope = make(&made, T, D), out = zeros(T, D);
    MultiHeadLayer layer = layer_of(made.in);
    MultiHeadGradients grad = {made.grad[8], cross ? made.grad[9] : NO_MATRIX, layer_of(made.grad)};
    AttentionMask mask = {.causal = !cross, .padding = cross ? 2 : 0};
    KeptHeads kept = {0};
    assert_ok(multi_head_keep(x, context, &layer, &mask, &kept, out));
    assert_ok(multi_head_backward(x, context, &layer, &kept, slope, &grad));
    kept_heads_free(&kept);
    expect_all(name, &made, out);
}

TEST(heads_learn_as_in_pytorch)
{
    check_heads("heads_causal", 2, false);
}

TEST(heads_with_a_context_learn_as_in_pytorch)
{
    check_heads("heads_with_a_context", 3, true);
}

TEST(a_norm_learns_as_in_pytorch)
{
    Made made = {.random = {4}};
    Matrix gain = make(&made, 1, D), shift = make(&made, 1, D), x = make(&made, T, D);
    Matrix slope = make(&made, T, D), out = zeros(T, D);
    LayerNorm norm = {gain, shift, DEFAULT_EPSILON}, grad = {made.grad[0], made.grad[1], 0};
    assert_ok(layer_norm(x, &norm, out));
    assert_ok(layer_norm_backward(x, &norm, slope, made.grad[2], &grad));
    expect_all("norm", &made, out);
}

static const char *const NETWORKS[] = {"network_relu", "network_gelu", "network_gelu_tanh"};

TEST_ROWS(a_network_learns_as_in_pytorch, NETWORKS)
{
    Activation activation = (Activation)_i;
    Made made = {.random = {5 + (uint64_t)_i}};
    Matrix w_1 = make(&made, D, F), b_1 = make(&made, 1, F), w_2 = make(&made, F, D);
    Matrix b_2 = make(&made, 1, D), x = make(&made, T, D), slope = make(&made, T, D);
    Matrix before = zeros(T, F), out = zeros(T, D);
    FeedForward network = {w_1, b_1, w_2, b_2, activation};
    FeedForward grad = {made.grad[0], made.grad[1], made.grad[2], made.grad[3], activation};
    assert_ok(feed_forward_keep(x, &network, before, out));
    assert_ok(feed_forward_backward(x, &network, before, slope, made.grad[4], &grad));
    expect_all(NETWORKS[_i], &made, out);
}

TEST(tied_words_learn_as_in_pytorch)
{
    const size_t TEXT[] = {2, 0, 8, 2, 5};
    Made made = {.random = {8}};
    Matrix table = make(&made, V, D), positions = make(&made, T + 1, D), w = make(&made, D, D);
    Matrix slope = make(&made, T, V), out = zeros(T, V);
    Matrix x = zeros(T, D), y = zeros(T, D);
    Matrix grad_x = zeros(T, D), grad_y = zeros(T, D);
    Embedding embedding = {table, positions}, grad = {made.grad[0], made.grad[1]};
    assert_ok(embed(TEXT, T, 1, &embedding, x));
    assert_ok(matrix_product(x, w, y));
    assert_ok(vocabulary_logits(y, table, out));
    assert_ok(matrix_product_transposed_backward(y, table, slope, grad_y, grad.words));
    assert_ok(matrix_product_backward(x, w, grad_y, grad_x, made.grad[2]));
    assert_ok(embed_backward(TEXT, T, 1, grad_x, &grad));
    expect_all("words", &made, out);
}

/* --- PyTorch's optimizers ----------------------------------------------------------------------
 */

static const Adam ADAMW = {
    .rate = 0.1, .beta_1 = 0.8, .beta_2 = 0.95, .epsilon = 1e-8, .weight_decay = 0.2};

static Status by_sgd(size_t step, Matrix grad, const AdamMoments *moments, Matrix w)
{
    (void)step, (void)moments;
    return sgd_step(0.1, grad, w);
}

static Status by_momentum(size_t step, Matrix grad, const AdamMoments *moments, Matrix w)
{
    (void)step;
    return momentum_step(0.1, 0.9, grad, moments->mean, w);
}

static Status by_adam(size_t step, Matrix grad, const AdamMoments *moments, Matrix w)
{
    Adam adam = DEFAULT_ADAM;
    adam.rate = 0.1;
    return adam_step(&adam, step, grad, moments, w);
}

static Status by_adamw(size_t step, Matrix grad, const AdamMoments *moments, Matrix w)
{
    return adam_step(&ADAMW, step, grad, moments, w);
}

static Status by_clipped(size_t step, Matrix grad, const AdamMoments *moments, Matrix w)
{
    (void)clip_gradients(&grad, 1, 1.5);
    return by_sgd(step, grad, moments, w);
}

static const struct {
    const char *name;
    Status (*step)(size_t step, Matrix grad, const AdamMoments *moments, Matrix w);
} OPTIMIZERS[] = {{"sgd", by_sgd},
                  {"momentum", by_momentum},
                  {"adam", by_adam},
                  {"adamw", by_adamw},
                  {"clipped", by_clipped}};

TEST_ROWS(five_steps_end_where_pytorchs_do, OPTIMIZERS)
{
    Made made = {.random = {9 + (uint64_t)_i}};
    Golden golden = golden_open(OPTIMIZERS[_i].name);
    AdamMoments moments = {zeros(3, 4), zeros(3, 4)};
    Matrix w = make(&made, 3, 4);
    for (size_t step = 1; step <= 5; step++)
        assert_ok(OPTIMIZERS[_i].step(step, make(&made, 3, 4), &moments, w));
    expect_next(&golden, w);
}

/* --- What the checks do not ask ----------------------------------------------------------------
 */

TEST(an_unknown_activation_has_no_slope)
{
    Activation unknown;
    memset(&unknown, 1, sizeof unknown);
    ck_assert(isnan(activation_slope(unknown, 1.0f)));
}

/* A smoothed label asks for every word, so a word that cannot be costs infinitely much. */
TEST(only_smoothing_asks_for_what_cannot_be)
{
    double loss;
    Matrix logits = MATRIX(1, 2, 0, -INFINITY);
    assert_ok(smoothed_cross_entropy(logits, (const size_t[]){0}, 0.0, &loss));
    ck_assert_double_eq(loss, 0.0);
    assert_ok(smoothed_cross_entropy(logits, (const size_t[]){0}, 0.1, &loss));
    ck_assert_double_eq(loss, (double)INFINITY);
    ck_assert_int_eq(smoothed_cross_entropy(logits, (const size_t[]){2}, 0.1, &loss), STATUS_VALUE);
    ck_assert_int_eq(
        smoothed_cross_entropy_backward(logits, (const size_t[]){2}, 0.1, 1.0, zeros(1, 2)),
        STATUS_VALUE);
}

TEST(a_loss_near_zero_keeps_its_digits)
{
    double loss;
    assert_ok(cross_entropy(MATRIX(1, 3, 20, 0, 1), (const size_t[]){0}, &loss));
    ck_assert_double_eq_tol(loss / (exp(-20) + exp(-19)), 1.0, 1e-6);
}

/* Adding a constant to all scores of a query changes nothing, and that is what b_k does. */
TEST(the_key_bias_has_no_gradient)
{
    Made made = {.random = {20}};
    for (size_t i = 0; i < 4; i++)
        make(&made, D, D);
    for (size_t i = 0; i < 4; i++)
        make(&made, 1, D);
    Matrix x = make(&made, T, D), slope = make(&made, T, D), out = zeros(T, D);
    MultiHeadLayer layer = layer_of(made.in);
    MultiHeadGradients grad = {made.grad[8], NO_MATRIX, layer_of(made.grad)};
    KeptHeads kept = {0};
    assert_ok(multi_head_keep(x, NO_MATRIX, &layer, &NO_MASK, &kept, out));
    assert_ok(multi_head_backward(x, NO_MATRIX, &layer, &kept, slope, &grad));
    for (size_t c = 0; c < D; c++) {
        ck_assert_float_eq_tol(grad.layer.b_k.data[c], 0.0f, 1e-6f);
        ck_assert(fabsf(grad.layer.b_q.data[c]) > 1e-4f);
    }
    kept_heads_free(&kept);
}
