#include "results.h"

#include "assert.h"
#include "decoder_model.h"
#include "encoder_decoder.h"
#include "learning.h"
#include "masking.h"
#include "matrices.h"
#include "oracle.h"
#include "positional_encoding.h"
#include "self_attention.h"
#include "whole.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- A call and its files -------------------------------------------------------------------- */

enum { MOST_OPTIONS = 32 };

typedef struct Call {
    char words[ARGUMENTS_SIZE];
    const char *names[MOST_OPTIONS], *values[MOST_OPTIONS]; /* "--x", "4x3.npy" */
    Array arrays[MOST_OPTIONS];
    size_t count;
} Call;

static void take_apart(const char *arguments, Call *call)
{
    snprintf(call->words, sizeof call->words, "%s", arguments);
    for (char *word = strtok(call->words, " "); word != NULL; word = strtok(NULL, " ")) {
        if (strncmp(word, "--", 2) != 0) {
            call->values[call->count - 1] = word;
            continue;
        }
        ck_assert_uint_lt(call->count, MOST_OPTIONS);
        call->names[call->count++] = word;
    }
}

/* The place of an option that may be left out, or the number of those that are there. */
static size_t place_of(const Call *call, const char *name)
{
    size_t i = 0;
    while (i < call->count && strcmp(call->names[i], name) != 0)
        i++;
    return i;
}

static bool has(const Call *call, const char *name)
{
    return place_of(call, name) < call->count;
}

static const char *text(const Call *call, const char *name, const char *otherwise)
{
    size_t place = place_of(call, name);
    return place < call->count ? call->values[place] : otherwise;
}

static size_t number(const Call *call, const char *name)
{
    return strtoul(text(call, name, "0"), NULL, 10);
}

static Array array(Call *call, const char *name)
{
    size_t place = place_of(call, name);
    if (place == call->count)
        return NO_ARRAY;
    if (call->arrays[place].data == NULL)
        call->arrays[place] = whole_read(call->values[place]);
    return call->arrays[place];
}

/* The matrix of one item of a batch; without a batch it serves all. */
static Matrix item(Call *call, const char *name, size_t index)
{
    Array all = array(call, name);
    if (all.data == NULL)
        return NO_MATRIX;
    return array_matrix(all, all.dims < 3 ? 0 : index);
}

/* The matrices of all heads, one below the other. */
static Matrix heads_of(Call *call, const char *name, size_t index, size_t heads)
{
    Matrix first = item(call, name, index * heads);
    return first.data != NULL ? matrix_view(first.data, heads * first.rows, first.cols) : first;
}

/* A result that was asked for is this. */
static void expect(Matrix actual, Matrix expected)
{
    if (actual.data != NULL)
        assert_matrix_equal(actual, expected);
}

/* --- Chapters 1 and 2 ------------------------------------------------------------------------ */

/* An array as numpy.matmul sees it: four dimensions, with sizes of 1 in front; of one dimension a
 * row, or a column. */
typedef struct Seen {
    const float *data;
    size_t shape[4];
} Seen;

static Seen see(Array array, bool down)
{
    Seen seen = {array.data, {1, 1, 1, 1}};
    for (size_t i = 0; i < array.dims; i++)
        seen.shape[4 - array.dims + i] = array.shape[i];
    if (array.dims == 1 && down) {
        seen.shape[2] = seen.shape[3];
        seen.shape[3] = 1;
    }
    return seen;
}

/* A size of 1 serves every index. */
static double element(const Seen *seen, const size_t index[4])
{
    size_t place = 0;
    for (size_t i = 0; i < 4; i++)
        place = place * seen->shape[i] + (seen->shape[i] == 1 ? 0 : index[i]);
    return (double)seen->data[place];
}

static double dot(const Seen *a, const Seen *b, const size_t at[4])
{
    double sum = 0.0;
    for (size_t k = 0; k < b->shape[2]; k++)
        sum += element(a, (size_t[]){at[0], at[1], at[2], k}) *
               element(b, (size_t[]){at[0], at[1], k, at[3]});
    return sum;
}

static void product(Call *call)
{
    Seen a = see(array(call, "--a"), false), b = see(array(call, "--b"), true);
    Array out = array(call, "--out");
    size_t sizes[4] = {1, 1, a.shape[2], b.shape[3]}, at[4], used = 0;
    for (size_t i = 0; i < 2; i++)
        sizes[i] = a.shape[i] == 1 ? b.shape[i] : a.shape[i];
    for (at[0] = 0; at[0] < sizes[0]; at[0]++)
        for (at[1] = 0; at[1] < sizes[1]; at[1]++)
            for (at[2] = 0; at[2] < sizes[2]; at[2]++)
                for (at[3] = 0; at[3] < sizes[3]; at[3]++)
                    assert_close(out.data[used++], dot(&a, &b, at), TOLERANCE);
    ck_assert_uint_eq(used, array_size(out));
}

static void weights_of_rows(Call *call)
{
    double temperature = strtod(text(call, "--temperature", "1"), NULL);
    for (size_t b = 0; b < array_matrices(array(call, "--x")); b++) {
        Table scores = table_of(item(call, "--x", b));
        Table expected = oracle_softmax(scores, temperature);
        assert_matches(item(call, "--out", b), expected, TOLERANCE);
    }
}

/* --- Attention ------------------------------------------------------------------------------- */

static float scale(const Call *call, size_t d_k)
{
    const char *given = text(call, "--scale", NULL);
    return given != NULL ? strtof(given, NULL) : attention_scale(d_k);
}

static void attention(Call *call)
{
    bool projected = has(call, "--q");
    for (size_t b = 0; b < array_matrices(array(call, projected ? "--q" : "--x")); b++) {
        Matrix x = item(call, projected ? "--q" : "--x", b);
        Matrix k = projected ? item(call, "--k", b) : x;
        Matrix v = item(call, projected ? "--v" : "--wv", b);
        Matrix weights = new_matrix(x.rows, k.rows), out = new_matrix(x.rows, v.cols);
        if (projected)
            assert_ok(scaled_dot_product_attention(x, k, v, scale(call, x.cols), weights, out));
        else
            assert_ok(
                self_attention(x, item(call, "--wq", 0), item(call, "--wk", 0), v, weights, out));
        expect(item(call, "--weights-out", b), weights);
        expect(item(call, "--out", b), out);
        matrix_free(&weights);
        matrix_free(&out);
    }
}

static void blocks_of_columns(Call *call)
{
    size_t heads = number(call, "--heads");
    for (size_t b = 0; b < array_matrices(array(call, "--x")); b++)
        for (size_t h = 0; h < heads; h++) {
            Matrix x = item(call, "--x", b), block;
            assert_ok(matrix_columns(x, h * (x.cols / heads), x.cols / heads, &block));
            expect(array_matrix(array(call, "--out"), b * heads + h), block);
        }
}

static void positions(Call *call)
{
    bool given = has(call, "--x");
    for (size_t b = 0; b < array_matrices(array(call, "--out")); b++) {
        Matrix out = item(call, "--out", b), expected = new_matrix(out.rows, out.cols);
        if (given)
            assert_ok(add_positions(item(call, "--x", b), 0, expected));
        else
            sinusoidal_positions(0, expected);
        expect(out, expected);
        matrix_free(&expected);
    }
}

/* The numbers of --key-lengths: one for each item, or one for all. */
static size_t padding(const Call *call, size_t index, size_t keys)
{
    const char *lengths = text(call, "--key-lengths", NULL);
    if (lengths == NULL)
        return 0;
    for (; index > 0 && strchr(lengths, ',') != NULL; index--)
        lengths = strchr(lengths, ',') + 1;
    return keys - strtoul(lengths, NULL, 10);
}

static AttentionMask mask(Call *call, size_t index, size_t keys)
{
    bool by_heads = !has(call, "--q") && array(call, "--bias").dims == 3;
    return (AttentionMask){.causal = has(call, "--causal"),
                           .past = number(call, "--past"),
                           .padding = padding(call, index, keys),
                           .allowed = item(call, "--mask", index),
                           .bias = by_heads ? heads_of(call, "--bias", 0, number(call, "--heads"))
                                            : item(call, "--bias", index)};
}

static MultiHeadLayer layer(Call *call)
{
    return (MultiHeadLayer){item(call, "--wq", 0), item(call, "--wk", 0), item(call, "--wv", 0),
                            item(call, "--wo", 0), item(call, "--bq", 0), item(call, "--bk", 0),
                            item(call, "--bv", 0), item(call, "--bo", 0), number(call, "--heads")};
}

/* Chapters 5 and 7: without a mask they give the same. */
static void layers(Call *call, bool masked)
{
    MultiHeadLayer of_call = layer(call);
    for (size_t b = 0; b < array_matrices(array(call, "--x")); b++) {
        Matrix x = item(call, "--x", b), context = item(call, "--context", b);
        size_t keys = context.data != NULL ? context.rows : x.rows;
        AttentionMask of_item = mask(call, b, keys);
        Matrix weights = new_matrix(of_call.heads * x.rows, keys);
        Matrix out = new_matrix(x.rows, of_call.w_o.cols);
        if (masked)
            assert_ok(masked_multi_head_attention(x, context, &of_call, &of_item, weights, out));
        else
            assert_ok(multi_head_attention(x, &of_call, weights, out));
        expect(heads_of(call, "--weights-out", b, of_call.heads), weights);
        expect(item(call, "--out", b), out);
        matrix_free(&weights);
        matrix_free(&out);
    }
}

static void plain_layers(Call *call)
{
    layers(call, false);
}

static void masked_sequences(Call *call)
{
    for (size_t b = 0; b < array_matrices(array(call, "--q")); b++) {
        Matrix q = item(call, "--q", b), k = item(call, "--k", b), v = item(call, "--v", b);
        Matrix weights = new_matrix(q.rows, k.rows), out = new_matrix(q.rows, v.cols);
        AttentionMask of_item = mask(call, b, k.rows);
        assert_ok(masked_attention(q, k, v, scale(call, q.cols), &of_item, weights, out));
        expect(item(call, "--weights-out", b), weights);
        expect(item(call, "--out", b), out);
        matrix_free(&weights);
        matrix_free(&out);
    }
}

static void masked(Call *call)
{
    if (has(call, "--q"))
        masked_sequences(call);
    else
        layers(call, true);
}

/* --- Models ---------------------------------------------------------------------------------- */

static ModelChoices choices(const Call *call)
{
    const char *activation = text(call, "--activation", "relu");
    return (ModelChoices){number(call, "--heads"),
                          strcmp(text(call, "--norm", "post"), "pre") == 0 ? NORM_PRE : NORM_POST,
                          strcmp(activation, "relu") == 0   ? ACTIVATION_RELU
                          : strcmp(activation, "gelu") == 0 ? ACTIVATION_GELU
                                                            : ACTIVATION_GELU_TANH,
                          strtof(text(call, "--epsilon", "1e-5"), NULL)};
}

static const char *model_path(const Call *call)
{
    return in(text(call, "--model", ""));
}

static void encoded(Call *call)
{
    StateDict folder;
    EncoderModel model;
    ModelChoices of_call = choices(call);
    assert_ok(encoder_model_open(model_path(call), &of_call, &folder, &model));
    for (size_t b = 0; b < array_matrices(array(call, "--x")); b++) {
        Matrix x = item(call, "--x", b), expected = new_matrix(x.rows, x.cols);
        AttentionMask of_item = mask(call, b, x.rows);
        assert_ok(encoder(x, &model.encoder, &of_item, NO_MATRIX, expected));
        expect(item(call, "--out", b), expected);
        matrix_free(&expected);
    }
    encoder_model_free(&model);
    state_dict_free(&folder);
}

/* The source as it is, or as the model's encoder reads it. */
static Matrix read_source(const DecoderModel *model, Matrix source, size_t filling)
{
    Matrix read = new_matrix(source.rows, source.cols);
    if (model->has_encoder)
        assert_ok(encoder(source, &model->encoder.encoder, &(AttentionMask){.padding = filling},
                          NO_MATRIX, read));
    else
        assert_ok(matrix_copy(source, read));
    return read;
}

/* The word numbers of an option; the first `count` of them are zeros without it. */
static void words_of(Call *call, const char *name, size_t *words, size_t count)
{
    Array numbers = array(call, name);
    for (size_t t = 0; t < count; t++)
        words[t] = numbers.data != NULL ? (size_t)numbers.data[t] : 0;
}

/* Greedily: the calls here leave nothing to chance. */
static void written(Call *call)
{
    StateDict folder;
    DecoderModel model;
    ModelChoices of_call = choices(call);
    size_t source[16], words[16], count = array_size(array(call, "--source"));
    size_t given = has(call, "--target") ? array_size(array(call, "--target")) : 1;
    Text made = {words, given, number(call, "--limit"), 0};
    made.limit = made.limit > given ? made.limit : given;
    assert_ok(decoder_model_open(model_path(call), &of_call, &folder, &model));
    Embedding words_table = {.words = item(call, "--embedding", 0)};
    Matrix x = new_matrix(count, model.d_model), expected = new_matrix(1, made.limit);
    words_of(call, "--source", source, count);
    words_of(call, "--target", words, given);
    assert_ok(embed(source, count, 0, &words_table, x));
    Memory memory = {read_source(&model, x, 0), 0};
    assert_ok(generate(&(LanguageModel){words_table, model.decoder}, memory, &(Sampling){0, 0},
                       NULL, NULL, &made));
    for (size_t t = 0; t < made.count; t++)
        expected.data[t] = (float)words[t];
    expected.cols = made.count;
    expect(item(call, "--out", 0), expected);
    matrix_free(&expected);
    matrix_free(&memory.x);
    matrix_free(&x);
    decoder_model_free(&model);
    state_dict_free(&folder);
}

static void decoded(Call *call)
{
    if (has(call, "--embedding")) {
        written(call);
        return;
    }
    StateDict folder;
    DecoderModel model;
    ModelChoices of_call = choices(call);
    assert_ok(decoder_model_open(model_path(call), &of_call, &folder, &model));
    for (size_t b = 0; b < array_matrices(array(call, "--target")); b++) {
        Matrix target = item(call, "--target", b), source = item(call, "--source", b);
        size_t filling = padding(call, b, source.rows);
        Memory memory = {read_source(&model, source, filling), filling};
        Matrix expected = new_matrix(target.rows, target.cols);
        assert_ok(decoder(target, memory, &model.decoder, NO_WEIGHTS, expected));
        expect(item(call, "--out", b), expected);
        matrix_free(&expected);
        matrix_free(&memory.x);
    }
    decoder_model_free(&model);
    state_dict_free(&folder);
}

/* --- Gradients ------------------------------------------------------------------------------- */

static void gradients(Call *call)
{
    for (size_t b = 0; b < array_matrices(array(call, "--q")); b++) {
        Matrix q = item(call, "--q", b), k = item(call, "--k", b), v = item(call, "--v", b);
        Matrix weights = new_matrix(q.rows, k.rows), out = new_matrix(q.rows, v.cols);
        AttentionMask of_item = mask(call, b, k.rows);
        HeadMatrices one = {q, k, v, out};
        HeadMatrices grad = {new_matrix(q.rows, q.cols), new_matrix(k.rows, k.cols),
                             new_matrix(v.rows, v.cols), item(call, "--slope", b)};
        assert_ok(masked_attention(q, k, v, scale(call, q.cols), &of_item, weights, out));
        assert_ok(attention_backward(&one, scale(call, q.cols), weights, &grad));
        expect(item(call, "--out", b), grad.q);
        expect(item(call, "--k-out", b), grad.k);
        expect(item(call, "--v-out", b), grad.v);
        Matrix *const made[] = {&weights, &out, &grad.q, &grad.k, &grad.v};
        for (size_t i = 0; i < sizeof made / sizeof *made; i++)
            matrix_free(made[i]);
    }
}

/* --- All programs ---------------------------------------------------------------------------- */

static const struct {
    const char *program;
    void (*expect)(Call *call);
} PROGRAMS[] = {
    {"01_dot_products", product},
    {"02_softmax", weights_of_rows},
    {"03_self_attention", attention},
    {"04_head_splitting", blocks_of_columns},
    {"05_multi_head_attention", plain_layers},
    {"06_positional_encoding", positions},
    {"07_masking", masked},
    {"08_transformer_block", encoded},
    {"09_encoder_decoder", decoded},
    {"11_learning", gradients},
};

void expect_results(const char *program, const char *arguments)
{
    Call call = {.count = 0};
    about("%s %s", program, arguments);
    take_apart(arguments, &call);
    for (size_t i = 0; i < sizeof PROGRAMS / sizeof *PROGRAMS; i++)
        if (strcmp(PROGRAMS[i].program, program) == 0)
            PROGRAMS[i].expect(&call);
    for (size_t i = 0; i < call.count; i++)
        array_free(&call.arrays[i]);
}
