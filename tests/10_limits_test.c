/*
 * The limits of float32, case by case, in chapters 3, 5, 7 and 10 alike: an overflow is never a
 * silent zero, and a result that float32 can hold is right.
 */
#include "assert.h"
#include "fast_attention.h"
#include "fast_layer.h"
#include "large_scores.h"
#include "matrices.h"
#include "self_attention.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MOST = 4 };

/* --- A table of cases ------------------------------------------------------------------------ */

/* One query, keys and values of one column each, and what comes out. */
typedef struct LimitCase {
    const char *name;
    float q, scale;
    size_t keys;
    float k[MOST], v[MOST], bias[MOST];
    float expected;
} LimitCase;

#define INF INFINITY

static const LimitCase CASES[] = {
    {"scores below all floats", 1e20f, 1, 3, {-1e20f, -2e20f, -3e20f}, {1, 2, 3}, {0}, 1},
    {"scores above all floats", 1e20f, 1, 3, {1e20f, 2e20f, 3e20f}, {1, 2, 3}, {0}, 3},
    {"scores on both sides", 1e20f, 1, 3, {-3e20f, 2e20f, -1e20f}, {1, 2, 3}, {0}, 2},
    {"one score too low", 1e20f, 1, 2, {-1e20f, 0}, {5, 7}, {0}, 7},
    {"only the scale makes it fit", 1e30f, 1e-30f, 2, {1e30f, -1e30f}, {1, 2}, {0}, 1},
    {"a product that only the scale saves",
     1e30f,
     1e-30f,
     2,
     {1e30f, 1.0000001e30f},
     {1, 2},
     {0},
     2},
    {"the scale alone is too much", 1e20f, 1e30f, 2, {1e-20f, 2e-20f}, {1, 2}, {0}, 2},
    {"a dot product that the scale shrinks", 1e20f, 1e-38f, 2, {1e20f, 2e20f}, {1, 2}, {0}, 2},
    {"a scaled query is too much", 1e25f, 1e17f, 2, {1e-44f, 2e-44f}, {1, 2}, {0}, 1.50245225f},
    {"equal scores too low", 1e20f, 1, 2, {-1e20f, -1e20f}, {4, 8}, {0}, 6},
    {"score and bias together", 1, 1, 1, {-3.4e38f}, {5}, {-3.4e38f}, 5},
    {"score and bias above", 1, 1, 2, {3.4e38f, 0}, {5, 6}, {3.4e38f, 0}, 5},
    {"a bias that hides the scores", 1, 1, 2, {0, 1}, {0, 1}, {-1e9f, -1e9f}, 0.731058579f},
    {"a blocked key beside a low one", 1e20f, 1, 2, {-1e20f, 1}, {3, 9}, {0, -INF}, 3},
    {"nothing but blocked keys", 1e20f, 1, 2, {1e20f, NAN}, {3, NAN}, {-INF, -INF}, 0},
    {"close scores that are large",
     4096,
     1,
     2,
     {4096, 4096.00048828125f},
     {0, 1},
     {0},
     0.880797078f},
    {"values whose sum overflows", 0, 1, 2, {0, 0}, {2e38f, 2e38f}, {0}, 2e38f},
    {"values that cancel", 0, 1, 4, {0}, {3e38f, 3e38f, -3e38f, -3e38f}, {0}, 0},
    {"the greatest value", 22, 1, 1, {27.39f}, {FLT_MAX}, {0}, FLT_MAX},
    {"an infinite value", 1, 1, 2, {0, 95}, {INF, 1}, {0}, INF},
    {"a value that an infinite one cancels", 0, 1, 2, {0}, {INF, -INF}, {0}, NAN},
    {"a small weight, a large value", 1, 1, 2, {0, 90}, {1e38f, 0}, {0}, 0.0819401262f},
    {"a denormal weight, a safe value", 1, 1, 2, {0, 90}, {1e19f, 0}, {0}, 8.19401262e-21f},
    {"a NaN value", 0, 1, 2, {0}, {NAN, 1}, {0}, NAN},
    {"a NaN key", 1, 1, 2, {NAN, 1}, {1, 2}, {0}, NAN},
    {"a key of minus infinity is no mask", 1, 1, 2, {-INF, 0}, {1, 2}, {0}, NAN},
    {"a key of plus infinity", 1, 1, 2, {INF, 0}, {1, 2}, {0}, NAN},
    {"an infinite query", INF, 1, 2, {-1, -2}, {1, 2}, {0}, NAN},
    {"an infinite query meets 0", INF, 1, 1, {0}, {1}, {0}, NAN},
    {"a NaN bias", 1, 1, 2, {0}, {1, 2}, {NAN, 0}, NAN},
    {"a bias of plus infinity", 1, 1, 2, {0}, {1, 2}, {INF, 0}, NAN},
    {"denormal queries", 1e-40f, 1, 2, {1e38f, 2e38f}, {1, 2}, {0}, 1.50250f},
};

static bool has_bias(const LimitCase *one)
{
    for (size_t j = 0; j < one->keys; j++)
        if (one->bias[j] != 0.0f)
            return true;
    return false;
}

static void expect_case(const char *who, const LimitCase *one, float out)
{
    bool same = isnan(one->expected)   ? isnan(out)
                : isinf(one->expected) ? out == one->expected
                                       : fabsf(out - one->expected) <= 1e-5f * fabsf(one->expected);
    ck_assert_msg(same, "%s: %s is %g, expected %g", one->name, who, (double)out,
                  (double)one->expected);
}

TEST_ROWS(every_chapter_gives_what_is_right_at_the_limits, CASES)
{
    LimitCase one = CASES[_i];
    float weights[MOST], out;
    Matrix q = matrix_view(&one.q, 1, 1), k = matrix_view(one.k, one.keys, 1);
    Matrix v = matrix_view(one.v, one.keys, 1), w = matrix_view(weights, 1, one.keys);
    Matrix result = matrix_view(&out, 1, 1);
    AttentionMask mask = NO_MASK;
    if (has_bias(&one))
        mask.bias = matrix_view(one.bias, 1, one.keys);
    else {
        assert_ok(scaled_dot_product_attention(q, k, v, one.scale, w, result));
        expect_case("chapter 3", &one, out);
    }
    assert_ok(masked_attention(q, k, v, one.scale, &mask, w, result));
    expect_case("chapter 7", &one, out);
    for (size_t block = 1; block < 4; block++) {
        assert_ok(blockwise_attention(q, k, v, one.scale, &mask, block, result));
        expect_case("blockwise_attention", &one, out);
    }
    for (Isa isa = ISA_BASELINE; isa < ISA_COUNT; isa++)
        if (isa_is_there(isa)) {
            assert_ok(fast_attention(q, k, v, one.scale, &mask, isa, 1, result));
            expect_case(isa_name(isa), &one, out);
        }
}

TEST(a_score_that_overflows_is_nan_and_never_minus_infinity)
{
    Matrix scores = room(1, 4);
    assert_ok(
        attention_scores(MATRIX(1, 1, 1e20F), MATRIX(4, 1, 1e20F, -1e20F, 1, INFINITY), 1, scores));
    assert_matrix_equal(scores, MATRIX(1, 4, NAN, NAN, 1e20F, NAN));
    ck_assert(isnan(biased_score(-3e38f, -3e38f)));
    ck_assert_float_eq(biased_score(-3e38f, 3e38f), 0.0f);
}

/* --- Layers ---------------------------------------------------------------------------------- */

/* A layer of one head whose projections are single numbers or columns of ones. */
typedef struct LayerCase {
    const char *name;
    float x[3], w_q, w_k, w_v, w_o, b_v, expected;
} LayerCase;

static const LayerCase LAYERS[] = {
    {"plain", {1, 2, 3}, 1, 1, 1, 1, 0, 6},
    {"a query that overflows", {3e38f, 3e38f, 0}, 1, 1e-38f, 1e-38f, 1, 0, NAN},
    {"a query that only the scale would save", {3e38f, 3e38f, 0}, 1, 0, 1e-38f, 1, 0, NAN},
    {"a key that overflows", {3e38f, 3e38f, 0}, 1e-38f, -1, 1e-38f, 1, 0, NAN},
    {"a sum that overflows on its way", {3e38f, 3e38f, -3e38f}, 0, 0, 1, 1, 0, 3e38f},
    {"a query that overflows on its way", {3e38f, 3e38f, -3e38f}, 1, 1, 1e-38f, 1, 0, 3},
    {"scores that overflow", {1e20f, 1e20f, 1e20f}, 1, -1, 1e-20f, 1, 0, 3},
    {"a value that overflows", {3e38f, 3e38f, 0}, 0, 0, 1, 1, 0, INFINITY},
    {"a value that overflows before its bias", {3e38f, 3e38f, 0}, 0, 0, 1, 1, -3e38f, INFINITY},
    {"an output that overflows", {1e30f, 0, 0}, 0, 0, 1, 1e10f, 0, INFINITY},
};

enum { TOKENS = 3, WIDTH = 3, D_K = 4 };

static void expect_layer(const char *who, const LayerCase *one, Matrix out)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++) {
            LimitCase as = {.name = one->name, .expected = one->expected};
            expect_case(who, &as, matrix_row(out, r)[c]);
        }
}

static void decode_one_by_one(const FastLayer *fast, Matrix x, Matrix out)
{
    KeyValueCache *cache;
    assert_ok(key_value_cache_create(fast, x.rows, &cache));
    for (size_t t = 0; t < x.rows; t++)
        assert_ok(fast_decode(fast, cache, one_row(x, t), 1, one_row(out, t)));
    key_value_cache_free(cache);
}

static void run_fast(const MultiHeadLayer *layer, Isa isa, const LayerCase *one, Matrix x)
{
    FastLayer *fast;
    Matrix out = zeros(x.rows, layer->w_o.cols);
    FastSequence sequence = {.x = x, .out = out};
    assert_ok(fast_layer_create(layer, isa, &fast));
    assert_ok(fast_multi_head_attention(fast, &sequence, 1));
    expect_layer(isa_name(isa), one, out);
    decode_one_by_one(fast, x, out);
    expect_layer("fast_decode", one, out);
    fast_layer_free(fast);
}

static Matrix filled(size_t rows, size_t cols, float number)
{
    Matrix matrix = zeros(rows, cols);
    fill(matrix, number);
    return matrix;
}

TEST_ROWS(every_layer_gives_what_is_right_at_the_limits, LAYERS)
{
    LayerCase one = LAYERS[_i];
    Matrix x = zeros(TOKENS, WIDTH), weights = zeros(TOKENS, TOKENS), out = zeros(TOKENS, 1);
    for (size_t r = 0; r < TOKENS; r++)
        memcpy(matrix_row(x, r), one.x, sizeof one.x);
    MultiHeadLayer layer = {.w_q = filled(WIDTH, D_K, one.w_q),
                            .w_k = filled(WIDTH, D_K, one.w_k),
                            .w_v = filled(WIDTH, 1, one.w_v),
                            .w_o = filled(1, 1, one.w_o),
                            .b_v = filled(1, 1, one.b_v),
                            .heads = 1};
    assert_ok(multi_head_attention(x, &layer, weights, out));
    expect_layer("chapter 5", &one, out);
    assert_ok(masked_multi_head_attention(x, NO_MATRIX, &layer, &NO_MASK, weights, out));
    expect_layer("chapter 7", &one, out);
    for (Isa isa = ISA_BASELINE; isa < ISA_COUNT; isa++)
        if (isa_is_there(isa))
            run_fast(&layer, isa, &one, x);
}
