/* The program of chapter 8, on the reader's model and on any sentence. */
#include "array.h"
#include "array_file.h"
#include "assert.h"
#include "block_model.h"
#include "example.h"
#include "masking.h"
#include "model_files.h"
#include "transformer_block.h"
#include "whole.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char PROGRAM[] = "08_transformer_block";
#define MODEL "--model encoder.model --out out.npy "

static void begin(void)
{
    whole_begin("transformer_block");
}

/* --- The same as the functions --------------------------------------------------------------- */

enum { MOST_ITEMS = 3 };

static const struct {
    const char *x, *options, *shape;
    ModelChoices choices;
    bool causal;
    size_t padding[MOST_ITEMS];
} CALLS[] = {
    {"4x8.npy",
     "--heads 2",
     "(4, 8)",
     {2, NORM_POST, ACTIVATION_RELU, DEFAULT_EPSILON},
     false,
     {0}},
    {"4x8.npy",
     "--heads 4 --norm post --activation relu --epsilon 1e-5 --causal",
     "(4, 8)",
     {4, NORM_POST, ACTIVATION_RELU, DEFAULT_EPSILON},
     true,
     {0}},
    {"3x4x8.npy",
     "--heads 1 --norm pre --activation gelu --epsilon 0.5 --key-lengths 4,1,0",
     "(3, 4, 8)",
     {1, NORM_PRE, ACTIVATION_GELU, 0.5f},
     false,
     {0, 3, 4}},
    {"3x4x8.npy",
     "--heads 8 --activation gelu-tanh --key-lengths 3",
     "(3, 4, 8)",
     {8, NORM_POST, ACTIVATION_GELU_TANH, DEFAULT_EPSILON},
     false,
     {1, 1, 1}},
    {"0x4x8.npy",
     "--heads 2",
     "(0, 4, 8)",
     {2, NORM_POST, ACTIVATION_RELU, DEFAULT_EPSILON},
     false,
     {0}},
};

START_TEST(each_item_of_a_batch_is_what_the_encoder_gives)
{
    begin();
    char arguments[ARGUMENTS_SIZE], text[SHAPE_TEXT_SIZE], path[ARGUMENTS_SIZE];
    StateDict folder;
    EncoderModel model;
    snprintf(arguments, sizeof arguments, MODEL "--x %s %s", CALLS[_i].x, CALLS[_i].options);
    whole_expect_success(PROGRAM, arguments, NULL);
    Array x = whole_read(CALLS[_i].x), out = whole_read("out.npy");
    ck_assert_str_eq(array_shape_text(out, text), CALLS[_i].shape);
    snprintf(path, sizeof path, "%s", whole_path("encoder.model"));
    assert_ok(encoder_model_open(path, &CALLS[_i].choices, &folder, &model));
    for (size_t b = 0; b < array_matrices(x); b++) {
        Matrix expected, item = array_matrix(x, b);
        AttentionMask mask = {.causal = CALLS[_i].causal, .padding = CALLS[_i].padding[b]};
        assert_ok(matrix_create(item.rows, item.cols, &expected));
        assert_ok(encoder(item, &model.encoder, &mask, NO_MATRIX, expected));
        assert_matrix_equal(array_matrix(out, b), expected);
        matrix_free(&expected);
    }
    encoder_model_free(&model);
    state_dict_free(&folder);
    array_free(&x);
    array_free(&out);
}
END_TEST

/* --- What is refused ------------------------------------------------------------------------- */

/* --- The worked example ---------------------------------------------------------------------- */

static void expect_example(const char *sentence, const char *text)
{
    begin();
    whole_expect_example(PROGRAM, sentence, NULL, text, NULL);
}

START_TEST(any_word_can_be_followed)
{
    for (size_t i = 0; vocabulary_word(i) != NULL; i++)
        expect_example(vocabulary_word(i), vocabulary_word(i));
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("08 transformer block, the program");
    add_rows(suite, each_item_of_a_batch_is_what_the_encoder_gives, CALLS);
    add_test(suite, any_word_can_be_followed);
    return suite;
}
