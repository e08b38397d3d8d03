#include "masking_arrays.h"

#include "masking.h"
#include "masking_input.h"
#include "self_attention.h"

#include <stdbool.h>
#include <stdio.h>

/* --- Does it fit together? ------------------------------------------------------------------- */

static Status expect_same_batch(const MaskingInput *input, size_t option)
{
    Array array = input->arrays[option], asking = input->asking;
    if (array.dims == asking.dims && array_matrices(array) == array_matrices(asking))
        return STATUS_OK;
    char text[SHAPE_TEXT_SIZE], text_of_asking[SHAPE_TEXT_SIZE];
    size_t asking_option = input->has_layer ? MASKING_X : MASKING_Q;
    return fail(STATUS_SHAPE, "--%s is %s and --%s is %s, but their batches must be equal",
                MASKING_OPTIONS[asking_option].name, array_shape_text(asking, text_of_asking),
                MASKING_OPTIONS[option].name, array_shape_text(array, text));
}

/* A matrix without numbers: enough to check shapes with, also when the batch is empty. */
static Matrix blank(size_t rows, size_t cols)
{
    return matrix_view(NULL, rows, cols);
}

static Matrix blank_of(Array array)
{
    return blank(array_rows(array), array_cols(array));
}

static Status check_layer(const MaskingInput *input)
{
    const MultiHeadLayer *layer = &input->layer;
    size_t t_q = array_rows(input->asking), t_k = array_rows(input->answering);
    /* A context without a batch serves every sequence. */
    bool has_batch = input->arrays[MASKING_CONTEXT].dims == 3;
    Status status = has_batch ? expect_same_batch(input, MASKING_CONTEXT) : STATUS_OK;
    if (status == STATUS_OK)
        status = multi_head_expect_shapes(
            "masked_multi_head_attention", blank_of(input->asking), blank_of(input->answering),
            layer, blank(layer->heads * t_q, t_k), blank(t_q, layer->w_o.cols));
    return status;
}

static Status check_sequences(const MaskingInput *input)
{
    Array q = input->asking, k = input->answering, v = input->arrays[MASKING_V];
    Status status = expect_same_batch(input, MASKING_K);
    if (status == STATUS_OK)
        status = expect_same_batch(input, MASKING_V);
    if (status == STATUS_OK)
        status = attention_expect_shapes("masked_attention", blank_of(q), blank_of(k), blank_of(v),
                                         blank(array_rows(q), array_rows(k)),
                                         blank(array_rows(q), array_cols(v)));
    return status;
}

/* A mask or a bias: one T_q x T_k table for all, or `many` of them. */
static Status expect_tables(const MaskingInput *input, size_t option, bool may_be_many, size_t many)
{
    Array array = input->arrays[option];
    if (array.data == NULL)
        return STATUS_OK;
    size_t t_q = array_rows(input->asking), t_k = array_rows(input->answering);
    Array one = {.dims = 2, .shape = {t_q, t_k}}, all = {.dims = 3, .shape = {many, t_q, t_k}};
    bool fits = array.dims == 2 || (may_be_many && array.shape[0] == many);
    if (fits && array_rows(array) == t_q && array_cols(array) == t_k)
        return STATUS_OK;
    char text[SHAPE_TEXT_SIZE], text_of_one[SHAPE_TEXT_SIZE], text_of_all[SHAPE_TEXT_SIZE];
    return fail(STATUS_SHAPE, "--%s is %s, expected %s%s%s", MASKING_OPTIONS[option].name,
                array_shape_text(array, text), array_shape_text(one, text_of_one),
                may_be_many ? " or " : "", may_be_many ? array_shape_text(all, text_of_all) : "");
}

static Status check(const MaskingInput *input)
{
    bool has_batch = input->asking.dims == 3;
    size_t items = array_matrices(input->asking), heads = input->layer.heads;
    Status status = input->has_layer ? check_layer(input) : check_sequences(input);
    if (status == STATUS_OK)
        status = expect_tables(input, MASKING_MASK, has_batch, items);
    if (status == STATUS_OK)
        status = input->has_layer ? expect_tables(input, MASKING_BIAS, true, heads)
                                  : expect_tables(input, MASKING_BIAS, has_batch, items);
    if (status == STATUS_OK)
        status = key_lengths_check(&input->key_lengths, array_rows(input->answering), items);
    return status;
}

/* --- Running --------------------------------------------------------------------------------- */

typedef struct Results {
    Array out;     /* T_q x d_out or d_v; with a batch one for each */
    Array weights; /* T_q x T_k; with a layer one for each head */
} Results;

static Status create_results(const MaskingInput *input, bool has_weights, Results *results)
{
    Array asking = input->asking;
    size_t dims = asking.dims - 2,
           shape[ARRAY_MAX_DIMS] = {asking.shape[0]}; /* the batch, if any */
    shape[dims] = array_rows(asking);
    shape[dims + 1] =
        input->has_layer ? input->layer.w_o.cols : array_cols(input->arrays[MASKING_V]);
    Status status = array_create(dims + 2, shape, &results->out);
    if (status != STATUS_OK || !has_weights)
        return status;
    if (input->has_layer)
        shape[dims++] = input->layer.heads;
    shape[dims] = array_rows(asking);
    shape[dims + 1] = array_rows(input->answering);
    return array_create(dims + 2, shape, &results->weights);
}

/* The matrix of one sequence of the batch; one that has no batch serves all. */
static Matrix item(Array array, size_t index)
{
    if (array.data == NULL)
        return NO_MATRIX;
    return array_matrix(array, array.dims == 2 ? 0 : index);
}

static AttentionMask mask_of(const MaskingInput *input, size_t index)
{
    AttentionMask mask = input->mask;
    Array bias = input->arrays[MASKING_BIAS];
    mask.allowed = item(input->arrays[MASKING_MASK], index);
    if (input->has_layer && bias.dims == 3)
        mask.bias = array_stacked(bias, 0, bias.shape[0]);
    else
        mask.bias = item(bias, index);
    mask.padding = key_lengths_padding(&input->key_lengths, array_rows(input->answering), index);
    return mask;
}

static Status run_layer(const MaskingInput *input, const MaskingEngine *engine, size_t index,
                        Results *results)
{
    AttentionMask mask = mask_of(input, index);
    size_t heads = input->layer.heads;
    Matrix weights = NO_MATRIX;
    if (results->weights.data != NULL)
        weights = array_stacked(results->weights, index * heads, heads);
    return engine->layer(array_matrix(input->asking, index),
                         item(input->arrays[MASKING_CONTEXT], index), &input->layer, &mask, weights,
                         array_matrix(results->out, index));
}

static Status run_sequences(const MaskingInput *input, const MaskingEngine *engine, float scale,
                            size_t index, Results *results)
{
    AttentionMask mask = mask_of(input, index);
    Array weights = results->weights;
    return engine->sequences(array_matrix(input->asking, index),
                             array_matrix(input->answering, index),
                             array_matrix(input->arrays[MASKING_V], index), scale, &mask,
                             weights.data != NULL ? array_matrix(weights, index) : NO_MATRIX,
                             array_matrix(results->out, index));
}

static Status run(const MaskingInput *input, const MaskingEngine *engine, Results *results)
{
    float scale = 1.0f; /* of queries and keys that were given; a layer has its own */
    bool has_weights = !engine->spares_weights || program_value(MASKING_WEIGHTS_OUT) != NULL;
    Status status = check(input);
    if (status == STATUS_OK && !input->has_layer)
        status = program_number(MASKING_SCALE, attention_scale(array_cols(input->asking)), &scale);
    if (status == STATUS_OK)
        status = create_results(input, has_weights, results);
    for (size_t i = 0; status == STATUS_OK && i < array_matrices(input->asking); i++)
        status = input->has_layer ? run_layer(input, engine, i, results)
                                  : run_sequences(input, engine, scale, i, results);
    return status;
}

Status masking_arrays(void)
{
    static const MaskingEngine CHAPTER_7 = {.layer = masked_multi_head_attention,
                                            .sequences = masked_attention};
    return masking_arrays_with(&CHAPTER_7);
}

Status masking_arrays_with(const MaskingEngine *engine)
{
    MaskingInput input;
    Results results = {NO_ARRAY, NO_ARRAY};
    Status status = masking_input_read(&input);
    if (status == STATUS_OK)
        status = run(&input, engine, &results);
    if (status == STATUS_OK)
        status = program_write((const ProgramResult[]){{MASKING_OUT, results.out},
                                                       {MASKING_WEIGHTS_OUT, results.weights}},
                               2);
    masking_input_free(&input);
    array_free(&results.out);
    array_free(&results.weights);
    return status;
}
