/**
 * @file run_all.h
 * @brief Runs the tests of a suite whose floats are doubles; those of tests/support are not.
 */
#ifndef HEADWISE_RUN_ALL_H
#define HEADWISE_RUN_ALL_H

#include <check.h>

/** Runs a suite of one case. Gives main()'s exit status. */
static inline int run_all(const char *name, TCase *tests)
{
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}

#endif
