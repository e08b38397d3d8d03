/* The program of chapter 5, on the reader's arrays and on any sentence. */
#include "multi_head_attention.h"

#include "array.h"
#include "array_file.h"
#include "assert.h"
#include "random.h"
#include "whole.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char PROGRAM[] = "05_multi_head_attention";

#define LAYER " --wq wq.npy --wk wk.npy --wv wv.npy --wo wo.npy --heads 3"
#define BIASES " --bq bq.npy --bk bk.npy --bv bv.npy --bo bo.npy"
#define RESULTS " --out out.npy --weights-out weights.npy"

static void begin(void)
{
    whole_begin("multi_head_attention");
}

/* --- A layer in files ------------------------------------------------------------------------- */

enum { TOKENS = 4, D_MODEL = 7, HEADS = 3, D_K = 2, D_V = 5, D_OUT = 6 };
enum { X, WQ, WK, WV, WO, BQ, BK, BV, BO, FILES };

static const struct {
    const char *name;
    size_t rows, cols;
} PARTS[FILES] = {
    [X] = {"x.npy", TOKENS, D_MODEL},
    [WQ] = {"wq.npy", D_MODEL, HEADS *D_K},
    [WK] = {"wk.npy", D_MODEL, HEADS *D_K},
    [WV] = {"wv.npy", D_MODEL, HEADS *D_V},
    [WO] = {"wo.npy", HEADS *D_V, D_OUT},
    [BQ] = {"bq.npy", 1, HEADS *D_K},
    [BK] = {"bk.npy", 1, HEADS *D_K},
    [BV] = {"bv.npy", 1, HEADS *D_V},
    [BO] = {"bo.npy", 1, D_OUT},
};

/* Biases may be rows of one dimension or of two; the sequence may be one, or a batch of some. */
static Array make_part(size_t part, bool batched, size_t batch, size_t bias_dims, Random *random)
{
    const size_t shape[] = {batch, PARTS[part].rows, PARTS[part].cols};
    size_t dims = part == X && batched ? 3 : part >= BQ ? bias_dims : 2;
    Array array;
    assert_ok(array_create(dims, shape + 3 - dims, &array));
    for (size_t i = 0; i < array_size(array); i++)
        array.data[i] = (float)random_normal(random);
    assert_ok(array_write(&(ArrayOutput){whole_path(PARTS[part].name), array}, 1));
    return array;
}

static void make_files(bool batched, size_t batch, size_t bias_dims, Array arrays[FILES])
{
    Random random = {505};
    begin();
    for (size_t i = 0; i < FILES; i++)
        arrays[i] = make_part(i, batched, batch, bias_dims, &random);
}

static void free_arrays(Array arrays[FILES])
{
    for (size_t i = 0; i < FILES; i++)
        array_free(&arrays[i]);
}

static Array result(const char *name, const char *shape)
{
    char text[SHAPE_TEXT_SIZE];
    Array array = whole_read(name);
    ck_assert_str_eq(array_shape_text(array, text), shape);
    return array;
}

static Matrix bias(Array array, bool given)
{
    return given ? array_matrix(array, 0) : NO_MATRIX;
}

/* The files hold what the layer gives for each sequence alone. */
static void expect_results(const Array a[FILES], bool biases, Array out, Array all_weights)
{
    float weights_data[HEADS * TOKENS * TOKENS], out_data[TOKENS * D_OUT];
    Matrix weights = matrix_view(weights_data, HEADS * TOKENS, TOKENS);
    Matrix expected = matrix_view(out_data, TOKENS, D_OUT);
    MultiHeadLayer layer = {.w_q = array_matrix(a[WQ], 0),
                            .w_k = array_matrix(a[WK], 0),
                            .w_v = array_matrix(a[WV], 0),
                            .w_o = array_matrix(a[WO], 0),
                            .b_q = bias(a[BQ], biases),
                            .b_k = bias(a[BK], biases),
                            .b_v = bias(a[BV], biases),
                            .b_o = bias(a[BO], biases),
                            .heads = HEADS};
    for (size_t b = 0; b < array_matrices(a[X]); b++) {
        assert_ok(multi_head_attention(array_matrix(a[X], b), &layer, weights, expected));
        assert_matrix_equal(array_matrix(out, b), expected);
        Matrix first = array_matrix(all_weights, b * HEADS);
        assert_matrix_equal(matrix_view(first.data, HEADS * TOKENS, TOKENS), weights);
    }
}

/* --- Calls that work -----------------------------------------------------------------------------
 */

static const struct {
    bool batched, biases;
    size_t batch, bias_dims;
    const char *arguments, *out, *weights;
} CALLS[] = {
    {true, true, 2, 1, "--x x.npy" LAYER BIASES RESULTS, "(2, 4, 6)", "(2, 3, 4, 4)"},
    {true, true, 2, 2, "--x x.npy" LAYER BIASES RESULTS, "(2, 4, 6)", "(2, 3, 4, 4)"},
    {true, false, 5, 1, "--x x.npy" LAYER RESULTS, "(5, 4, 6)", "(5, 3, 4, 4)"},
    {false, true, 1, 1, "--x x.npy" LAYER BIASES RESULTS, "(4, 6)", "(3, 4, 4)"},
    {true, true, 0, 1, "--x x.npy" LAYER BIASES RESULTS, "(0, 4, 6)", "(0, 3, 4, 4)"},
};

START_TEST(the_program_runs_the_layer_on_every_sequence)
{
    Array arrays[FILES];
    make_files(CALLS[_i].batched, CALLS[_i].batch, CALLS[_i].bias_dims, arrays);
    whole_expect_success(PROGRAM, CALLS[_i].arguments, NULL);
    Array out = result("out.npy", CALLS[_i].out);
    Array weights = result("weights.npy", CALLS[_i].weights);
    expect_results(arrays, CALLS[_i].biases, out, weights);
    array_free(&out);
    array_free(&weights);
    free_arrays(arrays);
}
END_TEST

START_TEST(one_result_may_be_asked_for_without_the_other)
{
    Array arrays[FILES];
    make_files(true, 2, 1, arrays);
    whole_expect_success(PROGRAM, "--x x.npy" LAYER " --weights-out weights.npy", NULL);
    Array weights = result("weights.npy", "(2, 3, 4, 4)");
    whole_expect_success(PROGRAM, "--x x.npy" LAYER " --out out.npy", NULL);
    Array out = result("out.npy", "(2, 4, 6)");
    expect_results(arrays, false, out, weights);
    array_free(&out);
    array_free(&weights);
    free_arrays(arrays);
}
END_TEST

START_TEST(a_bias_given_alone_is_used)
{
    static const char *const ALONE[] = {" --bq bq.npy", " --bk bk.npy", " --bv bv.npy",
                                        " --bo bo.npy"};
    char arguments[ARGUMENTS_SIZE];
    Array arrays[FILES];
    make_files(false, 1, 1, arrays);
    whole_expect_success(PROGRAM, "--x x.npy" LAYER " --out plain.npy", NULL);
    snprintf(arguments, sizeof arguments, "--x x.npy%s%s%s", LAYER, ALONE[_i], " --out out.npy");
    whole_expect_success(PROGRAM, arguments, NULL);
    Array plain = whole_read("plain.npy"), out = whole_read("out.npy");
    /* A bias of the keys adds the same to all scores of a row, which the softmax takes away. */
    bool same = true;
    for (size_t i = 0; i < array_size(out); i++)
        same = same && fabsf(out.data[i] - plain.data[i]) < 1e-4f;
    ck_assert_int_eq(same, _i == 1);
    array_free(&plain);
    array_free(&out);
    free_arrays(arrays);
}
END_TEST

/* --- Calls that do not
 * ----------------------------------------------------------------------------- */

/* --- Sentences
 * ------------------------------------------------------------------------------------- */

Suite *make_suite(void)
{
    Suite *suite = suite_create("the program of multi-head attention");
    add_rows(suite, the_program_runs_the_layer_on_every_sequence, CALLS);
    add_test(suite, one_result_may_be_asked_for_without_the_other);
    add_named_rows(suite, "a_bias_given_alone_is_used", a_bias_given_alone_is_used, 4);
    return suite;
}
