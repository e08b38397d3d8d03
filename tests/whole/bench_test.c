/* The benchmark in its tiniest form: what it writes has the right form; a wrong result ends it. */
#include "assert.h"
#include "whole.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of bench.csv, cut at its commas; no competitor in the tiny form has one in its name. */
enum { FIELDS = 20, LINES = 256 };

#define HEAD                                                                                       \
    "kind,batch,tokens,d_model,heads,causal,threads,family,competitor,state,turns,least_ms,q1_ms," \
    "median_ms,q3_ms,giga_per_second,percent_of_roof,error,peak_mib,processor_ms"

static Outcome run_bench(const char *const *words)
{
    Command command = {.words = {BUILD "/bench/bin/bench", "--into", NULL, "--workers"},
                       .seconds = 120};
    static char into[1024];
    snprintf(into, sizeof into, "%s", in("bench"));
    command.words[2] = into;
    command.words[4] = words[0];
    for (size_t i = 1; words[i] != NULL; i++)
        command.words[4 + i] = words[i];
    return process_run(&command);
}

static char *read_csv(void)
{
    FILE *file = fopen(in("bench/bench.csv"), "r");
    ck_assert_ptr_nonnull(file);
    char *text = calloc(1, 65536);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_gt(fread(text, 1, 65535, file), sizeof HEAD);
    (void)fclose(file);
    return text;
}

static size_t cut(char *line, char *fields[FIELDS])
{
    size_t count = 0;
    while (count < FIELDS) {
        fields[count++] = line;
        line += strcspn(line, ",");
        if (*line == '\0')
            break;
        *line++ = '\0';
    }
    return count;
}

static void check_line(char *line)
{
    char *fields[FIELDS];
    ck_assert_uint_eq(cut(line, fields), FIELDS);
    bool memory = strcmp(fields[0], "memory") == 0, roof = strcmp(fields[7], "\"roof\"") == 0;
    ck_assert_uint_ge(strtoul(fields[2], NULL, 10), 5);
    bool timed = strcmp(fields[9], "timed") == 0;
    ck_assert_msg(timed || strcmp(fields[9], "refused") == 0, "%s", fields[9]);
    ck_assert_double_le(strtod(fields[17], NULL), TOLERANCE);
    if (!timed || roof)
        return;
    for (size_t quartile = 11; quartile < 14; quartile++)
        ck_assert_double_le(strtod(fields[quartile], NULL), strtod(fields[quartile + 1], NULL));
    ck_assert_double_gt(strtod(fields[11], NULL), 0.0);
    ck_assert_double_gt(strtod(fields[15], NULL), 0.0);
    if (strcmp(fields[0], "step") == 0)
        ck_assert_double_gt(strtod(fields[19], NULL), 0.0);
    if (memory)
        ck_assert_double_gt(strtod(fields[18], NULL), 0.1);
    else
        ck_assert_double_gt(strtod(fields[16], NULL), 0.0);
}

TEST(the_bench_measures_and_checks_everything)
{
    Outcome outcome = run_bench((const char *const[]){BUILD "/bench/bin", "--tiny", NULL});
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    static const char *const SHOWN[] = {"processor ",
                                        "roof ",
                                        "checked ",
                                        "Times as long",
                                        "33x12x3 causal",
                                        "bench.csv",
                                        "9x12x3 language model "};
    for (size_t i = 0; i < sizeof SHOWN / sizeof *SHOWN; i++)
        ck_assert_msg(strstr(outcome.out, SHOWN[i]) != NULL, "%s is missing", SHOWN[i]);
    ck_assert_ptr_nonnull(strstr(outcome.err, "s left\n"));
    outcome_free(&outcome);
    char *text = read_csv(), *lines[LINES] = {NULL};
    size_t count = 0;
    for (char *rest = strtok(text, "\n"); rest != NULL && count < LINES; rest = strtok(NULL, "\n"))
        lines[count++] = rest;
    size_t head = 0;
    while (head < count && strncmp(lines[head], "# ", 2) == 0)
        head++;
    ck_assert_ptr_eq(strstr(lines[0], "# processor "), lines[0]);
    ck_assert_uint_gt(count - head, 20);
    ck_assert_str_eq(lines[head], HEAD);
    for (size_t i = head + 1; i < count; i++)
        check_line(lines[i]);
    free(text);
}

TEST(the_bench_says_who_is_absent)
{
    Outcome outcome =
        run_bench((const char *const[]){"no-such-directory", "--tiny", "--training", NULL});
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert_ptr_nonnull(strstr(outcome.out, "fast      absent: No such file or directory\n"));
    ck_assert_ptr_null(strstr(outcome.out, "fast layer"));
    outcome_free(&outcome);
}

TEST(a_wrong_result_ends_the_bench_with_a_failure)
{
    /* workers that answer, but compute nothing: their result is a layer's first input */
    static const char WORKER[] =
        "#!/bin/sh\n"
        "[ $1 != plain ] || exec " BUILD "/bench/bin/training_worker plain $2\n"
        "echo ready a liar\n"
        "while read -r word a b c d e f g; do\n"
        "    case $word in\n"
        "    case) directory=$g ;;\n"
        "    result) cp \"$directory/x.npy\" \"$a\" ;;\n"
        "    esac\n"
        "    echo ok 0.001 0\n"
        "done\n";
    forget_files();
    put_bytes("headwise_worker", WORKER, sizeof WORKER - 1);
    put_bytes("training_worker", WORKER, sizeof WORKER - 1);
    char directory[1024];
    snprintf(directory, sizeof directory, "%s", in("."));
    Command mode = {.words = {"/bin/chmod", "-R", "755", directory}};
    Outcome outcome = process_run(&mode);
    outcome_free(&outcome);
    outcome = run_bench((const char *const[]){directory, "--tiny", NULL});
    ck_assert_int_eq(outcome.status, 1);
    ck_assert_ptr_nonnull(strstr(outcome.err, "results are wrong"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "wrong: fast layer differs from the oracle"));
    ck_assert_ptr_nonnull(
        strstr(outcome.out, "wrong: chapter 11's fast pass differs from the first"));
    outcome_free(&outcome);
}

/* One competitor twice as fast as the other, on one core. */
#define MEASURED                                                                                   \
    "# processor of nobody\n" HEAD "\n"                                                            \
    "layer,1,64,12,3,1,1,\"roof\",\"roof\",timed,0,,,,,,,0,0.0,\n"                                 \
    "layer,1,64,12,3,1,1,\"fast\",\"fast layer\",timed,9,1,2,4,5,0.043392,60,1e-07,0.0,3\n"        \
    "layer,1,64,12,3,1,1,\"slower\",\"slower, kept\",timed,9,7,7.5,8,9,0.021696,30,1e-07,0.0,3\n"

/* A training step, and another that takes half as long again. */
#define STEPS                                                                                      \
    "step,16,64,12,3,0,1,\"fast\",\"fast\",timed,9,1,2,4,5,16.8284,60,1e-07,0.0,3\n"               \
    "forward,16,64,12,3,0,1,\"fast\",\"fast\",timed,9,1,1,1,1,0.04,60,0,0.0,\n"                    \
    "backward,16,64,12,3,0,1,\"fast\",\"fast\",timed,9,1,1,2,2,0.04,60,0,0.0,\n"                   \
    "step,16,64,12,3,0,1,\"other\",\"other\",timed,9,1,2,6,7,0.04,40,1e-07,0.0,12\n"               \
    "forward,16,64,12,3,0,1,\"other\",\"other\",timed,9,1,1,2,2,0.04,40,0,0.0,\n"                  \
    "backward,16,64,12,3,0,1,\"other\",\"other\",timed,9,1,1,5,5,0.04,40,0,0.0,\n"

static Outcome show_again(const char *text)
{
    forget_files();
    put_bytes("measured.csv", text, strlen(text));
    char path[1024];
    snprintf(path, sizeof path, "%s", in("measured.csv"));
    return run_bench((const char *const[]){BUILD "/bench/bin", "--from", path, NULL});
}

TEST(what_was_measured_is_shown_again)
{
    Outcome outcome = show_again(MEASURED);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    static const char *const SHOWN[] = {
        "\n  processor of nobody\n",
        "\n  64x12x3 causal             4           2..5 ", /* the quartiles as they stand */
        "\n  T x d_model x heads    fast  slower\n  64x12x3 causal        1.00    2.00\n",
        "\n  T x d_model x heads    fast  slower\n  64x12x3 causal        60.0    30.0\n"};
    for (size_t i = 0; i < sizeof SHOWN / sizeof *SHOWN; i++)
        ck_assert_msg(strstr(outcome.out, SHOWN[i]) != NULL, "no%s in\n%s", SHOWN[i], outcome.out);
    outcome_free(&outcome);
}

TEST(measured_training_steps_are_shown_again)
{
    Outcome outcome = show_again(HEAD "\n" STEPS);
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    static const char *const SHOWN[] = {
        "\n  64x12x3 encoder-decoder            4           2..5                 1         2       "
        "  3      60.0\n",
        "\n  64x12x3 encoder-decoder       1.50    2.00    2.50    4.00 \n"};
    for (size_t i = 0; i < sizeof SHOWN / sizeof *SHOWN; i++)
        ck_assert_msg(strstr(outcome.out, SHOWN[i]) != NULL, "no%s in\n%s", SHOWN[i], outcome.out);
    ck_assert_ptr_null(strstr(outcome.out, "fast layer"));
    outcome_free(&outcome);
}

TEST(what_was_not_measured_by_the_bench_is_refused)
{
    static const struct {
        const char *text, *message;
    } CASES[] = {
        {"", "measured.csv: nothing was measured\n"},
        {"1,2,3\n", "measured.csv: line 1 is not one of bench.csv\n"},
        {MEASURED "layer,1,64,12,3,1,1,\"x\",\"y\",timed,9,1,2,4,5,30,60,1e-07\n", "line 6 is not"},
        {MEASURED "layer,1,64,12,3,1,1,\"x\",\"y\",timed,9,1,2,4,5,30,60,1e-07,0.0,3",
         "line 6 is not"},
        {MEASURED "banana,1,64,12,3,1,1,\"x\",\"y\",timed,9,1,2,4,5,30,60,1e-07,0.0,3\n",
         "line 6 is"},
        {MEASURED "layer,1,64,12,3,1,1,\"x\",\"y\",ripe,9,1,2,4,5,30,60,1e-07,0.0,3\n",
         "line 6 is not"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        Outcome outcome = show_again(CASES[i].text);
        ck_assert_int_eq(outcome.status, 2);
        ck_assert_msg(strstr(outcome.err, CASES[i].message) != NULL, "%s", outcome.err);
        outcome_free(&outcome);
    }
    forget_files();
    Outcome outcome =
        run_bench((const char *const[]){BUILD "/bench/bin", "--from", "not-there.csv", NULL});
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "not-there.csv: No such file or directory\n"));
    outcome_free(&outcome);
}
