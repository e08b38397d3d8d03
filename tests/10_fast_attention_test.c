/* Chapter 10 in plain C: one pass over keys and values gives what chapter 7 gives. */
#include "fast_attention.h"

#include "assert.h"
#include "layers.h"
#include "matrices.h"

#include <math.h>
#include <stdint.h>

/* --- Loop order ------------------------------------------------------------------------------ */

TEST(a_product_by_rows_is_the_product)
{
    Random random = {1020};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t rows = random_between(&random, 0, 9), inner = random_between(&random, 0, 9);
        size_t cols = random_between(&random, 0, 9);
        Matrix a = random_matrix(&random, rows, inner, 1.0);
        Matrix b = random_matrix(&random, inner, cols, 1e3);
        Matrix out = random_matrix(&random, rows, cols, 1.0);
        product_by_rows(a, b, out);
        assert_matches(out, oracle_product(table_of(a), table_of(b)), TOLERANCE);
    }
}

/* --- One pass -------------------------------------------------------------------------------- */

TEST(bank_takes_its_keys_two_at_a_time)
{
    /* Scores 0 0 0 0 3 2; the last two values are those of river and bank. */
    const float scores[] = {0, 0, 0, 0, 3, 2};
    float v[] = {0, 0, 0, 1, 0, 0, 1, 0, 2, 1, 1, 1}, sums[2];
    OnlineAttention state = online_attention_start(sums, 2);
    online_attention_add(&state, scores, matrix_view(v, 2, 2));
    assert_close(state.maximum, 0.0, 0.0);
    assert_close(state.sum, 2.0, 1e-6);
    online_attention_add(&state, scores + 2, matrix_view(v + 4, 2, 2));
    assert_close(state.sum, 4.0, 1e-6);
    online_attention_add(&state, scores + 4, matrix_view(v + 8, 2, 2));
    assert_close(state.maximum, 3.0, 0.0);
    assert_close(state.sum, 4 * exp(-3.0) + 1 + exp(-1.0), 1e-6);
    assert_close(sums[0], exp(-3.0) + 2 + exp(-1.0), 1e-6);
    online_attention_finish(&state, sums);
    assert_close(sums[0], (exp(-3.0) + 2 + exp(-1.0)) / (4 * exp(-3.0) + 1 + exp(-1.0)), 1e-6);
}

TEST(a_score_that_is_not_finite_makes_the_result_nan)
{
    const float strange[] = {NAN, INFINITY};
    for (size_t i = 0; i < 2; i++) {
        const float scores[] = {1, strange[i], 2};
        float v[] = {1, 2, 3}, sum;
        OnlineAttention state = online_attention_start(&sum, 1);
        for (size_t j = 0; j < 3; j++)
            online_attention_add(&state, scores + j, matrix_view(v + j, 1, 1));
        online_attention_finish(&state, &sum);
        assert_close(sum, NAN, 0.0);
    }
}

/* --- Visible keys ---------------------------------------------------------------------------- */

TEST(visible_keys_are_those_that_some_query_may_see)
{
    Random random = {1021};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t keys = random_between(&random, 0, 12), first = random_between(&random, 0, 9);
        size_t queries = random_between(&random, 1, 5), needed = 0;
        AttentionMask mask = {.causal = i % 2, .padding = random_between(&random, 0, keys)};
        mask.past = i % 7 == 0 ? SIZE_MAX : random_between(&random, 0, 4);
        for (size_t q = first; q < first + queries; q++)
            for (size_t j = 0; j < keys; j++)
                if (may_attend(&mask, q, j, keys) && j + 1 > needed)
                    needed = j + 1;
        double visible = (double)visible_keys(&mask, first, queries, keys);
        assert_close(visible, (double)needed, 0.0);
    }
}

/* --- Block by block -------------------------------------------------------------------------- */

TEST(blockwise_attention_agrees_with_chapter_7)
{
    Random random = {1022};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t t_q = random_between(&random, 0, 9), t_k = random_between(&random, 0, 12);
        size_t d_k = random_between(&random, 1, 5), d_v = random_between(&random, 0, 5);
        Matrix q = random_matrix(&random, t_q, d_k, 1.0), k = random_matrix(&random, t_k, d_k, 1.0);
        Matrix v = random_matrix(&random, t_k, d_v, i % 2 ? 1.0 : 1e3);
        Matrix out = random_matrix(&random, t_q, d_v, 1.0);
        AttentionMask mask = i % 3 == 0 ? NO_MASK : random_mask(&random, t_q, t_k, 1);
        Matrix weights = zeros(t_q, t_k), expected = zeros(t_q, d_v);
        assert_ok(masked_attention(q, k, v, 0.4f, &mask, weights, expected));
        size_t block = random_between(&random, 1, 6);
        assert_ok(blockwise_attention(q, k, v, 0.4f, &mask, block, out));
        assert_matches(out, table_of(expected), TOLERANCE);
    }
}
