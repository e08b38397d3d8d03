#include "decoder_arrays.h"

#include "array_file.h"
#include "decoder_model.h"
#include "generation_cost.h"
#include "key_lengths.h"
#include "model_choices.h"

const Option DECODER_OPTIONS[DECODER_OPTION_COUNT] = {
    [DECODER_MODEL] = {"model", "DIR",
                       "a folder NAME.npy, ... of nn.TransformerDecoder(Layer) or nn.Transformer"},
    [DECODER_SOURCE] = {"source", "FILE", "for the encoder, or made by one: ([batch,] S, d_model)"},
    [DECODER_TARGET] = {"target", "FILE", "written so far, seen causally: ([batch,] T, d_model)"},
    [DECODER_HEADS] = {"heads", "N", HEADS_HELP},
    [DECODER_NORM] = {"norm", "PLACE", NORM_HELP},
    [DECODER_ACTIVATION] = {"activation", "NAME", ACTIVATION_HELP},
    [DECODER_EPSILON] = {"epsilon", "NUMBER", EPSILON_HELP},
    [DECODER_KEY_LENGTHS] = {"key-lengths", "N[,N...]",
                             "rows of the source that are no padding: one number, or one for each"},
    [DECODER_OUT] = {"out", "FILE", "receives the result, of the shape of the target"},
    [DECODER_MEASURE] = {"measure", "T", "by itself: time the next word behind up to T words"},
};

/* What the reader gave, and what comes of it. */
typedef struct DecoderInput {
    ModelFolder folder;
    DecoderModel model;
    Array source, target, out;
    KeyLengths key_lengths;
} DecoderInput;

static Status read_sequence(size_t option, const char *shape, Array *result)
{
    Status status = program_read(option, ARRAY_NUMBERS, result);
    if (status == STATUS_OK)
        status = program_expect_dims(option, *result, 2, 3, shape);
    return status;
}

static Status read_input(DecoderInput *input)
{
    static const ChoiceOptions PLACES = {DECODER_HEADS, DECODER_NORM, DECODER_ACTIVATION,
                                         DECODER_EPSILON};
    static const size_t REQUIRED[] = {DECODER_MODEL, DECODER_SOURCE, DECODER_TARGET, DECODER_HEADS,
                                      DECODER_OUT};
    ModelChoices choices;
    Status status = program_require(REQUIRED, sizeof REQUIRED / sizeof *REQUIRED);
    if (status == STATUS_OK)
        status = model_choices_read(&PLACES, &choices);
    if (status == STATUS_OK)
        status = key_lengths_read(DECODER_KEY_LENGTHS, DECODER_OPTIONS[DECODER_KEY_LENGTHS].name,
                                  &input->key_lengths);
    if (status == STATUS_OK)
        status = decoder_model_open(program_value(DECODER_MODEL), &choices, &input->folder,
                                    &input->model);
    if (status == STATUS_OK)
        status =
            read_sequence(DECODER_SOURCE, "(S, d_model) or (batch, S, d_model)", &input->source);
    if (status == STATUS_OK)
        status =
            read_sequence(DECODER_TARGET, "(T, d_model) or (batch, T, d_model)", &input->target);
    return status;
}

static Status check_columns(const char *name, Array array, const DecoderInput *input)
{
    size_t columns = array.shape[array.dims - 1];
    if (columns == input->model.d_model)
        return STATUS_OK;
    return fail(STATUS_SHAPE, "--%s has %zu columns, but d_model is %zu in %s", name, columns,
                input->model.d_model, input->folder.path);
}

static Status check_input(const DecoderInput *input)
{
    Array source = input->source, target = input->target;
    Status status = check_columns("source", source, input);
    if (status == STATUS_OK)
        status = check_columns("target", target, input);
    if (status == STATUS_OK && source.dims != target.dims)
        status = fail(STATUS_SHAPE,
                      "--source has %zu dimensions and --target has %zu: expected a batch in both "
                      "or in neither",
                      source.dims, target.dims);
    if (status == STATUS_OK && array_matrices(source) != array_matrices(target))
        status = fail(STATUS_SHAPE, "--source has a batch of %zu and --target one of %zu",
                      array_matrices(source), array_matrices(target));
    if (status == STATUS_OK)
        status = key_lengths_check(&input->key_lengths, source.shape[source.dims - 2],
                                   array_matrices(source));
    return status;
}

/* One of the batch. A model without an encoder takes the source for the encoder's result. */
static Status run_one(const DecoderInput *input, size_t index)
{
    Matrix source = array_matrix(input->source, index), read = NO_MATRIX;
    Memory memory = {source, key_lengths_padding(&input->key_lengths, source.rows, index)};
    Status status = STATUS_OK;
    if (input->model.has_encoder) {
        AttentionMask mask = {.padding = memory.padding};
        status = matrix_create(source.rows, source.cols, &read);
        if (status == STATUS_OK)
            status = encoder(source, &input->model.encoder.encoder, &mask, NO_MATRIX, read);
        memory.x = read;
    }
    if (status == STATUS_OK)
        status = decoder(array_matrix(input->target, index), memory, &input->model.decoder,
                         NO_WEIGHTS, array_matrix(input->out, index));
    matrix_free(&read);
    return status;
}

static Status run(DecoderInput *input)
{
    Status status = check_input(input);
    if (status == STATUS_OK)
        status = array_create(input->target.dims, input->target.shape, &input->out);
    for (size_t i = 0; status == STATUS_OK && i < array_matrices(input->target); i++)
        status = run_one(input, i);
    if (status == STATUS_OK)
        status = array_write(&(ArrayOutput){program_value(DECODER_OUT), input->out}, 1);
    return status;
}

static Status measure(void)
{
    size_t limit;
    Status status = program_size(DECODER_MEASURE, 0, 1, &limit);
    if (status == STATUS_OK)
        status = program_expect_array((const size_t[]){DECODER_MEASURE}, 1, sizeof limit);
    for (size_t option = 0; status == STATUS_OK && option < DECODER_MEASURE; option++)
        if (program_value(option) != NULL)
            status = fail(STATUS_USAGE, "--measure stands by itself: it has a model of its own");
    if (status == STATUS_OK)
        status = measure_generation(limit);
    return status;
}

Status decoder_arrays(void)
{
    DecoderInput input = {.source = NO_ARRAY, .target = NO_ARRAY, .out = NO_ARRAY};
    if (program_value(DECODER_MEASURE) != NULL)
        return measure();
    Status status = read_input(&input);
    if (status == STATUS_OK)
        status = run(&input);
    key_lengths_free(&input.key_lengths);
    decoder_model_free(&input.model);
    model_folder_free(&input.folder);
    array_free(&input.source);
    array_free(&input.target);
    array_free(&input.out);
    return status;
}
