/* The interactive parts of the book show what the programs of their chapters print. */
#include "assert.h"
#include "dot_products.h"
#include "frail_memory.h"
#include "layer_steps.h"
#include "live.h"
#include "printed.h"
#include "whole.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RIVER, MONEY };
enum { LINE_SIZE = 256, BANK = LIVE_WORDS - 1 };

/* The corner of a table of the page that belongs to the words. */
static Matrix words_of(const float *table)
{
    Matrix whole = matrix_view((float *)table, LIVE_PLACES, LIVE_PLACES), rows, corner;
    assert_ok(matrix_rows(whole, 0, LIVE_WORDS, &rows));
    assert_ok(matrix_columns(rows, 0, LIVE_WORDS, &corner));
    return corner;
}

static Matrix square(const float *table)
{
    return matrix_view((float *)table, LIVE_WORDS, LIVE_WORDS);
}

/* --- Names ----------------------------------------------------------------------------------- */

TEST(the_words_are_those_of_the_carried_sentences)
{
    static const char *const TEXTS[] = {EXAMPLE_RIVER, EXAMPLE_MONEY};
    for (size_t s = 0; s < LIVE_SENTENCES; s++) {
        char text[LINE_SIZE] = "";
        for (size_t w = 0; w < LIVE_WORDS; w++) {
            strcat(text, w > 0 ? " " : "");
            strcat(text, live_word(s, w));
        }
        ck_assert_str_eq(text, TEXTS[s]);
        ck_assert_ptr_null(live_word(s, LIVE_WORDS));
    }
    ck_assert_str_eq(live_head(0), "sense");
    ck_assert_str_eq(live_head(1), "who");
    ck_assert_str_eq(live_column(0), "water");
    ck_assert_str_eq(live_column(3), "action");
}

/* --- Temperature ----------------------------------------------------------------------------- */

TEST(the_weights_at_a_temperature_are_those_of_the_program)
{
    static const char *const TEMPERATURES[] = {"0.125", "0.5", "1", "1.09", "2", "64", "1e3"};
    static const char SCORES[] = "0 0 0 0 6 4\n";
    put_bytes("scores.txt", SCORES, sizeof SCORES - 1);
    for (size_t i = 0; i < sizeof TEMPERATURES / sizeof *TEMPERATURES; i++) {
        char arguments[ARGUMENTS_SIZE];
        snprintf(arguments, sizeof arguments, "--x scores.txt --out out.npy --temperature %s",
                 TEMPERATURES[i]);
        whole_expect_success("02_softmax", arguments, NULL);
        Array out = whole_read("out.npy");
        const LiveTemperature *shown = live_temperature(strtof(TEMPERATURES[i], NULL));
        ck_assert_ptr_nonnull(shown);
        assert_matrix_equal(matrix_view((float *)shown->weights, 1, LIVE_WORDS),
                            matrix_view(out.data, 1, LIVE_WORDS));
        array_free(&out);
    }
}

TEST(scores_and_bits_are_those_that_the_lesson_prints)
{
    static const char *const LABELS[] = {"tau = 0.5 ", "tau = 1 ", "tau = 2 ", "tau = 4 ",
                                         "tau = 100 "};
    static const float TEMPERATURES[] = {0.5f, 1, 2, 4, 100};
    Outcome printed = printed_by("02_softmax");
    for (size_t i = 0; i < sizeof TEMPERATURES / sizeof *TEMPERATURES; i++) {
        const LiveTemperature *shown = live_temperature(TEMPERATURES[i]);
        float row[LIVE_WORDS + 1];
        memcpy(row, shown->weights, sizeof shown->weights);
        row[LIVE_WORDS] = shown->bits;
        expect_numbers(behind(printed.out, LABELS[i]) - 1, row, LIVE_WORDS + 1, 2);
    }
    const LiveTemperature *shown = live_temperature(1);
    const char *line = next_line(behind(printed.out, "exp(score)  weight"));
    for (size_t w = 0; w < LIVE_WORDS; w++, line = next_line(line)) {
        char expected[LINE_SIZE];
        double score = shown->scores[w];
        snprintf(expected, sizeof expected, "  %-8s  %5.0f  %10.2f  %6.4f\n", live_word(RIVER, w),
                 score, exp(score), (double)shown->weights[w]);
        ck_assert_msg(strncmp(line, expected, strlen(expected)) == 0,
                      "shown: %s, the program prints: %.60s", expected, line);
    }
    outcome_free(&printed);
}

TEST(a_temperature_that_the_chapter_refuses_shows_nothing)
{
    static const float REFUSED[] = {0.0f, -1.0f, NAN, INFINITY};
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++)
        ck_assert_ptr_null(live_temperature(REFUSED[i]));
    live_temperature(0);
    ck_assert_ptr_nonnull(strstr(live_error(), "the temperature is 0, but it must be above 0"));
}

/* --- Attention ------------------------------------------------------------------------------- */

TEST(attention_is_that_of_the_program)
{
    Outcome printed = printed_by("03_self_attention");
    const char *parts[] = {printed.out, behind(printed.out, EXAMPLE_MONEY)};
    for (size_t s = 0; s < LIVE_SENTENCES; s++) {
        const LiveAttention *shown = live_attention(s);
        ck_assert_ptr_nonnull(shown);
        expect_table(parts[s], "weights, one row", 0, square(shown->weights[0]), 2);
        expect_table(parts[s], "out = weights V", 0,
                     matrix_view((float *)shown->results[0], LIVE_WORDS, EXAMPLE_D_K), 2);
    }
    const LiveAttention *shown = live_attention(RIVER);
    expect_table(printed.out, "scores = Q K^T / sqrt(4)", 0, square(shown->scores[0]), 1);
    expect_table(printed.out, "what each word hands over", 0,
                 matrix_view((float *)shown->values[0], LIVE_WORDS, EXAMPLE_D_K), 0);
    outcome_free(&printed);
}

/* --- Masks ----------------------------------------------------------------------------------- */

static void open_all(void)
{
    for (size_t i = 0; i < LIVE_PLACES * LIVE_PLACES; i++)
        live_allowed()[i] = 1.0f;
}

TEST(masked_weights_are_those_of_the_program)
{
    static const struct {
        bool causal;
        size_t padding;
    } MASKS[] = {{false, 0}, {true, 0}, {false, LIVE_FILLING}, {true, LIVE_FILLING}};
    Outcome printed = printed_by("07_masking");
    for (size_t m = 0; m < sizeof MASKS / sizeof *MASKS; m++) {
        const LiveMasks *shown = live_masks(MASKS[m].causal, MASKS[m].padding);
        ck_assert_ptr_nonnull(shown);
        expect_table(printed.out, "weights in the head sense", m,
                     matrix_view((float *)shown->weights[BANK], 1, LIVE_PLACES), 2);
    }
    const LiveMasks *shown = live_masks(true, LIVE_FILLING);
    expect_table(printed.out, "mask: causal + padding", 0,
                 matrix_view((float *)shown->open[0], LIVE_PLACES, LIVE_PLACES), 0);
    expect_table(printed.out, "head sense, causal", 0, words_of(shown->weights[0]), 2);
    outcome_free(&printed);
}

TEST(the_readers_own_mask_blocks_as_in_the_program)
{
    enum { ALONE = 2 };
    for (size_t i = 0; i < LIVE_PLACES; i++)
        for (size_t j = 0; j < LIVE_PLACES; j++)
            live_allowed()[i * LIVE_PLACES + j] =
                i != ALONE && j + 1 >= i && j <= i + 1 ? 1.0f : 0.0f;
    Outcome printed = printed_by("07_masking");
    const LiveMasks *shown = live_masks(false, LIVE_FILLING);
    ck_assert_ptr_nonnull(shown);
    expect_table(printed.out, "neighbours only, and nobody for \"on\"", 0,
                 words_of(shown->weights[0]), 2);
    for (size_t i = 0; i < LIVE_WORDS; i++)
        assert_close(shown->sums[i], i == ALONE ? 0 : 1, i == ALONE ? 0 : 1e-6);
    outcome_free(&printed);
    open_all();
}

TEST(with_everything_blocked_all_weights_and_sums_are_zero)
{
    const LiveMasks *shown = live_masks(false, LIVE_PLACES);
    ck_assert_ptr_nonnull(shown);
    for (size_t i = 0; i < LIVE_PLACES; i++) {
        assert_close(shown->sums[i], 0, 0);
        for (size_t j = 0; j < LIVE_PLACES; j++) {
            assert_close(shown->weights[i][j], 0, 0);
            assert_close(shown->open[i][j], 0, 0);
        }
    }
}

TEST(a_mask_that_the_chapter_refuses_shows_nothing)
{
    ck_assert_ptr_null(live_masks(true, LIVE_PLACES + 1));
    live_allowed()[LIVE_PLACES] = 0.5f;
    ck_assert_ptr_null(live_masks(false, 0));
    ck_assert_ptr_nonnull(strstr(live_error(), "the mask holds 0.5 at row 1, column 0"));
    open_all();
}

/* --- Heads ----------------------------------------------------------------------------------- */

TEST(the_weights_of_each_head_are_those_of_the_program)
{
    static const char *const TITLES[] = {"head 0, sense", "head 1, who"};
    Outcome printed = printed_by("05_multi_head_attention");
    const LiveHeads *shown = live_heads(RIVER);
    ck_assert_ptr_nonnull(shown);
    for (size_t h = 0; h < EXAMPLE_HEADS; h++)
        expect_table(printed.out, TITLES[h], 0, square(shown->weights[h][0]), 2);
    outcome_free(&printed);
}

TEST(each_word_is_nearest_to_the_word_that_the_program_names)
{
    Outcome printed = printed_by("05_multi_head_attention");
    const char *at = printed.out;
    for (size_t s = 0; s < LIVE_SENTENCES; s++) {
        const LiveHeads *shown = live_heads(s);
        for (size_t w = 0; w < LIVE_WORDS; w++) {
            char expected[LINE_SIZE];
            at = behind(at, "is now nearest to ");
            snprintf(expected, sizeof expected, "%-8s (cosine %.2f)",
                     shown->nearest[EXAMPLE_HEADS][w][0],
                     (double)shown->cosines[EXAMPLE_HEADS][w][0]);
            ck_assert_msg(strncmp(at, expected, strlen(expected)) == 0,
                          "%s in sentence %zu: shown: %s, the program prints: %.30s",
                          live_word(s, w), s, expected, at);
        }
    }
    outcome_free(&printed);
}

/* What a head adds to a word's output, in plain loops: its four numbers times its rows of W_o. */
static void add_of_head(const LayerSteps *steps, size_t head, size_t word, float *sum)
{
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++) {
        double total = 0;
        for (size_t r = head * EXAMPLE_D_K; r < (head + 1) * EXAMPLE_D_K; r++)
            total += (double)matrix_row(steps->all.concat, word)[r] *
                     matrix_row(example_layer().w_o, r)[c];
        sum[c] = (float)total;
    }
}

/* How many words of the vocabulary are nearer than this. */
static size_t count_nearer(const float *vector, float cosine)
{
    size_t count = 0;
    for (size_t i = 0; vocabulary_word(i) != NULL; i++)
        count += cosine_similarity(vector, vocabulary_vector(i), EXAMPLE_D_MODEL) > cosine + 1e-6f;
    return count;
}

TEST(the_words_named_for_a_head_alone_are_the_nearest_ones)
{
    LayerSteps steps;
    assert_ok(layer_steps_create(EXAMPLE_RIVER, &steps));
    const LiveHeads *shown = live_heads(RIVER);
    for (size_t h = 0; h < EXAMPLE_HEADS; h++)
        for (size_t w = 0; w < LIVE_WORDS; w++) {
            float vector[EXAMPLE_D_MODEL];
            add_of_head(&steps, h, w, vector);
            for (size_t n = 0; n < LIVE_NEAREST; n++) {
                const char *word = shown->nearest[h][w][n];
                size_t i = 0;
                while (vocabulary_word(i) != word)
                    i++;
                float cosine = cosine_similarity(vector, vocabulary_vector(i), EXAMPLE_D_MODEL);
                assert_close(shown->cosines[h][w][n], cosine, 1e-6);
                ck_assert_uint_le(count_nearer(vector, cosine), n);
                ck_assert(n == 0 || word != shown->nearest[h][w][n - 1]);
            }
        }
    layer_steps_free(&steps);
}

/* --- Positions ------------------------------------------------------------------------------- */

TEST(positions_are_those_of_the_program)
{
    static const size_t STARTS[] = {0, 20, 500};
    Outcome printed = printed_by("06_positional_encoding");
    for (size_t t = 0; t < LIVE_WORDS; t++)
        expect_table(printed.out, "words a turn", t, /* this table has no line of columns */
                     matrix_view((float *)live_positions(t)->encoding, 1, EXAMPLE_D_MODEL), 2);
    for (size_t s = 0; s < sizeof STARTS / sizeof *STARTS; s++) {
        const float *products = live_positions(STARTS[s])->products;
        expect_table(printed.out, "PE(t) . PE(t + k)", s,
                     matrix_view((float *)products + LIVE_REACH, 1, LIVE_REACH + 1), 2);
        for (size_t k = 1; k <= LIVE_REACH; k++)
            if (STARTS[s] >= k)
                assert_close(products[LIVE_REACH - k], products[LIVE_REACH + k], 1e-5);
            else
                ck_assert_float_nan(products[LIVE_REACH - k]);
    }
    outcome_free(&printed);
}

/* --- Learning -------------------------------------------------------------------------------- */

TEST(learning_is_that_of_the_program)
{
    enum { STEPS = 60 };
    char line[LINE_SIZE];
    Outcome printed = whole_run("11_learning", "--task reverse --steps 60 --plots .", NULL);
    float due = live_learning(true)->due;
    for (size_t i = 0; i < STEPS; i++)
        ck_assert_ptr_nonnull(live_learning(false));
    const LiveLearning *shown = live_learning(true);
    ck_assert_float_nan(shown->loss);
    assert_close(shown->due, due, 1e-6); /* it has begun anew */
    for (size_t i = 0; i < STEPS; i++)
        shown = live_learning(false);
    assert_close(shown->step, STEPS, 0.0);
    snprintf(line, sizeof line, "reads:  %s\nwrites: %s", shown->reads, shown->writes);
    (void)behind(printed.out, line);
    snprintf(line, sizeof line, "on average: %.2f at first, %.2f at last", (double)due,
             (double)shown->due);
    (void)behind(printed.out, line);
    outcome_free(&printed);
}

TEST(a_step_without_memory_shows_nothing_and_learning_goes_on)
{
    ck_assert_ptr_nonnull(live_learning(true));
    memory_fail_at(1);
    ck_assert_ptr_null(live_learning(false));
    memory_fail_at(0);
    assert_close(live_learning(false)->step, 1, 0.0);
}

/* --- Failure --------------------------------------------------------------------------------- */

TEST(there_is_no_third_sentence)
{
    ck_assert_ptr_null(live_word(LIVE_SENTENCES, 0));
    ck_assert_ptr_null(live_attention(LIVE_SENTENCES));
    ck_assert_str_eq(live_error(), "there is no sentence 2");
    ck_assert_ptr_null(live_heads(LIVE_SENTENCES));
}

static const void *one_word(void)
{
    return live_word(MONEY, 2);
}
static const void *warm(void)
{
    return live_temperature(2);
}
static const void *attend(void)
{
    return live_attention(MONEY);
}
static const void *mask(void)
{
    return live_masks(true, LIVE_FILLING);
}
static const void *look(void)
{
    return live_heads(MONEY);
}
static const void *begin(void)
{
    return live_learning(true);
}

TEST(without_memory_nothing_is_shown_and_later_everything_again)
{
    expect_null_without_memory(one_word);
    expect_null_without_memory(warm);
    expect_null_without_memory(attend);
    expect_null_without_memory(mask);
    expect_null_without_memory(look);
    expect_null_without_memory(begin);
}
