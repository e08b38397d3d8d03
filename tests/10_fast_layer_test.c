/* Chapter 10: the fast layer gives what chapter 7 gives, on every level and with any threads. */
#include "fast_layer.h"

#include "assert.h"
#include "kernels.h"
#include "layer_variants.h"
#include "layers.h"
#include "mask_expect.h"
#include "matrices.h"
#include "parallel.h"
#include "self_attention.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* --- Random problems ------------------------------------------------------------------------- */

/* A layer, a sequence, a context and a mask of every kind. */
typedef struct Problem {
    MultiHeadLayer layer;
    Matrix x, context, out;
    AttentionMask mask;
} Problem;

typedef struct Sizes {
    size_t t_q, t_k;
    LayerSizes layer;
} Sizes;

static Sizes random_sizes(Random *random)
{
    /* now and then longer than a panel, a block of keys, a step of depth */
    size_t longest = random_between(random, 0, 9) == 0 ? 300 : 40;
    return (Sizes){
        .t_q = random_between(random, 1, longest),
        .t_k = random_between(random, 1, longest),
        .layer = {.d_model = random_between(random, 1, random_between(random, 0, 9) ? 30 : 300),
                  .heads = random_between(random, 1, 4),
                  .d_k = random_between(random, 1, 20),
                  .d_v = random_between(random, 1, 20),
                  .d_out = random_between(random, 1, 40)}};
}

static Problem new_problem(Random *random, Sizes s)
{
    return (Problem){.layer = random_layer(random, s.layer, random_between(random, 0, 1) == 1),
                     .x = random_matrix(random, s.t_q, s.layer.d_model, 1.0),
                     .context = random_matrix(random, s.t_k, s.layer.d_model, 1.0),
                     .out = room(s.t_q, s.layer.d_out),
                     .mask = random_mask(random, s.t_q, s.t_k, s.layer.heads)};
}

/* No two of them are alike where they could be mixed up. */
static const Sizes SMALL = {3, 4, {5, 2, 3, 4, 6}};

/* Prepares the layer of a problem. */
static FastLayer *prepared(const Problem *problem, Isa isa)
{
    FastLayer *layer;
    assert_ok(fast_layer_create(&problem->layer, isa, &layer));
    return layer;
}

/* What chapter 7 makes of it. */
static Matrix expected_of(const Problem *problem)
{
    size_t t_k = problem->context.data != NULL ? problem->context.rows : problem->x.rows;
    Matrix weights = zeros(problem->layer.heads * problem->x.rows, t_k);
    Matrix out = zeros(problem->x.rows, problem->layer.w_o.cols);
    assert_ok(masked_multi_head_attention(problem->x, problem->context, &problem->layer,
                                          &problem->mask, weights, out));
    return out;
}

/* Runs a problem on a layer that was prepared. */
static void run(const FastLayer *layer, const Problem *problem, size_t threads)
{
    FastSequence sequence = {problem->x, problem->context, problem->mask, problem->out};
    assert_ok(fast_multi_head_attention(layer, &sequence, threads));
}

/* Runs it on a layer of its own. */
static void run_alone(const Problem *problem, Isa isa)
{
    FastLayer *layer = prepared(problem, isa);
    run(layer, problem, 1);
    fast_layer_free(layer);
}

/* --- Agreement ------------------------------------------------------------------------------- */

/* Runs a test once for each level; on a machine without it, the test has nothing to say. */
static const Isa LEVELS[ISA_COUNT] = {ISA_BASELINE, ISA_AVX2, ISA_AVX512};

static void scale(Matrix matrix, float factor)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++)
            matrix_row(matrix, r)[c] *= factor;
}

/* The oracle is asked once for all levels: it takes far longer than they do. */
TEST(a_fast_layer_agrees_with_the_oracle_at_every_level)
{
    Random random = {1001};
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        Sizes s = random_sizes(&random);
        bool ends = i % 25 == 0; /* the keys end where a round of blocks does */
        Isa ending = isa_is_there(LEVELS[i % ISA_COUNT]) ? LEVELS[i % ISA_COUNT] : ISA_BASELINE;
        if (ends)
            s.t_k = 4 * kernels_of(ending)->key_block * (1 + i / 25 % 2);
        Problem problem = new_problem(&random, s);
        if (ends)
            problem.mask = NO_MASK;
        if (i % 2 == 1) /* values of any magnitude */
            scale(problem.layer.w_v, powf(10.0F, (float)random_between(&random, 0, 10) - 5.0F));
        Table expected = oracle_masked_layer(table_of(problem.x), table_of(problem.context),
                                             &problem.layer, &problem.mask, NULL);
        for (size_t level = 0; level < ISA_COUNT; level++)
            if (isa_is_there(LEVELS[level])) {
                run_alone(&problem, LEVELS[level]);
                assert_matches(problem.out, expected, TOLERANCE);
            }
    }
}

TEST_ROWS(attention_without_projections_agrees_with_chapter_7, LEVELS)
{
    Random random = {1003};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        Sizes s = random_sizes(&random);
        size_t t_q = i % 20 == 0 ? 0 : s.t_q, t_k = i % 20 == 1 ? 0 : s.t_k;
        size_t d_k = s.layer.d_k, d_v = i % 20 == 2 ? 0 : s.layer.d_v;
        Matrix q = random_matrix(&random, t_q, d_k, 1.0), k = random_matrix(&random, t_k, d_k, 1.0);
        Matrix v = random_matrix(&random, t_k, d_v, 1.0),
               out = random_matrix(&random, t_q, d_v, 1.0);
        Matrix weights = zeros(t_q, t_k), expected = zeros(t_q, d_v);
        AttentionMask mask = random_mask(&random, t_q, t_k, 1);
        assert_ok(masked_attention(q, k, v, 0.3f, &mask, weights, expected));
        assert_ok(fast_attention(q, k, v, 0.3f, &mask, LEVELS[_i], 1 + i % 3, out));
        assert_matrix_close(out, expected, TOLERANCE);
    }
}

TEST(a_sequence_is_its_own_context_when_there_is_none)
{
    Random random = {1004};
    Problem own = new_problem(&random, (Sizes){5, 5, {7, 2, 3, 4, 6}}), none = own;
    own.context = own.x;
    none.context = NO_MATRIX;
    none.out = room(5, 6);
    run_alone(&own, ISA_BASELINE);
    run_alone(&none, ISA_BASELINE);
    assert_matrix_equal(none.out, own.out);
}

/* --- NaN, infinity, nothing to see ----------------------------------------------------------- */

/* The same elements are NaN, the same are infinite, and the others are close. */
static void assert_same_kind(Matrix actual, Matrix expected)
{
    for (size_t r = 0; r < actual.rows; r++)
        for (size_t c = 0; c < actual.cols; c++) {
            float a = matrix_row(actual, r)[c], e = matrix_row(expected, r)[c];
            ck_assert_msg(isnan(a) == isnan(e), "row %zu, column %zu is %g, chapter 7 says %g", r,
                          c, (double)a, (double)e);
            if (!isnan(e))
                assert_close(a, e, 1e-4);
        }
}

TEST_ROWS(what_is_no_number_goes_where_it_goes_in_chapter_7, LEVELS)
{
    static const float STRANGE[] = {NAN, INFINITY, -INFINITY};
    Random random = {1005};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        Problem problem = new_problem(&random, random_sizes(&random));
        for (size_t n = random_between(&random, 1, 3); n > 0; n--) {
            Matrix place = random_between(&random, 0, 2) == 0 ? problem.x : problem.context;
            size_t row = random_between(&random, 0, place.rows - 1);
            matrix_row(place, row)[random_between(&random, 0, place.cols - 1)] =
                STRANGE[random_between(&random, 0, 2)];
        }
        run_alone(&problem, LEVELS[_i]);
        assert_same_kind(problem.out, expected_of(&problem));
    }
}

/* --- Threads and batches --------------------------------------------------------------------- */

/* Large enough that more than one thread is worth it. */
static const Sizes LARGE = {430, 600, {64, 3, 20, 24, 50}};

TEST_ROWS(any_number_of_threads_gives_the_same_bits, LEVELS)
{
    Random random = {1006};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < 4; i++, test_memory_free_all()) {
        Problem problem = new_problem(&random, LARGE);
        problem.mask.causal = i % 2 == 0; /* the first queries are done with the first keys */
        FastLayer *layer = prepared(&problem, LEVELS[_i]);
        run(layer, &problem, 1);
        Matrix expected = copy_of(problem.out);
        for (size_t threads = 0; threads < 6; threads++) {
            fill(problem.out, UNWRITTEN);
            run(layer, &problem, threads);
            assert_matrix_equal(problem.out, expected);
        }
        fast_layer_free(layer);
    }
}

TEST(a_batch_gives_what_its_sequences_give)
{
    enum { COUNT = 5 };
    Random random = {1007};
    Problem first = new_problem(&random, LARGE);
    FastLayer *layer = prepared(&first, ISA_BASELINE);
    for (size_t threads = 1; threads < 8; threads += 2) {
        FastSequence batch[COUNT];
        Matrix expected[COUNT];
        for (size_t i = 0; i < COUNT; i++) {
            size_t tokens = 1 + i * 40;
            Matrix x = random_matrix(&random, tokens, LARGE.layer.d_model, 1.0);
            expected[i] = room(tokens, LARGE.layer.d_out);
            batch[i] = (FastSequence){.x = x, .mask = {.causal = i % 2}, .out = expected[i]};
            assert_ok(fast_multi_head_attention(layer, &batch[i], 1));
            batch[i].out = room(tokens, LARGE.layer.d_out);
        }
        assert_ok(fast_multi_head_attention_batch(layer, batch, COUNT, threads));
        for (size_t i = 0; i < COUNT; i++)
            assert_matrix_equal(batch[i].out, expected[i]);
    }
    assert_ok(fast_multi_head_attention_batch(layer, NULL, 0, 2));
    fast_layer_free(layer);
}

/* --- The cache ------------------------------------------------------------------------------- */

static KeyValueCache *new_cache(const FastLayer *layer, size_t limit)
{
    KeyValueCache *cache;
    assert_ok(key_value_cache_create(layer, limit, &cache));
    return cache;
}

/* Decodes the next tokens of a problem. */
static void decode(const FastLayer *layer, KeyValueCache *cache, const Problem *problem,
                   size_t count, size_t threads)
{
    size_t first = key_value_cache_length(cache);
    assert_ok(fast_decode(layer, cache, rows_of(problem->x, first, count), threads,
                          rows_of(problem->out, first, count)));
    ck_assert_uint_eq(key_value_cache_length(cache), first + count);
}

TEST_ROWS(token_after_token_gives_what_causal_attention_gives, LEVELS)
{
    Random random = {1008};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < random_cases() / 10; i++, test_memory_free_all()) {
        Sizes s = random_sizes(&random);
        /* few at a time go one by one, more go together */
        size_t most = i % 2 == 0 ? 3 : s.t_q;
        Problem problem = new_problem(&random, s), whole = problem;
        FastLayer *layer = prepared(&problem, LEVELS[_i]);
        KeyValueCache *cache = new_cache(layer, s.t_q);
        whole.context = NO_MATRIX;
        whole.mask = (AttentionMask){.causal = true};
        whole.out = room(s.t_q, s.layer.d_out);
        run(layer, &whole, 1);
        for (size_t t = 0, count; t < s.t_q; t += count) {
            count = random_between(&random, 1, s.t_q - t < most ? s.t_q - t : most);
            decode(layer, cache, &problem, count, 1 + i % 3);
        }
        assert_matrix_close(problem.out, whole.out, TOLERANCE);
        key_value_cache_free(cache);
        fast_layer_free(layer);
    }
}

/* A prompt of three goes token by token, one of 70 together. */
TEST(a_long_cache_gives_the_same_bits_with_any_number_of_threads)
{
    enum { TOKENS = 73, WIDTH = 256 };
    Random random = {1009};
    Problem problem = new_problem(&random, (Sizes){TOKENS, TOKENS, {WIDTH, 4, 64, 64, WIDTH}});
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    Matrix expected = NO_MATRIX;
    for (size_t threads = 1; threads < 5; threads++) {
        KeyValueCache *cache = new_cache(layer, TOKENS);
        decode(layer, cache, &problem, 70, threads);
        decode(layer, cache, &problem, 3, threads);
        if (threads == 1)
            expected = copy_of(problem.out);
        assert_matrix_equal(problem.out, expected);
        fill(problem.out, UNWRITTEN);
        key_value_cache_free(cache);
    }
    fast_layer_free(layer);
}

/* Several sequences of different lengths; the last row goes on with the first one's. */
TEST_ROWS(tokens_of_several_sequences_have_the_bits_of_one_by_one, LEVELS)
{
    enum { MOST = 35 };
    Random random = {1020};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < random_cases() / 10; i++, test_memory_free_all()) {
        Sizes s = random_sizes(&random);
        s.t_q = 3 * MOST;
        Problem problem = new_problem(&random, s);
        FastLayer *layer = prepared(&problem, LEVELS[_i]);
        KeyValueCache *alone[MOST] = {NULL}, *together[MOST] = {NULL};
        size_t count = random_between(&random, 2, MOST);
        Matrix x = rows_of(problem.x, 0, count), out = room(count, s.layer.d_out);
        for (size_t b = 0; b < count; b++) {
            size_t past = random_between(&random, 0, 2 * MOST);
            KeyValueCache **caches[] = {alone, together};
            for (size_t c = 0; c < 2 && b < count - 1; c++) {
                caches[c][b] = new_cache(layer, past + 2);
                decode(layer, caches[c][b], &problem, past, 1);
            }
        }
        alone[count - 1] = alone[0], together[count - 1] = together[0];
        for (size_t b = 0; b < count; b++)
            assert_ok(fast_decode(layer, alone[b], one_row(x, b), 1, one_row(problem.out, b)));
        assert_ok(fast_decode_batch(layer, together, x, 1 + i % 3, out));
        assert_matrix_equal(out, rows_of(problem.out, 0, count));
        for (size_t b = 0; b < count - 1; b++) {
            ck_assert_uint_eq(key_value_cache_length(together[b]),
                              key_value_cache_length(alone[b]));
            key_value_cache_free(alone[b]);
            key_value_cache_free(together[b]);
        }
        fast_layer_free(layer);
    }
}

TEST(when_one_cache_is_full_none_grows)
{
    Random random = {1021};
    Problem problem = new_problem(&random, SMALL);
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    KeyValueCache *a = new_cache(layer, 2), *b = new_cache(layer, 1);
    KeyValueCache *caches[] = {a, b, b};
    assert_fails(fast_decode_batch(layer, caches, problem.x, 1, problem.out), STATUS_SHAPE,
                 "fast_decode_batch: a cache of 1 tokens is full");
    assert_fails(fast_decode_batch(layer, caches, room(1, 6), 1, room(1, 6)), STATUS_SHAPE,
                 "fast_decode_batch: x is 1x6");
    for (size_t n = 1; runs_out_at(n, fast_decode_batch(layer, caches, one_row(problem.x, 0), 1,
                                                        one_row(problem.out, 0)));
         n++)
        assert_all(problem.out, UNWRITTEN);
    assert_ok(
        fast_decode_batch(layer, NULL, rows_of(problem.x, 0, 0), 1, rows_of(problem.out, 0, 0)));
    ck_assert_uint_eq(key_value_cache_length(a) + key_value_cache_length(b), 1);
    key_value_cache_free(a);
    key_value_cache_free(b);
    fast_layer_free(layer);
}

TEST(a_full_cache_refuses_and_can_be_cut)
{
    Random random = {1010};
    Problem problem = new_problem(&random, SMALL);
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    KeyValueCache *cache = new_cache(layer, 2);
    Matrix wide = room(1, 6);
    assert_fails(fast_decode(layer, cache, problem.x, 1, problem.out), STATUS_SHAPE,
                 "3 more tokens, but 0 of 2 are there already");
    assert_all(problem.out, UNWRITTEN);
    decode(layer, cache, &problem, 2, 1);
    Matrix expected = copy_of(problem.out);
    key_value_cache_truncate(cache, 7);
    ck_assert_uint_eq(key_value_cache_length(cache), 2);
    key_value_cache_truncate(cache, 1);
    fill(one_row(problem.out, 1), UNWRITTEN);
    decode(layer, cache, &problem, 1, 1);
    assert_matrix_equal(problem.out, expected);
    assert_fails(fast_decode(layer, cache, wide, 1, wide), STATUS_SHAPE, "fast_decode: x is 1x6");
    key_value_cache_free(cache);
    fast_layer_free(layer);
}

/* Also where the later tokens come together, and the others before them. */
TEST(a_nan_in_the_cache_makes_later_tokens_nan)
{
    enum { TOKENS = 24, BROKEN = 10 };
    Random random = {1011};
    Problem problem = new_problem(&random, (Sizes){TOKENS, TOKENS, {5, 2, 3, 4, 6}});
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    matrix_row(problem.x, BROKEN)[1] = NAN;
    for (size_t first = 0; first <= TOKENS; first += 8) {
        KeyValueCache *cache = new_cache(layer, TOKENS);
        decode(layer, cache, &problem, first, 1);
        decode(layer, cache, &problem, TOKENS - first, 1);
        for (size_t t = 0; t < TOKENS; t++)
            for (size_t c = 0; c < 6; c++)
                ck_assert((isnan(matrix_row(problem.out, t)[c]) != 0) == (t >= BROKEN));
        key_value_cache_free(cache);
    }
    fast_layer_free(layer);
}

/* --- The ladder ------------------------------------------------------------------------------ */

TEST_ROWS(every_variant_gives_what_chapter_7_gives, LAYER_VARIANTS)
{
    Random random = {1012};
    const LayerVariant *variant = &LAYER_VARIANTS[_i];
    for (size_t i = 0; i < random_cases() / 5; i++, test_memory_free_all()) {
        Sizes s = random_sizes(&random);
        s.t_k = s.t_q;
        Problem problem = new_problem(&random, s);
        problem.context = NO_MATRIX;
        Matrix weights = zeros(s.layer.heads * s.t_q, s.t_q);
        Isa isa;
        assert_ok(isa_choose(NULL, &isa));
        FastLayer *layer = prepared(&problem, isa);
        VariantCall call = {problem.x,  &problem.layer,
                            layer,      problem.mask,
                            2,          variant->stores_weights ? weights : NO_MATRIX,
                            problem.out};
        assert_ok(variant->run(&call));
        assert_matrix_close(problem.out, expected_of(&problem), TOLERANCE);
        fast_layer_free(layer);
    }
}

TEST_ROWS(every_variant_refuses_what_does_not_fit_and_lives_without_memory, LAYER_VARIANTS)
{
    Random random = {1013};
    Problem problem = new_problem(&random, SMALL);
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    Matrix narrow = problem.x;
    narrow.cols = 4;
    VariantCall call = {narrow, &problem.layer, layer, NO_MASK, 1, zeros(6, 3), problem.out};
    assert_fails(LAYER_VARIANTS[_i].run(&call), STATUS_SHAPE, "x is 3x4");
    call.x = problem.x;
    call.mask.padding = 4;
    assert_fails(LAYER_VARIANTS[_i].run(&call), STATUS_VALUE, "4 keys of padding");
    call.mask.padding = 0;
    for (size_t n = 1; runs_out_at(n, LAYER_VARIANTS[_i].run(&call)); n++)
        assert_all(problem.out, UNWRITTEN);
    fast_layer_free(layer);
}

/* --- What is refused, and memory that runs out ----------------------------------------------- */

TEST(a_layer_may_have_a_bias_for_each_head)
{
    AttentionMask mask = {.bias = zeros(6, 4)};
    assert_ok(mask_expect("test", &mask, 2, 3, 4));
    assert_ok(mask_expect("test", &mask, 1, 6, 4));
    assert_fails(mask_expect("test", &mask, 3, 3, 4), STATUS_SHAPE, "test: bias is 6x4");
}

TEST(a_layer_that_does_not_fit_together_is_refused)
{
    Random random = {1015};
    Problem problem = new_problem(&random, SMALL);
    MultiHeadLayer wrong = problem.layer;
    FastLayer *layer;
    wrong.heads = 4;
    assert_fails(fast_layer_create(&wrong, ISA_BASELINE, &layer), STATUS_SHAPE,
                 "fast_layer_create: w_q is 5x6, but 4 heads");
    ck_assert_ptr_null(layer);
    wrong = problem.layer;
    wrong.w_o.rows = 7;
    assert_fails(fast_layer_create(&wrong, ISA_BASELINE, &layer), STATUS_SHAPE, "w_o is 7x6");
}

/* Masks that do not fit 3 queries and 4 keys. */
static float HALVES[] = {0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F};
static const struct {
    AttentionMask mask;
    Status status;
    const char *message;
} BAD_MASKS[] = {
    {{.padding = 5}, STATUS_VALUE, "5 keys of padding, but there are only 4 keys"},
    {{.allowed = {HALVES, 3, 4, 4}}, STATUS_VALUE, "the mask holds 0.5 at row 0, column 0"},
    {{.allowed = {HALVES, 4, 3, 3}}, STATUS_SHAPE, "mask is 4x3"},
    {{.bias = {HALVES, 2, 4, 4}}, STATUS_SHAPE, "bias is 2x4"},
};

TEST_ROWS(when_one_sequence_is_refused_nothing_is_written_for_any, BAD_MASKS)
{
    Random random = {1016};
    Problem problem = new_problem(&random, SMALL);
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    FastSequence batch[] = {{problem.x, problem.context, NO_MASK, room(3, 6)},
                            {problem.x, problem.context, BAD_MASKS[_i].mask, problem.out}};
    assert_fails(fast_multi_head_attention_batch(layer, batch, 2, 1), BAD_MASKS[_i].status,
                 BAD_MASKS[_i].message);
    assert_all(batch[0].out, UNWRITTEN);
    assert_all(problem.out, UNWRITTEN);
    batch[0].out.cols = 5;
    assert_fails(fast_multi_head_attention(layer, batch, 1), STATUS_SHAPE, "out is 3x5");
    fast_layer_free(layer);
}

TEST(attention_that_does_not_fit_is_refused)
{
    Matrix q = zeros(2, 3), k = zeros(3, 4), out = room(2, 3);
    AttentionMask mask = {.padding = 3};
    assert_fails(fast_attention(q, k, k, 1.0f, &NO_MASK, ISA_BASELINE, 1, out), STATUS_SHAPE,
                 "fast_attention: ");
    assert_fails(fast_attention(q, q, q, 1.0f, &mask, ISA_BASELINE, 1, out), STATUS_VALUE,
                 "fast_attention: 3 keys of padding");
    assert_all(out, UNWRITTEN);
}

TEST(without_memory_nothing_is_written)
{
    Random random = {1017};
    Problem problem = new_problem(&random, SMALL);
    FastSequence sequence = {problem.x, problem.context, problem.mask, problem.out};
    Matrix x = problem.x, out = room(3, 5);
    FastLayer *layer;
    KeyValueCache *cache;
    for (size_t n = 1; runs_out_at(n, fast_layer_create(&problem.layer, ISA_BASELINE, &layer)); n++)
        ck_assert_ptr_null(layer);
    for (size_t n = 1; runs_out_at(n, key_value_cache_create(layer, 3, &cache)); n++)
        ck_assert_ptr_null(cache);
    for (size_t n = 1; runs_out_at(n, fast_decode(layer, cache, x, 1, problem.out)); n++) {
        ck_assert_uint_eq(key_value_cache_length(cache), 0);
        assert_all(problem.out, UNWRITTEN);
    }
    fill(problem.out, UNWRITTEN);
    for (size_t n = 1; runs_out_at(n, fast_multi_head_attention(layer, &sequence, 1)); n++)
        assert_all(problem.out, UNWRITTEN);
    for (size_t n = 1; runs_out_at(n, fast_attention(x, x, x, 1, &NO_MASK, ISA_BASELINE, 1, out));
         n++)
        assert_all(out, UNWRITTEN);
    key_value_cache_free(cache);
    fast_layer_free(layer);
}

TEST(more_memory_than_there_can_be_is_refused)
{
    Random random = {1018};
    Problem problem = new_problem(&random, SMALL);
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    KeyValueCache *cache;
    assert_fails(key_value_cache_create(layer, SIZE_MAX / 8, &cache), STATUS_NO_MEMORY,
                 "out of memory");
    ck_assert_ptr_null(cache);
    fast_layer_free(layer);
    fast_layer_free(NULL);
    key_value_cache_free(NULL);
}

/* --- Kernels --------------------------------------------------------------------------------- */

/* The greatest relative error of e^x for the floats between two, every `step`-th of them. */
static double worst_exponential(const Kernels *kernels, float from, float to, uint32_t step)
{
    double worst = 0.0;
    uint32_t first, last;
    memcpy(&first, &from, sizeof first);
    memcpy(&last, &to, sizeof last);
    for (uint32_t bits = first; bits < last; bits += step) {
        float x, result;
        memcpy(&x, &bits, sizeof x);
        result = x;
        kernels->exponentials(&result, 1);
        worst = fmax(worst, fabs(result / exp((double)x) - 1.0));
    }
    return worst;
}

TEST_ROWS(exponentials_are_right_to_three_in_ten_million, LEVELS)
{
    const Kernels *kernels = kernels_of(LEVELS[_i]);
    if (!isa_is_there(LEVELS[_i]))
        return;
    uint32_t step = random_cases() < 1000 ? 100003 : 1009;
    /* all magnitudes from the least to where the result is no longer a normal float */
    ck_assert_double_le(worst_exponential(kernels, -0.0f, -87.3f, step), 3e-7);
    float special[] = {0.0f, -0.0f, -88.0f, -1e30f, -INFINITY, NAN};
    kernels->exponentials(special, 6);
    ck_assert_float_eq(special[0], 1.0f);
    ck_assert_float_eq(special[1], 1.0f);
    for (size_t i = 2; i < 5; i++)
        ck_assert_float_eq(special[i], 0.0f);
    ck_assert(isnan(special[5]));
}

TEST(every_level_that_is_there_has_kernels)
{
    for (Isa isa = ISA_BASELINE; isa < ISA_COUNT; isa++) {
        const Kernels *kernels = kernels_of(isa);
        if (!isa_is_there(isa))
            continue;
        ck_assert_ptr_nonnull(kernels);
        ck_assert_uint_eq(kernels->panel % kernels->tile, 0);
        ck_assert_uint_eq(kernels->key_block % kernels->panel, 0);
    }
}

TEST(a_level_is_chosen_by_name_by_environment_or_by_the_machine)
{
    Isa isa, highest;
    unsetenv("HEADWISE_ISA");
    assert_ok(isa_choose(NULL, &highest));
    ck_assert(isa_is_there(highest));
    for (isa = ISA_BASELINE; isa < ISA_COUNT; isa++)
        ck_assert(!isa_is_there(isa) || isa <= highest);
    assert_ok(isa_choose("baseline", &isa));
    ck_assert_int_eq(isa, ISA_BASELINE);
    setenv("HEADWISE_ISA", "baseline", 1);
    assert_ok(isa_choose(NULL, &isa));
    ck_assert_int_eq(isa, ISA_BASELINE);
    assert_ok(isa_choose(isa_name(highest), &isa));
    ck_assert_int_eq(isa, highest);
    setenv("HEADWISE_ISA", "mmx", 1);
    assert_fails(isa_choose(NULL, &isa), STATUS_USAGE, "unknown level mmx");
    unsetenv("HEADWISE_ISA");
}

/* --- Threads: never more than what can work at once ------------------------------------------- */

enum { MOST_TASKS = 40 };

typedef struct Record {
    size_t times[MOST_TASKS]; /* that each was done */
    size_t who[MOST_TASKS];   /* did it */
} Record;

static void note(void *context, size_t index, size_t thread)
{
    Record *record = context;
    record->times[index]++;
    record->who[index] = thread;
}

TEST(each_task_is_done_once_by_a_thread_that_has_its_place)
{
    for (size_t threads = 1; threads <= parallel_threads(8); threads++)
        for (size_t tasks = 0; tasks <= MOST_TASKS; tasks++) {
            Record record = {.times = {0}};
            parallel_run(tasks, threads, note, &record);
            for (size_t i = 0; i < MOST_TASKS; i++) {
                ck_assert_uint_eq(record.times[i], i < tasks ? 1 : 0);
                ck_assert_msg(i >= tasks || (record.who[i] < threads && record.who[i] < tasks),
                              "%zu tasks, %zu threads: task %zu by thread %zu", tasks, threads, i,
                              record.who[i]);
            }
        }
}

TEST(threads_are_no_more_than_the_machine_can_use)
{
    static const size_t WANTED[] = {9, 1000, 100000, (size_t)1 << 31, (size_t)1 << 32, SIZE_MAX};
    size_t most = parallel_threads(SIZE_MAX);
    ck_assert_uint_ge(most, 1);
    ck_assert_uint_le(most, 4096);
    ck_assert_uint_eq(parallel_threads(1), 1);
    ck_assert_uint_ge(parallel_threads(0), 1);
    ck_assert_uint_le(parallel_threads(0), most);
    for (size_t i = 0; i < sizeof WANTED / sizeof *WANTED; i++) {
        size_t expected = WANTED[i] < most ? WANTED[i] : most;
        ck_assert_uint_eq(parallel_threads(WANTED[i]), expected);
    }
}
