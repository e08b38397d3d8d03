#include "block_arrays.h"

#include "array.h"
#include "block_model.h"
#include "key_lengths.h"
#include "masking.h"
#include "model_choices.h"
#include "transformer_block.h"

const Option BLOCK_OPTIONS[BLOCK_OPTION_COUNT] = {
    [BLOCK_MODEL] = {"model", "DIR",
                     "a folder: the state_dict of an encoder layer or stack, as .npy"},
    [BLOCK_X] = {"x", "FILE", "the sequence, (T, d_model) or (batch, T, d_model)"},
    [BLOCK_HEADS] = {"heads", "N", HEADS_HELP},
    [BLOCK_NORM] = {"norm", "PLACE", NORM_HELP},
    [BLOCK_ACTIVATION] = {"activation", "NAME", ACTIVATION_HELP},
    [BLOCK_EPSILON] = {"epsilon", "NUMBER", EPSILON_HELP},
    [BLOCK_CAUSAL] = {"causal", NULL, "token i sees the tokens 0 to i only"},
    [BLOCK_KEY_LENGTHS] = {"key-lengths", "N[,N...]",
                           "tokens that are not padding: one number, or one for each of the batch"},
    [BLOCK_OUT] = {"out", "FILE", "receives the result, of the shape of x"},
};

/* What the reader gave, and what comes of it. */
typedef struct BlockInput {
    StateDict folder;
    EncoderModel model;
    Array x, out;
    KeyLengths key_lengths;
} BlockInput;

static Status read_input(BlockInput *input)
{
    static const ChoiceOptions PLACES = {BLOCK_HEADS, BLOCK_NORM, BLOCK_ACTIVATION, BLOCK_EPSILON};
    Status status = STATUS_OK;
    ModelChoices choices;
    TRY(program_require((const size_t[]){BLOCK_MODEL, BLOCK_X, BLOCK_HEADS, BLOCK_OUT}, 4));
    TRY(model_choices_read(&PLACES, &choices));
    TRY(key_lengths_read(BLOCK_KEY_LENGTHS, &input->key_lengths));
    TRY(encoder_model_open(program_value(BLOCK_MODEL), &choices, &input->folder, &input->model));
    TRY(program_read(BLOCK_X, &FORM_SEQUENCE, &input->x));
done:
    return status;
}

static Status check_input(const BlockInput *input)
{
    size_t columns = array_cols(input->x);
    if (columns != input->model.d_model)
        return fail(STATUS_SHAPE, "--x has %zu columns, but d_model is %zu in %s", columns,
                    input->model.d_model, input->folder.path);
    return key_lengths_check(&input->key_lengths, array_rows(input->x), array_matrices(input->x));
}

static Status encode(const BlockInput *input)
{
    Status status = STATUS_OK;
    for (size_t i = 0; i < array_matrices(input->x); i++) {
        Matrix x = array_matrix(input->x, i);
        AttentionMask mask = {.causal = program_value(BLOCK_CAUSAL) != NULL,
                              .padding = key_lengths_padding(&input->key_lengths, x.rows, i)};
        TRY(encoder(x, &input->model.encoder, &mask, NO_MATRIX, array_matrix(input->out, i)));
    }
done:
    return status;
}

Status block_arrays(void)
{
    Status status = STATUS_OK;
    BlockInput input = {.x = NO_ARRAY, .out = NO_ARRAY};
    TRY(read_input(&input));
    TRY(check_input(&input));
    TRY(array_create(input.x.dims, input.x.shape, &input.out));
    TRY(encode(&input));
    TRY(program_write(&(ProgramResult){BLOCK_OUT, input.out}, 1));
done:
    key_lengths_free(&input.key_lengths);
    encoder_model_free(&input.model);
    state_dict_free(&input.folder);
    array_free(&input.x);
    array_free(&input.out);
    return status;
}
