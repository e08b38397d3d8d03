/**
 * @file layer_arrays.h
 * @brief A layer made of the reader's arrays.
 */
#ifndef HEADWISE_LAYER_ARRAYS_H
#define HEADWISE_LAYER_ARRAYS_H

#include "array.h"
#include "multi_head_attention.h"

#include <stddef.h>

/** How many arrays a layer is made of: w_q, w_k, w_v, w_o, then b_q, b_k, b_v and b_o. */
enum { LAYER_ARRAY_COUNT = 8 };

/**
 * Looks at arrays as the parameters of a layer. Their shapes are not checked.
 *
 * @param arrays In the order of MultiHeadLayer; they own the numbers. NO_ARRAY for a bias that is
 *               left out.
 * @param heads  How many heads.
 * @return The layer.
 */
MultiHeadLayer layer_from_arrays(const Array arrays[LAYER_ARRAY_COUNT], size_t heads);

#endif
