#include "ticks.h"

#include <math.h>

/* 1, 2 or 5 times a power of ten, and no less than this. */
static double round_up(double least)
{
    double power = pow(10.0, floor(log10(least)));
    if (least <= power)
        return power;
    if (least <= 2.0 * power)
        return 2.0 * power;
    return (least <= 5.0 * power ? 5.0 : 10.0) * power;
}

Ticks ticks_between(double low, double high, int most)
{
    /* An end that is a multiple of the step is one in spite of rounding. */
    const double slack = 1e-6;
    double step = round_up((high - low) / most);
    double first = ceil(low / step - slack);
    return (Ticks){step, first, (int)(floor(high / step + slack) - first) + 1};
}

double tick_value(Ticks ticks, int index)
{
    /* -0 + 0 is 0. */
    return (ticks.first + index) * ticks.step + 0.0;
}
