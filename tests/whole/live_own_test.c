/* The reader's own layer on the book's first page: what it reads, computes and refuses is what the
 * program of chapter 5 reads, computes and refuses; with a mask, that of chapter 7. */
#include "array.h"
#include "assert.h"
#include "frail_memory.h"
#include "live_own.h"
#include "matrices.h"
#include "self_attention.h"
#include "whole.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PROGRAM[] = "05_multi_head_attention", MASKED[] = "07_masking";
static const char BOTH[] = "--out out.npy --weights-out weights.npy";
static const char SMALL[] = "--x 4x3.npy --wq 3x6.npy --wk other_3x6.npy --wv 3x4.npy --wo 4x5.npy "
                            "--heads 2";

/* --- The page -------------------------------------------------------------------------------- */

static bool bring(size_t option, const char *name)
{
    enum { SIZE = 1 << 16 };
    static unsigned char bytes[SIZE];
    FILE *stream = fopen(in(name), "rb");
    ck_assert_ptr_nonnull(stream);
    size_t size = fread(bytes, 1, SIZE, stream);
    ck_assert_uint_lt(size, SIZE);
    fclose(stream);
    strcpy(live_own_name(), name);
    unsigned char *place = live_own_room(size);
    ck_assert_ptr_nonnull(place);
    memcpy(place, bytes, size);
    return live_own_read(option);
}

static size_t option_named(const char *name)
{
    size_t option = 0;
    while (live_own_option(option) != NULL && strcmp(live_own_option(option), name) != 0)
        option++;
    return option;
}

/* Brings the files that a call names, and finds its number of heads; false when one is refused. */
static bool bring_files(const char *arguments, size_t *heads)
{
    char words[ARGUMENTS_SIZE];
    snprintf(words, sizeof words, "%s", arguments);
    whole_make_inputs(arguments);
    live_own_forget();
    *heads = 0;
    for (char *name = strtok(words, " "); name != NULL; name = strtok(NULL, " ")) {
        size_t option = option_named(name + 2);
        char *value = strcmp(name, "--causal") != 0 ? strtok(NULL, " ") : NULL;
        if (strcmp(name, "--heads") == 0)
            *heads = strtoul(value, NULL, 10);
        else if (live_own_option(option) != NULL && !bring(option, value))
            return false;
    }
    return true;
}

static bool page_runs(const char *arguments)
{
    size_t heads;
    bool causal = strstr(arguments, "--causal") != NULL;
    return bring_files(arguments, &heads) && live_own_run(0, heads, causal);
}

/* --- The programs ---------------------------------------------------------------------------- */

static void expect_results(size_t sequence, size_t heads, Array out, Array weights)
{
    assert_matrix_equal(*live_own_matrix(LIVE_OUT), array_matrix(out, sequence));
    for (size_t h = 0; h < heads; h++) {
        ck_assert(live_own_head(h));
        assert_matrix_equal(*live_own_matrix(LIVE_WEIGHTS),
                            array_matrix(weights, sequence * heads + h));
    }
}

/* The program's results of each sequence are the page's. */
static void expect_same(const char *program, const char *files)
{
    char arguments[ARGUMENTS_SIZE];
    size_t heads;
    snprintf(arguments, sizeof arguments, "%s %s", files, BOTH);
    whole_expect_success(program, arguments, NULL);
    Array out = whole_read("out.npy"), weights = whole_read("weights.npy");
    ck_assert_msg(bring_files(files, &heads), "%s", live_error());
    ck_assert_uint_eq(live_own_sequences(), array_matrices(out));
    for (size_t s = 0; s < live_own_sequences(); s++) {
        ck_assert_msg(live_own_run(s, heads, program == MASKED), "%s", live_error());
        expect_results(s, heads, out, weights);
    }
    array_free(&out);
    array_free(&weights);
}

/* What the program says is what the page says, and then which file had which shape, or help. */
static void expect_same_refusal(const char *files)
{
    char arguments[ARGUMENTS_SIZE], start[ARGUMENTS_SIZE];
    snprintf(arguments, sizeof arguments, "%s %s", files, BOTH);
    Outcome outcome = whole_run(PROGRAM, arguments, NULL);
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_msg(!page_runs(files), "%s", outcome.err);
    size_t length = (size_t)snprintf(start, sizeof start, "%s: %s", PROGRAM, live_error());
    ck_assert_msg(strncmp(outcome.err, start, length) == 0, "the program: %s\nthe page: %s",
                  outcome.err, start);
    const char *rest = outcome.err + length;
    ck_assert_msg(*rest == '\n' || strncmp(rest, " [--", 4) == 0 || strncmp(rest, ": --", 4) == 0,
                  "%s", rest);
    outcome_free(&outcome);
}

/* --- Files of the tests ---------------------------------------------------------------------- */

/* Writes a .npy file of any header. */
static void put_npy(const char *name, const char *header, const void *data, size_t size)
{
    unsigned char bytes[1024] = "\x93NUMPY\x01";
    size_t length = strlen(header), start = 10;
    bytes[8] = (unsigned char)length;
    memcpy(bytes + start, header, length);
    memcpy(bytes + start + length, data, size);
    put_bytes(name, bytes, start + length + size);
}

static void put_doubles(const char *name, const char *order)
{
    char header[128];
    double numbers[12];
    for (size_t i = 0; i < 12; i++)
        numbers[i] = 0.3 * (double)i - 1;
    snprintf(header, sizeof header, "{'descr': '<f8', 'fortran_order': %s, 'shape': (4, 3), }",
             order);
    put_npy(name, header, numbers, sizeof numbers);
}

/* --- What is read and computed --------------------------------------------------------------- */

static const char *const WORKING[] = {
    SMALL,
    "--x 4x3.txt --wq 3x6.txt --wk other_3x6.npy --wv 3x4.npy --wo 4x5.txt --heads 2",
    "--x 4x3.npy --wq 3x6.npy --wk other_3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 1",
    "--x 1x3.npy --wq 3x6.npy --wk other_3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2",
    "--x 2x4x7.npy --wq 7x6.npy --wk other_7x6.npy --wv 7x15.npy --wo 15x6.npy --heads 3 "
    "--bq 1x6.npy --bk other_6.npy --bv 1x15.npy --bo other_1x6.npy",
    "--x 70x12.npy --wq 12x40.npy --wk other_12x40.npy --wv 12x16.npy --wo 16x35.npy --heads 8",
    "--x nan_4x3.npy --wq 3x6.npy --wk other_3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2",
    "--x 4x3.npy --wq one_nan_3x6.npy --wk other_3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2",
    "--x 4x3.npy --wq inf_3x6.npy --wk other_3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2",
    "--x double.npy --wq 3x6.npy --wk other_3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2",
    "--x fortran.npy --wq 3x6.npy --wk other_3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2",
};

TEST_ROWS(what_the_programs_compute_the_page_shows, WORKING)
{
    put_doubles("double.npy", "False");
    put_doubles("fortran.npy", "True");
    expect_same(PROGRAM, WORKING[_i]);
    char masked[ARGUMENTS_SIZE];
    snprintf(masked, sizeof masked, "%s --causal", WORKING[_i]);
    expect_same(MASKED, masked);
}

/* On the way to the result, each matrix is what the ones before it give. */
TEST(every_matrix_follows_from_those_before_it)
{
    size_t heads;
    ck_assert(bring_files(WORKING[4], &heads));
    ck_assert(live_own_run(1, heads, false));
    ck_assert(live_own_head(2));
    Matrix x = *live_own_matrix(LIVE_X), w_q = *live_own_matrix(LIVE_W_Q);
    Matrix b_q = *live_own_matrix(LIVE_B_Q), q = *live_own_matrix(LIVE_Q);
    Matrix k = *live_own_matrix(LIVE_K), scores = room(4, 4);
    for (size_t t = 0; t < q.rows; t++)
        for (size_t c = 0; c < q.cols; c++) {
            double sum = matrix_row(b_q, 0)[c];
            for (size_t i = 0; i < x.cols; i++)
                sum += (double)matrix_row(x, t)[i] * matrix_row(w_q, i)[c];
            assert_close(matrix_row(q, t)[c], sum, 1e-5);
        }
    assert_ok(attention_scores(q, k, 1, scores));
    assert_matrix_equal(*live_own_matrix(LIVE_SCORES), scores);
    assert_ok(attention_scores(q, k, attention_scale(2), scores));
    assert_matrix_equal(*live_own_matrix(LIVE_SCALED), scores);
    ck_assert_uint_eq(live_own_matrix(LIVE_CONCAT)->cols, 15);
    ck_assert_uint_eq(live_own_matrix(LIVE_W_O)->rows, 15);
}

TEST(the_names_and_shapes_are_those_of_the_program)
{
    size_t heads;
    ck_assert_str_eq(live_own_option(0), "x");
    ck_assert_str_eq(live_own_help(4), "the output projection, (heads d_v, d_out)");
    ck_assert_str_eq(live_own_option(8), "bo");
    ck_assert_ptr_null(live_own_option(9));
    ck_assert_ptr_null(live_own_help(9));
    ck_assert(bring_files("--x 2x4x7.npy", &heads));
    ck_assert_str_eq(live_own_shape(0), "(2, 4, 7)");
    ck_assert_ptr_null(live_own_shape(1));
    ck_assert_uint_eq(live_own_sequences(), 2);
}

/* --- What is refused ------------------------------------------------------------------------- */

/* Every call of the program's session that it refuses; those without --out or --heads are not the
 * page's. */
TEST(what_the_program_refuses_the_page_refuses_in_the_same_words)
{
    Session session = session_open(session_path(PROGRAM));
    size_t calls = 0;
    while (session_next(&session)) {
        char *arguments = strstr(session.call, " --x"), *out = strstr(session.call, " --out");
        if (arguments == NULL || out == NULL || strstr(session.call, "--heads ") == NULL)
            continue;
        *out = '\0';
        Outcome outcome = whole_run(PROGRAM, strcat(arguments, " --out out.npy"), NULL);
        *out = '\0';
        if (outcome.status != 0) {
            expect_same_refusal(arguments);
            calls++;
        }
        outcome_free(&outcome);
    }
    session_close(&session);
    ck_assert_uint_ge(calls, 17);
}

static const struct {
    const char *header;
    size_t size;
} BAD_HEADERS[] = {
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }", 47},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }", 49},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808, 3), }", 48},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 3), }", 48},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 4, 3), }", 48},
    {"{'descr': '<f2', 'fortran_order': False, 'shape': (4, 3), }", 24},
    {"{'descr': '>f4', 'fortran_order': False, 'shape': (4, 3), }", 48},
    {"{'descr': '<i8', 'fortran_order': False, 'shape': (4, 3), }", 96},
    {"{'descr': '|b1', 'fortran_order': False, 'shape': (4, 3), }", 12},
    {"{'descr': '<f4', 'shape': (4, 3), }", 48},
    {"no dictionary", 48},
};

TEST_ROWS(bad_files_are_refused_in_the_same_words, BAD_HEADERS)
{
    static const unsigned char ZEROS[96];
    put_npy("bad.npy", BAD_HEADERS[_i].header, ZEROS, BAD_HEADERS[_i].size);
    expect_same_refusal(
        "--x bad.npy --wq 3x6.npy --wk 3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2");
}

static const char *const BAD_TEXTS[] = {"", "1 2\n3\n", "PK\x03\x04", "1 2 x\n", "\x93NUM"};

TEST_ROWS(bad_texts_are_refused_in_the_same_words, BAD_TEXTS)
{
    put("bad.npy", BAD_TEXTS[_i]);
    expect_same_refusal(
        "--x bad.npy --wq 3x6.npy --wk 3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2");
}

static void expect_refusal(bool done, const char *reason)
{
    ck_assert(!done);
    ck_assert_str_eq(live_error(), reason);
    ck_assert_ptr_null(live_own_matrix(LIVE_OUT)->data);
}

TEST(what_the_page_has_no_room_for_is_refused)
{
    size_t heads;
    ck_assert(
        bring_files("--x 1025x1.npy --wq 1x2.npy --wk 1x2.npy --wv 1x2.npy --wo 2x1.npy", &heads));
    expect_refusal(live_own_run(0, 2, false), "x has 1025 tokens, but this page has room for 1024: "
                                              "five matrices of T x T");
    ck_assert(bring_files("--x 0x3x1.npy", &heads) && live_own_sequences() == 0);
    ck_assert(bring(option_named("x"), "1025x1.npy"));
    ck_assert(page_runs(SMALL));
    expect_refusal(live_own_run(1, 2, false), "x has no token to be shown");
    strcpy(live_own_name(), "long.npy");
    ck_assert_ptr_null(live_own_room(LIVE_OWN_BYTES + (size_t)1));
    ck_assert_str_eq(live_error(), "long.npy: 67108865 bytes, but this page has room for 67108864");
}

TEST(a_refused_file_leaves_what_was_there)
{
    ck_assert(page_runs(SMALL));
    put("bad.npy", "no numbers");
    ck_assert(!bring(0, "bad.npy"));
    ck_assert_str_eq(live_own_shape(0), "(4, 3)");
    ck_assert_ptr_nonnull(live_own_matrix(LIVE_OUT)->data);
    ck_assert(bring(0, "4x3.npy"));
    ck_assert_ptr_null(live_own_matrix(LIVE_OUT)->data);
    live_own_forget();
    ck_assert_ptr_null(live_own_shape(0));
}

TEST(without_memory_nothing_is_shown_and_later_everything_again)
{
    bool failed = true;
    size_t allocation = 1;
    whole_make_inputs(SMALL);
    for (; failed; allocation++) {
        size_t heads;
        ck_assert(bring_files(SMALL, &heads));
        memory_fail_at(allocation);
        bool shown = live_own_run(0, heads, true) && live_own_head(1);
        failed = memory_has_failed();
        memory_fail_at(0);
        ck_assert_msg(shown != failed, "allocation %zu", allocation);
        ck_assert_msg((live_own_matrix(LIVE_OUT)->data == NULL) == failed, "allocation %zu",
                      allocation);
    }
    ck_assert_uint_gt(allocation, 10);
    memory_fail_at(1);
    ck_assert_ptr_null(live_own_room(8));
    memory_fail_at(0);
    live_own_forget();
}
