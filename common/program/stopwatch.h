/**
 * @file stopwatch.h
 * @brief What time it is, for measuring.
 */
#ifndef HEADWISE_STOPWATCH_H
#define HEADWISE_STOPWATCH_H

/**
 * Reads a monotonic clock.
 *
 * @return Seconds since some moment.
 */
double stopwatch_seconds(void);

#endif
