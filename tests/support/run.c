/*
 * The main function of every test program: runs the suite of the test file it is linked with.
 *
 * With TEACH=1 in the environment it speaks to a reader who is writing the chapter: one test after
 * the other in teaching order, up to the first that fails.
 */
#include "assert.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What the address sanitizer has, if the program is linked with it. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));
void __sanitizer_malloc_hook(const volatile void *memory, size_t size);

/* The sanitizer calls this after each allocation. An endless loop that allocates would take the
 * whole machine's memory before its time is up. */
void __sanitizer_malloc_hook(const volatile void *memory, size_t size)
{
    enum { MOST = 1 << 30, FULL = 77 /* tests/reader/running.py knows it */ };
    static _Atomic size_t total; /* chapter 10 has threads */
    (void)memory;
    total += size;
    if (total <= MOST || __sanitizer_get_current_allocated_bytes == NULL)
        return;
    total = __sanitizer_get_current_allocated_bytes();
    if (total > MOST)
        _exit(FULL);
}

static int run_all(void)
{
    SRunner *runner = srunner_create(make_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}

static int count_bytes(int descriptor)
{
    char byte;
    int count = 0;
    while (read(descriptor, &byte, 1) == 1)
        count++;
    return count;
}

/* Runs one test; for a loop, each of its rows. Tells how many did not come to their end, although
 * Check, which sees exit(0) instead, takes that for success. */
static int run_to_the_end(SRunner *runner, const char *name)
{
    int ends[2];
    if (pipe(ends) != 0)
        return 0;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    named_tests_report_to(ends[1]);
    srunner_run(runner, NULL, name, CK_SILENT);
    named_tests_report_to(-1);
    int missing = srunner_ntests_run(runner) - count_bytes(ends[0]);
    close(ends[0]);
    close(ends[1]);
    return missing;
}

static void print_reason(SRunner *runner)
{
    TestResult **failures = srunner_failures(runner);
    bool known = srunner_ntests_failed(runner) > 0;
    printf("\n%s\n", known ? tr_msg(failures[0]) : "Early exit with return value 0");
    free(failures);
}

/* Runs one test and says how it went. */
static bool passes(const char *name)
{
    SRunner *runner = srunner_create(make_suite());
    bool failed = run_to_the_end(runner, name) > 0 || srunner_ntests_failed(runner) > 0;
    printf("%s  %s\n", failed ? "stop" : "  ok", name);
    if (failed)
        print_reason(runner);
    srunner_free(runner);
    return !failed;
}

static int teach_in_order(void)
{
    Suite *suite = make_suite(); /* only for its tests' names */
    size_t count = named_test_count();
    SRunner *owner = srunner_create(suite);
    int failed = 0;
    for (size_t i = 0; i < count && failed == 0; i++) {
        fflush(stdout); /* the test runs in a child, which must not print it again */
        failed = passes(named_test(i)) ? 0 : 1;
    }
    srunner_free(owner);
    return failed;
}

int main(void)
{
    int failed = getenv("TEACH") != NULL ? teach_in_order() : run_all();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
