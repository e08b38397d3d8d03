/* A program that gets no memory ends with exit status 1 and one line that says so. */
#include "assert.h"
#include "whole.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_ALLOCATIONS = 20000, MOST_CALLS = 2000 };

/* A call somewhere in a program, below which memory is asked for. */
typedef struct Call {
    uintmax_t place; /* where it comes back to */
    bool fresh;      /* no memory was asked for yet */
    size_t run;      /* the first run that asked */
    size_t last;     /* the last of its allocations there */
} Call;

/* One way of using a program after the other. */
typedef struct Runs {
    const char *program;
    Call calls[MOST_CALLS];
    size_t call_count, run;
    bool chosen[MOST_ALLOCATIONS]; /* to fail in this run */
    size_t count;                  /* its allocations */
} Runs;

static Call *call_at(Runs *runs, uintmax_t place)
{
    size_t i = 0;
    while (i < runs->call_count && runs->calls[i].place != place)
        i++;
    ck_assert_uint_lt(i, MOST_CALLS);
    if (i == runs->call_count)
        runs->calls[runs->call_count++] = (Call){.place = place, .fresh = true, .run = runs->run};
    return &runs->calls[i];
}

/* Chooses the first and the last allocation below each call that no earlier run has made: so it
 * fails with nothing and with everything there to be freed. The others would fail on the same ways,
 * and so would those of a training, which asks for the same memory step after step. */
static void add_allocation(Runs *runs, const char *places)
{
    char *rest;
    uintmax_t place = strtoumax(places, &rest, 16);
    runs->chosen[runs->count] = rest == places; /* nothing is known of the calls */
    for (; rest != places; place = strtoumax(places, &rest, 16)) {
        Call *call = call_at(runs, place);
        runs->chosen[runs->count] |= call->fresh;
        call->fresh = false;
        if (call->run == runs->run)
            call->last = runs->count;
        places = rest;
    }
    runs->count++;
}

/* Runs a program where no allocation fails. */
static void watch_allocations(const char *frail, const char *arguments, const char *path,
                              Runs *runs)
{
    char line[2000];
    Command command = {.environment = {"FAIL_ALLOCATION_CALLS=calls", path}};
    Outcome outcome = whole_run(frail, arguments, &command);
    ck_assert_msg(outcome.status == 0, "%s: %s", arguments, outcome.err);
    outcome_free(&outcome);
    runs->count = 0;
    FILE *notes = fopen(in("calls"), "r");
    ck_assert_ptr_nonnull(notes);
    while (runs->count < MOST_ALLOCATIONS && fgets(line, sizeof line, notes) != NULL)
        add_allocation(runs, line);
    fclose(notes);
    for (size_t i = 0; i < runs->call_count; i++)
        if (runs->calls[i].run == runs->run)
            runs->chosen[runs->calls[i].last] = true;
}

static void fail_allocation(const char *frail, const char *arguments, const char *path, size_t n)
{
    char number[64];
    size_t files = count_files(".");
    snprintf(number, sizeof number, "FAIL_ALLOCATION=%zu", n);
    Command command = {.environment = {number, "FAIL_ALLOCATION_TRACE=trace", path}};
    Outcome outcome = whole_run(frail, arguments, &command);
    ck_assert_msg(remove(in("trace")) == 0, "%s: %s never came", arguments, number);
    whole_check_failure(&outcome, frail, arguments, 1, "memory");
    ck_assert_msg(count_files(".") == files, "%s: %s left a file", arguments, number);
    outcome_free(&outcome);
}

#define TRAINED "m"

/* A tagger, and two sentences with their tags. */
static void make_trained(void)
{
    whole_expect_success("11_learning", "--task bank --steps 1 --model " TRAINED, NULL);
    put("words.txt", "5 3 9\n2 7 -1\n");
}

/* An empty directory, but for the inputs and one for pictures: their data stay when it fails. */
static void begin(const char *arguments)
{
    forget_files();
    whole_make_inputs(arguments);
    if (strstr(arguments, "--model " TRAINED " ") != NULL)
        make_trained();
    ck_assert_int_eq(mkdir(in("pictures"), 0777), 0);
}

/* Runs a program again and again, each time with another allocation that fails. */
static void fail_allocations(Runs *runs, const char *arguments, const char *path)
{
    char frail[128];
    snprintf(frail, sizeof frail, "frail/%s", runs->program);
    begin(arguments);
    watch_allocations(frail, arguments, path, runs);
    ck_assert_uint_gt(runs->count, 1);
    begin(arguments);
    for (size_t i = 0; i < runs->count; i++)
        if (runs->chosen[i])
            fail_allocation(frail, arguments, path, i + 1);
    runs->run++;
}

TEST_TIMES(without_memory_there_is_one_line_and_no_file, WHOLE_PROGRAM_COUNT)
{
    static Runs runs;
    runs.program = WHOLE_PROGRAMS[_i];
    for (size_t i = 0; i < valid_calls(); i++)
        if (strcmp(valid_call((int)i).program, runs.program) == 0)
            fail_allocations(&runs, valid_call((int)i).arguments, NULL);
    fail_allocations(&runs, "--plots pictures", "PATH=/nonexistent");
}

TEST(gradients_without_memory_are_one_line_and_no_file)
{
    static Runs runs = {.program = "11_learning"};
    fail_allocations(&runs,
                     "--model " TRAINED " --heads 1 --norm pre --gradients made --source words.txt "
                     "--target words.txt",
                     NULL);
}

/* The address sanitizer says a line of its own about what is too large for it. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { HEARS_THE_SANITIZER = true };
#else
enum { HEARS_THE_SANITIZER = false };
#endif

TEST(results_too_large_for_this_memory_are_refused)
{
    if (HEARS_THE_SANITIZER)
        return;
    whole_expect_failure("06_positional_encoding",
                         "--positions 2000000000 --d-model 1000000000 --out out.npy", NULL, 1,
                         "out of memory");
    whole_expect_failure(
        "10_fast_attention",
        "--q 2x3.npy --k 4x3.npy --v 4x5.npy --repeat 1000000000000000000 --out out.npy", NULL, 1,
        "out of memory");
}
