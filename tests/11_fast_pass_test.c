/* Chapter 11: a batch on the kernels gives what its examples give one by one. */
#include "fast_pass.h"

#include "assert.h"
#include "fast_adam.h"
#include "frail_memory.h"
#include "layers.h"
#include "learning_pass.h"
#include "matrices.h"

#include <stdlib.h>

/* --- Models and batches ---------------------------------------------------------------------- */

static const Isa LEVELS[ISA_COUNT] = {ISA_BASELINE, ISA_AVX2, ISA_AVX512};

#define COMMON .epsilon = DEFAULT_EPSILON
static const ModelPlan PLANS[] = {
    {11, 24, 40, 2, 2, 2, 0, .norm_place = NORM_POST, .activation = ACTIVATION_RELU, COMMON},
    {600, 20, 28, 4, 1, 2, 0, .norm_place = NORM_PRE, .activation = ACTIVATION_GELU, COMMON},
    {17, 20, 36, 5, 3, 0, 0, true, .norm_place = NORM_PRE, .activation = ACTIVATION_GELU_TANH,
     COMMON},
    {9, 16, 300, 1, 2, 0, 0, .no_positions = true, .norm_place = NORM_POST,
     .activation = ACTIVATION_GELU, COMMON},
    {12, 24, 28, 3, 2, 0, 4, .norm_place = NORM_PRE, .activation = ACTIVATION_RELU, COMMON},
};
enum { PLAN_COUNT = sizeof PLANS / sizeof *PLANS, MOST = 11, LONGEST = 9 };

/* A model, two gradients and a batch. */
typedef struct Problem {
    ParameterList list;
    float *numbers; /* values, gradients by the plain way, gradients by the fast one */
    LearningModel model, plain, fast;
    Example examples[MOST];
    size_t words[3][MOST][LONGEST];
    Dropout dropouts[2][MOST];
    size_t count;
} Problem;

static Matrix vector(const Problem *p, size_t index)
{
    return matrix_view(p->numbers + index * p->list.size, 1, p->list.size);
}

static void draw(Random *random, size_t most, size_t words[LONGEST])
{
    for (size_t i = 0; i < LONGEST; i++)
        words[i] = random_between(random, 0, most - 1);
}

static void draw_example(Random *random, Problem *p, size_t i)
{
    const ModelPlan *plan = &p->model.plan;
    draw(random, plan->words, p->words[0][i]);
    draw(random, plan->words, p->words[1][i]);
    draw(random, plan->classes > 0 ? plan->classes : plan->words, p->words[2][i]);
    if (plan->classes == 0)
        p->words[2][i][random_between(random, 1, LONGEST - 1)] = NO_WORD;
    p->examples[i] = (Example){.source = p->words[0][i],
                               .source_count = random_between(random, 1, LONGEST),
                               .target = p->words[1][i],
                               .target_count = random_between(random, 1, LONGEST),
                               .right = p->words[2][i],
                               .smoothing = i % 3 == 0 ? 0.1 : 0.0};
    if (plan->decoder_blocks == 0)
        p->examples[i].target_count = 0;
    for (size_t k = 0; k < 2; k++)
        p->dropouts[k][i] = (Dropout){0.25, {1000 + i}};
}

static Problem *problem_begin(const ModelPlan *plan, size_t count)
{
    Problem *p = test_memory(1, sizeof *p);
    Random random = {count};
    p->count = count;
    assert_ok(parameter_list_create(plan, &p->list));
    p->numbers = zeros(3, p->list.size).data;
    parameters_begin(&p->list, 5, 1.5, p->numbers);
    for (size_t i = 0; i < p->list.size; i++) /* no bias is 0, no gain 1 */
        p->numbers[i] += 0.1f * (float)random_normal(&random);
    assert_ok(learning_model_create(plan, vector(p, 0).data, &p->model));
    assert_ok(learning_model_create(plan, vector(p, 1).data, &p->plain));
    assert_ok(learning_model_create(plan, vector(p, 2).data, &p->fast));
    for (size_t i = 0; i < count; i++)
        draw_example(&random, p, i);
    return p;
}

static void problem_end(Problem *p)
{
    learning_model_free(&p->model);
    learning_model_free(&p->plain);
    learning_model_free(&p->fast);
    free(p->list.items);
    test_memory_free_all();
}

/* Example by example. */
static double run_plainly(Problem *p, bool drops)
{
    double loss = 0.0, own;
    size_t answers = 0;
    for (size_t i = 0; i < p->count; i++)
        answers += example_answers(&p->model, &p->examples[i]);
    for (size_t i = 0; i < p->count; i++) {
        KeptPass kept;
        Dropout none = {0};
        double share = (double)example_answers(&p->model, &p->examples[i]) / (double)answers;
        if (share == 0.0)
            continue;
        assert_ok(pass_forward_dropping(&p->model, &p->examples[i],
                                        drops ? &p->dropouts[0][i] : &none, &kept));
        assert_ok(pass_backward(&p->model, &p->examples[i], &kept, share, &p->plain, &own));
        loss += share * own;
        kept_pass_free(&kept);
    }
    return loss;
}

static double run_fast(Problem *p, FastPass *pass, bool drops, Isa isa, size_t threads)
{
    double loss;
    FastBatch batch = {p->examples, p->count, drops ? p->dropouts[1] : NULL};
    matrix_clear(vector(p, 2));
    assert_ok(fast_pass_forward(pass, &batch, isa, threads));
    assert_ok(fast_pass_backward(pass, &p->fast, &loss));
    return loss;
}

/* Each parameter's gradient, as far as float32 can tell: relative to the largest. */
static void compare_gradients(const Problem *p)
{
    for (size_t i = 0; i < p->list.count; i++) {
        const Parameter *parameter = &p->list.items[i];
        about("%s", parameter->name);
        assert_matrix_close(parameter_matrix(parameter, vector(p, 2).data),
                            parameter_matrix(parameter, vector(p, 1).data), TOLERANCE);
    }
}

/* --- Agreement ------------------------------------------------------------------------------- */

static void check_plan(const ModelPlan *plan, Isa isa, size_t count, bool drops)
{
    FastPass *pass;
    Problem *p = problem_begin(plan, count);
    double loss = run_plainly(p, drops);
    assert_ok(fast_pass_create(&p->model, &pass));
    assert_close(run_fast(p, pass, drops, isa, 1), loss, TOLERANCE);
    compare_gradients(p);
    fast_pass_free(pass);
    problem_end(p);
}

TEST_ROWS(a_batch_is_its_examples, LEVELS)
{
    for (size_t i = 0; isa_is_there(LEVELS[_i]) && i < PLAN_COUNT; i++)
        for (size_t drops = 0; drops < 2; drops++) {
            about("%s, plan %zu", isa_name(LEVELS[_i]), i);
            check_plan(&PLANS[i], LEVELS[_i], 1, drops == 1);
            check_plan(&PLANS[i], LEVELS[_i], 3, drops == 1); /* fewer than hands */
            check_plan(&PLANS[i], LEVELS[_i], MOST, drops == 1);
        }
}

/* As large as it takes for threads to be used. */
TEST_TIMES(any_number_of_threads_gives_the_same_bits, 2)
{
    static const ModelPlan LARGE = {30, 192, 768, 3, 2, 2, 0, COMMON};
    FastPass *pass;
    Problem *p = problem_begin(&LARGE, _i == 0 ? MOST : FAST_HANDS - 1);
    Isa isa;
    assert_ok(isa_choose(NULL, &isa));
    assert_ok(fast_pass_create(&p->model, &pass));
    double one = run_fast(p, pass, false, isa, 1);
    assert_ok(matrix_copy(vector(p, 2), vector(p, 1)));
    double three = run_fast(p, pass, false, isa, 3);
    ck_assert_double_eq(one, three);
    assert_matrix_equal(vector(p, 2), vector(p, 1));
    fast_pass_free(pass);
    problem_end(p);
}

/* --- Adam ------------------------------------------------------------------------------------ */

TEST_ROWS(adam_takes_the_step_of_the_lesson, LEVELS)
{
    enum { NUMBERS = 70003 }; /* more than one thread's share, and no whole vectors */
    static const Adam DECAYS = {1e-3, 0.9, 0.999, 1e-8, 0.1};
    Random random = {4};
    Matrix w = random_matrix(&random, 1, NUMBERS, 1.0), own = copy_of(w), other = copy_of(w);
    AdamMoments moments = {zeros(1, NUMBERS), zeros(1, NUMBERS)};
    AdamMoments fast = {zeros(1, NUMBERS), zeros(1, NUMBERS)};
    AdamMoments many = {zeros(1, NUMBERS), zeros(1, NUMBERS)};
    for (size_t step = 1; isa_is_there(LEVELS[_i]) && step <= 3; step++) {
        Matrix grad = random_matrix(&random, 1, NUMBERS, 0.1);
        assert_ok(adam_step(&DECAYS, step, grad, &moments, w));
        fast_adam(&DECAYS, step, grad, &fast, own, LEVELS[_i], 1);
        fast_adam(&DECAYS, step, grad, &many, other, LEVELS[_i], 2);
        assert_matrix_close(own, w, 1e-6);
        assert_matrix_close(fast.mean, moments.mean, 1e-6);
        assert_matrix_close(fast.squares, moments.squares, 1e-6);
        assert_matrix_equal(other, own);
    }
}

/* --- What is refused ------------------------------------------------------------------------- */

TEST(a_word_that_does_not_exist_is_refused)
{
    double loss;
    FastPass *pass;
    Problem *p = problem_begin(&PLANS[0], MOST);
    FastBatch batch = {p->examples, p->count, NULL};
    Isa isa;
    assert_ok(isa_choose(NULL, &isa));
    assert_ok(fast_pass_create(&p->model, &pass));
    p->words[2][MOST - 1][0] = PLANS[0].words;
    assert_ok(fast_pass_forward(pass, &batch, isa, 1));
    assert_fails(fast_pass_backward(pass, &p->fast, &loss), STATUS_VALUE,
                 "example 10: the right word of row 0 is number 11, but there are only 11");
    p->words[1][MOST - 1][0] = PLANS[0].words;
    assert_fails(fast_pass_forward(pass, &batch, isa, 1), STATUS_VALUE, "word 0 is number 11");
    fast_pass_free(pass);
    problem_end(p);
}

static Status attempt(Problem *p, FastPass **pass)
{
    Status status = STATUS_OK;
    double loss;
    FastBatch batch = {p->examples, p->count, p->dropouts[0]};
    TRY(fast_pass_create(&p->model, pass));
    TRY(fast_pass_forward(*pass, &batch, ISA_BASELINE, 1));
    TRY(fast_pass_backward(*pass, &p->fast, &loss));
done:
    fast_pass_free(*pass);
    return status;
}

TEST(memory_may_run_out)
{
    Problem *p = problem_begin(&PLANS[4], 2);
    for (size_t failing = 1;; failing++) {
        FastPass *pass = NULL;
        memory_fail_at(failing);
        Status status = attempt(p, &pass);
        bool has_failed = memory_has_failed();
        memory_fail_at(0);
        ck_assert_int_eq(status, has_failed ? STATUS_NO_MEMORY : STATUS_OK);
        if (!has_failed)
            break;
        ck_assert_uint_lt(failing, 100);
    }
    problem_end(p);
}
