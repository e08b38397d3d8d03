/* A program that gets no memory ends with exit status 1 and one line that says so. */
#include "assert.h"
#include "whole.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { MOST_ALLOCATIONS = 20000, MOST_CALLS = 2000 };

/* A call somewhere in a program, below which memory is asked for. */
typedef struct Call {
    uintmax_t place; /* where it comes back to */
    size_t times;    /* how often memory was asked for */
    size_t last;     /* the last of these allocations */
} Call;

/* The allocations of a run. */
typedef struct Run {
    Call calls[MOST_CALLS];
    size_t call_count;
    bool chosen[MOST_ALLOCATIONS]; /* to fail */
    size_t count;
} Run;

static Call *call_at(Run *run, uintmax_t place)
{
    size_t i = 0;
    while (i < run->call_count && run->calls[i].place != place)
        i++;
    ck_assert_uint_lt(i, MOST_CALLS);
    if (i == run->call_count)
        run->calls[run->call_count++] = (Call){.place = place};
    return &run->calls[i];
}

/* Chooses the first two and the last allocation below each call: so it fails with nothing, with
 * something and with all there to be freed. What lies between them fails on the same ways. */
static void add_allocation(Run *run, const char *places)
{
    char *rest;
    uintmax_t place = strtoumax(places, &rest, 16);
    ck_assert_uint_lt(run->count, MOST_ALLOCATIONS);
    run->chosen[run->count] = rest == places; /* nothing is known of the calls */
    for (; rest != places; place = strtoumax(places, &rest, 16)) {
        Call *call = call_at(run, place);
        if (call->times++ < 2)
            run->chosen[run->count] = true;
        call->last = run->count;
        places = rest;
    }
    run->count++;
}

/* Runs a program where no allocation fails. */
static void watch_allocations(const char *frail, const char *arguments, const char *path, Run *run)
{
    char line[2000];
    Command command = {.environment = {"FAIL_ALLOCATION_CALLS=calls", path}};
    Outcome outcome = whole_run(frail, arguments, &command);
    ck_assert_msg(outcome.status == 0, "%s: %s", arguments, outcome.err);
    outcome_free(&outcome);
    FILE *notes = fopen(whole_path("calls"), "r");
    ck_assert_ptr_nonnull(notes);
    while (fgets(line, sizeof line, notes) != NULL)
        add_allocation(run, line);
    fclose(notes);
    remove(whole_path("calls"));
    for (size_t i = 0; i < run->call_count; i++)
        run->chosen[run->calls[i].last] = true;
}

static void fail_allocation(const char *frail, const char *arguments, const char *path, size_t n)
{
    char number[64];
    size_t files = whole_count_files();
    snprintf(number, sizeof number, "FAIL_ALLOCATION=%zu", n);
    Command command = {.environment = {number, "FAIL_ALLOCATION_TRACE=trace", path}};
    Outcome outcome = whole_run(frail, arguments, &command);
    ck_assert_msg(remove(whole_path("trace")) == 0, "%s: %s never came", arguments, number);
    whole_check_failure(&outcome, frail, arguments, 1, "memory");
    ck_assert_msg(whole_count_files() == files, "%s: %s left a file", arguments, number);
    outcome_free(&outcome);
}

/* Runs a program again and again, each time with another allocation that fails. Gives their number.
 */
static size_t fail_allocations(const char *program, const char *arguments, const char *path)
{
    static Run run;
    char frail[128];
    size_t failed = 0;
    snprintf(frail, sizeof frail, "frail/%s", program);
    run.count = run.call_count = 0;
    watch_allocations(frail, arguments, path, &run);
    for (size_t i = 0; i < run.count; i++)
        if (run.chosen[i]) {
            fail_allocation(frail, arguments, path, i + 1);
            failed++;
        }
    return failed;
}

START_TEST(without_memory_there_is_one_line_and_no_file)
{
    whole_begin("failing_memory");
    ValidCall call = VALID_CALLS[_i];
    ck_assert_uint_gt(fail_allocations(call.program, call.arguments, NULL), 1);
}
END_TEST

START_TEST(without_memory_the_example_ends_with_one_line)
{
    whole_begin("failing_memory");
    /* The data of the pictures before the failure stay. */
    ck_assert_int_eq(mkdir(whole_path("pictures"), 0777), 0);
    fail_allocations(WHOLE_PROGRAMS[_i], "--plots pictures", "PATH=/nonexistent");
}
END_TEST

START_TEST(results_too_large_for_this_memory_are_refused)
{
    whole_begin("failing_memory");
    whole_expect_failure("06_positional_encoding",
                         "--positions 2000000000 --d-model 1000000000 --out out.npy", NULL, 1,
                         "out of memory");
    whole_expect_failure(
        "10_fast_attention",
        "--q 2x3.npy --k 4x3.npy --v 4x5.npy --repeat 1000000000000000000 --out out.npy", NULL, 1,
        "out of memory");
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("failing memory");
    add_named_rows(suite, "no memory", without_memory_there_is_one_line_and_no_file,
                   VALID_CALL_COUNT);
    add_named_rows(suite, "no memory for examples", without_memory_the_example_ends_with_one_line,
                   WHOLE_PROGRAM_COUNT);
    add_test(suite, results_too_large_for_this_memory_are_refused);
    return suite;
}
