#include "model_files.h"

#include "array_file.h"
#include "assert.h"

#include <dirent.h>
#include <errno.h>
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

void model_files_begin_at(const char *path)
{
    snprintf(folder, sizeof folder, "%s", path);
    ck_assert_msg(mkdir(folder, 0777) == 0 || errno == EEXIST, "%s: %s", folder, strerror(errno));
    DIR *files = opendir(folder);
    ck_assert_ptr_nonnull(files);
    for (struct dirent *file = readdir(files); file != NULL; file = readdir(files))
        if (file->d_name[0] != '.')
            ck_assert_int_eq(remove(model_files_path(file->d_name)), 0);
    closedir(files);
}

const char *model_files_begin(const char *name)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/tests/%s.model", BUILD, name);
    model_files_begin_at(path);
    return folder;
}

void model_files_fill(Random *random, Array array)
{
    for (size_t i = 0; i < array_size(array); i++)
        array.data[i] = (float)(2 * random_uniform(random) - 1);
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

static void write_pair(Random *random, const char *prefix, const char *weight, const char *bias,
                       size_t rows, size_t cols, bool biases)
{
    model_files_write(random, prefix, weight, rows, cols);
    if (biases)
        model_files_write(random, prefix, bias, 0, rows > 0 ? rows : cols);
}

static void write_layer(Random *random, const char *prefix, EncoderFiles files)
{
    size_t d = files.d_model;
    write_pair(random, prefix, "self_attn.in_proj_weight", "self_attn.in_proj_bias", 3 * d, d,
               files.biases);
    write_pair(random, prefix, "self_attn.out_proj.weight", "self_attn.out_proj.bias", d, d,
               files.biases);
    write_pair(random, prefix, "linear1.weight", "linear1.bias", files.d_ff, d, files.biases);
    write_pair(random, prefix, "linear2.weight", "linear2.bias", d, files.d_ff, files.biases);
    write_pair(random, prefix, "norm1.weight", "norm1.bias", 0, d, files.biases);
    write_pair(random, prefix, "norm2.weight", "norm2.bias", 0, d, files.biases);
}

void model_files_write_encoder(Random *random, EncoderFiles files)
{
    for (size_t i = 0; i < files.layers; i++) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "layers.%zu.", i);
        write_layer(random, prefix, files);
    }
    if (files.layers == 0)
        write_layer(random, "", files);
    if (files.norm)
        write_pair(random, "", "norm.weight", "norm.bias", 0, files.d_model, files.biases);
}

/* A layer of a decoder: an encoder's, and in the middle what asks the memory. */
static void write_decoder_layer(Random *random, const char *prefix, DecoderFiles files)
{
    size_t d = files.d_model;
    write_pair(random, prefix, "self_attn.in_proj_weight", "self_attn.in_proj_bias", 3 * d, d,
               files.biases);
    write_pair(random, prefix, "self_attn.out_proj.weight", "self_attn.out_proj.bias", d, d,
               files.biases);
    write_pair(random, prefix, "multihead_attn.in_proj_weight", "multihead_attn.in_proj_bias",
               3 * d, d, files.biases);
    write_pair(random, prefix, "multihead_attn.out_proj.weight", "multihead_attn.out_proj.bias", d,
               d, files.biases);
    write_pair(random, prefix, "linear1.weight", "linear1.bias", files.d_ff, d, files.biases);
    write_pair(random, prefix, "linear2.weight", "linear2.bias", d, files.d_ff, files.biases);
    write_pair(random, prefix, "norm1.weight", "norm1.bias", 0, d, files.biases);
    write_pair(random, prefix, "norm2.weight", "norm2.bias", 0, d, files.biases);
    write_pair(random, prefix, "norm3.weight", "norm3.bias", 0, d, files.biases);
}

static void write_last_norm(Random *random, const char *prefix, DecoderFiles files)
{
    if (files.norm)
        write_pair(random, prefix, "norm.weight", "norm.bias", 0, files.d_model, files.biases);
}

void model_files_write_decoder(Random *random, DecoderFiles files)
{
    char prefix[64];
    EncoderFiles encoder = {files.encoder_layers, files.d_model, files.d_ff, files.norm,
                            files.biases};
    for (size_t i = 0; i < files.encoder_layers; i++) {
        snprintf(prefix, sizeof prefix, "encoder.layers.%zu.", i);
        write_layer(random, prefix, encoder);
    }
    if (files.encoder_layers > 0)
        write_last_norm(random, "encoder.", files);
    const char *stack = files.encoder_layers > 0 ? "decoder." : "";
    for (size_t i = 0; i < files.layers; i++) {
        snprintf(prefix, sizeof prefix, "%slayers.%zu.", stack, i);
        write_decoder_layer(random, prefix, files);
    }
    if (files.layers == 0)
        write_decoder_layer(random, "", files);
    write_last_norm(random, stack, files);
}
