/**
 * @file valley_example.h
 * @brief Four ways down a narrow valley.
 */
#ifndef HEADWISE_VALLEY_EXAMPLE_H
#define HEADWISE_VALLEY_EXAMPLE_H

#include "status.h"

/**
 * Walks down a valley of two numbers that is fifty times as steep across as along, by steps
 * downhill, with momentum and with Adam; prints the loss on the way and draws it.
 *
 * @return As plot_curves().
 */
Status show_valley(void) MUST_USE;

#endif
