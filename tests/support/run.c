/* The main function of every test program: runs the suite of the test file it is linked with. */
#include "assert.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(whole_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
