/* Chapter 8: norms, residual paths, the feed-forward network, the block, the stack, the classifier.
 */
#include "transformer_block.h"

#include "assert.h"
#include "blocks.h"
#include "layers.h"
#include "matrices.h"

#include <math.h>
#include <stdbool.h>

static const LayerNorm PLAIN = {.epsilon = DEFAULT_EPSILON};
static const AttentionMask CAUSAL = {.causal = true};

/* --- Linear and activations ------------------------------------------------------------------- */

TEST(a_linear_layer_multiplies_and_adds)
{
    Matrix out = room(2, 3);
    assert_ok(linear(MATRIX(2, 2, 1, 2, 0, -1), MATRIX(2, 3, 1, 0, 2, 3, -1, 1),
                     MATRIX(1, 3, 10, 20, 30), out));
    assert_matrix_equal(out, MATRIX(2, 3, 17, 18, 34, 7, 21, 29));
}

/* The normal distribution below 1 is 0.841344746, below 2 it is 0.977249868. */
static const struct {
    Activation activation;
    float x;
    double expected;
} ACTIVATIONS[] = {
    {ACTIVATION_RELU, 2.5F, 2.5},
    {ACTIVATION_RELU, -2.5F, 0},
    {ACTIVATION_RELU, 0, 0},
    {ACTIVATION_RELU, INFINITY, INFINITY},
    {ACTIVATION_RELU, -INFINITY, 0},
    {ACTIVATION_RELU, NAN, NAN},
    {ACTIVATION_GELU, 1, 0.841344746},
    {ACTIVATION_GELU, -1, -0.158655254},
    {ACTIVATION_GELU, 2, 1.954499736},
    {ACTIVATION_GELU, -2, -0.045500264},
    {ACTIVATION_GELU, 0, 0},
    {ACTIVATION_GELU, 30, 30},
    {ACTIVATION_GELU, -30, 0},
    {ACTIVATION_GELU, NAN, NAN},
    {ACTIVATION_GELU_TANH, 1, 0.841191991}, /* another function, if a close one */
    {ACTIVATION_GELU_TANH, -1, -0.158808009},
    {ACTIVATION_GELU_TANH, 2, 1.954597694},
    {ACTIVATION_GELU_TANH, -3, -0.003637392},
    {ACTIVATION_GELU_TANH, NAN, NAN},
};

TEST_ROWS(three_activations_are_three_functions, ACTIVATIONS)
{
    float y = activate(ACTIVATIONS[_i].activation, ACTIVATIONS[_i].x);
    about("activation %d at %g", (int)ACTIVATIONS[_i].activation, (double)ACTIVATIONS[_i].x);
    assert_close(y, ACTIVATIONS[_i].expected, 1e-7);
}

/* --- Layer normalisation --------------------------------------------------------------------- */

TEST(the_norm_of_one_token_by_hand)
{
    /* The mean is 4, the squares are 4 + 0 + 0 + 4 = 8, so the variance is 2. */
    Matrix x = MATRIX(1, 4, 2, 4, 4, 6), out = room(1, 4);
    LayerNorm norm = {NO_MATRIX, NO_MATRIX, 0};
    assert_ok(layer_norm(x, &norm, out));
    assert_matrix_close(out, MATRIX(1, 4, -1.41421356F, 0, 0, 1.41421356F), 1e-6);
    norm = (LayerNorm){MATRIX(1, 4, 1, 2, 3, -10), MATRIX(1, 4, 0, 5, 6, 7), 0};
    assert_ok(layer_norm(x, &norm, out));
    assert_matrix_close(out, MATRIX(1, 4, -1.41421356F, 5, 6, -7.14213562F), 1e-6);
}

TEST(a_token_of_equal_numbers_gets_the_shift)
{
    LayerNorm norm = {NO_MATRIX, MATRIX(1, 3, 1, 2, 3), DEFAULT_EPSILON};
    Matrix out = room(1, 3);
    assert_ok(layer_norm(MATRIX(1, 3, 5, 5, 5), &norm, out));
    assert_matrix_equal(out, norm.shift);
    norm.epsilon = 0; /* 0 / 0 */
    assert_ok(layer_norm(MATRIX(1, 3, 5, 5, 5), &norm, out));
    assert_matrix_equal(out, MATRIX(1, 3, NAN, NAN, NAN));
}

TEST(numbers_far_from_0_are_normalised_as_well)
{
    /* The mean is 16777219 and a third, which is not a float; neither is the sum. */
    Matrix out = room(1, 3);
    assert_ok(layer_norm(MATRIX(1, 3, 16777216, 16777218, 16777224), &PLAIN, out));
    assert_matrix_close(out, MATRIX(1, 3, -0.98058025F, -0.39223210F, 1.37281235F), 1e-5);
}

TEST(random_norms_agree_with_double)
{
    static const float EPSILONS[] = {1e-5F, 1e-12F, 0.1F};
    Random random = {7};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t tokens = random_between(&random, 0, 5), d_model = random_between(&random, 1, 12);
        LayerNorm norm = random_norm(&random, i % 2 == 0, d_model);
        norm.epsilon = EPSILONS[i % 3];
        Matrix x = random_matrix(&random, tokens, d_model, i % 3 == 0 ? 1e3 : 1.0);
        Matrix out = random_matrix(&random, tokens, d_model, 1.0);
        assert_ok(layer_norm(x, &norm, out));
        assert_matches(out, oracle_norm(table_of(x), &norm), TOLERANCE);
        assert_ok(layer_norm(x, &norm, x));
        assert_matrix_equal(x, out);
    }
}

/* --- The feed-forward network ---------------------------------------------------------------- */

TEST(a_feed_forward_network_by_hand)
{
    /* (1 2) W_1 + b_1 = (0 -2 3), activated (0 0 3), times W_2 = (-3 6), plus b_2 = (-2 6). */
    FeedForward network = {MATRIX(2, 3, 2, 0, -1, -1, -1, 2), zeros(1, 3),
                           MATRIX(3, 2, 5, 5, 7, 7, -1, 2), MATRIX(1, 2, 1, 0), ACTIVATION_RELU};
    Matrix out = room(1, 2);
    assert_ok(feed_forward(MATRIX(1, 2, 1, 2), &network, out));
    assert_matrix_equal(out, MATRIX(1, 2, -2, 6));
}

TEST(random_feed_forward_networks_agree_with_double)
{
    Random random = {9};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t tokens = random_between(&random, 0, 5), d_model = random_between(&random, 1, 8);
        FeedForward network = random_network(&random, i % 2 == 0, d_model);
        Matrix x = random_matrix(&random, tokens, d_model, i % 3 == 0 ? 1e3 : 1.0);
        Matrix out = random_matrix(&random, tokens, d_model, 1.0);
        assert_ok(feed_forward(x, &network, out));
        /* relative to what goes in: of large numbers a small difference may come out */
        assert_matches(out, oracle_network(table_of(x), &network),
                       i % 3 == 0 ? 1e3 * TOLERANCE : TOLERANCE);
    }
}

TEST(tokens_meet_neither_in_a_norm_nor_in_a_network)
{
    Random random = {8};
    FeedForward network = random_network(&random, true, 5);
    Matrix x = random_matrix(&random, 3, 5, 1.0), out[2] = {room(3, 5), room(3, 5)};
    assert_ok(layer_norm(x, &PLAIN, out[0]));
    assert_ok(feed_forward(x, &network, out[1]));
    Matrix clean[2] = {copy_of(out[0]), copy_of(out[1])};
    matrix_row(x, 1)[2] = NAN;
    assert_ok(layer_norm(x, &PLAIN, out[0]));
    assert_ok(feed_forward(x, &network, out[1]));
    for (size_t i = 0; i < 2; i++) {
        fill(rows_of(clean[i], 1, 1), NAN);
        assert_matrix_equal(out[i], clean[i]);
    }
}

/* --- The residual path ----------------------------------------------------------------------- */

TEST(a_step_starts_with_x_or_with_its_norm)
{
    Matrix x = MATRIX(2, 2, 1, 3, 2, 8), out = room(2, 2);
    LayerNorm norm = {.epsilon = 0};
    assert_ok(sublayer_input(x, &norm, NORM_POST, out));
    assert_matrix_equal(out, x);
    assert_ok(sublayer_input(x, &norm, NORM_PRE, out));
    assert_matrix_close(out, MATRIX(2, 2, -1, 1, -1, 1), 1e-6);
}

TEST(a_step_ends_with_a_sum_or_with_its_norm)
{
    Matrix x = MATRIX(2, 2, 1, 3, 2, 8), result = MATRIX(2, 2, 10, 30, 1, 1), out = room(2, 2);
    LayerNorm norm = {.epsilon = 0};
    assert_ok(sublayer_output(x, result, &norm, NORM_PRE, out));
    assert_matrix_equal(out, MATRIX(2, 2, 11, 33, 3, 9));
    assert_ok(sublayer_output(x, result, &norm, NORM_POST, out));
    assert_matrix_close(out, MATRIX(2, 2, -1, 1, -1, 1), 1e-6);
    assert_ok(sublayer_output(x, result, &norm, NORM_PRE, result));
    assert_matrix_equal(result, MATRIX(2, 2, 11, 33, 3, 9));
    assert_ok(sublayer_output(x, x, &norm, NORM_PRE, x));
    assert_matrix_equal(x, MATRIX(2, 2, 2, 6, 4, 16));
}

/* --- The block ------------------------------------------------------------------------------- */

/* d_model equals heads d_k or d_ff only by chance. */
static TransformerBlock random_block(Random *random, size_t d_model, size_t heads)
{
    bool biases = random_between(random, 0, 2) > 0;
    return (TransformerBlock){.attention = random_attention(random, biases, d_model, heads),
                              .norm_1 = random_norm(random, biases, d_model),
                              .norm_2 = random_norm(random, biases, d_model),
                              .feed_forward = random_network(random, biases, d_model),
                              .norm_place =
                                  random_between(random, 0, 1) == 0 ? NORM_POST : NORM_PRE};
}

static Table oracle_block(Table x, const TransformerBlock *block, const AttentionMask *mask)
{
    NormPlace place = block->norm_place;
    Table input = oracle_step_input(x, &block->norm_1, place);
    Table heard = oracle_masked_layer(input, input, &block->attention, mask, NULL);
    Table middle = oracle_step_output(x, heard, &block->norm_1, place);
    input = oracle_step_input(middle, &block->norm_2, place);
    Table thought = oracle_network(input, &block->feed_forward);
    return oracle_step_output(middle, thought, &block->norm_2, place);
}

TEST(random_blocks_agree_with_double)
{
    Random random = {19};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t heads = random_between(&random, 1, 3), d_model = random_between(&random, 2, 8);
        size_t tokens = random_between(&random, 1, 6);
        TransformerBlock block = random_block(&random, d_model, heads);
        AttentionMask mask = random_mask(&random, tokens, tokens, heads);
        Matrix x = random_matrix(&random, tokens, d_model, 1.0),
               weights = zeros(heads * tokens, tokens);
        Matrix out = random_matrix(&random, tokens, d_model, 1.0);
        assert_ok(transformer_block(x, &block, &mask, weights, out));
        assert_matches(out, oracle_block(table_of(x), &block, &mask), TOLERANCE);
        assert_ok(transformer_block(x, &block, &mask, NO_MATRIX, x));
        assert_matrix_equal(x, out);
    }
}

/* What a block makes of some tokens. */
static Matrix run_block(Matrix x, const TransformerBlock *block, AttentionMask mask)
{
    Matrix out = room(x.rows, x.cols);
    assert_ok(transformer_block(x, block, &mask, NO_MATRIX, out));
    return out;
}

/* A block whose two steps say nothing: all their weights are 0. */
static TransformerBlock silent_block(Random *random, NormPlace place)
{
    TransformerBlock block = random_block(random, 6, 2);
    block.attention.b_o = block.feed_forward.b_2 = NO_MATRIX;
    fill(block.attention.w_o, 0);
    fill(block.feed_forward.w_2, 0);
    block.norm_place = place;
    return block;
}

TEST(a_block_that_says_nothing_changes_nothing_but_by_its_norms)
{
    Random random = {10};
    TransformerBlock pre = silent_block(&random, NORM_PRE), post = silent_block(&random, NORM_POST);
    Matrix x = random_matrix(&random, 4, 6, 1.0), norms = copy_of(x);
    assert_matrix_equal(run_block(x, &pre, NO_MASK), x);
    assert_ok(layer_norm(x, &post.norm_1, norms));
    assert_ok(layer_norm(norms, &post.norm_2, norms));
    assert_matrix_equal(run_block(x, &post, NO_MASK), norms);
}

/* Rows of a table: the two places of the norms. */
static const NormPlace PLACES[] = {NORM_POST, NORM_PRE};

TEST_ROWS(the_weights_of_a_block_are_those_of_its_attention, PLACES)
{
    Random random = {12};
    TransformerBlock block = random_block(&random, 6, 3);
    Matrix x = random_matrix(&random, 4, 6, 1.0), out = room(4, 6), input = room(4, 6);
    Matrix weights = room(12, 4), expected = room(12, 4);
    block.norm_place = PLACES[_i];
    assert_ok(sublayer_input(x, &block.norm_1, block.norm_place, input));
    assert_ok(
        masked_multi_head_attention(input, NO_MATRIX, &block.attention, &CAUSAL, expected, out));
    assert_ok(transformer_block(x, &block, &CAUSAL, weights, out));
    assert_matrix_equal(weights, expected);
}

TEST_ROWS(the_future_does_not_leak_through_a_block, PLACES)
{
    Random random = {14};
    TransformerBlock block = random_block(&random, 6, 2);
    Matrix x = random_matrix(&random, 5, 6, 1.0);
    block.norm_place = PLACES[_i];
    Matrix out = run_block(x, &block, CAUSAL);
    matrix_row(x, 3)[2] = NAN;
    fill(rows_of(out, 3, 2), NAN);
    assert_matrix_equal(run_block(x, &block, CAUSAL), out);
}

TEST_ROWS(words_with_padding_are_as_without, PLACES)
{
    Random random = {15};
    TransformerBlock block = random_block(&random, 6, 2);
    Matrix x = random_matrix(&random, 5, 6, 1.0);
    block.norm_place = PLACES[_i];
    Matrix padded = run_block(x, &block, (AttentionMask){.padding = 2});
    assert_matrix_equal(rows_of(padded, 0, 3), run_block(rows_of(x, 0, 3), &block, NO_MASK));
}

/* --- The stack ------------------------------------------------------------------------------- */

TEST(an_encoder_without_blocks_copies_or_normalises)
{
    Random random = {20};
    Encoder stack = {.count = 0, .norm = PLAIN};
    Matrix x = random_matrix(&random, 3, 4, 1.0), out = room(3, 4), norm = room(3, 4);
    assert_ok(encoder(x, &stack, &NO_MASK, NO_MATRIX, out));
    assert_matrix_equal(out, x);
    stack.has_norm = true;
    assert_ok(encoder(x, &stack, &NO_MASK, NO_MATRIX, out));
    assert_ok(layer_norm(x, &PLAIN, norm));
    assert_matrix_equal(out, norm);
}

TEST(an_encoder_runs_block_after_block_and_keeps_all_weights)
{
    Random random = {21};
    TransformerBlock blocks[] = {random_block(&random, 6, 2), random_block(&random, 6, 3)};
    Encoder stack = {blocks, 2, true, {.gain = blocks[0].norm_1.gain, .epsilon = 0.5F}};
    AttentionMask mask = {.causal = true, .padding = 1};
    Matrix x = random_matrix(&random, 4, 6, 1.0), out = room(4, 6);
    Matrix weights = room(20, 4), expected = room(20, 4);
    assert_ok(encoder(x, &stack, &mask, weights, out));
    assert_ok(transformer_block(x, &blocks[0], &mask, rows_of(expected, 0, 8), x));
    assert_ok(transformer_block(x, &blocks[1], &mask, rows_of(expected, 8, 12), x));
    assert_ok(layer_norm(x, &stack.norm, x));
    assert_matrix_equal(out, x);
    assert_matrix_equal(weights, expected);
}

/* --- The classifier -------------------------------------------------------------------------- */

TEST(the_pool_leaves_out_the_padding)
{
    Matrix x = MATRIX(3, 2, 1, 2, 3, 6, 100, NAN), out = room(1, 2);
    assert_ok(mean_pool(x, 1, out));
    assert_matrix_equal(out, MATRIX(1, 2, 2, 4));
    assert_ok(mean_pool(x, 3, out));
    assert_all(out, 0);
    assert_ok(mean_pool(x, 0, out));
    assert_matrix_close(out, MATRIX(1, 2, 104 / 3.0F, NAN), 1e-6);
}

TEST(classes_are_the_softmax_of_a_linear_layer_of_the_mean)
{
    /* The mean is (2 4), so the scores are (2 + 1, 4 - 1, 2 + 0) and e^3 : e^3 : e^2. */
    Matrix x = MATRIX(2, 2, 1, 2, 3, 6), out = room(1, 3);
    Classifier classifier = {MATRIX(2, 3, 1, 0, 1, 0, 1, 0), MATRIX(1, 3, 1, -1, 0)};
    assert_ok(classify(x, 0, &classifier, out));
    assert_matrix_close(out, MATRIX(1, 3, 0.42231880F, 0.42231880F, 0.15536240F), 1e-6);
    /* The first word alone: (1 2), scores (2, 1, 1). */
    assert_ok(classify(x, 1, &classifier, out));
    assert_matrix_close(out, MATRIX(1, 3, 0.57611688F, 0.21194156F, 0.21194156F), 1e-6);
}

TEST(random_classes_agree_with_double_and_sum_to_one)
{
    Random random = {24};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t tokens = random_between(&random, 1, 6), d_model = random_between(&random, 1, 7);
        size_t classes = random_between(&random, 1, 5);
        size_t padding = random_between(&random, 0, tokens - 1), words = tokens - padding;
        Matrix x = random_matrix(&random, tokens, d_model, 1.0);
        Matrix out = random_matrix(&random, 1, classes, 1.0), ones = zeros(1, words);
        Classifier classifier = {random_matrix(&random, d_model, classes, 1.0),
                                 random_bias(&random, i % 2 == 0, classes)};
        fill(ones, 1);
        Table mean = oracle_product(table_of(ones), table_of(rows_of(x, 0, words)));
        for (size_t c = 0; c < d_model; c++)
            mean.data[c] /= (double)words;
        assert_ok(classify(x, padding, &classifier, out));
        assert_matches(out, oracle_softmax(oracle_affine(mean, classifier.w, classifier.b), 1),
                       TOLERANCE);
    }
}
