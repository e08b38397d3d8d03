#include "results.h"

#include "staged_file.h"

#include <stdio.h>
#include <string.h>

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

static bool same_case(const Case *a, const Case *b)
{
    return a->kind == b->kind && a->tokens == b->tokens && a->d_model == b->d_model &&
           a->heads == b->heads && a->causal == b->causal && a->threads == b->threads;
}

const Result *results_best(const Results *results, const Case *which, const char *family)
{
    const Result *best = NULL;
    for (size_t i = 0; i < results->count; i++) {
        const Result *one = &results->list[i];
        if (one->count == 0 || one->state != RESULT_TIMED || !same_case(&one->which, which) ||
            strcmp(one->family, family) != 0)
            continue;
        if (best == NULL || result_quartile(one, 2) < result_quartile(best, 2))
            best = one;
    }
    return best;
}

static void write_result(FILE *file, const Result *one)
{
    static const char *const STATES[] = {"timed", "wrong", "slow", "refused"};
    const Case *which = &one->which;
    fprintf(file, "%s,%zu,%zu,%zu,%d,%zu,\"%s\",\"%s\",%s,%zu", case_kind_name(which->kind),
            which->tokens, which->d_model, which->heads, which->causal, which->threads, one->family,
            one->name, STATES[one->state], one->count);
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
    fprintf(file, ",%.3g,%.1f\n", one->error, one->memory / 1048576.0);
}

Status results_write(const Results *results, const char *path)
{
    StagedFile file;
    Status status = staged_plan(path, &file);
    if (status == STATUS_OK)
        status = staged_open(&file);
    if (status != STATUS_OK)
        return status;
    fputs("kind,tokens,d_model,heads,causal,threads,family,competitor,state,turns,least_ms,q1_ms,"
          "median_ms,q3_ms,giga_per_second,percent_of_roof,error,peak_mib\n",
          file.stream);
    for (size_t i = 0; i < results->count; i++)
        write_result(file.stream, &results->list[i]);
    status = staged_close(&file, ferror(file.stream) == 0);
    if (status == STATUS_OK)
        status = staged_commit(&file);
    staged_discard(&file);
    return status;
}
