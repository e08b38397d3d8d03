/**
 * @file colour.h
 * @brief Numbers as colours that every eye can tell apart, and that grey printers keep in order.
 *
 * Numbers of one sign run from dark blue to yellow (viridis: Smith and van der Walt 2015), equal
 * steps of the number being equal steps for the eye. Numbers of both signs run from blue through
 * white, which is 0, to orange.
 */
#ifndef HEADWISE_COLOUR_H
#define HEADWISE_COLOUR_H

#include <stdbool.h>
#include <stdint.h>

/** The colours of the cells that hold no finite number, as 0xRRGGBB. */
enum {
    COLOUR_NAN = 0xFFFFFF,     /**< Nothing. */
    COLOUR_INFINITE = 0xBDBDBD /**< A grey that no finite number has. */
};

/** What the colours stand for. */
typedef struct ColourScale {
    double low;  /**< The number of the first colour. */
    double high; /**< The number of the last one; more than @ref low. */
} ColourScale;

/**
 * Makes a scale of a range. If it is one number, the scale has it in the middle and begins or ends
 * at 0.
 *
 * @param low  The least number.
 * @param high The greatest; if it is less than @p low, there is no number.
 * @return The scale; from 0 to 1 when there is no number, or 0 only.
 */
ColourScale colour_scale(float low, float high);

/**
 * The colour of a number. What lies outside the scale has the colour of its end.
 *
 * @param scale What the colours stand for.
 * @param value The number.
 * @return The colour as 0xRRGGBB.
 */
uint32_t colour_of(ColourScale scale, double value);

/**
 * The better colour for text on a coloured ground, by the contrast ratio of the Web Content
 * Accessibility Guidelines (WCAG 2.1, section 1.4.3).
 *
 * @param colour The ground, as 0xRRGGBB.
 * @return Black or white, as 0xRRGGBB.
 */
uint32_t colour_ink(uint32_t colour);

#endif
