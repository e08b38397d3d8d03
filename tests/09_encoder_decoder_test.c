/* Chapter 9: the decoder, choosing words, and writing with and without a cache. */
#include "encoder_decoder.h"

#include "assert.h"
#include "blocks.h"
#include "layers.h"
#include "matrices.h"
#include "positional_encoding.h"
#include "writing_extra.h"

#include <math.h>
#include <string.h>

static const LayerNorm PLAIN = {.epsilon = DEFAULT_EPSILON};
static const Memory NO_MEMORY = {{NULL, 0, 0, 0}, 0};

/* Words and numbers of words. */
#define assert_count(actual, expected)                                                             \
    check_close(__FILE__, __LINE__, #actual, (double)(actual), (double)(expected), 0)

/* --- Words in, words out ---------------------------------------------------------------------- */

#define THREE_WORDS MATRIX(3, 4, 1, 2, 3, 4, 0, 1, 0, -1, 2, 0, 0, 0)
#define TWO_PLACES MATRIX(2, 4, 1, 0, 0, 0, 0, 10, 0, 0)

TEST(a_word_is_multiplied_by_the_root_of_d_model_and_its_place_is_not)
{
    /* d_model = 4, so the root is 2 */
    Embedding embedding = {THREE_WORDS, TWO_PLACES};
    Matrix rows = room(2, 4), row = room(1, 4);
    assert_ok(embed((size_t[]){2, 0}, 2, 0, &embedding, rows));
    assert_matrix_close(rows, MATRIX(2, 4, 5, 0, 0, 0, 2, 14, 6, 8), 1e-6);
    assert_ok(embed((size_t[]){1}, 1, 1, &embedding, row));
    assert_matrix_close(row, MATRIX(1, 4, 0, 12, 0, -2), 1e-6);
}

TEST(without_a_table_of_positions_the_waves_are_added)
{
    Random random = {3};
    size_t words[] = {4, 0, 2};
    Embedding embedding = {random_matrix(&random, 5, 6, 1.0), NO_MATRIX};
    Matrix out = room(3, 6), expected = room(3, 6);
    sinusoidal_positions(7, expected);
    for (size_t t = 0; t < 3; t++)
        for (size_t c = 0; c < 6; c++)
            matrix_row(expected, t)[c] += sqrtf(6) * matrix_row(embedding.words, words[t])[c];
    assert_ok(embed(words, 3, 7, &embedding, out));
    assert_matrix_close(out, expected, 1e-6);
}

TEST(logits_compare_a_row_with_every_word)
{
    Matrix logits = room(2, 3);
    assert_ok(vocabulary_logits(MATRIX(2, 4, 1, 0, 0, 1, 0, 2, 0, 0), THREE_WORDS, logits));
    assert_matrix_close(logits, MATRIX(2, 3, 5, -1, 2, 4, 2, 0), 1e-6);
}

/* --- The block -------------------------------------------------------------------------------- */

enum { SELF = 1, CROSS = 2, NETWORK = 4, ALL_STEPS = SELF | CROSS | NETWORK };

/* Leaves out what is not in `steps`. */
static DecoderBlock random_block(Random *random, size_t d_model, unsigned steps)
{
    bool biases = random_between(random, 0, 2) > 0;
    DecoderBlock block = {.norm_1 = random_norm(random, true, d_model),
                          .norm_2 = random_norm(random, true, d_model),
                          .norm_3 = random_norm(random, true, d_model),
                          .norm_place = random_between(random, 0, 1) == 0 ? NORM_POST : NORM_PRE};
    if (steps & SELF)
        block.self_attention =
            random_attention(random, biases, d_model, random_between(random, 1, 3));
    if (steps & CROSS)
        block.cross_attention =
            random_attention(random, biases, d_model, random_between(random, 1, 3));
    if (steps & NETWORK)
        block.feed_forward = random_network(random, biases, d_model);
    return block;
}

/* One of the three steps. `memory` is NULL for the attention of x to itself. */
static Table oracle_attention(Table x, const Table *memory, size_t padding,
                              const MultiHeadLayer *layer, const LayerNorm *norm, NormPlace place)
{
    Table input = oracle_step_input(x, norm, place), context = memory != NULL ? *memory : input;
    Table allowed = table_create(x.rows, context.rows);
    for (size_t i = 0; i < allowed.rows; i++)
        for (size_t j = 0; j < allowed.cols; j++)
            allowed.data[i * allowed.cols + j] =
                memory != NULL ? j + padding < allowed.cols : j <= i;
    return oracle_step_output(x, oracle_layer(input, context, layer, &allowed, NULL, NULL), norm,
                              place);
}

static Table oracle_block(Table x, Table memory, size_t padding, const DecoderBlock *block)
{
    const MultiHeadLayer *self = &block->self_attention, *cross = &block->cross_attention;
    NormPlace place = block->norm_place;
    if (self->w_q.data != NULL)
        x = oracle_attention(x, NULL, 0, self, &block->norm_1, place);
    if (cross->w_q.data != NULL)
        x = oracle_attention(x, &memory, padding, cross, &block->norm_2, place);
    if (block->feed_forward.w_1.data == NULL)
        return x;
    Table input = oracle_step_input(x, &block->norm_3, place);
    return oracle_step_output(x, oracle_network(input, &block->feed_forward), &block->norm_3,
                              place);
}

TEST(random_blocks_agree_with_double)
{
    Random random = {16};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t d_model = random_between(&random, 2, 7), t = random_between(&random, 1, 5);
        size_t s = random_between(&random, 1, 6), padding = random_between(&random, 0, s);
        DecoderBlock block =
            random_block(&random, d_model, i % 4 == 0 ? (unsigned)(i / 4 % 8) : ALL_STEPS);
        Matrix x = random_matrix(&random, t, d_model, 1.0);
        Matrix out = random_matrix(&random, t, d_model, 1.0);
        Memory memory = {random_matrix(&random, s, d_model, 1.0), padding};
        Table expected = oracle_block(table_of(x), table_of(memory.x), padding, &block);
        assert_ok(decoder_block(x, memory, &block, NO_WEIGHTS, out));
        assert_matches(out, expected, TOLERANCE);
        assert_ok(decoder_block(x, memory, &block, NO_WEIGHTS, x));
        assert_matrix_equal(x, out);
    }
}

/* A target of 3 rows, a source of 5, and a block. */
typedef struct Scene {
    DecoderBlock block;
    Matrix x, out, self, cross;
    Memory memory;
} Scene;

static Scene new_scene(uint64_t seed, unsigned steps)
{
    Random random = {seed};
    Scene scene = {.block = random_block(&random, 6, steps),
                   .x = random_matrix(&random, 3, 6, 1.0),
                   .memory = {random_matrix(&random, 5, 6, 1.0), 0},
                   .out = room(3, 6)};
    scene.self = room(scene.block.self_attention.heads * 3, 3);
    scene.cross = room(scene.block.cross_attention.heads * 3, 5);
    return scene;
}

TEST(cross_attention_is_the_layer_with_a_context)
{
    Scene s = new_scene(4, ALL_STEPS);
    const MultiHeadLayer *layer = &s.block.cross_attention;
    Matrix weights = room(s.cross.rows, 5), out = room(3, 6);
    assert_ok(cross_attention(s.x, s.memory, layer, s.cross, s.out));
    assert_ok(masked_multi_head_attention(s.x, s.memory.x, layer, &NO_MASK, weights, out));
    assert_matrix_equal(s.out, out);
    assert_matrix_equal(s.cross, weights);
}

TEST(filling_behind_the_source_has_no_say)
{
    Scene s = new_scene(5, ALL_STEPS);
    const MultiHeadLayer *layer = &s.block.cross_attention;
    Memory words = {rows_of(s.memory.x, 0, 3), 0};
    Matrix alone = room(3, 6), weights = room(layer->heads * 3, 3);
    assert_ok(cross_attention(s.x, words, layer, weights, alone));
    fill(rows_of(s.memory.x, 3, 2), NAN);
    s.memory.padding = 2;
    assert_ok(cross_attention(s.x, s.memory, layer, s.cross, s.out));
    assert_matrix_equal(s.out, alone);
}

TEST(the_future_does_not_leak_through_a_block)
{
    Scene s = new_scene(8, ALL_STEPS);
    Matrix before = room(3, 6);
    assert_ok(decoder_block(s.x, s.memory, &s.block, NO_WEIGHTS, before));
    fill(one_row(s.x, 2), NAN);
    assert_ok(decoder_block(s.x, s.memory, &s.block, NO_WEIGHTS, s.out));
    assert_matrix_equal(rows_of(s.out, 0, 2), rows_of(before, 0, 2));
}

TEST(weights_are_those_of_the_attentions)
{
    Scene s = new_scene(10, ALL_STEPS);
    const DecoderBlock *block = &s.block;
    DecoderBlock first = {.self_attention = block->self_attention,
                          .norm_1 = block->norm_1,
                          .norm_place = block->norm_place};
    Matrix half = room(3, 6), input = room(3, 6), heard = room(3, 6);
    Matrix self = copy_of(s.self), cross = copy_of(s.cross);
    AttentionMask causal = {.causal = true};
    assert_ok(decoder_block(s.x, s.memory, block, (DecoderWeights){s.self, s.cross}, s.out));
    assert_ok(sublayer_input(s.x, &block->norm_1, block->norm_place, input));
    assert_ok(masked_multi_head_attention(input, NO_MATRIX, &block->self_attention, &causal, self,
                                          heard));
    assert_matrix_equal(s.self, self);
    assert_ok(decoder_block(s.x, NO_MEMORY, &first, NO_WEIGHTS, half));
    assert_ok(sublayer_input(half, &block->norm_2, block->norm_place, input));
    assert_ok(cross_attention(input, s.memory, &block->cross_attention, cross, heard));
    assert_matrix_equal(s.cross, cross);
    /* either may be left out */
    assert_ok(decoder_block(s.x, s.memory, block, (DecoderWeights){NO_MATRIX, cross}, heard));
    assert_matrix_equal(heard, s.out);
}

TEST(without_cross_attention_it_is_a_causal_block_of_chapter_8)
{
    Scene s = new_scene(12, SELF | NETWORK);
    TransformerBlock same = {.attention = s.block.self_attention,
                             .norm_1 = s.block.norm_1,
                             .norm_2 = s.block.norm_3,
                             .feed_forward = s.block.feed_forward,
                             .norm_place = s.block.norm_place};
    Matrix out = room(3, 6);
    assert_ok(decoder_block(s.x, NO_MEMORY, &s.block, NO_WEIGHTS, s.out));
    assert_ok(transformer_block(s.x, &same, &(AttentionMask){.causal = true}, NO_MATRIX, out));
    assert_matrix_equal(s.out, out);
}

TEST(a_block_without_steps_copies)
{
    Scene s = new_scene(13, 0);
    assert_ok(decoder_block(s.x, NO_MEMORY, &s.block, NO_WEIGHTS, s.out));
    assert_matrix_equal(s.out, s.x);
}

/* --- The stack -------------------------------------------------------------------------------- */

enum { TOWER = 3 };

/* Three different blocks, the one in the middle without cross-attention. */
typedef struct Tower {
    DecoderBlock blocks[TOWER];
    Decoder stack;
    Matrix x, out;
    Memory memory;
} Tower;

static void make_tower(Tower *tower, uint64_t seed, size_t padding, bool cross)
{
    Random random = {seed};
    for (size_t i = 0; i < TOWER; i++)
        tower->blocks[i] = random_block(&random, 6, cross && i != 1 ? ALL_STEPS : SELF | NETWORK);
    tower->stack = (Decoder){tower->blocks, TOWER, seed % 2 == 0, PLAIN};
    tower->x = random_matrix(&random, 4, 6, 1.0);
    tower->memory = (Memory){random_matrix(&random, 5, 6, 1.0), padding};
    tower->out = room(4, 6);
}

TEST(a_decoder_runs_block_after_block_and_keeps_all_weights)
{
    Tower t;
    make_tower(&t, 18, 1, true);
    size_t self = 0, cross = 0;
    Matrix x = copy_of(t.x), all_self = room(4 * TOWER * 3, 4);
    Matrix all_cross = room(4 * TOWER * 3, 5), some_self = copy_of(all_self);
    Matrix some_cross = copy_of(all_cross);
    for (size_t i = 0; i < TOWER; i++) {
        size_t self_rows = 4 * t.blocks[i].self_attention.heads;
        size_t cross_rows = 4 * t.blocks[i].cross_attention.heads;
        DecoderWeights weights = {rows_of(all_self, self, self_rows),
                                  rows_of(all_cross, cross, cross_rows)};
        assert_ok(decoder_block(x, t.memory, &t.blocks[i], weights, x));
        self += self_rows;
        cross += cross_rows;
    }
    some_self.rows = self;
    some_cross.rows = cross;
    assert_ok(layer_norm(x, &PLAIN, x));
    assert_ok(decoder(t.x, t.memory, &t.stack, (DecoderWeights){some_self, some_cross}, t.out));
    assert_matrix_equal(t.out, x);
    assert_matrix_equal(some_self, rows_of(all_self, 0, self));
    assert_matrix_equal(some_cross, rows_of(all_cross, 0, cross));
}

TEST(a_decoder_without_blocks_copies_or_normalises)
{
    Random random = {19};
    Decoder none = {.count = 0, .norm = PLAIN};
    Matrix x = random_matrix(&random, 4, 6, 1.0), out = room(4, 6), expected = room(4, 6);
    assert_ok(decoder(x, NO_MEMORY, &none, NO_WEIGHTS, out));
    assert_matrix_equal(out, x);
    none.has_norm = true;
    assert_ok(decoder(x, NO_MEMORY, &none, NO_WEIGHTS, out));
    assert_ok(layer_norm(x, &PLAIN, expected));
    assert_matrix_equal(out, expected);
}

/* --- Choosing --------------------------------------------------------------------------------- */

TEST(the_greedy_word_is_the_first_of_the_greatest)
{
    assert_count(greedy_word(MATRIX(1, 4, -3, -1, -2, -1)), 1);
    assert_count(greedy_word(MATRIX(1, 4, NAN, -5, NAN, -4)), 3);
    assert_count(greedy_word(MATRIX(1, 2, NAN, NAN)), 0);
    assert_count(greedy_word(MATRIX(1, 3, -INFINITY, -INFINITY, -1e30F)), 2);
    assert_count(greedy_word(MATRIX(1, 3, 2, 1, 2)), 0);
}

/* Logits whose exponentials are 1, 2, 4, 8. */
#define LOG_2 0.69314718F
#define POWERS MATRIX(1, 4, 0, LOG_2, 2 * LOG_2, 3 * LOG_2)

/* What becomes of four logits: the probabilities are these numbers divided by their sum. */
static const struct {
    const char *what;
    float logits[4];
    Sampling sampling;
    float shares[4];
} PROBABILITIES[] = {
    {"temperature 1 is the softmax", {0, LOG_2, 2 * LOG_2, 3 * LOG_2}, {1, 0}, {1, 2, 4, 8}},
    {"1/2 squares them", {0, LOG_2, 2 * LOG_2, 3 * LOG_2}, {0.5F, 0}, {1, 4, 16, 64}},
    {"the two best", {2 * LOG_2, 0, 3 * LOG_2, LOG_2}, {1, 2}, {4, 0, 8, 0}},
    {"the three best", {2 * LOG_2, 0, 3 * LOG_2, LOG_2}, {1, 3}, {4, 0, 8, 2}},
    {"two words, even of equal ones", {1, -5, 1, 1}, {3, 2}, {1, 0, 1, 0}},
    {"the best is greedy", {0, LOG_2, 2 * LOG_2, 3 * LOG_2}, {9, 1}, {0, 0, 0, 1}},
    {"a great k keeps all", {0, LOG_2, 2 * LOG_2, 3 * LOG_2}, {1, 99}, {1, 2, 4, 8}},
};

TEST_ROWS(logits_become_probabilities, PROBABILITIES)
{
    float numbers[4], shares[4], sum = 0;
    Matrix logits = matrix_view(numbers, 1, 4), p = room(1, 4);
    memcpy(numbers, PROBABILITIES[_i].logits, sizeof numbers);
    for (size_t i = 0; i < 4; i++)
        sum += PROBABILITIES[_i].shares[i];
    for (size_t i = 0; i < 4; i++)
        shares[i] = PROBABILITIES[_i].shares[i] / sum;
    about("%s", PROBABILITIES[_i].what);
    assert_ok(word_probabilities(logits, &PROBABILITIES[_i].sampling, p));
    assert_matrix_close(p, matrix_view(shares, 1, 4), 1e-6);
    for (size_t i = 0; i < 4; i++)
        ck_assert((p.data[i] == 0) == (shares[i] == 0));
}

TEST(logits_are_one_row)
{
    Matrix tall = room(2, 2);
    assert_fails(word_probabilities(tall, &(Sampling){1, 0}, tall), STATUS_SHAPE,
                 "logits is 2x2, expected 1x2");
    assert_all(tall, UNWRITTEN);
}

/* The k greatest, found by taking the greatest k times. */
static Table oracle_kept(Table logits, size_t k)
{
    Table kept = table_create(1, logits.cols);
    for (size_t i = 0; i < logits.cols; i++)
        kept.data[i] = -INFINITY;
    for (size_t n = 0; n < k; n++) {
        size_t best = logits.cols;
        for (size_t i = logits.cols; i-- > 0;)
            if (kept.data[i] == -INFINITY &&
                (best == logits.cols || logits.data[i] >= logits.data[best]))
                best = i;
        if (best < logits.cols)
            kept.data[best] = logits.data[best];
    }
    return kept;
}

TEST(random_probabilities_agree_with_double)
{
    Random random = {22};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        size_t words = random_between(&random, 1, 12), k = random_between(&random, 0, words + 1);
        Sampling sampling = {(float)(0.1 + 3 * random_uniform(&random)), k};
        Matrix logits = random_matrix(&random, 1, words, i % 3 == 0 ? 1e3 : 2.0);
        Matrix p = random_matrix(&random, 1, words, 1.0);
        Table kept = oracle_kept(table_of(logits), k > 0 ? k : words);
        assert_ok(word_probabilities(logits, &sampling, p));
        assert_matches(p, oracle_softmax(kept, (double)sampling.temperature), TOLERANCE);
        assert_ok(word_probabilities(logits, &sampling, logits));
        assert_matrix_equal(logits, p);
    }
}

/* On the line: word 1 from 0 to 0.25, word 2 to 0.75, word 4 to 1. */
static const struct {
    double u;
    size_t word;
} DRAWN[] = {{0, 1}, {0.2499, 1}, {0.25, 2}, {0.7499, 2}, {0.75, 4}, {0.9999999, 4}};

TEST_ROWS(the_ends_of_a_words_piece_are_told_apart, DRAWN)
{
    Matrix line = MATRIX(1, 6, 0, 0.25F, 0.5F, 0, 0.25F, 0);
    assert_count(draw_word(line, DRAWN[_i].u), DRAWN[_i].word);
}

TEST(rounding_never_draws_a_word_that_is_not_in_the_lot)
{
    assert_count(draw_word(MATRIX(1, 3, 0.3F, 0.3F, 0), 0.99), 1);
    assert_count(draw_word(MATRIX(1, 2, 0, 0), 0.5), 0);
}

TEST(temperature_0_asks_no_chance)
{
    Random random = {5}, same = {5};
    size_t word = 99;
    assert_ok(choose_word(POWERS, &(Sampling){0, 2}, &random, &word));
    assert_count(word, 3);
    ck_assert(random.state == same.state);
    assert_ok(choose_word(POWERS, &(Sampling){0, 0}, NULL, &word));
    assert_count(word, 3);
}

TEST(words_come_as_often_as_they_are_likely)
{
    enum { DRAWS = 3000 };
    Random random = {6};
    double counts[4] = {0};
    for (size_t i = 0; i < DRAWS; i++) {
        size_t word = 99;
        assert_ok(choose_word(POWERS, &(Sampling){1, 3}, &random, &word));
        counts[word] += 1.0 / (double)DRAWS;
    }
    assert_close(counts[0], 0, 0);
    for (size_t i = 1; i < 4; i++)
        assert_close(counts[i], pow(2, (double)i) / 14, 0.03);
}

TEST(a_choice_is_one_number_of_the_generator)
{
    Random random = {7}, same = {7};
    Matrix p = room(1, 4);
    size_t word;
    assert_ok(word_probabilities(POWERS, &(Sampling){3, 0}, p));
    for (size_t i = 0; i < 20; i++) {
        size_t drawn = draw_word(p, random_uniform(&same));
        assert_ok(choose_word(POWERS, &(Sampling){3, 0}, &random, &word));
        assert_count(word, drawn);
    }
}

/* --- Remembering ------------------------------------------------------------------------------ */

static DecoderCache new_cache(const Decoder *stack, Memory memory, size_t limit)
{
    DecoderCache cache;
    assert_ok(decoder_cache_create(stack, memory, limit, &cache));
    return cache;
}

TEST(portions_give_the_same_to_the_bit)
{
    static const size_t PORTIONS[][4] = {{1, 1, 1, 1}, {4}, {3, 1}, {1, 3}, {2, 2}, {1, 0, 2, 1}};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        Tower t;
        make_tower(&t, 1000 + i, i % 5, i % 4 > 0);
        DecoderCache cache = new_cache(&t.stack, t.memory, 4);
        Matrix stepped = room(4, 6);
        for (size_t n = 0, first = 0; n < 4; n++) {
            size_t count = PORTIONS[i % 6][n];
            assert_ok(decoder_step(rows_of(t.x, first, count), &t.stack, &cache,
                                   rows_of(stepped, first, count)));
            first += count;
            assert_count(cache.count, first);
        }
        assert_ok(decoder(t.x, t.memory, &t.stack, NO_WEIGHTS, t.out));
        assert_matrix_equal(stepped, t.out);
        decoder_cache_free(&cache);
    }
}

TEST(a_failed_step_can_be_repeated)
{
    Tower t;
    make_tower(&t, 24, 2, true);
    Matrix first = rows_of(t.x, 0, 2), second = rows_of(t.x, 2, 2), out = room(2, 6);
    assert_ok(decoder(t.x, t.memory, &t.stack, NO_WEIGHTS, t.out));
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        DecoderCache cache = new_cache(&t.stack, t.memory, 4);
        assert_ok(decoder_step(first, &t.stack, &cache, out));
        failed = runs_out_at(n, decoder_step(second, &t.stack, &cache, out));
        if (failed)
            assert_ok(decoder_step(second, &t.stack, &cache, out));
        assert_matrix_equal(out, rows_of(t.out, 2, 2));
        decoder_cache_free(&cache);
    }
}

TEST(more_words_than_there_is_memory_for_are_refused)
{
    Tower t;
    DecoderCache cache;
    make_tower(&t, 25, 1, true);
    assert_fails(decoder_cache_create(&t.stack, t.memory, (size_t)-1, &cache), STATUS_NO_MEMORY,
                 "");
    ck_assert(cache.blocks == NULL && cache.block_count == 0 && cache.limit == 0);
}

/* --- Writing ---------------------------------------------------------------------------------- */

enum { VOCABULARY = 9, LIMIT = 12 };

/* A random model, with a source to look at. */
typedef struct Writer {
    Tower tower;
    LanguageModel model;
} Writer;

static void make_writer(Writer *w, uint64_t seed)
{
    Random random = {seed};
    make_tower(&w->tower, seed, 1, seed % 3 > 0);
    w->model.embedding.words = random_matrix(&random, VOCABULARY, 6, 1.0);
    w->model.embedding.positions =
        seed % 2 == 0 ? random_matrix(&random, LIMIT, 6, 1.0) : NO_MATRIX;
    w->model.decoder = w->tower.stack;
}

static Matrix next_logits(const Writer *w, const Text *text, DecoderCache *cache)
{
    Matrix logits = room(1, VOCABULARY);
    assert_ok(next_word_logits(&w->model, w->tower.memory, text, cache, logits));
    return logits;
}

TEST(the_next_word_follows_from_the_last_row)
{
    Writer w;
    make_writer(&w, 30);
    size_t words[] = {3, 1, 4, 1};
    Text text = {words, 4, 4, VOCABULARY};
    Matrix x = room(4, 6), all = room(4, VOCABULARY);
    assert_ok(embed(words, 4, 0, &w.model.embedding, x));
    assert_ok(decoder(x, w.tower.memory, &w.model.decoder, NO_WEIGHTS, x));
    assert_ok(vocabulary_logits(x, w.model.embedding.words, all));
    assert_matrix_equal(next_logits(&w, &text, NULL), one_row(all, 3));
}

TEST(a_cache_gives_the_same_logits_to_the_bit)
{
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        Writer w;
        Random random = {i};
        size_t words[LIMIT];
        Text text = {words, 0, LIMIT, VOCABULARY};
        make_writer(&w, 2000 + i);
        DecoderCache cache = new_cache(&w.model.decoder, w.tower.memory, LIMIT);
        for (size_t t = 0; t < LIMIT; t++)
            words[t] = random_between(&random, 0, VOCABULARY - 1);
        while (text.count < LIMIT) {
            text.count += random_between(&random, 1, LIMIT - text.count);
            Matrix kept = next_logits(&w, &text, &cache);
            assert_matrix_equal(kept, next_logits(&w, &text, NULL));
            assert_count(cache.count, text.count);
        }
        decoder_cache_free(&cache);
    }
}

static void write_text(const Writer *w, Sampling sampling, bool with_cache, Text *text)
{
    Random random = {9};
    DecoderCache cache = new_cache(&w->model.decoder, w->tower.memory, LIMIT);
    assert_ok(
        generate(&w->model, w->tower.memory, &sampling, &random, with_cache ? &cache : NULL, text));
    decoder_cache_free(&cache);
}

TEST(both_ways_write_the_same_words)
{
    static const Sampling WAYS[] = {{0, 0}, {1, 0}, {0.5F, 3}, {5, 0}};
    for (size_t i = 0; i < random_cases() / 10; i++, test_memory_free_all()) {
        Writer w;
        size_t one[LIMIT] = {i % VOCABULARY, 2}, other[LIMIT] = {i % VOCABULARY, 2};
        Text anew = {one, 2, LIMIT, VOCABULARY}, kept = {other, 2, LIMIT, VOCABULARY};
        make_writer(&w, 40 + i);
        write_text(&w, WAYS[i % 4], false, &anew);
        write_text(&w, WAYS[i % 4], true, &kept);
        assert_count(anew.count, LIMIT);
        assert_count(kept.count, LIMIT);
        for (size_t t = 0; t < LIMIT; t++)
            assert_count(other[t], one[t]);
    }
}

TEST(each_word_is_chosen_by_the_logits_before_it)
{
    Writer w;
    size_t words[LIMIT] = {5};
    Text text = {words, 1, LIMIT, VOCABULARY};
    make_writer(&w, 50);
    write_text(&w, (Sampling){0, 0}, false, &text);
    for (text.count = 1; text.count < LIMIT; text.count++)
        assert_count(words[text.count], greedy_word(next_logits(&w, &text, NULL)));
}

TEST(the_stop_word_is_written_and_ends_the_text)
{
    Writer w;
    size_t words[LIMIT] = {5}, again[LIMIT] = {5}, end = 1;
    Text text = {words, 1, LIMIT, VOCABULARY}, stopped = {again, 1, LIMIT, 0};
    make_writer(&w, 51);
    write_text(&w, (Sampling){2, 0}, false, &text);
    stopped.stop = words[4];
    while (words[end] != stopped.stop)
        end++;
    write_text(&w, (Sampling){2, 0}, true, &stopped);
    assert_count(stopped.count, end + 1);
    for (size_t t = 0; t <= end; t++)
        assert_count(again[t], words[t]);
}

/* The mean logarithm of the probabilities of the words behind the prompt of one word. */
static double mean_likelihood(const Writer *w, const size_t *words, size_t count)
{
    double sum = 0;
    for (size_t t = 1; t < count; t++) {
        Matrix logits = next_logits(w, &(Text){(size_t *)words, t, LIMIT, VOCABULARY}, NULL);
        double all = 0;
        for (size_t v = 0; v < VOCABULARY; v++)
            all += exp((double)logits.data[v]);
        sum += (double)logits.data[words[t]] - log(all);
    }
    return sum / (double)(count - 1);
}

/* The best of all texts of up to three more words, of which 0 ends one. */
static double best_of_all(const Writer *w, size_t words[4], size_t count)
{
    double best = -INFINITY;
    if (count == 4 || (count > 1 && words[count - 1] == 0))
        return mean_likelihood(w, words, count);
    for (words[count] = 0; words[count] < VOCABULARY; words[count]++)
        best = fmax(best, best_of_all(w, words, count + 1));
    return best;
}

TEST(a_wide_beam_finds_the_best_of_all_texts)
{
    for (size_t i = 0; i < 4; i++, test_memory_free_all()) {
        Writer w;
        size_t words[4] = {5}, all[4] = {5};
        Text text = {words, 1, 4, 0};
        make_writer(&w, 60 + i);
        assert_ok(beam_search(&w.model, w.tower.memory, VOCABULARY * VOCABULARY, &text));
        check_close(__FILE__, __LINE__, "the best", mean_likelihood(&w, words, text.count),
                    best_of_all(&w, all, 1), 1e-6);
    }
}

TEST(a_beam_of_one_text_is_greedy)
{
    Writer w;
    size_t words[LIMIT] = {5}, greedy[LIMIT] = {5};
    Text text = {words, 1, LIMIT, VOCABULARY}, other = {greedy, 1, LIMIT, VOCABULARY};
    make_writer(&w, 52);
    write_text(&w, (Sampling){0, 0}, false, &other);
    for (size_t n = 1; runs_out_at(n, beam_search(&w.model, w.tower.memory, 1, &text)); n++)
        assert_count(text.count, 1);
    for (size_t t = 0; t < LIMIT; t++)
        assert_count(words[t], greedy[t]);
}

TEST(a_nucleus_has_the_share_that_was_asked_for)
{
    Matrix p = MATRIX(1, 4, 0.25F, 0.125F, 0.5F, 0.125F), kept = room(1, 4);
    assert_ok(keep_nucleus(p, 0.75F, kept));
    assert_matrix_close(kept, MATRIX(1, 4, 1 / 3.0F, 0, 2 / 3.0F, 0), 1e-6);
    assert_ok(keep_nucleus(p, 0.76F, p));
    assert_matrix_close(p, MATRIX(1, 4, 2 / 7.0F, 1 / 7.0F, 4 / 7.0F, 0), 1e-6);
}

TEST(what_was_written_before_a_failure_stays)
{
    Writer w;
    size_t words[LIMIT] = {5};
    Text text = {words, 1, LIMIT, VOCABULARY};
    make_writer(&w, 53);
    Memory memory = w.tower.memory;
    DecoderCache cache = new_cache(&w.model.decoder, memory, 3);
    assert_fails(generate(&w.model, memory, &(Sampling){0, 0}, NULL, &cache, &text), STATUS_VALUE,
                 "of 3 places 3 are taken");
    assert_count(text.count, 4);
    decoder_cache_free(&cache);
    text = (Text){words, 1, 3, VOCABULARY};
    for (size_t n = 1;
         runs_out_at(n, generate(&w.model, memory, &(Sampling){0, 0}, NULL, NULL, &text)); n++) {
        ck_assert(text.count < 3);
        text.count = 1;
    }
}
