/* The program of chapter 7, on the reader's arrays and on any sentence. */
#include "masking.h"

#include "array.h"
#include "array_file.h"
#include "assert.h"
#include "example.h"
#include "self_attention.h"
#include "whole.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char PROGRAM[] = "07_masking";

static void begin(void)
{
    whole_begin("masking");
}

enum { MOST_ITEMS = 4, HEADS = 2 };

/* What goes into the program: names of files, and numbers. Batches of 2-D arrays are shared. */
typedef struct Call {
    const char *asking;    /* x, or q */
    const char *answering; /* context, or k; NULL for x */
    const char *values;    /* v; NULL for a layer */
    const char *mask;
    const char *bias;
    const char *more; /* other options, which say the same as: */
    bool causal;
    size_t past;
    size_t lengths[MOST_ITEMS]; /* keys that are no padding; 0 for all */
    const char *out_shape;
    const char *weights_shape;
} Call;

#define LAYER                                                                                      \
    "--wq 3x6.npy --wk 3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2 --bq 6.npy --bk 1x6.npy "       \
    "--bv 4.npy --bo 5.npy"

static const Call CALLS[] = {
    /* a layer */
    {.asking = "4x3.npy", .out_shape = "(4, 5)", .weights_shape = "(2, 4, 4)"},
    {"4x3.npy",
     "6x3.npy",
     NULL,
     NULL,
     NULL,
     "--causal --past 2",
     true,
     2,
     {0},
     "(4, 5)",
     "(2, 4, 6)"},
    {"4x3.npy",
     NULL,
     NULL,
     "mask_4x4.npy",
     "4x4.npy",
     "--key-lengths 3",
     false,
     0,
     {3},
     "(4, 5)",
     "(2, 4, 4)"},
    {"4x3.npy", NULL, NULL, NULL, "2x4x4.npy", "--causal", true, 0, {0}, "(4, 5)", "(2, 4, 4)"},
    {"3x4x3.npy",
     NULL,
     NULL,
     NULL,
     NULL,
     "--key-lengths 2",
     false,
     0,
     {2, 2, 2},
     "(3, 4, 5)",
     "(3, 2, 4, 4)"},
    {"3x4x3.npy",
     "3x6x3.npy",
     NULL,
     "mask_3x4x6.npy",
     "2x4x6.npy",
     "--key-lengths 6,1,4",
     false,
     0,
     {6, 1, 4},
     "(3, 4, 5)",
     "(3, 2, 4, 6)"},
    {"3x4x3.npy",
     "6x3.npy",
     NULL,
     "mask_4x6.npy",
     "4x6.npy",
     "--causal --past 1",
     true,
     1,
     {0},
     "(3, 4, 5)",
     "(3, 2, 4, 6)"},
    {"0x4x3.npy",
     "6x3.npy",
     NULL,
     "mask_4x6.npy",
     NULL,
     "--causal",
     true,
     0,
     {0},
     "(0, 4, 5)",
     "(0, 2, 4, 6)"},
    {"1x4x3.npy",
     NULL,
     NULL,
     "mask_1x4x4.npy",
     NULL,
     "",
     false,
     0,
     {0},
     "(1, 4, 5)",
     "(1, 2, 4, 4)"},
    /* queries, keys and values */
    {"2x3.npy",
     "4x3.npy",
     "4x5.npy",
     "mask_2x4.npy",
     "2x4.npy",
     "--causal --past 2",
     true,
     2,
     {0},
     "(2, 5)",
     "(2, 4)"},
    {"3x2x4.npy",
     "3x6x4.npy",
     "3x6x5.npy",
     "mask_3x2x6.npy",
     "3x2x6.npy",
     "--key-lengths 1,6,3",
     false,
     0,
     {1, 6, 3},
     "(3, 2, 5)",
     "(3, 2, 6)"},
    {"3x2x4.npy",
     "3x6x4.npy",
     "3x6x5.npy",
     "mask_2x6.npy",
     "2x6.npy",
     "--causal",
     true,
     0,
     {0},
     "(3, 2, 5)",
     "(3, 2, 6)"},
};

static void append(char arguments[ARGUMENTS_SIZE], const char *option, const char *value)
{
    size_t used = strlen(arguments);
    if (value != NULL)
        snprintf(arguments + used, ARGUMENTS_SIZE - used, " %s %s", option, value);
}

static void run(const Call *call)
{
    char arguments[ARGUMENTS_SIZE] = "--out out.npy --weights-out weights.npy";
    bool has_layer = call->values == NULL;
    append(arguments, has_layer ? "--x" : "--q", call->asking);
    append(arguments, has_layer ? "--context" : "--k", call->answering);
    append(arguments, "--v", call->values);
    append(arguments, "--mask", call->mask);
    append(arguments, "--bias", call->bias);
    append(arguments, has_layer ? LAYER : "--scale 0.75", call->more != NULL ? call->more : "");
    whole_expect_success(PROGRAM, arguments, NULL);
}

/* An input that may be left out. */
static Array input(const char *name)
{
    return name != NULL ? whole_read(name) : NO_ARRAY;
}

/* The matrix of one item of a batch; without a batch it serves all. */
static Matrix item(Array array, size_t index)
{
    if (array.data == NULL)
        return NO_MATRIX;
    return array_matrix(array, array.dims == 2 ? 0 : index);
}

/* The matrices of all heads, one below the other. */
static Matrix of_all_heads(Array array, size_t index)
{
    Matrix first = array_matrix(array, index * HEADS);
    return matrix_view(first.data, HEADS * first.rows, first.cols);
}

/* Everything that the program read and wrote. */
typedef struct Files {
    Array asking, answering, values, mask, bias, out, weights;
} Files;

static AttentionMask mask_of(const Call *call, const Files *files, size_t index, size_t keys)
{
    bool by_heads = call->values == NULL && files->bias.dims == 3;
    return (AttentionMask){.causal = call->causal,
                           .past = call->past,
                           .padding = call->lengths[index] > 0 ? keys - call->lengths[index] : 0,
                           .allowed = item(files->mask, index),
                           .bias =
                               by_heads ? of_all_heads(files->bias, 0) : item(files->bias, index)};
}

static void check_layer(const Call *call, const Files *files, size_t index)
{
    static const char *const NAMES[] = {"3x6.npy", "3x6.npy", "3x4.npy", "4x5.npy",
                                        "6.npy",   "1x6.npy", "4.npy",   "5.npy"};
    Array p[8];
    for (size_t i = 0; i < 8; i++)
        p[i] = whole_read(NAMES[i]);
    MultiHeadLayer layer = {array_matrix(p[0], 0), array_matrix(p[1], 0), array_matrix(p[2], 0),
                            array_matrix(p[3], 0), array_matrix(p[4], 0), array_matrix(p[5], 0),
                            array_matrix(p[6], 0), array_matrix(p[7], 0), HEADS};
    Matrix actual = of_all_heads(files->weights, index), weights, out;
    AttentionMask mask = mask_of(call, files, index, actual.cols);
    assert_ok(matrix_create(actual.rows, actual.cols, &weights));
    assert_ok(matrix_create(actual.rows / HEADS, 5, &out));
    assert_ok(masked_multi_head_attention(array_matrix(files->asking, index),
                                          item(files->answering, index), &layer, &mask, weights,
                                          out));
    assert_matrix_equal(actual, weights);
    assert_matrix_equal(array_matrix(files->out, index), out);
    matrix_free(&weights);
    matrix_free(&out);
    for (size_t i = 0; i < 8; i++)
        array_free(&p[i]);
}

static void check_sequences(const Call *call, const Files *files, size_t index)
{
    Matrix actual = array_matrix(files->weights, index), weights, out;
    AttentionMask mask = mask_of(call, files, index, actual.cols);
    assert_ok(matrix_create(actual.rows, actual.cols, &weights));
    assert_ok(matrix_create(actual.rows, 5, &out));
    assert_ok(masked_attention(array_matrix(files->asking, index),
                               array_matrix(files->answering, index),
                               array_matrix(files->values, index), 0.75f, &mask, weights, out));
    assert_matrix_equal(actual, weights);
    assert_matrix_equal(array_matrix(files->out, index), out);
    matrix_free(&weights);
    matrix_free(&out);
}

START_TEST(each_item_of_a_batch_is_what_the_functions_give)
{
    const Call *call = &CALLS[_i];
    char text[SHAPE_TEXT_SIZE];
    begin();
    run(call);
    Files files = {whole_read(call->asking), input(call->answering), input(call->values),
                   input(call->mask),        input(call->bias),      whole_read("out.npy"),
                   whole_read("weights.npy")};
    ck_assert_str_eq(array_shape_text(files.out, text), call->out_shape);
    ck_assert_str_eq(array_shape_text(files.weights, text), call->weights_shape);
    for (size_t b = 0; b < array_matrices(files.asking); b++)
        if (call->values == NULL)
            check_layer(call, &files, b);
        else
            check_sequences(call, &files, b);
    Array *const all[] = {&files.asking, &files.answering, &files.values, &files.mask,
                          &files.bias,   &files.out,       &files.weights};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        array_free(all[i]);
}
END_TEST

START_TEST(without_a_scale_it_is_that_of_d_k)
{
    begin();
    whole_expect_success(PROGRAM, "--q 2x4.npy --k 3x4.npy --v 3x5.npy --weights-out weights.npy",
                         NULL);
    whole_expect_success(
        PROGRAM, "--q 2x4.npy --k 3x4.npy --v 3x5.npy --scale 0.5 --weights-out same.npy", NULL);
    Array weights = whole_read("weights.npy"), same = whole_read("same.npy");
    assert_matrix_equal(array_matrix(weights, 0), array_matrix(same, 0));
    array_free(&weights);
    array_free(&same);
}
END_TEST

#define MINIMAL " --wq 3x6.npy --wk 3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2 --out out.npy"
#define QKV "--q 2x3.npy --k 4x3.npy --v 4x5.npy --out out.npy "
#define MANY "--q 6x2x3.npy --k 6x4x3.npy --v 6x4x5.npy --out out.npy "

Suite *make_suite(void)
{
    Suite *suite = suite_create("07 masking, the program");
    add_rows(suite, each_item_of_a_batch_is_what_the_functions_give, CALLS);
    add_test(suite, without_a_scale_it_is_that_of_d_k);
    return suite;
}
