/* Chapter 11's attention without a table of weights gives what the table gives, on every level. */
#include "tiled_attention.h"

#include "assert.h"
#include "layers.h"
#include "learning.h"
#include "masking.h"
#include "matrices.h"
#include "self_attention.h"
#include "tiled_kernels.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const Isa LEVELS[ISA_COUNT] = {ISA_BASELINE, ISA_AVX2, ISA_AVX512};

/* --- Problems -------------------------------------------------------------------------------- */

typedef struct Sizes {
    size_t t_q, t_k, d_k, d_v;
} Sizes;

/* A head, its gradients so far and those that the table gives. */
typedef struct Problem {
    TiledHead head;
    HeadMatrices grad, expected;
    Matrix out; /* expected */
} Problem;

static Sizes random_sizes(Random *random)
{
    size_t longest = random_between(random, 0, 4) == 0 ? 200 : 20;
    return (Sizes){random_between(random, 1, longest), random_between(random, 1, longest),
                   random_between(random, 1, 40), random_between(random, 1, 70)};
}

/* A matrix of random numbers, or a view into a wider one. */
static Matrix numbers(Random *random, size_t rows, size_t cols)
{
    size_t before = random_between(random, 0, 3), behind = random_between(random, 0, 3);
    return columns_of(random_matrix(random, rows, before + cols + behind, 1.0), before, cols);
}

static Problem new_problem(Random *random, Sizes s)
{
    HeadMatrices one = {numbers(random, s.t_q, s.d_k), numbers(random, s.t_k, s.d_k),
                        numbers(random, s.t_k, s.d_v), numbers(random, s.t_q, s.d_v)};
    HeadMatrices grad = {numbers(random, s.t_q, s.d_k), numbers(random, s.t_k, s.d_k),
                         numbers(random, s.t_k, s.d_v), numbers(random, s.t_q, s.d_v)};
    return (Problem){.head = {.one = one,
                              .scale = attention_scale(s.d_k),
                              .log_sums = test_memory(s.t_q, sizeof(float))},
                     .grad = grad};
}

/* What learning.h's functions make of it, with the table. */
static void expect_of(Problem *problem)
{
    const TiledHead *head = &problem->head;
    const HeadMatrices *one = &head->one, *grad = &problem->grad;
    Matrix weights = zeros(one->q.rows, one->k.rows);
    problem->out = zeros(one->q.rows, one->v.cols);
    problem->expected =
        (HeadMatrices){copy_of(grad->q), copy_of(grad->k), copy_of(grad->v), grad->concat};
    assert_ok(
        masked_attention(one->q, one->k, one->v, head->scale, &head->mask, weights, problem->out));
    assert_ok(attention_backward(one, head->scale, weights, &problem->expected));
}

static void run(const Problem *problem, Isa isa, Workspace *memory)
{
    assert_ok(tiled_attention(&problem->head, isa, memory));
    assert_ok(tiled_attention_backward(&problem->head, &problem->grad, isa, memory));
}

/* The same elements are NaN or infinite, and the others are close, for the largest of them. */
static void assert_same(Matrix actual, Matrix expected, double tolerance)
{
    double largest = 1.0;
    for (size_t i = 0; i < expected.rows * expected.cols; i++) {
        double e = fabs((double)matrix_row(expected, i / expected.cols)[i % expected.cols]);
        largest = isfinite(e) && e > largest ? e : largest;
    }
    for (size_t r = 0; r < actual.rows; r++)
        for (size_t c = 0; c < actual.cols; c++) {
            float a = matrix_row(actual, r)[c], e = matrix_row(expected, r)[c];
            ck_assert_msg(isnan(a) == isnan(e), "row %zu, column %zu is %g, the table gives %g", r,
                          c, (double)a, (double)e);
            if (!isnan(e))
                assert_close(a, e, tolerance * largest);
        }
}

static void assert_as_expected(const Problem *problem, double tolerance)
{
    assert_same(problem->head.one.concat, problem->out, tolerance);
    assert_same(problem->grad.q, problem->expected.q, tolerance);
    assert_same(problem->grad.k, problem->expected.k, tolerance);
    assert_same(problem->grad.v, problem->expected.v, tolerance);
}

/* --- Agreement ------------------------------------------------------------------------------- */

TEST_ROWS(both_ways_agree_with_the_table, LEVELS)
{
    Random random = {1101};
    Workspace memory = {0};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        Sizes s = random_sizes(&random);
        Problem problem = new_problem(&random, s);
        AttentionMask *mask = &problem.head.mask;
        mask->causal = random_between(&random, 0, 1) == 1;
        mask->past = random_between(&random, 0, 1) * random_between(&random, 0, 40);
        mask->padding = random_between(&random, 0, 1) * random_between(&random, 0, s.t_k);
        if (i % 10 == 0)
            *mask = random_mask(&random, s.t_q, s.t_k, 1);
        about("%zu x %zu, d_k %zu, d_v %zu, padding %zu", s.t_q, s.t_k, s.d_k, s.d_v,
              mask->padding);
        expect_of(&problem);
        run(&problem, LEVELS[_i], &memory);
        assert_as_expected(&problem, TOLERANCE);
    }
    workspace_free(&memory);
}

/* A mask of ones goes row by row: what it keeps is the same. */
TEST_ROWS(both_ways_keep_the_same_logarithms, LEVELS)
{
    Random random = {1102};
    Workspace memory = {0};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < 50; i++, test_memory_free_all()) {
        Sizes s = random_sizes(&random);
        Problem problem = new_problem(&random, s);
        Matrix log_sums = matrix_view(problem.head.log_sums, 1, s.t_q);
        problem.head.mask.padding = i % 7 == 0 ? s.t_k : 0;
        assert_ok(tiled_attention(&problem.head, LEVELS[_i], &memory));
        Matrix kept = copy_of(log_sums);
        problem.head.mask.bias = zeros(s.t_q, s.t_k);
        assert_ok(tiled_attention(&problem.head, LEVELS[_i], &memory));
        assert_matrix_close(log_sums, kept, TOLERANCE);
        if (i % 7 == 0)
            assert_all(kept, -INFINITY);
    }
    workspace_free(&memory);
}

/* The sum of all results times their gradients, in double. */
static double loss_of(const Table in[3], const Problem *problem)
{
    Table allowed = oracle_allowed(&problem->head.mask, in[0].rows, in[1].rows);
    Table out = oracle_product(
        oracle_weights(in[0], in[1], (double)problem->head.scale, &allowed, NULL), in[2]);
    double loss = 0.0;
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            loss += out.data[r * out.cols + c] * (double)matrix_row(problem->grad.concat, r)[c];
    return loss;
}

static void assert_is_slope(const Table in[3], const Problem *problem, size_t which, Matrix grad)
{
    const double step = 1e-4;
    for (size_t i = 0; i < grad.rows * grad.cols; i++) {
        double *number = &in[which].data[i], was = *number;
        *number = was + step;
        double above = loss_of(in, problem);
        *number = was - step;
        double below = loss_of(in, problem);
        *number = was;
        assert_close(matrix_row(grad, i / grad.cols)[i % grad.cols], (above - below) / (2.0 * step),
                     TOLERANCE);
    }
}

TEST_ROWS(gradients_are_finite_differences_in_double, LEVELS)
{
    Random random = {1103};
    Workspace memory = {0};
    Sizes s = {7, 9, 3, 5};
    if (!isa_is_there(LEVELS[_i]))
        return;
    Problem problem = new_problem(&random, s);
    problem.grad.q = zeros(s.t_q, s.d_k);
    problem.grad.k = zeros(s.t_k, s.d_k);
    problem.grad.v = zeros(s.t_k, s.d_v);
    problem.head.mask = (AttentionMask){.causal = true, .past = 1, .padding = 2};
    run(&problem, LEVELS[_i], &memory);
    const HeadMatrices *one = &problem.head.one;
    Table in[3] = {table_of(one->q), table_of(one->k), table_of(one->v)};
    assert_is_slope(in, &problem, 0, problem.grad.q);
    assert_is_slope(in, &problem, 1, problem.grad.k);
    assert_is_slope(in, &problem, 2, problem.grad.v);
    workspace_free(&memory);
}

/* --- NaN, infinity, large numbers ------------------------------------------------------------ */

TEST_ROWS(what_is_no_number_goes_where_it_goes_with_the_table, LEVELS)
{
    static const float STRANGE[] = {NAN, INFINITY, -INFINITY, 3e6f};
    Random random = {1104};
    Workspace memory = {0};
    if (!isa_is_there(LEVELS[_i]))
        return;
    for (size_t i = 0; i < random_cases(); i++, test_memory_free_all()) {
        Sizes s = random_sizes(&random);
        Problem problem = new_problem(&random, s);
        HeadMatrices *one = &problem.head.one;
        Matrix places[] = {one->q, one->k, one->v, problem.grad.concat}, place = places[i % 4];
        problem.head.mask.causal = random_between(&random, 0, 1) == 1;
        problem.head.mask.past = random_between(&random, 0, 3);
        matrix_row(place, random_between(&random, 0, place.rows - 1))[i % place.cols] =
            STRANGE[i / 4 % 4];
        about("%zu x %zu, d_k %zu, d_v %zu, %g in array %zu, causal %d, past %zu", s.t_q, s.t_k,
              s.d_k, s.d_v, (double)STRANGE[i / 4 % 4], i % 4, problem.head.mask.causal,
              problem.head.mask.past);
        expect_of(&problem);
        run(&problem, LEVELS[_i], &memory);
        assert_as_expected(&problem, 1e-4);
    }
    workspace_free(&memory);
}

TEST_ROWS(what_is_blocked_changes_no_bit, LEVELS)
{
    enum { T = 75, SEEN = 41 };
    Random random = {1105};
    Workspace memory = {0};
    if (!isa_is_there(LEVELS[_i]))
        return;
    Problem problem = new_problem(&random, (Sizes){T, T, 20, 12});
    problem.head.mask.causal = true;
    problem.grad.q = zeros(T, 20);
    run(&problem, LEVELS[_i], &memory);
    Matrix out = copy_of(problem.head.one.concat), grad_q = copy_of(problem.grad.q);
    matrix_row(problem.head.one.v, SEEN)[3] = NAN;
    matrix_row(problem.head.one.k, SEEN + 5)[1] = 1e30f;
    matrix_clear(problem.grad.q);
    run(&problem, LEVELS[_i], &memory);
    assert_matrix_equal(rows_of(problem.head.one.concat, 0, SEEN), rows_of(out, 0, SEEN));
    assert_matrix_equal(rows_of(problem.grad.q, 0, SEEN), rows_of(grad_q, 0, SEEN));
    problem.head.mask = (AttentionMask){.padding = T - SEEN}; /* the same keys, as padding */
    run(&problem, LEVELS[_i], &memory);
    Matrix seen = copy_of(problem.head.one.concat);
    matrix_row(problem.head.one.k, SEEN)[0] = NAN;
    run(&problem, LEVELS[_i], &memory);
    assert_matrix_equal(problem.head.one.concat, seen);
    workspace_free(&memory);
}

/* --- The edges ------------------------------------------------------------------------------- */

TEST(no_queries_keys_or_columns_of_values_are_fine)
{
    static const Sizes EDGES[] = {{0, 3, 2, 2}, {3, 0, 2, 2}, {3, 4, 2, 0}};
    Random random = {1106};
    Workspace memory = {0};
    for (size_t i = 0; i < sizeof EDGES / sizeof *EDGES; i++) {
        Problem problem = new_problem(&random, EDGES[i]);
        problem.head.scale = 0.5f;
        expect_of(&problem);
        run(&problem, ISA_BASELINE, &memory);
        assert_as_expected(&problem, TOLERANCE);
    }
    workspace_free(&memory);
}

TEST(a_gradient_may_be_left_out)
{
    Random random = {1107};
    Workspace memory = {0};
    for (size_t left_out = 0; left_out < 3; left_out++) {
        Problem problem = new_problem(&random, (Sizes){5, 6, 3, 2});
        expect_of(&problem);
        Matrix *places[] = {&problem.grad.q, &problem.grad.k, &problem.grad.v};
        Matrix *expected[] = {&problem.expected.q, &problem.expected.k, &problem.expected.v};
        *places[left_out] = *expected[left_out] = NO_MATRIX;
        run(&problem, ISA_BASELINE, &memory);
        assert_as_expected(&problem, TOLERANCE);
    }
    workspace_free(&memory);
}

TEST(what_does_not_fit_is_refused)
{
    Random random = {1108};
    Workspace memory = {0};
    Problem good = new_problem(&random, (Sizes){5, 6, 3, 2}), bad = good;
    bad.head.mask.padding = 7;
    assert_fails(tiled_attention(&bad.head, ISA_BASELINE, &memory), STATUS_VALUE,
                 "tiled_attention: 7 keys of padding");
    assert_fails(tiled_attention_backward(&bad.head, &bad.grad, ISA_BASELINE, &memory),
                 STATUS_VALUE, "tiled_attention_backward: 7 keys of padding");
    bad = good;
    bad.head.one.v = zeros(7, 2);
    assert_fails(tiled_attention(&bad.head, ISA_BASELINE, &memory), STATUS_SHAPE, "v is 7x2");
    Matrix *places[] = {&bad.grad.q, &bad.grad.k, &bad.grad.v, &bad.grad.concat};
    static const char *const NAMES[] = {"of q is 1x1", "of k is 1x1", "of v is 1x1",
                                        "of the result is 1x1"};
    for (size_t i = 0; i < 4; i++) {
        bad = good;
        *places[i] = zeros(1, 1);
        assert_fails(tiled_attention_backward(&bad.head, &bad.grad, ISA_BASELINE, &memory),
                     STATUS_SHAPE, NAMES[i]);
    }
}

TEST(memory_may_run_out)
{
    Random random = {1109};
    for (size_t i = 0; i < 2; i++) {
        Problem problem = new_problem(&random, (Sizes){5, 6, 3, 2});
        if (i == 1) /* the slow way */
            problem.head.mask.bias = zeros(5, 6);
        Workspace memory = {0};
        size_t n = 1;
        for (; runs_out_at(n, tiled_attention(&problem.head, ISA_BASELINE, &memory)); n++)
            workspace_free(&memory);
        workspace_free(&memory);
        for (n = 1; runs_out_at(
                 n, tiled_attention_backward(&problem.head, &problem.grad, ISA_BASELINE, &memory));
             n++)
            workspace_free(&memory);
        workspace_free(&memory);
    }
}

/* What both ways ask for. */
static size_t memory_of(size_t t)
{
    Random random = {1110};
    Workspace memory = {0};
    Problem problem = new_problem(&random, (Sizes){t, t, 16, 16});
    memory_fail_at(0);
    run(&problem, ISA_BASELINE, &memory);
    workspace_free(&memory);
    return memory_asked();
}

/* The same with the table of weights. */
static size_t memory_with_table(size_t t)
{
    Random random = {1111};
    Problem problem = new_problem(&random, (Sizes){t, t, 16, 16});
    Matrix weights;
    memory_fail_at(0);
    assert_ok(matrix_create(t, t, &weights));
    assert_ok(attention_backward(&problem.head.one, 1.0f, weights, &problem.grad));
    matrix_free(&weights);
    return memory_asked();
}

TEST(memory_grows_with_the_length_and_not_with_its_square)
{
    size_t one = memory_of(256), four = memory_of(1024), table = memory_with_table(256);
    ck_assert_msg(four <= 4 * one, "%zu bytes for 256, %zu for 1024", one, four);
    ck_assert_uint_eq(table, sizeof(float[3][256][256]));
    test_memory_free_all();
}
