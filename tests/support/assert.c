#include "assert.h"

#include "files.h"
#include "frail_memory.h"
#include "matrices.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool close_enough(double actual, double expected, double tolerance)
{
    if (isnan(expected))
        return isnan(actual);
    if (!isfinite(actual) || !isfinite(expected))
        return actual == expected;
    return fabs(actual - expected) <= tolerance * fmax(1.0, fabs(expected));
}

/* What the running check is about; see about(). And the last call that had to be refused. */
static char subject[256];
static const char *refused_call = NULL;

void about(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(subject, sizeof subject, format, arguments);
    va_end(arguments);
}

/* Nothing of one test reaches the next. */
static void forget(void)
{
    memory_fail_at(0);
    subject[0] = '\0';
    refused_call = NULL;
    forget_files();
}

void fail_at(const char *file, int line, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ck_abort_msg("%s%s%s\n(%s:%d)", text, subject[0] != '\0' ? "\nthis is about " : "", subject,
                 file, line);
}

/* Where a wrong number may come from, if it shows that. */
static const char *origin_of(double actual, double expected)
{
    if (isnan(actual) && !isnan(expected))
        return "\nnan: it was never written, or made of a nan that stood there before the call, or "
               "by 0 / 0 or inf - inf";
    if (actual == (double)UNWRITTEN && expected != (double)UNWRITTEN)
        return "\n-77 is what the check had put there: it was not written";
    return "";
}

void check_close(const char *file, int line, const char *name, double actual, double expected,
                 double tolerance)
{
    if (!close_enough(actual, expected, tolerance))
        fail_at(file, line, "%s is %.9g, expected %.9g%s", name, actual, expected,
                origin_of(actual, expected));
    mark_point();
}

void check_matrix_close(const char *file, int line, const char *name, Matrix actual,
                        Matrix expected, double tolerance)
{
    if (actual.rows != expected.rows || actual.cols != expected.cols)
        fail_at(file, line, "%s is %zux%zu, expected %zux%zu", name, actual.rows, actual.cols,
                expected.rows, expected.cols);
    for (size_t r = 0; r < actual.rows; r++)
        for (size_t c = 0; c < actual.cols; c++) {
            double a = matrix_row(actual, r)[c], e = matrix_row(expected, r)[c];
            if (!close_enough(a, e, tolerance))
                fail_at(file, line, "%s (%zux%zu) at row %zu, column %zu is %.9g, expected %.9g%s",
                        name, actual.rows, actual.cols, r, c, a, e, origin_of(a, e));
        }
    mark_point();
}

void check_all(const char *file, int line, const char *name, Matrix matrix, float value)
{
    for (size_t r = 0; r < matrix.rows; r++)
        for (size_t c = 0; c < matrix.cols; c++) {
            double a = matrix_row(matrix, r)[c];
            if (a == (double)value)
                continue;
            if (value != UNWRITTEN)
                fail_at(file, line, "%s (%zux%zu) at row %zu, column %zu is %.9g, expected %.9g",
                        name, matrix.rows, matrix.cols, r, c, a, (double)value);
            fail_at(file, line,
                    "%s must not be written to%s%s, but at row %zu, column %zu it is %.9g (the "
                    "check had put -77 there)",
                    name, refused_call != NULL ? " by " : "",
                    refused_call != NULL ? refused_call : "", r, c, a);
        }
    mark_point();
}

static const char *name_of(Status status)
{
    static const char *const NAMES[] = {
        [STATUS_OK] = "STATUS_OK",         [STATUS_SHAPE] = "STATUS_SHAPE",
        [STATUS_VALUE] = "STATUS_VALUE",   [STATUS_FORMAT] = "STATUS_FORMAT",
        [STATUS_USAGE] = "STATUS_USAGE",   [STATUS_NO_MEMORY] = "STATUS_NO_MEMORY",
        [STATUS_SYSTEM] = "STATUS_SYSTEM",
    };
    return (size_t)status < sizeof NAMES / sizeof *NAMES ? NAMES[status] : "no status";
}

/* After a call that went well, the message is an earlier call's, so it is not shown. */
static void check_which(const char *file, int line, const char *call, Status actual,
                        Status expected)
{
    if (actual == expected)
        return;
    if (expected == STATUS_OK)
        fail_at(file, line, "%s must succeed, but it gave %s: %s", call, name_of(actual),
                last_error());
    if (actual == STATUS_OK)
        fail_at(file, line, "%s must be refused with %s, but it gave STATUS_OK", call,
                name_of(expected));
    fail_at(file, line, "%s must be refused with %s, but it gave %s: %s", call, name_of(expected),
            name_of(actual), last_error());
}

void check_status(const char *file, int line, const char *call, Status actual, Status expected,
                  const char *text)
{
    refused_call = expected != STATUS_OK ? call : NULL;
    check_which(file, line, call, actual, expected);
    if (expected != STATUS_OK && strstr(last_error(), text) == NULL)
        fail_at(file, line, "%s failed with \"%s\", expected a message with \"%s\"", call,
                last_error(), text);
    mark_point();
}

bool check_runs_out(const char *file, int line, const char *call, size_t n, Status actual)
{
    bool failed = memory_has_failed() != 0;
    memory_fail_at(0);
    if (n == 1 && !failed)
        fail_at(file, line, "%s asks for no memory", call);
    check_which(file, line, call, actual, failed ? STATUS_NO_MEMORY : STATUS_OK);
    return failed;
}

void expect_null_without_memory(const void *(*asked)(void))
{
    bool failed = true;
    size_t allocation = 1;
    for (; failed; allocation++) {
        memory_fail_at(allocation);
        const void *found = asked();
        failed = memory_has_failed();
        memory_fail_at(0);
        ck_assert_msg((found == NULL) == failed, "without allocation %zu", allocation);
    }
    ck_assert_uint_gt(allocation, 2);
}

enum { SECONDS = 600 };

static Suite *suite;
static const char *name_of_suite;

const char *suite_name(void)
{
    return name_of_suite;
}

/* A test case of its own for each test: its name is the test's. */
void add_to_suite(const TTest *test, size_t times)
{
    if (suite == NULL) {
        const char *slash = strrchr(test->file, '/');
        name_of_suite = slash != NULL ? slash + 1 : test->file;
        suite = suite_create(name_of_suite);
    }
    TCase *tcase = tcase_create(test->name);
    tcase_set_timeout(tcase, SECONDS);
    tcase_add_checked_fixture(tcase, forget, test_memory_free_all);
    tcase_add_loop_test(tcase, test, 0, (int)times);
    suite_add_tcase(suite, tcase);
}

Suite *whole_suite(void)
{
    return suite;
}
