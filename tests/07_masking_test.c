/* Chapter 7: who may attend to whom, and that nothing else gets through. */
#include "masking.h"

#include "assert.h"
#include "dot_products.h"
#include "example.h"
#include "frail_memory.h"
#include "matrices.h"
#include "oracle.h"
#include "positional_encoding.h"
#include "self_attention.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* --- Helpers --------------------------------------------------------------------------------- */

/* The first rows of a matrix. */
static Matrix top(Matrix matrix, size_t rows)
{
    Matrix view;
    assert_ok(matrix_rows(matrix, 0, rows, &view));
    return view;
}

/* The last rows of a matrix. */
static Matrix bottom(Matrix matrix, size_t rows)
{
    Matrix view;
    assert_ok(matrix_rows(matrix, matrix.rows - rows, rows, &view));
    return view;
}

/* Ones with the probability of one in `one_in`, else zeros; or the other way round. */
static void random_mask(Random *random, Matrix allowed)
{
    float usual = (float)random_between(random, 0, 1);
    for (size_t r = 0; r < allowed.rows; r++)
        for (size_t c = 0; c < allowed.cols; c++)
            matrix_row(allowed, r)[c] = random_between(random, 0, 3) == 0 ? 1.0f - usual : usual;
}

/* --- Masks as tables ---------------------------------------------------------------------------
 */

/* The table of a mask, as text: "100/110". */
static void expect_table(AttentionMask mask, size_t queries, size_t keys, const char *expected)
{
    float data[64];
    char text[80] = "";
    size_t used = 0;
    Matrix table = matrix_view(data, queries, keys);
    assert_ok(mask_table(&mask, table));
    for (size_t i = 0; i < queries; i++) {
        for (size_t j = 0; j < keys; j++) {
            ck_assert(matrix_row(table, i)[j] == 0.0f || matrix_row(table, i)[j] == 1.0f);
            text[used++] = matrix_row(table, i)[j] == 1.0f ? '1' : '0';
            ck_assert(may_attend(&mask, i, j, keys) == (matrix_row(table, i)[j] == 1.0f));
        }
        text[used++] = '/';
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(no_mask_blocks_nothing)
{
    expect_table(NO_MASK, 2, 3, "111/111/");
}
END_TEST

START_TEST(a_causal_query_sees_itself_and_what_came_before)
{
    expect_table((AttentionMask){.causal = true}, 3, 3, "100/110/111/");
}
END_TEST

START_TEST(a_causal_mask_of_unequal_lengths_begins_top_left)
{
    expect_table((AttentionMask){.causal = true}, 2, 5, "10000/11000/");
    expect_table((AttentionMask){.causal = true}, 5, 2, "10/11/11/11/11/");
}
END_TEST

START_TEST(past_keys_move_the_causal_mask_to_the_right)
{
    expect_table((AttentionMask){.causal = true, .past = 3}, 2, 5, "11110/11111/");
    expect_table((AttentionMask){.causal = true, .past = 1}, 3, 5, "11000/11100/11110/");
    expect_table((AttentionMask){.causal = true, .past = 9}, 2, 3, "111/111/");
    expect_table((AttentionMask){.causal = true, .past = SIZE_MAX}, 2, 3, "111/111/");
}
END_TEST

START_TEST(past_keys_mean_nothing_without_causality)
{
    expect_table((AttentionMask){.past = 1}, 2, 4, "1111/1111/");
}
END_TEST

START_TEST(padding_blocks_the_last_keys_of_every_query)
{
    expect_table((AttentionMask){.padding = 2}, 3, 5, "11100/11100/11100/");
    expect_table((AttentionMask){.padding = 3}, 2, 3, "000/000/");
}
END_TEST

START_TEST(ones_may_attend_and_zeros_are_blocked)
{
    float ones[] = {1, 0, 1, 1, 1, 0};
    expect_table((AttentionMask){.allowed = matrix_view(ones, 2, 3)}, 2, 3, "101/110/");
}
END_TEST

START_TEST(only_minus_infinity_in_a_bias_blocks)
{
    float bias[] = {-1e30f, -INFINITY, 0, NAN, INFINITY, -INFINITY};
    expect_table((AttentionMask){.bias = matrix_view(bias, 2, 3)}, 2, 3, "101/110/");
}
END_TEST

START_TEST(whatever_blocks_blocks)
{
    float ones[] = {1, 1, 1, 1, 1, /**/ 1, 0, 1, 1, 1, /**/ 1, 1, 1, 1, 1};
    float bias[] = {0, 0, 0, 0, 0, /**/ 0, 0, 0, 0, 0, /**/ -INFINITY, 0, 0, 0, 0};
    expect_table((AttentionMask){.causal = true, .padding = 2}, 4, 5, "10000/11000/11100/11100/");
    expect_table((AttentionMask){.causal = true,
                                 .past = 1,
                                 .padding = 1,
                                 .allowed = matrix_view(ones, 3, 5),
                                 .bias = matrix_view(bias, 3, 5)},
                 3, 5, "11000/10100/01110/");
}
END_TEST

START_TEST(masks_may_be_views)
{
    float wide[2 * 4] = {9, 1, 0, 9, 9, 0, 1, 9}, bias[2 * 3] = {0, 0, 7, -INFINITY, 0, 7};
    Matrix allowed, added;
    assert_ok(matrix_columns(matrix_view(wide, 2, 4), 1, 2, &allowed));
    assert_ok(matrix_columns(matrix_view(bias, 2, 3), 0, 2, &added));
    expect_table((AttentionMask){.allowed = allowed, .bias = added}, 2, 2, "10/01/");
}
END_TEST

static const struct {
    size_t rows, cols;
    float value;
    bool is_bias;
    size_t padding;
    Status status;
    const char *message;
} BAD_MASKS[] = {
    {2, 4, 1.0f, false, 0, STATUS_SHAPE, "mask is 2x4, expected 2x3 (T_q x T_k)"},
    {3, 2, 1.0f, false, 0, STATUS_SHAPE, "mask is 3x2, expected 2x3 (T_q x T_k)"},
    {2, 3, 0.5f, false, 0, STATUS_VALUE,
     "the mask holds 0.5 at row 1, column 2, expected 1 (may attend) or 0 (blocked)"},
    {2, 3, -1.0f, false, 0, STATUS_VALUE, "the mask holds -1 at row 1, column 2"},
    {2, 3, NAN, false, 0, STATUS_VALUE, "the mask holds nan at row 1, column 2"},
    {2, 3, -INFINITY, false, 0, STATUS_VALUE, "the mask holds -inf at row 1, column 2"},
    {3, 3, 0.0f, true, 0, STATUS_SHAPE, "bias is 3x3, expected 2x3 (T_q x T_k)"},
    {2, 2, 0.0f, true, 0, STATUS_SHAPE, "bias is 2x2, expected 2x3 (T_q x T_k)"},
    {2, 3, 1.0f, false, 4, STATUS_VALUE, "4 keys of padding, but there are only 3 keys"},
};

/* A mask of 2 queries and 3 keys that is wrong in one way. */
static AttentionMask bad_mask(int which, float data[9])
{
    Matrix table = matrix_view(data, BAD_MASKS[which].rows, BAD_MASKS[which].cols);
    fill(table, 1.0f);
    data[table.rows * table.cols - 1] = BAD_MASKS[which].value;
    if (BAD_MASKS[which].is_bias)
        return (AttentionMask){.bias = table, .padding = BAD_MASKS[which].padding};
    return (AttentionMask){.allowed = table, .padding = BAD_MASKS[which].padding};
}

START_TEST(mask_table_refuses_what_is_no_mask_and_writes_nothing)
{
    float data[9], out[6];
    AttentionMask mask = bad_mask(_i, data);
    Matrix table = matrix_view(out, 2, 3);
    fill(table, UNWRITTEN);
    assert_fails(mask_table(&mask, table), BAD_MASKS[_i].status, BAD_MASKS[_i].message);
    assert_fails(mask_table(&mask, table), BAD_MASKS[_i].status, "mask_table: ");
    assert_all(table, UNWRITTEN);
}
END_TEST

START_TEST(a_table_of_nothing_is_nothing)
{
    float data[] = {UNWRITTEN};
    AttentionMask mask = {.causal = true};
    assert_ok(mask_table(&mask, matrix_view(data, 0, 3)));
    assert_ok(mask_table(&mask, matrix_view(data, 3, 0)));
    ck_assert_float_eq(data[0], UNWRITTEN);
}
END_TEST

/* --- Attention: queries, keys and values to play with ------------------------------------------
 */

typedef struct Trial {
    Matrix q, k, v, weights, out;
    float scale;
} Trial;

static Trial new_trial(Random *random, size_t t_q, size_t t_k, size_t d_k, size_t d_v)
{
    Trial trial = {.q = random_matrix(random, t_q, d_k, 1.5),
                   .k = random_matrix(random, t_k, d_k, 1.5),
                   .v = random_matrix(random, t_k, d_v, 1.0),
                   .weights = random_matrix(random, t_q, t_k, 1.0),
                   .out = random_matrix(random, t_q, d_v, 1.0),
                   .scale = attention_scale(d_k)};
    return trial;
}

static Trial random_trial(Random *random)
{
    size_t t_q = random_between(random, 1, 8), t_k = random_between(random, 1, 9);
    return new_trial(random, t_q, t_k, random_between(random, 1, 6), random_between(random, 1, 5));
}

static void trial_free(Trial *trial)
{
    Matrix all[] = {trial->q, trial->k, trial->v, trial->weights, trial->out};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        random_matrix_free(all[i]);
}

static Status attend(const Trial *trial, AttentionMask mask)
{
    return masked_attention(trial->q, trial->k, trial->v, trial->scale, &mask, trial->weights,
                            trial->out);
}

START_TEST(without_a_mask_it_is_chapter_3_to_the_bit)
{
    Random random = {701};
    for (size_t i = 0; i < random_cases(); i++) {
        Trial trial = random_trial(&random);
        Matrix weights = new_matrix(trial.q.rows, trial.k.rows);
        Matrix out = new_matrix(trial.q.rows, trial.v.cols);
        assert_ok(attend(&trial, NO_MASK));
        assert_ok(
            scaled_dot_product_attention(trial.q, trial.k, trial.v, trial.scale, weights, out));
        assert_matrix_equal(trial.weights, weights);
        assert_matrix_equal(trial.out, out);
        matrix_free(&weights);
        matrix_free(&out);
        trial_free(&trial);
    }
}
END_TEST

/* With queries of zeros all scores are equal, so the weights tell who is seen, and nothing else. */
START_TEST(the_weights_of_what_is_seen_sum_to_one)
{
    Random random = {702};
    Trial trial = new_trial(&random, 4, 6, 3, 2);
    fill(trial.q, 0.0f);
    assert_ok(attend(&trial, (AttentionMask){.causal = true, .padding = 3}));
    static const float expected[4][6] = {{1, 0, 0, 0, 0, 0},
                                         {1.0f / 2, 1.0f / 2, 0, 0, 0, 0},
                                         {1.0f / 3, 1.0f / 3, 1.0f / 3, 0, 0, 0},
                                         {1.0f / 3, 1.0f / 3, 1.0f / 3, 0, 0, 0}};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 6; j++)
            ck_assert_msg(matrix_row(trial.weights, i)[j] == expected[i][j],
                          "weight (%zu, %zu) is %g, expected %g: is the mask applied before the "
                          "softmax, 1 for who may attend, and on the keys?",
                          i, j, (double)matrix_row(trial.weights, i)[j], (double)expected[i][j]);
    trial_free(&trial);
}
END_TEST

START_TEST(a_row_with_nothing_to_attend_to_is_zeros)
{
    Random random = {703};
    Trial trial = new_trial(&random, 3, 4, 2, 5);
    float ones[] = {1, 1, 1, 1, /**/ 0, 0, 0, 0, /**/ 0, 1, 0, 0};
    assert_ok(attend(&trial, (AttentionMask){.allowed = matrix_view(ones, 3, 4)}));
    for (size_t j = 0; j < 4; j++)
        ck_assert_float_eq(matrix_row(trial.weights, 1)[j], 0.0f);
    for (size_t c = 0; c < 5; c++) {
        ck_assert_float_eq(matrix_row(trial.out, 1)[c], 0.0f);
        /* the third query sees one key, and gets its value */
        ck_assert_float_eq(matrix_row(trial.out, 2)[c], matrix_row(trial.v, 1)[c]);
    }
    assert_ok(attend(&trial, (AttentionMask){.padding = 4}));
    assert_all(trial.weights, 0.0f);
    assert_all(trial.out, 0.0f);
    trial_free(&trial);
}
END_TEST

START_TEST(what_is_blocked_is_not_read)
{
    static const float BAD[] = {NAN, INFINITY, -INFINITY};
    Random random = {704};
    Trial trial = new_trial(&random, 3, 5, 2, 4);
    Matrix weights = new_matrix(3, 5), out = new_matrix(3, 4);
    AttentionMask mask = {.padding = 2};
    assert_ok(attend(&trial, mask));
    assert_ok(matrix_copy(trial.weights, weights));
    assert_ok(matrix_copy(trial.out, out));
    for (size_t i = 0; i < 3; i++) {
        fill(bottom(trial.k, 2), BAD[i]);
        fill(bottom(trial.v, 2), BAD[(i + 1) % 3]);
        assert_ok(attend(&trial, mask));
        assert_matrix_equal(trial.weights, weights);
        assert_matrix_equal(trial.out, out);
    }
    matrix_free(&weights);
    matrix_free(&out);
    trial_free(&trial);
}
END_TEST

START_TEST(what_is_seen_and_no_number_makes_the_row_no_number)
{
    Random random = {705};
    Trial trial = new_trial(&random, 3, 3, 2, 4);
    matrix_row(trial.k, 1)[0] = NAN;
    assert_ok(attend(&trial, (AttentionMask){.causal = true}));
    ck_assert_float_eq(matrix_row(trial.weights, 0)[0], 1.0f);
    for (size_t c = 0; c < 4; c++) {
        ck_assert_float_eq(matrix_row(trial.out, 0)[c], matrix_row(trial.v, 0)[c]);
        ck_assert_float_nan(matrix_row(trial.out, 1)[c]);
        ck_assert_float_nan(matrix_row(trial.out, 2)[c]);
    }
    trial_free(&trial);
}
END_TEST

START_TEST(a_bad_query_spoils_only_its_own_row)
{
    Random random = {706};
    Trial trial = new_trial(&random, 3, 4, 2, 1);
    Matrix out = new_matrix(3, 1);
    assert_ok(attend(&trial, (AttentionMask){.padding = 1}));
    assert_ok(matrix_copy(trial.out, out));
    matrix_row(trial.q, 1)[1] = NAN;
    assert_ok(attend(&trial, (AttentionMask){.padding = 1}));
    ck_assert_float_eq(matrix_row(trial.out, 0)[0], matrix_row(out, 0)[0]);
    ck_assert_float_nan(matrix_row(trial.out, 1)[0]);
    ck_assert_float_eq(matrix_row(trial.out, 2)[0], matrix_row(out, 2)[0]);
    ck_assert_float_nan(matrix_row(trial.weights, 1)[2]);
    ck_assert_float_eq(matrix_row(trial.weights, 1)[3], 0.0f);
    matrix_free(&out);
    trial_free(&trial);
}
END_TEST

START_TEST(a_bias_is_added_to_the_scaled_scores)
{
    float q[] = {2, 0}, k[] = {3, 0, 1, 0}, v[] = {10, 20}, bias[] = {0, 1}, weights[2], out[1];
    AttentionMask mask = {.bias = matrix_view(bias, 1, 2)};
    /* Scores 6 and 2 times 1/4, and then plus 0 and plus 1: 1.5 and 1.5. */
    assert_ok(masked_attention(matrix_view(q, 1, 2), matrix_view(k, 2, 2), matrix_view(v, 2, 1),
                               0.25f, &mask, matrix_view(weights, 1, 2), matrix_view(out, 1, 1)));
    assert_close(weights[0], 0.5, 1e-6);
    assert_close(out[0], 15.0, 1e-6);
}
END_TEST

START_TEST(minus_infinity_in_a_bias_is_a_mask_to_the_bit)
{
    Random random = {707};
    for (size_t i = 0; i < random_cases(); i++) {
        Trial trial = random_trial(&random);
        size_t t_q = trial.q.rows, t_k = trial.k.rows;
        Matrix allowed = random_matrix(&random, t_q, t_k, 1.0), bias = new_matrix(t_q, t_k);
        Matrix weights = new_matrix(t_q, t_k), out = new_matrix(t_q, trial.v.cols);
        random_mask(&random, allowed);
        for (size_t r = 0; r < t_q; r++)
            for (size_t c = 0; c < t_k; c++)
                matrix_row(bias, r)[c] = matrix_row(allowed, r)[c] == 0.0f ? -INFINITY : 0.0f;
        assert_ok(attend(&trial, (AttentionMask){.allowed = allowed}));
        assert_ok(matrix_copy(trial.weights, weights));
        assert_ok(matrix_copy(trial.out, out));
        assert_ok(attend(&trial, (AttentionMask){.bias = bias}));
        assert_matrix_equal(trial.weights, weights);
        assert_matrix_equal(trial.out, out);
        random_matrix_free(allowed);
        matrix_free(&bias);
        matrix_free(&weights);
        matrix_free(&out);
        trial_free(&trial);
    }
}
END_TEST

START_TEST(padded_keys_give_what_the_shorter_sequence_gives_to_the_bit)
{
    Random random = {708};
    for (size_t i = 0; i < random_cases(); i++) {
        Trial trial = random_trial(&random);
        size_t padding = random_between(&random, 0, trial.k.rows), keys = trial.k.rows - padding;
        Matrix weights = new_matrix(trial.q.rows, keys), seen;
        Matrix out = new_matrix(trial.q.rows, trial.v.cols);
        fill(bottom(trial.v, padding), NAN);
        assert_ok(attend(&trial, (AttentionMask){.padding = padding}));
        assert_ok(masked_attention(trial.q, top(trial.k, keys), top(trial.v, keys), trial.scale,
                                   &NO_MASK, weights, out));
        assert_ok(matrix_columns(trial.weights, 0, keys, &seen));
        assert_matrix_equal(seen, weights);
        assert_matrix_equal(trial.out, out);
        matrix_free(&weights);
        matrix_free(&out);
        trial_free(&trial);
    }
}
END_TEST

/* --- The future does not leak ------------------------------------------------------------------
 */

START_TEST(a_later_key_changes_nothing_before_it_to_the_bit)
{
    static const float LATER[] = {NAN, INFINITY, -INFINITY, 1e30f, 0.0f};
    Random random = {709};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t count = random_between(&random, 2, 9),
               changed = random_between(&random, 1, count - 1);
        Trial trial = new_trial(&random, count, count, random_between(&random, 1, 5), 3);
        Matrix before = new_matrix(count, 3);
        assert_ok(attend(&trial, (AttentionMask){.causal = true}));
        assert_ok(matrix_copy(trial.out, before));
        fill(bottom(trial.k, count - changed), LATER[i % 5]);
        fill(bottom(trial.v, count - changed), LATER[i % 4]);
        assert_ok(attend(&trial, (AttentionMask){.causal = true}));
        assert_matrix_equal(top(trial.out, changed), top(before, changed));
        matrix_free(&before);
        trial_free(&trial);
    }
}
END_TEST

START_TEST(the_last_queries_with_their_past_give_the_last_rows_to_the_bit)
{
    Random random = {710};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t count = random_between(&random, 1, 9), last = random_between(&random, 1, count);
        Trial trial = new_trial(&random, count, count, random_between(&random, 1, 5), 3);
        Matrix weights = new_matrix(last, count), out = new_matrix(last, 3);
        AttentionMask mask = {.causal = true, .past = count - last};
        assert_ok(attend(&trial, (AttentionMask){.causal = true}));
        assert_ok(masked_attention(bottom(trial.q, last), trial.k, trial.v, trial.scale, &mask,
                                   weights, out));
        assert_matrix_equal(weights, bottom(trial.weights, last));
        assert_matrix_equal(out, bottom(trial.out, last));
        matrix_free(&weights);
        matrix_free(&out);
        trial_free(&trial);
    }
}
END_TEST

/* --- Shapes, and agreement with the oracle -----------------------------------------------------
 */

static const struct {
    size_t q[2], k[2], v[2], weights[2], out[2];
    const char *message;
} MISFITS[] = {
    {{2, 4}, {3, 5}, {3, 6}, {2, 3}, {2, 6}, "q is 2x4 and k is 3x5"},
    {{2, 0}, {3, 0}, {3, 6}, {2, 3}, {2, 6}, "d_k must be 1 or more"},
    {{2, 4}, {3, 4}, {5, 6}, {2, 3}, {2, 6}, "k is 3x4 and v is 5x6"},
    {{2, 4}, {3, 4}, {3, 6}, {3, 2}, {2, 6}, "weights is 3x2, expected 2x3 (T_q x T_k)"},
    {{2, 4}, {3, 4}, {3, 6}, {2, 3}, {2, 4}, "out is 2x4, expected 2x6 (T_q x d_v)"},
};

START_TEST(masked_attention_refuses_what_does_not_fit_and_writes_nothing)
{
    float zeros[40] = {0}, weights_data[40], out_data[40];
    Matrix weights = matrix_view(weights_data, MISFITS[_i].weights[0], MISFITS[_i].weights[1]);
    Matrix out = matrix_view(out_data, MISFITS[_i].out[0], MISFITS[_i].out[1]);
    fill(weights, UNWRITTEN);
    fill(out, UNWRITTEN);
    assert_fails(masked_attention(matrix_view(zeros, MISFITS[_i].q[0], MISFITS[_i].q[1]),
                                  matrix_view(zeros, MISFITS[_i].k[0], MISFITS[_i].k[1]),
                                  matrix_view(zeros, MISFITS[_i].v[0], MISFITS[_i].v[1]), 0.5f,
                                  &NO_MASK, weights, out),
                 STATUS_SHAPE, MISFITS[_i].message);
    assert_all(weights, UNWRITTEN);
    assert_all(out, UNWRITTEN);
}
END_TEST

START_TEST(masked_attention_refuses_what_is_no_mask_and_writes_nothing)
{
    float data[9];
    AttentionMask mask = bad_mask(_i, data);
    Random random = {711};
    Trial trial = new_trial(&random, 2, 3, 4, 5);
    fill(trial.weights, UNWRITTEN);
    fill(trial.out, UNWRITTEN);
    assert_fails(attend(&trial, mask), BAD_MASKS[_i].status, BAD_MASKS[_i].message);
    assert_fails(attend(&trial, mask), BAD_MASKS[_i].status, "masked_attention: ");
    assert_all(trial.weights, UNWRITTEN);
    assert_all(trial.out, UNWRITTEN);
    trial_free(&trial);
}
END_TEST

START_TEST(no_queries_no_keys_and_no_values_are_fine)
{
    float zeros[12] = {0}, out[12];
    AttentionMask mask = {.causal = true};
    fill(matrix_view(out, 1, 12), UNWRITTEN);
    assert_ok(masked_attention(matrix_view(zeros, 0, 2), matrix_view(zeros, 3, 2),
                               matrix_view(zeros, 3, 4), 1.0f, &mask, matrix_view(out, 0, 3),
                               matrix_view(out, 0, 4)));
    assert_ok(masked_attention(matrix_view(zeros, 3, 2), matrix_view(zeros, 2, 2),
                               matrix_view(zeros, 2, 0), 1.0f, &mask, matrix_view(out + 6, 3, 2),
                               matrix_view(out, 3, 0)));
    assert_all(matrix_view(out, 1, 6), UNWRITTEN);
    assert_ok(masked_attention(matrix_view(zeros, 3, 2), matrix_view(zeros, 0, 2),
                               matrix_view(zeros, 0, 4), 1.0f, &mask, matrix_view(out, 3, 0),
                               matrix_view(out, 3, 4)));
    assert_all(matrix_view(out, 3, 4), 0.0f);
}
END_TEST

/* A random mask of every kind, with the table of what it allows. */
typedef struct RandomMask {
    AttentionMask mask;
    Table allowed; /* T_q x T_k */
    Table bias;    /* T_q x T_k, or all heads' one below the other */
} RandomMask;

static RandomMask new_random_mask(Random *random, size_t t_q, size_t t_k, size_t heads)
{
    RandomMask result = {.mask = {.causal = random_between(random, 0, 1) == 1,
                                  .past = random_between(random, 0, 3),
                                  .padding = random_between(random, 0, 2) * t_k / 4}};
    size_t tables = random_between(random, 0, 1) == 0 ? 1 : heads;
    if (random_between(random, 0, 1) == 1) {
        result.mask.allowed = random_matrix(random, t_q, t_k, 1.0);
        random_mask(random, result.mask.allowed);
    }
    if (random_between(random, 0, 1) == 1)
        result.mask.bias = random_matrix(random, tables * t_q, t_k, 2.0);
    result.allowed = table_create(t_q, t_k);
    for (size_t i = 0; i < t_q; i++)
        for (size_t j = 0; j < t_k; j++) {
            bool seen = !result.mask.causal || j <= i + result.mask.past;
            seen = seen && j + result.mask.padding < t_k;
            if (result.mask.allowed.data != NULL)
                seen = seen && matrix_row(result.mask.allowed, i)[j] == 1.0f;
            result.allowed.data[i * t_k + j] = seen ? 1.0 : 0.0;
        }
    result.bias = table_of(result.mask.bias);
    return result;
}

static void random_mask_free(RandomMask *random)
{
    if (random->mask.allowed.data != NULL)
        random_matrix_free(random->mask.allowed);
    if (random->mask.bias.data != NULL)
        random_matrix_free(random->mask.bias);
    table_free(2, random->allowed, random->bias);
}

/* The part of the bias for one head, as a table that stays the mask's; NULL when there is none. */
static const Table *bias_of(const RandomMask *random, size_t head, size_t t_q, Table *part)
{
    if (random->mask.bias.data == NULL)
        return NULL;
    *part = random->bias;
    part->rows = t_q;
    if (random->bias.rows != t_q)
        part->data += head * t_q * part->cols;
    return part;
}

START_TEST(masked_attention_agrees_with_the_oracle)
{
    Random random = {712};
    for (size_t i = 0; i < random_cases(); i++) {
        Trial trial = random_trial(&random);
        for (size_t r = 0; r < trial.v.rows; r++)
            for (size_t c = 0; c < trial.v.cols; c++)
                matrix_row(trial.v, r)[c] *= i % 2 == 0 ? 1.0f : 1e3f;
        RandomMask mask = new_random_mask(&random, trial.q.rows, trial.k.rows, 1);
        Table q = table_of(trial.q), k = table_of(trial.k), v = table_of(trial.v), part;
        Table weights = oracle_weights(q, k, 1 / sqrt((double)q.cols), &mask.allowed,
                                       bias_of(&mask, 0, q.rows, &part));
        Table out = oracle_product(weights, v);
        assert_ok(attend(&trial, mask.mask));
        assert_matches(trial.weights, weights, TOLERANCE);
        assert_matches(trial.out, out, TOLERANCE);
        table_free(5, q, k, v, weights, out);
        random_mask_free(&mask);
        trial_free(&trial);
    }
}
END_TEST

/* --- A whole layer -----------------------------------------------------------------------------
 */

enum { T_Q = 3, T_K = 4, D_MODEL = 5, HEADS = 2, D_K = 3, D_V = 2, D_OUT = 6 };

/* A layer with biases, and what goes in and comes out. */
typedef struct LayerTrial {
    Matrix x, context, weights, out;
    MultiHeadLayer layer;
} LayerTrial;

static MultiHeadLayer random_layer(Random *random, size_t d_model, size_t heads, size_t d_k,
                                   size_t d_v, size_t d_out)
{
    return (MultiHeadLayer){.w_q = random_matrix(random, d_model, heads * d_k, 0.7),
                            .w_k = random_matrix(random, d_model, heads * d_k, 0.7),
                            .w_v = random_matrix(random, d_model, heads * d_v, 1.0),
                            .w_o = random_matrix(random, heads * d_v, d_out, 1.0),
                            .b_q = random_matrix(random, 1, heads * d_k, 0.5),
                            .b_k = random_matrix(random, 1, heads * d_k, 0.5),
                            .b_v = random_matrix(random, 1, heads * d_v, 0.5),
                            .b_o = random_matrix(random, 1, d_out, 0.5),
                            .heads = heads};
}

static LayerTrial layer_trial(Random *random, size_t t_q, size_t t_k, size_t heads)
{
    LayerTrial trial = {.x = random_matrix(random, t_q, D_MODEL, 1.0),
                        .context = random_matrix(random, t_k, D_MODEL, 1.0),
                        .weights = random_matrix(random, heads * t_q, t_k, 1.0),
                        .out = random_matrix(random, t_q, D_OUT, 1.0)};
    trial.layer = random_layer(random, D_MODEL, heads, D_K, D_V, D_OUT);
    fill(trial.weights, UNWRITTEN);
    fill(trial.out, UNWRITTEN);
    return trial;
}

static void layer_trial_free(LayerTrial *trial)
{
    MultiHeadLayer layer = trial->layer;
    Matrix all[] = {trial->x,  trial->context, trial->weights, trial->out, layer.w_q, layer.w_k,
                    layer.w_v, layer.w_o,      layer.b_q,      layer.b_k,  layer.b_v, layer.b_o};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        random_matrix_free(all[i]);
}

static Status run_layer(const LayerTrial *trial, AttentionMask mask)
{
    return masked_multi_head_attention(trial->x, trial->context, &trial->layer, &mask,
                                       trial->weights, trial->out);
}

START_TEST(a_layer_without_a_mask_is_chapter_5_to_the_bit)
{
    Random random = {721};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t tokens = random_between(&random, 0, 7), heads = random_between(&random, 1, 4);
        LayerTrial trial = layer_trial(&random, tokens, tokens, heads);
        Matrix weights = new_matrix(heads * tokens, tokens), out = new_matrix(tokens, D_OUT);
        assert_ok(multi_head_attention(trial.x, &trial.layer, weights, out));
        assert_ok(masked_multi_head_attention(trial.x, NO_MATRIX, &trial.layer, &NO_MASK,
                                              trial.weights, trial.out));
        assert_matrix_equal(trial.weights, weights);
        assert_matrix_equal(trial.out, out);
        /* x as its own context is the same */
        assert_ok(masked_multi_head_attention(trial.x, trial.x, &trial.layer, &NO_MASK,
                                              trial.weights, trial.out));
        assert_matrix_equal(trial.out, out);
        matrix_free(&weights);
        matrix_free(&out);
        layer_trial_free(&trial);
    }
}
END_TEST

START_TEST(one_head_of_the_example_is_chapter_3_to_the_bit)
{
    Sentence sentence;
    ExampleHead sense = example_layer().heads[0];
    float identity[EXAMPLE_D_K * EXAMPLE_D_K] = {0};
    for (size_t i = 0; i < EXAMPLE_D_K; i++)
        identity[i * EXAMPLE_D_K + i] = 1.0f;
    MultiHeadLayer layer = {.w_q = sense.w_q,
                            .w_k = sense.w_k,
                            .w_v = sense.w_v,
                            .w_o = matrix_view(identity, EXAMPLE_D_K, EXAMPLE_D_K),
                            .heads = 1};
    assert_ok(sentence_create(EXAMPLE_RIVER, &sentence));
    Matrix weights = new_matrix(6, 6), out = new_matrix(6, EXAMPLE_D_K);
    Matrix one_weights = new_matrix(6, 6), one_out = new_matrix(6, EXAMPLE_D_K);
    assert_ok(masked_multi_head_attention(sentence.x, NO_MATRIX, &layer, &NO_MASK, weights, out));
    assert_ok(self_attention(sentence.x, sense.w_q, sense.w_k, sense.w_v, one_weights, one_out));
    assert_matrix_equal(weights, one_weights);
    assert_matrix_equal(out, one_out);
    Matrix *const all[] = {&weights, &out, &one_weights, &one_out};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        matrix_free(all[i]);
    sentence_free(&sentence);
}
END_TEST

/* What the oracle makes of a layer: weights (heads T_q) x T_k, and the output. */
static void oracle_layer(Matrix x, Matrix context, const MultiHeadLayer *layer,
                         const RandomMask *mask, Table *weights, Table *out)
{
    size_t heads = layer->heads, t_q = x.rows, t_k = context.rows;
    size_t d_k = layer->w_q.cols / heads, d_v = layer->w_v.cols / heads;
    Table tables[] = {table_of(x),          table_of(context),    table_of(layer->w_q),
                      table_of(layer->w_k), table_of(layer->w_v), table_of(layer->w_o),
                      table_of(layer->b_q), table_of(layer->b_k), table_of(layer->b_v),
                      table_of(layer->b_o)};
    Table q = oracle_linear(tables[0], tables[2], &tables[6]);
    Table k = oracle_linear(tables[1], tables[3], &tables[7]);
    Table v = oracle_linear(tables[1], tables[4], &tables[8]);
    Table concat = table_create(t_q, heads * d_v), part;
    *weights = table_create(heads * t_q, t_k);
    for (size_t h = 0; h < heads; h++) {
        Table q_h = oracle_columns(q, h * d_k, d_k), k_h = oracle_columns(k, h * d_k, d_k);
        Table v_h = oracle_columns(v, h * d_v, d_v);
        Table w = oracle_weights(q_h, k_h, 1 / sqrt((double)d_k), &mask->allowed,
                                 bias_of(mask, h, t_q, &part));
        Table head = oracle_product(w, v_h);
        memcpy(weights->data + h * t_q * t_k, w.data, t_q * t_k * sizeof *w.data);
        for (size_t i = 0; i < t_q; i++)
            for (size_t c = 0; c < d_v; c++)
                concat.data[i * heads * d_v + h * d_v + c] = head.data[i * d_v + c];
        table_free(5, q_h, k_h, v_h, w, head);
    }
    *out = oracle_linear(concat, tables[5], &tables[9]);
    table_free(4, q, k, v, concat);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        table_free(1, tables[i]);
}

START_TEST(a_masked_layer_agrees_with_the_oracle)
{
    Random random = {722};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t t_q = random_between(&random, 1, 6), t_k = random_between(&random, 1, 7);
        size_t heads = random_between(&random, 1, 4);
        LayerTrial trial = layer_trial(&random, t_q, t_k, heads);
        RandomMask mask = new_random_mask(&random, t_q, t_k, heads);
        Table weights, out;
        oracle_layer(trial.x, trial.context, &trial.layer, &mask, &weights, &out);
        assert_ok(run_layer(&trial, mask.mask));
        assert_matches(trial.weights, weights, TOLERANCE);
        assert_matches(trial.out, out, TOLERANCE);
        table_free(2, weights, out);
        random_mask_free(&mask);
        layer_trial_free(&trial);
    }
}
END_TEST

START_TEST(each_head_may_have_a_bias_of_its_own)
{
    float data[HEADS * T_Q * T_K] = {0};
    Matrix bias = matrix_view(data, HEADS * T_Q, T_K);
    Random random = {723};
    LayerTrial trial = layer_trial(&random, T_Q, T_K, HEADS);
    /* head 0 sees key 1 only, head 1 key 2 only */
    for (size_t r = 0; r < bias.rows; r++)
        for (size_t j = 0; j < T_K; j++)
            matrix_row(bias, r)[j] = j == 1 + r / T_Q ? 0.0f : -INFINITY;
    assert_ok(run_layer(&trial, (AttentionMask){.bias = bias}));
    for (size_t r = 0; r < bias.rows; r++)
        for (size_t j = 0; j < T_K; j++)
            ck_assert_float_eq(matrix_row(trial.weights, r)[j], j == 1 + r / T_Q ? 1.0f : 0.0f);
    layer_trial_free(&trial);
}
END_TEST

START_TEST(a_word_with_nothing_to_attend_to_gets_the_bias_of_the_output)
{
    Random random = {724};
    LayerTrial trial = layer_trial(&random, T_Q, T_K, HEADS);
    float ones[T_Q * T_K] = {1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1};
    assert_ok(run_layer(&trial, (AttentionMask){.allowed = matrix_view(ones, T_Q, T_K)}));
    for (size_t c = 0; c < D_OUT; c++)
        ck_assert_float_eq(matrix_row(trial.out, 1)[c], trial.layer.b_o.data[c]);
    layer_trial_free(&trial);
}
END_TEST

START_TEST(the_future_does_not_leak_through_a_layer)
{
    Random random = {725};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t tokens = random_between(&random, 2, 7);
        size_t changed = random_between(&random, 1, tokens - 1);
        LayerTrial trial = layer_trial(&random, tokens, tokens, HEADS);
        Matrix before = new_matrix(tokens, D_OUT);
        AttentionMask causal = {.causal = true};
        assert_ok(masked_multi_head_attention(trial.x, NO_MATRIX, &trial.layer, &causal,
                                              trial.weights, before));
        fill(bottom(trial.x, tokens - changed), i % 2 == 0 ? NAN : 5.0f);
        assert_ok(masked_multi_head_attention(trial.x, NO_MATRIX, &trial.layer, &causal,
                                              trial.weights, trial.out));
        assert_matrix_equal(top(trial.out, changed), top(before, changed));
        matrix_free(&before);
        layer_trial_free(&trial);
    }
}
END_TEST

START_TEST(new_words_with_cached_context_give_the_last_outputs_to_the_bit)
{
    enum { NEW = 2 };
    Random random = {726};
    LayerTrial trial = layer_trial(&random, 5, 5, HEADS);
    Matrix weights = new_matrix(HEADS * NEW, 5), out = new_matrix(NEW, D_OUT);
    AttentionMask causal = {.causal = true}, with_past = {.causal = true, .past = 5 - NEW};
    assert_ok(masked_multi_head_attention(trial.x, NO_MATRIX, &trial.layer, &causal, trial.weights,
                                          trial.out));
    assert_ok(masked_multi_head_attention(bottom(trial.x, NEW), trial.x, &trial.layer, &with_past,
                                          weights, out));
    assert_matrix_equal(out, bottom(trial.out, NEW));
    matrix_free(&weights);
    matrix_free(&out);
    layer_trial_free(&trial);
}
END_TEST

START_TEST(a_layer_refuses_what_is_no_mask_and_writes_nothing)
{
    float data[9];
    AttentionMask mask = bad_mask(_i, data);
    Random random = {727};
    /* Four heads: no bias of these shapes could be meant for all of them. */
    LayerTrial trial = layer_trial(&random, 2, 3, 4);
    assert_fails(run_layer(&trial, mask), BAD_MASKS[_i].status, BAD_MASKS[_i].message);
    assert_fails(run_layer(&trial, mask), BAD_MASKS[_i].status, "masked_multi_head_attention: ");
    assert_all(trial.weights, UNWRITTEN);
    assert_all(trial.out, UNWRITTEN);
    layer_trial_free(&trial);
}
END_TEST

START_TEST(a_layer_refuses_what_does_not_fit_and_writes_nothing)
{
    Random random = {728};
    LayerTrial trial = layer_trial(&random, T_Q, T_K, HEADS), wrong = trial;
    float bias[HEADS * T_Q * (T_K + 1)] = {0};
    AttentionMask mask = {.bias = matrix_view(bias, HEADS * T_Q, T_K + 1)};
    assert_fails(run_layer(&trial, mask), STATUS_SHAPE,
                 "masked_multi_head_attention: bias is 3x5, expected 3x4");
    wrong.context.cols = D_MODEL - 1;
    assert_fails(run_layer(&wrong, NO_MASK), STATUS_SHAPE,
                 "w_k is 5x6, but the sequence of the keys is 4x4 and needs 4 rows");
    wrong = trial;
    wrong.layer.heads = 4;
    assert_fails(run_layer(&wrong, NO_MASK), STATUS_SHAPE, "4 heads must divide");
    wrong = trial;
    wrong.weights.rows = T_Q;
    assert_fails(run_layer(&wrong, NO_MASK), STATUS_SHAPE,
                 "weights is 3x4, expected 6x4 (heads T_q x T_k)");
    wrong = trial;
    wrong.out.rows = T_K;
    assert_fails(run_layer(&wrong, NO_MASK), STATUS_SHAPE, "out is 4x6, expected 3x6");
    assert_all(trial.weights, UNWRITTEN);
    assert_all(trial.out, UNWRITTEN);
    layer_trial_free(&trial);
}
END_TEST

START_TEST(without_memory_nothing_is_written)
{
    Random random = {729};
    LayerTrial trial = layer_trial(&random, T_Q, T_K, HEADS);
    size_t failures = 0;
    for (;;) {
        memory_fail_at(failures + 1);
        Status status = run_layer(&trial, NO_MASK);
        if (!memory_has_failed())
            break;
        failures++;
        ck_assert_int_eq(status, STATUS_NO_MEMORY);
        assert_all(trial.weights, UNWRITTEN);
        assert_all(trial.out, UNWRITTEN);
    }
    memory_fail_at(0);
    ck_assert_uint_ge(failures, 4);
    layer_trial_free(&trial);
}
END_TEST

/* --- The carried example ------------------------------------------------------------------------
 */

/* A head of the example over a sentence, with a mask. Free both results. */
static void run_head(ExampleHead head, Matrix x, AttentionMask mask, Matrix *weights, Matrix *out)
{
    Matrix q, k, v;
    assert_ok(project("w_q", x, head.w_q, &q));
    assert_ok(project("w_k", x, head.w_k, &k));
    assert_ok(project("w_v", x, head.w_v, &v));
    *weights = new_matrix(x.rows, x.rows);
    *out = new_matrix(x.rows, EXAMPLE_D_K);
    assert_ok(masked_attention(q, k, v, 0.5f, &mask, *weights, *out));
    matrix_free(&q);
    matrix_free(&k);
    matrix_free(&v);
}

START_TEST(bank_is_the_last_word_and_still_sees_river)
{
    Sentence sentence;
    Matrix weights, out;
    assert_ok(sentence_create(EXAMPLE_RIVER, &sentence));
    run_head(example_layer().heads[0], sentence.x, (AttentionMask){.causal = true}, &weights, &out);
    /* Scores of bank 0 0 0 0 3 2; of river 0 0 0 0 1.5 for what it may see. */
    double bank = 4 + exp(3) + exp(2), river = 4 + exp(1.5);
    assert_close(matrix_row(weights, 5)[4], exp(3) / bank, 1e-6);
    assert_close(matrix_row(weights, 5)[5], exp(2) / bank, 1e-6);
    assert_close(matrix_row(weights, 4)[4], exp(1.5) / river, 1e-6);
    assert_close(matrix_row(weights, 4)[0], 1 / river, 1e-6);
    ck_assert_float_eq(matrix_row(weights, 4)[5], 0.0f);
    ck_assert_float_eq(matrix_row(weights, 0)[0], 1.0f);
    matrix_free(&weights);
    matrix_free(&out);
    sentence_free(&sentence);
}
END_TEST

START_TEST(in_the_bank_of_the_river_a_causal_bank_stays_ambiguous)
{
    Sentence sentence;
    Matrix weights, out;
    assert_ok(sentence_create("the bank of the river", &sentence));
    run_head(example_layer().heads[0], sentence.x, NO_MASK, &weights, &out);
    ck_assert_float_gt(matrix_row(out, 1)[0], 2 * matrix_row(out, 1)[1]);
    matrix_free(&weights);
    matrix_free(&out);
    run_head(example_layer().heads[0], sentence.x, (AttentionMask){.causal = true}, &weights, &out);
    /* Scores 0 and 2: bank hears itself, as much water as money. */
    assert_close(matrix_row(out, 1)[0], exp(2) / (1 + exp(2)), 1e-6);
    ck_assert_float_eq(matrix_row(out, 1)[0], matrix_row(out, 1)[1]);
    matrix_free(&weights);
    matrix_free(&out);
    sentence_free(&sentence);
}
END_TEST

START_TEST(a_causal_mask_mends_the_first_row_of_the_previous_word_head)
{
    Sentence sentence;
    Matrix weights, out;
    assert_ok(sentence_create(EXAMPLE_RIVER, &sentence));
    assert_ok(add_positions(sentence.x, 0, sentence.x));
    run_head(example_previous_head(), sentence.x, NO_MASK, &weights, &out);
    ck_assert_float_gt(matrix_row(weights, 0)[5], 0.9f);
    matrix_free(&weights);
    matrix_free(&out);
    run_head(example_previous_head(), sentence.x, (AttentionMask){.causal = true}, &weights, &out);
    ck_assert_float_eq(matrix_row(weights, 0)[0], 1.0f);
    for (size_t t = 1; t < 6; t++)
        ck_assert_float_gt(matrix_row(weights, t)[t - 1], 0.88f);
    matrix_free(&weights);
    matrix_free(&out);
    sentence_free(&sentence);
}
END_TEST

START_TEST(filling_takes_weight_until_it_is_blocked)
{
    float data[8 * EXAMPLE_D_MODEL] = {0};
    Matrix x = matrix_view(data, 8, EXAMPLE_D_MODEL), weights, out;
    Sentence sentence;
    assert_ok(sentence_create(EXAMPLE_RIVER, &sentence));
    assert_ok(matrix_copy(sentence.x, top(x, 6)));
    run_head(example_layer().heads[0], x, NO_MASK, &weights, &out);
    /* A key of zeros has score 0, and the weight of 0 is not 0. */
    assert_close(matrix_row(weights, 5)[7], 1 / (6 + exp(3) + exp(2)), 1e-6);
    matrix_free(&weights);
    matrix_free(&out);
    run_head(example_layer().heads[0], x, (AttentionMask){.padding = 2}, &weights, &out);
    ck_assert_float_eq(matrix_row(weights, 5)[7], 0.0f);
    assert_close(matrix_row(weights, 5)[4], exp(3) / (4 + exp(3) + exp(2)), 1e-6);
    matrix_free(&weights);
    matrix_free(&out);
    sentence_free(&sentence);
}
END_TEST

/* --- The suite ---------------------------------------------------------------------------------
 */

static void add_table_tests(Suite *suite)
{
    add_test(suite, no_mask_blocks_nothing);
    add_test(suite, a_causal_query_sees_itself_and_what_came_before);
    add_test(suite, a_causal_mask_of_unequal_lengths_begins_top_left);
    add_test(suite, past_keys_move_the_causal_mask_to_the_right);
    add_test(suite, past_keys_mean_nothing_without_causality);
    add_test(suite, padding_blocks_the_last_keys_of_every_query);
    add_test(suite, ones_may_attend_and_zeros_are_blocked);
    add_test(suite, only_minus_infinity_in_a_bias_blocks);
    add_test(suite, whatever_blocks_blocks);
    add_test(suite, masks_may_be_views);
    add_rows(suite, mask_table_refuses_what_is_no_mask_and_writes_nothing, BAD_MASKS);
    add_test(suite, a_table_of_nothing_is_nothing);
}

static void add_attention_tests(Suite *suite)
{
    add_test(suite, without_a_mask_it_is_chapter_3_to_the_bit);
    add_test(suite, the_weights_of_what_is_seen_sum_to_one);
    add_test(suite, a_row_with_nothing_to_attend_to_is_zeros);
    add_test(suite, what_is_blocked_is_not_read);
    add_test(suite, what_is_seen_and_no_number_makes_the_row_no_number);
    add_test(suite, a_bad_query_spoils_only_its_own_row);
    add_test(suite, a_bias_is_added_to_the_scaled_scores);
    add_test(suite, minus_infinity_in_a_bias_is_a_mask_to_the_bit);
    add_test(suite, padded_keys_give_what_the_shorter_sequence_gives_to_the_bit);
    add_test(suite, a_later_key_changes_nothing_before_it_to_the_bit);
    add_test(suite, the_last_queries_with_their_past_give_the_last_rows_to_the_bit);
    add_rows(suite, masked_attention_refuses_what_does_not_fit_and_writes_nothing, MISFITS);
    add_rows(suite, masked_attention_refuses_what_is_no_mask_and_writes_nothing, BAD_MASKS);
    add_test(suite, no_queries_no_keys_and_no_values_are_fine);
    add_test(suite, masked_attention_agrees_with_the_oracle);
}

static void add_layer_tests(Suite *suite)
{
    add_test(suite, a_layer_without_a_mask_is_chapter_5_to_the_bit);
    add_test(suite, one_head_of_the_example_is_chapter_3_to_the_bit);
    add_test(suite, each_head_may_have_a_bias_of_its_own);
    add_test(suite, a_word_with_nothing_to_attend_to_gets_the_bias_of_the_output);
    add_test(suite, the_future_does_not_leak_through_a_layer);
    add_test(suite, new_words_with_cached_context_give_the_last_outputs_to_the_bit);
    add_rows(suite, a_layer_refuses_what_is_no_mask_and_writes_nothing, BAD_MASKS);
    add_test(suite, a_layer_refuses_what_does_not_fit_and_writes_nothing);
    add_test(suite, without_memory_nothing_is_written);
    add_test(suite, a_masked_layer_agrees_with_the_oracle);
}

Suite *make_suite(void)
{
    Suite *suite = suite_create("07 masking");
    add_table_tests(suite);
    add_attention_tests(suite);
    add_layer_tests(suite);
    add_test(suite, bank_is_the_last_word_and_still_sees_river);
    add_test(suite, in_the_bank_of_the_river_a_causal_bank_stays_ambiguous);
    add_test(suite, a_causal_mask_mends_the_first_row_of_the_previous_word_head);
    add_test(suite, filling_takes_weight_until_it_is_blocked);
    return suite;
}
