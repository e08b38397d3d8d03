/* The whole of Part I against a real torch.nn.MultiheadAttention: see tests/golden/make_pytorch.py.
 */
#include "array_file.h"
#include "assert.h"
#include "masking.h"

#include <stdio.h>

enum { BATCH = 2, TOKENS = 10, D_MODEL = 64, HEADS = 8 };

static const size_t LENGTHS[BATCH] = {10, 7};

static Array read_golden(const char *name)
{
    Array array;
    char path[128];
    snprintf(path, sizeof path, "tests/golden/pytorch/%s.npy", name);
    assert_ok(array_read(path, ARRAY_NUMBERS, &array));
    return array;
}

enum { W_Q, W_K, W_V, W_O, B_Q, B_K, B_V, B_O, PARAMETERS };

static void read_parameters(Array parameters[PARAMETERS], MultiHeadLayer *layer)
{
    static const char *const NAMES[PARAMETERS] = {"wq", "wk", "wv", "wo", "bq", "bk", "bv", "bo"};
    Matrix m[PARAMETERS];
    for (size_t i = 0; i < PARAMETERS; i++) {
        parameters[i] = read_golden(NAMES[i]);
        m[i] = array_matrix(parameters[i], 0);
    }
    *layer =
        (MultiHeadLayer){m[W_Q], m[W_K], m[W_V], m[W_O], m[B_Q], m[B_K], m[B_V], m[B_O], HEADS};
}

/* Runs the layer on both sequences and compares with what PyTorch computed in float64. */
static void compare_with_pytorch(const char *out_name, const char *weights_name, bool causal,
                                 bool padded)
{
    Array parameters[PARAMETERS];
    MultiHeadLayer layer;
    read_parameters(parameters, &layer);
    Array x = read_golden("x"), expected_out = read_golden(out_name);
    Array expected_weights = read_golden(weights_name);
    Matrix out, weights;
    assert_ok(matrix_create(TOKENS, D_MODEL, &out));
    assert_ok(matrix_create(HEADS * TOKENS, TOKENS, &weights));

    for (size_t b = 0; b < BATCH; b++) {
        AttentionMask mask = {.causal = causal, .padding = padded ? TOKENS - LENGTHS[b] : 0};
        assert_ok(masked_multi_head_attention(array_matrix(x, b), NO_MATRIX, &layer, &mask, weights,
                                              out));
        assert_matrix_close(out, array_matrix(expected_out, b), TOLERANCE);
        Matrix all_heads =
            matrix_view(array_matrix(expected_weights, b * HEADS).data, HEADS * TOKENS, TOKENS);
        assert_matrix_close(weights, all_heads, TOLERANCE);
    }

    matrix_free(&out);
    matrix_free(&weights);
    for (size_t i = 0; i < PARAMETERS; i++)
        array_free(&parameters[i]);
    array_free(&x);
    array_free(&expected_out);
    array_free(&expected_weights);
}

TEST(a_pytorch_layer_gives_the_same_numbers)
{
    compare_with_pytorch("plain_out", "plain_weights", false, false);
}

TEST(a_causal_pytorch_layer_gives_the_same_numbers)
{
    compare_with_pytorch("causal_out", "causal_weights", true, false);
}

TEST(a_padded_pytorch_layer_gives_the_same_numbers)
{
    compare_with_pytorch("padded_out", "padded_weights", false, true);
}
