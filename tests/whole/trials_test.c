/* The trials in their tiniest form: what they print has the right form, and a way that computes
 * something else ends them. */
#include "assert.h"
#include "trial.h"
#include "whole.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the ratio stands in the line of a way. */
enum { RATIO_AT = 43 };

static Outcome run_trials(const char *level)
{
    char environment[64];
    snprintf(environment, sizeof environment, "HEADWISE_ISA=%s", level);
    Command command = {.words = {BUILD "/bench/bin/trials", "--tiny"},
                       .environment = {environment},
                       .seconds = 120};
    return process_run(&command);
}

/* Reads the number that must come next. */
static double next_number(char **rest)
{
    char *begin = *rest + strspn(*rest, " .");
    double number = strtod(begin, rest);
    ck_assert_msg(*rest != begin, "no number at \"%s\"", begin);
    return number;
}

/* "    NAME  RATIO  LOWER..UPPER  PERCENT": the first way has no quartiles, a part no percent. */
static void check_way(char *line, bool usual)
{
    ck_assert_uint_gt(strlen(line), RATIO_AT);
    char *rest = line + RATIO_AT;
    double ratio = next_number(&rest);
    if (usual) {
        ck_assert_double_eq(ratio, 1.0);
    } else {
        double lower = next_number(&rest);
        ck_assert_double_le(lower, ratio);
        ck_assert_double_le(ratio, next_number(&rest));
    }
    if (strstr(line, " a part: maximum") == NULL)
        ck_assert_double_ge(next_number(&rest), 0.0);
    ck_assert_str_eq(rest, "");
}

/* Two blanks before a trial, four before each of its ways. */
static size_t check_table(char *table)
{
    size_t ways = 0;
    bool usual = false;
    for (char *line = strtok(table, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        bool way = strncmp(line, "    ", 4) == 0;
        if (way)
            check_way(line, usual);
        ways += way;
        usual = !way;
    }
    return ways;
}

TEST(the_trials_measure_and_check_every_level_of_this_machine)
{
    static const char *const SHOWN[] = {"\n  processor ", "\n  compiler  ",   "\n  peak      ",
                                        "\n  checked ",   "the tile loop",    "0 + value",
                                        "blocks of ",     "prefetch, 64 ste", "packing both"};
    for (Isa isa = ISA_BASELINE; isa < ISA_COUNT; isa++) {
        if (!isa_is_there(isa))
            continue;
        about("%s", isa_name(isa));
        Outcome outcome = run_trials(isa_name(isa));
        ck_assert_msg(outcome.status == 0, "%s", outcome.err);
        for (size_t i = 0; i < sizeof SHOWN / sizeof *SHOWN; i++)
            ck_assert_msg(strstr(outcome.out, SHOWN[i]) != NULL, "%s is missing", SHOWN[i]);
        char *table = strstr(outcome.out, "% of peak\n");
        ck_assert_ptr_nonnull(table);
        ck_assert_uint_eq(check_table(table + strlen("% of peak\n")), 43);
        outcome_free(&outcome);
    }
}

TEST(a_level_that_is_none_is_refused)
{
    Outcome outcome = run_trials("mmx");
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "unknown level mmx"));
    outcome_free(&outcome);
}

static float numbers[3];

static void count(const Kernels *kernels)
{
    (void)kernels;
    for (size_t i = 0; i < 3; i++)
        numbers[i] = (float)i;
}

static void count_otherwise(const Kernels *kernels)
{
    count(kernels);
    numbers[2] += 3e-5f; /* of a largest number of 2: 1.5e-5 */
}

static void count_nearly(const Kernels *kernels)
{
    count(kernels);
    numbers[2] += 1e-5f;
}

static void do_nothing(const Kernels *kernels)
{
    (void)kernels;
}

static void give_no_number(const Kernels *kernels)
{
    count(kernels);
    numbers[0] = NAN;
}

static Status try_beside(void (*usual)(const Kernels *), void (*changed)(const Kernels *))
{
    TrialSetting setting = {.isa = ISA_BASELINE, .tiny = true};
    Trial trial = {.name = "counting", .out = numbers, .results = 3};
    trial_add(&trial, usual, NULL, 0.0, "as it is");
    trial_add(&trial, changed, NULL, 0.0, "changed %d", 1);
    return trial_run(&setting, &trial);
}

TEST(a_table_without_sums_cannot_be_drawn)
{
    for (size_t i = 0; i < 2; i++) {
        Command command = {.words = {BUILD "/bench/bin/trials", "--from",
                                     i == 0 ? "docs/benchmark.csv" : "not-there.txt"},
                           .seconds = 20};
        Outcome outcome = process_run(&command);
        ck_assert_int_eq(outcome.status, 2);
        ck_assert_ptr_nonnull(strstr(outcome.err, i == 0 ? "number of its sums" : "not-there"));
        outcome_free(&outcome);
    }
}

TEST(a_way_that_computes_something_else_ends_the_trials)
{
    assert_ok(try_beside(count, count_nearly));
    assert_fails(try_beside(count, count_otherwise), STATUS_SYSTEM,
                 "counting: \"changed 1\" differs from \"as it is\" by 1.5e-05");
    assert_fails(try_beside(count, do_nothing), STATUS_SYSTEM, "differs from \"as it is\" by 1.0");
    assert_fails(try_beside(count, give_no_number), STATUS_SYSTEM, "by inf");
    assert_fails(try_beside(do_nothing, do_nothing), STATUS_SYSTEM, "by inf");
}

TEST(ratios_are_taken_turn_by_turn)
{
    Trial trial = {.count = 2};
    for (size_t i = 0; i < TRIAL_ROUNDS; i++) {
        /* the machine gets slower, and the second way takes from 2 to 4 times as long */
        trial.ways[0].seconds[i] = (double)(i + 1);
        trial.ways[1].seconds[i] =
            (double)(i + 1) * (2.0 + 2.0 * (double)(i * 7 % TRIAL_ROUNDS) / (TRIAL_ROUNDS - 1));
    }
    for (int which = 0; which <= 4; which++)
        assert_close(trial_ratio(&trial, 1, which), 2.0 + 0.5 * which, 1e-9);
    assert_close(trial_ratio(&trial, 0, 2), 1.0, 1e-9);
    assert_close(trial_seconds(&trial.ways[0]), (TRIAL_ROUNDS + 1) / 2.0, 1e-9);
}
