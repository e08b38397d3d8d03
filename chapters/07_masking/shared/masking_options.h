/**
 * @file masking_options.h
 * @brief The options of masked attention: a layer, or projected sequences, and a mask.
 *
 * A program's own table begins with MASKING_OPTIONS, and its own options are counted from
 * MASKING_OPTION_COUNT.
 */
#ifndef HEADWISE_MASKING_OPTIONS_H
#define HEADWISE_MASKING_OPTIONS_H

#include "layer_options.h"
#include "program.h"
#include "status.h"

#include <stdbool.h>

/** The places of these options, after those of a layer. */
enum {
    MASKING_CONTEXT = LAYER_OPTION_COUNT,
    MASKING_Q,
    MASKING_K,
    MASKING_V,
    MASKING_SCALE,
    MASKING_CAUSAL,
    MASKING_PAST,
    MASKING_MASK,
    MASKING_BIAS,
    MASKING_KEY_LENGTHS,
    MASKING_OUT,
    MASKING_WEIGHTS_OUT,
    MASKING_OPTION_COUNT
};

/** The entries of these options in a program's table. */
#define MASKING_OPTIONS                                                                            \
    LAYER_OPTIONS,                                                                                 \
        [MASKING_CONTEXT] =                                                                        \
            {"context", "FILE",                                                                    \
             "what answers in place of x, (T_k, d_model) or (batch, T_k, d_model)"},               \
        [MASKING_Q] = {"q", "FILE",                                                                \
                       "in place of x and a layer: queries, (T_q, d_k) or (n, T_q, d_k)"},         \
        [MASKING_K] = {"k", "FILE", "the keys, (T_k, d_k) or (n, T_k, d_k)"},                      \
        [MASKING_V] = {"v", "FILE", "the values, (T_k, d_v) or (n, T_k, d_v)"},                    \
        [MASKING_SCALE] = {"scale", "NUMBER",                                                      \
                           "with --q: what scores are multiplied by (default: 1 / sqrt(d_k))"},    \
        [MASKING_CAUSAL] = {"causal", NULL,                                                        \
                            "query i sees the keys 0 to i only; with --past N, 0 to i + N"},       \
        [MASKING_PAST] = {"past", "N",                                                             \
                          "with --causal: N cached keys stand before that of the first query"},    \
        [MASKING_MASK] = {"mask", "FILE",                                                          \
                          "1 = may attend, 0 = blocked, (T_q, T_k) or (batch, T_q, T_k)"},         \
        [MASKING_BIAS] =                                                                           \
            {"bias", "FILE",                                                                       \
             "added to scores, (T_q, T_k) or (heads, T_q, T_k); with --q (n, T_q, T_k)"},          \
        [MASKING_KEY_LENGTHS] = {"key-lengths", "N[,N...]",                                        \
                                 "keys that are not padding: one number, or one for each of the "  \
                                 "batch"},                                                         \
        [MASKING_OUT] = {"out", "FILE",                                                            \
                         "the result, (T_q, d_out) or (batch, T_q, d_out); with --q d_v for "      \
                         "d_out"},                                                                 \
        [MASKING_WEIGHTS_OUT] = {                                                                  \
            "weights-out", "FILE",                                                                 \
            "the weights, (heads, T_q, T_k) or (batch, heads, T_q, T_k); --q: no heads"}

/**
 * Refuses options that do not go together.
 *
 * @param has_layer Receives whether there are x and a layer, and not q, k and v.
 * @return STATUS_USAGE with a message that names the options.
 */
Status masking_expect_options(bool *has_layer) MUST_USE;

#endif
