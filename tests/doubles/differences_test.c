/*
 * Every gradient of chapter 11 against finite differences of the operation itself, with double in
 * float's place: the same sources, compiled once more.
 */
#include "in_double.h"

#include "learning.h"

#include "dot_products.h"
#include "label_smoothing.h"
#include "random.h"
#include "run_all.h"
#include "self_attention.h"
#include "softmax.h"

/* --- The harness ----------------------------------------------------------------------------- */

enum { MOST = 16 };
static const double STEP = 1e-5, CLOSE = 1e-8;

/* What is tried: some matrices go in, a matrix comes out. Its loss is a weighted sum of that. */
typedef struct Trial {
    Random random;
    size_t count;
    Matrix in[MOST], grad[MOST];
    Matrix out, slope; /* the weights of that sum: the gradient of out */
    void (*forward)(struct Trial *trial);
} Trial;

static Matrix new_matrix(size_t rows, size_t cols)
{
    Matrix matrix;
    ck_assert_int_eq(matrix_create(rows, cols, &matrix), STATUS_OK);
    return matrix;
}

/* A matrix that goes in. Its gradient begins as ones, because a gradient is added to. */
static Matrix put(Trial *trial, size_t rows, size_t cols)
{
    ck_assert(trial->count < MOST);
    Matrix in = new_matrix(rows, cols), grad = new_matrix(rows, cols);
    random_fill(&trial->random, 1.0, in);
    for (size_t i = 0; i < rows * cols; i++)
        grad.data[i] = 1.0;
    trial->in[trial->count] = in;
    trial->grad[trial->count++] = grad;
    return in;
}

static void begin(Trial *trial, size_t rows, size_t cols)
{
    trial->out = new_matrix(rows, cols);
    trial->slope = new_matrix(rows, cols);
    random_fill(&trial->random, 1.0, trial->slope);
}

static void end(Trial *trial)
{
    for (size_t i = 0; i < trial->count; i++) {
        matrix_free(&trial->in[i]);
        matrix_free(&trial->grad[i]);
    }
    matrix_free(&trial->out);
    matrix_free(&trial->slope);
}

static double loss_of(Trial *trial)
{
    double loss = 0.0;
    trial->forward(trial);
    for (size_t i = 0; i < trial->out.rows * trial->out.cols; i++)
        loss += trial->out.data[i] * trial->slope.data[i];
    return loss;
}

static double difference(Trial *trial, double *number)
{
    double kept = *number;
    *number = kept + STEP;
    double above = loss_of(trial);
    *number = kept - STEP;
    double below = loss_of(trial);
    *number = kept;
    return (above - below) / (2 * STEP);
}

/* What backward has added to each gradient is what the loss does. */
static void compare(Trial *trial)
{
    for (size_t i = 0; i < trial->count; i++)
        for (size_t j = 0; j < trial->in[i].rows * trial->in[i].cols; j++) {
            double seen = difference(trial, &trial->in[i].data[j]);
            double said = trial->grad[i].data[j] - 1.0;
            ck_assert_msg(fabs(seen - said) <= CLOSE * fmax(1.0, fabs(seen)),
                          "input %zu, number %zu: the gradient is %.12g, the difference %.12g", i,
                          j, said, seen);
        }
    end(trial);
}

static void must(Status status)
{
    ck_assert_msg(status == STATUS_OK, "%s", last_error());
}

/* --- Products and the loss ------------------------------------------------------------------- */

static const size_t RIGHT[] = {3, NO_WORD, 0, 3};

static void forward_loss(Trial *trial)
{
    must(cross_entropy(trial->in[0], RIGHT, trial->out.data));
}

START_TEST(the_loss)
{
    Trial trial = {.random = {1}, .forward = forward_loss};
    Matrix logits = put(&trial, 4, 5);
    begin(&trial, 1, 1);
    must(cross_entropy_backward(logits, RIGHT, trial.slope.data[0], trial.grad[0]));
    compare(&trial);
}
END_TEST

static void forward_smoothed_loss(Trial *trial)
{
    must(smoothed_cross_entropy(trial->in[0], RIGHT, 0.1, trial->out.data));
}

START_TEST(the_loss_with_smoothed_labels)
{
    Trial trial = {.random = {1}, .forward = forward_smoothed_loss};
    Matrix logits = put(&trial, 4, 5);
    begin(&trial, 1, 1);
    must(smoothed_cross_entropy_backward(logits, RIGHT, 0.1, trial.slope.data[0], trial.grad[0]));
    compare(&trial);
}
END_TEST

static void forward_product(Trial *trial)
{
    must(matrix_product(trial->in[0], trial->in[1], trial->out));
}

START_TEST(a_product)
{
    Trial trial = {.random = {2}, .forward = forward_product};
    Matrix a = put(&trial, 3, 4), b = put(&trial, 4, 2);
    begin(&trial, 3, 2);
    must(matrix_product_backward(a, b, trial.slope, trial.grad[0], trial.grad[1]));
    compare(&trial);
}
END_TEST

static void forward_transposed(Trial *trial)
{
    must(matrix_product_transposed(trial->in[0], trial->in[1], trial->out));
}

START_TEST(a_product_with_a_transpose)
{
    Trial trial = {.random = {3}, .forward = forward_transposed};
    Matrix a = put(&trial, 3, 4), b = put(&trial, 2, 4);
    begin(&trial, 3, 2);
    must(matrix_product_transposed_backward(a, b, trial.slope, trial.grad[0], trial.grad[1]));
    compare(&trial);
}
END_TEST

static void forward_linear(Trial *trial)
{
    must(linear(trial->in[0], trial->in[1], trial->in[2], trial->out));
}

START_TEST(a_linear_layer)
{
    Trial trial = {.random = {4}, .forward = forward_linear};
    Matrix x = put(&trial, 3, 4), w = put(&trial, 4, 2);
    put(&trial, 1, 2);
    begin(&trial, 3, 2);
    must(linear_backward(x, w, trial.slope, trial.grad[0], trial.grad[1], trial.grad[2]));
    compare(&trial);
}
END_TEST

/* --- Attention ------------------------------------------------------------------------------- */

static void forward_softmax(Trial *trial)
{
    must(softmax(trial->in[0], trial->out));
}

START_TEST(a_softmax)
{
    Trial trial = {.random = {5}, .forward = forward_softmax};
    put(&trial, 3, 4);
    begin(&trial, 3, 4);
    trial.forward(&trial);
    must(softmax_backward(trial.out, trial.slope, trial.grad[0]));
    compare(&trial);
}
END_TEST

enum { TOKENS = 4, KEYS = 5, HEADS = 3 };
static const double SCALE = 0.7;
static AttentionMask head_mask = {.causal = true, .padding = 1};
static double weights_room[HEADS * TOKENS * KEYS];

static void forward_head(Trial *trial)
{
    must(masked_attention(trial->in[0], trial->in[1], trial->in[2], SCALE, &head_mask,
                          matrix_view(weights_room, TOKENS, KEYS), trial->out));
}

START_TEST(a_head_with_a_mask)
{
    Trial trial = {.random = {6}, .forward = forward_head};
    HeadMatrices one = {.q = put(&trial, TOKENS, 3)};
    one.k = put(&trial, KEYS, 3);
    one.v = put(&trial, KEYS, 2);
    begin(&trial, TOKENS, 2);
    trial.forward(&trial);
    HeadMatrices grad = {trial.grad[0], trial.grad[1], trial.grad[2], trial.slope};
    must(attention_backward(&one, SCALE, matrix_view(weights_room, TOKENS, KEYS), &grad));
    compare(&trial);
}
END_TEST

/* A layer of these matrices, from number `first` on. */
static MultiHeadLayer layer_of(const Matrix *m)
{
    return (MultiHeadLayer){m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], HEADS};
}

static void put_layer(Trial *trial)
{
    put(trial, 5, HEADS * 2); /* w_q */
    put(trial, 5, HEADS * 2); /* w_k */
    put(trial, 5, HEADS * 4); /* w_v */
    put(trial, HEADS * 4, 7); /* w_o */
    put(trial, 1, HEADS * 2);
    put(trial, 1, HEADS * 2);
    put(trial, 1, HEADS * 4);
    put(trial, 1, 7);
}

static void forward_layer(Trial *trial)
{
    bool cross = trial->count > 9;
    MultiHeadLayer layer = layer_of(trial->in);
    Matrix x = trial->in[8], context = cross ? trial->in[9] : NO_MATRIX;
    AttentionMask mask = {.causal = !cross, .padding = cross ? 1 : 0};
    must(masked_multi_head_attention(
        x, context, &layer, &mask,
        matrix_view(weights_room, HEADS * x.rows, cross ? context.rows : x.rows), trial->out));
}

/* The layer's way there and back, with a context when there is a tenth input. */
static void check_layer(Trial *trial)
{
    bool cross = trial->count > 9;
    MultiHeadLayer layer = layer_of(trial->in);
    MultiHeadGradients grad = {.x = trial->grad[8], .layer = layer_of(trial->grad)};
    Matrix context = cross ? trial->in[9] : NO_MATRIX;
    AttentionMask mask = {.causal = !cross, .padding = cross ? 1 : 0};
    KeptHeads kept = {0};
    grad.context = cross ? trial->grad[9] : NO_MATRIX;
    begin(trial, TOKENS, 7);
    must(multi_head_keep(trial->in[8], context, &layer, &mask, &kept, trial->out));
    must(multi_head_backward(trial->in[8], context, &layer, &kept, trial->slope, &grad));
    for (size_t c = 0; c < layer.b_k.cols; c++) /* a constant in all scores of a query */
        ck_assert_double_lt(fabs(grad.layer.b_k.data[c] - 1.0), 1e-12);
    kept_heads_free(&kept);
    compare(trial);
}

START_TEST(a_layer_of_heads)
{
    Trial trial = {.random = {7}, .forward = forward_layer};
    put_layer(&trial);
    put(&trial, TOKENS, 5);
    check_layer(&trial);
}
END_TEST

START_TEST(a_layer_of_heads_with_a_context)
{
    Trial trial = {.random = {8}, .forward = forward_layer};
    put_layer(&trial);
    put(&trial, TOKENS, 5);
    put(&trial, KEYS, 5);
    check_layer(&trial);
}
END_TEST

/* --- What surrounds it ----------------------------------------------------------------------- */

static LayerNorm norm_of(const Matrix *m)
{
    return (LayerNorm){m[0], m[1], 0.1};
}

static void forward_norm(Trial *trial)
{
    LayerNorm norm = norm_of(trial->in);
    must(layer_norm(trial->in[2], &norm, trial->out));
}

START_TEST(a_norm)
{
    Trial trial = {.random = {9}, .forward = forward_norm};
    put(&trial, 1, 5);
    put(&trial, 1, 5);
    put(&trial, 3, 5);
    begin(&trial, 3, 5);
    LayerNorm norm = norm_of(trial.in), grad = norm_of(trial.grad);
    must(layer_norm_backward(trial.in[2], &norm, trial.slope, trial.grad[2], &grad));
    compare(&trial);
}
END_TEST

static FeedForward network_of(const Matrix *m, size_t activation)
{
    return (FeedForward){m[0], m[1], m[2], m[3], (Activation)activation};
}

static size_t activation_tried;

static void forward_network(Trial *trial)
{
    FeedForward network = network_of(trial->in, activation_tried);
    must(feed_forward(trial->in[4], &network, trial->out));
}

START_TEST(a_network)
{
    activation_tried = (size_t)_i;
    Trial trial = {.random = {10}, .forward = forward_network};
    put(&trial, 4, 6);
    put(&trial, 1, 6);
    put(&trial, 6, 5);
    put(&trial, 1, 5);
    put(&trial, 3, 4);
    begin(&trial, 3, 5);
    FeedForward network = network_of(trial.in, activation_tried), grad = network_of(trial.grad, 0);
    Matrix before = new_matrix(3, 6);
    must(feed_forward_keep(trial.in[4], &network, before, trial.out));
    must(feed_forward_backward(trial.in[4], &network, before, trial.slope, trial.grad[4], &grad));
    matrix_free(&before);
    compare(&trial);
}
END_TEST

static NormPlace place_tried;

static void forward_input(Trial *trial)
{
    LayerNorm norm = norm_of(trial->in);
    must(sublayer_input(trial->in[2], &norm, place_tried, trial->out));
}

START_TEST(the_beginning_of_a_step)
{
    place_tried = (NormPlace)_i;
    Trial trial = {.random = {11}, .forward = forward_input};
    put(&trial, 1, 5);
    put(&trial, 1, 5);
    put(&trial, 3, 5);
    begin(&trial, 3, 5);
    LayerNorm norm = norm_of(trial.in), grad = norm_of(trial.grad);
    must(sublayer_input_backward(trial.in[2], &norm, place_tried, trial.slope, trial.grad[2],
                                 &grad));
    compare(&trial);
}
END_TEST

static void forward_output(Trial *trial)
{
    LayerNorm norm = norm_of(trial->in);
    must(sublayer_output(trial->in[2], trial->in[3], &norm, place_tried, trial->out));
}

START_TEST(the_end_of_a_step)
{
    place_tried = (NormPlace)_i;
    Trial trial = {.random = {12}, .forward = forward_output};
    put(&trial, 1, 5);
    put(&trial, 1, 5);
    put(&trial, 3, 5);
    put(&trial, 3, 5);
    begin(&trial, 3, 5);
    LayerNorm norm = norm_of(trial.in), grad = norm_of(trial.grad);
    Matrix sum = new_matrix(3, 5);
    for (size_t i = 0; i < 15; i++)
        sum.data[i] = trial.in[2].data[i] + trial.in[3].data[i];
    must(sublayer_output_backward(sum, &norm, place_tried, trial.slope, trial.grad[2],
                                  trial.grad[3], &grad));
    matrix_free(&sum);
    compare(&trial);
}
END_TEST

/* --- Words and the mean ---------------------------------------------------------------------- */

static const size_t TEXT[] = {2, 0, 2};

/* Words in, a linear layer, logits by the same words out. */
static void forward_words(Trial *trial)
{
    Embedding embedding = {trial->in[0], trial->in[1]};
    Matrix x = new_matrix(3, 4), y = new_matrix(3, 4);
    must(embed(TEXT, 3, 1, &embedding, x));
    must(matrix_product(x, trial->in[2], y));
    must(vocabulary_logits(y, embedding.words, trial->out));
    matrix_free(&x);
    matrix_free(&y);
}

START_TEST(words_that_are_tied)
{
    Trial trial = {.random = {13}, .forward = forward_words};
    Embedding embedding = {.words = put(&trial, 5, 4)};
    embedding.positions = put(&trial, 6, 4);
    Matrix w = put(&trial, 4, 4), x = new_matrix(3, 4), y = new_matrix(3, 4);
    Matrix on_x = new_matrix(3, 4), on_y = new_matrix(3, 4);
    Embedding grad = {trial.grad[0], trial.grad[1]};
    begin(&trial, 3, 5);
    must(embed(TEXT, 3, 1, &embedding, x));
    must(matrix_product(x, w, y));
    must(matrix_product_transposed_backward(y, embedding.words, trial.slope, on_y, grad.words));
    must(matrix_product_backward(x, w, on_y, on_x, trial.grad[2]));
    must(embed_backward(TEXT, 3, 1, on_x, &grad));
    matrix_free(&x);
    matrix_free(&y);
    matrix_free(&on_x);
    matrix_free(&on_y);
    compare(&trial);
}
END_TEST

static void forward_pool(Trial *trial)
{
    must(mean_pool(trial->in[0], 1, trial->out));
}

START_TEST(a_mean_of_words)
{
    Trial trial = {.random = {14}, .forward = forward_pool};
    put(&trial, 4, 3);
    begin(&trial, 1, 3);
    must(mean_pool_backward(1, trial.slope, trial.grad[0]));
    compare(&trial);
}
END_TEST

int main(void)
{
    TCase *all = tcase_create("gradients");
    tcase_add_test(all, the_loss);
    tcase_add_test(all, the_loss_with_smoothed_labels);
    tcase_add_test(all, a_product);
    tcase_add_test(all, a_product_with_a_transpose);
    tcase_add_test(all, a_linear_layer);
    tcase_add_test(all, a_softmax);
    tcase_add_test(all, a_head_with_a_mask);
    tcase_add_test(all, a_layer_of_heads);
    tcase_add_test(all, a_layer_of_heads_with_a_context);
    tcase_add_test(all, a_norm);
    tcase_add_loop_test(all, a_network, 0, 3);
    tcase_add_loop_test(all, the_beginning_of_a_step, 0, 2);
    tcase_add_loop_test(all, the_end_of_a_step, 0, 2);
    tcase_add_test(all, words_that_are_tied);
    tcase_add_test(all, a_mean_of_words);
    return run_all("finite differences", all);
}
