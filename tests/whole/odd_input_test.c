/* Input that is odd but not wrong: empty arrays, NaN, infinity, text, standard input. */
#include "assert.h"
#include "example.h"
#include "program.h"
#include "whole.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void begin(void)
{
    whole_begin("odd_input");
}

static void expect_shape(const char *arguments, const char *name, const char *shape)
{
    char text[SHAPE_TEXT_SIZE];
    Array array = whole_read(name);
    ck_assert_msg(strcmp(array_shape_text(array, text), shape) == 0, "%s: %s is %s, expected %s",
                  arguments, name, text, shape);
    array_free(&array);
}

static void expect_shapes(ValidCall call)
{
    whole_expect_success(call.program, call.arguments, NULL);
    expect_shape(call.arguments, "out.npy", call.out);
    if (call.weights != NULL)
        expect_shape(call.arguments, "weights.npy", call.weights);
}

/* --- Calls that work ------------------------------------------------------------------------- */

START_TEST(results_have_the_expected_shapes)
{
    begin();
    expect_shapes(VALID_CALLS[_i]);
}
END_TEST

static void read_bytes(const char *name, Outcome *outcome)
{
    Command command = {.words = {"/bin/cat", whole_path(name)}};
    *outcome = process_run(&command);
    ck_assert_int_eq(outcome->status, 0);
}

static void run_into(ValidCall call, const char *input, const char *out, const Command *extra)
{
    char arguments[ARGUMENTS_SIZE], *tail;
    if (whole_inputs(call.arguments) > 0)
        whole_replace(call.arguments, 0, input, arguments);
    else
        snprintf(arguments, sizeof arguments, "%s", call.arguments);
    tail = strstr(arguments, " --out out.npy");
    ck_assert_ptr_nonnull(tail);
    snprintf(tail, sizeof arguments - (size_t)(tail - arguments), " --out %s", out);
    whole_expect_success(call.program, arguments, extra);
}

START_TEST(a_pipe_gives_the_same_as_a_file)
{
    begin();
    ValidCall call = VALID_CALLS[_i];
    Outcome input = {.status = 0}, direct, piped;
    run_into(call, "*", "direct.txt", NULL);
    read_bytes("direct.txt", &direct);
    if (whole_inputs(call.arguments) > 0) {
        char name[ARGUMENTS_SIZE];
        snprintf(name, sizeof name, "%s", strchr(call.arguments, ' ') + 1);
        *strchr(name, ' ') = '\0';
        read_bytes(name, &input);
    }
    Command command = {.input = input.out, .input_size = input.out_size};
    run_into(call, "-", "piped.txt", &command);
    read_bytes("piped.txt", &piped);
    ck_assert_uint_gt(direct.out_size, 0);
    ck_assert_str_eq(piped.out, direct.out);
    outcome_free(&input);
    outcome_free(&direct);
    outcome_free(&piped);
}
END_TEST

START_TEST(results_may_go_to_standard_output)
{
    begin();
    char arguments[ARGUMENTS_SIZE];
    ValidCall call = VALID_CALLS[_i];
    Outcome direct, printed;
    run_into(call, "*", "direct.txt", NULL);
    read_bytes("direct.txt", &direct);
    snprintf(arguments, sizeof arguments, "%.*s --out -",
             (int)(strstr(call.arguments, " --out ") - call.arguments), call.arguments);
    printed = whole_run(call.program, arguments, NULL);
    ck_assert_int_eq(printed.status, 0);
    ck_assert_str_eq(printed.out, direct.out);
    ck_assert_str_eq(printed.err, "");
    outcome_free(&direct);
    outcome_free(&printed);
}
END_TEST

/* --- Nothing --------------------------------------------------------------------------------- */

#define OUT " --out out.npy"
#define OUT_AND_WEIGHTS " --out out.npy --weights-out weights.npy"
#define LAYER " --wq 3x6.npy --wk 3x6.npy --wv 3x4.npy --wo 4x5.npy --heads 2"

/* What sums over nothing, or over what is blocked, is zero. */
static const ValidCall EMPTY[] = {
    {"01_dot_products", "--a 0x3.npy --b 3x4.npy" OUT, "(0, 4)", NULL},
    {"01_dot_products", "--a 2x0.npy --b 0x4.npy" OUT, "(2, 4)", NULL},
    {"02_softmax", "--x 0x5.npy" OUT, "(0, 5)", NULL},
    {"02_softmax", "--x 2x0.npy" OUT, "(2, 0)", NULL},
    {"02_softmax", "--x 0x2x5.npy" OUT, "(0, 2, 5)", NULL},
    {"03_self_attention", "--x 0x3.npy --wq 3x2.npy --wk 3x2.npy --wv 3x5.npy" OUT_AND_WEIGHTS,
     "(0, 5)", "(0, 0)"},
    {"03_self_attention", "--x 0x4x3.npy --wq 3x2.npy --wk 3x2.npy --wv 3x5.npy" OUT_AND_WEIGHTS,
     "(0, 4, 5)", "(0, 4, 4)"},
    {"03_self_attention", "--q 2x3.npy --k 0x3.npy --v 0x5.npy" OUT_AND_WEIGHTS, "(2, 5)",
     "(2, 0)"},
    {"03_self_attention", "--q 0x3.npy --k 4x3.npy --v 4x5.npy" OUT_AND_WEIGHTS, "(0, 5)",
     "(0, 4)"},
    {"04_head_splitting", "--x 0x6.npy --heads 3" OUT, "(3, 0, 2)", NULL},
    {"04_head_splitting", "--x 0x4x6.npy --heads 3" OUT, "(0, 3, 4, 2)", NULL},
    {"05_multi_head_attention", "--x 0x3.npy" LAYER OUT_AND_WEIGHTS, "(0, 5)", "(2, 0, 0)"},
    {"05_multi_head_attention", "--x 0x4x3.npy" LAYER OUT_AND_WEIGHTS, "(0, 4, 5)", "(0, 2, 4, 4)"},
    {"06_positional_encoding", "--x 0x5.npy" OUT, "(0, 5)", NULL},
    {"06_positional_encoding", "--x 4x0.npy" OUT, "(4, 0)", NULL},
    {"06_positional_encoding", "--positions 0 --d-model 5" OUT, "(0, 5)", NULL},
    {"06_positional_encoding", "--positions 4 --d-model 0" OUT, "(4, 0)", NULL},
    {"07_masking", "--x 0x3.npy --causal" LAYER OUT_AND_WEIGHTS, "(0, 5)", "(2, 0, 0)"},
    {"07_masking", "--x 4x3.npy --context 0x3.npy" LAYER OUT_AND_WEIGHTS, "(4, 5)", "(2, 4, 0)"},
    {"07_masking", "--x 4x3.npy --key-lengths 0" LAYER OUT_AND_WEIGHTS, "(4, 5)", "(2, 4, 4)"},
    {"07_masking", "--x 4x3.npy --mask shut_4x4.npy" LAYER OUT_AND_WEIGHTS, "(4, 5)", "(2, 4, 4)"},
    {"07_masking", "--q 2x3.npy --k 0x3.npy --v 0x5.npy --causal" OUT_AND_WEIGHTS, "(2, 5)",
     "(2, 0)"},
    {"07_masking", "--q 2x3.npy --k 4x3.npy --v 4x5.npy --mask shut_2x4.npy" OUT_AND_WEIGHTS,
     "(2, 5)", "(2, 4)"},
    {"08_transformer_block", "--x 0x8.npy --model encoder.model --heads 2" OUT, "(0, 8)", NULL},
    {"08_transformer_block", "--x 0x4x8.npy --model encoder.model --heads 2" OUT, "(0, 4, 8)",
     NULL},
};

static void expect_zeros(const char *arguments, const char *name)
{
    Array array = whole_read(name);
    for (size_t i = 0; i < array_size(array); i++)
        ck_assert_msg(array.data[i] == 0.0f, "%s: element %zu of %s is %g, expected 0", arguments,
                      i, name, (double)array.data[i]);
    array_free(&array);
}

START_TEST(of_nothing_the_results_are_empty_or_zeros)
{
    begin();
    ValidCall call = EMPTY[_i];
    expect_shapes(call);
    expect_zeros(call.arguments, "out.npy");
    if (call.weights != NULL)
        expect_zeros(call.arguments, "weights.npy");
}
END_TEST

/* --- NaN and infinity ------------------------------------------------------------------------ */

static size_t count_nan(const char *name)
{
    Array array = whole_read(name);
    size_t count = 0;
    for (size_t i = 0; i < array_size(array); i++)
        count += isnan(array.data[i]) != 0;
    array_free(&array);
    return count;
}

/* A mask takes ones and zeros only. */
static bool replaces_mask(ValidCall call, const char *changed)
{
    return strstr(call.arguments, "mask_") != NULL && strstr(changed, " mask_") == NULL;
}

START_TEST(infinities_and_nan_pass_through)
{
    begin();
    for (size_t input = 0; input < whole_inputs(VALID_CALLS[_i].arguments); input++) {
        char arguments[ARGUMENTS_SIZE];
        ValidCall call = VALID_CALLS[_i];
        whole_replace(VALID_CALLS[_i].arguments, input, "nan_*", arguments);
        if (replaces_mask(VALID_CALLS[_i], arguments))
            continue;
        call.arguments = arguments;
        expect_shapes(call);
        ck_assert_msg(count_nan("out.npy") > 0, "%s: no NaN came out", arguments);
        whole_replace(VALID_CALLS[_i].arguments, input, "inf_*", arguments);
        expect_shapes(call);
    }
}
END_TEST

/* A single NaN, the last number of the first row, and how far it spreads: 'N' is NaN. */
static const struct {
    const char *program, *arguments, *out, *weights;
} SPREADING[] = {
    {"01_dot_products", "--a one_nan_2x3.npy --b 3x4.npy" OUT, "NNNN ....", NULL},
    {"01_dot_products", "--a 2x3.npy --b one_nan_3x4.npy" OUT, "...N ...N", NULL},
    {"02_softmax", "--x one_nan_2x5.npy" OUT, "NNNNN .....", NULL},
    {"03_self_attention", "--q one_nan_2x3.npy --k 4x3.npy --v 4x5.npy" OUT_AND_WEIGHTS,
     "NNNNN .....", "NNNN ...."},
    {"03_self_attention", "--q 2x3.npy --k 4x3.npy --v one_nan_4x5.npy" OUT_AND_WEIGHTS,
     "....N ....N", ".... ...."},
    {"04_head_splitting", "--x one_nan_2x6.npy --heads 3" OUT, ".. .. .. .. .N ..", NULL},
    {"06_positional_encoding", "--x one_nan_2x5.npy" OUT, "....N .....", NULL},
    /* The mask keeps the second query from the first key. */
    {"07_masking",
     "--q 2x3.npy --k 4x3.npy --v one_nan_4x5.npy --mask mask_2x4.npy" OUT_AND_WEIGHTS,
     "....N .....", ".... ...."},
    {"07_masking",
     "--q 2x3.npy --k one_nan_4x3.npy --v 4x5.npy --mask mask_2x4.npy" OUT_AND_WEIGHTS,
     "NNNNN .....", "N.NN ...."},
};

static void expect_pattern(const char *arguments, const char *name, const char *pattern)
{
    Array array = whole_read(name);
    size_t index = 0;
    for (const char *mark = pattern; *mark != '\0'; mark++) {
        if (*mark == ' ')
            continue;
        ck_assert_uint_lt(index, array_size(array));
        ck_assert_msg((isnan(array.data[index]) != 0) == (*mark == 'N'),
                      "%s: element %zu of %s is %g, expected NaN at the N of \"%s\"", arguments,
                      index, name, (double)array.data[index], pattern);
        index++;
    }
    ck_assert_uint_eq(index, array_size(array));
    array_free(&array);
}

START_TEST(a_nan_spreads_as_far_as_it_is_used)
{
    begin();
    whole_expect_success(SPREADING[_i].program, SPREADING[_i].arguments, NULL);
    expect_pattern(SPREADING[_i].arguments, "out.npy", SPREADING[_i].out);
    if (SPREADING[_i].weights != NULL)
        expect_pattern(SPREADING[_i].arguments, "weights.npy", SPREADING[_i].weights);
}
END_TEST

/* --- Help ------------------------------------------------------------------------------------ */

/* Characters, as UTF-8 has them: the bytes that do not continue one. */
static size_t line_width(const char *line)
{
    size_t width = 0;
    for (; *line != '\0' && *line != '\n'; line++)
        width += ((unsigned char)*line & 0xC0) != 0x80;
    return width;
}

START_TEST(help_fits_the_terminal)
{
    begin();
    Outcome outcome = whole_run(WHOLE_PROGRAMS[_i], "--help", NULL);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.err, "");
    for (const char *line = outcome.out; *line != '\0'; line += strcspn(line, "\n") + 1)
        ck_assert_msg(line_width(line) <= 100, "%s --help: too wide: %.*s", WHOLE_PROGRAMS[_i],
                      (int)strcspn(line, "\n"), line);
    outcome_free(&outcome);
}
END_TEST

START_TEST(help_names_the_options_that_are_used)
{
    begin();
    char arguments[ARGUMENTS_SIZE];
    Outcome outcome = whole_run(VALID_CALLS[_i].program, "--help", NULL);
    snprintf(arguments, sizeof arguments, "%s", VALID_CALLS[_i].arguments);
    for (char *word = strtok(arguments, " "); word != NULL; word = strtok(NULL, " "))
        if (strncmp(word, "--", 2) == 0) {
            char line[ARGUMENTS_SIZE + 4];
            snprintf(line, sizeof line, "\n  %s ", word);
            ck_assert_msg(strstr(outcome.out, line) != NULL, "%s --help does not tell of %s",
                          VALID_CALLS[_i].program, word);
        }
    outcome_free(&outcome);
}
END_TEST

/* --- Calls ----------------------------------------------------------------------------------- */

START_TEST(every_program_has_a_call_that_works)
{
    size_t calls = 0;
    for (size_t i = 0; i < VALID_CALL_COUNT; i++)
        calls += strcmp(VALID_CALLS[i].program, WHOLE_PROGRAMS[_i]) == 0;
    ck_assert_msg(calls > 0, "tests/support/valid_calls.c has no call of %s", WHOLE_PROGRAMS[_i]);
}
END_TEST

/* --- Long texts ------------------------------------------------------------------------------ */

enum { MOST_BYTES = 1 << 20 };

/* So many words that are known, in no simple order. */
static char *long_text(size_t count)
{
    enum { ROOM = 16 }; /* for a word */
    size_t known = 0, used = 0;
    while (vocabulary_word(known) != NULL)
        known++;
    char *text = malloc(count * ROOM);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, ROOM, "%s ", vocabulary_word(i * i % known));
    return text;
}

START_TEST(a_long_text_takes_neither_long_nor_much)
{
    static const size_t COUNTS[] = {100, 4000};
    begin();
    for (size_t i = 0; i < COUNT(COUNTS); i++) {
        char *text = long_text(COUNTS[i]), path[ARGUMENTS_SIZE], words[64];
        snprintf(path, sizeof path, "%s/bin/%s", BUILD, WHOLE_PROGRAMS[_i]);
        snprintf(words, sizeof words, " of %zu words", COUNTS[i]);
        Outcome outcome = process_run(&(Command){.words = {path, text},
                                                 .environment = {"PATH=/nonexistent"},
                                                 .directory = whole_path("."),
                                                 .seconds = 30});
        ck_assert_msg(outcome.status == 0, "%s, %zu words: status %d, \"%s\"", path, COUNTS[i],
                      outcome.status, outcome.err);
        ck_assert_uint_lt(outcome.out_size, MOST_BYTES);
        if (COUNTS[i] > PROGRAM_MOST_WORDS)
            ck_assert_msg(strstr(outcome.out, words) != NULL, "%s says nothing of %s", path, words);
        outcome_free(&outcome);
        free(text);
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("odd input");
    add_named_rows(suite, "shapes", results_have_the_expected_shapes, VALID_CALL_COUNT);
    add_named_rows(suite, "pipes", a_pipe_gives_the_same_as_a_file, VALID_CALL_COUNT);
    add_named_rows(suite, "standard output", results_may_go_to_standard_output, VALID_CALL_COUNT);
    add_named_rows(suite, "nothing", of_nothing_the_results_are_empty_or_zeros, COUNT(EMPTY));
    add_named_rows(suite, "NaN and infinity", infinities_and_nan_pass_through, VALID_CALL_COUNT);
    add_named_rows(suite, "one NaN", a_nan_spreads_as_far_as_it_is_used, COUNT(SPREADING));
    add_named_rows(suite, "calls", every_program_has_a_call_that_works, WHOLE_PROGRAM_COUNT);
    add_named_rows(suite, "long texts", a_long_text_takes_neither_long_nor_much,
                   WHOLE_PROGRAM_COUNT);
    add_named_rows(suite, "help", help_fits_the_terminal, WHOLE_PROGRAM_COUNT);
    add_named_rows(suite, "help on options", help_names_the_options_that_are_used,
                   VALID_CALL_COUNT);
    return suite;
}
