/**
 * @file assert.h
 * @brief What the tests say about floats, matrices and failures.
 *
 * Check's own float comparison refuses inf == inf; these accept it, refuse NaN unless NaN is
 * expected, and print where the difference is.
 */
#ifndef HEADWISE_ASSERT_H
#define HEADWISE_ASSERT_H

#include <check.h>
/* An old name of Check's, which would hide fail() of status.h. */
#undef fail
/* Check writes a note to a file after each assertion that holds, to say later after which of them a
 * test crashed: 18 of the 20 seconds of chapter 6. The name of the test says enough. */
#define _mark_point(file, line) ((void)0)

#include "frail_memory.h"
#include "matrix.h"
#include "status.h"

#include <stdbool.h>

/** How closely float32 results must agree with a float64 reference, relative to the largest
 * value. */
#define TOLERANCE 1e-5

/** Two numbers are close: |actual - expected| <= tolerance * max(1, |expected|). */
#define assert_close(actual, expected, tolerance)                                                  \
    check_close(__FILE__, __LINE__, #actual, actual, expected, tolerance)

/** Two matrices have the same shape and close elements. */
#define assert_matrix_close(actual, expected, tolerance)                                           \
    check_matrix_close(__FILE__, __LINE__, #actual, actual, expected, tolerance)

/** Two matrices have the same shape and the same floats, to the bit. */
#define assert_matrix_equal(actual, expected)                                                      \
    check_matrix_close(__FILE__, __LINE__, #actual, actual, expected, 0.0)

/** A call succeeds; if not, its message is the failure. */
#define assert_ok(call) check_status(__FILE__, __LINE__, #call, call, STATUS_OK, "")

/** A call fails with this status, and its message contains this text. */
#define assert_fails(call, status, text) check_status(__FILE__, __LINE__, #call, call, status, text)

/**
 * The call with its n-th allocation failing: it must give STATUS_NO_MEMORY. False when it makes
 * fewer allocations than that: then it must succeed, and n be more than 1.
 * `for (size_t n = 1; runs_out_at(n, f()); n++)`
 */
#define runs_out_at(n, call) (memory_fail_at(n), check_runs_out(__FILE__, __LINE__, #call, n, call))

/** Every element is this; an UNWRITTEN one must not have been written. */
#define assert_all(matrix, value) check_all(__FILE__, __LINE__, #matrix, matrix, value)

/**
 * Says what the next assertions are about, when their text does not: the shapes or the numbers of a
 * row of a table. A failure then says it too.
 */
void about(const char *format, ...) PRINTF_LIKE(1, 2);

/** Fails the test with a message that ends with the caller's file and line. */
void fail_at(const char *file, int line, const char *format, ...) PRINTF_LIKE(3, 4);

void check_close(const char *file, int line, const char *name, double actual, double expected,
                 double tolerance);
void check_matrix_close(const char *file, int line, const char *name, Matrix actual,
                        Matrix expected, double tolerance);
void check_all(const char *file, int line, const char *name, Matrix matrix, float value);
bool check_runs_out(const char *file, int line, const char *call, size_t n, Status actual);
void check_status(const char *file, int line, const char *call, Status actual, Status expected,
                  const char *text);

/**
 * Asks for something again and again, each time without memory for one allocation later, until
 * there is enough: it must be NULL as long as an allocation fails, one at least, and then no more.
 */
void expect_null_without_memory(const void *(*asked)(void));

/**
 * A test of the file that it stands in, `TEST(rows_of_weights_sum_to_one) { ... }`: its name says
 * what must hold, and nothing else needs to mention it. They run in the order of the file.
 */
#define TEST(name) TEST_TIMES(name, 1)

/** A test that runs once for each row of a table, with the row's number in `_i`. */
#define TEST_ROWS(name, table) TEST_TIMES(name, sizeof(table) / sizeof *(table))

/** A test that runs that many times, with 0, 1, 2 and so on in `_i`. */
#define TEST_TIMES(name, times)                                                                    \
    static void name##_fn(int _i);                                                                 \
    static const TTest name##_ttest = {#name, name##_fn, __FILE__, __LINE__};                      \
    __attribute__((constructor)) static void name##_add(void)                                      \
    {                                                                                              \
        add_to_suite(&name##_ttest, times);                                                        \
    }                                                                                              \
    static void name##_fn(int _i CK_ATTRIBUTE_UNUSED)

/** What TEST() does before the program begins. */
void add_to_suite(const TTest *test, size_t times);

/** What the suite is called: the name of its file, as in array_test.c. */
const char *suite_name(void);

/** The suite of all tests that were added. */
Suite *whole_suite(void);

#endif
