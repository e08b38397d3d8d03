/* The program of chapter 10: on the reader's arrays it gives what chapter 7's program gives. */
#include "array.h"
#include "assert.h"
#include "whole.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char PROGRAM[] = "10_fast_attention";

#define LAYER                                                                                      \
    " --wq 3x6.npy --wk 3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2 --bq 6.npy --bk 1x6.npy"       \
    " --bv 4.npy --bo 5.npy"
#define QKV "--q 2x3.npy --k 4x3.npy --v 4x5.npy"

static const char *const CALLS[] = {
    "--x 4x3.npy" LAYER,
    "--x 40x3.npy --causal" LAYER,
    "--x 4x3.npy --context 6x3.npy --causal --past 2" LAYER,
    "--x 3x4x3.npy --context 3x6x3.npy --mask mask_3x4x6.npy --bias 2x4x6.npy --key-lengths "
    "6,1,4" LAYER,
    "--x 3x4x3.npy --context 6x3.npy --bias 4x6.npy --causal --past 1" LAYER,
    "--x 0x4x3.npy" LAYER,
    "--x one_nan_4x3.npy --causal" LAYER,
    QKV,
    QKV " --scale 0.5 --causal --past 1 --key-lengths 3",
    "--q 3x2x3.npy --k 3x6x3.npy --v 3x6x5.npy --mask mask_2x6.npy --bias 3x2x6.npy",
    "--q 2x3.npy --k 4x3.npy --v 4x5.npy --mask shut_2x4.npy",
};

static const char *const LEVELS[] = {"", " --isa baseline", " --threads 1", " --threads 3"};

/* Runs a program on a call, with more options. */
static void run(const char *program, const char *call, const char *more)
{
    char arguments[ARGUMENTS_SIZE];
    snprintf(arguments, sizeof arguments, "%s%s", call, more);
    whole_expect_success(program, arguments, NULL);
}

/* The arrays of two files have one shape, and their numbers are close; a NaN may equal a NaN. */
static void assert_same(const char *name, const char *other_name)
{
    Array one = whole_read(name), other = whole_read(other_name);
    char text[SHAPE_TEXT_SIZE], other_text[SHAPE_TEXT_SIZE];
    ck_assert_str_eq(array_shape_text(one, text), array_shape_text(other, other_text));
    for (size_t i = 0; i < array_matrices(one); i++) {
        Matrix a = array_matrix(one, i), b = array_matrix(other, i);
        for (size_t n = 0; n < a.rows * a.cols; n++) {
            ck_assert((a.data[n] != a.data[n]) == (b.data[n] != b.data[n]));
            if (a.data[n] == a.data[n])
                assert_close(a.data[n], b.data[n], TOLERANCE);
        }
    }
    array_free(&one);
    array_free(&other);
}

TEST_ROWS(the_results_are_those_of_chapter_7, CALLS)
{
    run("07_masking", CALLS[_i], " --out expected.npy --weights-out expected_weights.npy");
    for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++) {
        char more[ARGUMENTS_SIZE];
        snprintf(more, sizeof more, " --out out.npy%s", LEVELS[i]);
        run(PROGRAM, CALLS[_i], more);
        assert_same("out.npy", "expected.npy");
    }
    run(PROGRAM, CALLS[_i], " --out out.npy --weights-out weights.npy");
    assert_same("out.npy", "expected.npy");
    assert_same("weights.npy", "expected_weights.npy");
}

/* Few queries, and so many keys of so few columns that panels would be filling only. */
#define NARROW " --wq 1x1.npy --wk 1x1.npy --wv 1x1.npy --wo 1x1.npy --heads 1"
static const char *const THIN[] = {
    "--q 1x1.npy --k 1000000x1.npy --v 1000000x1.npy",
    "--q 3x1.npy --k 1000000x1.npy --v 1000000x1.npy --causal --past 900000 --key-lengths 800000",
    ("--x 2x1.npy --context 1000000x1.npy --key-lengths 900000" NARROW),
};

/* The most memory that a program of this test has used so far. */
static long most_memory(void)
{
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_CHILDREN, &usage), 0);
    return usage.ru_maxrss;
}

TEST_ROWS(thin_shapes_take_no_more_than_in_chapter_7, THIN)
{
    run("07_masking", THIN[_i], " --out expected.npy");
    long before = most_memory();
    run(PROGRAM, THIN[_i], " --out out.npy");
    assert_same("out.npy", "expected.npy");
    ck_assert_msg(most_memory() < before + before / 2, "%s: %ld beside %ld", THIN[_i],
                  most_memory(), before);
}

TEST(repeated_runs_are_measured_in_one_line_on_standard_error)
{
    static const char *const ARGUMENTS[] = {"--x 4x3.npy" LAYER, QKV, "--x 3x4x3.npy" LAYER};
    for (size_t i = 0; i < 3; i++) {
        char arguments[ARGUMENTS_SIZE], isa[20];
        unsigned long runs, threads;
        double milliseconds, speed;
        snprintf(arguments, sizeof arguments,
                 "%s --out out.npy --repeat 4 --threads 1 --isa baseline", ARGUMENTS[i]);
        Outcome outcome = whole_run(PROGRAM, arguments, NULL);
        ck_assert_int_eq(outcome.status, 0);
        ck_assert_str_eq(outcome.out, "");
        ck_assert_uint_eq(count_lines(outcome.err), 1);
        /* NOLINTNEXTLINE(cert-err34-c): the count tells whether all numbers were there */
        int found = sscanf(outcome.err, "runs=%lu median_ms=%lf gflops=%lf threads=%lu isa=%19s",
                           &runs, &milliseconds, &speed, &threads, isa);
        ck_assert_int_eq(found, 5);
        ck_assert_uint_eq(runs, 4);
        ck_assert_uint_eq(threads, 1);
        ck_assert_str_eq(isa, "baseline");
        ck_assert(milliseconds >= 0.0 && speed >= 0.0);
        outcome_free(&outcome);
    }
}

/* How many threads a run says it had; it must say nothing else. */
static unsigned long threads_of(const char *more, const char *environment)
{
    char arguments[ARGUMENTS_SIZE];
    Command command = {.environment = {environment}, .seconds = 5};
    unsigned long threads = 0;
    snprintf(arguments, sizeof arguments, "--q 512x8.npy --k 300x8.npy --v 300x40.npy%s %s", more,
             "--repeat 1 --out out.npy");
    Outcome outcome = whole_run(PROGRAM, arguments, &command);
    const char *told = strstr(outcome.err, "threads=");
    ck_assert_msg(outcome.status == 0 && told != NULL, "%s %s: status %d, \"%s\"", more,
                  environment, outcome.status, outcome.err);
    ck_assert_uint_eq(count_lines(outcome.err), 1);
    threads = strtoul(told + strlen("threads="), NULL, 10);
    outcome_free(&outcome);
    return threads;
}

TEST(no_number_of_threads_does_harm)
{
    static const char *const OPTIONS[] = {" --threads 1000", " --threads 100000",
                                          " --threads 4294967296",
                                          " --threads 18446744073709551615"};
    static const char *const VARIABLES[] = {
        "OMP_NUM_THREADS=0",       "OMP_NUM_THREADS=-1",     "OMP_NUM_THREADS=1000",
        "OMP_NUM_THREADS=1000000", "OMP_NUM_THREADS=a lot",  "OMP_NUM_THREADS=99999999999999999999",
        "OMP_NUM_THREADS=",        "OMP_NUM_THREADS=1000,2", "OMP_NUM_THREADS=2,",
        "OMP_NUM_THREADS= 3 , 2 "};
    forget_files();
    unsigned long most = threads_of(" --threads 1000", "OMP_NUM_THREADS=1");
    ck_assert_uint_ge(most, 1);
    ck_assert_uint_le(most, 1000);
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
        ck_assert_uint_eq(threads_of(OPTIONS[i], "OMP_NUM_THREADS=1"), most);
    for (size_t i = 0; i < sizeof VARIABLES / sizeof *VARIABLES; i++)
        ck_assert_uint_le(threads_of("", VARIABLES[i]), most);
}

TEST(the_environment_chooses_the_level)
{
    const Command baseline = {.environment = {"HEADWISE_ISA=baseline"}};
    const Command empty = {.environment = {"HEADWISE_ISA="}};
    const Command wrong = {.environment = {"HEADWISE_ISA=sse9"}};
    Outcome outcome = whole_run(PROGRAM, QKV " --out out.npy --repeat 1", &baseline);
    ck_assert_ptr_nonnull(strstr(outcome.err, "isa=baseline"));
    outcome_free(&outcome);
    forget_files();
    whole_expect_success(PROGRAM, QKV " --out out.npy", &empty);
    whole_expect_failure(PROGRAM, QKV " --isa avx9 --out alone.npy", &empty, 2, "--isa: ");
    forget_files();
    whole_expect_failure(PROGRAM, QKV " --out out.npy", &wrong, 2,
                         "HEADWISE_ISA: unknown level sse9");
    whole_expect_failure(PROGRAM, "", &wrong, 2, "unknown level sse9");
}

/* What the processor has is not enough: the kernels must be there, too. */
TEST(a_build_without_flags_for_single_files_works)
{
    static const char PLAIN[] = "plain/10_fast_attention";
    run("07_masking", QKV, " --out expected.npy");
    run(PLAIN, QKV, " --out out.npy");
    assert_same("out.npy", "expected.npy");
    run(PLAIN, QKV, " --isa baseline --out out.npy");
    whole_expect_example(PLAIN, "", "isa ");
}
