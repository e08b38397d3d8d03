/* The program of chapter 2: weights of the reader's arrays, and any sentence. */
#include "assert.h"
#include "oracle.h"
#include "whole.h"

#include <stdio.h>
#include <string.h>

START_TEST(the_program_weighs_along_the_last_dimension)
{
    static const char *const CALLS[][3] = {
        {"5.npy", "", "(5,)"},
        {"4x5.npy", "", "(4, 5)"},
        {"4x5.txt", " --temperature 0.5", "(4, 5)"},
        {"3x4x5.npy", " --temperature 1e3", "(3, 4, 5)"},
        {"2x3x4x5.npy", "", "(2, 3, 4, 5)"},
        {"0x4x5.npy", "", "(0, 4, 5)"},
        {"3x0.npy", "", "(3, 0)"},
    };
    whole_begin("softmax");
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        char arguments[ARGUMENTS_SIZE], text[SHAPE_TEXT_SIZE];
        snprintf(arguments, sizeof arguments, "--x %s --out out.npy%s", CALLS[i][0], CALLS[i][1]);
        whole_expect_success("02_softmax", arguments, NULL);
        Array x = whole_read(CALLS[i][0]), out = whole_read("out.npy");
        ck_assert_str_eq(array_shape_text(out, text), CALLS[i][2]);
        double temperature = strstr(CALLS[i][1], "0.5")   ? 0.5
                             : strstr(CALLS[i][1], "1e3") ? 1e3
                                                          : 1;
        for (size_t m = 0; m < array_matrices(x); m++) {
            Table scores = table_of(array_matrix(x, m));
            Table expected = oracle_softmax(scores, temperature);
            assert_matches(array_matrix(out, m), expected, TOLERANCE);
        }
        array_free(&x);
        array_free(&out);
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("the program 02_softmax");
    add_test(suite, the_program_weighs_along_the_last_dimension);
    return suite;
}
