/* The program of chapter 9, on the reader's model and on any sentence. */
#include "array.h"
#include "array_file.h"
#include "assert.h"
#include "decoder_model.h"
#include "encoder_decoder.h"
#include "example.h"
#include "whole.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PROGRAM[] = "09_encoder_decoder";
#define MODEL "--model decoder.model --out out.npy "
#define BOTH MODEL "--source 5x8.npy --target 4x8.npy "

static void begin(void)
{
    whole_begin("encoder_decoder");
}

/* --- The same as the functions --------------------------------------------------------------- */

enum { MOST_ITEMS = 3 };

static const struct {
    const char *model, *source, *target, *options, *shape;
    ModelChoices choices;
    size_t padding[MOST_ITEMS];
} CALLS[] = {
    {"decoder.model",
     "5x8.npy",
     "4x8.npy",
     "--heads 2",
     "(4, 8)",
     {2, NORM_POST, ACTIVATION_RELU, DEFAULT_EPSILON},
     {0}},
    {"decoder.model",
     "3x5x8.npy",
     "3x4x8.npy",
     "--heads 4 --norm pre --activation gelu --epsilon 0.5 --key-lengths 5,2,0",
     "(3, 4, 8)",
     {4, NORM_PRE, ACTIVATION_GELU, 0.5f},
     {0, 3, 5}},
    {"transformer.model",
     "3x5x8.npy",
     "3x4x8.npy",
     "--heads 8 --activation gelu-tanh --key-lengths 3",
     "(3, 4, 8)",
     {8, NORM_POST, ACTIVATION_GELU_TANH, DEFAULT_EPSILON},
     {2, 2, 2}},
    {"transformer.model",
     "1x8.npy",
     "7x8.npy",
     "--heads 1 --norm pre",
     "(7, 8)",
     {1, NORM_PRE, ACTIVATION_RELU, DEFAULT_EPSILON},
     {0}},
    {"decoder.model",
     "0x5x8.npy",
     "0x4x8.npy",
     "--heads 2",
     "(0, 4, 8)",
     {2, NORM_POST, ACTIVATION_RELU, DEFAULT_EPSILON},
     {0}},
};

/* The source as it is, or as the model's encoder reads it. */
static Matrix read_source(const DecoderModel *model, Matrix source, size_t padding)
{
    Matrix read;
    AttentionMask mask = {.padding = padding};
    assert_ok(matrix_create(source.rows, source.cols, &read));
    if (model->has_encoder)
        assert_ok(encoder(source, &model->encoder.encoder, &mask, NO_MATRIX, read));
    else
        assert_ok(matrix_copy(source, read));
    return read;
}

static void compare(const DecoderModel *model, Array source, Array target, Array out,
                    const size_t *padding)
{
    for (size_t b = 0; b < array_matrices(target); b++) {
        Matrix expected, item = array_matrix(target, b);
        Memory memory = {read_source(model, array_matrix(source, b), padding[b]), padding[b]};
        assert_ok(matrix_create(item.rows, item.cols, &expected));
        assert_ok(decoder(item, memory, &model->decoder, NO_WEIGHTS, expected));
        assert_matrix_equal(array_matrix(out, b), expected);
        matrix_free(&expected);
        matrix_free(&memory.x);
    }
}

START_TEST(each_item_of_a_batch_is_what_the_decoder_gives)
{
    begin();
    char arguments[ARGUMENTS_SIZE], text[SHAPE_TEXT_SIZE], path[ARGUMENTS_SIZE];
    StateDict folder;
    DecoderModel model;
    snprintf(arguments, sizeof arguments, "--model %s --source %s --target %s %s --out out.npy",
             CALLS[_i].model, CALLS[_i].source, CALLS[_i].target, CALLS[_i].options);
    whole_expect_success(PROGRAM, arguments, NULL);
    Array source = whole_read(CALLS[_i].source), target = whole_read(CALLS[_i].target),
          out = whole_read("out.npy");
    ck_assert_str_eq(array_shape_text(out, text), CALLS[_i].shape);
    snprintf(path, sizeof path, "%s", whole_path(CALLS[_i].model));
    assert_ok(decoder_model_open(path, &CALLS[_i].choices, &folder, &model));
    compare(&model, source, target, out, CALLS[_i].padding);
    decoder_model_free(&model);
    state_dict_free(&folder);
    array_free(&source);
    array_free(&target);
    array_free(&out);
}
END_TEST

/* --- What is refused ------------------------------------------------------------------------- */

/* --- The worked example ---------------------------------------------------------------------- */

static void expect_example(const char *sentence, const char *const *texts, size_t count)
{
    begin();
    Outcome outcome = whole_run(PROGRAM, sentence, NULL);
    ck_assert_int_eq(outcome.status, 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strstr(outcome.out, texts[i]) != NULL, "\"%s\" is not shown for \"%s\"",
                      texts[i], sentence);
    outcome_free(&outcome);
}

START_TEST(any_word_can_be_read_alone)
{
    for (size_t i = 0; vocabulary_word(i) != NULL; i += 5) {
        char written[64], unknown[64];
        snprintf(written, sizeof written, "written: %s .", vocabulary_word(i));
        snprintf(unknown, sizeof unknown, ". %s -> . (", vocabulary_word(i));
        expect_example(vocabulary_word(i), (const char *const[]){written, unknown}, 2);
    }
}
END_TEST

/* --- The measurement ------------------------------------------------------------------------- */

START_TEST(a_longer_text_takes_longer_and_a_cache_saves_most_of_it)
{
    begin();
    Outcome outcome = whole_run(PROGRAM, "--measure 300", NULL);
    ck_assert_int_eq(outcome.status, 0);
    const char *line = strstr(outcome.out, "\n         256 ");
    ck_assert_msg(line != NULL && strstr(outcome.out, " 512 ") == NULL, "%s", outcome.out);
    char *rest;
    ck_assert(strtod(line, &rest) == 256);
    double naive = strtod(rest, &rest), cached = strtod(rest, &rest);
    ck_assert(cached > 0);
    /* 250 times as much work: even a machine that does ten other things sees that */
    ck_assert_msg(naive > 5 * cached, "%g ms anew, %g ms with a cache", naive, cached);
    outcome_free(&outcome);
}
END_TEST

START_TEST(without_memory_nothing_is_measured)
{
    char number[64];
    for (size_t n = 1;; n++) {
        begin();
        snprintf(number, sizeof number, "FAIL_ALLOCATION=%zu", n);
        Command command = {.environment = {number, "FAIL_ALLOCATION_TRACE=trace"}};
        Outcome outcome = whole_run("frail/09_encoder_decoder", "--measure 2", &command);
        bool failed = remove(whole_path("trace")) == 0;
        ck_assert_int_eq(outcome.status, failed ? 1 : 0);
        outcome_free(&outcome);
        if (!failed)
            return;
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("09 encoder and decoder, the program");
    add_rows(suite, each_item_of_a_batch_is_what_the_decoder_gives, CALLS);
    add_test(suite, any_word_can_be_read_alone);
    add_test(suite, a_longer_text_takes_longer_and_a_cache_saves_most_of_it);
    add_test(suite, without_memory_nothing_is_measured);
    return suite;
}
