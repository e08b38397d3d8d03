/* The parts of the book that draw a chapter show what its program prints. */
#include "assert.h"
#include "live.h"
#include "printed.h"
#include "whole.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { RIVER = 4, BANK = 5, LINE_SIZE = 256 };

/* The rows of a table of the page. */
static Matrix rows_of(const float *table, size_t first, size_t rows, size_t cols)
{
    return matrix_view((float *)table + first * cols, rows, cols);
}

/* --- Chapter 1: arrows ----------------------------------------------------------------------- */

/* `river` and `water` have nothing outside the plane of place and water. */
TEST(arrows_are_as_alike_as_the_words_in_the_program)
{
    enum { PLACE = 2, WATER = 4 };
    const float *river = live_vector(RIVER);
    Outcome printed = whole_run("01_dot_products", "river water --plots .", NULL);
    ck_assert_int_eq(printed.status, 0);
    const LiveArrows *shown = live_arrows(river[PLACE], river[WATER], 0, 3);
    expect_numbers(behind(printed.out, "river . water"), &shown->sum, 1, 0);
    assert_close(shown->products[0] + shown->products[1], shown->sum, 0);
    assert_close(shown->lengths[1], 3, 0);
    float row[] = {shown->lengths[0], shown->cosine, shown->degrees};
    expect_numbers(next_line(behind(printed.out, "angle")), row, 3, 2);
    outcome_free(&printed);
}

TEST(an_arrow_without_length_points_nowhere)
{
    const LiveArrows *shown = live_arrows(0, 0, 2, 1);
    assert_close(shown->sum, 0, 0);
    ck_assert_float_nan(shown->cosine);
    ck_assert_float_nan(shown->degrees);
    ck_assert_ptr_null(live_vector(LIVE_WORDS));
}

/* --- Chapter 4: memory ----------------------------------------------------------------------- */

TEST(heads_lie_where_the_program_says)
{
    Outcome printed = printed_by("04_head_splitting");
    const LiveMemory *shown = live_memory();
    expect_table(printed.out, "Q = X W_Q (6 x 8)", 0,
                 rows_of(shown->values[0], 0, LIVE_WORDS, EXAMPLE_D_MODEL), 0);
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        char expected[LINE_SIZE];
        snprintf(expected, sizeof expected,
                 "head %zu of Q: 6x4, stride %.0f, starts at flat index %.0f\n", h,
                 (double)(shown->views[h][1][0] - shown->views[h][0][0]),
                 (double)shown->views[h][0][0]);
        (void)behind(printed.out, expected);
    }
    outcome_free(&printed);
}

TEST(the_copy_is_in_the_order_of_the_program)
{
    char text[LINE_SIZE] = "";
    for (size_t i = 0; i < LIVE_FLOATS; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%zu%s", i,
                 i % EXAMPLE_D_MODEL == EXAMPLE_D_MODEL - 1 ? "\n" : " ");
    put_bytes("order.txt", text, strlen(text));
    whole_expect_success("04_head_splitting", "--x order.txt --heads 2 --out out.npy", NULL);
    Array out = whole_read("out.npy");
    const LiveMemory *shown = live_memory();
    Matrix expected = matrix_view(out.data, 1, LIVE_FLOATS);
    assert_matrix_equal(rows_of(shown->copies, 0, 1, LIVE_FLOATS), expected);
    assert_matrix_equal(rows_of(shown->views[0][0], 0, 1, LIVE_FLOATS), expected);
    array_free(&out);
}

/* --- Chapter 8: the block -------------------------------------------------------------------- */

static Matrix bank_in(float (*table)[EXAMPLE_D_MODEL])
{
    return rows_of(table[0], BANK, 1, EXAMPLE_D_MODEL);
}

TEST(each_step_of_the_block_is_that_of_the_program)
{
    Outcome printed = printed_by("08_transformer_block");
    LiveBlock shown = *live_block(false);
    const char *whole = behind(printed.out, "5. The whole block");
    expect_table(printed.out, "bank (3 x 8)", 0, bank_in(shown.x), 2);
    expect_table(printed.out, "bank (3 x 8)", 1, bank_in(shown.heard), 2);
    expect_table(printed.out, "bank (3 x 8)", 2, bank_in(shown.sum_1), 2);
    expect_table(printed.out, "bank (5 x 8)", 4, bank_in(shown.middle), 2);
    expect_table(printed.out, "what the rules say", 0,
                 rows_of(shown.answer[0], 0, LIVE_WORDS, EXAMPLE_D_MODEL), 2);
    expect_table(whole, "bank (3 x 8)", 1, bank_in(shown.out), 2);
    expect_table(whole, "bank (3 x 8)", 2, bank_in(((LiveBlock *)live_block(true))->out), 2);
    outcome_free(&printed);
}

TEST(norms_stand_where_they_are_asked_to)
{
    LiveBlock post = *live_block(false), pre = *live_block(true);
    assert_matrix_equal(bank_in(post.input_1), bank_in(post.x));
    assert_matrix_equal(bank_in(post.input_2), bank_in(post.middle));
    assert_matrix_equal(bank_in(pre.middle), bank_in(pre.sum_1));
    assert_matrix_equal(bank_in(pre.out), bank_in(pre.sum_2));
}

/* --- Chapter 9: writing ---------------------------------------------------------------------- */

static void expect_heads(const char *printed, const LiveWriting *shown)
{
    static const char *const TITLES[] = {"block 0, the word before", "block 1, what stood behind"};
    for (size_t h = 0; h < 2; h++) {
        Matrix all = rows_of(shown->weights[h][0], 0, LIVE_TEXT, LIVE_TEXT), rows, corner;
        assert_ok(matrix_rows(all, 0, (size_t)shown->count, &rows));
        assert_ok(matrix_columns(rows, 0, (size_t)shown->count, &corner));
        expect_table(printed, TITLES[h], 0, corner, 0);
    }
}

/* The line that the program prints for a step. */
static void expect_step(const char *printed, const LiveWriting *shown)
{
    char line[LINE_SIZE] = "\n";
    for (size_t t = 0; t < (size_t)shown->count; t++)
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s ", shown->words[t]);
    snprintf(line + strlen(line), sizeof line - strlen(line), "-> %s (%.2f)\n", shown->next,
             (double)shown->probability);
    (void)behind(printed, line);
}

/* A key says which word came before, and a value which word it is: a number in its column. */
static void expect_notes(const LiveWriting *shown)
{
    for (size_t t = 1; t < (size_t)shown->count; t++)
        for (size_t k = 0; k < LIVE_KINDS; k++) {
            ck_assert_int_eq(shown->keys[t][k] > 0.5f, shown->names[k] == shown->words[t - 1]);
            ck_assert_int_eq(shown->values[t][k] > 0.5f, shown->names[k] == shown->words[t]);
        }
}

TEST(words_are_written_as_by_the_program)
{
    Outcome printed = printed_by("09_encoder_decoder");
    const LiveWriting *shown = live_writing(true);
    expect_heads(printed.out, shown);
    for (size_t i = 0; i <= LIVE_STEPS; i++) {
        if (i < LIVE_STEPS) /* what would follow the last word, it does not print */
            expect_step(printed.out, shown);
        expect_notes(shown);
        assert_close(shown->fresh, i == 0 ? shown->count : 1, 0);
        shown = live_writing(false);
    }
    ck_assert_ptr_null(shown);
    ck_assert_ptr_nonnull(live_writing(true));
    outcome_free(&printed);
}

/* --- Chapter 10: tiles ----------------------------------------------------------------------- */

TEST(what_is_known_after_each_block_is_what_the_program_prints)
{
    Outcome printed = printed_by("10_fast_attention");
    const LiveTiles *shown = live_tiles(2, false);
    expect_table(printed.out, "scores in the head sense", 0,
                 rows_of(shown->scores[0], BANK, 1, LIVE_WORDS), 2);
    for (size_t step = 0; step < 3; step++) {
        float row[3 + EXAMPLE_D_K] = {shown->maxima[BANK][step], shown->factors[BANK][step],
                                      shown->sums[BANK][step]};
        memcpy(row + 3, shown->values[BANK][step], EXAMPLE_D_K * sizeof(float));
        expect_table(printed.out, "two keys at a time", step, matrix_view(row, 1, 3 + EXAMPLE_D_K),
                     2);
    }
    expect_table(printed.out, "two keys at a time", 3,
                 rows_of(shown->results[0], BANK, 1, EXAMPLE_D_K), 2);
    outcome_free(&printed);
}

TEST(blocks_of_any_size_give_the_same)
{
    for (size_t size = 1; size <= LIVE_WORDS; size++) {
        const LiveTiles *shown = live_tiles(size, false);
        for (size_t t = 0; t < LIVE_WORDS; t++)
            for (size_t c = 0; c < EXAMPLE_D_K; c++)
                assert_close(shown->results[t][c], live_attention(0)->results[t][c], 1e-6);
        shown = live_tiles(size, true);
        for (size_t c = 0; c < EXAMPLE_D_K; c++) {
            assert_close(shown->results[0][c], live_attention(0)->values[0][c], 1e-6);
            assert_close(shown->results[BANK][c], live_attention(0)->results[BANK][c], 1e-6);
        }
        ck_assert(isinf(shown->scores[0][1]));
        assert_close(shown->visible[0], (float)size, 0);
    }
    ck_assert_ptr_null(live_tiles(0, false));
    ck_assert_ptr_null(live_tiles(LIVE_WORDS + 1, false));
}

/* --- Failure --------------------------------------------------------------------------------- */

static const void *vector(void)
{
    return live_vector(RIVER);
}
static const void *memory(void)
{
    return live_memory();
}
static const void *block(void)
{
    return live_block(true);
}
static const void *begin_writing(void)
{
    return live_writing(true);
}
static const void *tiles(void)
{
    return live_tiles(2, true);
}

TEST(without_memory_nothing_is_shown_and_later_everything_again)
{
    expect_null_without_memory(vector);
    expect_null_without_memory(memory);
    expect_null_without_memory(block);
    expect_null_without_memory(begin_writing);
    expect_null_without_memory(tiles);
}
