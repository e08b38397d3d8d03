/**
 * @file layer_options.h
 * @brief The options that name a layer and the sequence it reads: one table for every program.
 *
 * A program's own table begins with LAYER_OPTIONS, and its own options are counted from
 * LAYER_OPTION_COUNT.
 */
#ifndef HEADWISE_LAYER_OPTIONS_H
#define HEADWISE_LAYER_OPTIONS_H

#include "array.h"
#include "multi_head_attention.h"
#include "program.h"

/** The places of these options. The arrays come first: x, then those of the layer. */
enum {
    LAYER_X,
    LAYER_W_Q,
    LAYER_W_K,
    LAYER_W_V,
    LAYER_W_O,
    LAYER_B_Q,
    LAYER_B_K,
    LAYER_B_V,
    LAYER_B_O,
    LAYER_HEADS,
    LAYER_OPTION_COUNT
};

/** How many of them name an array. */
enum { LAYER_ARRAY_COUNT = LAYER_HEADS };

/** The entries of these options in a program's table. */
#define LAYER_OPTIONS                                                                              \
    [LAYER_X] = {"x", "FILE", "the sequence, (T, d_model) or (batch, T, d_model)"},                \
    [LAYER_W_Q] = {"wq", "FILE", "the query projection, (d_model, heads d_k)"},                    \
    [LAYER_W_K] = {"wk", "FILE", "the key projection, (d_model, heads d_k)"},                      \
    [LAYER_W_V] = {"wv", "FILE", "the value projection, (d_model, heads d_v)"},                    \
    [LAYER_W_O] = {"wo", "FILE", "the output projection, (heads d_v, d_out)"},                     \
    [LAYER_B_Q] = {"bq", "FILE", "the bias of the queries, (heads d_k,); left out: none"},         \
    [LAYER_B_K] = {"bk", "FILE", "the bias of the keys, (heads d_k,)"},                            \
    [LAYER_B_V] = {"bv", "FILE", "the bias of the values, (heads d_v,)"},                          \
    [LAYER_B_O] = {"bo", "FILE", "the bias of the output, (d_out,)"},                              \
    [LAYER_HEADS] = {"heads", "N", "how many heads"}

/**
 * Refuses a layer with a missing part. Biases may be missing.
 *
 * @return As program_require().
 */
Status layer_expect_options(void) MUST_USE;

/**
 * What the array of one of these options must look like.
 *
 * @param option Less than LAYER_ARRAY_COUNT.
 * @return Its form.
 */
const ArrayForm *layer_form(size_t option);

/**
 * The layer that some arrays make. Their shapes need not fit together yet.
 *
 * @param arrays The arrays; NO_ARRAY for a bias that was not given.
 * @param heads  How many heads.
 * @return The layer: views of the arrays.
 */
MultiHeadLayer layer_of(const Array arrays[LAYER_ARRAY_COUNT], size_t heads);

/**
 * Reads the sequence and the layer. Their shapes need not fit together yet.
 *
 * @param arrays Receives the arrays, to be freed with array_free(), also on failure; NO_ARRAY for a
 *               bias that was not given.
 * @param layer  Receives the layer, as layer_of().
 * @return As program_read() and program_size().
 */
Status layer_read(Array arrays[LAYER_ARRAY_COUNT], MultiHeadLayer *layer) MUST_USE;

/**
 * Refuses a layer that does not fit together, or does not fit its sequence.
 *
 * @param x     The sequence, or a batch of them.
 * @param layer The layer.
 * @return As multi_head_expect_shapes() for multi_head_attention().
 */
Status layer_expect_shapes(Array x, const MultiHeadLayer *layer) MUST_USE;

#endif
