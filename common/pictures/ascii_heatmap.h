/**
 * @file ascii_heatmap.h
 * @brief A heatmap of shaded characters, for a terminal without pictures.
 */
#ifndef HEADWISE_ASCII_HEATMAP_H
#define HEADWISE_ASCII_HEATMAP_H

#include "print.h"

/**
 * Prints a matrix as shaded characters, from ' ' to '@'. NaN is shown as '?'. Column labels that
 * are too wide for the map become numbers, explained below it. A map that is larger than a screen
 * is shown in blocks, each as its mean. Two maps with the same range can be compared.
 *
 * @param stream Where to.
 * @param matrix What.
 * @param style  The title and labels; the decimals are for the line that states the range.
 * @param low    The value shown as ' ', like anything less.
 * @param high   The value shown as '@', like anything greater; less than @p low when there is no
 *               finite number.
 */
void print_ascii_heatmap(FILE *stream, Matrix matrix, PrintStyle style, float low, float high);

#endif
