/* What the program of chapter 9 measures. */
#include "assert.h"
#include "whole.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PROGRAM[] = "09_encoder_decoder";

TEST(a_longer_text_takes_longer_and_a_cache_saves_most_of_it)
{
    Outcome outcome = whole_run(PROGRAM, "--measure 300", NULL);
    ck_assert_int_eq(outcome.status, 0);
    const char *line = strstr(outcome.out, "\n         256 ");
    ck_assert_msg(line != NULL && strstr(outcome.out, " 512 ") == NULL, "%s", outcome.out);
    char *rest;
    ck_assert(strtod(line, &rest) == 256);
    double naive = strtod(rest, &rest), cached = strtod(rest, &rest);
    ck_assert(cached > 0);
    /* 250 times as much work: even a machine that does ten other things sees that */
    ck_assert_msg(naive > 5 * cached, "%g ms anew, %g ms with a cache", naive, cached);
    outcome_free(&outcome);
}

TEST(without_memory_nothing_is_measured)
{
    char number[64];
    for (size_t n = 1;; n++) {
        forget_files();
        snprintf(number, sizeof number, "FAIL_ALLOCATION=%zu", n);
        Command command = {.environment = {number, "FAIL_ALLOCATION_TRACE=trace"}};
        Outcome outcome = whole_run("frail/09_encoder_decoder", "--measure 2", &command);
        bool failed = remove(in("trace")) == 0;
        ck_assert_int_eq(outcome.status, failed ? 1 : 0);
        outcome_free(&outcome);
        if (!failed)
            return;
    }
}
