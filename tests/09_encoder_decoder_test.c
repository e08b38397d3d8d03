/* Chapter 9: the decoder, choosing words, and writing with and without a cache. */
#include "encoder_decoder.h"

#include "assert.h"
#include "dot_products.h"
#include "frail_memory.h"
#include "oracle.h"
#include "positional_encoding.h"

#include <math.h>
#include <string.h>

static const float UNWRITTEN = -77.0f;
static const LayerNorm PLAIN = {.epsilon = DEFAULT_EPSILON};
static const Memory NO_MEMORY = {{NULL, 0, 0, 0}, 0};

/* A view of a two-dimensional array. */
#define VIEW(array, rows, cols) matrix_view(&(array)[0], rows, cols)

static void fill(Matrix matrix, float value)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] = value;
}

static bool holds_only(Matrix matrix, float value)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            if (matrix_row(matrix, r)[c] != value)
                return false;
    return true;
}

#define assert_unwritten(matrix) assert_all(matrix, UNWRITTEN)
#define assert_unwritten_or_zeros(matrix)                                                          \
    ck_assert(holds_only(matrix, UNWRITTEN) || holds_only(matrix, 0))
/* Words and numbers of words. */
#define assert_count(actual, expected)                                                             \
    check_close(__FILE__, __LINE__, #actual, (double)(actual), (double)(expected), 0)

static Matrix new_matrix(size_t rows, size_t cols)
{
    Matrix matrix;
    assert_ok(matrix_create(rows, cols, &matrix));
    fill(matrix, UNWRITTEN);
    return matrix;
}

static Matrix copy_of(Matrix matrix)
{
    Matrix copy = new_matrix(matrix.rows, matrix.cols);
    assert_ok(matrix_copy(matrix, copy));
    return copy;
}

static Matrix rows_of(Matrix matrix, size_t first, size_t count)
{
    Matrix view;
    assert_ok(matrix_rows(matrix, first, count, &view));
    return view;
}

/* --- The oracle ------------------------------------------------------------------------------ */

static Table oracle_norm(Table x, const LayerNorm *norm)
{
    Table out = table_create(x.rows, x.cols);
    double n = (double)x.cols;
    for (size_t t = 0; t < x.rows; t++) {
        const double *from = x.data + t * x.cols;
        double mean = 0, squares = 0;
        for (size_t c = 0; c < x.cols; c++)
            mean += from[c] / n;
        for (size_t c = 0; c < x.cols; c++)
            squares += (from[c] - mean) * (from[c] - mean);
        for (size_t c = 0; c < x.cols; c++)
            out.data[t * x.cols + c] =
                (from[c] - mean) / sqrt(squares / n + norm->epsilon) * norm->gain.data[c] +
                norm->shift.data[c];
    }
    return out;
}

static Table oracle_affine(Table x, Matrix w, Matrix b)
{
    Table weights = table_of(w), row = b.data != NULL ? table_of(b) : table_create(1, w.cols),
          out = oracle_linear(x, weights, &row);
    table_free(2, weights, row);
    return out;
}

/* Attention of x to y. Causal, or all but the padding. */
static Table oracle_attention(Table x, Table y, const MultiHeadLayer *layer, bool causal,
                              size_t padding)
{
    Table q = oracle_affine(x, layer->w_q, layer->b_q),
          k = oracle_affine(y, layer->w_k, layer->b_k),
          v = oracle_affine(y, layer->w_v, layer->b_v), allowed = table_create(x.rows, y.rows),
          concat = table_create(x.rows, v.cols);
    size_t d_k = q.cols / layer->heads, d_v = v.cols / layer->heads;
    for (size_t i = 0; i < x.rows; i++)
        for (size_t j = 0; j < y.rows; j++)
            allowed.data[i * y.rows + j] = causal ? j <= i : j + padding < y.rows;
    for (size_t h = 0; h < layer->heads; h++) {
        Table one_q = oracle_columns(q, h * d_k, d_k), one_k = oracle_columns(k, h * d_k, d_k),
              one_v = oracle_columns(v, h * d_v, d_v),
              weights = oracle_weights(one_q, one_k, 1 / sqrt((double)d_k), &allowed, NULL),
              result = oracle_product(weights, one_v);
        for (size_t t = 0; t < x.rows; t++)
            for (size_t c = 0; c < d_v; c++)
                concat.data[t * v.cols + h * d_v + c] = result.data[t * d_v + c];
        table_free(5, one_q, one_k, one_v, weights, result);
    }
    Table out = oracle_affine(concat, layer->w_o, layer->b_o);
    table_free(5, q, k, v, allowed, concat);
    return out;
}

static Table oracle_network(Table x, const FeedForward *network)
{
    Table hidden = oracle_affine(x, network->w_1, network->b_1);
    for (size_t i = 0; i < hidden.rows * hidden.cols; i++)
        hidden.data[i] = fmax(hidden.data[i], 0);
    Table out = oracle_affine(hidden, network->w_2, network->b_2);
    table_free(1, hidden);
    return out;
}

/* Which of the three steps. */
enum { SELF, CROSS, NETWORK };

static Table oracle_step(Table x, Table memory, size_t padding, const DecoderBlock *block,
                         size_t step)
{
    bool pre = block->norm_place == NORM_PRE;
    const LayerNorm *norm = step == SELF    ? &block->norm_1
                            : step == CROSS ? &block->norm_2
                                            : &block->norm_3;
    Table input = pre ? oracle_norm(x, norm) : x, made;
    if (step == SELF)
        made = oracle_attention(input, input, &block->self_attention, true, 0);
    else if (step == CROSS)
        made = oracle_attention(input, memory, &block->cross_attention, false, padding);
    else
        made = oracle_network(input, &block->feed_forward);
    for (size_t i = 0; i < x.rows * x.cols; i++)
        made.data[i] += x.data[i];
    Table out = pre ? made : oracle_norm(made, norm);
    table_free(1, pre ? input : made);
    return out;
}

static Table oracle_block(Table x, Table memory, size_t padding, const DecoderBlock *block)
{
    bool has[] = {block->self_attention.w_q.data != NULL, block->cross_attention.w_q.data != NULL,
                  block->feed_forward.w_1.data != NULL};
    Table out = table_create(x.rows, x.cols);
    memcpy(out.data, x.data, x.rows * x.cols * sizeof *x.data);
    for (size_t step = SELF; step <= NETWORK; step++)
        if (has[step]) {
            Table next = oracle_step(out, memory, padding, block, step);
            table_free(1, out);
            out = next;
        }
    return out;
}

/* --- Random parameters ----------------------------------------------------------------------- */

/* A block that owns its matrices. */
typedef struct RandomBlock {
    DecoderBlock block;
    Matrix owned[32];
    size_t count;
} RandomBlock;

static Matrix keep(RandomBlock *owner, Random *random, size_t rows, size_t cols, double deviation)
{
    return owner->owned[owner->count++] = random_matrix(random, rows, cols, deviation);
}

static Matrix weight(RandomBlock *owner, Random *random, size_t rows, size_t cols)
{
    return keep(owner, random, rows, cols, 1 / sqrt((double)rows));
}

static Matrix bias(RandomBlock *owner, Random *random, bool biases, size_t cols)
{
    return biases ? keep(owner, random, 1, cols, 0.5) : NO_MATRIX;
}

/* An epsilon of nothing could make a mountain of the rounding of a token that is nearly flat. */
static LayerNorm random_norm(RandomBlock *owner, Random *random, size_t d_model)
{
    return (LayerNorm){.gain = keep(owner, random, 1, d_model, 1.0),
                       .shift = keep(owner, random, 1, d_model, 0.5),
                       .epsilon = random_between(random, 0, 1) == 0 ? 0.1f : 0.01f};
}

static MultiHeadLayer random_attention(RandomBlock *owner, Random *random, size_t d_model,
                                       size_t heads, bool biases)
{
    size_t k = heads * random_between(random, 1, 4), v = heads * random_between(random, 1, 3);
    MultiHeadLayer layer = {.heads = heads};
    layer.w_q = weight(owner, random, d_model, k);
    layer.w_k = weight(owner, random, d_model, k);
    layer.w_v = weight(owner, random, d_model, v);
    layer.w_o = weight(owner, random, v, d_model);
    layer.b_q = bias(owner, random, biases, k);
    layer.b_k = bias(owner, random, biases, k);
    layer.b_v = bias(owner, random, biases, v);
    layer.b_o = bias(owner, random, biases, d_model);
    return layer;
}

/* Leaves steps out when their bits are not in `steps`. */
static RandomBlock random_block(Random *random, size_t d_model, unsigned steps)
{
    RandomBlock r = {.count = 0};
    DecoderBlock *b = &r.block;
    bool biases = random_between(random, 0, 2) > 0;
    size_t d_ff = random_between(random, 1, 9);
    b->norm_place = random_between(random, 0, 1) == 0 ? NORM_POST : NORM_PRE;
    b->norm_1 = random_norm(&r, random, d_model);
    b->norm_2 = random_norm(&r, random, d_model);
    b->norm_3 = random_norm(&r, random, d_model);
    if (steps & 1u << SELF)
        b->self_attention =
            random_attention(&r, random, d_model, random_between(random, 1, 3), biases);
    if (steps & 1u << CROSS)
        b->cross_attention =
            random_attention(&r, random, d_model, random_between(random, 1, 3), biases);
    if (steps & 1u << NETWORK)
        b->feed_forward = (FeedForward){.w_1 = weight(&r, random, d_model, d_ff),
                                        .w_2 = weight(&r, random, d_ff, d_model)};
    if (biases && steps & 1u << NETWORK) {
        b->feed_forward.b_1 = bias(&r, random, biases, d_ff);
        b->feed_forward.b_2 = bias(&r, random, biases, d_model);
    }
    return r;
}

static void random_block_free(RandomBlock *block)
{
    while (block->count > 0)
        random_matrix_free(block->owned[--block->count]);
}

enum { ALL_STEPS = 7, NO_CROSS = 5 };

/* --- Embedding ------------------------------------------------------------------------------- */

static float three_words[] = {1, 2, 3, 4, 0, 1, 0, -1, 2, 0, 0, 0};
static float two_places[] = {1, 0, 0, 0, 0, 10, 0, 0};

START_TEST(a_word_is_multiplied_by_the_root_of_d_model)
{
    /* d_model = 4, so the root is 2 */
    float rows[8], expected[] = {4, 0, 0, 0, 2, 14, 6, 8};
    Embedding embedding = {VIEW(three_words, 3, 4), VIEW(two_places, 2, 4)};
    expected[0] = 2 * 2 + 1;
    assert_ok(embed((size_t[]){2, 0}, 2, 0, &embedding, VIEW(rows, 2, 4)));
    assert_matrix_close(VIEW(rows, 2, 4), VIEW(expected, 2, 4), 1e-6);
}
END_TEST

START_TEST(a_position_is_not_multiplied_and_starts_where_it_is_told)
{
    float row[4], expected[] = {0, 12, 0, -2};
    Embedding embedding = {VIEW(three_words, 3, 4), VIEW(two_places, 2, 4)};
    assert_ok(embed((size_t[]){1}, 1, 1, &embedding, VIEW(row, 1, 4)));
    assert_matrix_close(VIEW(row, 1, 4), VIEW(expected, 1, 4), 1e-6);
}
END_TEST

START_TEST(without_a_table_of_positions_the_waves_are_added)
{
    Random random = {3};
    size_t words[] = {4, 0, 2};
    Matrix table = random_matrix(&random, 5, 6, 1.0), out = new_matrix(3, 6),
           waves = new_matrix(3, 6), expected = new_matrix(3, 6);
    Embedding embedding = {table, NO_MATRIX};
    sinusoidal_positions(7, waves);
    for (size_t t = 0; t < 3; t++)
        for (size_t c = 0; c < 6; c++)
            matrix_row(expected, t)[c] =
                (float)(sqrt(6.0) * matrix_row(table, words[t])[c] + matrix_row(waves, t)[c]);
    assert_ok(embed(words, 3, 7, &embedding, out));
    assert_matrix_close(out, expected, 1e-6);
    random_matrix_free(table);
    matrix_free(&out);
    matrix_free(&waves);
    matrix_free(&expected);
}
END_TEST

START_TEST(words_and_positions_that_are_not_there_are_refused)
{
    Embedding embedding = {VIEW(three_words, 3, 4), VIEW(two_places, 2, 4)};
    Matrix out = new_matrix(2, 4), narrow = new_matrix(2, 3), three = new_matrix(3, 4);
    size_t words[] = {0, 3, 1};
    assert_fails(embed(words, 2, 0, &embedding, out), STATUS_VALUE,
                 "embed: word 1 is number 3, but there are only 3 words");
    words[1] = 1;
    assert_fails(embed(words, 2, 1, &embedding, out), STATUS_VALUE,
                 "embed: 2 words from position 1 on, but there are only 2 positions");
    assert_fails(embed(words, 2, (size_t)-1, &embedding, out), STATUS_VALUE, "only 2 positions");
    assert_fails(embed(words, 3, 0, &embedding, three), STATUS_VALUE, "only 2 positions");
    assert_fails(embed(words, 3, 0, &embedding, out), STATUS_SHAPE,
                 "out is 2x4, expected 3x4 (T x d_model)");
    assert_fails(embed(words, 2, 0, &embedding, narrow), STATUS_SHAPE, "out is 2x3");
    embedding.positions = VIEW(two_places, 2, 3);
    assert_fails(embed(words, 2, 0, &embedding, out), STATUS_SHAPE, "positions is 2x3");
    assert_unwritten(out);
    assert_unwritten(three);
    assert_ok(embed(words, 0, 0, &(Embedding){VIEW(three_words, 3, 4), NO_MATRIX},
                    matrix_view(out.data, 0, 4)));
    matrix_free(&out);
    matrix_free(&narrow);
    matrix_free(&three);
}
END_TEST

START_TEST(logits_compare_a_row_with_every_word)
{
    float x[] = {1, 0, 0, 1, 0, 2, 0, 0}, logits[6], expected[] = {5, -1, 2, 4, 2, 0};
    assert_ok(vocabulary_logits(VIEW(x, 2, 4), VIEW(three_words, 3, 4), VIEW(logits, 2, 3)));
    assert_matrix_close(VIEW(logits, 2, 3), VIEW(expected, 2, 3), 1e-6);
    assert_fails(vocabulary_logits(VIEW(x, 2, 3), VIEW(three_words, 3, 4), VIEW(logits, 2, 3)),
                 STATUS_SHAPE, "2x3");
    assert_fails(vocabulary_logits(VIEW(x, 2, 4), VIEW(three_words, 3, 4), VIEW(logits, 3, 2)),
                 STATUS_SHAPE, "3x2");
}
END_TEST

/* --- Cross-attention ------------------------------------------------------------------------- */

/* A target of 3 rows, a source of 5, and a block. */
typedef struct Scene {
    RandomBlock owner;
    Matrix x, memory, out, self, cross;
} Scene;

static Scene scene_create(uint64_t seed, unsigned steps)
{
    Random random = {seed};
    Scene scene = {.owner = random_block(&random, 6, steps)};
    scene.x = random_matrix(&random, 3, 6, 1.0);
    scene.memory = random_matrix(&random, 5, 6, 1.0);
    scene.out = new_matrix(3, 6);
    scene.self = new_matrix(scene.owner.block.self_attention.heads * 3, 3);
    scene.cross = new_matrix(scene.owner.block.cross_attention.heads * 3, 5);
    return scene;
}

static void scene_free(Scene *scene)
{
    random_block_free(&scene->owner);
    random_matrix_free(scene->x);
    random_matrix_free(scene->memory);
    matrix_free(&scene->out);
    matrix_free(&scene->self);
    matrix_free(&scene->cross);
}

START_TEST(cross_attention_is_the_layer_with_a_context)
{
    Scene s = scene_create(4, ALL_STEPS);
    const MultiHeadLayer *layer = &s.owner.block.cross_attention;
    Matrix weights = new_matrix(s.cross.rows, 5), out = new_matrix(3, 6);
    assert_ok(cross_attention(s.x, (Memory){s.memory, 0}, layer, s.cross, s.out));
    assert_ok(masked_multi_head_attention(s.x, s.memory, layer, &NO_MASK, weights, out));
    assert_matrix_equal(s.out, out);
    assert_matrix_equal(s.cross, weights);
    for (size_t r = 0; r < s.cross.rows; r++)
        ck_assert(matrix_row(s.cross, r)[4] > 0);
    matrix_free(&weights);
    matrix_free(&out);
    scene_free(&s);
}
END_TEST

START_TEST(filling_behind_the_source_has_no_say)
{
    Scene s = scene_create(5, ALL_STEPS);
    const MultiHeadLayer *layer = &s.owner.block.cross_attention;
    Matrix alone = new_matrix(3, 6), weights = new_matrix(layer->heads * 3, 3);
    assert_ok(cross_attention(s.x, (Memory){rows_of(s.memory, 0, 3), 0}, layer, weights, alone));
    fill(rows_of(s.memory, 3, 2), NAN);
    assert_ok(cross_attention(s.x, (Memory){s.memory, 2}, layer, s.cross, s.out));
    assert_matrix_equal(s.out, alone);
    matrix_free(&alone);
    matrix_free(&weights);
    scene_free(&s);
}
END_TEST

START_TEST(a_cross_attention_needs_a_memory_that_fits)
{
    Scene s = scene_create(6, ALL_STEPS);
    const MultiHeadLayer *layer = &s.owner.block.cross_attention;
    Matrix narrow = new_matrix(5, 4);
    assert_fails(cross_attention(s.x, NO_MEMORY, layer, s.cross, s.out), STATUS_VALUE,
                 "cross_attention: the cross-attention has no memory to look at");
    assert_fails(cross_attention(s.x, (Memory){s.memory, 6}, layer, s.cross, s.out), STATUS_VALUE,
                 "6 keys of padding, but there are only 5");
    assert_fails(cross_attention(s.x, (Memory){narrow, 0}, layer, s.cross, s.out), STATUS_SHAPE,
                 "w_k");
    assert_fails(cross_attention(s.x, (Memory){s.memory, 0}, layer, s.self, s.out), STATUS_SHAPE,
                 "weights");
    assert_unwritten(s.out);
    assert_unwritten(s.cross);
    matrix_free(&narrow);
    scene_free(&s);
}
END_TEST

START_TEST(random_cross_attentions_agree_with_double)
{
    Random random = {7};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t d_model = random_between(&random, 1, 7), t = random_between(&random, 1, 5),
               s = random_between(&random, 1, 6);
        double size = i % 3 == 0 ? 1e3 : 1.0;
        RandomBlock owner = random_block(&random, d_model, 1u << CROSS);
        const MultiHeadLayer *layer = &owner.block.cross_attention;
        Matrix x = random_matrix(&random, t, d_model, 1 / size),
               memory = random_matrix(&random, s, d_model, size);
        Matrix out = random_matrix(&random, t, d_model, 1.0),
               weights = new_matrix(layer->heads * t, s);
        size_t padding = random_between(&random, 0, s);
        Table given = table_of(x), source = table_of(memory),
              expected = oracle_attention(given, source, layer, false, padding);
        assert_ok(cross_attention(x, (Memory){memory, padding}, layer, weights, out));
        assert_matches(out, expected, i % 3 == 0 ? 1e3 * TOLERANCE : TOLERANCE);
        table_free(3, given, source, expected);
        random_matrix_free(x);
        random_matrix_free(memory);
        random_matrix_free(out);
        matrix_free(&weights);
        random_block_free(&owner);
    }
}
END_TEST

/* --- The block ------------------------------------------------------------------------------- */

static Memory memory_of(const Scene *scene)
{
    return (Memory){scene->memory, 0};
}

START_TEST(the_future_does_not_leak_through_a_block)
{
    Scene s = scene_create(8, ALL_STEPS);
    Matrix before = new_matrix(3, 6);
    assert_ok(decoder_block(s.x, memory_of(&s), &s.owner.block, NO_WEIGHTS, before));
    fill(rows_of(s.x, 2, 1), NAN);
    assert_ok(decoder_block(s.x, memory_of(&s), &s.owner.block, NO_WEIGHTS, s.out));
    assert_matrix_equal(rows_of(s.out, 0, 2), rows_of(before, 0, 2));
    matrix_free(&before);
    scene_free(&s);
}
END_TEST

START_TEST(every_row_hears_the_last_word_of_the_source)
{
    Scene s = scene_create(9, ALL_STEPS);
    Matrix before = new_matrix(3, 6);
    assert_ok(decoder_block(s.x, memory_of(&s), &s.owner.block, NO_WEIGHTS, before));
    matrix_row(s.memory, 4)[1] += 3;
    assert_ok(decoder_block(s.x, memory_of(&s), &s.owner.block, NO_WEIGHTS, s.out));
    for (size_t t = 0; t < 3; t++)
        ck_assert(matrix_row(s.out, t)[0] != matrix_row(before, t)[0]);
    matrix_free(&before);
    scene_free(&s);
}
END_TEST

START_TEST(weights_are_those_of_the_attentions)
{
    Scene s = scene_create(10, ALL_STEPS);
    const DecoderBlock *block = &s.owner.block;
    DecoderBlock first = {.self_attention = block->self_attention,
                          .norm_1 = block->norm_1,
                          .norm_place = block->norm_place};
    Matrix half = new_matrix(3, 6), input = new_matrix(3, 6), heard = new_matrix(3, 6),
           self = new_matrix(s.self.rows, 3), cross = new_matrix(s.cross.rows, 5);
    AttentionMask causal = {.causal = true};
    assert_ok(decoder_block(s.x, memory_of(&s), block, (DecoderWeights){s.self, s.cross}, s.out));
    assert_ok(sublayer_input(s.x, &block->norm_1, block->norm_place, input));
    assert_ok(masked_multi_head_attention(input, NO_MATRIX, &block->self_attention, &causal, self,
                                          heard));
    assert_matrix_equal(s.self, self);
    assert_ok(decoder_block(s.x, NO_MEMORY, &first, NO_WEIGHTS, half));
    assert_ok(sublayer_input(half, &block->norm_2, block->norm_place, input));
    assert_ok(cross_attention(input, memory_of(&s), &block->cross_attention, cross, heard));
    assert_matrix_equal(s.cross, cross);
    matrix_free(&half);
    matrix_free(&input);
    matrix_free(&heard);
    matrix_free(&self);
    matrix_free(&cross);
    scene_free(&s);
}
END_TEST

START_TEST(weights_may_be_left_out_and_out_may_be_x)
{
    Scene s = scene_create(11, ALL_STEPS);
    Matrix in_place = copy_of(s.x);
    DecoderWeights weights = {s.self, s.cross};
    assert_ok(decoder_block(s.x, memory_of(&s), &s.owner.block, weights, s.out));
    assert_ok(decoder_block(in_place, memory_of(&s), &s.owner.block, NO_WEIGHTS, in_place));
    assert_matrix_equal(in_place, s.out);
    weights.self = NO_MATRIX;
    assert_ok(decoder_block(s.x, memory_of(&s), &s.owner.block, weights, in_place));
    assert_matrix_equal(in_place, s.out);
    matrix_free(&in_place);
    scene_free(&s);
}
END_TEST

START_TEST(without_cross_attention_it_is_a_causal_block_of_chapter_8)
{
    Scene s = scene_create(12, NO_CROSS);
    const DecoderBlock *block = &s.owner.block;
    TransformerBlock same = {.attention = block->self_attention,
                             .norm_1 = block->norm_1,
                             .norm_2 = block->norm_3,
                             .feed_forward = block->feed_forward,
                             .norm_place = block->norm_place};
    Matrix out = new_matrix(3, 6);
    assert_ok(decoder_block(s.x, NO_MEMORY, block, NO_WEIGHTS, s.out));
    assert_ok(transformer_block(s.x, &same, &(AttentionMask){.causal = true}, NO_MATRIX, out));
    assert_matrix_equal(s.out, out);
    matrix_free(&out);
    scene_free(&s);
}
END_TEST

START_TEST(a_block_without_steps_copies)
{
    Scene s = scene_create(13, 0);
    assert_ok(decoder_block(s.x, NO_MEMORY, &s.owner.block, NO_WEIGHTS, s.out));
    assert_matrix_equal(s.out, s.x);
    scene_free(&s);
}
END_TEST

START_TEST(what_does_not_fit_a_block_is_refused)
{
    Scene s = scene_create(14, ALL_STEPS);
    DecoderBlock *block = &s.owner.block, right = *block;
    DecoderWeights swapped = {s.cross, s.self};
    Matrix narrow = new_matrix(3, 5), gain = new_matrix(1, 5);
    assert_fails(decoder_block(s.x, NO_MEMORY, block, NO_WEIGHTS, s.out), STATUS_VALUE,
                 "decoder_block: the cross-attention has no memory to look at");
    assert_fails(decoder_block(s.x, memory_of(&s), block, NO_WEIGHTS, narrow), STATUS_SHAPE,
                 "decoder_block: out is 3x5, expected 3x6");
    assert_fails(decoder_block(s.x, memory_of(&s), block, swapped, s.out), STATUS_SHAPE,
                 "weights of the self-attention");
    swapped.self = NO_MATRIX;
    assert_fails(decoder_block(s.x, memory_of(&s), block, swapped, s.out), STATUS_SHAPE,
                 "weights of the cross-attention");
    assert_unwritten(s.out);
    assert_fails(decoder_block(s.x, (Memory){s.memory, 6}, block, NO_WEIGHTS, s.out), STATUS_VALUE,
                 "6 keys of padding");
    assert_unwritten_or_zeros(s.out);
    block->norm_2.gain = gain;
    assert_fails(decoder_block(s.x, memory_of(&s), block, NO_WEIGHTS, s.out), STATUS_SHAPE, "gain");
    assert_unwritten_or_zeros(s.out);
    *block = right;
    block->norm_3.epsilon = -1;
    assert_fails(decoder_block(s.x, memory_of(&s), block, NO_WEIGHTS, s.out), STATUS_VALUE,
                 "epsilon");
    assert_unwritten_or_zeros(s.out);
    *block = right;
    block->self_attention.w_k = narrow;
    assert_fails(decoder_block(s.x, memory_of(&s), block, NO_WEIGHTS, s.out), STATUS_SHAPE, "w_k");
    assert_unwritten_or_zeros(s.out);
    *block = right;
    block->feed_forward.w_2 = narrow;
    assert_fails(decoder_block(s.x, memory_of(&s), block, (DecoderWeights){s.self, s.cross}, s.out),
                 STATUS_SHAPE, "w_2");
    assert_unwritten_or_zeros(s.out);
    assert_unwritten_or_zeros(s.self);
    assert_unwritten_or_zeros(s.cross);
    matrix_free(&narrow);
    matrix_free(&gain);
    scene_free(&s);
}
END_TEST

START_TEST(a_view_of_strided_rows_is_no_other_than_a_matrix)
{
    Scene s = scene_create(15, ALL_STEPS);
    Matrix wide = new_matrix(3, 9), view;
    assert_ok(matrix_columns(wide, 2, 6, &view));
    assert_ok(decoder_block(s.x, memory_of(&s), &s.owner.block, NO_WEIGHTS, s.out));
    assert_ok(decoder_block(s.x, memory_of(&s), &s.owner.block, NO_WEIGHTS, view));
    assert_matrix_equal(view, s.out);
    assert_close(wide.data[1], (double)UNWRITTEN, 0);
    assert_close(wide.data[8], (double)UNWRITTEN, 0);
    matrix_free(&wide);
    scene_free(&s);
}
END_TEST

START_TEST(random_blocks_agree_with_double)
{
    Random random = {16};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t d_model = random_between(&random, 2, 7), t = random_between(&random, 1, 5),
               s = random_between(&random, 1, 6);
        RandomBlock owner =
            random_block(&random, d_model, i % 4 == 0 ? (unsigned)(i / 4 % 8) : ALL_STEPS);
        Matrix x = random_matrix(&random, t, d_model, 1.0),
               memory = random_matrix(&random, s, d_model, 1.0),
               out = random_matrix(&random, t, d_model, 1.0);
        size_t padding = random_between(&random, 0, s);
        Table given = table_of(x), source = table_of(memory),
              expected = oracle_block(given, source, padding, &owner.block);
        assert_ok(decoder_block(x, (Memory){memory, padding}, &owner.block, NO_WEIGHTS, out));
        assert_matches(out, expected, TOLERANCE);
        table_free(3, given, source, expected);
        random_matrix_free(x);
        random_matrix_free(memory);
        random_matrix_free(out);
        random_block_free(&owner);
    }
}
END_TEST

/* --- The stack ------------------------------------------------------------------------------- */

/* Three different blocks, the one in the middle without cross-attention. */
typedef struct Tower {
    RandomBlock owners[3];
    DecoderBlock blocks[3];
    Decoder stack;
    Matrix x, memory, out;
} Tower;

static Tower *tower_create(Tower *tower, uint64_t seed, bool cross)
{
    Random random = {seed};
    for (size_t i = 0; i < 3; i++) {
        tower->owners[i] = random_block(&random, 6, cross && i != 1 ? ALL_STEPS : NO_CROSS);
        tower->blocks[i] = tower->owners[i].block;
    }
    tower->stack = (Decoder){tower->blocks, 3, seed % 2 == 0, PLAIN};
    tower->x = random_matrix(&random, 4, 6, 1.0);
    tower->memory = random_matrix(&random, 5, 6, 1.0);
    tower->out = new_matrix(4, 6);
    return tower;
}

static void tower_free(Tower *tower)
{
    for (size_t i = 0; i < 3; i++)
        random_block_free(&tower->owners[i]);
    random_matrix_free(tower->x);
    random_matrix_free(tower->memory);
    matrix_free(&tower->out);
}

START_TEST(a_decoder_runs_block_after_block_and_keeps_all_weights)
{
    Tower t;
    tower_create(&t, 18, true);
    Memory memory = {t.memory, 1};
    size_t self = 0, cross = 0;
    Matrix all_self =
        new_matrix(4 * (t.blocks[0].self_attention.heads + t.blocks[1].self_attention.heads +
                        t.blocks[2].self_attention.heads),
                   4);
    Matrix all_cross =
        new_matrix(4 * (t.blocks[0].cross_attention.heads + t.blocks[2].cross_attention.heads), 5);
    Matrix x = copy_of(t.x);
    assert_ok(decoder(t.x, memory, &t.stack, (DecoderWeights){all_self, all_cross}, t.out));
    for (size_t i = 0; i < 3; i++) {
        size_t self_rows = 4 * t.blocks[i].self_attention.heads;
        size_t cross_rows = 4 * t.blocks[i].cross_attention.heads;
        DecoderWeights weights = {new_matrix(self_rows, 4), new_matrix(cross_rows, 5)};
        assert_ok(decoder_block(x, memory, &t.blocks[i], weights, x));
        assert_matrix_equal(rows_of(all_self, self, self_rows), weights.self);
        assert_matrix_equal(rows_of(all_cross, cross, cross_rows), weights.cross);
        self += self_rows;
        cross += cross_rows;
        matrix_free(&weights.self);
        matrix_free(&weights.cross);
    }
    assert_ok(layer_norm(x, &PLAIN, x));
    assert_matrix_equal(t.out, x);
    matrix_free(&x);
    matrix_free(&all_self);
    matrix_free(&all_cross);
    tower_free(&t);
}
END_TEST

START_TEST(a_decoder_without_blocks_copies_or_normalises)
{
    Tower t;
    tower_create(&t, 19, true);
    Decoder none = {.count = 0};
    Matrix expected = new_matrix(4, 6);
    assert_ok(decoder(t.x, NO_MEMORY, &none, NO_WEIGHTS, t.out));
    assert_matrix_equal(t.out, t.x);
    none.has_norm = true;
    none.norm = PLAIN;
    assert_ok(decoder(t.x, NO_MEMORY, &none, NO_WEIGHTS, t.out));
    assert_ok(layer_norm(t.x, &PLAIN, expected));
    assert_matrix_equal(t.out, expected);
    matrix_free(&expected);
    tower_free(&t);
}
END_TEST

START_TEST(a_decoder_that_does_not_fit_is_refused)
{
    Tower t;
    tower_create(&t, 21, true);
    Matrix wrong = new_matrix(4, 5);
    assert_fails(decoder(t.x, NO_MEMORY, &t.stack, NO_WEIGHTS, t.out), STATUS_VALUE,
                 "decoder: the cross-attention has no memory");
    assert_fails(decoder(t.x, (Memory){t.memory, 0}, &t.stack, NO_WEIGHTS, wrong), STATUS_SHAPE,
                 "decoder: out is 4x5, expected 4x6");
    assert_unwritten(t.out);
    t.stack.has_norm = true;
    t.stack.norm = (LayerNorm){.epsilon = NAN};
    assert_fails(decoder(t.x, (Memory){t.memory, 0}, &t.stack, NO_WEIGHTS, t.out), STATUS_VALUE,
                 "epsilon");
    assert_unwritten_or_zeros(t.out);
    t.blocks[2].feed_forward.w_1 = wrong;
    assert_fails(decoder(t.x, (Memory){t.memory, 0}, &t.stack, NO_WEIGHTS, t.out), STATUS_SHAPE,
                 "w_1");
    assert_unwritten_or_zeros(t.out);
    matrix_free(&wrong);
    tower_free(&t);
}
END_TEST

START_TEST(random_decoders_agree_with_double)
{
    for (size_t i = 0; i < random_cases(); i++) {
        Tower t;
        tower_create(&t, 100 + i, i % 3 > 0);
        size_t padding = i % 6;
        Table x = table_of(t.x), memory = table_of(t.memory);
        for (size_t b = 0; b < 3; b++) {
            Table next = oracle_block(x, memory, padding, &t.blocks[b]);
            table_free(1, x);
            x = next;
        }
        t.stack.has_norm = false;
        assert_ok(decoder(t.x, (Memory){t.memory, padding}, &t.stack, NO_WEIGHTS, t.out));
        assert_matches(t.out, x, TOLERANCE);
        table_free(2, x, memory);
        tower_free(&t);
    }
}
END_TEST

/* --- Choosing -------------------------------------------------------------------------------- */

START_TEST(the_greedy_word_is_the_first_of_the_greatest)
{
    float logits[] = {-3, -1, -2, -1}, hidden[] = {NAN, -5, NAN, -4}, none[] = {NAN, NAN};
    float low[] = {-INFINITY, -INFINITY, -1e30f}, first[] = {2, 1, 2};
    assert_count(greedy_word(VIEW(logits, 1, 4)), 1);
    assert_count(greedy_word(VIEW(hidden, 1, 4)), 3);
    assert_count(greedy_word(VIEW(none, 1, 2)), 0);
    assert_count(greedy_word(VIEW(low, 1, 3)), 2);
    assert_count(greedy_word(VIEW(first, 1, 3)), 0);
}
END_TEST

/* Logits whose exponentials are 1, 2, 4, 8. */
static float powers[] = {0, 0.69314718f, 1.38629436f, 2.07944154f};

START_TEST(temperature_1_is_the_softmax)
{
    float p[4], expected[] = {1 / 15.0f, 2 / 15.0f, 4 / 15.0f, 8 / 15.0f};
    assert_ok(word_probabilities(VIEW(powers, 1, 4), &(Sampling){1, 0}, VIEW(p, 1, 4)));
    assert_matrix_close(VIEW(p, 1, 4), VIEW(expected, 1, 4), 1e-6);
}
END_TEST

START_TEST(the_temperature_divides_the_logits)
{
    /* at 1/2 the exponentials are squared: 1, 4, 16, 64 */
    float p[4], expected[] = {1 / 85.0f, 4 / 85.0f, 16 / 85.0f, 64 / 85.0f};
    assert_ok(word_probabilities(VIEW(powers, 1, 4), &(Sampling){0.5f, 0}, VIEW(p, 1, 4)));
    assert_matrix_close(VIEW(p, 1, 4), VIEW(expected, 1, 4), 1e-6);
}
END_TEST

START_TEST(top_k_keeps_the_most_likely_and_shares_their_weight_anew)
{
    float logits[] = {powers[2], powers[0], powers[3], powers[1]}, p[4];
    float two[] = {4 / 12.0f, 0, 8 / 12.0f, 0}, three[] = {4 / 14.0f, 0, 8 / 14.0f, 2 / 14.0f};
    assert_ok(word_probabilities(VIEW(logits, 1, 4), &(Sampling){1, 2}, VIEW(p, 1, 4)));
    assert_matrix_close(VIEW(p, 1, 4), VIEW(two, 1, 4), 1e-6);
    assert_ok(word_probabilities(VIEW(logits, 1, 4), &(Sampling){1, 3}, VIEW(p, 1, 4)));
    assert_matrix_close(VIEW(p, 1, 4), VIEW(three, 1, 4), 1e-6);
    assert_close(p[1], 0, 0);
}
END_TEST

START_TEST(top_k_keeps_k_words_even_of_equals)
{
    float logits[] = {1, 5, 1, 1}, p[4], expected[] = {0.5f, 0, 0.5f, 0};
    logits[1] = -5;
    assert_ok(word_probabilities(VIEW(logits, 1, 4), &(Sampling){3, 2}, VIEW(p, 1, 4)));
    assert_matrix_close(VIEW(p, 1, 4), VIEW(expected, 1, 4), 1e-6);
}
END_TEST

START_TEST(top_k_of_one_is_greedy_and_a_great_k_keeps_all)
{
    float p[4], all[4], greedy[] = {0, 0, 0, 1};
    assert_ok(word_probabilities(VIEW(powers, 1, 4), &(Sampling){9, 1}, VIEW(p, 1, 4)));
    assert_matrix_close(VIEW(p, 1, 4), VIEW(greedy, 1, 4), 0);
    assert_ok(word_probabilities(VIEW(powers, 1, 4), &(Sampling){9, 99}, VIEW(p, 1, 4)));
    assert_ok(word_probabilities(VIEW(powers, 1, 4), &(Sampling){9, 0}, VIEW(all, 1, 4)));
    assert_matrix_equal(VIEW(p, 1, 4), VIEW(all, 1, 4));
}
END_TEST

START_TEST(probabilities_may_take_the_place_of_the_logits)
{
    float p[4], same[4];
    memcpy(same, powers, sizeof same);
    assert_ok(word_probabilities(VIEW(powers, 1, 4), &(Sampling){2, 3}, VIEW(p, 1, 4)));
    assert_ok(word_probabilities(VIEW(same, 1, 4), &(Sampling){2, 3}, VIEW(same, 1, 4)));
    assert_matrix_equal(VIEW(same, 1, 4), VIEW(p, 1, 4));
}
END_TEST

START_TEST(probabilities_that_make_no_sense_are_refused)
{
    static const float WRONG[] = {0, -1, NAN, INFINITY};
    Matrix p = new_matrix(1, 4), narrow = new_matrix(1, 3), tall = new_matrix(2, 2);
    for (size_t i = 0; i < 4; i++) {
        assert_fails(word_probabilities(VIEW(powers, 1, 4), &(Sampling){WRONG[i], 2}, p),
                     STATUS_VALUE, "temperature");
    }
    assert_fails(word_probabilities(VIEW(powers, 1, 4), &(Sampling){1, 0}, narrow), STATUS_SHAPE,
                 "probabilities is 1x3, expected 1x4");
    assert_fails(word_probabilities(tall, &(Sampling){1, 0}, tall), STATUS_SHAPE,
                 "logits is 2x2, expected 1x2");
    assert_unwritten(p);
    assert_unwritten(narrow);
    memory_fail_at(1);
    assert_fails(word_probabilities(VIEW(powers, 1, 4), &(Sampling){1, 0}, p), STATUS_NO_MEMORY,
                 "");
    memory_fail_at(0);
    assert_unwritten(p);
    matrix_free(&p);
    matrix_free(&narrow);
    matrix_free(&tall);
}
END_TEST

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

START_TEST(random_probabilities_agree_with_double)
{
    Random random = {22};
    for (size_t i = 0; i < random_cases(); i++) {
        size_t words = random_between(&random, 1, 12), k = random_between(&random, 0, words + 1);
        float temperature = (float)(0.1 + 3 * random_uniform(&random));
        Matrix logits = random_matrix(&random, 1, words, i % 3 == 0 ? 1e3 : 2.0),
               p = random_matrix(&random, 1, words, 1.0);
        Table given = table_of(logits), kept = oracle_kept(given, k > 0 ? k : words),
              expected = oracle_softmax(kept, temperature);
        assert_ok(word_probabilities(logits, &(Sampling){temperature, k}, p));
        assert_matches(p, expected, TOLERANCE);
        table_free(3, given, kept, expected);
        random_matrix_free(logits);
        random_matrix_free(p);
    }
}
END_TEST

START_TEST(the_ends_of_a_words_piece_are_told_apart)
{
    /* on the line: word 1 from 0 to 0.25, word 2 to 0.75, word 4 to 1 */
    float p[] = {0, 0.25f, 0.5f, 0, 0.25f, 0};
    Matrix row = VIEW(p, 1, 6);
    assert_count(draw_word(row, 0), 1);
    assert_count(draw_word(row, 0.2499), 1);
    assert_count(draw_word(row, 0.25), 2);
    assert_count(draw_word(row, 0.7499), 2);
    assert_count(draw_word(row, 0.75), 4);
    assert_count(draw_word(row, 0.9999999), 4);
}
END_TEST

START_TEST(rounding_never_draws_a_word_that_is_not_in_the_lot)
{
    float short_line[] = {0.3f, 0.3f, 0}, none[] = {0, 0};
    assert_count(draw_word(VIEW(short_line, 1, 3), 0.99), 1);
    assert_count(draw_word(VIEW(none, 1, 2), 0.5), 0);
}
END_TEST

START_TEST(temperature_0_asks_no_chance)
{
    Random random = {5}, same = {5};
    size_t word = 99;
    assert_ok(choose_word(VIEW(powers, 1, 4), &(Sampling){0, 2}, &random, &word));
    assert_count(word, 3);
    ck_assert(random.state == same.state);
    assert_ok(choose_word(VIEW(powers, 1, 4), &(Sampling){0, 0}, NULL, &word));
    assert_count(word, 3);
}
END_TEST

START_TEST(words_come_as_often_as_they_are_likely)
{
    enum { DRAWS = 3000 };
    Random random = {6};
    double counts[4] = {0};
    for (size_t i = 0; i < DRAWS; i++) {
        size_t word = 99;
        assert_ok(choose_word(VIEW(powers, 1, 4), &(Sampling){1, 3}, &random, &word));
        counts[word] += 1.0 / (double)DRAWS;
    }
    assert_close(counts[0], 0, 0);
    for (size_t i = 1; i < 4; i++)
        assert_close(counts[i], exp(powers[i]) / 14, 0.03);
}
END_TEST

START_TEST(a_choice_is_one_number_of_the_generator)
{
    Random random = {7}, same = {7};
    float p[4];
    size_t word;
    assert_ok(word_probabilities(VIEW(powers, 1, 4), &(Sampling){3, 0}, VIEW(p, 1, 4)));
    for (size_t i = 0; i < 20; i++) {
        double drawn = random_uniform(&same);
        assert_ok(choose_word(VIEW(powers, 1, 4), &(Sampling){3, 0}, &random, &word));
        assert_count(word, draw_word(VIEW(p, 1, 4), drawn));
    }
    assert_fails(choose_word(VIEW(powers, 1, 4), &(Sampling){-1, 0}, &random, &word), STATUS_VALUE,
                 "temperature");
    for (size_t n = 1; n <= 2; n++) {
        memory_fail_at(n);
        assert_fails(choose_word(VIEW(powers, 1, 4), &(Sampling){1, 0}, &random, &word),
                     STATUS_NO_MEMORY, "");
        memory_fail_at(0);
    }
}
END_TEST

/* --- Remembering ----------------------------------------------------------------------------- */

/* Runs the tower in portions of these sizes, and compares with all at once. */
static void run_in_portions(const Tower *t, size_t padding, const size_t *portions, size_t count)
{
    DecoderCache cache;
    Memory memory = {t->memory, padding};
    Matrix stepped = new_matrix(4, 6);
    size_t first = 0;
    assert_ok(decoder_cache_create(&t->stack, memory, 4, &cache));
    assert_count(cache.count, 0);
    for (size_t i = 0; i < count; i++) {
        assert_ok(decoder_step(rows_of(t->x, first, portions[i]), &t->stack, &cache,
                               rows_of(stepped, first, portions[i])));
        first += portions[i];
        assert_count(cache.count, first);
    }
    assert_ok(decoder(t->x, memory, &t->stack, NO_WEIGHTS, t->out));
    assert_matrix_equal(stepped, t->out);
    decoder_cache_free(&cache);
    matrix_free(&stepped);
}

START_TEST(portions_give_the_same_to_the_bit)
{
    static const size_t PORTIONS[][4] = {{1, 1, 1, 1}, {4}, {3, 1}, {1, 3}, {2, 2}, {1, 0, 2, 1}};
    static const size_t COUNTS[] = {4, 1, 2, 2, 2, 4};
    for (size_t i = 0; i < random_cases(); i++) {
        Tower t;
        tower_create(&t, 1000 + i, i % 4 > 0);
        run_in_portions(&t, i % 5, PORTIONS[i % 6], COUNTS[i % 6]);
        tower_free(&t);
    }
}
END_TEST

START_TEST(a_cache_without_room_refuses_and_remembers_what_it_did)
{
    Tower t;
    DecoderCache cache;
    tower_create(&t, 23, true);
    Memory memory = {t.memory, 0};
    Matrix out = new_matrix(2, 6), narrow = new_matrix(2, 5);
    Decoder two = t.stack;
    two.count = 2;
    assert_ok(decoder_cache_create(&t.stack, memory, 3, &cache));
    assert_ok(decoder_step(rows_of(t.x, 0, 2), &t.stack, &cache, rows_of(t.out, 0, 2)));
    assert_fails(decoder_step(rows_of(t.x, 2, 2), &t.stack, &cache, out), STATUS_VALUE,
                 "decoder_step: 2 new words, but of 3 places 2 are taken");
    assert_fails(decoder_step(rows_of(t.x, 2, 1), &two, &cache, rows_of(out, 0, 1)), STATUS_VALUE,
                 "decoder_step: the cache is of 3 blocks, but the decoder has 2");
    assert_fails(decoder_step(rows_of(t.x, 2, 1), &t.stack, &cache, out), STATUS_SHAPE,
                 "decoder_step: out is 2x6, expected 1x6");
    assert_fails(decoder_step(rows_of(narrow, 0, 1), &t.stack, &cache, rows_of(narrow, 1, 1)),
                 STATUS_SHAPE, "5");
    assert_count(cache.count, 2);
    assert_unwritten(out);
    assert_ok(decoder_step(rows_of(t.x, 2, 1), &t.stack, &cache, rows_of(t.out, 2, 1)));
    decoder_cache_free(&cache);
    decoder_cache_free(&cache);
    matrix_free(&out);
    matrix_free(&narrow);
    tower_free(&t);
}
END_TEST

START_TEST(a_failed_step_can_be_repeated)
{
    Tower t;
    tower_create(&t, 24, true);
    Memory memory = {t.memory, 2};
    Matrix out = new_matrix(2, 6);
    assert_ok(decoder(t.x, memory, &t.stack, NO_WEIGHTS, t.out));
    for (size_t n = 1;; n++) {
        DecoderCache cache;
        assert_ok(decoder_cache_create(&t.stack, memory, 4, &cache));
        assert_ok(decoder_step(rows_of(t.x, 0, 2), &t.stack, &cache, out));
        fill(out, UNWRITTEN);
        memory_fail_at(n);
        Status status = decoder_step(rows_of(t.x, 2, 2), &t.stack, &cache, out);
        bool failed = memory_has_failed() != 0;
        memory_fail_at(0);
        ck_assert_int_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
        if (failed) {
            assert_count(cache.count, 2);
            assert_unwritten_or_zeros(out);
            assert_ok(decoder_step(rows_of(t.x, 2, 2), &t.stack, &cache, out));
        }
        assert_matrix_equal(out, rows_of(t.out, 2, 2));
        decoder_cache_free(&cache);
        if (!failed)
            break;
    }
    matrix_free(&out);
    tower_free(&t);
}
END_TEST

static void assert_empty(const DecoderCache *cache)
{
    ck_assert(cache->blocks == NULL && cache->block_count == 0 && cache->count == 0 &&
              cache->limit == 0 && cache->padding == 0);
}

START_TEST(a_cache_that_cannot_be_made_is_empty)
{
    Tower t;
    DecoderCache cache;
    tower_create(&t, 25, true);
    Memory memory = {t.memory, 1};
    for (size_t n = 1;; n++) {
        memory_fail_at(n);
        Status status = decoder_cache_create(&t.stack, memory, 4, &cache);
        bool failed = memory_has_failed() != 0;
        memory_fail_at(0);
        ck_assert_int_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
        if (!failed)
            break;
        assert_empty(&cache);
    }
    assert_count(cache.block_count, 3);
    assert_count(cache.count, 0);
    assert_count(cache.limit, 4);
    assert_count(cache.padding, 1);
    decoder_cache_free(&cache);
    assert_empty(&cache);
    assert_fails(decoder_cache_create(&t.stack, NO_MEMORY, 4, &cache), STATUS_VALUE,
                 "decoder_cache_create: the cross-attention has no memory");
    assert_empty(&cache);
    memory.x = rows_of(t.x, 0, 2);
    memory.padding = 3;
    assert_fails(decoder_cache_create(&t.stack, memory, 4, &cache), STATUS_VALUE,
                 "decoder_cache_create: of 2 rows of the memory 3 are padding");
    assert_empty(&cache);
    memory.padding = 0;
    memory.x.cols = 5;
    assert_fails(decoder_cache_create(&t.stack, memory, 4, &cache), STATUS_SHAPE, "");
    assert_empty(&cache);
    assert_fails(decoder_cache_create(&t.stack, (Memory){t.memory, 0}, (size_t)-1, &cache),
                 STATUS_NO_MEMORY, "");
    assert_empty(&cache);
    tower_free(&t);
}
END_TEST

START_TEST(without_memory_no_output_is_half_done)
{
    Tower t;
    tower_create(&t, 26, true);
    size_t heads = 0, cross = 0;
    for (size_t i = 0; i < 3; i++) {
        heads += t.blocks[i].self_attention.heads;
        cross += t.blocks[i].cross_attention.heads;
    }
    DecoderWeights weights = {new_matrix(4 * heads, 4), new_matrix(4 * cross, 5)};
    for (size_t n = 1;; n++) {
        fill(t.out, UNWRITTEN);
        fill(weights.self, UNWRITTEN);
        fill(weights.cross, UNWRITTEN);
        memory_fail_at(n);
        Status status =
            decoder(t.x, (Memory){t.memory, 0}, &t.stack, n % 2 == 0 ? weights : NO_WEIGHTS, t.out);
        bool failed = memory_has_failed() != 0;
        memory_fail_at(0);
        ck_assert_int_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
        if (!failed)
            break;
        assert_unwritten_or_zeros(t.out);
        assert_unwritten_or_zeros(weights.self);
        assert_unwritten_or_zeros(weights.cross);
    }
    matrix_free(&weights.self);
    matrix_free(&weights.cross);
    tower_free(&t);
}
END_TEST

/* --- Writing --------------------------------------------------------------------------------- */

enum { VOCABULARY = 9, LIMIT = 12 };

/* A random model, with a source to look at. */
typedef struct Writer {
    Tower tower;
    Matrix words, positions;
    LanguageModel model;
    Memory memory;
} Writer;

static void writer_create(Writer *w, uint64_t seed)
{
    Random random = {seed};
    tower_create(&w->tower, seed, seed % 3 > 0);
    w->words = random_matrix(&random, VOCABULARY, 6, 1.0);
    w->positions = random_matrix(&random, LIMIT, 6, 1.0);
    w->model.embedding = (Embedding){w->words, seed % 2 == 0 ? w->positions : NO_MATRIX};
    w->model.decoder = w->tower.stack;
    w->memory = (Memory){w->tower.memory, 1};
}

static void writer_free(Writer *w)
{
    tower_free(&w->tower);
    random_matrix_free(w->words);
    random_matrix_free(w->positions);
}

START_TEST(the_next_word_follows_from_the_last_row)
{
    Writer w;
    writer_create(&w, 30);
    size_t words[] = {3, 1, 4, 1};
    Text text = {words, 4, 4, VOCABULARY};
    Matrix x = new_matrix(4, 6), out = new_matrix(4, 6), all = new_matrix(4, VOCABULARY),
           logits = new_matrix(1, VOCABULARY);
    assert_ok(embed(words, 4, 0, &w.model.embedding, x));
    assert_ok(decoder(x, w.memory, &w.model.decoder, NO_WEIGHTS, out));
    assert_ok(vocabulary_logits(out, w.words, all));
    assert_ok(next_word_logits(&w.model, w.memory, &text, NULL, logits));
    assert_matrix_equal(logits, rows_of(all, 3, 1));
    matrix_free(&x);
    matrix_free(&out);
    matrix_free(&all);
    matrix_free(&logits);
    writer_free(&w);
}
END_TEST

START_TEST(a_cache_gives_the_same_logits_to_the_bit)
{
    for (size_t i = 0; i < random_cases(); i++) {
        Writer w;
        DecoderCache cache;
        Random random = {i};
        size_t words[LIMIT];
        Text text = {words, 0, LIMIT, VOCABULARY};
        writer_create(&w, 2000 + i);
        Matrix anew = new_matrix(1, VOCABULARY), kept = new_matrix(1, VOCABULARY);
        for (size_t t = 0; t < LIMIT; t++)
            words[t] = random_between(&random, 0, VOCABULARY - 1);
        assert_ok(decoder_cache_create(&w.model.decoder, w.memory, LIMIT, &cache));
        while (text.count < LIMIT) {
            text.count += random_between(&random, 1, LIMIT - text.count);
            assert_ok(next_word_logits(&w.model, w.memory, &text, &cache, kept));
            assert_ok(next_word_logits(&w.model, w.memory, &text, NULL, anew));
            assert_matrix_equal(kept, anew);
            assert_count(cache.count, text.count);
        }
        decoder_cache_free(&cache);
        matrix_free(&anew);
        matrix_free(&kept);
        writer_free(&w);
    }
}
END_TEST

START_TEST(a_text_without_a_new_word_is_refused)
{
    Writer w;
    DecoderCache cache;
    size_t words[] = {3, 1, 99};
    Text text = {words, 2, 3, VOCABULARY};
    writer_create(&w, 31);
    Matrix logits = new_matrix(1, VOCABULARY), narrow = new_matrix(1, 4);
    assert_ok(decoder_cache_create(&w.model.decoder, w.memory, 3, &cache));
    assert_ok(next_word_logits(&w.model, w.memory, &text, &cache, logits));
    fill(logits, UNWRITTEN);
    assert_fails(next_word_logits(&w.model, w.memory, &text, &cache, logits), STATUS_VALUE,
                 "next_word_logits: 2 words are known, and the text has no more than 2");
    text.count = 0;
    assert_fails(next_word_logits(&w.model, w.memory, &text, NULL, logits), STATUS_VALUE,
                 "next_word_logits: 0 words are known");
    text.count = 2;
    assert_fails(next_word_logits(&w.model, w.memory, &text, NULL, narrow), STATUS_SHAPE,
                 "next_word_logits: logits is 1x4, expected 1x9");
    text.count = 3;
    assert_fails(next_word_logits(&w.model, w.memory, &text, NULL, logits), STATUS_VALUE,
                 "word 2 is number 99");
    assert_unwritten(logits);
    decoder_cache_free(&cache);
    matrix_free(&logits);
    matrix_free(&narrow);
    writer_free(&w);
}
END_TEST

static void write_text(const Writer *w, const Sampling *sampling, bool with_cache, uint64_t seed,
                       Text *text)
{
    DecoderCache cache;
    Random random = {seed};
    assert_ok(decoder_cache_create(&w->model.decoder, w->memory, LIMIT, &cache));
    assert_ok(generate(&w->model, w->memory, sampling, &random, with_cache ? &cache : NULL, text));
    decoder_cache_free(&cache);
}

START_TEST(both_ways_write_the_same_words)
{
    static const Sampling WAYS[] = {{0, 0}, {1, 0}, {0.5f, 3}, {5, 0}};
    for (size_t i = 0; i < random_cases() / 10; i++) {
        Writer w;
        size_t one[LIMIT] = {i % VOCABULARY, 2}, other[LIMIT] = {i % VOCABULARY, 2};
        Text anew = {one, 2, LIMIT, VOCABULARY}, kept = {other, 2, LIMIT, VOCABULARY};
        writer_create(&w, 40 + i);
        write_text(&w, &WAYS[i % 4], false, i, &anew);
        write_text(&w, &WAYS[i % 4], true, i, &kept);
        assert_count(anew.count, LIMIT);
        assert_count(kept.count, LIMIT);
        for (size_t t = 0; t < LIMIT; t++) {
            assert_count(other[t], one[t]);
        }
        writer_free(&w);
    }
}
END_TEST

START_TEST(each_word_is_chosen_by_the_logits_before_it)
{
    Writer w;
    size_t words[LIMIT] = {5};
    Text text = {words, 1, LIMIT, VOCABULARY};
    Matrix logits = new_matrix(1, VOCABULARY);
    writer_create(&w, 50);
    assert_ok(generate(&w.model, w.memory, &(Sampling){0, 0}, NULL, NULL, &text));
    for (text.count = 1; text.count < LIMIT; text.count++) {
        assert_ok(next_word_logits(&w.model, w.memory, &text, NULL, logits));
        assert_count(words[text.count], greedy_word(logits));
    }
    matrix_free(&logits);
    writer_free(&w);
}
END_TEST

START_TEST(the_stop_word_is_written_and_ends_the_text)
{
    Writer w;
    size_t words[LIMIT] = {5}, again[LIMIT] = {5}, end = 1;
    Text text = {words, 1, LIMIT, VOCABULARY}, stopped = {again, 1, LIMIT, 0};
    writer_create(&w, 51);
    write_text(&w, &(Sampling){2, 0}, false, 9, &text);
    stopped.stop = words[4];
    while (words[end] != stopped.stop)
        end++;
    write_text(&w, &(Sampling){2, 0}, true, 9, &stopped);
    assert_count(stopped.count, end + 1);
    for (size_t t = 0; t <= end; t++)
        assert_count(again[t], words[t]);
    writer_free(&w);
}
END_TEST

START_TEST(a_full_text_gets_no_word)
{
    Writer w;
    size_t words[] = {5, 6, 99};
    Text text = {words, 2, 2, VOCABULARY};
    writer_create(&w, 52);
    assert_ok(generate(&w.model, w.memory, &(Sampling){0, 0}, NULL, NULL, &text));
    assert_count(text.count, 2);
    assert_count(words[2], 99);
    writer_free(&w);
}
END_TEST

START_TEST(what_was_written_before_a_failure_stays)
{
    Writer w;
    DecoderCache cache;
    size_t words[LIMIT] = {5};
    Random unused = {1};
    Text text = {words, 1, LIMIT, VOCABULARY};
    writer_create(&w, 53);
    assert_ok(decoder_cache_create(&w.model.decoder, w.memory, 3, &cache));
    assert_fails(generate(&w.model, w.memory, &(Sampling){0, 0}, NULL, &cache, &text), STATUS_VALUE,
                 "of 3 places 3 are taken");
    assert_count(text.count, 4);
    decoder_cache_free(&cache);
    text.count = 1;
    assert_fails(generate(&w.model, w.memory, &(Sampling){-1, 0}, &unused, NULL, &text),
                 STATUS_VALUE, "temperature");
    assert_count(text.count, 1);
    for (size_t n = 1;; n++) {
        Random random = {1};
        text = (Text){words, 1, 3, VOCABULARY};
        memory_fail_at(n);
        Status status = generate(&w.model, w.memory, &(Sampling){1, 0}, &random, NULL, &text);
        bool failed = memory_has_failed() != 0;
        memory_fail_at(0);
        ck_assert_int_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
        if (!failed)
            break;
        ck_assert(text.count < 3);
    }
    writer_free(&w);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("09 encoder and decoder");
    add_test(suite, a_word_is_multiplied_by_the_root_of_d_model);
    add_test(suite, a_position_is_not_multiplied_and_starts_where_it_is_told);
    add_test(suite, without_a_table_of_positions_the_waves_are_added);
    add_test(suite, words_and_positions_that_are_not_there_are_refused);
    add_test(suite, logits_compare_a_row_with_every_word);
    add_test(suite, cross_attention_is_the_layer_with_a_context);
    add_test(suite, filling_behind_the_source_has_no_say);
    add_test(suite, a_cross_attention_needs_a_memory_that_fits);
    add_test(suite, random_cross_attentions_agree_with_double);
    add_test(suite, the_future_does_not_leak_through_a_block);
    add_test(suite, every_row_hears_the_last_word_of_the_source);
    add_test(suite, weights_are_those_of_the_attentions);
    add_test(suite, weights_may_be_left_out_and_out_may_be_x);
    add_test(suite, without_cross_attention_it_is_a_causal_block_of_chapter_8);
    add_test(suite, a_block_without_steps_copies);
    add_test(suite, what_does_not_fit_a_block_is_refused);
    add_test(suite, a_view_of_strided_rows_is_no_other_than_a_matrix);
    add_test(suite, random_blocks_agree_with_double);
    add_test(suite, a_decoder_runs_block_after_block_and_keeps_all_weights);
    add_test(suite, a_decoder_without_blocks_copies_or_normalises);
    add_test(suite, a_decoder_that_does_not_fit_is_refused);
    add_test(suite, without_memory_no_output_is_half_done);
    add_test(suite, random_decoders_agree_with_double);
    add_test(suite, the_greedy_word_is_the_first_of_the_greatest);
    add_test(suite, temperature_1_is_the_softmax);
    add_test(suite, the_temperature_divides_the_logits);
    add_test(suite, top_k_keeps_the_most_likely_and_shares_their_weight_anew);
    add_test(suite, top_k_keeps_k_words_even_of_equals);
    add_test(suite, top_k_of_one_is_greedy_and_a_great_k_keeps_all);
    add_test(suite, probabilities_may_take_the_place_of_the_logits);
    add_test(suite, probabilities_that_make_no_sense_are_refused);
    add_test(suite, random_probabilities_agree_with_double);
    add_test(suite, the_ends_of_a_words_piece_are_told_apart);
    add_test(suite, rounding_never_draws_a_word_that_is_not_in_the_lot);
    add_test(suite, temperature_0_asks_no_chance);
    add_test(suite, words_come_as_often_as_they_are_likely);
    add_test(suite, a_choice_is_one_number_of_the_generator);
    add_test(suite, a_cache_that_cannot_be_made_is_empty);
    add_test(suite, portions_give_the_same_to_the_bit);
    add_test(suite, a_cache_without_room_refuses_and_remembers_what_it_did);
    add_test(suite, a_failed_step_can_be_repeated);
    add_test(suite, the_next_word_follows_from_the_last_row);
    add_test(suite, a_cache_gives_the_same_logits_to_the_bit);
    add_test(suite, a_text_without_a_new_word_is_refused);
    add_test(suite, both_ways_write_the_same_words);
    add_test(suite, each_word_is_chosen_by_the_logits_before_it);
    add_test(suite, the_stop_word_is_written_and_ends_the_text);
    add_test(suite, a_full_text_gets_no_word);
    add_test(suite, what_was_written_before_a_failure_stays);
    return suite;
}
