#include "layer_arrays.h"

MultiHeadLayer layer_from_arrays(const Array arrays[LAYER_ARRAY_COUNT], size_t heads)
{
    Matrix m[LAYER_ARRAY_COUNT];
    for (size_t i = 0; i < LAYER_ARRAY_COUNT; i++)
        m[i] = arrays[i].data != NULL ? array_matrix(arrays[i], 0) : NO_MATRIX;
    return (MultiHeadLayer){.w_q = m[0],
                            .w_k = m[1],
                            .w_v = m[2],
                            .w_o = m[3],
                            .b_q = m[4],
                            .b_k = m[5],
                            .b_v = m[6],
                            .b_o = m[7],
                            .heads = heads};
}
