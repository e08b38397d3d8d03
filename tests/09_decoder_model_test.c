/* Chapter 9: decoders from folders of arrays, against a real torch.nn.TransformerDecoder and
 * torch.nn.Transformer; and folders with something wrong. tests/golden/make_decoder.py has the same
 * table of cases. */
#include "decoder_model.h"

#include "array_file.h"
#include "assert.h"
#include "frail_memory.h"
#include "model_files.h"
#include "oracle.h"

#include <stdio.h>
#include <string.h>

enum { BATCH = 2 };

/* --- The same numbers as PyTorch ------------------------------------------------------------- */

#define POST_RELU NORM_POST, ACTIVATION_RELU, DEFAULT_EPSILON
#define POST_GELU NORM_POST, ACTIVATION_GELU, DEFAULT_EPSILON
#define PRE_RELU NORM_PRE, ACTIVATION_RELU, DEFAULT_EPSILON
#define PRE_GELU NORM_PRE, ACTIVATION_GELU, DEFAULT_EPSILON

static const struct {
    const char *name;
    uint64_t seed;
    DecoderFiles sizes;
    ModelChoices choices;
    size_t source, target;
    size_t lengths[BATCH]; /* 0 for all */
} CASES[] = {
    {"one_layer", 21, {0, 0, 16, 24, false, true}, {2, POST_RELU}, 6, 4, {0}},
    {"pre_gelu_padded", 22, {2, 0, 24, 40, true, true}, {3, PRE_GELU}, 5, 7, {5, 3}},
    {"post_gelu_padded", 23, {3, 0, 32, 20, false, true}, {4, POST_GELU}, 4, 6, {2, 4}},
    {"pre_relu_six_layers", 24, {6, 0, 64, 128, true, true}, {8, PRE_RELU}, 9, 5, {9, 4}},
    {"no_biases", 25, {2, 0, 20, 30, false, false}, {5, PRE_GELU}, 3, 4, {0}},
    {"post_relu_512", 26, {2, 0, 512, 2048, true, true}, {8, POST_RELU}, 4, 3, {4, 3}},
    {"transformer_post_relu", 27, {2, 3, 24, 32, true, true}, {2, POST_RELU}, 6, 5, {6, 2}},
    {"transformer_pre_gelu", 28, {1, 2, 32, 48, true, true}, {4, PRE_GELU}, 5, 8, {0}},
};

static Array new_array(size_t first, size_t second, size_t third)
{
    Array array;
    assert_ok(array_create(3, (size_t[]){first, second, third}, &array));
    return array;
}

/* One of the batch: all at once, and word by word with a cache. */
static void run(const DecoderModel *model, Matrix source, size_t padding, Matrix target, Matrix out,
                Matrix stepped)
{
    AttentionMask mask = {.padding = padding};
    Matrix read;
    DecoderCache cache;
    assert_ok(matrix_create(source.rows, source.cols, &read));
    assert_ok(matrix_copy(source, read));
    if (model->has_encoder)
        assert_ok(encoder(source, &model->encoder.encoder, &mask, NO_MATRIX, read));
    Memory memory = {read, padding};
    assert_ok(decoder(target, memory, &model->decoder, NO_WEIGHTS, out));
    assert_ok(decoder_cache_create(&model->decoder, memory, target.rows, &cache));
    for (size_t t = 0; t < target.rows; t++) {
        Matrix row = matrix_view(matrix_row(target, t), 1, target.cols);
        assert_ok(decoder_step(row, &model->decoder, &cache,
                               matrix_view(matrix_row(stepped, t), 1, target.cols)));
    }
    decoder_cache_free(&cache);
    matrix_free(&read);
}

START_TEST(a_pytorch_decoder_gives_the_same_numbers)
{
    size_t d_model = CASES[_i].sizes.d_model;
    if (d_model == 512 && random_cases() < 1000)
        return; /* eight million numbers: not when it must be quick */
    char name[64], path[128];
    Random random = {CASES[_i].seed};
    snprintf(name, sizeof name, "decoder_%s", CASES[_i].name);
    const char *folder_path = model_files_begin(name);
    model_files_write_decoder(&random, CASES[_i].sizes);
    Array source = new_array(BATCH, CASES[_i].source, d_model),
          target = new_array(BATCH, CASES[_i].target, d_model),
          out = new_array(BATCH, CASES[_i].target, d_model),
          stepped = new_array(BATCH, CASES[_i].target, d_model), expected;
    model_files_fill(&random, source);
    model_files_fill(&random, target);
    snprintf(path, sizeof path, "tests/golden/decoder/%s.npy", CASES[_i].name);
    assert_ok(array_read(path, ARRAY_NUMBERS, &expected));

    StateDict folder;
    DecoderModel model;
    assert_ok(decoder_model_open(folder_path, &CASES[_i].choices, &folder, &model));
    ck_assert_uint_eq(model.d_model, d_model);
    ck_assert(model.decoder.has_norm == CASES[_i].sizes.norm);
    ck_assert(model.has_encoder == (CASES[_i].sizes.encoder_layers > 0));
    for (size_t b = 0; b < BATCH; b++) {
        size_t words = CASES[_i].lengths[b] > 0 ? CASES[_i].lengths[b] : CASES[_i].source;
        run(&model, array_matrix(source, b), CASES[_i].source - words, array_matrix(target, b),
            array_matrix(out, b), array_matrix(stepped, b));
        assert_matrix_close(array_matrix(out, b), array_matrix(expected, b), TOLERANCE);
        assert_matrix_equal(array_matrix(stepped, b), array_matrix(out, b));
    }
    decoder_model_free(&model);
    state_dict_free(&folder);
    array_free(&source);
    array_free(&target);
    array_free(&out);
    array_free(&stepped);
    array_free(&expected);
}
END_TEST

/* --- Folders with something wrong ------------------------------------------------------------ */

static const ModelChoices CHOICES = {2, POST_RELU};
static const DecoderFiles SMALL = {2, 0, 8, 12, true, true};
static const DecoderFiles WHOLE = {1, 1, 8, 12, true, true};

/* What is done to a folder: a file is removed, or one of this shape is written. */
static const struct {
    bool whole, remove;
    Status status;
    const char *file;
    size_t rows, cols;
    const char *words;
} WRONG[] = {
    {false, true, STATUS_FORMAT, "layers.1.norm3.weight", 0, 0,
     "expected layers.1.norm3.weight.npy, but it is missing"},
    {false, true, STATUS_FORMAT, "layers.0.multihead_attn.in_proj_weight", 0, 0,
     "expected layers.0.multihead_attn.in_proj_weight.npy, but it is missing"},
    {false, true, STATUS_FORMAT, "layers.0.multihead_attn.out_proj.bias", 0, 0,
     "expected layers.0.multihead_attn.out_proj.bias.npy, but it is missing"},
    {false, true, STATUS_FORMAT, "norm.weight", 0, 0,
     "expected norm.weight.npy, but it is missing"},
    {false, false, STATUS_FORMAT, "layers.0.norm4.weight", 0, 8,
     "unexpected layers.0.norm4.weight.npy: this model has no such array"},
    {false, false, STATUS_SHAPE, "layers.0.self_attn.in_proj_weight", 8, 24,
     "layers.0.self_attn.in_proj_weight.npy is (8, 24), expected (3 d_model, d_model)"},
    {false, false, STATUS_SHAPE, "layers.0.multihead_attn.in_proj_weight", 27, 9,
     "layers.0.multihead_attn.in_proj_weight.npy is (27, 9), expected (24, 8)"},
    {false, false, STATUS_SHAPE, "layers.1.linear1.weight", 8, 12,
     "layers.1.linear1.weight.npy is (8, 12), expected (any, 8), which is (d_ff, d_model)"},
    {false, false, STATUS_SHAPE, "layers.1.norm3.bias", 0, 7,
     "layers.1.norm3.bias.npy is (7,), expected (8,), which is (d_model,)"},
    {false, false, STATUS_SHAPE, "norm.bias", 0, 7, "norm.bias.npy is (7,), expected (8,)"},
    {true, true, STATUS_FORMAT, "encoder.layers.0.norm2.bias", 0, 0,
     "expected encoder.layers.0.norm2.bias.npy, but it is missing"},
    {true, true, STATUS_FORMAT, "decoder.layers.0.linear2.weight", 0, 0,
     "expected decoder.layers.0.linear2.weight.npy, but it is missing"},
    {true, false, STATUS_FORMAT, "encoder.layers.0.norm3.weight", 0, 8,
     "unexpected encoder.layers.0.norm3.weight.npy"},
    {true, false, STATUS_FORMAT, "generator.weight", 9, 8, "unexpected generator.weight.npy"},
};

static void expect_refused(const char *path, const ModelChoices *choices, Status status,
                           const char *words)
{
    StateDict folder;
    DecoderModel model;
    const char *const texts[] = {path, words};
    for (size_t i = 0; i < 2; i++) {
        assert_fails(decoder_model_open(path, choices, &folder, &model), status, texts[i]);
        decoder_model_free(&model);
        state_dict_free(&folder);
    }
}

static const char *folder_of(const char *name, DecoderFiles sizes)
{
    Random random = {7};
    const char *path = model_files_begin(name);
    model_files_write_decoder(&random, sizes);
    return path;
}

START_TEST(what_is_wrong_is_told_by_its_name)
{
    char file[128];
    Random random = {8};
    const char *path = folder_of("decoder_wrong", WRONG[_i].whole ? WHOLE : SMALL);
    snprintf(file, sizeof file, "%s.npy", WRONG[_i].file);
    if (WRONG[_i].remove)
        ck_assert_int_eq(remove(model_files_path(file)), 0);
    else
        model_files_write(&random, "", WRONG[_i].file, WRONG[_i].rows, WRONG[_i].cols);
    expect_refused(path, &CHOICES, WRONG[_i].status, WRONG[_i].words);
}
END_TEST

START_TEST(heads_must_divide_d_model)
{
    ModelChoices choices = CHOICES;
    choices.heads = 3;
    expect_refused(folder_of("decoder_heads", SMALL), &choices, STATUS_SHAPE,
                   "but 3 heads must divide");
}
END_TEST

/* The arrays of a decoder whose d_model is 8, beside an encoder's. */
static void write_narrow_decoder(void)
{
    static const struct {
        const char *name;
        size_t rows, cols;
    } ARRAYS[] = {{"self_attn.in_proj_", 24, 8},
                  {"self_attn.out_proj.", 8, 8},
                  {"multihead_attn.in_proj_", 24, 8},
                  {"multihead_attn.out_proj.", 8, 8},
                  {"linear1.", 12, 8},
                  {"linear2.", 8, 12},
                  {"norm1.", 0, 8},
                  {"norm2.", 0, 8},
                  {"norm3.", 0, 8}};
    Random random = {9};
    for (size_t i = 0; i < sizeof ARRAYS / sizeof *ARRAYS; i++) {
        char name[64];
        size_t rows = ARRAYS[i].rows > 0 ? ARRAYS[i].rows : ARRAYS[i].cols;
        snprintf(name, sizeof name, "%sweight", ARRAYS[i].name);
        model_files_write(&random, "decoder.layers.0.", name, ARRAYS[i].rows, ARRAYS[i].cols);
        snprintf(name, sizeof name, "%sbias", ARRAYS[i].name);
        model_files_write(&random, "decoder.layers.0.", name, 0, rows);
    }
    model_files_write(&random, "decoder.norm.", "weight", 0, 8);
    model_files_write(&random, "decoder.norm.", "bias", 0, 8);
}

START_TEST(encoder_and_decoder_are_equally_wide)
{
    DecoderFiles wider = WHOLE;
    wider.d_model = 10;
    const char *path = folder_of("decoder_widths", wider);
    write_narrow_decoder();
    expect_refused(path, &CHOICES, STATUS_SHAPE,
                   "d_model is 10 in the encoder and 8 in the decoder");
}
END_TEST

START_TEST(a_folder_must_be_there)
{
    expect_refused("no/such/folder", &CHOICES, STATUS_FORMAT, "cannot open the folder");
}
END_TEST

START_TEST(a_stack_without_its_first_layer_misses_it)
{
    Random random = {9};
    const char *path = model_files_begin("decoder_headless");
    model_files_write(&random, "", "layers.1.norm1.weight", 0, 8);
    expect_refused(path, &CHOICES, STATUS_FORMAT,
                   "expected layers.0.self_attn.in_proj_weight.npy, but it is missing");
}
END_TEST

START_TEST(without_memory_nothing_is_left_behind)
{
    const char *path = folder_of("decoder_memory", WHOLE);
    for (size_t n = 1;; n++) {
        StateDict folder;
        DecoderModel model;
        memory_fail_at(n);
        Status status = decoder_model_open(path, &CHOICES, &folder, &model);
        bool failed = memory_has_failed() != 0;
        memory_fail_at(0);
        decoder_model_free(&model);
        state_dict_free(&folder);
        ck_assert_int_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
        if (!failed)
            return;
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("09 decoders from folders");
    add_rows(suite, a_pytorch_decoder_gives_the_same_numbers, CASES);
    add_rows(suite, what_is_wrong_is_told_by_its_name, WRONG);
    add_test(suite, heads_must_divide_d_model);
    add_test(suite, encoder_and_decoder_are_equally_wide);
    add_test(suite, a_folder_must_be_there);
    add_test(suite, a_stack_without_its_first_layer_misses_it);
    add_test(suite, without_memory_nothing_is_left_behind);
    return suite;
}
