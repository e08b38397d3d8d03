#include "model_files.h"

#include "array_file.h"
#include "assert.h"
#include "files.h"
#include "matrices.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 1024 };

static char folder[PATH_SIZE];

const char *model_files_path(const char *name)
{
    static char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

const char *model_files_begin(const char *name)
{
    remove_all(in(name));
    ck_assert_int_eq(mkdir(in(name), 0777), 0);
    snprintf(folder, sizeof folder, "%s", in(name));
    return folder;
}

Matrix model_files_numbers(Random *random, size_t rows, size_t cols)
{
    Matrix numbers = zeros(rows, cols);
    for (size_t i = 0; i < rows * cols; i++)
        numbers.data[i] = (float)(2 * random_uniform(random) - 1);
    return numbers;
}

Matrix golden_numbers(const char *name)
{
    char path[128];
    Array array;
    snprintf(path, sizeof path, "tests/golden/%s.npy", name);
    assert_ok(array_read(path, ARRAY_NUMBERS, &array));
    Matrix numbers = copy_of(array_stacked(array, 0, array_matrices(array)));
    array_free(&array);
    return numbers;
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

void model_files_write(Random *random, const char *prefix, const char *name, size_t rows,
                       size_t cols)
{
    char file[256];
    Array array;
    snprintf(file, sizeof file, "%s%s.npy", prefix, name);
    bool is_gain = strstr(file, "norm") != NULL && ends_with(file, "weight.npy");
    double scale = rows > 0 ? sqrt(3.0 / (double)cols) : 0.5, middle = is_gain ? 1 : 0;
    assert_ok(array_create(rows > 0 ? 2 : 1, (size_t[2]){rows > 0 ? rows : cols, cols}, &array));
    for (size_t i = 0; i < array_size(array); i++)
        array.data[i] = (float)((2 * random_uniform(random) - 1) * scale + middle);
    assert_ok(array_write(&(ArrayOutput){model_files_path(file), array}, 1));
    array_free(&array);
}

static void write_pair(Random *random, const char *prefix, const char *name, size_t rows,
                       size_t cols, bool bias)
{
    char full[64];
    snprintf(full, sizeof full, "%sweight", name);
    model_files_write(random, prefix, full, rows, cols);
    snprintf(full, sizeof full, "%sbias", name);
    if (bias)
        model_files_write(random, prefix, full, 0, rows > 0 ? rows : cols);
}

/* The arrays of a layer, in the order of PyTorch's state_dict: their rows and columns in multiples
 * of d_model or of d_ff. */
static const struct {
    const char *name;
    bool decoder_only;
    size_t rows, rows_ff, cols, cols_ff;
} ARRAYS[] = {
    {"self_attn.in_proj_", false, 3, 0, 1, 0},
    {"self_attn.out_proj.", false, 1, 0, 1, 0},
    {"multihead_attn.in_proj_", true, 3, 0, 1, 0},
    {"multihead_attn.out_proj.", true, 1, 0, 1, 0},
    {"linear1.", false, 0, 1, 1, 0},
    {"linear2.", false, 1, 0, 0, 1},
    {"norm1.", false, 0, 0, 1, 0},
    {"norm2.", false, 0, 0, 1, 0},
    {"norm3.", true, 0, 0, 1, 0},
};

static void write_layer(Random *random, const char *prefix, EncoderFiles files, bool of_decoder)
{
    for (size_t i = 0; i < sizeof ARRAYS / sizeof *ARRAYS; i++)
        if (of_decoder || !ARRAYS[i].decoder_only)
            write_pair(random, prefix, ARRAYS[i].name,
                       ARRAYS[i].rows * files.d_model + ARRAYS[i].rows_ff * files.d_ff,
                       ARRAYS[i].cols * files.d_model + ARRAYS[i].cols_ff * files.d_ff,
                       files.biases);
}

static void write_stack(Random *random, const char *prefix, EncoderFiles files, bool of_decoder)
{
    char name[64];
    for (size_t i = 0; i < files.layers; i++) {
        snprintf(name, sizeof name, "%slayers.%zu.", prefix, i);
        write_layer(random, name, files, of_decoder);
    }
    if (files.layers == 0)
        write_layer(random, prefix, files, of_decoder);
    if (files.norm)
        write_pair(random, prefix, "norm.", 0, files.d_model, files.biases);
}

void model_files_write_encoder(Random *random, const char *prefix, EncoderFiles files)
{
    write_stack(random, prefix, files, false);
}

void model_files_write_decoder(Random *random, DecoderFiles files)
{
    EncoderFiles stack = {files.layers, files.d_model, files.d_ff, files.norm, files.biases};
    EncoderFiles encoder = stack;
    encoder.layers = files.encoder_layers;
    if (encoder.layers > 0)
        write_stack(random, "encoder.", encoder, false);
    write_stack(random, encoder.layers > 0 ? "decoder." : "", stack, true);
}
