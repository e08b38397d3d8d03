/* Chapter 10 in plain C: one pass over keys and values gives what chapter 7 gives. */
#include "fast_attention.h"

#include "assert.h"
#include "matrices.h"
#include "oracle.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* --- Loop order ------------------------------------------------------------------------------ */

START_TEST(a_product_by_rows_is_the_product)
{
    Random random = {1020};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t rows = random_between(&random, 0, 9), inner = random_between(&random, 0, 9);
        size_t cols = random_between(&random, 0, 9);
        Matrix a = random_matrix(&random, rows, inner, 1.0);
        Matrix b = random_matrix(&random, inner, cols, 1e3);
        Matrix out = random_matrix(&random, rows, cols, 1.0);
        Table one = table_of(a), other = table_of(b), product = oracle_product(one, other);
        product_by_rows(a, b, out);
        assert_matches(out, product, TOLERANCE);
        table_free(3, one, other, product);
        random_matrix_free(a);
        random_matrix_free(b);
        random_matrix_free(out);
    }
}
END_TEST

/* --- One pass -------------------------------------------------------------------------------- */

START_TEST(bank_takes_its_keys_two_at_a_time)
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
END_TEST

START_TEST(a_score_that_is_not_finite_makes_the_result_nan)
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
END_TEST

/* --- Visible keys ---------------------------------------------------------------------------- */

START_TEST(visible_keys_are_those_that_some_query_may_see)
{
    Random random = {1021};
    for (size_t i = 0; i < random_cases(); i++) {
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
END_TEST

/* --- Block by block -------------------------------------------------------------------------- */

static AttentionMask random_mask(Random *random, size_t t_q, size_t t_k)
{
    AttentionMask mask = {.causal = random_between(random, 0, 1) == 1,
                          .past = random_between(random, 0, 3),
                          .padding = random_between(random, 0, t_k)};
    mask.allowed = random_matrix(random, t_q, t_k, 1.0);
    mask.bias = random_matrix(random, t_q, t_k, 2.0);
    for (size_t i = 0; i < t_q; i++)
        for (size_t j = 0; j < t_k; j++) {
            float *one = &matrix_row(mask.allowed, i)[j];
            *one = *one > -0.7f ? 1.0f : 0.0f;
            if (random_between(random, 0, 9) == 0)
                matrix_row(mask.bias, i)[j] = -INFINITY;
        }
    return mask;
}

START_TEST(blockwise_attention_agrees_with_chapter_7)
{
    Random random = {1022};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t t_q = random_between(&random, 0, 9), t_k = random_between(&random, 0, 12);
        size_t d_k = random_between(&random, 1, 5), d_v = random_between(&random, 0, 5);
        Matrix q = random_matrix(&random, t_q, d_k, 1.0), k = random_matrix(&random, t_k, d_k, 1.0);
        Matrix v = random_matrix(&random, t_k, d_v, i % 2 ? 1.0 : 1e3);
        Matrix out = random_matrix(&random, t_q, d_v, 1.0);
        AttentionMask mask = random_mask(&random, t_q, t_k);
        AttentionMask used = i % 3 == 0 ? NO_MASK : mask;
        Matrix weights = new_matrix(t_q, t_k), expected = new_matrix(t_q, d_v);
        assert_ok(masked_attention(q, k, v, 0.4f, &used, weights, expected));
        size_t block = random_between(&random, 1, 6);
        assert_ok(blockwise_attention(q, k, v, 0.4f, &used, block, out));
        Table table = table_of(expected);
        assert_matches(out, table, TOLERANCE);
        table_free(1, table);
        Matrix all[] = {q, k, v, out, mask.allowed, mask.bias};
        for (size_t m = 0; m < sizeof all / sizeof *all; m++)
            random_matrix_free(all[m]);
        matrix_free(&weights);
        matrix_free(&expected);
    }
}
END_TEST

START_TEST(blockwise_attention_refuses_what_does_not_fit_and_writes_nothing)
{
    float zeros[12] = {0}, halves[6] = {0.5f}, out_data[6];
    Matrix q = matrix_view(zeros, 2, 3), k = matrix_view(zeros, 3, 3), v = matrix_view(zeros, 3, 2);
    Matrix out = matrix_view(out_data, 2, 2);
    AttentionMask padding = {.padding = 4}, half = {.allowed = matrix_view(halves, 2, 3)};
    AttentionMask small = {.allowed = matrix_view(halves, 2, 2)};
    AttentionMask bias = {.bias = matrix_view(halves, 3, 2)};
    fill(out, UNWRITTEN);
    assert_fails(blockwise_attention(q, v, v, 1.0f, &NO_MASK, 2, out), STATUS_SHAPE,
                 "blockwise_attention: ");
    assert_fails(blockwise_attention(q, k, v, 1.0f, &half, 2, out), STATUS_VALUE,
                 "the mask holds 0.5 at row 0, column 0");
    assert_fails(blockwise_attention(q, k, v, 1.0f, &small, 2, out), STATUS_SHAPE, "mask is 2x2");
    assert_fails(blockwise_attention(q, k, v, 1.0f, &bias, 2, out), STATUS_SHAPE, "bias is 3x2");
    assert_fails(blockwise_attention(q, k, v, 1.0f, &padding, 2, out), STATUS_VALUE,
                 "4 keys of padding, but there are only 3 keys");
    assert_fails(blockwise_attention(q, k, v, 1.0f, &NO_MASK, 0, out), STATUS_VALUE,
                 "a block has at least one query and key");
    assert_all(out, UNWRITTEN);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("10 fast attention");
    add_test(suite, a_product_by_rows_is_the_product);
    add_test(suite, bank_takes_its_keys_two_at_a_time);
    add_test(suite, a_score_that_is_not_finite_makes_the_result_nan);
    add_test(suite, visible_keys_are_those_that_some_query_may_see);
    add_test(suite, blockwise_attention_agrees_with_chapter_7);
    add_test(suite, blockwise_attention_refuses_what_does_not_fit_and_writes_nothing);
    return suite;
}
