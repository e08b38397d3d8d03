/* Chapter 8: encoders from folders of arrays, against a real torch.nn.TransformerEncoder; and
 * folders with something wrong. See tests/golden/make_encoder.py, which has the same table of
 * cases. */
#include "block_model.h"

#include "assert.h"
#include "matrices.h"
#include "model_files.h"
#include "oracle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 2 };

/* --- The same numbers as PyTorch ------------------------------------------------------------- */

static const struct {
    const char *name;
    uint64_t seed;
    EncoderFiles files;
    ModelChoices choices;
    size_t tokens;
    bool causal;
    size_t lengths[BATCH]; /* 0 for all */
} CASES[] = {
    {"one_layer",
     1,
     {0, 16, 24, false, true},
     {2, NORM_POST, ACTIVATION_RELU, DEFAULT_EPSILON},
     5,
     false,
     {0}},
    {"pre_gelu_padded",
     2,
     {2, 24, 40, true, true},
     {3, NORM_PRE, ACTIVATION_GELU, DEFAULT_EPSILON},
     7,
     false,
     {7, 4}},
    {"post_gelu_causal",
     3,
     {3, 32, 20, false, true},
     {4, NORM_POST, ACTIVATION_GELU, DEFAULT_EPSILON},
     6,
     true,
     {0}},
    {"pre_relu_causal_padded",
     4,
     {6, 64, 128, true, true},
     {8, NORM_PRE, ACTIVATION_RELU, DEFAULT_EPSILON},
     9,
     true,
     {3, 9}},
    {"no_biases",
     5,
     {2, 20, 30, false, false},
     {5, NORM_PRE, ACTIVATION_GELU, DEFAULT_EPSILON},
     4,
     false,
     {0}},
    {"post_relu_512",
     6,
     {6, 512, 2048, true, true},
     {8, NORM_POST, ACTIVATION_RELU, DEFAULT_EPSILON},
     4,
     false,
     {4, 3}},
};

TEST_ROWS(a_pytorch_encoder_gives_the_same_numbers, CASES)
{
    size_t d_model = CASES[_i].files.d_model, tokens = CASES[_i].tokens;
    if (d_model == 512 && random_cases() < 1000)
        return; /* twenty million numbers: not when it must be quick */
    char golden[128];
    Random random = {CASES[_i].seed};
    StateDict folder;
    EncoderModel model;
    const char *path = model_files_begin(CASES[_i].name);
    model_files_write_encoder(&random, "", CASES[_i].files);
    Matrix x = model_files_numbers(&random, BATCH * tokens, d_model), out = zeros(tokens, d_model);
    snprintf(golden, sizeof golden, "encoder/%s", CASES[_i].name);
    Matrix expected = golden_numbers(golden);

    assert_ok(encoder_model_open(path, &CASES[_i].choices, &folder, &model));
    ck_assert_uint_eq(model.d_model, d_model);
    ck_assert(model.encoder.has_norm == CASES[_i].files.norm);
    ck_assert_uint_eq(model.encoder.count, CASES[_i].files.layers > 0 ? CASES[_i].files.layers : 1);
    for (size_t b = 0; b < BATCH; b++) {
        size_t words = CASES[_i].lengths[b] > 0 ? CASES[_i].lengths[b] : tokens;
        AttentionMask mask = {.causal = CASES[_i].causal, .padding = tokens - words};
        assert_ok(encoder(rows_of(x, b * tokens, tokens), &model.encoder, &mask, NO_MATRIX, out));
        assert_matrix_close(out, rows_of(expected, b * tokens, tokens), TOLERANCE);
    }
    encoder_model_free(&model);
    state_dict_free(&folder);
}

/* --- Folders with something wrong ------------------------------------------------------------ */

static const ModelChoices CHOICES = {2, NORM_POST, ACTIVATION_RELU, DEFAULT_EPSILON};
static const EncoderFiles SMALL = {2, 8, 12, true, true};

/* What is done to the folder of a small encoder: a file is renamed, removed (to NULL) or, with a
 * shape, written anew. */
static const struct {
    const char *file, *to;
    size_t rows, cols;
    Status status;
    const char *words;
} WRONG[] = {
    /* names */
    {"layers.1.norm2.weight", NULL, 0, 0, STATUS_FORMAT,
     "expected layers.1.norm2.weight.npy, but it is missing"},
    {"layers.0.self_attn.in_proj_weight", NULL, 0, 0, STATUS_FORMAT,
     "expected layers.0.self_attn.in_proj_weight.npy, but it is missing"},
    {"layers.0.norm1.weight", "layers.0.norm1.wieght", 0, 0, STATUS_FORMAT,
     "expected layers.0.norm1.weight.npy, but found only layers.0.norm1.wieght.npy: is it "
     "misnamed?"},
    {"layers.1.linear2.bias", "layers.1.linear2.Bias", 0, 0, STATUS_FORMAT,
     "expected layers.1.linear2.bias.npy, but found only layers.1.linear2.Bias.npy"},
    {"norm.bias", NULL, 0, 0, STATUS_FORMAT, "expected norm.bias.npy, but it is missing"},
    {NULL, "layers.0.norm3.weight", 0, 8, STATUS_FORMAT,
     "unexpected layers.0.norm3.weight.npy: this model has no such array"},
    {NULL, "layers.0.multihead_attn.in_proj_weight", 24, 8, STATUS_FORMAT,
     "unexpected layers.0.multihead_attn.in_proj_weight.npy"},
    {NULL, "layers.3.norm1.weight", 0, 8, STATUS_FORMAT, "unexpected layers.3.norm1.weight.npy"},
    {NULL, "layers.2.norm1.weight", 0, 8, STATUS_FORMAT,
     "expected layers.2.self_attn.in_proj_weight.npy, but it is missing"},
    /* shapes */
    {NULL, "layers.0.self_attn.in_proj_weight", 8, 24, STATUS_SHAPE,
     "layers.0.self_attn.in_proj_weight.npy is (8, 24), expected (3 d_model, d_model)"},
    {NULL, "layers.1.self_attn.in_proj_weight", 27, 9, STATUS_SHAPE,
     "layers.1.self_attn.in_proj_weight.npy is (27, 9), expected (24, 8), which is (3 d_model, "
     "d_model)"},
    {NULL, "layers.0.self_attn.in_proj_bias", 0, 8, STATUS_SHAPE,
     "layers.0.self_attn.in_proj_bias.npy is (8,), expected (24,), which is (3 d_model,)"},
    {NULL, "layers.0.self_attn.out_proj.weight", 8, 6, STATUS_SHAPE,
     "layers.0.self_attn.out_proj.weight.npy is (8, 6), expected (8, 8)"},
    {NULL, "layers.0.self_attn.out_proj.bias", 8, 1, STATUS_SHAPE,
     "layers.0.self_attn.out_proj.bias.npy is (8, 1), expected (8,)"},
    {NULL, "layers.0.linear1.weight", 8, 12, STATUS_SHAPE,
     "layers.0.linear1.weight.npy is (8, 12), expected (any, 8), which is (d_ff, d_model)"},
    {NULL, "layers.0.linear1.bias", 0, 8, STATUS_SHAPE,
     "layers.0.linear1.bias.npy is (8,), expected (12,), which is (d_ff,)"},
    {NULL, "layers.1.linear2.weight", 12, 8, STATUS_SHAPE,
     "layers.1.linear2.weight.npy is (12, 8), expected (8, 12), which is (d_model, d_ff)"},
    {NULL, "layers.1.linear2.bias", 0, 12, STATUS_SHAPE,
     "layers.1.linear2.bias.npy is (12,), expected (8,)"},
    {NULL, "layers.1.norm2.weight", 0, 1, STATUS_SHAPE,
     "layers.1.norm2.weight.npy is (1,), expected (8,), which is (d_model,)"},
    {NULL, "norm.bias", 0, 7, STATUS_SHAPE, "norm.bias.npy is (7,), expected (8,)"},
};

static const char *npy(const char *name)
{
    static char file[128];
    snprintf(file, sizeof file, "%s.npy", name);
    return file;
}

/* Makes a path last longer than to the next one. */
static void rename_file(const char *from, const char *to)
{
    char old[1024];
    snprintf(old, sizeof old, "%s", model_files_path(npy(from)));
    if (to == NULL)
        ck_assert_int_eq(remove(old), 0);
    else
        ck_assert_int_eq(rename(old, model_files_path(npy(to))), 0);
}

static const char *small_folder(const char *name)
{
    Random random = {7};
    const char *path = model_files_begin(name);
    model_files_write_encoder(&random, "", SMALL);
    return path;
}

static void expect_refused(const char *path, const ModelChoices *choices, Status status,
                           const char *words)
{
    StateDict folder;
    EncoderModel model;
    const char *const texts[] = {path, words};
    for (size_t i = 0; i < 2; i++) {
        assert_fails(encoder_model_open(path, choices, &folder, &model), status, texts[i]);
        encoder_model_free(&model);
        state_dict_free(&folder);
    }
}

TEST_ROWS(what_is_wrong_is_told_by_its_name, WRONG)
{
    Random random = {8};
    const char *path = small_folder("wrong");
    if (WRONG[_i].file != NULL)
        rename_file(WRONG[_i].file, WRONG[_i].to);
    else
        model_files_write(&random, "", WRONG[_i].to, WRONG[_i].rows, WRONG[_i].cols);
    expect_refused(path, &CHOICES, WRONG[_i].status, WRONG[_i].words);
}

TEST(heads_must_divide_d_model)
{
    ModelChoices choices = CHOICES;
    const char *path = small_folder("heads");
    choices.heads = 3;
    expect_refused(
        path, &choices, STATUS_SHAPE,
        "d_model is 8 in layers.0.self_attn.in_proj_weight.npy, but 3 heads must divide");
    choices.heads = 0;
    expect_refused(path, &choices, STATUS_SHAPE, "but 0 heads must divide");
}

TEST(a_stack_without_its_first_layer_misses_it)
{
    Random random = {9};
    const char *path = model_files_begin("headless");
    model_files_write(&random, "", "layers.1.norm1.weight", 0, 8);
    expect_refused(path, &CHOICES, STATUS_FORMAT,
                   "expected layers.0.self_attn.in_proj_weight.npy, but it is missing");
}

TEST(an_encoder_beside_something_else_is_read_by_its_prefix)
{
    StateDict folder;
    EncoderModel model = {.blocks = NULL};
    Random random = {10};
    const char *path = model_files_begin("prefix");
    model_files_write_encoder(&random, "encoder.", (EncoderFiles){0, 8, 12, false, false});
    model_files_write(&random, "other.", "bias", 0, 3); /* no bias of the encoder's */
    assert_ok(state_dict_open(path, &folder));
    assert_ok(model_read_encoder(&folder, "encoder.", &CHOICES, &model));
    assert_fails(state_dict_check(&folder), STATUS_FORMAT, "unexpected other.bias.npy");
    Matrix other;
    assert_ok(state_dict_row(&folder, "other.", "bias", 3, "(3,)", &other));
    assert_ok(state_dict_check(&folder));
    assert_ok(model_read_encoder(&folder, "encoder.", &CHOICES, &model));
    const TransformerBlock *block = model.blocks;
    ck_assert_uint_eq(model.encoder.count, 1);
    ck_assert_uint_eq(block->feed_forward.w_1.cols, 12);
    ck_assert_ptr_null(block->attention.b_q.data);
    ck_assert_ptr_null(block->norm_1.shift.data);
    encoder_model_free(&model);
    state_dict_free(&folder);
}

/* Only the reference promises this: an exercise may end its switch as it likes. */
TEST(an_unknown_activation_gives_nan)
{
    Activation unknown;
    memset(&unknown, 1, sizeof unknown);
    ck_assert(isnan(activate(unknown, 1.0f)));
}
