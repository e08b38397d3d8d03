/**
 * @file results.h
 * @brief Holds the files that a program wrote to the functions of its chapter.
 */
#ifndef HEADWISE_RESULTS_H
#define HEADWISE_RESULTS_H

/**
 * Reads what a call reads and has written, and computes it again with the functions: the results
 * are the same to the bit. Chapter 10's are held to chapter 7's in fast_attention_test.c.
 *
 * @param program   The program, as in build/bin.
 * @param arguments What it was called with, in the directory of the test.
 */
void expect_results(const char *program, const char *arguments);

#endif
