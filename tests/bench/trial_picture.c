/* The picture of waiting. */
#include "trial_picture.h"

#include "plot.h"
#include "trial.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TRIALS = 4, LINE_SIZE = 256 };

/* The trials of a table that count sums, and the peak at their points. */
typedef struct Waiting {
    char names[MOST_TRIALS][TRIAL_TEXT];
    float sums[MOST_TRIALS][TRIAL_WAYS], speeds[MOST_TRIALS][TRIAL_WAYS];
    size_t counts[MOST_TRIALS], trials;
    double peak; /* in 10^9 operations in a second */
} Waiting;

/* The last number of a line, the percent of the peak. */
static double last_number(const char *line)
{
    const char *blank = strrchr(line, ' ');
    return blank != NULL ? strtod(blank, NULL) : 0.0;
}

/* A line "    N sums ... PERCENT" of the trial that was named last. */
static void take_way(const char *line, const char *name, Waiting *waiting)
{
    char *rest;
    unsigned long sums = strtoul(line, &rest, 10);
    if (sums == 0 || strncmp(rest, " sum", 4) != 0)
        return;
    size_t at = waiting->trials - (waiting->trials > 0);
    if (waiting->trials == 0 || strcmp(waiting->names[at], name) != 0) {
        if (waiting->trials == MOST_TRIALS)
            return;
        at = waiting->trials++;
        snprintf(waiting->names[at], TRIAL_TEXT, "%s", name);
    }
    if (waiting->counts[at] == TRIAL_WAYS)
        return;
    waiting->sums[at][waiting->counts[at]] = (float)sums;
    waiting->speeds[at][waiting->counts[at]++] = (float)(1e-2 * last_number(line) * waiting->peak);
}

static void read_table(FILE *file, Waiting *waiting)
{
    static const char PEAK[] = "  peak ";
    char line[LINE_SIZE], name[TRIAL_TEXT] = "";
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, PEAK, sizeof PEAK - 1) == 0)
            waiting->peak = strtod(line + sizeof PEAK - 1, NULL);
        else if (strncmp(line, "    ", 4) == 0)
            take_way(line, name, waiting);
        else /* a trial: what is done, up to the first comma */
            snprintf(name, sizeof name, "%.*s", (int)strcspn(line + (line[0] == ' ' ? 2 : 0), ","),
                     line + (line[0] == ' ' ? 2 : 0));
    }
}

static Status draw(const Waiting *waiting)
{
    Curve curves[MOST_TRIALS + 1];
    size_t longest = 0;
    for (size_t i = 0; i < waiting->trials; i++) {
        curves[i] =
            (Curve){waiting->names[i], waiting->sums[i], waiting->speeds[i], waiting->counts[i]};
        longest = waiting->counts[i] > waiting->counts[longest] ? i : longest;
    }
    float roof[TRIAL_WAYS];
    for (size_t i = 0; i < waiting->counts[longest]; i++)
        roof[i] = (float)waiting->peak;
    curves[waiting->trials] =
        (Curve){"the peak", waiting->sums[longest], roof, waiting->counts[longest]};
    return plot_curves(
        &(CurvePlot){.name = "10_waiting",
                     .title = "One sum waits for each addition; several fill the time",
                     .x_axis = "sums that do not wait for each other",
                     .y_axis = "10^9 operations in a second",
                     .curves = curves,
                     .curve_count = waiting->trials + 1,
                     .log_x = true,
                     .log_y = true,
                     .points = true});
}

Status trial_picture(const char *path)
{
    Waiting waiting = {.trials = 0};
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return fail(STATUS_FORMAT, "%s: %s", path, strerror(errno));
    read_table(file, &waiting);
    bool failed = ferror(file) != 0;
    (void)fclose(file);
    if (failed || waiting.trials == 0 || waiting.peak <= 0.0)
        return fail(STATUS_FORMAT, "%s: no trial here differs in the number of its sums", path);
    return draw(&waiting);
}
