/*
 * Random problems of all magnitudes that float32 has, against the formulas in double; and that what
 * a query may not see does not change a bit of its result, whatever it is.
 */
#include "assert.h"
#include "careful.h"
#include "fast_attention.h"
#include "fast_layer.h"
#include "layers.h"
#include "matrices.h"
#include "self_attention.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

static const Isa LEVELS[ISA_COUNT] = {ISA_BASELINE, ISA_AVX2, ISA_AVX512};

/* --- Problems -------------------------------------------------------------------------------- */

typedef struct Problem {
    Matrix q, k, v, weights, out;
    float scale;
    AttentionMask mask;
} Problem;

static float random_power(Random *random, double least, double greatest)
{
    return (float)pow(10.0, least + (greatest - least) * random_uniform(random));
}

/* In one case of two, gives the numbers one magnitude, or each its own. */
static void set_magnitudes(Random *random, Matrix matrix)
{
    if (random_between(random, 0, 1) == 0)
        return;
    float all = random_power(random, -44, 38);
    bool each = random_between(random, 0, 2) == 0;
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++) {
            float *number = &matrix_row(matrix, r)[c];
            if (!isfinite(*number))
                continue;
            *number *= each ? random_power(random, -44, 38) : all;
            *number = fmaxf(-FLT_MAX, fminf(FLT_MAX, *number));
        }
}

static Problem new_problem(Random *random, size_t queries, size_t keys, size_t d_k, size_t d_v)
{
    Problem problem = {.q = random_matrix(random, queries, d_k, 1.0),
                       .k = random_matrix(random, keys, d_k, 1.0),
                       .v = random_matrix(random, keys, d_v, 1.0),
                       .weights = random_matrix(random, queries, keys, 1.0),
                       .out = random_matrix(random, queries, d_v, 1.0),
                       .scale = attention_scale(d_k),
                       .mask = random_mask(random, queries, keys, 1)};
    set_magnitudes(random, problem.q);
    set_magnitudes(random, problem.k);
    set_magnitudes(random, problem.v);
    set_magnitudes(random, problem.mask.bias);
    return problem;
}

/* --- The formulas in double ------------------------------------------------------------------ */

static double score_of(const Problem *p, size_t i, size_t j)
{
    double score = 0.0;
    for (size_t c = 0; c < p->q.cols; c++)
        score += (double)matrix_row(p->q, i)[c] * matrix_row(p->k, j)[c];
    return score * p->scale + (p->mask.bias.data != NULL ? matrix_row(p->mask.bias, i)[j] : 0.0);
}

static bool sees(const Problem *p, size_t i, size_t j)
{
    return may_attend(&p->mask, i, j, p->k.rows);
}

/* What one query makes of its scores. */
typedef struct Row {
    double greatest, sum, product;
} Row;

static Row row_at(const Problem *p, size_t i)
{
    Row row = {-INFINITY, 0.0, 0.0};
    double query = (double)magnitude_of(matrix_row(p->q, i), p->q.cols, 1) * fabs(p->scale);
    for (size_t j = 0; j < p->k.rows; j++)
        if (sees(p, i, j)) {
            double key = magnitude_of(matrix_row(p->k, j), p->k.cols, 1);
            row.greatest = fmax(row.greatest, score_of(p, i, j));
            row.product = fmax(row.product, (double)p->q.cols * query * key);
        }
    for (size_t j = 0; j < p->k.rows; j++)
        row.sum += sees(p, i, j) ? exp(score_of(p, i, j) - row.greatest) : 0.0;
    return row;
}

/*
 * How wrong a weight may be: 1e-5 of itself, and in chapter 10 what rounding leaves of scores up to
 * what is safe. Weights that float32 does not hold are lost.
 */
static double tolerance_of(const Row *row, bool fast)
{
    double score = fmin(fabs(row->greatest), SAFE_SCORE);
    return 1e-5 + (fast && row->product <= SAFE_PRODUCT ? 2e-7 * (row->product + score) : 0.0);
}

static void expect_number(const Problem *p, const char *who, const Row *row, size_t i, size_t c)
{
    double expected = 0.0, size = 0.0, lost = 1e-44;
    bool fast = who != NULL;
    for (size_t j = 0; j < p->v.rows; j++)
        if (sees(p, i, j)) {
            double value = matrix_row(p->v, j)[c];
            double weight = exp(score_of(p, i, j) - row->greatest) / row->sum;
            expected += weight * value;
            size += weight * fabs(value);
            lost += 2e-45 * fabs(value);
        }
    double actual = matrix_row(p->out, i)[c];
    double error = tolerance_of(row, fast) * size + lost;
    bool rounded = isinf(actual) && fabs(expected) + error >= FLT_MAX;
    ck_assert_msg(rounded || fabs(actual - expected) <= error,
                  "%s: row %zu of %zu, column %zu: %g, expected %g; the greatest score is %g, the "
                  "scale %g",
                  fast ? who : "chapter 7", i, p->q.rows, c, actual, expected, row->greatest,
                  (double)p->scale);
}

/* `who` of chapter 10, or NULL for chapter 7. */
static void expect_right(const Problem *p, const char *who)
{
    for (size_t i = 0; i < p->q.rows; i++) {
        Row row = row_at(p, i);
        for (size_t c = 0; c < p->v.cols; c++)
            expect_number(p, who, &row, i, c);
    }
    fill(p->out, UNWRITTEN);
}

TEST(any_magnitude_agrees_with_double)
{
    Random random = {1101};
    for (size_t n = 0; n < random_cases(); n++, test_memory_free_all()) {
        size_t keys = random_between(&random, 1, n % 50 == 0 ? 120 : 9);
        Problem p = new_problem(&random, random_between(&random, 1, 9), keys,
                                random_between(&random, 1, 5), random_between(&random, 1, 5));
        if (n % 2 == 0)
            p.scale = random_power(&random, -20, 20);
        assert_ok(masked_attention(p.q, p.k, p.v, p.scale, &p.mask, p.weights, p.out));
        expect_right(&p, NULL);
        assert_ok(blockwise_attention(p.q, p.k, p.v, p.scale, &p.mask, 1 + n % 5, p.out));
        expect_right(&p, "blockwise_attention");
        for (Isa isa = ISA_BASELINE; isa < ISA_COUNT; isa++)
            if (isa_is_there(isa)) {
                assert_ok(fast_attention(p.q, p.k, p.v, p.scale, &p.mask, isa, 1, p.out));
                expect_right(&p, isa_name(isa));
            }
    }
}

/* --- Layers that only take their queries, keys and values from a token ------------------------ */

enum { HEADS = 3 }; /* one has numbers, the others see zeros */

/* Ones where number `row` + i goes to number `column` + i, for `count` of them. */
static Matrix selection(size_t rows, size_t row, size_t columns, size_t column, size_t count)
{
    Matrix w = zeros(rows, columns);
    for (size_t i = 0; i < count; i++)
        matrix_row(w, row + i)[column + i] = 1.0f;
    return w;
}

typedef struct Selecting {
    Matrix x;
    MultiHeadLayer layer;
} Selecting;

static Selecting new_selecting(const Problem *p, size_t head)
{
    size_t d_k = p->q.cols, d_v = p->v.cols, width = 2 * d_k + d_v;
    Selecting result = {.x = zeros(p->q.rows, width),
                        .layer = {.w_q = selection(width, 0, HEADS * d_k, head * d_k, d_k),
                                  .w_k = selection(width, d_k, HEADS * d_k, head * d_k, d_k),
                                  .w_v = selection(width, 2 * d_k, HEADS * d_v, head * d_v, d_v),
                                  .w_o = selection(HEADS * d_v, head * d_v, d_v, 0, d_v),
                                  .heads = HEADS}};
    assert_ok(matrix_copy(p->q, columns_of(result.x, 0, d_k)));
    assert_ok(matrix_copy(p->k, columns_of(result.x, d_k, d_k)));
    assert_ok(matrix_copy(p->v, columns_of(result.x, 2 * d_k, d_v)));
    return result;
}

/* Token by token, then many at a time. */
static void expect_decoded(const Problem *p, const Selecting *s, const FastLayer *fast)
{
    for (size_t n = 0; n < 2; n++) {
        size_t step = n == 0 ? 1 : p->q.rows;
        KeyValueCache *cache;
        assert_ok(key_value_cache_create(fast, p->q.rows, &cache));
        for (size_t t = 0, count; t < p->q.rows; t += count) {
            count = step < p->q.rows - t ? step : p->q.rows - t;
            assert_ok(
                fast_decode(fast, cache, rows_of(s->x, t, count), 1, rows_of(p->out, t, count)));
        }
        expect_right(p, "fast_decode");
        key_value_cache_free(cache);
    }
}

TEST_ROWS(any_magnitude_agrees_with_double_in_a_layer, LEVELS)
{
    Random random = {1102};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t n = 0; n < random_cases() / 2; n++, test_memory_free_all()) {
        /* d_k = 4: the scale is exact, and prepared weights hold it without rounding */
        size_t tokens = random_between(&random, 1, n % 20 == 0 ? 80 : 9);
        Problem p = new_problem(&random, tokens, tokens, 4, random_between(&random, 1, 5));
        Selecting s = new_selecting(&p, n % HEADS);
        FastLayer *fast;
        FastSequence sequence = {.x = s.x, .mask = p.mask, .out = p.out};
        AttentionMask mask = p.mask;
        Matrix weights = zeros(HEADS * tokens, tokens);
        assert_ok(masked_multi_head_attention(s.x, NO_MATRIX, &s.layer, &mask, weights, p.out));
        expect_right(&p, NULL);
        assert_ok(fast_layer_create(&s.layer, LEVELS[_i], &fast));
        assert_ok(fast_multi_head_attention(fast, &sequence, 1));
        expect_right(&p, "fast_multi_head_attention");
        p.mask = (AttentionMask){.causal = true};
        expect_decoded(&p, &s, fast);
        p.mask = mask;
        fast_layer_free(fast);
    }
}

/* --- What is not seen has no influence, to the bit -------------------------------------------- */

/* Sets what the first queries cannot see to something strange. */
static void fill_unseen(Random *random, Problem *p, size_t queries)
{
    static const float STRANGE[] = {NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, 1e20f, 0};
    for (size_t j = 0; j < p->k.rows; j++) {
        bool seen = false;
        for (size_t i = 0; i < queries; i++)
            seen = seen || sees(p, i, j);
        for (size_t c = 0; c < p->k.cols && !seen; c++)
            matrix_row(p->k, j)[c] = STRANGE[random_between(random, 0, 6)];
        for (size_t c = 0; c < p->v.cols && !seen; c++)
            matrix_row(p->v, j)[c] = STRANGE[random_between(random, 0, 6)];
    }
}

/* Runs one kind of attention twice, before and after the change. */
static void run_kind(const Problem *p, Isa isa, size_t kind, Matrix out)
{
    if (kind == 0)
        assert_ok(fast_attention(p->q, p->k, p->v, p->scale, &p->mask, isa, 1, out));
    else
        assert_ok(blockwise_attention(p->q, p->k, p->v, p->scale, &p->mask, 3, out));
}

TEST_ROWS(what_is_not_seen_changes_no_bit, LEVELS)
{
    Random random = {1103};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t n = 0; n < random_cases(); n++, test_memory_free_all()) {
        size_t keys = random_between(&random, 1, n % 20 == 0 ? 300 : 40);
        size_t queries = random_between(&random, 1, 40);
        size_t unchanged = random_between(&random, 1, queries);
        Problem p = new_problem(&random, queries, keys, 1 + n % 7, 1 + n % 5);
        Matrix before = zeros(queries, p.v.cols);
        run_kind(&p, LEVELS[_i], n % 4 / 3, before);
        fill_unseen(&random, &p, unchanged);
        run_kind(&p, LEVELS[_i], n % 4 / 3, p.out);
        assert_matrix_equal(rows_of(p.out, 0, unchanged), rows_of(before, 0, unchanged));
    }
}

TEST_ROWS(a_later_token_changes_no_bit_in_a_layer, LEVELS)
{
    static const float STRANGE[] = {NAN, INFINITY, FLT_MAX, 1e20f};
    Random random = {1104};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t n = 0; n < random_cases() / 2; n++, test_memory_free_all()) {
        size_t tokens = random_between(&random, 2, 60), unchanged;
        Problem p = new_problem(&random, tokens, tokens, 4, 3);
        Selecting s = new_selecting(&p, n % HEADS);
        Matrix before = zeros(tokens, 3);
        FastLayer *fast;
        FastSequence sequence = {.x = s.x, .mask = {.causal = true}, .out = before};
        assert_ok(fast_layer_create(&s.layer, LEVELS[_i], &fast));
        assert_ok(fast_multi_head_attention(fast, &sequence, 1));
        unchanged = random_between(&random, 1, tokens - 1);
        for (size_t c = 0; c < s.x.cols; c++)
            matrix_row(s.x, unchanged)[c] = STRANGE[n % 4];
        sequence.out = p.out;
        assert_ok(fast_multi_head_attention(fast, &sequence, 1));
        assert_matrix_equal(rows_of(p.out, 0, unchanged), rows_of(before, 0, unchanged));
        fast_layer_free(fast);
    }
}
