/* Chapter 9: the two models by hand do what the lesson says, for every possible text; and the
 * counted cost of a word is what plain loops count. */
#include "hand_model.h"

#include "assert.h"
#include "example.h"
#include "generation_cost.h"
#include "matrices.h"
#include "numbered_text.h"
#include "oracle.h"

#include <string.h>

static const Sampling GREEDY = {0.0f, 0};
static const Memory NO_MEMORY = {{NULL, 0, 0, 0}, 0};
enum { LONGEST = 24 };

/* The next text of this length over the words 1 to vocabulary - 1, as one counts; false after the
 * last one. */
static bool next_text(size_t *words, size_t count, size_t vocabulary)
{
    for (size_t i = 0; i < count; i++) {
        if (++words[i] < vocabulary)
            return true;
        words[i] = 1;
    }
    return false;
}

static void first_text(size_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        words[i] = 1;
}

/* --- Copying --------------------------------------------------------------------------------- */

/* What followed the last earlier occurrence of the last word; the full stop if there is none. */
static size_t follower(const size_t *words, size_t count)
{
    for (size_t t = count - 1; t > 0; t--)
        if (words[t - 1] == words[count - 1])
            return words[t];
    return 0;
}

/* What the decoder makes of some words. */
static Matrix decoded(const HandModel *hand, const size_t *words, size_t count, Memory memory,
                      DecoderWeights weights)
{
    Matrix x = zeros(count, hand->d_model);
    assert_ok(embed(words, count, 0, &hand->model.embedding, x));
    assert_ok(decoder(x, memory, &hand->model.decoder, weights, x));
    return x;
}

/* The model's guess after every word of a text. */
static void check_copies(const HandModel *hand, const size_t *words, size_t count)
{
    Matrix x = decoded(hand, words, count, NO_MEMORY, NO_WEIGHTS);
    Matrix logits = zeros(count, hand->words);
    assert_ok(vocabulary_logits(x, hand->model.embedding.words, logits));
    for (size_t t = 1; t < count; t++)
        ck_assert_uint_eq(greedy_word(one_row(logits, t)), follower(words, t + 1));
    test_memory_free_all();
}

static void check_all_copies(size_t vocabulary, size_t length)
{
    HandModel hand;
    size_t words[LONGEST] = {0}; /* the full stop in front */
    assert_ok(copying_model_create(vocabulary, length + 1, &hand));
    first_text(words + 1, length);
    do
        check_copies(&hand, words, length + 1);
    while (next_text(words + 1, length, vocabulary));
    hand_model_free(&hand);
}

TEST(every_text_is_continued_as_it_went_on_last_time)
{
    for (size_t length = 1; length <= 6; length++)
        check_all_copies(4, length);
    check_all_copies(2, 9);
    check_all_copies(3, 8);
}

TEST(long_texts_are_continued_as_well)
{
    Random random = {1};
    for (size_t i = 0; i < random_cases() / 5; i++) {
        HandModel hand;
        size_t words[LONGEST] = {0}, vocabulary = random_between(&random, 2, 30);
        size_t count = random_between(&random, 2, LONGEST);
        for (size_t t = 1; t < count; t++)
            words[t] = random_between(&random, 1, vocabulary - 1);
        assert_ok(copying_model_create(vocabulary, LONGEST, &hand));
        check_copies(&hand, words, count);
        hand_model_free(&hand);
    }
}

TEST(the_heads_look_where_the_lesson_says)
{
    /* . a b c a b: the word before; then what stood after the same word */
    static const size_t WORDS[] = {0, 1, 2, 3, 1, 2};
    static const size_t BEFORE[] = {0, 0, 1, 2, 3, 4}, FOUND[] = {0, 0, 0, 0, 2, 3};
    HandModel hand;
    Matrix weights = zeros(12, 6);
    assert_ok(copying_model_create(4, 6, &hand));
    decoded(&hand, WORDS, 6, NO_MEMORY, (DecoderWeights){weights, NO_MATRIX});
    for (size_t t = 0; t < 6; t++) {
        assert_close(matrix_row(weights, t)[BEFORE[t]], 1, 1e-4);
        assert_close(matrix_row(weights, 6 + t)[FOUND[t]], 1, 1e-4);
    }
    hand_model_free(&hand);
}

/* The norms of a model by hand give back what they get. */
static void check_idle(const LayerNorm *norm, Matrix x)
{
    Matrix out = zeros(x.rows, x.cols);
    assert_ok(layer_norm(x, norm, out));
    assert_matrix_close(out, x, 1e-6);
}

TEST(the_norms_change_nothing)
{
    static const size_t WORDS[] = {0, 3, 1, 3, 2};
    HandModel hand;
    assert_ok(copying_model_create(4, 9, &hand));
    Matrix x = zeros(5, hand.d_model);
    assert_ok(embed(WORDS, 5, 0, &hand.model.embedding, x));
    check_idle(&hand.blocks[0].norm_1, x);
    assert_ok(decoder_block(x, NO_MEMORY, &hand.blocks[0], NO_WEIGHTS, x));
    check_idle(&hand.blocks[1].norm_1, x);
    hand_model_free(&hand);
}

/* --- Reversing ------------------------------------------------------------------------------- */

/* Reads `count` words and a full stop, and writes, with or without a cache. */
static void check_reversal(const HandModel *hand, const size_t *words, size_t count,
                           bool with_cache)
{
    size_t source[LONGEST], written[LONGEST + 1] = {0};
    Text text = {written, 1, count + 2, 0};
    DecoderCache cache;
    Memory memory = {zeros(count + 1, hand->d_model), 0};
    memcpy(source, words, count * sizeof *words);
    source[count] = 0;
    assert_ok(hand_model_read(hand, source, count + 1, NO_MATRIX, memory.x));
    assert_ok(decoder_cache_create(&hand->model.decoder, memory, count + 2, &cache));
    assert_ok(generate(&hand->model, memory, &GREEDY, NULL, with_cache ? &cache : NULL, &text));
    ck_assert_uint_eq(text.count, count + 2);
    for (size_t t = 0; t < count; t++)
        ck_assert_uint_eq(written[1 + t], words[count - 1 - t]);
    ck_assert_uint_eq(written[count + 1], 0);
    decoder_cache_free(&cache);
    test_memory_free_all();
}

static void check_all_reversals(size_t vocabulary, size_t length, size_t places)
{
    HandModel hand;
    size_t words[LONGEST];
    assert_ok(reversing_model_create(vocabulary, places, &hand));
    first_text(words, length);
    do
        check_reversal(&hand, words, length, length % 2 == 0);
    while (next_text(words, length, vocabulary));
    hand_model_free(&hand);
}

TEST(every_source_is_reversed)
{
    check_all_reversals(2, 0, 1);
    for (size_t length = 1; length <= 5; length++)
        check_all_reversals(4, length, 7); /* the same model for all lengths */
    check_all_reversals(3, 6, 7);
}

TEST(long_sources_are_reversed_as_well)
{
    Random random = {2};
    for (size_t i = 0; i < random_cases() / 10; i++) {
        HandModel hand;
        size_t words[LONGEST], vocabulary = random_between(&random, 2, 30);
        size_t count = random_between(&random, 1, LONGEST - 2);
        for (size_t t = 0; t < count; t++)
            words[t] = random_between(&random, 1, vocabulary - 1);
        assert_ok(reversing_model_create(vocabulary, LONGEST - 1, &hand));
        check_reversal(&hand, words, count, i % 2 == 0);
        hand_model_free(&hand);
    }
}

TEST(the_cross_attention_is_an_anti_diagonal)
{
    static const size_t SOURCE[] = {1, 2, 2, 3, 0}, TARGET[] = {0, 3, 2, 2, 1};
    HandModel hand;
    Matrix weights = zeros(5, 5), encoder_weights = zeros(5, 5);
    assert_ok(reversing_model_create(4, 5, &hand));
    Memory memory = {zeros(5, hand.d_model), 0};
    assert_ok(hand_model_read(&hand, SOURCE, 5, encoder_weights, memory.x));
    decoded(&hand, TARGET, 5, memory, (DecoderWeights){NO_MATRIX, weights});
    for (size_t t = 0; t < 5; t++) {
        assert_close(matrix_row(encoder_weights, t)[4], 1, 1e-6);
        assert_close(matrix_row(weights, t)[t < 4 ? 3 - t : 4], 1, 1e-6);
    }
    hand_model_free(&hand);
}

TEST(without_memory_a_model_leaves_nothing_behind)
{
    HandModel hand;
    for (size_t n = 1; runs_out_at(n, copying_model_create(3, 4, &hand)); n++)
        hand_model_free(&hand);
    hand_model_free(&hand);
    for (size_t n = 1; runs_out_at(n, reversing_model_create(3, 4, &hand)); n++)
        hand_model_free(&hand);
    hand_model_free(&hand);
}

/* --- Words as numbers ------------------------------------------------------------------------ */

TEST(words_are_numbered_in_the_order_of_their_first_occurrence)
{
    static const size_t FRONT[] = {0, 1, 2, 1, 3}, BEHIND[] = {1, 2, 1, 3, 0};
    Sentence sentence;
    NumberedText front, behind;
    assert_ok(sentence_create("she saw she sat", &sentence));
    assert_ok(numbered_text_create(sentence, true, 2, &front));
    assert_ok(numbered_text_create(sentence, false, 0, &behind));
    ck_assert_uint_eq(front.vocabulary, 4);
    ck_assert_uint_eq(front.text.count, 5);
    ck_assert_uint_eq(front.text.limit, 7);
    ck_assert(memcmp(front.text.words, FRONT, sizeof FRONT) == 0);
    ck_assert(memcmp(behind.text.words, BEHIND, sizeof BEHIND) == 0);
    ck_assert_str_eq(front.names[0], ".");
    ck_assert_str_eq(front.names[3], "sat");
    ck_assert_str_eq(behind.labels[2], "she");
    numbered_text_free(&front);
    numbered_text_free(&behind);
    for (size_t n = 1; runs_out_at(n, numbered_text_create(sentence, true, 2, &front)); n++)
        numbered_text_free(&front);
    numbered_text_free(&front);
    sentence_free(&sentence);
}

/* --- The cost of a word ---------------------------------------------------------------------- */

static size_t count_linear(size_t rows, Matrix w)
{
    size_t count = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < w.cols; c++)
            for (size_t i = 0; i < w.rows; i++)
                count++;
    return count;
}

/* Head by head: a score for each query and key, and as many sums of values. */
static size_t count_heads(const MultiHeadLayer *layer, size_t queries, size_t keys)
{
    size_t count = 0;
    for (size_t h = 0; h < layer->heads; h++)
        for (size_t i = 0; i < queries; i++)
            for (size_t j = 0; j < keys; j++)
                count += layer->w_q.cols / layer->heads + layer->w_v.cols / layer->heads;
    return count;
}

static size_t count_block(const DecoderBlock *block, size_t fresh, size_t past, size_t source)
{
    const MultiHeadLayer *self = &block->self_attention, *cross = &block->cross_attention;
    size_t count = count_linear(fresh, self->w_q) + count_linear(fresh, self->w_k) +
                   count_linear(fresh, self->w_v) + count_linear(fresh, self->w_o) +
                   count_heads(self, fresh, past + fresh) + count_linear(fresh, cross->w_q) +
                   count_linear(fresh, cross->w_o) + count_heads(cross, fresh, source) +
                   count_linear(fresh, block->feed_forward.w_1) +
                   count_linear(fresh, block->feed_forward.w_2);
    if (past == 0)
        count += count_linear(source, cross->w_k) + count_linear(source, cross->w_v);
    return count;
}

TEST(multiplications_are_counted_exactly)
{
    HandModel copying, reversing;
    assert_ok(copying_model_create(3, 6, &copying));
    assert_ok(reversing_model_create(4, 5, &reversing));
    reversing.blocks[0].feed_forward = reversing.encoder_block.feed_forward;
    for (size_t fresh = 1; fresh < 5; fresh++)
        for (size_t past = 0; past < 4; past++) {
            const LanguageModel *model = &copying.model;
            size_t blocks = count_block(&copying.blocks[0], fresh, past, 0) +
                            count_block(&copying.blocks[1], fresh, past, 0);
            assert_close(word_multiplications(model, fresh, past, 0),
                         (double)(blocks + count_linear(1, model->embedding.words)), 0);
            model = &reversing.model;
            blocks = count_block(&reversing.blocks[0], fresh, past, 7);
            assert_close(word_multiplications(model, fresh, past, 7),
                         (double)(blocks + count_linear(1, model->embedding.words)), 0);
        }
    hand_model_free(&copying);
    hand_model_free(&reversing);
}
