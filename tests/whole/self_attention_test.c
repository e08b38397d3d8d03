/* The program of chapter 3, on the reader's arrays and on any sentence. */
#include "self_attention.h"

#include "array.h"
#include "array_file.h"
#include "assert.h"
#include "example.h"
#include "whole.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char PROGRAM[] = "03_self_attention";

/* Without gnuplot, to be quick. */
static const Command NO_GNUPLOT = {.environment = {"PATH=/nonexistent"}};

static void begin(void)
{
    whole_begin("self_attention");
}

/* Writes matrices one after the other, as (count, rows, cols), or one as (rows, cols). */
static void write_matrices(const char *name, size_t count, const Matrix *matrices)
{
    const size_t shape[] = {count, matrices[0].rows, matrices[0].cols};
    Array array;
    assert_ok(array_create(count > 1 ? 3 : 2, count > 1 ? shape : shape + 1, &array));
    for (size_t i = 0; i < count; i++)
        assert_ok(matrix_copy(matrices[i], array_matrix(array, i)));
    assert_ok(array_write(&(ArrayOutput){whole_path(name), array}, 1));
    array_free(&array);
}

/* The file holds these matrices, to the bit. */
static void expect_matrices(const char *name, const char *shape, const Matrix *matrices)
{
    char text[SHAPE_TEXT_SIZE];
    Array array = whole_read(name);
    ck_assert_str_eq(array_shape_text(array, text), shape);
    for (size_t i = 0; i < array_matrices(array); i++)
        assert_matrix_equal(array_matrix(array, i), matrices[i]);
    array_free(&array);
}

/* --- The carried sentences, as a batch of two --------------------------------------------------
 */

enum { BATCH = 2 };

typedef struct Batch {
    Sentence sentences[BATCH];
    Matrix x[BATCH], q[BATCH], k[BATCH], v[BATCH], weights[BATCH], out[BATCH];
} Batch;

static void attend(Batch *batch, size_t i)
{
    ExampleHead sense = example_layer().heads[0];
    Matrix x = batch->x[i] = batch->sentences[i].x;
    assert_ok(project("w_q", x, sense.w_q, &batch->q[i]));
    assert_ok(project("w_k", x, sense.w_k, &batch->k[i]));
    assert_ok(project("w_v", x, sense.w_v, &batch->v[i]));
    assert_ok(matrix_create(x.rows, x.rows, &batch->weights[i]));
    assert_ok(matrix_create(x.rows, EXAMPLE_D_K, &batch->out[i]));
    assert_ok(self_attention(x, sense.w_q, sense.w_k, sense.w_v, batch->weights[i], batch->out[i]));
}

static Batch carried_sentences(void)
{
    Batch batch;
    assert_ok(sentence_create(EXAMPLE_RIVER, &batch.sentences[0]));
    assert_ok(sentence_create(EXAMPLE_MONEY, &batch.sentences[1]));
    for (size_t i = 0; i < BATCH; i++)
        attend(&batch, i);
    return batch;
}

static void batch_free(Batch *batch)
{
    for (size_t i = 0; i < BATCH; i++) {
        sentence_free(&batch->sentences[i]);
        matrix_free(&batch->q[i]);
        matrix_free(&batch->k[i]);
        matrix_free(&batch->v[i]);
        matrix_free(&batch->weights[i]);
        matrix_free(&batch->out[i]);
    }
}

START_TEST(the_program_attends_to_each_sequence_of_a_batch)
{
    begin();
    ExampleHead sense = example_layer().heads[0];
    Batch batch = carried_sentences();
    write_matrices("x.npy", BATCH, batch.x);
    write_matrices("wq.npy", 1, &sense.w_q);
    write_matrices("wk.npy", 1, &sense.w_k);
    write_matrices("wv.npy", 1, &sense.w_v);
    whole_expect_success(PROGRAM,
                         "--x x.npy --wq wq.npy --wk wk.npy --wv wv.npy --out out.npy "
                         "--weights-out weights.npy",
                         NULL);
    expect_matrices("out.npy", "(2, 6, 4)", batch.out);
    expect_matrices("weights.npy", "(2, 6, 6)", batch.weights);
    batch_free(&batch);
}
END_TEST

START_TEST(the_program_takes_queries_keys_and_values_too)
{
    begin();
    Batch batch = carried_sentences();
    write_matrices("q.npy", BATCH, batch.q);
    write_matrices("k.npy", BATCH, batch.k);
    write_matrices("v.npy", BATCH, batch.v);
    whole_expect_success(PROGRAM, "--q q.npy --k k.npy --v v.npy --out out.npy", NULL);
    expect_matrices("out.npy", "(2, 6, 4)", batch.out);
    write_matrices("q.npy", 1, batch.q);
    write_matrices("k.npy", 1, batch.k);
    write_matrices("v.npy", 1, batch.v);
    whole_expect_success(PROGRAM, "--q q.npy --k k.npy --v v.npy --weights-out weights.npy", NULL);
    expect_matrices("weights.npy", "(6, 6)", batch.weights);
    batch_free(&batch);
}
END_TEST

/* --- The scale ---------------------------------------------------------------------------------
 */

/* One query meets the keys 0 and 1. With a large scale one of the two values is all that comes. */
static const struct {
    const char *scale;
    float weights[2], out[3];
} SCALES[] = {
    {"0", {0.5f, 0.5f}, {2, 4, 2}},
    {"1000", {0, 1}, {0, 8, 2}},
    {"-1e3", {1, 0}, {4, 0, 2}},
};

START_TEST(the_program_takes_another_scale)
{
    begin();
    float weights[2], out[3], query = 1, keys[] = {0, 1}, values[] = {4, 0, 2, 0, 8, 2};
    memcpy(weights, SCALES[_i].weights, sizeof weights);
    memcpy(out, SCALES[_i].out, sizeof out);
    write_matrices("q.npy", 1, &(Matrix){&query, 1, 1, 1});
    write_matrices("k.npy", 1, &(Matrix){keys, 2, 1, 1});
    write_matrices("v.npy", 1, &(Matrix){values, 2, 3, 3});
    char arguments[ARGUMENTS_SIZE];
    snprintf(arguments, sizeof arguments,
             "--q q.npy --k k.npy --v v.npy --out out.npy --weights-out weights.npy --scale %s",
             SCALES[_i].scale);
    whole_expect_success(PROGRAM, arguments, NULL);
    expect_matrices("weights.npy", "(1, 2)", &(Matrix){weights, 1, 2, 2});
    expect_matrices("out.npy", "(1, 3)", &(Matrix){out, 1, 3, 3});
}
END_TEST

/* --- What is refused ---------------------------------------------------------------------------
 */

#define OUT " --out out.npy"

/* --- The worked example ------------------------------------------------------------------------
 */

/* Each picture in turn cannot be written: a directory stands in the place of its data. */
static const char *const PICTURES[] = {"03_bank", "03_wrong", "03_scale_spread",
                                       "03_scale_entropy"};

static void make_directory(const char *name)
{
    if (mkdir(whole_path(name), 0777) != 0)
        ck_assert_int_eq(errno, EEXIST);
}

START_TEST(a_picture_that_cannot_be_written_is_reported)
{
    char name[100], arguments[ARGUMENTS_SIZE];
    begin();
    snprintf(name, sizeof name, "%s.plots", PICTURES[_i]);
    make_directory(name);
    snprintf(name, sizeof name, "%s.plots/%s.table", PICTURES[_i], PICTURES[_i]);
    make_directory(name);
    snprintf(arguments, sizeof arguments, "--plots %s.plots", PICTURES[_i]);
    Outcome outcome = whole_run(PROGRAM, arguments, &NO_GNUPLOT);
    ck_assert_int_eq(outcome.status, 1);
    ck_assert_msg(strstr(outcome.err, name) != NULL, "%s", outcome.err);
    outcome_free(&outcome);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("the program of self-attention");
    add_test(suite, the_program_attends_to_each_sequence_of_a_batch);
    add_test(suite, the_program_takes_queries_keys_and_values_too);
    add_rows(suite, the_program_takes_another_scale, SCALES);
    add_rows(suite, a_picture_that_cannot_be_written_is_reported, PICTURES);
    return suite;
}
