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

static const struct {
    const char *arguments, *words;
} MISTAKES[] = {
    /* options that do not go together */
    {"--out out.npy", "the input is missing: give --x and a layer, or --q, --k and --v"},
    {QKV "--x 4x3.npy", "--x and --q do not go together"},
    {QKV "--heads 2", "--heads and --q do not go together"},
    {QKV "--context 4x3.npy", "--context and --q do not go together"},
    {"--x 4x3.npy --scale 2" MINIMAL, "--x and --scale do not go together"},
    {"--context 4x3.npy" MINIMAL, "--x is missing"},
    {"--q 2x3.npy --k 4x3.npy --out out.npy", "--v is missing"},
    {"--x 4x3.npy --past 1" MINIMAL, "--causal is missing: --causal, --past belong together"},
    {"--q 2x3.npy --k 4x3.npy --v 4x5.npy", "--out is missing"},
    {QKV "--scale nan", "--scale nan"},
    /* dimensions */
    {"--x 3.npy" MINIMAL, "--x 3.npy is (3,), expected (T, d_model) or (batch, T, d_model)"},
    {"--x 4x3.npy --context 2x2x4x3.npy" MINIMAL, "--context 2x2x4x3.npy is (2, 2, 4, 3)"},
    {QKV "--mask mask_4.npy", "--mask mask_4.npy is (4,), expected (T_q, T_k)"},
    {"--x 4x3.npy --bo 2x1x5.npy" MINIMAL, "--bo 2x1x5.npy is (2, 1, 5), expected (n,) or (1, n)"},
    /* batches */
    {"--x 4x3.npy --context 2x6x3.npy" MINIMAL,
     "--x is (4, 3) and --context is (2, 6, 3), but their batches must be equal"},
    {"--x 7x4x3.npy --context 6x5x3.npy" MINIMAL, "--x is (7, 4, 3) and --context is (6, 5, 3)"},
    {"--q 2x3.npy --k 6x4x3.npy --v 6x4x5.npy --out out.npy", "--q is (2, 3) and --k is (6, 4, 3)"},
    {"--q 6x2x3.npy --k 6x4x3.npy --v 4x5.npy --out out.npy", "--q is (6, 2, 3) and --v is (4, 5)"},
    /* masks */
    {"--x 4x3.npy --mask mask_4x5.npy" MINIMAL, "--mask is (4, 5), expected (4, 4) ["},
    {"--x 4x3.npy --mask mask_1x4x4.npy" MINIMAL, "--mask is (1, 4, 4), expected (4, 4) ["},
    {"--x 7x4x3.npy --mask mask_6x4x4.npy" MINIMAL,
     "--mask is (6, 4, 4), expected (4, 4) or (7, 4, 4) ["},
    {"--x 4x3.npy --context 5x3.npy --mask mask_5x4.npy" MINIMAL,
     "--mask is (5, 4), expected (4, 5)"},
    {"--x 4x3.npy --mask 4x4.npy" MINIMAL, "4x4.npy: "},
    /* biases */
    {"--x 4x3.npy --bias 3x4x4.npy" MINIMAL, "--bias is (3, 4, 4), expected (4, 4) or (2, 4, 4) ["},
    {"--x 4x3.npy --bias 8x4.npy" MINIMAL, "--bias is (8, 4), expected (4, 4) or (2, 4, 4)"},
    {QKV "--bias 1x2x4.npy", "--bias is (1, 2, 4), expected (2, 4) ["},
    {MANY "--bias 2x2x4.npy", "--bias is (2, 2, 4), expected (2, 4) or (6, 2, 4) ["},
    /* key lengths */
    {"--x 4x3.npy --key-lengths 5" MINIMAL, "--key-lengths 5, but there are only 4 keys [--x"},
    {"--x 4x3.npy --key-lengths 2,3" MINIMAL,
     "--key-lengths has 2 numbers, expected 1, or one for each of 1"},
    {"--x 7x4x3.npy --key-lengths 1,2,3" MINIMAL,
     "--key-lengths has 3 numbers, expected 1, or one for each of 7"},
    {"--x 7x4x3.npy --key-lengths 1,2,3,4,9,4,4" MINIMAL, "--key-lengths 9, but there are only 4"},
    {"--x 4x3.npy --key-lengths ,2" MINIMAL, "--key-lengths ,2"},
    {"--x 4x3.npy --causal --past 1.5" MINIMAL, "--past 1.5"},
    /* the layer */
    {"--x 4x2.npy" MINIMAL, "w_q is 3x6, but x is 4x2 and needs 2 rows [--x 4x2.npy"},
    {"--x 0x4x2.npy" MINIMAL, "w_q is 3x6, but x is 4x2"},
    {"--q 0x2x3.npy --k 0x4x2.npy --v 0x4x5.npy --out out.npy", "q is 2x3 and k is 4x2"},
};

START_TEST(the_program_says_what_is_wrong)
{
    begin();
    whole_expect_failure(PROGRAM, MISTAKES[_i].arguments, NULL, 2, MISTAKES[_i].words);
}
END_TEST

static const struct {
    const char *sentence, *shown;
} SENTENCES[] = {
    {"", "causal    0.88   0.88   0.00    0.00"},
    {EXAMPLE_MONEY, "bank becomes NaN: no mask: nan; causal mask: 0, equal to the bit"},
    {"the man saw the dog", "dog: weights in the head sense (4 x 7)"},
    {"the bank", "past = 0, causal (2 x 2)"},
    {"bank", "difference to the outputs of the whole sentence: 0\n"},
};

START_TEST(the_example_fits_any_sentence)
{
    char arguments[ARGUMENTS_SIZE];
    begin();
    snprintf(arguments, sizeof arguments, "--plots pictures %s", SENTENCES[_i].sentence);
    whole_expect_example(PROGRAM, arguments, NULL, SENTENCES[_i].shown, NULL);
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("07 masking, the program");
    add_rows(suite, each_item_of_a_batch_is_what_the_functions_give, CALLS);
    add_test(suite, without_a_scale_it_is_that_of_d_k);
    add_rows(suite, the_program_says_what_is_wrong, MISTAKES);
    add_rows(suite, the_example_fits_any_sentence, SENTENCES);
    return suite;
}
