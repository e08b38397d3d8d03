/* In place of what draws pictures and of what watches over files: a page has neither. */
#include "interrupt.h"
#include "plot.h"
#include "plot_file.h"

void plot_into(const char *directory)
{
    (void)directory;
}

Status plot_heatmaps(const HeatmapPlot *plot)
{
    (void)plot;
    return STATUS_OK;
}

Status plot_curves(const CurvePlot *plot)
{
    (void)plot;
    return STATUS_OK;
}

Status plot_file_expect_ours(const char *directory, const char *name)
{
    (void)directory;
    (void)name;
    return STATUS_OK;
}

bool plot_file_has(const char *directory, const char *name, const char *path)
{
    (void)directory;
    (void)name;
    (void)path;
    return false;
}

void interrupts_expect(const char *program)
{
    (void)program;
}

void interrupts_hold(void)
{
}

bool interrupts_waiting(void)
{
    return false;
}

void interrupts_release(void)
{
}

void unfinished_add(const char *path)
{
    (void)path;
}

void unfinished_drop(const char *path)
{
    (void)path;
}
