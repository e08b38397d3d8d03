/* Chapter 11 against PyTorch's autograd and optimizers (tests/golden/make_learning.py), and what
 * its checks do not ask. The differences are in tests/doubles. */
#include "learning.h"

#include "array.h"
#include "array_file.h"
#include "assert.h"
#include "dot_products.h"
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
    Matrix in = new_matrix(rows, cols);
    for (size_t i = 0; i < rows * cols; i++)
        in.data[i] = (float)(2.0 * random_uniform(&made->random) - 1.0);
    made->in[made->count] = in;
    made->grad[made->count++] = new_matrix(rows, cols);
    return in;
}

/* Numbers that should be next in a golden file. */
typedef struct Golden {
    Array numbers;
    size_t next;
} Golden;

static Golden golden_open(const char *name)
{
    char path[128];
    Golden golden = {.next = 0};
    snprintf(path, sizeof path, "tests/golden/learning/%s.npy", name);
    assert_ok(array_read(path, ARRAY_NUMBERS, &golden.numbers));
    return golden;
}

static void expect_next(Golden *golden, Matrix matrix)
{
    size_t count = matrix.rows * matrix.cols;
    ck_assert_uint_le(golden->next + count, array_size(golden->numbers));
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
    ck_assert_uint_eq(golden.next, array_size(golden.numbers));
    array_free(&golden.numbers);
    matrix_free(&out);
    for (size_t i = 0; i < made->count; i++) {
        matrix_free(&made->in[i]);
        matrix_free(&made->grad[i]);
    }
}

/* --- PyTorch's gradients -----------------------------------------------------------------------
 */

START_TEST(the_loss_is_pytorchs)
{
    const size_t RIGHT[] = {8, 3, NO_WORD, 0, 3};
    Made made = {.random = {1}};
    Matrix logits = make(&made, T, V), out = new_matrix(1, 1);
    double loss;
    make(&made, 1, 1); /* stands for the rest of a model */
    for (size_t i = 0; i < T * V; i++)
        logits.data[i] *= 4;
    assert_ok(cross_entropy(logits, RIGHT, &loss));
    assert_ok(cross_entropy_backward(logits, RIGHT, 1.0, made.grad[0]));
    out.data[0] = (float)loss;
    expect_all("loss", &made, out);
}
END_TEST

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
    Matrix slope = make(&made, T, D), out = new_matrix(T, D);
    MultiHeadLayer layer = layer_of(made.in);
    MultiHeadGradients grad = {made.grad[8], cross ? made.grad[9] : NO_MATRIX, layer_of(made.grad)};
    AttentionMask mask = {.causal = !cross, .padding = cross ? 2 : 0};
    KeptHeads kept = {0};
    assert_ok(multi_head_keep(x, context, &layer, &mask, &kept, out));
    assert_ok(multi_head_backward(x, context, &layer, &kept, slope, &grad));
    kept_heads_free(&kept);
    expect_all(name, &made, out);
}

START_TEST(heads_learn_as_in_pytorch)
{
    check_heads("heads_causal", 2, false);
}
END_TEST

START_TEST(heads_with_a_context_learn_as_in_pytorch)
{
    check_heads("heads_with_a_context", 3, true);
}
END_TEST

START_TEST(a_norm_learns_as_in_pytorch)
{
    Made made = {.random = {4}};
    Matrix gain = make(&made, 1, D), shift = make(&made, 1, D), x = make(&made, T, D);
    Matrix slope = make(&made, T, D), out = new_matrix(T, D);
    LayerNorm norm = {gain, shift, DEFAULT_EPSILON}, grad = {made.grad[0], made.grad[1], 0};
    assert_ok(layer_norm(x, &norm, out));
    assert_ok(layer_norm_backward(x, &norm, slope, made.grad[2], &grad));
    expect_all("norm", &made, out);
}
END_TEST

static const char *const NETWORKS[] = {"network_relu", "network_gelu", "network_gelu_tanh"};

START_TEST(a_network_learns_as_in_pytorch)
{
    Activation activation = (Activation)_i;
    Made made = {.random = {5 + (uint64_t)_i}};
    Matrix w_1 = make(&made, D, F), b_1 = make(&made, 1, F), w_2 = make(&made, F, D);
    Matrix b_2 = make(&made, 1, D), x = make(&made, T, D), slope = make(&made, T, D);
    Matrix before = new_matrix(T, F), out = new_matrix(T, D);
    FeedForward network = {w_1, b_1, w_2, b_2, activation};
    FeedForward grad = {made.grad[0], made.grad[1], made.grad[2], made.grad[3], activation};
    assert_ok(feed_forward_keep(x, &network, before, out));
    assert_ok(feed_forward_backward(x, &network, before, slope, made.grad[4], &grad));
    matrix_free(&before);
    expect_all(NETWORKS[_i], &made, out);
}
END_TEST

START_TEST(tied_words_learn_as_in_pytorch)
{
    const size_t TEXT[] = {2, 0, 8, 2, 5};
    Made made = {.random = {8}};
    Matrix table = make(&made, V, D), positions = make(&made, T + 1, D), w = make(&made, D, D);
    Matrix slope = make(&made, T, V), out = new_matrix(T, V);
    Matrix x = new_matrix(T, D), y = new_matrix(T, D);
    Matrix grad_x = new_matrix(T, D), grad_y = new_matrix(T, D);
    Embedding embedding = {table, positions}, grad = {made.grad[0], made.grad[1]};
    assert_ok(embed(TEXT, T, 1, &embedding, x));
    assert_ok(matrix_product(x, w, y));
    assert_ok(vocabulary_logits(y, table, out));
    assert_ok(matrix_product_transposed_backward(y, table, slope, grad_y, grad.words));
    assert_ok(matrix_product_backward(x, w, grad_y, grad_x, made.grad[2]));
    assert_ok(embed_backward(TEXT, T, 1, grad_x, &grad));
    matrix_free(&x);
    matrix_free(&y);
    matrix_free(&grad_x);
    matrix_free(&grad_y);
    expect_all("words", &made, out);
}
END_TEST

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

START_TEST(five_steps_end_where_pytorchs_do)
{
    Made made = {.random = {9 + (uint64_t)_i}};
    Golden golden = golden_open(OPTIMIZERS[_i].name);
    AdamMoments moments = {new_matrix(3, 4), new_matrix(3, 4)};
    Matrix w = make(&made, 3, 4);
    for (size_t step = 1; step <= 5; step++)
        assert_ok(OPTIMIZERS[_i].step(step, make(&made, 3, 4), &moments, w));
    expect_next(&golden, w);
    array_free(&golden.numbers);
    matrix_free(&moments.mean);
    matrix_free(&moments.squares);
    for (size_t i = 0; i < made.count; i++) {
        matrix_free(&made.in[i]);
        matrix_free(&made.grad[i]);
    }
}
END_TEST

/* --- What the checks do not ask ----------------------------------------------------------------
 */

START_TEST(an_unknown_activation_has_no_slope)
{
    Activation unknown;
    memset(&unknown, 1, sizeof unknown);
    ck_assert(isnan(activation_slope(unknown, 1.0f)));
}
END_TEST

START_TEST(a_loss_near_zero_keeps_its_digits)
{
    float logits[] = {20, 0, 1};
    double loss;
    assert_ok(cross_entropy(matrix_view(logits, 1, 3), (const size_t[]){0}, &loss));
    ck_assert_double_eq_tol(loss / (exp(-20) + exp(-19)), 1.0, 1e-6);
}
END_TEST

/* Adding a constant to all scores of a query changes nothing, and that is what b_k does. */
START_TEST(the_key_bias_has_no_gradient)
{
    Made made = {.random = {20}};
    for (size_t i = 0; i < 4; i++)
        make(&made, D, D);
    for (size_t i = 0; i < 4; i++)
        make(&made, 1, D);
    Matrix x = make(&made, T, D), slope = make(&made, T, D), out = new_matrix(T, D);
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
    matrix_free(&out);
    for (size_t i = 0; i < made.count; i++) {
        matrix_free(&made.in[i]);
        matrix_free(&made.grad[i]);
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("11_learning");
    add_test(suite, the_loss_is_pytorchs);
    add_test(suite, heads_learn_as_in_pytorch);
    add_test(suite, heads_with_a_context_learn_as_in_pytorch);
    add_test(suite, a_norm_learns_as_in_pytorch);
    add_rows(suite, a_network_learns_as_in_pytorch, NETWORKS);
    add_test(suite, tied_words_learn_as_in_pytorch);
    add_rows(suite, five_steps_end_where_pytorchs_do, OPTIMIZERS);
    add_test(suite, an_unknown_activation_has_no_slope);
    add_test(suite, a_loss_near_zero_keeps_its_digits);
    add_test(suite, the_key_bias_has_no_gradient);
    return suite;
}
