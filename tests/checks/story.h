/**
 * @file story.h
 * @brief Tells a reader what a function does wrong.
 */
#ifndef HEADWISE_STORY_H
#define HEADWISE_STORY_H

#include "result.h"

/**
 * The case that shows a difference with the fewest numbers.
 *
 * @param check    The check.
 * @param came     The results.
 * @param expected The reference's.
 * @return The case; the number of cases when none shows a difference.
 */
size_t story_case(const Check *check, const Results *came, const Results *expected);

/**
 * Tells what is wrong with the results of a check: the smallest case that shows it, what went in,
 * what came out, what was expected.
 *
 * @param check    The check.
 * @param came     The results.
 * @param expected The reference's.
 * @param to       Where to tell it.
 * @return Whether anything is wrong.
 */
bool story_tell(const Check *check, const Results *came, const Results *expected, FILE *to);

#endif
