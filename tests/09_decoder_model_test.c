/* Chapter 9: decoders from folders of arrays, against a real torch.nn.TransformerDecoder and
 * torch.nn.Transformer; and folders with something wrong. tests/golden/make_decoder.py has the same
 * table of cases. */
#include "decoder_model.h"

#include "assert.h"
#include "matrices.h"
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

/* One of the batch: all at once, and word by word with a cache. */
static void run(const DecoderModel *model, Matrix source, size_t padding, Matrix target, Matrix out,
                Matrix stepped)
{
    AttentionMask mask = {.padding = padding};
    Matrix read = copy_of(source);
    DecoderCache cache;
    if (model->has_encoder)
        assert_ok(encoder(source, &model->encoder.encoder, &mask, NO_MATRIX, read));
    Memory memory = {read, padding};
    assert_ok(decoder(target, memory, &model->decoder, NO_WEIGHTS, out));
    assert_ok(decoder_cache_create(&model->decoder, memory, target.rows, &cache));
    for (size_t t = 0; t < target.rows; t++)
        assert_ok(decoder_step(one_row(target, t), &model->decoder, &cache, one_row(stepped, t)));
    decoder_cache_free(&cache);
}

TEST_ROWS(a_pytorch_decoder_gives_the_same_numbers, CASES)
{
    size_t d_model = CASES[_i].sizes.d_model, s = CASES[_i].source, t = CASES[_i].target;
    if (d_model == 512 && random_cases() < 1000)
        return; /* eight million numbers: not when it must be quick */
    char name[64], golden[128];
    Random random = {CASES[_i].seed};
    StateDict folder;
    DecoderModel model;
    snprintf(name, sizeof name, "decoder_%s", CASES[_i].name);
    const char *path = model_files_begin(name);
    model_files_write_decoder(&random, CASES[_i].sizes);
    Matrix source = model_files_numbers(&random, BATCH * s, d_model);
    Matrix target = model_files_numbers(&random, BATCH * t, d_model);
    Matrix out = zeros(t, d_model), stepped = zeros(t, d_model);
    snprintf(golden, sizeof golden, "decoder/%s", CASES[_i].name);
    Matrix expected = golden_numbers(golden);

    assert_ok(decoder_model_open(path, &CASES[_i].choices, &folder, &model));
    ck_assert_uint_eq(model.d_model, d_model);
    ck_assert(model.decoder.has_norm == CASES[_i].sizes.norm);
    ck_assert(model.has_encoder == (CASES[_i].sizes.encoder_layers > 0));
    for (size_t b = 0; b < BATCH; b++) {
        size_t words = CASES[_i].lengths[b] > 0 ? CASES[_i].lengths[b] : s;
        run(&model, rows_of(source, b * s, s), s - words, rows_of(target, b * t, t), out, stepped);
        assert_matrix_close(out, rows_of(expected, b * t, t), TOLERANCE);
        assert_matrix_equal(stepped, out);
    }
    decoder_model_free(&model);
    state_dict_free(&folder);
}

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

TEST_ROWS(what_is_wrong_is_told_by_its_name, WRONG)
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

TEST(heads_must_divide_d_model)
{
    ModelChoices choices = CHOICES;
    choices.heads = 3;
    expect_refused(folder_of("decoder_heads", SMALL), &choices, STATUS_SHAPE,
                   "but 3 heads must divide");
}

TEST(encoder_and_decoder_are_equally_wide)
{
    Random random = {9};
    const char *path = folder_of("decoder_widths", WHOLE);
    model_files_write_encoder(&random, "encoder.", (EncoderFiles){1, 10, 12, true, true});
    expect_refused(path, &CHOICES, STATUS_SHAPE,
                   "d_model is 10 in the encoder and 8 in the decoder");
}

TEST(a_folder_must_be_there)
{
    expect_refused("no/such/folder", &CHOICES, STATUS_FORMAT, "cannot open the folder");
}

TEST(a_stack_without_its_first_layer_misses_it)
{
    Random random = {9};
    const char *path = model_files_begin("decoder_headless");
    model_files_write(&random, "", "layers.1.norm1.weight", 0, 8);
    expect_refused(path, &CHOICES, STATUS_FORMAT,
                   "expected layers.0.self_attn.in_proj_weight.npy, but it is missing");
}
