/* Chapter 10 in plain C: one pass over keys and values gives what chapter 7 gives. */
#include "fast_attention.h"

#include "assert.h"
#include "dot_products.h"
#include "example.h"
#include "frail_memory.h"
#include "matrices.h"
#include "oracle.h"
#include "self_attention.h"

#include <fenv.h>
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
        about("product_by_rows, a %zux%zu, b %zux%zu: views, whose rows lie further apart than "
              "they are long, so walk with matrix_row()",
              rows, inner, inner, cols);
        product_by_rows(a, b, out);
        assert_matches(out, product, TOLERANCE);
        table_free(3, one, other, product);
        random_matrix_free(a);
        random_matrix_free(b);
        random_matrix_free(out);
    }
}
END_TEST

START_TEST(a_product_by_rows_lets_a_nan_through)
{
    float a[] = {0, 1}, b[] = {NAN, 2, 3, INFINITY}, out[2];
    about("product_by_rows, a row 0 1 and a column nan 3: 0 times nan is nan, so no factor may be "
          "passed over");
    product_by_rows(matrix_view(a, 1, 2), matrix_view(b, 2, 2), matrix_view(out, 1, 2));
    assert_close(out[0], NAN, 0.0);
    assert_close(out[1], INFINITY, 0.0);
}
END_TEST

/* --- One pass -------------------------------------------------------------------------------- */

START_TEST(the_state_begins_below_every_score)
{
    float values[] = {7, 8};
    OnlineAttention state = online_attention_start(values, 2);
    about("online_attention_start, d_v = 2");
    assert_close(state.maximum, -INFINITY, 0.0);
    assert_close(state.sum, 0.0, 0.0);
    assert_close(values[0], 0.0, 0.0);
    assert_close(values[1], 0.0, 0.0);
}
END_TEST

START_TEST(bank_takes_its_keys_two_at_a_time)
{
    /* Scores 0 0 0 0 3 2; the last two values are those of river and bank. */
    const float scores[] = {0, 0, 0, 0, 3, 2};
    float v[] = {0, 0, 0, 1, 0, 0, 1, 0, 2, 1, 1, 1}, sums[2];
    OnlineAttention state = online_attention_start(sums, 2);
    about("online_attention_add, bank after she and sat, scores 0 0: lesson 10, \"By hand\"");
    online_attention_add(&state, scores, matrix_view(v, 2, 2));
    assert_close(state.maximum, 0.0, 0.0);
    assert_close(state.sum, 2.0, 1e-6);
    about("online_attention_add, bank after on and the, scores 0 0");
    online_attention_add(&state, scores + 2, matrix_view(v + 4, 2, 2));
    assert_close(state.sum, 4.0, 1e-6);
    about("online_attention_add, bank after river and bank, scores 3 2");
    online_attention_add(&state, scores + 4, matrix_view(v + 8, 2, 2));
    assert_close(state.maximum, 3.0, 0.0);
    assert_close(state.sum, 4 * exp(-3.0) + 1 + exp(-1.0), 1e-6);
    assert_close(sums[0], exp(-3.0) + 2 + exp(-1.0), 1e-6);
    about("online_attention_finish, bank, into the values themselves");
    online_attention_finish(&state, sums);
    assert_close(sums[0], (exp(-3.0) + 2 + exp(-1.0)) / (4 * exp(-3.0) + 1 + exp(-1.0)), 1e-6);
}
END_TEST

START_TEST(the_greatest_score_so_far_stays_when_smaller_ones_come)
{
    const float scores[] = {3, 1};
    float v[] = {10, 20}, sum;
    OnlineAttention state = online_attention_start(&sum, 1);
    about("online_attention_add, a score of 3 and then one of 1, each a block of its own");
    online_attention_add(&state, scores, matrix_view(v, 1, 1));
    online_attention_add(&state, scores + 1, matrix_view(v + 1, 1, 1));
    assert_close(state.maximum, 3.0, 0.0);
    assert_close(state.sum, 1 + exp(-2.0), 1e-6);
    assert_close(sum, 10 + 20 * exp(-2.0), 1e-5);
}
END_TEST

START_TEST(a_blocked_value_is_not_looked_at)
{
    const float scores[] = {-INFINITY, 1, -INFINITY};
    float v[] = {NAN, 5, INFINITY}, sum;
    OnlineAttention state = online_attention_start(&sum, 1);
    about(
        "online_attention_add, scores -inf 1 -inf, values nan 5 inf: a key whose score is -inf is "
        "passed over, for 0 times nan is nan");
    online_attention_add(&state, scores, matrix_view(v, 3, 1));
    online_attention_add(&state, scores, matrix_view(v, 1, 1));
    online_attention_finish(&state, &sum);
    assert_close(sum, 5.0, 1e-6);
}
END_TEST

START_TEST(who_sees_nothing_gets_zeros)
{
    const float scores[] = {-INFINITY, -INFINITY};
    float v[] = {1, 2}, sum, out = UNWRITTEN;
    OnlineAttention state = online_attention_start(&sum, 1);
    online_attention_add(&state, scores, matrix_view(v, 2, 1));
    about("online_attention_finish, every key blocked: zeros, also where out is not state->values");
    online_attention_finish(&state, &out);
    assert_close(out, 0.0, 0.0);
    online_attention_finish(&state, &sum);
    assert_close(sum, 0.0, 0.0);
}
END_TEST

START_TEST(finishing_leaves_what_is_known)
{
    const float scores[] = {0, 0};
    float v[] = {3, 5}, sum, out = UNWRITTEN;
    OnlineAttention state = online_attention_start(&sum, 1);
    online_attention_add(&state, scores, matrix_view(v, 2, 1));
    about("online_attention_finish, out is not state->values: more keys may come, so it divides "
          "into out and leaves the values");
    online_attention_finish(&state, &out);
    assert_close(out, 4.0, 1e-6);
    assert_close(sum, 8.0, 1e-6);
}
END_TEST

START_TEST(a_score_that_is_no_number_makes_the_result_none)
{
    const float strange[] = {NAN, INFINITY};
    for (size_t i = 0; i < 2; i++) {
        const float scores[] = {1, strange[i], 2};
        float v[] = {1, 2, 3}, sum;
        OnlineAttention state = online_attention_start(&sum, 1);
        for (size_t j = 0; j < 3; j++)
            online_attention_add(&state, scores + j, matrix_view(v + j, 1, 1));
        about("the scores 1 %g 2, a block for each: the sum is nan then, and nan is not 0",
              (double)strange[i]);
        online_attention_finish(&state, &sum);
        assert_close(sum, NAN, 0.0);
    }
}
END_TEST

START_TEST(a_nan_among_blocked_scores_is_not_taken_for_a_blocked_one)
{
    const float blocks[][2] = {{NAN, -INFINITY}, {-INFINITY, NAN}, {NAN, NAN}};
    for (size_t i = 0; i < 3; i++) {
        float v[] = {1, 2}, sum;
        OnlineAttention state = online_attention_start(&sum, 1);
        about("a block of the scores %g %g: nothing is greater than a nan, so does the search for "
              "the greatest take a nan when it meets one, and keep it?",
              (double)blocks[i][0], (double)blocks[i][1]);
        online_attention_add(&state, blocks[i], matrix_view(v, 2, 1));
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
        about("visible_keys, causal = %d, past = %zu%s, padding = %zu, first = %zu, queries = %zu, "
              "keys = %zu",
              mask.causal, mask.past,
              mask.past == SIZE_MAX
                  ? " (the largest size_t: adding to it wraps; compare differences)"
                  : "",
              mask.padding, first, queries, keys);
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
        about("blockwise_attention, q %zux%zu, k %zux%zu, v %zux%zu, blocks of %zu, %s, in views, "
              "whose rows lie further apart than they are long (stride)",
              t_q, d_k, t_k, d_k, t_k, d_v, block,
              i % 3 == 0    ? "no mask"
              : used.causal ? "a causal mask, padding, mask and bias"
                            : "padding, mask and bias");
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

/* The rows before `rows` are the same whether the key and its value are numbers or not. */
static void expect_no_influence(AttentionMask mask, size_t key, size_t rows)
{
    Random random = {1023};
    Matrix q = random_matrix(&random, 3, 2, 1.0), k = random_matrix(&random, 4, 2, 1.0);
    Matrix v = random_matrix(&random, 4, 3, 1.0);
    Matrix expected = new_matrix(3, 3), out = new_matrix(3, 3);
    assert_ok(blockwise_attention(q, k, v, 0.5f, &mask, 3, expected));
    for (size_t c = 0; c < 2; c++)
        matrix_row(k, key)[c] = matrix_row(v, key)[c] = NAN;
    assert_ok(blockwise_attention(q, k, v, 0.5f, &mask, 3, out));
    expected.rows = out.rows = rows;
    assert_matrix_close(out, expected, 1e-6);
    matrix_free(&expected);
    matrix_free(&out);
    random_matrix_free(q);
    random_matrix_free(k);
    random_matrix_free(v);
}

START_TEST(a_nan_in_a_blocked_key_stays_there)
{
    static const char WHY[] = "its score is minus infinity, not a sum with it";
    float ones[12], zeros[12];
    fill(matrix_view(ones, 3, 4), 1.0f);
    fill(matrix_view(zeros, 3, 4), 0.0f);
    for (size_t i = 0; i < 3; i++) {
        ones[i * 4 + 1] = 0.0f;
        zeros[i * 4 + 1] = -INFINITY;
    }
    about("blockwise_attention, a nan in key 2 and its value, and queries 0 and 1, which causality "
          "keeps from it: %s",
          WHY);
    expect_no_influence((AttentionMask){.causal = true}, 2, 2);
    about("blockwise_attention, a nan in key 3 and its value, which are padding: %s", WHY);
    expect_no_influence((AttentionMask){.padding = 1}, 3, 3);
    about("blockwise_attention, a nan in key 1 and its value, which the mask blocks: %s", WHY);
    expect_no_influence((AttentionMask){.allowed = matrix_view(ones, 3, 4)}, 1, 3);
    about("blockwise_attention, a nan in key 1 and its value, which a bias of -inf blocks: %s",
          WHY);
    expect_no_influence((AttentionMask){.bias = matrix_view(zeros, 3, 4)}, 1, 3);
}
END_TEST

START_TEST(keys_that_no_query_of_a_block_sees_are_not_looked_at)
{
    /* 0 times infinity sets a flag of the processor, whoever computes it. */
    float queries[8] = {0, 1, 0, 2, 0, 3, 0, 4}, keys[16], values[8] = {0}, results[4];
    for (size_t i = 0; i < 16; i++)
        keys[i] = i < 8 ? 1.0f : INFINITY;
    Matrix q = matrix_view(queries, 4, 2), k = matrix_view(keys, 8, 2);
    const AttentionMask masks[] = {{.causal = true}, {.padding = 4}};
    for (size_t i = 0; i < 2; i++) {
        feclearexcept(FE_INVALID);
        assert_ok(blockwise_attention(q, k, matrix_view(values, 8, 1), 1.0f, &masks[i], 2,
                                      matrix_view(results, 4, 1)));
        if (fetestexcept(FE_INVALID))
            fail_at(__FILE__, __LINE__,
                    "blockwise_attention computed scores of keys 4 to 7, which %s blocks for every "
                    "query: go no further than visible_keys() says",
                    i == 0 ? "causality" : "padding");
    }
}
END_TEST

START_TEST(blockwise_attention_asks_for_no_room_that_grows_as_the_weights)
{
    enum { TOKENS = 256, BLOCK = 4 };
    Matrix x = new_matrix(TOKENS, 2), out = new_matrix(TOKENS, 2);
    size_t weights = (size_t)TOKENS * TOKENS * sizeof(float);
    memory_fail_at(0);
    assert_ok(blockwise_attention(x, x, x, 1.0f, &NO_MASK, BLOCK, out));
    if (memory_asked() > weights / 4)
        fail_at(
            __FILE__, __LINE__,
            "blockwise_attention asked for %zu bytes, with %d tokens in blocks of %d; all weights "
            "would be %zu: keep the scores of one block, and use that room again",
            memory_asked(), TOKENS, BLOCK, weights);
    matrix_free(&x);
    matrix_free(&out);
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
    about("q 2x3, k 3x2: attention_expect_shapes() refuses it");
    assert_fails(blockwise_attention(q, v, v, 1.0f, &NO_MASK, 2, out), STATUS_SHAPE,
                 "blockwise_attention: ");
    about("a mask that holds 0.5: mask_expect() refuses it");
    assert_fails(blockwise_attention(q, k, v, 1.0f, &half, 2, out), STATUS_VALUE,
                 "the mask holds 0.5 at row 0, column 0");
    about("2 queries, 3 keys and a mask of 2x2: mask_expect() refuses it");
    assert_fails(blockwise_attention(q, k, v, 1.0f, &small, 2, out), STATUS_SHAPE, "mask is 2x2");
    about("2 queries, 3 keys and a bias of 3x2: mask_expect() refuses it");
    assert_fails(blockwise_attention(q, k, v, 1.0f, &bias, 2, out), STATUS_SHAPE, "bias is 3x2");
    about("3 keys, of which 4 are padding: mask_expect() refuses it");
    assert_fails(blockwise_attention(q, k, v, 1.0f, &padding, 2, out), STATUS_VALUE,
                 "4 keys of padding, but there are only 3 keys");
    about("blocks of 0");
    assert_fails(blockwise_attention(q, k, v, 1.0f, &NO_MASK, 0, out), STATUS_VALUE,
                 "a block has at least one query and key");
    assert_all(out, UNWRITTEN);
}
END_TEST

START_TEST(a_layer_may_have_a_bias_for_each_head)
{
    float zeros[24] = {0};
    AttentionMask mask = {.bias = matrix_view(zeros, 6, 4)};
    assert_ok(mask_expect("test", &mask, 2, 3, 4));
    assert_ok(mask_expect("test", &mask, 1, 6, 4));
    assert_fails(mask_expect("test", &mask, 3, 3, 4), STATUS_SHAPE, "test: bias is 6x4");
}
END_TEST

START_TEST(without_memory_nothing_is_written)
{
    float zeros[6] = {0}, out_data[6];
    Matrix x = matrix_view(zeros, 3, 2), out = matrix_view(out_data, 3, 2);
    size_t failures = 0;
    for (;; failures++) {
        fill(out, UNWRITTEN);
        memory_fail_at(failures + 1);
        about("blockwise_attention when its allocation number %zu is refused", failures + 1);
        Status status = blockwise_attention(x, x, x, 1.0f, &NO_MASK, 2, out);
        if (!memory_has_failed())
            break;
        check_status(__FILE__, __LINE__, "blockwise_attention(x, x, x, 1.0f, &NO_MASK, 2, out)",
                     status, STATUS_NO_MEMORY, "out of memory");
        assert_all(out, UNWRITTEN);
    }
    memory_fail_at(0);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("10 fast attention");
    add_test(suite, a_product_by_rows_is_the_product);
    add_test(suite, a_product_by_rows_lets_a_nan_through);
    add_test(suite, the_state_begins_below_every_score);
    add_test(suite, bank_takes_its_keys_two_at_a_time);
    add_test(suite, the_greatest_score_so_far_stays_when_smaller_ones_come);
    add_test(suite, a_blocked_value_is_not_looked_at);
    add_test(suite, who_sees_nothing_gets_zeros);
    add_test(suite, finishing_leaves_what_is_known);
    add_test(suite, a_score_that_is_no_number_makes_the_result_none);
    add_test(suite, a_nan_among_blocked_scores_is_not_taken_for_a_blocked_one);
    add_test(suite, visible_keys_are_those_that_some_query_may_see);
    add_test(suite, blockwise_attention_agrees_with_chapter_7);
    add_test(suite, a_nan_in_a_blocked_key_stays_there);
    add_test(suite, keys_that_no_query_of_a_block_sees_are_not_looked_at);
    add_test(suite, blockwise_attention_asks_for_no_room_that_grows_as_the_weights);
    add_test(suite, blockwise_attention_refuses_what_does_not_fit_and_writes_nothing);
    add_test(suite, a_layer_may_have_a_bias_for_each_head);
    add_test(suite, without_memory_nothing_is_written);
    return suite;
}
