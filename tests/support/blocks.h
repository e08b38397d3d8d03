/**
 * @file blocks.h
 * @brief The parts of random blocks, and what they make of a sequence in double precision.
 */
#ifndef HEADWISE_TESTS_BLOCKS_H
#define HEADWISE_TESTS_BLOCKS_H

#include "oracle.h"
#include "transformer_block.h"

/**
 * A norm of random numbers. Its epsilon is large enough not to magnify the rounding of a
 * nearly flat token.
 */
LayerNorm random_norm(Random *random, bool shift, size_t d_model);

/** A layer from d_model to d_model with random sizes between. */
MultiHeadLayer random_attention(Random *random, bool biases, size_t d_model, size_t heads);

/** A feed-forward network with any activation. */
FeedForward random_network(Random *random, bool biases, size_t d_model);

/** The norm of each row. */
Table oracle_norm(Table x, const LayerNorm *norm);

/** The network's result for each row. */
Table oracle_network(Table x, const FeedForward *network);

/** What a step begins with: x, or its norm. */
Table oracle_step_input(Table x, const LayerNorm *norm, NormPlace place);

/** What a step ends with: its sum with x, or the norm of that. */
Table oracle_step_output(Table x, Table made, const LayerNorm *norm, NormPlace place);

#endif
