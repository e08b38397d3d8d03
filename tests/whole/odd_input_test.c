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

/* --- Calls that work ------------------------------------------------------------------------- */

static void read_bytes(const char *name, Outcome *outcome)
{
    Command command = {.words = {"/bin/cat", in(name)}};
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

TEST_TIMES(a_pipe_gives_the_same_as_a_file, valid_calls())
{
    ValidCall call = valid_call(_i);
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

TEST_TIMES(results_may_go_to_standard_output, valid_calls())
{
    char arguments[ARGUMENTS_SIZE];
    ValidCall call = valid_call(_i);
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

TEST_TIMES(infinities_and_nan_pass_through, valid_calls())
{
    for (size_t input = 0; input < whole_inputs(valid_call(_i).arguments); input++) {
        char arguments[ARGUMENTS_SIZE];
        ValidCall call = valid_call(_i);
        whole_replace(valid_call(_i).arguments, input, "nan_*", arguments);
        if (replaces_mask(valid_call(_i), arguments))
            continue;
        whole_expect_success(call.program, arguments, NULL);
        ck_assert_msg(count_nan("out.npy") > 0, "%s: no NaN came out", arguments);
        whole_replace(valid_call(_i).arguments, input, "inf_*", arguments);
        whole_expect_success(call.program, arguments, NULL);
    }
}

/* --- Help ------------------------------------------------------------------------------------ */

/* Characters, as UTF-8 has them: the bytes that do not continue one. */
static size_t line_width(const char *line)
{
    size_t width = 0;
    for (; *line != '\0' && *line != '\n'; line++)
        width += ((unsigned char)*line & 0xC0) != 0x80;
    return width;
}

TEST_TIMES(help_fits_the_terminal, WHOLE_PROGRAM_COUNT)
{
    Outcome outcome = whole_run(WHOLE_PROGRAMS[_i], "--help", NULL);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_str_eq(outcome.err, "");
    for (const char *line = outcome.out; *line != '\0'; line += strcspn(line, "\n") + 1)
        ck_assert_msg(line_width(line) <= 100, "%s --help: too wide: %.*s", WHOLE_PROGRAMS[_i],
                      (int)strcspn(line, "\n"), line);
    outcome_free(&outcome);
}

TEST_TIMES(help_names_the_options_that_are_used, valid_calls())
{
    char arguments[ARGUMENTS_SIZE];
    Outcome outcome = whole_run(valid_call(_i).program, "--help", NULL);
    snprintf(arguments, sizeof arguments, "%s", valid_call(_i).arguments);
    for (char *word = strtok(arguments, " "); word != NULL; word = strtok(NULL, " "))
        if (strncmp(word, "--", 2) == 0) {
            char line[ARGUMENTS_SIZE + 4];
            snprintf(line, sizeof line, "\n  %s ", word);
            ck_assert_msg(strstr(outcome.out, line) != NULL, "%s --help does not tell of %s",
                          valid_call(_i).program, word);
        }
    outcome_free(&outcome);
}

/* --- Short and long texts ------------------------------------------------------------------- */

/* What is shown of a word that stands alone; one word in `step` is tried. */
static const struct {
    const char *program, *before, *after;
    size_t step;
} ALONE[] = {
    {"08_transformer_block", "", "", 1},
    {"09_encoder_decoder", "written: ", " .", 5},
    {"09_encoder_decoder", ". ", " -> . (", 5},
};

TEST_ROWS(any_word_can_be_read_alone, ALONE)
{
    for (size_t i = 0; vocabulary_word(i) != NULL; i += ALONE[_i].step) {
        char shown[ARGUMENTS_SIZE];
        const char *word = vocabulary_word(i);
        snprintf(shown, sizeof shown, "%s%s%s", ALONE[_i].before, word, ALONE[_i].after);
        whole_expect_example(ALONE[_i].program, word, shown);
    }
}

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

TEST_TIMES(a_long_text_takes_neither_long_nor_much, WHOLE_PROGRAM_COUNT)
{
    static const size_t COUNTS[] = {100, 4000};
    for (size_t i = 0; i < COUNT(COUNTS); i++) {
        char *text = long_text(COUNTS[i]), path[ARGUMENTS_SIZE], words[64];
        snprintf(path, sizeof path, "%s/bin/%s", BUILD, WHOLE_PROGRAMS[_i]);
        snprintf(words, sizeof words, " of %zu words", COUNTS[i]);
        Outcome outcome = process_run(&(Command){.words = {path, text},
                                                 .environment = {"PATH=/nonexistent"},
                                                 .directory = in("."),
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
