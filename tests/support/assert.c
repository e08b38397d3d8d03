#include "assert.h"

#include <math.h>
#include <stdbool.h>
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

void check_close(const char *file, int line, const char *name, double actual, double expected,
                 double tolerance)
{
    if (!close_enough(actual, expected, tolerance))
        fail_at(file, line, "%s is %.9g, expected %.9g (tolerance %g)", name, actual, expected,
                tolerance);
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
                fail_at(file, line, "%s (%zux%zu) at row %zu, column %zu is %.9g, expected %.9g",
                        name, actual.rows, actual.cols, r, c, a, e);
        }
    mark_point();
}

void check_status(const char *file, int line, const char *call, Status actual, Status expected,
                  const char *text)
{
    if (actual != expected)
        fail_at(file, line, "%s gave status %d, expected %d; last error: %s", call, (int)actual,
                (int)expected, last_error());
    /* A reader may say it in other words. */
    const char *needed = getenv("TEACH") != NULL ? "" : text;
    if (expected != STATUS_OK && strstr(last_error(), needed) == NULL)
        fail_at(file, line, "%s failed with \"%s\", expected a message with \"%s\"", call,
                last_error(), needed);
    mark_point();
}

/* The tests' names in the order they were first added: the order to teach in. */
enum { MAX_TESTS = 256, SECONDS = 600, SECONDS_TO_TEACH = 10 };
static const char *names[MAX_TESTS];
static size_t name_count;

static void remember(const char *name)
{
    for (size_t i = 0; i < name_count; i++)
        if (strcmp(names[i], name) == 0)
            return;
    if (name_count == MAX_TESTS)
        abort();
    names[name_count++] = name;
}

/* A test case of its own for each test: its name is the test's. */
static TCase *add_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, getenv("TEACH") != NULL ? SECONDS_TO_TEACH : SECONDS);
    suite_add_tcase(suite, tcase);
    remember(name);
    return tcase;
}

void add_named_test(Suite *suite, const char *name, const TTest *test)
{
    tcase_add_test(add_case(suite, name), test);
}

void add_named_rows(Suite *suite, const char *name, const TTest *test, size_t rows)
{
    tcase_add_loop_test(add_case(suite, name), test, 0, (int)rows);
}

size_t named_test_count(void)
{
    return name_count;
}

const char *named_test(size_t index)
{
    return names[index];
}
