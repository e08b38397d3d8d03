#include "colour.h"

#include <math.h>
#include <stddef.h>

/* Viridis at 16 places of equal distance. */
static const uint32_t ONE_SIGN[] = {0x440154, 0x481A6C, 0x472F7D, 0x414487, 0x39568C, 0x31688E,
                                    0x2A788E, 0x23888E, 0x1F988B, 0x22A884, 0x35B779, 0x54C568,
                                    0x7AD151, 0xA5DB36, 0xD2E21B, 0xFDE725};

/* Blue, white, orange: apart for all kinds of colour blindness, as red and green are not. */
static const uint32_t BOTH_SIGNS[] = {0x1F5FA8, 0x4A90C2, 0x92C5DE, 0xD1E5F0, 0xF7F7F7,
                                      0xFEE0B6, 0xFDB863, 0xE08214, 0xA85206};

enum { ONE_SIGN_STEPS = 15, BOTH_SIGNS_STEPS = 8 };

ColourScale colour_scale(float low, float high)
{
    if (low < high)
        return (ColourScale){low, high};
    if (low == high && low != 0.0f)
        return (ColourScale){fmin(0.0, 2.0 * low), fmax(0.0, 2.0 * low)};
    return (ColourScale){0.0, 1.0};
}

/* One of the three bytes of the colour between two others. */
static uint32_t blend(uint32_t from, uint32_t to, double share, unsigned shift)
{
    double a = from >> shift & 0xFF, b = to >> shift & 0xFF;
    return (uint32_t)lround(a + (b - a) * share) << shift;
}

/* The colour at a place from 0 to 1. */
static uint32_t colour_at(const uint32_t *anchors, size_t steps, double place)
{
    double position = place * (double)steps;
    size_t first = position >= (double)steps ? steps - 1 : (size_t)position;
    double share = position - (double)first;
    uint32_t from = anchors[first], to = anchors[first + 1];
    return blend(from, to, share, 16) | blend(from, to, share, 8) | blend(from, to, share, 0);
}

uint32_t colour_of(ColourScale scale, double value)
{
    if (isnan(value))
        return COLOUR_NAN;
    if (isinf(value))
        return COLOUR_INFINITE;
    double inside = fmin(fmax(value, scale.low), scale.high);
    if (scale.low >= 0.0 || scale.high <= 0.0)
        return colour_at(ONE_SIGN, ONE_SIGN_STEPS, (inside - scale.low) / (scale.high - scale.low));
    /* The same distance from 0 is the same strength of colour, also when one side is shorter. */
    double reach = fmax(-scale.low, scale.high);
    return colour_at(BOTH_SIGNS, BOTH_SIGNS_STEPS, 0.5 + 0.5 * inside / reach);
}

/* What the eye makes of one byte of a colour: its light, from 0 to 1. */
static double light(uint32_t byte)
{
    double level = byte / 255.0;
    return level <= 0.04045 ? level / 12.92 : pow((level + 0.055) / 1.055, 2.4);
}

uint32_t colour_ink(uint32_t colour)
{
    double luminance = 0.2126 * light(colour >> 16 & 0xFF) + 0.7152 * light(colour >> 8 & 0xFF) +
                       0.0722 * light(colour & 0xFF);
    /* Where (1 + 0.05) / (luminance + 0.05) equals (luminance + 0.05) / 0.05. */
    return luminance > 0.1791 ? 0x000000 : 0xFFFFFF;
}
