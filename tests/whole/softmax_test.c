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

START_TEST(the_program_refuses_what_it_cannot_use)
{
    static const char *const CALLS[][2] = {
        {"--x 4x5.npy --out out.npy --temperature 0", "--temperature 0: expected a number above 0"},
        {"--x 0x5.npy --out out.npy --temperature -1", "--temperature -1: expected"},
        {"--x 4x5.npy --out out.npy --temperature warm",
         "--temperature warm|expected a finite number"},
        {"--x 4x5.npy", "--out is missing"},
        {"--temperature 2 --out out.npy", "--x is missing"},
    };
    whole_begin("softmax");
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++)
        whole_expect_failure("02_softmax", CALLS[i][0], NULL, 2, CALLS[i][1]);
}
END_TEST

START_TEST(the_program_shows_any_sentence)
{
    static const char *const SENTENCES[][2] = {
        {"", "softmax(Q K^T) (6 x 6)"},
        {" he put money in the bank", "The scores of bank become weights"},
        {" bank", "softmax(Q K^T) (1 x 1)"},
        {" money the a bank river in town", "The scores of town become weights"},
        {" the bridge and the boat and a fish and the river and the water and the shop and the "
         "bank "
         "and the town",
         "softmax(Q K^T) (23 x 23)"},
    };
    whole_begin("softmax");
    for (size_t i = 0; i < sizeof SENTENCES / sizeof *SENTENCES; i++) {
        char arguments[ARGUMENTS_SIZE];
        snprintf(arguments, sizeof arguments, "--plots .%s", SENTENCES[i][0]);
        Outcome outcome = whole_run("02_softmax", arguments, NULL);
        ck_assert_msg(outcome.status == 0, "%s", outcome.err);
        ck_assert_msg(strstr(outcome.out, SENTENCES[i][1]) != NULL, "%.900s", outcome.out);
        outcome_free(&outcome);
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("the program 02_softmax");
    add_test(suite, the_program_weighs_along_the_last_dimension);
    add_test(suite, the_program_refuses_what_it_cannot_use);
    add_test(suite, the_program_shows_any_sentence);
    return suite;
}
