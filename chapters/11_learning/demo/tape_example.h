/**
 * @file tape_example.h
 * @brief A tape: what frameworks record on the way forward, and read from its end.
 */
#ifndef HEADWISE_TAPE_EXAMPLE_H
#define HEADWISE_TAPE_EXAMPLE_H

/**
 * Computes the loss of one row of attention on a tape, reads the tape backwards, and prints it: the
 * scores get the same gradients as by hand.
 */
void show_tape(void);

#endif
