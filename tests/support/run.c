/*
 * The main function of every test program: runs the suite of the test file it is linked with.
 *
 * With TEACH=1 in the environment it speaks to a reader who is writing the chapter: one test after
 * the other in teaching order, up to the first that fails.
 */
#include "assert.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static int run_all(void)
{
    SRunner *runner = srunner_create(make_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}

/* Runs one test and says how it went. */
static bool passes(const char *name)
{
    SRunner *runner = srunner_create(make_suite());
    srunner_run(runner, NULL, name, CK_SILENT);
    bool failed = srunner_ntests_failed(runner) > 0;
    printf("%s  %s\n", failed ? "stop" : "  ok", name);
    if (failed) {
        TestResult **failures = srunner_failures(runner);
        printf("\n%s\n", tr_msg(failures[0]));
        free(failures);
    }
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
