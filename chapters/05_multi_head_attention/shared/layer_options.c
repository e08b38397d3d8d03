#include "layer_options.h"

Status layer_expect_options(void)
{
    return program_require(
        (const size_t[]){LAYER_X, LAYER_W_Q, LAYER_W_K, LAYER_W_V, LAYER_W_O, LAYER_HEADS}, 6);
}

const ArrayForm *layer_form(size_t option)
{
    static const ArrayForm PROJECTION = {ARRAY_NUMBERS, 2, 2, "(rows, columns)"};
    static const ArrayForm BIAS = {ARRAY_NUMBERS, 1, 2, "(n,) or (1, n)"};
    if (option == LAYER_X)
        return &FORM_SEQUENCE;
    return option <= LAYER_W_O ? &PROJECTION : &BIAS;
}

MultiHeadLayer layer_of(const Array arrays[LAYER_ARRAY_COUNT], size_t heads)
{
    return (MultiHeadLayer){.w_q = array_matrix(arrays[LAYER_W_Q], 0),
                            .w_k = array_matrix(arrays[LAYER_W_K], 0),
                            .w_v = array_matrix(arrays[LAYER_W_V], 0),
                            .w_o = array_matrix(arrays[LAYER_W_O], 0),
                            .b_q = array_matrix(arrays[LAYER_B_Q], 0),
                            .b_k = array_matrix(arrays[LAYER_B_K], 0),
                            .b_v = array_matrix(arrays[LAYER_B_V], 0),
                            .b_o = array_matrix(arrays[LAYER_B_O], 0),
                            .heads = heads};
}

Status layer_read(Array arrays[LAYER_ARRAY_COUNT], MultiHeadLayer *layer)
{
    Status status = STATUS_OK;
    size_t heads;
    for (size_t i = 0; i < LAYER_ARRAY_COUNT; i++)
        TRY(program_read(i, layer_form(i), &arrays[i]));
    TRY(program_size(LAYER_HEADS, 1, 1, &heads));
    *layer = layer_of(arrays, heads);
done:
    return status;
}

Status layer_expect_shapes(Array x, const MultiHeadLayer *layer)
{
    size_t tokens = array_rows(x);
    Matrix one = array_matrix_shape(x);
    return multi_head_expect_shapes("multi_head_attention", one, one, layer,
                                    matrix_shape(layer->heads * tokens, tokens),
                                    matrix_shape(tokens, layer->w_o.cols));
}
