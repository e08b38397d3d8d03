/**
 * @file ticks.h
 * @brief The round numbers that are written at an axis or a scale.
 */
#ifndef HEADWISE_TICKS_H
#define HEADWISE_TICKS_H

/** The multiples of a step in a range. */
typedef struct Ticks {
    double step;  /**< 1, 2 or 5 times a power of ten. */
    double first; /**< The first one, in steps: a whole number. */
    int count;    /**< How many there are. */
} Ticks;

/**
 * Finds round numbers.
 *
 * @param low  The lower end of the range.
 * @param high The upper end; more than @p low.
 * @param most Into how many steps the range may be divided at most, 1 or more.
 * @return The numbers.
 */
Ticks ticks_between(double low, double high, int most);

/**
 * One of the round numbers.
 *
 * @param ticks The numbers.
 * @param index Which, counted from 0.
 * @return Its value, never -0.
 */
double tick_value(Ticks ticks, int index);

#endif
