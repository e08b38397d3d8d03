/* What is wrong with the user's input ends with exit status 2 and one line that says what. */
#include "assert.h"
#include "text.h"
#include "whole.h"

#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* --- Files that are not arrays --------------------------------------------------------------- */

/* What is wrong inside a file is the matter of npy_test.c and text_array_test.c. */
static const struct {
    const char *name, *bytes;
    size_t size;
    const char *words; /* What the program must say. */
} BAD_FILES[] = {
    {"empty.npy", "", 0, "empty"},
    {"ragged.txt", "1 1 1\n1 1\n", 10, "line 2"},
    {"picture.png", "\x89PNG\r\n\x1a\n\0\0", 10, "neither .npy nor text"},
    {"magic.npy", "\x93NUMPY", 6, "truncated"},
    {"missing.npy", NULL, 0, "cannot open"},
    {"nowhere/x.npy", NULL, 0, "cannot open"},
    {".", NULL, 0, "directory"},
};

static void make_bad_files(void)
{
    for (size_t i = 0; i < COUNT(BAD_FILES); i++)
        if (BAD_FILES[i].bytes != NULL)
            put_bytes(BAD_FILES[i].name, BAD_FILES[i].bytes, BAD_FILES[i].size);
}

static void refuse_file(ValidCall call, size_t input, size_t file)
{
    char arguments[ARGUMENTS_SIZE], expected[ARGUMENTS_SIZE];
    whole_replace(call.arguments, input, BAD_FILES[file].name, arguments);
    snprintf(expected, sizeof expected, "%s: |%s", BAD_FILES[file].name, BAD_FILES[file].words);
    whole_expect_failure(call.program, arguments, NULL, 2, expected);
}

TEST_TIMES(a_file_that_is_no_array_is_refused, valid_calls())
{
    make_bad_files();
    ValidCall call = valid_call(_i);
    for (size_t input = 0; input < whole_inputs(call.arguments); input++)
        for (size_t file = 0; file < COUNT(BAD_FILES); file++)
            refuse_file(call, input, file);
}

/* --- Options that make no sense, whatever the program ---------------------------------------- */

static void refuse_more(ValidCall call, const char *more, const char *words)
{
    char arguments[ARGUMENTS_SIZE];
    snprintf(arguments, sizeof arguments, "%s %s", call.arguments, more);
    whole_expect_failure(call.program, arguments, NULL, 2, words);
}

TEST_TIMES(options_that_make_no_sense_are_refused, valid_calls())
{
    ValidCall call = valid_call(_i);
    refuse_more(call, "--foo", "unknown option --foo|--help");
    refuse_more(call, "-x", "unknown option -x|--help");
    refuse_more(call, "--out again.npy", "--out is given twice|--help");
    refuse_more(call, "--plots", "--plots|DIR");
    refuse_more(call, "bank", "bank|--help");
    if (!writes_weights(call))
        return;
    char arguments[ARGUMENTS_SIZE];
    snprintf(arguments, sizeof arguments, "%.*s --weights-out ./out.npy",
             (int)(strstr(call.arguments, " --weights-out") - call.arguments), call.arguments);
    whole_expect_failure(call.program, arguments, NULL, 2, "out.npy|two outputs");
}

TEST_TIMES(standard_input_can_be_read_only_once, valid_calls())
{
    char once[ARGUMENTS_SIZE], twice[ARGUMENTS_SIZE];
    ValidCall call = valid_call(_i);
    if (whole_inputs(call.arguments) < 2)
        return;
    whole_replace(call.arguments, 1, "-", once);
    whole_replace(once, 0, "-", twice);
    Command command = {.input = "1 2\n", .input_size = 4};
    whole_expect_failure(call.program, twice, &command, 2, "standard input");
}

TEST_TIMES(unknown_words_are_refused, WHOLE_PROGRAM_COUNT)
{
    whole_expect_failure(WHOLE_PROGRAMS[_i], "--plots pictures bamk zzzzz", NULL, 2, "bamk");
}

/* --- What comes from outside and goes to a terminal ------------------------------------------ */

/* Two control characters, half a letter, and a whole one. No blanks: a call is cut at them. */
#define RAW "a\033[31m\xc2\x9b\xe6\x97\xc3\xbc"
#define HARMLESS "a?[31m????\xc3\xbc"

/* All but the ends of lines is what text.h calls harmless. */
static void expect_harmless(const char *arguments, const char *text)
{
    char character[CHARACTER_SIZE];
    for (const char *at = text; *at != '\0';) {
        const char *before = at;
        text_next(&at, character);
        ck_assert_msg(*before == '\n' || strncmp(before, character, (size_t)(at - before)) == 0,
                      "%s: byte 0x%02x is printed", arguments, (unsigned)(unsigned char)*before);
    }
}

static void expect_harmless_failure(const char *program, const char *arguments, const char *words)
{
    Outcome outcome = whole_run(program, arguments, &NO_GNUPLOT);
    whole_check_failure(&outcome, program, "a call with control characters",
                        strstr(words, "cannot write") != NULL ? 1 : 2, words);
    expect_harmless("a failure", outcome.err);
    outcome_free(&outcome);
}

TEST_TIMES(names_reach_the_terminal_without_control_characters, valid_calls())
{
    ValidCall call = valid_call(_i);
    char arguments[ARGUMENTS_SIZE];
    if (whole_inputs(call.arguments) > 0) {
        whole_replace(call.arguments, 0, RAW, arguments);
        expect_harmless_failure(call.program, arguments, HARMLESS ": cannot open");
    }
    snprintf(arguments, sizeof arguments, "%.*s --out " RAW "/o.npy",
             (int)(strstr(call.arguments, " --out ") - call.arguments), call.arguments);
    expect_harmless_failure(call.program, arguments, HARMLESS "/o.npy: cannot write");
    snprintf(arguments, sizeof arguments, "%s --" RAW, call.arguments);
    expect_harmless_failure(call.program, arguments, "unknown option --" HARMLESS);
    snprintf(arguments, sizeof arguments, "%s " RAW, call.arguments);
    expect_harmless_failure(call.program, arguments, HARMLESS);
}

TEST_TIMES(words_reach_the_terminal_without_control_characters, WHOLE_PROGRAM_COUNT)
{
    Outcome outcome =
        whole_run(WHOLE_PROGRAMS[_i], "--plots pictures bank " RAW " bank", &NO_GNUPLOT);
    expect_harmless(WHOLE_PROGRAMS[_i], outcome.out);
    expect_harmless(WHOLE_PROGRAMS[_i], outcome.err);
    outcome_free(&outcome);
}

/* --- Text without an end --------------------------------------------------------------------- */

TEST(text_without_an_end_is_refused)
{
    static const char *const SCRIPTS[] = {"yes 1 | ", "yes '1 ' | tr -d '\\n' | "};
    char script[ARGUMENTS_SIZE];
    whole_make_inputs("2x2.npy");
    for (size_t i = 0; i < sizeof SCRIPTS / sizeof *SCRIPTS; i++) {
        snprintf(script, sizeof script, "%s \"$0\" --a - --b %s --out -", SCRIPTS[i],
                 in("2x2.npy"));
        Command command = {.words = {"/bin/sh", "-c", script, BUILD "/bin/01_dot_products"}};
        Outcome outcome = process_run(&command);
        whole_check_failure(&outcome, "01_dot_products", SCRIPTS[i], 2,
                            "standard input: 256 MiB of text without an end");
        outcome_free(&outcome);
    }
}
