#include "masking_arrays.h"

#include "self_attention.h"

/* --- Options to arrays ----------------------------------------------------------------------- */

static const ArrayForm PROJECTED = {ARRAY_NUMBERS, 2, 3, "(T, d) or (n, T, d)"};
static const ArrayForm MASK = {ARRAY_MASK, 2, 3, "(T_q, T_k) or (batch, T_q, T_k)"};
static const ArrayForm SCORE_BIAS = {ARRAY_NUMBERS, 2, 3, "(T_q, T_k) or (heads, T_q, T_k)"};

static Status read_layer(MaskingArrays *arrays)
{
    Status status = STATUS_OK;
    Array *given = arrays->given;
    TRY(layer_read(given, &arrays->layer));
    TRY(program_read(MASKING_CONTEXT, &FORM_SEQUENCE, &given[MASKING_CONTEXT]));
    arrays->queries = given[LAYER_X];
    arrays->keys = given[given[MASKING_CONTEXT].data != NULL ? MASKING_CONTEXT : LAYER_X];
done:
    return status;
}

static Status read_sequences(MaskingArrays *arrays)
{
    Status status = STATUS_OK;
    Array *given = arrays->given;
    for (size_t i = MASKING_Q; i <= MASKING_V; i++)
        TRY(program_read(i, &PROJECTED, &given[i]));
    arrays->queries = given[MASKING_Q];
    arrays->keys = given[MASKING_K];
    TRY(program_number(MASKING_SCALE, attention_scale(array_cols(arrays->queries)),
                       &arrays->scale));
done:
    return status;
}

static Status read_mask(MaskingArrays *arrays)
{
    Status status = STATUS_OK;
    TRY(program_read(MASKING_MASK, &MASK, &arrays->given[MASKING_MASK]));
    TRY(program_read(MASKING_BIAS, &SCORE_BIAS, &arrays->given[MASKING_BIAS]));
    arrays->mask.causal = program_value(MASKING_CAUSAL) != NULL;
    TRY(program_size(MASKING_PAST, 0, 0, &arrays->mask.past));
    TRY(key_lengths_read(MASKING_KEY_LENGTHS, &arrays->key_lengths));
done:
    return status;
}

/* --- The check at the door ------------------------------------------------------------------- */

static Status check_layer(const MaskingArrays *arrays)
{
    Status status = STATUS_OK;
    const MultiHeadLayer *layer = &arrays->layer;
    Array x = arrays->queries, context = arrays->given[MASKING_CONTEXT];
    size_t t_q = array_rows(x), t_k = array_rows(arrays->keys);
    if (context.dims == 3) /* one without a batch serves every sequence */
        TRY(program_expect_same_batch(LAYER_X, x, MASKING_CONTEXT, context));
    TRY(multi_head_expect_shapes(
        "masked_multi_head_attention", array_matrix_shape(x), array_matrix_shape(arrays->keys),
        layer, matrix_shape(layer->heads * t_q, t_k), matrix_shape(t_q, layer->w_o.cols)));
done:
    return status;
}

static Status check_sequences(const MaskingArrays *arrays)
{
    Status status = STATUS_OK;
    Array q = arrays->queries, k = arrays->keys, v = arrays->given[MASKING_V];
    TRY(program_expect_same_batch(MASKING_Q, q, MASKING_K, k));
    TRY(program_expect_same_batch(MASKING_Q, q, MASKING_V, v));
    TRY(attention_expect_shapes("masked_attention", array_matrix_shape(q), array_matrix_shape(k),
                                array_matrix_shape(v), matrix_shape(array_rows(q), array_rows(k)),
                                matrix_shape(array_rows(q), array_cols(v))));
done:
    return status;
}

/* A mask or a bias: one T_q x T_k table for all, or `many` of them. */
static Status check_tables(const MaskingArrays *arrays, size_t option, bool may_be_many,
                           size_t many)
{
    Array array = arrays->given[option];
    if (array.data == NULL)
        return STATUS_OK;
    size_t t_q = array_rows(arrays->queries), t_k = array_rows(arrays->keys);
    Array one = {.dims = 2, .shape = {t_q, t_k}}, all = {.dims = 3, .shape = {many, t_q, t_k}};
    bool fits = array.dims == 2 || (may_be_many && array.shape[0] == many);
    if (fits && array_rows(array) == t_q && array_cols(array) == t_k)
        return STATUS_OK;
    char text[SHAPE_TEXT_SIZE], text_of_one[SHAPE_TEXT_SIZE], text_of_all[SHAPE_TEXT_SIZE];
    return fail(STATUS_SHAPE, "--%s is %s, expected %s%s%s", program_option_name(option),
                array_shape_text(array, text), array_shape_text(one, text_of_one),
                may_be_many ? " or " : "", may_be_many ? array_shape_text(all, text_of_all) : "");
}

static Status check(const MaskingArrays *arrays)
{
    Status status = STATUS_OK;
    bool has_batch = arrays->queries.dims == 3, has_layer = arrays->has_layer;
    size_t items = array_matrices(arrays->queries);
    TRY(has_layer ? check_layer(arrays) : check_sequences(arrays));
    TRY(check_tables(arrays, MASKING_MASK, has_batch, items));
    TRY(check_tables(arrays, MASKING_BIAS, has_layer || has_batch,
                     has_layer ? arrays->layer.heads : items));
    TRY(key_lengths_check(&arrays->key_lengths, array_rows(arrays->keys), items));
done:
    return status;
}

Status masking_arrays_read(MaskingArrays *arrays)
{
    Status status = STATUS_OK;
    *arrays = (MaskingArrays){.has_layer = false};
    TRY(masking_expect_options(&arrays->has_layer));
    TRY(arrays->has_layer ? read_layer(arrays) : read_sequences(arrays));
    TRY(read_mask(arrays));
    TRY(check(arrays));
done:
    return status;
}

/* --- Computing ------------------------------------------------------------------------------- */

Status masking_arrays_create(MaskingArrays *arrays, bool with_weights)
{
    Status status = STATUS_OK;
    Array q = arrays->queries, v = arrays->given[MASKING_V];
    size_t dims = q.dims - 2, shape[ARRAY_MAX_DIMS] = {q.shape[0]}; /* the batch, if any */
    shape[dims] = array_rows(q);
    shape[dims + 1] = arrays->has_layer ? arrays->layer.w_o.cols : array_cols(v);
    TRY(array_create(dims + 2, shape, &arrays->out));
    if (arrays->has_layer)
        shape[dims++] = arrays->layer.heads;
    shape[dims] = array_rows(q);
    shape[dims + 1] = array_rows(arrays->keys);
    if (with_weights)
        TRY(array_create(dims + 2, shape, &arrays->weights));
done:
    return status;
}

/* The matrix of one sequence of the batch; one that has no batch serves all. */
static Matrix matrix_of(Array array, size_t index)
{
    return array_matrix(array, array.dims == 2 ? 0 : index);
}

static AttentionMask mask_of(const MaskingArrays *arrays, size_t index)
{
    AttentionMask mask = arrays->mask;
    Array bias = arrays->given[MASKING_BIAS];
    mask.allowed = matrix_of(arrays->given[MASKING_MASK], index);
    if (arrays->has_layer && bias.dims == 3)
        mask.bias = array_stacked(bias, 0, bias.shape[0]);
    else
        mask.bias = matrix_of(bias, index);
    mask.padding = key_lengths_padding(&arrays->key_lengths, array_rows(arrays->keys), index);
    return mask;
}

MaskingItem masking_item(const MaskingArrays *arrays, size_t index)
{
    size_t heads = arrays->has_layer ? arrays->layer.heads : 1;
    return (MaskingItem){
        .queries = array_matrix(arrays->queries, index),
        .keys = matrix_of(arrays->given[arrays->has_layer ? MASKING_CONTEXT : MASKING_K], index),
        .values = array_matrix(arrays->given[MASKING_V], index),
        .mask = mask_of(arrays, index),
        .weights = array_stacked(arrays->weights, index * heads, heads),
        .out = array_matrix(arrays->out, index)};
}

Status masking_compute(const MaskingArrays *arrays, const MaskingItem *item)
{
    if (arrays->has_layer)
        return masked_multi_head_attention(item->queries, item->keys, &arrays->layer, &item->mask,
                                           item->weights, item->out);
    return masked_attention(item->queries, item->keys, item->values, arrays->scale, &item->mask,
                            item->weights, item->out);
}

/* --- The results ----------------------------------------------------------------------------- */

Status masking_arrays_write(const MaskingArrays *arrays)
{
    return program_write(
        (const ProgramResult[]){{MASKING_OUT, arrays->out}, {MASKING_WEIGHTS_OUT, arrays->weights}},
        2);
}

void masking_arrays_free(MaskingArrays *arrays)
{
    for (size_t i = 0; i < MASKING_OPTION_COUNT; i++)
        array_free(&arrays->given[i]);
    key_lengths_free(&arrays->key_lengths);
    array_free(&arrays->out);
    array_free(&arrays->weights);
}
