/**
 * @file case.h
 * @brief What the runner of checks needs of a case, besides what checks.h promises.
 */
#ifndef HEADWISE_CASE_H
#define HEADWISE_CASE_H

#include "checks.h"

/**
 * A matrix for a case, a view where the case has views.
 *
 * @param given   The case.
 * @param rows    Its rows.
 * @param cols    Its columns.
 * @param between What to fill it with, the gaps between its rows included.
 * @return The matrix; free its data.
 */
Matrix case_matrix(const Case *given, size_t rows, size_t cols, float between);

/** Makes cases from here on with views where they have none, and vice versa. */
void case_turn_views(bool turned);

/** How many numbers stand in the inputs of a case. */
size_t case_numbers(const Case *given);

#endif
