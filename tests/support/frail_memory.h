/**
 * @file frail_memory.h
 * @brief The memory of the tests: it runs out when told to.
 */
#ifndef HEADWISE_FRAIL_MEMORY_H
#define HEADWISE_FRAIL_MEMORY_H

#include <stddef.h>

/**
 * Makes one later allocation fail: the next (1), the one after it (2), and so on; 0 for none.
 * In the programs the environment variable FAIL_ALLOCATION does the same from the start. They write
 * which calls led to each allocation, a line for each, into the file that FAIL_ALLOCATION_CALLS
 * names.
 *
 * @param allocation Which.
 */
void memory_fail_at(size_t allocation);

/**
 * Tells whether the allocation that memory_fail_at() chose has come and failed.
 *
 * @return 1 if so, else 0.
 */
int memory_has_failed(void);

/**
 * Tells how much memory was asked for since memory_fail_at(), whether it was freed or not.
 *
 * @return Bytes.
 */
size_t memory_asked(void);

#endif
