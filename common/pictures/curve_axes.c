#include "curve_axes.h"

#include "ticks.h"

#include <math.h>

/* An axis from low to high. */
typedef struct Range {
    double low, high;
} Range;

bool curves_can_show(float value, bool logarithmic)
{
    return isfinite(value) && (!logarithmic || value > 0.0f);
}

/* The numbers of one axis that can be shown; from 1 to 10 when there are none. */
static Range data_range(const CurvePlot *plot, bool vertical, bool logarithmic)
{
    Range range = {INFINITY, -INFINITY};
    for (size_t i = 0; i < plot->curve_count; i++) {
        const Curve *curve = &plot->curves[i];
        for (size_t j = 0; j < curve->count; j++) {
            float value = vertical ? curve->y[j] : curve->x[j];
            if (!curves_can_show(value, logarithmic))
                continue;
            range.low = fmin(range.low, value);
            range.high = fmax(range.high, value);
        }
    }
    return range.low <= range.high ? range : (Range){1.0, 10.0};
}

/* Room around the data: half the size of a lone number, else a share of the range. */
static Range linear_range(Range data, double share)
{
    enum { LONE = 1000000 };
    double size = fmax(fabs(data.low), fabs(data.high)), span = data.high - data.low;
    double margin = span * (double)LONE > size ? span * share : size > 0.0 ? size / 2.0 : 0.5;
    return (Range){data.low - margin, data.high + margin};
}

static Range logarithmic_range(Range data, double share)
{
    double factor = data.high > data.low ? pow(data.high / data.low, share) : 2.0;
    return (Range){data.low / factor, data.high * factor};
}

static Range x_range(const CurvePlot *plot)
{
    double share = plot->points ? 0.02 : 0.0;
    Range data = data_range(plot, false, plot->log_x);
    return plot->log_x ? logarithmic_range(data, share) : linear_range(data, share);
}

/* An upright axis that nearly reaches 0 had better begin or end there. */
static Range y_range(const CurvePlot *plot)
{
    const double share = 0.05;
    Range data = data_range(plot, true, plot->log_y);
    if (plot->log_y)
        return logarithmic_range(data, share);
    Range range = linear_range(data, share);
    double near = (data.high - data.low) / 2.0;
    if (data.low >= 0.0 && data.low < near)
        range.low = 0.0;
    if (data.high <= 0.0 && -data.high < near)
        range.high = 0.0;
    return range;
}

/* 1, 2, 5, 10, ...: where the powers of ten alone are too few to read from. */
static void write_digit_ticks(FILE *commands, Range range)
{
    static const int DIGITS[] = {1, 2, 5};
    int first = (int)floor(log10(range.low)), last = (int)floor(log10(range.high));
    for (int power = first; power <= last; power++)
        for (size_t i = 0; i < sizeof DIGITS / sizeof *DIGITS; i++)
            fprintf(commands, "%s%de%d", power == first && i == 0 ? "" : ", ", DIGITS[i], power);
}

/* A logarithmic axis that does not reach far has the ticks of a linear one. */
static void write_linear_ticks(FILE *commands, Range range)
{
    enum { MOST_STEPS = 8 };
    Ticks ticks = ticks_between(range.low, range.high, MOST_STEPS);
    for (int i = 0; i < ticks.count; i++)
        fprintf(commands, "%s%.9g", i > 0 ? ", " : "", tick_value(ticks, i));
}

/* A logarithmic axis, with ticks of our own where gnuplot's would be few or none. */
static void write_logarithmic_axis(FILE *commands, char axis, int base, Range range)
{
    enum { SHORT = 10, LONG = 1000 };
    double reach = range.high / range.low;
    fprintf(commands, "    set logscale %c %d\n", axis, base);
    if (reach >= (double)LONG || (reach >= (double)SHORT && base != 10))
        return;
    fprintf(commands, "    set %ctics (", axis);
    if (reach < (double)SHORT)
        write_linear_ticks(commands, range);
    else
        write_digit_ticks(commands, range);
    fprintf(commands, ")\n");
}

static const char AXES[] =
    "    set border 3 linecolor rgb \"#555555\"\n"
    "    set grid linetype -1 linecolor rgb \"#e4e4e4\" linewidth 1\n"
    "    set xtics out nomirror scale 0.6 font \",12\" textcolor rgb \"#000000\"\n"
    "    set ytics out nomirror scale 0.6 font \",12\" textcolor rgb \"#000000\"\n"
    "    set format \"%g\"\n";

void curves_write_axes(FILE *commands, const CurvePlot *plot)
{
    Range x = x_range(plot), y = y_range(plot);
    fprintf(commands, "    set xrange [%.9g:%.9g]\n    set yrange [%.9g:%.9g]\n", x.low, x.high,
            y.low, y.high);
    fputs(AXES, commands);
    if (plot->log_x)
        write_logarithmic_axis(commands, 'x', 2, x);
    if (plot->log_y)
        write_logarithmic_axis(commands, 'y', 10, y);
}
