#include "decoder_arrays.h"

#include "decoder_model.h"
#include "generation_cost.h"
#include "key_lengths.h"
#include "model_choices.h"
#include "writing.h"

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
                             "source rows that are not padding: one number, or one for each"},
    [DECODER_OUT] = {"out", "FILE", "receives the result, of the shape of the target"},
    [DECODER_EMBEDDING] = {"embedding", "FILE",
                           "the model's words, (V, d_model); all sequences are word numbers then"},
    [DECODER_LIMIT] = {"limit", "T", "write until word 0, or T words in all (default: 32)"},
    [DECODER_TEMPERATURE] = {"temperature", "NUMBER",
                             "divides the logits; 0 is the most likely word (default: 1)"},
    [DECODER_TOP_K] = {"top-k", "K", "choose among the K most likely words"},
    [DECODER_TOP_P] = {"top-p", "P", "choose among the fewest words that have P together"},
    [DECODER_SEED] = {"seed", "N", "seed of the random numbers (default: 1)"},
    [DECODER_BEAMS] = {"beams", "B", "leave nothing to chance: the best text of a beam of B texts"},
    [DECODER_MEASURE] = {"measure", "T", "by itself: time the next word after up to T words"},
};

/* What the reader gave, and what comes of it. */
typedef struct DecoderInput {
    StateDict folder;
    DecoderModel model;
    Array source, target, out;
    KeyLengths key_lengths;
} DecoderInput;

Status decoder_read_model(StateDict *folder, DecoderModel *model)
{
    static const ChoiceOptions PLACES = {DECODER_HEADS, DECODER_NORM, DECODER_ACTIVATION,
                                         DECODER_EPSILON};
    ModelChoices choices;
    Status status = STATUS_OK;
    TRY(model_choices_read(&PLACES, &choices));
    TRY(decoder_model_open(program_value(DECODER_MODEL), &choices, folder, model));
done:
    return status;
}

static Status read_input(DecoderInput *input)
{
    static const size_t REQUIRED[] = {DECODER_MODEL, DECODER_SOURCE, DECODER_TARGET, DECODER_HEADS,
                                      DECODER_OUT};
    static const ArrayForm SOURCE = {ARRAY_NUMBERS, 2, 3, "(S, d_model) or (batch, S, d_model)"};
    Status status = STATUS_OK;
    TRY(program_require(REQUIRED, sizeof REQUIRED / sizeof *REQUIRED));
    TRY(key_lengths_read(DECODER_KEY_LENGTHS, &input->key_lengths));
    TRY(decoder_read_model(&input->folder, &input->model));
    TRY(program_read(DECODER_SOURCE, &SOURCE, &input->source));
    TRY(program_read(DECODER_TARGET, &FORM_SEQUENCE, &input->target));
done:
    return status;
}

Status decoder_check_columns(size_t option, Array array, const DecoderModel *model,
                             const StateDict *folder)
{
    size_t columns = array_cols(array);
    if (columns == model->d_model)
        return STATUS_OK;
    return fail(STATUS_SHAPE, "--%s has %zu columns, but d_model is %zu in %s",
                program_option_name(option), columns, model->d_model, folder->path);
}

static Status check_input(const DecoderInput *input)
{
    Status status = STATUS_OK;
    Array source = input->source, target = input->target;
    TRY(decoder_check_columns(DECODER_SOURCE, source, &input->model, &input->folder));
    TRY(decoder_check_columns(DECODER_TARGET, target, &input->model, &input->folder));
    TRY(program_expect_same_batch(DECODER_SOURCE, source, DECODER_TARGET, target));
    TRY(key_lengths_check(&input->key_lengths, array_rows(source), array_matrices(source)));
done:
    return status;
}

/* One of the batch. A model without an encoder takes the source as the encoder's result. */
static Status decode_one(const DecoderInput *input, size_t index)
{
    Status status = STATUS_OK;
    Matrix source = array_matrix(input->source, index), read = NO_MATRIX;
    Memory memory = {source, key_lengths_padding(&input->key_lengths, source.rows, index)};
    if (input->model.has_encoder) {
        AttentionMask mask = {.padding = memory.padding};
        TRY(matrix_create(source.rows, source.cols, &read));
        TRY(encoder(source, &input->model.encoder.encoder, &mask, NO_MATRIX, read));
        memory.x = read;
    }
    TRY(decoder(array_matrix(input->target, index), memory, &input->model.decoder, NO_WEIGHTS,
                array_matrix(input->out, index)));
done:
    matrix_free(&read);
    return status;
}

static Status decode(void)
{
    Status status = STATUS_OK;
    DecoderInput input = {.source = NO_ARRAY, .target = NO_ARRAY, .out = NO_ARRAY};
    TRY(read_input(&input));
    TRY(check_input(&input));
    TRY(array_create(input.target.dims, input.target.shape, &input.out));
    for (size_t i = 0; i < array_matrices(input.target); i++)
        TRY(decode_one(&input, i));
    TRY(program_write(&(ProgramResult){DECODER_OUT, input.out}, 1));
done:
    key_lengths_free(&input.key_lengths);
    decoder_model_free(&input.model);
    state_dict_free(&input.folder);
    array_free(&input.source);
    array_free(&input.target);
    array_free(&input.out);
    return status;
}

static Status measure(void)
{
    Status status = STATUS_OK;
    size_t limit;
    TRY(program_size(DECODER_MEASURE, 0, 1, &limit));
    TRY(program_expect_array((const size_t[]){DECODER_MEASURE}, 1, sizeof limit));
    for (size_t option = 0; option < DECODER_MEASURE; option++)
        if (program_value(option) != NULL)
            TRY(fail(STATUS_USAGE, "--measure stands by itself: it has a model of its own"));
    TRY(measure_generation(limit));
done:
    return status;
}

Status decoder_arrays(void)
{
    if (program_value(DECODER_MEASURE) != NULL)
        return measure();
    return writing_is_asked() ? write_arrays() : decode();
}
