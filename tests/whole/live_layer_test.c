/* The layer of the book's first page computes what the chapters compute, whatever the sentence. */
#include "assert.h"
#include "example_under_mask.h"
#include "frail_memory.h"
#include "layer_steps.h"
#include "live_layer.h"
#include "matrices.h"
#include "positional_encoding.h"
#include "random.h"
#include "self_attention.h"
#include "softmax.h"
#include "whole.h"

#include <string.h>

enum { SENTENCES = 50 };

/* A sentence of 1 to 12 words of the vocabulary, for the page and for the caller. */
static const char *write_sentence(size_t number)
{
    char *text = live_layer_text();
    Random random = {number};
    size_t words = 1 + number % LIVE_LAYER_WORDS, known = 0;
    while (vocabulary_word(known) != NULL)
        known++;
    text[0] = '\0';
    for (size_t w = 0; w < words; w++) {
        strcat(text, w > 0 ? " " : "");
        strcat(text, vocabulary_word(random_between(&random, 0, known - 1)));
    }
    return text;
}

static void write_text(const char *text)
{
    strcpy(live_layer_text(), text);
}

static void expect_same(LiveMatrix which, size_t head, Matrix expected)
{
    assert_matrix_equal(*live_layer_matrix(which, head), expected);
}

/* Runs the layer on each sentence, and the chapters beside it. */
TEST(fifty_sentences_are_as_in_chapter_5)
{
    for (size_t n = 0; n < SENTENCES; n++) {
        LayerSteps steps;
        assert_ok(layer_steps_create(write_sentence(n), &steps));
        ck_assert_msg(live_layer_run(false, false, true, 1), "%s", live_error());
        expect_same(LIVE_VECTORS, 0, steps.sentence.x);
        expect_same(LIVE_X, 0, steps.sentence.x);
        for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
            HeadMatrices one;
            assert_ok(multi_head_select(&steps.all, EXAMPLE_HEADS, h, &one));
            expect_same(LIVE_Q, h, one.q);
            expect_same(LIVE_K, h, one.k);
            expect_same(LIVE_V, h, one.v);
            expect_same(LIVE_WEIGHTS, h, layer_weights(&steps, h));
            expect_same(LIVE_HEAD, h, one.concat);
        }
        expect_same(LIVE_CONCAT, 0, steps.all.concat);
        expect_same(LIVE_OUT, 0, steps.out);
        ck_assert_uint_eq(live_layer_focus(), steps.word);
        for (size_t t = 0; t < steps.sentence.count; t++)
            ck_assert_str_eq(live_layer_word(t), steps.sentence.words[t]);
        ck_assert_ptr_null(live_layer_word(steps.sentence.count));
        layer_steps_free(&steps);
    }
}

TEST(with_positions_and_a_mask_they_are_as_in_chapters_6_and_7)
{
    for (size_t n = 0; n < SENTENCES; n++) {
        Sentence sentence;
        MaskedResult result;
        AttentionMask mask = {.causal = n % 3 > 0};
        bool positions = n % 2 > 0;
        assert_ok(sentence_create(write_sentence(n), &sentence));
        if (positions)
            assert_ok(add_positions(sentence.x, 0, sentence.x));
        assert_ok(run_masked_layer(sentence.x, NO_MATRIX, &mask, &result));
        ck_assert(live_layer_run(mask.causal, positions, true, 1));
        expect_same(LIVE_X, 0, sentence.x);
        expect_same(LIVE_OUT, 0, result.out);
        for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
            Matrix own, open = *live_layer_matrix(LIVE_OPEN, h);
            assert_ok(matrix_rows(result.weights, h * sentence.count, sentence.count, &own));
            expect_same(LIVE_WEIGHTS, h, own);
            for (size_t i = 0; i < open.rows; i++)
                for (size_t j = 0; j < open.cols; j++)
                    assert_close(matrix_row(open, i)[j], may_attend(&mask, i, j, open.cols) ? 1 : 0,
                                 0);
        }
        masked_result_free(&result);
        sentence_free(&sentence);
    }
}

/* The weights that chapter 2 makes of unmasked scores at a temperature. */
static void expect_weights(size_t head, float scale, float temperature)
{
    Matrix scores = room(live_layer_matrix(LIVE_SCORES, head)->rows,
                         live_layer_matrix(LIVE_SCORES, head)->cols);
    Matrix expected = room(scores.rows, scores.cols);
    Matrix q = *live_layer_matrix(LIVE_Q, head), k = *live_layer_matrix(LIVE_K, head);
    assert_ok(attention_scores(q, k, 1, scores));
    expect_same(LIVE_SCORES, head, scores);
    assert_ok(attention_scores(q, k, scale, scores));
    assert_ok(softmax_with_temperature(scores, temperature, expected));
    assert_matrix_close(*live_layer_matrix(LIVE_WEIGHTS, head), expected, 1e-6);
    assert_ok(attention_scores(q, k, scale / temperature, scores));
    expect_same(LIVE_SCALED, head, scores);
}

TEST(scale_and_temperature_are_those_of_chapters_2_and_3)
{
    static const float TEMPERATURES[] = {0.25f, 1, 3};
    for (size_t n = 0; n < SENTENCES; n++) {
        float temperature = TEMPERATURES[n % 3];
        bool scaled = n % 2 > 0;
        (void)write_sentence(n);
        ck_assert(live_layer_run(false, false, scaled, temperature));
        for (size_t h = 0; h < EXAMPLE_HEADS; h++)
            expect_weights(h, scaled ? attention_scale(EXAMPLE_D_K) : 1, temperature);
    }
}

TEST(the_projections_and_the_columns_are_those_of_the_example)
{
    ExampleLayer layer = example_layer();
    write_text(EXAMPLE_MONEY);
    ck_assert(live_layer_run(false, false, true, 1));
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        expect_same(LIVE_W_Q, h, layer.heads[h].w_q);
        expect_same(LIVE_W_K, h, layer.heads[h].w_k);
        expect_same(LIVE_W_V, h, layer.heads[h].w_v);
    }
    expect_same(LIVE_W_O, 0, layer.w_o);
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
        ck_assert_str_eq(live_layer_column(c), EXAMPLE_COLUMNS[c]);
}

TEST(bank_is_near_to_other_words_before_and_after)
{
    write_text(EXAMPLE_RIVER);
    ck_assert(live_layer_run(false, false, true, 1));
    size_t bank = live_layer_focus();
    ck_assert_str_eq(live_layer_nearest(LIVE_X, bank)->words[0], "bank");
    assert_close(live_layer_nearest(LIVE_X, bank)->cosines[0], 1, 1e-6);
    ck_assert_str_eq(live_layer_nearest(LIVE_OUT, bank)->words[0],
                     live_heads(0)->nearest[EXAMPLE_HEADS][bank][0]);
    ck_assert_ptr_null(live_layer_nearest(LIVE_OUT, bank + 1));
    ck_assert_ptr_null(live_layer_nearest(LIVE_Q, bank));
}

/* --- Failure --------------------------------------------------------------------------------- */

static void expect_refusal(float temperature, const char *reason)
{
    ck_assert(!live_layer_run(true, true, true, temperature));
    ck_assert_str_eq(live_error(), reason);
    ck_assert_ptr_null(live_layer_word(0));
    ck_assert_ptr_null(live_layer_matrix(LIVE_OUT, 1)->data);
    ck_assert_uint_eq(live_layer_focus(), 0);
}

TEST(what_cannot_be_read_is_refused_and_nothing_is_left)
{
    write_text(EXAMPLE_RIVER);
    ck_assert(live_layer_run(false, false, true, 1));
    write_text("the rivver bank");
    expect_refusal(1,
                   "unknown word \"rivver\"; the nearest known ones are river, fisher and banker");
    write_text(" ");
    expect_refusal(1, "the sentence has no word; try \"she sat on the river bank\"");
    write_text("a a a a a a a a a a a a a");
    expect_refusal(1, "the sentence has 13 words, but the picture has room for 12");
    write_text(EXAMPLE_RIVER);
    expect_refusal(0, "softmax: the temperature is 0, but it must be above 0 and finite");
}

TEST(without_memory_nothing_is_shown_and_later_everything_again)
{
    bool failed = true;
    size_t allocation = 1;
    for (; failed; allocation++) {
        write_text(EXAMPLE_MONEY);
        memory_fail_at(allocation);
        bool shown = live_layer_run(true, true, true, 1);
        failed = memory_has_failed();
        memory_fail_at(0);
        ck_assert_msg(shown != failed, "allocation %zu", allocation);
        ck_assert_msg((live_layer_word(0) == NULL) == failed, "allocation %zu", allocation);
    }
    ck_assert_uint_gt(allocation, 10);
}
