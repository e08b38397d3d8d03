/* Chapter 4: a head is a block of neighbouring columns, and looking at it costs nothing. */
#include "head_splitting.h"

#include "assert.h"
#include "dot_products.h"
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

TEST(a_head_has_its_block_of_columns_of_every_token)
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

TEST(a_view_copies_nothing)
{
    float data[TOKENS * COLUMNS];
    Matrix x = position_probe(data), view;
    memory_fail_at(1);
    assert_ok(head_view(x, HEADS, 2, &view));
    ck_assert(!memory_has_failed());
    ck_assert_ptr_eq(view.data, x.data + 4);
    ck_assert_uint_eq(view.stride, COLUMNS);
    matrix_row(view, 3)[1] = -1.0f;
    ck_assert_float_eq(data[3 * COLUMNS + 5], -1.0f);
}

TEST(one_head_is_the_whole_matrix)
{
    float data[TOKENS * COLUMNS];
    Matrix x = position_probe(data), view;
    assert_ok(head_view(x, 1, 0, &view));
    ck_assert_ptr_eq(view.data, x.data);
    assert_matrix_equal(view, x);
}

TEST(a_view_can_be_split_again)
{
    float data[TOKENS * COLUMNS];
    Matrix x = position_probe(data), rows, half, view;
    assert_ok(matrix_rows(x, 1, 2, &rows));
    assert_ok(matrix_columns(rows, 1, 4, &half));
    assert_ok(head_view(half, 2, 1, &view)); /* columns 3 and 4 of tokens 1 and 2 */
    float expected[] = {103, 104, 203, 204};
    assert_matrix_equal(view, matrix_view(expected, 2, 2));
}

TEST(a_refused_view_is_no_matrix)
{
    Matrix x = MATRIX(1, 6, 1, 2, 3, 4, 5, 6), view = x;
    assert_fails(head_view(x, 4, 0, &view), STATUS_SHAPE, "4 heads do not divide 6 columns");
    ck_assert_ptr_null(view.data);
    ck_assert_uint_eq(view.rows + view.cols, 0);
}

/* --- Splitting the weights, splitting the projections ----------------------------------------- */

TEST(splitting_the_weights_is_splitting_the_projections_to_the_bit)
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
    }
}

TEST(the_heads_of_the_example_are_blocks_of_its_layer)
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

/* --- split_heads ----------------------------------------------------------------------------- */

TEST(split_heads_agrees_with_the_oracle)
{
    Random random = {405};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t heads = random_between(&random, 1, 6), width = random_between(&random, 1, 5);
        size_t tokens = random_between(&random, 0, 8);
        Matrix x = random_matrix(&random, tokens, heads * width, 1e3), rows;
        Matrix stacked = random_matrix(&random, heads * tokens, width, 1.0);
        assert_ok(split_heads(x, heads, stacked));
        for (size_t h = 0; h < heads; h++) {
            assert_ok(matrix_rows(stacked, h * tokens, tokens, &rows));
            assert_matches(rows, oracle_columns(table_of(x), h * width, width), 0.0);
        }
    }
}

TEST(join_heads_undoes_split_heads_sequence_by_sequence)
{
    Random random = {406};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t batch = random_between(&random, 1, 4), tokens = random_between(&random, 0, 6);
        size_t heads = random_between(&random, 1, 5), width = random_between(&random, 1, 4);
        Matrix x = random_matrix(&random, batch * tokens, heads * width, 1e3);
        Matrix stacked = room(batch * heads * tokens, width), joined = room(x.rows, x.cols);
        Matrix sequence, place;
        for (size_t b = 0; b < batch; b++) {
            assert_ok(matrix_rows(x, b * tokens, tokens, &sequence));
            assert_ok(matrix_rows(stacked, b * heads * tokens, heads * tokens, &place));
            assert_ok(split_heads(sequence, heads, place));
        }
        assert_ok(join_heads(stacked, batch, heads, joined));
        assert_matrix_equal(joined, x);
    }
}

TEST(join_heads_refuses_what_does_not_fit_before_it_writes)
{
    Matrix stacked = room(12, 2), joined = room(6, 4);
    assert_fails(join_heads(stacked, 4, 2, joined), STATUS_SHAPE,
                 "join_heads: 6 rows are not 4 sequences of equal length");
    assert_fails(join_heads(stacked, 0, 2, joined), STATUS_SHAPE, "not 0 sequences");
    assert_fails(join_heads(stacked, 2, 3, joined), STATUS_SHAPE,
                 "3 heads do not divide 4 columns");
    assert_fails(join_heads(room(11, 2), 2, 2, joined), STATUS_SHAPE, "stacked is 11x2");
    assert_matrix_equal(joined, room(6, 4));
}

/* --- Why more than one head: `sat` asks who, and where ---------------------------------------- */

/* The row of `sat` in the weights of one head of the layer, cut into that many heads. */
static void weights_of_sat(size_t heads, size_t head, float row[6])
{
    Matrix x = word_rows(EXAMPLE_RIVER), q = room(6, 8), k = room(6, 8), weights = room(6, 6);
    Matrix q_head, k_head;
    assert_ok(matrix_product(x, example_layer().w_q, q));
    assert_ok(matrix_product(x, example_layer().w_k, k));
    assert_ok(head_view(q, heads, head, &q_head));
    assert_ok(head_view(k, heads, head, &k_head));
    assert_ok(attention_scores(q_head, k_head, attention_scale(q_head.cols), weights));
    assert_ok(softmax(weights, weights));
    memcpy(row, matrix_row(weights, 1), 6 * sizeof *row);
}

TEST(two_heads_give_sat_two_answers)
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

TEST(one_wide_head_gives_sat_a_compromise)
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
