/**
 * @file lengths_example.h
 * @brief What padding costs, and what sorting by length saves.
 */
#ifndef HEADWISE_LENGTHS_EXAMPLE_H
#define HEADWISE_LENGTHS_EXAMPLE_H

/** Counts the words of many dates, alone and in batches that are as long as their longest. */
void show_lengths(void);

#endif
