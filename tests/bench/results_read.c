/* bench.csv, read again. */
#include "results.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The columns of bench.csv. */
enum {
    KIND,
    BATCH,
    TOKENS,
    D_MODEL,
    HEADS,
    CAUSAL,
    THREADS,
    FAMILY,
    NAME,
    STATE,
    TURNS,
    LEAST,
    Q1,
    MEDIAN,
    Q3,
    GIGA,
    PERCENT,
    ERROR,
    MEMORY,
    PROCESSOR,
    COLUMNS
};

enum { LINE_SIZE = 512 };

/* Cuts a whole line at its commas, but for those between quotes, which are left out. */
static bool cut(char *line, char *fields[COLUMNS])
{
    size_t count = 0;
    bool quoted = false;
    char *to = line, *end = strchr(line, '\n');
    if (end == NULL)
        return false;
    fields[count++] = line;
    for (const char *from = line; from < end; from++)
        if (*from == '"')
            quoted = !quoted;
        else if (*from != ',' || quoted)
            *to++ = *from;
        else if (count == COLUMNS)
            return false;
        else {
            *to++ = '\0';
            fields[count++] = to;
        }
    *to = '\0';
    return count == COLUMNS;
}

/* What was not measured is empty, and 0. */
static bool read_numbers(char *const fields[COLUMNS], double numbers[COLUMNS])
{
    for (size_t i = 0; i < COLUMNS; i++) {
        char *end = fields[i];
        if (i == KIND || i == FAMILY || i == NAME || i == STATE)
            continue;
        numbers[i] = strtod(fields[i], &end);
        if (*end != '\0' || !(numbers[i] >= 0.0))
            return false;
    }
    return true;
}

static bool find_kind(const char *name, CaseKind *kind)
{
    for (*kind = CASE_LAYER; *kind <= CASE_BACKWARD; ++*kind)
        if (strcmp(name, case_kind_name(*kind)) == 0)
            return true;
    return false;
}

static bool find_state(const char *name, ResultState *state)
{
    for (*state = RESULT_TIMED; *state <= RESULT_REFUSED; ++*state)
        if (strcmp(name, result_state_name(*state)) == 0)
            return true;
    return false;
}

static void take_case(const double numbers[COLUMNS], Case *which)
{
    which->batch = (size_t)numbers[BATCH];
    which->tokens = (size_t)numbers[TOKENS];
    which->d_model = (size_t)numbers[D_MODEL];
    which->heads = (size_t)numbers[HEADS];
    which->causal = numbers[CAUSAL] > 0.0;
    which->threads = (size_t)numbers[THREADS];
}

static void take_times(const double numbers[COLUMNS], Result *result)
{
    size_t count = 0;
    for (size_t i = LEAST; i <= Q3; i++)
        result->seconds[count++] = 1e-3 * numbers[i];
    result->seconds[count++] = 1e-3 * numbers[Q3]; /* the greatest is not known */
    result->count = numbers[MEDIAN] > 0.0 ? count : 0;
    result->error = numbers[ERROR];
    result->memory = 1048576.0 * numbers[MEMORY];
    result->processor = 1e-3 * numbers[PROCESSOR];
    if (numbers[PERCENT] > 0.0)
        result->roof = 100.0 * 1e9 * numbers[GIGA] / numbers[PERCENT];
}

static bool read_result(char *line, Result *result)
{
    char *fields[COLUMNS];
    double numbers[COLUMNS] = {0};
    *result = (Result){.count = 0};
    if (!cut(line, fields) || !read_numbers(fields, numbers) ||
        !find_kind(fields[KIND], &result->which.kind) || !find_state(fields[STATE], &result->state))
        return false;
    snprintf(result->family, sizeof result->family, "%s", fields[FAMILY]);
    snprintf(result->name, sizeof result->name, "%s", fields[NAME]);
    take_case(numbers, &result->which);
    take_times(numbers, result);
    return true;
}

static void add_case(const Case *which, Plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (case_equal(&plan->cases[i], which))
            return;
    if (plan->count < PLAN_MOST_CASES)
        plan->cases[plan->count++] = *which;
}

static Status read_lines(FILE *file, const char *path, Results *results, Plan *plan)
{
    char line[LINE_SIZE];
    for (size_t number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        if (line[0] == '#') {
            line[strcspn(line, "\n")] = '\0';
            results_note(results, "%s", line + (line[1] == ' ' ? 2 : 1));
        } else if (strcmp(line, RESULTS_HEAD) != 0) {
            if (results->count == RESULTS_MOST ||
                !read_result(line, &results->list[results->count]))
                return fail(STATUS_FORMAT, "%s: line %zu is not one of bench.csv", path, number);
            add_case(&results->list[results->count++].which, plan);
        }
    }
    if (ferror(file) != 0)
        return fail(STATUS_FORMAT, "%s: %s", path, strerror(errno));
    if (results->count == 0)
        return fail(STATUS_FORMAT, "%s: nothing was measured", path);
    return STATUS_OK;
}

Status results_read(const char *path, Results *results, Plan *plan)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return fail(STATUS_FORMAT, "%s: %s", path, strerror(errno));
    Status status = read_lines(file, path, results, plan);
    (void)fclose(file);
    return status;
}
