/**
 * @file attention_experiments.h
 * @brief Two questions about attention, answered by trying and by counting.
 */
#ifndef HEADWISE_ATTENTION_EXPERIMENTS_H
#define HEADWISE_ATTENTION_EXPERIMENTS_H

#include "status.h"

/**
 * Why scores are divided by the root of d_k: prints and draws the spread of the scores and the
 * entropy of the weights of random queries and keys, for d_k from 1 to 1024, with and without the
 * scale. The pictures are `03_scale_spread` and `03_scale_entropy`.
 *
 * @return STATUS_NO_MEMORY, STATUS_SYSTEM for a picture that cannot be written.
 */
Status show_scale_experiment(void) MUST_USE;

/** What a layer costs: prints the counts for attention and for a recurrent network. */
void show_attention_costs(void);

#endif
