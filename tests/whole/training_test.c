/* The program of chapter 11: trainings that are stopped and go on, and gradients of a model. */
#include "array.h"
#include "array_file.h"
#include "assert.h"
#include "learning_pass.h"
#include "training_files.h"
#include "whole.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PROGRAM[] = "11_learning";
#define GRADIENTS "--gradients made --model m --heads 1 --norm pre "

static void assert_same_files(const char *one, const char *other)
{
    Array first = whole_read(one), second = whole_read(other);
    ck_assert_uint_eq(array_size(first), array_size(second));
    ck_assert_mem_eq(first.data, second.data, array_size(first) * sizeof *first.data);
    array_free(&first);
    array_free(&second);
}

static void write_array(const char *name, size_t rows, size_t cols, const float *numbers)
{
    Array array;
    assert_ok(array_create(2, (size_t[]){rows, cols}, &array));
    memcpy(array.data, numbers, rows * cols * sizeof *numbers);
    assert_ok(array_write(&(ArrayOutput){in(name), array}, 1));
    array_free(&array);
}

/* --- Trainings ------------------------------------------------------------------------------- */

TEST(a_training_ends_with_one_line)
{
    Outcome outcome = whole_run(PROGRAM, "--task bank --steps 2 --plots pictures", NULL);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.err, "");
    const char *line = strstr(outcome.out, "result task=bank blocks=1 steps=2 seconds=");
    ck_assert_msg(line != NULL && strstr(line, " exact=") != NULL, "%s", outcome.out);
    ck_assert_str_eq(strchr(line, '\n'), "\n");
    ck_assert_ptr_nonnull(strstr(outcome.out, "11_bank_loss.svg"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "11_bank_attention.svg"));
    outcome_free(&outcome);
}

TEST(a_decoder_shows_what_it_writes)
{
    Outcome outcome = whole_run(PROGRAM, "--task reverse --steps 6 --plots pictures", NULL);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_ptr_nonnull(strstr(outcome.out, "reads:  abcdefgh.\nwrites: "));
    ck_assert_ptr_nonnull(strstr(outcome.out, "weight on the word that is due, on average: 0.11"));
    outcome_free(&outcome);
}

/* Two heads are watched, or the only one. */
TEST(induction_tells_where_its_heads_look)
{
    Outcome two = whole_run(PROGRAM, "--task induction --steps 3 --plots pictures", NULL);
    ck_assert_int_eq(two.status, 0);
    ck_assert_ptr_nonnull(strstr(two.out,
                                 "mean weight, 50 texts, after         0     1     2     3 steps\n"
                                 "block 1, the letter before        0."));
    ck_assert_ptr_nonnull(strstr(two.out, "block 2, behind the same letter   0."));
    Outcome one =
        whole_run(PROGRAM, "--task induction --blocks 1 --steps 3 --plots pictures", NULL);
    ck_assert_ptr_nonnull(strstr(one.out, "block 1, behind the same letter   0."));
    ck_assert_ptr_null(strstr(one.out, "block 2"));
    outcome_free(&two);
    outcome_free(&one);
}

TEST(a_training_in_two_parts_is_the_same)
{
    whole_expect_success(PROGRAM, "--task bank --steps 4 --model whole", NULL);
    whole_expect_success(PROGRAM, "--task bank --steps 2 --model parts", NULL);
    whole_expect_success(PROGRAM, "--task bank --steps 4 --model parts", NULL);
    assert_same_files("whole/state.npy", "parts/state.npy");
    assert_same_files("whole/embedding.weight.npy", "parts/embedding.weight.npy");
}

TEST(a_signal_waits_until_all_is_saved)
{
    char script[600], again[100], name[200];
    size_t steps = 0;
    snprintf(name, sizeof name, "%s", in("m"));
    snprintf(script, sizeof script,
             "%s/bin/%s --task bank --steps 100000 --model '%s' & sleep 1; kill -TERM $!; wait $!",
             BUILD, PROGRAM, name);
    Command command = {.words = {"/bin/sh", "-c", script}};
    Outcome outcome = process_run(&command);
    ck_assert_msg(strstr(outcome.err, "11_learning: interrupted by SIGTERM") != NULL, "%s",
                  outcome.err);
    outcome_free(&outcome);
    outcome = whole_run(PROGRAM, "--task bank --steps 1 --model m", NULL);
    const char *before = strstr(outcome.out, "resumes at step ");
    ck_assert_msg(before != NULL, "%s", outcome.out);
    steps = strtoul(before + strlen("resumes at step "), NULL, 10);
    ck_assert_uint_gt(steps, 0);
    outcome_free(&outcome);
    snprintf(again, sizeof again, "--task bank --steps %zu --model again", steps);
    whole_expect_success(PROGRAM, again, NULL);
    assert_same_files("m/state.npy", "again/state.npy");
}

/* --- The reader's own sequences -------------------------------------------------------------- */

/* Four words or fewer, and the same ones the other way round. */
static const float READS[] = {5, 3, 9, 1, 2, 7, -1, -1, 4, 4, 6, -1},
                   WRITES[] = {0, 1, 9, 3, 5, 0, 0, 7, 2, 0, -1, -1, 0, 6, 4, 4, 0, -1};
#define WIDE "--source reads.npy --target writes.npy --steps 3 --model own "
#define OWN WIDE "--d-model 8 "

static void write_own(void)
{
    write_array("reads.npy", 3, 4, READS);
    write_array("writes.npy", 3, 6, WRITES);
}

TEST(own_sequences_are_learned)
{
    write_own();
    Outcome outcome =
        whole_run(PROGRAM, OWN "--heads 2 --blocks 2 --dropout 0.1 --plots pictures", NULL);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert_ptr_nonnull(strstr(outcome.out, "3 sequences, "));
    ck_assert_ptr_nonnull(strstr(outcome.out, "for testing; 10 words\n"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "result task=sequences blocks=2 steps=3 seconds="));
    outcome_free(&outcome);
}

static const struct {
    float number; /* in place of one that was right */
    size_t place;
    const char *array, *arguments, *words;
} BAD_SEQUENCES[] = {
    {70000, 1, "reads.npy", OWN, "--source has a 70000|from 0 to 65535, or -1"},
    {0.5F, 1, "writes.npy", OWN, "--target has a 0.5"},
    {-1, 4, "reads.npy", OWN, "--source: sequence 1 has 0 words, expected 1 to 64"},
    {-1, 7, "writes.npy", OWN, "--target: sequence 1 has 1 words, expected 2 to 64"},
    {4, 6, "writes.npy", OWN, "--target: sequence 1 must begin and end with a 0"},
    {4, 9, "writes.npy", OWN, "--target: sequence 1 must begin and end with a 0"},
    {0, 8, "writes.npy", OWN, "--target: sequence 1 must begin and end with a 0, and have no"},
    {6, 1, "reads.npy", OWN, "own/state.npy|another task, model or data"},
    {5, 0, "reads.npy", WIDE, "own/state.npy|another task, model or data"},
    {5, 0, "reads.npy", OWN "--norm pre", "own/state.npy|another task, model or data"},
    {5, 0, "reads.npy", OWN "--heads 3", "3 heads must divide"},
    {5, 0, "reads.npy", WIDE "--d-model 0", "--d-model"},
    {5, 0, "reads.npy", OWN "--scale 3", "--scale has no meaning beside --source"},
    {5, 0, "reads.npy", "--source reads.npy --steps 3", "--target is missing"},
    {5, 0, "reads.npy", "--target writes.npy --model own", "--source is missing"},
    {5, 0, "reads.npy", "--source writes.npy --target one.npy", "3 sequences|1"},
    {5, 0, "reads.npy", "--source long.npy --target one.npy", "sequence 0 has 65 words"},
    {5, 0, "reads.npy", "--source zero.npy --target zero.npy", "no sequences"},
};

TEST_ROWS(bad_sequences_leave_what_was_saved, BAD_SEQUENCES)
{
    float numbers[18], many[65];
    Array empty;
    write_own();
    for (size_t i = 0; i < 65; i++)
        many[i] = 1;
    write_array("one.npy", 1, 6, WRITES);
    write_array("long.npy", 1, 65, many);
    assert_ok(array_create(2, (size_t[]){0, 4}, &empty));
    assert_ok(array_write(&(ArrayOutput){in("zero.npy"), empty}, 1));
    array_free(&empty);
    whole_expect_success(PROGRAM, OWN, NULL);
    Array before = whole_read("own/state.npy");
    bool is_source = BAD_SEQUENCES[_i].array[0] == 'r';
    memcpy(numbers, is_source ? READS : WRITES, is_source ? sizeof READS : sizeof WRITES);
    numbers[BAD_SEQUENCES[_i].place] = BAD_SEQUENCES[_i].number;
    write_array(BAD_SEQUENCES[_i].array, 3, is_source ? 4 : 6, numbers);
    whole_expect_failure(PROGRAM, BAD_SEQUENCES[_i].arguments, NULL, 2, BAD_SEQUENCES[_i].words);
    Array after = whole_read("own/state.npy");
    ck_assert_mem_eq(before.data, after.data, array_size(before) * sizeof *before.data);
    array_free(&before);
    array_free(&after);
}

TEST(what_goes_wrong_is_a_table)
{
    Outcome outcome = whole_run(PROGRAM, "--slips --steps 1", NULL);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_uint_eq(count_lines(outcome.out), 18);
    ck_assert_ptr_nonnull(strstr(outcome.out, "result task=slips steps=1"));
    outcome_free(&outcome);
}

/* --- Gradients of the reader's model --------------------------------------------------------- */

/* Two sentences, the second one shorter. */
static const float SOURCE[] = {5, 3, 9, 1, 2, 7, -1, -1}, TAGS[] = {5, -1, 9, -1, 2, 7, -1, -1},
                   TARGET[] = {0, 4, 6, 0, 0, 3, 0, -1};

/* The gradients in a folder are those of the library, added up over the examples. */
static void assert_gradients(const ModelPlan *plan, const Example *examples, const double *shares)
{
    ParameterList list;
    LearningModel model, grad;
    KeptPass kept;
    double loss = 0.0, own;
    assert_ok(parameter_list_create(plan, &list));
    float *values = calloc(list.size, sizeof *values), *grads = calloc(list.size, sizeof *grads);
    float *made = calloc(list.size, sizeof *made);
    ck_assert(values != NULL && grads != NULL && made != NULL);
    assert_ok(parameters_read(in("m"), &list, values));
    assert_ok(learning_model_create(plan, values, &model));
    assert_ok(learning_model_create(plan, grads, &grad));
    for (size_t i = 0; i < 2; i++) {
        assert_ok(pass_forward(&model, &examples[i], &kept));
        assert_ok(pass_backward(&model, &examples[i], &kept, shares[i], &grad, &own));
        loss += shares[i] * own;
        kept_pass_free(&kept);
    }
    assert_ok(parameters_read(in("made"), &list, made));
    ck_assert_mem_eq(made, grads, list.size * sizeof *made);
    Array said = whole_read("made/loss.npy");
    ck_assert(array_size(said) == 1 && said.data[0] == (float)loss);
    array_free(&said);
    learning_model_free(&model);
    learning_model_free(&grad);
    free(values);
    free(grads);
    free(made);
    free(list.items);
}

/* Has the program train a model for a moment and write its gradients. Gives what the model is. */
static ModelPlan write_gradients(const char *training, const float *target)
{
    static const ModelChoices CHOICES = {1, NORM_PRE, ACTIVATION_RELU, DEFAULT_EPSILON};
    ModelPlan plan;
    whole_expect_success(PROGRAM, training, NULL);
    write_array("s.npy", 2, 4, SOURCE);
    write_array("t.npy", 2, 4, target);
    whole_expect_success(PROGRAM, GRADIENTS "--source s.npy --target t.npy", NULL);
    assert_ok(parameters_plan(in("m"), &CHOICES, &plan));
    return plan;
}

TEST(gradients_of_a_tagger)
{
    static const size_t FIRST[] = {5, 3, 9, 1}, SECOND[] = {2, 7};
    static const size_t RIGHT[] = {5, NO_WORD, 9, NO_WORD}, OTHER[] = {2, 7};
    ModelPlan plan = write_gradients("--task bank --steps 1 --model m", TAGS);
    assert_gradients(
        &plan, (const Example[]){{FIRST, 4, NULL, 0, RIGHT, 0.0}, {SECOND, 2, NULL, 0, OTHER, 0.0}},
        (const double[]){0.5, 0.5});
}

TEST(gradients_of_an_encoder_decoder)
{
    static const size_t FIRST[] = {5, 3, 9, 1}, SECOND[] = {2, 7};
    static const size_t WRITTEN[] = {0, 4, 6}, RIGHT[] = {4, 6, 0};
    static const size_t SHORT[] = {0, 3, 0}, OTHER[] = {3, 0, NO_WORD};
    ModelPlan plan = write_gradients("--task dates --steps 1 --model m", TARGET);
    assert_gradients(
        &plan,
        (const Example[]){{FIRST, 4, WRITTEN, 3, RIGHT, 0.0}, {SECOND, 2, SHORT, 3, OTHER, 0.0}},
        (const double[]){3.0 / 5.0, 2.0 / 5.0});
}

/* --- Refusals -------------------------------------------------------------------------------- */

static const struct {
    const char *arguments, *words;
} REFUSALS[] = {
    {"--task juggling", "unknown task|juggling"},
    {"--task bank --heads 2", "--heads has no meaning beside --task"},
    {"--task bank --q 2x3.npy", "--q has no meaning beside --task"},
    {"--task bank --steps -1", "--steps"},
    {"--task bank --seed x", "--seed"},
    {"--task bank --steps 1 --model m --seed 2", "m/state.npy|--seed 1"},
    {"--task dates --steps 1 --model m", "m/state.npy|another task, model or data"},
    {"--slips --task bank", "--task has no meaning beside --slips"},
    {"--task bank --blocks 0", "--blocks 0: expected 1 or more"},
    {"--task bank --blocks 17", "--blocks 17: expected 16 or fewer"},
    {"--task bank --steps 1 --model m --blocks 2", "m/state.npy|another task, model or data"},
    {"--slips --blocks 1", "--blocks has no meaning beside --slips"},
    {GRADIENTS "--source s.npy --target t.npy --blocks 1", "--blocks has no meaning"},
    {"--task bank --dropout 1", "--dropout 1: expected at least 0, less than 1"},
    {"--task bank --dropout -0.1", "--dropout -0.1: expected at least 0"},
    {"--task bank --dropout nan", "--dropout"},
    {"--task bank --label-smoothing 1", "--label-smoothing 1: expected at least 0, less than 1"},
    {"--task bank --label-smoothing -0.1", "--label-smoothing -0.1: expected at least 0"},
    {"--task bank --label-smoothing x", "--label-smoothing x"},
    {"--task bank --steps 1 --model m --label-smoothing 0.1", "m/state.npy|another task, model"},
    {GRADIENTS "--source s.npy --target t.npy --label-smoothing 0.1", "--label-smoothing has no"},
    {"--task bank --steps 1 --model m --dropout 0.1", "m/state.npy|another task, model or data"},
    {"--slips --dropout 0.1", "--dropout has no meaning beside --slips"},
    {GRADIENTS "--source s.npy --target t.npy --dropout 0.1", "--dropout has no meaning"},
    {"--slips --seed 3", "--seed has no meaning beside --slips"},
    {"--steps 3", "--steps needs --task, --source"},
    {"--task bank --d-model 8", "--d-model has no meaning beside --task"},
    {GRADIENTS "--source s.npy --target t.npy --d-model 8", "--d-model has no meaning"},
    {GRADIENTS "--source s.npy", "--target is missing"},
    {GRADIENTS "--source s.npy --target t.npy --seed 1", "--seed has no meaning"},
    {GRADIENTS "--source s.npy --target t.npy --scale 1", "--scale has no meaning"},
    {GRADIENTS "--source s.npy --target t.npy --activation up", "--activation up"},
    {GRADIENTS "--source s.npy --target high.npy", "--target has a 47|0 to 46"},
    {GRADIENTS "--source half.npy --target t.npy", "--source has a 0.5"},
    {GRADIENTS "--source s.npy --target one.npy", "2 sequences|1"},
    {GRADIENTS "--source s.npy --target narrow.npy", "--target has 2 columns, expected 4"},
    {GRADIENTS "--source s.npy --target none.npy", "no word that counts"},
    {GRADIENTS "--source none.npy --target t.npy", "sequence 0 has no words"},
    {"--gradients made --model nowhere --heads 1 --source s.npy --target t.npy", "nowhere"},
    {"--gradients made --model m --heads 5 --source s.npy --target t.npy", "5 heads must divide"},
};

TEST(a_folder_that_cannot_be_made_stops_it_at_once)
{
    write_array("s.npy", 2, 4, SOURCE);
    whole_expect_failure(PROGRAM, "--task bank --model s.npy", NULL, 1, "s.npy: cannot be made");
    whole_expect_failure(PROGRAM, "--task bank --model nowhere/m", NULL, 1, "cannot be made");
}

TEST_ROWS(what_cannot_be_is_refused, REFUSALS)
{
    static const float HIGH[] = {47, 1, 1, 1, 1, 1, 1, 1}, HALF[] = {0.5F, 1, 1, 1, 1, 1, 1, 1};
    static const float NONE[] = {-1, -1, -1, -1, -1, -1, -1, -1};
    whole_expect_success(PROGRAM, "--task bank --steps 1 --model m", NULL);
    write_array("s.npy", 2, 4, SOURCE);
    write_array("t.npy", 2, 4, TAGS);
    write_array("high.npy", 2, 4, HIGH);
    write_array("half.npy", 2, 4, HALF);
    write_array("one.npy", 1, 4, TAGS);
    write_array("narrow.npy", 2, 2, TAGS);
    write_array("none.npy", 2, 4, NONE);
    Array before = whole_read("m/state.npy");
    whole_expect_failure(PROGRAM, REFUSALS[_i].arguments, NULL, 2, REFUSALS[_i].words);
    Array after = whole_read("m/state.npy");
    ck_assert_mem_eq(before.data, after.data, array_size(before) * sizeof *before.data);
    array_free(&before);
    array_free(&after);
}
