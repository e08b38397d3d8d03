#include "masking_input.h"

#include "layer_arrays.h"

const Option MASKING_OPTIONS[MASKING_OPTION_COUNT] = {
    [MASKING_X] = {"x", "FILE", "the sequence that asks, (T_q, d_model) or (batch, T_q, d_model)"},
    [MASKING_W_Q] = {"wq", "FILE", "the query projection, (d_model, heads d_k)"},
    [MASKING_W_K] = {"wk", "FILE", "the key projection, (d_model, heads d_k)"},
    [MASKING_W_V] = {"wv", "FILE", "the value projection, (d_model, heads d_v)"},
    [MASKING_W_O] = {"wo", "FILE", "the output projection, (heads d_v, d_out)"},
    [MASKING_B_Q] = {"bq", "FILE", "the bias of the queries, (heads d_k,); left out: none"},
    [MASKING_B_K] = {"bk", "FILE", "the bias of the keys, (heads d_k,)"},
    [MASKING_B_V] = {"bv", "FILE", "the bias of the values, (heads d_v,)"},
    [MASKING_B_O] = {"bo", "FILE", "the bias of the output, (d_out,)"},
    [MASKING_HEADS] = {"heads", "N", "how many heads"},
    [MASKING_CONTEXT] = {"context", "FILE",
                         "what answers in place of x, (T_k, d_model) or (batch, T_k, d_model)"},
    [MASKING_Q] = {"q", "FILE", "in place of x and a layer: queries, (T_q, d_k) or (n, T_q, d_k)"},
    [MASKING_K] = {"k", "FILE", "the keys, (T_k, d_k) or (n, T_k, d_k)"},
    [MASKING_V] = {"v", "FILE", "the values, (T_k, d_v) or (n, T_k, d_v)"},
    [MASKING_SCALE] = {"scale", "NUMBER",
                       "with --q: what scores are multiplied by (default: 1 / sqrt(d_k))"},
    [MASKING_CAUSAL] = {"causal", NULL,
                        "query i sees the keys 0 to i only; with --past N, 0 to i + N"},
    [MASKING_PAST] = {"past", "N",
                      "with --causal: N cached keys stand before that of the first query"},
    [MASKING_MASK] = {"mask", "FILE",
                      "1 = may attend, 0 = blocked, (T_q, T_k) or (batch, T_q, T_k)"},
    [MASKING_BIAS] = {"bias", "FILE",
                      "added to scores, (T_q, T_k) or (heads, T_q, T_k); with --q (n, T_q, T_k)"},
    [MASKING_KEY_LENGTHS] = {"key-lengths", "N[,N...]",
                             "keys that are no padding: one number, or one for each of the batch"},
    [MASKING_OUT] = {"out", "FILE",
                     "the result, (T_q, d_out) or (batch, T_q, d_out); with --q d_v for d_out"},
    [MASKING_WEIGHTS_OUT] =
        {"weights-out", "FILE",
         "the weights, (heads, T_q, T_k) or (batch, heads, T_q, T_k); --q: no heads"},
};

/* --- Which options go together --------------------------------------------------------------- */

/* Each option belongs to a layer, to projected sequences, or to both. */
static bool is_of_layer(size_t option)
{
    return option <= MASKING_CONTEXT;
}

static bool is_of_sequences(size_t option)
{
    return option >= MASKING_Q && option <= MASKING_SCALE;
}

/* The name of the first option of a kind that was given, or NULL. */
static const char *given_name(bool (*is_of_kind)(size_t option))
{
    for (size_t i = 0; i < MASKING_OPTION_COUNT; i++)
        if (is_of_kind(i) && program_value(i) != NULL)
            return MASKING_OPTIONS[i].name;
    return NULL;
}

static Status check_input_options(bool *has_layer)
{
    const char *layer = given_name(is_of_layer), *sequences = given_name(is_of_sequences);
    *has_layer = layer != NULL;
    if (layer == NULL && sequences == NULL)
        return fail(STATUS_USAGE, "the input is missing: give --x and a layer, or --q, --k and "
                                  "--v (see --help)");
    if (layer != NULL && sequences != NULL)
        return fail(STATUS_USAGE,
                    "--%s and --%s do not go together: give --x and a layer, or --q, --k and --v "
                    "(see --help)",
                    layer, sequences);
    if (layer != NULL)
        return program_require((const size_t[]){MASKING_X, MASKING_W_Q, MASKING_W_K, MASKING_W_V,
                                                MASKING_W_O, MASKING_HEADS},
                               6);
    return program_require((const size_t[]){MASKING_Q, MASKING_K, MASKING_V}, 3);
}

static Status check_options(bool *has_layer)
{
    Status status = check_input_options(has_layer);
    if (status == STATUS_OK && program_value(MASKING_PAST) != NULL)
        status = program_require((const size_t[]){MASKING_CAUSAL, MASKING_PAST}, 2);
    if (status == STATUS_OK && program_value(MASKING_WEIGHTS_OUT) == NULL)
        status = program_require((const size_t[]){MASKING_OUT}, 1);
    return status;
}

/* --- What was given -------------------------------------------------------------------------- */

/* The dimensions of what an option names; an option that names no array has none. */
typedef struct Dims {
    size_t least, most;
    const char *shape; /* in words */
} Dims;

static const Dims PROJECTION = {2, 2, "(rows, columns)"};
static const Dims BIAS_ROW = {1, 2, "(n,) or (1, n)"};
static const Dims SEQUENCE = {2, 3, "(T, d_model) or (batch, T, d_model)"};
static const Dims PROJECTED = {2, 3, "(T, d) or (n, T, d)"};
static const Dims MASK = {2, 3, "(T_q, T_k) or (batch, T_q, T_k)"};
static const Dims SCORE_BIAS = {2, 3, "(T_q, T_k) or (heads, T_q, T_k)"};

static const Dims *const DIMS[MASKING_OPTION_COUNT] = {
    [MASKING_X] = &SEQUENCE,     [MASKING_CONTEXT] = &SEQUENCE, [MASKING_W_Q] = &PROJECTION,
    [MASKING_W_K] = &PROJECTION, [MASKING_W_V] = &PROJECTION,   [MASKING_W_O] = &PROJECTION,
    [MASKING_B_Q] = &BIAS_ROW,   [MASKING_B_K] = &BIAS_ROW,     [MASKING_B_V] = &BIAS_ROW,
    [MASKING_B_O] = &BIAS_ROW,   [MASKING_Q] = &PROJECTED,      [MASKING_K] = &PROJECTED,
    [MASKING_V] = &PROJECTED,    [MASKING_MASK] = &MASK,        [MASKING_BIAS] = &SCORE_BIAS,
};

static Status read_arrays(MaskingInput *input)
{
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < MASKING_OPTION_COUNT; i++) {
        if (DIMS[i] == NULL)
            continue;
        status = program_read(i, i == MASKING_MASK ? ARRAY_MASK : ARRAY_NUMBERS, &input->arrays[i]);
        if (status == STATUS_OK)
            status = program_expect_dims(i, input->arrays[i], DIMS[i]->least, DIMS[i]->most,
                                         DIMS[i]->shape);
    }
    bool has_context = input->arrays[MASKING_CONTEXT].data != NULL;
    input->asking = input->arrays[input->has_layer ? MASKING_X : MASKING_Q];
    input->answering = !input->has_layer ? input->arrays[MASKING_K]
                       : has_context     ? input->arrays[MASKING_CONTEXT]
                                         : input->asking;
    return status;
}

static Status read_numbers(MaskingInput *input)
{
    size_t heads;
    input->mask.causal = program_value(MASKING_CAUSAL) != NULL;
    Status status = program_size(MASKING_HEADS, 1, 1, &heads);
    if (status == STATUS_OK)
        input->layer = layer_from_arrays(&input->arrays[MASKING_W_Q], heads);
    if (status == STATUS_OK)
        status = program_size(MASKING_PAST, 0, 0, &input->mask.past);
    if (status == STATUS_OK)
        status = key_lengths_read(MASKING_KEY_LENGTHS, MASKING_OPTIONS[MASKING_KEY_LENGTHS].name,
                                  &input->key_lengths);
    return status;
}

Status masking_input_read(MaskingInput *input)
{
    *input = (MaskingInput){.has_layer = false};
    Status status = check_options(&input->has_layer);
    if (status == STATUS_OK)
        status = read_arrays(input);
    if (status == STATUS_OK)
        status = read_numbers(input);
    return status;
}

void masking_input_free(MaskingInput *input)
{
    for (size_t i = 0; i < MASKING_OPTION_COUNT; i++)
        array_free(&input->arrays[i]);
    key_lengths_free(&input->key_lengths);
}
