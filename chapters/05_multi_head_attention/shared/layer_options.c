#include "layer_options.h"

Status layer_expect_options(void)
{
    return program_require(
        (const size_t[]){LAYER_X, LAYER_W_Q, LAYER_W_K, LAYER_W_V, LAYER_W_O, LAYER_HEADS}, 6);
}

Status layer_read(Array arrays[LAYER_ARRAY_COUNT], MultiHeadLayer *layer)
{
    static const ArrayForm PROJECTION = {ARRAY_NUMBERS, 2, 2, "(rows, columns)"};
    static const ArrayForm BIAS = {ARRAY_NUMBERS, 1, 2, "(n,) or (1, n)"};
    Status status = STATUS_OK;
    size_t heads;
    TRY(program_read(LAYER_X, &FORM_SEQUENCE, &arrays[LAYER_X]));
    for (size_t i = LAYER_W_Q; i <= LAYER_W_O; i++)
        TRY(program_read(i, &PROJECTION, &arrays[i]));
    for (size_t i = LAYER_B_Q; i <= LAYER_B_O; i++)
        TRY(program_read(i, &BIAS, &arrays[i]));
    TRY(program_size(LAYER_HEADS, 1, 1, &heads));
    *layer = (MultiHeadLayer){.w_q = array_matrix(arrays[LAYER_W_Q], 0),
                              .w_k = array_matrix(arrays[LAYER_W_K], 0),
                              .w_v = array_matrix(arrays[LAYER_W_V], 0),
                              .w_o = array_matrix(arrays[LAYER_W_O], 0),
                              .b_q = array_matrix(arrays[LAYER_B_Q], 0),
                              .b_k = array_matrix(arrays[LAYER_B_K], 0),
                              .b_v = array_matrix(arrays[LAYER_B_V], 0),
                              .b_o = array_matrix(arrays[LAYER_B_O], 0),
                              .heads = heads};
done:
    return status;
}
