#include "results.h"

#include "atomic_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *result_state_name(ResultState state)
{
    static const char *const NAMES[] = {"timed", "wrong", "slow", "refused"};
    return NAMES[state];
}

double result_quartile(const Result *result, int which)
{
    double place = (double)(result->count - 1) * (double)which / 4.0;
    size_t below = (size_t)place;
    size_t above = below + 1 < result->count ? below + 1 : below;
    double share = place - (double)below;
    return (1.0 - share) * result->seconds[below] + share * result->seconds[above];
}

static double amount(const Case *which)
{
    return which->kind == CASE_DECODE ? case_bytes(which) : case_operations(which);
}

double result_rate(const Result *result)
{
    return amount(&result->which) / result_quartile(result, 2);
}

const Result *results_best(const Results *results, const Case *which, const char *family)
{
    const Result *best = NULL;
    for (size_t i = 0; i < results->count; i++) {
        const Result *one = &results->list[i];
        if (one->count == 0 || one->state != RESULT_TIMED || !case_equal(&one->which, which) ||
            strcmp(one->family, family) != 0)
            continue;
        if (best == NULL || result_quartile(one, 2) < result_quartile(best, 2))
            best = one;
    }
    return best;
}

void results_note(Results *results, const char *format, ...)
{
    size_t used = strlen(results->notes), room = sizeof results->notes - used;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(results->notes + used, room, format, arguments);
    va_end(arguments);
    printf("  %s\n", results->notes + used);
    if (length >= 0 && (size_t)length + 1 < room)
        memcpy(results->notes + used + length, "\n", 2);
    else
        results->notes[used] = '\0'; /* no room: it was printed, that is all */
}

/* As a comment before the table. */
static void write_notes(FILE *file, const char *notes)
{
    while (*notes != '\0') {
        int length = (int)strcspn(notes, "\n");
        fprintf(file, "# %.*s\n", length, notes);
        notes += length + 1;
    }
}

static void write_result(FILE *file, const Result *one)
{
    const Case *which = &one->which;
    fprintf(file, "%s,%zu,%zu,%zu,%zu,%d,%zu,\"%s\",\"%s\",%s,%zu", case_kind_name(which->kind),
            which->batch, which->tokens, which->d_model, which->heads, which->causal,
            which->threads, one->family, one->name, result_state_name(one->state), one->count);
    for (int quartile = 0; quartile < 4; quartile++)
        if (one->count > 0)
            fprintf(file, ",%.6g", 1e3 * result_quartile(one, quartile));
        else
            fputc(',', file);
    if (one->count > 0)
        fprintf(file, ",%.6g", 1e-9 * result_rate(one));
    else
        fputc(',', file);
    if (one->count > 0 && one->roof > 0.0)
        fprintf(file, ",%.4g", 100.0 * result_rate(one) / one->roof);
    else
        fputc(',', file);
    fprintf(file, ",%.3g,%.1f,", one->error, one->memory / 1048576.0);
    if (one->processor > 0.0)
        fprintf(file, "%.6g", 1e3 * one->processor);
    fputc('\n', file);
}

Status results_write(const Results *results, const char *path)
{
    AtomicFile file;
    Status status = atomic_file_plan(path, &file);
    if (status == STATUS_OK)
        status = atomic_file_open(&file);
    if (status != STATUS_OK)
        return status;
    write_notes(file.stream, results->notes);
    fputs(RESULTS_HEAD, file.stream);
    for (size_t i = 0; i < results->count; i++)
        write_result(file.stream, &results->list[i]);
    status = atomic_file_close(&file, ferror(file.stream) == 0);
    if (status == STATUS_OK)
        status = atomic_file_commit(&file, 1);
    atomic_file_discard(&file);
    return status;
}
