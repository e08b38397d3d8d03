/* What comes back from the calls of a check. */
#include "result.h"

#include "case.h"
#include "frail_memory.h"

#include <ctype.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How close counts as equal: generous, because the reader may add in float. */
static const double CLOSE = 1e-4;
/* Stands between the rows of out. No result equals it. */
static const float UNTOUCHED = -1.25e30F;
/* Stands where a message would be. */
static const char NO_MESSAGE[] = "no message";
/* Ends the file of a whole record. */
static const unsigned END = 0x454E44;

/* --- One call --------------------------------------------------------------------------------- */

static char remarks[RESULT_TEXT];

void remark(const char *format, ...)
{
    size_t used = strlen(remarks);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(remarks + used, sizeof remarks - used, format, arguments);
    va_end(arguments);
    used = strlen(remarks);
    snprintf(remarks + used, sizeof remarks - used, "\n");
}

void put_number(Matrix out, size_t place, double number)
{
    matrix_row(out, place / out.cols)[place % out.cols] = (float)number;
}

void put_matrix(const char *name, Matrix made, size_t first, size_t rows, Matrix out)
{
    if (made.rows != rows || made.cols != out.cols) {
        remark("%s is %zux%zu, expected %zux%zu", name, made.rows, made.cols, rows, out.cols);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        memcpy(matrix_row(out, first + r), matrix_row(made, r), out.cols * sizeof(float));
}

/* An out for a case: this in its rows, something else between them. */
static Matrix new_out(const Case *given, float filling)
{
    Matrix out = case_matrix(given, given->out_rows, given->out_cols, UNTOUCHED);
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            matrix_row(out, r)[c] = filling;
    return out;
}

static bool is_touched_between(Matrix out)
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = out.cols; c < out.stride; c++)
            if (matrix_row(out, r)[c] != UNTOUCHED)
                return true;
    return false;
}

/* The first input that was changed; their number when none was. */
static size_t changed_input(const Case *used, const Case *kept)
{
    size_t i = 0;
    while (i < kept->input_count &&
           memcmp(used->inputs[i].data, kept->inputs[i].data,
                  kept->inputs[i].rows * kept->inputs[i].stride * sizeof(float)) == 0)
        i++;
    return i;
}

/* Shows what is printed, or hides it: a reader who prints something wants to see it once. */
static void hush(bool quiet)
{
    static int shown = -1;
    fflush(stdout);
    if (shown < 0)
        shown = dup(STDOUT_FILENO);
    int to = quiet ? open("/dev/null", O_WRONLY) : shown;
    if (to < 0)
        return;
    dup2(to, STDOUT_FILENO);
    if (quiet)
        close(to);
}

/* Calls once more, with an out that holds this before. */
static Matrix call_over(float filling, const Check *check, size_t index, Status *status)
{
    Case given = case_make(check, index);
    Matrix out = new_out(&given, filling);
    hush(true);
    *status = check->call(&given, out);
    hush(false);
    case_free(&given);
    return out;
}

Result result_of(const Check *check, size_t index)
{
    Case kept = case_make(check, index), used = case_make(check, index);
    Result result = {.out = new_out(&used, NAN)};
    remarks[0] = '\0';
    (void)fail(STATUS_USAGE, "%s", NO_MESSAGE);
    result.status = check->call(&used, result.out);
    result.has_message = result.status != STATUS_OK && strcmp(last_error(), NO_MESSAGE) != 0;
    snprintf(result.message, sizeof result.message, "%s", result.has_message ? last_error() : "");
    snprintf(result.remarks, sizeof result.remarks, "%s", remarks);
    result.wrote_between = is_touched_between(result.out);
    result.changed = changed_input(&used, &kept);
    Status status;
    result.zeroed = call_over(0, check, index, &status);
    case_free(&used);
    case_free(&kept);
    return result;
}

void result_free(Result *result)
{
    free(result->out.data);
    free(result->zeroed.data);
}

/* --- No memory -------------------------------------------------------------------------------- */

static bool is_all(Matrix out, bool (*holds)(float))
{
    for (size_t r = 0; r < out.rows; r++)
        for (size_t c = 0; c < out.cols; c++)
            if (!holds(matrix_row(out, r)[c]))
                return false;
    return true;
}

static bool is_nan(float number)
{
    return isnan(number);
}

static bool is_zero(float number)
{
    return number == 0;
}

bool is_empty(Matrix out)
{
    return is_all(out, is_nan) || is_all(out, is_zero);
}

static MemoryFault call_without(size_t allocation, const Check *check, size_t index, Status *status)
{
    remarks[0] = '\0';
    memory_fail_at(allocation);
    Matrix out = call_over(NAN, check, index, status);
    MemoryFault fault = MEMORY_HANDLED;
    if (memory_has_failed() && *status != STATUS_NO_MEMORY)
        fault = MEMORY_IGNORED;
    else if (memory_has_failed() && !is_empty(out))
        fault = MEMORY_WRITTEN;
    else if (memory_has_failed() && remarks[0] != '\0')
        fault = MEMORY_REMARKED;
    free(out.data);
    return fault;
}

void results_without_memory(const Check *check, size_t index, Results *results)
{
    enum { MOST = 200 }; /* some mistakes never stop allocating */
    bool more = true;
    for (size_t i = 1; more && i < MOST; i++) {
        results->memory_fault = call_without(i, check, index, &results->memory_status);
        more = memory_has_failed() && results->memory_fault == MEMORY_HANDLED;
        memory_fail_at(0);
        if (results->memory_fault == MEMORY_HANDLED)
            continue;
        results->allocation = i;
        snprintf(results->memory_remarks, sizeof results->memory_remarks, "%s", remarks);
    }
}

/* --- The file --------------------------------------------------------------------------------- */

static void write_matrix(Matrix matrix, FILE *to)
{
    fwrite(matrix.data, sizeof(float), matrix.rows * matrix.stride, to);
}

void results_record(const Check *check, FILE *to)
{
    for (size_t i = 0; i < check->cases; i++) {
        Result result = result_of(check, i);
        fwrite(&result, sizeof result, 1, to);
        write_matrix(result.out, to);
        write_matrix(result.zeroed, to);
        fflush(to);
        result_free(&result);
    }
    Results memory = {0};
    results_without_memory(check, 0, &memory);
    fwrite(&memory, sizeof memory, 1, to);
    fwrite(&END, sizeof END, 1, to);
    fflush(to);
}

static bool read_matrix(const Case *given, Matrix *matrix, FILE *from)
{
    *matrix = case_matrix(given, given->out_rows, given->out_cols, 0);
    size_t size = matrix->rows * matrix->stride;
    return fread(matrix->data, sizeof(float), size, from) == size;
}

static bool read_result(const Case *given, Result *result, FILE *from)
{
    bool is_there = fread(result, sizeof *result, 1, from) == 1;
    result->out = result->zeroed = NO_MATRIX; /* the pointers belonged to another program */
    if (is_there && read_matrix(given, &result->out, from) &&
        read_matrix(given, &result->zeroed, from))
        return true;
    result_free(result);
    return false;
}

Results results_read(const Check *check, FILE *from)
{
    unsigned end = 0;
    Results results = {.of = calloc(check->cases, sizeof *results.of)};
    bool is_there = from != NULL && results.of != NULL;
    while (is_there && results.count < check->cases) {
        Case given = case_make(check, results.count);
        is_there = read_result(&given, &results.of[results.count], from);
        results.count += is_there;
        case_free(&given);
    }
    Results memory;
    results.is_whole = is_there && fread(&memory, sizeof memory, 1, from) == 1 &&
                       fread(&end, sizeof end, 1, from) == 1 && end == END;
    if (results.is_whole) {
        results.allocation = memory.allocation;
        results.memory_status = memory.memory_status;
        results.memory_fault = memory.memory_fault;
        memcpy(results.memory_remarks, memory.memory_remarks, RESULT_TEXT);
    }
    return results;
}

void results_free(Results *results)
{
    for (size_t i = 0; i < results->count; i++)
        result_free(&results->of[i]);
    free(results->of);
}

/* --- Comparing -------------------------------------------------------------------------------- */

static float at(Matrix matrix, size_t i)
{
    return matrix_row(matrix, i / matrix.cols)[i % matrix.cols];
}

size_t next_difference(const Case *given, Matrix a, Matrix b, size_t from)
{
    size_t count = a.rows * a.cols;
    double largest = 1.0, close = given->tolerance > 0 ? given->tolerance : CLOSE;
    for (size_t i = 0; i < count; i++)
        if (isfinite(at(b, i)))
            largest = fmax(largest, fabs((double)at(b, i)));
    for (size_t i = from; i < count; i++) {
        double x = at(a, i), y = at(b, i);
        if (!(x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= close * largest))
            return i;
    }
    return count;
}

size_t first_difference(const Case *given, Matrix a, Matrix b)
{
    return next_difference(given, a, b, 0);
}

bool same_matrix(const Case *given, Matrix a, Matrix b)
{
    return first_difference(given, a, b) == a.rows * a.cols;
}

/* After a refusal an out of zeros is as good as an untouched one, where no more is promised. */
static bool same_out(const Case *given, const Result *came, const Result *expected)
{
    return same_matrix(given, came->out, expected->out) ||
           (came->status != STATUS_OK && !given->keeps_out && is_empty(expected->out) &&
            is_empty(came->out));
}

size_t speaker_length(const char *message)
{
    size_t length = 0;
    while (isalnum((unsigned char)message[length]) || message[length] == '_')
        length++;
    return message[length] == ':' ? length : 0;
}

static bool speaks(const char *message, const char *name)
{
    size_t length = speaker_length(message);
    return strncmp(message, name, length) == 0 && strlen(name) == length;
}

static bool is_of_this_chapter(const char *message)
{
    for (size_t i = 0; i < CHECK_COUNT; i++)
        if (speaks(message, CHECKS[i].function))
            return true;
    return speaker_length(message) == 0;
}

void expect_in_message(Status status, const char *parameter, const char *word)
{
    bool is_told = status == STATUS_SHAPE || status == STATUS_VALUE;
    if (is_told && strstr(last_error(), word) == NULL && is_of_this_chapter(last_error()))
        remark("%s is \"%s\" here, and must stand in the message", parameter, word);
}

Matrix beside(const Case *given, float *numbers, size_t rows, size_t cols)
{
    Matrix output = {numbers, rows, cols, given->as_views ? cols + 1 : cols};
    case_fill(output, UNTOUCHED);
    return output;
}

static bool is_untouched(float number)
{
    return number == UNTOUCHED;
}

Status expect_unwritten(Status status, const char *name, Matrix output)
{
    if (status != STATUS_OK && !is_all(output, is_untouched) && !is_all(output, is_zero))
        remark("it was refused, but %s was written first", name);
    return status;
}

/* Whether the reader's function calls another one: whoever asks says so in the environment. */
static bool is_called(const char *name)
{
    const char *called = getenv("CALLED");
    for (size_t length; called != NULL && *called != '\0';
         called += length + (called[length] != '\0')) {
        length = strcspn(called, " ");
        if (strncmp(called, name, length) == 0 && strlen(name) == length)
            return true;
    }
    return false;
}

/* A message may come from a function that was called, and those come earlier or are known; one that
 * begins with the name of another later one was copied from there. */
static bool is_of_another(const Check *check, const char *came, const char *expected)
{
    size_t length = speaker_length(came);
    if (speaks(came, check->function) || strncmp(came, expected, length + 1) == 0)
        return false;
    for (const Check *later = check + 1; later < CHECKS + CHECK_COUNT; later++)
        if (speaks(came, later->function) && !is_called(later->function))
            return true;
    return false;
}

Difference result_difference(const Check *check, const Case *given, const Result *came,
                             const Result *expected)
{
    if (came->changed < given->input_count && came->changed != expected->changed)
        return INPUT_CHANGED;
    if (came->status != expected->status)
        return STATUS_DIFFERS;
    if (strcmp(came->remarks, expected->remarks) != 0)
        return REMARKS_DIFFER;
    if (!same_out(given, came, expected))
        return OUT_DIFFERS;
    if (came->wrote_between != expected->wrote_between)
        return WRITTEN_BETWEEN;
    if (came->has_message != expected->has_message)
        return MESSAGE_MISSING;
    return is_of_another(check, came->message, expected->message) ? MESSAGE_OF_ANOTHER : SAME;
}

static bool same_result(const Check *check, size_t index, const Result *a, const Result *b)
{
    Case given = case_make(check, index);
    bool same = result_difference(check, &given, a, b) == SAME &&
                same_matrix(&given, a->zeroed, b->zeroed) && a->changed == b->changed;
    case_free(&given);
    return same;
}

static bool same_memory(const Results *a, const Results *b)
{
    return a->allocation == b->allocation && a->memory_fault == b->memory_fault;
}

bool results_agree(const Check *check, const Results *a, const Results *b)
{
    bool same = a->is_whole && b->is_whole && /* one crash says as little as another */
                same_memory(a, b);
    for (size_t i = 0; same && i < a->count; i++)
        same = same_result(check, i, &a->of[i], &b->of[i]);
    return same;
}

static bool is_misjudged(const Result *came, const Result *expected)
{
    return (came->status == STATUS_OK) != (expected->status == STATUS_OK);
}

static bool is_excused(const Check *check, size_t index, Excuse *excuse, const Result *again,
                       const Result *wanted, const Result *expected)
{
    Case given = case_make(check, index);
    bool excused = excuse(&given, again, wanted, expected);
    case_free(&given);
    return excused;
}

bool misjudged_alike(const Case *given, const Result *again, const Result *wanted,
                     const Result *expected)
{
    (void)given;
    return is_misjudged(again, expected) && is_misjudged(wanted, expected);
}

/* An input without numbers that is there: NO_MATRIX has neither rows nor columns. */
static bool has_nothing(const Case *given)
{
    for (size_t i = 0; i < given->input_count; i++)
        if ((given->inputs[i].rows == 0) != (given->inputs[i].cols == 0))
            return true;
    return false;
}

bool right_of_nothing(const Case *given, const Result *again, const Result *wanted,
                      const Result *expected)
{
    (void)again;
    return has_nothing(given) && wanted->status == expected->status &&
           strcmp(wanted->remarks, expected->remarks) == 0 && same_out(given, wanted, expected) &&
           same_matrix(given, wanted->zeroed, expected->zeroed);
}

bool results_excused(const Check *check, Excuse *excuse, const Results *came,
                     const Results *expected)
{
    for (size_t i = 0; i < came->count && i < expected->count; i++)
        if (is_excused(check, i, excuse, &came->of[i], &came->of[i], &expected->of[i]))
            return true;
    return false;
}

bool results_repeated(const Check *check, const Results *wanted, const Results *expected,
                      Excuse *excuse)
{
    bool same = wanted->is_whole;
    for (size_t i = 0; same && i < check->cases; i++) {
        Result again = result_of(check, i);
        same = same_result(check, i, &again, &wanted->of[i]) ||
               (excuse != NULL &&
                is_excused(check, i, excuse, &again, &wanted->of[i], &expected->of[i]));
        result_free(&again);
    }
    Results memory = {0};
    if (same)
        results_without_memory(check, 0, &memory);
    return same && same_memory(&memory, wanted);
}
