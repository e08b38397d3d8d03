/* Chapter 11: whole models against PyTorch's autograd (tests/golden/make_gradients.py), and
 * training: what is saved, what goes on, and what stops it. */
#include "trainer.h"
#include "watched_heads.h"

#include "array_file.h"
#include "assert.h"
#include "decoder_model.h"
#include "files.h"
#include "frail_memory.h"
#include "learning_pass.h"
#include "matrices.h"
#include "model_files.h"
#include "process.h"
#include "training_files.h"
#include "training_run.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- The same gradients as PyTorch ----------------------------------------------------------- */

#define POST_RELU .norm_place = NORM_POST, .activation = ACTIVATION_RELU
#define PRE_RELU .norm_place = NORM_PRE, .activation = ACTIVATION_RELU
#define POST_GELU .norm_place = NORM_POST, .activation = ACTIVATION_GELU
#define PRE_GELU .norm_place = NORM_PRE, .activation = ACTIVATION_GELU
static const struct {
    const char *name;
    uint64_t seed;
    ModelPlan plan;
} CASES[] = {
    {"post_relu",
     31,
     {.words = 11,
      .d_model = 24,
      .heads = 2,
      .d_ff = 40,
      .epsilon = DEFAULT_EPSILON,
      .encoder_blocks = 2,
      .decoder_blocks = 2,
      POST_RELU}},
    {"pre_gelu",
     32,
     {.words = 13,
      .d_model = 32,
      .heads = 4,
      .d_ff = 20,
      .epsilon = DEFAULT_EPSILON,
      .encoder_blocks = 1,
      .decoder_blocks = 3,
      PRE_GELU}},
    {"language_model",
     33,
     {.words = 17,
      .d_model = 20,
      .heads = 5,
      .d_ff = 36,
      .epsilon = DEFAULT_EPSILON,
      .encoder_blocks = 3,
      .causal = true,
      PRE_GELU}},
    {"tagger",
     34,
     {.words = 9,
      .d_model = 16,
      .heads = 1,
      .d_ff = 24,
      .epsilon = DEFAULT_EPSILON,
      .encoder_blocks = 2,
      POST_GELU}},
    {"classifier",
     35,
     {.words = 12,
      .d_model = 24,
      .heads = 3,
      .d_ff = 28,
      .epsilon = DEFAULT_EPSILON,
      .encoder_blocks = 2,
      .classes = 4,
      PRE_RELU}},
};

enum { BATCH = 3, SOURCE = 7, TARGET = 5 };

/* A model outside of any training. */
typedef struct Model {
    ParameterList list;
    Matrix values, grads; /* 1 x all numbers */
    LearningModel model, grad;
} Model;

static Model model_begin(const ModelPlan *plan)
{
    Model made = {.list = {0}};
    assert_ok(parameter_list_create(plan, &made.list));
    made.values = new_matrix(1, made.list.size);
    made.grads = new_matrix(1, made.list.size);
    assert_ok(learning_model_create(plan, made.values.data, &made.model));
    assert_ok(learning_model_create(plan, made.grads.data, &made.grad));
    return made;
}

static void model_end(Model *made)
{
    learning_model_free(&made->model);
    learning_model_free(&made->grad);
    matrix_free(&made->values);
    matrix_free(&made->grads);
    free(made->list.items);
}

/* The numbers of the script, which fills PyTorch's arrays from their first element on. */
static void fill_as_script(Random *random, const Model *made)
{
    for (size_t i = 0; i < made->list.count; i++) {
        const Parameter *parameter = &made->list.items[i];
        Matrix own = parameter_matrix(parameter, made->values.data);
        size_t summed = parameter->is_turned ? own.rows : own.cols;
        bool is_gain =
            strstr(parameter->name, "norm") != NULL && strstr(parameter->name, "weight") != NULL;
        double scale = parameter->dims == 2 ? sqrt(3.0 / (double)summed) : 0.5;
        for (size_t j = 0; j < own.rows * own.cols; j++) {
            size_t place = parameter->is_turned ? j % own.rows * own.cols + j / own.rows : j;
            own.data[place] = (float)((2 * random_uniform(random) - 1) * scale + is_gain);
        }
    }
}

static void draw_words(Random *random, size_t words, size_t count, size_t *drawn)
{
    for (size_t i = 0; i < count; i++)
        drawn[i] = (size_t)(random_uniform(random) * (double)words);
}

/* The batch of the script: sources, then what is right. */
typedef struct Words {
    size_t source[BATCH * SOURCE], target[BATCH * SOURCE], right[BATCH * SOURCE];
} Words;

static Words script_words(Random *random, const ModelPlan *plan)
{
    Words words = {{0}, {0}, {0}};
    size_t columns = plan->decoder_blocks > 0 ? TARGET + 1 : SOURCE;
    draw_words(random, plan->words, BATCH * SOURCE, words.source);
    draw_words(random, plan->words, BATCH * columns, words.target);
    memcpy(words.right, words.target, sizeof words.right);
    if (plan->classes > 0)
        for (size_t i = 0; i < BATCH; i++)
            words.right[i * SOURCE] %= plan->classes;
    else if (plan->decoder_blocks == 0)
        words.right[SOURCE - 2] = words.right[SOURCE - 1] = NO_WORD;
    else
        words.right[TARGET - 1] = words.right[TARGET] = NO_WORD;
    return words;
}

static Example script_example(const Words *words, const ModelPlan *plan, size_t index)
{
    const size_t *source = words->source + index * SOURCE;
    if (plan->decoder_blocks == 0)
        return (Example){source, SOURCE, NULL, 0, words->right + index * SOURCE, 0.0};
    const size_t *right = words->right + index * (TARGET + 1) + 1;
    return (Example){source, SOURCE, words->target + index * (TARGET + 1), TARGET, right, 0.0};
}

/* The loss of the batch; its gradient is added. */
static double run_batch(const Model *made, const Words *words)
{
    double loss = 0.0, own;
    size_t answers = 0;
    const ModelPlan *plan = &made->model.plan;
    for (size_t i = 0; i < BATCH; i++) {
        Example example = script_example(words, plan, i);
        answers += example_answers(&made->model, &example);
    }
    for (size_t i = 0; i < BATCH; i++) {
        KeptPass kept;
        Example example = script_example(words, plan, i);
        double share = (double)example_answers(&made->model, &example) / (double)answers;
        assert_ok(pass_forward(&made->model, &example, &kept));
        assert_ok(pass_backward(&made->model, &example, &kept, share, &made->grad, &own));
        loss += share * own;
        kept_pass_free(&kept);
        double alone;
        assert_ok(pass_loss(&made->model, &example, &alone));
        ck_assert_double_eq(alone, own);
    }
    return loss;
}

TEST_ROWS(gradients_are_those_of_autograd, CASES)
{
    char path[128];
    Array golden;
    Random random = {CASES[_i].seed};
    Model made = model_begin(&CASES[_i].plan);
    fill_as_script(&random, &made);
    Words words = script_words(&random, &CASES[_i].plan);
    double loss = run_batch(&made, &words);
    snprintf(path, sizeof path, "tests/golden/gradients/%s.npy", CASES[_i].name);
    assert_ok(array_read(path, ARRAY_NUMBERS, &golden));
    ck_assert_uint_eq(array_size(golden), made.list.size + 1);
    assert_close(loss, golden.data[0], TOLERANCE);
    for (size_t i = 0; i < made.list.count; i++) {
        const Parameter *parameter = &made.list.items[i];
        about("%s: %s", CASES[_i].name, parameter->name);
        assert_matrix_close(parameter_matrix(parameter, made.grads.data),
                            parameter_matrix(parameter, golden.data + 1), TOLERANCE);
    }
    array_free(&golden);
    model_end(&made);
}

/* --- What is shown --------------------------------------------------------------------------- */

/* A task of which a step takes no time. */
static LearningTask small_task(size_t index)
{
    LearningTask task = *task_at(index);
    task.plan.d_model = 8;
    task.plan.d_ff = 12;
    task.batch = 12;
    task.warm_up = 5;
    return task;
}

/* First of all trainings: a process that is forked when OpenMP has threads waits for them forever.
 */
static const struct {
    ProgressKind progress;
    const char *shown;
} SHOWN[] = {{PROGRESS_LINES, "reverse: step 1 of 2, loss"},
             {PROGRESS_REWRITE, "\033[Kreverse: step 2 of 2"},
             {PROGRESS_NONE, ""}};

static int run_impatiently(int argc, char **argv)
{
    LearningTask task = small_task(0);
    Trainer trainer = {0};
    TrainingResult result;
    const char *path = in(".");
    TrainingRun run = {.task = &task, .steps = 2, .seed = 1, .folder = path, .patience = 1e-9};
    ck_assert_int_eq(argc, 2);
    run.progress = SHOWN[strtol(argv[1], NULL, 10)].progress;
    assert_ok(training_run(&run, &trainer, &result));
    trainer_free(&trainer);
    return 0;
}

TEST_ROWS(progress_is_shown, SHOWN)
{
    char row[8];
    snprintf(row, sizeof row, "%d", _i);
    Command command = {.words = {"training", row}, .function = run_impatiently};
    Outcome outcome = process_run(&command);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert_msg(strstr(outcome.err, SHOWN[_i].shown) != NULL, "%s", outcome.err);
    ck_assert((SHOWN[_i].shown[0] == '\0') == (outcome.err[0] == '\0'));
    outcome_free(&outcome);
}

/* --- Training -------------------------------------------------------------------------------- */

static Trainer trained(const LearningTask *task, size_t threads, size_t steps)
{
    Trainer trainer;
    assert_ok(trainer_create(task, 7, NULL, &trainer));
    trainer.threads = threads;
    for (size_t i = 0; i < steps; i++)
        assert_ok(trainer_step(&trainer));
    return trainer;
}

static void assert_same_training(const Trainer *one, const Trainer *other)
{
    ck_assert_uint_eq(one->step, other->step);
    ck_assert_uint_eq(one->random.state, other->random.state);
    for (size_t vector = TRAINER_VALUES; vector <= TRAINER_SQUARES; vector++)
        assert_matrix_equal(trainer_vector(one, vector), trainer_vector(other, vector));
}

TEST_TIMES(examples_fit_their_task, TASK_COUNT)
{
    const LearningTask *task = task_at((size_t)_i);
    Random random = {3};
    for (size_t i = 0; i < 2000; i++) {
        TaskExample made;
        task->make(&random, &made);
        bool writes = task->plan.decoder_blocks > 0;
        size_t rows = writes ? made.target_count : made.source_count, count = 0;
        ck_assert(made.source_count > 0 && made.source_count <= TASK_LONGEST);
        ck_assert(made.target_count <= TASK_LONGEST && writes == (made.target_count > 0));
        for (size_t t = 0; t < made.source_count; t++)
            ck_assert_str_ne(task->show(made.source[t]), "?");
        for (size_t t = 0; t < rows; t++) {
            ck_assert(made.right[t] == NO_WORD || made.right[t] < task->plan.words);
            count += made.right[t] != NO_WORD;
            if (writes)
                ck_assert_uint_eq(made.target[t], t == 0 ? TASK_STOP : made.right[t - 1]);
        }
        ck_assert_uint_gt(count, 0);
    }
    ck_assert_str_eq(task->show(task->plan.words), "?");
}

static bool same_source(const TaskExample *one, const TaskExample *other)
{
    return one->source_count == other->source_count &&
           memcmp(one->source, other->source, one->source_count * sizeof *one->source) == 0;
}

enum { DRAWN = 300 };

TEST_TIMES(what_is_tried_was_kept_apart, TASK_COUNT)
{
    static TaskExample learned[DRAWN], tried;
    const LearningTask *task = task_at((size_t)_i);
    Random random = {5}, other = {6};
    for (size_t i = 0; i < DRAWN; i++)
        task_draw(task, &random, false, &learned[i]);
    for (size_t i = 0; i < DRAWN; i++) {
        task_draw(task, &other, true, &tried);
        for (size_t k = 0; k < DRAWN; k++)
            ck_assert(!same_source(&tried, &learned[k]));
    }
}

TEST(a_pool_is_divided)
{
    static TaskExample pool[DRAWN], drawn;
    LearningTask task = *task_at(0);
    Random random = {5};
    for (size_t i = 0; i < DRAWN; i++)
        task.make(&random, &pool[i]);
    task.pool = (TaskPool){pool, DRAWN};
    task.make = NULL;
    size_t apart = pool_apart(&task.pool), seen = 0, found = 0;
    ck_assert_uint_gt(apart, DRAWN / 16);
    ck_assert_uint_lt(apart, DRAWN / 4);
    for (size_t i = 0; i < 20; i++) {
        task_draw(&task, &random, true, &drawn);
        ck_assert_uint_eq(pool_apart(&(TaskPool){&drawn, 1}), 1);
        for (size_t k = 0; k < DRAWN; k++)
            found += same_source(&drawn, &pool[k]);
        task_draw(&task, &random, false, &drawn);
        seen += pool_apart(&(TaskPool){&drawn, 1});
    }
    ck_assert_uint_ge(found, 20);
    ck_assert_uint_eq(seen, 0);
}

TEST(tasks_are_found_by_name)
{
    const LearningTask *task;
    for (size_t i = 0; i < TASK_COUNT; i++) {
        assert_ok(task_find(task_at(i)->name, &task));
        ck_assert_ptr_eq(task, task_at(i));
    }
    assert_fails(task_find("juggling", &task), STATUS_USAGE, "unknown task \"juggling\"");
}

TEST_TIMES(the_loss_falls, TASK_COUNT)
{
    LearningTask task = small_task((size_t)_i);
    Score before, after;
    Trainer trainer = trained(&task, 1, 0);
    assert_ok(trainer_try(&trainer, 20, &before));
    for (size_t i = 0; i < 60; i++)
        assert_ok(trainer_step(&trainer));
    assert_ok(trainer_try(&trainer, 20, &after));
    ck_assert_double_lt(after.loss, before.loss - 0.1);
    ck_assert(after.exact >= 0.0 && after.exact <= 1.0);
    trainer_free(&trainer);
}

TEST(any_number_of_threads_gives_the_same_bits)
{
    LearningTask task = small_task(0);
    task.dropout = 0.2;
    Trainer one = trained(&task, 1, 4), many = trained(&task, 3, 4);
    assert_same_training(&one, &many);
    trainer_free(&one);
    trainer_free(&many);
}

TEST(the_rate_grows_then_falls)
{
    LearningTask task = {.rate = 1.0, .warm_up = 10, .steps = 110};
    assert_close(learning_rate(&task, 1), 0.1, 1e-12);
    assert_close(learning_rate(&task, 10), 1.0, 1e-12);
    assert_close(learning_rate(&task, 60), 0.525, 1e-12);
    assert_close(learning_rate(&task, 110), 0.05, 1e-12);
    assert_close(learning_rate(&task, 5000), 0.05, 1e-12);
}

/* Always the same letter. */
static void make_one_letter(Random *random, TaskExample *made)
{
    make_reversal(random, 1, 1, 1, made);
}

TEST(what_was_learned_is_written)
{
    LearningTask task = small_task(0);
    Score score;
    task.make = make_one_letter;
    Trainer trainer = trained(&task, 1, 60);
    assert_ok(trainer_try(&trainer, 5, &score));
    ck_assert_double_eq(score.exact, 1.0);
    trainer_free(&trainer);
}

TEST(dropout_keeps_the_mean)
{
    enum { ROWS = 60, COLUMNS = 50 };
    Dropout dropout = {0.25, {3}}, none = {0.0, {3}};
    Matrix x = new_matrix(ROWS, COLUMNS), factors;
    double sum = 0.0;
    fill(x, 6);
    assert_ok(drop(&none, x, &factors));
    ck_assert_ptr_null(factors.data);
    assert_ok(drop(&dropout, x, &factors));
    for (size_t r = 0; r < ROWS; r++)
        for (size_t c = 0; c < COLUMNS; c++) {
            float number = matrix_row(x, r)[c], factor = matrix_row(factors, r)[c];
            ck_assert(factor == 0.0f || factor == (float)(1 / 0.75));
            ck_assert_float_eq(number, 6 * factor);
            sum += number / (double)(ROWS * COLUMNS);
        }
    assert_close(sum, 6, 0.05);
    matrix_free(&x);
    matrix_free(&factors);
}

/* It learns; it is tried without dropout, unless that is the slip. */
TEST(dropout_ends_with_the_training)
{
    static const Slips KEPT = {.dropout_kept = true};
    LearningTask task = small_task(0);
    Score score, worse;
    task.make = make_one_letter;
    task.dropout = 0.4;
    Trainer trainer = trained(&task, 1, 60);
    assert_ok(trainer_try(&trainer, 20, &score));
    trainer.slips = KEPT;
    trainer.task.dropout = 0.95;
    assert_ok(trainer_try(&trainer, 20, &worse));
    assert_close(score.exact, 1.0, 1e-9);
    ck_assert_double_eq(score.loss, worse.loss);
    ck_assert_double_lt(worse.exact, 0.9);
    trainer_free(&trainer);
}

TEST(unknown_words_are_left_out)
{
    size_t words[TASK_LONGEST];
    ck_assert_uint_eq(bank_words("she  zzz on a b ban bank", words), 4);
    ck_assert_str_eq(task_at(3)->show(words[3]), "bank");
}

/* --- Where heads look ------------------------------------------------------------------------ */

/* "ab", "ca", "ab": the last a has been followed by a b. */
static const TaskExample PASSAGES = {
    .source = {TASK_STOP, 1, 2, TASK_STOP, 3, 1, TASK_STOP, 1, 2},
    .right = {NO_WORD, NO_WORD, NO_WORD, NO_WORD, NO_WORD, NO_WORD, NO_WORD, 2, NO_WORD},
    .source_count = 9,
};

TEST(weight_is_counted_where_a_head_should_look)
{
    float numbers[81] = {0};
    Matrix weights = matrix_view(numbers, 9, 9);
    for (size_t r = 0; r < 9; r++)
        matrix_row(weights, r)[r > 0 ? r - 1 : 0] = r == 7 ? 0.25f : 1.0f;
    matrix_row(weights, 7)[2] = 0.75f; /* the b behind the first a */
    assert_close(weight_on(weights, &PASSAGES, place_before), (7 + 0.25) / 8, 1e-6);
    assert_close(weight_on(weights, &PASSAGES, place_behind_same), 0.75, 1e-6);
    assert_close(weight_on(matrix_view(numbers, 7, 9), &PASSAGES, place_behind_same), 0.0, 0.0);
}

/* Each passage goes round the same letters, and what can be predicted has been seen. */
TEST(answers_of_induction_have_been_seen)
{
    Random random = {4};
    for (size_t i = 0; i < 200; i++) {
        TaskExample made;
        task_at(1)->make(&random, &made);
        for (size_t t = 0; t < made.source_count; t++) {
            bool seen = false;
            for (size_t u = 1; u <= t; u++)
                seen = seen || place_behind_same(&made, t, u);
            ck_assert(seen == (made.right[t] != NO_WORD));
            if (seen && t + 1 < made.source_count)
                ck_assert_uint_eq(made.source[t + 1], made.right[t]);
        }
    }
}

/* --- What is saved --------------------------------------------------------------------------- */

TEST_TIMES(a_training_goes_on_to_the_same_bits, TASK_COUNT)
{
    LearningTask task = small_task((size_t)_i);
    const char *path = in(".");
    bool found = true;
    task.dropout = 0.2;
    Trainer whole = trained(&task, 2, 7), part = trained(&task, 2, 3), rest = trained(&task, 2, 0);
    assert_ok(training_load(path, &rest, &found));
    ck_assert(!found);
    assert_ok(training_save(path, &part));
    assert_ok(training_load(path, &rest, &found));
    ck_assert(found);
    assert_same_training(&part, &rest);
    while (rest.step < whole.step)
        assert_ok(trainer_step(&rest));
    assert_same_training(&whole, &rest);
    trainer_free(&whole);
    trainer_free(&part);
    trainer_free(&rest);
}

/* Trains, and saves after every step, until it is killed or there are enough. */
static void train_in(const char *path, size_t steps)
{
    LearningTask task = small_task(3);
    Trainer trainer = {0};
    TrainingResult result;
    TrainingRun run = {.task = &task, .steps = steps, .seed = 7, .folder = path, .patience = 1e-9};
    run.progress = PROGRESS_NONE;
    assert_ok(training_run(&run, &trainer, &result));
    trainer_free(&trainer);
}

static void kill_in(const char *path, long microseconds)
{
    enum { NEVER_DONE = 1000000 };
    int status;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        train_in(path, NEVER_DONE);
        _exit(0);
    }
    nanosleep(&(struct timespec){.tv_nsec = microseconds * 1000}, NULL);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(a_kill_at_any_moment_changes_no_bit)
{
    enum { KILLS = 6, MORE = 2 };
    LearningTask task = small_task(3);
    const char *path = in(".");
    bool found = false;
    size_t before = 0;
    Trainer saved = trained(&task, 1, 0), whole;
    for (long i = 0; i < KILLS; i++) {
        kill_in(path, 40000 + 17321 * i);
        assert_ok(training_load(path, &saved, &found));
        ck_assert(saved.step >= before);
        before = saved.step;
    }
    train_in(path, before + MORE);
    assert_ok(training_load(path, &saved, &found));
    whole = trained(&task, 1, before + MORE);
    assert_same_training(&whole, &saved);
    trainer_free(&whole);
    trainer_free(&saved);
}

TEST(another_training_is_refused)
{
    LearningTask task = small_task(0), other = task;
    const char *path = in(".");
    bool found;
    other.plan.norm_place = NORM_PRE;
    Trainer saved = trained(&task, 1, 1), wrong, seed;
    assert_ok(training_save(path, &saved));
    assert_ok(trainer_create(&other, 7, NULL, &wrong));
    assert_ok(trainer_create(&task, 8, NULL, &seed));
    assert_fails(training_load(path, &wrong, &found), STATUS_FORMAT, "another task, model or data");
    assert_fails(training_load(path, &seed, &found), STATUS_FORMAT, "--seed 7");
    ck_assert_uint_eq(wrong.step, 0);
    trainer_free(&saved);
    trainer_free(&wrong);
    trainer_free(&seed);
}

static const struct {
    size_t place;
    float number;
    const char *text;
} DAMAGES[] = {{0, 12.0f, "not a saved training"},     {2, -1.0f, "not a saved training"},
               {5, 70000.0f, "not a saved training"},  {9, NAN, "not a saved training"},
               {14, INFINITY, "not a saved training"}, {13, 1.0f, "another task, model or data"},
               {100, NAN, "holds what is no number"}};

TEST_ROWS(a_damaged_state_is_refused, DAMAGES)
{
    LearningTask task = small_task(0);
    const char *path = in(".");
    bool found;
    Array state;
    Trainer trainer = trained(&task, 1, 1);
    assert_ok(training_save(path, &trainer));
    assert_ok(array_read(in("state.npy"), ARRAY_NUMBERS, &state));
    state.data[DAMAGES[_i].place] = DAMAGES[_i].number;
    assert_ok(array_write(&(ArrayOutput){in("state.npy"), state}, 1));
    assert_fails(training_load(path, &trainer, &found), STATUS_FORMAT, DAMAGES[_i].text);
    array_free(&state);
    trainer_free(&trainer);
}

/* 17 numbers come before those of the model. */
static const struct {
    size_t dims, shape[2];
    const char *text;
} CUT[] = {{2, {1, 40}, "not a saved training"},
           {1, {16}, "not a saved training"},
           {1, {40}, "another task, model or data"}};

TEST_ROWS(a_state_of_another_shape_is_refused, CUT)
{
    LearningTask task = small_task(0);
    const char *path = in(".");
    bool found;
    Array state, cut;
    Trainer trainer = trained(&task, 1, 1);
    assert_ok(training_save(path, &trainer));
    assert_ok(array_read(in("state.npy"), ARRAY_NUMBERS, &state));
    assert_ok(array_create(CUT[_i].dims, CUT[_i].shape, &cut));
    memcpy(cut.data, state.data, array_size(cut) * sizeof *cut.data);
    assert_ok(array_write(&(ArrayOutput){in("state.npy"), cut}, 1));
    assert_fails(training_load(path, &trainer, &found), STATUS_FORMAT, CUT[_i].text);
    array_free(&state);
    array_free(&cut);
    trainer_free(&trainer);
}

TEST(earlier_chapters_load_the_model)
{
    static const ModelChoices CHOICES = {1, NORM_POST, ACTIVATION_RELU, DEFAULT_EPSILON};
    LearningTask task = small_task(0);
    const char *path = in(".");
    Trainer trainer = trained(&task, 1, 2);
    StateDict files = {0};
    DecoderModel model = {0};
    TaskExample made;
    KeptPass kept;
    assert_ok(training_save(path, &trainer));
    assert_ok(decoder_model_open(in("transformer"), &CHOICES, &files, &model));
    task.make(&trainer.random, &made);
    Example example = task_view(&made);
    assert_ok(pass_forward(&trainer.model, &example, &kept));
    Matrix read = new_matrix(made.source_count, 8), out = new_matrix(made.target_count, 8);
    assert_ok(encoder(kept.encoder.x, &model.encoder.encoder, &NO_MASK, NO_MATRIX, read));
    assert_ok(decoder(kept.decoder.x, (Memory){.x = read}, &model.decoder, NO_WEIGHTS, out));
    assert_matrix_equal(read, kept.encoder.out);
    assert_matrix_equal(out, kept.decoder.out);
    matrix_free(&read);
    matrix_free(&out);
    kept_pass_free(&kept);
    decoder_model_free(&model);
    state_dict_free(&files);
    trainer_free(&trainer);
}

TEST_TIMES(what_is_written_is_read, TASK_COUNT)
{
    LearningTask task = small_task((size_t)_i);
    const char *path = in(".");
    ModelChoices choices = {1, task.plan.norm_place, task.plan.activation, task.plan.epsilon};
    ModelPlan plan;
    Trainer trainer = trained(&task, 1, 1);
    assert_ok(training_save(path, &trainer));
    assert_ok(parameters_plan(path, &choices, &plan));
    plan.causal = task.plan.causal; /* no array tells it */
    ck_assert_uint_eq(plan.words, task.plan.words);
    ck_assert_uint_eq(plan.encoder_blocks, task.plan.encoder_blocks);
    ck_assert_uint_eq(plan.decoder_blocks, task.plan.decoder_blocks);
    Model made = model_begin(&plan);
    ck_assert_uint_eq(made.list.size, trainer.list.size);
    assert_ok(parameters_read(path, &made.list, made.values.data));
    assert_matrix_equal(made.values, trainer_vector(&trainer, TRAINER_VALUES));
    model_end(&made);
    trainer_free(&trainer);
}

TEST(a_name_may_be_too_long)
{
    LearningTask task = small_task(0);
    static char name[5000];
    bool found;
    Trainer trainer = trained(&task, 1, 0);
    memset(name, 'm', sizeof name - 1);
    assert_fails(training_save(name, &trainer), STATUS_SYSTEM, "too long");
    assert_fails(training_load(name, &trainer, &found), STATUS_SYSTEM, "too long");
    trainer_free(&trainer);
}

static const struct {
    size_t dims, shape[3];
    const char *text;
} SHAPES[] = {{2, {4, 8}, "4x8 in 2 dimensions, expected 47x8"},
              {2, {47, 7}, "47x7 in 2 dimensions, expected 47x8"},
              {3, {1, 47, 8}, "in 3 dimensions, expected 47x8 in 2"}};

TEST_ROWS(a_parameter_of_another_shape_is_refused, SHAPES)
{
    LearningTask task = small_task(3);
    const char *path = in(".");
    Array words;
    Trainer trainer = trained(&task, 1, 0);
    assert_ok(training_save(path, &trainer));
    assert_ok(array_create(SHAPES[_i].dims, SHAPES[_i].shape, &words));
    assert_ok(array_write(&(ArrayOutput){in("embedding.weight.npy"), words}, 1));
    assert_fails(parameters_read(path, &trainer.list, trainer.numbers), STATUS_SHAPE,
                 SHAPES[_i].text);
    array_free(&words);
    trainer_free(&trainer);
}

static const struct {
    EncoderFiles encoder;
    DecoderFiles decoder;
    Status status;
    const char *text;
} STRANGE[] = {
    {{1, 8, 12, true, false}, {0}, STATUS_SHAPE, "expected biases"},
    {{1, 8, 12, false, true}, {0}, STATUS_FORMAT, "a last norm"},
    {{0}, {1, 1, 8, 12, false, true}, STATUS_FORMAT, "with last norms"},
};

TEST_ROWS(a_model_that_cannot_be_trained_is_refused, STRANGE)
{
    static const ModelChoices CHOICES = {1, NORM_POST, ACTIVATION_RELU, DEFAULT_EPSILON};
    const char *path = in(".");
    Random random = {1};
    Array words;
    ModelPlan plan;
    assert_ok(array_create(2, (size_t[]){4, 8}, &words));
    assert_ok(array_write(&(ArrayOutput){in("embedding.weight.npy"), words}, 1));
    model_files_begin("transformer");
    if (STRANGE[_i].encoder.d_model > 0)
        model_files_write_encoder(&random, "", STRANGE[_i].encoder);
    else
        model_files_write_decoder(&random, STRANGE[_i].decoder);
    assert_fails(parameters_plan(path, &CHOICES, &plan), STRANGE[_i].status, STRANGE[_i].text);
    array_free(&words);
}

/* --- What stops it --------------------------------------------------------------------------- */

static Matrix value_of(const Trainer *trainer, const char *name)
{
    for (size_t i = 0; i < trainer->list.count; i++)
        if (strcmp(trainer->list.items[i].name, name) == 0)
            return parameter_matrix(&trainer->list.items[i],
                                    trainer_vector(trainer, TRAINER_VALUES).data);
    ck_abort_msg("no parameter %s", name);
    return NO_MATRIX;
}

static const struct {
    const char *parameter;
    const char *place;
} BAD[] = {
    {"embedding.weight", "it begins in embedding.weight"},
    {"encoder.layers.0.linear1.weight", "it begins in encoder.layers.0.linear2"},
    {"encoder.norm.bias", "it begins in encoder.norm"},
    {"decoder.layers.0.self_attn.out_proj.bias", "it begins in decoder.layers.0.self_attn"},
    {"decoder.layers.0.multihead_attn.in_proj_bias",
     "it begins in decoder.layers.0.multihead_attn"},
    {"decoder.norm.weight", "it begins in decoder.norm"},
};

TEST_ROWS(a_loss_that_is_no_number_stops_it, BAD)
{
    LearningTask task = small_task(0);
    Trainer trainer = trained(&task, 2, 2);
    fill(value_of(&trainer, BAD[_i].parameter), NAN);
    assert_fails(trainer_step(&trainer), STATUS_VALUE, BAD[_i].place);
    ck_assert_ptr_nonnull(strstr(last_error(), "step 3:"));
    ck_assert_uint_eq(trainer.step, 2);
    trainer_free(&trainer);
}

TEST(logits_may_overflow)
{
    LearningTask task = small_task(0);
    Trainer trainer = trained(&task, 1, 0);
    fill(value_of(&trainer, "decoder.norm.bias"), 3e38f);
    fill(value_of(&trainer, "embedding.weight"), 10.0f);
    assert_fails(trainer_step(&trainer), STATUS_VALUE, "it begins in the logits");
    trainer_free(&trainer);
}

TEST(a_gradient_that_is_no_number_stops_it)
{
    static const Slips KEPT = {.gradients_kept = true};
    LearningTask task = small_task(0);
    Trainer trainer;
    assert_ok(trainer_create(&task, 1, &KEPT, &trainer));
    fill(trainer_vector(&trainer, TRAINER_GRADIENTS), NAN);
    assert_fails(trainer_step(&trainer), STATUS_VALUE,
                 "step 1: the gradient is no longer a number");
    trainer_free(&trainer);
}

static const struct {
    size_t words, d_model, d_ff, heads, encoder_blocks;
    const char *text;
} IMPOSSIBLE[] = {
    {0, 8, 12, 1, 1, "words"},  {9, 0, 12, 1, 1, "d_model"},      {9, 8, 0, 1, 1, "d_ff"},
    {9, 8, 12, 1, 0, "blocks"}, {9, 8, 12, 0, 1, "0 heads must"}, {9, 8, 12, 3, 1, "3 heads must"},
};

TEST_ROWS(a_model_that_cannot_be_is_refused, IMPOSSIBLE)
{
    LearningTask task = small_task(0);
    Trainer trainer;
    task.plan.words = IMPOSSIBLE[_i].words;
    task.plan.d_model = IMPOSSIBLE[_i].d_model;
    task.plan.d_ff = IMPOSSIBLE[_i].d_ff;
    task.plan.heads = IMPOSSIBLE[_i].heads;
    task.plan.encoder_blocks = IMPOSSIBLE[_i].encoder_blocks;
    assert_fails(trainer_create(&task, 1, NULL, &trainer), STATUS_VALUE, IMPOSSIBLE[_i].text);
    trainer_free(&trainer);
}

/* What is tried with each allocation failing in turn. */
typedef Status Attempt(const LearningTask *task, const char *path);

static Status attempt_training(const LearningTask *task, const char *path)
{
    Status status = STATUS_OK;
    Trainer trainer = {0};
    Score score;
    (void)path;
    TRY(trainer_create(task, 1, NULL, &trainer));
    TRY(trainer_step(&trainer));
    TRY(trainer_try(&trainer, 1, &score));
done:
    trainer_free(&trainer);
    return status;
}

static Status attempt_saving(const LearningTask *task, const char *path)
{
    Status status = STATUS_OK;
    Trainer trainer = {0};
    TRY(trainer_create(task, 1, NULL, &trainer));
    TRY(training_save(path, &trainer));
done:
    trainer_free(&trainer);
    return status;
}

/* What attempt_saving() has written. */
static Status attempt_loading(const LearningTask *task, const char *path)
{
    Status status = STATUS_OK;
    Trainer trainer = {0};
    bool found;
    ModelPlan plan;
    ModelChoices choices = {1, task->plan.norm_place, task->plan.activation, DEFAULT_EPSILON};
    TRY(trainer_create(task, 1, NULL, &trainer));
    TRY(training_load(path, &trainer, &found));
    TRY(parameters_plan(path, &choices, &plan));
    TRY(parameters_read(path, &trainer.list, trainer.numbers));
done:
    trainer_free(&trainer);
    return status;
}

static Status attempt_watching(const LearningTask *task, const char *path)
{
    Status status = STATUS_OK;
    Trainer trainer = {0};
    double mean;
    (void)path;
    TRY(trainer_create(task, 1, NULL, &trainer));
    TRY(mean_weight_on(task, &trainer.model, 0, place_before, &mean));
done:
    trainer_free(&trainer);
    return status;
}

static Status attempt_run(const LearningTask *task, const char *path)
{
    Trainer trainer = {0};
    TrainingResult result;
    TrainingRun run = {.task = task, .steps = 1, .seed = 1, .progress = PROGRESS_NONE};
    (void)path;
    Status status = training_run(&run, &trainer, &result);
    trainer_free(&trainer);
    return status;
}

/* All allocations up to a number, or to the last one. */
static void fail_everywhere(Attempt *attempt, const LearningTask *task, const char *path,
                            size_t most)
{
    bool has_failed = true;
    for (size_t failing = 1; has_failed && failing <= most; failing++) {
        memory_fail_at(failing);
        Status status = attempt(task, path);
        has_failed = memory_has_failed();
        memory_fail_at(0);
        ck_assert_int_eq(status, has_failed ? STATUS_NO_MEMORY : STATUS_OK);
    }
}

TEST_TIMES(memory_may_run_out_in_training, TASK_COUNT)
{
    LearningTask task = small_task((size_t)_i);
    task.batch = 1;
    task.dropout = 0.2;
    fail_everywhere(attempt_training, &task, NULL, 300);
    fail_everywhere(attempt_run, &task, NULL, 50);
    fail_everywhere(attempt_watching, &task, NULL, 100);
}

TEST_TIMES(memory_may_run_out_in_saving, 2)
{
    LearningTask task = small_task((size_t)_i);
    const char *path = in(".");
    fail_everywhere(attempt_saving, &task, path, SIZE_MAX);
    fail_everywhere(attempt_loading, &task, path, SIZE_MAX);
}
