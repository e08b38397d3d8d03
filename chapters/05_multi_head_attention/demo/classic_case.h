/**
 * @file classic_case.h
 * @brief Two small parts of chapter 5's example: the case of the textbooks, and what a layer costs.
 */
#ifndef HEADWISE_CLASSIC_CASE_H
#define HEADWISE_CLASSIC_CASE_H

#include "status.h"

/**
 * Shows the classic small case: two tokens of three numbers, two heads of three columns.
 *
 * @return STATUS_NO_MEMORY.
 */
Status show_classic_case(void) MUST_USE;

/** Shows the parameters and the multiplications of layers with 1, 8 and 16 heads. */
void show_layer_costs(void);

#endif
