/* Chapter 4: a head is a block of neighbouring columns, and looking at it costs nothing. */
#include "head_splitting.h"

#include "assert.h"
#include "example.h"
#include "frail_memory.h"
#include "matrices.h"
#include "oracle.h"
#include "self_attention.h"
#include "softmax.h"

#include <math.h>
#include <string.h>

/* The sizes of the probe all differ: 4 tokens, 3 heads, 2 columns in each, 6 columns in all. */
enum { TOKENS = 4, HEADS = 3, WIDTH = 2, COLUMNS = HEADS * WIDTH };

/* --- Helpers --------------------------------------------------------------------------------- */

/* x[t][c] = 100 t + c: every number says where it came from. */
static Matrix position_probe(float data[TOKENS * COLUMNS])
{
    Matrix x = matrix_view(data, TOKENS, COLUMNS);
    for (size_t t = 0; t < TOKENS; t++)
        for (size_t c = 0; c < COLUMNS; c++)
            matrix_row(x, t)[c] = (float)(100 * t + c);
    return x;
}

static void expect_from(float came, size_t h, size_t t, size_t c)
{
    float expected = (float)(100 * t + h * WIDTH + c);
    ck_assert_msg(came == expected, "head %zu, row %zu, column %zu is %g, expected %g", h, t, c,
                  (double)came, (double)expected);
}

/* --- head_view ------------------------------------------------------------------------------- */

START_TEST(a_head_has_its_block_of_columns_of_every_token)
{
    float data[TOKENS * COLUMNS];
    Matrix x = position_probe(data), view;
    for (size_t h = 0; h < HEADS; h++) {
        assert_ok(head_view(x, HEADS, h, &view));
        ck_assert_uint_eq(view.rows, TOKENS);
        ck_assert_uint_eq(view.cols, WIDTH);
        for (size_t t = 0; t < TOKENS; t++)
            for (size_t c = 0; c < WIDTH; c++)
                expect_from(matrix_row(view, t)[c], h, t, c);
    }
}
END_TEST

START_TEST(a_view_copies_nothing)
{
    float data[TOKENS * COLUMNS];
    Matrix x = position_probe(data), view;
    memory_fail_at(1);
    assert_ok(head_view(x, HEADS, 2, &view));
    ck_assert(!memory_has_failed());
    memory_fail_at(0);
    ck_assert_ptr_eq(view.data, x.data + 4);
    ck_assert_uint_eq(view.stride, COLUMNS);
    matrix_row(view, 3)[1] = -1.0f;
    ck_assert_float_eq(data[3 * COLUMNS + 5], -1.0f);
}
END_TEST

START_TEST(one_head_is_the_whole_matrix)
{
    float data[TOKENS * COLUMNS];
    Matrix x = position_probe(data), view;
    assert_ok(head_view(x, 1, 0, &view));
    ck_assert_ptr_eq(view.data, x.data);
    assert_matrix_equal(view, x);
}
END_TEST

START_TEST(there_can_be_as_many_heads_as_columns)
{
    float data[TOKENS * COLUMNS];
    Matrix x = position_probe(data), view;
    assert_ok(head_view(x, COLUMNS, 5, &view));
    ck_assert_uint_eq(view.cols, 1);
    ck_assert_float_eq(matrix_row(view, 2)[0], 205.0f);
}
END_TEST

START_TEST(a_view_can_be_split_again)
{
    float data[TOKENS * COLUMNS];
    Matrix x = position_probe(data), rows, half, view;
    assert_ok(matrix_rows(x, 1, 2, &rows));
    assert_ok(matrix_columns(rows, 1, 4, &half));
    assert_ok(head_view(half, 2, 1, &view)); /* columns 3 and 4 of tokens 1 and 2 */
    float expected[] = {103, 104, 203, 204};
    assert_matrix_equal(view, matrix_view(expected, 2, 2));
}
END_TEST

START_TEST(a_sequence_of_no_tokens_has_heads_too)
{
    float nothing[1];
    Matrix view;
    assert_ok(head_view(matrix_view(nothing, 0, COLUMNS), HEADS, 1, &view));
    ck_assert_uint_eq(view.rows, 0);
    ck_assert_uint_eq(view.cols, WIDTH);
}
END_TEST

static const struct {
    size_t cols, heads, head;
    Status status;
    const char *message;
} REFUSED[] = {
    {6, 4, 0, STATUS_SHAPE, "head_view: 4 heads do not divide 6 columns into equal blocks"},
    {6, 12, 0, STATUS_SHAPE, "head_view: 12 heads do not divide 6 columns"},
    {6, 0, 0, STATUS_SHAPE, "head_view: 0 heads do not divide 6 columns"},
    {0, 2, 0, STATUS_SHAPE, "head_view: 2 heads do not divide 0 columns"},
    {6, 3, 3, STATUS_VALUE, "head_view: there is no head 3; heads is 3, counted from 0"},
    {6, 3, (size_t)-1, STATUS_VALUE, "head_view: there is no head"},
};

START_TEST(a_head_that_cannot_be_is_refused)
{
    float data[TOKENS * COLUMNS];
    Matrix x = position_probe(data), view = x;
    x.cols = REFUSED[_i].cols;
    assert_fails(head_view(x, REFUSED[_i].heads, REFUSED[_i].head, &view), REFUSED[_i].status,
                 REFUSED[_i].message);
    ck_assert_ptr_null(view.data);
    ck_assert_uint_eq(view.rows + view.cols, 0);
}
END_TEST

/* --- Splitting the weights, splitting the projections ----------------------------------------- */

START_TEST(splitting_the_weights_is_splitting_the_projections_to_the_bit)
{
    Random random = {404};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t heads = random_between(&random, 1, 5), width = random_between(&random, 1, 6);
        size_t tokens = random_between(&random, 0, 7), d_model = random_between(&random, 1, 9);
        size_t head = random_between(&random, 0, heads - 1);
        Matrix x = random_matrix(&random, tokens, d_model, 3.0), all, block, one, w_block;
        Matrix w = random_matrix(&random, d_model, heads * width, 3.0);
        assert_ok(project("w", x, w, &all));
        assert_ok(head_view(all, heads, head, &block));
        assert_ok(head_view(w, heads, head, &w_block));
        assert_ok(project("w", x, w_block, &one));
        assert_matrix_equal(block, one);
        matrix_free(&all);
        matrix_free(&one);
        random_matrix_free(x);
        random_matrix_free(w);
    }
}
END_TEST

START_TEST(the_heads_of_the_example_are_blocks_of_its_layer)
{
    ExampleLayer layer = example_layer();
    Matrix whole[] = {layer.w_q, layer.w_k, layer.w_v}, view;
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        Matrix parts[] = {layer.heads[h].w_q, layer.heads[h].w_k, layer.heads[h].w_v};
        for (size_t i = 0; i < 3; i++) {
            assert_ok(head_view(whole[i], EXAMPLE_HEADS, h, &view));
            ck_assert_ptr_eq(view.data, parts[i].data);
            assert_matrix_equal(view, parts[i]);
        }
    }
}
END_TEST

/* --- split_heads ----------------------------------------------------------------------------- */

START_TEST(split_heads_lists_head_after_head)
{
    float data[TOKENS * COLUMNS], copy[TOKENS * COLUMNS];
    Matrix x = position_probe(data), stacked = matrix_view(copy, HEADS * TOKENS, WIDTH);
    assert_ok(split_heads(x, HEADS, stacked));
    for (size_t h = 0; h < HEADS; h++)
        for (size_t t = 0; t < TOKENS; t++)
            for (size_t c = 0; c < WIDTH; c++)
                expect_from(matrix_row(stacked, h * TOKENS + t)[c], h, t, c);
}
END_TEST

START_TEST(split_heads_reads_and_writes_views_and_nothing_around_them)
{
    enum { T = 2, STRIDE = 7 };
    float data[TOKENS * COLUMNS], wide[HEADS * T * STRIDE];
    Matrix x = position_probe(data), rows, columns;
    Matrix place = matrix_view(wide, HEADS * T, STRIDE), stacked;
    fill(place, -9.0f);
    assert_ok(matrix_rows(x, 1, T, &rows));
    assert_ok(matrix_columns(rows, 3, 3, &columns));
    assert_ok(matrix_columns(place, 5, 1, &stacked));
    assert_ok(split_heads(columns, HEADS, stacked));
    for (size_t r = 0; r < place.rows; r++)
        for (size_t c = 0; c < STRIDE; c++) {
            float expected = c == 5 ? (float)(100 * (1 + r % T) + 3 + r / T) : -9.0f;
            ck_assert_float_eq(matrix_row(place, r)[c], expected);
        }
}
END_TEST

START_TEST(what_is_no_number_is_copied_like_a_number)
{
    float data[] = {1, NAN, INFINITY, -INFINITY}, copy[4];
    Matrix stacked = matrix_view(copy, 4, 1);
    assert_ok(split_heads(matrix_view(data, 2, 2), 2, stacked));
    ck_assert_float_eq(copy[0], 1.0f);
    ck_assert_float_eq(copy[1], INFINITY);
    ck_assert(isnan(copy[2]));
    ck_assert_float_eq(copy[3], -INFINITY);
}
END_TEST

START_TEST(heads_of_no_tokens_are_no_rows)
{
    float nothing[1] = {5};
    assert_ok(split_heads(matrix_view(nothing, 0, COLUMNS), HEADS, matrix_view(nothing, 0, WIDTH)));
    ck_assert_float_eq(nothing[0], 5.0f);
}
END_TEST

static const struct {
    size_t heads, rows, cols;
    const char *message;
} UNFIT[] = {
    {3, 12, 3, "split_heads: stacked is 12x3, expected 12x2 (heads T x d / heads)"},
    {3, 4, 2, "split_heads: stacked is 4x2, expected 12x2"},
    {3, 4, 6, "split_heads: stacked is 4x6, expected 12x2"},
    {4, 16, 1, "split_heads: 4 heads do not divide 6 columns into equal blocks"},
    {0, 12, 2, "split_heads: 0 heads do not divide 6 columns"},
};

START_TEST(split_heads_refuses_what_does_not_fit_and_writes_nothing)
{
    float data[TOKENS * COLUMNS], copy[48];
    fill(matrix_view(copy, 48, 1), -9.0f);
    Matrix stacked = matrix_view(copy, UNFIT[_i].rows, UNFIT[_i].cols);
    assert_fails(split_heads(position_probe(data), UNFIT[_i].heads, stacked), STATUS_SHAPE,
                 UNFIT[_i].message);
    for (size_t i = 0; i < 48; i++)
        ck_assert_float_eq(copy[i], -9.0f);
}
END_TEST

START_TEST(split_heads_agrees_with_the_oracle)
{
    Random random = {405};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t heads = random_between(&random, 1, 6), width = random_between(&random, 1, 5);
        size_t tokens = random_between(&random, 0, 8);
        Matrix x = random_matrix(&random, tokens, heads * width, 1e3), rows;
        Matrix stacked = random_matrix(&random, heads * tokens, width, 1.0);
        Table table = table_of(x);
        assert_ok(split_heads(x, heads, stacked));
        for (size_t h = 0; h < heads; h++) {
            Table block = oracle_columns(table, h * width, width);
            assert_ok(matrix_rows(stacked, h * tokens, tokens, &rows));
            assert_matches(rows, block, 0.0);
            table_free(1, block);
        }
        table_free(1, table);
        random_matrix_free(x);
        random_matrix_free(stacked);
    }
}
END_TEST

/* --- Why more than one head: `sat` asks who, and where -----------------------------------------
 */

/* The row of `sat` in the weights of one head of the layer, cut into that many heads. */
static void weights_of_sat(size_t heads, size_t head, float row[6])
{
    float weights[36];
    Sentence sentence;
    Matrix q, k, q_head, k_head, table = matrix_view(weights, 6, 6);
    assert_ok(sentence_create(EXAMPLE_RIVER, &sentence));
    assert_ok(project("w_q", sentence.x, example_layer().w_q, &q));
    assert_ok(project("w_k", sentence.x, example_layer().w_k, &k));
    assert_ok(head_view(q, heads, head, &q_head));
    assert_ok(head_view(k, heads, head, &k_head));
    assert_ok(attention_scores(q_head, k_head, attention_scale(q_head.cols), table));
    assert_ok(softmax(table, table));
    memcpy(row, matrix_row(table, 1), 6 * sizeof *row);
    matrix_free(&q);
    matrix_free(&k);
    sentence_free(&sentence);
}

START_TEST(two_heads_give_sat_two_answers)
{
    float sense[6], who[6];
    weights_of_sat(2, 0, sense);
    weights_of_sat(2, 1, who);
    /* Scores 0 0 1 0 1 2 and 3 0 0 0 0 0, by hand. */
    double e = exp(1.0), sum = 3 + 2 * e + e * e;
    double where[] = {1 / sum, 1 / sum, e / sum, 1 / sum, e / sum, e * e / sum};
    double cube = exp(3.0);
    for (size_t i = 0; i < 6; i++) {
        assert_close(sense[i], where[i], 1e-6);
        assert_close(who[i], (i == 0 ? cube : 1.0) / (cube + 5), 1e-6);
    }
}
END_TEST

START_TEST(one_wide_head_gives_sat_a_compromise)
{
    float wide[6];
    weights_of_sat(1, 0, wide);
    /* Dot products 6 0 2 0 2 4, divided by the root of 8. */
    const double dots[] = {6, 0, 2, 0, 2, 4};
    double sum = 0;
    for (size_t i = 0; i < 6; i++)
        sum += exp(dots[i] / sqrt(8.0));
    for (size_t i = 0; i < 6; i++)
        assert_close(wide[i], exp(dots[i] / sqrt(8.0)) / sum, 1e-6);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("04 head splitting");
    add_test(suite, a_head_has_its_block_of_columns_of_every_token);
    add_test(suite, a_view_copies_nothing);
    add_test(suite, one_head_is_the_whole_matrix);
    add_test(suite, there_can_be_as_many_heads_as_columns);
    add_test(suite, a_view_can_be_split_again);
    add_test(suite, a_sequence_of_no_tokens_has_heads_too);
    add_rows(suite, a_head_that_cannot_be_is_refused, REFUSED);
    add_test(suite, splitting_the_weights_is_splitting_the_projections_to_the_bit);
    add_test(suite, the_heads_of_the_example_are_blocks_of_its_layer);
    add_test(suite, split_heads_lists_head_after_head);
    add_test(suite, split_heads_reads_and_writes_views_and_nothing_around_them);
    add_test(suite, what_is_no_number_is_copied_like_a_number);
    add_test(suite, heads_of_no_tokens_are_no_rows);
    add_rows(suite, split_heads_refuses_what_does_not_fit_and_writes_nothing, UNFIT);
    add_test(suite, split_heads_agrees_with_the_oracle);
    add_test(suite, two_heads_give_sat_two_answers);
    add_test(suite, one_wide_head_gives_sat_a_compromise);
    return suite;
}
