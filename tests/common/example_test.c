/* The example world: its words, its sentences, its hand-made layer. */
#include "assert.h"
#include "example.h"
#include "frail_memory.h"

#include <math.h>
#include <string.h>

TEST(a_sentence_is_its_words_and_their_vectors)
{
    static const float BANK[EXAMPLE_D_MODEL] = {0, 0, 2, 0, 1, 0, 1, 0};
    Sentence sentence;
    assert_ok(sentence_create(EXAMPLE_RIVER, &sentence));
    ck_assert_uint_eq(sentence.count, 6);
    ck_assert_str_eq(sentence.words[0], "she");
    ck_assert_str_eq(sentence.words[5], "bank");
    ck_assert_uint_eq(sentence.x.rows, 6);
    ck_assert_uint_eq(sentence.x.cols, EXAMPLE_D_MODEL);
    for (size_t c = 0; c < EXAMPLE_D_MODEL; c++)
        assert_close(matrix_row(sentence.x, 5)[c], BANK[c], 0);
    sentence_free(&sentence);
    ck_assert_uint_eq(sentence.count, 0);
}

TEST(both_sentences_end_with_the_same_word)
{
    Sentence river, money;
    assert_ok(sentence_create(EXAMPLE_RIVER, &river));
    assert_ok(sentence_create(EXAMPLE_MONEY, &money));
    ck_assert_str_eq(river.words[river.count - 1], money.words[money.count - 1]);
    sentence_free(&river);
    sentence_free(&money);
}

TEST(case_blanks_and_punctuation_do_not_matter)
{
    Sentence sentence;
    assert_ok(sentence_create(" \"The  RIVER,\n - bank!\"\t", &sentence));
    ck_assert_uint_eq(sentence.count, 3);
    ck_assert_str_eq(sentence.words[0], "the");
    ck_assert_str_eq(sentence.words[1], "river");
    ck_assert_str_eq(sentence.words[2], "bank");
    sentence_free(&sentence);
}

TEST(an_unknown_word_gets_the_nearest_known_ones)
{
    Sentence sentence;
    assert_fails(sentence_create("the rivver bank", &sentence), STATUS_VALUE,
                 "unknown word \"rivver\"; the nearest known ones are river,");
    ck_assert_uint_eq(sentence.count, 0);
    assert_fails(sentence_create("monet", &sentence), STATUS_VALUE, "ones are money, ");
}

TEST(a_word_of_any_length_and_any_bytes_is_merely_unknown)
{
    Sentence sentence;
    char longest[5000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_fails(sentence_create(longest, &sentence), STATUS_VALUE, "unknown word \"xxxx");
    assert_fails(sentence_create("\xff\xfe\x01", &sentence), STATUS_VALUE, "unknown word");
}

TEST(a_sentence_without_words_is_refused)
{
    Sentence sentence;
    assert_fails(sentence_create("", &sentence), STATUS_VALUE, "no word");
    assert_fails(sentence_create(" ... !", &sentence), STATUS_VALUE, "no word");
}

TEST(a_sentence_survives_memory_running_out)
{
    Sentence sentence;
    for (size_t n = 1;; n++) {
        memory_fail_at(n);
        Status status = sentence_create(EXAMPLE_RIVER, &sentence);
        if (!memory_has_failed())
            break;
        ck_assert_int_eq(status, STATUS_NO_MEMORY);
        ck_assert_ptr_null(sentence.words);
    }
    memory_fail_at(0);
    sentence_free(&sentence);
}

TEST(the_vocabulary_has_no_word_twice_and_room_for_positions)
{
    size_t count = 0;
    for (; vocabulary_word(count) != NULL; count++) {
        ck_assert_msg(vocabulary_vector(count)[0] == 0 && vocabulary_vector(count)[1] == 0,
                      "\"%s\" uses a free column", vocabulary_word(count));
        for (size_t other = 0; other < count; other++)
            ck_assert_str_ne(vocabulary_word(count), vocabulary_word(other));
    }
    ck_assert_uint_ge(count, 36);
}

TEST(every_number_of_a_word_can_be_written_by_hand)
{
    for (size_t i = 0; vocabulary_word(i) != NULL; i++)
        for (size_t c = 0; c < EXAMPLE_D_MODEL; c++) {
            float number = vocabulary_vector(i)[c];
            ck_assert_msg(number == floorf(number) && number >= 0 && number <= 3,
                          "\"%s\" has %g in column %s", vocabulary_word(i), (double)number,
                          EXAMPLE_COLUMNS[c]);
        }
}

TEST(the_heads_are_the_column_blocks_of_the_layer)
{
    ExampleLayer layer = example_layer();
    for (size_t h = 0; h < EXAMPLE_HEADS; h++) {
        Matrix block;
        assert_ok(matrix_columns(layer.w_q, h * EXAMPLE_D_K, EXAMPLE_D_K, &block));
        ck_assert_ptr_eq(layer.heads[h].w_q.data, block.data);
        assert_matrix_equal(layer.heads[h].w_q, block);
        assert_ok(matrix_columns(layer.w_k, h * EXAMPLE_D_K, EXAMPLE_D_K, &block));
        assert_matrix_equal(layer.heads[h].w_k, block);
        assert_ok(matrix_columns(layer.w_v, h * EXAMPLE_D_K, EXAMPLE_D_K, &block));
        assert_matrix_equal(layer.heads[h].w_v, block);
    }
    ck_assert_str_eq(layer.heads[0].name, "sense");
    ck_assert_str_eq(layer.heads[1].name, "who");
}

TEST(the_previous_head_asks_only_the_free_columns)
{
    ExampleHead head = example_previous_head();
    for (size_t r = 2; r < EXAMPLE_D_MODEL; r++)
        for (size_t c = 0; c < EXAMPLE_D_K; c++) {
            assert_close(matrix_row(head.w_q, r)[c], 0, 0);
            assert_close(matrix_row(head.w_k, r)[c], 0, 0);
        }
}

TEST(the_beginning_of_a_text_ends_behind_its_words)
{
    static const struct {
        const char *text;
        size_t most, count, bytes;
    } CASES[] = {{"the river bank", 2, 3, 9},
                 {"the river bank", 3, 3, 14},
                 {"the river bank", 9, 3, 14},
                 {"  the  - river , bank ", 2, 3, 14},
                 {"  the  - river , ", 2, 2, 17},
                 {"the river", 0, 2, 0},
                 {"", 2, 0, 0},
                 {" - ", 1, 0, 3}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        size_t count;
        ck_assert_uint_eq(sentence_beginning(CASES[i].text, CASES[i].most, &count), CASES[i].bytes);
        ck_assert_uint_eq(count, CASES[i].count);
    }
}

TEST(the_examples_follow_bank_or_the_last_word)
{
    Sentence sentence;
    assert_ok(sentence_create("the bank of the river", &sentence));
    ck_assert_uint_eq(sentence_focus(sentence), 1);
    sentence_free(&sentence);
    assert_ok(sentence_create("he put money in", &sentence));
    ck_assert_uint_eq(sentence_focus(sentence), 3);
    sentence_free(&sentence);
}
