#include "worker.h"

#include "array_file.h"
#include "stopwatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { LINE_SIZE = 4096, ARRAYS = 6 };

/* The arrays of the case: x, the weights, the result. */
static Array arrays[ARRAYS];

static void release_arrays(void)
{
    for (size_t i = 0; i < ARRAYS; i++)
        array_free(&arrays[i]);
}

/* What a case is given: the names of its files, and where they go. */
typedef struct Input {
    const char *name;
    Matrix *place;
} Input;

static Status read_arrays(const char *directory, const Input inputs[ARRAYS])
{
    Status status = STATUS_OK;
    for (size_t i = 0; i < ARRAYS && inputs[i].name != NULL; i++) {
        char path[LINE_SIZE + 16];
        snprintf(path, sizeof path, "%s/%s.npy", directory, inputs[i].name);
        TRY(array_read(path, ARRAY_NUMBERS, &arrays[i]));
        *inputs[i].place = array_matrix(arrays[i], 0);
    }
done:
    return status;
}

static Status read_inputs(const char *directory, WorkerCase *call)
{
    const Input layer[ARRAYS] = {{"x", &call->x},
                                 {"w_q", &call->w_q},
                                 {"w_k", &call->w_k},
                                 {"w_v", &call->w_v},
                                 {"w_o", &call->w_o}};
    const Input step[ARRAYS] = {
        {"values", &call->values}, {"source", &call->source}, {"target", &call->target}};
    return read_arrays(directory, call->step ? step : layer);
}

/* Reads `KIND BATCH TOKENS D_MODEL HEADS CAUSAL DIRECTORY`, and gives the directory. */
static const char *read_case(char *line, WorkerCase *call)
{
    char *rest = line + strcspn(line, " ");
    call->several = strncmp(line, "batch ", 6) == 0;
    call->decode = call->several || strncmp(line, "decode ", 7) == 0;
    call->step = strncmp(line, "step ", 5) == 0;
    call->batch = strtoul(rest, &rest, 10);
    call->tokens = strtoul(rest, &rest, 10);
    call->d_model = strtoul(rest, &rest, 10);
    call->heads = strtoul(rest, &rest, 10);
    call->causal = strtoul(rest, &rest, 10) != 0;
    return rest + strspn(rest, " ");
}

static Status set_case(const Competitor *competitor, char *line, WorkerCase *call)
{
    Status status = STATUS_OK;
    const char *directory = read_case(line, call);
    competitor->release();
    release_arrays();
    if (call->tokens == 0 || call->heads == 0 || *directory == '\0')
        return fail(STATUS_USAGE,
                    "case: expected KIND BATCH TOKENS D_MODEL HEADS CAUSAL DIRECTORY");
    TRY(read_inputs(directory, call));
    size_t rows = call->decode ? call->batch : call->tokens;
    size_t shape[] = {call->step ? 1 : rows, call->step ? 1 + call->values.cols : call->d_model};
    TRY(array_create(2, shape, &arrays[ARRAYS - 1]));
    call->out = array_matrix(arrays[ARRAYS - 1], 0);
    TRY(competitor->prepare(call));
done:
    return status;
}

static double processor_seconds(void)
{
    struct timespec used = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

static Status run(const Competitor *competitor, const WorkerCase *call, unsigned long times)
{
    double amounts[WORKER_AMOUNTS] = {0.0};
    double used = processor_seconds(), begin = stopwatch_seconds();
    Status status = STATUS_OK;
    for (unsigned long i = 0; i < times; i++)
        TRY(competitor->run(call, amounts));
    printf("ok %.9g %.9g %.9g %.9g\n", stopwatch_seconds() - begin, processor_seconds() - used,
           amounts[0], amounts[1]);
done:
    return status;
}

static Status write_result(const Competitor *competitor, const WorkerCase *call, const char *path)
{
    double amounts[WORKER_AMOUNTS] = {0.0}, begin = stopwatch_seconds();
    const ArrayOutput output = {.path = path, .array = arrays[ARRAYS - 1]};
    Status status = STATUS_OK;
    TRY(competitor->run(call, amounts));
    double seconds = stopwatch_seconds() - begin;
    TRY(array_write(&output, 1));
    printf("ok %.9g\n", seconds);
done:
    return status;
}

/* The most memory of this process. */
static Status tell_memory(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return fail(STATUS_SYSTEM, "getrusage does not answer");
#if defined(__APPLE__)
    double unit = 1.0;
#else
    double unit = 1024.0;
#endif
    printf("ok %.0f\n", unit * (double)usage.ru_maxrss);
    return STATUS_OK;
}

static Status answer(const Competitor *competitor, char *line, WorkerCase *call)
{
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "case ", 5) == 0) {
        Status status = set_case(competitor, line + 5, call);
        if (status == STATUS_OK)
            puts("ok");
        return status;
    }
    if (strncmp(line, "result ", 7) == 0)
        return write_result(competitor, call, line + 7);
    if (strncmp(line, "run ", 4) == 0)
        return run(competitor, call, strtoul(line + 4, NULL, 10));
    if (strcmp(line, "memory") == 0)
        return tell_memory();
    return fail(STATUS_USAGE, "unknown command: %s", line);
}

int worker_serve(const Competitor *competitor, size_t threads)
{
    char line[LINE_SIZE];
    WorkerCase call = {.threads = threads};
    printf("%s %s\n", competitor->absent ? "absent" : "ready", competitor->version);
    (void)fflush(stdout);
    while (!competitor->absent && fgets(line, sizeof line, stdin) != NULL) {
        if (answer(competitor, line, &call) != STATUS_OK)
            printf("error %s\n", last_error());
        (void)fflush(stdout);
    }
    if (!competitor->absent)
        competitor->release();
    release_arrays();
    return 0;
}
