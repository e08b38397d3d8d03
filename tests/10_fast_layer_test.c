/* Chapter 10: the fast layer gives what chapter 7 gives, on every level and with any threads. */
#include "fast_layer.h"

#include "assert.h"
#include "frail_memory.h"
#include "kernels.h"
#include "layer_variants.h"
#include "mask_expect.h"
#include "matrices.h"
#include "oracle.h"
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
    size_t t_q, t_k, d_model, heads, d_k, d_v, d_out;
} Sizes;

static Sizes random_sizes(Random *random)
{
    /* now and then longer than a panel, a block of keys, a step of depth */
    size_t longest = random_between(random, 0, 9) == 0 ? 300 : 40;
    return (Sizes){.t_q = random_between(random, 1, longest),
                   .t_k = random_between(random, 1, longest),
                   .d_model = random_between(random, 1, random_between(random, 0, 9) ? 30 : 300),
                   .heads = random_between(random, 1, 4),
                   .d_k = random_between(random, 1, 20),
                   .d_v = random_between(random, 1, 20),
                   .d_out = random_between(random, 1, 40)};
}

/* Weights that keep the scores so small that e^score needs no more digits than a float has. */
static MultiHeadLayer random_layer(Random *random, Sizes s, bool biases)
{
    double deviation = 1 / sqrt((double)s.d_model);
    MultiHeadLayer layer = {.w_q = random_matrix(random, s.d_model, s.heads * s.d_k, deviation),
                            .w_k = random_matrix(random, s.d_model, s.heads * s.d_k, deviation),
                            .w_v = random_matrix(random, s.d_model, s.heads * s.d_v, deviation),
                            .w_o = random_matrix(random, s.heads * s.d_v, s.d_out, 1.0),
                            .heads = s.heads};
    if (biases) {
        layer.b_q = random_matrix(random, 1, s.heads * s.d_k, 0.5);
        layer.b_k = random_matrix(random, 1, s.heads * s.d_k, 0.5);
        layer.b_v = random_matrix(random, 1, s.heads * s.d_v, 0.5);
        layer.b_o = random_matrix(random, 1, s.d_out, 0.5);
    }
    return layer;
}

static AttentionMask random_mask(Random *random, Sizes s)
{
    AttentionMask mask = {.causal = random_between(random, 0, 1) == 1,
                          .past = random_between(random, 0, 1) * random_between(random, 0, 50),
                          .padding = random_between(random, 0, 2) * s.t_k / 4};
    if (random_between(random, 0, 3) == 0) {
        mask.allowed = random_matrix(random, s.t_q, s.t_k, 1.0);
        for (size_t i = 0; i < s.t_q; i++)
            for (size_t j = 0; j < s.t_k; j++) {
                float *one = &matrix_row(mask.allowed, i)[j];
                *one = *one > 0.5f ? 1.0f : 0.0f;
            }
    }
    if (random_between(random, 0, 3) == 0)
        mask.bias =
            random_matrix(random, (random_between(random, 0, 1) ? s.heads : 1) * s.t_q, s.t_k, 2.0);
    return mask;
}

static Problem new_problem(Random *random, Sizes s)
{
    Problem problem = {.layer = random_layer(random, s, random_between(random, 0, 1) == 1),
                       .x = random_matrix(random, s.t_q, s.d_model, 1.0),
                       .context = random_matrix(random, s.t_k, s.d_model, 1.0),
                       .out = random_matrix(random, s.t_q, s.d_out, 1.0),
                       .mask = random_mask(random, s)};
    fill(problem.out, UNWRITTEN);
    return problem;
}

static void problem_free(Problem *problem)
{
    MultiHeadLayer layer = problem->layer;
    Matrix all[] = {problem->x,         problem->context, problem->out, problem->mask.allowed,
                    problem->mask.bias, layer.w_q,        layer.w_k,    layer.w_v,
                    layer.w_o,          layer.b_q,        layer.b_k,    layer.b_v,
                    layer.b_o};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].data != NULL)
            random_matrix_free(all[i]);
}

static FastSequence sequence_of(const Problem *problem)
{
    return (FastSequence){problem->x, problem->context, problem->mask, problem->out};
}

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
    Matrix weights = new_matrix(problem->layer.heads * problem->x.rows, problem->context.rows);
    Matrix out = new_matrix(problem->x.rows, problem->layer.w_o.cols);
    assert_ok(masked_multi_head_attention(problem->x, problem->context, &problem->layer,
                                          &problem->mask, weights, out));
    matrix_free(&weights);
    return out;
}

/* --- The oracle: the formulas in double ------------------------------------------------------ */

static bool oracle_allows(const Problem *problem, size_t i, size_t j)
{
    const AttentionMask *mask = &problem->mask;
    if (mask->causal && j > i + mask->past)
        return false;
    if (j + mask->padding >= problem->context.rows)
        return false;
    return mask->allowed.data == NULL || matrix_row(mask->allowed, i)[j] == 1.0f;
}

static Table oracle_projection(Matrix x, Matrix w, Matrix b)
{
    Table table = table_of(x), weights = table_of(w), bias = table_of(b);
    Table result = oracle_linear(table, weights, b.data != NULL ? &bias : NULL);
    table_free(3, table, weights, bias);
    return result;
}

static Table oracle_head(const Problem *problem, Table q, Table k, Table v, size_t head)
{
    size_t t_q = problem->x.rows, t_k = problem->context.rows, heads = problem->layer.heads;
    size_t d_k = q.cols / heads, d_v = v.cols / heads;
    Table allowed = table_create(t_q, t_k), bias = table_create(t_q, t_k);
    Matrix added = problem->mask.bias;
    size_t first = added.rows == t_q ? 0 : head * t_q;
    for (size_t i = 0; i < t_q; i++)
        for (size_t j = 0; j < t_k; j++) {
            allowed.data[i * t_k + j] = oracle_allows(problem, i, j) ? 1.0 : 0.0;
            bias.data[i * t_k + j] = added.data != NULL ? matrix_row(added, first + i)[j] : 0.0;
        }
    Table one_q = oracle_columns(q, head * d_k, d_k), one_k = oracle_columns(k, head * d_k, d_k);
    Table one_v = oracle_columns(v, head * d_v, d_v);
    Table weights = oracle_weights(one_q, one_k, 1 / sqrt((double)d_k), &allowed, &bias);
    Table result = oracle_product(weights, one_v);
    table_free(6, allowed, bias, one_q, one_k, one_v, weights);
    return result;
}

static Table oracle_layer(const Problem *problem)
{
    const MultiHeadLayer *layer = &problem->layer;
    Table q = oracle_projection(problem->x, layer->w_q, layer->b_q);
    Table k = oracle_projection(problem->context, layer->w_k, layer->b_k);
    Table v = oracle_projection(problem->context, layer->w_v, layer->b_v);
    Table concat = table_create(problem->x.rows, v.cols);
    for (size_t h = 0; h < layer->heads; h++) {
        Table head = oracle_head(problem, q, k, v, h);
        for (size_t i = 0; i < head.rows; i++)
            for (size_t c = 0; c < head.cols; c++)
                concat.data[i * concat.cols + h * head.cols + c] = head.data[i * head.cols + c];
        table_free(1, head);
    }
    Table w_o = table_of(layer->w_o), b_o = table_of(layer->b_o);
    Table out = oracle_linear(concat, w_o, layer->b_o.data != NULL ? &b_o : NULL);
    table_free(6, q, k, v, concat, w_o, b_o);
    return out;
}

/* --- Agreement ------------------------------------------------------------------------------- */

/* Runs a test once for each level; on a machine without it, the test has nothing to say. */
static const Isa LEVELS[ISA_COUNT] = {ISA_BASELINE, ISA_AVX2, ISA_AVX512};

START_TEST(a_fast_layer_agrees_with_the_oracle)
{
    Random random = {1001};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < random_cases(); i++) {
        Problem problem = new_problem(&random, random_sizes(&random));
        FastLayer *layer = prepared(&problem, LEVELS[_i]);
        FastSequence sequence = sequence_of(&problem);
        Table out = oracle_layer(&problem);
        assert_ok(fast_multi_head_attention(layer, &sequence, 1));
        assert_matches(problem.out, out, TOLERANCE);
        fast_layer_free(layer);
        table_free(1, out);
        problem_free(&problem);
    }
}
END_TEST

START_TEST(values_of_any_magnitude_agree_with_the_oracle)
{
    Random random = {1002};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < random_cases(); i++) {
        Problem problem = new_problem(&random, random_sizes(&random));
        float magnitude = powf(10.0f, (float)random_between(&random, 0, 10) - 5.0f);
        for (size_t r = 0; r < problem.layer.w_v.rows; r++)
            for (size_t c = 0; c < problem.layer.w_v.cols; c++)
                matrix_row(problem.layer.w_v, r)[c] *= magnitude;
        FastLayer *layer = prepared(&problem, LEVELS[_i]);
        FastSequence sequence = sequence_of(&problem);
        Table out = oracle_layer(&problem);
        assert_ok(fast_multi_head_attention(layer, &sequence, 1));
        assert_matches(problem.out, out, TOLERANCE);
        fast_layer_free(layer);
        table_free(1, out);
        problem_free(&problem);
    }
}
END_TEST

START_TEST(attention_without_projections_agrees_with_chapter_7)
{
    Random random = {1003};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < random_cases(); i++) {
        Sizes s = random_sizes(&random);
        s.heads = 1;
        Matrix q = random_matrix(&random, s.t_q, s.d_k, 1.0);
        Matrix k = random_matrix(&random, s.t_k, s.d_k, 1.0);
        Matrix v = random_matrix(&random, s.t_k, s.d_v, 1.0);
        Matrix out = random_matrix(&random, s.t_q, s.d_v, 1.0);
        Matrix weights = new_matrix(s.t_q, s.t_k), expected = new_matrix(s.t_q, s.d_v);
        AttentionMask mask = random_mask(&random, s);
        assert_ok(masked_attention(q, k, v, 0.3f, &mask, weights, expected));
        assert_ok(fast_attention(q, k, v, 0.3f, &mask, LEVELS[_i], 1 + i % 3, out));
        assert_matrix_close(out, expected, TOLERANCE);
        Matrix all[] = {q, k, v, out, mask.allowed, mask.bias};
        for (size_t m = 0; m < sizeof all / sizeof *all; m++)
            if (all[m].data != NULL)
                random_matrix_free(all[m]);
        matrix_free(&weights);
        matrix_free(&expected);
    }
}
END_TEST

START_TEST(a_sequence_is_its_own_context_when_there_is_none)
{
    Random random = {1004};
    Problem problem = new_problem(&random, (Sizes){5, 5, 7, 2, 3, 4, 6});
    Matrix expected = new_matrix(5, 6);
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    FastSequence same = {problem.x, problem.x, NO_MASK, expected};
    FastSequence none = {problem.x, NO_MATRIX, NO_MASK, problem.out};
    assert_ok(fast_multi_head_attention(layer, &same, 1));
    assert_ok(fast_multi_head_attention(layer, &none, 1));
    assert_matrix_equal(problem.out, expected);
    fast_layer_free(layer);
    matrix_free(&expected);
    problem_free(&problem);
}
END_TEST

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

START_TEST(what_is_no_number_goes_where_it_goes_in_chapter_7)
{
    static const float STRANGE[] = {NAN, INFINITY, -INFINITY};
    Random random = {1005};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < random_cases(); i++) {
        Problem problem = new_problem(&random, random_sizes(&random));
        for (size_t n = random_between(&random, 1, 3); n > 0; n--) {
            Matrix place = random_between(&random, 0, 2) == 0 ? problem.x : problem.context;
            matrix_row(place,
                       random_between(&random, 0,
                                      place.rows - 1))[random_between(&random, 0, place.cols - 1)] =
                STRANGE[random_between(&random, 0, 2)];
        }
        FastLayer *layer = prepared(&problem, LEVELS[_i]);
        FastSequence sequence = sequence_of(&problem);
        Matrix expected = expected_of(&problem);
        assert_ok(fast_multi_head_attention(layer, &sequence, 1));
        assert_same_kind(problem.out, expected);
        fast_layer_free(layer);
        matrix_free(&expected);
        problem_free(&problem);
    }
}
END_TEST

START_TEST(who_may_attend_to_nothing_gets_zeros)
{
    float zeros[6] = {0}, ones[6] = {1, 1, 1, 1, 1, 1}, out[8];
    Matrix x = matrix_view(ones, 2, 3);
    AttentionMask masks[] = {{.padding = 2}, {.allowed = matrix_view(zeros, 2, 2)}};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < 2; i++) {
        fill(matrix_view(out, 1, 8), UNWRITTEN);
        assert_ok(fast_attention(x, x, x, 1.0f, &masks[i], LEVELS[_i], 1, matrix_view(out, 2, 3)));
        assert_all(matrix_view(out, 2, 3), 0.0f);
        assert_all(matrix_view(out + 6, 1, 2), UNWRITTEN);
    }
}
END_TEST

START_TEST(no_queries_no_keys_and_no_columns_are_fine)
{
    float zeros[12] = {0}, out[12];
    Matrix some = matrix_view(zeros, 3, 2);
    if (!isa_is_there(LEVELS[_i]))
        return;
    fill(matrix_view(out, 1, 12), UNWRITTEN);
    assert_ok(fast_attention(matrix_view(zeros, 0, 2), some, some, 1.0f, &NO_MASK, LEVELS[_i], 2,
                             matrix_view(out, 0, 2)));
    assert_ok(fast_attention(some, some, matrix_view(zeros, 3, 0), 1.0f, &NO_MASK, LEVELS[_i], 2,
                             matrix_view(out, 3, 0)));
    assert_all(matrix_view(out, 1, 12), UNWRITTEN);
    assert_ok(fast_attention(some, matrix_view(zeros, 0, 2), matrix_view(zeros, 0, 4), 1.0f,
                             &NO_MASK, LEVELS[_i], 2, matrix_view(out, 3, 4)));
    assert_all(matrix_view(out, 3, 4), 0.0f);
}
END_TEST

/* --- Threads and batches --------------------------------------------------------------------- */

/* Large enough that more than one thread is worth it. */
static const Sizes LARGE = {430, 600, 64, 3, 20, 24, 50};

START_TEST(any_number_of_threads_gives_the_same_bits)
{
    Random random = {1006};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < 4; i++) {
        Problem problem = new_problem(&random, LARGE);
        problem.mask.causal = i % 2 == 0; /* the first queries are done with the first keys */
        FastLayer *layer = prepared(&problem, LEVELS[_i]);
        FastSequence sequence = sequence_of(&problem);
        Matrix expected = new_matrix(LARGE.t_q, LARGE.d_out);
        FastSequence alone = sequence;
        alone.out = expected;
        assert_ok(fast_multi_head_attention(layer, &alone, 1));
        for (size_t threads = 0; threads < 6; threads++) {
            fill(problem.out, UNWRITTEN);
            assert_ok(fast_multi_head_attention(layer, &sequence, threads));
            assert_matrix_equal(problem.out, expected);
        }
        fast_layer_free(layer);
        matrix_free(&expected);
        problem_free(&problem);
    }
}
END_TEST

START_TEST(a_batch_gives_what_its_sequences_give)
{
    enum { COUNT = 5 };
    Random random = {1007};
    Problem first = new_problem(&random, LARGE);
    FastLayer *layer = prepared(&first, ISA_BASELINE);
    for (size_t threads = 1; threads < 8; threads += 2) {
        FastSequence batch[COUNT];
        Matrix expected[COUNT], x[COUNT];
        for (size_t i = 0; i < COUNT; i++) {
            size_t tokens = 1 + i * 40;
            x[i] = random_matrix(&random, tokens, LARGE.d_model, 1.0);
            expected[i] = new_matrix(tokens, LARGE.d_out);
            batch[i] = (FastSequence){.x = x[i], .mask = {.causal = i % 2}, .out = expected[i]};
            assert_ok(fast_multi_head_attention(layer, &batch[i], 1));
            batch[i].out = new_matrix(tokens, LARGE.d_out);
        }
        assert_ok(fast_multi_head_attention_batch(layer, batch, COUNT, threads));
        for (size_t i = 0; i < COUNT; i++) {
            assert_matrix_equal(batch[i].out, expected[i]);
            random_matrix_free(x[i]);
            matrix_free(&expected[i]);
            matrix_free(&batch[i].out);
        }
    }
    assert_ok(fast_multi_head_attention_batch(layer, NULL, 0, 2));
    fast_layer_free(layer);
    problem_free(&first);
}
END_TEST

/* --- The cache ------------------------------------------------------------------------------- */

START_TEST(token_after_token_gives_what_causal_attention_gives)
{
    Random random = {1008};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < random_cases() / 10; i++) {
        Sizes s = random_sizes(&random);
        /* few at a time go one by one, more go together */
        size_t most = i % 2 == 0 ? 3 : s.t_q;
        KeyValueCache *cache;
        Problem problem = new_problem(&random, s);
        FastLayer *layer = prepared(&problem, LEVELS[_i]);
        Matrix expected = new_matrix(s.t_q, s.d_out);
        FastSequence whole = {problem.x, NO_MATRIX, {.causal = true}, expected};
        assert_ok(fast_multi_head_attention(layer, &whole, 1));
        assert_ok(key_value_cache_create(layer, s.t_q, &cache));
        for (size_t t = 0, count; t < s.t_q; t += count) {
            Matrix x, out;
            count = random_between(&random, 1, s.t_q - t < most ? s.t_q - t : most);
            assert_ok(matrix_rows(problem.x, t, count, &x));
            assert_ok(matrix_rows(problem.out, t, count, &out));
            ck_assert_uint_eq(key_value_cache_length(cache), t);
            assert_ok(fast_decode(layer, cache, x, 1 + i % 3, out));
        }
        assert_matrix_close(problem.out, expected, TOLERANCE);
        key_value_cache_free(cache);
        fast_layer_free(layer);
        matrix_free(&expected);
        problem_free(&problem);
    }
}
END_TEST

/* A prompt of three goes token by token, one of 70 together. */
START_TEST(a_long_cache_gives_the_same_bits_with_any_number_of_threads)
{
    enum { TOKENS = 73, WIDTH = 256 };
    Random random = {1009};
    Problem problem = new_problem(&random, (Sizes){TOKENS, TOKENS, WIDTH, 4, 64, 64, WIDTH});
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    Matrix expected = new_matrix(TOKENS, WIDTH);
    for (size_t threads = 1; threads < 5; threads++) {
        KeyValueCache *cache;
        Matrix out = threads == 1 ? expected : problem.out;
        assert_ok(key_value_cache_create(layer, TOKENS, &cache));
        for (size_t t = 0, count; t < TOKENS; t += count) {
            Matrix x, rows;
            count = t == 0 ? 70 : 3;
            assert_ok(matrix_rows(problem.x, t, count, &x));
            assert_ok(matrix_rows(out, t, count, &rows));
            assert_ok(fast_decode(layer, cache, x, threads, rows));
        }
        if (threads > 1)
            assert_matrix_equal(problem.out, expected);
        key_value_cache_free(cache);
    }
    fast_layer_free(layer);
    matrix_free(&expected);
    problem_free(&problem);
}
END_TEST

START_TEST(a_full_cache_refuses_and_can_be_cut)
{
    Random random = {1010};
    Problem problem = new_problem(&random, (Sizes){3, 3, 5, 2, 3, 4, 6});
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    KeyValueCache *cache;
    Matrix x, out, again = new_matrix(1, 6);
    assert_ok(key_value_cache_create(layer, 2, &cache));
    assert_ok(matrix_rows(problem.x, 0, 2, &x));
    assert_ok(matrix_rows(problem.out, 0, 2, &out));
    assert_fails(fast_decode(layer, cache, problem.x, 1, problem.out), STATUS_SHAPE,
                 "3 more tokens, but 0 of 2 are there already");
    assert_all(problem.out, UNWRITTEN);
    assert_ok(fast_decode(layer, cache, x, 1, out));
    key_value_cache_truncate(cache, 7);
    ck_assert_uint_eq(key_value_cache_length(cache), 2);
    key_value_cache_truncate(cache, 1);
    ck_assert_uint_eq(key_value_cache_length(cache), 1);
    assert_ok(matrix_rows(problem.x, 1, 1, &x));
    assert_ok(matrix_rows(problem.out, 1, 1, &out));
    assert_ok(fast_decode(layer, cache, x, 1, again));
    assert_matrix_equal(again, out);
    assert_fails(fast_decode(layer, cache, again, 1, again), STATUS_SHAPE, "fast_decode: x is 1x6");
    key_value_cache_free(cache);
    fast_layer_free(layer);
    matrix_free(&again);
    problem_free(&problem);
}
END_TEST

/* Also where the later tokens come together, and the others before them. */
START_TEST(a_nan_in_the_cache_makes_later_tokens_nan)
{
    enum { TOKENS = 24, BROKEN = 10 };
    Random random = {1011};
    Problem problem = new_problem(&random, (Sizes){TOKENS, TOKENS, 5, 2, 3, 4, 6});
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    matrix_row(problem.x, BROKEN)[1] = NAN;
    for (size_t first = 0; first <= TOKENS; first += 8) {
        KeyValueCache *cache;
        Matrix x, out;
        assert_ok(key_value_cache_create(layer, TOKENS, &cache));
        assert_ok(matrix_rows(problem.x, 0, first, &x));
        assert_ok(matrix_rows(problem.out, 0, first, &out));
        assert_ok(fast_decode(layer, cache, x, 1, out));
        assert_ok(matrix_rows(problem.x, first, TOKENS - first, &x));
        assert_ok(matrix_rows(problem.out, first, TOKENS - first, &out));
        assert_ok(fast_decode(layer, cache, x, 1, out));
        for (size_t t = 0; t < TOKENS; t++)
            for (size_t c = 0; c < 6; c++)
                ck_assert((isnan(matrix_row(problem.out, t)[c]) != 0) == (t >= BROKEN));
        key_value_cache_free(cache);
    }
    fast_layer_free(layer);
    problem_free(&problem);
}
END_TEST

/* --- The ladder ------------------------------------------------------------------------------ */

START_TEST(every_variant_gives_what_chapter_7_gives)
{
    Random random = {1012};
    const LayerVariant *variant = &LAYER_VARIANTS[_i];
    for (size_t i = 0; i < random_cases() / 5; i++) {
        Sizes s = random_sizes(&random);
        s.t_k = s.t_q;
        Problem problem = new_problem(&random, s);
        problem.context = (random_matrix_free(problem.context), NO_MATRIX);
        Matrix weights = new_matrix(s.heads * s.t_q, s.t_q), expected = new_matrix(s.t_q, s.d_out);
        Isa isa;
        assert_ok(masked_multi_head_attention(problem.x, NO_MATRIX, &problem.layer, &problem.mask,
                                              weights, expected));
        assert_ok(isa_choose(NULL, &isa));
        FastLayer *layer = prepared(&problem, isa);
        VariantCall call = {problem.x,  &problem.layer,
                            layer,      problem.mask,
                            2,          variant->stores_weights ? weights : NO_MATRIX,
                            problem.out};
        assert_ok(variant->run(&call));
        assert_matrix_close(problem.out, expected, TOLERANCE);
        fast_layer_free(layer);
        matrix_free(&weights);
        matrix_free(&expected);
        problem_free(&problem);
    }
}
END_TEST

START_TEST(every_variant_refuses_what_does_not_fit)
{
    Random random = {1013};
    Problem problem = new_problem(&random, (Sizes){3, 3, 5, 2, 3, 4, 6});
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    Matrix weights = new_matrix(6, 3), narrow = problem.x;
    narrow.cols = 4;
    VariantCall call = {narrow, &problem.layer, layer, NO_MASK, 1, weights, problem.out};
    assert_fails(LAYER_VARIANTS[_i].run(&call), STATUS_SHAPE, "x is 3x4");
    call = (VariantCall){problem.x, &problem.layer, layer, {.padding = 4}, 1, weights, problem.out};
    assert_fails(LAYER_VARIANTS[_i].run(&call), STATUS_VALUE, "4 keys of padding");
    assert_all(problem.out, UNWRITTEN);
    fast_layer_free(layer);
    matrix_free(&weights);
    problem_free(&problem);
}
END_TEST

START_TEST(a_variant_without_memory_writes_nothing)
{
    Random random = {1014};
    Problem problem = new_problem(&random, (Sizes){3, 3, 5, 2, 3, 4, 6});
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    Matrix weights = new_matrix(6, 3);
    VariantCall call = {problem.x, &problem.layer, layer, NO_MASK, 1, weights, problem.out};
    size_t failures = 0;
    for (;; failures++) {
        memory_fail_at(failures + 1);
        Status status = LAYER_VARIANTS[_i].run(&call);
        if (!memory_has_failed())
            break;
        ck_assert_int_eq(status, STATUS_NO_MEMORY);
        assert_all(problem.out, UNWRITTEN);
    }
    memory_fail_at(0);
    ck_assert_uint_ge(failures, 1);
    fast_layer_free(layer);
    matrix_free(&weights);
    problem_free(&problem);
}
END_TEST

/* --- What is refused, and memory that runs out ----------------------------------------------- */

START_TEST(a_layer_may_have_a_bias_for_each_head)
{
    float zeros[24] = {0};
    AttentionMask mask = {.bias = matrix_view(zeros, 6, 4)};
    assert_ok(mask_expect("test", &mask, 2, 3, 4));
    assert_ok(mask_expect("test", &mask, 1, 6, 4));
    assert_fails(mask_expect("test", &mask, 3, 3, 4), STATUS_SHAPE, "test: bias is 6x4");
}
END_TEST

START_TEST(a_layer_that_does_not_fit_together_is_refused)
{
    Random random = {1015};
    Problem problem = new_problem(&random, (Sizes){3, 4, 5, 2, 3, 4, 6});
    MultiHeadLayer wrong = problem.layer;
    FastLayer *layer;
    wrong.heads = 4;
    assert_fails(fast_layer_create(&wrong, ISA_BASELINE, &layer), STATUS_SHAPE,
                 "fast_layer_create: w_q is 5x6, but 4 heads");
    ck_assert_ptr_null(layer);
    wrong = problem.layer;
    wrong.w_o.rows = 7;
    assert_fails(fast_layer_create(&wrong, ISA_BASELINE, &layer), STATUS_SHAPE, "w_o is 7x6");
    problem_free(&problem);
}
END_TEST

START_TEST(when_one_sequence_is_refused_nothing_is_written_for_any)
{
    Random random = {1016};
    Problem problem = new_problem(&random, (Sizes){3, 4, 5, 2, 3, 4, 6});
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    float halves[12], fitting[18];
    FastSequence batch[2] = {{problem.x, problem.context, NO_MASK, matrix_view(fitting, 3, 6)},
                             {problem.x, problem.context, NO_MASK, problem.out}};
    fill(matrix_view(halves, 3, 4), 0.5f);
    fill(batch[0].out, UNWRITTEN);
    const AttentionMask masks[] = {{.padding = 5},
                                   {.allowed = matrix_view(halves, 3, 4)},
                                   {.allowed = matrix_view(halves, 4, 3)},
                                   {.bias = matrix_view(halves, 2, 4)}};
    const char *const messages[] = {"5 keys of padding, but there are only 4 keys",
                                    "the mask holds 0.5 at row 0, column 0", "mask is 4x3",
                                    "bias is 2x4"};
    for (size_t i = 0; i < 4; i++) {
        batch[1].mask = masks[i];
        assert_fails(fast_multi_head_attention_batch(layer, batch, 2, 1),
                     i < 2 ? STATUS_VALUE : STATUS_SHAPE, messages[i]);
        assert_all(batch[0].out, UNWRITTEN);
        assert_all(problem.out, UNWRITTEN);
    }
    batch[1].mask = NO_MASK;
    batch[1].out.cols = 5;
    assert_fails(fast_multi_head_attention(layer, &batch[1], 1), STATUS_SHAPE, "out is 3x5");
    fast_layer_free(layer);
    problem_free(&problem);
}
END_TEST

START_TEST(attention_that_does_not_fit_is_refused)
{
    float zeros[12] = {0}, out[6];
    Matrix q = matrix_view(zeros, 2, 3), k = matrix_view(zeros, 3, 4);
    AttentionMask mask = {.padding = 3};
    fill(matrix_view(out, 2, 3), UNWRITTEN);
    assert_fails(fast_attention(q, k, k, 1.0f, &NO_MASK, ISA_BASELINE, 1, matrix_view(out, 2, 3)),
                 STATUS_SHAPE, "fast_attention: ");
    assert_fails(fast_attention(q, q, q, 1.0f, &mask, ISA_BASELINE, 1, matrix_view(out, 2, 3)),
                 STATUS_VALUE, "fast_attention: 3 keys of padding");
    assert_all(matrix_view(out, 2, 3), UNWRITTEN);
}
END_TEST

/* Everything that takes memory, from preparing to decoding. */
static Status run_all(const Problem *problem)
{
    FastLayer *layer = NULL;
    KeyValueCache *cache = NULL;
    FastSequence sequence = sequence_of(problem);
    Status status = fast_layer_create(&problem->layer, ISA_BASELINE, &layer);
    if (status == STATUS_OK)
        status = key_value_cache_create(layer, 5, &cache);
    if (status == STATUS_OK)
        status = fast_decode(layer, cache, problem->x, 1, problem->out);
    if (status == STATUS_NO_MEMORY && cache != NULL)
        ck_assert_uint_eq(key_value_cache_length(cache), 0);
    if (status == STATUS_OK) {
        fill(problem->out, UNWRITTEN);
        status = fast_attention(problem->x, problem->x, problem->x, 1.0f, &NO_MASK, ISA_BASELINE, 1,
                                problem->out);
    }
    if (status == STATUS_OK) {
        fill(problem->out, UNWRITTEN);
        status = fast_multi_head_attention(layer, &sequence, 1);
    }
    key_value_cache_free(cache);
    fast_layer_free(layer);
    return status;
}

START_TEST(without_memory_nothing_is_written)
{
    Random random = {1017};
    Problem problem = new_problem(&random, (Sizes){5, 4, 5, 2, 3, 4, 5});
    size_t failures = 0;
    for (;; failures++) {
        memory_fail_at(failures + 1);
        Status status = run_all(&problem);
        if (!memory_has_failed())
            break;
        ck_assert_int_eq(status, STATUS_NO_MEMORY);
        assert_all(problem.out, UNWRITTEN);
    }
    memory_fail_at(0);
    ck_assert_uint_eq(failures, 8);
    problem_free(&problem);
}
END_TEST

START_TEST(more_memory_than_there_can_be_is_refused)
{
    Random random = {1018};
    Problem problem = new_problem(&random, (Sizes){3, 4, 5, 2, 3, 4, 5});
    FastLayer *layer = prepared(&problem, ISA_BASELINE);
    KeyValueCache *cache;
    assert_fails(key_value_cache_create(layer, SIZE_MAX / 8, &cache), STATUS_NO_MEMORY,
                 "out of memory");
    ck_assert_ptr_null(cache);
    fast_layer_free(layer);
    fast_layer_free(NULL);
    key_value_cache_free(NULL);
    problem_free(&problem);
}
END_TEST

/* --- Kernels --------------------------------------------------------------------------------- */

/* The greatest relative error of e^x for the floats between two, each `step`-th of them. */
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

START_TEST(exponentials_are_right_to_three_in_ten_million)
{
    const Kernels *kernels = kernels_of(LEVELS[_i]);
    if (!isa_is_there(LEVELS[_i]))
        return;
    uint32_t step = random_cases() < 1000 ? 100003 : 1009;
    /* all magnitudes from the least to where the result is no normal float any more */
    ck_assert_double_le(worst_exponential(kernels, -0.0f, -87.3f, step), 3e-7);
    float special[] = {0.0f, -0.0f, -88.0f, -1e30f, -INFINITY, NAN};
    kernels->exponentials(special, 6);
    ck_assert_float_eq(special[0], 1.0f);
    ck_assert_float_eq(special[1], 1.0f);
    for (size_t i = 2; i < 5; i++)
        ck_assert_float_eq(special[i], 0.0f);
    ck_assert(isnan(special[5]));
}
END_TEST

START_TEST(every_level_that_is_there_has_kernels)
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
END_TEST

START_TEST(a_level_is_chosen_by_name_by_environment_or_by_the_machine)
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
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("10 fast layer");
    add_test(suite, a_level_is_chosen_by_name_by_environment_or_by_the_machine);
    add_test(suite, every_level_that_is_there_has_kernels);
    add_rows(suite, exponentials_are_right_to_three_in_ten_million, LEVELS);
    add_rows(suite, attention_without_projections_agrees_with_chapter_7, LEVELS);
    add_rows(suite, a_fast_layer_agrees_with_the_oracle, LEVELS);
    add_rows(suite, values_of_any_magnitude_agree_with_the_oracle, LEVELS);
    add_rows(suite, what_is_no_number_goes_where_it_goes_in_chapter_7, LEVELS);
    add_rows(suite, who_may_attend_to_nothing_gets_zeros, LEVELS);
    add_rows(suite, no_queries_no_keys_and_no_columns_are_fine, LEVELS);
    add_test(suite, a_sequence_is_its_own_context_when_there_is_none);
    add_rows(suite, any_number_of_threads_gives_the_same_bits, LEVELS);
    add_test(suite, a_batch_gives_what_its_sequences_give);
    add_rows(suite, token_after_token_gives_what_causal_attention_gives, LEVELS);
    add_test(suite, a_long_cache_gives_the_same_bits_with_any_number_of_threads);
    add_test(suite, a_full_cache_refuses_and_can_be_cut);
    add_test(suite, a_nan_in_the_cache_makes_later_tokens_nan);
    add_rows(suite, every_variant_gives_what_chapter_7_gives, LAYER_VARIANTS);
    add_rows(suite, every_variant_refuses_what_does_not_fit, LAYER_VARIANTS);
    add_rows(suite, a_variant_without_memory_writes_nothing, LAYER_VARIANTS);
    add_test(suite, a_layer_may_have_a_bias_for_each_head);
    add_test(suite, a_layer_that_does_not_fit_together_is_refused);
    add_test(suite, when_one_sequence_is_refused_nothing_is_written_for_any);
    add_test(suite, attention_that_does_not_fit_is_refused);
    add_test(suite, without_memory_nothing_is_written);
    add_test(suite, more_memory_than_there_can_be_is_refused);
    return suite;
}
